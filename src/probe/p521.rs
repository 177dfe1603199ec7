//! ECDSA over P-521, which the TLS library's provider cannot verify: servers and private CAs have such keys, and other
//! clients accept them.

use std::sync::LazyLock;

use p521::FieldBytes;
use p521::ecdsa::signature::hazmat::PrehashVerifier;
use p521::ecdsa::{Signature, VerifyingKey};
use rustls::SignatureScheme;
use rustls::crypto::{WebPkiSupportedAlgorithms, ring};
use rustls::pki_types::{AlgorithmIdentifier, InvalidSignature, SignatureVerificationAlgorithm, alg_id};
use sha2::{Digest, Sha256, Sha384, Sha512};

/// All algorithms: the provider's, and those of P-521.
pub(super) static ALGORITHMS: LazyLock<WebPkiSupportedAlgorithms> = LazyLock::new(|| {
    let provided = ring::default_provider().signature_verification_algorithms;
    let all = [provided.all, &P521].concat();
    // TLS 1.2 takes a P-521 key only with the key exchange over P-521, which the provider lacks too.
    let scheme = (SignatureScheme::ECDSA_NISTP521_SHA512, &P521[..1]);
    let mapping = [provided.mapping, &[scheme]].concat();
    WebPkiSupportedAlgorithms { all: all.leak(), mapping: mapping.leak() }
});

static P521: [&dyn SignatureVerificationAlgorithm; 3] = [
    &Algorithm { hash: digest::<Sha512>, signature: alg_id::ECDSA_SHA512 },
    &Algorithm { hash: digest::<Sha384>, signature: alg_id::ECDSA_SHA384 },
    &Algorithm { hash: digest::<Sha256>, signature: alg_id::ECDSA_SHA256 },
];

/// A hash and the identifier of ECDSA with it.
#[derive(Debug)]
struct Algorithm {
    hash: fn(&[u8]) -> FieldBytes,
    signature: AlgorithmIdentifier,
}

impl SignatureVerificationAlgorithm for Algorithm {
    fn verify_signature(&self, key: &[u8], message: &[u8], signature: &[u8]) -> Result<(), InvalidSignature> {
        let key = VerifyingKey::from_sec1_bytes(key).map_err(|_| InvalidSignature)?;
        let signature = Signature::from_der(signature).map_err(|_| InvalidSignature)?;
        key.verify_prehash(&(self.hash)(message), &signature).map_err(|_| InvalidSignature)
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::ECDSA_P521
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        self.signature
    }
}

/// A hash as a number of the field: the verifier takes no shorter one.
fn digest<D: Digest>(message: &[u8]) -> FieldBytes {
    let mut number = FieldBytes::default();
    number.iter_mut().rev().zip(D::digest(message).iter().rev()).for_each(|(to, from)| *to = *from);
    number
}

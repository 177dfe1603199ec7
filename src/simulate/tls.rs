//! The TLS of a simulated endpoint, with a certificate made on the spot.

use std::io::{self, Read, Write};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result};
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{ServerConfig, ServerConnection, SignatureScheme, StreamOwned};

use crate::units;

/// The key of all simulated certificates (PKCS #8, P-256). It is not a secret, and only simulations trust it.
const KEY: &[u8] = include_bytes!("../../assets/simulated.key");
/// The signed part of a certificate for localhost and 127.0.0.1, issued by itself, with any dates.
const CERTIFICATE: &[u8] = include_bytes!("../../assets/simulated.tbs");
/// Offsets of the bounds of its validity, as `YYMMDDhhmmssZ`.
const VALIDITY: [usize; 2] = [51, 66];
const LIFE: Duration = Duration::from_secs(90 * 24 * 60 * 60);
/// ecdsa-with-SHA256, as a DER `AlgorithmIdentifier`.
const ALGORITHM: [u8; 12] = [0x30, 10, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];

#[derive(Debug, Clone)]
pub(super) struct Identity(Arc<CertifiedKey>);

impl Identity {
    /// Makes a certificate that ends at a time; `None` is before 1970.
    pub(super) fn until(not_after: Option<SystemTime>) -> Result<Identity> {
        let key =
            ring::default_provider().key_provider.load_private_key(PrivatePkcs8KeyDer::from(KEY).into())?;
        let mut body = CERTIFICATE.to_vec();
        for (at, date) in VALIDITY.into_iter().zip([not_after.and_then(|at| at.checked_sub(LIFE)), not_after])
        {
            body.splice(at..at + "YYMMDDhhmmssZ".len(), utc_time(date));
        }
        let signer = key.choose_scheme(&[SignatureScheme::ECDSA_NISTP256_SHA256]).context("no P-256")?;
        let signature = [&[0][..], &signer.sign(&body)?].concat();
        let certificate = element(0x30, &[&body[..], &ALGORITHM, &element(0x03, &signature)].concat());
        Ok(Identity(Arc::new(CertifiedKey::new(vec![CertificateDer::from(certificate)], key))))
    }

    pub(super) fn certificate(&self) -> Vec<u8> {
        self.0.cert.first().map(|certificate| certificate.to_vec()).unwrap_or_default()
    }

    pub(super) fn accept<S: Read + Write>(&self, stream: S) -> Result<StreamOwned<ServerConnection, S>> {
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(SingleCertAndKey::from(Arc::clone(&self.0))));
        Ok(StreamOwned::new(ServerConnection::new(Arc::new(config))?, stream))
    }
}

/// Ends TLS properly.
pub(super) fn finish(stream: &mut StreamOwned<ServerConnection, impl Read + Write>) -> io::Result<()> {
    stream.conn.send_close_notify();
    stream.flush()
}

/// Writes a time as `YYMMDDhhmmssZ`; `None` is before 1970, on a machine without a clock.
fn utc_time(at: Option<SystemTime>) -> Vec<u8> {
    let written = units::format_timestamp(at.unwrap_or(SystemTime::UNIX_EPOCH));
    let digits = written.bytes().filter(|byte| byte.is_ascii_digit() || *byte == b'Z');
    digits.skip("20".len()).collect()
}

/// An element of DER, up to 64 KiB long.
fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let [high, low] = u16::try_from(content.len()).unwrap_or(u16::MAX).to_be_bytes();
    let length = match (high, low) {
        (0, 0..=0x7f) => vec![low],
        (0, _) => vec![0x81, low],
        _ => vec![0x82, high, low],
    };
    [&[tag][..], &length, content].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_clocks() {
        let at = |seconds| SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds));
        let table =
            [(None, "700101000000Z"), (at(86_400), "700102000000Z"), (at(u64::MAX / 4), "991231235959Z")];
        for (time, written) in table {
            assert_eq!(utc_time(time), written.as_bytes());
            assert!(Identity::until(time).is_ok());
        }
    }
}

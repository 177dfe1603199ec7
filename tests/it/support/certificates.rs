//! Certificates for the tests: good, expired, with the wrong name, of the wrong kind.

use std::fs;
use std::path::{Path, PathBuf};

use rcgen::{
    BasicConstraints, Certificate, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose,
    IsCa, Issuer, KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, date_time_ymd,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tempfile::TempDir;

/// The certificate chain of a server or a client, its own certificate first, and its key.
#[derive(Clone)]
pub(crate) struct Identity {
    pub(crate) chain: Vec<CertificateDer<'static>>,
    pub(crate) certificate: String,
    pub(crate) key: String,
    der: Vec<u8>,
}

impl Identity {
    fn new(certificate: &Certificate, key: &KeyPair) -> Identity {
        Identity {
            chain: vec![certificate.der().clone()],
            certificate: certificate.pem(),
            key: key.serialize_pem(),
            der: key.serialize_der(),
        }
    }

    /// Appends the chain of another identity.
    pub(crate) fn followed_by(mut self, other: &Identity) -> Identity {
        self.chain.extend(other.chain.iter().cloned());
        self
    }

    pub(crate) fn private_key(&self) -> PrivateKeyDer<'static> {
        PrivatePkcs8KeyDer::from(self.der.clone()).into()
    }
}

/// A certificate authority.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    /// The authority's own certificate and key.
    pub(crate) identity: Identity,
}

impl Authority {
    /// Creates a root.
    pub(crate) fn new(name: &str) -> Authority {
        Authority::of(authority(name))
    }

    /// Creates a root as it is described.
    pub(crate) fn of(params: CertificateParams) -> Authority {
        let key = key();
        let identity = Identity::new(&params.self_signed(&key).unwrap(), &key);
        Authority { issuer: Issuer::new(params, key), identity }
    }

    /// Creates an authority under this one.
    pub(crate) fn intermediate(&self, params: CertificateParams) -> Authority {
        let key = key();
        let identity = Identity::new(&params.signed_by(&key, &self.issuer).unwrap(), &key);
        Authority { issuer: Issuer::new(params, key), identity }
    }

    pub(crate) fn issues(&self, params: &CertificateParams) -> Identity {
        let key = key();
        Identity::new(&params.signed_by(&key, &self.issuer).unwrap(), &key)
    }

    /// Issues a good certificate for a server of this name.
    pub(crate) fn server(&self, name: &str) -> Identity {
        self.issues(&server(name))
    }

    /// Issues a good certificate for a client.
    pub(crate) fn client(&self) -> Identity {
        let mut params = named("probe");
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        self.issues(&params)
    }
}

fn key() -> KeyPair {
    KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap()
}

/// Describes a certificate with this common name and no subjectAltName, valid from 2020 to 2100.
pub(crate) fn named(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(2100, 1, 1);
    params
}

/// Describes a server's certificate whose common name is also its subjectAltName.
pub(crate) fn server(name: &str) -> CertificateParams {
    for_names(name, &[name])
}

/// Describes a server's certificate with these names.
pub(crate) fn for_names(name: &str, names: &[&str]) -> CertificateParams {
    let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
    let mut params = named(name);
    params.subject_alt_names = CertificateParams::new(names).unwrap().subject_alt_names;
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params
}

/// Describes a server's certificate that is valid between two dates.
pub(crate) fn between(name: &str, from: (i32, u8, u8), to: (i32, u8, u8)) -> CertificateParams {
    let mut params = server(name);
    params.not_before = date_time_ymd(from.0, from.1, from.2);
    params.not_after = date_time_ymd(to.0, to.1, to.2);
    params
}

/// Describes an authority's certificate.
pub(crate) fn authority(name: &str) -> CertificateParams {
    let mut params = named(name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

/// Creates a self-signed certificate.
pub(crate) fn self_signed(params: &CertificateParams) -> Identity {
    let key = key();
    Identity::new(&params.self_signed(&key).unwrap(), &key)
}

/// A directory for the files of one test.
pub(crate) struct Files(TempDir);

impl Files {
    pub(crate) fn new() -> Files {
        Files(crate::support::daemon::directory())
    }

    pub(crate) fn directory(&self) -> &Path {
        self.0.path()
    }

    /// Writes a file and returns its path.
    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) -> String {
        let path: PathBuf = self.directory().join(name);
        fs::write(&path, text).unwrap();
        path.into_os_string().into_string().unwrap()
    }
}

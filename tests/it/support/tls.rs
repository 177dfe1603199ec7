//! Configurations of the TLS servers in the tests.

use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::CertificateDer;
use rustls::server::WebPkiClientVerifier;
use rustls::sign::CertifiedKey;
use rustls::{RootCertStore, ServerConfig, SupportedProtocolVersion};

use super::certificates::{Authority, Identity, for_names};

/// The versions that today's clients support.
pub(crate) const BOTH: &[&SupportedProtocolVersion] = &[&rustls::version::TLS13, &rustls::version::TLS12];
pub(crate) const TLS12: &[&SupportedProtocolVersion] = &[&rustls::version::TLS12];
pub(crate) const TLS13: &[&SupportedProtocolVersion] = &[&rustls::version::TLS13];

/// Configures a server: its identity, and the authority of the client certificates that it requires.
pub(crate) fn config(
    identity: &Identity,
    versions: &[&'static SupportedProtocolVersion],
    clients: Option<&CertificateDer<'static>>,
) -> Arc<ServerConfig> {
    let provider = Arc::new(ring::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider));
    let builder = builder.with_protocol_versions(versions).unwrap();
    let builder = match clients {
        Some(authority) => {
            let mut roots = RootCertStore::empty();
            roots.add(authority.clone()).unwrap();
            let verifier =
                WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
            builder.with_client_cert_verifier(verifier.build().unwrap())
        }
        None => builder.with_no_client_auth(),
    };
    let key = provider.key_provider.load_private_key(identity.private_key()).unwrap();
    let key = CertifiedKey::new(identity.chain.clone(), key);
    let mut config = builder.with_cert_resolver(Arc::new(rustls::sign::SingleCertAndKey::from(key)));
    // A small response takes one packet.
    config.send_tls13_tickets = 0;
    Arc::new(config)
}

/// Configures a server for these names; also returns the PEM text of the private authority that issued its certificate.
pub(crate) fn private(names: &[&str]) -> (Arc<ServerConfig>, String) {
    let root = Authority::new("Private CA");
    let identity = root.issues(&for_names("metering", names));
    (config(&identity, BOTH, None), root.identity.certificate)
}

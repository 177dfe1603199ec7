//! The HTTPS server, with a CA of its own.

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use anyhow::Result;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::server;

/// Time that the server waits for a silent peer.
const MAX_IDLE: Duration = Duration::from_secs(10);

/// Serves until standard input ends.
pub(crate) fn serve(listener: &TcpListener, config: ServerConfig) -> Result<()> {
    listener.set_nonblocking(false)?;
    let config = Arc::new(config);
    for _ in 0..2 {
        let (listener, config) = (listener.try_clone()?, Arc::clone(&config));
        thread::spawn(move || {
            while let Ok((stream, _)) = listener.accept() {
                // A failed handshake is the peer's to report.
                let _ = reply(stream, &config);
            }
        });
    }
    while matches!(std::io::stdin().read(&mut [0; 64]), Ok(1..)) {}
    Ok(())
}

fn reply(stream: TcpStream, config: &Arc<ServerConfig>) -> Result<()> {
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(MAX_IDLE))?;
    let mut stream = StreamOwned::new(ServerConnection::new(Arc::clone(config))?, stream);
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    while !request.ends_with(b"\r\n\r\n") {
        match stream.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(count) => request.extend_from_slice(buffer.get(..count).unwrap_or_default()),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error.into()),
        }
    }
    stream.write_all(server::response(&request))?;
    stream.conn.send_close_notify();
    stream.flush()?;
    Ok(())
}

/// Configures a certificate for `localhost` and 127.0.0.1, issued by a new CA whose certificate is written to `authority`.
pub(crate) fn config(authority: &Path) -> Result<ServerConfig> {
    let mut ca = CertificateParams::default();
    ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    ca.distinguished_name.push(DnType::CommonName, "benchmark CA");
    let ca_key = KeyPair::generate()?;
    let ca_certificate = ca.self_signed(&ca_key)?;
    std::fs::write(authority, ca_certificate.pem())?;

    let mut leaf = CertificateParams::new(["localhost".to_owned(), "127.0.0.1".to_owned()])?;
    leaf.distinguished_name.push(DnType::CommonName, "localhost");
    let key = KeyPair::generate()?;
    let certificate = leaf.signed_by(&key, &Issuer::new(ca, ca_key))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    Ok(ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(
            vec![CertificateDer::from(certificate.der().to_vec())],
            PrivateKeyDer::try_from(key.serialize_der()).map_err(anyhow::Error::msg)?,
        )?)
}

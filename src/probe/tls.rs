//! The TLS connection: its handshake is verified, and what the server presented is recorded.

use std::io::{self, Read, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Instant, SystemTime};

use anyhow::{Result, anyhow};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{ResolvesClientCert, Resumption};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::sign::CertifiedKey;
use rustls::time_provider::TimeProvider;
use rustls::{
    CertificateError, ClientConfig, ClientConnection, DigitallySignedStruct, SignatureScheme, StreamOwned,
};

use super::error::local_fault;
use super::stream::DeadlineStream;
use super::tls_error::Sent;
use super::trust::{self, Refusal, Trust};
use super::{certificate, first_bytes, p521, tls_error};
use crate::model::endpoint::Host;
use crate::model::exchange::{Phase, ServerCertificate};
use crate::model::fault::Fault;
use crate::plan;
use crate::semaphore::Semaphore;

/// Signature schemes that are offered although nothing here can check them: Ed448, and RSA-PSS keys.
///
/// A server whose only key is of such a kind then presents its certificate instead of an alert that says nothing,
/// and `-k` accepts it.
const UNSUPPORTED_SCHEMES: [SignatureScheme; 4] = [
    SignatureScheme::ED448,
    SignatureScheme::Unknown(0x0809),
    SignatureScheme::Unknown(0x080a),
    SignatureScheme::Unknown(0x080b),
];

/// Maximum number of a server's certificates that are kept for a fault.
const MAX_PRESENTED: usize = 16;

/// The configuration that all TLS connections of a run share.
#[derive(Debug)]
pub(super) struct TlsConnector {
    config: ClientConfig,
    /// `None` under `-k`.
    trust: Option<Arc<Trust>>,
    identity: Option<Arc<CertifiedKey>>,
    schemes: Vec<SignatureScheme>,
    semaphore: Arc<Semaphore>,
}

impl TlsConnector {
    /// Reads the trust store and the client's certificate.
    pub(super) fn new(tls: &plan::Tls, deadline: Instant) -> Result<TlsConnector> {
        let provider = Arc::new(CryptoProvider {
            signature_verification_algorithms: *p521::ALGORITHMS,
            ..ring::default_provider()
        });
        let of_cloud = |is_of_cloud, error| {
            if is_of_cloud { anyhow!("{error:#} (from the settings of the cloud)") } else { error }
        };
        let read = || Trust::read(tls, &provider, deadline).map(Arc::new);
        let trust = (!tls.insecure).then(read).transpose();
        let trust = trust.map_err(|error| of_cloud(tls.is_cacert_of_cloud, error))?;
        let identity = trust::identity(tls, &provider, deadline);
        let identity = identity.map_err(|error| of_cloud(tls.is_cert_of_cloud, error))?;
        let mut schemes = provider.signature_verification_algorithms.supported_schemes();
        schemes.extend(UNSUPPORTED_SCHEMES);
        let mut config = ClientConfig::builder_with_details(provider, Arc::new(Clock))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(rustls::RootCertStore::empty())
            .with_no_client_auth();
        // Each connection proves itself anew.
        config.resumption = Resumption::disabled();
        Ok(TlsConnector { config, trust, identity, schemes, semaphore: Arc::new(Semaphore::new()) })
    }

    /// Performs the handshake over a connection, within its deadline.
    ///
    /// Returns the certificate that was presented in any case, where there was one.
    pub(super) fn handshake(
        &self,
        stream: DeadlineStream,
        host: &Host,
        certificate_optional: bool,
    ) -> (Option<ServerCertificate>, Result<TlsStream, Fault>) {
        let presented = Arc::new(PresentedChain::default());
        let asked = Arc::new(AtomicBool::new(false));
        let result = self.connection(host, stream.deadline(), &presented, &asked).and_then(|connection| {
            let sent = Sent { name: matches!(host, Host::Name(_)), certificate: self.identity.is_some() };
            let socket = RecordingStream { stream, first_bytes: Vec::new() };
            let inner = StreamOwned::new(connection, socket);
            let mut stream = TlsStream { inner, asked, sent, certificate_optional };
            let complete = stream.complete();
            complete.map_err(|error| self.fault(&stream, host, chain(&presented), &error)).map(|()| stream)
        });
        (chain(&presented).first().and_then(certificate::read), result)
    }

    /// A new connection whose verifier records what was presented.
    fn connection(
        &self,
        host: &Host,
        deadline: Instant,
        presented: &Arc<PresentedChain>,
        asked: &Arc<AtomicBool>,
    ) -> Result<ClientConnection, Fault> {
        let mut config = self.config.clone();
        config.dangerous().set_certificate_verifier(Arc::new(RecordingVerifier {
            trust: self.trust.clone(),
            presented: Arc::clone(presented),
            schemes: self.schemes.clone(),
            semaphore: Arc::clone(&self.semaphore),
            deadline,
        }));
        config.client_auth_cert_resolver =
            Arc::new(ClientIdentity { key: self.identity.clone(), asked: Arc::clone(asked) });
        let name = match host {
            Host::Name(name) => ServerName::try_from(name.trim_end_matches('.').to_owned())
                .map_err(|error| tls_error::failed(error.to_string()))?,
            Host::Address(address) => ServerName::from(*address),
        };
        ClientConnection::new(Arc::new(config), name).map_err(|error| tls_error::failed(error.to_string()))
    }

    /// Judges a chain of certificates (DER) as a handshake does; returns the server's own, and the fault of a refused one.
    pub(super) fn judge_chain(
        &self,
        host: &Host,
        chain: &[Vec<u8>],
    ) -> (Option<ServerCertificate>, Option<Fault>) {
        let chain: Vec<CertificateDer<'_>> = chain.iter().map(|der| der.as_slice().into()).collect();
        let Some((own, intermediates)) = chain.split_first() else { return (None, None) };
        let named = ServerName::try_from(host.to_string());
        let verified = match (&self.trust, named) {
            (Some(trust), Ok(name)) => {
                trust.verify(own, intermediates, &name, unix_time(SystemTime::now())).err()
            }
            _ => None,
        };
        let fault = verified.map(|error| match error {
            rustls::Error::InvalidCertificate(why) => {
                certificate::refused(&why, host, &chain, self.trust.as_deref())
            }
            other => {
                let sent = Sent { name: true, certificate: false };
                tls_error::from_tls_error(&other, &[], sent, Phase::Tls)
            }
        });
        (certificate::read(own), fault)
    }

    /// Maps the error of a failed handshake.
    fn fault(
        &self,
        stream: &TlsStream,
        host: &Host,
        chain: &[CertificateDer<'_>],
        error: &io::Error,
    ) -> Fault {
        let first_bytes = stream.first_bytes();
        match library_error(error) {
            Some(rustls::Error::InvalidCertificate(why))
                if matches!(Refusal::within(why), Some(Refusal::OutOfTime)) =>
            {
                tls_error::from_io_error(&io::ErrorKind::TimedOut.into(), first_bytes, false)
            }
            Some(rustls::Error::InvalidCertificate(why)) => {
                certificate::refused(why, host, chain, self.trust.as_deref())
            }
            Some(rustls::Error::AlertReceived(_)) if stream.lacks_certificate() => {
                tls_error::certificate_wanted(Phase::Tls)
            }
            Some(error) => tls_error::from_tls_error(error, first_bytes, stream.sent(), Phase::Tls),
            None => local_fault(error, Phase::Tls)
                .unwrap_or_else(|| tls_error::from_io_error(error, first_bytes, stream.lacks_certificate())),
        }
    }
}

/// The machine's clock. One before 1970 counts as 1970: the library's own panics then, and no certificate is valid at
/// either time.
#[derive(Debug)]
struct Clock;

impl TimeProvider for Clock {
    fn current_time(&self) -> Option<UnixTime> {
        Some(unix_time(SystemTime::now()))
    }
}

fn unix_time(now: SystemTime) -> UnixTime {
    UnixTime::since_unix_epoch(now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default())
}

/// Returns the TLS library's error within an I/O error.
fn library_error(error: &io::Error) -> Option<&rustls::Error> {
    error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>())
}

#[derive(Debug)]
pub(super) struct TlsStream {
    inner: StreamOwned<ClientConnection, RecordingStream>,
    /// True once the server has requested a client certificate.
    asked: Arc<AtomicBool>,
    /// Sent where the server wants it.
    sent: Sent,
    /// True if the server has answered without a client certificate.
    certificate_optional: bool,
}

impl TlsStream {
    fn first_bytes(&self) -> &[u8] {
        &self.inner.sock.first_bytes
    }

    /// Tests whether the server requested a client certificate and got none.
    pub(super) fn lacks_certificate(&self) -> bool {
        self.asked.load(Ordering::Relaxed) && !self.sent.certificate && !self.certificate_optional
    }

    /// A certificate is sent only where the server requested one.
    fn sent(&self) -> Sent {
        Sent { certificate: self.sent.certificate && self.asked.load(Ordering::Relaxed), ..self.sent }
    }

    pub(super) fn set_deadline(&mut self, deadline: Instant) {
        self.inner.sock.stream.set_deadline(deadline);
    }

    fn complete(&mut self) -> io::Result<()> {
        let StreamOwned { conn, sock } = &mut self.inner;
        while conn.is_handshaking() || conn.wants_write() {
            conn.complete_io(sock).map_err(|error| last_words(conn, sock, error))?;
        }
        Ok(())
    }

    /// Reads decrypted bytes: 0 after a proper end of TLS, `UnexpectedEof` at a stream's end without one.
    pub(super) fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.inner.read(buffer)
    }

    /// Encrypts and sends bytes. The library reports a failed write only by the flush.
    pub(super) fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        let written = self.inner.write_all(bytes).and_then(|()| self.inner.flush());
        let StreamOwned { conn, sock } = &mut self.inner;
        written.map_err(|error| last_words(conn, sock, error))
    }

    /// Maps an error after the handshake, where it is TLS's own.
    ///
    /// Under TLS 1.3 a server can refuse the client's certificate, or its absence, only after the
    /// handshake is over for the client.
    pub(super) fn fault(&self, error: &io::Error, phase: Phase, answered: bool) -> Option<Fault> {
        let own = library_error(error);
        let ended = matches!(
            error.kind(),
            io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe
        );
        if self.lacks_certificate() && !answered && (ended || own.is_some()) {
            return Some(tls_error::certificate_wanted(phase));
        }
        // A handshake that has succeeded lacked no name.
        let sent = Sent { name: true, ..self.sent() };
        own.map(|error| tls_error::from_tls_error(error, self.first_bytes(), sent, phase))
    }

    /// The fault of a connection that ended without an error before any response.
    pub(super) fn ended_unanswered(&self) -> Option<Fault> {
        self.lacks_certificate().then(|| tls_error::certificate_wanted(Phase::Wait))
    }
}

/// Returns the alert that a server sent before it closed a connection, in place of the error of writing to it.
fn last_words(conn: &mut ClientConnection, sock: &mut RecordingStream, error: io::Error) -> io::Error {
    if !matches!(error.kind(), io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe) {
        return error;
    }
    while matches!(conn.read_tls(sock), Ok(1..)) {
        if let Err(alert) = conn.process_new_packets() {
            return io::Error::new(io::ErrorKind::InvalidData, alert);
        }
    }
    error
}

/// A connection that keeps the first bytes received.
#[derive(Debug)]
struct RecordingStream {
    stream: DeadlineStream,
    first_bytes: Vec<u8>,
}

impl Read for RecordingStream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.stream.read(buffer)?;
        first_bytes::keep(&mut self.first_bytes, buffer.get(..count).unwrap_or_default());
        Ok(count)
    }
}

impl Write for RecordingStream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

/// The certificates that a server presented, its own first.
type PresentedChain = OnceLock<Vec<CertificateDer<'static>>>;

fn chain(presented: &PresentedChain) -> &[CertificateDer<'static>] {
    presented.get().map(Vec::as_slice).unwrap_or_default()
}

/// Records the certificates, and verifies them unless under `-k`.
#[derive(Debug)]
struct RecordingVerifier {
    trust: Option<Arc<Trust>>,
    presented: Arc<PresentedChain>,
    schemes: Vec<SignatureScheme>,
    semaphore: Arc<Semaphore>,
    deadline: Instant,
}

impl RecordingVerifier {
    /// Verifies the signature of a handshake unless under `-k`.
    fn verify_signature(
        &self,
        signature: &DigitallySignedStruct,
        verify: impl FnOnce(&dyn ServerCertVerifier) -> Result<HandshakeSignatureValid, rustls::Error>,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        match &self.trust {
            Some(_) if UNSUPPORTED_SCHEMES.contains(&signature.scheme) => Err(unsupported_signature()),
            Some(trust) => {
                let _permit = self.semaphore.acquire_until(self.deadline).ok_or(Refusal::OutOfTime)?;
                // The library has one error for this and for a bad signature within the chain.
                verify(trust.verifier()).map_err(|error| match error {
                    rustls::Error::InvalidCertificate(CertificateError::BadSignature) => {
                        Refusal::UnprovenKey.into()
                    }
                    other => other,
                })
            }
            None => Ok(HandshakeSignatureValid::assertion()),
        }
    }
}

impl ServerCertVerifier for RecordingVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        _ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let chain = std::iter::once(end_entity).chain(intermediates);
        let chain = chain.take(MAX_PRESENTED).map(|certificate| certificate.clone().into_owned()).collect();
        let _ = self.presented.set(chain);
        match &self.trust {
            Some(trust) => {
                let _permit = self.semaphore.acquire_until(self.deadline).ok_or(Refusal::OutOfTime)?;
                trust.verify(end_entity, intermediates, name, now)
            }
            None => Ok(ServerCertVerified::assertion()),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.verify_signature(signature, |verifier| {
            verifier.verify_tls12_signature(message, certificate, signature)
        })
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.verify_signature(signature, |verifier| {
            verifier.verify_tls13_signature(message, certificate, signature)
        })
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.schemes.clone()
    }
}

fn unsupported_signature() -> rustls::Error {
    CertificateError::UnsupportedSignatureAlgorithmContext {
        signature_algorithm_id: Vec::new(),
        supported_algorithms: Vec::new(),
    }
    .into()
}

/// Presents the client's certificate, and remembers that the server requested it.
#[derive(Debug)]
struct ClientIdentity {
    key: Option<Arc<CertifiedKey>>,
    asked: Arc<AtomicBool>,
}

impl ResolvesClientCert for ClientIdentity {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.asked.store(true, Ordering::Relaxed);
        self.key.clone()
    }

    fn has_certs(&self) -> bool {
        // Only a resolver that claims to have one is asked.
        true
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixStream;
    use std::time::Duration;

    use super::*;
    use crate::model::fault::{FaultDetail, TlsProblem};

    #[test]
    fn clock_before_1970() {
        let second = Duration::from_secs(1);
        let table = [(SystemTime::UNIX_EPOCH + second, 1), (SystemTime::UNIX_EPOCH - second, 0)];
        for (now, seconds) in table {
            assert_eq!(unix_time(now).as_secs(), seconds);
        }
    }

    /// A write to a server that has refused and gone fails, but its alert has come.
    #[test]
    fn alert_before_a_failed_write() {
        let (client, mut server) = UnixStream::pair().unwrap();
        client.set_nonblocking(true).unwrap();
        server.write_all(b"\x15\x03\x03\x00\x02\x02\x30").unwrap();
        drop(server);
        let deadline = Instant::now() + Duration::from_secs(5);
        let tls = plan::Tls { insecure: true, ..plan::Tls::default() };
        let stream = DeadlineStream::new(client.into(), deadline);
        let connector = TlsConnector::new(&tls, deadline).unwrap();
        let (_, result) = connector.handshake(stream, &Host::Name("ctl1".into()), false);
        let detail = result.unwrap_err().detail;
        assert_eq!(detail, FaultDetail::Tls(TlsProblem::Alert("UnknownCA".into())));
    }
}

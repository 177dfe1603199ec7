//! The TLS handshake: verified, recorded, and told in words when it fails.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use anyhow::Result;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{ResolvesClientCert, Resumption};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, ClientConnection, DigitallySignedStruct, SignatureScheme};

use super::stream::DeadlineStream;
use super::trust::{self, TrustSource};
use super::{certificate, tls_error};
use crate::model::endpoint::Host;
use crate::model::exchange::{Fault, FaultKind, Phase, ServerCertificate};
use crate::plan;

/// What all TLS connections of a run share.
#[derive(Debug)]
pub(super) struct TlsConnector {
    config: ClientConfig,
    verifier: Option<Arc<dyn ServerCertVerifier>>,
    origin: Option<TrustSource>,
    identity: Option<Arc<CertifiedKey>>,
    schemes: Vec<SignatureScheme>,
}

impl TlsConnector {
    /// Reads the trust store and the client's certificate.
    pub(super) fn new(tls: &plan::Tls, deadline: Instant) -> Result<TlsConnector> {
        let provider: Arc<CryptoProvider> = Arc::new(ring::default_provider());
        let (verifier, origin) = if tls.insecure {
            (None, None)
        } else {
            let (verifier, origin) = trust::verifier(tls, &provider, deadline)?;
            (Some(verifier), Some(origin))
        };
        let identity = trust::identity(tls, &provider, deadline)?;
        let schemes = provider.signature_verification_algorithms.supported_schemes();
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(rustls::RootCertStore::empty())
            .with_no_client_auth();
        // Each connection proves itself anew.
        config.resumption = Resumption::disabled();
        Ok(TlsConnector { config, verifier, origin, identity, schemes })
    }

    /// Shakes hands over a connected socket.
    ///
    /// The certificate that was presented comes back in any case, where there was one.
    pub(super) fn handshake(
        &self,
        socket: &DeadlineStream,
        host: &Host,
        deadline: Instant,
    ) -> (Option<ServerCertificate>, Result<TlsStream, Fault>) {
        let presented = Arc::new(PresentedChain::default());
        let asked = Arc::new(AtomicBool::new(false));
        let connection = self.connection(host, &presented, &asked);
        let result = connection.and_then(|connection| {
            let mut session = TlsStream::new(connection, asked, self.identity.is_some());
            session.complete(socket, deadline).map_err(|error| {
                let chain = presented.chain();
                self.fault(&session, host, &chain, &error)
            })?;
            Ok(session)
        });
        (presented.chain().first().and_then(certificate::read), result)
    }

    /// A new connection whose verifier records what was presented.
    fn connection(
        &self,
        host: &Host,
        presented: &Arc<PresentedChain>,
        asked: &Arc<AtomicBool>,
    ) -> Result<ClientConnection, Fault> {
        let mut config = self.config.clone();
        config.dangerous().set_certificate_verifier(Arc::new(RecordingVerifier {
            verifier: self.verifier.clone(),
            presented: Arc::clone(presented),
            schemes: self.schemes.clone(),
        }));
        config.client_auth_cert_resolver =
            Arc::new(ClientIdentity { key: self.identity.clone(), asked: Arc::clone(asked) });
        let name = match host {
            Host::Name(name) => ServerName::try_from(name.trim_end_matches('.').to_owned()),
            Host::Address(address) => Ok(ServerName::from(*address)),
        };
        let failed =
            |error: &dyn std::fmt::Display| Fault::new(FaultKind::Tls, Phase::Tls, error.to_string());
        let name = name.map_err(|error| failed(&error))?;
        ClientConnection::new(Arc::new(config), name).map_err(|error| failed(&error))
    }

    /// What a failed handshake stands for.
    fn fault(
        &self,
        session: &TlsStream,
        host: &Host,
        chain: &[CertificateDer<'_>],
        error: &io::Error,
    ) -> Fault {
        match session_error(error) {
            Some(rustls::Error::InvalidCertificate(why)) => {
                certificate::refused(why, host, chain, self.origin.as_ref())
            }
            Some(rustls::Error::AlertReceived(_)) if session.lacks_certificate() => {
                tls_error::certificate_wanted(Phase::Tls)
            }
            Some(error) => tls_error::from_tls_error(error, &session.greeting, Phase::Tls),
            None => tls_error::from_io_error(error, &session.greeting, session.lacks_certificate()),
        }
    }
}

/// The TLS library's error within an I/O error.
fn session_error(error: &io::Error) -> Option<&rustls::Error> {
    error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>())
}

/// A TLS connection.
#[derive(Debug)]
pub(super) struct TlsStream {
    connection: ClientConnection,
    asked: Arc<AtomicBool>,
    has_identity: bool,
    greeting: Vec<u8>,
}

impl TlsStream {
    fn new(connection: ClientConnection, asked: Arc<AtomicBool>, has_identity: bool) -> TlsStream {
        TlsStream { connection, asked, has_identity, greeting: Vec::new() }
    }

    /// Whether the server asked for a client certificate and got none.
    fn lacks_certificate(&self) -> bool {
        self.asked.load(Ordering::Relaxed) && !self.has_identity
    }

    fn complete(&mut self, socket: &DeadlineStream, deadline: Instant) -> io::Result<()> {
        while self.connection.is_handshaking() {
            self.flush(socket, deadline)?;
            if self.connection.is_handshaking() && self.connection.wants_read() {
                self.fill(socket, deadline)?;
            }
        }
        self.flush(socket, deadline)
    }

    /// Sends what is waiting to be sent.
    fn flush(&mut self, socket: &DeadlineStream, deadline: Instant) -> io::Result<()> {
        while self.connection.wants_write() {
            let mut records = Vec::new();
            self.connection.write_tls(&mut records)?;
            socket.write_all(&records, deadline)?;
        }
        Ok(())
    }

    /// Takes in what the server sent; an `UnexpectedEof` at a stream's end without a TLS close.
    ///
    /// One read from the socket at a time: the library takes no more while there is text that nobody has
    /// fetched.
    fn fill(&mut self, socket: &DeadlineStream, deadline: Instant) -> io::Result<()> {
        let mut incoming = Incoming { socket, deadline, greeting: &mut self.greeting };
        if self.connection.read_tls(&mut incoming)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if let Err(error) = self.connection.process_new_packets() {
            // The alert that tells the server why; the verdict does not depend on it.
            let _ = self.flush(socket, deadline);
            return Err(io::Error::new(io::ErrorKind::InvalidData, error));
        }
        Ok(())
    }

    /// Reads decrypted bytes, waiting for them until the deadline; 0 after a proper TLS close.
    pub(super) fn read(
        &mut self,
        socket: &DeadlineStream,
        buffer: &mut [u8],
        deadline: Instant,
    ) -> io::Result<usize> {
        loop {
            match io::Read::read(&mut self.connection.reader(), buffer) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                result => return result,
            }
            self.flush(socket, deadline)?;
            self.fill(socket, deadline)?;
        }
    }

    /// Encrypts and sends bytes.
    pub(super) fn write_all(
        &mut self,
        socket: &DeadlineStream,
        bytes: &[u8],
        deadline: Instant,
    ) -> io::Result<()> {
        io::Write::write_all(&mut self.connection.writer(), bytes)?;
        self.flush(socket, deadline)
    }

    /// What an error after the handshake stands for, where it is TLS's own.
    ///
    /// Under TLS 1.3 a server can refuse the client's certificate, or its absence, only after the
    /// handshake is over for the client.
    pub(super) fn fault(&self, error: &io::Error, phase: Phase, answered: bool) -> Option<Fault> {
        let own = session_error(error);
        let ended = matches!(
            error.kind(),
            io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe
        );
        match own {
            _ if self.lacks_certificate() && !answered && (ended || own.is_some()) => {
                Some(tls_error::certificate_wanted(phase))
            }
            own => own.map(|error| tls_error::from_tls_error(error, &self.greeting, phase)),
        }
    }

    /// The same for a connection that ended without an error.
    pub(super) fn ended_unanswered(&self) -> Option<Fault> {
        self.lacks_certificate().then(|| tls_error::certificate_wanted(Phase::Wait))
    }
}

/// How many of a server's first bytes are kept to name a foreign protocol.
const GREETING: usize = 8;

/// What the server sends, as the library reads it: within the deadline, and its first bytes noted.
struct Incoming<'a> {
    socket: &'a DeadlineStream,
    deadline: Instant,
    greeting: &'a mut Vec<u8>,
}

impl io::Read for Incoming<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.socket.read(buffer, self.deadline)?;
        let missing = GREETING.saturating_sub(self.greeting.len());
        self.greeting.extend(buffer.iter().take(count.min(missing)));
        Ok(count)
    }
}

/// The certificates that a server presented, its own first.
#[derive(Debug, Default)]
struct PresentedChain(Mutex<Vec<CertificateDer<'static>>>);

impl PresentedChain {
    fn chain(&self) -> Vec<CertificateDer<'static>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Records the certificates and leaves the judgement to the verifier, where there is one.
#[derive(Debug)]
struct RecordingVerifier {
    verifier: Option<Arc<dyn ServerCertVerifier>>,
    presented: Arc<PresentedChain>,
    schemes: Vec<SignatureScheme>,
}

impl ServerCertVerifier for RecordingVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let chain = std::iter::once(end_entity).chain(intermediates);
        let chain = chain.map(|certificate| certificate.clone().into_owned()).collect();
        *self.presented.0.lock().unwrap_or_else(PoisonError::into_inner) = chain;
        match &self.verifier {
            Some(verifier) => verifier.verify_server_cert(end_entity, intermediates, name, ocsp, now),
            None => Ok(ServerCertVerified::assertion()),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        match &self.verifier {
            Some(verifier) => verifier.verify_tls12_signature(message, certificate, signature),
            None => Ok(HandshakeSignatureValid::assertion()),
        }
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        match &self.verifier {
            Some(verifier) => verifier.verify_tls13_signature(message, certificate, signature),
            None => Ok(HandshakeSignatureValid::assertion()),
        }
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.schemes.clone()
    }
}

/// Presents the client's certificate, and remembers that it was asked for.
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

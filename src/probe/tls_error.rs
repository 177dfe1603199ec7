//! Errors of a TLS handshake, certificates apart, as faults.

use std::io;

use rustls::{AlertDescription, Error, InvalidMessage, PeerIncompatible};

use super::first_bytes;
use crate::model::exchange::Phase;
use crate::model::fault::{End, Fault, FaultDetail, FaultKind, Stage, TlsProblem};
use crate::sanitize::{UntrustedText, system_words};

/// The server wanted a client certificate that the probe lacks.
pub(super) fn certificate_wanted(phase: Phase) -> Fault {
    tls_fault(phase, TlsProblem::ClientCertificateMissing)
}

/// A handshake that failed for a reason that only the library knows.
pub(super) fn failed(words: String) -> Fault {
    tls_fault(Phase::Tls, TlsProblem::Failed(words))
}

fn tls_fault(phase: Phase, problem: TlsProblem) -> Fault {
    Fault { kind: FaultKind::Tls, phase, detail: FaultDetail::Tls(problem) }
}

/// Parts of a handshake that the client may have sent.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sent {
    /// The server's name (SNI).
    pub(super) name: bool,
    /// The certificate of `--cert`.
    pub(super) certificate: bool,
}

/// Maps the library's error about what the server sent, which begins with `first_bytes`.
pub(super) fn from_tls_error(error: &Error, first_bytes: &[u8], sent: Sent, phase: Phase) -> Fault {
    let problem = match error {
        Error::PeerIncompatible(why) => incompatible(why),
        Error::AlertReceived(alert) => from_alert(*alert, sent),
        Error::InvalidMessage(_) if first_bytes::is_http(first_bytes) => TlsProblem::ServerSpeaksHttp,
        Error::InvalidMessage(InvalidMessage::HandshakePayloadTooLarge) => TlsProblem::CertificatesTooLong,
        Error::InvalidMessage(why) if first_bytes::is_tls(first_bytes) => {
            TlsProblem::Malformed(format!("{why:?}"))
        }
        Error::InvalidMessage(_) => {
            let beginning = UntrustedText::new(first_bytes::legible(first_bytes));
            return Fault { kind: FaultKind::Tls, phase, detail: FaultDetail::NotTls { beginning } };
        }
        Error::NoCertificatesPresented => TlsProblem::NoCertificate,
        other => TlsProblem::Failed(other.to_string()),
    };
    tls_fault(phase, problem)
}

fn incompatible(why: &PeerIncompatible) -> TlsProblem {
    match why {
        PeerIncompatible::ServerDoesNotSupportTls12Or13
        | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig => TlsProblem::UnsupportedVersion,
        other => TlsProblem::Incompatible(format!("{other:?}")),
    }
}

fn from_alert(alert: AlertDescription, sent: Sent) -> TlsProblem {
    use AlertDescription as Alert;
    match alert {
        Alert::ProtocolVersion => TlsProblem::UnsupportedVersion,
        Alert::CertificateRequired => TlsProblem::ClientCertificateMissing,
        Alert::UnknownCA
        | Alert::BadCertificate
        | Alert::CertificateUnknown
        | Alert::CertificateExpired
        | Alert::DecryptError
        | Alert::UnsupportedCertificate
            if sent.certificate =>
        {
            TlsProblem::ClientCertificateRefused(format!("{alert:?}"))
        }
        Alert::HandshakeFailure if sent.name => TlsProblem::NothingInCommon,
        Alert::HandshakeFailure => TlsProblem::NoNameOrNothingInCommon,
        Alert::UnrecognisedName if sent.name => TlsProblem::UnknownName,
        Alert::UnrecognisedName | Alert::InternalError | Alert::AccessDenied if !sent.name => {
            TlsProblem::NoNameSent(format!("{alert:?}"))
        }
        other => TlsProblem::Alert(format!("{other:?}")),
    }
}

/// The fault of a handshake that a failing connection ended.
///
/// One that ends before the server's first byte was ended by whatever listens there, not by TLS: a balancer
/// whose servers are down does so.
pub(super) fn from_io_error(error: &io::Error, first_bytes: &[u8], lacks_certificate: bool) -> Fault {
    if lacks_certificate && error.kind() != io::ErrorKind::TimedOut {
        return certificate_wanted(Phase::Tls);
    }
    let silent = first_bytes.is_empty();
    let (kind, end) = match error.kind() {
        io::ErrorKind::TimedOut => (FaultKind::Timeout, End::Timeout),
        io::ErrorKind::UnexpectedEof => (FaultKind::Closed, End::Closed),
        io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => (FaultKind::Reset, End::Reset),
        _ => return failed(system_words(error)),
    };
    let kind = if silent || kind == FaultKind::Timeout { kind } else { FaultKind::Tls };
    let stage = if silent { Stage::ClientHello } else { Stage::TlsHandshake };
    Fault { kind, phase: Phase::Tls, detail: FaultDetail::Interrupted { stage, end } }
}

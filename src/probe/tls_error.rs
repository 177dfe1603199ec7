//! How a TLS handshake failed, in words: what the library says of the server, and how a connection ended.
//!
//! Why a certificate was not accepted is [`super::certificate`]'s to say.

use std::io;

use rustls::{AlertDescription, Error, InvalidMessage, PeerIncompatible};

use super::connect::describe_io_error;
use crate::model::exchange::{Fault, FaultCause, FaultKind, Phase};

/// The server wanted a client certificate that the probe lacks.
pub(super) fn certificate_wanted(phase: Phase) -> Fault {
    fault(phase, "the server asked for a client certificate and got none")
        .with_cause(FaultCause::ClientCertificateMissing)
}

/// The server is one of the documented era.
fn outdated(phase: Phase) -> Fault {
    let words = "the server offers only TLS 1.1 or older, which today's TLS libraries refuse";
    fault(phase, words).with_cause(FaultCause::UnsupportedVersion)
}

fn fault(phase: Phase, words: impl Into<Vec<u8>>) -> Fault {
    Fault::new(FaultKind::Tls, phase, words)
}

/// Says what the library found wrong with what the server sent, the first bytes of which are `greeting`.
pub(super) fn from_tls_error(error: &Error, greeting: &[u8], phase: Phase) -> Fault {
    match error {
        Error::PeerIncompatible(why) => incompatible(why, phase),
        Error::AlertReceived(alert) => from_alert(*alert, phase),
        Error::InvalidMessage(_) if is_http(greeting) => {
            fault(phase, "the server speaks plain HTTP on this port").with_cause(FaultCause::ServerSpeaksHttp)
        }
        Error::InvalidMessage(InvalidMessage::HandshakePayloadTooLarge) => fault(
            phase,
            "the server's certificates are longer than TLS libraries read (64 KiB): what does it send along?",
        ),
        Error::InvalidMessage(why) if is_tls(greeting) => {
            fault(phase, format!("the server's TLS is malformed ({why:?})"))
        }
        Error::InvalidMessage(_) => {
            fault(phase, "what the server sent is not TLS: is this the port of its https?")
        }
        Error::NoCertificatesPresented => fault(phase, "the server presented no certificate"),
        other => fault(phase, format!("the TLS handshake failed: {other}")),
    }
}

/// Whether an answer to a TLS greeting is HTTP, as far as it has come; that of an HTTP/0.9 request is a page
/// without a head.
fn is_http(greeting: &[u8]) -> bool {
    let status = greeting.iter().zip(b"HTTP/").all(|(came, expected)| came == expected);
    (status && !greeting.is_empty()) || greeting.starts_with(b"<")
}

/// Whether an answer begins as a record of TLS does (RFC 8446, section 5.1): its type, and the version's first half.
fn is_tls(greeting: &[u8]) -> bool {
    matches!(greeting, [0x14..=0x17, 0x03, ..])
}

fn incompatible(why: &PeerIncompatible, phase: Phase) -> Fault {
    match why {
        PeerIncompatible::ServerDoesNotSupportTls12Or13
        | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig => outdated(phase),
        other => fault(phase, format!("the server's TLS does not fit: {other:?}")),
    }
}

fn from_alert(alert: AlertDescription, phase: Phase) -> Fault {
    match alert {
        AlertDescription::ProtocolVersion => outdated(phase),
        AlertDescription::HandshakeFailure => fault(
            phase,
            "the server refused the handshake: it has no cipher in common with today's TLS libraries, or offers \
             only TLS 1.1 or older",
        ),
        AlertDescription::CertificateRequired => certificate_wanted(phase),
        AlertDescription::UnknownCA
        | AlertDescription::BadCertificate
        | AlertDescription::CertificateUnknown
        | AlertDescription::CertificateExpired
        | AlertDescription::DecryptError
        | AlertDescription::UnsupportedCertificate => {
            fault(phase, format!("the server refused the client certificate of --cert (alert {alert:?})"))
                .with_cause(FaultCause::ClientCertificateRefused)
        }
        AlertDescription::UnrecognisedName => fault(phase, "the server does not know this host name (SNI)"),
        other => fault(phase, format!("the server ended the handshake with the alert {other:?}")),
    }
}

/// The fault of a handshake that a failing connection ended.
///
/// One that ends before the server's first byte was ended by whatever listens there, not by TLS: a balancer
/// whose servers are down does so.
pub(super) fn from_io_error(error: &io::Error, greeting: &[u8], lacks_certificate: bool) -> Fault {
    let silent = greeting.is_empty();
    if lacks_certificate && error.kind() != io::ErrorKind::TimedOut {
        return certificate_wanted(Phase::Tls);
    }
    let (kind, words) = match error.kind() {
        io::ErrorKind::TimedOut if silent => (
            FaultKind::Timeout,
            "the server did not answer the TLS greeting in time: is this the port of its https?".into(),
        ),
        io::ErrorKind::TimedOut => {
            (FaultKind::Timeout, "the TLS handshake was not completed in time".to_owned())
        }
        io::ErrorKind::UnexpectedEof => (
            if silent { FaultKind::Closed } else { FaultKind::Tls },
            "the server closed the connection during the TLS handshake".into(),
        ),
        io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => (
            if silent { FaultKind::Reset } else { FaultKind::Tls },
            "the server reset the connection during the TLS handshake".into(),
        ),
        _ => (FaultKind::Tls, format!("the TLS handshake failed: {}", describe_io_error(error))),
    };
    Fault::new(kind, Phase::Tls, words)
}

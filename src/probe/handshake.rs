//! How a TLS handshake failed, in words: what the library says of the server, and how a connection ended.
//!
//! Why a certificate was not accepted is [`super::certificate`]'s to say.

use std::io;

use rustls::{AlertDescription, Error, InvalidMessage, PeerIncompatible};

use super::connect::reason;
use crate::exchange::{Fault, FaultKind, Phase};

/// What is said when the server wanted a client certificate that the probe lacks.
pub(super) const CERTIFICATE_WANTED: &str =
    "the server asked for a client certificate and got none: give one by --cert FILE and --key FILE";

/// What is said of a server of the documented era.
const OUTDATED: &str =
    "the server offers only TLS 1.1 or older, which today's TLS libraries refuse: it needs TLS 1.2";

/// What is said of a server that answers a TLS greeting in plain HTTP.
const PLAIN: &str = "the server speaks plain HTTP on this port: ask http://, or the port of its https";

/// Says what the library found wrong with what the server sent, the first bytes of which are `greeting`.
pub(super) fn explain(error: &Error, greeting: &[u8]) -> String {
    match error {
        Error::PeerIncompatible(why) => incompatible(why),
        Error::AlertReceived(alert) => alerted(*alert),
        Error::InvalidMessage(_) if is_http(greeting) => PLAIN.into(),
        Error::InvalidMessage(InvalidMessage::HandshakePayloadTooLarge) => {
            "the server's certificates are longer than TLS libraries read (64 KiB): what does it send along?"
                .into()
        }
        Error::InvalidMessage(why) if is_tls(greeting) => {
            format!("the server's TLS is malformed ({why:?})")
        }
        Error::InvalidMessage(_) => "what the server sent is not TLS: is this the port of its https?".into(),
        Error::NoCertificatesPresented => "the server presented no certificate".into(),
        other => format!("the TLS handshake failed: {other}"),
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

fn incompatible(why: &PeerIncompatible) -> String {
    match why {
        PeerIncompatible::ServerDoesNotSupportTls12Or13
        | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig => OUTDATED.into(),
        other => format!("the server's TLS does not fit: {other:?}"),
    }
}

fn alerted(alert: AlertDescription) -> String {
    match alert {
        AlertDescription::ProtocolVersion => OUTDATED.into(),
        AlertDescription::HandshakeFailure => {
            "the server refused the handshake: it has no cipher in common with today's TLS libraries, or offers \
             only TLS 1.1 or older"
                .into()
        }
        AlertDescription::CertificateRequired => CERTIFICATE_WANTED.into(),
        AlertDescription::UnknownCA
        | AlertDescription::BadCertificate
        | AlertDescription::CertificateUnknown
        | AlertDescription::CertificateExpired
        | AlertDescription::DecryptError
        | AlertDescription::UnsupportedCertificate => {
            format!("the server refused the client certificate of --cert (alert {alert:?})")
        }
        AlertDescription::UnrecognisedName => "the server does not know this host name (SNI)".into(),
        other => format!("the server ended the handshake with the alert {other:?}"),
    }
}

/// The fault of a handshake that a failing connection ended.
///
/// One that ends before the server's first byte was ended by whatever listens there, not by TLS: a balancer
/// whose servers are down does so.
pub(super) fn interrupted(error: &io::Error, greeting: &[u8], lacks_certificate: bool) -> Fault {
    let silent = greeting.is_empty();
    let (kind, words) = match error.kind() {
        io::ErrorKind::TimedOut if silent => (
            FaultKind::Timeout,
            "the server did not answer the TLS greeting in time: is this the port of its https?".into(),
        ),
        io::ErrorKind::TimedOut => {
            (FaultKind::Timeout, "the TLS handshake was not completed in time".to_owned())
        }
        _ if lacks_certificate => (FaultKind::Tls, CERTIFICATE_WANTED.into()),
        io::ErrorKind::UnexpectedEof => (
            if silent { FaultKind::Closed } else { FaultKind::Tls },
            "the server closed the connection during the TLS handshake".into(),
        ),
        io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => (
            if silent { FaultKind::Reset } else { FaultKind::Tls },
            "the server reset the connection during the TLS handshake".into(),
        ),
        _ => (FaultKind::Tls, format!("the TLS handshake failed: {}", reason(error))),
    };
    Fault::new(kind, Phase::Tls, words)
}

//! What a server's certificate says, and why it was not accepted, in words.

use std::time::{Duration, SystemTime};

use rustls::pki_types::CertificateDer;
use rustls::{AlertDescription, CertificateError, Error, PeerIncompatible};
use x509_parser::prelude::{ASN1Time, FromDer, GeneralName, X509Certificate};

use super::trust::Origin;
use crate::endpoint::Host;
use crate::exchange::{Certificate, Foreign};

/// What is said of a server that answers a TLS greeting in plain HTTP.
pub(super) const PLAIN: &str =
    "the server speaks plain HTTP on this port: ask http://, or the port of its https";

/// Reads the fields that a report shows.
pub(super) fn read(der: &CertificateDer<'_>) -> Option<Certificate> {
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    Some(Certificate {
        not_after: time(certificate.validity().not_after),
        subject: Foreign::new(certificate.subject().to_string()),
        issuer: Foreign::new(certificate.issuer().to_string()),
    })
}

/// A certificate's date; one before 1970, which no output can show, is as expired in 1970.
fn time(time: ASN1Time) -> SystemTime {
    let seconds = u64::try_from(time.timestamp()).unwrap_or_default();
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

/// Says why a handshake failed: what was presented, and what would have been right.
pub(super) fn explain(
    error: &Error,
    host: &Host,
    chain: &[CertificateDer<'_>],
    origin: Option<&Origin>,
) -> String {
    match error {
        Error::InvalidCertificate(error) => {
            let parsed = chain.first().and_then(|der| X509Certificate::from_der(der).ok());
            match parsed {
                Some((_, certificate)) => refused(error, host, &certificate, origin),
                None => "the server's certificate cannot be read".into(),
            }
        }
        Error::PeerIncompatible(why) => incompatible(why),
        Error::AlertReceived(alert) => alerted(*alert),
        Error::General(words) if words == PLAIN => words.clone(),
        Error::InvalidMessage(_) => "what the server sent is not TLS: is this the port of its https?".into(),
        Error::NoCertificatesPresented => "the server presented no certificate".into(),
        other => format!("the TLS handshake failed: {other}"),
    }
}

/// Says why a certificate was not accepted.
fn refused(
    error: &CertificateError,
    host: &Host,
    certificate: &X509Certificate<'_>,
    origin: Option<&Origin>,
) -> String {
    let subject = certificate.subject();
    let issuer = certificate.issuer();
    let validity = certificate.validity();
    match error {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            format!("the certificate of {subject} expired on {}", day(validity.not_after))
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            format!("the certificate of {subject} is not valid before {}", day(validity.not_before))
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            misnamed(host, certificate)
        }
        CertificateError::UnknownIssuer => {
            let origin = origin.map_or_else(|| "the trust store".into(), ToString::to_string);
            let own = if subject == issuer { "it is self-signed" } else { "its issuer is unknown" };
            format!("the certificate of {subject} is not trusted: {own} ({issuer} is not in {origin})")
        }
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            format!("the certificate of {subject} is not one for servers (extended key usage)")
        }
        CertificateError::BadSignature => {
            format!("the certificate of {subject} bears a signature that does not fit its issuer {issuer}")
        }
        CertificateError::UnsupportedSignatureAlgorithmContext { .. } => {
            format!("the certificate of {subject} is signed with an outdated or unknown algorithm")
        }
        CertificateError::Revoked => format!("the certificate of {subject} is revoked"),
        _ => other(error, certificate),
    }
}

/// Refusals that the TLS library hands on from its certificate library, known by their names.
fn other(error: &CertificateError, certificate: &X509Certificate<'_>) -> String {
    let subject = certificate.subject();
    let words = format!("{error:?}");
    if words.contains("CaUsedAsEndEntity") {
        format!(
            "the certificate of {subject} is a CA certificate (CA:TRUE) used as the server's own; TLS libraries \
             refuse that even where the CA is trusted: issue the server a certificate of its own"
        )
    } else if words.contains("UnsupportedCertVersion") {
        format!(
            "the certificate of {subject} is of X.509 version 1 or 2: it needs to be issued anew as version 3"
        )
    } else {
        format!("the certificate of {subject} is not accepted: {error}")
    }
}

/// How many names of a certificate a message tells.
const NAMES: usize = 5;

fn misnamed(host: &Host, certificate: &X509Certificate<'_>) -> String {
    let subject = certificate.subject();
    let names = names(certificate);
    if names.is_empty() {
        return format!(
            "the certificate of {subject} has no subjectAltName, and today's TLS libraries do not read the common \
             name: it needs to be issued anew with subjectAltName {host}"
        );
    }
    let more = names.len().saturating_sub(NAMES);
    let mut told = names.iter().take(NAMES).cloned().collect::<Vec<_>>().join(", ");
    if more > 0 {
        told = format!("{told} and {more} more");
    }
    format!("the certificate is for {told}, not for {host}")
}

/// The names that a certificate is for.
fn names(certificate: &X509Certificate<'_>) -> Vec<String> {
    let Ok(Some(extension)) = certificate.subject_alternative_name() else { return Vec::new() };
    let name = |name: &GeneralName<'_>| match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(bytes) => address(bytes),
        _ => None,
    };
    extension.value.general_names.iter().filter_map(name).collect()
}

fn address(bytes: &[u8]) -> Option<String> {
    let v4 = <[u8; 4]>::try_from(bytes).ok().map(|bytes| std::net::Ipv4Addr::from(bytes).to_string());
    v4.or_else(|| <[u8; 16]>::try_from(bytes).ok().map(|bytes| std::net::Ipv6Addr::from(bytes).to_string()))
}

/// The day of a date, as a reader of the message needs it.
fn day(date: ASN1Time) -> String {
    let text = humantime::format_rfc3339_seconds(time(date)).to_string();
    text.split('T').next().unwrap_or_default().to_owned()
}

fn incompatible(why: &PeerIncompatible) -> String {
    match why {
        PeerIncompatible::ServerDoesNotSupportTls12Or13
        | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig => OUTDATED.into(),
        other => format!("the server's TLS does not fit: {other:?}"),
    }
}

/// What is said of a server of the documented era.
const OUTDATED: &str =
    "the server offers only TLS 1.1 or older, which today's TLS libraries refuse: it needs TLS 1.2";

fn alerted(alert: AlertDescription) -> String {
    match alert {
        AlertDescription::ProtocolVersion => OUTDATED.into(),
        AlertDescription::HandshakeFailure => {
            "the server refused the handshake (no cipher in common; or it offers only TLS 1.1 or older, or wants a \
             client certificate)"
                .into()
        }
        AlertDescription::CertificateRequired => {
            "the server requires a client certificate: give one by --cert FILE and --key FILE".into()
        }
        AlertDescription::UnknownCA | AlertDescription::BadCertificate | AlertDescription::CertificateUnknown => {
            format!("the server refused the client certificate (alert {alert:?})")
        }
        AlertDescription::UnrecognisedName => "the server does not know this host name (SNI)".into(),
        other => format!("the server ended the handshake with the alert {other:?}"),
    }
}

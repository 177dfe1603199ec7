//! What a server's certificate says, and why it was not accepted, in words.
//!
//! A message begins with the reason and ends with what the certificate says of itself: a subject of any length
//! cannot push the reason out of a report.

use std::fmt::Display;
use std::time::{Duration, SystemTime};

use rustls::CertificateError;
use rustls::pki_types::CertificateDer;
use x509_parser::prelude::{ASN1Time, FromDer, GeneralName, X509Certificate, X509Name};

use super::trust::TrustSource;
use crate::model::endpoint::Host;
use crate::model::exchange::{Fault, FaultCause, FaultKind, Phase, ServerCertificate};
use crate::sanitize::UntrustedText;

/// Reads the fields that a report shows.
pub(super) fn read(der: &CertificateDer<'_>) -> Option<ServerCertificate> {
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    Some(ServerCertificate {
        not_after: time(certificate.validity().not_after),
        subject: UntrustedText::new(certificate.subject().to_string()),
        issuer: UntrustedText::new(certificate.issuer().to_string()),
    })
}

/// A certificate's date; one before 1970, which no output can show, is as expired in 1970.
fn time(time: ASN1Time) -> SystemTime {
    let seconds = u64::try_from(time.timestamp()).unwrap_or_default();
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

/// Says why a certificate was not accepted: what was presented, and what would have been right.
pub(super) fn refused(
    error: &CertificateError,
    host: &Host,
    chain: &[CertificateDer<'_>],
    origin: Option<&TrustSource>,
) -> Fault {
    let parsed = chain.iter().map_while(|der| Some(X509Certificate::from_der(der).ok()?.1));
    let chain: Vec<X509Certificate<'_>> = parsed.collect();
    let Some(own) = chain.first() else {
        return fault("the server's certificate cannot be read", None);
    };
    let subject = name(own.subject());
    match error {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => expired(own, &chain),
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => early(own, &chain),
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            misnamed(host, own)
        }
        CertificateError::UnknownIssuer => untrusted(own, &chain, origin),
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            unfit(format!("is not one for servers (extended key usage; subject {subject})"))
        }
        CertificateError::BadSignature => {
            let store = store(origin);
            let issuer = name(own.issuer());
            fault(
                format!(
                    "the certificate's signature does not fit its issuer's key: is the CA in {store} another of \
                     the same name? (issuer {issuer}, subject {subject})"
                ),
                FaultCause::Untrusted,
            )
        }
        CertificateError::UnsupportedSignatureAlgorithmContext { .. } => {
            unfit(format!("is signed with an outdated or unknown algorithm (subject {subject})"))
        }
        CertificateError::BadEncoding => malformed(own),
        CertificateError::Revoked => {
            fault(format!("the certificate is revoked (subject {subject})"), FaultCause::UnusableCertificate)
        }
        _ => other(error, &subject),
    }
}

fn fault(words: impl Into<Vec<u8>>, cause: impl Into<Option<FaultCause>>) -> Fault {
    Fault::new(FaultKind::Tls, Phase::Tls, words).with_cause(cause)
}

/// A certificate that nobody's trust would make acceptable.
fn unfit(words: impl Display) -> Fault {
    fault(format!("the certificate {words}"), FaultCause::UnusableCertificate)
}

/// Refusals that the TLS library hands on from its certificate library, known by their names.
fn other(error: &CertificateError, subject: &str) -> Fault {
    let words = format!("{error:?}");
    if words.contains("CaUsedAsEndEntity") {
        unfit(format!(
            "is a CA's (CA:TRUE) used as the server's own, which TLS libraries refuse even where the CA is \
             trusted (subject {subject})"
        ))
    } else if words.contains("UnsupportedCertVersion") {
        unfit(format!("is of X.509 version 1 or 2, which today's TLS libraries refuse (subject {subject})"))
    } else {
        fault(format!("the certificate is not accepted: {error} (subject {subject})"), None)
    }
}

/// A name as it is told; some certificates have an empty one.
fn name(name: &X509Name<'_>) -> String {
    let told = name.to_string();
    if told.is_empty() { "without a name".into() } else { told }
}

fn store(origin: Option<&TrustSource>) -> String {
    origin.map_or_else(|| "the trust store".into(), ToString::to_string)
}

/// The certificate that expired is not always the server's own.
fn expired(own: &X509Certificate<'_>, chain: &[X509Certificate<'_>]) -> Fault {
    let now = ASN1Time::now();
    let over = |certificate: &&X509Certificate<'_>| certificate.validity().not_after < now;
    let culprit = chain.iter().find(over).unwrap_or(own);
    let (whose, day) = (whose(culprit, own), day(culprit.validity().not_after));
    let cause =
        if std::ptr::eq(culprit, own) { FaultCause::Expired } else { FaultCause::IntermediateExpired };
    fault(format!("the {whose} expired on {day} (subject {})", name(culprit.subject())), cause)
}

/// The same for one whose time has not come.
fn early(own: &X509Certificate<'_>, chain: &[X509Certificate<'_>]) -> Fault {
    let now = ASN1Time::now();
    let early = |certificate: &&X509Certificate<'_>| certificate.validity().not_before > now;
    let culprit = chain.iter().find(early).unwrap_or(own);
    let (whose, day) = (whose(culprit, own), day(culprit.validity().not_before));
    let words = format!("the {whose} is not valid before {day} (subject {})", name(culprit.subject()));
    fault(words, FaultCause::NotYetValid)
}

/// The TLS library knows no date before 1970 (RFC 5280 knows those from 1950 on).
fn malformed(own: &X509Certificate<'_>) -> Fault {
    if own.validity().not_after.timestamp() < 0 {
        return expired(own, &[]);
    }
    let subject = name(own.subject());
    unfit(format!("is malformed, or bears a date before 1970 (subject {subject})"))
}

fn whose(culprit: &X509Certificate<'_>, own: &X509Certificate<'_>) -> &'static str {
    if std::ptr::eq(culprit, own) { "certificate" } else { "intermediate certificate that the server sends" }
}

/// Names the link at which the chain breaks: the issuer that is neither sent nor trusted.
fn untrusted(
    own: &X509Certificate<'_>,
    chain: &[X509Certificate<'_>],
    origin: Option<&TrustSource>,
) -> Fault {
    let (store, subject) = (store(origin), name(own.subject()));
    let mut last = own;
    // Each certificate is passed at most once, however they name one another.
    for _ in chain {
        match chain.iter().find(|next| next.subject() == last.issuer()) {
            Some(next) if !std::ptr::eq(next, last) => last = next,
            _ => break,
        }
    }
    let issuer = name(last.issuer());
    let words = if own.subject() == own.issuer() {
        format!("the certificate is self-signed and not in {store} (subject {subject})")
    } else if last.subject() == last.issuer() {
        format!("the certificate's issuer is not in {store} (issuer {issuer}, subject {subject})")
    } else {
        format!(
            "the certificate's issuer is neither in {store} nor sent by the server (issuer {issuer}, subject \
             {subject})"
        )
    };
    fault(words, FaultCause::Untrusted)
}

/// How many names of a certificate a message tells.
const NAMES: usize = 5;

fn misnamed(host: &Host, certificate: &X509Certificate<'_>) -> Fault {
    let subject = name(certificate.subject());
    let Ok(Some(extension)) = certificate.subject_alternative_name() else {
        return unfit(format!(
            "has no subjectAltName, and today's TLS libraries do not read the common name (subject {subject})"
        ));
    };
    let names: Vec<String> = extension.value.general_names.iter().filter_map(host_name).collect();
    let told = names.iter().take(NAMES).cloned().collect::<Vec<_>>().join(", ");
    let words = match names.len().checked_sub(NAMES) {
        _ if names.is_empty() => format!("the certificate is not for {host}: it names no host ({subject})"),
        None | Some(0) => format!("the certificate is not for {host}, but for {told}"),
        Some(more) => format!("the certificate is not for {host}, but for {told} and {more} more"),
    };
    fault(words, FaultCause::NameMismatch)
}

/// A name that a certificate is for.
fn host_name(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(bytes) => address(bytes),
        _ => None,
    }
}

fn address(bytes: &[u8]) -> Option<String> {
    let v4 = <[u8; 4]>::try_from(bytes).ok().map(|bytes| std::net::Ipv4Addr::from(bytes).to_string());
    v4.or_else(|| <[u8; 16]>::try_from(bytes).ok().map(|bytes| std::net::Ipv6Addr::from(bytes).to_string()))
}

/// The day of a date, as a reader of the message needs it.
fn day(date: ASN1Time) -> String {
    let date = date.to_datetime();
    format!("{:04}-{:02}-{:02}", date.year(), u8::from(date.month()), date.day())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use rustls::RootCertStore;
    use rustls::client::WebPkiServerVerifier;
    use rustls::client::danger::ServerCertVerifier;
    use rustls::pki_types::{ServerName, UnixTime};

    use super::*;

    /// What is said of a certificate that the TLS library itself has refused, although it is trusted.
    fn told(der: &CertificateDer<'static>, trusted: &CertificateDer<'static>) -> Fault {
        let mut roots = RootCertStore::empty();
        roots.add(trusted.clone()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let verifier =
            WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        match verifier.verify_server_cert(der, &[], &name, &[], UnixTime::now()) {
            Err(rustls::Error::InvalidCertificate(error)) => {
                refused(&error, &Host::Name("localhost".into()), std::slice::from_ref(der), None)
            }
            other => panic!("not refused for the certificate: {other:?}"),
        }
    }

    /// The names of the library's errors are no promise of its: an update that changes them fails here.
    #[test]
    fn refusals_that_are_known_by_name_alone_are_told() {
        let mut params = rcgen::CertificateParams::new(["localhost".to_owned()]).unwrap();
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let authority = params.self_signed(&rcgen::KeyPair::generate().unwrap()).unwrap().der().clone();
        let begins = |fault: &Fault, words: &str| {
            assert_eq!(fault.cause, Some(FaultCause::UnusableCertificate));
            assert!(fault.message.bytes().starts_with(words.as_bytes()), "{fault:?}");
        };
        begins(&told(&authority, &authority), "the certificate is a CA's (CA:TRUE) used as the server's own");

        let version = |number| [0xa0, 3, 2, 1, number];
        let mut second = authority.to_vec();
        let at = second.windows(5).position(|field| field == version(2)).unwrap();
        second[at..at + 5].copy_from_slice(&version(1));
        begins(&told(&second.into(), &authority), "the certificate is of X.509 version 1 or 2");
    }
}

//! The server's certificate: its fields, and the reason why it was not accepted.

use std::time::{Duration, SystemTime};

use rustls::CertificateError;
use rustls::pki_types::{CertificateDer, UnixTime};
use x509_parser::prelude::{ASN1Time, FromDer, GeneralName, ParsedExtension, X509Certificate, X509Name};
use x509_parser::public_key::PublicKey;

use super::trust::{Refusal, Trust};
use crate::model::endpoint::Host;
use crate::model::exchange::{Phase, ServerCertificate};
use crate::model::fault::{CertificateFault, CertificateProblem, ChainPart, Fault, FaultDetail, FaultKind};
use crate::sanitize::UntrustedText;

/// Maximum number of intermediate certificates that are followed; the library takes no longer path.
///
/// Without it 683 certificates, six layers of seven issuers of the same name, kept the library busy for 23 s.
const MAX_INTERMEDIATES: usize = 6;

/// Maximum number of intermediate certificates of one name that are followed.
const MAX_OF_ONE_NAME: usize = 2;

/// Reads the fields that a report shows.
pub(super) fn read(der: &CertificateDer<'_>) -> Option<ServerCertificate> {
    let certificate = parse(der)?;
    Some(ServerCertificate {
        not_after: system_time(certificate.validity().not_after),
        subject: UntrustedText::new(certificate.subject().to_string()),
        issuer: UntrustedText::new(certificate.issuer().to_string()),
    })
}

fn parse<'a>(der: &'a CertificateDer<'_>) -> Option<X509Certificate<'a>> {
    X509Certificate::from_der(der).ok().map(|(_, certificate)| certificate)
}

/// A certificate's date; one before 1970, which no output can show, is as expired in 1970.
fn system_time(time: ASN1Time) -> SystemTime {
    let seconds = u64::try_from(time.timestamp()).unwrap_or_default();
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

/// The intermediates that lead on from the server's certificate, at most [`MAX_INTERMEDIATES`], in the order in
/// which they were sent. Servers send along what does not belong to the chain.
///
/// The library tries every path, and checks a signature at the end of each. Two certificates of one name are enough for
/// cross-signing, and one of a trust anchor's name for a renewed key; those that the one before names by its key come
/// first. So few paths are left that no flight of certificates costs more than about twenty signatures.
pub(super) fn followed<'a>(
    end_entity: &CertificateDer<'_>,
    intermediates: &'a [CertificateDer<'a>],
    is_anchor: impl Fn(&[u8]) -> bool,
) -> Vec<CertificateDer<'a>> {
    let leaf = parse(end_entity).filter(|_| intermediates.len() > MAX_OF_ONE_NAME);
    let Some(leaf) = leaf else { return intermediates.to_vec() };
    let parsed: Vec<_> = intermediates.iter().filter_map(|der| Some((der, parse(der)?))).collect();
    let mut pending = vec![&leaf];
    let mut names: Vec<&[u8]> = Vec::new();
    let mut used = Vec::new();
    while let Some(issued) = pending.pop() {
        let name = issued.issuer().as_raw();
        if names.contains(&name) {
            continue;
        }
        names.push(name);
        let all = parsed.iter().enumerate().map(|(index, (_, certificate))| (index, certificate));
        let mut issuers: Vec<_> = all.filter(|(_, issuer)| issuer.subject().as_raw() == name).collect();
        issuers.sort_by_key(|(_, issuer)| !has_issuers_key(issued, issuer));
        let most = if is_anchor(name) { 1 } else { MAX_OF_ONE_NAME };
        for (index, issuer) in issuers.into_iter().take(most.min(MAX_INTERMEDIATES - used.len())) {
            used.push(index);
            pending.push(issuer);
        }
    }
    let kept = parsed.iter().enumerate().filter(|(index, _)| used.contains(index));
    kept.map(|(_, (der, _))| (*der).clone()).collect()
}

/// Tests whether a certificate names another's key as its issuer's (RFC 5280, sections 4.2.1.1 and 4.2.1.2).
fn has_issuers_key(certificate: &X509Certificate<'_>, issuer: &X509Certificate<'_>) -> bool {
    let wanted = certificate.extensions().iter().find_map(|extension| match extension.parsed_extension() {
        ParsedExtension::AuthorityKeyIdentifier(key) => key.key_identifier.clone(),
        _ => None,
    });
    let given = issuer.extensions().iter().find_map(|extension| match extension.parsed_extension() {
        ParsedExtension::SubjectKeyIdentifier(key) => Some(key.clone()),
        _ => None,
    });
    wanted.is_some() && wanted == given
}

/// The distinguished names (DER) of the issuers of certificates.
pub(super) fn issuers<'a>(chain: impl IntoIterator<Item = &'a CertificateDer<'a>>) -> Vec<Vec<u8>> {
    let parsed = chain.into_iter().filter_map(parse);
    parsed.map(|certificate| certificate.issuer().as_raw().to_vec()).collect()
}

/// Checks that a certificate has not expired and is valid already.
pub(super) fn check_dates(der: &CertificateDer<'_>, now: UnixTime) -> Result<(), CertificateError> {
    let now = i64::try_from(now.as_secs()).ok().and_then(|now| ASN1Time::from_timestamp(now).ok());
    let (certificate, now) = parse(der).zip(now).ok_or(CertificateError::BadEncoding)?;
    let validity = certificate.validity();
    if validity.not_after < now {
        return Err(CertificateError::Expired);
    }
    if validity.not_before > now { Err(CertificateError::NotValidYet) } else { Ok(()) }
}

/// Tests for a certificate that has expired or is not valid yet; one that cannot be read is neither.
pub(super) fn is_outdated(der: &CertificateDer<'_>, now: UnixTime) -> bool {
    matches!(check_dates(der, now), Err(CertificateError::Expired | CertificateError::NotValidYet))
}

/// Checks that the key usages of a certificate, where it has any, allow a TLS server what OpenSSL wants of one.
///
/// The library does not read the plain key usage.
pub(super) fn check_usage(der: &CertificateDer<'_>) -> Result<(), CertificateError> {
    // The library has read what this parser cannot.
    let Some(certificate) = parse(der) else { return Ok(()) };
    let key = certificate.key_usage().map_err(|_| CertificateError::BadEncoding)?;
    let extended = certificate.extended_key_usage().map_err(|_| CertificateError::BadEncoding)?;
    let key = key.is_none_or(|usage| {
        usage.value.digital_signature() || usage.value.key_encipherment() || usage.value.key_agreement()
    });
    let extended = extended.is_none_or(|usage| usage.value.server_auth);
    if key && extended { Ok(()) } else { Err(CertificateError::InvalidPurpose) }
}

/// Tests whether an issuer may sign certificates (keyCertSign, RFC 5280, section 4.2.1.3).
pub(super) fn may_sign(der: &CertificateDer<'_>) -> bool {
    let Some(certificate) = parse(der) else { return true };
    let usage = certificate.key_usage().ok().flatten();
    usage.is_none_or(|usage| usage.value.key_cert_sign())
}

/// Maps the library's refusal of a certificate to what is wrong with what was presented.
pub(super) fn refused(
    error: &CertificateError,
    host: &Host,
    chain: &[CertificateDer<'_>],
    trust: Option<&Trust>,
) -> Fault {
    let chain: Vec<X509Certificate<'_>> = chain.iter().map_while(parse).collect();
    let Some(leaf) = chain.first() else { return unreadable() };
    match Refusal::within(error) {
        Some(Refusal::OutdatedAnchor(anchor)) => {
            return parse(anchor).map_or_else(unreadable, |anchor| outdated(&anchor, ChainPart::Anchor));
        }
        Some(Refusal::MayNotSign(issuer)) => {
            let blamed = |issuer: X509Certificate<'_>| {
                certificate_fault(CertificateProblem::MayNotSign, &issuer, &issuer)
            };
            return parse(issuer).map_or_else(unreadable, blamed);
        }
        Some(Refusal::UnprovenKey) => {
            let problem = unusable_key(leaf, ChainPart::Server).unwrap_or(CertificateProblem::UnprovenKey);
            return certificate_fault(problem, leaf, leaf);
        }
        Some(Refusal::OutOfTime) | None => {}
    }
    if let Some((part, culprit)) = expired_or_early(error, leaf, &chain) {
        return outdated(culprit, part);
    }
    let path = path(leaf, &chain);
    let last = path.last().map_or(leaf, |(_, last)| *last);
    let (problem, culprit) = match error {
        CertificateError::UnknownIssuer => (untrusted(leaf, last, &chain, trust), leaf),
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            (misnamed(host, leaf), leaf)
        }
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            unfit(&path, leaf)
        }
        CertificateError::Revoked => (CertificateProblem::Revoked, leaf),
        CertificateError::BadEncoding => early_date(&path).unwrap_or((CertificateProblem::Malformed, leaf)),
        CertificateError::BadSignature => {
            return key_fault(&path, last, trust)
                .unwrap_or_else(|| certificate_fault(mismatch(leaf, trust), leaf, last));
        }
        CertificateError::UnsupportedSignatureAlgorithmContext { signature_algorithm_id, .. }
        | CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext {
            signature_algorithm_id, ..
        } => {
            return key_fault(&path, last, trust).unwrap_or_else(|| {
                let (problem, culprit) = unusable_signature(&path, leaf, signature_algorithm_id)
                    .unwrap_or_else(|| (mismatch(leaf, trust), leaf));
                certificate_fault(problem, culprit, last)
            });
        }
        other if is_about_extension(other) => extension(&path, leaf),
        other => (by_name(other, leaf, trust), leaf),
    };
    certificate_fault(problem, culprit, last)
}

/// A problem and the certificate that has it.
type Blamed<'a, 'b> = (CertificateProblem, &'a X509Certificate<'b>);

fn unreadable() -> Fault {
    let detail = CertificateFault {
        problem: CertificateProblem::Unreadable,
        subject: UntrustedText::default(),
        issuer: UntrustedText::default(),
        names: Vec::new(),
        more_names: 0,
    };
    Fault { kind: FaultKind::Tls, phase: Phase::Tls, detail: FaultDetail::Certificate(Box::new(detail)) }
}

/// The fault of a chain whose certificate `culprit` is to blame, and which ends at `last`.
fn certificate_fault(
    problem: CertificateProblem,
    culprit: &X509Certificate<'_>,
    last: &X509Certificate<'_>,
) -> Fault {
    let name = |name: &X509Name<'_>| UntrustedText::new(name.to_string());
    let names = host_names(culprit);
    let detail = CertificateFault {
        problem,
        subject: name(culprit.subject()),
        issuer: name(last.issuer()),
        more_names: names.len().saturating_sub(MAX_NAMES_SHOWN),
        names: names.into_iter().take(MAX_NAMES_SHOWN).map(UntrustedText::new).collect(),
    };
    Fault { kind: FaultKind::Tls, phase: Phase::Tls, detail: FaultDetail::Certificate(Box::new(detail)) }
}

fn outdated(culprit: &X509Certificate<'_>, part: ChainPart) -> Fault {
    let validity = culprit.validity();
    let problem = if validity.not_before > ASN1Time::now() {
        CertificateProblem::NotYetValid(part, system_time(validity.not_before))
    } else {
        CertificateProblem::Expired(part, system_time(validity.not_after))
    };
    certificate_fault(problem, culprit, culprit)
}

/// The certificate that is out of date, where the error says that one is: not always the server's own.
fn expired_or_early<'a, 'b>(
    error: &CertificateError,
    leaf: &'a X509Certificate<'b>,
    chain: &'a [X509Certificate<'b>],
) -> Option<(ChainPart, &'a X509Certificate<'b>)> {
    let now = ASN1Time::now();
    let culprit = match error {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            chain.iter().find(|certificate| certificate.validity().not_after < now)
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            chain.iter().find(|certificate| certificate.validity().not_before > now)
        }
        // The library knows no date before 1970 (RFC 5280 knows those from 1950 on).
        CertificateError::BadEncoding if leaf.validity().not_after.timestamp() < 0 => Some(leaf),
        _ => return None,
    };
    let culprit = culprit.unwrap_or(leaf);
    let part = if std::ptr::eq(culprit, leaf) { ChainPart::Server } else { ChainPart::Intermediate };
    Some((part, culprit))
}

/// A part of a chain, and the certificate that is this part.
type Link<'a, 'b> = (ChainPart, &'a X509Certificate<'b>);

/// The certificate that bears a date which the library cannot read, although RFC 5280 allows it.
fn early_date<'a, 'b>(path: &[Link<'a, 'b>]) -> Option<Blamed<'a, 'b>> {
    first(path, CertificateProblem::EarlyDate, |certificate| {
        certificate.validity().not_before.timestamp() < 0
    })
}

/// The first certificate of a path that is at fault, with its problem.
fn first<'a, 'b>(
    path: &[Link<'a, 'b>],
    problem: impl Fn(ChainPart) -> CertificateProblem,
    is_at_fault: impl Fn(&X509Certificate<'_>) -> bool,
) -> Option<Blamed<'a, 'b>> {
    let (part, culprit) = *path.iter().find(|(_, certificate)| is_at_fault(certificate))?;
    Some((problem(part), culprit))
}

/// The certificate whose usage excludes servers: a CA's limits those that it issues.
fn unfit<'a, 'b>(path: &[Link<'a, 'b>], leaf: &'a X509Certificate<'b>) -> Blamed<'a, 'b> {
    let found = first(path, CertificateProblem::NotForServers, excludes_servers);
    found.unwrap_or((CertificateProblem::NotForServers(ChainPart::Server), leaf))
}

fn excludes_servers(certificate: &X509Certificate<'_>) -> bool {
    matches!(certificate.extended_key_usage(), Ok(Some(usage)) if !usage.value.server_auth)
}

/// The library does not promise this name; it wraps the error of another.
fn is_about_extension(error: &CertificateError) -> bool {
    format!("{error:?}").contains("UnsupportedCriticalExtension")
}

/// Extensions that the library knows.
const SUPPORTED_EXTENSIONS: [&str; 6] =
    ["2.5.29.15", "2.5.29.17", "2.5.29.19", "2.5.29.30", "2.5.29.31", "2.5.29.37"];

/// Extensions that the library does not know and OpenSSL does.
const FOREIGN_EXTENSIONS: [(&str, &str); 7] = [
    ("2.5.29.32", "certificatePolicies"),
    ("2.5.29.33", "policyMappings"),
    ("2.5.29.36", "policyConstraints"),
    ("2.5.29.54", "inhibitAnyPolicy"),
    ("1.3.6.1.5.5.7.1.7", "sbgp-ipAddrBlock"),
    ("1.3.6.1.5.5.7.1.8", "sbgp-autonomousSysNum"),
    ("2.16.840.1.113730.1.1", "nsCertType"),
];

/// The certificate with a critical extension that the library does not know.
fn extension<'a, 'b>(path: &[Link<'a, 'b>], leaf: &'a X509Certificate<'b>) -> Blamed<'a, 'b> {
    for &(part, certificate) in path {
        let critical = certificate.extensions().iter().filter(|extension| extension.critical);
        let oids = critical.map(|extension| extension.oid.to_id_string());
        let mut unsupported = oids.filter(|oid| !SUPPORTED_EXTENSIONS.contains(&oid.as_str()));
        let Some(oid) = unsupported.next() else { continue };
        let known = FOREIGN_EXTENSIONS.iter().find(|(known, _)| *known == oid);
        let problem = known.map_or(CertificateProblem::UnknownExtension(part), |(_, name)| {
            CertificateProblem::UnsupportedExtension(part, (*name).to_owned())
        });
        return (problem, certificate);
    }
    (CertificateProblem::UnknownExtension(ChainPart::Server), leaf)
}

/// Signature algorithms that the library refuses: name, and true for one that no library trusts any longer.
const SIGNATURES: [(&str, &str, bool); 11] = [
    ("1.2.840.113549.1.1.2", "RSA with MD2", true),
    ("1.2.840.113549.1.1.4", "RSA with MD5", true),
    ("1.2.840.113549.1.1.5", "RSA with SHA-1", true),
    ("1.3.14.3.2.29", "RSA with SHA-1", true),
    ("1.2.840.10045.4.1", "ECDSA with SHA-1", true),
    ("1.2.840.10040.4.3", "DSA with SHA-1", true),
    ("1.2.840.113549.1.1.10", "RSA-PSS with other parameters than TLS uses", false),
    ("1.2.840.113549.1.1.14", "RSA with SHA-224", false),
    ("1.2.840.10045.4.3.1", "ECDSA with SHA-224", false),
    ("1.2.840.10045.4.3.4", "ECDSA with SHA-512 by a key on another curve than P-521", false),
    ("1.3.101.113", "Ed448", false),
];

/// Signature algorithms that the library checks: RSA, ECDSA, Ed25519.
const SUPPORTED_SIGNATURES: [&str; 6] = [
    "1.2.840.113549.1.1.11",
    "1.2.840.113549.1.1.12",
    "1.2.840.113549.1.1.13",
    "1.2.840.10045.4.3.2",
    "1.2.840.10045.4.3.3",
    "1.3.101.112",
];

/// The certificate with the signature that the library refuses; `None` where the library refuses only the key beside it.
/// It checks them from the anchor on.
fn unusable_signature<'a, 'b>(
    path: &[Link<'a, 'b>],
    leaf: &'a X509Certificate<'b>,
    algorithm: &[u8],
) -> Option<Blamed<'a, 'b>> {
    // The object identifier, and its parameters after it.
    let has_it = |certificate: &X509Certificate<'_>| {
        let oid = certificate.signature_algorithm.algorithm.as_bytes();
        algorithm.windows(oid.len()).any(|part| part == oid)
    };
    let found = path.iter().copied().rfind(|(_, certificate)| has_it(certificate));
    let (part, culprit) = found.unwrap_or((ChainPart::Server, leaf));
    let oid = culprit.signature_algorithm.algorithm.to_id_string();
    let problem = match SIGNATURES.iter().find(|(known, ..)| *known == oid) {
        Some((_, name, true)) => CertificateProblem::OutdatedSignature(part, (*name).to_owned()),
        Some((_, name, false)) => CertificateProblem::UnsupportedSignature(part, (*name).to_owned()),
        None if SUPPORTED_SIGNATURES.contains(&oid.as_str()) => return None,
        None => CertificateProblem::UnsupportedSignature(part, format!("algorithm {oid}")),
    };
    Some((problem, culprit))
}

/// The problem of a certificate that another key signed than that of the trusted CA with its issuer's name.
fn mismatch(leaf: &X509Certificate<'_>, trust: Option<&Trust>) -> CertificateProblem {
    self_signed_or(CertificateProblem::SignatureMismatch, leaf, trust)
}

/// The problem of a self-signed certificate, or of another one.
fn self_signed_or(
    problem: fn(String) -> CertificateProblem,
    leaf: &X509Certificate<'_>,
    trust: Option<&Trust>,
) -> CertificateProblem {
    let source = trust.map_or("the trust store", Trust::source).to_owned();
    if leaf.subject() == leaf.issuer() { CertificateProblem::SelfSigned(source) } else { problem(source) }
}

/// Errors that the TLS library wraps from its certificate library, known by their names alone.
fn by_name(
    error: &CertificateError,
    leaf: &X509Certificate<'_>,
    trust: Option<&Trust>,
) -> CertificateProblem {
    let words = format!("{error:?}");
    let known = [
        ("CaUsedAsEndEntity", self_signed_or(CertificateProblem::IsCa, leaf, trust)),
        ("EndEntityUsedAsCa", CertificateProblem::IssuerIsNoCa),
        ("PathLenConstraintViolated", CertificateProblem::PathLength),
        ("UnsupportedCertVersion", CertificateProblem::OldVersion),
        ("NameConstraint", CertificateProblem::NameConstraint),
        ("Maximum", CertificateProblem::ChainTooLong),
    ];
    let found = known.into_iter().find(|(name, _)| words.contains(name));
    found.map_or_else(|| CertificateProblem::Other(error.to_string()), |(_, problem)| problem)
}

/// The certificates that lead on from the server's own, to the one whose issuer is not among those that were sent.
fn path<'a, 'b>(leaf: &'a X509Certificate<'b>, chain: &'a [X509Certificate<'b>]) -> Vec<Link<'a, 'b>> {
    let mut path = vec![(ChainPart::Server, leaf)];
    let mut last = leaf;
    // Each certificate is passed at most once, however they name one another.
    while let Some(next) = chain.iter().find(|next| {
        next.subject() == last.issuer() && !path.iter().any(|(_, passed)| std::ptr::eq(*passed, *next))
    }) {
        path.push((ChainPart::Intermediate, next));
        last = next;
    }
    path
}

fn untrusted(
    leaf: &X509Certificate<'_>,
    last: &X509Certificate<'_>,
    chain: &[X509Certificate<'_>],
    trust: Option<&Trust>,
) -> CertificateProblem {
    let problem = if chain.len() > MAX_INTERMEDIATES + 1 {
        |_| CertificateProblem::ChainTooLong
    } else if last.subject() == last.issuer() {
        CertificateProblem::IssuerNotTrusted
    } else {
        CertificateProblem::IssuerMissing
    };
    self_signed_or(problem, leaf, trust)
}

/// Maximum number of a certificate's names that a fault holds.
const MAX_NAMES_SHOWN: usize = 5;

fn misnamed(host: &Host, certificate: &X509Certificate<'_>) -> CertificateProblem {
    if !matches!(certificate.subject_alternative_name(), Ok(Some(_))) {
        return CertificateProblem::NoSubjectAltName;
    }
    match host {
        Host::Address(address) if host_names(certificate).contains(&address.to_string()) => {
            CertificateProblem::AddressAsName(address.to_string())
        }
        _ => CertificateProblem::NameMismatch(host.to_string()),
    }
}

fn host_names(certificate: &X509Certificate<'_>) -> Vec<String> {
    let Ok(Some(extension)) = certificate.subject_alternative_name() else { return Vec::new() };
    extension.value.general_names.iter().filter_map(host_name).collect()
}

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

/// The shortest RSA key that the TLS library checks, in bits.
const MIN_RSA_BITS: usize = 2048;

/// The fault of the key that makes a signature of the chain uncheckable here, where there is one.
fn key_fault(path: &[Link<'_, '_>], last: &X509Certificate<'_>, trust: Option<&Trust>) -> Option<Fault> {
    let sent = path
        .iter()
        .find_map(|(part, culprit)| Some(certificate_fault(unusable_key(culprit, *part)?, culprit, last)));
    sent.or_else(|| {
        let issuer = [last.issuer().as_raw().to_vec()];
        let mut anchors = trust.into_iter().flat_map(|trust| trust.anchors(&issuer));
        anchors.find_map(|(_, anchor)| {
            let anchor = parse(anchor)?;
            Some(certificate_fault(unusable_key(&anchor, ChainPart::Anchor)?, &anchor, &anchor))
        })
    })
}

fn unusable_key(certificate: &X509Certificate<'_>, part: ChainPart) -> Option<CertificateProblem> {
    let key = certificate.public_key();
    match key.algorithm.algorithm.to_id_string().as_str() {
        "1.2.840.113549.1.1.1" => match key.parsed() {
            Ok(PublicKey::RSA(rsa)) if rsa.key_size() < MIN_RSA_BITS => {
                Some(CertificateProblem::WeakKey(part, format!("RSA {} bits", rsa.key_size())))
            }
            _ => None,
        },
        "1.2.840.10045.2.1" => {
            let curve = key.algorithm.parameters.as_ref()?.as_oid().ok()?.to_id_string();
            let name = match curve.as_str() {
                "1.2.840.10045.3.1.7" | "1.3.132.0.34" | "1.3.132.0.35" => return None,
                other => format!("ECDSA on the curve {other}"),
            };
            Some(CertificateProblem::UnsupportedKey(part, name))
        }
        "1.3.101.112" => None,
        "1.3.101.113" => Some(CertificateProblem::UnsupportedKey(part, "Ed448".into())),
        "1.2.840.113549.1.1.10" => Some(CertificateProblem::UnsupportedKey(part, "RSA-PSS".into())),
        "1.2.840.10040.4.1" => Some(CertificateProblem::UnsupportedKey(part, "DSA".into())),
        other => Some(CertificateProblem::UnsupportedKey(part, format!("key algorithm {other}"))),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use rustls::RootCertStore;
    use rustls::client::WebPkiServerVerifier;
    use rustls::client::danger::ServerCertVerifier;
    use rustls::pki_types::ServerName;

    use super::*;

    /// The fault of a certificate that the TLS library itself has refused, although it is trusted.
    fn refusal(der: &CertificateDer<'static>, trusted: &CertificateDer<'static>) -> Fault {
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

    fn problem(fault: Fault) -> CertificateProblem {
        match fault.detail {
            FaultDetail::Certificate(certificate) => certificate.problem,
            other => panic!("not about a certificate: {other:?}"),
        }
    }

    /// The library does not promise the names of its errors: an update that changes them fails here.
    #[test]
    fn refusals_known_by_name() {
        let mut params = rcgen::CertificateParams::new(["localhost".to_owned()]).unwrap();
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let key = rcgen::KeyPair::generate().unwrap();
        let authority = params.self_signed(&key).unwrap().der().clone();
        let store = "the trust store".to_owned();
        assert_eq!(problem(refusal(&authority, &authority)), CertificateProblem::SelfSigned(store.clone()));
        let issuer = rcgen::Issuer::new(params.clone(), key);
        params.distinguished_name.push(rcgen::DnType::CommonName, "another");
        let sub = params.signed_by(&rcgen::KeyPair::generate().unwrap(), &issuer).unwrap();
        assert_eq!(problem(refusal(sub.der(), &authority)), CertificateProblem::IsCa(store));

        let version = |number| [0xa0, 3, 2, 1, number];
        let mut second = authority.to_vec();
        let at = second.windows(5).position(|field| field == version(2)).unwrap();
        second[at..at + 5].copy_from_slice(&version(1));
        assert_eq!(problem(refusal(&second.into(), &authority)), CertificateProblem::OldVersion);
    }

    /// Certificates of a trust anchor's name made the library check the anchor's key once for each path through them.
    #[test]
    fn namesakes() {
        let authority = |name: &str| {
            let mut params = rcgen::CertificateParams::default();
            params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
            params.distinguished_name = rcgen::DistinguishedName::new();
            params.distinguished_name.push(rcgen::DnType::CommonName, name);
            rcgen::CertifiedIssuer::self_signed(params, rcgen::KeyPair::generate().unwrap()).unwrap()
        };
        let namesakes: Vec<_> = (0..7).map(|_| authority("Root")).collect();
        let mut params = rcgen::CertificateParams::new(["localhost".to_owned()]).unwrap();
        params.use_authority_key_identifier_extension = true;
        let issuer = namesakes.last().unwrap();
        let leaf = params.signed_by(&rcgen::KeyPair::generate().unwrap(), issuer).unwrap();
        let sent: Vec<CertificateDer<'static>> = namesakes.iter().map(|one| one.der().clone()).collect();
        let follow = |is_anchor: bool| followed(leaf.der(), &sent, |_| is_anchor);
        assert_eq!(follow(true), [issuer.der().clone()]);
        assert_eq!(follow(false), [sent[0].clone(), issuer.der().clone()]);
    }
}

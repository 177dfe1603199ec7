//! The words for what exactly went wrong, in all details.

use std::fmt::Write;
use std::time::SystemTime;

use super::{quote_name, summary};
use crate::model::exchange::{MAX_HEAD_BYTES, MAX_RESPONSE_HEADERS};
use crate::model::fault::{
    CertificateFault, CertificateProblem, ChainPart, ChunkProblem, ConnectFault, End, FaultDetail, FaultKind,
    ForeignProtocol, LocalProblem, LookupProblem, ProxyProblem, ResponseProblem, Stage, TlsProblem,
};
use crate::sanitize::truncate;
use crate::verdict::{FaultInfo, Verdict};

/// Maximum length of the words, in characters.
const MAX_CAUSE: usize = 400;

/// Explains a fault: the reason first, then the peer's own words.
pub(crate) fn cause(detail: &FaultDetail<String>) -> String {
    let words = match detail {
        FaultDetail::Lookup { name, problem } => lookup(name, problem),
        FaultDetail::Connect(fault) => connect(fault),
        FaultDetail::Proxy { proxy, problem } => self::proxy(proxy, problem),
        FaultDetail::Tls(problem) => tls(problem).text(),
        FaultDetail::NotTls { beginning } => not_tls(beginning).text(),
        FaultDetail::Certificate(fault) => certificate(fault).text(),
        FaultDetail::Interrupted { stage, end } => interrupted(*stage, end),
        FaultDetail::NotHttp { protocol, beginning } => not_http(*protocol, beginning),
        FaultDetail::Response(problem) => response(problem),
        FaultDetail::Local(problem) => local(problem),
    };
    truncate(words, MAX_CAUSE)
}

/// A sentence whose subject can be exchanged for one that names the endpoint.
pub(super) struct Sentence {
    pub(super) subject: Subject,
    pub(super) predicate: String,
    /// Evidence in a sentence of its own, which a summary has no room for; empty where there is none.
    evidence: String,
}

#[derive(Clone, Copy)]
pub(super) enum Subject {
    Server,
    /// Something of the server's.
    OfServer,
    Certificate,
    /// Another certificate of the chain.
    Other(ChainPart),
    /// The predicate is the whole sentence.
    WholeSentence,
}

impl Sentence {
    fn new(subject: Subject, predicate: impl Into<String>) -> Sentence {
        Sentence { subject, predicate: predicate.into(), evidence: String::new() }
    }

    /// The sentence without the endpoint's name.
    pub(super) fn text(&self) -> String {
        let evidence = if self.evidence.is_empty() { "" } else { ": " };
        let predicate = format!("{}{evidence}{}", self.predicate, self.evidence);
        match self.subject {
            Subject::Server => format!("the server {predicate}"),
            Subject::OfServer => format!("the server's {predicate}"),
            Subject::Certificate => format!("the certificate {predicate}"),
            Subject::Other(part) => format!("the {} {predicate}", part_name(part)),
            Subject::WholeSentence => predicate,
        }
    }
}

/// The sentence of a fault of TLS or of a certificate, where it is one.
pub(super) fn tls_sentence(detail: &FaultDetail<String>) -> Option<Sentence> {
    match detail {
        FaultDetail::Tls(problem) => Some(tls(problem)),
        FaultDetail::NotTls { beginning } => Some(not_tls(beginning)),
        FaultDetail::Certificate(fault) => Some(certificate(fault)),
        _ => None,
    }
}

/// The facts that a verdict's summary leaves out: all of them where it is not complete.
pub(super) fn beyond_clause(verdict: &Verdict, fault: &FaultInfo) -> String {
    let words = match &fault.detail {
        detail if !summary::of_endpoint(verdict).is_complete => cause(detail),
        // Without a route, the system's word tells whether this machine's own network is at fault.
        FaultDetail::Connect(ConnectFault::Tcp { attempts, more: 0 })
            if fault.kind != FaultKind::NoRoute
                && attempts.iter().all(|attempt| Some(attempt.address) == verdict.address) =>
        {
            String::new()
        }
        FaultDetail::Connect(ConnectFault::Unix { reason: Some(_), .. }) => String::new(),
        FaultDetail::Connect(fault) => connect(fault),
        FaultDetail::Lookup { name, problem: problem @ LookupProblem::NoAddress } => lookup(name, problem),
        FaultDetail::Interrupted { stage, end: end @ End::ClosedInTls }
        | FaultDetail::Interrupted {
            stage: stage @ (Stage::ClientHello | Stage::TlsHandshake),
            end: end @ End::Timeout,
        } => interrupted(*stage, end),
        FaultDetail::Lookup { problem: LookupProblem::Failed(reason), .. }
        | FaultDetail::Interrupted { end: End::Failed(reason), .. } => reason.clone(),
        detail => tls_sentence(detail).map_or_else(String::new, |sentence| sentence.evidence),
    };
    truncate(words, MAX_CAUSE)
}

fn lookup(name: &str, problem: &LookupProblem) -> String {
    match problem {
        LookupProblem::Failed(reason) => format!("cannot resolve {name}: {reason}"),
        LookupProblem::Timeout => format!("the name service did not answer for {name} in time"),
        LookupProblem::NoAddress => format!("{name} has no address"),
        LookupProblem::NoAddressOf(family) => format!("{name} has no {family} address"),
    }
}

fn connect(fault: &ConnectFault) -> String {
    match fault {
        ConnectFault::Tcp { attempts, more } => {
            let mut words: Vec<String> = attempts
                .iter()
                .map(|attempt| {
                    let reason = attempt.reason.as_deref().unwrap_or("no answer in time");
                    format!("{}: {reason}", attempt.address)
                })
                .collect();
            words.extend((*more > 0).then(|| format!("and {more} more addresses")));
            words.join(", ")
        }
        ConnectFault::Unix { path, reason } => {
            format!("{path}: {}", reason.as_deref().unwrap_or("nobody accepted in time"))
        }
    }
}

fn proxy(proxy: &str, problem: &ProxyProblem) -> String {
    let at = format!("the proxy {proxy}");
    match problem {
        ProxyProblem::NotResolved(problem) => {
            let host = proxy.rsplit_once(':').map_or(proxy, |(host, _)| host);
            format!("{at} cannot be reached: {}", lookup(host, problem))
        }
        ProxyProblem::NotConnected(fault) => {
            // A proxy that is given by its address is its only address.
            let reasons = connect(fault);
            let reasons = reasons.strip_prefix(&format!("{proxy}: ")).unwrap_or(&reasons);
            format!("{at} cannot be reached: {reasons}")
        }
        ProxyProblem::Timeout => format!("{at} opened no tunnel in time"),
        ProxyProblem::Broken(reason) => format!("{at} broke the connection off: {reason}"),
        ProxyProblem::HeadTooLong => {
            format!("{at} answers with headers that are longer than {} KiB", MAX_HEAD_BYTES / 1024)
        }
        ProxyProblem::Status(407) => {
            format!("{at} wants credentials (407): give them with --proxy-auth-file FILE")
        }
        ProxyProblem::CredentialsRejected => {
            format!("{at} rejected the credentials of --proxy-auth-file (407)")
        }
        ProxyProblem::UnsupportedScheme(schemes) => {
            format!("{at} wants credentials (407) by {schemes}, and this program supports only Basic")
        }
        ProxyProblem::NotReached(status, reason) => {
            let reason = if reason.is_empty() { String::new() } else { format!(" ({reason})") };
            format!("{at} refused the tunnel with status {status}: it could not reach the endpoint{reason}")
        }
        ProxyProblem::Status(status) => format!("{at} refused the tunnel with status {status}"),
        ProxyProblem::LikeWebServer(status) => {
            format!("{at} refused the tunnel with status {status}: it looks like a web server, not a proxy")
        }
        ProxyProblem::NotHttp => format!("{at} did not answer as an HTTP proxy does"),
        ProxyProblem::Document(status) => {
            format!(
                "{at} answered CONNECT with {status} and a document of its own: it is a web server, not a proxy"
            )
        }
    }
}

fn tls(problem: &TlsProblem) -> Sentence {
    use Subject::{OfServer, Server, WholeSentence};
    match problem {
        TlsProblem::ClientCertificateMissing => {
            Sentence::new(Server, "asked for a client certificate and got none")
        }
        TlsProblem::ClientCertificateRefused(alert) => {
            Sentence::new(Server, format!("refused the client certificate of --cert (alert {alert})"))
        }
        TlsProblem::UnsupportedVersion => {
            Sentence::new(Server, "offers only TLS 1.1 or older, which today's TLS libraries refuse")
        }
        TlsProblem::NothingInCommon => Sentence::new(
            Server,
            format!("refused the handshake: {NOTHING_IN_COMMON}, or rejects the host name"),
        ),
        TlsProblem::NoNameOrNothingInCommon => Sentence::new(
            Server,
            format!(
                "refused the handshake: it may want a server name (SNI), and none was sent because the endpoint is \
                 an address; or {NOTHING_IN_COMMON}"
            ),
        ),
        TlsProblem::UnknownName => Sentence::new(Server, "does not know this host name (SNI)"),
        TlsProblem::NoNameSent(alert) => Sentence::new(
            Server,
            format!(
                "refused the handshake (alert {alert}): it may want a server name (SNI), and none was sent because \
                 the endpoint is an address"
            ),
        ),
        TlsProblem::Alert(alert) => {
            Sentence::new(Server, format!("ended the handshake with the alert {alert}"))
        }
        TlsProblem::ServerSpeaksHttp => Sentence::new(Server, "speaks plain HTTP on this port"),
        TlsProblem::Malformed(why) => Sentence::new(OfServer, format!("TLS is malformed ({why})")),
        TlsProblem::CertificatesTooLong => {
            Sentence::new(OfServer, "certificates are longer than the 64 KiB that TLS libraries read")
        }
        TlsProblem::NoCertificate => Sentence::new(Server, "presented no certificate"),
        TlsProblem::Incompatible(why) => Sentence::new(OfServer, format!("TLS is incompatible: {why}")),
        TlsProblem::Failed(words) => {
            Sentence::new(WholeSentence, format!("the TLS handshake failed: {words}"))
        }
    }
}

const NOTHING_IN_COMMON: &str =
    "it has no cipher or key exchange in common with this program, or offers only TLS 1.1 or older";

fn not_tls(beginning: &str) -> Sentence {
    Sentence::new(
        Subject::Server,
        format!("does not speak TLS on this port; its answer begins with: {beginning}"),
    )
}

fn certificate(fault: &CertificateFault<String>) -> Sentence {
    let subject = quote_name(&fault.subject);
    let mut sentence = Sentence::new(certificate_subject(&fault.problem), certificate_predicate(fault));
    if let Some(evidence) = certificate_evidence(&fault.problem) {
        sentence.evidence = format!("{evidence}; subject {subject}");
        return sentence;
    }
    match &fault.problem {
        CertificateProblem::NameMismatch(_)
        | CertificateProblem::AddressAsName(_)
        | CertificateProblem::Unreadable => return sentence,
        CertificateProblem::ChainTooLong => {
            let _ = write!(sentence.predicate, " (issuer {}, subject {subject})", quote_name(&fault.issuer));
        }
        _ => {
            let _ = write!(sentence.predicate, " (subject {subject})");
        }
    }
    sentence
}

const fn certificate_subject(problem: &CertificateProblem) -> Subject {
    match problem {
        CertificateProblem::Expired(part, _)
        | CertificateProblem::NotYetValid(part, _)
        | CertificateProblem::NotForServers(part)
        | CertificateProblem::UnknownExtension(part) => of_part(*part),
        CertificateProblem::UnprovenKey => Subject::Server,
        CertificateProblem::MayNotSign => Subject::Other(ChainPart::Intermediate),
        CertificateProblem::Unreadable => Subject::OfServer,
        CertificateProblem::EarlyDate(_)
        | CertificateProblem::NameConstraint
        | CertificateProblem::UnsupportedKey(..)
        | CertificateProblem::UnsupportedExtension(..)
        | CertificateProblem::UnsupportedSignature(..)
        | CertificateProblem::OutdatedSignature(..)
        | CertificateProblem::WeakKey(..)
        | CertificateProblem::ChainTooLong => Subject::WholeSentence,
        _ => Subject::Certificate,
    }
}

fn certificate_predicate(fault: &CertificateFault<String>) -> String {
    use CertificateProblem as Problem;
    match &fault.problem {
        Problem::Expired(_, at) => format!("expired on {}", day(*at)),
        Problem::NotYetValid(_, at) => format!("is not valid before {}", day(*at)),
        Problem::NameMismatch(host) => mismatch(host, fault),
        Problem::AddressAsName(host) => {
            format!("is not for {host}: it holds {host} as a DNS name, not as an IP address")
        }
        Problem::NoSubjectAltName => {
            "has no subjectAltName, and today's TLS libraries do not read the common name".into()
        }
        Problem::SelfSigned(_) => "is self-signed and not trusted".into(),
        Problem::IssuerNotTrusted(_) | Problem::IssuerMissing(_) => {
            format!("has an untrusted issuer ({})", quote_name(&fault.issuer))
        }
        Problem::SignatureMismatch(_) => {
            format!("is not signed by the trusted CA of its issuer's name ({})", quote_name(&fault.issuer))
        }
        Problem::UnprovenKey => {
            "did not prove that it has the certificate's key: its signature does not fit the certificate"
                .into()
        }
        Problem::NotForServers(ChainPart::Server) => {
            "is not for servers, by its key usage or extended key usage".into()
        }
        Problem::NotForServers(_) => "allows no certificates for servers, by its extended key usage".into(),
        Problem::IsCa(_) => "is a CA certificate (CA:TRUE), not a server's".into(),
        Problem::IssuerIsNoCa => "was issued by a certificate that is not a CA certificate (CA:FALSE)".into(),
        Problem::MayNotSign => "may sign no certificates, by its key usage (keyCertSign)".into(),
        Problem::PathLength => {
            "has more intermediate certificates above it than a CA allows (pathlen)".into()
        }
        Problem::UnknownExtension(_) => "has a critical extension that TLS libraries do not know".into(),
        Problem::OldVersion => "is of X.509 version 1 or 2, which today's TLS libraries refuse".into(),
        Problem::Malformed => "is malformed".into(),
        Problem::Unreadable => "certificate cannot be read".into(),
        Problem::Revoked => "is revoked".into(),
        Problem::NameConstraint => {
            "a name constraint of a CA in the chain excludes the certificate's names".into()
        }
        Problem::ChainTooLong => {
            "the first six intermediate certificates of the chain lead to no trusted issuer".into()
        }
        Problem::EarlyDate(_)
        | Problem::UnsupportedExtension(..)
        | Problem::UnsupportedKey(..)
        | Problem::UnsupportedSignature(..)
        | Problem::OutdatedSignature(..)
        | Problem::WeakKey(..) => uncheckable(&fault.problem),
        Problem::Other(words) => format!("is not accepted: {words}"),
    }
}

/// The evidence against a certificate, where it names the trust store.
fn certificate_evidence(problem: &CertificateProblem) -> Option<String> {
    use CertificateProblem as Problem;
    Some(match problem {
        Problem::SelfSigned(store) => format!("{store} does not contain it"),
        Problem::IssuerNotTrusted(store) => format!("this CA is not in {store}"),
        Problem::IssuerMissing(store) => format!("this CA is neither in {store} nor sent by the server"),
        Problem::SignatureMismatch(store) => {
            format!("the CA in {store} may be another one of the same name")
        }
        Problem::IsCa(store) => {
            format!("this program's TLS library accepts one for a server only if it is in {store}")
        }
        _ => return None,
    })
}

/// The sentence of a certificate that cannot be checked or relied on.
fn uncheckable(problem: &CertificateProblem) -> String {
    use CertificateProblem as Problem;
    match problem {
        Problem::EarlyDate(part) => {
            unsupported(&format!("read the dates of the {}, because one is before 1970", part_name(*part)))
        }
        Problem::UnsupportedExtension(part, extension) => {
            unsupported(&format!("check a critical extension of the {} ({extension})", part_name(*part)))
        }
        Problem::UnsupportedKey(part, key) => {
            unsupported(&format!("check the key of the {} ({key})", part_name(*part)))
        }
        Problem::UnsupportedSignature(part, algorithm) => {
            unsupported(&format!("check the signature of the {} ({algorithm})", part_name(*part)))
        }
        Problem::OutdatedSignature(part, algorithm) => {
            format!("the signature of the {} is of an outdated kind ({algorithm})", part_name(*part))
        }
        Problem::WeakKey(part, key) => {
            format!("the key of the {} is too weak ({key})", part_name(*part))
        }
        _ => String::new(),
    }
}

fn unsupported(task: &str) -> String {
    format!("this program's TLS library cannot {task}; that is no fault of the server")
}

const fn of_part(part: ChainPart) -> Subject {
    match part {
        ChainPart::Server => Subject::Certificate,
        other => Subject::Other(other),
    }
}

fn mismatch(host: &str, fault: &CertificateFault<String>) -> String {
    // A name of a host has no blank.
    let name = |name: &String| if name.contains(' ') { quote_name(name) } else { name.clone() };
    let names = fault.names.iter().map(name).collect::<Vec<_>>().join(", ");
    match fault.more_names {
        _ if fault.names.is_empty() => {
            format!("is not for {host}: it names no host ({})", quote_name(&fault.subject))
        }
        0 => format!("is not for {host}, but for {names}"),
        more => format!("is not for {host}, but for {names} and {more} more"),
    }
}

const fn part_name(part: ChainPart) -> &'static str {
    match part {
        ChainPart::Server => "certificate",
        ChainPart::Intermediate => "intermediate certificate that the server sends",
        ChainPart::Anchor => "CA certificate in the trust store",
    }
}

/// The day of a date (UTC).
pub(super) fn day(at: SystemTime) -> String {
    if at <= SystemTime::UNIX_EPOCH {
        return "1970-01-01 or before".to_owned();
    }
    humantime::format_rfc3339_seconds(at).to_string().chars().take("2026-11-01".len()).collect()
}

fn interrupted(stage: Stage, end: &End) -> String {
    let place = match stage {
        Stage::ClientHello | Stage::TlsHandshake => "during the TLS handshake",
        Stage::Sending => "while the request was sent",
        Stage::BeforeResponse => "before any response",
        Stage::AfterInterim => "between an interim response and the final one",
        Stage::Headers => "within the response headers",
        Stage::Body => "within the response body",
    };
    match (end, stage) {
        (End::Timeout, Stage::ClientHello) => "the server did not answer the TLS ClientHello in time".into(),
        (End::Timeout, Stage::TlsHandshake) => "the TLS handshake was not completed in time".into(),
        (End::Timeout, Stage::BeforeResponse) => "the request was sent and nothing came back".into(),
        (End::Timeout, _) => format!("time ran out {place}"),
        (End::Closed, _) => format!("the connection was closed {place}"),
        (End::ClosedInTls, _) => {
            format!("the connection ended without TLS's closing message (close_notify) {place}")
        }
        (End::Reset, _) => format!("the connection was reset {place}"),
        (End::Failed(reason), _) => format!("the connection failed {place}: {reason}"),
    }
}

fn not_http(protocol: ForeignProtocol, beginning: &str) -> String {
    match protocol {
        ForeignProtocol::Tls => "the server speaks TLS".into(),
        ForeignProtocol::Http2 => "the server speaks HTTP/2 only, not HTTP/1.1".into(),
        ForeignProtocol::Http09 => {
            format!("the response is content without headers (HTTP/0.9); it begins with: {beginning}")
        }
        ForeignProtocol::Unknown => format!("the response begins with: {beginning}"),
    }
}

fn local(problem: &LocalProblem) -> String {
    match problem {
        LocalProblem::Failed(words) => words.clone(),
        LocalProblem::NoLookupThread(words) => format!("no thread for the name look-up: {words}"),
        LocalProblem::NoLookupMemory => "no memory for the name look-up".into(),
        LocalProblem::NoLookupSocket(words) => format!("no socket for the name look-up: {words}"),
        LocalProblem::BodyUnjudged => "no time was left to judge the answer's body (raise -t)".into(),
        LocalProblem::Panic => "internal error; please report it".into(),
    }
}

fn response(problem: &ResponseProblem) -> String {
    match problem {
        ResponseProblem::MalformedHeaders(why) => format!("the response headers are malformed ({why})"),
        ResponseProblem::HeadersTooLong => {
            format!(
                "the response headers are longer than {} KiB, the most that this program reads",
                MAX_HEAD_BYTES / 1024
            )
        }
        ResponseProblem::TooManyHeaders => {
            format!(
                "the response has more than {MAX_RESPONSE_HEADERS} headers, the most that this program reads"
            )
        }
        ResponseProblem::ConflictingFraming => {
            "the response has both Content-Length and Transfer-Encoding".into()
        }
        ResponseProblem::ConflictingLengths => "the response has two different Content-Lengths".into(),
        ResponseProblem::UnusableLength => "the response's Content-Length is not a number".into(),
        ResponseProblem::BrokenChunks(problem) => {
            let why = match problem {
                ChunkProblem::NoSize => "a chunk's size is not a number",
                ChunkProblem::NoEnd => "a chunk is longer than its size",
                ChunkProblem::EndlessLine => "a chunk's size does not end",
            };
            format!("the body's chunks are broken ({why})")
        }
        ResponseProblem::UnprovenEnd => {
            "the body has no length, and the connection ended without TLS's closing message (close_notify)"
                .into()
        }
        ResponseProblem::BodyCutShort => "the connection was closed before the body was complete".into(),
    }
}

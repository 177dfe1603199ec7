//! Failures of a request as typed data. The sentences are made by the report.
//!
//! `T` is the type of text: [`UntrustedText`] as the probe received it, `String` once it was sanitized.

use std::net::SocketAddr;
use std::time::SystemTime;

use serde::Serialize;
use strum::{IntoStaticStr, VariantArray};

use super::exchange::Phase;
use crate::sanitize::UntrustedText;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, IntoStaticStr, VariantArray, Serialize)]
#[strum(serialize_all = "kebab-case", const_into_str)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum FaultKind {
    Dns,
    Refused,
    NoRoute,
    /// The connection was reset before the response headers were complete.
    Reset,
    /// The connection ended before the response headers were complete.
    Closed,
    Timeout,
    /// The TLS handshake or the certificate failed.
    Tls,
    /// The peer answered, but not with HTTP/1.
    Protocol,
    /// The response broke off within its body.
    Body,
    /// The proxy, not the service, failed.
    Proxy,
    /// This machine failed: no descriptor, no thread.
    Local,
}

impl FaultKind {
    pub(crate) const ALL: &'static [FaultKind] = <FaultKind as VariantArray>::VARIANTS;

    pub(crate) const fn name(self) -> &'static str {
        self.into_str()
    }

    /// Tests whether this machine failed, so that nothing is known of what it was to reach.
    pub(crate) const fn is_local(self) -> bool {
        matches!(self, FaultKind::Local)
    }

    /// Tests whether no service was reached at all, so that a second request would fail alike.
    pub(crate) const fn failed_before_request(self, phase: Phase) -> bool {
        match self {
            FaultKind::Dns
            | FaultKind::Refused
            | FaultKind::NoRoute
            | FaultKind::Tls
            | FaultKind::Proxy
            | FaultKind::Local => true,
            FaultKind::Timeout | FaultKind::Reset | FaultKind::Closed => {
                matches!(phase, Phase::Resolve | Phase::Connect | Phase::Tls)
            }
            FaultKind::Protocol | FaultKind::Body => false,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault<T = UntrustedText> {
    pub(crate) kind: FaultKind,
    pub(crate) phase: Phase,
    pub(crate) detail: FaultDetail<T>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum FaultDetail<T = UntrustedText> {
    Lookup {
        name: String,
        problem: LookupProblem,
    },
    Connect(ConnectFault),
    Proxy {
        proxy: String,
        problem: ProxyProblem,
    },
    Tls(TlsProblem),
    /// The first bytes that a server sent in place of TLS, which are not HTTP either.
    NotTls {
        beginning: T,
    },
    Certificate(Box<CertificateFault<T>>),
    /// A connection that ended, broke, or ran out of time.
    Interrupted {
        stage: Stage,
        end: End,
    },
    /// The protocol in place of HTTP/1, and its first bytes.
    NotHttp {
        protocol: ForeignProtocol,
        beginning: T,
    },
    Response(ResponseProblem),
    Local(LocalProblem),
}

/// The reason why this machine, or this program, cannot finish a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum LocalProblem {
    /// The words of the system or of a library.
    Failed(String),
    /// No thread for the look-up of a name, in the system's words.
    NoLookupThread(String),
    NoLookupMemory,
    NoLookupSocket(String),
    /// The time was over before the body was judged.
    BodyUnjudged,
    /// A mistake of this program.
    Panic,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum LookupProblem {
    /// The system's resolver failed, in its words.
    Failed(String),
    Timeout,
    NoAddress,
    /// The name has no address of the wanted family: `IPv4` or `IPv6`.
    NoAddressOf(&'static str),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ConnectFault {
    /// The first addresses that were tried, and the number of those left out.
    Tcp { attempts: Vec<AddressAttempt>, more: usize },
    /// The socket's path, and the system's words; `None` where no server accepted in time.
    Unix { path: String, reason: Option<String> },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AddressAttempt {
    pub(crate) address: SocketAddr,
    /// The system's words; `None` where the address did not answer in time.
    pub(crate) reason: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ProxyProblem {
    NotResolved(LookupProblem),
    NotConnected(ConnectFault),
    /// The proxy opened no tunnel in time; whether it or the target is silent is unknown.
    Timeout,
    /// The connection broke, in the system's words.
    Broken(String),
    HeadTooLong,
    /// The proxy wants other credentials than those that were given.
    CredentialsRejected,
    /// The proxy wants credentials of other schemes than Basic; their names.
    UnsupportedScheme(String),
    /// The proxy works, but did not reach the endpoint; its status, and its own word for the reason, if it has one.
    NotReached(u16, String),
    Status(u16),
    NotHttp,
    /// The status of a refusal of CONNECT as a web server gives it.
    LikeWebServer(u16),
    /// A web server: it answered CONNECT with this status and a document of its own.
    Document(u16),
}

impl ProxyProblem {
    /// Tests for the failure of a proxy that works but could not reach the endpoint.
    pub(crate) const fn is_of_endpoint(&self) -> bool {
        matches!(self, ProxyProblem::NotReached(..))
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TlsProblem {
    ClientCertificateMissing,
    /// The server does not accept the client certificate; the alert's name.
    ClientCertificateRefused(String),
    UnsupportedVersion,
    /// The server refused the handshake: no cipher or key exchange in common, or an old version.
    NothingInCommon,
    /// The server refused a handshake without SNI, as the endpoint is an address: a name may be missing, too.
    NoNameOrNothingInCommon,
    UnknownName,
    /// The server sent another alert in a handshake without SNI.
    NoNameSent(String),
    /// The server sent another alert.
    Alert(String),
    ServerSpeaksHttp,
    Malformed(String),
    CertificatesTooLong,
    NoCertificate,
    Incompatible(String),
    /// The library's or the system's words.
    Failed(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CertificateFault<T> {
    pub(crate) problem: CertificateProblem,
    /// The subject of the certificate at fault; empty for one without a name.
    pub(crate) subject: T,
    /// The issuer at which the chain ends.
    pub(crate) issuer: T,
    /// The first names that the server's certificate is for, and the number of the others.
    pub(crate) names: Vec<T>,
    pub(crate) more_names: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum CertificateProblem {
    Expired(ChainPart, SystemTime),
    NotYetValid(ChainPart, SystemTime),
    NameMismatch(String),
    /// The host, an address, is in the certificate as a DNS name.
    AddressAsName(String),
    NoSubjectAltName,
    /// The name of this variant and of the next two is that of the trust store.
    SelfSigned(String),
    IssuerNotTrusted(String),
    IssuerMissing(String),
    /// The signature does not verify with the key of the trust store's issuer.
    SignatureMismatch(String),
    /// The server's signature in the handshake was not made with the certificate's key.
    UnprovenKey,
    NotForServers(ChainPart),
    /// A CA's certificate; the name is that of the trust store, which does not hold it.
    IsCa(String),
    IssuerIsNoCa,
    /// The key usage of an intermediate certificate does not allow it to sign certificates.
    MayNotSign,
    /// A CA has more intermediate certificates below it than its `pathlen` allows.
    PathLength,
    /// A critical extension that nobody knows.
    UnknownExtension(ChainPart),
    /// A critical extension that other libraries know, and its name.
    UnsupportedExtension(ChainPart, String),
    OldVersion,
    Malformed,
    /// A date before 1970, which this program's TLS library cannot read.
    EarlyDate(ChainPart),
    Unreadable,
    Revoked,
    /// A name constraint of an authority forbids the certificate's names.
    NameConstraint,
    /// A key that this program's TLS library cannot check.
    UnsupportedKey(ChainPart, String),
    /// A signature algorithm that this program's TLS library cannot check, and others can.
    UnsupportedSignature(ChainPart, String),
    /// A signature algorithm that no library trusts any longer.
    OutdatedSignature(ChainPart, String),
    WeakKey(ChainPart, String),
    ChainTooLong,
    /// The library's words.
    Other(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ChainPart {
    Server,
    /// Sent along by the server.
    Intermediate,
    /// In the trust store.
    Anchor,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum End {
    Timeout,
    Closed,
    /// TCP ended without a TLS close alert, which anyone on the way can forge.
    ClosedInTls,
    Reset,
    /// The system's words.
    Failed(String),
}

/// The part of an exchange that was under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Before the first byte of the response to the `ClientHello`.
    ClientHello,
    TlsHandshake,
    Sending,
    BeforeResponse,
    /// Between an interim response and the final one.
    AfterInterim,
    Headers,
    Body,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ForeignProtocol {
    Tls,
    Http2,
    /// Content without headers (HTTP/0.9).
    Http09,
    Unknown,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ResponseProblem {
    /// The library's words.
    MalformedHeaders(String),
    HeadersTooLong,
    TooManyHeaders,
    /// Both `Content-Length` and `Transfer-Encoding` (RFC 9112, section 6.3).
    ConflictingFraming,
    /// Two different values of `Content-Length`.
    ConflictingLengths,
    /// A `Content-Length` that is no number.
    UnusableLength,
    BrokenChunks(ChunkProblem),
    BodyCutShort,
    /// A body without a length ended with TCP, and not with TLS (`close_notify`): whether it is whole is unknown.
    UnprovenEnd,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ChunkProblem {
    /// Its size is no number.
    NoSize,
    /// Its data are followed by something else than the end of a line.
    NoEnd,
    /// A line of its framing is longer than is read.
    EndlessLine,
}

impl Fault {
    /// The fault of this machine or this program.
    pub(crate) const fn local(phase: Phase, problem: LocalProblem) -> Fault {
        Fault { kind: FaultKind::Local, phase, detail: FaultDetail::Local(problem) }
    }
}

impl<T> Fault<T> {
    /// Converts all text: that of peers by `text`, the words of systems and libraries and our own by `own`.
    pub(crate) fn map<U>(&self, text: &impl Fn(&T) -> U, own: &impl Fn(&str) -> String) -> Fault<U> {
        let mut detail = self.detail.map(text);
        for words in detail.words() {
            *words = own(words);
        }
        Fault { kind: self.kind, phase: self.phase, detail }
    }
}

impl<T> FaultDetail<T> {
    fn map<U>(&self, text: &impl Fn(&T) -> U) -> FaultDetail<U> {
        use FaultDetail as Detail;
        match self {
            Detail::Lookup { name, problem } => {
                Detail::Lookup { name: name.clone(), problem: problem.clone() }
            }
            Detail::Connect(fault) => Detail::Connect(fault.clone()),
            Detail::Proxy { proxy, problem } => {
                Detail::Proxy { proxy: proxy.clone(), problem: problem.clone() }
            }
            Detail::Tls(problem) => Detail::Tls(problem.clone()),
            Detail::NotTls { beginning } => Detail::NotTls { beginning: text(beginning) },
            Detail::Certificate(fault) => Detail::Certificate(Box::new(CertificateFault {
                problem: fault.problem.clone(),
                subject: text(&fault.subject),
                issuer: text(&fault.issuer),
                names: fault.names.iter().map(text).collect(),
                more_names: fault.more_names,
            })),
            Detail::Interrupted { stage, end } => Detail::Interrupted { stage: *stage, end: end.clone() },
            Detail::NotHttp { protocol, beginning } => {
                Detail::NotHttp { protocol: *protocol, beginning: text(beginning) }
            }
            Detail::Response(problem) => Detail::Response(problem.clone()),
            Detail::Local(problem) => Detail::Local(problem.clone()),
        }
    }

    /// The words of systems and libraries, and our own. Each variant is named here and below, so that one with a new text
    /// does not compile until it is converted.
    fn words(&mut self) -> Vec<&mut String> {
        match self {
            FaultDetail::Lookup { name, problem } => std::iter::once(name).chain(problem.words()).collect(),
            FaultDetail::Connect(fault) => fault.words(),
            FaultDetail::Proxy { proxy, problem } => std::iter::once(proxy).chain(problem.words()).collect(),
            FaultDetail::Certificate(fault) => fault.problem.words().into_iter().collect(),
            FaultDetail::Tls(
                TlsProblem::ClientCertificateRefused(words)
                | TlsProblem::NoNameSent(words)
                | TlsProblem::Alert(words)
                | TlsProblem::Malformed(words)
                | TlsProblem::Incompatible(words)
                | TlsProblem::Failed(words),
            )
            | FaultDetail::Interrupted { stage: _, end: End::Failed(words) }
            | FaultDetail::Response(ResponseProblem::MalformedHeaders(words))
            | FaultDetail::Local(
                LocalProblem::Failed(words)
                | LocalProblem::NoLookupThread(words)
                | LocalProblem::NoLookupSocket(words),
            ) => vec![words],
            FaultDetail::Tls(
                TlsProblem::ClientCertificateMissing
                | TlsProblem::UnsupportedVersion
                | TlsProblem::NothingInCommon
                | TlsProblem::NoNameOrNothingInCommon
                | TlsProblem::UnknownName
                | TlsProblem::ServerSpeaksHttp
                | TlsProblem::CertificatesTooLong
                | TlsProblem::NoCertificate,
            )
            | FaultDetail::Interrupted {
                stage: _,
                end: End::Timeout | End::Closed | End::ClosedInTls | End::Reset,
            }
            | FaultDetail::Response(
                ResponseProblem::HeadersTooLong
                | ResponseProblem::TooManyHeaders
                | ResponseProblem::ConflictingFraming
                | ResponseProblem::ConflictingLengths
                | ResponseProblem::UnusableLength
                | ResponseProblem::BrokenChunks(_)
                | ResponseProblem::BodyCutShort
                | ResponseProblem::UnprovenEnd,
            )
            | FaultDetail::Local(
                LocalProblem::NoLookupMemory | LocalProblem::BodyUnjudged | LocalProblem::Panic,
            )
            | FaultDetail::NotTls { beginning: _ }
            | FaultDetail::NotHttp { protocol: _, beginning: _ } => vec![],
        }
    }
}

impl LookupProblem {
    fn words(&mut self) -> Option<&mut String> {
        match self {
            LookupProblem::Failed(words) => Some(words),
            LookupProblem::Timeout | LookupProblem::NoAddress | LookupProblem::NoAddressOf(_) => None,
        }
    }
}

impl ConnectFault {
    fn words(&mut self) -> Vec<&mut String> {
        match self {
            ConnectFault::Tcp { attempts, more: _ } => {
                attempts.iter_mut().filter_map(|attempt| attempt.reason.as_mut()).collect()
            }
            ConnectFault::Unix { path, reason } => std::iter::once(path).chain(reason).collect(),
        }
    }
}

impl ProxyProblem {
    fn words(&mut self) -> Vec<&mut String> {
        match self {
            ProxyProblem::NotResolved(problem) => problem.words().into_iter().collect(),
            ProxyProblem::NotConnected(fault) => fault.words(),
            ProxyProblem::Broken(words)
            | ProxyProblem::UnsupportedScheme(words)
            | ProxyProblem::NotReached(_, words) => vec![words],
            ProxyProblem::Timeout
            | ProxyProblem::HeadTooLong
            | ProxyProblem::CredentialsRejected
            | ProxyProblem::Status(_)
            | ProxyProblem::NotHttp
            | ProxyProblem::LikeWebServer(_)
            | ProxyProblem::Document(_) => vec![],
        }
    }
}

impl CertificateProblem {
    fn words(&mut self) -> Option<&mut String> {
        use CertificateProblem as Problem;
        match self {
            Problem::NameMismatch(words)
            | Problem::AddressAsName(words)
            | Problem::SelfSigned(words)
            | Problem::IssuerNotTrusted(words)
            | Problem::IssuerMissing(words)
            | Problem::SignatureMismatch(words)
            | Problem::IsCa(words)
            | Problem::UnsupportedKey(_, words)
            | Problem::UnsupportedExtension(_, words)
            | Problem::UnsupportedSignature(_, words)
            | Problem::OutdatedSignature(_, words)
            | Problem::WeakKey(_, words)
            | Problem::Other(words) => Some(words),
            Problem::Expired(_, _)
            | Problem::NotYetValid(_, _)
            | Problem::NoSubjectAltName
            | Problem::UnprovenKey
            | Problem::NotForServers(_)
            | Problem::IssuerIsNoCa
            | Problem::MayNotSign
            | Problem::PathLength
            | Problem::UnknownExtension(_)
            | Problem::OldVersion
            | Problem::Malformed
            | Problem::EarlyDate(_)
            | Problem::Unreadable
            | Problem::Revoked
            | Problem::NameConstraint
            | Problem::ChainTooLong => None,
        }
    }
}

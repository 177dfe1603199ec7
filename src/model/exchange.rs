//! Requests and their results as plain data: the boundary between the network and the rules.
//!
//! A failed request is data as much as an answered one; nothing here judges.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use serde::Serialize;
use strum::{EnumCount, IntoStaticStr, VariantArray};

use super::endpoint::shown_socket;
pub(crate) use super::fault::{Fault, FaultKind};
use crate::sanitize::UntrustedText;

/// The two requests of the Health-Check API, and the one that logs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, IntoStaticStr, Serialize)]
#[strum(serialize_all = "UPPERCASE", const_into_str)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum Method {
    /// `HEAD`: the API is up.
    Head,
    /// `GET`: the API reaches its back-end.
    Get,
    /// `POST`: Keystone's login.
    Post,
}

impl Method {
    pub(crate) const fn name(self) -> &'static str {
        self.into_str()
    }
}

/// The part of a request that was under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumCount, IntoStaticStr, VariantArray, Serialize)]
#[strum(serialize_all = "lowercase", const_into_str)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Phase {
    Resolve,
    /// Connecting, through the proxy where there is one.
    Connect,
    Tls,
    Send,
    /// Waiting for the response's first byte.
    Wait,
    /// Decoding the response from its first byte to its last.
    Receive,
}

impl Phase {
    /// All phases, in the order in which they happen.
    pub(crate) const ALL: &'static [Phase] = Phase::VARIANTS;

    pub(crate) const fn name(self) -> &'static str {
        self.into_str()
    }
}

/// The time of each phase; `None` for one that was not reached or not needed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Phases([Option<Duration>; Phase::COUNT]);

impl Phases {
    pub(crate) fn get(&self, phase: Phase) -> Option<Duration> {
        self.0.get(phase as usize).copied().flatten()
    }

    pub(crate) fn set(&mut self, phase: Phase, time: Duration) {
        if let Some(slot) = self.0.get_mut(phase as usize) {
            *slot = Some(time);
        }
    }

    /// The time that looking the name up took from what came after it, of a request that failed in this phase or not at all.
    pub(crate) fn lookup_before(&self, failed_in: Option<Phase>) -> Duration {
        let is_over = failed_in != Some(Phase::Resolve);
        self.get(Phase::Resolve).filter(|_| is_over).unwrap_or_default()
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Header {
    /// The name in lower case.
    pub(crate) name: String,
    pub(crate) value: UntrustedText,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Response {
    /// The status code as it was received, 0 to 999.
    pub(crate) status: u16,
    /// The beginning of the reason phrase.
    pub(crate) reason: UntrustedText,
    pub(crate) headers: Vec<Header>,
    /// The first bytes of the body, at most [`MAX_BODY_BYTES`]; empty after HEAD.
    pub(crate) body: UntrustedText,
    /// The body goes on after what was kept of it.
    pub(crate) is_body_cut: bool,
}

pub(crate) const MAX_BODY_BYTES: usize = 64 * 1024;

/// Maximum number of bytes that are kept of a request's head, for `-vvv`.
pub(crate) const MAX_SENT_BYTES: usize = 8 * 1024;

/// Maximum number of bytes that are read of a response's head, interim responses included.
pub(crate) const MAX_HEAD_BYTES: usize = 16 * 1024;

/// Maximum number of a response's headers: as many short ones as fit into a head would take 500 KB.
pub(crate) const MAX_RESPONSE_HEADERS: usize = 128;

pub(crate) const fn is_success(status: u16) -> bool {
    matches!(status, 200..=299)
}

pub(crate) const fn is_redirect(status: u16) -> bool {
    matches!(status, 300..=399)
}

/// Tests for a status by which a proxy says that it did not reach its server.
pub(crate) const fn is_gateway_failure(status: u16) -> bool {
    matches!(status, 502..=504)
}

/// Tests for a character of a header's name (RFC 9110, section 5.6.2).
pub(crate) fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

impl Response {
    /// Tests for a status that the body may contradict, so that the whole of it has to be judged.
    pub(crate) fn is_success(&self) -> bool {
        is_success(self.status)
    }

    /// The first value of a header, by its lower-case name.
    pub(crate) fn header(&self, name: &str) -> Option<&UntrustedText> {
        self.headers.iter().find(|header| header.name == name).map(|header| &header.value)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Peer {
    Tcp(SocketAddr),
    Unix(PathBuf),
}

/// Shown as `ADDR:PORT`, or `unix:PATH`.
impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Peer::Tcp(address) => address.fmt(f),
            Peer::Unix(path) => f.write_str(&shown_socket(path)),
        }
    }
}

/// The certificate that a server presented, accepted or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ServerCertificate {
    pub(crate) not_after: SystemTime,
    pub(crate) subject: UntrustedText,
    pub(crate) issuer: UntrustedText,
}

/// The end of a request: a response, a fault, or a response that a fault broke off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Completion<A, F> {
    Full(A),
    /// The response broke off after its head.
    Truncated(A, F),
    Failed(F),
}

impl<A, F> Completion<A, F> {
    /// The response, also one that broke off.
    pub(crate) const fn response(&self) -> Option<&A> {
        match self {
            Completion::Full(response) | Completion::Truncated(response, _) => Some(response),
            Completion::Failed(_) => None,
        }
    }

    pub(crate) const fn full(&self) -> Option<&A> {
        match self {
            Completion::Full(response) => Some(response),
            Completion::Truncated(..) | Completion::Failed(_) => None,
        }
    }

    pub(crate) const fn fault(&self) -> Option<&F> {
        match self {
            Completion::Full(_) => None,
            Completion::Truncated(_, fault) | Completion::Failed(fault) => Some(fault),
        }
    }

    pub(crate) fn map<B, G>(
        &self,
        response: impl FnOnce(&A) -> B,
        fault: impl FnOnce(&F) -> G,
    ) -> Completion<B, G> {
        match self {
            Completion::Full(came) => Completion::Full(response(came)),
            Completion::Truncated(came, ended) => Completion::Truncated(response(came), fault(ended)),
            Completion::Failed(ended) => Completion::Failed(fault(ended)),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Exchange {
    pub(crate) method: Method,
    pub(crate) completion: Completion<Response, Fault>,
    /// The other end of the connection, or the last address that was tried.
    pub(crate) peer: Option<Peer>,
    pub(crate) certificate: Option<ServerCertificate>,
    pub(crate) phases: Phases,
    /// The whole time, from the look-up to the last byte.
    pub(crate) elapsed: Duration,
    /// The beginning of the request's head as it was sent, secrets included.
    pub(crate) sent: UntrustedText,
}

/// A request of a plan: its exchange or its verdict, or the reason for not sending it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PlannedRequest<T = Exchange> {
    Sent(Box<T>),
    /// Not sent, for this reason; the state does not depend on it.
    Skipped(Method, SkipReason),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SkipReason {
    OutOfTime,
    /// The request before it failed before it was sent, and this one would too.
    FailedBefore(Method, FaultKind),
}

impl<T> PlannedRequest<T> {
    pub(crate) fn sent(&self) -> Option<&T> {
        match self {
            PlannedRequest::Sent(sent) => Some(sent),
            PlannedRequest::Skipped(..) => None,
        }
    }

    pub(crate) const fn skip_reason(&self) -> Option<SkipReason> {
        match self {
            PlannedRequest::Sent(_) => None,
            PlannedRequest::Skipped(_, reason) => Some(*reason),
        }
    }
}

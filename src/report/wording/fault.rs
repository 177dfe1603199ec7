//! The clause that a fault contributes to a summary.

use std::time::Duration;

use super::cause::{self, Subject, cause};
use super::summary::{shown_endpoint, without_scheme};
use crate::model::exchange::{Method, Phase};
use crate::model::fault::{
    CertificateProblem, ChainPart, ConnectFault, End, FaultDetail, FaultKind, LookupProblem, ResponseProblem,
};
use crate::units::format_tenths;
use crate::verdict::{FaultInfo, RequestVerdict, Shortage, Spender, Verdict};

/// A request that took less failed immediately.
const AT_ONCE: Duration = Duration::from_millis(10);

/// Names the fault of a request and the endpoint: `connection refused by metering1:8777`.
pub(super) fn clause(verdict: &Verdict, judged: &RequestVerdict, fault: &FaultInfo) -> String {
    let (endpoint, method) = (verdict.shown_name(), judged.method.name());
    let message = cause(&fault.detail);
    if let Some(head) = answered_head(verdict, judged) {
        return format!("{endpoint} answered HEAD ({head}){}", after_head(judged, fault));
    }
    match fault.kind {
        FaultKind::Dns => match &fault.detail {
            FaultDetail::Lookup { problem: LookupProblem::NoAddressOf(_), .. } => message,
            _ => format!("cannot resolve {}", verdict.host),
        },
        FaultKind::Refused => format!("connection refused by {endpoint}"),
        FaultKind::NoRoute => match socket_reason(fault) {
            Some(reason) => format!("cannot connect to {endpoint}: {reason}"),
            None => format!("no route to {endpoint}"),
        },
        FaultKind::Reset => without_response(verdict, judged, fault, "reset"),
        FaultKind::Closed => without_response(verdict, judged, fault, "closed"),
        FaultKind::Timeout => timed_out(verdict, judged, fault),
        FaultKind::Tls => match &fault.detail {
            FaultDetail::Interrupted { end: End::Reset, .. } => {
                without_response(verdict, judged, fault, "reset")
            }
            FaultDetail::Interrupted { .. } => without_response(verdict, judged, fault, "closed"),
            detail => tls(verdict, detail),
        },
        FaultKind::Protocol => {
            let endpoint = shown_endpoint(verdict, judged);
            match &fault.detail {
                FaultDetail::Response(_) => {
                    let request = request_with_status(judged);
                    format!("the answer of {endpoint} to {request} cannot be used: {message}")
                }
                _ => format!("{endpoint} did not answer {method} with HTTP: {message}"),
            }
        }
        FaultKind::Body if has_broken_chunks(fault) => {
            format!("the answer of {endpoint} to {} cannot be read: {message}", request_with_status(judged))
        }
        FaultKind::Body if lacks_tls_end(fault) => {
            format!("{endpoint} {NO_TLS_END} its answer to {}", request_with_status(judged))
        }
        FaultKind::Body => format!("{endpoint} broke off its answer to {}", request_with_status(judged)),
        FaultKind::Proxy => format!("no tunnel to {endpoint}: {message}"),
        FaultKind::Local => format!("{endpoint} could not be probed: {message}"),
    }
}

/// The proxy of `--proxy`, which may have caused a fault that does not name it.
pub(super) fn proxy_beside(verdict: &Verdict, fault: &FaultInfo) -> String {
    let may_be_cause = !fault.kind.is_local()
        && fault.kind != FaultKind::Proxy
        && !matches!(fault.detail, FaultDetail::Proxy { .. });
    let proxy = verdict.proxy.as_ref().filter(|_| may_be_cause);
    proxy.map(|proxy| format!(" (through the proxy {proxy})")).unwrap_or_default()
}

/// The status of HEAD, where the server answered it and then failed over GET after connecting or while doing so.
pub(super) fn answered_head(verdict: &Verdict, judged: &RequestVerdict) -> Option<u16> {
    use FaultKind::{Body, Closed, NoRoute, Refused, Reset, Timeout};
    let is_end =
        |fault: &FaultInfo| matches!(fault.kind, Body | Closed | NoRoute | Refused | Reset | Timeout);
    let is_failed_get = judged.method == Method::Get && judged.completion.fault().is_some_and(is_end);
    verdict.request(Method::Head)?.completion.full().copied().filter(|_| is_failed_get)
}

/// Describes the end of GET after HEAD was answered, to follow `metering1:8777 answered HEAD (204)`.
fn after_head(judged: &RequestVerdict, fault: &FaultInfo) -> String {
    let after = waited(judged, fault);
    let failed = match (fault.kind, judged.completion.response()) {
        (FaultKind::Timeout, _) if fault.phase == Phase::Connect => "TCP connect timed out".to_owned(),
        (FaultKind::Timeout, None) => return format!(" but not GET within {after}"),
        (FaultKind::Timeout, Some(_)) => {
            return format!(" but did not complete {} within {after}", request_with_status(judged));
        }
        (_, Some(status)) if has_broken_chunks(fault) => format!("{} ({status})", cause(&fault.detail)),
        (_, Some(status)) if lacks_tls_end(fault) => format!("the server {NO_TLS_END} its answer ({status})"),
        (_, Some(status)) => format!("its answer ({status}) broke off"),
        (FaultKind::Refused, None) => "connection refused".to_owned(),
        (FaultKind::NoRoute, None) => socket_reason(fault).unwrap_or("no route").to_owned(),
        (FaultKind::Reset, None) => "connection reset".to_owned(),
        (_, None) if fault.phase == Phase::Receive => {
            "connection closed within the headers of its answer".to_owned()
        }
        (_, None) => "connection closed without an answer".to_owned(),
    };
    let when = if is_at_once(judged) { "immediately".to_owned() } else { format!("after {after}") };
    format!(", but GET failed {when}: {failed}")
}

/// The system's word for a UNIX socket that cannot be connected to.
fn socket_reason(fault: &FaultInfo) -> Option<&str> {
    match &fault.detail {
        FaultDetail::Connect(ConnectFault::Unix { reason, .. }) => reason.as_deref(),
        _ => None,
    }
}

/// Tests for a body that did not break off, but cannot be read on.
const fn has_broken_chunks(fault: &FaultInfo) -> bool {
    matches!(fault.detail, FaultDetail::Response(ResponseProblem::BrokenChunks(_)))
}

const NO_TLS_END: &str = "did not end TLS (close_notify) after";

/// Tests for a body that may be whole.
const fn lacks_tls_end(fault: &FaultInfo) -> bool {
    matches!(fault.detail, FaultDetail::Response(ResponseProblem::UnprovenEnd))
}

/// Tests for a failure that came too soon for a stall.
pub(super) fn is_at_once(judged: &RequestVerdict) -> bool {
    judged.elapsed < AT_ONCE
}

/// Names what spent the run's budget before a request.
pub(super) fn spender(verdict: &Verdict, shortage: Shortage) -> String {
    let spent = format_tenths(shortage.spent);
    match shortage.spender {
        Spender::Lookup => format!("resolving {} took {spent}", verdict.host),
        Spender::Head => format!("HEAD took {spent}"),
        Spender::Others => format!("other endpoints took {spent}"),
        Spender::Rest => format!("what came before took {spent}"),
    }
}

/// `GET (200)`, where a status came before the fault.
fn request_with_status(judged: &RequestVerdict) -> String {
    let status = judged.completion.response().map(|status| format!(" ({status})")).unwrap_or_default();
    format!("{}{status}", judged.method.name())
}

fn without_response(verdict: &Verdict, judged: &RequestVerdict, fault: &FaultInfo, ended: &str) -> String {
    let (endpoint, method) = (verdict.shown_name(), judged.method.name());
    match (fault.phase, judged.completion.response()) {
        (Phase::Connect, _) => format!("{endpoint} {ended} the connection while connecting"),
        (Phase::Tls, _) => {
            format!("{} {ended} the connection during the TLS handshake", without_scheme(endpoint))
        }
        (_, Some(_)) => {
            format!("{endpoint} {ended} the connection within its answer to {}", request_with_status(judged))
        }
        (Phase::Receive, None) => {
            format!("{endpoint} {ended} the connection within the headers of its answer to {method}")
        }
        (_, None) => format!("{endpoint} {ended} the connection without answering {method}"),
    }
}

fn timed_out(verdict: &Verdict, judged: &RequestVerdict, fault: &FaultInfo) -> String {
    let (endpoint, after) = (verdict.shown_name(), waited(judged, fault));
    if let FaultDetail::Proxy { proxy, .. } = &fault.detail {
        return format!("the proxy {proxy} opened no tunnel to {endpoint} within {after}");
    }
    match fault.phase {
        Phase::Resolve => format!("resolving {} timed out after {after}", verdict.host),
        Phase::Connect => format!("TCP connect to {endpoint} timed out after {after}"),
        Phase::Tls => format!("TLS handshake with {} timed out after {after}", without_scheme(endpoint)),
        Phase::Send | Phase::Wait => {
            let connected = if judged.phases.get(Phase::Tls).is_some() {
                format!("{} over TLS", without_scheme(endpoint))
            } else {
                endpoint.to_owned()
            };
            format!("connected to {connected}, but it did not answer {} within {after}", judged.method.name())
        }
        Phase::Receive => {
            format!(
                "{endpoint} did not complete its answer to {} within {after}",
                request_with_status(judged)
            )
        }
    }
}

fn tls(verdict: &Verdict, detail: &FaultDetail<String>) -> String {
    let endpoint = without_scheme(verdict.shown_name());
    if let FaultDetail::Certificate(certificate) = detail
        && let CertificateProblem::Expired(ChainPart::Server, at) = certificate.problem
    {
        return format!("certificate of {endpoint} expired on {}", cause::day(at));
    }
    let Some(sentence) = cause::tls_sentence(detail) else {
        return format!("TLS with {endpoint} failed: {}", cause(detail));
    };
    match (sentence.subject, &sentence.predicate) {
        (Subject::Server, predicate) => format!("{endpoint} {predicate}"),
        (Subject::OfServer, predicate) => format!("{endpoint}'s {predicate}"),
        (Subject::Certificate, predicate) => format!("certificate of {endpoint} {predicate}"),
        _ => format!("TLS with {endpoint} failed: {}", sentence.text()),
    }
}

/// The time that ran out for a request, without that of the look-up before it.
pub(super) fn waited(judged: &RequestVerdict, fault: &FaultInfo) -> String {
    if let Some(shortage) = judged.shortage {
        return format!("the {} left of the run's time", format_tenths(shortage.left));
    }
    format_tenths(judged.elapsed.saturating_sub(judged.phases.lookup_before(Some(fault.phase))))
}

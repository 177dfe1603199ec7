//! The words for a failure that the endpoint's other request shows in another light.

use super::super::fault::{answered_head, is_at_once};
use super::{Advice, END_TLS, UNPROVEN_END};
use crate::model::exchange::{Completion, Method, Phase};
use crate::model::fault::{FaultDetail, FaultKind, ResponseProblem};
use crate::model::state::State;
use crate::verdict::{FaultInfo, Obstacle, RequestVerdict, Responder, Verdict};

/// Tests whether HEAD failed and GET was answered well.
pub(in crate::report::wording) fn is_head_alone(verdict: &Verdict, judged: &RequestVerdict) -> bool {
    judged.method == Method::Head && verdict.request(Method::Get).is_some_and(is_good)
}

/// Tests for a whole response in state OK.
fn is_good(judged: &RequestVerdict) -> bool {
    judged.state == State::Ok && judged.completion.full().is_some()
}

/// Tests whether HEAD was answered 503 too, and GET's 503 says nothing more: it may be the API's or that of a server in
/// front of it.
pub(in crate::report::wording) fn is_like_head(verdict: &Verdict, judged: &RequestVerdict) -> bool {
    let is_503 = |judged: &RequestVerdict| judged.completion.full() == Some(&503);
    judged.method == Method::Get
        && is_503(judged)
        && judged.message.is_none()
        && judged.answered_by.is_none()
        && verdict.request(Method::Head).is_some_and(is_503)
}

/// A failure that GET's good response limits to HEAD.
pub(super) fn head_alone(judged: &RequestVerdict, proxy: Option<Responder>) -> Advice {
    let who = proxy.map_or("the API, or a filter in front of it,", Responder::title);
    let fails = match judged.completion.full() {
        None => "answers only HEAD wrongly or not at all",
        Some(500..) => "fails only on HEAD",
        Some(_) => "refuses only HEAD",
    };
    let key = match &judged.completion {
        Completion::Full(status) => status.to_string(),
        Completion::Truncated(_, fault) | Completion::Failed(fault) => fault.kind.name().to_owned(),
    };
    (
        format!("GET was answered; {who} {fails}"),
        format!("use -m get, or accept the response with --state head:{key}=OK"),
    )
}

/// A failure of the API on HEAD, beside a good response to GET.
pub(super) fn head_failed_alone((meaning, action): Advice) -> Advice {
    (
        format!("{meaning}; GET, however, was answered"),
        format!("{action}; if only HEAD fails each time, use -m get"),
    )
}

/// A bare 503 to both requests.
pub(super) fn both_failed((meaning, action): Advice) -> Advice {
    (
        format!("{meaning}; HEAD needs no back-end, so a proxy may have answered both requests"),
        format!("{action}; check any proxy in front of the API, too"),
    )
}

/// A cache's response to HEAD, beside a good response to GET.
pub(super) fn head_cached() -> Advice {
    (
        "the response to HEAD is a cache's; GET, however, was answered, so the API answers now".to_owned(),
        "exempt the health path from the cache, or use -m get".to_owned(),
    )
}

/// Another good status than HEAD's own, beside a good response to GET: Varnish, for one, fetches by GET what it answers
/// to HEAD.
pub(super) fn head_like_get((meaning, action): Advice, status: u16) -> Advice {
    (
        format!("{meaning}; GET, however, was answered well"),
        format!(
            "{action}; if a cache or the API's framework answers HEAD like GET, accept that with --state head:{status}=OK"
        ),
    )
}

/// A GET that failed after HEAD was answered, where the back-end is not the cause.
pub(super) fn get_alone(verdict: &Verdict, judged: &RequestVerdict, fault: &FaultInfo) -> Option<Advice> {
    answered_head(verdict, judged)?;
    let (meaning, action) = match (fault.phase, fault.kind) {
        (Phase::Connect, _) | (_, FaultKind::Refused | FaultKind::NoRoute) => (
            "it stopped or restarted just now, or one of several servers at this address is down",
            "check in the API's log whether it stopped, and every server at this address",
        ),
        _ => (
            "HEAD was answered at the same address and port, so the server fails only on GET",
            "check the log of the server that answered HEAD, and what it needs for GET: the API behind it, its back-end",
        ),
    };
    Some((meaning.to_owned(), action.to_owned()))
}

/// Tests for a GET after HEAD was answered well at the same address.
fn is_after_good_head(verdict: &Verdict, judged: &RequestVerdict) -> bool {
    let is_answered = |head: &RequestVerdict| is_good(head) && head.peer == judged.peer;
    judged.method == Method::Get && verdict.request(Method::Head).is_some_and(is_answered)
}

/// The good response to HEAD, which a failed GET's own meaning does not know of. That of 429, 503, and of a proxy's 502 and 504,
/// does.
pub(super) fn head_was_answered(verdict: &Verdict, status: u16, judged: &RequestVerdict) -> &'static str {
    let is_said = matches!(status, 100..=399 | 429 | 502..=504);
    if !is_said && is_after_good_head(verdict, judged) { "; HEAD, however, was answered well" } else { "" }
}

/// Tests for a proxy's failure to get a response to GET, just after HEAD was answered well at the same address.
pub(super) fn passed_head_on(verdict: &Verdict, judged: &RequestVerdict) -> bool {
    let is_lost = matches!(
        judged.obstacle,
        None | Some(Obstacle::NoValidResponse | Obstacle::NoResponseInTime | Obstacle::ConnectionLost)
    );
    is_lost && is_after_good_head(verdict, judged)
}

/// HEAD's good response proves the way through the proxy, so its servers are not the first suspects.
pub(super) fn get_failed_alone(meaning: &str, proxy: Option<Responder>) -> Advice {
    let name = proxy.map_or("the proxy", Responder::title);
    (
        format!(
            "{meaning}; HEAD was answered through it just before, so the API is up and fails only on GET"
        ),
        format!("check the API's log, and what the API needs for GET; then {name}'s error log"),
    )
}

/// A response that did not end, though its body came whole: whoever writes it, or passes it on, frames it wrongly.
pub(super) fn unended(verdict: &Verdict, judged: &RequestVerdict) -> Advice {
    let at = if verdict.sent().count() > 1 && judged.method == Method::Get { " to GET" } else { "" };
    (
        format!("the body of its answer{at} came as a whole JSON document, but HTTP's end of it did not come"),
        "check the server and any proxy in front of it: a Content-Length is too large, the last chunk is missing, or a \
         connection that should end a body stays open or is reset"
            .to_owned(),
    )
}

/// HEAD's good response proves the API, so the back-end is the likely cause.
pub(super) fn stalled(judged: &RequestVerdict, fault: &FaultInfo, quoted: &str) -> Advice {
    let (meaning, action) = match (fault.kind, &fault.detail) {
        (_, FaultDetail::Response(ResponseProblem::BrokenChunks(_))) => (
            "the body of its answer to GET breaks HTTP's framing",
            "check the server and any proxy in front of it: one of them writes chunks that no client can read",
        ),
        (_, FaultDetail::Response(ResponseProblem::UnprovenEnd)) => {
            return (UNPROVEN_END.to_owned(), END_TLS.to_owned());
        }
        (FaultKind::Timeout, _) => ("its back-end seems to hang", CHECK_BACK_END),
        _ if is_at_once(judged) => (
            "one of its workers crashes on GET, one of a load balancer's servers is down, or its back-end fails",
            "check the API's log for a crash, and every server of a load balancer; then the API's back-end (its \
             database) and the connection to it",
        ),
        _ => ("its back-end seems to fail", CHECK_BACK_END),
    };
    (format!("the API is up, since it answered HEAD, but {meaning}{quoted}"), action.to_owned())
}

const CHECK_BACK_END: &str =
    "check the API's back-end (its database), the connection to it, and the API's log";

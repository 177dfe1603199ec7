//! What is the matter with an endpoint: everything that was found, and the one thing that explains it.

use std::time::Duration;

use super::advice;
use super::request::Request;
use super::{CertificateInfo, Evidence, Limit, Timed};
use crate::model::diagnosis::Diagnosis;
use crate::model::exchange::{Method, Phase};
use crate::model::state::State;
use crate::model::threshold::Threshold;
use crate::plan::Plan;
use crate::units::{format_decimal, format_duration_exact};

/// One thing that was found, good or bad.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Finding {
    pub(super) state: State,
    pub(super) diagnosis: Diagnosis,
    pub(super) evidence: Evidence,
    pub(super) explanation: String,
    pub(super) action: String,
}

/// The finding that explains the worst state: on equal states GET's before HEAD's, then times, then the
/// certificate. Among the requests `unexpected` stands back, for it is what is left where nothing else applies.
pub(super) fn most_severe(
    plan: &Plan,
    requests: &[Request],
    skipped: Option<&str>,
    backend: Option<Duration>,
    certificate: Option<&CertificateInfo>,
) -> Finding {
    if requests.is_empty() {
        return nothing_made(skipped);
    }
    let mut ranked: Vec<_> = requests.iter().collect();
    ranked.sort_by_key(|request| {
        (request.diagnosis == Diagnosis::Unexpected, request.method() == Method::Head)
    });
    let asked = ranked.iter().map(|request| of_request(plan, request));
    let times = slow_requests(plan, requests).chain(slow_backend(plan, backend));
    let unasked = skipped.and_then(|reason| unasked(requests, reason));
    let found: Vec<_> = asked.chain(unasked).chain(times).chain(expiring(plan, certificate)).collect();
    let worst = State::worst(found.iter().map(|finding| finding.state));
    if worst == State::Ok {
        return all_good(requests);
    }
    found.into_iter().find(|finding| finding.state == worst).unwrap_or_else(|| nothing_made(skipped))
}

/// Nothing was asked, so nothing is known.
fn nothing_made(skipped: Option<&str>) -> Finding {
    Finding {
        state: State::Unknown,
        diagnosis: Diagnosis::Unexpected,
        evidence: Evidence::NothingSent(skipped.map(str::to_owned)),
        explanation: skipped.unwrap_or("no request was sent").to_owned(),
        action: String::new(),
    }
}

/// An answered request after which there was no time for the other: nothing is known of what that one asks for,
/// and an API without a database must not look healthy. A request that is futile after a failed one is
/// another matter: the failed one tells all.
fn unasked(requests: &[Request], reason: &str) -> Option<Finding> {
    requests.iter().all(|request| request.answered().is_some()).then(|| Finding {
        state: State::Unknown,
        diagnosis: Diagnosis::Unexpected,
        evidence: Evidence::GetNotSent(reason.to_owned()),
        explanation: format!(
            "HEAD is answered, but GET was not sent, so nothing is known of the back-end: {reason}"
        ),
        action: "give the run more time (-t), or ask why HEAD's answer takes so long".to_owned(),
    })
}

/// Every request is in state OK. Only GET asks for the back-end: without it the endpoint is alive, no more.
fn all_good(requests: &[Request]) -> Finding {
    let get = requests.iter().find(|request| request.method() == Method::Get);
    Finding {
        state: State::Ok,
        diagnosis: if get.is_none() { Diagnosis::Alive } else { Diagnosis::Healthy },
        evidence: Evidence::AllGood,
        explanation: get.or(requests.first()).map_or("", |request| request.row.meaning).to_owned(),
        action: String::new(),
    }
}

fn of_request(plan: &Plan, request: &Request) -> Finding {
    let (explanation, action) = advice::on(plan, request);
    Finding {
        state: request.row.state,
        diagnosis: request.diagnosis,
        evidence: Evidence::Request(request.method()),
        explanation,
        action,
    }
}

/// The time of each request that was answered, GET's first.
fn slow_requests(plan: &Plan, requests: &[Request]) -> impl Iterator<Item = Finding> {
    let mut answered: Vec<_> = requests.iter().filter(|request| request.answered().is_some()).collect();
    answered.sort_by_key(|request| request.method() == Method::Head);
    answered.into_iter().filter_map(|request| {
        let limits = &plan.thresholds.request;
        let took =
            format!("{} took {}", request.method().name(), format_duration_exact(request.exchange.elapsed));
        let timed = Timed::Request(request.method());
        slow(
            timed,
            limits,
            request.exchange.elapsed,
            &took,
            "check the load of the API, its host and the network",
        )
    })
}

fn slow_backend(plan: &Plan, backend: Option<Duration>) -> Option<Finding> {
    let backend = backend?;
    let took = format!("the back-end took {}", format_duration_exact(backend));
    let action = "check the load of the back-end and the connection between it and the API";
    slow(Timed::Backend, &plan.thresholds.backend, backend, &took, action)
}

fn slow(timed: Timed, limits: &Threshold, value: Duration, took: &str, action: &str) -> Option<Finding> {
    let limit = crossed(limits, value.as_secs_f64())?;
    Some(Finding {
        state: limit.level,
        diagnosis: Diagnosis::Slow,
        explanation: format!("{took}, {}", threshold(&limit, "s")),
        evidence: Evidence::Slow(timed, value, limit),
        action: action.to_owned(),
    })
}

/// The threshold that a value crossed, the critical one first.
fn crossed(limits: &Threshold, value: f64) -> Option<Limit> {
    let level = limits.judge(value);
    let range = if level == State::Critical { &limits.critical } else { &limits.warning };
    range.clone().filter(|_| level != State::Ok).map(|range| Limit { level, range })
}

fn expiring(plan: &Plan, certificate: Option<&CertificateInfo>) -> Option<Finding> {
    let certificate = certificate?;
    let limit = crossed(&plan.thresholds.certificate, certificate.days_left)?;
    let ends = if certificate.days_left < 0.0 {
        format!("certificate expired {} days ago", format_decimal(-certificate.days_left, 1))
    } else {
        format!("certificate expires in {} days", format_decimal(certificate.days_left, 1))
    };
    Some(Finding {
        state: limit.level,
        diagnosis: Diagnosis::CertificateExpiring,
        explanation: format!("the {ends}, {} ({})", threshold(&limit, "days"), certificate.subject),
        evidence: Evidence::Certificate(limit),
        action: advice::RENEW.to_owned(),
    })
}

/// On which side of which threshold a value stands, in words.
fn threshold(Limit { level, range }: &Limit, unit: &str) -> String {
    let level = if *level == State::Critical { "critical" } else { "warning" };
    if let Some(bound) = range.plain_upper() {
        format!("above the {level} threshold of {bound} {unit}")
    } else if let Some(bound) = range.plain_lower() {
        format!("below the {level} threshold of {bound} {unit}")
    } else {
        format!("which the {level} range {range} (in {unit}) alerts to")
    }
}

/// The back-end's share of GET's time: its wait for the first byte less HEAD's, never below 0. `None` unless the API of
/// one server answered both: HEAD well, and GET by 200 or its own 503.
pub(super) fn backend_share(requests: &[Request]) -> Option<Duration> {
    let of = |method| requests.iter().find(|request| request.method() == method);
    let (head, get) = (of(Method::Head)?, of(Method::Get)?);
    let is_answered = head.row.state == State::Ok
        && head.is_answered_by_api(|_| true)
        && get.is_answered_by_api(|status| matches!(status, 200 | 503))
        && head.exchange.peer == get.exchange.peer;
    let wait = |request: &Request| request.exchange.phases.get(Phase::Wait);
    Some(wait(get)?.saturating_sub(wait(head)?)).filter(|_| is_answered)
}

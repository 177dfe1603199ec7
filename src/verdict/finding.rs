//! Everything that was found out about an endpoint, and the one thing that explains its state.

use std::time::Duration;

use super::request::Request;
use super::{Basis, CertificateInfo, Crossing, Timed};
use crate::model::diagnosis::Diagnosis;
use crate::model::exchange::{Method, Phase, SkipReason};
use crate::model::state::State;
use crate::model::threshold::{Threshold, Thresholds};

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Finding {
    pub(super) state: State,
    pub(super) diagnosis: Diagnosis,
    pub(super) basis: Basis,
}

/// The finding that explains the worst state: on equal states GET's before HEAD's, then times, then the
/// certificate. Among the requests `unexpected` comes last, for it is what is left where nothing else applies.
pub(super) fn most_severe(
    thresholds: &Thresholds,
    requests: &[Request],
    skipped: Option<SkipReason>,
    backend: Option<Duration>,
    certificate: Option<&CertificateInfo>,
) -> Finding {
    if requests.is_empty() {
        return nothing_made(skipped);
    }
    let of_requests = ranked(requests).into_iter().map(|request| Finding {
        state: request.row.state,
        diagnosis: request.diagnosis,
        basis: Basis::Request(request.method()),
    });
    let get_not_sent = skipped.and_then(|reason| get_not_sent(requests, reason));
    let slow_backend = backend.and_then(|time| slow(Timed::Backend, &thresholds.backend, time));
    let times = slow_requests(&thresholds.request, requests).chain(slow_backend);
    let expiring = certificate.and_then(|certificate| expiring(&thresholds.certificate, certificate));
    let found: Vec<_> = of_requests.chain(get_not_sent).chain(times).chain(expiring).collect();
    let worst = State::worst(found.iter().map(|finding| finding.state));
    if worst == State::Ok {
        return all_good(requests, skipped);
    }
    found.into_iter().find(|finding| finding.state == worst).unwrap_or_else(|| nothing_made(skipped))
}

/// The other thresholds that were crossed, one of each kind.
pub(super) fn also_crossed(
    thresholds: &Thresholds,
    requests: &[Request],
    backend: Option<Duration>,
    certificate: Option<&CertificateInfo>,
    basis: &Basis,
) -> Vec<Basis> {
    if *basis == Basis::AllGood {
        return Vec::new();
    }
    // The first of those that are alike.
    let request = slow_requests(&thresholds.request, requests)
        .min_by_key(|found| std::cmp::Reverse(found.state.severity()));
    let backend = backend.and_then(|time| slow(Timed::Backend, &thresholds.backend, time));
    let expiring = certificate.and_then(|certificate| expiring(&thresholds.certificate, certificate));
    let crossed = [request, backend, expiring].into_iter().flatten().map(|finding| finding.basis);
    crossed.filter(|other| !is_same_threshold(other, basis)).collect()
}

fn is_same_threshold(one: &Basis, other: &Basis) -> bool {
    match (one, other) {
        (Basis::Slow(one, ..), Basis::Slow(other, ..)) => {
            matches!(one, Timed::Backend) == matches!(other, Timed::Backend)
        }
        (Basis::Certificate(_), Basis::Certificate(_)) => true,
        _ => false,
    }
}

/// The requests, those that explain most first.
fn ranked<'a, 'b>(requests: &'a [Request<'b>]) -> Vec<&'a Request<'b>> {
    let mut ranked: Vec<_> = requests.iter().collect();
    ranked.sort_by_key(|request| {
        (request.diagnosis == Diagnosis::Unexpected, request.method() == Method::Head)
    });
    ranked
}

/// The worst request that is not OK, where a crossed threshold is worse: a refusal that came too late is also reported as a refusal.
pub(super) fn beside(requests: &[Request], basis: &Basis) -> Option<Method> {
    if !matches!(basis, Basis::Slow(..) | Basis::Certificate(_)) {
        return None;
    }
    let worst = State::worst(requests.iter().map(|request| request.row.state));
    let found = ranked(requests).into_iter().find(|request| request.row.state == worst)?;
    (worst != State::Ok).then(|| found.method())
}

/// Without a request nothing is known.
fn nothing_made(skipped: Option<SkipReason>) -> Finding {
    Finding { state: State::Unknown, diagnosis: Diagnosis::Unexpected, basis: Basis::NothingSent(skipped) }
}

/// Finds an answered HEAD after which there was no time for GET: an API without a database must not look healthy.
/// A request that was skipped after a failed one is not a finding: the failed one is.
fn get_not_sent(requests: &[Request], reason: SkipReason) -> Option<Finding> {
    requests.iter().all(|request| request.full_response().is_some()).then_some(Finding {
        state: State::Unknown,
        diagnosis: Diagnosis::Unexpected,
        basis: Basis::GetNotSent(reason),
    })
}

/// Every request is in state OK. Only GET checks the back-end: without it the endpoint is alive, no more.
fn all_good(requests: &[Request], skipped: Option<SkipReason>) -> Finding {
    let is_get_wanted = skipped.is_some() || requests.iter().any(|request| request.method() == Method::Get);
    let diagnosis = if is_get_wanted { Diagnosis::Healthy } else { Diagnosis::Alive };
    Finding { state: State::Ok, diagnosis, basis: Basis::AllGood }
}

/// The time of each request that was answered: GET's first, unless HEAD took much longer.
fn slow_requests(threshold: &Threshold, requests: &[Request]) -> impl Iterator<Item = Finding> {
    let mut answered: Vec<_> = requests.iter().filter(|request| request.full_response().is_some()).collect();
    // GET does what HEAD does and more: HEAD comes first only where it took half as long again, which is not chance.
    let weighed = |request: &Request| match request.method() {
        Method::Head => request.exchange.elapsed * 2,
        Method::Get | Method::Post => request.exchange.elapsed * 3,
    };
    answered.sort_by_key(|request| std::cmp::Reverse(weighed(request)));
    answered
        .into_iter()
        .filter_map(|request| slow(Timed::Request(request.method()), threshold, request.exchange.elapsed))
}

fn slow(timed: Timed, threshold: &Threshold, time: Duration) -> Option<Finding> {
    let crossing = crossed(threshold, time.as_secs_f64())?;
    Some(Finding {
        state: crossing.level,
        diagnosis: Diagnosis::Slow,
        basis: Basis::Slow(timed, time, crossing),
    })
}

fn expiring(threshold: &Threshold, certificate: &CertificateInfo) -> Option<Finding> {
    let crossing = crossed(threshold, certificate.days_left)?;
    Some(Finding {
        state: crossing.level,
        diagnosis: Diagnosis::CertificateExpiring,
        basis: Basis::Certificate(crossing),
    })
}

/// The threshold that a value crossed, the critical one first.
fn crossed(threshold: &Threshold, value: f64) -> Option<Crossing> {
    let level = threshold.judge(value);
    let range = if level == State::Critical { &threshold.critical } else { &threshold.warning };
    range.clone().filter(|_| level != State::Ok).map(|range| Crossing { level, range })
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

//! Judges what was brought home by the table in force.
//!
//! Two pure functions: [`judge`] makes a verdict of one endpoint's exchanges, [`aggregate`] makes the
//! report of the verdicts. Beside them stand the exit code's rule and, in files of their own, what the
//! body said, who answered, what it means, and the summary.

mod advice;
mod curl;
mod detail;
mod finding;
mod request;
mod summary;
mod witness;

use std::time::{Duration, SystemTime};

use crate::endpoint::{Dial, Endpoint, Scheme};
use crate::exchange::{Attempt, Exchange};
use crate::plan::{Plan, Quorum};
use crate::range::Unit;
use crate::report::{CertificateReport, Limits, Outcome, Probe, Report, Verdict};
use crate::state::State;
use crate::text::clean;
use request::Request;

/// The length of a distinguished name and of a reason, in characters.
const LINE: usize = 200;

/// Judges one endpoint's attempt. `attempts` counts it and those before it; `now` is when the
/// certificate's remaining life is reckoned.
pub fn judge(plan: &Plan, endpoint: &Endpoint, made: &[Attempt], attempts: u32, now: SystemTime) -> Verdict {
    let exchanges: Vec<&Exchange> = made.iter().filter_map(exchange).collect();
    let requests = request::judge(plan, &exchanges);
    let skipped = made.iter().find_map(skipped);
    let backend = finding::backend_share(&requests);
    let certificate = certificate(plan, &exchanges, now);
    let found = finding::decisive(plan, &requests, skipped.as_deref(), backend, certificate.as_ref());
    Verdict {
        endpoint: endpoint.to_string(),
        url: endpoint.url(),
        state: found.state,
        diagnosis: found.diagnosis,
        evidence: found.evidence,
        explanation: found.explanation,
        action: found.action,
        attempts,
        certificate,
        backend,
        probes: probes(plan, endpoint, made, &requests),
        notes: notes(plan, endpoint),
    }
}

fn exchange(attempt: &Attempt) -> Option<&Exchange> {
    match attempt {
        Attempt::Made(exchange) => Some(exchange),
        Attempt::Skipped(..) => None,
    }
}

fn skipped(attempt: &Attempt) -> Option<String> {
    match attempt {
        Attempt::Made(_) => None,
        Attempt::Skipped(_, reason) => Some(clean(reason, LINE)),
    }
}

/// Every step as it is told, in the order in which it was taken.
fn probes(plan: &Plan, endpoint: &Endpoint, made: &[Attempt], requests: &[Request]) -> Vec<Probe> {
    let mut judged = requests.iter();
    let probes = made.iter().filter_map(|attempt| match attempt {
        Attempt::Made(exchange) => judged.next().map(|request| Probe {
            method: exchange.method,
            outcome: Outcome::Judged(Box::new(request.told(plan, endpoint))),
        }),
        Attempt::Skipped(method, reason) => {
            Some(Probe { method: *method, outcome: Outcome::Skipped(clean(reason, LINE)) })
        }
    });
    probes.collect()
}

/// The certificate that was presented; where servers behind one address present several, the one that
/// ends first.
fn certificate(plan: &Plan, made: &[&Exchange], now: SystemTime) -> Option<CertificateReport> {
    let presented = made.iter().filter_map(|exchange| exchange.certificate.as_ref());
    let first = presented.min_by_key(|certificate| certificate.not_after)?;
    Some(CertificateReport {
        not_after: first.not_after,
        days_left: days_between(now, first.not_after),
        subject: plan.cleaner.line(&first.subject, LINE),
        issuer: plan.cleaner.line(&first.issuer, LINE),
    })
}

fn days_between(from: SystemTime, to: SystemTime) -> f64 {
    let day = Unit::Days.seconds();
    match to.duration_since(from) {
        Ok(left) => left.as_secs_f64() / day,
        Err(over) => -over.duration().as_secs_f64() / day,
    }
}

/// What an operator should know of the way in which this endpoint is asked.
fn notes(plan: &Plan, endpoint: &Endpoint) -> Vec<String> {
    let secret = |name: &str| ["x-auth-token", "authorization"].contains(&name.to_ascii_lowercase().as_str());
    let open = endpoint.scheme == Scheme::Http && !matches!(endpoint.dial, Dial::Unix(_));
    let sent = plan.network.headers.iter().find(|(name, _)| secret(name)).filter(|_| open);
    let note = |(name, _): &(String, Vec<u8>)| {
        format!("{} was sent over plain http, where everyone on the way can read it", clean(name, 40))
    };
    let limits = &plan.thresholds.certificate;
    let uncertified = endpoint.scheme == Scheme::Http && *limits != Limits::default();
    let unjudged = "plain http has no certificate: its thresholds judge nothing here (https: -S)".to_owned();
    sent.map(note).into_iter().chain(uncertified.then_some(unjudged)).collect()
}

/// Aggregates the endpoints' verdicts into a report: state by worst or quorum, summary, exit code.
pub fn aggregate(plan: &Plan, endpoints: Vec<Verdict>, started_at: SystemTime, elapsed: Duration) -> Report {
    let state = overall(&endpoints, plan.quorum);
    let simulated = !plan.simulate.is_empty();
    // Without TLS there is no certificate whose verification could be missed.
    let unverified =
        plan.network.tls.insecure && endpoints.iter().any(|verdict| verdict.url.starts_with("https:"));
    Report {
        state,
        exit_code: exit_code(state, plan.fail_on, plan.haproxy),
        summary: summary::line(plan, &endpoints, simulated, unverified),
        simulated,
        unverified,
        started_at,
        elapsed,
        endpoints,
        notes: plan.notes.clone(),
        thresholds: plan.thresholds.clone(),
    }
}

/// The state of several endpoints (the contract's section 6): the worst, or by the quorum.
fn overall(endpoints: &[Verdict], quorum: Option<Quorum>) -> State {
    let worst = State::worst(endpoints.iter().map(|verdict| verdict.state));
    match quorum {
        Some(quorum) if worst != State::Ok && !endpoints.is_empty() => {
            if usable(endpoints) >= quorum.needed(endpoints.len()) { State::Warning } else { State::Critical }
        }
        _ => worst,
    }
}

/// How many endpoints count for the quorum: those in state OK or WARNING.
fn usable(endpoints: &[Verdict]) -> usize {
    let usable = |verdict: &&Verdict| matches!(verdict.state, State::Ok | State::Warning);
    endpoints.iter().filter(usable).count()
}

/// The process's exit code for a state: the guidelines', unless `--fail-on` asks for 0 or 1 (1 also
/// wherever nothing is known) or HAProxy called, to which WARNING is up.
pub fn exit_code(state: State, fail_on: Option<State>, haproxy: bool) -> u8 {
    match fail_on {
        Some(from) => u8::from(state == State::Unknown || state.severity() >= from.severity()),
        None if haproxy && state == State::Warning => State::Ok.exit_code(),
        None => state.exit_code(),
    }
}

#[cfg(test)]
mod tests;

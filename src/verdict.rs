//! Judges what was brought home by the table in force.
//!
//! One pure function, [`judge`], makes a verdict of an endpoint's exchanges. Beside it stand, in files of
//! their own, what the body said, who answered, what is the matter, and what to do about it.

mod advice;
mod curl;
mod detail;
mod finding;
mod request;
mod witness;

use std::fmt;
use std::time::{Duration, SystemTime};

use crate::diagnosis::Diagnosis;
use crate::endpoint::{Dial, Endpoint, Scheme};
use crate::exchange::{Ending, Exchange, FaultKind, Method, Phase, Phases, Step};
use crate::plan::Plan;
use crate::range::Unit;
use crate::state::State;
use crate::table::{Key, Source};
use crate::text::clean;
use crate::thresholds::Limits;
use request::Request;

/// The length of a distinguished name and of a reason, in characters.
const LINE: usize = 200;

/// What was found out about one endpoint.
#[derive(Debug, Clone)]
pub struct Verdict {
    /// The canonical form.
    pub endpoint: String,
    /// The URL that was asked.
    pub url: String,
    /// The endpoint's state.
    pub state: State,
    /// What is the matter with it.
    pub diagnosis: Diagnosis,
    /// What the diagnosis rests on.
    pub evidence: Evidence,
    /// What the diagnosis means, in words.
    pub explanation: String,
    /// The message of the fault that the explanation quotes.
    pub quoted: Option<String>,
    /// What to do; empty when there is nothing to do.
    pub action: String,
    /// How often it was probed: 1 and the retries.
    pub attempts: u32,
    /// The certificate that was presented.
    pub certificate: Option<CertificateReport>,
    /// The back-end's share of GET's time.
    pub backend: Option<Duration>,
    /// The requests.
    pub probes: Vec<Probe>,
    /// What is worth noting at `-v` about this endpoint: a token sent over plain http.
    pub notes: Vec<String>,
}

/// What a diagnosis rests on, short.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Evidence {
    /// The statuses of answers, which come from somewhere: `GET 503`.
    Answers(String),
    /// Anything else, which happens at a place: `HEAD timeout`.
    Event(String),
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Evidence::Answers(words) | Evidence::Event(words)) = self;
        f.pad(words)
    }
}

impl Verdict {
    /// The requests that were made, in order.
    pub(crate) fn made(&self) -> impl Iterator<Item = (Method, &Judged)> {
        self.probes.iter().filter_map(|probe| match &probe.outcome {
            Outcome::Judged(judged) => Some((probe.method, judged.as_ref())),
            Outcome::Skipped(_) => None,
        })
    }
}

/// The certificate as it is told.
#[derive(Debug, Clone, PartialEq)]
pub struct CertificateReport {
    /// The end of its validity.
    pub not_after: SystemTime,
    /// The remaining life in days, below zero for an expired one.
    pub days_left: f64,
    /// The subject's distinguished name, cleaned.
    pub subject: String,
    /// The issuer's distinguished name, cleaned.
    pub issuer: String,
}

/// One request, judged.
#[derive(Debug, Clone)]
pub struct Probe {
    /// Which request.
    pub method: Method,
    /// What came of it.
    pub outcome: Outcome,
}

/// What came of a request.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// It was made.
    Judged(Box<Judged>),
    /// It was not sent, and why; it counts for nothing.
    Skipped(String),
}

/// A request that was made, judged by a row of the table.
#[derive(Debug, Clone)]
pub struct Judged {
    /// The state by the row.
    pub state: State,
    /// The row that judged.
    pub key: Key,
    /// Where that row is from.
    pub source: Source,
    /// The status of the answer, and why there is no whole one.
    pub ending: Ending<u16, FaultReport>,
    /// Who answered: `ceilometer`, `keystone`, `haproxy`, `nginx`, …
    pub answered_by: Option<&'static str>,
    /// The other end: `ADDR:PORT`, or the socket's path.
    pub peer: Option<String>,
    /// The whole time of the request.
    pub elapsed: Duration,
    /// The time of each phase.
    pub phases: Phases,
    /// What the body said, cleaned and in one line.
    pub detail: Option<String>,
    /// What a ticket needs, from `-vv` on.
    pub ticket: Option<Ticket>,
    /// What went over the wire, at `-vvv`.
    pub wire: Option<Wire>,
}

/// What a ticket about a request needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket {
    /// Of the headers: request ids, `Retry-After`, `Server`; cleaned.
    pub facts: Vec<(String, String)>,
    /// An equivalent curl command, shell-quoted, secrets masked.
    pub curl: String,
}

/// What went over the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wire {
    /// The request's head, cleaned, secrets masked, one line an element.
    pub sent: Vec<String>,
    /// The answer's head, cleaned, one line an element.
    pub received: Vec<String>,
    /// The body's beginning, cleaned.
    pub body: String,
}

/// A fault as it is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FaultReport {
    /// What kind of failure.
    pub kind: FaultKind,
    /// The phase that was under way.
    pub phase: Phase,
    /// The circumstances in words, cleaned.
    pub message: String,
}

/// Judges one endpoint's attempt. `attempts` counts it and those before it; `now` is when the
/// certificate's remaining life is reckoned.
pub fn judge(plan: &Plan, endpoint: &Endpoint, made: &[Step], attempts: u32, now: SystemTime) -> Verdict {
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
        quoted: found.quoted,
        action: found.action,
        attempts,
        certificate,
        backend,
        probes: probes(plan, endpoint, made, &requests),
        notes: notes(plan, endpoint),
    }
}

fn exchange(step: &Step) -> Option<&Exchange> {
    match step {
        Step::Made(exchange) => Some(exchange),
        Step::Skipped(..) => None,
    }
}

fn skipped(step: &Step) -> Option<String> {
    match step {
        Step::Made(_) => None,
        Step::Skipped(_, reason) => Some(clean(reason, LINE)),
    }
}

/// Every step as it is told, in the order in which it was taken.
fn probes(plan: &Plan, endpoint: &Endpoint, made: &[Step], requests: &[Request]) -> Vec<Probe> {
    let mut judged = requests.iter();
    let probes = made.iter().filter_map(|step| match step {
        Step::Made(exchange) => judged.next().map(|request| Probe {
            method: exchange.method,
            outcome: Outcome::Judged(Box::new(request.told(plan, endpoint))),
        }),
        Step::Skipped(method, reason) => {
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

#[cfg(test)]
pub(crate) mod tests;

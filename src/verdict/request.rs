//! One request judged: its row, who answered, its diagnosis, and what is told of it.

use super::witness::{self, Witness};
use super::{Evidence, FaultReport, Judged, Ticket, Wire};
use super::{curl, detail};
use crate::diagnosis::Diagnosis::{self, BackendStalled, Intermediary, Unexpected, Unreachable};
use crate::endpoint::Endpoint;
use crate::exchange::{Answer, Ending, Exchange, FaultKind, Foreign, Method, Peer};
use crate::format::Verbosity;
use crate::plan::Plan;
use crate::state::State;
use crate::table::Row;
use crate::text::{Cleaner, clean};

/// The length of a header's value where it is told as a fact, in characters.
const FACT: usize = 200;
/// The length of what is told of a fault, in characters: our own words and names from a certificate.
const MESSAGE: usize = 400;
/// The length of a line of the answer's head, in characters.
const HEAD_LINE: usize = 400;
/// The length of the request's head, in characters.
const SENT: usize = 8192;
/// The length of the body's beginning, in characters.
const BODY: usize = 1024;

/// The headers that a ticket needs, as they are told; the first four name the request in the logs.
const FACTS: [&str; 10] = [
    "X-Openstack-Request-Id",
    "X-Compute-Request-Id",
    "X-Request-Id",
    "Openstack-Request-Id",
    "Retry-After",
    "Location",
    "Allow",
    "WWW-Authenticate",
    "Server",
    "Via",
];

/// A request that was made, with what the rules found out about it.
#[derive(Debug)]
pub(super) struct Request<'a> {
    pub(super) exchange: &'a Exchange,
    pub(super) row: Row,
    pub(super) witness: Option<Witness>,
    /// The circumstances of the fault as they are told, where there is one.
    pub(super) message: Option<String>,
    pub(super) diagnosis: Diagnosis,
}

/// Judges the requests of one attempt, each in the light of the others.
pub(super) fn judge<'a>(plan: &Plan, made: &[&'a Exchange]) -> Vec<Request<'a>> {
    let row = |exchange: &Exchange| row(plan, exchange);
    let head_good = made.iter().any(|made| made.method == Method::Head && row(made).state == State::Ok);
    let judge = |(number, exchange): (usize, &&'a Exchange)| {
        let mut request = Request {
            exchange,
            row: row(exchange),
            witness: exchange.ending.answer().and_then(|answer| witness::who(exchange.method, answer)),
            message: exchange.ending.fault().map(|fault| plan.cleaner.line(&fault.message, MESSAGE)),
            diagnosis: Unexpected,
        };
        request.diagnosis = request.diagnose(number == 0, head_good);
        request
    };
    made.iter().enumerate().map(judge).collect()
}

/// A fault judges even where a status came before it: an answer that broke off is no answer.
fn row(plan: &Plan, exchange: &Exchange) -> Row {
    match &exchange.ending {
        Ending::Answered(answer) => plan.table.status(exchange.method, answer.status),
        Ending::BrokenOff(_, fault) | Ending::Failed(fault) => plan.table.fault(exchange.method, fault.kind),
    }
}

impl<'a> Request<'a> {
    pub(super) fn method(&self) -> Method {
        self.exchange.method
    }

    /// The answer, where it is whole.
    pub(super) fn answered(&self) -> Option<&'a Answer> {
        self.exchange.ending.whole()
    }

    /// The row's diagnosis, refined by who answered and by what came of the other request.
    fn diagnose(&self, first: bool, head_good: bool) -> Diagnosis {
        if self.row.state == State::Ok {
            return self.row.diagnosis;
        }
        match &self.exchange.ending {
            Ending::Answered(answer) => self.diagnose_answer(answer.status),
            Ending::BrokenOff(_, fault) | Ending::Failed(fault) => {
                self.diagnose_fault(fault.kind, first, head_good)
            }
        }
    }

    /// HEAD's good answer proves the API, so a GET that ends without its own accuses the back-end. A later
    /// request that cannot even connect does not, nor does one that timed out within its answer make the
    /// service unreachable: both are of the rest.
    fn diagnose_fault(&self, kind: FaultKind, first: bool, head_good: bool) -> Diagnosis {
        let broke =
            matches!(kind, FaultKind::Timeout | FaultKind::Reset | FaultKind::Closed | FaultKind::Body);
        match self.row.diagnosis {
            _ if broke && head_good && self.method() == Method::Get => BackendStalled,
            Unreachable if !first || self.exchange.ending.answer().is_some() => Unexpected,
            diagnosis => diagnosis,
        }
    }

    /// A 503 accuses the back-end only where the API says it. Keystone's is no intermediary's either, for
    /// Keystone does not stand between us and the API: it is of the rest.
    fn diagnose_answer(&self, status: u16) -> Diagnosis {
        match (status, self.witness) {
            (503, Some(Witness::Keystone)) => Unexpected,
            (503, Some(witness)) if witness.intermediary() => Intermediary,
            _ => self.row.diagnosis,
        }
    }

    /// The request and what came of it, short.
    pub(super) fn evidence(&self) -> Evidence {
        let method = self.method().name();
        match &self.exchange.ending {
            Ending::Answered(answer) => Evidence::Answers(format!("{method} {}", answer.status)),
            Ending::BrokenOff(_, fault) | Ending::Failed(fault) => {
                Evidence::Event(format!("{method} {}", outcome(fault.kind)))
            }
        }
    }

    /// Everything that a renderer may tell about the request.
    pub(super) fn told(&self, plan: &Plan, endpoint: &Endpoint) -> Judged {
        let (cleaner, verbosity) = (&plan.cleaner, plan.output.verbosity);
        Judged {
            state: self.row.state,
            key: self.row.key,
            source: self.row.source,
            ending: self.exchange.ending.map(
                |answer| answer.status,
                |fault| FaultReport {
                    kind: fault.kind,
                    phase: fault.phase,
                    message: self.message.clone().unwrap_or_default(),
                },
            ),
            answered_by: self.witness.map(Witness::name),
            peer: self.exchange.peer.as_ref().map(peer),
            elapsed: self.exchange.elapsed,
            phases: self.exchange.phases,
            detail: self.exchange.ending.answer().and_then(|answer| detail::said(answer, cleaner)),
            // What only a curious reader is told is not made for ten thousand endpoints that nobody asks about.
            ticket: (verbosity >= Verbosity::Requests).then(|| self.ticket(plan, endpoint)),
            wire: (verbosity >= Verbosity::Wire).then(|| self.wire(cleaner)),
        }
    }

    fn ticket(&self, plan: &Plan, endpoint: &Endpoint) -> Ticket {
        let answer = self.exchange.ending.answer();
        Ticket {
            facts: answer.map(|answer| facts(answer, &plan.cleaner)).unwrap_or_default(),
            curl: curl::command(plan, endpoint, self.method()),
        }
    }

    fn wire(&self, cleaner: &Cleaner) -> Wire {
        let answer = self.exchange.ending.answer();
        Wire {
            sent: cleaner.lines(&self.exchange.sent, SENT),
            received: answer.map(|answer| received(answer, cleaner)).unwrap_or_default(),
            body: answer.map(|answer| beginning(answer, cleaner)).unwrap_or_default(),
        }
    }
}

/// How a fault reads behind a method.
const fn outcome(kind: FaultKind) -> &'static str {
    match kind {
        FaultKind::Dns => "dns failure",
        FaultKind::Tls => "tls failure",
        FaultKind::Protocol => "protocol error",
        FaultKind::Body => "body broken off",
        FaultKind::Proxy => "proxy failure",
        FaultKind::Local => "local failure",
        FaultKind::Refused
        | FaultKind::Unreachable
        | FaultKind::Reset
        | FaultKind::Closed
        | FaultKind::Timeout => kind.name(),
    }
}

fn peer(peer: &Peer) -> String {
    match peer {
        Peer::Tcp(address) => address.to_string(),
        Peer::Unix(path) => format!("unix:{}", clean(&path.to_string_lossy(), FACT)),
    }
}

fn facts(answer: &Answer, cleaner: &Cleaner) -> Vec<(String, String)> {
    let told = FACTS.into_iter().filter_map(|name| {
        let value = answer.header(&name.to_ascii_lowercase())?;
        Some((name.to_owned(), cleaner.line(value, FACT)))
    });
    told.filter(|(_, value)| !value.is_empty()).collect()
}

fn received(answer: &Answer, cleaner: &Cleaner) -> Vec<String> {
    let headers = answer.headers.iter().map(|header| {
        let line = [header.name.as_bytes(), b": ", header.value.bytes()].concat();
        cleaner.line(&Foreign::new(line), HEAD_LINE)
    });
    std::iter::once(format!("HTTP {}", answer.status)).chain(headers).collect()
}

/// The cleaner sees the whole body before it cuts: a secret across the cut would else escape the mask.
fn beginning(answer: &Answer, cleaner: &Cleaner) -> String {
    detail::readable(answer)
        .map_or_else(String::new, |text| cleaner.line(&Foreign::new(text.into_owned()), BODY))
}

//! Reports for tests, made by the judge of exchanges; and any report at all.

use std::net::SocketAddr;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use proptest::prelude::*;

use super::Report;
use crate::model::diagnosis::Diagnosis;
use crate::model::endpoint::{Defaults, Endpoint, Scheme};
use crate::model::exchange::{
    Completion, Exchange, Header, Method, Peer, Phase, Phases, PlannedRequest, Response, ServerCertificate,
    SkipReason,
};
use crate::model::fault::{AddressAttempt, ConnectFault, Fault, FaultDetail, FaultKind, LocalProblem};
use crate::model::range::Range;
use crate::model::state::State;
use crate::model::threshold::Threshold;
use crate::plan::{OutputOptions, Plan, Targets, Verbosity};
use crate::rules::Key;
use crate::sanitize::UntrustedText;
use crate::verdict::Verdict;
use crate::verdict::tests::{judge_whole, plan};

/// A fixed moment: 2026-11-07T06:40:00Z.
pub(crate) fn moment() -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(1_794_033_600_123)
}

/// A run over these endpoints.
pub(crate) fn report(endpoints: Vec<Verdict>) -> Report {
    Report::of(&plan(), endpoints, moment(), Duration::from_micros(7_890))
}

/// A run that could not begin.
pub(crate) fn unable(reason: &str) -> Report {
    let report = Report::from_error(reason, Instant::now());
    Report { started_at: moment(), elapsed: Duration::from_micros(120), ..report }
}

/// The output options of a plain call.
pub(crate) fn output() -> OutputOptions {
    OutputOptions { format: None, ..OutputOptions::default() }
}

/// An endpoint that answers as documented.
pub(crate) fn healthy(endpoint: &str) -> Verdict {
    judged(endpoint, 1, &[head(), timed_get(200, "", 3_456, &[(Phase::Connect, 200), (Phase::Wait, 3_222)])])
}

/// An endpoint that says that its back-end is down.
pub(crate) fn backend_down(endpoint: &str) -> Verdict {
    let times = [(Phase::Resolve, 900), (Phase::Connect, 1_200), (Phase::Wait, 10_245)];
    let get = timed_get(503, "{\"error\":\n\"database|unreachable\"}", 12_345, &times);
    judged(endpoint, 1, &[head(), get])
}

/// An endpoint that refuses the connection, tried twice.
pub(crate) fn unreachable(endpoint: &str) -> Verdict {
    let refused = AddressAttempt {
        address: SocketAddr::from(([192, 0, 2, 7], 8777)),
        reason: Some("connection refused".into()),
    };
    let detail = FaultDetail::Connect(ConnectFault::Tcp { attempts: vec![refused], more: 0 });
    let fault = Fault { kind: FaultKind::Refused, phase: Phase::Connect, detail };
    let refused = exchange(Method::Head, Completion::Failed(fault), 321, &[(Phase::Connect, 321)]);
    let skipped =
        PlannedRequest::Skipped(Method::Get, SkipReason::FailedBefore(Method::Head, FaultKind::Refused));
    judged(endpoint, 2, &[sent(refused), skipped])
}

/// An endpoint over TLS whose certificate ends soon.
pub(crate) fn expiring(endpoint: &str) -> Verdict {
    let certificate = ServerCertificate {
        not_after: moment() + Duration::from_secs(1_772_064),
        subject: UntrustedText::new("CN=a.example"),
        issuer: UntrustedText::new("CN=Example CA, O=Example"),
    };
    let over_tls = |method, status, micros| {
        let tls = [(Phase::Connect, 300), (Phase::Tls, 3_000), (Phase::Wait, micros - 3_300)];
        let answered = exchange(method, response(status, ""), micros, &tls);
        sent(Exchange { certificate: Some(certificate.clone()), ..answered })
    };
    judged(endpoint, 1, &[over_tls(Method::Head, 204, 4_567), over_tls(Method::Get, 200, 5_678)])
}

/// Judges exchanges with the endpoint of this text.
pub(super) fn judged(endpoint: &str, attempts: u32, planned: &[PlannedRequest]) -> Verdict {
    judged_by(plan(), endpoint, attempts, planned)
}

fn judged_by(mut plan: Plan, endpoint: &str, attempts: u32, planned: &[PlannedRequest]) -> Verdict {
    let endpoint = Endpoint::parse(endpoint, &Defaults::default()).unwrap();
    plan.output.verbosity = Verbosity::Transcript;
    if endpoint.scheme == Scheme::Https {
        plan.criteria.thresholds.certificate =
            Threshold { warning: Some(Range::at_least(30.0)), critical: None };
    }
    judge_whole(&plan, &endpoint, planned, attempts, moment())
}

pub(super) fn head() -> PlannedRequest {
    let times = [(Phase::Connect, 234), (Phase::Wait, 1_000)];
    sent(exchange(Method::Head, response(204, ""), 1_234, &times))
}

pub(super) fn get(status: u16, body: &str) -> PlannedRequest {
    timed_get(status, body, 3_456, &[])
}

fn timed_get(status: u16, body: &str, micros: u64, times: &[(Phase, u64)]) -> PlannedRequest {
    sent(exchange(Method::Get, response(status, body), micros, times))
}

pub(super) fn sent(exchange: Exchange) -> PlannedRequest {
    PlannedRequest::Sent(Box::new(exchange))
}

fn response(status: u16, body: &str) -> Completion<Response, Fault> {
    let id = Header { name: "x-openstack-request-id".into(), value: UntrustedText::new("req-42") };
    let headers = if status == 503 { vec![id] } else { Vec::new() };
    Completion::Full(Response { status, headers, body: UntrustedText::new(body), ..Response::default() })
}

pub(super) fn exchange(
    method: Method,
    completion: Completion<Response, Fault>,
    micros: u64,
    times: &[(Phase, u64)],
) -> Exchange {
    let mut phases = Phases::default();
    for (phase, micros) in times {
        phases.set(*phase, Duration::from_micros(*micros));
    }
    Exchange {
        method,
        completion,
        peer: "192.0.2.7:8777".parse().ok().map(Peer::Tcp),
        certificate: None,
        phases,
        elapsed: Duration::from_micros(micros),
        sent: UntrustedText::new(format!("{} /v2/health HTTP/1.1", method.name())),
    }
}

/// The lines of a text that another lacks.
pub(crate) fn new_lines(text: &str, known: &str) -> String {
    let known: Vec<&str> = known.lines().collect();
    text.split_inclusive('\n').filter(|line| !known.contains(&line.trim_end_matches('\n'))).collect()
}

/// The report as it is judged for this verbosity.
pub(crate) fn at(verbosity: Verbosity, mut report: Report) -> Report {
    for probe in report.endpoints.iter_mut().flat_map(|verdict| &mut verdict.probes) {
        if let PlannedRequest::Sent(judged) = probe {
            judged.details = judged.details.take().filter(|_| verbosity >= Verbosity::Requests);
            judged.transcript = judged.transcript.take().filter(|_| verbosity >= Verbosity::Transcript);
        }
    }
    report
}

/// A server's words, with the special characters of all output languages.
fn words() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9 äß監|<>=';:%#\"\\\\{}$`]{0,90}"
}

/// Any report that the judge makes.
pub(crate) fn any_report() -> impl Strategy<Value = Report> {
    // Few of most reports: each endpoint costs, and only their number beyond `MAX_ENDPOINTS_LISTED` changes an output.
    let some = |number| proptest::collection::vec(any_verdict(), number);
    let endpoints = prop_oneof![9 => some(0..4), 1 => some(18..25)];
    (endpoints, any::<[bool; 2]>(), proptest::collection::vec(words(), 0..3)).prop_map(
        |(endpoints, [simulated, insecure], notes)| {
            let mut plan = Plan { notes, ..plan() };
            plan.network.tls.insecure = insecure;
            if simulated {
                plan.targets = Targets::Simulated(vec![Diagnosis::Healthy]);
            }
            Report::of(&plan, endpoints, moment(), Duration::from_micros(7_890))
        },
    )
}

/// Any endpoint; two of the same name are as good as impossible.
fn any_verdict() -> impl Strategy<Value = Verdict> {
    let endpoint = "(https://)?[a-z]{9,20}:8777(/[a-z=',:;!$&]{1,30})?";
    let requests = (any_exchange(Method::Head), any_exchange(Method::Get));
    let overridden = prop::option::of(prop::sample::select(State::ALL.to_vec()));
    (endpoint, requests, overridden, 1..4_u32).prop_map(|(endpoint, (head, get), state, attempts)| {
        let mut plan = plan();
        if let Some(state) = state {
            plan.criteria.table.set(Key::parse("2xx").unwrap(), state);
        }
        judged_by(plan, &endpoint, attempts, &[sent(head), sent(get)])
    })
}

fn any_exchange(method: Method) -> impl Strategy<Value = Exchange> {
    let status = prop::sample::select(vec![200, 204, 301, 401, 404, 429, 500, 503, 504, 999]);
    let kind = prop::sample::select(FaultKind::ALL.to_vec());
    let certificate = prop::option::of((words(), words(), any::<u32>()));
    (prop::option::of(kind), status, words(), certificate, any::<u32>()).prop_map(
        move |(kind, status, words, certificate, micros)| {
            let completion = match kind {
                Some(kind) => {
                    let detail = FaultDetail::Local(LocalProblem::Failed("circumstances".into()));
                    Completion::Failed(Fault { kind, phase: Phase::Wait, detail })
                }
                None => response(status, &words),
            };
            let certificate = certificate.map(|(subject, issuer, seconds)| ServerCertificate {
                not_after: UNIX_EPOCH + Duration::from_secs(seconds.into()),
                subject: UntrustedText::new(subject),
                issuer: UntrustedText::new(issuer),
            });
            let times = [(Phase::Wait, u64::from(micros / 2))];
            Exchange { certificate, ..exchange(method, completion, micros.into(), &times) }
        },
    )
}

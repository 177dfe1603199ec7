//! Reports for tests, made by the judge of exchanges; and any report at all.

use std::net::SocketAddr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use proptest::prelude::*;

use super::Report;
use crate::model::diagnosis::Diagnosis;
use crate::model::endpoint::{Defaults, Endpoint, Scheme};
use crate::model::exchange::{
    Attempt, Completion, Exchange, Header, Method, Peer, Phase, Phases, Response, ServerCertificate,
};
use crate::model::fault::{AddressAttempt, ConnectFault, Fault, FaultDetail, FaultKind};
use crate::model::range::Range;
use crate::model::state::State;
use crate::model::threshold::Threshold;
use crate::plan::{OutputOptions, Plan, Verbosity};
use crate::sanitize::UntrustedText;
use crate::verdict::tests::{endpoint as ctl1, plan};
use crate::verdict::{Outcome, Verdict, judge};

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
    Report::unable(reason.into(), moment(), Duration::from_micros(120))
}

/// The output options of a plain call.
pub(crate) fn output() -> OutputOptions {
    OutputOptions { format: None, ..OutputOptions::default() }
}

/// An endpoint that answers as documented.
pub(crate) fn healthy(endpoint: &str) -> Verdict {
    judged(endpoint, 1, &[head(), get(200, "", 3_456, &[(Phase::Connect, 200), (Phase::Wait, 3_222)])])
}

/// An endpoint that says that its back-end is down.
pub(crate) fn backend_down(endpoint: &str) -> Verdict {
    let times = [(Phase::Resolve, 900), (Phase::Connect, 1_200), (Phase::Wait, 10_245)];
    let get = get(503, "{\"error\":\n\"database|unreachable\"}", 12_345, &times);
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
    let skipped = Attempt::Skipped(Method::Get, "nothing was reached by HEAD".into());
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
        let answered = exchange(method, answer(status, ""), micros, &tls);
        sent(Exchange { certificate: Some(certificate.clone()), ..answered })
    };
    judged(endpoint, 1, &[over_tls(Method::Head, 204, 4_567), over_tls(Method::Get, 200, 5_678)])
}

/// Judges exchanges with an endpoint, which need not be one that the command line takes.
fn judged(name: &str, attempts: u32, made: &[Attempt]) -> Verdict {
    let endpoint = Endpoint::parse(name, &Defaults::default()).unwrap_or_else(|_| ctl1());
    let mut plan = Plan { output: OutputOptions { verbosity: Verbosity::Transcript, ..output() }, ..plan() };
    if endpoint.scheme == Scheme::Https {
        plan.thresholds.certificate = Threshold { warning: Some(Range::at_least(30.0)), critical: None };
    }
    let verdict = judge(&plan, &endpoint, made, attempts, moment());
    Verdict { endpoint: name.into(), ..verdict }
}

fn head() -> Attempt {
    let times = [(Phase::Connect, 234), (Phase::Wait, 1_000)];
    sent(exchange(Method::Head, answer(204, ""), 1_234, &times))
}

fn get(status: u16, body: &str, micros: u64, times: &[(Phase, u64)]) -> Attempt {
    sent(exchange(Method::Get, answer(status, body), micros, times))
}

fn sent(exchange: Exchange) -> Attempt {
    Attempt::Sent(Box::new(exchange))
}

fn answer(status: u16, body: &str) -> Completion<Response, Fault> {
    let id = Header { name: "x-openstack-request-id".into(), value: UntrustedText::new("req-42") };
    let headers = if status == 503 { vec![id] } else { Vec::new() };
    Completion::Full(Response { status, headers, body: UntrustedText::new(body) })
}

fn exchange(
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

/// The report as it is judged for this verbosity.
pub(crate) fn at(verbosity: Verbosity, mut report: Report) -> Report {
    for probe in report.endpoints.iter_mut().flat_map(|verdict| &mut verdict.probes) {
        if let Outcome::RequestVerdict(judged) = &mut probe.outcome {
            judged.details = judged.details.take().filter(|_| verbosity >= Verbosity::Requests);
            judged.transcript = judged.transcript.take().filter(|_| verbosity >= Verbosity::Transcript);
        }
    }
    report
}

/// Cleaned text: whatever may be in an output, the languages' own marks among it.
fn words() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9 äß監|<>=';:%#\"\\\\{}$`]{0,90}"
}

/// Any report: endpoints in any state, any text that is clean, any numbers.
pub(crate) fn any_report() -> impl Strategy<Value = Report> {
    let endpoints = proptest::collection::vec(any_verdict(), 0..25);
    (words(), endpoints, any::<[bool; 2]>(), proptest::collection::vec(words(), 0..3)).prop_map(
        |(summary, mut endpoints, [simulated, unverified], notes)| {
            for (index, verdict) in endpoints.iter_mut().enumerate() {
                verdict.endpoint = format!("{index}-{}", verdict.endpoint);
            }
            Report { summary, simulated, unverified, notes, ..report(endpoints) }
        },
    )
}

fn any_verdict() -> impl Strategy<Value = Verdict> {
    let shape = prop::sample::select(vec![healthy, backend_down, unreachable, expiring]);
    let state = prop::sample::select(State::ALL.to_vec());
    let diagnosis = prop::sample::select(Diagnosis::ALL.to_vec());
    (shape, state, diagnosis, "[a-z.|=' 監]{1,60}", words(), words(), -1e6..1e6, any::<u32>()).prop_map(
        |(shape, state, diagnosis, endpoint, explanation, action, days_left, micros)| {
            let mut verdict = Verdict { state, diagnosis, explanation, action, ..shape(&endpoint) };
            if let Some(certificate) = &mut verdict.certificate {
                certificate.days_left = days_left;
            }
            for probe in &mut verdict.probes {
                if let Outcome::RequestVerdict(judged) = &mut probe.outcome {
                    judged.elapsed = Duration::from_micros(micros.into());
                }
            }
            verdict
        },
    )
}

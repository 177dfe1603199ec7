//! Reports for tests: the usual endpoints, and any report at all.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use proptest::prelude::*;

use super::Report;
use crate::model::diagnosis::Diagnosis;
use crate::model::exchange::{Completion, FaultKind, Method, Phase, Phases};
use crate::model::state::State;
use crate::model::threshold::Thresholds;
use crate::plan::{OutputOptions, Verbosity};
use crate::rules::{Key, RuleOrigin, Selector};
use crate::verdict::{
    CertificateInfo, Evidence, FaultInfo, Outcome, RequestDetails, RequestResult, RequestVerdict, Transcript,
    Verdict,
};

/// A fixed moment: 2026-11-07T06:40:00Z.
pub(crate) fn moment() -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(1_794_033_600_123)
}

/// A run over these endpoints; state and summary are of the worst of them.
pub(crate) fn report(endpoints: Vec<Verdict>) -> Report {
    let state = State::worst(endpoints.iter().map(|verdict| verdict.state));
    let worst = endpoints.iter().find(|verdict| verdict.state == state);
    let summary = worst.map(|verdict| {
        let Verdict { diagnosis, evidence, endpoint, .. } = verdict;
        format!("{diagnosis} ({evidence}) at {endpoint}")
    });
    Report {
        state,
        exit_code: state.exit_code(),
        summary: summary.unwrap_or_default(),
        simulated: false,
        unverified: false,
        started_at: moment(),
        elapsed: Duration::from_micros(7_890),
        endpoints,
        notes: Vec::new(),
        thresholds: Thresholds::default(),
    }
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
    Verdict {
        endpoint: endpoint.into(),
        url: format!("http://{endpoint}/v2/health"),
        state: State::Ok,
        diagnosis: Diagnosis::Healthy,
        evidence: Evidence::Answers("GET 200".into()),
        explanation: "The API answers and reaches its back-end.".into(),
        quoted: None,
        action: String::new(),
        attempts: 1,
        certificate: None,
        backend: Some(Duration::from_micros(2_222)),
        probes: vec![
            probe(Method::Head, answered(204, 1_234, &[(Phase::Connect, 234), (Phase::Wait, 1_000)])),
            probe(
                Method::Get,
                answered(200, 3_456, &[(Phase::Connect, 200), (Phase::Wait, 3_000), (Phase::Receive, 256)]),
            ),
        ],
        notes: Vec::new(),
    }
}

/// An endpoint that says that its back-end is down.
pub(crate) fn backend_down(endpoint: &str) -> Verdict {
    let mut get =
        answered(503, 12_345, &[(Phase::Resolve, 900), (Phase::Connect, 1_200), (Phase::Wait, 10_245)]);
    get.state = State::Critical;
    get.detail = Some(r#"{"error": "database|unreachable"}"#.into());
    let healthy = healthy(endpoint);
    Verdict {
        state: State::Critical,
        diagnosis: Diagnosis::BackendDown,
        evidence: Evidence::Answers("GET 503".into()),
        explanation: "The API has been reached but the back-end connectivity is unavailable or compromised; \
                      the service cannot perform its operations."
            .into(),
        action: "Verify that the API is up and running and that there is connectivity with the back-end."
            .into(),
        backend: Some(Duration::from_micros(9_245)),
        probes: healthy.probes.into_iter().take(1).chain([probe(Method::Get, get)]).collect(),
        ..healthy
    }
}

/// An endpoint that refuses the connection, tried twice.
pub(crate) fn unreachable(endpoint: &str) -> Verdict {
    let mut head = answered(0, 321, &[(Phase::Connect, 321)]);
    head.state = State::Critical;
    head.key = Key { method: None, selector: Selector::Fault(FaultKind::Refused) };
    head.source = RuleOrigin::BuiltIn;
    head.answered_by = None;
    head.completion = Completion::Failed(FaultInfo {
        kind: FaultKind::Refused,
        phase: Phase::Connect,
        message: "Connection refused by 192.0.2.7:8777".into(),
    });
    Verdict {
        state: State::Critical,
        diagnosis: Diagnosis::Unreachable,
        evidence: Evidence::Event("HEAD refused".into()),
        explanation: "Nobody listens there.".into(),
        action: "Verify that the Ceilometer Reporting API is up and running.".into(),
        attempts: 2,
        backend: None,
        probes: vec![
            probe(Method::Head, head),
            RequestResult {
                method: Method::Get,
                outcome: Outcome::Skipped("nothing was reached by HEAD".into()),
            },
        ],
        ..healthy(endpoint)
    }
}

/// An endpoint over TLS whose certificate ends soon.
pub(crate) fn expiring(endpoint: &str) -> Verdict {
    let tls = [(Phase::Connect, 300), (Phase::Tls, 3_000), (Phase::Wait, 1_267)];
    Verdict {
        url: format!("{endpoint}/v2/health"),
        state: State::Warning,
        diagnosis: Diagnosis::CertificateExpiring,
        evidence: Evidence::Event("20 days left".into()),
        explanation: "The server's certificate expires soon.".into(),
        action: "Renew it.".into(),
        certificate: Some(CertificateInfo {
            not_after: moment() + Duration::from_secs(1_772_064),
            days_left: 20.51,
            subject: "CN=a.example".into(),
            issuer: "CN=Example CA, O=Example".into(),
        }),
        backend: Some(Duration::from_micros(1_111)),
        probes: vec![
            probe(Method::Head, answered(204, 4_567, &tls)),
            probe(Method::Get, answered(200, 5_678, &tls)),
        ],
        ..healthy(endpoint)
    }
}

fn probe(method: Method, mut judged: RequestVerdict) -> RequestResult {
    judged.key.method = judged.completion.answer().map(|_| method);
    RequestResult { method, outcome: Outcome::RequestVerdict(Box::new(judged)) }
}

fn answered(status: u16, micros: u64, times: &[(Phase, u64)]) -> RequestVerdict {
    let mut phases = Phases::default();
    for (phase, micros) in times {
        phases.set(*phase, Duration::from_micros(*micros));
    }
    RequestVerdict {
        state: State::Ok,
        key: Key { method: None, selector: Selector::Status(status) },
        source: RuleOrigin::Documented,
        completion: Completion::Full(status),
        answered_by: Some("ceilometer"),
        peer: Some("192.0.2.7:8777".into()),
        elapsed: Duration::from_micros(micros),
        phases,
        detail: None,
        details: None,
        transcript: None,
    }
}

/// The report as it is where so much is told.
pub(crate) fn told(verbosity: Verbosity, mut report: Report) -> Report {
    for probe in report.endpoints.iter_mut().flat_map(|verdict| &mut verdict.probes) {
        if let Outcome::RequestVerdict(judged) = &mut probe.outcome {
            let status = judged.completion.answer().copied();
            judged.details = (verbosity >= Verbosity::Requests).then(|| details(probe.method, status));
            judged.transcript = (verbosity >= Verbosity::Transcript).then(|| transcript(status));
        }
    }
    report
}

fn details(method: Method, status: Option<u16>) -> RequestDetails {
    let request_id = ("X-Openstack-Request-Id".into(), "req-42".into());
    RequestDetails {
        facts: Some(request_id).filter(|_| status == Some(503)).into_iter().collect(),
        curl: format!("curl -sS -i -X {} 'http://a:8777/v2/health'", method.name()),
    }
}

fn transcript(status: Option<u16>) -> Transcript {
    if status == Some(503) {
        return Transcript {
            sent: vec!["GET /v2/health HTTP/1.1".into(), "X-Auth-Token: ***".into()],
            received: vec!["HTTP/1.1 503 Service Unavailable".into()],
            body: "{\"error\":\n\"database|unreachable\"}".into(),
        };
    }
    Transcript {
        sent: vec!["HEAD /v2/health HTTP/1.1".into()],
        received: vec!["HTTP/1.1 204 No Content".into()],
        body: String::new(),
    }
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

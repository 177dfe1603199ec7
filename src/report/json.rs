//! The JSON report, schema version 1: keys are never left out, new ones may be added.

use std::time::Duration;

use serde::{Serialize, Serializer};

use super::Report;
use super::wording::{cause, full_explanation};
use crate::model::diagnosis::Diagnosis;
use crate::model::exchange::{Phase, Phases};
use crate::units;
use crate::verdict::{self, CertificateInfo, FaultInfo, LoginVerdict, Outcome, Responder, Verdict};

/// The version of the object's shape.
const SCHEMA_VERSION: u8 = 2;

/// Tells the report as one object over several lines, for people who look at it.
pub(super) fn render(report: &Report) -> String {
    written(serde_json::to_string_pretty(&Object::of(report)))
}

/// Tells the report as one object in one line, for a stream of reports.
pub(crate) fn line(report: &Report) -> String {
    written(serde_json::to_string(&Object::of(report)))
}

/// Escapes what is beyond ASCII, which can only be within strings.
pub(super) fn escape_to_ascii(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len());
    for c in json.chars() {
        if c.is_ascii() {
            escaped.push(c);
        } else {
            escaped.extend(c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")));
        }
    }
    escaped
}

fn written(text: serde_json::Result<String>) -> String {
    // Writing strings, numbers and string keys to a string cannot fail.
    text.unwrap_or_default() + "\n"
}

/// The report as an object. It borrows: ten thousand endpoints are told within the grace that a run has.
#[derive(Serialize)]
struct Object<'a> {
    schema_version: u8,
    service: &'static str,
    state: &'static str,
    exit_code: u8,
    summary: String,
    simulated: bool,
    started_at: String,
    elapsed_ms: f64,
    login: Option<JsonLogin<'a>>,
    endpoints: Vec<JsonEndpoint<'a>>,
    verified: bool,
    notes: &'a [String],
    version: &'static str,
}

impl<'a> Object<'a> {
    fn of(report: &'a Report) -> Object<'a> {
        Object {
            schema_version: SCHEMA_VERSION,
            service: "ceilometer",
            state: report.state.name(),
            exit_code: report.exit_code,
            summary: report.summary_with_marks(),
            simulated: report.simulated,
            started_at: units::format_timestamp_millis(report.started_at),
            elapsed_ms: milliseconds(report.elapsed),
            login: report.login.as_deref().map(JsonLogin::of),
            endpoints: report.endpoints.iter().map(JsonEndpoint::of).collect(),
            verified: !report.unverified,
            notes: &report.notes,
            version: env!("CARGO_PKG_VERSION"),
        }
    }
}

#[derive(Serialize)]
struct JsonEndpoint<'a> {
    endpoint: &'a str,
    url: &'a str,
    region: Option<&'a str>,
    interface: Option<&'static str>,
    state: &'static str,
    diagnosis: &'static str,
    explanation: String,
    action: &'a str,
    attempts: u32,
    certificate: Option<JsonCertificate<'a>>,
    backend_ms: Option<f64>,
    probes: Vec<JsonProbe<'a>>,
    notes: &'a [String],
}

impl<'a> JsonEndpoint<'a> {
    fn of(verdict: &'a Verdict) -> JsonEndpoint<'a> {
        JsonEndpoint {
            endpoint: &verdict.endpoint,
            url: &verdict.url,
            region: verdict.region.as_deref(),
            interface: verdict.interface,
            state: verdict.state.name(),
            diagnosis: verdict.diagnosis.name(),
            explanation: full_explanation(verdict),
            action: &verdict.action,
            attempts: verdict.attempts,
            certificate: verdict.certificate.as_ref().map(JsonCertificate::of),
            backend_ms: verdict.backend.map(milliseconds),
            probes: verdict.probes.iter().map(JsonProbe::of).collect(),
            notes: &verdict.notes,
        }
    }
}

/// The login to a cloud.
#[derive(Serialize)]
struct JsonLogin<'a> {
    cloud: &'a str,
    auth_url: &'a str,
    auth_type: &'static str,
    state: &'static str,
    key: Option<String>,
    diagnosis: Option<&'static str>,
    token: &'static str,
    status: Option<u16>,
    fault: Option<JsonFault>,
    elapsed_ms: Option<f64>,
    phases_ms: Times,
    expires_at: Option<String>,
    request_id: Option<&'a str>,
    detail: Option<&'a str>,
}

impl<'a> JsonLogin<'a> {
    fn of(login: &'a LoginVerdict) -> JsonLogin<'a> {
        let request = login.request.as_deref();
        JsonLogin {
            cloud: &login.cloud,
            auth_url: &login.auth_url,
            auth_type: login.auth_type,
            state: login.state.name(),
            key: login.key.map(|key| key.to_string()),
            diagnosis: login.diagnosis.map(Diagnosis::name),
            token: login.token.name(),
            status: request.and_then(|request| request.completion.answer().copied()),
            fault: request.and_then(|request| request.completion.fault()).map(JsonFault::of),
            elapsed_ms: request.map(|request| milliseconds(request.elapsed)),
            phases_ms: Times(request.map(|request| request.phases).unwrap_or_default()),
            expires_at: login.expires_at.map(units::format_timestamp),
            request_id: login.request_id.as_deref(),
            detail: login.detail.as_deref(),
        }
    }
}

#[derive(Serialize)]
struct JsonCertificate<'a> {
    not_after: String,
    days_left: f64,
    subject: &'a str,
    issuer: &'a str,
}

impl<'a> JsonCertificate<'a> {
    fn of(certificate: &'a CertificateInfo) -> JsonCertificate<'a> {
        JsonCertificate {
            not_after: units::format_timestamp(certificate.not_after),
            days_left: units::round_down(certificate.days_left, 2),
            subject: &certificate.subject,
            issuer: &certificate.issuer,
        }
    }
}

/// A request; of one that was not sent, all but its method and `skipped` is null.
#[derive(Serialize)]
struct JsonProbe<'a> {
    method: &'static str,
    state: Option<&'static str>,
    key: Option<String>,
    rule: Option<&'static str>,
    status: Option<u16>,
    fault: Option<JsonFault>,
    answered_by: Option<&'static str>,
    peer: Option<&'a str>,
    elapsed_ms: Option<f64>,
    phases_ms: Times,
    detail: Option<&'a str>,
    skipped: Option<&'a str>,
    #[serde(flatten)]
    details: Option<JsonDetails<'a>>,
    #[serde(flatten)]
    transcript: Option<JsonTranscript<'a>>,
}

impl<'a> JsonProbe<'a> {
    fn of(probe: &'a verdict::RequestResult) -> JsonProbe<'a> {
        let (judged, skipped) = match &probe.outcome {
            Outcome::RequestVerdict(judged) => (Some(judged.as_ref()), None),
            Outcome::Skipped(reason) => (None, Some(reason.as_str())),
        };
        JsonProbe {
            method: probe.method.name(),
            state: judged.map(|judged| judged.state.name()),
            key: judged.map(|judged| judged.key.to_string()),
            rule: judged.map(|judged| judged.source.name()),
            status: judged.and_then(|judged| judged.completion.answer().copied()),
            fault: judged.and_then(|judged| judged.completion.fault()).map(JsonFault::of),
            answered_by: judged.and_then(|judged| judged.answered_by).map(Responder::name),
            peer: judged.and_then(|judged| judged.peer.as_deref()),
            elapsed_ms: judged.map(|judged| milliseconds(judged.elapsed)),
            phases_ms: Times(judged.map(|judged| judged.phases).unwrap_or_default()),
            detail: judged.and_then(|judged| judged.detail.as_deref()),
            skipped,
            details: judged.and_then(|judged| judged.details.as_ref()).map(JsonDetails::of),
            transcript: judged.and_then(|judged| judged.transcript.as_ref()).map(JsonTranscript::of),
        }
    }
}

#[derive(Serialize)]
struct JsonFault {
    kind: &'static str,
    phase: &'static str,
    message: String,
}

impl JsonFault {
    fn of(fault: &FaultInfo) -> JsonFault {
        JsonFault { kind: fault.kind.name(), phase: fault.phase.name(), message: cause(&fault.detail) }
    }
}

/// The phases by their names.
struct Times(Phases);

impl Serialize for Times {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer
            .collect_map(Phase::ALL.iter().map(|phase| (phase.name(), self.0.get(*phase).map(milliseconds))))
    }
}

/// What a details needs (`-vv`).
#[derive(Serialize)]
struct JsonDetails<'a> {
    facts: Vec<Fact<'a>>,
    curl: &'a str,
}

#[derive(Serialize)]
struct Fact<'a> {
    name: &'a str,
    value: &'a str,
}

impl<'a> JsonDetails<'a> {
    fn of(details: &'a verdict::RequestDetails) -> JsonDetails<'a> {
        let facts = details.facts.iter().map(|(name, value)| Fact { name, value });
        JsonDetails { facts: facts.collect(), curl: &details.curl }
    }
}

/// All that went over the transcript (`-vvv`).
#[derive(Serialize)]
struct JsonTranscript<'a> {
    request: &'a [String],
    response: &'a [String],
    body: &'a str,
}

impl<'a> JsonTranscript<'a> {
    fn of(transcript: &'a verdict::Transcript) -> JsonTranscript<'a> {
        JsonTranscript { request: &transcript.sent, response: &transcript.received, body: &transcript.body }
    }
}

/// Milliseconds to the microsecond.
fn milliseconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e6).round() / 1e3
}

#[cfg(test)]
mod tests {
    use super::super::fixture;
    use super::*;
    use crate::plan::Verbosity;
    use expect_test::expect;
    use proptest::prelude::*;
    use serde_json::{Map, Value, json};

    fn object(report: &Report) -> Value {
        serde_json::from_str(&render(report)).unwrap()
    }

    #[test]
    fn the_whole_object() {
        let mut verdict = fixture::expiring("https://a:443");
        verdict.probes.truncate(1);
        let report = Report {
            notes: vec!["http_proxy is ignored".into()],
            ..fixture::at(Verbosity::Brief, fixture::report(vec![verdict]))
        };
        expect![[r#"
            {
              "schema_version": 2,
              "service": "ceilometer",
              "state": "WARNING",
              "exit_code": 1,
              "summary": "certificate-expiring: certificate of a:443 expires on 2026-11-27, in 20.5 days: below the warning threshold of 30 days",
              "simulated": false,
              "started_at": "2026-11-07T06:40:00.123Z",
              "elapsed_ms": 7.89,
              "login": null,
              "endpoints": [
                {
                  "endpoint": "https://a:443",
                  "url": "https://a:443/v2/health",
                  "region": null,
                  "interface": null,
                  "state": "WARNING",
                  "diagnosis": "certificate-expiring",
                  "explanation": "the certificate expires in 20.5 days, below the warning threshold of 30 days (CN=a.example)",
                  "action": "renew the certificate and have the server that presents it load the new one",
                  "attempts": 1,
                  "certificate": {
                    "not_after": "2026-11-27T18:54:24Z",
                    "days_left": 20.51,
                    "subject": "CN=a.example",
                    "issuer": "CN=Example CA, O=Example"
                  },
                  "backend_ms": 1.111,
                  "probes": [
                    {
                      "method": "HEAD",
                      "state": "OK",
                      "key": "head:204",
                      "rule": "documented",
                      "status": 204,
                      "fault": null,
                      "answered_by": null,
                      "peer": "192.0.2.7:8777",
                      "elapsed_ms": 4.567,
                      "phases_ms": {
                        "resolve": null,
                        "connect": 0.3,
                        "tls": 3.0,
                        "send": null,
                        "wait": 1.267,
                        "receive": null
                      },
                      "detail": null,
                      "skipped": null
                    }
                  ],
                  "notes": []
                }
              ],
              "verified": true,
              "notes": [
                "http_proxy is ignored"
              ],
              "version": "0.1.0"
            }
        "#]]
        .assert_eq(&render(&report));
    }

    #[test]
    fn the_probes_of_an_endpoint_that_cannot_be_reached() {
        let object =
            object(&fixture::at(Verbosity::Brief, fixture::report(vec![fixture::unreachable("b:8777")])));
        expect![[r#"
            [
              {
                "method": "HEAD",
                "state": "CRITICAL",
                "key": "refused",
                "rule": "ours",
                "status": null,
                "fault": {
                  "kind": "refused",
                  "phase": "connect",
                  "message": "192.0.2.7:8777: connection refused"
                },
                "answered_by": null,
                "peer": "192.0.2.7:8777",
                "elapsed_ms": 0.321,
                "phases_ms": {
                  "resolve": null,
                  "connect": 0.321,
                  "tls": null,
                  "send": null,
                  "wait": null,
                  "receive": null
                },
                "detail": null,
                "skipped": null
              },
              {
                "method": "GET",
                "state": null,
                "key": null,
                "rule": null,
                "status": null,
                "fault": null,
                "answered_by": null,
                "peer": null,
                "elapsed_ms": null,
                "phases_ms": {
                  "resolve": null,
                  "connect": null,
                  "tls": null,
                  "send": null,
                  "wait": null,
                  "receive": null
                },
                "detail": null,
                "skipped": "nothing was reached by HEAD"
              }
            ]
        "#]]
        .assert_eq(&format!("{:#}\n", object["endpoints"][0]["probes"]));
    }

    #[test]
    fn verbose_probes_tell_what_a_ticket_needs() {
        let report = fixture::report(vec![fixture::backend_down("a:8777")]);
        let keys = |verbosity| {
            let object = object(&fixture::at(verbosity, report.clone()));
            let probe = object["endpoints"][0]["probes"][1].as_object().unwrap().clone();
            probe.into_iter().skip(12).collect::<Map<_, _>>()
        };
        assert_eq!(Value::from(keys(Verbosity::Notes)), json!({}));
        assert_eq!(keys(Verbosity::Requests).keys().collect::<Vec<_>>(), ["facts", "curl"]);
        expect![[r#"
            {
              "facts": [
                {
                  "name": "X-Openstack-Request-Id",
                  "value": "req-42"
                }
              ],
              "curl": "curl -i --max-time 10 --noproxy '*' -H 'Accept: application/json' http://a:8777/v2/health",
              "request": [
                "GET /v2/health HTTP/1.1"
              ],
              "response": [
                "HTTP 503",
                "x-openstack-request-id: req-42"
              ],
              "body": "{\"error\": \"database|unreachable\"}"
            }
        "#]]
        .assert_eq(&format!("{:#}\n", Value::from(keys(Verbosity::Transcript))));
    }

    #[test]
    fn a_run_that_could_not_begin_is_an_object_too() {
        expect![[r#"
            {
              "schema_version": 2,
              "service": "ceilometer",
              "state": "UNKNOWN",
              "exit_code": 3,
              "summary": "no endpoint",
              "simulated": false,
              "started_at": "2026-11-07T06:40:00.123Z",
              "elapsed_ms": 0.12,
              "login": null,
              "endpoints": [],
              "verified": true,
              "notes": [],
              "version": "0.1.0"
            }
        "#]]
        .assert_eq(&render(&fixture::unable("no endpoint")));
    }

    #[test]
    fn times_are_milliseconds_to_the_microsecond() {
        let table = [(1_234_567, 1.235), (1_000_000, 1.0), (0, 0.0), (10_000_000_400, 10_000.0)];
        for (nanos, told) in table {
            assert!((milliseconds(Duration::from_nanos(nanos)) - told).abs() < f64::EPSILON);
        }
    }

    #[test]
    fn days_below_a_threshold_do_not_read_as_if_they_stood_at_it() {
        let mut report = fixture::report(vec![fixture::expiring("https://a:443")]);
        report.endpoints[0].certificate.as_mut().unwrap().days_left = 4.999;
        assert_eq!(object(&report)["endpoints"][0]["certificate"]["days_left"], 4.99);
    }

    proptest! {
        #[test]
        fn a_stream_has_one_object_a_line(report in fixture::any_report(), verbosity in (0..4_u8).prop_map(Verbosity::of)) {
            let report = fixture::at(verbosity, report);
            let line = line(&report);
            prop_assert_eq!(line.matches('\n').count(), 1);
            let read: Value = serde_json::from_str(&line).unwrap();
            prop_assert_eq!(&read["summary"], &report.summary_with_marks());
            let pretty: Value = serde_json::from_str(&render(&report)).unwrap();
            prop_assert_eq!(read, pretty);
        }
    }
}

//! The JSON report, schema version 2: keys are never left out, new ones may be added. What was not learnt is null.

use std::borrow::Cow;

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use serde_json::json;

use super::Report;
use super::wording::{self, cause};
use crate::model::exchange::{Peer, Phase, Phases, PlannedRequest};
use crate::terminal::ascii::replace_beyond_ascii;
use crate::units;
use crate::verdict::{CertificateInfo, FaultInfo, LoginVerdict, RequestVerdict, Responder, Verdict};

const SCHEMA_VERSION: u8 = 2;

/// Renders the report as one object over several lines, for people who look at it.
pub(super) fn render(report: &Report) -> String {
    written(serde_json::to_string_pretty(report))
}

/// Renders the report as one object in one line, for a stream of reports.
pub(crate) fn line(report: &Report) -> String {
    written(serde_json::to_string(report))
}

/// Escapes what is beyond ASCII, which can only be within strings.
pub(super) fn escape_to_ascii(json: &str) -> String {
    replace_beyond_ascii(json, |c, escaped| {
        escaped.extend(c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")));
    })
}

fn written(text: serde_json::Result<String>) -> String {
    // Writing strings, numbers and string keys to a string cannot fail.
    text.unwrap_or_default() + "\n"
}

impl Serialize for Report {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("schema_version", &SCHEMA_VERSION)?;
        map.serialize_entry("service", "ceilometer")?;
        map.serialize_entry("state", &self.state)?;
        map.serialize_entry("exit_code", &self.exit_code)?;
        map.serialize_entry("summary", &self.summary_with_marks())?;
        map.serialize_entry("simulated", &self.simulated)?;
        map.serialize_entry("started_at", &units::format_timestamp_millis(self.started_at))?;
        map.serialize_entry("elapsed_ms", &units::milliseconds(self.elapsed))?;
        map.serialize_entry("login", &self.login.as_deref())?;
        map.serialize_entry("endpoints", &self.endpoints)?;
        map.serialize_entry("verified", &self.uses_tls().then_some(!self.unverified))?;
        map.serialize_entry("notes", &self.notes)?;
        map.serialize_entry("version", env!("CARGO_PKG_VERSION"))?;
        map.end()
    }
}

impl Serialize for Verdict {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (explanation, action) = wording::advice(self);
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("endpoint", &self.endpoint)?;
        map.serialize_entry("url", &self.url)?;
        map.serialize_entry("region", &self.region)?;
        map.serialize_entry("interface", &self.interface)?;
        map.serialize_entry("state", &self.state)?;
        map.serialize_entry("diagnosis", &self.diagnosis)?;
        map.serialize_entry("explanation", &explanation)?;
        map.serialize_entry("action", &action)?;
        map.serialize_entry("attempts", &self.attempts)?;
        map.serialize_entry("certificate", &self.certificate)?;
        map.serialize_entry("backend_ms", &self.backend.map(units::milliseconds))?;
        map.serialize_entry("probes", &self.probes)?;
        map.serialize_entry("notes", &self.notes)?;
        map.end()
    }
}

impl Serialize for CertificateInfo {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("not_after", &units::format_timestamp(self.not_after))?;
        map.serialize_entry("days_left", &units::round_down(self.days_left, 2))?;
        map.serialize_entry("subject", &self.subject)?;
        map.serialize_entry("issuer", &self.issuer)?;
        map.end()
    }
}

impl Serialize for FaultInfo {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("kind", &self.kind)?;
        map.serialize_entry("phase", &self.phase)?;
        map.serialize_entry("message", &cause(&self.detail))?;
        map.end()
    }
}

impl Serialize for Phases {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let time = |phase| self.get(phase).map(units::milliseconds);
        serializer.collect_map(Phase::ALL.iter().map(|&phase| (phase, time(phase))))
    }
}

/// Writes what a request and a login have in common; all null where nothing was sent.
fn response<M: SerializeMap>(map: &mut M, request: Option<&RequestVerdict>) -> Result<(), M::Error> {
    map.serialize_entry("status", &request.and_then(|request| request.completion.response()))?;
    map.serialize_entry("fault", &request.and_then(|request| request.completion.fault()))
}

fn times<M: SerializeMap>(map: &mut M, request: Option<&RequestVerdict>) -> Result<(), M::Error> {
    map.serialize_entry("elapsed_ms", &request.map(|request| units::milliseconds(request.elapsed)))?;
    map.serialize_entry("phases_ms", &request.map(|request| request.phases).unwrap_or_default())
}

/// All that the body said.
fn detail(request: &RequestVerdict) -> Option<Cow<'_, str>> {
    let message = request.message.as_deref()?;
    let others = request.other_words.as_ref();
    Some(others.map_or(message.into(), |others| format!("{message}; {others}").into()))
}

/// A request in one flat object.
impl Serialize for PlannedRequest<RequestVerdict> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (request, skipped) = (self.sent(), self.skip_reason().map(wording::skip_reason));
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("method", &self.method())?;
        map.serialize_entry("state", &request.map(|request| request.state))?;
        map.serialize_entry("key", &request.map(|request| request.row.key.to_string()))?;
        map.serialize_entry("rule", &request.map(|request| request.row.origin.name()))?;
        response(&mut map, request)?;
        map.serialize_entry(
            "answered_by",
            &request.and_then(|request| request.answered_by).map(Responder::name),
        )?;
        map.serialize_entry("peer", &request.and_then(|request| request.peer.as_ref()).map(Peer::to_string))?;
        times(&mut map, request)?;
        map.serialize_entry("detail", &request.and_then(detail))?;
        map.serialize_entry("skipped", &skipped)?;
        if let Some(details) = request.and_then(|request| request.details.as_ref()) {
            let facts = details.facts.iter().map(|(name, value)| json!({ "name": name, "value": value }));
            map.serialize_entry("facts", &facts.collect::<Vec<_>>())?;
            map.serialize_entry("curl", &details.curl)?;
        }
        if let Some(transcript) = request.and_then(|request| request.transcript.as_ref()) {
            map.serialize_entry("request", &transcript.sent)?;
            map.serialize_entry("response", &transcript.received)?;
            map.serialize_entry("body", &transcript.body)?;
        }
        map.end()
    }
}

/// A login and its request in one flat object.
impl Serialize for LoginVerdict {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("cloud", &self.cloud)?;
        map.serialize_entry("auth_url", &self.auth_url)?;
        map.serialize_entry("auth_type", &self.auth_type)?;
        map.serialize_entry("state", &self.state)?;
        map.serialize_entry("key", &self.row.map(|row| row.key.to_string()))?;
        map.serialize_entry("diagnosis", &self.diagnosis)?;
        map.serialize_entry("token", self.token.name())?;
        response(&mut map, self.request.as_deref())?;
        times(&mut map, self.sent())?;
        map.serialize_entry("expires_at", &self.expires_at.map(units::format_timestamp))?;
        map.serialize_entry("request_id", &self.request_id)?;
        map.serialize_entry("detail", &wording::login::reason(self))?;
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture;
    use super::*;
    use crate::plan::Verbosity;
    use expect_test::expect;
    use proptest::prelude::*;
    use serde_json::{Map, Value};

    fn object(report: &Report) -> Value {
        serde_json::from_str(&render(report)).unwrap()
    }

    #[test]
    fn whole_object() {
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
    fn skipped_request() {
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
                "skipped": "HEAD got no answer (refused)"
              }
            ]
        "#]]
        .assert_eq(&format!("{:#}\n", object["endpoints"][0]["probes"]));
    }

    #[test]
    fn details_by_verbosity() {
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
              "curl": "curl -i --max-time 10 --noproxy '*' -H 'User-Agent: check_ceilometer/0.1.0' -H 'Accept: application/json' -H 'Cache-Control: no-cache' http://a:8777/v2/health",
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
    fn failed_setup() {
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
              "verified": null,
              "notes": [],
              "version": "0.1.0"
            }
        "#]]
        .assert_eq(&render(&fixture::unable("no endpoint")));
    }

    #[test]
    fn days_rounded_down() {
        let mut report = fixture::report(vec![fixture::expiring("https://a:443")]);
        report.endpoints[0].certificate.as_mut().unwrap().days_left = 4.999;
        assert_eq!(object(&report)["endpoints"][0]["certificate"]["days_left"], 4.99);
    }

    proptest! {
        #[test]
        fn one_object_per_line(report in fixture::any_report(), verbosity in (0..4_u8).prop_map(Verbosity::of)) {
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

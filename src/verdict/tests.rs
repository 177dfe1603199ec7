//! The rules as tables, over exchanges made by hand.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use expect_test::expect;
use proptest::prelude::*;

use super::RequestVerdict;
use super::*;
use crate::model::diagnosis::Diagnosis;
use crate::model::endpoint::{Host, Scheme};
use crate::model::exchange::{
    Completion, Fault, FaultKind, Header, Method, Peer, Phase, Phases, Response, ServerCertificate,
    SkipReason,
};
use crate::model::fault::{FaultDetail, LocalProblem};
use crate::model::range::Range;
use crate::model::threshold::Threshold;
use crate::plan::OutputOptions;
use crate::plan::Plan;
use crate::plan::{ExitCodes, Network, RunMode, Targets, Timing};
use crate::report::add_details;
use crate::report::wording::{advice, summary};
use crate::rules::{Criteria, Key, Table};
use crate::sanitize::Sanitizer;
use crate::sanitize::UntrustedText;
use crate::testing::assert_maps;

pub(crate) const NOW: SystemTime = UNIX_EPOCH;

/// A plan with the defaults, for one endpoint.
pub(crate) fn plan() -> Plan {
    Plan {
        targets: Targets::Endpoints(vec![endpoint()]),
        cloud: None,
        methods: vec![Method::Head, Method::Get],
        network: Network::default(),
        timing: Timing {
            budget: Duration::from_secs(10),
            connect_timeout: None,
            retries: 0,
            retry_delay: Duration::from_secs(1),
            parallel: None,
        },
        criteria: Criteria::default(),
        quorum: None,
        output: OutputOptions::default(),
        exit_codes: ExitCodes::Guidelines,
        is_haproxy_call: false,
        mode: RunMode::Once,
        notes: Vec::new(),
        sanitizer: Sanitizer::default(),
    }
}

pub(crate) fn endpoint() -> Endpoint {
    Endpoint {
        scheme: Scheme::Http,
        host: Host::Name("ctl1".into()),
        port: 8777,
        prefix: String::new(),
        path: "/v2/health".into(),
        route: Route::Host,
    }
}

pub(super) fn response(status: u16, headers: &[(&str, &str)], body: &str) -> Response {
    let header =
        |(name, value): &(&str, &str)| Header { name: (*name).into(), value: UntrustedText::new(*value) };
    Response {
        status,
        headers: headers.iter().map(header).collect(),
        body: UntrustedText::new(body),
        ..Response::default()
    }
}

pub(super) fn made(method: Method, completion: Completion<Response, Fault>) -> Exchange {
    Exchange {
        method,
        completion,
        peer: None,
        certificate: None,
        phases: Phases::default(),
        elapsed: Duration::from_millis(20),
        sent: UntrustedText::default(),
    }
}

fn fault(kind: FaultKind, phase: Phase) -> Fault {
    Fault { kind, phase, detail: FaultDetail::Local(LocalProblem::Failed("circumstances".into())) }
}

fn sent(exchange: Exchange) -> PlannedRequest {
    PlannedRequest::Sent(Box::new(exchange))
}

pub(crate) fn answered(method: Method, status: u16, headers: &[(&str, &str)], body: &str) -> PlannedRequest {
    sent(made(method, Completion::Full(response(status, headers, body))))
}

/// The first status that the built-in table puts in a state, for tests to which any will do.
pub(crate) fn status_in(state: State) -> u16 {
    let table = Table::default();
    (200..600).find(|status| table.row_of_response(Method::Get, *status, &[]).0.state == state).unwrap()
}

/// Makes a request from its notation in the tables below: a status, any WARNING, a fault (`body` comes after a 200),
/// a page, or `skipped`.
fn came(method: Method, outcome: &str) -> PlannedRequest {
    if let Ok(status) = outcome.parse() {
        return answered(method, status, &[], "");
    }
    let html: &[_] = &[("content-type", "text/html"), ("cache-control", "no-cache")];
    let page = "<html><body><h1>503</h1>\nNo server is available to handle this request.\n</body></html>";
    match outcome {
        "skipped" => PlannedRequest::Skipped(method, SkipReason::OutOfTime),
        "warning" => answered(method, status_in(State::Warning), &[], ""),
        "haproxy" if method == Method::Head => answered(method, 503, html, ""),
        "haproxy" => answered(method, 503, html, page),
        "page" => answered(method, 200, &[], "<!doctype html><title>Sign in</title>"),
        "report" => answered(method, 200, &[], r#"{"storage_reachable": false}"#),
        "cached" => answered(method, if method == Method::Head { 204 } else { 200 }, &[("age", "12")], ""),
        "keystone" => answered(method, 503, &[], "The Keystone service is temporarily unavailable."),
        _ => {
            let kind = FaultKind::ALL.iter().copied().find(|kind| kind.name() == outcome).unwrap();
            let mut exchange = made(
                method,
                match kind {
                    FaultKind::Body => {
                        Completion::Truncated(response(200, &[], "{\"me"), fault(kind, Phase::Wait))
                    }
                    _ => Completion::Failed(fault(kind, Phase::Wait)),
                },
            );
            if kind == FaultKind::Timeout {
                exchange.elapsed = Duration::from_secs(9);
            }
            sent(exchange)
        }
    }
}

pub(crate) fn both(head: &str, get: &str) -> Vec<PlannedRequest> {
    vec![came(Method::Head, head), came(Method::Get, get)]
}

/// Judges an attempt with whole bodies.
pub(crate) fn judge_whole(
    plan: &Plan,
    endpoint: &Endpoint,
    planned: &[PlannedRequest],
    attempts: u32,
    now: SystemTime,
) -> Verdict {
    let limits = TimeLimits::default();
    let attempt = Attempt { number: attempts, planned, problems: &problems(planned), limits };
    let mut verdict = judge(&plan.criteria, &plan.sanitizer, endpoint, &attempt, now);
    add_details(&mut verdict, plan, &plan.sanitizer, plan.output.verbosity, endpoint, planned);
    verdict
}

/// Judges the requests of a run that has these limits.
pub(crate) fn judge_within(limits: TimeLimits, planned: &[PlannedRequest]) -> Verdict {
    let Plan { criteria, sanitizer, .. } = &plan();
    let attempt = Attempt { number: 1, planned, problems: &problems(planned), limits };
    judge(criteria, sanitizer, &endpoint(), &attempt, NOW)
}

/// Summary, explanation and action.
pub(crate) fn in_words(verdict: &Verdict) -> String {
    let (explanation, action) = advice(verdict);
    format!("{}\n{explanation}\n-> {action}\n", summary::of_endpoint(verdict).text)
}

pub(crate) fn verdict(plan: &Plan, planned: &[PlannedRequest]) -> Verdict {
    judge_whole(plan, &endpoint(), planned, 1, NOW)
}

pub(crate) fn overriding(key: &str, state: State) -> Plan {
    let mut plan = plan();
    plan.criteria.table.set(Key::parse(key).unwrap(), state);
    plan
}

fn judged(verdict: &Verdict, number: usize) -> &RequestVerdict {
    verdict.probes[number].sent().expect("a request that was sent")
}

/// HEAD and GET outcome, state, diagnosis, and the requests that decided.
const PAIRS: [(&str, &str, State, Diagnosis, &str); 63] = [
    ("204", "200", State::Ok, Diagnosis::Healthy, "both"),
    ("204", "503", State::Critical, Diagnosis::BackendDown, "GET"),
    ("503", "503", State::Critical, Diagnosis::BackendDown, "GET"),
    ("timeout", "503", State::Critical, Diagnosis::BackendDown, "GET"),
    ("503", "200", State::Critical, Diagnosis::Unexpected, "HEAD"),
    ("204", "keystone", State::Critical, Diagnosis::Unexpected, "GET"),
    ("204", "haproxy", State::Critical, Diagnosis::ProxyError, "GET"),
    ("haproxy", "haproxy", State::Critical, Diagnosis::ProxyError, "GET"),
    ("haproxy", "200", State::Critical, Diagnosis::ProxyError, "HEAD"),
    ("502", "200", State::Critical, Diagnosis::ProxyError, "HEAD"),
    ("204", "504", State::Critical, Diagnosis::ProxyError, "GET"),
    ("204", "timeout", State::Critical, Diagnosis::BackendStalled, "GET"),
    ("204", "reset", State::Critical, Diagnosis::BackendStalled, "GET"),
    ("204", "closed", State::Critical, Diagnosis::BackendStalled, "GET"),
    ("204", "body", State::Critical, Diagnosis::BackendStalled, "GET"),
    ("204", "refused", State::Critical, Diagnosis::Unexpected, "GET"),
    ("204", "dns", State::Critical, Diagnosis::Unexpected, "GET"),
    ("204", "proxy", State::Unknown, Diagnosis::Unexpected, "GET"),
    ("204", "tls", State::Critical, Diagnosis::TlsFailed, "GET"),
    ("204", "protocol", State::Critical, Diagnosis::WrongService, "GET"),
    ("204", "local", State::Unknown, Diagnosis::Unexpected, "GET"),
    ("200", "timeout", State::Critical, Diagnosis::Unexpected, "GET"),
    ("405", "timeout", State::Critical, Diagnosis::Unexpected, "GET"),
    ("404", "timeout", State::Critical, Diagnosis::NotFound, "HEAD"),
    ("500", "body", State::Critical, Diagnosis::ApiError, "HEAD"),
    ("timeout", "timeout", State::Critical, Diagnosis::NoAnswer, "HEAD"),
    ("reset", "closed", State::Critical, Diagnosis::NoAnswer, "HEAD"),
    ("closed", "200", State::Critical, Diagnosis::NoAnswer, "HEAD"),
    ("timeout", "401", State::Critical, Diagnosis::NoAnswer, "HEAD"),
    ("refused", "skipped", State::Critical, Diagnosis::Unreachable, "HEAD"),
    ("no-route", "skipped", State::Critical, Diagnosis::Unreachable, "HEAD"),
    ("dns", "skipped", State::Critical, Diagnosis::Unreachable, "HEAD"),
    ("proxy", "skipped", State::Unknown, Diagnosis::Unreachable, "HEAD"),
    ("tls", "skipped", State::Critical, Diagnosis::TlsFailed, "HEAD"),
    ("local", "skipped", State::Unknown, Diagnosis::Unexpected, "HEAD"),
    ("protocol", "200", State::Critical, Diagnosis::WrongService, "HEAD"),
    ("500", "500", State::Critical, Diagnosis::ApiError, "GET"),
    ("404", "404", State::Critical, Diagnosis::NotFound, "GET"),
    ("404", "500", State::Critical, Diagnosis::ApiError, "GET"),
    ("401", "401", State::Unknown, Diagnosis::Denied, "GET"),
    ("204", "403", State::Unknown, Diagnosis::Denied, "GET"),
    ("407", "407", State::Unknown, Diagnosis::Denied, "GET"),
    ("405", "200", State::Unknown, Diagnosis::RequestRejected, "HEAD"),
    ("405", "503", State::Critical, Diagnosis::BackendDown, "GET"),
    ("400", "301", State::Unknown, Diagnosis::WrongService, "GET"),
    ("200", "200", State::Warning, Diagnosis::WrongService, "HEAD"),
    ("200", "429", State::Warning, Diagnosis::Throttled, "GET"),
    ("429", "200", State::Warning, Diagnosis::Throttled, "HEAD"),
    ("204", "204", State::Warning, Diagnosis::WrongService, "GET"),
    ("204", "page", State::Unknown, Diagnosis::WrongService, "GET"),
    ("204", "report", State::Warning, Diagnosis::Contradictory, "GET"),
    ("204", "cached", State::Warning, Diagnosis::Stale, "GET"),
    ("cached", "cached", State::Warning, Diagnosis::Stale, "GET"),
    ("cached", "timeout", State::Critical, Diagnosis::Unexpected, "GET"),
    ("408", "501", State::Critical, Diagnosis::Unexpected, "GET"),
    ("408", "200", State::Critical, Diagnosis::Unexpected, "HEAD"),
    ("204", "999", State::Critical, Diagnosis::WrongService, "GET"),
    ("99", "200", State::Critical, Diagnosis::WrongService, "HEAD"),
    ("101", "200", State::Critical, Diagnosis::WrongService, "HEAD"),
    // A skipped request counts for nothing, but where the API answers, the back-end must be probed too.
    ("204", "skipped", State::Unknown, Diagnosis::Unexpected, "GET not sent"),
    ("200", "skipped", State::Unknown, Diagnosis::Unexpected, "GET not sent"),
    ("500", "skipped", State::Critical, Diagnosis::ApiError, "HEAD"),
    ("skipped", "skipped", State::Unknown, Diagnosis::Unexpected, "no request sent"),
];

fn decisive(verdict: &Verdict) -> &'static str {
    match &verdict.basis {
        Basis::AllGood => "both",
        Basis::Request(method) => method.name(),
        Basis::GetNotSent(_) => "GET not sent",
        Basis::NothingSent(_) => "no request sent",
        Basis::Slow(..) => "time",
        Basis::Certificate(_) => "certificate",
        Basis::NoToken | Basis::NewTokenRefused => "login",
    }
}

#[test]
fn pairs_of_outcomes() {
    for (head, get, state, diagnosis, basis) in PAIRS {
        let verdict = verdict(&plan(), &both(head, get));
        let found = (verdict.state, verdict.diagnosis, decisive(&verdict));
        assert_eq!(found, (state, diagnosis, basis), "HEAD {head}, GET {get}");
    }
}

#[test]
fn doubtful_responses() {
    type Headers<'a> = &'a [(&'a str, &'a str)];
    let key = |(status, headers, body): (u16, Headers<'_>, &str)| {
        judged(&verdict(&plan(), &get(status, headers, body)), 0).row.key.to_string()
    };
    let empty = r#"{"reasons": [], "error": null, "unknown": {"a": false}}"#;
    let mongo = "It looks like you are trying to access MongoDB over HTTP on the native driver port.";
    let cases: [((u16, Headers<'_>, &str), &str); 17] = [
        ((200, &[("age", "12")], ""), "cached"),
        ((200, &[], r#"{"versions": [{"id": "v2.0", "links": []}]}"#), "page"),
        ((200, &[], r#"{"status": "ok", "versions": [{"id": "v2.0"}]}"#), "get:200"),
        ((200, &[], mongo), "page"),
        ((200, &[], "HTTP/1.1 503 Service Unavailable\r\n\r\ndb down"), "page"),
        ((200, &[("cf-mitigated", "challenge")], "{}"), "page"),
        ((200, &[("server", "awselb/2.0")], "OK"), "page"),
        ((200, &[("server", "BigIP")], "OK"), "page"),
        ((202, &[("x-amzn-waf-action", "challenge")], ""), "get:2xx"),
        ((200, &[("server", "nginx")], "OK"), "get:200"),
        ((200, &[("content-type", "text/html")], "{}"), "get:200"),
        ((200, &[], empty), "get:200"),
        ((200, &[], "<h1>up</h1>"), "get:200"),
        ((206, &[], "<html>"), "page"),
        ((206, &[], r#"{"database": false}"#), "get:2xx"),
        ((404, &[("age", "1")], "<html>"), "get:404"),
        ((503, &[("age", "1")], r#"{"database": false}"#), "get:503"),
    ];
    assert_maps(key, cases);
}

#[test]
fn diagnoses_by_responder() {
    type Headers<'a> = &'a [(&'a str, &'a str)];
    let wsme = r#"{"error_message":{"faultcode":"Server","faultstring":"Gnocchi unreachable"}}"#;
    let nginx = "<html><hr><center>nginx</center></html>";
    let cases: [(u16, Headers<'_>, &str, Diagnosis); 10] = [
        (502, &[], wsme, Diagnosis::Unexpected),
        (504, &[], wsme, Diagnosis::Unexpected),
        (502, &[], "", Diagnosis::ProxyError),
        (521, &[("cf-ray", "1-AMS")], "error code: 521", Diagnosis::ProxyError),
        (521, &[], "", Diagnosis::Unexpected),
        (500, &[], nginx, Diagnosis::ProxyError),
        (501, &[], nginx, Diagnosis::Unexpected),
        (500, &[], "<html><address>Apache</address></html>", Diagnosis::ApiError),
        (500, &[], "<html>Web Page Blocked! Attack ID: 1</html>", Diagnosis::ProxyError),
        (503, &[("server", "envoy")], r#"{"error":"db"}"#, Diagnosis::BackendDown),
    ];
    for (status, headers, body, diagnosis) in cases {
        let verdict = verdict(&plan(), &get(status, headers, body));
        assert_eq!(verdict.diagnosis, diagnosis, "{status} {headers:?} {body}");
    }
}

/// The API answers HEAD without its back-end: where HEAD failed too, a page that is not Python's is a proxy's.
#[test]
fn responses_of_somebody_else() {
    use Diagnosis::{ApiError, BackendDown, ProxyError, Unexpected};
    const PAGE: &str = "<!doctype html><html><title>Maintenance</title><h1>Back soon</h1></html>";
    const EXPRESS: &str = "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>Error</title>\n\
        </head>\n<body>\n<pre>ServiceUnavailableError: database down</pre>\n</body>\n</html>\n";
    const SPRING: &str = r#"{"timestamp":"x","path":"/v2/health","status":503,"error":"x","requestId":"1"}"#;
    const KUBERNETES: &str = r#"{"kind":"Status","apiVersion":"v1","status":"Failure","code":503}"#;
    const TYK: &str = r#"{"error": "There was a problem proxying the request"}"#;
    const CHALLENGE: &str = "<!DOCTYPE html><title>Just a moment...</title>";
    let webob = "<html>\n <head>\n  <title>503 Service Unavailable</title>\n </head><body><h1>503</h1>db</body></html>";
    let werkzeug = "<!doctype html>\n<html lang=en>\n<title>503 Service Unavailable</title>\n<h1>x</h1>";
    let python = "<!DOCTYPE HTML>\n<html lang=\"en\"><head><title>Error response</title></head><h1>Error response</h1>";
    let id: &[_] = &[("x-openstack-request-id", "req-1")];
    let cases = [
        (503, 503, &[][..], PAGE, ProxyError),
        (502, 503, &[], PAGE, ProxyError),
        (204, 503, &[], PAGE, BackendDown),
        (500, 503, &[], PAGE, BackendDown),
        (503, 503, id, PAGE, BackendDown),
        (503, 503, &[], "<h1>Down for maintenance</h1>", ProxyError),
        (503, 503, &[], webob, BackendDown),
        (503, 503, &[], werkzeug, BackendDown),
        (503, 503, &[], python, BackendDown),
        (503, 503, &[], EXPRESS, BackendDown),
        (503, 503, &[], "<!doctype html><title>HTTP Status 503 – Service Unavailable</title>", BackendDown),
        (503, 503, &[], "<html><body><hr/>Powered by Jetty:// 9.4<hr/></body></html>", BackendDown),
        (
            503,
            503,
            &[],
            "<!DOCTYPE html><html><body style=\"background-color: red\"></body></html>",
            BackendDown,
        ),
        (503, 503, &[("server", "gunicorn")], "<h1>503</h1><p>Database down</p>", BackendDown),
        (503, 503, &[("server", "Jetty(9.4.48)")], PAGE, BackendDown),
        (503, 503, &[], "", BackendDown),
        (503, 503, &[], "down for maintenance", BackendDown),
        (503, 503, &[], r#"{"error": "db"}"#, BackendDown),
        (503, 503, &[], r#"{"status": 503, "error": "x", "path": "/"}"#, BackendDown),
        (503, 503, &[], SPRING, ProxyError),
        (204, 503, &[], SPRING, BackendDown),
        (503, 503, &[], r#"{"statusCode":503,"error":"Service Unavailable","message":"x"}"#, ProxyError),
        (204, 503, &[], KUBERNETES, ProxyError),
        (204, 503, &[], CHALLENGE, ProxyError),
        (500, 500, &[], TYK, ProxyError),
        (500, 500, &[], PAGE, ApiError),
        (521, 521, &[("cf-ray", "x")], "", ProxyError),
        (530, 530, &[("server", "cloudflare")], "error code: 1016", ProxyError),
        (521, 521, &[], "", Unexpected),
    ];
    for (head, status, headers, body, diagnosis) in cases {
        let made = [answered(Method::Head, head, headers, ""), answered(Method::Get, status, headers, body)];
        let both = verdict(&plan(), &made);
        assert_eq!((both.state, both.diagnosis), (State::Critical, diagnosis), "{head}, {status} {body}");
        if diagnosis == BackendDown || judged(&both, 1).answered_by.is_none() {
            let alone = verdict(&plan(), &get(status, headers, body)).diagnosis;
            let expected = if diagnosis == ProxyError { BackendDown } else { diagnosis };
            assert_eq!(alone, expected, "GET {status} {body}");
        }
    }
}

/// A cache's copy of a failure says nothing of the back-end's time.
#[test]
fn cached_failures() {
    for (status, headers, is_cached) in [
        (503, &[("age", "30")][..], true),
        (404, &[("x-cache", "HIT")], true),
        (503, &[("age", "0")], false),
        (301, &[("age", "30")], false),
        (200, &[("age", "30")], false),
    ] {
        let verdict = verdict(&plan(), &get(status, headers, ""));
        assert_eq!(judged(&verdict, 0).is_cached_failure, is_cached, "{status} {headers:?}");
    }
    let mut head = made(Method::Head, Completion::Full(response(204, &[], "")));
    let mut get = made(Method::Get, Completion::Full(response(503, &[("age", "30")], "")));
    for exchange in [&mut head, &mut get] {
        exchange.phases.set(Phase::Wait, Duration::from_millis(1));
    }
    assert_eq!(verdict(&plan(), &[sent(head), sent(get)]).backend, None);
}

/// A cache that answers GET by what it fetched for HEAD of the same run.
#[test]
fn responses_of_the_run_from_a_cache() {
    type Headers<'a> = &'a [(&'a str, &'a str)];
    let hit: Headers<'_> = &[("age", "0"), ("x-varnish", "5 3")];
    let cases: [(u16, Headers<'_>, Diagnosis); 4] = [
        (204, &[("age", "0"), ("x-varnish", "3")], Diagnosis::Healthy),
        (204, hit, Diagnosis::Stale),
        (204, &[("age", "9")], Diagnosis::Stale),
        (404, &[], Diagnosis::NotFound),
    ];
    for (status, head, diagnosis) in cases {
        let made = [answered(Method::Head, status, head, ""), answered(Method::Get, 200, hit, "")];
        let both = verdict(&plan(), &made);
        assert_eq!((both.diagnosis, both.backend), (diagnosis, None), "{status} {head:?}");
    }
    assert_eq!(verdict(&plan(), &get(200, hit, "")).diagnosis, Diagnosis::Stale);
}

#[test]
fn one_method() {
    use Diagnosis::{Alive, BackendDown, Healthy, NoAnswer, Unexpected};
    let cases = [
        (Method::Head, "204", State::Ok, Alive),
        (Method::Head, "timeout", State::Critical, NoAnswer),
        (Method::Get, "200", State::Ok, Healthy),
        (Method::Get, "503", State::Critical, BackendDown),
        (Method::Get, "timeout", State::Critical, NoAnswer),
        (Method::Get, "closed", State::Critical, NoAnswer),
        (Method::Get, "body", State::Critical, Unexpected),
    ];
    for (method, outcome, state, diagnosis) in cases {
        let plan = Plan { methods: vec![method], ..plan() };
        let verdict = verdict(&plan, &[came(method, outcome)]);
        assert_eq!((verdict.state, verdict.diagnosis), (state, diagnosis), "{method:?} {outcome}");
    }
}

#[test]
fn timeout_within_the_response() {
    let fault = fault(FaultKind::Timeout, Phase::Receive);
    let mut begun = made(Method::Get, Completion::Truncated(response(200, &[], "{"), fault));
    begun.elapsed = Duration::from_secs(9);
    let begun = sent(begun);
    let alone = verdict(&plan(), std::slice::from_ref(&begun));
    assert_eq!((alone.state, alone.diagnosis), (State::Critical, Diagnosis::Unexpected));
    let after_head = verdict(&plan(), &[came(Method::Head, "204"), begun]);
    assert_eq!(after_head.diagnosis, Diagnosis::BackendStalled);
}

/// A server that no longer takes connections is not its back-end's fault.
#[test]
fn timeout_while_connecting_for_get() {
    let fault = fault(FaultKind::Timeout, Phase::Connect);
    let get = sent(made(Method::Get, Completion::Failed(fault)));
    let after_head = verdict(&plan(), &[came(Method::Head, "204"), get]);
    assert_eq!((after_head.state, after_head.diagnosis), (State::Critical, Diagnosis::Unexpected));
}

#[test]
fn overrides() {
    use Diagnosis::{BackendDown, BackendStalled, Healthy, NoAnswer, Unexpected, WrongService};
    let cases = [
        ("head:405", State::Ok, "405", "200", State::Ok, Healthy),
        ("head:405", State::Ok, "405", "timeout", State::Critical, BackendStalled),
        ("get:503", State::Ok, "204", "503", State::Ok, Healthy),
        ("5xx", State::Warning, "204", "503", State::Warning, BackendDown),
        ("timeout", State::Unknown, "204", "timeout", State::Unknown, BackendStalled),
        ("timeout", State::Unknown, "timeout", "timeout", State::Unknown, NoAnswer),
        ("200", State::Critical, "204", "200", State::Critical, Unexpected),
        ("protocol", State::Warning, "204", "999", State::Warning, WrongService),
        ("page", State::Critical, "204", "page", State::Critical, WrongService),
        ("get:cached", State::Ok, "204", "cached", State::Ok, Healthy),
        ("get:200", State::Ok, "204", "report", State::Ok, Healthy),
    ];
    for (key, to, head, get, state, diagnosis) in cases {
        let verdict = verdict(&overriding(key, to), &both(head, get));
        assert_eq!((verdict.state, verdict.diagnosis), (state, diagnosis), "{key}={to}: {head}, {get}");
    }
}

fn threshold(warning: &str, critical: &str) -> Threshold {
    let range = |text: &str| Range::parse(text, Unit::Seconds).ok().filter(|_| !text.is_empty());
    Threshold { warning: range(warning), critical: range(critical) }
}

fn timed(method: Method, status: u16, wait: u64, elapsed: u64) -> PlannedRequest {
    let mut exchange = made(method, Completion::Full(response(status, &[], "")));
    exchange.phases.set(Phase::Wait, Duration::from_millis(wait));
    exchange.elapsed = Duration::from_millis(elapsed);
    sent(exchange)
}

#[test]
fn request_times() {
    let mut plan = plan();
    plan.criteria.thresholds.request = threshold("1", "3");
    let result = |head, get| {
        let verdict = verdict(&plan, &[timed(Method::Head, 204, 1, head), timed(Method::Get, 200, 1, get)]);
        (verdict.state, verdict.diagnosis, advice(&verdict).0)
    };
    let slow = |state, explanation: &str| (state, Diagnosis::Slow, explanation.to_owned());
    assert_eq!(result(1000, 1000).1, Diagnosis::Healthy);
    let warning = "GET took 1.001 s, above the warning threshold of 1 s";
    assert_eq!(result(1500, 1001), slow(State::Warning, warning));
    let slower = "HEAD took 1.502 s, above the warning threshold of 1 s";
    assert_eq!(result(1502, 1001), slow(State::Warning, slower));
    let critical = "HEAD took 3.2 s, above the critical threshold of 3 s";
    assert_eq!(result(3200, 2000), slow(State::Critical, critical));

    for (wait, slow) in [(1, "check the load of the API, "), (1400, "check the load of the back-end ")] {
        let made = [timed(Method::Head, 204, 1, 1), timed(Method::Get, 200, wait, 1500)];
        assert!(advice(&verdict(&plan, &made)).1.starts_with(slow), "{wait}");
    }

    let mut late = made(Method::Get, Completion::Failed(fault(FaultKind::Timeout, Phase::Wait)));
    late.elapsed = Duration::from_secs(9);
    let verdict = verdict(&plan, &[timed(Method::Head, 204, 1, 1), sent(late)]);
    assert_eq!(verdict.diagnosis, Diagnosis::BackendStalled);
}

/// The diagnoses of timeouts, by the times of other endpoints, of HEAD's look-up, HEAD and GET in ms, in a run of 2 s.
#[test]
fn fair_waits() {
    use Spender::{Head, Lookup, Others, Rest};
    let run = TimeLimits { requests: Duration::from_secs(2), ..TimeLimits::default() };
    let after = |queued| TimeLimits { queued: Duration::from_millis(queued), ..run };
    let late = |method, phase, elapsed| {
        let mut exchange = made(method, Completion::Failed(fault(FaultKind::Timeout, phase)));
        exchange.elapsed = Duration::from_millis(elapsed);
        exchange
    };
    let table = [
        (0, 0, 1, 1999, None),
        (0, 0, 900, 1100, None),
        (0, 0, 1000, 1000, Some(Head)),
        (0, 0, 1800, 200, Some(Head)),
        // Clearly longer than HEAD took.
        (0, 0, 150, 500, None),
        (0, 0, 150, 47, Some(Rest)),
        (0, 1200, 1, 799, None),
        (0, 1800, 1, 199, Some(Lookup)),
        (0, 0, 1, 499, Some(Rest)),
        (900, 0, 300, 800, None),
        (1100, 0, 300, 600, Some(Others)),
        (1600, 0, 1, 399, Some(Others)),
    ];
    for (queued, lookup, head, get, spender) in table {
        let mut answered = made(Method::Head, Completion::Full(response(204, &[], "")));
        answered.elapsed = Duration::from_millis(lookup + head);
        answered.phases.set(Phase::Resolve, Duration::from_millis(lookup));
        let get = late(Method::Get, Phase::Wait, get);
        let verdict = judge_within(after(queued), &[sent(answered), sent(get)]);
        let found = judged(&verdict, 1).shortage.map(|shortage| shortage.spender);
        let diagnosis = if found.is_none() { Diagnosis::BackendStalled } else { Diagnosis::Unexpected };
        // Whom others left no time cannot be judged.
        let state = if spender == Some(Others) { State::Unknown } else { State::Critical };
        assert_eq!((verdict.state, verdict.diagnosis), (state, diagnosis), "{queued} {lookup} {head}");
        assert_eq!(found, spender, "{queued} {lookup} {head}");
    }
    let connect = TimeLimits { connect: Some(Duration::from_millis(200)), ..run };
    let connect_late = TimeLimits { connect: connect.connect, ..after(1700) };
    let table = [
        (run, Phase::Connect, 1999, 2000, Some(Lookup)),
        (run, Phase::Resolve, 2000, 2000, None),
        (run, Phase::Resolve, 60, 60, Some(Rest)),
        (run, Phase::Connect, 0, 200, Some(Rest)),
        (connect, Phase::Connect, 0, 200, None),
        (connect_late, Phase::Connect, 0, 200, None),
        (connect, Phase::Wait, 0, 200, Some(Rest)),
        (after(1400), Phase::Wait, 0, 600, Some(Others)),
        (after(900), Phase::Wait, 0, 1100, None),
    ];
    for (limits, phase, lookup, elapsed, spender) in table {
        let mut exchange = late(Method::Head, phase, elapsed);
        exchange.phases.set(Phase::Resolve, Duration::from_millis(lookup));
        let verdict = judge_within(limits, &[sent(exchange)]);
        let found = judged(&verdict, 0).shortage.map(|shortage| shortage.spender);
        assert_eq!(found, spender, "{limits:?} {phase:?} {lookup} {elapsed}");
    }
}

/// The user's own word on timeouts stays.
#[test]
fn overridden_timeout_without_time() {
    let plan = overriding("timeout", State::Warning);
    let limits = TimeLimits {
        requests: Duration::from_secs(2),
        queued: Duration::from_secs(2),
        ..TimeLimits::default()
    };
    let made = [sent(made(Method::Head, Completion::Failed(fault(FaultKind::Timeout, Phase::Wait))))];
    let exchanges: Vec<_> = made.iter().filter_map(PlannedRequest::sent).collect();
    let requests = request::judge(&plan.criteria.table, &limits, &exchanges, &problems(&made));
    assert_eq!(requests[0].row.state, State::Warning);
}

#[test]
fn slow_phases() {
    let mut plan = plan();
    plan.criteria.thresholds.request = threshold("1", "");
    let table = [
        (Phase::Resolve, 900, ", 900 ms of it to resolve the name", "check this machine's resolver"),
        (Phase::Resolve, 100, "", "check the load of the API"),
        (Phase::Connect, 1100, ", 1.1 s of it to connect", "check the network to the host"),
        (
            Phase::Tls,
            700,
            ", 700 ms of it for the TLS handshake",
            "check the load of the server that ends TLS",
        ),
        (Phase::Receive, 700, ", 700 ms of it to receive the body", "check the network, and how fast"),
        (Phase::Wait, 1200, "", "check the load of the API"),
    ];
    for (phase, time, words, slow) in table {
        let mut head = made(Method::Head, Completion::Full(response(204, &[], "")));
        head.elapsed = Duration::from_millis(1204);
        head.phases.set(phase, Duration::from_millis(time));
        let verdict = verdict(&plan, &[sent(head), timed(Method::Get, 200, 1, 1)]);
        let expected =
            format!("slow: HEAD from ctl1:8777 took 1.204 s{words}: above the warning threshold of 1 s");
        assert_eq!(summary::of_endpoint(&verdict).text, expected);
        let (_, action) = advice(&verdict);
        assert!(action.starts_with(slow), "{action}");
    }
}

/// A refusal that came too late is also reported as a refusal.
#[test]
fn slow_failures() {
    let mut plan = plan();
    plan.criteria.thresholds.request = threshold("", "0.1");
    let found = |head, get| {
        let made = [timed(Method::Head, head, 300, 300), timed(Method::Get, get, 300, 300)];
        let verdict = verdict(&plan, &made);
        assert_eq!(verdict.state, State::Critical);
        in_words(&verdict)
    };
    expect![[r#"
        slow: GET from ctl1:8777 took 300 ms: above the critical threshold of 0.1 s
        GET took 300 ms, above the critical threshold of 0.1 s
        -> check the load of the API, its host and the network
        slow: GET from ctl1:8777 took 300 ms: above the critical threshold of 0.1 s; also denied: GET 401 from ctl1:8777
        GET took 300 ms, above the critical threshold of 0.1 s; also: access control answered before the health check could: it wants credentials
        -> give a token with --token-file or a password with --auth-file, or exempt the health path from authentication; then check the load of the API, its host and the network
        slow: GET from ctl1:8777 took 300 ms: above the critical threshold of 0.1 s; also wrong-service: GET 302 from http://ctl1:8777/v2/health
        GET took 300 ms, above the critical threshold of 0.1 s; also: something else answered; redirects are not followed; there is no Location
        -> check the address of the API itself, with its scheme (http or https); then check the load of the API, its host and the network
        slow: GET from ctl1:8777 took 300 ms: above the critical threshold of 0.1 s; also wrong-service: GET 201 from http://ctl1:8777/v2/health
        GET took 300 ms, above the critical threshold of 0.1 s; also: not the documented answer to GET, which is 200: no proof of a round trip to the back-end
        -> check that address, port and path lead to the API's health check; then check the load of the API, its host and the network
    "#]].assert_eq(
        &[(204, 200), (401, 401), (302, 302), (204, 201)].map(|(head, get)| found(head, get)).concat(),
    );
}

/// The worst of the requests that were too slow is the one that is named beside a failure.
#[test]
fn slow_requests_beside_a_failure() {
    let mut plan = plan();
    plan.criteria.thresholds.request = threshold("0.1", "0.3");
    let made = [timed(Method::Head, 204, 340, 340), timed(Method::Get, 503, 290, 290)];
    let verdict = verdict(&plan, &made);
    assert_eq!(verdict.diagnosis, Diagnosis::BackendDown);
    assert!(matches!(verdict.also_crossed[..], [Basis::Slow(Timed::Request(Method::Head), ..)]));
}

#[test]
fn slow_failures_of_two_servers() {
    let mut plan = plan();
    plan.criteria.thresholds.request = threshold("", "0.1");
    let mut made = [timed(Method::Head, 401, 300, 300), timed(Method::Get, 401, 300, 300)];
    for (request, peer) in made.iter_mut().zip(["192.0.2.1:8777", "192.0.2.2:8777"]) {
        let PlannedRequest::Sent(exchange) = request else { panic!("{request:?}") };
        exchange.peer = Some(Peer::Tcp(peer.parse().unwrap()));
    }
    let (explanation, _) = advice(&verdict(&plan, &made));
    assert_eq!(explanation.matches("two servers were asked").count(), 1, "{explanation}");
}

#[test]
fn back_end_time() {
    let mut plan = plan();
    plan.criteria.thresholds.backend = threshold("", "0.5");
    let judged = |head, get| {
        let made = [timed(Method::Head, 204, head, 1), timed(Method::Get, 200, get, 1)];
        let verdict = verdict(&plan, &made);
        (verdict.backend.unwrap().as_millis(), verdict.state, decisive(&verdict))
    };
    assert_eq!(judged(100, 50), (0, State::Ok, "both"));
    assert_eq!(judged(100, 600), (500, State::Ok, "both"));
    assert_eq!(judged(100, 601), (501, State::Critical, "time"));
    let measured = |head, get| {
        let made = [timed(Method::Head, head, 1, 1), timed(Method::Get, get, 3, 3)];
        verdict(&plan, &made).backend.is_some()
    };
    for (head, get, expected) in [
        (204, 200, true),
        (204, 503, true),
        (200, 200, false),
        (503, 503, false),
        (204, 204, false),
        (204, 401, false),
        (204, 500, false),
        (204, 502, false),
    ] {
        assert_eq!(measured(head, get), expected, "HEAD {head}, GET {get}");
    }
    let PlannedRequest::Sent(mut reporting) = timed(Method::Get, 200, 601, 1) else { panic!("not sent") };
    reporting.completion = Completion::Full(response(200, &[], r#"{"database": false}"#));
    let slow = verdict(&plan, &[timed(Method::Head, 204, 1, 1), PlannedRequest::Sent(reporting)]);
    assert_eq!((slow.state, slow.beside), (State::Critical, Some(Method::Get)));
    assert_eq!(slow.beside().map(|judged| judged.diagnosis), Some(Diagnosis::Contradictory));
    let at = |request: PlannedRequest, peer: &str| {
        let PlannedRequest::Sent(mut exchange) = request else { panic!("{request:?}") };
        exchange.peer = Some(Peer::Tcp(peer.parse().unwrap()));
        PlannedRequest::Sent(exchange)
    };
    let head = at(timed(Method::Head, 204, 1, 1), "192.0.2.1:8777");
    let get = at(timed(Method::Get, 200, 1, 1), "192.0.2.2:8777");
    assert_eq!(verdict(&plan, &[head, get]).backend, None);
    assert_eq!(verdict(&plan, &[timed(Method::Get, 200, 1, 1)]).backend, None);
}

fn with_certificate(days: i64, mut exchange: Exchange) -> PlannedRequest {
    let life = Duration::from_secs(days.unsigned_abs() * 86_400);
    let not_after = if days < 0 { NOW - life } else { NOW + life };
    let certificate = ServerCertificate {
        not_after,
        subject: UntrustedText::new("CN=ctl1"),
        issuer: UntrustedText::new("CN=CA"),
    };
    exchange.certificate = Some(certificate);
    sent(exchange)
}

#[test]
fn certificate_days() {
    let mut plan = plan();
    plan.criteria.thresholds.certificate =
        Threshold { warning: Some(Range::at_least(30.0)), critical: Some(Range::at_least(7.0)) };
    let result = |head, get| {
        let good = |method, status| made(method, Completion::Full(response(status, &[], "")));
        let made =
            [with_certificate(head, good(Method::Head, 204)), with_certificate(get, good(Method::Get, 200))];
        let verdict = verdict(&plan, &made);
        (verdict.state, verdict.diagnosis.name(), advice(&verdict).0)
    };
    let expiring = |state, explanation: &str| (state, "certificate-expiring", explanation.to_owned());
    assert_eq!(result(90, 30).1, "healthy");
    let soon = "the certificate expires in 29 days, below the warning threshold of 30 days (CN=ctl1)";
    assert_eq!(result(90, 29), expiring(State::Warning, soon));
    let sooner = "the certificate expires in 6 days, below the critical threshold of 7 days (CN=ctl1)";
    assert_eq!(result(6, 90), expiring(State::Critical, sooner));
    let over = "the certificate expired 3 days ago, below the critical threshold of 7 days (CN=ctl1)";
    assert_eq!(result(-3, 90), expiring(State::Critical, over));

    let expired = made(Method::Head, Completion::Failed(fault(FaultKind::Tls, Phase::Tls)));
    let verdict = verdict(&plan, &[with_certificate(-3, expired), came(Method::Get, "skipped")]);
    let certificate = verdict.certificate.unwrap();
    assert_eq!((verdict.diagnosis, certificate.days_left), (Diagnosis::TlsFailed, -3.0));
    assert_eq!((certificate.subject.as_str(), certificate.issuer.as_str()), ("CN=ctl1", "CN=CA"));
}

#[test]
fn equal_states() {
    let mut plan = plan();
    plan.criteria.thresholds.request = threshold("", "0");
    plan.criteria.thresholds.backend = threshold("", "0");
    plan.criteria.thresholds.certificate = Threshold { warning: None, critical: Some(Range::at_least(9.0)) };
    let result = |status, plan: &Plan| {
        let exchange = made(Method::Get, Completion::Full(response(status, &[], "")));
        verdict(plan, &[with_certificate(1, exchange)]).diagnosis
    };
    assert_eq!(result(503, &plan), Diagnosis::BackendDown);
    assert_eq!(result(501, &plan), Diagnosis::Unexpected);
    assert_eq!(result(401, &plan), Diagnosis::Slow);
    assert_eq!(result(200, &plan), Diagnosis::Slow);
    plan.criteria.thresholds.request = Threshold::default();
    assert_eq!(result(200, &plan), Diagnosis::CertificateExpiring);
}

pub(crate) fn get(status: u16, headers: &[(&str, &str)], body: &str) -> [PlannedRequest; 1] {
    [answered(Method::Get, status, headers, body)]
}

#[test]
fn request_result() {
    let mut exchange = made(
        Method::Get,
        Completion::Full(response(
            503,
            &[("server", "WSGI")],
            r#"{"error_message":"no database for s3cr3t-t0ken"}"#,
        )),
    );
    exchange.peer = Some(Peer::Tcp("[2001:db8::1]:8777".parse().unwrap()));
    exchange.sent = UntrustedText::new("GET /v2/health HTTP/1.1\r\nX-Auth-Token: s3cr3t-t0ken\r\n");
    let mut plan = plan();
    plan.sanitizer.add_secret(b"s3cr3t-t0ken");
    let verdict = verdict(&plan, &[sent(exchange)]);
    let result = judged(&verdict, 0);
    assert_eq!(
        (&result.completion, result.row.key.to_string(), result.row.origin.name()),
        (&Completion::Full(503), "get:503".into(), "documented")
    );
    assert_eq!(
        (result.answered_by.map(Responder::name), result.peer.as_ref().map(Peer::to_string)),
        (Some("ceilometer"), Some("[2001:db8::1]:8777".into()))
    );
    assert!(result.message.as_ref().unwrap().starts_with("no database for "));
    assert!(!format!("{verdict:?}").contains("s3cr3t"), "{verdict:?}");
}

#[test]
fn names_in_sentences() {
    let address = "192.0.2.1".parse().unwrap();
    let table = [
        (Route::Host, "ctl1:8777", "http://ctl1:8777/v2/health"),
        (
            Route::Address(address, 80),
            "ctl1:8777 at 192.0.2.1:80",
            "http://ctl1:8777/v2/health at 192.0.2.1:80",
        ),
        (Route::Resolved(address), "ctl1:8777 (192.0.2.1)", "http://ctl1:8777/v2/health (192.0.2.1)"),
        (Route::Unix("/run/api.sock".into()), "unix:/run/api.sock", "unix:/run/api.sock:/v2/health"),
    ];
    for (route, name, url) in table {
        let endpoint = Endpoint { route, ..endpoint() };
        let verdict = judge_whole(&plan(), &endpoint, &get(404, &[], ""), 1, NOW);
        assert_eq!((verdict.shown_name(), verdict.shown_url()), (name, url));
    }
}

#[test]
fn truncated_responses() {
    let broken = verdict(&plan(), &both("204", "body"));
    let result = judged(&broken, 1);
    assert_eq!((result.completion.response(), result.row.key.to_string()), (Some(&200), "body".into()));
    assert_eq!(
        result.completion.fault().map(|fault| &fault.detail),
        Some(&FaultDetail::Local(LocalProblem::Failed("circumstances".into())))
    );
}

#[test]
fn skipped_requests() {
    let verdict = verdict(&plan(), &both("refused", "skipped"));
    assert_eq!(judged(&verdict, 0).method, Method::Head);
    assert!(matches!(verdict.probes[1], PlannedRequest::Skipped(Method::Get, SkipReason::OutOfTime)));
}

proptest! {
    #[test]
    fn good_diagnoses(head in 0..1000_u16, get in 0..1000_u16, over in 0..4_usize) {
        let plan = overriding("get:2xx", State::ALL[over]);
        let verdict = verdict(&plan, &both(&head.to_string(), &get.to_string()));
        let good = matches!(verdict.diagnosis, Diagnosis::Healthy | Diagnosis::Alive);
        prop_assert_eq!(good, verdict.state == State::Ok);
        let says_override = summary::of_endpoint(&verdict).text.contains(" by --state get:2xx)");
        prop_assert!(good == advice(&verdict).1.is_empty() || says_override);
        let rows = [judged(&verdict, 0).state, judged(&verdict, 1).state];
        prop_assert_eq!(verdict.state, State::worst(rows));
    }
}

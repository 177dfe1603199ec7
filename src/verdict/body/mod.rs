//! The body's message in one line: health reports and their relatives, error objects, pages, plain text.

mod html;
mod json;
mod report;
mod states;
mod traceback;

use std::borrow::Cow;

use serde::de::IgnoredAny;
use serde_json::Value;

use crate::model::exchange::{MAX_BODY_BYTES, Response};
use crate::sanitize::{self, Sanitizer, UntrustedText, truncate};

/// Maximum length of a message, in characters. The long output has the whole of it, the summary its beginning.
const MAX_MESSAGE: usize = 1000;

/// Maximum size of a message that is kept, in bytes: there may be 20,000 endpoints.
const MAX_MESSAGE_BYTES: usize = 2048;

/// Maximum length of the other words of an error, in characters.
const MAX_OTHER_WORDS: usize = 400;

/// The body of a response as the rules read it.
#[derive(Debug)]
pub(super) struct Body<'a> {
    pub(super) response: &'a Response,
    /// The text; empty where there is none to read.
    pub(super) text: Cow<'a, str>,
    /// The value of JSON, or of a dictionary as Python shows it.
    pub(super) json: Option<Value>,
}

impl<'a> Body<'a> {
    pub(super) fn of(response: &'a Response) -> Body<'a> {
        let text = body_text(response).unwrap_or_default();
        let json = if text.is_empty() { None } else { json::parse(&text) };
        Body { response, text, json }
    }
}

/// The words of a body, sanitized and truncated.
#[derive(Debug, Default)]
pub(super) struct Words {
    /// The message; `None` where the body has none in a known form.
    pub(super) message: Option<String>,
    /// Other words of an error or of a report of a failure, each with its key.
    pub(super) others: Option<String>,
}

/// Reads the words of a body. What a report says of a failure comes first, where `is_failed` tells that the whole of it
/// reports one.
pub(super) fn words(body: &Body<'_>, is_failed: bool, sanitizer: &Sanitizer) -> Words {
    let failed = if is_failed { failed_component(body) } else { None };
    let Some(message) = failed.or_else(|| raw_message(body)) else { return Words::default() };
    let is_error = is_failed || !body.response.is_success();
    let value = body.json.as_ref().filter(|_| is_error);
    let others = value.and_then(|value| json::other_words(value, &message));
    let line = |words: String, limit: usize| {
        let line = sanitizer.line(&UntrustedText::new(words), limit);
        let fitting = line.char_indices().take_while(|(at, _)| *at < MAX_MESSAGE_BYTES).count();
        Some(truncate(line, fitting)).filter(|line| !line.is_empty())
    };
    Words {
        message: line(message, MAX_MESSAGE),
        others: others.and_then(|others| line(others, MAX_OTHER_WORDS)),
    }
}

fn raw_message(body: &Body<'_>) -> Option<String> {
    let Body { response, text, json } = body;
    match json {
        _ if text.is_empty() => None,
        Some(value) => json::reason(value, text),
        None if html::is_page(text) => Some(html::message(text, response.status)),
        None => Some(unstructured(text)),
    }
}

/// Tests for the message that the service is in maintenance; pages are those of proxies.
pub(super) fn is_in_maintenance(body: &Body<'_>) -> bool {
    !html::is_page(&body.text) && raw_message(body).is_some_and(|message| states::is_maintenance(&message))
}

/// The reason in plain text, or in JSON that was cut.
fn unstructured(text: &str) -> String {
    let cut = json::parse_cut(text).and_then(|value| json::reason(&value, text));
    cut.or_else(|| traceback::last_line(text)).unwrap_or_else(|| text.to_owned())
}

/// The component that the report of a 200 names as failed: the status says one thing and the body another.
pub(super) fn failed_component(body: &Body<'_>) -> Option<String> {
    match &body.json {
        _ if body.response.status != 200 => None,
        Some(value) => report::failed_component(value),
        None => report::failed_lines(&body.text),
    }
}

/// Maximum number of words of a fragment of HTML that says that all is well, and nothing else.
const MAX_GOOD_WORDS: usize = 3;

/// Tests for a web page, by the body alone: frameworks set `text/html` on anything. A fragment that says that all is well,
/// and nothing else, is a health check's own.
pub(super) fn is_web_page(body: &Body<'_>) -> bool {
    html::is_document(&body.text)
        || (html::is_page(&body.text) && !says_well(&html::visible_text(&body.text)))
}

fn says_well(words: &str) -> bool {
    if let Ok(value) = serde_json::from_str(words) {
        return report::failed_component(&value).is_none();
    }
    let count = words.split_whitespace().count();
    (1..=MAX_GOOD_WORDS).contains(&count) && report::is_good_line(words)
}

/// Servers that applications run in, by the beginning of the header `Server`. None of them passes requests on.
const APPLICATION_SERVERS: [&str; 12] = [
    "cherrypy/",
    "daphne",
    "gunicorn",
    "hypercorn",
    "jetty(",
    "kestrel",
    "tornadoserver/",
    "twistedweb/",
    "uvicorn",
    "waitress",
    "werkzeug/",
    "wsgiserver/",
];

/// Tests for a response of a framework or server that an API runs in, in the words of its page or its header.
fn is_of_framework(body: &Body<'_>) -> bool {
    let server = body.response.header("server").map(|server| server.bytes().to_ascii_lowercase());
    html::is_of_framework(&body.text)
        || server
            .is_some_and(|server| APPLICATION_SERVERS.iter().any(|own| server.starts_with(own.as_bytes())))
}

/// Tests for a page or an error object that no framework of the API makes.
pub(super) fn is_foreign(body: &Body<'_>) -> bool {
    if body.response.header("x-openstack-request-id").is_some() {
        return false;
    }
    match &body.json {
        Some(value) => json::is_foreign(value),
        None => html::is_page(&body.text) && !is_of_framework(body),
    }
}

/// Tests for a document that lists an API's versions, as services of OpenStack have one at their root.
pub(super) fn is_version_document(body: &Body<'_>) -> bool {
    body.json.as_ref().is_some_and(json::is_version_document)
}

/// Tests for a health report in the shape of Ceilometer and its relatives.
pub(super) fn is_report(value: &Value) -> bool {
    report::is_report(value)
}

/// The body as text; `None` for an empty or binary one, and for one in an unrequested coding.
pub(crate) fn body_text(response: &Response) -> Option<Cow<'_, str>> {
    let bytes = response.body.bytes();
    let text = sanitize::decode_text(bytes.get(..MAX_BODY_BYTES).unwrap_or(bytes));
    let start = text.len() - text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}').len();
    if start == text.len() || is_coded(response) {
        return None;
    }
    if text.contains(is_odd) {
        if is_binary(&text) {
            return None;
        }
        let words = sanitize::without_controls(text.get(start..)?).trim().to_owned();
        return (!words.is_empty()).then_some(Cow::Owned(words));
    }
    Some(match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.get(start..)?.trim_end()),
        Cow::Owned(text) => Cow::Owned(text.get(start..)?.trim_end().to_owned()),
    })
}

/// Tests for an object or a list that is whole, wherever the response ends.
pub(super) fn is_whole_json(response: &Response) -> bool {
    let text = body_text(response).unwrap_or_default();
    text.trim_start().starts_with(['{', '[']) && serde_json::from_str::<IgnoredAny>(&text).is_ok()
}

/// Tests for a body in a coding that was not requested.
pub(super) fn is_coded(response: &Response) -> bool {
    has_coding(response, "content-encoding", &["identity", ""])
        || has_coding(response, "transfer-encoding", &["chunked", "identity", ""])
}

/// Tests whether a header names a coding other than the plain ones.
fn has_coding(response: &Response, header: &str, plain: &[&str]) -> bool {
    let values = response.headers.iter().filter(|field| field.name == header);
    values.into_iter().any(|field| {
        let value = String::from_utf8_lossy(field.value.bytes()).to_ascii_lowercase();
        value.split(',').any(|coding| !plain.contains(&coding.trim()))
    })
}

/// Maximum number of odd characters in a short text; colours, which begin with ESC, do not count.
const MAX_ODD: usize = 3;

/// Tests for control and replacement characters in more than a tenth of the text, and more than a short text may have.
fn is_binary(text: &str) -> bool {
    let odd = text.chars().filter(|letter| is_odd(*letter) && *letter != '\u{1b}').count();
    odd > MAX_ODD && odd * 10 > text.chars().count()
}

fn is_odd(letter: char) -> bool {
    (letter.is_control() && !letter.is_whitespace()) || letter == char::REPLACEMENT_CHARACTER
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::tests::response;
    use super::*;

    fn words(response: &Response, sanitizer: &Sanitizer) -> Words {
        let body = Body::of(response);
        super::words(&body, super::failed_component(&body).is_some(), sanitizer)
    }

    fn message(response: &Response, sanitizer: &Sanitizer) -> Option<String> {
        words(response, sanitizer).message
    }

    fn failed_component(response: &Response) -> Option<String> {
        super::failed_component(&Body::of(response))
    }

    fn is_web_page(response: &Response) -> bool {
        super::is_web_page(&Body::of(response))
    }

    fn is_version_document(response: &Response) -> bool {
        super::is_version_document(&Body::of(response))
    }

    fn said(body: &str) -> Option<String> {
        message(&response(503, &[], body), &Sanitizer::default())
    }

    const SHAPES: [(&str, Option<&str>); 44] = [
        ("", None),
        (" \r\n\t", None),
        ("database is locked\n", Some("database is locked")),
        ("\u{feff}plain", Some("plain")),
        // oslo.middleware
        (r#"{"detailed":false,"reasons":[]}"#, None),
        (r#"{"detailed":false,"reasons":["db down","mq down"]}"#, Some("db down; mq down")),
        (
            r#"{"detailed":true,"reasons":[{"class":"X","details":"","reason":"The backend is dead"}]}"#,
            Some("The backend is dead"),
        ),
        // monasca-api
        (r#"{"kafka":"OK","alarms_database":"OK"}"#, None),
        (
            "{\"kafka\":\"OK\",\"metrics_database\":\"Error:\\n  refused\",\"x\":false}",
            Some("metrics_database: Error: refused; x: false"),
        ),
        // Ceilometer
        (r#"{"error_message":"no such thing"}"#, Some("no such thing")),
        (
            r#"{"error_message":{"debuginfo":null,"faultcode":"Client","faultstring":"Not Found"}}"#,
            Some("Not Found"),
        ),
        (r#"{"error_message":"{\"debuginfo\": null, \"faultstring\": \"Not Found\"}"}"#, Some("Not Found")),
        (r#"{"error_message":{"debuginfo":"Traceback","faultstring":""}}"#, Some("Traceback")),
        // Keystone
        (r#"{"error":{"code":401,"message":"Sign in","title":"Unauthorized"}}"#, Some("Sign in")),
        (
            r#"{"message":"Down.<br /><br />\nKeystone is away.\n\n","code":"503","title":"x"}"#,
            Some("Down. Keystone is away."),
        ),
        // Zaqar
        (r#"{"storage_reachable":true,"operation_status":{"post":{"succeeded":true,"ref":null}}}"#, None),
        (
            r#"{"storage_reachable":false,"operation_status":{"post":{"succeeded":false}}}"#,
            Some("storage_reachable: false; post failed"),
        ),
        // anything else
        (r#"{"serviceUnavailable":{"message":"later","code":503}}"#, Some("later")),
        (r#"{"error":"a","message":"b"}"#, Some("b")),
        (r#"{"message":"first","message":"second"}"#, Some("second")),
        (r#"{"error":"","detail":"c"}"#, Some("c")),
        (r#"{"status":"DOWN"}"#, Some("status: DOWN")),
        (r#"{"uptime":3}"#, Some(r#"{"uptime":3}"#)),
        (r#"{"uptime":1e999}"#, Some(r#"{"uptime":1e999}"#)),
        (r#"["a",{"reason":"b"}]"#, Some("a; b")),
        (r#""just text""#, Some("just text")),
        ("null", Some("null")),
        ("{}", None),
        (r#"{"broken": "#, Some(r#"{"broken":"#)),
        // pages
        ("<html><body><h1>503 Service Unavailable</h1>\nNo server.\n</body></html>", Some("No server.")),
        ("<html><body><h1>503 Service Unavailable</h1></body></html>", Some("Service Unavailable")),
        (
            "<html><title>503 Service Temporarily Unavailable</title><h1>503 Service Temporarily Unavailable</h1>\
             <hr>nginx/1.22.1</html>",
            Some("Service Temporarily Unavailable"),
        ),
        ("<!DOCTYPE html><TITLE>502</TITLE><h1 class=x>Bad <b>Gateway</b></h1>", Some("502: Bad Gateway")),
        (
            "<html><title>503 Unavailable &amp;lt; Down</title><h1>Unavailable</h1></html>",
            Some("Unavailable &lt; Down"),
        ),
        ("<html><title>unclosed", Some("unclosed")),
        ("<!DOCTYPE html><title>Error 503</title><p>Error 503.", Some("Error 503")),
        (
            "<html><title>503 first byte timeout</title><h1>Error 503 first byte timeout</h1><h3>Error 54113</h3></html>",
            Some("Error 54113"),
        ),
        (WEBOB, Some("metering database unreachable")),
        ("<!-- x --><?xml version='1.0'?>\n<!DOCTYPE html><style>b{}</style><p>Down</p>", Some("Down")),
        (
            "<html><title>500</title><pre>Traceback (most recent call last):\n  File &quot;a&quot;\nKeyError: 'x'\n</pre>",
            Some("KeyError: 'x'"),
        ),
        // tracebacks
        (TRACEBACK, Some("OperationalError: (2003, \"no route to 10.0.0.5\")")),
        (
            r#"{"faultstring":"Traceback (most recent call last):\n  File \"a\", line 1\nValueError: bad\n"}"#,
            Some("ValueError: bad"),
        ),
        // cut
        (
            r#"{"detailed":true,"reasons":[{"class":"A","details":"","reason":"db down"},{"class":"B","det"#,
            Some("db down; B"),
        ),
        (r#"{"error":"no route to \u00"#, Some("no route to")),
    ];

    const WEBOB: &str = "<html>\n <head>\n  <title>503 Service Unavailable</title>\n </head>\n <body>\n  \
        <h1>503 Service Unavailable</h1>\n  The server is currently unavailable. Please try again at a later time.\
        <br /><br />\nmetering database unreachable\n\n\n </body>\n</html>";

    const TRACEBACK: &str = "Traceback (most recent call last):\n  File \"a.py\", line 1, in x\n    y()\nKeyError: 1\n\n\
        During handling of the above exception, another exception occurred:\n\n\
        Traceback (most recent call last):\n  File \"b.py\", line 2, in y\n    z()\n\
        OperationalError: (2003, \"no route to 10.0.0.5\")\n(Background on this error at: https://sqlalche.me/e/e3q8)\n";

    #[test]
    fn body_shapes() {
        for (body, expected) in SHAPES {
            assert_eq!(said(body).as_deref(), expected, "{body}");
        }
    }

    #[test]
    fn other_words() {
        let table = [
            (503, r#"{"error_message":"short reason","debuginfo":"dbg"}"#, Some("debuginfo: dbg")),
            (
                503,
                r#"{"error_message":"{\"debuginfo\": \"Traceback\", \"faultstring\": \"Not Found\"}"}"#,
                Some("debuginfo: Traceback"),
            ),
            (
                503,
                r#"{"detailed":true,"reasons":[{"class":"Db","details":"","reason":"db down"},{"class":"Db","reason":"x"}]}"#,
                Some("class: Db"),
            ),
            (
                503,
                r#"{"detail":"no quorum","components":[{"name":"mongo","error":"timeout"},{"name":"gnocchi","message":"401"}]}"#,
                Some("mongo: error: timeout; gnocchi: message: 401"),
            ),
            // The kind of error alone, and what the message has already.
            (503, r#"{"error":{"code":401,"message":"Sign in","title":"Unauthorized"}}"#, None),
            (503, r#"{"error":"Service Unavailable","message":"db down","reason":"db down"}"#, None),
            (200, r#"{"status":"OK","message":"fine","description":"the metering API"}"#, None),
            (503, "plain", None),
        ];
        for (status, body, others) in table {
            let found = words(&response(status, &[], body), &Sanitizer::default());
            assert_eq!(found.others.as_deref(), others, "{body}");
        }
    }

    #[test]
    fn size_of_a_message() {
        let kept = |letter: &str| said(&letter.repeat(MAX_BODY_BYTES / letter.len())).unwrap();
        assert_eq!(kept("x").chars().count(), MAX_MESSAGE);
        let wide = kept("\u{1d11e}");
        assert!((MAX_MESSAGE_BYTES - 8..=MAX_MESSAGE_BYTES).contains(&wide.len()), "{}", wide.len());
        assert!(wide.ends_with('…'), "{wide}");
    }

    #[test]
    fn deep_nesting() {
        for unit in ["[", r#"{"error":"#, r#"{"a":["#] {
            let message = said(&unit.repeat(100_000)).unwrap();
            assert!(message.starts_with(unit) && message.chars().count() <= MAX_MESSAGE, "{message}");
        }
        let wrapped = (0..8).fold("\"deep\"".to_owned(), |inner, _| format!("{{\"error\":{inner}}}"));
        assert_eq!(said(&wrapped), Some(wrapped));
    }

    #[test]
    fn failed_components() {
        let failed = [
            (r#"{"storage_reachable":false,"operation_status":{}}"#, "storage_reachable: false"),
            (
                r#"{"storage_reachable":true,"operation_status":{"post":{"succeeded":false},"get":{"succeeded":true}}}"#,
                "post failed",
            ),
            (r#"{"catalog_reachable":false}"#, "catalog_reachable: false"),
            (r#"{"kafka":"OK","metrics_database":"Error: refused"}"#, "metrics_database: Error: refused"),
            (r#"{"api":"ok","worker":"DOWN"}"#, "worker: DOWN"),
            (r#"{"database":false}"#, "database: false"),
            (r#"{"reasons":["OK","db down"]}"#, "db down"),
            (r#"{"detailed":true,"reasons":[{"reason":"The backend is dead"}]}"#, "The backend is dead"),
            (r#"{"status":"DOWN"}"#, "status: DOWN"),
            (r#"{"status":"UP","components":{"db":{"status":"DOWN"}}}"#, "db: status: DOWN"),
            (
                r#"{"status":"fail","checks":{"db:conn":[{"status":"fail","output":"x"}]}}"#,
                "db:conn: status: fail",
            ),
            (r#"{"message_bus":{"alive":false},"rabbitmq":{"healthy":false}}"#, "rabbitmq: healthy: false"),
            (r#"{"checks":[{"name":"mongodb","status":"critical"}]}"#, "mongodb: status: critical"),
            (r#"{"error":"no route to the database"}"#, "no route to the database"),
            (r#"{"status":503,"reason":"x"}"#, "status: 503; x"),
            (r#"[{"name":"db","status":"down"},{"name":"mq","status":"up"}]"#, "db: status: down"),
            (r#"[{"CheckID":"x","Status":"critical"}]"#, "x: Status: critical"),
            (r#"{"mservices":[{"state":"down"}]}"#, "mservices: state: down"),
            (r#"{"conditions":[{"type":"Ready","status":"False"}]}"#, "conditions: Ready: False"),
            (r#"{"status":"KO"}"#, "status: KO"),
            (r#"{"status":"HEALTH_ERR"}"#, "status: HEALTH_ERR"),
            (r#"{"status":"NOT_SERVING"}"#, "status: NOT_SERVING"),
            (r#"{"state":"NotReady"}"#, "state: NotReady"),
            (r#"{"backend":"unreachable"}"#, "backend: unreachable"),
            (r#"{"backend":false}"#, "backend: false"),
            (r#"{"status":"degraded"}"#, "status: degraded"),
            (r#"{"status":"red","cluster_name":"x"}"#, "status: red"),
            (r#"{"status":"SERVICE_UNAVAILABLE"}"#, "status: SERVICE_UNAVAILABLE"),
            (r#"{"status":false}"#, "status: false"),
            (r#"{"status":{"code":"DOWN"}}"#, "status: code: DOWN"),
            (r#"{"healthStatus":"Unhealthy"}"#, "healthStatus: Unhealthy"),
            (r#"{"success":false,"message":"the database is gone"}"#, "success: false; the database is gone"),
            (r#"{"connected":false}"#, "connected: false"),
            (r#"{"up":false}"#, "up: false"),
            (r#"{"health":"false","reason":"RAFT NO LEADER"}"#, "health: false; RAFT NO LEADER"),
            (r#"{"healthy":"false"}"#, "healthy: false"),
            (r#"{"error":true,"message":"x"}"#, "error: true; x"),
            (r#"{"degraded":true}"#, "degraded: true"),
            (r#"{"unhealthy":["db"],"healthy":["mq"]}"#, "unhealthy: db"),
            (r#"{"db":"Connection refused"}"#, "db: Connection refused"),
            (r#"{"db":{"connected":false}}"#, "db: connected: false"),
            (r#"{"db":{"error":"no such host"}}"#, "db: error: no such host"),
            (r#"{"api":{"status":"ok"},"worker":{"status":"down"}}"#, "worker: status: down"),
            (r#"{"status":"UP","details":{"mail":{"status":"DOWN"}}}"#, "mail: status: DOWN"),
            (r#"{"status":"DOWN","detail":{"mail":{"status":"DOWN"}}}"#, "mail: status: DOWN"),
            (r#"{"detail":{"mail":"down","rabbit":"up"}}"#, "mail: down"),
            (
                r#"{"kafka":"OK","database":"(pymysql.err.OperationalError) (2003, 1)"}"#,
                "database: (pymysql.err.OperationalError) (2003, 1)",
            ),
            (r#"{"message":"Service Unavailable"}"#, "Service Unavailable"),
            (r#""FAIL""#, "FAIL"),
            ("false", "false"),
            ("NOK", "NOK"),
            ("Down for maintenance\n\nSince noon\n", "Down for maintenance\n\nSince noon"),
            ("db: down\n", "db: down"),
            ("db: ok\nmq: FAILED\n", "mq: FAILED"),
            ("status: down\ndb: ok", "status: down"),
            ("status=down", "status=down"),
            ("database is down", "database is down"),
            (
                "[+]ping ok\n[-]etcd failed: reason withheld\nreadyz check failed",
                "[-]etcd failed: reason withheld",
            ),
            ("<health><status>DOWN</status></health>", "status: DOWN"),
            (r#"{"isHealthy":false}"#, "isHealthy: false"),
            (r#"{"dbStatus":"DOWN"}"#, "dbStatus: DOWN"),
            (r#"{"database":"not connected"}"#, "database: not connected"),
            (r#"{"mongodb":{"ok":0}}"#, "mongodb: ok: 0"),
            (r#"{"failed":["alarm-evaluator"]}"#, "failed: alarm-evaluator"),
            (r#"{"checks":{"db":{"pass":false}}}"#, "db: pass: false"),
            (r#"{"exception":"OperationalError"}"#, "OperationalError"),
            (r#"{"status":{"db":"down"}}"#, "status: db: down"),
            (r#"[{"status":"down"}]"#, "status: down"),
            (r#"{"status":"ok","api":"ok","worker":"DOWN"}"#, "worker: DOWN"),
            ("{'status': 'down', 'db': None}", "status: down"),
            ("database connection failed", "database connection failed"),
            ("Mongo: connection refused", "Mongo: connection refused"),
            ("503 Service Unavailable", "503 Service Unavailable"),
            ("Health check failed", "Health check failed"),
            ("healthy=false", "healthy=false"),
            ("db OK\nmq DOWN\n", "mq DOWN"),
            ("status\tdown", "status\tdown"),
            ("no healthy upstream", "no healthy upstream"),
            ("<soap:Fault><faultstring>db down</faultstring></soap:Fault>", "db down"),
            (
                "Traceback (most recent call last):\n  File \"a\", line 1\nOperationalError: no db\n",
                "OperationalError: no db",
            ),
            (r#"{"code":404,"msg":"no such api"}"#, "code: 404; no such api"),
            (r#"{"status":401,"message":"sign in"}"#, "status: 401; sign in"),
            (r#"{"statusCode":500}"#, "statusCode: 500"),
            ("FAIL: database unreachable", "FAIL: database unreachable"),
            ("Service Unavailable\n", "Service Unavailable"),
            ("down", "down"),
            (r#"{"status":"ok","database_connected":false}"#, "database_connected: false"),
            (r#"{"status":"ok","ready":false}"#, "ready: false"),
            (
                r#"{"catalog_reachable":true,"pool1":{"storage_reachable":false,"message_volume":{"free":0}}}"#,
                "pool1: storage_reachable: false",
            ),
            (r#"{"service_available":false}"#, "service_available: false"),
            (
                r#"{"reasons":["metering database: connection refused"]}"#,
                "metering database: connection refused",
            ),
            (r#"{"detailed":false,"reasons":["OK","DISABLED BY FILE"]}"#, "DISABLED BY FILE"),
            (r#"{"reasons":"no primary"}"#, "no primary"),
            (r#"{"reasons":["pool exhausted","ports ok"]}"#, "pool exhausted"),
            (r#"{"reasons":["mongodb: no primary"]}"#, "mongodb: no primary"),
            (r#"{"reasons":["cannot write"]}"#, "cannot write"),
            (
                r#"{"detailed":true,"gc":{},"reasons":[{"class":"X","details":"all good","reason":"RAFT NO LEADER"}]}"#,
                "RAFT NO LEADER",
            ),
            (r#"{"status":"DOWN","reasons":["pool exhausted"]}"#, "pool exhausted"),
            (r#"{"status":"DOWN","reasons":["OK"]}"#, "status: DOWN"),
            (r#"{"status":"ok","reasons":["db down"]}"#, "db down"),
            (r#"{"status":"ok","error":"connection refused"}"#, "connection refused"),
            (r#"{"errors":{"db":"down"}}"#, "errors: db: down"),
            (r#"{"failed_checks":["db"]}"#, "failed_checks: db"),
            (r#"{"err":"db down"}"#, "db down"),
            (r#"{"connector":{"state":"FAILED"},"tasks":[]}"#, "connector: state: FAILED"),
            (r#"{"status":{"overall":{"level":"critical"}}}"#, "status: overall: level: critical"),
            (r#"{"status":"db down"}"#, "status: db down"),
            (r#"{"status":"500"}"#, "status: 500"),
            (r#"{"code":"503"}"#, "code: 503"),
            ("[FAIL] db", "[FAIL] db"),
            ("[ OK ] mq\n[  FAILED  ] db", "[  FAILED  ] db"),
            ("\u{274c} db", "\u{274c} db"),
            ("The database is down", "The database is down"),
            ("connection to database failed", "connection to database failed"),
            ("Connection refused: db:3306", "Connection refused: db:3306"),
            ("Lost connection to MySQL server", "Lost connection to MySQL server"),
            ("\u{1b}[31mDOWN\u{1b}[0m", "DOWN"),
            ("DOWN\0", "DOWN"),
        ];
        for (body, component) in failed {
            assert_eq!(failed_component(&response(200, &[], body)).as_deref(), Some(component), "{body}");
            assert_eq!(failed_component(&response(503, &[], body)), None, "{body}");
        }
        let healthy = [
            "",
            "{}",
            "[]",
            "null",
            "OK",
            "OK: no error",
            "downtime of the last week: 0 s",
            "Errors\n0\n",
            "errors: 0",
            "Failed=none",
            r#"{"status":200}"#,
            r#"{"code":0}"#,
            r#"{"error":null}"#,
            r#"{"status":"ok","cached":false,"queued":false}"#,
            r#"{"conditions":[{"type":"MemoryPressure","status":"False"},{"type":"Ready","status":"True"}]}"#,
            r#"{"state":"ONLINE","errors":"No known data errors"}"#,
            r#"{"status":"ok","error":"NO_ERROR"}"#,
            "error: \"\"\nstatus: ok",
            "error=<nil> status=ok",
            "errors: {}",
            r#"{"error":""}"#,
            r#"{"errors":[]}"#,
            r#"{"reasons":[]}"#,
            r#"{"detailed":false,"reasons":["OK"]}"#,
            r#"{"kafka":"OK"}"#,
            r#"{"sealed":false,"initialized":true}"#,
            r#"{"detailed":true,"reasons":[{"class":"X","details":"","reason":""},{"class":"Y","reason":"OK"}]}"#,
            r#"{"state":"failover ready"}"#,
            r#"{"status":"ok","errors":null,"error":"none"}"#,
            r#"{"status":"ok","errors":"0"}"#,
            r#"{"debug":false,"maintenance":false}"#,
            r#"{"name":"metering","version":"1.2"}"#,
            r#"{"status":"ok","version":"0.0.1","release":"error-free"}"#,
            r#"{"a":{"b":{"status":"down"}}}"#,
            r#"{"storage_reachable":true,"operation_status":{"post":{"succeeded":true}}}"#,
            r#"{"uptime":3}"#,
            r#"{"status":"yellow"}"#,
            r#"{"status":"warn"}"#,
            r#"{"status":"starting"}"#,
            "true",
            r#""up""#,
            r#"[{"name":"x"}]"#,
            r#"["down"]"#,
            "Red Hat OpenStack metering",
            "status: ok\nlast_error: timeout\n",
            "kafka: error rate 0%\n",
            "worker: down",
            "<health><status>UP</status></health>",
            r#"{"status":"ok","last_error":"db: timeout","previous_error":"x"}"#,
            r#"{"status":"ok","history":[{"status":"down"}]}"#,
            r#"{"checks":{"db":{"status":"up","last_error":"timeout","last_status":"down"}}}"#,
            r#"{"checks":{"db":{"status":"pass","previous":{"status":"fail"},"output":"error"}}}"#,
            r#"{"components":{"db":{"status":"UP","details":{"lastFailure":"error 5"}}}}"#,
            r#"{"services":{"db":{"state":"up","events":[{"state":"down"}]}}}"#,
            r#"{"database":"ok","database_last_error":"error: refused"}"#,
            r#"{"status":"ok","jobs":[{"state":"failed"}]}"#,
            r#"{"status":"ok","message":"error rate 0%"}"#,
            r#"{"status":"ok","error":"No errors"}"#,
            r#"{"status":"ok","error":false,"has_errors":false,"degraded":false}"#,
            r#"{"status":"ok","database":"errors: 0"}"#,
            r#"{"status":"ok","update_available":false,"cache_enabled":false,"sql_debug":false}"#,
            r#"{"database":{"name":"error log"}}"#,
            r#"{"checks":{"db":{"status":"pass","severity":"critical"}}}"#,
            r#"{"down":[],"failed":[],"unhealthy":0}"#,
            r#"{"status":"ok","code":404}"#,
            r#"{"status":"ok","log_level":"CRITICAL"}"#,
            r#"{"status":"ok","tier":"critical","on_error":"fail","trend":"down","service":"error"}"#,
            r#"{"status":"ok","default_state":"down","expected":"down","gpu":"unavailable"}"#,
            r#"{"status":"up","last_status":"down"}"#,
            r#"{"status":"ok","detail":"error reporting enabled","notes":"Error budget 99.9%"}"#,
            r#"{"status":"ok","error":"Error reporting disabled"}"#,
            r#"{"error":"N/A"}"#,
            r#"{"error":"false","errors":"0 in 5m"}"#,
            r#"{"database":"db-down.example.com","cache":"down.example.com"}"#,
            r#"{"db":"timeout=30"}"#,
            r#"{"status":"ok","dependencies":[{"name":"mail","required":false,"status":"down"}]}"#,
            "{'status': 'up'}",
            "failed=0 ok=3",
            "Down: 0 Up: 3",
            "ERROR 0",
            "DOWN(0) UP(3)",
            "Unreachable: 0/5",
            "Down since: never",
            "timeout: 30s",
            "critical services: up",
            "the worker went down",
            "mq DOWN",
            "uptime 3\ndowntime 0",
            "update_available=false",
            "Failure detector: ok",
            "Error rate: 2%",
            r#"{"checks":{"http":{"status":"pass","code":401}}}"#,
            // The false of what is not known may be good news.
            r#"{"status":"ok","maintenance_status":false,"alarmStatus":false,"error_status":"no"}"#,
            r#"{"status":"ok","alarm":{"status":"no"}}"#,
            r#"{"maintenance":{"status":false}}"#,
            r#"{"running":true,"dhcp_available":false}"#,
            r#"{"cloud-enabled":true,"agent-claimed":false,"aclk-available":false}"#,
            r#"{"database_connection":{"connected":true},"redis_connection":{"connected":false}}"#,
            r#"{"status":"ok","gpu_available":false,"user_online":false,"shutdown_ready":false}"#,
            r#"{"conditions":[{"type":"ReplicaFailure","status":"False"},{"type":"Issuing","status":"False"}]}"#,
            "status: ok\nshutdown_ready: no",
            // Nobody uses these components.
            r#"{"status":"ok","redis":{"enabled":false,"ok":false}}"#,
            r#"{"status":"ok","cache":{"enabled":false,"status":"down"}}"#,
            r#"{"components":{"ldap":{"enabled":false,"status":"down"}}}"#,
            r#"{"status":"UP","components":{"mail":{"status":"DISABLED","details":{"error":"mail disabled"}}}}"#,
            r#"{"status":"UP","details":{"x":{"status":"UNKNOWN","error":"not configured"}}}"#,
            r#"{"services":[{"state":"down","status":"disabled"}]}"#,
            // Reasons that affirm, count, or deny a failure, and any others beside a good state.
            r#"{"detailed":false,"reasons":["Database reachable","Found 3 nodes","0 failed","Not disabled"]}"#,
            r#"{"reasons":["All good","ports ok","No errors","n/a","No alarms","Nothing to report"]}"#,
            r#"{"status":"ok","reasons":["leader elected"]}"#,
            // Other times, and what is beside a good state.
            r#"{"current":{"status":"up"},"last":{"status":"down"}}"#,
            r#"{"status":"up","old":{"status":"down"}}"#,
            r#"{"status":"up","fallback":{"status":"down"}}"#,
            "<h><previous><status>DOWN</status></previous><status>UP</status></h>",
            r#"{"status":"ok","failed":["job1"],"errors":["warning: deprecated"]}"#,
            r#"{"status":"success","error_message":"The operation completed successfully."}"#,
            r#"{"ret_code":0,"error_message":"succeed"}"#,
            r#"{"status":"ok","error":"нет"}"#,
            r#"{"errorCode":0,"errorMessage":"成功","error":"成功"}"#,
            // Counters, heads of tables, empty values.
            "Failed login attempts: 3\nStatus: OK",
            "failed\t0\nok\t12",
            "FAILED  PASSED\n0       12",
            "ERROR\tWARN\n0\t1",
            "component | status | failed\ndb | ok | 0",
            "component\tstatus\terror\ndb\tok\t",
            "Errors:\n\nStatus: OK",
            "db: failed over to replica 2, ok",
            r#"{"queue":"error queue empty","database":"offline backup ok"}"#,
            "[error]\ncount=0",
            "mail relay is down",
            "<a><faultstring2>x</faultstring2></a>",
        ];
        for body in healthy {
            assert_eq!(failed_component(&response(200, &[], body)), None, "{body}");
        }
    }

    /// The words of a 200 are about what has failed, wherever it is.
    #[test]
    fn failed_component_among_others() {
        let good = "\"OK\",".repeat(20);
        for (body, words) in [
            (format!(r#"{{"reasons":[{good}"db down"]}}"#), "db down"),
            (r#"{"a": "of many words", "database": false}"#.into(), "database: false"),
        ] {
            assert_eq!(message(&response(200, &[], &body), &Sanitizer::default()).as_deref(), Some(words));
        }
    }

    #[test]
    fn html_documents() {
        let cases = [
            ("<!DOCTYPE html><p>x", true),
            ("\u{feff}\n<!-- c --><HTML lang=en>", true),
            ("<?xml version=\"1.0\"?>\n<!DOCTYPE html PUBLIC \"x\">", true),
            ("<head><title>x</title></head>", true),
            ("<BODY>x", true),
            ("<html><body>OK</body></html>", true),
            ("<!DOCTYPE html><title>Health</title><table><tr><td>db</td><td>OK</td></tr></table>", true),
            ("<html><head></head><body><pre>{\"status\":\"UP\"}</pre></body></html>", true),
            ("<html><body><pre>{\"status\":\"DOWN\"}</pre></body></html>", true),
            ("<html><body><h1>200 OK</h1>\nService ready.\n</body></html>", true),
            ("<html><body>No problems here. Log in: up</body></html>", true),
            ("<h1>Down for maintenance</h1>", true),
            ("<p class=x>We will be back soon", true),
            ("<header>x</header>", true),
            ("<h1>OK</h1>", false),
            ("<p>status: ok</p>", false),
            ("<pre>{\"status\":\"ok\"}</pre>", false),
            ("<pre>{\"status\":\"down\"}</pre>", true),
            ("<status>x</status>", false),
            ("<div id=\"app\"></div>", true),
            ("<noscript>Enable JavaScript</noscript>", true),
            ("<a:status xmlns:a=\"x\"/>", false),
            ("<body class=x>", true),
            ("<meta http-equiv=\"refresh\" content=\"0;url=http://portal/login\">", true),
            ("<script>top.self.location.href='https://portal/login'</script>", true),
            ("<?xml version=\"1.0\"?><error/>", false),
            ("{}", false),
            ("<!--", false),
        ];
        for (body, expected) in cases {
            let typed = response(200, &[("content-type", "text/html")], body);
            assert_eq!(is_web_page(&typed), expected, "{body}");
        }
    }

    #[test]
    fn utf_16() {
        let page = "<!doctype html><title>Wartung für heute</title>";
        let units: Vec<u16> = page.encode_utf16().collect();
        let marked: Vec<u16> = std::iter::once(0xfeff).chain(units.iter().copied()).collect();
        for units in [units, marked] {
            for to_bytes in [u16::to_le_bytes, u16::to_be_bytes] {
                let body: Vec<u8> = units.iter().flat_map(|unit| to_bytes(*unit)).collect();
                let response =
                    Response { status: 200, body: UntrustedText::new(body), ..Response::default() };
                assert!(is_web_page(&response));
                let words = message(&response, &Sanitizer::default());
                assert_eq!(words.as_deref(), Some("Wartung für heute"));
            }
        }
    }

    #[test]
    fn version_documents() {
        let cases = [
            (r#"{"versions":{"values":[{"id":"v3.14"}]}}"#, true),
            (r#"{"versions":[{"id":"v2.1"}]}"#, true),
            (r#"{"version":{"id":"v3.14","links":[]}}"#, true),
            (r#"{"version":"1.2"}"#, false),
            ("[]", false),
            ("<html>", false),
        ];
        for (body, expected) in cases {
            assert_eq!(is_version_document(&response(300, &[], body)), expected, "{body}");
        }
    }

    #[test]
    fn unreadable_bodies() {
        let body = r#"{"message":"x"}"#;
        let cases = [
            ("content-encoding", "gzip", None),
            ("content-encoding", "identity", Some("x")),
            ("content-encoding", "", Some("x")),
            ("transfer-encoding", "Chunked", Some("x")),
            ("transfer-encoding", "gzip, chunked", None),
        ];
        for (name, value, expected) in cases {
            let said = message(&response(503, &[(name, value)], body), &Sanitizer::default());
            assert_eq!(said.as_deref(), expected, "{name}: {value}");
        }
        assert_eq!(said("\u{89}PNG\r\n\u{1a}\n\0\0\0\rIHDR\0\0"), None);
        let noise =
            Response { body: UntrustedText::new([0x80, 0x1f, 0x8b, 0xff, b'x']), ..Response::default() };
        assert_eq!(message(&noise, &Sanitizer::default()), None);
    }

    #[test]
    fn masked_secret() {
        let mut sanitizer = Sanitizer::default();
        sanitizer.add_secret(b"s3cr3t-t0ken");
        let body = r#"{"message":"bad token \u00733cr3t-t0ken"}"#;
        let message = message(&response(401, &[], body), &sanitizer).unwrap();
        assert!(message.starts_with("bad token ") && !message.contains("s3cr3t"), "{message}");
    }

    /// Quadratic work on 64 KiB would take seconds without optimisation.
    #[test]
    fn linear_time() {
        let units = [
            "<",
            "<title>",
            "<!--",
            "<style>",
            "</",
            "&amp;",
            "&",
            "\\",
            "\"",
            "[",
            "{\"error\":",
            "{\"a\":[",
            "Traceback (most recent call last):\n",
            "\n ",
            "{\"error\":\"",
            "[{\"status\":\"down\"},",
            ",",
            "\\u00",
        ];
        let started = std::time::Instant::now();
        for unit in units {
            for prefix in ["", "<html>", "{\"reasons\":[", "{\"checks\":", "\"{"] {
                let body = prefix.to_owned() + &unit.repeat(MAX_BODY_BYTES / unit.len());
                let response = response(200, &[], &body);
                let _ = (
                    message(&response, &Sanitizer::default()),
                    failed_component(&response),
                    is_web_page(&response),
                );
            }
        }
        assert!(started.elapsed().as_secs() < 20, "{:?}", started.elapsed());
    }

    proptest! {
        #[test]
        fn any_body(body: Vec<u8>, html in "[<>/!a-z \\\"=&;é]{0,60}", json in "[\\[\\]{}:,\"a1 ]{0,60}") {
            for body in [body, html.clone().into_bytes(), format!("<html>{html}").into_bytes(), json.into_bytes()] {
                let response = Response { status: 503, body: UntrustedText::new(body), ..Response::default() };
                let length = message(&response, &Sanitizer::default()).map_or(1, |text| text.chars().count());
                prop_assert!((1..=MAX_MESSAGE).contains(&length));
            }
        }
    }
}

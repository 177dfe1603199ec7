//! Who answered, by the evidence in the answer itself.
//!
//! A reverse proxy puts its name into `Server` on answers that it merely passes on, so a name is no
//! proof: a product is named by the shape of the pages that it makes itself. Only HEAD's answers, which
//! have no page, are judged by their headers, and only where a proxy answers for want of a server.

use serde_json::Value;

use super::body;
use crate::model::exchange::{Header, Method, Response};

/// Who can be recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Responder {
    Ceilometer,
    Keystone,
    Haproxy,
    Nginx,
    Apache,
    Envoy,
    Varnish,
    Squid,
}

impl Responder {
    /// The name that the JSON report uses.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Responder::Ceilometer => "ceilometer",
            Responder::Keystone => "keystone",
            Responder::Haproxy => "haproxy",
            Responder::Nginx => "nginx",
            Responder::Apache => "apache",
            Responder::Envoy => "envoy",
            Responder::Varnish => "varnish",
            Responder::Squid => "squid",
        }
    }

    /// The name as its makers write it.
    pub(super) const fn title(self) -> &'static str {
        match self {
            Responder::Ceilometer => "Ceilometer",
            Responder::Keystone => "Keystone",
            Responder::Haproxy => "HAProxy",
            Responder::Nginx => "nginx",
            Responder::Apache => "Apache",
            Responder::Envoy => "Envoy",
            Responder::Varnish => "Varnish",
            Responder::Squid => "Squid",
        }
    }

    /// Whether it stands in front of the API: a proxy or load balancer.
    pub(super) const fn intermediary(self) -> bool {
        !matches!(self, Responder::Ceilometer | Responder::Keystone)
    }
}

/// Sentences and marks of the pages that products make themselves; any of them tells.
const PAGES: [(Responder, &[&str]); 5] = [
    (
        Responder::Haproxy,
        &[
            "No server is available to handle this request.",
            "The server returned an invalid or incomplete response.",
            "The server didn't respond in time.",
            "Your browser sent an invalid request.",
            "Your browser didn't send a complete request in time.",
            "Request forbidden by administrative rules.",
        ],
    ),
    (Responder::Nginx, &["<center>nginx", "<center>openresty"]),
    // Werkzeug, which serves Python's APIs, words its errors as Apache does; the document type is
    // Apache's alone.
    (Responder::Apache, &["-//IETF//DTD HTML 2.0//EN", "<address>Apache"]),
    (Responder::Varnish, &["Varnish cache server", "Guru Meditation"]),
    (Responder::Squid, &["(squid", "id=\"ERR_"]),
];

/// What Envoy says, in plain text, for want of an upstream answer.
const ENVOY: [&str; 3] = [
    "upstream connect error or disconnect/reset before headers",
    "upstream request timeout",
    "no healthy upstream",
];

/// Who answered, or `None` where nothing proves it.
///
/// Ceilometer is named for its own `error_message`, and for a health report under a status that the
/// Health-Check API documents for GET; a documented status alone proves nobody.
pub(super) fn identify(method: Method, answer: &Response) -> Option<Responder> {
    let text = body::body_text(answer).unwrap_or_default();
    if keystone(answer, &text) {
        Some(Responder::Keystone)
    } else if text.starts_with('{') {
        let body = serde_json::from_str::<Value>(&text).ok()?;
        let reported = [200, 503].contains(&answer.status) && body::is_report(&body);
        (reported || body.get("error_message").is_some()).then_some(Responder::Ceilometer)
    } else if text.starts_with('<') {
        PAGES.iter().find(|(_, marks)| marks.iter().any(|mark| text.contains(mark))).map(|page| page.0)
    } else if ENVOY.iter().any(|beginning| text.starts_with(beginning)) {
        Some(Responder::Envoy)
    } else if method == Method::Head && (502..=504).contains(&answer.status) {
        by_headers(answer)
    } else {
        None
    }
}

/// Keystone's middleware names itself in its challenge; where it cannot reach Keystone it says so.
fn keystone(answer: &Response, text: &str) -> bool {
    let challenge =
        |header: &Header| header.name == "www-authenticate" && begins(header.value.bytes(), "keystone");
    let coded = || {
        let body = serde_json::from_str::<Value>(text).ok()?;
        body.get("error")?.get("code")?.as_u64()
    };
    match answer.status {
        401 => answer.headers.iter().any(challenge) || coded() == Some(401),
        500..=599 => text.contains("The Keystone service is temporarily unavailable"),
        _ => false,
    }
}

/// The headers with which a product's own page would come, were it not HEAD's answer.
fn by_headers(answer: &Response) -> Option<Responder> {
    let has = |name, beginning| answer.header(name).is_some_and(|value| begins(value.bytes(), beginning));
    let lacks = |name| answer.header(name).is_none();
    let html = has("content-type", "text/html");
    if html && has("cache-control", "no-cache") && lacks("server") && lacks("date") {
        // HAProxy names neither itself nor the time; every API server names at least the time.
        Some(Responder::Haproxy)
    } else if html && (has("server", "nginx") || has("server", "openresty")) {
        Some(Responder::Nginx)
    } else if has("content-type", "text/html; charset=iso-8859-1") && has("server", "apache") {
        Some(Responder::Apache)
    } else if (has("server", "envoy") || has("server", "istio-envoy"))
        && lacks("x-envoy-upstream-service-time")
    {
        Some(Responder::Envoy)
    } else if html && has("server", "varnish") {
        Some(Responder::Varnish)
    } else if html && !lacks("x-squid-error") {
        Some(Responder::Squid)
    } else {
        None
    }
}

fn begins(value: &[u8], beginning: &str) -> bool {
    value.get(..beginning.len()).is_some_and(|start| start.eq_ignore_ascii_case(beginning.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::super::tests::answer;
    use super::*;

    const NGINX: &str = "<html>\r\n<head><title>503 Service Temporarily Unavailable</title></head>\r\n<body>\r\n\
                         <center><h1>503 Service Temporarily Unavailable</h1></center>\r\n\
                         <hr><center>nginx/1.22.1</center>\r\n</body>\r\n</html>\r\n";

    #[test]
    fn pages_and_challenges_name_their_makers() {
        let haproxy = [
            (502, "The server returned an invalid or incomplete response."),
            (503, "No server is available to handle this request."),
            (504, "The server didn't respond in time."),
        ];
        for (status, sentence) in haproxy {
            let page = format!("<html><body><h1>{status}</h1>\n{sentence}\n</body></html>\n");
            let headers = [("cache-control", "no-cache"), ("content-type", "text/html")];
            assert_eq!(identify(Method::Get, &answer(status, &headers, &page)), Some(Responder::Haproxy));
        }
        let apache = "<!DOCTYPE HTML PUBLIC \"-//IETF//DTD HTML 2.0//EN\">\n<html><head>\n\
                      <title>503 Service Unavailable</title>\n</head><body>\n<h1>Service Unavailable</h1>";
        let werkzeug = "<!doctype html>\n<html lang=en>\n<title>503 Service Unavailable</title>\n\
                        <h1>Service Unavailable</h1>\n<p>The server is temporarily unable to service your \
                        request due to maintenance downtime or capacity problems.</p>";
        let cases = [
            (503, NGINX, Some(Responder::Nginx)),
            (503, apache, Some(Responder::Apache)),
            (503, werkzeug, None),
            (503, "no healthy upstream", Some(Responder::Envoy)),
            (
                503,
                "upstream connect error or disconnect/reset before headers. reset reason: x",
                Some(Responder::Envoy),
            ),
            (503, "<html><p>Guru Meditation:</p></html>", Some(Responder::Varnish)),
            (503, "<html><body id=\"ERR_CONNECT_FAIL\"></html>", Some(Responder::Squid)),
            (503, "The Keystone service is temporarily unavailable.", Some(Responder::Keystone)),
            (
                503,
                r#"{"message": "x<br />\nThe Keystone service is temporarily unavailable.\n"}"#,
                Some(Responder::Keystone),
            ),
            (401, r#"{"error":{"code":401,"title":"Unauthorized"}}"#, Some(Responder::Keystone)),
            (404, r#"{"error_message": {"faultstring": "x"}}"#, Some(Responder::Ceilometer)),
            (503, r#"{"error_message": "no healthy upstream"}"#, Some(Responder::Ceilometer)),
            (503, r#"{"reasons": []}"#, Some(Responder::Ceilometer)),
            (200, r#"{"kafka": "OK", "alarms_database": "OK"}"#, Some(Responder::Ceilometer)),
            (404, r#"{"reasons": []}"#, None),
            (503, r#"{"message": "failure to get a peer from the ring-balancer"}"#, None),
            (503, "{}", None),
            (200, "OK", None),
            (503, "", None),
        ];
        for (status, body, responder) in cases {
            assert_eq!(identify(Method::Get, &answer(status, &[], body)), responder, "{status} {body}");
        }
        let challenge =
            [("www-authenticate", "Basic x"), ("www-authenticate", "Keystone uri=\"http://k:5000\"")];
        assert_eq!(identify(Method::Head, &answer(401, &challenge, "")), Some(Responder::Keystone));
    }

    #[test]
    fn a_proxy_that_passes_an_answer_on_is_not_the_one_who_answered() {
        let server = [("server", "nginx/1.22.1"), ("content-type", "application/json")];
        let report = answer(503, &server, r#"{"kafka":"down"}"#);
        assert_eq!(identify(Method::Get, &report), Some(Responder::Ceilometer));
        assert_eq!(identify(Method::Get, &answer(503, &server, r#"{"message":"down"}"#)), None);
        assert_eq!(identify(Method::Head, &answer(503, &server, "")), None);
        let envoy = [("server", "envoy"), ("x-envoy-upstream-service-time", "3")];
        assert_eq!(identify(Method::Head, &answer(503, &envoy, "")), None);
    }

    #[test]
    fn the_headers_of_a_head_without_a_server_name_the_proxy() {
        let html = ("content-type", "text/html");
        let cases: [(&[_], _); 8] = [
            (&[html, ("cache-control", "no-cache")], Some(Responder::Haproxy)),
            (&[html, ("cache-control", "no-cache"), ("date", "x")], None),
            (&[html, ("server", "nginx")], Some(Responder::Nginx)),
            (
                &[("content-type", "text/html; charset=iso-8859-1"), ("server", "Apache/2.4")],
                Some(Responder::Apache),
            ),
            (&[("server", "istio-envoy")], Some(Responder::Envoy)),
            (&[html, ("server", "Varnish")], Some(Responder::Varnish)),
            (&[html, ("x-squid-error", "ERR_CONNECT_FAIL 111")], Some(Responder::Squid)),
            (&[], None),
        ];
        for (headers, responder) in cases {
            assert_eq!(identify(Method::Head, &answer(503, headers, "")), responder, "{headers:?}");
            assert_eq!(identify(Method::Head, &answer(404, headers, "")), None, "{headers:?}");
        }
    }
}

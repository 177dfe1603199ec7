//! Details of requests, which are shown beside the judgement: notes, facts at `-vv`, and a transcript at `-vvv`.

use super::curl;
use crate::model::auth_scheme::AuthScheme;
use crate::model::endpoint::{Endpoint, Route, Scheme};
use crate::model::exchange::{Exchange, PlannedRequest, Response};
use crate::model::threshold::Threshold;
use crate::plan::{Plan, Verbosity};
use crate::sanitize::{Sanitizer, UntrustedText, sanitize_own};
use crate::verdict::{Credentials, RequestDetails, Transcript, Verdict, body_text};

/// Maximum length of a header's value, in characters.
const MAX_VALUE: usize = 200;
/// Maximum length of a line of the response's head, in characters.
const MAX_HEAD_LINE: usize = 400;
/// Maximum length of the body's beginning, in characters.
const MAX_BODY: usize = 1024;

/// The headers of interest, as reports spell them; the first four identify the request in the logs.
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

/// Adds to a verdict what the output shows of its requests, and no more: there may be ten thousand endpoints.
pub(crate) fn add_details(
    verdict: &mut Verdict,
    plan: &Plan,
    sanitizer: &Sanitizer,
    verbosity: Verbosity,
    endpoint: &Endpoint,
    planned: &[PlannedRequest],
) {
    verdict.credentials = credentials(&plan.network.headers);
    verdict.is_haproxy_server = plan.is_haproxy_call;
    verdict.proxy = plan.network.proxy.as_ref().map(|proxy| format!("{}:{}", proxy.host, proxy.port));
    verdict.notes = notes(plan, endpoint);
    for (probe, request) in verdict.probes.iter_mut().zip(planned) {
        let (PlannedRequest::Sent(judged), Some(exchange)) = (probe, request.sent()) else { continue };
        judged.details =
            (verbosity >= Verbosity::Requests).then(|| details(plan, sanitizer, endpoint, exchange));
        judged.transcript = (verbosity >= Verbosity::Transcript).then(|| transcript(exchange, sanitizer));
    }
}

/// The headers that carry credentials, and the schemes of these where they matter; a token counts before a password.
const CREDENTIALS: [(&str, Option<AuthScheme>, Credentials); 3] = [
    ("x-auth-token", None, Credentials::Token),
    ("authorization", Some(AuthScheme::Bearer), Credentials::Bearer),
    ("authorization", None, Credentials::Password),
];

fn credentials(headers: &[(String, Vec<u8>)]) -> Option<Credentials> {
    let is_sent = |name: &str, scheme: Option<AuthScheme>| {
        let is_wanted = |value: &[u8]| scheme.is_none() || AuthScheme::of(value) == scheme;
        headers.iter().any(|(own, value)| own.eq_ignore_ascii_case(name) && is_wanted(value))
    };
    let mut found = CREDENTIALS.into_iter().filter(|(name, scheme, _)| is_sent(name, *scheme));
    found.next().map(|(.., credentials)| credentials)
}

fn notes(plan: &Plan, endpoint: &Endpoint) -> Vec<String> {
    let secret = |name: &str| CREDENTIALS.iter().any(|(secret, ..)| secret.eq_ignore_ascii_case(name));
    let open = endpoint.scheme == Scheme::Http && !matches!(endpoint.route, Route::Unix(_));
    let sent = plan.network.headers.iter().find(|(name, _)| secret(name)).filter(|_| open);
    let note = |(name, _): &(String, Vec<u8>)| {
        format!("{} was sent over plain http, where everyone on the way can read it", sanitize_own(name, 40))
    };
    let threshold = &plan.criteria.thresholds.certificate;
    let uncertified = endpoint.scheme == Scheme::Http && *threshold != Threshold::default();
    let unjudged =
        "the thresholds of the certificate have no effect: plain http has none (use -S for https)".to_owned();
    sent.map(note).into_iter().chain(uncertified.then_some(unjudged)).collect()
}

fn details(plan: &Plan, sanitizer: &Sanitizer, endpoint: &Endpoint, exchange: &Exchange) -> RequestDetails {
    let response = exchange.completion.response();
    RequestDetails {
        facts: response.map(|response| facts(response, sanitizer)).unwrap_or_default(),
        curl: curl::command(plan, endpoint, exchange.method),
    }
}

fn facts(response: &Response, sanitizer: &Sanitizer) -> Vec<(String, String)> {
    let facts = FACTS.into_iter().filter_map(|name| {
        let value = response.header(&name.to_ascii_lowercase())?;
        Some((name.to_owned(), sanitizer.line(value, MAX_VALUE)))
    });
    facts.filter(|(_, value)| !value.is_empty()).collect()
}

fn transcript(exchange: &Exchange, sanitizer: &Sanitizer) -> Transcript {
    let response = exchange.completion.response();
    Transcript {
        sent: sanitizer.own_lines(&exchange.sent),
        received: response.map(|response| received(response, sanitizer)).unwrap_or_default(),
        body: response.map(|response| beginning(response, sanitizer)).unwrap_or_default(),
    }
}

fn received(response: &Response, sanitizer: &Sanitizer) -> Vec<String> {
    let headers = response.headers.iter().map(|header| {
        let line = [header.name.as_bytes(), b": ", header.value.bytes()].concat();
        sanitizer.line(&UntrustedText::new(line), MAX_HEAD_LINE)
    });
    std::iter::once(format!("HTTP {}", response.status)).chain(headers).collect()
}

/// The sanitizer sees the whole body before it cuts: a secret across the cut would else escape the mask.
fn beginning(response: &Response, sanitizer: &Sanitizer) -> String {
    body_text(response)
        .map_or_else(String::new, |text| sanitizer.line(&UntrustedText::new(text.into_owned()), MAX_BODY))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::exchange::{Completion, Header, Method};
    use crate::report::fixture::{get, moment};
    use crate::verdict::tests::{NOW, both, endpoint, judge_whole, plan};

    /// GET's result for a 503 with these headers and this body, at a verbosity; `s3cr3t-t0ken` is a secret.
    fn result(
        verbosity: Verbosity,
        headers: &[(&str, &str)],
        body: &str,
    ) -> (Option<RequestDetails>, Option<Transcript>) {
        let mut plan = plan();
        plan.output.verbosity = verbosity;
        plan.sanitizer.add_secret(b"s3cr3t-t0ken");
        let PlannedRequest::Sent(mut exchange) = get(0, "") else { panic!("not sent") };
        let headers = headers
            .iter()
            .map(|(name, value)| Header { name: (*name).into(), value: UntrustedText::new(*value) });
        let response = Response {
            status: 503,
            headers: headers.collect(),
            body: UntrustedText::new(body),
            ..Response::default()
        };
        exchange.completion = Completion::Full(response);
        exchange.sent = UntrustedText::new("GET /v2/health HTTP/1.1\r\nX-Auth-Token: s3cr3t-t0ken\r\n");
        let made = [PlannedRequest::Sent(exchange)];
        let verdict = judge_whole(&plan, &endpoint(), &made, 1, moment());
        let judged = verdict.request(Method::Get).unwrap();
        (judged.details.clone(), judged.transcript.clone())
    }

    const HEADERS: [(&str, &str); 3] =
        [("server", "WSGI|x"), ("x-openstack-request-id", "req-1"), ("date", "today")];

    #[test]
    fn verbosities() {
        assert_eq!(result(Verbosity::Notes, &HEADERS, ""), (None, None));
        let (details, transcript) = result(Verbosity::Requests, &HEADERS, "");
        let details = details.unwrap();
        assert!(transcript.is_none() && details.curl.starts_with("curl "), "{details:?}");
        let facts = [("X-Openstack-Request-Id", "req-1"), ("Server", "WSGI|x")];
        assert_eq!(details.facts, facts.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }

    #[test]
    fn whole_transcript() {
        let body = r#"{"error_message":"no database for s3cr3t-t0ken"}"#;
        let transcript = result(Verbosity::Transcript, &HEADERS, body).1.unwrap();
        assert_eq!(transcript.received[..2], ["HTTP 503", "server: WSGI|x"]);
        assert_eq!(transcript.sent[0], "GET /v2/health HTTP/1.1");
        assert!(transcript.body.starts_with(r#"{"error_message":"no database for "#));
        assert!(!format!("{transcript:?}").contains("s3cr3t"), "{transcript:?}");
    }

    #[test]
    fn secret_across_the_cut() {
        let body = format!("{}s3cr3t-t0ken", "x".repeat(MAX_BODY - 6));
        let shown = result(Verbosity::Transcript, &[], &body).1.unwrap().body;
        assert!(shown.chars().count() <= MAX_BODY && !shown.contains("s3cr"), "{shown}");
    }

    #[test]
    fn credentials_over_plain_http() {
        let mut plan = plan();
        plan.network.headers = vec![("x-auth-TOKEN".into(), b"secret".to_vec())];
        let https = Endpoint { scheme: Scheme::Https, ..endpoint() };
        let socket = Endpoint { route: Route::Unix("/s".into()), ..endpoint() };
        let noted = |endpoint: &Endpoint| judge_whole(&plan, endpoint, &both("204", "200"), 1, NOW).notes;
        assert_eq!(
            noted(&endpoint()),
            ["x-auth-TOKEN was sent over plain http, where everyone on the way can read it"]
        );
        assert!(noted(&https).is_empty());
        assert!(noted(&socket).is_empty());
    }
}

//! Explanations and actions, whole.

use expect_test::{Expect, expect};

use super::*;
use crate::model::endpoint::{Defaults, Endpoint, Route, Scheme};
use crate::model::exchange::{Peer, Phase, PlannedRequest};
use crate::model::fault::{AddressAttempt, ConnectFault, End, Fault, Stage, TlsProblem};
use crate::model::state::State;
use crate::plan::Plan;
use crate::report::fixture::{exchange, sent};
use crate::verdict::tests::{
    NOW, answered, both, endpoint, get, in_words, judge_whole, overriding, plan, verdict,
};

/// Compares explanation and action, if there is one, of each case.
fn advises(plan: &Plan, cases: &[&[PlannedRequest]], expected: &Expect) {
    let advice = cases.iter().map(|made| {
        let (explanation, action) = of_endpoint(&verdict(plan, made));
        let action = if action.is_empty() { action } else { format!("-> {action}\n") };
        format!("{explanation}\n{action}")
    });
    expected.assert_eq(&advice.collect::<String>());
}

const KEYSTONE: [(&str, &str); 1] = [("www-authenticate", "Keystone uri=\"http://k:5000\"")];

#[test]
fn documented_responses() {
    let nginx = "<html><hr><center>nginx</center>";
    advises(
        &plan(),
        &[
            &both("204", "200"),
            &both("204", "503"),
            &get(404, &[], nginx),
            &get(200, &[("server", "awselb/2.0")], "OK"),
        ],
        &expect![[r#"
            the API answers and reaches its back-end
            the API has been reached but the back-end connectivity is unavailable or compromised; the service cannot perform its operations
            -> verify that the API is up and running and that there is connectivity with the back-end
            nginx, not the API, answered 404 itself: it has nothing at this URL
            -> check that nginx passes this URL on to the API, then port, prefix and --path
            the AWS load balancer, not the API, answered 200 itself: nothing is known of the API behind it
            -> check that address, port and path lead to the API's health check, and not to a sign-in or error page
        "#]],
    );
}

#[test]
fn gateway_failures() {
    let nginx = "<html><hr><center>nginx</center>";
    let wsme = r#"{"error_message":{"faultcode":"Server","faultstring":"Gnocchi unreachable"}}"#;
    advises(
        &plan(),
        &[
            &both("204", "haproxy"),
            &get(502, &[], wsme),
            &get(502, &[("server", "nginx")], nginx),
            &get(504, &[], ""),
            &both("204", "504"),
            &[answered(Method::Head, 204, &[], ""), answered(Method::Get, 504, &[], wsme)],
            &[answered(Method::Head, 204, &[], ""), answered(Method::Get, 502, &[], nginx)],
            &both("204", "keystone"),
        ],
        &expect![[r#"
            HAProxy, not the API, answered 503 itself: it has no server to pass the request to
            -> check HAProxy's view of its servers, then whether the API itself is up and running
            the API itself answered 502: a service that it needs has failed
            -> check the API's log, and the back-end and the services that the API needs
            nginx, not the API, answered 502 itself: it got no valid response from the API behind it
            -> check nginx's view of its servers, then whether the API itself is up and running
            a proxy or load balancer answered: it got no answer in time from the API behind it
            -> check the proxy's view of its servers, then the API itself
            a proxy or load balancer answered: it got no answer in time from the API behind it; HEAD was answered through it just before, so the API is up and fails only on GET
            -> check the API's log, and what the API needs for GET; then the proxy's error log
            the API itself answered 504: a service that it needs has failed
            -> check the API's log, and the back-end and the services that the API needs
            nginx, not the API, answered 502 itself: it got no valid response from the API behind it; HEAD was answered through it just before, so the API is up and fails only on GET
            -> check the API's log, and what the API needs for GET; then nginx's error log
            Keystone, not the health check, is unavailable: the API could not have the token checked, so its health check did not run
            -> check the Keystone service and the API's connection to it, or exempt the health path from authentication
        "#]],
    );
}

#[test]
fn faults() {
    advises(
        &plan(),
        &[&both("204", "timeout"), &both("204", "body"), &both("refused", "skipped"), &get(999, &[], "")],
        &expect![[r#"
            the API is up, since it answered HEAD, but its back-end seems to hang
            -> check the API's back-end (its database), the connection to it, and the API's log
            the API is up, since it answered HEAD, but its back-end seems to fail
            -> check the API's back-end (its database), the connection to it, and the API's log
            nothing listens on that port, or a firewall rejects it
            -> check that the API runs and listens on this address and port
            an HTTP server answers there, but with a status that HTTP does not define (999)
            -> check that address, port and path are the API's, and any proxy in front of it
        "#]],
    );
}

/// No advice proposes what the user has decided otherwise.
#[test]
fn overridden_response_to_head() {
    advises(
        &overriding("head:204", State::Warning),
        &[&both("204", "200")],
        &expect![[r#"
            the API answers
        "#]],
    );
}

/// Failures of one request, in the light of the other's response.
#[test]
fn requests_side_by_side() {
    advises(
        &plan(),
        &[
            &both("closed", "200"),
            &both("500", "200"),
            &both("cached", "200"),
            &both("200", "200"),
            &both("200", "timeout"),
            &both("204", "refused"),
            &both("204", "404"),
            &both("204", "500"),
            &both("404", "404"),
        ],
        &expect![[r#"
            GET was answered; the API, or a filter in front of it, answers only HEAD wrongly or not at all
            -> use -m get, or accept the response with --state head:closed=OK
            the API has been reached but failed to perform its operation; the service is highly compromised; GET, however, was answered
            -> verify that the Ceilometer Reporting API is up and running; if only HEAD fails each time, use -m get
            the response to HEAD is a cache's; GET, however, was answered, so the API answers now
            -> exempt the health path from the cache, or use -m get
            not the documented answer to HEAD, which is 204: a catch-all page may have answered; GET, however, was answered well
            -> check that address, port and path lead to the API's health check; if a cache or the API's framework answers HEAD like GET, accept that with --state head:200=OK
            HEAD was answered at the same address and port, so the server fails only on GET
            -> check the log of the server that answered HEAD, and what it needs for GET: the API behind it, its back-end
            it stopped or restarted just now, or one of several servers at this address is down
            -> check in the API's log whether it stopped, and every server at this address
            the API cannot be reached; not even the basic system is up and running; HEAD, however, was answered well
            -> verify that the Ceilometer Reporting API is up and running and that there is connectivity with the back-end; if the API runs, check port, prefix and --path
            the API has been reached but failed to perform its operation; the service is highly compromised; HEAD, however, was answered well
            -> verify that the Ceilometer Reporting API is up and running and that there is connectivity with the back-end
            the API cannot be reached; not even the basic system is up and running
            -> verify that the Ceilometer Reporting API is up and running and that there is connectivity with the back-end; if the API runs, check port, prefix and --path
        "#]],
    );
}

#[test]
fn redirects_to_the_health_check() {
    for location in
        ["/v2/health/", "https://ctl1:8777/v2/health", "https://ctl1/v2/health/", "/metering/v2/health"]
    {
        let verdict = verdict(&plan(), &get(301, &[("location", location)], ""));
        let (_, action) = of_endpoint(&verdict);
        assert!(action.starts_with("check it "), "{location}: {action}");
    }
    advises(
        &plan(),
        &[&get(301, &[("location", "https://ctl1/v2/health/")], "")],
        &expect![[r#"
            something else answered; redirects are not followed
            -> check it as https://ctl1:443 and with --path /v2/health/: the redirect leads there
        "#]],
    );
}

#[test]
fn redirects() {
    let escape = [("location", "https://login/\u{1b}[2J")];
    advises(
        &plan(),
        &[&get(302, &escape, ""), &get(304, &[], "")],
        &expect![[r#"
            something else answered; redirects are not followed
            -> check the address of the API itself, with its scheme (http or https)
            something else answered; redirects are not followed; there is no Location
            -> check the address of the API itself, with its scheme (http or https)
        "#]],
    );
}

#[test]
fn access_control() {
    let basic = [("www-authenticate", "Basic realm=\"x\"")];
    advises(
        &plan(),
        &[
            &get(401, &KEYSTONE, ""),
            &get(401, &basic, ""),
            &get(401, &[("www-authenticate", "Bearer realm=\"x\"")], ""),
            &get(401, &[("www-authenticate", "Negotiate")], ""),
            &get(401, &[("www-authenticate", "NTLM"), basic[0]], ""),
            &get(403, &[], ""),
            &get(407, &[], ""),
        ],
        &expect![[r#"
            access control answered before the health check could
            -> log in with --os-cloud NAME (a cloud of clouds.yaml), give a token with --token-file, or exempt the health path from authentication
            access control (Basic realm="x") answered before the health check could: it wants credentials
            -> give its user and password with --auth-file (a token: --token-file), or exempt the health path from authentication
            access control (Bearer realm="x") answered before the health check could: it wants credentials
            -> give its token with --header @FILE (Authorization: Bearer ...), or exempt the health path from authentication
            access control (Negotiate) answered before the health check could: it wants credentials
            -> check the API behind it (this program supports neither Digest nor Negotiate nor NTLM), or exempt the health path from authentication
            access control (Basic realm="x") answered before the health check could: it wants credentials
            -> give its user and password with --auth-file (a token: --token-file), or exempt the health path from authentication
            access control answered before the health check could: it forbids the request
            -> give a token with --token-file or a password with --auth-file whose role permits the request, or exempt the health path from authorisation
            access control answered before the health check could: it wants credentials
            -> give the proxy's credentials with --proxy-auth-file, or check the API without that proxy; --token-file and --auth-file are for the API itself
        "#]],
    );
}

/// An empty 503 to HEAD, too, may be anybody's.
#[test]
fn outage_without_a_reason() {
    advises(
        &plan(),
        &[&both("503", "503")],
        &expect![[r#"
            the API has been reached but the back-end connectivity is unavailable or compromised; the service cannot perform its operations; HEAD needs no back-end, so a proxy may have answered both requests
            -> verify that the API is up and running and that there is connectivity with the back-end; check any proxy in front of the API, too
        "#]],
    );
}

/// HAProxy knows the address, and no `--connect-to`.
#[test]
fn server_of_haproxy() {
    let unknown = FaultDetail::Tls(TlsProblem::UnknownName);
    let without_tls = FaultDetail::Tls(TlsProblem::ServerSpeaksHttp);
    let advice = |is_haproxy_call, detail: &FaultDetail| {
        let plan = Plan { is_haproxy_call, ..plan() };
        let fault = Fault { kind: FaultKind::Tls, phase: Phase::Tls, detail: detail.clone() };
        let made = [sent(exchange(Method::Head, Completion::Failed(fault), 1_000, &[]))];
        let https = Endpoint { scheme: Scheme::Https, ..endpoint() };
        of_endpoint(&judge_whole(&plan, &https, &made, 1, NOW)).1
    };
    let words = [(false, &unknown), (true, &unknown), (true, &without_tls)];
    let words = words.map(|(is_haproxy_call, detail)| advice(is_haproxy_call, detail) + "\n");
    expect![[r#"
        use a name that the server knows (--connect-to sets the address), or have it serve this one
        use a name that the server knows (by -H in the wrapper script; HAProxy sets the address), or have it serve this one
        check it without TLS: without ssl on its line in HAProxy, and without -S in the wrapper script
    "#]].assert_eq(&words.concat());
}

#[test]
fn rejected_credentials() {
    let mut plan = plan();
    plan.network.headers = vec![("X-Auth-Token".into(), b"secret".to_vec())];
    advises(
        &plan,
        &[&get(401, &KEYSTONE, "")],
        &expect![[r#"
            access control answered before the health check could
            -> log in with --os-cloud NAME (a cloud of clouds.yaml), give a valid token with --token-file, or exempt the health path from authentication
        "#]],
    );
    let basic = [("www-authenticate", "Basic realm=\"x\"")];
    advises(
        &plan,
        &[&get(401, &basic, "")],
        &expect![[r#"
        access control (Basic realm="x") answered before the health check could: it ignores the token that was sent
        -> give its user and password with --auth-file, or exempt the health path from authentication
    "#]],
    );
    plan.network.headers = vec![("Authorization".into(), b"Basic eDp5".to_vec())];
    let bearer = [("www-authenticate", "Bearer")];
    let digest = [("www-authenticate", "Digest realm=\"x\"")];
    advises(
        &plan,
        &[&get(401, &basic, ""), &get(401, &bearer, ""), &get(401, &digest, "")],
        &expect![[r#"
            access control (Basic realm="x") answered before the health check could: it rejected the password that was sent
            -> give its user and password with --auth-file, or exempt the health path from authentication
            access control (Bearer) answered before the health check could: it ignores the password that was sent
            -> give its token with --header @FILE (Authorization: Bearer ...), or exempt the health path from authentication
            access control (Digest realm="x") answered before the health check could: it ignores the password that was sent
            -> check the API behind it (this program supports neither Digest nor Negotiate nor NTLM), or exempt the health path from authentication
        "#]],
    );
    advises(
        &plan,
        &[&get(403, &[], "")],
        &expect![[r#"
            access control answered before the health check could: it forbids the request despite the password that was sent
            -> give a token with --token-file or a password with --auth-file whose role permits the request, or exempt the health path from authorisation
        "#]],
    );
    plan.network.headers = vec![("Authorization".into(), b"Bearer x.y.z".to_vec())];
    advises(
        &plan,
        &[&get(401, &bearer, "")],
        &expect![[r#"
        access control (Bearer) answered before the health check could: it rejected the token that was sent
        -> give its token with --header @FILE (Authorization: Bearer ...), or exempt the health path from authentication
    "#]],
    );
}

/// A proxy's own refusal is no matter of tokens, nor Cloudflare's own codes one of the API.
#[test]
fn refusals_and_codes_of_proxies() {
    let page = "<html>\r\n<head><title>403 Forbidden</title></head>\r\n<body>\r\n<center><h1>403 \
                Forbidden</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n";
    advises(
        &plan(),
        &[&get(403, &[("server", "nginx")], page), &get(521, &[("cf-ray", "1-AMS")], "error code: 521")],
        &expect![[r#"
            nginx, not the API, answered 403 itself: one of its rules forbids the request
            -> exempt this client, or the health path, from nginx's access rules
            Cloudflare, not the API, answered 521 itself: it could not connect to the API behind it
            -> check Cloudflare's view of its servers, then whether the API itself is up and running
        "#]],
    );
}

#[test]
fn refused_requests() {
    advises(
        &plan(),
        &[
            &get(400, &[], "The plain HTTP request was sent to HTTPS port"),
            &get(400, &[], "Bad Request\nThis combination of host and port requires TLS.\n"),
            &both("405", "200"),
            &get(405, &[("allow", "HEAD")], ""),
            &get(429, &[("retry-after", "30")], ""),
            &get(418, &[], ""),
        ],
        &expect![[r#"
            the port expects https and was sent plain http
            -> check it over https (try https://ctl1:8777)
            the port expects https and was sent plain http
            -> check it over https (try https://ctl1:8777)
            the service does not accept HEAD at this URL; GET, however, was answered well
            -> use -m get, or accept the response with --state head:405=OK
            the service does not accept GET at this URL (Allow: HEAD); this request was refused, which says nothing of the service's health
            -> check that the path is the health check's, or use -m head
            the service is alive and limits its clients; Retry-After: 30
            -> probe less often, or exempt this client from the limit
            this request was refused, which says nothing of the service's health
            -> check method (-m), path (--path) and headers against what the service accepts
        "#]],
    );
}

#[test]
fn skipped_requests() {
    advises(
        &plan(),
        &[&both("skipped", "skipped"), &both("204", "skipped")],
        &expect![[r#"
            the time was spent (raise -t)
            HEAD was answered, but GET was not sent, so nothing is known of the back-end: the time was spent (raise -t)
            -> give the run more time (-t), or find out why the response to HEAD takes so long
        "#]],
    );
}

#[test]
fn blameless_back_end() {
    for outcome in ["haproxy", "502", "504"] {
        for made in [both("204", outcome), both(outcome, outcome), both(outcome, "200")] {
            let (explanation, action) = of_endpoint(&verdict(&plan(), &made));
            assert!(!format!("{explanation} {action}").contains("back-end"), "{explanation}; {action}");
        }
    }
}

#[test]
fn responses_of_proxies() {
    let not_found = "<h1>404 Not Found</h1>\nThe resource could not be found.\n</body></html>\n";
    let haproxy = get(404, &[], &format!("<html><body>{not_found}"));
    let nginx = [404, 405, 429, 500, 501, 503, 507]
        .map(|status| get(status, &[("retry-after", "5")], "<html><hr><center>nginx</center>"));
    let cases: Vec<&[PlannedRequest]> =
        std::iter::once(&haproxy).chain(&nginx).map(|made| &made[..]).collect();
    advises(
        &plan(),
        &cases,
        &expect![[r#"
            HAProxy, not the API, answered 404 itself: it has nothing at this URL
            -> check that HAProxy passes this URL on to the API, then port, prefix and --path
            nginx, not the API, answered 404 itself: it has nothing at this URL
            -> check that nginx passes this URL on to the API, then port, prefix and --path
            nginx, not the API, does not accept GET at this URL; this request was refused, which says nothing of the service's health
            -> check that the path is the health check's, or use -m head
            nginx, not the API, answered 429 itself: it limits its clients, so nothing is known of the API behind it; Retry-After: 5
            -> check less often, or exempt this client from nginx's limit
            nginx, not the API, answered 500 itself: it failed, so nothing is known of the API behind it
            -> check nginx's error log, then whether the API itself is up and running
            nginx, not the API, answered 501 itself: it does not know the method
            -> check that address and port are the API's, and any proxy in front of it
            nginx, not the API, answered 503 itself: a limit on its clients, maintenance or, in Kubernetes' ingress-nginx, no ready endpoint; Retry-After: 5
            -> check nginx's limits, its configuration for maintenance and, in Kubernetes, the endpoints of its service; then the API itself
            nginx, not the API, answered 507 itself: nothing is known of the API behind it
            -> check the API's log, and any proxy in front of it
        "#]],
    );
}

/// Status, headers and body.
type Response<'a> = (u16, &'a [(&'a str, &'a str)], &'a str);

/// Compares the explanations of responses and the actions, two lines for each.
fn advise(responses: &[Response<'_>], expected: &Expect) {
    let advice = responses.iter().map(|(status, headers, body)| {
        let verdict = verdict(&plan(), &get(*status, headers, body));
        let (explanation, action) = of_endpoint(&verdict);
        format!("{status} {}: {explanation}\n-> {action}\n", verdict.diagnosis)
    });
    expected.assert_eq(&advice.collect::<Vec<_>>().concat());
}

/// Proxies say in their own words why they failed.
#[test]
fn failures_of_proxies() {
    let envoy = "upstream connect error or disconnect/reset before headers. reset reason: ";
    let fastly: &[_] = &[("server", "Varnish"), ("x-served-by", "cache-fra-1")];
    let aws: &[_] = &[("x-amzn-errortype", "InternalServerErrorException")];
    advise(
        &[
            (503, &[], &format!("{envoy}overflow")),
            (
                503,
                &[],
                &format!("{envoy}connection failure, transport failure reason: delayed connect error: 111"),
            ),
            (503, &[], &format!("{envoy}connection termination")),
            (503, &[], "no healthy upstream"),
            (503, &[], "fault filter abort"),
            (503, &[("server", "envoy")], "envoy overloaded"),
            (504, &[], "upstream request timeout"),
            (500, &[], r#"{"error": "There was a problem proxying the request"}"#),
            (500, &[("x-krakend", "Version 2.4"), ("x-krakend-completed", "false")], ""),
            (500, aws, r#"{"message": "Internal server error"}"#),
            (503, fastly, "<?xml version=\"1.0\"?><html><title>503 first byte timeout</title></html>"),
            (503, fastly, "<?xml version=\"1.0\"?><html><title>503 Connection timed out</title></html>"),
            (500, fastly, "<html>Fastly error: unknown domain: metering.example</html>"),
            (503, &[], "<html><iframe src=\"//www.herokucdn.com/error-pages/application-error.html\">"),
            (521, &[("cf-ray", "x")], "error code: 521"),
            (522, &[("cf-ray", "x")], "error code: 522"),
            (524, &[("cf-ray", "x")], "error code: 524"),
            (526, &[("cf-ray", "x")], "error code: 526"),
            (530, &[("cf-ray", "x")], "error code: 1016"),
            (404, &[], "default backend - 404"),
        ],
        &expect![[r#"
            503 proxy-error: Envoy, not the API, answered 503 itself: it has reached its own limit on requests to the API behind it
            -> check the API's load and response times, then Envoy's limits (circuit breakers)
            503 proxy-error: Envoy, not the API, answered 503 itself: it could not connect to the API behind it
            -> check Envoy's view of its servers, then whether the API itself is up and running
            503 proxy-error: Envoy, not the API, answered 503 itself: the API behind it accepted the connection and closed it without a response
            -> check the API's log for a crash, and that the API keeps idle connections open longer than Envoy does
            503 proxy-error: Envoy, not the API, answered 503 itself: it has no server to pass the request to
            -> check Envoy's view of its servers, then whether the API itself is up and running
            503 proxy-error: Envoy, not the API, answered 503 itself: one of its rules makes requests fail (fault injection)
            -> remove the fault from Envoy's routes, or exempt the health path
            503 proxy-error: Envoy, not the API, answered 503 itself: it is overloaded itself
            -> check Envoy's own load and limits
            504 proxy-error: Envoy, not the API, answered 504 itself: it got no response in time from the API behind it
            -> check Envoy's view of its servers, then whether the API itself is up and running
            500 proxy-error: Tyk, not the API, answered 500 itself: it got no valid response from the API behind it
            -> check Tyk's view of its servers, then whether the API itself is up and running
            500 proxy-error: KrakenD, not the API, answered 500 itself: it got no valid response from the API behind it
            -> check KrakenD's view of its servers, then whether the API itself is up and running
            500 proxy-error: AWS API Gateway, not the API, answered 500 itself: it failed, so nothing is known of the API behind it
            -> check AWS API Gateway's error log, then whether the API itself is up and running
            503 proxy-error: Fastly, not the API, answered 503 itself: it got no response in time from the API behind it
            -> check Fastly's view of its servers, then whether the API itself is up and running
            503 proxy-error: Fastly, not the API, answered 503 itself: it could not connect to the API behind it
            -> check Fastly's view of its servers, then whether the API itself is up and running
            500 proxy-error: Fastly, not the API, answered 500 itself: it is not configured for this host name
            -> check the endpoint's host name, and Fastly's configuration for it
            503 proxy-error: the Heroku router, not the API, answered 503 itself: the application that it runs has crashed, is stopped or is overloaded
            -> check the application and its log, and whether it was stopped
            521 proxy-error: Cloudflare, not the API, answered 521 itself: it could not connect to the API behind it
            -> check Cloudflare's view of its servers, then whether the API itself is up and running
            522 proxy-error: Cloudflare, not the API, answered 522 itself: it could not connect to the API behind it
            -> check Cloudflare's view of its servers, then whether the API itself is up and running
            524 proxy-error: Cloudflare, not the API, answered 524 itself: it got no response in time from the API behind it
            -> check Cloudflare's view of its servers, then whether the API itself is up and running
            526 proxy-error: Cloudflare, not the API, answered 526 itself: it could not speak TLS with the API behind it
            -> check the API's certificate, and Cloudflare's settings for TLS to its servers
            530 proxy-error: Cloudflare, not the API, answered 530 itself: it could not connect to the API behind it
            -> check Cloudflare's view of its servers, then whether the API itself is up and running
            404 not-found: the Kubernetes default backend, not the API, answered 404 itself: no Ingress leads from this host name and path to the API
            -> check the Ingress of the API, then the endpoint's name and --path
        "#]],
    );
}

/// Responses that mean something else than their status does.
#[test]
fn remarkable_responses() {
    let challenge = "<!DOCTYPE html><title>Just a moment...</title>";
    advise(
        &[
            (503, &[("server", "cloudflare")], challenge),
            (403, &[("cf-mitigated", "challenge")], challenge),
            (200, &[("cf-mitigated", "challenge")], challenge),
            (202, &[("x-amzn-waf-action", "challenge")], ""),
            (403, &[], r#"{"message":"Missing Authentication Token"}"#),
            (400, &[], "<html><title>400 The SSL certificate error</title><hr><center>nginx</center>"),
            (403, &[], "Reason: Cannot perform Post-Handshake Authentication.<br />"),
            (
                403,
                &[],
                "Reason: The client software did not provide a hostname using Server Name Indication (SNI)",
            ),
            (421, &[], "<html><h1>Misdirected Request</h1>"),
            (400, &[("server", "Microsoft-HTTPAPI/2.0")], "<h2>Bad Request - Invalid Hostname</h2>"),
            (403, &[], "<h1>Blocked hosts: 127.0.0.1:8777</h1>"),
            (426, &[("server", "kong/3.4.0")], r#"{"message":"Please use HTTPS protocol"}"#),
            (400, &[], "<!DOCTYPE html PUBLIC \"x\"><body id=ERR_INVALID_URL>(squid/5.7)"),
            (503, &[], "DISABLED BY FILE"),
            (503, &[], r#"{"detailed": false, "reasons": ["DISABLED BY FILE"]}"#),
            (503, &[], r#"{"status": "maintenance"}"#),
            (503, &[], "Temporarily down for maintenance"),
            (511, &[], "<html><title>Network Authentication Required</title></html>"),
            (503, &[("age", "30")], ""),
            (404, &[("x-cache", "HIT")], ""),
            (200, &[("content-encoding", "gzip")], "x"),
            (503, &[("content-encoding", "br")], "x"),
            (200, &[], r#"{"versions": [{"id": "v2.0", "links": []}]}"#),
            (200, &[], "It looks like you are trying to access MongoDB over HTTP on the native driver port."),
            (200, &[], "HTTP/1.1 503 Service Unavailable\r\n\r\ndb down"),
        ],
        &expect![[r#"
            503 proxy-error: Cloudflare tests whether its clients are browsers; nothing is known of the API behind it
            -> exempt this client, or the health path, from that test
            403 denied: Cloudflare tests whether its clients are browsers; nothing is known of the API behind it
            -> exempt this client, or the health path, from that test
            200 wrong-service: Cloudflare tests whether its clients are browsers; nothing is known of the API behind it
            -> exempt this client, or the health path, from that test
            202 wrong-service: AWS WAF tests whether its clients are browsers; nothing is known of the API behind it
            -> exempt this client, or the health path, from that test
            403 denied: AWS API Gateway, not the API, answered: it has no such path or method, whatever the token
            -> check the stage in the endpoint's prefix, --path and the method (-m)
            400 request-rejected: the server refused the client certificate of --cert, and with it the request
            -> give a valid one that the server's authority has issued
            403 denied: the server requires a client certificate for this path and requests it only after the TLS handshake, which this program does not support
            -> have the whole virtual host ask for the certificate, or exempt the health path
            403 denied: the server does not know this host name, or got another or none in TLS (SNI), so it refused the request
            -> use the name that the server is configured for (--connect-to sets the address), and have a proxy in front of it send that name in TLS too
            421 request-rejected: the server does not know this host name, or got another or none in TLS (SNI), so it refused the request
            -> use the name that the server is configured for (--connect-to sets the address), and have a proxy in front of it send that name in TLS too
            400 request-rejected: the server does not know this host name, or got another or none in TLS (SNI), so it refused the request
            -> use the name that the server is configured for (--connect-to sets the address), and have a proxy in front of it send that name in TLS too
            403 denied: the server does not know this host name, or got another or none in TLS (SNI), so it refused the request
            -> use the name that the server is configured for (--connect-to sets the address), and have a proxy in front of it send that name in TLS too
            426 request-rejected: the port expects https and was sent plain http
            -> check it over https (try https://ctl1:8777)
            400 request-rejected: the port belongs to a forward proxy, not to the API
            -> give the API's own address, and this proxy with --proxy if the API is reached through it
            503 backend-down: an administrator took the API out of service with a file (oslo.middleware's disable_by_file); nothing is known of its back-end
            -> remove the file that disable_by_file_path or disable_by_file_paths names, once the API may serve again
            503 backend-down: an administrator took the API out of service with a file (oslo.middleware's disable_by_file); nothing is known of its back-end
            -> remove the file that disable_by_file_path or disable_by_file_paths names, once the API may serve again
            503 backend-down: the response says that the service is in maintenance; nothing is known of its back-end
            -> wait until the maintenance is over, or end it if it is not meant to last
            503 backend-down: the response says that the service is in maintenance; nothing is known of its back-end
            -> wait until the maintenance is over, or end it if it is not meant to last
            511 unexpected: the network between here and the API wants a sign-in first (a captive portal); nothing is known of the API
            -> sign in to that network, or probe from one that has no such portal
            503 backend-down: the API has been reached but the back-end connectivity is unavailable or compromised; the service cannot perform its operations; this is a cache's copy, and the API may answer differently now
            -> verify that the API is up and running and that there is connectivity with the back-end; check it without the cache
            404 not-found: the API cannot be reached; not even the basic system is up and running; this is a cache's copy, and the API may answer differently now
            -> verify that the Ceilometer Reporting API is up and running and that there is connectivity with the back-end; if the API runs, check port, prefix and --path; check it without the cache
            200 healthy: the API answers and reaches its back-end; its body was not read, because its coding (gzip) was not requested
            -> 
            503 backend-down: the API has been reached but the back-end connectivity is unavailable or compromised; the service cannot perform its operations; its body was not read, because its coding (br) was not requested
            -> verify that the API is up and running and that there is connectivity with the back-end
            200 wrong-service: the response lists the versions of an API: the health check is not at this URL
            -> check --path and the endpoint's prefix
            200 wrong-service: this is the port of MongoDB's own protocol, not the API's
            -> check the port
            200 wrong-service: the body is itself an HTTP response, with a status and headers: a gateway or script passed it on unread
            -> check the gateway or script in front of the API, then the API itself
        "#]],
    );
}

#[test]
fn refusals_of_head_alone() {
    let mut advice = Vec::new();
    for status in [301, 401, 403, 404, 405, 408, 429, 500, 501, 503] {
        let made = [answered(Method::Head, status, &[], ""), answered(Method::Get, 200, &[], "ok")];
        let (explanation, action) = of_endpoint(&verdict(&plan(), &made));
        advice.push(format!("{status}: {explanation}\n-> {action}\n"));
    }
    let nginx = answered(Method::Head, 404, &[], "<html><hr><center>nginx</center>");
    let made = [nginx, answered(Method::Get, 200, &[], "ok")];
    advice.push(of_endpoint(&verdict(&plan(), &made)).0);
    expect![[r#"
        301: GET was answered; the API, or a filter in front of it, refuses only HEAD
        -> use -m get, or accept the response with --state head:301=OK
        401: GET was answered; the API, or a filter in front of it, refuses only HEAD
        -> use -m get, or accept the response with --state head:401=OK
        403: GET was answered; the API, or a filter in front of it, refuses only HEAD
        -> use -m get, or accept the response with --state head:403=OK
        404: GET was answered; the API, or a filter in front of it, refuses only HEAD
        -> use -m get, or accept the response with --state head:404=OK
        405: the service does not accept HEAD at this URL; GET, however, was answered well
        -> use -m get, or accept the response with --state head:405=OK
        408: the server gave up waiting for the request: a timeout on its side
        -> check the network between here and the server, and the server's load
        429: the service is alive and limits its clients
        -> probe less often, or exempt this client from the limit
        500: the API has been reached but failed to perform its operation; the service is highly compromised; GET, however, was answered
        -> verify that the Ceilometer Reporting API is up and running; if only HEAD fails each time, use -m get
        501: GET was answered; the API, or a filter in front of it, fails only on HEAD
        -> use -m get, or accept the response with --state head:501=OK
        503: undocumented: HEAD does not check the back-end, and yet the service calls itself unavailable; GET, however, was answered
        -> check the API's log, and any proxy in front of it; if only HEAD fails each time, use -m get
        GET was answered; nginx refuses only HEAD"#]]
    .assert_eq(&advice.concat());
}

#[test]
fn page_of_somebody_else() {
    let page = "<!doctype html><title>Maintenance</title><h1>Back soon</h1>";
    let made = [answered(Method::Head, 503, &[], ""), answered(Method::Get, 503, &[], page)];
    advises(
        &plan(),
        &[&made],
        &expect![[r#"
            HEAD, which needs no back-end, failed too, and the response is not in the API's form: a proxy or gateway in front of the API answered
            -> check the proxies in front of the API and whether one is in maintenance, then whether the API itself is up and running
        "#]],
    );
}

#[test]
fn credentials_for_a_proxy() {
    let kong = |challenge| [("server", "kong/3.4.0"), ("www-authenticate", challenge)];
    let key = r#"{"message":"No API key found in request"}"#;
    advise(
        &[
            (401, &kong("Key"), key),
            (401, &kong("Basic realm=\"kong\""), ""),
            (401, &[("server", "istio-envoy"), ("www-authenticate", "Bearer realm=\"x\"")], "Jwt is missing"),
            (401, &[("x-generator", "tyk.io")], r#"{"error":"Authorization field missing"}"#),
        ],
        &expect![[r#"
            401 denied: Kong, not the API, wants credentials (Key)
            -> give its key or token with --header @FILE, or exempt the health path from Kong's access control
            401 denied: Kong, not the API, wants credentials (Basic realm="kong")
            -> give its user and password with --auth-file, or exempt the health path from Kong's access control
            401 denied: Envoy, not the API, wants credentials (Bearer realm="x")
            -> give its token with --header @FILE (Authorization: Bearer ...), or exempt the health path from Envoy's access control
            401 denied: Tyk, not the API, wants credentials
            -> give its key or token with --header @FILE, or exempt the health path from Tyk's access control
        "#]],
    );
    let mut plan = plan();
    plan.network.headers = vec![("X-Auth-Token".into(), b"secret".to_vec())];
    advises(
        &plan,
        &[&get(401, &kong("Key"), key)],
        &expect![[r#"
            Kong, not the API, does not accept the token that was sent (Key)
            -> give its key or token with --header @FILE, or exempt the health path from Kong's access control
        "#]],
    );
}

#[test]
fn version_document() {
    let versions = r#"{"versions": {"values": [{"id": "v3.14"}]}}"#;
    advises(
        &plan(),
        &[&get(300, &[], versions)],
        &expect![[r#"
            the response lists the versions of an API: the health check is not at this URL
            -> check --path and the endpoint's prefix
        "#]],
    );
}

#[test]
fn retry_after_an_outage() {
    advises(
        &plan(),
        &[&get(503, &[("retry-after", "120")], "")],
        &expect![[r#"
            the API has been reached but the back-end connectivity is unavailable or compromised; the service cannot perform its operations; Retry-After: 120
            -> verify that the API is up and running and that there is connectivity with the back-end
        "#]],
    );
}

#[test]
fn two_servers() {
    let [mut head, mut get] = both("204", "200").try_into().unwrap();
    for (step, peer) in [(&mut head, "192.0.2.1:8777"), (&mut get, "192.0.2.2:8777")] {
        let PlannedRequest::Sent(exchange) = step else { panic!("{step:?}") };
        exchange.peer = Some(Peer::Tcp(peer.parse().unwrap()));
    }
    advises(
        &plan(),
        &[&[head, get]],
        &expect![[r#"
            the API answers and reaches its back-end; two servers were asked: HEAD went to 192.0.2.1:8777, GET to 192.0.2.2:8777
        "#]],
    );
}

/// A connection was made, so neither the host nor a firewall is suspected.
#[test]
fn time_after_connecting() {
    let words = |endpoint: &str, route, phase, stage| {
        let endpoint = Endpoint { route, ..Endpoint::parse(endpoint, &Defaults::default()).unwrap() };
        let detail = FaultDetail::Interrupted { stage, end: End::Timeout };
        let fault = Fault { kind: FaultKind::Timeout, phase, detail };
        let made = [sent(exchange(Method::Head, Completion::Failed(fault), 20, &[]))];
        let verdict = judge_whole(&plan(), &endpoint, &made, 1, NOW);
        in_words(&verdict)
    };
    let socket = Route::Unix("/run/api.sock".into());
    let words = [
        words("h", Route::Host, Phase::Wait, Stage::BeforeResponse),
        words("h", Route::Host, Phase::Receive, Stage::Headers),
        words("https://h", Route::Host, Phase::Wait, Stage::BeforeResponse),
        // It has no port that might expect https.
        words("h", socket, Phase::Wait, Stage::BeforeResponse),
    ];
    expect![[r#"
        no-answer: connected to h:8777, but it did not answer HEAD within 0 ms
        no answer came in time; other clients would time out too
        -> check the log and the load of the API, any proxy in front of it, and whether the port expects https (try https://h:8777)
        no-answer: h:8777 did not complete its answer to HEAD within 0 ms
        no answer came in time; other clients would time out too
        -> check the log and the load of the API, and any proxy in front of it
        no-answer: connected to https://h:443, but it did not answer HEAD within 0 ms
        no answer came in time; other clients would time out too
        -> check the log and the load of the API, and any proxy in front of it: TLS itself was set up
        no-answer: connected to unix:/run/api.sock, but it did not answer HEAD within 0 ms
        no answer came in time; other clients would time out too
        -> check the log and the load of the API, and any proxy in front of it
    "#]].assert_eq(&words.concat());
}

/// A UNIX socket has no port.
#[test]
fn unix_socket() {
    let socket = Endpoint { route: Route::Unix("/run/api.sock".into()), ..endpoint() };
    let advice = |made: &[PlannedRequest]| in_words(&judge_whole(&plan(), &socket, made, 1, NOW));
    let broken = |kind, end| {
        let detail = FaultDetail::Interrupted { stage: Stage::BeforeResponse, end };
        let fault = Fault { kind, phase: Phase::Wait, detail };
        advice(&[sent(exchange(Method::Head, Completion::Failed(fault), 20, &[]))])
    };
    let words = [
        broken(FaultKind::Reset, End::Reset),
        broken(FaultKind::Closed, End::Closed),
        advice(&get(204, &[], "")),
        advice(&get(404, &[], "")),
    ];
    expect![[r#"
        no-answer: unix:/run/api.sock reset the connection without answering HEAD
        probably the server crashed, a proxy stepped in, or the socket is for another protocol
        -> check the API's log for a crash, and any proxy in front of it
        no-answer: unix:/run/api.sock closed the connection without answering HEAD
        probably the server crashed, a proxy gave up, or the socket is for another protocol
        -> check the API's log for a crash, and any proxy in front of it
        wrong-service: GET 204 from unix:/run/api.sock:/v2/health
        not the documented answer to GET, which is 200: no proof of a round trip to the back-end
        -> check that socket and path lead to the API's health check
        not-found: GET 404 from unix:/run/api.sock:/v2/health
        the API cannot be reached; not even the basic system is up and running
        -> verify that the Ceilometer Reporting API is up and running and that there is connectivity with the back-end; if the API runs, check the path (--path)
    "#]].assert_eq(&words.concat());
}

/// Addresses to which no connection was made, as the system's words say why.
#[test]
fn addresses_out_of_reach() {
    let words = |endpoint: &str, kind| {
        let endpoint = Endpoint::parse(endpoint, &Defaults::default()).unwrap();
        let address = endpoint.given_address().unwrap();
        let reason = Some("network is unreachable".to_owned());
        let tcp = ConnectFault::Tcp { attempts: vec![AddressAttempt { address, reason }], more: 0 };
        let fault = Fault { kind, phase: Phase::Connect, detail: FaultDetail::Connect(tcp) };
        let made = [sent(exchange(Method::Head, Completion::Failed(fault), 20, &[]))];
        let verdict = judge_whole(&plan(), &endpoint, &made, 1, NOW);
        in_words(&verdict)
    };
    let words = [
        words("10.1.2.3:8777", FaultKind::NoRoute),
        words("10.1.2.3:8777", FaultKind::Refused),
        words("127.0.0.1:8777", FaultKind::Local),
        words("fd00::1:8777", FaultKind::NoRoute),
        words("fd00:0:0:0:0:0:1:8777", FaultKind::NoRoute),
        words("[fd00::1]:8777", FaultKind::NoRoute),
        words("::1:9801", FaultKind::Refused),
        words("fd00::12", FaultKind::NoRoute),
        words("1:2:3:4:5:6:7:9801", FaultKind::NoRoute),
    ];
    expect![[r#"
        unreachable: no route to 10.1.2.3:8777
        the host is down, or the network or a firewall keeps it out of reach (10.1.2.3:8777: network is unreachable)
        -> check that the host is up, and routing and firewalls on the way
        unreachable: connection refused by 10.1.2.3:8777
        nothing listens on that port, or a firewall rejects it
        -> check that the API runs and listens on this address and port
        unexpected: 127.0.0.1:8777 could not be probed: 127.0.0.1:8777: network is unreachable
        this machine is at fault, and nothing is known of the service
        -> check this machine's network interfaces, also the loopback, and its limits (descriptors, local ports)
        unreachable: no route to [fd00::1:8777]:8777
        the host is down, or the network or a firewall keeps it out of reach ([fd00::1:8777]:8777: network is unreachable)
        -> write [fd00::1]:8777 if 8777 is the port; else check that the host is up, and routing and firewalls on the way
        unreachable: no route to [fd00::1:8777]:8777
        the host is down, or the network or a firewall keeps it out of reach ([fd00::1:8777]:8777: network is unreachable)
        -> write [fd00::1]:8777 if 8777 is the port; else check that the host is up, and routing and firewalls on the way
        unreachable: no route to [fd00::1]:8777
        the host is down, or the network or a firewall keeps it out of reach ([fd00::1]:8777: network is unreachable)
        -> check that the host is up, and routing and firewalls on the way
        unreachable: connection refused by [::1:9801]:8777
        nothing listens on that port, or a firewall rejects it
        -> write [::1]:9801 if 9801 is the port; else check that the API runs and listens on this address and port
        unreachable: no route to [fd00::12]:8777
        the host is down, or the network or a firewall keeps it out of reach ([fd00::12]:8777: network is unreachable)
        -> check that the host is up, and routing and firewalls on the way
        unreachable: no route to [1:2:3:4:5:6:7:9801]:8777
        the host is down, or the network or a firewall keeps it out of reach ([1:2:3:4:5:6:7:9801]:8777: network is unreachable)
        -> check that the host is up, and routing and firewalls on the way
    "#]].assert_eq(&words.concat());
}

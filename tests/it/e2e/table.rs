//! One test for each row of the two tables: state, exit code, row and diagnosis of every response.

use crate::support::harness::{check, words};
use crate::support::peer::{Peer, Script, alive, answers, says};

/// A response with this status that says nothing else.
fn bare(status: u16) -> Script {
    let headers = match status {
        101 => "Upgrade: h2c\r\nConnection: Upgrade\r\n",
        300..400 => "Location: https://elsewhere.example/\r\n",
        _ => "",
    };
    answers(status, headers, "")
}

/// Asserts that the row with this key judges each of these responses: `HEAD 204, GET 204`.
#[track_caller]
fn judges(key: &str, asked: &str) {
    for (method, status) in asked.split(", ").map(|asked| asked.split_once(' ').unwrap()) {
        let status: u16 = status.parse().unwrap();
        let (_, state, code, rule, diagnosis) =
            check_ceilometer::testing::rules().into_iter().find(|row| row.0 == key).unwrap();
        let diagnosis = if key == "head:204" { "alive" } else { diagnosis };
        let peer = Peer::always(bare(status));
        let run =
            |output| check([&peer.address(), "-t", "10", "-m", &method.to_lowercase(), "-o", output]).run();
        let plain = run("nagios");
        plain.exits(code).summarises(state, &[diagnosis, &peer.address()]);
        if code != 0 {
            plain.summarises(state, &[&format!("{method} {status}")]);
        }
        let json = run("json");
        json.exits(code)
            .reports("/state", state)
            .reports("/exit_code", code)
            .reports("/simulated", false)
            .reports("/endpoints/0/endpoint", peer.address())
            .reports("/endpoints/0/state", state)
            .reports("/endpoints/0/diagnosis", diagnosis)
            .reports("/endpoints/0/probes/0/method", method)
            .reports("/endpoints/0/probes/0/state", state)
            .reports("/endpoints/0/probes/0/key", key)
            .reports("/endpoints/0/probes/0/rule", rule)
            .reports("/endpoints/0/probes/0/status", status)
            .reports("/endpoints/0/probes/0/peer", peer.address())
            .reports("/endpoints/0/probes/0/skipped", ());
        let asked = format!("{method} /v2/health");
        assert_eq!(peer.asked_for(), [asked.clone(), asked]);
    }
}

#[test]
fn documented_responses() {
    judges("head:204", "HEAD 204");
    judges("get:200", "GET 200");
    judges("head:404", "HEAD 404");
    judges("get:404", "GET 404");
    judges("head:500", "HEAD 500");
    judges("get:500", "GET 500");
    judges("get:503", "GET 503");
}

#[test]
fn undocumented_successes() {
    judges("head:2xx", "HEAD 200, HEAD 202");
    judges("get:2xx", "GET 204, GET 206");
}

#[test]
fn redirects() {
    judges("3xx", "HEAD 301, GET 302, GET 304, GET 308");
}

#[test]
fn access_control() {
    judges("401", "HEAD 401, GET 401");
    judges("403", "HEAD 403, GET 403");
    judges("407", "GET 407");
}

#[test]
fn other_refusals() {
    judges("408", "HEAD 408, GET 408");
    judges("429", "HEAD 429, GET 429");
    judges("4xx", "HEAD 405, GET 400, GET 418, GET 499");
}

#[test]
fn undocumented_failures() {
    judges("head:503", "HEAD 503");
    judges("501", "HEAD 501, GET 501");
    judges("502", "HEAD 502, GET 502");
    judges("504", "GET 504");
    judges("5xx", "GET 505, GET 599");
}

#[test]
fn statuses_unknown_to_http() {
    for status in [600, 999] {
        let peer = Peer::always(bare(status));
        check([&peer.address(), "-m", "get", "-o", "json"])
            .run()
            .exits(2)
            .reports("/endpoints/0/state", "CRITICAL")
            .reports("/endpoints/0/diagnosis", "wrong-service")
            .reports("/endpoints/0/probes/0/key", "protocol")
            .reports("/endpoints/0/probes/0/rule", "ours")
            .reports("/endpoints/0/probes/0/status", status);
    }
}

#[test]
fn interim_status_as_final_response() {
    for status in [100, 101, 102, 103, 150, 199] {
        let peer = Peer::always(bare(status));
        for method in ["head", "get"] {
            check([&peer.address(), "-m", method, "-o", "json"])
                .run()
                .exits(2)
                .reports("/endpoints/0/diagnosis", "wrong-service")
                .reports("/endpoints/0/probes/0/key", "1xx")
                .reports("/endpoints/0/probes/0/status", status)
                .says(&format!("{} {status} and no final response from", method.to_uppercase()));
        }
    }
}

/// The body of GET is whole, and the response around it is not: the back-end is not blamed.
#[test]
fn unended_responses() {
    let json = r#"{"status": "UP"}"#;
    let whole = [
        format!("Content-Length: 20\r\n\r\n{json}"),
        format!("Transfer-Encoding: chunked\r\n\r\n10\r\n{json}\r\n"),
    ];
    for body in whole {
        let peer = Peer::by_method(alive(), says(format!("HTTP/1.1 200 OK\r\n{body}")));
        check([peer.address()])
            .run()
            .exits(2)
            .summarises("CRITICAL", &["backend-stalled: ", "its answer (200) broke off"])
            .says("the body of its answer to GET came as a whole JSON document")
            .says("Action: check the server and any proxy in front of it")
            .never_says("back-end");
    }
    let cut = "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{\"status\": ";
    check([Peer::by_method(alive(), says(cut)).address()]).run().says("back-end");
    for bytes in ["HTTP", "HTTP/1.1 200 OK\rContent-Length: 2\r\r{}"] {
        let peer = Peer::by_method(alive(), says(bytes));
        check([peer.address()])
            .run()
            .exits(2)
            .summarises("CRITICAL", &["connection closed within the headers of its answer"]);
    }
}

/// A response in HTTP whose head cannot be used is not blamed on another protocol.
#[test]
fn unusable_heads() {
    let long = format!("X: {}", "y".repeat(16 * 1024));
    let many = ["X: y"; 129].join("\r\n");
    let (unreliable, ours) =
        ("that no client can rely on", "other clients may read more headers than this program");
    let table = [
        ("Content-Length: 2\r\nTransfer-Encoding: chunked", " (200)", "headers that contradict each other"),
        ("Content-Length: 2\r\nContent-Length: 3", " (200)", unreliable),
        ("Content-Length: two", " (200)", unreliable),
        ("no colon", "", unreliable),
        (&long, "", ours),
        (&many, "", ours),
    ];
    for (headers, status, meaning) in table {
        let peer = Peer::by_method(alive(), says(format!("HTTP/1.1 200 OK\r\n{headers}\r\n\r\n{{}}")));
        let url = format!("http://{}/v2/health", peer.address());
        let event = format!("wrong-service: the answer of {url} to GET{status} cannot be used: the response");
        let run = check([peer.address()]).run();
        run.exits(2)
            .summarises("CRITICAL", &[&event])
            .says("an HTTP server answers there")
            .says(meaning)
            .says("Action: check whether it is the API that answers there, then the headers")
            .never_says("another protocol")
            .never_says("-S");
        let mixed = check([&peer.address(), "--state", "protocol=ok"]).run();
        mixed.exits(0);
    }
}

/// A body whose framing is broken is not blamed on the database.
#[test]
fn broken_framing() {
    let broken = says("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{\"status\":\"ok\"}");
    let peer = Peer::by_method(alive(), broken);
    let run = check([peer.address()]).run();
    let why = "the body's chunks are broken (a chunk's size is not a number) (200)";
    run.exits(2).summarises("CRITICAL", &["answered HEAD (204), but GET failed", why]).never_says("database");
    let run = check([&peer.address(), "-m", "get"]).run();
    run.exits(2).summarises("CRITICAL", &["to GET (200) cannot be read: the body's chunks are broken"]);
}

/// Problems of responses with a good status, and overrides of these.
#[test]
fn doubtful_responses() {
    let page = answers(200, "", "<!DOCTYPE html><title>Sign in</title>");
    let report = answers(200, "", r#"{"storage_reachable": false}"#);
    let cached = answers(200, "Age: 12\r\n", "");
    let table = [
        (
            &page,
            "",
            3,
            "UNKNOWN",
            "page",
            "wrong-service: GET 200 from http://ADDRESS/v2/health is an HTML page: \"Sign in\"",
        ),
        (
            &report,
            "",
            1,
            "WARNING",
            "report",
            "contradictory: GET 200 from ADDRESS reports a failure: \"storage_reachable: false\"",
        ),
        (&cached, "", 1, "WARNING", "cached", "stale: GET 200 from a cache in front of ADDRESS, 12 s old"),
        (
            &page,
            " --state page=critical",
            2,
            "CRITICAL",
            "page",
            "wrong-service: GET 200 from http://ADDRESS/v2/health is an HTML page (CRITICAL by --state page): \"Sign in\"",
        ),
        (
            &cached,
            " --state get:cached=ok",
            0,
            "OK",
            "get:cached",
            "healthy: HEAD 204, GET 200 from ADDRESS (OK by --state get:cached)",
        ),
        (
            &report,
            " --state get:200=ok",
            0,
            "OK",
            "get:200",
            "healthy: HEAD 204, GET 200 from ADDRESS (OK by --state get:200)",
        ),
    ];
    for (get, options, code, state, key, summary) in table {
        let peer = Peer::by_method(alive(), get.clone());
        let run = check(words(&format!("{} -o json{options}", peer.address()))).run();
        run.exits(code)
            .reports("/state", state)
            .reports("/summary", summary.replace("ADDRESS", &peer.address()))
            .reports("/endpoints/0/probes/1/key", key)
            .reports("/endpoints/0/probes/1/rule", if options.is_empty() { "ours" } else { "overridden" });
    }
}

/// Both methods: the responses, and which of them the diagnosis rests on.
#[test]
fn explanation_of_the_worst_state() {
    let table: [(u16, u16, &str, i32, &str, &str); 9] = [
        (204, 200, "OK", 0, "healthy", ""),
        (204, 503, "CRITICAL", 2, "backend-down", "GET 503"),
        (204, 500, "CRITICAL", 2, "api-error", "GET 500"),
        (200, 200, "WARNING", 1, "wrong-service", "HEAD 200"),
        (405, 200, "UNKNOWN", 3, "request-rejected", "HEAD 405"),
        (500, 200, "CRITICAL", 2, "api-error", "HEAD 500"),
        (401, 503, "CRITICAL", 2, "backend-down", "GET 503"),
        (500, 404, "CRITICAL", 2, "not-found", "GET 404"),
        (200, 401, "UNKNOWN", 3, "denied", "GET 401"),
    ];
    for (head, get, state, code, diagnosis, evidence) in table {
        let peer = Peer::by_method(bare(head), bare(get));
        let run = check([peer.address()]).run();
        run.exits(code).summarises(state, &[diagnosis, evidence, &peer.address()]);
        assert_eq!(peer.asked_for(), ["HEAD /v2/health", "GET /v2/health"], "HEAD {head}, GET {get}");
    }
}

#[test]
fn precedence_of_overrides() {
    let table = [
        ("--state get:503=warning", 1, "WARNING", "get:503", "backend-down"),
        ("--state 503=unknown", 3, "UNKNOWN", "503", "backend-down"),
        ("--state 5xx=OK", 0, "OK", "5xx", "healthy"),
        ("--state 5xx=ok --state get:503=critical", 2, "CRITICAL", "get:503", "backend-down"),
        ("--state get:5xx=ok --state 503=warning", 1, "WARNING", "503", "backend-down"),
        ("--state get:5xx=warning --state 5xx=ok", 1, "WARNING", "get:5xx", "backend-down"),
        ("--state get:503=ok --state get:503=unknown", 3, "UNKNOWN", "get:503", "backend-down"),
    ];
    for (options, code, state, key, diagnosis) in table {
        let peer = Peer::backend_down();
        let address = peer.address();
        let run = check(words(&format!("{address} -o json {options}"))).run();
        run.exits(code)
            .reports("/state", state)
            .reports("/endpoints/0/diagnosis", diagnosis)
            .reports("/endpoints/0/probes/1/key", key)
            .reports("/endpoints/0/probes/1/rule", "overridden");
    }
}

#[test]
fn override_of_a_fault() {
    for (option, code) in
        [("timeout=unknown", 2), ("reset=unknown", 3), ("get:reset=warning", 1), ("head:reset=ok", 2)]
    {
        let peer = Peer::by_method(alive(), vec![crate::support::peer::Step::Reset]);
        check([&peer.address(), "--state", option]).run().exits(code);
    }
}

#[test]
fn keystones_401() {
    let headers = "WWW-Authenticate: Keystone uri=\"http://keystone.example:5000\"\r\n";
    let peer = Peer::always(answers(401, headers, "Authentication required"));
    let json = check([&peer.address(), "-o", "json"]).run();
    json.exits(3).reports("/endpoints/0/probes/0/answered_by", "keystone");
    check([peer.address()]).run().exits(3).says("--token-file");
}

/// The body's message is the detail, for each relative of the service.
#[test]
fn health_bodies() {
    let table = [
        (r#"{"detailed": false, "reasons": ["mongo is gone", "disk full"]}"#, "mongo is gone"),
        (r#"{"kafka": "OK", "alarms_database": "no route", "metrics_database": "OK"}"#, "no route"),
        (r#"{"error_message": {"faultcode": "Server", "faultstring": "pool exhausted"}}"#, "pool exhausted"),
        (r#"{"error_message": "plainly broken"}"#, "plainly broken"),
        (r#"{"error": {"code": 503, "message": "identity is away"}}"#, "identity is away"),
        ("just some text", "just some text"),
    ];
    for (body, shown) in table {
        let peer = Peer::by_method(alive(), answers(503, "Content-Type: application/json\r\n", body));
        check([peer.address()]).run().exits(2).says(shown);
        let run = check([&peer.address(), "-o", "json"]).run();
        let detail = run.json()["endpoints"][0]["probes"][1]["detail"].clone();
        run.holds(detail.as_str().is_some_and(|detail| detail.contains(shown)), "the detail lacks it");
    }
}

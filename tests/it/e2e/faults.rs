//! Every way in which a response can fail to come or be invalid: each has its message, and none hangs.

use std::time::Duration;

use crate::support::harness::{Check, Finished, at_once, check, in_good_time};
use crate::support::peer::{Nobody, Peer, Script, Step, alive, answers, healthy, response, says};

const SECOND: Duration = Duration::from_secs(1);

/// Asks with `-t 1`, as JSON.
fn asking(address: &str, options: &[&str]) -> Check {
    check([&[address, "-t", "1", "-o", "json"], options].concat())
}

fn ask(address: &str, options: &[&str]) -> Finished {
    asking(address, options).run()
}

/// Asserts the fault of one probe, and that the endpoint is CRITICAL with this diagnosis.
#[track_caller]
fn faults(run: &Finished, probe: usize, kind: &str, diagnosis: &str) {
    run.exits(2)
        .reports("/state", "CRITICAL")
        .reports("/endpoints/0/diagnosis", diagnosis)
        .reports(&format!("/endpoints/0/probes/{probe}/state"), "CRITICAL")
        .reports(&format!("/endpoints/0/probes/{probe}/key"), kind)
        .reports(&format!("/endpoints/0/probes/{probe}/rule"), "ours")
        .reports(&format!("/endpoints/0/probes/{probe}/fault/kind"), kind);
    let message = run.json()["endpoints"][0]["probes"][probe]["fault"]["message"].clone();
    run.holds(message.as_str().is_some_and(|text| !text.is_empty()), "the fault has no message");
}

/// Asserts the phase in which one probe's fault came.
#[track_caller]
fn fails_in(run: &Finished, probe: usize, phase: &str) {
    run.reports(&format!("/endpoints/0/probes/{probe}/fault/phase"), phase);
}

/// Asserts that GET was not sent, and that nothing is claimed of it.
#[track_caller]
fn skips_get(run: &Finished) {
    let get = run.json()["endpoints"][0]["probes"][1].clone();
    run.holds(get["method"] == "GET", "GET is not mentioned")
        .holds(get["skipped"].as_str().is_some_and(|why| !why.is_empty()), "GET was not skipped");
    for key in ["state", "key", "rule", "status", "fault"] {
        run.holds(get[key].is_null(), &format!("a skipped request has a {key}"));
    }
}

#[test]
fn refused_connection() {
    let nobody = Nobody::refusing();
    let run = ask(&nobody.address(), &[]);
    faults(&run, 0, "refused", "unreachable");
    fails_in(&run, 0, "connect");
    skips_get(&run);
    let line = check([nobody.address()]).run();
    line.exits(2).summarises("CRITICAL", &["unreachable: connection refused by", &nobody.address()]);
    assert_eq!(
        line.labels().first().map(String::as_str),
        Some("head_time"),
        "attempted requests have a time"
    );
}

#[test]
fn unknown_name() {
    // RFC 6761 reserves the domain; no resolver knows a name in it.
    let run = check(["nowhere.invalid", "-t", "5", "-o", "json"]).run();
    run.exits(2).reports("/endpoints/0/endpoint", "nowhere.invalid:8777");
    skips_get(&run);
    let kind = run.json()["endpoints"][0]["probes"][0]["fault"]["kind"].clone();
    // A machine whose resolver does not answer either shows a timeout.
    run.holds(kind == "dns" || kind == "timeout", "another fault");
}

#[test]
fn ends_before_the_response() {
    for (end, kind) in [(Step::Reset, "reset"), (Step::Read, "closed")] {
        let peer = Peer::always(vec![end]);
        let run = ask(&peer.address(), &[]);
        faults(&run, 0, kind, "no-answer");
        faults(&run, 1, kind, "no-answer");
        fails_in(&run, 0, "wait");
        assert_eq!(peer.accepted(), 2, "each request has a connection of its own");
    }
}

#[test]
fn truncated_body() {
    let peer = Peer::by_method(alive(), says("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{}"));
    let run = ask(&peer.address(), &[]);
    faults(&run, 1, "body", "backend-stalled");
    fails_in(&run, 1, "receive");
    run.reports("/endpoints/0/probes/1/status", 200);
    let line = check([peer.address()]).run();
    line.exits(2).summarises("CRITICAL", &["backend-stalled", "its answer (200) broke off", &peer.address()]);
}

/// Statuses that say what is wrong are not hidden by a body that never ends, or that breaks off.
#[test]
fn truncated_bodies_by_status() {
    let statuses = [
        (401, "denied", "UNKNOWN", "401", 3),
        (302, "wrong-service", "UNKNOWN", "3xx", 3),
        (429, "throttled", "WARNING", "429", 1),
        (500, "api-error", "CRITICAL", "get:500", 2),
        (503, "backend-down", "CRITICAL", "get:503", 2),
    ];
    for (status, diagnosis, state, key, code) in statuses {
        let head = format!("HTTP/1.1 {status} Reason\r\nContent-Length: 99\r\n\r\n{{");
        let peers = [Step::Hang, Step::Reset]
            .map(|then| Peer::by_method(alive(), vec![Step::Read, Step::Send(head.clone().into()), then]));
        for run in at_once(peers.each_ref().map(|peer| asking(&peer.address(), &[]))) {
            run.exits(code)
                .reports("/endpoints/0/diagnosis", diagnosis)
                .reports("/endpoints/0/probes/1/state", state)
                .reports("/endpoints/0/probes/1/status", status)
                .reports("/endpoints/0/probes/1/key", key)
                .reports("/endpoints/0/probes/1/fault/phase", "receive")
                .says("the response body");
        }
    }
    // A 202 would be no more than a warning, and a response that breaks off is a failure.
    let peer = Peer::by_method(alive(), says("HTTP/1.1 202 R\r\nContent-Length: 99\r\n\r\n{}"));
    faults(&ask(&peer.address(), &[]), 1, "body", "backend-stalled");
    let peer = Peer::by_method(alive(), says("HTTP/1.1 401 R\r\nContent-Length: 99\r\n\r\n{}"));
    let overridden = ask(&peer.address(), &["--state", "body=warning"]);
    overridden.exits(1).reports("/endpoints/0/probes/1/key", "body");
}

/// A GET that is answered refutes most reasons for a HEAD that is not.
#[test]
fn head_alone() {
    for (head, key) in
        [(Step::Reset, "reset"), (Step::Read, "closed"), (Step::Send(b"junk".to_vec()), "protocol")]
    {
        let peer = Peer::by_method(vec![head], healthy());
        let run = check([&peer.address(), "-v"]).run();
        run.exits(2)
            .summarises("CRITICAL", &[", but answered GET"])
            .says("the API, or a filter in front of it, answers only HEAD wrongly or not at all")
            .says(&format!("use -m get, or accept the response with --state head:{key}=OK"))
            .never_says("crash")
            .never_says("https");
    }
    let peer = Peer::by_method(answers(500, "", ""), healthy());
    check([peer.address()]).run().exits(2).says("GET, however, was answered").says("use -m get");
}

/// A HEAD that was answered, however, refutes another protocol and a host that is down.
#[test]
fn get_alone() {
    for (status, get) in [(403, Step::Read), (503, Step::Read), (200, Step::Hang)] {
        let peer = Peer::by_method(answers(status, "", ""), vec![get]);
        let run = check([&peer.address(), "-t", "1"]).run();
        run.exits(2)
            .summarises("CRITICAL", &["unexpected: ", &format!("answered HEAD ({status})")])
            .says("the server fails only on GET")
            .never_says("https")
            .never_says("firewall");
    }
}

/// A connection that is closed at once is hardly the database's fault.
#[test]
fn closed_at_once() {
    in_good_time(|| {
        let peer = Peer::by_method(alive(), vec![Step::Read]);
        let run = check([&peer.address()]).run();
        run.exits(2)
            .summarises("CRITICAL", &["backend-stalled: ", "connection closed without an answer"])
            .says("every server of a load balancer");
    });
}

#[test]
fn body_without_length() {
    let peer = Peer::by_method(alive(), says("HTTP/1.1 503 No\r\n\r\n{\"reasons\": [\"gone fishing\"]}"));
    let run = ask(&peer.address(), &[]);
    run.exits(2).reports("/endpoints/0/diagnosis", "backend-down").says("gone fishing");
}

#[test]
fn stalled_body() {
    let stalls = vec![Step::Send(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{".to_vec()), Step::Hang];
    let peer = Peer::by_method(alive(), stalls);
    let run = ask(&peer.address(), &[]);
    faults(&run, 1, "timeout", "backend-stalled");
    fails_in(&run, 1, "receive");
}

/// Each phase that can stall is named, and the budget holds.
#[test]
fn phases_of_timeouts() {
    let silent = Peer::always(vec![Step::Hang]);
    let dripping = Peer::always(vec![Step::Drip(endless_header())]);
    let deaf = Nobody::deaf();
    let mute = Peer::in_turn([vec![Step::Swallow]]);
    let cases = [
        (silent.address(), "no-answer", "wait"),
        (dripping.address(), "no-answer", "receive"),
        (deaf.address(), "unreachable", "connect"),
        (format!("https://{}", mute.address()), "no-answer", "tls"),
    ];
    let runs = at_once(cases.each_ref().map(|(endpoint, ..)| asking(endpoint, &["-k"])));
    for (run, (_, diagnosis, phase)) in runs.iter().zip(cases) {
        faults(run, 0, "timeout", diagnosis);
        fails_in(run, 0, phase);
        skips_get(run);
    }
}

fn endless_header() -> Vec<u8> {
    let mut bytes = b"HTTP/1.1 204 No Content\r\nX-Slow: ".to_vec();
    bytes.resize(10_000, b'x');
    bytes
}

#[test]
fn stalled_back_end() {
    let peer = Peer::by_method(alive(), vec![Step::Hang]);
    let run = ask(&peer.address(), &[]);
    faults(&run, 1, "timeout", "backend-stalled");
    fails_in(&run, 1, "wait");
    let line = check([&peer.address(), "-t", "0.3"]).run();
    line.exits(2).summarises(
        "CRITICAL",
        &["backend-stalled", "answered HEAD (204) but not GET within", &peer.address()],
    );
    assert_eq!(line.labels(), ["head_time", "get_time"], "no back-end time without an answer");
}

#[test]
fn connect_timeout() {
    in_good_time(|| {
        let deaf = Nobody::deaf();
        let run = check([&deaf.address(), "-t", "20", "--connect-timeout", "200ms", "-o", "json"]).run();
        faults(&run, 0, "timeout", "unreachable");
        skips_get(&run);
        run.ends_within(SECOND);
    });
}

#[test]
fn banner_of_an_open_connection() {
    in_good_time(|| {
        for banner in ["SSH-2.0-OpenSSH_9.2p1\r\n", "220 mail.example ESMTP Postfix\r\n"] {
            let script = vec![Step::Send(banner.into()), Step::Swallow];
            let peer = Peer::in_turn([script.clone(), script]);
            let run = check([&peer.address(), "-t", "20", "-o", "json"]).run();
            faults(&run, 0, "protocol", "wrong-service");
            run.ends_within(SECOND);
        }
    });
}

#[test]
fn oversized_head() {
    let start = || Step::Send(b"HTTP/1.1 200 OK\r\n".to_vec());
    let long_value =
        vec![Step::Send(b"HTTP/1.1 200 OK\r\nX-Long: ".to_vec()), Step::Forever(vec![b'x'; 4096])];
    let table: [Script; 4] = [
        long_value,
        vec![start(), Step::Forever(b"X-Another: header\r\n".to_vec())],
        vec![Step::Send(b"HTTP/1.1 200 ".to_vec()), Step::Forever(vec![b'x'; 4096])],
        vec![Step::Forever(b"HTTP/1.1 100 Continue\r\n\r\n".to_vec())],
    ];
    for script in table {
        let peer = Peer::by_method(alive(), script);
        faults(&check([&peer.address(), "-o", "json"]).run(), 1, "protocol", "wrong-service");
    }
}

#[test]
fn interim_responses() {
    let early = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>; rel=preload\r\n\r\n";
    let then = |bytes: Vec<u8>| says([early.as_bytes(), &bytes].concat());
    let peer = Peer::by_method(then(response(204, "", "")), then(response(200, "", "{}")));
    ask(&peer.address(), &[])
        .exits(0)
        .reports("/endpoints/0/diagnosis", "healthy")
        .reports("/endpoints/0/probes/0/status", 204)
        .reports("/endpoints/0/probes/1/status", 200);
    let peer = Peer::by_method(then(response(204, "", "")), then(b"HTTP/1.1 503 Busy\r\nServer".into()));
    ask(&peer.address(), &[]).exits(2).reports("/endpoints/0/probes/1/status", 503);
}

#[test]
fn folded_headers_and_bare_line_feeds() {
    let body = "{\n  \"a\":\n 1}";
    let folded =
        format!("HTTP/1.1 200 OK\r\nX: a\r\n b\r\n\tc\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    for get in [folded.clone(), folded.replace("\r\n", "\n")] {
        let peer = Peer::by_method(says("HTTP/1.1 204 No Content\nX: a\n b\n\n"), says(get));
        let run = check([&peer.address(), "-vvv"]).run();
        run.exits(0).says("received: x: a").says("body: { \"a\": 1}");
    }
}

#[test]
fn http_1_0() {
    let peer = Peer::by_method(
        says("HTTP/1.0 204 No Content\r\nServer: WSGIServer/0.2\r\n\r\n"),
        says("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}"),
    );
    ask(&peer.address(), &[]).exits(0).reports("/endpoints/0/diagnosis", "healthy");
}

#[test]
fn endless_body() {
    let bodies = [
        "HTTP/1.1 200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 999999999999\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1000000\r\n",
    ];
    for head in bodies {
        let peer = Peer::by_method(alive(), vec![Step::Send(head.into()), Step::Forever(vec![b' '; 65536])]);
        check([&peer.address(), "-o", "json"])
            .run()
            .exits(0)
            .reports("/endpoints/0/diagnosis", "healthy")
            .reports("/endpoints/0/probes/1/fault", ());
    }
}

#[test]
fn endless_503() {
    let head = b"HTTP/1.1 503 No\r\nContent-Type: application/json\r\n\r\n{\"reasons\": [\"".to_vec();
    let peer = Peer::by_method(alive(), vec![Step::Send(head), Step::Forever(vec![b'a'; 65536])]);
    let run = check([peer.address()]).run();
    run.exits(2).summarises("CRITICAL", &["GET 503"]);
    run.holds(run.stdout.len() <= 8192, "more than --max-output");
}

#[test]
fn unwanted_content_coding() {
    let gzip = "Content-Encoding: gzip\r\n";
    for body in ["\x1f\u{8b}\x08 broken", "{}"] {
        let peer = Peer::by_method(alive(), answers(200, gzip, body));
        let run = ask(&peer.address(), &[]);
        run.exits(0).reports("/endpoints/0/probes/1/detail", ());
        assert_eq!(peer.requests()[1].header("accept-encoding"), [""; 0], "none was requested");
        let peer = Peer::by_method(alive(), answers(503, gzip, body));
        ask(&peer.address(), &[]).exits(2).reports("/endpoints/0/probes/1/key", "get:503");
    }
}

#[test]
fn chunked_body() {
    let chunked = "HTTP/1.1 503 No\r\nTransfer-Encoding: chunked\r\n\r\n\
                   10;ext=1\r\n{\"reasons\": [\"no\r\n7\r\n db\"]}\n\r\n0\r\nX-Trailer: yes\r\n\r\n";
    let peer = Peer::by_method(alive(), says(chunked));
    ask(&peer.address(), &[]).exits(2).reports("/endpoints/0/probes/1/key", "get:503").says("no db");
}

/// Whatever follows HEAD's response is neither read nor taken for GET's.
#[test]
fn body_after_head() {
    in_good_time(|| {
        let head = "HTTP/1.1 204 No Content\r\nContent-Length: 500\r\n\r\n";
        let poison = "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n";
        let with_poison = vec![Step::Send(format!("{head}{poison}").into()), Step::Hang];
        let peer = Peer::by_method(with_poison, answers(200, "", "{}"));
        let run = check([&peer.address(), "-t", "20", "-o", "json"]).run();
        run.exits(0).reports("/endpoints/0/diagnosis", "healthy").ends_within(SECOND);
    });
}

#[test]
fn plain_http_to_an_https_port() {
    let peer = Peer::in_turn([vec![Step::Send(response(400, "", "")), Step::Swallow]]);
    let run = ask(&format!("https://{}", peer.address()), &["-k"]);
    faults(&run, 0, "tls", "tls-failed");
    skips_get(&run);
}

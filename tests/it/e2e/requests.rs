//! The requests: their content, their targets, and their connections.

use std::collections::HashSet;

use crate::support::certificates::Files;
use crate::support::harness::{check, words};
use crate::support::peer::{Peer, Step, alive, answers, response};

#[test]
fn head_and_get() {
    // A server that would keep the connection: it waits for the client's close.
    let kept = |bytes| vec![Step::Send(bytes), Step::Hang];
    let peer = Peer::by_method(kept(response(204, "", "")), kept(response(200, "", "{}")));
    check([peer.address()]).run().exits(0).summarises("OK", &["healthy", &peer.address()]);
    assert_eq!(peer.asked_for(), ["HEAD /v2/health", "GET /v2/health"]);
    let connections: HashSet<usize> = peer.requests().iter().map(|request| request.connection).collect();
    assert_eq!(connections.len(), 2);
    assert_eq!(peer.accepted(), 2, "no connection without a request");
}

#[test]
fn request_headers() {
    let peer = Peer::healthy();
    check([peer.address()]).run().exits(0);
    for request in peer.requests() {
        assert_eq!(request.header("host"), [peer.address()]);
        assert_eq!(request.header("accept"), ["application/json"]);
        assert_eq!(request.header("cache-control"), ["no-cache"]);
        let version = concat!("check_ceilometer/", env!("CARGO_PKG_VERSION"));
        let agents = request.header("user-agent");
        assert!(agents.len() == 1 && agents[0].starts_with(version), "{agents:?}");
        assert_eq!(request.header("content-length"), [""; 0], "a request without a body has no length");
        assert_eq!(request.header("transfer-encoding"), [""; 0]);
    }
}

/// `{}` is replaced by the peer's address, `PORT` by its port.
#[test]
fn paths_and_prefixes() {
    let table = [
        ("{}", "/v2/health"),
        ("http://{}", "/v2/health"),
        ("http://{}/", "/v2/health"),
        ("{}/metering", "/metering/v2/health"),
        ("http://{}/metering/", "/metering/v2/health"),
        ("{}/metering/v2/health", "/metering/v2/health"),
        ("{}/v2/health", "/v2/health"),
        ("{} --path /healthcheck", "/healthcheck"),
        ("{}/up --path /healthcheck", "/up/healthcheck"),
        ("127.0.0.1 -p PORT", "/v2/health"),
        ("-H 127.0.0.1 -p PORT", "/v2/health"),
        ("-H {}", "/v2/health"),
    ];
    for (line, path) in table {
        let peer = Peer::healthy();
        let line = line.replace("{}", &peer.address()).replace("PORT", &peer.port().to_string());
        check(words(&line)).run().exits(0);
        assert_eq!(peer.asked_for(), [format!("HEAD {path}"), format!("GET {path}")], "{line}");
    }
}

#[test]
fn duplicate_endpoint() {
    let peer = Peer::healthy();
    let address = peer.address();
    let same = format!("{address} http://{address} {address}/v2/health -H {address}/");
    let run = check(words(&format!("{same} -o json"))).run();
    run.exits(0).holds(run.json()["endpoints"].as_array().unwrap().len() == 1, "more than one endpoint");
    assert_eq!(peer.accepted(), 2);
}

#[test]
fn connect_to() {
    let peer = Peer::healthy();
    let run = check(["ceilometer.example", "--connect-to", &peer.address(), "-o", "json"]).run();
    run.exits(0)
        .reports("/endpoints/0/endpoint", "ceilometer.example:8777")
        .reports("/endpoints/0/probes/0/peer", peer.address());
    for request in peer.requests() {
        assert_eq!(request.header("host"), ["ceilometer.example:8777"]);
    }
}

#[test]
fn redirect() {
    let elsewhere = Peer::untouched();
    let location = format!("Location: http://{}/v2/health\r\n", elsewhere.address());
    let peer = Peer::always(answers(302, &location, ""));
    check([peer.address()]).run().exits(3).summarises("UNKNOWN", &["wrong-service", "302"]);
    assert_eq!(peer.accepted(), 2);
}

#[test]
fn proxy_in_the_environment() {
    let proxy = Peer::untouched();
    let peer = Peer::healthy();
    let url = format!("http://{}", proxy.address());
    let run = |options: &[&str]| {
        check([&[peer.address().as_str()], options].concat())
            .env("http_proxy", &url)
            .env("HTTP_PROXY", &url)
            .env("ALL_PROXY", &url)
            .run()
    };
    run(&[]).exits(0).never_says("proxy");
    run(&["-v"]).exits(0).says("proxy");
}

#[test]
fn masked_token() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("token");
    std::fs::write(&file, "gAAAAAsesame-open\n").unwrap();
    for output in ["nagios", "human", "json", "prometheus", "haproxy-agent"] {
        let peer = Peer::healthy();
        let run =
            check([&peer.address(), "--token-file", file.to_str().unwrap(), "-vvv", "-o", output]).run();
        run.exits(0).never_says("sesame");
        for request in peer.requests() {
            assert_eq!(request.header("x-auth-token"), ["gAAAAAsesame-open"]);
        }
    }
}

#[test]
fn token_from_standard_input() {
    let peer = Peer::healthy();
    check([&peer.address(), "--token-file", "-"]).stdin("from-a-pipe\n").run().exits(0);
    assert_eq!(peer.requests()[0].header("x-auth-token"), ["from-a-pipe"]);
}

#[test]
fn basic_credentials_from_a_file() {
    let peer = Peer::healthy();
    check([&peer.address(), "--auth-file", "-"]).stdin("aladdin:opensesame\n").run().exits(0);
    // RFC 7617, section 2, has the like of it.
    assert_eq!(peer.requests()[1].header("authorization"), ["Basic YWxhZGRpbjpvcGVuc2VzYW1l"]);
}

#[test]
fn given_headers() {
    let files = Files::new();
    let file = files.write("headers", "# two headers\n\nX-From-File: in a file\nX-More: 1\n");
    let peer = Peer::healthy();
    let from_file = format!("@{file}");
    check([&peer.address(), "--header", "X-Given: on the line", "--header", &from_file]).run().exits(0);
    for request in peer.requests() {
        assert_eq!(request.header("x-given"), ["on the line"]);
        assert_eq!(request.header("x-from-file"), ["in a file"]);
        assert_eq!(request.header("x-more"), ["1"]);
    }
}

/// A server that sends back what it got does not get our secrets shown.
#[test]
fn reflecting_server() {
    for output in ["nagios", "human", "json", "prometheus", "haproxy-agent"] {
        let peer = Peer::asked(|request| {
            let reflected = request.raw.replace("\r\n", "\\n").replace('"', "'");
            let location = request.header("x-auth-token").concat();
            answers(503, &format!("X-Echo: {location}\r\n"), &format!("{{\"reasons\": [\"{reflected}\"]}}"))
        });
        let run = check([&peer.address(), "--token-file", "-", "-vvv", "-o", output])
            .stdin("gAAAAAsesame-open")
            .run();
        run.exits(2).never_says("sesame").never_says("gAAAAA");
    }
}

#[test]
fn curl_command() {
    let peer = Peer::healthy();
    let run = check([&peer.address(), "-vv", "--header", "X-Auth-Token: gAAAAAsesame-open"]).run();
    run.exits(0).says("curl").says(&peer.address()).never_says("sesame");
}

#[test]
fn visible_retries() {
    let peer = Peer::by_method(alive(), vec![Step::Reset]);
    check([peer.address()]).run().exits(2);
    assert_eq!(peer.asked_for(), ["HEAD /v2/health", "GET /v2/health"]);
}

//! Several endpoints, quorums and retries.

use crate::support::harness::{Finished, check, words};
use crate::support::peer::{Nobody, Peer, alive, answers, healthy};

/// A peer with a service at each of the prefixes `/p0`, `/p1`, …; those of `broken` answer GET with 503.
fn many(broken: &'static [&'static str]) -> Peer {
    Peer::asked(move |request| {
        let failing = broken.iter().any(|prefix| request.target == format!("/{prefix}/v2/health"));
        match (request.method.as_str(), failing) {
            ("HEAD", _) => alive(),
            (_, true) => answers(503, "", r#"{"reasons": ["down"]}"#),
            _ => healthy(),
        }
    })
}

/// A list file with the endpoints of [`many`].
fn listed(peer: &Peer, number: usize) -> String {
    format!("# endpoints\n\n{}\n", peer.endpoints(number))
}

#[test]
fn three_hundred_endpoints() {
    let broken = ["p3", "p77", "p150", "p151", "p299"];
    let peer = many(&["p3", "p77", "p150", "p151", "p299"]);
    let run = check(["--endpoints", "-"]).stdin(listed(&peer, 300)).run();
    run.exits(2).summarises("CRITICAL", &["backend-down"]);
    for prefix in broken {
        run.says(&format!("{}/{prefix}", peer.address()));
    }
    let long: Vec<&str> = run.stdout.lines().skip(1).collect();
    let names_healthy = (0..300)
        .map(|index| format!("p{index}"))
        .filter(|prefix| !broken.contains(&prefix.as_str()))
        .find(|prefix| long.iter().any(|line| line.split(['/', ' ', ':', ',']).any(|word| word == prefix)));
    run.holds(names_healthy.is_none(), &format!("a healthy endpoint is listed: {names_healthy:?}"));
    let labels = run.labels();
    run.holds(labels == ["endpoints", "healthy"], &format!("not the aggregate alone: {labels:?}"));
    let values: Vec<String> = run.perfdata().into_iter().map(|(_, value)| value).collect();
    run.holds(values[0].starts_with("300") && values[1].starts_with("295"), "wrong numbers");
    assert_eq!(peer.accepted(), 600, "each endpoint is asked twice");
}

/// The more endpoints there are, the less is shown of each body; what it says of the state counts all the same.
#[test]
fn failure_deep_in_one_of_many_reports() {
    let report = format!(r#"{{"a": "{}", "database": false}}"#, "x".repeat(30_000));
    let peer = Peer::asked(move |request| match (request.method.as_str(), request.target.as_str()) {
        ("HEAD", _) => alive(),
        (_, "/p599/v2/health") => answers(200, "", &report),
        _ => healthy(),
    });
    let run = check(["--endpoints", "-", "-t", "30"]).stdin(listed(&peer, 600)).run();
    run.exits(1).summarises("WARNING", &["p599", "database: false"]);
}

#[test]
fn verbose_list() {
    let peer = many(&["p3"]);
    let run = check(["--endpoints", "-", "-v", "--max-output", "1000000"]).stdin(listed(&peer, 30)).run();
    run.exits(2);
    for index in 0..30 {
        run.says(&format!("{}/p{index}", peer.address()));
    }
}

#[test]
fn metrics_of_twenty_endpoints() {
    let peer = many(&[]);
    let run = check(["--endpoints", "-"]).stdin(listed(&peer, 20)).run();
    let labels = run.exits(0).labels();
    assert_eq!(labels.len(), 20 * 3 + 2, "{labels:?}");
    for metric in ["head_time", "get_time", "backend_time"] {
        assert!(labels.contains(&format!("{}/p19 {metric}", peer.address())), "{labels:?}");
    }
    let more = check(["--endpoints", "-"]).stdin(listed(&peer, 21)).run();
    assert_eq!(more.exits(0).labels(), ["endpoints", "healthy"]);
}

#[test]
fn order_in_json() {
    let peer = many(&["p1"]);
    let run = check(["--endpoints", "-", "-o", "json"]).stdin(listed(&peer, 12)).run();
    run.exits(2);
    let json = run.json();
    let endpoints: Vec<&str> =
        json["endpoints"].as_array().unwrap().iter().map(|one| one["endpoint"].as_str().unwrap()).collect();
    let expected: Vec<String> = (0..12).map(|index| format!("{}/p{index}", peer.address())).collect();
    assert_eq!(endpoints, expected);
}

#[test]
fn one_at_a_time() {
    let peer = many(&[]);
    check(["--endpoints", "-", "--parallel", "1"]).stdin(listed(&peer, 40)).run().exits(0);
    let methods: Vec<String> = peer.requests().iter().map(|request| request.method.clone()).collect();
    assert_eq!(methods, ["HEAD", "GET"].repeat(40), "HEAD and GET of one endpoint after the other");
}

#[test]
fn sources_of_endpoints() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("endpoints");
    let peer = many(&[]);
    std::fs::write(&file, format!("# comment\n\n  {}/p2  \n", peer.address())).unwrap();
    let address = peer.address();
    let line = format!("{address}/p0 -H {address}/p1 --endpoints {} -o json", file.display());
    let run = check(words(&line)).run();
    run.exits(0).holds(run.json()["endpoints"].as_array().unwrap().len() == 3, "not three endpoints");
}

/// Runs with three endpoints, `down` of which fail.
fn three(down: usize, options: &str) -> Finished {
    let broken: &[&str] = [&[][..], &["p0"], &["p0", "p1"], &["p0", "p1", "p2"]][down];
    let peer = many(broken);
    check(words(&format!("--endpoints - {options}"))).stdin(listed(&peer, 3)).run()
}

#[test]
fn no_quorum() {
    three(0, "").exits(0).summarises("OK", &["3"]);
    three(1, "").exits(2).summarises("CRITICAL", &["backend-down"]);
}

#[test]
fn quorums() {
    let table = [
        (0, "2", 0, "OK"),
        (1, "2", 1, "WARNING"),
        (2, "2", 2, "CRITICAL"),
        (1, "3", 2, "CRITICAL"),
        (2, "1", 1, "WARNING"),
        (3, "1", 2, "CRITICAL"),
        (0, "100%", 0, "OK"),
        (1, "66%", 1, "WARNING"),
        (1, "67%", 2, "CRITICAL"),
        (2, "34%", 2, "CRITICAL"),
        (2, "33%", 1, "WARNING"),
    ];
    for (down, quorum, code, state) in table {
        let run = three(down, &format!("--quorum {quorum}"));
        run.holds(run.code == Some(code), &format!("{down} of 3 down, quorum {quorum}"));
        run.exits(code).summarises(state, &[]);
    }
}

#[test]
fn critical_before_unknown() {
    let denied = Peer::always(answers(401, "", ""));
    let nobody = Nobody::refusing();
    let run = check([&denied.address(), &nobody.address(), "-o", "json"]).run();
    run.exits(2)
        .reports("/state", "CRITICAL")
        .reports("/endpoints/0/state", "UNKNOWN")
        .reports("/endpoints/1/diagnosis", "unreachable");
}

#[test]
fn successful_retry() {
    let broken = || answers(500, "", "");
    let peer = Peer::in_turn([broken(), broken(), alive(), healthy()]);
    let options = ["--retries", "3", "--retry-delay", "10ms"];
    let run = check([&[peer.address().as_str(), "-o", "json"], &options[..]].concat()).run();
    run.exits(0)
        .reports("/endpoints/0/attempts", 2)
        .reports("/endpoints/0/diagnosis", "healthy")
        .says("retr");
    assert_eq!(peer.asked_for().len(), 4);
}

/// Only CRITICAL is tried again.
#[test]
fn numbers_of_attempts() {
    for (status, code, attempts) in [(503, 2, 3), (401, 3, 1)] {
        let peer = Peer::always(answers(status, "", ""));
        let run = check(words(&format!("{} --retries 2 --retry-delay 10ms -o json", peer.address()))).run();
        run.exits(code).reports("/endpoints/0/attempts", attempts);
        assert_eq!(peer.accepted(), 2 * attempts);
    }
}

#[test]
fn canonical_forms() {
    let peer = Peer::always(answers(404, "", ""));
    let address = peer.address();
    let run = check(words(&format!("{address}/v2 {address} -o json"))).run();
    run.exits(2)
        .reports("/endpoints/0/endpoint", address.as_str())
        .reports("/endpoints/0/url", format!("http://{address}/v2/health"));
    let run = check(words(&format!("{address} --path /healthcheck -o json"))).run();
    run.exits(2).reports("/endpoints/0/endpoint", format!("{address}/healthcheck"));
}

/// A rehearsal can be appended to any configured command.
#[test]
fn rehearsal() {
    let untouched = Peer::untouched();
    let address = untouched.address();
    for command in [
        format!("{address} -t 5"),
        format!("-H {address} --quorum 1 -6 -S --proxy http://{address}"),
        format!("--endpoints /nonexistent --cacert /nonexistent {address}"),
        format!("{address} --connect-to 127.0.0.1 -k"),
    ] {
        let run = check(words(&format!("{command} --simulate backend-down"))).run();
        run.exits(2).summarises("CRITICAL", &["SIMULATED backend-down"]);
    }
}

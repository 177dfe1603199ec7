//! The output: the plugin line, its performance data, and the JSON report's keys.

use serde_json::Value;

use crate::support::certificates::Files;
use crate::support::harness::{Finished, check, words};
use crate::support::peer::{Nobody, Peer, Script, Step, alive, answers};

#[test]
fn healthy_service() {
    let peer = Peer::healthy();
    let run = check([peer.address()]).run();
    run.exits(0).summarises("OK", &["healthy", &peer.address()]);
    run.holds(run.stdout.lines().count() == 1, "OK has long output");
    assert_eq!(run.labels(), ["head_time", "get_time", "backend_time"]);
}

#[test]
fn failing_service() {
    let peer = Peer::backend_down();
    let run = check([peer.address()]).run();
    run.exits(2).summarises("CRITICAL", &["backend-down", "GET 503", &peer.address()]);
    run.holds(run.summary().len() <= 120, "too long for an SMS");
    run.says("verify that the API is up and running").says("the database is gone");
    run.holds(run.stdout.matches("the database is gone").count() == 1, "the reason is there twice");
    assert_eq!(run.labels(), ["head_time", "get_time", "backend_time"]);
}

/// The summary of single endpoints, whole, without the times.
#[test]
fn summaries() {
    let table: [(Script, &str); 3] = [
        (answers(503, "", ""), "CEILOMETER CRITICAL - backend-down: GET 503 from PEER"),
        (answers(404, "", ""), "CEILOMETER CRITICAL - not-found: GET 404 from http://PEER/v2/health"),
        (answers(401, "", ""), "CEILOMETER UNKNOWN - denied: GET 401 from PEER"),
    ];
    for (get, line) in table {
        let peer = Peer::by_method(alive(), get);
        let run = check([peer.address()]).run();
        let summary = run.summary().replace(&peer.address(), "PEER");
        run.holds(summary == line, &format!("the summary is not {line:?}"));
    }
}

#[test]
fn thresholds_of_metrics() {
    let peer = Peer::healthy();
    let line = format!("{} -w 200ms -c 2 --backend-warning 0.5 --backend-critical @1:3", peer.address());
    let run = check(words(&line)).run();
    run.exits(0);
    let metrics = run.perfdata();
    let thresholds = |label: &str| {
        metrics.iter().find(|(own, _)| own == label).unwrap().1.split_once(';').unwrap().1.to_owned()
    };
    for label in ["head_time", "get_time"] {
        run.holds(thresholds(label).starts_with("0.2;2"), &format!("{label} lacks its thresholds"));
    }
    run.holds(thresholds("backend_time").starts_with("0.5"), "backend_time lacks its warning threshold");
}

#[test]
fn slow_responses() {
    // Nothing is answered in no time: a bound of a nanosecond is always crossed.
    let table = [("-w 1ns", 1, "WARNING"), ("-c 1ns", 2, "CRITICAL"), ("-w 1ns -c 1ns", 2, "CRITICAL")];
    for (options, code, state) in table {
        let peer = Peer::healthy();
        let run = check(words(&format!("{} {options}", peer.address()))).run();
        run.exits(code).summarises(state, &["slow", &peer.address()]);
    }
    for range in ["10:", "@0:10"] {
        let peer = Peer::healthy();
        let run = check([&peer.address(), "-w", range]).run();
        run.exits(1).summarises("WARNING", &["slow"]).says("not a cache or an error page").never_says("load");
    }
    let peer = Peer::backend_down();
    check([&peer.address(), "-c", "1ns"]).run().exits(2).summarises("CRITICAL", &["backend-down"]);
}

#[test]
fn metrics_of_unsent_requests() {
    let nobody = Nobody::refusing();
    let run = check([nobody.address()]).run();
    run.exits(2).is_plugin_output();
    assert_eq!(run.labels(), ["head_time"], "GET was not sent");
    let peer = Peer::always(vec![Step::Hang]);
    let run = check([&peer.address(), "-t", "0.2"]).run();
    assert_eq!(run.exits(2).labels(), ["head_time"]);
    let peer = Peer::healthy();
    assert_eq!(check([&peer.address(), "-m", "get"]).run().labels(), ["get_time"]);
}

#[test]
fn labels_of_several_endpoints() {
    let (one, two) = (Peer::healthy(), Peer::backend_down());
    let run = check([one.address(), two.address()]).run();
    run.exits(2).is_plugin_output();
    let mut labels = run.labels();
    labels.sort();
    let metrics = ["backend_time", "get_time", "head_time"];
    let mut expected: Vec<String> = [&one, &two]
        .iter()
        .flat_map(|peer| metrics.map(|metric| format!("{} {metric}", peer.address())))
        .chain(["endpoints".into(), "healthy".into()])
        .collect();
    expected.sort();
    assert_eq!(labels, expected);
    run.holds(
        !run.stdout.lines().skip(1).any(|line| line.contains(&one.address())),
        "a healthy one is listed",
    );
    check([&one.address(), &two.address(), "-v"]).run().says(&one.address());
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

const TOP: [&str; 11] = [
    "schema_version",
    "verified",
    "login",
    "service",
    "state",
    "exit_code",
    "summary",
    "simulated",
    "started_at",
    "elapsed_ms",
    "endpoints",
];
const ENDPOINT: [&str; 12] = [
    "endpoint",
    "url",
    "region",
    "interface",
    "state",
    "diagnosis",
    "explanation",
    "action",
    "attempts",
    "certificate",
    "backend_ms",
    "probes",
];
const PROBE: [&str; 12] = [
    "method",
    "state",
    "key",
    "rule",
    "status",
    "fault",
    "answered_by",
    "peer",
    "elapsed_ms",
    "phases_ms",
    "detail",
    "skipped",
];
const PHASES: [&str; 6] = ["resolve", "connect", "tls", "send", "wait", "receive"];

#[track_caller]
fn has_keys(run: &Finished, value: &Value, expected: &[&str]) {
    let own = keys(value);
    // New keys may be added.
    let missing: Vec<_> = expected.iter().filter(|key| !own.contains(key)).collect();
    run.holds(missing.is_empty(), &format!("keys are missing: {missing:?}"));
}

#[test]
fn json_keys() {
    let nobody = Nobody::refusing();
    let peer = Peer::backend_down();
    for address in [nobody.address(), peer.address()] {
        let run = check([&address, "-o", "json"]).run();
        run.exits(2);
        let json = run.json();
        has_keys(&run, &json, &TOP);
        has_keys(&run, &json["endpoints"][0], &ENDPOINT);
        for probe in json["endpoints"][0]["probes"].as_array().unwrap() {
            has_keys(&run, probe, &PROBE);
            has_keys(&run, &probe["phases_ms"], &PHASES);
        }
        run.holds(run.stdout.ends_with("}\n"), "does not end with one line end");
    }
}

#[test]
fn json_values() {
    let peer = Peer::backend_down();
    let run = check([&peer.address(), "-o", "json"]).run();
    run.exits(2)
        .reports("/schema_version", 2)
        .reports("/service", "ceilometer")
        .reports("/simulated", false)
        .reports("/verified", ())
        .reports("/login", ())
        .reports("/endpoints/0/region", ())
        .reports("/endpoints/0/interface", ())
        .reports("/endpoints/0/url", format!("http://{}/v2/health", peer.address()))
        .reports("/endpoints/0/attempts", 1)
        .reports("/endpoints/0/certificate", ())
        .reports("/endpoints/0/probes/0/method", "HEAD")
        .reports("/endpoints/0/probes/0/status", 204)
        .reports("/endpoints/0/probes/0/fault", ())
        .reports("/endpoints/0/probes/0/phases_ms/tls", ())
        .reports("/endpoints/0/probes/1/method", "GET");
    let json = run.json();
    let number =
        |pointer: &str| json.pointer(pointer).and_then(Value::as_f64).is_some_and(|time| time >= 0.0);
    for pointer in [
        "/elapsed_ms",
        "/endpoints/0/backend_ms",
        "/endpoints/0/probes/0/elapsed_ms",
        "/endpoints/0/probes/1/phases_ms/connect",
        "/endpoints/0/probes/1/phases_ms/wait",
    ] {
        run.holds(number(pointer), &format!("{pointer} is no time"));
    }
    let began = json["started_at"].as_str().unwrap();
    run.holds(began.starts_with("20") && began.contains('T') && began.ends_with('Z'), "not RFC 3339 in UTC");
    for pointer in ["/endpoints/0/explanation", "/endpoints/0/action", "/summary"] {
        let text = json.pointer(pointer).and_then(Value::as_str);
        run.holds(text.is_some_and(|text| !text.is_empty()), &format!("{pointer} is empty"));
    }
}

#[test]
fn default_without_a_terminal() {
    let peer = Peer::healthy();
    let run = check([peer.address()]).run();
    run.exits(0).summarises("OK", &[]);
}

#[test]
fn human_view() {
    let peer = Peer::backend_down();
    let run = check([&peer.address(), "-o", "human"]).run();
    run.exits(2).says("CRITICAL").says("backend-down").says(&peer.address()).says("503").says("204");
    run.has_no_hostile_characters();
    let wide = run.stdout.lines().find(|line| line.chars().count() > 80);
    run.holds(wide.is_none(), "a line is wider than 80 columns");
    let coloured = check([&peer.address(), "-o", "human", "--color", "always"]).run();
    coloured.exits(2).says("\u{1b}[");
}

#[test]
fn agent_line() {
    let table = [
        (answers(200, "", "{}"), "", "up\n"),
        (answers(202, "", ""), "", "up\n"),
        (answers(200, "", "{}"), "--agent-warning 50%", "up 100%\n"),
        (answers(202, "", ""), "--agent-warning 50%", "up 50%\n"),
    ];
    for (get, options, line) in table {
        let peer = Peer::by_method(alive(), get);
        let run = check(words(&format!("{} -o haproxy-agent {options}", peer.address()))).run();
        run.holds(run.stdout == line, &format!("the line is not {line:?}"));
    }
    for get in [answers(503, "", ""), answers(401, "", "")] {
        let peer = Peer::by_method(alive(), get);
        let run = check([&peer.address(), "-o", "haproxy-agent"]).run();
        run.holds(run.stdout.starts_with("down #") && run.stdout.lines().count() == 1, "not down");
    }
    let refused = check(["-o", "haproxy-agent", "ftp://h"]).run();
    refused.exits(3).holds(refused.stdout.starts_with("down #"), "a set-up error is not down");
}

#[test]
fn usage_errors() {
    for output in ["nagios", "human", "prometheus"] {
        let refused = check(["-o", output, "ftp://h"]).run();
        let line =
            "CEILOMETER UNKNOWN - invalid endpoint 'ftp://h': unsupported scheme 'ftp': use http or https\n";
        refused.exits(3).holds(refused.stdout == line, &format!("not {line:?}"));
    }
}

#[test]
fn max_output() {
    let body = format!("{{\"reasons\": [\"{}\"]}}", "long ".repeat(2_000));
    for limit in [200, 1023, 8192] {
        let peer = Peer::by_method(alive(), answers(503, "", &body));
        let run = check([&peer.address(), "-vvv", "--max-output", &limit.to_string()]).run();
        run.exits(2).summarises("CRITICAL", &["backend-down"]);
        run.holds(run.stdout.len() <= limit, &format!("more than {limit} bytes"));
    }
}

#[test]
fn output_file() {
    let files = Files::new();
    let file = files.write("report", "old");
    let peer = Peer::backend_down();
    let run = check([&peer.address(), "-o", "json", "--output-file", &file]).run();
    run.exits(2).holds(run.stdout.is_empty(), "something is on standard output");
    let report: Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
    assert_eq!(report["state"], "CRITICAL");
    assert_eq!(std::fs::read_dir(files.directory()).unwrap().count(), 1, "nothing is left beside it");
}

#[test]
fn unwritable_output_file() {
    let peer = Peer::healthy();
    check([&peer.address(), "--output-file", "/nowhere/at/all"]).run().exits(3);
    let peer = Peer::backend_down();
    let run = check([&peer.address(), "--output-file", "/nowhere/at/all"]).run();
    run.holds(matches!(run.code, Some(2 | 3)), "neither CRITICAL nor a refusal");
}

#[test]
fn verbosity() {
    let peer = Peer::by_method(alive(), answers(503, "X-Openstack-Request-Id: req-42\r\n", "plain words"));
    let at = |level: &[&str]| check([&[peer.address().as_str()], level].concat()).run();
    at(&["-vv"]).exits(2).says("curl").says("connect");
    at(&["-vvv"]).exits(2).says("req-42").says("plain words").is_plugin_output();
}

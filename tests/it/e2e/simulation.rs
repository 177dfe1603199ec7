//! `--simulate`: each simulated endpoint is really probed and gets its diagnosis.

use std::process::Command;

use crate::support::harness::{at_once, check, words};
use crate::support::programs::{found, unshares};

/// Every diagnosis of an endpoint, with its state.
const ALL: [(&str, &str); 19] = [
    ("healthy", "OK"),
    ("alive", "OK"),
    ("backend-down", "CRITICAL"),
    ("backend-stalled", "CRITICAL"),
    ("api-error", "CRITICAL"),
    ("not-found", "CRITICAL"),
    ("unreachable", "CRITICAL"),
    ("no-answer", "CRITICAL"),
    ("tls-failed", "CRITICAL"),
    ("denied", "UNKNOWN"),
    ("proxy-error", "CRITICAL"),
    ("throttled", "WARNING"),
    ("wrong-service", "UNKNOWN"),
    ("stale", "WARNING"),
    ("contradictory", "WARNING"),
    ("request-rejected", "UNKNOWN"),
    ("slow", "WARNING"),
    ("certificate-expiring", "WARNING"),
    ("unexpected", "CRITICAL"),
];

/// The diagnoses of a login, which no endpoint has. All are UNKNOWN.
const OF_LOGIN: [&str; 3] = ["keystone-down", "login-refused", "not-in-catalog"];

fn probes_all(options: &str) {
    let names = ALL.map(|(name, _)| name).join(",");
    let run = check(words(&format!("-t 2 -o json {options} --simulate {names}"))).run();
    run.exits(2).reports("/simulated", true).reports("/state", "CRITICAL");
    let endpoints = run.json()["endpoints"].as_array().unwrap().clone();
    let came: Vec<_> = endpoints
        .iter()
        .map(|endpoint| (endpoint["diagnosis"].as_str().unwrap(), endpoint["state"].as_str().unwrap()))
        .collect();
    assert_eq!(came, ALL);
}

#[test]
fn no_diagnosis_missing() {
    let named: Vec<_> = ALL.map(|(name, _)| name).into_iter().chain(OF_LOGIN).collect();
    let all = check_ceilometer::testing::diagnosis_names();
    assert_eq!(all.len(), named.len());
    assert!(all.iter().all(|name| named.contains(name)), "{all:?}");
}

/// Each action is below the name of what it is for.
#[test]
fn login_and_back_end_down() {
    let simulate = |format: &str| {
        check(words(&format!("-o {format} --simulate keystone-down,backend-down")))
            .run()
            .exits(2)
            .stdout
            .clone()
    };
    let lines = simulate("nagios");
    let lines: Vec<_> = lines.lines().skip(1).map(|line| line.split(" (").next().unwrap()).collect();
    let starts = [
        "Login: keystone-down: Keystone",
        "  Keystone, or a proxy in front of it, failed",
        "  Action: check Keystone's log",
    ];
    let starts =
        [&starts[..], &["CRITICAL - backend-down: 127.0.0.1", "  the API", "  Action: verify"]].concat();
    assert!(
        lines.len() == 6 && lines.iter().zip(starts).all(|(line, start)| line.starts_with(start)),
        "{lines:#?}"
    );
    let view = simulate("human");
    let [login, endpoint] =
        ["  Login: keystone-down: ", "\nCRITICAL  127.0.0.1"].map(|start| view.find(start));
    assert!(login.is_some() && login < endpoint, "{view}");
}

#[test]
fn all_diagnoses() {
    probes_all("");
}

/// The configured method does not change the simulated diagnosis.
#[test]
fn configured_method() {
    probes_all("-m get");
    probes_all("-m head");
}

/// Thresholds of the configured command do not change the simulated diagnosis.
#[test]
fn configured_thresholds() {
    let given = [
        "-w 2 -c 3 --certificate-critical 1",
        "-w 1",
        "--certificate-warning 2 --certificate-critical 1",
        "-c 0.1 --certificate-critical 10",
    ];
    let runs = at_once(
        given.map(|given| check(words(&format!("{given} --simulate slow,certificate-expiring -o json")))),
    );
    let (critical, warning) = runs.split_last().unwrap();
    for run in warning {
        run.exits(1)
            .reports("/endpoints/0/diagnosis", "slow")
            .reports("/endpoints/1/diagnosis", "certificate-expiring");
    }
    critical.exits(2).reports("/endpoints/0/state", "CRITICAL").reports("/endpoints/1/state", "CRITICAL");
}

#[test]
fn failed_logins() {
    for name in OF_LOGIN {
        check(["--simulate", name]).run().exits(3).says(&format!("UNKNOWN - SIMULATED {name}: "));
    }
}

#[test]
fn marks() {
    for output in ["nagios", "human", "haproxy-agent"] {
        check(["--simulate", "backend-down", "-o", output]).run().exits(2).says("SIMULATED");
    }
    check(["--simulate", "backend-down", "-o", "json"]).run().exits(2).reports("/simulated", true);
    check(["--simulate", "healthy", "-o", "prometheus"]).run().exits(0).says("ceilometer_health_simulated 1");
}

#[test]
fn responders() {
    let run = check(["--simulate", "backend-down,denied,proxy-error", "-o", "json"]).run();
    run.exits(2)
        .reports("/endpoints/0/probes/1/answered_by", "ceilometer")
        .reports("/endpoints/1/probes/1/answered_by", "keystone")
        .reports("/endpoints/2/probes/1/answered_by", "haproxy");
}

#[test]
fn other_options() {
    check(words("--simulate backend-down --state get:503=warning")).run().exits(1).summarises("WARNING", &[]);
    check(words("--simulate healthy,api-error --quorum 1")).run().exits(1).summarises("WARNING", &[]);
    let retried = check(words("--simulate api-error --retries 2 --retry-delay 10ms -o json")).run();
    retried.exits(2).reports("/endpoints/0/attempts", 3);
    let stalled = check(words("--simulate backend-stalled --retries 1 --retry-delay 10ms -t 1 -m get")).run();
    stalled.exits(2);
}

/// An alert that waits for several runs needs the same endpoint in each; in a network of its own, where the ports are free.
#[test]
fn same_endpoint_in_every_run() {
    if found(&["ip"]).is_none() || !unshares("-rn") {
        return;
    }
    let run = format!(
        "{} --simulate backend-down,unreachable,tls-failed -o prometheus | grep ^ceilometer_health_state",
        env!("CARGO_BIN_EXE_check_ceilometer")
    );
    let script = format!("ip link set lo up; {run}; echo; {run}");
    let output = Command::new("unshare").args(["-rn", "sh", "-c", &script]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let (first, second) = text.trim_end().split_once("\n\n").unwrap();
    assert_eq!(first, second);
    assert_eq!(first.lines().count(), 3, "{text}");
}

/// A run beside another one takes other ports.
#[test]
fn same_diagnosis_twice() {
    let run = check(words("--simulate api-error,api-error,unreachable,unreachable -o json")).run();
    let names = run.exits(2).json();
    let names: std::collections::BTreeSet<_> =
        names["endpoints"].as_array().unwrap().iter().map(|endpoint| endpoint["endpoint"].as_str()).collect();
    assert_eq!(names.len(), 4, "{names:?}");
}

//! `--simulate`: each diagnosis is really probed and comes out under its name.

use crate::support::harness::{check, words};

const ALL: [(&str, &str); 14] = [
    ("healthy", "OK"),
    ("backend-down", "CRITICAL"),
    ("backend-stalled", "CRITICAL"),
    ("api-error", "CRITICAL"),
    ("not-found", "CRITICAL"),
    ("unreachable", "CRITICAL"),
    ("tls-failed", "CRITICAL"),
    ("denied", "UNKNOWN"),
    ("proxy-error", "CRITICAL"),
    ("throttled", "WARNING"),
    ("wrong-service", "UNKNOWN"),
    ("request-rejected", "UNKNOWN"),
    ("slow", "WARNING"),
    ("unexpected", "CRITICAL"),
];

#[test]
fn all_diagnoses() {
    let names = ALL.map(|(name, _)| name).join(",");
    let run = check(["--simulate", &names, "-t", "2", "-o", "json"]).run();
    run.exits(2).reports("/simulated", true).reports("/state", "CRITICAL");
    for (index, (name, state)) in ALL.into_iter().enumerate() {
        run.reports(&format!("/endpoints/{index}/diagnosis"), name)
            .reports(&format!("/endpoints/{index}/state"), state);
    }
    run.holds(
        run.json()["endpoints"].as_array().unwrap().len() == ALL.len(),
        "more endpoints than asked for",
    );
}

#[test]
fn exit_codes() {
    for (name, state) in ALL {
        let code = ["OK", "WARNING", "CRITICAL", "UNKNOWN"].iter().position(|known| *known == state).unwrap();
        let run = check(["--simulate", name, "-t", "1"]).run();
        run.exits(i32::try_from(code).unwrap()).summarises(state, &[name]).says("SIMULATED");
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

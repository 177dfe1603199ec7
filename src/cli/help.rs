//! The texts of the help around the options.

use crate::model::diagnosis::Diagnosis;
use crate::model::exchange::FaultKind;
use crate::rules::SuccessProblem;

pub(super) const USAGE: &str = "check_ceilometer [OPTIONS] ENDPOINT...
       check_ceilometer --simulate DIAGNOSIS[,...]
       check_ceilometer --explain [KEY|DIAGNOSIS]
       check_ceilometer --generate WHAT";

/// Typical commands with their purposes, for help and man page.
pub(crate) const EXAMPLES: [(&str, &str); 9] = [
    ("Check Ceilometer on this machine", "check_ceilometer localhost"),
    ("Alert on the response time too", "check_ceilometer -H metering.example.com -w 1 -c 3"),
    (
        "Two regions, one of which may fail",
        "check_ceilometer --quorum 1 https://a.example.com/metering https://b.example.com/metering",
    ),
    (
        "With a Keystone token and a private CA",
        "check_ceilometer -S --cacert ca.pem --token-file token metering.example.com",
    ),
    ("Find out what is slow", "check_ceilometer -vv metering.example.com"),
    ("See when it comes back", "check_ceilometer metering.example.com --watch"),
    ("Wait in a deploy script until it is up", "check_ceilometer --wait 5m metering.example.com"),
    ("Rehearse an alert without breaking anything", "check_ceilometer --simulate backend-down"),
    ("Look up a word of an alert", "check_ceilometer --explain backend-down"),
];

/// The text below the options of `-h`.
pub(super) const AFTER_SHORT: &str =
    "All options, with examples: --help. Exit code: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN.";

/// The text below the options of `--help`.
pub(super) fn after_long() -> String {
    let examples = EXAMPLES.map(|(purpose, command)| format!("  {purpose}:\n      {command}\n"));
    format!(
        "Examples:\n{}\nExit code: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN (also for --help and --version).",
        examples.concat()
    )
}

pub(super) const SIMULATE: &str =
    "Rehearse alerts: check embedded endpoints in place of the given ones; every output says SIMULATED";

/// The long help of `--simulate`.
pub(super) fn simulate() -> String {
    format!(
        "{SIMULATE}\n\nIt can be appended to any command: options for real endpoints only (connections, proxy, TLS) are \
         ignored. The diagnoses: {}.",
        Diagnosis::NAMES.join(", ")
    )
}

pub(super) const STATE: &str = "Override the state for KEY; repeatable";

/// The long help of `--state`.
pub(super) fn state() -> String {
    let faults: Vec<_> = FaultKind::ALL.iter().copied().map(FaultKind::name).collect();
    format!(
        "{STATE}\n\nKEY is a status (404), a class (5xx), a fault ({}) or a problem of a good answer ({}). head: or get: \
         before it limits it to one method (head:405); login: makes it the login's of --os-cloud (login:5xx). catalog \
         is a catalogue without an endpoint to check. STATE is ok, warning, critical or unknown. --explain prints the \
         resulting table.",
        faults.join(", "),
        SuccessProblem::ALL.map(SuccessProblem::name).join(", ")
    )
}

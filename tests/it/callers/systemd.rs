//! systemd: the agent's units.

use std::fs;
use std::process::Command;

use crate::callers::plugin::{file_of, generated};
use crate::support::daemon::directory;
use crate::support::programs::{Run, found};

#[test]
fn agent_units() {
    let Some(program) = found(&["systemd-analyze"]) else { return };
    let dir = directory();
    let text = generated("haproxy-agent");
    let units = ["ceilometer-agent.socket", "ceilometer-agent@.service"].map(|name| {
        let path = dir.path().join(name);
        fs::write(&path, file_of(&text, &format!("/etc/systemd/system/{name}"))).unwrap();
        path
    });
    // The man page is not installed where the tests run.
    let run = Run::of(Command::new(program).args(["verify", "--man=no"]).args(&units));
    assert_eq!((run.code, run.stdout.as_str(), run.stderr.as_str()), (Some(0), "", ""));
}

#[test]
fn findings_as_success() {
    let unit = file_of(&generated("haproxy-agent"), "/etc/systemd/system/ceilometer-agent@.service");
    assert!(unit.lines().any(|line| line == "SuccessExitStatus=1 2 3"), "{unit}");
}

//! Zabbix: the real agent evaluates the generated user parameters, and the paths of the items exist.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::callers::plugin::generated;
use crate::callers::service::{Role, Service};
use crate::support::daemon::directory;
use crate::support::programs::{Run, found};

/// Lets the agent evaluate an item by its `-t`, and returns the JSON object.
fn item(agent: &Path, dir: &Path, key: &str) -> Value {
    let file: PathBuf = dir.join("zabbix_agentd.conf");
    let settings = format!("LogFile={}/log\nServer=127.0.0.1\nAllowRoot=1\n", dir.display());
    fs::write(&file, settings + &generated("zabbix")).unwrap();
    let run = Run::of(Command::new(agent).arg("-c").arg(&file).args(["-t", key]));
    let text = run.stdout.split_once("[t|").and_then(|(_, rest)| rest.trim_end().strip_suffix(']'));
    let text = text.unwrap_or_else(|| panic!("{key}: {run:?}"));
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{key}: {error}: {text}"))
}

/// The JSON paths of the generated items, as JSON pointers.
fn pointers() -> Vec<String> {
    let text = generated("zabbix");
    let paths = text.lines().filter_map(|line| line.split_once(" $.")).map(|(_, path)| path);
    paths.map(|path| format!("/{}", path.replace(['.', '['], "/").replace(']', ""))).collect()
}

#[test]
fn user_parameter() {
    let Some(agent) = found(&["zabbix_agentd"]) else { return };
    let dir = directory();
    for (role, state, diagnosis) in [
        (Role::Healthy, 0, "healthy"),
        (Role::Undocumented, 1, "wrong-service"),
        (Role::BackendDown, 2, "backend-down"),
        (Role::Hostile, 2, "backend-down"),
        (Role::Hanging, 2, ""),
        (Role::Denied, 3, "denied"),
    ] {
        let address = Service::start(role).address;
        let report = item(&agent, dir.path(), &format!("ceilometer.health[{address}]"));
        assert_eq!(report["exit_code"], state, "{role:?}: {report}");
        if !diagnosis.is_empty() {
            assert_eq!(report["endpoints"][0]["diagnosis"], diagnosis, "{role:?}: {report}");
        }
        for pointer in pointers().iter().filter(|pointer| !pointer.contains("certificate")) {
            assert!(report.pointer(pointer).is_some(), "{role:?}: no {pointer} in {report}");
        }
    }
}

#[test]
fn rehearsal() {
    let Some(agent) = found(&["zabbix_agentd"]) else { return };
    let report = item(&agent, directory().path(), "ceilometer.rehearsal[backend-down]");
    assert_eq!(
        (&report["exit_code"], &report["simulated"]),
        (&Value::from(2), &Value::from(true)),
        "{report}"
    );
}

//! Checkmk: the lines that its agent sends, for MRPE and for local checks.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::callers::plugin::{file_of, generated, labels, replaced};
use crate::callers::service::{Role, Service};
use crate::support::daemon::{directory, write_script};
use crate::support::peer::{Peer, alive, answers};
use crate::support::programs::Run;

const ROLES: [(Role, &str); 6] = [
    (Role::Healthy, "0"),
    (Role::Undocumented, "1"),
    (Role::BackendDown, "2"),
    (Role::Hostile, "2"),
    (Role::Absent, "2"),
    (Role::Denied, "3"),
];

/// Runs the generated local check with this endpoint in place of the example's.
fn local(dir: &Path, endpoint: &str) -> Run {
    let script = file_of(&generated("checkmk"), "/usr/lib/check_mk_agent/local/ceilometer");
    let file = dir.join("ceilometer");
    write_script(&file, &replaced(&script, &[("\ncheck 127.0.0.1\n", &format!("\ncheck {endpoint}\n"))]));
    Run::of(&mut Command::new(file))
}

#[test]
fn local_check() {
    let dir = directory();
    for (role, state) in ROLES {
        let address = Service::start(role).address.to_string();
        let run = local(dir.path(), &address);
        let line = run.stdout.strip_suffix('\n').unwrap();
        assert!(!line.contains('\n'), "{run:?}");
        let rest = line
            .strip_prefix(&format!("{state} \"Ceilometer {address}\" "))
            .unwrap_or_else(|| panic!("{run:?}"));
        let (metrics, text) = rest.split_once(' ').unwrap();
        assert_eq!(labels(&metrics.replace('|', " ")), role.metrics(), "{run:?}");
        assert!(text.starts_with("CEILOMETER "), "{run:?}");
        assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""), "{run:?}");
    }
}

#[test]
fn local_check_without_metrics() {
    let run = local(directory().path(), "'a b'");
    assert!(run.stdout.starts_with("3 \"Ceilometer a b\" - CEILOMETER UNKNOWN - "), "{run:?}");
    assert_eq!(run.stdout.lines().count(), 1, "{run:?}");
}

#[test]
fn mrpe() {
    let dir = directory();
    for (role, state) in ROLES {
        let address = Service::start(role).address.to_string();
        let text = file_of(&generated("checkmk"), "/etc/check_mk/mrpe.cfg");
        fs::write(dir.path().join("mrpe.cfg"), replaced(&text, &[("127.0.0.1", &address)])).unwrap();
        // As Checkmk's agent does: each line's first word is the name, and the shell evaluates the rest.
        let agent = "grep -Ev '^[[:space:]]*($|#)' mrpe.cfg | while read -r name line; do\n\
                     output=$(eval \"$line\"); printf '%s %s %s\\n' \"$name\" $? \"$output\" | tr '\\n' '\\1'; done";
        let run = Run::of(Command::new("sh").args(["-c", agent]).current_dir(&dir));
        assert!(run.stdout.starts_with(&format!("Ceilometer {state} CEILOMETER ")), "{run:?}");
        let metrics = run.stdout.split(['|', '\u{1}']).nth(1).unwrap();
        assert_eq!(labels(metrics), role.metrics(), "{run:?}");
    }
}

/// Checkmk makes lines of a server's `\n`, and states of its marks.
#[test]
fn marks_of_a_server() {
    let body = r#"{"error": "db\\nOK - fine (!!) (!) (?) (.) <.>"}"#;
    let peer = Peer::by_method(alive(), answers(503, "", body));
    let run = local(directory().path(), &peer.address());
    assert!(run.stdout.contains("db/nOK - fine ( !!) ( !) ( ?) ( .) ( .)"), "{run:?}");
}

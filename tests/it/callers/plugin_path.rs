//! The plugin's own path in generated texts.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::callers::plugin::{self, Run};
use crate::support::daemon::directory;
use crate::support::programs::unshares;

const ARGUMENTS: [&str; 2] = ["--generate", "nrpe"];

/// The command of the generated NRPE configuration, up to the options.
fn command(run: &Run) -> String {
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""), "{run:?}");
    let line = run.stdout.lines().find_map(|line| line.strip_prefix("command[check_ceilometer]="));
    line.unwrap().split(" -H ").next().unwrap().to_owned()
}

/// Copies the plugin to a place below the directory.
fn copied(dir: &Path, place: &str) -> PathBuf {
    let copy = fs::canonicalize(dir).unwrap().join(place);
    fs::create_dir_all(copy.parent().unwrap()).unwrap();
    fs::copy(plugin::path(), &copy).unwrap();
    copy
}

/// Runs the plugin where `/proc` is not mounted.
fn without_proc(dir: &Path, command: &str) -> Run {
    let script = format!("mount -t tmpfs tmpfs /proc && {command} {}", ARGUMENTS.join(" "));
    Run::of(Command::new("unshare").args(["-rm", "sh", "-c", &script]).current_dir(dir))
}

#[test]
fn relative_name() {
    let dir = directory();
    let copy = copied(dir.path(), "plain/check_ceilometer");
    let run = Run::of(Command::new("plain/check_ceilometer").args(ARGUMENTS).current_dir(&dir));
    assert_eq!(command(&run), copy.to_str().unwrap());
}

#[test]
fn blank_in_path() {
    let dir = directory();
    let copy = copied(dir.path(), "with blank/check_ceilometer");
    let run = Run::of(Command::new(&copy).args(ARGUMENTS));
    let command = command(&run);
    assert_eq!(command, format!("'{}'", copy.display()));
    let version = Run::of(Command::new("sh").args(["-c", &format!("{command} --version")]));
    assert_eq!(version.code, Some(3), "{version:?}");
}

#[test]
fn no_proc() {
    if !unshares("-rm") {
        return;
    }
    let dir = directory();
    let copy = copied(dir.path(), "plain/check_ceilometer");
    let path = copy.to_str().unwrap();
    for name in [path, "plain/check_ceilometer", "PATH=$PWD/plain check_ceilometer"] {
        assert_eq!(command(&without_proc(dir.path(), name)), path, "{name}");
    }
}

#[test]
fn unusable_path() {
    let dir = directory();
    let copy = copied(dir.path(), "dollar$/check_ceilometer");
    let run = Run::of(Command::new(copy).args(ARGUMENTS));
    assert_eq!(command(&run), "/path/to/check_ceilometer");
    let second = run.stdout.lines().nth(1).unwrap();
    assert!(second.starts_with("# FILL IN: replace /path/to/check_ceilometer "), "{run:?}");
}

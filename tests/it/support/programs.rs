//! The real programs that tests need, and the one rule for what a machine lacks.

use std::env;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::Command;
use std::thread;

/// Where daemons and plugins stand, outside of most users' `PATH`.
const BESIDE_THE_PATH: [&str; 5] = [
    "/usr/sbin",
    "/usr/local/sbin",
    "/usr/lib/nagios/plugins",
    "/usr/lib64/nagios/plugins",
    "/usr/local/nagios/bin",
];

/// The first of these programs, each a name or a path, that is there; [`missing`] if none is.
pub(crate) fn found(names: &[&str]) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let places: Vec<PathBuf> = env::split_paths(&path).chain(BESIDE_THE_PATH.map(PathBuf::from)).collect();
    let program =
        names.iter().find_map(|name| places.iter().map(|place| place.join(name)).find(|file| file.is_file()));
    if program.is_none() {
        missing(&names.join(" or "));
    }
    program
}

/// Whether `unshare` gives name spaces by these options, which some containers forbid; [`missing`] if not.
pub(crate) fn unshares(options: &str) -> bool {
    let given = Command::new("unshare").args([options, "true"]).output();
    let given = given.is_ok_and(|run| run.status.success());
    if !given {
        missing("name spaces");
    }
    given
}

/// What a test needs is not there: under `CI=true` the test fails, elsewhere it tells what it leaves out.
#[track_caller]
pub(crate) fn missing(what: &str) {
    assert_ne!(env::var("CI").as_deref(), Ok("true"), "missing: {what}");
    left_out(&format!("missing: {what}"));
}

/// Tells that the test under way leaves something out, on CI too: no installation would change it.
pub(crate) fn left_out(why: &str) {
    let test = thread::current().name().unwrap_or_default().to_owned();
    // Past the test harness, which would swallow what a passing test prints.
    writeln!(io::stderr(), "left out: {test}: {why}").unwrap();
}

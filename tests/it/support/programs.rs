//! The real programs that tests need, and the rule for those that a machine lacks.

use std::env;
use std::io::{self, ErrorKind, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread;

use super::daemon::eventually;

/// Directories of daemons and plugins that most users do not have in `PATH`.
const DAEMON_DIRS: [&str; 5] = [
    "/usr/sbin",
    "/usr/local/sbin",
    "/usr/lib/nagios/plugins",
    "/usr/lib64/nagios/plugins",
    "/usr/local/nagios/bin",
];

/// Finds the first of these programs, each a name or a path; reports [`missing`] if there is none.
pub(crate) fn found(names: &[&str]) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let places: Vec<PathBuf> = env::split_paths(&path).chain(DAEMON_DIRS.map(PathBuf::from)).collect();
    let program =
        names.iter().find_map(|name| places.iter().map(|place| place.join(name)).find(|file| file.is_file()));
    if program.is_none() {
        missing(&names.join(" or "));
    }
    program
}

/// Tests whether `unshare` works with these options, which some containers forbid; reports [`missing`] if not.
pub(crate) fn unshares(options: &str) -> bool {
    let given = Command::new("unshare").args([options, "true"]).output();
    let given = given.is_ok_and(|run| run.status.success());
    if !given {
        missing("name spaces");
    }
    given
}

/// Reports that a program is missing: fails the test under `CI=true`, and prints what is left out elsewhere.
#[track_caller]
pub(crate) fn missing(what: &str) {
    assert_ne!(env::var("CI").as_deref(), Ok("true"), "missing: {what}");
    left_out(&format!("missing: {what}"));
}

/// Prints that the current test leaves something out, also under `CI=true`: no installation could change it.
pub(crate) fn left_out(why: &str) {
    let test = thread::current().name().unwrap_or_default().to_owned();
    // Past the test harness, which would swallow what a passing test prints.
    writeln!(io::stderr(), "left out: {test}: {why}").unwrap();
}

/// Exit code and output of a process.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Run {
    /// Runs a command to its end.
    pub(crate) fn of(command: &mut Command) -> Run {
        command.stdin(Stdio::null());
        // A test beside this one may have forked while the file that is run was being written.
        let output = eventually("the program", || match command.output() {
            Err(error) if error.kind() == ErrorKind::ExecutableFileBusy => Err(error.to_string()),
            output => Ok(output.unwrap()),
        });
        Run {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// The plugin's first line up to the performance data.
    pub(crate) fn summary(&self) -> &str {
        self.stdout.split(['|', '\n']).next().unwrap().trim_end()
    }
}

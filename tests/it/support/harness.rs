//! Runs the built binary. A failed assertion prints everything that is known of the run.

use std::cell::Cell;
use std::ffi::{OsStr, OsString};
use std::fmt::Write as _;
use std::fs::File;
use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::{Command, ExitStatus, Output, Stdio};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::grammar;

/// Time after which a run counts as endless: longer than every budget in the tests.
pub(crate) const MAX_RUN: Duration = Duration::from_secs(60);
/// Time that a run may take beyond `-t`: 250 ms, and twice as much without optimisation, where rendering three
/// hundred endpoints takes 150 ms.
pub(crate) const GRACE: Duration = Duration::from_millis(if cfg!(debug_assertions) { 500 } else { 250 });

/// Locked for writing by a test that failed beside others, so that no other run takes the cores meanwhile.
static MACHINE: RwLock<()> = RwLock::new(());

thread_local! {
    /// `true` in the thread of the test that has the machine for itself.
    static ALONE: Cell<bool> = const { Cell::new(false) };
}

/// A run of the binary, being prepared.
pub(crate) struct Check {
    command: Command,
    stdin: Vec<u8>,
    discards_stdout: bool,
}

/// Prepares a run with these arguments, without the environment variables that could change it.
pub(crate) fn check<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Check {
    let mut command = Command::new(env!("CARGO_BIN_EXE_check_ceilometer"));
    command.args(arguments);
    Check::of(command)
}

/// Prepares a run by a shell, in whose command line `"$@"` is the program and its arguments.
pub(crate) fn check_in_shell(line: &str, arguments: &[&str]) -> Check {
    let mut command = Command::new("sh");
    command.args(["-c", line, "sh", env!("CARGO_BIN_EXE_check_ceilometer")]).args(arguments);
    Check::of(command)
}

/// Splits words at spaces, for command lines without quotes.
pub(crate) fn words(line: &str) -> Vec<&str> {
    line.split_whitespace().collect()
}

fn disturbs(name: &OsString) -> bool {
    let name = name.to_string_lossy().to_ascii_uppercase();
    name.ends_with("_PROXY")
        || name.starts_with("HAPROXY_")
        || ["CHECK_CEILOMETER_OPTS", "NO_COLOR", "SSL_CERT_FILE", "SSL_CERT_DIR", "RUST_BACKTRACE"]
            .contains(&name.as_str())
}

/// Removes the environment variables that could change a run.
pub(crate) fn undisturbed(mut command: Command) -> Command {
    for (name, _) in std::env::vars_os().filter(|(name, _)| disturbs(name)) {
        command.env_remove(name);
    }
    command.env("LC_ALL", "C.UTF-8");
    command
}

/// Keeps the machine from a test that wants it for itself, unless it is this one.
pub(crate) fn beside_others() -> Option<RwLockReadGuard<'static, ()>> {
    (!ALONE.get()).then(|| MACHINE.read().unwrap_or_else(PoisonError::into_inner))
}

/// Runs a test of which each assertion depends on time: beside others first, and if it fails so, again while no other test
/// runs the binary. To wait for a quiet machine first would take a third of the suite's time.
pub(crate) fn in_good_time(test: impl Fn()) {
    if catch_unwind(AssertUnwindSafe(&test)).is_err() {
        let _machine = MACHINE.write().unwrap_or_else(PoisonError::into_inner);
        ALONE.set(true);
        test();
        ALONE.set(false);
    }
}

impl Check {
    fn of(command: Command) -> Check {
        Check { command: undisturbed(command), stdin: Vec::new(), discards_stdout: false }
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> Check {
        self.command.env(name, value);
        self
    }

    pub(crate) fn stdin(mut self, text: impl Into<Vec<u8>>) -> Check {
        self.stdin = text.into();
        self
    }

    /// Sends standard output to a file instead; [`Finished::stdout`] is empty then.
    pub(crate) fn stdout_to(mut self, file: File) -> Check {
        self.command.stdout(file);
        self.discards_stdout = true;
        self
    }

    pub(crate) fn run(self) -> Finished {
        let _shared = beside_others();
        self.finish()
    }

    fn finish(mut self) -> Finished {
        let line = format!("{:?}", self.command);
        if !self.discards_stdout {
            self.command.stdout(Stdio::piped());
        }
        self.command.stdin(Stdio::piped()).stderr(Stdio::piped());
        let started = Instant::now();
        let mut child = self.command.spawn().unwrap_or_else(|error| panic!("{line}: {error}"));
        let pid = rustix::process::Pid::from_child(&child);
        let mut stdin = child.stdin.take().unwrap();
        let (done, waiting) = mpsc::channel();
        thread::spawn(move || {
            // A run that does not read its standard input may close it early.
            let _ = stdin.write_all(&self.stdin);
            drop(stdin);
            let output = child.wait_with_output();
            let _ = done.send((output, started.elapsed()));
        });
        let Ok((output, elapsed)) = waiting.recv_timeout(MAX_RUN) else {
            rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
            panic!("{line}\ndid not end within {MAX_RUN:?}");
        };
        Finished::new(line, output.unwrap(), elapsed)
    }
}

/// Runs several at the same time, for they wait.
pub(crate) fn at_once(checks: impl IntoIterator<Item = Check>) -> Vec<Finished> {
    let _shared = beside_others();
    let running: Vec<_> = checks.into_iter().map(|check| thread::spawn(|| check.finish())).collect();
    running
        .into_iter()
        .map(|run| run.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
        .collect()
}

/// A finished run.
pub(crate) struct Finished {
    line: String,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) code: Option<i32>,
    pub(crate) elapsed: Duration,
}

impl Finished {
    fn new(line: String, output: Output, elapsed: Duration) -> Finished {
        let text = |bytes: Vec<u8>| {
            String::from_utf8(bytes).unwrap_or_else(|error| panic!("{line}\nprints no UTF-8: {error:?}"))
        };
        let (stdout, stderr) = (text(output.stdout), text(output.stderr));
        let status: ExitStatus = output.status;
        Finished { line, stdout, stderr, code: status.code(), elapsed }
    }

    /// Fails the test and prints everything that is known of the run.
    #[track_caller]
    pub(crate) fn fail(&self, what: &str) -> ! {
        let Finished { line, stdout, stderr, code, elapsed } = self;
        let mut report = format!("{what}\n  run: {line}\n  code: {code:?} after {elapsed:?}\n");
        write!(report, "--- stdout\n{stdout}\n--- stderr\n{stderr}\n---").unwrap();
        panic!("{report}");
    }

    /// Asserts a fact about the run.
    #[track_caller]
    pub(crate) fn holds(&self, fact: bool, what: &str) -> &Finished {
        if !fact {
            self.fail(what);
        }
        self
    }

    /// Asserts the exit code and a silent standard error.
    #[track_caller]
    pub(crate) fn exits(&self, code: i32) -> &Finished {
        self.holds(self.code == Some(code), &format!("the exit code is not {code}"))
            .holds(self.stderr.is_empty(), "something is on standard error")
    }

    /// Asserts one of the four exit codes and a silent standard error.
    #[track_caller]
    pub(crate) fn exits_as_a_plugin(&self) -> &Finished {
        self.holds(matches!(self.code, Some(0..=3)), "the exit code is not a plugin's")
            .holds(self.stderr.is_empty(), "something is on standard error")
    }

    /// Asserts that the run was over within its budget and the grace.
    #[track_caller]
    pub(crate) fn ends_within(&self, budget: Duration) -> &Finished {
        self.holds(self.elapsed <= budget + GRACE, &format!("took more than {budget:?} + {GRACE:?}"))
    }

    /// Asserts that standard output contains a text.
    #[track_caller]
    pub(crate) fn says(&self, text: &str) -> &Finished {
        self.holds(self.stdout.contains(text), &format!("standard output lacks {text:?}"))
    }

    /// Asserts that a text is nowhere in what was printed.
    #[track_caller]
    pub(crate) fn never_says(&self, text: &str) -> &Finished {
        let printed = self.stdout.contains(text) || self.stderr.contains(text);
        self.holds(!printed, &format!("{text:?} was printed"))
    }

    /// The first line of standard output.
    pub(crate) fn first_line(&self) -> &str {
        self.stdout.lines().next().unwrap_or_default()
    }

    /// The first line before its performance data.
    pub(crate) fn summary(&self) -> &str {
        self.first_line().split(" | ").next().unwrap_or_default()
    }

    /// Asserts the plugin line: its state, and words that the summary names.
    #[track_caller]
    pub(crate) fn summarises(&self, state: &str, named: &[&str]) -> &Finished {
        let begins = format!("CEILOMETER {state} - ");
        self.holds(self.summary().starts_with(&begins), &format!("the line does not begin with {begins:?}"));
        for name in named {
            self.holds(self.summary().contains(name), &format!("the summary does not name {name:?}"));
        }
        self.is_plugin_output()
    }

    /// Asserts the grammar of plugin output.
    #[track_caller]
    pub(crate) fn is_plugin_output(&self) -> &Finished {
        match grammar::obeyed("nagios", &self.stdout) {
            Ok(()) => self,
            Err(wrong) => self.fail(&wrong),
        }
    }

    /// Asserts that no control, bidirectional or zero-width character was printed.
    #[track_caller]
    pub(crate) fn has_no_hostile_characters(&self) -> &Finished {
        let found: Vec<char> = self.stdout.chars().filter(|c| *c != '\n' && grammar::hostile(*c)).collect();
        self.holds(found.is_empty(), &format!("hostile characters were printed: {found:?}"))
    }

    /// The performance data: labels without quotes, and values with thresholds.
    #[track_caller]
    pub(crate) fn perfdata(&self) -> Vec<(String, String)> {
        grammar::perfdata(self.first_line()).unwrap_or_else(|wrong| self.fail(&wrong))
    }

    /// The labels of the performance data.
    pub(crate) fn labels(&self) -> Vec<String> {
        self.perfdata().into_iter().map(|(label, _)| label).collect()
    }

    /// Standard output as JSON: one object, one line end.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        match serde_json::from_str(&self.stdout) {
            Ok(value @ Value::Object(_)) => value,
            other => self.fail(&format!("no JSON object on standard output: {other:?}")),
        }
    }

    /// Asserts a value of the JSON report, by its pointer (RFC 6901).
    #[track_caller]
    pub(crate) fn reports(&self, pointer: &str, value: impl Into<Value>) -> &Finished {
        let (json, value) = (self.json(), value.into());
        let found = json.pointer(pointer);
        self.holds(found == Some(&value), &format!("{pointer} is {found:?} instead of {value}"))
    }

    /// Asserts a usage or set-up error: one line that contains these words.
    #[track_caller]
    pub(crate) fn is_refused(&self, named: &[&str]) -> &Finished {
        self.exits(3).summarises("UNKNOWN", named);
        self.holds(self.stdout.lines().count() == 1, "more than one line")
            .holds(!self.stdout.contains('|'), "performance data without a measurement")
    }
}

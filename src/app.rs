//! The program: from arguments to the exit code.

use std::ffi::OsString;
use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow};
use signal_hook::low_level::exit;

use crate::cli::{Cli, EarlyExit, OPTS_VAR, OutputFormat};
use crate::deadline::FileUses;
use crate::environment::Environment;
use crate::model::state::State;
use crate::plan::{self, Plan, RunMode};
use crate::report::{Report, wording};
use crate::run::{self, Run, grace};
use crate::terminal::layout::MAX_PROSE;
use crate::{deadline, explain, generate, limits, output, startup, watch};

static PANIC_LOCATION: OnceLock<String> = OnceLock::new();

/// Runs the program on the process's own arguments and environment, and returns the exit code. A panic exits 3
/// (UNKNOWN), with a line on standard output.
pub fn run() -> u8 {
    let started = Instant::now();
    let is_memory_limited = limits::is_memory_limited();
    if is_memory_limited && !limits::has_first_memory() {
        return State::Unknown.exit_code();
    }
    startup::protect_streams();
    // The hook prints nothing: Icinga puts standard error before the plugin output.
    panic::set_hook(Box::new(|panic| {
        let _ = PANIC_LOCATION.set(panic.location().map(ToString::to_string).unwrap_or_default());
    }));
    limits::with_stack(|| {
        panic::catch_unwind(|| start(started, is_memory_limited))
            .unwrap_or_else(|_| fail(&internal_error(), None, &Environment::bare(started), grace::WRITE))
    })
}

/// Reads the arguments and executes them.
fn start(started: Instant, is_memory_limited: bool) -> u8 {
    if is_memory_limited {
        // Thousands of arguments, and parsing them, take memory as well.
        limits::report_lack_of_memory();
    }
    let environment = Arc::new(Environment::of_process(started));
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    let variable = environment.variable(OPTS_VAR);
    if is_memory_limited {
        limits::prepare_report_of_memory(|reason| {
            let format = Cli::output_format(&arguments, variable);
            Report::from_error(reason, started).render_fallback(format, true)
        });
    }
    match Cli::read(arguments, variable) {
        Ok(cli) => execute(&Arc::new(cli), &environment),
        Err(EarlyExit::Usage(error)) => fail(&error.reason, error.format, &environment, grace::WRITE),
        Err(EarlyExit::Help { plain, colored }) => {
            let text = if environment.wants_color() { &colored } else { &plain };
            show(text, State::Unknown.exit_code(), None)
        }
    }
}

/// The result of all work that files can hold, with what remains to be done.
enum Prepared {
    /// A text is published: the exit code.
    Published(u8),
    /// A report that is to be written by the deadline.
    Reported {
        report: Box<Report>,
        plan: Arc<Plan>,
        deadline: Instant,
    },
    Watch {
        run: Box<Run>,
        every: Duration,
        count: Option<u64>,
    },
}

fn execute(cli: &Arc<Cli>, environment: &Arc<Environment>) -> u8 {
    let file_uses = FileUses::default();
    // Either the result is about to be reported, or that a file is late: the first thread to set this reports.
    let is_reported = Arc::new(AtomicBool::new(false));
    if let Some(deadline) = plan::file_deadline(cli, environment) {
        let (cli, environment) = (Arc::clone(cli), Arc::clone(environment));
        let (file_uses, is_reported) = (file_uses.clone(), Arc::clone(&is_reported));
        end_at(deadline + grace::FILES, move || {
            if !file_uses.any() {
                return None;
            }
            let was_reported = is_reported.swap(true, Ordering::SeqCst);
            (!was_reported)
                .then(|| fail(wording::run::LATE_FILE, cli.output.output, &environment, grace::LATE_REPORT))
        });
    }
    let prepared = caught(|| prepare(cli, environment, &file_uses));
    let was_reported = is_reported.swap(true, Ordering::SeqCst);
    if was_reported {
        // The other thread ends the program.
        loop {
            thread::park();
        }
    }
    let code = prepared.and_then(|prepared| caught(|| finish(prepared, environment.started)));
    code.unwrap_or_else(|error| fail(&format!("{error:#}"), cli.output.output, environment, grace::WRITE))
}

/// Ends the program at a deadline if there is then an exit code.
///
/// The thread waits, and does not run the program in its place: where memory is limited the C library gives a page to each
/// allocation of a thread, which is too much for thousands of endpoints.
fn end_at(deadline: Instant, exit_code: impl FnOnce() -> Option<u8> + Send + 'static) {
    let wait = move || {
        let _: Option<()> = deadline::wait_in_turns(Some(deadline), |time| {
            thread::sleep(time);
            None
        });
        if let Some(code) = exit_code() {
            exit(code.into());
        }
    };
    // Where no thread can be had, the run has no such deadline.
    let _ = thread::Builder::new().stack_size(deadline::PROGRAM_STACK).spawn(wait);
}

/// Makes an error of a panic.
fn caught<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    panic::catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err(anyhow!(internal_error())))
}

/// Does all work that may wait for a file system, except for writing reports.
fn prepare(cli: &Cli, environment: &Environment, file_uses: &FileUses) -> Result<Prepared> {
    let file_use = file_uses.begin();
    if let Some(text) = requested_text(cli, environment) {
        return publish(cli, &text).map(Prepared::Published);
    }
    let plan = Arc::new(Plan::from_cli(cli, environment)?);
    drop(file_use);
    probe(plan, environment.started, file_uses)
}

fn finish(prepared: Prepared, started: Instant) -> Result<u8> {
    match prepared {
        Prepared::Published(code) => Ok(code),
        Prepared::Reported { report, plan, deadline } => Ok(output::write_report(&report, &plan, deadline)),
        Prepared::Watch { run, every, count } => watch::watch(*run, started, every, count),
    }
}

/// Renders the text of `--generate` or `--explain`, which replaces a run.
fn requested_text(cli: &Cli, environment: &Environment) -> Option<String> {
    if let Some(artifact) = cli.mode.generate {
        return Some(generate::text(artifact));
    }
    let topic = cli.mode.explain?;
    let (table, columns) = (plan::table(&cli.thresholds), environment.columns().min(MAX_PROSE));
    Some(
        topic.map_or_else(|| explain::table(&table, columns), |topic| explain::topic(&table, topic, columns)),
    )
}

/// Writes a text to standard output, or to the `--output-file` of the command line. That of the environment variable
/// is meant for the results of runs.
fn publish(cli: &Cli, text: &str) -> Result<u8> {
    plan::check_text_conflicts(cli)?;
    let file = cli.output.output_file.as_deref().filter(|_| !cli.env_origin.has("output_file"));
    output::publish(text, file)?;
    Ok(State::Ok.exit_code())
}

/// Probes unless the runs are watched.
fn probe(plan: Arc<Plan>, started: Instant, file_uses: &FileUses) -> Result<Prepared> {
    let run = Run::new(Arc::clone(&plan), file_uses.clone())?;
    let report = match plan.mode {
        RunMode::Once => run::once(run, started)?,
        RunMode::Wait { limit } => watch::wait(run, started, limit)?,
        RunMode::Watch { every, count } => return Ok(Prepared::Watch { run: Box::new(run), every, count }),
    };
    let deadline = plan.mode.deadline(&plan.timing, started);
    Ok(Prepared::Reported { report: Box::new(report), plan, deadline })
}

/// Reports a failure before any run on standard output, which is what callers read.
fn fail(reason: &str, format: Option<OutputFormat>, environment: &Environment, grace: Duration) -> u8 {
    let report = Report::from_error(reason, environment.started);
    let deadline = Instant::now() + grace;
    show(&report.render_fallback(format, !environment.is_utf8()), report.exit_code, Some(deadline))
}

/// Prints a text that is not a report, and returns the exit code.
fn show(text: &str, code: u8, deadline: Option<Instant>) -> u8 {
    output::print(text, deadline).map_or(State::Unknown.exit_code(), |()| code)
}

fn internal_error() -> String {
    let location = PANIC_LOCATION.get().map_or("an unknown place", String::as_str);
    format!("internal error at {location}; please report it")
}

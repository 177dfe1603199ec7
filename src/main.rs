//! `check_ceilometer`: from arguments to exit code.

use std::panic::{self, AssertUnwindSafe};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use anyhow::Result;
use check_ceilometer::cli::{Cli, Stop, VARIABLE};
use check_ceilometer::format::Format;
use check_ceilometer::plan::{self, Course};
use check_ceilometer::report::Report;
use check_ceilometer::run::Run;
use check_ceilometer::state::State;
use check_ceilometer::surroundings::Surroundings;
use check_ceilometer::{explain, generate, output, progress, watch};

/// Where the first panic was raised.
static PANICKED_AT: OnceLock<String> = OnceLock::new();

fn main() -> ExitCode {
    let started = Instant::now();
    // Nothing is printed here: Icinga merges standard error into the output, ahead of it.
    panic::set_hook(Box::new(|panic| {
        let _ = PANICKED_AT.set(panic.location().map(ToString::to_string).unwrap_or_default());
    }));
    let code = panic::catch_unwind(|| answer(started));
    ExitCode::from(code.unwrap_or_else(|_| show(&format!("CEILOMETER UNKNOWN - {}\n", internal()), 3)))
}

/// From arguments to exit code.
fn answer(started: Instant) -> u8 {
    let surroundings = Surroundings::of_process(started);
    match Cli::read(std::env::args_os().skip(1), surroundings.variable(VARIABLE)) {
        Ok(cli) => carry_out(&cli, &surroundings),
        Err(Stop::Refused(refused)) => unable(&refused.reason, refused.format, started),
        Err(Stop::Shown { plain, colored }) => {
            show(if surroundings.wants_color() { &colored } else { &plain }, State::Unknown.exit_code())
        }
    }
}

/// Does what was asked for.
fn carry_out(cli: &Cli, surroundings: &Surroundings) -> u8 {
    let done = panic::catch_unwind(AssertUnwindSafe(|| match text(cli) {
        Some(text) => publish(cli, &text),
        None => probe(cli, surroundings),
    }));
    let failed = match done {
        Ok(Ok(code)) => return code,
        Ok(Err(error)) => format!("{error:#}"),
        Err(_) => internal(),
    };
    unable(&failed, cli.telling.output, surroundings.started)
}

/// The text that is asked for instead of a run.
fn text(cli: &Cli) -> Option<String> {
    let table = || plan::table(&cli.judgement);
    match (cli.tasks.generate, cli.tasks.explain) {
        (Some(what), _) => Some(generate::text(what)),
        (None, Some(None)) => Some(explain::table(&table())),
        (None, Some(Some(key))) => Some(explain::key(&table(), key)),
        (None, None) => None,
    }
}

/// Writes a text where the command line wants it; what stands in the environment is meant for results.
fn publish(cli: &Cli, text: &str) -> Result<u8> {
    plan::refuse_beside_text(cli)?;
    let file =
        cli.telling.output_file.as_ref().filter(|file| cli.in_environment.output_file.as_ref() != Some(file));
    output::publish(text, file.map(PathBuf::as_path))?;
    Ok(0)
}

/// Plans, probes and tells.
fn probe(cli: &Cli, surroundings: &Surroundings) -> Result<u8> {
    let plan = Arc::new(plan::decide(cli, surroundings)?);
    let run = Run::prepare(Arc::clone(&plan))?;
    let started = surroundings.started;
    let report = match plan.course {
        Course::Once => progress::of_run(&run, started, || run.once(started, started + plan.pace.budget))?,
        Course::Wait { limit } => watch::wait(&run, started, limit)?,
        Course::Watch { every, count } => return watch::watch(run, started, every, count),
    };
    Ok(output::tell(&report, &plan))
}

/// Tells why there was no run: on standard output, for that is what callers read.
fn unable(reason: &str, format: Option<Format>, started: Instant) -> u8 {
    let report = Report::undone(reason, started);
    show(&report.instead(format), report.exit_code)
}

/// Prints a text that is no report, and returns the exit code.
fn show(text: &str, code: u8) -> u8 {
    output::print(text).map_or(State::Unknown.exit_code(), |()| code)
}

/// What is said of a panic.
fn internal() -> String {
    let place = PANICKED_AT.get().map_or("an unknown place", String::as_str);
    format!("internal error at {place}; please report it")
}

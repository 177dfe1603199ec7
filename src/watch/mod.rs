//! Again and again: `--wait` and `--watch`.

mod display;
mod history;
mod live;
mod runner;
mod sparkline;
mod stream;
mod summary;
mod wait;

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Error, Result};

use crate::model::state::State;
use crate::report::Report;
use crate::run::Run;
use display::WatchDisplay;
use runner::Runner;
pub(crate) use wait::wait;

/// Runs every `every`, start to start, and tells each run or each change; the exit code of the last run
/// that was over.
///
/// A run that takes longer than `every` is followed by the next at once. Ctrl-C ends it at once, in the midst
/// of a run too.
pub(crate) fn watch(run: Run, started: Instant, every: Duration, count: Option<u64>) -> Result<u8> {
    let run = Arc::new(run);
    let runner = Runner::start(Arc::clone(&run))?;
    let mut display = WatchDisplay::new(&run, started, every);
    let mut began = started;
    for number in 1_u64.. {
        display.begins(began);
        let Some(outcome) = runner.run(began, || display.refresh()) else { break };
        let report = match outcome {
            Err(error) if number == 1 => return Err(error),
            outcome => outcome.unwrap_or_else(|error| run_failed(&run, &error, began)),
        };
        if display.tell(report).is_break() || count == Some(number) {
            break;
        }
        began = (began + every).max(Instant::now());
        if runner.pause(began, || display.refresh()).is_break() {
            break;
        }
    }
    Ok(display.end())
}

/// The report of a later run that could not begin: the next may, so that the watch goes on.
fn run_failed(run: &Run, error: &Error, began: Instant) -> Report {
    let exit_code = run.plan().exit_codes.of(State::Unknown);
    Report { exit_code, ..Report::from_error(&format!("{error:#}"), began) }
}

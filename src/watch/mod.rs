//! Repeated runs: `--wait` and `--watch`.

mod display;
mod history;
mod live;
mod sparkline;
mod stream;
mod summary;
mod wait;

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Error, Result};

use crate::report::Report;
use crate::run::{Run, Runner, TimeFrame};
use display::WatchDisplay;
pub(crate) use wait::wait;

/// Time between two redraws, which show seconds.
const REDRAW_INTERVAL: Duration = Duration::from_millis(500);

/// Time that a run may take after its deadline before it is abandoned: only what a file system holds is so late.
const ABANDON_AFTER: Duration = Duration::from_secs(1);

/// Starts a run every `every`, and shows each run or each change. Returns the exit code of the last run
/// that was over.
///
/// A run that takes longer than `every` is followed by the next at once. Ctrl-C ends the watch, also during a
/// run.
pub(crate) fn watch(run: Run, started: Instant, every: Duration, count: Option<u64>) -> Result<u8> {
    let run = Arc::new(run);
    let runner = Runner::start(Arc::clone(&run), REDRAW_INTERVAL)?;
    let mut display = WatchDisplay::new(&run, started, every);
    let mut began = started;
    for number in 1_u64.. {
        display.run_begins(began);
        let deadline = run.plan().timing.deadline(began);
        let abandoned_at = Some(deadline + ABANDON_AFTER);
        let time = TimeFrame { started: began, deadline };
        let Some(outcome) = runner.run(time, abandoned_at, || display.refresh()) else { break };
        let report = match outcome {
            Err(error) if number == 1 => return Err(error),
            outcome => outcome.unwrap_or_else(|error| run_failed(&run, &error, began)),
        };
        if display.run_ends(report).is_break() || count == Some(number) {
            break;
        }
        began = (began + every).max(Instant::now());
        if runner.pause(began, || display.refresh()).is_break() {
            break;
        }
    }
    Ok(display.end())
}

/// Reports a later run that could not begin, as the next one may.
fn run_failed(run: &Run, error: &Error, began: Instant) -> Report {
    let failed = Report::from_error(&format!("{error:#}"), began);
    Report {
        summary: failed.summary,
        ..Report::of(run.plan(), Vec::new(), failed.started_at, failed.elapsed)
    }
}

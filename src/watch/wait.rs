//! `--wait`: quiet until the state is OK or the time is over.

use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::model::state::State;
use crate::report::Report;
use crate::run::{MIN_RUN, Run};
use crate::terminal::progress::{self, ProgressSnapshot};
use crate::units;

/// The first run has at least this much time, and an endpoint a fair chance: within what a run may take beyond its
/// limit.
const MIN_FIRST_RUN: Duration = Duration::from_millis(150);

/// Probes until the state is OK, or until `limit` after `started` and not before; the last run's report.
///
/// The last run is cut short by the limit.
pub(crate) fn wait(run: &Run, started: Instant, limit: Duration) -> Result<Report> {
    let last = Mutex::new(String::new());
    let snapshot = || so_far(started.elapsed(), limit, &last.lock().unwrap_or_else(PoisonError::into_inner));
    progress::with_bar(run.plan().output.progress, snapshot, || {
        until_ok(run, started, limit, |report| {
            *last.lock().unwrap_or_else(PoisonError::into_inner) =
                format!("; {} - {}", report.state, report.summary_with_marks());
        })
    })
}

fn until_ok(run: &Run, started: Instant, limit: Duration, tell: impl Fn(&Report)) -> Result<Report> {
    let timing = &run.plan().timing;
    let end = started + limit;
    let mut began = started;
    let mut report = run.once(began, end.max(began + MIN_FIRST_RUN).min(began + timing.budget))?;
    while report.state != State::Ok {
        tell(&report);
        began = Instant::now() + timing.retry_delay;
        if began + MIN_RUN > end {
            sleep_until(end);
            break;
        }
        sleep_until(began);
        let next = run.once(began, end.min(began + timing.budget));
        report = next.unwrap_or_else(|error| super::run_failed(run, &error, began));
    }
    Ok(report)
}

fn sleep_until(moment: Instant) {
    thread::sleep(moment.saturating_duration_since(Instant::now()));
}

fn so_far(elapsed: Duration, limit: Duration, last: &str) -> ProgressSnapshot {
    let words = format!(
        "waiting for OK: {} of {}{last}",
        units::format_span(elapsed),
        units::format_configured(limit)
    );
    ProgressSnapshot::of_time(elapsed, limit, words)
}

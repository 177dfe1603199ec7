//! `--wait`: quiet until the state is OK or the time is over.

use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::progress::{self, Glance};
use crate::quantity;
use crate::report::Report;
use crate::run::{Run, SHORTEST};
use crate::state::State;

/// The first run has at least this much time, and an endpoint a fair chance: within what a run may take beyond its
/// limit.
const FAIR: Duration = Duration::from_millis(150);

/// Probes until the state is OK, or until `limit` after `started` and not before; the last run's report.
///
/// The last run is cut short by the limit.
pub fn wait(run: &Run, started: Instant, limit: Duration) -> Result<Report> {
    let last = Mutex::new(String::new());
    let glance = || so_far(started.elapsed(), limit, &last.lock().unwrap_or_else(PoisonError::into_inner));
    progress::during(run.plan().output.progress, glance, || {
        until_ok(run, started, limit, |report| {
            *last.lock().unwrap_or_else(PoisonError::into_inner) =
                format!("; {} - {}", report.state, report.marked_summary());
        })
    })
}

fn until_ok(run: &Run, started: Instant, limit: Duration, tell: impl Fn(&Report)) -> Result<Report> {
    let pace = &run.plan().pace;
    let end = started + limit;
    let mut began = started;
    let mut report = run.once(began, end.max(began + FAIR).min(began + pace.budget))?;
    while report.state != State::Ok {
        tell(&report);
        began = Instant::now() + pace.retry_delay;
        if began + SHORTEST > end {
            sleep_until(end);
            break;
        }
        sleep_until(began);
        let next = run.once(began, end.min(began + pace.budget));
        report = next.unwrap_or_else(|error| super::undone(run, &error, began));
    }
    Ok(report)
}

fn sleep_until(moment: Instant) {
    thread::sleep(moment.saturating_duration_since(Instant::now()));
}

fn so_far(elapsed: Duration, limit: Duration, last: &str) -> Glance {
    let words = format!("waiting for OK: {} of {}{last}", quantity::span(elapsed), quantity::given(limit));
    Glance::of_time(elapsed, limit, words)
}

//! A single run with its progress bar.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;

use super::{Run, Runner, TimeFrame};
use crate::report::{Report, wording};
use crate::terminal::progress::{INTERVAL, ProgressBar, ProgressSnapshot};

/// Runs once. At a terminal a progress bar is shown, and Ctrl-C ends the run with a report of what is known.
pub(crate) fn once(run: Run, started: Instant) -> Result<Report> {
    let timing = &run.plan().timing;
    let (time, budget) = (TimeFrame { started, deadline: timing.deadline(started) }, timing.budget);
    if !run.plan().reports_interruption() {
        return run.once(time);
    }
    let run = Arc::new(run);
    let Ok(runner) = Runner::start(Arc::clone(&run), INTERVAL) else {
        // Without a thread there is no bar.
        return run.once(time);
    };
    let mut bar = ProgressBar::new(true, run.plan().output.ascii);
    let snapshot = || snapshot(run.counts(), started.elapsed(), budget);
    let outcome = runner.run(time, None, || bar.draw(snapshot));
    outcome.unwrap_or_else(|| Ok(run.interrupted(started)))
}

/// Measures the progress: by endpoints, or by time where there is only one.
fn snapshot((done, all): (usize, usize), elapsed: Duration, budget: Duration) -> ProgressSnapshot {
    let words = wording::run::progress(done, all, elapsed, budget);
    match all {
        0 | 1 => ProgressSnapshot::of_time(elapsed, budget, words),
        _ => ProgressSnapshot { done: done as u64, all: all as u64, words },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_or_number() {
        let (elapsed, budget) = (Duration::from_millis(2_500), Duration::from_secs(10));
        let table = [
            ((0, 1), (2_500, 10_000, "0 of 1 endpoint, 2 s of 10 s")),
            ((3, 300), (3, 300, "3 of 300 endpoints, 2 s of 10 s")),
        ];
        for (counts, (done, all, words)) in table {
            let expected = ProgressSnapshot { done, all, words: words.into() };
            assert_eq!(snapshot(counts, elapsed, budget), expected);
        }
    }
}

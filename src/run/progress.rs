//! The progress of a run, as the bar shows it.

use std::time::{Duration, Instant};

use anyhow::Result;

use super::Run;
use crate::report::Report;
use crate::terminal::progress::{self, ProgressSnapshot};
use crate::units;

/// Runs once, under a progress bar where the plan wants one.
pub(crate) fn with_bar(run: &Run, started: Instant) -> Result<Report> {
    let budget = run.plan().timing.budget;
    let snapshot = || of_endpoints(run.counts(), started.elapsed(), budget);
    let once = || run.once(started, started + budget);
    progress::with_bar(run.plan().output.progress, snapshot, once)
}

/// A single endpoint is done or not: what moves is the time.
fn of_endpoints((done, all): (usize, usize), elapsed: Duration, budget: Duration) -> ProgressSnapshot {
    let words = counted((done, all), elapsed, budget);
    match all {
        0 | 1 => ProgressSnapshot::of_time(elapsed, budget, words),
        _ => ProgressSnapshot { done: done as u64, all: all as u64, words },
    }
}

/// How far a run is, in words.
pub(crate) fn counted((done, all): (usize, usize), elapsed: Duration, budget: Duration) -> String {
    let all = units::plural(all as u64, "endpoint");
    format!("{done} of {all}, {} of {}", units::format_span(elapsed), units::format_configured(budget))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_endpoint_moves_with_the_time_and_several_by_number() {
        let (elapsed, budget) = (Duration::from_millis(2_500), Duration::from_secs(10));
        let words = |words: &str| words.to_owned();
        let table = [
            (
                (0, 1),
                ProgressSnapshot { done: 2_500, all: 10_000, words: words("0 of 1 endpoint, 2s of 10s") },
            ),
            ((3, 300), ProgressSnapshot { done: 3, all: 300, words: words("3 of 300 endpoints, 2s of 10s") }),
        ];
        for (counts, snapshot) in table {
            assert_eq!(of_endpoints(counts, elapsed, budget), snapshot);
        }
    }
}

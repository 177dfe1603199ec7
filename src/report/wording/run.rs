//! The words about a whole run, and about the runs of `--wait` and `--watch`.

use std::time::{Duration, SystemTime};

use crate::model::exchange::Method;
use crate::units::{
    format_configured, format_duration, format_span, format_tenths, format_timestamp, plural,
};

/// The reason where a run is not over in time.
pub(crate) const LATE_FILE: &str =
    "a file did not answer in time: check the file system that it is on, or raise -t";

/// The reason where a file cannot be read or written in time.
pub(crate) const SILENT_FILE_SYSTEM: &str = "its file system does not answer";

/// One text for two constants, of which one holds the other.
macro_rules! out_of_memory {
    () => {
        "out of memory: raise the limit on it (ulimit -v, -d)"
    };
}

pub(crate) const OUT_OF_MEMORY: &str = out_of_memory!();

/// The whole output for that reason: nothing can be put together where memory is lacking.
pub(crate) const OUT_OF_MEMORY_LINE: &str = concat!("CEILOMETER UNKNOWN - ", out_of_memory!(), "\n");

pub(crate) const STACK_TOO_SMALL_LINE: &str = "CEILOMETER UNKNOWN - the stack is too small, and no thread can be had: raise the limits (ulimit -s, -u)\n";

/// The end of a watch that was stopped within its first run.
pub(crate) const NO_RUN: &str = "No run was over before the watch ended: nothing is known.";

/// The number of endpoints that have been probed, and the time: `2 of 3 endpoints, 1 s of 10 s`.
pub(crate) fn progress(done: usize, all: usize, elapsed: Duration, budget: Duration) -> String {
    let (elapsed, budget) = (format_span(elapsed), format_span(budget));
    match all {
        0 => format!("{NONE_PROBED}, {elapsed} of {budget}"),
        _ => format!("{done} of {}, {elapsed} of {budget}", plural(all as u64, "endpoint")),
    }
}

pub(crate) fn interrupted(elapsed: Duration, done: usize, all: usize) -> String {
    let elapsed = format_span(elapsed);
    match all {
        0 => format!("interrupted after {elapsed}, {NONE_PROBED}"),
        _ => format!("interrupted after {elapsed}, {done} of {} probed", plural(all as u64, "endpoint")),
    }
}

/// Replaces the counts while a login or a look-up has yet to find the endpoints.
const NONE_PROBED: &str = "no endpoint probed yet";

/// Minimum time of a `--wait` that is shown without tenths of a second.
const MIN_WHOLE_SECONDS: Duration = Duration::from_secs(10);

/// The beginning and the end of the summary of a `--wait` that is over.
pub(crate) fn waited(elapsed: Duration, runs: u64, is_interrupted: bool) -> (String, String) {
    let runs = plural(runs, "run");
    let elapsed = if elapsed < MIN_WHOLE_SECONDS { format_tenths(elapsed) } else { format_span(elapsed) };
    if is_interrupted {
        (format!("interrupted after {elapsed} and {runs}: "), String::new())
    } else {
        (String::new(), format!(" (waited {elapsed}, {runs})"))
    }
}

/// The progress of a `--wait`, with the last run's state and summary.
pub(crate) fn waiting(elapsed: Duration, limit: Duration, last: Option<String>) -> String {
    let last = last.map(|last| format!("; {last}")).unwrap_or_default();
    format!("waiting for OK, {} of {}{last}", format_span(elapsed), format_span(limit))
}

/// The headline of a watch that is over.
pub(crate) fn watched(time: Duration, endpoints: usize, runs: u64, changes: u64) -> String {
    format!(
        "Watched for {}: {}, {}, {}.",
        format_span(time),
        plural(endpoints as u64, "endpoint"),
        plural(runs, "run"),
        plural(changes, "change")
    )
}

/// The state of a watch: the progress of the run under way, or else the start of the last one.
pub(crate) fn watching(
    runs: u64,
    every: Duration,
    progress: Option<&str>,
    last_start: Option<SystemTime>,
) -> String {
    let every = format_configured(every);
    let status = match (progress, last_start) {
        (Some(progress), _) => format!("Run {}: {progress}.", runs + 1),
        (None, None) => format!("First run, then every {every}."),
        (None, Some(start)) => format!("Run {runs} at {}, every {every}.", format_timestamp(start)),
    };
    format!("{status} Ctrl-C to stop.")
}

/// A request as the slowest of many: `GET in 12.3 ms`.
pub(crate) fn slow_request(method: Method, elapsed: Duration) -> String {
    format!("{} in {}", method.name(), format_duration(elapsed))
}

/// The slowest request of a watch.
pub(crate) fn slow_request_at(method: Method, elapsed: Duration, when: SystemTime) -> String {
    format!("{} at {}", slow_request(method, elapsed), format_timestamp(when))
}

/// The heading of what concerns all endpoints of a watch.
pub(crate) const ALL_TOGETHER: &str = "All together";

pub(crate) fn slowest(slowest: &str) -> String {
    format!("slowest answer: {slowest}")
}

pub(crate) fn last_failure(when: SystemTime, summary: &str) -> String {
    format!("last failure: {}, {summary}", format_timestamp(when))
}

/// The time that a state has lasted.
pub(crate) fn lasting(time: Duration) -> String {
    if time.as_secs() == 0 { "just now".to_owned() } else { format!("for {}", format_span(time)) }
}

/// The healthy endpoints among many, which are not shown.
pub(in crate::report) fn healthy(count: usize, slowest: &str, endpoint: &str) -> String {
    format!("{count} OK, the slowest answer: {slowest} by {endpoint}; -v shows all.")
}

/// The endpoints that were healthy during a whole watch, with the slowest request and its endpoint.
pub(crate) fn always_healthy(count: usize, slowest: Option<(String, &str)>) -> String {
    let slowest = slowest.map(|(slowest, name)| format!("; the slowest answer: {slowest} by {name}"));
    format!("{} always OK{}.", plural(count as u64, "endpoint"), slowest.unwrap_or_default())
}

/// The number of endpoints that fail like the one before them.
pub(in crate::report) fn more_alike(count: usize) -> String {
    format!("and {count} more like it")
}

/// The number of endpoints with a diagnosis that are not shown.
pub(in crate::report) fn more_of(count: usize, diagnosis: &str) -> String {
    format!("and {count} more {diagnosis}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_of_a_run_under_way() {
        let second = Duration::from_secs(1);
        assert_eq!(progress(1, 3, second, 10 * second), "1 of 3 endpoints, 1 s of 10 s");
        assert_eq!(progress(0, 0, second, 10 * second), "no endpoint probed yet, 1 s of 10 s");
        assert_eq!(interrupted(second, 0, 1), "interrupted after 1 s, 0 of 1 endpoint probed");
        assert_eq!(interrupted(second, 0, 0), "interrupted after 1 s, no endpoint probed yet");
    }

    #[test]
    fn time_of_a_wait() {
        let table = [(300, "300 ms"), (1050, "1 s"), (1704, "1.7 s"), (9960, "9.9 s"), (10_900, "10 s")];
        for (millis, words) in table {
            let elapsed = Duration::from_millis(millis);
            assert_eq!(waited(elapsed, 4, false).1, format!(" (waited {words}, 4 runs)"));
            assert_eq!(waited(elapsed, 1, true).0, format!("interrupted after {words} and 1 run: "));
        }
    }
}

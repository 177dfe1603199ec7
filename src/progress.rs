//! The bar that shows on standard error how far a long run is.
//!
//! It has a thread of its own, which is only there where somebody looks: on a terminal, for the human format.

use std::io::{self, Write};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use crate::columns::begun;
use crate::quantity;
use crate::run::Run;
use crate::surroundings::Size;

/// Of runs that are over by then nobody needs to hear that they are under way.
pub(crate) const PATIENCE: Duration = Duration::from_millis(500);
/// The time between two looks at how far the run is.
const TICK: Duration = Duration::from_millis(100);
/// How many columns the bar itself takes.
const BAR: usize = 20;
/// Clears the line that the cursor stands on (ECMA-48, erase in line).
const CLEAR: &str = "\r\x1b[K";

/// How far the work is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glance {
    /// What is done, of [`Glance::all`].
    pub done: u64,
    /// All that is to be done.
    pub all: u64,
    /// The same in words.
    pub words: String,
}

impl Glance {
    /// How much of a time is over.
    pub(crate) fn of_time(elapsed: Duration, all: Duration, words: String) -> Glance {
        let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        Glance { done: millis(elapsed), all: millis(all), words }
    }
}

/// Does the work of one run, under a bar where the plan wants one and the run takes long.
pub fn of_run<T>(run: &Run, started: Instant, work: impl FnOnce() -> T) -> T {
    let budget = run.plan().pace.budget;
    let glance = || of_endpoints(run.counts(), started.elapsed(), budget);
    during(run.plan().output.progress, glance, work)
}

/// A single endpoint is done or not: what moves is the time.
fn of_endpoints((done, all): (usize, usize), elapsed: Duration, budget: Duration) -> Glance {
    let words = counted((done, all), elapsed, budget);
    match all {
        0 | 1 => Glance::of_time(elapsed, budget, words),
        _ => Glance { done: done as u64, all: all as u64, words },
    }
}

/// How far a run is, in words.
pub(crate) fn counted((done, all): (usize, usize), elapsed: Duration, budget: Duration) -> String {
    let all = quantity::count(all as u64, "endpoint");
    format!("{done} of {all}, {} of {}", quantity::span(elapsed), quantity::given(budget))
}

/// Does the work, under a bar if one is wanted and the work takes long. The bar is gone when this returns.
pub fn during<T>(wanted: bool, glance: impl Fn() -> Glance + Send, work: impl FnOnce() -> T) -> T {
    if !wanted {
        return work();
    }
    let (over, ended) = mpsc::channel::<()>();
    thread::scope(|scope| {
        // Where no thread can be had there is no bar.
        let _ = thread::Builder::new().spawn_scoped(scope, move || draw(&ended, glance));
        let done = work();
        drop(over);
        done
    })
}

/// Draws until the other end of the channel is dropped.
fn draw(ended: &Receiver<()>, glance: impl Fn() -> Glance) {
    let mut terminal = io::stderr();
    let mut pause = PATIENCE;
    while ended.recv_timeout(pause) == Err(RecvTimeoutError::Timeout) {
        let columns = Size::of(&terminal).columns;
        // A bar that cannot be drawn is no reason to fail.
        let _ = write!(terminal, "{CLEAR}{}", bar(&glance(), columns));
        pause = TICK;
    }
    if pause == TICK {
        let _ = write!(terminal, "{CLEAR}");
    }
}

/// A bar, and in words what it shows. One column stays free: a terminal breaks a line that reaches its edge.
fn bar(glance: &Glance, columns: usize) -> String {
    let full = glance.done.saturating_mul(BAR as u64) / glance.all.max(1);
    let full = usize::try_from(full).map_or(BAR, |full| full.min(BAR));
    let head = if glance.done > 0 && full < BAR { ">" } else { "" };
    begun(&format!("[{:<BAR$}] {}", "=".repeat(full) + head, glance.words), columns.saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_fits_the_terminal() {
        let table = [
            ((0, 300), 80, "[                    ] so far"),
            ((1, 300), 80, "[>                   ] so far"),
            ((150, 300), 80, "[==========>         ] so far"),
            ((299, 300), 80, "[===================>] so far"),
            ((300, 300), 80, "[====================] so far"),
            ((400, 300), 80, "[====================] so far"),
            ((0, 0), 80, "[                    ] so far"),
            ((150, 300), 27, "[==========>         ] so…"),
            ((150, 300), 0, "…"),
        ];
        for ((done, all), columns, expected) in table {
            assert_eq!(bar(&Glance { done, all, words: "so far".into() }, columns), expected);
        }
    }

    #[test]
    fn one_endpoint_moves_with_the_time_and_several_by_number() {
        let (elapsed, budget) = (Duration::from_millis(2_500), Duration::from_secs(10));
        let words = |words: &str| words.to_owned();
        let table = [
            ((0, 1), Glance { done: 2_500, all: 10_000, words: words("0 of 1 endpoint, 2s of 10s") }),
            ((3, 300), Glance { done: 3, all: 300, words: words("3 of 300 endpoints, 2s of 10s") }),
        ];
        for (counts, glance) in table {
            assert_eq!(of_endpoints(counts, elapsed, budget), glance);
        }
    }
}

//! The bar that shows on standard error how far a long run is.
//!
//! It has a thread of its own, which is only there where somebody looks: on a terminal, for the human format.

use std::io::{self, Write};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use crate::environment::Size;
use crate::terminal::layout::truncate_end;

/// Of runs that are over by then nobody needs to hear that they are under way.
pub(crate) const SHOW_AFTER: Duration = Duration::from_millis(500);
/// The time between two looks at how far the run is.
const TICK: Duration = Duration::from_millis(100);
/// How many columns the bar itself takes.
const BAR: usize = 20;
/// Clears the line that the cursor stands on (ECMA-48, erase in line).
const CLEAR: &str = "\r\x1b[K";

/// How far the work is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ProgressSnapshot {
    /// What is done, of [`ProgressSnapshot::all`].
    pub(crate) done: u64,
    /// All that is to be done.
    pub(crate) all: u64,
    /// The same in words.
    pub(crate) words: String,
}

impl ProgressSnapshot {
    /// How much of a time is over.
    pub(crate) fn of_time(elapsed: Duration, all: Duration, words: String) -> ProgressSnapshot {
        let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        ProgressSnapshot { done: millis(elapsed), all: millis(all), words }
    }
}

/// Does the work, under a bar if one is wanted and the work takes long. The bar is gone when this returns.
pub(crate) fn with_bar<T>(
    wanted: bool,
    snapshot: impl Fn() -> ProgressSnapshot + Send,
    work: impl FnOnce() -> T,
) -> T {
    if !wanted {
        return work();
    }
    let (over, ended) = mpsc::channel::<()>();
    thread::scope(|scope| {
        // Where no thread can be had there is no bar.
        let _ = thread::Builder::new().spawn_scoped(scope, move || draw(&ended, snapshot));
        let done = work();
        drop(over);
        done
    })
}

/// Draws until the other end of the channel is dropped.
fn draw(ended: &Receiver<()>, snapshot: impl Fn() -> ProgressSnapshot) {
    let mut terminal = io::stderr();
    let mut pause = SHOW_AFTER;
    while ended.recv_timeout(pause) == Err(RecvTimeoutError::Timeout) {
        let columns = Size::of(&terminal).columns;
        // A bar that cannot be drawn is no reason to fail.
        let _ = write!(terminal, "{CLEAR}{}", bar(&snapshot(), columns));
        pause = TICK;
    }
    if pause == TICK {
        let _ = write!(terminal, "{CLEAR}");
    }
}

/// A bar, and in words what it shows. One column stays free: a terminal breaks a line that reaches its edge.
fn bar(snapshot: &ProgressSnapshot, columns: usize) -> String {
    let full = snapshot.done.saturating_mul(BAR as u64) / snapshot.all.max(1);
    let full = usize::try_from(full).map_or(BAR, |full| full.min(BAR));
    let head = if snapshot.done > 0 && full < BAR { ">" } else { "" };
    truncate_end(
        &format!("[{:<BAR$}] {}", "=".repeat(full) + head, snapshot.words),
        columns.saturating_sub(1),
    )
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
            assert_eq!(bar(&ProgressSnapshot { done, all, words: "so far".into() }, columns), expected);
        }
    }
}

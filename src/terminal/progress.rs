//! The progress bar of a long run, on standard error.

use std::io::{self, Write};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::environment::Size;
use crate::terminal::ascii::to_ascii;
use crate::terminal::layout::{MAX_PROSE, truncate_end};

/// Runs shorter than this show no progress.
pub(crate) const SHOW_AFTER: Duration = Duration::from_millis(500);
pub(crate) const INTERVAL: Duration = Duration::from_millis(100);
const BAR_COLUMNS: usize = 20;
/// Erases the cursor's line (ECMA-48), and the `^C` that a terminal echoes there.
const CLEAR: &str = "\r\x1b[K";

/// The bar of one run, or none where standard error is not a terminal. Dropping it erases it.
pub(crate) struct ProgressBar {
    /// Moment of the first drawing.
    show_at: Option<Instant>,
    drawn: bool,
    ascii: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ProgressSnapshot {
    pub(crate) done: u64,
    pub(crate) all: u64,
    pub(crate) words: String,
}

impl ProgressSnapshot {
    pub(crate) fn of_time(elapsed: Duration, all: Duration, words: String) -> ProgressSnapshot {
        ProgressSnapshot { done: millis(elapsed), all: millis(all), words }
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

impl ProgressBar {
    pub(crate) fn new(wanted: bool, ascii: bool) -> ProgressBar {
        ProgressBar { show_at: wanted.then(|| Instant::now() + SHOW_AFTER), drawn: false, ascii }
    }

    /// Draws the bar once the run has lasted long enough.
    pub(crate) fn draw(&mut self, snapshot: impl FnOnce() -> ProgressSnapshot) {
        if self.show_at.is_none_or(|show_at| Instant::now() < show_at) {
            return;
        }
        let mut terminal = io::stderr();
        if !has_room(&terminal) {
            return;
        }
        let bar = bar(&snapshot(), Size::of(&terminal).columns);
        let bar = if self.ascii { to_ascii(&bar) } else { bar };
        // A bar that cannot be drawn is not a reason to fail.
        let _ = write!(terminal, "{CLEAR}{bar}");
        self.drawn = true;
    }
}

impl Drop for ProgressBar {
    fn drop(&mut self) {
        if self.drawn && has_room(&io::stderr()) {
            let _ = write!(io::stderr(), "{CLEAR}");
        }
    }
}

/// Tests whether a terminal takes text at once: one that is stopped must not stop the run.
fn has_room(terminal: &io::Stderr) -> bool {
    let mut streams = [PollFd::new(terminal, PollFlags::OUT)];
    poll(&mut streams, Some(&Timespec::default())).is_ok_and(|ready| ready > 0)
}

/// The bar and its words. Three columns stay free for the `^C` that a terminal echoes: on a next line it would
/// outlast the bar.
fn bar(snapshot: &ProgressSnapshot, columns: usize) -> String {
    let full = snapshot.done.saturating_mul(BAR_COLUMNS as u64) / snapshot.all.max(1);
    let full = usize::try_from(full).map_or(BAR_COLUMNS, |full| full.min(BAR_COLUMNS));
    let head = if snapshot.done > 0 && full < BAR_COLUMNS { ">" } else { "" };
    truncate_end(
        &format!("[{:<BAR_COLUMNS$}] {}", "=".repeat(full) + head, snapshot.words),
        columns.saturating_sub(3).min(MAX_PROSE),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bar_within_terminal() {
        let table = [
            ((0, 300), 80, "[                    ] so far"),
            ((1, 300), 80, "[>                   ] so far"),
            ((150, 300), 80, "[==========>         ] so far"),
            ((299, 300), 80, "[===================>] so far"),
            ((300, 300), 80, "[====================] so far"),
            ((400, 300), 80, "[====================] so far"),
            ((0, 0), 80, "[                    ] so far"),
            ((150, 300), 29, "[==========>         ] so…"),
            ((150, 300), 0, "…"),
        ];
        for ((done, all), columns, expected) in table {
            assert_eq!(bar(&ProgressSnapshot { done, all, words: "so far".into() }, columns), expected);
        }
        let wide = bar(&ProgressSnapshot { done: 1, all: 2, words: "so far ".repeat(40) }, 200);
        assert_eq!(wide.chars().count(), MAX_PROSE);
    }
}

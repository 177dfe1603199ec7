//! The live view of a watch: the state and its duration, each endpoint with its recent times, and the worst problem.
//!
//! It never outgrows the terminal: failing endpoints come first, and those without room are counted.

mod block;
mod table;
#[cfg(test)]
mod tests;

use std::time::Duration;

use super::history::History;
use crate::environment::Size;
use crate::model::state::State;
use crate::report::{MAX_ENDPOINTS_LISTED, Report, human, wording};
use crate::terminal::layout::{MARGIN, MAX_PROSE, prefix_lines, truncate_end, wrap};
use crate::terminal::style::Palette;
pub(super) use block::LiveBlock;
use table::EndpointTable;

/// Rows below which the endpoints need the room of the headline's further lines.
const MIN_ROWS_FOR_HEADLINE: usize = 12;

/// Columns of the headline on the narrowest terminal.
const MIN_HEADLINE: usize = 9;

pub(super) struct LiveView<'a> {
    pub(super) history: &'a History,
    pub(super) report: Option<&'a Report>,
    /// The line about the current run and the next one.
    pub(super) status: &'a str,
    pub(super) at: Duration,
    pub(super) size: Size,
    pub(super) palette: Palette,
}

impl LiveView<'_> {
    /// The view's lines, at most one fewer than the terminal has: the last one is the cursor's.
    pub(super) fn lines(&self) -> Vec<String> {
        let room = self.size.rows.saturating_sub(1);
        let mut lines = self.head();
        if let Some(report) = self.report {
            let endpoints = self.endpoints(report, room.saturating_sub(lines.len() + 1));
            if !endpoints.is_empty() {
                lines.push(String::new());
                lines.extend(endpoints);
            }
            let advice = self.advice(report);
            if !advice.is_empty() && lines.len() + 1 + advice.len() <= room {
                lines.push(String::new());
                lines.extend(advice);
            }
        }
        lines.truncate(room);
        lines
    }

    /// One column stays free: a terminal breaks a line that reaches its edge.
    const fn columns(&self) -> usize {
        self.size.columns.saturating_sub(1)
    }

    /// Columns of sentences; the table of endpoints may be wider.
    fn prose(&self) -> usize {
        self.columns().min(MAX_PROSE)
    }

    fn head(&self) -> Vec<String> {
        let status = truncate_end(self.status, self.prose());
        let Some(report) = self.report else { return vec![status] };
        let since = wording::run::lasting(self.history.overall.time_in_state(self.at));
        let headline = format!("{since}: {}", report.summary_with_marks());
        let columns = self.prose().saturating_sub(MARGIN).max(MIN_HEADLINE);
        let headline = if self.size.rows < MIN_ROWS_FOR_HEADLINE {
            vec![truncate_end(&headline, columns)]
        } else {
            wrap(&headline, columns)
        };
        let bold = headline.iter().map(|line| self.palette.bold(line));
        prefix_lines(&self.palette.margin(report.state), bold).into_iter().chain([status]).collect()
    }

    /// One row per endpoint, within the room; among many endpoints, only the failing ones.
    fn endpoints(&self, report: &Report, room: usize) -> Vec<String> {
        let all = report.worst_first();
        let wanted =
            if all.len() > MAX_ENDPOINTS_LISTED.min(room) { all.len() - report.healthy() } else { all.len() };
        // The count of hidden endpoints takes a line.
        let fits = if all.len() == wanted.min(room) { room } else { room.saturating_sub(1) };
        let (shown, hidden) = all.split_at(wanted.min(fits));
        let mut lines = EndpointTable::new(shown, self).lines();
        if !hidden.is_empty() {
            let and = if shown.is_empty() { "" } else { "and " };
            let tally = State::tally(hidden.iter().map(|verdict| verdict.state));
            lines.push(truncate_end(&format!("{and}{tally}"), self.prose()));
        }
        lines
    }

    /// Explanation and action for the worst endpoint; without any endpoint, for the login.
    fn advice(&self, report: &Report) -> Vec<String> {
        let (columns, palette) = (self.prose(), self.palette);
        let worst = report.worst_first().into_iter().find(|verdict| verdict.state != State::Ok);
        match worst {
            Some(worst) => human::advice(worst, report.summary.quoted, columns, palette),
            None if report.endpoints.is_empty() => human::login_advice(report, columns, palette),
            None => Vec::new(),
        }
    }
}

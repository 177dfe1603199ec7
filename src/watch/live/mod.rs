//! The live view: what is broken now and since when, how the last runs went, what to do.
//!
//! It never has more lines than the terminal, nor wider ones: failing endpoints come first, and what has no
//! room is counted.

mod block;
mod table;
#[cfg(test)]
mod tests;

use std::time::Duration;

use super::history::History;
use crate::environment::Size;
use crate::model::state::State;
use crate::report::{MANY, Report, wording};
use crate::terminal::layout::{hanging_indent, truncate_end, wrap};
use crate::terminal::style::Palette;
use crate::units;
pub(super) use block::LiveBlock;
use table::EndpointTable;

/// What is shown, where, and when.
pub(super) struct LiveView<'a> {
    pub(super) history: &'a History,
    /// The latest run that was over.
    pub(super) report: Option<&'a Report>,
    /// How the watch goes on: which run, how often.
    pub(super) status: &'a str,
    /// The time since the watch began.
    pub(super) at: Duration,
    pub(super) size: Size,
    pub(super) palette: Palette,
}

impl LiveView<'_> {
    /// The view's lines, at most one fewer than the terminal has: the cursor stands on the last one.
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

    fn head(&self) -> Vec<String> {
        let status = self.palette.dim(&truncate_end(self.status, self.columns()));
        let Some(report) = self.report else { return vec![status] };
        let lasts = units::format_span(self.history.overall.lasts(self.at));
        let headline = format!("CEILOMETER {} for {lasts} - {}", report.state, report.summary_with_marks());
        vec![self.palette.state(report.state, &truncate_end(&headline, self.columns())), status]
    }

    /// A row for each endpoint that there is room for; of many, only for those that fail.
    fn endpoints(&self, report: &Report, room: usize) -> Vec<String> {
        let all = report.worst_first();
        let wanted = if all.len() > MANY.min(room) { all.len() - report.healthy() } else { all.len() };
        // Where some are hidden, their count takes a line.
        let fits = if all.len() == wanted.min(room) { room } else { room.saturating_sub(1) };
        let (shown, hidden) = all.split_at(wanted.min(fits));
        let mut lines = EndpointTable::of(shown, self).lines();
        if !hidden.is_empty() {
            let more = if shown.is_empty() { "" } else { "and " };
            let tally = State::tally(hidden.iter().map(|verdict| verdict.state));
            lines.push(truncate_end(&format!("{more}{tally}"), self.columns()));
        }
        lines
    }

    /// What is the matter with the worst endpoint, and what to do.
    fn advice(&self, report: &Report) -> Vec<String> {
        let Some(worst) = report.worst_first().into_iter().next() else { return Vec::new() };
        if worst.state == State::Ok {
            return Vec::new();
        }
        let said = wording::statements(worst);
        let mut lines: Vec<String> = std::iter::once(&worst.explanation)
            .chain(&said)
            .flat_map(|text| wrap(text, self.columns()))
            .collect();
        let action = hanging_indent("→ ", &worst.action, self.columns());
        lines.extend(action.iter().map(|line| self.palette.bold(line)));
        lines
    }
}

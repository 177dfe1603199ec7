//! An endpoint's requests: result, time, and where the time went.

use std::time::Duration;

use super::{HumanView, INDENT, PROSE, phase_bar};
use crate::model::exchange::{Phase, PlannedRequest};
use crate::report::wording;
use crate::terminal::layout::{display_width, pad_left, pad_right, widest, wrap_indented};
use crate::units;
use crate::verdict::Verdict;

/// Columns of a bar: a shorter one shows nothing, and a longer one adds nothing.
const BAR_COLUMNS: std::ops::RangeInclusive<usize> = 8..=40;

impl HumanView {
    /// A line per request, and the meaning of the shapes in their bars.
    pub(super) fn requests(&self, verdict: &Verdict) -> Vec<String> {
        let column = widest(verdict.sent().map(wording::outcome));
        let indent = format_row("", "", column, "").len();
        let scale = Scale::new(verdict, self.prose.saturating_sub(indent));
        let (mut sent, mut skipped) = (Vec::new(), Vec::new());
        for probe in &verdict.probes {
            match probe {
                PlannedRequest::Sent(judged) => {
                    let (outcome, time) = (wording::outcome(judged), units::format_duration(judged.elapsed));
                    let bar = phase_bar::draw(&judged.phases, scale.columns(judged.elapsed));
                    sent.push(format_row(judged.method.name(), &outcome, column, &time) + &bar);
                }
                PlannedRequest::Skipped(method, reason) => {
                    skipped.extend(self.labelled(&wording::skipped(*method, *reason)));
                }
            }
        }
        sent.extend(self.legend(verdict, scale, indent));
        sent.extend(skipped);
        sent
    }

    /// The phases that the bars show, below the bars if there is room.
    fn legend(&self, verdict: &Verdict, scale: Scale, indent: usize) -> Vec<String> {
        let shown = Phase::ALL.iter().copied().filter(|phase| scale.shows(verdict, *phase));
        // Hard spaces keep each piece on one line.
        let pieces = shown.map(|phase| format!("{}\u{a0}{}", phase_bar::shape(phase), phase.name()));
        let legend = pieces.collect::<Vec<_>>().join("\u{a0} ");
        let indent = if indent + display_width(&legend) <= self.prose { &" ".repeat(indent) } else { PROSE };
        let lines = wrap_indented(indent, indent, &legend, self.prose);
        lines.into_iter().map(|line| line.replace('\u{a0}', " ")).collect()
    }
}

/// A request's columns, up to where the bar begins.
fn format_row(method: &str, outcome: &str, columns: usize, time: &str) -> String {
    format!("{INDENT}{method:<4}  {}  {}  ", pad_right(outcome, columns), pad_left(time, 7))
}

/// An endpoint's slowest request fills its bar, so that the requests can be compared.
#[derive(Debug, Clone, Copy)]
struct Scale {
    /// Columns of the longest bar; 0 where there is no room for bars.
    columns: usize,
    longest: Duration,
}

impl Scale {
    fn new(verdict: &Verdict, room: usize) -> Scale {
        let columns = if room < *BAR_COLUMNS.start() { 0 } else { room.min(*BAR_COLUMNS.end()) };
        let longest = verdict.sent().map(|judged| judged.elapsed).max().unwrap_or_default();
        Scale { columns, longest }
    }

    /// Columns of a time; at least one.
    fn columns(self, time: Duration) -> usize {
        let share = time.as_nanos() * self.columns as u128 / self.longest.as_nanos().max(1);
        usize::try_from(share).unwrap_or(self.columns).max(1).min(self.columns)
    }

    fn shows(self, verdict: &Verdict, phase: Phase) -> bool {
        verdict.sent().any(|judged| {
            let shares = phase_bar::shares(&judged.phases, self.columns(judged.elapsed));
            shares.iter().any(|(shown, _)| *shown == phase)
        })
    }
}

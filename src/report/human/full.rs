//! One endpoint in full: what was asked and answered, where the time went, what it means, what to do.

use std::time::Duration;

use super::{HumanView, INDENT, phase_bar};
use crate::model::exchange::Phase;
use crate::plan::Verbosity;
use crate::report::wording::{self, DetailLine};
use crate::terminal::layout::{MARGIN, display_width, pad_left, pad_right, prefix_lines, wrap};
use crate::units;
use crate::verdict::{Outcome, RequestResult, Verdict};

/// The bar's columns: shorter ones show nothing, longer ones tire the eye.
const BAR: std::ops::RangeInclusive<usize> = 8..=40;

impl HumanView {
    /// An endpoint with all that is known.
    pub(super) fn full(&self, verdict: &Verdict) -> Vec<String> {
        let paragraph = |text: String| self.paragraph(INDENT, &text);
        let mut lines = self.title(verdict);
        lines.extend(self.requests(verdict));
        let share = |share| format!("Back-end's share of GET: {}", units::format_duration(share));
        lines.extend(verdict.backend.map(share).into_iter().flat_map(paragraph));
        lines.extend(paragraph(verdict.explanation.clone()));
        let action = self.paragraph("  → ", &verdict.action);
        lines.extend(action.iter().map(|line| self.palette.bold(line)));
        let certificate = verdict.certificate.as_ref().map(wording::certificate);
        lines.extend(wording::statements(verdict).into_iter().chain(certificate).flat_map(paragraph));
        if self.verbosity >= Verbosity::Notes {
            lines.extend(self.notes(INDENT, &verdict.notes));
        }
        lines.extend(verdict.probes.iter().flat_map(|probe| self.account(probe)));
        lines
    }

    /// State, endpoint, diagnosis; on a line of its own each where they do not fit on one.
    fn title(&self, verdict: &Verdict) -> Vec<String> {
        let attempts = wording::attempts(verdict).map(|attempts| format!(", {attempts}"));
        let diagnosis = format!("{}{}", verdict.diagnosis, attempts.unwrap_or_default());
        let room = self.width - MARGIN;
        let title = format!("{}{INDENT}{diagnosis}", verdict.endpoint);
        let rest = if display_width(&title) <= room { vec![title] } else { wrap(&title, room) };
        prefix_lines(&self.palette.margin(verdict.state), rest.iter().map(|line| self.palette.bold(line)))
    }

    /// Each request with its outcome, its time and where the time went, what the shapes mean, and what
    /// was skipped.
    fn requests(&self, verdict: &Verdict) -> Vec<String> {
        let outcomes = verdict.probes.iter().map(|probe| display_width(&wording::outcome(&probe.outcome)));
        let column = outcomes.max().unwrap_or_default();
        let indent = request("", "", column, "").len();
        let room = self.width.saturating_sub(indent).min(*BAR.end());
        let scale = Scale::of(verdict, if BAR.contains(&room) { room } else { 0 });
        let (mut made, mut skipped) = (Vec::new(), Vec::new());
        for probe in &verdict.probes {
            let outcome = wording::outcome(&probe.outcome);
            let row = |time: &str| request(probe.method.name(), &outcome, column, time);
            match &probe.outcome {
                Outcome::RequestVerdict(judged) => {
                    let bar = phase_bar::draw(&judged.phases, scale.columns(judged.elapsed));
                    made.push(row(&units::format_duration(judged.elapsed)) + &bar);
                }
                Outcome::Skipped(reason) => {
                    skipped.extend(self.paragraph(&format!("{}  ", row("").trim_end()), reason));
                }
            }
        }
        made.extend(self.legend(verdict, scale, indent));
        made.extend(skipped);
        made
    }

    /// What the shapes in the endpoint's bars mean.
    fn legend(&self, verdict: &Verdict, scale: Scale, indent: usize) -> Vec<String> {
        let shown: Vec<Phase> = Phase::ALL.into_iter().filter(|phase| scale.shows(verdict, *phase)).collect();
        // No break within a piece.
        let pieces = shown.iter().map(|phase| format!("{}\u{a0}{}", phase_bar::shape(*phase), phase.name()));
        let legend = pieces.collect::<Vec<_>>().join("\u{a0} ");
        let beside = wrap(&legend, self.width.saturating_sub(indent));
        let lines = match beside.as_slice() {
            [_] => prefix_lines(&" ".repeat(indent), beside),
            _ => self.paragraph(INDENT, &legend),
        };
        lines.into_iter().map(|line| line.replace('\u{a0}', " ")).collect()
    }

    fn account(&self, probe: &RequestResult) -> Vec<String> {
        let lines = wording::account(probe, self.verbosity);
        let shown = |line| match line {
            DetailLine::Prose(text) => self.paragraph(INDENT, &text),
            DetailLine::Verbatim(text) => vec![format!("{INDENT}{text}")],
        };
        lines.into_iter().flat_map(shown).collect()
    }
}

/// A request's columns, up to where the bar begins.
fn request(method: &str, outcome: &str, columns: usize, time: &str) -> String {
    format!("{INDENT}{method:<4}  {}  {}  ", pad_right(outcome, columns), pad_left(time, 7))
}

/// How long a time is in columns: an endpoint's slowest request fills its bar, so that the requests can be compared.
#[derive(Debug, Clone, Copy)]
struct Scale {
    columns: usize,
    longest: Duration,
}

impl Scale {
    fn of(verdict: &Verdict, columns: usize) -> Scale {
        let longest = verdict.made().map(|(_, judged)| judged.elapsed).max().unwrap_or_default();
        Scale { columns, longest }
    }

    /// As many columns as the time is long, but not none.
    fn columns(self, time: Duration) -> usize {
        let share = time.as_nanos() * self.columns as u128 / self.longest.as_nanos().max(1);
        usize::try_from(share).unwrap_or(self.columns).max(1).min(self.columns)
    }

    /// Whether the endpoint's bars show a phase.
    fn shows(self, verdict: &Verdict, phase: Phase) -> bool {
        verdict.made().any(|(_, judged)| {
            let shares = phase_bar::shares(&judged.phases, self.columns(judged.elapsed));
            shares.iter().any(|(shown, _)| *shown == phase)
        })
    }
}

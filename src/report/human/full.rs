//! One endpoint in full: what was asked and answered, where the time went, what it means, what to do.

use std::time::Duration;

use super::{INDENT, Page};
use crate::columns::{MARGIN, behind, filled, left, right, width};
use crate::exchange::Phase;
use crate::format::Verbosity;
use crate::quantity;
use crate::report::bar;
use crate::report::phrase::{self, Account};
use crate::verdict::{Outcome, Probe, Verdict};

/// The bar's columns: shorter ones show nothing, longer ones tire the eye.
const BAR: std::ops::RangeInclusive<usize> = 8..=40;

impl Page {
    /// An endpoint with all that is known.
    pub(super) fn full(&self, verdict: &Verdict) -> Vec<String> {
        let paragraph = |text: String| self.hanging(INDENT, &text);
        let mut lines = self.title(verdict);
        lines.extend(self.requests(verdict));
        let share = |share| format!("Back-end's share of GET: {}", quantity::time(share));
        lines.extend(verdict.backend.map(share).into_iter().flat_map(paragraph));
        lines.extend(paragraph(verdict.explanation.clone()));
        let action = self.hanging("  → ", &verdict.action);
        lines.extend(action.iter().map(|line| self.palette.strong(line)));
        let certificate = verdict.certificate.as_ref().map(phrase::certificate);
        lines.extend(phrase::said(verdict).into_iter().chain(certificate).flat_map(paragraph));
        if self.verbosity >= Verbosity::Notes {
            lines.extend(self.notes(INDENT, &verdict.notes));
        }
        lines.extend(verdict.probes.iter().flat_map(|probe| self.account(probe)));
        lines
    }

    /// State, endpoint, diagnosis; on a line of its own each where they do not fit on one.
    fn title(&self, verdict: &Verdict) -> Vec<String> {
        let attempts = phrase::attempts(verdict).map(|attempts| format!(", {attempts}"));
        let diagnosis = format!("{}{}", verdict.diagnosis, attempts.unwrap_or_default());
        let rest = filled([verdict.endpoint.as_str(), &diagnosis], INDENT, self.width - MARGIN);
        behind(&self.palette.margin(verdict.state), rest.iter().map(|line| self.palette.strong(line)))
    }

    /// Each request with its outcome, its time and where the time went, what the shapes mean, and what
    /// was skipped.
    fn requests(&self, verdict: &Verdict) -> Vec<String> {
        let outcomes = verdict.probes.iter().map(|probe| width(&phrase::outcome(&probe.outcome)));
        let column = outcomes.max().unwrap_or_default();
        let indent = request("", "", column, "").len();
        let room = self.width.saturating_sub(indent).min(*BAR.end());
        let scale = Scale::of(verdict, if BAR.contains(&room) { room } else { 0 });
        let (mut made, mut skipped) = (Vec::new(), Vec::new());
        for probe in &verdict.probes {
            let outcome = phrase::outcome(&probe.outcome);
            let row = |time: &str| request(probe.method.name(), &outcome, column, time);
            match &probe.outcome {
                Outcome::Judged(judged) => {
                    let bar = bar::drawn(&judged.phases, scale.columns(judged.elapsed), self.palette);
                    made.push(row(&quantity::time(judged.elapsed)) + &bar);
                }
                Outcome::Skipped(reason) => {
                    skipped.extend(self.hanging(&format!("{}  ", row("").trim_end()), reason));
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
        let pieces: Vec<String> =
            shown.iter().map(|phase| format!("{} {}", bar::shape(*phase), phase.name())).collect();
        let pieces = || pieces.iter().map(String::as_str);
        let beside = filled(pieces(), INDENT, self.width.saturating_sub(indent));
        let lines = match beside.as_slice() {
            [_] => behind(&" ".repeat(indent), beside),
            _ => behind(INDENT, filled(pieces(), INDENT, self.width - INDENT.len())),
        };
        let painted = |line: String, phase: &Phase| {
            line.replace(bar::shape(*phase), &self.palette.phase(*phase, bar::shape(*phase)))
        };
        lines.into_iter().map(|line| shown.iter().fold(line, painted)).collect()
    }

    fn account(&self, probe: &Probe) -> Vec<String> {
        let lines = phrase::account(probe, self.verbosity);
        let shown = |line| match line {
            Account::Prose(text) => self.hanging(INDENT, &text),
            Account::Verbatim(text) => vec![format!("{INDENT}{text}")],
        };
        lines.into_iter().flat_map(shown).map(|line| self.palette.faint(&line)).collect()
    }
}

/// A request's columns, up to where the bar begins.
fn request(method: &str, outcome: &str, columns: usize, time: &str) -> String {
    format!("{INDENT}{method:<4}  {}  {}  ", left(outcome, columns), right(time, 7))
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
            let shares = bar::shares(&judged.phases, self.columns(judged.elapsed));
            shares.iter().any(|(shown, _)| *shown == phase)
        })
    }
}

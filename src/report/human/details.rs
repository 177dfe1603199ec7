//! The details of an endpoint: meaning, action, requests and certificate.

use super::{CONTINUED, HumanView, INDENT, PROSE, advice, outcome};
use crate::model::exchange::Method;
use crate::model::state::State;
use crate::plan::Verbosity;
use crate::report::Report;
use crate::report::wording::{self, DetailLine, summary};
use crate::terminal::layout::wrap_verbatim;
use crate::verdict::{RequestVerdict, Verdict};

impl HumanView {
    /// Groups the endpoints whose details are shown: those that fail alike are one group.
    pub(super) fn groups<'a>(&self, report: &'a Report) -> Vec<Vec<&'a Verdict>> {
        let all = report.worst_first();
        if self.verbosity >= Verbosity::Notes {
            return all.into_iter().map(|verdict| vec![verdict]).collect();
        }
        let mut groups: Vec<Vec<&Verdict>> = Vec::new();
        for verdict in all.into_iter().filter(|verdict| verdict.state != State::Ok) {
            let alike =
                groups.iter_mut().find(|group| group.first().is_some_and(|first| is_alike(first, verdict)));
            match alike {
                Some(group) => group.push(verdict),
                None => groups.push(vec![verdict]),
            }
        }
        groups
    }

    /// Shows the first of endpoints that fail alike, and the number of others. Where the run's summary is about it, that
    /// quotes `quoted` characters.
    pub(super) fn group(&self, quoted: Option<usize>, group: &[&Verdict]) -> Vec<Vec<String>> {
        let Some((first, others)) = group.split_first() else { return Vec::new() };
        let (heading, quoted) = quoted.map_or_else(
            || {
                let summary = summary::of_endpoint(first);
                (summary.text, summary.quoted)
            },
            |quoted| (first.endpoint.clone(), quoted),
        );
        let mut heading = self.headline(first.state, &heading);
        if !others.is_empty() {
            heading.push(format!("{PROSE}{}", wording::run::more_alike(others.len())));
        }
        let mut sections = vec![heading];
        sections.extend(self.details(first, quoted));
        sections
    }

    /// Shows what adds to a summary that quotes `quoted` characters: meaning and action, the requests, and at `-vv` the
    /// transcript of each.
    pub(super) fn details(&self, verdict: &Verdict, quoted: usize) -> Vec<Vec<String>> {
        let mut lines = self.requests(verdict);
        let backend = verdict.backend.map(wording::backend_share);
        let certificate = verdict.certificate.as_ref().map(wording::certificate);
        lines.extend(backend.into_iter().chain(certificate).flat_map(|text| self.labelled(&text)));
        if self.verbosity >= Verbosity::Notes {
            lines.extend(verdict.notes.iter().flat_map(|note| self.labelled(&wording::note(note))));
        }
        let accounts = verdict.sent().map(|judged| self.account(judged));
        [advice(verdict, quoted, self.prose, self.palette), lines].into_iter().chain(accounts).collect()
    }

    /// Shows a request at `-vv` under a heading of its own: its row among the requests has the status and the time.
    fn account(&self, judged: &RequestVerdict) -> Vec<String> {
        if self.verbosity < Verbosity::Requests {
            return Vec::new();
        }
        let first = format!("{}{}", judged.method.name(), wording::provenance(judged));
        let rest = wording::account(judged, self.verbosity).into_iter().flat_map(|line| match line {
            DetailLine::Prose(text) => self.labelled(&text),
            DetailLine::Verbatim(text) => wrap_verbatim(INDENT, CONTINUED, &text, self.prose),
            DetailLine::Command(text) => vec![format!("{INDENT}{text}")],
        });
        self.labelled(&first).into_iter().chain(rest).collect()
    }
}

/// Tests whether two endpoints have the same diagnosis for the same reasons.
fn is_alike(one: &Verdict, other: &Verdict) -> bool {
    one.state == other.state
        && one.diagnosis == other.diagnosis
        && [Method::Head, Method::Get].iter().all(|method| outcome(one, *method) == outcome(other, *method))
}

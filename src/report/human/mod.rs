//! The view for people: the reason first, then what to do, then the requests.
//!
//! Several endpoints are a table, the failing ones first, and the details of those that fail.

mod advice;
mod details;
mod phase_bar;
mod requests;
mod table;
#[cfg(test)]
mod tests;

pub(crate) use advice::{advice, login_advice};

use super::{MAX_ENDPOINTS_LISTED, Report, wording};
use crate::environment::Size;
use crate::model::exchange::{Method, PlannedRequest};
use crate::model::state::State;
use crate::plan::{OutputOptions, Verbosity};
use crate::terminal::layout::{MARGIN, MAX_PROSE, prefix_lines, wrap, wrap_indented};
use crate::terminal::style::Palette;
use crate::verdict::Verdict;

/// Minimum width of the layout in columns; a narrower terminal breaks its lines.
const MIN_COLUMNS: usize = 20;

/// Indent of labels.
const INDENT: &str = "  ";

/// Indent of our prose.
const PROSE: &str = "    ";

/// Indent of what continues a label, deeper than labels and prose, so that text from outside cannot pose as either.
const CONTINUED: &str = "      ";

/// Renders the report, to its last newline.
pub(super) fn render(report: &Report, output: &OutputOptions) -> String {
    let columns = output.width.unwrap_or(Size::FALLBACK.columns).max(MIN_COLUMNS);
    let view = HumanView {
        columns,
        prose: columns.min(MAX_PROSE),
        verbosity: output.verbosity,
        palette: Palette::new(output.color),
    };
    let sections = view.sections(report).into_iter().filter(|section| !section.is_empty());
    sections.map(|section| join(&section)).collect::<Vec<_>>().join("\n")
}

fn join(lines: &[String]) -> String {
    lines.iter().flat_map(|line| [line.trim_end(), "\n"]).collect()
}

struct HumanView {
    columns: usize,
    /// Columns of prose and bars.
    prose: usize,
    verbosity: Verbosity,
    palette: Palette,
}

impl HumanView {
    fn sections(&self, report: &Report) -> Vec<Vec<String>> {
        let mut sections = vec![self.headline(report.state, &report.summary_with_marks())];
        sections.push(self.login(report));
        if let [only] = report.endpoints.as_slice() {
            let name = || self.headline(only.state, only.shown_name());
            sections.extend(report.names_endpoints().then(name));
            sections.extend(self.details(only, report.summary.quoted));
        } else {
            sections.push(self.table(report));
            sections.push(self.count_healthy(report));
            let groups = self.groups(report);
            // The worst endpoint's group is the first.
            let quoted = report.summary.is_complete.then_some(report.summary.quoted);
            let quoted = std::iter::once(quoted).chain(std::iter::repeat(None));
            sections.extend(groups.iter().zip(quoted).flat_map(|(group, quoted)| self.group(quoted, group)));
        }
        sections.push(self.notes(report));
        sections
    }

    /// A state and its reason, whose further lines are indented deeper than any label.
    fn headline(&self, state: State, summary: &str) -> Vec<String> {
        let margin = self.palette.margin(state);
        let lines = wrap(summary, self.prose - MARGIN);
        let bold = lines.iter().map(|line| self.palette.bold(line));
        prefix_lines(&margin, bold)
    }

    /// Shows the healthy ones among many in one sentence.
    fn count_healthy(&self, report: &Report) -> Vec<String> {
        if !self.is_abridged(report.endpoints.len()) {
            return Vec::new();
        }
        let healthy: Vec<_> = report.endpoints.iter().filter(|verdict| verdict.state == State::Ok).collect();
        let responses = healthy.iter().flat_map(|verdict| {
            verdict.sent().map(|judged| (judged.elapsed, judged.method, &verdict.endpoint))
        });
        let Some((elapsed, method, endpoint)) = responses.max_by_key(|(elapsed, ..)| *elapsed) else {
            return Vec::new();
        };
        let slowest = wording::run::slow_request(method, elapsed);
        let sentence = wording::run::healthy(healthy.len(), &slowest, endpoint);
        wrap_indented("", INDENT, &sentence, self.prose)
    }

    /// Tests whether some of the endpoints are only counted.
    fn is_abridged(&self, endpoints: usize) -> bool {
        endpoints > MAX_ENDPOINTS_LISTED && self.verbosity < Verbosity::Notes
    }

    fn notes(&self, report: &Report) -> Vec<String> {
        let notes = report.notes.iter().filter(|_| self.verbosity >= Verbosity::Notes);
        notes.flat_map(|note| wrap_indented("", CONTINUED, &wording::note(note), self.prose)).collect()
    }

    /// The login in one line, and what to do where it failed.
    fn login(&self, report: &Report) -> Vec<String> {
        let line = report.login_line().map(|line| self.labelled(&line)).unwrap_or_default();
        [line, login_advice(report, self.prose, self.palette)].concat()
    }

    /// A label, or a paragraph that begins with one.
    fn labelled(&self, text: &str) -> Vec<String> {
        wrap_indented(INDENT, CONTINUED, text, self.prose)
    }
}

/// Names the result of one of an endpoint's requests; empty where there was no such request.
fn outcome(verdict: &Verdict, method: Method) -> String {
    match verdict.probes.iter().find(|probe| probe.method() == method) {
        Some(PlannedRequest::Sent(judged)) => wording::outcome(judged),
        Some(PlannedRequest::Skipped(..)) => wording::SKIPPED.to_owned(),
        None => String::new(),
    }
}

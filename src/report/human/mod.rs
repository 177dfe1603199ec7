//! The view for a terminal: what is broken, where the time went, what to do.
//!
//! Failing endpoints come first and in full, healthy ones in brief. No line is wider than the terminal
//! but those that are there to be copied (`-vv`).

mod advice;
mod full;
mod phase_bar;
mod table;
#[cfg(test)]
mod tests;

pub(crate) use advice::advice;

use super::{MANY, Report};
use crate::environment::Size;
use crate::model::state::State;
use crate::plan::{OutputOptions, Verbosity};
use crate::terminal::ascii::to_ascii;
use crate::terminal::layout::{hanging_indent, wrap};
use crate::terminal::style::Palette;
use crate::units;
use crate::verdict::Verdict;

/// So many endpoints with the same diagnosis are told in full.
const MAX_SAME_DIAGNOSIS: usize = 3;

/// Narrower terminals are not catered for.
const NARROWEST: usize = 20;

/// How far what belongs to an endpoint is indented.
const INDENT: &str = "  ";

/// Tells the report to the operator.
pub(super) fn render(report: &Report, output: &OutputOptions) -> String {
    let page = HumanView {
        width: output.width.unwrap_or(Size::FALLBACK.columns).max(NARROWEST),
        verbosity: output.verbosity,
        palette: Palette::new(output.color),
    };
    let sections = page.sections(report).into_iter().filter(|section| !section.is_empty());
    let lines =
        |section: Vec<String>| section.iter().map(|line| line.trim_end()).collect::<Vec<_>>().join("\n");
    let text = sections.map(lines).collect::<Vec<_>>().join("\n\n") + "\n";
    if output.ascii { to_ascii(&text) } else { text }
}

/// Which endpoints are told at which length.
struct Layout<'a> {
    full: Vec<&'a Verdict>,
    brief: Vec<&'a Verdict>,
    /// Healthy ones among many, which are only counted.
    counted: Vec<&'a Verdict>,
}

impl<'a> Layout<'a> {
    fn of(report: &'a Report, verbosity: Verbosity) -> Layout<'a> {
        let worst_first = report.worst_first();
        if verbosity >= Verbosity::Notes || worst_first.len() == 1 {
            return Layout { full: worst_first, brief: Vec::new(), counted: Vec::new() };
        }
        let many = worst_first.len() > MANY;
        let (failing, healthy): (Vec<_>, Vec<_>) =
            worst_first.into_iter().partition(|verdict| verdict.state != State::Ok);
        let (full, mut brief) = without_repetition(failing);
        if many {
            return Layout { full, brief, counted: healthy };
        }
        brief.extend(healthy);
        Layout { full, brief, counted: Vec::new() }
    }
}

/// The failing ones that are told in full, and the rest: what is said of the first few that fail alike would be
/// said again of each.
fn without_repetition(failing: Vec<&Verdict>) -> (Vec<&Verdict>, Vec<&Verdict>) {
    let (mut full, mut brief): (Vec<&Verdict>, Vec<&Verdict>) = (Vec::new(), Vec::new());
    for verdict in failing {
        let alike = full.iter().filter(|other| other.diagnosis == verdict.diagnosis).count();
        if alike < MAX_SAME_DIAGNOSIS { full.push(verdict) } else { brief.push(verdict) }
    }
    (full, brief)
}

/// Where and how it is told.
struct HumanView {
    width: usize,
    verbosity: Verbosity,
    palette: Palette,
}

impl HumanView {
    fn sections(&self, report: &Report) -> Vec<Vec<String>> {
        let division = Layout::of(report, self.verbosity);
        let mut sections = vec![self.headline(report)];
        sections.extend(division.full.iter().map(|verdict| self.full(verdict)));
        sections.push(self.brief(&division.brief));
        sections.push(self.counted(&division.counted));
        if self.verbosity >= Verbosity::Notes {
            sections.push(self.notes("", &report.notes));
        }
        sections
    }

    /// The verdict of the whole, in the plugin's words; the numbers where there are many endpoints.
    fn headline(&self, report: &Report) -> Vec<String> {
        // A server's words never begin a line, where one of ours could be.
        let mut headline = wrap(&report.headline(), self.width - INDENT.len());
        headline.iter_mut().skip(1).for_each(|line| line.insert_str(0, INDENT));
        let mut lines: Vec<String> = headline.iter().map(|line| self.palette.bold(line)).collect();
        if report.endpoints.len() > MANY {
            lines.extend(wrap(&tally(report), self.width));
        }
        lines
    }

    /// A paragraph behind its beginning, its further lines indented as far.
    fn paragraph(&self, beginning: &str, text: &str) -> Vec<String> {
        hanging_indent(beginning, text, self.width)
    }

    fn notes(&self, indent: &str, notes: &[String]) -> Vec<String> {
        notes.iter().flat_map(|note| self.paragraph(&format!("{indent}Note: "), note)).collect()
    }

    /// The healthy ones among many, in one sentence.
    fn counted(&self, verdicts: &[&Verdict]) -> Vec<String> {
        let answers = verdicts.iter().flat_map(|verdict| {
            verdict.made().map(|(method, judged)| (judged.elapsed, method, &verdict.endpoint))
        });
        let Some((elapsed, method, endpoint)) = answers.max_by_key(|(elapsed, ..)| *elapsed) else {
            return Vec::new();
        };
        let slowest = format!("{} in {} by {endpoint}", method.name(), units::format_duration(elapsed));
        let sentence = format!("{} OK, the slowest answer: {slowest}; -v shows all.", verdicts.len());
        wrap(&sentence, self.width)
    }
}

/// How many endpoints there are, and how many in which state.
fn tally(report: &Report) -> String {
    let states = report.endpoints.iter().map(|verdict| verdict.state);
    format!("{} endpoints: {}", report.endpoints.len(), State::tally(states))
}

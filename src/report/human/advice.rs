//! The meaning of an endpoint's state, and the action to take.

use super::{CONTINUED, INDENT, PROSE};
use crate::report::Report;
use crate::report::wording;
use crate::terminal::layout::wrap_indented;
use crate::terminal::style::Palette;
use crate::verdict::Verdict;

/// Wraps what explanation, action and the texts of the responses add to a summary that quotes `quoted` characters.
pub(crate) fn advice(verdict: &Verdict, quoted: usize, columns: usize, palette: Palette) -> Vec<String> {
    let (explanation, action) = wording::advice_beyond_summary(verdict);
    let mut lines = explained(&explanation, &action, columns, palette);
    let statements = wording::statements(verdict, quoted);
    lines.extend(statements.iter().flat_map(|text| wrap_indented(INDENT, CONTINUED, text, columns)));
    lines
}

/// Wraps the explanation and the action of a failed login, unless an endpoint gives them.
pub(crate) fn login_advice(report: &Report, columns: usize, palette: Palette) -> Vec<String> {
    let advice = report.login_advice();
    advice.map(|(meaning, action)| explained(&meaning, &action, columns, palette)).unwrap_or_default()
}

fn explained(meaning: &str, action: &str, columns: usize, palette: Palette) -> Vec<String> {
    let mut lines = wrap_indented(PROSE, PROSE, meaning, columns);
    let action = wrap_indented("  → ", PROSE, action, columns);
    lines.extend(action.iter().map(|line| palette.bold(line)));
    lines
}

//! What an endpoint's state means and what to do about it.

use crate::report::wording;
use crate::terminal::layout::wrap_indented;
use crate::terminal::style::Palette;
use crate::verdict::Verdict;

/// Indent of prose, deeper than every label, so that text from outside cannot pose as one.
pub(super) const PROSE: &str = "    ";

/// Explanation, action, and what the responses said, in lines of at most so many columns.
pub(crate) fn advice(verdict: &Verdict, columns: usize, palette: Palette) -> Vec<String> {
    let mut lines = wrap_indented(PROSE, PROSE, &verdict.explanation, columns);
    let action = wrap_indented("  → ", PROSE, &verdict.action, columns);
    lines.extend(action.iter().map(|line| palette.bold(line)));
    let statements = wording::statements(verdict);
    lines.extend(statements.iter().flat_map(|text| wrap_indented(PROSE, PROSE, text, columns)));
    lines
}

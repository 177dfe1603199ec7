//! The meaning of an endpoint's state, and the action to take.

use super::{CONTINUED, INDENT, PROSE};
use crate::report::wording;
use crate::terminal::layout::wrap_indented;
use crate::terminal::style::Palette;
use crate::verdict::Verdict;

/// Wraps what explanation, action and the texts of the responses add to a summary that quotes `quoted` characters.
pub(crate) fn advice(verdict: &Verdict, quoted: usize, columns: usize, palette: Palette) -> Vec<String> {
    let explanation = wording::explanation(verdict).unwrap_or_default();
    let mut lines = wrap_indented(PROSE, PROSE, &explanation, columns);
    let action = wrap_indented("  → ", PROSE, &verdict.action, columns);
    lines.extend(action.iter().map(|line| palette.bold(line)));
    let statements = wording::statements(verdict, quoted);
    lines.extend(statements.iter().flat_map(|text| wrap_indented(INDENT, CONTINUED, text, columns)));
    lines
}

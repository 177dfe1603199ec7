//! Text in terminal columns: a character takes none, one or two, and a colour takes none.

use textwrap::{Options, WordSeparator, WordSplitter};

use textwrap::core::Word;
pub(crate) use textwrap::core::display_width;

/// Width of the column of states: the longest name and two spaces.
pub(crate) const MARGIN: usize = 10;

/// Columns of prose, however wide the terminal is: longer lines are hard to read.
pub(crate) const MAX_PROSE: usize = 100;

const GAP: &str = "  ";

/// Share of a line that a table's names keep, in percent. The first of the other columns may reduce it to
/// [`MIN_NAME`] columns.
const NAME_SHARE: usize = 40;
const MIN_NAME: usize = 8;

/// The widths of a table's columns; 0 for one that there is no room for.
pub(crate) struct FittedColumns<const N: usize> {
    pub(crate) name: usize,
    pub(crate) columns: [usize; N],
    /// Columns of the terminal that are left over.
    pub(crate) left: usize,
}

/// Shares `room` between the names and the other columns, the most important ones first. Names are shortened for
/// them, but not below their share.
pub(crate) fn fit_columns<const N: usize>(name: usize, wanted: [usize; N], room: usize) -> FittedColumns<N> {
    let beside_first = wanted.first().map_or(room, |width| room.saturating_sub(width + GAP.len()));
    let least = name.min((room * NAME_SHARE / 100).min(beside_first).max(MIN_NAME));
    let mut left = room.saturating_sub(least);
    let columns = wanted.map(|width| {
        if width == 0 || left < width + GAP.len() {
            return 0;
        }
        left -= width + GAP.len();
        width
    });
    let name = name.min(least + left);
    FittedColumns { name, columns, left: left + least - name }
}

/// Joins the cells of a row that have a width; `first` has the margin and the name.
pub(crate) fn join_cells(first: String, cells: impl IntoIterator<Item = (usize, String)>) -> String {
    let shown = cells.into_iter().filter(|(width, _)| *width > 0);
    shown.fold(first, |row, (_, cell)| row + GAP + &cell)
}

pub(crate) fn widest(texts: impl IntoIterator<Item = impl AsRef<str>>) -> usize {
    texts.into_iter().map(|text| display_width(text.as_ref())).max().unwrap_or_default()
}

pub(crate) fn pad_right(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(display_width(text))))
}

pub(crate) fn pad_left(text: &str, columns: usize) -> String {
    format!("{}{text}", " ".repeat(columns.saturating_sub(display_width(text))))
}

/// Shortens a text to a width, with `…` in its middle: the first label of a host and its port tell endpoints apart.
pub(crate) fn truncate_middle(text: &str, columns: usize) -> String {
    if display_width(text) <= columns {
        return text.into();
    }
    let room = columns.saturating_sub(1);
    let head = prefix(text, room.div_ceil(2));
    format!("{head}…{}", suffix(text, room - display_width(head)))
}

/// Shortens a text to a width, with `…` at its end.
pub(crate) fn truncate_end(text: &str, columns: usize) -> String {
    if display_width(text) <= columns {
        return text.into();
    }
    format!("{}…", prefix(text, columns.saturating_sub(1)))
}

/// Breaks a text into lines of a maximum width; a word that is longer than a line is broken.
pub(crate) fn wrap(text: &str, columns: usize) -> Vec<String> {
    wrap_indented("", "", text, columns)
}

/// Breaks a text into lines that begin with `first` and, from the second on, with `others`; both may have colours.
pub(crate) fn wrap_indented(first: &str, others: &str, text: &str, columns: usize) -> Vec<String> {
    let text = text.split_ascii_whitespace().collect::<Vec<_>>().join(" ");
    if text.is_empty() {
        return Vec::new();
    }
    let options = Options::new(columns)
        .initial_indent(first)
        .subsequent_indent(others)
        // A no-break space keeps a shape with its name, and a hyphen may be part of a host's name.
        .word_separator(WordSeparator::AsciiSpace)
        .word_splitter(WordSplitter::NoHyphenation);
    textwrap::wrap(&text, options).into_iter().map(Into::into).collect()
}

/// Breaks a text into lines that begin with `first` and, from the second on, are indented by its width.
pub(crate) fn hanging_indent(first: &str, text: &str, columns: usize) -> Vec<String> {
    wrap_indented(first, &" ".repeat(display_width(first)), text, columns)
}

/// Breaks a text into lines between any two characters, and keeps its spaces.
pub(crate) fn wrap_verbatim(first: &str, others: &str, text: &str, columns: usize) -> Vec<String> {
    let room = columns.saturating_sub(display_width(first).max(display_width(others))).max(1);
    let line = Word::from(text);
    let pieces = line.break_apart(room).map(|piece| format!("{}{}", piece.word, piece.whitespace));
    let prefixes = std::iter::once(first).chain(std::iter::repeat(others));
    prefixes.zip(pieces).map(|(prefix, piece)| format!("{prefix}{piece}")).collect()
}

/// Puts `first` before the first line and as many spaces before the others.
pub(crate) fn prefix_lines(first: &str, lines: impl IntoIterator<Item = String>) -> Vec<String> {
    let others = " ".repeat(display_width(first));
    let prefixes = std::iter::once(first).chain(std::iter::repeat(others.as_str()));
    prefixes.zip(lines).map(|(prefix, line)| format!("{prefix}{line}")).collect()
}

/// The longest beginning of a text within a width.
fn prefix(text: &str, columns: usize) -> &str {
    text.split_at(fitting_bytes(text.chars(), columns)).0
}

/// The longest end of a text within a width.
fn suffix(text: &str, columns: usize) -> &str {
    text.split_at(text.len() - fitting_bytes(text.chars().rev(), columns)).1
}

fn fitting_bytes(chars: impl Iterator<Item = char>, columns: usize) -> usize {
    let (mut width, mut bytes) = (0, 0);
    for c in chars {
        width += display_width(c.encode_utf8(&mut [0; 4]));
        if width > columns {
            break;
        }
        bytes += c.len_utf8();
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::assert_maps;
    use proptest::prelude::*;

    #[test]
    fn truncated_middle() {
        assert_maps(
            |(text, columns)| truncate_middle(text, columns),
            [
                (("host:8777", 9), "host:8777"),
                (("metering.example.com:8777", 15), "meterin…om:8777"),
                (("監視監視監視:8777", 10), "監視…:8777"),
                (("host", 1), "…"),
                (("host", 0), "…"),
            ],
        );
    }

    #[test]
    fn broken_words() {
        let lines = wrap("the  API answers\n but abcdefghijklmnop does not", 10);
        assert_eq!(lines, ["the API", "answers", "but", "abcdefghij", "klmnop", "does not"]);
        assert_eq!(wrap("", 10), Vec::<String>::new());
    }

    #[test]
    fn hanging_paragraph() {
        let lines = wrap_indented("\x1b[1mNote:\x1b[0m ", "    ", "the API answers", 14);
        assert_eq!(lines, ["\x1b[1mNote:\x1b[0m the API", "    answers"]);
        assert_eq!(wrap_indented("Note: ", "", "", 14), Vec::<String>::new());
    }

    #[test]
    fn verbatim_lines() {
        let lines = wrap_verbatim("  ", "    ", "body:   {監視}  x", 12);
        assert_eq!(lines, ["  body:   ", "    {監視}  ", "    x"]);
    }

    #[test]
    fn padding_by_columns() {
        assert_eq!(pad_right("監視", 6), "監視  ");
        assert_eq!(pad_right("\x1b[1mOK\x1b[0m", 3), "\x1b[1mOK\x1b[0m ");
        assert_eq!(pad_left("1 ms", 6), "  1 ms");
    }

    proptest! {
        // One character, U+17D8, takes three columns.
        #[test]
        fn width_limit(text in "\\PC*", columns in 3_usize..60) {
            for line in wrap(&text, columns) {
                prop_assert!(display_width(&line) <= columns, "{line:?}");
            }
            prop_assert!(display_width(&truncate_middle(&text, columns)) <= columns);
            prop_assert!(display_width(&truncate_end(&text, columns)) <= columns);
        }

        #[test]
        fn wrapped_text(text in "\\PC*", columns in 2_usize..60) {
            let solid = |text: &str| text.split_ascii_whitespace().collect::<String>();
            prop_assert_eq!(solid(&wrap(&text, columns).concat()), solid(&text));
        }
    }
}

//! Text in columns of a terminal, where a foreign script's character may take none or two.

use unicode_width::UnicodeWidthStr;

/// The column of the states at the beginning of a line; as wide as the widest of them and two spaces.
pub(crate) const MARGIN: usize = 10;

/// How many columns a text takes.
pub(crate) fn display_width(text: &str) -> usize {
    text.width()
}

/// How many columns a line takes, its colours left out.
pub(crate) fn visible_width(line: &str) -> usize {
    let mut pieces = line.split("\x1b[");
    let first = pieces.next().map_or(0, display_width);
    let rest = pieces.map(|piece| piece.split_once('m').map_or(0, |(_, text)| display_width(text)));
    first + rest.sum::<usize>()
}

/// The text with spaces behind it, to so many columns.
pub(crate) fn pad_right(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(display_width(text))))
}

/// The text with spaces before it, to so many columns.
pub(crate) fn pad_left(text: &str, columns: usize) -> String {
    format!("{}{text}", " ".repeat(columns.saturating_sub(display_width(text))))
}

/// The text in at most so many columns, with `…` in its middle where it is longer.
///
/// A host's first label and an endpoint's port are what people tell endpoints apart by.
pub(crate) fn truncate_middle(text: &str, columns: usize) -> String {
    if display_width(text) <= columns {
        return text.into();
    }
    let room = columns.saturating_sub(1);
    let head = prefix(text, room.div_ceil(2));
    let tail = suffix(text, room.saturating_sub(display_width(head)));
    format!("{head}…{tail}")
}

/// The text in at most so many columns, with `…` at its end where it is longer.
pub(crate) fn truncate_end(text: &str, columns: usize) -> String {
    if display_width(text) <= columns {
        return text.into();
    }
    format!("{}…", prefix(text, columns.saturating_sub(1)))
}

/// Fills lines of at most so many columns with words; a word that is longer than a line is broken.
pub(crate) fn wrap(text: &str, columns: usize) -> Vec<String> {
    fill_lines(text.split_whitespace(), " ", columns)
}

/// Fills lines with pieces, with the separator between those that share a line.
pub(crate) fn fill_lines<'a>(
    pieces: impl IntoIterator<Item = &'a str>,
    separator: &str,
    columns: usize,
) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for chunk in pieces.into_iter().flat_map(|piece| chunks(piece, columns)) {
        match lines.last_mut() {
            Some(line)
                if display_width(line) + display_width(separator) + display_width(chunk) <= columns =>
            {
                line.push_str(separator);
                line.push_str(chunk);
            }
            _ => lines.push(chunk.into()),
        }
    }
    lines
}

/// A paragraph behind its beginning, in lines of at most so many columns, the further ones indented as far.
pub(crate) fn hanging_indent(beginning: &str, text: &str, columns: usize) -> Vec<String> {
    prefix_lines(beginning, wrap(text, columns.saturating_sub(visible_width(beginning)).max(1)))
}

/// Lines behind their beginning, which may have colours; the further ones indented as far.
pub(crate) fn prefix_lines(beginning: &str, lines: impl IntoIterator<Item = String>) -> Vec<String> {
    let indent = " ".repeat(visible_width(beginning));
    let beginnings = std::iter::once(beginning).chain(std::iter::repeat(indent.as_str()));
    beginnings.zip(lines).map(|(beginning, line)| format!("{beginning}{line}")).collect()
}

/// Breaks a piece into chunks of at most so many columns, or of one character where that is wider.
fn chunks(mut piece: &str, columns: usize) -> Vec<&str> {
    let mut chunks = Vec::new();
    while display_width(piece) > columns {
        let first = piece.chars().next().map_or(0, char::len_utf8);
        let (chunk, rest) = piece.split_at(prefix(piece, columns).len().max(first));
        chunks.push(chunk);
        piece = rest;
    }
    chunks.push(piece);
    chunks
}

/// The longest beginning of a text that takes at most so many columns.
fn prefix(text: &str, columns: usize) -> &str {
    let beginnings = text.char_indices().filter_map(|(start, c)| text.get(..start + c.len_utf8()));
    beginnings.take_while(|beginning| display_width(beginning) <= columns).last().unwrap_or_default()
}

/// The longest end of a text that takes at most so many columns.
fn suffix(text: &str, columns: usize) -> &str {
    let mut ends = text.char_indices().filter_map(|(start, _)| text.get(start..));
    ends.find(|end| display_width(end) <= columns).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_long_text_loses_its_middle() {
        let table = [
            ("host:8777", 9, "host:8777"),
            ("metering.example.com:8777", 15, "meterin…om:8777"),
            ("監視監視監視:8777", 10, "監視…:8777"),
            ("host", 1, "…"),
        ];
        for (text, columns, short) in table {
            assert_eq!(truncate_middle(text, columns), short);
        }
    }

    #[test]
    fn words_fill_lines_and_long_ones_are_broken() {
        let lines = wrap("the  API answers\n but abcdefghijklmnop does not", 10);
        assert_eq!(lines, ["the API", "answers", "but", "abcdefghij", "klmnop", "does not"]);
        assert_eq!(wrap("", 10), Vec::<String>::new());
    }

    #[test]
    fn a_paragraph_hangs_from_its_beginning() {
        let lines = hanging_indent("\x1b[1mNote:\x1b[0m ", "the API answers", 14);
        assert_eq!(lines, ["\x1b[1mNote:\x1b[0m the API", "      answers"]);
        assert_eq!(hanging_indent("Note: ", "", 14), Vec::<String>::new());
    }

    #[test]
    fn columns_are_padded_by_what_is_seen() {
        assert_eq!(pad_right("監視", 6), "監視  ");
        assert_eq!(pad_left("1 ms", 6), "  1 ms");
    }

    proptest! {
        #[test]
        fn no_line_is_wider_than_asked(text in "\\PC*", columns in 2_usize..60) {
            for line in wrap(&text, columns) {
                prop_assert!(display_width(&line) <= columns, "{line:?}");
            }
            prop_assert!(display_width(&truncate_middle(&text, columns)) <= columns);
        }

        #[test]
        fn wrapping_loses_nothing(text in "\\PC*", columns in 2_usize..60) {
            let solid = |text: &str| text.split_whitespace().collect::<String>();
            prop_assert_eq!(solid(&wrap(&text, columns).concat()), solid(&text));
        }
    }
}

//! Text for a locale without UTF-8.

use super::layout::display_width;
use crate::sanitize::ascii_shape;

/// Replaces every character beyond ASCII, column for column, by `?`, and the ellipsis by `~`.
///
/// Text from outside has any of them, so none becomes a character that has a meaning to a shell, to a monitoring system or
/// in a quotation.
pub(crate) fn to_ascii(text: &str) -> String {
    replace_by(text, |c| if c == '…' { '~' } else { '?' })
}

/// Replaces every character beyond ASCII, column for column: our own shapes by similar ones, others by `?`.
///
/// Within quotation marks, also those of a shell, the shapes are kept.
pub(crate) fn shapes_to_ascii(text: &str) -> String {
    replace_by(text, ascii_shape)
}

fn replace_by(text: &str, similar: fn(char) -> char) -> String {
    replace_beyond_ascii(text, |c, ascii| {
        let columns = display_width(c.encode_utf8(&mut [0; 4]));
        ascii.extend(std::iter::repeat_n(similar(c), columns));
    })
}

/// Copies ASCII, and has every other character replaced.
pub(crate) fn replace_beyond_ascii(text: &str, replace: impl Fn(char, &mut String)) -> String {
    let mut ascii = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii() {
            ascii.push(c);
        } else {
            replace(c, &mut ascii);
        }
    }
    ascii
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::assert_maps;

    #[test]
    fn column_for_column() {
        assert_maps(
            shapes_to_ascii,
            [
                ("\x1b[1m→ GET…\x1b[0m\n", "\x1b[1m> GET~\x1b[0m\n"),
                ("監視 e\u{301} ä", "???? e ?"),
                ("▁▂▃▄▅▆▇█×?", "_.-=+*%#x?"),
                ("░▒▓▪█▄", ".:%-#="),
            ],
        );
    }

    /// A server, or a path, may have any character.
    #[test]
    fn characters_without_a_meaning() {
        let all = ('\u{80}'..=char::MAX).collect::<String>();
        let found = |ascii: String| {
            ascii.chars().collect::<std::collections::BTreeSet<_>>().into_iter().collect::<String>()
        };
        assert_eq!(found(to_ascii(&all)), "?~");
        assert_eq!(found(shapes_to_ascii(&all)), "#%*+-.:=>?_x~");
    }
}

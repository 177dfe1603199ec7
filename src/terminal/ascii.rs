//! Text for a locale without UTF-8.

use super::layout::display_width;

/// Replaces every character beyond ASCII, column for column: our own shapes by similar ones, others by `?`.
pub(crate) fn to_ascii(text: &str) -> String {
    let mut ascii = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii() {
            ascii.push(c);
        } else {
            let columns = display_width(c.encode_utf8(&mut [0; 4]));
            ascii.extend(std::iter::repeat_n(similar(c), columns));
        }
    }
    ascii
}

const fn similar(c: char) -> char {
    match c {
        '→' => '>',
        '…' => '~',
        '×' => 'x',
        '“' | '”' => '"',
        '‘' | '’' => '\'',
        '▁' => '_',
        '░' | '▂' => '.',
        '▒' => ':',
        '▪' | '▃' => '-',
        '▄' => '=',
        '▅' => '+',
        '▆' => '*',
        '▓' | '▇' => '%',
        '█' => '#',
        _ => '?',
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::assert_maps;

    #[test]
    fn column_for_column() {
        assert_maps(
            to_ascii,
            [
                ("\x1b[1m→ GET…\x1b[0m\n", "\x1b[1m> GET~\x1b[0m\n"),
                ("監視 e\u{301} ä", "???? e ?"),
                ("▁▂▃▄▅▆▇█×?", "_.-=+*%#x?"),
                ("░▒▓▪█▄", ".:%-#="),
            ],
        );
    }
}

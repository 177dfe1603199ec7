//! Gaps that documents make between the parts of a word: tags, invisible characters, the ends of strings.

use super::strip::is_invisible;

/// Maximum number of tags between two parts of a word or of a URL.
pub(super) const MAX_TAGS: usize = 16;

/// Elements of HTML whose tags part no word.
const INLINE: [&str; 21] = [
    "a", "abbr", "b", "big", "code", "em", "font", "i", "kbd", "mark", "s", "samp", "small", "span",
    "strong", "sub", "sup", "tt", "u", "var", "wbr",
];

/// Length of a tag at the beginning of a text.
pub(super) fn tag(text: &[u8]) -> Option<usize> {
    let (inner, rest) = split_before(text.strip_prefix(b"<")?, |byte| b"<>".contains(&byte));
    let is_tag = inner.first().is_some_and(|first| first.is_ascii_alphabetic() || b"/!".contains(first));
    (is_tag && rest.starts_with(b">")).then_some(inner.len() + 2)
}

/// Length of a tag, or of a comment, that parts no word.
fn inline_tag(text: &[u8]) -> Option<usize> {
    let length = tag(text)?;
    let name = text.get(1..length - 1)?;
    let (name, _) =
        split_before(name.strip_prefix(b"/").unwrap_or(name), |byte| !byte.is_ascii_alphanumeric());
    let is_inline =
        name.is_empty() || INLINE.iter().any(|inline| name.eq_ignore_ascii_case(inline.as_bytes()));
    is_inline.then_some(length)
}

/// Length of a few such tags within a word.
fn inner_tags(text: &[u8]) -> Option<usize> {
    let mut rest = text;
    for _ in 0..MAX_TAGS {
        let Some(length) = inline_tag(rest) else { break };
        rest = rest.get(length..).unwrap_or_default();
    }
    let is_inner = rest.first().is_some_and(|next| !next.is_ascii_whitespace() && *next != b'<');
    (is_inner && rest.len() < text.len()).then_some(text.len() - rest.len())
}

/// Length of what cannot be seen within a word: tags of inline elements, or an invisible character.
pub(super) fn unseen(text: &[u8]) -> Option<usize> {
    match text.first()? {
        b'<' => inner_tags(text),
        0xc2.. => {
            let letter = text.get(..text.len().min(4))?.utf8_chunks().next()?.valid().chars().next()?;
            is_invisible(letter).then_some(letter.len_utf8())
        }
        _ => None,
    }
}

/// Length of what a document puts between two parts of a text: a tag, or the end of a string and the next one's beginning.
pub(super) fn separator(text: &[u8]) -> Option<usize> {
    match text.split_first()? {
        (b'<', _) => tag(text),
        (quote @ (b'"' | b'\''), rest) => {
            let next = rest.trim_ascii_start().strip_prefix(b",")?.trim_ascii_start();
            next.starts_with(&[*quote]).then_some(text.len() - next.len() + 1)
        }
        _ => None,
    }
}

/// Splits a text before the first byte of a kind.
pub(super) fn split_before(text: &[u8], ends: impl Fn(u8) -> bool) -> (&[u8], &[u8]) {
    text.split_at(text.iter().position(|&byte| ends(byte)).unwrap_or(text.len()))
}

//! Text from outside: the one place where it is masked, cleaned and cut.
//!
//! Masking comes first, on the bytes as they came; then cleaning; then masking again, for what cleaning removed may
//! have stood between the parts of a secret. Every step takes time linear in the text.

mod mask;
#[cfg(test)]
mod tests;

use unicode_width::UnicodeWidthChar;

use crate::exchange::Foreign;
use mask::Mask;

/// How many zero-width letters (accents, vowel signs) may stand on one base: what living scripts need, and too few
/// to paint over the neighbouring lines.
const STACKED: usize = 2;

/// How much of a typed value an error quotes, in characters.
const QUOTED: usize = 100;

/// Removes secrets and everything that could forge an output from foreign text.
#[derive(Debug, Clone, Default)]
pub struct Cleaner {
    mask: Mask,
}

impl Cleaner {
    /// Adds a secret: itself and its base64, JSON, URL and HTML forms are masked from now on. An empty one is none.
    pub fn hide(&mut self, secret: &[u8]) {
        // The form that cleaning leaves of it is searched for as well.
        let cleaned = printable(&String::from_utf8_lossy(secret), Breaks::Folded);
        self.mask.hide(secret);
        self.mask.hide_form(cleaned.into_bytes());
    }

    /// Masks, cleans, folds white space to single spaces, and cuts to `limit` characters (with `…`).
    pub fn line(&self, text: &Foreign, limit: usize) -> String {
        cut(self.scrub(text.bytes(), Breaks::Folded), limit)
    }

    /// Same for text with lines: one cleaned string a line, none of them empty, `limit` characters in all.
    pub fn lines(&self, text: &Foreign, limit: usize) -> Vec<String> {
        let text = cut(self.scrub(text.bytes(), Breaks::Kept), limit);
        text.lines().map(str::to_owned).collect()
    }

    /// Masks, cleans, and masks again.
    fn scrub(&self, text: &[u8], breaks: Breaks) -> String {
        let masked = self.mask.apply(text);
        let cleaned = printable(&String::from_utf8_lossy(&masked), breaks);
        String::from_utf8_lossy(&self.mask.apply(cleaned.as_bytes())).into_owned()
    }
}

/// Cleans text of our own making that may quote argv: for error lines. The userinfo of URLs is masked; no other
/// secret is known here.
pub fn clean(text: &str, limit: usize) -> String {
    cut(Cleaner::default().scrub(text.as_bytes(), Breaks::Folded), limit)
}

/// Quotes a typed value in an error line: cleaned, cut, and without what may be a credential.
///
/// Running text hides the userinfo of URLs alone. A value hides all before its last `@`, for a password may hold what
/// nobody escaped, and its query and fragment, which may hold a token.
pub fn quoted(value: &str) -> String {
    let open = match value.rsplit_once('@') {
        Some((before, rest)) if !before.is_empty() => {
            let scheme = ["http://", "https://"].into_iter().find(|scheme| value.starts_with(scheme));
            format!("{}***@{rest}", scheme.unwrap_or_default())
        }
        _ => value.to_owned(),
    };
    let kept = open.split(['?', '#']).next().unwrap_or_default();
    let mark = if kept.len() < open.len() { "…" } else { "" };
    format!("'{}{mark}'", clean(kept, QUOTED))
}

/// Escapes cleaned text for a plugin line: `|` → `/`, `<` → `(`, `>` → `)`.
pub fn plugin(text: &str) -> String {
    let escape = |letter| match letter {
        '|' => '/',
        '<' => '(',
        '>' => ')',
        other => other,
    };
    text.chars().map(escape).collect()
}

/// Cuts to `limit` characters, the last of which is then `…`.
fn cut(text: String, limit: usize) -> String {
    if text.char_indices().nth(limit).is_none() {
        return text;
    }
    let Some(kept) = limit.checked_sub(1) else { return String::new() };
    let beginning: String = text.chars().take(kept).collect();
    format!("{}…", beginning.trim_end())
}

/// What becomes of line breaks.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Breaks {
    /// They are white space like any other.
    Folded,
    /// They stay, but no line is empty.
    Kept,
}

/// Keeps what can be seen: terminal sequences are swallowed whole, white space is folded, invisible characters go.
fn printable(text: &str, breaks: Breaks) -> String {
    let mut sequence = Sequence::None;
    let mut seen = Seen { text: String::with_capacity(text.len()), breaks, gap: None, stacked: STACKED };
    for letter in text.chars() {
        let (next, swallowed) = sequence.after(letter);
        sequence = next;
        if !swallowed {
            seen.push(letter);
        }
    }
    seen.text
}

/// Where in a terminal's control sequence (ECMA-48) the reader is.
///
/// A sequence that breaks off ends at the next control character, so that a lone opener cannot swallow later lines.
#[derive(Clone, Copy)]
enum Sequence {
    /// Outside of any.
    None,
    /// Behind ESC.
    Escape,
    /// Within a control sequence, such as a colour.
    Control,
    /// Within a control string, such as a window title.
    Text,
}

impl Sequence {
    /// The state behind one more character, and whether that character was part of a sequence.
    fn after(self, letter: char) -> (Sequence, bool) {
        match (self, letter) {
            (_, '\u{1b}') | (Sequence::Escape, ' '..='/') => (Sequence::Escape, true),
            (_, '\u{9b}') | (Sequence::Escape, '[') | (Sequence::Control, ' '..='?') => {
                (Sequence::Control, true)
            }
            (_, '\u{90}' | '\u{98}' | '\u{9d}'..='\u{9f}')
            | (Sequence::Escape, ']' | 'P' | 'X' | '^' | '_')
            | (Sequence::Text, ' '..='~' | '\u{a0}'..) => (Sequence::Text, true),
            (Sequence::Escape, '0'..='~')
            | (Sequence::Control, '@'..='~')
            | (Sequence::Text, '\u{7}' | '\u{9c}') => (Sequence::None, true),
            _ => (Sequence::None, false),
        }
    }
}

/// The text that was kept so far.
struct Seen {
    text: String,
    breaks: Breaks,
    /// The white space since the last character that was kept.
    gap: Option<char>,
    /// How many zero-width letters the last character carries; full where there is none to carry them.
    stacked: usize,
}

impl Seen {
    /// Takes one more character, or drops it.
    fn push(&mut self, letter: char) {
        if letter.is_whitespace() {
            let broken = self.breaks == Breaks::Kept && (letter == '\n' || self.gap == Some('\n'));
            self.gap = Some(if broken { '\n' } else { ' ' });
            self.stacked = STACKED;
        } else if letter.is_control() || is_invisible(letter) {
            // Dropped: nothing of it can be seen.
        } else if letter.width() == Some(0) {
            if self.stacked < STACKED {
                self.stacked += 1;
                self.text.push(letter);
            }
        } else {
            let gap = self.gap.take().filter(|_| !self.text.is_empty());
            self.text.extend(gap);
            self.text.push(letter);
            self.stacked = 0;
        }
    }
}

/// Whether a character shows nothing, steers what is shown, or means nothing that two parties could agree on.
///
/// By the Unicode Character Database: general category Cf, the property `Default_Ignorable_Code_Point`, private use,
/// noncharacters; and the blank Braille pattern.
fn is_invisible(letter: char) -> bool {
    matches!(letter,
        // Soft hyphen, grapheme joiner.
        '\u{ad}' | '\u{34f}'
        // Arabic and Syriac format characters.
        | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}' | '\u{890}'..='\u{891}' | '\u{8e2}'
        // Hangul fillers, Khmer inherent vowels, Mongolian selectors, blank Braille.
        | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{2800}' | '\u{3164}'
        | '\u{ffa0}'
        // Zero-width and bidirectional marks, line and paragraph separators.
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        // Private use, noncharacters, variation selectors, byte order mark, annotations.
        | '\u{e000}'..='\u{f8ff}' | '\u{fdd0}'..='\u{fdef}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
        | '\u{fff0}'..='\u{fffb}'
        // Format characters of Kaithi, Egyptian, shorthand and musical notation.
        | '\u{110bd}' | '\u{110cd}' | '\u{13430}'..='\u{1343f}' | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}'
        // Planes without a letter, tags and more selectors, private use.
        | '\u{40000}'..
    ) || u32::from(letter) & 0xfffe == 0xfffe
}

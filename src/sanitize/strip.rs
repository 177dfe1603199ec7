//! Leaves of text what can be seen: no terminal sequence, no control character, nothing invisible.

use unicode_width::UnicodeWidthChar;

/// Maximum number of zero-width letters (accents, vowel signs) on one base: enough for living scripts, and too few
/// to paint over the neighbouring lines.
const MAX_STACKED: usize = 2;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum LineBreaks {
    /// They are white space like any other.
    Folded,
    /// They stay, but no line is empty.
    Kept,
}

/// Keeps what can be seen: terminal sequences are swallowed whole, white space is folded, invisible characters go.
pub(super) fn printable(text: &str, breaks: LineBreaks) -> String {
    let mut sequence = EscapeState::None;
    let mut seen =
        Cleaned { text: String::with_capacity(text.len()), breaks, gap: None, stacked: MAX_STACKED };
    for letter in text.chars() {
        let (next, swallowed) = sequence.after(letter);
        sequence = next;
        if !swallowed {
            seen.push(letter);
        }
    }
    seen.text
}

/// Leaves out terminal sequences and control characters, and keeps white space as it is, so that a text can be judged by
/// its words.
pub(crate) fn without_controls(text: &str) -> String {
    let mut sequence = EscapeState::None;
    let is_text = |letter: &char| {
        let (next, swallowed) = sequence.after(*letter);
        sequence = next;
        !swallowed && (!letter.is_control() || letter.is_whitespace())
    };
    text.chars().filter(is_text).collect()
}

/// The position within a terminal's control sequence (ECMA-48).
///
/// A sequence that breaks off ends at the next control character, so that a lone opener cannot swallow later lines.
#[derive(Clone, Copy)]
enum EscapeState {
    None,
    Escape,
    /// Within a control sequence, such as a colour.
    Control,
    /// Within a control string, such as a window title.
    Text,
}

impl EscapeState {
    /// Returns the state after one more character, and true if that character was part of a sequence.
    fn after(self, letter: char) -> (EscapeState, bool) {
        match (self, letter) {
            (_, '\u{1b}') | (EscapeState::Escape, ' '..='/') => (EscapeState::Escape, true),
            (_, '\u{9b}') | (EscapeState::Escape, '[') | (EscapeState::Control, ' '..='?') => {
                (EscapeState::Control, true)
            }
            (_, '\u{90}' | '\u{98}' | '\u{9d}'..='\u{9f}')
            | (EscapeState::Escape, ']' | 'P' | 'X' | '^' | '_')
            | (EscapeState::Text, ' '..='~' | '\u{a0}'..) => (EscapeState::Text, true),
            (EscapeState::Escape, '0'..='~')
            | (EscapeState::Control, '@'..='~')
            | (EscapeState::Text, '\u{7}' | '\u{9c}') => (EscapeState::None, true),
            _ => (EscapeState::None, false),
        }
    }
}

struct Cleaned {
    text: String,
    breaks: LineBreaks,
    /// The white space since the last character that was kept.
    gap: Option<char>,
    /// Number of zero-width letters on the last character; the maximum where no character can carry one.
    stacked: usize,
}

impl Cleaned {
    fn push(&mut self, letter: char) {
        if letter.is_whitespace() {
            let broken = self.breaks == LineBreaks::Kept && (letter == '\n' || self.gap == Some('\n'));
            self.gap = Some(if broken { '\n' } else { ' ' });
            self.stacked = MAX_STACKED;
        } else if letter.is_control() || is_invisible(letter) {
            // Dropped: nothing of it can be seen.
        } else if letter.width() == Some(0) {
            if self.stacked < MAX_STACKED {
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

/// Tests whether a character shows nothing, changes how others are shown, or has no agreed meaning.
///
/// By the Unicode Character Database: general category Cf, the property `Default_Ignorable_Code_Point`, private use,
/// noncharacters; and the blank Braille pattern.
pub(super) fn is_invisible(letter: char) -> bool {
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

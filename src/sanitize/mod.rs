//! Text from outside: the only place where it is masked, stripped and truncated.
//!
//! Masking comes first, on the bytes as they came; then stripping; then masking again, for the characters that were
//! removed may have separated the parts of a secret. Every step takes time linear in the text.

mod decode;
mod markup;
mod mask;
mod strip;
#[cfg(test)]
mod tests;
mod url;

use std::borrow::Cow;
use std::io;
use std::sync::Arc;
use std::time::Instant;

pub(crate) use mask::STARS;
use mask::{Author, Mask};
pub(crate) use strip::without_controls;
use strip::{LineBreaks, printable};

/// Maximum length of a typed value in an error, in characters.
const MAX_ARG: usize = 100;

/// Bytes that are read of a text for each character that may be shown: a JSON escape has six, white space any number.
const BYTES_PER_CHARACTER: usize = 16;

/// Minimum number of bytes that are read of a text, for it may begin with what cannot be seen.
const MIN_BYTES: usize = 4096;

/// Headers of credentials. One in another option's place needs neither capitals nor a blank to be known.
const CREDENTIAL_HEADERS: [&str; 3] = ["authorization", "cookie", "x-auth-token"];

/// Longest word that is left out where a text is cut within it, in bytes.
const MAX_CUT_WORD: usize = 256;

/// Text from outside: a server, a name service, a certificate. It has no way to an output but through
/// [`Sanitizer`].
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct UntrustedText(Vec<u8>);

impl UntrustedText {
    pub(crate) fn new(bytes: impl Into<Vec<u8>>) -> UntrustedText {
        UntrustedText(bytes.into())
    }

    /// The bytes as they came, for the rules to compare and for the sanitizer; never for an output.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }

    pub(crate) fn truncate(&mut self, length: usize) {
        self.0.truncate(beginning(&self.0, length).len());
    }
}

impl std::fmt::Debug for UntrustedText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "UntrustedText({:?})", String::from_utf8_lossy(&self.0))
    }
}

/// Removes secrets and everything that could forge an output from foreign text.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sanitizer {
    mask: Arc<Mask>,
    /// The end of the time for searching texts, if there is one.
    end: Option<Instant>,
}

impl Sanitizer {
    /// Adds a secret: itself and its base64, JSON, URL and HTML forms are masked from now on. An empty one is ignored.
    pub(crate) fn add_secret(&mut self, secret: &[u8]) {
        // The form that cleaning leaves of it is searched for as well.
        let cleaned = printable(&String::from_utf8_lossy(secret), LineBreaks::Folded);
        let mask = Arc::make_mut(&mut self.mask);
        mask.add_secret(secret);
        mask.add_form(cleaned.as_bytes());
    }

    /// Returns a sanitizer that leaves out texts whose search would take longer than this time.
    pub(crate) fn until(&self, end: Instant) -> Sanitizer {
        Sanitizer { mask: Arc::clone(&self.mask), end: Some(end) }
    }

    /// Prepares to search for long secrets, which takes time that a run does not have at its deadline.
    pub(crate) fn build_matcher(&self) {
        self.mask.build_matcher();
    }

    /// Masks a beginning of a text, before anything is read from it: decoding it or stripping its tags could tear a
    /// secret apart. The result is still foreign.
    pub(crate) fn mask(&self, text: &UntrustedText, limit: usize) -> UntrustedText {
        let beginning = beginning(text.bytes(), limit);
        let decoded = decode_utf16(beginning);
        let document = decoded.as_ref().map_or(beginning, String::as_bytes);
        let masked = self.mask.apply_to_document(document, self.end);
        // What was not searched can be compared still, for no line is shown of it after that time either.
        let unsearched = || if self.is_over() { document } else { STARS.as_bytes() }.to_vec();
        UntrustedText(masked.unwrap_or_else(unsearched))
    }

    /// Masks, cleans, folds white space to single spaces, and cuts to `limit` characters (with `…`).
    pub(crate) fn line(&self, text: &UntrustedText, limit: usize) -> String {
        truncate(self.sanitize(shown_part(text, limit), Author::Stranger), limit)
    }

    /// Sanitizes a text of our own making, one string per line, none of them empty. Secrets are in it as they were given:
    /// decoding it would cost more time than hundreds of requests have at their deadline.
    pub(crate) fn own_lines(&self, text: &UntrustedText) -> Vec<String> {
        self.sanitize_plainly(text.bytes(), LineBreaks::Kept).lines().map(str::to_owned).collect()
    }

    /// Sanitizes a header of the command line in the same way, in one line of at most `limit` characters.
    pub(crate) fn own_line(&self, text: &[u8], limit: usize) -> String {
        truncate(self.sanitize_plainly(text, LineBreaks::Folded), limit)
    }

    fn sanitize_plainly(&self, text: &[u8], breaks: LineBreaks) -> String {
        printable(&String::from_utf8_lossy(&self.mask.apply_plainly(text)), breaks)
    }

    /// Tests for a text that cannot be shown as it is: it contains a secret or credentials, or is costly to search for them.
    pub(crate) fn hides(&self, text: &str) -> bool {
        let hides = |text: &str| {
            self.mask
                .apply(text.as_bytes(), Author::Stranger, self.end)
                .is_none_or(|masked| masked != text.as_bytes())
        };
        hides(text) || hides(&printable(text, LineBreaks::Folded))
    }

    fn sanitize(&self, text: &[u8], author: Author) -> String {
        let clean = || {
            let masked = self.mask.apply(text, author, self.end)?;
            let cleaned = printable(&String::from_utf8_lossy(&masked), LineBreaks::Folded);
            self.mask.apply(cleaned.as_bytes(), author, self.end)
        };
        match clean() {
            Some(text) => String::from_utf8_lossy(&text).into_owned(),
            None if self.is_over() => "…".into(),
            None => STARS.into(),
        }
    }

    fn is_over(&self) -> bool {
        self.end.is_some_and(|end| Instant::now() > end)
    }
}

/// Decodes a text, whose bytes are UTF-8, or UTF-16 where they begin so.
pub(crate) fn decode_text(bytes: &[u8]) -> Cow<'_, str> {
    decode_utf16(bytes).map_or_else(|| String::from_utf8_lossy(bytes), Cow::Owned)
}

/// Decodes UTF-16, which begins with a byte order mark or with two characters of ASCII.
fn decode_utf16(bytes: &[u8]) -> Option<String> {
    let to_unit: fn([u8; 2]) -> u16 = match bytes {
        [0xff, 0xfe, ..] | [1..=0x7f, 0, 1..=0x7f, 0, ..] => u16::from_le_bytes,
        [0xfe, 0xff, ..] | [0, 1..=0x7f, 0, 1..=0x7f, ..] => u16::from_be_bytes,
        _ => return None,
    };
    let units = bytes.chunks_exact(2).filter_map(|pair| pair.try_into().ok()).map(to_unit);
    Some(char::decode_utf16(units).map(|letter| letter.unwrap_or(char::REPLACEMENT_CHARACTER)).collect())
}

/// The beginning of a text of which this many characters at most are shown: the rest costs time and cannot be seen.
fn shown_part(text: &UntrustedText, limit: usize) -> &[u8] {
    beginning(text.bytes(), limit.saturating_mul(BYTES_PER_CHARACTER).saturating_add(MIN_BYTES))
}

/// A beginning of a text, by whole words: a part of one may be that of a URL with a password.
fn beginning(text: &[u8], length: usize) -> &[u8] {
    let Some(cut) = text.get(..length).filter(|_| length < text.len()) else { return text };
    let last_word = cut.iter().rev().take(MAX_CUT_WORD).position(u8::is_ascii_whitespace);
    last_word.and_then(|word| cut.get(..cut.len() - word - 1)).unwrap_or(cut)
}

/// Cleans text of our own making that may quote argv: for error lines. The userinfo of URLs is masked; no other
/// secret is known here.
pub(crate) fn sanitize_own(text: &str, limit: usize) -> String {
    truncate(Sanitizer::default().sanitize(text.as_bytes(), Author::Program), limit)
}

/// Quotes a typed value in an error line: sanitized, truncated, and without possible credentials.
pub(crate) fn quote_arg(value: &str) -> String {
    let shown = without_credentials(value);
    // White space at an end may be all that is wrong, as in '5 '.
    let space = |wanted: bool| if wanted { " " } else { "" };
    let before = space(shown.starts_with(char::is_whitespace));
    let after = space(shown.ends_with(char::is_whitespace));
    format!("'{before}{}{after}'", sanitize_own(&shown, MAX_ARG))
}

/// Removes possible credentials from a typed value.
///
/// In running text only the userinfo of URLs is hidden. In a value everything before its last `@` is, for a password
/// may have unescaped characters, and so are its query and fragment, which may hold a token.
fn without_credentials(value: &str) -> String {
    // A header in the place of another option's value.
    if let Some((name, value)) = value.split_once(':')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && (CREDENTIAL_HEADERS.iter().any(|secret| name.eq_ignore_ascii_case(secret))
            || (value.starts_with(' ')
                && name.contains(|letter: char| letter.is_ascii_uppercase() || letter == '-')))
        && !value.trim_start().is_empty()
    {
        return format!("{name}: {STARS}");
    }
    let open = match value.rsplit_once('@') {
        Some((before, rest)) if !before.is_empty() => {
            let scheme = ["http://", "https://"].into_iter().find(|scheme| value.starts_with(scheme));
            format!("{}{STARS}@{rest}", scheme.unwrap_or_default())
        }
        _ => value.to_owned(),
    };
    match open.find(['?', '#']) {
        Some(end) => open.split_at(end).0.to_owned() + "…",
        None => open,
    }
}

/// The system's words for an error, without its number.
pub(crate) fn system_words(error: &io::Error) -> String {
    let text = error.to_string();
    let mut words = text.split(" (os error").next().unwrap_or_default().to_owned();
    if let Some(first) = words.get_mut(..1) {
        first.make_ascii_lowercase();
    }
    words
}

/// Escapes sanitized text for a plugin line: `|` → `/`, `<` → `(`, `>` → `)`.
pub(crate) fn escape_plugin(text: &str) -> String {
    let escape = |letter| match letter {
        '|' => '/',
        '<' => '(',
        '>' => ')',
        other => other,
    };
    text.chars().map(escape).collect()
}

/// The character that a terminal's output in ASCII has for one beyond it: a similar one for our own shapes, else `?`.
pub(crate) const fn ascii_shape(letter: char) -> char {
    match letter {
        '→' => '>',
        '…' => '~',
        '×' => 'x',
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

/// Cuts to `limit` characters, the last of which is then `…`.
pub(crate) fn truncate(text: String, limit: usize) -> String {
    if text.char_indices().nth(limit).is_none() {
        return text;
    }
    let Some(kept) = limit.checked_sub(1) else { return String::new() };
    let beginning: String = text.chars().take(kept).collect();
    format!("{}…", beginning.trim_end())
}

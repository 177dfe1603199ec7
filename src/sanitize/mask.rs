//! Finds secrets in text, whatever they are wrapped in, and puts `***` in their place.
//!
//! A server that reflects a request may quote a secret as JSON, HTML or a URL. So the text is looked at as it is and
//! as each of these would read it; a find is traced back to the bytes that it came from.

use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};

use super::decode::{Decoding, READINGS, without_spaces};

/// What stands in a secret's place.
const STARS: &[u8] = b"***";

/// The shortest beginning of a secret that is masked where the text breaks off within it, in bytes.
const TELLING: usize = 4;

/// The shortest run of base64 letters that is taken for a part of a secret: shorter ones stand in any text.
const WITHIN: usize = 8;

/// What is to be masked.
#[derive(Clone, Default)]
pub(super) struct Mask {
    patterns: BTreeSet<Pattern>,
}

/// How much is hidden, but nothing of it.
impl fmt::Debug for Mask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mask({} patterns)", self.patterns.len())
    }
}

impl Mask {
    /// Adds a secret in all the forms that no [`Decoding`] undoes.
    pub(super) fn add_secret(&mut self, secret: &[u8]) {
        for engine in [STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD] {
            self.add_form(engine.encode(secret).into_bytes());
            self.add_base64_parts(secret, &engine);
        }
        // A server that takes headers for Latin-1 tells the same bytes in UTF-8.
        self.add_form(secret.iter().copied().map(char::from).collect::<String>().into_bytes());
        // A query may write a space as a plus.
        self.add_form(secret.iter().map(|&byte| if byte == b' ' { b'+' } else { byte }).collect());
        self.add_form(secret.to_vec());
    }

    /// Adds what base64 makes of a secret that stands within a longer text, behind no, one or two bytes of a group:
    /// the letters that no neighbour has a share in.
    fn add_base64_parts(&mut self, secret: &[u8], engine: &impl base64::Engine) {
        for before in 0..3 {
            let neighbours = vec![0; before];
            let encoded = engine.encode([neighbours.as_slice(), secret].concat());
            // A letter holds six bits: from the first that is the secret's alone to the last.
            let letters = (8 * before).div_ceil(6)..8 * (before + secret.len()) / 6;
            if let Some(own) = encoded.get(letters).filter(|own| own.len() >= WITHIN) {
                self.add_form(own.as_bytes().to_vec());
            }
        }
    }

    /// Adds one form of a secret, the same without white space, and that in lower case, as header names are told.
    pub(super) fn add_form(&mut self, form: Vec<u8>) {
        let dense: Vec<u8> = form.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
        for bytes in [form, dense.to_ascii_lowercase(), dense] {
            if !bytes.is_empty() {
                self.patterns.insert(Pattern::new(bytes));
            }
        }
    }

    /// The text with every secret, and the userinfo of every URL, masked.
    pub(super) fn apply(&self, text: &[u8]) -> Vec<u8> {
        let mut spans = Vec::new();
        for (mark, reading) in READINGS {
            if mark.is_none_or(|mark| text.contains(&mark)) {
                let view = DecodedText::new(text, reading);
                spans.extend(view.userinfo());
                spans.extend(self.patterns.iter().flat_map(|pattern| view.find(pattern)));
            }
        }
        if !self.patterns.is_empty() {
            let view = DecodedText::new(text, without_spaces);
            spans.extend(self.patterns.iter().flat_map(|pattern| view.find(pattern)));
        }
        replace(text, spans)
    }
}

/// Puts stars in the place of the spans; those that overlap or touch become one.
fn replace(text: &[u8], mut spans: Vec<Range<usize>>) -> Vec<u8> {
    spans.sort_unstable_by_key(|span| span.start);
    let mut masked = Vec::with_capacity(text.len());
    let mut done = None;
    for span in spans {
        if done.is_none_or(|done| span.start > done) {
            masked.extend(text.get(done.unwrap_or(0)..span.start).unwrap_or_default());
            masked.extend(STARS);
        }
        done = done.max(Some(span.end));
    }
    masked.extend(text.get(done.unwrap_or(0)..).unwrap_or_default());
    masked
}

/// A byte string to be found in time linear in the text, whatever the text (Knuth, Morris and Pratt).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Pattern {
    bytes: Vec<u8>,
    /// For each beginning of the pattern, the length of the longest shorter beginning that it ends with.
    borders: Vec<usize>,
}

impl Pattern {
    fn new(bytes: Vec<u8>) -> Pattern {
        let mut pattern = Pattern { borders: vec![0], bytes };
        let mut matched = 0;
        for index in 1..pattern.bytes.len() {
            matched = pattern.bytes.get(index).map_or(0, |&byte| pattern.advance(matched, byte));
            pattern.borders.push(matched);
        }
        pattern
    }

    /// How much of the pattern is matched once `byte` follows `matched` bytes of it.
    fn advance(&self, mut matched: usize, byte: u8) -> usize {
        loop {
            if self.bytes.get(matched) == Some(&byte) {
                return matched + 1;
            }
            match matched.checked_sub(1).and_then(|last| self.borders.get(last)) {
                Some(&border) => matched = border,
                None => return 0,
            }
        }
    }
}

/// Text under a reading, with the place that each byte came from.
struct DecodedText {
    bytes: Vec<u8>,
    origins: Vec<Range<usize>>,
    /// The length of the text.
    end: usize,
}

impl DecodedText {
    fn new(text: &[u8], reading: Decoding) -> DecodedText {
        let mut view =
            DecodedText { bytes: Vec::with_capacity(text.len()), origins: Vec::new(), end: text.len() };
        let mut rest = text;
        while let Some(&first) = rest.first() {
            let read = reading(rest, &mut view.bytes).unwrap_or_else(|| {
                view.bytes.push(first);
                1
            });
            let at = text.len() - rest.len();
            view.origins.resize(view.bytes.len(), at..at + read);
            rest = rest.get(read..).unwrap_or_default();
        }
        view
    }

    /// Where in the text the bytes of the view came from.
    fn origin(&self, start: usize, end: usize) -> Range<usize> {
        let start = self.origins.get(start).map_or(self.end, |origin| origin.start);
        start
            ..end.checked_sub(1).and_then(|last| self.origins.get(last)).map_or(self.end, |origin| origin.end)
    }

    /// Every occurrence of a pattern, overlapping ones too, and its beginning where the text breaks off within it.
    fn find(&self, pattern: &Pattern) -> Vec<Range<usize>> {
        let mut spans = Vec::new();
        let mut matched = 0;
        for (index, &byte) in self.bytes.iter().enumerate() {
            matched = pattern.advance(matched, byte);
            if matched == pattern.bytes.len() {
                spans.push(self.origin(index + 1 - matched, index + 1));
            }
        }
        if (TELLING..pattern.bytes.len()).contains(&matched) {
            spans.push(self.origin(self.bytes.len() - matched, self.bytes.len()).start..self.end);
        }
        spans
    }

    /// The userinfo of every URL (RFC 3986, section 3.2.1): what stands between `//` and the authority's last `@`.
    fn userinfo(&self) -> Vec<Range<usize>> {
        let slashes = self.bytes.windows(2).enumerate().filter(|(_, pair)| *pair == b"//");
        let userinfo = slashes.filter_map(|(index, _)| {
            let rest = self.bytes.get(index + 2..)?;
            let end = rest.iter().position(|byte| b" \t\r\n/?#\"<>".contains(byte)).unwrap_or(rest.len());
            let length = rest.get(..end)?.iter().rposition(|&byte| byte == b'@')?;
            (length > 0).then(|| self.origin(index + 2, index + 2 + length))
        });
        userinfo.collect()
    }
}

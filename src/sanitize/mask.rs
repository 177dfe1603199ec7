//! Finds secrets in text, whatever they are encoded in, and puts `***` in their place.
//!
//! A server that reflects a request may quote a secret as JSON, HTML, a URL, base64 or hexadecimal, one within another.
//! The text is searched as it is and as each of these would decode it; a find is traced back to the bytes that it came
//! from.

use std::collections::BTreeSet;
use std::fmt;
use std::ops::{Bound, Range};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use aho_corasick::Anchored;
use aho_corasick::automaton::Automaton;
use aho_corasick::automaton::StateID;
use aho_corasick::nfa::contiguous::NFA;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};

use super::ascii_shape;
use super::decode::{DecodedText, is_continuation, normalize};
use super::markup::{separator, unseen};
use super::url::userinfo;

/// Length of all forms from which on their matcher takes noticeable time to build, in bytes.
const LONG_FORMS: usize = 64 * 1024;

/// Text in a secret's place.
pub(crate) const STARS: &str = "***";

/// Shortest beginning of a secret that is masked where the text breaks off within it, in bytes.
const MIN_CUT: usize = 4;

/// Shortest and longest beginning of a form that is searched for anywhere in a text, in bytes. The text after a find is
/// compared with the rest of the form: the matcher would take megabytes for a token of 16 KiB.
const KEY_BYTES: (usize, usize) = (9, 192);

/// Budget that comparing the text after a find takes, in decoded bytes, besides the bytes that are equal.
const COMPARISON: usize = 32;

/// Shortest encoded form of a whole secret that is searched for, in bytes.
const MIN_ENCODED: usize = 4;

/// Shortest run of base64 letters that is taken for a part of a secret: any text has shorter ones.
const MIN_BASE64: usize = 8;

/// Number of encodings, one within another, that are decoded.
const MAX_DEPTH: u8 = 3;

/// Bytes that decoding one text may produce, per byte of it and in any case. Ordinary texts take 8 per byte; a text that
/// takes more is made to be costly, and is left out as a whole.
const MAX_DECODED: (usize, usize) = (24, 4096);

/// The writer of a text.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Author {
    /// Every URL that it writes is whole.
    Program,
    /// It may have cut a URL short, or the end of what was read has.
    Stranger,
}

/// The secrets, in the forms in which they are searched for.
#[derive(Clone, Default)]
pub(super) struct Mask {
    forms: BTreeSet<Vec<u8>>,
    /// Built at the first search, for most runs have no secret, or nothing to search; shared by all clones made since.
    matcher: OnceLock<Option<Arc<NFA>>>,
}

/// Shows how much is hidden, and nothing of it.
impl fmt::Debug for Mask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mask({} forms)", self.forms.len())
    }
}

impl Mask {
    /// Adds a secret, and the forms of it that no decoding of a text leads back to.
    pub(super) fn add_secret(&mut self, secret: &[u8]) {
        self.add_base64_parts(secret);
        let encoded = [STANDARD.encode(secret).into(), STANDARD_NO_PAD.encode(secret).into(), hex(secret)];
        // Any text has shorter ones: `eA`, which is `x` in base64, in `health`.
        for form in encoded.iter().filter(|form| form.len() >= MIN_ENCODED) {
            self.add_form(form);
        }
        // A server that takes headers for Latin-1 sends the same bytes in UTF-8.
        self.add_form(secret.iter().copied().map(char::from).collect::<String>().as_bytes());
        // A query may write a space as a plus.
        self.add_form(&secret.iter().map(|&byte| if byte == b' ' { b'+' } else { byte }).collect::<Vec<_>>());
        self.add_form(secret);
        // A secret that looks like an escape is decoded with the text around it.
        let mut reading = DecodedText::of(secret);
        for _ in 0..MAX_DEPTH {
            let Some(decoded) = reading.unescaped().next() else { break };
            self.add_form(&decoded.bytes);
            reading = decoded;
        }
    }

    /// Adds the base64 letters that are the secret's alone within a longer text, where zero, one or two bytes of a group
    /// precede it. Decoding finds them too, unless their case was changed.
    fn add_base64_parts(&mut self, secret: &[u8]) {
        for before in 0..3 {
            let encoded = STANDARD.encode([vec![0; before].as_slice(), secret].concat());
            // A letter holds six bits: from the first that is the secret's alone to the last.
            let letters = (8 * before).div_ceil(6)..8 * (before + secret.len()) / 6;
            if let Some(own) = encoded.get(letters).filter(|own| own.len() >= MIN_BASE64) {
                self.add_form(own.as_bytes());
            }
        }
    }

    pub(super) fn add_form(&mut self, form: &[u8]) {
        let form: Vec<u8> = form.iter().copied().filter_map(normalize).collect();
        if !form.is_empty() {
            self.forms.insert(form);
            self.matcher = OnceLock::new();
        }
    }

    /// Builds the matcher of many or long forms ahead of the first search.
    pub(super) fn build_matcher(&self) {
        if self.forms.iter().map(Vec::len).sum::<usize>() > LONG_FORMS {
            self.matcher.get_or_init(|| build(&self.forms));
        }
    }

    /// Returns the text with every secret, and the userinfo of every URL, masked; `None` where to find them would take too
    /// many bytes, or longer than the time.
    pub(super) fn apply(&self, text: &[u8], author: Author, end: Option<Instant>) -> Option<Vec<u8>> {
        self.apply_to_depth(text, author, MAX_DEPTH, end)
    }

    /// Returns a document with every secret masked. Its own encoding, as the strings of JSON have, is one more.
    pub(super) fn apply_to_document(&self, text: &[u8], end: Option<Instant>) -> Option<Vec<u8>> {
        self.apply_to_depth(text, Author::Stranger, MAX_DEPTH + 1, end)
    }

    /// Returns a text of this program with every secret masked that is not encoded.
    pub(super) fn apply_plainly(&self, text: &[u8]) -> Vec<u8> {
        self.apply_to_depth(text, Author::Program, 0, None).unwrap_or_else(|| STARS.as_bytes().to_vec())
    }

    fn apply_to_depth(
        &self,
        text: &[u8],
        author: Author,
        depth: u8,
        end: Option<Instant>,
    ) -> Option<Vec<u8>> {
        let may_have_url =
            || text.iter().any(|byte| b"@\\%&".contains(byte)) || text.windows(2).any(|pair| pair == b"//");
        if text.is_empty() || (self.forms.is_empty() && !may_have_url()) {
            return Some(text.to_vec());
        }
        let left = MAX_DECODED.0 * text.len() + MAX_DECODED.1;
        let mut search = Search { mask: self, author, left, end, spans: Vec::new(), cut: Vec::new() };
        let reading = DecodedText::of(text);
        search.read(&reading, depth, true)?;
        search.read_in_ascii(&reading, depth)?;
        Some(replace(text, search.into_spans()))
    }

    /// Start of the longest beginning of a form that the text ends with, unless its key is in it.
    fn cut_off(&self, text: &[u8]) -> Option<usize> {
        let last = text.len().checked_sub(MIN_CUT)?;
        (text.len().saturating_sub(KEY_BYTES.1)..=last).find(|start| {
            let end = text.get(*start..).unwrap_or_default();
            let next = self.forms.range::<[u8], _>((Bound::Included(end), Bound::Unbounded)).next();
            next.is_some_and(|form| form.starts_with(end))
        })
    }

    /// Length of the longest beginning of a form that the text begins with.
    fn common(&self, text: &[u8]) -> usize {
        // Of all forms in order, the neighbours of the text have most in common with it.
        let before = self.forms.range::<[u8], _>((Bound::Unbounded, Bound::Included(text))).next_back();
        let after = self.forms.range::<[u8], _>((Bound::Excluded(text), Bound::Unbounded)).next();
        let length = |form: &Vec<u8>| form.iter().zip(text).take_while(|(own, other)| own == other).count();
        before.into_iter().chain(after).map(length).max().unwrap_or(0)
    }
}

struct Search<'a> {
    mask: &'a Mask,
    author: Author,
    /// Bytes that may still be decoded.
    left: usize,
    /// The end of the time for it, if there is one.
    end: Option<Instant>,
    /// Places in the text that are to be masked.
    spans: Vec<Range<usize>>,
    /// Passwords without an `@`, as far as no other reading finds one.
    cut: Vec<Range<usize>>,
}

impl Search<'_> {
    /// Searches a reading and, to a depth, its readings; `None` where that would take too long. URLs are searched for in
    /// texts that can be read without decoding base64 or hexadecimal.
    ///
    /// White space may break any encoding: the line breaks of a folded header or of MIME, the blanks of a dump.
    fn read(&mut self, reading: &DecodedText, depth: u8, urls: bool) -> Option<()> {
        if self.end.is_some_and(|end| Instant::now() > end) {
            return None;
        }
        self.left = self.left.checked_sub(reading.bytes.len())?;
        if urls {
            self.find_passwords(reading);
            reading.without(unseen).iter().for_each(|joined| self.find_passwords(joined));
        }
        self.find(reading, true)?;
        if let Some(joined) = reading.without(separator).filter(|_| !self.mask.forms.is_empty()) {
            self.left = self.left.checked_sub(joined.bytes.len())?;
            self.find(&joined, true)?;
        }
        let Some(depth) = depth.checked_sub(1) else { return Some(()) };
        for unescaped in reading.unescaped() {
            self.read(&unescaped, depth, urls)?;
        }
        if self.mask.forms.is_empty() {
            return Some(());
        }
        match reading.dense() {
            // Each run is in one of the dense text.
            Some(dense) => {
                self.left = self.left.checked_sub(dense.bytes.len())?;
                // What was left out at the end may be a letter of another alphabet.
                self.find(&dense, reading.bytes.last().is_some_and(u8::is_ascii_graphic))?;
                for unescaped in dense.unescaped() {
                    self.read(&unescaped, depth, false)?;
                }
                self.read_runs(&dense, depth)
            }
            None => self.read_runs(reading, depth),
        }
    }

    fn find_passwords(&mut self, reading: &DecodedText) {
        let found = userinfo(&reading.bytes);
        self.spans.extend(found.userinfo.into_iter().map(|found| reading.origin(found)));
        if self.author == Author::Stranger {
            self.cut.extend(found.cut.into_iter().map(|found| reading.origin(found)));
        }
    }

    fn into_spans(mut self) -> Vec<Range<usize>> {
        self.spans.sort_unstable_by_key(|span| span.start);
        let is_in_userinfo = |cut: &Range<usize>| {
            let before = self.spans.partition_point(|span| span.start <= cut.start);
            self.spans.get(..before).and_then(<[_]>::last).is_some_and(|span| cut.start < span.end)
        };
        self.cut.retain(|cut| !is_in_userinfo(cut));
        self.spans.extend(self.cut);
        self.spans
    }

    /// Searches the text as outputs in ASCII print it.
    fn read_in_ascii(&mut self, reading: &DecodedText, depth: u8) -> Option<()> {
        if self.mask.forms.is_empty() {
            return Some(());
        }
        let columns = reading.in_ascii(|_| '?');
        if let Some(columns) = &columns {
            self.left = self.left.checked_sub(columns.bytes.len())?;
            self.find(columns, true)?;
        }
        // A shape may be a letter of an encoding, which a question mark is not.
        let shapes = reading.in_ascii(ascii_shape);
        let has_shapes =
            shapes.as_ref().map(|shapes| &shapes.bytes) != columns.as_ref().map(|columns| &columns.bytes);
        shapes.filter(|_| has_shapes).map_or(Some(()), |shapes| self.read(&shapes, depth, false))
    }

    fn read_runs(&mut self, reading: &DecodedText, depth: u8) -> Option<()> {
        for run in reading.runs() {
            self.read(&run, depth, false)?;
        }
        Some(())
    }

    /// Finds every occurrence of a form, overlapping ones too, and its beginning where the text leaves it or breaks off.
    fn find(&mut self, reading: &DecodedText, breaks_off: bool) -> Option<()> {
        let Some(matcher) = self.mask.matcher.get_or_init(|| build(&self.mask.forms)) else {
            return Some(());
        };
        let Ok(start) = matcher.start_state(Anchored::No) else { return Some(()) };
        if !may_match(matcher, start, &reading.bytes) {
            return Some(());
        }
        let text = reading.normalized();
        // No key begins before the last return to the start and reaches the end.
        let (mut state, mut begun) = (start, 0);
        for (at, byte) in text.bytes.iter().enumerate() {
            state = matcher.next_state(Anchored::No, state, *byte);
            if state == start {
                begun = at + 1;
            }
            let found = if matcher.is_match(state) { matcher.match_len(state) } else { 0 };
            for index in 0..found {
                let length = matcher.pattern_len(matcher.match_pattern(state, index));
                let first = (at + 1).saturating_sub(length);
                let rest = text.bytes.get(first..).unwrap_or_default();
                // A shorter key is a whole form.
                let length = if length < KEY_BYTES.0 { length } else { self.mask.common(rest) };
                if length >= KEY_BYTES.0 {
                    self.left = self.left.checked_sub(length + COMPARISON)?;
                }
                self.spans.push(text.origin(first..first + length));
            }
        }
        if let Some(cut) =
            text.bytes.get(begun..).filter(|_| breaks_off).and_then(|rest| self.mask.cut_off(rest))
        {
            self.spans.push(text.origin(begun + cut..text.bytes.len()));
        }
        Some(())
    }
}

/// Tests for a key in a text, or the beginning of one at its end. Most texts have none, and need no origins.
fn may_match(matcher: &NFA, start: StateID, text: &[u8]) -> bool {
    let mut state = start;
    for byte in text.iter().copied().filter_map(normalize) {
        state = matcher.next_state(Anchored::No, state, byte);
        if matcher.is_match(state) {
            return true;
        }
    }
    state != start
}

fn build(forms: &BTreeSet<Vec<u8>>) -> Option<Arc<NFA>> {
    let keys: BTreeSet<&[u8]> = forms.iter().map(|form| key(form)).collect();
    // Fails only for keys of more than 2 GiB.
    if keys.is_empty() { None } else { NFA::new(keys).ok().map(Arc::new) }
}

/// The beginning of a form that is searched for: what a server may quote of it and cut short.
fn key(form: &[u8]) -> &[u8] {
    let length = (3 * form.len() / 4).clamp(KEY_BYTES.0, KEY_BYTES.1);
    form.get(..length).unwrap_or(form)
}

fn hex(bytes: &[u8]) -> Vec<u8> {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.filter_map(|digit| b"0123456789abcdef".get(usize::from(digit)).copied()).collect()
}

/// Puts stars in the place of the spans; those that overlap or touch become one.
fn replace(text: &[u8], mut spans: Vec<Range<usize>>) -> Vec<u8> {
    spans.sort_unstable_by_key(|span| span.start);
    let mut masked = Vec::with_capacity(text.len());
    let mut done = None;
    for span in spans {
        if done.is_none_or(|done| span.start > done) {
            masked.extend(text.get(done.unwrap_or(0)..span.start).unwrap_or_default());
            masked.extend(STARS.as_bytes());
        }
        // The last character of a find may have further bytes.
        let rest = text.get(span.end..).unwrap_or_default();
        let more = rest.iter().take_while(|byte| is_continuation(**byte)).count();
        done = done.max(Some(span.end + more));
    }
    masked.extend(text.get(done.unwrap_or(0)..).unwrap_or_default());
    masked
}

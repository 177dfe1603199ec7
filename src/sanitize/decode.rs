//! Readings of a text that a server may have encoded: each decoded byte keeps the place that it came from.

use std::ops::Range;

use unicode_width::UnicodeWidthChar;

/// Shortest run of base64 letters or hexadecimal digits that is decoded: any text has shorter ones.
const MIN_RUN: usize = 8;

/// A text under a reading, with the place of the original text that each byte came from.
pub(super) struct DecodedText {
    pub(super) bytes: Vec<u8>,
    origins: Vec<(u32, u32)>,
}

impl DecodedText {
    /// The text itself, up to 4 GiB of it.
    pub(super) fn of(text: &[u8]) -> DecodedText {
        let origins = (0..=u32::MAX).zip(1..=u32::MAX).take(text.len());
        DecodedText { bytes: text.to_vec(), origins: origins.collect() }
    }

    fn empty() -> DecodedText {
        DecodedText { bytes: Vec::new(), origins: Vec::new() }
    }

    /// Place in the original text of a range of bytes.
    pub(super) fn origin(&self, range: Range<usize>) -> Range<usize> {
        let last = range.end.checked_sub(1).and_then(|last| self.origins.get(last));
        let start = self.origins.get(range.start).map_or(0, |origin| origin.0 as usize);
        start..last.map_or(start, |origin| origin.1 as usize)
    }

    /// Adds bytes that came from a range of another reading.
    fn push(&mut self, bytes: &[u8], from: &DecodedText, range: Range<usize>) {
        let origin = from.origin(range);
        let origin =
            (u32::try_from(origin.start).unwrap_or(u32::MAX), u32::try_from(origin.end).unwrap_or(u32::MAX));
        self.bytes.extend(bytes);
        self.origins.resize(self.bytes.len(), origin);
    }

    /// The form that patterns have: lower case, one base64 alphabet, no white space, no controls.
    pub(super) fn normalized(&self) -> DecodedText {
        self.filter_map(normalize)
    }

    /// The text without white space and what cannot be seen, as far as an encoding may be broken by it; `None` where there is
    /// none.
    pub(super) fn dense(&self) -> Option<DecodedText> {
        let is_dense = self.bytes.iter().all(u8::is_ascii_graphic);
        (!is_dense).then(|| self.filter_map(|byte| byte.is_ascii_graphic().then_some(byte)))
    }

    /// The text as an output in ASCII prints it, a character for each column; `None` where the normal form tells as much.
    pub(super) fn in_ascii(&self, map: fn(char) -> char) -> Option<DecodedText> {
        if self.bytes.is_ascii() {
            return None;
        }
        let (mut reading, mut at, mut differs) = (DecodedText::empty(), 0, false);
        for chunk in self.bytes.utf8_chunks() {
            let letters = chunk.valid().chars().map(|letter| (letter, letter.len_utf8()));
            let invalid = Some((char::REPLACEMENT_CHARACTER, chunk.invalid().len()));
            for (letter, length) in letters.chain(invalid.filter(|(_, length)| *length > 0)) {
                let (shape, columns) = match letter {
                    letter if letter.is_ascii() => (letter, 1),
                    letter => (map(letter), letter.width().unwrap_or(0)),
                };
                differs |= columns != 1 || (!letter.is_ascii() && !"?~".contains(shape));
                for _ in 0..columns {
                    reading.push(&[u8::try_from(shape).unwrap_or(b'?')], self, at..at + length);
                }
                at += length;
            }
        }
        differs.then_some(reading)
    }

    /// The text without gaps, whose length is that of one at the beginning of a text; `None` where there is none.
    pub(super) fn without(&self, gap: fn(&[u8]) -> Option<usize>) -> Option<DecodedText> {
        let gap_at = |at: usize| gap(self.bytes.get(at..)?);
        let first = (0..self.bytes.len()).find(|at| gap_at(*at).is_some())?;
        let (mut joined, mut at) = (DecodedText::empty(), first);
        joined.bytes.extend(self.bytes.iter().take(first));
        joined.origins.extend(self.origins.iter().take(first));
        while at < self.bytes.len() {
            let length = gap_at(at);
            if length.is_none() {
                joined.bytes.extend(self.bytes.get(at));
                joined.origins.extend(self.origins.get(at));
            }
            at += length.unwrap_or(1);
        }
        Some(joined)
    }

    fn filter_map(&self, map: fn(u8) -> Option<u8>) -> DecodedText {
        let mut dense = DecodedText::empty();
        for (byte, origin) in self.bytes.iter().zip(&self.origins) {
            if let Some(byte) = map(*byte) {
                dense.bytes.push(byte);
                dense.origins.push(*origin);
            }
        }
        dense
    }

    /// The readings of JSON, percent and HTML escapes, all at once.
    ///
    /// Browsers decode HTML's numbers without a semicolon, too, but such a one may be the first part of a broken one.
    pub(super) fn unescaped(&self) -> impl Iterator<Item = DecodedText> {
        let has_open = self.bytes.split(|byte| *byte == b'&').skip(1).any(is_open_number);
        [Some(Semicolon::Needed), has_open.then_some(Semicolon::Optional)]
            .into_iter()
            .flatten()
            .filter_map(|semicolon| self.unescaped_with(semicolon))
    }

    fn unescaped_with(&self, semicolon: Semicolon) -> Option<DecodedText> {
        if !self.bytes.iter().any(|byte| b"\\%&".contains(byte)) {
            return None;
        }
        let mut reading = DecodedText::empty();
        let (mut at, mut buffer) = (0, Vec::new());
        while let Some((&first, _)) = self.bytes.get(at..).and_then(<[u8]>::split_first) {
            buffer.clear();
            let read = self.bytes.get(at..).and_then(|rest| unescape(rest, &mut buffer, semicolon));
            if read.is_none() {
                buffer.push(first);
            }
            let end = at + read.unwrap_or(1);
            reading.push(&buffer, self, at..end);
            if let Some(last) = reading.origins.last_mut().filter(|_| buffer.is_empty()) {
                // An escape that breaks off may belong to the secret before it.
                last.1 = u32::try_from(self.origin(at..end).end).unwrap_or(u32::MAX);
            }
            at = end;
        }
        (reading.bytes.len() < self.bytes.len()).then_some(reading)
    }

    /// The readings of runs of base64 letters and of hexadecimal digits, at each of the offsets that a group may begin
    /// at. Text between the runs is left out.
    pub(super) fn runs(&self) -> impl Iterator<Item = DecodedText> {
        let base64 = self.runs_of(base64_value, 0..self.bytes.len());
        // Each digit is a base64 letter, too.
        let hex: Vec<_> = base64.iter().flat_map(|run| self.runs_of(hex_value, run.clone())).collect();
        let readings = (0..4).map(move |offset| self.decoded_runs(&base64, base64_value, (6, offset)));
        let readings =
            readings.chain((0..2).map(move |offset| self.decoded_runs(&hex, hex_value, (4, offset))));
        readings.filter(|reading| !reading.bytes.is_empty())
    }

    /// Every long enough run of letters that have a value.
    fn runs_of(&self, value: fn(u8) -> Option<u8>, within: Range<usize>) -> Vec<Range<usize>> {
        let mut runs = Vec::new();
        let mut start = within.start;
        for at in within.start..=within.end {
            let byte = self.bytes.get(at).filter(|_| at < within.end);
            if byte.copied().and_then(value).is_none() {
                if at - start >= MIN_RUN {
                    runs.push(start..at);
                }
                start = at + 1;
            }
        }
        runs
    }

    /// Decodes runs of letters that encode a number of bits each, from a letter of the run on.
    fn decoded_runs(
        &self,
        runs: &[Range<usize>],
        value: fn(u8) -> Option<u8>,
        (bits, offset): (u32, usize),
    ) -> DecodedText {
        let mut reading = DecodedText::empty();
        for run in runs {
            let letters = self.bytes.get(run.clone()).unwrap_or_default().iter().copied();
            let origins = self.origins.get(run.clone()).unwrap_or_default();
            let values = letters.filter_map(value).zip(origins).skip(offset);
            reading.decode_run(values, bits);
        }
        reading
    }

    /// Adds the bytes of letters, each with its value and its origin.
    fn decode_run<'a>(&mut self, run: impl Iterator<Item = (u8, &'a (u32, u32))>, bits: u32) {
        let (mut buffer, mut held, mut start) = (0_u32, 0, None);
        for (value, origin) in run {
            buffer = (buffer << bits) | u32::from(value);
            held += bits;
            let first = *start.get_or_insert(origin.0);
            if held >= 8 {
                held -= 8;
                self.bytes.extend(u8::try_from((buffer >> held) & 0xff));
                self.origins.push((first, origin.1));
                start = (held > 0).then_some(origin.0);
            }
        }
    }
}

/// A byte in the form that patterns have: lower case, one base64 alphabet; `None` for white space and controls, such as the
/// zeros of UTF-16.
///
/// Characters that an output replaces by one another are the same: those of a plugin line, and all beyond ASCII, each of
/// which is one byte.
pub(super) fn normalize(byte: u8) -> Option<u8> {
    match byte {
        b'-' => Some(b'+'),
        b'_' | b'|' | b'\\' => Some(b'/'),
        b'<' => Some(b'('),
        b'>' => Some(b')'),
        b'~' | 0xc0.. => Some(b'?'),
        byte if is_continuation(byte) => None,
        byte if byte == b' ' || byte.is_ascii_control() => None,
        byte => Some(byte.to_ascii_lowercase()),
    }
}

/// Tests for a byte of a UTF-8 character that is not its first.
pub(super) const fn is_continuation(byte: u8) -> bool {
    matches!(byte, 0x80..=0xbf)
}

fn base64_value(letter: u8) -> Option<u8> {
    Some(match letter {
        b'A'..=b'Z' => letter - b'A',
        b'a'..=b'z' => letter - b'a' + 26,
        b'0'..=b'9' => letter - b'0' + 52,
        b'+' | b'-' => 62,
        b'/' | b'_' => 63,
        _ => return None,
    })
}

fn hex_value(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

/// Decodes the escape at the beginning of a text into the buffer and returns its length; `None` if the first byte is
/// not an escape. An escape that is cut off by the end of the text decodes to nothing.
fn unescape(text: &[u8], into: &mut Vec<u8>, semicolon: Semicolon) -> Option<usize> {
    match text.first()? {
        b'\\' => unescape_json(text, into),
        b'%' => unescape_percent(text, into),
        b'&' => unescape_html(text, into, semicolon),
        _ => None,
    }
}

/// Percent-escapes (RFC 3986, section 2.1).
fn unescape_percent(text: &[u8], into: &mut Vec<u8>) -> Option<usize> {
    match text {
        [b'%', high, low, ..] => {
            let byte = hexadecimal(&[*high, *low])?;
            into.extend(u8::try_from(byte));
            Some(3)
        }
        [b'%'] | [b'%', _] => Some(text.len()),
        _ => None,
    }
}

/// The escapes of a JSON string (RFC 8259, section 7), and the `\x41` and `\101` of Python.
fn unescape_json(text: &[u8], into: &mut Vec<u8>) -> Option<usize> {
    let (unit, read) = match text {
        [b'\\'] => return Some(1),
        [b'\\', b'u', digits @ ..] => match json_unit(digits) {
            None if digits.len() < 4 => return Some(text.len()),
            unit => (unit?, 6),
        },
        [b'\\', b'x', high, low, ..] => {
            into.extend(u8::try_from(hexadecimal(&[*high, *low])?));
            return Some(4);
        }
        [b'\\', digits @ ..] if octal(digits).is_some() => {
            into.extend(octal(digits));
            return Some(4);
        }
        [b'\\', letter, ..] => {
            into.push(json_letter(*letter)?);
            return Some(2);
        }
        _ => return None,
    };
    let low = text.get(read..).and_then(|rest| rest.strip_prefix(b"\\u")).and_then(json_unit);
    let units = [Some(unit), low.filter(|_| char::from_u32(unit).is_none())];
    let units: Vec<u16> = units.into_iter().flatten().filter_map(|unit| u16::try_from(unit).ok()).collect();
    let letters = String::from_utf16(&units).ok()?;
    into.extend(letters.into_bytes());
    Some(read * units.len())
}

/// The byte of the three octal digits of an escape as C and Python have it.
fn octal(digits: &[u8]) -> Option<u8> {
    u8::from_str_radix(std::str::from_utf8(digits.get(..3)?).ok()?, 8).ok()
}

/// The four hexadecimal digits of a `\u` escape.
fn json_unit(digits: &[u8]) -> Option<u32> {
    digits.get(..4).and_then(hexadecimal)
}

fn json_letter(letter: u8) -> Option<u8> {
    Some(match letter {
        b'"' | b'\\' | b'/' | b'\'' => letter,
        b'b' => 8,
        b'f' => 12,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        _ => return None,
    })
}

/// The names of HTML's references to characters of ASCII, the longest left out, and to those that cannot be seen.
const HTML_NAMES: [(&[u8], char); 48] = [
    (b"amp", '&'),
    (b"apos", '\''),
    (b"ast", '*'),
    (b"bsol", '\\'),
    (b"colon", ':'),
    (b"comma", ','),
    (b"commat", '@'),
    (b"dollar", '$'),
    (b"emsp", ' '),
    (b"ensp", ' '),
    (b"equals", '='),
    (b"excl", '!'),
    (b"grave", '`'),
    (b"gt", '>'),
    (b"hairsp", ' '),
    (b"hat", '^'),
    (b"lbrace", '{'),
    (b"lbrack", '['),
    (b"lcub", '{'),
    (b"lowbar", '_'),
    (b"lpar", '('),
    (b"lsqb", '['),
    (b"lt", '<'),
    (b"midast", '*'),
    (b"nbsp", ' '),
    (b"newline", '\n'),
    (b"nobreak", '\u{2060}'),
    (b"num", '#'),
    (b"percnt", '%'),
    (b"period", '.'),
    (b"plus", '+'),
    (b"quest", '?'),
    (b"quot", '"'),
    (b"rbrace", '}'),
    (b"rbrack", ']'),
    (b"rcub", '}'),
    (b"rpar", ')'),
    (b"rsqb", ']'),
    (b"semi", ';'),
    (b"shy", '\u{ad}'),
    (b"sol", '/'),
    (b"tab", '\t'),
    (b"thinsp", ' '),
    (b"underbar", '_'),
    (b"verbar", '|'),
    (b"vert", '|'),
    (b"zwj", '\u{200d}'),
    (b"zwnj", '\u{200c}'),
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Semicolon {
    Needed,
    Optional,
}

/// Tests for a number without a semicolon in what follows an ampersand.
fn is_open_number(text: &[u8]) -> bool {
    let Some(number) = text.strip_prefix(b"#") else { return false };
    let end = number.iter().skip(1).find(|byte| !byte.is_ascii_hexdigit());
    end != Some(&b';')
}

/// The character references of HTML to what a secret may have: numbers and names.
fn unescape_html(text: &[u8], into: &mut Vec<u8>, semicolon: Semicolon) -> Option<usize> {
    /// Length of the longest name that is read, and of its semicolon.
    const MAX_NAME: usize = 10;
    let name = text.strip_prefix(b"&")?;
    if let Some(number) = name.strip_prefix(b"#") {
        return unescape_html_number(text.len() - number.len(), number, into, semicolon);
    }
    let Some(end) = name.iter().take(MAX_NAME).position(|&byte| byte == b';') else {
        let is_broken = name.len() < MAX_NAME && name.iter().all(u8::is_ascii_alphanumeric);
        return is_broken.then_some(text.len());
    };
    let name = name.get(..end)?.to_ascii_lowercase();
    let (_, letter) = HTML_NAMES.iter().find(|(known, _)| *known == name)?;
    into.extend(letter.encode_utf8(&mut [0; 4]).bytes());
    Some(end + 2)
}

/// Decodes a numeric reference, whose digits follow `before` bytes. It may have any number of zeros.
fn unescape_html_number(
    before: usize,
    number: &[u8],
    into: &mut Vec<u8>,
    semicolon: Semicolon,
) -> Option<usize> {
    let (digits, radix, marked) = match number {
        [b'x' | b'X', digits @ ..] => (digits, 16, before + 1),
        digits => (digits, 10, before),
    };
    let is_digit = |byte: &u8| char::from(*byte).is_digit(radix);
    let length = digits.iter().take_while(|byte| is_digit(byte)).count();
    let rest = digits.get(length..)?;
    if rest.is_empty() {
        return Some(marked + length);
    }
    let is_closed = rest.starts_with(b";");
    if semicolon == Semicolon::Needed && !is_closed {
        return None;
    }
    let value = std::str::from_utf8(digits.get(..length)?).ok()?;
    let letter = char::from_u32(u32::from_str_radix(value, radix).ok()?)?;
    into.extend(letter.encode_utf8(&mut [0; 4]).bytes());
    Some(marked + length + usize::from(is_closed))
}

fn hexadecimal(digits: &[u8]) -> Option<u32> {
    let plain = digits.iter().all(u8::is_ascii_hexdigit);
    std::str::from_utf8(digits).ok().filter(|_| plain).and_then(|digits| u32::from_str_radix(digits, 16).ok())
}

//! Responses that reflect a secret as a server or a proxy would encode it, and a reader who decodes what is shown.

use std::collections::HashSet;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE};

use crate::attacks::Random;

/// A secret whose letters most encodings change.
pub(crate) const REFLECTED: &str = "Zk7_qP-x9/Lm2+Vt8=Rw4yHs6";

/// The part of a password in a URL that no output may show.
const PASSWORD: &str = "Tr0ub4dor";

/// Number of encodings, one within another, that the program promises to read.
const DEPTH: usize = 3;

/// Shortest part of the secret that counts as shown, in bytes.
const SHOWN: usize = 15;

/// Shortest run of letters that a reader takes for an encoded text.
const MIN_RUN: usize = 12;

/// A server's or a proxy's encoding of a text.
type Encoding = fn(&[u8]) -> Vec<u8>;

const ENCODINGS: [Encoding; 15] = [
    |text| each(text, |byte| format!("%{byte:02x}")),
    |text| {
        each(text, |byte| if byte.is_ascii_alphanumeric() { letter(byte) } else { format!("%{byte:02X}") })
    },
    |text| each(text, |byte| format!("\\u{byte:04X}")),
    |text| each(text, |byte| format!("\\x{byte:02x}")),
    |text| {
        each(
            text,
            |byte| if b"/\"\\".contains(&byte) { "\\".to_owned() + &letter(byte) } else { letter(byte) },
        )
    },
    |text| each(text, |byte| format!("&#{byte};")),
    |text| each(text, |byte| format!("&#x{byte:X};")),
    |text| STANDARD.encode(text).into_bytes(),
    |text| URL_SAFE.encode(text).into_bytes(),
    |text| STANDARD_NO_PAD.encode(text).into_bytes(),
    |text| STANDARD.encode([b"a", text].concat()).into_bytes(),
    |text| STANDARD.encode([b"ab", text, b"cde"].concat()).into_bytes(),
    |text| each(text, |byte| format!("{byte:02x}")),
    |text| each(text, |byte| format!("{byte:02X}")),
    |text| text.to_ascii_lowercase(),
];

fn each(text: &[u8], encode: fn(u8) -> String) -> Vec<u8> {
    text.iter().flat_map(|byte| encode(*byte).into_bytes()).collect()
}

fn letter(byte: u8) -> String {
    char::from(byte).to_string()
}

/// White space and invisible characters that break an encoded text.
const BREAKS: [&str; 5] = ["\n ", "\r\n\t", " ", " \u{200b}", "\u{200b}"];

/// Encodes the secret up to three times, each time broken by white space or not.
fn reflected(random: &mut Random) -> Vec<u8> {
    let mut text = REFLECTED.as_bytes().to_vec();
    for _ in 0..=random.below(DEPTH) {
        let encode = ENCODINGS[random.below(ENCODINGS.len())];
        text = broken(random, encode(&text));
    }
    text
}

fn broken(random: &mut Random, text: Vec<u8>) -> Vec<u8> {
    if random.below(2) == 0 {
        return text;
    }
    let between = BREAKS[random.below(BREAKS.len())].as_bytes();
    let length = 2 + random.below(18);
    // Not within a character.
    if text.is_ascii() { text.chunks(length).collect::<Vec<_>>().join(between) } else { text }
}

/// Separators that documents put between two parts of a text.
const SEPARATORS: [&str; 10] =
    ["<b>", "</i>", "<br/>", "</b><i>", "<!-- x -->", "\n\n", "&shy;", "\", \"", "\",\"", "','"];

/// The secret, split at one place.
fn split(random: &mut Random) -> Vec<u8> {
    let (before, after) = REFLECTED.split_at(1 + random.below(REFLECTED.len() - 1));
    [before, random.choose(&SEPARATORS), after].concat().into_bytes()
}

/// A URL whose password begins in a way that a reader of URLs may take for its end. White space or the end of a string breaks
/// it.
fn credentials(random: &mut Random) -> Vec<u8> {
    let scheme = random.choose(&["http:", "mongodb:", ""]);
    let slashes = random.choose(&["//", "\\/\\/", "%2F%2F", "&#47;&#47;", "&sol;&sol;", "&#x2f/"]);
    let colon = random.choose(&[":", "&colon;", "%3A"]);
    let begin =
        random.choose(&["", "<", ">", "\"", "12<", "12>", "12\"", "123456", "/", "a/", "?", "#", "]"]);
    let [user, begin] = match random.below(5) {
        // Two slashes alone begin no URL if a blank follows.
        4 if !scheme.is_empty() => ["\nnova", begin],
        0 => [random.choose(&["no\nva", "n\no\nva\n"]), begin],
        // A quote would end the string.
        3 if !begin.contains('"') => [random.choose(&["no\", \"va", "nova\",\""]), begin],
        1 => ["nova\n", begin],
        2 => ["nova", random.choose(&["12 ", "x y ", "\n"])],
        _ => [random.choose(&["u", "nova", "[u", "a.b"]), begin],
    };
    let at = random.choose(&["@", "&#64;", "&#64", "&commat;", "%40", "\\u0040", "&#0000000064;"]);
    format!("{scheme}{slashes}{user}{colon}{begin}{PASSWORD}{at}host.example").into_bytes()
}

/// A response that reflects the secret and credentials in its header and its body.
pub(crate) fn response(random: &mut Random) -> Vec<Vec<u8>> {
    let text = match random.below(8) {
        0 | 1 => credentials(random),
        2 => split(random),
        _ => reflected(random),
    };
    let json =
        serde_json::Value::from(format!("token {} is wrong", String::from_utf8_lossy(&text))).to_string();
    let folded = String::from_utf8_lossy(&text).replace("\r\n", "\n").replace('\n', "\r\n ").into_bytes();
    let (head, end): (&str, &str) = match random.below(6) {
        0 => ("HTTP/1.1 302 x\r\nLocation: http://x/", "\r\n\r\n"),
        1 => ("HTTP/1.1 503 x\r\nServer: ", "\r\n\r\n"),
        2 => ("HTTP/1.1 503 x\r\n\r\ntoken ", " is wrong"),
        3 => ("HTTP/1.1 503 x\r\n\r\n<html><title>token ", "</title></html>"),
        4 => ("HTTP/1.1 503 x\r\n\r\n<html><body><p>token ", " is wrong</p></body></html>"),
        _ => ("HTTP/1.1 503 x\r\nContent-Type: application/json\r\n\r\n{\"error\":", "}"),
    };
    let text = match (end.starts_with('\r'), end) {
        (true, _) => folded,
        (false, "}") => json.into_bytes(),
        _ => text,
    };
    vec![[head.as_bytes(), &text, end.as_bytes()].concat()]
}

/// Reads outputs as somebody would who decodes all that looks encoded.
#[derive(Default)]
pub(crate) struct Reader {
    seen: HashSet<(usize, Vec<u8>)>,
}

impl Reader {
    /// Finds a line that shows the secret or the password of the URL.
    pub(crate) fn find<'a>(&mut self, text: &'a str) -> Option<&'a str> {
        let password = comparable(PASSWORD.as_bytes());
        text.lines().find(|line| {
            contains(&comparable(&dense(line.as_bytes())), &password) || self.reads(line.as_bytes(), DEPTH)
        })
    }

    fn reads(&mut self, text: &[u8], depth: usize) -> bool {
        let dense = dense(text);
        let secret = comparable(REFLECTED.as_bytes());
        let shows = |text: &[u8]| secret.windows(SHOWN).any(|part| contains(&comparable(text), part));
        if shows(&dense) || shows(&joined(&dense)) {
            return true;
        }
        if depth == 0 || text.len() < MIN_RUN || !self.seen.insert((depth, text.to_vec())) {
            return false;
        }
        [text, &dense].into_iter().any(|text| decoded(text).iter().any(|text| self.reads(text, depth - 1)))
    }
}

/// A dense text without the separators of documents, as they are and as a plugin's output has them.
fn joined(text: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(text).into_owned();
    let separators = SEPARATORS.iter().map(|separator| separator.replace(char::is_whitespace, ""));
    let without = |text: String, separator: String| {
        let plain = text.replace(&separator, "");
        plain.replace(&separator.replace('<', "(").replace('>', ")"), "")
    };
    separators.filter(|separator| !separator.is_empty()).fold(text, without).into_bytes()
}

/// The readings of a text under each encoding.
fn decoded(text: &[u8]) -> Vec<Vec<u8>> {
    let escapes: [Escape; 3] = [percent, reference, backslash];
    let escapes = escapes.into_iter().filter_map(|escape| unescaped(text, escape));
    let base64 =
        runs(text, base64_value).into_iter().flat_map(|run| (0..4).map(move |at| bytes(&run, at, 6)));
    let hex = runs(text, hex_value).into_iter().flat_map(|run| (0..2).map(move |at| bytes(&run, at, 4)));
    escapes.chain(base64).chain(hex).collect()
}

/// Decodes the escape at the beginning of a text, and returns its value and length.
type Escape = fn(&[u8]) -> Option<(u32, usize)>;

fn unescaped(text: &[u8], escape: Escape) -> Option<Vec<u8>> {
    let (mut reading, mut at) = (Vec::new(), 0);
    while at < text.len() {
        let (value, length) = escape(&text[at..]).unwrap_or((text[at].into(), 1));
        // Letters beyond ASCII are in none of what is looked for.
        reading.push(u8::try_from(value).unwrap_or(b'?'));
        at += length;
    }
    (reading.len() < text.len()).then_some(reading)
}

fn number(digits: &[u8], radix: u32) -> Option<u32> {
    u32::from_str_radix(std::str::from_utf8(digits).ok()?, radix).ok()
}

fn percent(text: &[u8]) -> Option<(u32, usize)> {
    Some((number(text.strip_prefix(b"%")?.get(..2)?, 16)?, 3))
}

fn reference(text: &[u8]) -> Option<(u32, usize)> {
    let rest = text.strip_prefix(b"&#")?;
    let (digits, radix) = rest.strip_prefix(b"x").map_or((rest, 10), |digits| (digits, 16));
    let length = digits.iter().take_while(|byte| char::from(**byte).is_digit(radix)).count();
    let end = usize::from(digits.get(length) == Some(&b';'));
    Some((number(&digits[..length], radix)?, text.len() - digits.len() + length + end))
}

fn backslash(text: &[u8]) -> Option<(u32, usize)> {
    match text {
        [b'\\', b'u', digits @ ..] => Some((number(digits.get(..4)?, 16)?, 6)),
        [b'\\', b'x', digits @ ..] => Some((number(digits.get(..2)?, 16)?, 4)),
        [b'\\', letter @ (b'/' | b'"' | b'\\'), ..] => Some((u32::from(*letter), 2)),
        [b'\\', b'n' | b'r' | b't', ..] => Some((b' '.into(), 2)),
        _ => None,
    }
}

fn runs(text: &[u8], value: fn(u8) -> Option<u32>) -> Vec<Vec<u32>> {
    let runs = text.split(|byte| value(*byte).is_none()).filter(|run| run.len() >= MIN_RUN);
    runs.map(|run| run.iter().filter_map(|byte| value(*byte)).collect()).collect()
}

/// The bytes of letters that hold a number of bits each, from one of the letters on.
fn bytes(letters: &[u32], at: usize, bits: u32) -> Vec<u8> {
    let (mut buffer, mut held, mut bytes) = (0, 0, Vec::new());
    for letter in letters.iter().skip(at) {
        buffer = ((buffer << bits) & 0xffff) | letter;
        held += bits;
        if held >= 8 {
            held -= 8;
            bytes.push(u8::try_from((buffer >> held) & 0xff).unwrap_or_default());
        }
    }
    bytes
}

fn hex_value(byte: u8) -> Option<u32> {
    char::from(byte).to_digit(16)
}

fn base64_value(byte: u8) -> Option<u32> {
    Some(match byte {
        b'A'..=b'Z' => u32::from(byte - b'A'),
        b'a'..=b'z' => u32::from(byte - b'a') + 26,
        b'0'..=b'9' => u32::from(byte - b'0') + 52,
        b'+' | b'-' => 62,
        b'/' | b'_' => 63,
        _ => return None,
    })
}

/// The sign of base64's usual alphabet for one of the other.
fn comparable_sign(byte: u8) -> u8 {
    match byte {
        b'-' => b'+',
        b'_' => b'/',
        byte => byte,
    }
}

fn comparable(text: &[u8]) -> Vec<u8> {
    text.iter().map(|byte| comparable_sign(byte.to_ascii_lowercase())).collect()
}

/// A text without white space and what cannot be seen.
fn dense(text: &[u8]) -> Vec<u8> {
    text.iter().copied().filter(u8::is_ascii_graphic).collect()
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

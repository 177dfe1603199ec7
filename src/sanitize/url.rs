//! Passwords in URLs, whole and cut short.

use std::ops::Range;

use super::markup::{MAX_TAGS, separator, split_before};

/// Longest white space within a URL's password that is followed to an `@`, in bytes.
const MAX_SPACED_PASSWORD: usize = 128;

const MAX_PORT_DIGITS: usize = 5;

/// Maximum number of gaps (line breaks, tags, ends of strings) between a login's first letter and its `@`.
const MAX_BREAKS: usize = 3;

/// Longest word after a break that is searched for an `@`, in bytes.
const MAX_BROKEN_WORD: usize = 1024;

/// Characters that may follow a port: a path's, an escape's, which is decoded besides, or those of a sentence.
const AFTER_PORT: &[u8] = "/?#%\\&-~…(){}[],;:.!|`*".as_bytes();

/// The passwords of a text's URLs.
#[derive(Default)]
pub(super) struct UrlCredentials {
    pub(super) userinfo: Vec<Range<usize>>,
    /// Passwords whose `@` is missing.
    pub(super) cut: Vec<Range<usize>>,
}

/// Finds the userinfo of every URL (RFC 3986, section 3.2.1), from `//` to the authority's last `@`.
///
/// A password in it may have unescaped characters. So where a colon follows `//`, the authority ends at white space
/// only, or at the first `@` soon after it; after what may be a port or a whole password it ends at the URL's end. Where
/// the `@` was cut off, a password is what follows the colon and is no port. A page that wraps its lines, or a list of
/// strings, may break a login anywhere.
pub(super) fn userinfo(text: &[u8]) -> UrlCredentials {
    let mut found = UrlCredentials::default();
    let mut ahead = Ahead::default();
    for (start, has_scheme) in authorities(text) {
        if [&found.userinfo, &found.cut].iter().any(|found| found.last().is_some_and(|last| start < last.end))
        {
            continue;
        }
        let rest = text.get(start..).unwrap_or_default();
        let (authority, after) = split_before(rest, |byte| b" \t\r\n/?#\"<>".contains(&byte));
        let (login, reach) = match authority.iter().rposition(|byte| *byte == b'@') {
            Some(length) if authority.iter().take(length).any(|byte| *byte == b':') => {
                (Some(start + length), Reach::Url)
            }
            Some(length) => (Some(start + length), Reach::Nowhere),
            None => (None, password(authority, after)),
        };
        let end = start + authority.len();
        let is_name =
            (has_scheme || !authority.is_empty()) && !authority.iter().any(|byte| b":@".contains(byte));
        let broken = if is_name { broken_login(after).map(|at| end + at) } else { None };
        let far = ahead.end_of_password(text, end, reach);
        match broken.max(far).or(login) {
            Some(end) => found.userinfo.extend((end > start).then_some(start..end)),
            None if has_scheme => {
                let cut = cut_password(rest);
                found.cut.extend(cut.map(|password| start + password.start..start + password.end));
            }
            None => {}
        }
    }
    found
}

/// Finds what follows the colon of an authority and is no port, up to the URL's end.
fn cut_password(text: &[u8]) -> Option<Range<usize>> {
    let ends_url = |byte: u8| byte.is_ascii_whitespace() || b"\"'<>".contains(&byte);
    let (authority, _) = split_before(text, |byte| ends_url(byte) || b"/?#".contains(&byte));
    let is_address = |byte: &u8| byte.is_ascii_hexdigit() || b":.".contains(byte);
    if authority.split(|byte| *byte == b':').count() > 2 && authority.iter().all(is_address) {
        return None;
    }
    let is_bracketed = authority.starts_with(b"[");
    let bracketed = if is_bracketed { split_before(authority, |byte| byte == b']').0.len() } else { 0 };
    let colon = authority.iter().skip(bracketed).position(|byte| *byte == b':')?;
    let start = bracketed + colon + 1;
    let port = text.get(start..)?;
    let digits = port.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let follows_port = |byte: &u8| ends_url(*byte) || AFTER_PORT.contains(byte);
    let is_port = digits <= MAX_PORT_DIGITS && port.get(digits).is_none_or(follows_port);
    if is_port {
        return None;
    }
    let (password, _) = split_before(port, ends_url);
    Some(start..start + password.len())
}

/// Finds where an authority may begin, which is after two slashes, and whether they follow a scheme. What a page or a
/// header puts between or after them does not part those that do.
fn authorities(text: &[u8]) -> impl Iterator<Item = (usize, bool)> {
    let slashes = text.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(at, _)| at);
    slashes.filter_map(move |at| {
        let rest = text.get(at + 1..)?;
        let has_scheme = at.checked_sub(1).and_then(|before| text.get(before)) == Some(&b':');
        let rest = if has_scheme { after_gap(rest) } else { rest };
        let rest = rest.strip_prefix(b"/")?;
        let authority = if has_scheme { after_gap(rest) } else { rest };
        Some((text.len() - authority.len(), has_scheme))
    })
}

/// The text after white space, tags and the ends of strings.
fn after_gap(text: &[u8]) -> &[u8] {
    gap(text).0
}

/// The text after white space, tags and the ends of strings, and whether these are more than blanks.
fn gap(mut text: &[u8]) -> (&[u8], bool) {
    let mut is_break = false;
    for _ in 0..MAX_TAGS {
        let rest = text.trim_ascii_start();
        is_break |= text.iter().take(text.len() - rest.len()).any(|byte| b"\r\n".contains(byte));
        text = rest;
        let Some(length) = separator(text) else { break };
        (text, is_break) = (text.get(length..).unwrap_or_default(), true);
    }
    (text, is_break)
}

/// Finds the `@` of a login whose name goes on after a break.
///
/// The colon and the `@` are in one word, or one more break parts them that ends no string and follows no port. So lists of
/// URLs, mail addresses, and names with values stay as they are. Blanks may be a folded header's line breaks, or may part
/// the words of a sentence, where no word begins with a colon.
fn broken_login(text: &[u8]) -> Option<usize> {
    let (mut rest, mut is_broken, mut has_colon) = (text, true, false);
    for _ in 0..MAX_BREAKS {
        let (next, is_break) = gap(rest);
        let crossed = rest.get(..rest.len() - next.len()).filter(|crossed| !crossed.is_empty())?;
        is_broken &= is_break;
        let in_string = crossed.contains(&b'"');
        let ends_name = |byte: u8| byte.is_ascii_whitespace() || b"\"<>:@/?#".contains(&byte);
        let (name, more) = split_before(next, ends_name);
        let place = text.len() - more.len();
        match more {
            [b':', password @ ..] if !has_colon && (is_broken || name.is_empty()) && !is_other_url(next) => {
                if let Some(at) = at_after_colon(password, in_string) {
                    return Some(place + 1 + at);
                }
                let (plain, _) =
                    split_before(password, |byte| byte.is_ascii_whitespace() || b"\"<>".contains(&byte));
                if !is_broken || in_string || may_be_port(plain) {
                    return None;
                }
                (rest, has_colon) = (password.get(plain.len()..)?, true);
            }
            [b'@', ..] if has_colon && is_broken => return Some(place),
            [b':' | b'@' | b'/' | b'?' | b'#', ..] => return None,
            _ => rest = more,
        }
    }
    None
}

/// Finds the `@` in the word after a colon, unless the word begins with what may be a port, and a mark ends it there.
fn at_after_colon(password: &[u8], in_string: bool) -> Option<usize> {
    let ends_word = |byte: u8| byte.is_ascii_whitespace() || (in_string && byte == b'"');
    let (word, _) = split_before(password.get(..MAX_BROKEN_WORD).unwrap_or(password), ends_word);
    let (plain, tail) = split_before(word, |byte| b"\"<>".contains(&byte));
    let is_at = |byte: &u8| *byte == b'@';
    let is_port = may_be_port(plain) && ends_value(tail);
    plain.iter().rposition(is_at).or_else(|| word.iter().position(is_at).filter(|_| !is_port))
}

/// Tests what follows a value for its end: nothing, a tag, or a quote before punctuation.
fn ends_value(text: &[u8]) -> bool {
    match text {
        [] => true,
        [b'"', next @ ..] => !next.first().is_some_and(u8::is_ascii_alphanumeric),
        _ => separator(text).is_some(),
    }
}

/// Tests for a word that begins a URL of its own.
fn is_other_url(word: &[u8]) -> bool {
    let (scheme, rest) = split_before(word, |byte| byte == b':');
    rest.starts_with(b"://") || scheme.eq_ignore_ascii_case(b"mailto")
}

/// Tests for the digits of a port; an empty text may be one that was left out.
fn may_be_port(text: &[u8]) -> bool {
    text.len() <= MAX_PORT_DIGITS && text.iter().all(u8::is_ascii_digit)
}

/// The place where the `@` after a password is looked for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reach {
    Nowhere,
    Url,
    Word,
    NextWord,
    /// The rest of the word, or soon after it.
    BeyondWord,
    /// The next word, or soon after it.
    BeyondNextWord,
}

/// Judges by an authority without `@`, and by what follows it, how far a password in it may reach.
fn password(authority: &[u8], after: &[u8]) -> Reach {
    let Some(colon) = authority.iter().rposition(|byte| *byte == b':') else {
        // A line break in the name or before the colon is shown as a blank.
        let next = match after {
            [b'"', rest @ ..] if rest.first().is_some_and(u8::is_ascii_alphanumeric) => rest,
            [blank, ..] if blank.is_ascii_whitespace() && !authority.is_empty() => after.trim_ascii_start(),
            _ => b"",
        };
        let (name, rest) =
            split_before(next, |byte| byte.is_ascii_whitespace() || b":@/?#\"<>".contains(&byte));
        return match (name, rest) {
            ([], [b':', ..]) => Reach::BeyondNextWord,
            (_, [b':', ..]) if !is_other_url(next) => Reach::NextWord,
            _ => Reach::Nowhere,
        };
    };
    if is_v6(authority) {
        return Reach::Nowhere;
    }
    let port = authority.get(colon + 1..).unwrap_or_default();
    let port = port.strip_suffix(b",").or_else(|| port.strip_suffix(b".")).unwrap_or(port);
    if !(1..=MAX_PORT_DIGITS).contains(&port.len()) || !port.iter().all(u8::is_ascii_digit) {
        return Reach::BeyondWord;
    }
    match after {
        [b'/' | b'?' | b'#', ..] => Reach::Url,
        [b'"' | b'>', next, ..] if !next.is_ascii_alphanumeric() => Reach::Nowhere,
        [] | [b'<', b'/' | b'!', ..] => Reach::Nowhere,
        [b'"' | b'<' | b'>', ..] => Reach::Word,
        _ => Reach::NextWord,
    }
}

/// Tests for an IPv6 address in brackets, with or without a port.
fn is_v6(authority: &[u8]) -> bool {
    let Some(inner) = authority.strip_prefix(b"[") else { return false };
    let (address, rest) = split_before(inner, |byte| byte == b']');
    let is_port = |port: &[u8]| port.iter().all(u8::is_ascii_digit);
    address.iter().all(|byte| byte.is_ascii_hexdigit() || b":.%".contains(byte))
        && matches!(rest, [b']'] | [b']', b':', ..])
        && is_port(rest.get(2..).unwrap_or_default())
}

/// A stretch of a text up to some delimiter, and the last `@` in it.
#[derive(Default)]
struct Stretch {
    end: usize,
    last_at: Option<usize>,
}

impl Stretch {
    /// Moves on to the stretch that a place is in: no byte is looked at twice.
    fn reach(&mut self, text: &[u8], place: usize, ends: fn(u8) -> bool) {
        if place >= self.end {
            let (stretch, _) = split_before(text.get(place..).unwrap_or_default(), ends);
            self.end = place + stretch.len().max(1);
            self.last_at = stretch.iter().rposition(|byte| *byte == b'@').map(|at| place + at);
        }
    }
}

/// The rest of a text, which is read once from its beginning to its end.
#[derive(Default)]
struct Ahead {
    url: Stretch,
    word: Stretch,
}

impl Ahead {
    /// The place of the `@` that ends a password, of which the part before `place` is known.
    fn end_of_password(&mut self, text: &[u8], place: usize, reach: Reach) -> Option<usize> {
        let is_space = |byte: u8| byte.is_ascii_whitespace();
        let place = match reach {
            Reach::NextWord | Reach::BeyondNextWord => {
                let rest = text.get(place..).unwrap_or_default();
                place + rest.len() - rest.trim_ascii_start().len()
            }
            _ => place,
        };
        let last_at = match reach {
            Reach::Nowhere => return None,
            Reach::Url => {
                self.url.reach(text, place, |byte| byte.is_ascii_whitespace() || b"\"<>".contains(&byte));
                self.url.last_at
            }
            Reach::Word | Reach::NextWord | Reach::BeyondWord | Reach::BeyondNextWord => {
                self.word.reach(text, place, is_space);
                self.word.last_at
            }
        };
        last_at.filter(|at| *at >= place).or_else(|| {
            let is_beyond = matches!(reach, Reach::BeyondWord | Reach::BeyondNextWord);
            let soon = text.get(self.word.end..).filter(|_| is_beyond)?;
            let at = soon.iter().take(MAX_SPACED_PASSWORD).position(|byte| *byte == b'@')?;
            Some(self.word.end + at)
        })
    }
}

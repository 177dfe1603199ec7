//! The framing of HTTP heads: their end, their status, and the lenience that RFC 9112 requires.

use super::framing;
use crate::model::exchange::{Header, is_token};
use crate::sanitize::UntrustedText;

/// Returns the length of the head that the input begins with, blank line included, if it came whole.
///
/// A bare LF ends a line as CRLF does (RFC 9112, section 2.2), and so does CR CR LF, as a text-mode stream writes CRLF.
pub(super) fn length(input: &[u8]) -> Option<usize> {
    let mut start = 0;
    for (at, _) in input.iter().enumerate().filter(|(_, byte)| **byte == b'\n') {
        if start > 0 && input.get(start..at)?.iter().all(|byte| *byte == b'\r') {
            return Some(at + 1);
        }
        start = at + 1;
    }
    None
}

/// The beginning of an HTTP/1 response.
const HTTP1: &[u8] = b"HTTP/1.";

/// Tests for the beginning of an HTTP/1 response, in any case, as curl takes it.
pub(super) fn is_http1(input: &[u8]) -> bool {
    input.len() >= HTTP1.len() && may_be_http1(input)
}

/// Tests whether the input, as far as it has come, is the beginning of an HTTP/1 response.
pub(super) fn may_be_http1(input: &[u8]) -> bool {
    input.iter().zip(HTTP1).all(|(came, expected)| came.eq_ignore_ascii_case(expected))
}

/// Returns the status of a head's first line.
pub(super) fn status(head: &[u8]) -> Option<u16> {
    let line = head.split(|byte| matches!(byte, b'\r' | b'\n')).next()?;
    let mut words = line.split(|byte| *byte == b' ').filter(|word| !word.is_empty());
    words.next().filter(|version| is_http1(version))?;
    let status = words.next().filter(|status| status.len() == 3)?;
    std::str::from_utf8(status).ok()?.parse().ok()
}

/// Returns the reason phrase of a head's first line.
pub(super) fn reason(head: &[u8]) -> &[u8] {
    let line = head.split(|byte| matches!(byte, b'\r' | b'\n')).next().unwrap_or_default();
    let mut words = line.splitn(3, |byte| *byte == b' ');
    words.nth(2).unwrap_or_default().trim_ascii()
}

/// Returns status and length of the interim response (RFC 9110, section 15.2) that the input begins with, if it
/// came whole.
///
/// The library refuses a `100` that has headers, and an endless row of them needs a bound. An upgrade is final:
/// no request wants one.
pub(super) fn interim(input: &[u8]) -> Option<(u16, usize)> {
    if !is_http1(input) || input.get(9) != Some(&b'1') {
        return None;
    }
    let status = status(input).filter(|status| (100..200).contains(status) && *status != 101)?;
    Some((status, length(input)?))
}

/// Rewrites a whole head as the library reads it, no longer than it was. What curl and browsers accept does not hide
/// the status.
///
/// Folded header lines become one (RFC 9112, section 5.2), blanks between name and colon are dropped (section 5.1),
/// control characters in a value or a reason become spaces (RFC 9110, section 5.5), and a header whose name is
/// malformed is left out: each value is read as text alone, over a connection that carries one response. NUL and a line
/// without a colon stay, for curl refuses them too.
pub(super) fn normalize(head: &[u8]) -> Vec<u8> {
    let mut lines = head.split(|byte| *byte == b'\n').map(without_end);
    let mut lenient = Vec::with_capacity(head.len());
    push_status_line(&mut lenient, lines.next().unwrap_or_default());
    // A continuation goes where its line has gone.
    let mut kept = false;
    for line in lines.take_while(|line| !line.is_empty()) {
        if line.starts_with(b" ") || line.starts_with(b"\t") {
            lenient.extend(line.iter().filter(|_| kept).copied().map(printable));
            continue;
        }
        let (name, value) = split_before(line, b':');
        let name = name.trim_ascii_end();
        kept = value.is_empty() || (!name.is_empty() && name.iter().copied().all(is_token));
        if kept {
            lenient.push(b'\n');
            lenient.extend(name);
            lenient.extend(value.iter().copied().map(printable));
        }
    }
    lenient.extend(b"\n\n");
    lenient
}

/// Returns the number of headers of a head that was normalized.
pub(super) fn count(head: &[u8]) -> usize {
    // The status line is none, nor is the empty one with its end.
    head.split(|byte| *byte == b'\n').count().saturating_sub(3)
}

/// Returns the values of a header of a head that was normalized.
pub(super) fn values<'a>(head: &'a [u8], wanted: &'static str) -> impl Iterator<Item = &'a [u8]> {
    head.split(|byte| *byte == b'\n').filter_map(move |line| {
        let (name, value) = split_before(line, b':');
        let value = value.strip_prefix(b":")?.trim_ascii();
        name.eq_ignore_ascii_case(wanted.as_bytes()).then_some(value)
    })
}

/// A line without the CRs at its end.
fn without_end(line: &[u8]) -> &[u8] {
    let end = line.iter().rposition(|byte| *byte != b'\r').map_or(0, |last| last + 1);
    line.get(..end).unwrap_or_default()
}

/// Takes the headers that frame the body out of a head that was normalized.
pub(super) fn take_framing(head: &[u8]) -> (Vec<u8>, Vec<Header>) {
    let (mut rest, mut framing) = (Vec::with_capacity(head.len()), Vec::new());
    for line in head.split_inclusive(|byte| *byte == b'\n') {
        let (name, value) = split_before(line, b':');
        if let Some(name) = framing::framing_name(name) {
            let value = value.strip_prefix(b":").unwrap_or(value).trim_ascii();
            framing.push(Header { name: name.to_owned(), value: UntrustedText::new(value) });
        } else {
            rest.extend(line);
        }
    }
    (rest, framing)
}

/// Writes a status line with a version in upper case, and one space before the status where it has more.
fn push_status_line(lenient: &mut Vec<u8>, line: &[u8]) {
    let (version, rest) = split_before(line, b' ');
    lenient.extend(version.to_ascii_uppercase());
    lenient.extend(rest.first());
    lenient.extend(rest.trim_ascii_start().iter().copied().map(printable));
}

/// Splits a line before the first of these bytes, or at its end.
fn split_before(line: &[u8], wanted: u8) -> (&[u8], &[u8]) {
    line.split_at(line.iter().position(|byte| *byte == wanted).unwrap_or(line.len()))
}

/// A control character as a space.
fn printable(byte: u8) -> u8 {
    if byte.is_ascii_control() && !matches!(byte, b'\t' | b'\0') { b' ' } else { byte }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::assert_maps;

    #[test]
    fn head_lengths() {
        let table: [(&[u8], Option<usize>); 8] = [
            (b"HTTP/1.1 200 OK\r\r\nA: b\r\r\n\r\r\nbody", Some(28)),
            (b"HTTP/1.1 200 OK\r\nA: b\r\n\r\nbody", Some(25)),
            (b"HTTP/1.1 200 OK\nA: b\n\nbody", Some(22)),
            (b"HTTP/1.1 200 OK\r\nA: b\n\r\nbody", Some(24)),
            (b"HTTP/1.1 200 OK\r\nA: b\r\n", None),
            (b"HTTP/1.1 200 OK\r\n\r\n", Some(19)),
            (b"\r\n", None),
            (b"", None),
        ];
        assert_maps(length, table);
    }

    #[test]
    fn statuses() {
        let table: [(&[u8], Option<u16>); 8] = [
            (b"HTTP/1.1  503 N\xf6", Some(503)),
            (b"HTTP/1.1 50", None),
            (b"HTTP/1.1 200 Connection established\r\n\r\n", Some(200)),
            (b"HTTP/1.0 407\r\n\r\n", Some(407)),
            (b"http/1.0 200\n\n", Some(200)),
            (b"HTTP/2 200 OK\r\n\r\n", None),
            (b"SSH-2.0-OpenSSH\r\n", None),
            (b"\xff\r\n", None),
        ];
        assert_maps(status, table);
    }

    #[test]
    fn reasons() {
        let table: [(&[u8], &[u8]); 4] = [
            (b"HTTP/1.1 503 Service Unavailable: x\r\nA: b", b"Service Unavailable: x"),
            (b"HTTP/1.1 503\r\n\r\n", b""),
            (b"HTTP/1.1 503 \n", b""),
            (b"", b""),
        ];
        assert_maps(reason, table);
    }

    #[test]
    fn interim_responses() {
        type Found = Option<(u16, usize)>;
        let table: [(&[u8], Found); 5] = [
            (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200", Some((100, 25))),
            (b"HTTP/1.1 103\nA: b\n\n", Some((103, 19))),
            (b"HTTP/1.1 101 Switching\r\n\r\n", None),
            (b"HTTP/1.1 100 Continue\r\n", None),
            (b"HTTP/1.1 200 OK\r\n\r\n", None),
        ];
        assert_maps(interim, table);
    }

    #[test]
    fn lenient_heads() {
        let table: [(&[u8], &[u8]); 15] = [
            (b"HTTP/1.1 200 OK\r\nA: b\r\n\r\n", b"HTTP/1.1 200 OK\nA: b\n\n"),
            (b"HTTP/1.1 200 OK\r\r\nA: b\r\r\n\r\r\n", b"HTTP/1.1 200 OK\nA: b\n\n"),
            (b"HTTP/1.1 200 OK\nA: b\n\n", b"HTTP/1.1 200 OK\nA: b\n\n"),
            (b"Http/1.1 204\r\n\r\n", b"HTTP/1.1 204\n\n"),
            (b"HTTP/1.1  204 \r\n\r\n", b"HTTP/1.1 204 \n\n"),
            (b"HTTP/1.1 503 \x1b[1m\0\xf6\r\n\r\n", b"HTTP/1.1 503  [1m\0\xf6\n\n"),
            (b"HTTP/1.1\r\n\r\n", b"HTTP/1.1\n\n"),
            (b"HTTP/1.1 200 OK\r\nA: a\r\n b\r\n\tc\r\n\r\n", b"HTTP/1.1 200 OK\nA: a b\tc\n\n"),
            (b"HTTP/1.1 200 OK\r\n A: a\r\nB: b\r\n\r\n", b"HTTP/1.1 200 OK\nB: b\n\n"),
            (b"HTTP/1.1 200 OK\r\nA \t: a\0\x7f\x01\rb\r\n\r\n", b"HTTP/1.1 200 OK\nA: a\0   b\n\n"),
            (b"HTTP/1.1 200 OK\r\nno colon\r\n c\r\nA: a\r\n\r\n", b"HTTP/1.1 200 OK\nno colon c\nA: a\n\n"),
            (b"HTTP/1.1 200 OK\r\n: no name\r\nA: a\r\n\r\n", b"HTTP/1.1 200 OK\nA: a\n\n"),
            (b"HTTP/1.1 200 OK\r\nA B: a\r\nC\x01: a\r\n\r\n", b"HTTP/1.1 200 OK\n\n"),
            (b"HTTP/1.1 200 OK\r\nA\xc3\xb6: a\r\nA:\xc3\xb6\r\n\r\n", b"HTTP/1.1 200 OK\nA:\xc3\xb6\n\n"),
            (b"HTTP/1.1 200 OK\r\nA:\r\n\r\n", b"HTTP/1.1 200 OK\nA:\n\n"),
        ];
        for (head, expected) in table {
            let lenient = normalize(head);
            assert_eq!(String::from_utf8_lossy(&lenient), String::from_utf8_lossy(expected), "{head:?}");
            assert!(lenient.len() <= head.len() && length(&lenient) == Some(lenient.len()), "{head:?}");
        }
    }
}

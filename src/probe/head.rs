//! The framing of HTTP heads: their end, their status, and the lenience that RFC 9112 requires.

use std::borrow::Cow;

use crate::model::exchange::{Header, MAX_RESPONSE_HEADERS, is_token};
use crate::sanitize::UntrustedText;

/// Returns the length of the head that the input begins with, blank line included, if it came whole.
///
/// A bare LF ends a line as CRLF does (RFC 9112, section 2.2), and so does CR CR LF, as a text-mode stream writes CRLF.
pub(super) fn length(input: &[u8]) -> Option<usize> {
    let mut lines = input.split_inclusive(|byte| *byte == b'\n');
    let mut length = lines.next()?.len();
    lines.find_map(|line| {
        length += line.len();
        line.strip_suffix(b"\n").is_some_and(|line| without_end(line).is_empty()).then_some(length)
    })
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

/// Takes the headers out of a head. Returns them, and what the library still reads, which is no longer than the head was:
/// the status line, and the lines that curl refuses, too, so that the error has the library's words.
///
/// Folded header lines become one (RFC 9112, section 5.2), blanks between name and colon are dropped (section 5.1),
/// control characters in a value or a reason become spaces (RFC 9110, section 5.5), and a header whose name is
/// malformed is left out: each value is read as text alone, over a connection that carries one response. Refused are NUL
/// and a line without a colon.
pub(super) fn take_headers(head: &[u8]) -> (Vec<u8>, Vec<Header>) {
    let mut lines = head.split(|byte| *byte == b'\n').map(without_end);
    let mut shown = status_line(lines.next().unwrap_or_default());
    let mut headers = Vec::new();
    let mut lines = lines.take_while(|line| !line.is_empty()).skip_while(is_folded).peekable();
    while headers.len() <= MAX_RESPONSE_HEADERS
        && let Some(line) = lines.next()
    {
        let mut line = Cow::Borrowed(line);
        while let Some(folded) = lines.next_if(is_folded) {
            line.to_mut().extend(folded);
        }
        let (name, value) = split_before(&line, b':');
        let name = name.trim_ascii_end();
        let is_named = !name.is_empty() && name.iter().copied().all(is_token);
        if value.is_empty() || (is_named && value.contains(&b'\0')) {
            shown.push(b'\n');
            shown.extend(name);
            shown.extend(value.iter().copied().map(printable));
        } else if is_named {
            let name = String::from_utf8_lossy(name).to_ascii_lowercase();
            let value: Vec<u8> = value.iter().skip(1).copied().map(printable).collect();
            headers.push(Header { name, value: UntrustedText::new(value.trim_ascii()) });
        }
    }
    shown.extend(b"\n\n");
    (shown, headers)
}

/// Tests for the continuation of a header line.
fn is_folded(line: &&[u8]) -> bool {
    line.starts_with(b" ") || line.starts_with(b"\t")
}

/// Rewrites a status line with a version in upper case, and one space before the status where it has more.
fn status_line(line: &[u8]) -> Vec<u8> {
    let (version, rest) = split_before(line, b' ');
    let mut strict = version.to_ascii_uppercase();
    strict.extend(rest.first());
    strict.extend(rest.trim_ascii_start().iter().copied().map(printable));
    strict
}

/// A line without the CRs at its end.
fn without_end(line: &[u8]) -> &[u8] {
    let end = line.iter().rposition(|byte| *byte != b'\r').map_or(0, |last| last + 1);
    line.get(..end).unwrap_or_default()
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
        const OK: &[u8] = b"HTTP/1.1 200 OK\n\n";
        type Headers = &'static [(&'static str, &'static [u8])];
        let table: [(&[u8], &[u8], Headers); 16] = [
            (b"HTTP/1.1 200 OK\r\nA: b\r\n\r\n", OK, &[("a", b"b")]),
            (b"HTTP/1.1 200 OK\r\r\nA: b\r\r\n\r\r\n", OK, &[("a", b"b")]),
            (b"HTTP/1.1 200 OK\nA: b\nB:a\n\n", OK, &[("a", b"b"), ("b", b"a")]),
            (b"Http/1.1 204\r\n\r\n", b"HTTP/1.1 204\n\n", &[]),
            (b"HTTP/1.1  204 \r\n\r\n", b"HTTP/1.1 204 \n\n", &[]),
            (b"HTTP/1.1 503 \x1b[1m\0\xf6\r\n\r\n", b"HTTP/1.1 503  [1m\0\xf6\n\n", &[]),
            (b"HTTP/1.1\r\n\r\n", b"HTTP/1.1\n\n", &[]),
            (b"HTTP/1.1 200 OK\r\nA: a\r\n b\r\n\tc\r\n\r\n", OK, &[("a", b"a b\tc")]),
            (b"HTTP/1.1 200 OK\r\n A: a\r\n b\r\nB: b\r\n\r\n", OK, &[("b", b"b")]),
            (b"HTTP/1.1 200 OK\r\nA \t: \x7fa\x01\rb\x02\r\n\r\n", OK, &[("a", b"a  b")]),
            (
                b"HTTP/1.1 200 OK\r\nA : a\0\x01\r\nB: b\r\n\r\n",
                b"HTTP/1.1 200 OK\nA: a\0 \n\n",
                &[("b", b"b")],
            ),
            (
                b"HTTP/1.1 200 OK\r\nno colon\r\n c\r\nA: a\r\n\r\n",
                b"HTTP/1.1 200 OK\nno colon c\n\n",
                &[("a", b"a")],
            ),
            (b"HTTP/1.1 200 OK\r\n: no name\r\nA: a\r\n\r\n", OK, &[("a", b"a")]),
            (b"HTTP/1.1 200 OK\r\nA B: a\0\r\n b\r\nC\x01: a\r\n\r\n", OK, &[]),
            (b"HTTP/1.1 200 OK\r\nA\xc3\xb6: a\r\nA:\xc3\xb6\r\n\r\n", OK, &[("a", b"\xc3\xb6")]),
            (b"HTTP/1.1 200 OK\r\nA:\r\n\r\n", OK, &[("a", b"")]),
        ];
        for (head, shown, headers) in table {
            let (came, taken) = take_headers(head);
            assert_eq!(String::from_utf8_lossy(&came), String::from_utf8_lossy(shown), "{head:?}");
            assert!(came.len() <= head.len() && length(&came) == Some(came.len()), "{head:?}");
            let taken: Vec<_> = taken.iter().map(|header| (&*header.name, header.value.bytes())).collect();
            assert_eq!(taken, headers, "{head:?}");
        }
    }
}

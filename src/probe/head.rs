//! The framing of HTTP heads: their end, their status, and the lenience that RFC 9112 requires.

/// Returns the length of the head that the input begins with, blank line included, if it came whole.
///
/// A bare LF ends a line as CRLF does (RFC 9112, section 2.2).
pub(super) fn length(input: &[u8]) -> Option<usize> {
    let mut start = 0;
    for (at, _) in input.iter().enumerate().filter(|(_, byte)| **byte == b'\n') {
        if matches!(input.get(start..at)?, [] | [b'\r']) && start > 0 {
            return Some(at + 1);
        }
        start = at + 1;
    }
    None
}

/// Returns the status of a head's first line.
pub(super) fn status(head: &[u8]) -> Option<u16> {
    let line = head.split(|byte| matches!(byte, b'\r' | b'\n')).next()?;
    let mut words = std::str::from_utf8(line).ok()?.split(' ');
    words.next().filter(|version| version.starts_with("HTTP/1."))?;
    words.next().filter(|status| status.len() == 3)?.parse().ok()
}

/// Returns status and length of the interim response (RFC 9110, section 15.2) that the input begins with, if it
/// came whole.
///
/// The library refuses a `100` that has headers, and an endless row of them needs a bound. An upgrade is final:
/// no request wants one.
pub(super) fn interim(input: &[u8]) -> Option<(u16, usize)> {
    if !input.starts_with(b"HTTP/1.") || input.get(9) != Some(&b'1') {
        return None;
    }
    let status = status(input).filter(|status| (100..200).contains(status) && *status != 101)?;
    Some((status, length(input)?))
}

/// Replaces the line ends of folded header lines by spaces (RFC 9112, section 5.2).
///
/// `from` is the first position that was not unfolded yet.
pub(super) fn unfold(input: &mut [u8], from: usize) {
    for at in from.max(1)..input.len() {
        if !matches!(input.get(at), Some(b' ' | b'\t')) || input.get(at - 1) != Some(&b'\n') {
            continue;
        }
        for end in input.get_mut(at.saturating_sub(2)..at).into_iter().flatten() {
            if matches!(end, b'\r' | b'\n') {
                *end = b' ';
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn head_lengths() {
        let table: [(&[u8], Option<usize>); 7] = [
            (b"HTTP/1.1 200 OK\r\nA: b\r\n\r\nbody", Some(25)),
            (b"HTTP/1.1 200 OK\nA: b\n\nbody", Some(22)),
            (b"HTTP/1.1 200 OK\r\nA: b\n\r\nbody", Some(24)),
            (b"HTTP/1.1 200 OK\r\nA: b\r\n", None),
            (b"HTTP/1.1 200 OK\r\n\r\n", Some(19)),
            (b"\r\n", None),
            (b"", None),
        ];
        for (head, expected) in table {
            assert_eq!(length(head), expected, "{head:?}");
        }
    }

    #[test]
    fn statuses() {
        let table: [(&[u8], Option<u16>); 6] = [
            (b"HTTP/1.1 200 Connection established\r\n\r\n", Some(200)),
            (b"HTTP/1.0 407\r\n\r\n", Some(407)),
            (b"HTTP/1.0 200\n\n", Some(200)),
            (b"HTTP/2 200 OK\r\n\r\n", None),
            (b"SSH-2.0-OpenSSH\r\n", None),
            (b"\xff\r\n", None),
        ];
        for (head, expected) in table {
            assert_eq!(status(head), expected, "{head:?}");
        }
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
        for (head, expected) in table {
            assert_eq!(interim(head), expected, "{head:?}");
        }
    }

    #[test]
    fn folded_lines() {
        for (folded, expected) in
            [("A: a\r\n b\r\n\r\n", "A: a   b\r\n\r\n"), ("A: a\n\tb\n\n", "A: a \tb\n\n")]
        {
            for cut in 0..folded.len() {
                let mut bytes = folded.as_bytes().to_vec();
                let (fresh, _) = bytes.split_at_mut(cut);
                unfold(fresh, 0);
                unfold(&mut bytes, cut);
                assert_eq!(String::from_utf8_lossy(&bytes), expected, "cut at {cut}");
            }
        }
    }
}

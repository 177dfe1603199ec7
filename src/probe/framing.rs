//! The framing of a body: how it ends (RFC 9112, section 6.3), and its chunks (section 7.1).
//!
//! The HTTP library sees no header, and so hands out the bytes as they come: its chunks end in CRLF alone and have
//! no extension longer than a few letters, while curl accepts a bare LF and any extension.

use std::io::{self, BufRead, BufReader, Read};

use crate::model::exchange::{Header, Method};
use crate::model::fault::{ChunkProblem, ResponseProblem};

/// Maximum length of the line that holds a chunk's size, in bytes.
const MAX_LINE: u64 = 4096;

/// Capacity of the buffer of a body, in bytes: a thousand may be read at once.
const BUFFER: usize = 1024;

/// The end of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BodyLength {
    Bytes(u64),
    Chunked,
    UntilClose,
}

/// Finds the end of a response's body by the headers that frame it. A response without a body may bear any length, as it
/// may for curl.
pub(super) fn length(method: Method, status: u16, headers: &[Header]) -> Result<BodyLength, ResponseProblem> {
    // `identity` is the coding of RFC 2616 that changes nothing.
    let mut codings = values(headers, "transfer-encoding");
    let coding = codings.rfind(|coding| !coding.is_empty() && !coding.eq_ignore_ascii_case(b"identity"));
    let mut lengths = values(headers, "content-length");
    let bytes = lengths.next();
    if bytes.is_some() && coding.is_some() {
        return Err(ResponseProblem::ConflictingFraming);
    }
    if lengths.any(|other| bytes != Some(other)) {
        return Err(ResponseProblem::ConflictingLengths);
    }
    if method == Method::Head || matches!(status, 100..=199 | 204 | 304) {
        return Ok(BodyLength::Bytes(0));
    }
    match (coding, bytes) {
        (Some(coding), _) if coding.eq_ignore_ascii_case(b"chunked") => Ok(BodyLength::Chunked),
        (_, Some(bytes)) => number(bytes, 10).map(BodyLength::Bytes).ok_or(ResponseProblem::UnusableLength),
        _ => Ok(BodyLength::UntilClose),
    }
}

/// The elements of a header's lists, from first to last.
fn values<'a>(headers: &'a [Header], name: &'static str) -> impl DoubleEndedIterator<Item = &'a [u8]> {
    let lists = headers.iter().filter(move |header| header.name == name);
    lists.flat_map(|header| header.value.bytes().split(|byte| *byte == b',')).map(<[u8]>::trim_ascii)
}

/// Reads digits alone: the standard library takes a sign, too.
fn number(digits: &[u8], radix: u32) -> Option<u64> {
    let digits =
        std::str::from_utf8(digits).ok().filter(|text| text.chars().all(|digit| digit.is_digit(radix)))?;
    u64::from_str_radix(digits, radix).ok()
}

/// The reason why the content of a body cannot be read.
#[derive(Debug)]
pub(super) enum ContentError {
    /// Reading failed; the transport knows why.
    Failed,
    CutShort,
    Chunks(ChunkProblem),
}

impl From<io::Error> for ContentError {
    fn from(_: io::Error) -> ContentError {
        ContentError::Failed
    }
}

/// The content of a body, without its framing.
#[derive(Debug)]
pub(super) struct Content<R> {
    raw: BufReader<R>,
    length: BodyLength,
    /// Bytes of the body, or of the chunk, that are still to come.
    left: u64,
    /// True before the first chunk.
    is_first: bool,
    /// Bytes of the buffer that were handed out.
    used: usize,
}

impl<R: Read> Content<R> {
    /// Reads the content of a body of this length.
    pub(super) fn new(body: R, length: BodyLength) -> Content<R> {
        let left = match length {
            BodyLength::Bytes(bytes) => bytes,
            BodyLength::Chunked => 0,
            BodyLength::UntilClose => u64::MAX,
        };
        Content { raw: BufReader::with_capacity(BUFFER, body), length, left, is_first: true, used: 0 }
    }

    /// Returns the next bytes, none at the end.
    ///
    /// The chunk of size zero makes a body complete (RFC 9112, section 8), whatever its trailer lacks.
    pub(super) fn next(&mut self) -> Result<&[u8], ContentError> {
        self.raw.consume(std::mem::take(&mut self.used));
        if self.left == 0 && self.length == BodyLength::Chunked {
            self.begin_chunk()?;
        }
        if self.left == 0 {
            return Ok(&[]);
        }
        let came = self.raw.fill_buf()?;
        if came.is_empty() && self.length != BodyLength::UntilClose {
            return Err(ContentError::CutShort);
        }
        self.used = came.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        self.left -= u64::try_from(self.used).unwrap_or(self.left);
        Ok(came.get(..self.used).unwrap_or_default())
    }

    /// Reads the end of a chunk, where one came before, and the size of the next.
    fn begin_chunk(&mut self) -> Result<(), ContentError> {
        if !std::mem::take(&mut self.is_first) && !self.line()?.is_empty() {
            return Err(ContentError::Chunks(ChunkProblem::NoEnd));
        }
        let line = self.line()?;
        let end = line.iter().position(|byte| *byte == b';').unwrap_or(line.len());
        let digits = line.get(..end).unwrap_or_default().trim_ascii_end();
        self.left = number(digits, 16).ok_or(ContentError::Chunks(ChunkProblem::NoSize))?;
        Ok(())
    }

    /// Reads a line of the framing, without its end and the blanks around it.
    fn line(&mut self) -> Result<Vec<u8>, ContentError> {
        let mut line = Vec::new();
        let mut limited = (&mut self.raw).take(MAX_LINE);
        limited.read_until(b'\n', &mut line)?;
        match line.strip_suffix(b"\n") {
            Some(whole) => Ok(whole.trim_ascii().to_vec()),
            None if limited.limit() == 0 => Err(ContentError::Chunks(ChunkProblem::EndlessLine)),
            // No size can follow what is no digit.
            None if line.first().is_some_and(u8::is_ascii_punctuation) => {
                Err(ContentError::Chunks(ChunkProblem::NoSize))
            }
            None => Err(ContentError::CutShort),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sanitize::UntrustedText;

    #[test]
    fn lengths() {
        use BodyLength::{Bytes, Chunked, UntilClose};
        use ResponseProblem::{ConflictingFraming, ConflictingLengths, UnusableLength};
        type Case =
            (Method, u16, &'static [(&'static str, &'static str)], Result<BodyLength, ResponseProblem>);
        const LENGTH: &str = "content-length";
        const CODING: &str = "transfer-encoding";
        let table: [Case; 17] = [
            (Method::Get, 200, &[], Ok(UntilClose)),
            (Method::Get, 200, &[(LENGTH, "2")], Ok(Bytes(2))),
            (Method::Get, 200, &[(LENGTH, "2"), (LENGTH, "2,2")], Ok(Bytes(2))),
            (Method::Get, 200, &[(LENGTH, "2"), (LENGTH, "3")], Err(ConflictingLengths)),
            (Method::Get, 200, &[(LENGTH, "2x")], Err(UnusableLength)),
            (Method::Get, 200, &[(CODING, "chunked")], Ok(Chunked)),
            (Method::Get, 200, &[(CODING, "gzip, Chunked")], Ok(Chunked)),
            (Method::Get, 200, &[(CODING, "gzip"), (CODING, "chunked")], Ok(Chunked)),
            (Method::Get, 200, &[(CODING, "chunked, gzip")], Ok(UntilClose)),
            (Method::Get, 200, &[(CODING, "identity"), (LENGTH, "2")], Ok(Bytes(2))),
            (Method::Get, 200, &[(CODING, "gzip"), (LENGTH, "2")], Err(ConflictingFraming)),
            (Method::Head, 200, &[(LENGTH, "500")], Ok(Bytes(0))),
            (Method::Head, 200, &[(CODING, "chunked")], Ok(Bytes(0))),
            (Method::Head, 204, &[(LENGTH, "two")], Ok(Bytes(0))),
            (Method::Get, 304, &[(LENGTH, "500")], Ok(Bytes(0))),
            (Method::Head, 204, &[(LENGTH, "2"), (LENGTH, "0")], Err(ConflictingLengths)),
            (Method::Head, 204, &[(LENGTH, "0"), (CODING, "chunked")], Err(ConflictingFraming)),
        ];
        for (method, status, headers, expected) in table {
            let headers: Vec<_> = headers
                .iter()
                .map(|(name, value)| Header { name: (*name).to_owned(), value: UntrustedText::new(*value) })
                .collect();
            assert_eq!(length(method, status, &headers), expected, "{method:?} {status} {headers:?}");
        }
    }
}

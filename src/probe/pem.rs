//! Blocks of PEM files: an error names the line on which a block begins that cannot be used, never its text.

use std::path::Path;

use rustls::pki_types::pem::{Error, PemObject};

/// The beginning of a block, before its label.
const BEGIN: &[u8] = b"-----BEGIN ";

/// The first block of a kind in a file.
pub(super) struct Block<'a> {
    /// The number of its first line.
    line: usize,
    /// Its text up to the next block.
    text: &'a [u8],
}

impl<'a> Block<'a> {
    /// Finds the first block whose first line contains `words`.
    pub(super) fn first(text: &'a [u8], words: &[u8]) -> Option<Block<'a>> {
        let begins = |line: &[u8]| line.trim_ascii_start().starts_with(BEGIN);
        let is_wanted = |line: &[u8]| begins(line) && line.windows(words.len()).any(|part| part == words);
        let mut lines = text.split_inclusive(|byte| *byte == b'\n');
        let before: Vec<&[u8]> = lines.by_ref().take_while(|line| !is_wanted(line)).collect();
        let start: usize = before.iter().map(|line| line.len()).sum();
        let own = text.get(start..).filter(|own| !own.is_empty())?;
        let mut rest = own.split_inclusive(|byte| *byte == b'\n');
        let first = rest.next().map_or(0, <[u8]>::len);
        let length: usize = rest.take_while(|line| !begins(line)).map(<[u8]>::len).sum();
        Some(Block { line: before.len() + 1, text: own.get(..first + length)? })
    }

    /// Decodes the block, or says why it cannot be.
    pub(super) fn decode<T: PemObject>(&self) -> Result<T, &'static str> {
        T::from_pem_slice(self.text).map_err(|error| match error {
            Error::MissingSectionEnd { .. } => "the PEM block has no -----END line",
            Error::Base64Decode(_) => "the PEM block is not base64",
            _ => "not the beginning of a valid PEM block",
        })
    }
}

/// Names a file, and the line of a block in it.
pub(super) fn place(path: &Path, block: Option<&Block<'_>>) -> String {
    let line = block.map(|block| format!(":{}", block.line)).unwrap_or_default();
    format!("{}{line}", path.display())
}

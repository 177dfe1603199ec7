//! The buffers of one exchange between the HTTP library and the connection.
//!
//! The library's own have their full size from the start: with a thousand requests in flight that costs 15 MB
//! more, for most responses fit into a tenth of the bound on a head. Nor do they let a head be rewritten before the
//! library sees it.

use ureq::unversioned::transport::Buffers;

use crate::model::exchange::MAX_HEAD_BYTES;

/// Initial size of the input, in bytes: fits most health checks' responses.
const MIN_INPUT: usize = 1024;

/// An output of fixed size, and an input that grows up to the bound on a head.
#[derive(Debug)]
pub(super) struct Growing {
    output: Vec<u8>,
    input: Vec<u8>,
    /// End of the received bytes in the input, and of those that the library is done with.
    filled: usize,
    consumed: usize,
    /// True if the library consumed something of the input when it last looked.
    progress: bool,
    /// True once the library may see the input.
    shown: bool,
}

impl Growing {
    /// Buffers for one exchange; `output` is the size of the output, in bytes.
    pub(super) fn new(output: usize) -> Growing {
        let (input, filled, consumed) = (Vec::new(), 0, 0);
        Growing { output: vec![0; output], input, filled, consumed, progress: false, shown: false }
    }

    /// The received bytes that are not consumed yet, whether the library may see them or not.
    pub(super) fn received(&self) -> &[u8] {
        self.input.get(self.consumed..self.filled).unwrap_or_default()
    }

    /// Lets the library see the input.
    pub(super) fn show(&mut self) {
        self.shown = true;
    }

    /// Replaces the first bytes of the input by others, not more of them.
    pub(super) fn replace(&mut self, count: usize, by: &[u8]) {
        self.consumed += count.saturating_sub(by.len());
        if let Some(place) = self.input.get_mut(self.consumed..).and_then(|rest| rest.get_mut(..by.len())) {
            place.copy_from_slice(by);
        }
    }

    /// Moves what is not consumed to the front; where that makes no room, the input grows.
    fn make_room(&mut self) {
        if self.consumed > 0 {
            self.input.copy_within(self.consumed..self.filled, 0);
            self.filled -= self.consumed;
            self.consumed = 0;
        }
        if self.filled == self.input.len() && self.filled < MAX_HEAD_BYTES {
            self.input.resize((2 * self.filled).clamp(MIN_INPUT, MAX_HEAD_BYTES), 0);
        }
    }
}

impl Buffers for Growing {
    fn output(&mut self) -> &mut [u8] {
        &mut self.output
    }

    fn input(&self) -> &[u8] {
        if self.shown { self.received() } else { &[] }
    }

    fn input_append_buf(&mut self) -> &mut [u8] {
        self.make_room();
        self.input.get_mut(self.filled..).unwrap_or_default()
    }

    fn input_appended(&mut self, amount: usize) {
        self.filled = (self.filled + amount).min(self.input.len());
    }

    fn input_consume(&mut self, amount: usize) {
        self.progress = amount > 0;
        self.consumed = (self.consumed + amount).min(self.filled);
    }

    fn tmp_and_output(&mut self) -> (&mut [u8], &mut [u8]) {
        // Only a chunked body is read into the first, and that of a login has a length.
        (&mut [], &mut self.output)
    }

    fn can_use_input(&self) -> bool {
        self.progress && !self.input().is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Appends as much as there is room for, and returns the number of bytes.
    fn append(buffers: &mut Growing, bytes: &[u8]) -> usize {
        let room = buffers.input_append_buf();
        let count = room.len().min(bytes.len());
        room[..count].copy_from_slice(&bytes[..count]);
        buffers.input_appended(count);
        count
    }

    /// Buffers whose input the library sees.
    fn shown() -> Growing {
        let mut buffers = Growing::new(1);
        buffers.show();
        buffers
    }

    #[test]
    fn growth_to_the_bound() {
        let stream: Vec<u8> = (0..=MAX_HEAD_BYTES).map(|index| index.to_le_bytes()[0]).collect();
        let mut buffers = shown();
        let mut sent = 0;
        let mut sizes = Vec::new();
        while !buffers.input_append_buf().is_empty() {
            sent += append(&mut buffers, &stream[sent..]);
            sizes.push(buffers.input.len());
        }
        assert_eq!(sizes, [1024, 2048, 4096, 8192, 16384]);
        assert_eq!(buffers.input(), &stream[..MAX_HEAD_BYTES]);
    }

    #[test]
    fn room_after_consumption() {
        let mut buffers = shown();
        append(&mut buffers, &[1; MIN_INPUT]);
        append(&mut buffers, &[2; MIN_INPUT]);
        buffers.input_consume(MIN_INPUT);
        assert_eq!(buffers.input(), [2; MIN_INPUT]);
        assert_eq!(append(&mut buffers, &[3; MIN_INPUT]), MIN_INPUT);
        assert_eq!(buffers.input(), [[2; MIN_INPUT], [3; MIN_INPUT]].concat());
        assert_eq!(buffers.input.len(), 2 * MIN_INPUT);
    }

    #[test]
    fn use_after_progress() {
        let mut buffers = shown();
        append(&mut buffers, b"half an answer");
        assert!(!buffers.can_use_input());
        buffers.input_consume(5);
        assert!(buffers.can_use_input());
        buffers.input_consume(0);
        assert!(!buffers.can_use_input());
        buffers.input_consume(9);
        assert!(!buffers.can_use_input() && buffers.input().is_empty());
    }

    #[test]
    fn hidden_and_replaced_input() {
        let mut buffers = Growing::new(1);
        append(&mut buffers, b"head body");
        assert!(buffers.input().is_empty() && !buffers.can_use_input());
        assert_eq!(buffers.received(), b"head body");
        buffers.replace(4, b"h-d");
        buffers.show();
        assert_eq!(buffers.input(), b"h-d body");
    }
}

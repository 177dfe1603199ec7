//! Any bytes as a response, over a socket, through probe, verdict and every renderer.
//!
//! The first byte chooses how the server sends the rest: whether it resets the connection, and where it pauses.
#![no_main]

#[expect(dead_code, reason = "shared with those who look at whole outputs")]
#[path = "../../tests/it/support/grammar.rs"]
mod grammar;
#[path = "../../tests/it/in_process.rs"]
mod in_process;

use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;

use in_process::{End, Stage};

static STAGE: OnceLock<Stage> = OnceLock::new();

fuzz_target!(|data: &[u8]| {
    let Some((control, response)) = data.split_first() else { return };
    let end = match control & 3 {
        0 => End::Reset,
        1 => End::InPieces,
        _ => End::Closed,
    };
    let (first, second) = response.split_at(response.len().min(usize::from(control >> 2)));
    STAGE.get_or_init(Stage::new).probe(&[first.to_vec(), second.to_vec()], end);
});

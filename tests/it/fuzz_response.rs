//! Any bytes as a response: the exit code is one of the four, each output obeys its grammar, no output shows the secret,
//! and the run ends within its budget.

use proptest::prelude::*;

use crate::attacks::{KINDS, MANY, Random};
use crate::in_process::{End, PIECES, Stage};

/// Pieces of responses, and noise between them.
fn part() -> impl Strategy<Value = Vec<u8>> {
    let known = prop::sample::select(PIECES.to_vec());
    prop_oneof![
        4 => known.prop_map(|text| text.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..40),
    ]
}

/// A well-formed head, so that bodies are reached as often as heads.
fn beginning() -> impl Strategy<Value = Vec<u8>> {
    prop::sample::select(vec![
        "",
        "HTTP/1.1 200 OK\r\n",
        "HTTP/1.1 503 No\r\n\r\n",
        "HTTP/1.1 500 No\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n",
    ])
    .prop_map(|text| text.as_bytes().to_vec())
}

#[test]
fn arbitrary_responses() {
    let stage = Stage::new();
    let end = prop_oneof![4 => Just(End::Closed), 2 => Just(End::InPieces), 1 => Just(End::Reset)];
    let responses = (beginning(), prop::collection::vec(part(), 0..12), end);
    proptest!(ProptestConfig::with_cases(400), |((beginning, mut parts, end) in responses)| {
        parts.insert(0, beginning);
        stage.probe(&parts, end);
    });
}

/// The attacks that the example `hammer` makes by the million.
#[test]
fn attacks_of_every_kind() {
    for (kind, prepare) in KINDS.into_iter().filter(|(kind, _)| *kind != MANY) {
        let (attack, mut random) = (prepare(), Random::new(1));
        for number in 0..100 {
            let attacked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| attack(&mut random)));
            assert!(attacked.is_ok(), "{kind} {number}");
        }
    }
}

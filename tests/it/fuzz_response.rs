//! Any bytes as an answer: the exit code is one of the four, each output obeys its grammar, no secret shows,
//! and the run ends within its budget.

use proptest::prelude::*;

use crate::in_process::{End, Stage};

/// What answers are made of: the beginnings that are understood, so that noise also stands behind them.
fn part() -> impl Strategy<Value = Vec<u8>> {
    let known = prop::sample::select(vec![
        "HTTP/1.1 200 OK\r\n",
        "HTTP/1.1 204 No Content\r\n",
        "HTTP/1.0 503 | x=1\r\n",
        "HTTP/1.1 401 Unauthorized\r\n",
        "HTTP/1.1 100 Continue\r\n",
        "HTTP/1.1 999 \u{1b}[31m\r\n",
        "Content-Type: application/json\r\n",
        "Content-Length: 12\r\n",
        "Transfer-Encoding: chunked\r\n",
        "Content-Encoding: gzip\r\n",
        "WWW-Authenticate: Keystone uri=\"http://u:p@h/\"\r\n",
        "Location: javascript:|<b>\r\n",
        "Server: haproxy\r\n",
        "X: sesame-open-sesame\r\n",
        "\r\n",
        "\n",
        "c\r\n",
        "0\r\n\r\n",
        "{\"reasons\":[\"",
        "sesame-open-sesame",
        "sesame-\u{200b}open-\u{1b}[1msesame",
        "CEILOMETER OK - fine | x=1\n",
        "<html><title>",
        "\"]}",
        "\u{202e}\u{9b}31m\u{1b}]0;title\u{7}",
    ]);
    prop_oneof![
        4 => known.prop_map(|text| text.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..40),
    ]
}

/// A well-formed head before anything, so that bodies are reached as often as heads are.
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
fn any_bytes_as_an_answer() {
    let stage = Stage::new();
    let end = prop_oneof![4 => Just(End::Closed), 1 => Just(End::Reset)];
    let answers = (beginning(), prop::collection::vec(part(), 0..12), end);
    proptest!(ProptestConfig::with_cases(400), |((beginning, mut parts, end) in answers)| {
        parts.insert(0, beginning);
        stage.probe(parts, end);
    });
}

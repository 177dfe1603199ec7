//! The parsers of user input and the sanitizer of text from outside: no panic, and their laws.
//!
//! The first byte chooses the parser.
#![no_main]

#[expect(dead_code, reason = "shared with those who look at whole outputs")]
#[path = "../../tests/it/support/grammar.rs"]
mod grammar;
#[expect(dead_code, reason = "shared with those who probe")]
#[path = "../../tests/it/in_process.rs"]
mod in_process;

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::sync::OnceLock;

use check_ceilometer::testing;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((parser, input)) = data.split_first() else { return };
    match parser % 5 {
        0 => environment(input),
        1 => header_file(input),
        2 => sanitizer(input),
        _ => {
            if let Ok(text) = std::str::from_utf8(input) {
                in_process::check_endpoint(text);
                values(text);
            }
        }
    }
});

/// Ranges, durations and keys; a key means what its own name means.
fn values(text: &str) {
    assert!(testing::check_range_law(text), "{text}");
    if let Some(key) = testing::parse_key(text) {
        assert_eq!(testing::parse_key(&key), Some(key));
    }
}

/// The environment variable, split and parsed; it never names an endpoint.
fn environment(input: &[u8]) {
    if !input.contains(&0) {
        let endpoints = testing::parse_arguments(&[], Some(OsStr::from_bytes(input)));
        assert!(endpoints.is_none_or(|endpoints| endpoints.is_empty()));
    }
}

/// A file of headers; an error about it never quotes it.
fn header_file(input: &[u8]) {
    static FILE: OnceLock<tempfile::TempPath> = OnceLock::new();
    let file = FILE.get_or_init(|| tempfile::NamedTempFile::new().expect("a file").into_temp_path());
    fs::write(file, input).expect("a writable file");
    let words = ["127.0.0.1".into(), OsString::from(format!("--header=@{}", file.display()))];
    if let Some(error) = testing::plan_error(&words) {
        printable(&error);
    }
}

/// The input's first half is a secret, the rest a text that may hold it.
fn sanitizer(input: &[u8]) {
    let (secret, rest) = input.split_at(input.len() / 2);
    let text = [rest, secret, rest].concat();
    for limit in [1, 20, 4096] {
        let (line, lines, plugin) = testing::sanitize(secret, &text, limit);
        printable(&line);
        lines.iter().for_each(|line| printable(line));
        assert!(line.chars().count() <= limit);
        assert!(secret.len() < 4 || secret.contains(&b'*') || !contains(line.as_bytes(), secret), "{line}");
        assert!(!plugin.contains(['|', '<', '>']));
    }
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

fn printable(line: &str) {
    assert!(!line.chars().any(grammar::hostile), "{line:?}");
}

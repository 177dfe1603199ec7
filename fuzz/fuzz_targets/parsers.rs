//! Everything that reads what users write, and the cleaner of what strangers write: no panic, and their laws.
//!
//! The first byte chooses the reader.
#![no_main]

#[expect(dead_code, reason = "shared with those who look at whole outputs")]
#[path = "../../tests/stand/grammar.rs"]
mod grammar;

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::sync::OnceLock;
use std::time::Instant;

use check_ceilometer::cli::Cli;
use check_ceilometer::endpoint::{self, Defaults, Endpoint};
use check_ceilometer::exchange::Foreign;
use check_ceilometer::plan;
use check_ceilometer::range::{self, Range, Unit};
use check_ceilometer::surroundings::Surroundings;
use check_ceilometer::table::Key;
use check_ceilometer::text::{self, Cleaner};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((reader, input)) = data.split_first() else { return };
    match reader % 5 {
        0 => environment(input),
        1 => header_file(input),
        2 => cleaner(input),
        _ => {
            if let Ok(text) = std::str::from_utf8(input) {
                endpoints(text);
                values(text);
            }
        }
    }
});

/// An endpoint's canonical form means the same endpoint; a refusal is one printable line.
fn endpoints(text: &str) {
    match Endpoint::parse(text, &Defaults::default()) {
        Ok(endpoint) => {
            let shown = endpoint.to_string();
            printable(&shown);
            assert_eq!(Endpoint::parse(&shown, &Defaults::default()).as_ref(), Ok(&endpoint), "{shown}");
        }
        Err(refusal) => printable(&refusal),
    }
    let refused = [endpoint::parse_host_port(text).err(), endpoint::parse_path(text).err()];
    refused.iter().flatten().for_each(|refusal| printable(refusal));
}

/// Ranges, durations and keys; a key means what its own name means.
fn values(text: &str) {
    for unit in [Unit::Seconds, Unit::Days] {
        if let Ok(range) = Range::parse(text, unit) {
            let bound = range.plain_upper().unwrap_or(0.0);
            assert!(range.plain_upper().is_none() || !range.alerts(bound), "{text}");
        }
        let _ = range::parse_duration(text, unit);
    }
    if let Ok(key) = Key::parse(text) {
        assert_eq!(Key::parse(&key.to_string()), Ok(key));
    }
}

/// The environment variable, split and parsed; what it says is never an endpoint.
fn environment(input: &[u8]) {
    if !input.contains(&0) {
        if let Ok(cli) = Cli::read([], Some(OsStr::from_bytes(input))) {
            assert!(cli.targets.endpoints.is_empty());
        }
    }
}

/// A file of headers; an error about it never quotes it.
fn header_file(input: &[u8]) {
    static FILE: OnceLock<tempfile::TempPath> = OnceLock::new();
    let file = FILE.get_or_init(|| tempfile::NamedTempFile::new().expect("a file").into_temp_path());
    fs::write(file, input).expect("a writable file");
    let option = format!("--header=@{}", file.display());
    let Ok(cli) = Cli::read(["127.0.0.1".into(), option.into()], None) else { panic!("refused") };
    let surroundings = Surroundings::bare(Instant::now());
    if let Err(error) = plan::decide(&cli, &surroundings) {
        printable(&format!("{error:#}"));
    }
}

/// The input's first half is a secret, the rest a text that may hold it.
fn cleaner(input: &[u8]) {
    let (secret, rest) = input.split_at(input.len() / 2);
    let mut cleaner = Cleaner::default();
    cleaner.hide(secret);
    let text = [rest, secret, rest].concat();
    for limit in [1, 20, 4096] {
        let line = cleaner.line(&Foreign::new(text.clone()), limit);
        printable(&line);
        assert!(line.chars().count() <= limit);
        assert!(secret.len() < 4 || secret.contains(&b'*') || !contains(line.as_bytes(), secret), "{line}");
        assert!(!text::plugin(&line).contains(['|', '<', '>']));
    }
    for line in cleaner.lines(&Foreign::new(text), 4096) {
        printable(&line);
    }
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

fn printable(line: &str) {
    assert!(!line.chars().any(grammar::hostile), "{line:?}");
}

//! Attacks by the million: `cargo run --release --example hammer -- KIND NUMBER SEED`.
//!
//! A kind is named for what makes the attack: a response, a reflection of a secret, a proxy, a certificate, an endpoint, a
//! cloud's files, Keystone, the token cache, arguments, the name of a run's file, or many endpoints at once. Each attack is
//! made of pieces, mutated, and goes through the real code and every renderer in this process; one that breaks a law (exit
//! code, grammar, secrecy, time) ends the run and is printed. Several processes with different seeds share the work.

#[expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "shared with the tests: a broken promise ends the program"
)]
#[path = "../tests/it/attacks.rs"]
mod attacks;
#[expect(dead_code, reason = "shared with those who look at whole outputs")]
#[path = "../tests/it/support/grammar.rs"]
mod grammar;
#[expect(
    clippy::expect_used,
    clippy::panic,
    reason = "shared with the tests: a broken promise ends the program"
)]
#[path = "../tests/it/in_process.rs"]
mod in_process;

#[expect(clippy::indexing_slicing, reason = "shared with the tests: a broken promise ends the program")]
#[path = "../tests/it/reflection.rs"]
mod reflection;

use std::time::Instant;

use attacks::{KINDS, Kind, Random};

/// Attacks between two lines of progress.
const REPORT_EVERY: u64 = 100_000;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let numbers: Vec<u64> = words.iter().filter_map(|word| word.parse().ok()).collect();
    let (number, seed) = (numbers.first().unwrap_or(&10_000), numbers.get(1).unwrap_or(&1));
    let named = |(kind, _): &&Kind| words.iter().any(|word| word == kind);
    let (kind, prepare) = KINDS.iter().find(named).unwrap_or(&KINDS[0]);
    let (attack, mut random, started) = (prepare(), Random::new(*seed), Instant::now());
    for count in 1..=*number {
        attack(&mut random);
        if count % REPORT_EVERY == 0 || count == *number {
            report(kind, count, started);
        }
    }
}

#[expect(clippy::print_stdout, reason = "progress is what this program prints")]
fn report(kind: &str, count: u64, started: Instant) {
    let elapsed = started.elapsed();
    let rate = u128::from(count) * 1000 / elapsed.as_millis().max(1);
    println!("{kind}: {count} in {elapsed:.1?}, {rate} per second, peak memory {}", peak_memory());
}

/// The peak memory as the kernel prints it, where it does.
fn peak_memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.map_or_else(|| "unknown".into(), |size| size.trim().to_owned())
}

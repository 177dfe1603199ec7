//! Answers by the million: `cargo run --release --example hammer -- NUMBER SEED`.
//!
//! Each is made of pieces that servers send, mutated, and goes through the real reader, the judge and every renderer in
//! this process; an answer that breaks a law (exit code, grammar, secrecy, time) ends the run and is printed. Several
//! processes with different seeds share the work.

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

use std::time::Instant;

use in_process::{End, PIECES, SECRET, Stage};

/// Answers between two lines of progress.
const REPORT_EVERY: u64 = 100_000;

/// A xorshift generator: the same seed makes the same answers everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(bound.max(1)).unwrap_or(1)).unwrap_or(0)
    }
}

fn main() {
    let mut arguments = std::env::args().skip(1).filter_map(|argument| argument.parse::<u64>().ok());
    let (number, seed) = (arguments.next().unwrap_or(10_000), arguments.next().unwrap_or(1));
    let (stage, started) = (Stage::new(), Instant::now());
    // A xorshift generator must not start at zero.
    let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    for count in 1..=number {
        let (pieces, end) = answer(&mut random);
        stage.probe(&pieces, end);
        if count % REPORT_EVERY == 0 || count == number {
            report(count, started);
        }
    }
}

#[expect(clippy::print_stdout, reason = "progress is what this program prints")]
fn report(count: u64, started: Instant) {
    let elapsed = started.elapsed();
    let rate = u128::from(count) * 1000 / elapsed.as_millis().max(1);
    println!("{count} answers in {elapsed:.1?}, {rate} per second, peak memory {}", peak_memory());
}

/// The peak memory as the kernel prints it, where it does.
fn peak_memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.map_or_else(|| "unknown".into(), |size| size.trim().to_owned())
}

/// An answer in up to 16 pieces, some of them mutated, some of them an encoded secret.
fn answer(random: &mut Random) -> (Vec<Vec<u8>>, End) {
    let mut pieces = vec![piece(random, &PIECES[..8])];
    for _ in 0..random.below(16) {
        pieces.push(match random.below(8) {
            0 => noise(random),
            1 => encoded(random),
            _ => piece(random, &PIECES),
        });
    }
    let end = match random.below(16) {
        0 => End::Reset,
        1..5 => End::InPieces,
        _ => End::Closed,
    };
    (pieces, end)
}

fn piece(random: &mut Random, from: &[&str]) -> Vec<u8> {
    let mut piece =
        from.get(random.below(from.len())).map(|piece| piece.as_bytes().to_vec()).unwrap_or_default();
    if random.below(16) == 0 {
        let at = random.below(piece.len());
        if let (Some(byte), Ok(new)) = (piece.get_mut(at), u8::try_from(random.below(256))) {
            *byte = new;
        }
    }
    piece
}

fn noise(random: &mut Random) -> Vec<u8> {
    (0..random.below(64)).filter_map(|_| u8::try_from(random.below(256)).ok()).collect()
}

/// The secret in one encoding within another.
fn encoded(random: &mut Random) -> Vec<u8> {
    let mut text = SECRET.to_owned();
    for _ in 0..=random.below(3) {
        let form: fn(u8) -> String = match random.below(5) {
            0 => |byte| format!("%{byte:02X}"),
            1 => |byte| format!("{byte:02x}"),
            2 => |byte| format!("\\u{byte:04x}"),
            3 => |byte| format!("&#{byte};"),
            _ => |byte| char::from(byte).to_string(),
        };
        text = text.bytes().map(form).collect::<Vec<_>>().concat();
    }
    text.into_bytes()
}

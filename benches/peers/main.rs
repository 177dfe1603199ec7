//! Side by side with the peers, on the same servers, in the same run: `cargo bench`.
//!
//! It asserts nothing: a figure that depends on the machine is for a reader to judge. `cargo bench --
//! WORD` runs the cases whose title contains the word, `BENCHED=FILE` measures another build.

mod cases;
mod measure;
mod peers;
mod server;
mod table;
mod tls;

use std::process::Command;

use anyhow::Result;

use crate::measure::Gauge;
use crate::peers::Peers;
use crate::table::Ledger;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.split_first() {
        Some((role, rest)) if role == server::ROLE => server::serve(rest),
        // Only `cargo bench` says so; `cargo test --all-targets` just builds us.
        _ if arguments.iter().any(|argument| argument == "--bench") => {
            let words: Vec<String> = arguments.into_iter().filter(|word| !word.starts_with("--")).collect();
            compare(&words)
        }
        _ => Ok(()),
    }
}

/// Runs the cases that are wanted, all without words, and tells what they cost.
fn compare(words: &[String]) -> Result<()> {
    let peers = Peers::prepare()?;
    table::say(&table::surroundings(&machine(), &Peers::versions()));
    let gauge = Gauge(peers.gauge.clone());
    let mut ledger = Ledger::default();
    for case in cases::ALL {
        if !words.is_empty() && !words.iter().any(|word| case.title.contains(word.as_str())) {
            continue;
        }
        let stage = (case.set)(&peers)?;
        table::say(&ledger.measure(case, &stage.subjects, &gauge)?);
    }
    table::say(&ledger.targets());
    Ok(())
}

/// The machine: processor, cores, kernel.
fn machine() -> Vec<(String, String)> {
    let processors = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = processors.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or_default();
    let kernel = Command::new("uname").arg("-sr").output().map(|output| output.stdout).unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    vec![
        ("processor".into(), model.trim_start_matches([' ', '\t', ':']).into()),
        ("cores".into(), cores.to_string()),
        ("kernel".into(), String::from_utf8_lossy(&kernel).trim().into()),
    ]
}

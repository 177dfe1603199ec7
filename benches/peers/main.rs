//! Measures this program and its peers, on the same servers, in the same run: `cargo bench`.
//!
//! It asserts nothing, because its figures depend on the machine. `cargo bench -- WORD` runs the cases whose title
//! contains the word, `cargo bench -- verdicts` compares the verdicts instead, `BENCHED=FILE` measures another build.

mod cases;
mod measure;
mod peers;
mod server;
mod table;
mod tls;
mod verdicts;

use std::process::Command;

use anyhow::Result;

use crate::measure::Gauge;
use crate::peers::Peers;
use crate::table::Results;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.split_first() {
        Some((role, rest)) if role == server::ROLE => server::serve(rest),
        // `cargo test --all-targets` also runs this program, but without `--bench`.
        _ if arguments.iter().any(|argument| argument == "--bench") => {
            let words: Vec<String> = arguments.into_iter().filter(|word| !word.starts_with("--")).collect();
            compare(&words)
        }
        _ => Ok(()),
    }
}

/// Runs the cases whose title contains one of the words, or all, and prints their costs.
fn compare(words: &[String]) -> Result<()> {
    if words.iter().any(|word| word == verdicts::WORD) {
        return verdicts::compare(&peers::ours(), peers::CHECK_HTTP, peers::CURL);
    }
    let peers = Peers::prepare()?;
    table::print(&table::machine(&machine(), &Peers::versions()));
    let gauge = Gauge(peers.gauge.clone());
    let mut results = Results::default();
    for case in cases::ALL {
        if !words.is_empty() && !words.iter().any(|word| case.title.contains(word.as_str())) {
            continue;
        }
        let stage = (case.set)(&peers)?;
        table::print(&results.measure(case, &stage.subjects, &gauge)?);
    }
    table::print(&results.targets());
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

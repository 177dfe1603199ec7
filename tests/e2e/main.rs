//! The binary, end to end: what stands on standard output, what on standard error (nothing), and the exit
//! code, against scripted peers and real servers on loopback.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "the lints exempt test functions only, and these are their helpers"
)]

mod answers;
mod bad_input;
mod deadlines;
mod exit_contract;
mod faults;
mod foreign_servers;
#[path = "../grammar/mod.rs"]
mod grammar;
mod harness;
mod hostile;
mod limits;
mod outputs;
mod peer;
mod requests;
mod screens;
mod several;
mod simulation;
mod table;
mod terminal;
mod waiting;
mod watching;

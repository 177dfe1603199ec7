//! The binary end to end: standard output, an empty standard error and the exit code, against scripted peers and real
//! servers on loopback.

mod bad_input;
mod deadlines;
mod every_output;
mod exit_contract;
mod faults;
mod foreign_servers;
mod hostile;
pub(crate) mod limits;
mod outputs;
mod requests;
mod responses;
mod screens;
mod several;
mod simulation;
mod table;
mod terminal;
mod waiting;
mod watching;

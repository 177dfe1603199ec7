//! `check_ceilometer` probes the Health-Check API of OpenStack's Metering service, and reports what is broken and what
//! to do.
//!
//! Data flows one way, from the command line to the output:
//!
//! ```text
//! argv + env → cli → plan → probe → verdict → report → output
//! ```
//!
//! The modules below are in this order. None uses a later one, and a test holds them to it.

// In the order of use; rustfmt would sort them.
#![cfg_attr(rustfmt, rustfmt_skip)]
#![cfg_attr(test, allow(clippy::too_many_lines, reason = "tables of cases"))]

mod sanitize;
mod model;
mod rules;
mod units;
mod deadline;
mod semaphore;
mod environment;
mod terminal;
mod input;
mod replacement;
mod keystone;
mod cli;
mod plan;
mod probe;
mod simulate;
mod verdict;
mod report;
mod run;
mod output;
mod limits;
mod watch;
mod explain;
mod generate;
mod startup;
mod app;
pub mod testing;

#[cfg(test)]
mod layers;

pub use app::run;

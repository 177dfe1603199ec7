//! Again and again: `--wait` and `--watch`.

use std::time::{Duration, Instant};

use anyhow::Result;

use crate::plan::Plan;
use crate::report::Report;

/// Probes until the state is OK or `limit` is over; the last run's report.
pub fn wait(_plan: &Plan, _started: Instant, _limit: Duration) -> Result<Report> {
    todo!()
}

/// Probes every `every` and tells each change; the last run's exit code.
pub fn watch(_plan: &Plan, _started: Instant, _every: Duration, _count: Option<u64>) -> Result<u8> {
    todo!()
}

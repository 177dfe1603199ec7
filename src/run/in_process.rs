//! Entry points of the in-process tests alone.

use std::time::{Duration, Instant, SystemTime};

use super::TimeFrame;
use super::examination::Examination;
use crate::model::endpoint::Endpoint;
use crate::model::exchange::PlannedRequest;
use crate::plan::Plan;
use crate::probe::Prober;
use crate::report::Report;

/// Reports endpoints whose requests are made elsewhere, one endpoint after the other.
pub(crate) fn report_of(
    plan: &Plan,
    prober: &Prober,
    requests: impl ExactSizeIterator<Item = (Endpoint, Vec<PlannedRequest>)>,
    deadline: Instant,
) -> Report {
    let (started, started_at) = (Instant::now(), SystemTime::now());
    let examination = Examination::new(plan, prober, requests.len(), TimeFrame { started, deadline });
    let judge = |(endpoint, planned)| examination.judge(&endpoint, planned, 1, Duration::ZERO);
    let verdicts = requests.map(judge).collect();
    Report::of(plan, verdicts, started_at, started.elapsed())
}

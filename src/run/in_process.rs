//! Entry points of the in-process tests alone.

use std::time::{Duration, Instant, SystemTime};

use super::TimeFrame;
use super::examination::Examination;
use crate::model::endpoint::Endpoint;
use crate::model::exchange::PlannedRequest;
use crate::plan::Plan;
use crate::probe::Prober;
use crate::report::Report;

/// Reports one endpoint whose requests were made elsewhere.
pub(crate) fn report_of(
    plan: &Plan,
    prober: &Prober,
    endpoint: &Endpoint,
    planned: Vec<PlannedRequest>,
) -> Report {
    let (started, started_at) = (Instant::now(), SystemTime::now());
    let examination = Examination::new(plan, prober, 1, TimeFrame { started, deadline: started });
    let verdict = examination.judge(endpoint, planned, 1, Duration::ZERO);
    Report::of(plan, vec![verdict], started_at, started.elapsed())
}

/// Reports an endpoint at many ports, whose requests are sent by the deadline.
pub(crate) fn report_of_many(
    plan: &Plan,
    prober: &Prober,
    endpoint: &Endpoint,
    number: u16,
    deadline: Instant,
    mut send: impl FnMut() -> Vec<PlannedRequest>,
) -> Report {
    let (started, started_at) = (Instant::now(), SystemTime::now());
    let examination = Examination::new(plan, prober, number.into(), TimeFrame { started, deadline });
    let at = |port| Endpoint { port, ..endpoint.clone() };
    let verdicts = (1..=number).map(|port| examination.judge(&at(port), send(), 1, Duration::ZERO)).collect();
    Report::of(plan, verdicts, started_at, started.elapsed())
}

//! One run: every endpoint of a plan probed and judged, in time.

mod pool;

use std::time::{Instant, SystemTime};

use anyhow::{Error, Result};

use crate::endpoint::{Dial, Endpoint, Host};
use crate::plan::Plan;
use crate::probe::Prober;
use crate::report::{Report, Verdict};
use crate::simulate::Simulation;
use crate::state::State;
use crate::verdict;

/// A plan ready to be carried out, once or again and again.
#[derive(Debug)]
pub struct Run<'a> {
    plan: &'a Plan,
    endpoints: Vec<Endpoint>,
    /// The embedded endpoints live as long as the run.
    _simulation: Simulation,
}

impl<'a> Run<'a> {
    /// Starts what the plan simulates.
    pub fn prepare(plan: &'a Plan) -> Result<Run<'a>> {
        let simulation = Simulation::start(&plan.simulate)?;
        let mut endpoints = plan.endpoints.clone();
        endpoints.extend(simulation.endpoints());
        Ok(Run { plan, endpoints, _simulation: simulation })
    }

    /// Probes and judges every endpoint once. `started` is when the budget began to run.
    pub fn once(&self, started: Instant) -> Result<Report> {
        let plan = self.plan;
        let deadline = started + plan.pace.budget;
        let started_at = SystemTime::now();
        let prober = Prober::new(plan, &self.endpoints, deadline)?;
        let endpoints = if plan.all_addresses {
            // The other half is for the requests, and for the names that were not answered for.
            &each_address(plan, &prober, &self.endpoints, started + plan.pace.budget / 2)?
        } else {
            &self.endpoints
        };
        let workers = pool::workers(plan.pace.parallel, endpoints.len());
        let verdicts = pool::map(endpoints, workers, |endpoint| settle(plan, &prober, endpoint, deadline));
        Ok(verdict::aggregate(plan, verdicts, started_at, started.elapsed()))
    }
}

/// Every address of every name as an endpoint of its own. A name that does not resolve in time stays as it is:
/// probing it tells why.
fn each_address(
    plan: &Plan,
    prober: &Prober,
    endpoints: &[Endpoint],
    deadline: Instant,
) -> Result<Vec<Endpoint>> {
    let workers = pool::workers(plan.pace.parallel, endpoints.len());
    let expanded = pool::map(endpoints, workers, |endpoint| {
        let found = if is_name(endpoint) { prober.addresses(endpoint, deadline).ok() } else { None };
        found.map_or_else(
            || vec![endpoint.clone()],
            |addresses| addresses.into_iter().map(|address| endpoint.with_address(address)).collect(),
        )
    });
    let all = expanded.concat();
    // For how many endpoints a name without an answer stands is not known.
    if let Some(quorum) = plan.quorum.filter(|_| !all.iter().any(is_name)) {
        quorum.refuse_above(all.len()).map_err(Error::msg)?;
    }
    Ok(all)
}

/// Whether an endpoint is dialled by its name.
fn is_name(endpoint: &Endpoint) -> bool {
    matches!((&endpoint.host, &endpoint.dial), (Host::Name(_), Dial::Host))
}

/// Probes one endpoint, again while it is CRITICAL and retries and time are left.
fn settle(plan: &Plan, prober: &Prober, endpoint: &Endpoint, deadline: Instant) -> Verdict {
    let mut attempts = 1;
    loop {
        let made = prober.attempt(endpoint, &plan.methods, deadline);
        let verdict = verdict::judge(plan, endpoint, &made, attempts, SystemTime::now());
        let again = Instant::now() + plan.pace.retry_delay;
        if verdict.state != State::Critical || attempts > plan.pace.retries || again >= deadline {
            return verdict;
        }
        std::thread::sleep(again.saturating_duration_since(Instant::now()));
        attempts += 1;
    }
}

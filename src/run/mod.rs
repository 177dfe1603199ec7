//! One run: every endpoint of a plan probed and judged, in time.

mod pool;
mod progress;
mod runner;

pub(crate) use progress::{describe, once};
pub(crate) use runner::Runner;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Error, Result};

use crate::model::endpoint::{Endpoint, Host, Route};
use crate::model::state::State;
use crate::plan::{Plan, Targets};
use crate::probe::{Prober, Resolver};
use crate::report::Report;
use crate::simulate::Simulation;
use crate::units;
use crate::verdict::{self, Verdict};

/// A plan ready to be carried out, once or again and again.
///
/// It owns what it needs, so that a run in flight can be left behind on a thread of its own.
#[derive(Debug)]
pub(crate) struct Run {
    plan: Arc<Plan>,
    endpoints: Vec<Endpoint>,
    /// Shared by all runs: a look-up that a silent name service keeps is joined by the next run.
    resolver: Resolver,
    count: ProgressCounter,
    /// Verdicts of the run under way, for a person who interrupts it.
    finished: Mutex<Vec<Verdict>>,
    /// The embedded endpoints live as long as the run.
    _simulation: Option<Simulation>,
}

/// How many endpoints the run under way has probed so far, and how many there are.
#[derive(Debug, Default)]
struct ProgressCounter {
    done: AtomicUsize,
    all: AtomicUsize,
}

impl ProgressCounter {
    fn begin(&self, all: usize) {
        self.done.store(0, Ordering::Relaxed);
        self.all.store(all, Ordering::Relaxed);
    }

    fn advance(&self) {
        self.done.fetch_add(1, Ordering::Relaxed);
    }
}

impl Run {
    /// Starts what the plan simulates.
    pub(crate) fn prepare(plan: Arc<Plan>) -> Result<Run> {
        let (endpoints, simulation) = match &plan.targets {
            Targets::Endpoints(named) | Targets::Addresses(named) => (named.clone(), None),
            Targets::Simulated(diagnoses) => {
                let simulation = Simulation::start(diagnoses)?;
                (simulation.endpoints(), Some(simulation))
            }
        };
        let count = ProgressCounter::default();
        count.begin(endpoints.len());
        Ok(Run {
            plan,
            endpoints,
            resolver: Resolver::default(),
            count,
            finished: Mutex::default(),
            _simulation: simulation,
        })
    }

    /// What is carried out.
    pub(crate) fn plan(&self) -> &Plan {
        &self.plan
    }

    /// How many endpoints the run under way has probed so far, and how many there are.
    pub(crate) fn counts(&self) -> (usize, usize) {
        (self.count.done.load(Ordering::Relaxed), self.count.all.load(Ordering::Relaxed))
    }

    /// Probes and judges every endpoint once. `started` is when the run's time began to count, `deadline`
    /// when it is over.
    pub(crate) fn once(&self, started: Instant, deadline: Instant) -> Result<Report> {
        let plan = &self.plan;
        let started_at = SystemTime::now();
        let prober = Prober::new(plan, &self.endpoints, &self.resolver, deadline)?;
        let endpoints = if let Targets::Addresses(_) = plan.targets {
            // The other half is for the requests, and for the names that were not answered for.
            let half = deadline.saturating_duration_since(started) / 2;
            &each_address(plan, &prober, &self.endpoints, started + half)?
        } else {
            &self.endpoints
        };
        self.count.begin(endpoints.len());
        self.finished.lock().unwrap_or_else(PoisonError::into_inner).clear();
        let workers = pool::workers(plan.timing.parallel, endpoints.len());
        let verdicts = pool::map(endpoints, workers, |endpoint| {
            let verdict = settle(plan, &prober, endpoint, deadline);
            self.count.advance();
            if plan.output.progress {
                self.finished.lock().unwrap_or_else(PoisonError::into_inner).push(verdict.clone());
            }
            verdict
        });
        Ok(Report::of(plan, verdicts, started_at, started.elapsed()))
    }

    /// The report of a run that is interrupted now: the endpoints that it has finished, and never OK.
    pub(crate) fn interrupted(&self, started: Instant) -> Report {
        let elapsed = started.elapsed();
        let started_at = SystemTime::now().checked_sub(elapsed).unwrap_or(SystemTime::UNIX_EPOCH);
        let verdicts = std::mem::take(&mut *self.finished.lock().unwrap_or_else(PoisonError::into_inner));
        let (done, (_, all)) = (verdicts.len(), self.counts());
        let report = Report::of(&self.plan, verdicts, started_at, elapsed);
        let state = report.state_if_lost();
        let what = format!(
            "interrupted after {}, {done} of {} probed",
            units::format_span(elapsed),
            units::plural(all as u64, "endpoint")
        );
        let summary = if done == 0 { what } else { format!("{what}: {}", report.summary) };
        Report { state, exit_code: self.plan.exit_codes.of(state), summary, ..report }
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
    let workers = pool::workers(plan.timing.parallel, endpoints.len());
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
        quorum.check_against(all.len()).map_err(Error::msg)?;
    }
    Ok(all)
}

/// Whether an endpoint is dialled by its name.
fn is_name(endpoint: &Endpoint) -> bool {
    matches!((&endpoint.host, &endpoint.route), (Host::Name(_), Route::Host))
}

/// A retry, or a last run of `--wait`, that had less time than this could tell of nothing but its lack of time.
pub(crate) const MIN_RUN: Duration = Duration::from_millis(10);

/// Probes one endpoint, again while it is CRITICAL and retries and time are left.
fn settle(plan: &Plan, prober: &Prober, endpoint: &Endpoint, deadline: Instant) -> Verdict {
    let mut attempts = 1;
    loop {
        let made = prober.send(endpoint, &plan.methods, deadline);
        let verdict = verdict::judge(plan, endpoint, &made, attempts, SystemTime::now());
        let again = Instant::now() + plan.timing.retry_delay;
        if verdict.state != State::Critical || attempts > plan.timing.retries || again + MIN_RUN > deadline {
            return verdict;
        }
        std::thread::sleep(again.saturating_duration_since(Instant::now()));
        attempts += 1;
    }
}

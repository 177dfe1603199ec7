//! One run: probes and judges every endpoint of a plan, within its time.

mod examination;
pub(crate) mod grace;
mod in_process;
mod login;
mod pool;
mod progress;
mod runner;

pub(crate) use in_process::report_of;
pub(crate) use progress::once;
pub(crate) use runner::Runner;

use std::borrow::Cow;
use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Error, Result, bail};

use crate::deadline::FileUses;
use crate::keystone::TokenRecipients;
use crate::model::endpoint::{Endpoint, Host, MAX_ENDPOINTS, Route};
use crate::model::exchange::Method;
use crate::plan::{CloudPlan, Plan, Targets};
use crate::probe::{Prober, Resolver};
use crate::report::{Report, wording};
use crate::simulate::Simulation;
use crate::verdict::{Summary, Verdict};
use login::Session;

/// A plan that is ready to be executed, once or repeatedly.
///
/// It owns what it needs, so that a run in flight can be abandoned on its thread.
#[derive(Debug)]
pub(crate) struct Run {
    plan: Arc<Plan>,
    /// The cloud's token, which the runs of `--watch` and `--wait` share.
    session: Option<Session>,
    /// Shared by all runs: the next one joins a look-up that a silent name service delays.
    resolver: Resolver,
    /// Number of endpoints that the current run has probed.
    done: AtomicUsize,
    /// Number of endpoints of the current run.
    all: AtomicUsize,
    /// Verdicts of the run under way, where a signal ends it with a report.
    finished: Mutex<Vec<Verdict>>,
    /// The embedded endpoints live as long as the run.
    simulation: Option<Simulation>,
    /// While there are none, nothing can delay the run for ever.
    file_uses: FileUses,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct TimeFrame {
    pub(crate) started: Instant,
    pub(crate) deadline: Instant,
}

impl TimeFrame {
    fn length(self) -> Duration {
        self.deadline.saturating_duration_since(self.started)
    }

    /// The end of its first half.
    fn half(self) -> Instant {
        self.started + self.length() / 2
    }

    /// The rest of it from now on; `None` where it is over, and a login would fail as if Keystone
    /// had not answered.
    fn rest(self, now: Instant) -> Option<TimeFrame> {
        (now < self.deadline).then_some(TimeFrame { started: now, ..self })
    }
}

impl Run {
    /// Starts the simulated endpoints, if the plan has some.
    pub(crate) fn new(mut plan: Arc<Plan>, file_uses: FileUses) -> Result<Run> {
        let simulation = match &plan.targets {
            Targets::Simulated(diagnoses) => Some(Simulation::start(diagnoses)?),
            Targets::Endpoints(_) | Targets::Addresses(_) | Targets::Catalog { .. } => None,
        };
        if let Some(anchor) = simulation.as_ref().and_then(|simulation| simulation.anchor.as_ref()) {
            Arc::make_mut(&mut plan).network.tls.anchor = Some(anchor.clone());
        }
        let simulated = simulation.as_ref().and_then(|simulation| {
            let plan = CloudPlan::simulated(simulation.keystone()?, simulation.endpoints().is_empty());
            Some(Arc::new(plan))
        });
        let session = plan.cloud.clone().or(simulated).map(Session::new);
        let run = Run {
            plan,
            session,
            resolver: Resolver::default(),
            done: AtomicUsize::default(),
            all: AtomicUsize::default(),
            finished: Mutex::default(),
            simulation,
            file_uses,
        };
        run.begin_count(run.endpoints().len());
        Ok(run)
    }

    /// The endpoints of the plan, or the simulated ones in their place; those of a catalogue are known after the login.
    fn endpoints(&self) -> Cow<'_, [Endpoint]> {
        match &self.plan.targets {
            Targets::Endpoints(named) | Targets::Addresses(named) => Cow::Borrowed(named),
            Targets::Catalog { .. } => Cow::default(),
            Targets::Simulated(_) => {
                self.simulation.as_ref().map(Simulation::endpoints).unwrap_or_default().into()
            }
        }
    }

    pub(crate) fn plan(&self) -> &Plan {
        &self.plan
    }

    pub(crate) fn counts(&self) -> (usize, usize) {
        (self.done.load(Ordering::Relaxed), self.all.load(Ordering::Relaxed))
    }

    fn begin_count(&self, all: usize) {
        self.done.store(0, Ordering::Relaxed);
        self.all.store(all, Ordering::Relaxed);
    }

    /// Probes and judges every endpoint once, within this time.
    pub(crate) fn once(&self, time: TimeFrame) -> Result<Report> {
        if let Some(session) = &self.session {
            return self.once_in_cloud(session, time);
        }
        let started_at = SystemTime::now();
        let verdicts = self.probe(&self.plan, &self.endpoints(), None, time)?;
        Ok(Report::of(&self.plan, verdicts, started_at, time.started.elapsed()))
    }

    /// Probes and judges endpoints. An endpoint that has not seen the cloud's token gets one untimed request with it
    /// first.
    fn probe(
        &self,
        plan: &Plan,
        endpoints: &[Endpoint],
        recipients: Option<&TokenRecipients>,
        time: TimeFrame,
    ) -> Result<Vec<Verdict>> {
        let deadline = time.deadline;
        let file_use = self.file_uses.begin();
        let mut prober = Prober::new(plan, endpoints, &self.resolver, deadline)?;
        drop(file_use);
        let expanded;
        let endpoints = if plan.targets.wants_all_addresses() {
            // The other half is for the requests, and for the names that were not resolved.
            expanded = each_address(plan, &prober, endpoints, time.half())?;
            &expanded
        } else {
            endpoints
        };
        self.begin_count(endpoints.len());
        self.finished.lock().unwrap_or_else(PoisonError::into_inner).clear();
        prober.limit_kept_body(examination::body_bytes(endpoints.len()));
        let examination = examination::Examination::new(plan, &prober, endpoints.len(), time);
        let workers = pool::workers(plan.timing.parallel, endpoints.len());
        Ok(pool::map(endpoints, workers, |endpoint| {
            let queued = examination.elapsed();
            if let Some(recipients) = recipients.filter(|recipients| !recipients.contains(endpoint))
                && let Some(end) = examination.token_end(Instant::now())
                && prober.send_token(endpoint, end)
            {
                recipients.add(endpoint);
            }
            let verdict = examination.verdict(endpoint, self.methods(endpoint), queued);
            self.done.fetch_add(1, Ordering::Relaxed);
            if plan.reports_interruption() {
                self.finished.lock().unwrap_or_else(PoisonError::into_inner).push(verdict.clone());
            }
            verdict
        }))
    }

    fn methods(&self, endpoint: &Endpoint) -> &[Method] {
        let planned = &self.plan.methods;
        self.simulation.as_ref().map_or(&**planned, |simulation| simulation.methods(endpoint, planned))
    }

    /// Reports a run that is interrupted now: the endpoints that it has finished. Its state is never OK.
    pub(crate) fn interrupted(&self, started: Instant) -> Report {
        let elapsed = started.elapsed();
        let started_at = SystemTime::now().checked_sub(elapsed).unwrap_or(SystemTime::UNIX_EPOCH);
        let verdicts = std::mem::take(&mut *self.finished.lock().unwrap_or_else(PoisonError::into_inner));
        let (done, (_, all)) = (verdicts.len(), self.counts());
        let report = Report::of(&self.plan, verdicts, started_at, elapsed);
        let state = report.state_if_lost();
        let what = wording::run::interrupted(elapsed, done, all);
        let report = if done == 0 {
            Report { summary: Summary::general(what), ..report }
        } else {
            report.summarise_between(&format!("{what}: "), "", self.plan.quorum)
        };
        Report { state, exit_code: self.plan.exit_codes.of(state), ..report }
    }
}

/// Makes every address of every name an endpoint. A name that does not resolve in time is kept: probing it
/// shows why.
fn each_address(
    plan: &Plan,
    prober: &Prober,
    endpoints: &[Endpoint],
    deadline: Instant,
) -> Result<Vec<Endpoint>> {
    let workers = pool::workers(plan.timing.parallel, endpoints.len());
    let all = expand(endpoints, workers, |endpoint| prober.addresses(endpoint, deadline).ok())?;
    // A name that was not resolved may be any number of endpoints.
    if let Some(quorum) = plan.quorum.filter(|_| !all.iter().any(is_name)) {
        quorum.check_against(all.len()).map_err(Error::msg)?;
    }
    Ok(all)
}

/// Puts the addresses that a look-up returns in the place of each name. Each name may have some hundred, so they are counted
/// as they come.
fn expand(
    endpoints: &[Endpoint],
    workers: usize,
    look_up: impl Fn(&Endpoint) -> Option<Vec<IpAddr>> + Sync,
) -> Result<Vec<Endpoint>> {
    let count = AtomicUsize::new(0);
    let expanded = pool::map(endpoints, workers, |endpoint| {
        if count.load(Ordering::Relaxed) > MAX_ENDPOINTS {
            return Vec::new();
        }
        let found = if is_name(endpoint) { look_up(endpoint) } else { None };
        let all: Vec<Endpoint> = found.map_or_else(
            || vec![endpoint.clone()],
            |addresses| {
                addresses
                    .into_iter()
                    .map(|address| Endpoint { route: Route::Resolved(address), ..endpoint.clone() })
                    .collect()
            },
        );
        count.fetch_add(all.len(), Ordering::Relaxed);
        all
    });
    if count.into_inner() > MAX_ENDPOINTS {
        bail!("the names have more than {MAX_ENDPOINTS} addresses: split the list");
    }
    Ok(expanded.concat())
}

/// Tests whether an endpoint's name is looked up.
fn is_name(endpoint: &Endpoint) -> bool {
    matches!((&endpoint.host, &endpoint.route), (Host::Name(_), Route::Host))
}

/// Returns the latest verdict on an endpoint, or the one before it where the end of the time cut the latest one's requests off:
/// they prove less.
pub(crate) fn last_complete(before: Option<Verdict>, latest: Verdict, is_over: bool) -> Verdict {
    before.filter(|_| is_over && latest.is_late()).unwrap_or(latest)
}

/// Minimum time for a retry or a last run of `--wait`: a shorter one could only report that it ran out of time.
pub(crate) const MIN_RUN: Duration = Duration::from_millis(10);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::endpoint::Defaults;

    #[test]
    fn rest_of_a_time() {
        let started = Instant::now();
        let later = |seconds| started + Duration::from_secs(seconds);
        let time = TimeFrame { started, deadline: later(8) };
        assert_eq!(time.half(), later(4));
        assert_eq!(time.rest(later(6)).map(TimeFrame::half), Some(later(7)));
        assert!(time.rest(later(8)).is_none());
    }

    #[test]
    fn bound_on_all_addresses() {
        let names = |number: usize| -> Vec<Endpoint> {
            let name = |index| Endpoint::parse(&format!("host{index}"), &Defaults::default()).unwrap();
            (0..number).map(name).collect()
        };
        let looked_up = AtomicUsize::new(0);
        let addresses = |_: &Endpoint| {
            looked_up.fetch_add(1, Ordering::Relaxed);
            Some((0..200).map(|last| IpAddr::from([192, 0, 2, last])).collect())
        };
        assert_eq!(expand(&names(100), 4, addresses).unwrap().len(), MAX_ENDPOINTS);
        looked_up.store(0, Ordering::Relaxed);
        let error = expand(&names(1000), 4, addresses).unwrap_err();
        assert_eq!(error.to_string(), "the names have more than 20000 addresses: split the list");
        assert!(looked_up.into_inner() < 110, "names are looked up that do not count");
    }
}

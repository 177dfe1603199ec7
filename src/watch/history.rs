//! The memory of a watch: bounded, however long it lasts.
//!
//! The clock is a parameter: a [`Duration`] since the watch began.

use std::collections::{HashMap, HashSet, VecDeque};
use std::time::{Duration, SystemTime};

use crate::model::diagnosis::Diagnosis;
use crate::model::exchange::Method;
use crate::model::state::State;
use crate::report::Report;
use crate::report::wording::summary;
use crate::verdict::Verdict;

/// Maximum number of an endpoint's runs that are remembered one by one: more than a sparkline has columns.
pub(super) const MAX_RECENT: usize = 120;

/// Maximum number of former endpoints that are remembered: under `--all-addresses` a name's addresses may keep
/// changing.
const MAX_FORMER: usize = 100;

#[derive(Debug, Default)]
pub(super) struct History {
    pub(super) runs: u64,
    /// Number of changes, of all endpoints together.
    pub(super) changes: u64,
    pub(super) overall: StateClock,
    endpoints: HashMap<String, EndpointHistory>,
}

#[derive(Debug, Default)]
pub(super) struct StateClock {
    /// The state, once one is known, and its beginning.
    current: Option<(State, Duration)>,
    /// Moment up to which time is counted; `None` while the endpoint is not probed.
    counted_to: Option<Duration>,
    spent: HashMap<State, Duration>,
    changes: u64,
}

#[derive(Debug, Default)]
pub(super) struct EndpointHistory {
    /// Position among the endpoints.
    order: usize,
    diagnosis: Option<Diagnosis>,
    pub(super) states: StateClock,
    /// Number of changes of state or diagnosis.
    pub(super) changes: u64,
    /// The state, and the time of the slowest request, of the last runs, the latest last.
    pub(super) recent: VecDeque<(State, Duration)>,
    pub(super) slowest: Option<SlowestResponse>,
    /// The end of the last run that was not OK, and the endpoint's own line.
    pub(super) last_failure: Option<(SystemTime, String)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SlowestResponse {
    pub(super) time: Duration,
    pub(super) method: Method,
    /// Start of its run.
    pub(super) when: SystemTime,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Change {
    /// End of the run that found it.
    pub(super) when: SystemTime,
    pub(super) from: (State, Diagnosis),
    pub(super) to: (State, Diagnosis),
    /// The endpoint's own line.
    pub(super) summary: String,
}

impl History {
    /// Records a run that was over at `at`, and returns the changes since the last one.
    pub(super) fn record(&mut self, report: &Report, at: Duration) -> Vec<Change> {
        self.runs += 1;
        self.overall.enter(report.state, at);
        // Also of those that this run did not probe: their clocks stop here.
        for endpoint in self.endpoints.values_mut() {
            endpoint.states.pass(at);
        }
        self.suspend_absent(report);
        let mut changes = Vec::new();
        for (order, verdict) in report.endpoints.iter().enumerate() {
            let endpoint = self.endpoints.entry(verdict.endpoint.clone()).or_default();
            endpoint.order = order;
            changes.extend(endpoint.record(verdict, report, at));
        }
        self.changes += changes.len() as u64;
        changes
    }

    /// Counts the time up to `at`.
    pub(super) fn pass(&mut self, at: Duration) {
        self.overall.pass(at);
        for endpoint in self.endpoints.values_mut() {
            endpoint.states.pass(at);
        }
    }

    pub(super) fn endpoint(&self, name: &str) -> Option<&EndpointHistory> {
        self.endpoints.get(name)
    }

    pub(super) fn endpoints(&self) -> Vec<(&str, &EndpointHistory)> {
        let mut endpoints: Vec<_> =
            self.endpoints.iter().map(|(name, endpoint)| (name.as_str(), endpoint)).collect();
        endpoints.sort_by_key(|(name, endpoint)| (endpoint.order, *name));
        endpoints
    }

    /// Stops the clocks of endpoints that the run did not probe, and forgets the oldest of too many.
    fn suspend_absent(&mut self, report: &Report) {
        let probed: HashSet<&str> =
            report.endpoints.iter().map(|verdict| verdict.endpoint.as_str()).collect();
        let mut absent = Vec::new();
        for (name, endpoint) in &mut self.endpoints {
            if !probed.contains(name.as_str()) {
                endpoint.states.counted_to = None;
                absent.push((endpoint.states.current.map(|(_, since)| since), name.clone()));
            }
        }
        absent.sort_unstable();
        for (_, name) in absent.iter().take(absent.len().saturating_sub(MAX_FORMER)) {
            self.endpoints.remove(name);
        }
    }
}

impl StateClock {
    /// Records the state found at `at`.
    pub(super) fn enter(&mut self, state: State, at: Duration) {
        self.pass(at);
        self.counted_to = Some(at);
        if self.state() != Some(state) {
            self.changes += u64::from(self.current.is_some());
            self.current = Some((state, at));
        }
    }

    pub(super) fn pass(&mut self, at: Duration) {
        if let (Some(counted_to), Some((state, _))) = (&mut self.counted_to, self.current) {
            *self.spent.entry(state).or_default() += at.saturating_sub(*counted_to);
            *counted_to = at;
        }
    }

    pub(super) fn state(&self) -> Option<State> {
        self.current.map(|(state, _)| state)
    }

    pub(super) fn time_in_state(&self, at: Duration) -> Duration {
        self.current.map_or(Duration::ZERO, |(_, since)| at.saturating_sub(since))
    }

    /// Time in each state, the best first.
    pub(super) fn spent(&self) -> Vec<(State, Duration)> {
        let best_first = State::worst_first().into_iter().rev();
        best_first.filter_map(|state| Some((state, *self.spent.get(&state)?))).collect()
    }

    pub(super) fn is_always_ok(&self) -> bool {
        self.state() == Some(State::Ok) && self.changes == 0
    }
}

impl EndpointHistory {
    fn record(&mut self, verdict: &Verdict, report: &Report, at: Duration) -> Option<Change> {
        let from = self.states.state().zip(self.diagnosis);
        let to = (verdict.state, verdict.diagnosis);
        let when = report.over_at();
        let summary = || summary::of_endpoint(verdict).text;
        self.remember(verdict, report.started_at);
        self.states.enter(verdict.state, at);
        self.diagnosis = Some(verdict.diagnosis);
        if verdict.state != State::Ok {
            self.last_failure = Some((when, summary()));
        }
        let from = from.filter(|from| *from != to)?;
        self.changes += 1;
        Some(Change { when, from, to, summary: summary() })
    }

    fn remember(&mut self, verdict: &Verdict, when: SystemTime) {
        let mut time = Duration::ZERO;
        for judged in verdict.sent() {
            time = time.max(judged.elapsed);
            let complete = judged.completion.full().is_some();
            if complete && self.slowest.is_none_or(|slowest| slowest.time < judged.elapsed) {
                self.slowest = Some(SlowestResponse { time: judged.elapsed, method: judged.method, when });
            }
        }
        if self.recent.len() == MAX_RECENT {
            self.recent.pop_front();
        }
        self.recent.push_back((verdict.state, time));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    const SECOND: Duration = Duration::from_secs(1);

    fn spent(states: &StateClock) -> Vec<(State, u64)> {
        states.spent().into_iter().map(|(state, time)| (state, time.as_secs())).collect()
    }

    #[test]
    fn outage() {
        let mut history = History::default();
        let good = fixture::report(vec![fixture::healthy("a:8777")]);
        let bad = fixture::report(vec![fixture::backend_down("a:8777")]);
        assert_eq!(history.record(&good, SECOND), [], "the first state is no change");
        assert_eq!(history.record(&good, 2 * SECOND), []);
        let change = Change {
            when: bad.over_at(),
            from: (State::Ok, Diagnosis::Healthy),
            to: (State::Critical, Diagnosis::BackendDown),
            summary: summary::of_endpoint(&bad.endpoints[0]).text,
        };
        assert_eq!(history.record(&bad, 3 * SECOND), [change]);
        assert_eq!(history.record(&bad, 8 * SECOND), []);
        assert_eq!(history.record(&good, 9 * SECOND).len(), 1);
        history.pass(10 * SECOND);
        let endpoint = history.endpoint("a:8777").unwrap();
        assert_eq!(spent(&endpoint.states), [(State::Ok, 3), (State::Critical, 6)]);
        assert_eq!((endpoint.changes, history.changes, history.runs), (2, 2, 5));
        assert_eq!(endpoint.states.time_in_state(12 * SECOND), 3 * SECOND);
        let slowest = endpoint.slowest.unwrap();
        assert_eq!((slowest.method, slowest.time), (Method::Get, Duration::from_micros(12_345)));
        let failure = (bad.over_at(), summary::of_endpoint(&bad.endpoints[0]).text);
        assert_eq!(endpoint.last_failure, Some(failure));
        assert_eq!(spent(&history.overall), spent(&endpoint.states));
    }

    #[test]
    fn change_of_diagnosis() {
        let mut history = History::default();
        history.record(&fixture::report(vec![fixture::unreachable("a:8777")]), SECOND);
        let changes = history.record(&fixture::report(vec![fixture::backend_down("a:8777")]), 2 * SECOND);
        let critical = |diagnosis| (State::Critical, diagnosis);
        assert_eq!(
            changes.into_iter().map(|change| (change.from, change.to)).collect::<Vec<_>>(),
            [(critical(Diagnosis::Unreachable), critical(Diagnosis::BackendDown))]
        );
        let endpoint = history.endpoint("a:8777").unwrap();
        assert_eq!((endpoint.changes, endpoint.states.changes), (1, 0));
    }

    #[test]
    fn bounded_memory() {
        let mut history = History::default();
        for run in 0..1_000_u32 {
            let passing = format!("host{run}:8777");
            let endpoints = vec![fixture::healthy("a:8777"), fixture::healthy(&passing)];
            history.record(&fixture::report(endpoints), run * SECOND);
        }
        assert_eq!(history.endpoint("a:8777").unwrap().recent.len(), MAX_RECENT);
        assert_eq!(history.endpoints().len(), 2 + MAX_FORMER);
        assert!(history.endpoint("host998:8777").is_some(), "the oldest is forgotten first");
    }

    #[test]
    fn absent_endpoint() {
        let mut history = History::default();
        history.record(&fixture::report(vec![fixture::healthy("a:8777")]), SECOND);
        history.record(&fixture::unable("no descriptors"), 3 * SECOND);
        history.record(&fixture::report(vec![fixture::healthy("a:8777")]), 10 * SECOND);
        history.pass(11 * SECOND);
        assert_eq!(spent(&history.endpoint("a:8777").unwrap().states), [(State::Ok, 3)]);
        assert_eq!(spent(&history.overall), [(State::Ok, 3), (State::Unknown, 7)]);
    }
}

//! What a watch remembers of its runs; bounded, however long it lasts.
//!
//! The clock is a parameter: a [`Duration`] since the watch began.

use std::collections::{HashMap, HashSet, VecDeque};
use std::time::{Duration, SystemTime};

use crate::model::exchange::Method;
use crate::model::state::State;
use crate::report::Report;
use crate::verdict::Verdict;

/// How many of an endpoint's runs are remembered one by one: more than a sparkline has columns.
pub(super) const RECENT: usize = 120;

/// How many endpoints that are no longer there are remembered: under `--all-addresses` a name's addresses may
/// change for ever.
const GONE: usize = 100;

/// What was seen so far.
#[derive(Debug, Default)]
pub(super) struct History {
    /// How many runs are over.
    pub(super) runs: u64,
    /// How often an endpoint changed its state.
    pub(super) changes: u64,
    /// The state of the whole.
    pub(super) overall: StateClock,
    tracks: HashMap<String, EndpointHistory>,
}

/// In which state something was, for how long.
#[derive(Debug, Default)]
pub(super) struct StateClock {
    /// The state, once one is known, and since when it lasts.
    current: Option<(State, Duration)>,
    /// Until when the time is accounted for; `None` while the thing is not there.
    accounted: Option<Duration>,
    spent: HashMap<State, Duration>,
    /// How often the state changed.
    pub(super) changes: u64,
}

/// An endpoint's past.
#[derive(Debug, Default)]
pub(super) struct EndpointHistory {
    /// Its place among the endpoints.
    order: usize,
    /// Its states.
    pub(super) ledger: StateClock,
    /// Its last runs, the latest last.
    pub(super) recent: VecDeque<RunSample>,
    /// Its slowest complete answer.
    pub(super) slowest: Option<SlowestAnswer>,
}

/// One run of an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RunSample {
    /// The state.
    pub(super) state: State,
    /// The time of the slowest request.
    pub(super) time: Duration,
}

/// An answer that no other was slower than.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SlowestAnswer {
    /// How long it took.
    pub(super) time: Duration,
    /// To which request.
    pub(super) method: Method,
    /// In the run that began then.
    pub(super) when: SystemTime,
}

/// A change of an endpoint's state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct StateChange {
    /// When the run that saw it was over.
    pub(super) when: SystemTime,
    /// The endpoint.
    pub(super) endpoint: String,
    /// The state before.
    pub(super) from: State,
    /// The state now.
    pub(super) to: State,
    /// The diagnosis now, and what it rests on.
    pub(super) why: String,
}

impl History {
    /// Takes in a run that was over at `at`; the changes of state that it showed.
    pub(super) fn record(&mut self, report: &Report, at: Duration) -> Vec<StateChange> {
        self.runs += 1;
        self.overall.enter(report.state, at);
        for track in self.tracks.values_mut() {
            track.ledger.pass(at);
        }
        self.suspend(report);
        let when = report.over_at();
        let mut changes = Vec::new();
        for (order, verdict) in report.endpoints.iter().enumerate() {
            let track = self.tracks.entry(verdict.endpoint.clone()).or_default();
            track.order = order;
            track.remember(verdict, report.started_at);
            if let Some(from) = track.ledger.enter(verdict.state, at) {
                changes.push(StateChange::of(verdict, from, when));
            }
        }
        self.changes += changes.len() as u64;
        changes
    }

    /// Accounts for the time up to `at`.
    pub(super) fn pass(&mut self, at: Duration) {
        self.overall.pass(at);
        for track in self.tracks.values_mut() {
            track.ledger.pass(at);
        }
    }

    /// The endpoint's past, if it has one.
    pub(super) fn track(&self, endpoint: &str) -> Option<&EndpointHistory> {
        self.tracks.get(endpoint)
    }

    /// All endpoints with their past, in the order in which they were given.
    pub(super) fn tracks(&self) -> Vec<(&str, &EndpointHistory)> {
        let mut tracks: Vec<_> = self.tracks.iter().map(|(name, track)| (name.as_str(), track)).collect();
        tracks.sort_by_key(|(name, track)| (track.order, *name));
        tracks
    }

    /// No time is accounted for endpoints that the run did not ask; of those, few are remembered.
    fn suspend(&mut self, report: &Report) {
        let asked: HashSet<&str> = report.endpoints.iter().map(|verdict| verdict.endpoint.as_str()).collect();
        let mut absent = Vec::new();
        for (name, track) in &mut self.tracks {
            if !asked.contains(name.as_str()) {
                track.ledger.accounted = None;
                absent.push((track.ledger.current.map(|(_, since)| since), name.clone()));
            }
        }
        absent.sort_unstable();
        for (_, name) in absent.iter().take(absent.len().saturating_sub(GONE)) {
            self.tracks.remove(name);
        }
    }
}

impl StateClock {
    /// Takes in the state that was found at `at`; the state that it left, if it did.
    fn enter(&mut self, state: State, at: Duration) -> Option<State> {
        self.pass(at);
        self.accounted = Some(at);
        let left = self.current.map(|(state, _)| state).filter(|left| *left != state);
        if self.current.is_none() || left.is_some() {
            self.current = Some((state, at));
        }
        self.changes += u64::from(left.is_some());
        left
    }

    fn pass(&mut self, at: Duration) {
        if let (Some(accounted), Some((state, _))) = (&mut self.accounted, self.current) {
            *self.spent.entry(state).or_default() += at.saturating_sub(*accounted);
            *accounted = at;
        }
    }

    /// The state, once one is known.
    pub(super) fn state(&self) -> Option<State> {
        self.current.map(|(state, _)| state)
    }

    /// For how long it has been in its state.
    pub(super) fn lasts(&self, at: Duration) -> Duration {
        self.current.map_or(Duration::ZERO, |(_, since)| at.saturating_sub(since))
    }

    /// The states it was in, the best first, with the time in each.
    pub(super) fn spent(&self) -> Vec<(State, Duration)> {
        let best_first = State::worst_first().into_iter().rev();
        best_first.filter_map(|state| Some((state, *self.spent.get(&state)?))).collect()
    }

    /// Whether it was OK all the time.
    pub(super) fn is_spotless(&self) -> bool {
        self.state() == Some(State::Ok) && self.changes == 0
    }
}

impl EndpointHistory {
    fn remember(&mut self, verdict: &Verdict, when: SystemTime) {
        let mut time = Duration::ZERO;
        for (method, judged) in verdict.made() {
            time = time.max(judged.elapsed);
            let answered = judged.completion.full().is_some();
            if answered && self.slowest.is_none_or(|slowest| slowest.time < judged.elapsed) {
                self.slowest = Some(SlowestAnswer { time: judged.elapsed, method, when });
            }
        }
        if self.recent.len() == RECENT {
            self.recent.pop_front();
        }
        self.recent.push_back(RunSample { state: verdict.state, time });
    }
}

impl StateChange {
    fn of(verdict: &Verdict, from: State, when: SystemTime) -> StateChange {
        let why = format!("{}: {}", verdict.diagnosis, verdict.evidence);
        StateChange { when, endpoint: verdict.endpoint.clone(), from, to: verdict.state, why }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    const SECOND: Duration = Duration::from_secs(1);

    fn spent(ledger: &StateClock) -> Vec<(State, u64)> {
        ledger.spent().into_iter().map(|(state, time)| (state, time.as_secs())).collect()
    }

    #[test]
    fn an_outage_is_seen_timed_and_accounted_for() {
        let mut history = History::default();
        let good = fixture::report(vec![fixture::healthy("a:8777")]);
        let bad = fixture::report(vec![fixture::backend_down("a:8777")]);
        assert_eq!(history.record(&good, SECOND), [], "the first state is no change");
        assert_eq!(history.record(&good, 2 * SECOND), []);
        let change = StateChange {
            when: bad.started_at + bad.elapsed,
            endpoint: "a:8777".into(),
            from: State::Ok,
            to: State::Critical,
            why: "backend-down: GET 503".into(),
        };
        assert_eq!(history.record(&bad, 3 * SECOND), [change]);
        assert_eq!(history.record(&bad, 8 * SECOND), []);
        assert_eq!(history.record(&good, 9 * SECOND).len(), 1);
        history.pass(10 * SECOND);
        let track = history.track("a:8777").unwrap();
        assert_eq!(spent(&track.ledger), [(State::Ok, 3), (State::Critical, 6)]);
        assert_eq!((track.ledger.changes, history.changes, history.runs), (2, 2, 5));
        assert_eq!(track.ledger.lasts(12 * SECOND), 3 * SECOND);
        let slowest = track.slowest.unwrap();
        assert_eq!((slowest.method, slowest.time), (Method::Get, Duration::from_micros(12_345)));
        assert_eq!(spent(&history.overall), spent(&track.ledger));
    }

    #[test]
    fn what_never_ends_takes_no_more_memory() {
        let mut history = History::default();
        for run in 0..1_000_u32 {
            let passing = format!("192.0.2.{run}:8777");
            let endpoints = vec![fixture::healthy("a:8777"), fixture::healthy(&passing)];
            history.record(&fixture::report(endpoints), run * SECOND);
        }
        assert_eq!(history.track("a:8777").unwrap().recent.len(), RECENT);
        assert_eq!(history.tracks().len(), 2 + GONE, "those that are there, and some that are gone");
        assert!(history.track("192.0.2.998:8777").is_some(), "the oldest is forgotten first");
    }

    #[test]
    fn nothing_is_accounted_while_an_endpoint_is_not_asked() {
        let mut history = History::default();
        history.record(&fixture::report(vec![fixture::healthy("a:8777")]), SECOND);
        history.record(&fixture::unable("no descriptors"), 3 * SECOND);
        history.record(&fixture::report(vec![fixture::healthy("a:8777")]), 10 * SECOND);
        history.pass(11 * SECOND);
        assert_eq!(spent(&history.track("a:8777").unwrap().ledger), [(State::Ok, 3)]);
        assert_eq!(spent(&history.overall), [(State::Ok, 3), (State::Unknown, 7)]);
    }
}

//! The end of a watch: time in each state, changes, slowest responses, last failures.

use std::time::Duration;

use super::history::{EndpointHistory, History, SlowestResponse, StateClock};
use crate::model::state::State;
use crate::report::{MAX_ENDPOINTS_LISTED, Report, wording};
use crate::terminal::layout::{MARGIN, MAX_PROSE, wrap, wrap_indented};
use crate::terminal::style::Palette;
use crate::units::{self, plural};

pub(super) struct WatchSummary<'a> {
    pub(super) history: &'a History,
    pub(super) latest: &'a Report,
    pub(super) at: Duration,
    pub(super) columns: usize,
    pub(super) palette: Palette,
}

impl WatchSummary<'_> {
    /// Renders the summary. Among many endpoints, those that were always OK are only counted.
    pub(super) fn lines(&self) -> Vec<String> {
        let endpoints = self.history.endpoints();
        let mut paragraphs = vec![wrap(&self.headline(endpoints.len()), self.columns())];
        let overall = &self.history.overall;
        // A run without endpoints has failed as a whole, as at its login.
        let together =
            if endpoints.is_empty() { &self.latest.summary.text } else { wording::run::ALL_TOGETHER };
        if endpoints.len() != 1 {
            paragraphs.push(self.entry(together, overall, &[times(overall)]));
        }
        let many = endpoints.len() > MAX_ENDPOINTS_LISTED;
        let (always_ok, others): (Vec<_>, Vec<_>) =
            endpoints.into_iter().partition(|(_, endpoint)| many && endpoint.states.is_always_ok());
        paragraphs.extend(
            others.into_iter().map(|(name, endpoint)| self.entry(name, &endpoint.states, &facts(endpoint))),
        );
        if !always_ok.is_empty() {
            paragraphs.push(wrap(&count(&always_ok), self.columns()));
        }
        paragraphs.join(&String::new())
    }

    fn headline(&self, endpoints: usize) -> String {
        let History { runs, changes, .. } = *self.history;
        self.latest.with_marks(&wording::run::watched(self.at, endpoints, runs, changes))
    }

    /// State and name, and below it the facts, whose further lines are indented deeper than their labels.
    fn entry(&self, name: &str, states: &StateClock, facts: &[String]) -> Vec<String> {
        let margin = self.palette.margin(states.state().unwrap_or(State::Unknown));
        let indent = " ".repeat(MARGIN);
        let mut lines = wrap_indented(&margin, &indent, &self.palette.bold(name), self.columns());
        for fact in facts {
            lines.extend(wrap_indented(&indent, &format!("{indent}  "), fact, self.columns()));
        }
        lines
    }

    /// One column stays free: a terminal breaks a line that reaches its edge.
    fn columns(&self) -> usize {
        self.columns.saturating_sub(1).clamp(2 * MARGIN, MAX_PROSE)
    }
}

fn facts(endpoint: &EndpointHistory) -> Vec<String> {
    let times = format!("{}; {}", times(&endpoint.states), plural(endpoint.changes, "change"));
    let slowest = endpoint.slowest.map(|slowest| wording::run::slowest(&describe(slowest)));
    let failure =
        endpoint.last_failure.as_ref().map(|(when, summary)| wording::run::last_failure(*when, summary));
    [Some(times), slowest, failure].into_iter().flatten().collect()
}

fn count(always_ok: &[(&str, &EndpointHistory)]) -> String {
    let responses = always_ok.iter().filter_map(|(name, endpoint)| Some((name, endpoint.slowest?)));
    let slowest = responses.max_by_key(|(_, slowest)| slowest.time);
    wording::run::always_healthy(always_ok.len(), slowest.map(|(name, slowest)| (describe(slowest), *name)))
}

fn describe(SlowestResponse { time, method, when }: SlowestResponse) -> String {
    wording::run::slow_request_at(method, time, when)
}

fn times(states: &StateClock) -> String {
    let spent = states.spent();
    let total = spent.iter().map(|(_, time)| *time).sum::<Duration>().as_secs_f64().max(f64::MIN_POSITIVE);
    let mut before = Duration::ZERO;
    let shares = spent.iter().map(|(state, time)| {
        // Rounds the running sums, not the parts, so that the parts add up.
        let seconds = (before + *time).as_secs() - before.as_secs();
        before += *time;
        let shown = if time.as_secs() == 0 { *time } else { Duration::from_secs(seconds) };
        format!("{state} {} ({:.1}%)", units::format_span(shown), 100.0 * time.as_secs_f64() / total)
    });
    shares.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;
    use crate::verdict::Verdict;
    use expect_test::expect;

    const SECOND: Duration = Duration::from_secs(1);

    fn shown(runs: &[Report], columns: usize) -> String {
        let mut history = History::default();
        for (run, at) in runs.iter().zip(1_u32..) {
            history.record(run, at * SECOND);
        }
        let at = Duration::from_millis(500) + SECOND * u32::try_from(runs.len()).unwrap();
        history.pass(at);
        let latest = runs.last().unwrap();
        let summary = WatchSummary { history: &history, latest, at, columns, palette: Palette::new(false) };
        summary.lines().join("\n") + "\n"
    }

    fn run(endpoints: &[Verdict]) -> Report {
        fixture::report(endpoints.to_vec())
    }

    #[test]
    fn outage_of_one_endpoint() {
        let (good, bad) = (run(&[fixture::healthy("a:8777")]), run(&[fixture::backend_down("a:8777")]));
        let mut runs = vec![good.clone(); 50];
        runs.extend(vec![bad; 100]);
        runs.push(good);
        expect![[r#"
            Watched for 2 min 31 s: 1 endpoint, 151 runs, 2 changes.

            OK        a:8777
                      OK 50 s (33.6%), CRITICAL 1 min 40 s (66.4%); 2 changes
                      slowest answer: GET in 12.3 ms at 2026-11-07T06:40:00Z
                      last failure: 2026-11-07T06:40:00Z, backend-down: GET 503 from
                        a:8777: "database|unreachable"
        "#]]
        .assert_eq(&shown(&runs, 80));
    }

    #[test]
    fn parts_of_the_time() {
        let mut clock = StateClock::default();
        let times_at = |clock: &mut StateClock, changes: &[(State, u64)], end| {
            for (state, at) in changes {
                clock.enter(*state, Duration::from_millis(*at));
            }
            clock.pass(Duration::from_millis(end));
            times(clock)
        };
        let changes = [(State::Ok, 10), (State::Warning, 1_610), (State::Critical, 3_210)];
        let shown = times_at(&mut clock, &changes, 5_010);
        assert_eq!(shown, "OK 1 s (32.0%), WARNING 2 s (32.0%), CRITICAL 2 s (36.0%)");
    }

    #[test]
    fn several_endpoints_on_a_narrow_terminal() {
        let healthy = fixture::healthy("metering-1.example.com:8777");
        let runs = [
            run(&[healthy.clone(), fixture::expiring("https://metering-2.example.com:443")]),
            run(&[healthy, fixture::unreachable("https://metering-2.example.com:443")]),
        ];
        expect![[r#"
            Watched for 2 s: 2 endpoints, 2 runs, 1
            change.

            CRITICAL  All together
                      WARNING 1 s (66.7%), CRITICAL
                        500 ms (33.3%)

            OK        metering-1.example.com:8777
                      OK 1 s (100.0%); 0 changes
                      slowest answer: GET in 3.46
                        ms at 2026-11-07T06:40:00Z

            CRITICAL  https://metering-2.example.co
                      m:443
                      WARNING 1 s (66.7%), CRITICAL
                        500 ms (33.3%); 1 change
                      slowest answer: GET in 5.68
                        ms at 2026-11-07T06:40:00Z
                      last failure:
                        2026-11-07T06:40:00Z,
                        unreachable: connection
                        refused by
                        https://metering-2.example.
                        com:443 after 1 retry
        "#]]
        .assert_eq(&shown(&runs, 40));
    }

    #[test]
    fn wrapped_mark() {
        let run = Report { unverified: true, ..run(&[fixture::healthy("a:8777")]) };
        expect![[r#"
            Watched for 1 s: 1 endpoint, 1 run, 0
            changes. (certificate not verified)

            OK        a:8777
                      OK 500 ms (100.0%); 0 changes
                      slowest answer: GET in 3.46
                        ms at 2026-11-07T06:40:00Z
        "#]]
        .assert_eq(&shown(&[run], 40));
    }

    #[test]
    fn three_hundred_endpoints() {
        let healthy = |n| fixture::healthy(&format!("metering-{n}.example.com:8777"));
        let endpoints: Vec<Verdict> = (1..=300).map(healthy).collect();
        let mut failing = endpoints.clone();
        failing[17] = fixture::backend_down("metering-18.example.com:8777");
        expect![[r#"
            Watched for 3 s: 300 endpoints, 3 runs, 2 changes.

            OK        All together
                      OK 1 s (60.0%), CRITICAL 1 s (40.0%)

            OK        metering-18.example.com:8777
                      OK 1 s (60.0%), CRITICAL 1 s (40.0%); 2 changes
                      slowest answer: GET in 12.3 ms at 2026-11-07T06:40:00Z
                      last failure: 2026-11-07T06:40:00Z, backend-down: GET 503 from
                        metering-18.example.com:8777: "database|unreachable"

            299 endpoints always OK; the slowest answer: GET in 3.46 ms at
            2026-11-07T06:40:00Z by metering-300.example.com:8777.
        "#]]
        .assert_eq(&shown(&[run(&endpoints), run(&failing), run(&endpoints)], 80));
    }
}

//! The end of a watch: how long in which state, how many changes, the slowest answers.

use std::time::Duration;

use super::history::{EndpointHistory, History, SlowestAnswer, StateClock};
use crate::model::state::State;
use crate::report::{MANY, Report};
use crate::terminal::layout::{MARGIN, prefix_lines, wrap};
use crate::terminal::style::Palette;
use crate::units::{self, plural};

/// What was seen, how long, and where it is told.
pub(super) struct Summary<'a> {
    pub(super) history: &'a History,
    /// The last run that was over.
    pub(super) latest: &'a Report,
    /// The time since the watch began.
    pub(super) at: Duration,
    pub(super) columns: usize,
    pub(super) palette: Palette,
}

impl Summary<'_> {
    /// The summary's lines, with the marks that every output bears. Of many endpoints, those that were OK all
    /// the time are only counted.
    pub(super) fn lines(&self) -> Vec<String> {
        let tracks = self.history.tracks();
        let mut paragraphs = vec![self.wrap(&self.headline(tracks.len()))];
        if tracks.len() > 1 {
            paragraphs.push(self.entry("All together", &self.history.overall, None));
        }
        let many = tracks.len() > MANY;
        let (spotless, others): (Vec<_>, Vec<_>) =
            tracks.into_iter().partition(|(_, track)| many && track.ledger.is_spotless());
        let entry =
            |(name, track): (&str, &EndpointHistory)| self.entry(name, &track.ledger, track.slowest.as_ref());
        paragraphs.extend(others.into_iter().map(entry));
        if !spotless.is_empty() {
            paragraphs.push(self.wrap(&counted(&spotless)));
        }
        paragraphs.join(&String::new())
    }

    fn headline(&self, endpoints: usize) -> String {
        let endpoints = plural(endpoints as u64, "endpoint");
        let runs = plural(self.history.runs, "run");
        let changes = plural(self.history.changes, "change of state");
        let watched = units::format_span(self.at);
        self.latest.with_marks(&format!("Watched for {watched}: {endpoints}, {runs}, {changes}."))
    }

    /// State and name, and indented below what there was.
    fn entry(&self, name: &str, ledger: &StateClock, slowest: Option<&SlowestAnswer>) -> Vec<String> {
        let title = self.beside(name).into_iter().map(|line| self.palette.bold(&line));
        let times = format!("{}; {}", times(ledger), plural(ledger.changes, "change of state"));
        let slowest = slowest.map(|slowest| format!("slowest answer: {}", answer(slowest)));
        let facts = [times].into_iter().chain(slowest).flat_map(|fact| self.beside(&fact));
        let margin = self.palette.margin(ledger.state().unwrap_or(State::Unknown));
        prefix_lines(&margin, title.chain(facts))
    }

    fn wrap(&self, text: &str) -> Vec<String> {
        wrap(text, self.columns.max(2 * MARGIN))
    }

    /// The lines of a text beside the column of the states.
    fn beside(&self, text: &str) -> Vec<String> {
        wrap(text, self.columns.max(2 * MARGIN) - MARGIN)
    }
}

/// Those that were OK all the time.
fn counted(spotless: &[(&str, &EndpointHistory)]) -> String {
    let answers = spotless.iter().filter_map(|(name, track)| Some((name, track.slowest?)));
    let slowest = answers.max_by_key(|(_, slowest)| slowest.time);
    let slowest =
        slowest.map(|(name, slowest)| format!("; the slowest answer: {} by {name}", answer(&slowest)));
    format!("{} OK all the time{}.", plural(spotless.len() as u64, "endpoint"), slowest.unwrap_or_default())
}

fn answer(slowest: &SlowestAnswer) -> String {
    let SlowestAnswer { time, method, when } = slowest;
    format!("{} in {} at {}", method.name(), units::format_duration(*time), units::format_timestamp(*when))
}

/// The time in each state and its share.
fn times(ledger: &StateClock) -> String {
    let spent = ledger.spent();
    let whole: Duration = spent.iter().map(|(_, time)| *time).sum();
    let whole = whole.as_secs_f64().max(f64::MIN_POSITIVE);
    let one = |(state, time): &(State, Duration)| {
        format!("{state} {} ({:.1} %)", units::format_span(*time), 100.0 * time.as_secs_f64() / whole)
    };
    spent.iter().map(one).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;
    use crate::verdict::Verdict;
    use expect_test::{Expect, expect};

    const SECOND: Duration = Duration::from_secs(1);

    fn check(runs: &[Report], columns: usize, expected: &Expect) {
        let mut history = History::default();
        for (run, at) in runs.iter().zip(1_u32..) {
            history.record(run, at * SECOND);
        }
        let at = Duration::from_millis(500) + SECOND * u32::try_from(runs.len()).unwrap();
        history.pass(at);
        let latest = runs.last().unwrap();
        let summary = Summary { history: &history, latest, at, columns, palette: Palette::new(false) };
        expected.assert_eq(&(summary.lines().join("\n") + "\n"));
    }

    fn run(endpoints: &[Verdict]) -> Report {
        fixture::report(endpoints.to_vec())
    }

    #[test]
    fn an_outage_of_one_endpoint() {
        let (good, bad) = (run(&[fixture::healthy("a:8777")]), run(&[fixture::backend_down("a:8777")]));
        let mut runs = vec![good.clone(); 50];
        runs.extend(vec![bad; 100]);
        runs.push(good);
        check(
            &runs,
            80,
            &expect![[r#"
                Watched for 2m 31s: 1 endpoint, 151 runs, 2 changes of state.

                OK        a:8777
                          OK 50s (33.6 %), CRITICAL 1m 40s (66.4 %); 2 changes of state
                          slowest answer: GET in 12.3 ms at 2026-11-07T06:40:00Z
            "#]],
        );
    }

    #[test]
    fn several_on_a_narrow_terminal() {
        let healthy = fixture::healthy("metering-1.example.com:8777");
        let runs = [
            run(&[healthy.clone(), fixture::expiring("https://metering-2.example.com:443")]),
            run(&[healthy, fixture::unreachable("https://metering-2.example.com:443")]),
        ];
        check(
            &runs,
            40,
            &expect![[r#"
                Watched for 2s: 2 endpoints, 2 runs, 1
                change of state.

                CRITICAL  All together
                          WARNING 1s (66.7 %), CRITICAL
                          500 ms (33.3 %); 1 change of
                          state

                OK        metering-1.example.com:8777
                          OK 1s (100.0 %); 0 changes of
                          state
                          slowest answer: GET in 3.46 ms
                          at 2026-11-07T06:40:00Z

                CRITICAL  https://metering-2.example.com
                          :443
                          WARNING 1s (66.7 %), CRITICAL
                          500 ms (33.3 %); 1 change of
                          state
                          slowest answer: GET in 5.68 ms
                          at 2026-11-07T06:40:00Z
            "#]],
        );
    }

    #[test]
    fn a_mark_is_broken_as_the_words_are() {
        let run = Report { unverified: true, ..run(&[fixture::healthy("a:8777")]) };
        check(
            &[run],
            40,
            &expect![[r#"
                Watched for 1s: 1 endpoint, 1 run, 0
                changes of state. (certificate not
                verified)

                OK        a:8777
                          OK 500 ms (100.0 %); 0 changes
                          of state
                          slowest answer: GET in 3.46 ms
                          at 2026-11-07T06:40:00Z
            "#]],
        );
    }

    #[test]
    fn of_many_only_those_that_failed() {
        let healthy = |n| fixture::healthy(&format!("metering-{n}.example.com:8777"));
        let endpoints: Vec<Verdict> = (1..=300).map(healthy).collect();
        let mut failing = endpoints.clone();
        failing[17] = fixture::backend_down("metering-18.example.com:8777");
        check(
            &[run(&endpoints), run(&failing), run(&endpoints)],
            80,
            &expect![[r#"
                Watched for 3s: 300 endpoints, 3 runs, 2 changes of state.

                OK        All together
                          OK 1s (60.0 %), CRITICAL 1s (40.0 %); 2 changes of state

                OK        metering-18.example.com:8777
                          OK 1s (60.0 %), CRITICAL 1s (40.0 %); 2 changes of state
                          slowest answer: GET in 12.3 ms at 2026-11-07T06:40:00Z

                299 endpoints OK all the time; the slowest answer: GET in 3.46 ms at
                2026-11-07T06:40:00Z by metering-300.example.com:8777.
            "#]],
        );
    }
}

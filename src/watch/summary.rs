//! The end of a watch: how long in which state, how many changes, the slowest answers.

use std::time::Duration;

use super::history::{History, Ledger, Slowest, Track};
use crate::columns::{MARGIN, behind, wrapped};
use crate::palette::Palette;
use crate::quantity::{self, count};
use crate::report::MANY;
use crate::state::State;

/// Tells what was seen until `at`, in lines of at most so many columns.
///
/// Of many endpoints, those that were OK all the time are only counted.
pub(super) fn lines(history: &History, at: Duration, columns: usize, palette: Palette) -> Vec<String> {
    let page = Page { columns: columns.max(2 * MARGIN), palette };
    let tracks = history.tracks();
    let mut lines = wrapped(&headline(history, tracks.len(), at), page.columns);
    if tracks.len() > 1 {
        lines.push(String::new());
        lines.extend(page.entry("All together", &history.overall, None));
    }
    let (spotless, told): (Vec<_>, Vec<_>) =
        tracks.into_iter().partition(|(_, track)| many(history) && track.ledger.is_spotless());
    for (name, track) in told {
        lines.push(String::new());
        lines.extend(page.entry(name, &track.ledger, track.slowest.as_ref()));
    }
    if !spotless.is_empty() {
        lines.push(String::new());
        lines.extend(wrapped(&counted(&spotless), page.columns));
    }
    lines
}

fn many(history: &History) -> bool {
    history.tracks().len() > MANY
}

fn headline(history: &History, endpoints: usize, at: Duration) -> String {
    let runs = count(history.runs, "run");
    let changes = count(history.changes, "change of state");
    let endpoints = count(endpoints as u64, "endpoint");
    format!("Watched for {}: {endpoints}, {runs}, {changes}.", quantity::span(at))
}

fn counted(spotless: &[(&str, &Track)]) -> String {
    let slowest = spotless.iter().filter_map(|(name, track)| Some((name, track.slowest?)));
    let slowest = slowest.max_by_key(|(_, slowest)| slowest.time);
    let told = slowest.map(|(name, slowest)| format!("; the slowest answer: {} by {name}", answer(&slowest)));
    format!("{} OK all the time{}.", count(spotless.len() as u64, "endpoint"), told.unwrap_or_default())
}

fn answer(slowest: &Slowest) -> String {
    let Slowest { time, method, when } = slowest;
    format!("{} in {} at {}", method.name(), quantity::time(*time), quantity::moment(*when))
}

/// Where it is told.
struct Page {
    columns: usize,
    palette: Palette,
}

impl Page {
    /// State and name, and indented below what there was.
    fn entry(&self, name: &str, ledger: &Ledger, slowest: Option<&Slowest>) -> Vec<String> {
        let state = ledger.state().unwrap_or(State::Unknown);
        let room = self.columns - MARGIN;
        let titles = wrapped(name, room).into_iter().map(|title| self.palette.strong(&title));
        let facts = [
            format!("{}; {}", times(ledger), count(ledger.changes, "change of state")),
            slowest.map(|slowest| format!("slowest answer: {}", answer(slowest))).unwrap_or_default(),
        ];
        let facts = facts.iter().flat_map(|fact| wrapped(fact, room));
        behind(&self.palette.margin(state), titles.chain(facts))
    }
}

/// The time in each state and its share.
fn times(ledger: &Ledger) -> String {
    let spent = ledger.spent();
    let whole: Duration = spent.iter().map(|(_, time)| *time).sum();
    let whole = whole.as_secs_f64().max(f64::MIN_POSITIVE);
    let one = |(state, time): &(State, Duration)| {
        format!("{state} {} ({:.1} %)", quantity::span(*time), 100.0 * time.as_secs_f64() / whole)
    };
    spent.iter().map(one).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{Report, fixture};
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
        expected.assert_eq(&(lines(&history, at, columns, Palette::new(false)).join("\n") + "\n"));
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

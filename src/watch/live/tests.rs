use super::*;
use crate::report::fixture;
use crate::terminal::layout::display_width;
use crate::verdict::Verdict;
use expect_test::{Expect, expect};
use proptest::prelude::*;

const STATUS: &str = "Run 3 began at 2026-11-07T06:40:00Z, one every 1s. Ctrl-C ends the watch.";

/// The view after these runs, a second apart.
fn shown(runs: &[Report], columns: usize, rows: usize) -> Vec<String> {
    let mut history = History::default();
    for (run, at) in runs.iter().zip(1_u32..) {
        history.record(run, at * Duration::from_secs(1));
    }
    let view = LiveView {
        history: &history,
        report: runs.last(),
        status: STATUS,
        at: Duration::from_secs(75),
        size: Size { columns, rows },
        palette: Palette::new(false),
    };
    view.lines()
}

fn check(runs: &[Report], columns: usize, rows: usize, expected: &Expect) {
    expected.assert_eq(&(shown(runs, columns, rows).join("\n") + "\n"));
}

/// Three endpoints: one always well, one that fails in the second run, one that expires.
fn three() -> Vec<Report> {
    let others = [
        fixture::healthy("metering-1.example.com:8777"),
        fixture::expiring("https://metering-3.example.com:443"),
    ];
    let run = |changing: Verdict| fixture::report([vec![changing], others.to_vec()].concat());
    let name = "metering-2.example.com:8777";
    vec![run(fixture::healthy(name)), run(fixture::backend_down(name)), run(fixture::backend_down(name))]
}

fn many(failing: usize) -> Vec<Report> {
    let name = |n| format!("metering-{n}.example.com:8777");
    let good = (failing..300).map(|n| fixture::healthy(&name(n)));
    let bad = (0..failing).map(|n| fixture::unreachable(&name(n)));
    vec![fixture::report(good.chain(bad).collect())]
}

#[test]
fn before_the_first_run_is_over() {
    check(
        &[],
        80,
        24,
        &expect![[r#"
        Run 3 began at 2026-11-07T06:40:00Z, one every 1s. Ctrl-C ends the watch.
    "#]],
    );
}

#[test]
fn three_endpoints_in_three_states() {
    check(
        &three(),
        80,
        24,
        &expect![[r#"
            CEILOMETER CRITICAL for 1m 13s - backend-down (GET 503) at metering-2.example.…
            Run 3 began at 2026-11-07T06:40:00Z, one every 1s. Ctrl-C ends the watch.

            CRITICAL  metering-2.example.com:8777   backend-down          12.3 ms  █××
            WARNING   https://meteri…ample.com:443  certificate-expiring  5.68 ms  ███
            OK        metering-1.example.com:8777   healthy               3.46 ms  ███

            The API has been reached but the back-end connectivity is unavailable or
            compromised; the service cannot perform its operations.
            GET said: {"error": "database|unreachable"}
            → Verify that the API is up and running and that there is connectivity with the
              back-end.
        "#]],
    );
}

#[test]
fn a_wide_terminal_shows_more_runs() {
    check(
        &three(),
        140,
        24,
        &expect![[r#"
        CEILOMETER CRITICAL for 1m 13s - backend-down (GET 503) at metering-2.example.com:8777
        Run 3 began at 2026-11-07T06:40:00Z, one every 1s. Ctrl-C ends the watch.

        CRITICAL  metering-2.example.com:8777         backend-down          for 1m 13s  12.3 ms  █××
        WARNING   https://metering-3.example.com:443  certificate-expiring  for 1m 14s  5.68 ms  ███
        OK        metering-1.example.com:8777         healthy               for 1m 14s  3.46 ms  ███

        The API has been reached but the back-end connectivity is unavailable or compromised; the service cannot perform its operations.
        GET said: {"error": "database|unreachable"}
        → Verify that the API is up and running and that there is connectivity with the back-end.
    "#]],
    );
}

#[test]
fn a_narrow_terminal_shows_what_matters() {
    check(
        &three(),
        40,
        24,
        &expect![[r#"
        CEILOMETER CRITICAL for 1m 13s - backe…
        Run 3 began at 2026-11-07T06:40:00Z, o…

        CRITICAL  metering-….com:8777  █××
        WARNING   https://m…e.com:443  ███
        OK        metering-….com:8777  ███

        The API has been reached but the
        back-end connectivity is unavailable or
        compromised; the service cannot perform
        its operations.
        GET said: {"error":
        "database|unreachable"}
        → Verify that the API is up and running
          and that there is connectivity with
          the back-end.
    "#]],
    );
}

#[test]
fn a_low_terminal_shows_the_worst() {
    check(
        &three(),
        80,
        7,
        &expect![[r#"
            CEILOMETER CRITICAL for 1m 13s - backend-down (GET 503) at metering-2.example.…
            Run 3 began at 2026-11-07T06:40:00Z, one every 1s. Ctrl-C ends the watch.

            CRITICAL  metering-2.example.com:8777   backend-down          12.3 ms  █××
            WARNING   https://meteri…ample.com:443  certificate-expiring  5.68 ms  ███
            OK        metering-1.example.com:8777   healthy               3.46 ms  ███
        "#]],
    );
}

#[test]
fn of_many_the_failing_ones() {
    check(
        &many(2),
        80,
        24,
        &expect![[r#"
            CEILOMETER CRITICAL for 1m 14s - unreachable (HEAD refused) at metering-0.exam…
            Run 3 began at 2026-11-07T06:40:00Z, one every 1s. Ctrl-C ends the watch.

            CRITICAL  metering-0.example.com:8777  unreachable  0.32 ms  ×
            CRITICAL  metering-1.example.com:8777  unreachable  0.32 ms  ×
            and 298 OK

            Nobody listens there.
            HEAD refused while connecting: Connection refused by 192.0.2.7:8777
            → Verify that the Ceilometer Reporting API is up and running.
        "#]],
    );
}

#[test]
fn of_many_that_fail_as_many_as_fit() {
    check(
        &many(200),
        80,
        10,
        &expect![[r#"
            CEILOMETER CRITICAL for 1m 14s - unreachable (HEAD refused) at metering-0.exam…
            Run 3 began at 2026-11-07T06:40:00Z, one every 1s. Ctrl-C ends the watch.

            CRITICAL  metering-0.example.com:8777  unreachable  0.32 ms  ×
            CRITICAL  metering-1.example.com:8777  unreachable  0.32 ms  ×
            CRITICAL  metering-2.example.com:8777  unreachable  0.32 ms  ×
            CRITICAL  metering-3.example.com:8777  unreachable  0.32 ms  ×
            CRITICAL  metering-4.example.com:8777  unreachable  0.32 ms  ×
            and 195 CRITICAL, 100 OK
        "#]],
    );
}

#[test]
fn many_in_good_health() {
    check(
        &many(0),
        80,
        24,
        &expect![[r#"
        CEILOMETER OK for 1m 14s - healthy (GET 200) at metering-0.example.com:8777
        Run 3 began at 2026-11-07T06:40:00Z, one every 1s. Ctrl-C ends the watch.

        300 OK
    "#]],
    );
}

proptest! {
    #[test]
    fn the_view_never_outgrows_the_terminal(
        runs in proptest::collection::vec(fixture::any_report(), 1..4), columns in 1_usize..200, rows in 1_usize..40,
    ) {
        let lines = shown(&runs, columns, rows);
        prop_assert!(lines.len() < rows);
        // On the narrowest of terminals the state is still told.
        for line in &lines {
            prop_assert!(display_width(line) < columns.max(20), "{line:?}");
        }
    }
}

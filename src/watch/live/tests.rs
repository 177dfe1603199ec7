use super::*;
use crate::report::fixture;
use crate::terminal::layout::display_width;
use crate::verdict::Verdict;
use expect_test::expect;
use proptest::prelude::*;

const STATUS: &str = "Run 3 at 2026-11-07T06:40:00Z, every 1s. Ctrl-C to stop.";

/// The view after these runs, a second apart.
fn lines(runs: &[Report], columns: usize, rows: usize) -> Vec<String> {
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

fn shown(runs: &[Report], columns: usize, rows: usize) -> String {
    lines(runs, columns, rows).join("\n") + "\n"
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
fn first_run() {
    expect![[r#"
        Run 3 at 2026-11-07T06:40:00Z, every 1s. Ctrl-C to stop.
    "#]]
    .assert_eq(&shown(&[], 80, 24));
}

#[test]
fn three_endpoints_in_three_states() {
    expect![[r#"
        CRITICAL  for 1 min 13 s: 2 of 3 endpoints not OK (1 backend-down, 1
                  certificate-expiring); worst: backend-down: GET 503 from
                  metering-2.example.com:8777: "database|unreachable"
        Run 3 at 2026-11-07T06:40:00Z, every 1s. Ctrl-C to stop.

        CRITICAL  metering-2.example.com:8777   backend-down          12.3 ms  █××
        WARNING   https://meteri…ample.com:443  certificate-expiring  5.68 ms  ███
        OK        metering-1.example.com:8777   healthy               3.46 ms  ███

            the API has been reached but the back-end connectivity is unavailable or
            compromised; the service cannot perform its operations
          → verify that the API is up and running and that there is connectivity with
            the back-end
    "#]]
    .assert_eq(&shown(&three(), 80, 24));
}

#[test]
fn wide_terminal() {
    expect![[r#"
        CRITICAL  for 1 min 13 s: 2 of 3 endpoints not OK (1 backend-down, 1 certificate-expiring); worst:
                  backend-down: GET 503 from metering-2.example.com:8777: "database|unreachable"
        Run 3 at 2026-11-07T06:40:00Z, every 1s. Ctrl-C to stop.

        CRITICAL  metering-2.example.com:8777         backend-down          for 1 min 13 s  12.3 ms  █××
        WARNING   https://metering-3.example.com:443  certificate-expiring  for 1 min 14 s  5.68 ms  ███
        OK        metering-1.example.com:8777         healthy               for 1 min 14 s  3.46 ms  ███

            the API has been reached but the back-end connectivity is unavailable or compromised; the
            service cannot perform its operations
          → verify that the API is up and running and that there is connectivity with the back-end
    "#]]
    .assert_eq(&shown(&three(), 140, 24));
}

#[test]
fn narrow_terminal() {
    expect![[r#"
        CRITICAL  for 1 min 13 s: 2 of 3
                  endpoints not OK (1
                  backend-down, 1
                  certificate-expiring); worst:
                  backend-down: GET 503 from
                  metering-2.example.com:8777:
                  "database|unreachable"
        Run 3 at 2026-11-07T06:40:00Z, every 1…

        CRITICAL  metering-….com:8777  █××
        WARNING   https://m…e.com:443  ███
        OK        metering-….com:8777  ███

            the API has been reached but the
            back-end connectivity is
            unavailable or compromised; the
            service cannot perform its
            operations
          → verify that the API is up and
            running and that there is
            connectivity with the back-end
    "#]]
    .assert_eq(&shown(&three(), 40, 24));
}

#[test]
fn low_terminal() {
    expect![[r#"
        CRITICAL  for 1 min 13 s: 2 of 3 endpoints not OK (1 backend-down, 1 certifica…
        Run 3 at 2026-11-07T06:40:00Z, every 1s. Ctrl-C to stop.

        CRITICAL  metering-2.example.com:8777   backend-down          12.3 ms  █××
        WARNING   https://meteri…ample.com:443  certificate-expiring  5.68 ms  ███
        OK        metering-1.example.com:8777   healthy               3.46 ms  ███
    "#]]
    .assert_eq(&shown(&three(), 80, 7));
}

#[test]
fn two_of_three_hundred_failing() {
    expect![[r#"
        CRITICAL  for 1 min 14 s: 2 of 300 endpoints not OK (2 unreachable); worst:
                  unreachable: connection refused by metering-0.example.com:8777 after
                  1 retry
        Run 3 at 2026-11-07T06:40:00Z, every 1s. Ctrl-C to stop.

        CRITICAL  metering-0.example.com:8777  unreachable  0.32 ms  ×
        CRITICAL  metering-1.example.com:8777  unreachable  0.32 ms  ×
        and 298 OK

            nothing listens on that port, or a firewall rejects it (192.0.2.7:8777:
            connection refused)
          → check that the API runs and listens on this address and port
    "#]]
    .assert_eq(&shown(&many(2), 80, 24));
}

#[test]
fn two_hundred_failing() {
    expect![[r#"
        CRITICAL  for 1 min 14 s: 200 of 300 endpoints not OK (200 unreachable); worst…
        Run 3 at 2026-11-07T06:40:00Z, every 1s. Ctrl-C to stop.

        CRITICAL  metering-0.example.com:8777  unreachable  0.32 ms  ×
        CRITICAL  metering-1.example.com:8777  unreachable  0.32 ms  ×
        CRITICAL  metering-2.example.com:8777  unreachable  0.32 ms  ×
        CRITICAL  metering-3.example.com:8777  unreachable  0.32 ms  ×
        CRITICAL  metering-4.example.com:8777  unreachable  0.32 ms  ×
        and 195 CRITICAL, 100 OK
    "#]]
    .assert_eq(&shown(&many(200), 80, 10));
}

#[test]
fn three_hundred_healthy() {
    expect![[r#"
        OK        for 1 min 14 s: all 300 endpoints healthy
        Run 3 at 2026-11-07T06:40:00Z, every 1s. Ctrl-C to stop.

        300 OK
    "#]]
    .assert_eq(&shown(&many(0), 80, 24));
}

proptest! {
    #[test]
    fn size_limit(
        runs in proptest::collection::vec(fixture::any_report(), 1..4), columns in 1_usize..200, rows in 1_usize..40,
    ) {
        let lines = lines(&runs, columns, rows);
        prop_assert!(lines.len() < rows);
        // The state is shown on the narrowest of terminals too.
        for line in &lines {
            prop_assert!(display_width(line) < columns.max(20), "{line:?}");
        }
    }
}

use super::*;
use crate::report::fixture;
use crate::terminal::layout::display_width;
use expect_test::{Expect, expect};
use proptest::prelude::*;

fn check(report: &Report, output: &OutputOptions, expected: &Expect) {
    expected.assert_eq(&render(&fixture::at(output.verbosity, report.clone()), output));
}

fn at(columns: usize) -> OutputOptions {
    OutputOptions { width: Some(columns), ..fixture::output() }
}

fn three() -> Report {
    fixture::report(vec![
        fixture::healthy("metering-1.example.com:8777"),
        fixture::backend_down("metering-2.example.com:8777"),
        fixture::expiring("https://metering-3.example.com:443"),
    ])
}

fn many(failing: usize) -> Report {
    let mut endpoints: Vec<Verdict> =
        (failing..300).map(|n| fixture::healthy(&format!("metering-{n}.example.com:8777"))).collect();
    endpoints.extend((0..failing).map(|n| fixture::unreachable(&format!("metering-{n}.example.com:8777"))));
    fixture::report(endpoints)
}

#[test]
fn one_healthy_endpoint() {
    check(
        &fixture::report(vec![fixture::healthy("localhost:8777")]),
        &fixture::output(),
        &expect![[r#"
            CEILOMETER OK - healthy: HEAD 204, GET 200 from localhost:8777

            OK        localhost:8777  healthy
              HEAD  204  1.23 ms  ▒▒▒███████████
              GET   200  3.46 ms  ▒▒██████████████████████████████████████
                                  ▒ connect  █ wait
              Back-end's share of GET: 2.22 ms
              the API answers and reaches its back-end
        "#]],
    );
}

#[test]
fn one_that_cannot_be_reached() {
    check(
        &fixture::report(vec![fixture::unreachable("localhost:8777")]),
        &at(80),
        &expect![[r#"
            CEILOMETER CRITICAL - unreachable: connection refused by localhost:8777 after
              1 retry

            CRITICAL  localhost:8777  unreachable, 2 attempts
              HEAD  refused  0.32 ms  ▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒
                                      ▒ connect
              GET   skipped  nothing was reached by HEAD
              the connection was refused: nothing listens there, or a firewall says no
              (192.0.2.7:8777: connection refused)
              → check that the API runs and listens on this address and port
        "#]],
    );
}

#[test]
fn three_endpoints_in_three_states() {
    check(
        &three(),
        &at(80),
        &expect![[r#"
            CEILOMETER CRITICAL - 2 of 3 endpoints not OK (1 backend-down, 1
              certificate-expiring); worst: backend-down: GET 503 from
              metering-2.example.com:8777: "database|unreachable"

            CRITICAL  metering-2.example.com:8777  backend-down
              HEAD  204  1.23 ms  ▒██
              GET   503  12.3 ms  ░░░▒▒▒▒█████████████████████████████████
                                  ░ resolve  ▒ connect  █ wait
              Back-end's share of GET: 9.24 ms
              the API has been reached but the back-end connectivity is unavailable or
              compromised; the service cannot perform its operations
              → verify that the API is up and running and that there is connectivity with
                the back-end
              GET said: database|unreachable

            WARNING   https://metering-3.example.com:443  certificate-expiring
              HEAD  204  4.57 ms  ▒▒▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓█████████
              GET   200  5.68 ms  ▒▒▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓█████████████████
                                  ▒ connect  ▓ tls  █ wait
              Back-end's share of GET: 1.11 ms
              the certificate expires in 20.5 days, below the warning threshold of 30 days
              (CN=a.example)
              → renew the certificate and have the server that presents it load the new one
              Certificate: valid until 2026-11-27T18:54:24Z, 20.51 days left; subject
              CN=a.example; issuer CN=Example CA, O=Example

            OK        metering-1.ex…ple.com:8777  healthy  HEAD 204 1.23 ms, GET 200 3.46 ms
        "#]],
    );
}

#[test]
fn three_endpoints_on_a_narrow_terminal() {
    check(
        &three(),
        &at(40),
        &expect![[r#"
            CEILOMETER CRITICAL - 2 of 3 endpoints
              not OK (1 backend-down, 1
              certificate-expiring); worst:
              backend-down: GET 503 from
              metering-2.example.com:8777:
              "database|unreachable"

            CRITICAL  metering-2.example.com:8777
                      backend-down
              HEAD  204  1.23 ms  █
              GET   503  12.3 ms  ░▒▒███████████████
              ░ resolve  ▒ connect  █ wait
              Back-end's share of GET: 9.24 ms
              the API has been reached but the
              back-end connectivity is unavailable
              or compromised; the service cannot
              perform its operations
              → verify that the API is up and
                running and that there is
                connectivity with the back-end
              GET said: database|unreachable

            WARNING   https://metering-3.example.com
                      :443 certificate-expiring
              HEAD  204  4.57 ms  ▒▓▓▓▓▓▓▓▓▓████
              GET   200  5.68 ms  ▒▓▓▓▓▓▓▓▓▓████████
              ▒ connect  ▓ tls  █ wait
              Back-end's share of GET: 1.11 ms
              the certificate expires in 20.5 days,
              below the warning threshold of 30 days
              (CN=a.example)
              → renew the certificate and have the
                server that presents it load the new
                one
              Certificate: valid until
              2026-11-27T18:54:24Z, 20.51 days left;
              subject CN=a.example; issuer
              CN=Example CA, O=Example

            OK        metering-1…e.com:8777  healthy
        "#]],
    );
}

#[test]
fn three_endpoints_on_a_wide_terminal() {
    check(
        &three(),
        &at(160),
        &expect![[r#"
            CEILOMETER CRITICAL - 2 of 3 endpoints not OK (1 backend-down, 1 certificate-expiring); worst: backend-down: GET 503 from metering-2.example.com:8777:
              "database|unreachable"

            CRITICAL  metering-2.example.com:8777  backend-down
              HEAD  204  1.23 ms  ▒██
              GET   503  12.3 ms  ░░░▒▒▒▒█████████████████████████████████
                                  ░ resolve  ▒ connect  █ wait
              Back-end's share of GET: 9.24 ms
              the API has been reached but the back-end connectivity is unavailable or compromised; the service cannot perform its operations
              → verify that the API is up and running and that there is connectivity with the back-end
              GET said: database|unreachable

            WARNING   https://metering-3.example.com:443  certificate-expiring
              HEAD  204  4.57 ms  ▒▒▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓█████████
              GET   200  5.68 ms  ▒▒▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓█████████████████
                                  ▒ connect  ▓ tls  █ wait
              Back-end's share of GET: 1.11 ms
              the certificate expires in 20.5 days, below the warning threshold of 30 days (CN=a.example)
              → renew the certificate and have the server that presents it load the new one
              Certificate: valid until 2026-11-27T18:54:24Z, 20.51 days left; subject CN=a.example; issuer CN=Example CA, O=Example

            OK        metering-1.example.com:8777  healthy  HEAD 204 1.23 ms, GET 200 3.46 ms
        "#]],
    );
}

#[test]
fn colours_say_the_same() {
    let colored = render(&three(), &OutputOptions { color: true, ..at(80) });
    let mut plain = String::new();
    for piece in colored.split('\u{1b}') {
        plain +=
            piece.strip_prefix('[').and_then(|piece| piece.split_once('m')).map_or(piece, |(_, text)| text);
    }
    assert_eq!(plain, render(&three(), &at(80)));
    expect![[r#"
        ESC[1mCEILOMETER CRITICAL - 2 of 3 endpoints not OK (1 backend-down, 1ESC[0m
        ESC[1m  certificate-expiring); worst: backend-down: GET 503 fromESC[0m
        ESC[1m  metering-2.example.com:8777: "database|unreachable"ESC[0m
    "#]]
    .assert_eq(&colored.lines().take(4).collect::<Vec<_>>().join("\n").replace('\u{1b}', "ESC"));
}

#[test]
fn three_hundred_endpoints_two_of_them_down() {
    check(
        &many(2),
        &at(80),
        &expect![[r#"
            CEILOMETER CRITICAL - 2 of 300 endpoints not OK (2 unreachable); worst:
              unreachable: connection refused by metering-0.example.com:8777 after 1 retry
            300 endpoints: 2 CRITICAL, 298 OK

            CRITICAL  metering-0.example.com:8777  unreachable, 2 attempts
              HEAD  refused  0.32 ms  ▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒
                                      ▒ connect
              GET   skipped  nothing was reached by HEAD
              the connection was refused: nothing listens there, or a firewall says no
              (192.0.2.7:8777: connection refused)
              → check that the API runs and listens on this address and port

            CRITICAL  metering-1.example.com:8777  unreachable, 2 attempts
              HEAD  refused  0.32 ms  ▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒
                                      ▒ connect
              GET   skipped  nothing was reached by HEAD
              the connection was refused: nothing listens there, or a firewall says no
              (192.0.2.7:8777: connection refused)
              → check that the API runs and listens on this address and port

            298 OK, the slowest answer: GET in 3.46 ms by metering-299.example.com:8777; -v
            shows all.
        "#]],
    );
}

#[test]
fn of_those_that_fail_alike_the_first_few_are_told_in_full() {
    let mut endpoints = many(6).endpoints;
    endpoints.push(fixture::backend_down("another.example.com:8777"));
    let text = render(&fixture::report(endpoints), &at(80));
    assert_eq!(text.matches("nothing listens there").count(), MAX_SAME_DIAGNOSIS);
    assert!(text.contains("back-end connectivity is unavailable"), "{text}");
    let rest: Vec<&str> = text.split("\n\n").skip(1 + MAX_SAME_DIAGNOSIS + 1).collect();
    expect![[r#"
        CRITICAL  metering-3.…e.com:8777  unreachable  HEAD refused 0.32 ms, GET skipped
        CRITICAL  metering-4.…e.com:8777  unreachable  HEAD refused 0.32 ms, GET skipped
        CRITICAL  metering-5.…e.com:8777  unreachable  HEAD refused 0.32 ms, GET skipped

        294 OK, the slowest answer: GET in 3.46 ms by metering-299.example.com:8777; -v
        shows all.
    "#]]
    .assert_eq(&rest.join("\n\n"));
}

#[test]
fn verbose_tells_every_endpoint_and_the_notes() {
    let mut report = three();
    report.notes = vec!["http_proxy is set and ignored".into()];
    check(
        &report,
        &OutputOptions { verbosity: Verbosity::Notes, ..at(80) },
        &expect![[r#"
            CEILOMETER CRITICAL - 2 of 3 endpoints not OK (1 backend-down, 1
              certificate-expiring); worst: backend-down: GET 503 from
              metering-2.example.com:8777: "database|unreachable"

            CRITICAL  metering-2.example.com:8777  backend-down
              HEAD  204  1.23 ms  ▒██
              GET   503  12.3 ms  ░░░▒▒▒▒█████████████████████████████████
                                  ░ resolve  ▒ connect  █ wait
              Back-end's share of GET: 9.24 ms
              the API has been reached but the back-end connectivity is unavailable or
              compromised; the service cannot perform its operations
              → verify that the API is up and running and that there is connectivity with
                the back-end
              GET said: database|unreachable

            WARNING   https://metering-3.example.com:443  certificate-expiring
              HEAD  204  4.57 ms  ▒▒▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓█████████
              GET   200  5.68 ms  ▒▒▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓█████████████████
                                  ▒ connect  ▓ tls  █ wait
              Back-end's share of GET: 1.11 ms
              the certificate expires in 20.5 days, below the warning threshold of 30 days
              (CN=a.example)
              → renew the certificate and have the server that presents it load the new one
              Certificate: valid until 2026-11-27T18:54:24Z, 20.51 days left; subject
              CN=a.example; issuer CN=Example CA, O=Example

            OK        metering-1.example.com:8777  healthy
              HEAD  204  1.23 ms  ▒▒▒███████████
              GET   200  3.46 ms  ▒▒██████████████████████████████████████
                                  ▒ connect  █ wait
              Back-end's share of GET: 2.22 ms
              the API answers and reaches its back-end

            Note: http_proxy is set and ignored
        "#]],
    );
    assert_eq!(
        render(&many(2), &OutputOptions { verbosity: Verbosity::Notes, ..at(80) }).matches("\nOK ").count(),
        298
    );
}

#[test]
fn thrice_verbose_tells_the_wire() {
    let report = fixture::report(vec![fixture::backend_down("localhost:8777")]);
    check(
        &report,
        &OutputOptions { verbosity: Verbosity::Transcript, ..at(80) },
        &expect![[r#"
            CEILOMETER CRITICAL - backend-down: GET 503 from localhost:8777:
              "database|unreachable"

            CRITICAL  localhost:8777  backend-down
              HEAD  204  1.23 ms  ▒██
              GET   503  12.3 ms  ░░░▒▒▒▒█████████████████████████████████
                                  ░ resolve  ▒ connect  █ wait
              Back-end's share of GET: 9.24 ms
              the API has been reached but the back-end connectivity is unavailable or
              compromised; the service cannot perform its operations
              → verify that the API is up and running and that there is connectivity with
                the back-end
              GET said: database|unreachable
              HEAD 204 1.23 ms from 192.0.2.7:8777: OK by head:204 (documented)
              connect 0.23 ms, wait 1.00 ms
              curl -I --max-time 10 --noproxy '*' -H 'Accept: application/json' http://localhost:8777/v2/health
              sent: HEAD /v2/health HTTP/1.1
              received: HTTP 204
              GET 503 12.3 ms from 192.0.2.7:8777: CRITICAL by get:503 (documented)
              resolve 0.90 ms, connect 1.20 ms, wait 10.2 ms
              X-Openstack-Request-Id: req-42
              curl -i --max-time 10 --noproxy '*' -H 'Accept: application/json' http://localhost:8777/v2/health
              sent: GET /v2/health HTTP/1.1
              received: HTTP 503
              received: x-openstack-request-id: req-42
              body: {"error": "database|unreachable"}
        "#]],
    );
}

#[test]
fn long_names_keep_their_ends_in_brief_and_are_whole_in_full() {
    let long = format!("{}.example.com:8777", "very-long-name.".repeat(6));
    let report = fixture::report(vec![
        fixture::healthy(&format!("a.{long}")),
        fixture::healthy("監視.example:8777"),
        fixture::backend_down(&format!("b.{long}")),
    ]);
    check(
        &report,
        &at(72),
        &expect![[r#"
            CEILOMETER CRITICAL - 1 of 3 endpoints not OK; backend-down: GET 503
              from
              b.very-long-name.very-long-name.very-long-name.very-long-name.very-lon
              g-name.very-long-name..example.com:8777: "database|unreachable"

            CRITICAL  b.very-long-name.very-long-name.very-long-name.very-long-name.
                      very-long-name.very-long-name..example.com:8777 backend-down
              HEAD  204  1.23 ms  ▒██
              GET   503  12.3 ms  ░░░▒▒▒▒█████████████████████████████████
                                  ░ resolve  ▒ connect  █ wait
              Back-end's share of GET: 9.24 ms
              the API has been reached but the back-end connectivity is unavailable
              or compromised; the service cannot perform its operations
              → verify that the API is up and running and that there is connectivity
                with the back-end
              GET said: database|unreachable

            OK        a.very-long-name.very-long…ong-name..example.com:8777  healthy
            OK        監視.example:8777                                      healthy
        "#]],
    );
}

#[test]
fn a_run_that_could_not_begin() {
    check(
        &fixture::unable("--key needs --cert"),
        &at(80),
        &expect![[r#"
        CEILOMETER UNKNOWN - --key needs --cert
    "#]],
    );
}

proptest! {
    #[test]
    fn no_line_is_wider_than_the_terminal(
        report in fixture::any_report(),
        columns in 40_usize..=200,
        verbosity in (0..2_u8).prop_map(Verbosity::of),
    ) {
        let text = render(&report, &OutputOptions { verbosity, ..at(columns) });
        for line in text.lines() {
            prop_assert!(display_width(line) <= columns, "{} columns: {line}", display_width(line));
        }
        for verdict in report.endpoints.iter().filter(|_| report.endpoints.len() <= MANY) {
            prop_assert!(text.contains(verdict.diagnosis.name()), "{text}");
        }
    }
}

use super::*;
use crate::report::fixture;
use crate::terminal::layout::display_width;
use crate::verdict::{RequestDetails, Transcript};
use expect_test::expect;
use proptest::prelude::*;

fn shown(report: &Report, output: &OutputOptions) -> String {
    render(&fixture::at(output.verbosity, report.clone()), output)
}

/// The lines that a report has beyond another output.
fn new_lines(report: &Report, output: &OutputOptions, known: &str) -> String {
    fixture::new_lines(&shown(report, output), known)
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
    expect![[r#"
        OK        healthy: HEAD 204, GET 200 from localhost:8777

            the API answers and reaches its back-end

          HEAD  204  1.23 ms  ▒▒▒███████████
          GET   200  3.46 ms  ▒▒██████████████████████████████████████
                              ▒ connect  █ wait
          back-end's share of GET: 2.22 ms
    "#]]
    .assert_eq(&shown(&fixture::report(vec![fixture::healthy("localhost:8777")]), &fixture::output()));
}

#[test]
fn one_unreachable_endpoint() {
    expect![[r#"
        CRITICAL  unreachable: connection refused by localhost:8777 after 1 retry

            nothing listens on that port, or a firewall rejects it (192.0.2.7:8777:
            connection refused)
          → check that the API runs and listens on this address and port

          HEAD  refused  0.32 ms  ▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒
                                  ▒ connect
          GET skipped: HEAD got no answer (refused)
    "#]]
    .assert_eq(&shown(&fixture::report(vec![fixture::unreachable("localhost:8777")]), &at(80)));
}

#[test]
fn three_endpoints_in_three_states() {
    expect![[r#"
        CRITICAL  2 of 3 endpoints not OK (1 backend-down, 1 certificate-expiring);
                  worst: backend-down: GET 503 from metering-2.example.com:8777:
                  "database|unreachable"

        STATE     ENDPOINT                      DIAGNOSIS             HEAD  GET     TIME
        CRITICAL  metering-2.example.com:8777   backend-down          204   503  12.3 ms
        WARNING   https://meteri…ample.com:443  certificate-expiring  204   200  5.68 ms
        OK        metering-1.example.com:8777   healthy               204   200  3.46 ms

        CRITICAL  metering-2.example.com:8777

            the API has been reached but the back-end connectivity is unavailable or
            compromised; the service cannot perform its operations
          → verify that the API is up and running and that there is connectivity with
            the back-end

          HEAD  204  1.23 ms  ▒██
          GET   503  12.3 ms  ░░░▒▒▒▒█████████████████████████████████
                              ░ resolve  ▒ connect  █ wait
          back-end's share of GET: 9.24 ms

        WARNING   certificate-expiring: certificate of metering-3.example.com:443
                  expires on 2026-11-27, in 20.5 days: below the warning threshold of 30
                  days

          → renew the certificate and have the server that presents it load the new one

          HEAD  204  4.57 ms  ▒▒▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓█████████
          GET   200  5.68 ms  ▒▒▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓█████████████████
                              ▒ connect  ▓ tls  █ wait
          back-end's share of GET: 1.11 ms
          Certificate: valid until 2026-11-27T18:54:24Z, 20.5 days left; subject
              "CN=a.example"; issuer "CN=Example CA, O=Example"
    "#]]
    .assert_eq(&shown(&three(), &at(80)));
}

#[test]
fn three_endpoints_on_a_narrow_terminal() {
    expect![[r#"
        CRITICAL  2 of 3 endpoints not OK (1
                  backend-down, 1
                  certificate-expiring); worst:
                  backend-down: GET 503 from
                  metering-2.example.com:8777:
                  "database|unreachable"

        STATE     ENDPOINT  DIAGNOSIS
        CRITICAL  mete…777  backend-down
        WARNING   http…443  certificate-expiring
        OK        mete…777  healthy

        CRITICAL  metering-2.example.com:8777

            the API has been reached but the
            back-end connectivity is unavailable
            or compromised; the service cannot
            perform its operations
          → verify that the API is up and
            running and that there is
            connectivity with the back-end

          HEAD  204  1.23 ms  █
          GET   503  12.3 ms  ░▒▒███████████████
            ░ resolve  ▒ connect  █ wait
          back-end's share of GET: 9.24 ms

        WARNING   certificate-expiring:
                  certificate of
                  metering-3.example.com:443
                  expires on 2026-11-27, in 20.5
                  days: below the warning
                  threshold of 30 days

          → renew the certificate and have the
            server that presents it load the new
            one

          HEAD  204  4.57 ms  ▒▓▓▓▓▓▓▓▓▓████
          GET   200  5.68 ms  ▒▓▓▓▓▓▓▓▓▓████████
            ▒ connect  ▓ tls  █ wait
          back-end's share of GET: 1.11 ms
          Certificate: valid until
              2026-11-27T18:54:24Z, 20.5 days
              left; subject "CN=a.example";
              issuer "CN=Example CA, O=Example"
    "#]]
    .assert_eq(&shown(&three(), &at(40)));
}

#[test]
fn three_endpoints_on_a_wide_terminal() {
    expect![[r#"
        CRITICAL  2 of 3 endpoints not OK (1 backend-down, 1 certificate-expiring); worst: backend-down: GET
                  503 from metering-2.example.com:8777: "database|unreachable"
        STATE     ENDPOINT                            DIAGNOSIS             HEAD  GET     TIME
        CRITICAL  metering-2.example.com:8777         backend-down          204   503  12.3 ms
        WARNING   https://metering-3.example.com:443  certificate-expiring  204   200  5.68 ms
        OK        metering-1.example.com:8777         healthy               204   200  3.46 ms
            the API has been reached but the back-end connectivity is unavailable or compromised; the
            service cannot perform its operations
          → verify that the API is up and running and that there is connectivity with the back-end
        WARNING   certificate-expiring: certificate of metering-3.example.com:443 expires on 2026-11-27, in
                  20.5 days: below the warning threshold of 30 days
          Certificate: valid until 2026-11-27T18:54:24Z, 20.5 days left; subject "CN=a.example"; issuer
              "CN=Example CA, O=Example"
    "#]]
    .assert_eq(&new_lines(&three(), &at(160), &render(&three(), &at(80))));
}

#[test]
fn colours() {
    let colored = render(&three(), &OutputOptions { color: true, ..at(80) });
    let mut plain = String::new();
    for piece in colored.split('\u{1b}') {
        plain +=
            piece.strip_prefix('[').and_then(|piece| piece.split_once('m')).map_or(piece, |(_, text)| text);
    }
    assert_eq!(plain, render(&three(), &at(80)));
    expect![[r#"
        ESC[97;41mCRITICALESC[0m  ESC[1m2 of 3 endpoints not OK (1 backend-down, 1 certificate-expiring);ESC[0m
                  ESC[1mworst: backend-down: GET 503 from metering-2.example.com:8777:ESC[0m
                  ESC[1m"database|unreachable"ESC[0m
    "#]]
    .assert_eq(&colored.lines().take(4).collect::<Vec<_>>().join("\n").replace('\u{1b}', "ESC"));
}

/// No text from outside begins a line where a label or an explanation of ours does.
#[test]
fn indent_of_foreign_text() {
    let foreign = "foreign ".repeat(40);
    let mut verdict = fixture::expiring("https://a:443");
    let certificate = verdict.certificate.as_mut().unwrap();
    (certificate.subject, certificate.issuer) = (foreign.clone(), foreign.clone());
    verdict.notes = vec![foreign.clone()];
    for probe in &mut verdict.probes {
        let PlannedRequest::Sent(judged) = probe else { panic!("not sent") };
        judged.message = Some(foreign.clone());
        judged.details =
            Some(RequestDetails { facts: vec![("Server".into(), foreign.clone())], curl: "curl".into() });
        let lines = vec![foreign.trim_end().to_owned()];
        judged.transcript =
            Some(Transcript { sent: lines.clone(), received: lines, body: foreign.trim_end().to_owned() });
    }
    let output = OutputOptions { verbosity: Verbosity::Transcript, ..at(60) };
    let text = render(&fixture::report(vec![verdict]), &output);
    let begin = text.lines().filter(|line| line.trim_start().starts_with("foreign")).collect::<Vec<_>>();
    assert!(begin.len() > 30, "{text}");
    assert!(begin.iter().all(|line| line.starts_with(CONTINUED)), "{text}");
}

#[test]
fn two_of_three_hundred_down() {
    let one = fixture::report(vec![fixture::unreachable("metering-0.example.com:8777")]);
    expect![[r#"
        CRITICAL  2 of 300 endpoints not OK (2 unreachable); worst: unreachable:
                  connection refused by metering-0.example.com:8777 after 1 retry
        STATE     ENDPOINT                     DIAGNOSIS    HEAD     GET         TIME
        CRITICAL  metering-0.example.com:8777  unreachable  refused  skipped  0.32 ms
        CRITICAL  metering-1.example.com:8777  unreachable  refused  skipped  0.32 ms
        298 OK, the slowest answer: GET in 3.46 ms by metering-299.example.com:8777; -v
          shows all.
        CRITICAL  metering-0.example.com:8777
            and 1 more like it
    "#]]
    .assert_eq(&new_lines(&many(2), &at(80), &render(&one, &at(80))));
}

#[test]
fn equal_failures() {
    let mut endpoints = many(200).endpoints;
    endpoints.push(fixture::backend_down("another.example.com:8777"));
    expect![[r#"
        CRITICAL  201 of 301 endpoints not OK (200 unreachable, 1 backend-down); worst:
                  unreachable: connection refused by metering-0.example.com:8777 after 1
                  retry
        STATE     ENDPOINT                     DIAGNOSIS     HEAD     GET         TIME
        CRITICAL  metering-0.example.com:8777  unreachable   refused  skipped  0.32 ms
        CRITICAL  metering-1.example.com:8777  unreachable   refused  skipped  0.32 ms
        CRITICAL  metering-2.example.com:8777  unreachable   refused  skipped  0.32 ms
        CRITICAL  metering-3.example.com:8777  unreachable   refused  skipped  0.32 ms
        CRITICAL  metering-4.example.com:8777  unreachable   refused  skipped  0.32 ms
        CRITICAL  metering-5.example.com:8777  unreachable   refused  skipped  0.32 ms
        CRITICAL  metering-6.example.com:8777  unreachable   refused  skipped  0.32 ms
        CRITICAL  metering-7.example.com:8777  unreachable   refused  skipped  0.32 ms
        CRITICAL  metering-8.example.com:8777  unreachable   refused  skipped  0.32 ms
        CRITICAL  metering-9.example.com:8777  unreachable   refused  skipped  0.32 ms
        CRITICAL  another.example.com:8777     backend-down  204      503      12.3 ms
        CRITICAL  and 190 more unreachable
        100 OK, the slowest answer: GET in 3.46 ms by metering-299.example.com:8777; -v
            and 199 more like it
        CRITICAL  backend-down: GET 503 from another.example.com:8777:
    "#]]
    .assert_eq(&new_lines(
        &fixture::report(endpoints),
        &at(80),
        &(render(&many(2), &at(80)) + &render(&three(), &at(80))),
    ));
}

#[test]
fn verbose() {
    let mut report = three();
    report.notes = vec!["http_proxy is set and ignored".into()];
    expect![[r#"
        OK        healthy: HEAD 204, GET 200 from metering-1.example.com:8777
            the API answers and reaches its back-end
          HEAD  204  1.23 ms  ▒▒▒███████████
          GET   200  3.46 ms  ▒▒██████████████████████████████████████
                              ▒ connect  █ wait
          back-end's share of GET: 2.22 ms
        Note: http_proxy is set and ignored
    "#]]
    .assert_eq(&new_lines(
        &report,
        &OutputOptions { verbosity: Verbosity::Notes, ..at(80) },
        &render(&three(), &at(80)),
    ));
    assert_eq!(
        render(&many(2), &OutputOptions { verbosity: Verbosity::Notes, ..at(80) }).matches("\nOK ").count(),
        2 * 298,
        "a row and details each"
    );
}

#[test]
fn thrice_verbose() {
    let report = fixture::report(vec![fixture::backend_down("localhost:8777")]);
    expect![[r#"
        CRITICAL  backend-down: GET 503 from localhost:8777: "database|unreachable"
          HEAD at 192.0.2.7:8777: OK by row head:204 (documented)
          connect 0.23 ms, wait 1.00 ms
          curl -I --max-time 10 --noproxy '*' -H 'User-Agent: check_ceilometer/0.1.0' -H 'Accept: application/json' -H 'Cache-Control: no-cache' http://localhost:8777/v2/health
          sent: HEAD /v2/health HTTP/1.1
          received: HTTP 204
          GET at 192.0.2.7:8777: CRITICAL by row get:503 (documented)
          resolve 0.90 ms, connect 1.20 ms, wait 10.2 ms
          X-Openstack-Request-Id: req-42
          curl -i --max-time 10 --noproxy '*' -H 'User-Agent: check_ceilometer/0.1.0' -H 'Accept: application/json' -H 'Cache-Control: no-cache' http://localhost:8777/v2/health
          sent: GET /v2/health HTTP/1.1
          received: HTTP 503
          received: x-openstack-request-id: req-42
          body: {"error": "database|unreachable"}
    "#]]
    .assert_eq(&new_lines(
        &report,
        &OutputOptions { verbosity: Verbosity::Transcript, ..at(80) },
        // The first line stays, for it is not indented.
        render(&report, &at(80)).split_once('\n').unwrap().1,
    ));
}

#[test]
fn long_names() {
    let long = format!("{}example.com:8777", "very-long-name.".repeat(6));
    let report = fixture::report(vec![
        fixture::healthy(&format!("a.{long}")),
        fixture::healthy("xn--mgbh0fb.example:8777"),
        fixture::backend_down(&format!("b.{long}")),
    ]);
    expect![[r#"
        CRITICAL  1 of 3 endpoints not OK; backend-down: GET 503 from
                  b.very-long-name.very-long-name.very-long-name.very-long-name.
                  very-long-name.very-long-name.example.com:8777:
                  "database|unreachable"

        STATE     ENDPOINT                      DIAGNOSIS     HEAD  GET     TIME
        CRITICAL  b.very-long-na…mple.com:8777  backend-down  204   503  12.3 ms
        OK        a.very-long-na…mple.com:8777  healthy       204   200  3.46 ms
        OK        xn--mgbh0fb.example:8777      healthy       204   200  3.46 ms

        CRITICAL  b.very-long-name.very-long-name.very-long-name.very-long-name.
                  very-long-name.very-long-name.example.com:8777

            the API has been reached but the back-end connectivity is
            unavailable or compromised; the service cannot perform its
            operations
          → verify that the API is up and running and that there is connectivity
            with the back-end

          HEAD  204  1.23 ms  ▒██
          GET   503  12.3 ms  ░░░▒▒▒▒█████████████████████████████████
                              ░ resolve  ▒ connect  █ wait
          back-end's share of GET: 9.24 ms
    "#]]
    .assert_eq(&shown(&report, &at(72)));
}

#[test]
fn setup_error() {
    expect![[r#"
        UNKNOWN   --key needs --cert
    "#]]
    .assert_eq(&shown(&fixture::unable("--key needs --cert"), &at(80)));
}

proptest! {
    #[test]
    fn width_limit(
        report in fixture::any_report(),
        columns in 40_usize..=200,
        verbosity in (0..2_u8).prop_map(Verbosity::of),
    ) {
        let text = render(&report, &OutputOptions { verbosity, ..at(columns) });
        for line in text.lines() {
            prop_assert!(display_width(line) <= columns, "{} columns: {line}", display_width(line));
        }
        for verdict in report.endpoints.iter().filter(|_| (2..=MAX_ENDPOINTS_LISTED).contains(&report.endpoints.len())) {
            prop_assert!(text.contains(verdict.diagnosis.name()), "{text}");
        }
    }
}

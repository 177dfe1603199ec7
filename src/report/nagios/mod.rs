//! The Monitoring Plugins' output: `CEILOMETER <STATE> - <summary> | <perfdata>`, then long output.
//!
//! Icinga and Nagios take everything after a `|` for performance data, on any line: there is exactly one, or none where
//! nothing was measured.

mod perfdata;
mod truncate;

use self::truncate::PluginOutput;
use super::Report;
use super::wording::{self, DetailLine, summary};
use crate::model::state::State;
use crate::plan::{OutputOptions, Verbosity};
use crate::sanitize;
use crate::units::format_timestamp;
use crate::verdict::{Basis, Verdict};

pub(super) fn render(report: &Report, output: &OutputOptions) -> String {
    let lines = long_output(report, output.verbosity);
    let lines = lines.iter().map(|line| sanitize::escape_plugin(line)).collect();
    PluginOutput { lines, ..first_line(report, output) }.within(output.max_bytes)
}

/// Renders the first line with the time at the end of its summary, for a stream of reports.
pub(crate) fn line(report: &Report, output: &OutputOptions) -> String {
    let first = first_line(report, output);
    let mark = format!(" ({}){}", format_timestamp(report.over_at()), first.mark);
    PluginOutput { mark, ..first }.within(output.max_bytes)
}

fn first_line(report: &Report, output: &OutputOptions) -> PluginOutput {
    let (before, after) = report.marks_around();
    PluginOutput {
        lead: format!("CEILOMETER {} - ", report.state),
        summary: sanitize::escape_plugin(&format!("{before}{}", report.summary.text)),
        mark: after,
        metrics: perfdata::metrics(report, output.verbosity),
        lines: Vec::new(),
    }
}

fn long_output(report: &Report, verbosity: Verbosity) -> Vec<String> {
    let is_listed =
        |(_, verdict): &(usize, &Verdict)| verbosity >= Verbosity::Notes || verdict.state != State::Ok;
    let is_named = report.names_endpoints();
    let mut lines = about_login(report, verbosity);
    for (rank, verdict) in report.worst_first().into_iter().enumerate().filter(is_listed) {
        // The run's summary says what happened at the worst endpoint.
        let is_above = rank == 0 && report.summary.is_complete;
        let summary = if is_above { report.summary.clone() } else { summary::of_endpoint(verdict) };
        let about = about(verdict, summary.quoted, verbosity);
        if is_named {
            lines.push(if is_above {
                format!("{} - {}: {}", verdict.state, verdict.diagnosis, verdict.shown_name())
            } else {
                format!("{} - {}", verdict.state, summary.text)
            });
            lines.extend(about.into_iter().map(|line| format!("  {line}")));
        } else {
            lines.extend(about);
        }
    }
    if verbosity >= Verbosity::Notes {
        lines.extend(report.notes.iter().map(|note| wording::note(note)));
    }
    lines
}

/// Returns lines about the login: its outcome at `-v`, or beside endpoints where it failed, and what to do unless an endpoint
/// says so.
fn about_login(report: &Report, verbosity: Verbosity) -> Vec<String> {
    let advice = report.login_advice();
    let is_shown = verbosity >= Verbosity::Notes || advice.is_some() && !report.endpoints.is_empty();
    let line = report.login_line().filter(|_| is_shown);
    let indent = if line.is_some() { "  " } else { "" };
    let advice = advice.map(|(meaning, action)| [meaning, wording::action(&action)]);
    let advice = advice.into_iter().flatten().map(|advice| format!("{indent}{advice}"));
    line.into_iter().chain(advice).collect()
}

/// Returns the lines about an endpoint that add to the summary above them, which quotes `quoted` characters.
fn about(verdict: &Verdict, quoted: usize, verbosity: Verbosity) -> Vec<String> {
    let (explanation, action) = wording::advice_beyond_summary(verdict);
    let mut lines = vec![explanation];
    if !action.is_empty() {
        lines.push(wording::action(&action));
    }
    lines.extend(wording::statements(verdict, quoted));
    let is_shown = verbosity >= Verbosity::Notes || matches!(verdict.basis, Basis::Certificate(_));
    let certificate = verdict.certificate.as_ref();
    lines.extend(certificate.filter(|own| is_shown || own.days_left < 0.0).map(wording::certificate));
    if verbosity >= Verbosity::Notes {
        lines.extend(verdict.notes.iter().map(|note| wording::note(note)));
    }
    for probe in &verdict.probes {
        lines.extend(wording::account_heading(probe, verbosity));
        let account = probe.sent().into_iter().flat_map(|judged| wording::account(judged, verbosity));
        lines.extend(account.map(DetailLine::text));
    }
    lines.retain(|line| !line.is_empty());
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{fixture, human};
    use expect_test::expect;
    use proptest::prelude::*;

    fn shown(report: &Report, verbosity: Verbosity) -> String {
        let report = fixture::at(verbosity, report.clone());
        render(&report, &OutputOptions { verbosity, ..fixture::output() })
    }

    fn brief(endpoints: Vec<Verdict>) -> String {
        shown(&fixture::report(endpoints), Verbosity::Brief)
    }

    fn three() -> Vec<Verdict> {
        vec![fixture::healthy("a:8777"), fixture::backend_down("b:8777"), fixture::unreachable("[::1]:8777")]
    }

    #[test]
    fn healthy_endpoint() {
        expect![[r#"
            CEILOMETER OK - healthy: HEAD 204, GET 200 from a:8777 | head_time=0.001234s;;;0 get_time=0.003456s;;;0 backend_time=0.002222s;;;0
        "#]]
        .assert_eq(&brief(vec![fixture::healthy("a:8777")]));
    }

    #[test]
    fn failing_endpoint() {
        expect![[r#"
            CEILOMETER CRITICAL - backend-down: GET 503 from a:8777: "database/unreachable" | head_time=0.001234s;;;0 get_time=0.012345s;;;0 backend_time=0.009245s;;;0
            the API has been reached but the back-end connectivity is unavailable or compromised; the service cannot perform its operations
            Action: verify that the API is up and running and that there is connectivity with the back-end
        "#]]
        .assert_eq(&brief(vec![fixture::backend_down("a:8777")]));
    }

    #[test]
    fn several_endpoints() {
        expect![[r#"
            CEILOMETER CRITICAL - 2 of 3 endpoints not OK (1 backend-down, 1 unreachable); worst: backend-down: GET 503 from b:8777: "database/unreachable" | endpoints=3 healthy=1 'a:8777 head_time'=0.001234s;;;0 'a:8777 get_time'=0.003456s;;;0 'a:8777 backend_time'=0.002222s;;;0 'b:8777 head_time'=0.001234s;;;0 'b:8777 get_time'=0.012345s;;;0 'b:8777 backend_time'=0.009245s;;;0 '[%3A%3A1]:8777 head_time'=0.000321s;;;0
            CRITICAL - backend-down: b:8777
              the API has been reached but the back-end connectivity is unavailable or compromised; the service cannot perform its operations
              Action: verify that the API is up and running and that there is connectivity with the back-end
            CRITICAL - unreachable: connection refused by [::1]:8777 after 1 retry
              nothing listens on that port, or a firewall rejects it (192.0.2.7:8777: connection refused)
              Action: check that the API runs and listens on this address and port
        "#]]
        .assert_eq(&brief(three()));
    }

    #[test]
    fn notes() {
        let mut report =
            fixture::report(vec![fixture::healthy("a:8777"), fixture::expiring("https://b:443")]);
        report.notes = vec!["http_proxy is set and ignored".into()];
        report.endpoints[0].notes = vec!["the token travels in the clear".into()];
        expect![[r#"
            CEILOMETER WARNING - 1 of 2 endpoints not OK; certificate-expiring: certificate of b:443 expires on 2026-11-27, in 20.5 days: below the warning threshold of 30 days | endpoints=2 healthy=1 'a:8777 head_time'=0.001234s;;;0 'a:8777 get_time'=0.003456s;;;0 'a:8777 backend_time'=0.002222s;;;0 'https://b:443 head_time'=0.004567s;;;0 'https://b:443 get_time'=0.005678s;;;0 'https://b:443 backend_time'=0.001111s;;;0 'https://b:443 certificate_days'=20.51
            WARNING - certificate-expiring: https://b:443
              Action: renew the certificate and have the server that presents it load the new one
              Certificate: valid until 2026-11-27T18:54:24Z, 20.5 days left; subject "CN=a.example"; issuer "CN=Example CA, O=Example"
            OK - healthy: HEAD 204, GET 200 from a:8777
              the API answers and reaches its back-end
              Note: the token travels in the clear
            Note: http_proxy is set and ignored
        "#]]
        .assert_eq(&shown(&report, Verbosity::Notes));
    }

    /// The lines of a report at a level, without their margins.
    fn lines(render: fn(&Report, &OutputOptions) -> String, endpoint: &Verdict, level: u8) -> String {
        let verbosity = Verbosity::of(level);
        let report = fixture::at(verbosity, fixture::report(vec![endpoint.clone()]));
        let text = render(&report, &OutputOptions { verbosity, ..fixture::output() });
        text.split_inclusive('\n').map(str::trim_start).collect()
    }

    /// The lines of a level beyond those of the one below it, where they differ from what people are shown: first those
    /// that they lack, then those that they alone have.
    fn beyond_the_level_below(endpoint: &Verdict, level: u8) -> String {
        let formats = [render as fn(&Report, &OutputOptions) -> String, human::render];
        let below = formats.map(|render| lines(render, endpoint, level - 1)).concat();
        let [own, peoples] = formats.map(|render| lines(render, endpoint, level));
        let beyond = |text: &str, other: &str| fixture::new_lines(text, &[&below, other].concat());
        format!("{}--\n{}", beyond(&own, &peoples), beyond(&peoples, &own))
    }

    #[test]
    fn requests_and_transcript() {
        expect![[r#"
            HEAD refused 0.32 ms at 192.0.2.7:8777: CRITICAL by row refused (ours)
            --
            HEAD at 192.0.2.7:8777: CRITICAL by row refused (ours)
        "#]]
        .assert_eq(&beyond_the_level_below(&fixture::unreachable("a:8777"), 2));
        expect![[r#"
            HEAD 204 1.23 ms at 192.0.2.7:8777: OK by row head:204 (documented)
            GET 503 12.3 ms at 192.0.2.7:8777: CRITICAL by row get:503 (documented)
            --
            HEAD at 192.0.2.7:8777: OK by row head:204 (documented)
            GET at 192.0.2.7:8777: CRITICAL by row get:503 (documented)
        "#]]
        .assert_eq(&beyond_the_level_below(&fixture::backend_down("a:8777"), 2));
        expect![[r#"
            body: {"error": "database/unreachable"}
            --
            body: {"error": "database|unreachable"}
        "#]]
        .assert_eq(&beyond_the_level_below(&fixture::backend_down("a:8777"), 3));
    }

    #[test]
    fn many_endpoints() {
        let mut endpoints: Vec<Verdict> = (0..299).map(|n| fixture::healthy(&format!("a{n}:8777"))).collect();
        endpoints.push(fixture::unreachable("b:8777"));
        expect![[r#"
            CEILOMETER CRITICAL - 1 of 300 endpoints not OK; unreachable: connection refused by b:8777 after 1 retry | endpoints=300 healthy=299
            CRITICAL - unreachable: b:8777
              nothing listens on that port, or a firewall rejects it (192.0.2.7:8777: connection refused)
              Action: check that the API runs and listens on this address and port
        "#]]
        .assert_eq(&brief(endpoints));
    }

    #[test]
    fn mark_of_a_shortened_summary() {
        let endpoints = vec![fixture::expiring(&format!("https://a:443/{}", "a".repeat(99)))];
        let report = Report { unverified: true, ..fixture::report(endpoints) };
        let output = OutputOptions { max_bytes: 150, ..fixture::output() };
        expect![[r#"
            CEILOMETER WARNING - certificate-expiring: certificate of a:443/aaaaaaaaaaaaaaaaaaaaaaaaaaaaa… (certificate not verified) | head_time=0.004567s;;;0
        "#]].assert_eq(&render(&report, &output));
    }

    #[test]
    fn failed_setup() {
        expect![[r#"
            CEILOMETER UNKNOWN - --key needs --cert
        "#]]
        .assert_eq(&shown(&fixture::unable("--key needs --cert"), Verbosity::Transcript));
    }

    /// One metric by the guidelines' grammar; its label.
    fn metric(text: &str) -> Option<(String, &str)> {
        let (label, rest) = match text.strip_prefix('\'') {
            Some(quoted) => quoted.split_once("'=")?,
            None => text.split_once('=')?,
        };
        let end = rest.find(' ').unwrap_or(rest.len());
        let (fields, rest) = rest.split_at(end);
        let mut fields = fields.split(';');
        let value = fields.next()?;
        let number = |text: &str| text.parse::<f64>().is_ok_and(f64::is_finite);
        let range = |text: &str| {
            text.is_empty()
                || text
                    .trim_start_matches('@')
                    .split(':')
                    .all(|bound| bound.is_empty() || bound == "~" || number(bound))
        };
        let good = number(value.trim_end_matches('s')) && fields.clone().count() < 5 && fields.all(range);
        let sane = !label.is_empty() && !label.contains(['=', '\'', '|']);
        (good && sane).then(|| (label.to_owned(), rest.trim_start()))
    }

    proptest! {
        #[test]
        fn plugin_grammar(
            report in fixture::any_report(),
            verbosity in (0..4_u8).prop_map(Verbosity::of),
            max_bytes in 128_usize..20_000,
        ) {
            let report = fixture::at(verbosity, report);
            let text = render(&report, &OutputOptions { verbosity, max_bytes, ..fixture::output() });
            prop_assert!(text.len() <= max_bytes, "{} bytes: {text}", text.len());
            let lead = format!("CEILOMETER {} - ", report.state);
            prop_assert!(text.starts_with(&lead), "{text}");
            prop_assert!(text.ends_with('\n') && !text.ends_with("\n\n"), "{text:?}");
            prop_assert!(!text.contains(['<', '>', '\r', '\u{1b}']), "{text}");
            prop_assert!(text.matches('|').count() <= 1, "{text}");
            let first = text.lines().next().unwrap();
            let (shown, mut perfdata) = first.split_once(" | ").unwrap_or((first, ""));
            prop_assert!(!text.contains('|') || !perfdata.is_empty(), "{text}");
            prop_assert!(shown.len() >= (lead.len() + report.summary.text.len()).min(80).saturating_sub(3), "{text}");
            let mut labels = Vec::new();
            while !perfdata.is_empty() {
                let (label, rest) = metric(perfdata).ok_or_else(|| TestCaseError::fail(first.to_owned()))?;
                prop_assert!(!labels.contains(&label), "{label} twice");
                labels.push(label);
                perfdata = rest;
            }
        }
    }
}

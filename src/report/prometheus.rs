//! The text exposition format, for `node_exporter`'s textfile collector.
//!
//! Every family is announced in every run, so that a dashboard knows what it may ask for.

use std::ffi::OsStr;
use std::fmt::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::{Duration, SystemTime};

use super::Report;
use crate::sanitize::sanitize_own;
use crate::verdict::{RequestVerdict, Verdict};

/// Maximum length of a run's name, in characters.
const MAX_NAME: usize = 255;

/// Renders the report as metrics, with the headline as a comment for those who look into the file.
///
/// The name of the file, without its extension, labels every sample: `node_exporter` refuses samples that two files of its
/// directory have in common.
pub(super) fn render(report: &Report, file: Option<&Path>) -> String {
    let name = file.and_then(Path::file_stem).map(run_name);
    let families = run(report).into_iter().chain(login(report)).chain(endpoints(report));
    let headline = report.headline().replace('\n', " ");
    format!(
        "# {headline}\n{}",
        families.map(|family| format_gauge(&family, name.as_deref())).collect::<String>()
    )
}

/// The label of the run whose metrics are in a file.
pub(crate) fn run_label(file: &Path) -> String {
    file.file_stem().map(run_name).map(|name| escaped(&name)).unwrap_or_default()
}

/// Names a run after its file. What would be left out of an output or folded is percent-encoded, so that no two files give
/// one name.
fn run_name(file: &OsStr) -> String {
    let is_shown = |name: &&str| sanitize_own(name, MAX_NAME) == **name && !name.contains('%');
    if let Some(name) = file.to_str().filter(is_shown) {
        return name.to_owned();
    }
    let encode = |&byte: &u8| match char::from(byte) {
        letter @ ('!'..='$' | '&'..='~') => letter.to_string(),
        _ => format!("%{byte:02X}"),
    };
    file.as_bytes().iter().map(encode).collect()
}

/// The name and the help of a gauge, and its samples.
type Gauge = (&'static str, &'static str, Vec<Sample>);

/// Labels by name, and a value as it is written.
struct Sample {
    labels: Vec<(&'static str, String)>,
    value: String,
}

impl Sample {
    fn of_run(value: &impl ToString) -> Vec<Sample> {
        vec![Sample { labels: Vec::new(), value: value.to_string() }]
    }

    fn of(verdict: &Verdict, value: &impl ToString) -> Sample {
        Sample { labels: vec![("endpoint", verdict.endpoint.clone())], value: value.to_string() }
    }

    fn with(mut self, name: &'static str, value: &str) -> Sample {
        self.labels.push((name, value.to_owned()));
        self
    }

    fn labels(&self, run: Option<&str>) -> String {
        let run = run.map(|run| ("run", run));
        let labels = self.labels.iter().map(|(name, value)| (*name, value.as_str())).chain(run);
        let pairs: Vec<String> =
            labels.map(|(name, value)| format!("{name}=\"{}\"", escaped(value))).collect();
        if pairs.is_empty() { String::new() } else { format!("{{{}}}", pairs.join(",")) }
    }
}

fn format_gauge((name, help, samples): &Gauge, run: Option<&str>) -> String {
    let mut text = format!("# HELP {name} {help}\n# TYPE {name} gauge\n");
    for sample in samples {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{name}{} {}", sample.labels(run), sample.value);
    }
    text
}

fn login(report: &Report) -> Vec<Gauge> {
    let Some(login) = report.login.as_deref() else { return Vec::new() };
    let sample = |value: String| Sample { labels: vec![("cloud", login.cloud.clone())], value };
    vec![
        (
            "ceilometer_health_login_state",
            "State of the login: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN.",
            vec![sample(login.state.exit_code().to_string())],
        ),
        (
            "ceilometer_health_login_duration_seconds",
            "How long the login took, where one took place.",
            login.sent().map(|request| sample(seconds(request.elapsed))).into_iter().collect(),
        ),
        (
            "ceilometer_health_token_expires_timestamp_seconds",
            "When the token expires, in seconds since 1970.",
            login.expires_at.map(|at| sample(timestamp(at))).into_iter().collect(),
        ),
    ]
}

fn run(report: &Report) -> [Gauge; 7] {
    [
        (
            "ceilometer_health_run_state",
            "Aggregated state of the run: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN.",
            Sample::of_run(&report.state.exit_code()),
        ),
        (
            "ceilometer_health_last_run_timestamp_seconds",
            "When the last run began, in seconds since 1970.",
            Sample::of_run(&timestamp(report.started_at)),
        ),
        (
            "ceilometer_health_run_duration_seconds",
            "How long the last run took.",
            Sample::of_run(&seconds(report.elapsed)),
        ),
        (
            "ceilometer_health_simulated",
            "1 if the endpoints were simulated, else 0.",
            Sample::of_run(&u8::from(report.simulated)),
        ),
        (
            "ceilometer_health_unverified",
            "1 if certificates were not verified, else 0.",
            Sample::of_run(&u8::from(report.unverified)),
        ),
        (
            "ceilometer_health_endpoints",
            "Number of endpoints probed.",
            Sample::of_run(&report.endpoints.len()),
        ),
        (
            "ceilometer_health_healthy_endpoints",
            "Number of endpoints in state OK.",
            Sample::of_run(&report.healthy()),
        ),
    ]
}

fn endpoints(report: &Report) -> [Gauge; 6] {
    let each = |sample: fn(&Verdict) -> Option<Sample>| {
        report.endpoints.iter().filter_map(sample).collect::<Vec<_>>()
    };
    [
        (
            "ceilometer_health_state",
            "State of the endpoint: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN.",
            each(|verdict| Some(Sample::of(verdict, &verdict.state.exit_code()))),
        ),
        (
            "ceilometer_health_diagnosis",
            "1 for what is the matter with the endpoint.",
            each(|verdict| Some(Sample::of(verdict, &1).with("diagnosis", verdict.diagnosis.name()))),
        ),
        (
            "ceilometer_health_request_duration_seconds",
            "Time of the request, answered or not.",
            requests(report, |judged| Some(seconds(judged.elapsed))),
        ),
        (
            "ceilometer_health_http_status",
            "HTTP status of the answer, where there is one.",
            requests(report, |judged| judged.completion.response().map(u16::to_string)),
        ),
        (
            "ceilometer_health_backend_duration_seconds",
            "The back-end's share: GET's wait for the first byte minus HEAD's.",
            each(|verdict| Some(Sample::of(verdict, &seconds(verdict.backend?)))),
        ),
        (
            "ceilometer_health_certificate_not_after_timestamp_seconds",
            "When the server's certificate expires, in seconds since 1970.",
            each(|verdict| Some(Sample::of(verdict, &timestamp(verdict.certificate.as_ref()?.not_after)))),
        ),
    ]
}

/// One sample for each request that was made and has the value.
fn requests(report: &Report, value: impl Fn(&RequestVerdict) -> Option<String>) -> Vec<Sample> {
    let mut samples = Vec::new();
    for verdict in &report.endpoints {
        for judged in verdict.sent() {
            let sample = |value| Sample::of(verdict, &value).with("method", judged.method.name());
            samples.extend(value(judged).map(sample));
        }
    }
    samples
}

fn seconds(time: Duration) -> String {
    format!("{:.6}", time.as_secs_f64())
}

/// Seconds since 1970, below zero before.
fn timestamp(moment: SystemTime) -> String {
    match moment.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(since) => format!("{:.3}", since.as_secs_f64()),
        Err(before) => format!("-{:.3}", before.duration().as_secs_f64()),
    }
}

/// A label's value as the format quotes it.
fn escaped(value: &str) -> String {
    value.replace('\\', r"\\").replace('"', r#"\""#).replace('\n', r"\n")
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::process::{Command, Stdio};

    use super::super::fixture;
    use super::*;
    use expect_test::expect;
    use proptest::prelude::*;
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;

    fn run_of_two() -> Report {
        fixture::report(vec![fixture::expiring("https://a:443"), fixture::unreachable("b:8777/'")])
    }

    #[test]
    fn names_of_runs() {
        let table: [(&[u8], &str); 10] = [
            (b"ceilometer", "ceilometer"),
            ("a b é".as_bytes(), "a b é"),
            (b"a  b", "a%20%20b"),
            (b" a", "%20a"),
            ("x\u{200b}".as_bytes(), "x%E2%80%8B"),
            (b"x%E2%80%8B", "x%25E2%2580%258B"),
            (b"y\xff", "y%FF"),
            (b"y\xfe", "y%FE"),
            (b"y\n", "y%0A"),
            ("y\u{fffd}".as_bytes(), "y\u{fffd}"),
        ];
        for (file, name) in table {
            assert_eq!(run_name(OsStr::from_bytes(file)), name);
        }
    }

    #[test]
    fn whole_exposition() {
        expect![[r##"
            # CEILOMETER CRITICAL - 2 of 2 endpoints not OK (1 unreachable, 1 certificate-expiring); worst: unreachable: connection refused by b:8777/' after 1 retry
            # HELP ceilometer_health_run_state Aggregated state of the run: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN.
            # TYPE ceilometer_health_run_state gauge
            ceilometer_health_run_state 2
            # HELP ceilometer_health_last_run_timestamp_seconds When the last run began, in seconds since 1970.
            # TYPE ceilometer_health_last_run_timestamp_seconds gauge
            ceilometer_health_last_run_timestamp_seconds 1794033600.123
            # HELP ceilometer_health_run_duration_seconds How long the last run took.
            # TYPE ceilometer_health_run_duration_seconds gauge
            ceilometer_health_run_duration_seconds 0.007890
            # HELP ceilometer_health_simulated 1 if the endpoints were simulated, else 0.
            # TYPE ceilometer_health_simulated gauge
            ceilometer_health_simulated 0
            # HELP ceilometer_health_unverified 1 if certificates were not verified, else 0.
            # TYPE ceilometer_health_unverified gauge
            ceilometer_health_unverified 0
            # HELP ceilometer_health_endpoints Number of endpoints probed.
            # TYPE ceilometer_health_endpoints gauge
            ceilometer_health_endpoints 2
            # HELP ceilometer_health_healthy_endpoints Number of endpoints in state OK.
            # TYPE ceilometer_health_healthy_endpoints gauge
            ceilometer_health_healthy_endpoints 0
            # HELP ceilometer_health_state State of the endpoint: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN.
            # TYPE ceilometer_health_state gauge
            ceilometer_health_state{endpoint="https://a:443"} 1
            ceilometer_health_state{endpoint="b:8777/'"} 2
            # HELP ceilometer_health_diagnosis 1 for what is the matter with the endpoint.
            # TYPE ceilometer_health_diagnosis gauge
            ceilometer_health_diagnosis{endpoint="https://a:443",diagnosis="certificate-expiring"} 1
            ceilometer_health_diagnosis{endpoint="b:8777/'",diagnosis="unreachable"} 1
            # HELP ceilometer_health_request_duration_seconds Time of the request, answered or not.
            # TYPE ceilometer_health_request_duration_seconds gauge
            ceilometer_health_request_duration_seconds{endpoint="https://a:443",method="HEAD"} 0.004567
            ceilometer_health_request_duration_seconds{endpoint="https://a:443",method="GET"} 0.005678
            ceilometer_health_request_duration_seconds{endpoint="b:8777/'",method="HEAD"} 0.000321
            # HELP ceilometer_health_http_status HTTP status of the answer, where there is one.
            # TYPE ceilometer_health_http_status gauge
            ceilometer_health_http_status{endpoint="https://a:443",method="HEAD"} 204
            ceilometer_health_http_status{endpoint="https://a:443",method="GET"} 200
            # HELP ceilometer_health_backend_duration_seconds The back-end's share: GET's wait for the first byte minus HEAD's.
            # TYPE ceilometer_health_backend_duration_seconds gauge
            ceilometer_health_backend_duration_seconds{endpoint="https://a:443"} 0.001111
            # HELP ceilometer_health_certificate_not_after_timestamp_seconds When the server's certificate expires, in seconds since 1970.
            # TYPE ceilometer_health_certificate_not_after_timestamp_seconds gauge
            ceilometer_health_certificate_not_after_timestamp_seconds{endpoint="https://a:443"} 1795805664.123
        "##]].assert_eq(&render(&run_of_two(), None));
    }

    #[test]
    fn failed_setup() {
        let text = render(&fixture::unable("no endpoint"), None);
        expect![[r#"
            # CEILOMETER UNKNOWN - no endpoint
            ceilometer_health_run_state 3
            ceilometer_health_run_duration_seconds 0.000120
            ceilometer_health_endpoints 0
        "#]]
        .assert_eq(&fixture::new_lines(&text, &render(&run_of_two(), None)));
    }

    #[test]
    fn escaped_label_values() {
        assert_eq!(escaped("a\\b\"c\nd"), r#"a\\b\"c\nd"#);
    }

    #[test]
    fn times_before_1970() {
        assert_eq!(timestamp(SystemTime::UNIX_EPOCH - Duration::from_millis(1_500)), "-1.500");
        assert_eq!(timestamp(SystemTime::UNIX_EPOCH + Duration::from_millis(1_500)), "1.500");
    }

    #[test]
    fn promtool_check() {
        let mut runner = TestRunner::deterministic();
        let any = (0..4).map(|_| fixture::any_report().new_tree(&mut runner).unwrap().current());
        let reports = any.chain([run_of_two(), fixture::unable("no endpoint")]);
        for report in reports {
            let text = render(&report, None);
            let Some((clean, said)) = promtool(&text) else {
                assert!(
                    std::env::var_os("CI").is_none(),
                    "promtool is missing; Debian's package is prometheus"
                );
                return;
            };
            assert!(clean && said.is_empty(), "promtool says: {said}\nof: {text}");
        }
    }

    /// Returns promtool's approval and its output; `None` where it is not installed.
    fn promtool(text: &str) -> Option<(bool, String)> {
        let mut child = Command::new("promtool")
            .args(["check", "metrics"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .ok()?;
        child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        Some((output.status.success(), String::from_utf8_lossy(&said).into_owned()))
    }

    proptest! {
        #[test]
        fn one_sample_per_series(report in fixture::any_report()) {
            let text = render(&report, None);
            let series = text.lines().filter(|line| !line.starts_with('#')).map(|line| line.rsplit_once(' ').unwrap().0);
            let mut series: Vec<&str> = series.collect();
            let samples = series.len();
            series.sort_unstable();
            series.dedup();
            prop_assert_eq!(series.len(), samples);
        }
    }
}

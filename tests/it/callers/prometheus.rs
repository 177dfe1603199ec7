//! Prometheus: `promtool` accepts the alerting rules, and they fire when they should.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::callers::plugin::generated;
use crate::support::programs::{Run, found};

/// Series of one endpoint per state, and alerts that do not fire.
const STATES: &str = r#"
rule_files: [rules.yml]
evaluation_interval: 1m
tests:
  - interval: 1m
    input_series:
      - {series: 'ceilometer_health_state{endpoint="ok:8777",instance="n",run="api"}', values: '0x30'}
      - {series: 'ceilometer_health_state{endpoint="warning:8777",instance="n",run="api"}', values: '1x30'}
      - {series: 'ceilometer_health_state{endpoint="critical:8777",instance="n",run="api"}', values: '0 2x30'}
      - {series: 'ceilometer_health_state{endpoint="unknown:8777",instance="n",run="api"}', values: '3x30'}
      - {series: 'ceilometer_health_diagnosis{diagnosis="backend-down",endpoint="critical:8777",instance="n",run="api"}', values: '1x30'}
      - {series: 'ceilometer_health_last_run_timestamp_seconds{instance="n",run="api"}', values: '0+60x5 300x30'}
      - {series: 'ceilometer_health_certificate_not_after_timestamp_seconds{endpoint="ok:8777",instance="n",run="api"}', values: '864600x30'}
      - {series: 'ceilometer_health_certificate_not_after_timestamp_seconds{endpoint="warning:8777",instance="n",run="api"}', values: '8640000x30'}
      - {series: 'ceilometer_health_login_state{cloud="prod",instance="n",run="api"}', values: '0 3x30'}
      - {series: 'ceilometer_health_login_state{cloud="test",instance="n",run="api"}', values: '0x30'}
    alert_rule_test:
      - {eval_time: 2m, alertname: CeilometerCritical}
      - {eval_time: 9m, alertname: CeilometerStale}
      - {eval_time: 30m, alertname: CeilometerAbsent}
      - {eval_time: 30m, alertname: CeilometerRunFailed}
"#;

/// Series of a check that cannot do its work.
const FAILED_RUN: &str = r#"
  - interval: 1m
    input_series:
      - {series: 'ceilometer_health_run_state{instance="n",run="api"}', values: '3x30'}
      - {series: 'ceilometer_health_endpoints{instance="n",run="api"}', values: '0x30'}
    alert_rule_test:
"#;

/// The minute, and the name, labels, summary and description of the alert that fires then.
type Alert = (u8, &'static str, &'static str, &'static str, &'static str);

const OF_STATES: &[Alert] = &[
    (
        4,
        "Critical",
        "severity: critical, endpoint: 'critical:8777', instance: n, run: api",
        "Metering at critical:8777 is CRITICAL",
        "backend-down: check_ceilometer --explain backend-down",
    ),
    (
        20,
        "Unknown",
        "severity: warning, endpoint: 'unknown:8777', instance: n, run: api",
        "Metering at unknown:8777 is UNKNOWN",
        "",
    ),
    (
        20,
        "Warning",
        "severity: warning, endpoint: 'warning:8777', instance: n, run: api",
        "Metering at warning:8777 is WARNING",
        "",
    ),
    (
        12,
        "Stale",
        "severity: warning, instance: n, run: api",
        "The check api of Metering on n has not run for 7m 0s",
        "Look for its job (cron, timer), and for a --output-file that cannot be written.",
    ),
    (
        10,
        "CertificateExpiring",
        "severity: warning, endpoint: 'ok:8777', instance: n, run: api",
        "The certificate of ok:8777 expires in 10d 0h 0m 0s",
        "Renew it.",
    ),
    (
        10,
        "LoginFailed",
        "severity: warning, cloud: prod, instance: n, run: api",
        "The check cannot log in to the cloud prod",
        "check_ceilometer -vv --os-cloud prod says what Keystone answers.",
    ),
];

const OF_FAILED_RUN: &[Alert] = &[
    (
        15,
        "RunFailed",
        "severity: warning, instance: n, run: api",
        "The check api of Metering on n reaches no endpoint",
        "Run the command of its job at a terminal.",
    ),
    (
        15,
        "Absent",
        "severity: warning",
        "No check of Metering reports",
        "Look at the jobs, the directory of the textfile collector, and node_textfile_scrape_error.",
    ),
];

/// The alerts as `promtool` expects them.
fn expected(alerts: &[Alert]) -> String {
    let alert = |(minute, name, labels, summary, description): &Alert| {
        format!(
            "      - eval_time: {minute}m\n        alertname: Ceilometer{name}\n        exp_alerts:\n          \
             - exp_labels: {{{labels}}}\n            \
             exp_annotations: {{summary: '{summary}', description: '{description}'}}\n"
        )
    };
    alerts.iter().map(alert).collect()
}

fn promtool(program: &Path, dir: &Path, arguments: &[&str]) -> Run {
    Run::of(Command::new(program).args(arguments).current_dir(dir))
}

#[test]
fn alerting_rules() {
    let Some(program) = found(&["promtool"]) else { return };
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("rules.yml"), generated("prometheus-rules")).unwrap();
    let tests = [STATES, &expected(OF_STATES), FAILED_RUN, &expected(OF_FAILED_RUN)].concat();
    fs::write(dir.path().join("tests.yml"), tests).unwrap();
    let check = promtool(&program, dir.path(), &["check", "rules", "rules.yml"]);
    assert_eq!(check.code, Some(0), "{check:?}");
    let test = promtool(&program, dir.path(), &["test", "rules", "tests.yml"]);
    assert_eq!(test.code, Some(0), "{}{}", test.stdout, test.stderr);
}

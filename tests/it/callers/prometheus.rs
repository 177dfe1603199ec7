//! Prometheus: `promtool` accepts the alerting rules, and they fire when they should.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::callers::plugin::{Run, generated};
use crate::support::programs::found;

/// Series of one endpoint per state, and the alerts of each rule.
const TESTS: &str = r#"
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
      - eval_time: 4m
        alertname: CeilometerCritical
        exp_alerts:
          - exp_labels: {severity: critical, endpoint: 'critical:8777', instance: n, run: api}
            exp_annotations:
              summary: 'Metering at critical:8777 is CRITICAL'
              description: 'backend-down: check_ceilometer --explain backend-down'
      - eval_time: 20m
        alertname: CeilometerUnknown
        exp_alerts:
          - exp_labels: {severity: warning, endpoint: 'unknown:8777', instance: n, run: api}
            exp_annotations: {summary: 'The check of Metering at unknown:8777 learns nothing', description: ''}
      - eval_time: 20m
        alertname: CeilometerWarning
        exp_alerts:
          - exp_labels: {severity: warning, endpoint: 'warning:8777', instance: n, run: api}
            exp_annotations: {summary: 'Metering at warning:8777 is in WARNING', description: ''}
      - {eval_time: 9m, alertname: CeilometerStale}
      - eval_time: 12m
        alertname: CeilometerStale
        exp_alerts:
          - exp_labels: {severity: warning, instance: n, run: api}
            exp_annotations:
              summary: 'The check api of Metering on n has not run for 7m 0s'
              description: 'Look for its job (cron, timer), and for a --output-file that cannot be written.'
      - eval_time: 10m
        alertname: CeilometerCertificateExpiring
        exp_alerts:
          - exp_labels: {severity: warning, endpoint: 'ok:8777', instance: n, run: api}
            exp_annotations: {summary: 'The certificate of ok:8777 expires in 10d 0h 0m 0s', description: 'Renew it.'}
      - eval_time: 10m
        alertname: CeilometerLoginFailed
        exp_alerts:
          - exp_labels: {severity: warning, cloud: prod, instance: n, run: api}
            exp_annotations:
              summary: 'The check cannot log in to the cloud prod'
              description: 'check_ceilometer -vv --os-cloud prod says what Keystone answers.'
      - {eval_time: 30m, alertname: CeilometerAbsent}
      - {eval_time: 30m, alertname: CeilometerRunFailed}
  - interval: 1m
    input_series:
      - {series: 'ceilometer_health_run_state{instance="n",run="api"}', values: '3x30'}
      - {series: 'ceilometer_health_endpoints{instance="n",run="api"}', values: '0x30'}
    alert_rule_test:
      - eval_time: 15m
        alertname: CeilometerRunFailed
        exp_alerts:
          - exp_labels: {severity: warning, instance: n, run: api}
            exp_annotations:
              summary: 'The check api of Metering on n cannot do its work'
              description: 'Run the command of its job at a terminal.'
      - eval_time: 15m
        alertname: CeilometerAbsent
        exp_alerts:
          - exp_labels: {severity: warning}
            exp_annotations:
              summary: 'No check of Metering reports'
              description: 'Look at the jobs, the directory of the textfile collector, and node_textfile_scrape_error.'
"#;

fn promtool(program: &Path, dir: &Path, arguments: &[&str]) -> Run {
    Run::of(Command::new(program).args(arguments).current_dir(dir))
}

#[test]
fn alerting_rules() {
    let Some(program) = found(&["promtool"]) else { return };
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("rules.yml"), generated("prometheus-rules")).unwrap();
    fs::write(dir.path().join("tests.yml"), TESTS).unwrap();
    let check = promtool(&program, dir.path(), &["check", "rules", "rules.yml"]);
    assert_eq!(check.code, Some(0), "{check:?}");
    let test = promtool(&program, dir.path(), &["test", "rules", "tests.yml"]);
    assert_eq!(test.code, Some(0), "{}{}", test.stdout, test.stderr);
}

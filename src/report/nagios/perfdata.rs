//! Performance data by the Monitoring Plugins guidelines: `'label'=value[unit];[warn];[crit];[min]`.
//!
//! What was not measured is left out: Icinga rejects `U`, and a `0` would be a lie.

use std::collections::HashSet;
use std::time::Duration;

use crate::model::range::Range;
use crate::model::threshold::{Threshold, Thresholds};
use crate::plan::Verbosity;
use crate::report::{MAX_ENDPOINTS_LISTED, Report};
use crate::sanitize;
use crate::units::format_decimal;
use crate::verdict::{LoginVerdict, Verdict};

/// All metrics of a report, the aggregate ones first, each written out whole.
pub(super) fn metrics(report: &Report, verbosity: Verbosity) -> Vec<String> {
    let several = report.endpoints.len() > 1;
    let each = verbosity >= Verbosity::Notes || report.endpoints.len() <= MAX_ENDPOINTS_LISTED;
    let mut metrics = if several { aggregate(report) } else { Vec::new() };
    let login = report.login.as_deref().and_then(LoginVerdict::sent);
    metrics.extend(login.map(|login| Metric::time("auth_time".into(), login.elapsed, &Threshold::default())));
    for verdict in report.endpoints.iter().filter(|_| each) {
        let prefix = if several { format!("{} ", verdict.endpoint) } else { String::new() };
        metrics.extend(endpoint_metrics(verdict, &prefix, &report.thresholds));
    }
    // A second metric of the same label would overwrite the first in every graph.
    let mut labels = HashSet::new();
    metrics.retain(|metric| labels.insert(quoted(&metric.label)));
    metrics.iter().map(Metric::written).collect()
}

struct Metric {
    label: String,
    value: String,
    threshold: Threshold,
    minimum: Option<u8>,
}

impl Metric {
    fn count(label: &str, number: usize) -> Metric {
        let (label, value) = (label.to_owned(), number.to_string());
        Metric { label, value, threshold: Threshold::default(), minimum: None }
    }

    fn time(label: String, time: Duration, threshold: &Threshold) -> Metric {
        let value = format!("{:.6}s", time.as_secs_f64());
        Metric { label, value, threshold: threshold.clone(), minimum: Some(0) }
    }

    fn written(&self) -> String {
        let range = |range: &Option<Range>| range.as_ref().map(ToString::to_string);
        let minimum = self.minimum.map(|minimum| minimum.to_string());
        let fields = [range(&self.threshold.warning), range(&self.threshold.critical), minimum];
        let fields = fields.map(|field| format!(";{}", field.unwrap_or_default())).concat();
        format!("{}={}{}", quoted(&self.label), self.value, fields.trim_end_matches(';'))
    }
}

fn aggregate(report: &Report) -> Vec<Metric> {
    vec![Metric::count("endpoints", report.endpoints.len()), Metric::count("healthy", report.healthy())]
}

fn endpoint_metrics(verdict: &Verdict, prefix: &str, thresholds: &Thresholds) -> Vec<Metric> {
    let mut metrics = Vec::new();
    for judged in verdict.sent() {
        let label = format!("{prefix}{}_time", judged.method.name().to_lowercase());
        metrics.push(Metric::time(label, judged.elapsed, &thresholds.request));
    }
    if let Some(share) = verdict.backend {
        metrics.push(Metric::time(format!("{prefix}backend_time"), share, &thresholds.backend));
    }
    if let Some(certificate) = &verdict.certificate {
        metrics.push(Metric {
            label: format!("{prefix}certificate_days"),
            value: format_decimal(certificate.days_left, 2),
            threshold: thresholds.certificate.clone(),
            // An expired certificate counts below zero.
            minimum: None,
        });
    }
    metrics
}

/// The guidelines allow neither `=` nor `'` in a label, and want quotes around one with spaces. Icinga cuts a label at `::`.
fn quoted(label: &str) -> String {
    let label =
        sanitize::escape_plugin(label).replace('=', "%3D").replace('\'', "%27").replace("::", "%3A%3A");
    if label.contains(char::is_whitespace) { format!("'{label}'") } else { label }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::range::Unit;
    use crate::report::fixture;

    fn threshold(warning: &str, critical: &str) -> Threshold {
        let range = |text: &str| Range::parse(text, Unit::Seconds).ok();
        Threshold { warning: range(warning), critical: range(critical) }
    }

    #[test]
    fn one_endpoint() {
        let mut report = fixture::report(vec![fixture::expiring("https://a.example:443")]);
        report.thresholds = Thresholds {
            request: threshold("0.2", "2"),
            backend: threshold("0.1", "1"),
            certificate: Threshold {
                warning: Some(Range::at_least(30.0)),
                critical: Some(Range::at_least(10.0)),
            },
        };
        let metrics = metrics(&report, Verbosity::Brief);
        assert_eq!(
            metrics,
            [
                "head_time=0.004567s;0.2;2;0",
                "get_time=0.005678s;0.2;2;0",
                "backend_time=0.001111s;0.1;1;0",
                "certificate_days=20.51;30:;10:",
            ]
        );
    }

    #[test]
    fn several_endpoints() {
        let report =
            fixture::report(vec![fixture::healthy("a:8777"), fixture::unreachable("[::1]:8777/o'=")]);
        let metrics = metrics(&report, Verbosity::Brief);
        assert_eq!(
            metrics,
            [
                "endpoints=2",
                "healthy=1",
                "'a:8777 head_time'=0.001234s;;;0",
                "'a:8777 get_time'=0.003456s;;;0",
                "'a:8777 backend_time'=0.002222s;;;0",
                "'[%3A%3A1]:8777/o%27%3D head_time'=0.000321s;;;0",
            ]
        );
    }

    #[test]
    fn equal_labels_after_encoding() {
        let report = fixture::report(vec![fixture::unreachable("a/='"), fixture::unreachable("a/%3D'")]);
        assert_eq!(
            metrics(&report, Verbosity::Brief),
            ["endpoints=2", "healthy=0", "'a:8777/%3D%27 head_time'=0.000321s;;;0"]
        );
    }

    #[test]
    fn many_endpoints() {
        let report = fixture::report((0..21).map(|n| fixture::healthy(&format!("a{n}:8777"))).collect());
        assert_eq!(metrics(&report, Verbosity::Brief), ["endpoints=21", "healthy=21"]);
        assert_eq!(metrics(&report, Verbosity::Notes).len(), 2 + 3 * 21);
    }
}

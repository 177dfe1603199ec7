//! The phrases that the plugin's and the terminal's output share: requests, times, certificates.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::exchange::{Phase, Phases};
use crate::verdict::{CertificateReport, FaultReport, Judged, Outcome, Probe, Verdict};

/// A time for people: three digits that count.
pub(crate) fn time(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    let milliseconds = seconds * 1000.0;
    match seconds {
        ..0.01 => format!("{milliseconds:.2} ms"),
        ..0.1 => format!("{milliseconds:.1} ms"),
        ..1.0 => format!("{milliseconds:.0} ms"),
        ..10.0 => format!("{seconds:.2} s"),
        ..100.0 => format!("{seconds:.1} s"),
        _ => format!("{seconds:.0} s"),
    }
}

/// A span of time for people: from a second on in whole seconds, and of longer ones the two units that count.
pub(crate) fn span(span: Duration) -> String {
    if span < Duration::from_secs(1) {
        return time(span);
    }
    let whole = humantime::format_duration(Duration::from_secs(span.as_secs())).to_string();
    whole.split_whitespace().take(2).collect::<Vec<_>>().join(" ")
}

/// A moment as RFC 3339 in UTC, to the second.
pub(crate) fn moment(moment: SystemTime) -> String {
    humantime::format_rfc3339_seconds(tellable(moment)).to_string()
}

/// The moment, or the nearest between 1970 and 9999, for which RFC 3339 has words.
///
/// A certificate may claim any date, and a machine's clock may be far off.
pub(super) fn tellable(moment: SystemTime) -> SystemTime {
    const LAST: Duration = Duration::from_secs(253_402_300_799);
    UNIX_EPOCH + moment.duration_since(UNIX_EPOCH).unwrap_or_default().min(LAST)
}

/// A number with at most two decimals, without trailing zeros; rounded down, for what is below a threshold must not
/// read as if it stood at it.
pub(super) fn decimal(number: f64) -> String {
    let text = format!("{:.2}", (number * 100.0).floor() / 100.0);
    match text.trim_end_matches('0').trim_end_matches('.') {
        "-0" => "0".into(),
        shortest => shortest.into(),
    }
}

/// What came of a request, in a word or two: `204`, `timeout`, `200 body`.
pub(super) fn outcome(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Skipped(_) => "skipped".into(),
        Outcome::Judged(judged) => match (judged.status, &judged.fault) {
            (Some(status), Some(fault)) => format!("{status} {}", fault.kind.name()),
            (Some(status), None) => status.to_string(),
            (None, Some(fault)) => fault.kind.name().into(),
            (None, None) => "no answer".into(),
        },
    }
}

/// A request and its time in one phrase: `GET 503 12.3 ms`.
pub(super) fn request(probe: &Probe) -> String {
    let told = format!("{} {}", probe.method.name(), outcome(&probe.outcome));
    match &probe.outcome {
        Outcome::Judged(judged) => format!("{told} {}", time(judged.elapsed)),
        Outcome::Skipped(_) => told,
    }
}

/// What the bodies and the faults of an endpoint said, a line each.
pub(crate) fn said(verdict: &Verdict) -> Vec<String> {
    verdict.probes.iter().flat_map(|probe| probe_said(probe, &verdict.explanation)).collect()
}

fn probe_said(probe: &Probe, explanation: &str) -> Vec<String> {
    let Outcome::Judged(judged) = &probe.outcome else { return Vec::new() };
    let method = probe.method.name();
    let fault = judged.fault.as_ref().filter(|fault| !explanation.contains(&fault.message));
    let fault = fault.map(|fault| format!("{method} {}", told(fault)));
    let detail = judged.detail.as_ref().map(|detail| format!("{method} said: {detail}"));
    fault.into_iter().chain(detail).collect()
}

fn told(fault: &FaultReport) -> String {
    format!("{} {}: {}", fault.kind.name(), circumstance(fault.phase), fault.message)
}

const fn circumstance(phase: Phase) -> &'static str {
    match phase {
        Phase::Resolve => "while looking the name up",
        Phase::Connect => "while connecting",
        Phase::Tls => "in the TLS handshake",
        Phase::Send => "while sending the request",
        Phase::Wait => "while waiting for the answer",
        Phase::Receive => "while reading the answer",
    }
}

/// The certificate in one line.
pub(super) fn certificate(certificate: &CertificateReport) -> String {
    let CertificateReport { not_after, days_left, subject, issuer } = certificate;
    let life = if *days_left < 0.0 {
        format!("expired {} days ago", decimal(-days_left))
    } else {
        format!("{} days left", decimal(*days_left))
    };
    format!("Certificate: valid until {}, {life}; subject {subject}; issuer {issuer}", moment(*not_after))
}

/// How often it was tried, where that is worth telling.
pub(super) fn attempts(verdict: &Verdict) -> Option<String> {
    (verdict.attempts > 1).then(|| format!("{} attempts", verdict.attempts))
}

/// A line of a request's account.
pub(super) enum Account {
    /// Prose, which may be broken to fit a terminal.
    Prose(String),
    /// What will be copied, and is therefore left in one piece.
    Verbatim(String),
}

impl Account {
    /// The line, however it may be shown.
    pub(super) fn text(self) -> String {
        let (Account::Prose(text) | Account::Verbatim(text)) = self;
        text
    }
}

/// What a ticket needs of a request (`-vv`), and all that went over the wire (`-vvv`).
pub(super) fn account(probe: &Probe, verbosity: u8) -> Vec<Account> {
    match &probe.outcome {
        _ if verbosity < 2 => Vec::new(),
        Outcome::Skipped(reason) => {
            vec![Account::Prose(format!("{} skipped: {reason}", probe.method.name()))]
        }
        Outcome::Judged(judged) => {
            let mut lines = ticket(probe, judged);
            if verbosity > 2 {
                lines.extend(wire(judged));
            }
            lines
        }
    }
}

fn ticket(probe: &Probe, judged: &Judged) -> Vec<Account> {
    let facts = judged.facts.iter().map(|(name, value)| Account::Prose(format!("{name}: {value}")));
    [Account::Prose(answer(probe, judged))]
        .into_iter()
        .chain(phases(&judged.phases).map(Account::Prose))
        .chain(facts)
        .chain([Account::Verbatim(judged.curl.clone())])
        .collect()
}

fn answer(probe: &Probe, judged: &Judged) -> String {
    let peer = judged.peer.as_ref().map(|peer| format!(" from {peer}")).unwrap_or_default();
    let who = judged.answered_by.map(|who| format!(", answered by {who}")).unwrap_or_default();
    let rule = format!("{} by {} ({})", judged.state, judged.key, judged.source.name());
    format!("{}{peer}{who}: {rule}", request(probe))
}

fn phases(phases: &Phases) -> Option<String> {
    let told = |phase: Phase| phases.get(phase).map(|taken| format!("{} {}", phase.name(), time(taken)));
    let told: Vec<String> = Phase::ALL.into_iter().filter_map(told).collect();
    (!told.is_empty()).then(|| told.join(", "))
}

fn wire(judged: &Judged) -> impl Iterator<Item = Account> {
    let lines = |direction: &'static str, lines: &[String]| {
        lines.iter().map(|line| Account::Verbatim(format!("{direction}: {line}"))).collect::<Vec<_>>()
    };
    let body: Vec<String> = judged.body.lines().map(str::to_owned).collect();
    [lines("sent", &judged.sent), lines("received", &judged.received), lines("body", &body)]
        .into_iter()
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_keep_three_digits() {
        let table = [
            (0, "0.00 ms"),
            (340, "0.34 ms"),
            (1_234, "1.23 ms"),
            (12_345, "12.3 ms"),
            (123_456, "123 ms"),
            (1_234_567, "1.23 s"),
            (10_000_000, "10.0 s"),
            (3_600_000_000, "3600 s"),
        ];
        for (micros, text) in table {
            assert_eq!(time(Duration::from_micros(micros)), text);
        }
    }

    #[test]
    fn spans_keep_two_units() {
        let table = [(0.25, "250 ms"), (59.94, "59s"), (60.0, "1m"), (303.9, "5m 3s"), (90_061.0, "1day 1h")];
        for (seconds, text) in table {
            assert_eq!(span(Duration::from_secs_f64(seconds)), text);
        }
    }

    #[test]
    fn decimals_are_as_short_as_they_can_be() {
        let table = [
            (0.0, "0"),
            (0.001, "0"),
            (20.0, "20"),
            (20.5, "20.5"),
            (4.9999, "4.99"),
            (-3.451, "-3.46"),
            (100.0, "100"),
        ];
        for (number, text) in table {
            assert_eq!(decimal(number), text);
        }
    }

    #[test]
    fn any_date_of_a_certificate_can_be_told() {
        let before = UNIX_EPOCH - Duration::from_secs(1);
        let after = UNIX_EPOCH + Duration::from_secs(400_000_000_000);
        assert_eq!(moment(before), "1970-01-01T00:00:00Z");
        assert_eq!(moment(UNIX_EPOCH + Duration::from_secs(1)), "1970-01-01T00:00:01Z");
        assert_eq!(moment(after), "9999-12-31T23:59:59Z");
    }
}

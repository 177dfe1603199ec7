//! The phrases that the plugin's and the terminal's output share: requests, faults, certificates.

use crate::exchange::{Ending, Phase, Phases};
use crate::format::Verbosity;
use crate::quantity::{decimal, moment, time};
use crate::verdict::{CertificateReport, FaultReport, Judged, Outcome, Probe, Ticket, Verdict, Wire};

/// What came of a request, in a word or two: `204`, `timeout`, `200 body`.
pub(super) fn outcome(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Skipped(_) => "skipped".into(),
        Outcome::Judged(judged) => match &judged.ending {
            Ending::Answered(status) => status.to_string(),
            Ending::BrokenOff(status, fault) => format!("{status} {}", fault.kind.name()),
            Ending::Failed(fault) => fault.kind.name().into(),
        },
    }
}

/// A request and its time in one phrase: `GET 503 12.3 ms`.
pub(super) fn request(probe: &Probe) -> String {
    let answered = format!("{} {}", probe.method.name(), outcome(&probe.outcome));
    match &probe.outcome {
        Outcome::Judged(judged) => format!("{answered} {}", time(judged.elapsed)),
        Outcome::Skipped(_) => answered,
    }
}

/// What the bodies and the faults of an endpoint said, a line each.
pub(crate) fn said(verdict: &Verdict) -> Vec<String> {
    verdict.probes.iter().flat_map(|probe| probe_said(probe, verdict.quoted.as_deref())).collect()
}

fn probe_said(probe: &Probe, quoted: Option<&str>) -> Vec<String> {
    let Outcome::Judged(judged) = &probe.outcome else { return Vec::new() };
    let method = probe.method.name();
    let fault = judged.ending.fault().filter(|fault| quoted != Some(fault.message.as_str()));
    let fault = fault.map(|fault| format!("{method} {}", failure(fault)));
    let detail = judged.detail.as_ref().map(|detail| format!("{method} said: {detail}"));
    fault.into_iter().chain(detail).collect()
}

fn failure(fault: &FaultReport) -> String {
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
        format!("expired {} days ago", decimal(-days_left, 2))
    } else {
        format!("{} days left", decimal(*days_left, 2))
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
pub(super) fn account(probe: &Probe, verbosity: Verbosity) -> Vec<Account> {
    match &probe.outcome {
        Outcome::Skipped(reason) if verbosity >= Verbosity::Requests => {
            vec![Account::Prose(format!("{} skipped: {reason}", probe.method.name()))]
        }
        Outcome::Skipped(_) => Vec::new(),
        Outcome::Judged(judged) => {
            let told = judged.ticket.iter().flat_map(|told| ticket(probe, judged, told));
            told.chain(judged.wire.iter().flat_map(wire)).collect()
        }
    }
}

fn ticket(probe: &Probe, judged: &Judged, ticket: &Ticket) -> Vec<Account> {
    let facts = ticket.facts.iter().map(|(name, value)| Account::Prose(format!("{name}: {value}")));
    [Account::Prose(answer(probe, judged))]
        .into_iter()
        .chain(phases(&judged.phases).map(Account::Prose))
        .chain(facts)
        .chain([Account::Verbatim(ticket.curl.clone())])
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

fn wire(wire: &Wire) -> impl Iterator<Item = Account> {
    let lines = |direction: &'static str, lines: &[String]| {
        lines.iter().map(|line| Account::Verbatim(format!("{direction}: {line}"))).collect::<Vec<_>>()
    };
    let body: Vec<String> = wire.body.lines().map(str::to_owned).collect();
    [lines("sent", &wire.sent), lines("received", &wire.received), lines("body", &body)].into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::judge;
    use crate::verdict::tests::{NOW, both, endpoint, plan};

    #[test]
    fn a_fault_is_told_where_the_explanation_does_not_quote_it() {
        let told = |head, get| said(&judge(&plan(), &endpoint(), &both(head, get), 1, NOW));
        assert!(told("timeout", "200").is_empty());
        assert!(told("204", "timeout").is_empty());
        // The same befell both, and is told once.
        assert!(told("timeout", "timeout").is_empty());
        assert_eq!(told("timeout", "503"), ["HEAD timeout while waiting for the answer: circumstances"]);
    }
}

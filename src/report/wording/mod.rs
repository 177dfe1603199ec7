//! Sentences that several outputs share: summaries, requests, faults, certificates.

pub(super) mod advice;
mod cause;
mod curl;
mod details;
mod fault;
pub(super) mod login;
pub(crate) mod run;
pub(crate) mod summary;

pub(crate) use advice::{Advice, of_endpoint as advice};
pub(crate) use cause::cause;
pub(crate) use details::add_details;

use std::time::Duration;

use crate::model::exchange::{Completion, Method, Phase, Phases, PlannedRequest, SkipReason, is_success};
use crate::plan::Verbosity;
use crate::units::{format_decimal, format_duration, format_timestamp};
use crate::verdict::{
    Basis, CertificateInfo, FaultInfo, RequestDetails, RequestVerdict, Transcript, Verdict,
};

/// Returns the outcome of a request in a word or two: `204`, `timeout`, `200 body`.
pub(super) fn outcome(judged: &RequestVerdict) -> String {
    match &judged.completion {
        Completion::Full(status) => status.to_string(),
        Completion::Truncated(status, fault) => format!("{status} {}", fault.kind.name()),
        Completion::Failed(fault) => fault.kind.name().into(),
    }
}

pub(super) const SKIPPED: &str = "skipped";

pub(super) fn skipped(method: Method, reason: SkipReason) -> String {
    format!("{} skipped: {}", method.name(), skip_reason(reason))
}

pub(super) fn skip_reason(reason: SkipReason) -> String {
    match reason {
        SkipReason::OutOfTime => "the time was spent (raise -t)".to_owned(),
        SkipReason::FailedBefore(method, kind) => {
            format!("{} got no answer ({})", method.name(), kind.name())
        }
    }
}

/// A note, as `-v` shows it.
pub(super) fn note(text: &str) -> String {
    format!("Note: {text}")
}

/// The action, where it follows its explanation without a mark.
pub(super) fn action(text: &str) -> String {
    format!("Action: {text}")
}

/// The time that the back-end took of GET's.
pub(super) fn backend_share(time: Duration) -> String {
    format!("back-end's share of GET: {}", format_duration(time))
}

/// The advice on an endpoint beyond its summary; an explanation that adds nothing is empty.
pub(super) fn advice_beyond_summary(verdict: &Verdict) -> Advice {
    let (explanation, action) = advice(verdict);
    let explanation = match verdict.basis {
        Basis::AllGood
        | Basis::Request(_)
        | Basis::GetNotSent(_)
        | Basis::NoToken
        | Basis::NewTokenRefused => explanation,
        Basis::NothingSent(_) => String::new(),
        Basis::Slow(..) | Basis::Certificate(_) => {
            advice::on_request_beside(verdict).map(|(explanation, _)| explanation).unwrap_or_default()
        }
    };
    (explanation, action)
}

/// The fault that decided an endpoint's state.
fn decisive_fault(verdict: &Verdict) -> Option<&FaultInfo> {
    let Basis::Request(decisive) = verdict.basis else { return None };
    verdict.request(decisive)?.completion.fault()
}

/// The words of bodies, redirects and faults, one line each, without those that the explanation has, and without the
/// `quoted` characters that the summary quotes.
pub(super) fn statements(verdict: &Verdict, quoted: usize) -> Vec<String> {
    let explained = decisive_fault(verdict);
    let quotable = summary::quotable(verdict);
    let also_crossed = verdict.also_crossed.iter();
    let mut lines: Vec<_> = also_crossed.filter_map(|basis| summary::also_crossed(verdict, basis)).collect();
    for judged in verdict.sent() {
        let method = judged.method.name();
        let fault = judged.completion.fault();
        let fault = fault.filter(|fault| explained.is_none_or(|explained| explained.detail != fault.detail));
        lines.extend(fault.map(|fault| format!("{method} {}", failure(fault))));
        let rest = |text: &Option<String>| {
            let quoted = if *text == quotable { quoted } else { 0 };
            text.as_ref().and_then(|text| summary::unquoted(text, quoted))
        };
        let location = rest(&judged.quotes.location);
        lines.extend(location.map(|location| format!("Location of {method}: {location}")));
        // The transcript of `-vvv` has the body itself.
        if judged.transcript.is_none() {
            let message = rest(&judged.message).filter(|said| !is_good_news(judged, said));
            lines.extend(message.map(|message| format!("{method} said: {message}")));
            lines.extend(judged.other_words.as_ref().map(|words| format!("{method} also said: {words}")));
        }
    }
    lines
}

/// Tests for a body that says no more than its good status does.
fn is_good_news(judged: &RequestVerdict, said: &str) -> bool {
    said.eq_ignore_ascii_case("ok") && judged.completion.response().is_some_and(|status| is_success(*status))
}

fn failure(fault: &FaultInfo) -> String {
    format!("{} {}: {}", fault.kind.name(), circumstance(fault.phase), cause(&fault.detail))
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

pub(super) fn certificate(certificate: &CertificateInfo) -> String {
    let CertificateInfo { not_after, days_left, subject, issuer } = certificate;
    let life = if *days_left < 0.0 {
        format!("expired {} days ago", format_decimal(-days_left, 1))
    } else {
        format!("{} days left", format_decimal(*days_left, 1))
    };
    format!(
        "Certificate: valid until {}, {life}; subject {}; issuer {}",
        format_timestamp(*not_after),
        quote_name(subject),
        quote_name(issuer)
    )
}

/// Quotes a distinguished name, whose words may be made to read like ours; some certificates have an empty one.
fn quote_name(name: &str) -> String {
    if name.is_empty() { "without a name".into() } else { format!("\"{}\"", name.replace('"', "'")) }
}

/// A line of a request's account.
pub(super) enum DetailLine {
    /// Prose, which may be broken to fit a terminal.
    Prose(String),
    /// A line as it was sent or received.
    Verbatim(String),
    /// A command, which is copied and therefore left in one piece.
    Command(String),
}

impl DetailLine {
    /// The line, however it may be shown.
    pub(super) fn text(self) -> String {
        let (DetailLine::Prose(text) | DetailLine::Verbatim(text) | DetailLine::Command(text)) = self;
        text
    }
}

/// The heading of a request's account (`-vv`).
pub(super) fn account_heading(
    probe: &PlannedRequest<RequestVerdict>,
    verbosity: Verbosity,
) -> Option<String> {
    if verbosity < Verbosity::Requests {
        return None;
    }
    match probe {
        PlannedRequest::Skipped(method, reason) => Some(skipped(*method, *reason)),
        PlannedRequest::Sent(judged) => judged.details.as_ref().map(|_| {
            let (method, time) = (judged.method.name(), format_duration(judged.elapsed));
            format!("{method} {} {time}{}", outcome(judged), provenance(judged))
        }),
    }
}

/// Returns the details of a request (`-vv`) and its transcript (`-vvv`), which follow the heading.
pub(super) fn account(judged: &RequestVerdict, verbosity: Verbosity) -> Vec<DetailLine> {
    let wanted = judged.details.as_ref().filter(|_| verbosity >= Verbosity::Requests);
    let all = judged.transcript.as_ref().filter(|_| verbosity >= Verbosity::Transcript);
    let details = wanted.into_iter().flat_map(|wanted| details(judged, wanted));
    details.chain(all.into_iter().flat_map(transcript)).collect()
}

fn details(judged: &RequestVerdict, details: &RequestDetails) -> impl Iterator<Item = DetailLine> {
    let facts = details.facts.iter().map(|(name, value)| format!("{name}: {value}"));
    let prose = phases(&judged.phases).into_iter().chain(facts).map(DetailLine::Prose);
    prose.chain([DetailLine::Command(details.curl.clone())])
}

/// Names the responder and the rule that judged the response.
pub(super) fn provenance(judged: &RequestVerdict) -> String {
    let peer = judged.peer.as_ref().map(|peer| format!(" at {peer}")).unwrap_or_default();
    let who = judged.answered_by.map(|who| format!(", answered by {}", who.name())).unwrap_or_default();
    let rule = format!("{} by row {} ({})", judged.state, judged.row.key, judged.row.origin.name());
    format!("{peer}{who}: {rule}")
}

fn phases(phases: &Phases) -> Option<String> {
    let text =
        |phase: Phase| phases.get(phase).map(|taken| format!("{} {}", phase.name(), format_duration(taken)));
    let times: Vec<String> = Phase::ALL.iter().copied().filter_map(text).collect();
    (!times.is_empty()).then(|| times.join(", "))
}

fn transcript(transcript: &Transcript) -> impl Iterator<Item = DetailLine> {
    let lines = |direction: &'static str, lines: &[String]| {
        lines.iter().map(|line| DetailLine::Verbatim(format!("{direction}: {line}"))).collect::<Vec<_>>()
    };
    let body: Vec<String> = transcript.body.lines().map(str::to_owned).collect();
    [lines("sent", &transcript.sent), lines("received", &transcript.received), lines("body", &body)]
        .into_iter()
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::Transcript;
    use crate::verdict::tests::{NOW, answered, both, endpoint, judge_whole, plan};

    #[test]
    fn fault_beside_the_explanation() {
        let lines = |head, get| statements(&judge_whole(&plan(), &endpoint(), &both(head, get), 1, NOW), 0);
        assert!(lines("timeout", "200").is_empty());
        assert!(lines("204", "timeout").is_empty());
        // Both have the same fault, which is shown once.
        assert!(lines("timeout", "timeout").is_empty());
        assert_eq!(lines("timeout", "503"), ["HEAD timeout while waiting for the answer: circumstances"]);
    }

    /// A transcript has the body itself, which is not quoted besides.
    #[test]
    fn body_beside_its_transcript() {
        let said = format!("db down {}", "x".repeat(300));
        let made = [answered(Method::Get, 503, &[], &said)];
        let mut verdict = judge_whole(&plan(), &endpoint(), &made, 1, NOW);
        assert_eq!(statements(&verdict, 0), [format!("GET said: {said}")]);
        let PlannedRequest::Sent(judged) = &mut verdict.probes[0] else { panic!("not sent") };
        judged.transcript = Some(Transcript { sent: Vec::new(), received: Vec::new(), body: said });
        assert!(statements(&verdict, 0).is_empty());
    }
}

//! The summary: one line that says what failed, where and why. Every output that has one shows the same.
//!
//! Its grammar is `<diagnosis>: <what happened, at which endpoint>[: <reason>]`; before it, for several endpoints,
//! how many of them are not OK.

use std::fmt::Write;
use std::time::Duration;

use super::super::aggregate;
use super::advice::pair::{is_head_alone, is_like_head};
use super::advice::slow::longest_phase;
use super::{fault, login};
use crate::model::diagnosis::Diagnosis;
use crate::model::exchange::Completion;
use crate::model::quorum::Quorum;
use crate::model::state::State;
use crate::rules::{Row, RuleOrigin, SuccessProblem};
use crate::sanitize::truncate;
use crate::units::{format_decimal, format_duration_exact, format_duration_to_microsecond, format_timestamp};
use crate::verdict::{
    Basis, Credentials, Crossing, Remark, RequestVerdict, Responder, Summary, Timed, Verdict,
};

/// Maximum length of a summary, in characters.
pub(crate) const MAX_SUMMARY: usize = 200;

/// Minimum room for a reason that has to be cut, in characters; with less room the reason is left out.
const MIN_REASON: usize = 12;

/// The summary of a run, in at most `room` characters.
pub(crate) fn of_run(endpoints: &[Verdict], quorum: Option<Quorum>, room: usize) -> Summary {
    match endpoints {
        [] => Summary::general("no endpoint was probed".to_owned()),
        [only] => Summary { is_complete: true, ..line("", only, room) },
        several => of_several(several, quorum, room),
    }
}

/// Says that the result was not written, and what it was.
pub(in crate::report) fn not_written(why: &str, result: State, summary: &str) -> String {
    format!("--output-file was not written ({why}); the result was {result}: {summary}")
}

pub(crate) fn of_endpoint(verdict: &Verdict) -> Summary {
    line("", verdict, MAX_SUMMARY)
}

fn of_several(endpoints: &[Verdict], quorum: Option<Quorum>, room: usize) -> Summary {
    let failing: Vec<_> = endpoints.iter().filter(|verdict| verdict.state != State::Ok).collect();
    let worst = State::worst(failing.iter().map(|verdict| verdict.state));
    let Some(first) = failing.iter().find(|verdict| verdict.state == worst) else {
        return Summary::general(all_good(endpoints));
    };
    let counts = counts(endpoints, quorum, failing.len());
    let lead = match failing.len() {
        1 => format!("{counts}; "),
        _ => format!("{counts} ({}); worst: ", by_diagnosis(&failing)),
    };
    line(&lead, first, room)
}

fn all_good(endpoints: &[Verdict]) -> String {
    // Which methods were sent decides whether all are healthy or all are alive.
    let name = endpoints.first().map_or("OK", |verdict| verdict.diagnosis.name());
    let retried = endpoints.iter().filter(|verdict| verdict.attempts > 1).count();
    let retried = if retried == 0 { String::new() } else { format!(", {retried} after a retry") };
    let overridden = endpoints.iter().filter(|verdict| !overrides(verdict).is_empty()).count();
    let overridden = if overridden == 0 { String::new() } else { format!(" ({overridden} by --state)") };
    format!("all {} endpoints {name}{overridden}{retried}", endpoints.len())
}

fn counts(endpoints: &[Verdict], quorum: Option<Quorum>, failing: usize) -> String {
    let all = endpoints.len();
    let Some(quorum) = quorum else {
        return format!("{failing} of {all} endpoints not OK");
    };
    let (usable, needed) = (aggregate::usable(endpoints), quorum.needed(all));
    let states = if usable + failing > all { "OK or WARNING" } else { "OK" };
    let met = if usable >= needed { "met" } else { "missed" };
    format!("{usable} of {all} endpoints {states}, quorum {needed} {met}")
}

/// Counts the endpoints of each diagnosis, the most severe first: `1 backend-down, 2 throttled`.
fn by_diagnosis(failing: &[&Verdict]) -> String {
    let mut counts: Vec<(Diagnosis, State, usize)> = Vec::new();
    for verdict in failing {
        match counts.iter_mut().find(|(diagnosis, ..)| *diagnosis == verdict.diagnosis) {
            Some((_, state, count)) => (*state, *count) = (state.or_worse(verdict.state), *count + 1),
            None => counts.push((verdict.diagnosis, verdict.state, 1)),
        }
    }
    counts.sort_by_key(|(_, state, _)| std::cmp::Reverse(state.severity()));
    let counts = counts.into_iter().map(|(diagnosis, _, count)| format!("{count} {diagnosis}"));
    counts.collect::<Vec<_>>().join(", ")
}

/// An event and its reason, which is left out first where room is short.
#[derive(Debug, Clone)]
struct Clause {
    event: String,
    reason: Option<Reason>,
}

#[derive(Debug, Clone)]
enum Reason {
    /// Our own words.
    Plain(String),
    /// The address that a response redirects to.
    Redirect(String),
    /// The body's words.
    Quoted(String),
}

impl Reason {
    /// The words of the response.
    fn words(self) -> Option<String> {
        match self {
            Reason::Plain(_) => None,
            Reason::Redirect(words) | Reason::Quoted(words) => Some(words),
        }
    }

    /// Adds the reason to a sentence, in at most `room` characters of its own; nothing where too little of it would be left.
    fn add_to(self, sentence: String, room: usize) -> Summary {
        let (text, quote) = match &self {
            Reason::Plain(text) => (text.clone(), ""),
            Reason::Redirect(location) => (format!("redirects to {location}"), ""),
            Reason::Quoted(text) => (text.clone(), "\""),
        };
        let (length, room) = (text.chars().count(), room.saturating_sub(2 + 2 * quote.len()));
        if room < MIN_REASON.min(length) {
            return Summary::general(sentence);
        }
        let shown = truncate(text, room);
        let is_whole = length <= room;
        let quoted = match &self {
            Reason::Quoted(_) if is_whole => length,
            Reason::Quoted(_) => shown.chars().count() - 1,
            Reason::Redirect(location) if is_whole => location.chars().count(),
            Reason::Redirect(_) | Reason::Plain(_) => 0,
        };
        let is_complete = is_whole || matches!(self, Reason::Quoted(_));
        Summary { text: format!("{sentence}: {quote}{shown}{quote}"), quoted, is_complete }
    }
}

impl Clause {
    fn event(event: String) -> Clause {
        Clause { event, reason: None }
    }
}

fn line(lead: &str, verdict: &Verdict, room: usize) -> Summary {
    let Clause { event, reason } = clause(verdict);
    let (retries, overrides) = (retries(verdict.attempts), overrides(verdict));
    let sentence = format!("{lead}{}: {event}{retries}{overrides}", verdict.diagnosis);
    let Some(left) = room.checked_sub(sentence.chars().count()) else {
        return Summary::general(truncate(sentence, room));
    };
    match reason {
        Some(reason) => reason.add_to(sentence, left),
        None => Summary { text: sentence, quoted: 0, is_complete: true },
    }
}

/// The words of a response that a summary of the endpoint quotes, if it has room.
pub(super) fn quotable(verdict: &Verdict) -> Option<String> {
    clause(verdict).reason.and_then(Reason::words)
}

fn retries(attempts: u32) -> String {
    match attempts.saturating_sub(1) {
        0 => String::new(),
        1 => " after 1 retry".to_owned(),
        retries => format!(" after {retries} retries"),
    }
}

/// The overrides that decided the state, for it is not the one of what happened.
fn overrides(verdict: &Verdict) -> String {
    let rows: Vec<Row> = match verdict.basis {
        Basis::AllGood | Basis::NewTokenRefused => verdict.sent().map(|judged| judged.row).collect(),
        Basis::Request(method) => verdict.request(method).map(|judged| judged.row).into_iter().collect(),
        Basis::NoToken => verdict.login.as_deref().and_then(|login| login.row).into_iter().collect(),
        Basis::GetNotSent(_) | Basis::NothingSent(_) | Basis::Slow(..) | Basis::Certificate(_) => Vec::new(),
    };
    by_override(verdict.state, &rows)
}

/// Names the overrides among the rows that lead to a state: ` (OK by --state 503)`.
pub(super) fn by_override(state: State, rows: &[Row]) -> String {
    let overridden = rows.iter().filter(|row| row.origin == RuleOrigin::Overridden && row.state == state);
    let mut keys: Vec<_> = overridden.map(|row| row.key.to_string()).collect();
    keys.dedup();
    if keys.is_empty() { String::new() } else { format!(" ({state} by --state {})", keys.join(", ")) }
}

fn clause(verdict: &Verdict) -> Clause {
    let endpoint = verdict.shown_name();
    match &verdict.basis {
        Basis::AllGood => match (statuses(verdict), verdict.sent().next()) {
            // An override makes a failed request good.
            (statuses, Some(judged)) if statuses.is_empty() => request(verdict, judged),
            (statuses, _) => Clause::event(format!("{statuses} from {endpoint}")),
        },
        Basis::Request(method) => match verdict.request(*method) {
            Some(judged) => request(verdict, judged),
            None => Clause::event(endpoint.to_owned()),
        },
        Basis::GetNotSent(reason) => Clause {
            event: format!("{} from {endpoint}, but GET was not sent", statuses(verdict)),
            reason: Some(Reason::Plain(super::skip_reason(*reason))),
        },
        Basis::NothingSent(reason) => Clause {
            event: format!("no request was sent to {endpoint}"),
            reason: reason.map(super::skip_reason).map(Reason::Plain),
        },
        Basis::Slow(timed, took, crossing) => {
            with_request(slow(verdict, *timed, *took, crossing), verdict, crossing, "s")
        }
        Basis::Certificate(crossing) => with_request(certificate(verdict), verdict, crossing, "days"),
        Basis::NoToken => {
            let login = verdict.login.as_deref().map(login::event).unwrap_or_default();
            Clause::event(format!("{} is alive but wants a token: {login}", verdict.endpoint))
        }
        Basis::NewTokenRefused => Clause::event(format!("{} refused a new token (401)", verdict.endpoint)),
    }
}

/// The statuses that came, by method: `HEAD 204, GET 200`.
fn statuses(verdict: &Verdict) -> String {
    let responses = verdict.sent().filter_map(|judged| {
        judged.completion.response().map(|status| format!("{} {status}", judged.method.name()))
    });
    responses.collect::<Vec<_>>().join(", ")
}

fn request(verdict: &Verdict, judged: &RequestVerdict) -> Clause {
    match &judged.completion {
        Completion::Full(status) => response(verdict, *status, judged),
        Completion::Truncated(status, _) if judged.row.key.is_for_status() => {
            response(verdict, *status, judged)
        }
        Completion::Truncated(_, fault) | Completion::Failed(fault) => {
            let mut event = fault::clause(verdict, judged, fault);
            event += &fault::proxy_beside(verdict, fault);
            if is_head_alone(verdict, judged) {
                event += ", but answered GET";
            }
            let spender = judged.shortage.map(|shortage| Reason::Plain(fault::spender(verdict, shortage)));
            Clause { event, reason: spender.or_else(|| judged.message.clone().map(Reason::Quoted)) }
        }
    }
}

/// The endpoint in a sentence, or the URL that was asked where its path may be wrong.
pub(super) fn shown_endpoint<'a>(verdict: &'a Verdict, judged: &RequestVerdict) -> &'a str {
    let may_be_wrong = matches!(judged.completion.response(), Some(404 | 405))
        || (judged.state != State::Ok && judged.diagnosis == Diagnosis::WrongService);
    if may_be_wrong { verdict.shown_url() } else { verdict.shown_name() }
}

fn response(verdict: &Verdict, status: u16, judged: &RequestVerdict) -> Clause {
    let alike = if is_like_head(verdict, judged) { " (HEAD 503 too, and no reason)" } else { "" };
    let (endpoint, method) = (shown_endpoint(verdict, judged), judged.method.name());
    let said = judged.message.clone().map(Reason::Quoted);
    if let Some(problem) = judged.problem {
        return distrusted(endpoint, &format!("{method} {status}"), problem, judged, said);
    }
    match (status, judged.answered_by) {
        (401 | 503, Some(Responder::Keystone)) => {
            let keystone = keystone(judged);
            let event = match (status, verdict.credentials) {
                (503, _) => {
                    let event = format!("{endpoint} cannot check tokens with {keystone} ({method} {status})");
                    return Clause { event, reason: said };
                }
                (_, Some(Credentials::Token)) => {
                    format!("{keystone} rejected the token that was sent to {endpoint}")
                }
                _ => format!("{keystone} wants a token from whoever asks {endpoint}"),
            };
            Clause::event(format!("{event} ({method} {status})"))
        }
        (100..=199, _) => Clause::event(format!("{method} {status} and no final response from {endpoint}")),
        (300..=399, _) => {
            let location = judged.quotes.location.as_ref();
            let reason = location.cloned().map(Reason::Redirect).or(said);
            Clause { event: format!("{method} {status} from {endpoint}"), reason }
        }
        (_, Some(responder)) if responder != Responder::Ceilometer => {
            let relation = if responder.is_intermediary() { "in front of" } else { "for" };
            let event =
                format!("{method} {status} from {} {relation} {endpoint}{}", responder.title(), copy(judged));
            Clause { event, reason: said }
        }
        _ => {
            let foreign = judged.remark == Some(Remark::Foreign);
            let who = if foreign { "a proxy or gateway in front of " } else { "" };
            let event = format!("{method} {status} from {who}{endpoint}{}{alike}", copy(judged));
            Clause { event, reason: said }
        }
    }
}

/// The part of a text of which a summary quotes this many characters, from the beginning of the word at which it stops.
pub(super) fn unquoted(text: &str, quoted: usize) -> Option<String> {
    let (end, _) = text.char_indices().nth(quoted)?;
    let rest = text.get(..end)?.rsplit_once(' ').and_then(|(words, _)| text.get(words.len()..));
    Some(rest.map_or_else(|| text.to_owned(), |rest| format!("…{}", rest.trim_start())))
}

/// Explains why a response whose status is good is not believed.
fn distrusted(
    endpoint: &str,
    response: &str,
    problem: SuccessProblem,
    judged: &RequestVerdict,
    said: Option<Reason>,
) -> Clause {
    let event = match problem {
        SuccessProblem::Page => {
            let what = match judged.remark {
                Some(Remark::VersionDocument) => "is a list of API versions",
                Some(Remark::MongoDb) => "is MongoDB's",
                Some(Remark::ResponseInBody) => "has another response in its body",
                _ => "is an HTML page",
            };
            match judged.intermediary() {
                Some(proxy) => format!("{response} from {} in front of {endpoint}", proxy.title()),
                None => format!("{response} from {endpoint} {what}"),
            }
        }
        SuccessProblem::Report => format!("{response} from {endpoint} reports a failure"),
        SuccessProblem::Cached => {
            return Clause::event(format!("{response} from a cache in front of {endpoint}{}", age(judged)));
        }
    };
    Clause { event, reason: said }
}

/// The age of a cache's response, where it gives one.
fn age(judged: &RequestVerdict) -> String {
    let age = judged.quotes.age.as_deref().unwrap_or_default();
    let seconds: String = age.chars().take_while(char::is_ascii_digit).collect();
    match seconds.trim_start_matches('0') {
        "" if seconds.is_empty() => String::new(),
        "" => ", less than 1 s old".to_owned(),
        seconds => format!(", {seconds} s old"),
    }
}

/// The mark of a failure that a cache repeats.
fn copy(judged: &RequestVerdict) -> String {
    if judged.is_cached_failure { format!(" (a cache's copy{})", age(judged)) } else { String::new() }
}

/// Keystone, and its address where the response gives it.
fn keystone(judged: &RequestVerdict) -> String {
    let uri = judged.quotes.challenge.as_ref().and_then(|challenge| challenge_uri(&challenge.text));
    format!("Keystone{}", uri.map(|uri| format!(" ({uri})")).unwrap_or_default())
}

/// The address in a challenge such as `Keystone uri="http://…"`.
fn challenge_uri(challenge: &str) -> Option<&str> {
    let (_, rest) = challenge.split_once("uri=")?;
    rest.split(['"', '\'', ',', ' ']).find(|part| !part.is_empty())
}

/// Adds the threshold that was crossed, and a request that is not OK either.
fn with_request(event: String, verdict: &Verdict, crossing: &Crossing, unit: &str) -> Clause {
    let mut reason = crossed(crossing, unit);
    if let Some(judged) = verdict.beside() {
        let _ = write!(reason, "; also {}: {}", judged.diagnosis, request(verdict, judged).event);
    }
    Clause { event, reason: Some(Reason::Plain(reason)) }
}

/// Describes another threshold that was crossed, of which the summary says nothing.
pub(super) fn also_crossed(verdict: &Verdict, basis: &Basis) -> Option<String> {
    let (diagnosis, event, reason) = match basis {
        Basis::Slow(timed, took, crossing) => {
            (Diagnosis::Slow, slow(verdict, *timed, *took, crossing), crossed(crossing, "s"))
        }
        Basis::Certificate(crossing) => {
            (Diagnosis::CertificateExpiring, certificate(verdict), crossed(crossing, "days"))
        }
        _ => return None,
    };
    Some(format!("also {diagnosis}: {event}: {reason}"))
}

/// A time that crossed a threshold, to the microsecond where whole milliseconds would read as if it had not.
pub(super) fn crossing_time(took: Duration, crossing: &Crossing) -> String {
    let shown = Duration::new(took.as_secs(), took.subsec_millis() * 1_000_000);
    if crossing.range.alerts(shown.as_secs_f64()) {
        format_duration_exact(took)
    } else {
        format_duration_to_microsecond(took)
    }
}

fn slow(verdict: &Verdict, timed: Timed, took: Duration, crossing: &Crossing) -> String {
    let (endpoint, time) = (verdict.shown_name(), crossing_time(took, crossing));
    match timed {
        Timed::Request(method) => {
            format!("{} from {endpoint} took {time}{}", method.name(), longest_phase(verdict, method, took))
        }
        Timed::Backend => format!("the back-end of {endpoint} took {time}"),
    }
}

fn certificate(verdict: &Verdict) -> String {
    let Some(certificate) = &verdict.certificate else { return verdict.shown_name().to_owned() };
    let endpoint = without_scheme(verdict.shown_name());
    let ends = format_timestamp(certificate.not_after);
    let day = ends.get(..10).unwrap_or_default();
    if certificate.days_left < 0.0 {
        format!("certificate of {endpoint} expired on {day}")
    } else {
        let days = format_decimal(certificate.days_left, 1);
        format!("certificate of {endpoint} expires on {day}, in {days} days")
    }
}

/// The endpoint where the sentence says already that it speaks TLS.
pub(super) fn without_scheme(name: &str) -> &str {
    name.strip_prefix("https://").unwrap_or(name)
}

/// On which side of which threshold a value is: `above the warning threshold of 1 s`.
pub(super) fn crossed(crossing: &Crossing, unit: &str) -> String {
    let level = if crossing.level == State::Critical { "critical" } else { "warning" };
    let range = &crossing.range;
    if let Some(bound) = range.plain_upper() {
        format!("above the {level} threshold of {bound} {unit}")
    } else if let Some(bound) = range.plain_lower() {
        format!("below the {level} threshold of {bound} {unit}")
    } else {
        let side = if range.alerts_inside() { "inside" } else { "outside" };
        format!("{side} the {level} range {} {unit}", range.bounds())
    }
}

#[cfg(test)]
pub(in crate::report) mod tests {
    use std::net::SocketAddr;

    use expect_test::{Expect, expect};

    use super::*;
    use crate::model::endpoint::{Endpoint, Host, Route};
    use crate::model::exchange::{Header, Method, Phase, PlannedRequest, Response, SkipReason};
    use crate::model::fault::{
        AddressAttempt, CertificateFault, CertificateProblem, ChainPart, ConnectFault, End, Fault,
        FaultDetail, FaultKind, LookupProblem, Stage, TlsProblem,
    };
    use crate::model::range::{Range, Unit};
    use crate::plan::{Plan, Targets};
    use crate::report::Report;
    use crate::report::fixture::{self, exchange, get, head, sent};
    use crate::report::wording::advice;
    use crate::rules::Key;
    use crate::sanitize::UntrustedText;
    use crate::verdict::TimeLimits;
    use crate::verdict::tests::{
        NOW, answered, both, endpoint, in_words, judge_whole, judge_within, overriding, plan,
    };

    /// A report of endpoints `ctl1`, `ctl2`, … with these outcomes of GET, each probed so often.
    pub(in crate::report) fn report(plan: &Plan, outcomes: &[(&str, u32)]) -> Report {
        let verdicts = outcomes.iter().enumerate().map(|(number, (get, attempts))| {
            let endpoint = Endpoint { host: Host::Name(format!("ctl{}", number + 1)), ..endpoint() };
            judge_whole(plan, &endpoint, &both("204", get), *attempts, NOW)
        });
        Report::of(plan, verdicts.collect(), NOW, Duration::ZERO)
    }

    #[test]
    fn crossed_thresholds() {
        let table = [
            ("1", "above the warning threshold of 1 s"),
            ("1:", "below the warning threshold of 1 s"),
            ("1:2", "outside the warning range 1:2 s"),
            ("~:2", "outside the warning range ~:2 s"),
            ("@1:2", "inside the warning range 1:2 s"),
            ("@5", "inside the warning range 0:5 s"),
            ("@0:10", "inside the warning range 0:10 s"),
        ];
        for (range, words) in table {
            let crossing =
                Crossing { level: State::Warning, range: Range::parse(range, Unit::Seconds).unwrap() };
            assert_eq!(crossed(&crossing, "s"), words, "{range}");
        }
    }

    #[test]
    fn times_near_their_threshold() {
        let table = [
            ("0.6", 600_600, "600.6 ms"),
            ("0.6", 601_600, "601 ms"),
            ("2", 2_000_400, "2.0004 s"),
            ("0.005", 5_004, "5.004 ms"),
            ("1:", 999_900, "999 ms"),
        ];
        for (range, micros, words) in table {
            let crossing =
                Crossing { level: State::Critical, range: Range::parse(range, Unit::Seconds).unwrap() };
            assert_eq!(crossing_time(Duration::from_micros(micros), &crossing), words, "{range}");
        }
    }

    #[test]
    fn fault_through_a_proxy() {
        let pairs = [("timeout", "timeout"), ("204", "reset"), ("proxy", "skipped"), ("204", "503")];
        let lines = pairs.map(|(head, get)| {
            let mut verdict = judge_whole(&plan(), &endpoint(), &both(head, get), 1, NOW);
            verdict.proxy = Some("p:3128".into());
            of_endpoint(&verdict).text + "\n"
        });
        expect![[r#"
            no-answer: connected to ctl1:8777, but it did not answer HEAD within 9 s (through the proxy p:3128)
            backend-stalled: ctl1:8777 answered HEAD (204), but GET failed after 20 ms: connection reset (through the proxy p:3128)
            unreachable: no tunnel to ctl1:8777: circumstances
            backend-down: GET 503 from ctl1:8777
        "#]].assert_eq(&lines.concat());
    }

    #[test]
    fn one_endpoint() {
        let pairs = [
            ("204", "200"),
            ("204", "503"),
            ("503", "503"),
            ("204", "keystone"),
            ("204", "haproxy"),
            ("haproxy", "haproxy"),
            ("204", "504"),
            ("204", "timeout"),
            ("204", "reset"),
            ("204", "closed"),
            ("204", "body"),
            ("204", "refused"),
            ("204", "tls"),
            ("204", "protocol"),
            ("timeout", "timeout"),
            ("reset", "closed"),
            ("closed", "200"),
            ("refused", "skipped"),
            ("no-route", "skipped"),
            ("dns", "skipped"),
            ("proxy", "skipped"),
            ("tls", "skipped"),
            ("local", "skipped"),
            ("500", "500"),
            ("404", "404"),
            ("401", "401"),
            ("405", "200"),
            ("400", "301"),
            ("204", "204"),
            ("204", "page"),
            ("204", "report"),
            ("cached", "200"),
            ("429", "429"),
            ("204", "999"),
            ("204", "skipped"),
            ("skipped", "skipped"),
        ];
        let lines = pairs.map(|(head, get)| {
            let verdict = judge_whole(&plan(), &endpoint(), &both(head, get), 1, NOW);
            format!("{head:<8} {get:<9} {}\n", of_endpoint(&verdict).text)
        });
        expect![[r#"
            204      200       healthy: HEAD 204, GET 200 from ctl1:8777
            204      503       backend-down: GET 503 from ctl1:8777
            503      503       backend-down: GET 503 from ctl1:8777 (HEAD 503 too, and no reason)
            204      keystone  unexpected: ctl1:8777 cannot check tokens with Keystone (GET 503): "The Keystone service is temporarily unavailable."
            204      haproxy   proxy-error: GET 503 from HAProxy in front of ctl1:8777: "No server is available to handle this request."
            haproxy  haproxy   proxy-error: GET 503 from HAProxy in front of ctl1:8777: "No server is available to handle this request."
            204      504       proxy-error: GET 504 from ctl1:8777
            204      timeout   backend-stalled: ctl1:8777 answered HEAD (204) but not GET within 9 s
            204      reset     backend-stalled: ctl1:8777 answered HEAD (204), but GET failed after 20 ms: connection reset
            204      closed    backend-stalled: ctl1:8777 answered HEAD (204), but GET failed after 20 ms: connection closed without an answer
            204      body      backend-stalled: ctl1:8777 answered HEAD (204), but GET failed after 20 ms: its answer (200) broke off: "{"me"
            204      refused   unexpected: ctl1:8777 answered HEAD (204), but GET failed after 20 ms: connection refused
            204      tls       tls-failed: TLS with ctl1:8777 failed: circumstances
            204      protocol  wrong-service: http://ctl1:8777/v2/health did not answer GET with HTTP: circumstances
            timeout  timeout   no-answer: connected to ctl1:8777, but it did not answer HEAD within 9 s
            reset    closed    no-answer: ctl1:8777 reset the connection without answering HEAD
            closed   200       no-answer: ctl1:8777 closed the connection without answering HEAD, but answered GET
            refused  skipped   unreachable: connection refused by ctl1:8777
            no-route skipped   unreachable: no route to ctl1:8777
            dns      skipped   unreachable: cannot resolve ctl1
            proxy    skipped   unreachable: no tunnel to ctl1:8777: circumstances
            tls      skipped   tls-failed: TLS with ctl1:8777 failed: circumstances
            local    skipped   unexpected: ctl1:8777 could not be probed: circumstances
            500      500       api-error: GET 500 from ctl1:8777
            404      404       not-found: GET 404 from http://ctl1:8777/v2/health
            401      401       denied: GET 401 from ctl1:8777
            405      200       request-rejected: HEAD 405 from http://ctl1:8777/v2/health
            400      301       wrong-service: GET 301 from http://ctl1:8777/v2/health
            204      204       wrong-service: GET 204 from http://ctl1:8777/v2/health
            204      page      wrong-service: GET 200 from http://ctl1:8777/v2/health is an HTML page: "Sign in"
            204      report    contradictory: GET 200 from ctl1:8777 reports a failure: "storage_reachable: false"
            cached   200       stale: HEAD 204 from a cache in front of ctl1:8777, 12 s old
            429      429       throttled: GET 429 from ctl1:8777
            204      999       wrong-service: GET 999 from http://ctl1:8777/v2/health
            204      skipped   unexpected: HEAD 204 from ctl1:8777, but GET was not sent: the time was spent (raise -t)
            skipped  skipped   unexpected: no request was sent to ctl1:8777: the time was spent (raise -t)
        "#]].assert_eq(&lines.concat());
    }

    #[test]
    fn origins_of_failures() {
        let page = "<!doctype html><title>Maintenance</title>Back soon";
        let both = [answered(Method::Head, 503, &[], ""), answered(Method::Get, 503, &[], page)];
        let of = |made: &[PlannedRequest]| of_endpoint(&judge_whole(&plan(), &endpoint(), made, 1, NOW)).text;
        expect![[
            r#"proxy-error: GET 503 from a proxy or gateway in front of ctl1:8777: "Maintenance: Back soon""#
        ]]
        .assert_eq(&of(&both));
        let get = |headers| of(&[answered(Method::Get, 503, headers, "")]);
        let versions = r#"{"versions": [{"id": "v2.0", "links": []}]}"#;
        expect![[r#"wrong-service: GET 200 from http://ctl1:8777/v2/health is a list of API versions: "{"versions": [{"id": "v2.0", "links": []}]}""#]].assert_eq(&of(&[answered(Method::Get, 200, &[], versions)]));
        expect![[r#"wrong-service: GET 200 from the AWS load balancer in front of http://ctl1:8777/v2/health: "OK""#]]
            .assert_eq(&of(&[answered(Method::Get, 200, &[("server", "awselb/2.0")], "OK")]));
        expect!["backend-down: GET 503 from ctl1:8777 (a cache's copy, 30 s old)"]
            .assert_eq(&get(&[("age", "30")]));
        expect!["backend-down: GET 503 from ctl1:8777 (a cache's copy, less than 1 s old)"]
            .assert_eq(&get(&[("age", "0"), ("x-cache", "HIT")]));
        expect!["backend-down: GET 503 from ctl1:8777 (a cache's copy)"]
            .assert_eq(&get(&[("x-cache", "HIT")]));
    }

    #[test]
    fn address_family() {
        let detail = FaultDetail::Lookup { name: "ctl1".into(), problem: LookupProblem::NoAddressOf("IPv4") };
        let fault = Fault { kind: FaultKind::Dns, phase: Phase::Resolve, detail };
        let made = [sent(exchange(Method::Head, Completion::Failed(fault), 20, &[]))];
        let verdict = judge_whole(&plan(), &endpoint(), &made, 1, NOW);
        assert_eq!(of_endpoint(&verdict).text, "unreachable: ctl1 has no IPv4 address");
        let (explanation, action) = advice(&verdict);
        assert_eq!(explanation, "-4 and -6 allow addresses of one family only");
        assert!(action.starts_with("omit -4 or -6 "), "{action}");
    }

    #[test]
    fn spent_budgets() {
        let limits = TimeLimits { requests: Duration::from_secs(2), ..TimeLimits::default() };
        let queued = TimeLimits { queued: Duration::from_millis(1933), ..limits };
        let timeout = |phase| Fault {
            kind: FaultKind::Timeout,
            phase,
            detail: FaultDetail::Interrupted { stage: Stage::BeforeResponse, end: End::Timeout },
        };
        let late = |method, phase, times: &[(Phase, u64)], micros| {
            sent(exchange(method, Completion::Failed(timeout(phase)), micros, times))
        };
        let resolved = [(Phase::Resolve, 1_900_000)];
        let slow_head = Completion::Full(Response { status: 204, ..Response::default() });
        let slow_head = sent(exchange(Method::Head, slow_head, 1_805_000, &[]));
        let made = [
            (&limits, vec![slow_head, late(Method::Get, Phase::Wait, &[], 195_000)]),
            (&limits, vec![late(Method::Head, Phase::Connect, &resolved, 1_901_000)]),
            (&limits, vec![late(Method::Head, Phase::Wait, &[], 67_000)]),
            (&queued, vec![late(Method::Head, Phase::Wait, &[], 67_000)]),
        ];
        let words = made.map(|(limits, made)| {
            let verdict = judge_within(*limits, &made);
            in_words(&verdict)
        });
        expect![[r#"
            unexpected: ctl1:8777 answered HEAD (204) but not GET within the 195 ms left of the run's time: HEAD took 1.8 s
            too little time was left for GET, so nothing is known of the back-end
            -> check the load of the API, its host and the network, or give the run more time (-t)
            unreachable: TCP connect to ctl1:8777 timed out after the 1 ms left of the run's time: resolving ctl1 took 1.9 s
            too little time was left for HEAD, so nothing is known of the API
            -> check this machine's resolver (/etc/resolv.conf) and the network to its name server, or give the run more time (-t)
            no-answer: connected to ctl1:8777, but it did not answer HEAD within the 67 ms left of the run's time: what came before took 1.9 s
            too little time was left for HEAD, so nothing is known of the API
            -> check the load of this machine, and the time that a login takes, or give the run more time (-t)
            unexpected: connected to ctl1:8777, but it did not answer HEAD within the 67 ms left of the run's time: other endpoints took 1.9 s
            too little time was left for HEAD, so nothing is known of the API
            -> run more requests at once (--parallel), or give the run more time (-t)
        "#]].assert_eq(&words.concat());
    }

    fn check(outcomes: &[(&str, u32)], quorum: Option<Quorum>, expected: &Expect) {
        expected.assert_eq(&report(&Plan { quorum, ..plan() }, outcomes).summary.text);
    }

    #[test]
    fn several_endpoints() {
        check(&[], None, &expect!["no endpoint was probed"]);
        check(&[("200", 1), ("200", 1)], None, &expect!["all 2 endpoints healthy"]);
        check(&[("200", 1), ("200", 2)], None, &expect!["all 2 endpoints healthy, 1 after a retry"]);
        check(&[("200", 1), ("200", 1)], Some(Quorum::Count(1)), &expect!["all 2 endpoints healthy"]);
        let overridden = overriding("503", State::Ok);
        assert_eq!(
            report(&overridden, &[("200", 1), ("503", 2), ("503", 1)]).summary.text,
            "all 3 endpoints healthy (2 by --state), 1 after a retry"
        );
        check(
            &[("202", 1), ("200", 1), ("503", 1)],
            None,
            &expect![[
                r#"2 of 3 endpoints not OK (1 backend-down, 1 wrong-service); worst: backend-down: GET 503 from ctl3:8777"#
            ]],
        );
        check(
            &[("503", 1), ("200", 1), ("503", 1)],
            None,
            &expect!["2 of 3 endpoints not OK (2 backend-down); worst: backend-down: GET 503 from ctl1:8777"],
        );
        check(
            &[("200", 1), ("200", 1), ("503", 1)],
            Some(Quorum::Count(2)),
            &expect!["2 of 3 endpoints OK, quorum 2 met; backend-down: GET 503 from ctl3:8777"],
        );
        check(
            &[("202", 1), ("200", 1), ("503", 1)],
            Some(Quorum::Percent(67)),
            &expect![[
                r#"2 of 3 endpoints OK or WARNING, quorum 3 missed (1 backend-down, 1 wrong-service); worst: backend-down: GET 503 from ctl3:8777"#
            ]],
        );
    }

    #[test]
    fn needed_retries() {
        check(&[("200", 2)], None, &expect!["healthy: HEAD 204, GET 200 from ctl1:8777 after 1 retry"]);
        check(&[("503", 3)], None, &expect!["backend-down: GET 503 from ctl1:8777 after 2 retries"]);
    }

    /// The summary of `metering1`, asked as the endpoint's text says.
    fn metering1(endpoint: &str, made: &[PlannedRequest]) -> String {
        fixture::report(vec![fixture::judged(endpoint, 1, made)]).summary.text
    }

    fn failed_head(kind: FaultKind, phase: Phase, detail: FaultDetail, millis: u64) -> Vec<PlannedRequest> {
        let fault = Completion::Failed(Fault { kind, phase, detail });
        let skipped = PlannedRequest::Skipped(Method::Get, SkipReason::FailedBefore(Method::Head, kind));
        vec![sent(exchange(Method::Head, fault, 1_000 * millis, &[])), skipped]
    }

    fn interrupted(end: End) -> FaultDetail {
        FaultDetail::Interrupted { stage: Stage::BeforeResponse, end }
    }

    fn not_connected(reason: Option<&str>) -> FaultDetail {
        let address = SocketAddr::from(([192, 0, 2, 7], 8777));
        let attempts = vec![AddressAttempt { address, reason: reason.map(str::to_owned) }];
        FaultDetail::Connect(ConnectFault::Tcp { attempts, more: 0 })
    }

    #[test]
    fn back_end_down() {
        let body = r#"{"error": "metering database: connection to 10.0.0.5:27017 refused"}"#;
        expect![[r#"backend-down: GET 503 from metering1:8777: "metering database: connection to 10.0.0.5:27017 refused""#]].assert_eq(&metering1("metering1", &[head(), get(503, body)]));
    }

    #[test]
    fn refused_connection() {
        let detail = not_connected(Some("connection refused"));
        let made = failed_head(FaultKind::Refused, Phase::Connect, detail, 1);
        expect!["unreachable: connection refused by metering1:8777"]
            .assert_eq(&metering1("metering1", &made));
    }

    /// An override decides the state of a failure, and no response is there to name.
    #[test]
    fn overridden_failure() {
        let mut plan = plan();
        for (key, state) in [("refused", State::Ok), ("local", State::Ok), ("timeout", State::Warning)] {
            plan.criteria.table.set(Key::parse(key).unwrap(), state);
        }
        let of = |head| of_endpoint(&judge_whole(&plan, &endpoint(), &both(head, "skipped"), 1, NOW)).text;
        expect!["healthy: connection refused by ctl1:8777 (OK by --state refused)"].assert_eq(&of("refused"));
        expect!["healthy: ctl1:8777 could not be probed: circumstances (OK by --state local)"]
            .assert_eq(&of("local"));
        expect!["no-answer: connected to ctl1:8777, but it did not answer HEAD within 9 s (WARNING by --state timeout)"].assert_eq(&of("timeout"));
    }

    /// One override may be the reason for both requests.
    #[test]
    fn overridden_responses() {
        let mut plan = plan();
        plan.criteria.table.set(Key::parse("401").unwrap(), State::Ok);
        plan.criteria.table.set(Key::parse("get:404").unwrap(), State::Ok);
        plan.criteria.table.set(Key::parse("503").unwrap(), State::Warning);
        let of = |head, get| of_endpoint(&judge_whole(&plan, &endpoint(), &both(head, get), 1, NOW)).text;
        expect!["healthy: HEAD 401, GET 401 from ctl1:8777 (OK by --state 401)"].assert_eq(&of("401", "401"));
        expect!["healthy: HEAD 401, GET 404 from ctl1:8777 (OK by --state 401, get:404)"]
            .assert_eq(&of("401", "404"));
        expect!["backend-down: GET 503 from ctl1:8777 (WARNING by --state 503)"].assert_eq(&of("401", "503"));
    }

    #[test]
    fn missing_socket() {
        let reason = Some("no such file or directory".to_owned());
        let detail = FaultDetail::Connect(ConnectFault::Unix { path: "/run/api".into(), reason });
        let made = failed_head(FaultKind::NoRoute, Phase::Connect, detail, 1);
        let socket = Endpoint { route: Route::Unix("/run/api".into()), ..endpoint() };
        let verdict = judge_whole(&plan(), &socket, &made, 1, NOW);
        expect!["unreachable: cannot connect to unix:/run/api: no such file or directory"]
            .assert_eq(&of_endpoint(&verdict).text);
        expect!["the socket does not exist there, or this user may not use it"]
            .assert_eq(&advice(&verdict).0);
    }

    #[test]
    fn connect_timeout() {
        let made = failed_head(FaultKind::Timeout, Phase::Connect, not_connected(None), 10_000);
        expect!["unreachable: TCP connect to metering1:8777 timed out after 10 s"]
            .assert_eq(&metering1("metering1", &made));
    }

    #[test]
    fn unknown_name() {
        let problem = LookupProblem::Failed("Name or service not known".into());
        let detail = FaultDetail::Lookup { name: "metring.example.com".into(), problem };
        let made = failed_head(FaultKind::Dns, Phase::Resolve, detail, 1);
        expect!["unreachable: cannot resolve metring.example.com"]
            .assert_eq(&metering1("metring.example.com", &made));
    }

    #[test]
    fn closed_connection() {
        let made = failed_head(FaultKind::Closed, Phase::Wait, interrupted(End::Closed), 1);
        expect!["no-answer: metering1:8777 closed the connection without answering HEAD"]
            .assert_eq(&metering1("metering1", &made));
    }

    #[test]
    fn stalled_back_end() {
        let detail = interrupted(End::Timeout);
        let fault = Completion::Failed(Fault { kind: FaultKind::Timeout, phase: Phase::Wait, detail });
        let get = sent(exchange(Method::Get, fault, 9_900_000, &[]));
        expect!["backend-stalled: metering1:8777 answered HEAD (204) but not GET within 9.9 s"]
            .assert_eq(&metering1("metering1", &[head(), get]));
    }

    #[test]
    fn expired_certificate() {
        let at = humantime::parse_rfc3339("2026-11-01T10:20:30Z").unwrap();
        let detail = FaultDetail::Certificate(Box::new(CertificateFault {
            problem: CertificateProblem::Expired(ChainPart::Server, at),
            subject: UntrustedText::new("CN=metering1"),
            issuer: UntrustedText::new("CN=Example CA"),
            names: Vec::new(),
            more_names: 0,
        }));
        let made = failed_head(FaultKind::Tls, Phase::Tls, detail, 1);
        expect!["tls-failed: certificate of metering1:8777 expired on 2026-11-01"]
            .assert_eq(&metering1("https://metering1:8777", &made));
    }

    #[test]
    fn keystones_challenge() {
        let header = |name: &str, value: &str| Header { name: name.into(), value: UntrustedText::new(value) };
        let headers = vec![header("www-authenticate", "Keystone uri=\"http://k:5000\"")];
        let response = Response { status: 401, headers, ..Response::default() };
        let made = [Method::Head, Method::Get]
            .map(|method| sent(exchange(method, Completion::Full(response.clone()), 1_000, &[])));
        expect!["denied: Keystone (http://k:5000) wants a token from whoever asks metering1:8777 (GET 401)"]
            .assert_eq(&metering1("metering1", &made));
    }

    #[test]
    fn dialled_address() {
        let endpoint = Endpoint { route: Route::Address([10, 0, 0, 5].into(), 8777), ..endpoint() };
        let verdict = judge_whole(&plan(), &endpoint, &both("refused", "skipped"), 1, NOW);
        expect!["unreachable: connection refused by ctl1:8777 at 10.0.0.5:8777"]
            .assert_eq(&of_endpoint(&verdict).text);
    }

    #[test]
    fn different_failures() {
        let tls = FaultDetail::Tls(TlsProblem::NoCertificate);
        let endpoints = vec![
            fixture::judged("metering1", 1, &[head(), get(200, "")]),
            fixture::judged("metering2", 1, &[head(), get(202, "")]),
            fixture::judged("metering3", 1, &[head(), get(503, "{\"error\": \"the database is gone\"}")]),
            fixture::judged("https://metering4:8777", 1, &failed_head(FaultKind::Tls, Phase::Tls, tls, 1)),
        ];
        expect![[r#"3 of 4 endpoints not OK (1 backend-down, 1 tls-failed, 1 wrong-service); worst: backend-down: GET 503 from metering3:8777: "the database is gone""#]].assert_eq(&fixture::report(endpoints).summary.text);
    }

    #[test]
    fn long_reason() {
        let body = format!("{{\"error\": \"{}\"}}", "the database is gone ".repeat(20));
        let mut plan = plan();
        plan.network.tls.insecure = true;
        plan.targets = Targets::Simulated(vec![Diagnosis::BackendDown]);
        let verdict = fixture::judged("metering1", 1, &[head(), get(503, &body)]);
        let summary = Report::of(&plan, vec![verdict], NOW, Duration::ZERO).summary_with_marks();
        assert_eq!(summary.chars().count(), MAX_SUMMARY);
        expect![[r#"SIMULATED backend-down: GET 503 from metering1:8777: "the database is gone the database is gone the database is gone the database is gone the database is gone the database…" (certificate not verified)"#]].assert_eq(&summary);
    }

    #[test]
    fn rest_of_a_quotation() {
        let table = [
            ("a b", 3, None),
            ("a b", 0, Some("a b")),
            ("one two three", 6, Some("…two three")),
            ("one two three", 7, Some("…two three")),
            ("øne twø three", 6, Some("…twø three")),
            ("oneword", 4, Some("oneword")),
        ];
        for (text, quoted, rest) in table {
            assert_eq!(unquoted(text, quoted).as_deref(), rest, "{text}, {quoted}");
        }
    }

    #[test]
    fn marks() {
        let marked = |plan: &Plan| report(plan, &[("200", 1)]).summary_with_marks();
        let mut insecure = plan();
        insecure.network.tls.insecure = true;
        let targets = Targets::Simulated(vec![Diagnosis::Healthy]);
        let simulated = Plan { targets: targets.clone(), ..plan() };
        let both = Plan { targets, ..insecure.clone() };
        let summary = "healthy: HEAD 204, GET 200 from ctl1:8777";
        assert_eq!(marked(&plan()), summary);
        assert_eq!(marked(&simulated), format!("SIMULATED {summary}"));
        assert_eq!(marked(&insecure), format!("{summary} (certificate not verified)"));
        assert_eq!(marked(&both), format!("SIMULATED {summary} (certificate not verified)"));
    }
}

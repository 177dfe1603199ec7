//! Judges the results of requests by the effective table.
//!
//! One pure function, [`judge`], makes a verdict of an endpoint's exchanges. Files of their own
//! hold the reading of bodies, the recognition of responders, and the diagnosis.

mod body;
mod cache;
mod finding;
mod login;
mod redirect;
mod remark;
mod request;
mod responder;
mod shortage;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::model::auth_scheme::AuthScheme;
use crate::model::diagnosis::Diagnosis;
use crate::model::endpoint::{Endpoint, Host, Route, Scheme};
use crate::model::exchange::{Completion, Exchange, Method, Peer, Phases, PlannedRequest, SkipReason};
use crate::model::fault::{Fault, FaultKind};
use crate::model::range::{Range, Unit};
use crate::model::state::State;
use crate::rules::{Criteria, Row, SuccessProblem};
use crate::sanitize::Sanitizer;
pub(crate) use body::body_text;
pub(crate) use login::{LoginOutcome, LoginVerdict, TokenSource};
pub(crate) use redirect::Redirect;
pub(crate) use remark::Remark;
use request::Request;
pub(crate) use responder::{Obstacle, Responder};
pub(crate) use shortage::{Shortage, Spender, TimeLimits};

/// Maximum number of characters of a distinguished name and of a reason.
const MAX_LINE: usize = 200;

/// The findings about one endpoint.
#[derive(Debug, Clone)]
pub(crate) struct Verdict {
    /// The canonical form.
    pub(crate) endpoint: String,
    /// The name in a sentence, where that is not the canonical form.
    shown_name: Option<String>,
    pub(crate) url: String,
    /// The URL in a sentence, where that is another.
    shown_url: Option<String>,
    pub(crate) region: Option<String>,
    pub(crate) interface: Option<&'static str>,
    pub(crate) state: State,
    /// The kind of problem, or `healthy`.
    pub(crate) diagnosis: Diagnosis,
    pub(crate) basis: Basis,
    /// The worst request that is not OK, where a crossed threshold explains the state.
    pub(crate) beside: Option<Method>,
    /// The other thresholds that were crossed.
    pub(crate) also_crossed: Vec<Basis>,
    /// True if its URL begins with https; false for a UNIX socket, which is shown without one.
    pub(crate) is_https: bool,
    pub(crate) is_unix: bool,
    /// The address that the shown name contains.
    pub(crate) address: Option<SocketAddr>,
    /// The host that is resolved or dialled, as the endpoint names it.
    pub(crate) host: Host,
    /// The login before it, for an endpoint of a cloud.
    pub(crate) login: Option<Arc<LoginVerdict>>,
    /// The credentials that were sent, added by the report.
    pub(crate) credentials: Option<Credentials>,
    /// True if HAProxy names the server, added by the report.
    pub(crate) is_haproxy_server: bool,
    /// The proxy of `--proxy`, added by the report.
    pub(crate) proxy: Option<String>,
    /// Number of attempts: 1 and the retries.
    pub(crate) attempts: u32,
    pub(crate) certificate: Option<CertificateInfo>,
    /// The back-end's share of GET's time.
    pub(crate) backend: Option<Duration>,
    pub(crate) probes: Vec<PlannedRequest<RequestVerdict>>,
    /// Notes about this endpoint for `-v`, added by the report: a token sent over plain http.
    pub(crate) notes: Vec<String>,
}

/// A summary of an endpoint or of a run: one line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Summary {
    /// `<diagnosis>: <what happened, at which endpoint>[: <reason>]`, without the state's name and without marks.
    pub(crate) text: String,
    /// Number of characters that it quotes of a response.
    pub(crate) quoted: usize,
    /// True if it tells all that happened at the worst endpoint; only a quotation may be cut.
    pub(crate) is_complete: bool,
}

impl Summary {
    /// A summary that does not tell what happened at one endpoint.
    pub(crate) fn general(text: String) -> Summary {
        Summary { text, quoted: 0, is_complete: false }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Credentials {
    /// `X-Auth-Token`.
    Token,
    /// `Authorization: Bearer`.
    Bearer,
    /// `Authorization` otherwise.
    Password,
}

/// The finding that an endpoint's state and diagnosis are based on.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Basis {
    /// All requests are in state OK, and no threshold was crossed.
    AllGood,
    Request(Method),
    /// HEAD was answered, but GET was not sent, and why.
    GetNotSent(SkipReason),
    /// No request was sent, and why.
    NothingSent(Option<SkipReason>),
    /// A time crossed this threshold.
    Slow(Timed, Duration, Crossing),
    /// The certificate's remaining life crossed this threshold.
    Certificate(Crossing),
    /// The API is alive and wants a token, and the login gave none.
    NoToken,
    /// The API refused a token that Keystone had just granted.
    NewTokenRefused,
}

/// A time that a threshold is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Timed {
    /// The whole time of a request.
    Request(Method),
    /// The back-end's share of GET's time.
    Backend,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Crossing {
    /// WARNING or CRITICAL.
    pub(crate) level: State,
    /// The range that the value lies outside of.
    pub(crate) range: Range,
}

impl Verdict {
    /// The endpoint in a sentence: the canonical form, and the address that `--connect-to` dials.
    pub(crate) fn shown_name(&self) -> &str {
        self.shown_name.as_deref().unwrap_or(&self.endpoint)
    }

    /// The endpoint in a sentence, with the whole path that was asked.
    pub(crate) fn shown_url(&self) -> &str {
        self.shown_url.as_deref().unwrap_or(&self.url)
    }

    /// The requests that were sent, in order.
    pub(crate) fn sent(&self) -> impl Iterator<Item = &RequestVerdict> {
        self.probes.iter().filter_map(PlannedRequest::sent)
    }

    /// The request of this method, if it was sent.
    pub(crate) fn request(&self, method: Method) -> Option<&RequestVerdict> {
        self.sent().find(|judged| judged.method == method)
    }

    /// The request that is not OK either, where a crossed threshold explains the state: an alert about a slow or an expiring
    /// endpoint also says of it what an alert of its own would say.
    pub(crate) fn beside(&self) -> Option<&RequestVerdict> {
        self.request(self.beside?)
    }

    /// Tests for requests that the end of the time cut off: they timed out, were skipped, or went without a token because
    /// there was no time to log in.
    pub(crate) fn is_late(&self) -> bool {
        let has_fault = |is_wanted: fn(&FaultInfo) -> bool| {
            self.sent().any(|judged| judged.completion.fault().is_some_and(is_wanted))
        };
        // After a failed request the next one is skipped for that.
        let is_skipped = self.sent().count() < self.probes.len() && !has_fault(|_| true);
        let lacks_token =
            self.basis == Basis::NoToken && self.login.as_ref().is_some_and(|login| login.is_late());
        is_skipped || lacks_token || has_fault(|fault| fault.kind == FaultKind::Timeout)
    }
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct CertificateInfo {
    pub(crate) not_after: SystemTime,
    /// The remaining life in days, below zero for an expired one.
    pub(crate) days_left: f64,
    /// The subject's distinguished name, sanitized.
    pub(crate) subject: String,
    /// The issuer's distinguished name, sanitized.
    pub(crate) issuer: String,
}

impl PlannedRequest<RequestVerdict> {
    pub(crate) fn method(&self) -> Method {
        match self {
            PlannedRequest::Sent(judged) => judged.method,
            PlannedRequest::Skipped(method, _) => *method,
        }
    }
}

/// A request that was sent, judged by a row of the table.
#[derive(Debug, Clone)]
pub(crate) struct RequestVerdict {
    pub(crate) method: Method,
    pub(crate) state: State,
    pub(crate) diagnosis: Diagnosis,
    pub(crate) row: Row,
    /// The problem of a good response that the row is for.
    pub(crate) problem: Option<SuccessProblem>,
    /// The status of the response, and the fault where it is not whole.
    pub(crate) completion: Completion<u16, FaultInfo>,
    /// The responder, where the response proves it.
    pub(crate) answered_by: Option<Responder>,
    pub(crate) obstacle: Option<Obstacle>,
    pub(crate) remark: Option<Remark>,
    /// The arguments that make a redirect needless.
    pub(crate) redirect: Option<Redirect>,
    pub(crate) shortage: Option<Shortage>,
    /// The failure is one that a cache repeats.
    pub(crate) is_cached_failure: bool,
    /// The response did not end as HTTP wants it, but its body came as a whole JSON document.
    pub(crate) has_whole_body: bool,
    /// A good response whose body was not judged to its end.
    pub(crate) is_partly_judged: bool,
    pub(crate) quotes: HeaderQuotes,
    pub(crate) peer: Option<Peer>,
    /// The whole time of the request.
    pub(crate) elapsed: Duration,
    pub(crate) phases: Phases,
    /// The message of the body, sanitized and in one line.
    pub(crate) message: Option<String>,
    /// The words of an error besides its message, each with its key, sanitized and in one line.
    pub(crate) other_words: Option<String>,
    /// The details, where the report added them.
    pub(crate) details: Option<RequestDetails>,
    /// The transcript, where the report added it.
    pub(crate) transcript: Option<Transcript>,
}

impl RequestVerdict {
    /// The proxy, gateway or web server that made the response in place of the API.
    pub(crate) fn intermediary(&self) -> Option<Responder> {
        self.answered_by.filter(|responder| responder.is_intermediary())
    }

    /// Tests for a response that wants a token, or another one.
    pub(crate) fn wants_token(&self) -> bool {
        self.completion.response() == Some(&401)
    }
}

/// Headers of a response that sentences quote, sanitized; `None` where absent or empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct HeaderQuotes {
    /// `Location` of a redirect.
    pub(crate) location: Option<String>,
    pub(crate) allow: Option<String>,
    pub(crate) retry_after: Option<String>,
    /// `WWW-Authenticate`.
    pub(crate) challenge: Option<Challenge>,
    pub(crate) age: Option<String>,
    /// `Content-Encoding` or `Transfer-Encoding` of a body in an unrequested coding.
    pub(crate) coding: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Challenge {
    /// `None` for a scheme that is not known here.
    pub(crate) scheme: Option<AuthScheme>,
    pub(crate) text: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RequestDetails {
    /// The sanitized headers of interest: request ids, `Retry-After`, `Server`.
    pub(crate) facts: Vec<(String, String)>,
    /// An equivalent curl command, shell-quoted, secrets masked.
    pub(crate) curl: String,
}

/// The request and the response, sanitized.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Transcript {
    /// The request's head, sanitized, one element per line.
    pub(crate) sent: Vec<String>,
    /// The response's head, sanitized, one element per line.
    pub(crate) received: Vec<String>,
    /// The body's beginning, sanitized.
    pub(crate) body: String,
}

/// A fault whose text is sanitized.
pub(crate) type FaultInfo = Fault<String>;

/// Finds the reasons not to believe the responses of an attempt, one list for each request. It reads whole bodies as they
/// came and shows nothing of them.
pub(crate) fn problems(planned: &[PlannedRequest]) -> Vec<Vec<SuccessProblem>> {
    let exchanges: Vec<&Exchange> = planned.iter().filter_map(PlannedRequest::sent).collect();
    exchanges.iter().map(|exchange| request::problems(exchange, &exchanges)).collect()
}

#[derive(Debug)]
pub(crate) struct Attempt<'a> {
    /// 1, or more for a retry.
    pub(crate) number: u32,
    pub(crate) planned: &'a [PlannedRequest],
    /// The problems of the responses, found before their bodies were masked and cut.
    pub(crate) problems: &'a [Vec<SuccessProblem>],
    /// The limits that it shares with the attempts before it.
    pub(crate) limits: TimeLimits,
}

/// Judges an attempt. The certificate's remaining life is counted from `now`.
pub(crate) fn judge(
    criteria: &Criteria,
    sanitizer: &Sanitizer,
    endpoint: &Endpoint,
    attempt: &Attempt<'_>,
    now: SystemTime,
) -> Verdict {
    let planned = attempt.planned;
    let exchanges: Vec<&Exchange> = planned.iter().filter_map(PlannedRequest::sent).collect();
    let requests = request::judge(&criteria.table, &attempt.limits, &exchanges, attempt.problems);
    let skipped = planned.iter().find_map(PlannedRequest::skip_reason);
    let backend = finding::backend_share(&requests);
    let certificate = first_expiring(sanitizer, &exchanges, now);
    let thresholds = &criteria.thresholds;
    let found = finding::most_severe(thresholds, &requests, skipped, backend, certificate.as_ref());
    // Written once, for an address takes longer to write than all that follows it.
    let host_and_port = endpoint.host_and_port();
    let is_unix = matches!(endpoint.route, Route::Unix(_));
    let (name, url) = (endpoint.name_at(&host_and_port), endpoint.url_at(&host_and_port));
    let (shown_name, shown_url) = in_sentence(endpoint, &name, &url);
    Verdict {
        endpoint: name,
        shown_name,
        url,
        shown_url,
        region: None,
        interface: None,
        is_https: endpoint.scheme == Scheme::Https && !is_unix,
        is_unix,
        address: endpoint.given_address(),
        host: endpoint.host.clone(),
        state: found.state,
        diagnosis: found.diagnosis,
        beside: finding::beside(&requests, &found.basis),
        also_crossed: finding::also_crossed(
            thresholds,
            &requests,
            backend,
            certificate.as_ref(),
            &found.basis,
        ),
        basis: found.basis,
        login: None,
        credentials: None,
        is_haproxy_server: false,
        proxy: None,
        attempts: attempt.number,
        certificate,
        backend,
        probes: judged(sanitizer, endpoint, planned, &requests),
        notes: Vec::new(),
    }
}

/// The name and the URL of an endpoint in a sentence, where they differ: with the address that `--connect-to` dials or a
/// name has, and nginx's `unix:SOCKET:PATH` for the URL of a socket.
fn in_sentence(endpoint: &Endpoint, name: &str, url: &str) -> (Option<String>, Option<String>) {
    match endpoint.route {
        Route::Host => (None, None),
        Route::Address(address, port) => {
            let address = SocketAddr::new(address, port);
            (Some(format!("{name} at {address}")), Some(format!("{url} at {address}")))
        }
        Route::Resolved(address) => (None, Some(format!("{url} ({address})"))),
        Route::Unix(_) => (None, Some(format!("{name}:{}", endpoint.target()))),
    }
}

/// Puts the verdict of every planned request in the place of its exchange.
fn judged(
    sanitizer: &Sanitizer,
    endpoint: &Endpoint,
    planned: &[PlannedRequest],
    requests: &[Request],
) -> Vec<PlannedRequest<RequestVerdict>> {
    let mut verdicts = requests.iter().map(|request| request.verdict(Some(endpoint), sanitizer));
    let probes = planned.iter().filter_map(|request| match request {
        PlannedRequest::Sent(_) => verdicts.next().map(Box::new).map(PlannedRequest::Sent),
        PlannedRequest::Skipped(method, reason) => Some(PlannedRequest::Skipped(*method, *reason)),
    });
    probes.collect()
}

/// The certificate that was presented; where the servers of one address present several, the one that
/// ends first.
fn first_expiring(sanitizer: &Sanitizer, made: &[&Exchange], now: SystemTime) -> Option<CertificateInfo> {
    let presented = made.iter().filter_map(|exchange| exchange.certificate.as_ref());
    let first = presented.min_by_key(|certificate| certificate.not_after)?;
    Some(CertificateInfo {
        not_after: first.not_after,
        days_left: days_between(now, first.not_after),
        subject: sanitizer.line(&first.subject, MAX_LINE),
        issuer: sanitizer.line(&first.issuer, MAX_LINE),
    })
}

fn days_between(from: SystemTime, to: SystemTime) -> f64 {
    let day = Unit::Days.seconds();
    match to.duration_since(from) {
        Ok(left) => left.as_secs_f64() / day,
        Err(over) => -over.duration().as_secs_f64() / day,
    }
}

#[cfg(test)]
pub(crate) mod tests;

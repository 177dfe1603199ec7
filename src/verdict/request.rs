//! Judges one request: its row, its responder, and its diagnosis.

use super::body::{self, Body};
use super::cache::{is_cached, is_of_this_run};
use super::responder::{self, Obstacle, Recognition, Responder};
use super::{
    Challenge, FaultInfo, HeaderQuotes, Redirect, Remark, RequestVerdict, Shortage, Spender, TimeLimits,
    redirect, remark, shortage,
};
use crate::model::auth_scheme::AuthScheme;
use crate::model::diagnosis::Diagnosis::{
    self, BackendStalled, NoAnswer, ProxyError, Unexpected, Unreachable,
};
use crate::model::endpoint::Endpoint;
use crate::model::exchange::{
    Completion, Exchange, Method, Phase, Response, is_gateway_failure, is_redirect,
};
use crate::model::fault::{Fault, FaultDetail, FaultKind, ResponseProblem};
use crate::model::state::State;
use crate::rules::{Criteria, Row, RuleOrigin, SuccessProblem, Table};
use crate::sanitize::{Sanitizer, UntrustedText};

/// Maximum length of a header that a sentence quotes, in characters.
const MAX_QUOTE: usize = 160;

/// Maximum length of a text in a fault's detail, in characters.
const MAX_FAULT_TEXT: usize = 400;

/// A request that was sent, with what the rules found out about it.
#[derive(Debug)]
pub(super) struct Request<'a> {
    pub(super) exchange: &'a Exchange,
    /// The body of the response, if there is one.
    body: Option<Body<'a>>,
    pub(super) row: Row,
    /// The problem that the row is for.
    problem: Option<SuccessProblem>,
    /// The whole body reports a failed component.
    reports_failure: bool,
    recognition: Option<Recognition>,
    remark: Option<Remark>,
    shortage: Option<Shortage>,
    pub(super) diagnosis: Diagnosis,
}

/// Judges the requests of one attempt, each in the light of the others and of the problems of its response.
pub(super) fn judge<'a>(
    table: &Table,
    limits: &TimeLimits,
    made: &[&'a Exchange],
    problems: &[Vec<SuccessProblem>],
) -> Vec<Request<'a>> {
    let exchanges: Vec<_> = made.iter().copied().map(read).collect();
    let recognitions = responder::identify(&exchanges);
    let facts = exchanges.into_iter().zip(recognitions).zip(problems);
    let new = |((exchange, recognition), problems): ((_, _), &Vec<_>)| {
        Request::new(table, exchange, recognition, problems)
    };
    let mut requests: Vec<_> = facts.map(new).collect();
    let has_head = |test: fn(&Request<'_>) -> bool| {
        requests.iter().any(|request| request.method() == Method::Head && test(request))
    };
    let head_good = has_head(|head| head.row.state == State::Ok);
    let head_failed = has_head(|head| head.status().is_some_and(is_gateway_failure));
    for (number, request) in requests.iter_mut().enumerate() {
        if head_failed && request.is_foreign() {
            request.remark = Some(Remark::Foreign);
        }
        let before = made.get(..number).unwrap_or_default();
        request.shortage = shortage::of(limits, before, request.exchange);
        request.judge_as_unsent(table);
        request.diagnosis = request.diagnose(number == 0, head_good);
    }
    requests
}

/// Judges a request that has no other beside it.
pub(super) fn judge_alone(criteria: &Criteria, sanitizer: &Sanitizer, exchange: &Exchange) -> RequestVerdict {
    let exchanges = [read(exchange)];
    let recognition = responder::identify(&exchanges).pop().flatten();
    let [only] = exchanges;
    Request::new(&criteria.table, only, recognition, &problems(exchange, &[])).verdict(None, sanitizer)
}

/// An exchange, and the body of its response, which is decoded once.
pub(super) type ReadExchange<'a> = (&'a Exchange, Option<Body<'a>>);

pub(super) fn read(exchange: &Exchange) -> ReadExchange<'_> {
    (exchange, exchange.completion.response().map(Body::of))
}

/// Finds the row that judges. An incomplete response does not count, unless its status alone says what is wrong: a 401
/// stays one however its body ends.
fn find_row(
    table: &Table,
    exchange: &Exchange,
    problems: &[SuccessProblem],
) -> (Row, Option<SuccessProblem>) {
    match &exchange.completion {
        Completion::Full(response) => table.row_of_response(exchange.method, response.status, problems),
        Completion::Truncated(response, fault) => {
            let by_status = table.row_of_response(exchange.method, response.status, &[]).0;
            let by_fault = table.row_of_fault(exchange.method, fault.kind);
            let is_telling = response.status >= 300 && by_status.state != State::Ok;
            let row =
                if is_telling && by_fault.origin != RuleOrigin::Overridden { by_status } else { by_fault };
            (row, None)
        }
        Completion::Failed(fault) => (table.row_of_fault(exchange.method, fault.kind), None),
    }
}

/// Finds the reasons not to believe a whole response with a good status. `exchanges` are those of its attempt.
pub(super) fn problems(exchange: &Exchange, exchanges: &[&Exchange]) -> Vec<SuccessProblem> {
    let Some(response) = exchange.completion.full().filter(|response| response.is_success()) else {
        return Vec::new();
    };
    let body = Body::of(response);
    let has = |problem: &SuccessProblem| match problem {
        SuccessProblem::Page => {
            body::is_web_page(&body) || remark::of(&body).is_some_and(Remark::is_other_document)
        }
        SuccessProblem::Report => body::failed_component(&body).is_some(),
        SuccessProblem::Cached => is_cached(response) && !is_result_of_head(exchange, response, exchanges),
    };
    SuccessProblem::ALL.into_iter().filter(has).collect()
}

/// Tests for a whole and good response that an intermediary made itself.
fn is_own_response(exchange: &Exchange, recognition: Option<Recognition>) -> bool {
    recognition.is_some_and(|recognition| recognition.responder.is_intermediary())
        && exchange.completion.full().is_some_and(Response::is_success)
}

/// Tests for a cache's response to GET that the API gave within this run, when HEAD was sent.
fn is_result_of_head(exchange: &Exchange, response: &Response, exchanges: &[&Exchange]) -> bool {
    let mut heads = exchanges.iter().filter(|_| exchange.method == Method::Get);
    heads.find(|other| other.method == Method::Head).is_some_and(|head| {
        let good = head.completion.full().filter(|response| response.is_success());
        good.is_some_and(|good| is_of_this_run(good, response, head.elapsed + exchange.elapsed))
    })
}

impl<'a> Request<'a> {
    fn new(
        table: &Table,
        (exchange, body): ReadExchange<'a>,
        recognition: Option<Recognition>,
        problems: &[SuccessProblem],
    ) -> Request<'a> {
        let (row, problem) = match find_row(table, exchange, problems) {
            // A response of something in front of the API does not show that the API is up, whatever its status.
            found if found.0.state == State::Ok && is_own_response(exchange, recognition) => {
                find_row(table, exchange, &[&[SuccessProblem::Page], problems].concat())
            }
            found => found,
        };
        Request {
            exchange,
            row,
            problem,
            reports_failure: problems.contains(&SuccessProblem::Report),
            recognition,
            remark: body.as_ref().and_then(remark::of),
            body,
            shortage: None,
            diagnosis: row.diagnosis,
        }
    }

    /// Judges a request whose time other endpoints took as one that this machine could not send.
    fn judge_as_unsent(&mut self, table: &Table) {
        let lost_its_time = self.shortage.is_some_and(|shortage| shortage.spender == Spender::Others);
        if lost_its_time && self.row.origin != RuleOrigin::Overridden {
            self.row = table.row_of_fault(self.method(), FaultKind::Local);
        }
    }

    /// The responder, where the response proves it.
    fn responder(&self) -> Option<Responder> {
        self.recognition.map(|recognition| recognition.responder)
    }

    fn obstacle(&self) -> Option<Obstacle> {
        self.recognition.and_then(|recognition| recognition.obstacle)
    }

    pub(super) fn method(&self) -> Method {
        self.exchange.method
    }

    /// The response, where it is whole.
    pub(super) fn full_response(&self) -> Option<&'a Response> {
        self.exchange.completion.full()
    }

    fn status(&self) -> Option<u16> {
        self.exchange.completion.response().map(|response| response.status)
    }

    /// Tests for a 503 to GET that its form shows to be somebody else's. The API answers HEAD without its back-end: where
    /// HEAD failed too, a page that no framework of the API makes is that of a proxy in front of it.
    fn is_foreign(&self) -> bool {
        (self.method(), self.status(), self.responder(), self.remark) == (Method::Get, Some(503), None, None)
            && self.body.as_ref().is_some_and(body::is_foreign)
    }

    /// Tests for a failure that a cache repeats.
    fn is_cached_failure(&self) -> bool {
        self.exchange
            .completion
            .response()
            .is_some_and(|response| response.status >= 400 && is_cached(response))
    }

    /// Tests for a good response that lacks only its end. JSON says itself where it ends.
    fn has_whole_body(&self) -> bool {
        let Completion::Truncated(response, fault) = &self.exchange.completion else { return false };
        let is_end = !matches!(
            fault.detail,
            FaultDetail::Response(ResponseProblem::UnprovenEnd | ResponseProblem::BrokenChunks(_))
        ) && fault.kind != FaultKind::Protocol
            && !fault.kind.is_local();
        is_end && response.is_success() && body::is_whole_json(response)
    }

    /// Tests for a whole response with a wanted status, which no cache and no other responder is known to have sent.
    pub(super) fn is_answered_by_api(&self, is_wanted: impl Fn(u16) -> bool) -> bool {
        self.problem.is_none_or(|problem| problem == SuccessProblem::Report)
            && self.responder().is_none_or(|responder| responder == Responder::Ceilometer)
            && self.full_response().is_some_and(|response| is_wanted(response.status) && !is_cached(response))
    }

    /// The row's diagnosis, refined by who answered and by what came of the other request.
    fn diagnose(&self, is_first: bool, head_good: bool) -> Diagnosis {
        if self.row.state == State::Ok {
            return self.row.diagnosis;
        }
        match &self.exchange.completion {
            Completion::Full(response) => self.diagnose_response(response.status),
            Completion::Truncated(response, _) if self.row.key.is_for_status() => {
                self.diagnose_response(response.status)
            }
            Completion::Truncated(_, fault) | Completion::Failed(fault) => {
                self.diagnose_fault(fault, is_first, head_good)
            }
        }
    }

    /// After a good response to HEAD, which proves the API, a GET that connected and then failed is the back-end's fault,
    /// unless the run left it too little time. Any other failure of a later request is `unexpected`: the service was
    /// reached.
    fn diagnose_fault(&self, fault: &Fault, is_first: bool, head_good: bool) -> Diagnosis {
        let is_unfinished =
            matches!(fault.kind, FaultKind::Timeout | FaultKind::Reset | FaultKind::Closed | FaultKind::Body);
        let connected = !matches!(fault.phase, Phase::Resolve | Phase::Connect);
        let is_back_end = is_unfinished && connected && head_good && self.shortage.is_none();
        match self.row.diagnosis {
            _ if is_back_end && self.method() == Method::Get => BackendStalled,
            Unreachable | NoAnswer if !is_first || self.exchange.completion.response().is_some() => {
                Unexpected
            }
            NoAnswer if !connected => Unreachable,
            diagnosis => diagnosis,
        }
    }

    /// Blames the back-end for a 503 only where the API sent it, and an intermediary for no failure that the API signs,
    /// or that may be the API's within a web server. A 503 from Keystone is not an intermediary's either, for Keystone is
    /// not between us and the API.
    fn diagnose_response(&self, status: u16) -> Diagnosis {
        match (status, self.responder(), self.obstacle()) {
            (503, Some(Responder::Keystone), _) | (502 | 504, Some(Responder::Ceilometer), _) => Unexpected,
            (503, None, _) if self.remark == Some(Remark::Foreign) => ProxyError,
            (501, ..) | (_, _, Some(Obstacle::Application)) => self.row.diagnosis,
            (500.., _, Some(_)) => ProxyError,
            _ => self.row.diagnosis,
        }
    }

    /// Returns the arguments that make a redirect needless.
    fn redirect(&self, endpoint: &Endpoint, sanitizer: &Sanitizer) -> Option<Redirect> {
        let response = self.exchange.completion.response().filter(|response| is_redirect(response.status))?;
        let location = std::str::from_utf8(response.header("location")?.bytes()).ok()?;
        let line = |text: String| sanitizer.line(&UntrustedText::new(text), MAX_QUOTE);
        let found = redirect::of(endpoint, location)?;
        Some(Redirect { endpoint: found.endpoint.map(line), path: found.path.map(line) })
    }

    /// Returns what reports need of the request; an endpoint is what a redirect may lead to.
    pub(super) fn verdict(&self, endpoint: Option<&Endpoint>, sanitizer: &Sanitizer) -> RequestVerdict {
        let own = self.body.as_ref().map(|own| body::words(own, self.reports_failure, sanitizer));
        let body::Words { message, others } = own.unwrap_or_default();
        RequestVerdict {
            method: self.method(),
            state: self.row.state,
            diagnosis: self.diagnosis,
            row: self.row,
            problem: self.problem,
            completion: self
                .exchange
                .completion
                .map(|response| response.status, |fault| sanitize_fault(fault, sanitizer)),
            answered_by: self.responder(),
            obstacle: self.obstacle(),
            remark: self.remark,
            redirect: endpoint.and_then(|endpoint| self.redirect(endpoint, sanitizer)),
            shortage: self.shortage,
            is_cached_failure: self.is_cached_failure(),
            has_whole_body: self.has_whole_body(),
            is_partly_judged: self
                .full_response()
                .is_some_and(|response| response.is_success() && response.is_body_cut),
            quotes: self
                .exchange
                .completion
                .response()
                .map(|response| quote_headers(response, sanitizer))
                .unwrap_or_default(),
            peer: self.exchange.peer.clone(),
            elapsed: self.exchange.elapsed,
            phases: self.exchange.phases,
            message,
            other_words: others,
            details: None,
            transcript: None,
        }
    }
}

fn sanitize_fault(fault: &Fault, sanitizer: &Sanitizer) -> FaultInfo {
    let line = |text: &UntrustedText| sanitizer.line(text, MAX_FAULT_TEXT);
    fault.map(&line, &|own| line(&UntrustedText::new(own.to_owned())))
}

/// The challenge that this program can satisfy, or else the first one: a server may offer several schemes, each in a header
/// of its own.
fn preferred_challenge(response: &Response, sanitizer: &Sanitizer) -> Option<Challenge> {
    let headers = response.headers.iter().filter(|header| header.name == "www-authenticate");
    let challenges = headers.map(|header| (AuthScheme::of(header.value.bytes()), &header.value));
    let (scheme, value) = challenges.min_by_key(|(scheme, _)| {
        scheme.filter(|scheme| scheme.is_supported()).map_or(usize::MAX, |scheme| scheme as usize)
    })?;
    let text = sanitizer.line(value, MAX_QUOTE);
    (!text.is_empty()).then_some(Challenge { scheme, text })
}

fn quote_headers(response: &Response, sanitizer: &Sanitizer) -> HeaderQuotes {
    let quote = |name| {
        let value = sanitizer.line(response.header(name)?, MAX_QUOTE);
        (!value.is_empty()).then_some(value)
    };
    HeaderQuotes {
        location: quote("location").filter(|_| is_redirect(response.status)),
        allow: quote("allow"),
        retry_after: quote("retry-after"),
        challenge: preferred_challenge(response, sanitizer),
        age: quote("age"),
        coding: quote("content-encoding")
            .or_else(|| quote("transfer-encoding"))
            .filter(|_| body::is_coded(response) && !response.body.bytes().is_empty()),
    }
}

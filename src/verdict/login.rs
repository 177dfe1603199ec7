//! Judges a login, and what it says about the endpoints.

use std::time::SystemTime;

use super::{Evidence, Outcome, RequestVerdict, Responder, Verdict, judge};
use crate::keystone::{Cloud, LoginFailure, NotInCatalog};
use crate::model::diagnosis::Diagnosis;
use crate::model::exchange::{Attempt, Exchange, Method};
use crate::model::fault::{FaultDetail, FaultKind};
use crate::model::state::State;
use crate::plan::Plan;
use crate::rules::{Key, Row};
use crate::sanitize::{UntrustedText, sanitize_own};

/// Maximum length of what Keystone says, in characters.
const MAX_MESSAGE: usize = 160;

/// Maximum length of an address or a cloud's name, in characters.
const MAX_NAME: usize = 100;

/// A login, judged.
#[derive(Debug, Clone)]
pub(crate) struct LoginVerdict {
    pub(crate) cloud: String,
    pub(crate) auth_url: String,
    pub(crate) auth_type: &'static str,
    pub(crate) state: State,
    /// The row that judged; `None` where nothing was sent.
    pub(crate) key: Option<Key>,
    /// `None` for a login that succeeded.
    pub(crate) diagnosis: Option<Diagnosis>,
    pub(crate) token: TokenSource,
    /// The request, where one was sent.
    pub(crate) request: Option<Box<RequestVerdict>>,
    pub(crate) expires_at: Option<SystemTime>,
    /// Keystone's name for the request, for its log.
    pub(crate) request_id: Option<String>,
    /// Keystone's words.
    pub(crate) detail: Option<String>,
    /// `<diagnosis>: <what happened>`.
    pub(crate) summary: String,
    pub(crate) explanation: String,
    pub(crate) action: String,
    /// Notes for `-v`.
    pub(crate) notes: Vec<String>,
}

/// The origin of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenSource {
    New,
    Cached,
    None,
}

impl TokenSource {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            TokenSource::New => "new",
            TokenSource::Cached => "cached",
            TokenSource::None => "none",
        }
    }
}

impl LoginVerdict {
    /// A login that succeeded, now or in an earlier run.
    pub(crate) fn granted(
        plan: &Plan,
        cloud: &Cloud,
        exchange: Option<Exchange>,
        expires_at: SystemTime,
    ) -> LoginVerdict {
        let token = if exchange.is_some() { TokenSource::New } else { TokenSource::Cached };
        let mut login = LoginVerdict::of(plan, cloud, exchange);
        login.token = token;
        login.expires_at = Some(expires_at);
        let name = &login.cloud;
        login.summary = format!("logged in to the cloud {name}");
        login
    }

    /// A login that failed: with an answer that was read as this failure, or without one. `cause` has the words for
    /// what exactly went wrong.
    pub(crate) fn failed(
        plan: &Plan,
        cloud: &Cloud,
        exchange: Exchange,
        failure: Option<&LoginFailure>,
        cause: fn(&FaultDetail<String>) -> String,
    ) -> LoginVerdict {
        let status = exchange.completion.full().map(|answer| answer.status);
        let mut login = LoginVerdict::of(plan, cloud, Some(exchange));
        let mut row = login.request.as_deref().and_then(|request| plan.table.lookup(request.row.key).pop());
        if let (Some(200..=299), Some(_)) = (status, failure) {
            row = Some((login_key(), plan.table.fault(Method::Post, FaultKind::Protocol)));
        }
        let Some((_, row)) = row else { return login };
        login.take(&row);
        if let Some(LoginFailure::Refused { message, wanted }) = failure {
            login.detail = Some(plan.sanitizer.line(message, MAX_MESSAGE)).filter(|text| !text.is_empty());
            login.refused(plan, wanted, row.state);
        }
        login.summary = login.sentence(cause);
        login
    }

    /// A catalogue without a matching endpoint.
    #[must_use]
    pub(crate) fn without_endpoint(mut self, plan: &Plan, reason: &NotInCatalog) -> LoginVerdict {
        let row = plan.table.catalog();
        self.take(&row);
        self.key = Some(row.key);
        let reason = plan.sanitizer.line(&UntrustedText::new(reason.0.as_str()), 2 * MAX_MESSAGE);
        self.summary = format!("{}: cloud {}: {reason}", row.diagnosis, self.cloud);
        self.detail = Some(reason);
        self
    }

    fn of(plan: &Plan, cloud: &Cloud, exchange: Option<Exchange>) -> LoginVerdict {
        let request_id = exchange.as_ref().and_then(|exchange| {
            let id = exchange.completion.answer()?.header("x-openstack-request-id")?;
            Some(plan.sanitizer.line(id, MAX_NAME))
        });
        let request = exchange.and_then(|exchange| {
            let attempt = Attempt::Sent(Box::new(exchange));
            let judged = judge(plan, &cloud.login.url, &[attempt], 1, SystemTime::now());
            judged.probes.into_iter().find_map(|probe| match probe.outcome {
                Outcome::RequestVerdict(request) => Some(request),
                Outcome::Skipped(_) => None,
            })
        });
        LoginVerdict {
            cloud: sanitize_own(&cloud.name, MAX_NAME),
            auth_url: sanitize_own(&cloud.login.auth_url, MAX_NAME),
            auth_type: cloud.login.auth_type(),
            state: State::Ok,
            key: request.as_ref().map(|request| request.row.key),
            diagnosis: None,
            token: TokenSource::None,
            request,
            expires_at: None,
            request_id,
            detail: None,
            summary: String::new(),
            explanation: String::new(),
            action: String::new(),
            notes: Vec::new(),
        }
    }

    fn take(&mut self, row: &Row) {
        self.state = row.state;
        self.key = Some(row.key);
        self.diagnosis = (row.state != State::Ok).then_some(row.diagnosis);
        row.meaning.clone_into(&mut self.explanation);
        row.action.clone_into(&mut self.action);
    }

    /// Keystone itself refused. A 404 in JSON is a credential that it does not know.
    fn refused(&mut self, plan: &Plan, wanted: &[String], state: State) {
        self.diagnosis = (state != State::Ok).then_some(Diagnosis::LoginRefused);
        let status = self.request.as_ref().and_then(|request| request.completion.answer().copied());
        if !wanted.is_empty() {
            let methods = plan.sanitizer.line(&UntrustedText::new(wanted.join(" and ")), MAX_NAME);
            self.detail = Some(format!("a second factor is wanted: {methods}"));
            self.explanation = "Keystone accepted the password and wants a second factor".into();
            self.action =
                "make an application credential, which needs no second factor (openstack application \
                           credential create)"
                    .into();
        } else if status == Some(404) {
            self.explanation = "Keystone does not know the application credential, or the token".into();
            self.action = "check its id, and whether it was deleted or has expired".into();
        } else if status == Some(400) {
            self.explanation = "Keystone does not understand the login".into();
            self.action = "check user and project and the domains of both".into();
        }
    }

    fn sentence(&self, cause: fn(&FaultDetail<String>) -> String) -> String {
        let (keystone, cloud) = (&self.auth_url, &self.cloud);
        let diagnosis = self.diagnosis.map(|diagnosis| format!("{diagnosis}: ")).unwrap_or_default();
        let reason = self.detail.as_ref().map(|detail| format!(": \"{detail}\"")).unwrap_or_default();
        let request = self.request.as_deref();
        let event = match (self.diagnosis, request.map(|request| &request.completion)) {
            (Some(Diagnosis::LoginRefused), Some(completion)) => {
                let status = completion.answer().copied().unwrap_or_default();
                format!("Keystone ({keystone}) refused the login to the cloud {cloud} ({status}){reason}")
            }
            (_, Some(completion)) => match (completion.fault(), completion.answer()) {
                (Some(fault), _) => format!("no login to Keystone ({keystone}): {}", cause(&fault.detail)),
                (None, Some(status)) => {
                    format!("Keystone ({keystone}) answered the login with {status}{reason}")
                }
                (None, None) => format!("no login to Keystone ({keystone})"),
            },
            (_, None) => format!("no login to Keystone ({keystone})"),
        };
        format!("{diagnosis}{event}")
    }

    /// Judges an endpoint that was probed without a token, for Keystone gave none: its demand for one proves that it
    /// is alive. HAProxy keeps such a server.
    pub(crate) fn judge_without_token(&self, verdict: &mut Verdict, haproxy: bool) {
        let is_demand = |request: &RequestVerdict| request.completion.answer() == Some(&401);
        let is_asked = verdict.made().all(|(_, request)| is_demand(request));
        let by_keystone = verdict.made().any(|(_, request)| request.answered_by == Some(Responder::Keystone));
        if !(is_asked && by_keystone) || self.diagnosis.is_none() {
            return;
        }
        verdict.state = if haproxy && self.state == State::Unknown { State::Warning } else { self.state };
        verdict.diagnosis = Diagnosis::KeystoneDown;
        let reason = self.summary.trim_start_matches("keystone-down: ");
        verdict.evidence =
            Evidence::Login(format!("{} is alive but wants a token: {reason}", verdict.endpoint));
        verdict.explanation =
            format!("the API is alive and asks for a token, and Keystone gave none: {}", self.explanation);
        verdict.action.clone_from(&self.action);
    }

    /// Explains what an endpoint's answer means after a login that succeeded.
    pub(crate) fn explain(&self, verdict: &mut Verdict) {
        let answers: Vec<_> = verdict
            .made()
            .map(|(_, request)| (request.completion.answer().copied(), request.answered_by))
            .collect();
        if self.token == TokenSource::New
            && verdict.diagnosis == Diagnosis::Denied
            && answers.iter().any(|(status, _)| *status == Some(401))
        {
            verdict.evidence = Evidence::Login(format!("{} refused a new token (401)", verdict.endpoint));
            verdict.explanation =
                "the API refused a token that Keystone had just granted: the token is new".into();
            verdict.action =
                "check that the API asks the same Keystone, and an application credential's access rules \
                              (GET and HEAD on the health path, and service_type in [keystone_authtoken])"
                    .into();
        }
        if self.token != TokenSource::None && answers.contains(&(Some(503), Some(Responder::Keystone))) {
            verdict.explanation =
                "the API's Keystone middleware answered: the API cannot reach Keystone, which \
                                   granted this check its token, or Keystone refuses the API's own account"
                    .into();
            verdict.action =
                "check [keystone_authtoken] of the API, its account, and the way from it to Keystone".into();
        }
    }
}

fn login_key() -> Key {
    Key { method: Some(Method::Post), selector: crate::rules::Selector::Fault(FaultKind::Protocol) }
}

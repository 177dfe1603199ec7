//! Judges a login, and what it says about the endpoints.

use std::sync::Arc;
use std::time::SystemTime;

use strum::IntoStaticStr;

use super::{Basis, RequestVerdict, Responder, Verdict, request};
use crate::keystone::{Cloud, LoginFailure, NotInCatalog, UrlProblem};
use crate::model::diagnosis::Diagnosis;
use crate::model::exchange::{Exchange, is_success};
use crate::model::fault::FaultKind;
use crate::model::state::State;
use crate::rules::{Criteria, Row};
use crate::sanitize::{Sanitizer, UntrustedText, sanitize_own};

/// Maximum length of what Keystone says, in characters.
const MAX_MESSAGE: usize = 160;

/// The beginning of Keystone's words for a refusal whose reason it keeps to itself.
const NO_REASON: &str = "The request you have made requires authentication";

/// Maximum length of an address or a cloud's name, in characters.
const MAX_NAME: usize = 100;

#[derive(Debug, Clone)]
pub(crate) struct LoginVerdict {
    pub(crate) cloud: String,
    pub(crate) auth_url: String,
    pub(crate) auth_type: &'static str,
    pub(crate) state: State,
    /// The row that judged; `None` where nothing was sent.
    pub(crate) row: Option<Row>,
    pub(crate) outcome: LoginOutcome,
    /// `None` for a login that succeeded.
    pub(crate) diagnosis: Option<Diagnosis>,
    pub(crate) token: TokenSource,
    /// The request, where one was sent.
    pub(crate) request: Option<Box<RequestVerdict>>,
    /// The request was that of an earlier run; this one sent none.
    pub(crate) is_repeated: bool,
    pub(crate) expires_at: Option<SystemTime>,
    /// Keystone's name for the request, for its log.
    pub(crate) request_id: Option<String>,
    /// Keystone's words.
    pub(crate) message: Option<String>,
    /// The reason why the token was not cached.
    pub(crate) cache_error: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum LoginOutcome {
    /// Keystone granted a token, now or in an earlier run.
    Granted,
    /// Keystone accepted the password and wants these other methods too.
    SecondFactor(String),
    /// Keystone does not know the user or what belongs to it, or is not at this address.
    UnknownUser,
    /// Keystone does not know the application credential or the token.
    UnknownCredential,
    /// Keystone gives a reason of its own.
    Explained,
    NotUnderstood,
    /// There is no token; the row says why.
    Failed,
    NoEndpoint(NotInCatalog),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoStaticStr)]
#[strum(serialize_all = "lowercase", const_into_str)]
pub(crate) enum TokenSource {
    New,
    Cached,
    None,
}

impl TokenSource {
    pub(crate) const fn name(self) -> &'static str {
        self.into_str()
    }
}

impl LoginVerdict {
    /// A login that succeeded, now or in an earlier run.
    pub(crate) fn granted(
        criteria: &Criteria,
        sanitizer: &Sanitizer,
        cloud: &Cloud,
        exchange: Option<Exchange>,
        expires_at: SystemTime,
    ) -> LoginVerdict {
        let token = if exchange.is_some() { TokenSource::New } else { TokenSource::Cached };
        let login = LoginVerdict::of(criteria, sanitizer, cloud, exchange);
        LoginVerdict { token, expires_at: Some(expires_at), ..login }
    }

    /// A login that failed: with a response that was read as this failure, or without one.
    pub(crate) fn failed(
        criteria: &Criteria,
        sanitizer: &Sanitizer,
        cloud: &Cloud,
        exchange: Exchange,
        failure: Option<&LoginFailure>,
    ) -> LoginVerdict {
        let status = exchange.completion.response().map(|response| response.status);
        let mut login = LoginVerdict::of(criteria, sanitizer, cloud, Some(exchange));
        login.outcome = LoginOutcome::Failed;
        if let Some(status) = status.filter(|status| failure.is_some() && is_success(*status)) {
            login.row = Some(criteria.table.row_without_token(status));
        }
        login.judge_by_row();
        if failure == Some(&LoginFailure::Down) {
            let words = login.request.as_ref().and_then(|request| request.message.clone());
            // Without a message it is the whole document, which might hold a token.
            login.message = words.filter(|words| !words.starts_with(['{', '[']));
        }
        if let Some(LoginFailure::Refused { message, wanted }) = failure {
            login.message = Some(sanitizer.line(message, MAX_MESSAGE)).filter(|text| !text.is_empty());
            login.diagnosis = (login.state != State::Ok).then_some(Diagnosis::LoginRefused);
            login.outcome = match status {
                _ if !wanted.is_empty() => {
                    let methods = UntrustedText::new(wanted.join(" and "));
                    LoginOutcome::SecondFactor(sanitizer.line(&methods, MAX_NAME))
                }
                // Keystone wrote it, so it is no wrong address.
                Some(404) if cloud.login.is_by_password() => LoginOutcome::UnknownUser,
                Some(404) => LoginOutcome::UnknownCredential,
                Some(400) => LoginOutcome::NotUnderstood,
                _ if login.message.as_deref().is_some_and(|reason| !reason.starts_with(NO_REASON)) => {
                    LoginOutcome::Explained
                }
                _ => LoginOutcome::Failed,
            };
        }
        login
    }

    /// The verdict of later runs where Keystone refused the credential: they send it no login more. An override of the
    /// state changes nothing about that. Only where each run is reported is it an earlier run's.
    pub(crate) fn refusal(
        &self,
        failure: Option<&LoginFailure>,
        is_each_reported: bool,
    ) -> Option<LoginVerdict> {
        let is_refused = matches!(failure, Some(LoginFailure::Refused { .. }));
        is_refused.then(|| LoginVerdict { is_repeated: is_each_reported, ..self.clone() })
    }

    /// The request of this run.
    pub(crate) fn sent(&self) -> Option<&RequestVerdict> {
        self.request.as_deref().filter(|_| !self.is_repeated)
    }

    /// Tests for a login that had no time left, which says nothing about Keystone or its catalogue.
    pub(crate) fn is_late(&self) -> bool {
        let has_timed_out = |request: &RequestVerdict| {
            let is_failure = request.completion.response().is_some_and(|status| !is_success(*status));
            !is_failure && request.completion.fault().is_some_and(|fault| fault.kind == FaultKind::Timeout)
        };
        match &self.outcome {
            LoginOutcome::Failed => self.sent().is_some_and(has_timed_out),
            LoginOutcome::NoEndpoint(reason) => {
                matches!(reason, NotInCatalog::UnusableUrl { problem: UrlProblem::OutOfTime, .. })
            }
            _ => false,
        }
    }

    /// A catalogue without a matching endpoint.
    #[must_use]
    pub(crate) fn without_endpoint(mut self, criteria: &Criteria, reason: NotInCatalog) -> LoginVerdict {
        self.outcome = LoginOutcome::NoEndpoint(reason);
        self.row = Some(criteria.table.row_of_catalog());
        self.judge_by_row();
        self
    }

    fn of(
        criteria: &Criteria,
        sanitizer: &Sanitizer,
        cloud: &Cloud,
        exchange: Option<Exchange>,
    ) -> LoginVerdict {
        let request_id = exchange.as_ref().and_then(|exchange| {
            let id = exchange.completion.response()?.header("x-openstack-request-id")?;
            Some(sanitizer.line(id, MAX_NAME))
        });
        let request = exchange.map(|exchange| Box::new(request::judge_alone(criteria, sanitizer, &exchange)));
        LoginVerdict {
            cloud: sanitize_own(&cloud.name, MAX_NAME),
            auth_url: sanitize_own(&cloud.login.auth_url, MAX_NAME),
            auth_type: cloud.login.auth_type(),
            state: State::Ok,
            row: request.as_ref().map(|request| request.row),
            outcome: LoginOutcome::Granted,
            diagnosis: None,
            token: TokenSource::None,
            request,
            is_repeated: false,
            expires_at: None,
            request_id,
            message: None,
            cache_error: None,
        }
    }

    fn judge_by_row(&mut self) {
        if let Some(row) = self.row {
            self.state = row.state;
            self.diagnosis = (row.state != State::Ok).then_some(row.diagnosis);
        }
    }

    /// Judges an endpoint's responses by what the login came to. HAProxy keeps a server that lacks nothing but a token.
    pub(crate) fn judge_endpoint(self: &Arc<Self>, verdict: &mut Verdict, haproxy: bool) {
        verdict.login = Some(Arc::clone(self));
        let by_keystone = verdict.sent().any(|request| request.answered_by == Some(Responder::Keystone));
        if self.diagnosis.is_some() {
            // Keystone gave no token: the demand for one proves that the API is alive.
            if by_keystone && verdict.sent().all(RequestVerdict::wants_token) {
                let is_kept = haproxy && self.state == State::Unknown;
                verdict.state = if is_kept { State::Warning } else { self.state };
                verdict.diagnosis = Diagnosis::KeystoneDown;
                verdict.basis = Basis::NoToken;
            }
        } else if self.token == TokenSource::New
            && verdict.diagnosis == Diagnosis::Denied
            && verdict.sent().any(RequestVerdict::wants_token)
        {
            verdict.basis = Basis::NewTokenRefused;
        }
    }
}

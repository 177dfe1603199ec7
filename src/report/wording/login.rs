//! Sentences about a login.

use std::time::SystemTime;

use super::advice::Advice;
use super::cause;
use crate::model::diagnosis::Diagnosis;
use crate::model::exchange::is_success;
use crate::units::{format_duration, format_timestamp};
use crate::verdict::{LoginOutcome, LoginVerdict, TokenSource};

/// A login in one line.
pub(in crate::report) fn line(login: &LoginVerdict) -> String {
    let ends = |at: SystemTime| format!(", expires {}", format_timestamp(at));
    let expiry = login.expires_at.map(ends).unwrap_or_default();
    let time = login.request.as_ref().map(|request| format!(" in {}", format_duration(request.elapsed)));
    let token = match login.token {
        TokenSource::New => format!("new token{}", time.unwrap_or_default()),
        TokenSource::Cached => "cached token".into(),
        TokenSource::None => return format!("Login: {}", summary(login)),
    };
    format!("Login: {token} of the cloud {} ({}){expiry}", login.cloud, login.auth_url)
}

/// The summary: `<diagnosis>: <what happened>`.
pub(in crate::report) fn summary(login: &LoginVerdict) -> String {
    let diagnosis = login.diagnosis.map(|diagnosis| format!("{diagnosis}: ")).unwrap_or_default();
    format!("{diagnosis}{}", event(login))
}

/// The event of a login, without its diagnosis.
pub(super) fn event(login: &LoginVerdict) -> String {
    let (keystone, cloud) = (&login.auth_url, &login.cloud);
    match login.outcome {
        LoginOutcome::Granted => return format!("logged in to the cloud {cloud}"),
        LoginOutcome::NoEndpoint => {
            return format!("cloud {cloud}: {}", login.detail.as_deref().unwrap_or_default());
        }
        _ => {}
    }
    let reason = detail(login).map(|detail| format!(": \"{detail}\"")).unwrap_or_default();
    let Some(request) = &login.request else { return format!("no login to Keystone ({keystone})") };
    let status = request.completion.answer().copied().unwrap_or_default();
    if login.diagnosis == Some(Diagnosis::LoginRefused) {
        return format!("Keystone ({keystone}) refused the login to the cloud {cloud} ({status}){reason}");
    }
    match request.completion.fault() {
        Some(fault) => format!("no login to Keystone ({keystone}): {}", cause(&fault.detail)),
        None if is_success(status) => {
            format!(
                "Keystone ({keystone}) answered the login with {status}, but without a token that can be used"
            )
        }
        None => format!("Keystone ({keystone}) answered the login with {status}{reason}"),
    }
}

/// Keystone's words, or what it wants.
pub(in crate::report) fn detail(login: &LoginVerdict) -> Option<String> {
    match &login.outcome {
        LoginOutcome::SecondFactor(methods) => Some(format!("a second factor is wanted: {methods}")),
        _ => login.detail.clone(),
    }
}

/// The note for `-v`: a token that was not cached.
pub(in crate::report) fn note(login: &LoginVerdict) -> Option<String> {
    login.cache_error.as_ref().map(|reason| format!("the token was not cached: {reason}"))
}

/// The meaning of a login that failed, and the action.
pub(in crate::report) fn advice(login: &LoginVerdict) -> Advice {
    let (meaning, action) = match login.outcome {
        LoginOutcome::SecondFactor(_) => (
            "Keystone accepted the password and wants a second factor",
            "make an application credential, which needs no second factor (openstack application credential create)",
        ),
        LoginOutcome::UnknownCredential => (
            "Keystone does not know the application credential, or the token",
            "check its id, and whether it was deleted or has expired",
        ),
        LoginOutcome::NotUnderstood => {
            ("Keystone does not understand the login", "check user and project and the domains of both")
        }
        LoginOutcome::Failed | LoginOutcome::NoEndpoint => {
            login.row.map_or(("", ""), |row| (row.meaning, row.action))
        }
        LoginOutcome::Granted => ("", ""),
    };
    (meaning.to_owned(), action.to_owned())
}

//! The words for access control: who wants which credentials, and what was sent.

use super::Advice;
use crate::model::auth_scheme::AuthScheme;
use crate::verdict::{Challenge, Credentials, RequestVerdict, Responder, Verdict};

/// The credentials that a challenge wants, if this program can send them, and the way to the API; `None` for Keystone's
/// challenge and an unknown one.
fn wanted(challenge: &Challenge) -> Option<(Option<Credentials>, String)> {
    Some(match challenge.scheme? {
        AuthScheme::Keystone => return None,
        AuthScheme::Basic => {
            (Some(Credentials::Password), "give its user and password with --auth-file".to_owned())
        }
        AuthScheme::Bearer => (
            Some(Credentials::Bearer),
            "give its token with --header @FILE (Authorization: Bearer ...)".to_owned(),
        ),
        AuthScheme::Digest | AuthScheme::Negotiate | AuthScheme::Ntlm => {
            let unsupported = AuthScheme::ALL.iter().filter(|scheme| !scheme.is_supported());
            let names: Vec<_> = unsupported.map(|scheme| scheme.name()).collect();
            (None, format!("check the API behind it (this program supports neither {})", names.join(" nor ")))
        }
    })
}

/// Tests for a 401 whose challenge is not for a token of Keystone's, so that no token would help.
pub(super) fn is_not_for_token(judged: &RequestVerdict) -> bool {
    judged.wants_token() && judged.quotes.challenge.as_ref().and_then(wanted).is_some()
}

/// Explains a proxy that wants credentials of its own, for which a token of Keystone's seldom serves.
pub(super) fn wanted_by_proxy(verdict: &Verdict, proxy: Responder, judged: &RequestVerdict) -> Advice {
    let name = proxy.title();
    let challenge = judged.quotes.challenge.as_ref();
    let option = challenge
        .and_then(wanted)
        .map_or_else(|| "give its key or token with --header @FILE".to_owned(), |(_, option)| option);
    let did = match verdict.credentials {
        Some(Credentials::Token | Credentials::Bearer) => "does not accept the token that was sent",
        Some(Credentials::Password) => "does not accept the password that was sent",
        None => "wants credentials",
    };
    (
        format!("{name}, not the API, {did}{}", in_parentheses(challenge)),
        format!("{option}, or exempt the health path from {name}'s access control"),
    )
}

fn in_parentheses(challenge: Option<&Challenge>) -> String {
    challenge.map(|challenge| format!(" ({})", challenge.text)).unwrap_or_default()
}

/// Explains a refusal by the API, its Keystone middleware, or a server that nothing identifies.
pub(super) fn denied(verdict: &Verdict, status: u16, judged: &RequestVerdict) -> Advice {
    // The summary names the responder, and what Keystone wants.
    let challenge = judged.quotes.challenge.as_ref().filter(|_| judged.answered_by.is_none());
    let answered =
        format!("access control{} answered before the health check could", in_parentheses(challenge));
    let wanted = challenge.filter(|_| status == 401).and_then(wanted);
    let sent = verdict.credentials.map(|credentials| match credentials {
        Credentials::Token | Credentials::Bearer => "token",
        Credentials::Password => "password",
    });
    let did = match (status, sent) {
        (401, Some(sent)) if wanted.as_ref().is_some_and(|(kind, _)| *kind != verdict.credentials) => {
            format!("ignores the {sent} that was sent")
        }
        (401, Some(sent)) => format!("rejected the {sent} that was sent"),
        (403, Some(sent)) => format!("forbids the request despite the {sent} that was sent"),
        (403, None) => "forbids the request".to_owned(),
        _ => "wants credentials".to_owned(),
    };
    let action = match (status, sent, wanted) {
        (403, Some(_), _) if verdict.login.is_some() => format!(
            "check what the account of the cloud {} may do (its roles, its access rules) and the API's policy, or \
             exempt the health path from authentication",
            verdict.login.as_deref().map(|login| login.cloud.as_str()).unwrap_or_default()
        ),
        (_, _, Some((Some(Credentials::Password), option))) if verdict.login.is_some() => {
            format!("{option} instead of --os-cloud, or exempt the health path from authentication")
        }
        (_, None, Some((Some(Credentials::Password), option))) => {
            format!("{option} (a token: --token-file), or exempt the health path from authentication")
        }
        (_, _, Some((_, option))) => format!("{option}, or exempt the health path from authentication"),
        (401, ..) if judged.answered_by == Some(Responder::Keystone) => {
            let valid = if verdict.credentials == Some(Credentials::Token) { "valid " } else { "" };
            format!(
                "log in with --os-cloud NAME (a cloud of clouds.yaml), give a {valid}token with --token-file, or \
                 exempt the health path from authentication"
            )
        }
        (401, Some(_), None) => {
            "give a valid token with --token-file (password: --auth-file), or exempt the health path from \
             authentication"
                .to_owned()
        }
        _ => judged.row.action.to_owned(),
    };
    if (status, judged.answered_by) == (401, Some(Responder::Keystone)) {
        return (answered, action);
    }
    (format!("{answered}: it {did}"), action)
}

//! The words for access control: who wants which credentials, and what was sent.

use super::Advice;
use crate::verdict::{Credentials, RequestVerdict, Responder, Verdict};

/// The schemes of challenges: the credentials that each wants, if this program can send them, and the way to the API.
const SCHEMES: [(&str, Option<Credentials>, &str); 5] = [
    ("basic", Some(Credentials::Password), "give its user and password with --auth-file"),
    ("bearer", Some(Credentials::Bearer), "give its token with --header @FILE (Authorization: Bearer ...)"),
    ("digest", None, WITHOUT_IT),
    ("negotiate", None, WITHOUT_IT),
    ("ntlm", None, WITHOUT_IT),
];

const WITHOUT_IT: &str =
    "check the API behind it (this program supports neither Digest nor Negotiate nor NTLM)";

/// The credentials that a challenge wants, and what to do; `None` for Keystone's challenge and an unknown one.
fn wanted(challenge: &str) -> Option<(Option<Credentials>, &'static str)> {
    let scheme = challenge.split([' ', ',']).next().unwrap_or_default();
    let (_, kind, action) = SCHEMES.iter().find(|(own, ..)| own.eq_ignore_ascii_case(scheme))?;
    Some((*kind, action))
}

/// Tests for a 401 whose challenge is not for a token of Keystone's, so that no token would help.
pub(super) fn is_not_for_token(judged: &RequestVerdict) -> bool {
    judged.wants_token() && judged.quotes.challenge.as_deref().and_then(wanted).is_some()
}

/// Explains a proxy that wants credentials of its own, for which a token of Keystone's seldom serves.
pub(super) fn wanted_by_proxy(verdict: &Verdict, proxy: Responder, judged: &RequestVerdict) -> Advice {
    let name = proxy.title();
    let challenge = judged.quotes.challenge.as_deref().unwrap_or_default();
    let option = wanted(challenge).map_or("give its key or token with --header @FILE", |(_, option)| option);
    let scheme = if challenge.is_empty() { String::new() } else { format!(" ({challenge})") };
    let did = match verdict.credentials {
        Some(Credentials::Token | Credentials::Bearer) => "does not accept the token that was sent",
        Some(Credentials::Password) => "does not accept the password that was sent",
        None => "wants credentials",
    };
    (
        format!("{name}, not the API, {did}{scheme}"),
        format!("{option}, or exempt the health path from {name}'s access control"),
    )
}

/// Explains a refusal by the API, its Keystone middleware, or a server that nothing identifies.
pub(super) fn denied(verdict: &Verdict, status: u16, judged: &RequestVerdict) -> Advice {
    // The summary names the responder, and what Keystone wants.
    let challenge = judged.quotes.challenge.as_deref().filter(|_| judged.answered_by.is_none());
    let scheme = challenge.map(|challenge| format!(" ({challenge})")).unwrap_or_default();
    let answered = format!("access control{scheme} answered before the health check could");
    let wanted = challenge.filter(|_| status == 401).and_then(wanted);
    let sent = verdict.credentials.map(|credentials| match credentials {
        Credentials::Token | Credentials::Bearer => "token",
        Credentials::Password => "password",
    });
    let did = match (status, sent) {
        (401, Some(sent)) if wanted.is_some_and(|(kind, _)| kind != verdict.credentials) => {
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

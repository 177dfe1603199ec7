//! Sentences about a login.

use std::time::SystemTime;

use super::advice::Advice;
use super::cause;
use super::fault::waited;
use super::summary::by_override;
use crate::keystone::{NotInCatalog, UrlProblem};
use crate::model::diagnosis::Diagnosis;
use crate::model::endpoint::MAX_ENDPOINTS;
use crate::model::exchange::is_success;
use crate::model::fault::{FaultDetail, FaultKind, Stage, TlsProblem};
use crate::sanitize::{sanitize_own, truncate};
use crate::units::{format_duration, format_timestamp};
use crate::verdict::{LoginOutcome, LoginVerdict, Remark, RequestVerdict, TokenSource};

/// Maximum length of the reason why a catalogue does not serve, in characters.
const MAX_CATALOG_PROBLEM: usize = 320;

pub(in crate::report) fn line(login: &LoginVerdict) -> String {
    let ends = |at: SystemTime| format!(", expires {}", format_timestamp(at));
    let expiry = login.expires_at.map(ends).unwrap_or_default();
    let time = login.request.as_ref().map(|request| format!(" in {}", format_duration(request.elapsed)));
    let (token, time) = match login.token {
        TokenSource::New => ("new", time.unwrap_or_default()),
        TokenSource::Cached => ("cached", String::new()),
        TokenSource::None => return format!("Login: {}", summary(login, usize::MAX)),
    };
    format!("Login{time}: {token} token of cloud {} ({}){expiry}", login.cloud, login.auth_url)
}

/// The summary, in at most `room` characters: `<diagnosis>: <what happened>`.
pub(in crate::report) fn summary(login: &LoginVerdict, room: usize) -> String {
    let diagnosis = login.diagnosis.unwrap_or(Diagnosis::Healthy);
    let by_override = by_override(login.state, login.row.as_slice());
    let room = room.saturating_sub(by_override.chars().count());
    format!("{}{by_override}", truncate(format!("{diagnosis}: {}", event(login)), room))
}

pub(super) fn event(login: &LoginVerdict) -> String {
    let (keystone, cloud) = (&login.auth_url, &login.cloud);
    match login.outcome {
        LoginOutcome::Granted => return format!("logged in to the cloud {cloud}"),
        LoginOutcome::NoEndpoint(_) => {
            return format!("cloud {cloud}: {}", reason(login).unwrap_or_default());
        }
        _ => {}
    }
    let reason = reason(login).map(|reason| format!(": \"{reason}\"")).unwrap_or_default();
    let Some(request) = &login.request else { return format!("no login to Keystone ({keystone})") };
    let status = request.completion.response().copied().unwrap_or_default();
    let again = if login.is_repeated { "; restart to try again" } else { "" };
    if let Some(proxy) = request.intermediary() {
        let proxy = proxy.title();
        return format!(
            "{proxy} in front of Keystone ({keystone}) answered the login with {status}{again}{reason}"
        );
    }
    if login.diagnosis == Some(Diagnosis::LoginRefused) {
        return format!(
            "Keystone ({keystone}) refused the login to the cloud {cloud} ({status}{again}){reason}"
        );
    }
    match request.completion.fault() {
        Some(fault) if fault.kind == FaultKind::Timeout => {
            let after = waited(request, fault);
            format!("no login to Keystone ({keystone}) within {after}: {}", cause(&fault.detail))
        }
        Some(fault) => {
            let words = cause(&fault.detail);
            // An address in the URL is the only one that was tried.
            let beyond = words.split_once(": ").filter(|(at, _)| keystone.contains(&format!("//{at}/")));
            format!("no login to Keystone ({keystone}): {}", beyond.map_or(&*words, |(_, reason)| reason))
        }
        None if is_success(status) => {
            format!(
                "Keystone ({keystone}) answered the login with {status}, but without a token that can be used{reason}"
            )
        }
        None => {
            let location =
                request.quotes.location.as_ref().map(|location| format!(": redirects to {location}"));
            let reason = location.unwrap_or(reason);
            format!("Keystone ({keystone}) answered the login with {status}{reason}")
        }
    }
}

/// Keystone's words, what it wants, or why its catalogue does not serve.
pub(in crate::report) fn reason(login: &LoginVerdict) -> Option<String> {
    match &login.outcome {
        LoginOutcome::SecondFactor(methods) => Some(format!("a second factor is required: {methods}")),
        LoginOutcome::NoEndpoint(reason) => Some(sanitize_own(&not_in_catalog(reason), MAX_CATALOG_PROBLEM)),
        _ => login.message.clone(),
    }
}

fn not_in_catalog(reason: &NotInCatalog) -> String {
    let within = |region: &str| format!(" in the region {region}");
    match reason {
        NotInCatalog::Empty => {
            "the catalogue is empty: the token has no project, or the project no services".to_owned()
        }
        NotInCatalog::NoService { wanted, known } => {
            format!("no service of type {wanted}; there are: {known}")
        }
        NotInCatalog::NoRegion { service, region, known } => {
            format!("{service}: no endpoint{}; its regions: {known}", within(region))
        }
        NotInCatalog::NoInterface { service, region, interface, known } => {
            let within = region.as_deref().map(within).unwrap_or_default();
            format!("{service}: no {} endpoint{within}; there are: {known}", interface.name())
        }
        NotInCatalog::UnusableUrl { region, problem } => {
            let within = if region.is_empty() { String::new() } else { within(region) };
            let reason = match problem {
                UrlProblem::NoScheme => "it has neither http:// nor https://",
                UrlProblem::OutOfTime => "the time was spent (raise -t)",
                UrlProblem::Secret => "it contains credentials or a secret of this check",
                UrlProblem::Invalid(reason) => reason,
            };
            format!("its URL{within} cannot be used: {reason}")
        }
        NotInCatalog::TooMany => format!("it has more than {MAX_ENDPOINTS} endpoints"),
    }
}

/// The note for `-v`: a token that was not cached.
pub(in crate::report) fn note(login: &LoginVerdict) -> Option<String> {
    login.cache_error.as_ref().map(|reason| format!("the token was not cached: {reason}"))
}

/// The meaning of a login that failed, and the action.
pub(in crate::report) fn advice(login: &LoginVerdict) -> Advice {
    if let Some(advice) = login.request.as_ref().and_then(|request| of_response(login, request)) {
        return advice;
    }
    let (meaning, action) = match login.outcome {
        LoginOutcome::SecondFactor(_) => (
            "Keystone accepted the password, and requires a second factor",
            "make an application credential, which needs no second factor (openstack application credential create)",
        ),
        LoginOutcome::UnknownUser => (
            "Keystone has nothing at this address, or knows no such domain, project or user",
            "check auth_url, then the names of domain, project and user",
        ),
        LoginOutcome::UnknownCredential => (
            "Keystone does not know the application credential, or the token",
            "check its id, and whether it was deleted or has expired",
        ),
        LoginOutcome::NotUnderstood => {
            ("Keystone does not understand the login", "check user and project and the domains of both")
        }
        LoginOutcome::Explained => (
            "Keystone refused the login for the reason that it gives",
            "check what the reason names: password or secret, user, project and domains, and their state in Keystone",
        ),
        LoginOutcome::Failed | LoginOutcome::NoEndpoint(_) => {
            login.row.map_or(("", ""), |row| (row.meaning, row.action))
        }
        LoginOutcome::Granted => ("", ""),
    };
    (meaning.to_owned(), action.to_owned())
}

/// Explains a failed login by its response or its fault, where that is not Keystone's.
fn of_response(login: &LoginVerdict, request: &RequestVerdict) -> Option<Advice> {
    login.diagnosis.filter(|diagnosis| *diagnosis != Diagnosis::NotInCatalog)?;
    let detail = request.completion.fault().map(|fault| &fault.detail);
    let (meaning, action) = match (detail, request.remark) {
        (Some(FaultDetail::Tls(TlsProblem::ServerSpeaksHttp)), _) => (
            "auth_url is https, and the server answers there without TLS",
            "have auth_url begin with http://, or give the port of Keystone's https",
        ),
        (Some(FaultDetail::Tls(TlsProblem::ClientCertificateMissing)), _)
        | (None, Some(Remark::ClientCertificate)) => {
            ("the server wants a client certificate, and got none", "give cert and key in clouds.yaml")
        }
        (
            Some(FaultDetail::NotTls { .. } | FaultDetail::Interrupted { stage: Stage::ClientHello, .. }),
            _,
        ) => (
            "the server did not begin TLS: its port may be for plain http",
            "check whether the port of auth_url expects https at all, then Keystone's load and any proxy or firewall on the \
             way",
        ),
        (None, Some(Remark::HttpsPort)) => {
            ("the port expects https and was sent plain http", "have auth_url begin with https://")
        }
        (None, Some(Remark::VersionDocument)) => (
            "the response lists the versions of an API: the login is not at this URL",
            "check the path of auth_url",
        ),
        (None, _) => return request.intermediary().map(|proxy| by_proxy(proxy.title(), request)),
        _ => return None,
    };
    Some((meaning.to_owned(), action.to_owned()))
}

/// Explains a response of a proxy or web server. One that knows no such path or method serves something else there.
fn by_proxy(proxy: &str, request: &RequestVerdict) -> Advice {
    match request.completion.response() {
        Some(404 | 405) => (
            format!("{proxy}, not Keystone, answered, and has no login at this address"),
            format!(
                "check auth_url (it must not end in /auth/tokens), then whether {proxy} passes the login on to Keystone"
            ),
        ),
        _ => (
            format!("{proxy}, not Keystone, answered: nothing is known of Keystone and of the credentials"),
            format!("check auth_url, {proxy}'s rules and its view of its servers, then Keystone itself"),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keystone::Interface;

    #[test]
    fn catalogues_that_do_not_serve() {
        let own = str::to_owned;
        let unusable = |region: &str, problem| NotInCatalog::UnusableUrl { region: own(region), problem };
        let table = [
            (
                NotInCatalog::Empty,
                "the catalogue is empty: the token has no project, or the project no services",
            ),
            (
                NotInCatalog::NoService { wanted: own("nosuch"), known: own("identity, metering") },
                "no service of type nosuch; there are: identity, metering",
            ),
            (
                NotInCatalog::NoRegion { service: own("metering"), region: own("r1"), known: own("R1, R2") },
                "metering: no endpoint in the region r1; its regions: R1, R2",
            ),
            (
                NotInCatalog::NoInterface {
                    service: own("metering"),
                    region: Some(own("R2")),
                    interface: Interface::Internal,
                    known: own("public"),
                },
                "metering: no internal endpoint in the region R2; there are: public",
            ),
            (
                NotInCatalog::NoInterface {
                    service: own("metering"),
                    region: None,
                    interface: Interface::Admin,
                    known: own("internal, public"),
                },
                "metering: no admin endpoint; there are: internal, public",
            ),
            (
                unusable("R1", UrlProblem::NoScheme),
                "its URL in the region R1 cannot be used: it has neither http:// nor https://",
            ),
            (
                unusable("R1", UrlProblem::OutOfTime),
                "its URL in the region R1 cannot be used: the time was spent (raise -t)",
            ),
            (
                unusable("R1", UrlProblem::Secret),
                "its URL in the region R1 cannot be used: it contains credentials or a secret of this check",
            ),
            (
                unusable("", UrlProblem::Invalid(own("unsupported scheme 'ftp'"))),
                "its URL cannot be used: unsupported scheme 'ftp'",
            ),
            (NotInCatalog::TooMany, "it has more than 20000 endpoints"),
        ];
        for (reason, words) in table {
            assert_eq!(not_in_catalog(&reason), words);
        }
    }
}

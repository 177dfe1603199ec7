//! The meaning of an endpoint's state and the action: the row's words, with what the response adds to them.

mod credentials;
pub(super) mod pair;
mod proxy;
mod remark;
pub(super) mod slow;
mod tls;

use credentials::{denied, is_not_for_token, wanted_by_proxy};
use proxy::own_response;
use slow::{API_IS_SLOW, RESOLVER_IS_SLOW};

use std::net::Ipv6Addr;

use super::cause::beyond_clause;
use super::login;
use super::summary::crossed;
use crate::model::diagnosis::Diagnosis;
use crate::model::endpoint::parse_port;
use crate::model::exchange::{Completion, MAX_BODY_BYTES, Method};
use crate::model::fault::{
    ConnectFault, End, FaultDetail, FaultKind, ForeignProtocol, LookupProblem, ProxyProblem, ResponseProblem,
    Stage,
};
use crate::rules::{Key, Selector, SuccessProblem};
use crate::units::format_decimal;
use crate::verdict::{
    Basis, Crossing, FaultInfo, RequestVerdict, Responder, Shortage, Spender, TokenSource, Verdict,
};

/// An explanation, and an action, which is empty where there is nothing to do.
pub(crate) type Advice = (String, String);

/// Explains what decided the endpoint's state, and what a summary that is not complete leaves out. The words are made where
/// they are shown: thousands of healthy endpoints need none.
pub(crate) fn of_endpoint(verdict: &Verdict) -> Advice {
    if let Some(advice) = of_login(verdict) {
        return advice;
    }
    let advice = match &verdict.basis {
        Basis::AllGood => (all_good(verdict), String::new()),
        Basis::Request(method) => {
            verdict.request(*method).map_or_else(Advice::default, |judged| of_request(verdict, judged))
        }
        Basis::GetNotSent(reason) => (
            format!(
                "HEAD was answered, but GET was not sent, so nothing is known of the back-end: {}",
                super::skip_reason(*reason)
            ),
            "give the run more time (-t), or find out why the response to HEAD takes so long".to_owned(),
        ),
        Basis::NothingSent(reason) => {
            (reason.map_or_else(|| "no request was sent".to_owned(), super::skip_reason), String::new())
        }
        Basis::Slow(timed, took, crossing) => slow::advice(verdict, *timed, *took, crossing),
        Basis::Certificate(crossing) => (expiring(verdict, crossing), RENEW.to_owned()),
        Basis::NoToken | Basis::NewTokenRefused => Advice::default(),
    };
    let Some(beside) = verdict.beside() else { return fitted(verdict, advice) };
    let ((meaning, action), (also, first)) = (advice, of_request(verdict, beside));
    let first = if first.is_empty() { first } else { format!("{first}; then ") };
    fitted(verdict, (format!("{meaning}; also: {also}"), format!("{first}{action}")))
}

/// Explains the request that is not OK either, where a crossed threshold decided.
pub(super) fn on_request_beside(verdict: &Verdict) -> Option<Advice> {
    Some(fitted(verdict, of_request(verdict, verdict.beside()?)))
}

/// Fits an advice to its endpoint: to the servers that were asked, and to a UNIX socket.
fn fitted(verdict: &Verdict, (meaning, action): Advice) -> Advice {
    let advice = (format!("{meaning}{}", two_servers(verdict)), action);
    if verdict.is_unix { for_socket(advice) } else { advice }
}

/// Explains a response that only the login before it explains.
fn of_login(verdict: &Verdict) -> Option<Advice> {
    let login = verdict.login.as_deref()?;
    let is_middleware = |judged: &RequestVerdict| {
        judged.completion.response() == Some(&503) && judged.answered_by == Some(Responder::Keystone)
    };
    if login.token != TokenSource::None && verdict.sent().any(is_middleware) {
        return Some((
            "the API's Keystone middleware answered: the API cannot reach Keystone, which granted this check its \
             token, or Keystone refuses the API's own account"
                .to_owned(),
            "check [keystone_authtoken] of the API, its account, and its connection to Keystone".to_owned(),
        ));
    }
    match verdict.basis {
        Basis::NoToken => {
            let (meaning, action) = login::advice(login);
            Some((
                format!("the API is alive and asks for a token, and Keystone gave none: {meaning}"),
                action,
            ))
        }
        Basis::NewTokenRefused => Some(new_token_refused(verdict)),
        _ => None,
    }
}

fn new_token_refused(verdict: &Verdict) -> Advice {
    if let Some(judged) = verdict.sent().find(|judged| is_not_for_token(judged)) {
        return of_request(verdict, judged);
    }
    (
        "the API refused a token that Keystone had just granted".to_owned(),
        "check that the API uses the same Keystone, and the access rules of an application credential (GET and HEAD \
         on the health path, and service_type in [keystone_authtoken])"
            .to_owned(),
    )
}

/// Quotes the row of GET where there is one, for GET checks more than HEAD.
fn all_good(verdict: &Verdict) -> String {
    let judged = verdict.request(Method::Get).or_else(|| verdict.sent().next());
    judged.map_or_else(String::new, |judged| format!("{}{}", judged.row.meaning, unread(judged)))
}

/// The reason why nothing is quoted of a body, or how much of it was judged.
fn unread(judged: &RequestVerdict) -> String {
    match &judged.quotes.coding {
        Some(coding) => format!("; its body was not read, because its coding ({coding}) was not requested"),
        None if judged.is_partly_judged => {
            format!("; of its body only the first {} KiB were read", MAX_BODY_BYTES / 1024)
        }
        None => String::new(),
    }
}

/// The addresses, where HEAD and GET did not go to the same server.
fn two_servers(verdict: &Verdict) -> String {
    let peers: Vec<_> = verdict.sent().filter_map(|judged| judged.peer.as_ref()).collect();
    match peers[..] {
        [head, get] if head != get => {
            format!("; two servers were asked: HEAD went to {head}, GET to {get}")
        }
        _ => String::new(),
    }
}

fn expiring(verdict: &Verdict, crossing: &Crossing) -> String {
    let Some(certificate) = &verdict.certificate else { return crossed(crossing, "days") };
    let ends = if certificate.days_left < 0.0 {
        format!("certificate expired {} days ago", format_decimal(-certificate.days_left, 1))
    } else {
        format!("certificate expires in {} days", format_decimal(certificate.days_left, 1))
    };
    format!("the {ends}, {} ({})", crossed(crossing, "days"), certificate.subject)
}

fn of_request(verdict: &Verdict, judged: &RequestVerdict) -> Advice {
    match &judged.completion {
        Completion::Full(status) => of_response(verdict, *status, judged),
        Completion::Truncated(status, _) if judged.row.key.is_for_status() => {
            of_response(verdict, *status, judged)
        }
        Completion::Truncated(_, fault) | Completion::Failed(fault) => of_fault(verdict, judged, fault),
    }
}

fn of_row(judged: &RequestVerdict) -> Advice {
    (judged.row.meaning.to_owned(), judged.row.action.to_owned())
}

fn of_fault(verdict: &Verdict, judged: &RequestVerdict, fault: &FaultInfo) -> Advice {
    if judged.has_whole_body {
        return pair::unended(verdict, judged);
    }
    let more = beyond_clause(verdict, fault);
    let quoted = if more.is_empty() { more } else { format!(" ({more})") };
    if judged.diagnosis == Diagnosis::BackendStalled {
        return pair::stalled(judged, fault, &quoted);
    }
    if let Some(shortage) = judged.shortage {
        return cut_off(verdict, judged.method, shortage);
    }
    if pair::is_head_alone(verdict, judged) {
        return pair::head_alone(judged, None);
    }
    if let Some((meaning, action)) = pair::get_alone(verdict, judged, fault) {
        return (format!("{meaning}{quoted}"), action);
    }
    let (meaning, action) = of_row(judged);
    let meaning = known_meaning(fault).map_or(meaning, str::to_owned);
    let known = tls::action(verdict, fault).or_else(|| remedy(fault).map(str::to_owned));
    let brackets = port_in_address(verdict, fault).unwrap_or_default();
    let action = fit_https(verdict, known.unwrap_or(action));
    (format!("{meaning}{quoted}"), format!("{brackets}{action}"))
}

/// Fits an action that proposes https to the endpoint: -S has no effect on one that was given with a scheme.
fn fit_https(verdict: &Verdict, action: String) -> String {
    if verdict.is_unix || verdict.is_haproxy_server {
        return action;
    }
    // Without the address that follows the canonical form, so that it can be pasted.
    let name = verdict.endpoint.split(' ').next().unwrap_or_default();
    action.replace("(-S)", &format!("(try https://{name})"))
}

/// Words about an address and its port, with those for a UNIX socket, which has neither.
const SOCKET_WORDS: [(&str, &str); 6] = [
    (", any proxy in front of it, and whether the port expects https (-S)", ", and any proxy in front of it"),
    ("address and port are", "the socket is"),
    ("address, port and path", "socket and path"),
    ("port, prefix and --path", "the path (--path)"),
    ("proxy or firewall stepped in", "proxy stepped in"),
    ("the port", "the socket"),
];

fn for_socket((meaning, action): Advice) -> Advice {
    let fit =
        |text| SOCKET_WORDS.iter().fold(text, |text: String, (port, socket)| text.replace(port, socket));
    (fit(meaning), fit(action))
}

/// The hint for an IPv6 address whose last number reads as a port, as in `fd00::1:9801`.
fn port_in_address(verdict: &Verdict, fault: &FaultInfo) -> Option<String> {
    let address = verdict.address.filter(|_| matches!(fault.detail, FaultDetail::Connect(_)))?;
    let host = verdict.host.to_string();
    let (rest, port) = host.strip_prefix('[')?.strip_suffix(']')?.rsplit_once(':')?;
    let rest = if rest.ends_with(':') { format!("{rest}:") } else { rest.to_owned() };
    let is_port = port == address.port().to_string() || (port.len() == 4 && parse_port(port).is_some());
    let is_address = rest.parse::<Ipv6Addr>().is_ok();
    (is_port && is_address).then(|| format!("write [{rest}]:{port} if {port} is the port; else "))
}

/// The meaning of a fault whose row is for others, too.
const fn known_meaning(fault: &FaultInfo) -> Option<&'static str> {
    match (fault.kind, &fault.detail) {
        (
            FaultKind::Protocol,
            FaultDetail::Response(ResponseProblem::HeadersTooLong | ResponseProblem::TooManyHeaders),
        ) => Some("an HTTP server answers there; other clients may read more headers than this program"),
        (FaultKind::Protocol, FaultDetail::Response(ResponseProblem::ConflictingFraming)) => Some(
            "an HTTP server answers there, but with headers that contradict each other: some clients ignore that, others \
             refuse the answer",
        ),
        (FaultKind::Protocol, FaultDetail::Response(_)) => {
            Some("an HTTP server answers there, but with headers that no client can rely on")
        }
        (_, FaultDetail::Response(ResponseProblem::UnprovenEnd)) => Some(UNPROVEN_END),
        (FaultKind::NoRoute, FaultDetail::Connect(ConnectFault::Unix { .. })) => {
            Some("the socket does not exist there, or this user may not use it")
        }
        (FaultKind::Refused, FaultDetail::Connect(ConnectFault::Unix { .. })) => {
            Some("the socket exists, but no program listens on it")
        }
        (_, FaultDetail::Lookup { problem: LookupProblem::NoAddressOf(_), .. }) => {
            Some("-4 and -6 allow addresses of one family only")
        }
        (_, FaultDetail::Proxy { problem, .. }) if problem.is_of_endpoint() => {
            Some("the proxy answers, but it could not reach the service")
        }
        (_, FaultDetail::Proxy { problem: ProxyProblem::Timeout, .. }) => {
            Some("the proxy, or the service that it should connect to, did not answer; nothing else is known")
        }
        _ => None,
    }
}

const UNPROVEN_END: &str = "the answer may be whole or cut short: its body has no length, and the connection ended \
    without TLS's closing message (close_notify)";
const END_TLS: &str = "have the server, or the proxy that ends TLS in front of it, send a Content-Length, or close_notify before it \
                       closes the connection";

/// Advises on a certificate that has expired or soon will.
const RENEW: &str = "renew the certificate and have the server that presents it load the new one";

const REPAIR_HEADERS: &str = "check whether it is the API that answers there, then the headers that it and any proxy in front of it set (curl -v \
                              shows them)";

const GIVE_CERTIFICATE: &str = "give one with --cert FILE and --key FILE";
const USE_HTTPS: &str = "check it over https (-S)";

/// The way to give the server's name apart from its address, for the `%` of an action.
const fn way_to_name(verdict: &Verdict) -> &'static str {
    if verdict.is_haproxy_server {
        "by -H in the wrapper script; HAProxy sets the address"
    } else {
        "--connect-to sets the address"
    }
}

/// The action for a fault whose reason is known exactly.
const fn remedy(fault: &FaultInfo) -> Option<&'static str> {
    match &fault.detail {
        FaultDetail::Interrupted { stage: Stage::Sending | Stage::BeforeResponse, end: End::Timeout } => {
            Some(
                "check the log and the load of the API, any proxy in front of it, and whether the port expects https (-S)",
            )
        }
        FaultDetail::Interrupted { end: End::Timeout, .. } => {
            Some("check the log and the load of the API, and any proxy in front of it")
        }
        FaultDetail::Connect(_) if fault.kind.is_local() => Some(
            "check this machine's network interfaces, also the loopback, and its limits (descriptors, local ports)",
        ),
        FaultDetail::NotHttp { protocol: ForeignProtocol::Tls, .. } => Some(USE_HTTPS),
        FaultDetail::Connect(ConnectFault::Unix { .. }) => Some(
            "check that the API runs, the socket's path in HAProxy's configuration, and the permissions of both \
             socket and directory",
        ),
        FaultDetail::Response(ResponseProblem::UnprovenEnd) => Some(END_TLS),
        FaultDetail::Response(
            ResponseProblem::MalformedHeaders(_)
            | ResponseProblem::HeadersTooLong
            | ResponseProblem::TooManyHeaders
            | ResponseProblem::ConflictingFraming
            | ResponseProblem::ConflictingLengths
            | ResponseProblem::UnusableLength,
        ) => Some(REPAIR_HEADERS),
        FaultDetail::Proxy { problem, .. } => proxy_remedy(problem),
        FaultDetail::Lookup { problem: LookupProblem::NoAddressOf(_), .. } => Some(
            "omit -4 or -6 if the name has addresses of the other family only; else check its spelling and its DNS \
             record",
        ),
        FaultDetail::Lookup { problem: LookupProblem::Timeout, .. } => Some(
            "check this machine's resolver (/etc/resolv.conf) and the network to its name server, or give the \
             address with --connect-to",
        ),
        _ => None,
    }
}

const fn proxy_remedy(problem: &ProxyProblem) -> Option<&'static str> {
    Some(match problem {
        _ if problem.is_of_endpoint() => "check the API, and the network between the proxy and it",
        ProxyProblem::Timeout => "check the proxy and its load, then whether it reaches the API",
        ProxyProblem::UnsupportedScheme(_) => {
            "exempt this machine, or the API's address, from the proxy's authentication, or use a proxy that accepts Basic"
        }
        ProxyProblem::CredentialsRejected => {
            "give valid credentials with --proxy-auth-file; this program sends them as Basic, the only scheme that \
             it supports"
        }
        ProxyProblem::NotHttp | ProxyProblem::Document(_) => {
            "check that --proxy gives the address and port of an HTTP proxy"
        }
        ProxyProblem::LikeWebServer(_) => {
            "check that --proxy gives the address and port of an HTTP proxy, then that it allows CONNECT"
        }
        _ => return None,
    })
}

/// Explains a request that had too little time: nothing is known of what it tests.
fn cut_off(verdict: &Verdict, method: Method, shortage: Shortage) -> Advice {
    let has_response = verdict.sent().any(|judged| judged.completion.response().is_some());
    let unknown = if method == Method::Get && has_response { "the back-end" } else { "the API" };
    let action = match shortage.spender {
        Spender::Lookup => RESOLVER_IS_SLOW,
        Spender::Head => API_IS_SLOW,
        Spender::Others => "run more requests at once (--parallel)",
        Spender::Rest => "check the load of this machine, and the time that a login takes",
    };
    (
        format!("too little time was left for {}, so nothing is known of {unknown}", method.name()),
        format!("{action}, or give the run more time (-t)"),
    )
}

fn of_response(verdict: &Verdict, status: u16, judged: &RequestVerdict) -> Advice {
    let (meaning, action) = of_keystone(status, judged)
        .or_else(|| of_remark(verdict, judged))
        .or_else(|| of_head_beside_get(verdict, status, judged))
        .unwrap_or_else(|| of_status(verdict, status, judged));
    let retry_after = judged.quotes.retry_after.as_ref().filter(|_| matches!(status, 429 | 503));
    let retry_after = retry_after.map(|after| format!("; Retry-After: {after}")).unwrap_or_default();
    let [copy, past] = if judged.is_cached_failure {
        ["; this is a cache's copy, and the API may answer differently now", "; check it without the cache"]
    } else {
        [""; 2]
    };
    let head = pair::head_was_answered(verdict, status, judged);
    (format!("{meaning}{retry_after}{copy}{head}{}", unread(judged)), format!("{action}{past}"))
}

fn of_keystone(status: u16, judged: &RequestVerdict) -> Option<Advice> {
    (status == 503 && judged.answered_by == Some(Responder::Keystone)).then(keystone_down)
}

/// The advice on what the response's text says besides its status.
fn of_remark(verdict: &Verdict, judged: &RequestVerdict) -> Option<Advice> {
    let (meaning, action) = remark::advice(judged.remark?, judged.intermediary());
    Some((meaning, fit_https(verdict, action.replace('%', way_to_name(verdict)))))
}

/// The advice on a response to HEAD beside a good response to GET; `None` for a status that has the same advice without one.
fn of_head_beside_get(verdict: &Verdict, status: u16, judged: &RequestVerdict) -> Option<Advice> {
    if !pair::is_head_alone(verdict, judged) {
        return None;
    }
    let proxy = judged.intermediary();
    let is_own = proxy.is_some() && judged.obstacle.is_some();
    match status {
        200..=299 if judged.problem == Some(SuccessProblem::Cached) => Some(pair::head_cached()),
        // The user has judged it otherwise.
        200..=299 if judged.row.action.is_empty() => None,
        200..=299 => Some(pair::head_like_get(of_row(judged), status)),
        // These have advice of their own, which counts for HEAD alone, too.
        405 | 407 | 408 | 429 => None,
        300..=499 | 501 => Some(pair::head_alone(judged, proxy)),
        500 | 503 if !is_own => Some(pair::head_failed_alone(of_row(judged))),
        _ => None,
    }
}

/// The advice on the status alone, and on the proxy where the response is its own.
fn of_status(verdict: &Verdict, status: u16, judged: &RequestVerdict) -> Advice {
    let proxy = judged.intermediary();
    let own = proxy.zip(judged.obstacle);
    match (status, own) {
        (300..=399, _) => redirect(judged),
        (401, Some((proxy, _))) => wanted_by_proxy(verdict, proxy, judged),
        (401 | 407, _) | (403, None) => denied(verdict, status, judged),
        (405, _) => not_accepted(verdict, judged, proxy),
        (502 | 504, None) if judged.answered_by == Some(Responder::Ceilometer) => needed_service(status),
        (502 | 504, _) if pair::passed_head_on(verdict, judged) => {
            let (meaning, _) = own.map_or_else(|| of_row(judged), |own| own_response(status, own, judged));
            pair::get_failed_alone(&meaning, proxy)
        }
        (200..=299 | 400..=599, Some(own)) => own_response(status, own, judged),
        (404, None) => with_hint(status, judged),
        (503, _) if pair::is_like_head(verdict, judged) => pair::both_failed(of_row(judged)),
        (100..=599, _) => of_row(judged),
        _ => (
            format!("an HTTP server answers there, but with a status that HTTP does not define ({status})"),
            "check that address, port and path are the API's, and any proxy in front of it".to_owned(),
        ),
    }
}

/// A status of proxies in a response that the API signs.
fn needed_service(status: u16) -> Advice {
    (
        format!("the API itself answered {status}: a service that it needs has failed"),
        "check the API's log, and the back-end and the services that the API needs".to_owned(),
    )
}

fn keystone_down() -> Advice {
    (
        "Keystone, not the health check, is unavailable: the API could not have the token checked, so its health \
         check did not run"
            .to_owned(),
        "check the Keystone service and the API's connection to it, or exempt the health path from \
         authentication"
            .to_owned(),
    )
}

fn redirect(judged: &RequestVerdict) -> Advice {
    let (meaning, action) = of_row(judged);
    let lacking = if judged.quotes.location.is_none() { "; there is no Location" } else { "" };
    let options = judged.redirect.as_ref().map(|redirect| {
        let endpoint = redirect.endpoint.as_ref().map(|endpoint| format!("as {endpoint}"));
        let path = redirect.path.as_ref().map(|path| format!("with --path {path}"));
        endpoint.into_iter().chain(path).collect::<Vec<_>>().join(" and ")
    });
    let action = options.map_or(action, |options| format!("check it {options}: the redirect leads there"));
    (format!("{meaning}{lacking}"), action)
}

/// Explains a 405: the row is for all refusals, its hint for this one.
fn not_accepted(verdict: &Verdict, judged: &RequestVerdict, proxy: Option<Responder>) -> Advice {
    let allowed = judged.quotes.allow.as_ref().map(|allow| format!(" (Allow: {allow})")).unwrap_or_default();
    let who = proxy.map_or("the service".to_owned(), |proxy| format!("{}, not the API,", proxy.title()));
    let and = if pair::is_head_alone(verdict, judged) {
        "GET, however, was answered well"
    } else {
        judged.row.meaning
    };
    let meaning = format!("{who} does not accept {} at this URL{allowed}; {and}", judged.method.name());
    (meaning, hint(405, judged))
}

fn with_hint(status: u16, judged: &RequestVerdict) -> Advice {
    let (meaning, action) = of_row(judged);
    (meaning, format!("{action}; {}", hint(status, judged)))
}

/// The table's hint for a status, beside its row's action.
fn hint(status: u16, judged: &RequestVerdict) -> String {
    judged.row.hints(Key { method: Some(judged.method), selector: Selector::Status(status) }).collect()
}

#[cfg(test)]
mod tests;

//! What a judged request means and what to do about it: the row's words, enriched by what the answer said.

use super::body;
use super::request::Request;
use super::responder::Responder;
use crate::model::diagnosis::Diagnosis;
use crate::model::exchange::{Completion, Fault, FaultKind, Response};
use crate::model::fault::{
    CertificateProblem, ChainPart, FaultDetail, ForeignProtocol, LookupProblem, TlsProblem,
};
use crate::model::state::State;
use crate::plan::Plan;
use crate::rules::{Key, RuleOrigin, Selector};

/// The length of what is quoted of an answer, in characters.
const QUOTE: usize = 160;

/// Explanation and action; the action is empty where there is nothing to do.
pub(super) fn on(plan: &Plan, request: &Request) -> (String, String) {
    if request.row.state == State::Ok {
        return (request.row.meaning.to_owned(), String::new());
    }
    match &request.exchange.completion {
        Completion::Full(answer) => on_answer(plan, request, answer),
        Completion::Truncated(answer, _) if request.row.key.is_for_status() => {
            on_answer(plan, request, answer)
        }
        Completion::Truncated(_, fault) | Completion::Failed(fault) => on_fault(request, fault),
    }
}

fn of_row(request: &Request) -> (String, String) {
    let row = request.row;
    // A good answer is bad only where the user says so.
    let doubt = row.source == RuleOrigin::Overridden && row.action.is_empty();
    let why = if doubt {
        format!("; --state {}={} finds fault with that", row.key, row.state)
    } else {
        String::new()
    };
    (format!("{}{why}", row.meaning), row.action.to_owned())
}

fn on_fault(request: &Request, fault: &Fault) -> (String, String) {
    let (meaning, action) = of_row(request);
    if request.diagnosis == Diagnosis::BackendStalled {
        return stalled(fault.kind);
    }
    (meaning, remedy(&fault.detail).map_or(action, str::to_owned))
}

/// What to do about a certificate that has expired or is about to.
pub(super) const RENEW: &str = "renew the certificate and have the server that presents it load the new one";

const GIVE_CERTIFICATE: &str = "give one by --cert FILE and --key FILE";
const ASK_BY_HTTPS: &str = "ask it with -S or as https://…";

/// The action for a fault whose reason is known exactly.
const fn remedy<T>(detail: &FaultDetail<T>) -> Option<&'static str> {
    match detail {
        FaultDetail::Certificate(fault) => certificate_remedy(&fault.problem),
        FaultDetail::Tls(problem) => tls_remedy(problem),
        FaultDetail::NotHttp { protocol: ForeignProtocol::Tls, .. } => Some(ASK_BY_HTTPS),
        FaultDetail::Lookup { problem: LookupProblem::Timeout, .. } => Some(
            "check this machine's resolver (/etc/resolv.conf) and the way to its name server, or give the \
             address by --connect-to",
        ),
        _ => None,
    }
}

const fn certificate_remedy(problem: &CertificateProblem) -> Option<&'static str> {
    Some(match problem {
        CertificateProblem::Expired(ChainPart::Server, _) => RENEW,
        CertificateProblem::Expired(ChainPart::Intermediate, _) => {
            "have the server send its issuer's current certificate along"
        }
        CertificateProblem::Expired(ChainPart::Anchor, _) => {
            "trust the CA's current certificate (--cacert, or update ca-certificates); every client that checks \
             dates fails the same way"
        }
        CertificateProblem::NotYetValid(..) => {
            "check the clock of this machine, then the certificate's dates with its issuer"
        }
        CertificateProblem::NameMismatch(_) => {
            "ask by a name that the certificate is for (--connect-to dials an address all the same), or have it \
             issued for this one"
        }
        CertificateProblem::AddressAsName(_) => {
            "have it issued with the address as an IP address (subjectAltName IP:), or ask by a name that it is \
             for (--connect-to)"
        }
        CertificateProblem::NoSubjectAltName
        | CertificateProblem::NotForServers
        | CertificateProblem::IsCa
        | CertificateProblem::OldVersion
        | CertificateProblem::Malformed
        | CertificateProblem::Revoked
        | CertificateProblem::NameConstraint => {
            "have a certificate issued that fits a server: X.509 version 3, its names in subjectAltName, its own \
             and not a CA's"
        }
        CertificateProblem::UnsupportedSignature | CertificateProblem::WeakKey(..) => {
            "have a certificate issued with a key and signature of today: ECDSA P-256, Ed25519 or RSA of at least \
             2048 bits, with SHA-256 or better"
        }
        CertificateProblem::UnsupportedKey(..) => {
            "check the server by another client; this program checks ECDSA P-256 and P-384, Ed25519 and RSA from \
             2048 bits on, and -k accepts any key unchecked"
        }
        CertificateProblem::SelfSigned(_)
        | CertificateProblem::IssuerNotTrusted(_)
        | CertificateProblem::IssuerMissing(_)
        | CertificateProblem::SignatureMismatch(_) => {
            "check who answers there; if it is the right server, trust its issuer by --cacert, or have it send \
             its whole chain"
        }
        CertificateProblem::ChainTooLong => "have the server send its own chain alone",
        CertificateProblem::Unreadable | CertificateProblem::Other(_) => return None,
    })
}

const fn tls_remedy(problem: &TlsProblem) -> Option<&'static str> {
    Some(match problem {
        TlsProblem::ClientCertificateMissing => GIVE_CERTIFICATE,
        TlsProblem::ClientCertificateRefused(_) => "give a valid one that the server's authority has issued",
        TlsProblem::UnsupportedVersion => {
            "have the server, or what ends TLS in front of it, offer TLS 1.2 or 1.3"
        }
        TlsProblem::ServerSpeaksHttp => "ask it as http://…, or at the port of its https",
        TlsProblem::NoNameSent(_) => "ask by the server's name, and dial the address by --connect-to",
        _ => return None,
    })
}

/// HEAD's answer acquits the API, so the back-end is accused.
fn stalled(kind: FaultKind) -> (String, String) {
    let (end, seems) = match kind {
        FaultKind::Timeout => ("no answer to GET came in time", "hang"),
        FaultKind::Reset => ("GET's connection was reset", "fail"),
        FaultKind::Closed => ("GET's connection was closed unanswered", "fail"),
        _ => ("the answer to GET broke off", "fail"),
    };
    (
        format!("HEAD is answered, so the API is up, but {end}: its back-end seems to {seems}"),
        "check the API's back-end (its database), the connection to it, and the API's log".to_owned(),
    )
}

fn on_answer(plan: &Plan, request: &Request, answer: &Response) -> (String, String) {
    match (answer.status, request.responder) {
        (502..=504, Some(responder)) if responder.intermediary() => intermediary(answer.status, responder),
        (503, Some(Responder::Keystone)) => keystone_down(),
        (300..=399, _) => redirect(plan, request, answer),
        (401 | 403 | 407, _) => denied(plan, request, answer),
        (400, _) if says(answer, &PLAIN_HTTP_TO_HTTPS) => wants_https(),
        (400, _) if says(answer, &NO_CLIENT_CERTIFICATE) => wants_certificate(),
        (404, _) => absent(request),
        (405, _) => not_taken(plan, request, answer),
        (429, _) => throttled(plan, request, answer),
        (status, _) => plain(request, status),
    }
}

fn plain(request: &Request, status: u16) -> (String, String) {
    let (meaning, action) = of_row(request);
    let page = match request.responder {
        Some(responder) if responder.intermediary() => format!(" (the page is {}'s own)", responder.title()),
        _ => String::new(),
    };
    let unknown = if (100..=599).contains(&status) { String::new() } else { format!(" (status {status})") };
    (format!("{meaning}{page}{unknown}"), action)
}

fn intermediary(status: u16, responder: Responder) -> (String, String) {
    let name = responder.title();
    let why = match status {
        502 => "it got no valid answer from the API behind it",
        504 => "it got no answer in time from the API behind it",
        _ => "it has no server to pass the request to",
    };
    (
        format!("{name}, not the API, answered {status} with its own page: {why}"),
        format!("check {name}'s view of its servers, then whether the API itself is up and running"),
    )
}

fn keystone_down() -> (String, String) {
    (
        "Keystone, not the health check, is unavailable: the API could not have the token checked and never \
         came to the question"
            .to_owned(),
        "check the Keystone service and the API's connection to it, or exempt the health path from \
         authentication"
            .to_owned(),
    )
}

fn redirect(plan: &Plan, request: &Request, answer: &Response) -> (String, String) {
    let (meaning, action) = of_row(request);
    let location = match quote(plan, answer, "location") {
        Some(location) => format!("Location: {location}"),
        None => "there is no Location".to_owned(),
    };
    (format!("{meaning}; {location}"), action)
}

fn denied(plan: &Plan, request: &Request, answer: &Response) -> (String, String) {
    let sent = credentials(plan);
    let who = match (request.responder, quote(plan, answer, "www-authenticate")) {
        (Some(responder), challenge) => named(responder, challenge.as_deref()),
        (None, Some(challenge)) => format!("access control ({challenge})"),
        (None, None) => "access control".to_owned(),
    };
    let did = match (answer.status, sent) {
        (401, Some(what)) => format!("rejected the {what} that was sent"),
        (403, Some(what)) => format!("forbids the request in spite of the {what} that was sent"),
        (403, None) => "forbids the request".to_owned(),
        _ => "asks for credentials".to_owned(),
    };
    let action = match (answer.status, sent) {
        (401, Some(_)) => {
            "give a valid token with --token-file (password: --auth-file), or exempt the health path from \
             authentication"
        }
        _ => request.row.action,
    };
    (format!("{who} answered before the health check could: it {did}"), action.to_owned())
}

/// Who refuses, and at which address, where the challenge tells it (`Keystone uri="http://…"`).
fn named(responder: Responder, challenge: Option<&str>) -> String {
    let uri = challenge.and_then(|challenge| challenge.split_once("uri=")).map(|(_, rest)| rest);
    let uri = uri.and_then(|rest| rest.split(['"', '\'', ',', ' ']).find(|part| !part.is_empty()));
    uri.map_or_else(|| responder.title().to_owned(), |uri| format!("{} ({uri})", responder.title()))
}

/// What kind of credentials the request carried.
fn credentials(plan: &Plan) -> Option<&'static str> {
    let sends = |name: &str| plan.network.headers.iter().any(|(own, _)| own.eq_ignore_ascii_case(name));
    if sends("x-auth-token") {
        Some("token")
    } else if sends("authorization") {
        Some("password")
    } else {
        None
    }
}

/// How nginx, Apache and Go tell a client that it speaks plain http to their https port.
const PLAIN_HTTP_TO_HTTPS: [&str; 3] = [
    "plain HTTP request was sent to HTTPS port",
    "speaking plain HTTP to an SSL-enabled server port",
    "Client sent an HTTP request to an HTTPS server",
];

/// How nginx tells a client that it must present a certificate.
const NO_CLIENT_CERTIFICATE: [&str; 1] = ["No required SSL certificate was sent"];

fn says(answer: &Response, marks: &[&str]) -> bool {
    body::body_text(answer).is_some_and(|text| marks.iter().any(|mark| text.contains(mark)))
}

fn wants_certificate() -> (String, String) {
    (
        "the server requires a client certificate and got none; the request was refused, not the service"
            .to_owned(),
        GIVE_CERTIFICATE.to_owned(),
    )
}

fn absent(request: &Request) -> (String, String) {
    let (meaning, action) = plain(request, 404);
    (meaning, format!("{action}; {}", hint(request, 404)))
}

fn wants_https() -> (String, String) {
    ("the port speaks https and was asked in plain http".to_owned(), ASK_BY_HTTPS.to_owned())
}

/// The row is for all refusals, the hint for this one.
fn not_taken(plan: &Plan, request: &Request, answer: &Response) -> (String, String) {
    let allowed = quote(plan, answer, "allow").map(|allow| format!(" (Allow: {allow})")).unwrap_or_default();
    let (method, meaning) = (request.method().name(), request.row.meaning);
    (format!("the service does not take {method} at this path{allowed}; {meaning}"), hint(request, 405))
}

/// What the table knows to do about a status beside its row's action.
fn hint(request: &Request, status: u16) -> String {
    let answered = Key { method: Some(request.method()), selector: Selector::Status(status) };
    request.row.hints(answered).collect()
}

fn throttled(plan: &Plan, request: &Request, answer: &Response) -> (String, String) {
    let (meaning, action) = of_row(request);
    let after =
        quote(plan, answer, "retry-after").map(|after| format!("; Retry-After: {after}")).unwrap_or_default();
    (format!("{meaning}{after}"), action)
}

fn quote(plan: &Plan, answer: &Response, header: &str) -> Option<String> {
    let value = plan.sanitizer.line(answer.header(header)?, QUOTE);
    (!value.is_empty()).then_some(value)
}

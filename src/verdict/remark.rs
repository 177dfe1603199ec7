//! Facts in a response's text, beyond its status.

use super::body::{self, Body};

/// A fact in a response's text, beyond its status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Remark {
    HttpsPort,
    ClientCertificate,
    ClientCertificateRefused,
    /// A client certificate is wanted by a step of TLS 1.3 after the handshake.
    LateClientCertificate,
    /// The server has no such host name, or got none in TLS.
    HostName,
    ForwardProxy,
    /// The body lists the versions of an API.
    VersionDocument,
    /// The response of a database's native port.
    MongoDb,
    /// The body is a response of its own, with status and headers.
    ResponseInBody,
    /// A test whether the client is a browser.
    Challenge,
    /// The gateway has no such path or method.
    UnknownRoute,
    /// An administrator took the API out of service with a file.
    DisabledByFile,
    Maintenance,
    /// A server in front of the API, which does not name itself, made the response.
    Foreign,
}

impl Remark {
    /// Tests for a document that is not a health check's, and no web page either.
    pub(super) const fn is_other_document(self) -> bool {
        matches!(self, Remark::VersionDocument | Remark::MongoDb | Remark::ResponseInBody)
    }
}

/// The first and the last status, words of the body, and the remark that they prove.
type RemarkRow = ((u16, u16), &'static str, Remark);

const ANY: (u16, u16) = (200, 599);
const BAD_REQUEST: (u16, u16) = (400, 400);
const FORBIDDEN: (u16, u16) = (403, 403);

/// All remarks that words prove, the more specific ones first.
const ROWS: &[RemarkRow] = &[
    // nginx, Apache, Go and Tomcat.
    (BAD_REQUEST, "plain HTTP request was sent to HTTPS port", Remark::HttpsPort),
    (BAD_REQUEST, "speaking plain HTTP to an SSL-enabled server port", Remark::HttpsPort),
    (BAD_REQUEST, "Client sent an HTTP request to an HTTPS server", Remark::HttpsPort),
    (BAD_REQUEST, "This combination of host and port requires TLS", Remark::HttpsPort),
    // Kong.
    ((426, 426), "Please use HTTPS protocol", Remark::HttpsPort),
    // nginx.
    (BAD_REQUEST, "No required SSL certificate was sent", Remark::ClientCertificate),
    (BAD_REQUEST, "The SSL certificate error", Remark::ClientCertificateRefused),
    // Apache.
    (FORBIDDEN, "Cannot perform Post-Handshake Authentication", Remark::LateClientCertificate),
    (FORBIDDEN, "did not provide a hostname using Server Name Indication", Remark::HostName),
    ((421, 421), "", Remark::HostName),
    // IIS and Rails.
    (BAD_REQUEST, "Bad Request - Invalid Hostname", Remark::HostName),
    (FORBIDDEN, "Blocked host", Remark::HostName),
    // Squid and tinyproxy.
    (BAD_REQUEST, "ERR_INVALID_URL", Remark::ForwardProxy),
    (BAD_REQUEST, "You tried to connect to the machine the proxy is running on", Remark::ForwardProxy),
    // MongoDB.
    ((200, 200), "It looks like you are trying to access MongoDB over HTTP", Remark::MongoDb),
    // Cloudflare.
    (ANY, "<title>Just a moment...</title>", Remark::Challenge),
    (ANY, "/cdn-cgi/challenge-platform/", Remark::Challenge),
    (ANY, "Checking your browser before accessing", Remark::Challenge),
    // The AWS API Gateway answers so to a path that it does not have, whatever the token.
    (FORBIDDEN, "\"Missing Authentication Token\"", Remark::UnknownRoute),
    // oslo.middleware.
    ((503, 503), "DISABLED BY FILE", Remark::DisabledByFile),
];

/// Headers of a test for browsers: Cloudflare's and AWS WAF's.
const CHALLENGES: [&str; 2] = ["cf-mitigated", "x-amzn-waf-action"];

pub(super) fn of(body: &Body<'_>) -> Option<Remark> {
    let Body { response, text, .. } = body;
    if CHALLENGES.iter().any(|name| response.header(name).is_some()) {
        return Some(Remark::Challenge);
    }
    if matches!(response.status, 200..=300) && body::is_version_document(body) {
        return Some(Remark::VersionDocument);
    }
    if response.is_success() && text.starts_with("HTTP/1.") {
        return Some(Remark::ResponseInBody);
    }
    let proves = |((first, last), words, _): &&RemarkRow| {
        (*first..=*last).contains(&response.status) && text.contains(words)
    };
    let remark = ROWS.iter().find(proves).map(|(.., remark)| *remark);
    let is_in_maintenance = || response.status == 503 && body::is_in_maintenance(body);
    remark.or_else(|| is_in_maintenance().then_some(Remark::Maintenance))
}

//! One request and its response over a ready connection; the only place that knows the HTTP library's errors.

use std::io::Read;

use anyhow::{Context, Result};
use ureq::config::{AutoHeaderValue, Config};
use ureq::http::{HeaderMap, HeaderName, HeaderValue, Request, Response as HttpResponse, header};
use ureq::{Agent, SendBody};

use super::framing::{self, BodyLength, Content, ContentError};
use super::transport::{
    DeadlineTransport, ExchangeLog, NullResolver, ReadyConnector, SharedLog, Stream, response_fault,
};
use super::{PhaseTimer, first_bytes, head};
use crate::model::endpoint::Endpoint;
use crate::model::exchange::{Completion, MAX_BODY_BYTES, MAX_HEAD_BYTES, Method, Phase, Response};
use crate::model::fault::{
    End, Fault, FaultDetail, FaultKind, ForeignProtocol, LocalProblem, ResponseProblem,
};
use crate::sanitize::UntrustedText;

/// Headers of every request, unless the user gives the same ones.
pub(crate) const DEFAULT_HEADERS: [(&str, &str); 3] = [
    ("User-Agent", concat!("check_ceilometer/", env!("CARGO_PKG_VERSION"))),
    ("Accept", "application/json"),
    ("Cache-Control", "no-cache"),
];

/// Minimum size of the output buffer, in bytes: the request line and the probe's own headers fit.
const MIN_OUTPUT: usize = 1024;

/// The part that all requests of a run share.
#[derive(Debug)]
pub(super) struct RequestTemplate {
    headers: HeaderMap,
    config: Config,
    output: usize,
    max_body: usize,
    /// Bytes that are kept of a body that does not decide the state.
    pub(super) kept_body: usize,
}

impl RequestTemplate {
    /// Prepares the headers: the probe's own, and the user's, which win.
    pub(super) fn new(user: &[(String, Vec<u8>)]) -> Result<RequestTemplate> {
        let mut headers = HeaderMap::new();
        for (name, value) in user {
            // The plan has checked both.
            let name = HeaderName::from_bytes(name.as_bytes()).context("a header's name is malformed")?;
            let value = HeaderValue::from_bytes(value).context("a header's value is malformed")?;
            headers.append(name, value);
        }
        for (name, value) in DEFAULT_HEADERS {
            headers.entry(name).or_insert(HeaderValue::from_static(value));
        }
        headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        let longest = user.iter().map(|(name, value)| name.len() + value.len()).max().unwrap_or_default();
        let output = MIN_OUTPUT + longest;
        Ok(RequestTemplate {
            headers,
            config: config(),
            output,
            max_body: MAX_BODY_BYTES,
            kept_body: MAX_BODY_BYTES,
        })
    }

    /// Prepares a login: JSON there and back, with room for a whole catalogue and without the user's headers.
    pub(super) fn of_login(body: &str, max_body: usize) -> Result<RequestTemplate> {
        let headers = [
            ("Content-Type".to_owned(), b"application/json".to_vec()),
            ("Content-Length".to_owned(), body.len().to_string().into_bytes()),
        ];
        Ok(RequestTemplate { max_body, kept_body: max_body, ..RequestTemplate::new(&headers)? })
    }

    /// Sends one request and reads the response; returns the request's head as it was sent, too.
    pub(super) fn send(
        &self,
        endpoint: &Endpoint,
        method: Method,
        body: SendBody<'_>,
        stream: Stream,
        progress: &mut PhaseTimer,
    ) -> (Completion<Response, Fault>, Vec<u8>) {
        let log = SharedLog::default();
        // Over a connection that exists, the library writes nothing of the URL but its path.
        let authority = endpoint.authority();
        let url = endpoint.url_at(&authority);
        let transport = DeadlineTransport::new(stream, self.output + url.len(), log.clone());
        let request = Request::builder().method(method.name()).uri(url).body(body);
        let request =
            request.map_err(|error| Fault::local(Phase::Send, LocalProblem::Failed(error.to_string())));
        let answered = request.and_then(|request| self.ask(authority, request, transport, &log));
        let completion = match answered {
            Ok(response) => self.read(method, response, &log),
            Err(fault) => without_headers(method, &log.lock(), fault),
        };
        let mut log = log.lock();
        note_times(&log, progress);
        (completion, std::mem::take(&mut log.sent))
    }

    /// Sends the request and waits for the response's headers.
    fn ask(
        &self,
        authority: String,
        mut request: Request<SendBody<'_>>,
        transport: DeadlineTransport,
        log: &SharedLog,
    ) -> Result<HttpResponse<ureq::Body>, Fault> {
        let agent = Agent::with_parts(self.config.clone(), ReadyConnector::new(transport), NullResolver);
        *request.headers_mut() = self.headers.clone();
        if let Ok(host) = HeaderValue::try_from(authority) {
            request.headers_mut().entry(header::HOST).or_insert(host);
        }
        let response = agent.run(request).map_err(|error| library_fault(&log.lock(), &error))?;
        log.lock().head_complete = true;
        Ok(response)
    }

    /// Reads a response's body up to the bound.
    fn read(
        &self,
        method: Method,
        response: HttpResponse<ureq::Body>,
        log: &SharedLog,
    ) -> Completion<Response, Fault> {
        let (status, body) = (response.status().as_u16(), response.into_body());
        let headers = std::mem::take(&mut log.lock().headers);
        let reason = UntrustedText::new(head::reason(&log.lock().first_bytes));
        let framed = framing::length(method, status, &headers);
        let mut response = Response { status, reason, headers, ..Response::default() };
        let length = match framed {
            Ok(length) => length,
            Err(problem) => {
                return Completion::Truncated(response, response_fault(FaultKind::Protocol, problem));
            }
        };
        let kept = if response.is_success() { self.max_body } else { self.kept_body.min(self.max_body) };
        let body = body.into_with_config().limit(u64::MAX).reader();
        let (bytes, is_cut, error) = content(Content::new(body, length), kept, self.max_body);
        (response.body, response.is_body_cut) = (UntrustedText::new(bytes), is_cut);
        match error {
            None => Completion::Full(response),
            Some(error) => Completion::Truncated(response, content_fault(&log.lock(), length, &error)),
        }
    }
}

/// Reads a body until its end or one piece beyond a bound. Returns the beginning that is kept, whether there is more, and
/// the error that ended it.
fn content(
    mut content: Content<impl Read>,
    kept: usize,
    bound: usize,
) -> (Vec<u8>, bool, Option<ContentError>) {
    let (mut bytes, mut read) = (Vec::new(), 0);
    while read <= bound {
        match content.next() {
            Ok([]) => break,
            Ok(piece) => {
                read += piece.len();
                let room = piece.len().min(kept.saturating_sub(bytes.len()));
                bytes.extend_from_slice(piece.get(..room).unwrap_or_default());
            }
            Err(error) => return (bytes, true, Some(error)),
        }
    }
    let is_cut = bytes.len() < read;
    (bytes, is_cut, None)
}

/// A response without readable headers. A connection closed after an interim response makes that response
/// final. The status of a login counts however long its headers are, for a refused password must not be sent again.
fn without_headers(method: Method, log: &ExchangeLog, fault: Fault) -> Completion<Response, Fault> {
    let by = |status| Response { status, ..Response::default() };
    match (&fault.detail, log.lone_interim, log.failed_status()) {
        (_, Some(status), _) if fault.kind == FaultKind::Closed => Completion::Full(by(status)),
        (FaultDetail::Response(ResponseProblem::HeadersTooLong | ResponseProblem::TooManyHeaders), ..)
            if method != Method::Post =>
        {
            Completion::Failed(fault)
        }
        (_, _, Some(status)) => Completion::Truncated(by(status), fault),
        _ => Completion::Failed(fault),
    }
}

/// Every convenience that could follow, repeat, reuse or translate a response is off.
fn config() -> Config {
    Config::builder()
        .proxy(None)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .http_status_as_error(false)
        .max_idle_connections(0)
        .max_response_header_size(MAX_HEAD_BYTES)
        .user_agent(AutoHeaderValue::None)
        .accept(AutoHeaderValue::None)
        .accept_encoding(AutoHeaderValue::None)
        .build()
}

/// Maps an error within a body; what happened to the connection explains it best.
fn content_fault(log: &ExchangeLog, length: BodyLength, error: &ContentError) -> Fault {
    if length == BodyLength::UntilClose && log.fault.as_ref().is_some_and(lacks_tls_end) {
        return response_fault(FaultKind::Body, ResponseProblem::UnprovenEnd);
    }
    let problem = match error {
        ContentError::Chunks(problem) => ResponseProblem::BrokenChunks(*problem),
        ContentError::Failed | ContentError::CutShort => ResponseProblem::BodyCutShort,
    };
    log.fault.clone().unwrap_or_else(|| response_fault(FaultKind::Body, problem))
}

/// Tests for a stream that TCP ended, and not TLS.
const fn lacks_tls_end(fault: &Fault) -> bool {
    matches!(fault.detail, FaultDetail::Interrupted { end: End::ClosedInTls, .. })
}

/// Maps an error of the HTTP library.
fn library_fault(log: &ExchangeLog, error: &ureq::Error) -> Fault {
    if let Some(fault) = &log.fault {
        return fault.clone();
    }
    match error {
        ureq::Error::Protocol(_) | ureq::Error::LargeResponseHeader(..) | ureq::Error::Io(_)
            if head::is_http1(&log.first_bytes) =>
        {
            response_fault(FaultKind::Protocol, ResponseProblem::MalformedHeaders(cause(error)))
        }
        ureq::Error::Protocol(_) | ureq::Error::LargeResponseHeader(..) | ureq::Error::Io(_) => not_http(log),
        other => Fault::local(log.phase(), LocalProblem::Failed(other.to_string())),
    }
}

/// The library's words for a malformed response, without its preambles.
fn cause(error: &ureq::Error) -> String {
    let text = error.to_string();
    let text = text.strip_prefix("protocol: ").unwrap_or(&text);
    text.strip_prefix("http parse fail: ").unwrap_or(text).to_owned()
}

fn not_http(log: &ExchangeLog) -> Fault {
    let first_bytes = log.first_bytes.as_slice();
    let protocol = match first_bytes {
        _ if first_bytes::is_tls(first_bytes) => ForeignProtocol::Tls,
        // A SETTINGS frame on the whole connection (RFC 9113, section 3.4).
        [0, _, _, 4, 0, 0, 0, 0, 0, ..] => ForeignProtocol::Http2,
        _ if first_bytes.starts_with(b"HTTP/2") || first_bytes.starts_with(b"PRI * HTTP/2") => {
            ForeignProtocol::Http2
        }
        _ if first_bytes.starts_with(b"<") => ForeignProtocol::Http09,
        _ => ForeignProtocol::Unknown,
    };
    let beginning = UntrustedText::new(first_bytes::legible(first_bytes));
    let detail = FaultDetail::NotHttp { protocol, beginning };
    Fault { kind: FaultKind::Protocol, phase: log.phase(), detail }
}

/// Notes when the phases of the exchange ended. The library's preparations before it
/// begins to send belong to no phase.
fn note_times(log: &ExchangeLog, progress: &mut PhaseTimer) {
    progress.mark = log.begun_at.unwrap_or(progress.mark);
    if let Some(sent) = log.sent_at {
        progress.end_at(Phase::Send, sent);
    }
    if let Some(first) = log.first_byte_at {
        progress.end_at(Phase::Wait, first);
    }
    progress.end(log.phase());
}

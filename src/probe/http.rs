//! One request and its answer over a connection that is already there; the only place that knows the
//! HTTP library's errors.

use std::io::Read;
use std::time::Instant;

use anyhow::{Context, Result};
use ureq::Agent;
use ureq::config::{AutoHeaderValue, Config};
use ureq::http::{HeaderMap, HeaderName, HeaderValue, Request, Response as HttpResponse, header};

use super::PhaseTimer;
use super::stream::DeadlineStream;
use super::tls::TlsStream;
use super::transport::{DeadlineTransport, ExchangeLog, NullResolver, ReadyConnector, SharedLog};
use crate::model::endpoint::Endpoint;
use crate::model::exchange::{
    BODY_LIMIT, Completion, Fault, FaultCause, FaultKind, HEAD_LIMIT, Header, Method, Phase, Response,
};
use crate::sanitize::UntrustedText;

/// How the probe names itself.
const USER_AGENT: &str = concat!("check_ceilometer/", env!("CARGO_PKG_VERSION"));

/// The smallest output buffer, in bytes: the request line and the probe's own headers fit.
const OUTPUT: usize = 1024;

/// From how many printable characters in a row on the beginning of a foreign protocol is shown as text.
const LEGIBLE: usize = 4;

/// How many bytes of a beginning that is no text are shown.
const SHOWN: usize = 16;

/// What all requests of a run have in common.
#[derive(Debug)]
pub(super) struct RequestTemplate {
    headers: HeaderMap,
    config: Config,
    output: usize,
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
        let own = [(header::USER_AGENT, USER_AGENT), (header::ACCEPT, "application/json")];
        for (name, value) in own {
            headers.entry(name).or_insert(HeaderValue::from_static(value));
        }
        headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        let longest = user.iter().map(|(name, value)| name.len() + value.len()).max().unwrap_or_default();
        Ok(RequestTemplate { headers, config: config(), output: OUTPUT + longest })
    }

    /// Sends one request and reads the answer; also gives the request's head as it was sent.
    pub(super) fn send(
        &self,
        endpoint: &Endpoint,
        method: Method,
        socket: DeadlineStream,
        session: Option<TlsStream>,
        deadline: Instant,
        progress: &mut PhaseTimer,
    ) -> (Completion<Response, Fault>, Vec<u8>) {
        let record = SharedLog::default();
        let transcript = DeadlineTransport::new(
            socket,
            session,
            deadline,
            self.output + endpoint.url().len(),
            record.clone(),
        );
        let completion = match self.ask(endpoint, method, transcript, &record) {
            Ok(response) => read(response, &record),
            // Whoever closes behind an interim answer has given it as the final one.
            Err(fault) => match record.lock().lone_interim.filter(|_| fault.kind == FaultKind::Closed) {
                Some(status) => Completion::Full(Response { status, ..Response::default() }),
                None => Completion::Failed(fault),
            },
        };
        let mut record = record.lock();
        note_times(&record, progress);
        (completion, std::mem::take(&mut record.sent))
    }

    /// Sends the request and waits for the answer's head.
    fn ask(
        &self,
        endpoint: &Endpoint,
        method: Method,
        transcript: DeadlineTransport,
        record: &SharedLog,
    ) -> Result<HttpResponse<ureq::Body>, Fault> {
        let agent = Agent::with_parts(self.config.clone(), ReadyConnector::new(transcript), NullResolver);
        let mut request = Request::builder()
            .method(method.name())
            .uri(endpoint.url())
            .body(())
            .map_err(|error| Fault::new(FaultKind::Local, Phase::Send, error.to_string()))?;
        *request.headers_mut() = self.headers.clone();
        if let Ok(host) = HeaderValue::try_from(endpoint.authority()) {
            request.headers_mut().entry(header::HOST).or_insert(host);
        }
        let response = agent.run(request).map_err(|error| fault(&record.lock(), &error, false))?;
        record.lock().head_complete = true;
        Ok(response)
    }
}

/// Every convenience that could follow, repeat, reuse or translate an answer is off.
fn config() -> Config {
    Config::builder()
        .proxy(None)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .http_status_as_error(false)
        .max_idle_connections(0)
        .max_response_header_size(HEAD_LIMIT)
        .user_agent(AutoHeaderValue::None)
        .accept(AutoHeaderValue::None)
        .accept_encoding(AutoHeaderValue::None)
        .build()
}

/// Reads an answer's body up to the bound.
fn read(response: HttpResponse<ureq::Body>, record: &SharedLog) -> Completion<Response, Fault> {
    let (parts, body) = response.into_parts();
    let headers = parts.headers.iter().map(|(name, value)| Header {
        name: name.as_str().to_owned(),
        value: UntrustedText::new(value.as_bytes()),
    });
    let mut answer =
        Response { status: parts.status.as_u16(), headers: headers.collect(), ..Response::default() };
    if has_conflicting_framing(&parts.headers) {
        let message = "the answer has both Content-Length and Transfer-Encoding";
        return Completion::Truncated(answer, Fault::new(FaultKind::Protocol, Phase::Receive, message));
    }
    let mut bytes = Vec::new();
    let bound = u64::try_from(BODY_LIMIT).unwrap_or(u64::MAX);
    let result = body.into_with_config().limit(u64::MAX).reader().take(bound + 1).read_to_end(&mut bytes);
    bytes.truncate(BODY_LIMIT);
    answer.body = UntrustedText::new(bytes);
    match result {
        Ok(_) => Completion::Full(answer),
        Err(error) => Completion::Truncated(answer, fault(&record.lock(), &ureq::Error::from(error), true)),
    }
}

/// Whether an answer frames its body in two ways at once (RFC 9112, section 6.3): a sign of a proxy and
/// a server that disagree, so that nobody knows where the answer ends.
fn has_conflicting_framing(headers: &HeaderMap) -> bool {
    headers.contains_key(header::CONTENT_LENGTH) && headers.contains_key(header::TRANSFER_ENCODING)
}

/// The fault behind an error of the HTTP library.
fn fault(record: &ExchangeLog, error: &ureq::Error, in_body: bool) -> Fault {
    if let Some(fault) = &record.fault {
        return fault.clone();
    }
    let phase = record.phase();
    match error {
        _ if in_body => Fault::new(FaultKind::Body, phase, body_fault(error)),
        ureq::Error::Protocol(_) | ureq::Error::LargeResponseHeader(..) | ureq::Error::Io(_) => {
            Fault::new(FaultKind::Protocol, phase, describe_non_http(record, error))
                .with_cause(speaks_tls(record))
        }
        other => Fault::new(FaultKind::Local, phase, other.to_string()),
    }
}

/// How a body broke off.
fn body_fault(error: &ureq::Error) -> String {
    match error {
        ureq::Error::Protocol(_) => format!("the body's chunks are broken ({})", cause(error)),
        _ => "the connection was closed before the body was complete".into(),
    }
}

/// The library's words for a malformed answer, without its preambles.
fn cause(error: &ureq::Error) -> String {
    let text = error.to_string();
    let text = text.strip_prefix("protocol: ").unwrap_or(&text);
    text.strip_prefix("http parse fail: ").unwrap_or(text).to_owned()
}

/// What came instead of an HTTP answer.
fn describe_non_http(record: &ExchangeLog, error: &ureq::Error) -> Vec<u8> {
    let greeting = record.greeting.as_slice();
    match greeting {
        _ if greeting.starts_with(b"HTTP/1.") => {
            format!("the answer's head is malformed ({})", cause(error)).into_bytes()
        }
        _ if speaks_tls(record).is_some() => b"the server speaks TLS on this port".to_vec(),
        // A SETTINGS frame on the whole connection (RFC 9113, section 3.4).
        [0, _, _, 4, 0, 0, 0, 0, 0, ..] => b"the server speaks HTTP/2 only, not HTTP/1.1".to_vec(),
        _ if greeting.starts_with(b"HTTP/2") || greeting.starts_with(b"PRI * HTTP/2") => {
            b"the server speaks HTTP/2 only, not HTTP/1.1".to_vec()
        }
        _ if greeting.starts_with(b"<") => {
            quoted("the answer is content without a head (HTTP/0.9)", greeting)
        }
        _ => quoted("the answer is not HTTP/1", greeting),
    }
}

/// Whether what came is a TLS record: an alert or a handshake message, version 3.x.
fn speaks_tls(record: &ExchangeLog) -> Option<FaultCause> {
    matches!(record.greeting.as_slice(), [0x15 | 0x16, 0x03, ..]).then_some(FaultCause::ServerSpeaksTls)
}

/// Says how an answer begins: as text where there are some letters in a row, else in hexadecimal.
fn quoted(what: &str, greeting: &[u8]) -> Vec<u8> {
    let readable = greeting.windows(LEGIBLE).any(|letters| letters.iter().all(u8::is_ascii_graphic));
    if readable {
        return [what.as_bytes(), b"; it begins with: ", greeting].concat();
    }
    let bytes: Vec<String> = greeting.iter().take(SHOWN).map(|byte| format!("{byte:02x}")).collect();
    format!("{what}; it begins with the bytes {}", bytes.join(" ")).into_bytes()
}

/// Notes when the phases of the exchange ended. What the library did before it began to send is no phase
/// of the network's.
fn note_times(record: &ExchangeLog, progress: &mut PhaseTimer) {
    progress.mark = record.begun_at.unwrap_or(progress.mark);
    if let Some(sent) = record.sent_at {
        progress.end_at(Phase::Send, sent);
    }
    if let Some(first) = record.first_byte_at {
        progress.end_at(Phase::Wait, first);
    }
    progress.end(record.phase());
}

//! A tunnel through an HTTP proxy (RFC 9110, section 9.3.6).

use std::io::{self, Read, Write};

use super::error::local_fault;
use super::framing::{self, BodyLength};
use super::head;
use super::stream::DeadlineStream;
use crate::model::auth_scheme::AuthScheme;
use crate::model::exchange::{Header, MAX_HEAD_BYTES, Method, Phase, is_gateway_failure, is_success};
use crate::model::fault::{Fault, FaultDetail, FaultKind, ProxyProblem, TlsProblem};
use crate::plan::Proxy;
use crate::sanitize::system_words;

/// A document that the head of a successful response to CONNECT announces.
///
/// A client must ignore the announcement, and there are proxies that make it and open the tunnel all the same: it only
/// explains why what follows is not the endpoint's response.
#[derive(Debug, Clone, Copy)]
pub(super) struct Document {
    status: u16,
    is_chunked: bool,
}

impl Document {
    fn announced(status: u16, head: &[u8]) -> Option<Document> {
        let (_, headers) = head::take_headers(head);
        let is_chunked = match framing::length(Method::Get, status, &headers) {
            Ok(BodyLength::Chunked) => true,
            Ok(BodyLength::Bytes(1..)) => false,
            _ => return None,
        };
        Some(Document { status, is_chunked })
    }

    /// Blames the proxy for a fault if the document came in place of the endpoint's response.
    pub(super) fn explain(self, proxy: &Proxy, of_endpoint: Fault) -> Fault {
        let came = match &of_endpoint.detail {
            FaultDetail::NotHttp { beginning, .. } | FaultDetail::NotTls { beginning } => {
                !self.is_chunked || begins_with_chunk(beginning.bytes())
            }
            FaultDetail::Tls(TlsProblem::ServerSpeaksHttp) => !self.is_chunked,
            _ => false,
        };
        if came {
            proxy_fault(proxy, Phase::Connect, ProxyProblem::Document(self.status))
        } else {
            of_endpoint
        }
    }
}

/// Tests for the line that holds a chunk's size (RFC 9112, section 7.1).
fn begins_with_chunk(bytes: &[u8]) -> bool {
    let digits = bytes.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
    digits > 0 && matches!(bytes.get(digits), Some(b'\r' | b'\n' | b';'))
}

/// Asks the proxy at the other end of a connection for a tunnel to `target` (`HOST:PORT`).
pub(super) fn open(
    stream: &mut DeadlineStream,
    proxy: &Proxy,
    target: &str,
) -> Result<Option<Document>, Fault> {
    let failed = |problem| proxy_fault(proxy, Phase::Connect, problem);
    let response = stream.write_all(&connect_request(proxy, target)).and_then(|()| read_head(stream));
    let response = response
        .map_err(|error| local_fault(&error, Phase::Connect).unwrap_or_else(|| failed(io_problem(&error))))?;
    match (head::status(&response), head::length(&response)) {
        // What follows would be taken for the endpoint's response.
        (Some(status), None) if is_success(status) => Err(failed(ProxyProblem::HeadTooLong)),
        (Some(status), Some(length)) if is_success(status) => {
            let (head, rest) = response.split_at_checked(length).unwrap_or_default();
            stream.unread(rest);
            Ok(Document::announced(status, head))
        }
        (Some(status), _) => Err(failed(read_refusal(status, &response, proxy.authorization.is_some()))),
        (None, _) => Err(failed(ProxyProblem::NotHttp)),
    }
}

/// The reason phrase of tinyproxy's 500 for an endpoint that it could not reach.
const UNABLE_TO_CONNECT: &[u8] = b"Unable to connect";

/// Maximum length of what is kept of a header, in bytes.
const MAX_KEPT: usize = 80;

/// Reads the refusal of a tunnel, from the head of the proxy's response.
fn read_refusal(status: u16, head: &[u8], has_credentials: bool) -> ProxyProblem {
    let (status_line, headers) = head::take_headers(head);
    let is_unable = status == 500 && head::reason(&status_line).starts_with(UNABLE_TO_CONNECT);
    match status {
        407 => match (unsupported_schemes(&headers), has_credentials) {
            (Some(schemes), _) => ProxyProblem::UnsupportedScheme(schemes),
            (None, true) => ProxyProblem::CredentialsRejected,
            (None, false) => ProxyProblem::Status(status),
        },
        _ if is_gateway_failure(status) || is_unable => {
            let word = values(&headers, "x-squid-error").next().unwrap_or_default();
            ProxyProblem::NotReached(status, String::from_utf8_lossy(word).chars().take(MAX_KEPT).collect())
        }
        _ if is_like_web_server(status, &headers) => ProxyProblem::LikeWebServer(status),
        _ => ProxyProblem::Status(status),
    }
}

fn values<'a>(headers: &'a [Header], name: &'static str) -> impl Iterator<Item = &'a [u8]> {
    headers.iter().filter(move |header| header.name == name).map(|header| header.value.bytes())
}

/// The beginnings of `Server` of what serves documents or applications, and opens no tunnels.
const WEB_SERVERS: [&[u8]; 7] =
    [b"nginx", b"openresty", b"lighttpd", b"Microsoft-IIS", b"gunicorn", b"Werkzeug", b"WSGIServer"];

/// Tests for a server that does not know CONNECT (405, 501), allows only other methods, or calls itself a web server.
fn is_like_web_server(status: u16, headers: &[Header]) -> bool {
    let is_web_server = |server: &[u8]| WEB_SERVERS.iter().any(|name| server.starts_with(name));
    matches!(status, 405 | 501)
        || values(headers, "allow").next().is_some()
        || values(headers, "server").any(is_web_server)
}

/// The schemes of a proxy's challenges, unless Basic may be among them.
fn unsupported_schemes(headers: &[Header]) -> Option<String> {
    // Only names that are known: a part of a secret, which a proxy may quote, would escape the mask.
    let named = |challenge| AuthScheme::of(challenge).map_or("another scheme", AuthScheme::name);
    let schemes: Vec<&str> = values(headers, "proxy-authenticate").map(named).collect();
    // A header may hold several challenges, whose limits are hard to find.
    let basic = AuthScheme::Basic.name().as_bytes();
    let has_basic = values(headers, "proxy-authenticate")
        .any(|challenge| challenge.windows(basic.len()).any(|part| part.eq_ignore_ascii_case(basic)));
    let named = schemes.join(" or ").chars().take(MAX_KEPT).collect();
    (!schemes.is_empty() && !has_basic).then_some(named)
}

/// Makes the fault of a proxy. A timeout blames neither side: the proxy or the endpoint may be silent.
pub(super) fn proxy_fault(proxy: &Proxy, phase: Phase, problem: ProxyProblem) -> Fault {
    let kind = if problem == ProxyProblem::Timeout { FaultKind::Timeout } else { FaultKind::Proxy };
    let proxy = format!("{}:{}", proxy.host, proxy.port);
    Fault { kind, phase, detail: FaultDetail::Proxy { proxy, problem } }
}

fn io_problem(error: &io::Error) -> ProxyProblem {
    match error.kind() {
        io::ErrorKind::TimedOut => ProxyProblem::Timeout,
        _ => ProxyProblem::Broken(system_words(error)),
    }
}

fn connect_request(proxy: &Proxy, target: &str) -> Vec<u8> {
    let mut head = format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n").into_bytes();
    if let Some(authorization) = &proxy.authorization {
        head.extend_from_slice(b"Proxy-Authorization: ");
        head.extend_from_slice(authorization);
        head.extend_from_slice(b"\r\n");
    }
    head.extend_from_slice(b"\r\n");
    head
}

/// Reads the head of the proxy's final response, up to the bound, and what comes with it: a server that sends first is
/// heard at once.
fn read_head(stream: &mut DeadlineStream) -> io::Result<Vec<u8>> {
    let (mut head, mut read) = (Vec::new(), 0);
    let mut buffer = [0; 1024];
    while head::length(&head).is_none() && head::may_be_http1(&head) && read <= MAX_HEAD_BYTES {
        let count = stream.read(&mut buffer)?;
        if count == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        read += count;
        head.extend_from_slice(buffer.get(..count).unwrap_or_default());
        while let Some((_, length)) = head::interim(&head) {
            head.drain(..length);
        }
    }
    Ok(head)
}

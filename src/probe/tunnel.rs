//! A tunnel through an HTTP proxy (RFC 9110, section 9.3.6).

use std::io::{self, Read, Write};

use super::error::local_fault;
use super::head;
use super::stream::DeadlineStream;
use crate::model::exchange::{HEAD_LIMIT, Phase, is_success};
use crate::model::fault::{Fault, FaultDetail, FaultKind, ProxyProblem};
use crate::plan::Proxy;
use crate::sanitize::system_words;

/// Asks the proxy at the other end of a connection for a tunnel to `target` (`HOST:PORT`).
pub(super) fn open(stream: &mut DeadlineStream, proxy: &Proxy, target: &str) -> Result<(), Fault> {
    let failed = |problem| fault(proxy, Phase::Connect, problem);
    let response = stream.write_all(&request(proxy, target)).and_then(|()| read_head(stream));
    let response = response
        .map_err(|error| local_fault(&error, Phase::Connect).unwrap_or_else(|| failed(io_problem(&error))))?;
    match (head::status(&response), head::length(&response)) {
        // What follows would be taken for the endpoint's response.
        (Some(status), None) if is_success(status) => Err(failed(ProxyProblem::HeadTooLong)),
        (Some(status), Some(length)) if is_success(status) => {
            stream.unread(response.get(length..).unwrap_or_default());
            Ok(())
        }
        (Some(407), _) if proxy.authorization.is_some() => Err(failed(ProxyProblem::CredentialsRejected)),
        (Some(status), _) => Err(failed(ProxyProblem::Status(status))),
        (None, _) => Err(failed(ProxyProblem::NotHttp)),
    }
}

/// Makes the fault of a proxy. A timeout blames neither side: the proxy or the endpoint may be silent.
pub(super) fn fault(proxy: &Proxy, phase: Phase, problem: ProxyProblem) -> Fault {
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

fn request(proxy: &Proxy, target: &str) -> Vec<u8> {
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
    while head::length(&head).is_none() && head::may_be_http1(&head) && read <= HEAD_LIMIT {
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

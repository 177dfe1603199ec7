//! The transport below the HTTP library: a connection that exists already, with bounds and a log of what
//! went over it.

use std::io::{self, Read, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{Buffers, ConnectionDetails, Connector, NextTimeout, Transport};

use super::buffers::Growing;
use super::error::local_fault;
use super::stream::DeadlineStream;
use super::tls::TlsStream;
use super::{first_bytes, head};
use crate::model::exchange::{Header, MAX_HEAD_BYTES, MAX_RESPONSE_HEADERS, MAX_SENT_BYTES, Phase};
use crate::model::fault::{End, Fault, FaultDetail, FaultKind, ResponseProblem, Stage};
use crate::sanitize::system_words;

/// A connection to an endpoint.
#[derive(Debug)]
pub(super) enum Stream {
    Plain(DeadlineStream),
    Tls(Box<TlsStream>),
}

impl Stream {
    /// Replaces the deadline.
    pub(super) fn set_deadline(&mut self, deadline: Instant) {
        match self {
            Stream::Plain(stream) => stream.set_deadline(deadline),
            Stream::Tls(stream) => stream.set_deadline(deadline),
        }
    }

    fn tls(&self) -> Option<&TlsStream> {
        match self {
            Stream::Plain(_) => None,
            Stream::Tls(stream) => Some(stream),
        }
    }

    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Stream::Plain(stream) => stream.read(buffer),
            Stream::Tls(stream) => stream.read(buffer),
        }
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Stream::Plain(stream) => stream.write_all(bytes),
            Stream::Tls(stream) => stream.write_all(bytes),
        }
    }
}

/// A log of one exchange; read when the exchange is over.
#[derive(Debug, Default)]
pub(super) struct ExchangeLog {
    /// The beginning of the request's head.
    pub(super) sent: Vec<u8>,
    /// The time of the request's first byte.
    pub(super) begun_at: Option<Instant>,
    /// The time at which the whole request was sent.
    pub(super) sent_at: Option<Instant>,
    /// The time of the response's first byte.
    pub(super) first_byte_at: Option<Instant>,
    /// The first bytes of the response, without interim ones before it.
    pub(super) first_bytes: Vec<u8>,
    /// The response's headers, which the library does not see.
    pub(super) headers: Vec<Header>,
    /// True once the response's headers are complete, so that what follows is body.
    pub(super) head_complete: bool,
    /// True once the library may see the response: its headers are complete, or it is not HTTP/1.
    head_shown: bool,
    /// The failure in our terms; the library's error is then only its echo.
    pub(super) fault: Option<Fault>,
    /// Number of bytes of interim responses that were skipped.
    interim: usize,
    /// The status of the last of them, as long as nothing has followed it.
    pub(super) lone_interim: Option<u16>,
}

impl ExchangeLog {
    /// The phase that is under way.
    pub(super) fn phase(&self) -> Phase {
        match (self.sent_at, self.first_byte_at) {
            (None, _) => Phase::Send,
            (Some(_), None) => Phase::Wait,
            (Some(_), Some(_)) => Phase::Receive,
        }
    }

    /// The status of a final response that is no success, where its first line has come.
    pub(super) fn failed_status(&self) -> Option<u16> {
        head::status(&self.first_bytes).filter(|status| (300..600).contains(status))
    }

    fn stage(&self) -> Stage {
        match (self.phase(), self.head_complete) {
            (Phase::Send, _) => Stage::Sending,
            (Phase::Receive, true) => Stage::Body,
            (Phase::Receive, false) if self.interim > 0 => Stage::AfterInterim,
            (Phase::Receive, false) => Stage::Headers,
            _ => Stage::BeforeResponse,
        }
    }
}

/// A [`ExchangeLog`] shared between the transport, which the library owns, and the probe.
#[derive(Debug, Clone, Default)]
pub(super) struct SharedLog(Arc<Mutex<ExchangeLog>>);

impl SharedLog {
    pub(super) fn lock(&self) -> MutexGuard<'_, ExchangeLog> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection as the HTTP library uses it.
#[derive(Debug)]
pub(super) struct DeadlineTransport {
    stream: Stream,
    buffers: Growing,
    log: SharedLog,
}

impl DeadlineTransport {
    /// Wraps a connection; `output` is the size of the longest request head, in bytes.
    pub(super) fn new(stream: Stream, output: usize, log: SharedLog) -> DeadlineTransport {
        DeadlineTransport { stream, buffers: Growing::new(output), log }
    }

    fn write(&mut self, amount: usize) -> io::Result<()> {
        let bytes = self.buffers.output().get(..amount).unwrap_or_default();
        let mut log = self.log.lock();
        let room = MAX_SENT_BYTES.saturating_sub(log.sent.len());
        log.sent.extend(bytes.get(..room).unwrap_or(bytes));
        drop(log);
        self.stream.write_all(bytes)
    }

    /// Keeps the fault for the probe and hands the library an error of its own.
    fn fail(&self, fault: Fault) -> ureq::Error {
        self.log.lock().fault.get_or_insert(fault);
        ureq::Error::ConnectionFailed
    }

    /// Maps an I/O error at this point of the exchange.
    fn fault(&self, error: &io::Error) -> Fault {
        let log = self.log.lock();
        let answered = log.first_byte_at.is_some();
        local_fault(error, log.phase())
            .or_else(|| self.stream.tls()?.fault(error, log.phase(), answered))
            .unwrap_or_else(|| interrupted(&log, error, self.stream.tls().is_some()))
    }

    /// Logs received bytes, skips interim responses, and shows the library the final head, without its headers, once it is
    /// whole. Returns the fault of one that cannot be used.
    ///
    /// Input that is not HTTP/1 is passed on at once, for its head may never end.
    fn on_received(&mut self, count: usize) -> Option<Fault> {
        let mut log = self.log.lock();
        log.first_byte_at.get_or_insert_with(Instant::now);
        let input = self.buffers.received();
        let old = input.len().saturating_sub(count);
        first_bytes::keep(&mut log.first_bytes, input.get(old..).unwrap_or_default());
        if log.head_shown {
            return None;
        }
        while let Some((status, length)) = head::interim(self.buffers.received()) {
            self.buffers.input_consume(length);
            log.interim += length;
            log.lone_interim = Some(status);
            log.first_bytes.clear();
            first_bytes::keep(&mut log.first_bytes, self.buffers.received());
        }
        let input = self.buffers.received();
        log.lone_interim = log.lone_interim.filter(|_| input.is_empty());
        if let Some(length) = head::length(input).filter(|_| head::is_http1(input)) {
            let (shown, headers) = head::take_headers(input.get(..length).unwrap_or_default());
            if headers.len() > MAX_RESPONSE_HEADERS {
                return Some(response_fault(FaultKind::Protocol, ResponseProblem::TooManyHeaders));
            }
            log.headers = headers;
            self.buffers.replace(length, &shown);
        } else if head::may_be_http1(input) {
            return None;
        }
        log.head_shown = true;
        self.buffers.show();
        None
    }

    /// The fault of a response that needs more input than is read of it.
    fn limit_fault(&self) -> Option<Fault> {
        let log = self.log.lock();
        let pending = self.buffers.received().len();
        // The library takes content out as it comes.
        (!log.head_complete && log.interim + pending >= MAX_HEAD_BYTES)
            .then(|| response_fault(FaultKind::Protocol, ResponseProblem::HeadersTooLong))
    }
}

/// The fault of a response that cannot be used.
pub(super) fn response_fault(kind: FaultKind, problem: ResponseProblem) -> Fault {
    Fault { kind, phase: Phase::Receive, detail: FaultDetail::Response(problem) }
}

/// The fault of a connection that failed at some point of the exchange.
fn interrupted(log: &ExchangeLog, error: &io::Error, tls: bool) -> Fault {
    let (kind, end) = match error.kind() {
        io::ErrorKind::TimedOut => (FaultKind::Timeout, End::Timeout),
        io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => (FaultKind::Reset, End::Reset),
        io::ErrorKind::UnexpectedEof if tls => (FaultKind::Closed, End::ClosedInTls),
        io::ErrorKind::UnexpectedEof => (FaultKind::Closed, End::Closed),
        _ => (FaultKind::Reset, End::Failed(system_words(error))),
    };
    let kind = if log.head_complete && kind != FaultKind::Timeout { FaultKind::Body } else { kind };
    Fault { kind, phase: log.phase(), detail: FaultDetail::Interrupted { stage: log.stage(), end } }
}

impl Transport for DeadlineTransport {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, _: NextTimeout) -> Result<(), ureq::Error> {
        self.log.lock().begun_at.get_or_insert_with(Instant::now);
        self.write(amount).map_err(|error| self.fail(self.fault(&error)))?;
        self.log.lock().sent_at = Some(Instant::now());
        Ok(())
    }

    fn await_input(&mut self, _: NextTimeout) -> Result<bool, ureq::Error> {
        if let Some(fault) = self.limit_fault() {
            return Err(self.fail(fault));
        }
        let room = self.buffers.input_append_buf();
        let count = self.stream.read(room).map_err(|error| self.fail(self.fault(&error)))?;
        if count == 0 {
            if let Some(fault) = self.on_eof() {
                return Err(self.fail(fault));
            }
            return Ok(false);
        }
        self.buffers.input_appended(count);
        match self.on_received(count) {
            Some(fault) => Err(self.fail(fault)),
            None => Ok(true),
        }
    }

    fn is_open(&mut self) -> bool {
        // No connection serves a second request.
        false
    }

    fn is_tls(&self) -> bool {
        self.stream.tls().is_some()
    }
}

impl DeadlineTransport {
    /// The fault of the stream's end, unless it may be the end of a body.
    fn on_eof(&self) -> Option<Fault> {
        let log = self.log.lock();
        if log.head_complete {
            return None;
        }
        let unanswered = self.stream.tls().filter(|_| log.first_byte_at.is_none());
        let wanted = unanswered.and_then(TlsStream::ended_unanswered);
        // TLS ended properly here.
        Some(wanted.unwrap_or_else(|| interrupted(&log, &io::ErrorKind::UnexpectedEof.into(), false)))
    }
}

/// Hands the library the one connection that was made for it.
#[derive(Debug)]
pub(super) struct ReadyConnector(Mutex<Option<DeadlineTransport>>);

impl ReadyConnector {
    /// Keeps a connection until the library asks for it.
    pub(super) fn new(transport: DeadlineTransport) -> ReadyConnector {
        ReadyConnector(Mutex::new(Some(transport)))
    }
}

impl Connector for ReadyConnector {
    type Out = DeadlineTransport;

    fn connect(
        &self,
        _: &ConnectionDetails<'_>,
        _: Option<()>,
    ) -> Result<Option<DeadlineTransport>, ureq::Error> {
        Ok(self.0.lock().unwrap_or_else(PoisonError::into_inner).take())
    }
}

/// Resolves nothing: the connection exists already.
#[derive(Debug)]
pub(super) struct NullResolver;

impl Resolver for NullResolver {
    fn resolve(
        &self,
        _: &ureq::http::Uri,
        _: &ureq::config::Config,
        _: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        Ok(self.empty())
    }
}

//! The transport below the HTTP library: a connection that is already there, with a deadline, bounds,
//! and a record of what went over it.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{Buffers, ConnectionDetails, Connector, NextTimeout, Transport};

use super::buffers::Growing;
use super::connect::describe_io_error;
use super::stream::DeadlineStream;
use super::tls::TlsStream;
use crate::model::exchange::{Fault, FaultKind, HEAD_LIMIT, Phase};

/// How much of the first bytes of an answer is kept to name a foreign protocol, in bytes.
const GREETING: usize = 64;

/// What went over a connection; read when the exchange is over.
#[derive(Debug, Default)]
pub(super) struct ExchangeLog {
    /// The request's head.
    pub(super) sent: Vec<u8>,
    /// When sending it began.
    pub(super) begun_at: Option<Instant>,
    /// When it was sent whole.
    pub(super) sent_at: Option<Instant>,
    /// When the first byte of the answer came.
    pub(super) first_byte_at: Option<Instant>,
    /// The answer's first bytes.
    pub(super) greeting: Vec<u8>,
    /// Whether the answer's head is complete, so that what follows is body.
    pub(super) head_complete: bool,
    /// What went wrong, in our terms; the library's error is then only its echo.
    pub(super) fault: Option<Fault>,
    /// How many bytes of interim answers were passed over.
    interim: usize,
    /// The status of the last of them, as long as nothing has come behind it.
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
}

/// A [`ExchangeLog`] shared between the transport, which the library owns, and the probe.
#[derive(Debug, Clone, Default)]
pub(super) struct SharedLog(Arc<Mutex<ExchangeLog>>);

impl SharedLog {
    /// Locks the record.
    pub(super) fn lock(&self) -> MutexGuard<'_, ExchangeLog> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection as the HTTP library uses it.
#[derive(Debug)]
pub(super) struct DeadlineTransport {
    socket: DeadlineStream,
    session: Option<TlsStream>,
    deadline: Instant,
    buffers: Growing,
    record: SharedLog,
}

impl DeadlineTransport {
    /// A transport over a connection; `output` is the size of the longest request head, in bytes.
    pub(super) fn new(
        socket: DeadlineStream,
        session: Option<TlsStream>,
        deadline: Instant,
        output: usize,
        record: SharedLog,
    ) -> DeadlineTransport {
        DeadlineTransport { socket, session, deadline, buffers: Growing::new(output), record }
    }

    fn write(&mut self, amount: usize) -> io::Result<()> {
        let bytes = self.buffers.output().get(..amount).unwrap_or_default();
        self.record.lock().sent.extend_from_slice(bytes);
        match &mut self.session {
            Some(session) => session.write_all(&self.socket, bytes, self.deadline),
            None => self.socket.write_all(bytes, self.deadline),
        }
    }

    fn read(&mut self) -> io::Result<usize> {
        let room = self.buffers.input_append_buf();
        match &mut self.session {
            Some(session) => session.read(&self.socket, room, self.deadline),
            None => self.socket.read(room, self.deadline),
        }
    }

    /// Keeps the fault for the probe and hands the library an error of its own.
    fn fail(&self, fault: Fault) -> ureq::Error {
        self.record.lock().fault.get_or_insert(fault);
        ureq::Error::ConnectionFailed
    }

    /// The fault that an I/O error stands for at this moment.
    fn fault(&self, error: &io::Error) -> Fault {
        let record = self.record.lock();
        let (phase, answered) = (record.phase(), record.first_byte_at.is_some());
        let own = self.session.as_ref().and_then(|session| session.fault(error, phase, answered));
        own.unwrap_or_else(|| interrupted(&record, error))
    }

    /// Takes note of received bytes, and passes over what is no final answer.
    fn on_received(&mut self, count: usize) {
        let mut record = self.record.lock();
        record.first_byte_at.get_or_insert_with(Instant::now);
        let missing = GREETING.saturating_sub(record.greeting.len());
        if missing > 0 {
            let filled = self.buffers.input();
            let fresh = filled.get(filled.len().saturating_sub(count)..).unwrap_or_default();
            record.greeting.extend(fresh.iter().take(missing));
        }
        while let Some((status, length)) = interim(self.buffers.input()).filter(|_| !record.head_complete) {
            self.buffers.input_consume(length);
            record.interim += length;
            record.lone_interim = Some(status);
        }
        record.lone_interim = record.lone_interim.filter(|_| self.buffers.input().is_empty());
    }

    /// The fault of an answer that needs more than is read of it.
    fn limit_fault(&mut self) -> Option<Fault> {
        let record = self.record.lock();
        let pending = self.buffers.input().len();
        if record.head_complete {
            // The library takes content out as it comes: what fills the buffer is a chunk's size.
            let endless = self.buffers.input_append_buf().is_empty();
            let message = "the body's chunks are broken (a chunk's size does not end)";
            return endless.then(|| Fault::new(FaultKind::Body, Phase::Receive, message));
        }
        let message = format!("the answer's head is longer than {} KiB", HEAD_LIMIT / 1024);
        (record.interim + pending >= HEAD_LIMIT)
            .then(|| Fault::new(FaultKind::Protocol, Phase::Receive, message))
    }
}

/// Status and length of the interim answer (RFC 9110, section 15.2) that the input begins with, if it came whole.
///
/// The library refuses a `100` that has headers, and an endless row of them needs a bound. An upgrade is final:
/// nobody asked for one.
pub(super) fn interim(input: &[u8]) -> Option<(u16, usize)> {
    let [b' ', b'1', tens @ b'0'..=b'9', units @ b'0'..=b'9', b' ' | b'\r'] =
        input.strip_prefix(b"HTTP/1.")?.get(1..6)?
    else {
        return None;
    };
    let status = 100 + 10 * u16::from(tens - b'0') + u16::from(units - b'0');
    let end = input.windows(4).position(|end| end == b"\r\n\r\n").filter(|_| status != 101)?;
    Some((status, end + 4))
}

/// The fault of a connection that failed at some point of the exchange.
fn interrupted(record: &ExchangeLog, error: &io::Error) -> Fault {
    let phase = record.phase();
    let place = match (phase, record.head_complete) {
        (Phase::Send, _) => "while the request was sent",
        (Phase::Receive, true) => "within the answer's body",
        (Phase::Receive, false) if record.interim > 0 => "between an interim answer and the final one",
        (Phase::Receive, false) => "within the answer's head",
        _ => "before its first byte",
    };
    let (kind, words) = match error.kind() {
        io::ErrorKind::TimedOut if phase == Phase::Wait => {
            (FaultKind::Timeout, "the request was sent and nothing came back".into())
        }
        io::ErrorKind::TimedOut => (FaultKind::Timeout, format!("time ran out {place}")),
        _ if record.head_complete => (FaultKind::Body, format!("the connection broke {place}")),
        io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => {
            (FaultKind::Reset, format!("the connection was reset {place}"))
        }
        io::ErrorKind::UnexpectedEof => (FaultKind::Closed, format!("the connection was closed {place}")),
        _ => (FaultKind::Reset, format!("the connection failed {place}: {}", describe_io_error(error))),
    };
    Fault::new(kind, phase, words)
}

impl Transport for DeadlineTransport {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, _: NextTimeout) -> Result<(), ureq::Error> {
        self.record.lock().begun_at.get_or_insert_with(Instant::now);
        self.write(amount).map_err(|error| self.fail(self.fault(&error)))?;
        self.record.lock().sent_at = Some(Instant::now());
        Ok(())
    }

    fn await_input(&mut self, _: NextTimeout) -> Result<bool, ureq::Error> {
        if let Some(fault) = self.limit_fault() {
            return Err(self.fail(fault));
        }
        let count = self.read().map_err(|error| self.fail(self.fault(&error)))?;
        if count == 0 {
            if let Some(fault) = self.on_eof() {
                return Err(self.fail(fault));
            }
            return Ok(false);
        }
        self.buffers.input_appended(count);
        self.on_received(count);
        Ok(true)
    }

    fn is_open(&mut self) -> bool {
        false
    }

    fn is_tls(&self) -> bool {
        self.session.is_some()
    }
}

impl DeadlineTransport {
    /// What the end of the stream stands for, unless it may be the end of a body.
    fn on_eof(&self) -> Option<Fault> {
        let record = self.record.lock();
        if record.head_complete {
            return None;
        }
        if record.first_byte_at.is_none() {
            let unanswered = self.session.as_ref().and_then(TlsStream::ended_unanswered);
            if unanswered.is_some() {
                return unanswered;
            }
        }
        Some(interrupted(&record, &io::ErrorKind::UnexpectedEof.into()))
    }
}

/// Hands the library the one connection that was made for it.
#[derive(Debug)]
pub(super) struct ReadyConnector(Mutex<Option<DeadlineTransport>>);

impl ReadyConnector {
    /// Keeps a connection until the library asks for it.
    pub(super) fn new(transcript: DeadlineTransport) -> ReadyConnector {
        ReadyConnector(Mutex::new(Some(transcript)))
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

/// Keeps the library from looking anything up: the connection is there already.
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

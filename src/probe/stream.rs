//! A connected, non-blocking stream whose every wait ends at its deadline.

use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::time::Instant;

use rustix::event::{PollFd, PollFlags};
use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags, recv, send};

use crate::deadline::poll_until;

/// A connected socket, TCP or UNIX, and when to give up on it.
#[derive(Debug)]
pub(super) struct DeadlineStream {
    fd: OwnedFd,
    deadline: Instant,
    /// Bytes that were received already and are to be read first.
    unread: VecDeque<u8>,
}

impl DeadlineStream {
    /// Wraps a connected, non-blocking socket.
    pub(super) fn new(fd: OwnedFd, deadline: Instant) -> DeadlineStream {
        DeadlineStream { fd, deadline, unread: VecDeque::new() }
    }

    /// The deadline of every wait.
    pub(super) fn deadline(&self) -> Instant {
        self.deadline
    }

    /// Replaces the deadline: that of connecting is often the earlier one.
    pub(super) fn set_deadline(&mut self, deadline: Instant) {
        self.deadline = deadline;
    }

    /// Puts bytes back that belong to what is read next.
    pub(super) fn unread(&mut self, bytes: &[u8]) {
        self.unread.extend(bytes);
    }

    /// Turns Nagle's algorithm off, for handshakes that write several times.
    pub(super) fn without_delay(&self) {
        // Failing, as on a UNIX socket, it only costs time.
        let _ = rustix::net::sockopt::set_tcp_nodelay(&self.fd, true);
    }

    /// Waits for one event; `TimedOut` at the deadline.
    fn wait(&self, event: PollFlags) -> io::Result<()> {
        if poll_until(&mut [PollFd::new(&self.fd, event)], self.deadline)? {
            Ok(())
        } else {
            Err(io::ErrorKind::TimedOut.into())
        }
    }
}

impl Read for DeadlineStream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if !self.unread.is_empty() {
            return self.unread.read(buffer);
        }
        loop {
            self.wait(PollFlags::IN)?;
            match recv(&self.fd, &mut *buffer, RecvFlags::empty()) {
                Ok((count, _)) => return Ok(count),
                Err(Errno::AGAIN | Errno::INTR) => {}
                Err(errno) => return Err(errno.into()),
            }
        }
    }
}

impl Write for DeadlineStream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        loop {
            match send(&self.fd, bytes, SendFlags::NOSIGNAL) {
                Ok(count) => return Ok(count),
                Err(Errno::AGAIN) => self.wait(PollFlags::OUT)?,
                Err(Errno::INTR) => {}
                Err(errno) => return Err(errno.into()),
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

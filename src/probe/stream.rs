//! A connected, non-blocking stream whose every wait ends at a deadline.
//!
//! Waiting is poll(2): the kernel rounds socket timeouts up to its timer wheel, which makes a limit of
//! 10 s 200 ms late.

use std::io;
use std::os::fd::OwnedFd;
use std::time::Instant;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags, recv, send};

/// A connected socket: TCP or UNIX.
#[derive(Debug)]
pub(super) struct DeadlineStream(OwnedFd);

impl DeadlineStream {
    /// Takes a connected, non-blocking socket over.
    pub(super) fn new(fd: OwnedFd) -> DeadlineStream {
        DeadlineStream(fd)
    }

    /// Turns Nagle's algorithm off, for handshakes that write several times.
    pub(super) fn without_delay(&self) {
        // It only costs time where it fails, as on a UNIX socket.
        let _ = rustix::net::sockopt::set_tcp_nodelay(&self.0, true);
    }

    /// Reads what is there, waiting for it until the deadline; 0 at the stream's end.
    pub(super) fn read(&self, buffer: &mut [u8], deadline: Instant) -> io::Result<usize> {
        loop {
            wait(&self.0, PollFlags::IN, deadline)?;
            match recv(&self.0, &mut *buffer, RecvFlags::empty()) {
                Ok((count, _)) => return Ok(count),
                Err(Errno::AGAIN | Errno::INTR) => {}
                Err(errno) => return Err(errno.into()),
            }
        }
    }

    /// Writes everything, waiting for room until the deadline.
    pub(super) fn write_all(&self, mut bytes: &[u8], deadline: Instant) -> io::Result<()> {
        while !bytes.is_empty() {
            match send(&self.0, bytes, SendFlags::NOSIGNAL) {
                Ok(count) => bytes = bytes.get(count..).unwrap_or_default(),
                Err(Errno::AGAIN) => wait(&self.0, PollFlags::OUT, deadline)?,
                Err(Errno::INTR) => {}
                Err(errno) => return Err(errno.into()),
            }
        }
        Ok(())
    }
}

/// Waits for one event until the deadline; `TimedOut` when it passes.
fn wait(fd: &OwnedFd, event: PollFlags, deadline: Instant) -> io::Result<()> {
    if poll_until(&mut [PollFd::new(fd, event)], deadline)? {
        Ok(())
    } else {
        Err(io::ErrorKind::TimedOut.into())
    }
}

/// Polls until an event or the deadline; tells whether there was an event.
///
/// A deadline that has passed is not polled at all: a peer that always has a byte ready must not
/// outlive it.
pub(super) fn poll_until(fds: &mut [PollFd<'_>], deadline: Instant) -> io::Result<bool> {
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(false);
        }
        let timeout = Timespec::try_from(left).map_err(|_| io::ErrorKind::InvalidInput)?;
        match poll(fds, Some(&timeout)) {
            Ok(0) | Err(Errno::INTR) => {}
            Ok(_) => return Ok(true),
            Err(errno) => return Err(errno.into()),
        }
    }
}

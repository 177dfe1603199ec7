//! Waits that end at a deadline: a poll, or work that may block for ever on a thread that is abandoned.
//!
//! A file system may stall, as NFS's does without its server; a terminal that nobody reads takes no more; another process may
//! take what a shared standard input had. No poll foretells these.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Instant;

use rustix::event::{PollFd, Timespec, poll};
use rustix::io::{Errno, Result as SystemResult};

/// Stack of a thread that may run the whole program, in bytes; systems give 8 MiB. Without it the environment
/// (`RUST_MIN_STACK`) would decide.
pub(crate) const STACK_SIZE: usize = 1024 * 1024;

/// Returns what the work returns, or an error at the deadline, or if the work panics.
///
/// Where no thread can be had, the work is done here, without a deadline.
pub(crate) fn within<T: Send + 'static>(
    deadline: Instant,
    work: impl Fn() -> T + Send + Sync + 'static,
) -> Result<T, RecvTimeoutError> {
    within_unless(deadline, &AtomicBool::new(false), work)
}

/// Returns the same, but waits for work that has set the flag by the deadline: from then on it ends by itself.
pub(crate) fn within_unless<T: Send + 'static>(
    deadline: Instant,
    ends_by_itself: &AtomicBool,
    work: impl Fn() -> T + Send + Sync + 'static,
) -> Result<T, RecvTimeoutError> {
    let (sender, receiver) = mpsc::channel();
    let work = Arc::new(work);
    let own = Arc::clone(&work);
    // Nobody receives after the deadline.
    let send = move || drop(sender.send(own()));
    match thread::Builder::new().stack_size(STACK_SIZE).spawn(send) {
        Ok(_) => match receiver.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Err(RecvTimeoutError::Timeout) if ends_by_itself.load(Ordering::SeqCst) => {
                receiver.recv().map_err(|_| RecvTimeoutError::Disconnected)
            }
            outcome => outcome,
        },
        Err(_) => Ok(work()),
    }
}

/// Polls until an event or the deadline; returns true if there was an event.
///
/// A deadline that has passed is not polled at all: a peer that always has a byte ready must not
/// outlive it. The kernel rounds socket timeouts up to its timer wheel, which makes a limit of 10 s 200 ms late.
pub(crate) fn poll_until(fds: &mut [PollFd<'_>], deadline: Instant) -> SystemResult<bool> {
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(false);
        }
        let timeout = Timespec::try_from(left).map_err(|_| Errno::INVAL)?;
        match poll(fds, Some(&timeout)) {
            Ok(0) | Err(Errno::INTR) => {}
            Ok(_) => return Ok(true),
            Err(errno) => return Err(errno),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn work_in_time_and_late() {
        let now = Instant::now();
        assert_eq!(within(now + Duration::from_secs(60), || 7), Ok(7));
        let late = within(now, || thread::sleep(Duration::from_secs(60)));
        assert_eq!(late, Err(RecvTimeoutError::Timeout));
        let broken = within(now + Duration::from_secs(60), || panic!("work that panics"));
        assert_eq!(broken, Err::<(), _>(RecvTimeoutError::Disconnected));
        assert_eq!(within_unless(now, &AtomicBool::new(true), || 7), Ok(7));
    }
}

//! Waits that end at a deadline: a poll, or work that may block for ever on a thread that is abandoned.
//!
//! A file system may stall, as NFS's does without its server; a terminal that nobody reads takes no more; another process may
//! take what a shared standard input had. No poll foretells these.

use std::ops::Deref;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, Timespec, poll};
use rustix::io::{Errno, Result as SystemResult};

/// Stack of a thread that may run the whole program, in bytes; systems give 8 MiB. Without it the environment
/// (`RUST_MIN_STACK`) would decide.
pub(crate) const PROGRAM_STACK: usize = 1024 * 1024;

/// Time that work under way still gets after a signal to stop.
const STOP_GRACE: Duration = Duration::from_millis(200);

/// Time between two looks for such a signal.
const STOP_INTERVAL: Duration = Duration::from_millis(50);

/// Maximum number of threads at work: a watch beside a file system that stalls would leave one more with each run.
const MAX_THREADS: usize = 64;

/// Moment of the first signal to stop.
static STOPPED: OnceLock<Instant> = OnceLock::new();

/// Number of threads whose work is not over, waited for or abandoned.
static THREADS: AtomicUsize = AtomicUsize::new(0);

/// Ends all waits soon, for a signal asks the program to stop.
pub(crate) fn stop() {
    STOPPED.get_or_init(Instant::now);
}

/// Time until the deadline, if there is one, or until the program has to stop.
fn time_left(deadline: Option<Instant>) -> Duration {
    let stop = STOPPED.get().map(|at| *at + STOP_GRACE);
    let end = deadline.into_iter().chain(stop).min();
    end.map_or(Duration::MAX, |end| end.saturating_duration_since(Instant::now()))
}

/// Calls `wait` with a time to wait for until it returns something, or no time is left.
pub(crate) fn wait_in_turns<T>(
    deadline: Option<Instant>,
    mut wait: impl FnMut(Duration) -> Option<T>,
) -> Option<T> {
    loop {
        let left = time_left(deadline);
        let waited = wait(left.min(STOP_INTERVAL));
        if waited.is_some() || left <= STOP_INTERVAL {
            return waited;
        }
    }
}

/// Returns what the work returns, or an error at the deadline, or if the work panics.
///
/// Where no thread can be had, the work is done here, without a deadline.
pub(crate) fn within<T: Send + 'static>(
    deadline: Option<Instant>,
    work: impl Fn() -> T + Send + Sync + 'static,
) -> Result<T, RecvTimeoutError> {
    let receiver = start(&THREADS, work);
    let wait = |time| match receiver.recv_timeout(time) {
        Err(RecvTimeoutError::Timeout) => None,
        done => Some(done),
    };
    wait_in_turns(deadline, wait).unwrap_or(Err(RecvTimeoutError::Timeout))
}

/// Starts work on a thread, unless too many are at work.
fn start<T: Send + 'static>(
    threads: &'static AtomicUsize,
    work: impl Fn() -> T + Send + Sync + 'static,
) -> Receiver<T> {
    let (sender, receiver) = mpsc::channel();
    if threads.load(Ordering::Relaxed) < MAX_THREADS {
        let (work, counted) = (Arc::new(work), Counted::new(threads));
        let (own, reply) = (Arc::clone(&work), sender.clone());
        let send = move || {
            let _counted = counted;
            // Nobody receives after the deadline.
            let _ = reply.send(own());
        };
        if thread::Builder::new().stack_size(PROGRAM_STACK).spawn(send).is_err() {
            let _ = sender.send(work());
        }
    }
    receiver
}

/// Counts something that is under way until it is dropped, also by a panic.
#[derive(Debug)]
pub(crate) struct Counted<N: Deref<Target = AtomicUsize>>(N);

impl<N: Deref<Target = AtomicUsize>> Counted<N> {
    fn new(number: N) -> Counted<N> {
        number.fetch_add(1, Ordering::SeqCst);
        Counted(number)
    }
}

impl<N: Deref<Target = AtomicUsize>> Drop for Counted<N> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// The uses of files that are under way, each of which may wait for ever.
#[derive(Debug, Clone, Default)]
pub(crate) struct FileUses(Arc<AtomicUsize>);

impl FileUses {
    /// Counts one more, until it is dropped.
    pub(crate) fn begin(&self) -> Counted<Arc<AtomicUsize>> {
        Counted::new(Arc::clone(&self.0))
    }

    pub(crate) fn any(&self) -> bool {
        self.0.load(Ordering::SeqCst) > 0
    }
}

/// Polls until an event or the deadline, and tests whether there was an event.
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
    use super::*;

    #[test]
    fn work_in_time_and_late() {
        let now = Instant::now();
        assert_eq!(within(Some(now + Duration::from_secs(60)), || 7), Ok(7));
        assert_eq!(within(None, || 7), Ok(7));
        let late = within(Some(now), || thread::sleep(Duration::from_secs(60)));
        assert_eq!(late, Err(RecvTimeoutError::Timeout));
        let broken = within(Some(now + Duration::from_secs(60)), || panic!("work that panics"));
        assert_eq!(broken, Err::<(), _>(RecvTimeoutError::Disconnected));
    }

    #[test]
    fn uses_of_files() {
        let files = FileUses::default();
        let (first, second) = (files.begin(), files.clone().begin());
        drop(first);
        assert!(files.any());
        drop(second);
        assert!(!files.any());
    }

    #[test]
    fn bound_on_abandoned_threads() {
        static OWN: AtomicUsize = AtomicUsize::new(0);
        for _ in 0..2 * MAX_THREADS {
            start(&OWN, || thread::sleep(Duration::from_secs(60)));
        }
        assert_eq!(OWN.load(Ordering::Relaxed), MAX_THREADS);
        assert!(start(&OWN, || 7).recv().is_err());
    }
}

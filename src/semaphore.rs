//! A semaphore for work that takes the processor or memory for long: verifying certificates, and judging responses.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// Maximum number of threads that do such work at once: each may take some ten milliseconds, and the memory of a parsed body.
const MAX_AT_ONCE: usize = 4;

/// The permits for this work.
#[derive(Debug)]
pub(crate) struct Semaphore {
    permits: Mutex<Permits>,
    freed: Condvar,
}

#[derive(Debug)]
struct Permits {
    free: usize,
    /// Number of threads that wait for a permit. Waking one is a system call, which is saved where there is none.
    waiting: usize,
}

impl Semaphore {
    pub(crate) fn new() -> Semaphore {
        Semaphore { permits: Mutex::new(Permits { free: MAX_AT_ONCE, waiting: 0 }), freed: Condvar::new() }
    }

    pub(crate) fn acquire(&self) -> Permit<'_> {
        let mut permits = self.lock();
        permits.waiting += 1;
        let waited = self.freed.wait_while(permits, |permits| permits.free == 0);
        let mut permits = waited.unwrap_or_else(PoisonError::into_inner);
        permits.waiting -= 1;
        permits.free -= 1;
        Permit(self)
    }

    /// Waits for a permit; `None` where the deadline passes before.
    pub(crate) fn acquire_until(&self, deadline: Instant) -> Option<Permit<'_>> {
        let left = deadline.saturating_duration_since(Instant::now());
        let mut permits = self.lock();
        permits.waiting += 1;
        let waited = self.freed.wait_timeout_while(permits, left, |permits| permits.free == 0);
        let (mut permits, _) = waited.unwrap_or_else(PoisonError::into_inner);
        permits.waiting -= 1;
        permits.free = permits.free.checked_sub(1)?;
        drop(permits);
        // A permit that comes too late is given back, which wakes another waiter: this one may have used up its wake-up.
        let permit = Permit(self);
        (Instant::now() < deadline).then_some(permit)
    }

    fn lock(&self) -> MutexGuard<'_, Permits> {
        self.permits.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A permit, free again when it is dropped.
#[derive(Debug)]
pub(crate) struct Permit<'a>(&'a Semaphore);

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        let mut permits = self.0.lock();
        permits.free += 1;
        if permits.waiting > 0 {
            self.0.freed.notify_one();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn permits_and_deadlines() {
        let (semaphore, now) = (Semaphore::new(), Instant::now());
        let later = now + Duration::from_secs(60);
        assert!(semaphore.acquire_until(now).is_none(), "a permit after the deadline");
        let mut taken: Vec<_> = (0..MAX_AT_ONCE).map(|_| semaphore.acquire_until(later).unwrap()).collect();
        assert!(
            semaphore.acquire_until(Instant::now() + Duration::from_millis(1)).is_none(),
            "too many permits"
        );
        taken.pop();
        drop(semaphore.acquire());
        assert!(semaphore.acquire_until(later).is_some());
    }

    /// A permit is freed, and the only wake-up goes to a waiter whose time is over.
    #[test]
    fn wake_up_at_the_deadline() {
        let (semaphore, later) = (Semaphore::new(), Instant::now() + Duration::from_secs(10));
        let taken: Vec<_> = (0..MAX_AT_ONCE).map(|_| semaphore.acquire()).collect();
        std::thread::scope(|scope| {
            let other = scope.spawn(|| semaphore.acquire_until(later).is_some());
            while semaphore.lock().waiting == 0 {
                std::thread::yield_now();
            }
            semaphore.lock().free += 1;
            assert!(semaphore.acquire_until(Instant::now()).is_none(), "a permit after the deadline");
            assert!(other.join().unwrap(), "the other waiter slept on");
        });
        drop(taken);
    }
}

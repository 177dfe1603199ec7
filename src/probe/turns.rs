//! Turns at work that takes the processor for long, so that what has no time left is not begun.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Instant;

/// Maximum number of verifications that run at once; each may take some ten milliseconds.
const MAX_AT_ONCE: usize = 4;

/// The turns that are free.
#[derive(Debug)]
pub(super) struct Turns {
    free: Mutex<usize>,
    freed: Condvar,
}

impl Turns {
    pub(super) fn new() -> Turns {
        Turns { free: Mutex::new(MAX_AT_ONCE), freed: Condvar::new() }
    }

    /// Waits for a turn; `None` where the deadline passes before.
    pub(super) fn take(&self, deadline: Instant) -> Option<Turn<'_>> {
        let left = deadline.saturating_duration_since(Instant::now());
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.freed.wait_timeout_while(free, left, |free| *free == 0);
        let (mut free, _) = waited.unwrap_or_else(PoisonError::into_inner);
        if *free == 0 || Instant::now() >= deadline {
            return None;
        }
        *free -= 1;
        Some(Turn(self))
    }
}

/// A turn, free again when it is dropped.
#[derive(Debug)]
pub(super) struct Turn<'a>(&'a Turns);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        *self.0.free.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.0.freed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn turns_and_deadlines() {
        let (turns, now) = (Turns::new(), Instant::now());
        let later = now + Duration::from_secs(60);
        assert!(turns.take(now).is_none(), "a turn after the deadline");
        let mut taken: Vec<_> = (0..MAX_AT_ONCE).map(|_| turns.take(later).unwrap()).collect();
        assert!(turns.take(Instant::now() + Duration::from_millis(1)).is_none(), "too many turns");
        taken.pop();
        assert!(turns.take(later).is_some());
    }
}

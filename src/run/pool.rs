//! Many endpoints at once: a worker is a thread with one request in flight.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// How many requests are in flight at once where `--parallel` does not say.
const DEFAULT: usize = 1000;

/// How many workers begin. Where the servers are near, more of them only get into each other's way.
const FIRST: usize = 16;

/// How long the workers are watched before more of them begin: longer than a request to a near server
/// takes, while from 16 to 1000 workers it is only six times as long.
const WATCH: Duration = Duration::from_millis(10);

/// The stack of a worker, in bytes: TLS overflows 32 KiB; what is not touched costs nothing.
const STACK: usize = 256 * 1024;

/// Descriptors that are not a worker's: standard streams, files, a second address under way.
const RESERVED: usize = 24;

/// How many workers a run has: as wanted, but no more than endpoints or descriptors.
pub(super) fn workers(wanted: Option<usize>, endpoints: usize) -> usize {
    let workers = wanted.unwrap_or(DEFAULT).min(endpoints);
    workers.min(descriptors(workers + RESERVED).saturating_sub(RESERVED)).max(1)
}

/// How many descriptors may be open: the soft limit, raised towards the hard one where that is needed.
fn descriptors(needed: usize) -> usize {
    let count =
        |limit: Option<u64>| limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX));
    let limit = getrlimit(Resource::Nofile);
    if needed <= count(limit.current) {
        return needed;
    }
    let raised = needed.min(count(limit.maximum));
    let wanted = Rlimit { current: u64::try_from(raised).ok(), maximum: limit.maximum };
    if setrlimit(Resource::Nofile, wanted).is_ok() { raised } else { count(limit.current) }
}

/// Applies `work` to every item, `workers` at once; the results are in the items' order.
///
/// The calling thread is a worker too: one item needs no thread, and where no thread can be had the
/// work is still done. A few workers begin; the calling thread doubles their number while that pays.
pub(super) fn map<T: Sync, R: Send>(items: &[T], workers: usize, work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::with_capacity(items.len()));
    let caller = thread::current();
    let work_loop = || {
        while let Some((index, item)) = take(&next, items) {
            let result = work(item);
            done.lock().unwrap_or_else(PoisonError::into_inner).push((index, result));
        }
        caller.unpark();
    };
    let left = || next.load(Ordering::Relaxed) < items.len();
    let finished = || done.lock().unwrap_or_else(PoisonError::into_inner).len();
    thread::scope(|scope| {
        let spawn_worker =
            || thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work_loop).is_ok() && left();
        let (mut running, mut timing) = (1, 0);
        let mut wanted = FIRST.min(workers);
        while (running..wanted).all(|_| spawn_worker()) && wanted < workers {
            let Some(reached) = should_grow(wanted, timing, left, finished) else { break };
            (running, timing) = (wanted, reached);
            wanted = (2 * running).min(workers);
        }
        work_loop();
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_unstable_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, result)| result).collect()
}

/// Watches a running until more workers are worth their while, and tells how many items it finished within
/// a [`WATCH`]; `None` once no item is left.
///
/// They are where the network holds the running up: it finishes less than an item a head. But an
/// overloaded machine looks the same. So the running must also finish a quarter more than the `timing` of
/// the smaller running before it, unless nothing is finished at all.
fn should_grow(
    running: usize,
    timing: usize,
    left: impl Fn() -> bool,
    finished: impl Fn() -> usize,
) -> Option<usize> {
    while left() {
        let before = finished();
        thread::park_timeout(WATCH);
        let reached = finished() - before;
        if left() && reached < running && (reached == 0 || 4 * reached >= 5 * timing) {
            return Some(reached);
        }
    }
    None
}

/// The next item that nobody has taken.
fn take<'a, T>(next: &AtomicUsize, items: &'a [T]) -> Option<(usize, &'a T)> {
    let index = next.fetch_add(1, Ordering::Relaxed);
    items.get(index).map(|item| (index, item))
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;

    use super::*;

    #[test]
    fn results_keep_the_order_of_their_items() {
        let items: Vec<usize> = (0..1000).collect();
        for workers in [1, 2, 16] {
            assert_eq!(
                map(&items, workers, |item| item * 2),
                items.iter().map(|item| item * 2).collect::<Vec<_>>()
            );
        }
        assert!(map(&[] as &[usize], 4, |item| *item).is_empty());
    }

    #[test]
    fn so_many_workers_work_at_once() {
        for workers in [1, 8, 16, 17, 100] {
            let barrier = Barrier::new(workers);
            // Ends only if all of them meet.
            map(&vec![(); workers], workers, |()| barrier.wait().is_leader());
        }
    }

    #[test]
    fn workers_follow_from_endpoints_and_wish() {
        assert_eq!(workers(None, 1), 1);
        assert_eq!(workers(Some(3), 300), 3);
        assert_eq!(workers(Some(300), 3), 3);
        assert_eq!(workers(None, 0), 1);
    }
}

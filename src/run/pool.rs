//! Many endpoints at once: a worker is a thread with one request in flight.

use std::num::NonZero;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, Scope, Thread};
use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// The default of `--parallel`.
const DEFAULT_WORKERS: usize = 1000;

/// Maximum number of workers: more threads than this come near the limits of common systems.
const MAX_WORKERS: usize = 4096;

/// Number of workers at the start of a run. More of them only contend when servers answer quickly.
const FIRST_WORKERS: usize = 16;

/// Time between two decisions on more workers: longer than a request to a near server takes, while from 16 to 1000
/// workers there are only six decisions.
const GROWTH_INTERVAL: Duration = Duration::from_millis(10);

/// Stack of a worker, in bytes: TLS overflows 32 KiB; untouched pages cost nothing.
const WORKER_STACK: usize = 256 * 1024;

/// Address space that a worker may need besides its stack, in bytes: buffers, a response, its certificate.
const HEAP_PER_WORKER: usize = 256 * 1024;

/// Memory for two workers, one of which is the rest of the run.
const MEMORY_OF_TWO: usize = 2 * (WORKER_STACK + HEAP_PER_WORKER);

/// Address space that glibc reserves for the heap of a thread, in bytes.
const HEAP_OF_A_THREAD: usize = 64 * 1024 * 1024;

/// Descriptors that are not left to workers: standard streams, files, a second address under way.
const RESERVED_DESCRIPTORS: usize = 24;

/// Decides on the number of workers: as wanted, within what endpoints, descriptors and memory allow.
pub(super) fn workers(wanted: Option<usize>, endpoints: usize) -> usize {
    let workers = wanted.unwrap_or(DEFAULT_WORKERS).min(endpoints).min(MAX_WORKERS);
    if workers <= 1 {
        return 1;
    }
    let descriptors = raise_descriptor_limit(workers + RESERVED_DESCRIPTORS);
    workers.min(descriptors.saturating_sub(RESERVED_DESCRIPTORS)).min(workers_in_memory()).max(1)
}

/// Number of workers for half the memory that the limits (`ulimit -v`, `-d`) leave: the run needs the rest.
fn workers_in_memory() -> usize {
    let [addresses, data] = [Resource::As, Resource::Data].map(|resource| count(getrlimit(resource).current));
    let processors = thread::available_parallelism().map_or(1, NonZero::get);
    workers_in_addresses(addresses, processors).min(data / MEMORY_OF_TWO)
}

/// Number of workers within a limit on addresses. The first threads, eight per processor, get a heap each, unless not even
/// two heaps fit.
fn workers_in_addresses(limit: usize, processors: usize) -> usize {
    let heaps = 8 * processors * HEAP_OF_A_THREAD;
    let with_all_heaps = limit.saturating_sub(heaps) / MEMORY_OF_TWO;
    match limit / (2 * HEAP_OF_A_THREAD) {
        0 => limit / MEMORY_OF_TWO,
        some => some.max(with_all_heaps),
    }
}

/// Raises the soft limit on descriptors towards the hard one where that is needed, and returns how many may be open.
fn raise_descriptor_limit(needed: usize) -> usize {
    let limit = getrlimit(Resource::Nofile);
    if needed <= count(limit.current) {
        return needed;
    }
    let raised = needed.min(count(limit.maximum));
    let wanted = Rlimit { current: u64::try_from(raised).ok(), maximum: limit.maximum };
    if setrlimit(Resource::Nofile, wanted).is_ok() { raised } else { count(limit.current) }
}

fn count(limit: Option<u64>) -> usize {
    limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX)
}

/// Applies `work` to every item, `workers` at once; the results are in the items' order.
///
/// The calling thread is a worker too: one item needs no thread, and without any further thread the work is still done.
/// A few workers begin; the calling thread doubles their number while that pays.
pub(super) fn map<T: Sync, R: Send + Sync>(
    items: &[T],
    workers: usize,
    work: impl Fn(&T) -> R + Sync,
) -> Vec<R> {
    let caller = thread::current();
    let results = items.iter().map(|_| OnceLock::new()).collect();
    let queue = Queue { items, next: AtomicUsize::new(0), results, finished: AtomicUsize::new(0), caller };
    thread::scope(|scope| {
        queue.grow(scope, workers, &work);
        queue.work_loop(&work);
    });
    // Collected in place: ten thousand verdicts take megabytes.
    queue.results.into_iter().filter_map(OnceLock::into_inner).collect()
}

struct Queue<'a, T, R> {
    items: &'a [T],
    next: AtomicUsize,
    /// A place for the result of each item.
    results: Vec<OnceLock<R>>,
    finished: AtomicUsize,
    /// Woken when a worker finds nothing left.
    caller: Thread,
}

impl<T: Sync, R: Send + Sync> Queue<'_, T, R> {
    /// Works on items until none is left.
    fn work_loop(&self, work: &(impl Fn(&T) -> R + Sync)) {
        while let Some((item, result)) = self.take() {
            // Each item is taken once.
            let _ = result.set(work(item));
            self.finished.fetch_add(1, Ordering::Relaxed);
        }
        self.caller.unpark();
    }

    fn take(&self) -> Option<(&T, &OnceLock<R>)> {
        // It only hands out numbers: the end of the threads orders everything else.
        let index = self.next.fetch_add(1, Ordering::Relaxed);
        self.items.get(index).zip(self.results.get(index))
    }

    fn has_more(&self) -> bool {
        self.next.load(Ordering::Relaxed) < self.items.len()
    }

    fn finished(&self) -> usize {
        self.finished.load(Ordering::Relaxed)
    }

    /// Spawns workers, and more of them while that pays; the calling thread counts as one.
    fn grow<'scope>(
        &'scope self,
        scope: &'scope Scope<'scope, '_>,
        workers: usize,
        work: &'scope (impl Fn(&T) -> R + Sync),
    ) {
        let (mut running, mut finished) = (1, 0);
        let mut wanted = FIRST_WORKERS.min(workers);
        // `all` stops at the first thread that the system refuses.
        while (running..wanted).all(|_| self.spawn_worker(scope, work)) && wanted < workers {
            let Some(reached) = self.should_grow(wanted, finished) else { break };
            (running, finished) = (wanted, reached);
            wanted = (2 * running).min(workers);
        }
    }

    /// Spawns a worker; `false` if the system has no thread left, or no item needs one.
    fn spawn_worker<'scope>(
        &'scope self,
        scope: &'scope Scope<'scope, '_>,
        work: &'scope (impl Fn(&T) -> R + Sync),
    ) -> bool {
        let worker = thread::Builder::new().stack_size(WORKER_STACK);
        worker.spawn_scoped(scope, || self.work_loop(work)).is_ok() && self.has_more()
    }

    /// Waits until more workers would pay, and returns how many items the running ones finished within a
    /// [`GROWTH_INTERVAL`]; `None` once no item is left.
    ///
    /// More of them pay where the network holds the running ones up: those finish less than an item each. But an
    /// overloaded machine looks the same. So they must also finish a quarter more than the fewer ones before them did,
    /// unless nothing is finished at all.
    fn should_grow(&self, running: usize, finished_by_fewer: usize) -> Option<usize> {
        while self.has_more() {
            let before = self.finished();
            thread::park_timeout(GROWTH_INTERVAL);
            let finished = self.finished() - before;
            let pays = finished == 0 || 4 * finished >= 5 * finished_by_fewer;
            if self.has_more() && finished < running && pays {
                return Some(finished);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;

    use super::*;

    #[test]
    fn order_of_results() {
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
    fn workers_at_once() {
        for workers in [1, 8, 16, 17, 100] {
            let barrier = Barrier::new(workers);
            // Ends only if all of them meet.
            map(&vec![(); workers], workers, |()| barrier.wait().is_leader());
        }
    }

    #[test]
    fn workers_within_limits() {
        let table = [(40, 40), (120, 120), (200, 1), (400, 3), (1000, 7), (1024 + 500, 500), (4096, 3072)];
        for (mebibytes, workers) in table {
            assert_eq!(workers_in_addresses(mebibytes << 20, 2), workers, "{mebibytes} MiB");
        }
    }

    #[test]
    fn number_of_workers() {
        assert_eq!(workers(None, 1), 1);
        assert_eq!(workers(Some(3), 300), 3);
        assert_eq!(workers(Some(300), 3), 3);
        assert_eq!(workers(None, 0), 1);
        assert!(workers(Some(20_000), 20_000) <= MAX_WORKERS);
    }
}

//! Runs on a thread of their own, so that a signal can end the program during one.

use std::cell::Cell;
use std::io::Read;
use std::ops::ControlFlow;
use std::os::unix::net::UnixStream;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::{flag, low_level::pipe};

use super::{Run, TimeFrame};
use crate::deadline::{self, PROGRAM_STACK};
use crate::report::Report;
use crate::report::wording::run::LATE_FILE;

/// A thread that executes runs, and the signals that interrupt them.
pub(crate) struct Runner {
    /// The times of the runs to execute.
    orders: Sender<TimeFrame>,
    events: Receiver<Event>,
    /// A run that was abandoned is not over yet, and the next one waits for its thread.
    busy: Cell<bool>,
    /// Time between two calls of `tick`.
    interval: Duration,
}

/// The end of a wait.
enum Event {
    /// A run is over, or has panicked.
    Over(Box<thread::Result<Result<Report>>>),
    Stop,
}

impl Runner {
    /// Starts the thread and listens for signals.
    pub(crate) fn start(run: Arc<Run>, interval: Duration) -> Result<Runner> {
        let (reports, events) = mpsc::channel();
        let (orders, received) = mpsc::channel();
        let stop = reports.clone();
        listen(move || {
            let _ = stop.send(Event::Stop);
        })?;
        let work = move || work_loop(&run, &received, &reports);
        thread::Builder::new().stack_size(PROGRAM_STACK).spawn(work).context("no thread for the runs")?;
        Ok(Runner { orders, events, busy: Cell::new(false), interval })
    }

    /// Executes a run; `None` if a signal came first. A run that is not over at `until`, as a file system may hold it, is
    /// abandoned on its thread.
    pub(crate) fn run(
        &self,
        time: TimeFrame,
        until: Option<Instant>,
        mut tick: impl FnMut(),
    ) -> Option<Result<Report>> {
        let mut order = Some(time);
        loop {
            if !self.busy.get()
                && let Some(order) = order.take()
            {
                self.busy.set(true);
                if self.orders.send(order).is_err() {
                    return Some(Err(anyhow!("the thread for the runs has ended")));
                }
            }
            match self.next(until, &mut tick) {
                None => return Some(Err(anyhow!(LATE_FILE))),
                Some(Event::Stop) => return None,
                Some(Event::Over(outcome)) => {
                    self.busy.set(false);
                    if order.is_none() {
                        return Some((*outcome).unwrap_or_else(|panic| panic::resume_unwind(panic)));
                    }
                }
            }
        }
    }

    pub(crate) fn pause(&self, until: Instant, mut tick: impl FnMut()) -> ControlFlow<()> {
        loop {
            match self.next(Some(until), &mut tick) {
                None => return ControlFlow::Continue(()),
                Some(Event::Stop) => return ControlFlow::Break(()),
                Some(Event::Over(_)) => self.busy.set(false),
            }
        }
    }

    /// The next event, unless `until` comes first.
    fn next(&self, until: Option<Instant>, mut tick: impl FnMut()) -> Option<Event> {
        loop {
            let left = until.map_or(self.interval, |until| until.saturating_duration_since(Instant::now()));
            match self.events.recv_timeout(left.min(self.interval)) {
                Ok(event) => return Some(event),
                Err(RecvTimeoutError::Timeout) if left.is_zero() => return None,
                Err(RecvTimeoutError::Timeout) => tick(),
                // The listener's end lives as long as the process.
                Err(RecvTimeoutError::Disconnected) => return Some(Event::Stop),
            }
        }
    }
}

fn work_loop(run: &Run, orders: &Receiver<TimeFrame>, reports: &Sender<Event>) {
    for time in orders {
        let outcome = panic::catch_unwind(AssertUnwindSafe(|| run.once(time)));
        // Nobody receives a run that was abandoned.
        let _ = reports.send(Event::Over(Box::new(outcome)));
    }
}

/// Calls `stop` at the first SIGINT or SIGTERM. A second one ends the process by default: a reader that does not
/// read could block an orderly end.
fn listen(stop: impl FnOnce() + Send + 'static) -> Result<()> {
    let (mut receiver, sender) = UnixStream::pair().context("no socket for signals")?;
    let signalled = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        flag::register_conditional_default(signal, Arc::clone(&signalled))?;
        flag::register(signal, Arc::clone(&signalled))?;
        pipe::register(signal, sender.try_clone()?)?;
    }
    let wait = move || {
        let _ = receiver.read(&mut [0]);
        deadline::stop();
        stop();
    };
    thread::Builder::new().stack_size(PROGRAM_STACK).spawn(wait).context("no thread for signals")?;
    Ok(())
}

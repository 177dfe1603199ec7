//! Runs on a thread of their own, so that a signal ends the watch in the midst of one.

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

use crate::report::Report;
use crate::run::Run;

/// How often the one who waits may look up: what it shows has seconds in it.
const TICK: Duration = Duration::from_millis(500);

/// The thread that runs, and what it and the signals report.
pub(super) struct Runner {
    begin: Sender<Instant>,
    events: Receiver<Event>,
}

/// What ends a wait.
enum Event {
    /// A run is over, or has panicked.
    Over(Box<thread::Result<Result<Report>>>),
    /// Ctrl-C, or the wish that the process end.
    Stop,
}

impl Runner {
    /// Starts the thread and listens for signals.
    pub(super) fn start(run: Arc<Run>) -> Result<Runner> {
        let (report, events) = mpsc::channel();
        let (begin, orders) = mpsc::channel::<Instant>();
        let stop = report.clone();
        listen(move || {
            let _ = stop.send(Event::Stop);
        })?;
        let labour = move || {
            for began in orders {
                let deadline = began + run.plan().timing.budget;
                let outcome = panic::catch_unwind(AssertUnwindSafe(|| run.once(began, deadline)));
                // Nobody listens any more when the watch is over.
                let _ = report.send(Event::Over(Box::new(outcome)));
            }
        };
        thread::Builder::new().spawn(labour).context("no thread for the runs of --watch")?;
        Ok(Runner { begin, events })
    }

    /// Carries out a run; `None` if a signal came first. The run is left behind then.
    pub(super) fn run(&self, began: Instant, tick: impl FnMut()) -> Option<Result<Report>> {
        if self.begin.send(began).is_err() {
            return Some(Err(anyhow!("the thread for the runs of --watch has ended")));
        }
        match self.next(None, tick)? {
            Event::Over(outcome) => Some((*outcome).unwrap_or_else(|panic| panic::resume_unwind(panic))),
            Event::Stop => None,
        }
    }

    /// Waits; breaks off if a signal comes.
    pub(super) fn pause(&self, until: Instant, tick: impl FnMut()) -> ControlFlow<()> {
        match self.next(Some(until), tick) {
            None => ControlFlow::Continue(()),
            Some(_) => ControlFlow::Break(()),
        }
    }

    /// The next event, unless the moment comes first.
    fn next(&self, until: Option<Instant>, mut tick: impl FnMut()) -> Option<Event> {
        loop {
            let left = until.map_or(TICK, |until| until.saturating_duration_since(Instant::now()));
            match self.events.recv_timeout(left.min(TICK)) {
                Ok(event) => return Some(event),
                Err(RecvTimeoutError::Timeout) if left.is_zero() => return None,
                Err(RecvTimeoutError::Timeout) => tick(),
                // The listener's end lives as long as the process.
                Err(RecvTimeoutError::Disconnected) => return Some(Event::Stop),
            }
        }
    }
}

/// Calls at the first SIGINT or SIGTERM. A second one ends the process as if nobody listened: a reader that does
/// not read may keep us from ending in order.
fn listen(stop: impl FnOnce() + Send + 'static) -> Result<()> {
    let (mut receiver, sender) = UnixStream::pair().context("no socket to learn of signals by")?;
    let impatient = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        flag::register_conditional_default(signal, Arc::clone(&impatient))?;
        flag::register(signal, Arc::clone(&impatient))?;
        pipe::register(signal, sender.try_clone()?)?;
    }
    let wait = move || {
        // An end of the stream is the end of the process.
        let _ = receiver.read(&mut [0]);
        stop();
    };
    thread::Builder::new().spawn(wait).context("no thread to learn of signals by")?;
    Ok(())
}

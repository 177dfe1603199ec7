//! `--wait`: quiet until the state is OK or the time is over.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::model::state::State;
use crate::report::{Report, wording};
use crate::run::{MIN_RUN, Run, Runner, TimeFrame, last_complete};
use crate::terminal::progress::{INTERVAL, ProgressBar, ProgressSnapshot};
use crate::verdict::Verdict;

/// Minimum time of the first run, so that an endpoint can answer. A run may exceed its limit by more than this.
const MIN_FIRST_RUN: Duration = Duration::from_millis(150);

/// Runs until the state is OK, or until `limit` after `started` and not before. Returns the last run's report, with
/// the time and the number of runs in its summary.
///
/// The limit cuts the last run short; Ctrl-C ends the waiting at once.
pub(crate) fn wait(run: Run, started: Instant, limit: Duration) -> Result<Report> {
    let run = Arc::new(run);
    let runner = Runner::start(Arc::clone(&run), INTERVAL)?;
    let mut bar = ProgressBar::new(run.plan().output.progress, run.plan().output.ascii);
    let mut waiting = Waiting { started, limit, runs: 0, last: None };
    let interrupted = until_ok(&run, &runner, &mut bar, &mut waiting)?.is_break();
    Ok(waiting.ended(&run, interrupted))
}

struct Waiting {
    started: Instant,
    limit: Duration,
    runs: u64,
    last: Option<Report>,
}

/// Runs until the state is OK or the time is over. Breaks off at a signal.
fn until_ok(
    run: &Run,
    runner: &Runner,
    bar: &mut ProgressBar,
    waiting: &mut Waiting,
) -> Result<ControlFlow<()>> {
    let timing = &run.plan().timing;
    let end = waiting.started + waiting.limit;
    let mut began = waiting.started;
    let mut deadline = end.max(began + MIN_FIRST_RUN);
    loop {
        let whole = timing.deadline(began);
        let is_cut_short = deadline < whole;
        let run_deadline = deadline.min(whole);
        let time = TimeFrame { started: began, deadline: run_deadline };
        let outcome = runner.run(time, None, || bar.draw(|| waiting.snapshot()));
        let Some(outcome) = outcome else { return Ok(ControlFlow::Break(())) };
        let end_of_run = is_cut_short.then_some(run_deadline);
        if waiting.record(run, outcome, began, end_of_run)? == State::Ok {
            return Ok(ControlFlow::Continue(()));
        }
        began = Instant::now() + timing.retry_delay;
        let is_last = began + MIN_RUN > end;
        let until = if is_last { end } else { began };
        let paused = runner.pause(until, || bar.draw(|| waiting.snapshot()));
        if is_last || paused.is_break() {
            return Ok(paused);
        }
        deadline = end;
    }
}

impl Waiting {
    /// Records a run that is over, and returns its state. One that was cut short has an end. Only a failure to start the
    /// first run is final.
    fn record(
        &mut self,
        run: &Run,
        outcome: Result<Report>,
        began: Instant,
        end: Option<Instant>,
    ) -> Result<State> {
        let mut report = match outcome {
            Err(error) if self.runs == 0 => return Err(error),
            outcome => outcome.unwrap_or_else(|error| super::run_failed(run, &error, began)),
        };
        if let Some((before, end)) = self.last.take().zip(end) {
            report = completed(run, before, report, Instant::now() >= end);
        }
        self.runs += 1;
        Ok(self.last.insert(report).state)
    }

    fn snapshot(&self) -> ProgressSnapshot {
        let elapsed = self.started.elapsed();
        let last =
            self.last.as_ref().map(|report| format!("{}: {}", report.state, report.summary_with_marks()));
        let words = wording::run::waiting(elapsed, self.limit, last);
        ProgressSnapshot::of_time(elapsed, self.limit, words)
    }

    fn ended(self, run: &Run, is_interrupted: bool) -> Report {
        let (before, after) = wording::run::waited(self.started.elapsed(), self.runs, is_interrupted);
        let Some(last) = self.last else { return run.interrupted(self.started) };
        last.summarise_between(&before, &after, run.plan().quorum)
    }
}

/// Returns the report of a run that was cut short, with what the run before it found where the latest one proves less: its
/// requests had no time left, or its login.
fn completed(run: &Run, before: Report, mut latest: Report, is_over: bool) -> Report {
    let has_late_login = latest.login.as_ref().is_some_and(|login| login.is_late());
    if latest.endpoints.is_empty() && (has_late_login || (is_over && latest.login.is_none())) {
        return before;
    }
    if has_late_login {
        latest.login = before.login;
    }
    let is_over = is_over || has_late_login;
    let before = before.endpoints.into_iter().map(|verdict| (verdict.endpoint.clone(), verdict));
    let mut before: HashMap<String, Verdict> = before.collect();
    let endpoints = std::mem::take(&mut latest.endpoints).into_iter();
    let endpoints =
        endpoints.map(|verdict| last_complete(before.remove(&verdict.endpoint), verdict, is_over));
    let endpoints = endpoints.collect();
    latest.with_endpoints(run.plan(), endpoints)
}

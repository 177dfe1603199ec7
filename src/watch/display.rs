//! Shows the runs of a watch: redrawn on a terminal, as lines elsewhere, or in a file.

use std::io;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use super::history::{Change, History};
use super::live::{LiveBlock, LiveView};
use super::stream;
use super::summary::WatchSummary;
use crate::cli::OutputFormat;
use crate::environment::Size;
use crate::model::state::State;
use crate::output;
use crate::plan::{OutputOptions, TerminalKind};
use crate::report::{Report, in_ascii, wording};
use crate::run::Run;
use crate::terminal::layout::{MAX_PROSE, wrap_indented};
use crate::terminal::progress::SHOW_AFTER;
use crate::terminal::style::Palette;
use crate::units;

pub(super) struct WatchDisplay<'a> {
    run: &'a Run,
    started: Instant,
    every: Duration,
    /// The last run that was over.
    latest: Option<Report>,
    /// Kept only for a person at a terminal.
    history: History,
    /// Only on a terminal that can be redrawn.
    block: Option<LiveBlock>,
    /// Start of the current run; `None` between runs.
    running_since: Option<Instant>,
    /// Exit code if the watch ended now.
    code: u8,
}

impl<'a> WatchDisplay<'a> {
    pub(super) fn new(run: &'a Run, started: Instant, every: Duration) -> WatchDisplay<'a> {
        let output = &run.plan().output;
        let live = output.format == Some(OutputFormat::Human) && output.terminal == TerminalKind::Full;
        WatchDisplay {
            run,
            started,
            every,
            latest: None,
            history: History::default(),
            block: live.then(LiveBlock::default),
            running_since: None,
            code: run.plan().exit_codes.of(State::Unknown),
        }
    }

    pub(super) fn run_begins(&mut self, began: Instant) {
        self.running_since = Some(began);
    }

    /// Shows a run that is over. Breaks off when standard output is gone.
    pub(super) fn run_ends(&mut self, report: Report) -> ControlFlow<()> {
        self.running_since = None;
        self.code = report.exit_code;
        let changes =
            if self.is_watched() { self.history.record(&report, self.started.elapsed()) } else { Vec::new() };
        let report = self.latest.insert(report);
        let plan = self.run.plan();
        if plan.output.file.is_some() {
            // A failed write does not end the watch: the next one may find room on the disk.
            self.code = output::write_report(report, plan, plan.timing.deadline(Instant::now()));
            return ControlFlow::Continue(());
        }
        if self.block.is_some() {
            let log: Vec<String> = changes.iter().flat_map(|change| self.log_lines(change)).collect();
            return self.draw(&log);
        }
        let line = stream::line(report, &plan.output);
        self.write(&line)
    }

    pub(super) fn refresh(&mut self) {
        if self.block.is_some() {
            // A terminal that has gone is noticed when the run is over.
            let _ = self.draw(&[]);
        }
    }

    /// Ends with a summary for a person, and returns the exit code of the last run that was over.
    pub(super) fn end(mut self) -> u8 {
        if self.is_watched() {
            let at = self.started.elapsed();
            self.history.pass(at);
            let summary = self.summary(at);
            let text = match &mut self.block {
                Some(block) => block.redraw(&summary, &[], Size::of(io::stdout()).columns),
                None => summary.join("\n") + "\n",
            };
            let _ = self.write(&text);
        }
        self.code
    }

    fn output(&self) -> &OutputOptions {
        &self.run.plan().output
    }

    fn is_watched(&self) -> bool {
        let output = self.output();
        output.format == Some(OutputFormat::Human) && output.terminal != TerminalKind::None
    }

    fn palette(&self) -> Palette {
        Palette::new(self.output().color)
    }

    fn draw(&mut self, log: &[String]) -> ControlFlow<()> {
        let size = Size::of(io::stdout());
        let lines = LiveView {
            history: &self.history,
            report: self.latest.as_ref(),
            status: &self.status(),
            at: self.started.elapsed(),
            size,
            palette: self.palette(),
        }
        .lines();
        let text = self.block.as_mut().map(|block| block.redraw(log, &lines, size.columns));
        self.write(&text.unwrap_or_default())
    }

    /// Writes a text. A result that could not be written must not exit 0.
    fn write(&mut self, text: &str) -> ControlFlow<()> {
        let format = self.output().format.filter(|_| self.output().ascii);
        let written = match format {
            Some(format) => output::print(&in_ascii(text, format), None),
            None => output::print(text, None),
        };
        if written.is_ok() {
            return ControlFlow::Continue(());
        }
        let state = self.latest.as_ref().map_or(State::Unknown, Report::state_if_lost);
        self.code = self.run.plan().exit_codes.of(state);
        ControlFlow::Break(())
    }

    fn status(&self) -> String {
        let elapsed =
            self.running_since.map(|began| began.elapsed()).filter(|elapsed| *elapsed >= SHOW_AFTER);
        let progress = elapsed.map(|elapsed| {
            let (done, all) = self.run.counts();
            wording::run::progress(done, all, elapsed, self.run.plan().timing.budget)
        });
        let last_start = self.latest.as_ref().map(|report| report.started_at);
        wording::run::watching(self.history.runs, self.every, progress.as_deref(), last_start)
    }

    /// The lines of a change in the log above the view.
    fn log_lines(&self, change: &Change) -> Vec<String> {
        let ((from, was), (to, _)) = (change.from, change.to);
        let to = self.palette().state(to);
        let what = if change.from.0 == change.to.0 {
            format!("{to}  {was} → ")
        } else {
            format!("{} → {to}  ", self.palette().state(from))
        };
        let when = units::format_timestamp(change.when);
        let indent = " ".repeat(when.len() + 4);
        let columns = Size::of(io::stdout()).columns.saturating_sub(1).min(MAX_PROSE);
        wrap_indented(&format!("{when}  {what}"), &indent, &self.with_marks(&change.summary), columns)
    }

    fn summary(&self, at: Duration) -> Vec<String> {
        let Some(latest) = &self.latest else {
            return vec![wording::run::NO_RUN.to_owned()];
        };
        WatchSummary {
            history: &self.history,
            latest,
            at,
            columns: Size::of(io::stdout()).columns,
            palette: self.palette(),
        }
        .lines()
    }

    fn with_marks(&self, text: &str) -> String {
        self.latest.as_ref().map_or_else(|| text.to_owned(), |report| report.with_marks(text))
    }
}

//! Who hears of the runs of a watch: a terminal that is redrawn, a stream of lines, or a file.

use std::io;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use super::history::{History, StateChange};
use super::live::LiveBlock;
use super::live::LiveView;
use super::stream;
use super::summary::Summary;
use crate::cli::OutputFormat;
use crate::environment::Size;
use crate::model::state::State;
use crate::output;
use crate::plan::TerminalKind;
use crate::report::Report;
use crate::run::{self, Run};
use crate::terminal::progress::SHOW_AFTER;
use crate::terminal::style::Palette;
use crate::units;

/// Tells of runs, and keeps what the end of the watch needs.
pub(super) struct WatchDisplay<'a> {
    run: &'a Run,
    started: Instant,
    every: Duration,
    /// The last run that was over.
    latest: Option<Report>,
    /// Kept for a person at a terminal.
    history: History,
    /// The block of lines at a terminal that can be redrawn.
    screen: Option<LiveBlock>,
    /// When the run under way began; `None` between the runs.
    under_way: Option<Instant>,
    /// The exit code, if the watch ended now.
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
            screen: live.then(LiveBlock::default),
            under_way: None,
            code: run.plan().exit_codes.of(State::Unknown),
        }
    }

    /// Learns that a run begins.
    pub(super) fn begins(&mut self, began: Instant) {
        self.under_way = Some(began);
    }

    /// Tells of a run that is over. Breaks off when nobody listens any more.
    pub(super) fn tell(&mut self, report: Report) -> ControlFlow<()> {
        self.under_way = None;
        self.code = report.exit_code;
        let changes =
            if self.is_watched() { self.history.record(&report, self.started.elapsed()) } else { Vec::new() };
        let report = self.latest.insert(report);
        let plan = self.run.plan();
        if plan.output.file.is_some() {
            // The next run may find room on the disk again.
            self.code = output::write_report(report, plan, Instant::now() + plan.timing.budget);
            return ControlFlow::Continue(());
        }
        if self.screen.is_some() {
            let above: Vec<String> = changes.iter().map(|change| self.change(change)).collect();
            return self.draw(&above);
        }
        let line = stream::line(report, &plan.output);
        self.write(&line)
    }

    /// Shows that time passes.
    pub(super) fn refresh(&mut self) {
        if self.screen.is_some() {
            // A terminal that has gone is noticed when the run is over.
            let _ = self.draw(&[]);
        }
    }

    /// Ends it: for a person with a summary. The exit code of the last run that was over.
    pub(super) fn end(mut self) -> u8 {
        if self.is_watched() {
            let at = self.started.elapsed();
            self.history.pass(at);
            let summary = self.summary(at);
            let text = match &mut self.screen {
                Some(screen) => screen.redrawn(&summary, &[], Size::of(io::stdout()).columns),
                None => summary.join("\n") + "\n",
            };
            let _ = self.write(&text);
        }
        self.code
    }

    fn is_watched(&self) -> bool {
        let output = &self.run.plan().output;
        output.format == Some(OutputFormat::Human) && output.terminal != TerminalKind::None
    }

    fn palette(&self) -> Palette {
        Palette::new(self.run.plan().output.color)
    }

    fn draw(&mut self, above: &[String]) -> ControlFlow<()> {
        let size = Size::of(io::stdout());
        let block = LiveView {
            history: &self.history,
            report: self.latest.as_ref(),
            status: &self.status(),
            at: self.started.elapsed(),
            size,
            palette: self.palette(),
        }
        .lines();
        let text = self.screen.as_mut().map(|screen| screen.redrawn(above, &block, size.columns));
        self.write(&text.unwrap_or_default())
    }

    /// Writes; what cannot be told must not look healthy.
    fn write(&mut self, text: &str) -> ControlFlow<()> {
        if output::print(text, None).is_ok() {
            return ControlFlow::Continue(());
        }
        let state = self.latest.as_ref().map_or(State::Unknown, Report::state_if_lost);
        self.code = self.run.plan().exit_codes.of(state);
        ControlFlow::Break(())
    }

    /// How the watch goes on.
    fn status(&self) -> String {
        let (runs, every) = (self.history.runs, units::format_configured(self.every));
        let long = self.under_way.map(|began| began.elapsed()).filter(|elapsed| *elapsed >= SHOW_AFTER);
        let status = match (long, &self.latest) {
            (Some(elapsed), _) => {
                let how_far = run::counted(self.run.counts(), elapsed, self.run.plan().timing.budget);
                format!("Run {} under way: {how_far}.", runs + 1)
            }
            (None, None) => format!("The first run is under way, then one every {every}."),
            (None, Some(report)) => {
                format!(
                    "Run {runs} began at {}, one every {every}.",
                    units::format_timestamp(report.started_at)
                )
            }
        };
        format!("{status} Ctrl-C ends the watch.")
    }

    fn change(&self, change: &StateChange) -> String {
        let StateChange { when, endpoint, from, to, why } = change;
        let palette = self.palette();
        let (from, to) = (palette.state(*from, from.name()), palette.state(*to, to.name()));
        let line = format!("{}  {from} → {to}  {endpoint}  {why}", units::format_timestamp(*when));
        self.with_marks(&line)
    }

    fn summary(&self, at: Duration) -> Vec<String> {
        let Some(latest) = &self.latest else {
            return vec!["No run was over before the watch ended: nothing is known.".to_owned()];
        };
        Summary {
            history: &self.history,
            latest,
            at,
            columns: Size::of(io::stdout()).columns,
            palette: self.palette(),
        }
        .lines()
    }

    /// With the marks that every output bears.
    fn with_marks(&self, line: &str) -> String {
        self.latest.as_ref().map_or_else(|| line.to_owned(), |report| report.with_marks(line))
    }
}

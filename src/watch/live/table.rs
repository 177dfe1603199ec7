//! The endpoints of the live view, a row each.

use super::LiveView;
use crate::report::wording;
use crate::terminal::layout::{GAP, MARGIN, fit_columns, pad_left, pad_right, truncate_middle, widest};
use crate::units;
use crate::verdict::Verdict;
use crate::watch::sparkline;

const MIN_SPARKLINE: usize = 8;
const MAX_SPARKLINE: usize = 60;
const TIME_COLUMNS: usize = 7;

/// The width of each column; 0 for one that there is no room for.
pub(super) struct EndpointTable<'a> {
    view: &'a LiveView<'a>,
    verdicts: &'a [&'a Verdict],
    name: usize,
    sparkline: usize,
    time: usize,
    diagnosis: usize,
    duration: usize,
}

impl<'a> EndpointTable<'a> {
    pub(super) fn new(verdicts: &'a [&'a Verdict], view: &'a LiveView<'a>) -> EndpointTable<'a> {
        let name = widest(verdicts.iter().map(|verdict| verdict.endpoint.as_str()));
        let diagnosis = widest(verdicts.iter().map(|verdict| verdict.diagnosis.name()));
        let duration = widest(verdicts.iter().map(|verdict| duration(view, verdict)));
        let room = view.columns().saturating_sub(MARGIN);
        let fitted = fit_columns(name, [MIN_SPARKLINE, diagnosis, TIME_COLUMNS, duration], room);
        let [sparkline, diagnosis, time, duration] = fitted.columns;
        let sparkline = if sparkline > 0 { (sparkline + fitted.left).min(MAX_SPARKLINE) } else { 0 };
        EndpointTable { view, verdicts, name: fitted.name, sparkline, time, diagnosis, duration }
    }

    pub(super) fn lines(&self) -> Vec<String> {
        self.verdicts.iter().map(|verdict| self.line(verdict)).collect()
    }

    fn line(&self, verdict: &Verdict) -> String {
        let palette = self.view.palette;
        let mut line = palette.margin(verdict.state);
        line += &palette.bold(&pad_right(&truncate_middle(&verdict.endpoint, self.name), self.name));
        let columns = [
            (self.diagnosis, pad_right(verdict.diagnosis.name(), self.diagnosis)),
            (self.duration, pad_right(&duration(self.view, verdict), self.duration)),
            (self.time, pad_left(&format_slowest(verdict), self.time)),
            (self.sparkline, self.sparkline(verdict)),
        ];
        for (_, text) in columns.into_iter().filter(|(columns, _)| *columns > 0) {
            line += GAP;
            line += &text;
        }
        line
    }

    fn sparkline(&self, verdict: &Verdict) -> String {
        let endpoint = self.view.history.endpoint(&verdict.endpoint);
        let recent = endpoint.into_iter().flat_map(|endpoint| &endpoint.recent);
        sparkline::draw(recent, self.sparkline, self.view.palette)
    }
}

/// The time since the endpoint entered its state.
fn duration(view: &LiveView, verdict: &Verdict) -> String {
    let endpoint = view.history.endpoint(&verdict.endpoint);
    let time = endpoint.map(|endpoint| endpoint.states.time_in_state(view.at));
    time.map(wording::run::lasting).unwrap_or_default()
}

/// Time of the slowest request of the run.
fn format_slowest(verdict: &Verdict) -> String {
    verdict.sent().map(|judged| judged.elapsed).max().map(units::format_duration).unwrap_or_default()
}

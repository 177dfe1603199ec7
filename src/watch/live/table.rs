//! The endpoints of the live view, a row each.

use super::LiveView;
use crate::report::wording;
use crate::terminal::layout::{
    FittedColumns, MARGIN, fit_columns, join_cells, pad_left, pad_right, truncate_middle, widest,
};
use crate::units;
use crate::verdict::Verdict;
use crate::watch::sparkline;

const MIN_SPARKLINE: usize = 8;
const MAX_SPARKLINE: usize = 60;
const TIME_COLUMNS: usize = 7;

pub(super) struct EndpointTable<'a> {
    view: &'a LiveView<'a>,
    verdicts: &'a [&'a Verdict],
    /// The widths of the names, and of sparkline, diagnosis, time and duration.
    fitted: FittedColumns<4>,
}

impl<'a> EndpointTable<'a> {
    pub(super) fn new(verdicts: &'a [&'a Verdict], view: &'a LiveView<'a>) -> EndpointTable<'a> {
        let name = widest(verdicts.iter().map(|verdict| verdict.endpoint.as_str()));
        let diagnosis = widest(verdicts.iter().map(|verdict| verdict.diagnosis.name()));
        let duration = widest(verdicts.iter().map(|verdict| duration(view, verdict)));
        let room = view.columns().saturating_sub(MARGIN);
        let mut fitted = fit_columns(name, [MIN_SPARKLINE, diagnosis, TIME_COLUMNS, duration], room);
        let [sparkline, ..] = &mut fitted.columns;
        if *sparkline > 0 {
            *sparkline = (*sparkline + fitted.left).min(MAX_SPARKLINE);
        }
        EndpointTable { view, verdicts, fitted }
    }

    pub(super) fn lines(&self) -> Vec<String> {
        self.verdicts.iter().map(|verdict| self.line(verdict)).collect()
    }

    fn line(&self, verdict: &Verdict) -> String {
        let (palette, width) = (self.view.palette, self.fitted.name);
        let name = palette.bold(&pad_right(&truncate_middle(&verdict.endpoint, width), width));
        let [sparkline, diagnosis, time, duration] = self.fitted.columns;
        let cells = [
            (diagnosis, pad_right(verdict.diagnosis.name(), diagnosis)),
            (duration, pad_right(&self::duration(self.view, verdict), duration)),
            (time, pad_left(&format_slowest(verdict), time)),
            (sparkline, self.sparkline(verdict, sparkline)),
        ];
        join_cells(palette.margin(verdict.state) + &name, cells)
    }

    fn sparkline(&self, verdict: &Verdict, columns: usize) -> String {
        let endpoint = self.view.history.endpoint(&verdict.endpoint);
        let recent = endpoint.into_iter().flat_map(|endpoint| &endpoint.recent);
        sparkline::draw(recent, columns, self.view.palette)
    }
}

/// The time since the endpoint entered its state.
fn duration(view: &LiveView, verdict: &Verdict) -> String {
    let endpoint = view.history.endpoint(&verdict.endpoint);
    let time = endpoint.map(|endpoint| endpoint.states.time_in_state(view.at));
    time.map(wording::run::lasting).unwrap_or_default()
}

fn format_slowest(verdict: &Verdict) -> String {
    verdict.sent().map(|judged| judged.elapsed).max().map(units::format_duration).unwrap_or_default()
}

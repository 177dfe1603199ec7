//! The endpoints of the live view, a row each: what there is room for, the most display first.

use super::LiveView;
use crate::terminal::layout::{MARGIN, display_width, pad_left, pad_right, truncate_middle};
use crate::units;
use crate::verdict::Verdict;
use crate::watch::sparkline;

/// What stands between two columns.
const GAP: usize = 2;
/// An endpoint's name is not shortened to less than this share of the line, in percent: its ends are what people
/// tell it by.
const NAME: usize = 35;
/// A sparkline has at least so many runs, and at most.
const SPARKLINE: (usize, usize) = (8, 60);
/// As wide as the widest time.
const TIME: usize = 7;

/// The rows, and the width of each column; 0 for one that there is no room for.
pub(super) struct EndpointTable<'a> {
    view: &'a LiveView<'a>,
    verdicts: &'a [&'a Verdict],
    name: usize,
    sparkline: usize,
    time: usize,
    diagnosis: usize,
    lasts: usize,
}

impl<'a> EndpointTable<'a> {
    /// Shares the room among the columns.
    pub(super) fn of(verdicts: &'a [&'a Verdict], view: &'a LiveView<'a>) -> EndpointTable<'a> {
        let widest = |column: &dyn Fn(&Verdict) -> usize| {
            verdicts.iter().map(|verdict| column(verdict)).max().unwrap_or_default()
        };
        let longest = widest(&|verdict| display_width(&verdict.endpoint));
        let least = longest.min(view.size.columns * NAME / 100);
        let mut room = view.size.columns.saturating_sub(1 + MARGIN + least);
        let mut take = |wanted: usize| {
            let taken = if room >= wanted + GAP { wanted } else { 0 };
            room -= if taken > 0 { taken + GAP } else { 0 };
            taken
        };
        let sparkline = take(SPARKLINE.0);
        let diagnosis = take(widest(&|verdict| display_width(verdict.diagnosis.name())));
        let time = take(TIME);
        let lasts = take(widest(&|verdict| display_width(&lasts(view, verdict))));
        let name = longest.min(least + room);
        room -= name - least;
        let sparkline = if sparkline > 0 { (sparkline + room).min(SPARKLINE.1) } else { 0 };
        EndpointTable { view, verdicts, name, sparkline, time, diagnosis, lasts }
    }

    pub(super) fn lines(&self) -> Vec<String> {
        self.verdicts.iter().map(|verdict| self.line(verdict)).collect()
    }

    fn line(&self, verdict: &Verdict) -> String {
        let palette = self.view.palette;
        let mut line = palette.margin(verdict.state);
        line += &palette.bold(&pad_right(&truncate_middle(&verdict.endpoint, self.name), self.name));
        let gap = " ".repeat(GAP);
        let columns = [
            (self.diagnosis, pad_right(verdict.diagnosis.name(), self.diagnosis)),
            (self.lasts, pad_right(&lasts(self.view, verdict), self.lasts)),
            (self.time, pad_left(&time(verdict), self.time)),
            (self.sparkline, self.sparkline(verdict)),
        ];
        for (_, text) in columns.into_iter().filter(|(columns, _)| *columns > 0) {
            line += &gap;
            line += &text;
        }
        line
    }

    fn sparkline(&self, verdict: &Verdict) -> String {
        let track = self.view.history.track(&verdict.endpoint);
        let recent = track.into_iter().flat_map(|track| &track.recent);
        sparkline::drawn(recent, self.sparkline, self.view.palette)
    }
}

/// For how long the endpoint has been in its state.
fn lasts(view: &LiveView, verdict: &Verdict) -> String {
    let track = view.history.track(&verdict.endpoint);
    track.map(|track| format!("for {}", units::format_span(track.ledger.lasts(view.at)))).unwrap_or_default()
}

/// The time of the slowest request of the run.
fn time(verdict: &Verdict) -> String {
    verdict.made().map(|(_, judged)| judged.elapsed).max().map(units::format_duration).unwrap_or_default()
}

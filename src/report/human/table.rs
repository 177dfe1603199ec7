//! Several endpoints, a line each, the failing ones first.

use std::collections::HashMap;

use super::{HumanView, outcome};
use crate::model::exchange::Method;
use crate::model::state::State;
use crate::report::{Report, wording};
use crate::terminal::layout::{
    FittedColumns, MARGIN, fit_columns, join_cells, pad_left, pad_right, truncate_middle, widest,
};
use crate::units;
use crate::verdict::Verdict;

/// Maximum number of rows with the same diagnosis among many endpoints; the others are counted.
const MAX_ALIKE: usize = 10;

const TITLES: [&str; 5] = ["ENDPOINT", "DIAGNOSIS", "GET", "HEAD", "TIME"];

/// An endpoint's cells, under [`TITLES`].
type Cells = [String; 5];

impl HumanView {
    /// Renders the table. Among many endpoints it has only those that fail.
    pub(super) fn table(&self, report: &Report) -> Vec<String> {
        let all = report.worst_first();
        let (shown, hidden) = if self.is_abridged(all.len()) { abridge(all) } else { (all, Vec::new()) };
        if shown.is_empty() {
            return Vec::new();
        }
        let rows: Vec<Cells> = shown.iter().map(|verdict| cells(verdict)).collect();
        let fitted = fit(&rows, self.columns);
        let mut lines = vec![format_row(&pad_right("STATE", MARGIN), &TITLES.map(String::from), &fitted)];
        for (verdict, cells) in shown.iter().zip(&rows) {
            lines.push(format_row(&self.palette.margin(verdict.state), cells, &fitted));
        }
        for (state, diagnosis, count) in hidden {
            lines.push(format!("{}{}", self.palette.margin(state), wording::run::more_of(count, diagnosis)));
        }
        lines
    }
}

/// The failing endpoints that are shown, and how many more there are of each state and diagnosis.
fn abridge(endpoints: Vec<&Verdict>) -> (Vec<&Verdict>, Vec<(State, &'static str, usize)>) {
    let mut counts: HashMap<(State, &'static str), usize> = HashMap::new();
    let (mut shown, mut hidden) = (Vec::new(), Vec::new());
    for verdict in endpoints.into_iter().filter(|verdict| verdict.state != State::Ok) {
        let kind = (verdict.state, verdict.diagnosis.name());
        let count = counts.entry(kind).or_default();
        *count += 1;
        if *count <= MAX_ALIKE {
            shown.push(verdict);
        } else if *count == MAX_ALIKE + 1 {
            hidden.push(kind);
        }
    }
    let hidden = hidden.into_iter().filter_map(|kind| Some((kind.0, kind.1, counts.get(&kind)? - MAX_ALIKE)));
    (shown, hidden.collect())
}

fn cells(verdict: &Verdict) -> Cells {
    let time = verdict.sent().map(|judged| judged.elapsed).max();
    [
        verdict.endpoint.clone(),
        verdict.diagnosis.name().into(),
        outcome(verdict, Method::Get),
        outcome(verdict, Method::Head),
        time.map(units::format_duration).unwrap_or_default(),
    ]
}

/// Chooses the columns that there is room for, the most informative ones first; empty ones are left out.
fn fit(rows: &[Cells], room: usize) -> FittedColumns<4> {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|cells| cells.get(column)).filter(|cell| !cell.is_empty());
        let width = widest(cells);
        if width == 0 { 0 } else { width.max(TITLES.get(column).map_or(0, |title| title.len())) }
    };
    fit_columns(width(0), [width(1), width(2), width(3), width(4)], room.saturating_sub(MARGIN))
}

fn format_row(margin: &str, [name, diagnosis, get, head, time]: &Cells, fitted: &FittedColumns<4>) -> String {
    let name = pad_right(&truncate_middle(name, fitted.name), fitted.name);
    let [diagnosis_width, get_width, head_width, time_width] = fitted.columns;
    let cells = [
        (diagnosis_width, pad_right(diagnosis, diagnosis_width)),
        (head_width, pad_right(head, head_width)),
        (get_width, pad_right(get, get_width)),
        (time_width, pad_left(time, time_width)),
    ];
    join_cells(format!("{margin}{name}"), cells)
}

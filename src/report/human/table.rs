//! Endpoints in brief: a line each, in columns.

use super::{HumanView, INDENT};
use crate::report::wording;
use crate::terminal::layout::{MARGIN, display_width, pad_right, truncate_middle};
use crate::verdict::Verdict;

impl HumanView {
    /// One line for each endpoint, in columns; the requests only where there is room for them.
    pub(super) fn brief(&self, verdicts: &[&Verdict]) -> Vec<String> {
        const LEAST: usize = 20;
        let widest = |column: fn(&Verdict) -> String| {
            verdicts.iter().map(|verdict| display_width(&column(verdict))).max().unwrap_or_default()
        };
        let diagnosis = widest(|verdict| verdict.diagnosis.to_string());
        let endpoint = widest(|verdict| verdict.endpoint.clone());
        let requests = widest(requests_in_brief);
        let room = self.width.saturating_sub(MARGIN + INDENT.len() + diagnosis);
        let beside = room.saturating_sub(INDENT.len() + requests);
        let (endpoint, with_requests) = if beside >= endpoint.min(LEAST) {
            (endpoint.min(beside), true)
        } else {
            (endpoint.min(room), false)
        };
        let line = |verdict: &&Verdict| {
            let state = self.palette.margin(verdict.state);
            let name = pad_right(&truncate_middle(&verdict.endpoint, endpoint), endpoint);
            let requests = if with_requests { requests_in_brief(verdict) } else { String::new() };
            format!(
                "{state}{name}{INDENT}{}{INDENT}{requests}",
                pad_right(verdict.diagnosis.name(), diagnosis)
            )
        };
        verdicts.iter().map(line).collect()
    }
}

fn requests_in_brief(verdict: &Verdict) -> String {
    verdict.probes.iter().map(wording::request).collect::<Vec<_>>().join(", ")
}

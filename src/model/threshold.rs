//! Thresholds on measured values.

use crate::model::range::Range;
use crate::model::state::State;

#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Threshold {
    pub(crate) warning: Option<Range>,
    pub(crate) critical: Option<Range>,
}

impl Threshold {
    pub(crate) fn judge(&self, value: f64) -> State {
        if self.critical.as_ref().is_some_and(|range| range.alerts(value)) {
            State::Critical
        } else if self.warning.as_ref().is_some_and(|range| range.alerts(value)) {
            State::Warning
        } else {
            State::Ok
        }
    }
}

#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Thresholds {
    /// The response time of each answered request, in seconds.
    pub(crate) request: Threshold,
    /// The back-end's share of the response time, in seconds.
    pub(crate) backend: Threshold,
    /// The certificate's remaining life, in days.
    pub(crate) certificate: Threshold,
}

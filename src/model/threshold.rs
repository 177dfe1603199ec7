//! The thresholds on measured values, and the state that they give.

use crate::model::range::Range;
use crate::model::state::State;

/// A warning and a critical range.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Threshold {
    /// WARNING outside of this range.
    pub(crate) warning: Option<Range>,
    /// CRITICAL outside of this range.
    pub(crate) critical: Option<Range>,
}

impl Threshold {
    /// The state of a value under these limits.
    pub(crate) fn judge(&self, value: f64) -> State {
        let alerts = |range: &Option<Range>| range.as_ref().is_some_and(|range| range.alerts(value));
        if alerts(&self.critical) {
            State::Critical
        } else if alerts(&self.warning) {
            State::Warning
        } else {
            State::Ok
        }
    }
}

/// All thresholds of a run.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Thresholds {
    /// `-w`, `-c`: the time of each answered request, in seconds.
    pub(crate) request: Threshold,
    /// `--backend-warning`, `--backend-critical`: the back-end's share, in seconds.
    pub(crate) backend: Threshold,
    /// `--certificate-warning`, `--certificate-critical`: the certificate's remaining life, in days.
    pub(crate) certificate: Threshold,
}

//! The thresholds on measured values, and the state that they give.

use crate::range::Range;
use crate::state::State;

/// A warning and a critical range.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Limits {
    /// WARNING outside of this range.
    pub warning: Option<Range>,
    /// CRITICAL outside of this range.
    pub critical: Option<Range>,
}

impl Limits {
    /// The state of a value under these limits.
    pub fn judge(&self, value: f64) -> State {
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
pub struct Thresholds {
    /// `-w`, `-c`: the time of each answered request, in seconds.
    pub request: Limits,
    /// `--backend-warning`, `--backend-critical`: the back-end's share, in seconds.
    pub backend: Limits,
    /// `--certificate-warning`, `--certificate-critical`: the certificate's remaining life, in days.
    pub certificate: Limits,
}

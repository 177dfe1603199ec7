//! The time by which a run may exceed its limit, and what is done in it. Each part ends some time after the deadline.

use std::time::Duration;

/// The whole of it.
const RUN: Duration = Duration::from_millis(250);

/// From then on the token cache is not waited for.
pub(crate) const CACHE: Duration = Duration::from_millis(50);

/// From then on responses are judged without their details.
pub(crate) const DETAILS: Duration = Duration::from_millis(100);

/// From then on long bodies are not judged at all, and no text is searched for secrets any longer: hundreds of costly ones
/// would take seconds.
pub(crate) const BODIES: Duration = Duration::from_millis(150);

/// By then the result is written.
pub(crate) const WRITE: Duration = Duration::from_millis(200);

/// From then on a run that files hold is reported as late.
pub(crate) const FILES: Duration = Duration::from_millis(220);

/// Time that writing this report takes.
pub(crate) const LATE_REPORT: Duration = Duration::from_millis(20);

const _: () = {
    assert!(CACHE.as_millis() < DETAILS.as_millis());
    assert!(DETAILS.as_millis() < BODIES.as_millis());
    assert!(BODIES.as_millis() < WRITE.as_millis());
    assert!(WRITE.as_millis() < FILES.as_millis());
    assert!(FILES.as_millis() + LATE_REPORT.as_millis() < RUN.as_millis());
};

//! The names of what can be the matter with an endpoint.

use std::fmt;

/// What is the matter with an endpoint (the contract's section 6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Diagnosis {
    /// Both questions were answered as documented.
    Healthy,
    /// The API answers; the back-end was not asked for.
    Alive,
    /// The API answers and says that its back-end does not.
    BackendDown,
    /// HEAD is answered, GET is not.
    BackendStalled,
    /// The API answers 500.
    Failing,
    /// The API is not there: 404.
    Absent,
    /// No HTTP answer at all.
    Unreachable,
    /// The TLS handshake or the certificate failed.
    Untrusted,
    /// Access control answered first.
    Denied,
    /// A proxy or load balancer answered in the service's place.
    Intermediary,
    /// The service is alive and limits its clients.
    Throttled,
    /// Something else answered.
    Impostor,
    /// The request was refused, not the service.
    RefusedRequest,
    /// A time threshold was crossed.
    Slow,
    /// The certificate's remaining life is below its threshold.
    CertificateExpiring,
    /// Anything else.
    Unexpected,
}

impl Diagnosis {
    /// All diagnoses.
    pub(crate) const ALL: [Diagnosis; 16] = [
        Diagnosis::Healthy,
        Diagnosis::Alive,
        Diagnosis::BackendDown,
        Diagnosis::BackendStalled,
        Diagnosis::Failing,
        Diagnosis::Absent,
        Diagnosis::Unreachable,
        Diagnosis::Untrusted,
        Diagnosis::Denied,
        Diagnosis::Intermediary,
        Diagnosis::Throttled,
        Diagnosis::Impostor,
        Diagnosis::RefusedRequest,
        Diagnosis::Slow,
        Diagnosis::CertificateExpiring,
        Diagnosis::Unexpected,
    ];

    /// Those that `--simulate` can show.
    pub(crate) const SIMULATED: [Diagnosis; 11] = [
        Diagnosis::Healthy,
        Diagnosis::BackendDown,
        Diagnosis::BackendStalled,
        Diagnosis::Failing,
        Diagnosis::Absent,
        Diagnosis::Unreachable,
        Diagnosis::Denied,
        Diagnosis::Intermediary,
        Diagnosis::Throttled,
        Diagnosis::Impostor,
        Diagnosis::RefusedRequest,
    ];

    /// The name that every output uses.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Diagnosis::Healthy => "healthy",
            Diagnosis::Alive => "alive",
            Diagnosis::BackendDown => "backend-down",
            Diagnosis::BackendStalled => "backend-stalled",
            Diagnosis::Failing => "failing",
            Diagnosis::Absent => "absent",
            Diagnosis::Unreachable => "unreachable",
            Diagnosis::Untrusted => "untrusted",
            Diagnosis::Denied => "denied",
            Diagnosis::Intermediary => "intermediary",
            Diagnosis::Throttled => "throttled",
            Diagnosis::Impostor => "impostor",
            Diagnosis::RefusedRequest => "refused-request",
            Diagnosis::Slow => "slow",
            Diagnosis::CertificateExpiring => "certificate-expiring",
            Diagnosis::Unexpected => "unexpected",
        }
    }
}

impl fmt::Display for Diagnosis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

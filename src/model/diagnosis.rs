//! Diagnoses of an endpoint and of a login.

use std::fmt;

/// The cause of an endpoint's state, as every output names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Diagnosis {
    /// Every request was answered as documented.
    Healthy,
    /// The API answers; its back-end was not checked.
    Alive,
    /// The API answers, and reports that its back-end does not.
    BackendDown,
    /// HEAD is answered, GET is not.
    BackendStalled,
    /// The API answers 500.
    ApiError,
    /// The health path does not exist: 404.
    NotFound,
    /// No connection could be made.
    Unreachable,
    /// A connection was made, but the first request got no HTTP answer.
    NoAnswer,
    /// The TLS handshake or the certificate failed.
    TlsFailed,
    /// Access control answered first.
    Denied,
    /// A proxy or load balancer answered in place of the service.
    ProxyError,
    /// The service is alive and limits its clients.
    Throttled,
    /// Something else answered.
    WrongService,
    /// A cache answered in place of the service.
    Stale,
    /// The status reports success, the body a failed component.
    Contradictory,
    /// The request was refused, not the service.
    RequestRejected,
    /// A time threshold was crossed.
    Slow,
    /// The certificate's remaining life is below its threshold.
    CertificateExpiring,
    /// Keystone did not answer a login.
    KeystoneDown,
    /// Keystone refused the login.
    LoginRefused,
    /// The catalogue names no endpoint to check.
    NotInCatalog,
    /// Anything else.
    Unexpected,
}

impl Diagnosis {
    /// All diagnoses.
    pub(crate) const ALL: [Diagnosis; 22] = [
        Diagnosis::Healthy,
        Diagnosis::Alive,
        Diagnosis::BackendDown,
        Diagnosis::BackendStalled,
        Diagnosis::ApiError,
        Diagnosis::NotFound,
        Diagnosis::Unreachable,
        Diagnosis::NoAnswer,
        Diagnosis::TlsFailed,
        Diagnosis::Denied,
        Diagnosis::ProxyError,
        Diagnosis::Throttled,
        Diagnosis::WrongService,
        Diagnosis::Stale,
        Diagnosis::Contradictory,
        Diagnosis::RequestRejected,
        Diagnosis::Slow,
        Diagnosis::CertificateExpiring,
        Diagnosis::KeystoneDown,
        Diagnosis::LoginRefused,
        Diagnosis::NotInCatalog,
        Diagnosis::Unexpected,
    ];

    /// Returns whether it describes a login rather than an endpoint's own answers.
    pub(crate) const fn is_of_login(self) -> bool {
        matches!(self, Diagnosis::KeystoneDown | Diagnosis::LoginRefused | Diagnosis::NotInCatalog)
    }

    /// The name that every output uses.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Diagnosis::Healthy => "healthy",
            Diagnosis::Alive => "alive",
            Diagnosis::BackendDown => "backend-down",
            Diagnosis::BackendStalled => "backend-stalled",
            Diagnosis::ApiError => "api-error",
            Diagnosis::NotFound => "not-found",
            Diagnosis::Unreachable => "unreachable",
            Diagnosis::NoAnswer => "no-answer",
            Diagnosis::TlsFailed => "tls-failed",
            Diagnosis::Denied => "denied",
            Diagnosis::ProxyError => "proxy-error",
            Diagnosis::Throttled => "throttled",
            Diagnosis::WrongService => "wrong-service",
            Diagnosis::Stale => "stale",
            Diagnosis::Contradictory => "contradictory",
            Diagnosis::RequestRejected => "request-rejected",
            Diagnosis::Slow => "slow",
            Diagnosis::CertificateExpiring => "certificate-expiring",
            Diagnosis::KeystoneDown => "keystone-down",
            Diagnosis::LoginRefused => "login-refused",
            Diagnosis::NotInCatalog => "not-in-catalog",
            Diagnosis::Unexpected => "unexpected",
        }
    }
}

impl fmt::Display for Diagnosis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

//! Diagnoses of an endpoint and of a login.

use serde::Serialize;
use strum::{Display, IntoStaticStr, VariantArray, VariantNames};

/// The cause of an endpoint's state, as every output names it.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Display, IntoStaticStr, VariantArray, VariantNames, Serialize,
)]
#[strum(serialize_all = "kebab-case", const_into_str)]
#[serde(rename_all = "kebab-case")]
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
    /// A connection was made, but the first request got no HTTP response.
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
    /// The request was refused, which says nothing of the service's health.
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
    pub(crate) const ALL: &'static [Diagnosis] = <Diagnosis as VariantArray>::VARIANTS;

    /// The names of all diagnoses.
    pub(crate) const NAMES: &'static [&'static str] = <Diagnosis as VariantNames>::VARIANTS;

    /// Returns whether it describes a login rather than an endpoint's own responses.
    pub(crate) const fn is_of_login(self) -> bool {
        matches!(self, Diagnosis::KeystoneDown | Diagnosis::LoginRefused | Diagnosis::NotInCatalog)
    }

    /// The name that every output uses.
    pub(crate) const fn name(self) -> &'static str {
        self.into_str()
    }
}

//! Diagnoses of an endpoint and of a login.

use serde::Serialize;
use strum::{Display, IntoStaticStr, VariantArray, VariantNames};

/// The cause of an endpoint's state, as every output names it; [`crate::explain`] has the meaning of each.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Display, IntoStaticStr, VariantArray, VariantNames, Serialize,
)]
#[strum(serialize_all = "kebab-case", const_into_str)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Diagnosis {
    Healthy,
    Alive,
    BackendDown,
    BackendStalled,
    ApiError,
    NotFound,
    Unreachable,
    NoAnswer,
    TlsFailed,
    Denied,
    ProxyError,
    Throttled,
    WrongService,
    Stale,
    Contradictory,
    RequestRejected,
    Slow,
    CertificateExpiring,
    KeystoneDown,
    LoginRefused,
    NotInCatalog,
    Unexpected,
}

impl Diagnosis {
    pub(crate) const ALL: &'static [Diagnosis] = <Diagnosis as VariantArray>::VARIANTS;

    pub(crate) const NAMES: &'static [&'static str] = <Diagnosis as VariantNames>::VARIANTS;

    /// Tests whether it describes a login rather than an endpoint's own responses.
    pub(crate) const fn is_of_login(self) -> bool {
        matches!(self, Diagnosis::KeystoneDown | Diagnosis::LoginRefused | Diagnosis::NotInCatalog)
    }

    pub(crate) const fn name(self) -> &'static str {
        self.into_str()
    }
}

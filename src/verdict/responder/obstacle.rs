//! The obstacles: what kept an intermediary from passing the request on, by its own response.

use strum::VariantArray;

/// A reason that an intermediary's own response gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, VariantArray)]
pub(crate) enum Obstacle {
    /// The web server failed, or an application that it runs, which may be the API.
    Application,
    ClientLimit,
    /// The API took the connection and broke it off.
    ConnectionLost,
    /// The configuration makes the intermediary answer so.
    Deliberate,
    FaultInjection,
    /// A rule of the intermediary's forbids the request.
    Forbidden,
    /// A limit on clients, maintenance, or no ready endpoint of a Kubernetes service.
    LimitOrNoEndpoint,
    /// The intermediary does not know the method.
    Method,
    NoConnection,
    /// No Ingress of Kubernetes leads to the API.
    NoIngress,
    NoResponseInTime,
    NoRoute,
    /// No server is considered up.
    NoServer,
    NoServerOrMaintenance,
    NoValidResponse,
    Overload,
    OwnFailure,
    /// The intermediary limits its requests to the API.
    ServerLimit,
    StoppedApplication,
    /// The TLS between the intermediary and the API failed.
    Tls,
    UnknownHost,
    Unknown,
}

impl Obstacle {
    /// The obstacle of a response that says no more than its status.
    pub(super) const fn of_status(status: u16) -> Obstacle {
        match status {
            403 => Obstacle::Forbidden,
            404 => Obstacle::NoRoute,
            429 => Obstacle::ClientLimit,
            500 => Obstacle::OwnFailure,
            501 => Obstacle::Method,
            502 | 520..=530 => Obstacle::NoValidResponse,
            503 => Obstacle::NoServer,
            504 => Obstacle::NoResponseInTime,
            _ => Obstacle::Unknown,
        }
    }
}

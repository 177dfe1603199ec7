//! The obstacles: what kept an intermediary from passing the request on, by its own answer.

use strum::VariantArray;

use super::Responder::{
    self, Apache, Apigee, Cloudflare, Envoy, Fastly, Fortinet, Iis, KrakenD, Nginx, Privoxy, ProxySg, Squid,
    TrafficServer, Tyk, Varnish, Wso2, Zuul,
};
use super::profiles::Clue::{Begins, Contains, Is, Json, Lacks, Status};
use super::profiles::Proof;

/// A reason that an intermediary's own answer gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, VariantArray)]
pub(crate) enum Obstacle {
    ClientLimit,
    /// The API took the connection and broke it off.
    ConnectionLost,
    FaultInjection,
    /// A rule of the intermediary's forbids the request.
    Forbidden,
    LimitOrMaintenance,
    /// The intermediary does not know the method.
    Method,
    NoConnection,
    /// There is no ready server, if a Kubernetes ingress answered; else as [`Obstacle::LimitOrMaintenance`].
    NoEndpointOrLimit,
    NoResponseInTime,
    NoRoute,
    /// No server is considered up.
    NoServer,
    NoValidResponse,
    /// The intermediary failed, or an application that it runs.
    OwnFailure,
    /// The intermediary limits its requests to the API.
    ServerLimit,
    StoppedApplication,
    /// The TLS between the intermediary and the API failed.
    Tls,
    UnknownHost,
    Unknown,
}

/// Words and marks of answers that say more than their status, or another thing. The first that holds wins.
pub(super) const OBSTACLES: &[(Responder, Proof, Obstacle)] = &[
    (Apache, &[Contains(&["Error during SSL Handshake with remote server"])], Obstacle::Tls),
    (Apache, &[Contains(&["DNS lookup failure for"])], Obstacle::NoConnection),
    (Apigee, &[Json("/fault/detail/errorcode", "messaging.adaptors.http.flow.SslHandshake")], Obstacle::Tls),
    (
        Apigee,
        &[Json("/fault/detail/errorcode", "messaging.adaptors.http.flow.ServiceUnavailable")],
        Obstacle::NoConnection,
    ),
    (
        Apigee,
        &[Json("/fault/detail/errorcode", "messaging.adaptors.http.UnexpectedEOFAtTarget")],
        Obstacle::ConnectionLost,
    ),
    (Cloudflare, &[Status(521, 523)], Obstacle::NoConnection),
    (Cloudflare, &[Status(530, 530)], Obstacle::NoConnection),
    (Cloudflare, &[Status(524, 524)], Obstacle::NoResponseInTime),
    (Cloudflare, &[Status(525, 526)], Obstacle::Tls),
    (Envoy, &[Contains(&["TLS error:", "TLS_error:"])], Obstacle::Tls),
    (Envoy, &[Contains(&["reset reason: overflow"])], Obstacle::ServerLimit),
    (Envoy, &[Is("x-envoy-overloaded", "true")], Obstacle::ServerLimit),
    (
        Envoy,
        &[Contains(&["reset reason: connection termination", "reset reason: remote reset"])],
        Obstacle::ConnectionLost,
    ),
    (Envoy, &[Contains(&["reset reason: protocol error"])], Obstacle::NoValidResponse),
    (Envoy, &[Contains(&["upstream connect error"])], Obstacle::NoConnection),
    (Envoy, &[Contains(&["upstream request timeout"])], Obstacle::NoResponseInTime),
    (Envoy, &[Contains(&["fault filter abort"])], Obstacle::FaultInjection),
    (Fastly, &[Contains(&["first byte timeout", "between bytes timeout"])], Obstacle::NoResponseInTime),
    (
        Fastly,
        &[Contains(&["onnection timed out", "onnection refused", "nable to connect"])],
        Obstacle::NoConnection,
    ),
    (
        Fastly,
        &[Contains(&["ackend read error", "ackend write error", "onnection reset by peer"])],
        Obstacle::ConnectionLost,
    ),
    (
        Fastly,
        &[Contains(&["SSL handshake error", "match against certificate", "ertificate has expired"])],
        Obstacle::Tls,
    ),
    (Fastly, &[Contains(&["max_conn reached", "Maximum threads for service"])], Obstacle::ServerLimit),
    (Fastly, &[Contains(&["unknown domain", "Domain Not Found", "No stub"])], Obstacle::UnknownHost),
    (Fortinet, &[Status(500, 599)], Obstacle::Forbidden),
    (Iis, &[Status(503, 503)], Obstacle::StoppedApplication),
    // ingress-nginx removes the name of the server by default, as nginx cannot; both answer 502 for a server that is down.
    (Nginx, &[Status(503, 503), Lacks("server")], Obstacle::NoEndpointOrLimit),
    (Nginx, &[Status(503, 503)], Obstacle::LimitOrMaintenance),
    (KrakenD, &[Status(500, 500)], Obstacle::NoValidResponse),
    (Privoxy, &[Contains(&["Forwarding failure", "No such domain"])], Obstacle::NoConnection),
    (ProxySg, &[Contains(&["_denied)"])], Obstacle::Forbidden),
    (ProxySg, &[Contains(&["tcp_error", "dns_"])], Obstacle::NoConnection),
    (Squid, &[Begins("x-squid-error", "ERR_ZERO_SIZE_OBJECT")], Obstacle::ConnectionLost),
    (Squid, &[Begins("x-squid-error", "ERR_SECURE_CONNECT_FAIL")], Obstacle::Tls),
    (Squid, &[Status(503, 503)], Obstacle::NoConnection),
    (TrafficServer, &[Contains(&["Could not connect to the requested server"])], Obstacle::NoConnection),
    (Tyk, &[Contains(&["There was a problem proxying the request"])], Obstacle::NoValidResponse),
    (Tyk, &[Contains(&["Upstream service reached hard timeout"])], Obstacle::NoResponseInTime),
    // It names one reason for all failures.
    (Varnish, &[Status(503, 503)], Obstacle::NoValidResponse),
    // Codes of its engine, Synapse.
    (Wso2, &[Contains(&["101503", "101508"])], Obstacle::NoConnection),
    (Wso2, &[Contains(&["101504"])], Obstacle::NoResponseInTime),
    (Wso2, &[Contains(&["101505"])], Obstacle::ConnectionLost),
    (Wso2, &[Contains(&["303000", "303001"])], Obstacle::NoServer),
    (Zuul, &[Status(500, 500)], Obstacle::NoValidResponse),
];

impl Obstacle {
    /// Tests for an obstacle between the intermediary and the API.
    pub(in crate::verdict) const fn is_of_gateway(self) -> bool {
        matches!(
            self,
            Obstacle::ConnectionLost
                | Obstacle::NoConnection
                | Obstacle::NoResponseInTime
                | Obstacle::NoServer
                | Obstacle::NoValidResponse
                | Obstacle::Tls
        )
    }

    /// The obstacle of an answer that says no more than its status.
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

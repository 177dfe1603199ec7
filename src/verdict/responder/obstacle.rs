//! The obstacles: what kept an intermediary from passing the request on, by its own response.

use strum::VariantArray;

use super::Responder::{
    self, Akamai, Apache, Apigee, AzureAppService, CiscoWsa, CloudFoundry, CloudFront, Cloudflare, DataPower,
    Envoy, Fastly, Fortinet, Heroku, Iis, KrakenD, KubernetesDefaultBackend, Lighttpd, LiteSpeed, Nginx,
    NginxUnit, PaloAlto, Passenger, Privoxy, ProxySg, SonicWall, Sophos, Squid, Tinyproxy, TrafficServer,
    Tyk, Varnish, WatchGuard, Wso2, Zuul,
};
use super::profiles::Clue::{Begins, Contains, Is, Json, Status};
use super::profiles::{ERROR, Proof};

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
    /// The intermediary itself failed.
    OwnFailure,
    /// The intermediary limits its requests to the API.
    ServerLimit,
    StoppedApplication,
    /// The TLS between the intermediary and the API failed.
    Tls,
    UnknownHost,
    Unknown,
}

/// Words and marks of responses that say more than their status, or something else. The first that holds wins.
pub(super) const OBSTACLES: &[(Responder, Proof, Obstacle)] = &[
    (
        Akamai,
        &[Contains(&["- Fail to Connect", "- Fail to connect", "- DNS failure"])],
        Obstacle::NoConnection,
    ),
    (Akamai, &[Contains(&["- Zero size object"])], Obstacle::ConnectionLost),
    (Apache, &[Contains(&["Error during SSL Handshake with remote server"])], Obstacle::Tls),
    (Apache, &[Contains(&["DNS lookup failure for"])], Obstacle::NoConnection),
    (Apache, &[Contains(&["Error reading from remote server"])], Obstacle::ConnectionLost),
    (Apache, &[Status(500, 500)], Obstacle::Application),
    // Apache's page is the same for both.
    (Apache, &[Status(503, 503)], Obstacle::NoServerOrMaintenance),
    (
        Apigee,
        &[Json(&["fault", "detail", "errorcode"], "messaging.adaptors.http.flow.SslHandshake")],
        Obstacle::Tls,
    ),
    (
        Apigee,
        &[Json(&["fault", "detail", "errorcode"], "messaging.adaptors.http.flow.ServiceUnavailable")],
        Obstacle::NoConnection,
    ),
    (
        Apigee,
        &[Json(&["fault", "detail", "errorcode"], "messaging.adaptors.http.UnexpectedEOFAtTarget")],
        Obstacle::ConnectionLost,
    ),
    (CloudFoundry, &[Begins("x-cf-routererror", "unknown_route")], Obstacle::UnknownHost),
    (CloudFoundry, &[Begins("x-cf-routererror", "Connection Limit Reached")], Obstacle::ServerLimit),
    (
        CloudFront,
        &[Contains(&[
            "establish a connection with the origin",
            "connect to the origin",
            "resolve the origin",
        ])],
        Obstacle::NoConnection,
    ),
    (CloudFront, &[Status(503, 503)], Obstacle::Overload),
    (Cloudflare, &[Status(521, 523)], Obstacle::NoConnection),
    (Cloudflare, &[Status(524, 524)], Obstacle::NoResponseInTime),
    (Cloudflare, &[Status(525, 526)], Obstacle::Tls),
    (Cloudflare, &[Status(530, 530)], Obstacle::NoConnection),
    // A script of its own failed, or exceeded its limits.
    (
        Cloudflare,
        &[Contains(&["error code: 1101", "error code: 1102", "/error-1101", "/error-1102"])],
        Obstacle::StoppedApplication,
    ),
    (DataPower, &[Contains(&["Failed to establish a backside connection"])], Obstacle::NoConnection),
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
    (Envoy, &[Contains(&["envoy overloaded"])], Obstacle::Overload),
    (AzureAppService, &[Status(403, 503)], Obstacle::StoppedApplication),
    (CiscoWsa, &[Contains(&["GATEWAY_TIMEOUT"])], Obstacle::NoResponseInTime),
    (CiscoWsa, &[Contains(&["DNS_FAIL"])], Obstacle::NoConnection),
    (CiscoWsa, &[ERROR], Obstacle::Forbidden),
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
    (Heroku, &[Contains(&["/error-pages/no-such-app"])], Obstacle::UnknownHost),
    (Heroku, &[Contains(&["/error-pages/maintenance"])], Obstacle::Deliberate),
    (Heroku, &[Status(503, 503)], Obstacle::StoppedApplication),
    (Iis, &[Status(500, 500)], Obstacle::Application),
    (Iis, &[Status(503, 503)], Obstacle::StoppedApplication),
    (Lighttpd, &[Status(500, 500)], Obstacle::Application),
    (LiteSpeed, &[Status(500, 500)], Obstacle::Application),
    // For a server that is down it answers 502.
    (Nginx, &[Status(503, 503)], Obstacle::LimitOrNoEndpoint),
    (NginxUnit, &[Status(500, 503)], Obstacle::StoppedApplication),
    (PaloAlto, &[ERROR], Obstacle::Forbidden),
    (Passenger, &[Status(500, 599)], Obstacle::StoppedApplication),
    (KubernetesDefaultBackend, &[Status(404, 404)], Obstacle::NoIngress),
    (KrakenD, &[Status(500, 500)], Obstacle::NoValidResponse),
    (Privoxy, &[Contains(&["No server or forwarder data"])], Obstacle::ConnectionLost),
    (
        Privoxy,
        &[Contains(&["Forwarding failure", "No such domain", "Connect failed"])],
        Obstacle::NoConnection,
    ),
    (ProxySg, &[Contains(&["_denied)"])], Obstacle::Forbidden),
    (ProxySg, &[Contains(&["tcp_error", "dns_"])], Obstacle::NoConnection),
    (SonicWall, &[ERROR], Obstacle::Forbidden),
    (Sophos, &[ERROR], Obstacle::Forbidden),
    (Squid, &[Begins("x-squid-error", "ERR_ZERO_SIZE_OBJECT")], Obstacle::ConnectionLost),
    (Squid, &[Begins("x-squid-error", "ERR_SECURE_CONNECT_FAIL")], Obstacle::Tls),
    (Squid, &[Status(503, 503)], Obstacle::NoConnection),
    (Tinyproxy, &[Contains(&["Unable to connect"])], Obstacle::NoConnection),
    (TrafficServer, &[Contains(&["Could not connect to the requested server"])], Obstacle::NoConnection),
    (Tyk, &[Status(500, 500)], Obstacle::NoValidResponse),
    // Its own page names one reason for all failures, which older versions leave out; VCL may give it others.
    (
        Varnish,
        &[Contains(&["Backend fetch failed", "Error 503 Service Unavailable"])],
        Obstacle::NoValidResponse,
    ),
    (Varnish, &[Contains(&["Guru Meditation"])], Obstacle::Deliberate),
    (Varnish, &[Status(503, 503)], Obstacle::NoValidResponse),
    (WatchGuard, &[ERROR], Obstacle::Forbidden),
    // Codes of its engine, Synapse.
    (Wso2, &[Contains(&["101503", "101508"])], Obstacle::NoConnection),
    (Wso2, &[Contains(&["101504"])], Obstacle::NoResponseInTime),
    (Wso2, &[Contains(&["101505"])], Obstacle::ConnectionLost),
    (Wso2, &[Contains(&["303000", "303001"])], Obstacle::NoServer),
    (Zuul, &[Status(500, 500)], Obstacle::NoValidResponse),
];

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

//! The words for what a response's text says besides its status.

use super::{Advice, GIVE_CERTIFICATE, USE_HTTPS};
use crate::verdict::{Remark, Responder};

/// Explains a remark; `proxy` is the intermediary that answered.
pub(super) fn advice(remark: Remark, proxy: Option<Responder>) -> Advice {
    let name = proxy.map_or("a gateway in front of the API", Responder::title);
    let (meaning, action) = words(remark);
    (meaning.replace('@', name), action.to_owned())
}

/// The meaning and the action, with `@` for the intermediary's name.
const fn words(remark: Remark) -> (&'static str, &'static str) {
    match remark {
        Remark::HttpsPort => ("the port expects https and was sent plain http", USE_HTTPS),
        Remark::ClientCertificate => (
            "the server requires a client certificate and got none, so it refused the request",
            GIVE_CERTIFICATE,
        ),
        Remark::ClientCertificateRefused => (
            "the server refused the client certificate of --cert, and with it the request",
            "give a valid one that the server's authority has issued",
        ),
        Remark::LateClientCertificate => (
            "the server requires a client certificate for this path and requests it only after the TLS handshake, \
             which this program does not support",
            "have the whole virtual host ask for the certificate, or exempt the health path",
        ),
        Remark::HostName => (
            "the server does not know this host name, or got another or none in TLS (SNI), so it refused the request",
            "use the name that the server is configured for (%), and have a proxy in \
             front of it send that name in TLS too",
        ),
        Remark::ForwardProxy => (
            "the port belongs to a forward proxy, not to the API",
            "give the API's own address, and this proxy with --proxy if the API is reached through it",
        ),
        Remark::VersionDocument => (
            "the response lists the versions of an API: the health check is not at this URL",
            "check --path and the endpoint's prefix",
        ),
        Remark::MongoDb => ("this is the port of MongoDB's own protocol, not the API's", "check the port"),
        Remark::ResponseInBody => (
            "the body is itself an HTTP response, with a status and headers: a gateway or script passed it on unread",
            "check the gateway or script in front of the API, then the API itself",
        ),
        Remark::DisabledByFile => (
            "an administrator took the API out of service with a file (oslo.middleware's disable_by_file); nothing is \
             known of its back-end",
            "remove the file that disable_by_file_path or disable_by_file_paths names, once the API may serve again",
        ),
        Remark::Maintenance => (
            "the response says that the service is in maintenance; nothing is known of its back-end",
            "wait until the maintenance is over, or end it if it is not meant to last",
        ),
        Remark::Foreign => (
            "HEAD, which needs no back-end, failed too, and the response is not in the API's form: a proxy or \
             gateway in front of the API answered",
            "check the proxies in front of the API and whether one is in maintenance, then whether the API itself \
             is up and running",
        ),
        Remark::UnknownRoute => (
            "@, not the API, answered: it has no such path or method, whatever the token",
            "check the stage in the endpoint's prefix, --path and the method (-m)",
        ),
        Remark::Challenge => (
            "@ tests whether its clients are browsers; nothing is known of the API behind it",
            "exempt this client, or the health path, from that test",
        ),
    }
}

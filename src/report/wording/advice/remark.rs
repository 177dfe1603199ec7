//! The words for what an answer's text says besides its status.

use super::{Advice, GIVE_CERTIFICATE, USE_HTTPS};
use crate::verdict::{Remark, Responder};

/// Explains a remark; `proxy` is the intermediary that answered.
pub(super) fn advice(remark: Remark, proxy: Option<Responder>) -> Advice {
    let name = proxy.map_or("a gateway in front of the API", Responder::title);
    let (meaning, action) = match remark {
        Remark::HttpsPort => ("the port expects https and was sent plain http", USE_HTTPS),
        Remark::ClientCertificate => (
            "the server requires a client certificate and got none; the request was refused, not the service",
            GIVE_CERTIFICATE,
        ),
        Remark::ClientCertificateRefused => (
            "the server refused the client certificate of --cert; the request was refused, not the service",
            "give a valid one that the server's authority has issued",
        ),
        Remark::LateClientCertificate => (
            "the server wants a client certificate for this path alone, by a step after the TLS handshake that this \
             program does not take; the request was refused, not the service",
            "have the whole virtual host ask for the certificate, or exempt the health path",
        ),
        Remark::HostName => (
            "the server has no such host name, or got another or none in TLS (SNI); the request was refused, not the \
             service",
            "ask by the name that the server is configured for (--connect-to dials an address all the same), and have a \
             proxy in front of it send that name in TLS too",
        ),
        Remark::ForwardProxy => (
            "the port is that of a forward proxy, not the API's",
            "give the address of the API itself, and the proxy by --proxy if the way to the API leads through it",
        ),
        Remark::VersionDocument => (
            "the response lists the versions of an API: the health check is not at this URL",
            "check --path and the endpoint's prefix",
        ),
        Remark::MongoDb => {
            ("this is the port of MongoDB's own protocol, not the API's", "check the endpoint's port")
        }
        Remark::ResponseInBody => (
            "the body is a response of its own, with a status and headers: a gateway or script did not read it",
            "check the gateway or script in front of the API, then the API itself",
        ),
        Remark::DisabledByFile => (
            "an administrator took the API out of service by a file (oslo.middleware's disable_by_file); nothing is \
             known of its back-end",
            "remove the file that disable_by_file_path or disable_by_file_paths names, once the API may serve again",
        ),
        Remark::Foreign => (
            "the API answers HEAD without its back-end, but HEAD failed too, and this is no page of the API's: a proxy \
             or gateway in front of it answered",
            "check the proxies in front of the API, for maintenance too, then whether the API itself is up and running",
        ),
        Remark::UnknownRoute => (
            "@, not the API, has no such path or method: it answers so whatever the token",
            "check the stage in the endpoint's prefix, --path and the method (-m)",
        ),
        Remark::Challenge => (
            "@ tests whether its clients are browsers; nothing is known of the API behind it",
            "exempt this client, or the health path, from that test",
        ),
    };
    (meaning.replace('@', name), action.to_owned())
}

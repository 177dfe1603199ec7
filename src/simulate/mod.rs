//! Embedded endpoints on loopback, one for each diagnosis: the first run, and a rehearsal of alerts.
//!
//! They are probed like any other endpoint. What they answer is what the services and proxies in the
//! field answer; [`canned_response`] holds all of it.

mod tls;

use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{self, IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::sync::{Arc, Weak};
use std::thread;
use std::time::{Duration, SystemTime};

use anyhow::Context;
use rustix::net::{AddressFamily, Shutdown, SocketType};
use strum::VariantArray;

use crate::model::diagnosis::Diagnosis;
use crate::model::endpoint::{DEFAULT_PATH, Endpoint, Host, Route, Scheme};
use crate::model::exchange::Method;
use crate::plan::{EXPIRING_LIFE, SLOW_DELAY};
use tls::Identity;

/// Bound on waiting for a request, or for room to answer in.
const CLIENT_TIMEOUT: Duration = Duration::from_secs(1);
const MAX_REQUEST_BYTES: usize = 64 * 1024;
/// Maximum number of connections to an endpoint; the oldest is closed for one more.
const MAX_CONNECTIONS: usize = 32;
/// Pause after a connection that could not be accepted.
const ACCEPT_PAUSE: Duration = Duration::from_millis(10);
/// Maximum number of such pauses, one after another: connections and descriptors come back long before.
const MAX_ACCEPT_PAUSES: usize = 1000;
/// Stack of a thread that serves a simulated endpoint, in bytes.
const SERVER_STACK: usize = 128 * 1024;
/// First of the preferred ports, which lie below those that Linux gives to clients.
const FIRST_PORT: u16 = 28_770;
/// Time since which an expired certificate is expired.
const EXPIRED_SINCE: Duration = Duration::from_secs(3 * 24 * 60 * 60);

#[derive(Debug)]
pub(crate) struct Simulation {
    servers: Vec<SimulatedServer>,
    /// The certificate (DER) to trust in place of the trust store, where one of them speaks TLS.
    pub(crate) anchor: Option<Vec<u8>>,
}

#[derive(Debug)]
struct SimulatedServer {
    diagnosis: Diagnosis,
    address: SocketAddr,
    scheme: Scheme,
    socket: Binding,
}

#[derive(Debug)]
enum Binding {
    /// A thread accepts on it.
    Listening(Arc<TcpListener>),
    /// Bound but not listening: connections are refused, and no other process can take the port.
    Bound { _held: OwnedFd },
}

impl Simulation {
    /// Starts one endpoint for each diagnosis.
    ///
    /// Fails where no port or thread can be had.
    pub(crate) fn start(diagnoses: &[Diagnosis]) -> anyhow::Result<Simulation> {
        let servers = diagnoses.iter().map(|&diagnosis| {
            SimulatedServer::start(diagnosis).with_context(|| format!("cannot simulate {diagnosis}"))
        });
        let servers = servers.collect::<anyhow::Result<Vec<_>>>()?;
        // All certificates have the same name and key, so that this one is an anchor for the expired one, too.
        let trusted = servers
            .iter()
            .any(|server| server.scheme == Scheme::Https)
            .then(|| identity(Diagnosis::CertificateExpiring));
        let anchor = trusted.transpose()?.flatten().map(|identity| identity.certificate());
        Ok(Simulation { servers, anchor })
    }

    /// The endpoints, in the order of the diagnoses.
    pub(crate) fn endpoints(&self) -> Vec<Endpoint> {
        let endpoints = self.servers.iter().filter(|server| !server.diagnosis.is_of_login());
        endpoints.map(SimulatedServer::endpoint).collect()
    }

    /// The Keystone of the first diagnosis that is a login's.
    pub(crate) fn keystone(&self) -> Option<Endpoint> {
        let keystone = self.servers.iter().find(|server| server.diagnosis.is_of_login())?;
        Some(Endpoint { path: "/v3/auth/tokens".into(), ..keystone.endpoint() })
    }

    /// Returns the methods that show an endpoint's diagnosis: those of the plan, where they can.
    pub(crate) fn methods<'a>(&self, endpoint: &Endpoint, planned: &'a [Method]) -> &'a [Method] {
        const BOTH: &[Method] = &[Method::Head, Method::Get];
        let server = self.servers.iter().find(|server| server.address.port() == endpoint.port);
        match server.map(|server| server.diagnosis) {
            Some(Diagnosis::Alive) => &[Method::Head],
            Some(Diagnosis::BackendStalled) => BOTH,
            Some(Diagnosis::Healthy | Diagnosis::BackendDown | Diagnosis::Contradictory)
                if !planned.contains(&Method::Get) =>
            {
                BOTH
            }
            _ => planned,
        }
    }
}

/// Their ports are refused from now on; what is still being answered ends with its connection.
impl Drop for Simulation {
    fn drop(&mut self) {
        for server in &self.servers {
            if let Binding::Listening(listener) = &server.socket {
                // The thread's accept(2) fails then, which ends it. There is nothing to do about an error.
                let _ = rustix::net::shutdown(listener, Shutdown::Both);
            }
        }
    }
}

impl SimulatedServer {
    fn start(diagnosis: Diagnosis) -> anyhow::Result<SimulatedServer> {
        if diagnosis == Diagnosis::Unreachable {
            SimulatedServer::refusing()
        } else {
            SimulatedServer::serving(diagnosis, identity(diagnosis)?)
        }
    }

    fn refusing() -> anyhow::Result<SimulatedServer> {
        let socket = rustix::net::socket(AddressFamily::INET, SocketType::STREAM, None)?;
        let [preferred, any] = addresses(Diagnosis::Unreachable);
        rustix::net::bind(&socket, &preferred).or_else(|_| rustix::net::bind(&socket, &any))?;
        let address = SocketAddr::try_from(rustix::net::getsockname(&socket)?)?;
        let (diagnosis, scheme) = (Diagnosis::Unreachable, Scheme::Http);
        Ok(SimulatedServer { diagnosis, address, scheme, socket: Binding::Bound { _held: socket } })
    }

    fn serving(diagnosis: Diagnosis, identity: Option<Identity>) -> anyhow::Result<SimulatedServer> {
        let listener = Arc::new(TcpListener::bind(&addresses(diagnosis)[..])?);
        let address = listener.local_addr()?;
        let shared = Arc::clone(&listener);
        let thread = thread::Builder::new().name(format!("simulated {diagnosis}")).stack_size(SERVER_STACK);
        let scheme = if identity.is_some() { Scheme::Https } else { Scheme::Http };
        // Detached: the process does not wait for it.
        thread.spawn(move || serve(|| shared.accept(), diagnosis, identity.as_ref()))?;
        Ok(SimulatedServer { diagnosis, address, scheme, socket: Binding::Listening(listener) })
    }

    fn endpoint(&self) -> Endpoint {
        Endpoint {
            scheme: self.scheme,
            host: Host::Address(self.address.ip()),
            port: self.address.port(),
            prefix: String::new(),
            path: DEFAULT_PATH.into(),
            route: Route::Host,
        }
    }
}

/// The loopback addresses to bind, the preferred one first.
///
/// Each diagnosis prefers a port of its own, so that successive runs are one endpoint to a caller that tells its results
/// apart by endpoint, as Prometheus' alerts do. Where the port is taken, any free one serves.
fn addresses(diagnosis: Diagnosis) -> [SocketAddr; 2] {
    let position = Diagnosis::VARIANTS.iter().position(|variant| *variant == diagnosis).unwrap_or_default();
    let preferred = u16::try_from(position).map_or(0, |position| FIRST_PORT + position);
    [preferred, 0].map(|port| SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port))
}

fn identity(diagnosis: Diagnosis) -> anyhow::Result<Option<Identity>> {
    let now = SystemTime::now();
    match diagnosis {
        Diagnosis::TlsFailed => Identity::until(now.checked_sub(EXPIRED_SINCE)).map(Some),
        Diagnosis::CertificateExpiring => Identity::until(now.checked_add(EXPIRING_LIFE)).map(Some),
        _ => Ok(None),
    }
}

/// Answers connections until the listener is shut down, each on a thread of its own: anybody on the machine may open some and
/// say nothing.
fn serve(mut accept: impl FnMut() -> Accepted, diagnosis: Diagnosis, identity: Option<&Identity>) {
    let mut open: VecDeque<Weak<TcpStream>> = VecDeque::new();
    thread::scope(|scope| {
        while let Some(stream) = accept_next(&mut accept) {
            open.retain(|stream| stream.strong_count() > 0);
            if open.len() == MAX_CONNECTIONS
                && let Some(oldest) = open.pop_front().and_then(|oldest| oldest.upgrade())
            {
                let _ = oldest.shutdown(net::Shutdown::Both);
            }
            let stream = Arc::new(stream);
            open.push_back(Arc::downgrade(&stream));
            let own = Arc::clone(&stream);
            // Nobody waits for a response that could not be sent.
            let work = move || drop(serve_connection(&own, diagnosis, identity));
            let thread = thread::Builder::new().stack_size(SERVER_STACK).spawn_scoped(scope, work);
            if thread.is_err() {
                drop(serve_connection(&stream, diagnosis, identity));
            }
        }
    });
}

type Accepted = io::Result<(TcpStream, SocketAddr)>;

/// Accepts a connection; `None` where the listener is shut down. Clients that go and a want of descriptors pass.
fn accept_next(accept: &mut impl FnMut() -> Accepted) -> Option<TcpStream> {
    for _ in 0..MAX_ACCEPT_PAUSES {
        match accept() {
            Ok((stream, _)) => return Some(stream),
            Err(error) if error.kind() == ErrorKind::InvalidInput => break,
            Err(_) => thread::sleep(ACCEPT_PAUSE),
        }
    }
    None
}

/// Reads a request and answers it, or leaves the client to wait until it goes.
fn serve_connection(
    mut stream: &TcpStream,
    diagnosis: Diagnosis,
    identity: Option<&Identity>,
) -> anyhow::Result<()> {
    stream.set_read_timeout(Some(CLIENT_TIMEOUT))?;
    stream.set_write_timeout(Some(CLIENT_TIMEOUT))?;
    if let Some(identity) = identity {
        let mut stream = identity.accept(stream)?;
        respond(&mut stream, diagnosis)?;
        tls::finish(&mut stream)?;
    } else if !respond(&mut stream, diagnosis)? {
        stream.set_read_timeout(None)?;
        io::copy(&mut stream, &mut io::sink())?;
    }
    Ok(())
}

/// Returns false where the client is left to wait for a response.
fn respond(stream: &mut (impl Read + Write), diagnosis: Diagnosis) -> io::Result<bool> {
    let Some(method) = read_method(stream)? else { return Ok(true) };
    match (diagnosis, method) {
        (Diagnosis::BackendStalled, Method::Get) => return Ok(false),
        (Diagnosis::NoAnswer, _) => return Ok(true),
        (Diagnosis::Slow, _) => thread::sleep(SLOW_DELAY),
        _ => {}
    }
    stream.write_all(canned_response(diagnosis, method).text(method).as_bytes())?;
    Ok(true)
}

/// Reads a request's head to its end; `None` if it is cut short, too long, or its method unknown.
fn read_method(stream: &mut impl Read) -> io::Result<Option<Method>> {
    let mut head = Vec::new();
    let mut chunk = [0; 4096];
    while !is_complete(&head) {
        let read = stream.read(&mut chunk)?;
        if read == 0 || head.len() > MAX_REQUEST_BYTES {
            return Ok(None);
        }
        head.extend(chunk.iter().take(read));
    }
    let asks = |method: &Method| head.starts_with(format!("{} ", method.name()).as_bytes());
    Ok([Method::Head, Method::Get, Method::Post].into_iter().find(asks))
}

/// A login's body is one JSON object within another.
fn is_complete(request: &[u8]) -> bool {
    let is_login = request.starts_with(b"POST ");
    if is_login { request.ends_with(b"}}") } else { request.ends_with(b"\r\n\r\n") }
}

#[derive(Debug, Clone, Copy)]
struct CannedResponse {
    status: &'static str,
    /// Headers besides those that every response has, each with its line end.
    headers: &'static str,
    body: &'static str,
}

impl CannedResponse {
    /// The response as it is sent: HEAD's has no body.
    fn text(self, method: Method) -> String {
        let CannedResponse { status, headers, body } = self;
        let length = match (status, body.len()) {
            // RFC 9110, section 8.6: a 204 has no length.
            ("204 No Content", _) => String::new(),
            (_, length) => format!("Content-Length: {length}\r\n"),
        };
        let body = if method == Method::Head { "" } else { body };
        format!("HTTP/1.1 {status}\r\n{headers}{length}Connection: close\r\n\r\n{body}")
    }
}

const fn json(status: &'static str, body: &'static str) -> CannedResponse {
    CannedResponse { status, headers: "Content-Type: application/json\r\n", body }
}

const KEYSTONE_DOWN: CannedResponse = CannedResponse {
    status: "503 Service Unavailable",
    headers: "Content-Type: text/html\r\n",
    body: "<html><body><h1>503 Service Unavailable</h1></body></html>",
};

const LOGIN_REFUSED: CannedResponse = json(
    "401 Unauthorized",
    r#"{"error":{"code":401,"message":"The request you have made requires authentication.","title":"Unauthorized"}}"#,
);

/// A token whose catalogue lacks the service.
const EMPTY_CATALOG: CannedResponse = CannedResponse {
    status: "201 Created",
    headers: "Content-Type: application/json\r\nX-Subject-Token: simulated-token\r\n",
    body: r#"{"token":{"catalog":[{"type":"identity","endpoints":[{"region_id":"RegionOne","interface":"public","url":"http://127.0.0.1"}]}]}}"#,
};

fn canned_response(diagnosis: Diagnosis, method: Method) -> CannedResponse {
    match (diagnosis, method) {
        (Diagnosis::BackendDown, Method::Get) => BACKEND_DOWN,
        (Diagnosis::ApiError, _) => API_ERROR,
        (Diagnosis::NotFound, _) => NOT_FOUND,
        (Diagnosis::Denied, _) => DENIED,
        (Diagnosis::ProxyError, _) => PROXY_ERROR,
        (Diagnosis::Throttled, _) => THROTTLED,
        (Diagnosis::WrongService, _) => WRONG_SERVICE,
        (Diagnosis::Stale, Method::Head) => CannedResponse { headers: CACHED, ..ALIVE },
        (Diagnosis::Stale, _) => CannedResponse { headers: CACHED, ..HEALTHY },
        (Diagnosis::Contradictory, Method::Get) => CONTRADICTORY,
        (Diagnosis::RequestRejected, _) => REQUEST_REJECTED,
        (Diagnosis::KeystoneDown, _) => KEYSTONE_DOWN,
        (Diagnosis::LoginRefused, _) => LOGIN_REFUSED,
        (Diagnosis::NotInCatalog, _) => EMPTY_CATALOG,
        (Diagnosis::Unexpected, _) => NOT_IMPLEMENTED,
        (_, Method::Head) => ALIVE,
        _ => HEALTHY,
    }
}

const ALIVE: CannedResponse = CannedResponse { status: "204 No Content", headers: "", body: "" };

const HEALTHY: CannedResponse = json("200 OK", r#"{"detailed": false, "reasons": ["OK"]}"#);

const BACKEND_DOWN: CannedResponse = CannedResponse {
    status: "503 Service Unavailable",
    headers: "Content-Type: application/json\r\n\
              X-Openstack-Request-Id: req-5b0e8c1a-6a3f-4d52-9d0b-3f8f6d1c7e21\r\n",
    body: r#"{"error_message": {"debuginfo": null, "faultcode": "Server", "faultstring": "metering database: connection to 10.0.0.5:27017 refused"}}"#,
};

const API_ERROR: CannedResponse = CannedResponse {
    status: "500 Internal Server Error",
    headers: "Content-Type: application/json\r\n\
              X-Openstack-Request-Id: req-c2d7a0f4-17be-4e0c-8a55-90b4b8f0d3e6\r\n",
    body: r#"{"error_message": {"debuginfo": null, "faultcode": "Server", "faultstring": "The health check raised an exception."}}"#,
};

/// The response of a Ceilometer without the extension to a client with a token.
const NOT_FOUND: CannedResponse =
    json("404 Not Found", r#"{"error_message": "The resource could not be found."}"#);

/// Keystone's middleware, in front of the API.
const DENIED: CannedResponse = CannedResponse {
    status: "401 Unauthorized",
    headers: "Content-Type: application/json\r\nWWW-Authenticate: Keystone uri=\"http://keystone.example:5000\"\r\n",
    body: r#"{"error": {"code": 401, "title": "Unauthorized", "message": "The request you have made requires authentication."}}"#,
};

/// HAProxy's own page: all of its servers are down.
const PROXY_ERROR: CannedResponse = CannedResponse {
    status: "503 Service Unavailable",
    headers: "Cache-Control: no-cache\r\nContent-Type: text/html\r\n",
    body: "<html><body><h1>503 Service Unavailable</h1>\n\
           No server is available to handle this request.\n</body></html>\n",
};

const THROTTLED: CannedResponse = CannedResponse {
    status: "429 Too Many Requests",
    headers: "Content-Type: application/json\r\nRetry-After: 30\r\n",
    body: r#"{"error_message": "Too many requests; try again in 30 seconds."}"#,
};

/// A dashboard's login page in the API's place. A redirect, not a catch-all 200: it is recognised by
/// either method alone.
const WRONG_SERVICE: CannedResponse = CannedResponse {
    status: "302 Found",
    headers: "Content-Type: text/html\r\nLocation: https://dashboard.example/auth/login/\r\n",
    body: "<html><body>Sign in to continue.</body></html>\n",
};

const NOT_IMPLEMENTED: CannedResponse = json(
    "501 Not Implemented",
    r#"{"error_message": {"debuginfo": null, "faultcode": "Server", "faultstring": "The health check is not implemented by this backend."}}"#,
);

/// Varnish, which caches a response for all clients.
const CACHED: &str = "Content-Type: application/json\r\nAge: 37\r\nX-Varnish: 32770 3\r\n\
                      Via: 1.1 varnish (Varnish/7.1)\r\n";

/// A relative of the API (Zaqar) whose storage is gone: its report says so, its status does not.
const CONTRADICTORY: CannedResponse =
    json("200 OK", r#"{"storage_reachable": false, "catalog_reachable": true}"#);

/// 400 instead of 405, whose `Allow` would have to name a method that works.
const REQUEST_REJECTED: CannedResponse = json(
    "400 Bad Request",
    r#"{"error_message": {"debuginfo": null, "faultcode": "Client", "faultstring": "The Host header is not one of this service's names."}}"#,
);

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use rustix::io::Errno;

    use super::*;

    /// Asks an endpoint and returns the connection with the question sent.
    fn ask(endpoint: &Endpoint, request: &str) -> io::Result<TcpStream> {
        let Host::Address(address) = endpoint.host else { panic!("{endpoint:?} has no address") };
        let mut stream = TcpStream::connect((address, endpoint.port))?;
        write!(stream, "{request} HTTP/1.1\r\nHost: {address}\r\n\r\n")?;
        Ok(stream)
    }

    fn text_of(endpoint: &Endpoint, request: &str) -> String {
        let mut text = String::new();
        ask(endpoint, request).unwrap().read_to_string(&mut text).unwrap();
        text
    }

    fn only(diagnosis: Diagnosis) -> (Simulation, Endpoint) {
        let simulation = Simulation::start(&[diagnosis]).unwrap();
        let endpoint = simulation.endpoints().remove(0);
        (simulation, endpoint)
    }

    #[test]
    fn statuses_and_headers() {
        let table = [
            (Diagnosis::Healthy, "204", "200", "application/json"),
            (Diagnosis::BackendDown, "204", "503", "metering database"),
            (Diagnosis::ApiError, "500", "500", "faultstring"),
            (Diagnosis::NotFound, "404", "404", "could not be found"),
            (Diagnosis::Denied, "401", "401", "WWW-Authenticate: Keystone uri="),
            (Diagnosis::ProxyError, "503", "503", "No server is available to handle this request."),
            (Diagnosis::Throttled, "429", "429", "Retry-After: 30"),
            (Diagnosis::WrongService, "302", "302", "Location: https://"),
            (Diagnosis::RequestRejected, "400", "400", "Host header"),
            (Diagnosis::Unexpected, "501", "501", "not implemented"),
            (Diagnosis::Contradictory, "204", "200", "storage_reachable"),
            (Diagnosis::Alive, "204", "200", "reasons"),
            (Diagnosis::Slow, "204", "200", "reasons"),
        ];
        for (diagnosis, head, get, telling) in table {
            let (_running, endpoint) = only(diagnosis);
            let to_head = text_of(&endpoint, "HEAD /v2/health");
            assert!(to_head.starts_with(&format!("HTTP/1.1 {head} ")), "{diagnosis}: {to_head}");
            assert!(to_head.ends_with("\r\n\r\n"), "{diagnosis}: HEAD's answer has a body: {to_head}");
            let to_get = text_of(&endpoint, "GET /any/other/path");
            assert!(to_get.starts_with(&format!("HTTP/1.1 {get} ")), "{diagnosis}: {to_get}");
            assert!(to_get.contains(telling), "{diagnosis}: {to_get}");
        }
    }

    #[test]
    fn stalled_back_end() {
        let (_running, endpoint) = only(Diagnosis::BackendStalled);
        let mut stalled = ask(&endpoint, "GET /v2/health").unwrap();
        assert!(text_of(&endpoint, "HEAD /v2/health").starts_with("HTTP/1.1 204 "));
        stalled.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
        assert_eq!(stalled.read(&mut [0]).unwrap_err().kind(), ErrorKind::WouldBlock);
    }

    #[test]
    fn bounded_connections() {
        let (_running, endpoint) = only(Diagnosis::BackendStalled);
        let mut waiting: Vec<_> =
            (0..=MAX_CONNECTIONS).map(|_| ask(&endpoint, "GET /v2/health").unwrap()).collect();
        assert_eq!(waiting[0].read(&mut [0]).unwrap(), 0, "the oldest is closed");
    }

    /// A want of descriptors passes; a listener that is shut down does not.
    #[test]
    fn connections_not_accepted() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let mut errors = [Errno::MFILE, Errno::CONNABORTED].into_iter();
        let mut accept = || errors.next().map_or_else(|| listener.accept(), |errno| Err(errno.into()));
        let accepted = accept_next(&mut accept).map(|stream| stream.peer_addr().unwrap());
        assert_eq!(accepted, client.local_addr().ok());
        assert!(accept_next(&mut || Err(Errno::INVAL.into())).is_none(), "shut down");
    }

    /// They hold up nobody, whatever they have begun to say.
    #[test]
    fn idle_connections() {
        let (_running, endpoint) = only(Diagnosis::Healthy);
        let Host::Address(address) = endpoint.host else { panic!("{endpoint:?} has no address") };
        let connect = |_| TcpStream::connect((address, endpoint.port)).unwrap();
        let idle: Vec<_> = (0..MAX_CONNECTIONS).map(connect).collect();
        for mut stream in &idle {
            stream.write_all(b"G").unwrap();
        }
        let started = Instant::now();
        assert!(text_of(&endpoint, "GET /v2/health").starts_with("HTTP/1.1 200 "));
        assert!(started.elapsed() < CLIENT_TIMEOUT);
    }

    #[test]
    fn unreachable_endpoint() {
        let (_running, endpoint) = only(Diagnosis::Unreachable);
        assert_eq!(ask(&endpoint, "HEAD /").unwrap_err().kind(), ErrorKind::ConnectionRefused);
    }

    #[test]
    fn dropped_simulation() {
        let (running, endpoint) = only(Diagnosis::Healthy);
        drop(running);
        assert_eq!(ask(&endpoint, "HEAD /").unwrap_err().kind(), ErrorKind::ConnectionRefused);
    }

    #[test]
    fn silent_client() {
        let (_running, endpoint) = only(Diagnosis::Healthy);
        let Host::Address(address) = endpoint.host else { panic!("{endpoint:?} has no address") };
        drop(TcpStream::connect((address, endpoint.port)).unwrap());
        assert!(text_of(&endpoint, "GET /v2/health").starts_with("HTTP/1.1 200 "));
        assert_eq!(text_of(&endpoint, "BREW /v2/health"), "", "neither HEAD nor GET");
    }

    #[test]
    fn order_of_endpoints() {
        let all = Diagnosis::ALL;
        let simulation = Simulation::start(all).unwrap();
        let endpoints = simulation.endpoints();
        assert_eq!(endpoints.len(), all.len() - 3, "three are of logins");
        let servers = simulation.servers.iter().filter(|server| !server.diagnosis.is_of_login());
        for (endpoint, server) in endpoints.iter().zip(servers) {
            assert_eq!(endpoint.port, server.address.port());
            assert_eq!((endpoint.scheme, endpoint.path.as_str()), (server.scheme, DEFAULT_PATH));
            assert_eq!(endpoint.route, Route::Host);
        }
        assert_eq!(text_of(&endpoints[4], "HEAD /").get(..12), Some("HTTP/1.1 500"));
    }

    #[test]
    fn unanswered_request() {
        let (_running, endpoint) = only(Diagnosis::NoAnswer);
        assert_eq!(text_of(&endpoint, "HEAD /v2/health"), "");
        assert_eq!(text_of(&endpoint, "GET /v2/health"), "");
    }

    #[test]
    fn cached_response() {
        let (_running, endpoint) = only(Diagnosis::Stale);
        for request in ["HEAD /v2/health", "GET /v2/health"] {
            assert!(text_of(&endpoint, request).contains("\r\nAge: 37\r\n"), "{request}");
        }
    }
}

//! A scripted TCP peer on loopback, which answers, stalls, resets, drips and sends nonsense, byte by byte.
//!
//! Nothing here sleeps: a peer that waits, waits for its client. A peer fails its test if it was not called, if it was
//! called more often than it has scripts, or if one of its threads panicked.

use std::fmt;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use rustix::net::{AddressFamily, SocketFlags, SocketType};

use super::listener::Listener;
use super::request::{self, gone};

/// Time that a client may leave a connection idle: longer than every budget in the tests.
const MAX_IDLE: Duration = Duration::from_secs(30);
/// Pause between two dripped bytes.
const DRIP_PAUSE: Duration = Duration::from_millis(20);

/// One action of the peer on a connection.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// Reads a request's head to its end and records it.
    Read,
    /// Sends bytes.
    Send(Vec<u8>),
    /// Sends bytes one by one, with a pause between them, until the client has gone.
    Drip(Vec<u8>),
    /// Sends bytes over and over until the client has gone.
    Forever(Vec<u8>),
    /// Sends nothing until the client has gone. Bytes that the client sends meanwhile fail the test.
    Hang,
    /// Sends nothing, and reads until the client has gone.
    Swallow,
    /// Resets the connection.
    Reset,
}

/// The actions of the peer on one connection, in order; then it closes the connection.
pub(crate) type Script = Vec<Step>;

/// A script that reads a request and sends bytes.
pub(crate) fn says(bytes: impl Into<Vec<u8>>) -> Script {
    vec![Step::Read, Step::Send(bytes.into())]
}

/// A script that reads a request and sends a response with this status, these headers (each with its line
/// end) and this body.
pub(crate) fn answers(status: u16, headers: &str, body: &str) -> Script {
    says(response(status, headers, body))
}

/// A response with a length, as bytes.
pub(crate) fn response(status: u16, headers: &str, body: &str) -> Vec<u8> {
    let length = if status == 204 || status < 200 {
        String::new()
    } else {
        format!("Content-Length: {}\r\n", body.len())
    };
    format!("HTTP/1.1 {status} Reason\r\n{headers}{length}\r\n{body}").into_bytes()
}

/// HEAD's documented response.
pub(crate) fn alive() -> Script {
    answers(204, "", "")
}

/// GET's documented response.
pub(crate) fn healthy() -> Script {
    answers(200, "Content-Type: application/json\r\n", "{}")
}

/// A request as it arrived.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// Number of the connection, in the order of acceptance.
    pub(crate) connection: usize,
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) raw: String,
}

impl Request {
    fn parse(connection: usize, raw: &str) -> Request {
        let mut lines = raw.trim_end().split("\r\n");
        let first: Vec<&str> = lines.next().unwrap().split(' ').collect();
        let [method, target, "HTTP/1.1"] = first[..] else { panic!("not an HTTP/1.1 request: {raw:?}") };
        let (method, target) = (method.to_owned(), target.to_owned());
        let headers = lines.map(|line| {
            let (name, value) = line.split_once(": ").unwrap_or_else(|| panic!("no header: {line:?}"));
            (name.to_ascii_lowercase(), value.to_owned())
        });
        Request { connection, method, target, headers: headers.collect(), raw: raw.to_owned() }
    }

    /// All values of a header, by its lower-case name.
    pub(crate) fn header(&self, name: &str) -> Vec<&str> {
        self.headers.iter().filter(|(own, _)| own == name).map(|(_, value)| value.as_str()).collect()
    }
}

/// `METHOD target`.
impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.target)
    }
}

type Chooser = Box<dyn Fn(&Request) -> Script + Send + Sync>;

enum Program {
    /// One script for each connection, in the order of acceptance.
    InTurn(Vec<Script>),
    /// A script chosen by the request.
    Asked(Chooser),
}

/// A running peer.
pub(crate) struct Peer {
    listener: Listener,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Peer {
    /// Plays one script for each connection, in turn. One connection more fails the test.
    pub(crate) fn in_turn<const N: usize>(scripts: [Script; N]) -> Peer {
        Peer::start(Program::InTurn(scripts.into()))
    }

    /// Answers HEAD by one script and GET by another, any number of times. The request has been read when a script
    /// begins, so its [`Step::Read`] is left out.
    pub(crate) fn by_method(head: Script, get: Script) -> Peer {
        Peer::asked(move |request| if request.method == "HEAD" { head.clone() } else { get.clone() })
    }

    /// Plays the same script for every request.
    pub(crate) fn always(script: Script) -> Peer {
        Peer::asked(move |_| script.clone())
    }

    /// Reads each request and plays the script that the function chooses.
    pub(crate) fn asked(choose: impl Fn(&Request) -> Script + Send + Sync + 'static) -> Peer {
        Peer::start(Program::Asked(Box::new(choose)))
    }

    /// A service in perfect health.
    pub(crate) fn healthy() -> Peer {
        Peer::by_method(alive(), healthy())
    }

    /// A service whose back-end is down.
    pub(crate) fn backend_down() -> Peer {
        let body = r#"{"detailed": false, "reasons": ["the database is gone"]}"#;
        Peer::by_method(alive(), answers(503, "Content-Type: application/json\r\n", body))
    }

    /// A peer that must not be called: a call fails the test.
    pub(crate) fn untouched() -> Peer {
        Peer::in_turn([])
    }

    fn start(program: Program) -> Peer {
        let requests = Arc::default();
        let may_be_idle = matches!(&program, Program::InTurn(scripts) if scripts.is_empty());
        let own = Arc::clone(&requests);
        let listener = Listener::start(may_be_idle, move |stream, number| {
            Connection { stream, number, program: &program, requests: &own }.play();
        });
        Peer { listener, requests }
    }

    /// `127.0.0.1:PORT`, which is also the endpoint's canonical form.
    pub(crate) fn address(&self) -> String {
        self.listener.address().to_string()
    }

    /// A list of endpoints, one per line, with the prefixes `/p0`, `/p1`, ….
    pub(crate) fn endpoints(&self, number: usize) -> String {
        let lines: Vec<String> =
            (0..number).map(|index| format!("{}/p{index}", self.listener.address())).collect();
        lines.join("\n")
    }

    pub(crate) fn port(&self) -> u16 {
        self.listener.address().port()
    }

    /// The requests so far.
    pub(crate) fn requests(&self) -> Vec<Request> {
        lock(&self.requests).clone()
    }

    /// The requests so far, as `METHOD target`.
    pub(crate) fn asked_for(&self) -> Vec<String> {
        self.requests().iter().map(Request::to_string).collect()
    }

    /// Number of connections accepted so far.
    pub(crate) fn accepted(&self) -> usize {
        self.listener.accepted()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// One accepted connection.
struct Connection<'a> {
    stream: TcpStream,
    number: usize,
    program: &'a Program,
    requests: &'a Mutex<Vec<Request>>,
}

/// State of the client, which decides whether the script goes on.
#[derive(PartialEq, Eq)]
enum Client {
    Here,
    Gone,
}

impl Connection<'_> {
    fn play(mut self) {
        self.stream.set_nodelay(true).unwrap();
        self.stream.set_read_timeout(Some(MAX_IDLE)).unwrap();
        self.stream.set_write_timeout(Some(MAX_IDLE)).unwrap();
        let script = match self.program {
            Program::InTurn(scripts) => scripts
                .get(self.number)
                .unwrap_or_else(|| panic!("connection {} is one too many", self.number + 1))
                .clone(),
            Program::Asked(choose) => {
                let Some(request) = self.read() else { return };
                let script = choose(&request);
                script.into_iter().filter(|step| !matches!(step, Step::Read)).collect()
            }
        };
        for step in script {
            if self.act(step) == Client::Gone {
                return;
            }
        }
    }

    fn act(&mut self, step: Step) -> Client {
        match step {
            Step::Read => self.read().map_or(Client::Gone, |_| Client::Here),
            Step::Send(bytes) => self.send(&bytes),
            Step::Drip(bytes) => self.drip(&bytes),
            Step::Forever(bytes) => {
                while self.send(&bytes) == Client::Here {}
                Client::Gone
            }
            Step::Hang => self.hang(),
            Step::Swallow => {
                // A reset ends it as well as a close does.
                let _ = std::io::copy(&mut self.stream, &mut std::io::sink());
                Client::Gone
            }
            Step::Reset => {
                // Closing with a zero linger time sends RST instead of FIN.
                rustix::net::sockopt::set_socket_linger(&self.stream, Some(Duration::ZERO)).unwrap();
                Client::Gone
            }
        }
    }

    /// Reads a request's head and records it; `None` if the client has gone.
    fn read(&mut self) -> Option<Request> {
        let head = request::head(&mut self.stream);
        let head = head.unwrap_or_else(|error| panic!("no request within {MAX_IDLE:?}: {error}"))?;
        let request = Request::parse(self.number, std::str::from_utf8(&head).unwrap());
        lock(self.requests).push(request.clone());
        Some(request)
    }

    fn send(&mut self, bytes: &[u8]) -> Client {
        match self.stream.write_all(bytes) {
            Ok(()) => Client::Here,
            Err(error) if gone(&error) => Client::Gone,
            Err(error) => panic!("the client neither reads nor closes: {error}"),
        }
    }

    /// The pause between two bytes is a wait for the client's close.
    fn drip(&mut self, bytes: &[u8]) -> Client {
        self.stream.set_read_timeout(Some(DRIP_PAUSE)).unwrap();
        for byte in bytes {
            if self.send(&[*byte]) == Client::Gone {
                return Client::Gone;
            }
            match self.stream.read(&mut [0]) {
                Ok(0) => return Client::Gone,
                Ok(_) => panic!("the client sent more than one request"),
                Err(error) if gone(&error) => return Client::Gone,
                // The time is over and the client still there.
                Err(_) => {}
            }
        }
        self.stream.set_read_timeout(Some(MAX_IDLE)).unwrap();
        Client::Here
    }

    fn hang(&mut self) -> Client {
        match self.stream.read(&mut [0]) {
            Ok(0) => Client::Gone,
            Ok(_) => panic!("the client sent more than one request on connection {}", self.number + 1),
            Err(error) if gone(&error) => Client::Gone,
            Err(error) => panic!("the client did not close within {MAX_IDLE:?}: {error}"),
        }
    }
}

/// An address without a server. It stays reserved until this is dropped.
pub(crate) struct Nobody {
    address: SocketAddr,
    _bound: OwnedFd,
    _queued: Vec<TcpStream>,
}

impl Nobody {
    /// Bound, but not listening: connections are refused.
    pub(crate) fn refusing() -> Nobody {
        let (bound, address) = bind();
        Nobody { address, _bound: bound, _queued: Vec::new() }
    }

    /// Listening with a full backlog, never accepting: connections are not answered at all.
    pub(crate) fn deaf() -> Nobody {
        let (bound, address) = bind();
        rustix::net::listen(&bound, 0).unwrap();
        let connect = || TcpStream::connect_timeout(&address, Duration::from_millis(100));
        let queued: Vec<TcpStream> = std::iter::from_fn(|| connect().ok()).take(64).collect();
        assert!(queued.len() < 64, "the backlog of {address} does not fill");
        Nobody { address, _bound: bound, _queued: queued }
    }

    pub(crate) fn address(&self) -> String {
        self.address.to_string()
    }
}

fn bind() -> (OwnedFd, SocketAddr) {
    // A run that is started meanwhile must not inherit it.
    let flags = SocketFlags::CLOEXEC;
    let socket = rustix::net::socket_with(AddressFamily::INET, SocketType::STREAM, flags, None).unwrap();
    rustix::net::bind(&socket, &"127.0.0.1:0".parse::<SocketAddr>().unwrap()).unwrap();
    let address = rustix::net::getsockname(&socket).unwrap();
    (socket, address.try_into().unwrap())
}

mod tests {
    use std::io::ErrorKind;

    use super::*;

    fn call(peer: &Peer, request: &str) -> (TcpStream, std::io::Result<String>) {
        let mut stream = TcpStream::connect(peer.listener.address()).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut response = Vec::new();
        let end = stream.read_to_end(&mut response);
        (stream, end.map(|_| String::from_utf8(response).unwrap()))
    }

    #[test]
    fn recorded_requests() {
        let peer = Peer::healthy();
        let (_, head) = call(&peer, "HEAD /v2/health HTTP/1.1\r\nHost: here\r\n\r\n");
        assert_eq!(head.unwrap(), "HTTP/1.1 204 Reason\r\n\r\n");
        let (_, get) = call(&peer, "GET /v2/health HTTP/1.1\r\nHost: here\r\n\r\n");
        assert!(get.unwrap().ends_with("Content-Length: 2\r\n\r\n{}"));
        assert_eq!(peer.asked_for(), ["HEAD /v2/health", "GET /v2/health"]);
        assert_eq!(peer.requests()[1].connection, 1);
        assert_eq!(peer.requests()[0].header("host"), ["here"]);
    }

    #[test]
    fn reset_within_the_head() {
        let peer = Peer::in_turn([vec![Step::Read, Step::Send(b"HTTP".to_vec()), Step::Reset]]);
        let (_, end) = call(&peer, "GET / HTTP/1.1\r\n\r\n");
        assert_eq!(end.unwrap_err().kind(), ErrorKind::ConnectionReset);
    }

    #[test]
    fn drip_until_the_client_leaves() {
        let peer = Peer::in_turn([vec![Step::Drip(vec![b'x'; 1_000_000])]]);
        let mut stream = TcpStream::connect(peer.listener.address()).unwrap();
        stream.read_exact(&mut [0; 2]).unwrap();
        drop(stream);
        drop(peer);
    }

    #[test]
    #[should_panic(expected = "was not called")]
    fn uncalled_peer() {
        drop(Peer::healthy());
    }

    #[test]
    fn one_call_too_many() {
        let peer = Peer::untouched();
        let _ = call(&peer, "GET / HTTP/1.1\r\n\r\n");
        let dropped = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(peer)));
        let panic = *dropped.unwrap_err().downcast::<String>().unwrap();
        assert_eq!(panic, "connection 1 is one too many");
    }

    #[test]
    fn refusing_and_deaf_addresses() {
        let connect = |nobody: &Nobody| {
            TcpStream::connect_timeout(&nobody.address, Duration::from_millis(100)).unwrap_err().kind()
        };
        assert_eq!(connect(&Nobody::refusing()), ErrorKind::ConnectionRefused);
        assert_eq!(connect(&Nobody::deaf()), ErrorKind::TimedOut);
    }
}

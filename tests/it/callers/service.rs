//! The Health-Check API as the daemons' servers see it: one role at a time, over TCP, TLS or a UNIX socket.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread;

use rustls::{ServerConnection, StreamOwned};

use crate::support::{request, tls};

/// The name in the TLS service's certificate; no address is in it.
pub(crate) const NAME: &str = "metering.example.com";

/// A body that attacks every output that could show it.
pub(crate) const HOSTILE: &str = "{\"error\": \"| a=1;2;3 'quoted' \\\"twice\\\" `id` $(id) $HOSTNAME$ \
     <script>alert(1)</script> \u{1b}[31mred\u{7} \u{202e}drow\u{200b} up\\n| evil=1s down #up\\u001b[2J\"}\
     \n| second=2\nthird | line=3\n";

/// The behaviour of the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Healthy,
    BackendDown,
    /// Answers with a status that the API does not document: any WARNING.
    Undocumented,
    Absent,
    Denied,
    /// Takes the request and never answers.
    Hanging,
    /// The back-end is down, and the body attacks every output that shows it.
    Hostile,
}

impl Role {
    pub(crate) const ALL: [Role; 7] = [
        Role::Healthy,
        Role::Undocumented,
        Role::BackendDown,
        Role::Hostile,
        Role::Absent,
        Role::Denied,
        Role::Hanging,
    ];

    /// The roles that answer at once.
    pub(crate) fn answering() -> impl Iterator<Item = Role> {
        Role::ALL.into_iter().filter(|role| *role != Role::Hanging)
    }

    /// A name as daemons accept it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Role::Healthy => "healthy",
            Role::BackendDown => "backend-down",
            Role::Undocumented => "undocumented",
            Role::Absent => "absent",
            Role::Denied => "denied",
            Role::Hanging => "hanging",
            Role::Hostile => "hostile",
        }
    }

    /// The exit code that a check of it deserves.
    pub(crate) const fn exit_code(self) -> usize {
        match self {
            Role::Healthy => 0,
            Role::Undocumented => 1,
            Role::BackendDown | Role::Hostile | Role::Absent | Role::Hanging => 2,
            Role::Denied => 3,
        }
    }

    /// Returns the labels of its metrics: the back-end's share only where the API answered both requests itself.
    pub(crate) fn metrics(self) -> &'static [&'static str] {
        let all = &["head_time", "get_time", "backend_time"];
        if matches!(self, Role::Undocumented | Role::Absent | Role::Denied) { &all[..2] } else { all }
    }

    /// The whole response to HEAD or GET.
    fn response(self, head: bool) -> Option<Vec<u8>> {
        let (status, headers, body) = match (self, head) {
            (Role::Hanging, _) => return None,
            (Role::Healthy | Role::BackendDown | Role::Hostile, true) => ("204 No Content", "", ""),
            (Role::Healthy, false) => ("200 OK", "", "{\"status\": \"ok\"}"),
            (Role::BackendDown, false) => ("503 Service Unavailable", "", "{\"error\": \"no database\"}"),
            (Role::Hostile, false) => ("503 Service Unavailable", "", HOSTILE),
            (Role::Undocumented, _) => ("202 Accepted", "", ""),
            (Role::Absent, _) => ("404 Not Found", "", ""),
            (Role::Denied, _) => {
                ("401 Unauthorized", "WWW-Authenticate: Keystone uri=\"http://keystone:5000\"\r\n", "")
            }
        };
        let length = if status.starts_with("204") {
            String::new()
        } else {
            format!("Content-Length: {}\r\nContent-Type: application/json\r\n", body.len())
        };
        let body = if head { "" } else { body };
        Some(format!("HTTP/1.1 {status}\r\n{length}{headers}Connection: close\r\n\r\n{body}").into_bytes())
    }
}

/// A service on loopback, in a role that may change; it ends with the test.
#[derive(Debug, Clone)]
pub(crate) struct Service {
    pub(crate) address: SocketAddr,
    role: Arc<Mutex<Role>>,
}

impl Service {
    /// A service over TCP at 127.0.0.1.
    pub(crate) fn start(role: Role) -> Service {
        Service::at("127.0.0.1:0", role).unwrap()
    }

    /// A service over TCP at this address, where the machine has it.
    pub(crate) fn at(address: &str, role: Role) -> Option<Service> {
        let listener = TcpListener::bind(address).ok()?;
        let service = Service { address: listener.local_addr().unwrap(), role: Arc::new(Mutex::new(role)) };
        let role = Arc::clone(&service.role);
        each(
            move || listener.accept().map(|(stream, _)| stream),
            move |stream| serve(stream, *role.lock().unwrap()),
        );
        Some(service)
    }

    /// A service over TLS at 127.0.0.1, and the PEM text of the CA that signed its certificate for [`NAME`].
    pub(crate) fn start_tls(role: Role) -> (SocketAddr, String) {
        let (config, ca) = tls::private(&[NAME]);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        each(
            move || listener.accept().map(|(stream, _)| stream),
            move |stream| {
                let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
                serve(StreamOwned::new(connection, stream), role);
            },
        );
        (address, ca)
    }

    /// A service on a UNIX socket.
    pub(crate) fn start_unix(path: &Path, role: Role) {
        let listener = UnixListener::bind(path).unwrap();
        each(move || listener.accept().map(|(stream, _)| stream), move |stream| serve(stream, role));
    }

    /// The port, as text.
    pub(crate) fn port(&self) -> String {
        self.address.port().to_string()
    }

    /// Changes the role.
    pub(crate) fn become_(&self, role: Role) {
        *self.role.lock().unwrap() = role;
    }
}

/// Serves each connection in a thread of its own, for as long as the test runs.
fn each<S: Send + 'static>(
    accept: impl Fn() -> std::io::Result<S> + Send + 'static,
    serve: impl Fn(S) + Send + Sync + 'static,
) {
    let serve = Arc::new(serve);
    thread::spawn(move || {
        while let Ok(stream) = accept() {
            let serve = Arc::clone(&serve);
            thread::spawn(move || serve(stream));
        }
    });
}

/// Reads one request's head and answers it. A client that hangs up early is not a failure.
fn serve(mut stream: impl Read + Write, role: Role) {
    let Ok(Some(head)) = request::head(&mut stream) else { return };
    match role.response(head.starts_with(b"HEAD ")) {
        Some(response) => {
            let _ = stream.write_all(&response).and_then(|()| stream.flush());
        }
        // Held open until the client closes.
        None => while matches!(stream.read(&mut [0; 1024]), Ok(1..)) {},
    }
}

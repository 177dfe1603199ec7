//! A TLS server of the test's own: rustls over scripted certificates, in threads that end with the test.

use std::io::Write;
use std::net::TcpStream;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustls::server::Acceptor;
use rustls::{ServerConfig, ServerConnection};

use crate::support::certificates::Identity;
use crate::support::listener::Listener;
use crate::support::tls::{BOTH, config};
use crate::support::{peer, request};

/// Maximum time that a connection may be idle; longer than every budget in the tests.
const PATIENCE: Duration = Duration::from_secs(30);

/// Makes the response to the last of the requests so far.
type Responses = Box<dyn Fn(&[String]) -> Vec<u8> + Send + Sync>;
/// With what configuration the server meets the next connection, by the requests so far.
type Configs = Box<dyn Fn(&[String]) -> Arc<ServerConfig> + Send + Sync>;

/// A running server. It fails the test that owns it when it was not called.
pub(crate) struct TlsServer {
    listener: Listener,
    shared: Arc<Shared>,
}

struct Shared {
    configs: Configs,
    responses: Responses,
    requests: Mutex<Vec<String>>,
    names: Mutex<Vec<Option<String>>>,
}

impl TlsServer {
    /// A service in perfect health that presents this certificate.
    pub(crate) fn healthy(identity: &Identity) -> TlsServer {
        TlsServer::with(config(identity, BOTH, None))
    }

    /// A service in perfect health.
    pub(crate) fn with(config: Arc<ServerConfig>) -> TlsServer {
        TlsServer::start(move |_| Arc::clone(&config), healthy)
    }

    pub(crate) fn start(
        configs: impl Fn(&[String]) -> Arc<ServerConfig> + Send + Sync + 'static,
        responses: impl Fn(&[String]) -> Vec<u8> + Send + Sync + 'static,
    ) -> TlsServer {
        let shared = Arc::new(Shared {
            configs: Box::new(configs),
            responses: Box::new(responses),
            requests: Mutex::default(),
            names: Mutex::default(),
        });
        let own = Arc::clone(&shared);
        // A client that leaves is what many tests are about.
        let listener = Listener::start(false, move |stream, _| drop(serve(stream, &own)));
        TlsServer { listener, shared }
    }

    pub(crate) fn port(&self) -> u16 {
        self.listener.address().port()
    }

    /// `https://localhost:PORT`: its URL, and its canonical form.
    pub(crate) fn url(&self) -> String {
        format!("https://localhost:{}", self.port())
    }

    /// The heads of the requests so far.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.shared.requests.lock().unwrap().clone()
    }

    /// The names that clients requested in their handshakes (SNI).
    pub(crate) fn names(&self) -> Vec<Option<String>> {
        self.shared.names.lock().unwrap().clone()
    }
}

/// The documented responses.
pub(crate) fn healthy(requests: &[String]) -> Vec<u8> {
    if requests.last().unwrap().starts_with("HEAD ") {
        peer::response(204, "", "")
    } else {
        peer::response(200, "Content-Type: application/json\r\n", "{}")
    }
}

fn serve(mut stream: TcpStream, shared: &Shared) -> std::io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    stream.set_nodelay(true)?;
    let mut session = handshake(&mut stream, shared)?;
    let mut tls = rustls::Stream::new(&mut session, &mut stream);
    let Some(head) = request::head(&mut tls)? else { return Ok(()) };
    let response = {
        let mut requests = shared.requests.lock().unwrap();
        requests.push(String::from_utf8(head).unwrap());
        (shared.responses)(&requests)
    };
    tls.write_all(&response)?;
    tls.conn.send_close_notify();
    tls.flush()?;
    // Until the client has gone: a close with its last bytes unread would reset the connection.
    std::io::copy(&mut stream, &mut std::io::sink())?;
    Ok(())
}

/// Completes the handshake; on failure the client gets an alert.
fn handshake(stream: &mut TcpStream, shared: &Shared) -> std::io::Result<ServerConnection> {
    let mut acceptor = Acceptor::default();
    let accepted = loop {
        acceptor.read_tls(stream)?;
        match acceptor.accept() {
            Ok(Some(accepted)) => break accepted,
            Ok(None) => {}
            Err((error, mut alert)) => {
                alert.write_all(stream)?;
                return Err(std::io::Error::other(error));
            }
        }
    };
    shared.names.lock().unwrap().push(accepted.client_hello().server_name().map(str::to_owned));
    let config = (shared.configs)(&shared.requests.lock().unwrap());
    let mut session = accepted.into_connection(config).map_err(|(error, mut alert)| {
        let _ = alert.write_all(stream);
        std::io::Error::other(error)
    })?;
    while session.is_handshaking() {
        if let Err(error) = session.complete_io(stream) {
            while session.wants_write() {
                session.write_tls(stream)?;
            }
            // Until the client has read the alert and gone.
            let _ = std::io::copy(stream, &mut std::io::sink());
            return Err(error);
        }
    }
    Ok(session)
}

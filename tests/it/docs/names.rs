//! The services that the documents name: a proxy answers in their place, so that commands run as they are written,
//! names, ports and https included.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::support::{request, tls};

/// The names that are probed over https.
const SECURE: [&str; 2] = ["cloud.example.com", "metering.example.com"];

/// The first byte of a TLS handshake (RFC 8446, section 5.1).
const HANDSHAKE: u8 = 22;

/// A proxy that serves every name of the documents.
pub(crate) struct Names {
    pub(crate) address: SocketAddr,
    /// The CA that signed the names' certificate.
    pub(crate) ca: String,
}

impl Names {
    /// Serves for as long as the test runs.
    pub(crate) fn serve() -> Names {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (config, ca) = tls::private(&SECURE);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let config = Arc::clone(&config);
                // A client that hangs up early is not a failure.
                thread::spawn(move || drop(connection(stream, config)));
            }
        });
        Names { address, ca }
    }
}

/// Answers one client: a tunnel to a name, or a request that names its host.
fn connection(mut stream: TcpStream, tls: Arc<ServerConfig>) -> std::io::Result<()> {
    let head = head(&mut stream)?;
    let host = host(&head);
    if !head.starts_with("CONNECT ") {
        return stream.write_all(response(&host, &head).as_bytes());
    }
    stream.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")?;
    let mut first = [0];
    if stream.peek(&mut first)? == 1 && first == [HANDSHAKE] {
        let session = ServerConnection::new(tls).map_err(std::io::Error::other)?;
        let mut stream = StreamOwned::new(session, stream);
        exchange(&mut stream, &host)?;
        stream.conn.send_close_notify();
        return stream.flush();
    }
    exchange(&mut stream, &host)
}

fn exchange(stream: &mut (impl Read + Write), host: &str) -> std::io::Result<()> {
    let request = head(stream)?;
    stream.write_all(response(host, &request).as_bytes())
}

/// A request's head as text.
fn head(stream: &mut impl Read) -> std::io::Result<String> {
    let head = request::head(stream)?.ok_or(ErrorKind::UnexpectedEof)?;
    Ok(String::from_utf8_lossy(&head).into_owned())
}

/// The host of a request's target, without scheme, port and path.
fn host(head: &str) -> String {
    let target = head.split(' ').nth(1).unwrap_or_default();
    let authority = target.trim_start_matches("http://").split('/').next().unwrap_or_default();
    authority.split(':').next().unwrap_or_default().to_owned()
}

/// The response of a name.
fn response(host: &str, request: &str) -> String {
    let head = request.starts_with("HEAD ");
    let (status, body) = match (host, head) {
        ("broken.example.com", false) => {
            ("503 Service Unavailable", "metering database: no primary in the replica set")
        }
        ("zaqar.example.com", true) => ("405 Method Not Allowed", ""),
        (_, true) => ("204 No Content", ""),
        (_, false) => ("200 OK", "OK"),
    };
    let length = if head { String::new() } else { format!("Content-Length: {}\r\n", body.len()) };
    format!("HTTP/1.1 {status}\r\nContent-Type: text/plain\r\n{length}Connection: close\r\n\r\n{body}")
}

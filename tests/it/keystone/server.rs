//! A Keystone and a health API in one, on one port: every request with a body is read whole.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// A request: its head and its body.
#[derive(Debug, Clone)]
pub(super) struct Request {
    pub(super) head: String,
    pub(super) body: String,
}

impl Request {
    pub(super) fn is_login(&self) -> bool {
        self.head.starts_with("POST /v3/auth/tokens ")
    }

    pub(super) fn has_token(&self, token: &str) -> bool {
        self.head.to_ascii_lowercase().contains(&format!("x-auth-token: {token}\r\n"))
    }
}

/// A server whose responses a closure gives; its thread ends with the test.
pub(super) struct Server {
    port: u16,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    pub(super) fn start(response: impl Fn(&Request, u16) -> String + Send + 'static) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        thread::spawn(move || {
            for mut stream in listener.incoming().map_while(Result::ok) {
                let Some(request) = read(&mut stream) else { continue };
                seen.lock().unwrap().push(request.clone());
                let _ = stream.write_all(response(&request, port).as_bytes());
            }
        });
        Server { port, requests }
    }

    pub(super) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(super) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    pub(super) fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }

    pub(super) fn logins(&self) -> usize {
        self.requests().iter().filter(|request| request.is_login()).count()
    }
}

fn read(stream: &mut TcpStream) -> Option<Request> {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&bytes);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let header = head.to_ascii_lowercase();
            let length = header.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
            if body.len() >= length.unwrap_or(0) {
                return Some(Request { head: format!("{head}\r\n"), body: body.to_owned() });
            }
        }
        match stream.read(&mut chunk) {
            Ok(length) if length > 0 => bytes.extend(chunk.iter().take(length)),
            _ => return None,
        }
    }
}

pub(super) fn response(status: &str, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n{headers}Connection: close\r\n\r\n{body}", body.len())
}

/// A granted token, whose catalogue has the service on this port.
pub(super) fn token(token: &str, port: u16) -> String {
    let url = format!("http://127.0.0.1:{port}/v2");
    token_for(token, &[("R1", "public", &url), ("R1", "internal", &url)])
}

/// A granted token, whose catalogue has these endpoints: region, interface and URL of each.
pub(super) fn token_for(token: &str, endpoints: &[(&str, &str, &str)]) -> String {
    let endpoints = endpoints.iter().map(|(region, interface, url)| {
        serde_json::json!({"region_id": region, "interface": interface, "url": url})
    });
    let catalog = serde_json::json!([{"type": "metering", "endpoints": endpoints.collect::<Vec<_>>()}]);
    let life = r#""issued_at":"2026-01-01T00:00:00Z","expires_at":"2026-01-01T01:00:00Z""#;
    let headers = format!("X-Subject-Token: {token}\r\nContent-Type: application/json\r\n");
    response("201 Created", &headers, &format!(r#"{{"token":{{{life},"catalog":{catalog}}}}}"#))
}

/// Answers a request whose token the API accepts.
pub(super) fn health(request: &Request) -> String {
    if request.head.starts_with("HEAD ") {
        "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n".into()
    } else {
        response("200 OK", "Content-Type: application/json\r\n", "{}")
    }
}

/// The middleware's demand for a token.
pub(super) fn demand(request: &Request) -> String {
    let body = r#"{"error": {"code": 401, "title": "Unauthorized", "message": "The request you have made requires authentication."}}"#;
    let text = response(
        "401 Unauthorized",
        "WWW-Authenticate: Keystone uri=\"http://k:5000\"\r\nContent-Type: application/json\r\n",
        body,
    );
    if request.head.starts_with("HEAD ") { text.replace(body, "") } else { text }
}

//! Python's `http.server`, as a user would meet it.
//!
//! It inherits a listening socket as standard input, so that no test guesses a port or waits for the start.

use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::support::harness::check;
use crate::support::programs::found;

/// A server that ends with the test.
struct Server {
    child: Child,
    address: String,
}

impl Server {
    fn start(mut command: Command, listener: TcpListener) -> Server {
        let address = listener.local_addr().unwrap().to_string();
        let child =
            command.stdin(OwnedFd::from(listener)).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        Server { child: child.unwrap(), address }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn python() -> Option<Command> {
    found(&["python3"]).map(Command::new)
}

fn listener() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").unwrap()
}

/// Python's `http.server` with a handler, which is a Python expression.
fn http_server(handler: &str, directory: &Path) -> Option<Server> {
    let script = format!(
        "import http.server, socket\n\
         class CatchAll(http.server.BaseHTTPRequestHandler):\n\
         \x20   def do_GET(self):\n\
         \x20       self.send_response(200)\n\
         \x20       self.send_header('Content-Type', 'text/html')\n\
         \x20       self.end_headers()\n\
         \x20       if self.command == 'GET': self.wfile.write(b'<html><body>It works!</body></html>')\n\
         \x20   do_HEAD = do_GET\n\
         server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), {handler}, bind_and_activate=False)\n\
         server.socket = socket.socket(fileno=0)\n\
         server.serve_forever()\n"
    );
    let mut command = python()?;
    command.args(["-c", &script]).current_dir(directory);
    Some(Server::start(command, listener()))
}

#[test]
fn unknown_path() {
    let directory = tempfile::tempdir().unwrap();
    let Some(server) = http_server("http.server.SimpleHTTPRequestHandler", directory.path()) else { return };
    let run = check([&server.address]).run();
    run.exits(2).summarises("CRITICAL", &["not-found", "404", &server.address]);
    let run = check([&server.address, "-o", "json"]).run();
    run.exits(2)
        .reports("/endpoints/0/probes/0/key", "head:404")
        .reports("/endpoints/0/probes/1/key", "get:404")
        .reports("/endpoints/0/probes/1/rule", "documented");
}

#[test]
fn catch_all_page() {
    let directory = tempfile::tempdir().unwrap();
    let Some(server) = http_server("CatchAll", directory.path()) else { return };
    let run = check([&server.address]).run();
    run.exits(3).summarises("UNKNOWN", &["wrong-service", "GET 200", "HTML page", &server.address]);
}

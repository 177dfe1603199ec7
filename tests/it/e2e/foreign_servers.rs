//! Real servers that are not ours: Python's `http.server` and nginx, each as a user would meet it.
//!
//! They inherit a listening socket as standard input: no port is guessed, and there is nothing to wait for.

use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::support::harness::{check, words};
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
        // SIGTERM, not SIGKILL: nginx ends its worker too. One that ended on its own needs nothing.
        let pid = rustix::process::Pid::from_child(&self.child);
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        let _ = self.child.wait();
    }
}

/// Python, where it is installed.
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
fn python_knows_no_health_path() {
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
fn pythons_catch_all_is_an_impostor() {
    let directory = tempfile::tempdir().unwrap();
    let Some(server) = http_server("CatchAll", directory.path()) else { return };
    let run = check([&server.address]).run();
    run.exits(1).summarises("WARNING", &["wrong-service", "HEAD 200", &server.address]);
}

/// nginx with these directives in its server block.
fn nginx(directives: &str, directory: &Path) -> Option<Server> {
    let mut command = Command::new(found(&["nginx"])?);
    let listener = listener();
    let address = listener.local_addr().unwrap();
    let place = directory.display();
    let paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|kind| format!("{kind}_temp_path {place}/{kind};\n"))
        .concat();
    let config = format!(
        "daemon off;\nworker_processes 1;\npid {place}/pid;\nerror_log {place}/error.log;\nevents {{}}\n\
         http {{\naccess_log off;\n{paths}server {{\nlisten {address};\n{directives}\n}}\n}}\n"
    );
    let file = directory.join("nginx.conf");
    std::fs::write(&file, config).unwrap();
    // The variable in which nginx hands its sockets on to a new binary: standard input is one of them.
    command.env("NGINX", "0;").arg("-p").arg(directory).arg("-e").arg(directory.join("error.log"));
    command.arg("-c").arg(file);
    Some(Server::start(command, listener))
}

#[test]
fn nginx_knows_no_health_path() {
    let directory = tempfile::tempdir().unwrap();
    let Some(server) = nginx("location / { return 404; }", directory.path()) else { return };
    let run = check([&server.address, "-o", "json"]).run();
    run.exits(2)
        .reports("/endpoints/0/diagnosis", "not-found")
        .reports("/endpoints/0/probes/1/answered_by", "nginx");
}

#[test]
fn nginxs_catch_all_is_an_impostor() {
    let directory = tempfile::tempdir().unwrap();
    let everything = "default_type text/html; location / { return 200 '<html>Welcome</html>'; }";
    let Some(server) = nginx(everything, directory.path()) else { return };
    check([&server.address])
        .run()
        .exits(1)
        .summarises("WARNING", &["wrong-service", "HEAD 200", &server.address]);
}

#[test]
fn nginx_without_its_upstream_is_an_intermediary() {
    let nobody = crate::support::peer::Nobody::refusing();
    let directory = tempfile::tempdir().unwrap();
    let upstream = format!("location / {{ proxy_pass http://{}; }}", nobody.address());
    let Some(server) = nginx(&upstream, directory.path()) else { return };
    let run = check(words(&format!("{} -o json", server.address))).run();
    run.exits(2)
        .reports("/endpoints/0/diagnosis", "proxy-error")
        .reports("/endpoints/0/probes/1/status", 502)
        .reports("/endpoints/0/probes/1/answered_by", "nginx");
}

#[test]
fn nginxs_own_503_does_not_blame_the_back_end() {
    let directory = tempfile::tempdir().unwrap();
    let Some(server) = nginx("location / { return 503; }", directory.path()) else { return };
    let run = check(words(&format!("{} -o json", server.address))).run();
    run.exits(2).reports("/endpoints/0/diagnosis", "proxy-error");
}

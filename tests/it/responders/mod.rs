//! Real proxies and web servers: their own pages, their operators' pages, and the service's responses that they pass on.

mod apache;
mod haproxy;
mod nginx;
mod squid;
mod varnish;

use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::json;
use tempfile::TempDir;

use crate::support::daemon::{Daemon, directory, free_port};
use crate::support::harness::check;
use crate::support::peer::{Nobody, Peer, Step, response};
use crate::support::programs::found;

/// An operator's own page.
const CUSTOM: &str = "<html><body>Sorry, we are down</body></html>\n";

/// A page as Python frameworks make it, with the reason of the service.
const SERVICE_PAGE: &str = "<html>\n <head>\n  <title>503 Service Unavailable</title>\n </head>\n <body>\n  \
    <h1>503 Service Unavailable</h1>\n  metering database unreachable\n </body>\n</html>";

/// The diagnosis of a status that a responder gives of itself. Apache may run the API within itself.
fn own_diagnosis(name: &str, status: u16) -> &'static str {
    match status {
        302 => "wrong-service",
        401 | 403 => "denied",
        404 => "not-found",
        405 => "request-rejected",
        429 => "throttled",
        500 if name == "apache" => "api-error",
        _ => "proxy-error",
    }
}

/// A responder under test, in a directory of its own.
struct Server {
    address: SocketAddr,
    _daemon: Daemon,
    _dir: TempDir,
    /// The two back-ends: one does not listen, the other is the service.
    _backends: (Nobody, Peer),
}

/// The parts of a responder's configuration.
struct Place<'a> {
    program: PathBuf,
    dir: &'a Path,
    /// The address to listen on.
    address: SocketAddr,
    /// An address where nothing listens.
    dead: SocketAddr,
    /// The address of the service.
    service: SocketAddr,
}

impl Place<'_> {
    /// Makes a command of the program.
    fn command<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Command {
        let mut command = Command::new(&self.program);
        command.args(arguments);
        command
    }

    /// Writes a file and returns its path.
    fn write(&self, name: &str, text: &str) -> String {
        let path = self.dir.join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

impl Server {
    /// Starts a program with the command that is made for it, and waits until it listens; `None` where it is missing.
    fn start(programs: &[&str], command: impl FnOnce(&Place<'_>) -> Command) -> Option<Server> {
        let program = found(programs)?;
        let (dir, nobody, service) = (directory(), Nobody::refusing(), service());
        let address = SocketAddr::from(([127, 0, 0, 1], free_port()));
        let [dead, backend] = [nobody.address(), service.address()].map(|address| address.parse().unwrap());
        let place = Place { program, dir: dir.path(), address, dead, service: backend };
        let mut daemon = Daemon::start(&mut command(&place), dir.path());
        daemon.eventually("a listening responder", || {
            TcpStream::connect(address).map_err(|error| error.to_string())
        });
        Some(Server { address, _daemon: daemon, _dir: dir, _backends: (nobody, service) })
    }

    /// Asserts the diagnosis of a response to GET with this status, and its responder: this one, or nobody known.
    #[track_caller]
    fn answers(&self, by: Option<&str>, path: &str, status: u16, diagnosis: &str) {
        let endpoint = format!("http://{}", self.address);
        let run = check([&endpoint, "--path", path, "-o", "json"]).run();
        let report = &run.json()["endpoints"][0];
        let (head, get) = (&report["probes"][0], &report["probes"][1]);
        let found = json!([get["status"], head["answered_by"], get["answered_by"], report["diagnosis"]]);
        let expected = json!([status, by, by, diagnosis]);
        run.holds(found == expected, &format!("{path}: {found} instead of {expected}"));
    }

    /// Asserts that these responses are the responder's own, and so are its pages for these statuses: `/404` has 404.
    #[track_caller]
    fn is_known(&self, name: &str, responses: &[(&str, u16)], statuses: &[u16]) {
        for (path, status) in responses {
            self.answers(Some(name), path, *status, own_diagnosis(name, *status));
        }
        for status in statuses {
            self.answers(Some(name), &format!("/{status}"), *status, own_diagnosis(name, *status));
        }
    }

    /// Asserts that the response to GET is the service's own page, and that its reason is quoted.
    #[track_caller]
    fn passes_on(&self, path: &str) {
        self.answers(None, path, 503, "backend-down");
        let endpoint = format!("http://{}", self.address);
        let reason = "metering database unreachable";
        check([&endpoint, "--path", path, "-o", "json"])
            .run()
            .reports("/endpoints/0/probes/1/detail", reason);
    }
}

/// The service to which a proxy passes requests: it answers 503, to HEAD too.
fn service() -> Peer {
    Peer::asked(|request| {
        let headers = "Content-Type: text/html; charset=UTF-8\r\nConnection: close\r\n";
        let whole = response(503, headers, SERVICE_PAGE);
        let head = whole.len() - SERVICE_PAGE.len();
        let sent = if request.method == "HEAD" { whole[..head].to_vec() } else { whole };
        vec![Step::Send(sent)]
    })
}

//! The verdicts of this program and its peers over scripted behaviours of a service, by exit code and by words.

use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

/// The word that selects this comparison: `cargo bench -- verdicts`.
pub(crate) const WORD: &str = "verdicts";

/// The page that holds the table.
const PAGE: &str = "docs/comparison.md";
const BEGIN: &str = "<!-- verdicts -->\n";
const END: &str = "<!-- /verdicts -->\n";

const HAPROXY: &str = "/usr/sbin/haproxy";
const NAMES: [&str; 4] = ["check_ceilometer", "check_http", "curl -f", "HAProxy httpchk"];

/// An act of a server on a request.
#[derive(Debug, Clone, Copy)]
enum Act {
    /// Sends a status line and headers, and a body of the whole length.
    Answer(&'static str, &'static str),
    /// Sends bytes as they are and closes.
    Raw(&'static str),
    /// Answers after a second.
    Late(&'static str, &'static str),
    Hang,
    Close,
}

/// A behaviour of a service, the right exit code, and words of which a good reason has one.
struct Behaviour {
    name: &'static str,
    head: Act,
    get: Act,
    /// The exit code by the documented table: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN.
    code: i32,
    words: &'static [&'static str],
}

const OK_HEAD: Act = Act::Answer("204 No Content", "");
const JSON: &str = "Content-Type: application/json\r\n\r\n";

const fn behaviour(
    name: &'static str,
    acts: (Act, Act),
    code: i32,
    words: &'static [&'static str],
) -> Behaviour {
    Behaviour { name, head: acts.0, get: acts.1, code, words }
}

const fn alike(name: &'static str, act: Act, code: i32, words: &'static [&'static str]) -> Behaviour {
    behaviour(name, (act, act), code, words)
}

const BEHAVIOURS: [Behaviour; 31] = [
    behaviour(
        "healthy",
        (OK_HEAD, Act::Answer("200 OK", "Content-Type: application/json\r\n\r\n{}")),
        0,
        &[],
    ),
    behaviour(
        "the database is down",
        (
            OK_HEAD,
            Act::Answer(
                "503 Service Unavailable",
                "Content-Type: application/json\r\n\r\n{\"error_message\": {\"faultstring\": \"metering database: connection refused\"}}",
            ),
        ),
        2,
        &["metering database"],
    ),
    behaviour("the back-end hangs", (OK_HEAD, Act::Hang), 2, &["back-end", "backend"]),
    behaviour("the back-end's failure closes GET", (OK_HEAD, Act::Close), 2, &["back-end", "backend"]),
    behaviour(
        "the body breaks off",
        (OK_HEAD, Act::Raw("HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n{\"rea")),
        2,
        &["broke off", "broken off", "truncated", "remaining", "back-end", "backend"],
    ),
    alike(
        "a crash: 500 with a traceback",
        Act::Answer(
            "500 Internal Server Error",
            "Content-Type: text/plain\r\n\r\nTraceback (most recent call last):\n  File \"api.py\", line 1, in get\nKeyError: 'meters'\n",
        ),
        2,
        &["KeyError"],
    ),
    alike("the path is not there", Act::Answer("404 Not Found", JSON), 2, &["404"]),
    alike("no answer: the connection closes", Act::Close, 2, &["clos", "empty reply", "no data"]),
    alike(
        "not HTTP",
        Act::Raw("SSH-2.0-OpenSSH_9.2\r\n"),
        2,
        &["not http", "not with http", "http/0.9", "invalid"],
    ),
    alike(
        "a catch-all page",
        Act::Answer(
            "200 OK",
            "Content-Type: text/html\r\n\r\n<!DOCTYPE html><html><body>It works!</body></html>",
        ),
        3,
        &["html", "page"],
    ),
    alike(
        "a redirect to a sign-in page",
        Act::Answer("302 Found", "Location: https://sso.example.com/\r\n\r\n"),
        3,
        &["sso.example.com", "redirect"],
    ),
    behaviour(
        "a cached answer",
        (OK_HEAD, Act::Answer("200 OK", "Age: 86400\r\nContent-Type: application/json\r\n\r\n{}")),
        1,
        &["cache", "age"],
    ),
    behaviour(
        "200, but its report names a failure",
        (
            OK_HEAD,
            Act::Answer(
                "200 OK",
                "Content-Type: application/json\r\n\r\n{\"storage_reachable\": false, \"operation_status\": {}}",
            ),
        ),
        1,
        &["storage_reachable"],
    ),
    behaviour(
        "200, but its text says that it fails",
        (OK_HEAD, Act::Answer("200 OK", "Content-Type: text/plain\r\n\r\nFAIL: database unreachable\n")),
        1,
        &["database unreachable"],
    ),
    behaviour(
        "a cache hit without an Age header",
        (OK_HEAD, Act::Answer("200 OK", "X-Cache: HIT\r\nContent-Type: application/json\r\n\r\n{}")),
        1,
        &["cache"],
    ),
    behaviour(
        "healthy, with a control character in a header",
        (
            Act::Answer("204 No Content", "X-Note: a\u{1}b\r\n"),
            Act::Answer("200 OK", "X-Note: a\u{1}b\r\nContent-Type: application/json\r\n\r\n{}"),
        ),
        0,
        &[],
    ),
    behaviour(
        "a 503 with a malformed header",
        (OK_HEAD, Act::Raw("HTTP/1.1 503 Service Unavailable\r\nno colon\r\nContent-Length: 0\r\n\r\n")),
        2,
        &["503"],
    ),
    alike(
        "a sealed vault on the same port",
        Act::Answer(
            "503 Service Unavailable",
            "Content-Type: application/json\r\n\r\n{\"initialized\":true,\"sealed\":true}",
        ),
        2,
        &["503"],
    ),
    alike(
        "Keystone wants a token",
        Act::Answer(
            "401 Unauthorized",
            "WWW-Authenticate: Keystone uri=\"http://k:5000\"\r\nContent-Type: text/plain\r\n\r\nAuthentication required",
        ),
        3,
        &["keystone"],
    ),
    alike(
        "Keystone is down",
        Act::Answer(
            "503 Service Unavailable",
            "Content-Type: text/plain\r\n\r\nThe Keystone service is temporarily unavailable.",
        ),
        2,
        &["keystone"],
    ),
    alike(
        "HAProxy has no server",
        Act::Answer(
            "503 Service Unavailable",
            "Cache-Control: no-cache\r\nContent-Type: text/html\r\n\r\n<html><body><h1>503 Service Unavailable</h1>\nNo server is available to handle this request.\n</body></html>\n",
        ),
        2,
        &["haproxy"],
    ),
    alike(
        "HAProxy with the site's own page",
        Act::Answer(
            "503 Service Unavailable",
            "Cache-Control: no-cache\r\nContent-Type: text/html\r\n\r\n<html><body>Sorry</body></html>\n",
        ),
        2,
        &["haproxy"],
    ),
    alike(
        "nginx gets no answer from the API",
        Act::Answer(
            "502 Bad Gateway",
            "Server: nginx\r\nContent-Type: text/html\r\n\r\n<html><center><h1>502 Bad Gateway</h1></center><hr><center>nginx</center></html>",
        ),
        2,
        &["nginx"],
    ),
    alike(
        "Envoy has no healthy upstream",
        Act::Answer("503 Service Unavailable", "server: envoy\r\n\r\n"),
        2,
        &["envoy"],
    ),
    alike(
        "the AWS load balancer has no target",
        Act::Answer(
            "503 Service Temporarily Unavailable",
            "Server: awselb/2.0\r\nContent-Type: text/html\r\n\r\n<html><center><h1>503 Service Temporarily Unavailable</h1></center></html>",
        ),
        2,
        &["aws"],
    ),
    alike(
        "a proxy without a name shows its maintenance page",
        Act::Answer(
            "503 Service Unavailable",
            "Content-Type: text/html\r\n\r\n<!doctype html><title>Maintenance</title><h1>Back soon</h1>\n",
        ),
        2,
        &["proxy or gateway"],
    ),
    alike(
        "Cloudflare cannot reach the API",
        Act::Answer(
            "521",
            "Server: cloudflare\r\nCF-RAY: 1-AMS\r\nContent-Type: text/plain\r\n\r\nerror code: 521",
        ),
        2,
        &["cloudflare"],
    ),
    alike(
        "an access rule of HAProxy",
        Act::Answer(
            "403 Forbidden",
            "Cache-Control: no-cache\r\nContent-Type: text/html\r\n\r\n<html><body><h1>403 Forbidden</h1>\nRequest forbidden by administrative rules.\n</body></html>\n",
        ),
        3,
        &["haproxy"],
    ),
    alike(
        "the API throttles",
        Act::Answer("429 Too Many Requests", "Retry-After: 30\r\nContent-Type: application/json\r\n\r\n{}"),
        1,
        &["throttl", "limit", "too many"],
    ),
    alike(
        "nginx throttles before a dead API",
        Act::Answer(
            "429 Too Many Requests",
            "Server: nginx\r\nContent-Type: text/html\r\n\r\n<html><center><h1>429 Too Many Requests</h1></center><hr><center>nginx</center></html>",
        ),
        1,
        &["nginx"],
    ),
    behaviour(
        "slow, with -w 0.5",
        (OK_HEAD, Act::Late("200 OK", "Content-Type: application/json\r\n\r\n{}")),
        1,
        &["took", "second"],
    ),
];

/// A program's exit code and its words.
struct Said {
    code: Option<i32>,
    words: String,
}

/// Runs all programs over all behaviours, prints the table, and with `UPDATE_EXPECT` writes it into the page.
pub(crate) fn compare(ours: &str, check_http: &str, curl: &str) -> Result<()> {
    let ports = BEHAVIOURS.iter().map(serve).collect::<Result<Vec<_>>>()?;
    let mut haproxy = Haproxy::start(&ports)?;
    let said: Vec<[Said; 4]> = BEHAVIOURS
        .iter()
        .zip(&ports)
        .map(|(behaviour, port)| {
            Ok([
                run(ours, &["-t", "2", "-w", slow(behaviour), &format!("127.0.0.1:{port}")])?,
                run(
                    check_http,
                    &[
                        "-t",
                        "2",
                        "-w",
                        slow(behaviour),
                        "-I",
                        "127.0.0.1",
                        "-p",
                        &port.to_string(),
                        "-u",
                        "/v2/health",
                    ],
                )?,
                run(
                    curl,
                    &[
                        "-q",
                        "-sS",
                        "-f",
                        "-m",
                        "2",
                        "-o",
                        "/dev/null",
                        &format!("http://127.0.0.1:{port}/v2/health"),
                    ],
                )?,
                haproxy.said(*port)?,
            ])
        })
        .collect::<Result<_>>()?;
    let table = table(&said);
    crate::table::print(&table);
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        write_page(&table)?;
    }
    Ok(())
}

const fn slow(behaviour: &Behaviour) -> &'static str {
    if matches!(behaviour.get, Act::Late(..)) { "0.5" } else { "1.9" }
}

fn run(program: &str, arguments: &[&str]) -> Result<Said> {
    let output =
        Command::new(program).args(arguments).stdin(Stdio::null()).output().context(program.to_owned())?;
    let words = [output.stdout, output.stderr].concat();
    Ok(Said { code: output.status.code(), words: String::from_utf8_lossy(&words).into_owned() })
}

/// Right by exit code: this program with the exact state, the others with good for a healthy service and anything
/// else for every other one.
fn is_right(program: usize, behaviour: &Behaviour, said: &Said) -> bool {
    match said.code {
        Some(code) if program == 0 => code == behaviour.code,
        code => (code == Some(0)) == (behaviour.code == 0),
    }
}

fn names_reason(behaviour: &Behaviour, said: &Said) -> bool {
    let words = said.words.to_ascii_lowercase();
    behaviour.words.is_empty()
        || behaviour.words.iter().any(|word| words.contains(word.to_ascii_lowercase().as_str()))
}

fn table(said: &[[Said; 4]]) -> String {
    let mut text = format!("| the service | {} |\n|---|{}\n", NAMES.join(" | "), "---|".repeat(NAMES.len()));
    let mut totals = [(0, 0); 4];
    for (behaviour, row) in BEHAVIOURS.iter().zip(said) {
        let _ = write!(text, "| {} |", behaviour.name);
        for ((program, said), total) in row.iter().enumerate().zip(&mut totals) {
            let (code, words) = (is_right(program, behaviour, said), names_reason(behaviour, said));
            total.0 += usize::from(code);
            total.1 += usize::from(code && words);
            let cell = match (code, words) {
                (true, true) => "right, with the reason",
                (true, false) => "right",
                (false, _) => "**wrong**",
            };
            let _ = write!(text, " {cell} |");
        }
        text.push('\n');
    }
    let total = totals.map(|(code, words)| format!("{code} right, {words} with the reason"));
    let _ = writeln!(text, "| of {} | {} |", BEHAVIOURS.len(), total.join(" | "));
    text
}

fn write_page(table: &str) -> Result<()> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(PAGE);
    let page = std::fs::read_to_string(&path)?;
    let (before, rest) = page.split_once(BEGIN).context("no place for the table")?;
    let (_, after) = rest.split_once(END).context("no end of the table")?;
    Ok(std::fs::write(path, format!("{before}{BEGIN}{table}{END}{after}"))?)
}

/// Serves a behaviour on a port of its own, until the process ends.
fn serve(behaviour: &'static Behaviour) -> Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let port = listener.local_addr()?.port();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || act(stream, behaviour));
        }
    });
    Ok(port)
}

fn act(mut stream: TcpStream, behaviour: &Behaviour) -> std::io::Result<()> {
    let mut head = [0; 4096];
    let _ = stream.read(&mut head)?;
    let is_head = head.starts_with(b"HEAD");
    let act = if is_head { behaviour.head } else { behaviour.get };
    if let Act::Late(..) = act {
        thread::sleep(Duration::from_secs(1));
    }
    match act {
        Act::Answer(status, rest) | Act::Late(status, rest) => {
            let (headers, body) =
                rest.split_once("\r\n\r\n").map_or(("", rest), |(headers, body)| (headers, body));
            let headers = if headers.is_empty() { String::new() } else { format!("{headers}\r\n") };
            let length = if status.starts_with("204") {
                String::new()
            } else {
                format!("Content-Length: {}\r\n", body.len())
            };
            let body = if is_head { "" } else { body };
            stream.write_all(
                format!("HTTP/1.1 {status}\r\n{headers}{length}Connection: close\r\n\r\n{body}").as_bytes(),
            )
        }
        Act::Raw(bytes) => stream.write_all(bytes.as_bytes()),
        Act::Hang => stream.read(&mut head).map(|_| ()),
        Act::Close => Ok(()),
    }
}

/// HAProxy with one server for each behaviour, each with its own `option httpchk`.
struct Haproxy {
    child: Child,
    socket: PathBuf,
    started: Instant,
}

impl Haproxy {
    fn start(ports: &[u16]) -> Result<Haproxy> {
        let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(WORD);
        std::fs::create_dir_all(&directory)?;
        let (socket, file) = (directory.join("stats"), directory.join("haproxy.cfg"));
        let mut text = format!(
            "global\n stats socket {}\ndefaults\n mode http\n timeout connect 2s\n timeout check 2s\n timeout client 2s\n \
             timeout server 2s\nbackend metering\n option httpchk GET /v2/health\n http-check expect status 200\n",
            socket.display()
        );
        for port in ports {
            let _ = writeln!(text, " server s{port} 127.0.0.1:{port} check inter 3s fall 1 rise 1");
        }
        std::fs::write(&file, text)?;
        let mut command = Command::new(HAPROXY);
        command.arg("-db").arg("-f").arg(file).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().context(HAPROXY)?;
        Ok(Haproxy { child, socket, started: Instant::now() })
    }

    /// HAProxy's row of a server, once every check has had the time for its verdict.
    fn said(&mut self, port: u16) -> Result<Said> {
        thread::sleep(Duration::from_secs(8).saturating_sub(self.started.elapsed()));
        let mut stream = UnixStream::connect(&self.socket)?;
        stream.write_all(b"show stat\n")?;
        let mut text = String::new();
        stream.read_to_string(&mut text)?;
        let name = format!("metering,s{port},");
        let row = text.lines().find(|line| line.starts_with(&name)).context("no such server")?;
        let is_up = row.contains(",UP,") || row.contains(",UP ");
        Ok(Said { code: Some(i32::from(!is_up)), words: row.to_owned() })
    }
}

impl Drop for Haproxy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

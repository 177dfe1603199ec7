//! Scripted responses, probed in the same process.
//!
//! Shared with the fuzz target and the example `hammer`, which probe thousands of times a second: hence pairs of
//! sockets, and no other thread. A response waits in its socket before the request is sent.

use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use check_ceilometer::testing::{self, InProcess, Produced};
use rustix::net::{AddressFamily, SendFlags, Shutdown, SocketFlags, SocketType, send, shutdown, socketpair};

use crate::grammar;

/// The token that the probe sends and no output may show.
pub(crate) const SECRET: &str = "sesame-open-sesame";
/// The budget of a run; a peer that closes its connections never comes near it.
pub(crate) const BUDGET: Duration = Duration::from_secs(2);
/// A word of the server that must never begin a line.
pub(crate) const FORGED: &str = "FORGED";
/// Minimum indent of lines that continue text from outside.
const CONTINUED: usize = 4;
/// Time that a run may take beyond its budget.
const GRACE: Duration = Duration::from_millis(250);

/// Pieces of responses: valid ones, invalid ones, and those of attacks. The first eight begin a response.
pub(crate) const PIECES: [&str; 29] = [
    "HTTP/1.1 503 No\r\n\r\n",
    "HTTP/1.1 500 No\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n",
    "HTTP/1.1 200 OK\r\n",
    "HTTP/1.1 204 No Content\r\n",
    "HTTP/1.0 503 | x=1\r\n",
    "HTTP/1.1 401 Unauthorized\r\n",
    "HTTP/1.1 100 Continue\r\n",
    "HTTP/1.1 999 \u{1b}[31m\r\n",
    "Content-Type: application/json\r\n",
    "Content-Length: 12\r\n",
    "Transfer-Encoding: chunked\r\n",
    "Content-Encoding: gzip\r\n",
    "WWW-Authenticate: Keystone uri=\"http://u:p@h/\"\r\n",
    "Location: javascript:|<b>\r\n",
    "Server: haproxy\r\n",
    "X: sesame-open-sesame\r\n",
    "\r\n",
    "\n",
    "c\r\n",
    "0\r\n\r\n",
    "{\"reasons\":[\"",
    "sesame-open-sesame",
    "sesame-\u{200b}open-\u{1b}[1msesame",
    "CEILOMETER OK - fine | x=1\n",
    "<html><title>",
    "\nFORGED: action\r\nFORGED OK\\nFORGED",
    " a longer word, so that a line is full before FORGED FORGED FORGED FORGED FORGED FORGED FORGED FORGED",
    "\"]}",
    "\u{202e}\u{9b}31m\u{1b}]0;title\u{7}",
];

/// The way the server sends its response and ends the connection.
#[derive(Clone, Copy, Debug)]
pub(crate) enum End {
    /// It sends all at once, then closes.
    Closed,
    /// It sends datagrams: each is read alone, and the rest of one too long for the buffer is lost.
    InPieces,
    /// It closes with the request unread, which resets the connection.
    Reset,
}

/// A client and the requests that it sends.
pub(crate) struct Stage {
    probe: InProcess,
}

impl Stage {
    /// An endpoint of a server.
    pub(crate) fn new() -> Stage {
        Stage::with(&[])
    }

    /// An endpoint with further options.
    pub(crate) fn with(options: &[&str]) -> Stage {
        let token = format!("X-Auth-Token: {SECRET}");
        let words = ["192.0.2.1", "-t", "2s", "-vvv", "--header", &token];
        Stage { probe: InProcess::new(&[&words, options].concat()) }
    }

    /// Probes, judges and renders a response in every format, and panics where a law is broken.
    pub(crate) fn probe(&self, pieces: &[Vec<u8>], end: End) {
        self.probe_for(pieces, end, |_| ());
    }

    /// Probes many endpoints that respond alike, and renders one of the formats.
    pub(crate) fn probe_many(&self, number: u16, format: usize, pieces: &[Vec<u8>], end: End) {
        let mut produced = None;
        in_time(|| {
            // The server's end of the last connection.
            let mut held = None;
            produced = Some(self.probe.run_many(number, format, BUDGET, || {
                let (client, server) = answered(pieces, end);
                drop(held.replace(server));
                client
            }));
        });
        produced.iter().for_each(check_laws);
    }

    /// Probes a response for a further law.
    pub(crate) fn probe_for(&self, pieces: &[Vec<u8>], end: End, check: impl FnMut(&Produced)) {
        let mut servers = Vec::new();
        let mut last = None;
        in_time(|| {
            let produced = self.probe.run(BUDGET, || {
                let (client, server) = answered(pieces, end);
                servers.push(server);
                client
            });
            check_laws(&produced);
            last = Some(produced);
        });
        last.iter().for_each(check);
    }
}

/// Does something that must end within the budget of a run. On a busy machine it may take longer once, not three times.
pub(crate) fn in_time(mut work: impl FnMut()) {
    let mut times = (0..3).map(|_| {
        let started = Instant::now();
        work();
        started.elapsed()
    });
    assert!(times.any(|time| time <= BUDGET + GRACE), "three times longer than {BUDGET:?}");
}

/// Panics where an output breaks a law: the exit code, the grammar of each format, secrecy, the program's own lines.
pub(crate) fn check_laws(produced: &Produced) {
    assert!(produced.exit_code <= 3, "exit code {}", produced.exit_code);
    for (format, text) in &produced.texts {
        if let Err(wrong) = grammar::obeyed(format, text) {
            panic!("-o {format}: {wrong}\n{text}");
        }
        assert!(!shows_secret(text), "-o {format} shows the secret\n{text}");
        assert!(!forges_line(text), "-o {format} has a line of the server's\n{text}");
    }
}

/// Panics unless an endpoint's canonical form means the same endpoint; an error is one printable line.
pub(crate) fn check_endpoint(text: &str) {
    match testing::parse_endpoint(text) {
        Ok(shown) => {
            check_line(&shown);
            assert_eq!(testing::parse_endpoint(&shown).as_ref(), Ok(&shown));
        }
        Err(error) => check_line(&error),
    }
    for error in testing::address_errors(text) {
        check_line(&error);
    }
}

/// Panics unless names are one printable line each, without the secret.
pub(crate) fn check_names(names: &[String]) {
    for name in names {
        check_line(name);
        assert!(!shows_secret(name), "the secret is shown: {name}");
    }
}

pub(crate) fn check_line(line: &str) {
    assert!(!line.chars().any(grammar::hostile), "{line:?}");
}

/// The two ends of a connection, the response sent.
pub(crate) fn answered(pieces: &[Vec<u8>], end: End) -> (OwnedFd, Option<OwnedFd>) {
    let kind = if matches!(end, End::InPieces) { SocketType::SEQPACKET } else { SocketType::STREAM };
    let (client, server) =
        socketpair(AddressFamily::UNIX, kind, SocketFlags::NONBLOCK | SocketFlags::CLOEXEC, None)
            .expect("a pair of sockets");
    // An empty packet would read as the end.
    for piece in pieces.iter().filter(|piece| !piece.is_empty()) {
        // More than the socket takes is not sent.
        let _ = send(&server, piece, SendFlags::NOSIGNAL);
    }
    let _ = shutdown(&server, Shutdown::Write);
    (client, (!matches!(end, End::Reset)).then_some(server))
}

/// Tests for a line that begins, where a line of the program's could, with what only the server says.
fn forges_line(text: &str) -> bool {
    let indent = |line: &str| line.len() - line.trim_start().len();
    text.lines().any(|line| line.trim_start().starts_with(FORGED) && indent(line) < CONTINUED)
}

/// Tests for the secret in a text, in any case and with white space in it.
fn shows_secret(text: &str) -> bool {
    let dense: String = text.chars().filter(|letter| !letter.is_whitespace()).collect();
    dense.to_ascii_lowercase().contains(SECRET)
}

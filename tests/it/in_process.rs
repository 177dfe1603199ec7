//! A server with scripted answers, probed in the same process.
//!
//! Shared with the fuzz target and the example `hammer`, which probe some thousand times a second: hence a UNIX socket
//! and one thread.

use std::io::Write;
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use check_ceilometer::testing::InProcess;

use crate::{grammar, request};

/// The token that the probe sends and no output may show.
pub(crate) const SECRET: &str = "sesame-open-sesame";
/// The budget of a run; a peer that closes its connections never comes near it.
const BUDGET: Duration = Duration::from_secs(2);
/// Time that a run may take beyond its budget.
const GRACE: Duration = Duration::from_millis(250);

/// Pieces of answers: what the reader understands, what it refuses, and what attacks are made of. The first eight
/// begin an answer.
pub(crate) const PIECES: [&str; 27] = [
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
    "\"]}",
    "\u{202e}\u{9b}31m\u{1b}]0;title\u{7}",
];

/// How the server ends a connection.
#[derive(Clone, Copy, Debug)]
pub(crate) enum End {
    /// It has read the request and closes.
    Closed,
    /// It closes with the request unread, which resets the connection.
    Reset,
}

/// The answer to the next requests, in the pieces in which it is sent.
type Answer = Arc<Mutex<(Vec<Vec<u8>>, End)>>;

/// The server and its client.
pub(crate) struct Stage {
    probe: InProcess,
    answer: Answer,
}

impl Stage {
    /// Starts the server; it ends with the process.
    pub(crate) fn new() -> Stage {
        let directory = tempfile::tempdir().expect("a directory for the socket");
        let path = directory.path().join("health");
        let listener = UnixListener::bind(&path).expect("a socket");
        let answer: Answer = Arc::new(Mutex::new((Vec::new(), End::Closed)));
        let shared = Arc::clone(&answer);
        thread::spawn(move || {
            // The directory goes when the server does.
            let _directory = directory;
            for connection in listener.incoming() {
                let (pieces, end) = shared.lock().unwrap_or_else(PoisonError::into_inner).clone();
                serve(connection.expect("a connection"), &pieces, end);
            }
        });
        let token = format!("X-Auth-Token: {SECRET}");
        let words = ["127.0.0.1", "-t", "2s", "-vvv", "--header", &token];
        Stage { probe: InProcess::new(&words, &path), answer }
    }

    /// Probes, judges and renders an answer in every format, and panics where a promise is broken.
    pub(crate) fn probe(&self, pieces: Vec<Vec<u8>>, end: End) {
        *self.answer.lock().unwrap_or_else(PoisonError::into_inner) = (pieces, end);
        let started = Instant::now();
        let produced = self.probe.run(BUDGET).expect("nothing local fails");
        assert!(started.elapsed() <= BUDGET + GRACE, "{:?}", started.elapsed());
        assert!(produced.exit_code <= 3, "exit code {}", produced.exit_code);
        for (format, text) in &produced.texts {
            if let Err(wrong) = grammar::obeyed(format, text) {
                panic!("-o {format}: {wrong}\n{text}");
            }
            assert!(!shows_secret(text), "-o {format} shows the secret\n{text}");
        }
    }
}

/// Tests for the secret in a text, in any case and with white space in it.
fn shows_secret(text: &str) -> bool {
    let dense: String = text.chars().filter(|letter| !letter.is_whitespace()).collect();
    dense.to_ascii_lowercase().contains(SECRET)
}

/// Answers one request; the client may have gone.
fn serve(mut connection: UnixStream, pieces: &[Vec<u8>], end: End) {
    if matches!(end, End::Closed) && !matches!(request::head(&mut connection), Ok(Some(_))) {
        return;
    }
    for piece in pieces {
        if connection.write_all(piece).is_err() {
            return;
        }
        // A chance, not a certainty, that the client reads the pieces one by one.
        thread::yield_now();
    }
}

//! A server that says what it is told to, asked by the real prober in the same process.
//!
//! Shared with the fuzz target, which asks some thousand times a second: hence a UNIX socket and one thread.

use std::io::Write;
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use check_ceilometer::testing::InProcess;

use crate::{grammar, request};

/// What the probe sends and no output may show.
pub(crate) const SECRET: &str = "sesame-open-sesame";
/// The budget of a run; a peer that closes its connections never comes near it.
const BUDGET: Duration = Duration::from_secs(2);
/// What the contract grants beyond.
const GRACE: Duration = Duration::from_millis(250);

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
        let told = Arc::clone(&answer);
        thread::spawn(move || {
            // The directory goes when the server does.
            let _directory = directory;
            for connection in listener.incoming() {
                let (pieces, end) = told.lock().unwrap_or_else(PoisonError::into_inner).clone();
                serve(connection.expect("a connection"), &pieces, end);
            }
        });
        let token = format!("X-Auth-Token: {SECRET}");
        let words = ["127.0.0.1", "-t", "2s", "-vvv", "--header", &token];
        Stage { probe: InProcess::new(&words, &path), answer }
    }

    /// Has an answer probed, judged and told in every format, and panics where a promise is broken.
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
            assert!(!text.contains(SECRET), "-o {format} shows the secret\n{text}");
        }
    }
}

/// Answers one request; a client that has gone is none of its business.
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

//! A server that says what it is told to, asked by the real prober in the same process.
//!
//! Shared with the fuzz target, which asks some thousand times a second: hence a UNIX socket and one thread.

use std::io::Write;
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use check_ceilometer::cli::Cli;
use check_ceilometer::endpoint::Dial;
use check_ceilometer::format::{Format, Output, Verbosity};
use check_ceilometer::plan::{self, Plan, Targets};
use check_ceilometer::report;
use check_ceilometer::run::Run;
use check_ceilometer::surroundings::Surroundings;
use clap::ValueEnum;

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
    plan: Arc<Plan>,
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
        let mut plan = plan();
        let Targets::Endpoints(endpoints) = &mut plan.targets else { panic!("nothing is simulated") };
        endpoints[0].dial = Dial::Unix(path);
        Stage { plan: Arc::new(plan), answer }
    }

    /// Has an answer probed, judged and told in every format, and panics where a promise is broken.
    pub(crate) fn probe(&self, pieces: Vec<Vec<u8>>, end: End) {
        *self.answer.lock().unwrap_or_else(PoisonError::into_inner) = (pieces, end);
        let started = Instant::now();
        let run = Run::prepare(Arc::clone(&self.plan)).expect("nothing is simulated");
        let report = run.once(started, started + BUDGET).expect("nothing local fails");
        assert!(started.elapsed() <= BUDGET + GRACE, "{:?}", started.elapsed());
        assert!(report.exit_code <= 3, "exit code {}", report.exit_code);
        for name in grammar::OUTPUTS {
            let format = Format::from_str(name, false).expect("a format");
            for verbosity in [Verbosity::Brief, Verbosity::Wire] {
                let text = report::render(&report, format, &Output { verbosity, ..Output::default() });
                if let Err(wrong) = grammar::obeyed(name, &text) {
                    panic!("-o {name}: {wrong}\n{text}");
                }
                assert!(!text.contains(SECRET), "-o {name} shows the secret\n{text}");
            }
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

/// A plan as the command line makes it.
fn plan() -> Plan {
    let token = format!("X-Auth-Token: {SECRET}");
    let words = ["127.0.0.1", "-t", "2s", "-vvv", "--header", &token].map(Into::into);
    let Ok(cli) = Cli::read(words, None) else { panic!("the arguments are refused") };
    let surroundings = Surroundings::bare(Instant::now());
    plan::decide(&cli, &surroundings).expect("a plan")
}

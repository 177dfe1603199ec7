//! `--wait`: quiet until the state is OK or the time is over.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use rustix::process::Signal;

use crate::e2e::terminal::USUAL;
use crate::support::harness::{MAX_RUN, at_once, check, in_good_time};
use crate::support::peer::{Peer, Step, alive, answers, healthy};

/// A service that recovers after the given number of GETs.
fn recovering(after: usize) -> Peer {
    let count = AtomicUsize::new(0);
    Peer::asked(move |request| match request.method.as_str() {
        "HEAD" => alive(),
        _ if count.fetch_add(1, Ordering::SeqCst) < after => answers(503, "", ""),
        _ => healthy(),
    })
}

#[test]
fn recovery() {
    let peer = recovering(3);
    let run = check([&peer.address(), "--wait", "30", "--retry-delay", "50ms"]).run();
    run.exits(0).summarises("OK", &["healthy", &peer.address(), ", 4 runs)"]);
    run.holds(run.stdout.lines().count() == 1, "more than the last run");
    assert_eq!(peer.requests().len(), 8, "four runs");
}

#[test]
fn limit() {
    in_good_time(|| {
        let limit = Duration::from_secs(1);
        let (down, silent) = (Peer::backend_down(), Peer::always(vec![Step::Hang]));
        // The second pause would outlast the limit, and so would the second run.
        let pause = check([&down.address(), "--wait", "1", "--retry-delay", "0.7"]);
        let cut_short = check([&silent.address(), "--wait", "1", "--retry-delay", "0.1", "-t", "0.6"]);
        let runs = at_once([pause, cut_short]);
        runs[0].exits(2).summarises("CRITICAL", &["backend-down", " (waited 1", ", 2 runs)"]);
        runs[0]
            .holds(runs[0].stdout.matches("the database is gone").count() == 1, "the reason is there twice");
        runs[1].exits(2).summarises("CRITICAL", &["no-answer"]);
        for run in runs {
            run.ends_within(limit).holds(run.elapsed >= limit, "gave up early");
        }
        assert_eq!(down.requests().len(), 4, "two runs");
        assert_eq!(silent.requests().len(), 2, "two runs, of 0.6 s and of 0.3 s");
    });
}

/// The last run is cut short: it proves less than the one before it.
#[test]
fn last_run_cut_short() {
    in_good_time(|| {
        let down = answers(503, "", r#"{"error": "db down"}"#);
        let peer = Peer::in_turn([alive(), down, vec![Step::Read, Step::Hang]]);
        let run = check([&peer.address(), "--wait", "1", "--retry-delay", "0.5", "-t", "0.8"]).run();
        run.exits(2)
            .summarises("CRITICAL", &["backend-down: GET 503 from ", "db down", " (waited 1", ", 2 runs)"]);
        assert_eq!(peer.accepted(), 3, "it was probed again");
    });
}

/// A request that another limit ended took all the time that it was given.
#[test]
fn last_run_with_a_limit_of_its_own() {
    in_good_time(|| {
        let plain = vec![Step::Send(b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec())];
        let peer = Peer::in_turn([plain, vec![Step::Swallow]]);
        let endpoint = format!("https://{}", peer.address());
        let run =
            check([&endpoint, "-k", "--wait", "1", "--retry-delay", "0.6", "--connect-timeout", "0.2"]).run();
        run.exits(2).summarises("CRITICAL", &["no-answer: TLS handshake with ", " (waited 1", ", 2 runs)"]);
    });
}

#[test]
fn no_time() {
    in_good_time(|| {
        let run = check([&Peer::healthy().address(), "--wait", "0"]).run();
        run.exits(0).summarises("OK", &["healthy"]);
        let peer = Peer::always(vec![Step::Hang]);
        let run = check([&peer.address(), "--wait", "0"]).run();
        run.exits(2).summarises("CRITICAL", &["no-answer"]).ends_within(Duration::ZERO);
    });
}

#[test]
fn setup_error() {
    let run = check(["https://127.0.0.1:1", "--cacert", "/nonexistent", "--wait", "30"]).run();
    run.is_refused(&["/nonexistent"]).ends_within(Duration::from_secs(5));
}

#[test]
fn progress_on_a_terminal() {
    let peer = recovering(5);
    let session = USUAL.run([&peer.address(), "--wait", "60", "--retry-delay", "0.3"]);
    let screen = session.shows(["waiting for OK"]);
    assert!(screen.contains(" of 1 min; CRITICAL: backend-"), "{screen}");
    let left = session.ends(Duration::from_secs(20));
    assert!(left.screen.starts_with("OK        healthy"), "the bar is gone: {}", left.screen);
    assert_eq!(left.code, Some(0));
}

#[test]
fn ctrl_c_on_a_terminal() {
    let peer = Peer::backend_down();
    let mut session = USUAL.run([&peer.address(), "--wait", "60", "--retry-delay", "30"]);
    session.shows(["waiting for OK"]);
    session.interrupts();
    let left = session.ends(Duration::from_secs(20));
    assert_eq!(left.code, Some(2), "as the last run");
    assert!(left.screen.starts_with("CRITICAL  interrupted after "), "{}", left.screen);
    let screen = left.screen.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(screen.contains(" and 1 run: backend-down: GET 503 from"), "{screen}");
    assert!(!screen.contains("waiting for OK"), "the bar is gone: {screen}");
}

#[test]
fn terminated_first_run() {
    let peer = Peer::always(vec![Step::Hang]);
    let session = USUAL.run([&peer.address(), "--wait", "60", "-t", "60"]);
    session.shows(["waiting for OK"]);
    session.signals(Signal::TERM);
    let left = session.ends(Duration::from_secs(20));
    assert_eq!(left.code, Some(3), "nothing is known");
    assert!(
        left.screen.contains("interrupted after ") && left.screen.contains(", 0 of 1 endpoint probed"),
        "{}",
        left.screen
    );
}

/// Every format reports what a first run has found, with a progress bar and without.
#[test]
fn interrupted_first_run() {
    let (asked, waiting) = mpsc::channel();
    let silent = Peer::asked(move |_| {
        let _ = asked.send(());
        vec![Step::Hang]
    });
    let bad = Peer::backend_down();
    for format in ["human", "nagios", "json", "haproxy-agent", "prometheus"] {
        // One at a time: the first endpoint is finished when the second one is asked.
        let arguments = [&bad.address(), &silent.address(), "--parallel", "1", "-t", "60", "-o", format];
        let session = USUAL.run(arguments.into_iter().chain(["--wait", "60"]));
        waiting.recv_timeout(MAX_RUN).unwrap();
        session.signals(Signal::INT);
        let left = session.ends(Duration::from_secs(20));
        assert_eq!(left.code, Some(2), "{format}: the failure is known");
        let printed = left.raw.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(printed.contains(", 1 of 2 endpoints probed: backend-down: "), "{format}: {printed}");
    }
}

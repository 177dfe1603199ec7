//! `--wait`: quiet until the state is OK or the time is over, and not before.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::e2e::terminal::USUAL;
use crate::support::harness::check;
use crate::support::peer::{Peer, Step, alive, answers, healthy};

/// A service that recovers after so many GETs.
fn recovering(after: usize) -> Peer {
    let asked = AtomicUsize::new(0);
    Peer::asked(move |request| match request.method.as_str() {
        "HEAD" => alive(),
        _ if asked.fetch_add(1, Ordering::SeqCst) < after => answers(503, "", ""),
        _ => healthy(),
    })
}

#[test]
fn it_returns_at_recovery() {
    let peer = recovering(3);
    let run = check([&peer.address(), "--wait", "30", "--retry-delay", "50ms"]).run();
    run.exits(0).summarises("OK", &["healthy", &peer.address()]);
    run.holds(run.stdout.lines().count() == 1, "more than the last run is told");
    assert_eq!(peer.requests().len(), 8, "four runs");
}

#[test]
fn it_gives_up_when_the_time_is_over_and_not_before() {
    let limit = Duration::from_secs(1);
    // The second pause would outlast the time; nothing is asked a third time.
    let peer = Peer::backend_down();
    let run = check([&peer.address(), "--wait", "1", "--retry-delay", "0.7"]).run_alone();
    run.exits(2).summarises("CRITICAL", &["backend-down"]).ends_within(limit);
    run.holds(run.elapsed >= limit, "gave up early");
    assert_eq!(peer.requests().len(), 4, "two runs");
}

#[test]
fn the_last_run_is_cut_short() {
    let limit = Duration::from_secs(1);
    let peer = Peer::always(vec![Step::Hang]);
    let run = check([&peer.address(), "--wait", "1", "--retry-delay", "0.1", "-t", "0.6"]).run_alone();
    run.exits(2).summarises("CRITICAL", &["timeout"]).ends_within(limit);
    run.holds(run.elapsed >= limit, "gave up early");
    assert_eq!(peer.requests().len(), 2, "two runs, of 0.6 s and of 0.3 s");
}

#[test]
fn no_time_at_all_is_one_run() {
    let run = check([&Peer::healthy().address(), "--wait", "0"]).run_alone();
    run.exits(0).summarises("OK", &["healthy"]);
    let peer = Peer::always(vec![Step::Hang]);
    let run = check([&peer.address(), "--wait", "0"]).run_alone();
    run.exits(2).summarises("CRITICAL", &["timeout"]).ends_within(Duration::ZERO);
}

#[test]
fn what_cannot_begin_is_not_waited_for() {
    let run = check(["https://127.0.0.1:1", "--cacert", "/nonexistent", "--wait", "30"]).run();
    run.is_refused(&["/nonexistent"]).ends_within(Duration::from_secs(5));
}

#[test]
fn a_terminal_shows_how_long_it_waits_for_what() {
    let peer = recovering(5);
    let session = USUAL.run([&peer.address(), "--wait", "60", "--retry-delay", "0.3"]);
    let screen = session.shows(["waiting for OK"]);
    assert!(screen.contains(" of 1m; CRITICAL - backend-down"), "{screen}");
    let left = session.ends(Duration::from_secs(20));
    assert!(left.screen.starts_with("CEILOMETER OK - healthy"), "the bar is gone: {}", left.screen);
    assert_eq!(left.code, Some(0));
}

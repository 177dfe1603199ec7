//! The human view on a terminal.

use std::time::Duration;

use expect_test::expect;

use crate::e2e::terminal::{Terminal, USUAL, shape};
use crate::support::harness::check;
use crate::support::peer::{Peer, Step, alive, answers};

const SOON: Duration = Duration::from_secs(20);

#[test]
fn three_endpoints_in_three_states() {
    let (good, bad) = (Peer::healthy(), Peer::backend_down());
    let throttled = Peer::by_method(alive(), answers(429, "Retry-After: 7\r\n", ""));
    let terminal = Terminal { rows: 50, ..USUAL };
    let left = terminal.run([good.address(), bad.address(), throttled.address()]).ends(SOON);
    let names = [(&*good.address(), "GOOD"), (&*bad.address(), "BAD"), (&*throttled.address(), "THROTTLED")];
    expect![[r#"
        CRITICAL  # of # endpoints not OK (# backend-down, # throttled); worst:
                  backend-down: GET # from BAD: "the database is gone"

        STATE  ENDPOINT  DIAGNOSIS  HEAD  GET  TIME
        CRITICAL  BAD  backend-down  #  # #s
        WARNING  THROTTLED  throttled  #  # #s
        OK  GOOD  healthy  #  # #s

        CRITICAL  BAD

            the API has been reached but the back-end connectivity is unavailable or
            compromised; the service cannot perform its operations
          → verify that the API is up and running and that there is connectivity with
            the back-end

          HEAD  # #s  █
          GET  # #s  █
          back-end's share of GET: #s

        WARNING  throttled: GET # from THROTTLED

            the service is alive and limits its clients; Retry-After: #
          → probe less often, or exempt this client from the limit

          HEAD  # #s  █
          GET  # #s  █
    "#]]
    .assert_eq(&shape(&left.screen, &names));
    assert_eq!(left.code, Some(2));
    assert!(left.raw.contains("\x1b["), "a terminal has colours");
}

#[test]
fn no_colours_on_a_dumb_terminal() {
    let peer = Peer::backend_down();
    let left = Terminal { kind: "dumb", ..USUAL }.run([peer.address()]).ends(SOON);
    assert!(!left.raw.contains('\x1b'), "{:?}", left.raw);
}

#[test]
fn width_limit() {
    let peer = Peer::backend_down();
    let endpoint = format!("{}/{}", peer.address(), "a-long-prefix/".repeat(9));
    for columns in [40, 80, 200] {
        let left = Terminal { columns, rows: 60, kind: "dumb" }.run([&endpoint]).ends(SOON);
        let widest = left.raw.lines().map(|line| line.chars().count()).max();
        assert!(widest <= Some(columns.into()), "{columns}: {}", left.raw);
    }
}

#[test]
fn progress_bar() {
    let (good, silent) = (Peer::healthy(), Peer::by_method(alive(), vec![Step::Hang]));
    let session = USUAL.run([&good.address(), &silent.address(), "-t", "2"]);
    let screen = session.shows(["1 of 2 endpoints, "]);
    assert!(screen.starts_with("[==========>         ] 1 of 2 endpoints, "), "{screen}");
    let left = session.ends(SOON);
    assert!(!left.screen.contains("1 of 2 endpoints,"), "the bar is gone: {}", left.screen);
    assert!(left.screen.starts_with("CRITICAL  1 of 2 "), "{}", left.screen);
}

#[test]
fn no_progress_bar_elsewhere() {
    let silent = Peer::by_method(alive(), vec![Step::Hang]);
    // `exits` asserts that standard error is empty.
    check([&silent.address(), "-t", "1", "-o", "human"]).run().exits(2);
    let left = USUAL.run([&silent.address(), "-t", "1", "-o", "nagios"]).ends(SOON);
    assert!(left.raw.starts_with("CEILOMETER CRITICAL - "), "{:?}", left.raw);
}

#[test]
fn ctrl_c_during_a_run() {
    let (bad, silent) = (Peer::backend_down(), Peer::by_method(alive(), vec![Step::Hang]));
    let mut session = USUAL.run([&bad.address(), &silent.address(), "-t", "60"]);
    session.shows(["1 of 2 endpoints, "]);
    session.interrupts();
    let left = session.ends(SOON);
    assert_eq!(left.code, Some(2), "the failure is known");
    let screen = left.screen.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(screen.contains(", 1 of 2 endpoints probed: backend-down: GET 503 from "), "{}", left.screen);
    assert!(!screen.contains("1 of 2 endpoints, "), "the bar is gone: {}", left.screen);
}

#[test]
fn ascii_locale() {
    let peer = Peer::backend_down();
    let run = check([&peer.address(), "-o", "human"]).env("LC_ALL", "C").run();
    run.exits(2)
        .holds(run.stdout.is_ascii(), "beyond ASCII")
        .holds(run.stdout.contains("\n  > "), "no action");
}

/// Letters beyond ASCII from elsewhere become none that closes a quotation or begins a label.
#[test]
fn foreign_letters_in_an_ascii_locale() {
    let body = "{\"error\": \"a → ‘b’ “; all others healthy” ▓ █ ▄\"}";
    let peer = Peer::by_method(alive(), answers(503, "", body));
    let run = check([&peer.address(), "--header", "A: \u{2019};w#", "-vv"]).env("LC_ALL", "C").run();
    run.exits(2).summarises("CRITICAL", &["\"a ? ?b? ?; all others healthy? ? ? ?\""]);
    let command = run.stdout.lines().find_map(|line| line.trim().strip_prefix("curl -i")).unwrap();
    let words = shlex::split(command).unwrap();
    run.holds(words.contains(&"A: ?;w#".to_owned()), &format!("{words:?}"));
}

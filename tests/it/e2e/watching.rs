//! `--watch`: a live view at a terminal, a line per run elsewhere.

use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use expect_test::expect;
use rustix::process::Signal;

use crate::e2e::terminal::{Terminal, USUAL, shape};
use crate::support::certificates::{Files, named, self_signed};
use crate::support::harness::{check, check_in_shell, in_good_time};
use crate::support::peer::{Peer, Script, Step, alive, answers, healthy};

/// Time that a watch may take to end on a busy machine.
const SOON: Duration = Duration::from_secs(20);

/// A service that answers GETs by the scripts in turn, and by the last one from then on.
fn changing<const N: usize>(gets: [Script; N]) -> Peer {
    let count = AtomicUsize::new(0);
    Peer::asked(move |request| match request.method.as_str() {
        "HEAD" => alive(),
        _ => gets[count.fetch_add(1, Ordering::SeqCst).min(N - 1)].clone(),
    })
}

fn down() -> Script {
    answers(503, "", r#"{"reasons": ["the database is gone"]}"#)
}

/// Healthy twice, down twice, healthy again.
fn failing_and_recovering() -> Peer {
    changing([healthy(), healthy(), down(), down(), healthy()])
}

#[test]
fn outage_on_a_terminal() {
    let peer = failing_and_recovering();
    let terminal = Terminal { rows: 40, ..USUAL };
    let left = terminal.run([&peer.address(), "--watch", "0.2", "--count", "6"]).ends(SOON);
    expect![[r##"
        #-#-#T#:#:#Z  OK → CRITICAL  backend-down: GET # from
                                SERVICE: "the database is gone"
        #-#-#T#:#:#Z  CRITICAL → OK  healthy: HEAD #, GET # from
                                SERVICE
        Watched for #s: # endpoint, # runs, # changes.

        OK  SERVICE
                  OK #s (#%), CRITICAL #s (#%); # changes
                  slowest answer: GET in #s at #-#-#T#:#:#Z
                  last failure: #-#-#T#:#:#Z, backend-down: GET # from
                    SERVICE: "the database is gone"
    "##]]
    .assert_eq(&shape(&left.screen, &[(&peer.address(), "SERVICE")]));
    assert_eq!(left.code, Some(0), "as the last run");
    assert_eq!(peer.requests().len(), 12);
}

/// Sentences are no wider than 100 columns, in the view, the log and the summary.
#[test]
fn wide_terminal() {
    let reason = "the database is gone, and with it all that this service has measured, ";
    let body = format!(r#"{{"reasons": ["{}"]}}"#, reason.repeat(3));
    let peer = changing([healthy(), answers(503, "", &body)]);
    let terminal = Terminal { columns: 200, rows: 50, ..USUAL };
    let mut session = terminal.run([&peer.address(), "--watch", "0.2"]);
    let screen = session.shows(["××", "→ verify that"]);
    session.interrupts();
    for text in [screen, session.ends(SOON).screen] {
        let widest = text.lines().map(|line| line.chars().count()).max().unwrap_or_default();
        assert!((80..=100).contains(&widest), "{widest}: {text}");
    }
}

#[test]
fn live_view_and_ctrl_c() {
    let peer = changing([healthy(), down()]);
    let mut session = USUAL.run([&peer.address(), "--watch", "0.2"]);
    session.shows(["OK → CRITICAL"]);
    let screen = session.shows(["××", "\n    the back-end"]);
    expect![[r##"
        #-#-#T#:#:#Z  OK → CRITICAL  backend-down: GET # from
                                SERVICE: "the database is gone"
        CRITICAL  for #s: backend-down: GET # from SERVICE: "the database
                  is gone"
        Run # at #-#-#T#:#:#Z, every #ms. Ctrl-C to stop.

        CRITICAL  SERVICE  backend-down  for #s #s  █×

            the API has been reached but the back-end connectivity is unavailable or
            compromised; the service cannot perform its operations
          → verify that the API is up and running and that there is connectivity with
            the back-end
    "##]]
    .assert_eq(&shape(&screen, &[(&peer.address(), "SERVICE")]));
    session.interrupts();
    let left = session.ends(SOON);
    assert_eq!(left.code, Some(2), "as the last run");
    assert!(left.screen.contains("Watched for") && left.screen.contains("OK → CRITICAL"), "{}", left.screen);
    assert!(!left.screen.contains("Ctrl-C"), "the view makes room for the summary: {}", left.screen);
    assert!(!left.raw.contains("\x1b[?25l"), "the cursor is never hidden");
}

#[test]
fn refused_login_on_a_terminal() {
    let mut session = USUAL.run(["--simulate", "login-refused", "--watch", "0.1"]);
    let screen = session.redraws("restart to try again");
    expect![[r#"
        UNKNOWN  for #s: SIMULATED login-refused: Keystone
                  (http://#:#/v#) refused the login to the cloud simulated
                  (#; restart to try again): "The request you have made requires
                  authentication."
        Run # at #-#-#T#:#:#Z, every #ms. Ctrl-C to stop.

            Keystone refused the login without telling which part was wrong
          → check user, password or secret, project and domains, whether the user is
            disabled or locked, and whether it has a role in the project
    "#]]
    .assert_eq(&shape(&screen, &[]));
    session.interrupts();
    let left = session.ends(SOON);
    let (_, summary) = left.screen.split_once("Watched for").unwrap();
    expect![[r#"
         #s: # endpoints, # runs, # changes.

        UNKNOWN  login-refused: Keystone (http://#:#/v#) refused the login
                  to the cloud simulated (#; restart to try again): "The request you
                  have made requires authentication."
                  UNKNOWN #s (#%)
    "#]]
    .assert_eq(&shape(summary, &[]));
}

#[test]
fn signal_during_a_run() {
    for signal in [Signal::INT, Signal::TERM] {
        let peer = Peer::always(vec![Step::Hang]);
        let session = USUAL.run([&peer.address(), "--watch", "1", "-t", "60"]);
        session.shows(["Run 1: 0 of 1 endpoint"]);
        session.signals(signal);
        let left = session.ends(SOON);
        assert_eq!(left.code, Some(3), "nothing is known");
        assert_eq!(
            left.screen.lines().last(),
            Some("No run was over before the watch ended: nothing is known.")
        );

        let peer = changing([healthy(), vec![Step::Hang]]);
        let session = USUAL.run([&peer.address(), "--watch", "0.1", "-t", "60"]);
        session.shows(["Run 2: 0 of 1"]);
        session.signals(signal);
        assert_eq!(session.ends(SOON).code, Some(0), "as the last run that was over");
    }
}

#[test]
fn dumb_terminal() {
    let peer = failing_and_recovering();
    let terminal = Terminal { kind: "dumb", ..USUAL };
    let left = terminal.run([&peer.address(), "--watch", "0.1", "--count", "3"]).ends(SOON);
    let (changes, summary) = left.screen.split_once("Watched for").unwrap();
    expect![[r##"
        #-#-#T#:#:#Z  OK  healthy: HEAD #, GET # from SERVICE
        #-#-#T#:#:#Z  OK  healthy: HEAD #, GET # from SERVICE
        #-#-#T#:#:#Z  CRITICAL  backend-down: GET # from SERVICE: "the
                                        database is gone"
    "##]]
    .assert_eq(&shape(changes, &[(&peer.address(), "SERVICE")]));
    assert!(summary.contains("1 change."), "{summary}");
    assert!(!left.raw.contains('\x1b'), "{:?}", left.raw);
    assert_eq!(left.code, Some(2));
}

#[test]
fn three_hundred_endpoints() {
    let (good, bad) = (Peer::healthy(), Peer::backend_down());
    let mut endpoints: Vec<String> = (0..298).map(|n| format!("{}/p{n}", good.address())).collect();
    endpoints.extend((0..2).map(|n| format!("{}/p{n}", bad.address())));
    endpoints.extend(["--watch", "0.5", "--count", "2"].map(String::from));
    let session = USUAL.run(&endpoints);
    let screen = session.shows(["and 298 OK", "\n    the back-end"]);
    expect![[r#"
        CRITICAL  for #s: # of # endpoints not OK (# backend-down); worst:
                  backend-down: GET # from SERVICE/p#: "the database is gone"
        Run # at #-#-#T#:#:#Z, every #ms. Ctrl-C to stop.

        CRITICAL  SERVICE/p#  backend-down  for #s #s  ×
        CRITICAL  SERVICE/p#  backend-down  for #s #s  ×
        and # OK

            the API has been reached but the back-end connectivity is unavailable or
            compromised; the service cannot perform its operations
          → verify that the API is up and running and that there is connectivity with
            the back-end
    "#]]
    .assert_eq(&shape(&screen, &[(&bad.address(), "SERVICE")]));
    let left = session.ends(SOON);
    assert!(left.screen.contains("298 endpoints always OK; the slowest answer:"), "{}", left.screen);
}

#[test]
fn line_per_run() {
    let peer = failing_and_recovering();
    let run = check([&peer.address(), "--watch", "0.1", "--count", "3"]).run();
    run.exits(2);
    expect![[r#"
        CEILOMETER OK - healthy: HEAD #, GET # from SERVICE (#-#-#T#:#:#Z) | head_time=#s;;;# get_time=#s;;;# backend_time=#s;;;#
        CEILOMETER OK - healthy: HEAD #, GET # from SERVICE (#-#-#T#:#:#Z) | head_time=#s;;;# get_time=#s;;;# backend_time=#s;;;#
        CEILOMETER CRITICAL - backend-down: GET # from SERVICE: "the database is gone" (#-#-#T#:#:#Z) | head_time=#s;;;# get_time=#s;;;# backend_time=#s;;;#
    "#]].assert_eq(&shape(&run.stdout, &[(&peer.address(), "SERVICE")]));

    let peer = failing_and_recovering();
    let run = check([&peer.address(), "--watch", "0.1", "--count", "3", "-o", "human"]).run();
    run.exits(2);
    expect![[r##"
        #-#-#T#:#:#Z  OK  healthy: HEAD #, GET # from SERVICE
        #-#-#T#:#:#Z  OK  healthy: HEAD #, GET # from SERVICE
        #-#-#T#:#:#Z  CRITICAL  backend-down: GET # from SERVICE: "the database is gone"
    "##]]
    .assert_eq(&shape(&run.stdout, &[(&peer.address(), "SERVICE")]));
}

#[test]
fn json_line_per_run() {
    let peer = failing_and_recovering();
    let run = check([&peer.address(), "--watch", "0.1", "--count", "5", "-o", "json"]).run();
    run.exits(0);
    let objects = run.stdout.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let states: Vec<String> = objects.map(|object| object["state"].as_str().unwrap().to_owned()).collect();
    assert_eq!(states, ["OK", "OK", "CRITICAL", "CRITICAL", "OK"]);
}

#[test]
fn output_file() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("ceilometer.prom");
    let path = file.to_str().unwrap();
    let peer = failing_and_recovering();
    let line = [&peer.address(), "--watch", "0.1", "--count", "3", "-o", "prometheus", "--output-file", path];
    let run = check(line).run();
    run.exits(2).holds(run.stdout.is_empty(), "the file is there instead");
    let text = fs::read_to_string(&file).unwrap();
    assert!(
        text.contains(&format!(
            "ceilometer_health_state{{endpoint=\"{}\",run=\"ceilometer\"}} 2\n",
            peer.address()
        )),
        "{text}"
    );
}

#[test]
fn killed_watch_with_an_output_file() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("ceilometer.prom");
    let peer = Peer::healthy();
    check([&peer.address(), "--output-file", file.to_str().unwrap()]).run().exits(0);
    for (signal, time) in [("TERM", "0.31"), ("KILL", "0.32"), ("KILL", "0.43"), ("KILL", "0.54")] {
        let line = format!("timeout -s {signal} {time} \"$@\"");
        let path = file.to_str().unwrap();
        check_in_shell(&line, &[&peer.address(), "--watch", "0.1", "--output-file", path]).run();
    }
    let names: Vec<_> =
        fs::read_dir(directory.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["ceilometer.prom"]);
}

#[test]
fn closed_pipe() {
    let peer = Peer::backend_down();
    let line = r#""$@" | head -n 1; exit "${PIPESTATUS[0]}""#;
    let run =
        check_in_shell(&format!("exec bash -c '{line}' bash \"$@\""), &[&peer.address(), "--watch", "0.1"])
            .run();
    run.exits(2).summarises("CRITICAL", &["backend-down"]);
}

#[test]
fn overlong_run() {
    in_good_time(|| {
        let peer = changing([vec![Step::Hang], healthy()]);
        let run = check([&peer.address(), "--watch", "0.2", "--count", "3", "-t", "0.5"]).run();
        // 0.5 s for the first run, the second at once, the third 0.2 s later.
        run.exits(0).ends_within(Duration::from_millis(700));
        run.holds(run.elapsed >= Duration::from_millis(700), "start to start is shorter than --watch");
    });
}

#[test]
fn marks_of_a_failed_later_run() {
    let (files, client) = (Files::new(), self_signed(&named("client")));
    let identity = files.write("both.pem", format!("{}{}", client.key, client.certificate));
    let vanishing = identity.clone();
    let peer = Peer::asked(move |_| {
        let _ = fs::remove_file(&vanishing);
        healthy()
    });
    let words = [&peer.address(), "-m", "get", "-k", "--cert", &identity, "--watch", "0.1", "--count", "2"];
    let run = check(words).run();
    run.exits(3);
    let last = run.stdout.lines().last().unwrap();
    run.holds(last.contains("' does not exist: check the path"), "the second run does not fail");
    run.holds(last.contains(") (certificate not verified)"), "the mark is missing");
}

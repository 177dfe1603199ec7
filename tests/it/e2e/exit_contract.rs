//! Exit codes: 0, 1, 2 or 3, and nothing on standard error, whatever happens to the process.

use std::fs::OpenOptions;

use crate::support::harness::{Finished, check, check_in_shell, words};
use crate::support::peer::{Nobody, Peer, alive, answers};

#[test]
fn help_and_version() {
    for option in ["-h", "--help"] {
        let run = check([option]).run();
        run.exits(3).says("ENDPOINT").says("--timeout").says("--simulate");
    }
    for option in ["-V", "--version"] {
        let run = check([option]).run();
        run.exits(3);
        assert_eq!(run.stdout, concat!("check_ceilometer ", env!("CARGO_PKG_VERSION"), "\n"));
    }
}

#[test]
fn no_arguments() {
    check([""; 0]).run().is_refused(&["endpoint"]);
}

#[test]
fn explain() {
    check(["--explain"]).run().exits(0).says("get:503").says("documented").says("ours");
    check(["--explain", "get:503"]).run().exits(0).says("CRITICAL").says("back-end");
    check(["--explain", "SIMULATED"]).run().exits(0).says("--simulate");
    let widest = |run: &Finished| run.stdout.lines().map(str::len).max().unwrap();
    for (columns, expected) in [("72", 60..=72), ("300", 90..=100), ("x", 70..=80)] {
        let run = check(["--explain"]).env("COLUMNS", columns).run();
        run.holds(expected.contains(&widest(&run)), &format!("not as wide as COLUMNS={columns} wants"));
    }
    check(["--explain", "backend-down"]).run().exits(0).says("get:503 (CRITICAL)").says("first");
    let overridden = check(words("--explain 5xx --state 5xx=warning")).run();
    overridden.exits(0).says("WARNING").says("overridden");
}

#[test]
fn output_file_of_a_text() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("man").display().to_string();
    for options in ["--generate man", "--explain get:503"] {
        let printed = check(words(options)).run();
        let line = format!("{options} --output-file {file}");
        check(words(&line))
            .run()
            .exits(0)
            .holds(std::fs::read_to_string(&file).unwrap() == printed.stdout, "another text is in the file");
    }
    let before = std::fs::read(&file).unwrap();
    // A file of the environment is for the results of runs.
    let variable = format!("--output-file {file} -H ceilometer");
    check(["--explain"]).env("CHECK_CEILOMETER_OPTS", &variable).run().exits(0).says("KEY");
    assert_eq!(std::fs::read(&file).unwrap(), before);
    let explained =
        check(["--explain", "--output-file", &file]).env("CHECK_CEILOMETER_OPTS", &variable).run();
    explained.exits(0).holds(explained.stdout.is_empty(), "the command line's file is ignored");
    assert_ne!(std::fs::read(&file).unwrap(), before);
    check(["--explain", "--output-file", "/nowhere/at/all"])
        .run()
        .is_refused(&["--output-file was not written"]);
}

#[test]
fn conflicts_with_a_text() {
    let table = [
        ("--generate man --explain", "--explain"),
        ("--generate man host", "ENDPOINT"),
        ("--explain 404 host", "ENDPOINT"),
        ("--explain -H host", "-H"),
        ("--generate man --endpoints list", "--endpoints"),
        ("--explain --simulate healthy", "--simulate"),
        ("--explain --watch 1", "--watch"),
        ("--generate nrpe --wait 1", "--wait"),
        ("--generate haproxy --haproxy", "--haproxy"),
    ];
    for (line, named) in table {
        check(words(line)).run().is_refused(&[named, "cannot be used with"]);
    }
}

#[test]
fn full_stdout() {
    let full = || OpenOptions::new().write(true).open("/dev/full").unwrap();
    for output in ["nagios", "human", "json"] {
        let nobody = Nobody::refusing();
        let run = check([&nobody.address(), "-o", output]).stdout_to(full()).run();
        run.exits(2);
        let peer = Peer::healthy();
        check([&peer.address(), "-o", output]).stdout_to(full()).run().exits(3);
    }
    let peer = Peer::healthy();
    check([&peer.address(), "--fail-on", "critical"]).stdout_to(full()).run().exits(1);
    for options in ["--help", "--version", "--explain", "--generate man", "--bad-option"] {
        let run = check(words(options)).stdout_to(full()).run();
        run.exits_as_a_plugin();
    }
}

#[test]
fn closed_stdout() {
    let nobody = Nobody::refusing();
    check_in_shell(r#"exec "$@" >&-"#, &[&nobody.address()]).run().exits(2);
    // A result that nobody can read is not healthy.
    let peer = Peer::healthy();
    check_in_shell(r#"exec "$@" >&-"#, &[&peer.address()]).run().exits(3);
    check_in_shell(r#"exec "$@" >&-"#, &["--help"]).run().exits(3);
}

/// HAProxy as a daemon closes the streams of its checks, and reads the exit code alone.
#[test]
fn closed_streams() {
    let nobody = Nobody::refusing();
    check_in_shell(r#"exec "$@" <&- >&- 2>&-"#, &[&nobody.address()]).run().exits(2);
    let peer = Peer::healthy();
    let port = peer.port().to_string();
    let call = ["--haproxy", "NOT_USED", "NOT_USED", "127.0.0.1", &port];
    for options in [&[][..], &["-o", "nagios"], &["-o", "json", "-vvv"]] {
        check_in_shell(r#"exec "$@" <&- >&- 2>&-"#, &[&call, options].concat()).run().exits(0);
    }
}

#[test]
fn pipe_without_a_reader() {
    let peer = Peer::backend_down();
    // The shell reports the plugin's code, not the pipe's, on another descriptor.
    let line = r#"{ "$@"; echo "code $?" >&3; } 3>&1 >/dev/null | cat"#;
    check_in_shell(line, &[&peer.address()]).run().exits(0).says("code 2");
    let line = r#"{ { "$@"; echo "code $?" >&3; } | true; } 3>&1"#;
    let run = check_in_shell(line, &[&peer.address(), "-vvv"]).run();
    run.exits(0).says("code 2");
}

#[test]
fn few_descriptors() {
    let peer = Peer::healthy();
    let lines = peer.endpoints(40);
    let run = check_in_shell(r#"ulimit -n 8; exec "$@""#, &["--endpoints", "-"]).stdin(lines).run();
    run.exits(0).summarises("OK", &[]);
}

/// The loader needs this one descriptor for the program's libraries.
#[test]
fn one_descriptor() {
    let nobody = Nobody::refusing();
    let run = check_in_shell(r#"ulimit -n 4; exec "$@""#, &[&nobody.address()]).run();
    run.exits_as_a_plugin().says("CEILOMETER ");
    run.holds(run.code != Some(0), "OK without an answer");
}

#[test]
fn fail_on() {
    for (status, codes) in [(200, [0, 0]), (202, [1, 0]), (503, [1, 1]), (401, [1, 1])] {
        let peer = Peer::by_method(alive(), answers(status, "", ""));
        for (state, code) in ["warning", "critical"].into_iter().zip(codes) {
            let run = check([&peer.address(), "--fail-on", state]).run();
            run.holds(run.code == Some(code), &format!("GET {status} with --fail-on {state} is not {code}"));
            let json = check([&peer.address(), "--fail-on", state, "-o", "json"]).run();
            json.exits(code).reports("/exit_code", code);
        }
    }
    check(words("--fail-on critical http://[::1")).run().exits_as_a_plugin().says("CEILOMETER UNKNOWN - ");
}

#[test]
fn errors_as_json() {
    for line in
        ["-o json", "-o json http://user:hunter2@h/", "-o json --quorum 0 h", "-o json --no-such-option"]
    {
        let run = check(words(line)).run();
        run.exits(3)
            .reports("/schema_version", 2)
            .reports("/service", "ceilometer")
            .reports("/state", "UNKNOWN")
            .reports("/exit_code", 3)
            .never_says("hunter2");
        let json = run.json();
        run.holds(json["endpoints"].as_array().is_some_and(Vec::is_empty), "there are endpoints")
            .holds(json["summary"].as_str().is_some_and(|text| !text.is_empty()), "there is no summary");
    }
}

#[test]
fn options_in_the_environment() {
    let peer = Peer::by_method(alive(), answers(503, "", ""));
    let run = |options: &str, arguments: &[&str]| {
        check([&[peer.address().as_str()], arguments].concat()).env("CHECK_CEILOMETER_OPTS", options).run()
    };
    run("", &[]).exits(2).summarises("CRITICAL", &[]);
    run("-o json", &[]).exits(2).reports("/state", "CRITICAL");
    run("--state 'get:503=warning'", &[]).exits(1).summarises("WARNING", &[]);
    let own = ["-o", "nagios", "--state", "get:503=critical"];
    run("-o json --state get:503=ok", &own).exits(2).summarises("CRITICAL", &["backend-down"]);
    run(r#"  --state "get:503=warning" -o json "#, &[]).exits(1).reports("/state", "WARNING");
    run(r"--header 'X-Quoted: a  b\c' -t 5s", &[]).exits(2);
    let quoted = peer.requests().last().unwrap().header("x-quoted").concat();
    assert_eq!(quoted, r"a  b\c", "single quotes keep everything");
}

#[test]
fn options_not_allowed_in_the_environment() {
    for options in ["-H 127.0.0.1:1", "--simulate healthy", "--state 'get:503=warning", "-t 0"] {
        let peer = Peer::untouched();
        let run = check([peer.address()]).env("CHECK_CEILOMETER_OPTS", options).run();
        run.holds(run.code == Some(3), &format!("{options:?} was accepted"));
        run.is_refused(&["CHECK_CEILOMETER_OPTS"]);
    }
}

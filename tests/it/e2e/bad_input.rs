//! Invalid input: one line that names it, exit code 3, and nothing is sent.

use std::path::Path;

use crate::support::harness::{check, check_in_shell, words};
use crate::support::peer::Peer;

/// Asserts that each command line is rejected in one line that contains the given text.
#[track_caller]
fn rejects(table: &[(&str, &str)]) {
    for (line, named) in table {
        let run = check(words(line)).run();
        run.holds(run.code == Some(3), &format!("{line:?} was accepted")).is_refused(&[named]);
    }
}

/// One of each kind; the tests beside the code have the rest, with whole errors.
#[test]
fn invalid_arguments() {
    rejects(&[
        ("ftp://host", "unsupported scheme 'ftp'"),
        ("host:0", "invalid port '0'"),
        ("-H", "'--hostname'"),
        ("--endpoints /dev/null", "--endpoints: '/dev/null' names no endpoint: give one per line"),
        ("h -t ten", "'ten' for '--timeout'"),
        ("h -w 5:1", "'5:1' for '--warning'"),
        ("h --certificate-critical never", "'never' for '--certificate-critical'"),
        ("h --state 6xx=ok", "'6xx=ok' for '--state'"),
        ("--explain nonsense", "'nonsense' for '--explain'"),
        ("h --quorum 2", "a quorum of 2"),
        ("h -o xml", "'xml' for '--output'"),
        ("h -x", "'-x'"),
        ("--generate poetry", "'poetry' for '--generate'"),
        ("--simulate healthy,nonsense", "'nonsense' for '--simulate'"),
        ("h --connect-to nowhere", "'nowhere' for '--connect-to'"),
        ("h --proxy socks5://proxy", "'socks5://proxy' for '--proxy'"),
        ("h --header Expect:100-continue", "Expect"),
        ("h --key k.pem", "'--cert'"),
        ("h -4 -6", "'-4' cannot be used with '-6'"),
        ("h --backend-critical 500", "did you mean milliseconds (500ms)?"),
        ("h --auth-file - --token-file -", "standard input"),
    ]);
    for endpoint in ["", "host name", "http://host/a b"] {
        check([endpoint]).run().is_refused(&["invalid endpoint"]);
    }
}

/// A header in the wrong place or form may hold a token.
#[test]
fn secrets_in_headers() {
    let table: [&[&str]; 5] = [
        &["-H", "X-Auth-Token:sesame-open"],
        &["-k", "X-Auth-Token: sesame-open", "h"],
        &["h", "--header", "X-Auth-Token sesame-open"],
        &["h", "--header", "X-Auth-Token: sesame\u{1}open"],
        &["h", "--token-file", "/dev/null", "--header", "x-auth-token: sesame-open"],
    ];
    for arguments in table {
        check(arguments).run().is_refused(&["header"]).never_says("sesame");
    }
}

#[test]
fn credentials_in_a_url() {
    for url in ["http://admin:hunter2@host/", "admin:hunter2@host", "https://hunter2@host:8777"] {
        let run = check([url]).run();
        run.is_refused(&["--auth-file"]).never_says("hunter2");
    }
    let run = check(["https://host", "--proxy", "http://admin:hunter2@proxy:3128"]).run();
    run.is_refused(&["--proxy-auth-file"]).never_says("hunter2");
}

#[test]
fn last_of_a_repeated_option() {
    let peer = Peer::healthy();
    check(words(&format!("{} -o json -t 1h -t 5 -o nagios", peer.address())))
        .run()
        .exits(0)
        .summarises("OK", &[]);
}

#[test]
fn unreadable_files() {
    let directory = tempfile::tempdir().unwrap();
    let folder = directory.path().display().to_string();
    for option in ["--endpoints", "--token-file", "--auth-file", "--cacert", "--cert", "--proxy-auth-file"] {
        let line = format!("https://127.0.0.1:1 --proxy http://127.0.0.1:1 {option} {folder}/missing");
        let run = check(words(&line)).run();
        run.is_refused(&["missing"]);
    }
    check(["h", "--header", &format!("@{folder}/missing")]).run().is_refused(&["missing"]);
    check(["--endpoints", &folder]).run().is_refused(&[]);
}

/// curl's `-u user:password` in place of a file's name.
#[test]
fn logins_in_place_of_files() {
    let table = [
        "--cacert LOGIN https://127.0.0.1:1",
        "--cert LOGIN https://127.0.0.1:1",
        "--endpoints LOGIN",
        "--header @LOGIN 127.0.0.1:1",
        "--output-file LOGIN/report 127.0.0.1:1",
        "--os-cloud prod --os-config LOGIN",
    ];
    for line in table {
        let run = check(words(&line.replace("LOGIN", "user:s3cret-pass@host"))).run();
        run.says("user:***").never_says("s3cret-pass");
    }
    check(["--endpoints", "no-such/file:1"]).run().is_refused(&["'no-such/file:1' does not exist"]);
}

/// The text of a file may be a secret in the wrong place.
#[test]
fn errors_in_files() {
    let directory = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &[u8]| {
        let path = directory.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let endpoints = write("endpoints", b"# fine\n\n127.0.0.1:1\nhttp://sesame:open@host\n");
    let run = check(["--endpoints", &endpoints]).run();
    run.is_refused(&[&format!("{endpoints}:4")]).never_says("sesame");
    let headers = write("headers", b"X-Fine: 1\nsesame-open\n");
    let run = check(["h", "--header", &format!("@{headers}")]).run();
    run.is_refused(&[&format!("{headers}:2")]).never_says("sesame");
    let token = write("token", b"sesame\nopen\n");
    check(["h", "--token-file", &token]).run().is_refused(&[&token]).never_says("sesame");
    let auth = write("auth", b"sesame-without-a-colon\n");
    check(["h", "--auth-file", &auth]).run().is_refused(&[&auth]).never_says("sesame");
    for (name, text) in [("empty", &b""[..]), ("blank", b"\n"), ("nul", b"a\0b"), ("escape", b"a\x1b[2Jb")] {
        let token = write(name, text);
        check(["h", "--token-file", &token]).run().is_refused(&[&token]);
    }
}

/// No escape sequence of the input reaches the terminal or the monitoring.
#[test]
fn hostile_input() {
    let hostile = "\u{1b}[2J\u{1b}]0;owned\u{7}|evil=1;;;\u{202e}\u{200b}\u{9b}31m\nCEILOMETER OK - fine";
    let lines: [&[&str]; 12] = [
        &[hostile],
        &["--", hostile],
        &["h", "-t", hostile],
        &["h", "-w", hostile],
        &["h", "--state", hostile],
        &["h", "--quorum", hostile],
        &["h", "--header", hostile],
        &["h", "-o", hostile],
        &["h", "--token-file", hostile],
        &["--endpoints", hostile],
        &["--simulate", hostile],
        &["--explain", hostile],
    ];
    for arguments in lines {
        check(arguments).run().is_refused(&[]);
        let json = check([&["-o", "json"], arguments].concat()).run();
        json.exits(3).has_no_hostile_characters();
    }
    let option = format!("--{hostile}");
    check(["h", &option]).run().is_refused(&[]);
}

/// The number of endpoints in a file is bounded, and so is the time to read them.
#[test]
fn oversized_lists() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("list");
    let distinct = (0..30_000).map(|number| format!("h/{number}")).collect::<Vec<_>>().join("\n");
    for (list, reason) in [(distinct, "20000"), (format!("h\n{}", "x".repeat(15 << 20)), ":2")] {
        std::fs::write(&file, list).unwrap();
        check(["--endpoints", file.to_str().unwrap()]).run().is_refused(&[reason]);
    }
    check(["--simulate", &vec!["healthy"; 10_000].join(",")]).run().is_refused(&["500"]);
    check([&format!("h/{}", "x".repeat(60_000))]).run().is_refused(&["2048"]);
}

/// As many lines as are read, all of one name, are one endpoint.
#[test]
fn one_name_in_a_large_list() {
    let peer = Peer::healthy();
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("list");
    std::fs::write(&file, format!("{}\n", peer.address()).repeat(40_000)).unwrap();
    let limited = "ulimit -v 400000; exec \"$@\"";
    check_in_shell(limited, &["--endpoints", file.to_str().unwrap(), "-t", "60"]).run().exits(0);
}

#[test]
fn large_numbers() {
    let peer = Peer::healthy();
    for option in ["--max-output 100000000000", "--parallel 20000", "--parallel 100000000000"] {
        check(words(&format!("{} {option}", peer.address()))).run().exits(0);
    }
}

#[test]
fn long_input() {
    let long = "x".repeat(100_000);
    let run = check(["h", "-t", &long]).run();
    run.is_refused(&[]);
    run.holds(run.stdout.len() < 8192, "the line is longer than --max-output's default");
}

#[test]
fn irregular_output_files() {
    let directory = tempfile::tempdir().unwrap();
    let folder = directory.path();
    std::os::unix::fs::symlink(folder.join("target"), folder.join("link")).unwrap();
    let targets = [Path::new("/dev/full"), Path::new("/dev/null"), folder, &folder.join("link")];
    for target in targets {
        let run = check(["--simulate", "healthy", "--output-file", target.to_str().unwrap()]).run();
        run.holds(run.code == Some(3), &format!("{} was accepted", target.display()));
        run.holds(run.stderr.is_empty(), "something is on standard error");
    }
    assert!(!folder.join("target").exists());
}

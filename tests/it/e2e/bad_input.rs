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

#[test]
fn endpoints() {
    rejects(&[
        ("ftp://host", "ftp"),
        ("https+unix://host", "https+unix"),
        ("http://", "http://"),
        ("http:///metering", "host"),
        (":8777", ":8777"),
        ("host:0", "0"),
        ("host:65536", "65536"),
        ("host:port", "port"),
        ("host:-1", "-1"),
        ("host:", "host:"),
        ("http://host/?token=x", "query"),
        ("http://host/#top", "fragment"),
        ("host?x", "query"),
        ("[::1", "[::1"),
        ("[::1]8777", "[::1]8777"),
        ("[not-v6]:80", "not-v6"),
        ("http://[::1]:99999", "99999"),
        ("1.2.3.4.5:80:90", "1.2.3.4.5"),
        ("ho$st", "ho$st"),
        ("a..b", "a..b"),
        ("-H", "--hostname"),
        ("-H X-Auth-Token:sesame-open", "header"),
        ("--endpoints /dev/null", "--endpoints: /dev/null names no endpoint: give one per line"),
    ]);
    let label = "a".repeat(64);
    let name = vec!["abcdefghi"; 30].join(".");
    rejects(&[(&format!("{label}.example"), "aaaa"), (&name, "abcdefghi")]);
    check(["host name"]).run().is_refused(&["host name"]);
    check(["http://host/a b"]).run().is_refused(&[]);
    check([""]).run().is_refused(&[]);
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
fn durations_and_ranges() {
    rejects(&[
        ("h -t 0", "0"),
        ("h -t -1", "-1"),
        ("h -t ten", "ten"),
        ("h -t 5parsecs", "5parsecs"),
        ("h -t inf", "inf"),
        ("h -t nan", "nan"),
        ("h -t 1e400", "1e400"),
        ("h -t", "--timeout"),
        ("h --connect-timeout soon", "soon"),
        ("h --retry-delay -5", "-5"),
        ("h -w fast", "fast"),
        ("h -w 5:1", "5:1"),
        ("h -c 1:2:3", "1:2:3"),
        ("h -c @", "@"),
        ("h --backend-warning @5:1", "@5:1"),
        ("h --backend-critical 1:~", "~"),
        ("h --certificate-warning 30:10", "30:10"),
        ("h --certificate-critical never", "never"),
    ]);
}

#[test]
fn keys_and_states() {
    rejects(&[
        ("h --state 503", "503"),
        ("h --state 503=", "503"),
        ("h --state =ok", "=ok"),
        ("h --state 503=fine", "fine"),
        ("h --state 6xx=ok", "6xx"),
        ("h --state 0xx=ok", "0xx"),
        ("h --state 99=ok", "99"),
        ("h --state 600=ok", "600"),
        ("h --state post:503=ok", "post"),
        ("h --state nonsense=ok", "nonsense"),
        ("h --state login:4=ok", "expected a key such as 404, get:5xx or login:refused"),
        ("--explain nonsense", "nonsense"),
        ("--explain 999", "999"),
    ]);
}

#[test]
fn counts_and_choices() {
    rejects(&[
        ("h --quorum 0", "0"),
        ("h --quorum 0%", "0%"),
        ("h --quorum 101%", "101%"),
        ("h --quorum 2", "2"),
        ("h --quorum half", "half"),
        ("h --parallel 0", "0"),
        ("h --parallel many", "many"),
        ("h --watch 1 --count 0", "0"),
        ("h --retries -1", "-1"),
        ("h --retries 1.5", "1.5"),
        ("h --max-output lots", "lots"),
        ("h -p 0", "0"),
        ("h -p 70000", "70000"),
        ("h -m post", "post"),
        ("h -o xml", "xml"),
        ("h --color sometimes", "sometimes"),
        ("h --fail-on ok", "ok"),
        ("h --agent-warning 0%", "0%"),
        ("h --agent-warning 101%", "101%"),
        ("h --path relative", "relative"),
        ("h --no-such-option", "--no-such-option"),
        ("h -x", "-x"),
        ("--generate poetry", "poetry"),
        ("--simulate fire", "fire"),
        ("--simulate healthy,nonsense", "nonsense"),
        ("h --connect-to nowhere", "nowhere"),
        ("h --connect-to 127.0.0.1:0", "0"),
        ("h --proxy socks5://proxy", "socks5"),
    ]);
}

#[test]
fn headers() {
    let table = [
        ("no colon here", None),
        (": no name", None),
        ("Bad Name: x", None),
        ("Content-Length: 5", Some("Content-Length")),
        ("transfer-encoding: chunked", Some("ransfer-")),
        ("Connection: keep-alive", Some("Connection")),
        ("Expect: 100-continue", Some("Expect")),
        ("Upgrade: h2c", Some("Upgrade")),
        ("X-Split: a\r\nX-Injected: b", None),
    ];
    for (header, named) in table {
        let run = check(["h", "--header", header]).run();
        run.holds(run.code == Some(3), &format!("{header:?} was accepted"));
        run.is_refused(&[named.unwrap_or("header")]);
    }
    check(["h", "--header", "Host: a", "--header", "host: b"]).run().is_refused(&["Host"]);
    check(["h", "--header", "Host: müller"]).run().is_refused(&["Host", "ASCII"]);
    let run = check(["-k", "X-Auth-Token: sesame-open", "h"]).run();
    run.is_refused(&["--header"]).never_says("sesame-open");
    let run = check(["h", "--header", "X-Auth-Token sesame-open"]).run();
    run.is_refused(&[]).never_says("sesame-open");
    let run = check(["h", "--header", "X-Auth-Token: sesame\u{1}open"]).run();
    run.is_refused(&[]).never_says("sesame");
}

#[test]
fn contradictions() {
    rejects(&[
        ("h --key k.pem", "--cert"),
        ("h -4 -6", "'-4' cannot be used with '-6'"),
        ("h -w 500", "did you mean milliseconds (500ms)?"),
        ("h -t 100 -c 100", "did you mean milliseconds (100ms)?"),
        ("h -w 500m", "did you mean milliseconds (500ms)?"),
        ("h --backend-critical 500", "did you mean milliseconds (500ms)?"),
        ("a b --connect-to 127.0.0.1", "--connect-to"),
        ("a b --quorum 3", "3"),
        ("h --watch 1 --wait 1", "--wait"),
        ("--endpoints - --token-file -", "standard input"),
        ("h --auth-file - --token-file -", "standard input"),
        ("--simulate healthy backend-down", "commas"),
        ("--simulate healthy --haproxy -H h NOT_USED NOT_USED 127.0.0.1 1", "--simulate"),
    ]);
    let run = check(["h", "--token-file", "/dev/null", "--header", "X-Auth-Token: sesame-open"]).run();
    run.is_refused(&["X-Auth-Token"]).never_says("sesame-open");
    let run = check(["h", "--token-file", "/dev/null", "--header", "x-auth-token: sesame-open"]).run();
    run.is_refused(&[]).never_says("sesame-open");
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

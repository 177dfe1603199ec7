//! Nothing that a server says forges a verdict, a metric, a log line or a terminal escape, or fills memory.

use std::fs;
use std::os::unix::net::UnixListener;

use crate::e2e::foreign_servers::python;
use crate::support::grammar;
use crate::support::harness::{Check, Finished, check};
use crate::support::peer::{Peer, Script, Step, alive, answers, says};

/// Escapes, metrics, line ends, marks and markup in one.
const HOSTILE: &str = "gone\u{1b}[31m\u{7}|evil=1;2;3\r\nCEILOMETER OK - fine\n\u{202e}\u{200b}\u{9b}2J\u{2066}<b>&lt;\u{feff}\0$(x)`y`";

/// Asserts the grammar of an output.
#[track_caller]
fn obeys_its_grammar(run: &Finished, output: &str) {
    if let Err(wrong) = grammar::obeyed(output, &run.stdout) {
        run.fail(&wrong);
    }
}

/// Runs with each output at the highest verbosity and asserts what holds for every one.
#[track_caller]
fn all_stay_clean(arguments: &[&str], code: i32, prepare: impl Fn(Check) -> Check) {
    for output in grammar::OUTPUTS {
        let options = ["-vvv", "--color", "never", "-t", "5", "-o", output];
        let run = prepare(check([&options, arguments].concat())).run();
        run.exits(code);
        // Where there was no run there are no metrics: a refusal is the plugin line.
        let refused = output == "prometheus" && run.stdout.starts_with("CEILOMETER UNKNOWN - ");
        obeys_its_grammar(&run, if refused { "nagios" } else { output });
    }
}

/// Asserts it of a response to GET.
#[track_caller]
fn stays_clean(get: Script, code: i32) {
    let peer = Peer::by_method(alive(), get);
    all_stay_clean(&[&peer.address()], code, |check| check);
}

#[test]
fn text_body() {
    stays_clean(answers(503, "Content-Type: text/plain\r\n", HOSTILE), 2);
}

#[test]
fn json_body() {
    let text = serde_json::to_string(HOSTILE).unwrap();
    let bodies = [
        format!("{{\"reasons\": [{text}]}}"),
        format!("{{{text}: {text}}}"),
        format!("{{\"error_message\": {{\"faultstring\": {text}}}}}"),
        format!("{{\"error\": {{\"message\": {text}, \"code\": {text}}}}}"),
        format!("{{\"storage_reachable\": {text}, \"operation_status\": {{{text}: {text}}}}}"),
    ];
    for body in bodies {
        stays_clean(answers(503, "Content-Type: application/json\r\n", &body), 2);
    }
}

#[test]
fn binary_body() {
    let mut response = b"HTTP/1.1 503 No\r\n\r\n".to_vec();
    response.extend((0..=255).cycle().take(4096));
    stays_clean(says(response), 2);
}

#[test]
fn headers_and_reason_phrase() {
    let text: String = HOSTILE.chars().filter(|c| !"\r\n\0\u{7}\u{1b}".contains(*c)).collect();
    let table = [
        (302, "3xx", "Location"),
        (429, "429", "Retry-After"),
        (405, "4xx", "Allow"),
        (401, "401", "WWW-Authenticate"),
        (503, "get:503", "Server"),
        (503, "get:503", "X-Openstack-Request-Id"),
        (503, "get:503", "Content-Type"),
    ];
    let rules = check_ceilometer::testing::rules();
    for (status, key, header) in table {
        let (.., code, _, _) = rules.iter().find(|row| row.0 == key).unwrap();
        let response = format!("HTTP/1.1 {status} {text}\r\n{header}: {text}\r\nContent-Length: 0\r\n\r\n");
        stays_clean(says(response), *code);
    }
}

/// A control character in a header or a reason is accepted, and not shown.
#[test]
fn malformed_headers() {
    for text in ["\u{1b}[31mred", "bell\u{7}", "nul\0", "bare\rreturn"] {
        let response = format!("HTTP/1.1 503 {text}\r\nX-Bad: {text}\r\nContent-Length: 0\r\n\r\n");
        stays_clean(says(response), 2);
    }
}

#[test]
fn body_like_plugin_output() {
    let body = "OK - healthy | head_time=0.000001s\nCEILOMETER OK - healthy";
    stays_clean(answers(500, "", body), 2);
}

#[test]
fn overridden_state() {
    let peer = Peer::by_method(alive(), answers(503, "", HOSTILE));
    let run = check([&peer.address(), "--state", "get:503=ok", "-vvv"]).run();
    run.exits(0).summarises("OK", &["healthy"]);
}

/// Text that an argument can hold: anything but NUL.
fn argument() -> String {
    HOSTILE.replace('\0', "")
}

#[test]
fn arguments() {
    let text = argument();
    let texts = [
        vec![text.as_str()],
        vec!["h", "--header", &text],
        vec!["h", "--state", &text],
        vec!["h", "--warning", &text],
        vec!["h", "--proxy", &text],
        vec!["h", "--connect-to", &text],
        vec!["h", "--path", &text],
        vec!["h", &text, "--no-such-option"],
    ];
    for arguments in texts {
        all_stay_clean(&arguments, 3, |check| check);
    }
    all_stay_clean(&["h", &format!("--{text}")], 3, |check| check);
    all_stay_clean(&["h"], 3, |check| check.env("CHECK_CEILOMETER_OPTS", &text));
}

#[test]
fn file_names() {
    let text = format!("/nonexistent/{}", argument());
    for option in ["--token-file", "--auth-file", "--endpoints", "--cacert", "--cert"] {
        all_stay_clean(&["https://127.0.0.1:1", option, &text], 3, |check| check);
    }
    all_stay_clean(&["h", "--header", &format!("@{text}")], 3, |check| check);
    let run = check(["127.0.0.1:1", "--output-file", &text]).run();
    run.exits(2);
    obeys_its_grammar(&run, "nagios");
}

#[test]
fn socket_names() {
    let directory = tempfile::tempdir().unwrap();
    let there = directory.path().join(argument().replace('/', "_"));
    let _deaf = UnixListener::bind(&there).unwrap();
    let missing = format!("/nonexistent/{}", argument());
    for path in [there.to_str().unwrap(), &missing] {
        let call = ["--haproxy", "-t", "500ms", "NOT_USED", "NOT_USED", path, "NOT_USED"];
        all_stay_clean(&call, 2, |check| check);
    }
}

#[test]
fn file_contents() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("file");
    let name = file.to_str().unwrap();
    for content in [HOSTILE.to_owned(), format!("h\n{HOSTILE}"), format!("X-A: b\n{HOSTILE}")] {
        fs::write(&file, content).unwrap();
        for arguments in [
            vec!["--endpoints", name],
            vec!["h", "--token-file", name],
            vec!["h", "--auth-file", name],
            vec!["h", "--header", &format!("@{name}")],
            vec!["https://h", "--cacert", name],
            vec!["https://h", "--cert", name],
        ] {
            all_stay_clean(&arguments, 3, |check| check);
        }
    }
}

#[test]
fn name_service_and_proxy() {
    // RFC 6761 reserves the domain.
    all_stay_clean(&["nowhere.invalid"], 2, |check| check);
    let text: String = HOSTILE.chars().filter(|c| !"\r\n".contains(*c)).collect();
    for status in ["200", "407", "502"] {
        let response = format!("HTTP/1.1 {status} {text}\r\nX: {text}\r\n\r\n{text}");
        let peer = Peer::always(says(response));
        let proxy = format!("http://{}", peer.address());
        let code = if status == "200" { 2 } else { 3 };
        all_stay_clean(&["h.example", "--proxy", &proxy], code, |check| check);
    }
    let peer = Peer::healthy();
    all_stay_clean(&[&peer.address()], 0, |check| check.env("HTTP_PROXY", &argument()));
}

/// The beginning of a response that is not HTTP is shown, sanitized.
#[test]
fn foreign_banners() {
    for banner in [HOSTILE, "220 \u{1b}]0;owned\u{7}|x=1 ready\r\n", "\u{202e}\u{200b}\u{9b}31m"] {
        stays_clean(says(banner), 2);
    }
}

/// Whatever is read from a body is read after masking: stripping tags or decoding would tear the password apart.
#[test]
fn secret_that_looks_like_markup() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("auth");
    let password = r#"Xy7!<Kd72>"p/w\%41"#;
    fs::write(&file, format!("nova:{password}")).unwrap();
    let json = serde_json::to_string(password).unwrap();
    let nested = serde_json::to_string(&format!("{{\"message\": {json}}}")).unwrap();
    let bodies = [
        format!("<html><title>503 {password} refused</title></html>"),
        format!("<html><body><h1>{password}</h1></body></html>"),
        format!("{{\"error_message\": {nested}}}"),
        format!("{{\"message\": {json}}}"),
        format!("cannot connect to mysql://nova:{password}@db:3306/nova"),
    ];
    for body in bodies {
        let peer = Peer::by_method(alive(), answers(503, "", &body));
        for output in grammar::OUTPUTS {
            let address = peer.address();
            let run =
                check([address.as_str(), "-vvv", "-o", output, "--auth-file", file.to_str().unwrap()]).run();
            run.exits(2).never_says("Xy7!").never_says("Kd72").never_says("p/w");
        }
    }
}

/// Asserts that the greatest memory of a run stays below the bound, in KiB.
#[track_caller]
fn stays_below(kib: u64, peer: &Peer) {
    // wait4(2) tells a child's peak; the standard library does not.
    let script = "import os, sys\n\
                  null = os.open('/dev/null', os.O_WRONLY)\n\
                  pid = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, null, 1)])\n\
                  print(os.wait4(pid, 0)[2].ru_maxrss)\n";
    let Some(mut python) = python() else { return };
    python.args(["-c", script, env!("CARGO_BIN_EXE_check_ceilometer"), &peer.address(), "-t", "5"]);
    let output = python.output().unwrap();
    let peak: u64 = String::from_utf8(output.stdout).unwrap().trim().parse().unwrap();
    assert!(peak < kib, "{peak} KiB at the peak");
}

#[test]
fn memory_under_endless_responses() {
    // It measures the memory: without it no peer is called.
    if python().is_none() {
        return;
    }
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    let table = [
        ("HTTP/1.1 200 OK\r\n\r\n", "x"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n", "x"),
        (&format!("{chunked}7fffffff\r\n"), "x"),
        (chunked, "1\r\nx\r\n"),
        (chunked, "0"),
        ("HTTP/1.1 503 No\r\n\r\n", "["),
        ("HTTP/1.1 503 No\r\n\r\n{\"reasons\":[", "\"a\","),
        ("HTTP/1.1 200 OK\r\nX-Endless: ", "x"),
        ("HTTP/1.1 200 OK\r\n", "X: y\r\n"),
        ("", "HTTP/1.1 103 Early Hints\r\n\r\n"),
        ("", "x"),
    ];
    for (head, endless) in table {
        let endless = Step::Forever(endless.repeat(8192).into());
        stays_below(20 * 1024, &Peer::by_method(alive(), vec![Step::Send(head.into()), endless]));
    }
}

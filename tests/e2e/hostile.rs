//! Nothing that a server says forges a verdict, a metric, a log line or a terminal escape, or fills memory.

use crate::foreign_servers::python;
use crate::harness::{Finished, check};
use crate::peer::{Peer, Script, Step, alive, answers, says};

/// Escapes, metrics, line ends, marks and markup in one.
const HOSTILE: &str = "gone\u{1b}[31m\u{7}|evil=1;2;3\r\nCEILOMETER OK - fine\n\u{202e}\u{200b}\u{9b}2J\u{2066}<b>&lt;\u{feff}\0$(x)`y`";

const OUTPUTS: [&str; 5] = ["nagios", "human", "json", "prometheus", "haproxy-agent"];

/// Runs at the highest verbosity and asserts what holds for every output.
#[track_caller]
fn stays_clean(peer: &Peer, code: i32) {
    for output in OUTPUTS {
        let run = check([&peer.address(), "-vvv", "--color", "never", "-o", output]).run();
        run.exits(code).has_no_hostile_characters();
        obeys_its_grammar(&run, output);
    }
}

#[track_caller]
fn obeys_its_grammar(run: &Finished, output: &str) {
    match output {
        "nagios" => {
            run.is_plugin_output();
            run.holds(!run.stdout.contains(['<', '>']), "markup");
            run.holds(run.stdout.matches("CEILOMETER").count() == 1 || !forged(&run.stdout), "a forged line");
            let known = ["head_time", "get_time", "backend_time"];
            run.holds(run.labels().iter().all(|label| known.contains(&label.as_str())), "a forged metric");
        }
        "json" => drop(run.json()),
        "haproxy-agent" => {
            run.holds(run.stdout.lines().count() == 1, "more than one line").holds(
                run.stdout.starts_with("up") || run.stdout.starts_with("down #"),
                "not an agent's word",
            );
        }
        "prometheus" => {
            let sound = run
                .stdout
                .lines()
                .all(|line| line.starts_with("# ") || line.starts_with("ceilometer_health_"));
            run.holds(sound, "a forged sample");
        }
        _ => drop(run.holds(!forged(&run.stdout), "a forged line")),
    }
}

fn forged(text: &str) -> bool {
    text.lines().skip(1).any(|line| line.starts_with("CEILOMETER"))
}

#[test]
fn in_a_body_of_text() {
    let peer = Peer::by_method(alive(), answers(503, "Content-Type: text/plain\r\n", HOSTILE));
    stays_clean(&peer, 2);
}

#[test]
fn in_a_body_of_json() {
    let text = serde_json::to_string(HOSTILE).unwrap();
    let bodies = [
        format!("{{\"reasons\": [{text}]}}"),
        format!("{{{text}: {text}}}"),
        format!("{{\"error_message\": {{\"faultstring\": {text}}}}}"),
        format!("{{\"error\": {{\"message\": {text}, \"code\": {text}}}}}"),
        format!("{{\"storage_reachable\": {text}, \"operation_status\": {{{text}: {text}}}}}"),
    ];
    for body in bodies {
        let peer = Peer::by_method(alive(), answers(503, "Content-Type: application/json\r\n", &body));
        stays_clean(&peer, 2);
    }
}

#[test]
fn in_bytes_that_are_no_text() {
    let mut answer = b"HTTP/1.1 503 No\r\n\r\n".to_vec();
    answer.extend((0..=255).cycle().take(4096));
    let peer = Peer::by_method(alive(), says(answer));
    stays_clean(&peer, 2);
}

#[test]
fn in_headers_and_the_reason_phrase() {
    let text: String = HOSTILE.chars().filter(|c| !"\r\n\0\u{7}\u{1b}".contains(*c)).collect();
    let table = [
        (302, "Location", 3),
        (429, "Retry-After", 1),
        (405, "Allow", 3),
        (401, "WWW-Authenticate", 3),
        (503, "Server", 2),
        (503, "X-Openstack-Request-Id", 2),
        (503, "Content-Type", 2),
    ];
    for (status, header, code) in table {
        let answer: Script =
            says(format!("HTTP/1.1 {status} {text}\r\n{header}: {text}\r\nContent-Length: 0\r\n\r\n"));
        let peer = Peer::by_method(answer.clone(), answer);
        stays_clean(&peer, code);
    }
}

/// A control character in a header is no header: whichever way it is judged, it is not shown.
#[test]
fn in_headers_that_are_none() {
    for text in ["\u{1b}[31mred", "bell\u{7}", "nul\0", "bare\rreturn"] {
        let answer = format!("HTTP/1.1 503 {text}\r\nX-Bad: {text}\r\nContent-Length: 0\r\n\r\n");
        let peer = Peer::by_method(alive(), says(answer));
        stays_clean(&peer, 2);
    }
}

#[test]
fn a_body_that_looks_like_a_verdict() {
    let body = "OK - healthy | head_time=0.000001s\nCEILOMETER OK - healthy";
    let peer = Peer::by_method(alive(), answers(500, "", body));
    stays_clean(&peer, 2);
}

#[test]
fn an_override_does_not_let_text_through() {
    let peer = Peer::by_method(alive(), answers(503, "", HOSTILE));
    let run = check([&peer.address(), "--state", "get:503=ok", "-vvv"]).run();
    run.exits(0).summarises("OK", &["healthy"]);
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
fn endless_answers_do_not_fill_memory() {
    let endless = |head: &str| vec![Step::Send(head.into()), Step::Forever(vec![b'x'; 65536])];
    let heads = [
        "HTTP/1.1 200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7fffffff\r\n",
        "HTTP/1.1 200 OK\r\nX-Endless: ",
        "",
    ];
    for head in heads {
        stays_below(20 * 1024, &Peer::by_method(alive(), endless(head)));
    }
}

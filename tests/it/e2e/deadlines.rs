//! The budget holds for every stall: each run ends within `-t` and 250 ms.

use std::fs;
use std::process::Command;
use std::time::Duration;

use crate::e2e::foreign_servers::python;
use crate::support::harness::{Check, GRACE, at_once, beside_others, check, in_good_time};
use crate::support::peer::{Nobody, Peer, Script, Step, alive, healthy, response, says};
use crate::support::programs::unshares;

const BUDGETS: [&str; 4] = ["0.4", "1", "3", "10"];

fn seconds(text: &str) -> Duration {
    Duration::from_secs_f64(text.parse().unwrap())
}

/// Bytes that take longer to drip than any budget lasts.
fn endlessly(start: &str) -> Vec<u8> {
    let mut bytes = start.as_bytes().to_vec();
    bytes.resize(20_000, b'x');
    bytes
}

/// A server that stalls, and how it is asked.
struct Stall {
    name: &'static str,
    endpoint: String,
    options: &'static [&'static str],
    /// Lives as long as it is asked.
    _server: Server,
}

#[expect(dead_code, reason = "held for their Drop")]
enum Server {
    Peer(Peer),
    Nobody(Nobody),
}

impl Stall {
    fn http(name: &'static str, head: Script, get: Script) -> Stall {
        let peer = Peer::by_method(head, get);
        Stall { name, endpoint: peer.address(), options: &[], _server: Server::Peer(peer) }
    }

    /// A peer that knows no TLS: one script for each budget, for GET is not sent.
    fn https(name: &'static str, script: &Script) -> Stall {
        let peer = Peer::in_turn(BUDGETS.map(|_| script.clone()));
        let endpoint = format!("https://{}", peer.address());
        Stall { name, endpoint, options: &["-k"], _server: Server::Peer(peer) }
    }

    fn deaf(name: &'static str) -> Stall {
        let nobody = Nobody::deaf();
        Stall { name, endpoint: nobody.address(), options: &[], _server: Server::Nobody(nobody) }
    }
}

#[test]
fn stalls_in_short_budgets() {
    in_good_time(|| stalls(&BUDGETS[..2]));
}

#[test]
#[ignore = "takes 10 s; the shorter budgets are tested always"]
fn stalls_in_long_budgets() {
    in_good_time(|| stalls(&BUDGETS[2..]));
}

/// All at the same time: they wait, and a run of each after the other would take minutes.
fn stalls(budgets: &[&str]) {
    let header = endlessly("HTTP/1.1 200 OK\r\nX-Slow: ");
    let body = endlessly("HTTP/1.1 200 OK\r\nContent-Length: 19000\r\n\r\n");
    let chunks = endlessly("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffff\r\n");
    let stalls = [
        Stall::http("no answer", vec![Step::Hang], vec![Step::Hang]),
        Stall::http("no answer to GET", alive(), vec![Step::Hang]),
        Stall::http("a dripped head", vec![Step::Drip(header)], vec![Step::Hang]),
        Stall::http("a dripped body", alive(), vec![Step::Drip(body)]),
        Stall::http("a dripped chunk", alive(), vec![Step::Drip(chunks)]),
        Stall::http("half a body", alive(), vec![Step::Send(response_begun()), Step::Hang]),
        Stall::https("silent TLS", &vec![Step::Swallow]),
        // The beginning of a handshake record's header.
        Stall::https("half a TLS record", &vec![Step::Send(vec![0x16, 3, 3]), Step::Swallow]),
        Stall::deaf("a full backlog"),
    ];
    let cases: Vec<(&Stall, &str)> =
        stalls.iter().flat_map(|stall| budgets.iter().map(move |budget| (stall, *budget))).collect();
    let asked = |(stall, budget): &(&Stall, &str)| -> Check {
        check([&[stall.endpoint.as_str(), "-t", budget], stall.options].concat())
    };
    let finished = at_once(cases.iter().map(asked));
    for (run, (stall, budget)) in finished.iter().zip(cases) {
        run.holds(run.elapsed <= seconds(budget) + GRACE, &format!("{}: overran {budget} s", stall.name))
            .holds(run.elapsed >= seconds(budget), &format!("{}: ended ahead of {budget} s", stall.name))
            .exits(2)
            .summarises("CRITICAL", &[stall.endpoint.trim_start_matches("https://")]);
    }
}

fn response_begun() -> Vec<u8> {
    b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{".to_vec()
}

/// A retry that the budget cuts off proves less than the attempt before it.
#[test]
fn retry_cut_off() {
    in_good_time(|| {
        for cut_off in [Step::Hang, Step::Drip(endlessly("HTTP/1.1 204 No Content\r\nX: "))] {
            let gone = || vec![Step::Read, Step::Send(response(503, "", r#"{"error": "db down"}"#))];
            let late = || vec![Step::Read, cut_off.clone()];
            let peer = Peer::in_turn([says(response(204, "", "")), gone(), late()]);
            let run = check([&peer.address(), "-t", "1", "--retries", "1", "--retry-delay", "10ms"]).run();
            run.exits(2).summarises("CRITICAL", &["backend-down: GET 503 from ", "db down"]);
            assert_eq!(peer.accepted(), 3, "it was tried again");
        }
    });
}

/// A GET that had less time than HEAD took says nothing about the back-end.
#[test]
fn slow_head() {
    in_good_time(|| {
        let head = Step::Drip(format!("HTTP/1.1 204 No Content\r\nX: {}\r\n\r\n", "x".repeat(20)).into());
        let peer = Peer::by_method(vec![head], vec![Step::Hang]);
        let run = check([&peer.address(), "-t", "1.6"]).run();
        run.exits(2)
            .summarises(
                "CRITICAL",
                &["unexpected: ", "answered HEAD (204) but not GET within the ", "HEAD took "],
            )
            .says(" left of the run's time")
            .says("nothing is known of the back-end")
            .says("(-t)")
            .never_says("database");
    });
}

/// Other endpoints took the time: the one that had too little is not blamed.
#[test]
fn turn_that_comes_late() {
    in_good_time(|| {
        let head = Step::Drip(format!("HTTP/1.1 204 No Content\r\nX: {}\r\n\r\n", "x".repeat(20)).into());
        let first = Peer::by_method(vec![head], healthy());
        let second = Peer::always(vec![Step::Hang]);
        let run = check([&first.address(), &second.address(), "--parallel", "1", "-t", "1.6"]).run();
        run.exits(3)
            .summarises("UNKNOWN", &["1 of 2 endpoints not OK; unexpected: ", " left of the run's time"])
            .says("nothing is known of the API")
            .says("--parallel");
    });
}

#[test]
fn silent_proxy() {
    in_good_time(|| {
        let peer = Peer::in_turn([vec![Step::Swallow]]);
        let proxy = format!("http://{}", peer.address());
        let run = check(["https://ceilometer.example", "-k", "--proxy", &proxy, "-t", "0.5"]).run();
        run.exits_as_a_plugin().ends_within(seconds("0.5"));
    });
}

#[test]
fn fifo_without_a_writer() {
    in_good_time(|| {
        let directory = tempfile::tempdir().unwrap();
        let fifo = directory.path().join("fifo");
        rustix::fs::mkfifoat(rustix::fs::CWD, &fifo, rustix::fs::Mode::RWXU).unwrap();
        let run = check(["--endpoints", fifo.to_str().unwrap(), "-t", "0.5"]).run();
        run.is_refused(&["fifo"]).ends_within(seconds("0.5"));
    });
}

#[test]
fn retries() {
    in_good_time(|| {
        let peer = Peer::backend_down();
        let retries = [("1000", "10ms"), ("1", "30s")].map(|(retries, delay)| {
            check([&peer.address(), "-t", "0.5", "--retries", retries, "--retry-delay", delay])
        });
        for run in at_once(retries) {
            run.exits(2).summarises("CRITICAL", &["backend-down"]).ends_within(seconds("0.5"));
        }
    });
}

/// Probes a number of endpoints that accept and send nothing, within one budget.
fn many_stalls(number: usize, budget: &str) {
    in_good_time(|| {
        let peer = Peer::always(vec![Step::Hang]);
        let run = check(["--endpoints", "-", "-t", budget]).stdin(peer.endpoints(number)).run();
        run.exits(2).summarises("CRITICAL", &["no-answer"]).ends_within(seconds(budget));
    });
}

#[test]
fn two_hundred_and_eighty_stalls() {
    many_stalls(280, "1");
}

#[test]
fn three_hundred_stalls_in_a_short_budget() {
    many_stalls(300, "0.5");
    many_stalls(300, "1");
}

#[test]
#[ignore = "takes 13 s; the shorter budgets are tested always"]
fn three_hundred_stalls_in_a_long_budget() {
    many_stalls(300, "3");
    many_stalls(300, "10");
}

#[test]
fn three_hundred_stalls_without_parallelism() {
    in_good_time(|| {
        let peer = Peer::always(vec![Step::Hang]);
        let run = check(["--endpoints", "-", "-t", "1", "--parallel", "1"]).stdin(peer.endpoints(300)).run();
        run.exits(2).summarises("CRITICAL", &["no-answer"]).ends_within(seconds("1"));
    });
}

#[test]
fn three_hundred_stalls_in_json() {
    in_good_time(|| {
        let peer = Peer::always(vec![Step::Hang]);
        let run = check(["--endpoints", "-", "-t", "2", "-o", "json"]).stdin(peer.endpoints(300)).run();
        run.exits(2).ends_within(seconds("2"));
        let json = run.json();
        let endpoints = json["endpoints"].as_array().unwrap();
        run.holds(endpoints.len() == 300, "an endpoint is missing");
        let failing = endpoints.iter().all(|one| one["state"] == "CRITICAL" || one["state"] == "UNKNOWN");
        run.holds(failing, "an endpoint that was not answered is not failing");
    });
}

/// Runs the plugin at the same time with each of these arguments where no name is ever resolved, and asserts
/// each budget (the arguments' last word).
fn with_a_silent_name_service(arguments: &[String]) {
    if !unshares("-rmn") || python().is_none() {
        return;
    }
    let _shared = beside_others();
    let plugin = env!("CARGO_BIN_EXE_check_ceilometer");
    let commands = arguments.iter().map(|words| format!("{plugin} {words}"));
    let script = ["-rmn", "python3", "-c", include_str!("silent_resolver.py")];
    let output = Command::new("unshare").args(script).args(commands).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let budgets: Vec<&str> = arguments.iter().map(|words| words.rsplit(' ').next().unwrap()).collect();
    assert_eq!(text.lines().count(), budgets.len(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    // The runs end in the order of their budgets, whatever order they were started in.
    for (line, budget) in text.lines().zip(budgets) {
        let (elapsed, line) = line.split_once(' ').unwrap();
        assert!(seconds(elapsed) <= seconds(budget) + GRACE, "{budget} s: {elapsed} {line}");
        assert!(
            line.starts_with("2 CEILOMETER CRITICAL - ") && line.contains("unreachable: resolving"),
            "{line}"
        );
    }
}

fn silent_name(budget: &&str) -> String {
    format!("silent.example -t {budget}")
}

#[test]
fn silent_name_service() {
    in_good_time(|| with_a_silent_name_service(&BUDGETS[..2].iter().map(silent_name).collect::<Vec<_>>()));
}

#[test]
fn three_hundred_silent_names() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("endpoints");
    let names: Vec<String> = (0..300).map(|index| format!("n{index}.example")).collect();
    fs::write(&file, names.join("\n")).unwrap();
    let file = file.display();
    in_good_time(|| with_a_silent_name_service(&[format!("--endpoints {file} -t 0.5")]));
    in_good_time(|| with_a_silent_name_service(&[format!("--endpoints {file} --all-addresses -t 0.5")]));
}

#[test]
#[ignore = "takes 10 s; the shorter budgets are tested always"]
fn silent_name_service_in_long_budgets() {
    in_good_time(|| with_a_silent_name_service(&BUDGETS[2..].iter().map(silent_name).collect::<Vec<_>>()));
}

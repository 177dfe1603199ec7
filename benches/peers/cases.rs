//! The comparisons. Each sets up its servers and names the programs that run against them.

use std::fmt::Write;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Result;

use crate::measure::Subject;
use crate::peers::Peers;
use crate::server::{Server, Silence};

/// One comparison.
pub(crate) struct Case {
    pub(crate) title: &'static str,
    /// Number of runs of each subject.
    pub(crate) rounds: usize,
    /// Counts instructions with callgrind.
    pub(crate) counted: bool,
    /// Starts the servers and returns the subjects; the others are compared with the first.
    pub(crate) set: fn(&Peers) -> Result<Stage>,
}

/// The servers of a case, which run as long as it does, and its programs.
pub(crate) struct Stage {
    pub(crate) subjects: Vec<Subject>,
    _servers: Vec<Server>,
    _silence: Option<Silence>,
}

/// All comparisons, in the order of their runs.
pub(crate) const ALL: &[Case] = &[
    Case { title: "One endpoint, plain HTTP", rounds: 150, counted: true, set: plain },
    Case { title: "One endpoint, plain HTTP, as installed", rounds: 150, counted: false, set: installed },
    Case { title: "One endpoint, HTTPS", rounds: 80, counted: true, set: https },
    Case { title: "10,000 endpoints, no latency", rounds: 9, counted: false, set: many },
    Case { title: "10,000 endpoints, 50 ms latency", rounds: 5, counted: false, set: distant },
    Case { title: "Growth with the number of endpoints", rounds: 9, counted: false, set: growth },
    Case { title: "1,000 endpoints, 100 of them drop packets, -t 2", rounds: 3, counted: false, set: silent },
];

/// Names of the subjects, which the targets refer to.
pub(crate) mod name {
    pub(crate) const GET: &str = "check_ceilometer -m get";
    pub(crate) const BOTH: &str = "check_ceilometer (HEAD and GET)";
    pub(crate) const CHECK_HTTP: &str = "check_http";
    pub(crate) const INSTALLED_CHECK_HTTP: &str = "check_http, as installed";
    pub(crate) const INSTALLED_GET: &str = "check_ceilometer -m get, as installed";
    pub(crate) const INSTALLED_BOTH: &str = "check_ceilometer (HEAD and GET), as installed";
    pub(crate) const CA_FILE: &str = "check_ceilometer -m get --cacert, verified";
    pub(crate) const SYSTEM: &str = "check_ceilometer -m get, the system's trust store, verified";
    pub(crate) const CHECK_HTTPS: &str = "check_http -S, not verified";
    pub(crate) const MANY: &str = "check_ceilometer -m get, 10,000 endpoints";
    pub(crate) const CURL: &str = "curl -Z --parallel-max 300";
    pub(crate) const DISTANT_CURL: &str = "curl -Z --parallel-max 300, at 50 ms";
    pub(crate) const EPOLL: &str = "C, one epoll loop, 300 in flight";
    pub(crate) const DISTANT: &str = "check_ceilometer -m get, 10,000 endpoints at 50 ms";
    pub(crate) const GROWTH: [&str; 3] = ["100 endpoints", "1,000 endpoints", "10,000 endpoints"];
    pub(crate) const SILENT: &str = "check_ceilometer -m get -t 2, 900 of 1,000 alive";
}

fn plain(peers: &Peers) -> Result<Stage> {
    let server = Server::plain(Duration::ZERO)?;
    let endpoint = format!("127.0.0.1:{}", server.port);
    let port = server.port.to_string();
    let subjects = vec![
        peers.check_http(name::CHECK_HTTP, &["-I", "127.0.0.1", "-p", &port]),
        peers.ours(name::GET, &["-m", "get", &endpoint], None),
        peers.ours(name::BOTH, &[&endpoint], None),
        peers.curl("curl", &[&format!("http://{endpoint}/v2/health")]),
        peers.get(server.port),
    ];
    Ok(Stage { subjects, _servers: vec![server], _silence: None })
}

/// Compares the programs with their files read back from disk, as after an installation.
fn installed(peers: &Peers) -> Result<Stage> {
    let server = Server::plain(Duration::ZERO)?;
    let endpoint = format!("127.0.0.1:{}", server.port);
    let port = server.port.to_string();
    let subjects = vec![
        peers.check_http(name::INSTALLED_CHECK_HTTP, &["-I", "127.0.0.1", "-p", &port]).into_installed()?,
        peers.ours(name::INSTALLED_GET, &["-m", "get", &endpoint], None).into_installed()?,
        peers.ours(name::INSTALLED_BOTH, &[&endpoint], None).into_installed()?,
    ];
    Ok(Stage { subjects, _servers: vec![server], _silence: None })
}

fn https(peers: &Peers) -> Result<Stage> {
    let authority = peers.file("ca.pem");
    let server = Server::tls(&authority)?;
    let bundle = bundle(peers, &authority)?;
    let endpoint = format!("https://127.0.0.1:{}", server.port);
    let port = server.port.to_string();
    let mut system = peers.ours(name::SYSTEM, &["-m", "get", &endpoint], None);
    system.environment.push(("SSL_CERT_FILE", bundle.clone()));
    let url = format!("{endpoint}/v2/health");
    let (authority, bundle) = (authority.to_string_lossy(), bundle.to_string_lossy());
    let subjects = vec![
        peers.check_http(name::CHECK_HTTPS, &["-S", "-I", "127.0.0.1", "-p", &port]),
        peers.ours(name::CA_FILE, &["-m", "get", "--cacert", &authority, &endpoint], None),
        system,
        peers.curl("curl --cacert, verified", &["--cacert", &authority, &url]),
        peers.curl("curl, the system's trust store, verified", &["--cacert", &bundle, &url]),
    ];
    Ok(Stage { subjects, _servers: vec![server], _silence: None })
}

/// The system's bundle with the benchmark's own CA at its end.
fn bundle(peers: &Peers, authority: &PathBuf) -> Result<PathBuf> {
    let mut bundle = std::fs::read("/etc/ssl/certs/ca-certificates.crt").unwrap_or_default();
    bundle.extend(std::fs::read(authority)?);
    let path = peers.file("bundle.pem");
    std::fs::write(&path, bundle)?;
    Ok(path)
}

fn many(peers: &Peers) -> Result<Stage> {
    ten_thousand(peers, Duration::ZERO, 300, [name::MANY, name::CURL])
}

fn distant(peers: &Peers) -> Result<Stage> {
    ten_thousand(peers, Duration::from_millis(50), 1_000, [name::DISTANT, name::DISTANT_CURL])
}

/// Ten thousand endpoints that answer after a delay; the loop in C has this many requests in flight.
fn ten_thousand(
    peers: &Peers,
    delay: Duration,
    in_flight: usize,
    [our_name, curl]: [&str; 2],
) -> Result<Stage> {
    let server = Server::plain(delay)?;
    let subjects = vec![
        peers.epoll(server.port, 10_000, in_flight),
        ours(peers, our_name, server.port, 10_000)?,
        parallel_curl(peers, curl, server.port),
    ];
    Ok(Stage { subjects, _servers: vec![server], _silence: None })
}

fn growth(peers: &Peers) -> Result<Stage> {
    let server = Server::plain(Duration::ZERO)?;
    let counts = [100, 1_000, 10_000];
    let subjects = name::GROWTH.iter().zip(counts).map(|(name, count)| ours(peers, name, server.port, count));
    Ok(Stage { subjects: subjects.collect::<Result<_>>()?, _servers: vec![server], _silence: None })
}

fn silent(peers: &Peers) -> Result<Stage> {
    let server = Server::plain(Duration::ZERO)?;
    let silence = Silence::new()?;
    // Every tenth is silent, spread over the list as in a fleet.
    let port = |number: usize| if number.is_multiple_of(10) { silence.port } else { server.port };
    let input = endpoints(peers, "silent", 1_000, port)?;
    let mut subject = peers.ours(name::SILENT, &["-m", "get", "-t", "2"], Some(&input));
    (subject.exit_code, subject.proof) = (2, "healthy=900");
    Ok(Stage { subjects: vec![subject], _servers: vec![server], _silence: Some(silence) })
}

/// This program with `count` endpoints on one server.
fn ours(peers: &Peers, name: &str, port: u16, count: usize) -> Result<Subject> {
    let input = endpoints(peers, &count.to_string(), count, |_| port)?;
    Ok(peers.ours(name, &["-m", "get"], Some(&input)))
}

/// curl with the same endpoints, each on a connection of its own, as distinct hosts would need.
fn parallel_curl(peers: &Peers, name: &str, port: u16) -> Subject {
    let url = format!("http://127.0.0.1:{port}/p/[00001-10000]/v2/health");
    peers.curl(name, &["-Z", "--parallel-immediate", "--parallel-max", "300", &url])
}

/// Writes a file of endpoints that differ in their prefix.
fn endpoints(peers: &Peers, name: &str, count: usize, port: impl Fn(usize) -> u16) -> Result<PathBuf> {
    let mut text = String::new();
    for number in 1..=count {
        writeln!(text, "127.0.0.1:{}/p/{number:05}", port(number))?;
    }
    let path = peers.file(&format!("endpoints-{name}"));
    std::fs::write(&path, text)?;
    Ok(path)
}

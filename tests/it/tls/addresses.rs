//! Addresses: families, names with several of them, and addresses that are dialled for another name.
//!
//! A name with several addresses is in a hosts file that only the run sees, in a mount namespace of its own.

use std::net::{Ipv6Addr, SocketAddr, TcpStream};
use std::os::fd::OwnedFd;
use std::time::Duration;

use rustix::net::{AddressFamily, SocketFlags, SocketType, socket_with};

use crate::support::certificates::{Authority, Files};
use crate::support::harness::{Check, check, check_in_shell, in_good_time, words};
use crate::support::peer::Peer;
use crate::support::programs::{left_out, unshares};
use crate::tls::server::TlsServer;

#[test]
fn connect_to() {
    let (root, files) = (Authority::new("Test CA"), Files::new());
    let cacert = files.write("ca.pem", &root.identity.certificate);
    let server = TlsServer::healthy(&root.server("metering.example"));
    let dialled = format!("127.0.0.1:{}", server.port());
    let line = format!("https://metering.example --cacert {cacert} --connect-to {dialled} -o json");
    check(words(&line))
        .run()
        .exits(0)
        .reports("/endpoints/0/endpoint", "https://metering.example:443")
        .reports("/endpoints/0/probes/0/peer", dialled);
    assert_eq!(server.names(), vec![Some("metering.example".to_owned()); 2]);
    for request in server.requests() {
        assert!(request.to_ascii_lowercase().contains("\r\nhost: metering.example\r\n"), "{request}");
    }
}

#[test]
fn port_of_connect_to() {
    let peer = Peer::healthy();
    check(words(&format!("metering.example:{} --connect-to 127.0.0.1", peer.port()))).run().exits(0);
    check(words(&format!("metering.example --connect-to {}", peer.address()))).run().exits(0);
    assert_eq!(peer.requests()[3].header("host"), ["metering.example:8777"]);
}

#[test]
fn ipv6_address_without_brackets() {
    let nobody = "::1 -p 9 -t 2";
    let run = check(words(nobody)).run();
    run.exits(2).summarises("CRITICAL", &["unreachable", "by [::1]:9"]);
    check(words("https://::1")).run().is_refused(&["needs brackets: [::1]"]);
}

#[test]
fn zone_identifiers() {
    if !can_have_hosts() {
        return;
    }
    for endpoint in ["fe80::1%eth0", "[fe80::1%eth0]:8777", "[fe80::1%25eth0]", "http://[fe80::1%25eth0]/"] {
        check([endpoint]).run().is_refused(&["IPv6 zone (%)"]);
    }
    check(["h", "--connect-to", "fe80::1%eth0"]).run().is_refused(&[]);
}

/// Tests whether a run can have a hosts file of its own. Called before a peer waits for connections.
fn can_have_hosts() -> bool {
    unshares("-rm")
}

/// A service under the name `twin.test`, and a directory for the hosts file.
struct Twin {
    peer: Peer,
    files: Files,
    name: String,
}

impl Twin {
    /// Starts the service; `None` where a run cannot have a hosts file of its own.
    fn start() -> Option<Twin> {
        can_have_hosts().then(|| {
            let peer = Peer::healthy();
            Twin { name: format!("twin.test:{}", peer.port()), peer, files: Files::new() }
        })
    }

    /// Prepares a run for which the name has these addresses.
    fn check(&self, addresses: &[&str], options: &str) -> Check {
        let entries = addresses.join(" twin.test\n");
        let hosts = self.files.write("hosts", format!("127.0.0.1 localhost\n{entries} twin.test\n"));
        let shell =
            format!("exec unshare -rm sh -c 'mount --bind \"$0\" /etc/hosts && exec \"$@\"' {hosts} \"$@\"");
        check_in_shell(&shell, &words(&format!("{} {options}", self.name)))
    }
}

const TWIN: [&str; 2] = ["127.0.0.2", "127.0.0.1"];

#[test]
fn all_addresses() {
    let Some(twin) = Twin::start() else { return };
    let run = twin.check(&TWIN, "--all-addresses").run();
    let name = &twin.name;
    run.exits(2).is_plugin_output();
    assert_eq!(
        run.summary(),
        format!(
            "CEILOMETER CRITICAL - 1 of 2 endpoints not OK; unreachable: connection refused by {name} \
             (127.0.0.2)"
        )
    );
    let labels = run.labels();
    for label in [format!("{name} (127.0.0.2) head_time"), format!("{name} (127.0.0.1) get_time")] {
        run.holds(labels.contains(&label), &label);
    }
    assert_eq!(twin.peer.requests()[0].header("host"), [name]);
}

#[test]
fn quorum_of_addresses() {
    let Some(twin) = Twin::start() else { return };
    for (quorum, state, code) in [("1", "WARNING", 1), ("50%", "WARNING", 1), ("2", "CRITICAL", 2)] {
        let run = twin.check(&TWIN, &format!("--all-addresses --quorum {quorum}"));
        run.run().exits(code).summarises(state, &["1 of 2 endpoints"]);
    }
    let run = twin.check(&TWIN, "--all-addresses --quorum 3").run();
    run.is_refused(&[]);
    assert_eq!(run.stdout, "CEILOMETER UNKNOWN - a quorum of 3 cannot be met: there are 2 endpoints\n");
}

/// The number of a name's addresses is unknown if it does not resolve, so its fault is shown and not the quorum's.
#[test]
fn unknown_name_under_a_quorum() {
    let run = check(words("nowhere.invalid --all-addresses --quorum 2 -t 5")).run();
    run.exits(2).summarises("CRITICAL", &["nowhere.invalid"]);
}

#[test]
fn address_families() {
    let Some(twin) = Twin::start() else { return };
    let run = twin.check(&BOTH, "-4 -o json");
    run.run().exits(0).reports("/endpoints/0/probes/0/peer", twin.peer.address());
    let run = twin.check(&BOTH, "-6");
    run.run().exits(2).summarises("CRITICAL", &["unreachable", &twin.name]).says("[::1]:");
    let run = twin.check(&["127.0.0.1"], "-6");
    run.run().exits(2).says("twin.test has no IPv6 address");
}

/// Both loopback addresses; getaddrinfo puts the first one first (RFC 6724).
const BOTH: [&str; 2] = ["::1", "127.0.0.1"];

/// The IPv6 loopback's port, bound and not accepting; nothing on a machine without IPv6.
fn occupied(port: u16) -> Option<OwnedFd> {
    let bound = socket_with(AddressFamily::INET6, SocketType::STREAM, SocketFlags::CLOEXEC, None).ok()?;
    let address = SocketAddr::from((Ipv6Addr::LOCALHOST, port));
    rustix::net::bind(&bound, &address).map_err(|_| left_out("no IPv6 here")).ok()?;
    Some(bound)
}

#[test]
fn dead_first_address() {
    in_good_time(|| {
        let Some(twin) = Twin::start() else { return };
        let run = twin.check(&BOTH, "-t 20 -o json");
        let Some(dead) = occupied(twin.peer.port()) else { return };
        rustix::net::listen(&dead, 0).unwrap();
        // A full backlog drops what comes, as a dead host does.
        let address = SocketAddr::from((Ipv6Addr::LOCALHOST, twin.peer.port()));
        let connect = || TcpStream::connect_timeout(&address, Duration::from_millis(100));
        let _queued: Vec<TcpStream> = std::iter::from_fn(|| connect().ok()).take(64).collect();
        let run = run.run();
        run.exits(0).ends_within(Duration::from_secs(2));
        for probe in [0, 1] {
            run.reports(&format!("/endpoints/0/probes/{probe}/peer"), twin.peer.address());
        }
        let phase = |probe, name| run.json()["endpoints"][0]["probes"][probe]["phases_ms"][name].as_f64();
        let connects = (phase(0, "connect").unwrap(), phase(1, "connect").unwrap());
        run.holds((250.0..1000.0).contains(&connects.0), "the addresses were not tried 250 ms apart");
        run.holds(connects.1 < 250.0, "GET went to another address first");
        run.holds(phase(0, "resolve").is_some() && phase(1, "resolve").is_none(), "not one look-up");
    });
}

#[test]
fn refused_first_address() {
    let Some(twin) = Twin::start() else { return };
    let run = twin.check(&BOTH, "-o json");
    let Some(_refusing) = occupied(twin.peer.port()) else { return };
    run.run().exits(0).reports("/endpoints/0/probes/0/peer", twin.peer.address());
}

//! NRPE: `check_nrpe` returns the plugin's exit code and output.

use std::fs;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::callers::plugin::{self, generated, replaced, timeless};
use crate::callers::service::{Role, Service};
use crate::support::daemon::{Daemon, directory, free_port};
use crate::support::programs::{Run, found};

/// A running NRPE daemon and its client.
pub(crate) struct Nrpe {
    _daemon: Daemon,
    pub(crate) client: PathBuf,
    pub(crate) port: u16,
    _dir: TempDir,
}

impl Nrpe {
    /// Starts NRPE with the generated commands, which probe this port; `None` where it is not installed.
    pub(crate) fn start(port: &str) -> Option<Nrpe> {
        let (program, client) = (found(&["nrpe"])?, found(&["check_nrpe"])?);
        let dir = directory();
        let own_port = free_port();
        let file = dir.path().join("nrpe.cfg");
        fs::write(&file, configuration(dir.path(), own_port, port)).unwrap();
        let mut daemon = Daemon::start(Command::new(program).arg("-c").arg(&file).arg("-f"), dir.path());
        daemon.eventually("NRPE's port", || {
            TcpStream::connect(("127.0.0.1", own_port)).map_err(|error| error.to_string())
        });
        Some(Nrpe { _daemon: daemon, client, port: own_port, _dir: dir })
    }

    /// Calls `check_nrpe`.
    fn call(&self, args: &[&str]) -> Run {
        let port = self.port.to_string();
        Run::of(Command::new(&self.client).args(["-H", "127.0.0.1", "-p", &port]).args(args))
    }
}

/// NRPE's settings and the generated commands.
fn configuration(dir: &Path, own_port: u16, port: &str) -> String {
    let commands = replaced(&generated("nrpe"), &[("-H 127.0.0.1", &format!("-H 127.0.0.1:{port}"))]);
    // NRPE does not run as root, and root's builds may be out of reach for other users.
    let binary = dir.join("check_ceilometer");
    plugin::copy(plugin::path(), &binary);
    let commands = replaced(&commands, &[(plugin::path(), binary.to_str().unwrap())]);
    // A command whose output is longer than a packet of version 2.
    let short = commands.lines().find(|line| line.starts_with("command[check_ceilometer_v2]=")).unwrap();
    let verbose = short.replace("check_ceilometer_v2", "verbose_v2") + " -vvv";
    format!(
        "server_address=127.0.0.1\nserver_port={own_port}\nallowed_hosts=127.0.0.1\nnrpe_user=nobody\n\
         nrpe_group=nogroup\npid_file={dir}/nrpe.pid\nlog_file={dir}/nrpe.log\n{commands}\n{verbose}\n",
        dir = dir.display()
    )
}

const ROLES: [(Role, i32); 6] = [
    (Role::Healthy, 0),
    (Role::Undocumented, 1),
    (Role::BackendDown, 2),
    (Role::Hostile, 2),
    (Role::Absent, 2),
    (Role::Denied, 3),
];

/// The daemon's environment names no locale, so what the plugin prints under it is ASCII.
fn in_ascii(text: &str) -> String {
    text.replace('…', "~")
}

#[test]
fn exit_code_and_output() {
    for (role, code) in ROLES {
        let service = Service::start(role);
        let Some(nrpe) = Nrpe::start(&service.port()) else { return };
        let direct = plugin::run(&["-H", &service.address.to_string(), "-t", "8s"]);
        let received = nrpe.call(&["-c", "check_ceilometer"]);
        assert_eq!((direct.code, received.code), (Some(code), Some(code)), "{role:?}: {received:?}");
        assert_eq!(timeless(&received.stdout), in_ascii(&timeless(&direct.stdout)), "{role:?}");
        assert_eq!(received.stderr, "", "{role:?}");
    }
}

#[test]
fn version_2_packet() {
    let service = Service::start(Role::Hostile);
    let Some(nrpe) = Nrpe::start(&service.port()) else { return };
    let address = service.address.to_string();
    let direct = plugin::run(&["-H", &address, "-t", "8s", "--max-output", "1023"]);
    let received = nrpe.call(&["-2", "-c", "check_ceilometer_v2"]);
    assert_eq!((direct.code, received.code), (Some(2), Some(2)), "{received:?}");
    assert!(received.stdout.len() <= 1023, "{received:?}");
    assert_eq!(timeless(&received.stdout), in_ascii(&timeless(&direct.stdout)));
    assert!(received.stdout.contains(" | head_time="), "{received:?}");
}

#[test]
fn oversized_version_2_output() {
    let service = Service::start(Role::Hostile);
    let Some(nrpe) = Nrpe::start(&service.port()) else { return };
    let direct = plugin::run(&["-H", &service.address.to_string(), "-vvv"]);
    let received = nrpe.call(&["-2", "-c", "verbose_v2"]);
    assert!(direct.stdout.len() > 1500, "{direct:?}");
    assert!((800..=1023).contains(&received.stdout.len()), "{received:?}");
    assert_eq!((direct.code, received.code), (Some(2), Some(2)), "{received:?}");
    let first = |run: &Run| timeless(run.stdout.lines().next().unwrap());
    assert_eq!(first(&received), in_ascii(&first(&direct)));
    assert_eq!(received.stdout.matches('|').count(), 1, "{received:?}");
}

/// Asserts the beginning of what `check_nrpe` gets for a service in this role.
fn is_critical(role: Role, command: &str, begins: &str) {
    let service = Service::start(role);
    let Some(nrpe) = Nrpe::start(&service.port()) else { return };
    let received = nrpe.call(&["-c", command]);
    assert_eq!(received.code, Some(2), "{received:?}");
    assert!(received.stdout.starts_with(begins), "{received:?}");
}

#[test]
#[ignore = "takes 8 s, the budget of the generated command"]
fn budget_below_check_nrpe() {
    is_critical(Role::Hanging, "check_ceilometer", "CEILOMETER CRITICAL - ");
}

#[test]
fn rehearsal() {
    is_critical(Role::Healthy, "check_ceilometer_rehearsal", "CEILOMETER CRITICAL - SIMULATED ");
}

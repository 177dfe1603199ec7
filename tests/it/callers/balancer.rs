//! A running HAProxy, and the results of its servers' checks.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rustix::process::{Pid, test_kill_process};
use tempfile::TempDir;

use crate::support::daemon::{Daemon, eventually, terminate};
use crate::support::programs::Run;

/// The way HAProxy runs; as a daemon it closes its standard streams, and with them the check's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Foreground,
    Background,
}

/// A running HAProxy; dropping it ends it.
pub(crate) struct Balancer {
    daemon: Option<Daemon>,
    background: Option<Pid>,
    socket: PathBuf,
    _dir: TempDir,
}

/// One server's row of `show stat`.
pub(crate) type Row = BTreeMap<String, String>;

impl Balancer {
    /// Starts HAProxy with this configuration, after HAProxy itself has accepted it.
    pub(crate) fn start(program: &Path, dir: TempDir, mode: Mode, configuration: &str) -> Balancer {
        let socket = dir.path().join("stats");
        let pid_file = dir.path().join("pid");
        let file = dir.path().join("haproxy.cfg");
        let stats = format!("global\n    stats socket {} level admin\n\n", socket.display());
        fs::write(&file, stats + configuration).unwrap();
        let check = Run::of(Command::new(program).arg("-c").arg("-f").arg(&file));
        assert_eq!(check.code, Some(0), "{check:?}\n{configuration}");
        assert!(!check.stderr.contains("WARNING"), "{check:?}");

        let mut command = Command::new(program);
        command.arg("-f").arg(&file).arg("-p").arg(&pid_file);
        let (daemon, background) = match mode {
            Mode::Foreground => (Some(Daemon::start(command.arg("-db"), dir.path())), None),
            Mode::Background => (None, Some(in_background(command.arg("-D"), &pid_file))),
        };
        Balancer { daemon, background, socket, _dir: dir }
    }

    /// The output so far of HAProxy and its checks in the foreground.
    pub(crate) fn printed(&self) -> String {
        self.daemon.as_ref().map(Daemon::log).unwrap_or_default()
    }

    /// The servers' rows, by name.
    pub(crate) fn servers(&self) -> Result<BTreeMap<String, Row>, String> {
        let mut stream = UnixStream::connect(&self.socket).map_err(|error| error.to_string())?;
        stream.write_all(b"show stat -1 4 -1\n").map_err(|error| error.to_string())?;
        let mut text = String::new();
        stream.read_to_string(&mut text).map_err(|error| error.to_string())?;
        let mut lines = text.lines();
        let header: Vec<_> = lines.next().unwrap_or_default().trim_start_matches("# ").split(',').collect();
        let row = |line: &str| -> Row {
            header.iter().map(ToString::to_string).zip(line.split(',').map(str::to_owned)).collect()
        };
        Ok(lines.filter(|line| !line.is_empty()).map(row).map(|row| (row["svname"].clone(), row)).collect())
    }

    /// Waits until every server's check has ended and shows the expected status.
    ///
    /// No check may ever be ended by HAProxy instead of by itself (PROCTOUT).
    pub(crate) fn settles(&self, expected: &BTreeMap<&str, &str>) {
        let mut seen = BTreeSet::new();
        eventually("HAProxy's servers", || {
            let servers = self.servers()?;
            let found: BTreeMap<_, _> = servers
                .iter()
                .filter(|(_, row)| checked(&row["check_status"]))
                .map(|(name, row)| (name.as_str(), row["status"].as_str()))
                .collect();
            seen.extend(servers.values().map(|row| row["check_status"].clone()));
            assert!(!seen.iter().any(|status| status.contains("PROCTOUT")), "{seen:?}");
            if found == *expected { Ok(()) } else { Err(format!("{found:?} for {expected:?}; {seen:?}")) }
        });
    }
}

impl Drop for Balancer {
    fn drop(&mut self) {
        let Some(pid) = self.background else { return };
        terminate(pid);
        eventually("HAProxy's end", || {
            // In a container without an init nothing reaps the ended process, which a signal then still finds.
            let stat = fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero())).unwrap_or_default();
            let gone = stat.contains(") Z ") || test_kill_process(pid).is_err();
            if gone { Ok(()) } else { Err(stat) }
        });
    }
}

/// Starts HAProxy as a daemon and returns its process.
fn in_background(command: &mut Command, pid_file: &Path) -> Pid {
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
    assert!(status.success(), "{command:?}: {status}");
    let pid = fs::read_to_string(pid_file).unwrap().trim().parse().unwrap();
    Pid::from_raw(pid).unwrap()
}

/// Accepts a `check_status` that is a result: neither the initial one nor the `*` of a running check.
fn checked(status: &str) -> bool {
    !matches!(status, "" | "INI") && !status.starts_with('*')
}

//! Real daemons: started in a directory of their own, watched, and ended by process id.

use std::fs::{self, File};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{self, Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// Time that a daemon may take: far more than usual, for machines under load.
const MAX_WAIT: Duration = Duration::from_secs(30);

/// Pause between two looks at a daemon.
const POLL_PAUSE: Duration = Duration::from_millis(50);

/// Creates a directory for one daemon, readable for the user that it changes to.
pub(crate) fn directory() -> TempDir {
    let dir = tempfile::Builder::new().prefix("callers").tempdir().unwrap();
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
    dir
}

/// Writes an executable file.
pub(crate) fn write_script(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// First and number of the ports for daemons. They lie below those that the system gives out, so that no other socket takes one
/// before the daemon does.
const PORTS: (u32, u32) = (20_000, 12_000);

/// A free port of 127.0.0.1, each time another one. Processes that test side by side begin in different places.
pub(crate) fn free_port() -> u16 {
    static TAKEN: AtomicU32 = AtomicU32::new(0);
    let first = process::id().wrapping_mul(64);
    loop {
        let number = first.wrapping_add(TAKEN.fetch_add(1, Ordering::Relaxed));
        let port = u16::try_from(PORTS.0 + number % PORTS.1).unwrap();
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// Polls until `look` succeeds; fails with its last error.
pub(crate) fn eventually<T>(what: &str, mut look: impl FnMut() -> Result<T, String>) -> T {
    let start = Instant::now();
    loop {
        match look() {
            Ok(seen) => return seen,
            Err(error) if start.elapsed() > MAX_WAIT => panic!("{what}: not within {MAX_WAIT:?}: {error}"),
            Err(_) => thread::sleep(POLL_PAUSE),
        }
    }
}

/// A daemon in the foreground; dropping it ends it.
#[derive(Debug)]
pub(crate) struct Daemon {
    child: Child,
    log: PathBuf,
}

impl Daemon {
    /// Starts a daemon whose output goes to a file in its directory.
    pub(crate) fn start(command: &mut Command, dir: &Path) -> Daemon {
        let log = dir.join("daemon.log");
        let file = File::create(&log).unwrap();
        let child = command
            .stdin(Stdio::null())
            .stdout(file.try_clone().unwrap())
            .stderr(file)
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?}: {error}"));
        Daemon { child, log }
    }

    /// The output of the daemon so far.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Polls until `look` succeeds; fails at once when the daemon has ended.
    pub(crate) fn eventually<T>(&mut self, what: &str, mut look: impl FnMut() -> Result<T, String>) -> T {
        eventually(what, || {
            let seen = look();
            if seen.is_err()
                && let Some(status) = self.child.try_wait().unwrap()
            {
                panic!("{what}: the daemon ended with {status}: {}", self.log());
            }
            seen.map_err(|error| format!("{error}; the daemon said: {}", self.log()))
        })
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        terminate(Pid::from_child(&self.child));
        let start = Instant::now();
        while start.elapsed() < Duration::from_secs(10) {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            thread::sleep(POLL_PAUSE);
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Asks a process to end. It is not an error if it has ended already.
pub(crate) fn terminate(pid: Pid) {
    let _ = kill_process(pid, Signal::TERM);
}

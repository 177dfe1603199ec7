//! Few descriptors, no threads, no room, endless files: each ends in an exit code of ours, with the reason.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::time::Duration;

use rustix::fs::{CWD, Mode};
use tempfile::TempDir;

use crate::support::harness::{check, check_in_shell, words};
use crate::support::peer::{Nobody, Peer};
use crate::support::programs::{missing, unshares};

/// A user without privileges; this one's limits and permissions hold, root's do not.
const NOBODY: &str = "setpriv --reuid=65534 --regid=65534 --clear-groups";

/// What runs a command as a user to whom limits apply: nothing, or a change of user; `None` where root cannot
/// become another or cannot run the plugin as one.
fn unprivileged() -> Option<&'static str> {
    if !rustix::process::geteuid().is_root() {
        return Some("");
    }
    let changed = check_in_shell(&format!(r#"exec {NOBODY} "$@""#), &["--explain"]).run();
    if changed.code != Some(0) {
        missing("a user without privileges who can run the plugin");
    }
    (changed.code == Some(0)).then_some(NOBODY)
}

fn directory() -> (TempDir, String) {
    let directory = tempfile::tempdir().unwrap();
    let name = directory.path().display().to_string();
    (directory, name)
}

fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn a_file_of_a_gigabyte_is_not_read() {
    let (directory, folder) = directory();
    let giga = format!("{folder}/giga");
    File::create(&giga).unwrap().set_len(1 << 30).unwrap();
    let table = [
        "--token-file GIGA",
        "--auth-file GIGA",
        "--header @GIGA",
        "--endpoints GIGA",
        "--proxy http://127.0.0.1:1 --proxy-auth-file GIGA",
        "--cacert GIGA",
        "--cert GIGA",
    ];
    for options in table {
        let line = format!("https://127.0.0.1:1 {}", options.replace("GIGA", &giga));
        check(words(&line)).run().is_refused(&[&giga, "is larger than"]);
    }
    drop(directory);
}

#[test]
fn a_file_that_never_ends() {
    for options in ["--token-file /dev/zero", "--header @/dev/zero", "--endpoints /dev/zero"] {
        let run = check(words(&format!("127.0.0.1:1 -t 0.5 {options}"))).run_alone();
        run.is_refused(&["/dev/zero"]).ends_within(Duration::from_millis(500));
    }
}

#[test]
fn a_fifo_that_nobody_writes_to() {
    let (_directory, folder) = directory();
    let fifo = format!("{folder}/fifo");
    rustix::fs::mkfifoat(CWD, &fifo, Mode::RWXU).unwrap();
    for options in ["--token-file", "--auth-file", "--header @", "--endpoints", "--cacert", "--cert"] {
        let option = if options.ends_with('@') { options.to_owned() } else { format!("{options} ") };
        let run = check(words(&format!("https://127.0.0.1:1 -t 0.5 {option}{fifo}"))).run_alone();
        run.is_refused(&[&fifo, "in time"]).ends_within(Duration::from_millis(500));
    }
}

/// Whatever stands where the report should go stays as it is.
#[test]
fn an_output_file_that_is_no_file() {
    let (directory, folder) = directory();
    rustix::fs::mkfifoat(CWD, directory.path().join("fifo"), Mode::RWXU).unwrap();
    let _socket = UnixListener::bind(directory.path().join("socket")).unwrap();
    std::os::unix::fs::symlink("/nonexistent/x", directory.path().join("link")).unwrap();
    let before = names(directory.path());
    let table = [
        (format!("{folder}/fifo"), "is not a regular file"),
        (format!("{folder}/socket"), "is not a regular file"),
        (format!("{folder}/link"), "is a symbolic link"),
        (folder.clone(), "is a directory"),
        ("/dev/full".into(), "is not a regular file"),
        ("/dev/null".into(), "is not a regular file"),
        ("/dev/stdout".into(), "is a symbolic link"),
    ];
    for (target, why) in table {
        let peer = Peer::untouched();
        check([&peer.address(), "--output-file", &target]).run().is_refused(&[&target, why]);
    }
    assert_eq!(names(directory.path()), before);
}

/// A report that cannot be written is told instead, and is never healthy.
#[track_caller]
fn is_not_written(line: &str, file: &str, why: &str) {
    let peer = Peer::healthy();
    let run = check_in_shell(line, &[&peer.address(), "-o", "prometheus", "--output-file", file]).run();
    run.exits(3).summarises("UNKNOWN", &["--output-file was not written", why, "the result was OK"]);
    let run = check_in_shell(line, &[&peer.address(), "-o", "json", "--output-file", file]).run();
    run.exits(3).reports("/state", "UNKNOWN").says("--output-file was not written");
    let run = check_in_shell(line, &[&peer.address(), "--fail-on", "critical", "--output-file", file]).run();
    run.exits(1).summarises("UNKNOWN", &[why]);
    let nobody = Nobody::refusing();
    let run = check_in_shell(line, &[&nobody.address(), "--output-file", file]).run();
    run.exits(2).summarises("CRITICAL", &["--output-file was not written", why, "HEAD refused"]);
}

#[test]
fn an_output_file_without_a_directory() {
    let (_directory, folder) = directory();
    is_not_written(r#"exec "$@""#, &format!("{folder}/missing/report"), "No such file or directory");
}

#[test]
fn an_output_file_in_a_directory_that_may_not_be_written() {
    let Some(user) = unprivileged() else { return };
    let (directory, folder) = directory();
    fs::set_permissions(directory.path(), Permissions::from_mode(0o555)).unwrap();
    is_not_written(&format!(r#"exec {user} "$@""#), &format!("{folder}/report"), "Permission denied");
    assert!(names(directory.path()).is_empty());
}

/// Others may read a new file, as a collector must, unless the umask says otherwise.
#[test]
fn a_new_output_file_has_the_mode_that_the_umask_leaves() {
    let (_directory, folder) = directory();
    for (umask, mode) in [("000", 0o644), ("022", 0o644), ("027", 0o640), ("077", 0o600)] {
        let (peer, file) = (Peer::healthy(), format!("{folder}/{umask}"));
        let line = format!(r#"umask {umask}; exec "$@""#);
        check_in_shell(&line, &[&peer.address(), "--output-file", &file]).run().exits(0);
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o7777, mode, "umask {umask}");
    }
}

/// `ulimit -f` ends a process by a signal unless it is told not to.
#[test]
fn an_output_file_beyond_the_limit_on_files() {
    let (directory, folder) = directory();
    fs::write(directory.path().join("report"), "old").unwrap();
    is_not_written(r#"ulimit -f 0; exec "$@""#, &format!("{folder}/report"), "File too large");
    assert_eq!(names(directory.path()), ["report"], "nothing is left behind");
    assert_eq!(fs::read_to_string(directory.path().join("report")).unwrap(), "old");
    let peer = Peer::healthy();
    let line = format!(r#"ulimit -f 0; exec "$@" >{folder}/stdout"#);
    check_in_shell(&line, &[&peer.address()]).run().exits(3);
}

#[test]
fn an_output_file_on_a_full_disk() {
    if !unshares("-rm") {
        return;
    }
    let (_directory, folder) = directory();
    // A file system of one page, and that page taken.
    let line = format!(
        r#"exec unshare -rm sh -c 'mount -t tmpfs -o size=4k none {folder} && head -c 4096 /dev/zero >{folder}/taken && exec "$@"' sh "$@""#
    );
    is_not_written(&line, &format!("{folder}/report"), "No space left on device");
}

#[test]
fn no_thread_for_a_user_with_limits() {
    let Some(user) = unprivileged() else { return };
    let line = format!(r#"exec {user} prlimit --nproc=1 "$@""#);
    // One thread suffices for any number of addresses.
    let peer = Peer::healthy();
    let run = check_in_shell(&line, &["--endpoints", "-"]).stdin(peer.endpoints(40)).run();
    run.exits(0).summarises("OK", &[]);
    // A look-up needs one more.
    let run = check_in_shell(&line, &["localhost:1"]).run();
    run.exits(3).summarises("UNKNOWN", &["localhost:1"]).says("no thread for the name look-up");
    let run = check_in_shell(&line, &["--simulate", "healthy"]).run();
    run.exits(3).summarises("UNKNOWN", &["cannot simulate healthy"]);
}

/// Any of the three may be closed; the runtime opens them on nothing.
#[test]
fn standard_streams_closed_in_all_combinations() {
    for output in ["nagios", "human", "json", "haproxy-agent", "prometheus"] {
        for closed in ["<&-", ">&-", "2>&-", "<&- >&-", "<&- 2>&-", ">&- 2>&-", "<&- >&- 2>&-"] {
            let line = format!(r#"exec "$@" {closed}"#);
            let down = Peer::backend_down();
            check_in_shell(&line, &[&down.address(), "-o", output]).run().exits(2);
            check_in_shell(&line, &["--token-file", "-", &down.address(), "-o", output]).run().exits(
                // An empty standard input holds no token.
                3,
            );
        }
    }
}

#[test]
fn descriptors_for_one_connection_are_enough() {
    let peer = Peer::healthy();
    for limit in [4, 5, 8] {
        let line = format!(r#"ulimit -n {limit}; exec "$@""#);
        let run = check_in_shell(&line, &["--endpoints", "-", "-t", "30"]).stdin(peer.endpoints(10)).run();
        // Fewer than five are not enough for the program's own libraries everywhere.
        run.holds(run.code == Some(0) || (limit < 5 && run.code == Some(127)), "not healthy");
    }
}

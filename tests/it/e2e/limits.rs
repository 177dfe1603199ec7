//! Few descriptors, no threads, no room, endless files: each ends in an exit code of ours, with the reason.

use std::fs::{self, File, Permissions};
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::thread;
use std::time::Duration;

use rustix::fs::{CWD, Mode, OFlags};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use tempfile::TempDir;

use crate::support::certificates::Authority;
use crate::support::grammar;
use crate::support::harness::{at_once, check, check_in_shell, in_good_time, words};
use crate::support::peer::{Nobody, Peer};
use crate::support::programs::{found, missing, unshares};

/// A user without privileges; this one's limits and permissions hold, root's do not.
const NOBODY: &str = "setpriv --reuid=65534 --regid=65534 --clear-groups";

/// Returns a prefix that runs a command as a user to whom limits apply: empty, or a change of user;
/// `None` where root cannot become another user or cannot run the plugin as one.
pub(crate) fn unprivileged() -> Option<&'static str> {
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
fn file_of_a_gigabyte() {
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
fn endless_file() {
    in_good_time(|| {
        let options = ["--token-file /dev/zero", "--header @/dev/zero", "--endpoints /dev/zero"];
        for run in at_once(options.map(|options| check(words(&format!("127.0.0.1:1 -t 0.5 {options}"))))) {
            run.is_refused(&["/dev/zero"]).ends_within(Duration::from_millis(500));
        }
    });
}

#[test]
fn fifo_without_a_writer() {
    in_good_time(|| {
        let (_directory, folder) = directory();
        let fifo = format!("{folder}/fifo");
        rustix::fs::mkfifoat(CWD, &fifo, Mode::RWXU).unwrap();
        let options = ["--token-file ", "--auth-file ", "--header @", "--endpoints ", "--cacert ", "--cert "];
        let asked = options.map(|option| check(words(&format!("https://127.0.0.1:1 -t 0.5 {option}{fifo}"))));
        for run in at_once(asked) {
            run.is_refused(&[&fifo, "in time"]).ends_within(Duration::from_millis(500));
        }
    });
}

/// An output target that is not a regular file stays as it is.
#[test]
fn output_target_of_another_kind() {
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

/// Asserts that a report that cannot be written is replaced by an error, and is never healthy.
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
    run.exits(2).summarises("CRITICAL", &["--output-file was not written", why, "connection refused by"]);
}

#[test]
fn output_file_without_a_directory() {
    let (_directory, folder) = directory();
    is_not_written(r#"exec "$@""#, &format!("{folder}/missing/report"), "no such file or directory");
}

#[test]
fn output_file_in_a_read_only_directory() {
    let Some(user) = unprivileged() else { return };
    let (directory, folder) = directory();
    fs::set_permissions(directory.path(), Permissions::from_mode(0o555)).unwrap();
    is_not_written(&format!(r#"exec {user} "$@""#), &format!("{folder}/report"), "permission denied");
    assert!(names(directory.path()).is_empty());
}

/// Others may read a new file, as a collector must, unless the umask says otherwise.
#[test]
fn mode_of_a_new_output_file() {
    let (_directory, folder) = directory();
    for (umask, mode) in [("000", 0o644), ("022", 0o644), ("027", 0o640), ("077", 0o600)] {
        let (peer, file) = (Peer::healthy(), format!("{folder}/{umask}"));
        let line = format!(r#"umask {umask}; exec "$@""#);
        check_in_shell(&line, &[&peer.address(), "--output-file", &file]).run().exits(0);
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o7777, mode, "umask {umask}");
    }
}

/// Root writes where another user may: neither that user's permission bits nor its ownership reach root's file.
#[test]
fn output_file_of_another_user() {
    if !rustix::process::geteuid().is_root() {
        return missing("root, to give a file to another user");
    }
    for directory_mode in [0o755, 0o1777] {
        let (directory, folder) = directory();
        let file = directory.path().join("report");
        for old in [0o666, 0o777, 0o4777, 0o6755, 0o000] {
            fs::write(&file, "old").unwrap();
            std::os::unix::fs::chown(&file, Some(65534), Some(65534)).unwrap();
            fs::set_permissions(&file, Permissions::from_mode(old)).unwrap();
            std::os::unix::fs::chown(directory.path(), Some(65534), Some(65534)).unwrap();
            fs::set_permissions(directory.path(), Permissions::from_mode(directory_mode)).unwrap();
            let peer = Peer::healthy();
            let arguments = [peer.address(), "--output-file".to_owned(), format!("{folder}/report")];
            check_in_shell(r#"umask 022; exec "$@""#, &arguments.each_ref().map(String::as_str))
                .run()
                .exits(0);
            let new = fs::metadata(&file).unwrap();
            assert_eq!((new.mode() & 0o7777, new.uid()), (0o644, 0), "after {old:o} in {directory_mode:o}");
        }
        assert_eq!(names(directory.path()), ["report"]);
    }
}

/// The sticky bit keeps other users' files, and a link that another user plants is not followed.
#[test]
fn output_file_in_a_sticky_directory() {
    let Some(user) = unprivileged().filter(|user| !user.is_empty()) else { return };
    let (directory, folder) = directory();
    fs::set_permissions(directory.path(), Permissions::from_mode(0o1777)).unwrap();
    let (file, link) = (directory.path().join("report"), directory.path().join("link"));
    fs::write(&file, "root's").unwrap();
    std::os::unix::fs::symlink(&file, &link).unwrap();
    is_not_written(&format!(r#"exec {user} "$@""#), &format!("{folder}/report"), "operation not permitted");
    let peer = Peer::untouched();
    let target = format!("{folder}/link");
    check([&peer.address(), "--output-file", &target]).run().is_refused(&[&target, "is a symbolic link"]);
    assert_eq!(fs::read_to_string(&file).unwrap(), "root's");
    assert_eq!(names(directory.path()).len(), 2, "nothing is left");
}

/// `ulimit -f` ends a process by a signal unless the process ignores it.
#[test]
fn output_file_beyond_the_size_limit() {
    let (directory, folder) = directory();
    fs::write(directory.path().join("report"), "old").unwrap();
    is_not_written(r#"ulimit -f 0; exec "$@""#, &format!("{folder}/report"), "file too large");
    assert_eq!(names(directory.path()), ["report"], "no other file is left");
    assert_eq!(fs::read_to_string(directory.path().join("report")).unwrap(), "old");
    let peer = Peer::healthy();
    let line = format!(r#"ulimit -f 0; exec "$@" >{folder}/stdout"#);
    check_in_shell(&line, &[&peer.address()]).run().exits(3);
}

#[test]
fn output_file_on_a_full_disk() {
    if !unshares("-rm") {
        return;
    }
    let (_directory, folder) = directory();
    // A file system of one page, and that page taken.
    let line = format!(
        r#"exec unshare -rm sh -c 'mount -t tmpfs -o size=4k none {folder} && head -c 4096 /dev/zero >{folder}/taken && exec "$@"' sh "$@""#
    );
    is_not_written(&line, &format!("{folder}/report"), "no space left on device");
}

#[test]
fn thread_limit() {
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
fn closed_standard_streams() {
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

/// Probes may share a standard input: what one of them takes, the others wait for until their deadline and no longer.
#[test]
fn shared_standard_input() {
    let (_directory, folder) = directory();
    // A FIFO that is open for both does not end.
    let line = format!(
        r#"mkfifo {folder}/fifo; exec 3<>{folder}/fifo; printf x >&3; for run in 1 2 3 4; do "$@" <&3 & done; wait"#
    );
    let options = ["127.0.0.1:1", "--token-file", "-", "-t", "0.5"];
    let run = check_in_shell(&line, &options).run();
    let refused = run.stdout.lines().filter(|line| line.contains("did not end in time")).count();
    run.holds(refused == 4, "not every probe was refused in time");
}

/// Small limits end in a result or in a line that names them; the loader's own needs are beyond the program.
#[test]
fn memory_limits() {
    let peer = Peer::healthy();
    for limit in ["-v 20000", "-v 40000", "-d 5000", "-d 20000", "-s 64", "-s 256"] {
        let line = format!(r#"ulimit {limit}; exec "$@""#);
        let run = check_in_shell(&line, &["--endpoints", "-", "-t", "30", "--parallel", "20000"]);
        let run = run.stdin(peer.endpoints(1000)).run();
        run.exits_as_a_plugin().holds(run.stdout.starts_with("CEILOMETER "), "no plugin line");
        let run = check_in_shell(&line, &[&peer.address(), "--max-output", "100000000000"]).run();
        run.exits(0).summarises("OK", &[]);
    }
    // A thread without a heap of its own takes a page for each allocation; one with a heap, 64 MiB of addresses.
    for (limit, parallel) in [("-v 80000", "1"), ("-v 400000", "20000")] {
        let line = format!(r#"ulimit {limit}; exec "$@""#);
        let run = check_in_shell(&line, &["--endpoints", "-", "-t", "30", "--parallel", parallel]);
        run.stdin(peer.endpoints(3000)).run().exits(0).summarises("OK", &[]);
    }
}

/// The arguments themselves may be too many for the memory that is left to parse them.
#[test]
fn arguments_without_memory() {
    let line = r#"set -- "$@" $(seq -f 127.0.0.1:1/%g 20000); ulimit -d 4000; exec "$@""#;
    let reason = "out of memory: raise the limit on it (ulimit -v, -d)";
    check_in_shell(line, &["-t", "1"]).run().exits(3).summarises("UNKNOWN", &[reason]);
    let json = check_in_shell(line, &["-t", "1", "-o", "json"]).run();
    json.exits(3).reports("/summary", reason);
    let by_variable = check_in_shell(line, &["-t", "1"]).env("CHECK_CEILOMETER_OPTS", "-o json").run();
    by_variable.exits(3).reports("/summary", reason);
}

/// Pipes are non-blocking where the program that reads them made them so, for the mode is shared.
#[test]
fn nonblocking_standard_output() {
    let (mut reader, writer) = std::io::pipe().unwrap();
    rustix::fs::fcntl_setfl(&writer, OFlags::NONBLOCK).unwrap();
    let peer = Peer::healthy();
    let run = check(["--endpoints", "-", "-o", "json", "-vv"]).stdin(peer.endpoints(300));
    let running = thread::spawn(move || run.stdout_to(File::from(OwnedFd::from(writer))).run());
    while rustix::io::ioctl_fionread(&reader).unwrap() < 60_000 {
        thread::yield_now();
    }
    let mut text = String::new();
    reader.read_to_string(&mut text).unwrap();
    running.join().unwrap().exits(0);
    assert_eq!(grammar::obeyed("json", &text), Ok(()));
}

/// The end of a pseudo-terminal that a program has, and the other one, which nobody reads.
fn terminal() -> (OwnedFd, File) {
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&master).unwrap();
    unlockpt(&master).unwrap();
    let name = ptsname(&master, Vec::new()).unwrap();
    let slave = rustix::fs::open(name.as_c_str(), OFlags::RDWR | OFlags::NOCTTY, Mode::empty());
    (master, File::from(slave.unwrap()))
}

/// Writes until there is no more room.
fn fill(mut output: &File) {
    let mode = rustix::fs::fcntl_getfl(output).unwrap();
    rustix::fs::fcntl_setfl(output, mode | OFlags::NONBLOCK).unwrap();
    while output.write(b"x").is_ok() {}
    rustix::fs::fcntl_setfl(output, mode).unwrap();
}

/// A pipe or a terminal that is never read costs the result, not the time: the run ends, and not as healthy. The terminal
/// polls as writable all the same.
#[test]
fn standard_output_that_nobody_reads() {
    in_good_time(|| {
        let (_reader, writer) = std::io::pipe().unwrap();
        let (_master, slave) = terminal();
        let peer = Peer::healthy();
        let outputs = [File::from(OwnedFd::from(writer)), slave];
        for run in at_once(outputs.map(|output| {
            let run = check(["--endpoints", "-", "-o", "json", "-vv", "-t", "2"]).stdin(peer.endpoints(100));
            run.stdout_to(output)
        })) {
            run.exits(3).ends_within(Duration::from_secs(2));
        }
    });
}

/// Whoever does not read may hold a watch, but not against a signal.
#[test]
fn signal_at_an_output_that_nobody_reads() {
    in_good_time(|| {
        let (_reader, writer) = std::io::pipe().unwrap();
        let (pipe, (_master, slave)) = (File::from(OwnedFd::from(writer)), terminal());
        let nobody = Nobody::refusing();
        let runs = ["--watch 0.1", "--watch 0.1 -o human", "--wait 60"].into_iter().flat_map(|options| {
            [&pipe, &slave].map(|output| {
                fill(output);
                let line = format!(r#"exec timeout --foreground --preserve-status -s TERM 1 "$@" {options}"#);
                check_in_shell(&line, &[&nobody.address()]).stdout_to(output.try_clone().unwrap())
            })
        });
        for run in at_once(runs) {
            run.exits(2).ends_within(Duration::from_secs(1));
        }
    });
}

/// A file system that does not answer costs the result, not the time: the answer comes after the deadline here.
#[test]
fn files_that_do_not_answer() {
    if found(&["strace"]).is_none() {
        return;
    }
    let (directory, folder) = directory();
    fs::write(directory.path().join("token"), "secret-token").unwrap();
    let (good, bad) = (Peer::healthy(), Peer::backend_down());
    let (healthy, down) = (good.address(), bad.address());
    let (silent, unwritten) = ("a file did not answer in time: ", "report: its file system does not answer");
    let calls = "-e inject=open,openat,statx,newfstatat:delay_enter=4s -P";
    let (token, report) = (format!("{calls} {folder}/token"), format!("{calls} {folder}/report -P {folder}"));
    let connect = "-e inject=connect:delay_enter=4s";
    let table = [
        (&*token, format!("{healthy} --token-file {folder}/token"), 3, silent),
        (&token, format!("{healthy} --token-file {folder}/token --watch 9"), 3, silent),
        (&report, format!("{healthy} --output-file {folder}/report"), 3, unwritten),
        (&report, format!("{down} --output-file {folder}/report"), 2, unwritten),
        (&report, format!("{down} --output-file {folder}/report --watch 9 --count 1"), 2, unwritten),
        (connect, format!("--haproxy 0 0 {folder}/socket NOT_USED -o nagios"), 2, "/socket timed out after "),
    ];
    let runs = at_once(table.iter().map(|(delayed, options, ..)| {
        let line = format!(r#"exec strace -f -qq -o /dev/null {delayed} "$@" -t 2 2>&-"#);
        check_in_shell(&line, &words(options))
    }));
    for (run, (.., code, reason)) in runs.iter().zip(&table) {
        run.exits(*code).says(reason);
    }
    drop(directory);
}

/// A run of a watch that a file system holds is reported, and the next one begins when it answers.
#[test]
fn unanswered_file_of_a_watch() {
    if found(&["strace"]).is_none() {
        return;
    }
    let (_directory, folder) = directory();
    let file = format!("{folder}/ca");
    fs::write(&file, Authority::new("CA").identity.certificate).unwrap();
    let line = format!(
        r#"exec strace -f -qq -o /dev/null -P {file} -e inject=open,openat:delay_enter=4s:when=2 "$@" --cacert {file} 2>&-"#
    );
    let peer = Peer::healthy();
    let run = check_in_shell(&line, &[&peer.address(), "--watch", "0.1", "--count", "3", "-t", "2"]).run();
    let lines: Vec<&str> = run.stdout.lines().collect();
    run.exits(0).holds(lines.len() == 3, "not three runs");
    for (line, expected) in lines.iter().zip(["OK - ", "UNKNOWN - a file did not answer in time", "OK - "]) {
        run.holds(line.contains(expected), expected);
    }
}

/// No file is blamed for a run that is late for another reason, which keeps its verdicts.
#[test]
fn late_run_with_files() {
    if found(&["strace"]).is_none() {
        return;
    }
    let (directory, folder) = directory();
    fs::write(directory.path().join("token"), "secret-token").unwrap();
    let line = format!(
        r#"exec strace -f -qq -o {folder}/trace -e trace=connect -e inject=connect:delay_enter=2s "$@" 2>&-"#
    );
    let nobody = Nobody::refusing();
    let token = format!("{folder}/token");
    let arguments = [&*nobody.address(), "--token-file", &token, "-t", "1"];
    check_in_shell(&line, &arguments).run().exits(2).summarises("CRITICAL", &["unreachable: "]);
}

/// The limits of the whole program, where no thread can be had either, and the environment's word on stacks.
#[test]
fn limits_without_threads() {
    let peer = Peer::healthy();
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), "secret-token").unwrap();
    let arguments = [&*peer.address(), "--token-file", file.path().to_str().unwrap(), "-t", "5"];
    for size in ["1", "16384"] {
        let run = check(arguments).env("RUST_MIN_STACK", size).run();
        run.exits(0).summarises("OK", &[]);
    }
    let Some(user) = unprivileged().filter(|user| !user.is_empty()) else { return };
    let run =
        check_in_shell(&format!(r#"ulimit -s 64; exec {user} prlimit --nproc=0 "$@""#), &arguments[..1])
            .run();
    run.exits(3).summarises("UNKNOWN", &["the stack is too small, and no thread can be had"]);
    for size in [20_000_000, 30_000_000] {
        let line = format!(r#"exec {user} prlimit --nproc=0 --as={size} "$@""#);
        let run = check_in_shell(&line, &["--endpoints", "-", "-t", "5"]).stdin(peer.endpoints(20_000)).run();
        run.exits(3).summarises("UNKNOWN", &["out of memory: raise the limit on it (ulimit -v, -d)"]);
    }
}

/// The least memory at which the system starts the program, and a little more.
#[test]
fn least_address_space() {
    let nobody = Nobody::refusing();
    let run = |size: usize| {
        check_in_shell(&format!(r#"exec prlimit --as={size} "$@""#), &[&nobody.address()]).run()
    };
    let starts = |size: usize| !matches!(run(size).code, Some(127) | None);
    let (mut less, mut enough) = (1_usize << 20, 1_usize << 30);
    while enough - less > 4096 {
        let size = less.midpoint(enough);
        *if starts(size) { &mut enough } else { &mut less } = size;
    }
    run(enough).exits(3).summarises("UNKNOWN", &["out of memory: raise the limit on it (ulimit -v, -d)"]);
    for step in 0..30 {
        let run = run(enough + step * 16384);
        run.holds(matches!(run.code, Some(2 | 3)), "neither CRITICAL nor UNKNOWN").says("CEILOMETER ");
    }
}

#[test]
fn descriptor_limit() {
    let peer = Peer::healthy();
    for limit in [4, 5, 8] {
        let line = format!(r#"ulimit -n {limit}; exec "$@""#);
        let run = check_in_shell(&line, &["--endpoints", "-", "-t", "30"]).stdin(peer.endpoints(10)).run();
        // Fewer than five are not enough for the program's own libraries everywhere.
        run.holds(run.code == Some(0) || (limit < 5 && run.code == Some(127)), "not healthy");
    }
}

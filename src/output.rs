//! Writes results, once each: to standard output, or to `--output-file`.
//!
//! A result that could not be written must not exit 0: CRITICAL stays CRITICAL, anything else becomes UNKNOWN.

use std::fs::{self, Metadata, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::sync::{Arc, Once, mpsc};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context, Error, Result, anyhow};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{Resource, geteuid, getrlimit};
use rustix::stdio;
use signal_hook::consts::SIGXFSZ;

use crate::input;
use crate::plan::{ClosedStdout, Plan};
use crate::report::Report;

/// Mode of a new output file, less the umask: others may read it, as the node exporter must.
const NEW_FILE_MODE: u32 = 0o644;

/// Permissions that the old file hands on to the new one: no special and no execute bit.
const KEPT_MODE_BITS: u32 = 0o666;

/// Beginning of the random name of a file that is being written.
const PREFIX: &str = ".check_ceilometer.";

/// Age at which a file that was never renamed is taken for a killed run's: no run writes for so long.
const ABANDONED_AFTER: Duration = Duration::from_secs(600);

/// Maximum number of directory entries that are searched for such files.
const MAX_SEARCHED: usize = 4096;

/// Time that writing may take after a run's deadline, of the 250 ms that a run may exceed it.
pub(crate) const WRITE_GRACE: Duration = Duration::from_millis(200);

/// Length of one write to a pipe: one that polls as writable takes this much without blocking.
const PIPE_CHUNK: usize = 4096;

/// Writes a text to standard output, and gives up at the deadline if there is one. An empty text is not written at all:
/// HAProxy's checks may run without a standard output.
///
/// Standard output may be non-blocking, for its mode is shared with other processes.
pub(crate) fn print(text: &str, deadline: Option<Instant>) -> io::Result<()> {
    if text.is_empty() {
        return Ok(());
    }
    survive_file_limit();
    match deadline {
        Some(deadline) if rustix::termios::isatty(stdio::stdout()) => print_to_terminal(text, deadline),
        _ => write(text, deadline),
    }
}

/// Writes on a thread that is abandoned at the deadline: a terminal whose other end is not read polls as writable, and
/// then blocks the write.
fn print_to_terminal(text: &str, deadline: Instant) -> io::Result<()> {
    let (sender, written) = mpsc::channel();
    let own = text.to_owned();
    let print = move || drop(sender.send(write(&own, Some(deadline))));
    if thread::Builder::new().spawn(print).is_err() {
        return write(text, Some(deadline));
    }
    let left = deadline.saturating_duration_since(Instant::now());
    written.recv_timeout(left).unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

fn write(text: &str, deadline: Option<Instant>) -> io::Result<()> {
    let mut rest = text.as_bytes();
    while !rest.is_empty() {
        await_room(deadline)?;
        let (chunk, _) = rest.split_at(rest.len().min(PIPE_CHUNK));
        match rustix::io::write(stdio::stdout(), chunk) {
            Ok(written) => rest = rest.get(written..).unwrap_or_default(),
            Err(Errno::INTR | Errno::AGAIN) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Returns true for the error of a standard output that was closed from the start.
fn is_closed(error: &io::Error) -> bool {
    Errno::from_io_error(error) == Some(Errno::BADF)
}

/// Waits until standard output takes more, or fails at the deadline.
fn await_room(deadline: Option<Instant>) -> io::Result<()> {
    let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
    let timeout = left.and_then(|left| Timespec::try_from(left).ok());
    match poll(&mut [PollFd::new(&stdio::stdout(), PollFlags::OUT)], timeout.as_ref()) {
        Ok(0) => Err(io::ErrorKind::TimedOut.into()),
        Ok(_) | Err(Errno::INTR) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Turns a write beyond the limit on files (`ulimit -f`) into an ordinary error: its signal would end the process with
/// an exit code that no caller knows.
fn survive_file_limit() {
    // A watch writes again and again, and handlers add up.
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // Few processes have such a limit, and a handler is not free.
        if getrlimit(Resource::Fsize).current.is_some() {
            // Without the handler the signal ends the process, as it would have.
            drop(signal_hook::flag::register(SIGXFSZ, Arc::default()));
        }
    });
}

/// Writes a text that is not a report, to standard output or to a file.
pub(crate) fn publish(text: &str, file: Option<&Path>) -> Result<()> {
    let Some(file) = file else { return Ok(print(text, None)?) };
    replace(file, text).context("--output-file was not written")
}

/// Writes a report where the plan wants it until [`WRITE_GRACE`] after the run's deadline, and returns the process's
/// exit code.
pub(crate) fn write_report(report: &Report, plan: &Plan, deadline: Instant) -> u8 {
    let (text, codes) = (report.render(&plan.output), plan.exit_codes);
    let deadline = Some(deadline + WRITE_GRACE);
    let Some(file) = &plan.output.file else {
        return match print(&text, deadline) {
            Err(error) if plan.output.closed_stdout == ClosedStdout::Failure || !is_closed(&error) => {
                codes.of(report.state_if_lost())
            }
            _ => report.exit_code,
        };
    };
    let Err(error) = replace(file, &text) else { return report.exit_code };
    let failed = report.write_failed(&format!("{error:#}"), codes);
    // The exit code says it all, printed or not.
    let _ = print(&failed.render_fallback(plan.output.format, plan.output.ascii), deadline);
    failed.exit_code
}

/// Replaces a file: a new one beside it, then a rename, so that readers see the old text or the new one.
///
/// A killed run leaves its unfinished file, and the next one removes it. A file without a name (`O_TMPFILE`) would
/// only narrow that window, for it needs a name before it can be renamed.
fn replace(file: &Path, text: &str) -> Result<()> {
    input::check_output_target(file)?;
    survive_file_limit();
    let directory = file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    remove_abandoned(directory);
    let mut builder = tempfile::Builder::new();
    builder.prefix(PREFIX).permissions(Permissions::from_mode(NEW_FILE_MODE));
    let mut new = builder.tempfile_in(directory).map_err(|error| cause(file, &error))?;
    if let Some(mode) = fs::symlink_metadata(file).ok().and_then(|old| kept_mode(&old)) {
        new.as_file().set_permissions(Permissions::from_mode(mode))?;
    }
    new.write_all(text.as_bytes()).map_err(|error| cause(file, &error))?;
    new.into_temp_path().persist(file).map_err(|error| cause(file, &error.error))
}

/// Mode that a file hands on to its successor. A file of another user hands on nothing: any user
/// who may create files here would choose who can write what root writes. Nor does a file with several links, for any
/// user may have linked a file of root's that everybody can write.
fn kept_mode(old: &Metadata) -> Option<u32> {
    (old.uid() == geteuid().as_raw() && old.nlink() == 1).then(|| old.mode() & KEPT_MODE_BITS)
}

/// Removes what killed runs of this user have left in a directory.
fn remove_abandoned(directory: &Path) {
    let Ok(entries) = fs::read_dir(directory) else { return };
    for entry in entries.take(MAX_SEARCHED).flatten() {
        let named = entry.file_name().as_encoded_bytes().starts_with(PREFIX.as_bytes());
        if named && entry.metadata().is_ok_and(|found| is_abandoned(&found)) {
            // Another run may have removed it.
            let _ = fs::remove_file(entry.path());
        }
    }
}

fn is_abandoned(found: &Metadata) -> bool {
    let age = found.modified().ok().and_then(|written| SystemTime::now().duration_since(written).ok());
    let own = found.is_file() && found.uid() == geteuid().as_raw();
    own && age.is_some_and(|age| age >= ABANDONED_AFTER)
}

/// The file and the system's own words: the text around them names a random file that nobody has seen.
fn cause(file: &Path, error: &io::Error) -> Error {
    let text = error.to_string();
    let words = text.split(" at path ").next().and_then(|text| text.split(" (os error").next());
    anyhow!("{}: {}", input::name(file), words.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use super::*;

    fn mode(file: &Path) -> u32 {
        fs::metadata(file).unwrap().permissions().mode() & 0o7777
    }

    fn names(directory: &Path) -> Vec<String> {
        let entries = fs::read_dir(directory).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn replaced_file() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("ceilometer.prom");
        replace(&file, "first\n").unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "first\n");
        assert_eq!(mode(&file) & !0o644, 0, "at most the mode that node_exporter needs");
        replace(&file, "second\n").unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "second\n");
        assert_eq!(names(directory.path()), ["ceilometer.prom"]);
    }

    #[test]
    fn kept_permissions() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("report");
        for (old, new) in [(0o600, 0o600), (0o664, 0o664), (0o755, 0o644), (0o7777, 0o666), (0o4711, 0o600)] {
            fs::write(&file, "old").unwrap();
            fs::set_permissions(&file, Permissions::from_mode(old)).unwrap();
            replace(&file, "new").unwrap();
            assert_eq!(format!("{:o}", mode(&file)), format!("{new:o}"), "after {old:o}");
        }
    }

    #[test]
    fn permissions_of_a_hard_link() {
        let directory = tempfile::tempdir().unwrap();
        let [elsewhere, file] = ["elsewhere", "report"].map(|name| directory.path().join(name));
        fs::write(&elsewhere, "old").unwrap();
        fs::set_permissions(&elsewhere, Permissions::from_mode(0o666)).unwrap();
        fs::hard_link(&elsewhere, &file).unwrap();
        replace(&file, "new").unwrap();
        assert_eq!(mode(&file) & !NEW_FILE_MODE, 0);
        assert_eq!((fs::read_to_string(&elsewhere).unwrap().as_str(), mode(&elsewhere)), ("old", 0o666));
    }

    #[test]
    fn abandoned_files() {
        let directory = tempfile::tempdir().unwrap();
        let [old, new, other] = [".check_ceilometer.old", ".check_ceilometer.new", "other"]
            .map(|name| directory.path().join(name));
        for file in [&old, &new, &other] {
            fs::write(file, "").unwrap();
        }
        let long_ago = SystemTime::now() - 2 * ABANDONED_AFTER;
        for file in [&old, &other] {
            File::options().append(true).open(file).unwrap().set_modified(long_ago).unwrap();
        }
        replace(&directory.path().join("report"), "text").unwrap();
        let mut left = names(directory.path());
        left.sort();
        assert_eq!(left, [".check_ceilometer.new", "other", "report"]);
    }

    #[test]
    fn missing_directory() {
        let error = replace(Path::new("/nonexistent/file"), "text\n").unwrap_err();
        assert_eq!(error.to_string(), "/nonexistent/file: No such file or directory");
    }
}

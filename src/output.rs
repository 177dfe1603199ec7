//! Writes results, once each: to standard output, or to `--output-file`.
//!
//! A result that could not be written must not exit 0: CRITICAL stays CRITICAL, anything else becomes UNKNOWN.

use std::io;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result, anyhow};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::Stat;
use rustix::io::Errno;
use rustix::process::geteuid;
use rustix::stdio;

use crate::plan::Plan;
use crate::replacement::{self, Mode};
use crate::report::Report;
use crate::report::wording::run::SILENT_FILE_SYSTEM;
use crate::run::grace;
use crate::{deadline, input};

/// Mode of a new output file, less the umask: others may read it, as the node exporter must.
const NEW_FILE_MODE: u32 = 0o644;

/// Permissions that the old file hands on to the new one: no special and no execute bit.
const KEPT_MODE_BITS: u32 = 0o666;

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
    if !rustix::termios::isatty(stdio::stdout()) {
        return write(text, deadline);
    }
    // A terminal whose other end is not read polls as writable, and then blocks the write.
    let text = text.to_owned();
    let written = deadline::within(deadline, move || write(&text, deadline));
    written.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

/// Writes to standard output without taking memory, until the deadline.
pub(crate) fn write(text: &str, deadline: Option<Instant>) -> io::Result<()> {
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

/// Tests for the error of a standard output that was closed from the start.
fn is_closed(error: &io::Error) -> bool {
    Errno::from_io_error(error) == Some(Errno::BADF)
}

/// Waits until standard output takes more, or fails at the deadline.
fn await_room(deadline: Option<Instant>) -> io::Result<()> {
    let wait = |time| {
        let timeout = Timespec::try_from(time).ok();
        match poll(&mut [PollFd::new(&stdio::stdout(), PollFlags::OUT)], timeout.as_ref()) {
            Ok(0) | Err(Errno::INTR) => None,
            Ok(_) => Some(Ok(())),
            Err(error) => Some(Err(error.into())),
        }
    };
    deadline::wait_in_turns(deadline, wait).unwrap_or_else(|| Err(io::ErrorKind::TimedOut.into()))
}

/// Writes a text that is not a report, to standard output or to a file.
pub(crate) fn publish(text: &str, file: Option<&Path>) -> Result<()> {
    let Some(file) = file else { return Ok(print(text, None)?) };
    input::check_output_target(file)?;
    replace(file, text).context("--output-file was not written")
}

/// Writes a report where the plan wants it until [`grace::WRITE`] after the run's deadline, and returns the process's
/// exit code.
pub(crate) fn write_report(report: &Report, plan: &Plan, deadline: Instant) -> u8 {
    let (text, codes) = (report.render(&plan.output), plan.exit_codes);
    let deadline = Some(deadline + grace::WRITE);
    let Some(file) = &plan.output.file else {
        return match print(&text, deadline) {
            // HAProxy as a daemon closes the streams of its checks, and reads the exit code alone.
            Err(error) if !plan.is_haproxy_call || !is_closed(&error) => codes.of(report.state_if_lost()),
            _ => report.exit_code,
        };
    };
    let (file, name) = (file.clone(), input::name(file));
    let replaced = deadline::within(deadline, move || replace(&file, &text));
    let Err(error) = replaced.unwrap_or_else(|_| Err(anyhow!("{name}: {SILENT_FILE_SYSTEM}"))) else {
        return report.exit_code;
    };
    let failed = report.write_failed(&format!("{error:#}"), codes);
    // The exit code says it all, printed or not.
    let _ = print(&failed.render_fallback(plan.output.format, plan.output.ascii), deadline);
    failed.exit_code
}

/// Replaces the file of a report, with the old one's permissions.
fn replace(file: &Path, text: &str) -> Result<()> {
    let directory = input::open_directory(input::directory(file));
    let directory = directory.map_err(|error| replacement::cause(file, &error.into()))?;
    let name = file.file_name().unwrap_or_default();
    let old = input::check_target(&directory, Path::new(name), &input::name(file))?;
    let mode = old.and_then(|old| kept_mode(&old)).map_or(Mode::New(NEW_FILE_MODE), Mode::Exact);
    replacement::replace(&directory, name, text.as_bytes(), mode)
        .map_err(|error| replacement::cause(file, &error))
}

/// Mode that a file hands on to its successor. A file of another user hands on nothing: any user
/// who may create files here would choose who can write what root writes. Nor does a file with several links, for any
/// user may have linked a file of root's that everybody can write.
fn kept_mode(old: &Stat) -> Option<u32> {
    (old.st_uid == geteuid().as_raw() && old.st_nlink == 1).then_some(old.st_mode & KEPT_MODE_BITS)
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn mode(file: &Path) -> u32 {
        fs::metadata(file).unwrap().permissions().mode() & 0o7777
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
}

//! The files that the user names: read within a bound and a deadline, or refused as a target.
//!
//! A FIFO that nobody writes to, a terminal where nobody types and an endless device all end in an error that says
//! what to do; none of them blocks. No error quotes a file's content: it may be a secret.

#[cfg(test)]
mod tests;

use std::fs;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::Instant;

use anyhow::{Result, anyhow, bail};
use rustix::event::{PollFd, PollFlags};
use rustix::fs::{FileType, Mode, OFlags};
use rustix::io::Errno;

use crate::deadline::{self, poll_until};
use crate::sanitize;

/// Number of bytes that are read at once.
const CHUNK_BYTES: usize = 16 * 1024;

/// Maximum number of characters of a file's name in outputs.
const MAX_SHOWN_NAME: usize = 200;

/// Reads a whole file, or standard input for `-`, up to `limit` bytes and until `deadline`.
pub(crate) fn read(path: &Path, limit: usize, deadline: Instant) -> Result<Vec<u8>> {
    if is_standard_input(path) {
        return read_standard_input(limit, deadline);
    }
    let name = format!("'{}'", name(path));
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let file = match rustix::fs::open(path, flags, Mode::empty()) {
        Ok(file) => file,
        Err(error) => bail!(refusal(&name, error)),
    };
    if rustix::fs::fstat(&file).is_ok_and(|status| FileType::from_raw_mode(status.st_mode).is_dir()) {
        bail!(refusal(&name, Errno::ISDIR));
    }
    let inherited = path.starts_with("/dev/fd") || path.starts_with("/proc/self/fd");
    let wait = if inherited { Wait::WhenReported } else { Wait::First };
    Reader { name, wait, limit, deadline }.read(file.as_fd())
}

/// Reads standard input within the deadline: where several processes share one, another may take what this one waited
/// for, and the read blocks. A regular file cannot block.
fn read_standard_input(limit: usize, deadline: Instant) -> Result<Vec<u8>> {
    let source = move || {
        Reader { name: name(Path::new("-")), wait: Wait::Always, limit, deadline }
            .read(rustix::stdio::stdin())
    };
    let status = rustix::fs::fstat(rustix::stdio::stdin());
    if status.is_ok_and(|status| FileType::from_raw_mode(status.st_mode).is_file()) {
        return source();
    }
    deadline::within(Some(deadline), source).unwrap_or_else(|_| Err(timeout_error("standard input")))
}

/// The error of a file that is not read by its deadline.
fn timeout_error(name: &str) -> anyhow::Error {
    anyhow!("{name} did not end in time: close what writes to it, or raise -t")
}

/// Reads a regular file that decides where secrets go; `None` if there is none.
///
/// One that neither root nor the user owns, or that everybody can write, is refused.
pub(crate) fn read_trusted(path: &Path, limit: usize, deadline: Instant) -> Result<Option<Vec<u8>>> {
    let shown = format!("'{}'", name(path));
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let file = match rustix::fs::open(path, flags, Mode::empty()) {
        Ok(file) => file,
        Err(Errno::NOENT | Errno::NOTDIR) => return Ok(None),
        Err(error) => bail!(refusal(&shown, error)),
    };
    let status = rustix::fs::fstat(&file).map_err(|error| anyhow!(refusal(&shown, error)))?;
    if !FileType::from_raw_mode(status.st_mode).is_file() {
        bail!("{shown} is not a regular file");
    }
    if status.st_uid != 0 && status.st_uid != rustix::process::geteuid().as_raw() {
        bail!("{shown} belongs to another user, who could send your password elsewhere: chown it");
    }
    if status.st_mode & 0o002 != 0 {
        bail!("{shown} can be written by everybody, who could send your password elsewhere: chmod o-w it");
    }
    Reader { name: shown, wait: Wait::WhenReported, limit, deadline }.read(file.as_fd()).map(Some)
}

/// Returns the name of a file for outputs: sanitized and truncated, or the meaning of `-`.
///
/// A login that was typed in place of a name, as curl's `-u user:password` takes it, is shown without its password.
pub(crate) fn name(path: &Path) -> String {
    if is_standard_input(path) {
        return "standard input".into();
    }
    let text = path.to_string_lossy();
    match text.split_once(':') {
        Some((user, password)) if !user.contains('/') && !password.starts_with("//") => {
            sanitize::sanitize_own(&format!("{user}:***"), MAX_SHOWN_NAME)
        }
        _ => sanitize::sanitize_own(&text, MAX_SHOWN_NAME),
    }
}

/// Returns true if the name means standard input. `/dev/stdin` is read as `-`: opened anew, a socket would be refused.
pub(crate) fn is_standard_input(path: &Path) -> bool {
    path == Path::new("-") || path == Path::new("/dev/stdin")
}

/// Returns true if a regular file is readable by other users than its owner.
pub(crate) fn is_readable_by_others(path: &Path) -> bool {
    !is_standard_input(path)
        && fs::metadata(path).is_ok_and(|status| status.is_file() && status.mode() & 0o044 != 0)
}

/// Leaves out the byte order mark, which editors of Windows put first.
pub(crate) fn without_mark(text: &[u8]) -> &[u8] {
    text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text)
}

/// The lines of a file that say something, trimmed, each with its number counted from 1.
///
/// Blank lines and those that begin with `#` say nothing. CRLF and a byte order mark are tolerated. A line that is not
/// UTF-8 is an error, whose words do not quote it.
pub(crate) fn lines(text: &[u8]) -> impl Iterator<Item = (usize, Result<&str, &'static str>)> {
    let numbered = (1..).zip(without_mark(text).split(|&byte| byte == b'\n'));
    numbered.filter_map(|(number, line)| match std::str::from_utf8(line).map(str::trim) {
        Ok(line) if line.is_empty() || line.starts_with('#') => None,
        Ok(line) => Some((number, Ok(line))),
        Err(_) => Some((number, Err("the line is not UTF-8 text: save the file as UTF-8"))),
    })
}

/// The reads before which to wait until there is something to read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wait {
    /// Before each: standard input may block, for its mode is shared with other processes and stays as it is.
    Always,
    /// Before the first: a FIFO reads as ended before it has had a writer. Later on only a read reports that a writer
    /// has left that was gone before the pipe was opened here; poll does not.
    First,
    /// The end that a read reports: the pipe of a process substitution has had its writer, which may have left.
    WhenReported,
}

/// Reads a file, or standard input, to its end.
struct Reader {
    /// The name in errors.
    name: String,
    wait: Wait,
    limit: usize,
    deadline: Instant,
}

impl Reader {
    fn read(&self, file: BorrowedFd<'_>) -> Result<Vec<u8>> {
        let mut content = Vec::new();
        let mut chunk = [0; CHUNK_BYTES];
        let mut wait = self.wait != Wait::WhenReported;
        loop {
            self.await_data(file, wait)?;
            match rustix::io::read(file, &mut chunk) {
                Ok(0) => return Ok(content),
                Ok(length) => content.extend(chunk.iter().take(length)),
                Err(Errno::INTR | Errno::AGAIN) => {
                    wait = true;
                    continue;
                }
                Err(error) => bail!(refusal(&self.name, error)),
            }
            if content.len() > self.limit {
                bail!("{} is larger than {} bytes: is it the right file?", self.name, self.limit);
            }
            wait = self.wait == Wait::Always;
        }
    }

    /// Waits until there is something to read, or only looks at the clock.
    fn await_data(&self, file: BorrowedFd<'_>, wait: bool) -> Result<()> {
        let is_in_time = if wait {
            poll_until(&mut [PollFd::new(&file, PollFlags::IN)], self.deadline)
        } else {
            Ok(Instant::now() < self.deadline)
        };
        match is_in_time {
            Ok(true) => Ok(()),
            Ok(false) => Err(timeout_error(&self.name)),
            Err(error) => bail!(refusal(&self.name, error)),
        }
    }
}

/// Describes why something cannot be read, and the remedy.
fn refusal(name: &str, error: Errno) -> String {
    match error {
        Errno::NOENT | Errno::NOTDIR => format!("{name} does not exist: check the path"),
        Errno::ACCESS | Errno::PERM => {
            format!("{name} may not be read: give the user that runs the check permission to read it")
        }
        Errno::ISDIR => format!("{name} is a directory: name a file"),
        Errno::BADF => format!("{name} is closed: name a file instead"),
        other => format!("{name} cannot be read: {}", io::Error::from(other)),
    }
}

/// Refuses a target that a rename would damage, or that is not a file at all. A symbolic link is refused too:
/// the rename would replace the link (`/dev/stdout` is one), not what it leads to.
pub(crate) fn check_output_target(file: &Path) -> Result<()> {
    if file == Path::new("-") {
        bail!("--output-file - names no file; leave it out for standard output");
    }
    let name = name(file);
    match fs::symlink_metadata(file) {
        Ok(found) if found.is_symlink() => {
            bail!("--output-file {name} is a symbolic link; name the file itself")
        }
        Ok(found) if found.is_file() => Ok(()),
        Ok(found) if found.is_dir() => bail!("--output-file {name} is a directory"),
        Ok(_) => bail!("--output-file {name} is not a regular file"),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(anyhow!(error).context(format!("--output-file {name}"))),
    }
}

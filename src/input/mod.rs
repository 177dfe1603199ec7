//! The files that the user names: read within a bound and a deadline, or refused as a target.
//!
//! A FIFO that nobody writes to, a terminal where nobody types and an endless device all end in an error that says
//! what to do; none of them blocks. No error quotes a file's content: it may be a secret.

#[cfg(test)]
mod tests;

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow, bail};
use rustix::event::{PollFd, PollFlags};
use rustix::fs::{Access, AtFlags, FileType, Mode, OFlags, Stat};
use rustix::io::Errno;

use crate::deadline::{self, poll_until};
use crate::sanitize::{self, system_words};

const CHUNK_BYTES: usize = 16 * 1024;

/// Flags to open files and directories with: no open blocks, and a directory need not be readable.
const FILE_FLAGS: OFlags =
    OFlags::RDONLY.union(OFlags::NONBLOCK).union(OFlags::NOCTTY).union(OFlags::CLOEXEC);
const DIRECTORY_FLAGS: OFlags = OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

/// Maximum number of links that lead to a file, as for the system's own look-up.
const MAX_LINKS: usize = 40;

/// Beginning of a text in PEM (RFC 7468).
const PEM_BEGIN: &str = "-----BEGIN";

/// Maximum number of characters of a file's name in outputs.
const MAX_SHOWN_NAME: usize = 200;

/// Reads a whole file, or standard input for `-`, up to `limit` bytes and until `deadline`.
pub(crate) fn read(path: &Path, limit: usize, deadline: Instant) -> Result<Vec<u8>> {
    if is_standard_input(path) {
        return read_standard_input(limit, deadline);
    }
    let name = quoted(path);
    let file = match rustix::fs::open(path, FILE_FLAGS, Mode::empty()) {
        Ok(file) => file,
        Err(error) => bail!(describe_refusal(&name, error)),
    };
    if rustix::fs::fstat(&file).is_ok_and(|status| FileType::from_raw_mode(status.st_mode).is_dir()) {
        bail!(describe_refusal(&name, Errno::ISDIR));
    }
    let wait = if is_inherited(path) { Wait::WhenReported } else { Wait::First };
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

fn timeout_error(name: &str) -> anyhow::Error {
    anyhow!("{name} did not end in time: close what writes to it, or raise -t")
}

/// A file that decides where secrets go, and its directories. They stay open, and are compared themselves: their paths may
/// lead elsewhere by now.
pub(crate) struct OpenedFile {
    pub(crate) file: OwnedFd,
    pub(crate) named_in: OwnedFd,
    /// The directory that the file is in, whatever links lead to it.
    pub(crate) lies_in: OwnedFd,
}

/// Reads a regular file that decides where secrets go; `None` if there is none.
///
/// One that neither root nor the user owns, or that everybody can write, is refused.
pub(crate) fn read_trusted(
    path: &Path,
    limit: usize,
    deadline: Instant,
) -> Result<Option<(Vec<u8>, OpenedFile)>> {
    let shown = format!("'{}'", name(path));
    let opened = match open_in_place(path) {
        Ok(opened) => opened,
        Err(Errno::NOENT | Errno::NOTDIR) => return Ok(None),
        Err(error) => bail!(describe_refusal(&shown, error)),
    };
    let status = rustix::fs::fstat(&opened.file).map_err(|error| anyhow!(describe_refusal(&shown, error)))?;
    if !FileType::from_raw_mode(status.st_mode).is_file() {
        bail!("{shown} is not a regular file");
    }
    if status.st_uid != 0 && status.st_uid != rustix::process::geteuid().as_raw() {
        bail!("{shown} belongs to another user, who could have your password sent elsewhere: chown it");
    }
    if status.st_mode & 0o002 != 0 {
        bail!("anyone may write {shown}, and could have your password sent elsewhere: chmod o-w it");
    }
    let reader = Reader { name: shown, wait: Wait::WhenReported, limit, deadline };
    Ok(Some((reader.read(opened.file.as_fd())?, opened)))
}

/// Reads a regular file in a directory that is the user's alone, as the directory is; `None` for any other.
pub(crate) fn read_private(directory: impl AsFd, file: &OsStr, limit: usize) -> Option<Vec<u8>> {
    let file = rustix::fs::openat(directory, file, FILE_FLAGS | OFlags::NOFOLLOW, Mode::empty()).ok()?;
    let status = rustix::fs::fstat(&file).ok()?;
    let is_private = FileType::from_raw_mode(status.st_mode).is_file()
        && status.st_uid == rustix::process::geteuid().as_raw()
        && !is_open(status.st_mode)
        && status.st_nlink == 1;
    // A regular file does not block.
    let deadline = Instant::now() + Duration::from_secs(1);
    let reader = Reader { name: String::new(), wait: Wait::WhenReported, limit, deadline };
    if is_private { reader.read(file.as_fd()).ok() } else { None }
}

/// Tests whether a mode gives any permission to others than the owner.
pub(crate) fn is_open(mode: u32) -> bool {
    mode & 0o077 > 0
}

/// Opens a file, following one link after the other from its own directory.
fn open_in_place(path: &Path) -> Result<OpenedFile, Errno> {
    let named_in = open_directory(directory(path))?;
    let mut lies_in = rustix::io::fcntl_dupfd_cloexec(&named_in, 0)?;
    let mut path = path.to_owned();
    for _ in 0..MAX_LINKS {
        let name = path.file_name().filter(|_| !ends_with_slash(&path)).ok_or(Errno::ISDIR)?;
        // What these lead to has no directory.
        let nofollow = if is_inherited(&path) { OFlags::empty() } else { OFlags::NOFOLLOW };
        match rustix::fs::openat(&lies_in, name, FILE_FLAGS | nofollow, Mode::empty()) {
            Err(Errno::LOOP) => {
                let target = rustix::fs::readlinkat(&lies_in, name, Vec::new())?;
                path = OsString::from_vec(target.into_bytes()).into();
                lies_in = rustix::fs::openat(&lies_in, directory(&path), DIRECTORY_FLAGS, Mode::empty())?;
            }
            opened => return Ok(OpenedFile { file: opened?, named_in, lies_in }),
        }
    }
    Err(Errno::LOOP)
}

pub(crate) fn open_directory(path: &Path) -> Result<OwnedFd, Errno> {
    rustix::fs::open(path, DIRECTORY_FLAGS, Mode::empty())
}

/// Tests for a directory that this user may not look into, as where another user has gone before (`sudo -u`).
pub(crate) fn is_forbidden(directory: &Path) -> bool {
    let search = |opened| rustix::fs::accessat(&opened, ".", Access::EXEC_OK, AtFlags::EACCESS);
    open_directory(directory).and_then(search) == Err(Errno::ACCESS)
}

/// Opens a directory that is no link.
pub(crate) fn open_own_directory(path: &Path) -> Result<OwnedFd, Errno> {
    rustix::fs::open(path, DIRECTORY_FLAGS | OFlags::NOFOLLOW, Mode::empty())
}

pub(crate) fn directory(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Tests for the name of a directory, which the system's look-up of a file refuses.
fn ends_with_slash(path: &Path) -> bool {
    path.as_os_str().as_bytes().ends_with(b"/")
}

/// Tests whether both are the same file or directory.
pub(crate) fn is_same(one: impl AsFd, other: impl AsFd) -> bool {
    let identity = |fd: BorrowedFd<'_>| rustix::fs::fstat(fd).map(|status| (status.st_dev, status.st_ino));
    let (one, other) = (identity(one.as_fd()), identity(other.as_fd()));
    one.is_ok_and(|one| other.is_ok_and(|other| one == other))
}

/// Tests for the name of a descriptor that another program has opened.
fn is_inherited(path: &Path) -> bool {
    path.starts_with("/dev/fd") || path.starts_with("/proc/self/fd")
}

/// Returns the name of a file for outputs: sanitized and truncated, or the meaning of `-`.
///
/// A login that was typed in place of a name, as curl's `-u user:password` takes it, is shown without its password, and so is
/// a key without its text. Of settings the first line is shown.
pub(crate) fn name(path: &Path) -> String {
    if is_standard_input(path) {
        return "standard input".into();
    }
    let mut text = path.to_string_lossy();
    if let Some((before, _)) = text.split_once(PEM_BEGIN) {
        text = format!("{before}{PEM_BEGIN}…").into();
    }
    // Settings, of which the first line may be a comment.
    if let Some((first, rest)) = text.split_once('\n')
        && rest.contains(':')
    {
        text = format!("{first}…").into();
    }
    match text.split_once(':') {
        Some((user, password)) if !user.contains('/') && !password.starts_with("//") => {
            sanitize::sanitize_own(&format!("{user}:{}", sanitize::STARS), MAX_SHOWN_NAME)
        }
        _ => sanitize::sanitize_own(&text, MAX_SHOWN_NAME),
    }
}

/// Returns the name of a file as a sentence has it: in quotes, unless it is standard input.
pub(crate) fn quoted(path: &Path) -> String {
    let name = name(path);
    if is_standard_input(path) { name } else { format!("'{name}'") }
}

/// Tests whether the name means standard input. `/dev/stdin` is read as `-`: opened anew, a socket would be refused.
pub(crate) fn is_standard_input(path: &Path) -> bool {
    path == Path::new("-") || path == Path::new("/dev/stdin")
}

/// Tests for two names of one file that exists.
pub(crate) fn is_same_file(one: &Path, other: &Path) -> bool {
    let identity = |path: &Path| fs::metadata(path).ok().map(|status| (status.dev(), status.ino()));
    identity(one).is_some_and(|one| identity(other) == Some(one))
}

/// Tests whether a regular file is readable by other users than its owner.
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

struct Reader {
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
                Err(error) => bail!(describe_refusal(&self.name, error)),
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
            Err(error) => bail!(describe_refusal(&self.name, error)),
        }
    }
}

fn describe_refusal(name: &str, error: Errno) -> String {
    match error {
        Errno::NOENT | Errno::NOTDIR => format!("{name} does not exist: check the path"),
        Errno::ACCESS | Errno::PERM => {
            format!("{name} may not be read: give the user that runs the check permission to read it")
        }
        Errno::ISDIR => format!("{name} is a directory: name a file"),
        Errno::BADF => format!("{name} is closed: name a file instead"),
        other => format!("{name} cannot be read: {}", system_words(&other.into())),
    }
}

/// Refuses a target that a rename would damage, or that is not a file at all. A symbolic link is refused too: the rename
/// would replace the link (`/dev/stdout` is one), not what it leads to.
pub(crate) fn check_output_target(file: &Path) -> Result<()> {
    if file == Path::new("-") {
        bail!("--output-file - names no file; leave it out for standard output");
    }
    let name = name(file);
    if ends_with_slash(file) {
        bail!("--output-file {name} is a directory");
    }
    check_target(rustix::fs::CWD, file, &name).map(drop)
}

/// Does the same for a file in an open directory, and returns the state of what is there.
pub(crate) fn check_target(directory: impl AsFd, file: &Path, name: &str) -> Result<Option<Stat>> {
    let found = match rustix::fs::statat(directory, file, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(found) => found,
        Err(Errno::NOENT) => return Ok(None),
        Err(error) => bail!("--output-file {name}: {}", system_words(&error.into())),
    };
    match FileType::from_raw_mode(found.st_mode) {
        FileType::RegularFile => Ok(Some(found)),
        FileType::Symlink => bail!("--output-file {name} is a symbolic link; name the file itself"),
        FileType::Directory => bail!("--output-file {name} is a directory"),
        _ => bail!("--output-file {name} is not a regular file"),
    }
}

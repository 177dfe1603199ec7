//! The files that the user names: read within a bound and a deadline, or refused as a target.
//!
//! A FIFO that nobody writes to, a terminal where nobody types and an endless device all end in an error that says
//! what to do; none of them blocks. No error quotes a file's content: it may be a secret.

use std::fs;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::Instant;

use anyhow::{Result, anyhow, bail};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{FileType, Mode, OFlags};
use rustix::io::Errno;

use crate::text;

/// How much is read at once, in bytes.
const CHUNK: usize = 16 * 1024;

/// How much of a file's name is shown, in characters.
const NAMED: usize = 200;

/// Reads a whole file, or standard input for `-`, up to `limit` bytes and until `deadline`.
pub fn read(path: &Path, limit: usize, deadline: Instant) -> Result<Vec<u8>> {
    if is_standard_input(path) {
        let source = Source { name: name(path), wait: Wait::Always, limit, deadline };
        return source.read(rustix::stdio::stdin());
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
    let wait = if inherited { Wait::WhenTold } else { Wait::First };
    Source { name, wait, limit, deadline }.read(file.as_fd())
}

/// What outputs call a file: its name, cleaned and cut, or what `-` stands for.
pub fn name(path: &Path) -> String {
    if is_standard_input(path) {
        "standard input".into()
    } else {
        text::clean(&path.to_string_lossy(), NAMED)
    }
}

/// Whether the name stands for standard input. `/dev/stdin` is read as `-`: opened anew, a socket would be refused.
pub fn is_standard_input(path: &Path) -> bool {
    path == Path::new("-") || path == Path::new("/dev/stdin")
}

/// Whether a regular file may be read by others than its owner.
pub fn is_readable_by_others(path: &Path) -> bool {
    !is_standard_input(path)
        && fs::metadata(path).is_ok_and(|status| status.is_file() && status.mode() & 0o044 != 0)
}

/// The lines of a file that say something, trimmed, each with its number counted from 1.
///
/// Blank lines and those that begin with `#` say nothing. CRLF and a byte order mark are tolerated. A line that is not
/// UTF-8 is the error that it is, in words that do not quote it.
pub fn lines(text: &[u8]) -> impl Iterator<Item = (usize, Result<&str, &'static str>)> {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let numbered = (1..).zip(text.split(|&byte| byte == b'\n'));
    numbered.filter_map(|(number, line)| match std::str::from_utf8(line).map(str::trim) {
        Ok(line) if line.is_empty() || line.starts_with('#') => None,
        Ok(line) => Some((number, Ok(line))),
        Err(_) => Some((number, Err("the line is not UTF-8 text: save the file as UTF-8"))),
    })
}

/// Before which reads to wait until there is something to read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wait {
    /// Before each: standard input may block, for its mode is shared with other processes and stays as it is.
    Always,
    /// Before the first: a FIFO reads as ended before it has had a writer. Later on only a read tells that a writer
    /// has left that was gone before the pipe was opened here; poll does not.
    First,
    /// When a read says so: the pipe of a process substitution has had its writer, which may have left.
    WhenTold,
}

/// Something to be read to its end.
struct Source {
    /// How errors call it.
    name: String,
    wait: Wait,
    limit: usize,
    deadline: Instant,
}

impl Source {
    fn read(&self, file: BorrowedFd<'_>) -> Result<Vec<u8>> {
        let mut content = Vec::new();
        let mut chunk = [0; CHUNK];
        let mut wait = self.wait != Wait::WhenTold;
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
        loop {
            let left = self.deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                bail!("{} did not end in time: close what writes to it, or raise -t", self.name);
            }
            if !wait {
                return Ok(());
            }
            let timeout = Timespec::try_from(left).ok();
            match poll(&mut [PollFd::new(&file, PollFlags::IN)], timeout.as_ref()) {
                Ok(0) | Err(Errno::INTR) => {}
                Ok(_) => return Ok(()),
                Err(error) => bail!(refusal(&self.name, error)),
            }
        }
    }
}

/// Why something cannot be read, and what to do about it.
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

/// Refuses a target that a rename would damage, or that is no file at all. A symbolic link is refused too:
/// the rename would replace the link (`/dev/stdout` is one), not what it leads to.
pub fn refuse_irregular(file: &Path) -> Result<()> {
    if file == Path::new("-") {
        bail!("--output-file - names no file; leave it out for standard output");
    }
    let name = file.display();
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::Permissions;
    use std::io::Write;
    use std::os::fd::AsRawFd;
    use std::os::unix::fs::PermissionsExt;
    use std::path::PathBuf;
    use std::time::Duration;

    use proptest::prelude::*;
    use rustix::fs::CWD;

    const LIMIT: usize = 1000;

    fn soon() -> Instant {
        Instant::now() + Duration::from_secs(10)
    }

    fn error(path: &Path, limit: usize, deadline: Instant) -> String {
        read(path, limit, deadline).unwrap_err().to_string()
    }

    /// A directory with a FIFO in it.
    fn fifo() -> (tempfile::TempDir, PathBuf) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("fifo");
        rustix::fs::mknodat(CWD, &path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
        (directory, path)
    }

    #[test]
    fn a_file_is_read_up_to_the_limit() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(&[b'x'; LIMIT]).unwrap();
        assert_eq!(read(file.path(), LIMIT, soon()).unwrap(), [b'x'; LIMIT]);
        file.write_all(b"y").unwrap();
        let expected =
            format!("'{}' is larger than 1000 bytes: is it the right file?", file.path().display());
        assert_eq!(error(file.path(), LIMIT, soon()), expected);
        assert_eq!(
            error(Path::new("/dev/zero"), LIMIT, soon()),
            "'/dev/zero' is larger than 1000 bytes: is it the right file?"
        );
        assert_eq!(read(Path::new("/dev/null"), LIMIT, soon()).unwrap(), b"");
    }

    #[test]
    fn what_cannot_be_read_is_named_with_the_remedy() {
        let directory = tempfile::tempdir().unwrap();
        let shown = directory.path().display().to_string();
        assert_eq!(error(directory.path(), LIMIT, soon()), format!("'{shown}' is a directory: name a file"));
        for missing in ["missing", "missing/deeper"] {
            let expected = format!("'{shown}/{missing}' does not exist: check the path");
            assert_eq!(error(&directory.path().join(missing), LIMIT, soon()), expected);
        }
        let hostile = error(Path::new("/no\x1b[31m\nsuch\u{202e}file"), LIMIT, soon());
        assert_eq!(hostile, "'/no suchfile' does not exist: check the path");
        assert_eq!(
            refusal("'x'", Errno::ACCESS),
            "'x' may not be read: give the user that runs the check permission to read it"
        );
        assert_eq!(refusal("standard input", Errno::BADF), "standard input is closed: name a file instead");
        assert_eq!(refusal("'x'", Errno::NXIO), "'x' cannot be read: No such device or address (os error 6)");
    }

    #[test]
    fn a_fifo_is_read_to_its_end() {
        let (_directory, path) = fifo();
        let writer = std::thread::spawn({
            let path = path.clone();
            move || fs::write(path, "first\nsecond\n").unwrap()
        });
        assert_eq!(read(&path, LIMIT, soon()).unwrap(), b"first\nsecond\n");
        writer.join().unwrap();
    }

    #[test]
    fn a_fifo_without_a_writer_ends_at_the_deadline() {
        let (_directory, path) = fifo();
        let started = Instant::now();
        let expected =
            format!("'{}' did not end in time: close what writes to it, or raise -t", path.display());
        assert_eq!(error(&path, LIMIT, started + Duration::from_millis(30)), expected);
        assert!(started.elapsed() >= Duration::from_millis(30));
        assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    }

    #[test]
    fn a_writer_that_never_closes_ends_at_the_deadline() {
        let (_directory, path) = fifo();
        let mut both_ends = fs::File::options().read(true).write(true).open(&path).unwrap();
        both_ends.write_all(b"s3cr3t").unwrap();
        let error = error(&path, LIMIT, Instant::now() + Duration::from_millis(30));
        assert_eq!(
            error,
            format!("'{}' did not end in time: close what writes to it, or raise -t", path.display())
        );
    }

    #[test]
    fn a_pipe_whose_writer_has_left_is_read_at_once() {
        for content in [b"token".as_slice(), b""] {
            let (reader, mut writer) = io::pipe().unwrap();
            writer.write_all(content).unwrap();
            drop(writer);
            let path = format!("/dev/fd/{}", reader.as_raw_fd());
            assert_eq!(read(Path::new(&path), LIMIT, soon()).unwrap(), content);
        }
    }

    #[test]
    fn nothing_is_read_after_the_deadline() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let expected =
            format!("'{}' did not end in time: close what writes to it, or raise -t", file.path().display());
        assert_eq!(error(file.path(), LIMIT, Instant::now()), expected);
    }

    #[test]
    fn only_regular_files_are_readable_by_others() {
        let file = tempfile::NamedTempFile::new().unwrap();
        for (mode, readable) in [(0o600, false), (0o640, true), (0o604, true), (0o644, true), (0o611, false)]
        {
            fs::set_permissions(file.path(), Permissions::from_mode(mode)).unwrap();
            assert_eq!(is_readable_by_others(file.path()), readable, "{mode:o}");
        }
        for path in ["-", "/dev/stdin", "/dev/null", "/", "/no/such/file"] {
            assert!(!is_readable_by_others(Path::new(path)), "{path}");
        }
    }

    #[test]
    fn lines_that_say_nothing_are_skipped() {
        let text = b"\xef\xbb\xbffirst\r\n\n# comment\n  \t\r\n  # indented\n second # kept \n\xff bad\nlast";
        let expected = [
            (1, Ok("first")),
            (6, Ok("second # kept")),
            (7, Err("the line is not UTF-8 text: save the file as UTF-8")),
            (8, Ok("last")),
        ];
        assert_eq!(lines(text).collect::<Vec<_>>(), expected);
        assert_eq!(lines(b"").count(), 0);
        assert_eq!(lines(b"\xef\xbb\xbf").count(), 0);
    }

    proptest! {
        #[test]
        fn every_line_keeps_its_number(said in prop::collection::vec("[a-z]{0,3}", 0..20)) {
            let numbered = (1..).zip(&said).filter(|(_, line)| !line.is_empty());
            let expected: Vec<_> = numbered.map(|(number, line)| (number, Ok(line.as_str()))).collect();
            for end in ["\n", "\r\n"] {
                let text = said.join(end);
                prop_assert_eq!(lines(text.as_bytes()).collect::<Vec<_>>(), expected.clone());
            }
        }

        #[test]
        fn lines_of_anything_are_never_blank(text in prop::collection::vec(any::<u8>(), 0..200)) {
            for (number, line) in lines(&text) {
                prop_assert!(number >= 1);
                prop_assert!(!line.is_ok_and(|line| line.trim().is_empty() || line.contains('\n')));
            }
        }
    }

    #[test]
    fn targets_that_are_no_regular_files_are_refused() {
        let directory = tempfile::tempdir().unwrap();
        let link = directory.path().join("link");
        std::os::unix::fs::symlink("/dev/null", &link).unwrap();
        let table = [
            (directory.path(), "is a directory"),
            (&link, "is a symbolic link; name the file itself"),
            (Path::new("/dev/null"), "is not a regular file"),
        ];
        for (target, why) in table {
            let error = refuse_irregular(target).unwrap_err().to_string();
            assert_eq!(error, format!("--output-file {} {why}", target.display()));
        }
        let error = refuse_irregular(Path::new("-")).unwrap_err().to_string();
        assert_eq!(error, "--output-file - names no file; leave it out for standard output");
        assert!(refuse_irregular(&directory.path().join("new")).is_ok());
    }
}

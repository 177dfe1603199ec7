//! Replaces files: a new one beside the old, then a rename, so that readers see the old text or the new one.
//!
//! The directory is open meanwhile: who renames it, or puts a link in its place, diverts nothing.

use std::ffi::OsStr;
use std::fs::File;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{self, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Error, anyhow};
use rustix::fs::{
    AtFlags, Dir, FileType, Mode as FileMode, OFlags, fchmod, openat, renameat, statat, unlinkat,
};
use rustix::io::Errno;
use rustix::process::geteuid;

use crate::input;
use crate::sanitize::system_words;

/// Beginning of the random name of a file that is being written.
const PREFIX: &str = ".check_ceilometer.";

/// Age at which a file that was never renamed is taken for a killed run's: no run writes for so long.
const ABANDONED_AFTER: Duration = Duration::from_secs(600);

/// Maximum number of directory entries that are searched for such files.
const MAX_SEARCHED: usize = 4096;

#[derive(Debug, Clone, Copy)]
pub(crate) enum Mode {
    /// These, less the umask.
    New(u32),
    Exact(u32),
}

/// Replaces a file of a directory by one with this content.
///
/// A killed run leaves its unfinished file, and the next one removes it. A file without a name (`O_TMPFILE`) would
/// only narrow that window, for it needs a name before it can be renamed.
pub(crate) fn replace(directory: impl AsFd, name: &OsStr, content: &[u8], mode: Mode) -> io::Result<()> {
    let directory = directory.as_fd();
    remove_abandoned(directory);
    let (new, file) = create(directory, mode)?;
    let replaced = write(file, content, mode).and_then(|()| Ok(renameat(directory, &new, directory, name)?));
    if replaced.is_err() {
        let _ = unlinkat(directory, &new, AtFlags::empty());
    }
    replaced
}

pub(crate) fn cause(file: &Path, error: &io::Error) -> Error {
    anyhow!("{}: {}", input::name(file), system_words(error))
}

fn create(directory: BorrowedFd<'_>, mode: Mode) -> io::Result<(String, File)> {
    let (Mode::New(bits) | Mode::Exact(bits)) = mode;
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    loop {
        let name = format!("{PREFIX}{:x}", RandomState::new().build_hasher().finish());
        match openat(directory, &name, flags, bits.into()) {
            Ok(file) => return Ok((name, file.into())),
            Err(Errno::EXIST) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

fn write(mut file: File, content: &[u8], mode: Mode) -> io::Result<()> {
    if let Mode::Exact(bits) = mode {
        fchmod(&file, bits.into())?;
    }
    file.write_all(content)
}

/// Removes what killed runs of this user have left in a directory.
fn remove_abandoned(directory: BorrowedFd<'_>) {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let Ok(entries) = openat(directory, ".", flags, FileMode::empty()).and_then(Dir::new) else { return };
    for entry in entries.take(MAX_SEARCHED).flatten() {
        let name = entry.file_name();
        if name.to_bytes().starts_with(PREFIX.as_bytes()) && is_abandoned(directory, name.to_bytes()) {
            // Another run may have removed it.
            let _ = unlinkat(directory, name, AtFlags::empty());
        }
    }
}

fn is_abandoned(directory: BorrowedFd<'_>, name: &[u8]) -> bool {
    let Ok(found) = statat(directory, OsStr::from_bytes(name), AtFlags::SYMLINK_NOFOLLOW) else {
        return false;
    };
    let written =
        u64::try_from(found.st_mtime).ok().and_then(|time| UNIX_EPOCH.checked_add(Duration::from_secs(time)));
    let age = written.and_then(|written| SystemTime::now().duration_since(written).ok());
    let own = FileType::from_raw_mode(found.st_mode).is_file() && found.st_uid == geteuid().as_raw();
    own && age.is_some_and(|age| age >= ABANDONED_AFTER)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::input::open_directory;

    fn replace_in(directory: &Path, name: &str, content: &[u8], mode: Mode) {
        let directory = open_directory(directory).unwrap();
        replace(directory, OsStr::new(name), content, mode).unwrap();
    }

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
        replace_in(directory.path(), "ceilometer.prom", b"first\n", Mode::New(0o644));
        assert_eq!(fs::read_to_string(&file).unwrap(), "first\n");
        assert_eq!(mode(&file) & !0o644, 0, "at most the mode that node_exporter needs");
        replace_in(directory.path(), "ceilometer.prom", b"second\n", Mode::Exact(0o640));
        assert_eq!(fs::read_to_string(&file).unwrap(), "second\n");
        assert_eq!(names(directory.path()), ["ceilometer.prom"]);
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
        replace_in(directory.path(), "report", b"text", Mode::New(0o644));
        let mut left = names(directory.path());
        left.sort();
        assert_eq!(left, [".check_ceilometer.new", "other", "report"]);
    }

    /// Whoever owns the directory above can put a link to another one in its place.
    #[test]
    fn renamed_directory() {
        let above = tempfile::tempdir().unwrap();
        let [own, moved, other] = ["own", "moved", "other"].map(|name| above.path().join(name));
        fs::create_dir(&own).unwrap();
        fs::create_dir(&other).unwrap();
        let directory = open_directory(&own).unwrap();
        fs::rename(&own, &moved).unwrap();
        std::os::unix::fs::symlink(&other, &own).unwrap();
        replace(directory, OsStr::new("file"), b"text", Mode::Exact(0o600)).unwrap();
        assert_eq!((names(&moved), names(&other)), (vec!["file".to_owned()], Vec::new()));
    }

    #[test]
    fn name_of_a_directory() {
        let above = tempfile::tempdir().unwrap();
        fs::create_dir(above.path().join("taken")).unwrap();
        let directory = open_directory(above.path()).unwrap();
        let error = replace(directory, OsStr::new("taken"), b"text", Mode::New(0o644)).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::IsADirectory);
        assert_eq!(names(above.path()), ["taken"], "nothing is left");
    }
}

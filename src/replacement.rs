//! Replaces files: a new one beside the old, then a rename, so that readers see the old text or the new one.

use std::fs::{self, Metadata, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::time::{Duration, SystemTime};

use anyhow::{Error, Result, anyhow};
use rustix::process::geteuid;

use crate::input;
use crate::sanitize::without_number;

/// Beginning of the random name of a file that is being written.
const PREFIX: &str = ".check_ceilometer.";

/// Age at which a file that was never renamed is taken for a killed run's: no run writes for so long.
const ABANDONED_AFTER: Duration = Duration::from_secs(600);

/// Maximum number of directory entries that are searched for such files.
const MAX_SEARCHED: usize = 4096;

/// Permissions of a new file.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Mode {
    /// These, less the umask.
    New(u32),
    Exact(u32),
}

/// Replaces a file by one with this content.
///
/// A killed run leaves its unfinished file, and the next one removes it. A file without a name (`O_TMPFILE`) would
/// only narrow that window, for it needs a name before it can be renamed.
pub(crate) fn replace(file: &Path, content: &[u8], mode: Mode) -> Result<()> {
    let directory = file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    remove_abandoned(directory);
    let (Mode::New(bits) | Mode::Exact(bits)) = mode;
    let permissions = Permissions::from_mode(bits);
    let mut builder = tempfile::Builder::new();
    let new = builder.prefix(PREFIX).permissions(permissions.clone()).tempfile_in(directory);
    let mut new = new.map_err(|error| cause(file, &error))?;
    if matches!(mode, Mode::Exact(_)) {
        new.as_file().set_permissions(permissions).map_err(|error| cause(file, &error))?;
    }
    new.write_all(content).map_err(|error| cause(file, &error))?;
    new.into_temp_path().persist(file).map_err(|error| cause(file, &error.error))
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
    let words = without_number(text.split(" at path ").next().unwrap_or_default());
    anyhow!("{}: {words}", input::name(file))
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
        replace(&file, b"first\n", Mode::New(0o644)).unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "first\n");
        assert_eq!(mode(&file) & !0o644, 0, "at most the mode that node_exporter needs");
        replace(&file, b"second\n", Mode::Exact(0o640)).unwrap();
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
        replace(&directory.path().join("report"), b"text", Mode::New(0o644)).unwrap();
        let mut left = names(directory.path());
        left.sort();
        assert_eq!(left, [".check_ceilometer.new", "other", "report"]);
    }

    #[test]
    fn missing_directory() {
        let error = replace(Path::new("/nonexistent/file"), b"text", Mode::New(0o644)).unwrap_err();
        assert_eq!(error.to_string(), "/nonexistent/file: No such file or directory");
    }
}

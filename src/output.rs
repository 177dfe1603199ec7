//! The one place that writes: to standard output, or to `--output-file`.
//!
//! What cannot be told must not look healthy: a result that could not be written leaves CRITICAL what it
//! is and makes anything else UNKNOWN.

use std::fs::{self, File, Permissions};
use std::io::{self, Write};
use std::os::fd::AsRawFd;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::{Arc, Once};

use anyhow::{Context, Error, Result};
use rustix::fs::{AtFlags, CWD, Mode, OFlags, linkat, openat};
use rustix::process::{Resource, getrlimit};
use signal_hook::consts::SIGXFSZ;

use crate::input;
use crate::plan::Plan;
use crate::report::Report;

/// The mode of a new output file, less the umask: others may read it, as the node exporter must.
const MODE: u32 = 0o644;

/// Where Linux shows a process its own descriptors, also those of files without a name.
const DESCRIPTORS: &str = "/proc/self/fd";

/// Writes a text to standard output. An empty one is not written at all: HAProxy's checks may run
/// without a standard output.
pub(crate) fn print(text: &str) -> io::Result<()> {
    if text.is_empty() {
        return Ok(());
    }
    survive_file_limit();
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()
}

/// Makes an ordinary error of a write beyond the limit on files (`ulimit -f`), whose signal would end the process
/// with an exit code that is none of ours.
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

/// Writes a text that is no report, to standard output or to a file.
pub(crate) fn publish(text: &str, file: Option<&Path>) -> Result<()> {
    let Some(file) = file else { return Ok(print(text)?) };
    replace(file, text).context("--output-file was not written")
}

/// Writes a report where the plan wants it, and returns the process's exit code.
pub(crate) fn write_report(report: &Report, plan: &Plan) -> u8 {
    let (text, codes) = (report.render(&plan.output), plan.exit_codes);
    let Some(file) = &plan.output.file else {
        return print(&text).map_or_else(|_| codes.of(report.state_if_lost()), |()| report.exit_code);
    };
    let Err(error) = replace(file, &text) else { return report.exit_code };
    let failed = report.write_failed(&format!("{error:#}"), codes);
    // Whether or not this can be printed: the exit code says it all.
    let _ = print(&failed.render_fallback(plan.output.format));
    failed.exit_code
}

/// Replaces a file: a new one beside it, then a rename, so that readers see the old text or the new one.
fn replace(file: &Path, text: &str) -> Result<()> {
    input::check_output_target(file)?;
    survive_file_limit();
    let beside = file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let old = fs::symlink_metadata(file).ok().map(|found| found.permissions().mode() & 0o7777);
    let written = if let Ok(new) = nameless(beside) {
        write(&new, old, text)?;
        // The name lives from one system call to the next, the rename.
        named().make_in(beside, |path| link(&new, path)).map_err(|error| cause(&error))?.into_temp_path()
    } else {
        // A file system that has no files without a name (NFS), or no /proc to name them by.
        let new = named().permissions(Permissions::from_mode(MODE)).tempfile_in(beside);
        let new = new.map_err(|error| cause(&error))?;
        write(new.as_file(), old, text)?;
        new.into_temp_path()
    };
    written.persist(file).map_err(|error| cause(&error.error))
}

/// A random name for a new file; removed again when the rename fails.
fn named<'a>() -> tempfile::Builder<'a, 'static> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".check_ceilometer.");
    builder
}

/// A new file that has no name yet: a kill while it is written leaves nothing behind.
fn nameless(directory: &Path) -> io::Result<File> {
    fs::metadata(DESCRIPTORS)?;
    let flags = OFlags::TMPFILE | OFlags::WRONLY | OFlags::CLOEXEC;
    Ok(File::from(openat(CWD, directory, flags, Mode::from_raw_mode(MODE))?))
}

/// Gives a nameless file its name; fails if there is such a file.
fn link(file: &File, name: &Path) -> io::Result<()> {
    let descriptor = format!("{DESCRIPTORS}/{}", file.as_raw_fd());
    Ok(linkat(CWD, descriptor, CWD, name, AtFlags::SYMLINK_FOLLOW)?)
}

/// Gives a new file its mode, if an old one has it, and its text.
fn write(mut new: &File, mode: Option<u32>, text: &str) -> Result<()> {
    if let Some(mode) = mode {
        new.set_permissions(Permissions::from_mode(mode))?;
    }
    new.write_all(text.as_bytes()).map_err(|error| cause(&error))
}

/// The system's own words: what stands around them names a random file that nobody has seen.
fn cause(error: &io::Error) -> Error {
    let text = error.to_string();
    Error::msg(text.split(" at path ").next().unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(file: &Path) -> u32 {
        fs::metadata(file).unwrap().permissions().mode() & 0o7777
    }

    fn names(directory: &Path) -> Vec<String> {
        let entries = fs::read_dir(directory).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn a_file_is_written_whole_and_alone() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("ceilometer.prom");
        replace(&file, "first\n").unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "first\n");
        assert_eq!(mode(&file) & !0o644, 0, "at most the mode that node_exporter needs");
        fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
        replace(&file, "second\n").unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "second\n");
        assert_eq!(mode(&file), 0o600, "the old file's mode");
        assert_eq!(names(directory.path()), ["ceilometer.prom"]);
    }

    #[test]
    fn a_failed_write_is_told_in_the_system_s_words() {
        let error = replace(Path::new("/nonexistent/file"), "text\n").unwrap_err();
        assert_eq!(error.to_string(), "No such file or directory (os error 2)");
    }
}

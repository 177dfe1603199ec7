//! Tables of accepted and refused files, and the laws of lines.

use std::fs::Permissions;
use std::io::{self, Write};
use std::os::fd::AsRawFd;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use proptest::prelude::*;
use rustix::fs::CWD;

use super::*;

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
fn file_size_limit() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(&[b'x'; LIMIT]).unwrap();
    assert_eq!(read(file.path(), LIMIT, soon()).unwrap(), [b'x'; LIMIT]);
    file.write_all(b"y").unwrap();
    let expected = format!("'{}' is larger than 1000 bytes: is it the right file?", file.path().display());
    assert_eq!(error(file.path(), LIMIT, soon()), expected);
    assert_eq!(
        error(Path::new("/dev/zero"), LIMIT, soon()),
        "'/dev/zero' is larger than 1000 bytes: is it the right file?"
    );
    assert_eq!(read(Path::new("/dev/null"), LIMIT, soon()).unwrap(), b"");
}

#[test]
fn unreadable_files() {
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
        describe_refusal("'x'", Errno::ACCESS),
        "'x' may not be read: give the user that runs the check permission to read it"
    );
    assert_eq!(
        describe_refusal("standard input", Errno::BADF),
        "standard input is closed: name a file instead"
    );
    assert_eq!(describe_refusal("'x'", Errno::NXIO), "'x' cannot be read: no such device or address");
}

#[test]
fn fifo_with_writer() {
    let (_directory, path) = fifo();
    let writer = thread::spawn({
        let path = path.clone();
        move || fs::write(path, "first\nsecond\n").unwrap()
    });
    assert_eq!(read(&path, LIMIT, soon()).unwrap(), b"first\nsecond\n");
    writer.join().unwrap();
}

#[test]
fn fifo_without_writer() {
    let (_directory, path) = fifo();
    let started = Instant::now();
    let expected = format!("'{}' did not end in time: close what writes to it, or raise -t", path.display());
    assert_eq!(error(&path, LIMIT, started + Duration::from_millis(30)), expected);
    assert!(started.elapsed() >= Duration::from_millis(30));
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
}

#[test]
fn writer_without_end() {
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
fn pipe_without_writer() {
    for content in [b"token".as_slice(), b""] {
        let (reader, mut writer) = io::pipe().unwrap();
        writer.write_all(content).unwrap();
        drop(writer);
        let path = format!("/dev/fd/{}", reader.as_raw_fd());
        assert_eq!(read(Path::new(&path), LIMIT, soon()).unwrap(), content);
    }
}

#[test]
fn passed_deadline() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let expected =
        format!("'{}' did not end in time: close what writes to it, or raise -t", file.path().display());
    assert_eq!(error(file.path(), LIMIT, Instant::now()), expected);
}

#[test]
fn files_readable_by_others() {
    let file = tempfile::NamedTempFile::new().unwrap();
    for (mode, readable) in [(0o600, false), (0o640, true), (0o604, true), (0o644, true), (0o611, false)] {
        fs::set_permissions(file.path(), Permissions::from_mode(mode)).unwrap();
        assert_eq!(is_readable_by_others(file.path()), readable, "{mode:o}");
    }
    for path in ["-", "/dev/stdin", "/dev/null", "/", "/no/such/file"] {
        assert!(!is_readable_by_others(Path::new(path)), "{path}");
    }
}

#[test]
fn blank_lines_and_comments() {
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
    fn line_numbers(said in prop::collection::vec("[a-z]{0,3}", 0..20)) {
        let numbered = (1..).zip(&said).filter(|(_, line)| !line.is_empty());
        let expected: Vec<_> = numbered.map(|(number, line)| (number, Ok(line.as_str()))).collect();
        for end in ["\n", "\r\n"] {
            let text = said.join(end);
            prop_assert_eq!(lines(text.as_bytes()).collect::<Vec<_>>(), expected.clone());
        }
    }

    #[test]
    fn lines_of_arbitrary_bytes(text in prop::collection::vec(any::<u8>(), 0..200)) {
        for (number, line) in lines(&text) {
            prop_assert!(number >= 1);
            prop_assert!(!line.is_ok_and(|line| line.trim().is_empty() || line.contains('\n')));
        }
    }
}

#[test]
fn irregular_targets() {
    let directory = tempfile::tempdir().unwrap();
    let link = directory.path().join("link");
    std::os::unix::fs::symlink("/dev/null", &link).unwrap();
    let table = [
        (directory.path(), "is a directory"),
        (&link, "is a symbolic link; name the file itself"),
        (Path::new("/dev/null"), "is not a regular file"),
    ];
    for (target, why) in table {
        let error = check_output_target(target).unwrap_err().to_string();
        assert_eq!(error, format!("--output-file {} {why}", target.display()));
    }
    let error = check_output_target(Path::new("-")).unwrap_err().to_string();
    assert_eq!(error, "--output-file - names no file; leave it out for standard output");
    assert!(check_output_target(&directory.path().join("new")).is_ok());
}

/// Whoever owns the directory of a link can let it lead elsewhere once the file is read.
#[test]
fn directories_of_a_trusted_file() {
    let above = tempfile::tempdir().unwrap();
    let at = |name: &str| above.path().join(name);
    for name in ["test", "prod", "planted"] {
        fs::create_dir(at(name)).unwrap();
        fs::write(at(name).join("clouds.yaml"), name).unwrap();
        fs::set_permissions(at(name).join("clouds.yaml"), Permissions::from_mode(0o600)).unwrap();
    }
    let link = at("planted/link");
    let read = |path: &Path| read_trusted(path, 100, soon()).unwrap().unwrap();
    std::os::unix::fs::symlink("../test/clouds.yaml", at("test/again")).unwrap();
    std::os::unix::fs::symlink("../test/again", &link).unwrap();
    let (content, found) = read(&link);
    fs::remove_file(&link).unwrap();
    std::os::unix::fs::symlink("../prod/clouds.yaml", &link).unwrap();
    let (new_content, replaced) = read(&link);
    assert_eq!((&*content, &*new_content), (&b"test"[..], &b"prod"[..]));
    for (file, lies_in) in [(&found, "test"), (&replaced, "prod")] {
        let is_in = |directory: &OwnedFd, name: &str| is_same(directory, open_directory(&at(name)).unwrap());
        assert!(is_in(&file.named_in, "planted") && is_in(&file.lies_in, lies_in), "{lies_in}");
    }
    assert!(!is_same(&found.file, &replaced.file));
}

#[test]
fn refused_trusted_files() {
    let directory = tempfile::tempdir().unwrap();
    let at = |name: &str| directory.path().join(name);
    fs::write(at("file"), "text").unwrap();
    let (pipe, _writer) = io::pipe().unwrap();
    std::os::unix::fs::symlink(format!("/proc/self/fd/{}", pipe.as_raw_fd()), at("pipe")).unwrap();
    for (name, why) in [("file/", "is a directory: name a file"), ("pipe", "is not a regular file")] {
        let error = read_trusted(&at(name), LIMIT, soon()).err().unwrap().to_string();
        assert_eq!(error, format!("'{}' {why}", at(name).display()));
    }
}

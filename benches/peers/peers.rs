//! The programs that are compared: paths, arguments, versions.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::measure::Subject;

/// The environment variable that names another build of the program, such as a static one.
const OTHER_BUILD: &str = "BENCHED";
pub(crate) const CHECK_HTTP: &str = "/usr/lib/nagios/plugins/check_http";
pub(crate) const CURL: &str = "/usr/bin/curl";
const NOTHING: &str = "/dev/null";

/// The programs, all in one directory of the benchmark's own.
#[derive(Debug)]
pub(crate) struct Peers {
    directory: PathBuf,
    ours: PathBuf,
    check_http: PathBuf,
    curl: PathBuf,
    get: PathBuf,
    epoll: PathBuf,
    pub(crate) gauge: PathBuf,
}

impl Peers {
    /// Compiles the C programs, and copies the others, so that the kernel holds all files alike: freshly written.
    pub(crate) fn prepare() -> Result<Peers> {
        let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("peers");
        std::fs::create_dir_all(&directory)?;
        let compiled = |name: &str, options: &[&str]| compile(&directory, name, options);
        // Static, to be smaller than anything that it measures.
        let gauge = compiled("measure", &["-static"]).or_else(|_| compiled("measure", &[]))?;
        let (get, epoll) = (compiled("get", &[])?, compiled("epoll", &[])?);
        let ours = copied(&directory, &ours())?;
        let (check_http, curl) = (copied(&directory, CHECK_HTTP)?, copied(&directory, CURL)?);
        Ok(Peers { directory, ours, check_http, curl, get, epoll, gauge })
    }

    /// The path of a file in the benchmark's directory.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    /// This program, with a file of endpoints on standard input if one is given.
    pub(crate) fn ours(&self, name: &str, arguments: &[&str], input: Option<&Path>) -> Subject {
        let mut subject = subject(&self.ours, name, arguments, "CEILOMETER OK");
        if let Some(input) = input {
            input.clone_into(&mut subject.input);
            subject.arguments.extend(["--endpoints".to_owned(), "-".to_owned()]);
        }
        subject
    }

    /// The C plugin that this program replaces.
    pub(crate) fn check_http(&self, name: &str, arguments: &[&str]) -> Subject {
        let mut all = vec!["-u", "/v2/health", "-t", "10"];
        all.extend(arguments);
        subject(&self.check_http, name, &all, "HTTP OK")
    }

    pub(crate) fn curl(&self, name: &str, arguments: &[&str]) -> Subject {
        let mut all = vec!["-q", "-s", "-f", "-o", NOTHING, "-H", "Connection: close"];
        all.extend(arguments);
        subject(&self.curl, name, &all, "")
    }

    /// One GET in C.
    pub(crate) fn get(&self, port: u16) -> Subject {
        subject(&self.get, "C, one GET and nothing else", &[&port.to_string()], "OK")
    }

    /// Many GETs in C.
    pub(crate) fn epoll(&self, port: u16, count: usize, in_flight: usize) -> Subject {
        let arguments = [port.to_string(), count.to_string(), in_flight.to_string()];
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let name = format!("C, one epoll loop, {in_flight} in flight");
        subject(&self.epoll, &name, &arguments, "OK")
    }

    /// The programs with their versions, or as missing.
    pub(crate) fn versions() -> Vec<(String, String)> {
        let ours = ours();
        let asked: [(&str, &str, &[&str]); 5] = [
            ("check_ceilometer", &ours, &["--version"]),
            ("check_http", CHECK_HTTP, &["--version"]),
            ("curl", CURL, &["--version"]),
            ("cc", "cc", &["--version"]),
            ("valgrind", "valgrind", &["--version"]),
        ];
        let line = |program: &str, arguments: &[&str]| {
            let output = Command::new(program).args(arguments).output().ok()?;
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            Some(text.lines().next().unwrap_or("(prints no version)").to_owned())
        };
        let row = |(name, program, arguments): (&str, &str, &[&str])| {
            (name.to_owned(), line(program, arguments).unwrap_or_else(|| format!("missing ({program})")))
        };
        asked.into_iter().map(row).collect()
    }
}

/// The path of this program.
pub(crate) fn ours() -> String {
    std::env::var(OTHER_BUILD).unwrap_or_else(|_| env!("CARGO_BIN_EXE_check_ceilometer").into())
}

fn subject(program: &Path, name: &str, arguments: &[&str], proof: &'static str) -> Subject {
    Subject {
        name: name.to_owned(),
        program: program.to_owned(),
        arguments: arguments.iter().map(ToString::to_string).collect(),
        environment: Vec::new(),
        input: PathBuf::from(NOTHING),
        exit_code: 0,
        proof,
    }
}

/// Copies a program. The path of a missing one is returned as it is, and reported as missing later.
fn copied(directory: &Path, program: &str) -> Result<PathBuf> {
    let original = Path::new(program);
    let Some(name) = original.file_name().filter(|_| original.exists()) else {
        return Ok(original.to_owned());
    };
    let copy = directory.join(name);
    // A new file: an old one would keep the kernel's pages of an earlier run.
    let _ = std::fs::remove_file(&copy);
    let _ = std::fs::remove_file(copy.with_extension("installed"));
    std::fs::copy(original, &copy)?;
    Ok(copy)
}

fn compile(directory: &Path, name: &str, options: &[&str]) -> Result<PathBuf> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/peers").join(name).with_extension("c");
    let program = directory.join(name);
    let mut compiler = Command::new("cc");
    compiler.args(["-O2", "-Wall"]).args(options).arg("-o").arg(&program).arg(&source);
    let output = compiler.output().context("no C compiler (cc): nothing can be measured without it")?;
    if !output.status.success() {
        bail!("{}: {}", source.display(), String::from_utf8_lossy(&output.stderr));
    }
    Ok(program)
}

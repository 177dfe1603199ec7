//! Who is compared: where each program is found, what it is told, and its version.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::measure::Subject;

const CHECK_HTTP: &str = "/usr/lib/nagios/plugins/check_http";
const CURL: &str = "/usr/bin/curl";
const NOTHING: &str = "/dev/null";

/// What the comparison compiles and writes.
#[derive(Debug)]
pub(crate) struct Peers {
    /// Where compiled programs and inputs are kept.
    directory: PathBuf,
    get: PathBuf,
    epoll: PathBuf,
    pub(crate) gauge: PathBuf,
}

impl Peers {
    /// Compiles what is compiled.
    pub(crate) fn prepare() -> Result<Peers> {
        let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("peers");
        std::fs::create_dir_all(&directory)?;
        let compiled = |name: &str, options: &[&str]| compile(&directory, name, options);
        // Static, to be smaller than anything that it measures.
        let gauge = compiled("measure", &["-static"]).or_else(|_| compiled("measure", &[]))?;
        let (get, epoll) = (compiled("get", &[])?, compiled("epoll", &[])?);
        Ok(Peers { directory, get, epoll, gauge })
    }

    /// A file in the benchmark's own directory.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    /// One GET in C.
    pub(crate) fn get(&self, port: u16) -> Subject {
        subject(
            self.get.as_os_str().to_string_lossy(),
            "C, one GET and nothing else",
            &[&port.to_string()],
            "OK",
        )
    }

    /// Many GETs in C.
    pub(crate) fn epoll(&self, port: u16, count: usize, in_flight: usize) -> Subject {
        let arguments = [port.to_string(), count.to_string(), in_flight.to_string()];
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let name = format!("C, one epoll loop, {in_flight} in flight");
        subject(self.epoll.as_os_str().to_string_lossy(), &name, &arguments, "OK")
    }

    /// The programs with their versions, and those that are missing.
    pub(crate) fn versions() -> Vec<(String, String)> {
        let asked: [(&str, &str, &[&str]); 5] = [
            ("check_ceilometer", env!("CARGO_BIN_EXE_check_ceilometer"), &["--version"]),
            ("check_http", CHECK_HTTP, &["--version"]),
            ("curl", CURL, &["--version"]),
            ("cc", "cc", &["--version"]),
            ("valgrind", "valgrind", &["--version"]),
        ];
        let line = |program: &str, arguments: &[&str]| {
            let output = Command::new(program).args(arguments).output().ok()?;
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            Some(text.lines().next().unwrap_or("(tells no version)").to_owned())
        };
        let told = |(name, program, arguments): (&str, &str, &[&str])| {
            (name.to_owned(), line(program, arguments).unwrap_or_else(|| format!("missing ({program})")))
        };
        asked.into_iter().map(told).collect()
    }
}

/// This crate's program, its endpoints on standard input where there is a file of them.
pub(crate) fn own(name: &str, arguments: &[&str], input: Option<&Path>) -> Subject {
    let mut subject = subject(env!("CARGO_BIN_EXE_check_ceilometer"), name, arguments, "CEILOMETER OK");
    if let Some(input) = input {
        input.clone_into(&mut subject.input);
        subject.arguments.extend(["--endpoints".to_owned(), "-".to_owned()]);
    }
    subject
}

/// The C plugin that it replaces.
pub(crate) fn check_http(name: &str, arguments: &[&str]) -> Subject {
    let mut own = vec!["-u", "/v2/health", "-t", "10"];
    own.extend(arguments);
    subject(CHECK_HTTP, name, &own, "HTTP OK")
}

pub(crate) fn curl(name: &str, arguments: &[&str]) -> Subject {
    let mut own = vec!["-q", "-s", "-f", "-o", NOTHING, "-H", "Connection: close"];
    own.extend(arguments);
    subject(CURL, name, &own, "")
}

fn subject(program: impl AsRef<str>, name: &str, arguments: &[&str], proof: &'static str) -> Subject {
    Subject {
        name: name.to_owned(),
        program: PathBuf::from(program.as_ref()),
        arguments: arguments.iter().map(ToString::to_string).collect(),
        environment: Vec::new(),
        input: PathBuf::from(NOTHING),
        exit_code: 0,
        proof,
    }
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

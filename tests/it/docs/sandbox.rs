//! A directory and a network of one's own in which the documents' commands run.
//!
//! Commands run as they stand but for [`SUBSTITUTED`]; the names in them are served by [`crate::docs::names`].

use std::fs;
use std::os::unix::fs::symlink;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::docs::names::Names;

const PROGRAM: &str = env!("CARGO_BIN_EXE_check_ceilometer");

/// Beginnings of commands that are not run here, and why.
pub(crate) const NOT_RUN: &[(&str, &str)] = &[
    ("cargo ", "builds this tree; .ci/run and this very suite do that"),
    ("UPDATE_EXPECT=1 cargo ", "rewrites files of this tree"),
    (".ci/", "the gate and the package's builder, which run this suite or are run by the gate"),
    ("RUSTFLAGS=", "builds this tree; the gate does that"),
    ("sudo ", "changes the machine; the gate installs the package"),
    ("systemctl ", "needs the machine's services; tests/callers starts the daemons themselves"),
    ("nagios4 ", "tests/callers has Nagios read what is generated"),
    ("icinga2 ", "tests/callers has Icinga read what is generated"),
    ("haproxy ", "tests/callers has HAProxy read what is generated"),
    ("/usr/lib/nagios/plugins/check_nrpe ", "tests/callers calls it with an NRPE server of its own"),
];

/// What is replaced in a command before it runs, and why.
const SUBSTITUTED: &[(&str, &str, &str)] = &[
    ("cargo run --release -- ", "check_ceilometer ", "built already; the gate runs it as it stands"),
    ("/usr/lib/nagios/plugins/check_ceilometer", PROGRAM, "not installed"),
    ("--watch 5s", "--watch 100ms --count 2", "would never end"),
    (" /etc/", " ROOT/etc/", "the machine's own files are left alone"),
    (" /usr/local/", " ROOT/usr/local/", "likewise"),
    (" /var/lib/", " ROOT/var/lib/", "likewise"),
];

/// The directories that commands write to.
const DIRECTORIES: &[&str] = &[
    "bin",
    "etc/bash_completion.d",
    "etc/ceilometer",
    "etc/haproxy",
    "etc/icinga2/conf.d",
    "etc/nagios-plugins/config",
    "etc/nagios/nrpe.d",
    "etc/nagios4/conf.d",
    "etc/ssl",
    "etc/systemd/system",
    "usr/local/share/man/man1",
    "var/lib/prometheus/node-exporter",
];

/// What a command left behind.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Where commands run.
pub(crate) struct Sandbox {
    directory: TempDir,
    names: Names,
}

/// Why a command is not run, if it is not.
pub(crate) fn reason_not_to_run(command: &str) -> Option<&'static str> {
    NOT_RUN.iter().find(|(beginning, _)| command.starts_with(beginning)).map(|(_, reason)| *reason)
}

impl Sandbox {
    /// A directory with what the documents take for granted: the plugin on the PATH, a CA, a token, a list.
    pub(crate) fn new() -> Sandbox {
        let (directory, names) = (tempfile::tempdir().unwrap(), Names::serve());
        for path in DIRECTORIES {
            fs::create_dir_all(directory.path().join(path)).unwrap();
        }
        symlink(PROGRAM, directory.path().join("bin/check_ceilometer")).unwrap();
        let files = [
            ("etc/ssl/private-ca.pem", names.ca.as_str()),
            ("etc/ceilometer/token", "0123456789abcdef"),
            ("etc/ceilometer/endpoints", "metering1.example.com\nmetering2.example.com\n"),
        ];
        for (path, text) in files {
            fs::write(directory.path().join(path), text).unwrap();
        }
        Sandbox { directory, names }
    }

    /// Runs a command as a script would.
    pub(crate) fn run(&self, command: &str) -> Ran {
        self.sh(command, "")
    }

    /// Runs a command as if at a terminal of 80 columns, behind one that exited with a code.
    pub(crate) fn at_a_terminal(&self, command: &str, last: i32) -> Ran {
        self.sh(&format!("(exit {last}); {command}"), "-o human")
    }

    fn sh(&self, line: &str, options: &str) -> Ran {
        let root = self.directory.path().to_str().unwrap();
        let mut line = line.to_owned();
        for (shown, run, _) in SUBSTITUTED {
            line = line.replace(shown, &run.replace("ROOT", root));
        }
        let proxy = format!("http://{}", self.names.address);
        // What the simulation and --explain ask is no name of the documents.
        let named = ["example.com", "localhost", "--endpoints"].iter().any(|word| line.contains(word));
        let options = if named { format!("{options} --proxy {proxy}") } else { options.to_owned() };
        let mut shell = Command::new("sh");
        shell.args(["-c", &line]).current_dir(root).env_clear().stdin(Stdio::null());
        shell
            .env("PATH", format!("{root}/bin:/usr/bin:/bin"))
            .env("SSL_CERT_FILE", format!("{root}/etc/ssl/private-ca.pem"));
        shell.env("CHECK_CEILOMETER_OPTS", options).env("http_proxy", proxy);
        let output = shell.output().unwrap();
        Ran {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

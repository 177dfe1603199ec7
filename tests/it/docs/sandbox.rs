//! A directory and a network of its own for the documents' commands.
//!
//! Commands run as they are written, except for [`SUBSTITUTED`]; the names in them are served by [`crate::docs::names`].

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

use tempfile::TempDir;

use crate::docs::names::Names;
use crate::support::programs::Run;

const PROGRAM: &str = env!("CARGO_BIN_EXE_check_ceilometer");

/// Beginnings of commands that are not run here, with the reasons.
pub(crate) const NOT_RUN: &[(&str, &str)] = &[
    ("cargo ", "builds this tree; .ci/run and this very suite do that"),
    ("UPDATE_EXPECT=1 cargo ", "rewrites files of this tree"),
    (".ci/", "the gate and the builder of packages, which run this suite or are run by the gate"),
    ("sudo ", "changes the machine; the gate installs the packages"),
    ("(cd target/", "needs the packages; the gate checks and unpacks the archive"),
    ("tar ", "likewise"),
    ("systemctl ", "needs the machine's services; the callers' tests start the daemons themselves"),
    ("nagios4 ", "the callers' tests have Nagios read the generated text"),
    ("nagios ", "likewise"),
    ("icinga2 ", "the callers' tests have Icinga read the generated text"),
    ("haproxy ", "the callers' tests have HAProxy read the generated text"),
    ("zabbix_agentd ", "the callers' tests have Zabbix' agent read the generated text"),
    ("check_ceilometer -vv --os-cloud ", "needs a Keystone; .ci/keystone logs in to a real one"),
    ("/usr/lib/nagios/plugins/check_nrpe ", "the callers' tests call it with an NRPE server of their own"),
];

/// Replacements in a command before it runs, with the reasons. A blank precedes each command.
const SUBSTITUTED: &[(&str, &str, &str)] = &[
    ("cargo run --release -- ", "check_ceilometer ", "built already; the gate runs it as it is"),
    ("--watch=5s", "--watch=100ms --count 2", "would never end"),
    (" /etc/", " ROOT/etc/", "the machine's own files are left alone"),
    (" /run/", " ROOT/run/", "likewise"),
    (" /usr/", " ROOT/usr/", "likewise"),
    (" /var/lib/", " ROOT/var/lib/", "likewise"),
];

/// The directories that the callers' packages bring.
const DIRECTORIES: &[&str] = &[
    "bin",
    "etc/bash_completion.d",
    "etc/ceilometer",
    "etc/check_mk",
    "etc/haproxy",
    "etc/icinga2/conf.d",
    "etc/keepalived",
    "etc/nagios-plugins/config",
    "etc/nagios/conf.d",
    "etc/nagios/nrpe.d",
    "etc/nagios4/conf.d",
    "etc/nrpe.d",
    "etc/prometheus",
    "etc/ssl",
    "etc/systemd/system",
    "etc/zabbix/zabbix_agentd.conf.d",
    "run",
    "usr/bin",
    "usr/lib/check_mk_agent/local",
    "usr/lib/nagios/plugins",
    "usr/local/share/man/man1",
    "var/lib/haproxy",
    "var/lib/prometheus/node-exporter",
];

/// A directory in which commands run.
pub(crate) struct Sandbox {
    directory: TempDir,
    names: Names,
}

/// Returns the reason why a command is not run, if there is one.
pub(crate) fn reason_not_to_run(command: &str) -> Option<&'static str> {
    NOT_RUN.iter().find(|(beginning, _)| command.starts_with(beginning)).map(|(_, reason)| *reason)
}

impl Sandbox {
    /// Makes a directory with everything that the documents assume: the plugin on the PATH, a CA, a token, a list.
    pub(crate) fn new() -> Sandbox {
        let (directory, names) = (tempfile::tempdir().unwrap(), Names::serve());
        for path in DIRECTORIES {
            fs::create_dir_all(directory.path().join(path)).unwrap();
        }
        for link in ["bin/check_ceilometer", "usr/bin/check_ceilometer", "check_ceilometer"] {
            symlink(PROGRAM, directory.path().join(link)).unwrap();
        }
        let files = [
            ("etc/ssl/private-ca.pem", names.ca.as_str()),
            ("etc/ceilometer/token", "0123456789abcdef"),
            ("etc/nagios/nrpe.cfg", "allowed_hosts=127.0.0.1\n"),
            ("etc/prometheus/prometheus.yml", "rule_files:\n  - ceilometer.rules.yml\n"),
            ("etc/ceilometer/endpoints", "metering1.example.com\nmetering2.example.com\n"),
        ];
        for (path, text) in files {
            fs::write(directory.path().join(path), text).unwrap();
        }
        Sandbox { directory, names }
    }

    /// Runs a command as a script would.
    pub(crate) fn run(&self, command: &str) -> Run {
        self.sh(command, "")
    }

    /// Runs a command as at a terminal of 80 columns, after a command that exited with `last`.
    pub(crate) fn at_a_terminal(&self, command: &str, last: i32) -> Run {
        self.sh(&format!("(exit {last}); {command}"), "-o human")
    }

    fn sh(&self, line: &str, options: &str) -> Run {
        let root = self.directory.path().to_str().unwrap();
        let mut line = format!(" {line}");
        for (shown, run, _) in SUBSTITUTED {
            line = line.replace(shown, &run.replace("ROOT", root));
        }
        let proxy = format!("http://{}", self.names.address);
        // The simulation and --explain use no name of the documents.
        let named = ["example.com", "localhost", "--endpoints"].iter().any(|word| line.contains(word));
        let options = if named { format!("{options} --proxy {proxy}") } else { options.to_owned() };
        let mut shell = Command::new("sh");
        shell.args(["-c", &line]).current_dir(root).env_clear();
        shell
            .env("LC_ALL", "C.UTF-8")
            .env("PATH", format!("{root}/bin:/usr/bin:/bin"))
            .env("SSL_CERT_FILE", format!("{root}/etc/ssl/private-ca.pem"));
        shell.env("LC_ALL", "C.UTF-8").env("CHECK_CEILOMETER_OPTS", options).env("http_proxy", proxy);
        Run::of(&mut shell)
    }
}

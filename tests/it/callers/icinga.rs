//! Icinga 2: its perfdata writer shows state, output and metrics, its variables reach the plugin, and its stock
//! configuration loads with ours.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use check_ceilometer::testing;
use clap::ArgAction;
use tempfile::TempDir;

use crate::callers::plugin::{self, generated, labels, replaced};
use crate::callers::service::{Role, Service};
use crate::support::daemon::{Daemon, directory, write_script};
use crate::support::programs::{Run, found};

/// The result of a check, as Icinga has it.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    state: String,
    output: String,
    perfdata: String,
}

/// An Icinga in a directory of its own; dropping it ends it.
struct Icinga {
    daemon: Daemon,
    dir: TempDir,
}

impl Icinga {
    /// Starts Icinga with this configuration, after Icinga itself has accepted it.
    fn start(program: &Path, dir: TempDir, configuration: &str) -> Icinga {
        let file = dir.path().join("icinga2.conf");
        fs::write(&file, settings(dir.path()) + configuration).unwrap();
        let check = Run::of(command(program, dir.path()).args(["-C", "-c"]).arg(&file));
        assert_eq!(check.code, Some(0), "{check:?}");
        assert!(!check.stdout.contains("warning/"), "{check:?}");
        let daemon = Daemon::start(command(program, dir.path()).arg("-c").arg(&file), dir.path());
        Icinga { daemon, dir }
    }

    /// Waits until the service of each host has been checked, and returns the last check by host.
    fn checks(&mut self, number: usize) -> BTreeMap<String, Seen> {
        let dir = self.dir.path().join("perfdata");
        self.daemon.eventually("Icinga's checks", || {
            let mut text = String::new();
            for entry in fs::read_dir(&dir).unwrap() {
                // A file may be renamed meanwhile; the next look finds it.
                text += &fs::read_to_string(entry.unwrap().path()).unwrap_or_default();
            }
            let seen: BTreeMap<_, _> = text.split_terminator("\u{c}\n").filter_map(record).collect();
            if seen.len() == number { Ok(seen) } else { Err(text) }
        })
    }
}

/// A record as the perfdata writer's template writes it.
fn record(text: &str) -> Option<(String, Seen)> {
    let mut fields = text.split('\t').map(str::to_owned);
    let host = fields.next()?;
    Some((host, Seen { state: fields.next()?, output: fields.next()?, perfdata: fields.next()? }))
}

/// Icinga with its directories in this one.
fn command(program: &Path, dir: &Path) -> Command {
    let mut command = Command::new(program);
    command.arg("daemon");
    for (constant, name) in [
        ("ConfigDir", "etc"),
        ("DataDir", "data"),
        ("CacheDir", "cache"),
        ("LogDir", "log"),
        ("InitRunDir", "run"),
        ("SpoolDir", "spool"),
    ] {
        fs::create_dir_all(dir.join(name)).unwrap();
        command.arg(format!("-D{constant}={}", dir.join(name).display()));
    }
    fs::create_dir_all(dir.join("perfdata")).unwrap();
    // It keeps the user of the test.
    let name = |option| Run::of(Command::new("id").arg(option)).stdout.trim().to_owned();
    command.env("ICINGA2_USER", name("-un")).env("ICINGA2_GROUP", name("-gn"));
    command
}

/// The settings of an installation, and a perfdata writer with our template.
fn settings(dir: &Path) -> String {
    let perfdata = dir.join("perfdata");
    let (perfdata, temporary, plugins) = (perfdata.display(), dir.display(), plugin::directory());
    format!(
        r#"
const PluginDir = "{plugins}"
include <itl>
include <plugins>
const NodeName = "callers"
const ZoneName = NodeName
object Endpoint NodeName {{ }}
object Zone ZoneName {{ endpoints = [ NodeName ] }}
object CheckerComponent "checker" {{ }}
object PerfdataWriter "perfdata" {{
    host_perfdata_path = "{temporary}/host"
    host_temp_path = "{temporary}/host.temporary"
    service_perfdata_path = "{perfdata}/service"
    service_temp_path = "{temporary}/service.temporary"
    service_format_template = "$host.name$\t$service.state$\t$service.output$\t$service.perfdata$\f"
    rotation_interval = 1s
}}
"#
    )
}

/// A host that the generated apply rule gives its service.
fn host(name: &str, variables: &str) -> String {
    format!(
        "object Host \"{name}\" {{\n check_command = \"dummy\"\n address = \"127.0.0.1\"\n \
         vars.ceilometer = true\n {variables}\n}}\n"
    )
}

/// The generated configuration, checking every second.
fn configuration() -> String {
    let services =
        replaced(&generated("icinga2-services"), &[("check_interval = 1m", "check_interval = 1s")]);
    generated("icinga2") + &services
}

#[test]
fn perfdata_writer() {
    let Some(program) = found(&["icinga2"]) else { return };
    let cases: Vec<_> = Role::answering().map(|role| (role, Service::start(role))).collect();
    let mut text = configuration();
    for (role, service) in &cases {
        text += &host(role.name(), &format!("vars.ceilometer_port = {}", service.port()));
    }
    let checks = Icinga::start(&program, directory(), &text).checks(cases.len());
    for (role, service) in &cases {
        let (name, state) = (role.name(), ["OK", "WARNING", "CRITICAL", "UNKNOWN"][role.exit_code()]);
        let seen = &checks[name];
        let direct = plugin::run(&["-H", "127.0.0.1", "-p", &service.port()]);
        let (_, long_output) = direct.stdout.split_once('\n').unwrap();
        assert_eq!(seen.state, state, "{name}: {seen:?}");
        assert_eq!(labels(&seen.perfdata), role.metrics(), "{name}: {seen:?}");
        let shown: Vec<_> = seen.output.lines().map(str::trim_end).collect();
        let direct: Vec<_> =
            [direct.summary()].into_iter().chain(long_output.lines()).map(str::trim_end).collect();
        assert_eq!(shown, direct, "{name}");
    }
}

/// Options that a check by Icinga has no use for.
const WITHOUT_VARIABLE: [&str; 11] = [
    "output",
    "output-file",
    "color",
    "haproxy",
    "agent-warning",
    "fail-on",
    "explain",
    "watch",
    "count",
    "wait",
    "generate",
];

/// A host that sets the variable of every option, and the arguments that must come of it.
fn every_variable() -> (String, String) {
    let (mut variables, mut arguments) = (String::new(), Vec::new());
    for option in testing::command().get_arguments() {
        let Some(long) = option.get_long().filter(|long| !WITHOUT_VARIABLE.contains(long)) else { continue };
        let (value, words) = match option.get_action() {
            ArgAction::SetTrue => ("true".to_owned(), format!("--{long}")),
            ArgAction::Count => ("2".to_owned(), format!("--{long} --{long}")),
            ArgAction::Append => (format!("[ \"{long}1\", \"2\" ]"), format!("--{long} {long}1 --{long} 2")),
            ArgAction::Help | ArgAction::Version => continue,
            _ => (format!("\"{long}3\""), format!("--{long} {long}3")),
        };
        variables += &["vars.ceilometer_", &long.replace('-', "_"), " = ", &value, "\n"].concat();
        arguments.push(words);
    }
    (variables, arguments.join(" ") + " ()")
}

#[test]
fn variables() {
    let Some(program) = found(&["icinga2"]) else { return };
    let dir = directory();
    let substitute = dir.path().join("substitute");
    write_script(&substitute, "#!/bin/sh\necho \"$* ($CHECK_CEILOMETER_OPTS)\"\n");
    let (every_variable, every_argument) = every_variable();
    let cases = [
        (every_variable.as_str(), every_argument.as_str()),
        ("", "--hostname 127.0.0.1 ()"),
        ("vars.check_ipv6 = true\n address6 = \"::1\"", "--hostname ::1 ()"),
        ("vars.ceilometer_hostname = [ \"a\", \"b\" ]", "--hostname a --hostname b ()"),
        ("vars.ceilometer_hostname = []\n vars.ceilometer_endpoints = \"/f\"", "--endpoints /f ()"),
        ("vars.ceilometer_ssl = true\n vars.ceilometer_ipv4 = false", "--hostname 127.0.0.1 --ssl ()"),
        (
            "vars.ceilometer_state = [ \"404=ok\", \"5xx=warning\" ]",
            "--hostname 127.0.0.1 --state 404=ok --state 5xx=warning ()",
        ),
        ("vars.ceilometer_verbose = true", "--hostname 127.0.0.1 --verbose ()"),
        ("vars.ceilometer_verbose = 3", "--hostname 127.0.0.1 --verbose --verbose --verbose ()"),
        ("vars.ceilometer_simulate = \"backend-down\"", "--hostname 127.0.0.1 --simulate backend-down ()"),
        ("vars.ceilometer_quorum = \"50%\"", "--hostname 127.0.0.1 --quorum 50% ()"),
        (
            "vars.ceilometer_opts = \"--header 'X-Auth-Token: t'\"",
            "--hostname 127.0.0.1 (--header 'X-Auth-Token: t')",
        ),
    ];
    let mut text = replaced(
        &configuration(),
        &[("PluginDir + \"/check_ceilometer\"", &format!("\"{}\"", substitute.display()))],
    );
    for (number, (variables, _)) in cases.iter().enumerate() {
        text += &host(&format!("host{number}"), variables);
    }
    let checks = Icinga::start(&program, dir, &text).checks(cases.len());
    for (number, (variables, arguments)) in cases.into_iter().enumerate() {
        assert_eq!(checks[&format!("host{number}")].output, arguments, "{variables}");
    }
}

/// The stock configuration with our files, before and after the package installs the command in the template library.
#[test]
fn stock_configuration() {
    let Some(program) = found(&["icinga2"]) else { return };
    let Some(stock) = found(&["/etc/icinga2/icinga2.conf"]) else { return };
    for packaged in [false, true] {
        let dir = directory();
        let etc = dir.path().join("etc");
        let copied = Run::of(Command::new("cp").arg("-r").arg(stock.parent().unwrap()).arg(&etc));
        assert_eq!(copied.code, Some(0), "{copied:?}");
        if packaged {
            fs::write(dir.path().join("library.conf"), generated("icinga2")).unwrap();
            let library =
                format!("include \"{}/library.conf\"\ninclude_recursive \"conf.d\"", dir.path().display());
            let file = etc.join("icinga2.conf");
            let text =
                replaced(&fs::read_to_string(&file).unwrap(), &[("include_recursive \"conf.d\"", &library)]);
            fs::write(file, text).unwrap();
        }
        fs::write(etc.join("conf.d/metering1.conf"), host("metering1", "")).unwrap();
        for (what, name) in [("icinga2", "ceilometer-command.conf"), ("icinga2-services", "ceilometer.conf")]
        {
            let text = generated(what);
            assert!(text.contains(&format!("--generate {what} > /etc/icinga2/conf.d/{name}\n")), "{text}");
            fs::write(etc.join("conf.d").join(name), text).unwrap();
            let mut check = command(&program, dir.path());
            let check = Run::of(check.args(["-C", "-c"]).arg(etc.join("icinga2.conf")));
            assert_eq!(check.code, Some(0), "{check:?}");
        }
    }
}

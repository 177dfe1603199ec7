//! Nagios: its `status.dat` shows state, summary and metrics, and its stock configuration loads with ours.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use crate::callers::nrpe::Nrpe;
use crate::callers::plugin::{self, generated, labels, replaced};
use crate::callers::service::{Role, Service};
use crate::support::daemon::{Daemon, directory};
use crate::support::programs::{Run, found};

/// Nagios' stock configuration as Debian installs it; RHEL's differs in paths.
const STOCK: &str = "/etc/nagios4/nagios.cfg";

/// One service's block of `status.dat`.
type Status = BTreeMap<String, String>;

/// A Nagios in a directory of its own; dropping it ends it.
struct Nagios {
    daemon: Daemon,
    dir: TempDir,
}

impl Nagios {
    /// Starts Nagios with these objects, after Nagios itself has accepted them.
    fn start(program: &Path, objects: &str) -> Nagios {
        let dir = directory();
        let file = dir.path().join("nagios.cfg");
        fs::create_dir(dir.path().join("results")).unwrap();
        fs::write(dir.path().join("objects.cfg"), objects).unwrap();
        fs::write(dir.path().join("resource.cfg"), format!("$USER1$={}\n", plugin::directory())).unwrap();
        fs::write(&file, settings(dir.path())).unwrap();
        let check = Run::of(Command::new(program).arg("-v").arg(&file));
        assert_eq!(check.code, Some(0), "{}", check.stdout);
        assert!(check.stdout.contains("Total Errors:   0"), "{}", check.stdout);
        let daemon = Daemon::start(Command::new(program).arg(&file), dir.path());
        Nagios { daemon, dir }
    }

    /// Waits until every service has been checked, and returns them by description.
    fn statuses(&mut self, number: usize) -> BTreeMap<String, Status> {
        let file = self.dir.path().join("status.dat");
        self.daemon.eventually("Nagios' services", || {
            let text = fs::read_to_string(&file).map_err(|error| error.to_string())?;
            let checked: BTreeMap<_, _> = services(&text)
                .filter(|status| status.get("has_been_checked").is_some_and(|checked| checked == "1"))
                .map(|status| (status["service_description"].clone(), status))
                .collect();
            if checked.len() == number { Ok(checked) } else { Err(text) }
        })
    }
}

/// Nagios' settings: everything in this directory, time in seconds.
fn settings(dir: &Path) -> String {
    // As root it would change to a user of its own.
    let user = if rustix::process::getuid().is_root() { "nagios_user=root\nnagios_group=root\n" } else { "" };
    let files = [
        ("log_file", "nagios.log"),
        ("cfg_file", "objects.cfg"),
        ("resource_file", "resource.cfg"),
        ("object_cache_file", "objects.cache"),
        ("precached_object_file", "objects.precache"),
        ("status_file", "status.dat"),
        ("state_retention_file", "retention.dat"),
        ("command_file", "command"),
        ("query_socket", "query"),
        ("lock_file", "lock"),
        ("temp_file", "temp"),
        ("temp_path", ""),
        ("check_result_path", "results"),
    ];
    let files = files.map(|(key, name)| format!("{key}={}\n", dir.join(name).display())).concat();
    let templates = ["templates", "contacts", "timeperiods", "commands"]
        .map(|name| format!("cfg_file=/etc/nagios4/objects/{name}.cfg\n"))
        .concat()
        + "cfg_file=/etc/nagios-plugins/config/ping.cfg\n";
    format!(
        "{user}{files}{templates}execute_host_checks=0\nenable_notifications=0\nstatus_update_interval=1\ncheck_external_commands=0\nretain_state_information=0\n\
         process_performance_data=1\ninterval_length=1\nservice_inter_check_delay_method=n\nuse_syslog=0\n\
         check_for_updates=0\nmax_debug_file_size=0\n"
    )
}

/// The services' blocks of `status.dat`.
fn services(text: &str) -> impl Iterator<Item = Status> {
    text.split("\nservicestatus {\n").skip(1).map(|block| {
        let lines = block.lines().take_while(|line| line.trim() != "}");
        lines
            .filter_map(|line| line.trim_start().split_once('='))
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .collect()
    })
}

/// Text as it was before Nagios wrote `\n` for a line's end and doubled each backslash.
fn unescaped(text: &str) -> String {
    let mut chars = text.chars();
    let mut plain = String::new();
    while let Some(char) = chars.next() {
        let escaped = if char == '\\' { chars.next() } else { None };
        plain.push(match escaped {
            Some('n') => '\n',
            Some(escaped) => escaped,
            None => char,
        });
    }
    plain
}

/// The services with the one through NRPE.
fn with_nrpe(services: &str) -> String {
    let mut lines = services.lines();
    let before: Vec<_> = lines.by_ref().take_while(|line| *line != "# The same through NRPE.").collect();
    let uncommented =
        lines.map(|line| line.strip_prefix('#').filter(|rest| !rest.starts_with(" Secrets")).unwrap_or(""));
    [before, uncommented.collect()].concat().join("\n") + "\n"
}

/// A service besides the generated ones.
fn define_service(name: &str, port: &str) -> String {
    format!(
        "define service {{\n host_name metering1\n service_description {name}\n max_check_attempts 1\n \
         check_interval 1\n retry_interval 1\n check_command check_ceilometer!-p {port}\n}}\n"
    )
}

#[test]
fn status_dat() {
    let Some(program) = found(&["nagios4", "nagios"]) else { return };
    let healthy = Service::start(Role::Healthy);
    let Some(nrpe) = Nrpe::start(&healthy.port()) else { return };
    let failing = Role::answering().filter(|role| *role != Role::Healthy);
    let cases: Vec<_> = failing.map(|role| (role, Service::start(role))).collect();
    let mut objects = replaced(
        &(generated("nagios") + &with_nrpe(&generated("nagios-services"))),
        &[
            ("192.0.2.11", "127.0.0.1"),
            ("-p 8777", &format!("-p {}", healthy.port())),
            ("$USER1$/check_nrpe -H", &format!("{} -H 127.0.0.1 -p {} -H", nrpe.client.display(), nrpe.port)),
        ],
    );
    for (role, service) in &cases {
        objects += &define_service(role.name(), &service.port());
    }
    let statuses = Nagios::start(&program, &objects).statuses(cases.len() + 2);

    for name in ["ceilometer", "ceilometer over NRPE"] {
        let status = &statuses[name];
        assert_eq!(status["current_state"], "0", "{status:?}");
        assert!(status["plugin_output"].starts_with("CEILOMETER OK - "), "{status:?}");
        assert_eq!(labels(&status["performance_data"]), Role::Healthy.metrics(), "{status:?}");
    }
    for (role, service) in &cases {
        let name = role.name();
        let status = &statuses[name];
        let direct = plugin::run(&["-H", "127.0.0.1", "-p", &service.port()]);
        let long_output: Vec<_> = direct.stdout.lines().skip(1).collect();
        assert_eq!(status["current_state"], role.exit_code().to_string(), "{name}: {status:?}");
        assert_eq!(status["plugin_output"].trim_end(), direct.summary().replace(';', ":"), "{name}");
        assert_eq!(labels(&status["performance_data"]), role.metrics(), "{name}: {status:?}");
        let shown = unescaped(&status["long_plugin_output"]);
        assert_eq!(shown.lines().collect::<Vec<_>>(), long_output, "{name}");
    }
}

/// Each line of a text's head that writes it to a file of the named distribution, followed in an empty tree.
fn follow(distribution: &str, what: &str, root: &Path) {
    let text = generated(what);
    let step = format!("#   {distribution:8} check_ceilometer --generate {what} > ");
    let path = text
        .lines()
        .find_map(|line| line.strip_prefix(&step))
        .unwrap_or_else(|| panic!("no {step} in {text}"));
    let file = root.join(path.trim_start_matches('/'));
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, text).unwrap();
}

/// Debian's and RHEL's stock configuration, with the package's commands or without, load after each documented step.
#[test]
fn stock_configurations() {
    let (Some(program), Some(stock)) = (found(&["nagios4", "nagios"]), found(&[STOCK])) else { return };
    let stock = fs::read_to_string(stock).unwrap();
    let layouts = [
        (
            "Debian",
            vec!["etc/nagios-plugins/config", "etc/nagios4/conf.d"],
            Some("etc/nagios-plugins/config/ceilometer.cfg"),
        ),
        ("RHEL", vec!["etc/nagios/conf.d"], Some("etc/nagios/conf.d/ceilometer-commands.cfg")),
        ("Debian", vec!["etc/nagios-plugins/config", "etc/nagios4/conf.d"], None),
        ("RHEL", vec!["etc/nagios/conf.d"], None),
    ];
    for (distribution, directories, packaged) in layouts {
        let dir = directory();
        let kept = stock.lines().filter(|line| !line.starts_with("cfg_dir="));
        // The commands that the stock services use; RHEL has them in objects/commands.cfg.
        let commands =
            ["http", "ping", "ssh"].map(|name| format!("cfg_file=/etc/nagios-plugins/config/{name}.cfg"));
        let mut settings: Vec<String> = kept.map(str::to_owned).chain(commands).collect();
        for directory in directories {
            let directory = dir.path().join(directory);
            fs::create_dir_all(&directory).unwrap();
            settings.push(format!("cfg_dir={}", directory.display()));
        }
        if let Some(file) = packaged {
            fs::write(dir.path().join(file), generated("nagios")).unwrap();
        }
        let file = dir.path().join("nagios.cfg");
        fs::write(&file, settings.join("\n")).unwrap();
        for what in ["nagios", "nagios-services"] {
            follow(distribution, what, dir.path());
            let check = Run::of(Command::new(&program).arg("-v").arg(&file));
            assert!(check.stdout.contains("Total Errors:   0"), "{distribution} {what}: {}", check.stdout);
        }
    }
}

#[test]
fn rehearsal() {
    let Some(program) = found(&["nagios4", "nagios"]) else { return };
    let services = generated("nagios-services");
    let line = services.lines().find(|line| line.contains("--simulate")).unwrap();
    let measured = services.lines().find(|line| line.contains("-w 1 -c 5")).unwrap();
    let services = replaced(&services, &[(measured, &line.replacen('#', "", 1)), (line, "")]);
    let statuses = Nagios::start(&program, &(generated("nagios") + &services)).statuses(1);
    let status = &statuses["ceilometer"];
    assert_eq!(status["current_state"], "2", "{status:?}");
    assert!(status["plugin_output"].starts_with("CEILOMETER CRITICAL - SIMULATED "), "{status:?}");
}

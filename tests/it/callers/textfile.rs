//! The node exporter's textfile collector reads the files that the plugin writes.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use crate::callers::plugin::{self};
use crate::callers::service::{Role, Service};
use crate::support::daemon::{Daemon, free_port};
use crate::support::programs::{Run, found};

/// Returns the objections of `promtool check metrics` to a file.
fn objections(promtool: &Path, file: &Path) -> String {
    let mut command = Command::new(promtool);
    command.args(["check", "metrics"]);
    let output = command.stdin(File::open(file).unwrap()).output().unwrap();
    let printed = [output.stdout, output.stderr].concat();
    format!("{}{}", String::from_utf8_lossy(&printed), if output.status.success() { "" } else { "refused" })
}

fn written(file: &Path, endpoints: &[&str]) -> Run {
    let line = ["-o", "prometheus", "--output-file", file.to_str().unwrap(), "-t", "2"];
    plugin::run(&[&line, endpoints].concat())
}

#[test]
fn promtool_check() {
    let Some(promtool) = found(&["promtool"]) else { return };
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("ceilometer.prom");
    let every = "healthy,backend-down,backend-stalled,api-error,not-found,unreachable,denied,proxy-error,throttled,\
                 wrong-service,request-rejected";
    for (endpoints, code) in [
        (vec!["--simulate", "healthy"], 0),
        (vec!["--simulate", every], 2),
        (vec!["[::1]:1/a%22b", "localhost:1"], 2),
    ] {
        let run = written(&file, &endpoints);
        assert_eq!(
            (run.code, run.stdout.as_str(), run.stderr.as_str()),
            (Some(code), "", ""),
            "{endpoints:?}"
        );
        assert_eq!(objections(&promtool, &file), "", "{endpoints:?}");
        assert!(fs::read_to_string(&file).unwrap().contains("\nceilometer_health_state{"), "{endpoints:?}");
    }
    let names: Vec<_> =
        fs::read_dir(directory.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["ceilometer.prom"], "the collector would read any other file");
    let mode = fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o600, 0o600, "{mode:o}");
    assert_eq!(mode & 0o133, 0, "{mode:o}: only the owner may write it");
}

/// A node exporter that reads this directory and nothing else; returns its address.
fn node_exporter(program: &Path, directory: &Path) -> (Daemon, SocketAddr) {
    let address = SocketAddr::from(([127, 0, 0, 1], free_port()));
    let mut command = Command::new(program);
    command.args(["--collector.disable-defaults", "--collector.textfile"]);
    command.arg(format!("--collector.textfile.directory={}", directory.display()));
    command.arg(format!("--web.listen-address={address}"));
    (Daemon::start(&mut command, directory), address)
}

/// Scrapes the exporter once it answers.
fn scraped(daemon: &mut Daemon, address: SocketAddr) -> String {
    daemon.eventually("the node exporter's metrics", || {
        let mut stream = TcpStream::connect(address).map_err(|error| error.to_string())?;
        stream.write_all(b"GET /metrics HTTP/1.0\r\n\r\n").map_err(|error| error.to_string())?;
        let mut text = String::new();
        stream.read_to_string(&mut text).map_err(|error| error.to_string())?;
        Ok(text)
    })
}

/// Files of runs of all kinds, the same endpoint in two of them, are read without a collision, and the run that stopped
/// is seen in its own file.
#[test]
fn files_side_by_side() {
    let Some(program) = found(&["prometheus-node-exporter", "node_exporter"]) else { return };
    let directory = tempfile::tempdir().unwrap();
    let healthy = Service::start(Role::Healthy).address.to_string();
    let down = Service::start(Role::BackendDown).address.to_string();
    let runs: [(&str, &[&str]); 5] = [
        ("one", &[&healthy]),
        ("two", &[&healthy, &down]),
        ("simulated", &["--simulate", "healthy,throttled"]),
        ("unreachable", &["127.0.0.1:1"]),
        ("quorum", &["--quorum", "1", &healthy, &down]),
    ];
    for (name, endpoints) in runs {
        written(&directory.path().join(format!("{name}.prom")), endpoints);
    }
    let (mut daemon, address) = node_exporter(&program, directory.path());
    let text = scraped(&mut daemon, address);
    assert!(text.contains("\nnode_textfile_scrape_error 0\n"), "{text}\n{}", daemon.log());
    assert!(!text.contains("was collected before"), "{text}");
    let last_runs =
        text.lines().filter(|line| line.starts_with("ceilometer_health_last_run_timestamp_seconds{"));
    assert_eq!(last_runs.count(), runs.len(), "{text}");
    let states = text.lines().filter(|line| line.starts_with("ceilometer_health_state{"));
    assert_eq!(states.count(), 1 + 2 + 2 + 1 + 2, "{text}");
    assert!(!daemon.log().contains("level=error"), "{}", daemon.log());
}

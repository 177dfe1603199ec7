//! Prometheus' node exporter reads the file that a cron line lets the plugin replace.

use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use crate::callers::plugin::{self, Run};
use crate::support::programs::found;

/// What `promtool check metrics` says of a file; nothing if it has nothing to say against it.
fn objections(promtool: &Path, file: &Path) -> String {
    let mut command = Command::new(promtool);
    command.args(["check", "metrics"]);
    let output = command.stdin(File::open(file).unwrap()).output().unwrap();
    let told = [output.stdout, output.stderr].concat();
    format!("{}{}", String::from_utf8_lossy(&told), if output.status.success() { "" } else { "refused" })
}

fn written(file: &Path, endpoints: &[&str]) -> Run {
    let line = ["-o", "prometheus", "--output-file", file.to_str().unwrap(), "-t", "1"];
    plugin::run(&[&line, endpoints].concat())
}

#[test]
fn promtool_accepts_the_file_whatever_was_found() {
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
    assert_eq!(names, ["ceilometer.prom"], "the collector would read what else is there");
    let mode = fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o600, 0o600, "{mode:o}");
    assert_eq!(mode & 0o133, 0, "{mode:o}: nobody but the owner writes it");
}

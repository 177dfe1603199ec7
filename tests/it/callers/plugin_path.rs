//! The plugin's own path in every generated text.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use check_ceilometer::testing;

use crate::callers::plugin::{self, file_of};
use crate::support::daemon::directory;
use crate::support::programs::{Run, found, unshares};

/// Copies the plugin to a place below the directory.
fn copied(dir: &Path, place: &str) -> PathBuf {
    let copy = fs::canonicalize(dir).unwrap().join(place);
    fs::create_dir_all(copy.parent().unwrap()).unwrap();
    plugin::copy(plugin::path(), &copy);
    copy
}

/// Returns every generated text, in order; `call` is the command as the shell finds it from the directory.
fn texts(dir: &Path, call: &str) -> Vec<String> {
    let names = testing::artifact_names();
    let texts = names.iter().map(|name| {
        let script = format!("{call} --generate {name}");
        let run = Run::of(Command::new("sh").args(["-c", &script]).current_dir(dir));
        assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""), "{script}: {run:?}");
        run.stdout
    });
    texts.collect()
}

/// Returns the generated text of the copy at this path.
fn text(copy: &Path, name: &str) -> String {
    let run = Run::of(Command::new(copy).args(["--generate", name]));
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""), "{name}: {run:?}");
    run.stdout
}

/// Returns the rest of the line that begins so.
fn line<'a>(text: &'a str, beginning: &str) -> &'a str {
    let mut lines = text.lines().filter_map(|line| line.trim_start().strip_prefix(beginning));
    lines.next().unwrap_or_else(|| panic!("no {beginning:?} in {text}"))
}

#[test]
fn relative_name() {
    let dir = directory();
    let copy = copied(dir.path(), "plain/check_ceilometer");
    let absolute = texts(dir.path(), copy.to_str().unwrap());
    assert_eq!(texts(dir.path(), "plain/check_ceilometer"), absolute);
    assert_eq!(texts(dir.path(), "PATH=$PWD/plain:$PATH check_ceilometer"), absolute);
}

#[test]
fn no_proc() {
    if !unshares("-rm") {
        return;
    }
    let dir = directory();
    let copy = copied(dir.path(), "plain/check_ceilometer");
    let path = copy.to_str().unwrap();
    let absolute = texts(dir.path(), path);
    for name in [path, "plain/check_ceilometer", "PATH=$PWD/plain:$PATH check_ceilometer"] {
        let call = format!("exec unshare -rm sh -c 'mount -t tmpfs tmpfs /proc && {name} \"$@\"' sh");
        assert_eq!(texts(dir.path(), &call), absolute, "{name}");
    }
}

/// A text that holds the path says on its second line what to fill in; another text does not change.
#[test]
fn unusable_path() {
    let dir = directory();
    let plain = copied(dir.path(), "plain/check_ceilometer");
    let unusable = copied(dir.path(), "dollar$/check_ceilometer");
    let mut filled_in = 0;
    for name in testing::artifact_names() {
        let (usual, without) = (text(&plain, &name), text(&unusable, &name));
        if name == "haproxy" {
            // A script, which can hold any path.
            assert!(without.contains("dollar$/check_ceilometer'\n"), "{without}");
            continue;
        }
        assert!(!without.contains("dollar$"), "{name}: {without}");
        if usual.contains(plain.to_str().unwrap()) {
            let second = without.lines().nth(1).unwrap();
            assert!(second.starts_with("# FILL IN: replace /path/to/check_ceilometer "), "{name}: {without}");
            let (first, rest) = usual.split_once('\n').unwrap();
            let expected = format!("{first}\n{second}\n{rest}")
                .replace(plain.to_str().unwrap(), "/path/to/check_ceilometer");
            assert_eq!(without, expected, "{name}");
            filled_in += 1;
        } else {
            assert_eq!(without, usual, "{name}");
        }
    }
    assert!(filled_in > 0, "no text holds the path");
}

/// Callers that have a shell read the command find a plugin whose path has a blank. keepalived's test has one, too.
#[test]
fn blank_in_path() {
    let dir = directory();
    let copy = copied(dir.path(), "with blank/check_ceilometer");
    let command = |name: &str, beginning: &str| {
        let text = text(&copy, name);
        line(&text, beginning).split(" -").next().unwrap().to_owned()
    };
    let plugin = text(&copy, "haproxy");
    for command in [
        command("nrpe", "command[check_ceilometer]="),
        command("nrpe", "command[check_ceilometer_rehearsal]="),
        command("zabbix", "UserParameter=ceilometer.health[*],"),
        command("zabbix", "UserParameter=ceilometer.rehearsal[*],"),
        command("checkmk", "Ceilometer "),
        command("checkmk", "output=$("),
        format!("plugin={}; \"$plugin\"", line(&plugin, "plugin=")),
    ] {
        let version = Run::of(Command::new("sh").args(["-c", &format!("{command} --version")]));
        assert_eq!(version.code, Some(3), "{command}: {version:?}");
        assert!(version.stdout.starts_with("check_ceilometer "), "{command}: {version:?}");
    }
}

#[test]
fn blank_in_path_of_a_unit() {
    let Some(program) = found(&["systemd-analyze"]) else { return };
    let dir = directory();
    let copy = copied(dir.path(), "with blank/check_ceilometer");
    let unit = file_of(&text(&copy, "haproxy-agent"), "/etc/systemd/system/ceilometer-agent@.service");
    let file = dir.path().join("ceilometer-agent@.service");
    let verified = |unit: &str| {
        fs::write(&file, unit).unwrap();
        Run::of(Command::new(&program).args(["verify", "--man=no"]).arg(&file))
    };
    let run = verified(&unit);
    assert_eq!((run.code, run.stdout.as_str(), run.stderr.as_str()), (Some(0), "", ""));
    // It looks for the program, so that a path cut at the blank would be found.
    let run = verified(&unit.replace('"', ""));
    assert!(run.stderr.contains("not executable"), "{run:?}");
}

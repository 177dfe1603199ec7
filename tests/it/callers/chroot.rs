//! The static build in a jail: an empty directory with nothing but the plugin, into which HAProxy has changed its root.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::callers::balancer::{Balancer, Mode};
use crate::callers::haproxy::{configuration, with_servers};
use crate::callers::plugin::{self, generated, replaced};
use crate::callers::service::{Role, Service};
use crate::support::daemon::directory;
use crate::support::programs::{found, left_out};

/// The static build for this machine, next to the build under test.
fn static_build() -> Option<PathBuf> {
    let target = Path::new(env!("CARGO_BIN_EXE_check_ceilometer")).ancestors().nth(2)?;
    found(&[target.join("x86_64-unknown-linux-gnu/release/check_ceilometer").to_str()?])
}

/// Debian's own configuration, with the jail in place of its `chroot`, and without its socket.
fn debian(jail: &Path) -> Option<String> {
    let text = fs::read_to_string(found(&["/etc/haproxy/haproxy.cfg"])?).unwrap();
    let text = replaced(&text, &[("chroot /var/lib/haproxy", &format!("chroot {}", jail.display()))]);
    let kept = text.lines().filter(|line| !line.trim_start().starts_with("stats socket "));
    Some(kept.collect::<Vec<_>>().join("\n") + "\n\n")
}

const CASES: [(&str, Role, &str); 4] = [
    ("healthy", Role::Healthy, "UP"),
    ("undocumented", Role::Undocumented, "UP"),
    ("backend-down", Role::BackendDown, "DOWN"),
    ("hanging", Role::Hanging, "DOWN"),
];

fn servers(cases: &[(&'static str, Role, &str)]) -> Vec<(&'static str, String)> {
    cases.iter().map(|(name, role, _)| (*name, Service::start(*role).address.to_string())).collect()
}

fn expected<'a>(cases: &[(&'a str, Role, &'a str)]) -> BTreeMap<&'a str, &'a str> {
    cases.iter().map(|(name, _, status)| (*name, *status)).collect()
}

/// Starts HAProxy in a jail with this beginning of its configuration, and compares the states of its servers.
fn external_check(mode: Mode, beginning: impl Fn(&Path) -> Option<String>) {
    let (Some(program), Some(build)) = (found(&["haproxy"]), static_build()) else { return };
    if !rustix::process::getuid().is_root() {
        return left_out("only root may change the root directory");
    }
    let dir = directory();
    let jail = dir.path().join("jail");
    fs::create_dir(&jail).unwrap();
    plugin::copy(build, &jail.join("check_ceilometer"));
    let Some(beginning) = beginning(&jail) else { return };
    let text = beginning + &configuration(Path::new("/check_ceilometer"), &servers(&CASES));
    Balancer::start(&program, dir, mode, &text).settles(&expected(&CASES));
}

fn minimal(jail: &Path) -> String {
    format!("global\n    chroot {}\n\n", jail.display())
}

#[test]
fn foreground_external_check() {
    external_check(Mode::Foreground, |jail| Some(minimal(jail)));
}

#[test]
fn daemonised_external_check() {
    external_check(Mode::Background, |jail| Some(minimal(jail)));
}

#[test]
fn debian_external_check() {
    external_check(Mode::Background, debian);
}

#[test]
fn debian_native_check() {
    let Some(program) = found(&["haproxy"]) else { return };
    if !rustix::process::getuid().is_root() {
        return left_out("only root may change the root directory");
    }
    let dir = directory();
    let jail = dir.path().join("jail");
    fs::create_dir(&jail).unwrap();
    let Some(beginning) = debian(&jail) else { return };
    let cases = [("healthy", Role::Healthy, "UP"), ("backend-down", Role::BackendDown, "DOWN")];
    let text = replaced(&generated("haproxy-native"), &[("inter 5s", "inter 200ms")]);
    let text = beginning + &with_servers(&text, &servers(&cases));
    Balancer::start(&program, dir, Mode::Background, &text).settles(&expected(&cases));
}

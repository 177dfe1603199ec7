//! The static build in a jail: an empty directory with nothing but the plugin, into which HAProxy has changed its root.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::callers::balancer::{Balancer, Mode};
use crate::callers::haproxy::configuration;
use crate::callers::service::{Role, Service};
use crate::support::daemon::directory;
use crate::support::programs::{found, left_out};

/// Where the recipe for a static build leaves it.
const STATIC: &[&str] =
    &[concat!(env!("CARGO_MANIFEST_DIR"), "/target/x86_64-unknown-linux-gnu/release/check_ceilometer")];

fn tells_up_from_down(mode: Mode) {
    let (Some(program), Some(plugin)) = (found(&["haproxy"]), found(STATIC)) else { return };
    if !rustix::process::getuid().is_root() {
        return left_out("only root may change the root directory");
    }
    let dir = directory();
    let jail = dir.path().join("jail");
    fs::create_dir(&jail).unwrap();
    fs::copy(plugin, jail.join("check_ceilometer")).unwrap();
    let cases = [
        ("healthy", Role::Healthy, "UP"),
        ("throttled", Role::Throttled, "UP"),
        ("backend-down", Role::BackendDown, "DOWN"),
        ("hanging", Role::Hanging, "DOWN"),
    ];
    let servers = cases.map(|(name, role, _)| (name, Service::start(role).address.to_string()));
    let chroot = format!("global\n    chroot {}\n\n", jail.display());
    let text = chroot + &configuration(Path::new("/check_ceilometer"), &servers);
    Balancer::start(&program, dir, mode, &text)
        .settles(&BTreeMap::from(cases.map(|(name, _, status)| (name, status))));
}

#[test]
fn the_static_build_tells_up_from_down() {
    tells_up_from_down(Mode::Foreground);
}

#[test]
fn the_static_build_tells_up_from_down_under_a_daemon() {
    tells_up_from_down(Mode::Background);
}

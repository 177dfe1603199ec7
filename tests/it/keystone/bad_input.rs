//! Invalid files of clouds: one line names the place, and never quotes the text.

use std::fs::{File, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};

use super::Clouds;
use crate::e2e::limits::unprivileged;
use crate::support::harness::{Finished, check, check_in_shell};

const GOOD: &str = "clouds: {prod: {auth: {auth_url: 'http://k', user_id: u, project_id: p}}}\n";
const SECRET: &str = "clouds: {prod: {auth: {password: s3cret-text}}}\n";

fn refused(clouds: &str, secure: &str, named: &[&str]) {
    let run = Clouds::new(clouds, secure).check("prod", "").run();
    run.is_refused(named).never_says("s3cret");
}

#[test]
fn malformed_files() {
    refused("clouds:\n\tprod: s3cret\n", SECRET, &["clouds.yaml:2: a tab"]);
    refused("a: s3cret\na: 1\n", SECRET, &["clouds.yaml:2: duplicate key"]);
    refused(GOOD, "clouds: {prod: {auth: {password: 's3cret\n", &["secure.yaml:", "not YAML"]);
    let level = |n: usize| format!("a{n}: &a{n} [*a{m}, *a{m}, *a{m}, *a{m}]\n", m = n - 1);
    let bomb = (1..30).map(level).collect::<Vec<_>>().concat();
    refused(&format!("a0: &a0 s3cret\n{bomb}"), SECRET, &["aliases expand to too much"]);
    refused("clouds: {prod: {auth: {username: u}}}\n", SECRET, &["clouds.yaml:1: no auth_url"]);
    refused(GOOD, "clouds: {prod: {auth: {password: }}}\n", &["clouds.yaml:1: no password"]);
    refused("clouds: {dev: {}}\n", SECRET, &["clouds.yaml:1: no cloud 'prod'; there are: dev"]);
    refused("clouds: {prod: {auth_type: v3kerberos}}\n", SECRET, &["clouds.yaml:1: "]);
}

/// Files of 100 MB, of which nothing is read.
#[test]
fn large_files() {
    for name in ["clouds.yaml", "secure.yaml"] {
        let clouds = Clouds::new(GOOD, SECRET);
        File::options().write(true).open(clouds.path(name)).unwrap().set_len(100 << 20).unwrap();
        clouds.check("prod", "").run().is_refused(&[name, "is larger than 1048576 bytes"]);
    }
}

#[test]
fn unreadable_files() {
    for name in ["clouds.yaml", "secure.yaml"] {
        let clouds = Clouds::new(GOOD, SECRET);
        std::fs::remove_file(clouds.path(name)).unwrap();
        symlink(name, clouds.path(name)).unwrap();
        clouds.check("prod", "").run().is_refused(&[name, "too many levels of symbolic links"]);
    }
}

/// A clouds.yaml in the current directory, and the secrets in the user's own.
struct Planted {
    home: Clouds,
}

impl Planted {
    fn new(clouds: &str) -> Planted {
        let home = Clouds::new("", "");
        let (work, own) = (home.path("work"), home.path(".config/openstack"));
        for directory in [&work, &own] {
            std::fs::create_dir_all(directory).unwrap();
        }
        home.write("work/clouds.yaml", clouds);
        home.write(".config/openstack/secure.yaml", SECRET);
        Planted { home }
    }

    #[track_caller]
    fn is_refused(&self, named: &[&str]) {
        self.run().is_refused(named).never_says("s3cret");
    }

    fn run(&self) -> Finished {
        let line = format!("cd '{}' && exec \"$@\"", self.home.path("work").display());
        self.home.at_home(check_in_shell(&line, &["--os-cloud", "prod", "-vvv"])).run()
    }
}

#[test]
fn planted_files() {
    let planted = Planted::new(GOOD);
    planted.is_refused(&[
        ".config/openstack/secure.yaml' belongs to another directory than './clouds.yaml'",
        "name the file that is meant with --os-config",
    ]);
    let clouds = planted.home.path("work/clouds.yaml");
    std::fs::set_permissions(&clouds, Permissions::from_mode(0o602)).unwrap();
    planted.is_refused(&["anyone may write './clouds.yaml'"]);
    std::fs::set_permissions(&clouds, Permissions::from_mode(0o600)).unwrap();
    if rustix::process::geteuid().is_root() {
        std::os::unix::fs::chown(&clouds, Some(12345), None).unwrap();
        planted.is_refused(&["'./clouds.yaml' belongs to another user"]);
    }
    Planted::new("clouds:\n  prod:\n  s3cret\n").is_refused(&["./clouds.yaml:"]);
    Planted::new("clouds: {dev: {auth: {password: s3cret}}}\n")
        .is_refused(&["./clouds.yaml:1: no cloud 'prod'"]);
}

/// Each of the files could send the secrets of the others elsewhere.
#[test]
fn planted_links_and_other_files() {
    let planted = Planted::new(GOOD);
    let (own, work) = (planted.home.path(".config/openstack/secure.yaml"), planted.home.path("work"));
    symlink(&own, work.join("secure.yaml")).unwrap();
    planted.is_refused(&["'./secure.yaml' belongs to another directory than './clouds.yaml'"]);
    for spelt in ["clouds.yaml", "../work/clouds.yaml", "/proc/self/cwd/clouds.yaml"] {
        let line = format!("cd '{}' && OS_CLIENT_CONFIG_FILE={spelt} exec \"$@\"", work.display());
        let run = planted.home.at_home(check_in_shell(&line, &["--os-cloud", "prod"])).run();
        run.is_refused(&["belongs to another directory than "]).never_says("s3cret");
    }
    let vendor = "public-clouds: {p: {auth: {auth_url: 'http://k'}}}\n";
    let table =
        [("secure.yaml", GOOD, GOOD), ("clouds-public.yaml", vendor, "clouds: {prod: {profile: p}}\n")];
    for (file, content, own) in table {
        let home = Planted::new("").home;
        std::fs::remove_file(home.path("work/clouds.yaml")).unwrap();
        std::fs::remove_file(home.path(".config/openstack/secure.yaml")).unwrap();
        home.write(&format!("work/{file}"), content);
        home.write(".config/openstack/clouds.yaml", own);
        Planted { home }.is_refused(&[&format!("'./{file}' belongs to another directory than ")]);
    }
}

/// The current directory is an ordinary place where everything lies in it.
#[test]
fn own_files_in_the_current_directory() {
    let planted = Planted::new(&GOOD.replace("http://k", "http://127.0.0.1:1"));
    planted.home.write("work/secure.yaml", SECRET);
    planted.run().exits(3).summarises("UNKNOWN", &["keystone-down"]).never_says("s3cret");
}

/// The current directory is that of the user who called `sudo -u`; that of `XDG_CONFIG_HOME` may be, too.
#[test]
fn closed_directories() {
    let Some(user) = unprivileged() else { return };
    let planted = Planted::new("");
    let own = |name: &str| planted.home.path(name);
    planted.home.write(".config/openstack/clouds.yaml", GOOD.replace("http://k", "http://127.0.0.1:1"));
    if !user.is_empty() {
        for file in [
            "",
            "work",
            ".config/openstack",
            ".config/openstack/clouds.yaml",
            ".config/openstack/secure.yaml",
        ] {
            std::os::unix::fs::chown(own(file), Some(65534), None).unwrap();
        }
    }
    let line = format!(
        r#"cd '{}' && chmod 0 . && XDG_CONFIG_HOME={} && export XDG_CONFIG_HOME && exec {user} "$@""#,
        own("work").display(),
        own("work").display()
    );
    let run = |words: &[&str]| planted.home.at_home(check_in_shell(&line, words)).run();
    run(&["--os-cloud", "prod"]).exits(3).summarises("UNKNOWN", &["keystone-down"]);
    std::fs::remove_file(own(".config/openstack/clouds.yaml")).unwrap();
    run(&["--os-cloud", "prod"]).is_refused(&["no clouds.yaml, .yml or .json in . (permission denied), "]);
    std::fs::set_permissions(own("work"), Permissions::from_mode(0o700)).unwrap();
}

/// An error about a file names the option that is like the cloud's setting, and where that is.
#[test]
fn unreadable_files_of_tls() {
    for (setting, reason) in [
        (
            "cacert: /no/such",
            "--cacert: '/no/such' does not exist: check the path (from the settings of the cloud)",
        ),
        (
            "cert: /no/such",
            "--cert: '/no/such' does not exist: check the path (from the settings of the cloud)",
        ),
    ] {
        let good = GOOD.replace("http://k", "https://127.0.0.1:1");
        let clouds = Clouds::new(&good.replace("prod: {", &format!("prod: {{{setting}, ")), SECRET);
        clouds.check("prod", "").run().is_refused(&[reason]);
        clouds.check("prod", "--cacert /other").run().never_says("/other' does not exist: check the path (");
    }
}

#[test]
fn odd_files() {
    let clouds = Clouds::new(GOOD, SECRET);
    std::fs::set_permissions(clouds.path("clouds.yaml"), Permissions::from_mode(0o606)).unwrap();
    clouds.check("prod", "").run().is_refused(&["anyone may write"]);
    std::fs::remove_file(clouds.path("clouds.yaml")).unwrap();
    clouds.check("prod", "").run().is_refused(&["--os-config: ", "does not exist"]);
    rustix::fs::mknodat(
        rustix::fs::CWD,
        clouds.path("clouds.yaml"),
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::from_raw_mode(0o600),
        0,
    )
    .unwrap();
    clouds.check("prod", "").run().is_refused(&["is not a regular file"]);
}

#[test]
fn conflicting_options() {
    let table: [(&[&str], &str); 3] = [
        (&["--os-region-name", "R1", "h"], "'--os-region-name' requires '--os-cloud'"),
        (
            &["--os-cloud", "prod", "--token-file", "/dev/null"],
            "'--token-file' cannot be used with '--os-cloud'",
        ),
        (&["--os-cloud", "prod", "--os-interface", "nowhere", "h"], "expected public, internal or admin"),
    ];
    for (words, reason) in table {
        check(words).run().is_refused(&[reason]);
    }
    let clouds = Clouds::of("http://127.0.0.1:1", "p");
    clouds
        .check("prod", "--token-cache /etc")
        .run()
        .is_refused(&["--token-cache '/etc': is open to other users"]);
}

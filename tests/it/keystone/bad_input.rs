//! Invalid files of clouds: one line names the place, and never quotes the text.

use super::Clouds;
use crate::support::harness::check;

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
    refused(&format!("{GOOD}---\ns3cret: 1\n"), SECRET, &["clouds.yaml:2: a second document"]);
    refused(&"[".repeat(40_000), SECRET, &["clouds.yaml:1: nested too deep"]);
    let level = |n: usize| format!("a{n}: &a{n} [*a{m}, *a{m}, *a{m}, *a{m}]\n", m = n - 1);
    let bomb = (1..30).map(level).collect::<Vec<_>>().concat();
    refused(&format!("a0: &a0 s3cret\n{bomb}"), SECRET, &["aliases expand to too much"]);
    refused(&" ".repeat(2 << 20), SECRET, &["is larger than 1048576 bytes"]);
    refused(GOOD, "clouds: {prod: {auth: {password: }}}\n", &["clouds.yaml:1: no password"]);
    refused("clouds: {dev: {}}\n", SECRET, &["clouds.yaml:1: no cloud 'prod'; there are: dev"]);
    refused("clouds: {prod: {auth_type: v3kerberos}}\n", SECRET, &["clouds.yaml:1: "]);
}

#[test]
fn accepted_files() {
    let crlf = GOOD.replace('\n', "\r\n");
    for text in [format!("\u{feff}{GOOD}"), crlf] {
        // Port 1 refuses: the files were read.
        let text = text.replace("http://k", "http://127.0.0.1:1");
        Clouds::new(&text, SECRET).check("prod", "").run().summarises("UNKNOWN", &["keystone-down"]);
    }
}

#[test]
fn odd_files() {
    use std::os::unix::fs::PermissionsExt;
    let clouds = Clouds::new(GOOD, SECRET);
    std::fs::set_permissions(clouds.path("clouds.yaml"), std::fs::Permissions::from_mode(0o606)).unwrap();
    clouds.check("prod", "").run().is_refused(&["can be written by everybody"]);
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
    let table: [(&[&str], &str); 4] = [
        (&["--os-region-name", "R1", "h"], "'--os-region-name' needs '--os-cloud'"),
        (
            &["--os-cloud", "prod", "--token-file", "/dev/null"],
            "'--token-file' cannot be used with '--os-cloud'",
        ),
        (&["--os-cloud", "prod", "--connect-to", "127.0.0.1"], "'--connect-to' needs an endpoint"),
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

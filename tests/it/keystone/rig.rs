//! The real Keystone that `.ci/keystone` sets up: started once for all tests, ended with them.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use serde_json::Value;

use super::Clouds;
use crate::support::programs;

/// A cloud on loopback. Its processes end when its standard input closes, as it does with the tests.
pub(super) struct Rig {
    facts: Value,
    _running: Child,
}

/// Starts the cloud, or finds it running; `None` where none was set up.
pub(super) fn rig() -> Option<&'static Rig> {
    // A rig that does not start is not started again by every test.
    static RIG: OnceLock<Option<Result<Rig, String>>> = OnceLock::new();
    let Some(started) = RIG.get_or_init(start) else {
        programs::missing("a Keystone, which .ci/keystone sets up");
        return None;
    };
    Some(started.as_ref().unwrap_or_else(|error| panic!("the rig did not start: {error}")))
}

fn start() -> Option<Result<Rig, String>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let directory = root.join("target/keystone");
    if !directory.join("ready").is_file() {
        return None;
    }
    let mut command = Command::new(directory.join("venv/bin/python"));
    command.arg(root.join("tests/it/keystone/rig.py")).arg("run").arg(&directory);
    let mut running =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(running.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let facts = serde_json::from_str(&line).map_err(|error| error.to_string());
    Some(facts.map(|facts| Rig { facts, _running: running }))
}

impl Rig {
    pub(super) fn fact(&self, pointer: &str) -> &str {
        self.facts.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("no {pointer}"))
    }

    /// The address of a health API.
    pub(super) fn api(&self, region: &str, interface: &str) -> String {
        let port = self.facts.pointer(&format!("/apis/{region} {interface}")).unwrap();
        format!("127.0.0.1:{port}")
    }

    /// The cloud `prod`, whose Keystone is the one of this name.
    pub(super) fn clouds(&self, keystone: &str) -> Clouds {
        Clouds::of(self.fact(&format!("/{keystone}")), self.fact("/password"))
    }

    /// The cloud `prod` by one of the application credentials.
    pub(super) fn restricted(&self, name: &str) -> Clouds {
        let credential = |key| self.fact(&format!("/credentials/{name}/{key}"));
        Clouds::new(
            &format!(
                "clouds: {{prod: {{auth: {{auth_url: '{}', application_credential_id: {}}}}}}}\n",
                self.fact("/keystone"),
                credential("id")
            ),
            &format!(
                "clouds: {{prod: {{auth: {{application_credential_secret: '{}'}}}}}}\n",
                credential("secret")
            ),
        )
    }

    /// Number of tokens that Keystone granted to this user agent, by its log.
    pub(super) fn logins(&self) -> usize {
        let log = std::fs::read_to_string(Path::new(self.fact("/directory")).join("access.log")).unwrap();
        log.lines().filter(|line| line.starts_with("POST /v3/auth/tokens 201 check_ceilometer")).count()
    }
}

//! `--os-cloud`: logins to scripted Keystones, and to a real one where `.ci/keystone` has set one up.

mod bad_input;
mod real;
mod rig;
mod scripted;
mod server;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::support::harness::{Check, check};

/// Files of clouds, and a cache of their own.
pub(super) struct Clouds {
    directory: TempDir,
}

impl Clouds {
    pub(super) fn new(clouds: &str, secure: &str) -> Clouds {
        let directory = tempfile::tempdir().unwrap();
        let files = Clouds { directory };
        files.write("clouds.yaml", clouds);
        files.write("secure.yaml", secure);
        files
    }

    /// One cloud, whose Keystone is at this URL.
    pub(super) fn of(auth_url: &str, password: &str) -> Clouds {
        let auth = "username: monitor, project_name: monitoring, user_domain_id: default, project_domain_id: default";
        Clouds::new(
            &format!("clouds:\n  prod:\n    auth: {{auth_url: '{auth_url}', {auth}}}\n"),
            &format!("clouds: {{prod: {{auth: {{password: '{password}'}}}}}}\n"),
        )
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub(super) fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        fs::write(self.path(name), text).unwrap();
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(0o600)).unwrap();
    }

    /// A run that reads these files, by a command line whose words follow.
    pub(super) fn check(&self, cloud: &str, words: &str) -> Check {
        let config = self.path("clouds.yaml");
        let arguments = ["--os-cloud", cloud, "--os-config", config.to_str().unwrap()];
        self.at_home(check(arguments.into_iter().chain(words.split_whitespace())))
    }

    fn at_home(&self, check: Check) -> Check {
        let home = Path::to_str(self.directory.path()).unwrap();
        check
            .env("HOME", home)
            .env("XDG_RUNTIME_DIR", "")
            .env("XDG_CACHE_HOME", "")
            .env("XDG_CONFIG_HOME", "")
    }
}

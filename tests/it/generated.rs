//! The man page and the completions in the tree are those that the program prints, and the tools that read them
//! accept them. `UPDATE_EXPECT=1 cargo test` rewrites them.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use check_ceilometer::testing;

use crate::support::programs::found;

/// Each shipped artifact, its place in the tree, and the command that must accept it.
const SHIPPED: [(&str, &str, &[&str]); 4] = [
    ("man", "man/check_ceilometer.1", &["mandoc", "-T", "lint", "-W", "error"]),
    ("complete-bash", "completions/check_ceilometer.bash", &["bash", "-n"]),
    ("complete-zsh", "completions/_check_ceilometer", &["zsh", "-n"]),
    ("complete-fish", "completions/check_ceilometer.fish", &["fish", "-n"]),
];

fn in_tree(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

#[test]
fn shipped_files() {
    let mut stale = Vec::new();
    for (what, path, _) in SHIPPED {
        let (generated, file) = (testing::generated(what).unwrap(), in_tree(path));
        if env::var_os("UPDATE_EXPECT").is_some() {
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(&file, &generated).unwrap();
        }
        if fs::read_to_string(&file).unwrap_or_default() != generated {
            stale.push(path);
        }
    }
    assert!(stale.is_empty(), "out of date; UPDATE_EXPECT=1 cargo test rewrites them: {stale:?}");
}

#[test]
fn accepted_by_tools() {
    let directory = tempfile::tempdir().unwrap();
    for (what, path, command) in SHIPPED {
        let file = directory.path().join(Path::new(path).file_name().unwrap());
        fs::write(&file, testing::generated(what).unwrap()).unwrap();
        let (tool, arguments) = command.split_first().unwrap();
        let Some(tool) = found(&[tool]) else { continue };
        let output = Command::new(tool).args(arguments).arg(&file).stdin(Stdio::null()).output().unwrap();
        assert!(output.status.success(), "{path}: {output:?}");
    }
}

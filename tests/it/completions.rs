//! The shells' completions, run by bash and fish themselves.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::support::programs::found;

/// Words on the command line, and completions of the last one.
const COMPLETED: [(&str, &[&str]); 8] = [
    ("--simulate den", &["denied"]),
    ("--simulate healthy,back", &["healthy,backend-down", "healthy,backend-stalled"]),
    ("--explain backend-", &["backend-down", "backend-stalled"]),
    ("--explain cata", &["catalog"]),
    ("--state dn", &["dns="]),
    ("--state cata", &["catalog="]),
    ("--token-f", &["--token-file"]),
    ("--output js", &["json"]),
];

/// Calls the completion function as bash does; `$1` is the script, the rest the words.
const BASH: &str = r#"
    source "$1"; shift
    compopt() { :; }
    COMP_WORDS=(check_ceilometer "$@")
    COMP_CWORD=$#
    _check_ceilometer check_ceilometer "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
    printf '%s\n' "${COMPREPLY[@]}"
"#;

const FISH: &str = r#"source "$argv[1]"; complete -C "check_ceilometer $argv[2..]""#;

#[track_caller]
fn completes(shell: &str, script: &str, code: &str) {
    let Some(shell) = found(&[shell]) else { return };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("completions").join(script);
    for (line, expected) in COMPLETED {
        let mut command = Command::new(&shell);
        let command = command.args(["-c", code]).args(shell.ends_with("bash").then_some("bash"));
        let output = command.arg(&script).args(line.split(' ')).stdin(Stdio::null()).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        let words: Vec<&str> = text.lines().filter_map(|line| line.split('\t').next()).collect();
        assert_eq!(words, expected, "{line}: {output:?}");
    }
}

#[test]
fn bash() {
    completes("bash", "check_ceilometer.bash", BASH);
}

#[test]
fn fish() {
    completes("fish", "check_ceilometer.fish", FISH);
}

//! The shells' completions, run by bash, zsh and fish themselves.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::support::programs::found;

/// Words on the command line, and completions of the last one.
const COMPLETED: [(&str, &[&str]); 13] = [
    ("--simulate den", &["denied"]),
    ("--simulate healthy,back", &["healthy,backend-down", "healthy,backend-stalled"]),
    ("--explain backend-", &["backend-down", "backend-stalled"]),
    ("--explain cata", &["catalog"]),
    ("--explain head_", &["head_time"]),
    ("--explain CRIT", &["CRITICAL"]),
    ("--state dn", &["dns="]),
    ("--state cata", &["catalog="]),
    // None of the commands, files and directories that there are.
    ("ech", &[]),
    ("--connect-to /et", &[]),
    ("--header Ech", &[]),
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

/// Runs zsh in a terminal of its own, sends `check_ceilometer $2` and a tab, and prints the completions.
const ZSH: &str = r#"
    zmodload zsh/zpty
    zpty terminal zsh -f -i
    zpty -w terminal 'eval "$INSIDE"'
    while zpty -r terminal line && [[ $line != *ready* ]]; do :; done
    zpty -w -n terminal "check_ceilometer ${(j: :)@[2,-1]}"$'\t'
    while zpty -r terminal line && [[ $line != *'end of completions'* ]]; do
        [[ $line == *'completion '* ]] && print -r - ${${line#*completion }%%$'\r'*}
    done
    zpty -d terminal
"#;

/// Prints each word that zsh's completion offers in the place of a list.
const INSIDE_ZSH: &str = r#"
    PROMPT=
    autoload -Uz compinit
    compinit -D -u
    source $SCRIPT
    bindkey '^I' complete-word
    compadd() {
        if [[ " ${@[1,(i)(-|--)]} " == *' -'[OAD]' '* ]]; then
            builtin compadd "$@"
            return
        fi
        local -a matches before
        builtin compadd -A matches "$@"
        zparseopts -E -a before P:
        for match in $matches; do print -r - "completion $IPREFIX$before[2]$match"; done
        (( $#matches ))
    }
    finish() { print 'end of completions' }
    compprefuncs=(print)
    comppostfuncs=(finish)
    print ready
"#;

const FISH: &str = r#"source "$argv[1]"; complete -C "check_ceilometer $argv[2..]""#;

#[track_caller]
fn completes(shell: &str, script: &str, code: &str) {
    let Some(shell) = found(&[shell]) else { return };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("completions").join(script);
    for (line, expected) in COMPLETED {
        let mut command = Command::new(&shell);
        let command = command.args(["-c", code]).args((!shell.ends_with("fish")).then_some("shell"));
        let command = command.env("INSIDE", INSIDE_ZSH).env("SCRIPT", &script);
        let output = command.arg(&script).args(line.split(' ')).stdin(Stdio::null()).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        // bash repeats the word where nothing completes it.
        let words: Vec<&str> = text
            .lines()
            .filter_map(|line| line.split('\t').next())
            .filter(|word| !word.is_empty() && !line.ends_with(word))
            .collect();
        assert_eq!(words, expected, "{line}: {output:?}");
    }
}

#[test]
fn bash() {
    completes("bash", "check_ceilometer.bash", BASH);
}

#[test]
fn zsh() {
    completes("zsh", "_check_ceilometer", ZSH);
}

#[test]
fn fish() {
    completes("fish", "check_ceilometer.fish", FISH);
}

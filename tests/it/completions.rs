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

// The codes below get the script and the lines, and print the completions of each line and `--`.

/// Calls the completion function as bash does.
const BASH: &str = r#"
    source "$1"; shift
    compopt() { :; }
    for line; do
        COMP_WORDS=(check_ceilometer $line)
        COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
        COMPREPLY=()
        _check_ceilometer check_ceilometer "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
        printf '%s\n' "${COMPREPLY[@]}" --
    done
"#;

/// Runs zsh in a terminal of its own, and sends it each line and a tab.
const ZSH: &str = r#"
    zmodload zsh/zpty
    zpty terminal zsh -f -i
    zpty -w terminal 'eval "$INSIDE"'
    while zpty -r terminal shown && [[ $shown != *ready* ]]; do :; done
    for line in $@[2,-1]; do
        zpty -w -n terminal $'\C-u'"check_ceilometer $line"$'\t'
        while zpty -r terminal shown && [[ $shown != *'end of completions'* ]]; do
            [[ $shown == *'completion '* ]] && print -r - ${${shown#*completion }%%$'\r'*}
        done
        print - --
    done
    zpty -d terminal
"#;

/// Prints each word that zsh's completion offers in the place of a list.
const INSIDE_ZSH: &str = r#"
    PROMPT=
    autoload -Uz compinit
    compinit -D -u
    source $SCRIPT
    bindkey -e
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
    begin() { print; compprefuncs=(begin) }
    finish() { print 'end of completions'; comppostfuncs=(finish) }
    compprefuncs=(begin)
    comppostfuncs=(finish)
    print ready
"#;

const FISH: &str =
    r#"source "$argv[1]"; for line in $argv[2..]; complete -C "check_ceilometer $line"; echo -- --; end"#;

#[track_caller]
fn completes(shell: &str, script: &str, code: &str) {
    let Some(shell) = found(&[shell]) else { return };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("completions").join(script);
    let mut command = Command::new(&shell);
    command.args(["-c", code]).args((!shell.ends_with("fish")).then_some("shell"));
    command.env("INSIDE", INSIDE_ZSH).env("SCRIPT", &script).arg(&script);
    let output = command.args(COMPLETED.map(|(line, _)| line)).stdin(Stdio::null()).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let found: Vec<&str> = text.split_terminator("--\n").collect();
    assert_eq!(found.len(), COMPLETED.len(), "{output:?}");
    for (found, (line, expected)) in found.into_iter().zip(COMPLETED) {
        // bash repeats the word where nothing completes it.
        let words: Vec<&str> = found
            .lines()
            .filter_map(|word| word.split('\t').next())
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

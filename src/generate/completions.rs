//! Shell completions: clap's, with lists after a comma, host names, and keys that end in `=`, which clap lacks.

use clap::{Arg, Command, CommandFactory, ValueHint};
use clap_complete::{Shell, generate};

use crate::cli::{Cli, NAME};
use crate::model::diagnosis::Diagnosis;

pub(super) fn completions(shell: Shell) -> String {
    // Generated in memory, because `clap_complete` panics on a closed pipe.
    let mut text = Vec::new();
    generate(shell, &mut hinted_command(), NAME, &mut text);
    let text = String::from_utf8_lossy(&text).into_owned();
    match shell {
        Shell::Bash => bash(&text),
        Shell::Zsh => zsh(&text),
        Shell::Fish => fish(&text),
        _ => text,
    }
}

/// The command line with a hint for each value, by its name. They are not in its definition, where they would cost every
/// run 30,000 instructions.
fn hinted_command() -> Command {
    Cli::command().mut_args(|arg| match hint(&arg) {
        Some(hint) => arg.value_hint(hint),
        None => arg,
    })
}

/// The hint for an option's value; `None` for a switch, and for an option with a list of values.
fn hint(arg: &Arg) -> Option<ValueHint> {
    let is_free = arg.get_action().takes_values() && arg.get_possible_values().is_empty();
    let names = arg.get_value_names().filter(|_| is_free)?;
    Some(match names.first()?.as_str() {
        "ENDPOINT" | "HOST" | "ADDR[:PORT]" => ValueHint::Hostname,
        "URL" => ValueHint::Url,
        "FILE" => ValueHint::FilePath,
        "FILE|DIR" => ValueHint::AnyPath,
        "DIR|off" => ValueHint::DirPath,
        _ => ValueHint::Other,
    })
}

fn simulated() -> String {
    Diagnosis::NAMES.join(" ")
}

/// The indentation of a case in bash's script.
const INDENT: &str = "                    ";

fn bash(text: &str) -> String {
    const FILES: &str = "COMPREPLY=($(compgen -f \"${cur}\"))";
    const HOSTS: &str = "COMPREPLY=($(compgen -A hostname -- \"${cur}\"))";
    // bash splits words at colons; bash-completion's helpers undo that.
    const JOIN_COLONS: &str =
        "declare -F _get_comp_words_by_ref >/dev/null && _get_comp_words_by_ref -n : cur prev\n    cmd=\"\"";
    const CUT_COLONS: &str =
        "declare -F __ltrim_colon_completions >/dev/null && __ltrim_colon_completions \"${cur}\"";
    let words = format!("-W \"{}\" -- \"${{cur}}\"", simulated());
    let list = format!("-P \"${{cur%\"${{cur##*,}}\"}}\" -W \"{}\" -- \"${{cur##*,}}\"", simulated());
    let mut text = text
        .replacen("cmd=\"\"", JOIN_COLONS, 1)
        .replace(&words, &list)
        .replace("if [[ ${cur} == -* || ${COMP_CWORD} -eq 1 ]] ; then", "if [[ ${cur} == -* ]] ; then")
        .replace(" [ENDPOINT]...\"", "\"")
        .replace(
            "COMPREPLY=( $(compgen -W \"${opts}\" -- \"${cur}\") )\n            return 0",
            &format!("{HOSTS}\n            return 0"),
        )
        .replace(" -o bashdefault -o default", "");
    for option in ["-H", "--hostname", "--connect-to", "--proxy"] {
        text = text.replace(&format!("{option})\n{INDENT}{FILES}"), &format!("{option})\n{INDENT}{HOSTS}"));
    }
    text = before_return(&text, "--state", "compopt -o nospace");
    text = before_return(&text, "--state", CUT_COLONS);
    before_return(&text, "--explain", CUT_COLONS)
}

/// Inserts a line at the end of an option's case.
fn before_return(text: &str, option: &str, line: &str) -> String {
    let case = format!(" {option})\n");
    let Some((before, after)) = text.split_once(&case) else { return text.to_owned() };
    format!("{before}{case}{}", after.replacen("return 0", &format!("{line}\n{INDENT}return 0"), 1))
}

fn zsh(text: &str) -> String {
    let words = format!(":DIAGNOSIS:({})'", simulated());
    let list = format!(":DIAGNOSIS:_values -s , diagnosis {}'", simulated());
    let text = text.replace(&words, &list);
    // What follows a colon within a value's name would be called as a command.
    let command = Cli::command();
    let names = command.get_arguments().filter_map(Arg::get_value_names).flatten();
    let text = names.filter(|name| name.contains(':')).fold(text, |text, name| {
        text.replace(&format!(":{name}:"), &format!(":{}:", name.replace(':', "\\:")))
    });
    let Some((before, after)) = text.split_once(":KEY=STATE:(") else { return text };
    let after = after.replacen(')', "", 1);
    format!("{before}:KEY=STATE:compadd -S \"\" - {after}")
}

fn fish(text: &str) -> String {
    let words = simulated().replace(' ', "\\t''\n") + "\\t''";
    let list = format!("(__fish_complete_list , 'printf \\\"%s\\\\n\\\" {}')", simulated());
    text.replace(&words, &list) + &format!("complete -c {NAME} -f -a \"(__fish_print_hostnames)\"\n")
}

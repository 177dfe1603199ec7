//! Icinga 2's `CheckCommand`, drawn from the option list so that no option is missing.

use clap::{Arg, ArgAction, Command, CommandFactory};

use crate::cli::Cli;

/// Options without a variable in Icinga's command, with the reasons.
const EXCLUDED: &[(&str, &str)] = &[
    ("output", "Icinga reads the nagios format, which is the default without a terminal"),
    ("output-file", "Icinga reads standard output"),
    ("color", "the nagios format has no colours"),
    ("haproxy", "Icinga is not HAProxy"),
    ("agent-warning", "for HAProxy's agent only"),
    ("fail-on", "Icinga reads all four exit codes"),
    ("explain", "prints the table and probes nothing"),
    ("watch", "never ends"),
    ("count", "belongs to --watch"),
    ("wait", "Icinga does its own waiting"),
    ("generate", "prints a text and probes nothing"),
    ("help", "prints a text and probes nothing"),
    ("version", "prints a text and probes nothing"),
];

pub(super) fn check_command() -> String {
    let command = Cli::command();
    let arguments: String = arguments(&command).enumerate().map(|(order, arg)| entries(arg, order)).collect();
    include_str!("../../assets/icinga2.conf").replace("@ARGUMENTS@\n", &arguments)
}

/// The options that Icinga's command has, in the help's order.
fn arguments(command: &Command) -> impl Iterator<Item = &Arg> {
    command.get_arguments().filter(|arg| {
        arg.get_long().is_some_and(|long| EXCLUDED.iter().all(|(excluded, _)| *excluded != long))
    })
}

/// An option's entries in the dictionary of arguments: one, or one for each time that a counted switch may be given.
fn entries(arg: &Arg, order: usize) -> String {
    let long = arg.get_long().unwrap_or_default();
    let (key, description) = (format!("--{long}"), option_help(arg));
    let variable = format!("$ceilometer_{}$", long.replace('-', "_"));
    match arg.get_action() {
        ArgAction::Count => counted(long, &variable, order, &description),
        ArgAction::SetTrue => entry(&key, &format!("set_if = \"{variable}\""), order, &description),
        ArgAction::Append => {
            let attributes = format!("value = \"{variable}\"\n\t\t\t\trepeat_key = true");
            entry(&key, &attributes, order, &description)
        }
        _ => entry(&key, &format!("value = \"{variable}\""), order, &description),
    }
}

/// The entries of a switch that may be given up to three times; its variable is a number.
fn counted(long: &str, variable: &str, order: usize, description: &str) -> String {
    let mut entries = String::new();
    for (times, mark) in [(1, ""), (2, " (twice)"), (3, " (three times)")] {
        let attributes = format!(
            "key = \"--{long}\"\n\t\t\t\tset_if = {{{{ number(macro(\"{variable}\")) >= {times} }}}}"
        );
        entries += &entry(&format!("--{long}{mark}"), &attributes, order, description);
    }
    entries
}

fn entry(key: &str, attributes: &str, order: usize, description: &str) -> String {
    format!(
        "\t\t\t\"{key}\" = {{\n\t\t\t\t{attributes}\n\t\t\t\torder = {order}\n\t\t\t\tdescription = \"{description}\"\n\t\t\t}}\n"
    )
}

/// The option's help as one line within Icinga's quotes.
fn option_help(arg: &Arg) -> String {
    let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
    let line = help.split_whitespace().collect::<Vec<_>>().join(" ");
    line.replace('\\', "\\\\").replace('"', "\\\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variable_of_every_option() {
        let command = Cli::command();
        let text = check_command();
        for arg in command.get_arguments().filter_map(Arg::get_long) {
            let variable = format!("$ceilometer_{}$", arg.replace('-', "_"));
            let excluded = EXCLUDED.iter().any(|(long, _)| *long == arg);
            assert_ne!(text.contains(&variable), excluded, "--{arg}");
        }
    }

    #[test]
    fn exclusions_exist() {
        let mut command = Cli::command();
        command.build();
        for (excluded, reason) in EXCLUDED {
            assert!(command.get_arguments().any(|arg| arg.get_long() == Some(excluded)), "--{excluded}");
            assert!(!reason.is_empty(), "--{excluded}");
        }
    }

    #[test]
    fn template_library_conventions() {
        let cases = [
            (
                Arg::new("port").long("port").help("The \"port\"\n  to probe"),
                "\t\t\t\"--port\" = {\n\t\t\t\tvalue = \"$ceilometer_port$\"\n\t\t\t\torder = 7\n\
                 \t\t\t\tdescription = \"The \\\"port\\\" to probe\"\n\t\t\t}\n",
            ),
            (
                Arg::new("ssl").long("ssl").action(ArgAction::SetTrue).help("https"),
                "\t\t\t\"--ssl\" = {\n\t\t\t\tset_if = \"$ceilometer_ssl$\"\n\t\t\t\torder = 7\n\
                 \t\t\t\tdescription = \"https\"\n\t\t\t}\n",
            ),
            (
                Arg::new("header").long("header").action(ArgAction::Append).help("a header"),
                "\t\t\t\"--header\" = {\n\t\t\t\tvalue = \"$ceilometer_header$\"\n\t\t\t\trepeat_key = true\n\
                 \t\t\t\torder = 7\n\t\t\t\tdescription = \"a header\"\n\t\t\t}\n",
            ),
        ];
        for (arg, expected) in cases {
            assert_eq!(entries(&arg, 7), expected);
        }
    }
}

//! Configurations for the programs that call the plugin, ready to paste.
//!
//! The texts stand in files beside this one; Icinga's command is drawn from the option list, so that it cannot drift.

use clap::{Arg, ArgAction, Command, CommandFactory};

use crate::cli::Cli;

/// Options without a variable in Icinga's command, and why.
const NOT_FOR_ICINGA: &[(&str, &str)] = &[
    ("output", "Icinga reads the nagios format, which is the default without a terminal"),
    ("output-file", "Icinga reads standard output"),
    ("color", "the nagios format has no colours"),
    ("haproxy", "Icinga is not HAProxy"),
    ("agent-warning", "for HAProxy's agent only"),
    ("fail-on", "Icinga tells all four exit codes apart"),
    ("explain", "prints the table and probes nothing"),
    ("simulate", "refused together with endpoints"),
    ("watch", "never ends"),
    ("count", "belongs to --watch"),
    ("wait", "Icinga does its own waiting"),
    ("generate", "prints a text and probes nothing"),
    ("help", "prints a text and probes nothing"),
    ("version", "prints a text and probes nothing"),
];

/// The line behind which a further file begins, in a text that holds several.
fn file(path: &str) -> String {
    format!("\n# ==> {path} <==\n")
}

/// An Icinga 2 `CheckCommand` with a variable for each option, and an apply rule.
pub(super) fn icinga2() -> String {
    let command = Cli::command();
    let arguments: String = arguments(&command).enumerate().map(|(order, arg)| entries(arg, order)).collect();
    [
        include_str!("../../assets/icinga2.conf"),
        "object CheckCommand \"ceilometer\" {\n\timport \"ipv4-or-ipv6\"\n\n",
        "\tcommand = [ \"/usr/lib/nagios/plugins/check_ceilometer\" ]\n\n",
        "\targuments = {\n",
        &arguments,
        "\t}\n\n",
        include_str!("../../assets/icinga2-vars.conf"),
        "}\n",
        &file("/etc/icinga2/conf.d/ceilometer.conf"),
        include_str!("../../assets/icinga2-apply.conf"),
    ]
    .concat()
}

/// Nagios commands, with and without NRPE, and services.
pub(super) fn nagios() -> String {
    include_str!("../../assets/nagios.cfg").to_owned()
}

/// The metering host's commands for NRPE.
pub(super) fn nrpe() -> String {
    include_str!("../../assets/nrpe.cfg").to_owned()
}

/// HAProxy's external-check: a wrapper script, and the configuration behind its end.
pub(super) fn haproxy() -> String {
    [
        include_str!("../../assets/haproxy.sh"),
        &file("/etc/haproxy/haproxy.cfg"),
        include_str!("../../assets/haproxy.cfg"),
    ]
    .concat()
}

/// HAProxy's agent-check: systemd's socket and service, and the configuration.
pub(super) fn haproxy_agent() -> String {
    [
        include_str!("../../assets/haproxy-agent.head"),
        &file("/etc/systemd/system/ceilometer-agent.socket"),
        include_str!("../../assets/haproxy-agent.socket"),
        &file("/etc/systemd/system/ceilometer-agent@.service"),
        include_str!("../../assets/haproxy-agent.service"),
        &file("/etc/haproxy/haproxy.cfg"),
        include_str!("../../assets/haproxy-agent.cfg"),
    ]
    .concat()
}

/// HAProxy's own http-check.
pub(super) fn haproxy_native() -> String {
    include_str!("../../assets/haproxy-native.cfg").to_owned()
}

/// The options that Icinga's command knows, in the help's order.
fn arguments(command: &Command) -> impl Iterator<Item = &Arg> {
    command.get_arguments().filter(|arg| {
        arg.get_long().is_some_and(|long| NOT_FOR_ICINGA.iter().all(|(excluded, _)| *excluded != long))
    })
}

/// An option's entries in the dictionary of arguments: one, or one for each time that a counted switch may be given.
fn entries(arg: &Arg, order: usize) -> String {
    let long = arg.get_long().unwrap_or_default();
    let variable = format!("$ceilometer_{}$", long.replace('-', "_"));
    let value = |attributes: &str| format!("value = \"{variable}\"{attributes}");
    match arg.get_action() {
        ArgAction::SetTrue => {
            entry(&format!("--{long}"), &format!("set_if = \"{variable}\""), order, &description(arg))
        }
        ArgAction::Count => counted(long, &variable, order, &description(arg)),
        ArgAction::Append => {
            entry(&format!("--{long}"), &value("\n\t\t\trepeat_key = true"), order, &description(arg))
        }
        _ => entry(&format!("--{long}"), &value(""), order, &description(arg)),
    }
}

/// The entries of a switch that may be given up to three times; its variable is a number.
fn counted(long: &str, variable: &str, order: usize, description: &str) -> String {
    let times = |(times, mark): (u8, &str)| {
        let attributes =
            format!("key = \"--{long}\"\n\t\t\tset_if = {{{{ number(macro(\"{variable}\")) >= {times} }}}}");
        entry(&format!("--{long}{mark}"), &attributes, order, description)
    };
    [(1, ""), (2, " (twice)"), (3, " (three times)")].map(times).concat()
}

/// One entry of the dictionary of arguments.
fn entry(key: &str, attributes: &str, order: usize, description: &str) -> String {
    format!(
        "\t\t\"{key}\" = {{\n\t\t\t{attributes}\n\t\t\torder = {order}\n\t\t\tdescription = \"{description}\"\n\t\t}}\n"
    )
}

/// The option's help as one line within Icinga's quotes.
fn description(arg: &Arg) -> String {
    let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
    let line = help.split_whitespace().collect::<Vec<_>>().join(" ");
    line.replace('\\', "\\\\").replace('"', "\\\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_option_has_a_variable_or_a_reason_for_having_none() {
        let command = Cli::command();
        let text = icinga2();
        for arg in command.get_arguments().filter_map(Arg::get_long) {
            let variable = format!("$ceilometer_{}$", arg.replace('-', "_"));
            let excluded = NOT_FOR_ICINGA.iter().any(|(long, _)| *long == arg);
            assert_ne!(text.contains(&variable), excluded, "--{arg}");
        }
    }

    #[test]
    fn no_exclusion_outlives_its_option() {
        let mut command = Cli::command();
        command.build();
        for (excluded, reason) in NOT_FOR_ICINGA {
            assert!(command.get_arguments().any(|arg| arg.get_long() == Some(excluded)), "--{excluded}");
            assert!(!reason.is_empty(), "--{excluded}");
        }
    }

    #[test]
    fn an_entry_follows_the_conventions_of_the_template_library() {
        let cases = [
            (
                Arg::new("port").long("port").help("The \"port\"\n  to ask"),
                "\t\t\"--port\" = {\n\t\t\tvalue = \"$ceilometer_port$\"\n\t\t\torder = 7\n\
                 \t\t\tdescription = \"The \\\"port\\\" to ask\"\n\t\t}\n",
            ),
            (
                Arg::new("ssl").long("ssl").action(ArgAction::SetTrue).help("https"),
                "\t\t\"--ssl\" = {\n\t\t\tset_if = \"$ceilometer_ssl$\"\n\t\t\torder = 7\n\
                 \t\t\tdescription = \"https\"\n\t\t}\n",
            ),
            (
                Arg::new("header").long("header").action(ArgAction::Append).help("a header"),
                "\t\t\"--header\" = {\n\t\t\tvalue = \"$ceilometer_header$\"\n\t\t\trepeat_key = true\n\
                 \t\t\torder = 7\n\t\t\tdescription = \"a header\"\n\t\t}\n",
            ),
        ];
        for (arg, expected) in cases {
            assert_eq!(entries(&arg, 7), expected);
        }
    }

    #[test]
    fn every_text_calls_the_installed_plugin() {
        for text in [icinga2(), nagios(), nrpe(), haproxy(), haproxy_agent()] {
            assert!(text.contains("/usr/lib/nagios/plugins/check_ceilometer"), "{text}");
        }
    }

    #[test]
    fn every_text_is_plain_and_ends_its_last_line() {
        for text in [icinga2(), nagios(), nrpe(), haproxy(), haproxy_agent(), haproxy_native()] {
            assert!(text.is_ascii() && text.ends_with('\n') && !text.contains('\r'), "{text}");
        }
    }
}

//! The values of options that choose from a few words; their doc comments are in the help and the man page.

use clap::ValueEnum;

/// `--output`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum OutputFormat {
    /// For a terminal.
    Human,
    /// A Monitoring Plugins line with performance data.
    Nagios,
    /// One JSON object.
    Json,
    /// One line for HAProxy's agent-check.
    HaproxyAgent,
    /// The text exposition format, for the textfile collector of Prometheus' node exporter.
    Prometheus,
}

/// `--method`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum MethodChoice {
    Head,
    Get,
    Both,
}

/// `--color`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorWhen {
    #[default]
    Auto,
    Always,
    Never,
}

/// `--generate`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Artifact {
    /// The man page.
    Man,
    /// Completions for bash.
    CompleteBash,
    /// Completions for zsh.
    CompleteZsh,
    /// Completions for fish.
    CompleteFish,
    /// Icinga 2: the check command.
    Icinga2,
    /// Icinga 2: a service for every host that wants it.
    Icinga2Services,
    /// Nagios: the commands.
    Nagios,
    /// Nagios: example services.
    NagiosServices,
    /// NRPE: commands.
    Nrpe,
    /// HAProxy: external-check, with its wrapper script.
    Haproxy,
    /// HAProxy: agent-check on a systemd socket.
    HaproxyAgent,
    /// HAProxy: its own http-check, for those who need no diagnosis.
    HaproxyNative,
    /// OpenStack: a clouds.yaml, a secure.yaml, and the commands for a credential that may only ask the health path.
    OsCloud,
    /// keepalived: a tracked script and a checked server.
    Keepalived,
    /// Checkmk: a line for MRPE, and a local check.
    Checkmk,
    /// Zabbix: a user parameter of the agent.
    Zabbix,
    /// Prometheus: alerting rules.
    PrometheusRules,
}

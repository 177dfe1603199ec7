//! Texts of `--generate`: man page, completions, and configurations ready to use.

use clap_complete::Shell;

use crate::cli::Artifact;

mod completions;
mod icinga;
mod integrations;
mod man;
mod plugin_path;

use completions::completions;

/// Returns the text of an artifact.
pub(crate) fn text(what: Artifact) -> String {
    match what {
        Artifact::Man => man::page(),
        Artifact::CompleteBash => completions(Shell::Bash),
        Artifact::CompleteZsh => completions(Shell::Zsh),
        Artifact::CompleteFish => completions(Shell::Fish),
        Artifact::Icinga2 => icinga::command(),
        Artifact::Icinga2Services => icinga::services(),
        Artifact::Nagios => integrations::nagios(),
        Artifact::NagiosServices => integrations::nagios_services(),
        Artifact::Nrpe => integrations::nrpe(),
        Artifact::Haproxy => integrations::haproxy(),
        Artifact::HaproxyAgent => integrations::haproxy_agent(),
        Artifact::HaproxyNative => integrations::haproxy_native(),
        Artifact::OsCloud => integrations::os_cloud(),
        Artifact::Keepalived => integrations::keepalived(),
        Artifact::Checkmk => integrations::checkmk(),
        Artifact::Zabbix => integrations::zabbix(),
        Artifact::PrometheusRules => integrations::prometheus_rules(),
    }
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum;

    use super::*;

    #[test]
    fn no_fixed_plugin_directory() {
        for &artifact in Artifact::value_variants() {
            let text = text(artifact);
            assert!(!text.contains("/nagios/plugins"), "{text}");
            assert!(!text.contains("@PLUGIN"), "{text}");
            assert!(text.ends_with('\n') && !text.contains('\r') && text.is_ascii(), "{text}");
        }
    }
}

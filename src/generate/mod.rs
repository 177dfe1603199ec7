//! Texts of `--generate`: man page, completions, and configurations ready to use, which are files in `assets/`.

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
        Artifact::Nagios => include_str!("../../assets/nagios.cfg").to_owned(),
        Artifact::NagiosServices => include_str!("../../assets/nagios-services.cfg").to_owned(),
        Artifact::Nrpe => integrations::fill(include_str!("../../assets/nrpe.cfg")),
        Artifact::Haproxy => integrations::haproxy(),
        Artifact::HaproxyAgent => integrations::haproxy_agent(),
        Artifact::HaproxyNative => include_str!("../../assets/haproxy-native.cfg").to_owned(),
        Artifact::OsCloud => include_str!("../../assets/os-cloud.yaml").to_owned(),
        Artifact::Keepalived => integrations::fill(include_str!("../../assets/keepalived.conf")),
        Artifact::Checkmk => integrations::checkmk(),
        Artifact::Zabbix => integrations::fill(include_str!("../../assets/zabbix.conf")),
        Artifact::PrometheusRules => include_str!("../../assets/prometheus-rules.yml").to_owned(),
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

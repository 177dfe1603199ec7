//! Texts of `--generate`: man page, completions, and configurations ready to use, which are files in `assets/`.

use clap_complete::Shell;

use crate::cli::Artifact;

mod completions;
mod icinga;
mod man;
mod plugin_path;

use completions::completions;
use plugin_path::PluginPath;

pub(crate) fn text(what: Artifact) -> String {
    let asset = match what {
        Artifact::Man => return man::page(),
        Artifact::CompleteBash => return completions(Shell::Bash),
        Artifact::CompleteZsh => return completions(Shell::Zsh),
        Artifact::CompleteFish => return completions(Shell::Fish),
        Artifact::Icinga2 => return icinga::check_command(),
        Artifact::Icinga2Services => include_str!("../../assets/icinga2-services.conf"),
        Artifact::Nagios => include_str!("../../assets/nagios.cfg"),
        Artifact::NagiosServices => include_str!("../../assets/nagios-services.cfg"),
        Artifact::Nrpe => include_str!("../../assets/nrpe.cfg"),
        Artifact::Haproxy => include_str!("../../assets/haproxy.sh"),
        Artifact::HaproxyAgent => include_str!("../../assets/haproxy-agent.conf"),
        Artifact::HaproxyNative => include_str!("../../assets/haproxy-native.cfg"),
        Artifact::OsCloud => include_str!("../../assets/os-cloud.yaml"),
        Artifact::Keepalived => include_str!("../../assets/keepalived.conf"),
        Artifact::Checkmk => include_str!("../../assets/checkmk.conf"),
        Artifact::Zabbix => include_str!("../../assets/zabbix.conf"),
        Artifact::PrometheusRules => include_str!("../../assets/prometheus-rules.yml"),
    };
    if asset.contains("@PLUGIN") { PluginPath::of_process().fill(asset) } else { asset.to_owned() }
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

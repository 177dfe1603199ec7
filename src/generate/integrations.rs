//! Configurations for the programs that call the plugin; the texts are files in `assets/`.

use super::plugin_path::PluginPath;

/// The line after which a file begins, in a text that holds several.
fn file(path: &str) -> String {
    format!("\n# ==> {path} <==\n")
}

/// Nagios: the commands.
pub(super) fn nagios() -> String {
    include_str!("../../assets/nagios.cfg").to_owned()
}

/// Nagios: example services.
pub(super) fn nagios_services() -> String {
    include_str!("../../assets/nagios-services.cfg").to_owned()
}

/// NRPE: the commands of a metering host.
pub(super) fn nrpe() -> String {
    PluginPath::of_process().fill(include_str!("../../assets/nrpe.cfg"))
}

/// HAProxy's external-check: a wrapper script, and the configuration after its end.
pub(super) fn haproxy() -> String {
    let text = [
        include_str!("../../assets/haproxy.sh"),
        &file("/etc/haproxy/haproxy.cfg"),
        include_str!("../../assets/haproxy.cfg"),
    ];
    PluginPath::of_process().fill(&text.concat())
}

/// HAProxy's agent-check: systemd's socket and service, and the configuration.
pub(super) fn haproxy_agent() -> String {
    let text = [
        include_str!("../../assets/haproxy-agent.head"),
        &file("/etc/systemd/system/ceilometer-agent.socket"),
        include_str!("../../assets/haproxy-agent.socket"),
        &file("/etc/systemd/system/ceilometer-agent@.service"),
        include_str!("../../assets/haproxy-agent.service"),
        &file("/etc/haproxy/haproxy.cfg"),
        include_str!("../../assets/haproxy-agent.cfg"),
    ];
    PluginPath::of_process().fill(&text.concat())
}

/// HAProxy's own http-check.
pub(super) fn haproxy_native() -> String {
    include_str!("../../assets/haproxy-native.cfg").to_owned()
}

/// OpenStack: files and commands for a credential that may only ask the health path.
pub(super) fn os_cloud() -> String {
    include_str!("../../assets/os-cloud.yaml").to_owned()
}

/// keepalived: a tracked script and a checked server.
pub(super) fn keepalived() -> String {
    PluginPath::of_process().fill(include_str!("../../assets/keepalived.conf"))
}

/// Checkmk: a line for MRPE, and a local check.
pub(super) fn checkmk() -> String {
    let text = [
        include_str!("../../assets/checkmk.head"),
        &file("/etc/check_mk/mrpe.cfg"),
        include_str!("../../assets/checkmk-mrpe.cfg"),
        &file("/usr/lib/check_mk_agent/local/ceilometer"),
        include_str!("../../assets/checkmk-local.sh"),
    ];
    PluginPath::of_process().fill(&text.concat())
}

/// Zabbix: the agent's user parameter, and the items that the server takes from its JSON.
pub(super) fn zabbix() -> String {
    PluginPath::of_process().fill(include_str!("../../assets/zabbix.conf"))
}

/// Prometheus: alerting rules for the textfile collector's metrics.
pub(super) fn prometheus_rules() -> String {
    include_str!("../../assets/prometheus-rules.yml").to_owned()
}

//! Configurations of several files for the programs that call the plugin.

use super::plugin_path::PluginPath;

/// Writes the place of the running plugin into a text.
pub(super) fn fill(text: &str) -> String {
    PluginPath::of_process().fill(text)
}

/// The line after which a file begins, in a text that holds several.
fn file(path: &str) -> String {
    format!("\n# ==> {path} <==\n")
}

/// HAProxy's external-check: a wrapper script, and the configuration after its end.
pub(super) fn haproxy() -> String {
    let text = [
        include_str!("../../assets/haproxy.sh"),
        &file("/etc/haproxy/haproxy.cfg"),
        include_str!("../../assets/haproxy.cfg"),
    ];
    fill(&text.concat())
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
    fill(&text.concat())
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
    fill(&text.concat())
}

//! HAProxy's call: `external-check command` cannot pass options, so its four arguments and its
//! environment are recognised.
//!
//! The arguments are `proxy_address proxy_port server_address server_port` (HAProxy's configuration
//! manual, "external-check command"). A UNIX-socket server is its path and `NOT_USED`; IPv6 comes without
//! brackets. The first two are of no use to a probe.

use std::net::IpAddr;
use std::path::PathBuf;

use anyhow::{Result, bail};

use crate::cli::Cli;
use crate::environment::Environment;
use crate::model::endpoint::parse_port;
use crate::sanitize::quote_arg;

/// What stands where HAProxy has nothing to tell.
const NOT_USED: &str = "NOT_USED";

/// The server that HAProxy wants probed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Invocation {
    /// Where it listens.
    pub(crate) server: ServerAddress,
    /// Whether HAProxy speaks TLS to it (`HAPROXY_SERVER_SSL`, since HAProxy 2.6).
    pub(crate) ssl: bool,
}

/// Where a server of HAProxy's listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ServerAddress {
    /// At an address and port.
    Tcp(IpAddr, u16),
    /// On a UNIX socket.
    Unix(PathBuf),
}

/// Whether HAProxy calls, or a wrapper on its behalf.
pub(crate) fn is_haproxy_call(cli: &Cli, environment: &Environment) -> bool {
    let told = |name| environment.variable(name).is_some();
    let from_haproxy = told("HAPROXY_SERVER_ADDR") || told("HAPROXY_PROXY_NAME");
    cli.mode.haproxy || (from_haproxy && cli.targets.endpoints.len() == 4)
}

/// Reads HAProxy's call.
pub(crate) fn parse(cli: &Cli, environment: &Environment) -> Result<Invocation> {
    let server = match cli.targets.endpoints.as_slice() {
        [_, _, address, port] => server(address, port, cli.targets.port)?,
        [] => server_in_environment(cli, environment)?,
        given => bail!(
            "--haproxy wants HAProxy's four arguments (proxy address and port, server address and port) \
             or none, not {}",
            given.len()
        ),
    };
    let ssl = environment.variable("HAPROXY_SERVER_SSL").is_some_and(|value| value == "1");
    Ok(Invocation { server, ssl })
}

/// The server as the environment tells it, for a wrapper that passes no arguments on.
fn server_in_environment(cli: &Cli, environment: &Environment) -> Result<ServerAddress> {
    let text = |name| environment.variable(name).map(|value| value.to_string_lossy().into_owned());
    match text("HAPROXY_SERVER_ADDR").filter(|address| !address.is_empty()) {
        Some(address) => server(&address, &text("HAPROXY_SERVER_PORT").unwrap_or_default(), cli.targets.port),
        None => bail!("--haproxy without arguments wants HAPROXY_SERVER_ADDR in the environment"),
    }
}

/// Reads the server's address and port; `default` stands in for a port that HAProxy does not tell.
fn server(address: &str, port: &str, default: Option<u16>) -> Result<ServerAddress> {
    if address.starts_with('/') {
        return Ok(ServerAddress::Unix(address.into()));
    }
    let bare = address.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(address);
    let Ok(ip) = bare.parse() else {
        bail!("HAProxy's server address {} is neither an IP address nor a socket's path", quote_arg(address));
    };
    let told = if [NOT_USED, "", "0"].contains(&port) { default } else { parse_port(port) };
    match told {
        Some(port) => Ok(ServerAddress::Tcp(ip, port)),
        None => {
            bail!("HAProxy's server {address} has no usable port ({}); give one with -p", quote_arg(port))
        }
    }
}

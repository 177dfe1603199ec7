//! HAProxy's call: `external-check command` cannot pass options, so that the call is recognised by its four arguments
//! and its environment.
//!
//! The arguments are `proxy_address proxy_port server_address server_port` (HAProxy's configuration manual,
//! "external-check command"). A UNIX-socket server is given as its path and `NOT_USED`, an IPv6 address without
//! brackets. The first two arguments do not matter to a probe.

use anyhow::{Result, bail};

use crate::cli::Cli;
use crate::environment::Environment;
use crate::model::endpoint::{Route, parse_port};
use crate::sanitize::quote_arg;

/// HAProxy's placeholder for an argument without a value.
const NOT_USED: &str = "NOT_USED";

/// Recognises a call by HAProxy, or by a wrapper on its behalf.
pub(crate) fn is_haproxy_call(cli: &Cli, environment: &Environment) -> bool {
    let from_haproxy =
        ["HAPROXY_SERVER_ADDR", "HAPROXY_PROXY_NAME"].iter().any(|name| environment.variable(name).is_some());
    cli.mode.haproxy || (from_haproxy && cli.targets.endpoints.len() == 4)
}

/// Recognises HAProxy's arguments in a call that neither its environment nor `--haproxy` marks.
pub(crate) fn has_form_of_call(cli: &Cli) -> bool {
    let [_, _, _, port] = cli.targets.endpoints.as_slice() else { return false };
    port == NOT_USED || parse_port(port).is_some()
}

/// Tests whether HAProxy connects to the server with TLS (`HAPROXY_SERVER_SSL`, since HAProxy 2.6).
pub(crate) fn uses_tls(environment: &Environment) -> bool {
    environment.variable("HAPROXY_SERVER_SSL").is_some_and(|value| value == "1")
}

/// Parses the way to the server.
pub(crate) fn route(cli: &Cli, environment: &Environment) -> Result<Route> {
    match cli.targets.endpoints.as_slice() {
        [_, _, address, port] => server(address, port, cli.targets.port),
        [] => server_in_environment(cli, environment),
        given => bail!(
            "--haproxy expects four arguments (proxy address and port, server address and port) or none, \
             but there are {}",
            given.len()
        ),
    }
}

/// Parses the server from the environment, for a wrapper that passes no arguments on.
fn server_in_environment(cli: &Cli, environment: &Environment) -> Result<Route> {
    let port = environment.variable("HAPROXY_SERVER_PORT").unwrap_or_default();
    match environment.non_empty("HAPROXY_SERVER_ADDR") {
        Some(address) => server(&address.to_string_lossy(), &port.to_string_lossy(), cli.targets.port),
        None => bail!("--haproxy without arguments requires HAPROXY_SERVER_ADDR in the environment"),
    }
}

/// Parses the server's address and port; `default` is for a server without a port.
fn server(address: &str, port: &str, default: Option<u16>) -> Result<Route> {
    if address.starts_with('/') {
        return Ok(Route::Unix(address.into()));
    }
    let bare = address.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(address);
    let Ok(ip) = bare.parse() else {
        bail!("invalid server address {} from HAProxy: expected an IP address or a path", quote_arg(address));
    };
    match if [NOT_USED, "", "0"].contains(&port) { default } else { parse_port(port) } {
        Some(port) => Ok(Route::Address(ip, port)),
        None => bail!("invalid port {} from HAProxy for {address}: give one with -p", quote_arg(port)),
    }
}

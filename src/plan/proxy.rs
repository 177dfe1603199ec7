//! The HTTP proxy. Only `--proxy` selects one; variables of the environment are ignored.

use anyhow::{Context, Error, Result, bail};

use crate::cli::Cli;
use crate::environment::Environment;
use crate::model::endpoint::{Host, parse_host_port};
use crate::plan::credentials::SecretReader;
use crate::sanitize::quote_arg;

/// The default port of a proxy, as in curl.
const DEFAULT_PORT: u16 = 1080;

/// The variables that select a proxy for other programs.
const VARIABLES: [&str; 6] =
    ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Proxy {
    pub(crate) host: Host,
    pub(crate) port: u16,
    /// The value of `Proxy-Authorization`.
    pub(crate) authorization: Option<Vec<u8>>,
}

/// Plans the proxy of `--proxy`, with the credentials of `--proxy-auth-file`.
pub(super) fn plan(cli: &Cli, secrets: &mut SecretReader) -> Result<Option<Proxy>> {
    let Some(url) = &cli.connection.proxy else { return Ok(None) };
    let option = cli.env_origin.label("--proxy");
    let mut proxy = parse(url).with_context(|| format!("invalid value {} for '{option}'", quote_arg(url)))?;
    if let Some(path) = &cli.connection.proxy_auth_file {
        proxy.authorization = Some(secrets.basic(&cli.env_origin.label("--proxy-auth-file"), path)?);
    }
    Ok(Some(proxy))
}

/// Parses `[http://]HOST[:PORT][/]`.
fn parse(url: &str) -> Result<Proxy> {
    let (scheme, rest) = url.split_once("://").unwrap_or(("http", url));
    if rest.contains('@') {
        bail!("credentials in a URL show in the process list: use --proxy-auth-file");
    }
    if !scheme.eq_ignore_ascii_case("http") {
        bail!("unsupported scheme {}: use http", quote_arg(scheme));
    }
    let rest = rest.strip_suffix('/').unwrap_or(rest);
    if rest.contains('/') {
        bail!("a proxy's URL cannot contain a path");
    }
    let (host, port) = parse_host_port(rest).map_err(|error| Error::msg(error.to_string()))?;
    Ok(Proxy { host, port: port.unwrap_or(DEFAULT_PORT), authorization: None })
}

/// Returns a note on proxies of the environment, which are ignored.
pub(super) fn ignored_variables(environment: &Environment) -> Option<String> {
    let set: Vec<&str> = VARIABLES.into_iter().filter(|name| environment.is_set(name)).collect();
    let (names, is) = (set.join(", "), if set.len() == 1 { "is" } else { "are" });
    (!set.is_empty()).then(|| format!("{names} in the environment {is} ignored: use --proxy"))
}

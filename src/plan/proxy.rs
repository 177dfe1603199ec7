//! The HTTP proxy: only the one that is named; those of the environment are ignored.

use anyhow::{Context, Error, Result, bail};

use crate::cli::Cli;
use crate::environment::Environment;
use crate::model::endpoint::{Host, parse_host_port};
use crate::plan::credentials::SecretReader;
use crate::sanitize::quote_arg;

/// The port of a proxy that names none, as curl has it.
const DEFAULT_PORT: u16 = 1080;

/// The variables by which other programs are told a proxy.
const VARIABLES: [&str; 6] =
    ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];

/// An HTTP proxy, used by CONNECT.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Proxy {
    /// Its host.
    pub(crate) host: Host,
    /// Its port.
    pub(crate) port: u16,
    /// The value of `Proxy-Authorization`.
    pub(crate) authorization: Option<Vec<u8>>,
}

/// The proxy of `--proxy`, with the credentials of `--proxy-auth-file`.
pub(super) fn decide(cli: &Cli, secrets: &mut SecretReader) -> Result<Option<Proxy>> {
    let Some(url) = &cli.connection.proxy else { return Ok(None) };
    let mut proxy = parse(url).with_context(|| format!("--proxy {}", quote_arg(url)))?;
    if let Some(path) = &cli.connection.proxy_auth_file {
        proxy.authorization = Some(secrets.basic("--proxy-auth-file", path)?);
    }
    Ok(Some(proxy))
}

/// Reads `[http://]HOST[:PORT][/]`.
fn parse(url: &str) -> Result<Proxy> {
    let (scheme, rest) = url.split_once("://").unwrap_or(("http", url));
    if rest.contains('@') {
        bail!("credentials would show in the list of processes; put them into a file for --proxy-auth-file");
    }
    if !scheme.eq_ignore_ascii_case("http") {
        bail!("only http:// proxies are supported, asked by CONNECT");
    }
    let (host, port) = parse_host_port(rest.strip_suffix('/').unwrap_or(rest)).map_err(Error::msg)?;
    Ok(Proxy { host, port: port.unwrap_or(DEFAULT_PORT), authorization: None })
}

/// A note about proxies that the environment names in vain.
pub(super) fn ignored(environment: &Environment) -> Option<String> {
    let set: Vec<&str> = VARIABLES.into_iter().filter(|name| environment.says(name)).collect();
    let (names, is) = (set.join(", "), if set.len() == 1 { "is" } else { "are" });
    (!set.is_empty()).then(|| format!("{names} in the environment {is} ignored; --proxy names a proxy"))
}

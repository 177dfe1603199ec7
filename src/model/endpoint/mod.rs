//! Endpoints: what may be typed for one, what is dialled for it, and how it is shown.
//!
//! The grammar is `[http[s]://]HOST[:PORT][/PREFIX]` or a bare IPv6 address. Whatever is typed in different ways but
//! probed identically becomes the same [`Endpoint`].

mod path;
#[cfg(test)]
mod tests;

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::PathBuf;

use crate::sanitize;

pub(crate) use path::parse_path;

/// How much of a socket's path is shown, in characters.
const SOCKET: usize = 100;

/// How long an error becomes at most, in characters.
const REFUSAL: usize = 400;

/// The port on which Ceilometer's API listens where nobody says otherwise.
pub(crate) const DEFAULT_PORT: u16 = 8777;
/// The Health-Check API's path.
pub(crate) const DEFAULT_PATH: &str = "/v2/health";

/// How an endpoint speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Scheme {
    /// Plain HTTP.
    Http,
    /// HTTP over TLS.
    Https,
}

impl Scheme {
    /// The scheme's name in a URL.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Scheme::Http => "http",
            Scheme::Https => "https",
        }
    }

    /// The scheme's own port.
    pub(crate) const fn port(self) -> u16 {
        match self {
            Scheme::Http => 80,
            Scheme::Https => 443,
        }
    }
}

/// The host of an endpoint: what goes into `Host`, SNI and the certificate's check.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Host {
    /// A name, in lower case.
    Name(String),
    /// An address.
    Address(IpAddr),
}

/// Shown as in a URL: an IPv6 address in brackets.
impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Host::Name(name) => f.write_str(name),
            Host::Address(IpAddr::V4(address)) => address.fmt(f),
            Host::Address(IpAddr::V6(address)) => write!(f, "[{address}]"),
        }
    }
}

/// Where the connection goes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Route {
    /// To the endpoint's own host and port.
    Host,
    /// To another address (`--connect-to`, HAProxy's server).
    Address(IpAddr, u16),
    /// To one of the addresses that the name resolves to (`--all-addresses`).
    Resolved(IpAddr),
    /// To a UNIX socket (HAProxy's server).
    Unix(PathBuf),
}

/// What the command line says about endpoints that do not say it themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Defaults {
    /// `-S`: https where no scheme is given.
    pub(crate) ssl: bool,
    /// `-p`: the port where none is given.
    pub(crate) port: Option<u16>,
    /// `--path`: the health path, as [`parse_path`] returns it.
    pub(crate) path: String,
}

impl Default for Defaults {
    fn default() -> Self {
        Defaults { ssl: false, port: None, path: DEFAULT_PATH.into() }
    }
}

/// One endpoint to be asked.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Endpoint {
    /// How it speaks.
    pub(crate) scheme: Scheme,
    /// Who it is.
    pub(crate) host: Host,
    /// Its port.
    pub(crate) port: u16,
    /// The prefix before the health path: empty, or beginning with `/` and not ending with it.
    pub(crate) prefix: String,
    /// The health path.
    pub(crate) path: String,
    /// Where the connection goes.
    pub(crate) route: Route,
}

impl Endpoint {
    /// Reads one endpoint. The error is one line: what was typed less any credentials, what is wrong, what to do.
    pub(crate) fn parse(text: &str, defaults: &Defaults) -> Result<Endpoint, String> {
        read(text, defaults).map_err(|reason| {
            sanitize::sanitize_own(&format!("endpoint {}: {reason}", sanitize::quote_arg(text)), REFUSAL)
        })
    }

    /// The same endpoint at one of its name's addresses.
    #[must_use]
    pub(crate) fn with_address(&self, address: IpAddr) -> Endpoint {
        Endpoint { route: Route::Resolved(address), ..self.clone() }
    }

    /// The whole URL that is asked, its port always named.
    pub(crate) fn url(&self) -> String {
        format!("{}://{}:{}{}", self.scheme.name(), self.host, self.port, self.target())
    }

    /// What the request line asks for: prefix and health path.
    pub(crate) fn target(&self) -> String {
        format!("{}{}", self.prefix, self.path)
    }

    /// The value of `Host`: without the port where it is the scheme's own (RFC 9110, section 7.2, and as curl does).
    pub(crate) fn authority(&self) -> String {
        if self.port == self.scheme.port() {
            self.host.to_string()
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }
}

/// The canonical form: `HOST:PORT[/PREFIX]` for http, `https://HOST:PORT[/PREFIX]` for https, with ` (ADDR)` behind it
/// for one of several addresses; `unix:PATH` for a socket.
impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Route::Unix(socket) = &self.route {
            return write!(f, "unix:{}", sanitize::sanitize_own(&socket.to_string_lossy(), SOCKET));
        }
        if self.scheme == Scheme::Https {
            f.write_str("https://")?;
        }
        write!(f, "{}:{}{}", self.host, self.port, path::shown_prefix(&self.prefix, &self.path))?;
        match self.route {
            Route::Resolved(address) => write!(f, " ({address})"),
            _ => Ok(()),
        }
    }
}

/// Reads an endpoint; the error is the reason alone.
fn read(text: &str, defaults: &Defaults) -> Result<Endpoint, String> {
    // Before all else: no later reason may quote a part of a password.
    refuse_credentials(text)?;
    let (scheme, rest) = read_scheme(text)?;
    path::refuse_fragment(rest)?;
    if rest.contains('?') {
        return Err("a query (?) cannot stand in an endpoint: give it with --path".into());
    }
    let (authority, prefix) = rest.find('/').map_or((rest, ""), |slash| rest.split_at(slash));
    if scheme.is_some() && authority.parse::<Ipv6Addr>().is_ok() {
        return Err(format!("in a URL an IPv6 address stands in brackets: [{authority}]"));
    }
    let (host, port) = parse_host_port(authority)?;
    let usual = defaults.port.unwrap_or_else(|| scheme.map_or(DEFAULT_PORT, Scheme::port));
    Ok(Endpoint {
        scheme: scheme.unwrap_or(if defaults.ssl { Scheme::Https } else { Scheme::Http }),
        host,
        port: port.unwrap_or(usual),
        prefix: path::read_prefix(prefix, &defaults.path)?,
        path: defaults.path.clone(),
        route: Route::Host,
    })
}

/// An `@` anywhere is taken for the end of credentials: a password may hold a slash that nobody escaped.
fn refuse_credentials(text: &str) -> Result<(), String> {
    if text.contains('@') {
        return Err("credentials would show in the process list: give them with --auth-file \
                    (--proxy-auth-file for a proxy); an @ in a path is written %40"
            .into());
    }
    Ok(())
}

/// Splits off the scheme, where there is one.
fn read_scheme(text: &str) -> Result<(Option<Scheme>, &str), String> {
    match text.split_once("://") {
        Some((scheme, _)) if scheme.contains('/') => Ok((None, text)),
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => Ok((Some(Scheme::Http), rest)),
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("https") => Ok((Some(Scheme::Https), rest)),
        Some((scheme, _)) => Err(format!("the scheme '{scheme}' is not spoken: use http or https")),
        None => Ok((None, text)),
    }
}

/// Reads `HOST[:PORT]`; the error is the reason alone.
pub(crate) fn parse_host_port(text: &str) -> Result<(Host, Option<u16>), String> {
    refuse_credentials(text)?;
    if let Some(bracketed) = text.strip_prefix('[') {
        let (address, rest) = bracketed.split_once(']').ok_or("the bracket is not closed")?;
        let host = read_ipv6(address)?;
        return match rest.strip_prefix(':') {
            Some(port) => Ok((host, Some(read_port(port)?))),
            None if rest.is_empty() => Ok((host, None)),
            None => Err("behind the bracket there can be only a port or a path".into()),
        };
    }
    match text.split_once(':') {
        None => Ok((read_name(text)?, None)),
        Some((_, rest)) if rest.contains(':') => Ok((read_ipv6(text)?, None)),
        Some((name, port)) => Ok((read_name(name)?, Some(read_port(port)?))),
    }
}

/// Reads a port, 1 to 65535. Rust's own reading would also take a sign.
pub(crate) fn parse_port(text: &str) -> Option<u16> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|port| digits && *port > 0)
}

fn read_port(text: &str) -> Result<u16, String> {
    let refused = || format!("{} is not a port: give a number from 1 to 65535", sanitize::quote_arg(text));
    parse_port(text).ok_or_else(refused)
}

/// Reads an IPv6 address without its brackets.
fn read_ipv6(text: &str) -> Result<Host, String> {
    if text.contains('%') {
        return Err(
            "an IPv6 zone (%) names an interface of one machine only: give an address without one".into()
        );
    }
    match text.parse::<Ipv6Addr>() {
        Ok(address) => Ok(Host::Address(IpAddr::V6(address))),
        Err(_) => Err("it is neither HOST:PORT nor an IPv6 address (::1, [::1]:8777)".into()),
    }
}

/// Reads a name (RFC 1123, section 2.1, and underscores, which real names have) or an IPv4 address.
///
/// A dot at the end stays: such a name is looked up without the search list.
fn read_name(text: &str) -> Result<Host, String> {
    if let Ok(address) = text.parse::<Ipv4Addr>() {
        return Ok(Host::Address(IpAddr::V4(address)));
    }
    check_letters(text)?;
    let name = text.strip_suffix('.').unwrap_or(text);
    check_parts(name)?;
    if is_numeric(name) {
        return Err("it is neither a name nor an IPv4 address: give four numbers from 0 to 255, \
                    without leading zeros"
            .into());
    }
    Ok(Host::Name(text.to_ascii_lowercase()))
}

fn check_letters(name: &str) -> Result<(), String> {
    if name.is_empty() {
        return Err("the host is missing: give a name or an address".into());
    }
    if !name.is_ascii() {
        return Err("a host name is ASCII: give an international name in its xn-- form".into());
    }
    match name.chars().find(|letter| !(letter.is_ascii_alphanumeric() || "-_.".contains(*letter))) {
        Some(odd) => Err(format!("no host name holds {odd:?}: give letters, digits, hyphens and dots")),
        None => Ok(()),
    }
}

/// Checks the lengths of RFC 1035, section 2.3.4, and where hyphens stand.
fn check_parts(name: &str) -> Result<(), &'static str> {
    let fits = |part: &str| (1..=63).contains(&part.len()) && !part.starts_with('-') && !part.ends_with('-');
    if name.len() <= 253 && name.split('.').all(fits) {
        return Ok(());
    }
    Err("a host name has up to 253 characters, in parts of 1 to 63 that no hyphen begins or ends")
}

/// Whether a name ends in a number (WHATWG URL, section 3.5). Resolvers take such for IPv4 addresses, each in its own
/// way: curl asks 1.0.0.3 for `1.3` and 8.0.0.1 for `010.1`. Guessing could ask the wrong machine.
fn is_numeric(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    let hexadecimal =
        last.strip_prefix("0x").is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_hexdigit()));
    hexadecimal || last.bytes().all(|byte| byte.is_ascii_digit())
}

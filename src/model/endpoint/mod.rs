//! Endpoints: their grammar, the route of their connections, and their canonical form.
//!
//! The grammar is `[http[s]://]HOST[:PORT][/PREFIX]` or a bare IPv6 address. Different spellings that are
//! probed identically parse to the same [`Endpoint`].

mod path;
#[cfg(test)]
mod tests;

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};

use strum::IntoStaticStr;

use crate::sanitize;

pub(crate) use path::parse_path;

/// Maximum number of characters shown of a socket's path: more than the kernel takes.
pub(crate) const MAX_SHOWN_SOCKET: usize = 120;

pub(crate) const DEFAULT_PORT: u16 = 8777;
pub(crate) const DEFAULT_PATH: &str = "/v2/health";

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, IntoStaticStr)]
#[strum(serialize_all = "lowercase", const_into_str)]
pub(crate) enum Scheme {
    Http,
    Https,
}

impl Scheme {
    pub(crate) const fn name(self) -> &'static str {
        self.into_str()
    }

    pub(crate) const fn port(self) -> u16 {
        match self {
            Scheme::Http => 80,
            Scheme::Https => 443,
        }
    }
}

/// The host of an endpoint, as used for `Host`, SNI and the certificate's name.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Host {
    /// A name, in lower case.
    Name(String),
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

/// The destination of an endpoint's connections.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Route {
    Host,
    /// Another address, while `Host`, SNI and certificate name stay the endpoint's.
    Address(IpAddr, u16),
    /// One of the addresses that the name resolves to.
    Resolved(IpAddr),
    Unix(PathBuf),
}

/// Values for the parts that an endpoint's text leaves out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Defaults {
    /// https where no scheme is given.
    pub(crate) ssl: bool,
    /// The port where none is given.
    pub(crate) port: Option<u16>,
    /// The health path, as [`parse_path`] returns it.
    pub(crate) path: String,
}

impl Default for Defaults {
    fn default() -> Self {
        Defaults { ssl: false, port: None, path: DEFAULT_PATH.into() }
    }
}

/// The reason why a text is not an endpoint: printable, in one line, and without any part that may be secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum EndpointError {
    /// Credentials in the URL, which the list of processes would show.
    Credentials,
    /// A header, whose value is probably a secret.
    Header,
    Query,
    /// Anything else, in words.
    Malformed(String),
}

impl<T: Into<String>> From<T> for EndpointError {
    fn from(reason: T) -> Self {
        EndpointError::Malformed(reason.into())
    }
}

impl fmt::Display for EndpointError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            EndpointError::Credentials => "credentials in a URL show in the process list",
            EndpointError::Header => "it looks like a header",
            EndpointError::Query => "an endpoint cannot contain a query (?)",
            EndpointError::Malformed(reason) => reason,
        })
    }
}

/// Maximum number of endpoints of a run. Reporting this many as not probed in time still fits into the grace period after
/// `-t`.
pub(crate) const MAX_ENDPOINTS: usize = 20_000;

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Endpoint {
    pub(crate) scheme: Scheme,
    pub(crate) host: Host,
    pub(crate) port: u16,
    /// The prefix before the health path: empty, or with a slash at its beginning and none at its end.
    pub(crate) prefix: String,
    pub(crate) path: String,
    pub(crate) route: Route,
}

impl Endpoint {
    pub(crate) fn parse(text: &str, defaults: &Defaults) -> Result<Endpoint, EndpointError> {
        // Before all else: no later reason may quote a part of a secret.
        check_secrets(text)?;
        let (scheme, rest) = split_scheme(text)?;
        path::check_fragment(rest)?;
        if rest.contains('?') {
            return Err(EndpointError::Query);
        }
        let (authority, prefix) = rest.find('/').map_or((rest, ""), |slash| rest.split_at(slash));
        if scheme.is_some() && authority.parse::<Ipv6Addr>().is_ok() {
            return Err(format!("an IPv6 address in a URL needs brackets: [{authority}]").into());
        }
        let (host, port) = parse_host_port(authority)?;
        let default_port = defaults.port.unwrap_or_else(|| scheme.map_or(DEFAULT_PORT, Scheme::port));
        Ok(Endpoint {
            scheme: scheme.unwrap_or(if defaults.ssl { Scheme::Https } else { Scheme::Http }),
            host,
            port: port.unwrap_or(default_port),
            prefix: path::parse_prefix(prefix, &defaults.path)?,
            path: defaults.path.clone(),
            route: Route::Host,
        })
    }

    /// The URL of the requests, with its port.
    pub(crate) fn url(&self) -> String {
        self.url_at(&self.host_and_port())
    }

    /// The URL of the requests, whose authority is written already.
    pub(crate) fn url_at(&self, authority: &str) -> String {
        [self.scheme.name(), "://", authority, &self.prefix, &self.path].concat()
    }

    pub(crate) fn host_and_port(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    /// The address of its connections, where its text or `--connect-to` gives one.
    pub(crate) fn given_address(&self) -> Option<SocketAddr> {
        match (&self.route, &self.host) {
            (Route::Address(address, port), _) => Some(SocketAddr::new(*address, *port)),
            (Route::Host, Host::Address(address)) => Some(SocketAddr::new(*address, self.port)),
            _ => None,
        }
    }

    /// The request target: prefix and health path.
    pub(crate) fn target(&self) -> String {
        format!("{}{}", self.prefix, self.path)
    }

    /// The value of `Host`: without the scheme's default port (RFC 9110, section 7.2), as curl sends it.
    pub(crate) fn authority(&self) -> String {
        if self.port == self.scheme.port() { self.host.to_string() } else { self.host_and_port() }
    }

    /// The canonical form, whose host and port are written already.
    pub(crate) fn name_at(&self, host_and_port: &str) -> String {
        let scheme = if self.scheme == Scheme::Https { "https://" } else { "" };
        let path = path::canonical(&self.prefix, &self.path);
        match &self.route {
            Route::Unix(socket) => shown_socket(socket),
            Route::Resolved(address) => format!("{scheme}{host_and_port}{path} ({address})"),
            Route::Host | Route::Address(..) => [scheme, host_and_port, &path].concat(),
        }
    }
}

/// The canonical form: `HOST:PORT[/PREFIX]` for http, `https://HOST:PORT[/PREFIX]` for https, followed by ` (ADDR)`
/// for one of several addresses; `unix:PATH` for a socket. It ends in the health path where that is not the default
/// one, so that two checks of one host differ.
impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name_at(&self.host_and_port()))
    }
}

/// Shows a socket as `unix:PATH`.
pub(crate) fn shown_socket(socket: &Path) -> String {
    format!("unix:{}", sanitize::sanitize_own(&socket.to_string_lossy(), MAX_SHOWN_SOCKET))
}

/// Rejects a text that probably holds a secret.
fn check_secrets(text: &str) -> Result<(), EndpointError> {
    // Anywhere in the text: a password may contain an unescaped slash.
    if text.contains('@') {
        return Err(EndpointError::Credentials);
    }
    if looks_like_header(text) {
        return Err(EndpointError::Header);
    }
    Ok(())
}

/// Recognises `Name: value`, and `Name:value` where the value is too long for a mistyped port.
///
/// curl's `-H` and `check_http`'s `-k` take headers, so that tokens arrive where an endpoint is expected.
fn looks_like_header(text: &str) -> bool {
    let Some((name, value)) = text.split_once(':') else { return false };
    if !is_header_name(name) || is_ipv6_like(text) {
        return false;
    }
    let port = value.split('/').next().unwrap_or_default();
    value.starts_with(char::is_whitespace) || (port.len() >= 8 && !port.bytes().all(|b| b.is_ascii_digit()))
}

fn is_header_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

fn is_ipv6_like(text: &str) -> bool {
    let (address, zone) = text.split_once('%').unwrap_or((text, ""));
    address.bytes().all(|byte| byte.is_ascii_hexdigit() || b":.".contains(&byte))
        && (zone.is_empty() || address.matches(':').count() > 1)
}

fn split_scheme(text: &str) -> Result<(Option<Scheme>, &str), EndpointError> {
    match text.split_once("://") {
        Some((scheme, _)) if scheme.contains('/') => Ok((None, text)),
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => Ok((Some(Scheme::Http), rest)),
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("https") => Ok((Some(Scheme::Https), rest)),
        Some((scheme, _)) => {
            Err(format!("unsupported scheme {}: use http or https", sanitize::quote_arg(scheme)).into())
        }
        None => Ok((None, text)),
    }
}

/// Parses `HOST[:PORT]`.
pub(crate) fn parse_host_port(text: &str) -> Result<(Host, Option<u16>), EndpointError> {
    check_secrets(text)?;
    if let Some(bracketed) = text.strip_prefix('[') {
        let (address, rest) = bracketed.split_once(']').ok_or("the bracket is not closed")?;
        let host = parse_ipv6(address)?;
        return match rest.strip_prefix(':') {
            Some(port) => Ok((host, Some(check_port(port)?))),
            None if rest.is_empty() => Ok((host, None)),
            None => Err("only a port or a path can follow the bracket".into()),
        };
    }
    match text.split_once(':') {
        None => Ok((parse_host(text)?, None)),
        Some((_, rest)) if rest.contains(':') => Ok((parse_ipv6(text)?, None)),
        Some((name, port)) => Ok((parse_host(name)?, Some(check_port(port)?))),
    }
}

/// Parses a port from 1 to 65535. Unlike Rust's own parser it takes no sign.
pub(crate) fn parse_port(text: &str) -> Option<u16> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|port| digits && *port > 0)
}

fn check_port(text: &str) -> Result<u16, String> {
    if text.is_empty() {
        return Err("the port is missing after the colon".into());
    }
    parse_port(text).ok_or_else(|| format!("invalid port {}: expected 1 to 65535", sanitize::quote_arg(text)))
}

/// Parses an IPv6 address without its brackets.
fn parse_ipv6(text: &str) -> Result<Host, &'static str> {
    if text.contains('%') {
        return Err("an IPv6 zone (%) is valid on one machine only: give an address without one");
    }
    match text.parse::<Ipv6Addr>() {
        Ok(address) => Ok(Host::Address(IpAddr::V6(address))),
        Err(_) => Err("neither HOST:PORT nor an IPv6 address (::1, [::1]:8777)"),
    }
}

/// Parses a name (RFC 1123, section 2.1, and underscores, which real names have) or an IPv4 address.
///
/// A dot at the end is kept: such a name is looked up without the search list.
fn parse_host(text: &str) -> Result<Host, String> {
    if let Ok(address) = text.parse::<Ipv4Addr>() {
        return Ok(Host::Address(IpAddr::V4(address)));
    }
    check_characters(text)?;
    let name = text.strip_suffix('.').unwrap_or(text);
    check_labels(name)?;
    if ends_in_number(name) {
        return Err("neither a name nor an IPv4 address, which is four numbers from 0 to 255 without \
                    leading zeros"
            .into());
    }
    Ok(Host::Name(text.to_ascii_lowercase()))
}

fn check_characters(name: &str) -> Result<(), String> {
    if name.is_empty() {
        return Err("the host is missing".into());
    }
    if !name.is_ascii() {
        return Err("a host name must be ASCII: give an international name in its xn-- form".into());
    }
    match name.chars().find(|letter| !(letter.is_ascii_alphanumeric() || "-_.".contains(*letter))) {
        Some(odd) => Err(format!("a host name cannot contain {}", path::describe_letter(odd))),
        None => Ok(()),
    }
}

/// Checks the lengths of RFC 1035, section 2.3.4, and the places of hyphens.
fn check_labels(name: &str) -> Result<(), &'static str> {
    let fits =
        |label: &str| (1..=63).contains(&label.len()) && !label.starts_with('-') && !label.ends_with('-');
    if name.len() <= 253 && name.split('.').all(fits) {
        return Ok(());
    }
    Err("a host name has at most 253 characters, in labels of 1 to 63 without a hyphen at either end")
}

/// Recognises a name that ends in a number (WHATWG URL, section 3.5).
///
/// Resolvers take such a name for an IPv4 address, each in its own way: curl dials 1.0.0.3 for `1.3` and 8.0.0.1 for
/// `010.1`. A guess could probe the wrong machine.
fn ends_in_number(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    let hexadecimal =
        last.strip_prefix("0x").is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_hexdigit()));
    hexadecimal || last.bytes().all(|byte| byte.is_ascii_digit())
}

//! Redirects that lead to the health check itself: they name the endpoint and the path to check instead.

use crate::model::endpoint::{DEFAULT_PATH, Endpoint, Route, Scheme, parse_path};

/// The arguments that make a redirect needless.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Redirect {
    /// The endpoint to check, in its canonical form, where another port, scheme or prefix is needed.
    pub(crate) endpoint: Option<String>,
    /// The health path, where it differs by a slash.
    pub(crate) path: Option<String>,
}

/// Reads a `Location`; `None` where it leads elsewhere.
pub(super) fn of(endpoint: &Endpoint, location: &str) -> Option<Redirect> {
    if matches!(endpoint.route, Route::Unix(_)) {
        return None;
    }
    let (scheme, port, path) = target(endpoint, location)?;
    let (prefix, health) = split(endpoint, &parse_path(&path).ok()?)?;
    let is_other = scheme != endpoint.scheme || port != endpoint.port || prefix != endpoint.prefix;
    let other = Endpoint { scheme, port, prefix, path: DEFAULT_PATH.into(), ..endpoint.clone() };
    let found = Redirect {
        endpoint: is_other.then(|| other.to_string()),
        path: (health != endpoint.path).then_some(health),
    };
    (found.endpoint.is_some() || found.path.is_some()).then_some(found)
}

/// Scheme, port and path of a location at the same host.
fn target(endpoint: &Endpoint, location: &str) -> Option<(Scheme, u16, String)> {
    let (scheme, rest) = match location.split_once("://") {
        Some(("http", rest)) => (Scheme::Http, rest),
        Some(("https", rest)) => (Scheme::Https, rest),
        Some(_) => return None,
        None => match location.strip_prefix("//") {
            Some(rest) => (endpoint.scheme, rest),
            None => return Some((endpoint.scheme, endpoint.port, absolute(endpoint, location))),
        },
    };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let port = authority.get(endpoint.host.to_string().len()..)?;
    let is_same = authority.strip_suffix(port)?.eq_ignore_ascii_case(&endpoint.host.to_string());
    let port = match port.strip_prefix(':') {
        Some(port) => port.parse().ok()?,
        None if port.is_empty() => scheme.port(),
        None => return None,
    };
    is_same.then(|| (scheme, port, path.to_owned()))
}

/// The path of a location without a host, which may be relative to the one that was asked.
fn absolute(endpoint: &Endpoint, location: &str) -> String {
    let asked = format!("{}{}", endpoint.prefix, endpoint.path);
    let directory = asked.rsplit_once('/').map_or("", |(directory, _)| directory);
    if location.starts_with('/') { location.to_owned() } else { format!("{directory}/{location}") }
}

/// The prefix and the health path of a path that ends in the health path, except for a slash at its end.
fn split(endpoint: &Endpoint, path: &str) -> Option<(String, String)> {
    let bare = endpoint.path.strip_suffix('/').unwrap_or(&endpoint.path);
    let prefix = path.strip_suffix('/').unwrap_or(path).strip_suffix(bare)?;
    if prefix.contains('?') {
        return None;
    }
    Some((prefix.to_owned(), path.get(prefix.len()..)?.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::super::tests::endpoint;
    use super::*;

    #[test]
    fn redirects() {
        let found = |endpoint: Option<&str>, path: Option<&str>| {
            let [endpoint, path] = [endpoint, path].map(|text| text.map(str::to_owned));
            Some(Redirect { endpoint, path })
        };
        let slash = || found(None, Some("/v2/health/"));
        let cases = [
            ("/v2/health/", slash()),
            ("health/", slash()),
            ("//ctl1:8777/v2/health/", slash()),
            ("http://CTL1:8777/v2/health/", slash()),
            ("https://ctl1:8777/v2/health", found(Some("https://ctl1:8777"), None)),
            ("https://ctl1:8777/v2/health/", found(Some("https://ctl1:8777"), Some("/v2/health/"))),
            ("https://ctl1/v2/health", found(Some("https://ctl1:443"), None)),
            ("https://ctl1/v2/health/", found(Some("https://ctl1:443"), Some("/v2/health/"))),
            ("/metering/v2/health", found(Some("ctl1:8777/metering"), None)),
            ("http://ctl1:9999/v2/health", found(Some("ctl1:9999"), None)),
            ("/v2/health", None),
            ("/login", None),
            ("/login?next=/v2/health/", None),
            ("/v2/health/#top", None),
            ("https://sso.example/v2/health", None),
            ("https://ctl10:8777/v2/health", None),
            ("https://u:p@ctl1:8777/v2/health", None),
            ("ftp://ctl1/v2/health", None),
            ("/V2/Health", None),
            ("/\u{1b}/v2/health", None),
            ("", None),
        ];
        for (location, expected) in cases {
            assert_eq!(of(&endpoint(), location), expected, "{location}");
        }
        let with_slash = Endpoint { path: "/v2/health/".into(), prefix: "/a".into(), ..endpoint() };
        assert_eq!(of(&with_slash, "/a/v2/health"), found(None, Some("/v2/health")));
    }
}

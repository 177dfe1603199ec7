//! The grammar as tables, and the laws of the canonical form.

use std::collections::HashSet;
use std::net::{IpAddr, Ipv6Addr};

use proptest::prelude::*;

use super::{Defaults, Endpoint, EndpointError, Host, Route, Scheme, parse_host_port, parse_path};
use crate::testing::assert_maps;

fn parse(text: &str) -> Endpoint {
    Endpoint::parse(text, &Defaults::default()).unwrap()
}

fn refused(text: &str) -> String {
    Endpoint::parse(text, &Defaults::default()).unwrap_err().to_string()
}

#[test]
fn canonical_forms_and_urls() {
    assert_maps(
        |text| parse(text).to_string(),
        [
            ("host", "host:8777"),
            ("HOST.Example", "host.example:8777"),
            ("host.", "host.:8777"),
            ("host_1-a.b", "host_1-a.b:8777"),
            ("host:80", "host:80"),
            ("host:00080", "host:80"),
            ("http://host", "host:80"),
            ("http://host/", "host:80"),
            ("HTTPS://host", "https://host:443"),
            ("https://host:8777", "https://host:8777"),
            ("192.0.2.7", "192.0.2.7:8777"),
            ("::1", "[::1]:8777"),
            ("2001:DB8:0::7", "[2001:db8::7]:8777"),
            ("::1:9000", "[::1:9000]:8777"),
            ("[::1]", "[::1]:8777"),
            ("[::1]:9000", "[::1]:9000"),
            ("https://[::1]/x", "https://[::1]:443/x"),
            ("https://cloud/metering", "https://cloud:443/metering"),
            ("https://cloud/metering//", "https://cloud:443/metering"),
            ("https://cloud/metering/v2/health", "https://cloud:443/metering"),
            ("http://host:8777/v2/health", "host:8777"),
            ("host/v2/health/", "host:8777"),
            ("host/v2", "host:8777"),
            ("http://host:8777/v2", "host:8777"),
            ("host/metering/v2/", "host:8777/metering"),
            ("host/v2/v2", "host:8777/v2/v2/health"),
            ("host/a-v2", "host:8777/a-v2"),
            ("host/my/v2/healthy", "host:8777/my/v2/healthy"),
            ("host/v2/health/v2/health", "host:8777/v2/health/v2/health"),
            ("host/%7euser%2fa%c3%a4", "host:8777/~user%2Fa%C3%A4"),
            ("host/a:b=c,d;e", "host:8777/a:b=c,d;e"),
            ("http:81", "http:81"),
        ],
    );
    assert_maps(
        |text| parse(text).url(),
        [
            ("host", "http://host:8777/v2/health"),
            ("https://host", "https://host:443/v2/health"),
            ("https://[::1]/x", "https://[::1]:443/x/v2/health"),
            ("host/v2/v2", "http://host:8777/v2/v2/health"),
        ],
    );
}

#[test]
fn defaults() {
    let table = [
        ("host", false, None, "host:8777"),
        ("host", true, None, "https://host:8777"),
        ("host", true, Some(9000), "https://host:9000"),
        ("http://host", true, None, "host:80"),
        ("http://host", true, Some(9000), "host:9000"),
        ("https://host", false, Some(9000), "https://host:9000"),
        ("https://host:1", false, Some(9000), "https://host:1"),
        ("::1", false, Some(9000), "[::1]:9000"),
    ];
    for (text, ssl, port, canonical) in table {
        let defaults = Defaults { ssl, port, ..Defaults::default() };
        let endpoint = Endpoint::parse(text, &defaults).unwrap();
        assert_eq!(endpoint.to_string(), canonical, "{text} {ssl} {port:?}");
    }
}

#[test]
fn other_health_paths() {
    let table: [(&str, &[(&str, &str)]); 5] = [
        (
            "/healthcheck",
            &[
                ("host/metrics/healthcheck", "/metrics/healthcheck"),
                ("host/v2/health", "/v2/health/healthcheck"),
            ],
        ),
        ("/health/", &[("host/a/health", "/a/health/")]),
        ("/health?full=1", &[("host/a/health", "/a/health?full=1")]),
        ("/v1/ping/me", &[("host/a/v1/ping", "/a/v1/ping/me"), ("host/a/v1", "/a/v1/ping/me")]),
        ("/", &[("host/a", "/a/"), ("host", "/")]),
    ];
    for (path, endpoints) in table {
        let defaults = Defaults { path: parse_path(path).unwrap(), ..Defaults::default() };
        for (text, target) in endpoints {
            let endpoint = Endpoint::parse(text, &defaults).unwrap();
            assert_eq!(endpoint.target(), *target, "{path} {text}");
            assert_eq!(endpoint.to_string(), format!("host:8777{target}"), "{path} {text}");
        }
    }
}

#[test]
fn host_headers() {
    assert_maps(
        |text| parse(text).authority(),
        [
            ("http://host", "host"),
            ("host:80", "host"),
            ("host", "host:8777"),
            ("host:443", "host:443"),
            ("https://host:443/x", "host"),
            ("https://[::1]", "[::1]"),
            ("::1", "[::1]:8777"),
        ],
    );
}

/// Asserts that each text is invalid for its reason.
fn refused_with(table: &[(&str, String)]) {
    for (text, reason) in table {
        assert_eq!(refused(text), *reason, "{text}");
    }
}

#[test]
fn invalid_hosts() {
    let numbers =
        "neither a name nor an IPv4 address, which is four numbers from 0 to 255 without leading zeros";
    let parts = "a host name has at most 253 characters, in labels of 1 to 63 without a hyphen at either end";
    let missing = "the host is missing";
    let international = "a host name must be ASCII: give an international name in its xn-- form";
    let name = |odd: &str| format!("a host name cannot contain {odd}");
    refused_with(&[
        ("", missing.into()),
        ("http://", missing.into()),
        (":8777", missing.into()),
        ("/v2/health", missing.into()),
        ("https:///x", missing.into()),
        ("1.2.3", numbers.into()),
        ("256.1.1.1", numbers.into()),
        ("1.2.3.4.5", numbers.into()),
        ("010.0.0.1", numbers.into()),
        ("127.0.0.1.", numbers.into()),
        ("0x7f000001", numbers.into()),
        ("host.0x1", numbers.into()),
        ("8777", numbers.into()),
        ("a..b", parts.into()),
        (".", parts.into()),
        ("-host", parts.into()),
        ("host-.b", parts.into()),
        ("ho st", name("' '")),
        ("ho|st", name("a vertical bar")),
        ("<host>", name("an angle bracket")),
        ("ho%73t", name("'%'")),
        ("*.host", name("'*'")),
        ("http\\\\:host", name("'\\\\'")),
        ("münchen.example", international.into()),
    ]);
}

#[test]
fn invalid_schemes_and_ports() {
    let neither = "neither HOST:PORT nor an IPv6 address (::1, [::1]:8777)";
    let missing = "the port is missing after the colon";
    let zone = "an IPv6 zone (%) is valid on one machine only: give an address without one";
    let port = |text: &str| format!("invalid port '{text}': expected 1 to 65535");
    refused_with(&[
        ("ftp://host", "unsupported scheme 'ftp': use http or https".into()),
        ("unix://run/socket", "unsupported scheme 'unix': use http or https".into()),
        ("://host", "unsupported scheme '': use http or https".into()),
        ("http:/host", missing.into()),
        ("host:", missing.into()),
        ("host:0", port("0")),
        ("host:65536", port("65536")),
        ("host:+80", port("+80")),
        ("host:-1", port("-1")),
        ("host:http", port("http")),
        ("mailto:me", port("me")),
        ("[::1]:0", port("0")),
        ("[::1]:", missing.into()),
        ("[::1", "the bracket is not closed".into()),
        ("[host]", neither.into()),
        ("[192.0.2.7]", neither.into()),
        ("a:b:c", neither.into()),
        ("1::2::3", neither.into()),
        ("fe80::1%eth0", zone.into()),
        ("fe80::1%management0", zone.into()),
        ("[fe80::1%25eth0]:8777", zone.into()),
        ("http://::1", "an IPv6 address in a URL needs brackets: [::1]".into()),
    ]);
}

#[test]
fn invalid_prefixes() {
    let long = format!("host/{}", "x".repeat(2048));
    let escape = "incomplete escape (%): write %25 for a percent sign";
    refused_with(&[
        ("[::1]8777", "only a port or a path can follow the bracket".into()),
        ("host/a//b", "empty path segment (//): write one slash".into()),
        ("host//v2/health", "empty path segment (//): write one slash".into()),
        ("host/../x", "path segment '..': write the path that it leads to".into()),
        ("host/%2e/x", "path segment '.': write the path that it leads to".into()),
        ("host/a%", escape.into()),
        ("host/a%2", escape.into()),
        ("host/a%zz", escape.into()),
        ("host/a b", "a path cannot contain ' ': write %20".into()),
        ("host/a|b", "a path cannot contain a vertical bar: write %7C".into()),
        (long.as_str(), "a path cannot be longer than 2048 bytes".into()),
        ("host/ä", "a path cannot contain 'ä': write %C3%A4".into()),
    ]);
}

#[test]
fn hostile_endpoints() {
    assert_maps(
        refused,
        [
            ("ho\x1b[31mst", r"a host name cannot contain '\u{1b}'"),
            (" host", "a host name cannot contain ' '"),
            ("ho\nst", r"a host name cannot contain '\n'"),
            ("host/\u{7f}", r"a path cannot contain '\u{7f}': write %7F"),
        ],
    );
}

#[test]
fn secrets_in_errors() {
    let fragment = EndpointError::from("a fragment (#) is never sent to a server: leave it out");
    let table = [
        (
            EndpointError::Credentials,
            &[
                "http://user:s3cr3t@host/x",
                "user:s3cr3t@host",
                "ftp://user:s3cr3t@host",
                "http://user:s3/cr3t@host",
                "http://user:s3?cr3t#@host",
                "http://user:s3@cr3t@host:x",
            ][..],
        ),
        (EndpointError::Query, &["http://host/?token=s3cr3t"][..]),
        (fragment, &["http://host#s3cr3t", "http://host/?a=s3cr3t#b"][..]),
        (
            EndpointError::Header,
            &[
                "X-Auth-Token: s3",
                "Authorization: Bearer s3cr3t",
                "X-Auth-Token:gAAAAAs3cr3t",
                "Cookie:\ts3cr3t",
            ][..],
        ),
    ];
    for (error, texts) in table {
        for text in texts {
            assert_eq!(Endpoint::parse(text, &Defaults::default()), Err(error.clone()), "{text}");
        }
    }
    assert_eq!(parse_host_port("user:s3cr3t@proxy:3128"), Err(EndpointError::Credentials));
    assert_eq!(parse_host_port("proxy:1?token=s3cr3t"), Err(EndpointError::Header));
    assert_eq!(parse_path("http://user:s3cr3t@host/"), Err("a path must begin with a slash".into()));
}

#[test]
fn hosts_and_ports() {
    let v6 = Host::Address(IpAddr::V6(Ipv6Addr::LOCALHOST));
    assert_maps(
        parse_host_port,
        [
            ("Host", Ok((Host::Name("host".into()), None))),
            ("host:80", Ok((Host::Name("host".into()), Some(80)))),
            ("::1", Ok((v6.clone(), None))),
            ("[::1]:80", Ok((v6.clone(), Some(80)))),
            ("192.0.2.7", Ok((Host::Address("192.0.2.7".parse().unwrap()), None))),
            ("host:0", Err("invalid port '0': expected 1 to 65535".into())),
            ("host/x", Err("a host name cannot contain '/'".into())),
        ],
    );
}

#[test]
fn health_paths() {
    let table = [
        ("/v2/health", Ok("/v2/health")),
        ("/", Ok("/")),
        ("/health/", Ok("/health/")),
        ("/%7ea?b=%c3%a4&c=/?@", Ok("/~a?b=%C3%A4&c=/?@")),
        ("/a?", Ok("/a?")),
        ("", Err("a path must begin with a slash")),
        ("v2/health", Err("a path must begin with a slash")),
        ("/a#b", Err("a fragment (#) is never sent to a server: leave it out")),
        ("/a b", Err("a path cannot contain ' ': write %20")),
        ("/a\r\nX: y", Err(r"a path cannot contain '\r': write %0D")),
        ("/a?b=\t", Err(r"a path cannot contain '\t': write %09")),
        ("//a", Err("empty path segment (//): write one slash")),
        ("/a//", Err("empty path segment (//): write one slash")),
        ("/a/..", Err("path segment '..': write the path that it leads to")),
    ];
    for (text, expected) in table {
        assert_eq!(parse_path(text), expected.map(str::to_owned).map_err(str::to_owned), "{text}");
    }
}

#[test]
fn routes() {
    let endpoint = parse("https://cloud/metering");
    let resolved = Endpoint { route: Route::Resolved("2001:db8::7".parse().unwrap()), ..endpoint.clone() };
    assert_eq!(resolved.to_string(), "https://cloud:443/metering (2001:db8::7)");
    assert_eq!(resolved.url(), endpoint.url());
    assert_eq!(resolved.route, Route::Resolved("2001:db8::7".parse().unwrap()));
    let socket = Endpoint { route: Route::Unix("/run/\x1b[1mapi\n.sock".into()), ..parse("host") };
    assert_eq!(socket.to_string(), "unix:/run/api .sock");
    let elsewhere = Endpoint { route: Route::Address("192.0.2.7".parse().unwrap(), 1), ..parse("host") };
    assert_eq!(elsewhere.to_string(), "host:8777");
}

#[test]
fn equal_endpoints() {
    let same = ["host", "HOST:8777", "http://host:8777", "http://Host:8777/", "host/v2", "host/v2/%68ealth/"];
    assert_eq!(same.map(parse).into_iter().collect::<HashSet<_>>().len(), 1);
    let different =
        ["host", "host.", "http://host", "https://host:8777", "host/V2", "host/V2/health", "[::1]"];
    assert_eq!(different.map(parse).into_iter().collect::<HashSet<_>>().len(), different.len());
}

fn host() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-zA-Z0-9_]([a-zA-Z0-9_-]{0,8}[a-z])?(\\.[a-z][a-z0-9]{0,5}){0,3}\\.?",
        any::<[u8; 4]>().prop_map(|bytes| std::net::Ipv4Addr::from(bytes).to_string()),
        any::<[u16; 8]>().prop_map(|groups| format!("[{}]", Ipv6Addr::from(groups))),
    ]
}

/// Texts of the grammar, and a few others.
fn typed() -> impl Strategy<Value = String> {
    let scheme = prop::sample::select(vec!["", "", "http://", "https://", "HTTP://"]);
    let port = prop_oneof![Just(String::new()), (1..=u16::MAX).prop_map(|port| format!(":{port}"))];
    let segment = "/([a-zA-Z0-9._~!$&'()*+,;=:-]|%[0-9a-fA-F]{2}){1,6}";
    let path = prop::collection::vec(
        prop_oneof![3 => segment.boxed(), 1 => Just("/v2/health".to_owned()).boxed()],
        0..4,
    );
    (scheme, host(), port, path, "/?")
        .prop_map(|(scheme, host, port, path, end)| format!("{scheme}{host}{port}{}{end}", path.concat()))
}

proptest! {
    #[test]
    fn canonical_form_round_trip(text in typed(), port in prop::option::of(1..=u16::MAX)) {
        let defaults = Defaults { port, ..Defaults::default() };
        if let Ok(endpoint) = Endpoint::parse(&text, &defaults) {
            let canonical = endpoint.to_string();
            prop_assert_eq!(Endpoint::parse(&canonical, &Defaults::default()), Ok(endpoint.clone()), "{}", canonical);
            prop_assert_eq!(Endpoint::parse(&endpoint.url(), &defaults), Ok(endpoint));
        }
    }

    #[test]
    fn valid_grammar(host in host(), https in any::<bool>(), port in 1..=u16::MAX) {
        // The generator's first label may look like a number, and then it is refused.
        prop_assume!(!host.trim_end_matches('.').bytes().all(|byte| byte.is_ascii_digit()));
        prop_assume!(!host.to_lowercase().starts_with("0x"));
        let scheme = if https { Scheme::Https } else { Scheme::Http };
        let endpoint = Endpoint::parse(&format!("{}://{host}:{port}", scheme.name()), &Defaults::default());
        let endpoint = endpoint.map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!((endpoint.scheme, endpoint.port), (scheme, port));
        prop_assert_eq!(endpoint.host.to_string(), host.to_lowercase());
    }

    #[test]
    fn one_line_errors(
        text in prop_oneof![any::<String>(), "[a-z0-9:/@?#\\[\\]%. |-]{0,30}", typed()],
    ) {
        let refused = [
            Endpoint::parse(&text, &Defaults::default()).err().map(|error| error.to_string()),
            parse_host_port(&text).err().map(|error| error.to_string()),
            parse_path(&text).err(),
        ];
        for error in refused.into_iter().flatten() {
            prop_assert_eq!(crate::sanitize::sanitize_own(&error, 400), error);
        }
    }

    #[test]
    fn passwords_in_errors(before in "[a-z:/?#]{0,8}", after in "[ -~]{0,12}") {
        for text in [format!("{before}S3CR3T{after}@host"), format!("http://u:{before}S3CR3T{after}@{after}")] {
            let error = refused(&text);
            prop_assert!(!error.contains("S3CR3T"), "{}", error);
        }
    }

    #[test]
    fn printable_requests(text in typed()) {
        if let Ok(endpoint) = Endpoint::parse(&text, &Defaults::default()) {
            for sent in [endpoint.target(), endpoint.authority(), endpoint.url()] {
                prop_assert!(sent.bytes().all(|byte| byte.is_ascii_graphic()), "{}", sent);
            }
        }
    }
}

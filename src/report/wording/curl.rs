//! The curl command that repeats a request, quoted for a shell.

use std::path::Path;

use crate::model::endpoint::{Endpoint, Route, Scheme};
use crate::model::exchange::Method;
use crate::plan::{IpFamily, Plan, Proxy, Tls};
use crate::probe::DEFAULT_HEADERS;
use crate::sanitize::sanitize_own;

/// Maximum length of a header or a path, in characters.
const MAX_WORD: usize = 400;

/// The command, shell-quoted and with the secrets masked.
pub(super) fn command(plan: &Plan, endpoint: &Endpoint, method: Method) -> String {
    let mut words = vec!["curl".to_owned(), if method == Method::Head { "-I" } else { "-i" }.to_owned()];
    words.extend(["--max-time".to_owned(), plan.timing.budget.as_secs_f64().to_string()]);
    if let Some(limit) = plan.timing.connect_timeout {
        words.extend(["--connect-timeout".to_owned(), limit.as_secs_f64().to_string()]);
    }
    words.extend(
        plan.network.family.map(|family| if family == IpFamily::V4 { "-4" } else { "-6" }.to_owned()),
    );
    words.extend(dial(endpoint));
    words.extend(proxy(plan));
    if endpoint.scheme == Scheme::Https {
        words.extend(tls(&plan.network.tls));
    }
    words.extend(headers(plan));
    words.push(sanitize_own(&endpoint.url(), MAX_WORD));
    // Sanitized text has no NUL, the only character that no shell can quote.
    shlex::try_join(words.iter().map(String::as_str)).unwrap_or_default()
}

fn dial(endpoint: &Endpoint) -> Vec<String> {
    match &endpoint.route {
        Route::Host => Vec::new(),
        Route::Address(address, port) => {
            vec!["--connect-to".to_owned(), format!("::{}", std::net::SocketAddr::new(*address, *port))]
        }
        Route::Resolved(address) => {
            let Endpoint { host, port, .. } = endpoint;
            vec!["--resolve".to_owned(), format!("{host}:{port}:{address}")]
        }
        Route::Unix(path) => vec!["--unix-socket".to_owned(), shown(path)],
    }
}

/// Without `--proxy` nothing of the environment's proxies is used, so curl must not use them either.
fn proxy(plan: &Plan) -> Vec<String> {
    let Some(Proxy { host, port, authorization }) = &plan.network.proxy else {
        return vec!["--noproxy".to_owned(), "*".to_owned()];
    };
    let mut words = vec!["--proxytunnel".to_owned(), "--proxy".to_owned(), format!("http://{host}:{port}")];
    if let Some(value) = authorization {
        let line = [b"Proxy-Authorization: ", value.as_slice()].concat();
        words.extend(["--proxy-header".to_owned(), plan.sanitizer.own_line(&line, MAX_WORD)]);
    }
    words
}

fn tls(tls: &Tls) -> Vec<String> {
    let mut words = Vec::new();
    if tls.insecure {
        words.push("-k".to_owned());
    }
    if let Some(path) = &tls.cacert {
        // Only the spelling is known here; a directory is recognised where it is spelt as one.
        let directory = path.to_string_lossy().ends_with('/');
        words.extend([if directory { "--capath" } else { "--cacert" }.to_owned(), shown(path)]);
    }
    for (option, path) in [("--cert", &tls.cert), ("--key", &tls.key)] {
        words.extend(path.iter().flat_map(|path| [option.to_owned(), shown(path)]));
    }
    words
}

fn headers(plan: &Plan) -> Vec<String> {
    let given = &plan.network.headers;
    let is_given = |name: &str| given.iter().any(|(own, _)| own.eq_ignore_ascii_case(name));
    let defaults = DEFAULT_HEADERS.iter().filter(|(name, _)| !is_given(name));
    let defaults = defaults.map(|(name, value)| format!("{name}: {value}"));
    let own = given.iter().map(|(name, value)| {
        // After a colon alone curl leaves the header out.
        let line = match value.as_slice() {
            b"" => format!("{name};").into_bytes(),
            value => [name.as_bytes(), b": ", value].concat(),
        };
        plan.sanitizer.own_line(&line, MAX_WORD)
    });
    defaults.chain(own).flat_map(|line| ["-H".to_owned(), line]).collect()
}

fn shown(path: &Path) -> String {
    sanitize_own(&path.to_string_lossy(), MAX_WORD)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::model::endpoint::Host;
    use crate::verdict::tests::{endpoint, plan};

    #[test]
    fn plain_command() {
        let asked = |method| command(&plan(), &endpoint(), method);
        assert_eq!(
            asked(Method::Head),
            format!(
                "curl -I --max-time 10 --noproxy '*' -H 'User-Agent: check_ceilometer/{}' -H 'Accept: application/json' \
                 -H 'Cache-Control: no-cache' http://ctl1:8777/v2/health",
                env!("CARGO_PKG_VERSION")
            )
        );
        assert!(asked(Method::Get).starts_with("curl -i --max-time 10 "));
    }

    #[test]
    fn header_in_place_of_a_default() {
        let mut plan = plan();
        plan.network.headers = vec![("accept".into(), b"text/plain".to_vec())];
        let text = command(&plan, &endpoint(), Method::Get);
        assert!(text.contains(" -H 'accept: text/plain' ") && !text.contains("application/json"), "{text}");
    }

    #[test]
    fn empty_header() {
        let mut plan = plan();
        plan.network.headers = vec![("Accept".into(), Vec::new())];
        assert!(command(&plan, &endpoint(), Method::Get).contains(" -H 'Accept;' "));
    }

    #[test]
    fn options_of_the_request() {
        let mut plan = plan();
        plan.timing.connect_timeout = Some(Duration::from_millis(1500));
        plan.network.family = Some(IpFamily::V6);
        plan.network.tls = Tls {
            insecure: true,
            cacert: Some("/etc/my ca.pem".into()),
            cert: Some("c.pem".into()),
            key: Some("k.pem".into()),
            ..Tls::default()
        };
        plan.network.headers = vec![("X-Auth-Token".into(), b"gAAAAABtoken".to_vec())];
        plan.network.proxy = Some(Proxy {
            host: Host::Name("px".into()),
            port: 3128,
            authorization: Some(b"Basic c2VjcmV0".to_vec()),
        });
        plan.sanitizer.add_secret(b"gAAAAABtoken");
        plan.sanitizer.add_secret(b"c2VjcmV0");
        let https = Endpoint {
            scheme: Scheme::Https,
            route: Route::Address("2001:db8::1".parse().unwrap(), 8777),
            ..endpoint()
        };
        let text = command(&plan, &https, Method::Get);
        for part in [
            " --connect-timeout 1.5 -6 --connect-to '::[2001:db8::1]:8777' --proxytunnel --proxy http://px:3128 ",
            " -k --cacert '/etc/my ca.pem' --cert c.pem --key k.pem ",
            " -H 'X-Auth-Token: ",
            " --proxy-header 'Proxy-Authorization: Basic ",
            " https://ctl1:8777/v2/health",
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
        assert!(
            !text.contains("gAAAAAB") && !text.contains("c2VjcmV0") && !text.contains("noproxy"),
            "{text}"
        );
    }

    #[test]
    fn connect_to_and_unix_socket() {
        let cases = [
            (Route::Resolved("192.0.2.1".parse().unwrap()), " --resolve ctl1:8777:192.0.2.1 "),
            (Route::Unix("/run/api.sock".into()), " --unix-socket /run/api.sock "),
        ];
        for (dial, part) in cases {
            let text = command(&plan(), &Endpoint { route: dial, ..endpoint() }, Method::Get);
            assert!(text.contains(part), "{part} in {text}");
        }
        let mut plan = plan();
        plan.network.tls.cacert = Some("/etc/ssl/certs/".into());
        let https = Endpoint { scheme: Scheme::Https, ..endpoint() };
        assert!(command(&plan, &https, Method::Get).contains(" --capath /etc/ssl/certs/ "));
    }
}

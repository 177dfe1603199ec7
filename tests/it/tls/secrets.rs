//! Credentials: read from files, sent, and never printed, whatever a server makes of them.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::support::certificates::{Authority, Files, named, server};
use crate::support::harness::{Check, check};
use crate::support::peer::{Peer, Request, Script, answers, says};
use crate::support::tls::{BOTH, config};
use crate::tls::server::TlsServer;

/// Worth escaping in JSON, HTML and URLs.
const TOKEN: &str = "Se\"same\\Open/<1234>&more";
const PASSWORD: &str = "hunter2+Swordfish%";
const HEADER: &str = "AnotherSecretValue42";
const PROXY_PASSWORD: &str = "tunnel-Vision-9";

/// Files with all secrets, and the options that name them.
fn armed() -> (Files, Vec<String>) {
    let files = Files::new();
    let options = [
        ("--token-file", files.write("token", format!("{TOKEN}\n"))),
        ("--auth-file", files.write("auth", format!("monitor:{PASSWORD}\n"))),
        ("--header", format!("X-Other: {HEADER}")),
    ];
    let words = options.into_iter().flat_map(|(option, value)| [option.to_owned(), value]);
    (files, words.collect())
}

/// The secrets in every form in which they must not show.
fn forms() -> Vec<String> {
    let basic = STANDARD.encode(format!("monitor:{PASSWORD}"));
    let plain = [TOKEN, PASSWORD, HEADER, &basic, PROXY_PASSWORD];
    let json = |secret: &&str| serde_json::to_string(secret).unwrap().trim_matches('"').to_owned();
    let mut forms: Vec<String> = plain.iter().map(|&secret| secret.to_owned()).collect();
    forms.extend(plain.iter().map(json));
    forms.extend(plain.iter().map(|secret| STANDARD.encode(secret)));
    // Parts of truncated secrets, and secrets in lower case.
    forms.extend(["Se\"same", "hunter2", "AnotherSecret", "tunnel-Vision"].map(str::to_owned));
    forms.extend(plain.iter().map(|secret| secret.to_ascii_lowercase()));
    forms
}

/// Runs in every format at its lowest and its highest verbosity, and looks for each secret.
fn shows_nothing(name: &str, endpoint: &str, options: &[String]) {
    let formats: [(&str, &[&str]); 5] = [
        ("nagios", &["-o", "-vvvo"]),
        ("human", &["-o", "-vvvo"]),
        ("json", &["-o", "-vvvo"]),
        // They have but one.
        ("haproxy-agent", &["-o"]),
        ("prometheus", &["-o"]),
    ];
    for (format, verbosities) in formats {
        for verbosity in verbosities {
            let line = [&[endpoint, *verbosity, format].map(str::to_owned)[..], options].concat();
            let run = check(line).run();
            run.exits_as_a_plugin();
            let printed = run.stdout.to_ascii_lowercase();
            for form in forms() {
                let found = printed.contains(&form.to_ascii_lowercase());
                run.holds(!found, &format!("{form:?} is shown, reflected as {name}"));
            }
        }
    }
}

/// The secrets as a request carried them.
fn carried(request: &Request) -> Vec<String> {
    ["x-auth-token", "authorization", "x-other"]
        .iter()
        .map(|name| request.header(name)[0].to_owned())
        .collect()
}

fn each_byte(text: &str, escape: impl Fn(u8) -> String) -> String {
    text.bytes().map(escape).collect::<Vec<_>>().concat()
}

/// A server's response that holds parts of the request.
type Reflection = fn(&Request) -> Script;

/// Every way in which a server can throw a request back.
fn reflections() -> Vec<(&'static str, Reflection)> {
    const JSON: &str = "Content-Type: application/json\r\n";
    vec![
        ("text", |request| answers(503, "", &request.raw)),
        ("HTML", |request| {
            let page = request.raw.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;");
            answers(503, "Content-Type: text/html\r\n", &format!("<html><body>{page}</body></html>"))
        }),
        ("JSON", |request| {
            answers(
                503,
                JSON,
                &serde_json::json!({ "reasons": [request.raw], "error": request.raw }).to_string(),
            )
        }),
        ("JSON in ASCII", |request| {
            let escaped = each_byte(&request.raw, |byte| format!("\\u{byte:04x}"));
            answers(503, JSON, &format!("{{\"error_message\": \"{escaped}\"}}"))
        }),
        ("base64", |request| {
            let coded: Vec<String> = carried(request).iter().map(|value| STANDARD.encode(value)).collect();
            answers(500, JSON, &serde_json::json!({ "reasons": coded }).to_string())
        }),
        ("URL", |request| {
            let coded = each_byte(&carried(request).join(" "), |byte| format!("%{byte:02X}"));
            answers(302, &format!("Location: http://elsewhere/?{coded}\r\n"), "")
        }),
        ("Location", |request| {
            let secrets = carried(request).join("/");
            answers(302, &format!("Location: http://{secrets}@elsewhere/{secrets}\r\n"), "")
        }),
        ("challenge", |request| {
            let secrets = carried(request).join(" ");
            answers(
                401,
                &format!("WWW-Authenticate: Keystone uri=\"{secrets}\"\r\nServer: {secrets}\r\n"),
                "",
            )
        }),
        ("request id and Allow", |request| {
            let secrets = carried(request).join(", ");
            let headers = format!(
                "X-Openstack-Request-Id: {secrets}\r\nAllow: {secrets}\r\nRetry-After: {secrets}\r\n"
            );
            answers(405, &headers, "")
        }),
        ("the status line", |request| {
            says(format!("HTTP/1.1 503 {}\r\nContent-Length: 0\r\n\r\n", carried(request).join(" ")))
        }),
        // The HTTP library returns names in lower case.
        ("a header's name", |request| {
            answers(503, &format!("X-{}: x\r\n", request.header("x-other")[0]), "")
        }),
        ("an echo", |request| says(request.raw.clone())),
        ("an echo of the token alone", |request| says(format!("220 {}\r\n", carried(request)[0]))),
        ("a long body, cut within a secret", |request| {
            let secrets = carried(request).join(" ");
            answers(503, "", &format!("{}{secrets}", "x".repeat(64 * 1024 - 8)))
        }),
        ("a body that is shown in part", |request| {
            let secrets = carried(request).join(" ");
            answers(503, "", &format!("{}{secrets}", "x ".repeat(508)))
        }),
    ]
}

#[test]
fn reflecting_server() {
    let (_files, options) = armed();
    for (name, reflect) in reflections() {
        let peer = Peer::asked(reflect);
        shows_nothing(name, &peer.address(), &options);
        let sent = &peer.requests()[0];
        let basic = format!("Basic {}", STANDARD.encode(format!("monitor:{PASSWORD}")));
        assert_eq!(carried(sent), [TOKEN, &basic, HEADER], "the secrets were not sent");
    }
}

/// The certificate of the second connection tells what the first one's request held.
#[test]
fn reflecting_certificate() {
    let (files, options) = armed();
    let root = Authority::new("Test CA");
    let cacert = files.write("ca.pem", &root.identity.certificate);
    let tells = format!("{TOKEN} {PASSWORD} {HEADER}");
    let mut params = server("localhost");
    params.distinguished_name = named(&tells).distinguished_name;
    params.not_after = rcgen::date_time_ymd(2090, 1, 1);
    let mut expired = params.clone();
    expired.not_after = rcgen::date_time_ymd(2021, 1, 1);
    for reflecting in [root.issues(&params), root.issues(&expired)] {
        let (good, bad) = (config(&root.server("localhost"), BOTH, None), config(&reflecting, BOTH, None));
        let answered = |requests: &[String]| requests.len().is_multiple_of(2);
        let server = TlsServer::start(
            move |requests| Arc::clone(if answered(requests) { &good } else { &bad }),
            crate::tls::server::healthy,
        );
        let url = server.url();
        let base = [url.clone(), "--cacert".into(), cacert.clone()];
        // Each run asks HEAD under the good certificate, then GET under the one that tells.
        let run = check([&base[..], &options, &["-o".into(), "json".into()]].concat()).run();
        run.says("***");
        for form in forms() {
            run.never_says(&form);
        }
    }
}

#[test]
fn reflecting_proxy() {
    let (files, mut options) = armed();
    let file = files.write("proxy", format!("monitor:{PROXY_PASSWORD}"));
    let proxy = Peer::asked(|request| {
        let secrets = request.header("proxy-authorization")[0];
        says(format!("HTTP/1.1 502 {secrets} {PROXY_PASSWORD}\r\nServer: {secrets}\r\n\r\n{}", request.raw))
    });
    options.extend(["--proxy".into(), proxy.address(), "--proxy-auth-file".into(), file]);
    shows_nothing("the proxy's answer", "service.example", &options);
    let sent = &proxy.requests()[0];
    assert_eq!(sent.headers.len(), 2, "the service's secrets went to the proxy: {}", sent.raw);
    let basic = format!("Basic {}", STANDARD.encode(format!("monitor:{PROXY_PASSWORD}")));
    assert_eq!(sent.header("proxy-authorization"), [basic]);
}

#[test]
fn secrets_from_standard_input_and_files() {
    let (files, peer) = (Files::new(), Peer::healthy());
    let at = peer.address();
    let headers = files.write("headers", format!("# ours\n\nX-Auth-Token: {TOKEN}\nX-Other:{HEADER}\n"));
    let basic = format!("Basic {}", STANDARD.encode("user:pass:word"));
    let sent = |run: Check, name: &str, value: &str| {
        let before = peer.requests().len();
        run.run().exits(0);
        for request in &peer.requests()[before..] {
            assert_eq!(request.header(name), [value]);
        }
    };
    sent(check([&at, "--token-file", "-"]).stdin(format!("{TOKEN}\r\n")), "x-auth-token", TOKEN);
    sent(check([&at, "--token-file", "-"]).stdin(TOKEN), "x-auth-token", TOKEN);
    sent(check([&at, "--auth-file", "-"]).stdin("user:pass:word\n"), "authorization", &basic);
    sent(check([&at, "--header", "@-"]).stdin(format!("X-Other: {HEADER}")), "x-other", HEADER);
    sent(check([&at, "--header", &format!("@{headers}")]), "x-auth-token", TOKEN);
    sent(check([&at, "--header", &format!("@{headers}")]), "x-other", HEADER);
}

#[test]
fn line_break_in_a_secret() {
    let files = Files::new();
    let two = files.write("two", "Sesame-1\nX-Injected: yes\n");
    let carriage = files.write("carriage", "Sesame-1\rX-Injected: yes");
    for (option, file) in [("--token-file", &two), ("--token-file", &carriage), ("--auth-file", &two)] {
        let run = check(["h", option, file]).run();
        run.is_refused(&[&format!("{option}: {file}:")]).never_says("Sesame").never_says("Injected");
    }
    check(["h", "--header", "X-A: Sesame-1\nX-Injected: yes"]).run().is_refused(&[]).never_says("Sesame");
}

#[test]
fn secret_readable_by_others() {
    use std::os::unix::fs::PermissionsExt;
    let (files, peer) = (Files::new(), Peer::healthy());
    let token = files.write("token", TOKEN);
    let note = format!("--token-file '{token}' is readable by other users");
    for (mode, verbosity, noted) in
        [(0o644, "-v", true), (0o640, "-v", true), (0o600, "-v", false), (0o644, "-q", false)]
    {
        std::fs::set_permissions(&token, std::fs::Permissions::from_mode(mode)).unwrap();
        let options: &[&str] = if verbosity == "-v" { &["-v"] } else { &[] };
        let run = check([&[&peer.address(), "--token-file", &token], options].concat()).run();
        run.exits(0).holds(run.stdout.contains(&note) == noted, "the note is wrong");
    }
}

#[test]
fn token_over_plain_http() {
    let (files, peer, root) = (Files::new(), Peer::healthy(), Authority::new("Test CA"));
    let (token, cacert) = (files.write("token", TOKEN), files.write("ca.pem", &root.identity.certificate));
    let note = "X-Auth-Token was sent over plain http, where everyone on the way can read it";
    check([&peer.address(), "--token-file", &token, "-v"]).run().exits(0).says(note);
    check([&peer.address(), "--token-file", &token]).run().exits(0).never_says(note);
    let server = TlsServer::healthy(&root.server("localhost"));
    check([&server.url(), "--cacert", &cacert, "--token-file", &token, "-v"]).run().exits(0).never_says(note);
}

#[test]
fn refusing_responders() {
    let challenge = "WWW-Authenticate: Keystone uri=\"http://keystone.example:5000/v3\"\r\n";
    let cases = [
        (401, challenge, None, "access control answered before the health check could"),
        (401, challenge, Some(TOKEN), "access control answered before the health check could"),
        (403, "", None, "access control answered before the health check could: it forbids the request"),
        (
            401,
            "WWW-Authenticate: Basic realm=\"ops\"\r\n",
            None,
            "access control (Basic realm=\"ops\") answered before the health check could: it wants credentials",
        ),
    ];
    let files = Files::new();
    for (status, headers, token, why) in cases {
        let peer = Peer::always(answers(status, headers, ""));
        let mut line = vec![peer.address()];
        if let Some(token) = token {
            line.extend(["--token-file".to_owned(), files.write("token", token)]);
        }
        let run = check(line).run();
        run.exits(3).is_plugin_output().says(why).says("--token-file");
        let what = if headers.contains("Keystone") {
            let did =
                token.map_or("wants a token from whoever asks", |_| "rejected the token that was sent to");
            format!("Keystone (http://keystone.example:5000/v3) {did} {} (GET 401)", peer.address())
        } else {
            format!("GET {status} from {}", peer.address())
        };
        assert_eq!(run.summary(), format!("CEILOMETER UNKNOWN - denied: {what}"));
    }
}

//! Conflicts with their errors, and defaults with the options that change them.

use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;
use std::time::Instant;

use proptest::prelude::*;

use super::*;
use crate::cli::EarlyExit;
use crate::cli::OutputFormat;
use crate::model::diagnosis::Diagnosis;
use crate::model::endpoint::{Endpoint, Host, Route};
use crate::plan::Verbosity;
use crate::rules::Key;
use crate::sanitize::UntrustedText;
use crate::testing::assert_maps;

const HAPROXY: Variables = &[("HAPROXY_SERVER_ADDR", "192.0.2.7"), ("HAPROXY_SERVER_PORT", "8777")];

/// The environment of a test.
type Variables<'a> = &'a [(&'a str, &'a str)];

fn environment(variables: Variables) -> Environment {
    let environment = variables.iter().map(|(name, value)| (name.into(), value.into())).collect();
    Environment { variables: environment, ..Environment::bare(Instant::now()) }
}

fn cli(arguments: &[&str], variables: Variables) -> Cli {
    let variable = environment(variables).variable(crate::cli::OPTS_VAR).map(OsString::from);
    match Cli::read(arguments.iter().map(OsString::from), variable.as_deref()) {
        Ok(cli) => cli,
        Err(EarlyExit::Usage(refused)) => panic!("{arguments:?}: {}", refused.reason),
        Err(shown) => panic!("{arguments:?}: {shown:?}"),
    }
}

fn try_plan(arguments: &[&str], variables: Variables) -> Result<Plan> {
    Plan::from_cli(&cli(arguments, variables), &environment(variables))
}

fn plan(arguments: &[&str]) -> Plan {
    try_plan(arguments, &[]).unwrap()
}

/// The endpoints of a plan that names some.
fn endpoints(plan: &Plan) -> &[Endpoint] {
    match &plan.targets {
        Targets::Endpoints(endpoints) | Targets::Addresses(endpoints) => endpoints,
        other => panic!("no endpoints: {other:?}"),
    }
}

fn shown(plan: &Plan) -> Vec<String> {
    endpoints(plan).iter().map(ToString::to_string).collect()
}

/// The error of rejected arguments.
fn refusal(arguments: &[&str], variables: Variables) -> String {
    match try_plan(arguments, variables) {
        Ok(plan) => panic!("{arguments:?} was accepted: {plan:?}"),
        Err(error) => format!("{error:#}"),
    }
}

/// Files with the given contents; the directory lives as long as the value.
struct Files(tempfile::TempDir);

impl Files {
    fn with(files: &[(&str, &str)]) -> Files {
        let directory = tempfile::tempdir().unwrap();
        for (name, content) in files {
            fs::write(directory.path().join(name), content).unwrap();
        }
        Files(directory)
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).into_os_string().into_string().unwrap()
    }
}

/// Conflicting options, and the error.
const CONFLICTS: &[(&[&str], &str)] = &[
    (&[], "no endpoint given: try check_ceilometer HOST, or --simulate healthy; see --help"),
    (&["h", "--key", "k"], "'--key' requires '--cert'"),
    (
        &["h", "i", "--connect-to", "::1"],
        "'--connect-to' can be used with one endpoint only, but there are 2",
    ),
    (&["h", "-4", "--connect-to", "::1"], "-4 excludes the address ::1 of h:8777"),
    (&["h", "-6", "--connect-to", "192.0.2.1"], "-6 excludes the address 192.0.2.1 of h:8777"),
    (&["h", "https://[::1]", "-4"], "-4 excludes the address ::1 of https://[::1]:443"),
    (&["192.0.2.1", "-6"], "-6 excludes the address 192.0.2.1 of 192.0.2.1:8777"),
    (&["h", "--quorum", "2"], "a quorum of 2 cannot be met: there is 1 endpoint"),
    (&["h", "i", "h", "--quorum", "3"], "a quorum of 3 cannot be met: there are 2 endpoints"),
    (&["h", "--count", "1"], "'--count' requires '--watch'"),
    (&["h", "--proxy-auth-file", "f"], "'--proxy-auth-file' requires '--proxy'"),
    (
        &["h", "--token-file", "f", "--header", "x-auth-token: abc"],
        "'--token-file' cannot be used with '--header X-Auth-Token'",
    ),
    (
        &["h", "--auth-file", "f", "--header", "Authorization: abc"],
        "'--auth-file' cannot be used with '--header Authorization'",
    ),
    (
        &["--endpoints", "-", "--token-file", "-"],
        "'--endpoints -' cannot be used with '--token-file -': standard input can be read only once",
    ),
    (
        &["https://h", "--cacert", "-", "--token-file", "-"],
        "'--cacert -' cannot be used with '--token-file -': standard input can be read only once",
    ),
    (
        &["h", "--header", "@-", "--header", "@-"],
        "'--header @-' cannot be used with '--header @-': standard input can be read only once",
    ),
    (&["--simulate", "healthy", "not-found"], "separate several diagnoses by commas: --simulate …,not-found"),
    (
        &["h", "-w", "500"],
        "invalid value '500' for '--warning': 500 s is not below the run's limit of 10 s (-t); did you mean milliseconds (500ms)?",
    ),
    (
        &["h", "-c", "100.5", "-t", "60"],
        "invalid value '100.5' for '--critical': 100.5 s is not below the run's limit of 60 s (-t); did you mean \
         milliseconds (100.5ms)?",
    ),
    (&["h", "--output-file", "/dev/null"], "--output-file /dev/null is not a regular file"),
    (
        &["a", "b", "c", "d", "e", "--haproxy"],
        "--haproxy expects four arguments (proxy address and port, server address and port) or none, but there are 5",
    ),
    (&["--haproxy", "--simulate", "not-found"], "'--simulate' cannot be used with '--haproxy'"),
    (&["--haproxy"], "--haproxy without arguments requires HAPROXY_SERVER_ADDR in the environment"),
];

#[test]
fn conflicting_options() {
    for (arguments, line) in CONFLICTS {
        assert_eq!(refusal(arguments, &[]), *line, "{arguments:?}");
    }
}

#[test]
fn conflicts_with_haproxy_mode() {
    let table: &[(&[&str], &str)] = &[
        (&["--simulate", "not-found"], "'--simulate' cannot be used with '--haproxy'"),
        (&["--endpoints", "f"], "'--endpoints' cannot be used with '--haproxy'"),
        (&["--all-addresses"], "'--all-addresses' cannot be used with '--haproxy'"),
        (&["--connect-to", "::1"], "'--connect-to' cannot be used with '--haproxy'"),
        (&["-H", "a", "-H", "b"], "'-H' can be given only once in HAProxy mode"),
        (&["--watch", "1"], "'--watch' cannot be used with '--haproxy'"),
        (&["--wait", "1"], "'--wait' cannot be used with '--haproxy'"),
    ];
    for (arguments, line) in table {
        let call = ["NOT_USED", "NOT_USED", "192.0.2.7", "8777"];
        let arguments: Vec<&str> = call.iter().chain(*arguments).copied().collect();
        assert_eq!(refusal(&arguments, HAPROXY), *line, "{arguments:?}");
    }
}

#[test]
fn invalid_haproxy_calls() {
    let table: &[(&[&str], &str)] = &[
        (
            &["a", "1", "server", "80"],
            "invalid server address 'server' from HAProxy: expected an IP address or a path",
        ),
        (
            &["a", "1", "192.0.2.7", "NOT_USED"],
            "invalid port 'NOT_USED' from HAProxy for 192.0.2.7: give one with -p",
        ),
        (&["a", "1", "::1", "80", "-4"], "-4 excludes the address ::1 of [::1]:80"),
        (&["a", "1", "192.0.2.7", "80", "-H", "h", "-6"], "-6 excludes the address 192.0.2.7 of h:80"),
        (&["a", "1", "::1", "0"], "invalid port '0' from HAProxy for ::1: give one with -p"),
        (
            &["a", "1", "/run/c.sock", "NOT_USED", "--proxy", "p"],
            "'--proxy' cannot be used with HAProxy's server, which is a UNIX socket",
        ),
        (&["a", "1", "::1", "http"], "invalid port 'http' from HAProxy for ::1: give one with -p"),
    ];
    for (arguments, line) in table {
        assert_eq!(refusal(arguments, HAPROXY), *line, "{arguments:?}");
    }
    for arguments in [["NOT_USED", "NOT_USED", "192.0.2.7", "8777"], ["a", "1", "/run/c.sock", "NOT_USED"]] {
        assert_eq!(
            refusal(&arguments, &[]),
            "HAProxy's four arguments need '--haproxy' where HAPROXY_SERVER_ADDR is not in the environment"
        );
    }
    assert_eq!(shown(&plan(&["a", "b", "c", "d"])).len(), 4);
}

#[test]
fn options_of_the_variable() {
    assert_maps(
        |variable| refusal(&["::1"], &[("CHECK_CEILOMETER_OPTS", variable)]),
        [
            ("-H other", "'-H' is not allowed in CHECK_CEILOMETER_OPTS outside HAProxy mode"),
            ("--key k", "'--key (from CHECK_CEILOMETER_OPTS)' requires '--cert'"),
            ("-4", "-4 (from CHECK_CEILOMETER_OPTS) excludes the address ::1 of [::1]:8777"),
            ("--quorum 2", "a quorum of 2 cannot be met: there is 1 endpoint (from CHECK_CEILOMETER_OPTS)"),
            (
                "--token-file /nonexistent/token",
                "--token-file (from CHECK_CEILOMETER_OPTS): '/nonexistent/token' does not exist: check the path",
            ),
            ("--header X", "--header (from CHECK_CEILOMETER_OPTS): expected 'Name: value'"),
        ],
    );
}

#[test]
fn invalid_endpoints() {
    let credentials =
        "credentials in a URL show in the process list: use --auth-file; for an @ in a path write %40";
    let table = [
        ("", "invalid endpoint '': the host is missing".into()),
        ("ftp://host", "invalid endpoint 'ftp://host': unsupported scheme 'ftp': use http or https".into()),
        ("http://user:s3cr3t@host/x", format!("invalid endpoint 'http://***@host/x': {credentials}")),
        ("http://user:s3@cr3t@host:x", format!("invalid endpoint 'http://***@host:x': {credentials}")),
        (
            "http://host/?token=s3cr3t",
            "invalid endpoint 'http://host/…': an endpoint cannot contain a query (?): use --path".into(),
        ),
        (
            "http://host#s3cr3t",
            "invalid endpoint 'http://host…': a fragment (#) is never sent to a server: leave it out".into(),
        ),
        (
            "X-Auth-Token: s3cr3t",
            "invalid endpoint: it looks like a header: use --header 'Name: value'".into(),
        ),
        ("ho\x1b[31mst", r"invalid endpoint 'host': a host name cannot contain '\u{1b}'".into()),
    ];
    for (text, line) in table {
        assert_eq!(refusal(&[text], &[]), line, "{text:?}");
        assert_eq!(refusal(&["-k", "-H", text], &[]), line, "{text:?}");
    }
}

#[test]
fn invalid_headers() {
    let table = [
        ("no colon verysecret", "expected 'Name: value'"),
        (": verysecret", "the text before the colon is not a header name"),
        ("very secret: x", "the text before the colon is not a header name"),
        ("content-length: 1", "Content-Length is set by the client and cannot be given"),
        ("Transfer-Encoding: chunked", "Transfer-Encoding is set by the client and cannot be given"),
        ("Connection: close", "Connection is set by the client and cannot be given"),
        ("Expect: 100-continue", "Expect is set by the client and cannot be given"),
        ("Upgrade: h2c", "Upgrade is set by the client and cannot be given"),
        ("X-A:", "'X-A' has no value: quote name and value together, as 'Name: value'"),
        ("X-A: ", "'X-A' has no value: quote name and value together, as 'Name: value'"),
        ("X-A: very\nsecret", "value of 'X-A': a header cannot contain a control character"),
        ("X-A: very\rsecret", "value of 'X-A': a header cannot contain a control character"),
    ];
    for (header, why) in table {
        assert_eq!(refusal(&["h", "--header", header], &[]), format!("--header: {why}"));
    }
    let hosts = ["h", "--header", "Host: a", "--header", "host: a"];
    assert_eq!(refusal(&hosts, &[]), "--header: Host can be given only once");
    let host = ["h", "--header", "Host: müller"];
    assert_eq!(refusal(&host, &[]), "--header: the value of Host must be printable ASCII without spaces");
    let many: Vec<String> = (0..101).map(|number| format!("--header=X-{number}: 1")).collect();
    let many: Vec<&str> = std::iter::once("h").chain(many.iter().map(String::as_str)).collect();
    assert_eq!(refusal(&many, &[]), "--header: more than 100 headers");
    let files = Files::with(&[("headers", &"X-A: 1\n".repeat(8000))]);
    let file = format!("@{}", files.path("headers"));
    assert_eq!(refusal(&["h", "--header", &file], &[]), "--header: more than 100 headers");
}

/// A server that quotes a login has decoded it.
#[test]
fn basic_login_in_a_header() {
    let header = "Proxy-Authorization: basic YWRtaW46aHVudGVyMnNlY3JldA==";
    let shown = |text: &str| plan(&["h", "--header", header]).sanitizer.line(&UntrustedText::new(text), 100);
    assert_eq!(shown("login of admin:hunter2secret failed"), "login of *** failed");
    assert_eq!(shown("hunter2secret is wrong for admin."), "*** is wrong for admin.");
}

/// Secrets are searched for in every response: what no server takes is not sent.
#[test]
fn long_secrets() {
    let [half, long] = [1, 2].map(|times| "x".repeat(times * 16 * 1024));
    let header = format!("X-A: {half}\n");
    let files = Files::with(&[("long", &long), ("headers", &header.repeat(3)), ("two", &header.repeat(2))]);
    for option in ["--token-file", "--auth-file"] {
        let reason = refusal(&["h", option, &files.path("long")], &[]);
        assert!(reason.contains("is larger than 16384 bytes"), "{reason}");
    }
    let [headers, two] = ["headers", "two"].map(|name| format!("@{}", files.path(name)));
    let reason = "--header: headers of more than 32768 bytes";
    assert_eq!(refusal(&["h", "--header", &headers], &[]), reason);
    assert_eq!(refusal(&["h", "--header", &two, "--header", "X-B: 1"], &[]), reason);
    assert_eq!(plan(&["h", "--header", &two]).network.headers.len(), 2);
}

proptest! {
    /// A file of headers is accepted whole, or rejected by the number of a line without its text.
    #[test]
    fn header_files(lines in prop::collection::vec("(X-[A-Z]: )?[ -~\t\u{80}-\u{ff}\0]{0,12}|#.{0,9}", 0..6)) {
        let marked: Vec<String> = lines.iter().map(|line| format!("{line}very-secret")).collect();
        let files = Files::with(&[("headers", &marked.join("\n"))]);
        let file = files.path("headers");
        match try_plan(&["h", "--header", &format!("@{file}")], &[]) {
            Ok(plan) => {
                let comments = marked.iter().filter(|line| line.trim().starts_with('#')).count();
                prop_assert_eq!(plan.network.headers.len(), marked.len() - comments);
                let shown = plan.sanitizer.line(&UntrustedText::new(marked.concat()), 1000);
                prop_assert!(comments > 0 || !shown.contains("very-secret"), "{}", shown);
            }
            Err(error) => {
                let error = format!("{error:#}");
                let place = error.strip_prefix(&format!("--header: {file}:")).and_then(|rest| rest.split_once(": "));
                let line = place.and_then(|(number, _)| number.parse().ok()).unwrap_or(0);
                prop_assert!((1..=marked.len()).contains(&line) && !error.contains("secret"), "{}", error);
            }
        }
    }
}

#[test]
fn invalid_files() {
    let error = |(option, content): (&str, &str)| {
        let files = Files::with(&[("file", content)]);
        let path = files.path("file");
        let at = if option == "--header" { "@" } else { "" };
        let refused = refusal(&["h", option, &format!("{at}{path}")], &[]);
        refused.strip_prefix(&format!("{option}: ")).unwrap().replace(&path, "file")
    };
    assert_maps(
        error,
        [
            (("--token-file", "\n"), "'file' is empty"),
            (("--token-file", "very\nsecret\n"), "file:2: expected a single line"),
            (("--token-file", "very\x07secret"), "file:1: a header cannot contain a control character"),
            (("--token-file", "very secret"), "file:1: a token must be printable ASCII without spaces"),
            (("--auth-file", "verysecret\n"), "file:1: expected user:password"),
            (("--header", "# comment\n\nX-A: 1\r\nverysecret\n"), "file:4: expected 'Name: value'"),
            (
                ("--endpoints", "good\n\n# comment\nhttp://me:verysecret@host\n"),
                "file:4: an endpoint cannot contain credentials: use --auth-file",
            ),
            (("--endpoints", "http://very secret\n"), "file:1: expected [http[s]://]HOST[:PORT][/PREFIX]"),
        ],
    );
    let absent = refusal(&["h", "--token-file", &Files::with(&[]).path("absent")], &[]);
    assert!(absent.starts_with("--token-file: "), "{absent}");
}

#[test]
fn contents_in_place_of_files() {
    let key = "-----BEGIN PRIVATE KEY-----\nMC4CAQAw\n-----END PRIVATE KEY-----\n";
    for content in [key, &key.replace('\n', " ")] {
        let error = refusal(&[&format!("--endpoints={content}")], &[]);
        assert_eq!(error, "--endpoints: '-----BEGIN…' does not exist: check the path");
    }
    let clouds = "--os-config=clouds:\n  prod:\n    auth: {password: verysecret}\n";
    let with_key = format!("{clouds}    cacert: -----BEGIN CERTIFICATE-----");
    for content in [clouds, &with_key] {
        assert_eq!(
            refusal(&["--os-cloud", "prod", content], &[]),
            "--os-config: 'clouds:***' does not exist: check the path"
        );
    }
    let commented = format!("# see http://h/x\n{}", clouds.trim_start_matches("--os-config="));
    let error = refusal(&["--os-cloud", "prod", "--os-config", &commented], &[]);
    assert_eq!(error, "--os-config: '# see http://h/x…' does not exist: check the path");
    let error = refusal(&[&format!("--endpoints=etc/key: {key}")], &[]);
    assert_eq!(error, "--endpoints: 'etc/key: -----BEGIN…' does not exist: check the path");
}

/// The files of a cloud are found by a search, and the file of its token by its name.
#[test]
fn output_in_the_place_of_a_clouds_file() {
    let login =
        "{auth_url: 'http://k', username: u, project_name: p, user_domain_id: d, project_domain_id: d}";
    let clouds = format!("clouds:\n  prod: {{auth: {login}, cacert: CA}}\n");
    let files = Files::with(&[("secure.yaml", "clouds: {prod: {auth: {password: verysecret}}}"), ("ca", "")]);
    fs::write(files.path("clouds.yaml"), clouds.replace("CA", &files.path("ca"))).unwrap();
    let (cache, config) = (tempfile::tempdir().unwrap(), files.path("clouds.yaml"));
    fs::set_permissions(cache.path(), std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
    let token = cache.path().join("prod.json").display().to_string();
    fs::write(&token, "{}").unwrap();
    let variables = [("OS_CLIENT_CONFIG_FILE", config.as_str())];
    let directory = cache.path().display().to_string();
    let arguments = ["h", "--os-cloud", "prod", "--token-cache", &directory, "--output-file"];
    for output in [&config, &files.path("secure.yaml"), &files.path("ca"), &token] {
        let error = refusal(&[&arguments[..], &[output.as_str()]].concat(), &variables);
        assert_eq!(error, "'--output-file' would replace the file of '--os-cloud'", "{output}");
    }
    try_plan(&[&arguments[..], &[files.path("result").as_str()]].concat(), &variables).unwrap();
}

/// A report in the place of a secret would be sent by the next run.
#[test]
fn output_in_the_place_of_an_input() {
    let files = Files::with(&[("file", "token"), ("list", "h\n")]);
    std::os::unix::fs::symlink(files.path("file"), files.path("link")).unwrap();
    let (file, link, list) = (files.path("file"), files.path("link"), files.path("list"));
    let header = format!("@{file}");
    let directory = Path::new(&file).parent().unwrap().to_str().unwrap().to_owned();
    for (option, input, output) in [
        ("--cacert", &directory, &files.path("new")),
        ("--token-file", &file, &file),
        ("--token-file", &link, &file),
        ("--header", &header, &file),
        ("--endpoints", &list, &list),
    ] {
        let error = refusal(&["h", option, input, "--output-file", output], &[]);
        assert_eq!(error, format!("'--output-file' would replace the file of '{option}'"));
    }
    let error = refusal(&["--os-cloud", "c", "--os-config", &file, "--output-file", &file], &[]);
    assert_eq!(error, "'--output-file' would replace the file of '--os-config'");
    try_plan(&["h", "--token-file", &file, "--output-file", &list], &[]).unwrap();
}

#[test]
fn secrets_in_place_of_their_files() {
    let long = "gAAAA".repeat(60);
    for option in ["--token-file", "--auth-file", "--proxy-auth-file"] {
        for secret in ["gAAAA-token", "user:Secret/123", &long] {
            let error = refusal(&["h", "--proxy", "p:1", option, secret], &[]);
            let expected = "no such file: give the name of a file, not the secret itself";
            assert_eq!(error, format!("{option}: {expected}"));
        }
        for path in ["/nonexistent/f", "./nonexistent", "src/nonexistent"] {
            let error = refusal(&["h", "--proxy", "p:1", option, path], &[]);
            assert_eq!(error, format!("{option}: '{path}' does not exist: check the path"));
        }
    }
}

#[test]
fn sent_and_masked_secrets() {
    let files = Files::with(&[
        ("token", "tokentoken\r\n"),
        ("auth", "me:pass:word word\n"),
        ("proxy", "you:proxypass"),
        ("headers", "X-Long: eightchars\nX-Short: seven\nX-Auth: Bearer bearertoken\n"),
    ]);
    let plan = plan(&[
        "h",
        "--token-file",
        &files.path("token"),
        "--auth-file",
        &files.path("auth"),
        "--header",
        "Accept: a; b=c",
        "--header",
        &format!("@{}", files.path("headers")),
        "--header",
        "Cookie: lang=en; session=cookiesecret==",
        "--header",
        "X-Session-Pass: Key id=\"app\", secret=\"parametersecret\"",
        "--header",
        "Forwarded: for=192.0.2.1;host=api.example.org",
        "--proxy",
        "proxy:3128",
        "--proxy-auth-file",
        &files.path("proxy"),
    ]);
    let sent: Vec<String> = plan
        .network
        .headers
        .iter()
        .map(|(name, value)| format!("{name}: {}", String::from_utf8_lossy(value)))
        .collect();
    assert_eq!(
        sent,
        [
            "X-Auth-Token: tokentoken",
            "Authorization: Basic bWU6cGFzczp3b3JkIHdvcmQ=",
            "Accept: a; b=c",
            "X-Long: eightchars",
            "X-Short: seven",
            "X-Auth: Bearer bearertoken",
            "Cookie: lang=en; session=cookiesecret==",
            "X-Session-Pass: Key id=\"app\", secret=\"parametersecret\"",
            "Forwarded: for=192.0.2.1;host=api.example.org",
        ]
    );
    let proxy = plan.network.proxy.unwrap();
    assert_eq!(proxy.authorization.unwrap(), b"Basic eW91OnByb3h5cGFzcw==");
    for secret in [
        "tokentoken",
        "me:pass:word word",
        "pass:word word",
        "bWU6cGFzczp3b3JkIHdvcmQ=",
        "proxypass",
        "eightchars",
        "bearertoken",
        "cookiesecret",
        "parametersecret",
    ] {
        let shown = plan.sanitizer.line(&UntrustedText::new(format!("<{secret}>")), 100);
        assert!(!shown.contains(secret), "{secret} shows: {shown}");
    }
    assert_eq!(plan.sanitizer.line(&UntrustedText::new("seven"), 100), "seven", "too short to be a secret");
    let host = "api.example.org";
    assert_eq!(plan.sanitizer.line(&UntrustedText::new(host), 100), host, "no header of secrets has it");
}

#[test]
fn notes() {
    use std::os::unix::fs::PermissionsExt;
    let files = Files::with(&[("open", "tokentoken"), ("closed", "me:password")]);
    fs::set_permissions(files.path("open"), fs::Permissions::from_mode(0o644)).unwrap();
    fs::set_permissions(files.path("closed"), fs::Permissions::from_mode(0o600)).unwrap();
    let variables = [("http_proxy", "http://u:p@proxy"), ("ALL_PROXY", "x"), ("HTTPS_PROXY", "")];
    let arguments = ["h", "--token-file", &files.path("open"), "--auth-file", &files.path("closed")];
    assert_eq!(
        try_plan(&arguments, &variables).unwrap().notes,
        [
            "http_proxy, ALL_PROXY in the environment are ignored: use --proxy".to_owned(),
            format!("--token-file '{}' is readable by other users", files.path("open")),
        ]
    );
    let hostile = Files::with(&[("tok\x1b[31m\u{202e}\nen", "tokentoken")]);
    let noted = plan(&["h", "--token-file", &hostile.path("tok\x1b[31m\u{202e}\nen")]).notes;
    assert_eq!(noted, [format!("--token-file '{}' is readable by other users", hostile.path("tok en"))]);
}

#[test]
fn notes_on_thresholds() {
    assert_eq!(plan(&["h", "-w", "9", "-c", "9.5"]).notes, [""; 0]);
    assert_eq!(
        plan(&["h", "-w", "12", "-c", "10s"]).notes,
        [
            "-w 12 can never trigger: a run ends after 10 s (-t)",
            "-c 10 can never trigger: a run ends after 10 s (-t)",
        ]
    );
    for (arguments, note) in [
        (["-w", "3", "-c", "2"], "WARNING can never be reached: -w 3 is not below -c 2"),
        (["-w", "2", "-c", "2"], "WARNING can never be reached: -w 2 is not below -c 2"),
        (
            ["--backend-warning", "12", "--backend-critical", "3"],
            "--backend-warning 12 can never trigger: a run ends after 10 s (-t)",
        ),
        (
            ["--certificate-warning", "7", "--certificate-critical", "14"],
            "WARNING can never be reached: --certificate-warning is not above --certificate-critical",
        ),
    ] {
        let [option, value, other, critical] = arguments;
        assert_eq!(plan(&["h", option, value, other, critical]).notes, [note]);
    }
    for method in ["head", "get"] {
        assert_eq!(
            plan(&["h", "-m", method, "--backend-critical", "1"]).notes,
            [
                "--backend-critical can never trigger: the back-end's time is measured by HEAD and GET (-m both)"
            ]
        );
    }
    // With a unit it is meant.
    for (option, value, seconds) in
        [("-w", "500s", 500), ("-c", "1m", 60), ("--backend-warning", "2m", 120), ("-c", "500m", 30_000)]
    {
        assert_eq!(
            plan(&["h", option, value]).notes,
            [format!("{option} {seconds} can never trigger: a run ends after 10 s (-t)")]
        );
    }
}

#[test]
fn notes_on_short_secrets() {
    use std::os::unix::fs::PermissionsExt;
    let short = Files::with(&[("token", "abc"), ("auth", "me:p"), ("long", "abcd")]);
    for name in ["token", "auth", "long"] {
        fs::set_permissions(short.path(name), fs::Permissions::from_mode(0o600)).unwrap();
    }
    let noted = |option, name| plan(&["h", option, &short.path(name)]).notes;
    let note = |option| {
        format!("the secret of {option} is very short: wherever its text occurs in an answer, *** is shown")
    };
    assert_eq!(noted("--token-file", "token"), [note("--token-file")]);
    assert_eq!(noted("--auth-file", "auth"), [note("--auth-file")]);
    assert_eq!(noted("--token-file", "long"), [""; 0]);
}

#[test]
fn proxies() {
    let accepted = [
        ("proxy", "proxy", 1080),
        ("http://proxy", "proxy", 1080),
        ("HTTP://Proxy:3128/", "proxy", 3128),
        ("[::1]:3128", "[::1]", 3128),
        ("::1", "[::1]", 1080),
    ];
    for (url, host, port) in accepted {
        let proxy = plan(&["h", "--proxy", url]).network.proxy.unwrap();
        assert_eq!((proxy.host.to_string().as_str(), proxy.port), (host, port), "{url}");
    }
    let refused = [
        (
            "https://proxy",
            "invalid value 'https://proxy' for '--proxy': unsupported scheme 'https': use http",
        ),
        (
            "socks5://proxy",
            "invalid value 'socks5://proxy' for '--proxy': unsupported scheme 'socks5': use http",
        ),
        (
            "http://proxy:3128/path",
            "invalid value 'http://proxy:3128/path' for '--proxy': a proxy's URL cannot contain a path",
        ),
        (
            "http://me:verysecret@proxy",
            "invalid value 'http://***@proxy' for '--proxy': credentials in a URL show in the process list: use \
             --proxy-auth-file",
        ),
    ];
    for (url, line) in refused {
        assert_eq!(refusal(&["h", "--proxy", url], &[]), line);
    }
    for url in ["", "http://", "proxy/path", "me:verysecret@proxy", "proxy:0"] {
        let line = refusal(&["h", "--proxy", url], &[]);
        assert!(line.starts_with("invalid value ") && !line.contains("verysecret"), "{line}");
    }
}

#[test]
fn sources_of_endpoints() {
    let files = Files::with(&[("list", "# ours\nthird:1\r\n\n  https://fourth/prefix\nfirst\n")]);
    let plan =
        plan(&["first", "-H", "second", "-H", "FIRST", "--endpoints", &files.path("list"), "-p", "80"]);
    assert_eq!(shown(&plan), ["first:80", "second:80", "third:1", "https://fourth:80/prefix"]);
}

#[test]
fn quorum_of_addresses() {
    let plan = plan(&["h", "--all-addresses", "--quorum", "2"]);
    assert!(matches!(&plan.targets, Targets::Addresses(named) if named.len() == 1), "{:?}", plan.targets);
}

#[test]
fn too_many_endpoints() {
    let list = (0..20_001).map(|number| format!("h/{number}")).collect::<Vec<_>>().join("\n");
    let files = Files::with(&[("list", &list)]);
    assert_eq!(
        refusal(&["--endpoints", &files.path("list")], &[]),
        "more than 20000 endpoints: split the list"
    );
    let files = Files::with(&[("same", &"h\n".repeat(40_000)), ("more", &"h\n".repeat(40_001))]);
    assert!(
        matches!(plan(&["--endpoints", &files.path("same")]).targets, Targets::Endpoints(list) if list.len() == 1)
    );
    let reason = refusal(&["--endpoints", &files.path("more")], &[]);
    assert!(reason.ends_with("more than 40000 lines: split the list"), "{reason}");
}

#[test]
fn routes_of_connect_to() {
    let dial = |connect_to| endpoints(&plan(&["https://h", "--connect-to", connect_to]))[0].route.clone();
    assert_eq!(dial("192.0.2.1"), Route::Address("192.0.2.1".parse().unwrap(), 443));
    assert_eq!(dial("::1"), Route::Address("::1".parse().unwrap(), 443));
    assert_eq!(dial("[::1]:80"), Route::Address("::1".parse().unwrap(), 80));
}

/// A rehearsal can be appended to any command.
#[test]
fn simulated_endpoints() {
    let commands = [
        "",
        "h i",
        "-H h --quorum 2 -4",
        "-6 --connect-to ::1 h",
        "h --all-addresses --path /other",
        "--endpoints /nonexistent -S -p 1",
        "h --proxy http://proxy --proxy-auth-file -",
        "h -k --cacert /nonexistent --cert /nonexistent --key /nonexistent",
    ];
    for command in commands {
        let rehearsal = format!("{command} --simulate not-found,healthy --simulate not-found");
        let rehearsal: Vec<&str> = rehearsal.split_whitespace().collect();
        let plan = plan(&rehearsal);
        let Targets::Simulated(diagnoses) = plan.targets else { panic!("{:?}", plan.targets) };
        assert_eq!(diagnoses, [Diagnosis::NotFound, Diagnosis::Healthy, Diagnosis::NotFound]);
        assert_eq!((plan.network.family, plan.network.proxy), (None, None));
        assert_eq!(plan.network.tls, Tls::default());
    }
    let many = vec!["healthy"; 501].join(",");
    assert_eq!(refusal(&["--simulate", &many], &[]), "more than 500 diagnoses for '--simulate'");
}

#[test]
fn haproxy_calls() {
    let address = |text: &str, port| Route::Address(text.parse().unwrap(), port);
    let ssl = [("HAPROXY_PROXY_NAME", "p"), ("HAPROXY_SERVER_SSL", "1")];
    let http = [("HAPROXY_SERVER_ADDR", "192.0.2.7"), ("HAPROXY_SERVER_SSL", "0")];
    let table: &[(&[&str], Variables, &str, Route)] = &[
        (&["NOT_USED", "NOT_USED", "192.0.2.7", "80"], &http, "192.0.2.7:80", Route::Host),
        (&["*", "8000", "::1", "8777"], HAPROXY, "[::1]:8777", Route::Host),
        (&["a", "1", "192.0.2.7", "443"], &ssl, "https://192.0.2.7:443", Route::Host),
        (&["a", "1", "192.0.2.7", "80", "-S"], &http, "https://192.0.2.7:80", Route::Host),
        (&["a", "1", "192.0.2.7", "80", "-H", "name"], &ssl, "https://name:80", address("192.0.2.7", 80)),
        (
            &["a", "1", "::1", "80", "-H", "https://name/pre"],
            &http,
            "https://name:80/pre",
            address("::1", 80),
        ),
        (&["a", "1", "::1", "NOT_USED", "-p", "81"], &http, "[::1]:81", Route::Host),
        (
            &["a", "1", "/run/c.sock", "NOT_USED"],
            &http,
            "unix:/run/c.sock",
            Route::Unix("/run/c.sock".into()),
        ),
        (&["--haproxy"], HAPROXY, "192.0.2.7:8777", Route::Host),
        (&["--haproxy", "a", "1", "192.0.2.8", "80"], &[], "192.0.2.8:80", Route::Host),
    ];
    for (arguments, variables, canonical, dial) in table {
        let plan = try_plan(arguments, variables).unwrap();
        assert_eq!(plan.exit_codes, ExitCodes::HaProxy);
        assert_eq!(shown(&plan), [*canonical], "{arguments:?}");
        assert_eq!(endpoints(&plan)[0].route, *dial, "{arguments:?}");
    }
}

#[test]
fn haproxy_unix_server() {
    let arguments = ["a", "1", "/run/c.sock", "NOT_USED", "-H", "name"];
    for (arguments, name) in [(&arguments[..], "name"), (&arguments[..4], "localhost")] {
        let plan = try_plan(arguments, HAPROXY).unwrap();
        let Endpoint { host, port, .. } = &endpoints(&plan)[0];
        assert_eq!((host, *port), (&Host::Name(name.into()), 80));
    }
}

#[test]
fn haproxy_defaults() {
    let call = ["a", "1", "192.0.2.7", "80"];
    let plan = try_plan(&call, HAPROXY).unwrap();
    assert_eq!((plan.output.format, plan.timing.budget), (None, HAPROXY_BUDGET));
    let asked = [&call[..], &["-o", "json", "-t", "3", "--fail-on", "warning"]].concat();
    let plan = try_plan(&asked, HAPROXY).unwrap();
    assert_eq!(plan.exit_codes, ExitCodes::FailOn(State::Warning));
    assert_eq!((plan.output.format, plan.timing.budget), (Some(OutputFormat::Json), Duration::from_secs(3)));
    let named =
        try_plan(&call, &[("HAPROXY_PROXY_NAME", "p"), ("CHECK_CEILOMETER_OPTS", "-H name")]).unwrap();
    assert_eq!(shown(&named), ["name:80"]);
}

#[test]
fn four_endpoints() {
    let plan = plan(&["a", "b", "c", "d"]);
    assert_eq!(plan.exit_codes, ExitCodes::Guidelines);
    assert_eq!(shown(&plan), ["a:8777", "b:8777", "c:8777", "d:8777"]);
    assert_eq!(try_plan(&["a", "b", "c"], HAPROXY).unwrap().exit_codes, ExitCodes::Guidelines);
}

#[test]
fn defaults() {
    let plan = plan(&["h"]);
    assert_eq!(shown(&plan), ["h:8777"]);
    assert_eq!(plan.methods, [Method::Head, Method::Get]);
    let timing = Timing {
        budget: Duration::from_secs(10),
        connect_timeout: None,
        retries: 0,
        retry_delay: Duration::from_secs(1),
        parallel: None,
    };
    assert_eq!(plan.timing, timing);
    assert_eq!((plan.output.format, plan.output.max_bytes), (Some(OutputFormat::Nagios), 8192));
    assert_eq!((plan.mode, plan.quorum, plan.exit_codes), (RunMode::Once, None, ExitCodes::Guidelines));
    assert_eq!(plan.network.tls, Tls::default());
    assert_eq!(plan.criteria.thresholds, Thresholds::default());
}

#[test]
fn options() {
    let options = "h -6 -m get --connect-timeout 2 --retries 3 --retry-delay 0 --parallel 4 --quorum 50% \
         --fail-on critical -vvvv --max-output 1023 --agent-warning 50% -k --cacert ca --cert c --key k \
         -w 1 -c 2 --backend-warning 3 --certificate-critical 7 --state get:404=warning --watch 50ms --count 5";
    let plan = plan(&options.split(' ').collect::<Vec<_>>());
    assert_eq!(plan.network.family, Some(IpFamily::V6));
    assert_eq!(plan.methods, [Method::Get]);
    assert_eq!(plan.timing.connect_timeout, Some(Duration::from_secs(2)));
    assert_eq!(
        (plan.timing.retries, plan.timing.retry_delay, plan.timing.parallel),
        (3, Duration::ZERO, Some(4))
    );
    assert_eq!(
        (plan.quorum, plan.exit_codes),
        (Some(Quorum::Percent(50)), ExitCodes::FailOn(State::Critical))
    );
    assert_eq!(
        (plan.output.verbosity, plan.output.max_bytes, plan.output.agent_warning),
        (Verbosity::Transcript, 1023, Some(50))
    );
    let file = |name: &str| Some(PathBuf::from(name));
    assert_eq!(
        plan.network.tls,
        Tls { insecure: true, cacert: file("ca"), cert: file("c"), key: file("k"), ..Tls::default() }
    );
    let shown = |range: &Option<Range>| range.as_ref().map(ToString::to_string).unwrap_or_default();
    assert_eq!(shown(&plan.criteria.thresholds.request.warning), "1");
    assert_eq!(shown(&plan.criteria.thresholds.request.critical), "2");
    assert_eq!(shown(&plan.criteria.thresholds.backend.warning), "3");
    assert_eq!(shown(&plan.criteria.thresholds.certificate.critical), "7:");
    let (row, _) = plan.criteria.table.row_of_response(Method::Get, 404, &[]);
    assert_eq!((row.state, row.key), (State::Warning, Key::parse("get:404").unwrap()));
    assert_eq!(plan.mode, RunMode::Watch { every: Duration::from_millis(50), count: Some(5) });
}

#[test]
fn trust_store_of_the_environment() {
    let store = |variables| try_plan(&["h"], variables).unwrap().network.tls.store;
    let file = |name: &str| Some(PathBuf::from(name));
    let table: [(Variables, Option<TrustStorePaths>); 4] = [
        (&[], None),
        (&[("SSL_CERT_FILE", ""), ("SSL_CERT_DIR", "")], None),
        (&[("SSL_CERT_FILE", "f")], Some(TrustStorePaths { file: file("f"), directories: vec![] })),
        (
            &[("SSL_CERT_FILE", ""), ("SSL_CERT_DIR", "a:b")],
            Some(TrustStorePaths { file: None, directories: vec!["a".into(), "b".into()] }),
        ),
    ];
    for (variables, expected) in table {
        assert_eq!(store(variables), expected, "{variables:?}");
    }
}

#[test]
fn zero_connect_timeout() {
    assert_eq!(plan(&["h", "--connect-timeout", "0"]).timing.connect_timeout, None);
}

#[test]
fn format_and_color() {
    let telling = |arguments: &[&str], variables: Variables| {
        let terminal = Environment { stdout_is_terminal: true, width: Some(80), ..environment(variables) };
        let output = Plan::from_cli(&cli(arguments, variables), &terminal).unwrap().output;
        (output.format.unwrap(), output.color, output.width)
    };
    let human = (OutputFormat::Human, true, Some(80));
    assert_eq!(telling(&["h"], &[]), human);
    assert_eq!(telling(&["h"], &[("NO_COLOR", "")]), human);
    assert_eq!(telling(&["h"], &[("NO_COLOR", "1")]), (OutputFormat::Human, false, Some(80)));
    assert_eq!(telling(&["h", "--color", "always"], &[("NO_COLOR", "1")]), human);
    assert_eq!(telling(&["h", "--color", "never"], &[]), (OutputFormat::Human, false, Some(80)));
    assert_eq!(telling(&["h"], &[("TERM", "dumb")]), (OutputFormat::Human, false, Some(80)));
    assert_eq!(telling(&["h", "-o", "json"], &[]), (OutputFormat::Json, true, Some(80)));
    assert_eq!(telling(&["h", "--output-file", "target.txt"], &[]), (OutputFormat::Nagios, false, None));
}

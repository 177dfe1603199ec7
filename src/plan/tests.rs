//! Every refusal with its whole line, and every default with what changes it.

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

fn decided(arguments: &[&str], variables: Variables) -> Result<Plan> {
    Plan::from_cli(&cli(arguments, variables), &environment(variables))
}

fn plan(arguments: &[&str]) -> Plan {
    decided(arguments, &[]).unwrap()
}

/// The endpoints of a plan that names some.
fn endpoints(plan: &Plan) -> &[Endpoint] {
    match &plan.targets {
        Targets::Endpoints(endpoints) | Targets::Addresses(endpoints) => endpoints,
        Targets::Simulated(diagnoses) => panic!("{diagnoses:?} are simulated"),
    }
}

fn shown(plan: &Plan) -> Vec<String> {
    endpoints(plan).iter().map(ToString::to_string).collect()
}

/// The one line with which arguments are refused.
fn refusal(arguments: &[&str], variables: Variables) -> String {
    match decided(arguments, variables) {
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

/// Options that cannot be meant together, and the line that says why.
const CONTRADICTIONS: &[(&[&str], &str)] = &[
    (&[], "no endpoint; name one (check_ceilometer HOST), or try --simulate healthy, or see --help"),
    (&["h", "--key", "k"], "--key without --cert: a key alone identifies nobody"),
    (&["h", "-4", "-6"], "-4 and -6 exclude each other"),
    (
        &["h", "-c", "5", "-t", "5"],
        "-c 5 is not below -t 5: the run would end before the threshold is crossed",
    ),
    (
        &["h", "-c", "2", "-t", "1500ms"],
        "-c 2 is not below -t 1.5: the run would end before the threshold is crossed",
    ),
    (&["h", "i", "--connect-to", "::1"], "--connect-to dials one endpoint's address; there are 2"),
    (&["h", "--all-addresses", "--connect-to", "::1"], "--connect-to and --all-addresses exclude each other"),
    (&["h", "-4", "--connect-to", "::1"], "-4 excludes the address ::1 of h:8777"),
    (&["h", "-6", "--connect-to", "192.0.2.1"], "-6 excludes the address 192.0.2.1 of h:8777"),
    (&["h", "https://[::1]", "-4"], "-4 excludes the address ::1 of https://[::1]:443"),
    (&["192.0.2.1", "-6"], "-6 excludes the address 192.0.2.1 of 192.0.2.1:8777"),
    (&["h", "--quorum", "2"], "--quorum 2 cannot be met: there is 1 endpoint"),
    (&["h", "i", "h", "--quorum", "3"], "--quorum 3 cannot be met: there are 2 endpoints"),
    (&["--simulate", "not-found", "--quorum", "2"], "--quorum 2 cannot be met: there is 1 endpoint"),
    (&["h", "--watch", "1", "--wait", "1"], "--watch and --wait exclude each other"),
    (&["h", "--count", "1"], "--count without --watch: there is one run to count"),
    (
        &["h", "--proxy-auth-file", "f"],
        "--proxy-auth-file without --proxy: there is no proxy to authenticate to",
    ),
    (
        &["h", "--token-file", "f", "--header", "x-auth-token: abc"],
        "--token-file and a --header X-Auth-Token exclude each other",
    ),
    (
        &["h", "--auth-file", "f", "--header", "Authorization: abc"],
        "--auth-file and a --header Authorization exclude each other",
    ),
    (
        &["--endpoints", "-", "--token-file", "-"],
        "--endpoints - and --token-file - each read standard input, which can be read once",
    ),
    (
        &["h", "--header", "@-", "--header", "@-", "--auth-file", "/dev/stdin"],
        "--auth-file - and --header @- and --header @- each read standard input, which can be read once",
    ),
    (&["h", "--simulate", "not-found"], "--simulate brings its own endpoints; name no others"),
    (&["-H", "h", "--simulate", "not-found"], "--simulate brings its own endpoints; name no others"),
    (
        &["--simulate", "not-found", "--connect-to", "::1"],
        "--simulate brings its own endpoints; --connect-to would dial another",
    ),
    (&["--simulate", "not-found", "--proxy", "p"], "--simulate listens on loopback; no proxy leads there"),
    (&["--simulate", "not-found", "-6"], "--simulate listens on an IPv4 address, which -6 excludes"),
    (&["h", "--output-file", "/dev/null"], "--output-file /dev/null is not a regular file"),
    (
        &["a", "b", "c", "d", "e", "--haproxy"],
        "--haproxy wants HAProxy's four arguments (proxy address and port, server address and port) or none, not 5",
    ),
    (
        &["--haproxy", "--simulate", "not-found"],
        "--simulate would tell HAProxy about a server that does not exist",
    ),
    (&["--haproxy"], "--haproxy without arguments wants HAPROXY_SERVER_ADDR in the environment"),
];

#[test]
fn contradictions_are_refused_with_the_reason() {
    for (arguments, line) in CONTRADICTIONS {
        assert_eq!(refusal(arguments, &[]), *line, "{arguments:?}");
    }
}

#[test]
fn what_haproxy_cannot_mean_is_refused() {
    let table: &[(&[&str], &str)] = &[
        (&["--simulate", "not-found"], "--simulate would tell HAProxy about a server that does not exist"),
        (&["--endpoints", "f"], "HAProxy names the server; --endpoints cannot"),
        (&["--connect-to", "::1"], "HAProxy names the address to dial; --connect-to cannot"),
        (&["-H", "a", "-H", "b"], "-H may stand once in HAProxy mode: a server has one name"),
        (&["--watch", "1"], "HAProxy wants one run; --watch and --wait make many"),
        (&["--wait", "1"], "HAProxy wants one run; --watch and --wait make many"),
    ];
    for (arguments, line) in table {
        let call = ["NOT_USED", "NOT_USED", "192.0.2.7", "8777"];
        let arguments: Vec<&str> = call.iter().chain(*arguments).copied().collect();
        assert_eq!(refusal(&arguments, HAPROXY), *line, "{arguments:?}");
    }
    let calls: &[(&[&str], &str)] = &[
        (
            &["a", "1", "server", "80"],
            "HAProxy's server address 'server' is neither an IP address nor a socket's path",
        ),
        (
            &["a", "1", "192.0.2.7", "NOT_USED"],
            "HAProxy's server 192.0.2.7 has no usable port ('NOT_USED'); give one with -p",
        ),
        (&["a", "1", "::1", "80", "-4"], "-4 excludes the address ::1 of [::1]:80"),
        (&["a", "1", "192.0.2.7", "80", "-H", "h", "-6"], "-6 excludes the address 192.0.2.7 of h:80"),
        (&["a", "1", "::1", "0"], "HAProxy's server ::1 has no usable port ('0'); give one with -p"),
        (
            &["a", "1", "/run/c.sock", "NOT_USED", "--proxy", "p"],
            "HAProxy's server is a UNIX socket; no proxy leads there",
        ),
        (&["a", "1", "::1", "http"], "HAProxy's server ::1 has no usable port ('http'); give one with -p"),
    ];
    for (arguments, line) in calls {
        assert_eq!(refusal(arguments, HAPROXY), *line, "{arguments:?}");
    }
    assert_eq!(
        refusal(&["h"], &[("CHECK_CEILOMETER_OPTS", "-H other")]),
        "in CHECK_CEILOMETER_OPTS: -H may stand there in HAProxy mode only"
    );
}

#[test]
fn headers_are_refused_without_a_word_of_their_values() {
    let table = [
        ("no colon verysecret", "no colon; a header is written 'Name: value'"),
        (": verysecret", "what stands before the colon is not a header's name"),
        ("very secret: x", "what stands before the colon is not a header's name"),
        ("content-length: 1", "Content-Length is the client's own business and cannot be given"),
        ("Transfer-Encoding: chunked", "Transfer-Encoding is the client's own business and cannot be given"),
        ("Connection: close", "Connection is the client's own business and cannot be given"),
        ("Expect: 100-continue", "Expect is the client's own business and cannot be given"),
        ("Upgrade: h2c", "Upgrade is the client's own business and cannot be given"),
        ("X-A: very\nsecret", "the value of 'X-A': a control character; it cannot be sent in a header"),
        ("X-A: very\rsecret", "the value of 'X-A': a control character; it cannot be sent in a header"),
    ];
    for (header, why) in table {
        assert_eq!(refusal(&["h", "--header", header], &[]), format!("--header: {why}"));
    }
}

proptest! {
    /// A file of headers is taken whole, or refused at a line of it without a word of its text.
    #[test]
    fn a_header_file_is_taken_or_refused_by_its_line(lines in prop::collection::vec("(X-[A-Z]: )?[ -~\t\u{80}-\u{ff}\0]{0,12}|#.{0,9}", 0..6)) {
        let marked: Vec<String> = lines.iter().map(|line| format!("{line}very-secret")).collect();
        let files = Files::with(&[("headers", &marked.join("\n"))]);
        let file = files.path("headers");
        match decided(&["h", "--header", &format!("@{file}")], &[]) {
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
fn what_a_file_holds_is_refused_by_file_and_line() {
    let files = Files::with(&[
        ("empty", "\n"),
        ("two", "very\nsecret\n"),
        ("bell", "very\x07secret"),
        ("blank", "very secret"),
        ("user", "verysecret\n"),
        ("headers", "# comment\n\nX-A: 1\r\nverysecret\n"),
        ("list", "good\n\n# comment\nhttp://me:verysecret@host\n"),
    ]);
    let path = |name| files.path(name);
    let table: &[(&str, &str, &str)] = &[
        ("--token-file", "empty", " is empty"),
        ("--token-file", "two", ":2: a second line; the secret is one line"),
        ("--token-file", "bell", ":1: a control character; it cannot be sent in a header"),
        ("--token-file", "blank", ":1: a token has letters, digits and signs of ASCII only"),
        ("--auth-file", "user", ":1: not of the form user:password"),
        (
            "--endpoints",
            "list",
            ":4: not an endpoint; its form is [http[s]://]HOST[:PORT][/PREFIX], without credentials",
        ),
    ];
    for (option, name, why) in table {
        assert_eq!(refusal(&["h", option, &path(name)], &[]), format!("{option}: {}{why}", path(name)));
    }
    assert_eq!(
        refusal(&["h", "--header", &format!("@{}", path("headers"))], &[]),
        format!("--header: {}:4: no colon; a header is written 'Name: value'", path("headers"))
    );
    assert!(refusal(&["h", "--token-file", &path("absent")], &[]).starts_with("--token-file: "));
}

#[test]
fn secrets_are_sent_whole_and_masked_everywhere() {
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
    ] {
        let told = plan.sanitizer.line(&UntrustedText::new(format!("<{secret}>")), 100);
        assert!(!told.contains(secret), "{secret} shows: {told}");
    }
    assert_eq!(plan.sanitizer.line(&UntrustedText::new("seven"), 100), "seven", "too short to be a secret");
}

#[test]
fn what_is_careless_or_ignored_is_noted() {
    use std::os::unix::fs::PermissionsExt;
    let files = Files::with(&[("open", "tokentoken"), ("closed", "me:password")]);
    fs::set_permissions(files.path("open"), fs::Permissions::from_mode(0o644)).unwrap();
    fs::set_permissions(files.path("closed"), fs::Permissions::from_mode(0o600)).unwrap();
    let variables = [("http_proxy", "http://u:p@proxy"), ("ALL_PROXY", "x"), ("HTTPS_PROXY", "")];
    let arguments = ["h", "--token-file", &files.path("open"), "--auth-file", &files.path("closed")];
    assert_eq!(
        decided(&arguments, &variables).unwrap().notes,
        [
            "http_proxy, ALL_PROXY in the environment are ignored; --proxy names a proxy".to_owned(),
            format!("--token-file {} can be read by others than its owner", files.path("open")),
        ]
    );
    assert_eq!(plan(&["h"]).notes, [""; 0]);
    let hostile = Files::with(&[("tok\x1b[31m\u{202e}\nen", "tokentoken")]);
    let noted = plan(&["h", "--token-file", &hostile.path("tok\x1b[31m\u{202e}\nen")]).notes;
    assert_eq!(
        noted,
        [format!("--token-file {} can be read by others than its owner", hostile.path("tok en"))]
    );
}

#[test]
fn only_an_http_proxy_without_credentials_is_accepted() {
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
        ("https://proxy", "--proxy 'https://proxy': only http:// proxies are supported, asked by CONNECT"),
        ("socks5://proxy", "--proxy 'socks5://proxy': only http:// proxies are supported, asked by CONNECT"),
        (
            "http://me:verysecret@proxy",
            "--proxy 'http://***@proxy': credentials would show in the list of processes; \
             put them into a file for --proxy-auth-file",
        ),
    ];
    for (url, line) in refused {
        assert_eq!(refusal(&["h", "--proxy", url], &[]), line);
    }
    for url in ["", "http://", "proxy/path", "me:verysecret@proxy", "proxy:0"] {
        let line = refusal(&["h", "--proxy", url], &[]);
        assert!(line.starts_with("--proxy ") && !line.contains("verysecret"), "{line}");
    }
}

#[test]
fn endpoints_come_from_everywhere_and_each_is_asked_once() {
    let files = Files::with(&[("list", "# ours\nthird:1\r\n\n  https://fourth/prefix\nfirst\n")]);
    let plan =
        plan(&["first", "-H", "second", "-H", "FIRST", "--endpoints", &files.path("list"), "-p", "80"]);
    assert_eq!(shown(&plan), ["first:80", "second:80", "third:1", "https://fourth:80/prefix"]);
}

#[test]
fn of_a_name_s_addresses_a_quorum_may_ask_for_more_than_were_named() {
    let plan = plan(&["h", "--all-addresses", "--quorum", "2"]);
    assert!(matches!(&plan.targets, Targets::Addresses(named) if named.len() == 1), "{:?}", plan.targets);
}

#[test]
fn more_endpoints_than_a_run_takes_are_refused() {
    let list = (0..20_001).map(|number| format!("h/{number}")).collect::<Vec<_>>().join("\n");
    let files = Files::with(&[("list", &list)]);
    assert_eq!(
        refusal(&["--endpoints", &files.path("list")], &[]),
        "20001 endpoints are more than one run takes (20000): split the list"
    );
}

#[test]
fn connect_to_dials_another_address_at_the_same_port_unless_told() {
    let dial = |connect_to| endpoints(&plan(&["https://h", "--connect-to", connect_to]))[0].route.clone();
    assert_eq!(dial("192.0.2.1"), Route::Address("192.0.2.1".parse().unwrap(), 443));
    assert_eq!(dial("::1"), Route::Address("::1".parse().unwrap(), 443));
    assert_eq!(dial("[::1]:80"), Route::Address("::1".parse().unwrap(), 80));
}

#[test]
fn what_is_simulated_stands_in_the_endpoints_place() {
    let plan = plan(&["--simulate", "not-found,healthy", "--simulate", "not-found", "--quorum", "3"]);
    let Targets::Simulated(diagnoses) = plan.targets else { panic!("{:?}", plan.targets) };
    assert_eq!(diagnoses, [Diagnosis::NotFound, Diagnosis::Healthy, Diagnosis::NotFound]);
}

#[test]
fn haproxy_s_call_names_the_server() {
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
        let plan = decided(arguments, variables).unwrap();
        assert_eq!(plan.exit_codes, ExitCodes::HaProxy);
        assert_eq!(shown(&plan), [*canonical], "{arguments:?}");
        assert_eq!(endpoints(&plan)[0].route, *dial, "{arguments:?}");
    }
}

#[test]
fn haproxy_s_unix_server_is_named_by_the_option() {
    let arguments = ["a", "1", "/run/c.sock", "NOT_USED", "-H", "name"];
    for (arguments, name) in [(&arguments[..], "name"), (&arguments[..4], "localhost")] {
        let plan = decided(arguments, HAPROXY).unwrap();
        let Endpoint { host, port, .. } = &endpoints(&plan)[0];
        assert_eq!((host, *port), (&Host::Name(name.into()), 80));
    }
}

#[test]
fn haproxy_gets_silence_and_an_answer_in_time() {
    let call = ["a", "1", "192.0.2.7", "80"];
    let plan = decided(&call, HAPROXY).unwrap();
    assert_eq!((plan.output.format, plan.timing.budget), (None, HAPROXY_BUDGET));
    let asked = [&call[..], &["-o", "json", "-t", "3", "--fail-on", "warning"]].concat();
    let plan = decided(&asked, HAPROXY).unwrap();
    assert_eq!(plan.exit_codes, ExitCodes::FailOn(State::Warning));
    assert_eq!((plan.output.format, plan.timing.budget), (Some(OutputFormat::Json), Duration::from_secs(3)));
    let named = decided(&call, &[("HAPROXY_PROXY_NAME", "p"), ("CHECK_CEILOMETER_OPTS", "-H name")]).unwrap();
    assert_eq!(shown(&named), ["name:80"]);
}

#[test]
fn four_endpoints_outside_of_haproxy_are_four_endpoints() {
    let plan = plan(&["a", "b", "c", "d"]);
    assert_eq!(plan.exit_codes, ExitCodes::Guidelines);
    assert_eq!(shown(&plan), ["a:8777", "b:8777", "c:8777", "d:8777"]);
    assert_eq!(decided(&["a", "b", "c"], HAPROXY).unwrap().exit_codes, ExitCodes::Guidelines);
}

#[test]
fn every_default_is_chosen() {
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
    assert_eq!(plan.thresholds, Thresholds::default());
}

#[test]
fn every_option_arrives() {
    let options = "h -6 -m get --connect-timeout 2 --retries 3 --retry-delay 0 --parallel 4 --quorum 50% \
         --fail-on critical -vvvv --max-output 1023 --agent-warning 50% -k --cacert ca --cert c --key k \
         -w 1 -c 2 --backend-warning 3 --certificate-critical 7 --state get:404=warning --watch 0 --count 5";
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
        Tls { insecure: true, cacert: file("ca"), store: None, cert: file("c"), key: file("k") }
    );
    let shown = |range: &Option<Range>| range.as_ref().map(ToString::to_string).unwrap_or_default();
    assert_eq!(shown(&plan.thresholds.request.warning), "1");
    assert_eq!(shown(&plan.thresholds.request.critical), "2");
    assert_eq!(shown(&plan.thresholds.backend.warning), "3");
    assert_eq!(shown(&plan.thresholds.certificate.critical), "7:");
    assert_eq!(plan.table.status(Method::Get, 404).state, State::Warning);
    assert_eq!(plan.table.status(Method::Get, 404).key, Key::parse("get:404").unwrap());
    assert_eq!(plan.mode, RunMode::Watch { every: SHORTEST_WATCH, count: Some(5) });
}

#[test]
fn the_environment_may_name_the_trust_store() {
    let store = |variables| decided(&["h"], variables).unwrap().network.tls.store;
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
fn a_zero_connect_timeout_is_none_as_in_curl() {
    assert_eq!(plan(&["h", "--connect-timeout", "0"]).timing.connect_timeout, None);
}

#[test]
fn the_terminal_decides_format_and_colour_unless_told() {
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

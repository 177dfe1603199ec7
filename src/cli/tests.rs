//! Every way in which arguments can be refused, with the whole line; and what the help shows.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

use clap::CommandFactory;

use super::error::UsageError;
use super::*;

fn read(arguments: &[&str], variable: Option<&str>) -> Result<Cli, EarlyExit> {
    Cli::read(arguments.iter().map(OsString::from), variable.map(std::ffi::OsStr::new))
}

fn refused(arguments: &[&str], variable: Option<&str>) -> UsageError {
    match read(arguments, variable) {
        Err(EarlyExit::Usage(refused)) => refused,
        other => panic!("{arguments:?} with {variable:?} was not refused: {other:?}"),
    }
}

#[test]
fn the_options_are_consistent() {
    Cli::command().debug_assert();
}

/// Arguments that do not parse, and the line that says why.
const REFUSED: &[(&[&str], &str)] = &[
    (&["--warnign", "1"], "unknown option '--warnign'; did you mean '--warning'?"),
    (&["--token=verysecret"], "unknown option '--token'; did you mean '--token-file'?"),
    (&["-x"], "unknown option '-x'; see --help"),
    (&["--zzz"], "unknown option '--zzz'; see --help"),
    (
        &["-o", "jason"],
        "-o/--output: 'jason' is none of human, nagios, json, haproxy-agent, prometheus; did you mean 'json'?",
    ),
    (&["-o"], "-o/--output wants a value: human, nagios, json, haproxy-agent, prometheus"),
    (&["-m", "post"], "-m/--method: 'post' is none of head, get, both"),
    (&["--fail-on", "ok"], "--fail-on: 'ok' is none of warning, critical"),
    (&["--color", "red"], "--color: 'red' is none of auto, always, never"),
    (&["--header"], "--header wants a value"),
    (&["-H"], "-H/--hostname wants a value"),
    (&["--ssl=yes"], "-S/--ssl takes no value"),
    (&["-p", "0"], "-p/--port '0': not a port from 1 to 65535"),
    (&["-p", "http"], "-p/--port 'http': not a port from 1 to 65535"),
    (&["-p", "+80"], "-p/--port '+80': not a port from 1 to 65535"),
    (&["-t", "0"], "-t/--timeout '0': must be above zero"),
    (
        &["-t", "-1"],
        "-t/--timeout '-1': not a duration: give seconds (10, 0.5) or numbers with units (500ms, 1m 30s)",
    ),
    (
        &["--retry-delay", "-5s"],
        "--retry-delay '-5s': not a duration: give seconds (10, 0.5) or numbers with units (500ms, 1m 30s)",
    ),
    (
        &["-t", "-v"],
        "-t/--timeout '-v': not a duration: give seconds (10, 0.5) or numbers with units (500ms, 1m 30s)",
    ),
    (&["-t"], "-t/--timeout wants a value"),
    (
        &["-w", "-5:5"],
        "-w/--warning '-5:5': a range with a bound that is not a duration: give seconds (10, 0.5) or numbers with \
             units (500ms, 1m 30s)",
    ),
    (
        &["--certificate-warning", "-30"],
        "--certificate-warning '-30': not a duration: give days (30, 0.5) or numbers with units (12h, 2w 3d)",
    ),
    (&["-w", "@"], "-w/--warning '@': an empty range: give 5, 1:5, 10:, ~:5 or @1:5"),
    (&["-p", "-1"], "-p/--port '-1': not a port from 1 to 65535"),
    (&["--retries", "-1"], "--retries '-1': not a whole number, or too large"),
    (&["--parallel", "-1"], "--parallel '-1': not a whole number above zero, or too large"),
    (
        &["--quorum", "-50%"],
        "--quorum '-50%': not a number of endpoints, such as 2, or a share of them, such as 50%",
    ),
    (&["--max-output", "-1"], "--max-output '-1': not a whole number, or too large"),
    (&["--agent-warning", "-5%"], "--agent-warning '-5%': not a weight from 1% to 100%"),
    (&["-t", "500d"], "-t/--timeout '500d': longer than a year"),
    (&["--parallel", "0"], "--parallel '0': not a whole number above zero, or too large"),
    (&["--retries", "-"], "--retries '-': not a whole number, or too large"),
    (&["--max-output", "1k"], "--max-output '1k': not a whole number, or too large"),
    (&["--count", "0"], "--count '0': not a whole number above zero, or too large"),
    (&["--quorum", "0"], "--quorum '0': must be above zero"),
    (&["--quorum", "0%"], "--quorum '0%': must be above zero"),
    (&["--quorum", "101%"], "--quorum '101%': more than all endpoints"),
    (&["--quorum", "1000%"], "--quorum '1000%': more than all endpoints"),
    (
        &["--quorum", "most"],
        "--quorum 'most': not a number of endpoints, such as 2, or a share of them, such as 50%",
    ),
    (&["--agent-warning", "0%"], "--agent-warning '0%': not a weight from 1% to 100%"),
    (&["--agent-warning", "101"], "--agent-warning '101': not a weight from 1% to 100%"),
    (&["--state", "404"], "--state '404': not of the form KEY=STATE, such as get:404=warning"),
    (
        &["--state", "404=down"],
        "--state '404=down': the state behind the = must be ok, warning, critical or unknown",
    ),
    (&["--path", "v2/health"], "--path 'v2/health': a path begins with a slash"),
    (&["-m", "http://me:pw@host/"], "-m/--method: 'http://***@host/' is none of head, get, both"),
    (&["-m", "me:pw@host"], "-m/--method: '***@host' is none of head, get, both"),
    (&["--path", "http://me:pw@host/?a=pw"], "--path 'http://***@host/…': a path begins with a slash"),
    (
        &["-c", "me:pw@host"],
        "-c/--critical '***@host': a range with a bound that is not a duration: give seconds (10, 0.5) or numbers \
             with units (500ms, 1m 30s)",
    ),
    (
        &["-t", "soon"],
        "-t/--timeout 'soon': not a duration: give seconds (10, 0.5) or numbers with units (500ms, 1m 30s)",
    ),
    (&["-w", "2:1"], "-w/--warning '2:1': a range that ends before it starts: give the smaller bound first"),
    (
        &["--state", "999=ok"],
        "--state '999=ok': what stands before the = is not a key: expected a status from 100 to 599, a class from 1xx to 5xx \
             or a fault (dns, refused, no-route, reset, closed, timeout, tls, protocol, body, proxy, local), \
             with head: or get: before it where it is for one method only",
    ),
    (&["--state", "local=ok"], "--state 'local=ok': the state of local cannot be overridden"),
    (
        &["--explain", "down"],
        "--explain 'down': not a key: expected a status from 100 to 599, a class from 1xx to 5xx or a \
             fault (dns, refused, no-route, reset, closed, timeout, tls, protocol, body, proxy, local), with \
             head: or get: before it where it is for one method only",
    ),
    (
        &["--connect-to", "example.com"],
        "--connect-to 'example.com': not an address, such as 192.0.2.1, 192.0.2.1:8777 or [2001:db8::1]:8777",
    ),
    (
        &["--connect-to", "192.0.2.1:0"],
        "--connect-to '192.0.2.1:0': not an address, such as 192.0.2.1, 192.0.2.1:8777 or [2001:db8::1]:8777",
    ),
    (
        &["--connect-to", "[::1"],
        "--connect-to '[::1': not an address, such as 192.0.2.1, 192.0.2.1:8777 or [2001:db8::1]:8777",
    ),
    (
        &["--connect-to", "::1]"],
        "--connect-to '::1]': not an address, such as 192.0.2.1, 192.0.2.1:8777 or [2001:db8::1]:8777",
    ),
    (
        &["--connect-to", "[[::1]]"],
        "--connect-to '[[::1]]': not an address, such as 192.0.2.1, 192.0.2.1:8777 or [2001:db8::1]:8777",
    ),
    (
        &["--connect-to", "[192.0.2.1]"],
        "--connect-to '[192.0.2.1]': not an address, such as 192.0.2.1, 192.0.2.1:8777 or [2001:db8::1]:8777",
    ),
    (
        &["--simulate", "fire"],
        "--simulate: 'fire' is none of healthy, backend-down, backend-stalled, api-error, not-found, unreachable, denied, proxy-error, throttled, wrong-service, request-rejected",
    ),
];

#[test]
fn each_refusal_is_one_line_that_names_the_value_and_what_would_be_right() {
    for (arguments, line) in REFUSED {
        assert_eq!(refused(arguments, None).reason, *line, "{arguments:?}");
    }
}

#[test]
fn the_environment_is_refused_as_such() {
    let table: &[(&str, &str)] = &[
        ("-t '1", "a quote or a backslash is left open"),
        ("--warnign 1", "unknown option '--warnign'; did you mean '--warning'?"),
        ("-t 0", "-t/--timeout '0': must be above zero"),
        ("--header", "--header wants a value"),
        ("host", "an endpoint may not stand there; give it on the command line"),
        ("--endpoints f", "--endpoints may not stand there; give it on the command line"),
        ("-k --", "'--' may not stand there"),
        ("--simulate not-found", "--simulate may not stand there; give it on the command line"),
        ("--generate man", "--generate may not stand there; give it on the command line"),
        ("--explain", "--explain may not stand there; give it on the command line"),
        ("--watch 1", "--watch may not stand there; give it on the command line"),
        ("--wait 1", "--wait may not stand there; give it on the command line"),
        ("-h", "--help may not stand there; give it on the command line"),
        ("--help", "--help may not stand there; give it on the command line"),
        ("-V", "--version may not stand there; give it on the command line"),
    ];
    for (variable, line) in table {
        let reason = refused(&["host"], Some(variable)).reason;
        assert_eq!(reason, format!("in CHECK_CEILOMETER_OPTS: {line}"), "{variable:?}");
    }
}

#[test]
fn the_command_line_wins_over_the_environment_and_the_last_over_the_first() {
    let cli = read(&["-t", "2", "-t", "3", "host"], Some("-t 1 -p 80 --header 'A: b c' -kvv")).unwrap();
    assert_eq!(cli.timing.timeout, Some(Duration::from_secs(3)));
    assert_eq!(cli.targets.port, Some(80));
    assert_eq!(cli.request.header, ["A: b c"]);
    assert!(cli.tls.insecure);
    assert_eq!(cli.output.verbose, 2);
    assert_eq!(cli.targets.endpoints, ["host"]);
    assert!(!cli.in_environment.hostname);
    assert!(read(&["a", "b", "c", "d"], Some("-H name")).unwrap().in_environment.hostname);
}

#[test]
fn words_are_read_in_any_case() {
    let words = "-m HEAD -o Json --fail-on CRITICAL --color NEVER --generate MAN --explain GET:5XX --state Dns=OK \
         --simulate Backend-Down,HEALTHY";
    let cli = read(&words.split(' ').collect::<Vec<_>>(), None).unwrap();
    assert_eq!((cli.request.method, cli.output.output), (Some(MethodChoice::Head), Some(OutputFormat::Json)));
    assert_eq!(cli.thresholds.fail_on, Some(FailOn::Critical));
    assert_eq!((cli.output.color, cli.mode.generate), (Some(ColorWhen::Never), Some(Artifact::Man)));
    assert_eq!(cli.mode.explain, Some(Key::parse("get:5xx").ok()));
    assert_eq!(cli.thresholds.state, [(Key::parse("dns").unwrap(), State::Ok)]);
    assert_eq!(cli.mode.simulate, [Diagnosis::BackendDown, Diagnosis::Healthy]);
}

/// What is read by hand where clap has given up.
#[test]
fn every_short_option_without_a_value_is_known_as_one() {
    let command = Cli::command();
    let flags = command
        .get_arguments()
        .filter(|known| matches!(known.get_action(), ArgAction::SetTrue | ArgAction::Count));
    let mut letters: Vec<char> = flags.filter_map(clap::Arg::get_short).collect();
    letters.sort_unstable();
    let mut known = error::FLAGS;
    known.sort_unstable();
    assert_eq!(letters, known);
}

#[test]
fn the_format_is_recognised_in_arguments_that_do_not_parse() {
    let table: &[(&[&str], Option<&str>, Option<OutputFormat>)] = &[
        (&["--zzz"], None, None),
        (&["--zzz", "-o", "json"], None, Some(OutputFormat::Json)),
        (&["-ojson", "--zzz"], None, Some(OutputFormat::Json)),
        (&["-o=JSON", "--zzz"], None, Some(OutputFormat::Json)),
        (&["--output=json", "--zzz"], None, Some(OutputFormat::Json)),
        (&["--output", "json", "-o", "haproxy-agent", "--zzz"], None, Some(OutputFormat::HaproxyAgent)),
        (&["-vo", "json", "--zzz"], None, Some(OutputFormat::Json)),
        (&["-kvvojson", "--zzz"], None, Some(OutputFormat::Json)),
        (&["-to", "json", "--zzz"], None, None),
        (&["--output-file", "json", "--zzz"], None, None),
        (&["--zzz"], Some("-o json"), Some(OutputFormat::Json)),
        (&["--zzz", "-o", "nagios"], Some("-o json"), Some(OutputFormat::Nagios)),
        (&["-o", "json", "-o", "xml"], None, Some(OutputFormat::Json)),
        (&["--zzz", "--", "-o", "json"], None, None),
        (&["host"], Some("--zzz -o json"), Some(OutputFormat::Json)),
        (&["-o", "json"], Some("'"), Some(OutputFormat::Json)),
    ];
    for (arguments, variable, format) in table {
        assert_eq!(refused(arguments, *variable).format, *format, "{arguments:?} with {variable:?}");
    }
}

#[test]
fn arguments_that_are_not_utf_8_are_refused_or_taken_as_paths() {
    let foreign = OsString::from_vec(vec![b'a', 0xff]);
    let read = |arguments: Vec<OsString>| Cli::read(arguments, None);
    let Err(EarlyExit::Usage(refused)) = read(vec![foreign.clone()]) else { panic!("was accepted") };
    assert_eq!(refused.reason, "an argument is not UTF-8");
    let cli = read(vec!["--cacert".into(), foreign.clone()]).unwrap();
    assert_eq!(cli.tls.cacert, Some(foreign.into()));
}

#[test]
fn a_quoted_value_is_harmless() {
    assert_eq!(refused(&["-m", "\x1b[31mred\n"], None).reason.matches(['\x1b', '\n']).count(), 0);
    let long = refused(&["-m", &"x".repeat(10_000)], None).reason;
    assert!(long.len() < 200, "{} bytes", long.len());
}

#[test]
fn help_and_version_are_shown() {
    let shown = |argument| match read(&[argument], None) {
        Err(EarlyExit::Help { plain, .. }) => plain,
        other => panic!("{other:?}"),
    };
    assert_eq!(shown("--version"), concat!("check_ceilometer ", env!("CARGO_PKG_VERSION"), "\n"));
    let (short, long) = (shown("-h"), shown("--help"));
    for option in Cli::command().get_arguments().filter_map(clap::Arg::get_long) {
        assert!(long.contains(&format!("--{option}")), "--help does not tell --{option}");
    }
    let told = short.lines().filter(|line| line.trim_start().starts_with('-')).count();
    assert_eq!(told, 12, "ten options, --help and --version:\n{short}");
    assert!(long.contains("check_ceilometer --simulate backend-down"), "examples");
    assert!(!long.contains('\x1b'));
}

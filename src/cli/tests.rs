//! Valid and invalid arguments, and the help.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

use clap::CommandFactory;

use super::error::UsageError;
use super::*;
use crate::model::term::TERMS;
use crate::rules::all_rows;

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
fn consistency() {
    Cli::command().debug_assert();
}

/// Arguments that do not parse, and their error.
const INVALID: &[(&[&str], &str)] = &[
    (&["--warnign", "1"], "unexpected argument '--warnign' found; did you mean '--warning'?"),
    (&["--token=verysecret"], "unexpected argument '--token' found; did you mean '--token-file'?"),
    (&["-x"], "unexpected argument '-x' found; see --help"),
    (&["--zzz"], "unexpected argument '--zzz' found; see --help"),
    (&["-u", "/health"], "unexpected argument '-u' found; did you mean '--path'?"),
    (&["-C", "14,7"], "unexpected argument '-C' found; did you mean '--certificate-warning'?"),
    (&["-j", "GET"], "unexpected argument '-j' found; did you mean '-m'?"),
    (&["-I", "192.0.2.1"], "unexpected argument '-I' found; did you mean '--connect-to'?"),
    (&["--cafile", "ca.pem"], "unexpected argument '--cafile' found; did you mean '--cacert'?"),
    (
        &["--explain", "backnd-down"],
        "invalid value 'backnd-down' for '--explain'; did you mean 'backend-down'?",
    ),
    (
        &["--explain", "head"],
        "invalid value 'head' for '--explain'; did you mean 'head:204', 'head:404', 'head:500' or 'head:2xx'?",
    ),
    (&["--generate", "bash"], "invalid value 'bash' for '--generate'; did you mean 'complete-bash'?"),
    (
        &["--simulate", "backend"],
        "invalid value 'backend' for '--simulate'; did you mean 'backend-down' or 'backend-stalled'?",
    ),
    (&["--simulate", "foo"], "invalid value 'foo' for '--simulate'; --help lists the values"),
    (&["--generate"], "a value is required for '--generate'; --help lists the values"),
    (
        &["--explain", "zzz"],
        "invalid value 'zzz' for '--explain'; --explain without a value lists the keys, and the man page has the other words of an alert",
    ),
    (&["--json"], "unexpected argument '--json' found; did you mean '-o json'?"),
    (&["-m"], "a value is required for '--method': expected head, get or both"),
    (&["--header"], "a value is required for '--header'"),
    (&["-H"], "a value is required for '--hostname'"),
    (&["--ssl=yes"], "'--ssl' takes no value"),
    (&["-t"], "a value is required for '--timeout'"),
    (
        &["-m", "http://me:pw@host/"],
        "invalid value 'http://***@host/' for '--method': expected head, get or both",
    ),
    (&["-m", "me:pw@host"], "invalid value '***@host' for '--method': expected head, get or both"),
    (
        &["--path", "http://me:pw@host/?a=pw"],
        "invalid value 'http://***@host/…' for '--path': a path must begin with a slash",
    ),
    (
        &["-c", "me:pw@host"],
        "invalid value '***@host' for '--critical': expected seconds (10, 0.5) or a time with units (500ms, 1m 30s), or a range of two of these (1:2)",
    ),
    (&["-4", "-6"], "'-4' cannot be used with '-6'"),
    (&["--watch", "1", "--wait", "1"], "'--watch' cannot be used with '--wait'"),
    (&["--wait", "1", "--watch"], "'--wait' cannot be used with '--watch'"),
    (&["--connect-to", "::1", "--all-addresses"], "'--connect-to' cannot be used with '--all-addresses'"),
];

/// Options with values that they do not take, and the reason.
const INVALID_VALUES: &[(&str, &[&str], &str)] = &[
    ("--method", &["hade"], "expected head, get or both; did you mean 'head'?"),
    ("--method", &["post"], "expected head, get or both"),
    ("--fail-on", &["ok"], "expected warning or critical"),
    ("--color", &["red"], "expected auto, always or never"),
    ("--port", &["0", "http", "+80", "-1"], "expected 1 to 65535"),
    ("--timeout", &["0"], "must be above zero"),
    ("--timeout", &["-1", "-v", "soon"], SECONDS),
    ("--retry-delay", &["-5s"], SECONDS),
    ("--timeout", &["101y"], "longer than a century"),
    (
        "--warning",
        &["-5:5"],
        "expected seconds (10, 0.5) or a time with units (500ms, 1m 30s), or a range of two of these (1:2)",
    ),
    (
        "--warning",
        &["@"],
        "expected seconds (10, 0.5) or a time with units (500ms, 1m 30s), or a range of two of these (1:2)",
    ),
    ("--warning", &["2:1"], "the range ends before it starts"),
    ("--certificate-warning", &["-30"], "expected days (30, 0.5) or a time with units (12h, 2w 3d)"),
    (
        "--watch",
        &["host"],
        "expected seconds (10, 0.5) or a time with units (500ms, 1m 30s); an endpoint goes before --watch",
    ),
    ("--watch", &["0"], "must be above zero; an endpoint goes before --watch"),
    ("--retries", &["-1", "-"], "expected a whole number"),
    ("--parallel", &["0"], "must be above zero"),
    ("--count", &["99999999999999999999"], "too large"),
    ("--quorum", &["-50%", "most"], "expected a number of endpoints (2) or a share of them (50%)"),
    ("--quorum", &["0", "0%"], "must be above zero"),
    ("--quorum", &["101%", "1000%"], "must be at most 100%"),
    ("--max-output", &["-1", "1k"], "expected a whole number"),
    ("--max-output", &["79"], "must be at least 80"),
    ("--agent-warning", &["-5%", "0%", "101"], "expected 1% to 100%"),
    ("--state", &["404"], "expected KEY=STATE, such as get:404=warning"),
    (
        "--state",
        &["999=ok"],
        "expected a key such as 404, get:5xx or login:refused; --explain lists them all",
    ),
    ("--state", &["404=down"], "the state after the = must be ok, warning, critical or unknown"),
    ("--path", &["v2/health"], "a path must begin with a slash"),
    (
        "--connect-to",
        &["example.com", "192.0.2.1:0", "[::1", "::1]", "[[::1]]", "[192.0.2.1]"],
        "expected an address (192.0.2.1, 192.0.2.1:8777, [2001:db8::1]:8777)",
    ),
];

const SECONDS: &str = "expected seconds (10, 0.5) or a time with units (500ms, 1m 30s)";

#[test]
fn invalid_arguments() {
    for (arguments, line) in INVALID {
        assert_eq!(refused(arguments, None).reason, *line, "{arguments:?}");
    }
    for (option, values, why) in INVALID_VALUES {
        for value in *values {
            let line = format!("invalid value '{value}' for '{option}': {why}");
            assert_eq!(refused(&[option, value], None).reason, line);
        }
    }
}

#[test]
fn invalid_variable() {
    let table: &[(&str, &str)] = &[
        ("-t '1", "a quote or a backslash is left open (from CHECK_CEILOMETER_OPTS)"),
        (
            "--warnign 1",
            "unexpected argument '--warnign' found; did you mean '--warning'? (from CHECK_CEILOMETER_OPTS)",
        ),
        ("-t 0", "invalid value '0' for '--timeout': must be above zero (from CHECK_CEILOMETER_OPTS)"),
        ("--header", "a value is required for '--header' (from CHECK_CEILOMETER_OPTS)"),
        ("-4 -6", "'-4' cannot be used with '-6' (from CHECK_CEILOMETER_OPTS)"),
        ("host", "'ENDPOINT' is not allowed in CHECK_CEILOMETER_OPTS"),
        ("--endpoints f", "'--endpoints' is not allowed in CHECK_CEILOMETER_OPTS"),
        ("-k --", "'--' is not allowed in CHECK_CEILOMETER_OPTS"),
        ("--simulate not-found", "'--simulate' is not allowed in CHECK_CEILOMETER_OPTS"),
        ("--generate man", "'--generate' is not allowed in CHECK_CEILOMETER_OPTS"),
        ("--explain", "'--explain' is not allowed in CHECK_CEILOMETER_OPTS"),
        ("--watch", "'--watch' is not allowed in CHECK_CEILOMETER_OPTS"),
        ("--wait 1", "'--wait' is not allowed in CHECK_CEILOMETER_OPTS"),
        ("-h", "'--help' is not allowed in CHECK_CEILOMETER_OPTS"),
        ("--help", "'--help' is not allowed in CHECK_CEILOMETER_OPTS"),
        ("-V", "'--version' is not allowed in CHECK_CEILOMETER_OPTS"),
    ];
    for (variable, line) in table {
        assert_eq!(refused(&["host"], Some(variable)).reason, *line, "{variable:?}");
    }
    let conflict = refused(&["host", "-4"], Some("-6")).reason;
    assert_eq!(conflict, "'-4' cannot be used with '-6' (from CHECK_CEILOMETER_OPTS)");
}

/// An option is the variable's only if the command line does not give it too.
#[test]
fn origin_of_options() {
    let origin = |arguments: &[&str]| read(arguments, Some("--output-file f -k -H name")).unwrap().env_origin;
    let both = origin(&["--explain", "--output-file", "f"]);
    assert!(!both.has("output_file") && both.has("hostname"));
    let variable = origin(&["--explain"]);
    assert!(variable.has("output_file"));
    assert_eq!(variable.label("--output-file"), "--output-file (from CHECK_CEILOMETER_OPTS)");
    assert_eq!(variable.label("--token-file"), "--token-file");
}

#[test]
fn optional_values() {
    let watch = |arguments: &[&str]| read(arguments, None).unwrap().timing.watch;
    assert_eq!(watch(&["h", "--watch"]), Some(Duration::from_secs(5)));
    assert_eq!(watch(&["--watch", "--count", "3", "h"]), Some(Duration::from_secs(5)));
    assert_eq!(watch(&["--watch", "2", "h"]), Some(Duration::from_secs(2)));
    assert_eq!(watch(&["--watch=2", "h"]), Some(Duration::from_secs(2)));
    let explain = |word| read(&["--explain", word], None).unwrap().mode.explain.unwrap().unwrap();
    assert_eq!(explain("get:503"), Topic::Key(Key::parse("get:503").unwrap()));
    for &diagnosis in Diagnosis::ALL {
        assert_eq!(explain(diagnosis.name()), Topic::Diagnosis(diagnosis));
    }
    for term in TERMS.iter().filter(|term| term.name != "healthy") {
        assert_eq!(explain(term.name), Topic::Term(term));
    }
    let pasted = [
        ("backend-down:", "backend-down"),
        ("GET 503", "get:503"),
        ("HEAD timeout", "head:timeout"),
        ("'h:8777 get_time'", "get_time"),
        ("(certificate not verified)", "not verified"),
        ("critical", "CRITICAL"),
    ];
    for (pasted, word) in pasted {
        assert_eq!(explain(pasted), explain(word), "{pasted}");
    }
}

#[test]
fn precedence() {
    let cli = read(&["-t", "2", "-t", "3", "host"], Some("-t 1 -p 80 --header 'A: b c' -kvv")).unwrap();
    assert_eq!(cli.timing.timeout, Some(Duration::from_secs(3)));
    assert_eq!(cli.targets.port, Some(80));
    assert_eq!(cli.request.header, ["A: b c"]);
    assert!(cli.tls.insecure);
    assert_eq!(cli.output.verbose, 2);
    assert_eq!(cli.targets.endpoints, ["host"]);
}

#[test]
fn case_of_words() {
    let words = "-m HEAD -o Json --fail-on CRITICAL --color NEVER --generate MAN --explain GET:5XX --state Dns=OK \
         --simulate Backend-Down,HEALTHY";
    let cli = read(&words.split(' ').collect::<Vec<_>>(), None).unwrap();
    assert_eq!((cli.request.method, cli.output.output), (Some(MethodChoice::Head), Some(OutputFormat::Json)));
    assert_eq!(cli.thresholds.fail_on, Some(State::Critical));
    assert_eq!((cli.output.color, cli.mode.generate), (Some(ColorWhen::Never), Some(Artifact::Man)));
    assert_eq!(cli.mode.explain, Some(Key::parse("get:5xx").ok().map(Topic::Key)));
    assert_eq!(cli.thresholds.state, [(Key::parse("dns").unwrap(), State::Ok)]);
    assert_eq!(cli.mode.simulate, [Diagnosis::BackendDown, Diagnosis::Healthy]);
}

#[test]
fn state_of_every_key() {
    for key in all_rows().map(|row| row.key) {
        let cli = read(&["--state", &format!("{key}=critical")], None).unwrap();
        assert_eq!(cli.thresholds.state, [(key, State::Critical)]);
    }
}

/// `find_format` reads arguments that clap has rejected.
#[test]
fn short_flags() {
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
fn format_in_invalid_arguments() {
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
        (&["host"], Some("-o json --path '/x"), Some(OutputFormat::Json)),
        (&["-o", "json"], Some("-- x"), Some(OutputFormat::Json)),
        (&["host", "-o", "haproxy-agent"], Some("-k -- -o json"), Some(OutputFormat::HaproxyAgent)),
        (&["-o", "json"], Some("--watch"), Some(OutputFormat::Json)),
    ];
    for (arguments, variable, format) in table {
        assert_eq!(refused(arguments, *variable).format, *format, "{arguments:?} with {variable:?}");
    }
}

#[test]
fn arguments_not_utf_8() {
    let foreign = OsString::from_vec(vec![b'a', 0xff]);
    let read = |arguments: Vec<OsString>| Cli::read(arguments, None);
    let Err(EarlyExit::Usage(refused)) = read(vec![foreign.clone()]) else { panic!("was accepted") };
    assert_eq!(refused.reason, "an argument is not UTF-8");
    let cli = read(vec!["--cacert".into(), foreign.clone()]).unwrap();
    assert_eq!(cli.tls.cacert, Some(foreign.into()));
}

#[test]
fn hostile_values() {
    assert_eq!(refused(&["-m", "\x1b[31mred\n"], None).reason.matches(['\x1b', '\n']).count(), 0);
    let long = refused(&["-m", &"x".repeat(10_000)], None).reason;
    assert!(long.len() < 200, "{} bytes", long.len());
}

#[test]
fn help_and_version() {
    let shown = |argument| match read(&[argument], None) {
        Err(EarlyExit::Help { plain, .. }) => plain,
        other => panic!("{other:?}"),
    };
    assert_eq!(shown("--version"), concat!("check_ceilometer ", env!("CARGO_PKG_VERSION"), "\n"));
    let (short, long) = (shown("-h"), shown("--help"));
    for option in Cli::command().get_arguments().filter_map(clap::Arg::get_long) {
        assert!(long.contains(&format!("--{option}")), "--help lacks --{option}");
    }
    let options: Vec<&str> = short
        .lines()
        .filter_map(|line| line.trim_start().strip_prefix('-')?.split([' ', ',']).next())
        .collect();
    let expected = [
        "H",
        "p",
        "S",
        "-path",
        "m",
        "-token-file",
        "-os-cloud",
        "-cacert",
        "k",
        "w",
        "c",
        "-quorum",
        "t",
        "-wait",
        "-watch",
        "o",
        "v",
        "-explain",
        "-simulate",
        "h",
        "V",
    ];
    assert_eq!(options, expected, "{short}");
    assert!(long.contains("check_ceilometer --simulate backend-down"), "examples");
    assert!(!long.contains('\x1b'));
}

/// A name that lists values lists all of them.
#[test]
fn names_that_list_values() {
    let command = Cli::command();
    let mut checked = 0;
    for arg in command.get_arguments() {
        let values: Vec<_> =
            arg.get_possible_values().iter().map(|value| value.get_name().to_owned()).collect();
        let name = arg.get_value_names().unwrap_or_default().concat();
        if name.contains('|') && name == name.to_lowercase() {
            assert_eq!(name, values.join("|"), "{}", arg.get_id());
            checked += 1;
        }
    }
    assert_eq!(checked, 3);
}

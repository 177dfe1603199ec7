//! What the help says around the options.

/// The ways to call the program.
pub(super) const USAGE: &str = "check_ceilometer [OPTIONS] ENDPOINT...
       check_ceilometer --simulate DIAGNOSIS[,...]
       check_ceilometer --explain [KEY]
       check_ceilometer --generate WHAT";

/// Commands that show the usual ways to call the program; help and man page print them.
pub(crate) const EXAMPLES: [(&str, &str); 9] = [
    ("Ask Ceilometer on this machine", "check_ceilometer localhost"),
    ("Watch the response time too", "check_ceilometer -H metering.example.com -w 1 -c 3"),
    (
        "Two regions, one of which may fail",
        "check_ceilometer --quorum 1 https://a.example.com/metering https://b.example.com/metering",
    ),
    (
        "With a Keystone token and an own CA",
        "check_ceilometer -S --cacert ca.pem --token-file token metering.example.com",
    ),
    ("Find out what is slow", "check_ceilometer -vv metering.example.com"),
    ("See when it comes back", "check_ceilometer --watch 5s metering.example.com"),
    ("Wait in a deploy script until it is up", "check_ceilometer --wait 5m metering.example.com"),
    ("Rehearse an alert without breaking anything", "check_ceilometer --simulate backend-down"),
    ("Look up what a dead back-end means", "check_ceilometer --explain get:503"),
];

/// What stands below the options of `-h`.
pub(super) const AFTER_SHORT: &str =
    "All options, with examples: --help. Exit code: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN.";

/// What stands below the options of `--help`.
pub(super) fn after_long() -> String {
    let examples = EXAMPLES.map(|(purpose, command)| format!("  {purpose}:\n      {command}\n"));
    format!(
        "Examples:\n{}\nExit code: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN; also for --help and --version: 3.",
        examples.concat()
    )
}

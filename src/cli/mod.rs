//! What may be typed: every option, its help, and the shape of its value.
//!
//! The doc comments below are `--help` and the man page. Parsing never acts: it opens no file and asks
//! no name service. Defaults and contradictions are the plan's.
#![expect(
    clippy::doc_markdown,
    rustdoc::broken_intra_doc_links,
    reason = "help and man page show brackets and addresses as they are typed, and markup too"
)]

use std::num::{NonZeroU64, NonZeroUsize};
use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgAction, Args, Parser};

use crate::model::diagnosis::Diagnosis;
use crate::model::endpoint;
use crate::model::quorum::Quorum;
use crate::model::range::Range;
use crate::model::state::State;
use crate::rules::Key;

mod error;
pub(crate) mod haproxy_call;
mod help;
mod parse;
mod value_enums;
mod values;

pub(crate) use error::EarlyExit;
pub(crate) use help::EXAMPLES;
pub(crate) use parse::OPTS_VAR;
pub(crate) use value_enums::{Artifact, ColorWhen, FailOn, MethodChoice, OutputFormat};
pub(crate) use values::ConnectTo;

/// The program's name, as it stands in usage lines and man page.
pub(crate) const NAME: &str = "check_ceilometer";

/// Asks the Health-Check API of OpenStack's Metering service and says what is broken.
///
/// Sends HEAD and GET to /v2/health of every endpoint, reads the answers by the documented table, says in
/// words what is broken and what to do, and exits 0 (OK), 1 (WARNING), 2 (CRITICAL) or 3 (UNKNOWN) as
/// Nagios plugins do. Serves Nagios, Icinga and NRPE, HAProxy's external-check, and people at a terminal.
#[derive(Debug, Clone, Parser)]
#[command(
    name = NAME,
    version,
    override_usage = help::USAGE,
    after_help = help::AFTER_SHORT,
    after_long_help = help::after_long(),
    args_override_self = true,
    max_term_width = 100,
    disable_help_flag = true,
    disable_version_flag = true
)]
pub(crate) struct Cli {
    /// What is asked.
    #[command(flatten)]
    pub(crate) targets: TargetArgs,
    /// How it is asked.
    #[command(flatten)]
    pub(crate) request: RequestArgs,
    /// How it is reached.
    #[command(flatten)]
    pub(crate) connection: ConnectionArgs,
    /// How TLS is done.
    #[command(flatten)]
    pub(crate) tls: TlsArgs,
    /// How the answers are judged.
    #[command(flatten)]
    pub(crate) thresholds: ThresholdArgs,
    /// How long and how often it is asked.
    #[command(flatten)]
    pub(crate) timing: TimingArgs,
    /// How the result is told.
    #[command(flatten)]
    pub(crate) output: OutputArgs,
    /// What else can be done.
    #[command(flatten)]
    pub(crate) mode: ModeArgs,
    /// What of all this stands in the environment, where it matters.
    #[arg(skip)]
    pub(crate) in_environment: EnvOrigin,
}

/// What stands in the environment and does not mean the same as on the command line.
#[derive(Debug, Clone, Default)]
pub(crate) struct EnvOrigin {
    /// `-H`, which only HAProxy mode may have there.
    pub(crate) hostname: bool,
    /// `--output-file`, which is for the results of runs.
    pub(crate) output_file: Option<PathBuf>,
}

/// What is asked.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Endpoints")]
pub(crate) struct TargetArgs {
    /// What to ask: [http[s]://]HOST[:PORT][/PREFIX], where HOST is a name or an address
    ///
    /// An IPv6 address stands in brackets, or alone. Without a scheme it is http (https with -S); without a
    /// port it is -p's, else 8777 where there is no scheme and the scheme's own where there is one. A path is
    /// a prefix, as in a service catalogue: https://cloud/metering is asked at /metering/v2/health.
    #[arg(value_name = "ENDPOINT", display_order = 0)]
    pub(crate) endpoints: Vec<String>,

    /// One more endpoint, in the same forms; may be repeated
    ///
    /// In HAProxy mode: the name for Host, SNI and the certificate, while HAProxy's server is dialled.
    #[arg(short = 'H', long, value_name = "HOST", action = ArgAction::Append, display_order = 1)]
    pub(crate) hostname: Vec<String>,

    /// Read more endpoints from FILE, one a line; - is standard input
    ///
    /// Blank lines and lines that begin with # are skipped.
    #[arg(
        long = "endpoints",
        id = "endpoints_file",
        value_name = "FILE",
        display_order = 2,
        hide_short_help = true
    )]
    pub(crate) file: Option<PathBuf>,

    /// The port of endpoints that name none
    #[arg(short, long, value_name = "PORT", value_parser = values::port)]
    pub(crate) port: Option<u16>,

    /// https for endpoints that name no scheme
    #[arg(short = 'S', long)]
    pub(crate) ssl: bool,

    /// The health path [default: /v2/health]
    #[arg(long, value_name = "PATH", value_parser = endpoint::parse_path, hide_short_help = true)]
    pub(crate) path: Option<String>,

    /// Make every address that a name resolves to an endpoint of its own
    #[arg(long, hide_short_help = true)]
    pub(crate) all_addresses: bool,
}

/// How it is asked.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Requests")]
pub(crate) struct RequestArgs {
    /// What to send: head proves that the API is up, get that it reaches its back-end [default: both]
    #[arg(short, long, value_name = "METHOD", ignore_case = true, hide_short_help = true)]
    pub(crate) method: Option<MethodChoice>,

    /// Send a header too; may be repeated; @FILE reads headers from FILE, one a line
    ///
    /// In a file, blank lines and lines that begin with # are skipped; @- is standard input. Values are
    /// secrets: they are masked in every output from eight characters on. What frames the message is refused:
    /// Content-Length, Transfer-Encoding, Connection, Expect, Upgrade.
    #[arg(long, value_name = "NAME: VALUE", action = ArgAction::Append, hide_short_help = true)]
    pub(crate) header: Vec<String>,

    /// Send the token in FILE as X-Auth-Token; - is standard input
    #[arg(long, value_name = "FILE", hide_short_help = true)]
    pub(crate) token_file: Option<PathBuf>,

    /// Authenticate by HTTP Basic with the user:password in FILE; - is standard input
    #[arg(long, value_name = "FILE", hide_short_help = true)]
    pub(crate) auth_file: Option<PathBuf>,
}

/// How it is reached.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Connections")]
pub(crate) struct ConnectionArgs {
    /// Use IPv4 only
    #[arg(short = '4', long, hide_short_help = true)]
    pub ipv4: bool,

    /// Use IPv6 only
    #[arg(short = '6', long, hide_short_help = true)]
    pub ipv6: bool,

    /// Dial this address, while Host, SNI and certificate name stay the endpoint's; one endpoint only
    #[arg(long, value_name = "ADDR[:PORT]", value_parser = values::dialled, hide_short_help = true)]
    pub(crate) connect_to: Option<ConnectTo>,

    /// Connect through an HTTP proxy, by CONNECT: http://HOST[:PORT] [default port: 1080]
    ///
    /// This is the only way to use one: http_proxy and the like in the environment are ignored.
    #[arg(long, value_name = "URL", hide_short_help = true)]
    pub(crate) proxy: Option<String>,

    /// Authenticate to the proxy with the user:password in FILE; - is standard input
    #[arg(long, value_name = "FILE", hide_short_help = true)]
    pub(crate) proxy_auth_file: Option<PathBuf>,
}

/// How TLS is done.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "TLS")]
pub(crate) struct TlsArgs {
    /// Trust the CAs in this PEM file or directory instead of the system's
    ///
    /// Without it, the system's trust store is used; SSL_CERT_FILE and SSL_CERT_DIR are honoured.
    #[arg(long, value_name = "FILE|DIR", hide_short_help = true)]
    pub(crate) cacert: Option<PathBuf>,

    /// Present this client certificate, a PEM file
    #[arg(long, value_name = "FILE", hide_short_help = true)]
    pub(crate) cert: Option<PathBuf>,

    /// The client certificate's key, where it is not in the same file
    #[arg(long, value_name = "FILE", hide_short_help = true)]
    pub(crate) key: Option<PathBuf>,

    /// Do not verify the server's certificate; every output says so
    #[arg(short = 'k', long, hide_short_help = true)]
    pub(crate) insecure: bool,
}

/// How the answers are judged.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Thresholds and states")]
pub(crate) struct ThresholdArgs {
    /// WARNING if the response time of an answered request is outside of RANGE
    ///
    /// A RANGE is the plugin guidelines' [@][start:][end], with ~ for no lower bound. Each bound is a
    /// duration: bare seconds (1, 0.5) or 500ms, 1m 30s.
    #[arg(short, long, value_name = "RANGE", value_parser = values::range)]
    pub(crate) warning: Option<Range>,

    /// CRITICAL if the response time of an answered request is outside of RANGE
    #[arg(short, long, value_name = "RANGE", value_parser = values::range)]
    pub(crate) critical: Option<Range>,

    /// WARNING if the back-end's share of the time is outside of RANGE
    ///
    /// The share is GET's wait for the first byte less HEAD's, and never below 0.
    #[arg(long, value_name = "RANGE", value_parser = values::range, hide_short_help = true)]
    pub(crate) backend_warning: Option<Range>,

    /// CRITICAL if the back-end's share of the time is outside of RANGE
    #[arg(long, value_name = "RANGE", value_parser = values::range, hide_short_help = true)]
    pub(crate) backend_critical: Option<Range>,

    /// WARNING if the server's certificate lives shorter than D; a bare number is days
    #[arg(long, value_name = "D", value_parser = values::days, hide_short_help = true)]
    pub(crate) certificate_warning: Option<Duration>,

    /// CRITICAL if the server's certificate lives shorter than D; a bare number is days
    #[arg(long, value_name = "D", value_parser = values::days, hide_short_help = true)]
    pub(crate) certificate_critical: Option<Duration>,

    /// Judge what KEY names by STATE instead; may be repeated
    ///
    /// KEY is [head:|get:] and a status (404), a class (5xx) or a fault (dns, refused, no-route, reset,
    /// closed, timeout, tls, protocol, body, proxy). STATE is ok, warning, critical or unknown. --explain
    /// shows the table in force.
    #[arg(long, value_name = "KEY=STATE", value_parser = values::assignment,
          action = ArgAction::Append, hide_short_help = true)]
    pub(crate) state: Vec<(Key, State)>,

    /// Be satisfied with N endpoints (or N percent) that are OK or WARNING
    ///
    /// All OK is OK; at least N is WARNING; fewer is CRITICAL. Without it, the worst endpoint counts. With
    /// --all-addresses each address counts, so that a share is usually what is meant.
    #[arg(long, value_name = "N|N%", value_parser = values::quorum)]
    pub(crate) quorum: Option<Quorum>,

    /// Exit 1 from this state on and for UNKNOWN, else 0, as container health checks want it
    ///
    /// Usage and set-up errors still exit 3: they are not the result of a run.
    #[arg(long, value_name = "STATE", ignore_case = true, hide_short_help = true)]
    pub(crate) fail_on: Option<FailOn>,
}

/// How long and how often it is asked.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Time and retries")]
pub(crate) struct TimingArgs {
    /// The time for the whole run, whatever happens [default: 10s, in HAProxy mode 1500ms]
    ///
    /// Durations are bare seconds (10, 0.5) or of the form 500ms, 1m 30s.
    #[arg(short, long, value_name = "D", value_parser = values::positive_duration)]
    pub(crate) timeout: Option<Duration>,

    /// The time for connecting, within the whole; 0 is no bound of its own
    #[arg(long, value_name = "D", value_parser = values::duration, hide_short_help = true)]
    pub(crate) connect_timeout: Option<Duration>,

    /// Try a CRITICAL endpoint again up to N times, within the whole time [default: 0]
    #[arg(long, value_name = "N", value_parser = values::number::<u32>, hide_short_help = true)]
    pub(crate) retries: Option<u32>,

    /// The pause before a retry, and between the runs of --wait [default: 1s]
    #[arg(long, value_name = "D", value_parser = values::duration, hide_short_help = true)]
    pub(crate) retry_delay: Option<Duration>,

    /// Have at most N requests under way at once [default: 1000, and what descriptors allow]
    #[arg(long, value_name = "N", value_parser = values::above_zero::<NonZeroUsize>, hide_short_help = true)]
    pub(crate) parallel: Option<NonZeroUsize>,

    /// Probe again and again until the state is OK or D is over
    #[arg(long, value_name = "D", value_parser = values::duration, hide_short_help = true)]
    pub(crate) wait: Option<Duration>,

    /// Probe every D and tell each change, until Ctrl-C or --count; at least 100ms
    #[arg(long, value_name = "D", value_parser = values::duration, hide_short_help = true)]
    pub(crate) watch: Option<Duration>,

    /// End --watch after N runs
    #[arg(long, value_name = "N", value_parser = values::above_zero::<NonZeroU64>, hide_short_help = true)]
    pub(crate) count: Option<NonZeroU64>,
}

/// How the result is told.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct OutputArgs {
    /// How to tell the result [default: human on a terminal, else nagios]
    #[arg(short, long, value_name = "FORMAT", ignore_case = true)]
    pub(crate) output: Option<OutputFormat>,

    /// Write to FILE instead, by a new file beside it and a rename
    #[arg(long, value_name = "FILE", hide_short_help = true)]
    pub(crate) output_file: Option<PathBuf>,

    /// When to use colour; auto honours NO_COLOR and the terminal [default: auto]
    #[arg(long, value_name = "WHEN", ignore_case = true, hide_short_help = true)]
    pub(crate) color: Option<ColorWhen>,

    /// Tell more; up to three times
    ///
    /// -v: all endpoints, and notes; -vv: each request, with its phases and an equivalent curl command;
    /// -vvv: headers both ways, and the body's beginning. Secrets are masked at every level.
    #[arg(short, long, action = ArgAction::Count)]
    pub(crate) verbose: u8,

    /// Keep the plugin output within BYTES, 80 at least; 1023 suits NRPE 2 [default: 8192]
    #[arg(long, value_name = "BYTES", value_parser = values::output_size, hide_short_help = true)]
    pub(crate) max_output: Option<usize>,

    /// The weight that -o haproxy-agent tells for WARNING, such as 50%
    ///
    /// HAProxy takes the share of the server's own weight, which is 1 where its line does not say more: give
    /// it weight 100.
    #[arg(long, value_name = "N%", value_parser = values::weight, hide_short_help = true)]
    pub(crate) agent_warning: Option<u8>,
}

/// What else can be done.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Other modes")]
pub(crate) struct ModeArgs {
    /// Take the arguments as HAProxy's external-check gives them; for wrappers
    ///
    /// Four positional arguments (proxy address and port, server address and port), or none: then
    /// HAPROXY_SERVER_ADDR and HAPROXY_SERVER_PORT tell the server. HAProxy's own call is recognised without
    /// this option. Nothing is printed unless -o asks; OK and WARNING exit 0.
    #[arg(long, hide_short_help = true)]
    pub(crate) haproxy: bool,

    /// Print the table in force, or the row for KEY; asks no endpoint
    #[arg(long, value_name = "KEY", num_args = 0..=1, value_parser = Key::parse, hide_short_help = true)]
    #[expect(clippy::option_option, reason = "clap's form of an option with an optional value")]
    pub(crate) explain: Option<Option<Key>>,

    /// Probe embedded endpoints that behave so; every output says SIMULATED
    #[arg(long, value_name = "DIAGNOSIS", value_delimiter = ',', action = ArgAction::Append,
          ignore_case = true, value_parser = values::simulated())]
    pub(crate) simulate: Vec<Diagnosis>,

    /// Print a man page, a shell's completions, or a configuration ready to use
    #[arg(long, value_name = "WHAT", ignore_case = true, hide_short_help = true)]
    pub(crate) generate: Option<Artifact>,

    /// Print the help: -h the usual options, --help all of them
    #[arg(short, long, action = ArgAction::Help)]
    help: Option<bool>,

    /// Print the version
    #[arg(short = 'V', long, action = ArgAction::Version)]
    version: Option<bool>,
}

#[cfg(test)]
mod tests;

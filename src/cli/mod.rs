//! The command line: every option, its help, and the grammar of its value.
//!
//! The doc comments below are `--help` and the man page. Parsing never acts: it opens no file and resolves no name.
//! The plan resolves defaults, and rejects the conflicts that clap cannot express.
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
use crate::model::state::State;
use crate::rules::Key;

mod cloud;
mod error;
pub(crate) mod haproxy_call;
mod help;
mod parse;
mod value_enums;
mod values;

pub(crate) use cloud::{CloudArgs, TokenCache};
pub(crate) use error::{EarlyExit, conflict};
pub(crate) use help::EXAMPLES;
pub(crate) use parse::{OPTS_VAR, not_allowed};
pub(crate) use value_enums::{Artifact, ColorWhen, MethodChoice, OutputFormat};
pub(crate) use values::{ConnectTo, ResponseTime, Topic};

/// The program's name.
pub(crate) const NAME: &str = "check_ceilometer";

/// Checks the Health-Check API of OpenStack's Metering service and says what is broken.
///
/// Sends HEAD and GET to /v2/health of every endpoint, judges the answers by the documented table, says what is
/// broken and what to do about it, and exits 0 (OK), 1 (WARNING), 2 (CRITICAL) or 3 (UNKNOWN) as Nagios plugins do.
/// For Nagios, Icinga and NRPE, for HAProxy's external-check, and for people at a terminal.
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
    #[command(flatten)]
    pub(crate) targets: TargetArgs,
    #[command(flatten)]
    pub(crate) request: RequestArgs,
    #[command(flatten)]
    pub(crate) cloud: CloudArgs,
    #[command(flatten)]
    pub(crate) connection: ConnectionArgs,
    #[command(flatten)]
    pub(crate) tls: TlsArgs,
    #[command(flatten)]
    pub(crate) thresholds: ThresholdArgs,
    #[command(flatten)]
    pub(crate) timing: TimingArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
    #[command(flatten)]
    pub(crate) mode: ModeArgs,
    #[arg(skip)]
    pub(crate) env_origin: EnvOrigin,
}

/// The options that only the environment variable gives.
#[derive(Debug, Clone, Default)]
pub(crate) struct EnvOrigin {
    /// clap's ids of these options.
    ids: Vec<String>,
}

impl EnvOrigin {
    /// The end of an error about an option of the variable.
    pub(crate) const SUFFIX: &str = " (from CHECK_CEILOMETER_OPTS)";

    /// Tests whether the option with this id comes from the variable alone.
    pub(crate) fn has(&self, id: &str) -> bool {
        self.ids.iter().any(|own| own == id)
    }

    /// Returns the same by the option's name.
    pub(crate) fn has_name(&self, name: &str) -> bool {
        match name {
            "-4" => self.has("ipv4"),
            "-6" => self.has("ipv6"),
            "-H" => self.has("hostname"),
            "-w" => self.has("warning"),
            "-c" => self.has("critical"),
            long => self.has(&long.trim_start_matches('-').replace('-', "_")),
        }
    }

    /// Names an option for an error or a note, with the variable if it comes from there.
    pub(crate) fn label(&self, name: &str) -> String {
        format!("{name}{}", if self.has_name(name) { EnvOrigin::SUFFIX } else { "" })
    }
}

/// The endpoints.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Endpoints")]
pub(crate) struct TargetArgs {
    /// Endpoints to check: [http[s]://]HOST[:PORT][/PREFIX], where HOST is a name or an address
    ///
    /// An IPv6 address needs brackets if a port or a path follows. Without a scheme, http (with -S, https) and port 8777
    /// are used; with one, the scheme's own port; -p sets another. The path is a prefix, as in a service catalogue:
    /// for https://cloud/metering the requests go to /metering/v2/health. A version at its end is not doubled:
    /// http://h:8777/v2 is asked at /v2/health.
    #[arg(value_name = "ENDPOINT", display_order = 0)]
    pub(crate) endpoints: Vec<String>,

    /// Check this endpoint too, in the same forms; repeatable
    ///
    /// In HAProxy mode: the name for Host, SNI and the certificate, while the connection goes to HAProxy's server.
    #[arg(short = 'H', long, value_name = "HOST", action = ArgAction::Append, display_order = 1)]
    pub(crate) hostname: Vec<String>,

    /// Read more endpoints from FILE, one per line; - is standard input
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

    /// Port of endpoints that name none [default: 8777]
    #[arg(short, long, value_name = "PORT", value_parser = values::port)]
    pub(crate) port: Option<u16>,

    /// Use https for endpoints that name no scheme
    #[arg(short = 'S', long)]
    pub(crate) ssl: bool,

    /// Path of the health check [default: /v2/health]
    #[arg(long, value_name = "PATH", value_parser = endpoint::parse_path)]
    pub(crate) path: Option<String>,

    /// Check every address that a name resolves to as an endpoint of its own
    #[arg(long, hide_short_help = true)]
    pub(crate) all_addresses: bool,
}

/// The requests.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Requests")]
pub(crate) struct RequestArgs {
    /// Send this request: head proves that the API is up, get that it reaches its back-end [default: both]
    #[arg(short, long, value_name = "head|get|both", ignore_case = true, hide_possible_values = true)]
    pub(crate) method: Option<MethodChoice>,

    /// Send this header; repeatable; @FILE reads headers from FILE, one per line
    ///
    /// In a file, blank lines and lines that begin with # are skipped; @- is standard input. Values of eight
    /// characters or more are masked in every output. Content-Length, Transfer-Encoding, Connection, Expect and
    /// Upgrade are refused.
    #[arg(long, value_name = "NAME: VALUE", action = ArgAction::Append, hide_short_help = true)]
    pub(crate) header: Vec<String>,

    /// Send the token in FILE as X-Auth-Token; - is standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,

    /// Authenticate by HTTP Basic with the user:password in FILE; - is standard input
    #[arg(long, value_name = "FILE", hide_short_help = true)]
    pub(crate) auth_file: Option<PathBuf>,
}

/// The connections.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Connections")]
pub(crate) struct ConnectionArgs {
    /// Use IPv4 only
    #[arg(short = '4', long, hide_short_help = true, conflicts_with = "ipv6")]
    pub(crate) ipv4: bool,

    /// Use IPv6 only
    #[arg(short = '6', long, hide_short_help = true)]
    pub(crate) ipv6: bool,

    /// Connect to this address, but keep the endpoint's name for Host, SNI and certificate; one endpoint only
    #[arg(long, value_name = "ADDR[:PORT]", value_parser = values::connect_to, hide_short_help = true,
          conflicts_with = "all_addresses")]
    pub(crate) connect_to: Option<ConnectTo>,

    /// Connect through an HTTP proxy, by CONNECT: http://HOST[:PORT] [default port: 1080]
    ///
    /// This is the only way to use a proxy: http_proxy and the like in the environment are ignored.
    #[arg(long, value_name = "URL", hide_short_help = true)]
    pub(crate) proxy: Option<String>,

    /// Authenticate to the proxy with the user:password in FILE; - is standard input
    #[arg(long, value_name = "FILE", hide_short_help = true)]
    pub(crate) proxy_auth_file: Option<PathBuf>,
}

/// TLS.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "TLS")]
pub(crate) struct TlsArgs {
    /// Trust the CAs in this PEM file or directory instead of the system's
    ///
    /// By default the system's trust store is used; SSL_CERT_FILE and SSL_CERT_DIR are honoured.
    #[arg(long, value_name = "FILE|DIR")]
    pub(crate) cacert: Option<PathBuf>,

    /// Present the client certificate in this PEM file
    #[arg(long, value_name = "FILE", hide_short_help = true)]
    pub(crate) cert: Option<PathBuf>,

    /// Read the client certificate's key from this PEM file [default: the file of --cert]
    #[arg(long, value_name = "FILE", hide_short_help = true)]
    pub(crate) key: Option<PathBuf>,

    /// Do not verify the server's certificate; every output says so
    #[arg(short = 'k', long)]
    pub(crate) insecure: bool,
}

/// Thresholds and states.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Thresholds and states")]
pub(crate) struct ThresholdArgs {
    /// WARNING if the response time of a request is outside RANGE
    ///
    /// A RANGE is the plugin guidelines' [@][start:][end], with ~ for no lower bound. Each bound is a duration:
    /// seconds (1, 0.5), or with units (500ms, 1m 30s).
    #[arg(short, long, value_name = "RANGE", value_parser = values::response_time)]
    pub(crate) warning: Option<ResponseTime>,

    /// CRITICAL if the response time of a request is outside RANGE
    #[arg(short, long, value_name = "RANGE", value_parser = values::response_time)]
    pub(crate) critical: Option<ResponseTime>,

    /// WARNING if the back-end's share of the response time is outside RANGE
    ///
    /// The share is GET's wait for the first byte minus HEAD's, and at least 0.
    #[arg(long, value_name = "RANGE", value_parser = values::response_time, hide_short_help = true)]
    pub(crate) backend_warning: Option<ResponseTime>,

    /// CRITICAL if the back-end's share of the response time is outside RANGE
    #[arg(long, value_name = "RANGE", value_parser = values::response_time, hide_short_help = true)]
    pub(crate) backend_critical: Option<ResponseTime>,

    /// WARNING if the server certificate expires within D; a bare number is days
    #[arg(long, value_name = "D", value_parser = values::days, hide_short_help = true)]
    pub(crate) certificate_warning: Option<Duration>,

    /// CRITICAL if the server certificate expires within D; a bare number is days
    #[arg(long, value_name = "D", value_parser = values::days, hide_short_help = true)]
    pub(crate) certificate_critical: Option<Duration>,

    #[arg(long, value_name = "KEY=STATE", value_parser = values::Assignments, help = help::STATE, long_help = help::state(),
          action = ArgAction::Append, hide_short_help = true, hide_possible_values = true)]
    pub(crate) state: Vec<(Key, State)>,

    /// Require only N endpoints (or N%) to be OK or WARNING
    ///
    /// The result is OK if all are OK, WARNING if at least N are OK or WARNING, else CRITICAL. By default it is the most
    /// severe state of all endpoints. With --all-addresses each address is an endpoint: use a share.
    #[arg(long, value_name = "N|N%", value_parser = values::quorum)]
    pub(crate) quorum: Option<Quorum>,

    /// Exit 1 for this state or worse, and for UNKNOWN, else 0, as container health checks expect
    ///
    /// Usage and set-up errors still exit 3: they are not results of a run.
    #[arg(
        long,
        value_name = "warning|critical",
        value_parser = values::failing_state(),
        ignore_case = true,
        hide_short_help = true,
        hide_possible_values = true
    )]
    pub(crate) fail_on: Option<State>,
}

/// Time, retries and repeated runs.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Time and retries")]
pub(crate) struct TimingArgs {
    /// Limit the whole run to D [default: 10s, in HAProxy mode 1500ms]
    ///
    /// A duration D is seconds (10, 0.5), or with units (500ms, 1m 30s).
    #[arg(short, long, value_name = "D", value_parser = values::positive_duration)]
    pub(crate) timeout: Option<Duration>,

    /// Limit connecting to D, within -t; 0 means no separate limit
    #[arg(long, value_name = "D", value_parser = values::duration, hide_short_help = true)]
    pub(crate) connect_timeout: Option<Duration>,

    /// Retry a CRITICAL endpoint up to N times, within -t [default: 0]
    #[arg(long, value_name = "N", value_parser = values::number::<u32>, hide_short_help = true)]
    pub(crate) retries: Option<u32>,

    /// Pause for D before a retry, and between the runs of --wait [default: 1s]
    #[arg(long, value_name = "D", value_parser = values::duration, hide_short_help = true)]
    pub(crate) retry_delay: Option<Duration>,

    /// Send at most N requests at once [default: 1000, or what the limit of open files allows]
    #[arg(long, value_name = "N", value_parser = values::number::<NonZeroUsize>, hide_short_help = true)]
    pub(crate) parallel: Option<NonZeroUsize>,

    /// Repeat the check until the state is OK, for at most D
    #[arg(long, value_name = "D", value_parser = values::duration)]
    pub(crate) wait: Option<Duration>,

    /// Repeat the check every D and report changes, until Ctrl-C or --count [default: 5s]
    ///
    /// Without D, put --watch after the endpoints.
    #[arg(long, value_name = "D", value_parser = values::positive_duration, num_args = 0..=1, default_missing_value = "5s",
          conflicts_with = "wait")]
    pub(crate) watch: Option<Duration>,

    /// End --watch after N runs
    #[arg(long, value_name = "N", value_parser = values::number::<NonZeroU64>, hide_short_help = true)]
    pub(crate) count: Option<NonZeroU64>,
}

/// The output.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct OutputArgs {
    /// Output format [default: human on a terminal, else nagios]
    #[arg(short, long, value_name = "FORMAT", ignore_case = true)]
    pub(crate) output: Option<OutputFormat>,

    /// Write to FILE atomically: to a new file in its directory, which is then renamed
    #[arg(long, value_name = "FILE", hide_short_help = true)]
    pub(crate) output_file: Option<PathBuf>,

    /// Use colour; auto honours NO_COLOR and the terminal [default: auto]
    #[arg(
        long,
        value_name = "auto|always|never",
        ignore_case = true,
        hide_short_help = true,
        hide_possible_values = true
    )]
    pub(crate) color: Option<ColorWhen>,

    /// Show more detail (up to -vvv)
    ///
    /// -v adds all endpoints, and notes; -vv each request with its phases and an equivalent curl command; -vvv the headers
    /// of request and response, and the beginning of the body. Secrets are masked at every level.
    #[arg(short, long, action = ArgAction::Count)]
    pub(crate) verbose: u8,

    /// Limit the plugin output to BYTES, at least 80; use 1023 for NRPE 2 [default: 8192]
    #[arg(long, value_name = "BYTES", value_parser = values::output_size, hide_short_help = true)]
    pub(crate) max_output: Option<usize>,

    /// Weight that -o haproxy-agent reports for WARNING, such as 50%
    ///
    /// HAProxy takes that share of the server's own weight, which defaults to 1: configure weight 100.
    #[arg(long, value_name = "N%", value_parser = values::weight, hide_short_help = true)]
    pub(crate) agent_warning: Option<u8>,
}

/// Other modes.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Other modes")]
pub(crate) struct ModeArgs {
    /// Expect the arguments of HAProxy's external-check; for wrappers
    ///
    /// These are proxy address and port, server address and port; without any, HAPROXY_SERVER_ADDR and
    /// HAPROXY_SERVER_PORT name the server. HAProxy's own call is recognised without this option. Nothing is printed
    /// without -o; OK and WARNING exit 0.
    #[arg(long, hide_short_help = true)]
    pub(crate) haproxy: bool,

    /// Explain a word of the output, such as get:503 or backend-down; without one, print the table of rules
    ///
    /// Words are the KEYs of --state, diagnoses, states, metrics and phases. The table shows the overrides of --state. No
    /// endpoint is checked.
    #[arg(long, value_name = "KEY|DIAGNOSIS", num_args = 0..=1, value_parser = values::Topics,
          hide_possible_values = true)]
    #[expect(clippy::option_option, reason = "clap's form of an option with an optional value")]
    pub(crate) explain: Option<Option<Topic>>,

    #[arg(long, value_name = "DIAGNOSIS", value_delimiter = ',', action = ArgAction::Append, help = help::SIMULATE,
          long_help = help::simulate(),
          ignore_case = true, value_parser = values::simulated(), hide_possible_values = true)]
    pub(crate) simulate: Vec<Diagnosis>,

    /// Print a man page, a shell's completions, or a configuration ready to use
    #[arg(long, value_name = "WHAT", ignore_case = true, hide_short_help = true)]
    pub(crate) generate: Option<Artifact>,

    /// Print help: -h the usual options, --help all of them
    #[arg(short, long, action = ArgAction::Help)]
    help: Option<bool>,

    /// Print the version
    #[arg(short = 'V', long, action = ArgAction::Version)]
    version: Option<bool>,
}

#[cfg(test)]
mod tests;

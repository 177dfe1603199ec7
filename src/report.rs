//! The report: everything that a renderer may tell, judged, cleaned and masked.
//!
//! Each renderer takes a [`Report`] and returns text; each stands in a file of its own.

mod bar;
mod budget;
pub(crate) mod columns;
#[cfg(test)]
pub(crate) mod fixture;
mod haproxy_agent;
mod human;
pub mod json;
mod nagios;
pub(crate) mod palette;
mod perfdata;
pub(crate) mod phrase;
mod prometheus;

use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime};

use crate::diagnosis::Diagnosis;
use crate::exchange::{FaultKind, Method, Phase, Phases};
use crate::range::Range;
use crate::state::State;
use crate::table::{Key, Source};
use crate::text;

/// An output format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For a terminal.
    Human,
    /// A Monitoring Plugins line with performance data.
    Nagios,
    /// One JSON object.
    Json,
    /// One line for HAProxy's agent-check.
    HaproxyAgent,
    /// The text exposition format, for the textfile collector of Prometheus' node exporter.
    Prometheus,
}

/// What standard output leads to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Surface {
    /// A pipe or a file.
    #[default]
    Pipe,
    /// A terminal on which what is printed stays where it is.
    Scroll,
    /// A terminal that can be redrawn.
    Screen,
}

/// How the report is told.
#[derive(Debug, Clone)]
pub struct Output {
    /// The format; `None` for silence (HAProxy without `-o`).
    pub format: Option<Format>,
    /// Whether colour may be used.
    pub color: bool,
    /// The terminal's width in columns, where there is a terminal.
    pub width: Option<usize>,
    /// What standard output leads to; a report that goes to a file has no terminal.
    pub surface: Surface,
    /// Whether a long run shows on standard error how far it is.
    pub progress: bool,
    /// `-v`: 0 to 3.
    pub verbosity: u8,
    /// `--max-output`: the plugin output's budget in bytes.
    pub max_bytes: usize,
    /// `--agent-warning`: the weight in percent that the agent tells for WARNING.
    pub agent_warning: Option<u8>,
    /// `--output-file`: where the report goes instead of standard output.
    pub file: Option<PathBuf>,
}

/// As for a caller that asks for nothing in particular.
impl Default for Output {
    fn default() -> Self {
        Output {
            format: Some(Format::Nagios),
            color: false,
            width: None,
            surface: Surface::Pipe,
            progress: false,
            verbosity: 0,
            max_bytes: MAX_OUTPUT,
            agent_warning: None,
            file: None,
        }
    }
}

/// Tells a report in the given format, to its last newline.
pub fn render(report: &Report, format: Format, output: &Output) -> String {
    match format {
        Format::Human => human::render(report, output),
        Format::Nagios => nagios::render(report, output),
        Format::Json => json::render(report, output.verbosity),
        Format::HaproxyAgent => haproxy_agent::render(report, output.agent_warning),
        Format::Prometheus => prometheus::render(report),
    }
}

/// The plugin output's budget where `--max-output` does not say otherwise, in bytes: Nagios 4 reads
/// 8 KiB of a plugin's output.
pub const MAX_OUTPUT: usize = 8192;

/// From more endpoints than this on, only the failing ones are told unless `-v` asks for all.
pub(crate) const MANY: usize = 20;

/// The end of the summary of a run that did not verify certificates (`-k`); it survives every cut.
pub const UNVERIFIED: &str = " (certificate not verified)";

/// The most of a reason that is told of a run that came to nothing, in characters.
const REASON: usize = 600;

/// A whole run.
#[derive(Debug, Clone)]
pub struct Report {
    /// The aggregated state.
    pub state: State,
    /// The process's exit code (after `--fail-on` and HAProxy's rules).
    pub exit_code: u8,
    /// The summary: one short line without the state's name.
    pub summary: String,
    /// Whether the endpoints were simulated.
    pub simulated: bool,
    /// Whether certificates were not verified (`-k`).
    pub unverified: bool,
    /// When the run began.
    pub started_at: SystemTime,
    /// How long the run took.
    pub elapsed: Duration,
    /// The endpoints, in the order given.
    pub endpoints: Vec<Verdict>,
    /// What is worth noting at `-v`: ignored proxy variables, readable secret files.
    pub notes: Vec<String>,
    /// The thresholds in force, for performance data.
    pub thresholds: Thresholds,
}

impl Report {
    /// The report as text in the output's format; nothing where silence is wanted.
    pub fn whole(&self, output: &Output) -> String {
        output.format.map(|format| render(self, format, output)).unwrap_or_default()
    }

    /// A report of a run that began and came to nothing, for a reason that may quote what was typed.
    pub fn undone(reason: &str, began: Instant) -> Report {
        let elapsed = began.elapsed();
        let started_at = SystemTime::now().checked_sub(elapsed).unwrap_or(SystemTime::UNIX_EPOCH);
        Report::unable(text::clean(reason, REASON), State::Unknown.exit_code(), started_at, elapsed)
    }

    /// A report of a run that could not begin: a usage or set-up error.
    pub fn unable(reason: String, exit_code: u8, started_at: SystemTime, elapsed: Duration) -> Report {
        Report {
            state: State::Unknown,
            exit_code,
            summary: reason,
            simulated: false,
            unverified: false,
            started_at,
            elapsed,
            endpoints: Vec::new(),
            notes: Vec::new(),
            thresholds: Thresholds::default(),
        }
    }

    /// The line that makes sense alone: who speaks, the state, the summary.
    fn headline(&self) -> String {
        format!("CEILOMETER {} - {}", self.state, self.summary)
    }

    /// The endpoints, the most severe first, else in the order given.
    pub(crate) fn worst_first(&self) -> Vec<&Verdict> {
        let mut verdicts: Vec<&Verdict> = self.endpoints.iter().collect();
        verdicts.sort_by_key(|verdict| std::cmp::Reverse(verdict.state.severity()));
        verdicts
    }

    /// How many endpoints are in state OK.
    pub fn healthy(&self) -> usize {
        self.endpoints.iter().filter(|verdict| verdict.state == State::Ok).count()
    }
}

/// A warning and a critical range.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Limits {
    /// WARNING outside of this range.
    pub warning: Option<Range>,
    /// CRITICAL outside of this range.
    pub critical: Option<Range>,
}

impl Limits {
    /// The state of a value under these limits.
    pub fn judge(&self, value: f64) -> State {
        let alerts = |range: &Option<Range>| range.as_ref().is_some_and(|range| range.alerts(value));
        if alerts(&self.critical) {
            State::Critical
        } else if alerts(&self.warning) {
            State::Warning
        } else {
            State::Ok
        }
    }
}

/// All thresholds of a run.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Thresholds {
    /// `-w`, `-c`: the time of each answered request, in seconds.
    pub request: Limits,
    /// `--backend-warning`, `--backend-critical`: the back-end's share, in seconds.
    pub backend: Limits,
    /// `--certificate-warning`, `--certificate-critical`: the certificate's remaining life, in days.
    pub certificate: Limits,
}

/// What was found out about one endpoint.
#[derive(Debug, Clone)]
pub struct Verdict {
    /// The canonical form.
    pub endpoint: String,
    /// The URL that was asked.
    pub url: String,
    /// The endpoint's state.
    pub state: State,
    /// What is the matter with it.
    pub diagnosis: Diagnosis,
    /// The answer or fault that the diagnosis rests on, short: `GET 503`, `HEAD timeout`.
    pub evidence: String,
    /// What the diagnosis means, in words.
    pub explanation: String,
    /// What to do; empty when there is nothing to do.
    pub action: String,
    /// How often it was probed: 1 and the retries.
    pub attempts: u32,
    /// The certificate that was presented.
    pub certificate: Option<CertificateReport>,
    /// The back-end's share of GET's time.
    pub backend: Option<Duration>,
    /// The requests.
    pub probes: Vec<Probe>,
    /// What is worth noting at `-v` about this endpoint: a token sent over plain http.
    pub notes: Vec<String>,
}

impl Verdict {
    /// The requests that were made, in order.
    pub(crate) fn made(&self) -> impl Iterator<Item = (Method, &Judged)> {
        self.probes.iter().filter_map(|probe| match &probe.outcome {
            Outcome::Judged(judged) => Some((probe.method, judged.as_ref())),
            Outcome::Skipped(_) => None,
        })
    }
}

/// The certificate as it is told.
#[derive(Debug, Clone, PartialEq)]
pub struct CertificateReport {
    /// The end of its validity.
    pub not_after: SystemTime,
    /// The remaining life in days, below zero for an expired one.
    pub days_left: f64,
    /// The subject's distinguished name, cleaned.
    pub subject: String,
    /// The issuer's distinguished name, cleaned.
    pub issuer: String,
}

/// One request, judged.
#[derive(Debug, Clone)]
pub struct Probe {
    /// Which request.
    pub method: Method,
    /// What came of it.
    pub outcome: Outcome,
}

/// What came of a request.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// It was made.
    Judged(Box<Judged>),
    /// It was not sent, and why; it counts for nothing.
    Skipped(String),
}

/// A request that was made, judged by a row of the table.
#[derive(Debug, Clone)]
pub struct Judged {
    /// The state by the row.
    pub state: State,
    /// The row that judged.
    pub key: Key,
    /// Where that row is from.
    pub source: Source,
    /// The status of the answer, also of one that broke off.
    pub status: Option<u16>,
    /// Why there is no complete answer.
    pub fault: Option<FaultReport>,
    /// Who answered: `ceilometer`, `keystone`, `haproxy`, `nginx`, …
    pub answered_by: Option<&'static str>,
    /// The other end: `ADDR:PORT`, or the socket's path.
    pub peer: Option<String>,
    /// The whole time of the request.
    pub elapsed: Duration,
    /// The time of each phase.
    pub phases: Phases,
    /// What the body said, cleaned and in one line.
    pub detail: Option<String>,
    /// What a ticket needs from the headers: request ids, `Retry-After`, `Server`; cleaned. From `-vv` on.
    pub facts: Vec<(String, String)>,
    /// An equivalent curl command, shell-quoted, secrets masked. From `-vv` on.
    pub curl: String,
    /// The request's head, cleaned, secrets masked, one line an element. At `-vvv`.
    pub sent: Vec<String>,
    /// The answer's head, cleaned, one line an element. At `-vvv`.
    pub received: Vec<String>,
    /// The body's beginning, cleaned. At `-vvv`.
    pub body: String,
}

/// A fault as it is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FaultReport {
    /// What kind of failure.
    pub kind: FaultKind,
    /// The phase that was under way.
    pub phase: Phase,
    /// The circumstances in words, cleaned.
    pub message: String,
}

//! The report: everything that a renderer may show, judged, sanitized and masked.
//!
//! It is made of the verdicts ([`Report::of`]). Each renderer takes it and returns text, and has a file of its own.

mod aggregate;
#[cfg(test)]
pub(crate) mod fixture;
mod haproxy_agent;
pub(crate) mod human;
pub(crate) mod json;
pub(crate) mod nagios;
mod prometheus;
pub(crate) mod wording;

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use crate::cli::OutputFormat;
use crate::model::exchange::Phase;
use crate::model::quorum::Quorum;
use crate::model::state::State;
use crate::model::threshold::Thresholds;
use crate::plan::OutputOptions;
use crate::plan::{ExitCodes, Plan, Targets};
use crate::sanitize;
use crate::terminal::ascii::{shapes_to_ascii, to_ascii};
use crate::verdict::{Basis, LoginVerdict, Summary, TokenSource, Verdict};
pub(crate) use prometheus::run_label;
pub(crate) use wording::add_details;
use wording::summary::MAX_SUMMARY;

/// Renders a report in the given format, to its last newline.
pub(crate) fn render(report: &Report, format: OutputFormat, output: &OutputOptions) -> String {
    let text = match format {
        OutputFormat::Human => human::render(report, output),
        OutputFormat::Nagios => nagios::render(report, output),
        OutputFormat::Json => json::render(report),
        OutputFormat::HaproxyAgent => haproxy_agent::render(report, output.agent_warning),
        OutputFormat::Prometheus => prometheus::render(report, output.file.as_deref()),
    };
    if output.ascii { in_ascii(&text, format) } else { text }
}

/// A rendered text for a locale without UTF-8: an 8-bit terminal takes the second byte of some characters for a control
/// character.
pub(crate) fn in_ascii(text: &str, format: OutputFormat) -> String {
    match format {
        OutputFormat::Json => json::escape_to_ascii(text),
        OutputFormat::Human => shapes_to_ascii(text),
        OutputFormat::Nagios | OutputFormat::HaproxyAgent => to_ascii(text),
        // Samples are UTF-8 by definition; comments may quote a server.
        OutputFormat::Prometheus => text.split_inclusive('\n').map(comment_in_ascii).collect(),
    }
}

/// The format of an error in place of the expected report: the plugin line, or the format itself where a program parses it.
pub(crate) const fn fallback(format: OutputFormat) -> OutputFormat {
    match format {
        OutputFormat::Json | OutputFormat::HaproxyAgent => format,
        OutputFormat::Human | OutputFormat::Nagios | OutputFormat::Prometheus => OutputFormat::Nagios,
    }
}

fn comment_in_ascii(line: &str) -> String {
    if line.starts_with('#') { to_ascii(line) } else { line.to_owned() }
}

/// Maximum number of endpoints that are all listed; of more, only the failing ones are, without `-v`.
pub(crate) const MAX_ENDPOINTS_LISTED: usize = 20;

/// The mark of a run whose endpoints were simulated.
const SIMULATED: &str = "SIMULATED";

/// The mark of a run that did not verify certificates (`-k`).
const UNVERIFIED: &str = "certificate not verified";

/// Maximum length of the reason why a run failed, in characters.
const MAX_RUN_ERROR: usize = 600;

/// Maximum length of the reason why a result was not written, in characters.
const MAX_WRITE_ERROR: usize = 100;

#[derive(Debug, Clone)]
pub(crate) struct Report {
    pub(crate) state: State,
    /// The process's exit code (after `--fail-on` and HAProxy's rules).
    pub(crate) exit_code: u8,
    pub(crate) summary: Summary,
    pub(crate) simulated: bool,
    /// True if certificates were not verified (`-k`).
    pub(crate) unverified: bool,
    pub(crate) started_at: SystemTime,
    pub(crate) elapsed: Duration,
    pub(crate) login: Option<Arc<LoginVerdict>>,
    /// The endpoints, in the order given.
    pub(crate) endpoints: Vec<Verdict>,
    /// Notes for `-v`: ignored proxy variables, readable secret files.
    pub(crate) notes: Vec<String>,
    /// The effective thresholds, for performance data.
    pub(crate) thresholds: Thresholds,
}

impl Report {
    /// The report of a run over these endpoints: state by the worst or by the quorum, summary, exit code.
    pub(crate) fn of(
        plan: &Plan,
        endpoints: Vec<Verdict>,
        started_at: SystemTime,
        elapsed: Duration,
    ) -> Report {
        let report = Report {
            simulated: matches!(plan.targets, Targets::Simulated(_)),
            unverified: plan.network.tls.insecure,
            notes: plan.notes.clone(),
            thresholds: plan.criteria.thresholds.clone(),
            ..Report::unknown(Summary::default(), started_at, elapsed)
        };
        report.with_endpoints(plan, endpoints)
    }

    /// Replaces the endpoints, and what follows from them.
    #[must_use]
    pub(crate) fn with_endpoints(self, plan: &Plan, endpoints: Vec<Verdict>) -> Report {
        let state = aggregate::state(&endpoints, plan.quorum);
        let exit_code = plan.exit_codes.of(state);
        Report { state, exit_code, endpoints, ..self }.summarise_between("", "", plan.quorum)
    }

    /// Makes the summary anew, after and before these words; that of a run without endpoints is only put between them.
    #[must_use]
    pub(crate) fn summarise_between(self, before: &str, after: &str, quorum: Option<Quorum>) -> Report {
        let summary = if self.endpoints.is_empty() && !self.summary.text.is_empty() {
            self.summary
        } else {
            let words = before.len() + after.len() + self.with_marks("").chars().count();
            wording::summary::of_run(&self.endpoints, quorum, MAX_SUMMARY.saturating_sub(words))
        };
        let text = format!("{before}{}{after}", summary.text);
        Report { summary: Summary { text, ..summary }, ..self }
    }

    /// The line on the login, unless the summary is about it.
    fn login_line(&self) -> Option<String> {
        let login = self.login.as_deref()?;
        let is_summary = self.endpoints.is_empty() && login.token == TokenSource::None;
        (!is_summary).then(|| wording::login::line(login))
    }

    /// Tests whether an endpoint's action needs the endpoint's name above it, for there are others.
    fn names_endpoints(&self) -> bool {
        self.endpoints.len() > 1 || self.login_advice().is_some()
    }

    /// The meaning of a failed login and the action, unless an endpoint says so.
    fn login_advice(&self) -> Option<(String, String)> {
        let login = self.login.as_deref().filter(|login| login.diagnosis.is_some())?;
        let is_said = self.endpoints.iter().any(|verdict| verdict.basis == Basis::NoToken);
        (!is_said).then(|| wording::login::advice(login))
    }

    /// Adds the login, whose state is the run's where there is no endpoint.
    #[must_use]
    pub(crate) fn with_login(mut self, plan: &Plan, login: Arc<LoginVerdict>) -> Report {
        if self.endpoints.is_empty() {
            self.state = login.state;
            self.exit_code = plan.exit_codes.of(login.state);
            let room = MAX_SUMMARY.saturating_sub(self.with_marks("").chars().count());
            self.summary = Summary::general(wording::login::summary(&login, room));
        }
        self.notes.extend(wording::login::note(&login));
        self.login = Some(login);
        self
    }

    /// The report as text in the output's format; nothing where silence is wanted.
    pub(crate) fn render(&self, output: &OutputOptions) -> String {
        output.format.map(|format| render(self, format, output)).unwrap_or_default()
    }

    /// Renders an error in place of the expected report.
    pub(crate) fn render_fallback(&self, format: Option<OutputFormat>, ascii: bool) -> String {
        let format = format.map_or(OutputFormat::Nagios, fallback);
        render(self, format, &OutputOptions { ascii, ..OutputOptions::default() })
    }

    /// The state of a result that could not be written: it must not look healthy, and only CRITICAL says enough.
    pub(crate) fn state_if_lost(&self) -> State {
        if self.state == State::Critical { State::Critical } else { State::Unknown }
    }

    /// The report of a result that could not be written to its file.
    pub(crate) fn write_failed(&self, why: &str, codes: ExitCodes) -> Report {
        let why = sanitize::sanitize_own(why, MAX_WRITE_ERROR);
        let text = wording::summary::not_written(&why, self.state, &self.summary.text);
        let state = self.state_if_lost();
        Report {
            state,
            exit_code: codes.of(state),
            summary: Summary::general(sanitize::truncate(text, MAX_SUMMARY)),
            endpoints: Vec::new(),
            ..self.clone()
        }
    }

    /// The report of a run that failed for a reason that may quote the command line.
    pub(crate) fn from_error(reason: &str, began: Instant) -> Report {
        let elapsed = began.elapsed();
        let started_at = SystemTime::now().checked_sub(elapsed).unwrap_or(SystemTime::UNIX_EPOCH);
        let summary = Summary::general(sanitize::sanitize_own(reason, MAX_RUN_ERROR));
        Report::unknown(summary, started_at, elapsed)
    }

    fn unknown(summary: Summary, started_at: SystemTime, elapsed: Duration) -> Report {
        Report {
            state: State::Unknown,
            exit_code: State::Unknown.exit_code(),
            summary,
            simulated: false,
            unverified: false,
            started_at,
            elapsed,
            login: None,
            endpoints: Vec::new(),
            notes: Vec::new(),
            thresholds: Thresholds::default(),
        }
    }

    pub(crate) fn with_marks(&self, text: &str) -> String {
        let (before, after) = self.marks_around();
        format!("{before}{text}{after}")
    }

    pub(crate) fn summary_with_marks(&self) -> String {
        self.with_marks(&self.summary.text)
    }

    /// The marks that every output has. Only a report that was made without a plan ([`Report::from_error`]) has none.
    fn marks(&self) -> [Option<&'static str>; 2] {
        [self.simulated.then_some(SIMULATED), self.unverified.then_some(UNVERIFIED)]
    }

    fn marks_around(&self) -> (String, String) {
        let [before, after] = self.marks();
        let before = before.map(|mark| format!("{mark} "));
        let after = after.map(|mark| format!(" ({mark})"));
        (before.unwrap_or_default(), after.unwrap_or_default())
    }

    /// The line that makes sense alone: service, state, summary.
    fn headline(&self) -> String {
        format!("CEILOMETER {} - {}", self.state, self.summary_with_marks())
    }

    /// Tests whether any request came as far as a TLS handshake.
    fn uses_tls(&self) -> bool {
        let login = self.login.iter().filter_map(|login| login.request.as_deref());
        login
            .chain(self.endpoints.iter().flat_map(Verdict::sent))
            .any(|request| request.phases.get(Phase::Tls).is_some())
    }

    pub(crate) fn over_at(&self) -> SystemTime {
        self.started_at + self.elapsed
    }

    /// The endpoints, the most severe first, else in the order given.
    pub(crate) fn worst_first(&self) -> Vec<&Verdict> {
        let mut verdicts: Vec<&Verdict> = self.endpoints.iter().collect();
        verdicts.sort_by_key(|verdict| std::cmp::Reverse(verdict.state.severity()));
        verdicts
    }

    pub(crate) fn healthy(&self) -> usize {
        self.endpoints.iter().filter(|verdict| verdict.state == State::Ok).count()
    }
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum;

    use super::*;

    /// Each format's text of a report.
    fn rendered(report: &Report, ascii: bool) -> Vec<(OutputFormat, String)> {
        let output = OutputOptions { ascii, ..OutputOptions::default() };
        let formats = OutputFormat::value_variants().iter();
        formats.map(|&format| (format, render(report, format, &output))).collect()
    }

    #[test]
    fn clock_before_1970() {
        let mut report = fixture::report(vec![fixture::backend_down("a:8777")]);
        report.started_at = SystemTime::UNIX_EPOCH - Duration::from_secs(86_400);
        for (format, text) in rendered(&report, false) {
            assert!(!text.is_empty(), "{format:?}");
        }
    }

    #[test]
    fn ascii_locale() {
        let mut report = fixture::report(vec![fixture::backend_down("a:8777")]);
        report.summary.text = "データベース\u{1f4a5} is down…".into();
        let value = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        for ((format, ascii), (_, text)) in rendered(&report, true).into_iter().zip(rendered(&report, false))
        {
            assert!(ascii.is_ascii(), "{format:?}: {ascii}");
            if format == OutputFormat::Json {
                assert_eq!(value(&ascii), value(&text));
            }
        }
    }
}

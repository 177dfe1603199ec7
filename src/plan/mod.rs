//! The plan of a run: all defaults resolved, all conflicting options rejected.

use std::num::{NonZeroU64, NonZeroUsize};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::cli::haproxy_call;
use crate::cli::{Cli, MethodChoice, ResponseTime, ThresholdArgs};
use crate::environment::Environment;
use crate::model::diagnosis::Diagnosis;
use crate::model::exchange::Method;
use crate::model::quorum::Quorum;
use crate::model::range::{Range, Unit};
use crate::model::state::State;
use crate::model::threshold::{Threshold, Thresholds};
use crate::plan::credentials::SecretReader;
use crate::rules::{Criteria, Table};
use crate::sanitize::Sanitizer;
use crate::{deadline, input};

mod cloud;
mod credentials;
mod network;
mod output;
mod proxy;
mod targets;
mod validate;

pub(crate) use cloud::CloudPlan;
pub(crate) use network::{IpFamily, Network, Tls, TrustStorePaths};
pub(crate) use output::{OutputOptions, TerminalKind, Verbosity};
pub(crate) use proxy::Proxy;
pub(crate) use targets::{CONNECT_TO, Targets, set_route};
pub(crate) use validate::check_text_conflicts;

/// The default of `-t`.
const DEFAULT_BUDGET: Duration = Duration::from_secs(10);
/// The default of `-t` in HAProxy mode: HAProxy kills a check after `inter`, which defaults to 2 s.
const HAPROXY_BUDGET: Duration = Duration::from_millis(1500);
const DEFAULT_RETRY_DELAY: Duration = Duration::from_secs(1);
/// Share of the budget that the first look at `--output-file`, or at the token cache, may take, as its divisor.
const LOOK_SHARE: u32 = 8;

#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) targets: Targets,
    /// `--os-cloud`.
    pub(crate) cloud: Option<Arc<CloudPlan>>,
    pub(crate) methods: Vec<Method>,
    pub(crate) network: Network,
    pub(crate) timing: Timing,
    pub(crate) criteria: Criteria,
    pub(crate) quorum: Option<Quorum>,
    pub(crate) output: OutputOptions,
    pub(crate) exit_codes: ExitCodes,
    /// True if HAProxy is the caller, which names the server.
    pub(crate) is_haproxy_call: bool,
    pub(crate) mode: RunMode,
    /// Notes, shown at `-v`.
    pub(crate) notes: Vec<String>,
    /// Masks the plan's secrets and cleans untrusted text.
    pub(crate) sanitizer: Sanitizer,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Timing {
    /// `-t`: the wall-clock limit of one run.
    pub(crate) budget: Duration,
    /// `--connect-timeout`: the limit on connecting.
    pub(crate) connect_timeout: Option<Duration>,
    /// `--retries`: the number of retries of a CRITICAL endpoint.
    pub(crate) retries: u32,
    /// `--retry-delay`: the pause before a retry, and between the runs of `--wait`.
    pub(crate) retry_delay: Duration,
    /// `--parallel`: the number of requests in flight at once; `None` for the default.
    pub(crate) parallel: Option<usize>,
}

impl Timing {
    /// The deadline of a run that begins at this moment.
    pub(crate) fn deadline(&self, began: Instant) -> Instant {
        began + self.budget
    }
}

/// The rule that maps a state to the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ExitCodes {
    /// The guidelines: 0, 1, 2 or 3.
    Guidelines,
    /// HAProxy mode: as the guidelines, except that WARNING exits 0: such a server is up.
    HaProxy,
    /// `--fail-on`: 1 for this state or worse and for UNKNOWN, else 0.
    FailOn(State),
}

impl ExitCodes {
    pub(crate) fn of(self, state: State) -> u8 {
        match self {
            ExitCodes::FailOn(from) => {
                u8::from(state == State::Unknown || state.severity() >= from.severity())
            }
            ExitCodes::HaProxy if state == State::Warning => State::Ok.exit_code(),
            ExitCodes::HaProxy | ExitCodes::Guidelines => state.exit_code(),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RunMode {
    Once,
    /// `--watch D`, `--count N`.
    Watch {
        /// The interval between the starts of runs.
        every: Duration,
        /// The number of runs; `None` for no end.
        count: Option<u64>,
    },
    /// `--wait D`.
    Wait {
        limit: Duration,
    },
}

impl RunMode {
    /// The deadline of the result, or of the first of many.
    pub(crate) fn deadline(self, timing: &Timing, started: Instant) -> Instant {
        match self {
            RunMode::Once | RunMode::Watch { .. } => timing.deadline(started),
            RunMode::Wait { limit } => started + limit,
        }
    }
}

impl Plan {
    /// Resolves all defaults and rejects all conflicting options. Reads the files that the command line names,
    /// within the run's budget.
    pub(crate) fn from_cli(cli: &Cli, environment: &Environment) -> Result<Plan> {
        let haproxy = haproxy_call::is_haproxy_call(cli, environment);
        let timing = timing(cli, haproxy);
        validate::check_conflicts(cli, &timing, haproxy)?;
        cloud::check_conflicts(cli)?;
        if let Some(file) = &cli.output.output_file {
            let clouds = cli.cloud.os_config.iter().map(|file| ("--os-config", file.clone()));
            let files =
                cli.files().map(|(option, file)| (option.trim_end_matches(['@', ' ']), file.to_owned()));
            check_output_file(file, files.chain(clouds).collect(), look_deadline(timing.budget))?;
        }
        let deadline = timing.deadline(environment.started);
        let targets = targets::plan(cli, environment, haproxy, deadline)?;
        let mut secrets = SecretReader::new(deadline);
        let mut network = network::plan(cli, environment, &mut secrets)?;
        let uses_catalog = matches!(targets, Targets::Catalog { .. });
        let cloud = cloud::plan(cli, environment, uses_catalog, deadline)?;
        if let Some(cloud) = &cloud {
            if let Some(file) = &cli.output.output_file {
                let files = cloud.files().map(|file| ("--os-cloud", file)).collect();
                check_output_file(file, files, look_deadline(timing.budget))?;
            }
            cloud.apply(&mut network)?;
            cloud.hide(&mut secrets);
            secrets.notes.extend(cloud.notes());
        }
        let mut notes: Vec<String> = proxy::ignored_variables(environment).into_iter().collect();
        notes.extend(secrets.notes);
        notes.extend(validate::threshold_notes(cli, &timing));
        secrets.sanitizer.build_matcher();
        Ok(Plan {
            targets,
            cloud: cloud.map(Arc::new),
            methods: methods(cli.request.method),
            network,
            criteria: Criteria {
                table: table(&cli.thresholds),
                thresholds: thresholds(&cli.thresholds, &cli.mode.simulate),
            },
            timing,
            quorum: cli.thresholds.quorum,
            output: output::from_cli(cli, environment, haproxy),
            exit_codes: exit_codes(cli.thresholds.fail_on, haproxy),
            is_haproxy_call: haproxy,
            mode: run_mode(cli),
            notes,
            sanitizer: secrets.sanitizer,
        })
    }

    /// Tests whether a signal ends a run with a report of the endpoints that it has finished.
    pub(crate) const fn reports_interruption(&self) -> bool {
        match self.mode {
            // Without a progress bar nobody listens for signals, which end the process.
            RunMode::Once => self.output.progress,
            RunMode::Wait { .. } => true,
            // The summary of a watch counts whole runs.
            RunMode::Watch { .. } => false,
        }
    }
}

/// The end of a first look at a file system, which may not answer, in a run with this budget.
fn look_deadline(budget: Duration) -> Instant {
    Instant::now() + budget / LOOK_SHARE
}

/// Refuses an output file that is not a regular one, or that another option reads. Where its file system does not answer,
/// the result matters more: it is probed for all the same, and writing reports any other problem.
fn check_output_file(file: &Path, inputs: Vec<(&'static str, PathBuf)>, deadline: Instant) -> Result<()> {
    let own = file.to_owned();
    let check = move || {
        input::check_output_target(&own)?;
        // Any file of a directory may be read.
        let directory =
            own.parent().map(|parent| if parent == Path::new("") { Path::new(".") } else { parent });
        let is_read = |input: &Path| {
            input::is_same_file(input, &own) || directory.is_some_and(|own| input::is_same_file(input, own))
        };
        match inputs.iter().find(|(_, input)| is_read(input)) {
            Some((option, _)) => bail!("'--output-file' would replace the file of '{option}'"),
            None => Ok(()),
        }
    };
    deadline::within(Some(deadline), check).unwrap_or(Ok(()))
}

/// Returns the end of a run that needs files, which a file system may not answer for; `None` where no file is named, for a
/// thread is not free.
pub(crate) fn file_deadline(cli: &Cli, environment: &Environment) -> Option<Instant> {
    let is_named = cli.files().next().is_some()
        || cli.output.output_file.is_some()
        || cli.cloud.os_cloud.is_some()
        || (may_use_tls(cli)
            && ["SSL_CERT_FILE", "SSL_CERT_DIR"].iter().any(|name| environment.variable(name).is_some()));
    let timing = timing(cli, haproxy_call::is_haproxy_call(cli, environment));
    is_named.then(|| run_mode(cli).deadline(&timing, environment.started))
}

/// Tests for an endpoint of the command line that may need the trust store.
fn may_use_tls(cli: &Cli) -> bool {
    let mut given = cli.targets.endpoints.iter().chain(&cli.targets.hostname);
    cli.mode.haproxy || cli.targets.ssl || given.any(|endpoint| endpoint.starts_with("https"))
}

/// Builds the table of rules with the overrides of `--state`.
pub(crate) fn table(args: &ThresholdArgs) -> Table {
    let mut table = Table::default();
    for (key, state) in &args.state {
        table.set(*key, *state);
    }
    table
}

fn methods(choice: Option<MethodChoice>) -> Vec<Method> {
    match choice.unwrap_or(MethodChoice::Both) {
        MethodChoice::Head => vec![Method::Head],
        MethodChoice::Get => vec![Method::Get],
        MethodChoice::Both => vec![Method::Head, Method::Get],
    }
}

fn timing(cli: &Cli, haproxy: bool) -> Timing {
    Timing {
        budget: cli.timing.timeout.unwrap_or(if haproxy { HAPROXY_BUDGET } else { DEFAULT_BUDGET }),
        connect_timeout: cli.timing.connect_timeout.filter(|bound| !bound.is_zero()),
        retries: cli.timing.retries.unwrap_or(0),
        retry_delay: cli.timing.retry_delay.unwrap_or(DEFAULT_RETRY_DELAY),
        parallel: cli.timing.parallel.map(NonZeroUsize::get),
    }
}

/// Delay of the responses of `--simulate slow`.
pub(crate) const SLOW_DELAY: Duration = Duration::from_millis(400);
/// Remaining life of the certificate of `--simulate certificate-expiring`.
pub(crate) const EXPIRING_LIFE: Duration = Duration::from_secs(3 * 24 * 60 * 60);

/// Thresholds of `--simulate slow` (in seconds) and `--simulate certificate-expiring` (in days) where those of the
/// command line would not fire.
const SLOW_WARNING: &str = "0.2";
const EXPIRING_WARNING: Duration = Duration::from_secs(14 * 24 * 60 * 60);

fn thresholds(args: &ThresholdArgs, simulated: &[Diagnosis]) -> Thresholds {
    let range = |given: &Option<ResponseTime>| given.as_ref().map(|given| given.range.clone());
    let mut request = Threshold { warning: range(&args.warning), critical: range(&args.critical) };
    let mut certificate = Threshold {
        warning: args.certificate_warning.map(days_left),
        critical: args.certificate_critical.map(days_left),
    };
    if simulated.contains(&Diagnosis::Slow) && request.judge(SLOW_DELAY.as_secs_f64()) == State::Ok {
        request.warning = Range::parse(SLOW_WARNING, Unit::Seconds).ok();
    }
    let life = EXPIRING_LIFE.as_secs_f64() / Unit::Days.seconds();
    if simulated.contains(&Diagnosis::CertificateExpiring) && certificate.judge(life) == State::Ok {
        certificate.warning = Some(days_left(EXPIRING_WARNING));
    }
    Thresholds {
        request,
        backend: Threshold { warning: range(&args.backend_warning), critical: range(&args.backend_critical) },
        certificate,
    }
}

/// The range of remaining days that does not alert.
fn days_left(minimum: Duration) -> Range {
    Range::at_least(minimum.as_secs_f64() / Unit::Days.seconds())
}

fn exit_codes(fail_on: Option<State>, haproxy: bool) -> ExitCodes {
    match fail_on {
        Some(from) => ExitCodes::FailOn(from),
        None if haproxy => ExitCodes::HaProxy,
        None => ExitCodes::Guidelines,
    }
}

fn run_mode(cli: &Cli) -> RunMode {
    match (cli.timing.watch, cli.timing.wait) {
        (Some(every), _) => RunMode::Watch { every, count: cli.timing.count.map(NonZeroU64::get) },
        (None, Some(limit)) => RunMode::Wait { limit },
        (None, None) => RunMode::Once,
    }
}

#[cfg(test)]
mod tests;

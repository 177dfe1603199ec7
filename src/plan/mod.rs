//! What will be done: every default chosen, every contradiction refused.

use std::num::{NonZeroU64, NonZeroUsize};
use std::time::Duration;

use anyhow::Result;

use crate::cli::haproxy_call;
use crate::cli::{Cli, FailOn, MethodChoice, ThresholdArgs};
use crate::environment::Environment;
use crate::input;
use crate::model::exchange::Method;
use crate::model::quorum::Quorum;
use crate::model::range::{Range, Unit};
use crate::model::state::State;
use crate::model::threshold::{Threshold, Thresholds};
use crate::plan::credentials::SecretReader;
use crate::rules::Table;
use crate::sanitize::Sanitizer;

mod credentials;
mod network;
mod output;
mod proxy;
mod targets;
mod validate;

pub(crate) use network::{IpFamily, Network, Tls, TrustStorePaths};
pub(crate) use output::{OutputOptions, TerminalKind, Verbosity};
pub(crate) use proxy::Proxy;
pub(crate) use targets::Targets;
pub(crate) use validate::check_text_conflicts;

/// The budget of a run where `-t` does not say otherwise.
const BUDGET: Duration = Duration::from_secs(10);
/// The same in HAProxy mode: HAProxy kills a check after `inter`, 2 s by default.
const HAPROXY_BUDGET: Duration = Duration::from_millis(1500);
/// The pause before a retry where `--retry-delay` does not say otherwise.
const RETRY_DELAY: Duration = Duration::from_secs(1);
/// The shortest time between two runs of `--watch`.
const SHORTEST_WATCH: Duration = Duration::from_millis(100);

/// What will be done.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    /// What is asked.
    pub(crate) targets: Targets,
    /// The requests, in order.
    pub(crate) methods: Vec<Method>,
    /// How the network is used.
    pub(crate) network: Network,
    /// Time, retries and concurrency.
    pub(crate) timing: Timing,
    /// The table in force.
    pub(crate) table: Table,
    /// The thresholds.
    pub(crate) thresholds: Thresholds,
    /// How many endpoints must be OK or WARNING for less than CRITICAL.
    pub(crate) quorum: Option<Quorum>,
    /// How the report is told.
    pub(crate) output: OutputOptions,
    /// By which rule a state becomes the exit code.
    pub(crate) exit_codes: ExitCodes,
    /// Once, or again and again.
    pub(crate) mode: RunMode,
    /// What is worth noting at `-v`.
    pub(crate) notes: Vec<String>,
    /// Masks the plan's secrets and cleans foreign text.
    pub(crate) sanitizer: Sanitizer,
}

/// Time, retries and concurrency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Timing {
    /// `-t`: the wall-clock budget of one run.
    pub(crate) budget: Duration,
    /// `--connect-timeout`: the bound on connecting.
    pub(crate) connect_timeout: Option<Duration>,
    /// `--retries`: how often a CRITICAL endpoint is tried again.
    pub(crate) retries: u32,
    /// `--retry-delay`: the pause before a retry, and between the runs of `--wait`.
    pub(crate) retry_delay: Duration,
    /// `--parallel`: how many requests are in flight at once; `None` for the default.
    pub(crate) parallel: Option<usize>,
}

/// By which rule a state becomes the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ExitCodes {
    /// The guidelines': 0, 1, 2 or 3.
    Guidelines,
    /// The same but for WARNING, which exits 0: such a server is up.
    HaProxy,
    /// `--fail-on`: 1 from this state on, and wherever nothing is known; else 0.
    FailOn(State),
}

impl ExitCodes {
    /// The process's exit code for a state.
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

/// Once, or again and again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RunMode {
    /// One run.
    Once,
    /// `--watch D`, `--count N`.
    Watch {
        /// The time from the start of one run to the start of the next.
        every: Duration,
        /// After how many runs it ends; `None` for never.
        count: Option<u64>,
    },
    /// `--wait D`.
    Wait {
        /// After which time it gives up.
        limit: Duration,
    },
}

impl Plan {
    /// Resolves all defaults and rejects all conflicting options. Reads the files that the command line names,
    /// within the run's budget.
    pub(crate) fn from_cli(cli: &Cli, environment: &Environment) -> Result<Plan> {
        let haproxy = haproxy_call::is_haproxy_call(cli, environment);
        let timing = timing(cli, haproxy);
        validate::check_conflicts(cli, &timing, haproxy)?;
        if let Some(file) = &cli.output.output_file {
            input::check_output_target(file)?;
        }
        let deadline = environment.started + timing.budget;
        let targets = targets::decide(cli, environment, haproxy, deadline)?;
        let mut secrets = SecretReader::new(deadline);
        let network = network::decide(cli, environment, &mut secrets)?;
        Ok(Plan {
            targets,
            methods: methods(cli.request.method),
            network,
            timing,
            table: table(&cli.thresholds),
            thresholds: thresholds(&cli.thresholds),
            quorum: cli.thresholds.quorum,
            output: output::from_cli(cli, environment, haproxy),
            exit_codes: exit_codes(cli.thresholds.fail_on, haproxy),
            mode: run_mode(cli),
            notes: proxy::ignored(environment).into_iter().chain(secrets.notes).collect(),
            sanitizer: secrets.sanitizer,
        })
    }
}

/// The table with the overrides of `--state`.
pub(crate) fn table(args: &ThresholdArgs) -> Table {
    let mut table = Table::default();
    for (key, state) in &args.state {
        table.set(*key, *state);
    }
    table
}

/// The requests of `--method`.
fn methods(asked: Option<MethodChoice>) -> Vec<Method> {
    match asked.unwrap_or(MethodChoice::Both) {
        MethodChoice::Head => vec![Method::Head],
        MethodChoice::Get => vec![Method::Get],
        MethodChoice::Both => vec![Method::Head, Method::Get],
    }
}

fn timing(cli: &Cli, haproxy: bool) -> Timing {
    Timing {
        budget: cli.timing.timeout.unwrap_or(if haproxy { HAPROXY_BUDGET } else { BUDGET }),
        connect_timeout: cli.timing.connect_timeout.filter(|bound| !bound.is_zero()),
        retries: cli.timing.retries.unwrap_or(0),
        retry_delay: cli.timing.retry_delay.unwrap_or(RETRY_DELAY),
        parallel: cli.timing.parallel.map(NonZeroUsize::get),
    }
}

fn thresholds(judgement: &ThresholdArgs) -> Thresholds {
    let life = |bound: Option<Duration>| {
        bound.map(|bound| Range::at_least(bound.as_secs_f64() / Unit::Days.seconds()))
    };
    Thresholds {
        request: Threshold { warning: judgement.warning.clone(), critical: judgement.critical.clone() },
        backend: Threshold {
            warning: judgement.backend_warning.clone(),
            critical: judgement.backend_critical.clone(),
        },
        certificate: Threshold {
            warning: life(judgement.certificate_warning),
            critical: life(judgement.certificate_critical),
        },
    }
}

fn exit_codes(fail_on: Option<FailOn>, haproxy: bool) -> ExitCodes {
    match fail_on {
        Some(FailOn::Warning) => ExitCodes::FailOn(State::Warning),
        Some(FailOn::Critical) => ExitCodes::FailOn(State::Critical),
        None if haproxy => ExitCodes::HaProxy,
        None => ExitCodes::Guidelines,
    }
}

fn run_mode(cli: &Cli) -> RunMode {
    match (cli.timing.watch, cli.timing.wait) {
        (Some(every), _) => {
            RunMode::Watch { every: every.max(SHORTEST_WATCH), count: cli.timing.count.map(NonZeroU64::get) }
        }
        (None, Some(limit)) => RunMode::Wait { limit },
        (None, None) => RunMode::Once,
    }
}

#[cfg(test)]
mod tests;

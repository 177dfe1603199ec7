//! What will be done: every default chosen, every contradiction refused.

use std::num::{NonZeroU64, NonZeroUsize};
use std::time::Duration;

use anyhow::Result;

use crate::cli::{Cli, FailOn, JudgementOptions, Methods};
use crate::exchange::Method;
use crate::files;
use crate::format::Output;
use crate::haproxy;
use crate::plan::secrets::Secrets;
use crate::quorum::Quorum;
use crate::range::{Range, Unit};
use crate::state::State;
use crate::surroundings::Surroundings;
use crate::table::Table;
use crate::text::Cleaner;
use crate::thresholds::{Limits, Thresholds};

mod contradictions;
mod network;
mod proxy;
mod secrets;
mod targets;
mod telling;

pub use contradictions::refuse_beside_text;
pub use network::{Family, Network, Store, Tls};
pub use proxy::Proxy;
pub use targets::Targets;

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
pub struct Plan {
    /// What is asked.
    pub targets: Targets,
    /// The requests, in order.
    pub methods: Vec<Method>,
    /// How the network is used.
    pub network: Network,
    /// Time, retries and concurrency.
    pub pace: Pace,
    /// The table in force.
    pub table: Table,
    /// The thresholds.
    pub thresholds: Thresholds,
    /// How many endpoints must be OK or WARNING for less than CRITICAL.
    pub quorum: Option<Quorum>,
    /// How the report is told.
    pub output: Output,
    /// By which rule a state becomes the exit code.
    pub exit_codes: ExitCodes,
    /// Once, or again and again.
    pub course: Course,
    /// What is worth noting at `-v`.
    pub notes: Vec<String>,
    /// Masks the plan's secrets and cleans foreign text.
    pub cleaner: Cleaner,
}

/// Time, retries and concurrency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pace {
    /// `-t`: the wall-clock budget of one run.
    pub budget: Duration,
    /// `--connect-timeout`: the bound on connecting.
    pub connect_timeout: Option<Duration>,
    /// `--retries`: how often a CRITICAL endpoint is tried again.
    pub retries: u32,
    /// `--retry-delay`: the pause before a retry, and between the runs of `--wait`.
    pub retry_delay: Duration,
    /// `--parallel`: how many requests are in flight at once; `None` for the default.
    pub parallel: Option<usize>,
}

/// By which rule a state becomes the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitCodes {
    /// The guidelines': 0, 1, 2 or 3.
    Guidelines,
    /// The same but for WARNING, which exits 0: such a server is up.
    HaProxy,
    /// `--fail-on`: 1 from this state on, and wherever nothing is known; else 0.
    FailOn(State),
}

impl ExitCodes {
    /// The process's exit code for a state.
    pub fn of(self, state: State) -> u8 {
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
pub enum Course {
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

/// Chooses every default and refuses every contradiction. Reads the files that the command line names,
/// within the run's budget.
pub fn decide(cli: &Cli, surroundings: &Surroundings) -> Result<Plan> {
    let haproxy = haproxy::calls(cli, surroundings);
    let pace = pace(cli, haproxy);
    contradictions::refuse(cli, &pace, haproxy)?;
    if let Some(file) = &cli.telling.output_file {
        files::refuse_irregular(file)?;
    }
    let deadline = surroundings.started + pace.budget;
    let targets = targets::decide(cli, surroundings, haproxy, deadline)?;
    let mut secrets = Secrets::new(deadline);
    let network = network::decide(cli, surroundings, &mut secrets)?;
    Ok(Plan {
        targets,
        methods: methods(cli.request.method),
        network,
        pace,
        table: table(&cli.judgement),
        thresholds: thresholds(&cli.judgement),
        quorum: cli.judgement.quorum,
        output: telling::decide(cli, surroundings, haproxy),
        exit_codes: exit_codes(cli.judgement.fail_on, haproxy),
        course: course(cli),
        notes: proxy::ignored(surroundings).into_iter().chain(secrets.notes).collect(),
        cleaner: secrets.cleaner,
    })
}

/// The table with the overrides of `--state`.
pub fn table(judgement: &JudgementOptions) -> Table {
    let mut table = Table::default();
    for (key, state) in &judgement.state {
        table.set(*key, *state);
    }
    table
}

/// The requests of `--method`.
fn methods(asked: Option<Methods>) -> Vec<Method> {
    match asked.unwrap_or(Methods::Both) {
        Methods::Head => vec![Method::Head],
        Methods::Get => vec![Method::Get],
        Methods::Both => vec![Method::Head, Method::Get],
    }
}

fn pace(cli: &Cli, haproxy: bool) -> Pace {
    Pace {
        budget: cli.timing.timeout.unwrap_or(if haproxy { HAPROXY_BUDGET } else { BUDGET }),
        connect_timeout: cli.timing.connect_timeout.filter(|bound| !bound.is_zero()),
        retries: cli.timing.retries.unwrap_or(0),
        retry_delay: cli.timing.retry_delay.unwrap_or(RETRY_DELAY),
        parallel: cli.timing.parallel.map(NonZeroUsize::get),
    }
}

fn thresholds(judgement: &JudgementOptions) -> Thresholds {
    let life = |bound: Option<Duration>| {
        bound.map(|bound| Range::at_least(bound.as_secs_f64() / Unit::Days.seconds()))
    };
    Thresholds {
        request: Limits { warning: judgement.warning.clone(), critical: judgement.critical.clone() },
        backend: Limits {
            warning: judgement.backend_warning.clone(),
            critical: judgement.backend_critical.clone(),
        },
        certificate: Limits {
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

fn course(cli: &Cli) -> Course {
    match (cli.timing.watch, cli.timing.wait) {
        (Some(every), _) => {
            Course::Watch { every: every.max(SHORTEST_WATCH), count: cli.timing.count.map(NonZeroU64::get) }
        }
        (None, Some(limit)) => Course::Wait { limit },
        (None, None) => Course::Once,
    }
}

#[cfg(test)]
mod tests;

//! Runs within this process, without a network or a thread: what comes from outside is handed in.

use std::ffi::OsString;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::ValueEnum;

use crate::cli::{Cli, EarlyExit, OutputFormat};
use crate::deadline::FileUses;
use crate::environment::Environment;
use crate::model::endpoint::Endpoint;
use crate::model::exchange::PlannedRequest;
use crate::plan::{OutputOptions, Plan, Targets, Verbosity};
use crate::probe::{self, Prober, Resolver};
use crate::report::{self, Report};
use crate::run::{self, Run};

/// One endpoint, probed with the options of a command line.
#[derive(Debug)]
pub struct InProcess {
    plan: Plan,
    prober: Prober,
    endpoint: Endpoint,
}

/// Everything that one run produced.
#[derive(Debug)]
pub struct Produced {
    /// The exit code.
    pub exit_code: u8,
    /// Each format's name and its text, at the lowest and at the highest verbosity.
    pub texts: Vec<(String, String)>,
}

impl Produced {
    fn of(report: &Report) -> Produced {
        let levels = [Verbosity::Brief, Verbosity::Transcript];
        Produced::in_formats(report, OutputFormat::value_variants(), &levels)
    }

    fn in_formats(report: &Report, formats: &[OutputFormat], levels: &[Verbosity]) -> Produced {
        let texts = formats.iter().flat_map(|&format| {
            levels.iter().map(move |&verbosity| {
                let options = OutputOptions { verbosity, ..OutputOptions::default() };
                (name(format), report::render(report, format, &options))
            })
        });
        Produced { exit_code: report.exit_code, texts: texts.collect() }
    }

    /// Renders what is printed where no run came about.
    fn of_refusal(reason: &str, now: Instant) -> Produced {
        let report = Report::from_error(reason, now);
        let formats = OutputFormat::value_variants().iter();
        let texts = formats
            .map(|&format| (name(report::fallback(format)), report.render_fallback(Some(format), false)));
        Produced { exit_code: report.exit_code, texts: texts.collect() }
    }
}

fn name(format: OutputFormat) -> String {
    format.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
}

/// Plans a run from command-line words, which a test has to choose well.
#[expect(clippy::panic, reason = "a test that is set up wrongly must fail")]
fn planned(words: &[&str]) -> Plan {
    let Ok(cli) = Cli::read(words.iter().map(OsString::from), None) else { panic!("refused: {words:?}") };
    match Plan::from_cli(&cli, &Environment::bare(Instant::now())) {
        Ok(plan) => plan,
        Err(error) => panic!("{error:#}"),
    }
}

/// Reads and plans a command line; returns what is printed if it is refused.
pub fn refusal(words: &[OsString]) -> Option<Produced> {
    let now = Instant::now();
    let refused = match Cli::read(words.iter().cloned(), None) {
        Ok(cli) => Plan::from_cli(&cli, &Environment::bare(now)).err().map(|error| format!("{error:#}")),
        Err(EarlyExit::Usage(error)) => Some(error.reason),
        Err(EarlyExit::Help { .. }) => None,
    };
    refused.map(|reason| Produced::of_refusal(&reason, now))
}

impl InProcess {
    /// Plans a run of one endpoint from command-line words.
    ///
    /// # Panics
    ///
    /// Panics if the words are refused or do not name one endpoint.
    #[expect(clippy::panic, reason = "a test that is set up wrongly must fail")]
    pub fn new(words: &[&str]) -> InProcess {
        let plan = planned(words);
        let endpoint = match &plan.targets {
            Targets::Endpoints(endpoints) if endpoints.len() == 1 => endpoints.first().cloned(),
            _ => None,
        };
        let Some(endpoint) = endpoint else { panic!("not one endpoint: {words:?}") };
        let deadline = plan.timing.deadline(Instant::now());
        match Prober::new(&plan, std::slice::from_ref(&endpoint), &Resolver::default(), deadline) {
            Ok(prober) => InProcess { plan, prober, endpoint },
            Err(error) => panic!("{error:#}"),
        }
    }

    /// Probes, judges and renders in every format. `connect` returns the probe's end of a connection for each request:
    /// a non-blocking socket.
    pub fn run(&self, budget: Duration, connect: impl FnMut() -> OwnedFd) -> Produced {
        let deadline = Instant::now() + budget;
        let planned = self.prober.send_over(&self.endpoint, &self.plan.methods, deadline, connect);
        self.judge(planned)
    }

    fn judge(&self, planned: Vec<PlannedRequest>) -> Produced {
        let probed = std::iter::once((self.endpoint.clone(), planned));
        Produced::of(&run::report_of(&self.plan, &self.prober, probed, Instant::now()))
    }

    /// Probes and judges the endpoint at many ports, one after the other, and renders one of the formats in full.
    pub fn run_many(
        &self,
        number: u16,
        format: usize,
        budget: Duration,
        mut connect: impl FnMut() -> OwnedFd,
    ) -> Produced {
        let deadline = Instant::now() + budget;
        let probed = (1..=number).map(|port| {
            let planned = self.prober.send_over(&self.endpoint, &self.plan.methods, deadline, &mut connect);
            (Endpoint { port, ..self.endpoint.clone() }, planned)
        });
        let report = run::report_of(&self.plan, &self.prober, probed, deadline);
        let formats: Vec<_> =
            OutputFormat::value_variants().iter().copied().cycle().skip(format).take(1).collect();
        Produced::in_formats(&report, &formats, &[Verbosity::Transcript])
    }

    /// Judges a chain of certificates (DER), the server's first, as if it had been presented in a handshake that failed
    /// for nothing else.
    pub fn present(&self, chain: &[Vec<u8>]) -> Produced {
        self.judge(vec![self.prober.present(&self.endpoint, chain)])
    }

    /// The names in a certificate (DER), as outputs show them.
    pub fn certificate_names(&self, der: &[u8]) -> Option<[String; 2]> {
        probe::certificate_names(der).map(|names| names.map(|name| self.plan.sanitizer.line(&name, 400)))
    }
}

/// A cloud, logged in to with the options of a command line.
#[derive(Debug)]
pub struct InProcessLogin(Run);

impl InProcessLogin {
    /// Plans a run in a cloud from command-line words.
    ///
    /// # Panics
    ///
    /// Panics if the words are refused.
    #[expect(clippy::panic, reason = "a test that is set up wrongly must fail")]
    pub fn new(words: &[&str]) -> InProcessLogin {
        match Run::new(Arc::new(planned(words)), FileUses::default()) {
            Ok(run) => InProcessLogin(run),
            Err(error) => panic!("{error:#}"),
        }
    }

    /// Logs in over a connection and renders the login in every format; nothing if the words name no cloud.
    pub fn log_in(&self, budget: Duration, connection: OwnedFd) -> Option<Produced> {
        let report = self.0.login_over(connection, Instant::now() + budget);
        report.map(|report| Produced::of(&report))
    }

    /// Renders the login that the token cache holds, if it holds one.
    pub fn cached(&self, budget: Duration) -> Option<Produced> {
        self.0.cached_login(Instant::now() + budget).map(|report| Produced::of(&report))
    }
}

//! The targets of a plan: the given endpoints, each once, or simulated ones in their place.

use std::fmt;
use std::net::IpAddr;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result, anyhow, bail};
use indexmap::IndexSet;

use crate::cli::haproxy_call;
use crate::cli::{Cli, ConnectTo, EnvOrigin};
use crate::environment::Environment;
use crate::input;
use crate::model::diagnosis::Diagnosis;
use crate::model::endpoint::{
    DEFAULT_PATH, Defaults, Endpoint, EndpointError, Host, MAX_ENDPOINTS, Route, Scheme,
};
use crate::plan::cloud;
use crate::plan::network::{self, IpFamily};
use crate::sanitize::quote_arg;

/// Maximum size of a list of endpoints, in bytes: enough for [`MAX_ENDPOINTS`] long names.
const MAX_LIST: usize = 16 * 1024 * 1024;

/// Maximum number of lines that name an endpoint, also one that was named already: each is parsed.
const MAX_LINES: usize = 2 * MAX_ENDPOINTS;

/// Maximum number of simulated endpoints, each of which has a thread and a socket.
const MAX_SIMULATED: usize = 500;

/// The error of a line that is not an endpoint. It does not quote the line, which may hold credentials.
const INVALID_LINE: &str = "expected [http[s]://]HOST[:PORT][/PREFIX]";

pub(crate) const CONNECT_TO: &str = "--connect-to";

/// The name of HAProxy's UNIX-socket server where `-H` gives none.
const LOCALHOST: &str = "localhost";

/// The targets, in the order given.
#[derive(Debug, Clone)]
pub(crate) enum Targets {
    /// Endpoints, each once.
    Endpoints(Vec<Endpoint>),
    /// `--all-addresses`: endpoints whose addresses all become endpoints.
    Addresses(Vec<Endpoint>),
    /// `--os-cloud`: the endpoints of the catalogue, known after the login.
    Catalog {
        all_addresses: bool,
        /// The route of the only endpoint.
        connect_to: Option<ConnectTo>,
    },
    /// `--simulate`: an embedded endpoint for each diagnosis.
    Simulated(Vec<Diagnosis>),
}

impl Targets {
    /// Tests whether every address of a name becomes an endpoint.
    pub(crate) const fn wants_all_addresses(&self) -> bool {
        matches!(self, Targets::Addresses(_) | Targets::Catalog { all_addresses: true, .. })
    }
}

/// Plans the targets: simulated ones, HAProxy's server, or the given endpoints.
pub(super) fn plan(
    cli: &Cli,
    environment: &Environment,
    haproxy: bool,
    deadline: Instant,
) -> Result<Targets> {
    if !cli.mode.simulate.is_empty() {
        return plan_simulation(cli);
    }
    if !haproxy && haproxy_call::has_form_of_call(cli) {
        bail!(
            "HAProxy's four arguments need '--haproxy' where HAPROXY_SERVER_ADDR is not in the environment"
        );
    }
    if !haproxy && cloud::is_wanted(cli) && !names_endpoints(cli) {
        return catalog(cli);
    }
    let endpoints = if haproxy { vec![server(cli, environment)?] } else { endpoints(cli, deadline)? };
    check_family(cli, &endpoints)?;
    if cli.targets.all_addresses {
        // The number of addresses, which a quorum is about, is not known yet.
        return Ok(Targets::Addresses(endpoints));
    }
    if let Some(quorum) = cli.thresholds.quorum {
        let origin = if cli.env_origin.has("quorum") { EnvOrigin::SUFFIX } else { "" };
        quorum.check_against(endpoints.len()).map_err(|why| anyhow!("{why}{origin}"))?;
    }
    Ok(Targets::Endpoints(endpoints))
}

/// Plans a rehearsal. It takes the place of given endpoints, so that it can be appended to any command; the quorum is
/// about those, and is not checked.
fn plan_simulation(cli: &Cli) -> Result<Targets> {
    let is_diagnosis = |text: &&String| Diagnosis::NAMES.contains(&text.as_str());
    if let Some(diagnosis) = cli.targets.endpoints.iter().find(is_diagnosis) {
        bail!("separate several diagnoses by commas: --simulate …,{diagnosis}");
    }
    if cli.mode.simulate.len() > MAX_SIMULATED {
        bail!("more than {MAX_SIMULATED} diagnoses for '--simulate'");
    }
    check_logins(&cli.mode.simulate)?;
    Ok(Targets::Simulated(cli.mode.simulate.clone()))
}

/// Rejects diagnoses that a run cannot have together: it logs in once, and asks its endpoints only if it has a token or
/// if Keystone is down.
fn check_logins(diagnoses: &[Diagnosis]) -> Result<()> {
    let Some(login) = diagnoses.iter().find(|diagnosis| diagnosis.is_of_login()) else { return Ok(()) };
    let mut others = diagnoses.iter().filter(|other| *other != login);
    if let Some(other) = others.find(|other| other.is_of_login() || *login != Diagnosis::KeystoneDown) {
        let reason = if other.is_of_login() { "a run logs in once" } else { "no endpoint is asked after it" };
        bail!("'--simulate {login}' cannot be combined with {other}: {reason}; rehearse one after the other");
    }
    Ok(())
}

fn names_endpoints(cli: &Cli) -> bool {
    let targets = &cli.targets;
    !targets.endpoints.is_empty() || !targets.hostname.is_empty() || targets.file.is_some()
}

/// Leaves the endpoints to the catalogue; what depends on their number is checked when it is known.
fn catalog(cli: &Cli) -> Result<Targets> {
    let connect_to = cli.connection.connect_to;
    if let Some((address, _)) = connect_to {
        check_address(cli, &address, &CONNECT_TO)?;
    }
    Ok(Targets::Catalog { all_addresses: cli.targets.all_addresses, connect_to })
}

fn endpoints(cli: &Cli, deadline: Instant) -> Result<Vec<Endpoint>> {
    let mut endpoints = Endpoints::default();
    let defaults = defaults(cli);
    for text in cli.targets.endpoints.iter().chain(&cli.targets.hostname) {
        endpoints.add(parse(text, &defaults)?)?;
    }
    if let Some(path) = &cli.targets.file {
        endpoints.add_file(path, &defaults, deadline)?;
    }
    let mut endpoints: Vec<Endpoint> = endpoints.0.into_iter().collect();
    match &cli.targets.file {
        Some(path) if endpoints.is_empty() => {
            bail!("--endpoints: {} names no endpoint: give one per line", input::quoted(path))
        }
        None if endpoints.is_empty() => {
            bail!("no endpoint given: try check_ceilometer HOST, or --simulate healthy; see --help")
        }
        _ => (),
    }
    if let Some(connect_to) = cli.connection.connect_to {
        set_route(connect_to, endpoints.iter_mut(), &cli.env_origin.label(CONNECT_TO))?;
    }
    Ok(endpoints)
}

/// Distinct endpoints, bounded while they are collected.
#[derive(Default)]
struct Endpoints(IndexSet<Endpoint>);

impl Endpoints {
    fn add(&mut self, endpoint: Endpoint) -> Result<()> {
        self.0.insert(endpoint);
        if self.0.len() > MAX_ENDPOINTS {
            bail!("more than {MAX_ENDPOINTS} endpoints: split the list");
        }
        Ok(())
    }

    /// Adds the endpoints of a file, one per line.
    fn add_file(&mut self, path: &Path, defaults: &Defaults, deadline: Instant) -> Result<()> {
        let bytes = input::read(path, MAX_LIST, deadline).context("--endpoints")?;
        for (count, (number, line)) in input::lines(&bytes).enumerate() {
            if count >= MAX_LINES {
                bail!("--endpoints: {}: more than {MAX_LINES} lines: split the list", input::name(path));
            }
            let invalid = |why| anyhow!("--endpoints: {}:{number}: {why}", input::name(path));
            let line = line.map_err(invalid)?;
            let why = |error| match error {
                EndpointError::Credentials => "an endpoint cannot contain credentials: use --auth-file",
                _ => INVALID_LINE,
            };
            self.add(Endpoint::parse(line, defaults).map_err(|error| invalid(why(error)))?)?;
        }
        Ok(())
    }
}

/// Parses an endpoint of the command line. The error quotes it without credentials, and not at all if it looks like a
/// header.
fn parse(text: &str, defaults: &Defaults) -> Result<Endpoint> {
    Endpoint::parse(text, defaults).map_err(|error| match error {
        EndpointError::Credentials => {
            anyhow!(
                "invalid endpoint {}: {error}: use --auth-file; for an @ in a path write %40",
                quote_arg(text)
            )
        }
        EndpointError::Query => anyhow!("invalid endpoint {}: {error}: use --path", quote_arg(text)),
        EndpointError::Header => anyhow!("invalid endpoint: {error}: use --header 'Name: value'"),
        EndpointError::Malformed(_) => anyhow!("invalid endpoint {}: {error}", quote_arg(text)),
    })
}

/// Rejects addresses of the family that `-4` or `-6` excludes.
fn check_family(cli: &Cli, endpoints: &[Endpoint]) -> Result<()> {
    endpoints.iter().try_for_each(|endpoint| match endpoint.given_address() {
        Some(address) => check_address(cli, &address.ip(), endpoint),
        None => Ok(()),
    })
}

fn check_address(cli: &Cli, address: &IpAddr, owner: &dyn fmt::Display) -> Result<()> {
    match network::family(cli) {
        Some(family) if !family.has(address) => {
            let option = cli.env_origin.label(if family == IpFamily::V4 { "-4" } else { "-6" });
            bail!("{option} excludes the address {address} of {owner}")
        }
        _ => Ok(()),
    }
}

pub(super) fn defaults(cli: &Cli) -> Defaults {
    let path = cli.targets.path.clone().unwrap_or_else(|| DEFAULT_PATH.into());
    Defaults { ssl: cli.targets.ssl, port: cli.targets.port, path }
}

/// Routes the only endpoint to the address of `--connect-to`.
pub(crate) fn set_route<'a>(
    (address, port): ConnectTo,
    mut endpoints: impl ExactSizeIterator<Item = &'a mut Endpoint>,
    option: &str,
) -> Result<()> {
    match (endpoints.len(), endpoints.next()) {
        (1, Some(endpoint)) => {
            endpoint.route = Route::Address(address, port.unwrap_or(endpoint.port));
            Ok(())
        }
        (several, _) => bail!("'{option}' can be used with one endpoint only, but there are {several}"),
    }
}

/// Converts HAProxy's server to an endpoint, with the name of `-H`.
fn server(cli: &Cli, environment: &Environment) -> Result<Endpoint> {
    let route = haproxy_call::route(cli, environment)?;
    let defaults = Defaults { ssl: cli.targets.ssl || haproxy_call::uses_tls(environment), ..defaults(cli) };
    let scheme = if defaults.ssl { Scheme::Https } else { Scheme::Http };
    let (host, port) = match route {
        Route::Address(address, port) => (Host::Address(address), port),
        _ if cli.connection.proxy.is_some() => {
            bail!("'--proxy' cannot be used with HAProxy's server, which is a UNIX socket")
        }
        _ => (Host::Name(LOCALHOST.into()), scheme.port()),
    };
    if let Some(name) = cli.targets.hostname.first() {
        let defaults = Defaults { port: defaults.port.or(Some(port)), ..defaults };
        return Ok(Endpoint { route, ..parse(name, &defaults)? });
    }
    let route = if matches!(route, Route::Address(..)) { Route::Host } else { route };
    Ok(Endpoint { scheme, host, port, prefix: String::new(), path: defaults.path, route })
}

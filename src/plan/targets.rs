//! What a plan asks: endpoints, all that were named and each once, or what is simulated in their place.

use std::collections::HashSet;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Error, Result, anyhow, bail};

use crate::cli::Cli;
use crate::cli::haproxy_call::{self, Invocation, ServerAddress};
use crate::environment::Environment;
use crate::input;
use crate::model::diagnosis::Diagnosis;
use crate::model::endpoint::{DEFAULT_PATH, Defaults, Endpoint, Host, Route, Scheme};
use crate::plan::network::{self, IpFamily};

/// How large a list of endpoints may be, in bytes: room for [`MAX_ENDPOINTS`] of them, however long.
const LIST_LIMIT: usize = 16 * 1024 * 1024;

/// How many endpoints one run takes. Reporting so many, should none of them have its turn in time, still fits
/// into the grace beyond `-t`.
const MAX_ENDPOINTS: usize = 20_000;

/// What is wrong with a line that is no endpoint.
const NO_ENDPOINT: &str =
    "not an endpoint; its form is [http[s]://]HOST[:PORT][/PREFIX], without credentials";

/// What HAProxy's UNIX-socket server is called where `-H` gives no name.
const LOCAL: &str = "localhost";

/// What is asked, in the order given.
#[derive(Debug, Clone)]
pub(crate) enum Targets {
    /// These endpoints, each once.
    Endpoints(Vec<Endpoint>),
    /// `--all-addresses`: of these endpoints, each once, every address as an endpoint of its own.
    Addresses(Vec<Endpoint>),
    /// `--simulate`: an embedded endpoint for each diagnosis.
    Simulated(Vec<Diagnosis>),
}

/// What is asked: HAProxy's server, what is simulated, or what was named.
pub(super) fn decide(
    cli: &Cli,
    environment: &Environment,
    haproxy: bool,
    deadline: Instant,
) -> Result<Targets> {
    let targets = if cli.mode.simulate.is_empty() {
        let endpoints = if haproxy {
            vec![server(cli, &haproxy_call::parse(cli, environment)?)?]
        } else {
            endpoints(cli, deadline)?
        };
        refuse_other_family(cli, &endpoints)?;
        if cli.targets.all_addresses { Targets::Addresses(endpoints) } else { Targets::Endpoints(endpoints) }
    } else {
        Targets::Simulated(cli.mode.simulate.clone())
    };
    refuse_quorum(cli, &targets)?;
    Ok(targets)
}

/// Gathers what was named.
fn endpoints(cli: &Cli, deadline: Instant) -> Result<Vec<Endpoint>> {
    let mut endpoints = from_args(cli, &defaults(cli), deadline)?;
    if endpoints.is_empty() {
        bail!("no endpoint; name one (check_ceilometer HOST), or try --simulate healthy, or see --help");
    }
    dial(cli, &mut endpoints)?;
    Ok(endpoints)
}

/// An address of the other family than `-4` or `-6` asks for could never be dialled.
fn refuse_other_family(cli: &Cli, endpoints: &[Endpoint]) -> Result<()> {
    let Some(family) = network::family(cli) else { return Ok(()) };
    let option = if family == IpFamily::V4 { "-4" } else { "-6" };
    for endpoint in endpoints {
        match (&endpoint.route, &endpoint.host) {
            (Route::Address(address, _), _) | (Route::Host, Host::Address(address))
                if !family.has(address) =>
            {
                bail!("{option} excludes the address {address} of {endpoint}")
            }
            _ => {}
        }
    }
    Ok(())
}

/// Refuses a quorum that could never be met. How many addresses `--all-addresses` finds is not known yet.
fn refuse_quorum(cli: &Cli, targets: &Targets) -> Result<()> {
    let Some(quorum) = cli.thresholds.quorum else { return Ok(()) };
    let met = match targets {
        Targets::Endpoints(endpoints) => quorum.check_against(endpoints.len()),
        Targets::Simulated(diagnoses) => quorum.check_against(diagnoses.len()),
        Targets::Addresses(_) => Ok(()),
    };
    met.map_err(Error::msg)
}

fn defaults(cli: &Cli) -> Defaults {
    let path = cli.targets.path.clone().unwrap_or_else(|| DEFAULT_PATH.into());
    Defaults { ssl: cli.targets.ssl, port: cli.targets.port, path }
}

/// The endpoints of the command line and of the file that it names, each once.
fn from_args(cli: &Cli, defaults: &Defaults, deadline: Instant) -> Result<Vec<Endpoint>> {
    let mut seen = HashSet::new();
    let mut endpoints = Vec::new();
    for text in cli.targets.endpoints.iter().chain(&cli.targets.hostname) {
        endpoints.push(Endpoint::parse(text, defaults).map_err(Error::msg)?);
    }
    if let Some(path) = &cli.targets.file {
        endpoints.extend(from_file(path, defaults, deadline)?);
    }
    endpoints.retain(|endpoint| seen.insert(endpoint.clone()));
    if endpoints.len() > MAX_ENDPOINTS {
        bail!("{} endpoints are more than one run takes ({MAX_ENDPOINTS}): split the list", endpoints.len());
    }
    Ok(endpoints)
}

/// The endpoints of a file, one a line. An error does not quote the line: it may hold credentials.
fn from_file(path: &Path, defaults: &Defaults, deadline: Instant) -> Result<Vec<Endpoint>> {
    let bytes = input::read(path, LIST_LIMIT, deadline).context("--endpoints")?;
    let read = |(number, line): (usize, Result<&str, &str>)| {
        let refused = |why| anyhow!("--endpoints: {}:{number}: {why}", input::name(path));
        let endpoint = line.map_err(refused)?;
        Endpoint::parse(endpoint, defaults).map_err(|_| refused(NO_ENDPOINT))
    };
    input::lines(&bytes).map(read).collect()
}

/// Puts `--connect-to` in force.
fn dial(cli: &Cli, endpoints: &mut [Endpoint]) -> Result<()> {
    let Some((address, port)) = cli.connection.connect_to else { return Ok(()) };
    match endpoints {
        [endpoint] => {
            endpoint.route = Route::Address(address, port.unwrap_or(endpoint.port));
            Ok(())
        }
        several => bail!("--connect-to dials one endpoint's address; there are {}", several.len()),
    }
}

/// HAProxy's server as an endpoint: dialled where HAProxy says, named by `-H`.
fn server(cli: &Cli, call: &Invocation) -> Result<Endpoint> {
    let defaults = Defaults { ssl: cli.targets.ssl || call.ssl, ..defaults(cli) };
    let scheme = if defaults.ssl { Scheme::Https } else { Scheme::Http };
    let (host, port, route) = match &call.server {
        ServerAddress::Tcp(address, port) => {
            (Host::Address(*address), *port, Route::Address(*address, *port))
        }
        ServerAddress::Unix(_) if cli.connection.proxy.is_some() => {
            bail!("HAProxy's server is a UNIX socket; no proxy leads there")
        }
        ServerAddress::Unix(path) => (Host::Name(LOCAL.into()), scheme.port(), Route::Unix(path.clone())),
    };
    if let Some(name) = cli.targets.hostname.first() {
        let defaults = Defaults { port: defaults.port.or(Some(port)), ..defaults };
        return Ok(Endpoint { route, ..Endpoint::parse(name, &defaults).map_err(Error::msg)? });
    }
    let route = if matches!(route, Route::Address(..)) { Route::Host } else { route };
    Ok(Endpoint { scheme, host, port, prefix: String::new(), path: defaults.path, route })
}

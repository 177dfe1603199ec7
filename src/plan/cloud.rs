//! The cloud of `--os-cloud`: read from its files, its TLS settings applied to the network.

use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Result, bail};

use crate::cli::{Cli, CloudArgs, TokenCache};
use crate::deadline;
use crate::environment::Environment;
use crate::keystone::{Cache, Cloud, CloudOptions, Secret};
use crate::model::endpoint::{Defaults, Endpoint, Scheme};
use crate::plan::credentials::SecretReader;
use crate::plan::network::Network;
use crate::plan::targets;

/// A login, its token cache, and the source of the endpoints.
#[derive(Debug, Clone)]
pub(crate) struct CloudPlan {
    pub(crate) cloud: Cloud,
    pub(crate) cache: Option<Cache>,
    /// Defaults for endpoints of the catalogue.
    pub(crate) defaults: Defaults,
    /// The catalogue names the endpoints.
    pub(crate) uses_catalog: bool,
}

/// Tests whether the command line names a cloud. A simulation needs none.
pub(super) fn is_wanted(cli: &Cli) -> bool {
    cli.cloud.os_cloud.is_some() && cli.mode.simulate.is_empty()
}

/// Reads the cloud that the command line names.
pub(super) fn plan(
    cli: &Cli,
    environment: &Environment,
    uses_catalog: bool,
    deadline: Instant,
) -> Result<Option<CloudPlan>> {
    let CloudArgs { os_config, os_region_name, os_interface, os_service_type, .. } = &cli.cloud;
    let Some(name) = cli.cloud.os_cloud.as_deref().filter(|_| is_wanted(cli)) else { return Ok(None) };
    let defaults = targets::defaults(cli);
    let options = CloudOptions {
        name,
        config: os_config.as_deref(),
        regions: os_region_name,
        interface: *os_interface,
        service_type: os_service_type.as_deref(),
        needs_endpoints: uses_catalog,
        defaults: defaults.clone(),
    };
    let mut cloud = Cloud::read(&options, environment, deadline)?;
    let end = super::look_deadline(deadline.saturating_duration_since(environment.started));
    let cache = open_cache(cli.cloud.token_cache.as_ref(), environment, end, &mut cloud.notes)?;
    Ok(Some(CloudPlan { cloud, cache, defaults, uses_catalog }))
}

/// Opens the token cache. Where its file system does not answer, the result matters more: the run does without.
fn open_cache(
    named: Option<&TokenCache>,
    environment: &Environment,
    deadline: Instant,
    notes: &mut Vec<String>,
) -> Result<Option<Cache>> {
    let named = match named {
        Some(TokenCache::Off) => return Ok(None),
        Some(TokenCache::Directory(directory)) => Some(directory.clone()),
        None => None,
    };
    let usual = Cache::usual_directories(environment);
    let open = move || match &named {
        Some(directory) => Cache::in_directory(directory).map(Some),
        None => Ok(Cache::in_first_of(&usual)),
    };
    notes.push(match deadline::within(Some(deadline), open) {
        Ok(Ok(None)) => "no directory for a token cache: every run logs in (--token-cache names one)".into(),
        Ok(opened) => return opened,
        Err(_) => "the file system of the token cache does not answer: this run logs in".into(),
    });
    Ok(None)
}

/// Rejects other credentials, which a cloud's login would compete with.
pub(super) fn check_conflicts(cli: &Cli) -> Result<()> {
    let cloud = &cli.cloud;
    let companions = [
        (cloud.os_config.is_some(), "--os-config"),
        (!cloud.os_region_name.is_empty(), "--os-region-name"),
        (cloud.os_interface.is_some(), "--os-interface"),
        (cloud.os_service_type.is_some(), "--os-service-type"),
        (cloud.token_cache.is_some(), "--token-cache"),
    ];
    if cloud.os_cloud.is_none() {
        if let Some((_, option)) = companions.into_iter().find(|(given, _)| *given) {
            bail!("'{option}' requires '--os-cloud'");
        }
        return Ok(());
    }
    let credentials = [
        (cli.request.token_file.is_some(), "--token-file"),
        (cli.request.auth_file.is_some(), "--auth-file"),
    ];
    if let Some((_, option)) = credentials.into_iter().find(|(given, _)| *given) {
        bail!("'{option}' cannot be used with '--os-cloud', which brings a token of its own");
    }
    Ok(())
}

impl CloudPlan {
    /// Plans the login to a simulated Keystone.
    pub(crate) fn simulated(url: Endpoint, uses_catalog: bool) -> CloudPlan {
        let cloud = Cloud::simulated(url);
        CloudPlan { cloud, cache: None, defaults: Defaults::default(), uses_catalog }
    }

    /// Applies the cloud's TLS settings; options override them.
    pub(super) fn apply(&self, network: &mut Network) -> Result<()> {
        if network.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("X-Auth-Token")) {
            bail!("a header X-Auth-Token cannot be used with '--os-cloud', which brings a token of its own");
        }
        let (own, tls) = (&self.cloud.tls, &mut network.tls);
        tls.insecure |= own.insecure && tls.cacert.is_none();
        tls.is_cacert_of_cloud = tls.cacert.is_none() && own.cacert.is_some();
        tls.cacert = tls.cacert.take().or_else(|| own.cacert.clone());
        if tls.cert.is_none() {
            (tls.cert, tls.key) = (own.cert.clone(), own.key.clone());
            tls.is_cert_of_cloud = true;
        }
        Ok(())
    }

    /// The files that the login reads, and those whose names it has from them.
    pub(super) fn files(&self) -> impl Iterator<Item = PathBuf> {
        let (cloud, tls) = (&self.cloud, &self.cloud.tls);
        let named = [&tls.cacert, &tls.cert, &tls.key].into_iter().flatten();
        let cached = self.cache.iter().map(|cache| cache.file(cloud));
        cloud.files.iter().chain(named).cloned().chain(cached)
    }

    /// Notes, shown at `-v`.
    pub(super) fn notes(&self) -> Vec<String> {
        let cloud = &self.cloud;
        let is_open = cloud.login.url.scheme == Scheme::Http;
        let plain = "the login goes over plain http, where everyone on the way can read its secret";
        cloud.notes.iter().cloned().chain(is_open.then(|| plain.to_owned())).collect()
    }

    pub(super) fn hide(&self, secrets: &mut SecretReader) {
        secrets
            .add_secret(&format!("the cloud {}", self.cloud.name), self.cloud.secret().expose().as_bytes());
    }
}

impl super::Plan {
    /// Returns a copy of the plan that sends a cloud's token, and masks it.
    #[must_use]
    pub(crate) fn with_token(&self, token: &Secret) -> super::Plan {
        let mut plan = self.clone();
        plan.sanitizer.add_secret(token.expose().as_bytes());
        plan.network.headers.push(("X-Auth-Token".into(), token.expose().into()));
        plan
    }
}

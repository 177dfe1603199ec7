//! Network settings: address family, headers, proxy, TLS.

use std::env;
use std::net::IpAddr;
use std::path::PathBuf;

use anyhow::Result;

use crate::cli::Cli;
use crate::environment::Environment;
use crate::plan::credentials::SecretReader;
use crate::plan::proxy::{self, Proxy};

#[derive(Debug, Clone, Default)]
pub(crate) struct Network {
    /// The only address family to use (`-4`, `-6`).
    pub(crate) family: Option<IpFamily>,
    /// Headers besides the probe's own, in order, credentials included.
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    pub(crate) proxy: Option<Proxy>,
    pub(crate) tls: Tls,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum IpFamily {
    V4,
    V6,
}

impl IpFamily {
    pub(crate) const fn has(self, address: &IpAddr) -> bool {
        matches!((self, address), (IpFamily::V4, IpAddr::V4(_)) | (IpFamily::V6, IpAddr::V6(_)))
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Tls {
    /// `-k`: do not verify the certificate.
    pub(crate) insecure: bool,
    /// `--cacert`: a file or a directory instead of the system's trust store.
    pub(crate) cacert: Option<PathBuf>,
    /// A certificate (DER) to trust instead of any store: that of simulated endpoints.
    pub(crate) anchor: Option<Vec<u8>>,
    /// The trust store that the environment names instead of the system's.
    pub(crate) store: Option<TrustStorePaths>,
    /// `--cert`: a file with the client's certificate chain.
    pub(crate) cert: Option<PathBuf>,
    /// `--key`: a file with its key; `None` if the file of the chain holds it.
    pub(crate) key: Option<PathBuf>,
    /// True if `cacert` is the cloud's, not the option's.
    pub(crate) is_cacert_of_cloud: bool,
    /// True if `cert` and `key` are.
    pub(crate) is_cert_of_cloud: bool,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct TrustStorePaths {
    /// `SSL_CERT_FILE`: a bundle.
    pub(crate) file: Option<PathBuf>,
    /// `SSL_CERT_DIR`: directories of certificates.
    pub(crate) directories: Vec<PathBuf>,
}

impl TrustStorePaths {
    /// Reads the variables that OpenSSL reads, too; an empty one counts as unset.
    fn from_environment(environment: &Environment) -> Option<TrustStorePaths> {
        let file = environment.non_empty("SSL_CERT_FILE");
        let directories = environment.non_empty("SSL_CERT_DIR");
        (file.is_some() || directories.is_some()).then(|| TrustStorePaths {
            file: file.map(PathBuf::from),
            directories: directories.map(|list| env::split_paths(list).collect()).unwrap_or_default(),
        })
    }
}

/// Plans the network settings, and reads the secrets for them. Simulated endpoints get the headers alone: they
/// listen on loopback, and have certificates of their own.
pub(super) fn plan(cli: &Cli, environment: &Environment, secrets: &mut SecretReader) -> Result<Network> {
    if !cli.mode.simulate.is_empty() {
        return Ok(Network { headers: secrets.headers(cli)?, ..Network::default() });
    }
    Ok(Network {
        family: family(cli),
        tls: tls(cli, environment, secrets),
        headers: secrets.headers(cli)?,
        proxy: proxy::plan(cli, secrets)?,
    })
}

fn tls(cli: &Cli, environment: &Environment, secrets: &mut SecretReader) -> Tls {
    let (cert, key) = (cli.tls.cert.clone(), cli.tls.key.clone());
    match (&cert, &key) {
        (_, Some(key)) => secrets.note_readable(&cli.env_origin.label("--key"), key),
        (Some(cert), None) => secrets.note_readable(&cli.env_origin.label("--cert"), cert),
        (None, None) => {}
    }
    let store = TrustStorePaths::from_environment(environment);
    Tls { insecure: cli.tls.insecure, cacert: cli.tls.cacert.clone(), store, cert, key, ..Tls::default() }
}

pub(super) fn family(cli: &Cli) -> Option<IpFamily> {
    match (cli.connection.ipv4, cli.connection.ipv6) {
        (true, _) => Some(IpFamily::V4),
        (_, true) => Some(IpFamily::V6),
        _ => None,
    }
}

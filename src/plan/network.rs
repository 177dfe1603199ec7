//! How the network is used: by which addresses, with which headers, and how TLS is done.

use std::env;
use std::net::IpAddr;
use std::path::PathBuf;

use anyhow::Result;

use crate::cli::Cli;
use crate::environment::Environment;
use crate::plan::credentials::SecretReader;
use crate::plan::proxy::{self, Proxy};

/// How the network is used.
#[derive(Debug, Clone, Default)]
pub(crate) struct Network {
    /// `-4` or `-6`.
    pub(crate) family: Option<IpFamily>,
    /// Headers beyond the probe's own, in order; credentials among them.
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    /// The HTTP proxy.
    pub(crate) proxy: Option<Proxy>,
    /// TLS.
    pub(crate) tls: Tls,
}

/// An address family.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum IpFamily {
    /// IPv4 only.
    V4,
    /// IPv6 only.
    V6,
}

impl IpFamily {
    /// Whether an address is of this family.
    pub(crate) const fn has(self, address: &IpAddr) -> bool {
        matches!((self, address), (IpFamily::V4, IpAddr::V4(_)) | (IpFamily::V6, IpAddr::V6(_)))
    }
}

/// How TLS is done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Tls {
    /// `-k`: the certificate is not verified.
    pub(crate) insecure: bool,
    /// `--cacert`: a file or a directory instead of the system's trust store.
    pub(crate) cacert: Option<PathBuf>,
    /// Where the environment says that the system's trust store is; `None` where it is silent.
    pub(crate) store: Option<TrustStorePaths>,
    /// `--cert`: a file with the client's certificate chain.
    pub(crate) cert: Option<PathBuf>,
    /// `--key`: a file with its key, where it is not in the same file.
    pub(crate) key: Option<PathBuf>,
}

/// The place of a trust store.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct TrustStorePaths {
    /// `SSL_CERT_FILE`: a bundle.
    pub(crate) file: Option<PathBuf>,
    /// `SSL_CERT_DIR`: directories of certificates.
    pub(crate) directories: Vec<PathBuf>,
}

impl TrustStorePaths {
    /// Where the variables point that OpenSSL reads as well; an empty one says nothing.
    fn of(environment: &Environment) -> Option<TrustStorePaths> {
        let said = |name| environment.variable(name).filter(|value| !value.is_empty());
        let (file, directories) = (said("SSL_CERT_FILE"), said("SSL_CERT_DIR"));
        (file.is_some() || directories.is_some()).then(|| TrustStorePaths {
            file: file.map(PathBuf::from),
            directories: directories.map(|list| env::split_paths(list).collect()).unwrap_or_default(),
        })
    }
}

/// How the network is used; reads the secrets that go over it.
pub(super) fn decide(cli: &Cli, environment: &Environment, secrets: &mut SecretReader) -> Result<Network> {
    Ok(Network {
        family: family(cli),
        tls: tls(cli, environment, secrets),
        headers: secrets.headers(cli)?,
        proxy: proxy::decide(cli, secrets)?,
    })
}

fn tls(cli: &Cli, environment: &Environment, secrets: &mut SecretReader) -> Tls {
    let (cert, key) = (cli.tls.cert.clone(), cli.tls.key.clone());
    match (&cert, &key) {
        (_, Some(key)) => secrets.note_readable("--key", key),
        // The key stands in the certificate's file.
        (Some(cert), None) => secrets.note_readable("--cert", cert),
        (None, None) => {}
    }
    let store = TrustStorePaths::of(environment);
    Tls { insecure: cli.tls.insecure, cacert: cli.tls.cacert.clone(), store, cert, key }
}

pub(super) fn family(cli: &Cli) -> Option<IpFamily> {
    match (cli.connection.ipv4, cli.connection.ipv6) {
        (true, _) => Some(IpFamily::V4),
        (_, true) => Some(IpFamily::V6),
        _ => None,
    }
}

//! How the network is used: by which addresses, with which headers, and how TLS is done.

use std::env;
use std::net::IpAddr;
use std::path::PathBuf;

use anyhow::Result;

use crate::cli::Cli;
use crate::plan::proxy::{self, Proxy};
use crate::plan::secrets::Secrets;
use crate::surroundings::Surroundings;

/// How the network is used.
#[derive(Debug, Clone, Default)]
pub struct Network {
    /// `-4` or `-6`.
    pub family: Option<Family>,
    /// Headers beyond the probe's own, in order; credentials among them.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The HTTP proxy.
    pub proxy: Option<Proxy>,
    /// TLS.
    pub tls: Tls,
}

/// An address family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// IPv4 only.
    V4,
    /// IPv6 only.
    V6,
}

impl Family {
    /// Whether an address is of this family.
    pub const fn has(self, address: &IpAddr) -> bool {
        matches!((self, address), (Family::V4, IpAddr::V4(_)) | (Family::V6, IpAddr::V6(_)))
    }
}

/// How TLS is done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tls {
    /// `-k`: the certificate is not verified.
    pub insecure: bool,
    /// `--cacert`: a file or a directory instead of the system's trust store.
    pub cacert: Option<PathBuf>,
    /// Where the environment says that the system's trust store is; `None` where it is silent.
    pub store: Option<Store>,
    /// `--cert`: a file with the client's certificate chain.
    pub cert: Option<PathBuf>,
    /// `--key`: a file with its key, where it is not in the same file.
    pub key: Option<PathBuf>,
}

/// The place of a trust store.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Store {
    /// `SSL_CERT_FILE`: a bundle.
    pub file: Option<PathBuf>,
    /// `SSL_CERT_DIR`: directories of certificates.
    pub directories: Vec<PathBuf>,
}

impl Store {
    /// Where the variables point that OpenSSL reads as well; an empty one says nothing.
    fn of(surroundings: &Surroundings) -> Option<Store> {
        let said = |name| surroundings.variable(name).filter(|value| !value.is_empty());
        let (file, directories) = (said("SSL_CERT_FILE"), said("SSL_CERT_DIR"));
        (file.is_some() || directories.is_some()).then(|| Store {
            file: file.map(PathBuf::from),
            directories: directories.map(|list| env::split_paths(list).collect()).unwrap_or_default(),
        })
    }
}

/// How the network is used; reads the secrets that go over it.
pub(super) fn decide(cli: &Cli, surroundings: &Surroundings, secrets: &mut Secrets) -> Result<Network> {
    Ok(Network {
        family: family(cli),
        tls: tls(cli, surroundings, secrets),
        headers: secrets.headers(cli)?,
        proxy: proxy::decide(cli, secrets)?,
    })
}

fn tls(cli: &Cli, surroundings: &Surroundings, secrets: &mut Secrets) -> Tls {
    let (cert, key) = (cli.tls.cert.clone(), cli.tls.key.clone());
    match (&cert, &key) {
        (_, Some(key)) => secrets.note_readable("--key", key),
        // The key stands in the certificate's file.
        (Some(cert), None) => secrets.note_readable("--cert", cert),
        (None, None) => {}
    }
    let store = Store::of(surroundings);
    Tls { insecure: cli.tls.insecure, cacert: cli.tls.cacert.clone(), store, cert, key }
}

pub(super) fn family(cli: &Cli) -> Option<Family> {
    match (cli.connection.ipv4, cli.connection.ipv6) {
        (true, _) => Some(Family::V4),
        (_, true) => Some(Family::V6),
        _ => None,
    }
}

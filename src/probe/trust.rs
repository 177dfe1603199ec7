//! Whom a TLS connection trusts, and as whom the probe presents itself; read only when https is asked.

use std::collections::HashSet;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result, anyhow, bail};
use rustls::RootCertStore;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;

use crate::input;
use crate::plan::{Tls, TrustStorePaths};

/// The bound on one file of certificates, in bytes; a system's whole bundle is about 220 KB.
const LIMIT: usize = 16 * 1024 * 1024;

/// Where the trust anchors came from, as an error names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TrustSource {
    /// `--cacert`.
    Given(PathBuf),
    /// The system's trust store.
    System(Vec<PathBuf>),
}

impl std::fmt::Display for TrustSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            TrustSource::Given(path) => write!(f, "--cacert {}", path.display()),
            TrustSource::System(paths) if paths.is_empty() => f.write_str("the system's trust store"),
            TrustSource::System(paths) => {
                let names: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
                write!(f, "the system's trust store ({})", names.join(", "))
            }
        }
    }
}

/// The verifier of server certificates, and where its anchors came from.
pub(super) fn verifier(
    tls: &Tls,
    provider: &Arc<CryptoProvider>,
    deadline: Instant,
) -> Result<(Arc<dyn ServerCertVerifier>, TrustSource)> {
    let (roots, origin) = match &tls.cacert {
        Some(path) => (given(path, deadline)?, TrustSource::Given(path.clone())),
        None => system(tls, deadline)?,
    };
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider))
        .build()
        .map_err(|error| anyhow!("{origin} cannot be used: {error}"))?;
    Ok((verifier, origin))
}

/// The anchors of `--cacert`, a file or a directory.
fn given(path: &Path, deadline: Instant) -> Result<RootCertStore> {
    let mut roots = RootCertStore::empty();
    if path.is_dir() {
        add_directory(&mut roots, path, deadline).context("--cacert")?;
    } else {
        add_file(&mut roots, path, deadline).context("--cacert")?;
    }
    if roots.is_empty() {
        bail!("--cacert {}: no usable CA certificate in PEM form in it", path.display());
    }
    Ok(roots)
}

/// The system's anchors: where the environment says they are, else where the distribution has them.
fn system(tls: &Tls, deadline: Instant) -> Result<(RootCertStore, TrustSource)> {
    let TrustStorePaths { file, directories } = tls.store.clone().unwrap_or_else(distribution);
    let mut roots = RootCertStore::empty();
    if let Some(file) = &file {
        add_file(&mut roots, file, deadline).context("the trust store")?;
    }
    for directory in &directories {
        add_directory(&mut roots, directory, deadline).context("the trust store")?;
    }
    let origin = TrustSource::System(file.into_iter().chain(directories).collect());
    if roots.is_empty() {
        bail!(
            "no CA certificate in {origin}: install the distribution's ca-certificates, point SSL_CERT_FILE \
             to a bundle, or give --cacert FILE"
        );
    }
    Ok((roots, origin))
}

/// The distribution's bundle, else its directory: both hold the same certificates, and one reading is enough.
fn distribution() -> TrustStorePaths {
    let found = openssl_probe::probe();
    let directories = if found.cert_file.is_some() { Vec::new() } else { found.cert_dir };
    TrustStorePaths { file: found.cert_file, directories }
}

/// Adds every certificate of a file that is one; a bundle often holds some that today's rules refuse.
fn add_file(roots: &mut RootCertStore, path: &Path, deadline: Instant) -> Result<()> {
    let text = input::read(path, LIMIT, deadline)?;
    let certificates = CertificateDer::pem_slice_iter(&text).filter_map(Result::ok);
    roots.add_parsable_certificates(certificates);
    Ok(())
}

/// Adds the certificates of a directory's files; what is no certificate, or cannot be read, is passed over.
///
/// A hashed directory (`c_rehash`) names each certificate twice; it is read once.
fn add_directory(roots: &mut RootCertStore, path: &Path, deadline: Instant) -> Result<()> {
    let unreadable = || format!("{} cannot be read", path.display());
    let mut read = HashSet::new();
    for entry in std::fs::read_dir(path).with_context(unreadable)?.flatten() {
        if Instant::now() >= deadline {
            bail!("{} could not be read in time: raise -t", path.display());
        }
        let file = std::fs::metadata(entry.path()).ok().filter(std::fs::Metadata::is_file);
        if file.is_some_and(|file| read.insert((file.dev(), file.ino()))) {
            let _ = add_file(roots, &entry.path(), deadline);
        }
    }
    Ok(())
}

/// The client's certificate chain and key (`--cert`, `--key`).
pub(super) fn identity(
    tls: &Tls,
    provider: &CryptoProvider,
    deadline: Instant,
) -> Result<Option<Arc<CertifiedKey>>> {
    let Some(path) = &tls.cert else { return Ok(None) };
    let text = input::read(path, LIMIT, deadline).context("--cert")?;
    let chain: Vec<CertificateDer<'static>> =
        CertificateDer::pem_slice_iter(&text).filter_map(Result::ok).collect();
    if chain.is_empty() {
        bail!("--cert {}: no certificate in PEM form in it", path.display());
    }
    let (option, key_path) = tls.key.as_ref().map_or(("--cert", path), |key| ("--key", key));
    let key_text =
        if tls.key.is_some() { input::read(key_path, LIMIT, deadline).context(option)? } else { text };
    let key = private_key(&key_text).with_context(|| format!("{option} {}", key_path.display()))?;
    let signer = provider
        .key_provider
        .load_private_key(key)
        .map_err(|_| anyhow!("{option} {}: a key of a kind that TLS cannot use", key_path.display()))?;
    let identity = CertifiedKey::new(chain, signer);
    if let Err(rustls::Error::InconsistentKeys(rustls::InconsistentKeys::KeyMismatch)) = identity.keys_match()
    {
        bail!("{option} {}: the key does not belong to the certificate of --cert", key_path.display());
    }
    Ok(Some(Arc::new(identity)))
}

/// The first private key of a file; both the new and the old form of encryption say so in their text.
fn private_key(text: &[u8]) -> Result<PrivateKeyDer<'static>> {
    match PrivateKeyDer::from_pem_slice(text) {
        Ok(key) => Ok(key),
        Err(_) if text.windows(9).any(|part| part == b"ENCRYPTED") => {
            bail!("the private key is encrypted; give one without a passphrase, readable by the probe alone")
        }
        Err(_) => bail!("no private key in PEM form in it (give it by --key FILE)"),
    }
}

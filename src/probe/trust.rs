//! The trust anchors and the client's certificate; read only where an endpoint needs https.

use std::collections::HashSet;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result, anyhow, bail};
use rustls::client::danger::{ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::sign::CertifiedKey;
use rustls::{CertificateError, OtherError, RootCertStore};
use strum::Display;

use super::certificate;
use super::pem::{self, Block};
use crate::input;
use crate::plan::{Tls, TrustStorePaths};
use crate::sanitize::{sanitize_own, system_words};

/// The bound on one file of certificates, in bytes; a system's whole bundle is about 220 KB.
const MAX_FILE_BYTES: usize = 16 * 1024 * 1024;

/// Maximum length of a trust store's paths in a fault, in characters.
const MAX_SHOWN_SOURCE: usize = 200;

/// Trust anchors, and the certificates that they were read from.
#[derive(Debug)]
struct Anchors {
    roots: RootCertStore,
    /// The certificate of each root, in the same order: the library's anchors have no dates.
    certificates: Vec<CertificateDer<'static>>,
}

impl Anchors {
    fn empty() -> Anchors {
        Anchors { roots: RootCertStore::empty(), certificates: Vec::new() }
    }

    /// Adds a certificate, unless today's rules refuse it.
    fn add(&mut self, certificate: CertificateDer<'static>) {
        if self.roots.add(CertificateDer::from(certificate.as_ref())).is_ok() {
            self.certificates.push(certificate);
        }
    }
}

/// The verifier of server certificates, with the anchors that it trusts.
#[derive(Debug)]
pub(super) struct Trust {
    verifier: Arc<WebPkiServerVerifier>,
    provider: Arc<CryptoProvider>,
    roots: Arc<RootCertStore>,
    /// The certificate of each root, in the same order.
    certificates: Vec<CertificateDer<'static>>,
    source: String,
}

impl Trust {
    pub(super) fn read(tls: &Tls, provider: &Arc<CryptoProvider>, deadline: Instant) -> Result<Trust> {
        let mut anchors = Anchors::empty();
        let source = match (&tls.anchor, &tls.cacert) {
            (Some(anchor), _) => {
                anchors.add(CertificateDer::from(anchor.clone()));
                "the simulation".to_owned()
            }
            (None, Some(path)) => add_given(&mut anchors, path, deadline)?,
            (None, None) => add_system(&mut anchors, tls, deadline)?,
        };
        let Anchors { roots, certificates } = anchors;
        let roots = Arc::new(roots);
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::clone(&roots), Arc::clone(provider))
            .build()
            .map_err(|error| anyhow!("{source} cannot be used: {error}"))?;
        let source = sanitize_own(&source, MAX_SHOWN_SOURCE);
        Ok(Trust { verifier, provider: Arc::clone(provider), roots, certificates, source })
    }

    /// The place of the anchors, as an error names it.
    pub(super) fn source(&self) -> &str {
        &self.source
    }

    /// Verifies a chain as OpenSSL and curl do: the anchor has to be valid too.
    ///
    /// The library checks no anchor's dates. Only anchors that may have been used are read, and a run that meets
    /// none out of date verifies once.
    pub(super) fn verify(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if self.certificates.iter().any(|anchor| anchor == end_entity) {
            return verify_anchor(end_entity, name, now);
        }
        let chain = certificate::followed(end_entity, intermediates, |name| self.is_anchor(name));
        let verified = self.verifier.verify_server_cert(end_entity, &chain, name, &[], now)?;
        certificate::check_usage(end_entity)?;
        let chain = self.signers(end_entity, chain, name, now)?;
        let issuers = certificate::issuers(std::iter::once(end_entity).chain(&chain));
        let outdated: Vec<usize> = self
            .anchors(&issuers)
            .filter(|(_, anchor)| certificate::is_outdated(anchor, now))
            .map(|(index, _)| index)
            .collect();
        let Some(first) = outdated.first().and_then(|index| self.certificates.get(*index)) else {
            return Ok(verified);
        };
        let other = self
            .without(&outdated)
            .and_then(|verifier| verifier.verify_server_cert(end_entity, &chain, name, &[], now).ok());
        other.ok_or_else(|| Refusal::OutdatedAnchor(first.clone()).into())
    }

    /// The intermediates without those that may sign no certificate, for the library does not look at their key usage.
    fn signers<'a>(
        &self,
        end_entity: &CertificateDer<'_>,
        chain: Vec<CertificateDer<'a>>,
        name: &ServerName<'_>,
        now: UnixTime,
    ) -> Result<Vec<CertificateDer<'a>>, rustls::Error> {
        let (signers, mut others): (Vec<_>, Vec<_>) = chain.into_iter().partition(certificate::may_sign);
        if let Some(first) = others.pop() {
            let verified = self.verifier.verify_server_cert(end_entity, &signers, name, &[], now);
            verified.map_err(|_| Refusal::MayNotSign(first.into_owned()))?;
        }
        Ok(signers)
    }

    /// The anchors that one of these distinguished names (DER) belongs to, with their places.
    pub(super) fn anchors<'a>(
        &'a self,
        names: &'a [Vec<u8>],
    ) -> impl Iterator<Item = (usize, &'a CertificateDer<'static>)> {
        // The library keeps a subject without the header of its DER sequence.
        let issues = |subject: &[u8]| names.iter().any(|name| name.ends_with(subject));
        let roots = self.roots.roots.iter().zip(&self.certificates).enumerate();
        roots.filter(move |(_, (root, _))| issues(&root.subject)).map(|(index, (_, anchor))| (index, anchor))
    }

    /// Tests whether a distinguished name (DER) is that of an anchor.
    fn is_anchor(&self, name: &[u8]) -> bool {
        self.roots.roots.iter().any(|root| name.ends_with(&root.subject))
    }

    /// A verifier that trusts all anchors but these.
    fn without(&self, outdated: &[usize]) -> Option<Arc<WebPkiServerVerifier>> {
        let kept = self.roots.roots.iter().enumerate().filter(|(index, _)| !outdated.contains(index));
        let roots = RootCertStore { roots: kept.map(|(_, root)| root.clone()).collect() };
        WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&self.provider)).build().ok()
    }

    /// The library's verifier, for the signatures of a handshake.
    pub(super) fn verifier(&self) -> &WebPkiServerVerifier {
        &self.verifier
    }
}

/// Verifies a server's certificate that is itself an anchor: its dates, its usage and the name.
///
/// The library refuses a CA certificate. `openssl req -x509` makes such certificates, and other clients accept them.
/// That the server has the key is for the handshake's signature to prove.
fn verify_anchor(
    end_entity: &CertificateDer<'_>,
    name: &ServerName<'_>,
    now: UnixTime,
) -> Result<ServerCertVerified, rustls::Error> {
    certificate::check_dates(end_entity, now)?;
    certificate::check_usage(end_entity)?;
    verify_server_name(&ParsedCertificate::try_from(end_entity)?, name)?;
    Ok(ServerCertVerified::assertion())
}

/// A refusal that the library has no name for.
#[derive(Debug, Display)]
pub(super) enum Refusal {
    /// The only anchor that a chain leads to has expired, or is not valid yet.
    #[strum(to_string = "the trust anchor is out of date")]
    OutdatedAnchor(CertificateDer<'static>),
    /// Every way to an anchor uses this intermediate.
    #[strum(to_string = "an intermediate certificate may sign no certificate")]
    MayNotSign(CertificateDer<'static>),
    /// The signature was not made with the key of the server's certificate.
    #[strum(to_string = "the handshake's signature does not fit the certificate")]
    UnprovenKey,
    #[strum(to_string = "the deadline passed before the verification could begin")]
    OutOfTime,
}

impl std::error::Error for Refusal {}

impl Refusal {
    /// The refusal within an error of the library's.
    pub(super) fn within(error: &CertificateError) -> Option<&Refusal> {
        match error {
            CertificateError::Other(OtherError(other)) => other.downcast_ref(),
            _ => None,
        }
    }
}

impl From<Refusal> for rustls::Error {
    fn from(refusal: Refusal) -> rustls::Error {
        CertificateError::Other(OtherError(Arc::new(refusal))).into()
    }
}

/// Adds the anchors of `--cacert`, a file or a directory. Returns their place, as an error names it.
fn add_given(anchors: &mut Anchors, path: &Path, deadline: Instant) -> Result<String> {
    let text = if path.is_dir() {
        add_directory(anchors, path, deadline).context("--cacert")?;
        Vec::new()
    } else {
        add_file(anchors, path, deadline).context("--cacert")?
    };
    if !anchors.certificates.is_empty() {
        return Ok(format!("--cacert {}", path.display()));
    }
    let block = Block::first(&text, b"CERTIFICATE");
    let why = block.as_ref().map_or("no usable CA certificate in PEM form in it", |block| {
        let decoded = block.decode::<CertificateDer<'_>>();
        decoded.err().unwrap_or("the PEM block is not a CA certificate that can be used")
    });
    bail!("--cacert {}: {why}", pem::place(path, block.as_ref()))
}

/// Adds the system's anchors, from where the environment says they are, else from where the distribution has them. Returns
/// their place, as an error names it.
fn add_system(anchors: &mut Anchors, tls: &Tls, deadline: Instant) -> Result<String> {
    let TrustStorePaths { file, directories } = tls.store.clone().unwrap_or_else(distribution);
    if let Some(file) = &file {
        add_file(anchors, file, deadline).context("the trust store")?;
    }
    let mut missing = None;
    for directory in &directories {
        match add_directory(anchors, directory, deadline).context("the trust store") {
            // OpenSSL passes over one that is not there, as containers and conda name some.
            Err(error) if !directory.exists() => missing = missing.or(Some(error)),
            read => read?,
        }
    }
    if let Some(error) = missing.filter(|_| anchors.certificates.is_empty()) {
        return Err(error);
    }
    let paths: Vec<_> = file.iter().chain(&directories).map(|path| path.display().to_string()).collect();
    let paths = if paths.is_empty() { String::new() } else { format!(" ({})", paths.join(", ")) };
    if anchors.certificates.is_empty() {
        bail!(
            "no CA certificate in the system's trust store{paths}: install the distribution's ca-certificates, point \
             SSL_CERT_FILE to a bundle, or give --cacert FILE"
        );
    }
    Ok(format!("the system's trust store{paths}"))
}

/// The distribution's bundle, else its directory: both hold the same certificates, and one reading is enough.
fn distribution() -> TrustStorePaths {
    let found = openssl_probe::probe();
    let directories = if found.cert_file.is_some() { Vec::new() } else { found.cert_dir };
    TrustStorePaths { file: found.cert_file, directories }
}

/// Reads a file in PEM form.
fn read_pem(path: &Path, deadline: Instant) -> Result<Vec<u8>> {
    let mut text = input::read(path, MAX_FILE_BYTES, deadline)?;
    text.drain(..text.len() - input::without_mark(&text).len());
    Ok(text)
}

/// Adds every certificate of a file that is one; a bundle often holds some that today's rules refuse. Returns the text.
fn add_file(anchors: &mut Anchors, path: &Path, deadline: Instant) -> Result<Vec<u8>> {
    let text = read_pem(path, deadline)?;
    CertificateDer::pem_slice_iter(&text).filter_map(Result::ok).for_each(|found| anchors.add(found));
    Ok(text)
}

/// Adds the certificates of a directory's files; other files, and unreadable ones, are skipped.
///
/// A hashed directory (`c_rehash`) names each certificate twice; it is read once.
fn add_directory(anchors: &mut Anchors, path: &Path, deadline: Instant) -> Result<()> {
    let unreadable = |error| anyhow!("{} cannot be read: {}", path.display(), system_words(&error));
    let mut read = HashSet::new();
    for entry in std::fs::read_dir(path).map_err(unreadable)?.flatten() {
        if Instant::now() >= deadline {
            bail!("{} could not be read in time: raise -t", path.display());
        }
        let file = std::fs::metadata(entry.path()).ok().filter(std::fs::Metadata::is_file);
        if file.is_some_and(|file| read.insert((file.dev(), file.ino()))) {
            let _ = add_file(anchors, &entry.path(), deadline);
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
    let text = read_pem(path, deadline).context("--cert")?;
    let chain = client_chain(&text, path)?;
    let (option, key_path) = tls.key.as_ref().map_or(("--cert", path), |key| ("--key", key));
    let key_text = if tls.key.is_some() { read_pem(key_path, deadline).context(option)? } else { text };
    let block = Block::first(&key_text, b"PRIVATE KEY");
    let key = private_key(&key_text, block.as_ref()).and_then(|key| {
        provider.key_provider.load_private_key(key).map_err(|_| "a key of a kind that TLS cannot use")
    });
    let hint = if tls.key.is_none() && block.is_none() { " (give it with --key FILE)" } else { "" };
    let signer =
        key.map_err(|why| anyhow!("{option} {}: {why}{hint}", pem::place(key_path, block.as_ref())))?;
    let identity = CertifiedKey::new(chain, signer);
    // Of some keys the library does not know the public half: the server will see whether they fit.
    if let Err(rustls::Error::InconsistentKeys(rustls::InconsistentKeys::KeyMismatch)) = identity.keys_match()
    {
        bail!("{option} {}: the key does not belong to the certificate of --cert", key_path.display());
    }
    Ok(Some(Arc::new(identity)))
}

/// The client's certificate, and those that follow it in its file.
fn client_chain(text: &[u8], path: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let block = Block::first(text, b"BEGIN CERTIFICATE-");
    // A server would have to guess at what is wrong with a certificate of its client's.
    let first = block.as_ref().map_or(Err("no certificate in PEM form in it"), |block| {
        let own = block.decode()?;
        certificate::read(&own).map(drop).ok_or("the PEM block is not a certificate")
    });
    first.map_err(|why| anyhow!("--cert {}: {why}", pem::place(path, block.as_ref())))?;
    Ok(CertificateDer::pem_slice_iter(text).filter_map(Result::ok).collect())
}

/// The first private key of a file; both the new and the old form of encryption say so in their text.
fn private_key(text: &[u8], block: Option<&Block<'_>>) -> Result<PrivateKeyDer<'static>, &'static str> {
    match PrivateKeyDer::from_pem_slice(text) {
        Ok(key) => Ok(key),
        Err(_) if text.windows(9).any(|part| part == b"ENCRYPTED") => {
            Err("the private key is encrypted; give one without a passphrase, readable by the probe alone")
        }
        Err(_) => block.map_or(Err("no private key in PEM form in it"), Block::decode),
    }
}

//! The token cache: one file per cloud, readable by its user alone, trusted only if every field agrees.

use std::ffi::OsString;
use std::fs;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use anyhow::{Context, Result, anyhow, bail};
use rustix::fs::{Access, AtFlags, Mode};
use rustix::io::Errno;
use serde_json::Value;

use super::catalog::Catalog;
use super::config::Cloud;
use super::response::token_id;
use super::{Token, TokenRecipients, items, object, text};
use crate::environment::Environment;
use crate::sanitize::system_words;
use crate::{input, replacement};

/// The directory within the user's own where no other is named.
const DIRECTORY: &str = "check_ceilometer";

/// Life that a token must have left to be sent: a run and the API's own look at it fit in.
pub(crate) const MIN_TOKEN_LIFE: Duration = Duration::from_secs(120);

/// Maximum size of a cache file, in bytes: a longer one is neither written nor read.
const MAX_FILE_BYTES: usize = 8 * 1024 * 1024;

/// Maximum number of bytes of a cloud's name that become a file's.
const MAX_NAME: usize = 60;

/// Version of the file's format; another one counts as absent.
const FORMAT: u32 = 1;

/// The directory where tokens are kept. It is open from its check on: another one in its place gets no token.
#[derive(Debug, Clone)]
pub(crate) struct Cache {
    path: PathBuf,
    directory: Arc<OwnedFd>,
}

#[derive(Debug)]
pub(crate) struct CachedLogin {
    /// The token, whatever life it has left, and the catalogue that came with it.
    pub(crate) token: Token,
    /// The endpoints that have seen the token.
    pub(crate) recipients: TokenRecipients,
}

/// A directory for tokens where none is named.
#[derive(Debug)]
pub(crate) struct UsualDirectory {
    /// The directory that has to be there: a home or a session that is not is nobody's to make.
    base: PathBuf,
    path: PathBuf,
}

impl Cache {
    /// Uses a directory that was named, making it if need be.
    pub(crate) fn in_directory(directory: &Path) -> Result<Cache> {
        // Without a slash at its end, which would follow a link.
        let path: PathBuf = directory.components().collect();
        Cache::open(&path).with_context(|| format!("--token-cache {}", input::quoted(&path)))
    }

    /// Uses the first of the usual directories that will do.
    pub(crate) fn in_first_of(directories: &[UsualDirectory]) -> Option<Cache> {
        let mut there = directories.iter().filter(|directory| directory.base.is_dir());
        there.find_map(|directory| Cache::open(&directory.path).ok())
    }

    /// The user's own directories, in the order of preference.
    pub(crate) fn usual_directories(environment: &Environment) -> Vec<UsualDirectory> {
        let named =
            |variable| environment.variable(variable).map(PathBuf::from).filter(|path| path.is_absolute());
        let parents = [
            named("XDG_RUNTIME_DIR").map(|base| (base.clone(), base)),
            named("XDG_CACHE_HOME").map(|parent| (PathBuf::from("/"), parent)),
            named("HOME").map(|base| (base.clone(), base.join(".cache"))),
        ];
        let usual =
            |(base, parent): (PathBuf, PathBuf)| UsualDirectory { base, path: parent.join(DIRECTORY) };
        parents.into_iter().flatten().map(usual).collect()
    }

    /// Makes a directory for its user alone, or checks that it is one.
    fn open(path: &Path) -> Result<Cache> {
        let unusable = |error: Errno| anyhow!(system_words(&error.into()));
        if fs::symlink_metadata(path).is_err() {
            make(path).map_err(unusable)?;
        }
        let directory = match input::open_own_directory(path) {
            Err(Errno::NOTDIR | Errno::LOOP) => bail!("not a directory; a link to one is refused too"),
            opened => opened.map_err(unusable)?,
        };
        let status = rustix::fs::fstat(&directory).map_err(unusable)?;
        if status.st_uid != rustix::process::geteuid().as_raw() {
            bail!("belongs to another user");
        }
        if input::is_open(status.st_mode) {
            bail!("is open to other users: chmod 700 it");
        }
        rustix::fs::accessat(&directory, ".", Access::WRITE_OK | Access::EXEC_OK, AtFlags::empty())
            .map_err(unusable)?;
        Ok(Cache { path: path.to_owned(), directory: Arc::new(directory) })
    }

    /// The file of a cloud, which need not exist.
    pub(crate) fn file(&self, cloud: &Cloud) -> PathBuf {
        self.path.join(file_name(&cloud.name))
    }

    /// Looks a cloud up. What is odd about its file counts as absent.
    pub(crate) fn load(&self, cloud: &Cloud) -> Option<CachedLogin> {
        let bytes = input::read_private(&self.directory, &file_name(&cloud.name), MAX_FILE_BYTES)?;
        let found: Value = serde_json::from_str(std::str::from_utf8(&bytes).ok()?).ok()?;
        let is_same = owner(cloud).into_iter().all(|(key, value)| found.get(key) == Some(&value));
        if is_same { CachedLogin::from_json(&found) } else { None }
    }

    /// Keeps a token, which no endpoint has seen yet.
    pub(crate) fn store(&self, cloud: &Cloud, token: &Token) -> Result<()> {
        self.write(cloud, token, &TokenRecipients::default())
    }

    /// Adds endpoints that have seen a token, unless another run has replaced it.
    pub(crate) fn add_recipients(
        &self,
        cloud: &Cloud,
        token: &Token,
        recipients: &TokenRecipients,
    ) -> Result<()> {
        match self.load(cloud).filter(|found| found.token.id == token.id) {
            Some(found) => {
                let all = [recipients.fingerprints(), found.recipients.fingerprints()].concat();
                self.write(cloud, &found.token, &TokenRecipients::new(all))
            }
            None => Ok(()),
        }
    }

    fn write(&self, cloud: &Cloud, token: &Token, recipients: &TokenRecipients) -> Result<()> {
        // By this machine's clock.
        let expires_at = token.expires_at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let mut fields = owner(cloud);
        fields.extend([
            ("token", token.id.expose().into()),
            ("expires_at", expires_at.into()),
            ("catalog", token.catalog.json()),
            ("shown", recipients.fingerprints().into()),
        ]);
        let text = object(fields).to_string();
        if text.len() > MAX_FILE_BYTES {
            bail!("its catalogue is too long");
        }
        let name = file_name(&cloud.name);
        let written =
            replacement::replace(&self.directory, &name, text.as_bytes(), replacement::Mode::Exact(0o600));
        written.map_err(|error| replacement::cause(&self.path.join(name), &error))
    }

    /// Removes a token, unless another run has replaced it.
    pub(crate) fn forget(&self, cloud: &Cloud, token: &Token) -> Result<()> {
        if self.load(cloud).is_some_and(|found| found.token.id == token.id) {
            rustix::fs::unlinkat(&self.directory, file_name(&cloud.name), AtFlags::empty())?;
        }
        Ok(())
    }
}

/// The fields that tell whom a token is for: the login without its secret, that is user or credential, and scope.
///
/// A cloud of the same name in another file gets no token: a planted file, with any secret, could have it sent to an
/// endpoint of its own.
fn owner(cloud: &Cloud) -> Vec<(&'static str, Value)> {
    vec![
        ("format", FORMAT.into()),
        ("cloud", cloud.name.as_str().into()),
        ("source", cloud.source.as_str().into()),
        ("auth_url", cloud.login.auth_url.as_str().into()),
        ("identity", cloud.login.identity()),
    ]
}

impl CachedLogin {
    fn from_json(found: &Value) -> Option<CachedLogin> {
        let expires_at = UNIX_EPOCH.checked_add(Duration::from_secs(found.get("expires_at")?.as_u64()?))?;
        let catalog = Catalog::from_json(found.get("catalog")?)?;
        let shown = items(found, "shown").iter().filter_map(Value::as_u64).collect();
        Some(CachedLogin {
            token: Token { id: token_id(text(found, "token")?)?, expires_at, catalog },
            recipients: TokenRecipients::new(shown),
        })
    }
}

/// The file of a cloud: letters, digits and `-_` of its name as they are, the rest in hexadecimal.
fn file_name(cloud: &str) -> OsString {
    let letter = |byte: u8| match byte {
        byte if byte.is_ascii_alphanumeric() || b"-_".contains(&byte) => char::from(byte).to_string(),
        byte => format!("%{byte:02x}"),
    };
    let letters: String = cloud.bytes().take(MAX_NAME).map(letter).collect();
    format!("{letters}.json").into()
}

/// Makes a directory and those above it that are missing, each for its user alone.
///
/// The standard library would do it by mkdir(3): one more symbol to look up costs each start 5,000 instructions.
fn make(directory: &Path) -> Result<(), Errno> {
    let is_missing = |directory: &&Path| !directory.as_os_str().is_empty() && !directory.exists();
    let missing: Vec<&Path> = directory.ancestors().take_while(is_missing).collect();
    for directory in missing.into_iter().rev() {
        match rustix::fs::mkdir(directory, Mode::RWXU) {
            // Another run has made it meanwhile.
            Ok(()) | Err(Errno::EXIST) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

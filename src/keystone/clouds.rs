//! Finds and reads clouds.yaml, secure.yaml and clouds-public.yaml, and lays them over one another key by key.
//!
//! The order of the search is openstacksdk's. What it does not do: a file that somebody else could have written is
//! refused, for its `auth_url` would get the password.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Result, anyhow, bail};
use rustix::fs::{Mode, OFlags};

use super::config::ENVVARS;
use super::yaml::{self, Node, Value};
use crate::environment::Environment;
use crate::input::{self, OpenedFile};
use crate::sanitize::{quote_arg, sanitize_own};

const MAX_FILE_BYTES: usize = 1024 * 1024;

/// Maximum length of a value, in bytes, as of a token file's: a secret is searched for in every text.
const MAX_VALUE: usize = 16 * 1024;

/// Maximum number of regions of a cloud: each has settings of its own to be read.
pub(super) const MAX_REGIONS: usize = 200;

/// Maximum number of clouds that the error about a missing one names.
const MAX_CLOUDS_NAMED: usize = 12;

/// Maximum length of a cloud's name where an error lists it, in characters.
const MAX_NAME: usize = 60;

/// Maximum length of a directory in an error, in characters.
const MAX_DIRECTORY: usize = 200;

/// The settings that belong into secure.yaml.
pub(super) const SECRETS: [&str; 3] = ["password", "token", "application_credential_secret"];

/// The form of an entry below `clouds:`.
const CLOUD_FORM: &str = "each cloud's name with its settings, as in 'prod: {auth: {…}}'";

const EXTENSIONS: [&str; 3] = ["yaml", "yml", "json"];

/// The directory that openstacksdk looks into first.
const CURRENT: &str = ".";

/// The settings of one cloud, the most important source first.
#[derive(Debug, Clone)]
pub(super) struct Layers {
    parts: Vec<Layer>,
    /// The file that names the cloud, whatever links lead to it; empty for the `OS_*` variables.
    pub(super) source: String,
    /// The files that were read.
    pub(super) files: Vec<PathBuf>,
    /// Notes about the files, for `-v`.
    pub(super) notes: Vec<String>,
}

/// One cloud's part of one source.
#[derive(Debug, Clone)]
struct Layer {
    /// The path of its file; `None` for the `OS_*` variables.
    file: Option<PathBuf>,
    node: Arc<Node>,
}

/// The text of a setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Setting {
    pub(super) text: String,
    /// The key and where it was read, for an error: `FILE:LINE: KEY`, or the variable.
    pub(super) name: String,
}

impl Layers {
    /// Reads the layers of a cloud: secure.* over clouds.* over the profile in clouds-public.*.
    pub(super) fn read(
        cloud: &str,
        config: Option<&Path>,
        environment: &Environment,
        deadline: Instant,
    ) -> Result<Layers> {
        let search = FileSearch { environment, deadline, only_beside: config.is_some() };
        let main = match config {
            Some(path) => ConfigFile::read(path, deadline)?.ok_or_else(|| {
                anyhow!("--os-config: {} does not exist: check the path", input::quoted(path))
            })?,
            None => search.clouds_file()?,
        };
        let node = main.cloud("clouds", cloud).cloned().ok_or_else(|| main.lacks(cloud))?;
        let source = main.real_path()?.to_string_lossy().into_owned();
        let files = vec![main.path.clone()];
        let mut layers = Layers { parts: vec![Layer::of(&main, node)], source, files, notes: Vec::new() };
        if let Some(secure) = search.beside(&main, "secure", "OS_CLIENT_SECURE_FILE")? {
            search.check_directories(&main, &secure)?;
            layers.files.push(secure.path.clone());
            if !main.is_beside(&secure) {
                let [secrets, clouds] = [&secure, &main].map(|file| input::quoted(&file.path));
                layers.notes.push(format!("the secrets are from {secrets}, not from beside {clouds}"));
            }
            if let Some(node) = secure.cloud("clouds", cloud) {
                layers.parts.insert(0, Layer::of(&secure, node.clone()));
            }
        }
        // `cloud` is its old name.
        if let Some(profile) = layers.text(&["profile"])?.or(layers.text(&["cloud"])?) {
            let public = search.beside(&main, "clouds-public", "OS_CLIENT_VENDOR_FILE")?;
            let found =
                public.as_ref().and_then(|file| Some((file, file.cloud("public-clouds", &profile.text)?)));
            let Some((file, node)) = found else {
                bail!(
                    "{} is unknown: define it in clouds-public.yaml, or write its keys into the cloud",
                    profile.name
                );
            };
            search.check_directories(&main, file)?;
            layers.files.push(file.path.clone());
            layers.parts.push(Layer::of(file, node.clone()));
        }
        Ok(layers)
    }

    /// Takes the `OS_*` variables for a cloud.
    pub(super) fn from_environment(environment: &Environment) -> Layers {
        let entries = environment.variables.iter().filter_map(|(name, value)| {
            let key = name.to_str()?.strip_prefix("OS_")?.to_ascii_lowercase();
            let text = value.to_str().filter(|text| !text.is_empty())?;
            Some((key, Node { line: 0, value: Value::Text(text.to_owned()) }))
        });
        let node = Node { line: 0, value: Value::Map(entries.collect()) };
        let layers = vec![Layer { file: None, node: Arc::new(node) }];
        Layers { parts: layers, source: String::new(), files: Vec::new(), notes: Vec::new() }
    }

    /// Returns the layers with a region's `values` above all others.
    pub(super) fn in_region(&self, region: &str) -> Result<Layers> {
        let mut layers = self.clone();
        for key in ["regions", "region_name"] {
            let Some((layer, node)) = self.find(&[key]) else { continue };
            let mut regions = layer.region_list(node, key)?.iter();
            let values = regions.find_map(|node| {
                let is_meant = matches!(&node.get("name")?.value, Value::Text(name) if name == region);
                node.get("values").filter(|_| is_meant)
            });
            if let Some(values) = values {
                let values = Layer { file: layer.file.clone(), node: Arc::new(values.clone()) };
                layers.parts.insert(0, values);
                break;
            }
        }
        Ok(layers)
    }

    /// The names of the regions in a list, or in a text that separates them by commas.
    pub(super) fn regions(&self, key: &str) -> Result<Vec<String>> {
        let Some((layer, node)) = self.find(&[key]) else { return Ok(Vec::new()) };
        let name = |node: &Node| match &node.get("name").unwrap_or(node).value {
            Value::Text(name) => Ok(name.clone()),
            _ => bail!("{}: a region is a name, or a mapping with a name", layer.name(node, key)),
        };
        match &node.value {
            Value::Text(text) => {
                let parts = text.split(',').map(str::trim);
                Ok(parts.filter(|name| !name.is_empty()).map(str::to_owned).collect())
            }
            Value::List(_) => layer.region_list(node, key)?.iter().map(name).collect(),
            _ => bail!("{}: expected a region or a list of regions", layer.name(node, key)),
        }
    }

    /// The text at a path of keys, from the first layer that has it.
    pub(super) fn text(&self, path: &[&str]) -> Result<Option<Setting>> {
        let Some((layer, node)) = self.find(path) else { return Ok(None) };
        let key = path.last().copied().unwrap_or_default();
        let name = layer.name(node, key);
        match &node.value {
            Value::Text(text) if text.len() > MAX_VALUE => {
                bail!("{name} is longer than {MAX_VALUE} bytes")
            }
            Value::Text(text) => Ok(Some(Setting { text: text.clone(), name })),
            _ => bail!("{name}: expected one value"),
        }
    }

    fn find(&self, path: &[&str]) -> Option<(&Layer, &Node)> {
        self.parts.iter().find_map(|layer| {
            let node = path.iter().try_fold(&*layer.node, |node, key| node.setting(key))?;
            Some((layer, node))
        })
    }

    /// `FILE:LINE` of the cloud itself; `None` for the `OS_*` variables.
    fn file_position(&self) -> Option<String> {
        let Layer { file, node } = self.parts.last()?;
        file.as_ref().map(|path| format!("{}:{}", input::name(path), node.line))
    }

    /// Returns the position that describes the cloud itself, for errors about missing keys.
    pub(super) fn position(&self) -> String {
        self.file_position().unwrap_or("the OS_* variables".into())
    }

    /// A key as the cloud's source spells it.
    pub(super) fn spelling(&self, key: &str) -> String {
        if self.file_position().is_some() { key.to_owned() } else { variable(key) }
    }

    /// The error about a cloud that has none of these keys.
    pub(super) fn lacks(&self, keys: &[&str]) -> anyhow::Error {
        let names = keys.iter().map(|key| self.spelling(key)).collect::<Vec<_>>().join(" or ");
        match self.file_position() {
            Some(position) if keys.iter().any(|key| SECRETS.contains(key)) => {
                anyhow!("{position}: no {names}: put it into secure.yaml")
            }
            Some(position) => anyhow!("{position}: no {names}"),
            None => anyhow!("--os-cloud {ENVVARS} requires {names} in the environment"),
        }
    }

    /// The files in which a key under `auth` or beside it is, for the note about files that others can read.
    pub(super) fn files_with(&self, key: &str) -> Vec<&Path> {
        let has =
            |node: &Node| node.setting(key).or(node.get("auth").and_then(|auth| auth.setting(key))).is_some();
        self.parts.iter().filter(|layer| has(&layer.node)).filter_map(|layer| layer.file.as_deref()).collect()
    }
}

impl Layer {
    fn of(file: &ConfigFile, node: Node) -> Layer {
        Layer { file: Some(file.path.clone()), node: Arc::new(node) }
    }

    /// The items of a list of regions; none where the node is no list.
    fn region_list<'a>(&self, node: &'a Node, key: &str) -> Result<&'a [Node]> {
        match &node.value {
            Value::List(items) if items.len() > MAX_REGIONS => {
                bail!("{} has more than {MAX_REGIONS} regions", self.name(node, key))
            }
            Value::List(items) => Ok(items),
            _ => Ok(&[]),
        }
    }

    fn name(&self, node: &Node, key: &str) -> String {
        match &self.file {
            Some(path) => format!("{}:{}: {key}", input::name(path), node.line),
            None => variable(key),
        }
    }
}

fn variable(key: &str) -> String {
    format!("OS_{}", key.to_ascii_uppercase())
}

struct ConfigFile {
    path: PathBuf,
    opened: OpenedFile,
    root: Node,
}

impl ConfigFile {
    /// Reads a file; `None` if there is none.
    fn read(path: &Path, deadline: Instant) -> Result<Option<ConfigFile>> {
        let Some((content, opened)) = input::read_trusted(path, MAX_FILE_BYTES, deadline)? else {
            return Ok(None);
        };
        let is_json = path.extension() == Some(OsStr::new("json"));
        let root = yaml::parse(&content, is_json)
            .map_err(|error| anyhow!("{}:{}: {}", input::name(path), error.line, error.reason))?;
        Ok(Some(ConfigFile { path: path.to_owned(), opened, root }))
    }

    /// One cloud of the section that holds the file's clouds.
    fn cloud(&self, section: &str, name: &str) -> Option<&Node> {
        self.root.get(section)?.get(name).filter(|cloud| matches!(cloud.value, Value::Map(_)))
    }

    /// The error about a cloud that is not there, with those that are.
    fn lacks(&self, cloud: &str) -> anyhow::Error {
        let file = input::name(&self.path);
        let (line, clouds) = match self.root.get("clouds") {
            Some(Node { line, value: Value::Map(clouds) }) => (line, clouds),
            Some(node) => {
                let kind = if matches!(node.value, Value::List(_)) { "a list" } else { "a text" };
                return anyhow!("{file}:{}: 'clouds:' holds {kind}: expected {CLOUD_FORM}", node.line);
            }
            None => {
                let line = self.root.line;
                return anyhow!("{file}:{line}: no clouds: expected 'clouds:' and below it {CLOUD_FORM}");
            }
        };
        if let Some((_, node)) = clouds.iter().find(|(name, _)| name == cloud) {
            return anyhow!("{file}:{}: the cloud has no settings, such as auth", node.line);
        }
        let names: Vec<String> =
            clouds.iter().take(MAX_CLOUDS_NAMED).map(|(name, _)| sanitize_own(name, MAX_NAME)).collect();
        let more = if clouds.len() > MAX_CLOUDS_NAMED { ", …" } else { "" };
        let names = if names.is_empty() { "no others".into() } else { names.join(", ") };
        anyhow!("{file}:{line}: no cloud {}; there are: {names}{more}", quote_arg(cloud))
    }

    /// The directory as it is spelt.
    fn directory(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new(CURRENT))
    }

    /// Tests whether the file was found by way of the current directory, however that is spelt.
    fn is_in_current_directory(&self) -> bool {
        let is_current = |current| input::is_same(&self.opened.named_in, current);
        self.path.is_relative() || input::open_directory(Path::new(CURRENT)).is_ok_and(is_current)
    }

    /// Tests whether both files are in one directory themselves, whatever links lead to them.
    fn is_beside(&self, other: &ConfigFile) -> bool {
        input::is_same(&self.opened.lies_in, &other.opened.lies_in)
    }

    /// The path of the file itself, whatever links lead to it.
    fn real_path(&self) -> Result<PathBuf> {
        let real = fs::canonicalize(&self.path);
        let is_read = |real: &PathBuf| {
            let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            let found = rustix::fs::open(real, flags, Mode::empty());
            found.is_ok_and(|found| input::is_same(&self.opened.file, found))
        };
        real.ok()
            .filter(is_read)
            .ok_or_else(|| anyhow!("{} was replaced while it was read: try again", input::quoted(&self.path)))
    }
}

struct FileSearch<'a> {
    environment: &'a Environment,
    deadline: Instant,
    /// True if `--os-config` names the file, so that nothing elsewhere belongs to it.
    only_beside: bool,
}

impl FileSearch<'_> {
    fn clouds_file(&self) -> Result<ConfigFile> {
        if let Some(file) = self.first(&self.files("clouds", "OS_CLIENT_CONFIG_FILE"))? {
            return Ok(file);
        }
        let place = |directory: &PathBuf| {
            let closed = if input::is_forbidden(directory) { " (permission denied)" } else { "" };
            sanitize_own(&directory.to_string_lossy(), MAX_DIRECTORY) + closed
        };
        let places: Vec<String> = self.directories().iter().map(place).collect();
        bail!(
            "no clouds.yaml, .yml or .json in {}: write one, or name it with --os-config",
            places.join(", ")
        )
    }

    /// The file that a variable names, the one beside the cloud's, or the first of the search.
    fn beside(&self, main: &ConfigFile, stem: &str, variable: &str) -> Result<Option<ConfigFile>> {
        let beside = with_extensions(main.directory(), stem);
        if self.only_beside {
            return self.first(&beside);
        }
        let named: Vec<PathBuf> = self.named(variable).into_iter().collect();
        self.first(&[named, beside, self.files(stem, variable)].concat())
    }

    /// Refuses a file from another directory than the cloud's where one of the two was found in the current directory: an
    /// attacker who plants one there could have the other's secrets sent to another `auth_url`. A link is no way around it.
    fn check_directories(&self, main: &ConfigFile, other: &ConfigFile) -> Result<()> {
        let is_planted = main.is_in_current_directory() || other.is_in_current_directory();
        if is_planted && !self.only_beside && !main.is_beside(other) {
            let (clouds, others) = (input::quoted(&main.path), input::quoted(&other.path));
            bail!(
                "{others} belongs to another directory than {clouds}, and the one in the current directory could send \
                 secrets elsewhere: put both into one directory, or name the file that is meant with --os-config"
            );
        }
        Ok(())
    }

    fn first(&self, files: &[PathBuf]) -> Result<Option<ConfigFile>> {
        for file in files {
            if let Some(found) = ConfigFile::read(file, self.deadline)? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    fn named(&self, variable: &str) -> Option<PathBuf> {
        self.environment.non_empty(variable).map(PathBuf::from)
    }

    fn files(&self, stem: &str, variable: &str) -> Vec<PathBuf> {
        let mut directories = self.directories();
        directories.retain(|directory| !input::is_forbidden(directory));
        let found = directories.iter().flat_map(|directory| with_extensions(directory, stem));
        self.named(variable).into_iter().chain(found).collect()
    }

    fn directories(&self) -> Vec<PathBuf> {
        let own = self.named("XDG_CONFIG_HOME").map(|home| home.join("openstack"));
        let home = self.named("HOME").map(|home| home.join(".config/openstack"));
        let mut all = vec![PathBuf::from(CURRENT)];
        all.extend(own.into_iter().chain(home.clone()));
        all.extend(["/etc/xdg/openstack", "/etc/openstack"].map(PathBuf::from));
        all
    }
}

fn with_extensions(directory: &Path, stem: &str) -> Vec<PathBuf> {
    EXTENSIONS.iter().map(|extension| directory.join(format!("{stem}.{extension}"))).collect()
}

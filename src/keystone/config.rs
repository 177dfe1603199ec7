//! A cloud's settings, read from its layers: how to log in, which endpoints are meant, how TLS is done.
//!
//! Only the keys below are read; others are openstacksdk's business. Errors name the place, never the text.

use std::collections::HashSet;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow, bail};
use strum::{IntoStaticStr, VariantArray};

use super::Secret;
use super::catalog::without_version;
use super::clouds::{Layers, MAX_REGIONS, SECRETS, Setting};
use crate::environment::Environment;
use crate::input;
use crate::model::endpoint::{Defaults, Endpoint};
use crate::sanitize::sanitize_own;

/// The cloud that the `OS_*` variables describe.
pub(crate) const ENVVARS: &str = "envvars";

/// The path of the login, below `auth_url`.
const LOGIN_PATH: &str = "/v3/auth/tokens";

/// The service's official type and the names that catalogues have for it, the usual one first.
pub(super) const SERVICE_TYPES: [&str; 3] = ["metering", "meter", "telemetry"];

/// The placeholder of the region in `auth_url`.
const REGION: &str = "{region_name}";

/// The domain of a name where none is given, as Keystone's bootstrap makes it.
const DEFAULT_DOMAIN: &str = "default";

/// The options of the command line about the cloud.
#[derive(Debug, Clone)]
pub(crate) struct CloudOptions<'a> {
    pub(crate) name: &'a str,
    pub(crate) config: Option<&'a std::path::Path>,
    pub(crate) regions: &'a [String],
    pub(crate) interface: Option<Interface>,
    pub(crate) service_type: Option<&'a str>,
    /// True if no endpoint was given, so that the catalogue has to name them.
    pub(crate) needs_endpoints: bool,
    /// Health path and the like, for endpoints that the cloud names.
    pub(crate) defaults: Defaults,
}

/// A cloud ready to log in to.
#[derive(Debug, Clone)]
pub(crate) struct Cloud {
    pub(crate) name: String,
    /// The file that names it; empty for the `OS_*` variables.
    pub(super) source: String,
    /// The files that it was read from.
    pub(crate) files: Vec<PathBuf>,
    pub(crate) login: Login,
    /// The selection from the catalogue: one entry for each chosen region, or one for all.
    pub(crate) selections: Vec<Selection>,
    /// The TLS settings for Keystone and the service.
    pub(crate) tls: TlsSettings,
    /// `api_timeout`.
    pub(crate) timeout: Option<Duration>,
    /// Notes for `-v`.
    pub(crate) notes: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Login {
    pub(crate) url: Endpoint,
    /// `auth_url`, as the request needs it: with its version.
    pub(crate) auth_url: String,
    pub(super) credential: Credential,
    pub(super) scope: TokenScope,
}

#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::enum_variant_names, reason = "the field's name for it")]
pub(super) enum Credential {
    Password { user: Entity, password: Secret },
    Token(Secret),
    ApplicationCredential { credential: ApplicationCredential, secret: Secret },
}

impl Credential {
    pub(super) const fn secret(&self) -> &Secret {
        match self {
            Credential::Password { password: secret, .. }
            | Credential::Token(secret)
            | Credential::ApplicationCredential { secret, .. } => secret,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ApplicationCredential {
    Id(String),
    /// A name, which is unique to its user.
    Named(String, Entity),
}

/// A user or a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Entity {
    Id(String),
    Named(String, Domain),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Domain {
    Id(String),
    Name(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TokenScope {
    /// As Keystone decides; an application credential has its own.
    Unscoped,
    Project(Entity),
    Domain(Domain),
    System,
    Trust(String),
}

/// The criteria that an endpoint of the catalogue has to match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Selection {
    /// The region; `None` for every one.
    pub(crate) region: Option<String>,
    pub(crate) interface: Interface,
    /// The service type; `None` for the first of the usual ones that the catalogue has.
    pub(crate) service_type: Option<String>,
    /// The endpoint itself, which makes the catalogue unnecessary.
    pub(crate) endpoint: Option<Endpoint>,
}

/// From where an endpoint of the catalogue is meant to be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "lowercase", const_into_str)]
pub(crate) enum Interface {
    Public,
    Internal,
    Admin,
}

impl Interface {
    /// Reads `public`, `publicURL` and the like.
    pub(crate) fn parse(text: &str) -> Option<Interface> {
        let word = text.strip_suffix("URL").unwrap_or(text);
        Interface::VARIANTS.iter().copied().find(|interface| interface.name() == word)
    }

    pub(crate) const fn name(self) -> &'static str {
        self.into_str()
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct TlsSettings {
    /// `insecure`, or `verify: false`.
    pub(crate) insecure: bool,
    pub(crate) cacert: Option<PathBuf>,
    pub(crate) cert: Option<PathBuf>,
    pub(crate) key: Option<PathBuf>,
}

impl TlsSettings {
    /// Replaces `~` at the beginning of a path, as openstacksdk does.
    fn expand_home(&mut self, environment: &Environment) {
        let Some(home) = environment.variable("HOME").map(PathBuf::from) else { return };
        for path in [&mut self.cacert, &mut self.cert, &mut self.key].into_iter().flatten() {
            if let Ok(below) = path.strip_prefix("~") {
                *path = home.join(below);
            }
        }
    }
}

impl Cloud {
    /// Reads the cloud that the options name. Opens files, and nothing else.
    pub(crate) fn read(
        options: &CloudOptions<'_>,
        environment: &Environment,
        deadline: Instant,
    ) -> Result<Cloud> {
        let is_named = options.name != ENVVARS;
        let layers = if is_named {
            Layers::read(options.name, options.config, environment, deadline)?
        } else {
            Layers::from_environment(environment)
        };
        let mut cloud = Cloud::from_layers(&layers, options, deadline)?;
        cloud.tls.expand_home(environment);
        cloud.notes.extend(ignored_variables(environment).filter(|_| is_named));
        Ok(cloud)
    }

    /// A cloud for rehearsals, whose login goes to this URL.
    pub(crate) fn simulated(url: Endpoint) -> Cloud {
        let credential = ApplicationCredential::Id("simulated".into());
        let selection =
            Selection { region: None, interface: Interface::Public, service_type: None, endpoint: None };
        Cloud {
            name: "simulated".into(),
            source: String::new(),
            files: Vec::new(),
            login: Login {
                auth_url: login_base(&url),
                url,
                credential: Credential::ApplicationCredential {
                    credential,
                    secret: Secret::new("simulated"),
                },
                scope: TokenScope::Unscoped,
            },
            selections: vec![selection],
            tls: TlsSettings::default(),
            timeout: None,
            notes: Vec::new(),
        }
    }

    fn from_layers(layers: &Layers, options: &CloudOptions<'_>, deadline: Instant) -> Result<Cloud> {
        let regions = chosen_regions(layers, options)?;
        let mut clouds = Vec::new();
        for region in &regions {
            if Instant::now() >= deadline {
                bail!("{}: the time budget was spent while its regions were read", layers.position());
            }
            let layers =
                region.as_deref().map_or_else(|| Ok(layers.clone()), |region| layers.in_region(region))?;
            clouds.push(Settings { layers: &layers, notes: Vec::new() }.cloud(region.as_deref(), options)?);
        }
        let mut clouds = clouds.into_iter();
        let Some(mut cloud) = clouds.next() else { bail!("{}: no region", layers.position()) };
        for other in clouds {
            if other.login != cloud.login || other.tls != cloud.tls {
                bail!(
                    "{}: its regions have logins of their own: choose one with --os-region-name",
                    layers.position()
                );
            }
            cloud.selections.extend(other.selections);
        }
        Ok(cloud)
    }

    pub(crate) fn secret(&self) -> &Secret {
        self.login.credential.secret()
    }
}

impl Login {
    pub(crate) const fn is_by_password(&self) -> bool {
        matches!(self.credential, Credential::Password { .. })
    }

    /// The type of authentication, as clouds.yaml names it.
    pub(crate) const fn auth_type(&self) -> &'static str {
        match self.credential {
            Credential::Password { .. } => "v3password",
            Credential::Token(_) => "v3token",
            Credential::ApplicationCredential { .. } => "v3applicationcredential",
        }
    }
}

/// The regions that were chosen; one `None` for all.
fn chosen_regions(layers: &Layers, options: &CloudOptions<'_>) -> Result<Vec<Option<String>>> {
    let mut regions = options.regions.to_vec();
    if regions.is_empty() {
        let of_service = first_text(layers, &service_paths("region_name"))?;
        regions.extend(of_service.map(|setting| setting.text));
    }
    for key in ["region_name", "regions"] {
        if regions.is_empty() {
            regions = layers.regions(key)?;
        }
    }
    if regions.is_empty() {
        return Ok(vec![None]);
    }
    let mut seen = HashSet::new();
    regions.retain(|region| seen.insert(region.clone()));
    if regions.len() > MAX_REGIONS {
        bail!("{}: more than {MAX_REGIONS} regions: choose some with --os-region-name", layers.position());
    }
    Ok(regions.into_iter().map(Some).collect())
}

/// `metering_KEY` and what older names of the service make of it.
fn service_paths(key: &str) -> [String; 3] {
    SERVICE_TYPES.map(|service| format!("{service}_{key}"))
}

fn first_text(layers: &Layers, keys: &[String]) -> Result<Option<Setting>> {
    for key in keys {
        let found = layers.text(&[key])?;
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

/// A note about the variables that a named cloud leaves unread.
fn ignored_variables(environment: &Environment) -> Option<String> {
    let is_ignored = |name: &&str| {
        name.starts_with("OS_")
            && !name.starts_with("OS_CLIENT_")
            && *name != "OS_CLOUD"
            && environment.is_set(name)
    };
    let mut names: Vec<&str> =
        environment.variables.keys().filter_map(|name| name.to_str()).filter(is_ignored).collect();
    names.sort_unstable();
    let (list, is) = (sanitize_own(&names.join(", "), 200), if names.len() == 1 { "is" } else { "are" });
    (!names.is_empty()).then(|| {
        format!("{list} in the environment {is} ignored: --os-cloud {ENVVARS} reads these variables")
    })
}

/// Reads settings, and collects notes about them.
struct Settings<'a> {
    layers: &'a Layers,
    notes: Vec<String>,
}

impl Settings<'_> {
    fn cloud(mut self, region: Option<&str>, options: &CloudOptions<'_>) -> Result<Cloud> {
        let selection = self.selection(region, options)?;
        let url = self.auth_url(region)?;
        let credential = self.credential()?;
        let scope = self.scope(&credential, options.needs_endpoints && selection.endpoint.is_none())?;
        let tls = self.tls()?;
        for key in SECRETS {
            let readable =
                self.layers.files_with(key).into_iter().filter(|file| input::is_readable_by_others(file));
            let note = |file| {
                format!("{} is readable by other users and holds a secret: chmod 600 it", input::quoted(file))
            };
            self.notes.extend(readable.map(note));
        }
        let notes = self.layers.notes.iter().cloned().chain(self.notes.drain(..)).collect();
        Ok(Cloud {
            name: options.name.to_owned(),
            source: self.layers.source.clone(),
            files: self.layers.files.clone(),
            login: Login { auth_url: login_base(&url), url, credential, scope },
            selections: vec![selection],
            tls,
            timeout: self.timeout()?,
            notes,
        })
    }

    /// Returns the text of a key of `auth`, or of the same key beside `auth`.
    fn auth(&self, key: &str) -> Result<Option<Setting>> {
        Ok(self.layers.text(&["auth", key])?.or(self.layers.text(&[key])?))
    }

    fn first_auth(&self, keys: &[&str]) -> Result<Option<String>> {
        for key in keys {
            if let Some(setting) = self.auth(key)? {
                return Ok(Some(setting.text));
            }
        }
        Ok(None)
    }

    /// Returns the first of `keys` that is there. The error about a cloud without them names `missing`.
    fn required(&self, keys: &[&str], missing: &[&str]) -> Result<String> {
        self.first_auth(keys)?.ok_or_else(|| self.layers.lacks(missing))
    }

    fn auth_url(&self, region: Option<&str>) -> Result<Endpoint> {
        let setting = self.auth("auth_url")?.ok_or_else(|| self.layers.lacks(&["auth_url"]))?;
        if region.is_none() && setting.text.contains(REGION) {
            bail!("{} needs a region: choose one with --os-region-name", setting.name);
        }
        let text = setting.text.replace(REGION, region.unwrap_or_default());
        let text = text.trim().trim_end_matches('/');
        let text = text.strip_suffix("/auth/tokens").unwrap_or(text);
        let defaults = Defaults { path: LOGIN_PATH.into(), ..Defaults::default() };
        let has_scheme = text.contains("://");
        Endpoint::parse(without_version(text, None), &defaults)
            .ok()
            .filter(|_| has_scheme)
            .ok_or_else(|| anyhow!("{} {URL_FORM}", setting.name))
    }

    fn credential(&mut self) -> Result<Credential> {
        let setting = self.layers.text(&["auth_type"])?.or(self.layers.text(&["auth_plugin"])?);
        let secret = self.first_auth(&["application_credential_secret"])?;
        let auth_type = match (setting, &secret) {
            (None, Some(_)) => AuthType::ApplicationCredential,
            (None, None) => AuthType::Password,
            (Some(setting), _) => AuthType::parse(&setting)?,
        };
        match auth_type {
            AuthType::Password => {
                let password = Secret::new(self.required(&["password"], &["password"])?);
                Ok(Credential::Password { user: self.user()?, password })
            }
            AuthType::Token => {
                Ok(Credential::Token(Secret::new(self.required(&["token", "auth_token"], &["token"])?)))
            }
            AuthType::ApplicationCredential => {
                let secret = secret.ok_or_else(|| self.layers.lacks(&["application_credential_secret"]))?;
                let secret = Secret::new(secret);
                Ok(Credential::ApplicationCredential { credential: self.application_credential()?, secret })
            }
        }
    }

    fn application_credential(&mut self) -> Result<ApplicationCredential> {
        if let Some(id) = self.first_auth(&["application_credential_id"])? {
            return Ok(ApplicationCredential::Id(id));
        }
        let keys = ["application_credential_id", "application_credential_name"];
        let name = self.required(&["application_credential_name"], &keys)?;
        Ok(ApplicationCredential::Named(name, self.user()?))
    }

    fn user(&mut self) -> Result<Entity> {
        if let Some(id) = self.first_auth(&["user_id"])? {
            return Ok(Entity::Id(id));
        }
        let name = self.required(&["username", "user_name"], &["username", "user_id"])?;
        let domain = self.domain_of("user", &["user_domain_id"], &["user_domain_name"])?;
        Ok(Entity::Named(name, domain))
    }

    /// Returns the scope. Two scopes at once would be refused by Keystone, which does not say why.
    fn scope(&mut self, credential: &Credential, needs_catalog: bool) -> Result<TokenScope> {
        if matches!(credential, Credential::ApplicationCredential { .. }) {
            return Ok(TokenScope::Unscoped);
        }
        let project = self.project()?;
        // Beside a project these are its domain and the user's, as openstacksdk has it.
        let domain = self.domain(&["domain_id"], &["domain_name"])?.filter(|_| project.is_none());
        let scopes = [
            project.map(TokenScope::Project),
            domain.map(TokenScope::Domain),
            self.system_scope()?,
            self.first_auth(&["trust_id"])?.map(TokenScope::Trust),
        ];
        let mut scopes = scopes.into_iter().flatten();
        match (scopes.next(), scopes.next()) {
            (Some(_), Some(_)) => {
                bail!(
                    "{}: two scopes: keep one of project, domain_*, system_scope, trust_id",
                    self.layers.position()
                )
            }
            (None, _) if needs_catalog => bail!(
                "{}: no scope, without which there is no catalogue: give {}, name the endpoints, or set {}",
                self.layers.position(),
                self.layers.spelling("project_name"),
                self.layers.spelling("metering_endpoint_override")
            ),
            (scope, _) => Ok(scope.unwrap_or(TokenScope::Unscoped)),
        }
    }

    fn project(&mut self) -> Result<Option<Entity>> {
        if let Some(id) = self.first_auth(&["project_id", "tenant_id"])? {
            return Ok(Some(Entity::Id(id)));
        }
        let Some(name) = self.first_auth(&["project_name", "tenant_name"])? else { return Ok(None) };
        let (ids, names) =
            (["project_domain_id", "tenant_domain_id"], ["project_domain_name", "tenant_domain_name"]);
        Ok(Some(Entity::Named(name, self.domain_of("project", &ids, &names)?)))
    }

    fn system_scope(&self) -> Result<Option<TokenScope>> {
        match self.auth("system_scope")? {
            None => Ok(None),
            Some(setting) if setting.text == "all" => Ok(Some(TokenScope::System)),
            Some(setting) => bail!("{} can only be all", setting.name),
        }
    }

    fn domain(&self, ids: &[&str], names: &[&str]) -> Result<Option<Domain>> {
        if let Some(id) = self.first_auth(ids)? {
            return Ok(Some(Domain::Id(id)));
        }
        Ok(self.first_auth(names)?.map(Domain::Name))
    }

    fn domain_of(&mut self, whose: &str, ids: &[&str], names: &[&str]) -> Result<Domain> {
        let common = ["domain_id", "default_domain_id", "default_domain"];
        let found = match self.domain(ids, names)? {
            None => self.domain(&common, &["domain_name", "default_domain_name"])?,
            own => own,
        };
        if found.is_none() {
            self.notes.push(format!(
                "{}: no {}: the domain '{DEFAULT_DOMAIN}' is assumed",
                self.layers.position(),
                self.layers.spelling(&format!("{whose}_domain_name"))
            ));
        }
        Ok(found.unwrap_or_else(|| Domain::Id(DEFAULT_DOMAIN.into())))
    }

    fn selection(&self, region: Option<&str>, options: &CloudOptions<'_>) -> Result<Selection> {
        let of_service = |key| first_text(self.layers, &service_paths(key));
        let own = of_service("interface")?.or(of_service("endpoint_type")?);
        let interface = match (options.interface, own) {
            (Some(interface), _) => interface,
            (None, Some(setting)) => read_interface(&setting)?,
            (None, None) => {
                let setting = self.layers.text(&["interface"])?.or(self.layers.text(&["endpoint_type"])?);
                setting.map_or(Ok(Interface::Public), |setting| read_interface(&setting))?
            }
        };
        let service_type = options.service_type.map(str::to_owned);
        Ok(Selection {
            region: region.map(str::to_owned),
            interface,
            service_type: service_type.or(of_service("service_type")?.map(|setting| setting.text)),
            endpoint: self.endpoint_override(options)?,
        })
    }

    fn endpoint_override(&self, options: &CloudOptions<'_>) -> Result<Option<Endpoint>> {
        let Some(setting) = first_text(self.layers, &service_paths("endpoint_override"))? else {
            return Ok(None);
        };
        let url = without_version(setting.text.trim(), None);
        let endpoint = Endpoint::parse(url, &options.defaults);
        let refused = |_| anyhow!("{} {URL_FORM}", setting.name);
        endpoint.map(Some).map_err(refused)
    }

    fn tls(&mut self) -> Result<TlsSettings> {
        let verify = self.tls_setting("verify")?.map(|setting| read_boolean(&setting)).transpose()?;
        let insecure = self.tls_setting("insecure")?.map(|setting| read_boolean(&setting)).transpose()?;
        let mut path =
            |key| Ok::<_, anyhow::Error>(self.tls_setting(key)?.map(|setting| PathBuf::from(setting.text)));
        let (cacert, cert, key) = (path("cacert")?, path("cert")?, path("key")?);
        if key.is_some() && cert.is_none() {
            bail!("{}: key requires cert", self.layers.position());
        }
        Ok(TlsSettings { insecure: insecure == Some(true) || verify == Some(false), cacert, cert, key })
    }

    /// Returns a TLS setting. Its place is beside `auth`; one within `auth` is used and noted.
    fn tls_setting(&mut self, key: &str) -> Result<Option<Setting>> {
        if let Some(setting) = self.layers.text(&[key])? {
            return Ok(Some(setting));
        }
        let within = self.layers.text(&["auth", key])?;
        if let Some(setting) = &within {
            self.notes.push(format!("{} belongs beside auth, not into it", setting.name));
        }
        Ok(within)
    }

    fn timeout(&self) -> Result<Option<Duration>> {
        let Some(setting) = self.layers.text(&["api_timeout"])? else { return Ok(None) };
        let seconds = setting.text.parse::<f64>().ok().filter(|seconds| *seconds > 0.0);
        let timeout = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        timeout.map(Some).ok_or_else(|| anyhow!("{}: expected seconds above 0", setting.name))
    }
}

/// The URL of a login without its last path, as requests name Keystone.
fn login_base(url: &Endpoint) -> String {
    url.url().trim_end_matches("/auth/tokens").to_owned()
}

fn read_interface(setting: &Setting) -> Result<Interface> {
    Interface::parse(&setting.text)
        .ok_or_else(|| anyhow!("{}: expected public, internal or admin", setting.name))
}

/// Reads a boolean in the spellings of YAML 1.1, and the digits that variables have.
fn read_boolean(setting: &Setting) -> Result<bool> {
    match setting.text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" | "1" => Ok(true),
        "false" | "no" | "off" | "0" => Ok(false),
        _ => bail!("{}: expected true or false", setting.name),
    }
}

/// The form of a URL, to follow its name.
const URL_FORM: &str = "must begin with http:// or https://, and contain neither credentials nor a query";

#[derive(Clone, Copy)]
enum AuthType {
    Password,
    Token,
    ApplicationCredential,
}

impl AuthType {
    /// The types that are read, by all their names.
    const NAMES: [(&str, AuthType); 5] = [
        ("password", AuthType::Password),
        ("v3password", AuthType::Password),
        ("token", AuthType::Token),
        ("v3token", AuthType::Token),
        ("v3applicationcredential", AuthType::ApplicationCredential),
    ];

    fn parse(setting: &Setting) -> Result<AuthType> {
        let found = AuthType::NAMES.into_iter().find(|(name, _)| *name == setting.text);
        found
            .map(|(_, auth_type)| auth_type)
            .ok_or_else(|| anyhow!("{}: {}", setting.name, describe_unsupported(&setting.text)))
    }
}

/// Describes why a type of authentication is refused, and the way out.
fn describe_unsupported(auth_type: &str) -> String {
    let kind = match auth_type {
        "v2password" | "v2token" | "v2.0" => return "Keystone v2 is not supported: use v3password".into(),
        "v3totp" | "v3multifactor" => "a second factor cannot be given by a check",
        kind if kind.contains("kerb") => "Kerberos is not supported",
        kind if kind.contains("oauth") => "OAuth is not supported",
        kind if ["oidc", "saml", "adfs", "fed"].iter().any(|word| kind.contains(word)) => {
            "federation is not supported"
        }
        _ => {
            return format!("expected {}", AuthType::NAMES.map(|(name, _)| name).join(", "));
        }
    };
    format!("{kind}: make an application credential (openstack application credential create)")
}

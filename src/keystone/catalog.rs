//! The service catalogue: which of its endpoints are meant.

use std::collections::{BTreeSet, HashSet};
use std::time::Instant;

use serde_json::Value;

use super::config::{Interface, SERVICE_TYPES, Selection};
use super::{items, object, text};
use crate::model::endpoint::{Defaults, Endpoint, EndpointError, MAX_ENDPOINTS};
use crate::sanitize::{Sanitizer, UntrustedText};

/// Maximum length of a list of types, regions or interfaces in an error, in characters.
const MAX_LISTED: usize = 200;

/// Maximum length of one name in an error, in characters.
const MAX_NAME: usize = 60;

/// Maximum length of the reason why a URL is no endpoint, in characters.
const MAX_URL_PROBLEM: usize = 400;

/// A catalogue, flat.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Catalog {
    pub(super) entries: Vec<CatalogEntry>,
    /// The project of the token, whose id may be part of a URL.
    pub(super) project_id: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CatalogEntry {
    pub(super) service_type: String,
    pub(super) region: String,
    pub(super) interface: String,
    pub(super) url: String,
}

/// An endpoint that a selection found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CatalogEndpoint {
    pub(crate) endpoint: Endpoint,
    pub(crate) region: Option<String>,
    /// `None` for an endpoint that was given.
    pub(crate) interface: Option<Interface>,
}

/// The reason why the catalogue gives no endpoint, with the choices that it has. All text is sanitized.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NotInCatalog {
    /// It names no service.
    Empty,
    NoService {
        wanted: String,
        known: String,
    },
    NoRegion {
        service: String,
        region: String,
        known: String,
    },
    NoInterface {
        service: String,
        region: Option<String>,
        interface: Interface,
        known: String,
    },
    UnusableUrl {
        /// Empty where the catalogue names none.
        region: String,
        problem: UrlProblem,
    },
    /// It has more than [`MAX_ENDPOINTS`].
    TooMany,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum UrlProblem {
    NoScheme,
    /// The time budget was spent before it was read.
    OutOfTime,
    /// It contains credentials, or a secret of this check.
    Secret,
    /// It is no endpoint, for this reason.
    Invalid(String),
}

impl Catalog {
    /// Writes it for the token cache.
    pub(super) fn json(&self) -> Value {
        let entry = |entry: &CatalogEntry| {
            let CatalogEntry { service_type, region, interface, url } = entry;
            let field = |key: &'static str, text: &str| (key, text.into());
            object(vec![
                field("type", service_type),
                field("region", region),
                field("interface", interface),
                field("url", url),
            ])
        };
        let entries: Vec<Value> = self.entries.iter().map(entry).collect();
        object(vec![("entries", entries.into()), ("project_id", self.project_id.clone().into())])
    }

    /// Reads what [`Catalog::json`] wrote.
    pub(super) fn from_json(value: &Value) -> Option<Catalog> {
        let entry = |entry: &Value| {
            let field = |key| text(entry, key).map(str::to_owned);
            Some(CatalogEntry {
                service_type: field("type")?,
                region: field("region")?,
                interface: field("interface")?,
                url: field("url")?,
            })
        };
        let entries = items(value, "entries").iter().map(entry).collect::<Option<_>>()?;
        Some(Catalog { entries, project_id: text(value, "project_id").map(str::to_owned) })
    }

    /// The endpoints that the selections mean, each once, found before the deadline.
    pub(crate) fn select(
        &self,
        selections: &[Selection],
        defaults: &Defaults,
        sanitizer: &Sanitizer,
        deadline: Instant,
    ) -> Result<Vec<CatalogEndpoint>, NotInCatalog> {
        let search = CatalogSearch { catalog: self, defaults, sanitizer, deadline };
        let (mut found, mut known) = (Vec::new(), HashSet::new());
        for selection in selections {
            let endpoints = search.of_selection(selection)?;
            found.extend(endpoints.into_iter().filter(|found| known.insert(found.endpoint.clone())));
        }
        if found.len() > MAX_ENDPOINTS {
            return Err(NotInCatalog::TooMany);
        }
        Ok(found)
    }
}

/// A search of a catalogue. Its texts are Keystone's: they are masked whole, then cut.
struct CatalogSearch<'a> {
    catalog: &'a Catalog,
    defaults: &'a Defaults,
    sanitizer: &'a Sanitizer,
    deadline: Instant,
}

impl<'a> CatalogSearch<'a> {
    fn of_selection(&self, selection: &Selection) -> Result<Vec<CatalogEndpoint>, NotInCatalog> {
        let Selection { region, interface, endpoint, .. } = selection;
        if let Some(endpoint) = endpoint {
            let endpoint = endpoint.clone();
            return Ok(vec![CatalogEndpoint {
                endpoint,
                region: region.clone(),
                interface: Some(*interface),
            }]);
        }
        let service = self.of_type(selection)?;
        let in_region: Vec<&CatalogEntry> = service
            .iter()
            .copied()
            .filter(|entry| region.as_ref().is_none_or(|region| entry.region == *region))
            .collect();
        let meant = in_region.iter().filter(|entry| Interface::parse(&entry.interface) == Some(*interface));
        let endpoints: Vec<CatalogEndpoint> =
            meant.map(|entry| self.endpoint(entry, *interface)).collect::<Result<_, _>>()?;
        if !endpoints.is_empty() {
            return Ok(endpoints);
        }
        let region = region.as_ref().map(|region| self.sanitized(region, MAX_NAME));
        let service_type = service.first().map_or("", |entry| &entry.service_type);
        let service_type = self.sanitized(service_type, MAX_NAME);
        Err(match region {
            Some(region) if in_region.is_empty() => {
                let known = self.listed(&service, |entry| &entry.region);
                NotInCatalog::NoRegion { service: service_type, region, known }
            }
            region => {
                let known = self.listed(&in_region, |entry| &entry.interface);
                NotInCatalog::NoInterface { service: service_type, region, interface: *interface, known }
            }
        })
    }

    /// The endpoints of the service: of the chosen type, or of the first usual one that exists.
    fn of_type(&self, selection: &Selection) -> Result<Vec<&'a CatalogEntry>, NotInCatalog> {
        // The rest was not read, and what is wanted may be there.
        if self.catalog.entries.len() > MAX_ENDPOINTS {
            return Err(NotInCatalog::TooMany);
        }
        let types = selection.service_type.as_deref().map_or(SERVICE_TYPES.to_vec(), |own| vec![own]);
        let all: Vec<&CatalogEntry> = self.catalog.entries.iter().collect();
        for service_type in &types {
            let of_type = |entry: &&&CatalogEntry| entry.service_type == *service_type;
            let found: Vec<_> = all.iter().filter(of_type).copied().collect();
            if !found.is_empty() {
                return Ok(found);
            }
        }
        if all.is_empty() {
            return Err(NotInCatalog::Empty);
        }
        let wanted = self.sanitized(&types.join(", "), MAX_LISTED);
        let known = self.listed(&all, |entry| &entry.service_type);
        Err(NotInCatalog::NoService { wanted, known })
    }

    fn endpoint(&self, entry: &CatalogEntry, interface: Interface) -> Result<CatalogEndpoint, NotInCatalog> {
        let url = without_version(&entry.url, self.catalog.project_id.as_deref());
        // `-p` and `-S` are for endpoints that say nothing themselves; a URL of the catalogue says it all.
        let defaults = Defaults { path: self.defaults.path.clone(), ..Defaults::default() };
        let unusable = |problem| {
            let region = self.sanitized(&entry.region, MAX_NAME);
            NotInCatalog::UnusableUrl { region, problem }
        };
        if !url.contains("://") {
            return Err(unusable(UrlProblem::NoScheme));
        }
        if Instant::now() >= self.deadline {
            return Err(unusable(UrlProblem::OutOfTime));
        }
        let parsed = Endpoint::parse(url, &defaults);
        // Every output shows an endpoint, and a reason may quote a part of its URL. Masking takes its time: it comes after
        // the bounds of an endpoint.
        let shown = parsed.as_ref().map_or_else(ToString::to_string, Endpoint::url);
        if self.sanitizer.hides(&shown) {
            return Err(unusable(UrlProblem::Secret));
        }
        let endpoint = parsed.map_err(|error| {
            unusable(match error {
                // Its words are for a URL on a command line.
                EndpointError::Credentials => UrlProblem::Secret,
                error => UrlProblem::Invalid(self.sanitized(&error.to_string(), MAX_URL_PROBLEM)),
            })
        })?;
        Ok(CatalogEndpoint { endpoint, region: Some(entry.region.clone()), interface: Some(interface) })
    }

    /// The different values of a field, sorted.
    fn listed(&self, entries: &[&CatalogEntry], field: impl Fn(&CatalogEntry) -> &String) -> String {
        let values: BTreeSet<&str> = entries.iter().map(|entry| field(entry).as_str()).collect();
        self.sanitized(&values.into_iter().collect::<Vec<_>>().join(", "), MAX_LISTED)
    }

    fn sanitized(&self, text: &str, limit: usize) -> String {
        self.sanitizer.line(&UntrustedText::new(text), limit)
    }
}

/// A URL without the version at its end, or without version and project id.
pub(super) fn without_version<'a>(url: &'a str, project_id: Option<&str>) -> &'a str {
    let url = url.trim_end_matches('/');
    let split = |url: &'a str| {
        url.rsplit_once('/').filter(|(before, _)| before.contains("://") && !before.ends_with('/'))
    };
    let Some((before, last)) = split(url) else { return url };
    if is_version(last) {
        return before;
    }
    match split(before) {
        Some((service, version)) if is_version(version) && is_project(last, project_id) => service,
        _ => url,
    }
}

/// Tests whether a path segment is a version: `v2`, `v2.0`.
fn is_version(segment: &str) -> bool {
    let Some(number) = segment.strip_prefix('v') else { return false };
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    number.split('.').count() <= 2 && number.split('.').all(is_number)
}

/// Tests whether a path segment names a project: by its id, the prefix that object stores have, or a template.
fn is_project(segment: &str, project_id: Option<&str>) -> bool {
    let id = segment.strip_prefix("AUTH_").unwrap_or(segment);
    let is_uuid = matches!(id.replace('-', "").len(), 32)
        && id.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    Some(id) == project_id || is_uuid || id.contains("(tenant_id)") || id.contains("(project_id)")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn dropped_versions() {
        let table = [
            ("http://c:8777", "http://c:8777"),
            ("http://c:8777/", "http://c:8777"),
            ("http://c:8777/v2", "http://c:8777"),
            ("http://c:8777/v2.0/", "http://c:8777"),
            ("https://c/metering/v1", "https://c/metering"),
            ("https://c/metering", "https://c/metering"),
            ("http://c:8777/v2/p1", "http://c:8777"),
            ("http://c:8777/v2/other", "http://c:8777/v2/other"),
            ("http://c:8777/v2/7d89ffa9e01643a7a08198bc8dbccdd1", "http://c:8777"),
            ("http://c:8777/v1/AUTH_p1", "http://c:8777"),
            ("http://c:8777/v2/%(tenant_id)s", "http://c:8777"),
            ("http://c:8777/vault", "http://c:8777/vault"),
            ("http://v2", "http://v2"),
        ];
        for (url, expected) in table {
            assert_eq!(without_version(url, Some("p1")), expected, "{url}");
        }
    }

    fn entry(service_type: &str, region: &str, interface: &str, url: &str) -> CatalogEntry {
        let own = |text: &str| text.to_owned();
        CatalogEntry {
            service_type: own(service_type),
            region: own(region),
            interface: own(interface),
            url: own(url),
        }
    }

    fn catalog() -> Catalog {
        let entries = vec![
            entry("identity", "R1", "public", "http://k:5000/v3"),
            entry("telemetry", "R1", "public", "http://old:8777"),
            entry("metering", "R1", "public", "http://m1:8777/v2"),
            entry("metering", "R1", "internal", "http://i1:8777"),
            entry("metering", "R2", "public", "https://m2/metering"),
        ];
        Catalog { entries, project_id: None }
    }

    fn selection(region: Option<&str>, interface: Interface, service_type: Option<&str>) -> Selection {
        Selection {
            region: region.map(str::to_owned),
            interface,
            service_type: service_type.map(str::to_owned),
            endpoint: None,
        }
    }

    fn selected(selections: &[Selection]) -> Result<Vec<String>, NotInCatalog> {
        let found =
            catalog().select(selections, &Defaults::default(), &Sanitizer::default(), in_a_minute())?;
        Ok(found
            .iter()
            .map(|found| format!("{} {}", found.endpoint, found.region.as_deref().unwrap_or("-")))
            .collect())
    }

    /// Selects the public endpoints with a sanitizer that knows one secret.
    fn select(catalog: &Catalog) -> Result<Vec<CatalogEndpoint>, NotInCatalog> {
        let mut sanitizer = Sanitizer::default();
        sanitizer.add_secret(SECRET.as_bytes());
        let public = [selection(None, Interface::Public, None)];
        catalog.select(&public, &Defaults::default(), &sanitizer, in_a_minute())
    }

    fn in_a_minute() -> Instant {
        Instant::now() + Duration::from_secs(60)
    }

    const SECRET: &str = "a-secret-that-is-longer-than-a-name-which-an-error-cuts-to-its-room";

    /// A name is masked before it is cut: the beginning of a secret is one, too.
    #[test]
    fn secrets_in_names() {
        let far = "x".repeat(MAX_LISTED - 20);
        for entry in [
            entry(SECRET, "R1", "public", "http://m"),
            entry(&format!("{far}{SECRET}"), "R1", "public", "http://m"),
            entry("metering", SECRET, "internal", "http://m"),
            entry("metering", "R1", SECRET, "http://m"),
            entry("metering", "R1", "public", &format!("{SECRET}://m")),
            entry("metering", "R1", "public", &format!("http://m:{SECRET}")),
            entry("metering", "R1", "public", &format!("http://m/{SECRET}")),
            entry("metering", "R1", "public", &format!("http://{SECRET}.example")),
        ] {
            let error = select(&Catalog { entries: vec![entry], project_id: None }).unwrap_err();
            assert!(!format!("{error:?}").contains("a-secret"), "{error:?}");
        }
    }

    /// Someone else may answer in Keystone's place: what follows must stay within its time.
    #[test]
    fn too_many_endpoints() {
        let url = |number| format!("http://m{number}:8777");
        let catalog = |service_type: &str, number: usize| {
            let entries = (0..number).map(|number| entry(service_type, "R1", "public", &url(number)));
            Catalog { entries: entries.collect(), project_id: None }
        };
        assert_eq!(select(&catalog("identity", MAX_ENDPOINTS + 1)), Err(NotInCatalog::TooMany));
        let public = selection(None, Interface::Public, None);
        let endpoint = Endpoint::parse("http://own", &Defaults::default()).ok();
        let selections = [public.clone(), Selection { endpoint, ..public }];
        let found = catalog("metering", MAX_ENDPOINTS).select(
            &selections,
            &Defaults::default(),
            &Sanitizer::default(),
            in_a_minute(),
        );
        assert_eq!(found, Err(NotInCatalog::TooMany));
    }

    fn unusable(region: &str, problem: UrlProblem) -> NotInCatalog {
        NotInCatalog::UnusableUrl { region: region.to_owned(), problem }
    }

    #[test]
    fn no_time_to_select() {
        let public = [selection(None, Interface::Public, None)];
        let found = catalog().select(&public, &Defaults::default(), &Sanitizer::default(), Instant::now());
        assert_eq!(found, Err(unusable("R1", UrlProblem::OutOfTime)));
    }

    /// A URL beyond the bounds of an endpoint is not searched for secrets, which takes long.
    #[test]
    fn endless_url() {
        let entry =
            entry("metering", "R1", "public", &format!("http://m/{}", "aGVsbG8gd29ybGQh".repeat(10_000)));
        let problem = UrlProblem::Invalid("a path cannot be longer than 2048 bytes".into());
        let found = select(&Catalog { entries: vec![entry], project_id: None });
        assert_eq!(found, Err(unusable("R1", problem)));
    }

    #[test]
    fn selected_endpoints() {
        let public = |region| selection(region, Interface::Public, None);
        assert_eq!(selected(&[public(None)]).unwrap(), ["m1:8777 R1", "https://m2:443/metering R2"]);
        assert_eq!(selected(&[public(Some("R2"))]).unwrap(), ["https://m2:443/metering R2"]);
        assert_eq!(selected(&[public(Some("R1")), public(Some("R2"))]).unwrap().len(), 2);
        assert_eq!(selected(&[public(None), public(None)]).unwrap().len(), 2);
        assert_eq!(selected(&[selection(None, Interface::Internal, None)]).unwrap(), ["i1:8777 R1"]);
        assert_eq!(
            selected(&[selection(None, Interface::Public, Some("telemetry"))]).unwrap(),
            ["old:8777 R1"]
        );
    }

    #[test]
    fn missing_endpoints() {
        let own = str::to_owned;
        let no_interface = |region: Option<&str>, interface, known| NotInCatalog::NoInterface {
            service: own("metering"),
            region: region.map(own),
            interface,
            known: own(known),
        };
        let table = [
            (
                selection(None, Interface::Public, Some("nosuch")),
                NotInCatalog::NoService {
                    wanted: own("nosuch"),
                    known: own("identity, metering, telemetry"),
                },
            ),
            (
                selection(Some("r1"), Interface::Public, None),
                NotInCatalog::NoRegion { service: own("metering"), region: own("r1"), known: own("R1, R2") },
            ),
            (
                selection(Some("R2"), Interface::Internal, None),
                no_interface(Some("R2"), Interface::Internal, "public"),
            ),
            (
                selection(None, Interface::Admin, None),
                no_interface(None, Interface::Admin, "internal, public"),
            ),
        ];
        for (selection, expected) in table {
            assert_eq!(selected(&[selection]), Err(expected));
        }
        assert_eq!(select(&Catalog::default()), Err(NotInCatalog::Empty));
    }

    #[test]
    fn unusable_urls() {
        let table = [
            ("m:8777", UrlProblem::NoScheme),
            ("http://user:s3cret@m", UrlProblem::Secret),
            ("ftp://m", UrlProblem::Invalid("unsupported scheme 'ftp': use http or https".into())),
        ];
        for (url, problem) in table {
            let catalog = Catalog { entries: vec![entry("metering", "R1", "public", url)], project_id: None };
            assert_eq!(select(&catalog), Err(unusable("R1", problem)), "{url}");
        }
    }
}

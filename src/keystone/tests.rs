//! Clouds read from files written here, and logins read from responses that a real Keystone gave.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::response::read_response;
use super::*;
use crate::environment::Environment;
use crate::model::endpoint::{Defaults, Endpoint};
use crate::model::exchange::{Header, Response};
use crate::sanitize::{Sanitizer, UntrustedText};
use crate::testing::assert_maps;

/// A directory with configuration files, and an environment that finds them there.
struct Home {
    directory: tempfile::TempDir,
    environment: Environment,
}

impl Home {
    fn new() -> Home {
        let directory = tempfile::tempdir().unwrap();
        let mut environment = Environment::bare(Instant::now());
        environment.variables.insert("XDG_CONFIG_HOME".into(), directory.path().into());
        fs::create_dir(directory.path().join("openstack")).unwrap();
        Home { directory, environment }
    }

    fn with_clouds(text: &str) -> Home {
        Home::new().file("openstack/clouds.yaml", text)
    }

    /// A cloud with a password and these settings beside it.
    fn with_settings(settings: &str) -> Home {
        Home::with_clouds(&with_auth(PASSWORD, settings))
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.directory.path().join(name)
    }

    fn file(self, name: &str, text: &str) -> Home {
        fs::create_dir_all(self.path(name).parent().unwrap()).unwrap();
        fs::write(self.path(name), text).unwrap();
        fs::set_permissions(self.path(name), Permissions::from_mode(0o600)).unwrap();
        self
    }

    fn variable(mut self, name: &str, value: impl AsRef<std::ffi::OsStr>) -> Home {
        self.environment.variables.insert(name.into(), value.as_ref().into());
        self
    }

    fn read_with<'a>(&self, change: impl FnOnce(&mut CloudOptions<'a>)) -> Result<Cloud, String> {
        let mut options = CloudOptions {
            name: "prod",
            config: None,
            regions: &[],
            interface: None,
            service_type: None,
            needs_endpoints: true,
            defaults: Defaults::default(),
        };
        change(&mut options);
        let deadline = Instant::now() + Duration::from_secs(10);
        let cloud = Cloud::read(&options, &self.environment, deadline);
        // Directories differ from run to run.
        cloud.map_err(|error| {
            format!("{error:#}").replace(&format!("{}/", self.directory.path().display()), "")
        })
    }

    fn read(&self) -> Result<Cloud, String> {
        self.read_with(|_| ())
    }

    fn refused(&self) -> String {
        let error = self.read().unwrap_err();
        assert!(!error.contains("s3cret") && error.lines().count() == 1, "{error}");
        error
    }
}

/// A cloud whose `auth` is this flow mapping, followed by more lines.
fn with_auth(auth: &str, more: &str) -> String {
    format!("clouds:\n  prod:\n    auth: {{{auth}}}\n{more}")
}

const PASSWORD: &str = "auth_url: 'http://k:5000', username: monitor, password: s3cret-pw, project_name: ops, \
                        user_domain_name: Default, project_domain_id: default";

fn body(auth: &str, more: &str) -> String {
    Home::with_clouds(&with_auth(auth, more)).read().unwrap().login.body()
}

#[test]
fn login_bodies() {
    let user = r#"{"auth":{"identity":{"methods":["password"],"password":{"user":{"name":"monitor","domain":{"name":"Default"},"password":"s3cret-pw"}}},"scope":{"project":{"name":"ops","domain":{"id":"default"}}}}}"#;
    assert_eq!(body(PASSWORD, ""), user);
    let ids = "auth_url: http://k, user_id: u1, password: 0123, tenant_id: p1";
    let by_id = r#"{"auth":{"identity":{"methods":["password"],"password":{"user":{"id":"u1","password":"0123"}}},"scope":{"project":{"id":"p1"}}}}"#;
    assert_eq!(body(ids, "    auth_type: password\n"), by_id);
    let credential = "auth_url: http://k, application_credential_id: c1, application_credential_secret: s3cret, project_id: p1";
    let by_credential = r#"{"auth":{"identity":{"methods":["application_credential"],"application_credential":{"id":"c1","secret":"s3cret"}}}}"#;
    assert_eq!(body(credential, ""), by_credential);
    let named = "auth_url: http://k, application_credential_name: c, application_credential_secret: s, username: u, user_domain_id: d";
    let by_name = r#"{"auth":{"identity":{"methods":["application_credential"],"application_credential":{"name":"c","secret":"s","user":{"name":"u","domain":{"id":"d"}}}}}}"#;
    assert_eq!(body(named, "    auth_type: v3applicationcredential\n"), by_name);
    let token = "auth_url: http://k, token: t0ken, project_id: p1";
    let by_token = r#"{"auth":{"identity":{"methods":["token"],"token":{"id":"t0ken"}},"scope":{"project":{"id":"p1"}}}}"#;
    assert_eq!(body(token, "    auth_type: v3token\n"), by_token);
}

#[test]
fn scopes() {
    let user = "auth_url: http://k, user_id: u, password: p";
    let table = [
        ("domain_id: d1", r#"{"domain":{"id":"d1"}}"#),
        ("domain_name: ops", r#"{"domain":{"name":"ops"}}"#),
        ("system_scope: all", r#"{"system":{"all":true}}"#),
        ("trust_id: t1", r#"{"OS-TRUST:trust":{"id":"t1"}}"#),
        ("project_name: ops, domain_name: both", r#"{"project":{"name":"ops","domain":{"name":"both"}}}"#),
        ("tenant_name: ops, default_domain: d2", r#"{"project":{"name":"ops","domain":{"id":"d2"}}}"#),
    ];
    for (scope, expected) in table {
        let body = body(&format!("{user}, {scope}"), "");
        assert!(body.ends_with(&format!(r#""scope":{expected}}}}}"#)), "{body}");
    }
}

#[test]
fn auth_urls() {
    let auth_url = |url: &str| {
        let auth = format!("auth_url: '{url}', user_id: u, password: p, project_id: p");
        let cloud = Home::with_clouds(&with_auth(&auth, "")).read().unwrap();
        assert_eq!(format!("{}/auth/tokens", cloud.login.auth_url), cloud.login.url.url());
        cloud.login.auth_url
    };
    assert_maps(
        auth_url,
        [
            ("http://k:5000", "http://k:5000/v3"),
            ("http://k:5000/", "http://k:5000/v3"),
            ("http://k:5000/v3", "http://k:5000/v3"),
            ("http://k:5000/v2.0/", "http://k:5000/v3"),
            ("https://k/identity/v3/", "https://k:443/identity/v3"),
            ("https://k/identity", "https://k:443/identity/v3"),
            ("http://[::1]:5000/v3/auth/tokens", "http://[::1]:5000/v3"),
        ],
    );
}

#[test]
fn layered_files() {
    let home = Home::with_clouds(
        "clouds:\n  prod:\n    profile: acme\n    region_name: R1\n    auth: {username: u, project_name: p}\n",
    )
    .file("openstack/secure.yaml", "clouds: {prod: {auth: {password: s3cret, project_name: over}}, other: 1}\n")
    .file(
        "openstack/clouds-public.yaml",
        "public-clouds:\n  acme:\n    region_name: never\n    interface: internalURL\n    auth: {auth_url: 'https://acme/v3', user_domain_id: d, project_domain_id: e}\n",
    );
    let cloud = home.read().unwrap();
    assert_eq!(cloud.login.auth_url, "https://acme:443/v3");
    assert!(cloud.login.body().contains(r#""project":{"name":"over","domain":{"id":"e"}}"#));
    assert_eq!(cloud.selections[0].region.as_deref(), Some("R1"));
    assert_eq!(cloud.selections[0].interface, Interface::Internal);
    assert_eq!(cloud.notes, [""; 0]);
    assert_eq!(cloud.secret().expose(), "s3cret");
}

#[test]
fn regions_with_values() {
    let home = Home::with_settings(
        "    regions:\n    - name: R1\n      values: {metering_endpoint_override: 'http://m1:8777/v2', interface: admin}\n    - R2\n",
    );
    let cloud = home.read().unwrap();
    let shown: Vec<_> = cloud
        .selections
        .iter()
        .map(|selection| {
            let endpoint = selection.endpoint.as_ref().map(ToString::to_string);
            (selection.region.as_deref().unwrap(), selection.interface.name(), endpoint)
        })
        .collect();
    assert_eq!(shown, [("R1", "admin", Some("m1:8777".to_owned())), ("R2", "public", None)]);
    let own = home
        .read_with(|options| {
            options.regions = const { &[] };
            options.interface = Some(Interface::Internal);
            options.service_type = Some("meter");
        })
        .unwrap();
    assert!(own.selections.iter().all(|selection| selection.interface == Interface::Internal
        && selection.service_type.as_deref() == Some("meter")));
    let chosen = ["R2".to_owned()];
    let one = home.read_with(|options| options.regions = &chosen).unwrap();
    assert_eq!(one.selections.len(), 1);
    let logins =
        Home::with_settings("    regions: [{name: R1, values: {auth: {auth_url: 'http://other'}}}, R2]\n");
    assert!(logins.refused().contains("choose one with --os-region-name"));
}

#[test]
fn tls_settings() {
    let home = Home::with_settings(
        "    verify: off\n    cacert: /ca.pem\n    cert: /c.pem\n    key: /k.pem\n    api_timeout: 2.5\n",
    );
    let cloud = home.read().unwrap();
    let path = |path: &str| Some(path.into());
    let tls =
        TlsSettings { insecure: true, cacert: path("/ca.pem"), cert: path("/c.pem"), key: path("/k.pem") };
    assert_eq!((cloud.tls, cloud.timeout), (tls, Some(Duration::from_millis(2500))));
    let within = Home::with_clouds(&with_auth(&format!("{PASSWORD}, insecure: yes"), ""));
    let within = within.read().unwrap();
    assert!(within.tls.insecure);
    assert!(
        within.notes[0].ends_with("clouds.yaml:3: insecure belongs beside auth, not into it"),
        "{:?}",
        within.notes
    );
}

/// Spellings that openstacksdk reads as well.
#[test]
fn other_spellings() {
    let auth = "auth-url: 'http://{region_name}.k', username: u, password: p, project-name: ops, \
                user-domain-name: d, project-domain-name: d";
    let more = "    auth-plugin: v3password\n    region-name: R1\n    metering_endpoint_type: internalURL\n    \
                cacert: ~/ca.pem\n    cert: ~other/c.pem\n    key: k.pem\n";
    let home = Home::with_clouds(&with_auth(auth, more)).variable("HOME", "/home/u");
    let cloud = home.read().unwrap();
    assert_eq!(cloud.login.auth_url, "http://r1.k:80/v3");
    assert!(cloud.login.body().contains(r#""user":{"name":"u","domain":{"name":"d"}"#));
    assert_eq!(cloud.selections[0].interface, Interface::Internal);
    let paths = [cloud.tls.cacert, cloud.tls.cert, cloud.tls.key].map(|path| path.unwrap());
    assert_eq!(paths, ["/home/u/ca.pem", "~other/c.pem", "k.pem"].map(std::path::PathBuf::from));
    for regions in
        ["    region_name: R1, R2,\n", "    region_name: [R1, R2]\n", "    regions: [R1, {name: R2}]\n"]
    {
        let cloud = Home::with_settings(regions).read().unwrap();
        let regions: Vec<_> = cloud.selections.iter().map(|found| found.region.as_deref().unwrap()).collect();
        assert_eq!(regions, ["R1", "R2"]);
    }
    let region = "    region_name: [{name: R1, values: {interface: admin}}]\n";
    let cloud = Home::with_settings(region).read().unwrap();
    assert_eq!(cloud.selections[0].interface, Interface::Admin);
    let own = |regions: &str| Home::with_clouds(&with_auth(auth, regions)).refused();
    assert!(
        own("    region_name: {name: R1}\n").ends_with("region_name: expected a region or a list of regions")
    );
    assert!(own("").ends_with("clouds.yaml:3: auth_url needs a region: choose one with --os-region-name"));
    assert!(
        own("    regions: [R1, R2]\n")
            .ends_with("its regions have logins of their own: choose one with --os-region-name")
    );
    let profile = with_auth("username: u, password: p, project_id: p", "    cloud: vendor\n");
    let public = "public-clouds: {vendor: {auth: {auth_url: 'http://vendor'}}}\n";
    let home = Home::with_clouds(&profile).file("openstack/clouds-public.yaml", public);
    assert_eq!(home.read().unwrap().login.auth_url, "http://vendor:80/v3");
}

#[test]
fn variables_as_a_cloud() {
    let home = Home::new()
        .variable("OS_AUTH_URL", "http://k:5000/v2.0")
        .variable("OS_USERNAME", "u")
        .variable("OS_PASSWORD", "s3cret")
        .variable("OS_TENANT_NAME", "p")
        .variable("OS_DEFAULT_DOMAIN", "d")
        .variable("OS_REGION_NAME", "R1")
        .variable("OS_ENDPOINT_TYPE", "internalURL")
        .variable("OS_PROJECT_ID", "");
    let cloud = home.read_with(|options| options.name = ENVVARS).unwrap();
    assert_eq!(cloud.login.auth_url, "http://k:5000/v3");
    assert_eq!(cloud.selections[0].interface, Interface::Internal);
    let odd = home.variable("OS_INSECURE", "maybe");
    let error = odd.read_with(|options| options.name = ENVVARS).unwrap_err();
    assert_eq!(error, "OS_INSECURE: expected true or false");
    let named = Home::with_settings("").variable("OS_PASSWORD", "x").variable("OS_CLOUD", "y");
    assert_eq!(
        named.read().unwrap().notes,
        ["OS_PASSWORD in the environment is ignored: --os-cloud envvars reads these variables"]
    );
}

#[test]
fn missing_variables() {
    let refused = |variables: &[(&str, &str)]| {
        let home = variables.iter().fold(Home::new(), |home, (name, value)| home.variable(name, *value));
        home.read_with(|options| options.name = ENVVARS).unwrap_err()
    };
    let (url, user, password) = (("OS_AUTH_URL", "http://k"), ("OS_USERNAME", "u"), ("OS_PASSWORD", "s"));
    let needed = |names: &str| format!("--os-cloud envvars requires {names} in the environment");
    assert_eq!(refused(&[]), needed("OS_AUTH_URL"));
    assert_eq!(refused(&[url, user]), needed("OS_PASSWORD"));
    assert_eq!(refused(&[url, password]), needed("OS_USERNAME or OS_USER_ID"));
    assert_eq!(refused(&[url, ("OS_AUTH_TYPE", "v3token")]), needed("OS_TOKEN"));
    let credential = [url, ("OS_AUTH_TYPE", "v3applicationcredential")];
    assert_eq!(refused(&credential), needed("OS_APPLICATION_CREDENTIAL_SECRET"));
    assert_eq!(
        refused(&[credential[0], credential[1], ("OS_APPLICATION_CREDENTIAL_SECRET", "s")]),
        needed("OS_APPLICATION_CREDENTIAL_ID or OS_APPLICATION_CREDENTIAL_NAME")
    );
    assert_eq!(
        refused(&[url, user, password]),
        "the OS_* variables: no scope, without which there is no catalogue: give OS_PROJECT_NAME, name the \
         endpoints, or set OS_METERING_ENDPOINT_OVERRIDE"
    );
}

#[test]
fn refused_settings() {
    let kerberos = "make an application credential (openstack application credential create)";
    let table = [
        ("username: u, password: s3cret, project_id: p", "", "openstack/clouds.yaml:3: no auth_url"),
        (
            "auth_url: 'k:5000', username: u, password: s3cret",
            "",
            "openstack/clouds.yaml:3: auth_url must begin with http:// or https://, and contain neither credentials nor a query",
        ),
        (
            "auth_url: 'http://u:s3cret@k'",
            "",
            "openstack/clouds.yaml:3: auth_url must begin with http:// or https://, and contain neither credentials nor a query",
        ),
        (
            "auth_url: http://k, username: u",
            "",
            "openstack/clouds.yaml:3: no password: put it into secure.yaml",
        ),
        ("auth_url: http://k, password: s3cret", "", "openstack/clouds.yaml:3: no username or user_id"),
        (
            "auth_url: http://k, user_id: u, password: s3cret",
            "",
            "openstack/clouds.yaml:3: no scope, without which there is no catalogue: give project_name, name the endpoints, or set metering_endpoint_override",
        ),
        (
            "auth_url: http://k, user_id: u, password: s3cret, project_id: p, trust_id: t",
            "",
            "openstack/clouds.yaml:3: two scopes: keep one of project, domain_*, system_scope, trust_id",
        ),
        (
            PASSWORD,
            "    auth_type: v3kerberos\n",
            &format!("openstack/clouds.yaml:4: auth_type: Kerberos is not supported: {kerberos}"),
        ),
        (
            PASSWORD,
            "    auth_type: v3oidcpassword\n",
            &format!("openstack/clouds.yaml:4: auth_type: federation is not supported: {kerberos}"),
        ),
        (
            PASSWORD,
            "    auth_type: v3totp\n",
            &format!(
                "openstack/clouds.yaml:4: auth_type: a second factor cannot be given by a check: {kerberos}"
            ),
        ),
        (
            PASSWORD,
            "    auth_type: v2password\n",
            "openstack/clouds.yaml:4: auth_type: Keystone v2 is not supported: use v3password",
        ),
        (
            PASSWORD,
            "    auth_type: s3cret\n",
            "openstack/clouds.yaml:4: auth_type: expected password, v3password, token, v3token, v3applicationcredential",
        ),
        (
            PASSWORD,
            "    profile: nowhere\n",
            "openstack/clouds.yaml:4: profile is unknown: define it in clouds-public.yaml, or write its keys into the cloud",
        ),
        (PASSWORD, "    verify: s3cret\n", "openstack/clouds.yaml:4: verify: expected true or false"),
        (PASSWORD, "    interface: [public]\n", "openstack/clouds.yaml:4: interface: expected one value"),
        (PASSWORD, "    api_timeout: -1\n", "openstack/clouds.yaml:4: api_timeout: expected seconds above 0"),
        (PASSWORD, "    insecure: s3cret\n", "openstack/clouds.yaml:4: insecure: expected true or false"),
        (
            PASSWORD,
            "    metering_interface: s3cret\n",
            "openstack/clouds.yaml:4: metering_interface: expected public, internal or admin",
        ),
        (PASSWORD, "    key: /k\n", "openstack/clouds.yaml:3: key requires cert"),
        (
            PASSWORD,
            "    metering_endpoint_override: 'http://m?x'\n",
            "openstack/clouds.yaml:4: metering_endpoint_override must begin with http:// or https://, and contain neither credentials nor a query",
        ),
        (PASSWORD, "    verify: no\n    verify: yes\n", "openstack/clouds.yaml:5: duplicate key"),
    ];
    for (auth, more, expected) in table {
        assert_eq!(Home::with_clouds(&with_auth(auth, more)).refused(), expected);
    }
}

#[test]
fn refused_files() {
    let home = Home::with_clouds("clouds: {dev: {a: b}, stage: {a: b}}\n");
    assert_eq!(home.refused(), "openstack/clouds.yaml:1: no cloud 'prod'; there are: dev, stage");
    let empty = Home::with_clouds("clouds: {}\n").refused();
    assert_eq!(empty, "openstack/clouds.yaml:1: no cloud 'prod'; there are: no others");
    assert_eq!(
        Home::with_clouds("clouds: {prod: }\n").refused(),
        "openstack/clouds.yaml:1: the cloud has no settings, such as auth"
    );
    let form = "each cloud's name with its settings, as in 'prod: {auth: {…}}'";
    for (text, reason) in [
        ("prod: {}\n", "1: no clouds: expected 'clouds:' and below it"),
        ("clouds:\n", "1: no clouds: expected 'clouds:' and below it"),
        ("clouds:\n  - prod: {auth: {}}\n", "2: 'clouds:' holds a list: expected"),
        ("clouds: prod\n", "1: 'clouds:' holds a text: expected"),
    ] {
        assert_eq!(Home::with_clouds(text).refused(), format!("openstack/clouds.yaml:{reason} {form}"));
    }
    assert!(
        Home::new()
            .refused()
            .starts_with("no clouds.yaml, .yml or .json in ., openstack, /etc/xdg/openstack")
    );
    let missing =
        Home::new().read_with(|options| options.config = Some(Path::new("/nonexistent/clouds.yaml")));
    assert_eq!(
        missing.unwrap_err(),
        "--os-config: '/nonexistent/clouds.yaml' does not exist: check the path"
    );
    let home = Home::with_settings("");
    fs::set_permissions(home.path("openstack/clouds.yaml"), Permissions::from_mode(0o666)).unwrap();
    assert!(home.refused().contains("anyone may write"));
    let home = Home::new();
    fs::create_dir(home.path("openstack/clouds.yaml")).unwrap();
    assert!(home.refused().ends_with("is not a regular file"));
    let long = PASSWORD.replace("s3cret", &"x".repeat(16 * 1024 + 1));
    let long = Home::with_clouds(&with_auth(&long, "")).refused();
    assert!(long.ends_with("clouds.yaml:3: password is longer than 16384 bytes"), "{long}");
    let regions = |number: usize| {
        let names: Vec<String> = (0..number).map(|number| format!("r{number}")).collect();
        Home::with_clouds(&with_auth(PASSWORD, &format!("    regions: [{}]\n", names.join(","))))
    };
    assert_eq!(regions(200).read().unwrap().selections.len(), 200);
    let many = "openstack/clouds.yaml:4: regions has more than 200 regions";
    assert_eq!(regions(201).refused(), many);
    // A list is not searched for each chosen region either.
    let chosen = ["r2".to_owned(), "r1".to_owned(), "r2".to_owned()];
    assert_eq!(regions(9000).read_with(|options| options.regions = &chosen).unwrap_err(), many);
    let cloud = regions(9).read_with(|options| options.regions = &chosen).unwrap();
    assert_eq!(cloud.selections.len(), 2, "a region that is named twice is asked once");
    let all: Vec<String> = (0..201).map(|number| format!("r{number}")).collect();
    let named = regions(1).read_with(|options| options.regions = &all).unwrap_err();
    assert!(named.ends_with(": more than 200 regions: choose some with --os-region-name"), "{named}");
    let large = Home::with_clouds(&format!("# {}\n", "x".repeat(2 << 20)));
    assert!(large.refused().contains("is larger than 1048576 bytes"));
}

#[test]
fn secrets_from_elsewhere() {
    let without = "auth_url: http://k, user_id: u, project_id: p";
    let home =
        Home::with_clouds(&with_auth(without, "")).file("secure/s.yaml", &with_auth("password: s3cret", ""));
    let file = home.path("secure/s.yaml");
    let home = home.variable("OS_CLIENT_SECURE_FILE", file);
    let notes = home.read().unwrap().notes;
    assert!(notes[0].starts_with("the secrets are from ") && notes[0].contains("secure/s.yaml"), "{notes:?}");
    fs::set_permissions(home.path("secure/s.yaml"), Permissions::from_mode(0o644)).unwrap();
    let notes = home.read().unwrap().notes;
    assert!(
        notes[1].ends_with("s.yaml' is readable by other users and holds a secret: chmod 600 it"),
        "{notes:?}"
    );
    // A file that is named has its secrets beside it and nowhere else.
    let path = home.path("openstack/clouds.yaml");
    let named = home.read_with(|options| options.config = Some(&path));
    assert_eq!(named.unwrap_err(), "openstack/clouds.yaml:3: no password: put it into secure.yaml");
}

#[test]
fn assumed_domain() {
    let home =
        Home::with_clouds(&with_auth("auth_url: http://k, username: u, password: p, project_id: p", ""));
    let cloud = home.read().unwrap();
    assert!(cloud.login.body().contains(r#""domain":{"id":"default"}"#));
    assert!(cloud.notes[0].ends_with("clouds.yaml:3: no user_domain_name: the domain 'default' is assumed"));
}

/// A recorded response: head, blank line, body, and what curl says of it.
fn recorded(text: &str) -> Response {
    let text = text.replace("\r\n", "\n");
    let (head, rest) = text.split_once("\n\n").unwrap();
    let body = rest.rsplit_once("\n[").unwrap().0;
    let mut lines = head.lines();
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let header = |line: &str| {
        let (name, value) = line.split_once(": ").unwrap();
        Header { name: name.to_lowercase(), value: UntrustedText::new(value) }
    };
    Response {
        status,
        headers: lines.map(header).collect(),
        body: UntrustedText::new(body),
        ..Response::default()
    }
}

macro_rules! recorded {
    ($name:literal) => {
        recorded(include_str!(concat!("../../tests/it/keystone/responses/", $name, ".txt")))
    };
}

const NOW: SystemTime = UNIX_EPOCH;

fn select(token: &Token, cloud: &Cloud) -> Result<Vec<CatalogEndpoint>, NotInCatalog> {
    let deadline = Instant::now() + Duration::from_secs(60);
    token.catalog.select(&cloud.selections, &Defaults::default(), &Sanitizer::default(), deadline)
}

/// Each endpoint repeats the type of its service: a long one would make the catalogue larger than the response.
#[test]
fn bounded_catalogs() {
    let token_of = |service_type: &str, endpoints: usize| {
        let endpoints = vec![r#"{"interface":"","url":""}"#; endpoints].join(",");
        let catalog = format!(r#"{{"type":"{service_type}","endpoints":[{endpoints}]}}"#);
        let headers = vec![Header { name: "x-subject-token".into(), value: UntrustedText::new("t") }];
        let body = format!(r#"{{"token":{{"catalog":[{catalog}]}}}}"#);
        let response =
            Response { status: 201, headers, body: UntrustedText::new(body), ..Response::default() };
        read_response(&response, NOW).unwrap()
    };
    for (length, endpoints, kept) in [(255, 3, 3), (256, 3, 0), (1, 20_000, 20_000), (1, 20_002, 20_001)] {
        let token = token_of(&"x".repeat(length), endpoints);
        assert_eq!(token.catalog.entries.len(), kept, "{length} letters, {endpoints} endpoints");
    }
    let directory = tempfile::tempdir().unwrap();
    let cache = Cache::in_directory(&directory.path().join("tokens")).unwrap();
    let cloud = Home::with_clouds(&with_auth(PASSWORD, "")).read().unwrap();
    // Each letter takes six bytes in the file.
    let error = cache.store(&cloud, &token_of(&"\\u0001".repeat(255), 20_000)).unwrap_err();
    assert_eq!(error.to_string(), "its catalogue is too long");
    assert!(cache.load(&cloud).is_none());
}

#[test]
fn granted_tokens() {
    let token = read_response(&recorded!("10-password-project"), NOW).unwrap();
    assert_eq!(token.id.expose(), "gAAAA-a-fernet-token-of-183-characters");
    assert_eq!(token.expires_at, NOW + Duration::from_secs(3600), "by this machine's clock");
    let cloud = Home::with_settings("").read().unwrap();
    let found = select(&token, &cloud).unwrap();
    let shown: Vec<_> = found
        .iter()
        .map(|found| format!("{} {}", found.endpoint, found.region.as_deref().unwrap()))
        .collect();
    assert_eq!(shown, ["127.0.0.1:47010 RegionOne", "127.0.0.1:47012 RegionTwo"]);
    let unscoped = read_response(&recorded!("11-password-unscoped"), NOW).unwrap();
    assert!(select(&unscoped, &cloud).is_err());
    let mut nothing = recorded!("10-password-project");
    nothing.headers.retain(|header| header.name != "x-subject-token");
    assert_eq!(read_response(&nothing, NOW), Err(LoginFailure::Down));
}

#[test]
fn failed_logins() {
    let refused = |message: &str| {
        Err(LoginFailure::Refused { message: UntrustedText::new(message), wanted: Vec::new() })
    };
    let table = [
        (recorded!("30-wrong-password"), refused("The request you have made requires authentication.")),
        (
            recorded!("33-no-domain"),
            refused(
                "Expecting to find domain in user. The server could not comply with the request since it is either malformed or otherwise incorrect. The client is assumed to be in error.",
            ),
        ),
        (
            recorded!("40-appcred-unknown-id"),
            refused("Could not find Application Credential: 00000000000000000000000000000000."),
        ),
        (recorded!("43-no-identity"), refused("'identity' is a required property")),
        (
            recorded!("48-forbidden"),
            refused("You are not authorized to perform the requested action: identity:list_endpoints."),
        ),
        (
            recorded!("38-mfa"),
            Err(LoginFailure::Refused {
                message: UntrustedText::default(),
                wanted: vec!["totp".into(), "password".into()],
            }),
        ),
        (recorded!("06-unknown-path"), Err(LoginFailure::Down)),
        (recorded!("47-post-to-root"), Err(LoginFailure::Down)),
        (recorded!("90-no-database"), Err(LoginFailure::Down)),
        (recorded!("07-double-slash"), Err(LoginFailure::Down)),
        (Response { status: 429, ..Response::default() }, Err(LoginFailure::Down)),
        (Response { status: 413, ..Response::default() }, refused("")),
    ];
    for (response, expected) in table {
        assert_eq!(read_response(&response, NOW), expected, "{}", response.status);
    }
}

fn token_api() -> Endpoint {
    Endpoint::parse("http://m:8777", &Defaults::default()).unwrap()
}

#[test]
fn cached_token() {
    let directory = tempfile::tempdir().unwrap();
    let cache = Cache::in_directory(&directory.path().join("tokens")).unwrap();
    let home = Home::with_settings("");
    let cloud = home.read().unwrap();
    assert!(cache.load(&cloud).is_none());
    let token = read_response(&recorded!("10-password-project"), NOW).unwrap();
    cache.store(&cloud, &token).unwrap();
    let file = directory.path().join("tokens/prod.json");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o7777, 0o600);
    assert!(!fs::read_to_string(&file).unwrap().contains("s3cret"));
    let found = cache.load(&cloud).unwrap();
    assert_eq!(found.token, token);
    assert!(!found.recipients.contains(&token_api()));
    found.recipients.add(&token_api());
    cache.add_recipients(&cloud, &token, &found.recipients).unwrap();
    assert!(cache.load(&cloud).unwrap().recipients.contains(&token_api()));
    let newer = Token { id: Secret::new("newer"), ..token.clone() };
    cache.add_recipients(&cloud, &newer, &TokenRecipients::default()).unwrap();
    assert_eq!(cache.load(&cloud).unwrap().token, token, "another run's token stays");
    let other = Home::with_clouds(&with_auth(&PASSWORD.replace("monitor", "other"), "")).read().unwrap();
    assert!(cache.load(&other).is_none(), "another user");
    let elsewhere = Home::with_settings("").read().unwrap();
    assert!(cache.load(&elsewhere).is_none(), "another file");
    fs::set_permissions(&file, Permissions::from_mode(0o640)).unwrap();
    assert!(cache.load(&cloud).is_none(), "others can read it");
    fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
    fs::hard_link(&file, directory.path().join("link")).unwrap();
    assert!(cache.load(&cloud).is_none(), "a link");
    cache.store(&cloud, &token).unwrap();
    cache.forget(&cloud, &newer).unwrap();
    assert!(cache.load(&cloud).is_some(), "another run's token stays");
    cache.forget(&cloud, &token).unwrap();
    assert!(cache.load(&cloud).is_none());
    fs::write(&file, "{}").unwrap();
    fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
    assert!(cache.load(&cloud).is_none(), "not what was written");
}

#[test]
fn cache_directories() {
    let directory = tempfile::tempdir().unwrap();
    let at = |name: &str| directory.path().join(name);
    fs::create_dir(at("open")).unwrap();
    fs::set_permissions(at("open"), Permissions::from_mode(0o755)).unwrap();
    symlink(directory.path(), at("link")).unwrap();
    fs::write(at("file"), "").unwrap();
    for (name, reason) in [
        ("open", "is open to other users"),
        ("link", "not a directory"),
        ("link/.", "not a directory"),
        ("link/", "not a directory"),
        ("file", "not a directory"),
        ("file/below", "not a directory"),
    ] {
        let error = format!("{:#}", Cache::in_directory(&at(name)).unwrap_err());
        assert!(error.starts_with("--token-cache '/") && error.contains(reason), "{error}");
        assert!(!error.contains("os error"), "{error}");
    }
    let mut environment = Environment::bare(Instant::now());
    assert!(Cache::in_first_of(&Cache::usual_directories(&environment)).is_none());
    environment.variables.insert("XDG_RUNTIME_DIR".into(), at("gone/session").into());
    environment.variables.insert("HOME".into(), at("gone/home").into());
    assert!(Cache::in_first_of(&Cache::usual_directories(&environment)).is_none());
    assert!(!at("gone").exists(), "another user's session or home is made");
    environment.variables.insert("XDG_RUNTIME_DIR".into(), at("file").into());
    environment.variables.insert("HOME".into(), directory.path().into());
    assert!(Cache::in_first_of(&Cache::usual_directories(&environment)).is_some());
    for made in [".cache/check_ceilometer", ".cache"] {
        let mode = fs::metadata(at(made)).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o700, "{made}, the first that can be used");
    }
}

#[test]
fn hidden_secrets() {
    let cloud = Home::with_settings("").read().unwrap();
    assert!(!format!("{cloud:?}").contains("s3cret"));
}

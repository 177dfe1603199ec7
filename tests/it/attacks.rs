//! Attacks at random, one kind for each thing outside that can make them. The laws are those of [`crate::in_process`].
//!
//! Shared with the example `hammer`, which makes millions of them.

use std::cell::RefCell;
use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use check_ceilometer::testing::{self, InProcess, InProcessLogin};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use tempfile::TempDir;

use crate::in_process::{
    BUDGET, End, FORGED, PIECES, SECRET, Stage, answered, check_endpoint, check_laws, check_line,
    check_names, in_time,
};
use crate::reflection::{self, REFLECTED, Reader};

/// A xorshift generator: the same seed makes the same attacks everywhere.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Random {
        // A xorshift generator must not start at zero.
        Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub(crate) fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(bound.max(1)).unwrap_or(1)).unwrap_or(0)
    }

    fn byte(&mut self) -> u8 {
        u8::try_from(self.below(256)).unwrap_or_default()
    }

    pub(crate) fn choose<'a, T: ?Sized>(&mut self, from: &[&'a T]) -> &'a T {
        from[self.below(from.len())]
    }
}

/// One attack of a kind, which panics where a law is broken.
pub(crate) type Attack = Box<dyn Fn(&mut Random)>;

/// A kind's name, and what makes its attacks.
pub(crate) type Kind = (&'static str, fn() -> Attack);

pub(crate) const KINDS: [Kind; 11] = [
    ("response", responses),
    ("reflection", reflections),
    ("proxy", proxies),
    ("certificate", certificates),
    ("endpoint", endpoints),
    ("cloud", clouds),
    ("keystone", logins),
    ("cache", caches),
    ("arguments", arguments),
    ("name", names),
    (MANY, crowds),
];

/// The kind whose attacks take seconds each, and an optimised build.
pub(crate) const MANY: &str = "many";

/// A response in up to 16 pieces, some of them mutated, some of them an encoded secret.
fn responses() -> Attack {
    let stage = Stage::new();
    Box::new(move |random| {
        let (pieces, end) = (message(random, &PIECES[..8], &PIECES), end(random));
        stage.probe(&pieces, end);
    })
}

/// Texts that are costly to search.
const COSTLY: [&str; 12] = [
    "&#",
    "&#x",
    "\\u0061",
    "%",
    "//h:1 ",
    "http://u:p ",
    "4 1 ",
    "A B",
    "<b>",
    "\",\"",
    "sesame-open-",
    "\u{301}",
];

/// One response of a thousand endpoints.
fn crowds() -> Attack {
    let stage = Stage::new();
    Box::new(move |random| {
        let mut pieces = message(random, &PIECES[..8], &PIECES);
        if random.below(2) == 0 {
            pieces.push(random.choose(&COSTLY).repeat(random.below(16 * 1024)).into_bytes());
        }
        let format = random.below(5);
        stage.probe_many(1000, format, &pieces, end(random));
    })
}

/// Parts of the names of `--output-file`.
const NAME_PIECES: [&str; 16] = [
    "cloud",
    ".prom",
    ".",
    "%",
    "%25",
    "%0A",
    " ",
    "  ",
    "\t",
    "\u{200b}",
    "\u{e9}",
    "e\u{301}",
    "\"",
    "\\",
    "***",
    "http://u:p@h",
];

/// Names of runs, which must stay apart as labels of Prometheus.
fn names() -> Attack {
    let seen: RefCell<HashMap<String, Vec<u8>>> = RefCell::default();
    Box::new(move |random| {
        let mut name = message(random, &NAME_PIECES, &NAME_PIECES).concat();
        name.retain(|byte| !b"/\0".contains(byte));
        for _ in 0..2 {
            let file = Path::new(OsStr::from_bytes(&name));
            let (label, stem) = (testing::run_label(file), file.file_stem().unwrap_or_default().as_bytes());
            check_line(&label);
            let mut seen = seen.borrow_mut();
            let known = seen.entry(label).or_insert_with(|| stem.to_vec());
            assert_eq!(known, stem, "two names give one label");
            mutate(random, &mut name);
            name.retain(|byte| !b"/\0".contains(byte));
        }
    })
}

/// A response that reflects a secret or credentials, for a reader who decodes what is shown.
fn reflections() -> Attack {
    let stage = Stage::with(&["--header", &format!("X-Second: {REFLECTED}")]);
    Box::new(move |random| {
        let pieces = reflection::response(random);
        let mut reader = Reader::default();
        stage.probe_for(&pieces, End::Closed, |produced| {
            for (format, text) in &produced.texts {
                let response = String::from_utf8_lossy(&pieces[0]);
                assert_eq!(reader.find(text), None, "-o {format} shows a secret of {response:?}");
            }
        });
    })
}

/// Responses of a proxy to CONNECT.
const CONNECT_RESPONSES: [&str; 10] = [
    "HTTP/1.1 200 OK\r\n\r\n",
    "HTTP/1.0 200 Connection established\n\n",
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
    "HTTP/1.1 299 FORGED\r\n folded\r\n\r\n",
    "HTTP/1.1 407 sesame-open-sesame\r\nProxy-Authenticate: Basic realm=\"sesame-open-sesame\"\r\n\r\n",
    "HTTP/1.1 502 \u{1b}[31m|x=1\r\n\r\n<html>",
    "HTTP/1.1 200\r\n",
    "SSH-2.0-x\r\n",
    "HTTP/1.1 ",
    "\r\n\r\n",
];

fn proxies() -> Attack {
    let directory = directory();
    let login = write(&directory, "login", format!("user:{SECRET}").as_bytes());
    let stage = Stage::with(&["--proxy", "http://192.0.2.2:3128", "--proxy-auth-file", &login]);
    Box::new(move |random| {
        // The file lives as long as the attacks.
        let _ = &directory;
        let mut pieces: Vec<Vec<u8>> =
            (0..=random.below(2)).map(|_| piece(random, &CONNECT_RESPONSES)).collect();
        pieces.extend(message(random, &PIECES[..8], &PIECES));
        // Whatever comes in the same packet as the tunnel's response is not the endpoint's.
        let end = if random.below(2) == 0 { End::InPieces } else { end(random) };
        stage.probe(&pieces, end);
    })
}

/// Chains that a server may present, changed at random.
fn certificates() -> Attack {
    let directory = directory();
    let (authority, chains) = chains();
    let file = write(&directory, "ca.pem", authority.as_bytes());
    let token = format!("X-Auth-Token: {SECRET}");
    let probe = InProcess::new(&["https://a.example", "--cacert", &file, "-vvv", "--header", &token]);
    Box::new(move |random| {
        let mut chain = chains[random.below(chains.len())].clone();
        for _ in 0..random.below(4) {
            let at = random.below(chain.len());
            match random.below(8) {
                0 => chain.extend(chains[random.below(chains.len())].clone()),
                1 => chain.swap(0, at),
                _ => mutate(random, &mut chain[at]),
            }
        }
        in_time(|| {
            check_laws(&probe.present(&chain));
            chain.iter().filter_map(|der| probe.certificate_names(der)).for_each(|names| check_names(&names));
        });
    })
}

/// The authority's certificate in PEM, and chains in DER: good ones, and those that are wrong in one way.
fn chains() -> (String, Vec<Vec<Vec<u8>>>) {
    let key = || KeyPair::generate().expect("a key");
    let named = |common: &str, name: &str| {
        let mut params = CertificateParams::new([name.to_owned()]).expect("a name");
        params.distinguished_name.push(DnType::CommonName, common);
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(2100, 1, 1);
        params
    };
    let ca = |common: &str| {
        let mut params = named(common, "ca.example");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params
    };
    let (root_key, middle_key) = (key(), key());
    let root = ca("root").self_signed(&root_key).expect("a root");
    let issuer = Issuer::new(ca("root"), root_key);
    let middle = ca("middle").signed_by(&middle_key, &issuer).expect("an intermediate");
    let below = Issuer::new(ca("middle"), middle_key);
    let signed = |params: &CertificateParams, issuer: &Issuer<'_, KeyPair>| {
        params.signed_by(&key(), issuer).expect("a certificate").der().to_vec()
    };
    let hostile = format!("{FORGED}\n{FORGED} \u{1b}[31m|x=1 {SECRET} <b>\u{202e}");
    let mut expired = named("a", "a.example");
    expired.not_after = date_time_ymd(2021, 1, 1);
    let mut early = named("a", "a.example");
    early.not_before = date_time_ymd(2090, 1, 1);
    let alone = named(&hostile, "a.example").self_signed(&key()).expect("a certificate");
    let chains = vec![
        vec![signed(&named("a", "a.example"), &issuer)],
        vec![signed(&named("a", "a.example"), &below), middle.der().to_vec()],
        vec![signed(&named(&hostile, "b.example"), &issuer)],
        vec![signed(&expired, &issuer)],
        vec![signed(&early, &below), middle.der().to_vec()],
        vec![alone.der().to_vec()],
        vec![root.der().to_vec()],
    ];
    (root.pem(), chains)
}

/// Parts of endpoints, of addresses and of names.
const ENDPOINT_PIECES: [&str; 26] = [
    "http://",
    "https://",
    "ftp://",
    "//",
    "user:sesame-open-sesame@",
    "@",
    "metering",
    ".example.com",
    "127.0.0.1",
    "0x7f.1",
    "[::1]",
    "[fe80::1%eth0]",
    "::ffff:10.0.0.1",
    "[",
    "]",
    ":",
    ":8777",
    ":0",
    ":99999",
    "/v2",
    "/v2/health",
    "/%41/../b",
    "?token=sesame-open-sesame",
    "#",
    "\u{1b}[31m\n",
    "xn--\u{202e}\u{e9}",
];

fn endpoints() -> Attack {
    Box::new(|random| {
        let pieces = message(random, &ENDPOINT_PIECES, &ENDPOINT_PIECES).concat();
        in_time(|| check_endpoint(&String::from_utf8_lossy(&pieces)));
    })
}

/// Lines of clouds.yaml, the first of which make a good one.
const CLOUD_PIECES: [&str; 30] = [
    "clouds:\n  c:\n    auth:\n      auth_url: http://192.0.2.1:5000/v3\n",
    "      username: u\n",
    "      password: sesame-open-sesame\n",
    "      project_name: p\n",
    "      application_credential_id: i\n",
    "      application_credential_secret: \"sesame-open-sesame\"\n",
    "      token: sesame-open-sesame\n",
    "    auth_type: v3applicationcredential\n",
    "    auth_type: v3totp\n",
    "    region_name: [a, b]\n",
    "    regions:\n      - name: r\n        values: {verify: off}\n      - s\n",
    "    verify: maybe\n",
    "    cacert: /nonexistent\n",
    "    api_timeout: 1e9\n",
    "    interface: publicURL\n",
    "    metering_endpoint_override: http://u:sesame-open-sesame@h/v2\n",
    "    profile: *a\n",
    "    <<: *a\n",
    "  d: &a {auth: {password: sesame-open-sesame}, <<: *a}\n",
    "      password: sesame-open-sesame: x\n",
    "      password: |\n        sesame-\n        open-sesame\n",
    "\t- ? [{sesame-open-sesame: sesame-open-sesame}]\n",
    "{\"clouds\": {\"c\": {\"auth\": {\"password\": \"sesame-open-sesame\"}}}}",
    "      !!binary c2VzYW1l: [[[[[[[[[[[[[[[[\n",
    "%YAML 9\n---\n",
    "'",
    "\"sesame-open-sesame",
    "\u{202e}\u{9b}31m|x=1 FORGED\n",
    "\nFORGED: action\n",
    "# a comment\n...\n---\n",
];

fn clouds() -> Attack {
    let directory = directory();
    Box::new(move |random| {
        let name = random.choose(&["clouds.yaml", "clouds.json"]);
        let first = CLOUD_PIECES[..4].concat();
        let file = write(
            &directory,
            name,
            &message(random, &[first.as_str(), CLOUD_PIECES[0]], &CLOUD_PIECES).concat(),
        );
        let secure = if random.below(4) == 0 {
            message(random, &CLOUD_PIECES[..1], &CLOUD_PIECES)
        } else {
            Vec::new()
        };
        write(&directory, "secure.yaml", &secure.concat());
        let words = ["--os-cloud", "c", "--os-config", &file, "--token-cache", "off"].map(OsString::from);
        in_time(|| testing::refusal(&words).iter().for_each(check_laws));
    })
}

/// Parts of Keystone's responses to a login; the first six begin one.
const KEYSTONE_PIECES: [&str; 26] = [
    "HTTP/1.1 201 Created\r\nX-Subject-Token: gAAA-sesame-open-sesame\r\n\r\n",
    "HTTP/1.1 201 Created\r\nX-Subject-Token: \u{e9} sesame-open-sesame\r\n\r\n",
    "HTTP/1.1 401 Unauthorized\r\nOpenstack-Auth-Receipt: sesame-open-sesame\r\n\r\n",
    "HTTP/1.1 404 sesame-open-sesame\r\nX-Openstack-Request-Id: req-FORGED|x=1\r\n\r\n",
    "HTTP/1.1 300 Multiple Choices\r\nLocation: http://u:sesame-open-sesame@h/\r\n\r\n",
    "HTTP/1.1 503 Service Unavailable\r\nRetry-After: \u{1b}[31m\r\n\r\n",
    "{\"token\":{",
    "\"issued_at\":\"2026-01-01T00:00:00.000000Z\",\"expires_at\":\"2027-01-01T00:00:00.000000Z\"",
    "\"expires_at\":\"9999-99-99\"",
    "\"issued_at\":\"0000-01-01T00:00:00Z\"",
    "\"project\":{\"id\":\"FORGED\\nFORGED\"}",
    "\"catalog\":[",
    "{\"type\":\"metering\",\"endpoints\":[",
    "{\"type\":\"sesame-open-sesame\",\"endpoints\":[",
    "{\"region\":\"a|b\\u001b[31m\",\"interface\":\"public\",\"url\":\"http://h:8777/v2/FORGED\"}",
    "{\"region_id\":null,\"interface\":\"admin\",\"url\":\"https://u:sesame-open-sesame@h/\"}",
    "{\"interface\":7}",
    "]}",
    "]",
    "}}",
    ",",
    "{\"error\":{\"message\":\"",
    "sesame-open-sesame",
    "<html><title>sesame-<b>open</b>-sesame</title>",
    "\\nFORGED: action\\nFORGED OK",
    "{\"required_auth_methods\":[[\"password\",\"sesame-open-sesame\\nFORGED\"]]}",
];

/// A good response to a login.
fn good_login() -> Vec<u8> {
    let order = [0, 6, 7, 20, 11, 12, 14, 17, 18, 19];
    order.iter().flat_map(|piece| KEYSTONE_PIECES[*piece].bytes()).collect()
}

fn cloud_words(directory: &TempDir, cache: &str) -> InProcessLogin {
    let file = write(directory, "clouds.yaml", CLOUD_PIECES[..4].concat().as_bytes());
    InProcessLogin::new(&["--os-cloud", "c", "--os-config", &file, "--token-cache", cache, "-vvv"])
}

fn logins() -> Attack {
    let directory = directory();
    let cloud = cloud_words(&directory, "off");
    Box::new(move |random| {
        let mut pieces = message(random, &KEYSTONE_PIECES[..6], &KEYSTONE_PIECES);
        if random.below(4) == 0 {
            pieces = vec![good_login()];
            mutate(random, &mut pieces[0]);
        }
        let end = end(random);
        in_time(|| {
            let (connection, _server) = answered(&pieces, end);
            cloud.log_in(BUDGET, connection).iter().for_each(check_laws);
        });
    })
}

fn caches() -> Attack {
    let directory = directory();
    let own = directory.path().join("cache");
    let cloud = cloud_words(&directory, &own.display().to_string());
    let (connection, _server) = answered(&[good_login()], End::Closed);
    cloud.log_in(BUDGET, connection);
    let file = own.join("c.json");
    let good = fs::read(&file).expect("a token that was cached");
    assert!(cloud.cached(BUDGET).is_some(), "what was cached is found");
    Box::new(move |random| {
        // The directory lives as long as the attacks.
        let _ = &directory;
        let mut text = good.clone();
        for _ in 0..random.below(3) {
            mutate(random, &mut text);
        }
        if random.below(4) == 0 {
            text.splice(random.below(text.len()).., piece(random, &KEYSTONE_PIECES));
        }
        fs::write(&file, &text).expect("a file");
        in_time(|| cloud.cached(BUDGET).iter().for_each(check_laws));
    })
}

/// Values for options: of each kind, wrong ones, and credentials where they must not be shown.
const VALUES: [&str; 38] = [
    "1",
    "0",
    "-1",
    "10s",
    "1500ms",
    "99999999999999999999",
    "1e308",
    "nan",
    "@1:2",
    "~:5",
    "50%",
    "101%",
    "both",
    "HEAD",
    "json",
    "nagios",
    "404=ok",
    "get:5xx=warning",
    "login:401=critical",
    "nonsense=",
    "healthy",
    "backend-down,slow",
    "critical",
    "always",
    "h",
    "127.0.0.1:1",
    "[::1]:8777",
    "http://user:sesame-open-sesame@h/",
    "https://h/?t=1",
    "X-Name: value",
    "@no-such-file",
    "no-such-file",
    ".",
    "",
    "\u{1b}[31m|x=1\nFORGED: \u{202e}",
    "FORGED FORGED FORGED FORGED FORGED FORGED FORGED FORGED FORGED",
    "public",
    "c",
];

fn arguments() -> Attack {
    let command = testing::command();
    let mut options: Vec<String> = Vec::new();
    for argument in command.get_arguments() {
        options.extend(argument.get_long().map(|name| format!("--{name}")));
        options.extend(argument.get_short().map(|letter| format!("-{letter}")));
    }
    // It makes the directory that it names.
    options.retain(|option| option != "--token-cache");
    Box::new(move |random| {
        let words: Vec<OsString> = (0..random.below(8)).flat_map(|_| words(random, &options)).collect();
        in_time(|| testing::refusal(&words).iter().for_each(check_laws));
    })
}

/// An option with a value, one without, a value alone, or something that looks like an option.
fn words(random: &mut Random, options: &[String]) -> Vec<OsString> {
    let mut option = options[random.below(options.len())].clone();
    let mut value = random.choose(&VALUES).as_bytes().to_vec();
    // A URL that is changed is none, and its password no longer known as one.
    if random.below(8) == 0 && !value.windows(3).any(|part| part == b"://") {
        mutate(random, &mut value);
    }
    // No argument holds a NUL.
    value.retain(|byte| *byte != 0);
    let value = std::os::unix::ffi::OsStringExt::from_vec(value);
    match random.below(8) {
        0 => vec![value],
        1 => vec![option.into()],
        2 => {
            option.truncate(random.below(option.len()));
            vec![option.into(), value]
        }
        3 | 4 => {
            let mut word = OsString::from(option + "=");
            word.push(value);
            vec![word]
        }
        _ => vec![option.into(), value],
    }
}

fn directory() -> TempDir {
    let directory = tempfile::tempdir().expect("a directory");
    // A token cache wants to be its user's alone.
    fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o700)).expect("a mode");
    directory
}

/// Writes a file and returns its path.
fn write(directory: &TempDir, name: &str, text: &[u8]) -> String {
    let path: &Path = &directory.path().join(name);
    fs::write(path, text).expect("a file");
    path.display().to_string()
}

/// A message in up to 16 pieces, some of them mutated, some of them an encoded secret.
fn message(random: &mut Random, first: &[&str], from: &[&str]) -> Vec<Vec<u8>> {
    let mut pieces = vec![piece(random, first)];
    for _ in 0..random.below(16) {
        pieces.push(match random.below(8) {
            0 => noise(random),
            1 => encoded(random),
            _ => piece(random, from),
        });
    }
    pieces
}

fn end(random: &mut Random) -> End {
    match random.below(16) {
        0 => End::Reset,
        1..5 => End::InPieces,
        _ => End::Closed,
    }
}

fn piece(random: &mut Random, from: &[&str]) -> Vec<u8> {
    let mut piece = random.choose(from).as_bytes().to_vec();
    if random.below(16) == 0 {
        mutate(random, &mut piece);
    }
    piece
}

/// Changes, removes, repeats or inserts a few bytes.
fn mutate(random: &mut Random, bytes: &mut Vec<u8>) {
    let at = random.below(bytes.len());
    let end = (at + 1 + random.below(8)).min(bytes.len());
    match random.below(4) {
        0 => drop(bytes.splice(at..end, [])),
        1 => drop(bytes.splice(at..at, bytes[at..end].to_vec())),
        2 => bytes.insert(at, random.byte()),
        _ if bytes.is_empty() => {}
        _ => bytes[at] = random.byte(),
    }
}

fn noise(random: &mut Random) -> Vec<u8> {
    (0..random.below(64)).map(|_| random.byte()).collect()
}

/// The secret in one encoding within another.
fn encoded(random: &mut Random) -> Vec<u8> {
    let mut text = SECRET.to_owned();
    for _ in 0..=random.below(3) {
        let form: fn(u8) -> String = match random.below(5) {
            0 => |byte| format!("%{byte:02X}"),
            1 => |byte| format!("{byte:02x}"),
            2 => |byte| format!("\\u{byte:04x}"),
            3 => |byte| format!("&#{byte};"),
            _ => |byte| char::from(byte).to_string(),
        };
        text = text.bytes().map(form).collect::<Vec<_>>().concat();
    }
    text.into_bytes()
}

//! Credentials and other headers: read from files, checked, and registered as secrets.
//!
//! An error about a file's content names the file and the line, never the text.

use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result, anyhow, bail};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::cli::Cli;
use crate::input;
use crate::model::auth_scheme::AuthScheme;
use crate::model::exchange::is_token;
use crate::sanitize::{Sanitizer, quote_arg};

const MAX_FILE: usize = 64 * 1024;

/// Maximum number of headers. Servers accept about a hundred, and each value is searched for in every output.
const MAX_HEADERS: usize = 100;

/// Maximum number of bytes of all their values: twice as much as servers take, and little enough to be searched for in
/// every response.
const MAX_HEADER_BYTES: usize = 32 * 1024;

/// Maximum size of a file with one secret, in bytes: the longest header that OpenStack's services can be configured to accept.
const MAX_SECRET: usize = 16 * 1024;

/// Minimum length in bytes of a header value that is masked. Shorter ones are not secrets, and occur in ordinary text.
const MIN_MASKED: usize = 8;

/// Minimum length in bytes of a secret that ordinary text hardly contains by chance.
const MIN_RARE: usize = 4;

const SHORT_SECRET: &str = "wherever its text occurs in an answer, *** is shown";

/// Headers that frame the message or control the connection, which only the client may set.
const RESERVED_HEADERS: [&str; 5] =
    ["Content-Length", "Transfer-Encoding", "Connection", "Expect", "Upgrade"];

pub(super) type RequestHeader = (String, Vec<u8>);

/// Reads secrets within a deadline, registers them with the sanitizer, and collects notes on careless use.
#[derive(Debug)]
pub(super) struct SecretReader {
    deadline: Instant,
    /// Masks all secrets read so far.
    pub(super) sanitizer: Sanitizer,
    /// Notes on files that other users can read.
    pub(super) notes: Vec<String>,
}

impl SecretReader {
    pub(super) fn new(deadline: Instant) -> SecretReader {
        SecretReader { deadline, sanitizer: Sanitizer::default(), notes: Vec::new() }
    }

    /// Reads all headers of the command line, credentials first.
    pub(super) fn headers(&mut self, cli: &Cli) -> Result<Vec<RequestHeader>> {
        let option = cli.env_origin.label("--header");
        let mut headers = Vec::new();
        for header in &cli.request.header {
            if let Some(file) = header.strip_prefix('@') {
                headers.extend(self.header_file(&option, Path::new(file))?);
            } else {
                // Without quotes a shell takes the value for the next argument, and this program for an endpoint.
                if let Some(name) = header.trim_end().strip_suffix(':') {
                    let name = quote_arg(name);
                    bail!("{option}: {name} has no value: quote name and value together, as 'Name: value'");
                }
                let header = self.header(header.as_bytes());
                headers.push(header.map_err(|why| anyhow!("{option}: {why}"))?);
            }
            if headers.len() > MAX_HEADERS {
                bail!("{option}: more than {MAX_HEADERS} headers");
            }
        }
        if headers.iter().map(|(_, value)| value.len()).sum::<usize>() > MAX_HEADER_BYTES {
            bail!("{option}: headers of more than {MAX_HEADER_BYTES} bytes");
        }
        check_host(&headers).map_err(|why| anyhow!("{option}: {why}"))?;
        let mut all = self.credentials(cli, &headers)?;
        all.append(&mut headers);
        Ok(all)
    }

    /// Reads `--token-file` and `--auth-file`. They conflict with a header of the same name.
    fn credentials(&mut self, cli: &Cli, headers: &[RequestHeader]) -> Result<Vec<RequestHeader>> {
        let mut credentials = Vec::new();
        if let Some(path) = &cli.request.token_file {
            let option = cli.env_origin.label("--token-file");
            check_duplicate(headers, "X-Auth-Token", &option)?;
            credentials.push(("X-Auth-Token".into(), self.token(&option, path)?));
        }
        if let Some(path) = &cli.request.auth_file {
            let option = cli.env_origin.label("--auth-file");
            check_duplicate(headers, "Authorization", &option)?;
            credentials.push(("Authorization".into(), self.basic(&option, path)?));
        }
        Ok(credentials)
    }

    fn token(&mut self, option: &str, path: &Path) -> Result<Vec<u8>> {
        let token = self.line(option, path)?;
        if !token.iter().all(u8::is_ascii_graphic) {
            bail!("{option}: {}:1: a token must be printable ASCII without spaces", input::name(path));
        }
        self.add_secret(option, &token);
        Ok(token)
    }

    /// Reads `user:password` from a file, and encodes it as HTTP Basic credentials (RFC 7617).
    pub(super) fn basic(&mut self, option: &str, path: &Path) -> Result<Vec<u8>> {
        let credentials = self.line(option, path)?;
        let Some(colon) = credentials.iter().position(|byte| *byte == b':') else {
            bail!("{option}: {}:1: expected user:password", input::name(path));
        };
        let encoded = STANDARD.encode(&credentials);
        let password = credentials.get(colon + 1..).unwrap_or_default();
        for secret in [&credentials, encoded.as_bytes()] {
            self.sanitizer.add_secret(secret);
        }
        self.add_secret(option, password);
        Ok(format!("{} {encoded}", AuthScheme::Basic.name()).into_bytes())
    }

    /// Registers a secret. One that is so short that it occurs in ordinary text is masked as well, and noted.
    pub(super) fn add_secret(&mut self, origin: &str, secret: &[u8]) {
        self.sanitizer.add_secret(secret);
        if (1..MIN_RARE).contains(&secret.len()) {
            self.notes.push(format!("the secret of {origin} is very short: {SHORT_SECRET}"));
        }
    }

    /// Reads a file with a secret in its only line.
    fn line(&mut self, option: &str, path: &Path) -> Result<Vec<u8>> {
        if !is_path(path) {
            bail!("{option}: no such file: give the name of a file, not the secret itself");
        }
        let name = input::name(path);
        let bytes = self.read(option, path, MAX_SECRET)?;
        let line = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() {
            bail!("{option}: {} is empty", input::quoted(path));
        }
        if line.iter().any(|byte| matches!(byte, b'\n' | b'\r')) {
            bail!("{option}: {name}:2: expected a single line");
        }
        check_value(line).map_err(|why| anyhow!("{option}: {name}:1: {why}"))?;
        Ok(line.to_vec())
    }

    /// Reads a file with one header per line.
    fn header_file(&mut self, option: &str, path: &Path) -> Result<Vec<RequestHeader>> {
        let bytes = self.read(option, path, MAX_FILE)?;
        let mut headers = Vec::new();
        // One line more than allowed, which the caller then rejects.
        for (number, line) in input::lines(&bytes).take(MAX_HEADERS + 1) {
            let header = line.map_err(str::to_owned).and_then(|line| self.header(line.as_bytes()));
            headers.push(header.map_err(|why| anyhow!("{option}: {}:{number}: {why}", input::name(path)))?);
        }
        Ok(headers)
    }

    /// Parses `Name: value`; the value and its parts are masked from now on.
    fn header(&mut self, line: &[u8]) -> Result<RequestHeader, String> {
        let header = parse_header(line)?;
        let credentials = header.1.splitn(2, |byte| *byte == b' ').skip(1);
        let parameters = parameters(&header.1).filter(|_| carries_secret(&header.0));
        for secret in std::iter::once(header.1.as_slice()).chain(credentials).chain(parameters) {
            if secret.len() >= MIN_MASKED {
                self.sanitizer.add_secret(secret);
            }
        }
        if let Some(login) = basic_login(&header.1) {
            let password = login.split(|byte| *byte == b':').skip(1).collect::<Vec<_>>().join(&b':');
            self.sanitizer.add_secret(&login);
            self.add_secret("--header", &password);
        }
        Ok(header)
    }

    /// Reads a file, with a note if other users can read it too.
    fn read(&mut self, option: &str, path: &Path, limit: usize) -> Result<Vec<u8>> {
        let bytes = input::read(path, limit, self.deadline).with_context(|| option.to_owned())?;
        self.note_readable(option, path);
        Ok(bytes)
    }

    /// Adds a note if other users can read a file with a secret.
    pub(super) fn note_readable(&mut self, option: &str, path: &Path) {
        if input::is_readable_by_others(path) {
            let name = input::quoted(path);
            self.notes.push(format!("{option} {name} is readable by other users"));
        }
    }
}

/// Tests for a file's name that may be shown. Another one may be the secret itself, typed in its place.
fn is_path(path: &Path) -> bool {
    let is_marked =
        ["/", "./", "../", "~/"].iter().any(|mark| path.as_os_str().as_bytes().starts_with(mark.as_bytes()));
    let is_in_directory = path.parent().is_some_and(|parent| parent != Path::new("") && parent.is_dir());
    is_marked || is_in_directory || input::is_standard_input(path) || path.symlink_metadata().is_ok()
}

/// Rejects an option whose header is also given by `--header`.
fn check_duplicate(headers: &[RequestHeader], name: &str, option: &str) -> Result<()> {
    if headers.iter().any(|header| header.0.eq_ignore_ascii_case(name)) {
        bail!("'{option}' cannot be used with '--header {name}'");
    }
    Ok(())
}

/// Rejects requests that no server accepts: with several `Host` headers, or with one that is not ASCII.
fn check_host(headers: &[RequestHeader]) -> Result<(), &'static str> {
    let mut hosts = headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("Host"));
    match (hosts.next(), hosts.next()) {
        (_, Some(_)) => Err("Host can be given only once"),
        (Some((_, value)), None) if !value.iter().all(u8::is_ascii_graphic) => {
            Err("the value of Host must be printable ASCII without spaces")
        }
        _ => Ok(()),
    }
}

/// Tests for the name of a header whose parameters may be secrets; those of others, such as `Forwarded`, are names.
fn carries_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["auth", "cookie", "credential", "key", "pass", "secret", "session", "token"]
        .iter()
        .any(|word| name.contains(word))
}

/// Returns the values of cookies (`session=…; …`) and of a scheme's parameters (`key="…", …`).
fn parameters(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    let parts = value.split(|byte| matches!(byte, b';' | b',' | b' '));
    parts.flat_map(|part| part.splitn(2, |byte| *byte == b'=').skip(1)).map(|value| {
        let opened = value.strip_prefix(b"\"").unwrap_or(value);
        opened.strip_suffix(b"\"").unwrap_or(opened)
    })
}

/// Decodes `user:password` of Basic credentials in a header's value.
fn basic_login(value: &[u8]) -> Option<Vec<u8>> {
    let is_basic = AuthScheme::of(value) == Some(AuthScheme::Basic);
    let encoded = value.get(AuthScheme::Basic.name().len()..).filter(|_| is_basic)?;
    STANDARD.decode(encoded.trim_ascii()).ok().filter(|login| login.contains(&b':'))
}

/// Parses `Name: value` by the grammar of RFC 9110, section 5. The error quotes no more than the name.
fn parse_header(line: &[u8]) -> Result<RequestHeader, String> {
    let Some(colon) = line.iter().position(|byte| *byte == b':') else {
        return Err("expected 'Name: value'".into());
    };
    let (name, rest) = line.split_at(colon);
    let value = rest.strip_prefix(b":").unwrap_or(rest).trim_ascii();
    let Some(name) =
        std::str::from_utf8(name).ok().filter(|name| !name.is_empty() && name.bytes().all(is_token))
    else {
        return Err("the text before the colon is not a header name".into());
    };
    if let Some(reserved) = RESERVED_HEADERS.into_iter().find(|reserved| reserved.eq_ignore_ascii_case(name))
    {
        return Err(format!("{reserved} is set by the client and cannot be given"));
    }
    check_value(value).map_err(|why| format!("value of {}: {why}", quote_arg(name)))?;
    Ok((name.into(), value.to_vec()))
}

/// Checks the grammar of a header's value (RFC 9110, section 5.5). A line break would forge another header.
fn check_value(value: &[u8]) -> Result<(), &'static str> {
    if value.iter().any(|byte| byte.is_ascii_control() && *byte != b'\t') {
        return Err("a header cannot contain a control character");
    }
    Ok(())
}

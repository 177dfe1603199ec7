//! Credentials and other headers: read from files, checked, and registered to be masked everywhere.
//!
//! An error about what a file holds names the file and the line, never the text.

use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result, anyhow, bail};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::cli::Cli;
use crate::input;
use crate::sanitize::{Sanitizer, quote_arg};

/// How large a file with secrets may be, in bytes.
const LIMIT: usize = 64 * 1024;

/// From how many bytes on a header's value is masked: shorter ones are not secrets, and masking them
/// would tear holes into ordinary text.
const MASKED_FROM: usize = 8;

/// Headers that frame the message or the connection: the client's own business.
const REFUSED: [&str; 5] = ["Content-Length", "Transfer-Encoding", "Connection", "Expect", "Upgrade"];

/// One header of the requests: its name and its value.
pub(super) type RequestHeader = (String, Vec<u8>);

/// Reads secrets within a deadline, registers them with the sanitizer and notes what is careless.
#[derive(Debug)]
pub(super) struct SecretReader {
    deadline: Instant,
    /// Masks all that was read.
    pub(super) sanitizer: Sanitizer,
    /// Files that others can read.
    pub(super) notes: Vec<String>,
}

impl SecretReader {
    /// Nothing read yet.
    pub(super) fn new(deadline: Instant) -> SecretReader {
        SecretReader { deadline, sanitizer: Sanitizer::default(), notes: Vec::new() }
    }

    /// All headers that the command line asks for, credentials first.
    pub(super) fn headers(&mut self, cli: &Cli) -> Result<Vec<RequestHeader>> {
        let mut headers = Vec::new();
        for header in &cli.request.header {
            if let Some(file) = header.strip_prefix('@') {
                headers.extend(self.header_file(Path::new(file))?);
            } else {
                let header = self.header(header.as_bytes());
                headers.push(header.map_err(|why| anyhow!("--header: {why}"))?);
            }
        }
        let mut all = self.credentials(cli, &headers)?;
        all.append(&mut headers);
        Ok(all)
    }

    /// `--token-file` and `--auth-file` as headers; refused beside a header that says the same.
    fn credentials(&mut self, cli: &Cli, headers: &[RequestHeader]) -> Result<Vec<RequestHeader>> {
        let mut credentials = Vec::new();
        if let Some(path) = &cli.request.token_file {
            refuse_beside(headers, "X-Auth-Token", "--token-file")?;
            credentials.push(("X-Auth-Token".into(), self.token(path)?));
        }
        if let Some(path) = &cli.request.auth_file {
            refuse_beside(headers, "Authorization", "--auth-file")?;
            credentials.push(("Authorization".into(), self.basic("--auth-file", path)?));
        }
        Ok(credentials)
    }

    /// The token of `--token-file`.
    fn token(&mut self, path: &Path) -> Result<Vec<u8>> {
        let token = self.line("--token-file", path)?;
        if !token.iter().all(u8::is_ascii_graphic) {
            bail!(
                "--token-file: {}:1: a token has letters, digits and signs of ASCII only",
                input::name(path)
            );
        }
        self.sanitizer.add_secret(&token);
        Ok(token)
    }

    /// The `user:password` of a file as HTTP Basic credentials (RFC 7617).
    pub(super) fn basic(&mut self, option: &str, path: &Path) -> Result<Vec<u8>> {
        let credentials = self.line(option, path)?;
        let Some(colon) = credentials.iter().position(|byte| *byte == b':') else {
            bail!("{option}: {}:1: not of the form user:password", input::name(path));
        };
        let encoded = STANDARD.encode(&credentials);
        let password = credentials.get(colon + 1..).unwrap_or_default();
        for secret in [&credentials, password, encoded.as_bytes()] {
            self.sanitizer.add_secret(secret);
        }
        Ok(format!("Basic {encoded}").into_bytes())
    }

    /// The one line of a file that holds one secret.
    fn line(&mut self, option: &str, path: &Path) -> Result<Vec<u8>> {
        let name = input::name(path);
        let bytes = self.read(option, path)?;
        let line = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() {
            bail!("{option}: {name} is empty");
        }
        if line.iter().any(|byte| matches!(byte, b'\n' | b'\r')) {
            bail!("{option}: {name}:2: a second line; the secret is one line");
        }
        check_value(line).map_err(|why| anyhow!("{option}: {name}:1: {why}"))?;
        Ok(line.to_vec())
    }

    /// The headers of a file, one a line.
    fn header_file(&mut self, path: &Path) -> Result<Vec<RequestHeader>> {
        let bytes = self.read("--header", path)?;
        let mut headers = Vec::new();
        for (number, line) in input::lines(&bytes) {
            let header = line.map_err(str::to_owned).and_then(|line| self.header(line.as_bytes()));
            headers.push(header.map_err(|why| anyhow!("--header: {}:{number}: {why}", input::name(path)))?);
        }
        Ok(headers)
    }

    /// Reads `Name: value`, and masks the value from now on; what stands behind a scheme (`Bearer`) also by
    /// itself.
    fn header(&mut self, line: &[u8]) -> Result<RequestHeader, String> {
        let header = parse_header(line)?;
        let credentials =
            header.1.iter().position(|byte| *byte == b' ').and_then(|end| header.1.get(end + 1..));
        for secret in std::iter::once(header.1.as_slice()).chain(credentials) {
            if secret.len() >= MASKED_FROM {
                self.sanitizer.add_secret(secret);
            }
        }
        Ok(header)
    }

    /// Reads a file, and notes it if others can read it too.
    fn read(&mut self, option: &str, path: &Path) -> Result<Vec<u8>> {
        let bytes = input::read(path, LIMIT, self.deadline).with_context(|| option.to_owned())?;
        self.note_readable(option, path);
        Ok(bytes)
    }

    /// Notes a file with a secret if others than its owner can read it.
    pub(super) fn note_readable(&mut self, option: &str, path: &Path) {
        if input::is_readable_by_others(path) {
            let name = input::name(path);
            self.notes.push(format!("{option} {name} can be read by others than its owner"));
        }
    }
}

/// Refuses an option beside a header that it would double.
fn refuse_beside(headers: &[RequestHeader], name: &str, option: &str) -> Result<()> {
    if headers.iter().any(|header| header.0.eq_ignore_ascii_case(name)) {
        bail!("{option} and a --header {name} exclude each other");
    }
    Ok(())
}

/// Reads `Name: value` by the grammar of RFC 9110, section 5. The error quotes no more than the name.
fn parse_header(line: &[u8]) -> Result<RequestHeader, String> {
    let Some(colon) = line.iter().position(|byte| *byte == b':') else {
        return Err("no colon; a header is written 'Name: value'".into());
    };
    let (name, rest) = line.split_at(colon);
    let value = rest.strip_prefix(b":").unwrap_or(rest).trim_ascii();
    let Some(name) = std::str::from_utf8(name).ok().filter(|name| is_token(name)) else {
        return Err("what stands before the colon is not a header's name".into());
    };
    if let Some(refused) = REFUSED.into_iter().find(|refused| refused.eq_ignore_ascii_case(name)) {
        return Err(format!("{refused} is the client's own business and cannot be given"));
    }
    check_value(value).map_err(|why| format!("the value of {}: {why}", quote_arg(name)))?;
    Ok((name.into(), value.to_vec()))
}

/// A header's name: RFC 9110, section 5.6.2.
fn is_token(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !name.is_empty() && name.bytes().all(allowed)
}

/// A header's value: RFC 9110, section 5.5. A line break in it would forge another header.
fn check_value(value: &[u8]) -> Result<(), &'static str> {
    if value.iter().any(|byte| byte.is_ascii_control() && *byte != b'\t') {
        return Err("a control character; it cannot be sent in a header");
    }
    Ok(())
}

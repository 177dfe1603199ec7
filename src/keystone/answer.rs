//! Reads Keystone's answer to a login: a token and a catalogue, or what went wrong.

use std::time::{Duration, SystemTime};

use serde::Deserialize;

use super::Secret;
use super::catalog::{Catalog, CatalogEntry};
use crate::model::exchange::Response;
use crate::sanitize::UntrustedText;

/// Maximum size of an answer, in bytes: catalogues of large clouds are larger than a health report.
pub(crate) const MAX_ANSWER_BYTES: usize = 4 * 1024 * 1024;

/// Life of a token whose dates cannot be read. Keystone's default is an hour.
const ASSUMED_LIFE: Duration = Duration::from_secs(300);

/// A token and what came with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) id: Secret,
    /// The end of its life by this machine's clock.
    pub(crate) expires_at: SystemTime,
    pub(crate) catalog: Catalog,
}

/// The reason why a login failed although Keystone answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum LoginFailure {
    /// Something else than a working Keystone answered.
    Down,
    /// Keystone refused the credential.
    Refused {
        /// Keystone's own message.
        message: UntrustedText,
        /// The methods that it wants together, where it wants more than was given.
        wanted: Vec<String>,
    },
}

#[derive(Deserialize)]
struct TokenBody {
    token: TokenData,
}

#[derive(Deserialize)]
struct TokenData {
    expires_at: Option<String>,
    issued_at: Option<String>,
    project: Option<Project>,
    #[serde(default)]
    catalog: Vec<Service>,
}

#[derive(Deserialize)]
struct Project {
    id: String,
}

#[derive(Deserialize)]
struct Service {
    #[serde(rename = "type")]
    service_type: Option<String>,
    #[serde(default)]
    endpoints: Vec<ServiceEndpoint>,
}

#[derive(Deserialize)]
struct ServiceEndpoint {
    region: Option<String>,
    region_id: Option<String>,
    interface: Option<String>,
    url: Option<String>,
}

#[derive(Deserialize)]
struct ErrorBody {
    error: ErrorData,
}

#[derive(Deserialize)]
struct ErrorData {
    #[serde(default)]
    message: String,
}

#[derive(Deserialize)]
struct ReceiptBody {
    required_auth_methods: Vec<Vec<String>>,
}

/// Reads an answer that came whole. `now` is the moment from which the token's life counts.
pub(crate) fn read_answer(response: &Response, now: SystemTime) -> Result<Token, LoginFailure> {
    match response.status {
        200 | 201 => read_token(response, now).ok_or(LoginFailure::Down),
        429 => Err(LoginFailure::Down),
        400..=499 => Err(read_refusal(response)),
        _ => Err(LoginFailure::Down),
    }
}

fn read_token(response: &Response, now: SystemTime) -> Option<Token> {
    let id = std::str::from_utf8(response.header("x-subject-token")?.bytes()).ok()?;
    // It becomes a header's value.
    let is_usable = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_graphic());
    let body: TokenBody = serde_json::from_slice(response.body.bytes()).ok().filter(|_| is_usable)?;
    Some(Token { id: Secret::new(id), expires_at: now + life(&body.token), catalog: catalog(body.token) })
}

/// Returns the lifetime of a token by Keystone's clock: that of this machine may differ.
fn life(token: &TokenData) -> Duration {
    let read = |time: &Option<String>| humantime::parse_rfc3339_weak(time.as_deref()?).ok();
    let dates = read(&token.issued_at).zip(read(&token.expires_at));
    let life = dates.map(|(issued, expires)| expires.duration_since(issued).unwrap_or_default());
    // Beyond a year it is a mistake, and the sum with the present might overflow.
    life.unwrap_or(ASSUMED_LIFE).min(Duration::from_secs(365 * 86_400))
}

fn catalog(token: TokenData) -> Catalog {
    let mut entries = Vec::new();
    for service in token.catalog {
        let Some(service_type) = service.service_type else { continue };
        for endpoint in service.endpoints {
            let region = endpoint.region_id.or(endpoint.region).unwrap_or_default();
            let (Some(interface), Some(url)) = (endpoint.interface, endpoint.url) else { continue };
            entries.push(CatalogEntry { service_type: service_type.clone(), region, interface, url });
        }
    }
    Catalog { entries, project_id: token.project.map(|project| project.id) }
}

/// A 404 refuses a credential only if Keystone wrote it; a page means a wrong address.
fn read_refusal(response: &Response) -> LoginFailure {
    let body = response.body.bytes();
    let receipt = serde_json::from_slice(body).ok();
    let wanted: Vec<Vec<String>> =
        receipt.map(|receipt: ReceiptBody| receipt.required_auth_methods).unwrap_or_default();
    let error: Option<ErrorBody> = serde_json::from_slice(body).ok();
    if error.is_none() && response.status == 404 {
        return LoginFailure::Down;
    }
    let message = error.map(|body| body.error.message).unwrap_or_default();
    // What follows the first line is a schema.
    let first = message.lines().next().unwrap_or_default();
    LoginFailure::Refused {
        message: UntrustedText::new(first),
        wanted: wanted.into_iter().next().unwrap_or_default(),
    }
}

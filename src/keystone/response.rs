//! Reads Keystone's response to a login: a token and a catalogue, or what went wrong.

use std::time::{Duration, SystemTime};

use serde_json::Value;

use super::catalog::{Catalog, CatalogEntry};
use super::{Secret, items, text};
use crate::model::endpoint::MAX_ENDPOINTS;
use crate::model::exchange::{Completion, Fault, Response};
use crate::sanitize::UntrustedText;

/// Maximum size of a response, in bytes: catalogues of large clouds are larger than a health report. As JSON in memory it
/// can take seventy times as much.
pub(crate) const MAX_RESPONSE_BYTES: usize = 1024 * 1024;

/// Maximum length of a service's type, in bytes: Keystone keeps no longer one. Each endpoint of the service repeats it.
const MAX_TYPE_BYTES: usize = 255;

/// Life of a token whose dates cannot be read. Keystone's default is an hour.
const ASSUMED_LIFE: Duration = Duration::from_secs(300);

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
    Refused {
        message: UntrustedText,
        /// The methods that it wants together, where it wants more than was given.
        wanted: Vec<String>,
    },
}

/// Reads a response, if it came whole or its status alone is a refusal. `now` is the moment from which the token's life
/// counts.
pub(crate) fn read_completion(
    completion: &Completion<Response, Fault>,
    now: SystemTime,
) -> Option<Result<Token, LoginFailure>> {
    let read = read_response(completion.response()?, now);
    let is_refusal = matches!(read, Err(LoginFailure::Refused { .. }));
    (is_refusal || completion.full().is_some()).then_some(read)
}

pub(super) fn read_response(response: &Response, now: SystemTime) -> Result<Token, LoginFailure> {
    match response.status {
        200 | 201 => read_token(response, now).ok_or(LoginFailure::Down),
        429 => Err(LoginFailure::Down),
        400..=499 => Err(read_refusal(response)),
        _ => Err(LoginFailure::Down),
    }
}

fn read_token(response: &Response, now: SystemTime) -> Option<Token> {
    let id = token_id(std::str::from_utf8(response.header("x-subject-token")?.bytes()).ok()?)?;
    let body = read_json(response)?;
    let token = body.get("token").filter(|token| token.is_object())?;
    let expires_at = now.checked_add(life(token)).unwrap_or(now);
    Some(Token { id, expires_at, catalog: catalog(token) })
}

/// The id of a token, which has to fit into a header's value.
pub(super) fn token_id(text: &str) -> Option<Secret> {
    let is_usable = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
    is_usable.then(|| Secret::new(text))
}

fn read_json(response: &Response) -> Option<Value> {
    serde_json::from_str(std::str::from_utf8(response.body.bytes()).ok()?).ok()
}

/// Returns the lifetime of a token by Keystone's clock: that of this machine may differ.
fn life(token: &Value) -> Duration {
    let read = |key| humantime::parse_rfc3339_weak(text(token, key)?).ok();
    let dates = read("issued_at").zip(read("expires_at"));
    let life = dates.map(|(issued, expires)| expires.duration_since(issued).unwrap_or_default());
    // Beyond a year it is a mistake, and the sum with the present might overflow.
    life.unwrap_or(ASSUMED_LIFE).min(Duration::from_secs(365 * 86_400))
}

fn catalog(token: &Value) -> Catalog {
    let mut entries = Vec::new();
    for service in items(token, "catalog") {
        let service_type = text(service, "type").filter(|service_type| service_type.len() <= MAX_TYPE_BYTES);
        let Some(service_type) = service_type else { continue };
        for endpoint in items(service, "endpoints") {
            // One more shows that there are too many.
            if entries.len() > MAX_ENDPOINTS {
                break;
            }
            let region = text(endpoint, "region_id").or(text(endpoint, "region")).unwrap_or_default();
            let (Some(interface), Some(url)) = (text(endpoint, "interface"), text(endpoint, "url")) else {
                continue;
            };
            entries.push(CatalogEntry {
                service_type: service_type.to_owned(),
                region: region.to_owned(),
                interface: interface.to_owned(),
                url: url.to_owned(),
            });
        }
    }
    let project_id = token.get("project").and_then(|project| text(project, "id"));
    Catalog { entries, project_id: project_id.map(str::to_owned) }
}

/// A 404 refuses a credential only if Keystone wrote it; a page means a wrong address.
fn read_refusal(response: &Response) -> LoginFailure {
    let body = read_json(response).unwrap_or_default();
    let error = body.get("error").filter(|error| error.is_object());
    if error.is_none() && response.status == 404 {
        return LoginFailure::Down;
    }
    let message = error.and_then(|error| text(error, "message")).unwrap_or_default();
    // What follows the first line is a schema.
    let first = message.lines().next().unwrap_or_default();
    let wanted = items(&body, "required_auth_methods").first().and_then(Value::as_array);
    let wanted = wanted.into_iter().flatten().filter_map(Value::as_str);
    LoginFailure::Refused { message: UntrustedText::new(first), wanted: wanted.map(str::to_owned).collect() }
}

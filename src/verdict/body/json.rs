//! JSON bodies: error objects, health reports, and the components that a report names as failed.

use std::borrow::Cow;

use serde_json::{Map, Number, Value};

use super::traceback;

/// Maximum number of reasons or components in a summary.
const MAX_PARTS: usize = 8;

/// Maximum number of levels that are searched for a message or a failed component.
const MAX_DEPTH: u8 = 6;

/// Keys under which an error object describes itself, the most specific first.
const MESSAGE_KEYS: [&str; 12] = [
    "error_message",
    "faultstring",
    "message",
    "error",
    "errors",
    "detail",
    "description",
    "reason",
    "title",
    "debuginfo",
    "details",
    "class",
];

/// Values of a component that works.
const GOOD_WORDS: [&str; 21] = [
    "",
    "ok",
    "okay",
    "true",
    "up",
    "healthy",
    "good",
    "pass",
    "passed",
    "passing",
    "alive",
    "running",
    "available",
    "ready",
    "success",
    "online",
    "green",
    "none",
    "no",
    "0",
    "active",
];

/// Words with which the value of a component that has failed begins.
const BAD_WORDS: [&str; 24] = [
    "down",
    "error",
    "errors",
    "fail",
    "failed",
    "failing",
    "failure",
    "unhealthy",
    "unavailable",
    "unreachable",
    "not ok",
    "not reachable",
    "not available",
    "critical",
    "dead",
    "offline",
    "timeout",
    "timed out",
    "out_of_service",
    "refused",
    "disconnected",
    "service unavailable",
    "internal server error",
    "bad gateway",
];

/// Keys that hold a state.
const STATE_KEYS: [&str; 4] = ["status", "state", "health", "result"];

/// Keys that hold an HTTP status.
const STATUS_KEYS: [&str; 4] = ["status", "code", "statuscode", "status_code"];

/// Endings of keys whose `false` is a failure.
const AFFIRMATIONS: [&str; 7] = ["reachable", "succeeded", "healthy", "alive", "available", "ready", "ok"];

/// Parts of the names of components that a metering service has.
const COMPONENTS: [&str; 19] = [
    "database",
    "storage",
    "kafka",
    "rabbit",
    "amqp",
    "queue",
    "mongo",
    "mysql",
    "postgres",
    "sql",
    "redis",
    "memcache",
    "cache",
    "influx",
    "cassandra",
    "elasticsearch",
    "zookeeper",
    "gnocchi",
    "keystone",
];

/// Keys that hold components.
const CONTAINERS: [&str; 6] =
    ["components", "checks", "services", "dependencies", "operation_status", "backends"];

/// Parses the beginning of JSON that was cut.
pub(super) fn parse_cut(text: &str) -> Option<Value> {
    let is_cut = serde_json::from_str::<Value>(text).is_err_and(|error| error.is_eof());
    (is_cut && text.starts_with(['{', '['])).then(|| serde_json::from_str(&complete(text)).ok())?
}

/// Closes what a cut has left open: a string value, the arrays and objects around it.
fn complete(text: &str) -> String {
    let mut scan = Scan::default();
    let mut string_start = None;
    let mut is_escaped = false;
    for (at, byte) in text.bytes().enumerate() {
        if string_start.is_none() {
            string_start = (byte == b'"').then_some(at);
            scan.read(at, byte);
        } else if is_escaped || byte == b'\\' {
            is_escaped = !is_escaped;
        } else if byte == b'"' {
            string_start = None;
        }
    }
    let mut whole = match string_start {
        Some(start) if scan.is_value => close_string(text, start),
        _ => {
            scan.open.truncate(scan.whole_open);
            text.get(..scan.whole).unwrap_or_default().to_owned()
        }
    };
    whole.extend(scan.open.iter().rev());
    whole
}

/// The structure of JSON up to some position outside of strings.
#[derive(Default)]
struct Scan {
    /// The closing brackets that are missing, the outermost first.
    open: Vec<char>,
    /// The length of the longest beginning that ends with a whole value, and the brackets open there.
    whole: usize,
    whole_open: usize,
    /// A string here would be a value, not a key.
    is_value: bool,
}

impl Scan {
    fn read(&mut self, at: usize, byte: u8) {
        let whole = match byte {
            b'{' => {
                self.open.push('}');
                at + 1
            }
            b'[' => {
                self.open.push(']');
                at + 1
            }
            b'}' | b']' => {
                self.open.pop();
                at + 1
            }
            b',' => at,
            b':' => {
                self.is_value = true;
                return;
            }
            _ => return,
        };
        self.is_value = self.open.last() == Some(&']');
        (self.whole, self.whole_open) = (whole, self.open.len());
    }
}

/// Ends a string that was cut, without the escape sequence in which the cut may be.
fn close_string(text: &str, start: usize) -> String {
    let tail = text.len().saturating_sub(6).max(start + 1);
    let tail = (tail..=text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len());
    let (before, last) = text.split_at(tail);
    let escape = last.rfind('\\').unwrap_or(last.len());
    format!("{before}{}\"", last.get(..escape).unwrap_or_default())
}

/// The answer of a health check of the kind that Ceilometer and its relatives have: oslo.middleware's reasons,
/// Zaqar's storage, or a map of back-end components.
pub(super) fn is_report(value: &Value) -> bool {
    let Value::Object(object) = value else { return false };
    object.get("reasons").is_some_and(Value::is_array)
        || object.get("storage_reachable").is_some_and(Value::is_boolean)
        || object.contains_key("operation_status")
        || (!object.is_empty() && is_component_map(object) && object.keys().all(|key| is_component(key)))
}

fn is_component(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    key == "db" || key.ends_with("_db") || COMPONENTS.iter().any(|name| key.contains(name))
}

fn is_component_map(object: &Map<String, Value>) -> bool {
    object.values().all(|value| value.is_string() || value.is_boolean())
}

/// A document that lists the versions of an API, as Keystone and Nova serve at their root.
pub(super) fn is_version_document(value: &Value) -> bool {
    let is_list = |value: &Value| value.is_array() || value.get("values").is_some_and(Value::is_array);
    let is_version = |value: &Value| value.get("id").is_some() && value.get("links").is_some();
    value.get("versions").is_some_and(is_list) || value.get("version").is_some_and(is_version)
}

/// The reason that a body gives; `None` where a health report names nothing that fails.
pub(super) fn reason(value: &Value, text: &str) -> Option<String> {
    let Value::Object(object) = value else {
        return Some(message(value, MAX_DEPTH).unwrap_or_else(|| text.to_owned()));
    };
    if let Some(reasons) = object.get("reasons") {
        return message(reasons, MAX_DEPTH);
    }
    if object.contains_key("storage_reachable") || object.contains_key("operation_status") {
        return zaqar(object);
    }
    if let Some(message) = message(value, MAX_DEPTH) {
        return Some(message);
    }
    if is_component_map(object) {
        return not_good(object);
    }
    Some(failed_component(value).unwrap_or_else(|| text.to_owned()))
}

/// The message of an error, however it is wrapped.
pub(super) fn message(value: &Value, depth: u8) -> Option<String> {
    let depth = depth.checked_sub(1)?;
    match value {
        Value::String(text) if text.trim_start().starts_with('{') => {
            let inner = serde_json::from_str::<Value>(text).ok().and_then(|inner| message(&inner, depth));
            Some(inner.unwrap_or_else(|| text.clone()))
        }
        Value::String(text) => words(text),
        Value::Array(values) => {
            let parts = values.iter().take(MAX_PARTS).filter_map(|value| message(value, depth));
            join(parts)
        }
        Value::Object(object) => {
            let known = MESSAGE_KEYS.iter().filter_map(|key| object.get(*key));
            // Nova and its like wrap the error in an object with its name.
            let wrapped = object.values().filter(|value| object.len() == 1 && value.is_object());
            known.chain(wrapped).find_map(|value| message(value, depth))
        }
        _ => None,
    }
}

fn words(text: &str) -> Option<String> {
    if text.trim().is_empty() {
        return None;
    }
    // WebOb breaks its lines with markup in JSON too.
    let text: Cow<'_, str> =
        if text.contains("<br />") { text.replace("<br />", " ").into() } else { text.into() };
    Some(traceback::last_line(&text).unwrap_or_else(|| text.into_owned()))
}

fn join(parts: impl Iterator<Item = String>) -> Option<String> {
    let parts: Vec<_> = parts.collect();
    (!parts.is_empty()).then(|| parts.join("; "))
}

/// Zaqar's health: its storage and the operations tried on it.
fn zaqar(object: &Map<String, Value>) -> Option<String> {
    let storage = object.get("storage_reachable").filter(|value| **value != Value::Bool(true));
    let operations = object.get("operation_status").and_then(Value::as_object).into_iter().flatten();
    let failed = operations.filter(|(_, status)| status.get("succeeded") == Some(&Value::Bool(false)));
    let storage = storage.map(|value| format!("storage_reachable: {value}"));
    join(storage.into_iter().chain(failed.map(|(name, _)| format!("{name} failed"))).take(MAX_PARTS))
}

/// The components of a map that are not good, as monasca-api reports them.
fn not_good(object: &Map<String, Value>) -> Option<String> {
    let failing = object.iter().filter(|(_, value)| match value {
        Value::String(text) => !is_good(text),
        other => **other != Value::Bool(true),
    });
    join(failing.take(MAX_PARTS).map(|(name, value)| named(name, value)))
}

fn named(name: &str, value: &Value) -> String {
    let text = value.as_str().and_then(words).unwrap_or_else(|| value.to_string());
    format!("{name}: {text}")
}

fn is_good(text: &str) -> bool {
    GOOD_WORDS.contains(&text.trim().to_ascii_lowercase().as_str())
}

/// Tests for words that begin as those of a component that has failed.
pub(super) fn is_bad(text: &str) -> bool {
    let start: String = text.trim_start().chars().take(24).collect::<String>().to_ascii_lowercase();
    let ends_word = |rest: &str| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '-' || c == '_');
    BAD_WORDS.iter().any(|word| start.strip_prefix(word).is_some_and(ends_word))
}

/// The component that a report names as failed. Anything not known as a failure is healthy: `{"error": null}`, an
/// empty list, a map of settings.
pub(super) fn failed_component(value: &Value) -> Option<String> {
    let object = value.as_object()?;
    if let Some(Value::Array(reasons)) = object.get("reasons") {
        // The other members of an entry describe the check, not its outcome.
        let outcomes = reasons.iter().map(|entry| entry.get("reason").unwrap_or(entry));
        let bad =
            outcomes.filter_map(|outcome| message(outcome, MAX_DEPTH)).filter(|outcome| !is_good(outcome));
        return join(bad.take(MAX_PARTS));
    }
    let error = ["error_message", "error", "errors"].iter().filter_map(|key| object.get(*key));
    let error = error.filter_map(|error| message(error, MAX_DEPTH)).find(|text| !is_good(text));
    error.or_else(|| failed_states(object))
}

/// The failed states in a report; the overall one only where no component is named.
fn failed_states(object: &Map<String, Value>) -> Option<String> {
    let mut failed = Vec::new();
    collect_failed(object, is_component_report(object), MAX_DEPTH, &mut failed);
    let is_overall = |entry: &str| STATE_KEYS.iter().any(|key| entry.starts_with(&format!("{key}: ")));
    if !failed.iter().all(|entry| is_overall(entry)) {
        failed.retain(|entry| !is_overall(entry));
    }
    join(failed.into_iter())
}

/// A map of states alone, at least one of them good, is a report of components, whatever their names.
fn is_component_report(object: &Map<String, Value>) -> bool {
    let mut states = object.values().map(Value::as_str);
    states.all(|state| state.is_some_and(|text| is_good(text) || is_bad(text)))
        && object.values().filter_map(Value::as_str).any(is_good)
}

fn collect_failed(object: &Map<String, Value>, is_report: bool, depth: u8, failed: &mut Vec<String>) {
    let Some(depth) = depth.checked_sub(1) else { return };
    for (key, value) in object {
        if failed.len() >= MAX_PARTS {
            return;
        }
        match value {
            Value::String(text) if (is_report || names_state(key)) && is_bad(text) => {
                failed.push(named(key, value));
            }
            Value::Number(status) if names_status(key) && is_server_error(status) => {
                failed.push(named(key, value));
            }
            Value::Bool(false) if affirms(key) || is_component(key) => failed.push(named(key, value)),
            Value::Object(inner) if is_report || names_components(key) => {
                nested(key, inner, depth, failed);
            }
            Value::Array(entries) if is_report || names_components(key) => {
                for inner in entries.iter().filter_map(Value::as_object) {
                    nested(inner.get("name").and_then(Value::as_str).unwrap_or(key), inner, depth, failed);
                }
            }
            _ => {}
        }
    }
}

/// Failures within a component, in its name.
fn nested(name: &str, inner: &Map<String, Value>, depth: u8, failed: &mut Vec<String>) {
    let before = failed.len();
    collect_failed(inner, true, depth, failed);
    for entry in failed.iter_mut().skip(before) {
        *entry = match entry.as_str() {
            "succeeded: false" => format!("{name} failed"),
            _ if CONTAINERS.contains(&name) => continue,
            other => format!("{name}: {other}"),
        };
    }
}

fn names_status(key: &str) -> bool {
    STATUS_KEYS.contains(&key.to_ascii_lowercase().as_str())
}

fn is_server_error(status: &Number) -> bool {
    status.as_u64().is_some_and(|status| (500..=599).contains(&status))
}

fn names_state(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    STATE_KEYS.contains(&key.as_str()) || is_component(&key)
}

fn names_components(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    CONTAINERS.contains(&key.as_str()) || is_component(&key)
}

fn affirms(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    AFFIRMATIONS.iter().any(|ending| {
        key.strip_suffix(ending).is_some_and(|rest| rest.is_empty() || rest.ends_with(['_', '-', ' ', '.']))
    })
}

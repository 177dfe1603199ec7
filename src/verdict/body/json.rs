//! JSON bodies: the reason that an error object or a report of a failure gives.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::report;
use super::states::denies_error;
use super::traceback;

/// Maximum number of reasons or components in a summary.
pub(super) const MAX_PARTS: usize = 8;

/// Maximum number of levels that are searched for a message or a failed component.
pub(super) const MAX_DEPTH: u8 = 6;

/// Keys under which an error object describes itself, the most specific first.
const MESSAGE_KEYS: [&str; 13] = [
    "error_message",
    "faultstring",
    "message",
    "msg",
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

/// Messages that name a kind of error alone.
const GENERIC: [&str; 7] = [
    "error",
    "runtime error",
    "bad gateway",
    "gateway timeout",
    "service unavailable",
    "internal server error",
    "general",
];

/// Parses JSON, or a dictionary as Python shows it.
pub(super) fn parse(text: &str) -> Option<Value> {
    let value = serde_json::from_str(text).ok();
    value.or_else(|| {
        let is_python = ["{'", "[{'"].iter().any(|start| text.starts_with(start)) && !text.contains('"');
        let json = || {
            text.replace('\'', "\"").replace("True", "true").replace("False", "false").replace("None", "null")
        };
        is_python.then(|| serde_json::from_str(&json()).ok())?
    })
}

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

/// A document that lists the versions of an API and nothing else, as Keystone and Nova serve at their root.
pub(super) fn is_version_document(value: &Value) -> bool {
    if value.as_object().is_none_or(|object| object.len() != 1) {
        return false;
    }
    let is_list = |value: &Value| value.is_array() || value.get("values").is_some_and(Value::is_array);
    let is_version = |value: &Value| value.get("id").is_some() && value.get("links").is_some();
    value.get("versions").is_some_and(is_list) || value.get("version").is_some_and(is_version)
}

/// Members of error objects that no framework of Python's makes: Spring's, Node's, and Google's.
const FOREIGN: [&[&str]; 3] = [
    &["/timestamp", "/path", "/status", "/error"],
    &["/statusCode", "/error", "/message"],
    &["/error/status", "/error/code", "/error/message"],
];

/// Tests for an error object of software that is not the API's.
pub(super) fn is_foreign(value: &Value) -> bool {
    FOREIGN.iter().any(|members| members.iter().all(|member| value.pointer(member).is_some()))
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
        return report::failed_component(value);
    }
    if let Some(message) = message(value, MAX_DEPTH) {
        return Some(message);
    }
    if is_flat(object) {
        return not_good(object);
    }
    Some(report::failed_component(value).unwrap_or_else(|| text.to_owned()))
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
            // Nova and its like wrap the error in an object with its name.
            let mut wrapped = object.values().filter(|value| object.len() == 1 && value.is_object());
            description(object, depth).or_else(|| message(wrapped.next()?, depth))
        }
        _ => None,
    }
}

/// The words of an object about itself; those that only name its kind of error where there are no others.
pub(super) fn description(object: &Map<String, Value>, depth: u8) -> Option<String> {
    let mut known = MESSAGE_KEYS.iter().filter_map(|key| message(object.get(*key)?, depth)).peekable();
    let first = known.peek().cloned();
    known.find(|text| !GENERIC.iter().any(|words| text.eq_ignore_ascii_case(words))).or(first)
}

/// Tests for a map of strings and truth values alone.
pub(super) fn is_flat(object: &Map<String, Value>) -> bool {
    object.values().all(|value| value.is_string() || value.is_boolean())
}

/// The words of an error about itself besides its message, each with its key. A title only names the kind of error.
pub(super) fn other_words(value: &Value, message: &str) -> Option<String> {
    let mut found = Vec::new();
    collect_other_words(value, message, MAX_DEPTH, &mut found);
    join(found.into_iter())
}

fn collect_other_words(value: &Value, message: &str, depth: u8, found: &mut Vec<String>) {
    let Some(depth) = depth.checked_sub(1) else { return };
    match value {
        Value::String(text) if text.trim_start().starts_with('{') => {
            if let Ok(inner) = serde_json::from_str(text) {
                collect_other_words(&inner, message, depth, found);
            }
        }
        Value::Array(values) => {
            for value in values {
                let before = found.len();
                collect_other_words(value, message, depth, found);
                if let Some(name) = value.as_object().and_then(report::name_of) {
                    found.iter_mut().skip(before).for_each(|words| *words = format!("{name}: {words}"));
                }
            }
        }
        Value::Object(object) => {
            for (key, value) in object {
                let is_about_itself = MESSAGE_KEYS.contains(&key.as_str()) && key != "title";
                let text = value.as_str().filter(|text| is_about_itself && !text.starts_with('{'));
                let Some(words) = text.and_then(words) else {
                    collect_other_words(value, message, depth, found);
                    continue;
                };
                let named = format!("{key}: {words}");
                let is_generic = GENERIC.iter().any(|generic| words.eq_ignore_ascii_case(generic));
                if found.len() < MAX_PARTS
                    && !is_generic
                    && !message.contains(&words)
                    && !found.contains(&named)
                {
                    found.push(named);
                }
            }
        }
        _ => {}
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

pub(super) fn join(parts: impl Iterator<Item = String>) -> Option<String> {
    let parts: Vec<_> = parts.collect();
    (!parts.is_empty()).then(|| parts.join("; "))
}

/// The components of a map that are not good, as monasca-api reports them.
fn not_good(object: &Map<String, Value>) -> Option<String> {
    let failing = object.iter().filter(|(_, value)| match value {
        Value::String(text) => !denies_error(text),
        other => **other != Value::Bool(true),
    });
    join(failing.take(MAX_PARTS).map(|(name, value)| named(name, value)))
}

pub(super) fn named(name: &str, value: &Value) -> String {
    format!("{name}: {}", value_text(value))
}

pub(super) fn value_text(value: &Value) -> String {
    value.as_str().and_then(words).unwrap_or_else(|| value.to_string())
}

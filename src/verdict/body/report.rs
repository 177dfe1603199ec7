//! Health reports: the components that one names as failed, in JSON or in lines of text.
//!
//! Conservative: what is not known as a failure is healthy, such as `{"error": null}`, an empty list or an unknown map.

use serde_json::{Map, Value};

use super::json::{self, MAX_DEPTH, MAX_PARTS, join, message, named};
use super::states::{
    affirms, denies_error, describes, holds_components, is_bad, is_bad_state, is_component,
    is_denied_by_zero, is_false, is_good, is_needed_component, is_of_another_time, names_failure,
    names_state, names_status,
};
use super::traceback;

/// Keys of an error's text.
const ERROR_KEYS: [&str; 4] = ["error_message", "error", "errors", "exception"];

/// Keys of a text that may be about a failure, where no state is beside it.
const TEXT_KEYS: [&str; 3] = ["message", "msg", "detail"];

/// Keys of a component's name in a list.
const NAME_KEYS: [&str; 6] = ["name", "component", "service", "check", "checkid", "id"];

/// XML elements that hold a state.
const STATE_ELEMENTS: [&str; 3] = ["<status>", "<state>", "<health>"];

/// The XML element that holds the reason of SOAP's faults.
const FAULT_ELEMENT: &str = "<faultstring>";

/// Meaning of the keys of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scope {
    /// Anything.
    Unknown,
    /// The names of components.
    Components,
    /// The properties of a component.
    Component,
}

/// The answer of a health check of the kind that Ceilometer and its relatives have: oslo.middleware's reasons,
/// Zaqar's storage, or a map of back-end components.
pub(super) fn is_report(value: &Value) -> bool {
    let Value::Object(object) = value else { return false };
    object.get("reasons").is_some_and(Value::is_array)
        || object.get("storage_reachable").is_some_and(Value::is_boolean)
        || object.contains_key("operation_status")
        || (!object.is_empty() && json::is_flat(object) && object.keys().all(|key| is_component(key)))
}

/// The failure that JSON reports.
pub(super) fn failed_component(value: &Value) -> Option<String> {
    match value {
        Value::Object(object) => of_object(object),
        Value::Array(entries) => {
            let mut failed = Vec::new();
            of_entries("", entries, Scope::Unknown, MAX_DEPTH, &mut failed);
            join(failed.into_iter())
        }
        Value::String(text) => failed_lines(text),
        Value::Bool(false) => Some("false".to_owned()),
        _ => None,
    }
}

fn of_object(object: &Map<String, Value>) -> Option<String> {
    if let Some(Value::Array(reasons)) = object.get("reasons") {
        // The other members of an entry describe the check, not its outcome.
        let outcomes = reasons.iter().map(|entry| entry.get("reason").unwrap_or(entry));
        let bad =
            outcomes.filter_map(|outcome| message(outcome, MAX_DEPTH)).filter(|outcome| !is_good(outcome));
        return join(bad.take(MAX_PARTS));
    }
    let mut errors = ERROR_KEYS.iter().filter_map(|key| error_text(object.get(*key)?));
    errors.next().or_else(|| failed_states(object)).or_else(|| bad_text(object))
}

fn error_text(error: &Value) -> Option<String> {
    message(error, MAX_DEPTH).filter(|text| !denies_error(text))
}

/// The text of an object without a state, where it is about a failure: `{"message": "Service Unavailable"}`.
fn bad_text(object: &Map<String, Value>) -> Option<String> {
    let texts = TEXT_KEYS.iter().filter_map(|key| object.get(*key)?.as_str());
    texts.into_iter().find(|text| is_bad(text) && own_state(object).is_none()).map(str::to_owned)
}

/// The failed states in a report. The overall one, with the report's own words about it, only where no component is named.
fn failed_states(object: &Map<String, Value>) -> Option<String> {
    let mut failed = Vec::new();
    let scope = if is_component_report(object) { Scope::Components } else { Scope::Unknown };
    collect(object, scope, MAX_DEPTH, &mut failed);
    let (overall, components): (Vec<_>, Vec<_>) = failed.into_iter().partition(|entry| is_overall(entry));
    if !components.is_empty() || overall.is_empty() {
        return join(components.into_iter());
    }
    let words = json::description(object, MAX_DEPTH).filter(|text| !is_good(text));
    join(overall.into_iter().chain(words))
}

/// Tests for the state of the whole: `status: DOWN`.
fn is_overall(entry: &str) -> bool {
    let key = entry.split(": ").next().unwrap_or_default();
    let is_state = names_state(key) || names_status(key) || affirms(key) || names_failure(key);
    is_state && !is_component(key)
}

/// Tests for a map of states alone, at least one of them good, or of components that have states: whatever their names,
/// it is a report. The state of the whole and descriptions do not count.
fn is_component_report(object: &Map<String, Value>) -> bool {
    let is_state = |value: &Value| match value {
        Value::String(text) => is_good(text) || is_bad(text),
        Value::Object(inner) => own_state(inner).is_some(),
        _ => false,
    };
    let is_evidence = |value: &Value| value.is_object() || value.as_str().is_some_and(is_good);
    let mut components =
        object.iter().filter(|(key, _)| !names_state(key) && !describes(key)).map(|(_, value)| value);
    components.clone().all(is_state) && components.any(is_evidence)
}

/// The state that an object gives of itself.
fn own_state(object: &Map<String, Value>) -> Option<bool> {
    let states = object.iter().filter(|(key, _)| names_state(key) && !is_of_another_time(key));
    let mut known = states.filter_map(|(_, value)| match value {
        Value::String(text) if is_good(text) => Some(true),
        Value::String(text) if is_bad(text) => Some(false),
        Value::Bool(state) => Some(*state),
        _ => None,
    });
    known.next()
}

/// A condition of Kubernetes, whose type says what its status means: `MemoryPressure` is `False` where all is well.
fn condition(object: &Map<String, Value>) -> Option<(&str, &str)> {
    let [kind, status] = ["type", "status"].map(|key| object.get(key).and_then(Value::as_str));
    kind.zip(status.filter(|status| ["True", "False", "Unknown"].contains(status)))
}

fn collect(object: &Map<String, Value>, scope: Scope, depth: u8, failed: &mut Vec<String>) {
    let Some(depth) = depth.checked_sub(1) else { return };
    if let Some((kind, status)) = condition(object) {
        failed.extend((affirms(kind) && is_false(status)).then(|| format!("{kind}: {status}")));
        return;
    }
    let own_state = own_state(object);
    for (key, value) in object {
        if failed.len() >= MAX_PARTS {
            return;
        }
        // Where a component works, its past is no news; where that is not said, only a whole record of it is.
        if is_of_another_time(key) && (own_state == Some(true) || !value.is_object()) {
            continue;
        }
        if is_failed(key, value, scope, own_state) {
            failed.push(named(key, value));
        } else {
            descend(key, value, scope, own_state, depth, failed);
        }
    }
}

/// Tests one member of an object.
fn is_failed(key: &str, value: &Value, scope: Scope, own_state: Option<bool>) -> bool {
    let is_state = names_state(key);
    match value {
        Value::String(text) => {
            let any_key = scope == Scope::Components || (scope == Scope::Component && own_state.is_none());
            let is_judged = is_state || ((any_key || is_component(key)) && !describes(key));
            let is_error = scope != Scope::Unknown && ERROR_KEYS.contains(&key) && !denies_error(text);
            (is_judged && is_bad(text)) || is_error || ((is_state || affirms(key)) && is_false(text))
        }
        // Within a component a 4xx may be a check's expectation.
        Value::Number(number) if is_denied_by_zero(key) => number.as_f64() == Some(0.0),
        Value::Number(status) => {
            let lowest = if scope == Scope::Unknown && own_state != Some(true) { 400 } else { 500 };
            names_status(key) && status.as_u64().is_some_and(|status| (lowest..=599).contains(&status))
        }
        Value::Bool(false) => affirms(key) || is_state || is_needed_component(key),
        Value::Bool(true) => names_failure(key),
        _ => false,
    }
}

/// Searches a value that is a component or holds some.
fn descend(
    key: &str,
    value: &Value,
    scope: Scope,
    own_state: Option<bool>,
    depth: u8,
    failed: &mut Vec<String>,
) {
    let inner = match scope {
        _ if holds_components(key) => Scope::Components,
        Scope::Components => Scope::Component,
        _ if is_component(key) || names_state(key) => Scope::Component,
        _ => Scope::Unknown,
    };
    match value {
        Value::Object(object) if inner != Scope::Unknown => nested(key, object, inner, depth, failed),
        Value::Array(entries) if names_failure(key) => {
            let failures = entries.iter().filter_map(Value::as_str).filter(|text| !is_good(text));
            failed.extend(failures.take(MAX_PARTS).map(|text| format!("{key}: {text}")));
        }
        // A list of unknown things is of components only where nothing says that all is well.
        Value::Array(entries) if inner != Scope::Unknown || own_state != Some(true) => {
            of_entries(key, entries, inner, depth, failed);
        }
        _ => {}
    }
}

/// Searches the entries of a list, each in its own name or that of the list.
fn of_entries(key: &str, entries: &[Value], scope: Scope, depth: u8, failed: &mut Vec<String>) {
    let scope = if scope == Scope::Unknown { Scope::Unknown } else { Scope::Component };
    for entry in entries.iter().filter_map(Value::as_object) {
        if failed.len() >= MAX_PARTS {
            return;
        }
        let name = entry.iter().find(|(key, _)| NAME_KEYS.contains(&key.to_ascii_lowercase().as_str()));
        let name = name.and_then(|(_, value)| value.as_str()).unwrap_or(key);
        nested(name, entry, scope, depth, failed);
    }
}

/// Searches a component, and adds its name to what failed within it.
fn nested(name: &str, object: &Map<String, Value>, scope: Scope, depth: u8, failed: &mut Vec<String>) {
    if is_optional(object) {
        return;
    }
    let before = failed.len();
    let scope =
        if is_component_report(object) && scope == Scope::Component { Scope::Components } else { scope };
    collect(object, scope, depth, failed);
    for entry in failed.iter_mut().skip(before) {
        *entry = match entry.as_str() {
            "succeeded: false" => format!("{name} failed"),
            _ if name.is_empty() || holds_components(name) => continue,
            other => format!("{name}: {other}"),
        };
    }
}

/// Tests for a component that is not required, as it says itself.
fn is_optional(object: &Map<String, Value>) -> bool {
    let has = |key, value| object.get(key) == Some(&Value::Bool(value));
    has("required", false) || has("critical", false) || has("optional", true)
}

/// The failure that plain text or simple XML reports, or the lines that report one.
pub(super) fn failed_lines(text: &str) -> Option<String> {
    if text.starts_with('<') {
        return failed_element(text);
    }
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let is_count = lines.get(1).is_some_and(|line| line.parse::<f64>().is_ok());
    if lines.first().is_some_and(|line| is_bad_line(line)) && !is_count {
        return Some(traceback::last_line(text).unwrap_or_else(|| text.to_owned()));
    }
    let states = lines.iter().map(|line| {
        let (_, state) = line.split_once([':', '=']).or_else(|| line.rsplit_once(char::is_whitespace))?;
        Some(state)
    });
    let is_report = states.clone().all(|state| state.is_some_and(|state| is_good(state) || is_bad(state)))
        && states.flatten().any(is_good);
    let failed = lines.iter().filter(|line| is_failed_line(line, is_report));
    join(failed.take(MAX_PARTS).map(|line| (*line).to_owned()))
}

/// Tests for a line such as `ERROR: no database` or `503 Service Unavailable`, but not `critical services: up`.
fn is_bad_line(line: &str) -> bool {
    let status = line.split_once(' ').filter(|(status, _)| status.len() == 3 && status.starts_with('5'));
    let words = status.filter(|(status, _)| status.parse::<u16>().is_ok()).map_or(line, |(_, words)| words);
    is_bad(words)
        && !words.split_once([':', '=']).is_some_and(|(_, state)| !state.trim().is_empty() && is_good(state))
}

/// Tests for a line that says that all is well: `OK`, or `status: ok`.
pub(super) fn is_good_line(line: &str) -> bool {
    is_good(line) || line.split_once([':', '=']).is_some_and(|(_, state)| is_good(state))
}

/// Tests a line such as `db: down`, `database is down`, or Kubernetes' `[-]etcd failed`.
fn is_failed_line(line: &str, is_report: bool) -> bool {
    if line.starts_with("[-]") {
        return true;
    }
    if let Some((name, state)) = line.split_once([':', '=']) {
        let is_name = name.len() <= 40 && !is_of_another_time(name) && !describes(name);
        let is_judged = is_report || names_state(name) || is_component(name);
        return is_name && ((is_judged && is_bad(state)) || (affirms(name) && is_false(state)));
    }
    let words = line.split_once(char::is_whitespace);
    let is_failed = words.is_some_and(|(name, state)| {
        let is_judged = names_state(name) || is_component(name);
        is_judged && is_bad_state(state.strip_prefix("is ").unwrap_or(state))
    });
    let last = line.rsplit_once(char::is_whitespace).map(|(_, last)| last);
    is_failed || (is_report && last.is_some_and(is_bad_state))
}

/// The state of simple XML: `<health><status>DOWN</status></health>`.
fn failed_element(text: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    let state = |element: &&str| {
        let start = lower.find(element)? + element.len();
        let state = text.get(start..)?.split('<').next()?;
        is_bad(state).then(|| format!("{}: {state}", element.trim_matches(['<', '>'])))
    };
    let fault = || {
        let start = lower.find(FAULT_ELEMENT)? + FAULT_ELEMENT.len();
        text.get(start..)?.split('<').next().map(str::to_owned)
    };
    STATE_ELEMENTS.iter().find_map(state).or_else(fault)
}

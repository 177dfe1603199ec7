//! Health reports: the failures that one names, in JSON or in lines of text.
//!
//! A member of JSON is a failure if it is
//! - the text of an error (`error`, `exception`) that does not deny one;
//! - a message (`detail`) with words of failure, where the whole gives no state;
//! - a reason of oslo.middleware that has no good word and no figure, and does not deny a failure;
//! - a bad state (`DOWN`, `not ready`) under the name of a state (`status`, `health`) or of a component (`database`), under
//!   any name in a container (`checks`), or in a map that holds states alone;
//! - an HTTP status of a failure;
//! - `false`, of the whole (`ready`) or of a component that the service needs (`database_connected`);
//! - `true`, of a failure (`is_down`).
//!
//! Everything else is healthy. So are, whatever they say, the past and what should be (`last_error`, `expected`), descriptions
//! (`name`, `severity`), and components that are not required or not in use. Beside a good state of the whole, errors and
//! reasons need a word of failure, and objects of unknown names do not count.
//!
//! Text is a failure if its first line begins with one. Else only its failed lines are failures: `db: down`, `database is
//! down`, `[FAIL] db`.

use std::fmt;

use std::slice;

use serde_json::{Map, Value};

use super::json::{self, MAX_DEPTH, MAX_PARTS, join, message, named, value_text};
use super::states::{
    affirms, begins_with_failure, denies_error, describes, ends_with_failure, holds_components,
    is_about_component, is_bad, is_bad_state, is_code, is_component, is_denied_by_zero, is_failed_by_false,
    is_false, is_good, is_good_news, is_of_another_time, is_state_of_component, is_unused, names_failure,
    names_state, names_status,
};
use super::traceback;

/// Keys of an error's text.
const ERROR_KEYS: [&str; 5] = ["error_message", "error", "errors", "exception", "err"];

/// Keys of a text that may be about a failure, where no state is beside it.
const TEXT_KEYS: [&str; 3] = ["message", "msg", "detail"];

/// Keys of a component's name in a list.
const NAME_KEYS: [&str; 6] = ["name", "component", "service", "check", "checkid", "id"];

/// Marks of a failed check at the beginning of a line: Kubernetes', and those of consoles.
const FAILED_MARKS: [&str; 4] = ["[-]", "\u{274c}", "\u{2716}", "\u{2717}"];

/// XML elements that hold a state.
const STATE_ELEMENTS: [&str; 3] = ["<status>", "<state>", "<health>"];

/// The XML element that holds the reason of SOAP's faults.
const FAULT_ELEMENT: &str = "<faultstring>";

/// Meaning of the keys of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scope {
    /// Anything.
    Unknown,
    /// The names of components, in a container of them.
    Components,
    /// The names of parts, for all of them have states.
    Parts,
    /// The properties of a component.
    Component,
}

#[derive(Debug, Clone, Copy)]
struct Part<'a> {
    /// Its key, where that may not be a component's: the meaning of a `false` within depends on it.
    key: &'a str,
    scope: Scope,
    /// The state that it gives of itself.
    state: Option<bool>,
    depth: u8,
}

struct Failure {
    /// Its outermost name.
    name: String,
    /// The inner names and the value, where the name does not tell all.
    rest: Option<String>,
}

impl Failure {
    fn of(name: &str, rest: String) -> Failure {
        Failure { name: name.to_owned(), rest: Some(rest) }
    }

    /// Tests for the state of the whole: `status: DOWN`.
    fn is_overall(&self) -> bool {
        let key = &self.name;
        let is_state = names_state(key) || names_status(key) || affirms(key) || names_failure(key);
        is_state && !is_component(key)
    }

    fn within(self, name: &str) -> Failure {
        if self.name == "succeeded" {
            return Failure { name: format!("{name} failed"), rest: None };
        }
        if name.is_empty() || holds_components(name) { self } else { Failure::of(name, self.to_string()) }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.rest {
            Some(rest) => write!(f, "{}: {rest}", self.name),
            None => f.write_str(&self.name),
        }
    }
}

fn joined(failed: &[Failure]) -> Option<String> {
    join(failed.iter().take(MAX_PARTS).map(Failure::to_string))
}

/// The response of a health check of the kind that Ceilometer and its relatives have: oslo.middleware's reasons,
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
            let part = Part { key: "", scope: Scope::Unknown, state: None, depth: MAX_DEPTH };
            of_entries("", entries, part, &mut failed);
            joined(&failed)
        }
        Value::String(text) => failed_lines(text),
        Value::Bool(false) => Some("false".to_owned()),
        _ => None,
    }
}

fn of_object(object: &Map<String, Value>) -> Option<String> {
    let state = own_state(object);
    let mut errors = ERROR_KEYS.iter().filter_map(|key| error_text(object.get(*key)?, state));
    let failed = failed_reasons(object, state).or_else(|| errors.next());
    failed.or_else(|| failed_states(object, state)).or_else(|| bad_text(object, state))
}

/// The reasons of oslo.middleware that are about a failure. The other members of an entry describe the check.
fn failed_reasons(object: &Map<String, Value>, state: Option<bool>) -> Option<String> {
    let reasons = object.get("reasons")?;
    let reasons = reasons.as_array().map_or(slice::from_ref(reasons), Vec::as_slice);
    let texts = reasons.iter().filter_map(|entry| message(entry.get("reason").unwrap_or(entry), MAX_DEPTH));
    let is_failed = |text: &String| is_error(text, state) && (is_bad(text) || !is_good_news(text));
    join(texts.filter(is_failed).take(MAX_PARTS))
}

fn error_text(error: &Value, state: Option<bool>) -> Option<String> {
    message(error, MAX_DEPTH).filter(|text| is_error(text, state))
}

/// Tests the text of an error. Beside a good state it has to name a failure itself.
fn is_error(text: &str, state: Option<bool>) -> bool {
    if state == Some(true) { is_bad(text) && !denies_error(text) } else { !denies_error(text) }
}

/// The text of an object without a state, where it is about a failure: `{"message": "Service Unavailable"}`.
fn bad_text(object: &Map<String, Value>, state: Option<bool>) -> Option<String> {
    let mut texts = TEXT_KEYS.iter().filter_map(|key| object.get(*key)?.as_str());
    texts.find(|text| state.is_none() && is_bad(text)).map(str::to_owned)
}

/// The failed states in a report. The overall one, with the report's own words about it, only where no component is named.
fn failed_states(object: &Map<String, Value>, state: Option<bool>) -> Option<String> {
    let mut failed = Vec::new();
    let scope = if is_component_report(object) { Scope::Parts } else { Scope::Unknown };
    collect(object, Part { key: "", scope, state, depth: MAX_DEPTH }, &mut failed);
    let (overall, components): (Vec<_>, Vec<_>) = failed.into_iter().partition(Failure::is_overall);
    if !components.is_empty() || overall.is_empty() {
        return joined(&components);
    }
    let words = json::description(object, MAX_DEPTH).filter(|text| !denies_error(text));
    join(joined(&overall).into_iter().chain(words))
}

/// Tests for a map of states alone, at least one of them good, or of components that have states: whatever their names,
/// it is a report. The state of the whole and descriptions do not count.
fn is_component_report(object: &Map<String, Value>) -> bool {
    let state = |value: &Value| match value {
        Value::String(text) => word_state(text),
        Value::Object(inner) => own_state(inner),
        _ => None,
    };
    let components = object.iter().filter(|(key, _)| !names_state(key) && !describes(key));
    let states: Vec<_> = components.map(|(_, value)| state(value)).collect();
    states.contains(&Some(true)) && !states.contains(&None)
}

fn word_state(text: &str) -> Option<bool> {
    if is_bad(text) { Some(false) } else { is_good(text).then_some(true) }
}

/// The state that an object gives of itself: bad if one of several is.
fn own_state(object: &Map<String, Value>) -> Option<bool> {
    let states =
        object.iter().filter(|(key, _)| !is_of_another_time(key)).filter_map(|(key, value)| match value {
            Value::String(text) if names_state(key) => word_state(text),
            Value::Bool(true) if affirms(key) || names_state(key) => {
                (!is_state_of_component(key)).then_some(true)
            }
            Value::Bool(false) if affirms(key) || names_state(key) => {
                is_failed_by_false(key).then_some(false)
            }
            Value::Number(code) if is_code(key) || names_status(key) => {
                matches!(code.as_u64(), Some(0 | 200..=299)).then_some(true)
            }
            _ => None,
        });
    states.reduce(|first, second| first && second)
}

/// A condition of Kubernetes, whose type says what its status means: `MemoryPressure` is `False` where all is well.
fn condition(object: &Map<String, Value>) -> Option<(&str, &str)> {
    let [kind, status] = ["type", "status"].map(|key| object.get(key).and_then(Value::as_str));
    kind.zip(status.filter(|status| ["True", "False", "Unknown"].contains(status)))
}

fn collect(object: &Map<String, Value>, part: Part<'_>, failed: &mut Vec<Failure>) {
    let Some(depth) = part.depth.checked_sub(1) else { return };
    if let Some((kind, status)) = condition(object) {
        failed.extend(
            (is_failed_by_false(kind) && is_false(status)).then(|| Failure::of(kind, status.to_owned())),
        );
        return;
    }
    for (key, value) in object {
        if failed.len() >= MAX_PARTS {
            return;
        }
        if is_of_another_time(key) {
            continue;
        }
        if is_failed(key, value, part) {
            failed.push(Failure::of(key, value_text(value)));
        } else if value.is_object() || value.is_array() {
            descend(key, value, Part { depth, ..part }, failed);
        }
    }
}

/// Tests one member of an object.
fn is_failed(key: &str, value: &Value, part: Part<'_>) -> bool {
    match value {
        Value::String(text) => is_failed_text(key, text, part),
        Value::Number(number) if is_denied_by_zero(key) => number.as_f64() == Some(0.0),
        Value::Number(status) => status.as_u64().is_some_and(|status| is_failed_status(key, status, part)),
        Value::Bool(false) => is_denied(key, part),
        Value::Bool(true) => names_failure(key),
        _ => false,
    }
}

fn is_failed_text(key: &str, text: &str, part: Part<'_>) -> bool {
    let is_state = || names_state(key) || (key == "level" && names_state(part.key));
    let any_key = match part.scope {
        Scope::Unknown => false,
        Scope::Components | Scope::Parts => true,
        Scope::Component => part.state.is_none(),
    };
    let is_judged = || is_state() || ((any_key || is_component(key)) && !describes(key));
    let is_error_text = part.scope != Scope::Unknown && ERROR_KEYS.contains(&key);
    // Most values are good states, whose keys need not be read.
    (is_bad(text) && is_judged())
        || (is_error_text && is_error(text, part.state))
        || (is_false(text) && (is_state() || affirms(key)) && is_denied(key, part))
        || text.parse().is_ok_and(|status| is_failed_status(key, status, part))
}

/// Tests a key whose value is false, together with that of the part.
fn is_denied(key: &str, part: Part<'_>) -> bool {
    is_failed_by_false(&format!("{} {key}", part.key))
}

/// Tests an HTTP status. Within a component a 4xx may be a check's expectation.
fn is_failed_status(key: &str, status: u64, part: Part<'_>) -> bool {
    let lowest = if part.scope == Scope::Unknown && part.state != Some(true) { 400 } else { 500 };
    names_status(key) && (lowest..=599).contains(&status)
}

/// Searches a value that is a component or holds some.
fn descend(key: &str, value: &Value, part: Part<'_>, failed: &mut Vec<Failure>) {
    let scope = match part.scope {
        _ if holds_components(key) => Scope::Components,
        Scope::Components | Scope::Parts => Scope::Component,
        _ if is_component(key) || names_state(key) => Scope::Component,
        _ => Scope::Unknown,
    };
    let is_trusted = scope == Scope::Components || part.scope == Scope::Components;
    let inner = Part { key: if is_trusted { "" } else { key }, scope, ..part };
    let is_well = part.state == Some(true);
    match value {
        Value::Object(object) if names_failure(key) => {
            let bad = object
                .iter()
                .filter(|(name, value)| value.as_str().is_some_and(is_bad) && !is_of_another_time(name));
            failed.extend(bad.take(MAX_PARTS).map(|(name, value)| Failure::of(key, named(name, value))));
        }
        Value::Object(object)
            if scope != Scope::Unknown || (!is_well && own_state(object) == Some(false)) =>
        {
            nested(key, object, inner, failed);
        }
        Value::Array(entries) if names_failure(key) => {
            let failures = entries.iter().filter_map(Value::as_str).filter(|text| is_error(text, part.state));
            failed.extend(failures.take(MAX_PARTS).map(|text| Failure::of(key, text.to_owned())));
        }
        Value::Array(entries) if scope != Scope::Unknown || !is_well => {
            of_entries(key, entries, inner, failed);
        }
        _ => {}
    }
}

/// Searches the entries of a list, each in its own name or that of the list.
fn of_entries(list: &str, entries: &[Value], part: Part<'_>, failed: &mut Vec<Failure>) {
    let scope = if part.scope == Scope::Unknown { Scope::Unknown } else { Scope::Component };
    for entry in entries.iter().filter_map(Value::as_object) {
        if failed.len() >= MAX_PARTS {
            return;
        }
        nested(name_of(entry).unwrap_or(list), entry, Part { key: "", scope, ..part }, failed);
    }
}

/// The name that an entry of a list gives itself.
pub(super) fn name_of(entry: &Map<String, Value>) -> Option<&str> {
    let name = entry.iter().find(|(key, _)| NAME_KEYS.contains(&key.to_ascii_lowercase().as_str()));
    name.and_then(|(_, value)| value.as_str())
}

/// Searches a component, and adds its name to what failed within it.
fn nested(name: &str, object: &Map<String, Value>, part: Part<'_>, failed: &mut Vec<Failure>) {
    if is_dispensable(object) {
        return;
    }
    let holds_parts = part.scope == Scope::Component && is_component_report(object);
    let scope = if holds_parts { Scope::Parts } else { part.scope };
    let mut within = Vec::new();
    collect(object, Part { scope, state: own_state(object), ..part }, &mut within);
    failed.extend(within.into_iter().map(|failure| failure.within(name)));
}

/// Tests for a component that is not required or not in use, as it says itself.
fn is_dispensable(object: &Map<String, Value>) -> bool {
    let has = |key, value| object.get(key) == Some(&Value::Bool(value));
    let is_off = |(key, value): (&String, &Value)| names_state(key) && value.as_str().is_some_and(is_unused);
    let marks = [
        ("required", false),
        ("critical", false),
        ("optional", true),
        ("enabled", false),
        ("disabled", true),
    ];
    marks.iter().any(|(key, value)| has(*key, *value)) || object.iter().any(is_off)
}

/// The failure that plain text or simple XML reports, or the lines that report one.
pub(super) fn failed_lines(text: &str) -> Option<String> {
    if text.starts_with('<') {
        return failed_element(text);
    }
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let is_head = lines.get(1).is_some_and(|line| is_row_of_figures(line));
    if !is_head && lines.first().is_some_and(|line| is_bad_line(line)) {
        return Some(traceback::last_line(text).unwrap_or_else(|| text.to_owned()));
    }
    let states = lines.iter().map(|line| {
        let (_, state) = line.split_once([':', '=']).or_else(|| line.rsplit_once(char::is_whitespace))?;
        Some(state)
    });
    let is_report =
        states.clone().all(|state| state.is_some_and(|state| denies_error(state) || is_bad(state)))
            && states.flatten().any(is_good);
    let failed = lines.iter().filter(|line| is_failed_line(line, is_report));
    join(failed.take(MAX_PARTS).map(|line| (*line).to_owned()))
}

/// Tests for the figures below the head of a table.
fn is_row_of_figures(line: &str) -> bool {
    line.split(|c: char| c.is_whitespace() || ",;|".contains(c))
        .all(|cell| cell.is_empty() || cell.parse::<f64>().is_ok())
}

/// Tests for a line such as `ERROR: no database` or `503 Service Unavailable`, but not `critical services: up`.
fn is_bad_line(line: &str) -> bool {
    let status = line.split_once(' ').filter(|(status, _)| status.len() == 3 && status.starts_with('5'));
    let words = status.filter(|(status, _)| status.parse::<u16>().is_ok()).map_or(line, |(_, words)| words);
    begins_with_failure(words) && !is_good_line(words)
}

/// Tests for a line that says that all is well: `OK`, or `status: ok`.
pub(super) fn is_good_line(line: &str) -> bool {
    is_good(line) || line.split_once([':', '=']).is_some_and(|(_, state)| is_good(state))
}

/// Tests a line such as `db: down`, `database is down`, `[FAIL] db`, or Kubernetes' `[-]etcd failed`.
fn is_failed_line(line: &str, is_report: bool) -> bool {
    if FAILED_MARKS.iter().any(|mark| line.starts_with(mark)) {
        return true;
    }
    if let Some((state, name)) = line.strip_prefix('[').and_then(|line| line.split_once(']')) {
        return is_bad_state(state) && name.trim().starts_with(char::is_alphabetic);
    }
    if let Some((name, state)) = line.split_once([':', '=']) {
        let is_name = name.len() <= 40 && !is_of_another_time(name) && !describes(name);
        let is_judged = is_report || names_state(name) || is_component(name);
        let is_denied = affirms(name) && is_false(state) && is_failed_by_false(name);
        let is_failed = ends_with_failure(name) && is_about_component(name) && !denies_error(state);
        return is_name && ((is_judged && is_bad(state)) || is_denied || is_failed);
    }
    let is_state = line
        .split_once(char::is_whitespace)
        .is_some_and(|(name, state)| (names_state(name) || is_component(name)) && is_bad_state(state));
    let last = line.rsplit_once(char::is_whitespace);
    is_state
        || (ends_with_failure(line) && is_about_component(line) && !line.contains(['|', '\t']))
        || (is_report && last.is_some_and(|(name, state)| !names_state(name) && is_bad_state(state)))
}

/// The state of simple XML, `<health><status>DOWN</status></health>`, unless it has a good one too.
fn failed_element(text: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    let texts = |element: &'static str| {
        let starts = lower.match_indices(element).filter_map(|(start, _)| text.get(start + element.len()..));
        starts.filter_map(|rest| rest.split('<').next())
    };
    let state = |element: &&'static str| {
        let bad = texts(element).find(|state| is_bad(state)).filter(|_| !texts(element).any(is_good))?;
        Some(format!("{}: {bad}", element.trim_matches(['<', '>'])))
    };
    STATE_ELEMENTS.iter().find_map(state).or_else(|| texts(FAULT_ELEMENT).next().map(str::to_owned))
}

//! The words of health reports: values that say that a component works or has failed, and the names of their keys.
//!
//! A text is bad if it
//! - is a bad state: `DOWN`, `red`, `not ready`;
//! - begins with a failure, or with an exception's name: `error: no route`, `OperationalError: (2003)`. It is harmless if
//!   nothing, a figure or its name, or a calm end follows: `errors: 0`, `error rate 2%`, `failed over to replica 2, ok`;
//! - ends with a failure, or its first clause does: `database is down`, `database is down: no route`. It is harmless if a word
//!   before the end denies it, or puts it in another time or a mere case: `no agents down`, `it was down`, `if it is down`.
//!
//! A key is about a state by its last word (`dbStatus`, `is_ready`), about another time by any word (`last_error`), and about
//! a component if its name contains that of one (`metrics_database`).

use std::borrow::Cow;
use std::iter;

/// States of what works. As the last word of a key they affirm: its `false` is a failure of the whole, or of the component
/// that is named before them.
const AFFIRMATIONS: [&str; 16] = [
    "reachable",
    "succeeded",
    "success",
    "successful",
    "healthy",
    "alive",
    "available",
    "ready",
    "ok",
    "connected",
    "online",
    "operational",
    "pass",
    "passed",
    "passing",
    "up",
];

/// Other states of what works. As keys they are often settings.
const GOOD_STATES: [&str; 15] = [
    "okay",
    "true",
    "yes",
    "on",
    "good",
    "fine",
    "normal",
    "running",
    "serving",
    "started",
    "green",
    "active",
    "enabled",
    "responding",
    "established",
];

/// Beginnings of texts that deny a failure.
const DENIALS: [&str; 17] = [
    "no error",
    "no_error",
    "noerror",
    "no known",
    "no recent",
    "no failure",
    "no fault",
    "no problem",
    "no issue",
    "no alarm",
    "no alert",
    "no warning",
    "nothing wrong",
    "nothing to report",
    "0 error",
    "there are no errors",
    "without errors",
];

/// Values of a component that has failed. In a longer text these words have other meanings.
const BAD_STATES: [&str; 20] = [
    "unready",
    "notready",
    "ko",
    "nok",
    "not good",
    "red",
    "bad",
    "sick",
    "dead",
    "broken",
    "crashed",
    "err",
    "crit",
    "faulted",
    "stopped",
    "suspended",
    "outage",
    "major outage",
    "partial outage",
    "maintenance",
];

/// Words of failure that a text about one begins or ends with: `down since noon`, `database is down`.
const FAILURES: [&str; 11] = [
    "down",
    "failed",
    "failing",
    "unhealthy",
    "unavailable",
    "unreachable",
    "refused",
    "disconnected",
    "offline",
    "timed out",
    "not running",
];

/// Other beginnings of texts about a failure.
const FAILED_STARTS: [&str; 30] = [
    "health err",
    "not serving",
    "error",
    "errors",
    "fail",
    "failure",
    "fatal",
    "exception",
    "traceback",
    "degraded",
    "not responding",
    "no connection",
    "no route to",
    "no healthy upstream",
    "critical",
    "timeout",
    "out of service",
    "under maintenance",
    "in maintenance",
    "cannot",
    "can't",
    "could not",
    "unable to",
    "lost",
    "connection reset",
    "connection error",
    "internal server error",
    "bad gateway",
    "gateway timeout",
    // oslo.middleware.
    "disabled by file",
];

/// Other ends of texts about a failure.
const FAILED_ENDS: [&str; 4] = ["dead", "broken", "missing", "gone away"];

/// Words that deny what follows.
const NEGATIONS: [&str; 4] = ["no", "not", "never", "without"];

/// Other words beside which a failure is none, is of another time, or is a mere case.
const HEDGES: [&str; 13] =
    ["0", "none", "nothing", "if", "when", "unless", "until", "was", "were", "been", "went", "once", "ok"];

/// Words of a service that somebody took out of service.
const MAINTENANCE: [&str; 4] =
    ["down for maintenance", "under maintenance", "in maintenance", "maintenance mode"];

/// Words that name a figure or a setting when they follow a word about a failure: `error rate`.
const FIGURES: [&str; 14] = [
    "rate",
    "count",
    "budget",
    "ratio",
    "log",
    "level",
    "threshold",
    "handler",
    "reporting",
    "domain",
    "detector",
    "policy",
    "logs",
    "free",
];

/// Values of a count or a list that is empty.
const EMPTY: [&str; 13] =
    ["", "none", "nothing", "no", "null", "nil", "false", "n/a", "never", "0", "empty", "off", "undefined"];

/// Words that end a text which is no failure, whatever its beginning: `failed over to replica 2, ok`.
const CALM_ENDS: [&str; 3] = ["ok", "okay", "enabled"];

/// States of a component that nobody uses, which are good ones.
const UNUSED_STATES: [&str; 3] = ["disabled", "not configured", "not enabled"];

/// Ends of the names of exceptions. Alone they are no names.
const EXCEPTIONS: [&str; 2] = ["Error", "Exception"];

/// Maximum number of characters that are read of a value.
const MAX_VALUE: usize = 100;

/// Last words of keys that hold a state.
const STATE_KEYS: [&str; 9] =
    ["status", "state", "health", "result", "overall", "readiness", "liveness", "connection", "connectivity"];

/// Keys that hold an HTTP status.
const STATUS_KEYS: [&str; 4] = ["status", "code", "statuscode", "status_code"];

/// Words that name the whole: `service_available`.
const WHOLE: [&str; 5] = ["service", "api", "server", "system", "cluster"];

/// Words before a state that change nothing: `is_ready`, `has_errors`.
const FILLERS: [&str; 4] = ["is", "are", "has", "all"];

/// Keys whose `true` is a failure, and whose lists are of failures.
const FAILED_KEYS: [&str; 9] =
    ["error", "errors", "failed", "failure", "failing", "down", "unhealthy", "unavailable", "degraded"];

/// Words of keys that are not about the present.
const OTHER_TIMES: [&str; 21] = [
    "last",
    "previous",
    "previously",
    "prev",
    "prior",
    "past",
    "former",
    "old",
    "before",
    "recent",
    "history",
    "log",
    "logs",
    "event",
    "events",
    "incidents",
    "default",
    "initial",
    "expected",
    "desired",
    "target",
];

/// Last words of keys that describe a component, and not its state.
const DESCRIPTIONS: [&str; 34] = [
    "message",
    "msg",
    "description",
    "info",
    "name",
    "version",
    "level",
    "severity",
    "criticality",
    "priority",
    "type",
    "kind",
    "id",
    "url",
    "host",
    "path",
    "output",
    "label",
    "note",
    "title",
    "reason",
    "mode",
    "detail",
    "notes",
    "text",
    "class",
    "tier",
    "environment",
    "env",
    "profile",
    "policy",
    "commit",
    "sla",
    "help",
];

/// Parts of the names of components that a metering service has.
const COMPONENTS: [&str; 21] = [
    "backend",
    "database",
    "storage",
    "catalog",
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
const CONTAINERS: [&str; 13] = [
    "components",
    "checks",
    "services",
    "dependencies",
    "operation_status",
    "backends",
    "details",
    "detail",
    "entries",
    "results",
    "healthchecks",
    "health_checks",
    "subsystems",
];

/// First words of the names of settings: `use_redis`.
const SETTINGS: [&str; 8] = ["use", "uses", "enable", "has", "with", "skip", "no", "disable"];

/// Components that a service can do without.
const CACHES: [&str; 4] = ["cache", "memcache", "memcached", "redis"];

pub(super) fn is_good(text: &str) -> bool {
    let text = normalize_state(text);
    is_good_state(&text) || DENIALS.iter().any(|denial| text.starts_with(denial))
}

fn is_good_state(text: &str) -> bool {
    AFFIRMATIONS.contains(&text) || GOOD_STATES.contains(&text) || UNUSED_STATES.contains(&text)
}

/// Tests for the state, or the text, of a component that has failed.
pub(super) fn is_bad(text: &str) -> bool {
    // Most texts are good states, none of which is bad.
    !is_good_state(&normalize_state(text)) && (begins_with_failure(text) || ends_with_failure(text))
}

/// Tests for a text whose beginning says that something has failed, whatever it is: `error: no route to the database`.
pub(super) fn begins_with_failure(text: &str) -> bool {
    let text = text.trim();
    let start = normalize_state(text);
    let is_failure = is_bad_state(&start) || is_about_failure(&start) || names_exception(text);
    is_failure && !is_setting(&start)
}

/// Tests for a text, or its first clause, whose end says that its beginning has failed: `database is down`.
pub(super) fn ends_with_failure(text: &str) -> bool {
    let text = spaced(&normalize_state(text));
    let clause = text.find([':', ',', ';', '(', '=']).and_then(|at| text.split_at_checked(at));
    ends_badly(&text) || clause.is_some_and(|(clause, rest)| ends_badly(clause.trim()) && !is_harmless(rest))
}

fn ends_badly(text: &str) -> bool {
    let subject = |end: &&str| text.strip_suffix(*end).filter(|subject| subject.ends_with(' '));
    let denied = AFFIRMATIONS.iter().find_map(subject).and_then(|subject| subject.strip_suffix(" not "));
    let failed = FAILURES.iter().chain(&FAILED_ENDS).find_map(subject);
    failed.or(denied).is_some_and(|subject| {
        let mut words = bare_words(subject);
        let is_well = words.clone().next().is_some_and(is_good);
        !is_well && !words.any(is_hedge)
    })
}

fn is_hedge(word: &str) -> bool {
    NEGATIONS.contains(&word) || HEDGES.contains(&word) || OTHER_TIMES.contains(&word)
}

/// The words of a text without the marks around them.
fn bare_words(text: &str) -> impl Iterator<Item = &str> + Clone {
    text.split(' ').map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()))
}

/// Tests for a text with a word of failure and a hedge beside it, or else with a good state or a figure and no negation.
pub(super) fn is_good_news(text: &str) -> bool {
    let text = spaced(&normalize_state(text));
    let mut words = bare_words(&text);
    if words.clone().any(is_word_of_failure) {
        return words.any(is_hedge);
    }
    // "pool exhausted on db1"
    let is_good = |word: &str| is_good_state(word) && word != "on";
    words.clone().any(|word| is_good(word) || is_figure(word)) && !words.any(|word| NEGATIONS.contains(&word))
}

fn is_word_of_failure(word: &str) -> bool {
    let lists: [&[&str]; 5] = [&FAILURES, &FAILED_STARTS, &FAILED_ENDS, &BAD_STATES, &UNUSED_STATES];
    lists.iter().any(|list| list.contains(&word))
}

/// Tests for a key such as `ok`, whose `0` is a failure in the replies of a database.
pub(super) fn is_denied_by_zero(key: &str) -> bool {
    is_one(key, &["ok", "up", "healthy", "alive", "success"])
}

/// Tests for the whole of a state, not only for its beginning.
pub(super) fn is_bad_state(text: &str) -> bool {
    let text = spaced(&normalize_state(text));
    BAD_STATES.contains(&text.as_str()) || rest_of_failure(&text) == Some("")
}

/// Tests for a text that says that the service is in maintenance: `status: maintenance`, `Down for maintenance`.
pub(super) fn is_maintenance(text: &str) -> bool {
    let text = normalize_state(text);
    text.rsplit(": ").next() == Some("maintenance") || MAINTENANCE.iter().any(|words| text.contains(words))
}

/// Tests for the state of a component that nobody uses.
pub(super) fn is_unused(text: &str) -> bool {
    UNUSED_STATES.contains(&spaced(&normalize_state(text)).as_str())
}

/// Tests for a text that denies what its key affirms: etcd writes `"health":"false"`.
pub(super) fn is_false(text: &str) -> bool {
    ["false", "no"].contains(&&*normalize_state(text))
}

/// The beginning of a value in lower case.
fn normalize_state(text: &str) -> Cow<'_, str> {
    lower_case(beginning(text.trim()).trim_end_matches(['.', '!']))
}

/// A text in lower case, as most texts and keys are.
fn lower_case(text: &str) -> Cow<'_, str> {
    if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(text.to_ascii_lowercase())
    } else {
        Cow::Borrowed(text)
    }
}

/// The first [`MAX_VALUE`] characters.
fn beginning(text: &str) -> &str {
    // Most texts are short, and none has more characters than bytes.
    if text.len() <= MAX_VALUE {
        return text;
    }
    let end = text.char_indices().nth(MAX_VALUE).map_or(text.len(), |(at, _)| at);
    text.get(..end).unwrap_or(text)
}

/// A constant as words: `SERVICE_UNAVAILABLE`.
fn spaced(text: &str) -> String {
    text.replace('_', " ")
}

fn is_about_failure(start: &str) -> bool {
    let rest = rest_of_failure(start);
    rest.is_some_and(|rest| !is_harmless(rest))
}

/// The part of a text after the words about a failure with which it begins.
fn rest_of_failure(start: &str) -> Option<&str> {
    let spaced = spaced(start);
    let denied = spaced.strip_prefix("not ").unwrap_or_default();
    let denials =
        AFFIRMATIONS.iter().filter(|word| denied.starts_with(**word)).map(|word| "not ".len() + word.len());
    let starts = FAILURES.iter().chain(&FAILED_STARTS);
    let failures = starts.filter(|word| spaced.starts_with(**word)).map(|word| word.len());
    denials.chain(failures).find_map(|length| {
        let rest = start.get(length..)?;
        let mut next = rest.chars();
        let is_inside = |letter: char| letter.is_alphanumeric() || letter == '-' || letter == '_';
        let ends = match next.next() {
            // A host's or a file's name goes on after a dot.
            Some('.' | '/') => !next.next().is_some_and(is_inside),
            letter => !letter.is_some_and(is_inside),
        };
        ends.then_some(rest)
    })
}

/// Tests what follows such a word: nothing or a mere figure as its value, the name of a figure, or an end that is no
/// failure (`errors: {}`, `failed jobs: 12`, `error rate 2%`, `error queue empty`).
fn is_harmless(rest: &str) -> bool {
    let value = rest.split_once([':', '=']).map(|(_, value)| value.trim());
    let is_blank = !rest.is_empty() && unquoted(rest.trim()).is_empty();
    let words = |text| {
        let words = str::split(text, |c: char| c.is_whitespace() || ",;|)=".contains(c));
        words.map(unquoted).filter(|word| !word.is_empty())
    };
    let first = words(rest.trim_start_matches([' ', '(', ':', '='])).next();
    let last = words(rest).next_back();
    is_blank
        || value.is_some_and(|value| is_empty_value(value) || (is_figure(value) && !is_status(rest)))
        || first.is_some_and(|word| is_zero(word) || FIGURES.contains(&word))
        || last.is_some_and(|word| EMPTY.contains(&word) || CALM_ENDS.contains(&word))
}

/// Tests a value, or the first of several, for none: `""`, `(none)`, `{}`, `null status=ok`.
fn is_empty_value(value: &str) -> bool {
    let (first, rest) = value.split_once(' ').unwrap_or((value, ""));
    let is_alone = rest.is_empty() || first.ends_with([',', ';']) || rest.contains('=');
    !value.is_empty() && is_alone && EMPTY.contains(&unquoted(first.trim_end_matches([',', ';'])))
}

/// A word without the marks around it.
fn unquoted(word: &str) -> &str {
    word.trim_matches(|c: char| "\"'()<>[]{}~-:".contains(c))
}

/// Tests for a number with its unit: `3`, `1%`, `30 s`, `3 (ignored)`.
fn is_figure(value: &str) -> bool {
    let value = value.split('(').next().unwrap_or_default();
    let unit = value.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    let number = value.strip_suffix(unit).unwrap_or_default();
    number.parse::<f64>().is_ok() && unit.trim().len() <= 2
}

/// Tests for an HTTP status alone: `: 503`.
fn is_status(rest: &str) -> bool {
    rest.trim_start_matches([':', '=', ' ']).parse().is_ok_and(|status| (400..600).contains(&status))
}

fn is_zero(text: &str) -> bool {
    text.trim_end_matches('%').parse::<f64>().is_ok_and(|count| count == 0.0)
}

/// Tests for the text of an error that is none: `N/A`, `0 in 5m`, `Error reporting disabled`.
pub(super) fn denies_error(text: &str) -> bool {
    let text = normalize_state(text);
    let first = || text.split([' ', ',']).next().unwrap_or_default();
    let has_succeeded = || {
        let mut words = text.split(' ').rev();
        words.next().is_some_and(|word| word.starts_with("succe")) && !words.any(|word| word == "not")
    };
    is_good(&text)
        || EMPTY.contains(&unquoted(&text))
        || is_unused(&text)
        || has_succeeded()
        || is_zero(first())
        || first() == "ok"
        || rest_of_failure(&text).is_some_and(is_harmless)
}

/// Tests for the duration of a setting: `timeout: 30s`.
fn is_setting(text: &str) -> bool {
    let value = normalize_state(text);
    let value = value.strip_prefix("timeout").map(|rest| rest.trim_start_matches([' ', ':', '=']));
    value.is_some_and(|value| value.starts_with(|c: char| c.is_ascii_digit()))
}

/// Tests for a text that begins with the name of an exception, as Python and Java print it.
fn names_exception(text: &str) -> bool {
    let first = text.split([' ', ':', '\n']).next().unwrap_or_default();
    let name = first.trim_matches(|c: char| !c.is_alphanumeric()).rsplit('.').next().unwrap_or_default();
    name.starts_with(char::is_uppercase)
        && EXCEPTIONS.iter().any(|end| name.len() > end.len() && name.ends_with(end))
}

/// The words of a key: those of `dbStatus` and `db_status` are the same. A capital letter after a small one begins a word.
fn split_key(key: &str) -> impl Iterator<Item = &str> {
    let mut rest = beginning(key);
    iter::from_fn(move || {
        let mut was_lower = false;
        let is_next = |letter: char| {
            let is_next = !letter.is_alphanumeric() || (was_lower && letter.is_uppercase());
            was_lower = letter.is_lowercase();
            is_next
        };
        let start = rest.trim_start_matches(|letter: char| !letter.is_alphanumeric());
        let (word, tail) = start.split_at(start.find(is_next).unwrap_or(start.len()));
        rest = tail;
        (!word.is_empty()).then_some(word)
    })
}

/// Tests for one of these words, in any case.
fn is_one(word: &str, of: &[&str]) -> bool {
    of.iter().any(|own| own.eq_ignore_ascii_case(word))
}

fn has_last_word(key: &str, of: &[&str]) -> bool {
    split_key(key).last().is_some_and(|word| is_one(word, of))
}

fn has_word(key: &str, of: &[&str]) -> bool {
    split_key(key).any(|word| is_one(word, of))
}

pub(super) fn names_state(key: &str) -> bool {
    has_last_word(key, &STATE_KEYS)
}

/// Tests for a key of a result's number, such as `errorCode`, whose zero is good.
pub(super) fn is_code(key: &str) -> bool {
    key.to_ascii_lowercase().ends_with("code") || key.eq_ignore_ascii_case("errno")
}

pub(super) fn names_status(key: &str) -> bool {
    is_one(key, &STATUS_KEYS)
}

pub(super) fn affirms(key: &str) -> bool {
    has_last_word(key, &AFFIRMATIONS)
}

/// Tests for a key whose `false` is a failure: a component that is needed, and an affirmation or a state of the whole or
/// of such a component. Of anything else, such as `maintenance_status` or `dhcp_available`, it may be good news.
pub(super) fn is_failed_by_false(key: &str) -> bool {
    let words: Vec<_> = split_key(key).collect();
    let (subject, ends) = split_state(&words);
    let is_whole = subject.iter().all(|word| is_one(word, &WHOLE) || is_one(word, &FILLERS));
    (is_whole && !ends.is_empty()) || is_needed_component(subject)
}

/// Tests for a key such as `catalog_reachable`, whose `true` says nothing of the whole.
pub(super) fn is_state_of_component(key: &str) -> bool {
    let words: Vec<_> = split_key(key).collect();
    is_needed_component(split_state(&words).0)
}

/// Splits the words of a key into what it is about, and the affirmations and states at its end.
fn split_state<'a, 'b>(words: &'a [&'b str]) -> (&'a [&'b str], &'a [&'b str]) {
    let is_end = |word: &str| is_one(word, &AFFIRMATIONS) || is_one(word, &STATE_KEYS);
    words.split_at(words.iter().rposition(|word| !is_end(word)).map_or(0, |last| last + 1))
}

/// Tests for a key such as `is_down`, `has_errors` or `failed_checks`.
pub(super) fn names_failure(key: &str) -> bool {
    let words: Vec<_> = split_key(key).collect();
    let is_failed = |word: &str| is_one(word, &FAILED_KEYS);
    match words.as_slice() {
        [fillers @ .., last] if is_failed(last) => fillers.iter().all(|word| is_one(word, &FILLERS)),
        [first, last] => is_failed(first) && holds_components(last),
        _ => false,
    }
}

/// Tests for a key about the past, or about what should be.
pub(super) fn is_of_another_time(key: &str) -> bool {
    has_word(key, &OTHER_TIMES)
}

pub(super) fn describes(key: &str) -> bool {
    has_last_word(key, &DESCRIPTIONS)
}

pub(super) fn is_component(key: &str) -> bool {
    let lower = lower_case(key);
    lower.ends_with("db")
        || (lower.contains("db") && has_word(key, &["db"]))
        || (COMPONENTS.iter().any(|name| lower.contains(name))
            && !has_last_word(key, &["cached", "queued", "queueing"]))
}

/// Tests for a component, not for a setting of it, that a service cannot do without.
fn is_needed_component(words: &[&str]) -> bool {
    let is_setting = words.first().is_some_and(|word| is_one(word, &SETTINGS));
    !is_setting && words.last().is_some_and(|word| !is_one(word, &CACHES) && is_component(word))
}

/// Tests for a text about a component or the whole: `connection to the database`.
pub(super) fn is_about_component(text: &str) -> bool {
    let is_known = |word: &str| WHOLE.contains(&word) || STATE_KEYS.contains(&word) || is_component(word);
    normalize_state(text).split(|c: char| !c.is_alphanumeric()).any(is_known)
}

pub(super) fn holds_components(key: &str) -> bool {
    is_one(key, &CONTAINERS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states() {
        let bad = [
            "DOWN",
            "KO",
            "nok",
            "red",
            "degraded",
            "Degraded performance",
            "SERVICE_UNAVAILABLE",
            "not_ok",
            "OUT_OF_SERVICE",
            "Error: refused",
            "error 5",
            "ERROR no route to host",
            "timeout after 5 s",
            "OperationalError: (2003)",
            "(pymysql.err.OperationalError) (2003, \"x\")",
            "java.net.ConnectException: refused",
            "Connection refused",
            "down.",
            "Under maintenance",
            "error: no route to host",
            "failed!",
            "error: 503",
            "maintenance",
            "DB_DOWN",
            "database not available",
            "database unreachable",
            "The backend is dead.",
            "connection to 10.0.0.5:27017 refused",
            "Connection refused: db:3306",
            "MySQL server has gone away",
            "Lost connection to MySQL server",
            "DISABLED BY FILE",
            "FILE PATH MISSING",
            "err",
            "FAULTED",
            "Sick",
        ];
        let good = ["OK", "ok.", "Connected", "no errors", "No error", "No problems found", "0 errors"];
        let neither = [
            "none",
            "n/a",
            "",
            "error-free",
            "error_queue",
            "failover ready",
            "Red Hat OpenStack",
            "errors: 0",
            "errors 0",
            "Failed=none",
            "failed: 0, passed: 12",
            "error rate: 0%",
            "error rate 2%",
            "error budget: 99.9%",
            "downtime: 0 s",
            "yellow",
            "warn",
            "starting",
            "Errors:",
            "errors: 3",
            "Failed logins: 2",
            "Errors (24h): 3 (ignored)",
            "Down time: 0s",
            "failed ()",
            "Error queue: empty",
            "error queue empty",
            "Degraded mode: off",
            "error=\"\" status=ok",
            "error: 'no'",
            "Errors: (none)",
            "failed,0",
            "failed checks 0",
            "Error free",
            "failed over to replica 2, ok",
            "offline backup ok",
            "nodes down: 0",
            "0 failed",
            "no agents down",
            "Not disabled",
            "the worker was down",
            "shown if the database is down",
            "up, replica missing",
            "ignoreError: false",
        ];
        for text in bad {
            assert!(is_bad(text) && !is_good(text), "{text}");
        }
        for text in good.into_iter().chain(GOOD_STATES).chain(UNUSED_STATES).chain(AFFIRMATIONS) {
            assert!(is_good(text) && !is_bad(text), "{text}");
        }
        for text in neither {
            assert!(!is_bad(text) && !is_good(text), "{text}");
        }
    }

    #[test]
    fn words_of_reasons() {
        let well = [
            "Database reachable",
            "All good",
            "ports ok",
            "Connected to rabbit",
            "Found 3 nodes",
            "99.5% of 8 GiB",
            "0 failed",
            "nodes down: 0",
            "Not disabled",
            "MySQL responding",
            "No unreachable hosts",
            "the worker was down",
        ];
        let not_well = [
            "DISABLED BY FILE",
            "Disabled by operator",
            "pool exhausted",
            "pool exhausted on db1",
            "pool exhausted at 10.0.0.5",
            "mongodb: no primary",
            "no primary among 3 nodes",
            "not yet ready",
            "cannot write",
            "db not responding",
            "2 nodes down",
            "unreachable since 3 minutes",
            "FILE PATH MISSING",
            "WARN",
            "",
        ];
        for text in well {
            assert!(is_good_news(text), "{text}");
        }
        for text in not_well {
            assert!(!is_good_news(text), "{text}");
        }
    }

    #[test]
    fn maintenance() {
        for text in
            ["maintenance", "status: Maintenance", "We are down for maintenance.", "In maintenance mode"]
        {
            assert!(is_maintenance(text), "{text}");
        }
        for text in ["maintenance: off", "the database failed during maintenance", "maintenance downtime", ""]
        {
            assert!(!is_maintenance(text), "{text}");
        }
    }

    #[test]
    fn names_of_keys() {
        type Test = fn(&str) -> bool;
        let cases: [(Test, &[&str], &[&str]); 7] = [
            (
                names_state,
                &[
                    "status",
                    "Status",
                    "healthStatus",
                    "db_state",
                    "overall",
                    "overall-status",
                    "database.health",
                ],
                &["statuses", "stateful", "healthy", "uptime"],
            ),
            (
                is_failed_by_false,
                &[
                    "ok",
                    "is_ok",
                    "dbReachable",
                    "database_connected",
                    "up",
                    "is_up",
                    "db_up",
                    "success",
                    "status",
                    "healthStatus",
                    "service_available",
                    "all_ok",
                    "database",
                    "metrics_database",
                    "main_db",
                    "db_connection",
                    "catalog_reachable",
                ],
                &[
                    "update_available",
                    "backed_up",
                    "connected_clients",
                    "look",
                    "maintenance_status",
                    "errorStatus",
                    "dhcp_available",
                    "aclk-available",
                    "user_online",
                    "cache",
                    "redis_connection",
                    "use_redis",
                    "cache_enabled",
                    "sql_debug",
                    "kafka_lag",
                ],
            ),
            (
                names_failure,
                &["error", "has_errors", "isDown", "unhealthy", "failedChecks"],
                &["error_log", "shut_down", "is_not_down", "failed_jobs"],
            ),
            (
                is_of_another_time,
                &["last_error", "previousStatus", "history", "lastFailure"],
                &["lasting", "error"],
            ),
            (describes, &["message", "errorMessage", "severity", "name"], &["mail", "status"]),
            (is_component, &["db", "metrics_db", "mariadb", "database", "rabbitmq"], &["dbname", "api"]),
            (holds_components, &["checks", "Details"], &["check"]),
        ];
        for (number, (test, yes, no)) in cases.iter().enumerate() {
            assert!(yes.iter().all(|key| test(key)), "{number}: {yes:?}");
            assert!(!no.iter().any(|key| test(key)), "{number}: {no:?}");
        }
    }
}

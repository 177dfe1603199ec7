//! The words of health reports: values that say that a component works or has failed, and the names of their keys.

/// Values of a component that works, and of an error's key where there is no error.
const GOOD_STATES: [&str; 39] = [
    "",
    "ok",
    "okay",
    "true",
    "yes",
    "on",
    "up",
    "healthy",
    "good",
    "fine",
    "normal",
    "pass",
    "passed",
    "passing",
    "alive",
    "running",
    "serving",
    "started",
    "operational",
    "available",
    "reachable",
    "connected",
    "ready",
    "success",
    "successful",
    "online",
    "green",
    "active",
    "enabled",
    "disabled",
    "none",
    "nothing",
    "nil",
    "null",
    "no",
    "n/a",
    "-",
    "0",
    "1",
];

/// Beginnings of texts that deny a failure.
const DENIALS: [&str; 12] = [
    "no error",
    "no_error",
    "noerror",
    "no known",
    "no recent",
    "no failure",
    "no fault",
    "no problem",
    "no issue",
    "0 error",
    "there are no errors",
    "without errors",
];

/// Values of a component that has failed. In a longer text these words have other meanings.
const BAD_STATES: [&str; 17] = [
    "unready",
    "notready",
    "ko",
    "nok",
    "not good",
    "red",
    "bad",
    "dead",
    "lost",
    "broken",
    "crashed",
    "stopped",
    "suspended",
    "outage",
    "major outage",
    "partial outage",
    "maintenance",
];

/// Beginnings of texts about a failure.
const FAILURES: [&str; 52] = [
    "health err",
    "not serving",
    "down",
    "error",
    "errors",
    "fail",
    "failed",
    "failing",
    "failure",
    "fatal",
    "exception",
    "traceback",
    "unhealthy",
    "degraded",
    "unavailable",
    "unreachable",
    "not ok",
    "not healthy",
    "not connected",
    "not reachable",
    "not available",
    "not responding",
    "not running",
    "not ready",
    "no connection",
    "no route to",
    "critical",
    "offline",
    "timeout",
    "timed out",
    "out of service",
    "under maintenance",
    "in maintenance",
    "refused",
    "disconnected",
    "cannot connect",
    "can't connect",
    "could not connect",
    "unable to connect",
    "connection refused",
    "connection reset",
    "connection failed",
    "connection error",
    "connection timed out",
    "service unavailable",
    "internal server error",
    "bad gateway",
    "gateway timeout",
    "no healthy upstream",
    "check failed",
    "health check failed",
    "healthcheck failed",
];

/// Words that name a figure or a setting when they follow a word about a failure: `error rate`.
const FIGURES: [&str; 13] = [
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
];

/// Marks of an empty value in a text.
const EMPTY_MARKS: [&str; 9] = ["\"\"", "''", "{}", "[]", "~", "--", "<nil>", "<none>", "null"];

/// Values of a count or a list that is empty.
const EMPTY: [&str; 11] = ["", "none", "no", "null", "nil", "false", "n/a", "-", "[]", "never", "0"];

/// Ends of the names of exceptions, which have more letters.
const EXCEPTIONS: [&str; 2] = ["Error", "Exception"];

/// Maximum number of characters that are read of a value.
const MAX_VALUE: usize = 100;

/// Last words of keys that hold a state.
const STATE_KEYS: [&str; 9] =
    ["status", "state", "health", "result", "overall", "readiness", "liveness", "connection", "connectivity"];

/// Keys that hold an HTTP status.
const STATUS_KEYS: [&str; 4] = ["status", "code", "statuscode", "status_code"];

/// Last words of keys whose `false` is a failure.
const AFFIRMATIONS: [&str; 15] = [
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
];

/// Words beside which `available` or `ready` is about software: `update_available`.
const SOFTWARE: [&str; 7] = ["update", "updates", "upgrade", "version", "patch", "release", "new"];

/// Keys whose `true` is a failure, and whose lists are of failures.
const FAILED_KEYS: [&str; 9] =
    ["error", "errors", "failed", "failure", "failing", "down", "unhealthy", "unavailable", "degraded"];

/// Words of keys that are not about the present.
const OTHER_TIMES: [&str; 19] = [
    "last",
    "previous",
    "previously",
    "prev",
    "prior",
    "past",
    "former",
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
const COMPONENTS: [&str; 20] = [
    "backend",
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
const CONTAINERS: [&str; 12] = [
    "components",
    "checks",
    "services",
    "dependencies",
    "operation_status",
    "backends",
    "details",
    "entries",
    "results",
    "healthchecks",
    "health_checks",
    "subsystems",
];

/// First words of the names of settings: `use_redis`.
const SETTINGS: [&str; 8] = ["use", "uses", "enable", "has", "with", "skip", "no", "disable"];

pub(super) fn is_good(text: &str) -> bool {
    let text = state(text);
    GOOD_STATES.contains(&text.as_str()) || DENIALS.iter().any(|denial| text.starts_with(denial))
}

/// Tests for the state, or the beginning of a text, of a component that has failed.
pub(super) fn is_bad(text: &str) -> bool {
    let text = text.trim();
    let start = state(text);
    (is_bad_state(&start) || is_about_failure(&start) || names_exception(text)) && !is_setting(&start)
}

/// Tests for a key such as `ok`, whose `0` is a failure in the replies of a database.
pub(super) fn is_denied_by_zero(key: &str) -> bool {
    ["ok", "up", "healthy", "alive", "success"].contains(&key.to_ascii_lowercase().as_str())
}

/// Tests for the whole of a state, not only for its beginning.
pub(super) fn is_bad_state(text: &str) -> bool {
    let text = spaced(&state(text));
    BAD_STATES.contains(&text.as_str()) || FAILURES.contains(&text.as_str())
}

/// Tests for a text that denies what its key affirms: etcd writes `"health":"false"`.
pub(super) fn is_false(text: &str) -> bool {
    ["false", "no"].contains(&state(text).as_str())
}

/// The beginning of a value in lower case.
fn state(text: &str) -> String {
    let start: String = text.trim().chars().take(MAX_VALUE).collect();
    start.trim_end_matches(['.', '!']).to_ascii_lowercase()
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
    FAILURES.iter().filter(|word| spaced.starts_with(**word)).find_map(|word| {
        let rest = start.get(word.len()..)?;
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

/// Tests what follows such a word for a count of none, or a figure of that name: `errors: 0`, `error rate 2%`.
fn is_harmless(rest: &str) -> bool {
    let rest = rest.trim_start_matches([' ', '(']);
    let value = rest.strip_prefix([':', '=']).map(str::trim);
    let first = value.unwrap_or(rest).split([' ', ',', ';', ':', '=', '/', ')']).next().unwrap_or_default();
    let last = rest.rsplit_once([':', '=']).map(|(_, last)| last.trim()).filter(|last| !last.is_empty());
    let is_empty = value.is_some() && EMPTY_MARKS.contains(&first);
    is_empty
        || is_zero(first)
        || value.or(last).is_some_and(|value| EMPTY.contains(&value))
        || FIGURES.contains(&first)
}

fn is_zero(text: &str) -> bool {
    text.trim_end_matches('%').parse::<f64>().is_ok_and(|count| count == 0.0)
}

/// Tests for the text of an error that is none: `N/A`, `0 in 5m`, `Error reporting disabled`.
pub(super) fn denies_error(text: &str) -> bool {
    let text = state(text);
    is_good(&text)
        || is_false(&text)
        || is_zero(text.split(' ').next().unwrap_or_default())
        || rest_of_failure(&text).is_some_and(is_harmless)
}

/// Tests for the duration of a setting: `timeout: 30s`.
fn is_setting(text: &str) -> bool {
    let value = state(text);
    let value = value.strip_prefix("timeout").map(|rest| rest.trim_start_matches([' ', ':', '=']));
    value.is_some_and(|value| value.starts_with(|c: char| c.is_ascii_digit()))
}

/// Tests for a text that begins with the name of an exception, as Python and Java print it.
fn names_exception(text: &str) -> bool {
    let first = text.split([' ', ':', '\n']).next().unwrap_or_default();
    let name = first.trim_matches(|c: char| !c.is_alphanumeric());
    EXCEPTIONS.iter().any(|end| name.len() > end.len() && name.ends_with(end))
}

/// The words of a key in lower case: those of `dbStatus` and `db_status` are the same.
fn words(key: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_lower = false;
    for letter in key.chars().take(MAX_VALUE) {
        if !letter.is_alphanumeric() || (letter.is_uppercase() && was_lower) {
            words.push(String::new());
        }
        was_lower = letter.is_lowercase();
        if let Some(word) = words.last_mut().filter(|_| letter.is_alphanumeric()) {
            word.push(letter.to_ascii_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

fn is_last(words: &[String], of: &[&str]) -> bool {
    words.last().is_some_and(|word| of.contains(&word.as_str()))
}

fn has_any(words: &[String], of: &[&str]) -> bool {
    words.iter().any(|word| of.contains(&word.as_str()))
}

pub(super) fn names_state(key: &str) -> bool {
    is_last(&words(key), &STATE_KEYS)
}

pub(super) fn names_status(key: &str) -> bool {
    STATUS_KEYS.contains(&key.to_ascii_lowercase().as_str())
}

pub(super) fn affirms(key: &str) -> bool {
    let words = words(key);
    let is_up =
        is_last(&words, &["up"]) && (words.len() == 1 || has_any(&words, &["is"]) || is_component(key));
    is_up || (is_last(&words, &AFFIRMATIONS) && !has_any(&words, &SOFTWARE))
}

/// Tests for a key such as `is_down` or `has_errors`.
pub(super) fn names_failure(key: &str) -> bool {
    let words = words(key);
    is_last(&words, &FAILED_KEYS) && (words.len() == 1 || has_any(&words, &["is", "has"]))
}

/// Tests for a key about the past, or about what should be.
pub(super) fn is_of_another_time(key: &str) -> bool {
    has_any(&words(key), &OTHER_TIMES)
}

pub(super) fn describes(key: &str) -> bool {
    is_last(&words(key), &DESCRIPTIONS)
}

pub(super) fn is_component(key: &str) -> bool {
    let lower = key.to_ascii_lowercase();
    let words = words(key);
    lower.ends_with("db")
        || has_any(&words, &["db"])
        || !is_last(&words, &["cached", "queued", "queueing"])
            && COMPONENTS.iter().any(|name| lower.contains(name))
}

/// Tests for a component whose `false` is a failure: not for a setting of it, and a cache is often switched off.
pub(super) fn is_needed_component(key: &str) -> bool {
    let words = words(key);
    let is_setting = words.first().is_some_and(|word| SETTINGS.contains(&word.as_str()));
    !is_setting && words.last().is_some_and(|word| word != "cache" && is_component(word))
}

pub(super) fn holds_components(key: &str) -> bool {
    CONTAINERS.contains(&key.to_ascii_lowercase().as_str())
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
            "errors: 3",
            "error: no route to host",
            "failed!",
            "maintenance",
        ];
        let good = [
            "OK",
            "ok.",
            "Connected",
            "no errors",
            "No error",
            "No problems found",
            "0 errors",
            "none",
            "n/a",
            "",
        ];
        let neither = [
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
        ];
        for text in bad {
            assert!(is_bad(text) && !is_good(text), "{text}");
        }
        for text in good {
            assert!(is_good(text) && !is_bad(text), "{text}");
        }
        for text in neither {
            assert!(!is_bad(text) && !is_good(text), "{text}");
        }
    }

    #[test]
    fn names_of_keys() {
        type Test = fn(&str) -> bool;
        let cases: [(Test, &[&str], &[&str]); 8] = [
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
                affirms,
                &["ok", "is_ok", "dbReachable", "database_connected", "up", "is_up", "db_up", "success"],
                &[
                    "update_available",
                    "newVersionAvailable",
                    "backed_up",
                    "set_up",
                    "connected_clients",
                    "look",
                ],
            ),
            (names_failure, &["error", "has_errors", "isDown", "unhealthy"], &["error_log", "shut_down"]),
            (
                is_of_another_time,
                &["last_error", "previousStatus", "history", "lastFailure"],
                &["lasting", "error"],
            ),
            (describes, &["message", "errorMessage", "severity", "name"], &["mail", "status"]),
            (is_component, &["db", "metrics_db", "mariadb", "database", "rabbitmq"], &["dbname", "api"]),
            (
                is_needed_component,
                &["database", "metrics_database", "main_db", "redis"],
                &["cache", "use_redis", "cache_enabled", "sql_debug", "kafka_lag"],
            ),
            (holds_components, &["checks", "Details"], &["check"]),
        ];
        for (number, (test, yes, no)) in cases.iter().enumerate() {
            assert!(yes.iter().all(|key| test(key)), "{number}: {yes:?}");
            assert!(!no.iter().any(|key| test(key)), "{number}: {no:?}");
        }
    }
}

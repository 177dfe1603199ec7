//! What the body said, in one line: health checks and their relatives, error objects, pages, plain text.

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::model::exchange::{BODY_LIMIT, Response};
use crate::sanitize::Sanitizer;
use crate::sanitize::UntrustedText;

/// The length of a detail, in characters.
const LIMIT: usize = 200;

/// How many reasons or components are told.
const MANY: usize = 8;

/// How deep an error may be wrapped in others.
const DEPTH: u8 = 4;

/// Under which keys an error object says what is the matter, the most telling first.
const MESSAGES: [&str; 10] = [
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
];

/// What the body said, cleaned, masked and cut; `None` where it said nothing that can be read.
pub(super) fn summary(answer: &Response, sanitizer: &Sanitizer) -> Option<String> {
    let text = body_text(answer)?;
    let words = match serde_json::from_str::<Value>(&text) {
        Ok(value) => from_json(&value, &text)?,
        Err(_) if is_html(&text) => from_html(&text),
        Err(_) => text.into_owned(),
    };
    let line = sanitizer.line(&UntrustedText::new(words), LIMIT);
    (!line.is_empty()).then_some(line)
}

/// The body as text; `None` for an empty or binary one, and for one in a coding that nobody asked for.
pub(super) fn body_text(answer: &Response) -> Option<Cow<'_, str>> {
    let bytes = answer.body.bytes();
    let text = String::from_utf8_lossy(bytes.get(..BODY_LIMIT).unwrap_or(bytes));
    let start = text.len() - text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}').len();
    if start == text.len() || coded(answer) || binary(&text) {
        return None;
    }
    Some(match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.get(start..)?.trim_end()),
        Cow::Owned(text) => Cow::Owned(text.get(start..)?.trim_end().to_owned()),
    })
}

fn coded(answer: &Response) -> bool {
    let codings = |header: &str, plain: [&str; 2]| {
        let values = answer.headers.iter().filter(move |field| field.name == header);
        values.into_iter().any(|field| {
            let value = String::from_utf8_lossy(field.value.bytes()).to_ascii_lowercase();
            value.split(',').map(str::trim).any(|coding| !coding.is_empty() && !plain.contains(&coding))
        })
    };
    codings("content-encoding", ["identity", ""]) || codings("transfer-encoding", ["chunked", "identity"])
}

/// More than a tenth of control and replacement characters, or any NUL: nothing that a service says.
fn binary(text: &str) -> bool {
    let odd = |c: &char| (c.is_control() && !c.is_whitespace()) || *c == char::REPLACEMENT_CHARACTER;
    text.contains('\0') || text.chars().filter(odd).count() * 10 > text.chars().count()
}

/// Whether a JSON body is a health check's report and not some error: oslo.middleware's, Zaqar's, or a map
/// of components.
pub(super) fn is_report(value: &Value) -> bool {
    let Value::Object(object) = value else { return false };
    ["reasons", "storage_reachable", "operation_status"].iter().any(|key| object.contains_key(*key))
        || (!object.is_empty() && is_component_map(object) && message(value, DEPTH).is_none())
}

fn is_component_map(object: &Map<String, Value>) -> bool {
    object.values().all(|value| value.is_string() || value.is_boolean())
}

/// `None` where a health check's own shape names nothing that fails.
fn from_json(value: &Value, text: &str) -> Option<String> {
    let Value::Object(object) = value else {
        return Some(message(value, DEPTH).unwrap_or_else(|| text.to_owned()));
    };
    if let Some(reasons) = object.get("reasons") {
        return message(reasons, DEPTH);
    }
    if object.contains_key("storage_reachable") || object.contains_key("operation_status") {
        return zaqar(object);
    }
    if let Some(message) = message(value, DEPTH) {
        return Some(message);
    }
    if is_component_map(object) {
        return failing(object);
    }
    Some(text.to_owned())
}

/// The message of an error, however it is wrapped.
fn message(value: &Value, depth: u8) -> Option<String> {
    let depth = depth.checked_sub(1)?;
    match value {
        Value::String(text) if text.trim_start().starts_with('{') => {
            let inner = serde_json::from_str::<Value>(text).ok().and_then(|inner| message(&inner, depth));
            Some(inner.unwrap_or_else(|| text.clone()))
        }
        // WebOb breaks its lines with markup even where it speaks JSON.
        Value::String(text) => (!text.trim().is_empty()).then(|| text.replace("<br />", " ")),
        Value::Array(values) => {
            let told: Vec<_> = values.iter().take(MANY).filter_map(|value| message(value, depth)).collect();
            (!told.is_empty()).then(|| told.join("; "))
        }
        Value::Object(object) => {
            let known = MESSAGES.iter().filter_map(|key| object.get(*key));
            // Nova and its like wrap the error in an object with its name.
            let wrapped = object.values().filter(|value| object.len() == 1 && value.is_object());
            known.chain(wrapped).find_map(|value| message(value, depth))
        }
        _ => None,
    }
}

/// Zaqar's health: its storage and the operations tried on it.
fn zaqar(object: &Map<String, Value>) -> Option<String> {
    let storage = object.get("storage_reachable").filter(|value| **value != Value::Bool(true));
    let operations = object.get("operation_status").and_then(Value::as_object).into_iter().flatten();
    let failed = operations.filter(|(_, status)| status.get("succeeded") == Some(&Value::Bool(false)));
    let told = storage.map(|value| format!("storage_reachable: {value}")).into_iter();
    let told: Vec<_> = told.chain(failed.map(|(name, _)| format!("{name} failed"))).take(MANY).collect();
    (!told.is_empty()).then(|| told.join("; "))
}

/// The components of a map that are not well, as monasca-api tells them.
fn failing(object: &Map<String, Value>) -> Option<String> {
    let well = |value: &Value| match value {
        Value::String(text) => ["ok", "true", "up", "healthy"].contains(&text.to_ascii_lowercase().as_str()),
        other => *other == Value::Bool(true),
    };
    let told = object.iter().filter(|(_, value)| !well(value)).take(MANY).map(|(name, value)| {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        format!("{name}: {value}")
    });
    let told: Vec<_> = told.collect();
    (!told.is_empty()).then(|| told.join("; "))
}

/// Whether a body is a page.
pub(super) fn is_html(text: &str) -> bool {
    let start: String = text.chars().take(15).collect::<String>().to_ascii_lowercase();
    ["<!doctype html", "<html", "<head", "<title", "<body", "<h1"].iter().any(|tag| start.starts_with(tag))
}

/// A page's title and first heading, once where they say the same; its whole text where it has no title.
fn from_html(text: &str) -> String {
    // Lowering ASCII moves no byte, so positions hold in both.
    let lower = text.to_ascii_lowercase();
    let Some(title) = element(text, &lower, "title") else {
        return stripped(text);
    };
    match element(text, &lower, "h1") {
        Some(heading) if !title.contains(&heading) => format!("{title}: {heading}"),
        _ => title,
    }
}

fn element(text: &str, lower: &str, tag: &str) -> Option<String> {
    let open = lower.find(&format!("<{tag}"))?;
    let start = open + lower.get(open..)?.find('>')? + 1;
    let end = start + lower.get(start..)?.find(&format!("</{tag}"))?;
    let words = stripped(text.get(start..end)?);
    (!words.is_empty()).then_some(words)
}

/// Text without its tags, in one pass, and with the entities that error pages use.
fn stripped(text: &str) -> String {
    let mut words = String::new();
    for (number, piece) in text.split('<').enumerate() {
        let outside = if number == 0 { piece } else { piece.split_once('>').map_or("", |(_, rest)| rest) };
        words.push_str(outside);
        words.push(' ');
    }
    for (entity, character) in
        [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&nbsp;", " ")]
    {
        words = words.replace(entity, character);
    }
    // Last, so that no entity is made of what was one already.
    let words = words.replace("&amp;", "&");
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::tests::answer;
    use super::*;

    fn told(body: &str) -> Option<String> {
        summary(&answer(503, &[], body), &Sanitizer::default())
    }

    const SHAPES: [(&str, Option<&str>); 33] = [
        ("", None),
        (" \r\n\t", None),
        ("database is locked\n", Some("database is locked")),
        ("\u{feff}plain", Some("plain")),
        // oslo.middleware
        (r#"{"detailed":false,"reasons":[]}"#, None),
        (r#"{"detailed":false,"reasons":["db down","mq down"]}"#, Some("db down; mq down")),
        (
            r#"{"detailed":true,"reasons":[{"class":"X","details":"","reason":"The backend is dead"}]}"#,
            Some("The backend is dead"),
        ),
        // monasca-api
        (r#"{"kafka":"OK","alarms_database":"OK"}"#, None),
        (
            "{\"kafka\":\"OK\",\"metrics_database\":\"Error:\\n  refused\",\"x\":false}",
            Some("metrics_database: Error: refused; x: false"),
        ),
        // Ceilometer
        (r#"{"error_message":"no such thing"}"#, Some("no such thing")),
        (
            r#"{"error_message":{"debuginfo":null,"faultcode":"Client","faultstring":"Not Found"}}"#,
            Some("Not Found"),
        ),
        (r#"{"error_message":"{\"debuginfo\": null, \"faultstring\": \"Not Found\"}"}"#, Some("Not Found")),
        (r#"{"error_message":{"debuginfo":"Traceback","faultstring":""}}"#, Some("Traceback")),
        // Keystone
        (r#"{"error":{"code":401,"message":"Sign in","title":"Unauthorized"}}"#, Some("Sign in")),
        (
            r#"{"message":"Down.<br /><br />\nKeystone is away.\n\n","code":"503","title":"x"}"#,
            Some("Down. Keystone is away."),
        ),
        // Zaqar
        (r#"{"storage_reachable":true,"operation_status":{"post":{"succeeded":true,"ref":null}}}"#, None),
        (
            r#"{"storage_reachable":false,"operation_status":{"post":{"succeeded":false}}}"#,
            Some("storage_reachable: false; post failed"),
        ),
        // anything else
        (r#"{"serviceUnavailable":{"message":"later","code":503}}"#, Some("later")),
        (r#"{"error":"a","message":"b"}"#, Some("b")),
        (r#"{"message":"first","message":"second"}"#, Some("second")),
        (r#"{"error":"","detail":"c"}"#, Some("c")),
        (r#"{"status":"DOWN"}"#, Some("status: DOWN")),
        (r#"{"uptime":3}"#, Some(r#"{"uptime":3}"#)),
        (r#"{"uptime":1e999}"#, Some(r#"{"uptime":1e999}"#)),
        (r#"["a",{"reason":"b"}]"#, Some("a; b")),
        (r#""just text""#, Some("just text")),
        ("null", Some("null")),
        ("{}", None),
        (r#"{"broken": "#, Some(r#"{"broken":"#)),
        // pages
        (
            "<html><body><h1>503 Service Unavailable</h1>\nNo server.\n</body></html>",
            Some("503 Service Unavailable No server."),
        ),
        ("<!DOCTYPE html><TITLE>502</TITLE><h1 class=x>Bad <b>Gateway</b></h1>", Some("502: Bad Gateway")),
        (
            "<html><title>503 Unavailable &amp;lt; Down</title><h1>Unavailable</h1></html>",
            Some("503 Unavailable &lt; Down"),
        ),
        ("<html><title>unclosed", Some("unclosed")),
    ];

    #[test]
    fn each_shape_says_what_is_the_matter() {
        for (body, expected) in SHAPES {
            assert_eq!(told(body).as_deref(), expected, "{body}");
        }
    }

    #[test]
    fn deep_nesting_is_plain_text() {
        for unit in ["[", r#"{"error":"#, r#"{"a":["#] {
            let detail = told(&unit.repeat(100_000)).unwrap();
            assert!(detail.starts_with(unit) && detail.chars().count() <= LIMIT, "{detail}");
        }
        let wrapped = (0..6).fold("\"deep\"".to_owned(), |inner, _| format!("{{\"error\":{inner}}}"));
        assert_eq!(told(&wrapped), Some(wrapped));
    }

    #[test]
    fn nothing_is_read_from_a_coding_or_from_binary() {
        let body = r#"{"message":"x"}"#;
        let cases = [
            ("content-encoding", "gzip", None),
            ("content-encoding", "identity", Some("x")),
            ("content-encoding", "", Some("x")),
            ("transfer-encoding", "Chunked", Some("x")),
            ("transfer-encoding", "gzip, chunked", None),
        ];
        for (name, value, expected) in cases {
            let said = summary(&answer(503, &[(name, value)], body), &Sanitizer::default());
            assert_eq!(said.as_deref(), expected, "{name}: {value}");
        }
        assert_eq!(told("PNG\0\u{1}"), None);
        let noise =
            Response { body: UntrustedText::new([0x80, 0x1f, 0x8b, 0xff, b'x']), ..Response::default() };
        assert_eq!(summary(&noise, &Sanitizer::default()), None);
    }

    #[test]
    fn a_secret_is_masked_in_what_is_told_of_it() {
        let mut sanitizer = Sanitizer::default();
        sanitizer.add_secret(b"s3cr3t-t0ken");
        let body = r#"{"message":"bad token \u00733cr3t-t0ken"}"#;
        let detail = summary(&answer(401, &[], body), &sanitizer).unwrap();
        assert!(detail.starts_with("bad token ") && !detail.contains("s3cr3t"), "{detail}");
    }

    proptest! {
        #[test]
        fn no_body_makes_it_panic_or_grow(body: Vec<u8>, html in "[<>/!a-z \\\"=&;é]{0,60}", json in "[\\[\\]{}:,\"a1 ]{0,60}") {
            for body in [body, html.clone().into_bytes(), format!("<html>{html}").into_bytes(), json.into_bytes()] {
                let answer = Response { status: 503, body: UntrustedText::new(body), ..Response::default() };
                let length = summary(&answer, &Sanitizer::default()).map_or(1, |text| text.chars().count());
                prop_assert!((1..=LIMIT).contains(&length));
            }
        }
    }
}

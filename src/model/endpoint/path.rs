//! The path of an endpoint's URL: the prefix before the health path, and the health path itself.
//!
//! Paths are kept in the normal form of RFC 3986, section 6.2.2, so that one resource has one spelling.

use super::DEFAULT_PATH;
use crate::sanitize;

/// Maximum length of a path in bytes, its query included. It is part of every label and of most lines.
const MAX_PATH: usize = 2048;

/// Maximum length of the reason why a path is invalid, in characters.
const MAX_PATH_PROBLEM: usize = 400;

/// Parses a health path, which begins with `/` and may end in a query.
pub(crate) fn parse_path(text: &str) -> Result<String, String> {
    if !text.starts_with('/') {
        return Err("a path must begin with a slash".into());
    }
    check_fragment(text)?;
    let (path, query) = text.split_once('?').map_or((text, None), |(path, query)| (path, Some(query)));
    let path = normalize(path, "/")?;
    check_segments(path.strip_suffix('/').unwrap_or(&path))?;
    match query {
        Some(query) => Ok(format!("{path}?{}", normalize(query, "/?")?)),
        None => Ok(path),
    }
}

pub(super) fn check_fragment(text: &str) -> Result<(), &'static str> {
    if text.contains('#') {
        return Err("a fragment (#) is never sent to a server: leave it out");
    }
    Ok(())
}

/// Parses the path of an endpoint's URL into the prefix of the health path.
pub(super) fn parse_prefix(text: &str, health: &str) -> Result<String, String> {
    let normal = normalize(text, "/")?;
    let path = normal.trim_end_matches('/');
    check_segments(path)?;
    Ok(strip_health(path, bare(health)).to_owned())
}

/// Removes the health path from a path's end, or the longest beginning of the health path that is there: a
/// catalogue's URL often ends in the API's version.
fn strip_health<'a>(path: &'a str, health: &str) -> &'a str {
    let slashes = health.rmatch_indices('/').map(|(slash, _)| slash).filter(|slash| *slash > 0);
    std::iter::once(health.len())
        .chain(slashes)
        .find_map(|end| path.strip_suffix(health.get(..end)?))
        .unwrap_or(path)
}

/// The path of the canonical form: the prefix, and the health path where it is not the default one or where the
/// prefix alone would parse to another prefix.
pub(super) fn canonical(prefix: &str, health: &str) -> String {
    if health != DEFAULT_PATH {
        return [prefix, health].concat();
    }
    let is_ambiguous = strip_health(prefix, bare(health)) != prefix;
    [prefix, if is_ambiguous { bare(health) } else { "" }].concat()
}

/// The health path without its query and the slash at its end.
fn bare(health: &str) -> &str {
    health.split('?').next().unwrap_or_default().trim_end_matches('/')
}

/// Rejects segments that clients and servers interpret differently.
fn check_segments(path: &str) -> Result<(), String> {
    match path.split('/').skip(1).find(|segment| matches!(*segment, "" | "." | "..")) {
        Some("") => Err("empty path segment (//): write one slash".into()),
        Some(dots) => Err(format!("path segment '{dots}': write the path that it leads to")),
        None => Ok(()),
    }
}

/// Checks every character (RFC 3986, section 3.3), and spells escapes in one way.
fn normalize(text: &str, separators: &str) -> Result<String, String> {
    if text.len() > MAX_PATH {
        return Err(format!("a path cannot be longer than {MAX_PATH} bytes"));
    }
    let mut normal = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(letter) = rest.next() {
        if letter == '%' {
            push_escape(&mut normal, rest.next().zip(rest.next()))?;
        } else if is_unreserved(letter) || "!$&'()*+,;=:@".contains(letter) || separators.contains(letter) {
            normal.push(letter);
        } else {
            return Err(invalid_character(letter));
        }
    }
    Ok(normal)
}

fn is_unreserved(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || "-._~".contains(letter)
}

/// Names a character by words where a plugin's output would have another in its place.
pub(super) fn describe_letter(letter: char) -> String {
    match letter {
        '|' => "a vertical bar".into(),
        '<' | '>' => "an angle bracket".into(),
        _ => format!("{letter:?}"),
    }
}

/// Formats the error with the character's escape.
fn invalid_character(letter: char) -> String {
    let escape: Vec<_> = letter.to_string().bytes().map(|byte| format!("%{byte:02X}")).collect();
    let reason = format!("a path cannot contain {}: write {}", describe_letter(letter), escape.concat());
    sanitize::sanitize_own(&reason, MAX_PATH_PROBLEM)
}

fn unescape((high, low): (char, char)) -> Option<char> {
    char::from_u32(high.to_digit(16)? * 16 + low.to_digit(16)?)
}

/// Appends an escape with capital digits, or the character itself where it needs no escape.
fn push_escape(normal: &mut String, digits: Option<(char, char)>) -> Result<(), String> {
    let Some(((high, low), letter)) = digits.zip(digits.and_then(unescape)) else {
        return Err("incomplete escape (%): write %25 for a percent sign".into());
    };
    if is_unreserved(letter) {
        normal.push(letter);
    } else {
        normal.extend(['%', high.to_ascii_uppercase(), low.to_ascii_uppercase()]);
    }
    Ok(())
}

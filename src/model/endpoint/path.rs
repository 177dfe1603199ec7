//! The path of an endpoint's URL: the prefix before the health path, and the health path itself.
//!
//! Paths are kept in the normal form of RFC 3986, section 6.2.2, so that one resource has one spelling.

use super::REFUSAL;
use crate::sanitize;

/// Reads a health path: it begins with `/` and may end in a query. The error is the reason alone.
pub(crate) fn parse_path(text: &str) -> Result<String, String> {
    if !text.starts_with('/') {
        return Err("a path begins with a slash".into());
    }
    refuse_fragment(text)?;
    let (path, query) = text.split_once('?').map_or((text, None), |(path, query)| (path, Some(query)));
    let path = normal(path)?;
    check_segments(path.strip_suffix('/').unwrap_or(&path))?;
    match query {
        Some(query) => Ok(format!("{path}?{}", normal_query(query)?)),
        None => Ok(path),
    }
}

pub(super) fn refuse_fragment(text: &str) -> Result<(), String> {
    if text.contains('#') {
        return Err("a fragment (#) is never sent to a server: leave it out".into());
    }
    Ok(())
}

/// Reads the path of an endpoint's URL, which is the prefix of the health path or already ends in it.
pub(super) fn read_prefix(text: &str, health: &str) -> Result<String, String> {
    let normal = normal(text)?;
    let path = normal.trim_end_matches('/');
    check_segments(path)?;
    Ok(path.strip_suffix(bare(health)).unwrap_or(path).to_owned())
}

/// The prefix as it is typed. One that itself ends in the health path would be taken for the whole, so that the whole
/// is shown instead.
pub(super) fn shown_prefix(prefix: &str, health: &str) -> String {
    let health = bare(health);
    let ambiguous = !health.is_empty() && prefix.ends_with(health);
    format!("{prefix}{}", if ambiguous { health } else { "" })
}

/// The health path without its query and the slash at its end.
fn bare(health: &str) -> &str {
    health.split('?').next().unwrap_or_default().trim_end_matches('/')
}

/// Refuses segments that clients and servers read differently.
fn check_segments(path: &str) -> Result<(), String> {
    match path.split('/').skip(1).find(|segment| matches!(*segment, "" | "." | "..")) {
        Some("") => Err("the path has an empty part (//): write one slash".into()),
        Some(dots) => Err(format!("the path has a part '{dots}': write the path that is meant")),
        None => Ok(()),
    }
}

fn normal(path: &str) -> Result<String, String> {
    normalised(path, "/")
}

fn normal_query(query: &str) -> Result<String, String> {
    normalised(query, "/?")
}

/// Checks that each character may stand there (RFC 3986, section 3.3), and spells escapes in one way.
fn normalised(text: &str, separators: &str) -> Result<String, String> {
    let mut normal = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(letter) = rest.next() {
        if letter == '%' {
            push_escape(&mut normal, rest.next().zip(rest.next()))?;
        } else if is_unreserved(letter) || "!$&'()*+,;=:@".contains(letter) || separators.contains(letter) {
            normal.push(letter);
        } else {
            return Err(misplaced(letter));
        }
    }
    Ok(normal)
}

fn is_unreserved(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || "-._~".contains(letter)
}

/// Refuses a character. An output may show another one in its place, so its escape is told too.
fn misplaced(letter: char) -> String {
    let escape: Vec<_> = letter.to_string().bytes().map(|byte| format!("%{byte:02X}")).collect();
    let reason = format!("a path cannot hold {letter:?}: write it as {}", escape.concat());
    sanitize::sanitize_own(&reason, REFUSAL)
}

/// An escape with capital digits; an unreserved character needs none.
fn push_escape(normal: &mut String, digits: Option<(char, char)>) -> Result<(), String> {
    let value = |(high, low): (char, char)| Some(high.to_digit(16)? * 16 + low.to_digit(16)?);
    let Some(((high, low), letter)) = digits.zip(digits.and_then(value).and_then(char::from_u32)) else {
        return Err("a % begins no escape: write %25, or two digits behind it".into());
    };
    if is_unreserved(letter) {
        normal.push(letter);
    } else {
        normal.extend(['%', high.to_ascii_uppercase(), low.to_ascii_uppercase()]);
    }
    Ok(())
}

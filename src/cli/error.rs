//! Usage errors: clap's findings in one line, without secrets.

use std::error::Error as _;
use std::ffi::{OsStr, OsString};

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, CommandFactory, ValueEnum};

use crate::cli::{Cli, EnvOrigin, OutputFormat};
use crate::sanitize::quote_arg;

/// Maximum number of valid values that an error lists, and of those that it suggests.
const MAX_LISTED: usize = 6;
const MAX_SUGGESTED: usize = 4;

/// An end before anything is planned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum EarlyExit {
    /// The text of the help or the version.
    Help {
        /// Without escape sequences.
        plain: String,
        /// With them, for a terminal.
        colored: String,
    },
    Usage(UsageError),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UsageError {
    pub(crate) reason: String,
    /// The output format, as far as it can be found in arguments that do not parse.
    pub(crate) format: Option<OutputFormat>,
}

/// Formats an error of clap's in one line.
pub(super) fn format_error(error: &clap::Error, origin: &EnvOrigin) -> String {
    let name = text_of(error, ContextKind::InvalidArg).map(|name| option_alone(&name)).unwrap_or_default();
    let value = quote_arg(&text_of(error, ContextKind::InvalidValue).unwrap_or_default());
    match error.kind() {
        ErrorKind::UnknownArgument => {
            format!("unexpected argument {} found{}", quote_arg(&name), similar_option(error, &name))
        }
        ErrorKind::InvalidValue if value == "''" => {
            format!("a value is required for '{name}'{}", expected(error, &name))
        }
        ErrorKind::InvalidValue => {
            let similar = suggestion(&similar_values(error));
            let is_listed = similar.is_empty() || valid_values(error).len() <= MAX_LISTED;
            let expected = if is_listed { expected(error, &name) } else { String::new() };
            format!("invalid value {value} for '{name}'{expected}{similar}")
        }
        ErrorKind::ValueValidation => {
            let why = error.source().map(ToString::to_string).unwrap_or_default();
            // An option whose value is optional may have taken the endpoint for it.
            let remedy = if name == "--watch" { "; an endpoint goes before --watch" } else { "" };
            format!("invalid value {value} for '{name}': {why}{remedy}")
        }
        ErrorKind::TooManyValues | ErrorKind::WrongNumberOfValues => format!("'{name}' takes no value"),
        ErrorKind::ArgumentConflict => {
            let prior = text_of(error, ContextKind::PriorArg).map(|prior| option_alone(&prior));
            conflict(&short_name(&name), &short_name(&prior.unwrap_or_default()), origin)
        }
        ErrorKind::InvalidUtf8 => "an argument is not UTF-8".into(),
        other => other.to_string(),
    }
}

/// Formats a conflict of two options. One of the environment comes last, followed by its origin.
pub(crate) fn conflict(one: &str, other: &str, origin: &EnvOrigin) -> String {
    let (one, other) = if origin.has_name(one) { (other, one) } else { (one, other) };
    let suffix = if origin.has_name(other) { EnvOrigin::SUFFIX } else { "" };
    format!("'{one}' cannot be used with '{other}'{suffix}")
}

/// Extracts the option's name from the forms in which clap knows it: `--timeout <D>`, `--token=SECRET`.
fn option_alone(name: &str) -> String {
    name.split([' ', '=', '[', '.']).next().unwrap_or_default().to_owned()
}

/// An option's short name where it has one: `-4` for `--ipv4`.
fn short_name(option: &str) -> String {
    let command = Cli::command();
    let known = command.get_arguments().find(|known| known.get_long() == option.strip_prefix("--"));
    match known.and_then(Arg::get_short) {
        Some(short) => format!("-{short}"),
        None => option.to_owned(),
    }
}

fn text_of(error: &clap::Error, kind: ContextKind) -> Option<String> {
    match error.get(kind)? {
        ContextValue::String(text) => Some(text.clone()),
        ContextValue::Strings(texts) => texts.first().cloned(),
        _ => None,
    }
}

/// The valid values, or where they are listed.
fn expected(error: &clap::Error, option: &str) -> String {
    match valid_values(error) {
        [] => String::new(),
        values if values.len() <= MAX_LISTED => format!(": expected {}", alternatives(values)),
        _ if option == "--explain" => {
            "; --explain without a value lists the keys, and the man page has the other words of an alert"
                .into()
        }
        _ => "; --help lists the values".into(),
    }
}

fn valid_values(error: &clap::Error) -> &[String] {
    match error.get(ContextKind::ValidValue) {
        Some(ContextValue::Strings(values)) => values,
        _ => &[],
    }
}

/// Finds values with a part that begins as typed (`complete-bash` for `bash`), else one with similar spelling.
fn similar_values(error: &clap::Error) -> Vec<String> {
    let typed = text_of(error, ContextKind::InvalidValue).unwrap_or_default().to_ascii_lowercase();
    let begins = |known: &&String| known.split(['-', ':', '_']).any(|part| part.starts_with(&typed));
    let similar: Vec<_> = valid_values(error).iter().filter(begins).take(MAX_SUGGESTED).cloned().collect();
    if similar.is_empty() {
        text_of(error, ContextKind::SuggestedValue).into_iter().collect()
    } else {
        similar
    }
}

fn suggestion(similar: &[String]) -> String {
    let quoted: Vec<_> = similar.iter().map(|similar| quote_arg(similar)).collect();
    if quoted.is_empty() { String::new() } else { format!("; did you mean {}?", alternatives(&quoted)) }
}

/// Lists words of which one is wanted: `head, get or both`.
fn alternatives(words: &[String]) -> String {
    match words.split_last() {
        Some((last, others)) if !others.is_empty() => format!("{} or {last}", others.join(", ")),
        _ => words.concat(),
    }
}

fn similar_option(error: &clap::Error, typed: &str) -> String {
    let habit = HABITS.iter().find(|(habit, _)| *habit == typed).map(|(_, ours)| (*ours).to_owned());
    match habit.or_else(|| text_of(error, ContextKind::SuggestedArg).map(|similar| option_alone(&similar))) {
        Some(similar) => suggestion(&[similar]),
        None => "; see --help".into(),
    }
}

/// Options of check_http and curl, with ours for the same purpose.
const HABITS: [(&str, &str); 20] = [
    ("--authorization", "--auth-file"),
    ("--cafile", "--cacert"),
    ("--capath", "--cacert"),
    ("--client-cert", "--cert"),
    ("--data", "--method"),
    ("--format", "--output"),
    ("--interval", "--watch"),
    ("--json", "-o json"),
    ("--max-time", "--timeout"),
    ("--private-key", "--key"),
    ("--request", "--method"),
    ("--resolve", "--connect-to"),
    ("--uri", "--path"),
    ("--url", "--path"),
    ("--user", "--auth-file"),
    ("-C", "--certificate-warning"),
    ("-I", "--connect-to"),
    ("-X", "--method"),
    ("-j", "-m"),
    ("-u", "--path"),
];

/// Finds the output format in arguments that need not be valid otherwise; the last one wins.
pub(super) fn find_format(arguments: &[OsString]) -> Option<OutputFormat> {
    let mut found = None;
    let mut arguments = arguments.iter().take_while(|argument| *argument != "--").peekable();
    while let Some(argument) = arguments.next() {
        let name = match format_within(argument) {
            Some("") => arguments.peek().and_then(|next| next.to_str()),
            within => within,
        };
        found = name.and_then(|name| OutputFormat::from_str(name, true).ok()).or(found);
    }
    found
}

/// The value within `--output=json`, `-o=json`, `-ojson` and `-vojson`; empty where it is the next argument.
fn format_within(argument: &OsStr) -> Option<&str> {
    let argument = argument.to_str()?;
    if let Some(value) = argument.strip_prefix("--output") {
        return if value.is_empty() { Some(value) } else { value.strip_prefix('=') };
    }
    let letters = argument.strip_prefix('-')?.trim_start_matches(FLAGS);
    letters.strip_prefix('o').map(|value| value.trim_start_matches('='))
}

/// The short options without a value, which may precede another one in the same argument.
pub(super) const FLAGS: [char; 5] = ['S', '4', '6', 'k', 'v'];

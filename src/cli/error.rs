//! Why arguments were not accepted, in one line; no secret is quoted.

use std::error::Error as _;
use std::ffi::{OsStr, OsString};

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, CommandFactory, ValueEnum};

use crate::cli::Cli;
use crate::cli::OutputFormat;
use crate::sanitize::quote_arg;

/// Why there is nothing to plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum EarlyExit {
    /// Help or version was asked for: the text, with and without colour.
    Help {
        /// Without escape sequences.
        plain: String,
        /// With them, for a terminal.
        colored: String,
    },
    /// The arguments were refused.
    Usage(UsageError),
}

/// A usage error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UsageError {
    /// The reason, in one line.
    pub(crate) reason: String,
    /// The output format that was asked for, as far as that can be told from arguments that do not parse.
    pub(crate) format: Option<OutputFormat>,
}

/// Says in one line what clap found wrong.
pub(super) fn reason(error: &clap::Error) -> String {
    let typed = text_of(error, ContextKind::InvalidArg).map(|name| option_alone(&name)).unwrap_or_default();
    let option = both_names(&typed);
    let value = text_of(error, ContextKind::InvalidValue).unwrap_or_default();
    match error.kind() {
        ErrorKind::UnknownArgument => {
            format!("unknown option {}{}", quote_arg(&typed), suggestion(error, ContextKind::SuggestedArg))
        }
        ErrorKind::InvalidValue if value.is_empty() => {
            format!("{option} wants a value{}", choices(error, ": "))
        }
        ErrorKind::InvalidValue => {
            let suggestion = suggestion(error, ContextKind::SuggestedValue);
            format!("{option}: {} is none of {}{suggestion}", quote_arg(&value), choices(error, ""))
        }
        ErrorKind::ValueValidation => {
            let why = error.source().map(ToString::to_string).unwrap_or_default();
            format!("{option} {}: {why}", quote_arg(&value))
        }
        ErrorKind::TooManyValues | ErrorKind::WrongNumberOfValues => format!("{option} takes no value"),
        ErrorKind::InvalidUtf8 => "an argument is not UTF-8".into(),
        _ => format!("the arguments cannot be understood ({})", error.kind()),
    }
}

/// The option's name out of the form in which clap knows it: `--timeout <D>`, `--token=SECRET`.
fn option_alone(name: &str) -> String {
    name.split([' ', '=']).next().unwrap_or_default().to_owned()
}

/// An option by its short name too, for that may be the one that was typed: `-t/--timeout`.
fn both_names(option: &str) -> String {
    let command = Cli::command();
    let long = option.strip_prefix("--");
    let known = command.get_arguments().find(|known| long.is_some() && known.get_long() == long);
    match known.and_then(Arg::get_short) {
        Some(short) => format!("-{short}/{option}"),
        None => option.to_owned(),
    }
}

/// The text that clap keeps of one circumstance.
fn text_of(error: &clap::Error, kind: ContextKind) -> Option<String> {
    match error.get(kind)? {
        ContextValue::String(text) => Some(text.clone()),
        ContextValue::Strings(texts) => texts.first().cloned(),
        _ => None,
    }
}

/// The values that would be right.
fn choices(error: &clap::Error, before: &str) -> String {
    match error.get(ContextKind::ValidValue) {
        Some(ContextValue::Strings(values)) if !values.is_empty() => format!("{before}{}", values.join(", ")),
        _ => String::new(),
    }
}

/// What was probably meant.
fn suggestion(error: &clap::Error, kind: ContextKind) -> String {
    match text_of(error, kind) {
        Some(meant) => format!("; did you mean {}?", quote_arg(&option_alone(&meant))),
        None if kind == ContextKind::SuggestedArg => "; see --help".into(),
        None => String::new(),
    }
}

/// The format that arguments ask for which need not be valid otherwise; the last one wins.
pub(super) fn asked_format(arguments: &[OsString]) -> Option<OutputFormat> {
    let mut asked = None;
    let mut arguments = arguments.iter().take_while(|argument| *argument != "--").peekable();
    while let Some(argument) = arguments.next() {
        let name = match format_within(argument) {
            Some("") => arguments.peek().and_then(|next| next.to_str()),
            within => within,
        };
        asked = name.and_then(|name| OutputFormat::from_str(name, true).ok()).or(asked);
    }
    asked
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

/// The short options without a value, which may stand before another in one argument.
pub(super) const FLAGS: [char; 5] = ['S', '4', '6', 'k', 'v'];

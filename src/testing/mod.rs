//! In-process access for the integration tests and the fuzz targets.
//!
//! Everything takes and returns plain types, so that the rest of the library stays private. No cargo feature gates it: its
//! parts in other modules would each need the gate, and all code would be compiled and checked in two ways. The linker
//! leaves it out of the program.

mod in_process;

use std::ffi::{OsStr, OsString};
#[cfg(test)]
use std::fmt::Debug;
use std::path::Path;
use std::time::Instant;

use clap::{CommandFactory, ValueEnum};

use crate::cli::{Artifact, Cli, OutputFormat};
use crate::environment::Environment;
use crate::model::diagnosis::Diagnosis;
use crate::model::endpoint::{self, Defaults, Endpoint};
use crate::model::range::{self, Range, Unit};
use crate::plan::Plan;
use crate::rules::{Key, Row, Table};
use crate::sanitize::{self, Sanitizer, UntrustedText};
use crate::{explain, generate, report};

pub use in_process::{InProcess, InProcessLogin, Produced, refusal};

/// Asserts that a function gives each input of a table its output.
#[cfg(test)]
#[track_caller]
pub(crate) fn assert_maps<I: Debug, O: Debug + PartialEq<E>, E: Debug>(
    function: impl Fn(I) -> O,
    table: impl IntoIterator<Item = (I, E)>,
) {
    for (input, expected) in table {
        let shown = format!("{input:?}");
        assert_eq!(function(input), expected, "{shown}");
    }
}

/// The command line's definition.
pub fn command() -> clap::Command {
    Cli::command()
}

/// The names that `--generate` takes.
pub fn artifact_names() -> Vec<String> {
    value_names::<Artifact>()
}

/// The names that `--output` takes.
pub fn format_names() -> Vec<String> {
    value_names::<OutputFormat>()
}

fn value_names<T: ValueEnum>() -> Vec<String> {
    let values = T::value_variants().iter().filter_map(T::to_possible_value);
    values.map(|value| value.get_name().to_owned()).collect()
}

/// The names of all diagnoses.
pub fn diagnosis_names() -> Vec<&'static str> {
    Diagnosis::NAMES.to_vec()
}

/// The text that `--generate NAME` prints, or `None` for an unknown name.
pub fn generated(name: &str) -> Option<String> {
    Artifact::from_str(name, false).ok().map(generate::text)
}

/// The table of rules in Markdown, as the reference shows it.
pub fn rules_as_markdown() -> String {
    explain::markdown()
}

/// The rows of the table: key, state, exit code of that state, origin, diagnosis.
pub fn rules() -> Vec<(String, &'static str, i32, &'static str, &'static str)> {
    let rows = Table::default().rows().into_iter();
    let row = |row: Row| {
        let code = i32::from(row.state.exit_code());
        (row.key.to_string(), row.state.name(), code, row.origin.name(), row.diagnosis.name())
    };
    rows.map(row).collect()
}

/// Parses an endpoint and returns its canonical form. The error is the line that the user reads.
pub fn parse_endpoint(text: &str) -> Result<String, String> {
    Endpoint::parse(text, &Defaults::default())
        .map(|endpoint| endpoint.to_string())
        .map_err(|error| error.to_string())
}

/// The errors of the parsers for a host and port, and for a path.
pub fn address_errors(text: &str) -> Vec<String> {
    let host_port = endpoint::parse_host_port(text).err().map(|error| error.to_string());
    let errors = [host_port, endpoint::parse_path(text).err()];
    errors.into_iter().flatten().collect()
}

/// The label of a run whose metrics are in this file, as it is written.
pub fn run_label(file: &Path) -> String {
    report::run_label(file)
}

/// Parses a threshold and a duration, in seconds and in days; the law is that a plain upper bound does not alert.
pub fn check_range_law(text: &str) -> bool {
    [Unit::Seconds, Unit::Days].into_iter().all(|unit| {
        let _ = range::parse_duration(text, unit);
        let Ok(range) = Range::parse(text, unit) else { return true };
        range.plain_upper().is_none_or(|bound| !range.alerts(bound))
    })
}

/// Parses a key and returns its canonical form.
pub fn parse_key(text: &str) -> Option<String> {
    Key::parse(text).ok().map(|key| key.to_string())
}

/// The endpoints that arguments and the environment variable name, or `None` where they are refused.
pub fn parse_arguments(words: &[OsString], variable: Option<&OsStr>) -> Option<Vec<String>> {
    Cli::read(words.iter().cloned(), variable).ok().map(|cli| cli.targets.endpoints)
}

/// The error of planning a run from words that parse.
pub fn plan_error(words: &[OsString]) -> Option<String> {
    let cli = Cli::read(words.iter().cloned(), None).ok()?;
    Plan::from_cli(&cli, &Environment::bare(Instant::now())).err().map(|error| format!("{error:#}"))
}

/// A text sanitized with one secret: the line of at most `limit` characters, the lines of the same text as our own, and
/// the line as plugin output shows it.
pub fn sanitize(secret: &[u8], text: &[u8], limit: usize) -> (String, Vec<String>, String) {
    let mut sanitizer = Sanitizer::default();
    sanitizer.add_secret(secret);
    let text = UntrustedText::new(text);
    let line = sanitizer.line(&text, limit);
    let plugin = sanitize::escape_plugin(&line);
    (line, sanitizer.own_lines(&text), plugin)
}

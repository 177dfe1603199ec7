//! Parsing: the words of the environment variable first, then the command line's.
//!
//! The variable's words are also parsed alone, so that an error names the variable, and so that options that are not
//! allowed there are found.

use std::ffi::{OsStr, OsString};
use std::mem::ManuallyDrop;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;

use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{ArgMatches, Command, CommandFactory, FromArgMatches};

use super::error::{self, EarlyExit, UsageError};
use super::{Cli, EnvOrigin, NAME, OutputFormat, values};

pub(crate) const OPTS_VAR: &str = "CHECK_CEILOMETER_OPTS";

impl Cli {
    /// Parses the arguments after the program's name, preceded by those of [`OPTS_VAR`].
    pub(crate) fn read(
        arguments: impl IntoIterator<Item = OsString>,
        variable: Option<&OsStr>,
    ) -> Result<Cli, EarlyExit> {
        let arguments: Vec<OsString> = arguments.into_iter().collect();
        let usage_error = |reason| {
            EarlyExit::Usage(UsageError { reason, format: Cli::output_format(&arguments, variable) })
        };
        let words = variable.map_or(Ok(Vec::new()), split).map_err(usage_error)?;
        let all: Vec<OsString> = words.iter().cloned().chain(arguments.iter().cloned()).collect();
        // Parsing is a fifth of a run's cost: without the variable it is done once.
        let env_origin = if words.is_empty() {
            EnvOrigin::default()
        } else {
            check(&words).map_err(usage_error)?;
            let typed = given(&arguments);
            EnvOrigin { ids: given(&words).into_iter().filter(|id| !typed.contains(id)).collect() }
        };
        let cli = parse(&all).map_err(|error| {
            help(&error).unwrap_or_else(|| usage_error(error::format_error(&error, &env_origin)))
        })?;
        Ok(Cli { env_origin, ..cli })
    }

    /// Finds the output format without parsing: in the arguments, else in the variable.
    pub(crate) fn output_format(arguments: &[OsString], variable: Option<&OsStr>) -> Option<OutputFormat> {
        error::find_format(arguments).or_else(|| {
            let variable = variable?;
            // A quote that is left open says nothing of the words before it.
            let words = split(variable).unwrap_or_else(|_| {
                let pieces = variable.as_bytes().split(u8::is_ascii_whitespace);
                pieces.map(|word| OsString::from_vec(word.to_vec())).collect()
            });
            error::find_format(&words)
        })
    }

    /// The given options that select what the program does, which only the command line may.
    pub(crate) fn command_line_only(&self) -> impl Iterator<Item = &'static str> + use<> {
        let options = [
            (!self.targets.endpoints.is_empty(), "ENDPOINT"),
            (self.targets.file.is_some(), "--endpoints"),
            (!self.mode.simulate.is_empty(), "--simulate"),
            (self.mode.generate.is_some(), "--generate"),
            (self.mode.explain.is_some(), "--explain"),
            (self.timing.watch.is_some(), "--watch"),
            (self.timing.wait.is_some(), "--wait"),
        ];
        options.into_iter().filter_map(|(given, option)| given.then_some(option))
    }

    /// The files that options name to be read, each with the option in front of its name. A rehearsal needs no network, and so reads
    /// none for it.
    pub(crate) fn files(&self) -> impl Iterator<Item = (&'static str, &Path)> {
        let network = [
            ("--endpoints ", &self.targets.file),
            ("--proxy-auth-file ", &self.connection.proxy_auth_file),
            ("--cacert ", &self.tls.cacert),
            ("--cert ", &self.tls.cert),
            ("--key ", &self.tls.key),
        ];
        let network = network.into_iter().filter(|_| self.mode.simulate.is_empty());
        let request =
            [("--token-file ", &self.request.token_file), ("--auth-file ", &self.request.auth_file)];
        let headers = self.request.header.iter().filter_map(|header| header.strip_prefix('@'));
        let files = network.chain(request).filter_map(|(option, file)| Some((option, file.as_deref()?)));
        files.chain(headers.map(|file| ("--header @", Path::new(file))))
    }
}

/// Parses words as arguments. Words that are invalid are parsed once more, by rules that lead to a better error.
fn parse(words: &[OsString]) -> Result<Cli, clap::Error> {
    parse_as(Cli::command(), words).map_err(|error| match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => error,
        _ => parse_as(Cli::command().mut_args(values::accept_hyphen), words).err().unwrap_or(error),
    })
}

fn parse_as(command: Command, words: &[OsString]) -> Result<Cli, clap::Error> {
    // Freeing these many parts would only delay the end of a short process.
    let mut command = ManuallyDrop::new(command);
    let mut matches = ManuallyDrop::new(matches(&mut command, words)?);
    Cli::from_arg_matches_mut(&mut matches).map_err(|error| error.format(&mut command))
}

fn matches(command: &mut Command, words: &[OsString]) -> Result<ArgMatches, clap::Error> {
    command.try_get_matches_from_mut(
        std::iter::once(OsStr::new(NAME)).chain(words.iter().map(OsString::as_os_str)),
    )
}

/// The ids of the options that valid words give.
fn given(words: &[OsString]) -> Vec<String> {
    let Ok(matches) = matches(&mut Cli::command(), words) else { return Vec::new() };
    let is_given = |id: &&str| matches.value_source(id) == Some(ValueSource::CommandLine);
    matches.ids().map(clap::Id::as_str).filter(is_given).map(str::to_owned).collect()
}

/// The requested text, where the error is none.
fn help(error: &clap::Error) -> Option<EarlyExit> {
    matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion).then(|| {
        let text = error.render();
        EarlyExit::Help { plain: text.to_string(), colored: text.ansi().to_string() }
    })
}

/// Splits the variable's value as a shell splits words.
fn split(value: &OsStr) -> Result<Vec<OsString>, String> {
    let words = shlex::bytes::split(value.as_bytes())
        .ok_or_else(|| format!("a quote or a backslash is left open{}", EnvOrigin::SUFFIX))?;
    Ok(words.into_iter().map(OsString::from_vec).collect())
}

/// Rejects words of the variable that do not parse, and options that are not allowed there. `-H` is left to the plan:
/// it is allowed in HAProxy mode, which the command line selects.
fn check(words: &[OsString]) -> Result<(), String> {
    if words.iter().any(|word| word == "--") {
        return Err(not_allowed("--"));
    }
    let origin = EnvOrigin::default();
    match parse(words) {
        Ok(cli) => cli.command_line_only().next().map_or(Ok(()), |option| Err(not_allowed(option))),
        Err(error) if error.kind() == ErrorKind::DisplayHelp => Err(not_allowed("--help")),
        Err(error) if error.kind() == ErrorKind::DisplayVersion => Err(not_allowed("--version")),
        Err(error) => Err(format!("{}{}", error::format_error(&error, &origin), EnvOrigin::SUFFIX)),
    }
}

/// Formats the error of an option that only the command line may give.
pub(crate) fn not_allowed(option: &str) -> String {
    format!("'{option}' is not allowed in {OPTS_VAR}")
}

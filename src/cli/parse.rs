//! The reader of arguments: the environment's words first, then the command line's.
//!
//! The environment's words are parsed by themselves first, so that an error in them is told as theirs and
//! what may not stand there is refused.

use std::ffi::{OsStr, OsString};
use std::mem::ManuallyDrop;
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use clap::error::ErrorKind;
use clap::{Command, CommandFactory, FromArgMatches};

use super::error::{self, EarlyExit, UsageError};
use super::{Cli, EnvOrigin, NAME, values};

/// The environment variable that options may stand in.
pub(crate) const OPTS_VAR: &str = "CHECK_CEILOMETER_OPTS";

impl Cli {
    /// Reads the arguments behind the program's name, and those of [`OPTS_VAR`] before them.
    pub(crate) fn read(
        arguments: impl IntoIterator<Item = OsString>,
        variable: Option<&OsStr>,
    ) -> Result<Cli, EarlyExit> {
        let arguments: Vec<OsString> = arguments.into_iter().collect();
        let words = variable.map_or(Ok(Vec::new()), split).map_err(|why| refused(&why, &arguments))?;
        let all: Vec<OsString> = words.iter().cloned().chain(arguments).collect();
        // Where the variable says nothing there is nothing to check: parsing is a fifth of a run's cost.
        let in_environment = if words.is_empty() {
            EnvOrigin::default()
        } else {
            let cli = check(&words).map_err(|why| refused(&why, &all))?;
            EnvOrigin { hostname: !cli.targets.hostname.is_empty(), output_file: cli.output.output_file }
        };
        let cli = parse(&all).map_err(|error| stop(&error, &all))?;
        Ok(Cli { in_environment, ..cli })
    }

    /// What was given of that which says what is to be done, and may stand on the command line alone.
    pub(crate) fn only_typed(&self) -> impl Iterator<Item = &'static str> + use<> {
        let options = [
            (!self.targets.endpoints.is_empty(), "an endpoint"),
            (self.targets.file.is_some(), "--endpoints"),
            (!self.mode.simulate.is_empty(), "--simulate"),
            (self.mode.generate.is_some(), "--generate"),
            (self.mode.explain.is_some(), "--explain"),
            (self.timing.watch.is_some(), "--watch"),
            (self.timing.wait.is_some(), "--wait"),
        ];
        options.into_iter().filter_map(|(given, option)| given.then_some(option))
    }
}

/// Parses words as arguments. What is refused is parsed again by those rules that find better words for it.
fn parse(words: &[OsString]) -> Result<Cli, clap::Error> {
    read(Cli::command(), words).map_err(|error| match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => error,
        _ => read(Cli::command().mut_args(values::below_zero), words).err().unwrap_or(error),
    })
}

fn read(command: Command, words: &[OsString]) -> Result<Cli, clap::Error> {
    // The process is short-lived: taking these many parts down again would only cost it time.
    let mut command = ManuallyDrop::new(command);
    let words = std::iter::once(OsStr::new(NAME)).chain(words.iter().map(OsString::as_os_str));
    let mut matches = ManuallyDrop::new(command.try_get_matches_from_mut(words)?);
    Cli::from_arg_matches_mut(&mut matches).map_err(|error| error.format(&mut command))
}

/// Makes of clap's error what there is to show.
fn stop(error: &clap::Error, arguments: &[OsString]) -> EarlyExit {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            let text = error.render();
            EarlyExit::Help { plain: text.to_string(), colored: text.ansi().to_string() }
        }
        _ => EarlyExit::Usage(UsageError {
            reason: error::reason(error),
            format: error::asked_format(arguments),
        }),
    }
}

/// An error of the environment's words.
fn refused(why: &str, arguments: &[OsString]) -> EarlyExit {
    EarlyExit::Usage(UsageError {
        reason: format!("in {OPTS_VAR}: {why}"),
        format: error::asked_format(arguments),
    })
}

/// Splits the variable's value as a shell splits words.
fn split(value: &OsStr) -> Result<Vec<OsString>, String> {
    let words = shlex::bytes::split(value.as_bytes()).ok_or("a quote or a backslash is left open")?;
    Ok(words.into_iter().map(OsString::from_vec).collect())
}

/// Refuses words that do not parse, and options that may not stand in the environment. `-H` is left to the
/// plan: it is allowed in HAProxy mode, which the command line decides.
fn check(words: &[OsString]) -> Result<Cli, String> {
    if words.iter().any(|word| word == "--") {
        return Err("'--' may not stand there".into());
    }
    let cli = match parse(words) {
        Ok(cli) => cli,
        Err(error) if error.kind() == ErrorKind::DisplayHelp => return Err(misplaced("--help")),
        Err(error) if error.kind() == ErrorKind::DisplayVersion => return Err(misplaced("--version")),
        Err(error) => return Err(error::reason(&error)),
    };
    match cli.only_typed().next() {
        Some(option) => Err(misplaced(option)),
        None => Ok(cli),
    }
}

fn misplaced(option: &str) -> String {
    format!("{option} may not stand there; give it on the command line")
}

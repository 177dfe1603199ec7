//! Output options: the format, and what the terminal can show.

use std::path::PathBuf;

use crate::cli::{Cli, ColorWhen, OutputFormat};
use crate::environment::Environment;

/// Default of `--max-output` in bytes: Nagios 4 reads 8 KiB of a plugin's output.
pub(crate) const DEFAULT_MAX_OUTPUT: usize = 8192;

/// Kind of terminal that standard output is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum TerminalKind {
    /// None: a pipe or a file.
    #[default]
    None,
    /// A terminal on which what is printed stays where it is.
    Dumb,
    /// A terminal that can be redrawn.
    Full,
}

/// Level of detail; each holds all of those below it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verbosity {
    /// Without `-v`: what is broken, and what to do.
    #[default]
    Brief,
    /// `-v`: all endpoints, and notes.
    Notes,
    /// `-vv`: each request, with its phases and an equivalent curl command.
    Requests,
    /// `-vvv`: headers both ways, and the body's beginning.
    Transcript,
}

impl Verbosity {
    pub(crate) const fn of(count: u8) -> Verbosity {
        match count {
            0 => Verbosity::Brief,
            1 => Verbosity::Notes,
            2 => Verbosity::Requests,
            _ => Verbosity::Transcript,
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct OutputOptions {
    /// The format; `None` for silence (HAProxy without `-o`).
    pub(crate) format: Option<OutputFormat>,
    pub(crate) color: bool,
    /// Only ASCII may be shown to people, because the locale has no UTF-8.
    pub(crate) ascii: bool,
    pub(crate) width: Option<usize>,
    /// The terminal on standard output; `None` too for a report that goes to a file.
    pub(crate) terminal: TerminalKind,
    /// A long run shows its progress on standard error.
    pub(crate) progress: bool,
    pub(crate) verbosity: Verbosity,
    /// `--max-output`: the plugin output's maximum length in bytes.
    pub(crate) max_bytes: usize,
    /// `--agent-warning`: the weight in percent that the agent sends for WARNING.
    pub(crate) agent_warning: Option<u8>,
    /// `--output-file`.
    pub(crate) file: Option<PathBuf>,
}

/// The output options of a plugin call that sets none.
impl Default for OutputOptions {
    fn default() -> Self {
        OutputOptions {
            format: Some(OutputFormat::Nagios),
            color: false,
            ascii: false,
            width: None,
            terminal: TerminalKind::None,
            progress: false,
            verbosity: Verbosity::Brief,
            max_bytes: DEFAULT_MAX_OUTPUT,
            agent_warning: None,
            file: None,
        }
    }
}

/// Resolves the output options. `--output-file` counts as no terminal; HAProxy mode prints nothing by default.
pub(super) fn from_cli(cli: &Cli, environment: &Environment, haproxy: bool) -> OutputOptions {
    let options = &cli.output;
    let terminal = environment.stdout_is_terminal && options.output_file.is_none();
    let format = options.output.or(default_format(haproxy, terminal));
    OutputOptions {
        format,
        color: match options.color.unwrap_or_default() {
            ColorWhen::Auto => terminal && environment.wants_color(),
            ColorWhen::Always => true,
            ColorWhen::Never => false,
        },
        ascii: !environment.is_utf8(),
        width: environment.width.filter(|_| terminal),
        terminal: terminal_kind(terminal, environment),
        progress: format == Some(OutputFormat::Human)
            && environment.stderr_is_terminal
            && !environment.is_dumb(),
        verbosity: Verbosity::of(options.verbose),
        max_bytes: options.max_output.unwrap_or(DEFAULT_MAX_OUTPUT),
        agent_warning: options.agent_warning,
        file: options.output_file.clone(),
    }
}

fn default_format(haproxy: bool, terminal: bool) -> Option<OutputFormat> {
    match (haproxy, terminal) {
        (true, _) => None,
        (false, true) => Some(OutputFormat::Human),
        (false, false) => Some(OutputFormat::Nagios),
    }
}

fn terminal_kind(terminal: bool, environment: &Environment) -> TerminalKind {
    match (terminal, environment.is_dumb()) {
        (false, _) => TerminalKind::None,
        (true, true) => TerminalKind::Dumb,
        (true, false) => TerminalKind::Full,
    }
}

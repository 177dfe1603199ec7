//! How the report is told: in which format, and what the place where it goes can show.

use std::path::PathBuf;

use crate::cli::{Cli, ColorWhen, OutputFormat};
use crate::environment::Environment;

/// The plugin output's budget where `--max-output` does not say otherwise, in bytes: Nagios 4 reads
/// 8 KiB of a plugin's output.
pub(crate) const MAX_OUTPUT: usize = 8192;

/// What standard output leads to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum TerminalKind {
    /// A pipe or a file.
    #[default]
    None,
    /// A terminal on which what is printed stays where it is.
    Dumb,
    /// A terminal that can be redrawn.
    Full,
}

/// How much is told: what `-v` raises, each level with all of those below it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verbosity {
    /// What is broken, and what to do.
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
    /// So many `-v`.
    pub(crate) const fn of(count: u8) -> Verbosity {
        match count {
            0 => Verbosity::Brief,
            1 => Verbosity::Notes,
            2 => Verbosity::Requests,
            _ => Verbosity::Transcript,
        }
    }
}

/// How the report is told.
#[derive(Debug, Clone)]
pub(crate) struct OutputOptions {
    /// The format; `None` for silence (HAProxy without `-o`).
    pub(crate) format: Option<OutputFormat>,
    /// Whether colour may be used.
    pub(crate) color: bool,
    /// The terminal's width in columns, where there is a terminal.
    pub(crate) width: Option<usize>,
    /// What standard output leads to; a report that goes to a file has no terminal.
    pub(crate) terminal: TerminalKind,
    /// Whether a long run shows on standard error how far it is.
    pub(crate) progress: bool,
    /// How much is told.
    pub(crate) verbosity: Verbosity,
    /// `--max-output`: the plugin output's budget in bytes.
    pub(crate) max_bytes: usize,
    /// `--agent-warning`: the weight in percent that the agent tells for WARNING.
    pub(crate) agent_warning: Option<u8>,
    /// `--output-file`: where the report goes instead of standard output.
    pub(crate) file: Option<PathBuf>,
}

/// As for a caller that asks for nothing in particular.
impl Default for OutputOptions {
    fn default() -> Self {
        OutputOptions {
            format: Some(OutputFormat::Nagios),
            color: false,
            width: None,
            terminal: TerminalKind::None,
            progress: false,
            verbosity: Verbosity::Brief,
            max_bytes: MAX_OUTPUT,
            agent_warning: None,
            file: None,
        }
    }
}

/// How the report is told. A file is no terminal, whatever standard output is; HAProxy wants silence.
pub(super) fn decide(cli: &Cli, environment: &Environment, haproxy: bool) -> OutputOptions {
    let telling = &cli.output;
    let terminal = environment.stdout_is_terminal && telling.output_file.is_none();
    let format = telling.output.or(usual_format(haproxy, terminal));
    OutputOptions {
        format,
        color: match telling.color.unwrap_or_default() {
            ColorWhen::Auto => terminal && environment.wants_color(),
            ColorWhen::Always => true,
            ColorWhen::Never => false,
        },
        width: environment.width.filter(|_| terminal),
        terminal: terminal_kind(terminal, environment),
        progress: format == Some(OutputFormat::Human)
            && environment.stderr_is_terminal
            && !environment.is_dumb(),
        verbosity: Verbosity::of(telling.verbose),
        max_bytes: telling.max_output.unwrap_or(MAX_OUTPUT),
        agent_warning: telling.agent_warning,
        file: telling.output_file.clone(),
    }
}

/// The format where `-o` asks for none.
fn usual_format(haproxy: bool, terminal: bool) -> Option<OutputFormat> {
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

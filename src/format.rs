//! How a report is told: the format, and what the renderers know of the place where it goes.

use std::path::PathBuf;

/// The plugin output's budget where `--max-output` does not say otherwise, in bytes: Nagios 4 reads
/// 8 KiB of a plugin's output.
pub const MAX_OUTPUT: usize = 8192;

/// An output format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For a terminal.
    Human,
    /// A Monitoring Plugins line with performance data.
    Nagios,
    /// One JSON object.
    Json,
    /// One line for HAProxy's agent-check.
    HaproxyAgent,
    /// The text exposition format, for the textfile collector of Prometheus' node exporter.
    Prometheus,
}

/// What standard output leads to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Surface {
    /// A pipe or a file.
    #[default]
    Pipe,
    /// A terminal on which what is printed stays where it is.
    Scroll,
    /// A terminal that can be redrawn.
    Screen,
}

/// How much is told: what `-v` raises, each level with all of those below it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verbosity {
    /// What is broken, and what to do.
    #[default]
    Brief,
    /// `-v`: all endpoints, and notes.
    Notes,
    /// `-vv`: each request, with its phases and an equivalent curl command.
    Requests,
    /// `-vvv`: headers both ways, and the body's beginning.
    Wire,
}

impl Verbosity {
    /// So many `-v`.
    pub const fn of(count: u8) -> Verbosity {
        match count {
            0 => Verbosity::Brief,
            1 => Verbosity::Notes,
            2 => Verbosity::Requests,
            _ => Verbosity::Wire,
        }
    }
}

/// How the report is told.
#[derive(Debug, Clone)]
pub struct Output {
    /// The format; `None` for silence (HAProxy without `-o`).
    pub format: Option<Format>,
    /// Whether colour may be used.
    pub color: bool,
    /// The terminal's width in columns, where there is a terminal.
    pub width: Option<usize>,
    /// What standard output leads to; a report that goes to a file has no terminal.
    pub surface: Surface,
    /// Whether a long run shows on standard error how far it is.
    pub progress: bool,
    /// How much is told.
    pub verbosity: Verbosity,
    /// `--max-output`: the plugin output's budget in bytes.
    pub max_bytes: usize,
    /// `--agent-warning`: the weight in percent that the agent tells for WARNING.
    pub agent_warning: Option<u8>,
    /// `--output-file`: where the report goes instead of standard output.
    pub file: Option<PathBuf>,
}

/// As for a caller that asks for nothing in particular.
impl Default for Output {
    fn default() -> Self {
        Output {
            format: Some(Format::Nagios),
            color: false,
            width: None,
            surface: Surface::Pipe,
            progress: false,
            verbosity: Verbosity::Brief,
            max_bytes: MAX_OUTPUT,
            agent_warning: None,
            file: None,
        }
    }
}

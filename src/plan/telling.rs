//! How the report is told: in which format, and what the place where it goes can show.

use crate::cli::{Cli, ColorWhen};
use crate::format::{self, Format, Output, Surface, Verbosity};
use crate::surroundings::Surroundings;

/// How the report is told. A file is no terminal, whatever standard output is; HAProxy wants silence.
pub(super) fn decide(cli: &Cli, surroundings: &Surroundings, haproxy: bool) -> Output {
    let telling = &cli.telling;
    let terminal = surroundings.stdout_is_terminal && telling.output_file.is_none();
    let format = telling.output.or(usual_format(haproxy, terminal));
    Output {
        format,
        color: match telling.color.unwrap_or_default() {
            ColorWhen::Auto => terminal && surroundings.wants_color(),
            ColorWhen::Always => true,
            ColorWhen::Never => false,
        },
        width: surroundings.width.filter(|_| terminal),
        surface: surface(terminal, surroundings),
        progress: format == Some(Format::Human) && surroundings.stderr_is_terminal && !surroundings.is_dumb(),
        verbosity: Verbosity::of(telling.verbose),
        max_bytes: telling.max_output.unwrap_or(format::MAX_OUTPUT),
        agent_warning: telling.agent_warning,
        file: telling.output_file.clone(),
    }
}

/// The format where `-o` asks for none.
fn usual_format(haproxy: bool, terminal: bool) -> Option<Format> {
    match (haproxy, terminal) {
        (true, _) => None,
        (false, true) => Some(Format::Human),
        (false, false) => Some(Format::Nagios),
    }
}

fn surface(terminal: bool, surroundings: &Surroundings) -> Surface {
    match (terminal, surroundings.is_dumb()) {
        (false, _) => Surface::Pipe,
        (true, true) => Surface::Scroll,
        (true, false) => Surface::Screen,
    }
}

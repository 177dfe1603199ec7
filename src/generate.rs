//! What `--generate` prints: man page, completions, and configurations ready to use.

use clap::CommandFactory;
use clap_complete::{Shell, generate};

use crate::cli::{Cli, Generated, NAME};

mod callers;
mod man;

/// The text of what was asked for.
pub fn text(what: Generated) -> String {
    match what {
        Generated::Man => man::page(),
        Generated::CompleteBash => completions(Shell::Bash),
        Generated::CompleteZsh => completions(Shell::Zsh),
        Generated::CompleteFish => completions(Shell::Fish),
        Generated::Icinga2 => callers::icinga2(),
        Generated::Nagios => callers::nagios(),
        Generated::Nrpe => callers::nrpe(),
        Generated::Haproxy => callers::haproxy(),
        Generated::HaproxyAgent => callers::haproxy_agent(),
        Generated::HaproxyNative => callers::haproxy_native(),
    }
}

/// A shell's completions. Generated into memory: `clap_complete` panics on a closed pipe.
fn completions(shell: Shell) -> String {
    let mut text = Vec::new();
    generate(shell, &mut Cli::command(), NAME, &mut text);
    String::from_utf8_lossy(&text).into_owned()
}

//! What `--generate` prints: man page, completions, and configurations ready to use.

use clap::CommandFactory;
use clap_complete::{Shell, generate};

use crate::cli::{Artifact, Cli, NAME};

mod integrations;
mod man;

/// The text of what was asked for.
pub(crate) fn text(what: Artifact) -> String {
    match what {
        Artifact::Man => man::page(),
        Artifact::CompleteBash => completions(Shell::Bash),
        Artifact::CompleteZsh => completions(Shell::Zsh),
        Artifact::CompleteFish => completions(Shell::Fish),
        Artifact::Icinga2 => integrations::icinga2(),
        Artifact::Nagios => integrations::nagios(),
        Artifact::Nrpe => integrations::nrpe(),
        Artifact::Haproxy => integrations::haproxy(),
        Artifact::HaproxyAgent => integrations::haproxy_agent(),
        Artifact::HaproxyNative => integrations::haproxy_native(),
    }
}

/// A shell's completions. Artifact into memory: `clap_complete` panics on a closed pipe.
fn completions(shell: Shell) -> String {
    let mut text = Vec::new();
    generate(shell, &mut Cli::command(), NAME, &mut text);
    String::from_utf8_lossy(&text).into_owned()
}

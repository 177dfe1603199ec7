//! What cannot be meant together is refused with the reason, never resolved in silence.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use crate::cli::Cli;
use crate::input;
use crate::model::range::Range;
use crate::plan::Timing;

/// Refuses options that contradict each other. What depends on the number of endpoints is
/// [`super::targets`]'s to refuse.
pub(super) fn check_conflicts(cli: &Cli, timing: &Timing, haproxy: bool) -> Result<()> {
    if let Some((_, reason)) = conflicts(cli, haproxy).into_iter().find(|(contradicted, _)| *contradicted) {
        bail!("{reason}");
    }
    refuse_unreachable_threshold(cli, timing)?;
    refuse_two_readers(cli)
}

/// Refuses what has no meaning beside `--generate` and `--explain`, which ask nobody. What stands in the
/// environment is there for runs, and does not disturb.
pub(crate) fn check_text_conflicts(cli: &Cli) -> Result<()> {
    let text = if cli.mode.generate.is_some() { "--generate" } else { "--explain" };
    let name = (!cli.targets.hostname.is_empty() && !cli.in_environment.hostname).then_some("-H");
    let haproxy = cli.mode.haproxy.then_some("--haproxy");
    match cli.only_typed().chain(name).chain(haproxy).find(|option| *option != text) {
        Some(other) => bail!("{text} prints a text and asks nobody; {other} has no meaning beside it"),
        None => Ok(()),
    }
}

/// Each contradiction between options, and why it is one.
fn conflicts(cli: &Cli, haproxy: bool) -> Vec<(bool, &'static str)> {
    let targets = &cli.targets;
    let simulate = !cli.mode.simulate.is_empty();
    let named = !targets.endpoints.is_empty() || !targets.hostname.is_empty() || targets.file.is_some();
    let dialled = cli.connection.connect_to.is_some();
    let (watch, wait) = (cli.timing.watch.is_some(), cli.timing.wait.is_some());
    vec![
        (
            cli.tls.key.is_some() && cli.tls.cert.is_none(),
            "--key without --cert: a key alone identifies nobody",
        ),
        (cli.connection.ipv4 && cli.connection.ipv6, "-4 and -6 exclude each other"),
        (watch && wait, "--watch and --wait exclude each other"),
        (cli.timing.count.is_some() && !watch, "--count without --watch: there is one run to count"),
        (
            cli.connection.proxy_auth_file.is_some() && cli.connection.proxy.is_none(),
            "--proxy-auth-file without --proxy: there is no proxy to authenticate to",
        ),
        (dialled && targets.all_addresses, "--connect-to and --all-addresses exclude each other"),
        (simulate && haproxy, "--simulate would tell HAProxy about a server that does not exist"),
        (simulate && named, "--simulate brings its own endpoints; name no others"),
        (simulate && dialled, "--simulate brings its own endpoints; --connect-to would dial another"),
        (simulate && cli.connection.proxy.is_some(), "--simulate listens on loopback; no proxy leads there"),
        (simulate && cli.connection.ipv6, "--simulate listens on an IPv4 address, which -6 excludes"),
        (haproxy && targets.file.is_some(), "HAProxy names the server; --endpoints cannot"),
        (haproxy && dialled, "HAProxy names the address to dial; --connect-to cannot"),
        (haproxy && targets.hostname.len() > 1, "-H may stand once in HAProxy mode: a server has one name"),
        (haproxy && (watch || wait), "HAProxy wants one run; --watch and --wait make many"),
        (
            !haproxy && cli.in_environment.hostname,
            "in CHECK_CEILOMETER_OPTS: -H may stand there in HAProxy mode only",
        ),
    ]
}

/// A critical time that the budget ends before it is reached would never be told as such.
fn refuse_unreachable_threshold(cli: &Cli, timing: &Timing) -> Result<()> {
    let critical = cli.thresholds.critical.as_ref().and_then(Range::plain_upper);
    if let (Some(critical), Some(_)) = (critical, cli.timing.timeout)
        && critical >= timing.budget.as_secs_f64()
    {
        let budget = timing.budget.as_secs_f64();
        bail!("-c {critical} is not below -t {budget}: the run would end before the threshold is crossed");
    }
    Ok(())
}

/// Standard input can be read once.
fn refuse_two_readers(cli: &Cli) -> Result<()> {
    let stdin = |path: &Option<PathBuf>| path.as_deref().is_some_and(input::is_standard_input);
    let readers = [
        (stdin(&cli.targets.file), "--endpoints -"),
        (stdin(&cli.request.token_file), "--token-file -"),
        (stdin(&cli.request.auth_file), "--auth-file -"),
        (stdin(&cli.connection.proxy_auth_file), "--proxy-auth-file -"),
    ];
    let named = readers.into_iter().filter_map(|(reads, option)| reads.then_some(option));
    let from_stdin = |header: &&String| {
        header.strip_prefix('@').is_some_and(|file| input::is_standard_input(Path::new(file)))
    };
    let headers = cli.request.header.iter().filter(from_stdin).map(|_| "--header @-");
    let reading: Vec<&str> = named.chain(headers).collect();
    if reading.len() > 1 {
        bail!("{} each read standard input, which can be read once", reading.join(" and "));
    }
    Ok(())
}

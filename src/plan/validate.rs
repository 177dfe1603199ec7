//! Conflicts between options that clap cannot express.

use anyhow::{Result, bail};

use crate::cli::{self, Cli, MethodChoice, ResponseTime};
use crate::input;
use crate::model::range::Range;
use crate::plan::Timing;

/// Minimum bare number that may have been meant in milliseconds.
const MIN_SUSPECT_SECONDS: f64 = 100.0;

/// Rejects conflicting options. Conflicts with the number of endpoints are rejected by [`super::targets`].
pub(super) fn check_conflicts(cli: &Cli, timing: &Timing, haproxy: bool) -> Result<()> {
    if cli.env_origin.has("hostname") && !haproxy {
        bail!("{} outside HAProxy mode", cli::not_allowed("-H"));
    }
    if haproxy {
        check_haproxy(cli)?;
    }
    check_requirements(cli)?;
    let thresholds = &cli.thresholds;
    for (option, given) in [
        ("--warning", &thresholds.warning),
        ("--critical", &thresholds.critical),
        ("--backend-warning", &thresholds.backend_warning),
        ("--backend-critical", &thresholds.backend_critical),
    ] {
        check_milliseconds(cli, option, given.as_ref(), timing)?;
    }
    check_standard_input(cli)
}

/// Rejects options that have no meaning with `--generate` and `--explain`, which check no endpoint. Options of the
/// environment are meant for runs, and do not matter here.
pub(crate) fn check_text_conflicts(cli: &Cli) -> Result<()> {
    let text = if cli.mode.generate.is_some() { "--generate" } else { "--explain" };
    let hostname = !cli.targets.hostname.is_empty() && !cli.env_origin.has("hostname");
    let others = [(hostname, "-H"), (cli.mode.haproxy, "--haproxy")];
    let others = others.into_iter().filter_map(|(given, option)| given.then_some(option));
    match cli.command_line_only().chain(others).find(|option| *option != text) {
        Some(other) => bail!("{}", cli::conflict(text, other, &cli.env_origin)),
        None => Ok(()),
    }
}

/// Rejects options that have no meaning for a call by HAProxy.
fn check_haproxy(cli: &Cli) -> Result<()> {
    let options = [
        (!cli.mode.simulate.is_empty(), "--simulate"),
        (cli.targets.file.is_some(), "--endpoints"),
        (cli.targets.all_addresses, "--all-addresses"),
        (cli.connection.connect_to.is_some(), "--connect-to"),
        (cli.timing.watch.is_some(), "--watch"),
        (cli.timing.wait.is_some(), "--wait"),
    ];
    match options.into_iter().find(|(given, _)| *given) {
        Some((_, option)) => bail!("{}", cli::conflict(option, "--haproxy", &cli.env_origin)),
        None if cli.targets.hostname.len() > 1 => bail!("'-H' can be given only once in HAProxy mode"),
        None => Ok(()),
    }
}

fn check_requirements(cli: &Cli) -> Result<()> {
    let requirements = [
        (cli.tls.key.is_some() && cli.tls.cert.is_none(), "--key", "--cert"),
        (cli.timing.count.is_some() && cli.timing.watch.is_none(), "--count", "--watch"),
        (
            cli.connection.proxy_auth_file.is_some() && cli.connection.proxy.is_none(),
            "--proxy-auth-file",
            "--proxy",
        ),
    ];
    match requirements.into_iter().find(|(is_missing, ..)| *is_missing) {
        Some((_, option, required)) => bail!("'{}' requires '{required}'", cli.env_origin.label(option)),
        None => Ok(()),
    }
}

/// Rejects a large number without a unit that no response time can exceed within the budget.
fn check_milliseconds(cli: &Cli, option: &str, given: Option<&ResponseTime>, timing: &Timing) -> Result<()> {
    let Some((number, bound)) =
        given.and_then(|given| given.bare_number.as_ref().zip(given.range.plain_upper()))
    else {
        return Ok(());
    };
    let budget = timing.budget.as_secs_f64();
    if bound >= budget && bound >= MIN_SUSPECT_SECONDS {
        bail!(
            "invalid value '{number}' for '{}': {bound} s is not below the run's limit of {budget} s (-t); did \
             you mean milliseconds ({number}ms)?",
            cli.env_origin.label(option)
        );
    }
    Ok(())
}

/// Notes on thresholds that can never trigger.
pub(super) fn threshold_notes(cli: &Cli, timing: &Timing) -> Vec<String> {
    let upper =
        |given: &Option<ResponseTime>| given.as_ref().map(|given| &given.range).and_then(Range::plain_upper);
    let thresholds = &cli.thresholds;
    let times = [
        (("-w", upper(&thresholds.warning)), ("-c", upper(&thresholds.critical))),
        (
            ("--backend-warning", upper(&thresholds.backend_warning)),
            ("--backend-critical", upper(&thresholds.backend_critical)),
        ),
    ];
    let budget = timing.budget.as_secs_f64();
    let mut notes = Vec::new();
    for (warning, critical) in times {
        let late = [warning, critical].into_iter().filter_map(|(option, bound)| {
            let bound = bound.filter(|bound| *bound >= budget)?;
            let option = cli.env_origin.label(option);
            Some(format!("{option} {bound} can never trigger: a run ends after {budget} s (-t)"))
        });
        notes.extend(late);
        if let ((option, Some(warning)), (other, Some(critical))) = (warning, critical)
            && (critical..budget).contains(&warning)
        {
            notes.push(unreachable_warning(&format!("{option} {warning} is not below {other} {critical}")));
        }
    }
    notes.extend(unmeasured(cli));
    if let (Some(warning), Some(critical)) = (thresholds.certificate_warning, thresholds.certificate_critical)
        && warning <= critical
    {
        let why = "--certificate-warning is not above --certificate-critical";
        notes.push(unreachable_warning(why));
    }
    notes
}

/// The note on a warning threshold whose critical one is always crossed with it.
fn unreachable_warning(why: &str) -> String {
    format!("WARNING can never be reached: {why}")
}

/// Notes on thresholds for the back-end's time, which is GET's less HEAD's, where one of both is not sent.
fn unmeasured(cli: &Cli) -> Vec<String> {
    if matches!(cli.request.method, None | Some(MethodChoice::Both)) {
        return Vec::new();
    }
    let thresholds = &cli.thresholds;
    let given = [
        ("--backend-warning", &thresholds.backend_warning),
        ("--backend-critical", &thresholds.backend_critical),
    ];
    let given = given.into_iter().filter(|(_, range)| range.is_some());
    given
        .map(|(option, _)| {
            let option = cli.env_origin.label(option);
            format!("{option} can never trigger: the back-end's time is measured by HEAD and GET (-m both)")
        })
        .collect()
}

/// Rejects several options that read standard input.
fn check_standard_input(cli: &Cli) -> Result<()> {
    let mut readers = cli.files().filter(|(_, file)| input::is_standard_input(file));
    if let (Some((one, _)), Some((other, _))) = (readers.next(), readers.next()) {
        bail!("'{one}-' cannot be used with '{other}-': standard input can be read only once");
    }
    Ok(())
}

//! The summary: what happened, in one short line that makes sense in an SMS.

use crate::plan::Plan;
use crate::report::{UNVERIFIED, Verdict};
use crate::state::State;

/// The summary of a run, with its marks.
pub(super) fn line(plan: &Plan, endpoints: &[Verdict], simulated: bool, unverified: bool) -> String {
    let told = match endpoints {
        [] => "no endpoint was probed".to_owned(),
        [only] => format!("{}{}", one(only), retries(only.attempts)),
        several => many(plan, several),
    };
    let before = if simulated { "SIMULATED " } else { "" };
    let behind = if unverified { UNVERIFIED } else { "" };
    format!("{before}{told}{behind}")
}

fn one(verdict: &Verdict) -> String {
    let Verdict { diagnosis, evidence, endpoint, .. } = verdict;
    // A status comes from somewhere; everything else, which does not end in a number, happens at a place.
    let from = if evidence.ends_with(|last: char| last.is_ascii_digit()) { "from" } else { "at" };
    format!("{diagnosis}: {evidence} {from} {endpoint}")
}

fn retries(attempts: u32) -> String {
    match attempts.saturating_sub(1) {
        0 => String::new(),
        1 => " after 1 retry".to_owned(),
        retries => format!(" after {retries} retries"),
    }
}

fn many(plan: &Plan, endpoints: &[Verdict]) -> String {
    let failing: Vec<_> = endpoints.iter().filter(|verdict| verdict.state != State::Ok).collect();
    let worst = State::worst(failing.iter().map(|verdict| verdict.state));
    let Some(first) = failing.iter().find(|verdict| verdict.state == worst) else {
        return all_good(endpoints);
    };
    let others = match failing.len() - 1 {
        0 => String::new(),
        others => format!(" (and {others} more)"),
    };
    format!("{}; {}{}{others}", counts(plan, endpoints, failing.len()), one(first), retries(first.attempts))
}

fn all_good(endpoints: &[Verdict]) -> String {
    // By which requests were sent, all are healthy or all are alive.
    let name = endpoints.first().map_or("OK", |verdict| verdict.diagnosis.name());
    let retried = endpoints.iter().filter(|verdict| verdict.attempts > 1).count();
    let retried = if retried == 0 { String::new() } else { format!(", {retried} after a retry") };
    format!("all {} endpoints {name}{retried}", endpoints.len())
}

fn counts(plan: &Plan, endpoints: &[Verdict], failing: usize) -> String {
    let all = endpoints.len();
    let Some(quorum) = plan.quorum else {
        return format!("{failing} of {all} endpoints not OK");
    };
    let (usable, needed) = (super::usable(endpoints), quorum.needed(all));
    let states = if usable + failing > all { "OK or WARNING" } else { "OK" };
    let met = if usable >= needed { "met" } else { "missed" };
    format!("{usable} of {all} endpoints {states}, quorum {needed} {met}")
}

//! The summary: what happened, in one short line that makes sense in an SMS.

use super::aggregate;
use crate::model::state::State;
use crate::plan::Plan;
use crate::verdict::{Evidence, Verdict};

/// The summary of a run.
pub(super) fn line(plan: &Plan, endpoints: &[Verdict]) -> String {
    match endpoints {
        [] => "no endpoint was probed".to_owned(),
        [only] => format!("{}{}", one(only), retries(only.attempts)),
        several => many(plan, several),
    }
}

fn one(verdict: &Verdict) -> String {
    let Verdict { diagnosis, evidence, endpoint, .. } = verdict;
    let from = match evidence {
        Evidence::Answers(_) => "from",
        Evidence::Event(_) => "at",
    };
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
    let (usable, needed) = (aggregate::usable(endpoints), quorum.needed(all));
    let states = if usable + failing > all { "OK or WARNING" } else { "OK" };
    let met = if usable >= needed { "met" } else { "missed" };
    format!("{usable} of {all} endpoints {states}, quorum {needed} {met}")
}

#[cfg(test)]
pub(super) mod tests {
    use std::time::Duration;

    use super::super::Report;
    use super::*;
    use crate::model::diagnosis::Diagnosis;
    use crate::model::endpoint::{Endpoint, Host};
    use crate::model::quorum::Quorum;
    use crate::plan::Targets;
    use crate::verdict::judge;
    use crate::verdict::tests::{NOW, both, endpoint, plan};

    /// A report of endpoints `ctl1`, `ctl2`, … with these outcomes of GET, each probed so often.
    pub(in crate::report) fn report(plan: &Plan, outcomes: &[(&str, u32)]) -> Report {
        let verdicts = outcomes.iter().enumerate().map(|(number, (get, attempts))| {
            let endpoint = Endpoint { host: Host::Name(format!("ctl{}", number + 1)), ..endpoint() };
            judge(plan, &endpoint, &both("204", get), *attempts, NOW)
        });
        Report::of(plan, verdicts.collect(), NOW, Duration::ZERO)
    }

    #[test]
    fn the_summary_makes_sense_in_an_sms() {
        let cases: [(&[(&str, u32)], _, &str); 11] = [
            (&[], None, "no endpoint was probed"),
            (&[("200", 1)], None, "healthy: HEAD 204, GET 200 from ctl1:8777"),
            (&[("200", 2)], None, "healthy: HEAD 204, GET 200 from ctl1:8777 after 1 retry"),
            (&[("503", 3)], None, "backend-down: GET 503 from ctl1:8777 after 2 retries"),
            (&[("timeout", 1)], None, "backend-stalled: GET timeout at ctl1:8777"),
            (&[("200", 1), ("200", 1)], None, "all 2 endpoints healthy"),
            (&[("200", 1), ("200", 2)], None, "all 2 endpoints healthy, 1 after a retry"),
            (
                &[("429", 1), ("200", 1), ("503", 1)],
                None,
                "2 of 3 endpoints not OK; backend-down: GET 503 from ctl3:8777 (and 1 more)",
            ),
            (
                &[("200", 1), ("200", 1), ("503", 1)],
                Some(Quorum::Count(2)),
                "2 of 3 endpoints OK, quorum 2 met; backend-down: GET 503 from ctl3:8777",
            ),
            (
                &[("429", 1), ("200", 1), ("503", 1)],
                Some(Quorum::Percent(67)),
                "2 of 3 endpoints OK or WARNING, quorum 3 missed; backend-down: GET 503 from ctl3:8777 (and 1 more)",
            ),
            (&[("200", 1), ("200", 1)], Some(Quorum::Count(1)), "all 2 endpoints healthy"),
        ];
        for (outcomes, quorum, summary) in cases {
            let plan = Plan { quorum, ..plan() };
            assert_eq!(report(&plan, outcomes).summary, summary);
        }
    }

    #[test]
    fn the_summary_is_marked_where_it_must_be() {
        let marked = |plan: &Plan| report(plan, &[("200", 1)]).summary_with_marks();
        let mut insecure = plan();
        insecure.network.tls.insecure = true;
        let targets = Targets::Simulated(vec![Diagnosis::Healthy]);
        let simulated = Plan { targets: targets.clone(), ..plan() };
        let both = Plan { targets, ..insecure.clone() };
        let summary = "healthy: HEAD 204, GET 200 from ctl1:8777";
        assert_eq!(marked(&plan()), summary);
        assert_eq!(marked(&simulated), format!("SIMULATED {summary}"));
        assert_eq!(marked(&insecure), format!("{summary} (certificate not verified)"));
        assert_eq!(marked(&both), format!("SIMULATED {summary} (certificate not verified)"));
    }
}

//! The state of a run over several endpoints.

use crate::model::quorum::Quorum;
use crate::model::state::State;
use crate::verdict::Verdict;

/// The state of several endpoints: the worst, or by the quorum.
pub(super) fn state(endpoints: &[Verdict], quorum: Option<Quorum>) -> State {
    let worst = State::worst(endpoints.iter().map(|verdict| verdict.state));
    match quorum {
        Some(quorum) if worst != State::Ok && !endpoints.is_empty() => {
            if usable(endpoints) >= quorum.needed(endpoints.len()) { State::Warning } else { State::Critical }
        }
        _ => worst,
    }
}

/// The number of endpoints that count for the quorum: those in state OK or WARNING.
pub(super) fn usable(endpoints: &[Verdict]) -> usize {
    let usable = |verdict: &&Verdict| matches!(verdict.state, State::Ok | State::Warning);
    endpoints.iter().filter(usable).count()
}

#[cfg(test)]
mod tests {
    use super::super::Report;
    use super::super::wording::summary::tests::report;
    use super::*;
    use crate::cli::OutputFormat;
    use crate::plan::{ExitCodes, Plan};
    use crate::verdict::tests::plan;

    #[test]
    fn worst_or_quorum() {
        use Quorum::{Count, Percent};
        use State::{Critical, Ok, Unknown, Warning};
        let cases: [(&[&str], _, _); 15] = [
            (&[], None, Unknown),
            (&[], Some(Count(1)), Unknown),
            (&["200", "200"], None, Ok),
            (&["200", "warning"], None, Warning),
            (&["warning", "401"], None, Unknown),
            (&["401", "503", "200"], None, Critical),
            (&["200", "200"], Some(Count(2)), Ok),
            (&["200", "503"], Some(Count(1)), Warning),
            (&["200", "503"], Some(Count(2)), Critical),
            (&["warning", "503"], Some(Count(1)), Warning),
            (&["warning", "warning"], Some(Count(2)), Warning),
            (&["401", "401"], Some(Count(1)), Critical),
            (&["200", "503", "503"], Some(Percent(33)), Warning),
            (&["200", "503", "503"], Some(Percent(34)), Critical),
            (&["200", "200", "503"], Some(Percent(100)), Critical),
        ];
        for (outcomes, quorum, state) in cases {
            let plan = Plan { quorum, ..plan() };
            let outcomes: Vec<_> = outcomes.iter().map(|get| (*get, 1)).collect();
            assert_eq!(report(&plan, &outcomes).state, state, "{outcomes:?} under {quorum:?}");
        }
    }

    #[test]
    fn exit_codes() {
        use State::{Critical, Ok, Unknown, Warning};
        // The codes for OK, WARNING, CRITICAL and UNKNOWN.
        let cases = [
            (ExitCodes::Guidelines, [0, 1, 2, 3]),
            (ExitCodes::HaProxy, [0, 0, 2, 3]),
            (ExitCodes::FailOn(Warning), [0, 1, 1, 1]),
            (ExitCodes::FailOn(Critical), [0, 0, 1, 1]),
        ];
        for (rule, codes) in cases {
            let found = [Ok, Warning, Critical, Unknown].map(|state| rule.of(state));
            assert_eq!(found, codes, "{rule:?}");
        }
        let plan = Plan { exit_codes: ExitCodes::HaProxy, ..plan() };
        assert_eq!(report(&plan, &[("warning", 1)]).exit_code, 0);
    }

    #[test]
    fn unwritten_result() {
        use State::{Critical, Ok, Unknown, Warning};
        let whole = report(&plan(), &[("200", 1)]);
        let codes = |rule| {
            [Ok, Warning, Critical, Unknown].map(|state| {
                let lost = Report { state, ..whole.clone() }.write_failed("no space left", rule);
                assert_eq!(lost.state, if state == Critical { Critical } else { Unknown });
                lost.exit_code
            })
        };
        assert_eq!(codes(ExitCodes::Guidelines), [3, 3, 2, 3]);
        assert_eq!(codes(ExitCodes::FailOn(Critical)), [1; 4]);
        let lost = whole.write_failed("no space left", ExitCodes::Guidelines);
        assert_eq!(
            lost.render_fallback(Some(OutputFormat::Human), false),
            "CEILOMETER UNKNOWN - --output-file was not written (no space left); the result was OK: healthy: HEAD \
             204, GET 200 from ctl1:8777\n"
        );
        assert!(
            lost.render_fallback(Some(OutputFormat::HaproxyAgent), false)
                .starts_with("down #--output-file was not written")
        );
        assert!(lost.render_fallback(Some(OutputFormat::Json), false).starts_with("{\n"));
    }
}

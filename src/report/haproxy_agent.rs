//! One line for HAProxy's agent-check.
//!
//! HAProxy takes the first line word by word and everything behind `#` as a description. A word that it
//! does not know is ignored and the server stays up: `down#reason` would be such a word.

use super::{Report, SIMULATED, UNVERIFIED};
use crate::model::state::State;

/// How much of a description HAProxy keeps, in bytes.
const DESCRIPTION: usize = 120;

/// Tells the report to HAProxy; `warning` is the weight in percent for WARNING.
///
/// With weights, `up` alone would not do: HAProxy keeps a lowered weight until it is told another.
pub(super) fn render(report: &Report, warning: Option<u8>) -> String {
    let weight = |percent: u8| warning.map(|_| format!(" {percent}%")).unwrap_or_default();
    match report.state {
        State::Ok => format!("up{}{}\n", weight(100), marks(report)),
        State::Warning => format!("up{}{}\n", weight(warning.unwrap_or(100)), marks(report)),
        State::Critical | State::Unknown => format!("down #{}\n", described(&report.summary_with_marks())),
    }
}

/// What a good answer must not hide.
fn marks(report: &Report) -> String {
    let marks = [(report.simulated, SIMULATED), (report.unverified, UNVERIFIED)];
    let marks: Vec<&str> = marks.into_iter().filter(|(applies, _)| *applies).map(|(_, mark)| mark).collect();
    if marks.is_empty() { String::new() } else { format!(" #{}", marks.join(", ")) }
}

/// HAProxy's log and statistics page take printable ASCII.
fn described(summary: &str) -> String {
    let printable = |character: char| match character {
        ' '..='~' => character,
        _ if character.is_whitespace() => ' ',
        _ => '?',
    };
    summary.chars().map(printable).take(DESCRIPTION).collect()
}

#[cfg(test)]
mod tests {
    use super::super::fixture;
    use super::*;
    use crate::verdict::Verdict;
    use proptest::prelude::*;

    fn in_state(state: State) -> Report {
        fixture::report(vec![Verdict { state, ..fixture::healthy("a:8777") }])
    }

    #[test]
    fn each_state_has_its_words() {
        let summary = "healthy: HEAD 204, GET 200 from a:8777";
        let table = [
            (State::Ok, None, "up\n".to_owned()),
            (State::Ok, Some(30), "up 100%\n".to_owned()),
            (State::Warning, None, "up\n".to_owned()),
            (State::Warning, Some(30), "up 30%\n".to_owned()),
            (State::Critical, Some(30), format!("down #{summary}\n")),
            (State::Unknown, None, format!("down #{summary}\n")),
        ];
        for (state, warning, line) in table {
            assert_eq!(render(&in_state(state), warning), line, "{state} {warning:?}");
        }
    }

    #[test]
    fn a_rehearsal_and_an_unverified_certificate_are_marked() {
        let report = Report { simulated: true, ..in_state(State::Ok) };
        assert_eq!(render(&report, None), "up #SIMULATED\n");
        let report = Report { unverified: true, ..in_state(State::Warning) };
        assert_eq!(render(&report, Some(50)), "up 50% #certificate not verified\n");
    }

    #[test]
    fn a_run_that_could_not_begin_is_down() {
        let report = fixture::unable("token file /etc/t\u{f6}ken: not found");
        assert_eq!(render(&report, None), "down #token file /etc/t?ken: not found\n");
    }

    proptest! {
        #[test]
        fn the_line_is_one_short_line_of_ascii(summary in ".*") {
            let line = render(&Report { summary, ..in_state(State::Critical) }, None);
            let described = line.strip_prefix("down #").and_then(|line| line.strip_suffix('\n')).unwrap();
            prop_assert!(described.len() <= DESCRIPTION);
            prop_assert!(described.bytes().all(|byte| matches!(byte, b' '..=b'~')));
        }
    }
}

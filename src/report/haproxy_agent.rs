//! One line for HAProxy's agent-check.
//!
//! HAProxy reads the first line word by word, and everything after `#` as a description. It ignores a word that it does
//! not know, and the server stays up: `down#reason` would be such a word.

use super::Report;
use crate::model::state::State;

/// Maximum length of a description that HAProxy keeps, in bytes.
const MAX_DESCRIPTION_BYTES: usize = 120;

/// Renders the report for HAProxy; `warning` is the weight in percent for WARNING.
///
/// With weights, `up` alone would not do: HAProxy keeps a lowered weight until it gets another.
pub(super) fn render(report: &Report, warning: Option<u8>) -> String {
    let weight = |percent: u8| warning.map(|_| format!(" {percent}%")).unwrap_or_default();
    match report.state {
        State::Ok => format!("up{}{}\n", weight(100), marks(report)),
        State::Warning => format!("up{}{}\n", weight(warning.unwrap_or(100)), marks(report)),
        State::Critical | State::Unknown => format!("down #{}\n", description(report)),
    }
}

/// The marks that a good state must not hide.
fn marks(report: &Report) -> String {
    let marks: Vec<&str> = report.marks().into_iter().flatten().collect();
    if marks.is_empty() { String::new() } else { format!(" #{}", marks.join(", ")) }
}

/// The summary with its marks, which stay where it has to be shortened.
fn description(report: &Report) -> String {
    let (before, after) = report.marks_around();
    let room = MAX_DESCRIPTION_BYTES.saturating_sub(after.len());
    let summary: String =
        format!("{before}{}", report.summary.text).chars().map(printable).take(room).collect();
    summary + &after
}

/// HAProxy's log and statistics page take printable ASCII.
fn printable(character: char) -> char {
    match character {
        ' '..='~' => character,
        _ if character.is_whitespace() => ' ',
        _ => '?',
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture;
    use super::*;
    use crate::verdict::Summary;
    use crate::verdict::tests::status_in;
    use proptest::prelude::*;

    fn in_state(state: State) -> Report {
        let status = match state {
            State::Ok => 200,
            State::Warning => status_in(state),
            State::Critical => 503,
            State::Unknown => 401,
        };
        fixture::report(vec![fixture::judged("a:8777", 1, &[fixture::head(), fixture::get(status, "")])])
    }

    #[test]
    fn states() {
        let table = [
            (State::Ok, None, "up\n"),
            (State::Ok, Some(30), "up 100%\n"),
            (State::Warning, None, "up\n"),
            (State::Warning, Some(30), "up 30%\n"),
            (State::Critical, Some(30), "down #backend-down: GET 503 from a:8777\n"),
            (State::Unknown, None, "down #denied: GET 401 from a:8777\n"),
        ];
        for (state, warning, line) in table {
            assert_eq!(render(&in_state(state), warning), line, "{state} {warning:?}");
        }
    }

    #[test]
    fn marks_of_good_states() {
        let report = Report { simulated: true, ..in_state(State::Ok) };
        assert_eq!(render(&report, None), "up #SIMULATED\n");
        let report = Report { unverified: true, ..in_state(State::Warning) };
        assert_eq!(render(&report, Some(50)), "up 50% #certificate not verified\n");
    }

    #[test]
    fn marks_of_a_long_summary() {
        let long = Report {
            summary: Summary::general("x".repeat(200)),
            simulated: true,
            unverified: true,
            ..in_state(State::Critical)
        };
        let line = render(&long, None);
        assert!(
            line.starts_with("down #SIMULATED xxx") && line.ends_with("x (certificate not verified)\n"),
            "{line}"
        );
    }

    #[test]
    fn failed_setup() {
        let report = fixture::unable("token file /etc/t\u{f6}ken: not found");
        assert_eq!(render(&report, None), "down #token file /etc/t?ken: not found\n");
    }

    proptest! {
        #[test]
        fn one_short_ascii_line(summary in ".*") {
            let line = render(&Report { summary: Summary::general(summary), ..in_state(State::Critical) }, None);
            let described = line.strip_prefix("down #").and_then(|line| line.strip_suffix('\n')).unwrap();
            prop_assert!(described.len() <= MAX_DESCRIPTION_BYTES);
            prop_assert!(described.bytes().all(|byte| matches!(byte, b' '..=b'~')));
        }
    }
}

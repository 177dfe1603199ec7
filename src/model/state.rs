//! The four states of the Monitoring Plugins guidelines and their ranking.

use std::cmp::Reverse;

use serde::Serialize;
use strum::{Display, IntoStaticStr};

/// A service state as the Monitoring Plugins guidelines name it, with its exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Display, IntoStaticStr, Serialize)]
#[strum(serialize_all = "UPPERCASE", const_into_str)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum State {
    /// Every request was answered as documented.
    Ok = 0,
    /// Alive, but not as it should be.
    Warning = 1,
    /// A client of the service would fail.
    Critical = 2,
    /// Nothing is known of the service.
    Unknown = 3,
}

impl State {
    /// All states, by exit code.
    pub(crate) const ALL: [State; 4] = [State::Ok, State::Warning, State::Critical, State::Unknown];

    pub(crate) const fn exit_code(self) -> u8 {
        self as u8
    }

    /// The rank when several states meet: CRITICAL > UNKNOWN > WARNING > OK.
    ///
    /// The exit codes do not rank: a service that is known to be down outweighs one that could not
    /// be probed.
    pub(crate) const fn severity(self) -> u8 {
        match self {
            State::Ok => 0,
            State::Warning => 1,
            State::Unknown => 2,
            State::Critical => 3,
        }
    }

    #[must_use]
    pub(crate) const fn or_worse(self, other: State) -> State {
        if other.severity() > self.severity() { other } else { self }
    }

    /// The most severe of many states; UNKNOWN if there are none, as nothing is known.
    pub(crate) fn worst(states: impl IntoIterator<Item = State>) -> State {
        states.into_iter().reduce(State::or_worse).unwrap_or(State::Unknown)
    }

    pub(crate) fn worst_first() -> [State; 4] {
        let mut states = State::ALL;
        states.sort_by_key(|state| Reverse(state.severity()));
        states
    }

    /// Counts the states, the most severe first: `2 CRITICAL, 298 OK`.
    pub(crate) fn tally(states: impl IntoIterator<Item = State>) -> String {
        let states: Vec<State> = states.into_iter().collect();
        let count = |state| states.iter().filter(|other| **other == state).count();
        let counts = State::worst_first().map(|state| (count(state), state)).into_iter();
        let tally = counts.filter(|(count, _)| *count > 0).map(|(count, state)| format!("{count} {state}"));
        tally.collect::<Vec<_>>().join(", ")
    }

    pub(crate) const fn name(self) -> &'static str {
        self.into_str()
    }

    /// Parses a state's name, in any case.
    pub(crate) fn from_name(name: &str) -> Option<State> {
        State::ALL.into_iter().find(|state| state.name().eq_ignore_ascii_case(name))
    }
}

#[cfg(test)]
mod tests {
    use super::State::{self, Critical, Ok, Unknown, Warning};

    #[test]
    fn worse_of_two() {
        let pairs = [
            (Ok, Ok, Ok),
            (Ok, Warning, Warning),
            (Ok, Unknown, Unknown),
            (Ok, Critical, Critical),
            (Warning, Ok, Warning),
            (Warning, Warning, Warning),
            (Warning, Unknown, Unknown),
            (Warning, Critical, Critical),
            (Unknown, Ok, Unknown),
            (Unknown, Warning, Unknown),
            (Unknown, Unknown, Unknown),
            (Unknown, Critical, Critical),
            (Critical, Ok, Critical),
            (Critical, Warning, Critical),
            (Critical, Unknown, Critical),
            (Critical, Critical, Critical),
        ];
        for (left, right, worse) in pairs {
            assert_eq!(left.or_worse(right), worse, "{left} and {right}");
        }
    }

    #[test]
    fn worst_of_none() {
        assert_eq!(State::worst([]), Unknown);
        assert_eq!(State::worst([Ok]), Ok);
    }

    #[test]
    fn tally_of_states() {
        assert_eq!(
            State::tally([Ok, Unknown, Ok, Critical, Warning]),
            "1 CRITICAL, 1 UNKNOWN, 1 WARNING, 2 OK"
        );
        assert_eq!(State::tally([]), "");
    }

    #[test]
    fn names_and_exit_codes() {
        let table =
            [(Ok, "OK", 0), (Warning, "WARNING", 1), (Critical, "CRITICAL", 2), (Unknown, "UNKNOWN", 3)];
        for (state, name, code) in table {
            assert_eq!((state.name(), state.exit_code()), (name, code));
            assert_eq!(State::from_name(&name.to_lowercase()), Some(state));
        }
        assert_eq!(State::from_name("down"), None);
    }
}

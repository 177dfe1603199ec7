//! The bar that shows where a request's time went: one shape for each phase, so that it needs no colour.

use crate::model::exchange::{Phase, Phases};

/// Divides the columns of a bar among the phases.
///
/// The boundaries are rounded, not the widths, so that the bar is always filled; a phase shorter than half a column
/// may get none.
pub(super) fn shares(phases: &Phases, columns: usize) -> Vec<(Phase, usize)> {
    let nanos = |&phase| (phase, phases.get(phase).unwrap_or_default().as_nanos());
    let times: Vec<_> = Phase::ALL.iter().map(nanos).collect();
    let whole = times.iter().map(|(_, time)| time).sum::<u128>().max(1);
    let column =
        |time: u128| usize::try_from((2 * time * columns as u128 + whole) / (2 * whole)).unwrap_or(columns);
    let mut passed = 0;
    let mut shares = Vec::new();
    for (phase, time) in times {
        let from = column(passed);
        passed += time;
        let taken = column(passed) - from;
        if taken > 0 {
            shares.push((phase, taken));
        }
    }
    shares
}

pub(super) fn draw(phases: &Phases, columns: usize) -> String {
    shares(phases, columns).into_iter().map(|(phase, taken)| shape(phase).repeat(taken)).collect()
}

/// The character that fills a phase in the bar.
pub(super) const fn shape(phase: Phase) -> &'static str {
    match phase {
        Phase::Resolve => "░",
        Phase::Connect => "▒",
        Phase::Tls => "▓",
        Phase::Send => "▪",
        Phase::Wait => "█",
        Phase::Receive => "▄",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::time::Duration;

    fn phases(times: &[(Phase, u64)]) -> Phases {
        let mut phases = Phases::default();
        for (phase, micros) in times {
            phases.set(*phase, Duration::from_micros(*micros));
        }
        phases
    }

    #[test]
    fn shares_of_phases() {
        let table = [
            (phases(&[(Phase::Connect, 100), (Phase::Wait, 300)]), "▒▒██████"),
            (phases(&[(Phase::Resolve, 1), (Phase::Wait, 1000), (Phase::Receive, 1000)]), "████▄▄▄▄"),
            (phases(&[(Phase::Connect, 10)]), "▒▒▒▒▒▒▒▒"),
            (phases(&[]), ""),
        ];
        for (phases, bar) in table {
            assert_eq!(draw(&phases, 8), bar);
        }
    }

    proptest! {
        #[test]
        fn filled_bar(times in proptest::collection::vec(0_u64..u64::MAX / 1000, 6), columns in 1_usize..200) {
            let times: Vec<_> = Phase::ALL.iter().copied().zip(times).collect();
            let filled: usize = shares(&phases(&times), columns).iter().map(|(_, taken)| taken).sum();
            let empty = times.iter().all(|(_, micros)| *micros == 0);
            prop_assert_eq!(filled, if empty { 0 } else { columns });
        }
    }
}

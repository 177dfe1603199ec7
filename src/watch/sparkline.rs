//! Recent response times as a line of small bars, one for each run, the latest at its right end.

use std::time::Duration;

use super::history::RunSample;
use crate::model::state::State;
use crate::terminal::style::Palette;

/// The bars, from nearly nothing to the longest time on the line.
const BARS: [&str; 8] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];

/// The latest samples in at most so many columns.
///
/// A run without a good answer has a mark of its own: how long a failure took is no response time, and it
/// must be seen without colour too.
pub(super) fn drawn<'a>(
    samples: impl DoubleEndedIterator<Item = &'a RunSample>,
    columns: usize,
    palette: Palette,
) -> String {
    let mut shown: Vec<&RunSample> = samples.rev().take(columns).collect();
    shown.reverse();
    let timed = shown.iter().filter(|sample| has_time(sample.state));
    let longest = timed.map(|sample| sample.time).max().unwrap_or_default();
    shown.iter().map(|sample| palette.state(sample.state, mark(sample, longest))).collect()
}

const fn has_time(state: State) -> bool {
    matches!(state, State::Ok | State::Warning)
}

fn mark(sample: &RunSample, longest: Duration) -> &'static str {
    match sample.state {
        State::Critical => "×",
        State::Unknown => "?",
        State::Ok | State::Warning => {
            let eighths = (sample.time.as_nanos() * 8).div_ceil(longest.as_nanos().max(1));
            let index = usize::try_from(eighths).unwrap_or(BARS.len()).clamp(1, BARS.len()) - 1;
            BARS.get(index).copied().unwrap_or_default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(state: State, millis: u64) -> RunSample {
        RunSample { state, time: Duration::from_millis(millis) }
    }

    #[test]
    fn times_are_bars_and_failures_are_marks() {
        let ok = |millis| sample(State::Ok, millis);
        let table: [(&[RunSample], &str); 5] = [
            (&[ok(1), ok(2), ok(4), ok(8)], "▁▂▄█"),
            (&[ok(10), sample(State::Critical, 10_000), sample(State::Warning, 20)], "▄×█"),
            (&[sample(State::Unknown, 5), ok(0)], "?▁"),
            (&[ok(80), ok(1), ok(1), ok(1), ok(1), ok(2)], "▄▄▄▄█"),
            (&[], ""),
        ];
        for (samples, line) in table {
            assert_eq!(drawn(samples.iter(), 5, Palette::new(false)), line, "{samples:?}");
        }
    }
}

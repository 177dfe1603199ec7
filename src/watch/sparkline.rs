//! Recent response times as a line of small bars, one for each run, the latest at the right.

use std::time::Duration;

use super::history::RunSample;
use crate::model::state::State;
use crate::terminal::style::Palette;

/// Bars from the shortest time to the longest one on the line.
const BARS: [&str; 8] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];

/// Draws the latest samples, one per column.
///
/// A failed run is a mark, because its time is not a response time.
pub(super) fn draw<'a>(
    samples: impl DoubleEndedIterator<Item = &'a RunSample>,
    columns: usize,
    palette: Palette,
) -> String {
    let mut shown: Vec<&RunSample> = samples.rev().take(columns).collect();
    shown.reverse();
    let timed = shown.iter().filter(|sample| matches!(sample.state, State::Ok | State::Warning));
    let longest = timed.map(|sample| sample.time).max().unwrap_or_default();
    shown.iter().map(|sample| mark(sample, longest, palette)).collect()
}

fn mark(sample: &RunSample, longest: Duration, palette: Palette) -> String {
    match sample.state {
        State::Critical => palette.failure("×"),
        State::Unknown => palette.failure("?"),
        State::Ok | State::Warning => bar(sample.time, longest).into(),
    }
}

fn bar(time: Duration, longest: Duration) -> &'static str {
    let eighths = (time.as_nanos() * 8).div_ceil(longest.as_nanos().max(1));
    let index = usize::try_from(eighths).unwrap_or(BARS.len()).clamp(1, BARS.len()) - 1;
    BARS.get(index).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(state: State, millis: u64) -> RunSample {
        RunSample { state, time: Duration::from_millis(millis) }
    }

    #[test]
    fn bars_and_marks() {
        let ok = |millis| sample(State::Ok, millis);
        let table: [(&[RunSample], &str); 5] = [
            (&[ok(1), ok(2), ok(4), ok(8)], "▁▂▄█"),
            (&[ok(10), sample(State::Critical, 10_000), sample(State::Warning, 20)], "▄×█"),
            (&[sample(State::Unknown, 5), ok(0)], "?▁"),
            (&[ok(80), ok(1), ok(1), ok(1), ok(1), ok(2)], "▄▄▄▄█"),
            (&[], ""),
        ];
        for (samples, line) in table {
            assert_eq!(draw(samples.iter(), 5, Palette::new(false)), line, "{samples:?}");
        }
    }
}

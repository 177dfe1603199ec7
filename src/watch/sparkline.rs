//! Recent response times as a line of small bars, one for each run, the latest at the right.

use std::time::Duration;

use crate::model::state::State;
use crate::terminal::style::Palette;

/// Bars from the shortest time to the longest one on the line.
const BARS: [&str; 8] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];

/// Draws the latest samples, one per column.
///
/// A failed run is a mark, because its time is not a response time.
pub(super) fn draw<'a>(
    samples: impl DoubleEndedIterator<Item = &'a (State, Duration)>,
    columns: usize,
    palette: Palette,
) -> String {
    let mut shown: Vec<&(State, Duration)> = samples.rev().take(columns).collect();
    shown.reverse();
    let timed = shown.iter().filter(|(state, _)| matches!(state, State::Ok | State::Warning));
    let longest = timed.map(|(_, time)| *time).max().unwrap_or_default();
    shown.iter().map(|&&(state, time)| mark(state, time, longest, palette)).collect()
}

fn mark(state: State, time: Duration, longest: Duration, palette: Palette) -> String {
    match state {
        State::Critical => palette.failure("×"),
        State::Unknown => palette.failure("?"),
        State::Ok | State::Warning => bar(time, longest).into(),
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

    const fn sample(state: State, millis: u64) -> (State, Duration) {
        (state, Duration::from_millis(millis))
    }

    #[test]
    fn bars_and_marks() {
        let ok = |millis| sample(State::Ok, millis);
        let table: [(&[(State, Duration)], &str); 5] = [
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

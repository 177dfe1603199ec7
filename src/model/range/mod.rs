//! The grammar of durations and threshold ranges.
//!
//! A range is the Monitoring Plugins guidelines' `[@][start:][end]`; each bound is a duration, and so is never
//! negative.

#[cfg(test)]
mod tests;

use std::fmt;
use std::time::Duration;

/// Maximum duration, for a run and for a threshold alike: a century, with which no deadline overflows the clock.
const MAX_DURATION: Duration = Duration::from_secs(36_525 * 24 * 60 * 60);

/// The unit of a bare number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    Seconds,
    Days,
}

impl Unit {
    pub(crate) const fn seconds(self) -> f64 {
        match self {
            Unit::Seconds => 1.0,
            Unit::Days => 86_400.0,
        }
    }

    /// The forms of a duration, for error messages.
    const fn examples(self) -> &'static str {
        match self {
            Unit::Seconds => "seconds (10, 0.5) or a time with units (500ms, 1m 30s)",
            Unit::Days => "days (30, 0.5) or a time with units (12h, 2w 3d)",
        }
    }
}

/// A range of the guidelines: it alerts outside of start..=end, or inside of it after `@`.
///
/// The bounds are in the unit with which the range was parsed. The start is never above the end.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Range {
    start: f64,
    end: f64,
    inside: bool,
}

impl Range {
    /// Parses `[@][start:][end]`: `~` is a start at negative infinity, a missing start is 0, and a missing end is
    /// positive infinity. A bare number is in `unit`.
    pub(crate) fn parse(text: &str, unit: Unit) -> Result<Range, String> {
        let (inside, bounds) = text.strip_prefix('@').map_or((false, text), |bounds| (true, bounds));
        if bounds.is_empty() {
            return Err(range_forms(unit));
        }
        let (start, end) = bounds.split_once(':').unwrap_or(("", bounds));
        let start = match start {
            "" => 0.0,
            "~" => f64::NEG_INFINITY,
            bound => parse_bound(bound, unit)?,
        };
        let end = if end.is_empty() { f64::INFINITY } else { parse_bound(end, unit)? };
        if start > end {
            return Err("the range ends before it starts".into());
        }
        Ok(Range { start, end, inside })
    }

    pub(crate) fn at_least(bound: f64) -> Range {
        // `max` returns the number if the other operand is NaN, so that not even NaN inverts the range.
        Range { start: bound.max(f64::NEG_INFINITY), end: f64::INFINITY, inside: false }
    }

    /// Tests whether a value raises an alert. The bounds belong to the range.
    pub(crate) fn alerts(&self, value: f64) -> bool {
        (self.start..=self.end).contains(&value) == self.inside
    }

    /// Tests whether the range alerts inside of its bounds (`@`).
    pub(crate) fn alerts_inside(&self) -> bool {
        self.inside
    }

    /// Both bounds, without the `@`: `0:10`, `1:2`, `~:5`.
    pub(crate) fn bounds(&self) -> String {
        let bounds = Range { inside: false, ..self.clone() };
        bounds.plain_upper().map_or_else(|| bounds.to_string(), |end| format!("0:{end}"))
    }

    /// The upper bound of a plain `end` range (start 0, not inside).
    pub(crate) fn plain_upper(&self) -> Option<f64> {
        (self.start == 0.0 && self.end.is_finite() && !self.inside).then_some(self.end)
    }

    /// Tests whether a value that triggers the range does so because it is small.
    pub(crate) fn is_too_small(&self, value: f64) -> bool {
        if self.inside { self.start <= 0.0 } else { value < self.start }
    }

    /// The lower bound of a range without an upper one (`10:`, not inside).
    pub(crate) fn plain_lower(&self) -> Option<f64> {
        (self.start.is_finite() && self.end == f64::INFINITY && !self.inside).then_some(self.start)
    }
}

/// The shortest form, as in performance data: `0.2`, `2`, `10:`, `@1:2`, `~:5`.
impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.inside {
            f.write_str("@")?;
        }
        match (self.start, self.end) {
            (f64::NEG_INFINITY, f64::INFINITY) => f.write_str("~:"),
            (f64::NEG_INFINITY, end) => write!(f, "~:{end}"),
            (start, f64::INFINITY) => write!(f, "{start}:"),
            (0.0, end) => end.fmt(f),
            (start, end) => write!(f, "{start}:{end}"),
        }
    }
}

/// Parses a duration of at most a century: a bare number of `unit`, or humantime's form.
pub(crate) fn parse_duration(text: &str, unit: Unit) -> Result<Duration, String> {
    bounded(read_duration(text, unit).ok_or_else(|| format!("expected {}", unit.examples()))?)
}

fn parse_bound(text: &str, unit: Unit) -> Result<f64, String> {
    let duration = bounded(read_duration(text, unit).ok_or_else(|| range_forms(unit))?)?;
    Ok(bare_number(text).unwrap_or_else(|| in_unit(duration, unit)))
}

/// The forms of a range, for error messages.
fn range_forms(unit: Unit) -> String {
    format!("expected {}, or a range of two of these (1:2)", unit.examples())
}

/// Reads a duration, `MAX` for one that is too long to be held; `None` if the text is none.
fn read_duration(text: &str, unit: Unit) -> Option<Duration> {
    match bare_number(text) {
        Some(number) => Some(Duration::try_from_secs_f64(number * unit.seconds()).unwrap_or(Duration::MAX)),
        None => match humantime::parse_duration(text) {
            Ok(duration) => Some(duration),
            Err(humantime::DurationError::NumberOverflow) => Some(Duration::MAX),
            Err(_) => None,
        },
    }
}

fn bounded(duration: Duration) -> Result<Duration, String> {
    if duration > MAX_DURATION { Err("longer than a century".into()) } else { Ok(duration) }
}

/// Converts a duration to `unit`. One division rounds once, so that 500ms is exactly 0.5.
#[expect(clippy::cast_precision_loss, reason = "a threshold needs no nanoseconds beyond 104 days")]
fn in_unit(duration: Duration, unit: Unit) -> f64 {
    duration.as_nanos() as f64 / (unit.seconds() * 1e9)
}

/// Parses digits with at most one point. Rust's own parser also takes signs, exponents, `inf` and `nan`.
pub(crate) fn bare_number(text: &str) -> Option<f64> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    plain.then(|| text.parse().ok()).flatten()
}

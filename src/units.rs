//! Quantities for people: durations, timestamps, numbers and counts.
//!
//! Columns and lists use [`format_duration`]; a sentence that compares a time with a threshold uses
//! [`format_duration_exact`]. The outputs that programs read format their own units.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use humantime::{format_rfc3339_millis, format_rfc3339_seconds};

/// Formats a duration with three digits, so that the rows of a column are easy to compare.
pub(crate) fn format_duration(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    let milliseconds = seconds * 1000.0;
    match seconds {
        ..0.01 => format!("{milliseconds:.2} ms"),
        ..0.1 => format!("{milliseconds:.1} ms"),
        ..1.0 => format!("{milliseconds:.0} ms"),
        ..10.0 => format!("{seconds:.2} s"),
        ..100.0 => format!("{seconds:.1} s"),
        _ => format!("{seconds:.0} s"),
    }
}

/// Formats a duration to the millisecond, below 10 ms to the hundredth of one: `0.49 ms`, `80 ms`, `3.2 s`.
///
/// With three digits, 2.004 s would read as if it were not above a threshold of 2 s.
pub(crate) fn format_duration_exact(time: Duration) -> String {
    if time < Duration::from_millis(10) {
        return format_duration(time);
    }
    if time < Duration::from_secs(1) {
        return format!("{} ms", time.as_millis());
    }
    let seconds = format!("{}.{:03}", time.as_secs(), time.subsec_millis());
    format!("{} s", seconds.trim_end_matches('0').trim_end_matches('.'))
}

/// Formats a duration to the microsecond: `600.6 ms`, `2.0004 s`.
pub(crate) fn format_duration_to_microsecond(time: Duration) -> String {
    if time < Duration::from_secs(1) {
        return format!("{} ms", milliseconds(time));
    }
    let seconds = format!("{}.{:06}", time.as_secs(), time.subsec_micros());
    format!("{} s", seconds.trim_end_matches('0').trim_end_matches('.'))
}

/// Formats a span of time: below a second with three digits, else by its two largest units: `100 ms`, `59 s`,
/// `1 min 40 s`, `2 d 3 h`.
pub(crate) fn format_span(span: Duration) -> String {
    const UNITS: [(u64, &str); 4] = [(86_400, "d"), (3600, "h"), (60, "min"), (1, "s")];
    let seconds = span.as_secs();
    let Some(largest) = UNITS.iter().position(|(length, _)| *length <= seconds) else {
        return format_duration(span);
    };
    let mut rest = seconds;
    let mut parts = Vec::new();
    for (length, unit) in UNITS.iter().skip(largest).take(2) {
        if rest >= *length {
            parts.push(format!("{} {unit}", rest / length));
        }
        rest %= length;
    }
    parts.join(" ")
}

/// Formats a time in tenths of a second from a second on, below it in milliseconds.
pub(crate) fn format_tenths(time: Duration) -> String {
    if time < Duration::from_secs(1) {
        format!("{} ms", time.as_millis())
    } else {
        format!("{} s", format_decimal(time.as_secs_f64(), 1))
    }
}

/// Formats a configured duration in the form in which options take it: `1m 30s`.
pub(crate) fn format_configured(duration: Duration) -> String {
    humantime::format_duration(duration).to_string()
}

pub(crate) fn format_timestamp(moment: SystemTime) -> String {
    format_rfc3339_seconds(clamp_to_rfc3339(moment)).to_string()
}

pub(crate) fn format_timestamp_millis(moment: SystemTime) -> String {
    format_rfc3339_millis(clamp_to_rfc3339(moment)).to_string()
}

/// Clamps a time to the years 1970 to 9999, which RFC 3339 can express.
///
/// A certificate may claim any date, and a machine's clock may be wrong.
fn clamp_to_rfc3339(moment: SystemTime) -> SystemTime {
    const LAST: Duration = Duration::from_secs(253_402_300_799);
    UNIX_EPOCH + moment.duration_since(UNIX_EPOCH).unwrap_or_default().min(LAST)
}

/// Milliseconds to the microsecond.
pub(crate) fn milliseconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e6).round() / 1e3
}

/// Rounds down to `places` decimals: a value below a threshold must not read as if it had reached it.
pub(crate) fn round_down(number: f64, places: i32) -> f64 {
    let parts = 10_f64.powi(places);
    (number * parts).floor() / parts
}

/// Formats a number with at most `places` decimals, rounded down and without trailing zeros.
pub(crate) fn format_decimal(number: f64, places: i32) -> String {
    match round_down(number, places) {
        0.0 => "0".into(),
        rounded => rounded.to_string(),
    }
}

/// Formats a count: `1 run`, `2 runs`. The noun's first word takes the plural.
pub(crate) fn plural(number: u64, noun: &str) -> String {
    let (first, rest) = noun.split_at(noun.find(' ').unwrap_or(noun.len()));
    format!("{number} {first}{}{rest}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::assert_maps;

    #[test]
    fn milliseconds_to_the_microsecond() {
        let table = [(1_234_567, 1.235), (1_000_000, 1.0), (0, 0.0), (10_000_000_400, 10_000.0)];
        for (nanos, expected) in table {
            assert!((milliseconds(Duration::from_nanos(nanos)) - expected).abs() < f64::EPSILON);
        }
    }

    #[test]
    fn three_digits() {
        assert_maps(
            |micros| format_duration(Duration::from_micros(micros)),
            [
                (0, "0.00 ms"),
                (340, "0.34 ms"),
                (1_234, "1.23 ms"),
                (12_345, "12.3 ms"),
                (123_456, "123 ms"),
                (1_234_567, "1.23 s"),
                (10_000_000, "10.0 s"),
                (3_600_000_000, "3600 s"),
            ],
        );
    }

    #[test]
    fn exact_milliseconds() {
        assert_maps(
            |milliseconds| format_duration_exact(Duration::from_millis(milliseconds)),
            [
                (0, "0.00 ms"),
                (9, "9.00 ms"),
                (80, "80 ms"),
                (999, "999 ms"),
                (1000, "1 s"),
                (3200, "3.2 s"),
                (2004, "2.004 s"),
                (60_000, "60 s"),
            ],
        );
    }

    #[test]
    fn microseconds() {
        assert_maps(
            |micros| format_duration_to_microsecond(Duration::from_micros(micros)),
            [(5_004, "5.004 ms"), (600_600, "600.6 ms"), (2_000_400, "2.0004 s"), (60_000_000, "60 s")],
        );
    }

    #[test]
    fn spans_of_two_units() {
        assert_maps(
            |seconds| format_span(Duration::from_secs_f64(seconds)),
            [
                (0.0, "0.00 ms"),
                (0.25, "250 ms"),
                (59.94, "59 s"),
                (60.0, "1 min"),
                (303.9, "5 min 3 s"),
                (3_601.0, "1 h"),
                (90_061.0, "1 d 1 h"),
            ],
        );
    }

    #[test]
    fn dates_out_of_range() {
        let before = UNIX_EPOCH - Duration::from_secs(1);
        let after = UNIX_EPOCH + Duration::from_secs(400_000_000_000);
        assert_eq!(format_timestamp(before), "1970-01-01T00:00:00Z");
        assert_eq!(format_timestamp(UNIX_EPOCH + Duration::from_secs(1)), "1970-01-01T00:00:01Z");
        assert_eq!(format_timestamp(after), "9999-12-31T23:59:59Z");
        assert_eq!(format_timestamp_millis(after), "9999-12-31T23:59:59.000Z");
    }

    #[test]
    fn short_decimals() {
        let table = [
            (0.0, 2, "0"),
            (0.001, 2, "0"),
            (20.0, 2, "20"),
            (20.5, 2, "20.5"),
            (4.9999, 2, "4.99"),
            (-3.451, 2, "-3.46"),
            (100.0, 2, "100"),
            (13.97, 1, "13.9"),
            (5.0, 1, "5"),
        ];
        for (number, places, text) in table {
            assert_eq!(format_decimal(number, places), text);
        }
    }

    #[test]
    fn plurals() {
        let table = [(0, "run", "0 runs"), (1, "run", "1 run"), (2, "change of state", "2 changes of state")];
        for (number, noun, text) in table {
            assert_eq!(plural(number, noun), text);
        }
    }
}

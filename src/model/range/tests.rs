//! The grammar as tables, and the laws of ranges.

use std::time::Duration;

use proptest::prelude::*;

use super::{MAX_DURATION, Range, Unit, parse_duration};
use crate::testing::assert_maps;

#[test]
fn durations() {
    let table = [
        ("10", Unit::Seconds, 10_000),
        ("0.5", Unit::Seconds, 500),
        (".5", Unit::Seconds, 500),
        ("5.", Unit::Seconds, 5_000),
        ("0", Unit::Seconds, 0),
        ("500ms", Unit::Seconds, 500),
        ("1m 30s", Unit::Seconds, 90_000),
        ("1m30s", Unit::Seconds, 90_000),
        ("2", Unit::Days, 172_800_000),
        ("0.5", Unit::Days, 43_200_000),
        ("12h", Unit::Days, 43_200_000),
    ];
    for (text, unit, millis) in table {
        assert_eq!(parse_duration(text, unit), Ok(Duration::from_millis(millis)), "{text}");
    }
}

#[test]
fn invalid_durations() {
    let examples = Unit::Seconds.examples();
    let words = [
        "",
        "-1",
        "+1",
        "-0",
        "1e3",
        "inf",
        "NaN",
        "nan",
        "infinity",
        ".",
        "1.2.3",
        "0x10",
        "1,5",
        "ten",
        "-1s",
        "10 fortnights",
        "1:2",
        "~",
        "５",
    ];
    for text in words {
        let expected = format!("expected {examples}");
        assert_eq!(parse_duration(text, Unit::Seconds), Err(expected), "{text}");
    }
    for text in ["3155760001", "99999999999999999999999999", "101y", "18446744073709551616s"] {
        assert_eq!(parse_duration(text, Unit::Seconds), Err("longer than a century".into()), "{text}");
    }
    assert_eq!(parse_duration("3155760000", Unit::Seconds), Ok(MAX_DURATION));
    assert_eq!(
        parse_duration("soon", Unit::Days),
        Err("expected days (30, 0.5) or a time with units (12h, 2w 3d)".into())
    );
}

#[test]
fn shortest_forms() {
    let table = [
        ("2", Unit::Seconds, "2"),
        ("2.0", Unit::Seconds, "2"),
        ("0.20", Unit::Seconds, "0.2"),
        ("500ms", Unit::Seconds, "0.5"),
        ("0:2", Unit::Seconds, "2"),
        (":2", Unit::Seconds, "2"),
        ("10:", Unit::Seconds, "10:"),
        ("0:", Unit::Seconds, "0:"),
        (":", Unit::Seconds, "0:"),
        ("~:5", Unit::Seconds, "~:5"),
        ("~:", Unit::Seconds, "~:"),
        ("@1:2", Unit::Seconds, "@1:2"),
        ("@2", Unit::Seconds, "@2"),
        ("@0:", Unit::Seconds, "@0:"),
        ("100ms:1m 30s", Unit::Seconds, "0.1:90"),
        ("3:3", Unit::Seconds, "3:3"),
        ("30:", Unit::Days, "30:"),
        ("2w:", Unit::Days, "14:"),
        ("36h", Unit::Days, "1.5"),
    ];
    for (text, unit, shown) in table {
        assert_eq!(Range::parse(text, unit).map(|range| range.to_string()), Ok(shown.into()), "{text}");
    }
}

#[test]
fn invalid_ranges() {
    assert_maps(
        |text| Range::parse(text, Unit::Seconds).unwrap_err(),
        [
            (
                "",
                "expected seconds (10, 0.5) or a time with units (500ms, 1m 30s), or a range of two of these (1:2)",
            ),
            (
                "@",
                "expected seconds (10, 0.5) or a time with units (500ms, 1m 30s), or a range of two of these (1:2)",
            ),
            ("3:2", "the range ends before it starts"),
            ("1s:999ms", "the range ends before it starts"),
        ],
    );
    for text in ["~", "1:~", "@@1", "1:2:3", "a:1", "1:b", "-1:2", "~1:2", "1 :2"] {
        assert!(Range::parse(text, Unit::Seconds).is_err(), "{text}");
    }
}

#[test]
fn inclusive_bounds() {
    let table = [
        ("2", [-0.1, 2.1].as_slice(), [0.0, 1.0, 2.0].as_slice()),
        ("10:", &[9.9, 0.0], &[10.0, 1e9]),
        ("~:5", &[5.1], &[-1e9, 5.0]),
        ("@1:2", &[1.0, 1.5, 2.0], &[0.9, 2.1]),
        ("1:2", &[0.9, 2.1], &[1.0, 1.5, 2.0]),
        ("~:", &[], &[-1e9, 0.0, 1e9]),
    ];
    for (text, alerting, quiet) in table {
        let range = Range::parse(text, Unit::Seconds).unwrap();
        for &value in alerting {
            assert!(range.alerts(value), "{text} {value}");
        }
        for &value in quiet {
            assert!(!range.alerts(value), "{text} {value}");
        }
    }
}

#[test]
fn plain_upper_bounds() {
    let table = [
        ("2", Some(2.0)),
        ("0:2", Some(2.0)),
        ("@2", None),
        ("1:2", None),
        ("2:", None),
        ("~:2", None),
        (":", None),
    ];
    for (text, upper) in table {
        assert_eq!(Range::parse(text, Unit::Seconds).unwrap().plain_upper(), upper, "{text}");
    }
}

/// A bound as a user would type it, and nothing for an open one.
fn bound() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        (0..30_000u32).prop_map(|number| number.to_string()),
        (0.0..30_000f64).prop_map(|number| number.to_string()),
        (0..30_000u32).prop_map(|number| format!("{number}ms")),
    ]
}

fn range() -> impl Strategy<Value = Range> {
    ("@?", prop_oneof![bound(), Just("~".into())], bound(), any::<bool>()).prop_filter_map(
        "inverted",
        |(inside, start, end, days)| {
            let unit = if days { Unit::Days } else { Unit::Seconds };
            Range::parse(&format!("{inside}{start}:{end}"), unit).ok()
        },
    )
}

proptest! {
    #[test]
    fn round_trip(range in range()) {
        prop_assert_eq!(Range::parse(&range.to_string(), Unit::Seconds), Ok(range.clone()));
        prop_assert_eq!(Range::parse(&range.to_string(), Unit::Days), Ok(range));
    }

    #[test]
    fn opposite_ranges(range in range(), value in -1e6..1e6f64) {
        let opposite = Range { inside: !range.inside, ..range.clone() };
        prop_assert_ne!(range.alerts(value), opposite.alerts(value));
    }

    #[test]
    fn order_of_bounds(range in range(), bound in any::<f64>()) {
        prop_assert!(range.start <= range.end);
        let least = Range::at_least(bound);
        prop_assert!(least.start <= least.end);
    }

    #[test]
    fn lower_bounds(bound in 0.0..1e6f64, value in 0.0..1e6f64) {
        let range = Range::at_least(bound);
        prop_assert_eq!(range.alerts(value), value < bound);
        prop_assert_eq!(range.to_string(), format!("{bound}:"));
    }

    #[test]
    fn bare_numbers_and_units(millis in 0..10_000_000u32) {
        let bare = f64::from(millis) / 1000.0;
        let typed = Range::parse(&format!("{millis}ms"), Unit::Seconds);
        prop_assert_eq!(typed.as_ref().map(ToString::to_string), Ok(bare.to_string()));
        prop_assert_eq!(
            parse_duration(&format!("{millis}ms"), Unit::Seconds),
            parse_duration(&bare.to_string(), Unit::Seconds)
        );
    }

    #[test]
    fn arbitrary_text(text in any::<String>()) {
        for unit in [Unit::Seconds, Unit::Days] {
            let refused = [parse_duration(&text, unit).err(), Range::parse(&text, unit).err()];
            for error in refused.into_iter().flatten() {
                prop_assert!(!error.chars().any(char::is_control), "{:?}", error);
                prop_assert!(error.chars().count() < 200, "{:?}", error);
            }
        }
    }
}

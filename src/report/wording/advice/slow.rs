//! The words for a time that crossed a threshold, by the phase that took most of it.

use std::time::Duration;

use super::super::summary::{crossed, crossing_time};
use super::Advice;
use crate::model::exchange::{Method, Phase};
use crate::units::format_duration_exact;
use crate::verdict::{Crossing, Timed, Verdict};

pub(super) const API_IS_SLOW: &str = "check the load of the API, its host and the network";

pub(super) const RESOLVER_IS_SLOW: &str =
    "check this machine's resolver (/etc/resolv.conf) and the network to its name server";

const BACK_END_IS_SLOW: &str = "check the load of the back-end and the connection between it and the API";

/// The phases before and after the wait for the response: what each is for, and the action where it took most of the time.
const PHASES: [(Phase, &str, &str); 4] = [
    (Phase::Resolve, "to resolve the name", RESOLVER_IS_SLOW),
    (
        Phase::Connect,
        "to connect",
        "check the network to the host for lost packets, and the load of the host",
    ),
    (
        Phase::Tls,
        "for the TLS handshake",
        "check the load of the server that ends TLS, and the network to it",
    ),
    (Phase::Receive, "to receive the body", "check the network, and how fast the API writes its response"),
];

pub(super) fn advice(verdict: &Verdict, timed: Timed, took: Duration, crossing: &Crossing) -> Advice {
    let (what, action) = match timed {
        Timed::Request(method) => (method.name(), action(verdict, method, took)),
        Timed::Backend => ("the back-end", BACK_END_IS_SLOW),
    };
    let meaning = format!("{what} took {}, {}", crossing_time(took, crossing), crossed(crossing, "s"));
    // A time may also be too short, perhaps for a range that was given by mistake.
    let action = if crossing.range.is_too_small(took.as_secs_f64()) {
        "check that the API itself answers, not a cache or an error page; a threshold for slow responses is an \
         upper bound alone, as in -w 2"
    } else {
        action
    };
    (meaning, action.to_owned())
}

fn action(verdict: &Verdict, method: Method, took: Duration) -> &'static str {
    let is_back_end = method == Method::Get && verdict.backend.is_some_and(|share| share > took / 2);
    match longest(verdict, method, took) {
        Some((_, (.., action))) => action,
        None if is_back_end => BACK_END_IS_SLOW,
        None => API_IS_SLOW,
    }
}

/// Finds the phase that took more than half of a request's time, other than the wait for the response.
fn longest(
    verdict: &Verdict,
    method: Method,
    took: Duration,
) -> Option<(Duration, &'static (Phase, &'static str, &'static str))> {
    let judged = verdict.request(method)?;
    let times = PHASES.iter().filter_map(|row| Some((judged.phases.get(row.0)?, row)));
    times.into_iter().find(|(time, _)| *time > took / 2)
}

/// The phase that took more than half of a request's time, for the summary: `, 900 ms of it to resolve the name`.
pub(in crate::report::wording) fn longest_phase(verdict: &Verdict, method: Method, took: Duration) -> String {
    let words = |(time, (_, purpose, _)): (Duration, &(_, &str, _))| {
        format!(", {} of it {purpose}", format_duration_exact(time))
    };
    longest(verdict, method, took).map(words).unwrap_or_default()
}

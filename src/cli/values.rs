//! The grammar of option values. An error is the reason alone; [`super::error`] adds option and value.

use std::ffi::OsStr;
use std::net::IpAddr;
use std::str::FromStr;
use std::time::Duration;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Arg, Command};

use crate::model::diagnosis::Diagnosis;
use crate::model::endpoint::{self, Host};
use crate::model::quorum::Quorum;
use crate::model::range::{self, Range, Unit};
use crate::model::state::State;
use crate::rules::{Key, all_rows};

/// Maximum plugin output in bytes. No caller reads more, and the text is held in memory.
const MAX_OUTPUT_BYTES: usize = 16 * 1024 * 1024;

/// Accepts a leading hyphen for an option that measures or counts, so that `-1` is rejected as its value and not as an
/// unknown option. No valid value begins with one, so that `-t -v` is rejected too.
pub(super) fn accept_hyphen(option: Arg) -> Arg {
    const NUMERIC: [&str; 7] = ["BYTES", "D", "N", "N%", "N|N%", "PORT", "RANGE"];
    let mut names = option.get_value_names().unwrap_or_default().iter();
    let is_numeric = names.any(|name| NUMERIC.contains(&name.as_str()));
    let is_optional = option.get_num_args().is_some_and(|number| number.min_values() == 0);
    option.allow_hyphen_values(is_numeric && !is_optional)
}

/// Parses a port from 1 to 65535.
pub(super) fn port(text: &str) -> Result<u16, String> {
    endpoint::parse_port(text).ok_or("expected 1 to 65535".into())
}

/// Parses a whole number.
pub(super) fn number<T: FromStr>(text: &str) -> Result<T, String> {
    text.parse().map_err(|_| "not a whole number, or too large".into())
}

/// Parses a whole number above zero, as the type demands.
pub(super) fn above_zero<T: FromStr>(text: &str) -> Result<T, String> {
    text.parse().map_err(|_| "not a whole number above zero, or too large".into())
}

/// Parses a budget for the plugin output in bytes, clamped to what can be held in memory.
pub(super) fn output_size(text: &str) -> Result<usize, String> {
    match number(text)? {
        // With less, the state's name leaves no room for a reason.
        0..80 => Err("must be at least 80".into()),
        size => Ok(MAX_OUTPUT_BYTES.min(size)),
    }
}

/// Parses a duration: seconds, or with units.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    range::parse_duration(text, Unit::Seconds)
}

/// Parses a duration above zero.
pub(super) fn positive_duration(text: &str) -> Result<Duration, String> {
    match duration(text)? {
        Duration::ZERO => Err("must be above zero".into()),
        duration => Ok(duration),
    }
}

/// Parses a duration: days, or with units.
pub(super) fn days(text: &str) -> Result<Duration, String> {
    range::parse_duration(text, Unit::Days)
}

/// Parses a threshold range in seconds.
pub(super) fn range(text: &str) -> Result<Range, String> {
    Range::parse(text, Unit::Seconds)
}

/// A threshold for the response time.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ResponseTime {
    /// The range in seconds.
    pub(crate) range: Range,
    /// The value where it is a number without a unit, which may have been meant in milliseconds.
    pub(crate) bare: Option<f64>,
}

/// Parses a threshold on the response time.
pub(super) fn response_time(text: &str) -> Result<ResponseTime, String> {
    Ok(ResponseTime { range: range(text)?, bare: range::bare_number(text) })
}

/// A word that `--explain` looks up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Topic {
    /// A row of the table of rules.
    Key(Key),
    /// A diagnosis.
    Diagnosis(Diagnosis),
}

/// A word of an output may be pasted with its colon.
fn topic(text: &str) -> Result<Topic, String> {
    let text = text.strip_suffix(':').unwrap_or(text);
    if let Some(diagnosis) = diagnosis(text) {
        return Ok(Topic::Diagnosis(diagnosis));
    }
    Key::parse(text)
        .map(Topic::Key)
        .map_err(|reason| format!("{reason}; or a diagnosis ({})", Diagnosis::NAMES.join(", ")))
}

fn diagnosis(text: &str) -> Option<Diagnosis> {
    Diagnosis::ALL.iter().copied().find(|diagnosis| diagnosis.name().eq_ignore_ascii_case(text))
}

/// Parses the word that `--explain` looks up.
pub(super) fn topics() -> impl TypedValueParser<Value = Topic> {
    Suggesting { parse: topic, names: topic_names }
}

fn topic_names() -> Vec<String> {
    keys().chain(Diagnosis::NAMES.iter().map(ToString::to_string)).collect()
}

fn keys() -> impl Iterator<Item = String> {
    all_rows().map(|row| row.key.to_string())
}

/// Parses `KEY=STATE`.
pub(super) fn assignments() -> impl TypedValueParser<Value = (Key, State)> {
    Suggesting { parse: assignment, names: assignable_keys }
}

fn assignable_keys() -> Vec<String> {
    let overridable = keys().filter(|key| Key::parse(key).is_ok_and(Key::overridable));
    overridable.map(|key| key + "=").collect()
}

fn assignment(text: &str) -> Result<(Key, State), String> {
    let (key, state) = text.split_once('=').ok_or("expected KEY=STATE, such as get:404=warning")?;
    let state =
        State::from_name(state).ok_or("the state after the = must be ok, warning, critical or unknown")?;
    match Key::parse(key).map_err(|reason| format!("invalid key before the =: {reason}"))? {
        key if key.overridable() => Ok((key, state)),
        key => Err(format!("the state of {key} cannot be overridden")),
    }
}

/// A parser that offers names to shell completions, and accepts more than these.
#[derive(Clone)]
struct Suggesting<P, N> {
    parse: P,
    names: N,
}

impl<T, P, N> TypedValueParser for Suggesting<P, N>
where
    T: Clone + Send + Sync + 'static,
    P: Fn(&str) -> Result<T, String> + Clone + Send + Sync + 'static,
    N: Fn() -> Vec<String> + Clone + Send + Sync + 'static,
{
    type Value = T;

    fn parse_ref(&self, command: &Command, option: Option<&Arg>, value: &OsStr) -> Result<T, clap::Error> {
        TypedValueParser::parse_ref(&self.parse, command, option, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        // Leaked once, to generate completions: clap takes static names.
        Some(Box::new((self.names)().into_iter().map(|name| PossibleValue::new(&*name.leak()))))
    }
}

/// Parses `N` endpoints or `N%` of them.
pub(super) fn quorum(text: &str) -> Result<Quorum, String> {
    let share = text.strip_suffix('%');
    match (share.unwrap_or(text).parse(), share) {
        (Err(_), _) => Err("expected a number of endpoints (2) or a share of them (50%)".into()),
        (Ok(0), _) => Err("must be above zero".into()),
        (Ok(count), None) => Ok(Quorum::Count(count)),
        (Ok(percent @ 1..=100), Some(_)) => Ok(Quorum::Percent(percent)),
        (Ok(_), Some(_)) => Err("must be at most 100%".into()),
    }
}

/// Parses a server's weight in percent, 1 to 100. HAProxy would take 0 for "drain".
pub(super) fn weight(text: &str) -> Result<u8, String> {
    match text.strip_suffix('%').unwrap_or(text).parse() {
        Ok(weight @ 1..=100) => Ok(weight),
        _ => Err("expected 1% to 100%".into()),
    }
}

/// An address to connect to, and a port where it is not the endpoint's.
pub(crate) type ConnectTo = (IpAddr, Option<u16>);

/// Parses `ADDR[:PORT]`; an IPv6 address needs brackets if a port follows.
pub(super) fn connect_to(text: &str) -> Result<ConnectTo, String> {
    match endpoint::parse_host_port(text) {
        Ok((Host::Address(address), port)) => Ok((address, port)),
        _ => Err("expected an address (192.0.2.1, 192.0.2.1:8777, [2001:db8::1]:8777)".into()),
    }
}

/// Parses the name of a diagnosis that can be simulated.
pub(super) fn simulated() -> impl TypedValueParser<Value = Diagnosis> {
    PossibleValuesParser::new(Diagnosis::NAMES).try_map(|name| diagnosis(&name).ok_or("unknown diagnosis"))
}

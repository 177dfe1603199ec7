//! The grammar of option values. An error is the reason alone; [`super::error`] adds option and value.

use std::ffi::OsStr;
use std::net::IpAddr;
use std::num::{IntErrorKind, ParseIntError};
use std::str::FromStr;
use std::time::Duration;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::error::ErrorKind;
use clap::{Arg, Command};

use crate::model::diagnosis::Diagnosis;
use crate::model::endpoint::{self, Host};
use crate::model::quorum::Quorum;
use crate::model::range::{self, Range, Unit};
use crate::model::state::State;
use crate::model::term::{TERMS, Term};
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

/// Parses a whole number, above zero if the type demands it.
pub(super) fn number<T: FromStr<Err = ParseIntError>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|error: ParseIntError| match error.kind() {
        IntErrorKind::PosOverflow => "too large".into(),
        IntErrorKind::Zero => "must be above zero".into(),
        _ => "expected a whole number".into(),
    })
}

/// Parses the maximum length of the plugin output in bytes, clamped to what can be held in memory.
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

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ResponseTime {
    pub(crate) range: Range,
    /// The number where it has no unit: it may have been meant in milliseconds.
    pub(crate) bare_number: Option<String>,
}

pub(super) fn response_time(text: &str) -> Result<ResponseTime, String> {
    let bare_number = range::bare_number(text).map(|_| text.to_owned());
    Ok(ResponseTime { range: Range::parse(text, Unit::Seconds)?, bare_number })
}

/// A word that `--explain` looks up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Topic {
    /// A row of the table of rules.
    Key(Key),
    Diagnosis(Diagnosis),
    /// Another word of an output.
    Term(&'static Term),
}

/// Finds a word as an output shows it: followed by a colon, in parentheses, a request with its outcome (`GET 503`),
/// or a metric with its endpoint (`h:8777 get_time`).
fn topic(text: &str) -> Option<Topic> {
    let text = text.trim_matches(['(', ')', '\'', ' ']).trim_end_matches(':');
    let word = |text: &str| {
        let diagnosis = diagnosis(text).map(Topic::Diagnosis);
        let key = || Key::parse(text).ok().map(Topic::Key);
        diagnosis.or_else(key).or_else(|| Term::find(text).map(Topic::Term))
    };
    let after_a_name = || text.match_indices(' ').find_map(|(at, _)| word(text.get(at + 1..)?));
    word(text).or_else(|| word(&text.replacen(' ', ":", 1))).or_else(after_a_name)
}

fn diagnosis(text: &str) -> Option<Diagnosis> {
    Diagnosis::ALL.iter().copied().find(|diagnosis| diagnosis.name().eq_ignore_ascii_case(text))
}

/// Parses the word that `--explain` looks up, and suggests a similar one.
#[derive(Clone)]
pub(super) struct Topics;

impl TypedValueParser for Topics {
    type Value = Topic;

    fn parse_ref(
        &self,
        command: &Command,
        option: Option<&Arg>,
        value: &OsStr,
    ) -> Result<Topic, clap::Error> {
        value.to_str().and_then(topic).ok_or_else(|| {
            let known = PossibleValuesParser::new(offered(topic_names()));
            let error = known.parse_ref(command, option, value).err();
            error.unwrap_or_else(|| clap::Error::new(ErrorKind::InvalidValue).with_cmd(command))
        })
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(offered(topic_names())))
    }
}

fn topic_names() -> impl Iterator<Item = String> {
    // Shells would split a name at its blank.
    let is_new = |name: &&str| diagnosis(name).is_none() && !name.contains(' ');
    let terms = TERMS.iter().map(|term| term.name).filter(is_new);
    keys().chain(Diagnosis::NAMES.iter().copied().chain(terms).map(str::to_owned))
}

/// Values for completions and suggestions, leaked once: clap takes static names.
fn offered(names: impl Iterator<Item = String>) -> impl Iterator<Item = PossibleValue> {
    names.map(|name| PossibleValue::new(&*name.leak()))
}

fn keys() -> impl Iterator<Item = String> {
    all_rows().map(|row| row.key.to_string())
}

/// Parses `KEY=STATE`, and offers the keys.
#[derive(Clone)]
pub(super) struct Assignments;

impl TypedValueParser for Assignments {
    type Value = (Key, State);

    fn parse_ref(
        &self,
        command: &Command,
        option: Option<&Arg>,
        value: &OsStr,
    ) -> Result<(Key, State), clap::Error> {
        TypedValueParser::parse_ref(&assignment, command, option, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(offered(keys().map(|key| key + "="))))
    }
}

fn assignment(text: &str) -> Result<(Key, State), String> {
    let (key, state) = text.split_once('=').ok_or("expected KEY=STATE, such as get:404=warning")?;
    let state =
        State::from_name(state).ok_or("the state after the = must be ok, warning, critical or unknown")?;
    Ok((Key::parse(key)?, state))
}

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

pub(super) fn failing_state() -> impl TypedValueParser<Value = State> {
    PossibleValuesParser::new(["warning", "critical"])
        .try_map(|name| State::from_name(&name).ok_or("unknown state"))
}

pub(super) fn simulated() -> impl TypedValueParser<Value = Diagnosis> {
    PossibleValuesParser::new(Diagnosis::NAMES).try_map(|name| diagnosis(&name).ok_or("unknown diagnosis"))
}

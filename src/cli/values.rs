//! What the values of options may look like. An error is the reason alone; [`super::error`] names option and value.

use std::net::IpAddr;
use std::str::FromStr;
use std::time::Duration;

use clap::Arg;
use clap::builder::{PossibleValuesParser, TypedValueParser};

use crate::model::diagnosis::Diagnosis;
use crate::model::endpoint::{self, Host};
use crate::model::quorum::Quorum;
use crate::model::range::{self, Range, Unit};
use crate::model::state::State;
use crate::rules::Key;

/// The longest duration that makes sense for a run; it also keeps every deadline within the clock's range.
const MAX_TIMEOUT: Duration = Duration::from_secs(366 * 24 * 60 * 60);

/// Has `-1` refused as the value that it is, not as an unknown option, where a value measures or counts: none of these
/// begins with a hyphen, so that an option in a value's place (`-t -v`) is refused too.
pub(super) fn below_zero(option: Arg) -> Arg {
    const MEASURES: [&str; 7] = ["BYTES", "D", "N", "N%", "N|N%", "PORT", "RANGE"];
    let mut names = option.get_value_names().unwrap_or_default().iter();
    let measures = names.any(|name| MEASURES.contains(&name.as_str()));
    option.allow_hyphen_values(measures)
}

/// A port that can be dialled.
pub(super) fn port(text: &str) -> Result<u16, String> {
    endpoint::parse_port(text).ok_or("not a port from 1 to 65535".into())
}

/// A whole number.
pub(super) fn number<T: FromStr>(text: &str) -> Result<T, String> {
    text.parse().map_err(|_| "not a whole number, or too large".into())
}

/// A whole number above zero, by its type.
pub(super) fn above_zero<T: FromStr>(text: &str) -> Result<T, String> {
    text.parse().map_err(|_| "not a whole number above zero, or too large".into())
}

/// A budget for the plugin output in bytes: in less, the state's name would leave no room for a reason.
pub(super) fn output_size(text: &str) -> Result<usize, String> {
    match number(text)? {
        0..80 => Err("below 80 bytes nothing can be told".into()),
        size => Ok(size),
    }
}

/// A duration: bare seconds, or with units.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    match range::parse_duration(text, Unit::Seconds)? {
        duration if duration > MAX_TIMEOUT => Err("longer than a year".into()),
        duration => Ok(duration),
    }
}

/// A duration above zero.
pub(super) fn positive_duration(text: &str) -> Result<Duration, String> {
    match duration(text)? {
        Duration::ZERO => Err("must be above zero".into()),
        duration => Ok(duration),
    }
}

/// A duration: bare days, or with units.
pub(super) fn days(text: &str) -> Result<Duration, String> {
    range::parse_duration(text, Unit::Days)
}

/// A threshold range in seconds.
pub(super) fn range(text: &str) -> Result<Range, String> {
    Range::parse(text, Unit::Seconds)
}

/// `KEY=STATE`.
pub(super) fn assignment(text: &str) -> Result<(Key, State), String> {
    let (key, state) = text.split_once('=').ok_or("not of the form KEY=STATE, such as get:404=warning")?;
    let state =
        State::from_name(state).ok_or("the state behind the = must be ok, warning, critical or unknown")?;
    match Key::parse(key).map_err(|why| format!("what stands before the = is {why}"))? {
        key if key.overridable() => Ok((key, state)),
        key => Err(format!("the state of {key} cannot be overridden")),
    }
}

/// `N` endpoints or `N%` of them.
pub(super) fn quorum(text: &str) -> Result<Quorum, String> {
    const SHAPE: &str = "not a number of endpoints, such as 2, or a share of them, such as 50%";
    let share = text.strip_suffix('%');
    match (share.unwrap_or(text).parse(), share) {
        (Err(_), _) => Err(SHAPE.into()),
        (Ok(0), _) => Err("must be above zero".into()),
        (Ok(count), None) => Ok(Quorum::Count(count)),
        (Ok(percent @ 1..=100), Some(_)) => Ok(Quorum::Percent(percent)),
        (Ok(_), Some(_)) => Err("more than all endpoints".into()),
    }
}

/// A server's weight in percent, 1 to 100: HAProxy would take 0 for "drain".
pub(super) fn weight(text: &str) -> Result<u8, String> {
    match text.strip_suffix('%').unwrap_or(text).parse() {
        Ok(weight @ 1..=100) => Ok(weight),
        _ => Err("not a weight from 1% to 100%".into()),
    }
}

/// What `--connect-to` dials: an address, and a port where it is not the endpoint's.
pub(crate) type ConnectTo = (IpAddr, Option<u16>);

/// `ADDR[:PORT]`, an IPv6 address in brackets or alone.
pub(super) fn dialled(text: &str) -> Result<ConnectTo, String> {
    match endpoint::parse_host_port(text) {
        Ok((Host::Address(address), port)) => Ok((address, port)),
        _ => Err("not an address, such as 192.0.2.1, 192.0.2.1:8777 or [2001:db8::1]:8777".into()),
    }
}

/// Accepts the names of the diagnoses that can be simulated.
pub(super) fn simulated() -> impl TypedValueParser<Value = Diagnosis> {
    PossibleValuesParser::new(Diagnosis::SIMULATED.map(Diagnosis::name)).try_map(|name| {
        Diagnosis::SIMULATED
            .into_iter()
            .find(|diagnosis| diagnosis.name().eq_ignore_ascii_case(&name))
            .ok_or("cannot be simulated")
    })
}

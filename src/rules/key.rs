//! The key of a row: what `--state` and `--explain` take, and what every output names a row by.

use std::fmt;

use crate::model::exchange::{FaultKind, Method};

/// What a row speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Selector {
    /// One status.
    Status(u16),
    /// A class of statuses, 1 to 5.
    Class(u8),
    /// A fault.
    Fault(FaultKind),
    /// A catalogue without an endpoint to ask.
    Catalog,
}

impl Selector {
    /// Whether everything that `other` speaks of is spoken of here too.
    fn covers(self, other: Selector) -> bool {
        match (self, other) {
            (Selector::Class(class), Selector::Status(status)) => u16::from(class) == status / 100,
            _ => self == other,
        }
    }
}

/// The key of a row: `get:503`, `4xx`, `timeout`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    /// The method, where the row is for one of them.
    pub(crate) method: Option<Method>,
    /// What it speaks of.
    pub(crate) selector: Selector,
}

impl Key {
    /// Reads a key as `--state` and `--explain` take it, in any case. The error is the reason alone.
    pub(crate) fn parse(text: &str) -> Result<Key, String> {
        let lower = text.to_ascii_lowercase();
        let (method, rest) = match lower.split_once(':') {
            Some(("head", rest)) => (Some(Method::Head), rest),
            Some(("get", rest)) => (Some(Method::Get), rest),
            Some(("login", rest)) => (Some(Method::Post), rest),
            _ if lower == CATALOG => return Ok(Key { method: None, selector: Selector::Catalog }),
            _ => (None, lower.as_str()),
        };
        let selector = fault(rest).or_else(|| class(rest)).or_else(|| status(rest));
        selector.map(|selector| Key { method, selector }).ok_or_else(|| {
            let faults: Vec<_> = FaultKind::ALL.iter().map(|kind| kind.name()).collect();
            format!(
                "not a key: expected a status from 100 to 599, a class from 1xx to 5xx or a fault ({}), with head: \
                 or get: before it where it is for one method only",
                faults.join(", ")
            )
        })
    }

    /// Whether `--state` may override it: what the probe could not do itself stays UNKNOWN, for nothing
    /// was learnt about the service.
    pub(crate) fn overridable(self) -> bool {
        self.selector != Selector::Fault(FaultKind::Local)
    }

    pub(super) fn applies_to(self, method: Method) -> bool {
        self.method.map_or(is_probe(method), |own| own == method)
    }

    /// Whether everything that `other` speaks of is spoken of here too.
    pub(super) fn covers(self, other: Key) -> bool {
        let is_wider = self.method.is_none() && other.method.is_none_or(is_probe);
        (is_wider || self.method == other.method) && self.selector.covers(other.selector)
    }
}

/// The key of a catalogue without an endpoint to ask.
const CATALOG: &str = "catalog";

/// Whether a method asks the Health-Check API. A key without a method is not for logins.
fn is_probe(method: Method) -> bool {
    method != Method::Post
}

fn fault(text: &str) -> Option<Selector> {
    FaultKind::ALL.into_iter().find(|kind| kind.name() == text).map(Selector::Fault)
}

fn class(text: &str) -> Option<Selector> {
    let digit = text.strip_suffix("xx")?.parse().ok()?;
    (text.len() == 3 && (1..=5).contains(&digit)).then_some(Selector::Class(digit))
}

fn status(text: &str) -> Option<Selector> {
    let digits = text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_digit());
    let status = text.parse().ok().filter(|status| digits && (100..=599).contains(status))?;
    Some(Selector::Status(status))
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let method = match self.method {
            Some(Method::Head) => "head:",
            Some(Method::Get) => "get:",
            Some(Method::Post) => "login:",
            None => "",
        };
        f.pad(&match self.selector {
            Selector::Status(status) => format!("{method}{status}"),
            Selector::Class(class) => format!("{method}{class}xx"),
            Selector::Fault(kind) => format!("{method}{}", kind.name()),
            Selector::Catalog => CATALOG.into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn keys_that_are_none_are_refused_with_what_would_be_right() {
        let wrong = [
            "",
            "99",
            "600",
            "0404",
            "+40",
            "404 ",
            "6xx",
            "0xx",
            "+xx",
            "xx",
            "head:",
            "post:404",
            "5XXX",
            "gone",
            "login:",
            "login:catalog",
            "head:catalog",
        ];
        for text in wrong {
            let error = Key::parse(text).unwrap_err();
            assert!(error.starts_with("not a key: expected a status"), "{text}: {error}");
            assert_eq!(error.lines().count(), 1);
        }
    }

    proptest! {
        #[test]
        fn every_key_is_read_as_it_is_shown(method in 0..4_usize, status in 100..600_u16, shout: bool) {
            let method = [None, Some(Method::Head), Some(Method::Get), Some(Method::Post)][method];
            let classes = (1..=5).map(Selector::Class);
            let faults = FaultKind::ALL.into_iter().map(Selector::Fault);
            for selector in classes.chain(faults).chain([Selector::Status(status)]) {
                let key = Key { method, selector };
                let shown = if shout { key.to_string().to_uppercase() } else { key.to_string() };
                prop_assert_eq!(Key::parse(&shown), Ok(key));
            }
        }

        #[test]
        fn no_text_makes_the_key_s_reader_panic(text in ".*") {
            let _ = Key::parse(&text);
        }
    }
}

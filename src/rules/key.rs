//! The key of a row: what `--state` and `--explain` take, and what every output names a row by.

use std::fmt;

use strum::IntoStaticStr;

use crate::model::exchange::{FaultKind, Method};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Selector {
    Status(u16),
    /// A class of statuses, 1 to 5.
    Class(u8),
    Fault(FaultKind),
    Problem(SuccessProblem),
    /// A catalogue without an endpoint to check.
    Catalog,
}

/// A problem of a response with a good status, a reason not to believe it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, IntoStaticStr)]
#[strum(serialize_all = "lowercase", const_into_str)]
pub(crate) enum SuccessProblem {
    /// The body is an HTML document.
    Page,
    Report,
    Cached,
}

impl SuccessProblem {
    pub(crate) const ALL: [SuccessProblem; 3] =
        [SuccessProblem::Page, SuccessProblem::Report, SuccessProblem::Cached];

    pub(crate) const fn name(self) -> &'static str {
        self.into_str()
    }
}

impl Selector {
    /// Tests for the same outcomes or more than `other`'s.
    fn covers(self, other: Selector) -> bool {
        match (self, other) {
            (Selector::Class(class), Selector::Status(status)) => u16::from(class) == status / 100,
            _ => self == other,
        }
    }
}

/// The key of a row: `get:503`, `4xx`, `timeout`, `page`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    /// The method, where the row is for one of them.
    pub(crate) method: Option<Method>,
    pub(crate) selector: Selector,
}

impl Key {
    pub(crate) const fn is_for_status(self) -> bool {
        matches!(self.selector, Selector::Status(_) | Selector::Class(_))
    }

    /// Parses a key as `--state` and `--explain` take it, in any case. The error is the reason alone.
    pub(crate) fn parse(text: &str) -> Result<Key, String> {
        let lower = text.to_ascii_lowercase();
        if lower == CATALOG {
            return Ok(Key { method: None, selector: Selector::Catalog });
        }
        let by_prefix = |(method, prefix)| Some((Some(method), lower.strip_prefix(prefix)?));
        let (method, rest) = PREFIXES.into_iter().find_map(by_prefix).unwrap_or((None, &lower));
        let selector = parse_fault(rest)
            .or_else(|| parse_class(rest))
            .or_else(|| parse_status(rest))
            .or_else(|| parse_problem(rest));
        // A login's response is judged by its token, not by its body.
        let is_login_problem = method == Some(Method::Post) && matches!(selector, Some(Selector::Problem(_)));
        selector.filter(|_| !is_login_problem).map(|selector| Key { method, selector }).ok_or_else(|| {
            "expected a key such as 404, get:5xx or login:refused; --explain lists them all".into()
        })
    }

    pub(super) fn applies_to(self, method: Method) -> bool {
        self.method.map_or(is_probe(method), |own| own == method)
    }

    /// Tests for the same outcomes or more than `other`'s.
    pub(super) fn covers(self, other: Key) -> bool {
        let is_wider = self.method.is_none() && other.method.is_none_or(is_probe);
        (is_wider || self.method == other.method) && self.selector.covers(other.selector)
    }
}

const CATALOG: &str = "catalog";

/// The beginnings of keys for one method.
const PREFIXES: [(Method, &str); 3] =
    [(Method::Head, "head:"), (Method::Get, "get:"), (Method::Post, "login:")];

/// Tests for a method of the Health-Check API: a key without a method is not for logins.
fn is_probe(method: Method) -> bool {
    method != Method::Post
}

fn parse_fault(text: &str) -> Option<Selector> {
    FaultKind::ALL.iter().copied().find(|kind| kind.name() == text).map(Selector::Fault)
}

fn parse_problem(text: &str) -> Option<Selector> {
    SuccessProblem::ALL.into_iter().find(|problem| problem.name() == text).map(Selector::Problem)
}

fn parse_class(text: &str) -> Option<Selector> {
    let digit = text.strip_suffix("xx")?.parse().ok()?;
    (text.len() == 3 && (1..=5).contains(&digit)).then_some(Selector::Class(digit))
}

fn parse_status(text: &str) -> Option<Selector> {
    let digits = text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_digit());
    let status = text.parse().ok().filter(|status| digits && (100..=599).contains(status))?;
    Some(Selector::Status(status))
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let prefix = PREFIXES.into_iter().find(|(method, _)| self.method == Some(*method));
        let method = prefix.map_or("", |(_, prefix)| prefix);
        f.pad(&match self.selector {
            Selector::Status(status) => format!("{method}{status}"),
            Selector::Class(class) => format!("{method}{class}xx"),
            Selector::Fault(kind) => format!("{method}{}", kind.name()),
            Selector::Problem(problem) => format!("{method}{}", problem.name()),
            Selector::Catalog => CATALOG.into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn invalid_keys() {
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
            "login:page",
        ];
        for text in wrong {
            let error = Key::parse(text).unwrap_err();
            assert!(error.starts_with("expected a key such as 404"), "{text}: {error}");
        }
    }

    proptest! {
        #[test]
        fn round_trip(method in 0..4_usize, status in 100..600_u16, shout: bool) {
            let method = [None, Some(Method::Head), Some(Method::Get), Some(Method::Post)][method];
            let classes = (1..=5).map(Selector::Class);
            let faults = FaultKind::ALL.iter().copied().map(Selector::Fault);
            let problems = SuccessProblem::ALL.into_iter().map(Selector::Problem);
            let problems = problems.filter(|_| method != Some(Method::Post));
            for selector in classes.chain(faults).chain(problems).chain([Selector::Status(status)]) {
                let key = Key { method, selector };
                let shown = if shout { key.to_string().to_uppercase() } else { key.to_string() };
                prop_assert_eq!(Key::parse(&shown), Ok(key));
            }
        }

        #[test]
        fn any_text(text in ".*") {
            let _ = Key::parse(&text);
        }
    }
}

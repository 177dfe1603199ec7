//! Requests that the end of the run cut off too soon: they prove nothing about what they asked.

use std::time::Duration;

use crate::model::exchange::{Exchange, FaultKind, Phase};
use crate::rules::TimeLimits;

/// A request that had less time than a fair wait, because the run's budget had been spent before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shortage {
    /// The time that was left for the request.
    pub(crate) left: Duration,
    pub(crate) spender: Spender,
    /// The time that the spender took.
    pub(crate) spent: Duration,
}

/// The largest consumer of a budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Spender {
    /// The look-up of the endpoint's name.
    Lookup,
    /// HEAD, before GET.
    Head,
    /// The login, other endpoints, earlier attempts.
    Others,
}

/// Finds the shortage of a request that timed out without a fair wait: one of at least a fourth of the limit, and clearly longer
/// than that for the answer to HEAD, which needs no back-end. `before` are the requests to the same endpoint before it.
pub(super) fn of(limits: &TimeLimits, before: &[&Exchange], exchange: &Exchange) -> Option<Shortage> {
    let fault = exchange.completion.fault().filter(|fault| fault.kind == FaultKind::Timeout)?;
    let (limit, left) = (limits.of(fault.phase), own_time(exchange));
    let answered = before.iter().filter(|before| before.completion.answer().is_some());
    let needed = answered.map(|before| own_time(before)).max().unwrap_or_default();
    if left >= limit / 4 && left > needed + needed / 10 {
        return None;
    }
    let sum = |time: fn(&Exchange) -> Duration| before.iter().map(|before| time(before)).sum::<Duration>();
    let lookup = sum(lookup) + lookup(exchange);
    let head = sum(own_time);
    let others = limit.saturating_sub(left + lookup + head);
    let spenders = [(Spender::Others, others), (Spender::Lookup, lookup), (Spender::Head, head)];
    let (spender, spent) = spenders.into_iter().max_by_key(|(_, spent)| *spent)?;
    Some(Shortage { left, spender, spent })
}

/// The time that looking the name up took from what came after it.
fn lookup(exchange: &Exchange) -> Duration {
    let is_over = exchange.completion.fault().is_none_or(|fault| fault.phase != Phase::Resolve);
    exchange.phases.get(Phase::Resolve).filter(|_| is_over).unwrap_or_default()
}

fn own_time(exchange: &Exchange) -> Duration {
    exchange.elapsed.saturating_sub(lookup(exchange))
}

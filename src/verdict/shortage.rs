//! Requests that the end of the run cut off too soon: they prove nothing about what they asked.

use std::time::Duration;

use crate::model::exchange::{Exchange, FaultKind, Phase};

/// The times that a run gives the requests to one endpoint.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct TimeLimits {
    /// The time for all requests of the run: less than `-t` where `--wait` ends the run sooner, or where judging and rendering
    /// many endpoints need a part of it.
    pub(crate) requests: Duration,
    /// The limit on connecting, within that time.
    pub(crate) connect: Option<Duration>,
    /// The time that other endpoints took before this one's turn came.
    pub(crate) queued: Duration,
}

impl TimeLimits {
    /// The limit on a phase and those before it.
    fn of(&self, phase: Phase) -> Duration {
        let connect = self.connect.filter(|_| matches!(phase, Phase::Resolve | Phase::Connect | Phase::Tls));
        connect.map_or(self.requests, |connect| connect.min(self.requests))
    }
}

/// A request that had less time than a fair wait, because the run's time had been spent before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shortage {
    /// The time that was left for the request.
    pub(crate) left: Duration,
    pub(crate) spender: Spender,
    pub(crate) spent: Duration,
}

/// The largest consumer of a run's time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Spender {
    Lookup,
    Head,
    /// Other endpoints, before this one's turn came.
    Others,
    /// All else: the login, earlier attempts, this machine.
    Rest,
}

/// A wait longer than this share of its limit is fair, whatever came before it.
const NEARLY_WHOLE: f64 = 0.9;

/// A wait shorter than the limit divided by this is never fair.
const LIMIT_PER_SHORTEST_WAIT: u32 = 4;

/// A fair wait is longer than an earlier response took, and that time divided by this.
const RESPONSE_PER_MARGIN: u32 = 10;

/// Finds the shortage of a request that timed out without a fair wait.
pub(super) fn of(limits: &TimeLimits, before: &[&Exchange], exchange: &Exchange) -> Option<Shortage> {
    let fault = exchange.completion.fault().filter(|fault| fault.kind == FaultKind::Timeout)?;
    let (limit, left) = (limits.of(fault.phase), own_time(exchange));
    if is_fair(limits, limit, left, before) {
        return None;
    }
    let head = sum(before, own_time);
    let lookup = sum(before, lookup_time) + lookup_time(exchange);
    let others = limits.queued.min(limit);
    let rest = limit.saturating_sub(left + lookup + head + others);
    let spenders =
        [(Spender::Rest, rest), (Spender::Others, others), (Spender::Lookup, lookup), (Spender::Head, head)];
    let (spender, spent) = spenders.into_iter().max_by_key(|(_, spent)| *spent)?;
    Some(Shortage { left, spender, spent })
}

/// Tests whether a request waited long enough to prove something: for nearly the whole limit, or else
/// - for a good part of the limit, and
/// - clearly longer than HEAD's response took, which needs no back-end, and
/// - together with HEAD no less than other endpoints took before this one's turn came.
fn is_fair(limits: &TimeLimits, limit: Duration, left: Duration, before: &[&Exchange]) -> bool {
    let answered = before.iter().filter(|before| before.completion.response().is_some());
    let response = answered.map(|before| own_time(before)).max().unwrap_or_default();
    left > limit.mul_f64(NEARLY_WHOLE)
        || left >= limit / LIMIT_PER_SHORTEST_WAIT
            && left > response + response / RESPONSE_PER_MARGIN
            && left + sum(before, own_time) >= limits.queued
}

fn sum(exchanges: &[&Exchange], time: fn(&Exchange) -> Duration) -> Duration {
    exchanges.iter().map(|exchange| time(exchange)).sum()
}

fn lookup_time(exchange: &Exchange) -> Duration {
    exchange.phases.lookup_before(exchange.completion.fault().map(|fault| fault.phase))
}

fn own_time(exchange: &Exchange) -> Duration {
    exchange.elapsed.saturating_sub(lookup_time(exchange))
}

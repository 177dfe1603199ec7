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
    /// The time that the spender took.
    pub(crate) spent: Duration,
}

/// The largest consumer of a run's time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Spender {
    /// The look-up of the endpoint's name.
    Lookup,
    /// HEAD, before GET.
    Head,
    /// Other endpoints, before this one's turn came.
    Others,
    /// All else: the login, earlier attempts, this machine.
    Rest,
}

/// Finds the shortage of a request that timed out without a fair wait. A wait is fair if it had
/// - nine tenths of the limit, or
/// - a fourth of the limit, a tenth more than the response to HEAD took, which needs no back-end, and together with HEAD
///   the time that other endpoints took before it.
///
pub(super) fn of(limits: &TimeLimits, before: &[&Exchange], exchange: &Exchange) -> Option<Shortage> {
    let fault = exchange.completion.fault().filter(|fault| fault.kind == FaultKind::Timeout)?;
    let (limit, left) = (limits.of(fault.phase), own_time(exchange));
    let answered = before.iter().filter(|before| before.completion.response().is_some());
    let needed = answered.map(|before| own_time(before)).max().unwrap_or_default();
    let sum = |time: fn(&Exchange) -> Duration| before.iter().map(|before| time(before)).sum::<Duration>();
    let head = sum(own_time);
    let is_fair = left >= limit / 4 && left > needed + needed / 10 && left + head >= limits.queued;
    if is_fair || left > limit.mul_f64(0.9) {
        return None;
    }
    let lookup = sum(lookup_time) + lookup_time(exchange);
    let others = limits.queued.min(limit);
    let rest = limit.saturating_sub(left + lookup + head + others);
    let spenders =
        [(Spender::Rest, rest), (Spender::Others, others), (Spender::Lookup, lookup), (Spender::Head, head)];
    let (spender, spent) = spenders.into_iter().max_by_key(|(_, spent)| *spent)?;
    Some(Shortage { left, spender, spent })
}

fn lookup_time(exchange: &Exchange) -> Duration {
    exchange.phases.lookup_before(exchange.completion.fault().map(|fault| fault.phase))
}

fn own_time(exchange: &Exchange) -> Duration {
    exchange.elapsed.saturating_sub(lookup_time(exchange))
}

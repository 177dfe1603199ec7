//! The examination of one endpoint: probe, mask, judge, and again while retries are left.

use std::panic::{self, AssertUnwindSafe};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use super::{MIN_RUN, TimeFrame, grace, last_complete};
use crate::model::endpoint::Endpoint;
use crate::model::exchange::{Completion, Exchange, MAX_BODY_BYTES, Method, Phase, Phases, PlannedRequest};
use crate::model::fault::{Fault, LocalProblem};
use crate::model::state::State;
use crate::plan::{Plan, Verbosity};
use crate::probe::Prober;
use crate::report;
use crate::rules::SuccessProblem;
use crate::sanitize::{Sanitizer, UntrustedText};
use crate::semaphore::Semaphore;
use crate::verdict::{self, Attempt, TimeLimits, Verdict};

/// Number of endpoints that are judged and rendered within the time that a run may take beyond its deadline.
const ENDPOINTS_IN_GRACE: u32 = 16;

/// Time that judging one more response takes, up to as many as are in flight at once; a hostile body takes longer.
const TIME_PER_RESPONSE: Duration = Duration::from_micros(400);
const MAX_RESPONSES: u32 = 1000;

/// Time that rendering one more endpoint takes at `-vvv`.
const TIME_PER_ENDPOINT: Duration = Duration::from_micros(50);

/// Maximum number of bytes of bodies that a run masks for their words: all of each body for 16 endpoints, less for more.
/// Bodies that report a failed component are masked whole besides, for its name may be anywhere in them.
const BODY_BYTES_PER_RUN: usize = 1024 * 1024;

/// Minimum number of bytes that are masked of each body: more than can be shown of it.
const MIN_BODY_BYTES: usize = 2 * 1024;

/// Bytes that are read of a whole body, and of a header, where the time for details is over.
const LATE_BODY_BYTES: usize = 1024;
const LATE_HEADER_BYTES: usize = 256;

/// The parts of a run that all its endpoints share.
pub(super) struct Examination<'a> {
    plan: &'a Plan,
    prober: &'a Prober,
    began: Instant,
    /// The time for all requests.
    request_time: Duration,
    /// Leaves out what would take too long to search.
    sanitizer: Sanitizer,
    /// End of the network's time; the rest of the run is for judging and rendering.
    deadline: Instant,
    /// End of the time for details.
    details_end: Instant,
    /// End of the time for long bodies.
    bodies_end: Instant,
    /// Bytes that are masked of each body.
    body_bytes: usize,
    /// Bounds the responses that are judged at once, and so the memory of JSON and masking where hundreds of responses
    /// stall until the deadline.
    judging: Semaphore,
}

impl Examination<'_> {
    pub(super) fn new<'a>(
        plan: &'a Plan,
        prober: &'a Prober,
        endpoints: usize,
        time: TimeFrame,
    ) -> Examination<'a> {
        let more = u32::try_from(endpoints).unwrap_or(u32::MAX).saturating_sub(ENDPOINTS_IN_GRACE);
        let work = TIME_PER_RESPONSE * more.min(MAX_RESPONSES) + TIME_PER_ENDPOINT.saturating_mul(more);
        let request_time = time.length().saturating_sub(work.min(time.length() / 2));
        let bodies_end = time.deadline + grace::BODIES;
        Examination {
            plan,
            prober,
            began: Instant::now(),
            request_time,
            sanitizer: plan.sanitizer.until(bodies_end),
            deadline: time.deadline.min(time.started + request_time),
            details_end: time.deadline + grace::DETAILS,
            bodies_end,
            body_bytes: body_bytes(endpoints),
            judging: Semaphore::new(),
        }
    }

    pub(super) fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    /// The end of the time for the request that shows an endpoint a new token: half of what its requests have left; `None`
    /// where they have none, and such a request would only delay the report.
    pub(super) fn token_end(&self, now: Instant) -> Option<Instant> {
        let left = self.deadline.checked_duration_since(now).filter(|left| !left.is_zero())?;
        Some(now + left / 2)
    }

    /// Probes and judges one endpoint, after others were probed for as long as `queued`.
    pub(super) fn verdict(&self, endpoint: &Endpoint, methods: &[Method], queued: Duration) -> Verdict {
        self.catch(endpoint, methods, || self.settle(endpoint, methods, queued))
    }

    /// Returns a verdict. A panic costs this endpoint its result, not the run.
    fn catch(&self, endpoint: &Endpoint, methods: &[Method], verdict: impl FnOnce() -> Verdict) -> Verdict {
        panic::catch_unwind(AssertUnwindSafe(verdict)).unwrap_or_else(|_| {
            let planned = methods.iter().map(|method| panicked(*method)).collect();
            self.judge(endpoint, planned, 1, Duration::ZERO)
        })
    }

    /// Probes one endpoint, again while it is CRITICAL and retries and time are left.
    fn settle(&self, endpoint: &Endpoint, methods: &[Method], queued: Duration) -> Verdict {
        let timing = &self.plan.timing;
        let mut attempts = 1;
        let mut before = None;
        loop {
            let planned = self.prober.send(endpoint, methods, self.deadline);
            let is_over = Instant::now() >= self.deadline;
            let verdict = last_complete(before, self.judge(endpoint, planned, attempts, queued), is_over);
            let again = Instant::now() + timing.retry_delay;
            let is_last = attempts > timing.retries || again + MIN_RUN > self.deadline;
            if verdict.state != State::Critical || is_last {
                return verdict;
            }
            before = Some(verdict);
            thread::sleep(again.saturating_duration_since(Instant::now()));
            attempts += 1;
        }
    }

    /// Judges what was received. The problems of good responses are found in whole bodies, however many endpoints there
    /// are; then bodies are masked, before any word is read from them.
    pub(super) fn judge(
        &self,
        endpoint: &Endpoint,
        planned: Vec<PlannedRequest>,
        number: u32,
        queued: Duration,
    ) -> Verdict {
        // Thousands that were skipped need no memory, and would only wait for each other.
        let _judging = planned.iter().any(has_response).then(|| self.judging.acquire());
        let connect = self.plan.timing.connect_timeout;
        let limits = TimeLimits { requests: self.request_time, connect, queued };
        self.judge_at(Instant::now(), endpoint, planned, number, limits)
    }

    fn judge_at(
        &self,
        now: Instant,
        endpoint: &Endpoint,
        mut planned: Vec<PlannedRequest>,
        number: u32,
        limits: TimeLimits,
    ) -> Verdict {
        if now > self.bodies_end {
            sent(&mut planned).for_each(leave_unjudged);
        }
        let problems = verdict::problems(&planned);
        let is_late = now > self.details_end;
        for (exchange, problems) in sent(&mut planned).zip(&problems) {
            if is_late {
                drop_details(exchange);
            }
            let bytes =
                if problems.contains(&SuccessProblem::Report) { MAX_BODY_BYTES } else { self.body_bytes };
            mask_body(exchange, &self.sanitizer, bytes);
        }
        let (criteria, sanitizer) = (&self.plan.criteria, &self.sanitizer);
        let attempt = Attempt { number, planned: &planned, problems: &problems, limits };
        let mut verdict = verdict::judge(criteria, sanitizer, endpoint, &attempt, SystemTime::now());
        let verbosity = if is_late { Verbosity::Notes } else { self.plan.output.verbosity };
        report::add_details(&mut verdict, self.plan, sanitizer, verbosity, endpoint, &planned);
        verdict
    }
}

/// Number of bytes that a run masks of each body.
pub(super) fn body_bytes(endpoints: usize) -> usize {
    (BODY_BYTES_PER_RUN / endpoints.max(1)).clamp(MIN_BODY_BYTES, MAX_BODY_BYTES)
}

/// Masks the beginning of a body and drops the rest.
pub(super) fn mask_body(exchange: &mut Exchange, sanitizer: &Sanitizer, bytes: usize) {
    if let Completion::Full(response) | Completion::Truncated(response, _) = &mut exchange.completion {
        response.body = sanitizer.mask(&response.body, bytes);
    }
}

fn sent(planned: &mut [PlannedRequest]) -> impl Iterator<Item = &mut Exchange> {
    planned.iter_mut().filter_map(|request| match request {
        PlannedRequest::Sent(exchange) => Some(exchange.as_mut()),
        PlannedRequest::Skipped(..) => None,
    })
}

fn has_response(request: &PlannedRequest) -> bool {
    request.sent().is_some_and(|exchange| exchange.completion.response().is_some())
}

/// Marks a good response whose long body might contradict it as not judged: without the body it must not count as good.
fn leave_unjudged(exchange: &mut Exchange) {
    let Completion::Full(response) = &mut exchange.completion else { return };
    if response.is_success() && response.body.bytes().len() > LATE_BODY_BYTES {
        let response = std::mem::take(response);
        exchange.completion =
            Completion::Truncated(response, Fault::local(Phase::Receive, LocalProblem::BodyUnjudged));
    }
}

/// Drops what is only shown: hundreds of hostile responses at the deadline would take seconds.
fn drop_details(exchange: &mut Exchange) {
    exchange.sent = UntrustedText::default();
    let (response, body_bytes) = match &mut exchange.completion {
        Completion::Full(response) => (response, LATE_BODY_BYTES),
        Completion::Truncated(response, _) => (response, 0),
        Completion::Failed(_) => return,
    };
    response.body.truncate(body_bytes);
    for header in &mut response.headers {
        header.value.truncate(LATE_HEADER_BYTES);
    }
}

/// Replaces a request whose examination panicked.
fn panicked(method: Method) -> PlannedRequest {
    PlannedRequest::Sent(Box::new(Exchange {
        method,
        completion: Completion::Failed(Fault::local(Phase::Receive, LocalProblem::Panic)),
        peer: None,
        certificate: None,
        phases: Phases::default(),
        elapsed: Duration::ZERO,
        sent: UntrustedText::default(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::exchange::Response;
    use crate::model::fault::{FaultDetail, FaultKind};
    use crate::probe::Resolver;
    use crate::report::wording::cause;
    use crate::verdict::tests::{answered, endpoint, plan};

    #[test]
    fn dropped_details() {
        let body = UntrustedText::new(vec![b'x'; MAX_BODY_BYTES]);
        let response = Response { status: 503, body, ..Response::default() };
        let fault = Fault {
            kind: FaultKind::Body,
            phase: Phase::Receive,
            detail: FaultDetail::Local(LocalProblem::Panic),
        };
        let table = [
            (Completion::Full(response.clone()), Some(LATE_BODY_BYTES)),
            (Completion::Truncated(response, fault.clone()), Some(0)),
            (Completion::Failed(fault), None),
        ];
        for (completion, length) in table {
            let PlannedRequest::Sent(mut exchange) = panicked(Method::Get) else { panic!("not sent") };
            exchange.completion = completion;
            drop_details(&mut exchange);
            assert_eq!(exchange.completion.response().map(|response| response.body.bytes().len()), length);
        }
    }

    /// A response at the last moment is judged or not judged, but never healthy unread.
    #[test]
    fn body_beyond_all_time() {
        let (plan, now) = (plan(), Instant::now());
        let prober = Prober::new(&plan, &[endpoint()], &Resolver::default(), now).unwrap();
        let long = format!(r#"{{"a": "{}", "database": false}}"#, "x".repeat(LATE_BODY_BYTES));
        let table = [
            (Duration::ZERO, long.as_str(), State::Warning),
            (grace::DETAILS, &long, State::Warning),
            (grace::BODIES, &long, State::Unknown),
            (grace::BODIES, r#"{"database": false}"#, State::Warning),
            (grace::BODIES, "{}", State::Ok),
        ];
        for (late, body, state) in table {
            let examination = Examination::new(&plan, &prober, 1, TimeFrame { started: now, deadline: now });
            let planned = vec![answered(Method::Get, 200, &[], body)];
            let judged_at = now + late + Duration::from_millis(1);
            let verdict = examination.judge_at(judged_at, &endpoint(), planned, 1, TimeLimits::default());
            assert_eq!(verdict.state, state, "{late:?}: {body}");
        }
    }

    /// Among thousands of endpoints the requests end long before the run.
    #[test]
    fn time_for_a_token() {
        let (plan, now) = (plan(), Instant::now());
        let prober = Prober::new(&plan, &[endpoint()], &Resolver::default(), now).unwrap();
        let second = Duration::from_secs(1);
        for (endpoints, end) in [(1, 4 * second), (1_000_000, 2 * second)] {
            let examination = Examination::new(
                &plan,
                &prober,
                endpoints,
                TimeFrame { started: now, deadline: now + 4 * second },
            );
            assert_eq!(examination.token_end(now), Some(now + end / 2));
            assert_eq!(examination.token_end(now + end), None);
        }
    }

    #[test]
    fn panic_of_one_endpoint() {
        let (plan, now) = (plan(), Instant::now());
        let prober = Prober::new(&plan, &[endpoint()], &Resolver::default(), now).unwrap();
        let examination = Examination::new(&plan, &prober, 2, TimeFrame { started: now, deadline: now });
        let verdicts = crate::run::pool::map(&[true, false], 2, |panics| {
            examination.catch(&endpoint(), &plan.methods, || {
                assert!(!*panics, "as a mistake of the program would");
                examination.verdict(&endpoint(), &plan.methods, Duration::ZERO)
            })
        });
        let [panicked, other] = verdicts.as_slice() else { panic!("{verdicts:?}") };
        assert_eq!(panicked.state, State::Unknown);
        let judged = panicked.sent().next().unwrap();
        let detail = &judged.completion.fault().unwrap().detail;
        assert_eq!(cause(detail), "internal error; please report it");
        // It was not probed, because the deadline has passed.
        assert_eq!(other.sent().count(), 0);
    }
}

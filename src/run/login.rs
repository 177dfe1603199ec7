//! The life of a token: taken from the cache or from Keystone, sent to the endpoints, dropped when they refuse it.

mod in_process;

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Error, Result, anyhow};

use super::examination::mask_body;
use super::{Run, TimeFrame, grace};
use crate::deadline;
use crate::keystone::{
    Cache, Catalog, CatalogEndpoint, Cloud, Interface, MAX_RESPONSE_BYTES, MIN_TOKEN_LIFE, NotInCatalog,
    Token, TokenRecipients, read_completion,
};
use crate::model::diagnosis::Diagnosis;
use crate::model::endpoint::Endpoint;
use crate::model::exchange::{Exchange, MAX_BODY_BYTES};
use crate::model::fault::FaultDetail;
use crate::plan::{CONNECT_TO, CloudPlan, Plan, RunMode, Targets, set_route};
use crate::probe::Prober;
use crate::report::Report;
use crate::report::wording::run::SILENT_FILE_SYSTEM;
use crate::sanitize::{Sanitizer, UntrustedText};
use crate::verdict::{LoginVerdict, RequestVerdict, TokenSource, Verdict};

/// Maximum length of a region's name in an output, in characters.
const MAX_REGION: usize = 100;

/// Maximum number of tokens and receipts that are masked, and of their bytes: an API that refuses every token causes a
/// login in each run, and the newest secrets are the likeliest to be reflected.
const MAX_SECRETS: usize = 128;
const MAX_SECRET_BYTES: usize = 256 * 1024;

/// Time that reading or writing the cache may take: the requests need the rest of the budget.
const CACHE_TIME: Duration = Duration::from_millis(250);

/// A cloud, and the results of its logins.
#[derive(Debug)]
pub(super) struct Session {
    cloud_plan: Arc<CloudPlan>,
    known: Mutex<Known>,
}

/// State that a run passes on to the next.
#[derive(Debug, Default)]
struct Known {
    is_loaded: bool,
    token: Option<Token>,
    /// The endpoints that have seen the token.
    recipients: Arc<TokenRecipients>,
    catalog: Option<Catalog>,
    /// Keystone's refusal, which ends all logins: accounts lock.
    refusal: Option<Arc<LoginVerdict>>,
    /// Keystone's tokens and receipts that may be valid still, the newest one at the end.
    secrets: VecDeque<LoginSecret>,
    /// Masks them.
    sanitizer: Option<Sanitizer>,
}

#[derive(Debug)]
struct LoginSecret {
    bytes: Vec<u8>,
    /// The end of its life, as far as that is known.
    expires_at: Option<SystemTime>,
}

impl Known {
    /// Masks a token or a receipt from now on, and no longer those that have expired: a watch of weeks sees thousands.
    fn add_secret(&mut self, secret: &[u8], expires_at: Option<SystemTime>, now: SystemTime) {
        if self.secrets.iter().any(|known| known.bytes == secret) {
            return;
        }
        self.secrets.retain(|known| known.expires_at.is_none_or(|end| end > now));
        self.secrets.push_back(LoginSecret { bytes: secret.to_vec(), expires_at });
        let mut size = 0;
        let fits = |known: &&LoginSecret| {
            size += known.bytes.len();
            size <= MAX_SECRET_BYTES
        };
        let kept = self.secrets.iter().rev().take(MAX_SECRETS).take_while(fits).count().max(1);
        let surplus = self.secrets.len().saturating_sub(kept);
        self.secrets.drain(..surplus);
        self.sanitizer = None;
    }

    /// The sanitizer of a plan that masks the secrets, too.
    fn sanitizer(&mut self, plan: &Plan) -> Sanitizer {
        let secrets = &self.secrets;
        let sanitizer = self.sanitizer.get_or_insert_with(|| {
            let mut sanitizer = plan.sanitizer.clone();
            for secret in secrets {
                sanitizer.add_secret(&secret.bytes);
            }
            sanitizer.build_matcher();
            sanitizer
        });
        sanitizer.clone()
    }
}

impl Session {
    pub(super) fn new(cloud_plan: Arc<CloudPlan>) -> Session {
        Session { cloud_plan, known: Mutex::default() }
    }
}

/// Returns the end of the time for a use of the cache in a run with this deadline.
fn cache_end(now: Instant, deadline: Instant) -> Instant {
    (now + CACHE_TIME).min(deadline + grace::CACHE)
}

/// The result of a login: the plan with its token, and the verdict.
struct LoginResult {
    plan: Plan,
    verdict: Arc<LoginVerdict>,
}

impl LoginResult {
    /// Tests whether endpoints are probed. After a refused login they are not: requests without a token would only add
    /// noise.
    fn probes_endpoints(&self) -> bool {
        matches!(self.verdict.diagnosis, None | Some(Diagnosis::KeystoneDown))
    }
}

/// One run in a cloud.
struct CloudRun<'a> {
    run: &'a Run,
    cloud_plan: &'a Arc<CloudPlan>,
    known: &'a mut Known,
    deadline: Instant,
}

impl Run {
    /// Logs in where there is no token, and probes every endpoint once.
    pub(super) fn once_in_cloud(&self, session: &Session, time: TimeFrame) -> Result<Report> {
        let mut known = session.known.lock().unwrap_or_else(PoisonError::into_inner);
        CloudRun { run: self, cloud_plan: &session.cloud_plan, known: &mut known, deadline: time.deadline }
            .report(time)
    }

    /// Applies the options about endpoints whose number only the catalogue tells.
    fn apply_options(&self, endpoints: &mut [CatalogEndpoint]) -> Result<()> {
        let Targets::Catalog { all_addresses, connect_to } = &self.plan.targets else { return Ok(()) };
        if endpoints.is_empty() {
            return Ok(());
        }
        if let Some(connect_to) = connect_to {
            let found = endpoints.iter_mut().map(|found| &mut found.endpoint);
            set_route(*connect_to, found, CONNECT_TO)?;
        }
        match self.plan.quorum {
            Some(quorum) if !all_addresses => quorum.check_against(endpoints.len()).map_err(Error::msg),
            _ => Ok(()),
        }
    }
}

impl CloudRun<'_> {
    fn report(&mut self, time: TimeFrame) -> Result<Report> {
        let started_at = SystemTime::now();
        let mut login = match self.known_login() {
            Some(login) => login,
            None => self.log_in(time)?,
        };
        let mut found = self.endpoints(&login);
        if login.verdict.token == TokenSource::Cached
            && found.is_err()
            && let Some(rest) = time.rest(Instant::now())
        {
            // The catalogue may have changed since.
            login = self.log_in(rest)?;
            found = self.endpoints(&login);
        }
        let mut endpoints = self.settle_endpoints(&mut login, found);
        self.run.apply_options(&mut endpoints)?;
        let mut verdicts = self.probe(&login, &endpoints, time)?;
        if login.verdict.token == TokenSource::Cached
            && verdicts.iter().flat_map(Verdict::sent).any(RequestVerdict::wants_token)
        {
            self.drop_token();
            // Half of the whole time may be over.
            if let Some(rest) = time.rest(Instant::now()) {
                login = self.log_in(rest)?;
                verdicts = self.probe(&login, &endpoints, time)?;
            }
        }
        Ok(Report::of(&login.plan, verdicts, started_at, time.started.elapsed())
            .with_login(&login.plan, login.verdict))
    }

    /// Does something with the cache, if there is one. A file system that does not answer must not cost the result.
    fn with_cache<T: Default + Send + 'static>(
        &self,
        work: impl Fn(&Cache, &Cloud) -> Result<T> + Send + Sync + 'static,
    ) -> Result<T> {
        if self.cloud_plan.cache.is_none() {
            return Ok(T::default());
        }
        let plan = Arc::clone(self.cloud_plan);
        let work = move || plan.cache.as_ref().map_or(Ok(T::default()), |cache| work(cache, &plan.cloud));
        let done = deadline::within(Some(cache_end(Instant::now(), self.deadline)), work);
        done.unwrap_or_else(|_| Err(anyhow!(SILENT_FILE_SYSTEM)))
    }

    /// Returns the endpoints of a run; without any, the login is at fault.
    fn settle_endpoints(
        &self,
        login: &mut LoginResult,
        found: Result<Vec<CatalogEndpoint>, NotInCatalog>,
    ) -> Vec<CatalogEndpoint> {
        found.unwrap_or_else(|reason| {
            let verdict = LoginVerdict::clone(&login.verdict);
            login.verdict = Arc::new(verdict.without_endpoint(&self.run.plan.criteria, reason));
            Vec::new()
        })
    }

    /// Forgets the token in memory and in the cache: an API refuses it. A run without time for another login leaves that to
    /// the next one.
    fn drop_token(&mut self) {
        let Some(token) = self.known.token.take() else { return };
        let _file_use = self.run.file_uses.begin();
        // One that cannot be removed is overwritten by the login that follows.
        let _ = self.with_cache(move |cache, cloud| cache.forget(cloud, &token));
    }

    /// Returns the login whose token is in memory or in the cache.
    fn known_login(&mut self) -> Option<LoginResult> {
        let now = SystemTime::now();
        if !std::mem::replace(&mut self.known.is_loaded, true) {
            let _file_use = self.run.file_uses.begin();
            let cached = self.with_cache(|cache, cloud| Ok(cache.load(cloud)));
            if let Some(cached) = cached.ok().flatten() {
                let token = cached.token;
                // One that is too old to be sent may be reflected still, by an endpoint that got it before.
                self.known.add_secret(token.id.expose().as_bytes(), Some(token.expires_at), now);
                (self.known.catalog, self.known.token) = (Some(token.catalog.clone()), Some(token));
                self.known.recipients = Arc::new(cached.recipients);
            }
        }
        let has_life =
            |token: &Token| token.expires_at.duration_since(now).is_ok_and(|left| left >= MIN_TOKEN_LIFE);
        let token = self.known.token.clone().filter(has_life)?;
        Some(self.with_token(&token, None))
    }

    /// The result of a login that granted this token, in this exchange or in an earlier run.
    fn with_token(&mut self, token: &Token, exchange: Option<Exchange>) -> LoginResult {
        let mut plan = self.run.plan.with_token(&token.id);
        self.known.add_secret(token.id.expose().as_bytes(), Some(token.expires_at), SystemTime::now());
        plan.sanitizer = self.known.sanitizer(&self.run.plan);
        let (criteria, sanitizer) = (&plan.criteria, &plan.sanitizer);
        let verdict =
            LoginVerdict::granted(criteria, sanitizer, &self.cloud_plan.cloud, exchange, token.expires_at);
        LoginResult { verdict: Arc::new(verdict), plan }
    }

    fn without_token(&mut self, verdict: Arc<LoginVerdict>) -> LoginResult {
        let sanitizer = self.known.sanitizer(&self.run.plan);
        LoginResult { plan: Plan { sanitizer, ..(*self.run.plan).clone() }, verdict }
    }

    /// Sends one login, whose outcome is for the whole run; none after a refusal, which is repeated instead.
    fn log_in(&mut self, time: TimeFrame) -> Result<LoginResult> {
        if let Some(refusal) = &self.known.refusal {
            let verdict = Arc::clone(refusal);
            return Ok(self.without_token(verdict));
        }
        let cloud = &self.cloud_plan.cloud;
        let half = time.half();
        // A file may have any number of seconds.
        let of_cloud = cloud.timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        let limit = of_cloud.map_or(half, |end| half.min(end));
        let _file_use = self.run.file_uses.begin();
        let exchange = Prober::log_in(
            &self.run.plan,
            &cloud.login.url,
            &cloud.login.body(),
            MAX_RESPONSE_BYTES,
            &self.run.resolver,
            limit,
        )?;
        Ok(self.conclude(exchange))
    }

    /// Reads what a login brought, and keeps its token.
    fn conclude(&mut self, mut exchange: Exchange) -> LoginResult {
        let now = SystemTime::now();
        let response = read_completion(&exchange.completion, now);
        let expires_at = response.as_ref().and_then(|response| Some(response.as_ref().ok()?.expires_at));
        for secret in secrets(&exchange) {
            self.known.add_secret(&secret, expires_at, now);
        }
        let plan = &self.run.plan;
        let sanitizer = self.known.sanitizer(plan);
        mask_body(&mut exchange, &sanitizer, MAX_BODY_BYTES);
        let token = match response {
            Some(Ok(token)) => token,
            failure => {
                let failure = failure.and_then(Result::err);
                let cloud = &self.cloud_plan.cloud;
                let verdict =
                    LoginVerdict::failed(&plan.criteria, &sanitizer, cloud, exchange, failure.as_ref());
                // The report of `--wait` is about all its runs.
                let is_each_reported = matches!(plan.mode, RunMode::Watch { .. });
                self.known.refusal = verdict.refusal(failure.as_ref(), is_each_reported).map(Arc::new);
                return self.without_token(Arc::new(verdict));
            }
        };
        let mut login = self.with_token(&token, Some(exchange));
        let stored = token.clone();
        if let Err(error) = self.with_cache(move |cache, cloud| cache.store(cloud, &stored)) {
            Arc::make_mut(&mut login.verdict).cache_error = Some(format!("{error:#}"));
        }
        (self.known.catalog, self.known.token) = (Some(token.catalog.clone()), Some(token));
        self.known.recipients = Arc::default();
        login
    }

    /// The endpoints of a run: those that were given, or the catalogue's.
    fn endpoints(&self, login: &LoginResult) -> Result<Vec<CatalogEndpoint>, NotInCatalog> {
        let CloudPlan { cloud, defaults, uses_catalog, .. } = &**self.cloud_plan;
        if !login.probes_endpoints() {
            return Ok(Vec::new());
        }
        if !uses_catalog {
            let given = |endpoint: &Endpoint| CatalogEndpoint {
                endpoint: endpoint.clone(),
                region: None,
                interface: None,
            };
            return Ok(self.run.endpoints().iter().map(given).collect());
        }
        let known = self.known.catalog.clone().unwrap_or_default();
        let found = known.select(&cloud.selections, defaults, &login.plan.sanitizer, self.deadline);
        // Without a token nothing is known of the catalogue, whatever state an override gives the login.
        if login.verdict.token == TokenSource::None { Ok(found.unwrap_or_default()) } else { found }
    }

    fn probe(
        &self,
        login: &LoginResult,
        endpoints: &[CatalogEndpoint],
        time: TimeFrame,
    ) -> Result<Vec<Verdict>> {
        if endpoints.is_empty() || !login.probes_endpoints() {
            return Ok(Vec::new());
        }
        let targets: Vec<Endpoint> = endpoints.iter().map(|found| found.endpoint.clone()).collect();
        let recipients = &self.known.recipients;
        let token = self.known.token.as_ref().filter(|_| login.verdict.token != TokenSource::None);
        let before = recipients.len();
        let mut verdicts = self.run.probe(&login.plan, &targets, token.map(|_| &**recipients), time)?;
        if let Some(token) = token.filter(|_| recipients.len() > before) {
            let (token, recipients) = (token.clone(), Arc::clone(recipients));
            // Without it the next run sends the token in advance again.
            let _ = self.with_cache(move |cache, cloud| cache.add_recipients(cloud, &token, &recipients));
        }
        let by_url: HashMap<String, &CatalogEndpoint> =
            endpoints.iter().map(|found| (found.endpoint.url(), found)).collect();
        for verdict in &mut verdicts {
            if let Some(found) = by_url.get(&verdict.url) {
                let region = found.region.as_deref().map(UntrustedText::new);
                verdict.region = region.map(|region| login.plan.sanitizer.line(&region, MAX_REGION));
                verdict.interface = found.interface.map(Interface::name);
            }
            // A failed Keystone must not empty HAProxy's pool.
            login.verdict.judge_endpoint(verdict, self.run.plan.is_haproxy_call);
        }
        Ok(verdicts)
    }
}

/// The headers in which Keystone sends a token or a receipt.
const SECRET_HEADERS: [&str; 2] = ["x-subject-token", "openstack-auth-receipt"];

/// The tokens and receipts in the response to a login, also in one that is not HTTP and whose beginning is shown.
fn secrets(exchange: &Exchange) -> Vec<Vec<u8>> {
    let headers = exchange.completion.response().into_iter().flat_map(|response| &response.headers);
    let headers = headers.filter(|header| SECRET_HEADERS.contains(&header.name.as_str()));
    let mut found: Vec<Vec<u8>> = headers.map(|header| header.value.bytes().to_vec()).collect();
    if let Some(FaultDetail::NotHttp { beginning, .. }) =
        exchange.completion.fault().map(|fault| &fault.detail)
    {
        let words = beginning.bytes().split(|byte| byte.is_ascii_whitespace() || *byte == b':');
        let words: Vec<&[u8]> = words.filter(|word| !word.is_empty()).collect();
        let is_secret =
            |name: &[u8]| SECRET_HEADERS.iter().any(|own| name.eq_ignore_ascii_case(own.as_bytes()));
        let pairs = words.iter().zip(words.iter().skip(1));
        found.extend(pairs.filter(|(name, _)| is_secret(name)).map(|(_, value)| value.to_vec()));
    }
    found
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::verdict::tests::plan;

    fn add(known: &mut Known, secret: &str, life: u64, now: SystemTime) {
        known.add_secret(secret.as_bytes(), Some(now + Duration::from_secs(life)), now);
    }

    fn shown(known: &mut Known, secret: &str) -> String {
        known.sanitizer(&plan()).line(&UntrustedText::new(secret), 100)
    }

    #[test]
    fn time_for_the_cache() {
        let (now, budget) = (Instant::now(), Duration::from_secs(10));
        assert_eq!(cache_end(now, now + budget), now + CACHE_TIME);
        assert_eq!(cache_end(now + budget, now + budget), now + budget + grace::CACHE);
    }

    #[test]
    fn secrets_of_many_logins() {
        let (mut known, now) = (Known::default(), SystemTime::now());
        for number in 100..100 + 2 * MAX_SECRETS {
            add(&mut known, &format!("token-of-login-{number}"), 3600, now);
            add(&mut known, &format!("token-of-login-{number}"), 3600, now);
        }
        assert_eq!(known.secrets.len(), MAX_SECRETS);
        for number in [MAX_SECRETS, MAX_SECRETS + 1, 2 * MAX_SECRETS - 1] {
            assert_eq!(shown(&mut known, &format!("token-of-login-{}", 100 + number)), "***");
        }
    }

    #[test]
    fn secrets_that_expire() {
        let (mut known, now) = (Known::default(), SystemTime::now());
        known.add_secret(b"receipt-without-end", None, now);
        add(&mut known, "hourly-token", 3600, now);
        add(&mut known, "daily-token", 86400, now);
        add(&mut known, "newest-token", 86400, now + Duration::from_secs(3599));
        assert_eq!(shown(&mut known, "hourly-token"), "***");
        add(&mut known, "one-more", 86400, now + Duration::from_secs(3601));
        assert_eq!(shown(&mut known, "hourly-token"), "hourly-token");
        for masked in ["receipt-without-end", "daily-token", "newest-token", "one-more"] {
            assert_eq!(shown(&mut known, masked), "***");
        }
    }

    #[test]
    fn long_secrets_of_many_logins() {
        let (mut known, now) = (Known::default(), SystemTime::now());
        for number in 10..15 {
            add(&mut known, &format!("{number}{}", "t".repeat(MAX_SECRET_BYTES / 3)), 3600, now);
        }
        assert_eq!(known.secrets.len(), 2);
        add(&mut known, &"long".repeat(MAX_SECRET_BYTES), 3600, now);
        assert_eq!(known.secrets.len(), 1);
    }
}

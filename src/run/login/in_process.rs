//! Entry points of the in-process tests alone: a login over a connection that exists already, and a cached one.

use std::os::fd::OwnedFd;
use std::time::{Instant, SystemTime};

use super::{CloudRun, Known};
use crate::keystone::MAX_RESPONSE_BYTES;
use crate::model::exchange::Exchange;
use crate::probe::Prober;
use crate::report::Report;
use crate::run::Run;

impl Run {
    /// Reports a login over a connection that exists already, with its catalogue; `None` without a cloud.
    pub(crate) fn login_over(&self, connection: OwnedFd, deadline: Instant) -> Option<Report> {
        let login = &self.session.as_ref()?.cloud_plan.cloud.login;
        let body = login.body();
        let exchange = Prober::log_in_over(&login.url, &body, MAX_RESPONSE_BYTES, connection, deadline);
        self.report_login(Some(exchange.ok()?), deadline)
    }

    /// Reports the login that the token cache holds.
    pub(crate) fn cached_login(&self, deadline: Instant) -> Option<Report> {
        self.report_login(None, deadline)
    }

    fn report_login(&self, exchange: Option<Exchange>, deadline: Instant) -> Option<Report> {
        let (began, cloud_plan) = (SystemTime::now(), &self.session.as_ref()?.cloud_plan);
        let mut run = CloudRun { run: self, cloud_plan, known: &mut Known::default(), deadline };
        let mut login = match exchange {
            Some(exchange) => run.conclude(exchange),
            None => run.known_login()?,
        };
        let started = Instant::now();
        let found = run.endpoints(&login);
        run.settle_endpoints(&mut login, found);
        let report = Report::of(&login.plan, Vec::new(), began, started.elapsed());
        Some(report.with_login(&login.plan, login.verdict))
    }
}

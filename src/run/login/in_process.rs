//! Entry points of the in-process tests alone: a login over a connection that exists already, and a cached one.

use std::os::fd::OwnedFd;
use std::time::{Instant, SystemTime};

use super::{Known, LoginResult, Session};
use crate::keystone::MAX_RESPONSE_BYTES;
use crate::probe::Prober;
use crate::report::Report;
use crate::run::Run;

impl Run {
    /// Reports a login over a connection that exists already, with its catalogue; `None` without a cloud.
    pub(crate) fn login_over(&self, connection: OwnedFd, deadline: Instant) -> Option<Report> {
        let session = self.session.as_ref()?;
        let login = &session.cloud.cloud.login;
        let body = login.body();
        let exchange =
            Prober::log_in_over(&login.url, &body, MAX_RESPONSE_BYTES, connection, deadline).ok()?;
        let login = self.conclude(session, &mut Known::default(), exchange, deadline);
        Some(self.login_report(session, login, deadline))
    }

    /// Reports the login that the token cache holds.
    pub(crate) fn cached_login(&self, deadline: Instant) -> Option<Report> {
        let session = self.session.as_ref()?;
        let login = self.known_login(session, &mut Known::default(), deadline)?;
        Some(self.login_report(session, login, deadline))
    }

    fn login_report(&self, session: &Session, mut login: LoginResult, deadline: Instant) -> Report {
        let (started, started_at) = (Instant::now(), SystemTime::now());
        let found = self.cloud_endpoints(session, &login, deadline);
        self.settle_endpoints(&mut login, found);
        Report::of(&login.plan, Vec::new(), started_at, started.elapsed())
            .with_login(&login.plan, login.verdict)
    }
}

//! Entry points of the in-process tests alone: requests over connections that exist already, and certificates without one.

use std::os::fd::OwnedFd;
use std::time::Instant;

use anyhow::Result;
use ureq::SendBody;

use super::http::RequestTemplate;
use super::stream::DeadlineStream;
use super::transport::Stream;
use super::{PhaseTimer, Prober, certificate, tunnel};
use crate::model::endpoint::Endpoint;
use crate::model::exchange::{Completion, Exchange, Method, Phase, PlannedRequest, Response};
use crate::sanitize::UntrustedText;

/// The subject and the issuer of a certificate (DER).
pub(crate) fn certificate_names(der: &[u8]) -> Option<[UntrustedText; 2]> {
    certificate::read(&der.into()).map(|certificate| [certificate.subject, certificate.issuer])
}

impl Prober {
    /// Logs in over a connection that exists already.
    pub(crate) fn log_in_over(
        endpoint: &Endpoint,
        body: &str,
        limit: usize,
        connection: OwnedFd,
        deadline: Instant,
    ) -> Result<Exchange> {
        let template = RequestTemplate::of_login(body, limit)?;
        let mut progress = PhaseTimer::new();
        let stream = Stream::Plain(DeadlineStream::new(connection, deadline));
        let mut body = body.as_bytes();
        let body = SendBody::from_reader(&mut body);
        let (completion, sent) = template.send(endpoint, Method::Post, body, stream, &mut progress);
        Ok(progress.exchange(Method::Post, completion, sent))
    }

    /// Asks an endpoint as [`Prober::send`] does, over connections that exist already.
    pub(crate) fn send_over(
        &self,
        endpoint: &Endpoint,
        methods: &[Method],
        deadline: Instant,
        mut connect: impl FnMut() -> OwnedFd,
    ) -> Vec<PlannedRequest> {
        Self::send_by(methods, deadline, |method, _| {
            let mut stream = DeadlineStream::new(connect(), deadline);
            let mut progress = PhaseTimer::new();
            let target = endpoint.host_and_port();
            let opened =
                self.proxy.as_ref().map_or(Ok(None), |proxy| tunnel::open(&mut stream, proxy, &target));
            let (completion, sent) = match opened {
                Ok(_) => {
                    let stream = Stream::Plain(stream);
                    self.template.send(endpoint, method, SendBody::none(), stream, &mut progress)
                }
                Err(fault) => (Completion::Failed(fault), Vec::new()),
            };
            progress.exchange(method, completion, sent)
        })
    }

    /// Returns the request that ends with the judgement of a chain of certificates (DER).
    pub(crate) fn present(&self, endpoint: &Endpoint, chain: &[Vec<u8>]) -> PlannedRequest {
        let mut progress = PhaseTimer::new();
        let judged = self.tls.as_ref().map(|tls| tls.judge_chain(&endpoint.host, chain));
        progress.end(Phase::Tls);
        let (certificate, fault) = judged.unwrap_or_default();
        progress.certificate = certificate;
        let completion = match fault {
            Some(fault) => Completion::Failed(fault),
            None => Completion::Full(Response { status: 200, ..Response::default() }),
        };
        PlannedRequest::Sent(Box::new(progress.exchange(Method::Get, completion, Vec::new())))
    }
}

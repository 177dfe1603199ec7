//! The network: sends the requests and returns the raw results. It judges nothing and makes no sentences.
//!
//! This is the only code that names the HTTP library, sockets, or the clock of a request. Connecting is
//! done here ([`connect`]), so that each phase has its time and each failure its name; the library uses
//! HTTP over the connection it is given ([`transport`]).

mod buffers;
mod certificate;
mod connect;
mod error;
mod first_bytes;
mod framing;
mod head;
mod http;
mod in_process;
mod p521;
mod pem;
mod resolve;
mod stream;
mod tls;
mod tls_error;
mod transport;
mod trust;
mod tunnel;

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Result;
use ureq::SendBody;

use crate::model::endpoint::{Endpoint, Host, Route, Scheme};
use crate::model::exchange::{
    Completion, Exchange, Method, Peer, Phase, Phases, PlannedRequest, Response, ServerCertificate,
    SkipReason,
};
use crate::model::fault::{Fault, FaultDetail, ProxyProblem};
use crate::plan::{IpFamily, Plan, Proxy};
use crate::sanitize::UntrustedText;

pub(crate) use self::http::DEFAULT_HEADERS;
use self::http::RequestTemplate;
pub(crate) use self::in_process::certificate_names;
pub(crate) use self::resolve::Resolver;
use self::stream::DeadlineStream;
use self::transport::Stream;

/// Sends requests. One for a whole run, shared by its threads.
#[derive(Debug)]
pub(crate) struct Prober {
    resolver: Resolver,
    /// The addresses of the names that were looked up: once per run, so that all requests meet the same servers.
    names: Mutex<HashMap<String, Vec<IpAddr>>>,
    template: RequestTemplate,
    tls: Option<tls::TlsConnector>,
    family: Option<IpFamily>,
    proxy: Option<Proxy>,
    connect_timeout: Option<Duration>,
}

/// A request under way: what is known of it so far.
struct PhaseTimer {
    began: Instant,
    mark: Instant,
    phases: Phases,
    peer: Option<Peer>,
    certificate: Option<ServerCertificate>,
    /// The document that the proxy announced as it opened the tunnel.
    document: Option<tunnel::Document>,
}

impl PhaseTimer {
    fn new() -> PhaseTimer {
        let now = Instant::now();
        PhaseTimer {
            began: now,
            mark: now,
            phases: Phases::default(),
            peer: None,
            certificate: None,
            document: None,
        }
    }

    /// Ends a phase now, successful or not; the next one begins.
    fn end(&mut self, phase: Phase) {
        self.end_at(phase, Instant::now());
    }

    fn end_at(&mut self, phase: Phase, at: Instant) {
        self.phases.set(phase, at.saturating_duration_since(self.mark));
        self.mark = at;
    }

    /// The request, which is over now.
    fn exchange(self, method: Method, completion: Completion<Response, Fault>, sent: Vec<u8>) -> Exchange {
        Exchange {
            method,
            completion,
            peer: self.peer,
            certificate: self.certificate,
            phases: self.phases,
            elapsed: self.began.elapsed(),
            sent: UntrustedText::new(sent),
        }
    }
}

impl Prober {
    /// Prepares what all requests share; the trust store is read only if an endpoint needs TLS. Files that were
    /// named are read in any case: one that cannot be read is a mistake.
    pub(crate) fn new(
        plan: &Plan,
        endpoints: &[Endpoint],
        resolver: &Resolver,
        deadline: Instant,
    ) -> Result<Prober> {
        Prober::with_template(
            RequestTemplate::new(&plan.network.headers)?,
            plan,
            endpoints,
            resolver,
            deadline,
        )
    }

    /// Logs in: sends one POST of JSON, of whose response up to `limit` bytes are read.
    pub(crate) fn log_in(
        plan: &Plan,
        endpoint: &Endpoint,
        body: &str,
        limit: usize,
        resolver: &Resolver,
        deadline: Instant,
    ) -> Result<Exchange> {
        let template = RequestTemplate::of_login(body, limit)?;
        let prober =
            Prober::with_template(template, plan, std::slice::from_ref(endpoint), resolver, deadline)?;
        let mut body = body.as_bytes();
        Ok(prober.exchange(endpoint, Method::Post, SendBody::from_reader(&mut body), None, deadline))
    }

    fn with_template(
        template: RequestTemplate,
        plan: &Plan,
        endpoints: &[Endpoint],
        resolver: &Resolver,
        deadline: Instant,
    ) -> Result<Prober> {
        let tls = &plan.network.tls;
        let needs_tls = [&tls.cacert, &tls.cert, &tls.key].iter().any(|file| file.is_some())
            || endpoints.iter().any(|endpoint| endpoint.scheme == Scheme::Https);
        Ok(Prober {
            resolver: resolver.clone(),
            names: Mutex::default(),
            template,
            tls: if needs_tls { Some(tls::TlsConnector::new(tls, deadline)?) } else { None },
            family: plan.network.family,
            proxy: plan.network.proxy.clone(),
            connect_timeout: plan.timing.connect_timeout,
        })
    }

    /// Limits how much is kept of bodies that do not decide the state.
    pub(crate) fn limit_kept_body(&mut self, bytes: usize) {
        self.template.kept_body = bytes;
    }

    /// Asks an endpoint by each method in turn, each on a connection of its own.
    ///
    /// What follows a request that reached nothing, or comes after the deadline, is skipped.
    pub(crate) fn send(
        &self,
        endpoint: &Endpoint,
        methods: &[Method],
        deadline: Instant,
    ) -> Vec<PlannedRequest> {
        Self::send_by(methods, deadline, |method, answered| {
            self.exchange(endpoint, method, SendBody::none(), answered, deadline)
        })
    }

    fn send_by(
        methods: &[Method],
        deadline: Instant,
        mut exchange: impl FnMut(Method, Option<&Exchange>) -> Exchange,
    ) -> Vec<PlannedRequest> {
        let mut requests: Vec<PlannedRequest> = Vec::with_capacity(methods.len());
        let mut futile = None;
        for &method in methods {
            let request = match futile.take() {
                Some(reason) => PlannedRequest::Skipped(method, reason),
                None if Instant::now() >= deadline => PlannedRequest::Skipped(method, SkipReason::OutOfTime),
                None => {
                    let exchange = exchange(method, requests.last().and_then(answered_exchange));
                    futile =
                        exchange.completion.fault().and_then(|fault| skip_reason(method, fault, deadline));
                    PlannedRequest::Sent(Box::new(exchange))
                }
            };
            requests.push(request);
        }
        requests
    }

    /// Sends the token of the plan to an endpoint, which may then have to ask Keystone: that time must not count in
    /// the requests that follow. Returns false if nothing was reached.
    pub(crate) fn send_token(&self, endpoint: &Endpoint, deadline: Instant) -> bool {
        let exchange = self.exchange(endpoint, Method::Head, SendBody::none(), None, deadline);
        !exchange.completion.fault().is_some_and(|fault| fault.kind.failed_before_request(fault.phase))
    }

    /// Sends one request on a connection of its own, to the server that answered the one before.
    fn exchange(
        &self,
        endpoint: &Endpoint,
        method: Method,
        body: SendBody<'_>,
        answered: Option<&Exchange>,
        deadline: Instant,
    ) -> Exchange {
        let mut progress = PhaseTimer::new();
        let connect_by = self.connect_timeout.map_or(deadline, |limit| deadline.min(progress.began + limit));
        let connecting =
            Connecting { prober: self, endpoint, answered, deadline: connect_by, progress: &mut progress };
        let (completion, sent) = match connecting.connect() {
            Ok(mut stream) => {
                stream.set_deadline(deadline);
                self.template.send(endpoint, method, body, stream, &mut progress)
            }
            Err(fault) => (Completion::Failed(fault), Vec::new()),
        };
        let completion = match (completion, &self.proxy, progress.document) {
            (Completion::Failed(fault), Some(proxy), Some(document)) => {
                Completion::Failed(document.explain(proxy, fault))
            }
            (completion, ..) => completion,
        };
        progress.exchange(method, completion, sent)
    }

    /// Every address of an endpoint's name, for `--all-addresses`.
    pub(crate) fn addresses(&self, endpoint: &Endpoint, deadline: Instant) -> Result<Vec<IpAddr>, Fault> {
        self.resolver.addresses(&endpoint.host, self.family, deadline)
    }
}

/// The connection of one request, as it is made.
struct Connecting<'a> {
    prober: &'a Prober,
    endpoint: &'a Endpoint,
    /// The exchange before it that got a response: the same server is wanted.
    answered: Option<&'a Exchange>,
    deadline: Instant,
    progress: &'a mut PhaseTimer,
}

impl Connecting<'_> {
    /// Connects through the proxy and with TLS where they are wanted.
    fn connect(mut self) -> Result<Stream, Fault> {
        let prober = self.prober;
        let stream = match &prober.proxy {
            Some(proxy) => self.tunnel(proxy)?,
            None => self.dial()?,
        };
        let Some(tls) = prober.tls.as_ref().filter(|_| self.endpoint.scheme == Scheme::Https) else {
            return Ok(Stream::Plain(stream));
        };
        stream.without_delay();
        // A server that answered without a client certificate needs none.
        let (certificate, result) = tls.handshake(stream, &self.endpoint.host, self.answered.is_some());
        self.progress.certificate = certificate;
        self.progress.end(Phase::Tls);
        result.map(|stream| Stream::Tls(Box::new(stream)))
    }

    /// Connects to an endpoint's address: to the one that answered before, or where that fails to the next.
    fn dial(&mut self) -> Result<DeadlineStream, Fault> {
        let endpoint = self.endpoint;
        let (mut addresses, port) = match &endpoint.route {
            Route::Unix(path) => {
                self.progress.peer = Some(Peer::Unix(path.clone()));
                let stream = connect::unix(path, self.deadline);
                self.progress.end(Phase::Connect);
                return stream;
            }
            Route::Address(address, port) => (vec![*address], *port),
            Route::Resolved(address) => (vec![*address], endpoint.port),
            Route::Host => (self.resolve(&endpoint.host)?, endpoint.port),
        };
        if let Some(Peer::Tcp(peer)) = self.answered.and_then(|exchange| exchange.peer.as_ref()) {
            addresses.sort_by_key(|address| *address != peer.ip());
        }
        self.dial_any(&addresses, port)
    }

    /// Returns the addresses of a host; only a name takes time to resolve, and only once.
    fn resolve(&mut self, host: &Host) -> Result<Vec<IpAddr>, Fault> {
        let Prober { resolver, names, family, .. } = self.prober;
        let Host::Name(name) = host else {
            return resolver.addresses(host, *family, self.deadline);
        };
        if let Some(known) = names.lock().unwrap_or_else(PoisonError::into_inner).get(name) {
            return Ok(known.clone());
        }
        let found = resolver.addresses(host, *family, self.deadline);
        self.progress.end(Phase::Resolve);
        let found = found?;
        names.lock().unwrap_or_else(PoisonError::into_inner).insert(name.clone(), found.clone());
        Ok(found)
    }

    fn dial_any(&mut self, addresses: &[IpAddr], port: u16) -> Result<DeadlineStream, Fault> {
        let mut peer = None;
        let result = connect::tcp(addresses, port, self.deadline, &mut peer);
        self.progress.end(Phase::Connect);
        self.progress.peer = peer.map(Peer::Tcp);
        result
    }

    /// Connects to an endpoint through the proxy. Whatever fails before the proxy answers is the
    /// proxy's, not the service's.
    fn tunnel(&mut self, proxy: &Proxy) -> Result<DeadlineStream, Fault> {
        let endpoint = self.endpoint;
        let target = match &endpoint.route {
            Route::Address(address, port) => std::net::SocketAddr::new(*address, *port).to_string(),
            Route::Resolved(address) => std::net::SocketAddr::new(*address, endpoint.port).to_string(),
            Route::Host | Route::Unix(_) => endpoint.host_and_port(),
        };
        let dialled = self.resolve(&proxy.host).and_then(|addresses| self.dial_any(&addresses, proxy.port));
        let mut stream = dialled.map_err(|fault| through(proxy, fault))?;
        let opened = tunnel::open(&mut stream, proxy, &target);
        // The tunnel is part of connecting.
        let progress = &mut *self.progress;
        let connecting = progress.phases.get(Phase::Connect).unwrap_or_default() + progress.mark.elapsed();
        progress.end(Phase::Connect);
        progress.phases.set(Phase::Connect, connecting);
        progress.document = opened?;
        Ok(stream)
    }
}

/// Returns the exchange of a request that got a response.
fn answered_exchange(request: &PlannedRequest) -> Option<&Exchange> {
    request.sent().filter(|exchange| exchange.completion.response().is_some())
}

/// Returns the reason for not sending the request after a failed one, if there is one.
fn skip_reason(method: Method, fault: &Fault, deadline: Instant) -> Option<SkipReason> {
    if fault.kind.failed_before_request(fault.phase) {
        Some(SkipReason::FailedBefore(method, fault.kind))
    } else {
        (Instant::now() >= deadline).then_some(SkipReason::OutOfTime)
    }
}

/// Turns a failure on the way to the proxy into the proxy's.
fn through(proxy: &Proxy, fault: Fault) -> Fault {
    let problem = match fault.detail {
        FaultDetail::Lookup { problem, .. } => ProxyProblem::NotResolved(problem),
        FaultDetail::Connect(problem) if !fault.kind.is_local() => ProxyProblem::NotConnected(problem),
        _ => return fault,
    };
    tunnel::proxy_fault(proxy, fault.phase, problem)
}

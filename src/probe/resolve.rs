//! Names to addresses, within the deadline.
//!
//! `getaddrinfo` cannot be interrupted, so each look-up has a thread that is abandoned when the
//! deadline passes. A second question for the same name joins the look-up under way, so that a silent
//! name service gathers one thread per name, not one per request, and no more than [`MAX_LOOKUPS`].

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Instant;

use dns_lookup::{AddrFamily, AddrInfoHints, LookupErrorKind, SockType};
use rustix::net::{AddressFamily, SocketFlags, SocketType, socket_with};

use super::error::is_local;
use crate::model::endpoint::Host;
use crate::model::exchange::Phase;
use crate::model::fault::{Fault, FaultDetail, FaultKind, LocalProblem, LookupProblem};
use crate::plan::IpFamily;
use crate::sanitize::system_words;

/// Stack of a look-up's thread, in bytes: name service modules want more than a worker does.
const LOOKUP_STACK: usize = 512 * 1024;

/// Maximum number of look-ups under way, those of earlier runs that never ended included.
const MAX_LOOKUPS: usize = 64;

/// Maximum number of a name's addresses that are used.
const MAX_ADDRESSES: usize = 256;

/// The name to look up, and the only address family that is wanted.
type Question = (String, Option<IpFamily>);

/// Looks names up. Its clones share the look-ups under way.
#[derive(Debug, Clone, Default)]
pub(crate) struct Resolver(Arc<Lookups>);

#[derive(Debug, Default)]
struct Lookups {
    under_way: Mutex<HashMap<Question, Arc<Lookup>>>,
    /// Signalled when one of them ends.
    ended: Condvar,
}

/// A look-up under way or done.
#[derive(Debug, Default)]
struct Lookup {
    result: Mutex<Option<Result<Vec<IpAddr>, LookupError>>>,
    done: Condvar,
}

/// The reason why the system gave no address.
#[derive(Debug, Clone)]
enum LookupError {
    /// This machine is at fault.
    Local(LocalProblem),
    Problem(LookupProblem),
}

impl Resolver {
    /// Returns the addresses of a host, in the name service's order, of the wanted family.
    ///
    /// An address needs no look-up and no thread.
    pub(super) fn addresses(
        &self,
        host: &Host,
        family: Option<IpFamily>,
        deadline: Instant,
    ) -> Result<Vec<IpAddr>, Fault> {
        let found = match host {
            Host::Address(address) if family.is_none_or(|family| family.has(address)) => Ok(vec![*address]),
            Host::Address(_) => Err(LookupError::Problem(no_address(family))),
            Host::Name(name) if is_loopback(name) => Ok(loopback(family)),
            Host::Name(name) => self.0.look_up(&(name.clone(), family), deadline),
        };
        found.map_err(|error| lookup_fault(host.to_string(), error))
    }
}

/// Tests for a name below `localhost`, which means this machine (RFC 6761, section 6.3), also to curl.
fn is_loopback(name: &str) -> bool {
    name.trim_end_matches('.').to_ascii_lowercase().ends_with(".localhost")
}

fn loopback(family: Option<IpFamily>) -> Vec<IpAddr> {
    let mut addresses = vec![IpAddr::from(Ipv4Addr::LOCALHOST), IpAddr::from(Ipv6Addr::LOCALHOST)];
    addresses.retain(|address| family.is_none_or(|family| family.has(address)));
    addresses
}

impl Lookups {
    fn under_way(&self) -> MutexGuard<'_, HashMap<Question, Arc<Lookup>>> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn look_up(self: &Arc<Self>, question: &Question, deadline: Instant) -> Result<Vec<IpAddr>, LookupError> {
        self.start(question, deadline)?.wait(deadline)
    }

    /// Starts a look-up once there is room for its thread, or joins the one under way.
    fn start(self: &Arc<Self>, question: &Question, deadline: Instant) -> Result<Arc<Lookup>, LookupError> {
        let full = |under_way: &mut HashMap<Question, Arc<Lookup>>| {
            under_way.len() >= MAX_LOOKUPS && !under_way.contains_key(question)
        };
        let left = deadline.saturating_duration_since(Instant::now());
        let waited = self.ended.wait_timeout_while(self.under_way(), left, full);
        let (mut under_way, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
        if let Some(lookup) = under_way.get(question) {
            return Ok(Arc::clone(lookup));
        }
        if timeout.timed_out() {
            return Err(LookupError::Problem(LookupProblem::Timeout));
        }
        let lookup = Arc::new(Lookup::default());
        under_way.insert(question.clone(), Arc::clone(&lookup));
        let (shared, own, asked) = (Arc::clone(self), Arc::clone(&lookup), question.clone());
        let thread = thread::Builder::new().stack_size(LOOKUP_STACK);
        if let Err(error) = thread.spawn(move || shared.run(&asked, &own)) {
            under_way.remove(question);
            return Err(LookupError::Local(LocalProblem::NoLookupThread(error.to_string())));
        }
        Ok(lookup)
    }

    fn run(&self, question: &Question, lookup: &Lookup) {
        let result = ask_system(&question.0, question.1);
        // Those who wait share this result; whoever asks from now on gets a new one.
        self.under_way().remove(question);
        self.ended.notify_all();
        *lookup.result.lock().unwrap_or_else(PoisonError::into_inner) = Some(result);
        lookup.done.notify_all();
    }
}

impl Lookup {
    /// Waits for the result until the deadline.
    fn wait(&self, deadline: Instant) -> Result<Vec<IpAddr>, LookupError> {
        let guard = self.result.lock().unwrap_or_else(PoisonError::into_inner);
        let left = deadline.saturating_duration_since(Instant::now());
        let waited = self.done.wait_timeout_while(guard, left, |result| result.is_none());
        let (guard, _) = waited.unwrap_or_else(PoisonError::into_inner);
        guard.clone().unwrap_or(Err(LookupError::Problem(LookupProblem::Timeout)))
    }
}

/// Asks the system's resolver, blocking.
fn ask_system(name: &str, family: Option<IpFamily>) -> Result<Vec<IpAddr>, LookupError> {
    let address = match family {
        None => 0,
        Some(IpFamily::V4) => AddrFamily::Inet.into(),
        Some(IpFamily::V6) => AddrFamily::Inet6.into(),
    };
    let hints = AddrInfoHints { socktype: SockType::Stream.into(), address, ..AddrInfoHints::default() };
    let found = dns_lookup::getaddrinfo(Some(name), None, Some(hints)).map_err(|error| {
        if let Some(problem) = out_of_resources(error.kind()) {
            LookupError::Local(problem)
        } else if family.is_some() && has_no_address(&error) {
            LookupError::Problem(no_address(family))
        } else {
            lookup_error(&error.into())
        }
    })?;
    let mut addresses: Vec<IpAddr> = Vec::new();
    for address in found.flatten().map(|found| found.sockaddr.ip()) {
        if addresses.len() < MAX_ADDRESSES && !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    if addresses.is_empty() { Err(LookupError::Problem(no_address(family))) } else { Ok(addresses) }
}

/// The C library's `EAI_ADDRFAMILY`: the name has addresses, but none of the wanted family. It has no kind of its own.
const ADDRESS_FAMILY: i32 = -9;

fn has_no_address(error: &dns_lookup::LookupError) -> bool {
    matches!(error.kind(), LookupErrorKind::NoData | LookupErrorKind::NoName)
        || error.error_num() == ADDRESS_FAMILY
}

/// The reason why this machine was not able to ask, if that is why it got no answer.
///
/// The C library blames the name service where it has no descriptor for the question or for its own files.
fn out_of_resources(kind: LookupErrorKind) -> Option<LocalProblem> {
    if matches!(kind, LookupErrorKind::Memory) {
        return Some(LocalProblem::NoLookupMemory);
    }
    let socket = socket_with(AddressFamily::INET, SocketType::DGRAM, SocketFlags::CLOEXEC, None);
    let error = socket.err().map(io::Error::from).filter(is_local)?;
    Some(LocalProblem::NoLookupSocket(system_words(&error)))
}

fn no_address(family: Option<IpFamily>) -> LookupProblem {
    match family {
        None => LookupProblem::NoAddress,
        Some(IpFamily::V4) => LookupProblem::NoAddressOf("IPv4"),
        Some(IpFamily::V6) => LookupProblem::NoAddressOf("IPv6"),
    }
}

fn lookup_error(error: &io::Error) -> LookupError {
    let text = error.to_string();
    let reason = text.strip_prefix("failed to lookup address information: ").unwrap_or(&text).to_owned();
    if is_local(error) {
        LookupError::Local(LocalProblem::Failed(reason))
    } else {
        LookupError::Problem(LookupProblem::Failed(reason))
    }
}

fn lookup_fault(name: String, error: LookupError) -> Fault {
    let (kind, detail) = match error {
        LookupError::Local(problem) => (FaultKind::Local, FaultDetail::Local(problem)),
        LookupError::Problem(problem) => {
            let kind = if problem == LookupProblem::Timeout { FaultKind::Timeout } else { FaultKind::Dns };
            (kind, FaultDetail::Lookup { name, problem })
        }
    };
    Fault { kind, phase: Phase::Resolve, detail }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::testing::assert_maps;

    fn soon() -> Instant {
        Instant::now() + Duration::from_secs(5)
    }

    #[test]
    fn lack_of_memory() {
        assert!(out_of_resources(LookupErrorKind::Memory).is_some());
        assert_eq!(out_of_resources(LookupErrorKind::NoName), None, "there are descriptors");
    }

    #[test]
    fn names_without_an_address() {
        // EAI_NONAME, EAI_NODATA, EAI_ADDRFAMILY, EAI_AGAIN, EAI_FAIL.
        let table = [(-2, true), (-5, true), (ADDRESS_FAMILY, true), (-3, false), (-4, false)];
        assert_maps(|number| has_no_address(&dns_lookup::LookupError::new(number)), table);
    }

    #[test]
    fn address() {
        let resolver = Resolver::default();
        let address: IpAddr = "192.0.2.1".parse().unwrap();
        let found = resolver.addresses(&Host::Address(address), None, Instant::now());
        assert_eq!(found, Ok(vec![address]));
        assert!(resolver.0.under_way().is_empty());
    }

    #[test]
    fn names_below_localhost() {
        let resolver = Resolver::default();
        let found = |name: &str, family| resolver.addresses(&Host::Name(name.into()), family, Instant::now());
        let [v4, v6]: [IpAddr; 2] = ["127.0.0.1", "::1"].map(|address| address.parse().unwrap());
        assert_eq!(found("api.localhost", None), Ok(vec![v4, v6]));
        assert_eq!(found("a.b.LOCALHOST.", Some(IpFamily::V6)), Ok(vec![v6]));
        assert!(found("notlocalhost", None).is_err(), "looked up without time for it");
    }

    #[test]
    fn family() {
        let resolver = Resolver::default();
        let host = Host::Address("192.0.2.1".parse().unwrap());
        assert!(resolver.addresses(&host, Some(IpFamily::V4), soon()).is_ok());
        let fault = resolver.addresses(&host, Some(IpFamily::V6), soon()).unwrap_err();
        assert_eq!(fault.kind, FaultKind::Dns);
    }

    #[test]
    fn name() {
        let resolver = Resolver::default();
        let found = resolver.addresses(&Host::Name("localhost".into()), None, soon()).unwrap();
        assert!(found.iter().all(IpAddr::is_loopback), "{found:?}");
        assert!(resolver.0.under_way().is_empty());
    }

    #[test]
    fn hanging_lookup() {
        let resolver = Resolver::default();
        let hanging = Arc::new(Lookup::default());
        resolver.0.under_way().insert(("silent".into(), None), hanging);
        let host = Host::Name("silent".into());
        let fault = resolver.addresses(&host, None, Instant::now()).unwrap_err();
        assert_eq!((fault.kind, fault.phase), (FaultKind::Timeout, Phase::Resolve));
        // The next run's resolver is a clone: a silent name service does not gather a thread for each run.
        resolver.clone().addresses(&host, None, Instant::now()).unwrap_err();
        assert_eq!(resolver.0.under_way().len(), 1);
    }

    #[test]
    fn too_many_lookups() {
        let resolver = Resolver::default();
        for number in 0..MAX_LOOKUPS {
            resolver.0.under_way().insert((format!("silent{number}"), None), Arc::default());
        }
        let fault = resolver.addresses(&Host::Name("localhost".into()), None, Instant::now()).unwrap_err();
        assert_eq!((fault.kind, fault.phase), (FaultKind::Timeout, Phase::Resolve));
        assert_eq!(resolver.0.under_way().len(), MAX_LOOKUPS);
    }
}

//! Names to addresses, within the deadline.
//!
//! `getaddrinfo` cannot be interrupted, so each look-up has a thread that is left behind when the
//! deadline passes. A second question for the same name joins the look-up under way, so that a silent
//! name service gathers one thread a name, not one a request.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, ToSocketAddrs};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::Instant;

use super::error::is_local;
use crate::model::endpoint::Host;
use crate::model::exchange::{Fault, FaultKind, Phase};
use crate::plan::IpFamily;

/// The stack of a look-up's thread, in bytes: name service modules want more than a worker does.
const STACK: usize = 512 * 1024;

/// Looks names up. Its clones share the look-ups under way.
#[derive(Debug, Clone, Default)]
pub(crate) struct Resolver {
    under_way: Arc<Mutex<HashMap<String, Arc<Lookup>>>>,
}

/// A look-up under way or done.
#[derive(Debug, Default)]
struct Lookup {
    result: Mutex<Option<Result<Vec<IpAddr>, LookupError>>>,
    done: Condvar,
}

/// Why the system gave no address.
#[derive(Debug)]
struct LookupError {
    /// Whether the fault is this machine's.
    local: bool,
    reason: String,
}

impl Resolver {
    /// The addresses of a host, in the name service's order, of the wanted family.
    ///
    /// An address needs no look-up and no thread.
    pub(super) fn addresses(
        &self,
        host: &Host,
        family: Option<IpFamily>,
        deadline: Instant,
    ) -> Result<Vec<IpAddr>, Fault> {
        let mut addresses = match host {
            Host::Address(address) => vec![*address],
            Host::Name(name) => self.look_up(name)?.wait(name, deadline)?,
        };
        if let Some(family) = family {
            addresses.retain(|address| family.has(address));
            if addresses.is_empty() {
                let wanted = match family {
                    IpFamily::V4 => "IPv4",
                    IpFamily::V6 => "IPv6",
                };
                return Err(dns(format!("{host} has no {wanted} address")));
            }
        }
        Ok(addresses)
    }

    /// Starts the look-up of a name, or joins the one under way.
    fn look_up(&self, name: &str) -> Result<Arc<Lookup>, Fault> {
        let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(lookup) = under_way.get(name) {
            return Ok(Arc::clone(lookup));
        }
        let lookup = Arc::new(Lookup::default());
        let (shared, own, name) = (Arc::clone(&self.under_way), Arc::clone(&lookup), name.to_owned());
        let entry = name.clone();
        thread::Builder::new()
            .stack_size(STACK)
            .spawn(move || {
                let result = ask(&name);
                shared.lock().unwrap_or_else(PoisonError::into_inner).remove(&name);
                *own.result.lock().unwrap_or_else(PoisonError::into_inner) = Some(result);
                own.done.notify_all();
            })
            .map_err(|error| {
                let message = format!("no thread for the name look-up: {error}");
                Fault::new(FaultKind::Local, Phase::Resolve, message)
            })?;
        under_way.insert(entry, Arc::clone(&lookup));
        Ok(lookup)
    }
}

impl Lookup {
    /// Waits for the result until the deadline.
    fn wait(&self, name: &str, deadline: Instant) -> Result<Vec<IpAddr>, Fault> {
        let guard = self.result.lock().unwrap_or_else(PoisonError::into_inner);
        let left = deadline.saturating_duration_since(Instant::now());
        let waited = self.done.wait_timeout_while(guard, left, |result| result.is_none());
        let (guard, _) = waited.unwrap_or_else(PoisonError::into_inner);
        match guard.as_ref() {
            Some(Ok(addresses)) => Ok(addresses.clone()),
            Some(Err(failure)) if failure.local => {
                Err(Fault::new(FaultKind::Local, Phase::Resolve, failure.reason.as_str()))
            }
            Some(Err(failure)) => Err(dns(format!("{name} does not resolve: {}", failure.reason))),
            None => {
                let message = format!("the name service did not answer for {name} in time");
                Err(Fault::new(FaultKind::Timeout, Phase::Resolve, message))
            }
        }
    }
}

/// Asks the system, blocking.
fn ask(name: &str) -> Result<Vec<IpAddr>, LookupError> {
    // The port takes no part in the look-up.
    let found = (name, 0)
        .to_socket_addrs()
        .map_err(|error| LookupError { local: is_local(&error), reason: reason(&error) })?;
    let mut addresses: Vec<IpAddr> = Vec::new();
    for address in found.map(|address| address.ip()) {
        if !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    if addresses.is_empty() {
        return Err(LookupError { local: false, reason: "it has no address".into() });
    }
    Ok(addresses)
}

/// The reason without the standard library's preamble.
fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    let own = text.strip_prefix("failed to lookup address information: ");
    own.unwrap_or(&text).to_owned()
}

fn dns(message: String) -> Fault {
    Fault::new(FaultKind::Dns, Phase::Resolve, message)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn soon() -> Instant {
        Instant::now() + Duration::from_secs(5)
    }

    #[test]
    fn an_address_is_read_without_a_look_up() {
        let resolver = Resolver::default();
        let address: IpAddr = "192.0.2.1".parse().unwrap();
        let found = resolver.addresses(&Host::Address(address), None, Instant::now());
        assert_eq!(found, Ok(vec![address]));
        assert!(resolver.under_way.lock().unwrap().is_empty());
    }

    #[test]
    fn the_family_is_kept_to() {
        let resolver = Resolver::default();
        let host = Host::Address("192.0.2.1".parse().unwrap());
        assert!(resolver.addresses(&host, Some(IpFamily::V4), soon()).is_ok());
        let fault = resolver.addresses(&host, Some(IpFamily::V6), soon()).unwrap_err();
        assert_eq!(fault.kind, FaultKind::Dns);
    }

    #[test]
    fn a_name_is_looked_up_and_forgotten() {
        let resolver = Resolver::default();
        let found = resolver.addresses(&Host::Name("localhost".into()), None, soon()).unwrap();
        assert!(found.iter().all(IpAddr::is_loopback), "{found:?}");
        assert!(resolver.under_way.lock().unwrap().is_empty());
    }

    #[test]
    fn a_look_up_that_hangs_ends_at_the_deadline_and_is_joined() {
        let resolver = Resolver::default();
        let hanging = Arc::new(Lookup::default());
        resolver.under_way.lock().unwrap().insert("silent".into(), hanging);
        let host = Host::Name("silent".into());
        let fault = resolver.addresses(&host, None, Instant::now()).unwrap_err();
        assert_eq!((fault.kind, fault.phase), (FaultKind::Timeout, Phase::Resolve));
        // The next run's resolver is a clone: a silent name service does not gather a thread for each run.
        resolver.clone().addresses(&host, None, Instant::now()).unwrap_err();
        assert_eq!(resolver.under_way.lock().unwrap().len(), 1);
    }
}

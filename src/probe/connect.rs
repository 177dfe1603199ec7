//! Connecting to the first address that answers: attempts are staggered as in RFC 8305.
//!
//! The addresses are tried in the name service's order, [`ATTEMPT_DELAY`] apart or as soon as the one before
//! has failed; the first connection wins. A dead first address costs 250 ms, not the budget.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags};
use rustix::io::Errno;
use rustix::net::{
    AddressFamily, SocketAddrUnix, SocketFlags, SocketType, connect, getsockname, socket_with, sockopt,
};

use super::error::is_local;
use super::stream::{DeadlineStream, poll_until};
use crate::model::exchange::{Fault, FaultKind, Phase};

/// The delay before the next address is tried beside the last (RFC 8305, section 5).
const ATTEMPT_DELAY: Duration = Duration::from_millis(250);

/// A connection under way.
struct PendingConnect {
    fd: OwnedFd,
    address: SocketAddr,
}

/// Why an address could not be connected to.
struct ConnectError {
    address: SocketAddr,
    kind: FaultKind,
    reason: String,
}

/// Connects to the first of the addresses that accepts.
///
/// On failure the fault is accompanied by the address that was tried last.
pub(super) fn tcp(
    addresses: &[IpAddr],
    port: u16,
    deadline: Instant,
) -> Result<(DeadlineStream, SocketAddr), (Fault, Option<SocketAddr>)> {
    let mut waiting = addresses.iter().map(|address| SocketAddr::new(*address, port));
    let mut under_way: Vec<PendingConnect> = Vec::new();
    let mut failures: Vec<ConnectError> = Vec::new();
    let mut last = None;
    loop {
        let next = waiting.next();
        if let Some(address) = next {
            last = Some(address);
            match start(address) {
                Ok(attempt) => under_way.push(attempt),
                Err(error) => failures.push(ConnectError::new(address, &error)),
            }
        } else if under_way.is_empty() {
            return Err((refusal(&failures), last));
        }
        if under_way.is_empty() {
            continue;
        }
        let stagger = if waiting.len() > 0 { deadline.min(Instant::now() + ATTEMPT_DELAY) } else { deadline };
        if let Some((socket, address)) = poll_attempts(&mut under_way, &mut failures, stagger) {
            return Ok((socket, address));
        }
        if Instant::now() >= deadline {
            let fault =
                Fault::new(FaultKind::Timeout, Phase::Connect, timeout_message(&under_way, &failures));
            return Err((fault, last));
        }
    }
}

/// Connects to a UNIX socket.
pub(super) fn unix(path: &Path, deadline: Instant) -> Result<DeadlineStream, Fault> {
    let failed = |error: &io::Error| {
        let message = format!("{}: {error}", path.display());
        Fault::new(kind_of(error), Phase::Connect, message)
    };
    let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
    let fd = socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)
        .map_err(|errno| failed(&errno.into()))?;
    let address = SocketAddrUnix::new(path).map_err(|errno| failed(&errno.into()))?;
    loop {
        match connect(&fd, &address) {
            Ok(()) => return Ok(DeadlineStream::new(fd)),
            // A full backlog: Linux has no event for the moment when there is room again.
            Err(Errno::AGAIN) if Instant::now() < deadline => std::thread::sleep(Duration::from_millis(5)),
            Err(Errno::AGAIN) => {
                let message = format!("{}: nobody accepted in time", path.display());
                return Err(Fault::new(FaultKind::Timeout, Phase::Connect, message));
            }
            Err(errno) => return Err(failed(&errno.into())),
        }
    }
}

/// Begins to connect to one address.
fn start(address: SocketAddr) -> io::Result<PendingConnect> {
    let family = if address.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
    let fd = socket_with(family, SocketType::STREAM, SocketFlags::NONBLOCK | SocketFlags::CLOEXEC, None)?;
    match connect(&fd, &address) {
        Ok(()) | Err(Errno::INPROGRESS | Errno::INTR) => Ok(PendingConnect { fd, address }),
        Err(errno) => Err(errno.into()),
    }
}

/// Waits until an attempt succeeds, all have failed, one of several has failed, or `until` passes.
fn poll_attempts(
    under_way: &mut Vec<PendingConnect>,
    failures: &mut Vec<ConnectError>,
    until: Instant,
) -> Option<(DeadlineStream, SocketAddr)> {
    let ready: Vec<bool> = {
        let mut fds: Vec<PollFd<'_>> =
            under_way.iter().map(|attempt| PollFd::new(&attempt.fd, PollFlags::OUT)).collect();
        // An error of poll itself is seen as a passed deadline: nothing is ready.
        let _ = poll_until(&mut fds, until);
        fds.iter().map(|fd| !fd.revents().is_empty()).collect()
    };
    let mut index = 0;
    for ready in ready {
        if !ready {
            index += 1;
            continue;
        }
        let attempt = under_way.remove(index);
        match check_connected(&attempt) {
            Ok(()) => return Some((DeadlineStream::new(attempt.fd), attempt.address)),
            Err(error) => failures.push(ConnectError::new(attempt.address, &error)),
        }
    }
    None
}

/// How an attempt that has an event ended.
fn check_connected(attempt: &PendingConnect) -> io::Result<()> {
    sockopt::socket_error(&attempt.fd)??;
    // A connection to a free local port of the ephemeral range can meet itself (RFC 9293, 3.5):
    // nobody listens there.
    let own = getsockname(&attempt.fd)?;
    if SocketAddr::try_from(own).is_ok_and(|own| own == attempt.address) {
        return Err(Errno::CONNREFUSED.into());
    }
    Ok(())
}

impl ConnectError {
    fn new(address: SocketAddr, error: &io::Error) -> ConnectError {
        ConnectError { address, kind: kind_of(error), reason: describe_io_error(error) }
    }
}

/// The fault that an error while connecting stands for.
fn kind_of(error: &io::Error) -> FaultKind {
    match error.kind() {
        _ if is_local(error) => FaultKind::Local,
        io::ErrorKind::ConnectionRefused => FaultKind::UsageError,
        io::ErrorKind::ConnectionReset => FaultKind::Reset,
        io::ErrorKind::TimedOut => FaultKind::Timeout,
        _ => FaultKind::NoRoute,
    }
}

/// The system's words for an error, without its number.
pub(super) fn describe_io_error(error: &io::Error) -> String {
    let text = error.to_string();
    let end = text.find(" (os error").unwrap_or(text.len());
    let mut words = text.get(..end).unwrap_or(&text).to_owned();
    if let Some(first) = words.get_mut(..1) {
        first.make_ascii_lowercase();
    }
    words
}

/// How many addresses a message names.
const NAMED: usize = 4;

/// The fault of a host none of whose addresses could be connected to: the first address' kind, for it
/// is the one that a client without a second try would have seen.
fn refusal(failures: &[ConnectError]) -> Fault {
    let kind = failures.first().map_or(FaultKind::NoRoute, |failure| failure.kind);
    Fault::new(kind, Phase::Connect, failure_list(failures).join(", "))
}

/// What a host whose connections did not come about in time is told by.
fn timeout_message(under_way: &[PendingConnect], failures: &[ConnectError]) -> String {
    let silent =
        under_way.iter().take(NAMED).map(|attempt| format!("{}: no answer in time", attempt.address));
    silent.chain(failure_list(failures)).collect::<Vec<_>>().join(", ")
}

fn failure_list(failures: &[ConnectError]) -> Vec<String> {
    let named = failures.iter().take(NAMED).map(|failure| format!("{}: {}", failure.address, failure.reason));
    let rest = failures.len().saturating_sub(NAMED);
    named.chain((rest > 0).then(|| format!("and {rest} more addresses"))).collect()
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, TcpListener};

    use super::*;

    fn in_seconds(seconds: u64) -> Instant {
        Instant::now() + Duration::from_secs(seconds)
    }

    fn listener(host: u8, port: u16) -> TcpListener {
        TcpListener::bind((Ipv4Addr::new(127, 0, 0, host), port)).unwrap()
    }

    fn ip(host: u8) -> IpAddr {
        Ipv4Addr::new(127, 0, 0, host).into()
    }

    /// A listener whose backlog is full: it drops what comes, as a dead host does.
    fn dead(host: u8, port: u16) -> (OwnedFd, Vec<OwnedFd>) {
        let fd = socket_with(AddressFamily::INET, SocketType::STREAM, SocketFlags::NONBLOCK, None).unwrap();
        let address = SocketAddr::new(ip(host), port);
        sockopt::set_socket_reuseaddr(&fd, true).unwrap();
        rustix::net::bind(&fd, &address).unwrap();
        rustix::net::listen(&fd, 0).unwrap();
        let waiting = (0..4).map(|_| start(address).unwrap().fd).collect();
        (fd, waiting)
    }

    #[test]
    fn a_dead_first_address_costs_the_stagger_and_not_the_budget() {
        let live = listener(3, 0);
        let port = live.local_addr().unwrap().port();
        let _dead = dead(2, port);
        let began = Instant::now();
        let (_, peer) = tcp(&[ip(2), ip(3)], port, in_seconds(10)).map_err(|(fault, _)| fault).unwrap();
        assert_eq!(peer.ip(), ip(3));
        assert!(
            began.elapsed() >= ATTEMPT_DELAY && began.elapsed() < Duration::from_secs(5),
            "{:?}",
            began.elapsed()
        );
    }

    #[test]
    fn a_refused_first_address_costs_nothing() {
        let live = listener(3, 0);
        let port = live.local_addr().unwrap().port();
        let (_, peer) = tcp(&[ip(2), ip(3)], port, in_seconds(10)).map_err(|(fault, _)| fault).unwrap();
        assert_eq!(peer.ip(), ip(3));
    }

    #[test]
    fn the_first_address_kind_names_the_fault_and_all_are_told() {
        let live = listener(3, 0);
        let port = live.local_addr().unwrap().port();
        drop(live);
        let (fault, last) = tcp(&[ip(2), ip(3)], port, in_seconds(10)).map(|_| ()).unwrap_err();
        assert_eq!((fault.kind, fault.phase), (FaultKind::UsageError, Phase::Connect));
        assert_eq!(last.map(|address| address.ip()), Some(ip(3)));
        let expected = format!("127.0.0.2:{port}: connection refused, 127.0.0.3:{port}: connection refused");
        assert_eq!(fault.message.bytes(), expected.as_bytes());
    }

    #[test]
    fn silence_ends_at_the_deadline() {
        let port = listener(3, 0).local_addr().unwrap().port();
        let _dead = dead(2, port);
        let (fault, _) =
            tcp(&[ip(2)], port, Instant::now() + Duration::from_millis(50)).map(|_| ()).unwrap_err();
        assert_eq!((fault.kind, fault.phase), (FaultKind::Timeout, Phase::Connect));
    }

    #[test]
    fn a_missing_unix_socket_is_unreachable() {
        let fault = unix(Path::new("/nonexistent/health.sock"), in_seconds(1)).map(|_| ()).unwrap_err();
        assert_eq!((fault.kind, fault.phase), (FaultKind::NoRoute, Phase::Connect));
    }

    #[test]
    fn errors_are_sorted_by_whose_they_are() {
        let table = [
            (Errno::CONNREFUSED, FaultKind::UsageError),
            (Errno::HOSTUNREACH, FaultKind::NoRoute),
            (Errno::NETUNREACH, FaultKind::NoRoute),
            (Errno::AFNOSUPPORT, FaultKind::NoRoute),
            (Errno::CONNRESET, FaultKind::Reset),
            (Errno::TIMEDOUT, FaultKind::Timeout),
            (Errno::MFILE, FaultKind::Local),
            (Errno::NFILE, FaultKind::Local),
            (Errno::ADDRNOTAVAIL, FaultKind::Local),
        ];
        for (errno, kind) in table {
            assert_eq!(kind_of(&errno.into()), kind, "{errno}");
        }
    }
}

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

use super::error::{is_local, local};
use super::stream::DeadlineStream;
use crate::deadline::{self, poll_until};
use crate::model::endpoint::MAX_SHOWN_SOCKET;
use crate::model::exchange::Phase;
use crate::model::fault::{AddressAttempt, ConnectFault, Fault, FaultDetail, FaultKind};
use crate::sanitize::{sanitize_own, system_words};

/// The delay before the next address is tried beside the last (RFC 8305, section 5).
const ATTEMPT_DELAY: Duration = Duration::from_millis(250);

/// A connection under way.
struct PendingConnect {
    fd: OwnedFd,
    address: SocketAddr,
}

/// The reason why an address could not be connected to.
struct ConnectError {
    kind: FaultKind,
    /// This machine has no IPv6 address of its own, so that the other addresses decide.
    is_without_ipv6: bool,
    attempt: AddressAttempt,
}

/// Connects to the first of the addresses that accepts.
///
/// `peer` becomes the address that accepted, or on failure the one that was tried last.
pub(super) fn tcp(
    addresses: &[IpAddr],
    port: u16,
    deadline: Instant,
    peer: &mut Option<SocketAddr>,
) -> Result<DeadlineStream, Fault> {
    let mut waiting = addresses.iter().map(|address| SocketAddr::new(*address, port));
    let mut under_way: Vec<PendingConnect> = Vec::new();
    let mut failures: Vec<ConnectError> = Vec::new();
    loop {
        let next = waiting.next();
        if let Some(address) = next {
            *peer = Some(address);
            match start(address) {
                Ok(attempt) => under_way.push(attempt),
                Err(error) => failures.push(ConnectError::new(address, &error)),
            }
        } else if under_way.is_empty() {
            return Err(combine_failures(failures));
        }
        if under_way.is_empty() {
            // This address failed at once, so the next one need not wait.
            continue;
        }
        let stagger = if waiting.len() > 0 { deadline.min(Instant::now() + ATTEMPT_DELAY) } else { deadline };
        if let Some((socket, address)) = poll_attempts(&mut under_way, &mut failures, stagger)? {
            *peer = Some(address);
            return Ok(DeadlineStream::new(socket, deadline));
        }
        if Instant::now() >= deadline {
            let kind = untried(&failures).unwrap_or(FaultKind::Timeout);
            return Err(connect_fault(kind, timed_out(&under_way, failures)));
        }
    }
}

/// Connects to a UNIX socket. Even a non-blocking one waits for the file system that its path is on.
pub(super) fn unix(path: &Path, deadline: Instant) -> Result<DeadlineStream, Fault> {
    let own = path.to_owned();
    let connected = deadline::within(Some(deadline), move || connect_unix(&own, deadline));
    match connected.unwrap_or(Err(Errno::TIMEDOUT)) {
        Ok(fd) => Ok(DeadlineStream::new(fd, deadline)),
        Err(errno) => Err(unix_fault(path, &errno.into())),
    }
}

fn connect_unix(path: &Path, deadline: Instant) -> Result<OwnedFd, Errno> {
    let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
    let fd = socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
    let address = SocketAddrUnix::new(path)?;
    loop {
        match connect(&fd, &address) {
            Ok(()) => return Ok(fd),
            // A full backlog: Linux has no event for the moment when there is room again.
            Err(Errno::AGAIN) if Instant::now() < deadline => std::thread::sleep(Duration::from_millis(5)),
            Err(Errno::AGAIN) => return Err(Errno::TIMEDOUT),
            Err(errno) => return Err(errno),
        }
    }
}

fn unix_fault(path: &Path, error: &io::Error) -> Fault {
    let reason = (error.kind() != io::ErrorKind::TimedOut).then(|| system_words(error));
    let path = sanitize_own(&path.to_string_lossy(), MAX_SHOWN_SOCKET);
    connect_fault(kind_of(error), ConnectFault::Unix { path, reason })
}

fn connect_fault(kind: FaultKind, detail: ConnectFault) -> Fault {
    Fault { kind, phase: Phase::Connect, detail: FaultDetail::Connect(detail) }
}

/// Begins to connect to one address.
fn start(address: SocketAddr) -> io::Result<PendingConnect> {
    let family = if address.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
    let fd = socket_with(family, SocketType::STREAM, SocketFlags::NONBLOCK | SocketFlags::CLOEXEC, None)?;
    match connect(&fd, &address) {
        // A connect that a signal interrupts goes on (POSIX).
        Ok(()) | Err(Errno::INPROGRESS | Errno::INTR) => Ok(PendingConnect { fd, address }),
        Err(errno) => Err(errno.into()),
    }
}

/// Waits until an attempt succeeds, all have failed, one of several has failed, or `until` passes.
fn poll_attempts(
    under_way: &mut Vec<PendingConnect>,
    failures: &mut Vec<ConnectError>,
    until: Instant,
) -> Result<Option<(OwnedFd, SocketAddr)>, Fault> {
    let events: Vec<PollFlags> = {
        let mut fds: Vec<PollFd<'_>> =
            under_way.iter().map(|attempt| PollFd::new(&attempt.fd, PollFlags::OUT)).collect();
        // Only this machine can fail here.
        poll_until(&mut fds, until).map_err(|errno| local(Phase::Connect, &errno.into()))?;
        fds.iter().map(PollFd::revents).collect()
    };
    let mut index = 0;
    for events in events {
        if events.is_empty() {
            index += 1;
            continue;
        }
        let attempt = under_way.remove(index);
        match check_connected(&attempt, events) {
            Ok(()) => return Ok(Some((attempt.fd, attempt.address))),
            Err(error) => failures.push(ConnectError::new(attempt.address, &error)),
        }
    }
    Ok(None)
}

/// Returns the result of an attempt that has these events.
fn check_connected(attempt: &PendingConnect, events: PollFlags) -> io::Result<()> {
    // An error and a hang-up are events too, wanted or not; the socket then knows the reason.
    if events != PollFlags::OUT {
        sockopt::socket_error(&attempt.fd)??;
    }
    // A connection to a free local port of the ephemeral range can connect to itself (RFC 9293, 3.5):
    // no server listens there.
    let own = getsockname(&attempt.fd)?;
    if SocketAddr::try_from(own).is_ok_and(|own| own == attempt.address) {
        return Err(Errno::CONNREFUSED.into());
    }
    Ok(())
}

impl ConnectError {
    fn new(address: SocketAddr, error: &io::Error) -> ConnectError {
        let attempt = AddressAttempt { address, reason: Some(system_words(error)) };
        let is_without_ipv6 = address.is_ipv6() && Errno::from_io_error(error) == Some(Errno::ADDRNOTAVAIL);
        let kind = match kind_of(error) {
            // The loopback interface is down.
            FaultKind::NoRoute
                if address.ip().is_loopback() && Errno::from_io_error(error) == Some(Errno::NETUNREACH) =>
            {
                FaultKind::Local
            }
            kind => kind,
        };
        ConnectError { kind, is_without_ipv6, attempt }
    }
}

/// Maps an error while connecting.
fn kind_of(error: &io::Error) -> FaultKind {
    match error.kind() {
        _ if is_local(error) => FaultKind::Local,
        io::ErrorKind::ConnectionRefused => FaultKind::Refused,
        io::ErrorKind::ConnectionReset => FaultKind::Reset,
        io::ErrorKind::TimedOut => FaultKind::Timeout,
        _ => FaultKind::NoRoute,
    }
}

/// Maximum number of addresses that a fault names.
const MAX_ADDRESSES_NAMED: usize = 4;

/// The fault of a host none of whose addresses accepted: the first address' kind, for a client without a second
/// try would have seen that one.
fn combine_failures(failures: Vec<ConnectError>) -> Fault {
    let first = failures.iter().find(|failure| !failure.is_without_ipv6).or(failures.first());
    let kind = untried(&failures).or(first.map(|failure| failure.kind));
    let attempts = attempts(failures.into_iter().map(|failure| failure.attempt).collect());
    connect_fault(kind.unwrap_or(FaultKind::NoRoute), attempts)
}

/// The kind of a host one of whose addresses this machine was not able to try: that one might have accepted.
fn untried(failures: &[ConnectError]) -> Option<FaultKind> {
    let counted = failures.iter().filter(|failure| !failure.is_without_ipv6);
    counted.map(|failure| failure.kind).find(|kind| kind.is_local())
}

fn timed_out(under_way: &[PendingConnect], failures: Vec<ConnectError>) -> ConnectFault {
    let silent = under_way.iter().map(|pending| AddressAttempt { address: pending.address, reason: None });
    attempts(silent.chain(failures.into_iter().map(|failure| failure.attempt)).collect())
}

fn attempts(mut attempts: Vec<AddressAttempt>) -> ConnectFault {
    let more = attempts.len().saturating_sub(MAX_ADDRESSES_NAMED);
    attempts.truncate(MAX_ADDRESSES_NAMED);
    ConnectFault::Tcp { attempts, more }
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
    fn dead_first_address() {
        let live = listener(3, 0);
        let port = live.local_addr().unwrap().port();
        let _dead = dead(2, port);
        let began = Instant::now();
        let mut peer = None;
        tcp(&[ip(2), ip(3)], port, in_seconds(10), &mut peer).unwrap();
        assert_eq!(peer, Some(SocketAddr::new(ip(3), port)));
        assert!(
            began.elapsed() >= ATTEMPT_DELAY && began.elapsed() < Duration::from_secs(5),
            "{:?}",
            began.elapsed()
        );
    }

    #[test]
    fn refused_first_address() {
        let live = listener(3, 0);
        let port = live.local_addr().unwrap().port();
        let mut peer = None;
        tcp(&[ip(2), ip(3)], port, in_seconds(10), &mut peer).unwrap();
        assert_eq!(peer, Some(SocketAddr::new(ip(3), port)));
    }

    #[test]
    fn all_addresses_refused() {
        let live = listener(3, 0);
        let port = live.local_addr().unwrap().port();
        drop(live);
        let mut last = None;
        let fault = tcp(&[ip(2), ip(3)], port, in_seconds(10), &mut last).unwrap_err();
        assert_eq!((fault.kind, fault.phase), (FaultKind::Refused, Phase::Connect));
        assert_eq!(last.map(|address| address.ip()), Some(ip(3)));
        let refused = |host| AddressAttempt {
            address: SocketAddr::new(ip(host), port),
            reason: Some("connection refused".into()),
        };
        let attempts = vec![refused(2), refused(3)];
        assert_eq!(fault.detail, FaultDetail::Connect(ConnectFault::Tcp { attempts, more: 0 }));
    }

    #[test]
    fn silent_address() {
        let port = listener(3, 0).local_addr().unwrap().port();
        let _dead = dead(2, port);
        let deadline = Instant::now() + Duration::from_millis(50);
        let fault = tcp(&[ip(2)], port, deadline, &mut None).unwrap_err();
        assert_eq!((fault.kind, fault.phase), (FaultKind::Timeout, Phase::Connect));
    }

    #[test]
    fn missing_unix_socket() {
        let fault = unix(Path::new("/nonexistent/health.sock"), in_seconds(1)).map(|_| ()).unwrap_err();
        assert_eq!((fault.kind, fault.phase), (FaultKind::NoRoute, Phase::Connect));
    }

    #[test]
    fn untried_addresses() {
        let v4 = |errno: Errno| ConnectError::new(SocketAddr::new(ip(2), 1), &errno.into());
        // As where IPv6 is switched off.
        let v6 = || ConnectError::new("[2001:db8::1]:8777".parse().unwrap(), &Errno::ADDRNOTAVAIL.into());
        let table = [
            (vec![v4(Errno::CONNREFUSED), v4(Errno::HOSTUNREACH)], FaultKind::Refused),
            (vec![v4(Errno::CONNREFUSED), v4(Errno::MFILE)], FaultKind::Local),
            (vec![v4(Errno::MFILE), v4(Errno::CONNREFUSED)], FaultKind::Local),
            (vec![v6(), v4(Errno::CONNREFUSED)], FaultKind::Refused),
            (vec![v4(Errno::CONNREFUSED), v6()], FaultKind::Refused),
            (vec![v6(), v4(Errno::ADDRNOTAVAIL)], FaultKind::Local),
            (vec![v6()], FaultKind::Local),
        ];
        for (failures, kind) in table {
            assert_eq!(combine_failures(failures).kind, kind);
        }
    }

    #[test]
    fn loopback_out_of_reach() {
        let kind = |address| ConnectError::new(SocketAddr::new(address, 1), &Errno::NETUNREACH.into()).kind;
        assert_eq!(kind(ip(1)), FaultKind::Local);
        assert_eq!(kind([192, 0, 2, 1].into()), FaultKind::NoRoute);
    }

    #[test]
    fn kinds_of_connect_errors() {
        let table = [
            (Errno::CONNREFUSED, FaultKind::Refused),
            (Errno::HOSTUNREACH, FaultKind::NoRoute),
            (Errno::NETUNREACH, FaultKind::NoRoute),
            (Errno::AFNOSUPPORT, FaultKind::NoRoute),
            (Errno::CONNRESET, FaultKind::Reset),
            (Errno::TIMEDOUT, FaultKind::Timeout),
            (Errno::MFILE, FaultKind::Local),
            (Errno::NFILE, FaultKind::Local),
            (Errno::ADDRNOTAVAIL, FaultKind::Local),
            (Errno::AGAIN, FaultKind::Local),
        ];
        for (errno, kind) in table {
            assert_eq!(kind_of(&errno.into()), kind, "{errno}");
        }
    }
}

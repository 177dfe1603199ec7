//! Loopback servers, each in a process of its own, so that its time is not counted as a peer's.
//!
//! A server is this benchmark started again. It prints its port and runs until its standard input ends, which happens
//! when the benchmark does.

use std::collections::{HashMap, VecDeque};
use std::io::{BufRead, BufReader, Write};
use std::mem::MaybeUninit;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpListener};
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::event::{PollFd, PollFlags, Timespec, epoll, poll};
use rustix::io::Errno;
use rustix::net::{
    AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, accept_with, bind, connect, getsockname,
    listen, recv, send, socket_with, sockopt,
};

use crate::tls;

/// First argument of a server process.
pub(crate) const ROLE: &str = "serve";

/// Number of connections that may wait to be accepted; the kernel has a limit of its own.
const BACKLOG: i32 = 8192;

/// A running server.
pub(crate) struct Server {
    pub(crate) port: u16,
    process: Child,
    _lifeline: Option<ChildStdin>,
}

impl Server {
    /// Starts a server of plain HTTP that answers after a fixed latency.
    pub(crate) fn plain(latency: Duration) -> Result<Server> {
        Server::start(&["plain", &latency.as_millis().to_string()])
    }

    /// Starts a server of HTTPS, which writes the certificate of its CA to a file.
    pub(crate) fn tls(authority: &Path) -> Result<Server> {
        Server::start(&["tls", &authority.to_string_lossy()])
    }

    fn start(arguments: &[&str]) -> Result<Server> {
        let mut process = Command::new(std::env::current_exe()?)
            .arg(ROLE)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        let output = process.stdout.take().context("the server has no output")?;
        BufReader::new(output).read_line(&mut line)?;
        let port = line.trim().parse().context("the server printed no port")?;
        let lifeline = process.stdin.take();
        Ok(Server { port, process, _lifeline: lifeline })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Fails if it has ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Runs as a server process.
pub(crate) fn serve(arguments: &[String]) -> Result<()> {
    let listener = listener(BACKLOG)?;
    match arguments {
        [kind, latency] if kind == "plain" => {
            announce(&listener)?;
            Loop::new(listener, Duration::from_millis(latency.parse()?))?.run()
        }
        [kind, authority] if kind == "tls" => {
            // The file must be complete before the port is known.
            let config = tls::config(Path::new(authority))?;
            announce(&listener)?;
            tls::serve(&TcpListener::from(listener), config)
        }
        _ => bail!("no such server: {arguments:?}"),
    }
}

fn listener(backlog: i32) -> Result<OwnedFd> {
    let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
    let listener = socket_with(AddressFamily::INET, SocketType::STREAM, flags, None)?;
    sockopt::set_socket_reuseaddr(&listener, true)?;
    bind(&listener, &SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0))?;
    listen(&listener, backlog)?;
    Ok(listener)
}

fn port(listener: &OwnedFd) -> Result<u16> {
    Ok(SocketAddr::try_from(getsockname(listener)?)?.port())
}

fn announce(listener: &OwnedFd) -> Result<()> {
    let mut output = std::io::stdout();
    writeln!(output, "{}", port(listener)?)?;
    Ok(output.flush()?)
}

/// The documented response of a healthy service to a request.
pub(crate) fn response(request: &[u8]) -> &'static [u8] {
    if request.starts_with(b"HEAD ") {
        b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"
    } else {
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 15\r\nConnection: close\r\n\r\n\
          {\"status\":\"ok\"}"
    }
}

/// One thread that serves all connections.
struct Loop {
    poller: OwnedFd,
    listener: OwnedFd,
    latency: Duration,
    open: HashMap<u64, OwnedFd>,
    /// Responses that wait for their time, in the order of their times.
    due: VecDeque<(Instant, OwnedFd, &'static [u8])>,
}

impl Loop {
    fn new(listener: OwnedFd, latency: Duration) -> Result<Loop> {
        let poller = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        for fd in [&listener, &rustix::io::dup(std::io::stdin())?] {
            epoll::add(&poller, fd, key(fd), epoll::EventFlags::IN)?;
        }
        Ok(Loop { poller, listener, latency, open: HashMap::new(), due: VecDeque::new() })
    }

    fn run(mut self) -> Result<()> {
        let mut room = [MaybeUninit::uninit(); 256];
        loop {
            let until = self.due.front().map(|(at, ..)| at.saturating_duration_since(Instant::now()));
            let until = until.map(Timespec::try_from).transpose()?;
            let ready: Vec<u64> = match epoll::wait(&self.poller, &mut room, until.as_ref()) {
                Ok((events, _)) => events.iter().map(|event| event.data.u64()).collect(),
                Err(Errno::INTR) => Vec::new(),
                Err(error) => return Err(error.into()),
            };
            for data in ready {
                if data == key(&self.listener).u64() {
                    self.accept()?;
                } else if let Some(connection) = self.open.remove(&data) {
                    self.receive(connection);
                } else {
                    // Standard input has ended, and with it the benchmark.
                    return Ok(());
                }
            }
            self.send_due();
        }
    }

    fn accept(&mut self) -> Result<()> {
        let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
        while let Ok(connection) = accept_with(&self.listener, flags) {
            epoll::add(&self.poller, &connection, key(&connection), epoll::EventFlags::IN)?;
            self.open.insert(key(&connection).u64(), connection);
        }
        Ok(())
    }

    /// Receives a request; over loopback the head arrives in one piece.
    fn receive(&mut self, connection: OwnedFd) {
        let mut buffer = [0; 4096];
        match recv(&connection, &mut buffer[..], RecvFlags::empty()) {
            Err(Errno::AGAIN | Errno::INTR) => {
                self.open.insert(key(&connection).u64(), connection);
            }
            Ok((count, _)) if buffer.get(..count).is_some_and(|head| head.ends_with(b"\r\n\r\n")) => {
                let response = response(&buffer);
                if self.latency.is_zero() {
                    reply(&connection, response);
                } else {
                    // It sends nothing more until it is answered.
                    let _ = epoll::delete(&self.poller, &connection);
                    self.due.push_back((Instant::now() + self.latency, connection, response));
                }
            }
            Ok(_) | Err(_) => {}
        }
    }

    fn send_due(&mut self) {
        let now = Instant::now();
        while self.due.front().is_some_and(|(at, ..)| *at <= now) {
            if let Some((_, connection, response)) = self.due.pop_front() {
                reply(&connection, response);
            }
        }
    }
}

fn key(fd: &OwnedFd) -> epoll::EventData {
    epoll::EventData::new_u64(u64::try_from(fd.as_raw_fd()).unwrap_or_default())
}

/// Answers; the connection ends when its descriptor is dropped.
fn reply(connection: &OwnedFd, response: &[u8]) {
    // The peer may have gone.
    let _ = send(connection, response, SendFlags::NOSIGNAL);
}

/// A port that drops packets: its backlog is full and nobody accepts.
pub(crate) struct Silence {
    pub(crate) port: u16,
    _held: Vec<OwnedFd>,
}

impl Silence {
    pub(crate) fn new() -> Result<Silence> {
        let listener = listener(0)?;
        let port = port(&listener)?;
        let mut held = vec![listener];
        // Two connections fit into a backlog of 0; a third stays pending.
        for _ in 0..16 {
            let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
            let knock = socket_with(AddressFamily::INET, SocketType::STREAM, flags, None)?;
            let begun = connect(&knock, &SocketAddrV4::new(Ipv4Addr::LOCALHOST, port));
            let limit = Timespec { tv_sec: 0, tv_nsec: 50_000_000 };
            let pending = begun == Err(Errno::INPROGRESS)
                && poll(&mut [PollFd::new(&knock, PollFlags::OUT)], Some(&limit))? == 0;
            held.push(knock);
            if pending {
                return Ok(Silence { port, _held: held });
            }
        }
        bail!("the backlog does not fill");
    }
}

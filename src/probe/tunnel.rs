//! A tunnel through an HTTP proxy (RFC 9110, section 9.3.6).

use std::io;
use std::time::Instant;

use super::connect::describe_io_error;
use super::stream::DeadlineStream;
use super::transport::interim;
use crate::model::exchange::{Fault, FaultKind, HEAD_LIMIT, Phase};
use crate::plan::Proxy;

/// Asks the proxy at the other end of a connection for a tunnel to `target` (`HOST:PORT`).
pub(super) fn open(
    socket: &DeadlineStream,
    proxy: &Proxy,
    target: &str,
    deadline: Instant,
) -> Result<(), Fault> {
    let at = format!("the proxy {}:{}", proxy.host, proxy.port);
    let failed = |error: &io::Error| match error.kind() {
        // Whether the proxy or the endpoint behind it is silent cannot be told from here.
        io::ErrorKind::TimedOut => Fault::new(
            FaultKind::Timeout,
            Phase::Connect,
            format!("{at} opened no tunnel to {target} in time"),
        ),
        _ => blame(format!("{at} broke the connection off: {}", describe_io_error(error))),
    };
    socket.write_all(&request(proxy, target), deadline).map_err(|error| failed(&error))?;
    let head = answer(socket, deadline).map_err(|error| failed(&error))?;
    match status(&head) {
        // What follows would be taken for the endpoint's answer.
        Some(200..=299) if !is_complete(&head) => {
            Err(blame(format!("{at} answers with a head that is longer than {} KiB", HEAD_LIMIT / 1024)))
        }
        Some(200..=299) => Ok(()),
        Some(407) => Err(blame(format!("{at} wants credentials (407): give them by --proxy-auth-file FILE"))),
        Some(code) => Err(blame(format!("{at} refused the tunnel to {target} with status {code}"))),
        None => Err(blame(format!("{at} did not answer as an HTTP proxy does"))),
    }
}

fn blame(message: String) -> Fault {
    Fault::new(FaultKind::Proxy, Phase::Connect, message)
}

fn request(proxy: &Proxy, target: &str) -> Vec<u8> {
    let mut head = format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n").into_bytes();
    if let Some(authorization) = &proxy.authorization {
        head.extend_from_slice(b"Proxy-Authorization: ");
        head.extend_from_slice(authorization);
        head.extend_from_slice(b"\r\n");
    }
    head.extend_from_slice(b"\r\n");
    head
}

/// Reads the head of the proxy's final answer, up to the bound. Nothing of the tunnel can follow it in the same
/// read: whoever is behind it waits for us to speak first.
fn answer(socket: &DeadlineStream, deadline: Instant) -> io::Result<Vec<u8>> {
    let (mut head, mut read) = (Vec::new(), 0);
    let mut buffer = [0; 1024];
    while !is_complete(&head) && read <= HEAD_LIMIT {
        let count = socket.read(&mut buffer, deadline)?;
        if count == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        read += count;
        head.extend_from_slice(buffer.get(..count).unwrap_or_default());
        while let Some((_, length)) = interim(&head) {
            head.drain(..length);
        }
    }
    Ok(head)
}

fn is_complete(head: &[u8]) -> bool {
    head.windows(4).any(|end| end == b"\r\n\r\n")
}

/// The status of an answer's first line.
fn status(head: &[u8]) -> Option<u16> {
    let line = head.split(|byte| *byte == b'\r').next()?;
    let mut words = std::str::from_utf8(line).ok()?.split(' ');
    words.next().filter(|version| version.starts_with("HTTP/1."))?;
    words.next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::status;

    #[test]
    fn the_status_is_read_from_the_first_line() {
        let table: [(&[u8], Option<u16>); 5] = [
            (b"HTTP/1.1 200 Connection established\r\n\r\n", Some(200)),
            (b"HTTP/1.0 407\r\n\r\n", Some(407)),
            (b"HTTP/2 200 OK\r\n\r\n", None),
            (b"SSH-2.0-OpenSSH\r\n", None),
            (b"\xff\r\n", None),
        ];
        for (head, expected) in table {
            assert_eq!(status(head), expected, "{head:?}");
        }
    }
}

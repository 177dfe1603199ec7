//! Requests as they arrive at the servers of the tests.

use std::io::{self, ErrorKind, Read};

/// Reads a request's head; `None` if the client has gone. The client waits for the response, so no byte follows the head.
pub(crate) fn head(connection: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
    let mut head = Vec::new();
    let mut chunk = [0; 4096];
    while !head.ends_with(b"\r\n\r\n") {
        match connection.read(&mut chunk) {
            Ok(0) => return Ok(None),
            Ok(length) => head.extend(chunk.iter().take(length)),
            Err(error) if gone(&error) => return Ok(None),
            Err(error) => return Err(error),
        }
    }
    Ok(Some(head))
}

/// Tests whether an error means that the client has left; within TLS that is an alert, or an end without one.
pub(crate) fn gone(error: &io::Error) -> bool {
    let plain = [ErrorKind::ConnectionReset, ErrorKind::BrokenPipe, ErrorKind::ConnectionAborted];
    let within_tls = [ErrorKind::InvalidData, ErrorKind::UnexpectedEof];
    plain.contains(&error.kind()) || within_tls.contains(&error.kind())
}

//! The first bytes that a peer sends: they name a protocol that was not expected.

/// Maximum number of bytes that are kept.
const MAX_BYTES: usize = 64;

/// Minimum number of printable characters in a row that make a greeting text.
const MIN_LEGIBLE: usize = 4;

/// Number of bytes that are shown of a greeting that is no text.
const SHOWN_BYTES: usize = 16;

/// Adds received bytes, as far as more are kept.
pub(super) fn keep<'a>(greeting: &mut Vec<u8>, received: impl IntoIterator<Item = &'a u8>) {
    greeting.extend(received.into_iter().take(MAX_BYTES.saturating_sub(greeting.len())));
}

/// Returns true if the answer to a TLS handshake is HTTP, as far as it has come; that of an HTTP/0.9 server is a
/// page without headers.
pub(super) fn is_http(greeting: &[u8]) -> bool {
    let status = greeting.iter().zip(b"HTTP/").all(|(came, expected)| came == expected);
    (status && !greeting.is_empty()) || greeting.starts_with(b"<")
}

/// Returns true if an answer begins as a TLS record does (RFC 8446, section 5.1): type, and the version's first byte.
pub(super) fn is_tls(greeting: &[u8]) -> bool {
    matches!(greeting, [0x14..=0x17, 0x03, ..])
}

/// Returns a greeting as it is if it is text, else in hexadecimal.
pub(super) fn legible(greeting: &[u8]) -> Vec<u8> {
    if greeting.windows(MIN_LEGIBLE).any(|letters| letters.iter().all(u8::is_ascii_graphic)) {
        return greeting.to_vec();
    }
    let bytes: Vec<String> = greeting.iter().take(SHOWN_BYTES).map(|byte| format!("{byte:02x}")).collect();
    format!("the bytes {}", bytes.join(" ")).into_bytes()
}

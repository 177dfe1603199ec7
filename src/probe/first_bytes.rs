//! The first bytes that a peer sends: they name a protocol that was not expected.

/// Maximum number of bytes that are kept.
const MAX_BYTES: usize = 80;

/// Minimum number of printable characters in a row that make them text.
const MIN_LEGIBLE: usize = 4;

/// Number of bytes that are shown where they are no text.
const SHOWN_BYTES: usize = 16;

/// Adds received bytes, as far as more are kept.
pub(super) fn keep(first_bytes: &mut Vec<u8>, received: &[u8]) {
    let room = MAX_BYTES.saturating_sub(first_bytes.len());
    first_bytes.extend(received.get(..room).unwrap_or(received));
}

/// Tests whether the response to a TLS handshake is HTTP, as far as it has come; that of an HTTP/0.9 server is a
/// page without headers.
pub(super) fn is_http(first_bytes: &[u8]) -> bool {
    let status = first_bytes.iter().zip(b"HTTP/").all(|(came, expected)| came.eq_ignore_ascii_case(expected));
    (status && !first_bytes.is_empty()) || first_bytes.starts_with(b"<")
}

/// Tests whether a response begins as a TLS record does (RFC 8446, section 5.1): type, and the version's first byte.
pub(super) fn is_tls(first_bytes: &[u8]) -> bool {
    matches!(first_bytes, [0x14..=0x17, 0x03, ..])
}

/// Returns the bytes as they are if they are text, else in hexadecimal.
pub(super) fn legible(first_bytes: &[u8]) -> Vec<u8> {
    if first_bytes.windows(MIN_LEGIBLE).any(|letters| letters.iter().all(u8::is_ascii_graphic)) {
        return first_bytes.to_vec();
    }
    let bytes: Vec<String> = first_bytes.iter().take(SHOWN_BYTES).map(|byte| format!("{byte:02x}")).collect();
    format!("the bytes {}", bytes.join(" ")).into_bytes()
}

//! The beginning of a TLS 1.2 handshake whose certificate has expired.
//!
//! A client refuses the certificate before it checks any signature, so that no key and no TLS server are needed.

/// A self-signed certificate for localhost and 127.0.0.1, valid from 2024-01-01 to 2024-04-01.
const EXPIRED: &[u8] = include_bytes!("../../assets/expired.der");

/// The records from `ServerHello` to `ServerHelloDone` (RFC 5246, section 7.4).
pub(super) fn expired_handshake() -> Vec<u8> {
    let hello = [&[3, 3][..], &[7; 32], &[0, 0xc0, 0x2b, 0]].concat();
    let certificates = sized(&sized(EXPIRED));
    // P-256, a point of the right length, and a signature of the right form.
    let key_exchange = [&[3, 0, 23, 65, 4][..], &[1; 64], &[4, 3, 0, 2, 0x30, 0]].concat();
    let messages = [(2, hello), (11, certificates), (12, key_exchange), (14, Vec::new())];
    let flight: Vec<u8> =
        messages.iter().flat_map(|(kind, body)| [&[*kind][..], &sized(body)].concat()).collect();
    let length = u16::try_from(flight.len()).unwrap_or(u16::MAX);
    [&[22, 3, 3][..], &length.to_be_bytes(), &flight].concat()
}

/// Prefixes bytes with their length in three bytes.
fn sized(bytes: &[u8]) -> Vec<u8> {
    let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes();
    [length.get(1..).unwrap_or_default(), bytes].concat()
}

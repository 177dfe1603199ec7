//! How a server may write what it quotes: as it is, as JSON, in a URL, in HTML.

/// One way to read text: what its beginning stands for is added to the buffer, and how many bytes of the text that
/// took is returned; `None` where a byte stands for itself. Something that breaks off with the text stands for nothing.
pub(super) type Decoding = fn(&[u8], &mut Vec<u8>) -> Option<usize>;

/// The ways in which secrets and URLs are looked for, each with the byte without which it changes nothing.
pub(super) const READINGS: [(Option<u8>, Decoding); 4] =
    [(None, as_it_is), (Some(b'\\'), as_json), (Some(b'%'), as_url), (Some(b'&'), as_html)];

/// Every byte stands for itself.
fn as_it_is(_text: &[u8], _into: &mut Vec<u8>) -> Option<usize> {
    None
}

/// White space stands for nothing.
pub(super) fn without_spaces(text: &[u8], _into: &mut Vec<u8>) -> Option<usize> {
    text.first().filter(|byte| byte.is_ascii_whitespace()).map(|_| 1)
}

/// Percent-escapes (RFC 3986, section 2.1) stand for bytes.
fn as_url(text: &[u8], into: &mut Vec<u8>) -> Option<usize> {
    match text {
        [b'%', high, low, ..] => {
            let byte = hexadecimal(&[*high, *low])?;
            into.extend(u8::try_from(byte));
            Some(3)
        }
        [b'%'] | [b'%', _] => Some(text.len()),
        _ => None,
    }
}

/// The escapes of a JSON string (RFC 8259, section 7) stand for characters.
fn as_json(text: &[u8], into: &mut Vec<u8>) -> Option<usize> {
    let (unit, read) = match text {
        [b'\\'] => return Some(1),
        [b'\\', b'u', digits @ ..] => match json_unit(digits) {
            None if digits.len() < 4 => return Some(text.len()),
            unit => (unit?, 6),
        },
        [b'\\', letter, ..] => {
            into.push(json_letter(*letter)?);
            return Some(2);
        }
        _ => return None,
    };
    let low = text.get(read..).and_then(|rest| rest.strip_prefix(b"\\u")).and_then(json_unit);
    let units = [Some(unit), low.filter(|_| char::from_u32(unit).is_none())];
    let units: Vec<u16> = units.into_iter().flatten().filter_map(|unit| u16::try_from(unit).ok()).collect();
    let letters = String::from_utf16(&units).ok()?;
    into.extend(letters.into_bytes());
    Some(read * units.len())
}

/// The four hexadecimal digits of a `\u` escape.
fn json_unit(digits: &[u8]) -> Option<u32> {
    digits.get(..4).and_then(hexadecimal)
}

/// What a letter behind a backslash stands for.
fn json_letter(letter: u8) -> Option<u8> {
    Some(match letter {
        b'"' | b'\\' | b'/' | b'\'' => letter,
        b'b' => 8,
        b'f' => 12,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        _ => return None,
    })
}

/// The character references that HTML escaping writes stand for characters.
fn as_html(text: &[u8], into: &mut Vec<u8>) -> Option<usize> {
    /// The longest reference that is read: `&#x10ffff;`.
    const LONGEST: usize = 10;
    let name = text.strip_prefix(b"&")?;
    let Some(end) = name.iter().take(LONGEST).position(|&byte| byte == b';') else {
        let broken = name.len() < LONGEST
            && name.iter().all(|byte| b"#".contains(byte) || byte.is_ascii_alphanumeric());
        return broken.then_some(text.len());
    };
    let letter = match name.get(..end)? {
        b"amp" => '&',
        b"lt" => '<',
        b"gt" => '>',
        b"quot" => '"',
        b"apos" => '\'',
        [b'#', b'x' | b'X', digits @ ..] => char::from_u32(hexadecimal(digits)?)?,
        [b'#', digits @ ..] => char::from_u32(std::str::from_utf8(digits).ok()?.parse().ok()?)?,
        _ => return None,
    };
    into.extend(letter.encode_utf8(&mut [0; 4]).bytes());
    Some(end + 2)
}

/// The value of hexadecimal digits, at least one.
fn hexadecimal(digits: &[u8]) -> Option<u32> {
    let plain = digits.iter().all(u8::is_ascii_hexdigit);
    std::str::from_utf8(digits).ok().filter(|_| plain).and_then(|digits| u32::from_str_radix(digits, 16).ok())
}

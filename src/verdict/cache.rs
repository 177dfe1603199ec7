//! Marks of an answer that a cache made of a stored one.
//!
//! A request with `Cache-Control: no-cache` gets them only from a cache that ignores it.

use crate::model::exchange::{Header, Response};

/// Parts of the names of headers in which caches do not say what they did. `X-Cache-Lookup` has a hit also where the API
/// was asked.
const OTHERS: [&str; 6] = ["control", "lookup", "key", "tag", "hits", "ttl"];

/// Words of caches for an answer of their own. For one that was refreshed or revalidated they did send a request to the API.
const HITS: [&str; 4] = ["hit", "fresh", "stale", "updating"];

pub(super) fn is_cached(answer: &Response) -> bool {
    let value = |name| answer.header(name).map(|value| value.bytes().trim_ascii()).unwrap_or_default();
    let mut ages = value("age").iter().take_while(|byte| byte.is_ascii_digit() || b", ".contains(byte));
    let is_aged = ages.any(|byte| (b'1'..=b'9').contains(byte));
    // RFC 7234, section 5.5: the response is stale, or could not be revalidated.
    let is_stale = [b"110 ", b"111 "].iter().any(|code| value("warning").starts_with(*code));
    // A second number is that of the request whose answer Varnish stored.
    let is_varnish = value("x-varnish").split(|byte| *byte == b' ').filter(|id| is_number(id)).count() == 2;
    // The last of several numbers is that of the cache next to us.
    let hits = value("x-cache-hits").rsplit(|byte| *byte == b',').next().unwrap_or_default().trim_ascii();
    let is_counted = is_number(hits) && hits != b"0";
    is_aged || is_stale || is_varnish || is_counted || answer.headers.iter().any(is_hit)
}

/// Headers that are true for a hit.
const FLAGS: [&str; 2] = ["x-cache-hit", "x-from-cache"];

/// Tests for a header in which a cache names a hit: RFC 9211's, and those of nginx and the large caches.
fn is_hit(header: &Header) -> bool {
    if !header.name.contains("cache") || OTHERS.iter().any(|part| header.name.contains(part)) {
        return false;
    }
    let value = String::from_utf8_lossy(header.value.bytes()).trim().to_ascii_lowercase();
    if FLAGS.contains(&header.name.as_str()) && ["1", "true", "yes"].contains(&value.as_str()) {
        return true;
    }
    let mut members = value.split([',', ';']).map(str::trim);
    members.any(|member| {
        let word = member.split(' ').next().unwrap_or_default();
        let is_passed = member.starts_with("hit for") || word.starts_with("hit-for");
        let is_own =
            HITS.contains(&word) || word == "hit=?1" || word.starts_with("hit-") || word.ends_with("_hit");
        is_own && !is_passed && !word.contains("refresh")
    })
}

fn is_number(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(u8::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use super::super::tests::answer;
    use super::*;

    #[test]
    fn marks() {
        let table = [
            (("age", "0"), false),
            (("age", "x1"), false),
            (("age", " 0012"), true),
            (("x-cache", "MISS from hit.example, Hit from cloudfront"), true),
            (("x-cache", "RefreshHit from cloudfront"), false),
            (("x-cache", "TCP_HIT from a23-1-2-3"), true),
            (("x-cache-lookup", "HIT from proxy:3128"), false),
            (("cf-cache-status", "HIT"), true),
            (("cf-cache-status", "DYNAMIC"), false),
            (("x-cache-status", "STALE"), true),
            (("x-nginx-cache", "HIT"), true),
            (("x-cache", "TCP_REMOTE_HIT"), true),
            (("x-cache", "TCP_REFRESH_HIT"), false),
            (("x-cache", "HIT-CLUSTER"), true),
            (("x-cache", "hit for pass"), false),
            (("cache-status", "a; hit=?1"), true),
            (("cache-status", "a; hit=?0"), false),
            (("x-cache-hit", "true"), true),
            (("x-cache-hit", "0"), false),
            (("x-cache", "hit-for-miss"), false),
            (("akamai-cache-status", "Hit from child"), true),
            (("x-vercel-cache", "STALE"), true),
            (("x-cache-key", "hit"), false),
            (("cache-control", "no-cache, fresh"), false),
            (("x-amz-cf-pop", "hit"), false),
            (("age", "0, 7"), true),
            (("x-rack-cache", "fresh"), true),
            (("x-rack-cache", "miss, store"), false),
            (("cache-status", "Nginx; hit; ttl=30"), true),
            (("cache-status", "Nginx; fwd=stale; fwd-status=304"), false),
            (("warning", "110 squid \"Response is stale\""), true),
            (("x-varnish", "5 3"), true),
            (("x-varnish", "5"), false),
            (("x-varnish", "5 hitpass"), false),
            (("x-cache-hits", "3"), true),
            (("x-cache-hits", "0, 3"), true),
            (("x-cache-hits", "3, 0"), false),
            (("x-cache-hits", ""), false),
        ];
        for (header, expected) in table {
            assert_eq!(is_cached(&answer(200, &[header], "")), expected, "{header:?}");
        }
    }
}

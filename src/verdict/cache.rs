//! Marks of an answer that a cache made of a stored one.
//!
//! A request with `Cache-Control: no-cache` gets them only from a cache that ignores it.

use crate::model::exchange::Response;

/// Headers in which caches say what they did: RFC 9211's, and those of nginx and the large caches. `X-Cache-Lookup` is not
/// one of them: it has a hit also where the API was asked.
const HEADERS: [&str; 11] = [
    "cache-status",
    "x-cache",
    "x-cache-status",
    "x-proxy-cache",
    "x-nginx-cache",
    "x-fastcgi-cache",
    "x-litespeed-cache",
    "x-srcache-fetch-status",
    "x-rack-cache",
    "cf-cache-status",
    "cdn-cache",
];

/// Their words for an answer of their own. For one that was refreshed or revalidated they did send a request to the API.
const HITS: [&str; 6] = ["hit", "fresh", "tcp_hit", "tcp_mem_hit", "stale", "updating"];

pub(super) fn is_cached(answer: &Response) -> bool {
    let value = |name| answer.header(name).map(|value| value.bytes().trim_ascii()).unwrap_or_default();
    let mut age = value("age").iter().take_while(|byte| byte.is_ascii_digit());
    let is_hit = |name| {
        let mut words = value(name).split(|byte| matches!(byte, b' ' | b',' | b';'));
        words.any(|word| HITS.iter().any(|hit| word.eq_ignore_ascii_case(hit.as_bytes())))
    };
    // RFC 7234, section 5.5: the response is stale, or could not be revalidated.
    let is_stale = [b"110 ", b"111 "].iter().any(|code| value("warning").starts_with(*code));
    // A second number is that of the request whose answer Varnish stored.
    let is_varnish = value("x-varnish").split(|byte| *byte == b' ').filter(|id| is_number(id)).count() == 2;
    // The last of several numbers is that of the cache next to us.
    let hits = value("x-cache-hits").rsplit(|byte| *byte == b',').next().unwrap_or_default().trim_ascii();
    let is_counted = is_number(hits) && hits != b"0";
    age.any(|digit| *digit != b'0') || is_stale || is_varnish || is_counted || HEADERS.into_iter().any(is_hit)
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

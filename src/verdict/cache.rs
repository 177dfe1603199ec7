//! Marks of a response that a cache made of a stored one.
//!
//! A request with `Cache-Control: no-cache` gets them only from a cache that ignores it.

use std::time::Duration;

use crate::model::exchange::{Header, Response};

/// Parts of the names of headers in which caches do not say what they did. `X-Cache-Lookup` has a hit also where the API
/// was asked.
const OTHERS: [&str; 6] = ["control", "lookup", "key", "tag", "hits", "ttl"];

/// Words of caches for a response of their own. For one that was refreshed or revalidated they did send a request to the
/// API, unless that failed.
const HITS: [&str; 4] = ["hit", "fresh", "stale", "updating"];

/// Words of a response for which the API was asked: Varnish remembers not to store it.
const PASSED: [&str; 4] = ["hit for pass", "hit for miss", "hit pass", "hit miss"];

/// Steps of a trace in which the API was asked about a stale entry, as `Rack::Cache` writes it: `stale, invalid, store`.
const STEPS: [&str; 3] = ["valid", "invalid", "store"];

/// Metrics of `Server-Timing` in which networks for content name a hit, and the words of their description.
const METRICS: [(&str, &[&str]); 3] =
    [("cdn-cache", &HITS), ("cdn-cache-hit", &[""]), ("cfcachestatus", &HITS)];

/// Words of a cache that had no response, and stores the one that it then fetched.
const MISSES: [&str; 2] = ["miss", "expired"];

pub(super) fn is_cached(response: &Response) -> bool {
    response.headers.iter().any(is_mark)
}

/// Tests for a header that marks a response of a cache's own.
fn is_mark(header: &Header) -> bool {
    let value = header.value.bytes().trim_ascii();
    match header.name.as_str() {
        "age" => age(value).is_some_and(|age| age > 0),
        // RFC 7234, section 5.5: the response is stale, or could not be revalidated.
        "warning" => [b"110 ", b"111 "].iter().any(|code| value.starts_with(*code)),
        // A second number is that of the request whose response Varnish stored.
        "x-varnish" => value.split(|byte| *byte == b' ').filter(|id| is_number(id)).count() == 2,
        "x-cache-hits" => {
            // The last of several numbers is that of the cache next to us.
            let hits = value.rsplit(|byte| *byte == b',').next().unwrap_or_default().trim_ascii();
            is_number(hits) && hits != b"0"
        }
        "server-timing" => header_text(header).split(',').any(is_hit_metric),
        _ => is_hit(header),
    }
}

/// Tests whether a cache's response to GET is no older than the run. HEAD came from the API, and the cache stored what it
/// fetched for it: the age says so, or the cache's own word for HEAD.
pub(super) fn is_of_this_run(head: &Response, get: &Response, since: Duration) -> bool {
    let age = get.header("age").and_then(|value| age(value.bytes()));
    let is_fresh = age.map_or_else(|| is_miss(head), |age| age <= since.as_secs());
    is_fresh && !is_cached(head)
}

/// The age in seconds, the greatest of several.
fn age(value: &[u8]) -> Option<u64> {
    let ages = value.split(|byte| b", ".contains(byte));
    let digits = ages.map(|age| age.iter().take_while(|byte| byte.is_ascii_digit()));
    let seconds = digits.filter(|digits| digits.clone().next().is_some()).map(|digits| {
        digits.fold(0_u64, |sum, digit| sum.saturating_mul(10).saturating_add(u64::from(digit - b'0')))
    });
    seconds.max()
}

/// Headers that are true for a hit.
const FLAGS: [&str; 2] = ["x-cache-hit", "x-from-cache"];

/// Tests for a header in which a cache names a hit: RFC 9211's, and those of nginx and the large caches.
fn is_hit(header: &Header) -> bool {
    if !is_of_cache(header) {
        return false;
    }
    let value = header_text(header);
    if FLAGS.contains(&header.name.as_str()) && ["1", "true", "yes"].contains(&value.as_str()) {
        return true;
    }
    let mut members = value.split([',', ';']).map(str::trim);
    let is_asked = members.clone().any(|member| STEPS.contains(&member));
    members.any(is_hit_word) && !is_asked
}

fn is_hit_word(member: &str) -> bool {
    let word = first_word(member);
    let plain = member.replace(['-', '_'], " ");
    let is_passed = PASSED.iter().any(|passed| plain.starts_with(passed));
    let is_refreshed = word.contains("refresh") && !word.contains("fail");
    let is_own =
        HITS.contains(&word) || word == "hit=?1" || word.starts_with("hit-") || word.ends_with("_hit");
    is_own && !is_passed && !is_refreshed
}

/// Tests for a metric such as `cdn-cache; desc=HIT`.
fn is_hit_metric(metric: &str) -> bool {
    let mut parts = metric.split(';').map(str::trim);
    let name = parts.next().unwrap_or_default();
    let description = parts.find_map(|part| part.strip_prefix("desc=")).unwrap_or_default();
    let word = first_word(description.trim_matches('"'));
    METRICS.iter().any(|(own, words)| *own == name && words.contains(&word))
}

/// Tests for a header in which a cache says that it had no response.
fn is_miss(response: &Response) -> bool {
    let says_so = |header: &Header| MISSES.contains(&first_word(&header_text(header)));
    response.headers.iter().filter(|header| is_of_cache(header)).any(says_so)
}

fn is_of_cache(header: &Header) -> bool {
    header.name.contains("cache") && !OTHERS.iter().any(|part| header.name.contains(part))
}

fn header_text(header: &Header) -> String {
    String::from_utf8_lossy(header.value.bytes()).trim().to_ascii_lowercase()
}

fn first_word(text: &str) -> &str {
    text.split(' ').next().unwrap_or_default()
}

fn is_number(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(u8::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use super::super::tests::response;
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
            (("x-rack-cache", "stale, invalid, store"), false),
            (("x-rack-cache", "stale, valid, store"), false),
            (("x-cache-status", "HIT-PASS"), false),
            (("x-cache", "hit_for_pass"), false),
            (("x-cache", "HIT-MISS"), false),
            (("x-cache", "TCP_REFRESH_FAIL_HIT from a23-1 (AkamaiGHost/22.1)"), true),
            (("server-timing", "cdn-cache; desc=HIT, edge; dur=1"), true),
            (("server-timing", "cdn-cache;dur=1;desc=\"MISS\""), false),
            (("server-timing", "cdn-cache; desc=REVALIDATE"), false),
            (("server-timing", "cdn-cache-hit,cdn-pop;desc=\"FRA\""), true),
            (("server-timing", "cdn-cache-refresh,cdn-pop;desc=\"FRA\""), false),
            (("server-timing", "cfCacheStatus;desc=\"HIT\""), true),
            (("server-timing", "cache;desc=\"Cache Read\";dur=23.2"), false),
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
            assert_eq!(is_cached(&response(200, &[header], "")), expected, "{header:?}");
        }
        assert!(is_cached(&response(200, &[("age", "0"), ("age", "7")], "")));
    }

    /// The headers of HEAD and of GET's response from a cache, and whether the run itself fetched it.
    #[test]
    fn responses_of_this_run() {
        let table = [
            (("age", "0"), ("age", "0"), true),
            (("x-varnish", "3"), ("age", "2"), true),
            (("x-varnish", "3"), ("age", "3"), false),
            (("x-varnish", "3 2"), ("age", "0"), false),
            (("age", "9"), ("age", "0"), false),
            (("x-cache-status", "MISS"), ("x-cache-status", "HIT"), true),
            (("x-cache-status", "EXPIRED"), ("x-cache-status", "HIT"), true),
            (("x-cache-status", "BYPASS"), ("x-cache-status", "HIT"), false),
            (("x-cache-status", "MISS"), ("age", "60"), false),
            (("server", "nginx"), ("x-cache-status", "HIT"), false),
        ];
        for (head, get, expected) in table {
            let (head, get) = (response(204, &[head], ""), response(200, &[get], ""));
            assert_eq!(
                is_of_this_run(&head, &get, Duration::from_millis(2900)),
                expected,
                "{head:?} {get:?}"
            );
        }
    }
}

//! TLS, credentials, addresses and proxies: the binary against TLS servers of the test's own and real ones
//! (nginx, OpenSSL, tinyproxy), with certificates made in the test.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "the lints exempt test functions only, and these are their helpers"
)]

mod addresses;
mod certificates;
#[expect(dead_code, reason = "shared with the tests of the callers, which write scripts too")]
#[path = "../callers/daemon.rs"]
mod daemon;
mod expiry;
#[expect(dead_code, reason = "shared with the end-to-end tests, which look at more")]
#[path = "../e2e/harness.rs"]
mod harness;
mod identity;
#[expect(dead_code, reason = "shared with the end-to-end tests, which play more scripts")]
#[path = "../e2e/peer.rs"]
mod peer;
mod programs;
mod proxies;
mod real;
mod refusals;
mod secrets;
mod server;
mod trust;

//! TLS, credentials, addresses and proxies: the binary against TLS servers of the test's own and real ones
//! (nginx, OpenSSL, tinyproxy), with certificates made in the test.

#[cfg(test)]
mod addresses;
#[cfg(test)]
mod certificates;
#[cfg(test)]
#[expect(dead_code, reason = "shared with the tests of the callers, which write scripts too")]
#[path = "../callers/daemon.rs"]
mod daemon;
#[cfg(test)]
mod expiry;
#[cfg(test)]
#[expect(dead_code, reason = "shared with the end-to-end tests, which look at more")]
#[path = "../e2e/harness.rs"]
mod harness;
#[cfg(test)]
mod identity;
#[cfg(test)]
#[expect(dead_code, reason = "shared with the end-to-end tests, which play more scripts")]
#[path = "../e2e/peer.rs"]
mod peer;
#[cfg(test)]
mod programs;
#[cfg(test)]
mod proxies;
#[cfg(test)]
mod real;
#[cfg(test)]
mod refusals;
#[cfg(test)]
mod secrets;
#[cfg(test)]
mod server;
#[cfg(test)]
mod trust;

//! TLS, credentials, addresses and proxies: the binary against TLS servers of the test's own and real ones
//! (nginx, OpenSSL, tinyproxy), with certificates made in the test.
mod addresses;
mod expiry;
mod identity;
mod keys;
mod programs;
mod proxies;
mod real;
mod refusals;
mod secrets;
mod server;
mod trust;

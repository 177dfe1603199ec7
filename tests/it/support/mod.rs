//! Support of the tests: scripted peers, generated certificates, the real programs of the machine, the harness that
//! runs the binary, and the grammar of its outputs.

pub(crate) mod certificates;
pub(crate) mod daemon;
pub(crate) mod grammar;
pub(crate) mod harness;
pub(crate) mod listener;
pub(crate) mod peer;
pub(crate) mod programs;
pub(crate) mod request;
pub(crate) mod tls;

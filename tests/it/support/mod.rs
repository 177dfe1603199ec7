//! What the tests share: scripted peers, certificates made on the spot, the real programs of the machine, the
//! harness that runs the binary, and the grammar of its outputs.

pub(crate) mod certificates;
pub(crate) mod daemon;
pub(crate) mod grammar;
pub(crate) mod harness;
pub(crate) mod peer;
pub(crate) mod programs;
pub(crate) mod request;
pub(crate) mod tls;

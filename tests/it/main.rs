//! The program from outside: the binary end to end, its TLS, its callers, its documents.
#![cfg(test)]
#![allow(clippy::too_many_lines, reason = "tables of cases")]

mod attacks;
mod callers;
mod completions;
mod docs;
mod e2e;
mod fuzz_response;
mod generated;
mod in_process;
mod keystone;
mod reflection;
mod responders;
mod support;
mod tls;
mod vocabulary;

use support::grammar;

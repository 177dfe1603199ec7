//! The terms of the field: endpoints, requests and their results, states, diagnoses, thresholds.

pub(crate) mod auth_scheme;
pub(crate) mod diagnosis;
pub(crate) mod endpoint;
pub(crate) mod exchange;
pub(crate) mod fault;
pub(crate) mod quorum;
pub(crate) mod range;
pub(crate) mod state;
pub(crate) mod term;
pub(crate) mod threshold;

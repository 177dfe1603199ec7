//! The endpoints that have seen a token. An API that has not asks Keystone first, which would falsify its times.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::model::endpoint::{Endpoint, MAX_ENDPOINTS};

/// A set of endpoints, to which the workers of a run add.
///
/// It holds fingerprints: a collision, or another version of the program, costs one HEAD or one inflated time.
#[derive(Debug, Default)]
pub(crate) struct Shown {
    endpoints: Mutex<BTreeSet<u64>>,
}

impl Shown {
    pub(super) fn new(fingerprints: Vec<u64>) -> Shown {
        Shown { endpoints: Mutex::new(fingerprints.into_iter().collect()) }
    }

    pub(crate) fn contains(&self, endpoint: &Endpoint) -> bool {
        self.lock().contains(&fingerprint(endpoint))
    }

    pub(crate) fn add(&self, endpoint: &Endpoint) {
        self.lock().insert(fingerprint(endpoint));
    }

    pub(crate) fn len(&self) -> usize {
        self.lock().len()
    }

    /// The fingerprints and others' for a file, which keeps no more than a run has endpoints.
    pub(super) fn merged(&self, others: &[u64]) -> Vec<u64> {
        let mut all = self.lock().clone();
        let room = MAX_ENDPOINTS.saturating_sub(all.len());
        all.extend(others.iter().take(room));
        all.into_iter().take(MAX_ENDPOINTS).collect()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeSet<u64>> {
        self.endpoints.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn fingerprint(endpoint: &Endpoint) -> u64 {
    let mut hasher = DefaultHasher::new();
    endpoint.hash(&mut hasher);
    hasher.finish()
}

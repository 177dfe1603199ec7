//! The endpoints that have seen a token. An API that has not asks Keystone first, which would falsify its times.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::hash;
use crate::model::endpoint::{Endpoint, MAX_ENDPOINTS};

/// A set of endpoints, to which the workers of a run add.
///
/// It holds fingerprints: a collision, or another version of the program, costs one HEAD or one inflated time.
#[derive(Debug, Default)]
pub(crate) struct TokenRecipients {
    /// Sorted.
    endpoints: Mutex<Vec<u64>>,
}

impl TokenRecipients {
    pub(super) fn new(mut fingerprints: Vec<u64>) -> TokenRecipients {
        fingerprints.sort_unstable();
        fingerprints.dedup();
        fingerprints.truncate(MAX_ENDPOINTS);
        TokenRecipients { endpoints: Mutex::new(fingerprints) }
    }

    pub(crate) fn contains(&self, endpoint: &Endpoint) -> bool {
        self.lock().binary_search(&hash(endpoint)).is_ok()
    }

    pub(crate) fn add(&self, endpoint: &Endpoint) {
        let (mut all, own) = (self.lock(), hash(endpoint));
        if let Err(index) = all.binary_search(&own) {
            all.insert(index, own);
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.lock().len()
    }

    pub(super) fn fingerprints(&self) -> Vec<u64> {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<u64>> {
        self.endpoints.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

//! Keystone, OpenStack's identity service: which cloud is meant, how to log in to it, and what its catalogue says.
//!
//! Nothing here sends anything. The files become a [`Cloud`], that becomes a request, and a response becomes a token
//! and a catalogue. Sending is the probe's; the life of a token is the run's.

mod cache;
mod catalog;
mod clouds;
mod config;
mod recipients;
mod request;
mod response;
#[cfg(test)]
mod tests;
mod yaml;

use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};

use serde_json::Value;

pub(crate) use cache::{Cache, MIN_TOKEN_LIFE};
pub(crate) use catalog::{Catalog, CatalogEndpoint, NotInCatalog, UrlProblem};
pub(crate) use config::{Cloud, CloudOptions, Interface};
#[cfg(test)]
use config::{ENVVARS, TlsSettings};
pub(crate) use recipients::TokenRecipients;
pub(crate) use response::{LoginFailure, MAX_RESPONSE_BYTES, Token, read_completion};

/// Makes a JSON object. In place of serde's derived code and of `json!`, which together were 1 % of the program.
fn object(fields: Vec<(&str, Value)>) -> Value {
    fields.into_iter().collect()
}

fn text<'a>(object: &'a Value, key: &str) -> Option<&'a str> {
    object.get(key)?.as_str()
}

fn items<'a>(object: &'a Value, key: &str) -> &'a [Value] {
    object.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// A password, a credential's secret or a token. It shows itself to nobody.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Secret(String);

impl Secret {
    pub(crate) fn new(text: impl Into<String>) -> Secret {
        Secret(text.into())
    }

    /// The secret itself, to be sent or to be masked.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }

    /// A short fingerprint, which tells two secrets apart and gives neither away. Only for what cannot be guessed.
    fn fingerprint(&self) -> String {
        format!("{:016x}", hash(&self.0))
    }
}

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}

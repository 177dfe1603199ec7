//! Recognises the server that made an answer, by the evidence in the answer itself.
//!
//! Nobody is named without proof; what proves whom is in [`profiles`].

mod profiles;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use serde_json::Value;

use super::body;
use crate::model::exchange::{Exchange, Method, Response};
use crate::sanitize::UntrustedText;
use profiles::{Clue, PROFILES, Profile, Proof};

/// The servers that can be recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Responder {
    Akamai,
    Apache,
    Apisix,
    AwsApiGateway,
    AwsLoadBalancer,
    AwsWaf,
    AzureApiManagement,
    AzureApplicationGateway,
    AzureFrontDoor,
    BigIp,
    Caddy,
    Ceilometer,
    CloudFoundry,
    CloudFront,
    Cloudflare,
    Envoy,
    Fastly,
    Google,
    Haproxy,
    Heroku,
    Iis,
    Imperva,
    Keystone,
    Kong,
    Lighttpd,
    Linkerd,
    LiteSpeed,
    NetScaler,
    Nginx,
    OpenShift,
    Pound,
    Squid,
    Tinyproxy,
    Traefik,
    TrafficServer,
    Tyk,
    Varnish,
}

impl Responder {
    /// The name in the JSON report.
    pub(crate) fn name(self) -> &'static str {
        self.profile().map_or("", |profile| profile.name)
    }

    /// The name as its makers write it, fit for the middle of a sentence.
    pub(crate) fn title(self) -> &'static str {
        self.profile().map_or("", |profile| profile.title)
    }

    /// Anything in front of the API: a proxy, load balancer, gateway, CDN or web server.
    pub(crate) const fn intermediary(self) -> bool {
        !matches!(self, Responder::Ceilometer | Responder::Keystone)
    }

    fn profile(self) -> Option<&'static Profile> {
        PROFILES.iter().find(|profile| profile.responder == self)
    }
}

/// Returns the responder of each answer of one run, or `None` where nothing proves it.
///
/// Answers to HEAD and GET that look alike come from the same responder: GET's body is then evidence for both.
pub(super) fn identify(exchanges: &[&Exchange]) -> Vec<Option<Responder>> {
    let get = exchanges.iter().find(|exchange| exchange.method == Method::Get);
    let get = get.and_then(|exchange| exchange.completion.answer());
    let of_get = get.and_then(of_answer);
    let mut responders = Vec::with_capacity(exchanges.len());
    for exchange in exchanges {
        let answer = exchange.completion.answer();
        responders.push(match (answer, get) {
            (Some(_), _) if exchange.method == Method::Get => of_get,
            (Some(answer), Some(get)) if is_alike(answer, get) => of_get.or_else(|| of_answer(answer)),
            (answer, _) => answer.and_then(of_answer),
        });
    }
    responders
}

/// Tests whether two answers have the same status and are described by the same headers.
fn is_alike(answer: &Response, other: &Response) -> bool {
    let same =
        |name| answer.header(name).map(UntrustedText::bytes) == other.header(name).map(UntrustedText::bytes);
    answer.status == other.status
        && ["server", "content-type", "via", "x-openstack-request-id"].into_iter().all(same)
}

fn of_answer(answer: &Response) -> Option<Responder> {
    let evidence = Evidence::of(answer);
    let proves = |profile: &&Profile| profile.proofs.iter().any(|proof| evidence.proves(proof));
    PROFILES.iter().find(proves).map(|profile| profile.responder)
}

/// An answer prepared for the clues.
struct Evidence<'a> {
    answer: &'a Response,
    text: Cow<'a, str>,
    json: Option<Value>,
}

impl<'a> Evidence<'a> {
    fn of(answer: &'a Response) -> Evidence<'a> {
        let text = body::body_text(answer).unwrap_or_default();
        let json = text.starts_with('{').then(|| serde_json::from_str(&text).ok()).flatten();
        Evidence { answer, text, json }
    }

    /// Tests whether all clues hold. Headers alone prove nothing of an answer that names a request of OpenStack's:
    /// the service made it, and a proxy passed it on.
    fn proves(&self, proof: Proof) -> bool {
        let by_body = proof.iter().any(|clue| clue.is_of_body());
        proof.iter().all(|clue| self.has(*clue))
            && (by_body || !self.has(Clue::Has("x-openstack-request-id")))
    }

    fn has(&self, clue: Clue) -> bool {
        let is_page = self.text.starts_with('<');
        match clue {
            Clue::Status(low, high) => (low..=high).contains(&self.answer.status),
            Clue::Begins(name, start) => self.headers(name).any(|value| begins(value, start)),
            Clue::Is(name, value) => self.headers(name).any(|own| own.eq_ignore_ascii_case(value.as_bytes())),
            Clue::Has(name) => self.headers(name).next().is_some(),
            Clue::Lacks(name) => self.headers(name).next().is_none(),
            Clue::Page(marks) => is_page && marks.iter().any(|mark| self.text.contains(mark)),
            Clue::PageOrNone => is_page || self.text.is_empty(),
            Clue::NoBody => self.text.is_empty(),
            Clue::Text(start) => !is_page && self.json.is_none() && self.text.starts_with(start),
            Clue::Contains(words) => self.text.contains(words),
            Clue::Json(pointer, start) => self.json_text(pointer).is_some_and(|text| text.starts_with(start)),
            Clue::Report => self.json.as_ref().is_some_and(body::is_report),
        }
    }

    fn headers(&self, name: &str) -> impl Iterator<Item = &'a [u8]> {
        let named = self.answer.headers.iter().filter(move |header| header.name == name);
        named.map(|header| header.value.bytes().trim_ascii())
    }

    /// A string or number of the JSON body.
    fn json_text(&self, pointer: &str) -> Option<Cow<'_, str>> {
        match self.json.as_ref()?.pointer(pointer)? {
            Value::String(text) => Some(text.into()),
            Value::Number(number) => Some(number.to_string().into()),
            _ => None,
        }
    }
}

fn begins(value: &[u8], start: &str) -> bool {
    value.get(..start.len()).is_some_and(|own| own.eq_ignore_ascii_case(start.as_bytes()))
}

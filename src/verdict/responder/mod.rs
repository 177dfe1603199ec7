//! Recognises the server that made a response, by the evidence in the response itself.
//!
//! - Nobody is named without proof: the responder is that of the first of the proofs that holds.
//! - Headers alone prove no proxy where the API made the response, for a proxy puts its own on responses that it passes
//!   on. The API made what has a request id of OpenStack's or a page of Python's frameworks.
//! - Its name alone does not prove a proxy on an empty 500 or 503 if it was also on a good response to HEAD: such a proxy
//!   adds it to what it passes on, and its own failures have a body.
//! - Responses to HEAD and GET that look alike are of the same responder: GET's body is then evidence for both.
//! - An [`obstacle`] is what an intermediary's own response says of its reason, or else what its status says.

mod clues;
mod obstacle;
#[cfg(test)]
mod tests;

use serde_json::Value;
use strum::{EnumMessage, IntoStaticStr, VariantArray};

use super::body::{self, Body};
use super::request::ReadExchange;
use crate::model::exchange::{Method, Response};
use clues::{Clue, OBSTACLES, PROOFS, Statuses};
pub(crate) use obstacle::Obstacle;

/// The servers that can be recognised, each with its name as its makers write it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumMessage, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "kebab-case", const_into_str)]
pub(crate) enum Responder {
    #[strum(message = "Akamai")]
    Akamai,
    #[strum(message = "Apache")]
    Apache,
    #[strum(message = "Apigee")]
    Apigee,
    #[strum(message = "Apache APISIX")]
    Apisix,
    #[strum(message = "AWS API Gateway")]
    AwsApiGateway,
    #[strum(serialize = "aws-elb", message = "the AWS load balancer")]
    AwsLoadBalancer,
    #[strum(message = "AWS WAF")]
    AwsWaf,
    #[strum(message = "Azure API Management")]
    AzureApiManagement,
    #[strum(message = "Azure App Service")]
    AzureAppService,
    #[strum(message = "the Azure Application Gateway")]
    AzureApplicationGateway,
    #[strum(message = "Azure Front Door")]
    AzureFrontDoor,
    #[strum(message = "F5 BIG-IP")]
    BigIp,
    #[strum(message = "Caddy")]
    Caddy,
    #[strum(message = "Ceilometer")]
    Ceilometer,
    #[strum(message = "the Cisco web appliance")]
    CiscoWsa,
    #[strum(serialize = "gorouter", message = "the Cloud Foundry router")]
    CloudFoundry,
    #[strum(serialize = "cloudfront", message = "CloudFront")]
    CloudFront,
    #[strum(message = "Cloudflare")]
    Cloudflare,
    #[strum(serialize = "datapower", message = "IBM DataPower")]
    DataPower,
    #[strum(message = "Envoy")]
    Envoy,
    #[strum(message = "Fastly")]
    Fastly,
    #[strum(message = "the Fortinet filter")]
    Fortinet,
    #[strum(message = "the Google load balancer")]
    Google,
    #[strum(message = "Gravitee")]
    Gravitee,
    #[strum(message = "HAProxy")]
    Haproxy,
    #[strum(message = "the Heroku router")]
    Heroku,
    #[strum(message = "IIS")]
    Iis,
    #[strum(message = "Imperva")]
    Imperva,
    #[strum(message = "Keystone")]
    Keystone,
    #[strum(message = "Kong")]
    Kong,
    #[strum(serialize = "krakend", message = "KrakenD")]
    KrakenD,
    #[strum(message = "the Kubernetes API server")]
    Kubernetes,
    #[strum(message = "the Kubernetes default backend")]
    KubernetesDefaultBackend,
    #[strum(message = "lighttpd")]
    Lighttpd,
    #[strum(message = "Linkerd")]
    Linkerd,
    #[strum(serialize = "litespeed", message = "LiteSpeed")]
    LiteSpeed,
    #[strum(serialize = "netscaler", message = "Citrix NetScaler")]
    NetScaler,
    #[strum(message = "nginx")]
    Nginx,
    #[strum(message = "NGINX Unit")]
    NginxUnit,
    #[strum(serialize = "openshift", message = "the OpenShift router")]
    OpenShift,
    #[strum(message = "the Palo Alto firewall")]
    PaloAlto,
    #[strum(message = "Passenger")]
    Passenger,
    #[strum(message = "Pound")]
    Pound,
    #[strum(message = "Privoxy")]
    Privoxy,
    #[strum(serialize = "proxysg", message = "Symantec ProxySG")]
    ProxySg,
    #[strum(serialize = "sonicwall", message = "the SonicWall firewall")]
    SonicWall,
    #[strum(message = "the Sophos firewall")]
    Sophos,
    #[strum(message = "Spring Cloud Gateway")]
    SpringCloudGateway,
    #[strum(message = "Squid")]
    Squid,
    #[strum(message = "the Sucuri firewall")]
    Sucuri,
    #[strum(message = "tinyproxy")]
    Tinyproxy,
    #[strum(message = "Traefik")]
    Traefik,
    #[strum(message = "Apache Traffic Server")]
    TrafficServer,
    #[strum(message = "Tyk")]
    Tyk,
    #[strum(message = "Varnish")]
    Varnish,
    #[strum(serialize = "watchguard", message = "the WatchGuard firewall")]
    WatchGuard,
    #[strum(serialize = "weblogic", message = "the WebLogic plug-in")]
    WebLogic,
    #[strum(message = "the WSO2 gateway")]
    Wso2,
    #[strum(message = "Zscaler")]
    Zscaler,
    #[strum(message = "Zuul")]
    Zuul,
}

impl Responder {
    /// The name in the JSON report.
    pub(crate) const fn name(self) -> &'static str {
        self.into_str()
    }

    /// The name as its makers write it, fit for the middle of a sentence.
    pub(crate) fn title(self) -> &'static str {
        self.get_message().unwrap_or_default()
    }

    /// Tests for anything in front of the API: a proxy, load balancer, gateway, CDN or web server.
    pub(crate) const fn is_intermediary(self) -> bool {
        !matches!(self, Responder::Ceilometer | Responder::Keystone)
    }
}

/// The responder that a response proves, and the reason that the response gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Recognition {
    pub(super) responder: Responder,
    /// Absent where the responder is not in front of the API.
    pub(super) obstacle: Option<Obstacle>,
}

/// Recognises the responder of each response of one run; `None` where nothing proves it.
pub(super) fn identify(exchanges: &[ReadExchange<'_>]) -> Vec<Option<Recognition>> {
    let get = exchanges.iter().find(|(exchange, _)| exchange.method == Method::Get);
    let get = get.and_then(|(_, body)| body.as_ref());
    let head = exchanges.iter().find(|(exchange, _)| exchange.method == Method::Head);
    let good_head = head.and_then(|(head, _)| head.completion.full()).filter(|head| head.is_success());
    let of_get = get.and_then(|body| of_response(body, good_head));
    let recognise = |(_, body): &ReadExchange<'_>| {
        let body = body.as_ref()?;
        let is_alike = get.is_some_and(|get| is_alike(body.response, get.response));
        if is_alike { of_get } else { of_response(body, good_head) }
    };
    exchanges.iter().map(recognise).collect()
}

/// Tests whether two responses have the same status and are described by the same headers.
fn is_alike(response: &Response, other: &Response) -> bool {
    let headers = ["server", "content-type", "via", "x-openstack-request-id"];
    response.status == other.status && headers.iter().all(|name| response.header(name) == other.header(name))
}

fn of_response(body: &Body<'_>, good_head: Option<&Response>) -> Option<Recognition> {
    let evidence =
        Evidence { response: body.response, text: &body.text, json: body.json.as_ref(), good_head };
    let (responder, ..) = *PROOFS.iter().find(|(responder, statuses, clues)| {
        evidence.holds(*statuses, clues) && evidence.may_be_of(*responder, clues)
    })?;
    let obstacle = responder.is_intermediary().then(|| evidence.obstacle(responder));
    Some(Recognition { responder, obstacle })
}

/// Beginnings of the pages of `WebOb` and Werkzeug, which no proxy writes so.
const FRAMEWORK_PAGES: [&str; 2] = ["<html>\n <head>\n  <title>", "<!doctype html>\n<html lang=en>\n<title>"];

/// A response prepared for the clues.
struct Evidence<'a> {
    response: &'a Response,
    text: &'a str,
    json: Option<&'a Value>,
    /// The good response that HEAD got in the same run.
    good_head: Option<&'a Response>,
}

impl Evidence<'_> {
    /// Tests whether the clues may prove this responder: headers alone prove no intermediary where the API responded.
    fn may_be_of(&self, responder: Responder, clues: &[Clue]) -> bool {
        !responder.is_intermediary() || clues.iter().any(|clue| clue.is_of_body()) || !self.is_of_api()
    }

    /// Tests for a response that names a request of OpenStack's, or whose body is a page of Python's frameworks.
    fn is_of_api(&self) -> bool {
        let is_own_page = || FRAMEWORK_PAGES.iter().any(|start| self.text.starts_with(start));
        self.has_header("x-openstack-request-id", |_| true) || is_own_page()
    }

    fn obstacle(&self, responder: Responder) -> Obstacle {
        let of_response = OBSTACLES
            .iter()
            .find(|(own, _, statuses, clues)| *own == responder && self.holds(*statuses, clues));
        of_response.map_or_else(|| Obstacle::of_status(self.response.status), |(_, obstacle, ..)| *obstacle)
    }

    /// Tests the status, and whether all clues hold. Nearly all proofs fail by the status or the form of the body.
    #[expect(
        clippy::inline_always,
        reason = "a hundred proofs are tried of each response, and most fail at once"
    )]
    #[inline(always)]
    fn holds(&self, (first, last): Statuses, clues: &[Clue]) -> bool {
        (first..=last).contains(&self.response.status)
            && clues.iter().all(|clue| self.fits(*clue))
            && clues.iter().all(|clue| self.has(*clue))
    }

    /// Tests the form of the body.
    fn fits(&self, clue: Clue) -> bool {
        match clue {
            Clue::Page(_) => self.is_page(),
            Clue::Text(_) => !self.is_page() && self.json.is_none(),
            Clue::Json(..) | Clue::Report => self.json.is_some(),
            Clue::NoBody => self.text.is_empty(),
            _ => true,
        }
    }

    /// Tests what else a clue wants of a response that fits.
    fn has(&self, clue: Clue) -> bool {
        match clue {
            Clue::NoBody => true,
            Clue::Begins(name, start) => self.has_header(name, |value| begins(value, start)),
            Clue::Is(name, value) => self.has_header(name, |own| own.eq_ignore_ascii_case(value.as_bytes())),
            Clue::Has(name) => self.has_header(name, |_| true),
            Clue::Lacks(name) => !self.has_header(name, |_| true),
            Clue::PageOrNone => self.is_page() || (self.text.is_empty() && self.lacks_page()),
            Clue::Page(words) | Clue::Contains(words) => words.iter().any(|words| self.text.contains(words)),
            Clue::Text(starts) => starts.iter().any(|start| self.text.starts_with(start)),
            Clue::Json(keys, start) => self.json.is_some_and(|json| text_begins(json, keys, start)),
            Clue::Reason(words) => self.response.reason.bytes() == words.as_bytes(),
            Clue::Report => self.json.is_some_and(body::is_report),
        }
    }

    fn has_header(&self, name: &str, test: impl Fn(&[u8]) -> bool) -> bool {
        let mut headers = self.response.headers.iter();
        headers.any(|header| header.name == name && test(header.value.bytes().trim_ascii()))
    }

    fn is_page(&self) -> bool {
        self.text.starts_with('<')
    }

    /// Tests for an empty body in place of a page: not in place of JSON, nor of a body that the same server passes on.
    fn lacks_page(&self) -> bool {
        let is_json = self.has_header("content-type", |value| begins(value, "application/json"));
        let is_of_same_server = |head: &Response| head.header("server") == self.response.header("server");
        let is_passed_on =
            matches!(self.response.status, 500 | 503) && self.good_head.is_some_and(is_of_same_server);
        !is_json && !is_passed_on
    }
}

/// Tests the beginning of the string or number under these keys of a JSON body.
fn text_begins(json: &Value, keys: &[&str], start: &str) -> bool {
    match keys.iter().try_fold(json, |value, key| value.get(key)) {
        Some(Value::String(text)) => text.starts_with(start),
        Some(Value::Number(number)) => number.to_string().starts_with(start),
        _ => false,
    }
}

/// Tests the beginning of a header's value, in any case.
fn begins(value: &[u8], start: &str) -> bool {
    value.get(..start.len()).is_some_and(|own| own.eq_ignore_ascii_case(start.as_bytes()))
}

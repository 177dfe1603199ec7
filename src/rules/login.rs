//! The rows of a login and of its catalogue. None is about the service, so each is UNKNOWN.

use super::Selector::{Class, Fault, Status};
use super::{Key, Row, RuleOrigin, Selector};
use crate::model::diagnosis::Diagnosis::{
    self, Healthy, KeystoneDown, LoginRefused, NotInCatalog, Unexpected,
};
use crate::model::exchange::{FaultKind, Method};
use crate::model::state::State;

const REACH: &str = "check auth_url, and that Keystone runs there";
const BROKEN_OFF: &str =
    "probably Keystone crashed, a proxy or firewall stepped in, or the port is for another protocol";
const CHECK_LOG: &str =
    "check auth_url (http or https, and the port), Keystone's log, and any proxy in front of it";

pub(super) static ROWS: &[Row] = &[
    row(Status(201), State::Ok, Healthy, "Keystone granted a token", ""),
    down(Class(1), "an interim status came, and no final response after it", REACH),
    down(
        Class(2),
        "an answer without a token that can be used, or of more than 1 MiB: this is not Keystone's login",
        REACH,
    ),
    down(
        Class(3),
        "Keystone, or what answers in its place, redirects elsewhere; redirects are not followed",
        "set auth_url to the address in the redirect",
    ),
    down(
        Status(404),
        "there is no login at this address: it is not Keystone's",
        "check auth_url; it ends before /auth/tokens",
    ),
    row(
        Status(405),
        State::Unknown,
        LoginRefused,
        "there is no login at this address: Keystone's accepts POST",
        "check auth_url; it ends before /auth/tokens",
    ),
    down(
        Status(429),
        "Keystone, or a proxy in front of it, limits its clients",
        "log in less often: keep the token cache on (--token-cache)",
    ),
    row(
        Class(4),
        State::Unknown,
        LoginRefused,
        "Keystone refused the login without telling which part was wrong",
        "check user, password or secret, project and domains, whether the user is disabled or locked, and whether \
         it has a role in the project",
    ),
    down(
        Class(5),
        "Keystone, or a proxy in front of it, failed",
        "check Keystone's log, its database and any proxy in front of it",
    ),
    down(
        Status(511),
        "the network between here and Keystone wants a sign-in first (a captive portal); nothing is known of Keystone",
        "sign in to that network, or probe from one that has no such portal",
    ),
    down(
        Fault(FaultKind::Dns),
        "the name in auth_url is misspelt, has no DNS record, or its name server does not answer",
        "check auth_url, the name's DNS record and this machine's resolver",
    ),
    down(Fault(FaultKind::Refused), "nothing listens on Keystone's port, or a firewall rejects it", REACH),
    down(
        Fault(FaultKind::NoRoute),
        "Keystone's host is down, or the network or a firewall keeps it out of reach",
        "check auth_url, that Keystone's host is up, and routing and firewalls on the way",
    ),
    down(Fault(FaultKind::Reset), BROKEN_OFF, CHECK_LOG),
    down(Fault(FaultKind::Closed), BROKEN_OFF, CHECK_LOG),
    down(
        Fault(FaultKind::Timeout),
        "Keystone did not answer in the time that a login has: half of -t, or api_timeout if that is less",
        "check Keystone's load and the firewalls on the way, or raise -t",
    ),
    down(
        Fault(FaultKind::Tls),
        "no trusted connection to Keystone could be made",
        "check Keystone's certificate against cacert and the name in auth_url",
    ),
    down(Fault(FaultKind::Protocol), "not HTTP/1: another service or another protocol answers there", REACH),
    down(
        Fault(FaultKind::Body),
        "probably Keystone crashed within its response, or a proxy gave up",
        CHECK_LOG,
    ),
    down(
        Fault(FaultKind::Proxy),
        "the proxy is at fault, and nothing is known of Keystone",
        "check --proxy and --proxy-auth-file, and whether the proxy lets this request pass",
    ),
    row(
        Fault(FaultKind::Local),
        State::Unknown,
        Unexpected,
        "this machine is at fault, and nothing is known of Keystone",
        "check options, files and limits (descriptors, threads) of the machine that probes",
    ),
    Row {
        key: Key { method: None, selector: Selector::Catalog },
        ..row(
            Selector::Catalog,
            State::Unknown,
            NotInCatalog,
            "the catalogue names no endpoint that could be checked",
            "check --os-service-type, --os-interface and --os-region-name against the catalogue (openstack \
             catalog list), or name the endpoints",
        )
    },
];

const fn down(selector: Selector, meaning: &'static str, action: &'static str) -> Row {
    row(selector, State::Unknown, KeystoneDown, meaning, action)
}

const fn row(
    selector: Selector,
    state: State,
    diagnosis: Diagnosis,
    meaning: &'static str,
    action: &'static str,
) -> Row {
    let key = Key { method: Some(Method::Post), selector };
    Row { key, state, diagnosis, meaning, action, hints: &[], origin: RuleOrigin::BuiltIn }
}

//! The rows of a login and of its catalogue. None is about the service, so each is UNKNOWN.

use super::Selector::{Class, Fault, Status};
use super::{Hint, Key, Row, Selector, any, row};
use crate::model::diagnosis::Diagnosis::{Healthy, KeystoneDown, LoginRefused, NotInCatalog, Unexpected};
use crate::model::exchange::{FaultKind, Method};
use crate::model::state::State::{self, Unknown};

const REACH: &str = "check auth_url, and that Keystone runs there";
const BROKEN_OFF: &str =
    "probably Keystone crashed, a proxy or firewall stepped in, or the port is for another protocol";
const CHECK_LOG: &str =
    "check auth_url (http or https, and the port), Keystone's log, and any proxy in front of it";
/// Keystone answers so to a credential that it does not know, with an error in JSON; a page means a wrong address.
const KEYSTONES_404: &[Hint] = &[Hint {
    key: login(Status(404)),
    words: "where the body is Keystone's own error in JSON (login-refused), the address is right, and Keystone knows no such \
            application credential, token, user, project or domain: check their names and ids, and whether it was \
            deleted or has expired",
}];

pub(super) static ROWS: &[Row] = &[
    row(login(Status(201)), State::Ok, Healthy).meaning("Keystone granted a token"),
    down(Class(1)).meaning("an interim status came, and no final response after it").action(REACH),
    down(Class(2))
        .meaning(
            "an answer without a token that can be used, or of more than 1 MiB: this is not Keystone's login",
        )
        .action(REACH),
    down(Class(3))
        .meaning("Keystone, or what answers in its place, redirects elsewhere; redirects are not followed")
        .action("set auth_url to the address in the redirect"),
    down(Status(404))
        .or(LoginRefused)
        .meaning("there is no login at this address: it is not Keystone's")
        .action("check auth_url; it must not end in /auth/tokens")
        .hinting(KEYSTONES_404),
    refused(Status(405))
        .meaning("there is no login at this address: Keystone's accepts POST")
        .action("check auth_url; it must not end in /auth/tokens"),
    down(Status(429))
        .meaning("Keystone, or a proxy in front of it, limits its clients")
        .action("log in less often: keep the token cache on (--token-cache)"),
    refused(Class(4)).meaning("Keystone refused the login without telling which part was wrong").action(
        "check user, password or secret, project and domains, whether the user is disabled or locked, \
             and whether it has a role in the project",
    ),
    down(Class(5))
        .meaning("Keystone, or a proxy in front of it, failed")
        .action("check Keystone's log, its database and any proxy in front of it"),
    down(Status(511))
        .meaning(
            "the network between here and Keystone wants a sign-in first (a captive portal); nothing is \
             known of Keystone",
        )
        .action("sign in to that network, or probe from one that has no such portal"),
    down(Fault(FaultKind::Dns))
        .meaning("the name in auth_url is misspelt, has no DNS record, or its name server does not answer")
        .action("check auth_url, the name's DNS record and this machine's resolver"),
    down(Fault(FaultKind::Refused))
        .meaning("nothing listens on Keystone's port, or a firewall rejects it")
        .action(REACH),
    down(Fault(FaultKind::NoRoute))
        .meaning("Keystone's host is down, or the network or a firewall keeps it out of reach")
        .action("check auth_url, that Keystone's host is up, and routing and firewalls on the way"),
    down(Fault(FaultKind::Reset)).meaning(BROKEN_OFF).action(CHECK_LOG),
    down(Fault(FaultKind::Closed)).meaning(BROKEN_OFF).action(CHECK_LOG),
    down(Fault(FaultKind::Timeout))
        .meaning(
            "Keystone did not answer in the time that a login has: half of -t, or api_timeout if that is \
             less",
        )
        .action("check Keystone's load and the firewalls on the way, or raise -t"),
    down(Fault(FaultKind::Tls))
        .meaning("no trusted connection to Keystone could be made")
        .action("check Keystone's certificate against cacert and the name in auth_url"),
    down(Fault(FaultKind::Protocol))
        .meaning("not HTTP/1: another service or another protocol answers there")
        .action(REACH),
    down(Fault(FaultKind::Body))
        .meaning("probably Keystone crashed within its response, or a proxy gave up")
        .action(CHECK_LOG),
    down(Fault(FaultKind::Proxy))
        .meaning("the proxy is at fault, and nothing is known of Keystone")
        .action("check --proxy and --proxy-auth-file, and whether the proxy lets this request pass"),
    row(login(Fault(FaultKind::Local)), Unknown, Unexpected)
        .meaning("this machine is at fault, and nothing is known of Keystone")
        .action("check options, files and limits (descriptors, threads) of the machine that probes"),
    row(any(Selector::Catalog), Unknown, NotInCatalog)
        .meaning("the catalogue names no endpoint that could be checked")
        .action(
            "check --os-service-type, --os-interface and --os-region-name against the catalogue (openstack \
             catalog list), or name the endpoints",
        ),
];

const fn login(selector: Selector) -> Key {
    Key { method: Some(Method::Post), selector }
}

const fn down(selector: Selector) -> Row {
    row(login(selector), Unknown, KeystoneDown)
}

const fn refused(selector: Selector) -> Row {
    row(login(selector), Unknown, LoginRefused)
}

//! The table: which response means which state. One data structure.
//!
//! The verdict, `--explain`, the man page and the reference's table are all read from [`ROWS`]. A row is
//! added there and in the test of this file; what is generated from it is rewritten (CONTRIBUTING.md).

mod key;
mod login;

use std::cmp::Reverse;

use strum::IntoStaticStr;

use crate::model::diagnosis::Diagnosis::{
    self, ApiError, BackendDown, Contradictory, Denied, Healthy, NoAnswer, NotFound, ProxyError,
    RequestRejected, Stale, Throttled, TlsFailed, Unexpected, Unreachable, WrongService,
};
use crate::model::exchange::{FaultKind, Method};
use crate::model::state::State::{self, Critical, Unknown, Warning};
use crate::model::threshold::Thresholds;
use Selector::{Class, Fault, Problem, Status};
pub(crate) use key::{Key, Selector, SuccessProblem};

#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoStaticStr)]
#[strum(serialize_all = "lowercase", const_into_str)]
pub(crate) enum RuleOrigin {
    /// The Health-Check API's page.
    Documented,
    /// Added by this program.
    #[strum(serialize = "ours")]
    BuiltIn,
    Overridden,
}

impl RuleOrigin {
    pub(crate) const fn name(self) -> &'static str {
        self.into_str()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) key: Key,
    pub(crate) state: State,
    /// The diagnosis where nothing in the response says otherwise.
    pub(crate) diagnosis: Diagnosis,
    /// Another diagnosis that the row leads to, where the body decides.
    pub(crate) other_diagnosis: Option<Diagnosis>,
    pub(crate) meaning: &'static str,
    /// The action; empty where there is nothing to do.
    pub(crate) action: &'static str,
    /// Additions to the action from experience.
    hints: &'static [Hint],
    /// The origin of the row; hints are built in anyway.
    pub(crate) origin: RuleOrigin,
}

/// An action in addition to that of a row, or for only one of the responses that share the row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Hint {
    /// The key of its row, or of a part of that.
    key: Key,
    words: &'static str,
}

impl Row {
    /// Returns the hints for a key; one that applies to a part of the key names the part.
    pub(crate) fn hints(self, asked: Key) -> impl Iterator<Item = String> {
        self.hints.iter().filter_map(move |Hint { key, words }| {
            if key.covers(asked) {
                return Some((*words).to_owned());
            }
            asked.covers(*key).then(|| format!("on {key}, {words}"))
        })
    }

    const fn meaning(self, meaning: &'static str) -> Row {
        Row { meaning, ..self }
    }

    const fn action(self, action: &'static str) -> Row {
        Row { action, ..self }
    }

    const fn hinting(self, hints: &'static [Hint]) -> Row {
        Row { hints, ..self }
    }

    const fn or(self, diagnosis: Diagnosis) -> Row {
        Row { other_diagnosis: Some(diagnosis), ..self }
    }

    const fn documented(self) -> Row {
        Row { origin: RuleOrigin::Documented, ..self }
    }
}

const VERIFY_API: &str = "verify that the Ceilometer Reporting API is up and running";
const VERIFY_BOTH: &str = "verify that the Ceilometer Reporting API is up and running and that there is \
                           connectivity with the back-end";
const NOT_REACHED: &str = "the API cannot be reached; not even the basic system is up and running";
const COMPROMISED: &str = "the API has been reached but failed to perform its operation; the service is \
                           highly compromised";
const CHECK_CRASH: &str = "check the API's log for a crash, any proxy in front of it, and whether the port \
                           expects https (-S)";

/// The documented action presumes the right address; check that first.
const WHERE: &[Hint] =
    &[Hint { key: any(Status(404)), words: "if the API runs, check port, prefix and --path" }];
/// A refused GET cannot be overlooked as a refused HEAD can: no other request checks the back-end.
const OTHER_METHOD: &[Hint] = &[
    Hint { key: head(Status(405)), words: "use -m get, or accept the response with --state head:405=OK" },
    Hint { key: get(Status(405)), words: "check that the path is the health check's, or use -m head" },
];

/// The row of everything that is not valid HTTP, including every status that HTTP does not know.
const PROTOCOL: Row = row(on(FaultKind::Protocol), Critical, WrongService)
    .meaning("not HTTP/1 as the API sends it: another service or another protocol answers there")
    .action("check that address and port are the API's");

/// All rows: first those that the Health-Check API documents, then the built-in ones for everything else.
static ROWS: &[Row] = &[
    row(head(Status(204)), State::Ok, Healthy).meaning("the API answers").documented(),
    row(get(Status(200)), State::Ok, Healthy)
        .meaning("the API answers and reaches its back-end")
        .documented(),
    row(head(Status(404)), Critical, NotFound)
        .meaning(NOT_REACHED)
        .action(VERIFY_API)
        .documented()
        .hinting(WHERE),
    row(get(Status(404)), Critical, NotFound)
        .meaning(NOT_REACHED)
        .action(VERIFY_BOTH)
        .documented()
        .hinting(WHERE),
    row(head(Status(500)), Critical, ApiError).meaning(COMPROMISED).action(VERIFY_API).documented(),
    row(get(Status(500)), Critical, ApiError).meaning(COMPROMISED).action(VERIFY_BOTH).documented(),
    row(get(Status(503)), Critical, BackendDown)
        .meaning(
            "the API has been reached but the back-end connectivity is unavailable or compromised; the \
             service cannot perform its operations",
        )
        .action("verify that the API is up and running and that there is connectivity with the back-end")
        .documented(),
    row(any(Class(1)), Critical, WrongService)
        .meaning("an interim status came, and no final response after it")
        .action("check that address and port are the API's, and any proxy in front of it"),
    row(head(Class(2)), Warning, WrongService)
        .meaning("not the documented answer to HEAD, which is 204: a catch-all page may have answered")
        .action("check that address, port and path lead to the API's health check"),
    row(get(Class(2)), Warning, WrongService)
        .meaning("not the documented answer to GET, which is 200: no proof of a round trip to the back-end")
        .action("check that address, port and path lead to the API's health check"),
    row(any(Class(3)), Unknown, WrongService)
        .meaning("something else answered; redirects are not followed")
        .action("check the address of the API itself, with its scheme (http or https)"),
    row(any(Status(401)), Unknown, Denied)
        .meaning("access control answered before the health check could: credentials are required")
        .action(
            "give a token with --token-file or a password with --auth-file, or exempt the health path from \
             authentication",
        ),
    row(any(Status(403)), Unknown, Denied)
        .meaning("access control answered before the health check could: access is forbidden")
        .action(
            "give a token with --token-file or a password with --auth-file whose role permits the request, \
             or exempt the health path from authorisation",
        ),
    row(any(Status(407)), Unknown, Denied)
        .meaning("access control answered before the health check could: a proxy requires credentials")
        .action(
            "give the proxy's credentials with --proxy-auth-file, or check the API without that proxy; \
             --token-file and --auth-file are for the API itself",
        ),
    row(any(Status(408)), Critical, Unexpected)
        .meaning("the server gave up waiting for the request: a timeout on its side")
        .action("check the network between here and the server, and the server's load"),
    row(any(Status(429)), Warning, Throttled)
        .meaning("the service is alive and limits its clients")
        .action("probe less often, or exempt this client from the limit"),
    row(any(Class(4)), Unknown, RequestRejected)
        .meaning("this request was refused, which says nothing of the service's health")
        .action("check method (-m), path (--path) and headers against what the service accepts")
        .hinting(OTHER_METHOD),
    row(head(Status(503)), Critical, Unexpected)
        .meaning(
            "undocumented: HEAD does not check the back-end, and yet the service calls itself unavailable",
        )
        .action("check the API's log, and any proxy in front of it"),
    row(any(Status(501)), Critical, Unexpected)
        .meaning("undocumented: the server does not know the method")
        .action("check that address and port are the API's, and any proxy in front of it"),
    row(any(Status(502)), Critical, ProxyError)
        .meaning("a proxy or load balancer answered: it got no valid answer from the API behind it")
        .action("check the proxy's view of its servers, then the API itself"),
    row(any(Status(504)), Critical, ProxyError)
        .meaning("a proxy or load balancer answered: it got no answer in time from the API behind it")
        .action("check the proxy's view of its servers, then the API itself"),
    row(any(Status(511)), Critical, Unexpected)
        .meaning(
            "the network between here and the API wants a sign-in first (a captive portal); nothing is \
             known of the API",
        )
        .action("sign in to that network, or probe from one that has no such portal"),
    row(any(Class(5)), Critical, Unexpected)
        .meaning("undocumented: the server failed in a way that the Health-Check API does not know")
        .action("check the API's log, and any proxy in front of it"),
    row(any(Problem(SuccessProblem::Page)), Unknown, WrongService)
        .meaning(
            "something else answered: no health check sends a web page, a list of API versions or a proxy's \
             own response",
        )
        .action(
            "check that address, port and path lead to the API's health check, and not to a sign-in or \
             error page",
        ),
    row(any(Problem(SuccessProblem::Report)), Warning, Contradictory)
        .meaning("the status is good, but the body reports that a component has failed")
        .action("check the component that the body names"),
    row(any(Problem(SuccessProblem::Cached)), Warning, Stale)
        .meaning("a cache answered (an Age above 0, or a hit), which does not prove that the API answers now")
        .action("exempt the health path from the cache, or check the API behind it directly"),
    row(on(FaultKind::Dns), Critical, Unreachable)
        .meaning("the name is misspelt, has no DNS record, or its name server does not answer")
        .action("check the spelling of the name, its DNS record and this machine's resolver"),
    row(on(FaultKind::Refused), Critical, Unreachable)
        .meaning("nothing listens on that port, or a firewall rejects it")
        .action("check that the API runs and listens on this address and port"),
    row(on(FaultKind::NoRoute), Critical, Unreachable)
        .meaning("the host is down, or the network or a firewall keeps it out of reach")
        .action("check that the host is up, and routing and firewalls on the way"),
    row(on(FaultKind::Reset), Critical, NoAnswer)
        .meaning(
            "probably the server crashed, a proxy or firewall stepped in, or the port is for another \
             protocol",
        )
        .action(CHECK_CRASH),
    row(on(FaultKind::Closed), Critical, NoAnswer)
        .meaning("probably the server crashed, a proxy gave up, or the port is for another protocol")
        .action(CHECK_CRASH),
    row(on(FaultKind::Timeout), Critical, NoAnswer)
        .meaning("no answer came in time; other clients would time out too")
        .action("check that the host is up, that no firewall drops the packets, and the load of the API"),
    row(on(FaultKind::Tls), Critical, TlsFailed)
        .meaning("other clients with the same TLS settings would fail too")
        .action(
            "check the server's certificate against --cacert and the name of the endpoint, and whether it \
             wants a client certificate (--cert) or expects plain http on that port",
        ),
    PROTOCOL,
    row(on(FaultKind::Body), Critical, Unexpected)
        .meaning("probably the server crashed within its response, or a proxy gave up")
        .action("check the API's log for a crash, and any proxy in front of it"),
    row(on(FaultKind::Proxy), Unknown, Unreachable)
        .meaning("the proxy is at fault, and nothing is known of the service")
        .action("check --proxy and --proxy-auth-file, and whether the proxy lets this request pass"),
    row(on(FaultKind::Local), Unknown, Unexpected)
        .meaning("this machine is at fault, and nothing is known of the service")
        .action("check options, files and limits (descriptors, threads) of the machine that probes"),
];

const fn head(selector: Selector) -> Key {
    Key { method: Some(Method::Head), selector }
}

const fn get(selector: Selector) -> Key {
    Key { method: Some(Method::Get), selector }
}

const fn any(selector: Selector) -> Key {
    Key { method: None, selector }
}

const fn on(kind: FaultKind) -> Key {
    any(Fault(kind))
}

const fn row(key: Key, state: State, diagnosis: Diagnosis) -> Row {
    Row {
        key,
        state,
        diagnosis,
        other_diagnosis: None,
        meaning: "",
        action: "",
        hints: &[],
        origin: RuleOrigin::BuiltIn,
    }
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Table {
    overrides: Vec<(Key, State)>,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Criteria {
    /// The table with the overrides of `--state`.
    pub(crate) table: Table,
    pub(crate) thresholds: Thresholds,
}

impl Table {
    /// Adds an override (`--state KEY=STATE`); a later one of the same key replaces it.
    pub(crate) fn set(&mut self, key: Key, state: State) {
        self.overrides.retain(|(old, _)| *old != key);
        self.overrides.push((key, state));
    }

    /// The row that judges a response, and the problem that it is for: the most severe of the problems' rows, else the
    /// status' row. An override of the status overrides the problems' rows too. Statuses below 100 or above 599 are
    /// `protocol`.
    pub(crate) fn row_of_response(
        &self,
        method: Method,
        status: u16,
        problems: &[SuccessProblem],
    ) -> (Row, Option<SuccessProblem>) {
        let status = selector_of_status(status);
        let by_problem = problems
            .iter()
            .map(|&problem| (self.effective(method, &[Problem(problem), status]), Some(problem)));
        let worst = by_problem.min_by_key(|(row, _)| Reverse(row.state.severity()));
        worst.unwrap_or_else(|| (self.effective(method, &[status]), None))
    }

    pub(crate) fn row_of_fault(&self, method: Method, kind: FaultKind) -> Row {
        self.effective(method, &[Fault(kind)])
    }

    /// The row that judges a login whose response has a status of success and no usable token: the row of 201 says that
    /// there is one, so the words are those of the class.
    pub(crate) fn row_without_token(&self, status: u16) -> Row {
        let row = underlying(Method::Post, &[Class(2)]);
        let by_status = self.effective(Method::Post, &[Status(status)]);
        match by_status.origin {
            RuleOrigin::Overridden => overridden(row, by_status.key, by_status.state),
            RuleOrigin::Documented | RuleOrigin::BuiltIn => row,
        }
    }

    /// Returns the row that judges a catalogue without a matching endpoint.
    pub(crate) fn row_of_catalog(&self) -> Row {
        self.effective(Method::Get, &[Selector::Catalog])
    }

    /// Returns the rows that judge a key, for `--explain KEY`: one, or HEAD's and GET's where they differ,
    /// each with the key that it was found for.
    pub(crate) fn lookup(&self, key: Key) -> Vec<(Key, Row)> {
        let find = |method| (Key { method: Some(method), ..key }, self.effective(method, &[key.selector]));
        match key.method {
            Some(method) => vec![find(method)],
            None if find(Method::Head).1 == find(Method::Get).1 => vec![(key, find(Method::Get).1)],
            None => vec![find(Method::Head), find(Method::Get)],
        }
    }

    /// Returns all effective rows: the overrides, then every row that no override hides.
    pub(crate) fn rows(&self) -> Vec<Row> {
        let overrides = self.overrides.iter().map(|&(key, state)| {
            // An override for both methods has GET's words: GET checks more than HEAD.
            overridden(underlying(key.method.unwrap_or(Method::Get), &[key.selector]), key, state)
        });
        overrides.chain(all_rows().filter(|row| !self.hidden(row.key)).copied()).collect()
    }

    fn hidden(&self, key: Key) -> bool {
        let methods = [Method::Head, Method::Get, Method::Post];
        methods.into_iter().filter(|method| key.applies_to(*method)).all(|method| {
            let judged = Key { method: Some(method), ..key };
            self.overrides.iter().any(|(over, _)| over.covers(judged))
        })
    }

    /// The row for an outcome that several selectors describe, the narrowest first.
    fn effective(&self, method: Method, selectors: &[Selector]) -> Row {
        let row = underlying(method, selectors);
        let find = |key| self.overrides.iter().find(|(over, _)| *over == key);
        match precedence(method, selectors).find_map(find) {
            Some(&(key, state)) => overridden(row, key, state),
            None => row,
        }
    }
}

/// The rows of the health check and those of the login.
pub(crate) fn all_rows() -> impl Iterator<Item = &'static Row> {
    ROWS.iter().chain(login::ROWS)
}

fn underlying(method: Method, selectors: &[Selector]) -> Row {
    let row = precedence(method, selectors).find_map(|key| all_rows().find(|row| row.key == key));
    // Every status, fault and problem has a row, as the tests show; PROTOCOL is the honest default.
    row.copied().unwrap_or(PROTOCOL)
}

/// A row under an override: the override's key and state, the row's words.
fn overridden(row: Row, key: Key, state: State) -> Row {
    let other_diagnosis = row.other_diagnosis.filter(|_| state != State::Ok);
    let diagnosis = rediagnosed(row, state);
    Row { key, state, diagnosis, other_diagnosis, origin: RuleOrigin::Overridden, ..row }
}

fn selector_of_status(status: u16) -> Selector {
    match status {
        100..=599 => Status(status),
        _ => Fault(FaultKind::Protocol),
    }
}

/// The diagnosis of a row whose state is overridden: state OK is `healthy`, and only state OK is.
fn rediagnosed(row: Row, state: State) -> Diagnosis {
    match (state, row.diagnosis) {
        (State::Ok, _) => Healthy,
        (_, Healthy) => Unexpected,
        (_, diagnosis) => diagnosis,
    }
}

/// The keys for an outcome, the narrowest first: method and status, status, method and class, class; likewise for
/// faults and problems.
fn precedence(method: Method, selectors: &[Selector]) -> impl Iterator<Item = Key> {
    let widening = selectors.iter().flat_map(|&selector| [Some(selector), class_of(selector)]).flatten();
    let keys = widening.flat_map(move |selector| [Key { method: Some(method), selector }, any(selector)]);
    keys.filter(move |key| key.applies_to(method))
}

fn class_of(selector: Selector) -> Option<Selector> {
    match selector {
        Status(status) => u8::try_from(status / 100).ok().map(Class),
        Class(_) | Fault(_) | Problem(_) | Selector::Catalog => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const METHODS: [Method; 2] = [Method::Head, Method::Get];

    fn key(text: &str) -> Key {
        Key::parse(text).unwrap()
    }

    fn table(overrides: &[(&str, State)]) -> Table {
        let mut table = Table::default();
        for (name, state) in overrides {
            table.set(key(name), *state);
        }
        table
    }

    fn judged(table: &Table, asked: &str) -> (String, State, Diagnosis, &'static str) {
        let asked = key(asked);
        let row = table.effective(asked.method.unwrap(), &[asked.selector]);
        (row.key.to_string(), row.state, row.diagnosis, row.origin.name())
    }

    #[test]
    fn rows() {
        let cases = [
            // What was answered, the row that judges it, its state and diagnosis, and where it is from.
            ("head:204", "head:204", State::Ok, Healthy, "documented"),
            ("get:200", "get:200", State::Ok, Healthy, "documented"),
            ("head:404", "head:404", Critical, NotFound, "documented"),
            ("get:404", "get:404", Critical, NotFound, "documented"),
            ("head:500", "head:500", Critical, ApiError, "documented"),
            ("get:500", "get:500", Critical, ApiError, "documented"),
            ("get:503", "get:503", Critical, BackendDown, "documented"),
            ("head:100", "1xx", Critical, WrongService, "ours"),
            ("get:199", "1xx", Critical, WrongService, "ours"),
            ("head:200", "head:2xx", Warning, WrongService, "ours"),
            ("head:299", "head:2xx", Warning, WrongService, "ours"),
            ("get:204", "get:2xx", Warning, WrongService, "ours"),
            ("get:201", "get:2xx", Warning, WrongService, "ours"),
            ("head:301", "3xx", Unknown, WrongService, "ours"),
            ("get:304", "3xx", Unknown, WrongService, "ours"),
            ("head:401", "401", Unknown, Denied, "ours"),
            ("get:403", "403", Unknown, Denied, "ours"),
            ("get:407", "407", Unknown, Denied, "ours"),
            ("get:408", "408", Critical, Unexpected, "ours"),
            // docs/haproxy.md, docs/keepalived.md, assets/haproxy.sh and assets/haproxy-agent.conf say so.
            ("head:429", "429", Warning, Throttled, "ours"),
            ("head:400", "4xx", Unknown, RequestRejected, "ours"),
            ("head:405", "4xx", Unknown, RequestRejected, "ours"),
            ("get:499", "4xx", Unknown, RequestRejected, "ours"),
            ("head:503", "head:503", Critical, Unexpected, "ours"),
            ("head:501", "501", Critical, Unexpected, "ours"),
            ("get:502", "502", Critical, ProxyError, "ours"),
            ("get:504", "504", Critical, ProxyError, "ours"),
            ("get:505", "5xx", Critical, Unexpected, "ours"),
            ("get:511", "511", Critical, Unexpected, "ours"),
            ("head:599", "5xx", Critical, Unexpected, "ours"),
            ("get:page", "page", Unknown, WrongService, "ours"),
            ("get:report", "report", Warning, Contradictory, "ours"),
            ("head:cached", "cached", Warning, Stale, "ours"),
            ("head:dns", "dns", Critical, Unreachable, "ours"),
            ("head:refused", "refused", Critical, Unreachable, "ours"),
            ("head:no-route", "no-route", Critical, Unreachable, "ours"),
            ("get:reset", "reset", Critical, NoAnswer, "ours"),
            ("get:closed", "closed", Critical, NoAnswer, "ours"),
            ("get:timeout", "timeout", Critical, NoAnswer, "ours"),
            ("head:tls", "tls", Critical, TlsFailed, "ours"),
            ("head:protocol", "protocol", Critical, WrongService, "ours"),
            ("get:body", "body", Critical, Unexpected, "ours"),
            ("head:proxy", "proxy", Unknown, Unreachable, "ours"),
            ("head:local", "local", Unknown, Unexpected, "ours"),
        ];
        for (asked, row, state, diagnosis, source) in cases {
            assert_eq!(judged(&Table::default(), asked), (row.into(), state, diagnosis, source), "{asked}");
        }
        for row in ROWS {
            assert!(cases.iter().any(|case| case.1 == row.key.to_string()), "no case for {}", row.key);
        }
    }

    /// Asserts that the first of the overrides judges, without it the next, and so on.
    fn takes_the_first(overrides: &[(&str, State)], judge: impl Fn(&Table) -> Row) {
        for from in 0..overrides.len() {
            let row = judge(&table(&overrides[from..]));
            let (key, state) = overrides[from];
            assert_eq!((row.key.to_string().as_str(), row.state), (key, state));
        }
    }

    #[test]
    fn precedence_of_overrides() {
        let status = [("get:503", State::Ok), ("503", Warning), ("get:5xx", Unknown), ("5xx", Critical)];
        takes_the_first(&status, |table| table.effective(Method::Get, &[Status(503)]));
        let fault = [("head:timeout", Warning), ("timeout", Unknown)];
        takes_the_first(&fault, |table| table.effective(Method::Head, &[Fault(FaultKind::Timeout)]));
        let cases = [
            ("get:503", State::Ok, "get:503", Healthy),
            ("5xx", Critical, "get:503", BackendDown),
            ("503", Warning, "head:503", Unexpected),
            ("5xx", Critical, "head:500", ApiError),
            ("timeout", Unknown, "head:timeout", NoAnswer),
            ("204", Critical, "head:204", Unexpected),
        ];
        for (key, state, asked, diagnosis) in cases {
            let found = judged(&table(&[(key, state)]), asked);
            assert_eq!(found, (key.into(), state, diagnosis, "overridden"), "{asked}");
        }
    }

    #[test]
    fn own_row_of_every_fault_and_problem() {
        let faults = FaultKind::ALL.iter().copied().map(Fault);
        let problems = SuccessProblem::ALL.into_iter().map(Problem);
        let checked = faults.clone().chain(problems).map(|selector| (super::any(selector), "ROWS"));
        let of_login = |selector| (Key { method: Some(Method::Post), selector }, "login::ROWS");
        for (key, rows) in checked.chain(faults.map(of_login)) {
            assert!(all_rows().any(|row| row.key == key), "{key} has no row in {rows}");
        }
    }

    #[test]
    fn rows_of_every_diagnosis() {
        // What these mean is no single response's or fault's.
        let without =
            [Diagnosis::Alive, Diagnosis::BackendStalled, Diagnosis::Slow, Diagnosis::CertificateExpiring];
        for diagnosis in Diagnosis::ALL.iter().copied() {
            let has_row = all_rows().any(|row| row.diagnosis == diagnosis);
            assert_eq!(has_row, !without.contains(&diagnosis), "{diagnosis}");
        }
    }

    #[test]
    fn problems_of_a_good_response() {
        use SuccessProblem::{Cached, Page, Report};
        let page = [
            ("get:page", State::Ok),
            ("page", Warning),
            ("get:200", Critical),
            ("200", Warning),
            ("get:2xx", Critical),
            ("2xx", Warning),
        ];
        takes_the_first(&page, |table| table.row_of_response(Method::Get, 200, &[Page]).0);
        let cases = [
            (&[][..], 200, &[Page][..], ("page", Unknown, WrongService)),
            (&[], 200, &[Report, Cached], ("report", Warning, Contradictory)),
            (&[], 200, &[Page, Report, Cached], ("page", Unknown, WrongService)),
            (&[], 204, &[Cached], ("cached", Warning, Stale)),
            (&[("page", State::Ok)], 200, &[Page], ("page", State::Ok, Healthy)),
            (&[("page", State::Ok)], 200, &[Page, Cached], ("cached", Warning, Stale)),
            (&[("page", State::Ok)], 204, &[Page], ("page", State::Ok, Healthy)),
            (&[("head:page", State::Ok)], 200, &[Page], ("page", Unknown, WrongService)),
            (&[("2xx", Warning)], 200, &[Page], ("2xx", Warning, WrongService)),
        ];
        for (overrides, status, problems, (row, state, diagnosis)) in cases {
            let (found, _) = table(overrides).row_of_response(Method::Get, status, problems);
            let found = (found.key.to_string(), found.state, found.diagnosis);
            assert_eq!(found, (row.into(), state, diagnosis), "{status} {problems:?} under {overrides:?}");
        }
    }

    #[test]
    fn repeated_overrides() {
        let table = table(&[("4xx", State::Ok), ("4xx", Warning)]);
        let (row, _) = table.row_of_response(Method::Get, 404, &[]);
        assert_eq!((row.state, row.meaning, row.action), (Warning, NOT_REACHED, VERIFY_BOTH));
    }

    #[test]
    fn hints_by_key() {
        let hints = |asked| -> Vec<String> {
            let rows = Table::default().lookup(key(asked));
            rows.into_iter().flat_map(|(asked, row)| row.hints(asked)).collect()
        };
        let [head, get] = [
            "use -m get, or accept the response with --state head:405=OK",
            "check that the path is the health check's, or use -m head",
        ];
        let both = [format!("on head:405, {head}"), format!("on get:405, {get}")];
        assert_eq!(hints("4xx"), both);
        assert_eq!(hints("405"), both);
        assert_eq!(hints("get:4xx"), both[1..]);
        assert_eq!((hints("head:405"), hints("get:405")), (vec![head.into()], vec![get.into()]));
        assert_eq!(hints("get:404"), ["if the API runs, check port, prefix and --path"]);
        assert_eq!((hints("418"), hints("500")), (vec![], vec![]));
    }

    #[test]
    fn order_of_effective_rows() {
        let table = table(&[("head:404", State::Ok), ("404", Warning), ("418", State::Ok)]);
        let keys: Vec<_> = table.rows().iter().map(|row| row.key.to_string()).collect();
        assert_eq!(keys[..5], ["head:404", "404", "418", "head:204", "get:200"]);
        assert_eq!(keys.len(), all_rows().count() + 3 - 2);
        assert!(Table::default().rows().iter().eq(all_rows()));
    }

    #[test]
    fn state_of_an_override() {
        let table = table(&[("503", Warning), ("get:503", State::Ok)]);
        let rows: Vec<_> = table.rows().iter().take(2).map(|row| (row.key.to_string(), row.state)).collect();
        assert_eq!(rows, [("503".to_owned(), Warning), ("get:503".to_owned(), State::Ok)]);
    }

    #[test]
    fn lookup_without_a_method() {
        let found = |asked| -> Vec<(String, String)> {
            let rows = Table::default().lookup(key(asked));
            rows.into_iter().map(|(asked, row)| (asked.to_string(), row.key.to_string())).collect()
        };
        let pair = |asked: &str, row: &str| (asked.to_owned(), row.to_owned());
        assert_eq!(found("503"), [pair("head:503", "head:503"), pair("get:503", "get:503")]);
        assert_eq!(found("200"), [pair("head:200", "head:2xx"), pair("get:200", "get:200")]);
        assert_eq!(found("418"), [pair("418", "4xx")]);
        assert_eq!(found("get:418"), [pair("get:418", "4xx")]);
        assert_eq!(found("5xx"), [pair("5xx", "5xx")]);
        assert_eq!(found("2xx"), [pair("head:2xx", "head:2xx"), pair("get:2xx", "get:2xx")]);
        assert_eq!(found("TLS"), [pair("tls", "tls")]);
    }

    #[test]
    fn login_rows() {
        use crate::model::diagnosis::Diagnosis::{KeystoneDown, LoginRefused, NotInCatalog};
        let cases = [
            ("login:201", "login:201", State::Ok, Healthy),
            ("login:200", "login:2xx", Unknown, KeystoneDown),
            ("login:101", "login:1xx", Unknown, KeystoneDown),
            ("login:300", "login:3xx", Unknown, KeystoneDown),
            ("login:401", "login:4xx", Unknown, LoginRefused),
            ("login:404", "login:404", Unknown, KeystoneDown),
            ("login:405", "login:405", Unknown, LoginRefused),
            ("login:429", "login:429", Unknown, KeystoneDown),
            ("login:511", "login:511", Unknown, KeystoneDown),
            ("login:503", "login:5xx", Unknown, KeystoneDown),
        ];
        let fault = |kind: &FaultKind| format!("login:{}", kind.name());
        for (asked, row, state, diagnosis) in cases {
            assert_eq!(judged(&Table::default(), asked), (row.into(), state, diagnosis, "ours"));
        }
        for name in FaultKind::ALL.iter().filter(|kind| **kind != FaultKind::Local).map(fault) {
            assert_eq!(judged(&Table::default(), &name), (name.clone(), Unknown, KeystoneDown, "ours"));
        }
        // A health check's row does not judge a login.
        let table = table(&[("401", State::Ok), ("login:4xx", Warning), ("catalog", Critical)]);
        assert_eq!(judged(&table, "login:401"), ("login:4xx".into(), Warning, LoginRefused, "overridden"));
        assert_eq!(
            (table.row_of_catalog().state, table.row_of_catalog().diagnosis),
            (Critical, NotInCatalog)
        );
    }

    #[test]
    fn rows_of_all_statuses() {
        let methods = [Method::Head, Method::Get, Method::Post];
        for (status, method) in (0..=1000).chain([u16::MAX]).flat_map(|s| methods.map(|method| (s, method))) {
            let (row, _) = Table::default().row_of_response(method, status, &[]);
            match row.key.selector {
                Status(own) => assert_eq!(own, status),
                Class(class) => assert_eq!(u16::from(class), status / 100),
                Fault(kind) => {
                    assert_eq!((kind, (100..600).contains(&status)), (FaultKind::Protocol, false));
                }
                Problem(_) | Selector::Catalog => panic!("{status} judged by {}", row.key),
            }
            assert!(row.key.applies_to(method));
        }
    }

    #[test]
    fn texts_of_all_rows() {
        for row in all_rows() {
            assert!(!row.meaning.is_empty(), "{}", row.key);
            assert_eq!(row.action.is_empty(), row.state == State::Ok, "{}", row.key);
            let hints: String = row.hints(row.key).collect();
            let text = format!("{}{}{hints}", row.meaning, row.action);
            assert!(!text.contains(['|', '<', '>', '\n', '"']), "{text}");
        }
    }

    proptest! {
        #[test]
        fn overrides_of_several_rows(status in 100..600_u16, state in 0..4_usize) {
            let state = State::ALL[state];
            for name in [format!("{status}"), format!("{}xx", status / 100)] {
                let table = table(&[(&name, state)]);
                for method in METHODS {
                    let (row, _) = table.row_of_response(method, status, &[]);
                    prop_assert_eq!((row.state, row.origin), (state, RuleOrigin::Overridden));
                    prop_assert_eq!(row.diagnosis == Healthy, state == State::Ok);
                }
            }
        }
    }
}

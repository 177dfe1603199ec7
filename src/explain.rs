//! `--explain`: the table of rules, one of its rows, or a diagnosis. The man page and the reference show the same texts.

use crate::cli::Topic;
use crate::model::diagnosis::Diagnosis;
use crate::model::term::Term;
use crate::rules::{Key, Row, RuleOrigin, Table};
use crate::terminal::layout::{hanging_indent, prefix_lines, wrap};

const MIN_PROSE: usize = 20;

/// Renders all rows, aligned, wrapped to the columns.
pub(crate) fn table(table: &Table, columns: usize) -> String {
    let rows = table.rows();
    let key = rows.iter().map(|row| row.key.to_string().len()).max().unwrap_or_default();
    let head = format!("{:key$}  {:8}  {:10}  WHAT IT MEANS, AND WHAT TO DO", "KEY", "STATE", "SOURCE");
    let lines = rows.iter().flat_map(|row| {
        let margin = format!("{:key$}  {:8}  {:10}  ", row.key, row.state, row.origin.name());
        let action = Some(row.action.to_owned()).filter(|action| !action.is_empty());
        let advice = action.into_iter().chain(row.hints(row.key)).map(|words| format!("-> {words}"));
        let words = std::iter::once(row.meaning.to_owned()).chain(advice);
        prefix_lines(
            &margin,
            words.flat_map(|words| wrap(&words, columns.saturating_sub(margin.len()).max(MIN_PROSE))),
        )
    });
    self::lines(head, lines)
}

/// Renders the explanation of one word, wrapped to the columns.
pub(crate) fn topic(table: &Table, topic: Topic, columns: usize) -> String {
    let (head, parts) = match topic {
        Topic::Key(key) => {
            let rows = table.lookup(key).into_iter().map(|(key, row)| row_for(key, row));
            return rows.map(|(head, parts)| shown(&head, &parts, columns)).collect::<Vec<_>>().join("\n");
        }
        Topic::Diagnosis(diagnosis) => explained(table, diagnosis),
        Topic::Term(term) => (term.name.to_owned(), vec![("meaning", term.meaning.to_owned())]),
    };
    shown(&head, &parts, columns)
}

/// The name and the text of each part of an explanation.
type Parts = Vec<(&'static str, String)>;

fn row_for(key: Key, row: Row) -> (String, Parts) {
    let by = if key == row.key { String::new() } else { format!(", judged by {}", row.key) };
    let mut parts = vec![
        ("state", row.state.name().to_owned()),
        ("meaning", row.meaning.to_owned()),
        ("action", row.action.to_owned()),
    ];
    parts.extend(row.hints(key).map(|hint| ("hint", hint)));
    parts.push(("source", describe_origin(row.origin).to_owned()));
    (format!("{key}{by}"), parts)
}

fn explained(table: &Table, diagnosis: Diagnosis) -> (String, Parts) {
    let Explanation { meaning, cause, first } = explanation(diagnosis);
    let rows = table.rows().into_iter().filter(|row| row.diagnosis == diagnosis);
    let rows = rows.map(|row| format!("{} ({})", row.key, row.state)).collect::<Vec<_>>().join(", ");
    let also = Term::find(diagnosis.name()).map_or("", |term| term.meaning);
    let parts = [("meaning", meaning), ("rows", &rows), ("cause", cause), ("first", first), ("also", also)];
    (diagnosis.to_string(), parts.map(|(name, text)| (name, text.to_owned())).into())
}

fn shown(head: &str, parts: &Parts, columns: usize) -> String {
    let parts = parts.iter().filter(|(_, text)| !text.is_empty());
    lines(
        head.to_owned(),
        parts.flat_map(|(name, text)| hanging_indent(&format!("  {name:7}  "), text, columns)),
    )
}

fn lines(head: String, lines: impl Iterator<Item = String>) -> String {
    std::iter::once(head).chain(lines).map(|line| line + "\n").collect()
}

#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Explanation {
    pub(crate) meaning: &'static str,
    /// The cause where it is not, or not only, a row of the table.
    pub(crate) cause: &'static str,
    /// The first thing to do; empty where there is nothing to do.
    pub(crate) first: &'static str,
}

pub(crate) fn explanation(diagnosis: Diagnosis) -> Explanation {
    // A test holds the table to one row for each diagnosis.
    let row = EXPLANATIONS.iter().find(|(own, ..)| *own == diagnosis);
    row.map_or(Explanation::default(), |&(_, meaning, cause, first)| Explanation { meaning, cause, first })
}

/// The explanations: meaning, cause and first thing to do.
static EXPLANATIONS: [(Diagnosis, &str, &str, &str); Diagnosis::ALL.len()] = [
    (Diagnosis::Healthy, "every request was answered as documented", "", ""),
    (
        Diagnosis::Alive,
        "the API answers; its back-end was not checked",
        "a good answer to HEAD under -m head",
        "",
    ),
    (
        Diagnosis::BackendDown,
        "the API is up, and reports that it cannot reach its back-end",
        "",
        "check the back-end (database or storage) that the answer names, and the network from the API to it",
    ),
    (
        Diagnosis::BackendStalled,
        "the API answered HEAD but not GET, for which it asks its back-end",
        "GET timed out, was reset or closed, or broke off, after HEAD was answered",
        "check the load and the locks of the back-end, and the network from the API to it",
    ),
    (
        Diagnosis::ApiError,
        "the API failed to perform the check",
        "",
        "look for the request in the log of the API",
    ),
    (
        Diagnosis::NotFound,
        "there is no health check at this URL",
        "",
        "check port, prefix and --path, and that this version of the API has the health check",
    ),
    (
        Diagnosis::Unreachable,
        "no connection could be made",
        "the name did not resolve, or the connection was refused, found no route or timed out",
        "check that the host is up and that the API listens on this port, then the firewalls on the way",
    ),
    (
        Diagnosis::NoAnswer,
        "a connection was made, but the first request got no HTTP answer",
        "the connection was reset or closed, or the time ran out, after connecting",
        "check the log and the load of the API, and whether the port expects https (-S)",
    ),
    (
        Diagnosis::TlsFailed,
        "no trusted TLS connection could be made",
        "",
        "check the dates, the names and the issuer of the server certificate, and --cacert",
    ),
    (
        Diagnosis::Denied,
        "access control answered before the health check could",
        "",
        "give a token (--token-file), or exempt the health path from authentication",
    ),
    (
        Diagnosis::ProxyError,
        "a proxy or load balancer answered in place of the API",
        "a failure that bears the name of a proxy or load balancer, or has a form that is not the API's",
        "check which of its servers the proxy considers down, then one of those directly",
    ),
    (
        Diagnosis::Throttled,
        "the service is alive and limits its clients",
        "",
        "check less often, or exempt this client",
    ),
    (
        Diagnosis::WrongService,
        "something other than the API answered",
        "",
        "check address, port and path, and whether the port expects https (-S)",
    ),
    (
        Diagnosis::Stale,
        "a cache answered, which does not prove that the service answers now",
        "",
        "let the cache pass the health path on, or check the API behind it",
    ),
    (
        Diagnosis::Contradictory,
        "the status says that all is well, and the body that a component failed",
        "",
        "check the component that the answer names",
    ),
    (
        Diagnosis::RequestRejected,
        "this request was refused, which says nothing of the service's health",
        "",
        "check method (-m), path (--path) and headers",
    ),
    (
        Diagnosis::Slow,
        "a response time crossed a threshold",
        "-w, -c, --backend-warning or --backend-critical",
        "run with -vv, which shows the phase that takes the time",
    ),
    (
        Diagnosis::CertificateExpiring,
        "the server certificate expires soon",
        "--certificate-warning or --certificate-critical",
        "renew the certificate, and check that the server has loaded it",
    ),
    (
        Diagnosis::KeystoneDown,
        "Keystone did not answer the login; endpoints that are known were checked without a token",
        "no HTTP answer, or one that is not Keystone's",
        "check auth_url, Keystone and its database",
    ),
    (
        Diagnosis::LoginRefused,
        "Keystone refused the login",
        "",
        "check user, password or secret, project, domains and the role in the project",
    ),
    (
        Diagnosis::NotInCatalog,
        "the catalogue names no endpoint to check",
        "",
        "compare service type, interface and region with openstack catalog list",
    ),
    (
        Diagnosis::Unexpected,
        "a failure that the Health-Check API does not document",
        "also a GET that was not sent or had too little time, because the run's budget was already spent",
        "look at the status and the text of the answer (-vv), then at the log of the API",
    ),
];

const fn describe_origin(origin: RuleOrigin) -> &'static str {
    match origin {
        RuleOrigin::Documented => "documented (the Health-Check API's page)",
        RuleOrigin::BuiltIn => "ours (the Health-Check API's page is silent)",
        RuleOrigin::Overridden => "overridden (--state)",
    }
}

/// Renders the table without overrides in Markdown.
pub(crate) fn markdown() -> String {
    let rows = Table::default().rows();
    let rows = rows.iter().map(|row| {
        let Row { key, state, meaning, action, .. } = row;
        let hints = row.hints(*key).map(|hint| format!("; hint: {hint}")).collect::<Vec<_>>().concat();
        format!("| `{key}` | {state} | {} | {meaning} | {action}{hints} |\n", row.origin.name())
    });
    let head = "| key | state | source | meaning | action |\n|---|---|---|---|---|\n";
    std::iter::once(head.to_owned()).chain(rows).collect()
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::environment::Size;
    use crate::model::state::State;
    use crate::report::fixture;

    const WIDTH: usize = Size::FALLBACK.columns;

    fn explained(overrides: &[(&str, State)], key: &str) -> String {
        let mut table = Table::default();
        for (name, state) in overrides {
            table.set(Key::parse(name).unwrap(), *state);
        }
        topic(&table, Topic::Key(Key::parse(key).unwrap()), WIDTH)
    }

    #[test]
    fn terms() {
        let explained =
            |term, columns| topic(&Table::default(), Topic::Term(Term::find(term).unwrap()), columns);
        expect![[r#"
            auth_time
              meaning  the time of the login to Keystone in seconds (--os-cloud)
        "#]]
        .assert_eq(&explained("auth_time", WIDTH));
        expect![[r#"
            OK
              meaning  everything is as
                       documented, or as
                       --state allows; exit
                       code 0
        "#]]
        .assert_eq(&explained("ok", 32));
    }

    #[test]
    fn columns() {
        let widest = |text: &str| text.lines().map(str::len).max().unwrap();
        for columns in [70, 80, 100] {
            let text = table(&Table::default(), columns);
            assert!((columns - 8..=columns).contains(&widest(&text)), "{columns}: {text}");
        }
        let no_answer = topic(&Table::default(), Topic::Diagnosis(Diagnosis::NoAnswer), 40);
        assert!(widest(&no_answer) <= 40, "{no_answer}");
    }

    #[test]
    fn one_explanation_of_each_diagnosis() {
        assert_eq!(EXPLANATIONS.map(|(diagnosis, ..)| diagnosis), Diagnosis::ALL);
    }

    #[test]
    fn diagnoses() {
        let table = Table::default();
        let topics =
            Diagnosis::ALL.iter().map(|diagnosis| topic(&table, Topic::Diagnosis(*diagnosis), WIDTH));
        let texts = topics.collect::<Vec<_>>();
        assert!(texts.concat().lines().all(|line| line.len() <= WIDTH));
        expect![[r#"
            healthy
              meaning  every request was answered as documented
              rows     head:204 (OK), get:200 (OK), login:201 (OK)
              also     as a metric, the number of endpoints in state OK

            alive
              meaning  the API answers; its back-end was not checked
              cause    a good answer to HEAD under -m head

            backend-down
              meaning  the API is up, and reports that it cannot reach its back-end
              rows     get:503 (CRITICAL)
              first    check the back-end (database or storage) that the answer names, and
                       the network from the API to it

            backend-stalled
              meaning  the API answered HEAD but not GET, for which it asks its back-end
              cause    GET timed out, was reset or closed, or broke off, after HEAD was
                       answered
              first    check the load and the locks of the back-end, and the network from
                       the API to it

            api-error
              meaning  the API failed to perform the check
              rows     head:500 (CRITICAL), get:500 (CRITICAL)
              first    look for the request in the log of the API

            not-found
              meaning  there is no health check at this URL
              rows     head:404 (CRITICAL), get:404 (CRITICAL)
              first    check port, prefix and --path, and that this version of the API has
                       the health check

            unreachable
              meaning  no connection could be made
              rows     dns (CRITICAL), refused (CRITICAL), no-route (CRITICAL), proxy
                       (UNKNOWN)
              cause    the name did not resolve, or the connection was refused, found no
                       route or timed out
              first    check that the host is up and that the API listens on this port, then
                       the firewalls on the way

            no-answer
              meaning  a connection was made, but the first request got no HTTP answer
              rows     reset (CRITICAL), closed (CRITICAL), timeout (CRITICAL)
              cause    the connection was reset or closed, or the time ran out, after
                       connecting
              first    check the log and the load of the API, and whether the port expects
                       https (-S)

            tls-failed
              meaning  no trusted TLS connection could be made
              rows     tls (CRITICAL)
              first    check the dates, the names and the issuer of the server certificate,
                       and --cacert

            denied
              meaning  access control answered before the health check could
              rows     401 (UNKNOWN), 403 (UNKNOWN), 407 (UNKNOWN)
              first    give a token (--token-file), or exempt the health path from
                       authentication

            proxy-error
              meaning  a proxy or load balancer answered in place of the API
              rows     502 (CRITICAL), 504 (CRITICAL)
              cause    a failure that bears the name of a proxy or load balancer, or has a
                       form that is not the API's
              first    check which of its servers the proxy considers down, then one of
                       those directly

            throttled
              meaning  the service is alive and limits its clients
              rows     429 (WARNING)
              first    check less often, or exempt this client

            wrong-service
              meaning  something other than the API answered
              rows     1xx (CRITICAL), head:2xx (WARNING), get:2xx (WARNING), 3xx (UNKNOWN),
                       page (UNKNOWN), protocol (CRITICAL)
              first    check address, port and path, and whether the port expects https (-S)

            stale
              meaning  a cache answered, which does not prove that the service answers now
              rows     cached (WARNING)
              first    let the cache pass the health path on, or check the API behind it

            contradictory
              meaning  the status says that all is well, and the body that a component
                       failed
              rows     report (WARNING)
              first    check the component that the answer names

            request-rejected
              meaning  this request was refused, which says nothing of the service's health
              rows     4xx (UNKNOWN)
              first    check method (-m), path (--path) and headers

            slow
              meaning  a response time crossed a threshold
              cause    -w, -c, --backend-warning or --backend-critical
              first    run with -vv, which shows the phase that takes the time

            certificate-expiring
              meaning  the server certificate expires soon
              cause    --certificate-warning or --certificate-critical
              first    renew the certificate, and check that the server has loaded it

            keystone-down
              meaning  Keystone did not answer the login; endpoints that are known were
                       checked without a token
              rows     login:1xx (UNKNOWN), login:2xx (UNKNOWN), login:3xx (UNKNOWN),
                       login:404 (UNKNOWN), login:429 (UNKNOWN), login:5xx (UNKNOWN),
                       login:511 (UNKNOWN), login:dns (UNKNOWN), login:refused (UNKNOWN),
                       login:no-route (UNKNOWN), login:reset (UNKNOWN), login:closed
                       (UNKNOWN), login:timeout (UNKNOWN), login:tls (UNKNOWN),
                       login:protocol (UNKNOWN), login:body (UNKNOWN), login:proxy (UNKNOWN)
              cause    no HTTP answer, or one that is not Keystone's
              first    check auth_url, Keystone and its database

            login-refused
              meaning  Keystone refused the login
              rows     login:405 (UNKNOWN), login:4xx (UNKNOWN)
              first    check user, password or secret, project, domains and the role in the
                       project

            not-in-catalog
              meaning  the catalogue names no endpoint to check
              rows     catalog (UNKNOWN)
              first    compare service type, interface and region with openstack catalog
                       list

            unexpected
              meaning  a failure that the Health-Check API does not document
              rows     408 (CRITICAL), head:503 (CRITICAL), 501 (CRITICAL), 511 (CRITICAL),
                       5xx (CRITICAL), body (CRITICAL), local (UNKNOWN), login:local
                       (UNKNOWN)
              cause    also a GET that was not sent or had too little time, because the
                       run's budget was already spent
              first    look at the status and the text of the answer (-vv), then at the log
                       of the API
        "#]]
        .assert_eq(&texts.join("\n"));
    }

    #[test]
    fn diagnosis_of_every_row() {
        for row in Table::default().rows() {
            let text = topic(&Table::default(), Topic::Diagnosis(row.diagnosis), WIDTH);
            assert!(text.contains(&row.key.to_string()), "{text}");
        }
    }

    #[test]
    fn documented_key() {
        expect![[r#"
            get:503
              state    CRITICAL
              meaning  the API has been reached but the back-end connectivity is unavailable
                       or compromised; the service cannot perform its operations
              action   verify that the API is up and running and that there is connectivity
                       with the back-end
              source   documented (the Health-Check API's page)
        "#]]
        .assert_eq(&explained(&[], "get:503"));
    }

    #[test]
    fn key_without_method() {
        expect![[r#"
            head:204
              state    OK
              meaning  the API answers
              source   documented (the Health-Check API's page)

            get:204, judged by get:2xx
              state    WARNING
              meaning  not the documented answer to GET, which is 200: no proof of a round
                       trip to the back-end
              action   check that address, port and path lead to the API's health check
              source   ours (the Health-Check API's page is silent)
        "#]]
        .assert_eq(&explained(&[], "204"));
    }

    #[test]
    fn hints() {
        expect![[r#"
            405, judged by 4xx
              state    UNKNOWN
              meaning  this request was refused, which says nothing of the service's health
              action   check method (-m), path (--path) and headers against what the service
                       accepts
              hint     on head:405, use -m get, or accept the response with --state
                       head:405=OK
              hint     on get:405, check that the path is the health check's, or use -m head
              source   ours (the Health-Check API's page is silent)
        "#]]
        .assert_eq(&explained(&[], "405"));
    }

    #[test]
    fn overridden_key() {
        let own = explained(&[], "get:404");
        let overridden = explained(&[("4xx", State::Warning)], "get:404");
        expect![[r#"
            get:404, judged by 4xx
              state    WARNING
              source   overridden (--state)
        "#]]
        .assert_eq(&fixture::new_lines(&overridden, &own));
    }

    #[test]
    fn width_of_the_table() {
        let mut overridden = Table::default();
        overridden.set(Key::parse("get:no-route").unwrap(), State::Unknown);
        let text = table(&overridden, WIDTH);
        assert!(text.lines().all(|line| line.len() <= WIDTH), "{text}");
        let beginning: Vec<_> = text.lines().take(12).collect();
        expect![[r#"
            KEY             STATE     SOURCE      WHAT IT MEANS, AND WHAT TO DO
            get:no-route    UNKNOWN   overridden  the host is down, or the network or a
                                                  firewall keeps it out of reach
                                                  -> check that the host is up, and routing
                                                  and firewalls on the way
            head:204        OK        documented  the API answers
            get:200         OK        documented  the API answers and reaches its back-end
            head:404        CRITICAL  documented  the API cannot be reached; not even the
                                                  basic system is up and running
                                                  -> verify that the Ceilometer Reporting
                                                  API is up and running
                                                  -> if so, check port, prefix and --path"#]]
        .assert_eq(&beginning.join("\n"));
    }

    #[test]
    fn markdown_table() {
        expect![[r#"
            | key | state | source | meaning | action |
            |---|---|---|---|---|
            | `head:204` | OK | documented | the API answers |  |
            | `get:200` | OK | documented | the API answers and reaches its back-end |  |
            | `head:404` | CRITICAL | documented | the API cannot be reached; not even the basic system is up and running | verify that the Ceilometer Reporting API is up and running; hint: if so, check port, prefix and --path |
            | `get:404` | CRITICAL | documented | the API cannot be reached; not even the basic system is up and running | verify that the Ceilometer Reporting API is up and running and that there is connectivity with the back-end; hint: if so, check port, prefix and --path |
            | `head:500` | CRITICAL | documented | the API has been reached but failed to perform its operation; the service is highly compromised | verify that the Ceilometer Reporting API is up and running |
            | `get:500` | CRITICAL | documented | the API has been reached but failed to perform its operation; the service is highly compromised | verify that the Ceilometer Reporting API is up and running and that there is connectivity with the back-end |
            | `get:503` | CRITICAL | documented | the API has been reached but the back-end connectivity is unavailable or compromised; the service cannot perform its operations | verify that the API is up and running and that there is connectivity with the back-end |
            | `1xx` | CRITICAL | ours | an interim status came, and no final response after it | check that address and port are the API's, and any proxy in front of it |
            | `head:2xx` | WARNING | ours | not the documented answer to HEAD, which is 204: a catch-all page may have answered | check that address, port and path lead to the API's health check |
            | `get:2xx` | WARNING | ours | not the documented answer to GET, which is 200: no proof of a round trip to the back-end | check that address, port and path lead to the API's health check |
            | `3xx` | UNKNOWN | ours | something else answered; redirects are not followed | check the address of the API itself, with its scheme (http or https) |
            | `401` | UNKNOWN | ours | access control answered before the health check could: credentials are required | give a token with --token-file or a password with --auth-file, or exempt the health path from authentication |
            | `403` | UNKNOWN | ours | access control answered before the health check could: access is forbidden | give a token with --token-file or a password with --auth-file whose role permits the request, or exempt the health path from authorisation |
            | `407` | UNKNOWN | ours | access control answered before the health check could: a proxy requires credentials | give the proxy's credentials with --proxy-auth-file, or check the API without that proxy; --token-file and --auth-file are for the API itself |
            | `408` | CRITICAL | ours | the server gave up waiting for the request: a timeout on its side | check the network between here and the server, and the server's load |
            | `429` | WARNING | ours | the service is alive and limits its clients | probe less often, or exempt this client from the limit |
            | `4xx` | UNKNOWN | ours | this request was refused, which says nothing of the service's health | check method (-m), path (--path) and headers against what the service accepts; hint: on head:405, use -m get, or accept the response with --state head:405=OK; hint: on get:405, check that the path is the health check's, or use -m head |
            | `head:503` | CRITICAL | ours | undocumented: HEAD does not check the back-end, and yet the service calls itself unavailable | check the API's log, and any proxy in front of it |
            | `501` | CRITICAL | ours | undocumented: the server does not know the method | check that address and port are the API's, and any proxy in front of it |
            | `502` | CRITICAL | ours | a proxy or load balancer answered: it got no valid answer from the API behind it | check the proxy's view of its servers, then the API itself |
            | `504` | CRITICAL | ours | a proxy or load balancer answered: it got no answer in time from the API behind it | check the proxy's view of its servers, then the API itself |
            | `511` | CRITICAL | ours | the network between here and the API wants a sign-in first (a captive portal); nothing is known of the API | sign in to that network, or probe from one that has no such portal |
            | `5xx` | CRITICAL | ours | undocumented: the server failed in a way that the Health-Check API does not know | check the API's log, and any proxy in front of it |
            | `page` | UNKNOWN | ours | something else answered: no health check sends a web page, a list of API versions or a proxy's own response | check that address, port and path lead to the API's health check, and not to a sign-in or error page |
            | `report` | WARNING | ours | the status is good, but the body reports that a component has failed | check the component that the body names |
            | `cached` | WARNING | ours | a cache answered (an Age above 0, or a hit), which does not prove that the API answers now | exempt the health path from the cache, or check the API behind it directly |
            | `dns` | CRITICAL | ours | the name is misspelt, has no DNS record, or its name server does not answer | check the spelling of the name, its DNS record and this machine's resolver |
            | `refused` | CRITICAL | ours | nothing listens on that port, or a firewall rejects it | check that the API runs and listens on this address and port |
            | `no-route` | CRITICAL | ours | the host is down, or the network or a firewall keeps it out of reach | check that the host is up, and routing and firewalls on the way |
            | `reset` | CRITICAL | ours | probably the server crashed, a proxy or firewall stepped in, or the port is for another protocol | check the API's log for a crash, any proxy in front of it, and whether the port expects https (-S) |
            | `closed` | CRITICAL | ours | probably the server crashed, a proxy gave up, or the port is for another protocol | check the API's log for a crash, any proxy in front of it, and whether the port expects https (-S) |
            | `timeout` | CRITICAL | ours | no answer came in time; other clients would time out too | check that the host is up, that no firewall drops the packets, and the load of the API |
            | `tls` | CRITICAL | ours | no trusted connection could be made | check the server's certificate against --cacert and the name of the endpoint, and whether it wants a client certificate (--cert) or expects plain http on that port |
            | `protocol` | CRITICAL | ours | not HTTP/1 as the API sends it: another service or another protocol answers there | check that address and port are the API's, and whether the port expects https (-S) |
            | `body` | CRITICAL | ours | probably the server crashed within its response, or a proxy gave up | check the API's log for a crash, and any proxy in front of it |
            | `proxy` | UNKNOWN | ours | the proxy is at fault, and nothing is known of the service | check --proxy and --proxy-auth-file, and whether the proxy lets this request pass |
            | `local` | UNKNOWN | ours | this machine is at fault, and nothing is known of the service | check options, files and limits (descriptors, threads) of the machine that probes |
            | `login:201` | OK | ours | Keystone granted a token |  |
            | `login:1xx` | UNKNOWN | ours | an interim status instead of a token | check auth_url, and that Keystone runs there |
            | `login:2xx` | UNKNOWN | ours | an answer without a token that can be used, or of more than 1 MiB: this is not Keystone's login | check auth_url, and that Keystone runs there |
            | `login:3xx` | UNKNOWN | ours | Keystone, or what answers in its place, redirects elsewhere; redirects are not followed | set auth_url to the address in the redirect |
            | `login:404` | UNKNOWN | ours | there is no login: the address is not Keystone's | check auth_url; it ends before /auth/tokens |
            | `login:405` | UNKNOWN | ours | there is no login at this address: Keystone's accepts POST | check auth_url; it ends before /auth/tokens |
            | `login:429` | UNKNOWN | ours | Keystone, or a proxy before it, limits its clients | log in less often: keep the token cache on (--token-cache) |
            | `login:4xx` | UNKNOWN | ours | Keystone refused the login without telling which part was wrong | check user, password or secret, project and domains; whether the user is disabled or locked, and whether it has a role in the project |
            | `login:5xx` | UNKNOWN | ours | Keystone failed | check Keystone's log, its database and any proxy in front of it |
            | `login:511` | UNKNOWN | ours | the network between here and Keystone wants a sign-in first (a captive portal); nothing is known of Keystone | sign in to that network, or probe from one that has no such portal |
            | `login:dns` | UNKNOWN | ours | Keystone's name does not resolve | check auth_url, and that Keystone runs there |
            | `login:refused` | UNKNOWN | ours | Keystone's port refused the connection | check auth_url, and that Keystone runs there |
            | `login:no-route` | UNKNOWN | ours | no route to Keystone | check auth_url, and that Keystone runs there |
            | `login:reset` | UNKNOWN | ours | Keystone's connection was reset | check auth_url, and that Keystone runs there |
            | `login:closed` | UNKNOWN | ours | Keystone's connection was closed | check auth_url, and that Keystone runs there |
            | `login:timeout` | UNKNOWN | ours | Keystone did not answer within half of -t, or within api_timeout | check Keystone's load and the firewalls on the way, or raise -t |
            | `login:tls` | UNKNOWN | ours | no trusted connection to Keystone could be made | check Keystone's certificate against cacert and the name in auth_url |
            | `login:protocol` | UNKNOWN | ours | the answer is not Keystone's, for it is not HTTP | check auth_url, and that Keystone runs there |
            | `login:body` | UNKNOWN | ours | Keystone's answer broke off | check auth_url, and that Keystone runs there |
            | `login:proxy` | UNKNOWN | ours | the proxy, not Keystone, failed | check --proxy |
            | `login:local` | UNKNOWN | ours | the login could not be made on this machine | check options, files and limits (descriptors, threads) of the machine that probes |
            | `catalog` | UNKNOWN | ours | the catalogue names no endpoint that could be checked | check --os-service-type, --os-interface and --os-region-name against the catalogue (openstack catalog list), or name the endpoints |
        "#]].assert_eq(&markdown());
    }
}

//! Tells the table in force: all of it, one key of it, and the README's copy of it.

use crate::environment::Size;
use crate::rules::{Key, Row, RuleOrigin, Table};
use crate::terminal::layout::{hanging_indent, prefix_lines, wrap};

/// The width for which the table is laid out, in columns.
const WIDTH: usize = Size::FALLBACK.columns;

/// All rows in force, aligned, as `--explain` prints them.
pub(crate) fn table(table: &Table) -> String {
    let rows = table.rows();
    let key = rows.iter().map(|row| row.key.to_string().len()).max().unwrap_or_default();
    let head = format!("{:key$}  {:8}  {:10}  WHAT IT MEANS, AND WHAT TO DO", "KEY", "STATE", "SOURCE");
    let lines = rows.iter().flat_map(|row| {
        let margin = format!("{:key$}  {:8}  {:10}  ", row.key, row.state, row.source.name());
        let action = Some(row.action.to_owned()).filter(|action| !action.is_empty());
        let advice = action.into_iter().chain(row.hints(row.key)).map(|words| format!("-> {words}"));
        let words = std::iter::once(row.meaning.to_owned()).chain(advice);
        prefix_lines(&margin, words.flat_map(|words| wrap(&words, WIDTH - margin.len())))
    });
    written(head, lines)
}

/// What judges one key, as `--explain KEY` prints it.
pub(crate) fn key(table: &Table, key: Key) -> String {
    let found = table.lookup(key);
    found.into_iter().map(|(asked, row)| one(asked, row)).collect::<Vec<_>>().join("\n")
}

fn one(asked: Key, row: Row) -> String {
    let by = if asked == row.key { String::new() } else { format!(", judged by {}", row.key) };
    let part = |name: &str, words: &str| hanging_indent(&format!("  {name:7}  "), words, WIDTH);
    let parts = [
        part("state", row.state.name()),
        part("meaning", row.meaning),
        part("action", row.action),
        row.hints(asked).flat_map(|hint| part("hint", &hint)).collect(),
        part("source", source(row.source)),
    ];
    written(format!("{asked}{by}"), parts.into_iter().flatten())
}

fn written(head: String, lines: impl Iterator<Item = String>) -> String {
    std::iter::once(head).chain(lines).map(|line| line + "\n").collect()
}

const fn source(source: RuleOrigin) -> &'static str {
    match source {
        RuleOrigin::Documented => "documented (the Health-Check API's page)",
        RuleOrigin::BuiltIn => "ours (the Health-Check API's page is silent)",
        RuleOrigin::Overridden => "overridden (--state)",
    }
}

/// The table without overrides, for the README.
pub(crate) fn markdown() -> String {
    let rows = Table::default().rows();
    let rows = rows.iter().map(|row| {
        let Row { key, state, meaning, action, .. } = row;
        let hints = row.hints(*key).map(|hint| format!("; hint: {hint}")).collect::<Vec<_>>().concat();
        format!("| `{key}` | {state} | {} | {meaning} | {action}{hints} |\n", row.source.name())
    });
    let head = "| key | state | source | meaning | action |\n|---|---|---|---|---|\n";
    std::iter::once(head.to_owned()).chain(rows).collect()
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::model::state::State;

    fn explained(overrides: &[(&str, State)], asked: &str) -> String {
        let mut table = Table::default();
        for (name, state) in overrides {
            table.set(Key::parse(name).unwrap(), *state);
        }
        key(&table, Key::parse(asked).unwrap())
    }

    #[test]
    fn a_documented_key_tells_state_meaning_action_and_source() {
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
    fn a_key_without_a_method_tells_both_where_they_differ() {
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
    fn a_hint_stands_behind_the_action() {
        expect![[r#"
            405, judged by 4xx
              state    UNKNOWN
              meaning  the request was refused, not the service
              action   check method (-m), path (--path) and headers against what the service
                       accepts
              hint     on head:405, ask with -m get only, or accept the answer with --state
                       head:405=OK
              hint     on get:405, check that the path is the health check's, or ask with -m
                       head only
              source   ours (the Health-Check API's page is silent)
        "#]]
        .assert_eq(&explained(&[], "405"));
    }

    #[test]
    fn an_override_is_told_as_one() {
        expect![[r#"
            get:404, judged by 4xx
              state    WARNING
              meaning  the API cannot be reached; not even the basic system is up and
                       running
              action   verify that the Ceilometer Reporting API is up and running and that
                       there is connectivity with the back-end
              hint     where it is, check port, prefix and --path
              source   overridden (--state)
        "#]]
        .assert_eq(&explained(&[("4xx", State::Warning)], "get:404"));
    }

    #[test]
    fn the_whole_table_fits_a_terminal() {
        let mut overridden = Table::default();
        overridden.set(Key::parse("get:no-route").unwrap(), State::Unknown);
        let text = table(&overridden);
        assert!(text.lines().all(|line| line.len() <= WIDTH), "{text}");
        let beginning: Vec<_> = text.lines().take(12).collect();
        expect![[r#"
            KEY           STATE     SOURCE      WHAT IT MEANS, AND WHAT TO DO
            get:no-route  UNKNOWN   overridden  there is no way to the address
                                                -> check that the host is up, and routing
                                                and firewalls on the way
            head:204      OK        documented  the API answers
            get:200       OK        documented  the API answers and reaches its back-end
            head:404      CRITICAL  documented  the API cannot be reached; not even the
                                                basic system is up and running
                                                -> verify that the Ceilometer Reporting API
                                                is up and running
                                                -> where it is, check port, prefix and
                                                --path"#]]
        .assert_eq(&beginning.join("\n"));
    }

    #[test]
    fn the_readme_s_table_has_every_row() {
        expect![[r#"
            | key | state | source | meaning | action |
            |---|---|---|---|---|
            | `head:204` | OK | documented | the API answers |  |
            | `get:200` | OK | documented | the API answers and reaches its back-end |  |
            | `head:404` | CRITICAL | documented | the API cannot be reached; not even the basic system is up and running | verify that the Ceilometer Reporting API is up and running; hint: where it is, check port, prefix and --path |
            | `get:404` | CRITICAL | documented | the API cannot be reached; not even the basic system is up and running | verify that the Ceilometer Reporting API is up and running and that there is connectivity with the back-end; hint: where it is, check port, prefix and --path |
            | `head:500` | CRITICAL | documented | the API has been reached but failed to perform its operation; the service is highly compromised | verify that the Ceilometer Reporting API is up and running |
            | `get:500` | CRITICAL | documented | the API has been reached but failed to perform its operation; the service is highly compromised | verify that the Ceilometer Reporting API is up and running and that there is connectivity with the back-end |
            | `get:503` | CRITICAL | documented | the API has been reached but the back-end connectivity is unavailable or compromised; the service cannot perform its operations | verify that the API is up and running and that there is connectivity with the back-end |
            | `1xx` | CRITICAL | ours | an interim status stands as the final answer, which is not HTTP as the API speaks it | check that address and port are the API's, and what stands in front of it |
            | `head:2xx` | WARNING | ours | not the documented answer to HEAD, which is 204: a catch-all page may have answered | check that address, port and path lead to the API's health check |
            | `get:2xx` | WARNING | ours | not the documented answer to GET, which is 200: no proof of a round trip to the back-end | check that address, port and path lead to the API's health check |
            | `3xx` | UNKNOWN | ours | something else answered and redirects elsewhere; redirects are not followed | ask the address that serves the API itself, with the scheme it speaks there |
            | `401` | UNKNOWN | ours | access control answered before the health check could: credentials are asked for | give a token with --token-file or a password with --auth-file, or exempt the health path from authentication |
            | `403` | UNKNOWN | ours | access control answered before the health check could: access is forbidden | give a token with --token-file or a password with --auth-file whose role may ask, or exempt the health path from authorisation |
            | `407` | UNKNOWN | ours | access control answered before the health check could: a proxy asks for credentials | give the proxy's credentials with --proxy-auth-file, or ask the API without that proxy; --token-file and --auth-file are for the API itself |
            | `408` | CRITICAL | ours | the server gave up waiting for the request: a timeout on its side | check the network between here and the server, and the server's load |
            | `429` | WARNING | ours | the service is alive and limits its clients | probe less often, or exempt this client from the limit |
            | `4xx` | UNKNOWN | ours | the request was refused, not the service | check method (-m), path (--path) and headers against what the service accepts; hint: on head:405, ask with -m get only, or accept the answer with --state head:405=OK; hint: on get:405, check that the path is the health check's, or ask with -m head only |
            | `head:503` | CRITICAL | ours | undocumented: HEAD does not ask for the back-end, and yet the service calls itself unavailable | check the API's log, and what stands in front of it |
            | `501` | CRITICAL | ours | undocumented: the server does not know the method | check that address and port are the API's, and what stands in front of it |
            | `502` | CRITICAL | ours | a proxy or load balancer answered: it got no valid answer from the API behind it | check the proxy's view of its servers, then the API itself |
            | `504` | CRITICAL | ours | a proxy or load balancer answered: it got no answer in time from the API behind it | check the proxy's view of its servers, then the API itself |
            | `5xx` | CRITICAL | ours | undocumented: the server failed in a way that the Health-Check API does not know | check the API's log, and what stands in front of it |
            | `dns` | CRITICAL | ours | the name does not resolve | check the spelling of the name, its DNS record and this machine's resolver |
            | `refused` | CRITICAL | ours | the connection was refused: nothing listens there, or a firewall says no | check that the API runs and listens on this address and port |
            | `no-route` | CRITICAL | ours | there is no way to the address | check that the host is up, and routing and firewalls on the way |
            | `reset` | CRITICAL | ours | the connection was reset before it was answered | check the API's log for a crash, and what stands in front of it |
            | `closed` | CRITICAL | ours | the connection was closed before it was answered | check the API's log for a crash, and what stands in front of it |
            | `timeout` | CRITICAL | ours | no answer in time | check that the host is up, that no firewall drops the packets, and the load of the API |
            | `tls` | CRITICAL | ours | no trusted connection could be made | check the server's certificate against --cacert and the name that was asked, and whether it wants a client certificate (--cert) or speaks plain http there |
            | `protocol` | CRITICAL | ours | the peer answered, but not with HTTP as the API speaks it | check that address and port are the API's, and whether it speaks https there (-S) |
            | `body` | CRITICAL | ours | the answer broke off within its body | check the API's log for a crash, and what stands in front of it |
            | `proxy` | UNKNOWN | ours | the proxy, not the service, failed | check --proxy and --proxy-auth-file, and whether the proxy lets this request pass |
            | `local` | UNKNOWN | ours | the probe could not do its work on this machine | check options, files and limits (descriptors, threads) of the machine that probes |
        "#]].assert_eq(&markdown());
    }
}

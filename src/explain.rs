//! `--explain`: the table of rules, one of its rows, or a diagnosis. The man page and the reference show the same texts.

use std::cmp::Reverse;

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
            return rows
                .map(|(head, parts)| format_entry(&head, &parts, columns))
                .collect::<Vec<_>>()
                .join("\n");
        }
        Topic::Diagnosis(diagnosis) => explained(table, diagnosis),
        Topic::Term(term) => (term.name.to_owned(), vec![("meaning", term.meaning.to_owned())]),
    };
    format_entry(&head, &parts, columns)
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
    let explanation = EXPLANATIONS.iter().find(|own| own.diagnosis == diagnosis);
    let [meaning, cause, first] = explanation.map_or([""; 3], |own| [own.meaning, own.cause, own.first]);
    let leads_here = |row: &Row| row.diagnosis == diagnosis || row.other_diagnosis == Some(diagnosis);
    let mut rows = table.rows().into_iter().filter(leads_here).collect::<Vec<_>>();
    rows.sort_by_key(|row| Reverse(row.state.severity()));
    let rows = rows.chunk_by(|one, next| one.state == next.state).map(|alike| {
        let keys = alike.iter().map(|row| row.key.to_string()).collect::<Vec<_>>().join(", ");
        alike.first().map_or(String::new(), |first| format!("{keys} ({})", first.state))
    });
    let rows = rows.collect::<Vec<_>>().join("; ");
    let also = Term::find(diagnosis.name()).map_or("", |term| term.meaning);
    let parts = [("meaning", meaning), ("rows", &rows), ("cause", cause), ("first", first), ("also", also)];
    (diagnosis.to_string(), parts.map(|(name, text)| (name, text.to_owned())).into())
}

fn format_entry(head: &str, parts: &Parts, columns: usize) -> String {
    let parts = parts.iter().filter(|(_, text)| !text.is_empty());
    lines(
        head.to_owned(),
        parts.flat_map(|(name, text)| hanging_indent(&format!("  {name:7}  "), text, columns)),
    )
}

fn lines(head: String, lines: impl Iterator<Item = String>) -> String {
    std::iter::once(head).chain(lines).map(|line| line + "\n").collect()
}

/// The words about a diagnosis; those that are lacking are empty.
#[derive(Clone, Copy)]
pub(crate) struct Explanation {
    pub(crate) diagnosis: Diagnosis,
    pub(crate) meaning: &'static str,
    /// The cause, where that is not, or not only, a row of the table.
    pub(crate) cause: &'static str,
    /// The first thing to do.
    pub(crate) first: &'static str,
}

// A test holds it to the diagnoses and their order.
pub(crate) static EXPLANATIONS: [Explanation; Diagnosis::ALL.len()] = [
    Explanation {
        diagnosis: Diagnosis::Healthy,
        meaning: "every request was answered as documented",
        cause: "",
        first: "",
    },
    Explanation {
        diagnosis: Diagnosis::Alive,
        meaning: "the API answers; its back-end was not checked",
        cause: "a good answer to HEAD under -m head",
        first: "",
    },
    Explanation {
        diagnosis: Diagnosis::BackendDown,
        meaning: "the API is up, and reports that it cannot reach its back-end",
        cause: "",
        first: "check the back-end (database or storage) that the answer names, and the network from the API to it",
    },
    Explanation {
        diagnosis: Diagnosis::BackendStalled,
        meaning: "the API answered HEAD, but not GET, which alone needs the back-end",
        cause: "GET timed out, was reset or closed, or broke off, after HEAD was answered",
        first: "check the load and the locks of the back-end, and the network from the API to it",
    },
    Explanation {
        diagnosis: Diagnosis::ApiError,
        meaning: "the API failed to perform the check",
        cause: "",
        first: "look for the request in the log of the API",
    },
    Explanation {
        diagnosis: Diagnosis::NotFound,
        meaning: "there is no health check at this URL",
        cause: "",
        first: "check port, prefix and --path, and that this version of the API has the health check",
    },
    Explanation {
        diagnosis: Diagnosis::Unreachable,
        meaning: "no connection could be made",
        cause: "the name did not resolve, or the connection was refused, found no route or timed out",
        first: "check that the host is up and that the API listens on this port, then the firewalls on the way",
    },
    Explanation {
        diagnosis: Diagnosis::NoAnswer,
        meaning: "a connection was made, but the first request got no HTTP answer",
        cause: "the connection was reset or closed, or the time ran out, after connecting",
        first: "check the log and the load of the API, and whether the port expects https (-S)",
    },
    Explanation {
        diagnosis: Diagnosis::TlsFailed,
        meaning: "no trusted TLS connection could be made",
        cause: "",
        first: "check the dates, the names and the issuer of the server certificate, and --cacert",
    },
    Explanation {
        diagnosis: Diagnosis::Denied,
        meaning: "access control answered before the health check could",
        cause: "",
        first: "give a token (--token-file), or exempt the health path from authentication",
    },
    Explanation {
        diagnosis: Diagnosis::ProxyError,
        meaning: "a proxy or load balancer answered in place of the API",
        cause: "a failure that bears the name of a proxy or load balancer, or has a form that is not the API's",
        first: "check which of its servers the proxy considers down, then one of those directly",
    },
    Explanation {
        diagnosis: Diagnosis::Throttled,
        meaning: "the service is alive and limits its clients",
        cause: "",
        first: "check less often, or exempt this client",
    },
    Explanation {
        diagnosis: Diagnosis::WrongService,
        meaning: "something other than the API answered",
        cause: "",
        first: "check address, port and path, and whether the port expects https (-S)",
    },
    Explanation {
        diagnosis: Diagnosis::Stale,
        meaning: "a cache answered, which does not prove that the service answers now",
        cause: "",
        first: "let the cache pass the health path on, or check the API behind it",
    },
    Explanation {
        diagnosis: Diagnosis::Contradictory,
        meaning: "the status says that all is well, and the body that a component failed",
        cause: "",
        first: "check the component that the answer names",
    },
    Explanation {
        diagnosis: Diagnosis::RequestRejected,
        meaning: "this request was refused, which says nothing of the service's health",
        cause: "",
        first: "check method (-m), path (--path) and headers",
    },
    Explanation {
        diagnosis: Diagnosis::Slow,
        meaning: "a response time crossed a threshold",
        cause: "a threshold given with -w, -c, --backend-warning or --backend-critical",
        first: "run with -vv, which shows the phase that takes the time",
    },
    Explanation {
        diagnosis: Diagnosis::CertificateExpiring,
        meaning: "the server certificate expires soon",
        cause: "a threshold given with --certificate-warning or --certificate-critical",
        first: "renew the certificate, and check that the server has loaded it",
    },
    Explanation {
        diagnosis: Diagnosis::KeystoneDown,
        meaning: "Keystone did not answer the login; endpoints that were given or cached were checked without a token",
        cause: "no HTTP answer, or one that is not Keystone's, such as a web server's at a wrong auth_url",
        first: "check auth_url, then Keystone and its database",
    },
    Explanation {
        diagnosis: Diagnosis::LoginRefused,
        meaning: "Keystone refused the login",
        cause: "",
        first: "check user, password or secret, project, domains and the role in the project",
    },
    Explanation {
        diagnosis: Diagnosis::NotInCatalog,
        meaning: "the catalogue names no endpoint to check",
        cause: "",
        first: "compare service type, interface and region with openstack catalog list",
    },
    Explanation {
        diagnosis: Diagnosis::Unexpected,
        meaning: "a failure that the Health-Check API does not document",
        cause: "also a GET that was not sent or had too little time, because the time of the run (-t) was spent",
        first: "look at the status and the text of the answer (-vv), then at the log of the API",
    },
];

const fn describe_origin(origin: RuleOrigin) -> &'static str {
    match origin {
        RuleOrigin::Documented => "documented (the Health-Check API's page)",
        RuleOrigin::BuiltIn => "ours (the Health-Check API's page is silent)",
        RuleOrigin::Overridden => "overridden (--state)",
    }
}

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
            let widest = widest(&text);
            assert!((columns - 8..=columns).contains(&widest), "{widest} of {columns} columns:\n{text}");
        }
        let no_answer = topic(&Table::default(), Topic::Diagnosis(Diagnosis::NoAnswer), 40);
        assert!(widest(&no_answer) <= 40, "{no_answer}");
    }

    #[test]
    fn one_explanation_of_each_diagnosis() {
        assert_eq!(EXPLANATIONS.map(|own| own.diagnosis), Diagnosis::ALL);
    }

    #[test]
    fn diagnoses() {
        let explained = |diagnosis| topic(&Table::default(), Topic::Diagnosis(diagnosis), WIDTH);
        assert!(Diagnosis::ALL.iter().all(|own| explained(*own).lines().all(|line| line.len() <= WIDTH)));
        let some = [Diagnosis::Healthy, Diagnosis::Alive, Diagnosis::Unreachable].map(explained);
        expect![[r#"
            healthy
              meaning  every request was answered as documented
              rows     head:204, get:200, login:201 (OK)
              also     as a metric, the number of endpoints in state OK

            alive
              meaning  the API answers; its back-end was not checked
              cause    a good answer to HEAD under -m head

            unreachable
              meaning  no connection could be made
              rows     dns, refused, no-route (CRITICAL); proxy (UNKNOWN)
              cause    the name did not resolve, or the connection was refused, found no
                       route or timed out
              first    check that the host is up and that the API listens on this port, then
                       the firewalls on the way
        "#]]
        .assert_eq(&some.join("\n"));
    }

    #[test]
    fn diagnosis_of_every_row() {
        for row in Table::default().rows() {
            for diagnosis in [Some(row.diagnosis), row.other_diagnosis].into_iter().flatten() {
                let text = topic(&Table::default(), Topic::Diagnosis(diagnosis), WIDTH);
                assert!(text.contains(&row.key.to_string()), "{text}");
            }
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

    /// A row that the body divides between two diagnoses is listed with both.
    #[test]
    fn row_of_two_diagnoses() {
        let refused = topic(&Table::default(), Topic::Diagnosis(Diagnosis::LoginRefused), WIDTH);
        assert!(refused.contains("rows     login:404, login:405, login:4xx (UNKNOWN)\n"), "{refused}");
        expect![[r#"
            login:404
              state    UNKNOWN
              meaning  there is no login at this address: it is not Keystone's
              action   check auth_url; it must not end in /auth/tokens
              hint     where the body is Keystone's own error in JSON (login-refused), the
                       address is right, and Keystone knows no such application credential,
                       token, user, project or domain: check their names and ids, and
                       whether it was deleted or has expired
              source   ours (the Health-Check API's page is silent)
        "#]]
        .assert_eq(&explained(&[], "login:404"));
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
                                                  -> if the API runs, check port, prefix and"#]]
        .assert_eq(&beginning.join("\n"));
    }
}

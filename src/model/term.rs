//! The words of an alert that are neither a key nor a diagnosis.

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Term {
    pub(crate) name: &'static str,
    pub(crate) meaning: &'static str,
}

/// All terms: states, marks, metrics, then the words of requests and runs.
pub(crate) static TERMS: &[Term] = &[
    term("OK", "everything is as documented, or as --state allows; exit code 0"),
    term("WARNING", "the service works, but something needs attention soon; exit code 1"),
    term("CRITICAL", "a client of the service fails now, or soon will; exit code 2"),
    term(
        "UNKNOWN",
        "nothing is known of the service: access control, a proxy, another service or this machine came first; \
         exit code 3",
    ),
    term("SIMULATED", "the endpoints are those of --simulate: nothing is known of the real ones"),
    term("not verified", "-k is set: TLS was spoken, but the server's certificate was not checked"),
    term("head_time", "the time of HEAD in seconds, answered or not, with the thresholds of -w and -c"),
    term("get_time", "the time of GET in seconds, answered or not, with the thresholds of -w and -c"),
    term(
        "backend_time",
        "the back-end's share of GET in seconds: GET's wait for the first byte minus HEAD's; only where the API \
         answered both",
    ),
    term(
        "certificate_days",
        "days until the server's certificate expires, below zero for one that has expired",
    ),
    term("auth_time", "the time of the login to Keystone in seconds (--os-cloud)"),
    term("endpoints", "the number of endpoints that were checked"),
    term("healthy", "as a metric, the number of endpoints in state OK"),
    term(
        "quorum",
        "--quorum: number of endpoints that must be OK or WARNING for the run to be no worse than WARNING",
    ),
    term("retry", "a CRITICAL endpoint was checked again (--retries), and the last result counts"),
    term(
        "skipped",
        "a request that was not sent, because nothing could be reached or the time was spent; it has no state",
    ),
    term("documented", "the rule is that of the Health-Check API's page"),
    term("ours", "the rule is this program's, where the Health-Check API's page is silent"),
    term("overridden", "the rule is that of --state"),
    term("resolve", "the phase of a request in which its name is looked up"),
    term("connect", "the phase of a request in which TCP connects, through the proxy if there is one"),
    term("send", "the phase of a request in which it is sent"),
    term("wait", "the phase of a request from its last byte to the first one of the answer"),
    term("receive", "the phase of a request from the first byte of the answer to its last one"),
];

const fn term(name: &'static str, meaning: &'static str) -> Term {
    Term { name, meaning }
}

impl Term {
    /// Finds a term by its name, in any case.
    pub(crate) fn find(text: &str) -> Option<&'static Term> {
        TERMS.iter().find(|term| term.name.eq_ignore_ascii_case(text))
    }
}

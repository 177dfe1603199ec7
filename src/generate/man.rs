//! The manual page, drawn from the option list and the table of rules.

use clap::{Arg, Command, CommandFactory};
use clap_mangen::Man;

use crate::cli::{Cli, EXAMPLES, NAME, OPTS_VAR};
use crate::explain::{EXPLANATIONS, Explanation};
use crate::model::term::{TERMS, Term};
use crate::rules::{Row, RuleOrigin, Table};

pub(super) fn page() -> String {
    // The generator omits the short help of options that -h hides; the page shows all.
    let command = Cli::command().mut_args(|option| option.hide_short_help(false));
    let headings: Vec<String> = headings(&command);
    let man = Man::new(command);
    let sections: [String; 12] = [
        title(),
        drawn(|page| man.render_name_section(page)),
        drawn(|page| man.render_synopsis_section(page)),
        drawn(|page| man.render_description_section(page)),
        options(&man, &headings),
        exit_status(),
        environment() + &haproxy(),
        examples(),
        diagnoses(),
        format_table(),
        terms(),
        see_also(),
    ];
    sections.concat()
}

/// The title line. No date: the page is the same whenever it is made.
fn title() -> String {
    let version = env!("CARGO_PKG_VERSION");
    format!(".TH {NAME} 1 \"\" \"{NAME} {version}\" \"Monitoring Plugins\"\n")
}

/// Renders one section by the generator. Writing into memory does not fail.
fn drawn(render: impl FnOnce(&mut dyn std::io::Write) -> std::io::Result<()>) -> String {
    let mut text = Vec::new();
    let written = render(&mut text);
    debug_assert!(written.is_ok(), "writing into memory failed");
    String::from_utf8_lossy(&text).into_owned()
}

fn headings(command: &Command) -> Vec<String> {
    let mut headings: Vec<String> =
        command.get_arguments().filter_map(Arg::get_help_heading).map(Into::into).collect();
    headings.dedup();
    headings
}

/// The options, each group of the help a subsection under the help's own heading.
fn options(man: &Man, headings: &[String]) -> String {
    let text = drawn(|page| man.render_options_section(page));
    let text = argument_first(&text).unwrap_or(text);
    let drawn_heading = |line: &str| {
        let title = line.strip_prefix(".SH ")?.trim_matches('"');
        headings.iter().find(|heading| heading.to_uppercase() == title)
    };
    text.lines().fold(section("OPTIONS"), |page, line| match drawn_heading(line) {
        Some(heading) => page + &format!(".SS \"{heading}\"\n"),
        None => page + line + "\n",
    })
}

/// Moves ENDPOINT before the options of its heading, which refer to it; the generator puts it after them.
fn argument_first(text: &str) -> Option<String> {
    let (before, rest) = text.split_once(".TP\n[")?;
    let (argument, after) = rest.split_once(".SH")?;
    let (heading, options) = before.split_once(".TP\n")?;
    Some([heading, ".TP\n[", argument, ".TP\n", options, ".SH", after].concat())
}

/// The table, as `--explain` prints it without overrides.
fn format_table() -> String {
    let introduction = plain(
        "Each answer or failure is judged by the row with the most specific key: method and status, status, method \
         and class, class. --state overrides any row, and --explain prints the result. The rows marked * are those \
         of the Health-Check API's page; the others, and the hints, are this program's own.",
    );
    let rows = Table::default().rows();
    section("TABLE") + &introduction + &rows.iter().map(format_row).collect::<Vec<_>>().concat()
}

/// One row of the table: key and state, then meaning and action.
fn format_row(row: &Row) -> String {
    let mark = if row.origin == RuleOrigin::Documented { " *" } else { "" };
    let action = if row.action.is_empty() { String::new() } else { format!(" Action: {}.", row.action) };
    let hints = row.hints(row.key).map(|hint| format!(" Hint: {hint}.")).collect::<Vec<_>>().concat();
    let (key, text) = (escape(&row.key.to_string()), escape(&format!("{}.{action}{hints}", row.meaning)));
    format!(".TP\n\\fB{key}\\fR {}{mark}\n{text}\n", row.state)
}

/// The diagnoses, as `--explain` shows them.
fn diagnoses() -> String {
    let introduction = plain(
        "The summary of one endpoint begins with its diagnosis. The summary of several endpoints begins with their \
         number, and a set-up error has no diagnosis. --explain also shows the rows that lead to a diagnosis.",
    );
    let texts = EXPLANATIONS.iter().map(|Explanation { diagnosis, meaning, cause, first }| {
        let cause = if cause.is_empty() { String::new() } else { format!(" Cause: {cause}.") };
        let first = if first.is_empty() { String::new() } else { format!(" First, {first}.") };
        format!(".TP\n.B {}\n{}\n", escape(diagnosis.name()), escape(&format!("{meaning}.{cause}{first}")))
    });
    section("DIAGNOSES") + &introduction + &texts.collect::<String>()
}

/// The other words that `--explain` knows.
fn terms() -> String {
    let text = |term: &Term| format!(".TP\n.B {}\n{}.\n", escape(term.name), escape(term.meaning));
    section("OTHER WORDS OF THE OUTPUT") + &TERMS.iter().map(text).collect::<String>()
}

fn exit_status() -> String {
    let codes = [
        ("0", "OK"),
        ("1", "WARNING; with --fail-on every state from the given one on, and UNKNOWN"),
        ("2", "CRITICAL"),
        ("3", "UNKNOWN; a usage or set-up error, also with --fail-on; --help and --version"),
    ];
    section("EXIT STATUS")
        + &tagged(&codes)
        + &paragraph(
            "There is no other exit status, unless a signal ends the run. In HAProxy mode WARNING exits 0. A result \
             that cannot be written exits 2 if it is CRITICAL, and 3 otherwise.",
        )
}

fn environment() -> String {
    let variables = [
        (
            OPTS_VAR,
            "Options, split as a shell splits words. Those of the command line come after them, and win. Endpoints, \
             --simulate, --generate, --explain, --watch, --wait, --help and --version are not allowed there, nor \
             is -H outside of HAProxy mode.",
        ),
        ("NO_COLOR", "If not empty, no colour is used unless --color demands it."),
        (
            "SSL_CERT_FILE, SSL_CERT_DIR",
            "The trust store in place of the system's. --cacert goes before both.",
        ),
        (
            "HAPROXY_SERVER_ADDR, HAPROXY_SERVER_PORT, HAPROXY_PROXY_NAME, HAPROXY_SERVER_SSL",
            "Set by HAProxy. They distinguish its call from a user's, and say whether the server uses TLS.",
        ),
        (
            "http_proxy, https_proxy, all_proxy",
            "Ignored, in capitals too, and noted at -v. --proxy is the only way to use a proxy.",
        ),
    ];
    section("ENVIRONMENT") + &tagged(&variables)
}

fn haproxy() -> String {
    let facts = [
        "HAProxy's external-check command cannot have options. HAProxy's call is recognised by its four arguments \
         and HAProxy's variables in the environment. --generate haproxy prints a wrapper script for options, and \
         the configuration.",
        "HAProxy wipes the environment, and ends a check after inter (2 s by default). The run ends after 1.5 s \
         unless -t says otherwise.",
    ];
    section("HAPROXY") + &facts.map(plain).join(".PP\n")
}

fn examples() -> String {
    EXAMPLES.into_iter().fold(section("EXAMPLES"), |text, (purpose, command)| {
        text + &format!(".TP\n{}:\n.B {}\n", escape(purpose), escape(command))
    })
}

fn see_also() -> String {
    section("SEE ALSO")
        + ".BR curl (1),\n.BR haproxy (1)\n"
        + &paragraph(
            "The Monitoring Plugins development guidelines, https://www.monitoring-plugins.org/doc/guidelines.html",
        )
}

fn section(title: &str) -> String {
    format!(".SH \"{title}\"\n")
}

/// The first paragraph of a section.
fn plain(text: &str) -> String {
    escape(text) + "\n"
}

/// A further paragraph.
fn paragraph(text: &str) -> String {
    format!(".PP\n{}\n", escape(text))
}

fn tagged(items: &[(&str, &str)]) -> String {
    let entries = items.iter().map(|(tag, text)| format!(".TP\n.B {}\n{}\n", escape(tag), escape(text)));
    entries.collect::<Vec<_>>().concat()
}

/// Escapes what roff would interpret: hyphens, backslashes, and a leading dot or quote.
fn escape(text: &str) -> String {
    let text = text.replace('\\', "\\e").replace('-', "\\-");
    if text.starts_with(['.', '\'']) { format!("\\&{text}") } else { text }
}

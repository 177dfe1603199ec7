//! The manual page, drawn from the option list and the table of rules.

use clap::{Arg, Command, CommandFactory};
use clap_mangen::Man;

use crate::cli::{Cli, EXAMPLES, NAME, OPTS_VAR};
use crate::explain::{self, Explanation};
use crate::model::diagnosis::Diagnosis;
use crate::model::term::{TERMS, Term};
use crate::rules::{Row, RuleOrigin, Table};

/// The whole page in roff.
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
        table(),
        diagnoses(),
        terms(),
        exit_status(),
        environment() + &haproxy(),
        examples(),
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

/// The help's groups of options, in order.
fn headings(command: &Command) -> Vec<String> {
    let mut headings: Vec<String> =
        command.get_arguments().filter_map(Arg::get_help_heading).map(Into::into).collect();
    headings.dedup();
    headings
}

/// The options, each group of the help a subsection under the help's own heading.
fn options(man: &Man, headings: &[String]) -> String {
    let text = drawn(|page| man.render_options_section(page));
    let drawn_heading = |line: &str| {
        let title = line.strip_prefix(".SH ")?.trim_matches('"');
        headings.iter().find(|heading| heading.to_uppercase() == title)
    };
    text.lines().fold(section("OPTIONS"), |page, line| match drawn_heading(line) {
        Some(heading) => page + &format!(".SS \"{heading}\"\n"),
        None => page + line + "\n",
    })
}

/// The table, as `--explain` prints it without overrides.
fn table() -> String {
    let introduction = plain(
        "An answer or failure is judged by the first row that applies to it: method and status before status, \
         status before method and class, that before class. --state overrides rows; --explain prints the \
         table in force. Rows marked * are documented by the Health-Check API; the others are ours, and so are \
         the hints.",
    );
    let rows = Table::default().rows();
    section("TABLE") + &introduction + &rows.iter().map(row).collect::<Vec<_>>().concat()
}

/// One row of the table: key and state, then meaning and action.
fn row(row: &Row) -> String {
    let mark = if row.origin == RuleOrigin::Documented { " *" } else { "" };
    let action = if row.action.is_empty() { String::new() } else { format!(" Action: {}.", row.action) };
    let hints = row.hints(row.key).map(|hint| format!(" Hint: {hint}.")).collect::<Vec<_>>().concat();
    let (key, text) = (escape(&row.key.to_string()), escape(&format!("{}.{action}{hints}", row.meaning)));
    format!(".TP\n\\fB{key}\\fR {}{mark}\n{text}\n", row.state)
}

/// The diagnoses, as `--explain` shows them.
fn diagnoses() -> String {
    let introduction = plain(
        "The summary of one endpoint begins with its diagnosis; that of several counts the endpoints first, and a set-up error \
         has none. --explain also shows the rows that lead to a diagnosis.",
    );
    let texts = Diagnosis::ALL.iter().map(|&diagnosis| {
        let Explanation { meaning, cause, first } = explain::explanation(diagnosis);
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
            "Nothing else is ever returned. In HAProxy mode WARNING exits 0. A result that cannot be written \
             stays CRITICAL if it is, and is UNKNOWN otherwise.",
        )
}

fn environment() -> String {
    let variables = [
        (
            OPTS_VAR,
            "Options, split as a shell splits words. They come before those of the command line, which \
             therefore win. Endpoints, --simulate, --generate, --explain, --watch, --wait, --help and \
             --version are not allowed there; -H is in HAProxy mode.",
        ),
        ("NO_COLOR", "If not empty, no colour is used unless --color demands it."),
        ("SSL_CERT_FILE, SSL_CERT_DIR", "The trust store instead of the system's; --cacert goes first."),
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
        "HAProxy's external-check command cannot have options: four arguments and HAProxy's variables in the \
         environment are recognised as its call. --generate haproxy prints a wrapper script and the \
         configuration for all else.",
        "HAProxy wipes the environment, and ends a check after inter (2 s by default); the run ends after \
         1.5 s unless -t says otherwise.",
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

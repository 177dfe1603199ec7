//! The plugin under test: its path, its generated texts, and its output when called directly.

use std::env;
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

use crate::support::programs::Run;

/// Returns the path of the plugin under test: the build's, or the installed one that `PLUGIN_UNDER_TEST` names.
pub(crate) fn path() -> &'static str {
    static PATH: OnceLock<String> = OnceLock::new();
    let build = env!("CARGO_BIN_EXE_check_ceilometer");
    PATH.get_or_init(|| env::var("PLUGIN_UNDER_TEST").unwrap_or_else(|_| build.to_owned()))
}

/// Returns the directory of the plugin under test.
pub(crate) fn directory() -> &'static str {
    Path::new(path()).parent().unwrap().to_str().unwrap()
}

/// Copies the plugin with `cp`. A child that another test forks meanwhile would inherit a descriptor of this process, and
/// the copy could not be executed.
pub(crate) fn copy(plugin: impl AsRef<Path>, to: &Path) {
    assert!(Command::new("cp").arg(plugin.as_ref()).arg(to).status().unwrap().success(), "{}", to.display());
}

/// Runs the plugin as Nagios would.
pub(crate) fn run(args: &[&str]) -> Run {
    Run::of(Command::new(path()).args(args))
}

/// Returns a generated text, which calls the binary under test.
pub(crate) fn generated(what: &str) -> String {
    let run = run(&["--generate", what]);
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""), "--generate {what}");
    run.stdout
}

/// Returns the part of a generated text that belongs into the named file.
pub(crate) fn file_of(text: &str, path: &str) -> String {
    let marker = format!("\n# ==> {path} <==\n");
    let (_, rest) = text.split_once(&marker).unwrap_or_else(|| panic!("no {marker} in {text}"));
    rest.split("\n# ==> ").next().unwrap().to_owned()
}

/// Replaces each of the old words, all of which must occur.
pub(crate) fn replaced(text: &str, words: &[(&str, &str)]) -> String {
    words.iter().fold(text.to_owned(), |text, (old, new)| {
        assert!(text.contains(old), "no {old:?} in {text}");
        text.replace(old, new)
    })
}

/// Returns the labels of performance data, in order.
pub(crate) fn labels(perfdata: &str) -> Vec<String> {
    perfdata.split_whitespace().map(|metric| metric.split('=').next().unwrap().to_owned()).collect()
}

/// Replaces every measured time by `T`, so that two runs can be compared.
pub(crate) fn timeless(text: &str) -> String {
    let mut kept = String::new();
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, digits) = rest.split_at(start);
        let end = digits.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(digits.len());
        let (number, after) = digits.split_at(end);
        let is_time = number.trim_end_matches('.').contains('.') && !number.starts_with("127.")
            || after.starts_with(" ms")
            || after.starts_with("ms");
        kept.push_str(before);
        kept.push_str(if is_time { "T" } else { number });
        rest = after;
    }
    kept + rest
}

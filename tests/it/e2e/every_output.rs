//! Every diagnosis in every format, whole: what `--simulate` shows, compared with the files in `tests/it/e2e/outputs/`.
//! `UPDATE_EXPECT=1` rewrites them.

use check_ceilometer::testing;
use expect_test::expect_file;

use crate::support::harness::{Finished, at_once, check};

/// Characters of the phase bar, whose lengths are times.
const BAR: &str = "░▒▓▪█▄";

/// Replaces what differs from run to run: ports, times, dates, the phase bar and its legend.
fn normalize(text: &str) -> String {
    text.lines().map(normalize_line).filter(|line| line != "LEGEND").map(|line| line + "\n").collect()
}

fn normalize_line(line: &str) -> String {
    let indent = line.len() - line.trim_start().len();
    let mut words: Vec<String> = line.split_whitespace().map(normalize_word).collect();
    // Three digits are a status unless a unit follows; a second may also be 999 ms.
    for index in 1..words.len() {
        if is_unit(&words[index]) {
            words[index - 1] = "N".into();
            words[index] = words[index].trim_start_matches('m').into();
        }
    }
    let words = words.join(" ").replace("BAR BAR", "BAR");
    if words.starts_with("BAR ") { "LEGEND".into() } else { " ".repeat(indent) + &words }
}

fn is_unit(word: &str) -> bool {
    matches!(word.trim_end_matches(|letter: char| !letter.is_ascii_alphanumeric()), "ms" | "s")
}

fn normalize_word(word: &str) -> String {
    if word.chars().all(|letter| BAR.contains(letter)) {
        return "BAR".into();
    }
    let mut normal = String::new();
    let mut rest = word;
    while let Some(start) = rest.find(|letter: char| letter.is_ascii_digit()) {
        normal += &rest[..start];
        rest = &rest[start..];
        let end = rest.find(|letter: char| !letter.is_ascii_digit() && letter != '.').unwrap_or(rest.len());
        let number = rest[..end].trim_end_matches('.');
        rest = &rest[number.len()..];
        if let Some(after_date) = date_end(number, rest) {
            normal += "DATE";
            rest = after_date;
        } else {
            normal += replacement(&normal, number, rest);
        }
    }
    normal + rest
}

/// The text after a date, and after the time of day if one follows.
fn date_end<'a>(year: &str, rest: &'a str) -> Option<&'a str> {
    let is_date = year.len() == 4 && rest.len() >= 6 && rest.starts_with('-') && rest[3..].starts_with('-');
    let rest = is_date.then(|| &rest[6..])?;
    let time = rest.strip_prefix('T').and_then(|time| Some(&time[time.find('Z')? + 1..]));
    Some(time.unwrap_or(rest))
}

fn replacement<'a>(before: &str, number: &'a str, rest: &str) -> &'a str {
    let is_address = number.matches('.').count() == 3;
    let is_port = before.ends_with("127.0.0.1:");
    let is_status = number.len() == 3 && !number.contains('.') && !rest.starts_with("ms");
    match number {
        _ if is_port => "PORT",
        _ if is_address || is_status || number.len() == 1 => number,
        _ => "N",
    }
}

fn output(format: &str, run: &Finished) -> String {
    let code = run.exits_as_a_plugin().code.unwrap_or_default();
    format!("== {format}, exit code {code}\n{}", normalize(&run.stdout))
}

#[test]
fn every_diagnosis_in_every_format() {
    for diagnosis in testing::diagnosis_names() {
        let formats = testing::format_names();
        let asked = formats.iter().map(|format| check(["--simulate", diagnosis, "-t", "1", "-o", format]));
        let runs = at_once(asked);
        let shown = formats.iter().zip(&runs).map(|(format, run)| output(format, run));
        expect_file![format!("outputs/{diagnosis}.txt")].assert_eq(&shown.collect::<String>());
    }
}

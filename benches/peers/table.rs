//! Prints the comparison in Markdown.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::Write as _;

use anyhow::Result;

use crate::cases::{Case, name};
use crate::measure::{Cost, Gauge, Subject};

/// All figures of a run, by the subject's name.
#[derive(Debug, Default)]
pub(crate) struct Results {
    costs: HashMap<String, Cost>,
    instructions: HashMap<String, u64>,
}

/// Prints a part of the result at once.
pub(crate) fn print(text: &str) {
    let mut output = std::io::stdout().lock();
    // The reader may have gone.
    let _ = writeln!(output, "{text}").and_then(|()| output.flush());
}

pub(crate) fn machine(properties: &[(String, String)], versions: &[(String, String)]) -> String {
    let mut text = String::from("| | |\n|---|---|\n");
    for (what, value) in properties.iter().chain(versions) {
        let _ = writeln!(text, "| {what} | {value} |");
    }
    text
}

impl Results {
    /// Measures the subjects of a case, keeps the figures, and returns the table of the case.
    pub(crate) fn measure(&mut self, case: &Case, subjects: &[Subject], gauge: &Gauge) -> Result<String> {
        let tried: Vec<_> = subjects.iter().map(|subject| (subject, subject.try_out())).collect();
        let able: Vec<_> =
            tried.iter().filter(|(_, result)| result.is_ok()).map(|(subject, _)| *subject).collect();
        for (subject, cost) in able.iter().zip(gauge.compare(&able, case.rounds)?) {
            self.costs.insert(subject.name.clone(), cost);
            if let Some(count) = case.counted.then(|| subject.instructions().ok()).flatten() {
                self.instructions.insert(subject.name.clone(), count);
            }
        }
        let mut text = format!("## {}\n\nMedians of {} alternating runs.\n\n", case.title, case.rounds);
        text.push_str("| program | wall | quartiles | ratio | peak memory | instructions |\n");
        text.push_str("|---|--:|--:|--:|--:|--:|\n");
        let first = subjects.first().map(|subject| subject.name.as_str()).unwrap_or_default();
        for (subject, result) in &tried {
            let _ = match result {
                Ok(()) => writeln!(text, "{}", self.row(&subject.name, first)),
                Err(error) => writeln!(text, "| {} | left out: {error:#} | | | | |", subject.name),
            };
        }
        Ok(text)
    }

    fn row(&self, name: &str, first: &str) -> String {
        let milliseconds =
            |percent| self.costs.get(name).map_or(0.0, |cost| cost.wall(percent).as_secs_f64() * 1000.0);
        let ratio = self.wall_ratio(name, first).map(|ratio| format!("{ratio:.2}")).unwrap_or_default();
        let peak = self.costs.get(name).map(|cost| format!("{} KiB", cost.peak_kib)).unwrap_or_default();
        let instructions = self.instructions.get(name).map(|count| format!("{:.2} M", million(*count)));
        format!(
            "| {name} | {:.2} ms | {:.2}–{:.2} | {ratio} | {peak} | {} |",
            milliseconds(50),
            milliseconds(25),
            milliseconds(75),
            instructions.unwrap_or_default()
        )
    }

    fn wall(&self, name: &str) -> Option<f64> {
        self.costs.get(name).map(|cost| cost.wall(50).as_secs_f64())
    }

    fn wall_ratio(&self, name: &str, other: &str) -> Option<f64> {
        Some(self.wall(name)? / self.wall(other)?)
    }

    fn peak_megabytes(&self, name: &str) -> Option<f64> {
        self.costs.get(name).map(|cost| megabytes(cost.peak_kib))
    }

    /// Compares the targets with the measured figures.
    pub(crate) fn targets(&self) -> String {
        let wall = |name, other| self.wall_ratio(name, other);
        let instructions = |name| self.instructions.get(name).map(|count| million(*count));
        let instruction_ratio = |name, other| Some(instructions(name)? / instructions(other)?);
        let peak_ratio = |name, other| Some(self.peak_megabytes(name)? / self.peak_megabytes(other)?);
        let [_, thousand, myriad] = name::GROWTH;
        let targets = [
            ("GET / check_http's GET, wall", "≤ 0.57", wall(name::GET, name::CHECK_HTTP)),
            ("HEAD and GET / check_http's GET, wall", "≤ 0.65", wall(name::BOTH, name::CHECK_HTTP)),
            (
                "GET / check_http's GET, wall, as installed",
                "≤ 0.62",
                wall(name::INSTALLED_GET, name::INSTALLED_CHECK_HTTP),
            ),
            (
                "HEAD and GET / check_http's GET, wall, as installed",
                "≤ 0.67",
                wall(name::INSTALLED_BOTH, name::INSTALLED_CHECK_HTTP),
            ),
            ("HEAD and GET / check_http's GET, peak memory", "≤ 1", peak_ratio(name::BOTH, name::CHECK_HTTP)),
            (
                "HEAD and GET / check_http's GET, instructions",
                "≤ 0.25",
                instruction_ratio(name::BOTH, name::CHECK_HTTP),
            ),
            ("HTTPS with a CA file / check_http -S, wall", "≤ 0.60", wall(name::CA_FILE, name::CHECK_HTTPS)),
            (
                "HTTPS with the system's store / check_http -S, wall",
                "< 1",
                wall(name::SYSTEM, name::CHECK_HTTPS),
            ),
            ("10,000 endpoints / curl -Z, wall", "< 1", wall(name::MANY, name::CURL)),
            ("10,000 endpoints / one epoll loop in C, wall", "≤ 1.5", wall(name::MANY, name::EPOLL)),
            ("10,000 endpoints at 50 ms, seconds", "≤ 1.5", self.wall(name::DISTANT)),
            ("10,000 endpoints at 50 ms, peak memory in MB", "≤ 100", self.peak_megabytes(name::DISTANT)),
            ("10,000 endpoints / 1,000 endpoints, wall", "about 10", wall(myriad, thousand)),
            ("900 of 1,000 alive, -t 2, seconds", "≤ 2.25", self.wall(name::SILENT)),
        ];
        let mut text = String::from("## Targets\n\n| figure | target | measured |\n|---|--:|--:|\n");
        for (figure, target, measured) in targets {
            let measured = measured.map_or_else(|| "–".to_owned(), |value| format!("{value:.2}"));
            let _ = writeln!(text, "| {figure} | {target} | {measured} |");
        }
        text
    }
}

#[expect(clippy::cast_precision_loss, reason = "a count of instructions is shown to three digits")]
fn million(count: u64) -> f64 {
    count as f64 / 1e6
}

#[expect(clippy::cast_precision_loss, reason = "memory is shown to two digits")]
fn megabytes(kibibytes: u64) -> f64 {
    kibibytes as f64 * 1.024 / 1e3
}

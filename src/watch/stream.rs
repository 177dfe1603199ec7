//! One line per run, where nothing can be redrawn.

use crate::cli::OutputFormat;
use crate::plan::OutputOptions;
use crate::report::{self, Report, json, nagios};
use crate::terminal::layout::hanging_indent;
use crate::units;

const MIN_COLUMNS: usize = 40;

/// Renders a run in one line; whole in formats for programs that read lines.
pub(super) fn line(report: &Report, output: &OutputOptions) -> String {
    match output.format {
        None => String::new(),
        Some(OutputFormat::Human) => {
            let first = format!("{}  {:<8}  ", units::format_timestamp(report.over_at()), report.state);
            let summary = report.summary_with_marks();
            match output.width {
                // The terminal would break the line anywhere, and go on where the next time is expected.
                Some(columns) => hanging_indent(&first, &summary, columns.max(MIN_COLUMNS)).join("\n") + "\n",
                None => format!("{first}{summary}\n"),
            }
        }
        Some(OutputFormat::Nagios) => nagios::line(report, output),
        Some(OutputFormat::Json) => json::line(report),
        Some(format @ (OutputFormat::HaproxyAgent | OutputFormat::Prometheus)) => {
            report::render(report, format, output)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    fn one_line(format: OutputFormat, report: &Report) -> String {
        line(report, &OutputOptions { format: Some(format), ..OutputOptions::default() })
    }

    #[test]
    fn line_of_each_format() {
        let report = fixture::report(vec![fixture::backend_down("a:8777")]);
        let table = [
            (
                OutputFormat::Human,
                "2026-11-07T06:40:00Z  CRITICAL  backend-down: GET 503 from a:8777: \"database|unreachable\"\n",
            ),
            (
                OutputFormat::Nagios,
                "CEILOMETER CRITICAL - backend-down: GET 503 from a:8777: \"database/unreachable\" (2026-11-07T06:40:00Z) | \
                 head_time=0.001234s;;;0 get_time=0.012345s;;;0 backend_time=0.009245s;;;0\n",
            ),
            (
                OutputFormat::HaproxyAgent,
                "down #backend-down: GET 503 from a:8777: \"database|unreachable\"\n",
            ),
        ];
        for (format, line) in table {
            assert_eq!(one_line(format, &report), line, "{format:?}");
        }
        let object = one_line(OutputFormat::Json, &report);
        assert_eq!(object.matches('\n').count(), 1, "{object}");
        assert_eq!(line(&report, &fixture::output()), "");
    }

    /// Text from a server never begins a line.
    #[test]
    fn line_on_a_narrow_terminal() {
        let report = fixture::report(vec![fixture::backend_down("a:8777")]);
        let output =
            OutputOptions { format: Some(OutputFormat::Human), width: Some(60), ..OutputOptions::default() };
        let expected = "2026-11-07T06:40:00Z  CRITICAL  backend-down: GET 503 from\n\
                        \x20                               a:8777:\n\
                        \x20                               \"database|unreachable\"\n";
        assert_eq!(line(&report, &output), expected);
    }

    /// The time and the mark stay where the summary is shortened.
    #[test]
    fn short_plugin_line() {
        let report = fixture::report(vec![fixture::backend_down("a:8777")]);
        let report = Report { unverified: true, ..report };
        let format = Some(OutputFormat::Nagios);
        let line = line(&report, &OutputOptions { format, max_bytes: 110, ..OutputOptions::default() });
        let expected = "CEILOMETER CRITICAL - backend-down: GET 503 from a:8777:… (2026-11-07T06:40:00Z) (certificate not verified)\n";
        assert_eq!(line, expected);
    }
}

//! One line for each run, where nothing can be redrawn.

use crate::format::{Format, Output};
use crate::quantity;
use crate::report::{self, Report, json};

/// A run in one line. The formats of other programs' files, which have no lines of their own, are told whole.
pub(super) fn line(report: &Report, output: &Output) -> String {
    match output.format {
        None => String::new(),
        Some(Format::Human) => {
            let over = quantity::moment(report.over_at());
            format!("{over}  {:<8}  {}\n", report.state, report.marked_summary())
        }
        Some(Format::Nagios) => plugin(report, output),
        Some(Format::Json) => json::line(report),
        Some(format) => report::render(report, format, output),
    }
}

/// The plugin's line with the time at the end of its summary: whoever reads plugins' lines can read it.
fn plugin(report: &Report, output: &Output) -> String {
    let summary = format!("{} ({})", report.summary, quantity::moment(report.over_at()));
    let whole = report::render(&Report { summary, ..report.clone() }, Format::Nagios, output);
    whole.split_inclusive('\n').take(1).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    fn one_line(format: Format, report: &Report) -> String {
        line(report, &Output { format: Some(format), ..Output::default() })
    }

    #[test]
    fn each_format_has_its_line() {
        let report = fixture::report(vec![fixture::backend_down("a:8777")]);
        let table = [
            (Format::Human, "2026-11-07T06:40:00Z  CRITICAL  backend-down (GET 503) at a:8777\n"),
            (
                Format::Nagios,
                "CEILOMETER CRITICAL - backend-down (GET 503) at a:8777 (2026-11-07T06:40:00Z) | \
                 head_time=0.001234s;;;0 get_time=0.012345s;;;0 backend_time=0.009245s;;;0\n",
            ),
            (Format::HaproxyAgent, "down #backend-down (GET 503) at a:8777\n"),
        ];
        for (format, line) in table {
            assert_eq!(one_line(format, &report), line, "{format:?}");
        }
        let object = one_line(Format::Json, &report);
        assert_eq!(object.matches('\n').count(), 1, "{object}");
        assert_eq!(line(&report, &fixture::output()), "", "silence, if that is wanted");
    }

    #[test]
    fn the_mark_of_an_unverified_certificate_stays_at_the_end() {
        let mut report = fixture::report(vec![fixture::healthy("a:8777")]);
        report.unverified = true;
        let line = one_line(Format::Nagios, &report);
        assert!(line.contains("(2026-11-07T06:40:00Z) (certificate not verified) | "), "{line}");
    }
}

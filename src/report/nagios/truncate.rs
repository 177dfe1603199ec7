//! The maximum length of a plugin's output: what goes first where not everything fits.
//!
//! NRPE 2 carries 1023 bytes and drops the rest, even from the middle of a metric on.
//! Long output goes first, then the summary down to [`MIN_SUMMARY_BYTES`] bytes, then whole metrics.

/// Number of bytes of the summary that are kept before metrics are dropped.
const MIN_SUMMARY_BYTES: usize = 80;

/// Minimum number of bytes of a line that are worth showing where it has to be cut.
const MIN_LINE_BYTES: usize = 80;

/// The separator between the text and the performance data.
const BAR: &str = " | ";

pub(super) struct PluginOutput {
    /// `CEILOMETER CRITICAL - `, which always stays.
    pub(super) lead: String,
    pub(super) summary: String,
    /// The end of the summary that is never cut; empty where there is none.
    pub(super) mark: String,
    /// The metrics, the most important first.
    pub(super) metrics: Vec<String>,
    pub(super) lines: Vec<String>,
}

impl PluginOutput {
    /// The output in at most `bytes` bytes, its newline included.
    ///
    /// Below the some hundred bytes that the lead and the least summary take, the summary shrinks
    /// further; the lead stays.
    pub(super) fn within(&self, bytes: usize) -> String {
        let room = bytes.saturating_sub(self.lead.len() + self.mark.len() + 1);
        let least = self.summary.len().min(MIN_SUMMARY_BYTES.saturating_sub(self.mark.len()));
        let perfdata = self.perfdata(room.saturating_sub(least));
        let summary = cut(&self.summary, room.saturating_sub(perfdata.len()));
        let lines = self.long_output(room.saturating_sub(perfdata.len() + summary.len()));
        format!("{}{summary}{}{perfdata}{lines}\n", self.lead, self.mark)
    }

    /// As many metrics as fit, with the bar before them.
    fn perfdata(&self, room: usize) -> String {
        let mut perfdata = String::new();
        for metric in &self.metrics {
            let separator = if perfdata.is_empty() { BAR } else { " " };
            // After a long one, shorter ones may still fit.
            if perfdata.len() + separator.len() + metric.len() <= room {
                perfdata += separator;
                perfdata += metric;
            }
        }
        perfdata
    }

    /// Returns as many lines as fit, each after a newline, and the beginning of a long one; a further line counts those left
    /// out.
    fn long_output(&self, room: usize) -> String {
        let mut kept: Vec<&str> = self.lines.iter().map(String::as_str).collect();
        let mut length: usize = kept.iter().map(|line| line.len() + 1).sum();
        let mut omission = String::new();
        let mut begun = String::new();
        while length + omission.len() > room {
            let Some(line) = kept.pop() else { return String::new() };
            length -= line.len() + 1;
            let after = omitted(self.lines.len() - kept.len() - 1);
            let left = room.saturating_sub(length + after.len() + 1);
            // Otherwise the long message of a body would be left out whole.
            if (MIN_LINE_BYTES..line.len()).contains(&left) {
                (begun, omission) = (format!("\n{}", cut(line, left)), after);
                break;
            }
            omission = omitted(self.lines.len() - kept.len());
        }
        let mut text = String::with_capacity(length + begun.len() + omission.len());
        for line in kept {
            text.push('\n');
            text.push_str(line);
        }
        text + &begun + &omission
    }
}

fn omitted(lines: usize) -> String {
    match lines {
        0 => String::new(),
        1 => "\n… 1 more line".to_owned(),
        lines => format!("\n… {lines} more lines"),
    }
}

/// A text cut to a number of bytes, on a character's boundary, with `…` at the end of a cut one.
fn cut(text: &str, bytes: usize) -> String {
    if text.len() <= bytes {
        return text.into();
    }
    let Some(room) = bytes.checked_sub('…'.len_utf8()) else { return String::new() };
    let end = (0..=room).rev().find(|end| text.is_char_boundary(*end)).unwrap_or_default();
    let kept = text.get(..end).unwrap_or_default();
    format!("{}…", kept.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    fn parts() -> PluginOutput {
        PluginOutput {
            lead: "CEILOMETER CRITICAL - ".into(),
            summary: format!("backend-down (GET 503) at metering.example.com:8777{}", "/prefix".repeat(8)),
            mark: String::new(),
            metrics: vec!["head_time=0.001234s;;;0".into(), "get_time=0.003456s;;;0".into()],
            lines: vec!["first line".into(), "second line".into(), "third line".into()],
        }
    }

    #[test]
    fn fitting_output() {
        let whole = parts().within(8192);
        assert_eq!(parts().within(whole.len()), whole);
        expect![[r"
            CEILOMETER CRITICAL - backend-down (GET 503) at metering.example.com:8777/prefix/prefix/prefix/prefix/prefix/prefix/prefix/prefix | head_time=0.001234s;;;0 get_time=0.003456s;;;0
            first line
            second line
            third line
        "]]
        .assert_eq(&whole);
    }

    #[test]
    fn long_output_first() {
        let whole = parts().within(8192);
        expect![[r"
            CEILOMETER CRITICAL - backend-down (GET 503) at metering.example.com:8777/prefix/prefix/prefix/prefix/prefix/prefix/prefix/prefix | head_time=0.001234s;;;0 get_time=0.003456s;;;0
            first line
            … 2 more lines
        "]]
        .assert_eq(&parts().within(whole.len() - 1));
    }

    #[test]
    fn beginning_of_a_long_line() {
        let lines = vec!["first line".into(), "long ".repeat(100), "third line".into()];
        let output = PluginOutput { lines, ..parts() };
        let shown = |bytes| output.within(bytes).lines().skip(1).map(str::to_owned).collect::<Vec<_>>();
        let some = shown(400);
        assert_eq!((some[0].as_str(), some[2].as_str()), ("first line", "… 1 more line"));
        assert!(some[1].len() > MIN_LINE_BYTES && some[1].ends_with("long…"), "{some:?}");
        assert_eq!(output.within(400).len(), 399);
        assert_eq!(shown(270), ["first line", "… 2 more lines"]);
    }

    #[test]
    fn summary_before_whole_metrics() {
        expect![[r#"
            CEILOMETER CRITICAL - backend-down (GET 503) at metering.example.com:8777/prefix/prefix/prefix/prefi… | head_time=0.001234s;;;0 get_time=0.003456s;;;0
        "#]]
        .assert_eq(&parts().within(153));
        expect![[r#"
            CEILOMETER CRITICAL - backend-down (GET 503) at metering.example.com:8777/prefix/prefix/prefix/prefix/prefix/p… | head_time=0.001234s;;;0
        "#]]
        .assert_eq(&parts().within(140));
        expect![[r"
            CEILOMETER CRITICAL - backend-down (GET 503) at metering.example.com:8777/prefix/prefix/prefix/prefix…
        "]]
        .assert_eq(&parts().within(105));
    }

    #[test]
    fn metrics_after_a_long_one() {
        let long = format!("'{} head_time'=0.001234s;;;0", "h".repeat(100));
        let output =
            PluginOutput { metrics: vec!["endpoints=2".into(), long, "healthy=0".into()], ..parts() };
        let line = output.within(140);
        assert!(line.ends_with(" | endpoints=2 healthy=0\n"), "{line}");
    }

    #[test]
    fn character_boundaries() {
        assert_eq!(cut("äöü", 6), "äöü");
        assert_eq!(cut("äöüß", 7), "äö…");
        assert_eq!(cut("äöüß", 6), "ä…");
        assert_eq!(cut("äöüß", 2), "");
    }
}

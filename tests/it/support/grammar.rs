//! The grammar of each output, for all tests with hostile text: no text from a server may forge a line, a metric, a
//! sample, a word for HAProxy, or a terminal escape.

use serde_json::Value;

/// The formats, by the names that `-o` knows.
pub(crate) const OUTPUTS: [&str; 5] = ["nagios", "human", "json", "prometheus", "haproxy-agent"];

/// Checks an output against the grammar of the named format.
pub(crate) fn obeyed(output: &str, text: &str) -> Result<(), String> {
    if let Some(found) = text.chars().find(|letter| *letter != '\n' && hostile(*letter)) {
        return Err(format!("{found:?} was printed"));
    }
    if !text.ends_with('\n') || text.ends_with("\n\n") {
        return Err("it does not end with one line end".into());
    }
    if text.lines().skip(1).any(|line| line.starts_with("CEILOMETER ")) {
        return Err("a second plugin line".into());
    }
    match output {
        "nagios" => plugin(text),
        "json" => json(text),
        "prometheus" => text.lines().try_for_each(sample),
        "haproxy-agent" => agent(text),
        _ => Ok(()),
    }
}

/// Controls, bidirectional and zero-width marks.
pub(crate) fn hostile(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// Checks the line that Nagios reads, and the long output: one bar at most, before our performance data.
fn plugin(text: &str) -> Result<(), String> {
    let first = text.lines().next().unwrap_or_default();
    let states = ["OK", "WARNING", "CRITICAL", "UNKNOWN"];
    if !states.iter().any(|state| first.starts_with(&format!("CEILOMETER {state} - "))) {
        return Err("it does not begin with a state".into());
    }
    if text.matches('|').count() > 1 || text.matches('|').count() != first.matches('|').count() {
        return Err("a bar too many".into());
    }
    if text.contains(['<', '>']) {
        return Err("markup was printed".into());
    }
    let wrong = |(label, value): &(String, String)| !known(label) || !well_formed(value);
    perfdata(first)?
        .iter()
        .find(|metric| wrong(metric))
        .map_or(Ok(()), |metric| Err(format!("the metric {metric:?}")))
}

/// Recognises our metrics: those of an endpoint, after its name where there are several, and those of the run.
fn known(label: &str) -> bool {
    let name = label.rsplit(' ').next().unwrap_or_default();
    ["auth_time", "head_time", "get_time", "backend_time", "certificate_days", "endpoints", "healthy"]
        .contains(&name)
}

/// The performance data of a plugin's first line: labels without quotes, and values with thresholds.
pub(crate) fn perfdata(first: &str) -> Result<Vec<(String, String)>, String> {
    let mut rest = first.split_once(" | ").map_or("", |(_, metrics)| metrics);
    let mut metrics = Vec::new();
    while !rest.is_empty() {
        let (label, after) = match rest.strip_prefix('\'') {
            Some(quoted) => quoted.split_once("'=").ok_or("a label is not closed")?,
            None => rest.split_once('=').ok_or("a metric has no value")?,
        };
        let (value, next) = after.split_once(' ').unwrap_or((after, ""));
        metrics.push((label.to_owned(), value.to_owned()));
        rest = next;
    }
    Ok(metrics)
}

/// Checks an object whose exit code is one of the four.
fn json(text: &str) -> Result<(), String> {
    let value: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let code = value.get("exit_code").and_then(Value::as_u64);
    code.is_some_and(|code| code <= 3).then_some(()).ok_or_else(|| "no exit code of ours".into())
}

/// Checks a line for HAProxy, whose `check.c` takes the first word and ignores those it does not know.
fn agent(text: &str) -> Result<(), String> {
    let line = text.trim_end_matches('\n');
    let (words, description) = line.split_once(" #").unwrap_or((line, ""));
    let known = match words.split_once(' ') {
        Some(("up", weight)) => weight.strip_suffix('%').is_some_and(|number| number.parse::<u8>().is_ok()),
        Some(_) => false,
        None => words == "up" || words == "down",
    };
    let printable = description.chars().all(|letter| (' '..='~').contains(&letter));
    (known && printable).then_some(()).ok_or(format!("{line:?} is no word of an agent"))
}

/// Checks a comment, or `ceilometer_health_NAME{LABEL="VALUE",…} NUMBER`.
fn sample(line: &str) -> Result<(), String> {
    if line.starts_with("# ") {
        return Ok(());
    }
    let wrong = || format!("{line:?} is no sample");
    let rest = line.strip_prefix("ceilometer_health_").ok_or_else(wrong)?;
    let end = rest.find(|letter: char| !letter.is_ascii_lowercase() && letter != '_').ok_or_else(wrong)?;
    let mut rest = &rest[end..];
    if rest.starts_with('{') {
        rest = labels(&rest[1..]).ok_or_else(wrong)?;
    }
    let number = rest.strip_prefix(' ').ok_or_else(wrong)?;
    number.parse::<f64>().map(drop).map_err(|_| wrong())
}

/// Returns the rest after the labels, whose values escape `\`, `"` and line ends.
fn labels(mut rest: &str) -> Option<&str> {
    loop {
        let (name, value) = rest.split_once("=\"")?;
        name.chars().all(|letter| letter.is_ascii_lowercase()).then_some(())?;
        let mut letters = value.char_indices();
        let end = loop {
            match letters.next()? {
                (_, '\\') => matches!(letters.next()?.1, '\\' | '"' | 'n').then_some(())?,
                (end, '"') => break end,
                _ => {}
            }
        };
        rest = &value[end + 1..];
        match rest.strip_prefix(',') {
            Some(next) => rest = next,
            None => return rest.strip_prefix('}'),
        }
    }
}

/// Recognises a value of the guidelines: its unit is `s` or none, and thresholds may follow.
fn well_formed(value: &str) -> bool {
    let mut fields = value.split(';');
    let first = fields.next().unwrap_or_default();
    let number = first.strip_suffix('s').unwrap_or(first);
    let decimals = number.split_once('.').map_or(0, |(_, decimals)| decimals.len());
    let digits = |text: &str| text.chars().all(|c| c.is_ascii_digit() || "-.:~@".contains(c));
    number.parse::<f64>().is_ok_and(f64::is_finite)
        && (!first.ends_with('s') || decimals == 6)
        && fields.all(digits)
}

#[cfg(test)]
mod tests {
    use super::well_formed;

    #[test]
    fn values_of_performance_data() {
        for value in ["0.000123s", "12.000000s;0.2;2;0", "3", "3;@1:2;~:5", "21.5;10:;5:"] {
            assert!(well_formed(value), "{value}");
        }
        for value in ["", "U", "0.1s", "0,100000s", "nans", "0.000001s;0.2s", "0.000001s;x=1"] {
            assert!(!well_formed(value), "{value}");
        }
    }
}

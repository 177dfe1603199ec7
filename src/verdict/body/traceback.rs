//! Python tracebacks: only the line that names the exception is worth a reader's time.

const BEGINNING: &str = "Traceback (most recent call last)";

/// The line that names the exception of the last traceback in a text; `None` where there is no traceback.
pub(super) fn last_line(text: &str) -> Option<String> {
    let (_, frames) = text.rsplit_once(BEGINNING)?;
    let lines: Vec<&str> = frames.lines().skip(1).filter(|line| !line.trim().is_empty()).collect();
    let exception = lines.iter().find(|line| !line.starts_with([' ', '\t'])).or(lines.last())?;
    Some(exception.trim().to_owned())
}

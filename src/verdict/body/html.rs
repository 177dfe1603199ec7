//! HTML documents: recognised by how they begin, and reduced to the sentence that matters.

use super::traceback;

/// Beginnings of documents, whose first tags may be left out.
const DOCUMENT_TAGS: [&str; 7] = ["!doctype html", "html", "head", "title", "meta", "script", "body"];

/// Beginnings of pages that are no documents.
const FRAGMENT_TAGS: [&str; 33] = [
    "h1", "h2", "h3", "h4", "h5", "h6", "p", "div", "center", "span", "b", "strong", "i", "em", "font",
    "pre", "br", "hr", "table", "ul", "ol", "header", "main", "section", "article", "nav", "form", "iframe",
    "img", "a", "style", "link", "noscript",
];

/// Sentences that frameworks add to every page of a status; they say nothing beyond the title.
const BOILERPLATE: [&str; 8] = [
    "The server is currently unavailable. Please try again at a later time.",
    "The server is temporarily unable to service your request due to maintenance downtime or capacity problems. \
     Please try again later.",
    "The server has either erred or is incapable of performing the requested operation.",
    "The server encountered an internal error and was unable to complete your request. Either the server is \
     overloaded or there is an error in the application.",
    "Sorry, the page you are looking for is currently unavailable.",
    "The resource could not be found.",
    "The requested URL was not found on the server. If you entered the URL manually please check your spelling and \
     try again.",
    "The requested URL was not found on this server.",
];

/// Parts of the error pages of frameworks and servers that applications run in, Python's first; with LF as line ends.
const FRAMEWORKS: [&str; 22] = [
    // WebOb and Pecan, Paste, Swift.
    "<html>\n <head>\n  <title>",
    "<html>\n  <head><title>",
    "<html><h1>Service Unavailable</h1><p>The server is currently unavailable.",
    // Werkzeug and Flask.
    "<!doctype html>\n<html lang=en>\n<title>",
    "\"-//W3C//DTD HTML 3.2 Final//EN\">\n<title>",
    // http.server and wsgiref.
    "<h1>Error response</h1>",
    // gunicorn, Tornado, CherryPy, Bottle.
    "<h1><p>Internal Server Error</p></h1>",
    "<html><title>503: ",
    "<a href=\"http://www.cherrypy.",
    "<title>Error: 503 ",
    // oslo.middleware.
    "<TITLE>Healthcheck Status</TITLE>",
    "Traceback (most recent call last)",
    // Django.
    "<head>\n  <title>Service Unavailable</title>\n</head>\n<body>\n  <h1>",
    // Express.
    "<title>Error</title>\n</head>\n<body>\n<pre>",
    // Tomcat, Jetty, GlassFish and its heirs, Undertow, Spring.
    "<title>HTTP Status 503",
    "<title>Apache Tomcat/",
    "Powered by Jetty",
    "GlassFish Server",
    "Payara Server",
    "<html><head><title>Error</title></head><body>Service Unavailable</body></html>",
    "<h1>Whitelabel Error Page</h1>",
    // Rails.
    "<body style=\"background-color: red\">",
];

/// Elements whose text is not the page's.
const HIDDEN: [&str; 4] = ["style", "script", "title", "address"];

/// Tests for a page, which may lack `<html>`.
pub(super) fn is_page(text: &str) -> bool {
    is_document(text) || begins_with_any(text, &FRAGMENT_TAGS)
}

/// Tests for a document; a fragment, such as a heading, is none.
pub(super) fn is_document(text: &str) -> bool {
    begins_with_any(text, &DOCUMENT_TAGS)
}

fn begins_with_any(text: &str, tags: &[&str]) -> bool {
    let tag = skip_prolog(text).strip_prefix('<');
    tag.is_some_and(|text| tags.iter().any(|tag| begins_with(text, tag)))
}

/// Tests for a whole tag: `<header>` does not begin with `<head`.
fn begins_with(text: &str, tag: &str) -> bool {
    let Some((start, rest)) = text.split_at_checked(tag.len()) else { return false };
    start.eq_ignore_ascii_case(tag) && !rest.starts_with(|c: char| c.is_alphanumeric() || "-:_".contains(c))
}

/// Tests for a page of a framework or server that an API runs in.
pub(super) fn is_of_framework(html: &str) -> bool {
    let html = html.replace("\r\n", "\n");
    FRAMEWORKS.iter().any(|part| html.contains(part))
}

pub(super) fn visible_text(html: &str) -> String {
    fold(&strip(html, &html.to_ascii_lowercase()))
}

/// Skips comments and an XML declaration, which may precede the document type.
fn skip_prolog(text: &str) -> &str {
    let mut rest = text.trim_start();
    loop {
        let end = if rest.starts_with("<!--") {
            "-->"
        } else if rest.starts_with("<?") {
            "?>"
        } else {
            return rest;
        };
        let Some((_, after)) = rest.split_once(end) else { return rest };
        rest = after.trim_start();
    }
}

/// The title and what the page says beyond it, without the status; a traceback's last line where there is one.
pub(super) fn message(html: &str, status: u16) -> String {
    // Lowering ASCII moves no byte, so positions hold in both.
    let lower = html.to_ascii_lowercase();
    let body = strip(html, &lower);
    if let Some(line) = traceback::last_line(&body) {
        return line;
    }
    let title = element(html, &lower, "title").unwrap_or_default();
    let status = status.to_string();
    let heading = element(html, &lower, "h1").unwrap_or_default();
    let repeats_title = title.contains(&heading) || (!title.is_empty() && heading.ends_with(&title));
    let heading = if repeats_title || heading.starts_with(&status) { heading } else { String::new() };
    let text = fold(&body);
    let text = text.strip_prefix(&heading).unwrap_or(&text).trim_start();
    // Squid spreads its title over two headings.
    let rest = title.strip_prefix(&heading).map_or("", |rest| rest.trim_start_matches([':', ' ']));
    let text = without_boilerplate(text.strip_prefix(rest).unwrap_or(text));
    let title = if title.is_empty() { heading } else { title };
    let is_status = title.starts_with(&status);
    // A single word below a status is the server's name.
    let is_empty = (is_status && !text.contains(' ')) || !text.contains(char::is_alphanumeric);
    let text = if is_empty { String::new() } else { text };
    match (title.is_empty() || is_status, text.is_empty()) {
        (true, false) => text,
        (false, false) => format!("{title}: {text}"),
        (_, true) => {
            title.strip_prefix(&status).filter(|rest| !rest.is_empty()).unwrap_or(&title).trim().into()
        }
    }
}

fn without_boilerplate(text: &str) -> String {
    fold(&BOILERPLATE.iter().fold(text.to_owned(), |text, sentence| text.replace(sentence, "")))
}

fn element(html: &str, lower: &str, tag: &str) -> Option<String> {
    let open = lower.find(&format!("<{tag}"))?;
    let start = open + lower.get(open..)?.find('>')? + 1;
    let end = lower.get(start..)?.find(&format!("</{tag}")).map_or(html.len(), |length| start + length);
    let text = html.get(start..end)?;
    let words = fold(&strip(text, lower.get(start..end)?));
    (!words.is_empty()).then_some(words)
}

/// Text without tags, comments, styles and scripts, in one pass, its entities decoded and its lines kept.
fn strip(html: &str, lower: &str) -> String {
    let mut words = String::new();
    let mut at = 0;
    while let Some(open) = html.get(at..).and_then(|rest| rest.find('<')).map(|length| at + length) {
        words.push_str(html.get(at..open).unwrap_or_default());
        words.push(' ');
        at = tag_end(lower, open);
    }
    words.push_str(html.get(at..).unwrap_or_default());
    decode_entities(&words)
}

/// The position after the tag that opens at `open`, or after the hidden element that it begins.
fn tag_end(lower: &str, open: usize) -> usize {
    let rest = lower.get(open..).unwrap_or_default();
    let hidden = |tag: &&&str| rest.get(1..).is_some_and(|name| name.starts_with(**tag));
    let closing = if rest.starts_with("<!--") {
        "-->".to_owned()
    } else if let Some(tag) = HIDDEN.iter().find(hidden) {
        format!("</{tag}>")
    } else {
        ">".to_owned()
    };
    rest.find(&closing).map_or(lower.len(), |length| open + length + closing.len())
}

fn decode_entities(text: &str) -> String {
    let entities = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&#x27;", "'"),
        ("&nbsp;", " "),
        // Last, so that no entity is made of what was one already.
        ("&amp;", "&"),
    ];
    entities.into_iter().fold(text.to_owned(), |text, (entity, letter)| text.replace(entity, letter))
}

fn fold(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

//! A bounded reader of YAML and JSON: scalars are the text as written, and errors name the line, never the text.
//!
//! The crate below only parses. Composing its events here bounds the depth and what aliases expand to, refuses
//! duplicate keys, and keeps `0123` what it is.

use std::collections::HashSet;

use saphyr_parser::{Event, Parser, ScalarStyle, Span, StrInput, Tag};

use crate::input::without_mark;

/// Maximum depth of nested lists and mappings. A cloud needs five.
const MAX_DEPTH: usize = 32;

/// Maximum size of a document with its aliases expanded, in bytes, each node counted as [`NODE_BYTES`] and its text.
const MAX_EXPANDED: usize = 8 * 1024 * 1024;

/// Approximate memory of one node, in bytes.
const NODE_BYTES: usize = 64;

/// A value and the line on which it begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Node {
    pub(super) line: usize,
    pub(super) value: Value,
}

/// A value as it is written. Nothing is converted: a caller that wants a boolean or a number parses the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    /// Absent, `~` or `null`.
    Null,
    Text(String),
    List(Vec<Node>),
    Map(Vec<(String, Node)>),
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct SyntaxError {
    pub(super) line: usize,
    pub(super) reason: &'static str,
}

impl Node {
    /// Looks up a key of a mapping. A null counts as absent.
    pub(super) fn get(&self, key: &str) -> Option<&Node> {
        self.find(|name| name == key)
    }

    /// Looks up a setting, whose name may also be written with hyphens (`user-domain-name`).
    pub(super) fn setting(&self, key: &str) -> Option<&Node> {
        let is_same = |(name, key): (u8, u8)| name == key || (name, key) == (b'-', b'_');
        let is_meant = |name: &str| name.len() == key.len() && name.bytes().zip(key.bytes()).all(is_same);
        self.get(key).or_else(|| self.find(is_meant))
    }

    fn find(&self, is_meant: impl Fn(&str) -> bool) -> Option<&Node> {
        let Value::Map(entries) = &self.value else { return None };
        let (_, node) = entries.iter().find(|(name, _)| is_meant(name))?;
        (node.value != Value::Null).then_some(node)
    }

    fn size(&self) -> usize {
        let inner: usize = match &self.value {
            Value::Null => 0,
            Value::Text(text) => text.len(),
            Value::List(items) => items.iter().map(Node::size).sum(),
            Value::Map(entries) => entries.iter().map(|(key, node)| key.len() + node.size()).sum(),
        };
        NODE_BYTES + inner
    }
}

/// Parses one document; an empty one is [`Value::Null`].
pub(super) fn parse(bytes: &[u8], is_json: bool) -> Result<Node, SyntaxError> {
    let text = decode(bytes)?;
    // JSON is YAML except for tabs between tokens; within its strings tabs are escaped.
    let text = if is_json { text.replace('\t', " ") } else { text.to_owned() };
    Composer { parser: Parser::new_from_str(&text), anchors: Vec::new(), expanded: 0 }
        .document()
        .map_err(|error| explain_tab(&text, error))
}

/// Decodes UTF-8, with or without a byte order mark.
fn decode(bytes: &[u8]) -> Result<&str, SyntaxError> {
    if let Some(number) = bytes.split(|&byte| byte == b'\n').position(|line| line.contains(&0)) {
        return Err(SyntaxError { line: number + 1, reason: "a NUL byte: save the file as UTF-8 text" });
    }
    let bytes = without_mark(bytes);
    std::str::from_utf8(bytes).map_err(|error| {
        let before = bytes.get(..error.valid_up_to()).unwrap_or_default();
        let line = before.split(|&byte| byte == b'\n').count();
        SyntaxError { line, reason: "not UTF-8 text: save the file as UTF-8" }
    })
}

/// Blames a tab where one indents the line of an error or a neighbour of it.
fn explain_tab(text: &str, error: SyntaxError) -> SyntaxError {
    let indents = |line: &str| line.trim_start_matches(' ').starts_with('\t') && !line.trim().is_empty();
    let near = text.lines().enumerate().map(|(index, line)| (index + 1, line));
    let tab = near
        .filter(|(number, line)| number.abs_diff(error.line) <= 1 && indents(line))
        .map(|(number, _)| number)
        .next();
    match tab {
        Some(line) if error.reason == NOT_YAML => {
            SyntaxError { line, reason: "a tab indents this line: use spaces" }
        }
        _ => error,
    }
}

/// The parser's own words are not shown: they may quote a character of a secret.
const NOT_YAML: &str = "not YAML: check the indentation, the colons and the quotes";

const TOO_DEEP: &str = "nested too deep";

struct Composer<'a> {
    parser: Parser<'a, StrInput<'a>>,
    /// Finished nodes at the parser's number of their anchor.
    anchors: Vec<Option<Node>>,
    expanded: usize,
}

type Step<'a> = (Event<'a>, Span);

impl<'a> Composer<'a> {
    fn document(mut self) -> Result<Node, SyntaxError> {
        let mut root = None;
        loop {
            let (event, span) = self.next()?;
            match event {
                Event::StreamEnd => return Ok(root.unwrap_or(Node { line: 1, value: Value::Null })),
                Event::DocumentStart(_) if root.is_some() => {
                    return Err(error(&span, "a second document: only one is read"));
                }
                Event::DocumentStart(_) => {
                    let first = self.next()?;
                    root = Some(self.node(first, 0)?);
                }
                _ => {}
            }
        }
    }

    fn next(&mut self) -> Result<Step<'a>, SyntaxError> {
        match self.parser.next_event() {
            Some(Ok(step)) => Ok(step),
            Some(Err(error)) => {
                // The parser's own bound, met when it looks ahead.
                let too_deep = error.info() == "recursion limit exceeded";
                let reason = if too_deep { TOO_DEEP } else { NOT_YAML };
                Err(SyntaxError { line: error.marker().line(), reason })
            }
            None => Err(SyntaxError { line: 1, reason: NOT_YAML }),
        }
    }

    /// Composes the node that an event begins.
    fn node(&mut self, (event, span): Step<'a>, depth: usize) -> Result<Node, SyntaxError> {
        if depth > MAX_DEPTH {
            return Err(error(&span, TOO_DEEP));
        }
        let (anchor, tag, value) = match event {
            Event::Alias(anchor) => return self.alias(anchor, &span),
            Event::Scalar(text, style, anchor, tag) => (anchor, tag, scalar(text.into_owned(), style)),
            Event::SequenceStart(anchor, tag) => (anchor, tag, Value::List(self.list(depth)?)),
            Event::MappingStart(anchor, tag) => (anchor, tag, Value::Map(self.map(depth)?)),
            _ => return Err(error(&span, NOT_YAML)),
        };
        check_tag(tag.as_deref(), &span)?;
        let node = Node { line: span.start.line(), value };
        self.grow(NODE_BYTES, &span)?;
        if anchor > 0 {
            // An anchor keeps a copy, and those within it another each.
            self.grow(node.size(), &span)?;
            self.anchors.resize(self.anchors.len().max(anchor + 1), None);
            if let Some(place) = self.anchors.get_mut(anchor) {
                *place = Some(node.clone());
            }
        }
        Ok(node)
    }

    fn alias(&mut self, anchor: usize, span: &Span) -> Result<Node, SyntaxError> {
        let Some(node) = self.anchors.get(anchor).and_then(Option::as_ref) else {
            return Err(error(span, "an alias within what it refers to"));
        };
        let size = node.size();
        // Grown before the copy is made.
        self.grow(size, span)?;
        self.anchors.get(anchor).cloned().flatten().ok_or(error(span, NOT_YAML))
    }

    fn grow(&mut self, bytes: usize, span: &Span) -> Result<(), SyntaxError> {
        self.expanded += bytes;
        if self.expanded > MAX_EXPANDED {
            return Err(error(span, "aliases expand to too much"));
        }
        Ok(())
    }

    fn list(&mut self, depth: usize) -> Result<Vec<Node>, SyntaxError> {
        let mut items = Vec::new();
        loop {
            let step = self.next()?;
            if step.0 == Event::SequenceEnd {
                return Ok(items);
            }
            items.push(self.node(step, depth + 1)?);
        }
    }

    fn map(&mut self, depth: usize) -> Result<Vec<(String, Node)>, SyntaxError> {
        let (mut entries, mut merged, mut seen) = (Vec::new(), Vec::new(), HashSet::new());
        loop {
            let (event, span) = self.next()?;
            let key = match event {
                Event::MappingEnd => break,
                Event::Scalar(key, ScalarStyle::Plain, ..) if key == "<<" => {
                    let step = self.next()?;
                    merged.extend(merge(self.node(step, depth + 1)?)?);
                    continue;
                }
                Event::Scalar(key, ..) => key.into_owned(),
                _ => return Err(error(&span, "a key that is not a word")),
            };
            if !seen.insert(key.clone()) {
                return Err(error(&span, "duplicate key"));
            }
            let step = self.next()?;
            entries.push((key, self.node(step, depth + 1)?));
        }
        entries.extend(merged.into_iter().filter(|(key, _)| seen.insert(key.clone())));
        Ok(entries)
    }
}

/// The entries that `<<` brings: those of a mapping, or of several, the first of which wins.
fn merge(node: Node) -> Result<Vec<(String, Node)>, SyntaxError> {
    let reason = "<< expects a mapping or a list of them";
    match node.value {
        Value::Map(entries) => Ok(entries),
        Value::List(items) => {
            let mut all = Vec::new();
            for item in items {
                let Value::Map(entries) = item.value else {
                    return Err(SyntaxError { line: item.line, reason });
                };
                all.extend(entries);
            }
            Ok(all)
        }
        Value::Null | Value::Text(_) => Err(SyntaxError { line: node.line, reason }),
    }
}

fn scalar(text: String, style: ScalarStyle) -> Value {
    let is_null = style == ScalarStyle::Plain && matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL");
    if is_null { Value::Null } else { Value::Text(text) }
}

/// Accepts the tags that leave a text what it is (`!!str`), and refuses those that mean another one (`!!binary`).
fn check_tag(tag: Option<&Tag>, span: &Span) -> Result<(), SyntaxError> {
    const HARMLESS: [&str; 7] = ["str", "int", "float", "bool", "null", "map", "seq"];
    match tag {
        Some(tag) if !(tag.is_yaml_core_schema() && HARMLESS.contains(&tag.suffix.as_str())) => {
            Err(error(span, "a tag (!) that is not supported"))
        }
        _ => Ok(()),
    }
}

fn error(span: &Span, reason: &'static str) -> SyntaxError {
    SyntaxError { line: span.start.line(), reason }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text<'a>(node: &'a Node, path: &str) -> Option<&'a str> {
        let found = path.split('.').try_fold(node, |node, key| node.get(key))?;
        let Value::Text(text) = &found.value else { return None };
        Some(text)
    }

    #[track_caller]
    fn fails(text: &str, line: usize, reason: &str) {
        let error = parse(text.as_bytes(), false).unwrap_err();
        assert_eq!(error.line, line, "{}", error.reason);
        assert!(error.reason.starts_with(reason), "{}", error.reason);
    }

    /// Each anchor keeps a copy of what is within it.
    #[test]
    fn nested_anchors() {
        let open = (0..28).map(|number| format!("&a{number} [")).collect::<Vec<_>>().concat();
        let list = format!("x: {open}{}{}", vec!["1"; 20_000].join(","), "]".repeat(28));
        assert_eq!(parse(list.as_bytes(), false).unwrap_err().reason, "aliases expand to too much");
        assert!(parse(format!("x: &a [{}]", vec!["1"; 20_000].join(",")).as_bytes(), false).is_ok());
    }

    #[test]
    fn text_as_written() {
        let node = parse(
            b"a: 0123\nb: yes\nc: '~'\nd: ~\ne:\nf: 1e5\ng: |\n  two\n  lines\nh: \"\\u00e9\"\n",
            false,
        )
        .unwrap();
        let table = [
            ("a", Some("0123")),
            ("b", Some("yes")),
            ("c", Some("~")),
            ("d", None),
            ("e", None),
            ("f", Some("1e5")),
            ("g", Some("two\nlines\n")),
            ("h", Some("é")),
        ];
        for (key, value) in table {
            assert_eq!(text(&node, key), value, "{key}");
        }
        assert_eq!(node.get("h").unwrap().line, 10);
    }

    #[test]
    fn anchors_and_merge_keys() {
        let yaml = "base: &b {x: 1, y: 2}\nother: &o {y: 3, z: 4}\nc:\n  <<: *b\n  y: 9\nd:\n  <<: [*b, *o]\ne: *b\n";
        let node = parse(yaml.as_bytes(), false).unwrap();
        for (path, value) in [("c.x", "1"), ("c.y", "9"), ("d.y", "2"), ("d.z", "4"), ("e.y", "2")] {
            assert_eq!(text(&node, path), Some(value), "{path}");
        }
    }

    #[test]
    fn byte_order_mark_line_ends_and_json() {
        let node = parse(b"\xef\xbb\xbfclouds:\r\n  prod:\r\n    a: b\r\n", false).unwrap();
        assert_eq!(text(&node, "clouds.prod.a"), Some("b"));
        let node = parse(b"{\n\t\"clouds\":\t{\"prod\": {\"a\": 7, \"b\": null, \"c\": \"x\\ty\"}}}\n", true)
            .unwrap();
        assert_eq!(text(&node, "clouds.prod.a"), Some("7"));
        assert_eq!(text(&node, "clouds.prod.b"), None);
        assert_eq!(text(&node, "clouds.prod.c"), Some("x\ty"));
        assert_eq!(parse(b"", false).unwrap().value, Value::Null);
    }

    #[test]
    fn refused_documents() {
        fails("a: 1\nb: 2\na: 3\n", 3, "duplicate key");
        fails("a: 1\n---\nb: 2\n", 2, "a second document");
        fails("a:\n\tb: 1\n", 2, "a tab");
        fails("a: [1\nb: 2\n", 2, "not YAML");
        fails("a: &x [*x]\n", 1, "an alias within");
        fails("a: *nowhere\n", 1, "not YAML");
        fails("a: !!binary aGk=\n", 1, "a tag");
        fails("a: !secret x\n", 1, "");
        fails("? [a]\n: b\n", 1, "a key that is not a word");
        fails("<<: 1\n", 1, "<< expects");
        fails("a: %\n", 1, "not YAML");
        assert_eq!(parse(b"a: \xff\n", false).unwrap_err().reason, "not UTF-8 text: save the file as UTF-8");
        assert_eq!(
            parse(b"\xff\xfea\0:\0", false).unwrap_err().reason,
            "a NUL byte: save the file as UTF-8 text"
        );
    }

    #[test]
    fn exploding_documents() {
        fails(&"[".repeat(40_000), 1, "nested too deep");
        fails(&"- ".repeat(40_000), 1, "nested too deep");
        let level = |n: usize| format!("a{n}: &a{n} [*a{m}, *a{m}, *a{m}, *a{m}]\n", m = n - 1);
        let laughs = (1..30).map(level).collect::<Vec<_>>().concat();
        let bomb = format!("a0: &a0 lol\n{laughs}");
        assert_eq!(parse(bomb.as_bytes(), false).unwrap_err().reason, "aliases expand to too much");
        let long = format!("a: &a {}\nb: [{}]\n", "x".repeat(500_000), "*a, ".repeat(1000));
        assert_eq!(parse(long.as_bytes(), false).unwrap_err().reason, "aliases expand to too much");
    }

    proptest! {
        #[test]
        fn arbitrary_bytes(bytes in prop::collection::vec(any::<u8>(), 0..200), is_json: bool) {
            let _ = parse(&bytes, is_json);
        }

        #[test]
        fn arbitrary_yaml(text in "[-a:\\[\\]{}&*<>!|\"'#, \t\n]{0,60}") {
            let _ = parse(text.as_bytes(), false);
        }
    }
}

//! The vocabulary of the code: plain words, doc comments that begin with a verb or a noun, short names of tests.

use std::fs;
use std::path::{Path, PathBuf};

/// Words that readers would have to guess at, with the plain ones.
const WORDS: &[(&str, &str)] = &[
    ("told", "reported, shown, printed, text"),
    ("stand", "is, be"),
    ("stands", "is"),
    ("speaks", "uses, supports"),
    ("asked for", "requested, wanted"),
    ("behind", "after"),
    ("brings home", "returns"),
    ("undone", "failed"),
    ("witness", "responder"),
    ("witnesses", "responders"),
    ("glance", "snapshot"),
    ("ledger", "history"),
    ("labour", "work_loop"),
    ("foreman", "caller"),
    ("crew", "workers"),
    ("impatient", "within the deadline"),
    ("futility", "skip_reason"),
    ("one a line", "one per line"),
    ("is none of", "is not one of"),
    ("but for", "except for"),
];

/// Former names of types and modules.
const NAMES: &[&str] = &[
    "Cleaner",
    "CertificateReport",
    "Dialled",
    "FaultReport",
    "Glance",
    "InEnvironment",
    "Judged",
    "JudgementOptions",
    "Ledger",
    "NoLookup",
    "Surroundings",
    "TaskOptions",
    "Telling",
    "TellingOptions",
    "Witness",
];

/// Phrases in which such a word has its ordinary sense, or which are quoted from other programs.
const ORDINARY: &[(&str, &str)] = &[
    ("API behind it", "the server that a proxy or a cache passes requests to"),
    ("asked for a client certificate", "a server's request, in a message for users"),
    (", but for ", "the names of a certificate, in a message for users"),
    ("port speaks https", "a protocol of a server, in a message for users"),
    ("speaks TLS", "a protocol of a server, in a message for users"),
    ("speaks plain HTTP", "a protocol of a server, in a message for users"),
    ("speaks HTTP/2", "a protocol of a server, in a message for users"),
];

/// Beginnings of sentences that do not say what an item is or does, or that say in a second form what `Tests for` and
/// `Tests whether` say.
const BEGINNINGS: &[&str] = &[
    "How ",
    "Of ",
    "Returns true ",
    "Returns whether ",
    "Same ",
    "So many ",
    "That ",
    "The same ",
    "What ",
    "When ",
    "Where ",
    "Whether ",
    "Which ",
    "Who ",
    "Whose ",
    "Why ",
];

/// Verbs of sentences, which a short name of a test does without.
const VERBS: &[&str] =
    &["is", "are", "was", "has", "have", "can", "cannot", "may", "must", "does", "never", "always"];

/// Maximum length of a test's name.
const MAX_TEST_NAME: usize = 40;

#[test]
fn vocabulary() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let directories = ["src", "tests", "benches", "examples", "fuzz/fuzz_targets"];
    let files = directories.iter().flat_map(|directory| rust_files(&root.join(directory)));
    let mut findings = Vec::new();
    for file in files {
        let path = file.strip_prefix(root).unwrap().display().to_string();
        if path != "tests/it/vocabulary.rs" {
            check(&path, &fs::read_to_string(&file).unwrap(), &mut findings);
        }
    }
    assert!(findings.is_empty(), "\n{}\n", findings.join("\n"));
}

fn rust_files(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let files = entries.flat_map(|path| if path.is_dir() { rust_files(&path) } else { vec![path] });
    files.filter(|path| path.extension().is_some_and(|extension| extension == "rs")).collect()
}

fn check(path: &str, text: &str, findings: &mut Vec<String>) {
    let (mut is_in_doc, mut is_test) = (false, false);
    for (index, line) in text.lines().enumerate() {
        let trimmed = line.trim_start();
        let doc = trimmed.strip_prefix("/// ").or_else(|| trimmed.strip_prefix("//! "));
        let sentence = doc.filter(|_| !is_in_doc);
        let name = trimmed.strip_prefix("fn ").filter(|_| is_test);
        let found =
            words(line).into_iter().chain(sentence.and_then(beginning)).chain(name.and_then(test_name));
        findings.extend(found.map(|finding| format!("{path}:{}: {finding}: {trimmed}", index + 1)));
        is_in_doc = trimmed.starts_with("///") || trimmed.starts_with("//!");
        is_test = trimmed == "#[test]" || (is_test && trimmed.starts_with("#["));
    }
}

fn words(line: &str) -> Vec<String> {
    let line = ORDINARY.iter().fold(line.to_owned(), |line, (phrase, _)| line.replace(phrase, ""));
    let lower = line.to_lowercase();
    let retired = WORDS.iter().filter(|(word, _)| contains(&lower, word, |c| c.is_ascii_alphabetic()));
    let former = NAMES.iter().filter(|name| contains(&line, name, |c| c.is_ascii_alphanumeric() || c == '_'));
    let retired = retired.map(|(word, plain)| format!("'{word}' (better: {plain})"));
    retired.chain(former.map(|name| format!("the former name {name}"))).collect()
}

/// Tests whether a text contains a word that no further letter extends.
fn contains(text: &str, word: &str, is_letter: impl Fn(char) -> bool) -> bool {
    text.match_indices(word).any(|(at, _)| {
        let (before, after) = (&text[..at], &text[at + word.len()..]);
        !before.ends_with(&is_letter) && !after.starts_with(&is_letter)
    })
}

fn beginning(sentence: &str) -> Option<String> {
    let word = BEGINNINGS.iter().find(|beginning| sentence.starts_with(**beginning))?;
    Some(format!("a doc comment that begins with '{}'", word.trim_end()))
}

fn test_name(definition: &str) -> Option<String> {
    let name = definition.split('(').next().unwrap_or_default();
    let verb = name.split('_').find(|word| VERBS.contains(word));
    (name.len() > MAX_TEST_NAME || verb.is_some())
        .then(|| "the name of a test is a short noun phrase".to_owned())
}

#[test]
fn findings() {
    let text = "//! Whether it stood.\n//! What it is.\n/// Answers.\nlet is_told = standing;\n\
                #[test]\n#[ignore]\nfn a_word_is_bad() {}\nstruct Ledger; // the API behind it\n";
    let mut findings = Vec::new();
    check("a.rs", text, &mut findings);
    assert_eq!(
        findings,
        [
            "a.rs:1: a doc comment that begins with 'Whether': //! Whether it stood.",
            "a.rs:4: 'told' (better: reported, shown, printed, text): let is_told = standing;",
            "a.rs:7: the name of a test is a short noun phrase: fn a_word_is_bad() {}",
            "a.rs:8: 'ledger' (better: history): struct Ledger; // the API behind it",
            "a.rs:8: the former name Ledger: struct Ledger; // the API behind it",
        ]
    );
}

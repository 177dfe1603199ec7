//! Holds the modules to one direction: none uses one that `lib.rs` declares after it.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The modules in the order of their declaration.
fn declared() -> Vec<&'static str> {
    let lines = include_str!("lib.rs").lines();
    let modules =
        lines.filter_map(|line| line.trim_start_matches("pub ").strip_prefix("mod ")?.strip_suffix(';'));
    modules.filter(|module| *module != "layers").collect()
}

fn files(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// The code of a file without its comments and its tests.
fn code(file: &Path) -> String {
    let text = fs::read_to_string(file).unwrap();
    let code = text.lines().take_while(|line| !line.ends_with("mod tests {"));
    code.filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// The modules after one `crate::`: a single one, or a group in braces.
fn used(text: &str) -> Vec<&str> {
    let group = text.strip_prefix('{').map(|group| group.split('}').next().unwrap_or_default());
    let names = group.unwrap_or(text).split(',').take(if group.is_some() { usize::MAX } else { 1 });
    names.filter_map(first_word).filter(|name| !name.is_empty()).collect()
}

fn first_word(name: &str) -> Option<&str> {
    name.trim().split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next()
}

fn is_test(file: &Path) -> bool {
    ["tests.rs", "fixture.rs", "layers.rs"].iter().any(|name| file.ends_with(name))
}

#[test]
fn order_of_modules() {
    let (declared, source) = (declared(), Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    let layer = |module: &str| declared.iter().position(|own| *own == module);
    for file in files(&source).iter().filter(|file| !is_test(file)) {
        let within = file.strip_prefix(&source).unwrap().with_extension("");
        // The roots and the tests' own modules are in no layer.
        let Some(own) = layer(within.iter().next().unwrap().to_str().unwrap()) else { continue };
        for used in code(file).split("crate::").skip(1).flat_map(used) {
            let used_at =
                layer(used).unwrap_or_else(|| panic!("{}: crate::{used} is not declared", file.display()));
            assert!(used_at <= own, "{} uses {used}, which lib.rs declares later", file.display());
        }
    }
}

/// One name, one meaning: no two modules define types of the same name.
#[test]
fn names_of_types() {
    let mut modules: HashMap<String, PathBuf> = HashMap::new();
    for file in
        files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")).into_iter().filter(|file| !is_test(file))
    {
        for line in code(&file).lines().filter(|line| !line.starts_with(' ')) {
            let words: Vec<&str> = line.split(' ').collect();
            let keyword = words.iter().position(|word| ["struct", "enum", "trait", "type"].contains(word));
            let Some(name) = keyword.and_then(|keyword| first_word(words.get(keyword + 1)?)) else {
                continue;
            };
            let other = modules.insert(name.to_owned(), file.clone());
            assert!(other.is_none(), "{name} is defined in {other:?} and in {}", file.display());
        }
    }
}

/// Judging depends on the criteria alone, not on how much is shown.
#[test]
fn judging_without_the_plan() {
    let verdict = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/verdict");
    for file in files(&verdict).iter().filter(|file| !is_test(file)) {
        for module in code(file).split("crate::").skip(1).flat_map(used) {
            assert!(!["cli", "plan", "probe"].contains(&module), "{} uses {module}", file.display());
        }
    }
}

//! `check_ceilometer`: asks the Health-Check API of OpenStack's Metering service and says what is broken.
//!
//! Data flows one way, down the list of modules in this file: none uses one of a later paragraph.
//!
//! ```text
//! argv → cli → plan → probe → verdict → report → text and exit code
//! ```

// The terms of the field, and the rules on them.
pub mod diagnosis;
pub mod endpoint;
pub mod exchange;
pub mod format;
pub mod quorum;
pub mod range;
pub mod state;
pub mod table;
pub mod text;
pub mod thresholds;

// What people read: how much, in which columns, in which colours.
pub mod columns;
pub mod palette;
pub mod quantity;

// What the process finds around itself.
pub mod files;
pub mod surroundings;

// What was typed, and what will be done.
pub mod cli;

pub mod haproxy;

pub mod plan;

// What is done: the network, and what answers in its place.
pub mod probe;
pub mod simulate;

// What came of it.
pub mod verdict;

pub mod report;

// Who carries it out and who tells: once, and again and again.
pub mod run;

pub mod output;
pub mod progress;

pub mod watch;

// What is told without a run.
pub mod explain;
pub mod generate;

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::fs;
    use std::path::{Path, PathBuf};

    /// The paragraph in which each module is declared.
    fn paragraphs() -> HashMap<&'static str, usize> {
        let declared = include_str!("lib.rs").split("#[cfg(test)]").next().unwrap();
        let numbered = declared.split("\n\n").enumerate();
        let modules = numbered.flat_map(|(number, paragraph)| {
            let names = paragraph.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'));
            names.map(move |name| (name, number))
        });
        modules.collect()
    }

    fn files(place: &Path) -> Vec<PathBuf> {
        let entries = fs::read_dir(place).unwrap().map(|entry| entry.unwrap().path());
        entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
    }

    /// The code of a file without its comments and its tests.
    fn code(file: &Path) -> String {
        let text = fs::read_to_string(file).unwrap();
        let code = text.lines().take_while(|line| !line.ends_with("mod tests {"));
        code.filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
    }

    fn word(text: &str) -> &str {
        text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap()
    }

    #[test]
    fn no_module_uses_one_of_a_later_paragraph() {
        let (paragraphs, source) = (paragraphs(), Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
        let place = |module: &str| *paragraphs.get(module).unwrap_or_else(|| panic!("where is {module:?}?"));
        let for_tests = |file: &Path| file.ends_with("tests.rs") || file.ends_with("fixture.rs");
        let roots = [source.join("main.rs"), source.join("lib.rs")];
        let files = files(&source).into_iter().filter(|file| !for_tests(file) && !roots.contains(file));
        for file in files {
            let within = file.strip_prefix(&source).unwrap().with_extension("");
            let own = place(within.iter().next().unwrap().to_str().unwrap());
            for used in code(&file).split("crate::").skip(1).map(word) {
                assert!(place(used) <= own, "{} uses {used}", file.display());
            }
        }
    }
}

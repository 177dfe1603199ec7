//! The README and CONTRIBUTING keep their word: what they show is what is printed, what they tell to type runs, and
//! what they name exists. `UPDATE_EXPECT=1 cargo test --test it docs` rewrites the table and the outputs.

mod document;
mod names;
mod sandbox;

mod tests {
    use std::env;
    use std::fs;
    use std::path::{Path, PathBuf};
    use std::process::{Command, Stdio};

    use check_ceilometer::testing;

    use crate::docs::document::{Block, Document, normalised};
    use crate::docs::sandbox::{NOT_RUN, Ran, Sandbox, reason_not_to_run};
    use crate::support::programs::{found, missing};

    const TABLE: (&str, &str) =
        ("<!-- table: UPDATE_EXPECT=1 cargo test --test it docs -->\n", "<!-- end of table -->");

    /// What HAProxy wants besides, and every configuration of its users has.
    const SURROUNDING: &str = "defaults\n timeout connect 5s\n timeout client 5s\n timeout server 5s\n\
                               frontend all\n bind 127.0.0.1:8080\n default_backend metering\n";

    fn in_tree(path: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
    }

    fn readme() -> Document {
        Document::read(&in_tree("README.md"))
    }

    fn documents() -> [Document; 2] {
        [readme(), Document::read(&in_tree("CONTRIBUTING.md"))]
    }

    /// The text between the table's marks replaced by the table in force without overrides.
    fn with_table(text: &str) -> String {
        let (before, rest) = text.split_once(TABLE.0).expect("the README has the table's first mark");
        let (_, after) = rest.split_once(TABLE.1).expect("the README has the table's last mark");
        [before, TABLE.0, &testing::rules_as_markdown(), TABLE.1, after].concat()
    }

    /// A block of commands and what they print, with what they print now.
    fn replayed(sandbox: &Sandbox, block: &Block) -> String {
        let mut text = String::new();
        let mut last = 0;
        for command in block.prompts() {
            let Ran { code, stdout, .. } = sandbox.at_a_terminal(command, last);
            text += &["$ ", command, "\n", &stdout].concat();
            last = code.unwrap_or(255);
        }
        if normalised(&text) == normalised(&block.text) { block.text.clone() } else { text }
    }

    #[test]
    fn what_it_shows_is_what_is_printed() {
        let (readme, sandbox) = (readme(), Sandbox::new());
        let real = with_table(&readme.with_blocks("console", |block| replayed(&sandbox, block)));
        if env::var_os("UPDATE_EXPECT").is_some() {
            fs::write(in_tree("README.md"), &real).unwrap();
        } else if let Some((shown, now)) = readme.text.lines().zip(real.lines()).find(|(a, b)| a != b) {
            panic!(
                "README.md is out of date:\n  shown: {shown}\n  now:   {now}\nUPDATE_EXPECT=1 rewrites it"
            );
        } else {
            assert_eq!(
                readme.text.len(),
                real.len(),
                "README.md is out of date; UPDATE_EXPECT=1 rewrites it"
            );
        }
    }

    #[test]
    fn what_it_tells_to_type_runs() {
        let sandbox = Sandbox::new();
        for command in documents().iter().flat_map(Document::commands) {
            if reason_not_to_run(&command).is_some() {
                continue;
            }
            let ran = sandbox.run(&command);
            // A shell's word for a program that is not there, such as curl.
            if ran.code == Some(127) {
                missing(&format!("{command}: {}", ran.stderr));
                continue;
            }
            // The rehearsal of an alert is the one command that is meant to fail.
            let code = if command.contains("--simulate backend-down") { 2 } else { 0 };
            assert_eq!((ran.code, ran.stderr.as_str()), (Some(code), ""), "{command}\n{ran:#?}");
        }
    }

    #[test]
    fn no_exception_outlives_its_command() {
        let commands: Vec<String> = documents().iter().flat_map(Document::commands).collect();
        for (beginning, reason) in NOT_RUN {
            assert!(commands.iter().any(|command| command.starts_with(beginning)), "{beginning}: {reason}");
        }
    }

    #[test]
    fn haproxy_accepts_what_is_shown_for_it() {
        let Some(program) = found(&["haproxy"]) else { return };
        let directory = tempfile::tempdir().unwrap();
        for (number, block) in readme().blocks("haproxy").enumerate() {
            let file = directory.path().join(format!("{number}.cfg"));
            fs::write(&file, [SURROUNDING, &block.text].concat()).unwrap();
            let output =
                Command::new(&program).arg("-c").arg("-f").arg(&file).stdin(Stdio::null()).output().unwrap();
            assert!(output.status.success(), "{output:?}\n{}", block.text);
        }
    }

    #[test]
    fn every_option_that_it_names_exists() {
        let command = testing::command();
        let known = |word: &str| {
            let (long, short) = (word.strip_prefix("--"), word.strip_prefix('-'));
            command.get_arguments().any(|arg| match (long, short) {
                (Some(long), _) => arg.get_long() == Some(long),
                (None, Some(short)) => arg.get_short().is_some_and(|own| short.chars().all(|c| c == own)),
                (None, None) => false,
            })
        };
        for span in readme().spans().filter(|span| span.starts_with('-')) {
            let option = span.split([' ', '=']).next().unwrap_or_default();
            assert!(known(option) || ["--help", "--version"].contains(&option), "there is no {option}");
        }
    }

    #[test]
    fn every_diagnosis_and_format_has_its_line() {
        let text = readme().text;
        let diagnoses = testing::diagnosis_names().into_iter().map(str::to_owned);
        for name in diagnoses.chain(testing::format_names()) {
            assert!(text.contains(&format!("\n| `{name}` |")), "no line explains {name}");
        }
    }

    #[test]
    fn every_name_of_ours_is_one_that_we_print() {
        let sandbox = Sandbox::new();
        let mut printed = sandbox.run("check_ceilometer --simulate healthy -o prometheus").stdout;
        for name in testing::artifact_names() {
            printed += &testing::generated(&name).unwrap();
        }
        for span in readme().spans() {
            let ours = |word: &&str| word.contains("ceilometer_") && !word.contains('/');
            for word in span.split([' ', '=']).filter(ours) {
                let name = word.trim_start_matches("vars.");
                assert!(printed.contains(name), "nothing of ours is named {name}");
            }
        }
    }

    #[test]
    fn every_link_leads_somewhere() {
        for document in documents() {
            for target in document.links().filter(|target| !target.contains("://")) {
                match target.strip_prefix('#') {
                    Some(anchor) => {
                        assert!(document.anchors().any(|own| own == anchor), "no heading #{anchor}");
                    }
                    None => assert!(in_tree(target).exists(), "no file {target}"),
                }
            }
        }
    }
}

//! The documents are true: the shown outputs are those of the program, the commands run, and the names exist.
//!
//! `UPDATE_EXPECT=1 cargo test --test it docs` rewrites the table and the outputs.

mod document;
mod names;
mod sandbox;

mod tests {
    use std::env;
    use std::fs;
    use std::path::{Path, PathBuf};
    use std::process::{Command, Stdio};

    use check_ceilometer::testing;

    use crate::docs::document::{Block, Document, normalized};
    use crate::docs::sandbox::{NOT_RUN, Sandbox, reason_not_to_run};
    use crate::support::programs::{Run, found, missing};

    const TABLE: (&str, &str) =
        ("<!-- table: UPDATE_EXPECT=1 cargo test --test it docs -->\n", "<!-- end of table -->");

    const PROGRAM: &str = env!("CARGO_BIN_EXE_check_ceilometer");

    /// The rest of a configuration that HAProxy accepts.
    const SURROUNDING: &str = "defaults\n timeout connect 5s\n timeout client 5s\n timeout server 5s\n\
                               frontend all\n bind 127.0.0.1:8080\n default_backend metering\n";

    fn in_tree(path: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
    }

    /// The documents for users, by path.
    fn guides() -> Vec<(PathBuf, Document)> {
        let pages = fs::read_dir(in_tree("docs")).unwrap().map(|entry| entry.unwrap().path());
        let paths = pages.chain([in_tree("README.md")]);
        paths.map(|path| (path.clone(), Document::read(&path))).collect()
    }

    /// All documents, by the directory that their links start from.
    fn documents() -> Vec<(PathBuf, Document)> {
        let contributing = in_tree("CONTRIBUTING.md");
        let all = guides().into_iter().chain([(contributing.clone(), Document::read(&contributing))]);
        all.map(|(path, document)| (path.parent().unwrap().to_owned(), document)).collect()
    }

    fn commands() -> Vec<String> {
        documents().iter().flat_map(|(_, document)| document.commands()).collect()
    }

    /// The text between the table's marks replaced by the table in force without overrides.
    fn with_table(text: &str) -> String {
        let Some((before, rest)) = text.split_once(TABLE.0) else { return text.to_owned() };
        let (_, after) = rest.split_once(TABLE.1).expect("the table has its last mark");
        [before, TABLE.0, &testing::rules_as_markdown(), TABLE.1, after].concat()
    }

    /// Replaces the outputs in a block of commands by those of now.
    fn replayed(sandbox: &Sandbox, block: &Block) -> String {
        let mut text = String::new();
        let mut last = 0;
        for command in block.prompts() {
            let Run { code, stdout, .. } = sandbox.at_a_terminal(command, last);
            text += &["$ ", command, "\n", &stdout].concat();
            last = code.unwrap_or(255);
        }
        if normalized(&text) == normalized(&block.text) { block.text.clone() } else { text }
    }

    #[test]
    fn shown_outputs() {
        let sandbox = Sandbox::new();
        for (path, document) in guides() {
            let real = with_table(&document.with_blocks("console", |block| replayed(&sandbox, block)));
            if env::var_os("UPDATE_EXPECT").is_some() {
                fs::write(&path, &real).unwrap();
                continue;
            }
            let differs = document.text.lines().zip(real.lines()).find(|(shown, now)| shown != now);
            assert!(
                differs.is_none() && document.text.len() == real.len(),
                "{} is out of date; UPDATE_EXPECT=1 rewrites it: {differs:#?}",
                path.display()
            );
        }
    }

    #[test]
    fn commands_to_type() {
        let sandbox = Sandbox::new();
        for command in commands() {
            if reason_not_to_run(&command).is_some() {
                continue;
            }
            let ran = sandbox.run(&command);
            // A shell's word for a program that is not there, such as curl.
            if ran.code == Some(127) {
                missing(&format!("{command}: {}", ran.stderr));
                continue;
            }
            // Only the rehearsal of an alert is meant to fail.
            let code = if command.contains("--simulate backend-down") { 2 } else { 0 };
            assert_eq!((ran.code, ran.stderr.as_str()), (Some(code), ""), "{command}\n{ran:#?}");
        }
    }

    #[test]
    fn exceptions_in_use() {
        let commands = commands();
        for (beginning, reason) in NOT_RUN {
            assert!(commands.iter().any(|command| command.starts_with(beginning)), "{beginning}: {reason}");
        }
    }

    #[test]
    fn haproxy_blocks() {
        let Some(program) = found(&["haproxy"]) else { return };
        let directory = tempfile::tempdir().unwrap();
        let guides = guides();
        let blocks = guides.iter().flat_map(|(_, guide)| guide.blocks("haproxy"));
        for (number, block) in blocks.enumerate() {
            let file = directory.path().join(format!("{number}.cfg"));
            fs::write(&file, [SURROUNDING, &block.text].concat()).unwrap();
            let output =
                Command::new(&program).arg("-c").arg("-f").arg(&file).stdin(Stdio::null()).output().unwrap();
            assert!(output.status.success(), "{output:?}\n{}", block.text);
        }
    }

    /// Runs a program that must accept what it is given, and returns its output.
    fn accepted(program: &Path, arguments: &[&str], directory: &Path) -> String {
        let output = Command::new(program)
            .args(arguments)
            .current_dir(directory)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{arguments:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    fn other_callers() -> Document {
        Document::read(&in_tree("docs/other-callers.md"))
    }

    #[test]
    fn systemd_blocks() {
        let Some(program) = found(&["systemd-analyze"]) else { return };
        let directory = tempfile::tempdir().unwrap();
        let place =
            |text: &str| text.lines().next()?.strip_prefix("# /etc/systemd/system/").map(str::to_owned);
        let mut arguments = vec!["verify".to_owned(), "--man=no".to_owned()];
        for block in other_callers().blocks("ini") {
            let name = place(&block.text).expect("the block names its file");
            let text = block.text.replace("ExecStart=check_ceilometer ", &format!("ExecStart={PROGRAM} "));
            fs::write(directory.path().join(&name), text).unwrap();
            arguments.push(format!("./{name}"));
        }
        assert_eq!(arguments.len(), 4);
        let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
        accepted(&program, &arguments, directory.path());
    }

    #[test]
    fn json_and_toml_blocks() {
        for block in other_callers().blocks("json") {
            serde_json::from_str::<serde_json::Value>(&block.text).unwrap();
        }
        let Some(program) = found(&["python3"]) else { return };
        let directory = tempfile::tempdir().unwrap();
        for block in other_callers().blocks("toml") {
            fs::write(directory.path().join("telegraf.conf"), &block.text).unwrap();
            let script = "import tomllib; print(tomllib.load(open('telegraf.conf', 'rb'))['inputs']['exec'])";
            accepted(&program, &["-c", script], directory.path());
        }
    }

    /// `kubectl` drops the fields of a container that Kubernetes does not know.
    #[test]
    fn kubernetes_blocks() {
        let Some(program) = found(&["kubectl"]) else { return };
        let directory = tempfile::tempdir().unwrap();
        let blocks: Vec<_> = other_callers().blocks("yaml").collect();
        assert_eq!(blocks.len(), 1);
        let probes: String = blocks[0].text.lines().map(|line| ["    ", line, "\n"].concat()).collect();
        let pod = format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: api}}\nspec:\n  containers:\n  - name: api\n    image: api\n{probes}"
        );
        fs::write(directory.path().join("pod.yaml"), pod).unwrap();
        let arguments = ["set", "env", "--local", "-f", "pod.yaml", "A=b", "-o", "json"];
        let known: serde_json::Value =
            serde_json::from_str(&accepted(&program, &arguments, directory.path())).unwrap();
        let commands: Vec<_> = other_callers().commands();
        for probe in ["livenessProbe", "readinessProbe"] {
            let probe = &known["spec"]["containers"][0][probe];
            assert_eq!(probe["timeoutSeconds"], 5, "{known}");
            let words = probe["exec"]["command"].as_array().unwrap();
            let words = words.iter().map(|word| word.as_str().unwrap());
            assert!(commands.contains(&shlex::try_join(words).unwrap()), "{known}");
        }
    }

    #[test]
    fn options_named() {
        let command = testing::command();
        let known = |word: &str| {
            let (long, short) = (word.strip_prefix("--"), word.strip_prefix('-'));
            command.get_arguments().any(|arg| match (long, short) {
                (Some(long), _) => arg.get_long() == Some(long),
                (None, Some(short)) => arg.get_short().is_some_and(|own| short.chars().all(|c| c == own)),
                (None, None) => false,
            })
        };
        let guides = guides();
        for span in guides.iter().flat_map(|(_, guide)| guide.spans()).filter(|span| span.starts_with('-')) {
            let option = span.split([' ', '=']).next().unwrap_or_default();
            assert!(known(option) || ["--help", "--version"].contains(&option), "there is no {option}");
        }
    }

    #[test]
    fn diagnoses_and_formats_explained() {
        let text = Document::read(&in_tree("docs/reference.md")).text;
        let diagnoses = testing::diagnosis_names().into_iter().map(str::to_owned);
        for name in diagnoses.chain(testing::format_names()) {
            assert!(text.contains(&format!("\n| `{name}` |")), "no line explains {name}");
        }
    }

    /// Tests whether a text has a word: something between blanks, quotes or a shell's separators.
    fn has_word(text: &str, word: &str) -> bool {
        text.split(|c: char| c.is_whitespace() || "\";|".contains(c)).any(|own| own == word)
    }

    #[test]
    fn generated_texts_in_use() {
        let commands = commands();
        let package = fs::read_to_string(in_tree(".ci/package")).unwrap();
        let files = fs::read_dir(in_tree("tests/it/callers")).unwrap().map(|entry| entry.unwrap().path());
        // That one starts no caller.
        let tests = files.filter(|file| !file.ends_with("plugin_path.rs"));
        let tests: String = tests.map(|file| fs::read_to_string(file).unwrap()).collect();
        for name in testing::artifact_names() {
            let generates = |command: &String| {
                command
                    .split_once("--generate ")
                    .is_some_and(|(_, rest)| rest.split(' ').next() == Some(&name))
            };
            assert!(commands.iter().any(generates), "no page in docs has a command with --generate {name}");
            // The package has them under names of their own.
            if name == "man" || name.starts_with("complete-") {
                continue;
            }
            assert!(has_word(&package, &name), "{name} is not in the list of .ci/package");
            // Keystone is no caller.
            let is_tested = name == "os-cloud" || tests.contains(&format!("\"{name}\""));
            assert!(is_tested, "no test in tests/it/callers starts the caller of --generate {name}");
        }
    }

    #[test]
    fn pages_in_the_readme() {
        let readme = Document::read(&in_tree("README.md"));
        for entry in fs::read_dir(in_tree("docs")).unwrap() {
            let page = format!("docs/{}", entry.unwrap().file_name().to_string_lossy());
            assert!(readme.links().any(|link| link == page), "README.md does not link to {page}");
        }
    }

    #[test]
    fn names_printed() {
        let sandbox = Sandbox::new();
        let mut printed = sandbox.run("check_ceilometer --simulate healthy -o prometheus").stdout;
        for name in testing::artifact_names() {
            printed += &testing::generated(&name).unwrap();
        }
        let guides = guides();
        for span in guides.iter().flat_map(|(_, guide)| guide.spans()) {
            let ours = |word: &&str| word.contains("ceilometer_") && !word.contains('/');
            for word in span.split([' ', '=']).filter(ours) {
                let name = word.trim_start_matches("vars.");
                assert!(printed.contains(name), "nothing of ours is named {name}");
            }
        }
    }

    #[test]
    fn paths_for_contributors() {
        let document = Document::read(&in_tree("CONTRIBUTING.md"));
        let first = |span: &str| span.split(['/', ' ']).next().unwrap_or_default().to_owned();
        for span in document.spans().filter(|span| in_tree(&first(span)).exists()) {
            let path = span.split(' ').next().unwrap_or_default();
            assert!(in_tree(path).exists(), "no file {path}");
        }
    }

    #[test]
    fn modules_for_contributors() {
        let text = Document::read(&in_tree("CONTRIBUTING.md")).text;
        let rows = text.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
        let library = fs::read_to_string(in_tree("src/lib.rs")).unwrap();
        let declared =
            library.lines().filter_map(|line| line.trim_start_matches("pub ").strip_prefix("mod "));
        let modules = declared.map(|module| module.trim_end_matches(';')).filter(|name| *name != "layers");
        assert!(rows.eq(modules), "the table differs from src/lib.rs");
    }

    #[test]
    fn links() {
        for (directory, document) in documents() {
            for target in document.links().filter(|target| !target.contains("://")) {
                match target.strip_prefix('#') {
                    Some(anchor) => {
                        assert!(document.anchors().any(|own| own == anchor), "no heading #{anchor}");
                    }
                    None => assert!(directory.join(target).exists(), "no file {target}"),
                }
            }
        }
    }
}

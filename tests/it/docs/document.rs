//! A document in Markdown, as far as its commands, code spans and links go.

use std::fs;
use std::path::Path;

pub(crate) struct Document {
    pub(crate) text: String,
}

/// The text between two fences.
pub(crate) struct Block {
    language: String,
    pub(crate) text: String,
}

impl Document {
    pub(crate) fn read(path: &Path) -> Document {
        let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        Document { text }
    }

    /// The blocks in a language.
    pub(crate) fn blocks(&self, language: &str) -> impl Iterator<Item = Block> {
        self.pieces()
            .into_iter()
            .filter_map(|(_, block)| block)
            .filter(move |block| block.language == language)
    }

    /// The whole text, each block in a language replaced.
    pub(crate) fn with_blocks(&self, language: &str, replace: impl Fn(&Block) -> String) -> String {
        let mut text = String::new();
        for (prose, block) in self.pieces() {
            text += &prose;
            if let Some(block) = block {
                let inner = if block.language == language { replace(&block) } else { block.text };
                text += &["```", &block.language, "\n", &inner, "```\n"].concat();
            }
        }
        text
    }

    /// The text as prose, each piece with the block after it.
    fn pieces(&self) -> Vec<(String, Option<Block>)> {
        let mut pieces = Vec::new();
        let mut parts =
            format!("\n{}", self.text).split("\n```").map(str::to_owned).collect::<Vec<_>>().into_iter();
        while let Some(prose) = parts.next() {
            let prose = prose.strip_prefix('\n').unwrap_or(&prose).to_owned();
            let block = parts.next().map(|fenced| {
                let (language, text) = fenced.split_once('\n').unwrap_or((&fenced, ""));
                let text = if text.is_empty() { String::new() } else { format!("{text}\n") };
                Block { language: language.to_owned(), text }
            });
            let prose = if block.is_some() { format!("{prose}\n") } else { prose };
            pieces.push((prose, block));
        }
        pieces
    }

    /// The code spans outside of the blocks.
    pub(crate) fn spans(&self) -> impl Iterator<Item = String> {
        let prose: String = self.pieces().into_iter().map(|(prose, _)| prose).collect();
        prose.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>().into_iter()
    }

    /// Everything that a reader may type or paste: shell lines, commands in prose, crontab lines and the argument
    /// lists of containers.
    pub(crate) fn commands(&self) -> Vec<String> {
        let shell = self.blocks("sh").flat_map(|block| block.lines());
        let called = |span: &String| {
            span.starts_with("check_ceilometer ") || span.starts_with("curl ") && span.contains("://")
        };
        let cron = self.blocks("crontab").flat_map(|block| block.lines()).map(|line| {
            // Five fields of time, and the user.
            line.splitn(7, ' ').last().unwrap_or_default().to_owned()
        });
        let lists = ["yaml", "dockerfile", "json"].into_iter().flat_map(|language| self.blocks(language));
        let lists = lists.flat_map(|block| block.argument_lists());
        let settings = [("toml", "  commands = [\""), ("ini", "ExecStart=")].into_iter();
        let settings =
            settings.flat_map(|(language, key)| self.blocks(language).flat_map(|block| block.values(key)));
        shell.chain(self.spans().filter(called)).chain(cron).chain(lists).chain(settings).collect()
    }

    /// The targets of links.
    pub(crate) fn links(&self) -> impl Iterator<Item = &str> {
        self.text.split("](").skip(1).filter_map(|rest| rest.split(')').next())
    }

    /// The names by which headings are linked to.
    pub(crate) fn anchors(&self) -> impl Iterator<Item = String> {
        let headings = self.text.lines().filter(|line| line.starts_with('#'));
        headings.map(|line| line.trim_start_matches(['#', ' ']).to_lowercase().replace(' ', "-"))
    }
}

impl Block {
    /// The commands after a prompt.
    pub(crate) fn prompts(&self) -> impl Iterator<Item = &str> {
        self.text.lines().filter_map(|line| line.strip_prefix("$ "))
    }

    /// The lines; one that ends in a pipe or a backslash goes on in the next.
    fn lines(&self) -> Vec<String> {
        let joined = self.text.replace("\\\n", " ").replace("|\n", "| ");
        joined.lines().map(str::to_owned).collect()
    }

    /// The values of a key, up to a quote that ends them.
    fn values(&self, key: &str) -> Vec<String> {
        let values = self.text.lines().filter_map(|line| line.strip_prefix(key));
        values.map(|value| value.trim_end_matches("\"]").to_owned()).collect()
    }

    /// The lists of arguments, written as JSON, as commands of a shell.
    fn argument_lists(&self) -> Vec<String> {
        let lists = self.text.lines().filter_map(|line| line.find('[').map(|start| &line[start..]));
        let words = lists.map(|list| {
            serde_json::from_str::<Vec<String>>(list.trim_end_matches(',')).expect("a list of words")
        });
        words.map(|words| shlex::try_join(words.iter().map(String::as_str)).unwrap()).collect()
    }
}

/// The characters of bars.
const BARS: [char; 6] = ['░', '▒', '▓', '▪', '█', '▄'];

/// Removes what differs from run to run: decimals, milliseconds, addresses with their ports, and the bars with
/// their legend; and with single spaces, because columns are as wide as their contents.
pub(crate) fn normalized(text: &str) -> String {
    let is_legend = |line: &str| line.trim_start().starts_with(BARS);
    let lines = text.lines().filter(|line| !is_legend(line)).map(|line| {
        let words = line.split_whitespace().map(|word| numbers(&without_bars(word)));
        words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
    });
    without_milliseconds(&lines.collect::<Vec<_>>().join("\n"))
}

/// Longer times have no decimals.
fn without_milliseconds(text: &str) -> String {
    let mut words: Vec<&str> = text.split(' ').collect();
    for number in 1..words.len() {
        if words[number].starts_with("ms") && words[number - 1].parse::<u32>().is_ok() {
            words[number - 1] = "N";
        }
    }
    words.join(" ")
}

fn without_bars(word: &str) -> String {
    word.chars().filter(|c| !BARS.contains(c)).collect()
}

/// Replaces each run of digits, dots and colons that is not a plain integer.
fn numbers(word: &str) -> String {
    let mut text = String::new();
    let mut rest = word;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, number) = rest.split_at(start);
        let end = number.find(|c: char| !c.is_ascii_digit() && !".:".contains(c)).unwrap_or(number.len());
        let (number, after) = number.split_at(end);
        let plain = number.chars().all(|c| c.is_ascii_digit());
        text = text + before + if plain { number } else { "N" };
        rest = after;
    }
    text + rest
}

mod tests {
    use super::normalized;

    #[test]
    fn normalized_outputs() {
        let one = "GET   503   3.60 ms  ▒▪▪█▄ 127.0.0.1:36309\n                ▒ connect  ▪ send\n'127.0.0.1:1 t'=0.1s";
        let two = "GET   503  113 ms  ▪▪▪█ 127.0.0.1:1\n'127.0.0.1:20 t'=10.25s";
        assert_eq!(normalized(one), "GET 503 N ms N\n'N t'=Ns");
        assert_eq!(normalized(one), normalized(two));
        assert_ne!(normalized(two), normalized(&two.replace("503", "500")));
    }
}

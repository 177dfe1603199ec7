//! Lines that are redrawn in place at the terminal's lower end; what is printed above them scrolls away as usual.
//!
//! The cursor stays visible, below the block: a watch that is killed leaves nothing to restore.

use crate::terminal::layout::display_width;

#[derive(Debug, Default)]
pub(in crate::watch) struct LiveBlock {
    /// Columns of each line on the terminal.
    widths: Vec<usize>,
}

impl LiveBlock {
    /// Returns the text that prints `above` above the block and replaces the block by `block`.
    ///
    /// `columns` is the current width of the terminal, which may have broken the wider lines of the last block.
    pub(in crate::watch) fn redraw(&mut self, above: &[String], block: &[String], columns: usize) -> String {
        let rows: usize = self.widths.iter().map(|width| width.div_ceil(columns.max(1)).max(1)).sum();
        self.widths = block.iter().map(|line| display_width(line)).collect();
        let up = if rows > 0 { format!("\x1b[{rows}A") } else { String::new() };
        // Line by line, and the rest at the end: tmux moves a screen that is erased from its first cell to its
        // scrollback.
        let lines: String = above.iter().chain(block).flat_map(|line| ["\x1b[K", line, "\n"]).collect();
        format!("\r{up}{lines}\x1b[J")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn replaced_block() {
        let mut terminal = vt100::Parser::new(6, 20, 10);
        let mut block = LiveBlock::default();
        let mut draw = |above: &[&str], new: &[&str]| {
            let text = block.redraw(&lines(above), &lines(new), 20);
            terminal.process(text.replace('\n', "\r\n").as_bytes());
            terminal.screen().contents()
        };
        assert_eq!(draw(&[], &["state: OK", "endpoint"]), "state: OK\nendpoint");
        assert_eq!(draw(&["a change"], &["\x1b[1mstate\x1b[0m"]), "a change\nstate");
        assert_eq!(draw(&["another"], &["1", "2", "3"]), "a change\nanother\n1\n2\n3");
        assert_eq!(draw(&["summary"], &[]), "a change\nanother\nsummary");
        draw(&[], &["longer than the terminal"]);
        assert_eq!(draw(&[], &["short"]), "a change\nanother\nsummary\nshort");
    }

    #[test]
    fn narrower_terminal() {
        let mut block = LiveBlock::default();
        block.redraw(&[], &lines(&["\x1b[31mtwenty columns wide!\x1b[0m", "short"]), 20);
        assert_eq!(block.redraw(&[], &[], 10), "\r\x1b[3A\x1b[J");
    }
}

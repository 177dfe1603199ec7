//! A block of lines that is redrawn in place at the terminal's lower end; what is printed above it scrolls away
//! as usual and stays in the terminal's memory.
//!
//! The cursor stays visible, below the block: a watch that is killed leaves nothing to restore.

use crate::terminal::layout::visible_width;

/// What stands on the terminal.
#[derive(Debug, Default)]
pub(in crate::watch) struct LiveBlock {
    /// The columns of each line of the block.
    block: Vec<usize>,
}

impl LiveBlock {
    /// What to write so that `above` stands above the block, and `block` in place of what the block was.
    ///
    /// `columns` is the terminal's width now: a narrower one has broken the lines that were too wide for it.
    pub(in crate::watch) fn redrawn(&mut self, above: &[String], block: &[String], columns: usize) -> String {
        let rows: usize = self.block.iter().map(|taken| taken.div_ceil(columns.max(1)).max(1)).sum();
        self.block = block.iter().map(|line| visible_width(line)).collect();
        let up = if rows > 0 { format!("\x1b[{rows}A") } else { String::new() };
        let lines: String = above.iter().chain(block).flat_map(|line| [line, "\n"]).collect();
        // One text, and therefore one write: nothing flickers.
        format!("\r{up}\x1b[J{lines}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn the_block_is_replaced_and_what_is_above_stays() {
        let mut terminal = vt100::Parser::new(6, 20, 10);
        let mut screen = LiveBlock::default();
        let mut draw = |above: &[&str], block: &[&str]| {
            let text = screen.redrawn(&lines(above), &lines(block), 20);
            terminal.process(text.replace('\n', "\r\n").as_bytes());
            terminal.screen().contents()
        };
        assert_eq!(draw(&[], &["state: OK", "endpoint"]), "state: OK\nendpoint");
        // The terminal shows what is typed: Ctrl-C too.
        assert_eq!(draw(&["a change"], &["\x1b[1mstate\x1b[0m"]), "a change\nstate");
        assert_eq!(draw(&["another"], &["1", "2", "3"]), "a change\nanother\n1\n2\n3");
        assert_eq!(draw(&["summary"], &[]), "a change\nanother\nsummary");
    }

    #[test]
    fn a_terminal_that_became_narrower_has_broken_lines() {
        let mut screen = LiveBlock::default();
        screen.redrawn(&[], &lines(&["\x1b[31mtwenty columns wide!\x1b[0m", "short"]), 20);
        assert_eq!(screen.redrawn(&[], &[], 10), "\r\x1b[3A\x1b[J");
    }
}

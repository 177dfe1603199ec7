//! Colours, which only repeat what words or shapes say.
//!
//! Each keeps a contrast of 3:1 or more on black and on white in the palettes of xterm, Linux, GNOME, VS Code and
//! Windows. Yellow, green and dimmed text do not (1.4 and 2.2 on white), so states have a background.

use std::fmt::Display;

use owo_colors::OwoColorize;

use crate::model::state::State;
use crate::terminal::layout::{MARGIN, display_width};

#[derive(Debug, Clone, Copy)]
pub(crate) struct Palette {
    color: bool,
}

impl Palette {
    pub(crate) const fn new(color: bool) -> Palette {
        Palette { color }
    }

    pub(crate) fn state(self, state: State) -> String {
        let name = state.name();
        match state {
            State::Ok => self.paint(name, name.black().on_green()),
            State::Warning => self.paint(name, name.black().on_yellow()),
            State::Critical => self.paint(name, name.bright_white().on_red()),
            State::Unknown => self.paint(name, name.bright_white().on_magenta()),
        }
    }

    /// A state's name, padded to the margin of a line.
    pub(crate) fn margin(self, state: State) -> String {
        self.state(state) + &" ".repeat(MARGIN - display_width(state.name()))
    }

    pub(crate) fn bold(self, text: &str) -> String {
        self.paint(text, text.bold())
    }

    /// A mark of failure, which is too small for a background.
    pub(crate) fn failure(self, text: &str) -> String {
        self.paint(text, text.bright_red())
    }

    fn paint(self, text: &str, painted: impl Display) -> String {
        if self.color && !text.is_empty() { painted.to_string() } else { text.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn painted_texts() {
        let palette = Palette::new(true);
        let painted = [
            (palette.state(State::Ok), "\x1b[30;42mOK\x1b[0m"),
            (palette.state(State::Warning), "\x1b[30;43mWARNING\x1b[0m"),
            (palette.state(State::Critical), "\x1b[97;41mCRITICAL\x1b[0m"),
            (palette.state(State::Unknown), "\x1b[97;45mUNKNOWN\x1b[0m"),
            (palette.bold("text"), "\x1b[1mtext\x1b[0m"),
            (palette.failure("text"), "\x1b[91mtext\x1b[39m"),
            (palette.bold(""), ""),
            (Palette::new(false).state(State::Critical), "CRITICAL"),
        ];
        for (painted, expected) in painted {
            assert_eq!(painted, expected);
        }
    }
}

//! Colours, which only repeat what words or shapes say.
//!
//! Each keeps a contrast of 3:1 or more on black and on white in the palettes of xterm, Linux, GNOME, VS Code and
//! Windows. Yellow, green and dimmed text do not (1.4 and 2.2 on white), so states have a background.

use crate::model::state::State;
use crate::terminal::layout::{MARGIN, display_width};

/// Parameters of `CSI … m` (SGR in ECMA-48). They are written out, since each start would relocate the tables of a crate that
/// knows all 256 colours.
mod parameters {
    pub(super) const BLACK_ON_GREEN: &str = "30;42";
    pub(super) const BLACK_ON_YELLOW: &str = "30;43";
    pub(super) const BRIGHT_WHITE_ON_RED: &str = "97;41";
    pub(super) const BRIGHT_WHITE_ON_MAGENTA: &str = "97;45";
    pub(super) const BOLD: &str = "1";
    pub(super) const BRIGHT_RED: &str = "91";
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Palette {
    color: bool,
}

impl Palette {
    pub(crate) const fn new(color: bool) -> Palette {
        Palette { color }
    }

    pub(crate) fn state(self, state: State) -> String {
        let parameters = match state {
            State::Ok => parameters::BLACK_ON_GREEN,
            State::Warning => parameters::BLACK_ON_YELLOW,
            State::Critical => parameters::BRIGHT_WHITE_ON_RED,
            State::Unknown => parameters::BRIGHT_WHITE_ON_MAGENTA,
        };
        self.paint(parameters, state.name())
    }

    /// A state's name, padded to the margin of a line.
    pub(crate) fn margin(self, state: State) -> String {
        self.state(state) + &" ".repeat(MARGIN - display_width(state.name()))
    }

    pub(crate) fn bold(self, text: &str) -> String {
        self.paint(parameters::BOLD, text)
    }

    /// A mark of failure, which is too small for a background.
    pub(crate) fn failure(self, text: &str) -> String {
        self.paint(parameters::BRIGHT_RED, text)
    }

    fn paint(self, parameters: &str, text: &str) -> String {
        if self.color && !text.is_empty() { format!("\x1b[{parameters}m{text}\x1b[0m") } else { text.into() }
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
            (palette.failure("text"), "\x1b[91mtext\x1b[0m"),
            (palette.bold(""), ""),
            (Palette::new(false).state(State::Critical), "CRITICAL"),
        ];
        for (painted, expected) in painted {
            assert_eq!(painted, expected);
        }
    }
}

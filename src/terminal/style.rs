//! Colours, which only repeat what words or shapes say.
//!
//! Each keeps a contrast of 3:1 or more on black and on white in the palettes of xterm, Linux, GNOME, VS Code and
//! Windows. Yellow, green and dimmed text do not (1.4 and 2.2 on white), so states have a background.

use owo_colors::Style;

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
        let style = Style::new();
        let style = match state {
            State::Ok => style.black().on_green(),
            State::Warning => style.black().on_yellow(),
            State::Critical => style.bright_white().on_red(),
            State::Unknown => style.bright_white().on_magenta(),
        };
        self.paint(style, state.name())
    }

    /// A state's name, padded to the margin of a line.
    pub(crate) fn margin(self, state: State) -> String {
        self.state(state) + &" ".repeat(MARGIN - display_width(state.name()))
    }

    pub(crate) fn bold(self, text: &str) -> String {
        self.paint(Style::new().bold(), text)
    }

    /// A mark of failure, which is too small for a background.
    pub(crate) fn failure(self, text: &str) -> String {
        self.paint(Style::new().bright_red(), text)
    }

    fn paint(self, style: Style, text: &str) -> String {
        if self.color && !text.is_empty() { style.style(text).to_string() } else { text.into() }
    }
}

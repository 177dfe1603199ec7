//! Colours of a terminal's view; what they say is always said in words or shapes as well.

use owo_colors::Style;

use crate::model::exchange::Phase;
use crate::model::state::State;
use crate::terminal::layout::{MARGIN, pad_right};

/// The colours, or none.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Palette {
    color: bool,
}

impl Palette {
    /// With or without colour.
    pub(crate) const fn new(color: bool) -> Palette {
        Palette { color }
    }

    /// What is said in a state's colour.
    pub(crate) fn state(self, state: State, text: &str) -> String {
        let style = Style::new().bold();
        let style = match state {
            State::Ok => style.green(),
            State::Warning => style.yellow(),
            State::Critical => style.red(),
            State::Unknown => style.magenta(),
        };
        self.paint(style, text)
    }

    /// A state's name in its column at the beginning of a line.
    pub(crate) fn margin(self, state: State) -> String {
        self.state(state, &pad_right(state.name(), MARGIN))
    }

    /// What the eye looks for.
    pub(crate) fn bold(self, text: &str) -> String {
        self.paint(Style::new().bold(), text)
    }

    /// What stands back.
    pub(crate) fn dim(self, text: &str) -> String {
        self.paint(Style::new().dimmed(), text)
    }

    /// A piece of the bar.
    pub(crate) fn phase(self, phase: Phase, text: &str) -> String {
        let style = Style::new();
        let style = match phase {
            Phase::Resolve => style.cyan(),
            Phase::Connect => style.blue(),
            Phase::Tls => style.magenta(),
            Phase::Send => style.white(),
            Phase::Wait => style.yellow(),
            Phase::Receive => style.green(),
        };
        self.paint(style, text)
    }

    fn paint(self, style: Style, text: &str) -> String {
        if self.color && !text.is_empty() { style.style(text).to_string() } else { text.into() }
    }
}

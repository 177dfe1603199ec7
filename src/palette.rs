//! Colours of a terminal's view; what they say is always said in words or shapes as well.

use owo_colors::Style;

use crate::columns::{MARGIN, left};
use crate::exchange::Phase;
use crate::state::State;

/// The colours, or none.
#[derive(Debug, Clone, Copy)]
pub struct Palette {
    color: bool,
}

impl Palette {
    /// With or without colour.
    pub const fn new(color: bool) -> Palette {
        Palette { color }
    }

    /// What is said in a state's colour.
    pub fn state(self, state: State, text: &str) -> String {
        let style = Style::new().bold();
        let style = match state {
            State::Ok => style.green(),
            State::Warning => style.yellow(),
            State::Critical => style.red(),
            State::Unknown => style.magenta(),
        };
        self.painted(style, text)
    }

    /// A state's name in its column at the beginning of a line.
    pub fn margin(self, state: State) -> String {
        self.state(state, &left(state.name(), MARGIN))
    }

    /// What the eye looks for.
    pub fn strong(self, text: &str) -> String {
        self.painted(Style::new().bold(), text)
    }

    /// What stands back.
    pub fn faint(self, text: &str) -> String {
        self.painted(Style::new().dimmed(), text)
    }

    /// A piece of the bar.
    pub fn phase(self, phase: Phase, text: &str) -> String {
        let style = Style::new();
        let style = match phase {
            Phase::Resolve => style.cyan(),
            Phase::Connect => style.blue(),
            Phase::Tls => style.magenta(),
            Phase::Send => style.white(),
            Phase::Wait => style.yellow(),
            Phase::Receive => style.green(),
        };
        self.painted(style, text)
    }

    fn painted(self, style: Style, text: &str) -> String {
        if self.color && !text.is_empty() { style.style(text).to_string() } else { text.into() }
    }
}

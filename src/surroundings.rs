//! What the process finds around itself: clock, terminal, environment. Gathered once and passed on, so
//! that every decision that rests on it can be tested; but for a terminal's size, which may change while one looks.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::io::IsTerminal;
use std::os::fd::AsFd;
use std::time::Instant;

use rustix::termios::tcgetwinsize;

/// What the process finds around itself.
#[derive(Debug, Clone)]
pub struct Surroundings {
    /// When the process began; every deadline counts from here.
    pub started: Instant,
    /// Whether standard output is a terminal.
    pub stdout_is_terminal: bool,
    /// Whether standard error is a terminal.
    pub stderr_is_terminal: bool,
    /// The terminal's width in columns.
    pub width: Option<usize>,
    /// The environment.
    pub environment: HashMap<OsString, OsString>,
}

/// The size of a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Its width.
    pub columns: usize,
    /// Its height.
    pub rows: usize,
}

impl Size {
    /// What is assumed where there is no terminal to ask, or one that does not tell.
    pub const USUAL: Size = Size { columns: 80, rows: 24 };

    /// The size that a terminal has now.
    pub fn of(terminal: impl AsFd) -> Size {
        let size = tcgetwinsize(terminal).ok();
        let or = |told: Option<u16>, usual| told.map(usize::from).filter(|told| *told > 0).unwrap_or(usual);
        Size {
            columns: or(size.map(|size| size.ws_col), Size::USUAL.columns),
            rows: or(size.map(|size| size.ws_row), Size::USUAL.rows),
        }
    }
}

impl Surroundings {
    /// Those of this process.
    pub fn of_process(started: Instant) -> Surroundings {
        let stdout = std::io::stdout();
        let stdout_is_terminal = stdout.is_terminal();
        Surroundings {
            started,
            stdout_is_terminal,
            stderr_is_terminal: std::io::stderr().is_terminal(),
            width: stdout_is_terminal.then(|| Size::of(&stdout).columns),
            environment: std::env::vars_os().collect(),
        }
    }

    /// Those of a process without terminal and environment.
    pub fn bare(started: Instant) -> Surroundings {
        Surroundings {
            started,
            stdout_is_terminal: false,
            stderr_is_terminal: false,
            width: None,
            environment: HashMap::new(),
        }
    }

    /// An environment variable, also an empty one.
    pub fn variable(&self, name: &str) -> Option<&OsStr> {
        self.environment.get(OsStr::new(name)).map(OsString::as_os_str)
    }

    /// Whether an environment variable is set and not empty.
    pub fn says(&self, name: &str) -> bool {
        self.variable(name).is_some_and(|value| !value.is_empty())
    }

    /// Whether standard output is a terminal that wants colour: `NO_COLOR` (<https://no-color.org>) and a
    /// dumb terminal do not.
    pub fn wants_color(&self) -> bool {
        self.stdout_is_terminal && !self.says("NO_COLOR") && !self.is_dumb()
    }

    /// Whether the terminal, if there is one, can only scroll: what is printed stays where it is.
    pub fn is_dumb(&self) -> bool {
        self.variable("TERM") == Some(OsStr::new("dumb"))
    }
}

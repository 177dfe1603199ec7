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
pub(crate) struct Environment {
    /// When the process began; every deadline counts from here.
    pub(crate) started: Instant,
    /// Whether standard output is a terminal.
    pub(crate) stdout_is_terminal: bool,
    /// Whether standard error is a terminal.
    pub(crate) stderr_is_terminal: bool,
    /// The terminal's width in columns.
    pub(crate) width: Option<usize>,
    /// The environment.
    pub(crate) variables: HashMap<OsString, OsString>,
}

/// The size of a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Size {
    /// Its width.
    pub(crate) columns: usize,
    /// Its height.
    pub(crate) rows: usize,
}

impl Size {
    /// What is assumed where there is no terminal to ask, or one that does not tell.
    pub(crate) const FALLBACK: Size = Size { columns: 80, rows: 24 };

    /// The size that a terminal has now.
    pub(crate) fn of(terminal: impl AsFd) -> Size {
        let size = tcgetwinsize(terminal).ok();
        let or = |told: Option<u16>, usual| told.map(usize::from).filter(|told| *told > 0).unwrap_or(usual);
        Size {
            columns: or(size.map(|size| size.ws_col), Size::FALLBACK.columns),
            rows: or(size.map(|size| size.ws_row), Size::FALLBACK.rows),
        }
    }
}

impl Environment {
    /// Those of this process.
    pub(crate) fn of_process(started: Instant) -> Environment {
        let stdout = std::io::stdout();
        let stdout_is_terminal = stdout.is_terminal();
        Environment {
            started,
            stdout_is_terminal,
            stderr_is_terminal: std::io::stderr().is_terminal(),
            width: stdout_is_terminal.then(|| Size::of(&stdout).columns),
            variables: std::env::vars_os().collect(),
        }
    }

    /// Those of a process without terminal and environment.
    pub(crate) fn bare(started: Instant) -> Environment {
        Environment {
            started,
            stdout_is_terminal: false,
            stderr_is_terminal: false,
            width: None,
            variables: HashMap::new(),
        }
    }

    /// An environment variable, also an empty one.
    pub(crate) fn variable(&self, name: &str) -> Option<&OsStr> {
        self.variables.get(OsStr::new(name)).map(OsString::as_os_str)
    }

    /// Whether an environment variable is set and not empty.
    pub(crate) fn says(&self, name: &str) -> bool {
        self.variable(name).is_some_and(|value| !value.is_empty())
    }

    /// Whether standard output is a terminal that wants colour: `NO_COLOR` (<https://no-color.org>) and a
    /// dumb terminal do not.
    pub(crate) fn wants_color(&self) -> bool {
        self.stdout_is_terminal && !self.says("NO_COLOR") && !self.is_dumb()
    }

    /// Whether the locale's characters are UTF-8, by the variables that POSIX names, in their order.
    pub(crate) fn is_utf8(&self) -> bool {
        let names = ["LC_ALL", "LC_CTYPE", "LANG"];
        let locale = names.iter().find(|name| self.says(name)).and_then(|name| self.variable(name));
        let locale = locale.unwrap_or_default().to_string_lossy().to_ascii_lowercase();
        locale.contains("utf-8") || locale.contains("utf8")
    }

    /// Whether the terminal, if there is one, can only scroll: what is printed stays where it is.
    pub(crate) fn is_dumb(&self) -> bool {
        self.variable("TERM") == Some(OsStr::new("dumb"))
    }
}

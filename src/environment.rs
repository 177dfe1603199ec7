//! The environment of the process: clock, terminal, variables.
//!
//! They are collected once and passed on, so that every decision that depends on them can be tested. Only the size of
//! a terminal is also read later, because it may change during a live view.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::io::IsTerminal;
use std::os::fd::AsFd;
use std::time::Instant;

use rustix::termios::tcgetwinsize;

#[derive(Debug, Clone)]
pub(crate) struct Environment {
    /// The start of the process, from which every deadline counts.
    pub(crate) started: Instant,
    pub(crate) stdout_is_terminal: bool,
    pub(crate) stderr_is_terminal: bool,
    /// The width of the terminal on standard output, in columns.
    pub(crate) width: Option<usize>,
    pub(crate) variables: HashMap<OsString, OsString>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Size {
    pub(crate) columns: usize,
    pub(crate) rows: usize,
}

impl Size {
    /// The size assumed where there is no terminal, or where it does not know its size.
    pub(crate) const FALLBACK: Size = Size { columns: 80, rows: 24 };

    pub(crate) fn of(terminal: impl AsFd) -> Size {
        let Ok(size) = tcgetwinsize(terminal) else { return Size::FALLBACK };
        Size {
            columns: positive_or(size.ws_col, Size::FALLBACK.columns),
            rows: positive_or(size.ws_row, Size::FALLBACK.rows),
        }
    }
}

fn positive_or(value: u16, fallback: usize) -> usize {
    if value > 0 { usize::from(value) } else { fallback }
}

impl Environment {
    /// Collects the environment of this process.
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

    /// Returns the environment of a process without terminal and variables.
    pub(crate) fn bare(started: Instant) -> Environment {
        Environment {
            started,
            stdout_is_terminal: false,
            stderr_is_terminal: false,
            width: None,
            variables: HashMap::new(),
        }
    }

    /// Returns an environment variable, also an empty one.
    pub(crate) fn variable(&self, name: &str) -> Option<&OsStr> {
        self.variables.get(OsStr::new(name)).map(OsString::as_os_str)
    }

    pub(crate) fn non_empty(&self, name: &str) -> Option<&OsStr> {
        self.variable(name).filter(|value| !value.is_empty())
    }

    /// Tests whether an environment variable is set and not empty.
    pub(crate) fn is_set(&self, name: &str) -> bool {
        self.non_empty(name).is_some()
    }

    /// Tests whether standard output is a terminal that shows colour: not under `NO_COLOR`
    /// (<https://no-color.org>), and not a dumb one.
    pub(crate) fn wants_color(&self) -> bool {
        self.stdout_is_terminal && !self.is_set("NO_COLOR") && !self.is_dumb()
    }

    /// Returns the columns for text: those of `COLUMNS`, else of the terminal, else [`Size::FALLBACK`].
    pub(crate) fn columns(&self) -> usize {
        let wanted = self.variable("COLUMNS").and_then(OsStr::to_str).and_then(|text| text.parse().ok());
        wanted.filter(|columns| *columns > 0).or(self.width).unwrap_or(Size::FALLBACK.columns)
    }

    /// Tests whether the locale's characters are UTF-8, by the variables that POSIX names, in their order.
    pub(crate) fn is_utf8(&self) -> bool {
        let names = ["LC_ALL", "LC_CTYPE", "LANG"];
        let locale = names.iter().find_map(|name| self.non_empty(name));
        let locale = locale.unwrap_or_default().to_string_lossy().to_ascii_lowercase();
        locale.contains("utf-8") || locale.contains("utf8")
    }

    /// Tests whether the terminal, if there is one, can only scroll.
    pub(crate) fn is_dumb(&self) -> bool {
        self.variable("TERM") == Some(OsStr::new("dumb"))
    }
}

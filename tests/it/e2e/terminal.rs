//! The binary at a pseudo-terminal, and its screen.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex, PoisonError, RwLockReadGuard};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use crate::support::harness::{MAX_RUN, beside_others, undisturbed};

/// Size and kind of a terminal.
pub(crate) struct Terminal {
    pub(crate) columns: u16,
    pub(crate) rows: u16,
    pub(crate) kind: &'static str,
}

/// The terminal that most people have.
pub(crate) const USUAL: Terminal = Terminal { columns: 80, rows: 24, kind: "xterm" };

/// A run at a terminal.
pub(crate) struct Session {
    child: Child,
    keyboard: File,
    display: Arc<Display>,
    _shared: Option<RwLockReadGuard<'static, ()>>,
}

/// The screen, and a signal for its changes.
struct Display {
    state: Mutex<Shown>,
    changed: Condvar,
}

struct Shown {
    parser: vt100::Parser,
    raw: String,
    closed: bool,
}

/// Screen and exit code when a run is over.
pub(crate) struct Left {
    pub(crate) screen: String,
    /// Everything that was ever written.
    pub(crate) raw: String,
    pub(crate) code: Option<i32>,
}

impl Terminal {
    /// Runs the binary with the terminal as its standard streams and its controlling terminal.
    pub(crate) fn run<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Session {
        let shared = beside_others();
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let slave = ptsname(&master, Vec::new()).unwrap();
        let slave: OwnedFd =
            File::options().read(true).write(true).open(slave.to_str().unwrap()).unwrap().into();
        let size =
            rustix::termios::Winsize { ws_col: self.columns, ws_row: self.rows, ws_xpixel: 0, ws_ypixel: 0 };
        rustix::termios::tcsetwinsize(&slave, size).unwrap();
        // Without NOFLSH the kernel, after a Ctrl-C, throws away what the program has written since.
        let mut modes = rustix::termios::tcgetattr(&slave).unwrap();
        modes.local_modes |= rustix::termios::LocalModes::NOFLSH;
        rustix::termios::tcsetattr(&slave, rustix::termios::OptionalActions::Now, &modes).unwrap();
        let mut command = undisturbed(Command::new("setsid"));
        command
            .args(["--ctty", env!("CARGO_BIN_EXE_check_ceilometer")])
            .args(arguments)
            .env("TERM", self.kind);
        command
            .stdin(Stdio::from(slave.try_clone().unwrap()))
            .stdout(Stdio::from(slave.try_clone().unwrap()));
        let child = command.stderr(Stdio::from(slave)).spawn().unwrap();
        let parser = vt100::Parser::new(self.rows, self.columns, 0);
        let shown = Shown { parser, raw: String::new(), closed: false };
        let display = Arc::new(Display { state: Mutex::new(shown), changed: Condvar::new() });
        let reader = File::from(master.try_clone().unwrap());
        let drawn = Arc::clone(&display);
        thread::spawn(move || drawn.show(reader));
        Session { child, keyboard: File::from(master), display, _shared: shared }
    }
}

impl Display {
    fn show(&self, mut terminal: File) {
        let mut bytes = [0; 4096];
        loop {
            // Reading fails once the last process has left the terminal.
            let count = terminal.read(&mut bytes).unwrap_or(0);
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            state.parser.process(&bytes[..count]);
            let text = String::from_utf8_lossy(&bytes[..count]).into_owned();
            state.raw.push_str(&text);
            state.closed = count == 0;
            self.changed.notify_all();
            if count == 0 {
                return;
            }
        }
    }

    /// Waits until `fact` holds of the screen and of all that was drawn, and returns the screen as it is then.
    #[track_caller]
    fn wait(&self, what: &str, fact: impl Fn(&str, &str) -> bool) -> String {
        let until = Instant::now() + MAX_RUN;
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let screen = state.parser.screen().contents();
            if fact(&screen, &state.raw) {
                return screen;
            }
            let left = until.saturating_duration_since(Instant::now());
            assert!(!left.is_zero() && !state.closed, "{what}; the screen:\n{screen}\n---\n{:?}", state.raw);
            state = self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl Session {
    /// Waits until the screen shows all the texts, and returns it.
    ///
    /// One write may arrive in pieces: the last line is best among the texts.
    #[track_caller]
    pub(crate) fn shows<const N: usize>(&self, texts: [&str; N]) -> String {
        self.display.wait(&format!("never shows {texts:?}"), |screen, _| {
            texts.iter().all(|text| screen.contains(text))
        })
    }

    /// Waits until a text was drawn three times, and returns the screen: nothing of a view without the text is left on it.
    #[track_caller]
    pub(crate) fn redraws(&self, text: &str) -> String {
        self.display.wait(&format!("never draws {text:?} thrice"), |_, raw| raw.matches(text).count() > 2)
    }

    /// Presses Ctrl-C.
    pub(crate) fn interrupts(&mut self) {
        self.keyboard.write_all(b"\x03").unwrap();
    }

    /// Sends a signal.
    pub(crate) fn signals(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Waits for the end, which must come before `limit`.
    #[track_caller]
    pub(crate) fn ends(mut self, limit: Duration) -> Left {
        let since = Instant::now();
        let state = self.display.state.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.display.changed.wait_timeout_while(state, limit, |shown| !shown.closed);
        let (state, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
        let (screen, raw) = (state.parser.screen().contents(), state.raw.clone());
        if timeout.timed_out() {
            self.child.kill().unwrap();
            panic!("not over after {:?}; the screen:\n{screen}\n---\n{raw:?}", since.elapsed());
        }
        let code = self.child.wait().unwrap().code();
        Left { screen, raw, code }
    }
}

/// A text independent of the clock: names for addresses, `#` for numbers, one piece of each bar, and GET as the slowest
/// response.
pub(crate) fn shape(text: &str, names: &[(&str, &str)]) -> String {
    let renamed = names.iter().fold(text.to_owned(), |text, (address, name)| text.replace(address, name));
    let mut lines: Vec<String> = renamed.lines().map(line).filter(|line| !is_legend(line)).collect();
    lines.dedup_by(|next, line| next.is_empty() && line.is_empty());
    lines.join("\n") + "\n"
}

/// The phases that are long enough to be seen depend on the machine.
fn is_legend(line: &str) -> bool {
    let line = line.trim_start();
    line.starts_with('█') && line.chars().skip(1).all(|c| c == ' ' || c == '█' || c.is_ascii_lowercase())
}

fn line(line: &str) -> String {
    const BARS: &str = "░▒▓▪▄▁▂▃▅▆▇█";
    let mut shape = String::new();
    let mut digits = line.trim_end().chars().peekable();
    while let Some(c) = digits.next() {
        let last = shape.chars().last();
        match c {
            '0'..='9' if last == Some('#') => {}
            '.' if last == Some('#') && digits.peek().is_some_and(char::is_ascii_digit) => {}
            '0'..='9' => shape.push('#'),
            c if BARS.contains(c) && last == Some('█') => {}
            c if BARS.contains(c) => shape.push('█'),
            '×' if last == Some('×') => {}
            ' ' if shape.ends_with("  ") && !shape.trim().is_empty() => {}
            c => shape.push(c),
        }
    }
    let units = [("# ms", "#s"), ("just now", "for #s"), ("# s", "#s"), ("# min #s", "#s"), ("# min", "#s")];
    units
        .iter()
        .fold(shape, |shape, (from, to)| shape.replace(from, to))
        .replace("  #s", " #s")
        .replace("HEAD in #s", "GET in #s")
}

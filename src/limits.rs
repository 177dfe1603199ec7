//! Limits of the process (`ulimit`) that would end it by a signal, without a word and with a foreign exit code.

use std::io::{self, Read};
use std::os::unix::net::UnixStream;
use std::thread;
use std::time::Instant;

use rustix::fs::{OFlags, fcntl_setfl, open};
use rustix::process::{Resource, getrlimit};
use signal_hook::consts::SIGABRT;
use signal_hook::low_level::{exit, pipe};

use crate::model::state::State;
use crate::output;

/// Stack that the program may need, in bytes; systems give 8 MiB.
const STACK_SIZE: u64 = 1024 * 1024;

/// Stack of the thread that waits for an abort, in bytes.
const WAITER_STACK_SIZE: usize = 64 * 1024;

/// Runs the program, on a thread of its own where the stack (`ulimit -s`) is too small.
pub(crate) fn with_stack(program: impl Fn() -> u8 + Sync) -> u8 {
    if getrlimit(Resource::Stack).current.is_none_or(|stack| stack >= STACK_SIZE) {
        return program();
    }
    let size = usize::try_from(STACK_SIZE).unwrap_or_default();
    thread::scope(|scope| {
        let thread = thread::Builder::new().stack_size(size).spawn_scoped(scope, &program);
        thread.map_or_else(|_| program(), |thread| thread.join().unwrap_or(State::Unknown.exit_code()))
    })
}

/// Arranges for a line and exit code 3 where memory is limited (`ulimit -v`, `-d`) and an allocation fails: the standard
/// library aborts then. Costs a thread, hence only under such a limit.
pub(crate) fn report_lack_of_memory(render: impl FnOnce(&str) -> String) {
    let limited = [Resource::As, Resource::Data].into_iter().any(|kind| getrlimit(kind).current.is_some());
    if limited {
        // Without it the signal ends the process, as it would have.
        let _ = watch_for_abort(render("out of memory: raise the limit on it (ulimit -v, -d)"));
    }
}

/// Starts the thread that writes the text and ends the process once it aborts.
///
/// The handler of the signal wakes the thread through a socket, and then blocks on a full pipe: if it returned, the abort
/// would go on.
fn watch_for_abort(text: String) -> io::Result<()> {
    let (mut woken, wake) = UnixStream::pair()?;
    let (unread, full) = io::pipe()?;
    pipe::register(SIGABRT, wake)?;
    pipe::register(SIGABRT, full.try_clone()?)?;
    while rustix::io::write(&full, &[0; 4096]).is_ok() {}
    fcntl_setfl(&full, OFlags::empty())?;
    let wait = move || {
        let _unread = unread;
        if woken.read_exact(&mut [0]).is_ok() {
            let _ = output::write(&text, Some(Instant::now() + output::WRITE_GRACE));
            exit(State::Unknown.exit_code().into());
        }
    };
    thread::Builder::new().stack_size(WAITER_STACK_SIZE).spawn(wait)?;
    silence_standard_error()
}

/// Hides what the standard library prints before it aborts: some callers take standard error for plugin output.
fn silence_standard_error() -> io::Result<()> {
    if !rustix::termios::isatty(rustix::stdio::stderr()) {
        let null = open("/dev/null", OFlags::WRONLY | OFlags::CLOEXEC, rustix::fs::Mode::empty())?;
        rustix::stdio::dup2_stderr(null)?;
    }
    Ok(())
}

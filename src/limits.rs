//! Limits of the process (`ulimit`) that would end it by a signal, without a word and with a foreign exit code.

use std::io::{self, Read};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Instant;

use rustix::fs::{OFlags, fcntl_setfl, open};
use rustix::process::{Resource, getrlimit};
use signal_hook::consts::SIGABRT;
use signal_hook::flag::register_conditional_shutdown;
use signal_hook::low_level::{exit, pipe};

use crate::deadline::STACK_SIZE;
use crate::model::state::State;
use crate::output;

/// Stack of the thread that waits for an abort, in bytes.
const WAITER_STACK_SIZE: usize = 64 * 1024;

/// Runs the program, on a thread of its own where the stack (`ulimit -s`) is too small. Where no thread can be had either, a
/// line says so: the program would overflow the stack.
pub(crate) fn with_stack(program: impl Fn() -> u8 + Sync) -> u8 {
    let is_small = |stack| usize::try_from(stack).is_ok_and(|stack| stack < STACK_SIZE);
    if !getrlimit(Resource::Stack).current.is_some_and(is_small) {
        return program();
    }
    thread::scope(|scope| {
        let thread = thread::Builder::new().stack_size(STACK_SIZE).spawn_scoped(scope, &program);
        let code = thread.ok().and_then(|thread| thread.join().ok());
        code.unwrap_or_else(|| {
            let line = "CEILOMETER UNKNOWN - the stack is too small, and no thread can be had: raise the limits (ulimit -s, -u)\n";
            // The exit code says it too.
            let _ = output::write(line, Some(Instant::now() + output::WRITE_GRACE));
            State::Unknown.exit_code()
        })
    })
}

/// Arranges for a line and exit code 3 where memory is limited (`ulimit -v`, `-d`) and an allocation fails: the standard
/// library aborts then. Costs a thread, hence only under such a limit.
pub(crate) fn report_lack_of_memory(render: impl FnOnce(&str) -> String) {
    let limited = [Resource::As, Resource::Data].into_iter().any(|kind| getrlimit(kind).current.is_some());
    if limited {
        let text = render("out of memory: raise the limit on it (ulimit -v, -d)");
        // Where the thread cannot be had, or does not get ready, the exit code alone must do.
        let exits = Arc::new(AtomicBool::new(true));
        drop(register_conditional_shutdown(SIGABRT, State::Unknown.exit_code().into(), Arc::clone(&exits)));
        let _ = watch_for_abort(text, &exits);
    }
}

/// Starts the thread that writes the text and ends the process once it aborts, and clears the flag when the thread is ready.
///
/// The handler of the signal wakes the thread through a socket, and then blocks on a full pipe: if it returned, the abort
/// would go on.
fn watch_for_abort(text: String, exits: &AtomicBool) -> io::Result<()> {
    let (mut woken, wake) = UnixStream::pair()?;
    let (unread, full) = io::pipe()?;
    fcntl_setfl(&full, OFlags::NONBLOCK)?;
    while rustix::io::write(&full, &[0; 4096]).is_ok() {}
    let (ready, started) = mpsc::channel();
    let wait = move || {
        let _unread = unread;
        // A thread's first steps take memory: an abort of its own would wait for itself.
        let _ = ready.send(());
        if woken.read_exact(&mut [0]).is_ok() {
            let _ = output::write(&text, Some(Instant::now() + output::WRITE_GRACE));
            exit(State::Unknown.exit_code().into());
        }
    };
    thread::Builder::new().stack_size(WAITER_STACK_SIZE).spawn(wait)?;
    started.recv().map_err(io::Error::other)?;
    pipe::register(SIGABRT, wake)?;
    pipe::register(SIGABRT, full.try_clone()?)?;
    // To be registered made it non-blocking.
    fcntl_setfl(&full, OFlags::empty())?;
    exits.store(false, Ordering::SeqCst);
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

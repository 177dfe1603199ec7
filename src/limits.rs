//! Limits of the process (`ulimit`) that would end it by a signal, without a word and with a foreign exit code.

use std::sync::OnceLock;
use std::thread;
use std::time::Instant;

use rustix::fs::{Mode, OFlags, open};
use rustix::process::{Resource, getrlimit};
use signal_hook::consts::SIGABRT;
use signal_hook::low_level::{exit, register};

use crate::deadline::PROGRAM_STACK;
use crate::model::state::State;
use crate::output;
use crate::report::wording::run::{OUT_OF_MEMORY, OUT_OF_MEMORY_LINE, STACK_TOO_SMALL_LINE};
use crate::run::grace;

/// Memory that the program needs before it can report a lack of it, in bytes: for its first allocations and its stack.
const FIRST_BYTES: usize = 256 * 1024;

/// Tests for a limit on memory (`ulimit -v`, `-d`).
pub(crate) fn is_memory_limited() -> bool {
    [Resource::As, Resource::Data].into_iter().any(|kind| getrlimit(kind).current.is_some())
}

/// Tests for enough memory to begin with. Without it a line says so, for the program would end by a signal.
pub(crate) fn has_first_memory() -> bool {
    let mut first = Vec::<u8>::new();
    let has_memory = first.try_reserve_exact(FIRST_BYTES).is_ok();
    // An allocation that nothing uses would be left out.
    std::hint::black_box(first);
    if !has_memory {
        fail(OUT_OF_MEMORY_LINE);
    }
    has_memory
}

/// Runs the program, on a thread of its own where the stack (`ulimit -s`) is too small. Where no thread can be had either, a
/// line says so: the program would overflow the stack.
pub(crate) fn with_stack(program: impl Fn() -> u8 + Sync) -> u8 {
    let is_small = |stack| usize::try_from(stack).is_ok_and(|stack| stack < PROGRAM_STACK);
    if !getrlimit(Resource::Stack).current.is_some_and(is_small) {
        return program();
    }
    thread::scope(|scope| {
        let thread = thread::Builder::new().stack_size(PROGRAM_STACK).spawn_scoped(scope, &program);
        let code = thread.ok().and_then(|thread| thread.join().ok());
        code.unwrap_or_else(|| fail(STACK_TOO_SMALL_LINE))
    })
}

/// Writes why the program cannot run, and returns the exit code, which says it too where the line cannot be written.
fn fail(text: &str) -> u8 {
    let _ = output::write(text, Some(Instant::now() + grace::WRITE));
    State::Unknown.exit_code()
}

/// The report of a lack of memory in the output's format, once that is known; until then it is [`OUT_OF_MEMORY_LINE`].
static OUT_OF_MEMORY_REPORT: OnceLock<String> = OnceLock::new();

/// Arranges for a line and exit code 3 where an allocation fails: the standard library aborts then, and the handler of the
/// signal is all that still runs. A thread that waits for this moment is no way out: some processes may not start one.
pub(crate) fn report_lack_of_memory() {
    let report = || exit(fail(OUT_OF_MEMORY_REPORT.get().map_or(OUT_OF_MEMORY_LINE, String::as_str)).into());
    #[expect(
        unsafe_code,
        reason = "a handler may call few functions: this one polls, writes and exits, and takes neither memory nor a lock"
    )]
    let registered = unsafe { register(SIGABRT, report) };
    if registered.is_ok() {
        silence_standard_error();
    }
}

/// Renders the report of a lack of memory ahead of it, in the output's format.
pub(crate) fn prepare_report_of_memory(render: impl FnOnce(&str) -> String) {
    let _ = OUT_OF_MEMORY_REPORT.set(render(OUT_OF_MEMORY));
}

/// Hides what the standard library prints before it aborts: some callers take standard error for plugin output.
fn silence_standard_error() {
    if !rustix::termios::isatty(rustix::stdio::stderr())
        && let Ok(null) = open("/dev/null", OFlags::WRONLY | OFlags::CLOEXEC, Mode::empty())
    {
        let _ = rustix::stdio::dup2_stderr(null);
    }
}

//! The start-up of the process, in place of the standard library's; see `main.rs`.

use std::os::fd::{BorrowedFd, IntoRawFd, OwnedFd};
use std::sync::Arc;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{MemfdFlags, Mode, OFlags};
use rustix::process::{Resource, getrlimit};
use signal_hook::consts::{SIGPIPE, SIGXFSZ};

/// Opens closed standard streams, and makes a closed pipe and the limit on files (`ulimit -f`) errors of the write: their
/// signals would end the process with exit codes that no caller knows.
pub(crate) fn protect_streams() {
    open_standard_streams();
    // Without the handlers the signals end the process, as they end most programs.
    drop(signal_hook::flag::register(SIGPIPE, Arc::default()));
    // Few processes have such a limit, and a handler is not free.
    if getrlimit(Resource::Fsize).current.is_some() {
        drop(signal_hook::flag::register(SIGXFSZ, Arc::default()));
    }
}

/// Opens the standard streams that are closed: the first socket would otherwise become one, and receive the output.
fn open_standard_streams() {
    let streams: [(_, fn() -> _); 3] = [
        (rustix::stdio::stdin(), null),
        (rustix::stdio::stdout(), unwritable),
        (rustix::stdio::stderr(), null),
    ];
    for (stream, open) in streams {
        if is_closed(stream)
            && let Some(descriptor) = open()
        {
            // The lowest free descriptor, which is the stream's. It stays open until the process ends.
            let _ = descriptor.into_raw_fd();
        }
    }
}

fn is_closed(stream: BorrowedFd<'_>) -> bool {
    let mut streams = [PollFd::new(&stream, PollFlags::empty())];
    poll(&mut streams, Some(&Timespec::default())).is_ok()
        && streams.iter().any(|stream| stream.revents().contains(PollFlags::NVAL))
}

/// Opens what no write succeeds on: a result that nobody can read is not to count as written. The root directory is there
/// even in HAProxy's chroot.
fn unwritable() -> Option<OwnedFd> {
    rustix::fs::open("/", OFlags::PATH, Mode::empty()).ok()
}

/// Opens a stream with nothing to read. Where `/dev/null` is missing, as in HAProxy's chroot, it is a file in memory.
fn null() -> Option<OwnedFd> {
    let device = rustix::fs::open("/dev/null", OFlags::RDWR, Mode::empty());
    device.or_else(|_| rustix::fs::memfd_create("null", MemfdFlags::empty())).ok()
}

//! Recognises the failures of this machine itself, so that no endpoint is blamed for them.

use std::io;

use rustix::io::Errno;

/// Returns true if an error says that this machine ran out of something: descriptors, memory, local ports.
pub(super) fn is_local(error: &io::Error) -> bool {
    let errno = error.raw_os_error().map(Errno::from_raw_os_error);
    matches!(
        errno,
        Some(Errno::MFILE | Errno::NFILE | Errno::NOBUFS | Errno::NOMEM | Errno::ADDRNOTAVAIL | Errno::AGAIN)
    )
}

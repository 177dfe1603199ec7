//! Recognises the failures of this machine itself, so that no endpoint is blamed for them.

use std::io;

use rustix::io::Errno;

use crate::model::exchange::Phase;
use crate::model::fault::{Fault, LocalProblem};
use crate::sanitize::system_words;

/// Tests whether an error says that this machine ran out of something: descriptors, memory, local ports.
pub(super) fn is_local(error: &io::Error) -> bool {
    let errno = error.raw_os_error().map(Errno::from_raw_os_error);
    matches!(
        errno,
        Some(Errno::MFILE | Errno::NFILE | Errno::NOBUFS | Errno::NOMEM | Errno::ADDRNOTAVAIL | Errno::AGAIN)
    )
}

/// The fault of an error of this machine's; `None` for any other error.
pub(super) fn local_fault(error: &io::Error, phase: Phase) -> Option<Fault> {
    is_local(error).then(|| local(phase, error))
}

/// The fault of an error that is known to be this machine's.
pub(super) fn local(phase: Phase, error: &io::Error) -> Fault {
    Fault::local(phase, LocalProblem::Failed(system_words(error)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::fault::FaultKind;

    #[test]
    fn faults_of_this_machine() {
        for errno in
            [Errno::MFILE, Errno::NFILE, Errno::NOBUFS, Errno::NOMEM, Errno::ADDRNOTAVAIL, Errno::AGAIN]
        {
            let fault = local_fault(&errno.into(), Phase::Receive).unwrap();
            assert_eq!((fault.kind, fault.phase), (FaultKind::Local, Phase::Receive), "{errno}");
        }
        for errno in [Errno::CONNRESET, Errno::PIPE, Errno::TIMEDOUT] {
            assert_eq!(local_fault(&errno.into(), Phase::Receive), None, "{errno}");
        }
    }
}

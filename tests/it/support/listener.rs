//! A listener on loopback that serves each connection on a thread of its own.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, Builder, JoinHandle};

/// Stack of a connection's thread, in bytes: three hundred connections at once are three hundred threads.
const THREAD_STACK: usize = 512 * 1024;

/// Dropping it waits for its connections, and fails the test if one of their threads panicked or none was made.
pub(crate) struct Listener {
    address: SocketAddr,
    state: Arc<State>,
    may_be_idle: bool,
    acceptor: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct State {
    accepted: AtomicUsize,
    is_over: AtomicBool,
}

impl Listener {
    /// Serves each connection, which gets its number in the order of acceptance.
    pub(crate) fn start(
        may_be_idle: bool,
        serve: impl Fn(TcpStream, usize) + Send + Sync + 'static,
    ) -> Listener {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(State::default());
        let (own, serve) = (Arc::clone(&state), Arc::new(serve));
        let acceptor = thread::spawn(move || {
            let mut connections = Vec::new();
            loop {
                let (stream, _) = listener.accept().unwrap();
                if own.is_over.load(Ordering::SeqCst) {
                    break;
                }
                let number = own.accepted.fetch_add(1, Ordering::SeqCst);
                let serve = Arc::clone(&serve);
                let thread = Builder::new().stack_size(THREAD_STACK).spawn(move || serve(stream, number));
                connections.push(thread.unwrap());
            }
            let ends = connections.into_iter().map(JoinHandle::join);
            ends.fold(Ok(()), Result::and).unwrap_or_else(|panic| resume_unwind(panic));
        });
        Listener { address, state, may_be_idle, acceptor: Some(acceptor) }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Number of connections accepted so far.
    pub(crate) fn accepted(&self) -> usize {
        self.state.accepted.load(Ordering::SeqCst)
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if thread::panicking() {
            // The test has failed already: its threads end with the process, and a second panic would abort it.
            return;
        }
        self.state.is_over.store(true, Ordering::SeqCst);
        // Wakes the acceptor, which may have ended.
        drop(TcpStream::connect(self.address));
        if let Some(Err(panic)) = self.acceptor.take().map(JoinHandle::join) {
            resume_unwind(panic);
        }
        assert!(self.may_be_idle || self.accepted() > 0, "the server at {} was not called", self.address);
    }
}

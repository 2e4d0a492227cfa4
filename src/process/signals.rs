//! Signals as flags and a descriptor to wait on.
//!
//! Handlers and a pipe instead of a blocked mask and `signalfd`: threads that an application
//! starts while it is loaded would not have the mask, and a signal that the kernel hands to one of
//! them would end the process.

use std::io::Read;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::libc;
use nix::sys::signal::{SigSet, Signal, raise};
use nix::unistd::getppid;
use signal_hook::SigId;

use super::fork::parent;

/// Signals that were received and not yet taken.
pub struct Signals {
    watched: Vec<(Signal, Arc<AtomicBool>, [SigId; 2])>,
    woken: UnixStream,
}

impl Signals {
    /// Starts to watch signals.
    pub fn watch(signals: &[Signal]) -> std::io::Result<Self> {
        let (woken, waker) = UnixStream::pair()?;
        woken.set_nonblocking(true)?;
        waker.set_nonblocking(true)?;
        let mut watched = Vec::new();
        for &signal in signals {
            let raised = Arc::new(AtomicBool::new(false));
            let flag = signal_hook::flag::register(signal as i32, Arc::clone(&raised))?;
            let pipe = signal_hook::low_level::pipe::register(signal as i32, waker.try_clone()?)?;
            watched.push((signal, raised, [flag, pipe]));
        }
        Ok(Self { watched, woken })
    }

    /// The signals received since the last call.
    pub fn take(&self) -> Vec<Signal> {
        let mut bytes = [0; 64];
        while (&self.woken).read(&mut bytes).is_ok_and(|length| length == bytes.len()) {}
        let raised =
            self.watched.iter().filter(|(_, raised, _)| raised.swap(false, Ordering::SeqCst));
        raised.map(|(signal, ..)| *signal).collect()
    }

    /// Stops watching, in a child that has a life of its own.
    pub fn forget(&self) {
        for (_, _, ids) in &self.watched {
            for id in ids {
                signal_hook::low_level::unregister(*id);
            }
        }
    }
}

impl AsFd for Signals {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.woken.as_fd()
    }
}

/// Has the kernel send this process a signal when a connection ends, or anything comes over it. A program
/// that is started in its place gets it as well, if the connection stays open.
pub fn at_end_of(connection: &impl AsFd, signal: Signal) -> std::io::Result<()> {
    let fd = connection.as_fd().as_raw_fd();
    let control = |command: i32, value: i32| {
        #[expect(unsafe_code, reason = "commands of fcntl that no library has a safe call for")]
        // SAFETY: both commands take a number; the descriptor is borrowed for the call.
        let done = unsafe { libc::fcntl(fd, command, value) };
        if done < 0 { Err(std::io::Error::last_os_error()) } else { Ok(()) }
    };
    control(libc::F_SETOWN, nix::unistd::getpid().as_raw())?;
    control(F_SETSIG, signal as i32)?;
    let flags = OFlag::from_bits_retain(fcntl(connection, FcntlArg::F_GETFL)?);
    fcntl(connection, FcntlArg::F_SETFL(flags | OFlag::O_ASYNC))?;
    Ok(())
}

/// Which signal says that a descriptor is ready (`fcntl(2)`); the same number on every Linux, and missing in libc.
const F_SETSIG: i32 = 10;

/// A worker says with it that its master is to look at the shared memory. It is ignored by who does not
/// watch it.
pub const LOOK: Signal = Signal::SIGURG;

/// On it Python's fault handler writes to the log where the threads of a worker are.
pub const TELL_WHERE: Signal = Signal::SIGUSR2;

/// What a master says to its workers and gateways. They are held over the fork; a child releases
/// them when it watches them.
pub const TO_CHILDREN: &[Signal] = &[
    Signal::SIGHUP,
    Signal::SIGINT,
    Signal::SIGQUIT,
    Signal::SIGTERM,
    Signal::SIGTSTP,
    Signal::SIGCONT,
];

/// Lets signals wait until [`release`], also over a start of a new image.
pub fn hold(signals: &[Signal]) {
    // The calls cannot fail with a mask made of known signals.
    let _ = signals.iter().copied().collect::<SigSet>().thread_block();
}

/// Lets signals come that were held.
pub fn release(signals: &[Signal]) {
    let _ = signals.iter().copied().collect::<SigSet>().thread_unblock();
}

/// Asks the kernel for a signal when the process ends that forked this one; it may have ended already.
pub fn on_parent_end(signal: Signal) {
    // Where the kernel does not know it, who looks finds out.
    let _ = nix::sys::prctl::set_pdeathsig(signal);
    if getppid() != parent() {
        let _ = raise(signal);
    }
}

/// Buries all children of this process that have ended.
pub fn bury_children() {
    use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
    while !matches!(waitpid(None, Some(WaitPidFlag::WNOHANG)), Ok(WaitStatus::StillAlive) | Err(_))
    {
    }
}

/// Makes signals end this process at once, with exit code 0, whatever it is doing.
pub fn end_at_once(signals: &[Signal]) {
    for &signal in signals {
        // A signal that cannot be watched keeps its default action, which ends the process, too.
        let _ = signal_hook::flag::register_conditional_shutdown(
            signal as i32,
            0,
            Arc::new(AtomicBool::new(true)),
        );
    }
}

/// While it lives, signals end this process at once: for a start that may hang in an import.
pub struct StartGuard {
    armed: Arc<AtomicBool>,
}

impl StartGuard {
    /// Guards against these signals.
    #[must_use]
    pub fn new(signals: &[Signal]) -> Self {
        let armed = Arc::new(AtomicBool::new(true));
        for &signal in signals {
            // A signal that cannot be watched keeps its default action, which does the same.
            let _ = signal_hook::flag::register_conditional_shutdown(
                signal as i32,
                0,
                Arc::clone(&armed),
            );
        }
        Self { armed }
    }
}

impl Drop for StartGuard {
    fn drop(&mut self) {
        self.armed.store(false, Ordering::SeqCst);
    }
}

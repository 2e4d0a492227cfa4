//! Forking, with room for an interpreter's own fork handlers.

use std::os::fd::RawFd;
use std::sync::atomic::{AtomicI32, Ordering};

use nix::unistd::{ForkResult, Pid, getpid};

/// What an interpreter wants done around a fork, on the forking thread.
pub trait ForkHooks {
    /// Attaches to the interpreter and calls `fork` between its handlers.
    fn around(&self, fork: &mut dyn FnMut() -> Side);
}

/// No interpreter.
pub struct NoHooks;

impl ForkHooks for NoHooks {
    fn around(&self, fork: &mut dyn FnMut() -> Side) {
        fork();
    }
}

/// On which side of a fork the code goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The new process.
    Child,
    /// The old process, or no fork happened.
    Parent,
}

static PARENT: AtomicI32 = AtomicI32::new(0);

/// The process that forked this one, whether it is still there or not.
#[must_use]
pub fn parent() -> Pid {
    Pid::from_raw(PARENT.load(Ordering::Relaxed))
}

/// Forks; the child runs `child` and ends with its code, never returning to the caller.
pub fn fork(hooks: &dyn ForkHooks, child: impl FnOnce() -> u8) -> nix::Result<Pid> {
    let mut result = Err(nix::Error::UnknownErrno);
    let parent = getpid();
    hooks.around(&mut || {
        result = split();
        if matches!(result, Ok(ForkResult::Child)) { Side::Child } else { Side::Parent }
    });
    match result? {
        ForkResult::Parent { child } => Ok(child),
        ForkResult::Child => {
            PARENT.store(parent.as_raw(), Ordering::Relaxed);
            // A panic ends the child, not more.
            let code = std::panic::catch_unwind(std::panic::AssertUnwindSafe(child));
            exit_now(code.unwrap_or(101))
        }
    }
}

/// Forks and goes on in both processes.
pub(super) fn split() -> nix::Result<ForkResult> {
    #[expect(unsafe_code, reason = "a fork is what this module is for")]
    #[expect(clippy::disallowed_methods, reason = "the one place that forks")]
    // SAFETY: the child goes on with memory that only this thread used: the callers (the master
    // and the way to the background) start no threads of their own, and an interpreter's threads
    // are kept away by its handlers, which `ForkHooks` runs around this call.
    unsafe {
        nix::unistd::fork()
    }
}

/// Closes all descriptors of this process but the standard ones and these.
///
/// For a child that has a life of its own and never returns to what owned them.
pub fn keep_only(kept: &[RawFd]) {
    let listed = std::fs::read_dir("/proc/self/fd").into_iter().flatten().flatten();
    let numbers = listed.filter_map(|entry| entry.file_name().to_str()?.parse::<RawFd>().ok());
    // The list itself is closed by now, and closing it again does nothing.
    for number in numbers.collect::<Vec<_>>() {
        if number > 2 && !kept.contains(&number) {
            let _ = nix::unistd::close(number);
        }
    }
}

/// Ends the process without running destructors or an interpreter's end.
pub fn exit_now(code: u8) -> ! {
    #[expect(unsafe_code, reason = "the standard library's exit runs handlers of the parent")]
    // SAFETY: `_exit` has no preconditions.
    unsafe {
        nix::libc::_exit(i32::from(code))
    }
}

//! Descriptors that a service manager opened for this process (`sd_listen_fds(3)`).
//!
//! What they are is for others.

use std::os::fd::{FromRawFd, OwnedFd, RawFd};

use super::environment;
use super::reexec::keep_open;

/// The first one; the others follow without a gap.
const FIRST: RawFd = 3;
/// More than this nobody hands over.
const MOST: RawFd = 1024;

/// The descriptors that were handed over to this very process, in their order. Takes them out of
/// the environment: programs started from here must not take them for theirs.
///
/// To be called once, while the process has one thread and has opened nothing that it closes.
#[must_use]
pub fn handed_over() -> Vec<OwnedFd> {
    let number = |name: &str| std::env::var(name).ok()?.parse::<RawFd>().ok();
    let (count, pid) = (number("LISTEN_FDS"), number("LISTEN_PID"));
    for name in ["LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES", "LISTEN_PIDFDID"] {
        if std::env::var_os(name).is_some() {
            environment::remove(name);
        }
    }
    if pid != Some(nix::unistd::getpid().as_raw()) {
        return Vec::new();
    }
    let all = FIRST..FIRST + count.unwrap_or(0).clamp(0, MOST);
    all.filter(|fd| keep_open(*fd, false).is_ok()).map(own).collect()
}

fn own(fd: RawFd) -> OwnedFd {
    #[expect(unsafe_code, reason = "the number came through the environment")]
    // SAFETY: `keep_open` found it open, and whoever started this process opened it for it alone;
    // the environment no longer names it, so it is taken once.
    unsafe {
        OwnedFd::from_raw_fd(fd)
    }
}

//! Descriptors that a service manager opened for this process (`sd_listen_fds(3)`), and the other side of it.
//!
//! What they are is for others.

use std::io;
use std::os::fd::{AsFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::process::CommandExt;
use std::process::Command;

use nix::fcntl::{FcntlArg, fcntl};

use super::environment;
use super::reexec::keep_open;

/// The first one; the others follow without a gap.
const FIRST: RawFd = 3;
/// What a service manager says of them.
const NAMES: [&str; 4] = ["LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES", "LISTEN_PIDFDID"];
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
    for name in NAMES {
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

/// Starts a program in the place of this one, with these descriptors as a service manager hands them
/// over, and one more that stays open. Returns only when that fails; the process is of no other use then.
pub fn start(command: &mut Command, handed: &[OwnedFd], more: &impl AsFd) -> io::Error {
    let mut prepare = || -> io::Result<()> {
        let count = RawFd::try_from(handed.len()).map_err(io::Error::other)?;
        // Out of the way first: one of them may have the number that another one is to get.
        fcntl(more, FcntlArg::F_DUPFD(FIRST + count))?;
        let mut copies = Vec::new();
        for fd in handed {
            copies.push(fcntl(fd, FcntlArg::F_DUPFD_CLOEXEC(FIRST + count))?);
        }
        for (number, copy) in (FIRST..).zip(copies) {
            place(copy, number)?;
        }
        for name in NAMES {
            command.env_remove(name);
        }
        command.env("LISTEN_FDS", count.to_string());
        command.env("LISTEN_PID", nix::unistd::getpid().to_string());
        Ok(())
    };
    match prepare() {
        Ok(()) => command.exec(),
        Err(error) => error,
    }
}

/// Makes a descriptor what another one is; a program that is started keeps it.
fn place(copy: RawFd, number: RawFd) -> io::Result<()> {
    #[expect(unsafe_code, reason = "descriptors of certain numbers are wanted, whatever they were")]
    // SAFETY: `start` made the copy and calls this right before another program takes the place of this one:
    // whoever owned the number does not use it any more.
    let placed = unsafe { nix::libc::dup2(copy, number) };
    if placed < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

fn own(fd: RawFd) -> OwnedFd {
    #[expect(unsafe_code, reason = "the number came through the environment")]
    // SAFETY: `keep_open` found it open, and whoever started this process opened it for it alone;
    // the environment no longer names it, so it is taken once.
    unsafe {
        OwnedFd::from_raw_fd(fd)
    }
}

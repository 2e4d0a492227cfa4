//! Programs that are run by a shell: those beside the server, and the commands of hooks.

use std::io;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};

use nix::sys::signal::{Signal, killpg};
use nix::unistd::{Gid, Pid, Uid};

const SHELL: &str = "/bin/sh";

/// A program that runs beside this process.
#[derive(Clone, Debug, Default)]
pub struct Program<'a> {
    /// What the shell is told.
    pub command: &'a str,
    /// The user it runs as.
    pub uid: Option<Uid>,
    /// The group it runs as.
    pub gid: Option<Gid>,
    /// Whether it reads what this process could read; otherwise it reads nothing.
    pub reads: bool,
}

/// Starts a program in a process group of its own, whose number is the pid that is given back. It
/// is the caller's to bury.
pub fn start(program: &Program<'_>) -> io::Result<i32> {
    let mut command = Command::new(SHELL);
    command.arg("-c").arg(program.command).process_group(0);
    if !program.reads {
        command.stdin(Stdio::null());
    }
    if let Some(gid) = program.gid {
        command.gid(gid.as_raw());
    }
    if let Some(uid) = program.uid {
        command.uid(uid.as_raw());
    }
    let child = command.spawn()?;
    Ok(child.id().cast_signed())
}

/// Runs a command to its end. The first of these shells that is there runs it, or `/bin/sh`.
pub fn run(command: &str, shells: &[&str]) -> io::Result<ExitStatus> {
    let shell = shells.iter().find(|shell| Path::new(shell).exists());
    Command::new(shell.unwrap_or(&SHELL)).arg("-c").arg(command).stdin(Stdio::null()).status()
}

/// Sends a signal, by its number, to a program and all processes of its group.
pub fn signal(pid: i32, number: i32) {
    // Real-time signals have no name; a group that is gone is buried in a moment.
    let _ = match Signal::try_from(number) {
        Ok(signal) => killpg(Pid::from_raw(pid), signal),
        Err(error) => Err(error),
    };
}

/// Whether a program or a process of its group is still there.
#[must_use]
pub fn is_there(pid: i32) -> bool {
    killpg(Pid::from_raw(pid), None) != Err(nix::Error::ESRCH)
}

/// Makes this process the parent of what its programs leave behind, so that it can bury them.
pub fn adopt_orphans() {
    // Where the kernel does not know it, process 1 buries them.
    let _ = nix::sys::prctl::set_child_subreaper(true);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_that_is_not_there_is_passed_over() {
        assert_eq!(run("exit 3", &["/no/such/shell"]).expect("a shell").code(), Some(3));
        let told = run("test \"$0\" = /bin/sh", &["/bin/sh"]);
        assert!(told.expect("a shell").success());
    }
}

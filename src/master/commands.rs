//! `--stop` and `--reload`: a word to the master of a pidfile.

use std::fs;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::error::{Exit, Failure};
use crate::process::inspect;

/// Sends a signal to the master whose pid is in a file.
pub fn tell(pidfile: &str, signal: Signal) -> Result<(), Failure> {
    let text = fs::read_to_string(pidfile).map_err(|error| {
        Failure::new(format!("cannot read the pidfile {pidfile}: {error}"))
            .hint("is the server running, and is this the file its pidfile option names?")
    })?;
    let pid: i32 = text.trim().parse().ok().filter(|pid| *pid > 0).ok_or_else(|| {
        Failure::new(format!("the pidfile {pidfile} holds no process number: {:?}", text.trim()))
            .hint("no signal was sent; remove the file if no server runs")
    })?;
    let gone = || {
        Failure::new(format!("there is no process {pid}, which the pidfile {pidfile} names"))
            .exit(Exit::NoProcess)
            .hint("the server has ended; no signal was sent; the file may be removed")
    };
    let number = u32::try_from(pid).map_err(|_| gone())?;
    if kill(Pid::from_raw(pid), None) == Err(nix::Error::ESRCH) {
        return Err(gone());
    }
    if !is_server(number) {
        let name = inspect::name(number).unwrap_or_default();
        return Err(Failure::new(format!(
            "process {pid}, which the pidfile {pidfile} names, is {name} and no server of this kind"
        ))
        .exit(Exit::NoProcess)
        .hint("the file is stale; no signal was sent; it may be removed"));
    }
    kill(Pid::from_raw(pid), signal).map_err(|error| {
        Failure::new(format!("cannot send a signal to process {pid}: {error}"))
            .exit(Exit::NoProcess)
    })
}

/// Whether a process is a ruwsgi (or a uWSGI): this very program, or one of that name.
fn is_server(pid: u32) -> bool {
    let program = |pid: &str| std::fs::read_link(format!("/proc/{pid}/exe")).ok();
    let own = program("self").filter(|path| {
        // The interpreter of the wheel runs other things, too.
        !path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("python"))
    });
    if own.is_some() && own == program(&pid.to_string()) {
        return true;
    }
    let words = inspect::command_line(pid);
    // An interpreter, its options, then the script of the wheel.
    words.iter().take(4).any(|word| {
        let name = word.rsplit('/').next().unwrap_or(word);
        name.to_ascii_lowercase().contains("uwsgi")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(content: &str, exit: Exit, message: &str) {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("x.pid");
        fs::write(&file, content).expect("a file");
        let failure = tell(&file.display().to_string(), Signal::SIGURG).expect_err("refused");
        assert!(failure.to_string().contains(message), "{failure}");
        assert_eq!(failure.exit, exit, "{failure}");
    }

    #[test]
    fn a_stale_or_garbled_pidfile_is_refused() {
        check("garbage", Exit::Wrong, "holds no process number");
        check("", Exit::Wrong, "holds no process number");
        check("0", Exit::Wrong, "holds no process number");
        check("-1", Exit::Wrong, "holds no process number");
        check("2147483646", Exit::NoProcess, "there is no process 2147483646");
        let init = inspect::name(1).unwrap_or_default();
        check("1", Exit::NoProcess, &format!("is {init} and no server"));
    }

    #[test]
    fn a_missing_pidfile_is_named() {
        let failure = tell("/nowhere/x.pid", Signal::SIGURG).expect_err("refused");
        assert!(failure.to_string().contains("/nowhere/x.pid"), "{failure}");
    }
}

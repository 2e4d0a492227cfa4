//! `--stop` and `--reload`: a word to the master of a pidfile.

use std::fs;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::event::Outcome;
use super::report::Ear;
use crate::error::{Exit, Failure};
use crate::log::say;
use crate::process::inspect;

/// How long a reload is waited for.
const PATIENCE: Duration = Duration::from_secs(300);
/// How often it is looked whether the master is still there meanwhile.
const GLANCE: Duration = Duration::from_millis(200);

/// Sends a signal to the master whose pid is in a file.
pub fn tell(pidfile: &str, signal: Signal) -> Result<(), Failure> {
    send(pidfile, master_of(pidfile)?, signal)
}

/// Reloads the server whose pid is in a file, and waits until the new workers serve.
pub fn reload(pidfile: &str) -> Result<(), Failure> {
    let pid = master_of(pidfile)?;
    // The real uWSGI tells nobody.
    let ear = Ear::open(pid).ok().filter(|_| is_this_program(pid.unsigned_abs()));
    send(pidfile, pid, Signal::SIGHUP)?;
    let Some(ear) = ear else { return Ok(()) };
    let began = Instant::now();
    loop {
        match ear.hear(GLANCE) {
            Some(Outcome::Done | Outcome::Ends) => return Ok(()),
            Some(Outcome::Failed) => {
                return Err(Failure::new(format!(
                    "the reload of process {pid} failed: the old workers go on as they are"
                ))
                .hint("its log says why"));
            }
            None if kill(Pid::from_raw(pid), None) == Err(nix::Error::ESRCH) => {
                return Err(Failure::new(format!("process {pid} ended while it reloaded"))
                    .hint("its log says why"));
            }
            None if began.elapsed() >= PATIENCE => {
                let seconds = PATIENCE.as_secs();
                say!("the reload of process {pid} still goes on after {seconds} seconds");
                return Ok(());
            }
            None => {}
        }
    }
}

/// The master whose pid is in a file.
fn master_of(pidfile: &str) -> Result<i32, Failure> {
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
    Ok(pid)
}

fn send(pidfile: &str, pid: i32, signal: Signal) -> Result<(), Failure> {
    kill(Pid::from_raw(pid), signal).map_err(|error| {
        Failure::new(format!("cannot send a signal to process {pid} of {pidfile}: {error}"))
            .exit(Exit::NoProcess)
    })
}

/// Whether a process is a ruwsgi (or a uWSGI): this very program, or one of that name.
fn is_server(pid: u32) -> bool {
    is_this_program(pid) || is_called(pid, "uwsgi")
}

/// Whether a process is a ruwsgi.
fn is_this_program(pid: u32) -> bool {
    let program = |pid: &str| std::fs::read_link(format!("/proc/{pid}/exe")).ok();
    let own = program("self").filter(|path| {
        // The interpreter of the wheel runs other things, too.
        !path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("python"))
    });
    (own.is_some() && own == program(&pid.to_string())) || is_called(pid, "ruwsgi")
}

/// Whether a program is called so: the first word, or behind an interpreter and its options the
/// script of the wheel.
fn is_called(pid: u32, wanted: &str) -> bool {
    inspect::command_line(pid).iter().take(4).any(|word| {
        let name = word.rsplit('/').next().unwrap_or(word);
        name.to_ascii_lowercase().contains(wanted)
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

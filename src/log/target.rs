//! Where the log goes: a file in the place of standard error and standard output.

use std::fs::OpenOptions;
use std::io;
use std::os::unix::fs::OpenOptionsExt;

/// Says whether a file can be appended to, by opening it.
pub fn check(path: &str) -> io::Result<()> {
    append_to(path).map(drop)
}

fn append_to(path: &str) -> io::Result<std::fs::File> {
    OpenOptions::new().append(true).create(true).mode(0o640).open(path)
}

/// Appends everything that is said from here on to a file, created with mode 0640.
pub fn open(path: &str) -> io::Result<()> {
    let file = append_to(path)?;
    nix::unistd::dup2_stdout(&file)?;
    nix::unistd::dup2_stderr(&file)?;
    Ok(())
}

/// Reads nothing from here on.
pub fn close_input() -> io::Result<()> {
    let nothing = OpenOptions::new().read(true).open("/dev/null")?;
    nix::unistd::dup2_stdin(&nothing)?;
    Ok(())
}

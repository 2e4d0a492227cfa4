//! The log as one file in the place of standard error and standard output.

use std::fs::{File, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt, chown};
use std::path::Path;

use super::plan::FileRules;

/// Opens a file to append to, created with mode 0640.
pub fn append_to(path: &Path, rules: &FileRules) -> io::Result<File> {
    let file = OpenOptions::new().append(true).create(true).mode(0o640).open(path)?;
    if let Some(mode) = rules.mode {
        file.set_permissions(Permissions::from_mode(mode))?;
    }
    if let Some((user, group)) = rules.owner {
        chown(path, user, group)?;
    }
    Ok(file)
}

/// The same at the start of the server, when it may have to be emptied.
pub fn create(path: &Path, rules: &FileRules) -> io::Result<File> {
    let file = append_to(path, rules)?;
    if rules.truncate {
        file.set_len(0)?;
    }
    Ok(file)
}

/// Appends everything that is said from here on to a file.
pub fn open(path: &Path, rules: &FileRules) -> io::Result<()> {
    let file = create(path, rules)?;
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

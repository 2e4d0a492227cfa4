//! The FIFO of `master-fifo`: one letter, one command.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use nix::sys::stat::Mode;

use crate::error::Failure;
use crate::log::say;
use crate::options::directive::Said;

/// Only its owner commands the server.
const MODE: Mode = Mode::S_IRUSR.union(Mode::S_IWUSR);
/// A file up to this many bytes is what commands left that were written while no server ran.
const LEFT: u64 = 16;

/// Letters that are heard. Of several FIFOs one is read at a time: the digits choose.
pub struct Fifo {
    paths: Vec<PathBuf>,
    open: File,
}

/// What a letter asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Command {
    Stop,
    StopNow,
    Reload,
    ReloadWorkers,
    ReloadWorkersNow,
    ChainReload,
    Pause,
    Statistics,
    Grow,
    Shrink,
    GoCheap,
    WritePidfiles,
    ReopenLogs,
    RotateLogs,
    /// Another FIFO is read from now on.
    Switch(usize),
    /// Known to uWSGI, without effect here.
    Later(char),
}

impl Command {
    /// What a byte asks for, if anything.
    #[must_use]
    pub fn of(byte: u8) -> Option<Self> {
        Some(match byte {
            b'q' => Self::Stop,
            b'Q' => Self::StopNow,
            b'r' | b'R' | b'f' => Self::Reload,
            b'w' => Self::ReloadWorkers,
            b'W' => Self::ReloadWorkersNow,
            b'c' => Self::ChainReload,
            b'p' => Self::Pause,
            b's' => Self::Statistics,
            b'+' => Self::Grow,
            b'-' => Self::Shrink,
            b'C' => Self::GoCheap,
            b'P' => Self::WritePidfiles,
            b'0'..=b'9' => Self::Switch(usize::from(byte - b'0')),
            b'l' => Self::ReopenLogs,
            b'L' => Self::RotateLogs,
            b'S' | b'E' | b'B' => Self::Later(char::from(byte)),
            _ => return None,
        })
    }
}

impl Fifo {
    /// Makes all FIFOs that are not there, and reads the first one.
    pub fn open(paths: &[Said]) -> Result<Option<Self>, Failure> {
        let mut files = Vec::new();
        for said in paths {
            files.push(open(Path::new(&said.value)).map_err(|error| {
                Failure::new(format!(
                    "{}: cannot use the FIFO {}: {error}",
                    said.origin, said.value
                ))
            })?);
        }
        let paths = paths.iter().map(|said| absolute(Path::new(&said.value))).collect();
        Ok(files.into_iter().next().map(|open| Self { paths, open }))
    }

    /// What was asked for since the last call.
    pub fn commands(&mut self) -> Vec<Command> {
        let mut bytes = [0; 256];
        match self.open.read(&mut bytes) {
            Ok(length) => bytes.iter().take(length).filter_map(|byte| Command::of(*byte)).collect(),
            // Nobody has written.
            Err(_) => Vec::new(),
        }
    }

    /// Reads another FIFO from now on.
    pub fn switch(&mut self, number: usize) {
        let Some(path) = self.paths.get(number) else {
            return say!("there is no master-fifo {number}");
        };
        match open(path) {
            Ok(file) => {
                self.open = file;
                say!("active master fifo is now {}", path.display());
            }
            Err(error) => say!("cannot use the FIFO {}: {error}", path.display()),
        }
    }
}

impl AsFd for Fifo {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.open.as_fd()
    }
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

/// Opens a FIFO for both sides, so that it never ends.
fn open(path: &Path) -> io::Result<File> {
    match fs::symlink_metadata(path) {
        Ok(there) if there.file_type().is_fifo() => {}
        Ok(there) if there.is_file() && there.len() <= LEFT => {
            fs::remove_file(path)?;
            make(path)?;
        }
        Ok(_) => {
            return Err(io::Error::new(ErrorKind::AlreadyExists, "something else is there"));
        }
        Err(error) if error.kind() == ErrorKind::NotFound => make(path)?,
        Err(error) => return Err(error),
    }
    let flags = nix::libc::O_NONBLOCK | nix::libc::O_NOFOLLOW;
    OpenOptions::new().read(true).write(true).custom_flags(flags).open(path)
}

fn make(path: &Path) -> io::Result<()> {
    nix::unistd::mkfifo(path, MODE)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::directive::Origin;
    use std::io::Write;

    fn said(path: &Path) -> Said {
        Said { value: path.display().to_string(), origin: Origin::CommandLine }
    }

    #[test]
    fn letters_are_heard_from_the_fifo_that_is_chosen() {
        let folder = tempfile::tempdir().expect("a folder");
        let paths = [folder.path().join("one"), folder.path().join("two")];
        let mut fifo = Fifo::open(&paths.each_ref().map(|path| said(path)))
            .expect("a folder to write to")
            .expect("two");
        let write = |index: usize, text: &str| {
            let mut options = OpenOptions::new();
            let file = options.write(true).custom_flags(nix::libc::O_NONBLOCK).open(&paths[index]);
            file.and_then(|mut file| file.write_all(text.as_bytes()))
        };
        assert_eq!(fifo.commands(), []);
        write(0, "r\nz1").expect("it is read");
        assert_eq!(fifo.commands(), [Command::Reload, Command::Switch(1)]);
        fifo.switch(1);
        write(0, "q").expect_err("nobody reads it");
        write(1, "Q").expect("it is read");
        assert_eq!(fifo.commands(), [Command::StopNow]);
    }

    #[test]
    fn what_a_command_left_without_a_server_is_replaced_and_nothing_else() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("fifo");
        fs::write(&path, "r\n").expect("a file");
        assert!(Fifo::open(&[said(&path)]).is_ok());
        assert!(fs::metadata(&path).expect("a FIFO").file_type().is_fifo());
        let other = folder.path().join("book");
        fs::write(&other, "a text that somebody may want to keep").expect("a file");
        assert!(Fifo::open(&[said(&other)]).is_err());
        assert!(other.exists());
    }
}

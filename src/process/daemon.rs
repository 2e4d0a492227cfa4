//! Going to the background, with a launcher that waits for word of the start.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;

use nix::unistd::{ForkResult, setsid};

use super::fork::{exit_now, split};

/// A message of a failed start is not told beyond this, in bytes.
const LONGEST: u64 = 64 << 10;
const STARTED: u8 = 0;

/// The way back to the process that a shell waits for.
pub struct Launcher {
    process: UnixStream,
}

impl Launcher {
    /// Says that the start went well: the launching process ends with 0.
    pub fn started(mut self) {
        // The launcher may be gone already.
        let _ = self.process.write_all(&[STARTED]);
    }

    /// Says why there is no start: the launching process prints it and ends with 1.
    pub fn failed(mut self, message: &str) {
        let _ = writeln!(self.process, "{message}");
    }
}

/// Goes on in a child that leads a session of its own. The calling process waits for word from
/// the [`Launcher`] and ends; where there is none, because the child died, with 1.
///
/// Must be called before any thread is started and before an interpreter is there.
pub fn detach() -> std::io::Result<Launcher> {
    let (launcher, process) = UnixStream::pair()?;
    match split()? {
        ForkResult::Child => {
            setsid()?;
            Ok(Launcher { process })
        }
        ForkResult::Parent { .. } => {
            drop(process);
            let mut word = Vec::new();
            let read = launcher.take(LONGEST).read_to_end(&mut word);
            if read.is_ok() && word == [STARTED] {
                exit_now(0);
            }
            let _ = std::io::stderr().lock().write_all(&word);
            exit_now(1)
        }
    }
}

//! The server's side of the [`writer`]: puts its pipes in the place of standard
//! output and error, keeps it running, and waits for its last line.

use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::sync::Arc;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{Pid, dup2_stderr, dup2_stdout};

use super::plan::Plan;
use super::writer::{self, Kind, Way};
use crate::process::fork::{ForkHooks, NoHooks, fork, keep_only};
use crate::process::records::{self, Records};

/// How long the end of the server waits for the writer's last line: programs that the application
/// left behind may keep it open.
const PATIENCE: Duration = Duration::from_secs(2);

/// Standard output and standard error.
pub struct Outputs {
    /// Standard output.
    pub output: OwnedFd,
    /// Standard error.
    pub error: OwnedFd,
}

impl Outputs {
    /// Those that are in place.
    pub fn current() -> io::Result<Self> {
        Ok(Self {
            output: io::stdout().as_fd().try_clone_to_owned()?,
            error: io::stderr().as_fd().try_clone_to_owned()?,
        })
    }

    fn again(&self) -> io::Result<Self> {
        Ok(Self { output: self.output.try_clone()?, error: self.error.try_clone()? })
    }

    /// Puts them in place.
    pub fn put(&self) -> io::Result<()> {
        dup2_stdout(&self.output)?;
        dup2_stderr(&self.error)?;
        Ok(())
    }
}

/// A running writer.
pub struct Pipe {
    plan: Plan,
    /// `None` after it died.
    writer: Option<Pid>,
    server: Option<Records>,
    requests: Option<Records>,
    /// Where the lines of requests are written; `None` once it is over.
    lines_end: Option<Arc<OwnedFd>>,
    /// As this server got them.
    outputs: Outputs,
    /// What was in place before: the pipe of the image before, or the same.
    before: Outputs,
}

impl Pipe {
    /// Starts the writer where a plan needs one. `outputs` are those that an image before got,
    /// where its pipe is in place; `enter` takes the identity and the directory of the server.
    ///
    /// Must be called before any thread is started and before an interpreter is there.
    pub fn start(
        plan: Plan,
        outputs: Option<Outputs>,
        enter: &dyn Fn(),
    ) -> io::Result<Option<Self>> {
        let before = Outputs::current()?;
        let outputs = match outputs {
            Some(outputs) => outputs,
            None => before.again()?,
        };
        if !(plan.takes_server() || plan.takes_requests()) {
            outputs.put()?;
            return Ok(None);
        }
        let pair = |wanted: bool| wanted.then(records::pair).transpose();
        let (server_end, server) = pair(plan.takes_server())?.unzip();
        let (requests_end, requests) = pair(plan.takes_requests())?.unzip();
        let lines_end = match &server_end {
            Some(end) if requests_end.is_none() => Some(end.try_clone()?),
            _ => requests_end,
        };
        let mut pipe = Self {
            plan,
            writer: None,
            server,
            requests,
            lines_end: lines_end.map(Arc::new),
            outputs,
            before,
        };
        pipe.writer = Some(pipe.spawn(&NoHooks, &|| (), enter)?);
        match server_end {
            Some(end) => Outputs { output: end.try_clone()?, error: end }.put()?,
            None => pipe.outputs.put()?,
        }
        Ok(Some(pipe))
    }

    fn spawn(
        &self,
        hooks: &dyn ForkHooks,
        prepare: &dyn Fn(),
        enter: &dyn Fn(),
    ) -> io::Result<Pid> {
        let ways = [(Kind::Server, &self.server), (Kind::Requests, &self.requests)];
        let ways: Vec<_> = ways
            .into_iter()
            .filter_map(|(kind, records)| Some(Way { kind, records: records.as_ref()? }))
            .collect();
        let child = || {
            prepare();
            let kept: Vec<_> = ways.iter().map(|way| way.records.as_fd().as_raw_fd()).collect();
            let written = self.outputs.put().and_then(|()| {
                keep_only(&kept);
                writer::run(&self.plan, &ways, enter)
            });
            u8::from(written.is_err())
        };
        Ok(fork(hooks, child)?)
    }

    /// Where workers write the lines of requests, each of which is a record.
    #[must_use]
    pub fn lines_end(&self) -> Option<Arc<OwnedFd>> {
        self.lines_end.clone()
    }

    /// Whether lines of the server go to loggers, and not to where standard error went.
    #[must_use]
    pub fn has_loggers(&self) -> bool {
        self.plan.server.loggers.iter().any(|logger| logger.is(None))
    }

    /// Standard output and error as this server got them, for a next image.
    #[must_use]
    pub fn outputs(&self) -> &Outputs {
        &self.outputs
    }

    /// Lets the pipe of the image before go: the server has started.
    pub fn settle(&mut self) -> io::Result<()> {
        self.before = self.outputs.again()?;
        Ok(())
    }

    /// Asks for files to be opened anew, which may have been moved away.
    pub fn reopen(&self) {
        self.tell(writer::REOPEN);
    }

    /// Asks for files to be renamed.
    pub fn rotate(&self) {
        self.tell(writer::ROTATE);
    }

    fn tell(&self, signal: Signal) {
        if let Some(writer) = self.writer {
            // One that is gone opens them anew when it comes back.
            let _ = kill(writer, signal);
        }
    }

    /// Takes note of a process that ended: it may have been the writer.
    pub fn bury(&mut self, pid: i32) {
        self.writer = self.writer.filter(|writer| writer.as_raw() != pid);
    }

    /// Starts the writer again where it died; what waits for it is kept. `prepare` runs in it
    /// first. To be called once in a while, not at once: it may die again.
    pub fn keep(&mut self, hooks: &dyn ForkHooks, prepare: &dyn Fn()) -> io::Result<()> {
        if self.writer.is_none() {
            self.writer = Some(self.spawn(hooks, prepare, &|| ())?);
        }
        Ok(())
    }
}

/// Closes this side and waits until all lines are written.
impl Drop for Pipe {
    fn drop(&mut self) {
        // The process ends or goes on with what it has.
        let _ = self.before.put();
        self.lines_end = None;
        self.server = None;
        self.requests = None;
        let Some(writer) = self.writer else { return };
        let since = Instant::now();
        while since.elapsed() < PATIENCE {
            match waitpid(writer, Some(WaitPidFlag::WNOHANG)) {
                Ok(WaitStatus::StillAlive) => std::thread::sleep(Duration::from_millis(2)),
                _ => return,
            }
        }
    }
}

//! Starting this program anew in the same process, with what the old image leaves to the new one.

use std::ffi::{CString, OsString};
use std::os::fd::{AsRawFd, FromRawFd, IntoRawFd, OwnedFd, RawFd};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use serde::{Deserialize, Serialize};

/// The environment variable in which a [`Legacy`] travels.
const VARIABLE: &str = "RUWSGI_LEGACY";

/// So long a program may take to tell its version.
const REHEARSAL: Duration = Duration::from_secs(10);
/// How often it is looked whether it has.
const GLANCE: Duration = Duration::from_millis(5);

/// How this program was started, kept before anything changes.
#[derive(Clone, Debug)]
pub struct Program {
    path: PathBuf,
    words: Vec<OsString>,
    /// The directory in which it was started.
    pub directory: PathBuf,
}

/// A descriptor that outlives the image.
#[expect(clippy::unsafe_derive_deserialize, reason = "the number is an earlier image's own")]
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Heirloom {
    /// What it is: for a listener the address as it was written in the configuration.
    pub address: String,
    /// The open descriptor.
    pub fd: RawFd,
    /// Whether a service manager opened it: it stays a socket of this server whatever the
    /// configuration says.
    #[serde(default)]
    pub handed: bool,
}

/// What one image leaves to the next.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Legacy {
    /// How often the program started anew.
    pub reloads: u32,
    /// Listening sockets.
    pub listeners: Vec<Heirloom>,
    /// Standard output and error as the first image got them, where a pipe is in their place.
    #[serde(default)]
    pub outputs: Vec<Heirloom>,
    /// Processes that go on serving until the new image has its own.
    pub processes: Vec<i32>,
    /// Those of them that hand requests to others, which must stay until they are gone.
    #[serde(default)]
    pub gateways: Vec<i32>,
    /// Programs that run beside the server until the new image has its own.
    pub daemons: Vec<Beside>,
    /// Files on whose change a new image that could not start tries again.
    pub touch_reload: Vec<String>,
    /// Which of the listeners tells metrics and health, also of an image that could not start.
    #[serde(default)]
    pub metrics: Option<String>,
    /// The last minute whose commands were started, since 1970.
    #[serde(default)]
    pub cron_minute: i64,
    /// Commands that run: each with its pid, and when it was started.
    #[serde(default)]
    pub crons: Vec<(String, i32, u64)>,
}

/// A program beside the server, as the next image needs to know it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Beside {
    /// What it was started with.
    pub command: String,
    /// Its pid, which is its process group, too.
    pub pid: i32,
    /// The number of the signal that stops it.
    pub stop_signal: i32,
    /// The number of the signal that stops it for a reload.
    pub reload_signal: i32,
}

impl Legacy {
    fn heirlooms(&self) -> impl Iterator<Item = &Heirloom> {
        self.listeners.iter().chain(&self.outputs)
    }
}

impl Program {
    /// The program as it runs now.
    pub fn current() -> std::io::Result<Self> {
        let words: Vec<OsString> = std::fs::read("/proc/self/cmdline")?
            .strip_suffix(b"\0")
            .unwrap_or_default()
            .split(|&byte| byte == 0)
            .map(|word| std::ffi::OsStr::from_bytes(word).to_owned())
            .collect();
        // An interpreter in a virtual environment is a link: the path it was called by counts, not
        // the file behind it.
        let path = match words.first() {
            Some(called) if called.as_bytes().starts_with(b"/") => PathBuf::from(called),
            _ => std::env::current_exe()?,
        };
        Ok(Self { path, words, directory: std::env::current_dir()? })
    }

    /// How the program is started, up to a word of its command line: itself, and for the wheel the
    /// script that the interpreter runs.
    pub fn words_before(&self, word: &str) -> Vec<OsString> {
        let more = self.words.iter().skip(1).take_while(|known| *known != word);
        std::iter::once(self.path.clone().into_os_string()).chain(more.cloned()).collect()
    }

    /// Starts the program anew; returns only where that is not possible. Behind the point of no return
    /// nobody could go on, so it is tried first whether the program as it is now runs at all.
    pub fn start_anew(&self, legacy: &Legacy) -> std::io::Error {
        if let Err(error) = self.rehearse() {
            return error;
        }
        for heirloom in legacy.heirlooms() {
            if let Err(error) = keep_open(heirloom.fd, true) {
                return error;
            }
        }
        let failed = self.exec(legacy);
        for heirloom in legacy.heirlooms() {
            let _ = keep_open(heirloom.fd, false);
        }
        failed
    }

    /// Lets the program tell its version: a library that is gone or a file that may not be read shows.
    fn rehearse(&self) -> std::io::Result<()> {
        let mut command = Command::new(&self.path);
        command.args(self.script()).arg("--version");
        command.stdin(Stdio::null()).stdout(Stdio::null());
        let mut child = command.env_remove(VARIABLE).spawn()?;
        let began = Instant::now();
        while began.elapsed() < REHEARSAL {
            match child.try_wait()? {
                Some(status) if status.success() => return Ok(()),
                Some(status) => {
                    let path = self.path.display();
                    return Err(std::io::Error::other(format!("{path} ends with {status}")));
                }
                None => std::thread::sleep(GLANCE),
            }
        }
        child.kill()?;
        child.wait()?;
        Err(std::io::Error::other(format!("{} does not start", self.path.display())))
    }

    /// What an interpreter is told to run: its options and the script of the wheel.
    fn script(&self) -> impl Iterator<Item = &OsString> {
        let name = self.path.file_name().unwrap_or_default().as_bytes();
        let is_interpreter = name.starts_with(b"python");
        let words = self.words.iter().skip(1);
        let options = words.clone().take_while(|word| word.as_bytes().starts_with(b"-")).count();
        words.take(if is_interpreter { options + 1 } else { 0 })
    }

    fn exec(&self, legacy: &Legacy) -> std::io::Error {
        let text = |bytes: &[u8]| CString::new(bytes).map_err(std::io::Error::from);
        let prepared = || -> std::io::Result<_> {
            let path = text(self.path.as_os_str().as_bytes())?;
            let words = self.words.iter().map(|word| text(word.as_bytes()));
            let words = words.collect::<Result<Vec<_>, _>>()?;
            let inherited = std::env::vars_os().filter(|(name, _)| name != VARIABLE);
            let mut environment: Vec<CString> = inherited
                .filter_map(|(name, value)| {
                    text(&[name.as_bytes(), b"=", value.as_bytes()].concat()).ok()
                })
                .collect();
            let legacy = serde_json::to_string(legacy)?;
            environment.push(text(format!("{VARIABLE}={legacy}").as_bytes())?);
            super::environment::change_directory(&self.directory)?;
            Ok((path, words, environment))
        };
        match prepared() {
            Ok((path, words, environment)) => {
                nix::unistd::execve(&path, &words, &environment).unwrap_err().into()
            }
            Err(error) => error,
        }
    }
}

/// What an earlier image left, where this is a later one. Takes it out of the environment, so that
/// no program started from here mistakes it for its own.
pub fn inherited() -> Option<Legacy> {
    let text = std::env::var(VARIABLE).ok()?;
    super::environment::remove(VARIABLE);
    let legacy: Legacy = serde_json::from_str(&text).ok()?;
    for heirloom in legacy.heirlooms() {
        keep_open(heirloom.fd, false).ok()?;
    }
    Some(legacy)
}

impl Heirloom {
    /// A descriptor under a name; it stays its owner's until the image ends.
    pub fn new(address: &str, fd: &impl AsRawFd) -> Self {
        Self { address: address.to_owned(), fd: fd.as_raw_fd(), handed: false }
    }

    /// A descriptor that a service manager opened, which is the heirloom's from now on.
    #[must_use]
    pub fn handed(address: String, fd: OwnedFd) -> Self {
        Self { address, fd: fd.into_raw_fd(), handed: true }
    }

    /// A further descriptor of the same thing.
    pub fn again(&self) -> std::io::Result<OwnedFd> {
        #[expect(unsafe_code, reason = "the number came through the environment")]
        // SAFETY: borrowed for the copy only, before the heirloom is taken; `inherited` found it
        // open.
        let fd = unsafe { std::os::fd::BorrowedFd::borrow_raw(self.fd) };
        fd.try_clone_to_owned()
    }

    /// The descriptor, which is this process's own.
    #[must_use]
    pub fn into_fd(self) -> OwnedFd {
        #[expect(unsafe_code, reason = "the number came through the environment")]
        // SAFETY: the earlier image of this same process opened it and gave it up by starting
        // anew, and `inherited` found it open; or `handed` was given it. Each heirloom is taken
        // once.
        unsafe {
            OwnedFd::from_raw_fd(self.fd)
        }
    }
}

/// Whether a descriptor stays open when a program is started.
pub(super) fn keep_open(fd: RawFd, keep: bool) -> std::io::Result<()> {
    #[expect(unsafe_code, reason = "the caller's descriptor, by number")]
    // SAFETY: borrowed for this call only; a number that is not open is an error of `fcntl`.
    let fd = unsafe { std::os::fd::BorrowedFd::borrow_raw(fd.as_raw_fd()) };
    let flags = if keep { FdFlag::empty() } else { FdFlag::FD_CLOEXEC };
    fcntl(fd, FcntlArg::F_SETFD(flags))?;
    Ok(())
}

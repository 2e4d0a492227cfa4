//! A fresh folder with an application and its files, and runs of the program in it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;

use super::tools::{program, root, venv};
use super::{PATIENCE, Server, wait_for};

/// A folder of its own. What still runs in it is killed when it goes.
pub struct Site {
    folder: tempfile::TempDir,
    pidfiles: std::cell::RefCell<Vec<PathBuf>>,
}

/// A run that has ended.
#[derive(Debug)]
pub struct Finished {
    /// The exit code; `None` when a signal ended it.
    pub code: Option<i32>,
    /// Both streams, as a terminal would show them.
    pub text: String,
}

impl Site {
    pub fn new() -> Self {
        // `/tmp` and not `$TMPDIR`: the path of a Unix socket has 107 bytes.
        let folder =
            tempfile::Builder::new().prefix("ruwsgi-").tempdir_in("/tmp").expect("a folder");
        Self { folder, pidfiles: std::cell::RefCell::default() }
    }

    /// A site with this application of `tests/fixtures/apps`.
    pub fn with(app: &str) -> Self {
        let site = Self::new();
        site.add(app);
        site
    }

    /// A site that is a copy of the Django project of `tests/fixtures/django`, its database made.
    pub fn django() -> Self {
        let python = venv().join("bin/python");
        assert!(
            python.exists(),
            "no {}: `make need` makes it, for $RUWSGI_TEST_VENV",
            python.display()
        );
        let site = Self::new();
        copy(&root().join("tests/fixtures/django"), site.path());
        for words in [["migrate", "--verbosity=0"], ["collectstatic", "--verbosity=0"]] {
            let output = Command::new(&python)
                .arg("manage.py")
                .args(words)
                .arg("--no-input")
                .current_dir(site.path())
                .output()
                .expect("manage.py");
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        }
        site
    }

    /// Copies an application of `tests/fixtures/apps` into the folder.
    pub fn add(&self, app: &str) -> PathBuf {
        let text =
            fs::read_to_string(root().join("tests/fixtures/apps").join(app)).expect("a fixture");
        self.file(app, &text)
    }

    /// Copies a folder of `tests/fixtures` into this one.
    pub fn copy(&self, folder: &str) {
        copy(&root().join("tests/fixtures").join(folder), self.path());
    }

    /// Writes a file, and the folders above it.
    pub fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(&path, text).expect("a file of the site");
        path
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn join(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    /// The text of a file, empty when there is none.
    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.join(name)).unwrap_or_default()
    }

    /// The process that a pidfile names, once it is written; it is killed with the site.
    pub fn pid(&self, pidfile: &str) -> i32 {
        let path = self.join(pidfile);
        let pid = wait_for(&format!("the pidfile {pidfile}"), || {
            fs::read_to_string(&path).ok()?.trim().parse().ok()
        });
        self.pidfiles.borrow_mut().push(path);
        pid
    }

    /// The command line of the program under test here, in a clean environment.
    pub fn command(&self, arguments: &[&str]) -> Command {
        self.command_of(&program(), arguments)
    }

    /// The same for another program.
    pub fn command_of(&self, program: &Path, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command
            .args(arguments)
            .current_dir(self.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.path())
            .env("LANG", "C.UTF-8")
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stdin(Stdio::null());
        command
    }

    /// Runs the program to its end.
    pub fn run(&self, arguments: &[&str]) -> Finished {
        self.finish(self.command(arguments))
    }

    /// Runs a command to its end, which must come soon.
    pub fn finish(&self, mut command: Command) -> Finished {
        let log = self.join(".finished");
        let file = fs::File::create(&log).expect("a log");
        command.stdout(file.try_clone().expect("a log")).stderr(file);
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut child = command.spawn().expect("the program");
        let deadline = Instant::now() + PATIENCE;
        let code = loop {
            if let Some(status) = child.try_wait().expect("its status") {
                break status.code();
            }
            if Instant::now() > deadline {
                let _ = killpg(Pid::from_raw(child.id().cast_signed()), Signal::SIGKILL);
                let _ = child.wait();
                panic!(
                    "did not end:\n{}",
                    String::from_utf8_lossy(&fs::read(&log).unwrap_or_default())
                );
            }
            std::thread::sleep(std::time::Duration::from_millis(5));
        };
        let text = String::from_utf8_lossy(&fs::read(&log).expect("the log")).into_owned();
        Finished { code, text }
    }

    /// Starts the program and lets it run.
    pub fn start(&self, arguments: &[&str]) -> Server<'_> {
        Server::start(self, self.command(arguments))
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        for pidfile in self.pidfiles.borrow().iter() {
            let pid = fs::read_to_string(pidfile).ok().and_then(|text| text.trim().parse().ok());
            if let Some(pid) = pid.filter(|pid| *pid > 1) {
                let _ = killpg(Pid::from_raw(pid), Signal::SIGKILL);
                let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
            }
        }
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder").map(|entry| entry.expect("an entry")) {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), &target).expect("a copy");
        }
    }
}

//! A running server: its log, its processes, its end.

use std::fs;
use std::marker::PhantomData;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus};

use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;
use regex::Regex;

use super::{Address, Connection, Reply, Request, Site, is_alive, wait_for, wait_until};

/// A server that runs in a site. Its whole process group is killed when it goes.
pub struct Server<'s> {
    site: PhantomData<&'s Site>,
    child: Child,
    log: PathBuf,
}

impl<'s> Server<'s> {
    /// Starts a command with its own process group and both streams in a log.
    pub fn start(site: &'s Site, mut command: Command) -> Self {
        let log = (0..100)
            .map(|number| site.join(&format!("server{number}.log")))
            .find(|path| !path.exists())
            .expect("a name");
        let file = fs::File::create(&log).expect("a log");
        command.stdout(file.try_clone().expect("a log")).stderr(file);
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let child = command.spawn().expect("the server");
        Self { site: PhantomData, child, log }
    }

    /// The first process: the master.
    pub fn pid(&self) -> i32 {
        self.child.id().cast_signed()
    }

    pub fn log(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.log).expect("the log")).into_owned()
    }

    /// Waits for a line in the log; returns the first group of the pattern, or all of the match.
    pub fn wait_log(&self, pattern: &str) -> String {
        self.wait_log_times(pattern, 1).pop().expect("one")
    }

    /// Waits until the pattern has been matched that often; returns all matches.
    pub fn wait_log_times(&self, pattern: &str, times: usize) -> Vec<String> {
        let regex = Regex::new(&format!("(?m){pattern}")).expect("a pattern");
        let mut last = String::new();
        let deadline = std::time::Instant::now() + super::PATIENCE;
        loop {
            let text = self.log();
            let found: Vec<String> = regex
                .captures_iter(&text)
                .map(|captures| {
                    captures.get(1).or(captures.get(0)).expect("a match").as_str().to_owned()
                })
                .collect();
            if found.len() >= times {
                return found;
            }
            if text != last {
                last = text;
            }
            assert!(
                std::time::Instant::now() < deadline,
                "`{pattern}` {times} times in the log, which is:\n{last}"
            );
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
    }

    pub fn logged(&self, pattern: &str) -> bool {
        Regex::new(&format!("(?m){pattern}")).expect("a pattern").is_match(&self.log())
    }

    /// Waits until something listens there, then until one request there has any answer.
    pub fn wait_ready(&self, address: &Address) {
        wait_for(&format!("a listener at {address}; the log is:\n{}", self.log()), || {
            assert!(is_alive(self.pid()), "the server has ended; its log:\n{}", self.log());
            Connection::try_open(address)
        });
    }

    /// One request on a connection of its own.
    pub fn ask(&self, address: &Address, request: &Request) -> Reply {
        self.wait_ready(address);
        request.send(address)
    }

    pub fn get(&self, address: &Address, path: &str) -> Reply {
        self.ask(address, &Request::get(path))
    }

    /// The processes whose parent is the master.
    pub fn children(&self) -> Vec<i32> {
        children_of(self.pid())
    }

    /// How many descriptors they have open, all together.
    pub fn descriptors(&self) -> usize {
        let count = |pid| fs::read_dir(format!("/proc/{pid}/fd")).map_or(0, Iterator::count);
        self.children().into_iter().map(count).sum()
    }

    pub fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.pid()), signal).expect("the server is there");
    }

    /// Waits for the end of the master.
    pub fn wait_exit(&mut self) -> ExitStatus {
        let log = self.log.clone();
        wait_for(&format!("the end of the server ({})", log.display()), || {
            self.child.try_wait().expect("its status")
        })
    }

    /// Stops it as Ctrl-C does, and wants exit code 0 and nobody left behind.
    pub fn stop(mut self) {
        let children = self.children();
        self.signal(Signal::SIGINT);
        let status = self.wait_exit();
        assert_eq!(status.code(), Some(0), "{}", self.log());
        wait_until("all children are gone", || !children.iter().any(|&pid| is_alive(pid)));
    }
}

/// The processes whose parent this is.
pub fn children_of(pid: i32) -> Vec<i32> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").expect("/proc").flatten() {
        let Ok(child) = entry.file_name().to_string_lossy().parse::<i32>() else { continue };
        let Ok(stat) = fs::read_to_string(entry.path().join("stat")) else { continue };
        let mut fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
        let state = fields.next();
        if state != Some("Z") && fields.next() == Some(pid.to_string().as_str()) {
            found.push(child);
        }
    }
    found
}

impl Drop for Server<'_> {
    fn drop(&mut self) {
        // Workers stay in the group even when the master is gone. Their listeners go with the last.
        let children = self.children();
        let _ = killpg(Pid::from_raw(self.pid()), Signal::SIGKILL);
        let _ = self.child.wait();
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(5);
        while children.iter().any(|&pid| is_alive(pid)) && std::time::Instant::now() < deadline {
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
        if std::thread::panicking() {
            eprintln!("--- the server's log ---\n{}--- end ---", self.log());
        }
    }
}

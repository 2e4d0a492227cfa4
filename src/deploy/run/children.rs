//! Processes that run side by side: their lines, labelled, on our output; their ends; our signals.
//!
//! Each child is a process group of its own, so that Ctrl-C reaches us alone and we stop them in order.

use std::io::{BufRead as _, BufReader, IsTerminal as _, Read, Write as _};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::Builder;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::error::Failure;

/// What happened.
pub(super) enum Next {
    /// Time passed.
    Nothing,
    /// We were asked to stop.
    Signal,
    /// A child is gone: its label, and how it ended.
    Ended(&'static str, String),
}

enum Event {
    Line(&'static str, String),
    Signal,
}

struct Started {
    label: &'static str,
    child: Child,
    stop: Signal,
}

/// All processes we started.
pub(super) struct Children {
    events: Receiver<Event>,
    sender: SyncSender<Event>,
    started: Vec<Started>,
    colour: bool,
    interrupted: bool,
}

/// Labels are as wide as the longest.
const WIDTH: usize = 7;

impl Children {
    /// None yet; from here on signals come to us.
    pub(super) fn new() -> Result<Self> {
        let (sender, events) = sync_channel(1024);
        let mut signals =
            Signals::new([SIGINT, SIGTERM, SIGHUP]).context("cannot watch signals")?;
        let to = sender.clone();
        Builder::new()
            .name("signals".into())
            .spawn(move || {
                for _ in signals.forever() {
                    if to.send(Event::Signal).is_err() {
                        return;
                    }
                }
            })
            .context("cannot start a thread")?;
        let colour = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        Ok(Self { events, sender, started: Vec::new(), colour, interrupted: false })
    }

    /// A signal has ended what was to run to its end.
    pub(super) fn interrupted(&self) -> bool {
        self.interrupted
    }

    /// Starts a process that stays.
    pub(super) fn start(
        &mut self,
        label: &'static str,
        mut command: Command,
        stop: Signal,
    ) -> Result<()> {
        let program = command.get_program().to_string_lossy().into_owned();
        command.process_group(0).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command
            .spawn()
            .map_err(|error| Failure::new(format!("cannot start {label} ({program}): {error}")))?;
        if let Some(out) = child.stdout.take() {
            self.follow(label, out)?;
        }
        if let Some(out) = child.stderr.take() {
            self.follow(label, out)?;
        }
        self.started.push(Started { label, child, stop });
        Ok(())
    }

    /// Runs a process to its end, which must be a good one.
    pub(super) fn finish(&mut self, label: &'static str, command: Command) -> Result<(), Failure> {
        self.start(label, command, Signal::SIGTERM)
            .map_err(|error| Failure::new(format!("{error:#}")))?;
        loop {
            match self.next(Duration::from_millis(20)) {
                Next::Nothing => {}
                Next::Signal => {
                    self.interrupted = true;
                    self.stop(Duration::from_secs(10));
                    return Err(Failure::new(format!("stopped during {label}")));
                }
                Next::Ended(label, status) if status.is_empty() => {
                    self.show_rest(label);
                    return Ok(());
                }
                Next::Ended(label, status) => {
                    self.show_rest(label);
                    return Err(Failure::new(format!("{label} failed ({status})")));
                }
            }
        }
    }

    /// Shows lines for at most this long; returns early when something happened.
    pub(super) fn next(&mut self, time: Duration) -> Next {
        let until = Instant::now() + time;
        loop {
            for index in 0..self.started.len() {
                let Some(one) = self.started.get_mut(index) else { break };
                if let Ok(Some(status)) = one.child.try_wait() {
                    let one = self.started.remove(index);
                    self.show_rest(one.label);
                    return Next::Ended(one.label, describe(status));
                }
            }
            let left =
                until.saturating_duration_since(Instant::now()).min(Duration::from_millis(20));
            match self.events.recv_timeout(left) {
                Ok(Event::Line(label, line)) => self.show(label, &line),
                Ok(Event::Signal) => return Next::Signal,
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                    if Instant::now() >= until {
                        return Next::Nothing;
                    }
                }
            }
        }
    }

    /// Stops all, in the order they were started, each when the one before is gone; another signal kills.
    pub(super) fn stop(&mut self, grace: Duration) {
        while let Some(first) = self.started.first() {
            let label = first.label;
            let (group, stop) = (group(&first.child), first.stop);
            // The leader alone: it tells its workers, and they finish what they have.
            let _ = nix::sys::signal::kill(group, stop);
            let until = Instant::now() + grace;
            let mut killed = false;
            while self.started.first().is_some_and(|one| one.label == label) {
                let again = matches!(self.next(Duration::from_millis(50)), Next::Signal);
                if (again || Instant::now() > until) && !killed {
                    killed = true;
                    self.note(&format!("{label} is killed"));
                    for one in &self.started {
                        let _ = killpg(group_of(one), Signal::SIGKILL);
                    }
                }
            }
        }
    }

    /// A line of our own.
    pub(super) fn note(&self, line: &str) {
        let line = if self.colour { format!("\x1b[1m{line}\x1b[0m") } else { line.to_owned() };
        self.show("deploy", &line);
    }

    /// Lines that were written before the end, which readers may still hold.
    fn show_rest(&mut self, label: &'static str) {
        let until = Instant::now() + Duration::from_millis(200);
        while let Ok(event) = self.events.recv_timeout(Duration::from_millis(30)) {
            match event {
                Event::Line(label, line) => self.show(label, &line),
                Event::Signal => {
                    let _ = self.sender.try_send(Event::Signal);
                    return;
                }
            }
            if Instant::now() > until {
                return;
            }
        }
        let _ = label;
    }

    fn show(&self, label: &str, line: &str) {
        let colour = match label {
            "nginx" => "32",
            "ruwsgi" => "36",
            "deploy" => "35",
            _ => "33",
        };
        let mut out = std::io::stdout().lock();
        let _ = if self.colour {
            writeln!(out, "\x1b[{colour}m{label:<WIDTH$} |\x1b[0m {line}")
        } else {
            writeln!(out, "{label:<WIDTH$} | {line}")
        };
        let _ = out.flush();
    }

    fn follow(&self, label: &'static str, out: impl Read + Send + 'static) -> Result<()> {
        let sender = self.sender.clone();
        Builder::new()
            .name(format!("lines of {label}"))
            .spawn(move || {
                let mut reader = BufReader::new(out);
                let mut line = Vec::new();
                // A line longer than this comes in parts.
                while matches!(reader.by_ref().take(16 << 10).read_until(b'\n', &mut line), Ok(1..))
                {
                    let text = String::from_utf8_lossy(&line);
                    if sender.send(Event::Line(label, text.trim_end().to_owned())).is_err() {
                        return;
                    }
                    line.clear();
                }
            })
            .context("cannot start a thread")?;
        Ok(())
    }
}

impl Drop for Children {
    /// Whatever way we leave, nothing of ours is left running.
    fn drop(&mut self) {
        for one in &mut self.started {
            let _ = killpg(group_of(one), Signal::SIGKILL);
            let _ = one.child.wait();
        }
    }
}

fn group(child: &Child) -> Pid {
    Pid::from_raw(i32::try_from(child.id()).unwrap_or(i32::MAX))
}

fn group_of(one: &Started) -> Pid {
    group(&one.child)
}

/// Empty for a good end.
fn describe(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(0), _) => String::new(),
        (Some(code), _) => format!("exit code {code}"),
        (None, Some(signal)) => format!("signal {signal}"),
        (None, None) => "unknown status".to_owned(),
    }
}

//! A place with its process, and what is said when one ends.

use std::time::{Duration, Instant};

use super::super::event::{End, Place};

#[derive(Debug)]
pub(super) struct Seat {
    pub(super) place: Place,
    pub(super) process: Option<Process>,
    /// Whether it is filled when it is empty.
    pub(super) wanted: bool,
    /// When to fill it, while it is empty.
    pub(super) due: Option<Instant>,
    /// Whether its first process was asked for; only of daemons.
    pub(super) asked: bool,
    /// How often it was filled.
    pub(super) spawns: usize,
    /// How many processes in a row lived too shortly.
    pub(super) short_lives: u32,
}

#[derive(Debug)]
pub(super) struct Process {
    pub(super) pid: i32,
    pub(super) since: Instant,
    pub(super) ready: bool,
    /// When it is killed if it is still there; it was asked to go.
    pub(super) going: Option<Instant>,
    /// Whether it waits for a successor.
    pub(super) worn: bool,
}

impl Seat {
    pub(super) fn new(place: Place, wanted: bool) -> Self {
        Self { place, process: None, wanted, due: None, asked: false, spawns: 0, short_lives: 0 }
    }

    pub(super) fn number(&self) -> Option<usize> {
        match self.place {
            Place::Worker(number) => Some(number),
            Place::Gateway(_) | Place::Daemon(_) => None,
        }
    }

    pub(super) fn is_gateway(&self) -> bool {
        matches!(self.place, Place::Gateway(_))
    }

    pub(super) fn is_daemon(&self) -> bool {
        matches!(self.place, Place::Daemon(_))
    }

    /// Whether its process serves and stays, or nobody waits for one.
    pub(super) fn is_settled(&self) -> bool {
        let serves = |process: &Process| process.ready && process.going.is_none();
        !self.wanted || self.is_daemon() || self.process.as_ref().is_some_and(serves)
    }
}

impl Process {
    pub(super) fn new(pid: i32, since: Instant) -> Self {
        Self { pid, since, ready: false, going: None, worn: false }
    }
}

/// What is said of a process that ended, in uWSGI's words; `stopped_for` is how long the server has
/// been stopping.
pub(super) fn obituary(
    seat: &Seat,
    process: &Process,
    end: End,
    stopped_for: Option<Duration>,
) -> String {
    let pid = process.pid;
    match (seat.place, end) {
        (Place::Worker(number), _) if stopped_for.is_some() => {
            let time = stopped_for.unwrap_or_default().as_secs();
            format!("worker {number} buried after {time} seconds")
        }
        (Place::Gateway(number), _) if stopped_for.is_some() => {
            format!("gateway \"uWSGI http {number}\" has been buried")
        }
        (Place::Daemon(_), _) => format!("[uwsgi-daemons] daemon (pid: {pid}) is gone"),
        (Place::Worker(number), _) if !seat.wanted => {
            format!("uWSGI worker {number} cheaped.")
        }
        (Place::Worker(number), End::Code(0)) if process.going.is_some() => {
            format!("worker {number} killed successfully (pid: {pid})")
        }
        (Place::Worker(number), End::Signal(signal)) => format!(
            "DAMN ! worker {number} (pid: {pid}) died, killed by signal {signal} :( trying respawn ..."
        ),
        (Place::Gateway(number), _) => format!(
            "DAMN ! gateway \"uWSGI http {number}\" (pid: {pid}) died :( trying respawn ..."
        ),
        (Place::Worker(number), End::Code(code)) => format!(
            "DAMN ! worker {number} (pid: {pid}) died with exit code {code} :( trying respawn ..."
        ),
    }
}

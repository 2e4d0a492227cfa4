//! Commands that run at times: which are due, which run, which take too long.
//!
//! Pure, but for the names of its entries: is told the time, and what was started and has ended.

use std::time::{Duration, Instant};

use crate::options::cron::Cron;

/// A time of a calendar, in the zone of this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clock {
    /// From 0.
    pub minute: i64,
    /// From 0.
    pub hour: i64,
    /// From 1.
    pub day: i64,
    /// From 1.
    pub month: i64,
    /// From 0, which is Sunday.
    pub week: i64,
    /// Minutes since 1970: no command starts twice in one.
    pub number: i64,
}

impl Clock {
    /// The time now.
    #[must_use]
    pub fn now() -> Self {
        let now = jiff::Zoned::now();
        Self {
            minute: now.minute().into(),
            hour: now.hour().into(),
            day: now.day().into(),
            month: now.month().into(),
            week: now.weekday().to_sunday_zero_offset().into(),
            number: now.timestamp().as_second().div_euclid(60),
        }
    }
}

/// Whether a command is to start within this minute, as uWSGI 2.0.31 reads the numbers: with a day of
/// the month and one of the week either will do.
#[must_use]
pub fn is_due(cron: &Cron, clock: &Clock) -> bool {
    let fits = |wanted: i64, now: i64| match wanted {
        ..0 => now.rem_euclid(wanted.saturating_abs()) == 0,
        wanted => now == wanted,
    };
    let week = if cron.week == 7 { 0 } else { cron.week };
    let (day, week) = (fits(cron.day, clock.day), fits(week, clock.week));
    let days = match cron.day > 0 && cron.week > 0 {
        true => day || week,
        false => day && week,
    };
    fits(cron.minute, clock.minute)
        && fits(cron.hour, clock.hour)
        && fits(cron.month, clock.month)
        && days
}

/// All commands, and what of them runs.
#[derive(Debug, Default)]
pub struct Crons {
    all: Vec<Cron>,
    /// The last minute that was looked at.
    looked: i64,
    running: Vec<Running>,
    /// Of commands that do not say themselves; 0 is never.
    harakiri: u64,
}

/// A command that runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Running {
    /// What it is.
    pub command: String,
    /// Its process, and that of its group.
    pub pid: i32,
    /// When it was started, seconds since 1970.
    pub started: u64,
    since: Instant,
    killed: bool,
}

impl Crons {
    /// These commands, and what an earlier image left: the last minute that it looked at, and what
    /// runs.
    #[must_use]
    pub fn new(all: Vec<Cron>, harakiri: u64, looked: i64, left: Vec<(String, i32, u64)>) -> Self {
        let since = Instant::now();
        let running = left.into_iter().map(|(command, pid, started)| Running {
            command,
            pid,
            started,
            since,
            killed: false,
        });
        Self { all, looked, running: running.collect(), harakiri }
    }

    /// The commands to start in this minute. Each minute has one answer.
    pub fn due(&mut self, clock: &Clock) -> Vec<String> {
        if clock.number == self.looked {
            return Vec::new();
        }
        self.looked = clock.number;
        let due = self.all.iter().filter(|cron| is_due(cron, clock));
        let due = due.filter(|cron| !cron.unique || self.pid_of(&cron.command).is_none());
        due.map(|cron| cron.command.clone()).collect()
    }

    /// Says that a command was started.
    pub fn started(&mut self, command: String, pid: i32, started: u64, now: Instant) {
        self.running.push(Running { command, pid, started, since: now, killed: false });
    }

    /// Says that a process has ended; gives what it was, and how long it ran.
    pub fn bury(&mut self, pid: i32, now: Instant) -> Option<(String, Duration)> {
        let index = self.running.iter().position(|running| running.pid == pid)?;
        let Running { command, since, .. } = self.running.swap_remove(index);
        Some((command, now.duration_since(since)))
    }

    /// Those that take too long, each once.
    pub fn overdue(&mut self, now: Instant) -> Vec<(String, i32)> {
        let limit = |command: &str| {
            let own = self.all.iter().find(|cron| cron.command == command);
            own.and_then(|cron| cron.harakiri).unwrap_or(self.harakiri)
        };
        let mut overdue = Vec::new();
        for running in &mut self.running {
            let limit = limit(&running.command);
            let late = now.duration_since(running.since) > Duration::from_secs(limit);
            if limit > 0 && late && !running.killed {
                running.killed = true;
                overdue.push((running.command.clone(), running.pid));
            }
        }
        overdue
    }

    /// The last minute that was looked at, and what runs, for a next image.
    #[must_use]
    pub fn legacy(&self) -> (i64, Vec<(String, i32, u64)>) {
        let running = self.running.iter();
        (self.looked, running.map(|it| (it.command.clone(), it.pid, it.started)).collect())
    }

    /// All commands, each with its process where it runs.
    pub fn told(&self) -> impl Iterator<Item = (&Cron, Option<&Running>)> {
        self.all.iter().map(|cron| (cron, self.running_of(&cron.command)))
    }

    fn running_of(&self, command: &str) -> Option<&Running> {
        self.running.iter().rfind(|running| running.command == command)
    }

    fn pid_of(&self, command: &str) -> Option<i32> {
        self.running_of(command).map(|running| running.pid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Thursday, 26 November, 14:30.
    const NOON: Clock = Clock { minute: 30, hour: 14, day: 26, month: 11, week: 4, number: 1000 };

    #[test]
    fn numbers_mean_what_they_mean_to_uwsgi() {
        fn check(times: [i64; 5], expected: bool) {
            let [minute, hour, day, month, week] = times;
            let cron = Cron { minute, hour, day, month, week, ..Cron::default() };
            assert_eq!(is_due(&cron, &NOON), expected, "{times:?}");
        }
        check([-1, -1, -1, -1, -1], true);
        check([30, 14, 26, 11, 4], true);
        check([31, 14, 26, 11, 4], false);
        check([-10, -7, -13, -11, -2], true);
        check([-4, -1, -1, -1, -1], false);
        check([30, 14, 26, 11, 2], true);
        check([30, 14, 1, 11, 4], true);
        check([30, 14, 1, 11, 2], false);
        check([30, 14, -1, 11, 2], false);
        check([30, 15, -1, -1, -1], false);
        let sunday = Clock { week: 0, ..NOON };
        assert!(is_due(&Cron { week: 7, ..Cron::default() }, &sunday));
        assert!(is_due(&Cron { week: 0, ..Cron::default() }, &sunday));
        assert!(is_due(
            &Cron { minute: i64::MIN, ..Cron::default() },
            &Clock { minute: 0, ..NOON }
        ));
    }

    fn every_minute(command: &str, unique: bool) -> Cron {
        Cron { command: command.to_owned(), unique, ..Cron::default() }
    }

    #[test]
    fn each_minute_starts_a_command_once_and_a_unique_one_only_if_it_is_not_there() {
        let mut crons =
            Crons::new(vec![every_minute("a", false), every_minute("b", true)], 0, 0, Vec::new());
        let now = Instant::now();
        assert_eq!(crons.due(&NOON), ["a", "b"]);
        crons.started("a".to_owned(), 7, 0, now);
        crons.started("b".to_owned(), 8, 0, now);
        assert_eq!(crons.due(&NOON), [""; 0]);
        let next = Clock { number: 1001, ..NOON };
        assert_eq!(crons.due(&next), ["a"]);
        assert_eq!(
            crons.bury(8, now + Duration::from_secs(2)),
            Some(("b".to_owned(), Duration::from_secs(2)))
        );
        assert_eq!(crons.bury(9, now), None);
        assert_eq!(crons.due(&Clock { number: 1002, ..NOON }), ["a", "b"]);
        let (looked, left) = crons.legacy();
        let mut later = Crons::new(vec![every_minute("a", true)], 0, looked, left);
        assert_eq!(later.due(&Clock { number: 1002, ..NOON }), [""; 0], "over a reload, too");
        assert_eq!(later.due(&Clock { number: 1003, ..NOON }), [""; 0], "it still runs");
    }

    #[test]
    fn what_takes_too_long_is_told_once() {
        let own = Cron { harakiri: Some(5), ..every_minute("a", false) };
        let mut crons = Crons::new(vec![own, every_minute("b", false)], 10, 0, Vec::new());
        let now = Instant::now();
        crons.started("a".to_owned(), 7, 0, now);
        crons.started("b".to_owned(), 8, 0, now);
        let after = |seconds| now + Duration::from_secs(seconds);
        assert_eq!(crons.overdue(after(5)), []);
        assert_eq!(crons.overdue(after(6)), [("a".to_owned(), 7)]);
        assert_eq!(crons.overdue(after(11)), [("b".to_owned(), 8)]);
        assert_eq!(crons.overdue(after(12)), []);
    }
}

//! What the master looks at once a second: files, requests, memory, the number of workers.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use super::cheaper::{self, Algorithm, Busyness, Change, Cheaper, View};
use super::cron::Clock;
use super::event::{Event, Place};
use super::touched::{Touched, Wish};
use super::{Job, Master};
use crate::log::request::write_stuck;
use crate::log::say;
use crate::net::listen;
use crate::options::hooks::HookAction;
use crate::options::settings::Settings;
use crate::process::inspect;
use crate::process::scoreboard::{self, Core};
use crate::process::shell::{self, Program};

/// So often it is looked again after a request that takes too long.
const SOON: Duration = Duration::from_millis(50);

/// A thread that is in one call for so many microseconds keeps no line from being written.
const STUCK: u64 = 500_000;

/// What is remembered from look to look.
pub(super) struct Looks {
    touched: Touched,
    cheaper: Option<Cheaper>,
    /// How many requests there were, and since when there have been no more.
    quiet: (u64, Instant),
}

impl Looks {
    pub(super) fn new(settings: &Settings) -> Self {
        let cheaper = (settings.cheaper.cheaper > 0).then(|| Cheaper::new(rules(settings)));
        Self { touched: Touched::new(settings), cheaper, quiet: (0, Instant::now()) }
    }
}

fn rules(settings: &Settings) -> cheaper::Rules {
    let said = &settings.cheaper;
    let number = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    let algorithm = match said.cheaper_algo.as_ref().map(|algorithm| algorithm.value.as_str()) {
        None | Some("spare") => Algorithm::Spare,
        Some("spare2") => Algorithm::Spare2,
        Some("backlog") => Algorithm::Backlog,
        Some("busyness") => Algorithm::Busyness,
        Some("manual") => Algorithm::Manual,
        Some(other) => {
            say!("unable to find requested cheaper algorithm ({other}), falling back to spare");
            Algorithm::Spare
        }
    };
    cheaper::Rules {
        algorithm,
        least: number(said.cheaper),
        most: number(settings.processes.processes),
        step: number(said.cheaper_step).max(1),
        overload: said.cheaper_overload,
        patience: said.cheaper_idle,
        soft_memory: said.cheaper_rss_limit_soft,
        hard_memory: said.cheaper_rss_limit_hard,
        busyness: Busyness {
            max: said.cheaper_busyness_max,
            min: said.cheaper_busyness_min,
            multiplier: said.cheaper_busyness_multiplier,
            penalty: said.cheaper_busyness_penalty,
            backlog_alert: said.cheaper_busyness_backlog_alert,
            backlog_step: number(said.cheaper_busyness_backlog_step),
            backlog_multiplier: said.cheaper_busyness_backlog_multiplier,
            backlog_nonzero: said.cheaper_busyness_backlog_nonzero,
            verbose: said.cheaper_busyness_verbose,
        },
    }
}

impl Master<'_> {
    pub(super) fn look(&mut self) {
        self.keep_log();
        self.write_lines();
        self.job.daemons.find_orphans();
        if self.job.state.is_stopping() {
            return;
        }
        self.look_at_files();
        self.look_at_the_clock();
        self.look_at_memory();
        self.look_at_the_number();
        self.look_at_the_quiet();
        if self.job.daemons.look(Instant::now()) {
            self.stop();
        }
    }

    /// Starts the process that writes the log again where it died.
    fn keep_log(&mut self) {
        let Job { log: Some(log), hooks, signals, .. } = &mut self.job else { return };
        if let Err(error) = log.keep(*hooks, &|| signals.forget()) {
            say!("cannot start the process that writes the log: {error}");
        }
    }

    /// Writes the lines of threads that have been in one call for a while, and cannot.
    fn write_lines(&self) {
        let now = scoreboard::now_micros();
        for core in self.job.board.all_cores() {
            let since = core.since.load(Ordering::SeqCst);
            if since > 0 && now.saturating_sub(since) > STUCK {
                write_stuck(&core.lines);
            }
        }
    }

    fn look_at_files(&mut self) {
        for (path, wish) in self.looks.touched.changed() {
            let path = path.display();
            match wish {
                Wish::Reload => {
                    say!("*** {path} has been touched... grace them all !!! ***");
                    self.reload();
                }
                Wish::Workers => {
                    say!("*** {path} has been touched... workers reload !!! ***");
                    self.take(Event::ReloadWorkers);
                }
                Wish::Chain => {
                    say!("*** {path} has been touched... chain reload !!! ***");
                    self.take(Event::ChainReload);
                }
                Wish::Command(command) => {
                    say!("*** {path} has been touched... execute {command} !!! ***");
                    self.job.errands.hook(&HookAction::SafeExec(command));
                }
                Wish::Hook(action) => {
                    say!("*** {path} has been touched... its hook runs !!! ***");
                    self.job.errands.hook(&action);
                }
                Wish::Daemon(command) => {
                    say!("*** {path} has been touched... {command} starts anew !!! ***");
                    match self.job.daemons.place_of(&command) {
                        Some(index) => self.take(Event::Renew(Place::Daemon(index))),
                        None => self.job.daemons.renew_smart(&command),
                    }
                }
            }
        }
    }

    /// Starts the commands of this minute, and ends those that take too long.
    fn look_at_the_clock(&mut self) {
        for command in self.job.crons.due(&Clock::now()) {
            let program = Program { command: &command, ..Program::default() };
            match shell::start(&program) {
                Ok(pid) => {
                    say!("[uwsgi-cron] running \"{command}\" (pid {pid})");
                    let started = scoreboard::now().as_secs();
                    self.job.crons.started(command, pid, started, Instant::now());
                }
                Err(error) => say!("[uwsgi-cron] cannot run \"{command}\": {error}"),
            }
        }
        for (command, pid) in self.job.crons.overdue(Instant::now()) {
            say!("*** HARAKIRI ON CRON \"{command}\" (pid: {pid}) ***");
            shell::signal(pid, Signal::SIGKILL as i32);
        }
    }

    /// Clients that wait in the queues of the sockets, where the kernel tells.
    fn queue(&self) -> Option<u64> {
        listen::queue(self.job.sockets.iter().map(|(_, listener)| &**listener))
    }

    /// Ends workers whose requests take too long. Looked at in each round, so that none is late.
    pub(super) fn look_at_requests(&mut self) {
        let limits = &self.job.settings.limits;
        if limits.harakiri == 0 {
            return;
        }
        let threshold = limits.harakiri_queue_threshold;
        let graceful = limits.harakiri_graceful_timeout > 0;
        let limit = self.longest_request();
        let now = scoreboard::now_micros();
        let is_late = |core: &Core| {
            let since = core.since.load(Ordering::SeqCst);
            since > 0 && now.saturating_sub(since) > limit
        };
        if !self.job.board.all_cores().iter().any(is_late)
            || (threshold > 0 && self.queue().is_some_and(|waiting| waiting <= threshold))
        {
            return;
        }
        for (index, worker) in self.job.board.workers().iter().enumerate() {
            let mut cores = self.job.board.cores(index).iter().enumerate();
            let late = cores.find(|(_, core)| is_late(core));
            let number = index + 1;
            // One that was warned has its time.
            let warned = graceful && self.job.state.is_going(number);
            let Some((core, stuck)) = late.filter(|_| !warned) else { continue };
            let pid = worker.pid.load(Ordering::SeqCst);
            let since = stuck.since.load(Ordering::SeqCst) / 1_000_000;
            let way = if graceful { "yes" } else { "no" };
            say!("*** HARAKIRI ON WORKER {number} (pid: {pid}, try: 1, graceful: {way}) ***");
            say!("HARAKIRI [core {core}] {} since {since}", stuck.subject.text());
            say!("*** HARAKIRI triggered by worker {number} core {core} !!! ***");
            worker.harakiris.fetch_add(1, Ordering::Relaxed);
            self.take(Event::Overdue(number));
        }
    }

    /// The time after which a request is ended, microseconds.
    fn longest_request(&self) -> u64 {
        let limits = &self.job.settings.limits;
        // The worker answers the client first, unless it is warned before.
        let head_start = if limits.harakiri_graceful_timeout > 0 { 0 } else { 500_000 };
        limits.harakiri.saturating_mul(1_000_000).saturating_add(head_start)
    }

    /// How long it is until the first request has taken too long. One that is not there yet cannot
    /// within a second.
    pub(super) fn next_overdue(&self) -> Option<Duration> {
        if self.job.settings.limits.harakiri == 0 {
            return None;
        }
        let (limit, now) = (self.longest_request(), scoreboard::now_micros());
        let since = self.job.board.all_cores().iter();
        let since = since.map(|core| core.since.load(Ordering::SeqCst)).filter(|since| *since > 0);
        let first = since.min()?;
        // One that was warned or waits for a queue is late already.
        let left = first.saturating_add(limit).saturating_sub(now);
        Some(Duration::from_micros(left).max(SOON))
    }

    fn look_at_memory(&mut self) {
        let reload = &self.job.settings.reload;
        let (most_space, most_resident) = (reload.evil_reload_on_as, reload.evil_reload_on_rss);
        if most_space == 0 && most_resident == 0 {
            return;
        }
        for (index, worker) in self.job.board.workers().iter().enumerate() {
            let pid = worker.pid.load(Ordering::SeqCst);
            if pid == 0 {
                continue;
            }
            let (space, resident) = inspect::memory_of(&pid.to_string());
            let (space, resident) = (space >> 20, resident >> 20);
            if (most_space > 0 && space >= most_space)
                || (most_resident > 0 && resident >= most_resident)
            {
                say!(
                    "*** EVIL RELOAD ON WORKER {} PID: {pid} ({space} MB of address space, \
                     {resident} MB resident) ***",
                    index + 1,
                );
                self.take(Event::Oversized(index + 1));
            }
        }
    }

    fn look_at_the_number(&mut self) {
        if self.looks.cheaper.is_none() || self.job.state.is_cheap() {
            return;
        }
        let view = self.view();
        let Some(cheaper) = &mut self.looks.cheaper else { return };
        let change = cheaper.look(&view);
        cheaper.words().into_iter().for_each(|words| say!("{words}"));
        match change {
            Change::None => {}
            Change::Grow(count) => self.take(Event::Grow(count)),
            Change::Shrink(number) => self.take(Event::Shrink(number)),
        }
    }

    fn view(&self) -> View {
        let said = &self.job.settings.cheaper;
        let limited = said.cheaper_rss_limit_soft > 0 || said.cheaper_rss_limit_hard > 0;
        let now = scoreboard::now_micros();
        let workers = self.job.state.staying().filter_map(|number| {
            let worker = self.job.board.workers().get(number - 1)?;
            let cores = self.job.board.cores(number - 1).iter();
            let busy =
                cores.map(|core| core.since.load(Ordering::SeqCst)).filter(|since| *since > 0);
            let busy: Vec<_> = busy.map(|since| now.saturating_sub(since)).collect();
            let pid = worker.pid.load(Ordering::SeqCst).to_string();
            Some(cheaper::Worker {
                number,
                ready: worker.accepting.load(Ordering::SeqCst),
                busy: busy.len() >= self.job.board.cores(number - 1).len(),
                worked: worker.running_time.load(Ordering::Relaxed) + busy.iter().sum::<u64>(),
                memory: if limited { inspect::memory_of(&pid).1 } else { 0 },
            })
        });
        View {
            workers: workers.collect(),
            threads: self.job.settings.processes.threads,
            waiting: self.queue().unwrap_or(0),
        }
    }

    /// Ends the workers, or the server, when there has been no request for long.
    fn look_at_the_quiet(&mut self) {
        let idle = self.job.settings.cheaper.idle;
        let board = self.job.board;
        let busy = board.all_cores().iter().any(|core| core.since.load(Ordering::SeqCst) > 0);
        let requests = board.total_requests();
        if busy || requests != self.looks.quiet.0 || self.job.state.is_cheap() {
            self.looks.quiet = (requests, Instant::now());
        } else if idle > 0 && self.looks.quiet.1.elapsed() >= Duration::from_secs(idle) {
            self.looks.quiet.1 = Instant::now();
            say!("workers have been inactive for more than {idle} seconds");
            if self.job.settings.cheaper.die_on_idle {
                self.stop();
            } else {
                self.take(Event::GoCheap);
            }
        }
    }
}

//! The master: one thread that waits, asks [`state`] what to do, and does it.
//!
//! Never touches tokio, so that its children may; never parses a request. What a worker is comes
//! as a closure, what runs at moments of its own life as [`Errands`].

pub mod cheaper;
pub mod clients;
pub mod commands;
pub mod cron;
pub mod daemons;
pub mod event;
pub mod fifo;
mod health;
mod hear;
mod look;
pub mod metrics;
pub mod report;
pub mod state;
pub mod stats;
mod touched;

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::log::pipe::Pipe;
use crate::log::say;
use crate::net::listen::Listener;
use crate::options::hooks::HookAction;
use crate::options::settings::Settings;
use crate::process::channel;
use crate::process::fork::{ForkHooks, fork};
use crate::process::notify;
use crate::process::reexec::{Heirloom, Legacy, Program};
use crate::process::scoreboard::{self, Scoreboard};
use crate::process::signals::{self, Signals};
use clients::{Asks, Clients};
use cron::Crons;
use daemons::Daemons;
use event::{Action, Event, Living, Outcome, Place};
use fifo::Fifo;
use look::Looks;
use state::State;

/// The signals a master listens to.
pub const SIGNALS: &[Signal] = &[
    Signal::SIGHUP,
    Signal::SIGINT,
    Signal::SIGQUIT,
    Signal::SIGTERM,
    Signal::SIGCHLD,
    Signal::SIGUSR1,
    Signal::SIGUSR2,
    Signal::SIGTSTP,
    signals::LOOK,
];

/// What the options want done at moments of the master's life.
pub trait Errands {
    /// Carries out a hook; a command is not waited for.
    fn hook(&self, action: &HookAction);
    /// Carries out what is wanted before the server ends or starts anew.
    fn leave(&self);
    /// Writes the pidfiles again.
    fn write_pidfiles(&self);
}

/// What a master is made of.
pub struct Job<'a> {
    /// The options.
    pub settings: &'a Settings,
    /// Who decides.
    pub state: State,
    /// What it shares with the workers.
    pub board: &'static Scoreboard,
    /// All request sockets with their protocol's name, in order.
    pub sockets: Vec<(&'static str, Arc<Listener>)>,
    /// What the workers take connections from; watched while there are no workers.
    pub doors: Vec<BorrowedFd<'a>>,
    /// Where statistics are told.
    pub stats: Option<&'a Listener>,
    /// Where statistics of the gateways are served.
    pub http_stats: Option<&'a Listener>,
    /// Where metrics and health are told.
    pub metrics: Option<&'a Listener>,
    /// Where commands of one letter come from.
    pub fifo: Option<Fifo>,
    /// The programs beside the server.
    pub daemons: Daemons,
    /// The commands that run at times.
    pub crons: Crons,
    /// The ends of the channels to the gateways by which those say that they want workers.
    pub channels: Vec<&'a OwnedFd>,
    /// The process that writes the log, where there is one.
    pub log: Option<&'a mut Pipe>,
    /// Standard output and error as the first image got them, for a next one.
    pub outputs: Vec<Heirloom>,
    /// How the program starts anew.
    pub program: Program,
    /// How often it did.
    pub reloads: u32,
    /// What an interpreter wants done around a fork.
    pub hooks: &'a dyn ForkHooks,
    /// What the options want done meanwhile.
    pub errands: &'a dyn Errands,
    /// Lives as the process of a place; runs in the child.
    pub live: &'a dyn Fn(Place) -> u8,
    /// Watched since the program began.
    pub signals: &'a Signals,
}

/// Runs until the end; gives the exit code.
pub fn run(job: Job<'_>) -> u8 {
    let looks = Looks::new(job.settings);
    let (stats, http_stats, scrapes) = Default::default();
    let mut master = Master {
        job,
        looks,
        stats,
        http_stats,
        scrapes,
        told_ready: false,
        end: None,
        watchdog: notify::watchdog(),
        beat: None,
    };
    say!("spawned uWSGI master process (pid: {})", std::process::id());
    master.take(Event::Started);
    let interval = Duration::from_secs(master.job.settings.processes.check_interval.max(1));
    let mut looked = None;
    loop {
        if let Some(code) = master.end {
            say!("goodbye to uWSGI.");
            return code;
        }
        master.wait();
        master.hear_signals();
        master.hear_fifo();
        master.hear_workers();
        master.hear_daemons();
        master.look_at_requests();
        master.serve_stats();
        master.serve_http_stats();
        master.serve_metrics();
        if looked.is_none_or(|looked: Instant| looked.elapsed() >= interval) {
            looked = Some(Instant::now());
            master.look();
        }
        master.beat();
        master.take(Event::Tick);
    }
}

struct Master<'a> {
    job: Job<'a>,
    looks: Looks,
    /// Who asks for statistics.
    stats: Clients,
    /// Who asks for statistics of the gateways.
    http_stats: Clients,
    /// Who asks for metrics or health.
    scrapes: Clients,
    /// Whether a service manager knows that the server serves.
    told_ready: bool,
    /// How often a service manager wants to hear that the master lives, if it does.
    watchdog: Option<Duration>,
    /// When it was told last.
    beat: Option<Instant>,
    end: Option<u8>,
}

impl Master<'_> {
    /// Waits for a signal, a statistics client, a command, the first client of a server without
    /// workers, or the time to look.
    fn wait(&mut self) {
        const SOON: u128 = 50;
        let now = Instant::now();
        let mut watched = vec![PollFd::new(self.job.signals.as_fd(), PollFlags::POLLIN)];
        // What the gateway wanted is old news once there are workers.
        let is_cheap = self.job.state.is_cheap();
        let mut doors = Vec::new();
        if is_cheap {
            doors.extend(&self.job.doors);
            doors.extend(self.job.channels.iter().map(|channel| channel.as_fd()));
        } else {
            // What they wanted is there already.
            self.job.channels.iter().for_each(|channel| _ = channel::is_wanted(channel));
        }
        watched.extend(doors.iter().map(|door| PollFd::new(*door, PollFlags::POLLIN)));
        for listener in self.job.told_at() {
            watched.push(PollFd::new(listener.socket.as_fd(), PollFlags::POLLIN));
        }
        if let Some(fifo) = &self.job.fifo {
            watched.push(PollFd::new(fifo.as_fd(), PollFlags::POLLIN));
        }
        let clients = self.stats.waiting().chain(self.http_stats.waiting());
        for (client, reads) in clients.chain(self.scrapes.waiting()) {
            let flags = if reads { PollFlags::POLLIN } else { PollFlags::POLLOUT };
            watched.push(PollFd::new(client, flags));
        }
        let mut millis = self.job.state.next_look(now).as_millis();
        if self.job.daemons.is_waiting() {
            millis = millis.min(SOON);
        }
        if let Some(overdue) = self.next_overdue() {
            millis = millis.min(overdue.as_millis());
        }
        if let Some(beat) = self.watchdog {
            millis = millis.min((beat / 2).as_millis());
        }
        let millis = u16::try_from(millis).unwrap_or(1000);
        // An interrupted wait is as good as one that is over.
        let _ = poll(&mut watched, PollTimeout::from(millis.max(1)));
        let mut doors = watched.iter().skip(1).take(doors.len());
        if doors.any(|door| door.any().unwrap_or(false)) {
            self.take(Event::Wake);
        }
    }

    /// Tells a service manager that the master goes round.
    fn beat(&mut self) {
        let Some(interval) = self.watchdog else { return };
        if self.beat.is_none_or(|beat| beat.elapsed() >= interval / 2) {
            self.beat = Some(Instant::now());
            notify::tell(notify::Word::Alive);
        }
    }

    fn serve_stats(&mut self) {
        let Some(listener) = self.job.stats else { return };
        let asks = match self.job.settings.statistics.stats_http {
            true => Asks::Anything,
            false => Asks::Nothing,
        };
        self.stats.accept(listener, asks);
        let subject = subject(&self.job);
        let head = match asks {
            Asks::Nothing => "",
            _ => stats::HEAD,
        };
        self.stats.serve(|_| [head.as_bytes(), &stats::text(&subject)].concat());
    }

    fn serve_http_stats(&mut self) {
        let Some(listener) = self.job.http_stats else { return };
        self.http_stats.accept(listener, Asks::Nothing);
        let (subject, state) = (subject(&self.job), &self.job.state);
        self.http_stats.serve(|_| stats::text_of_gateways(&subject, state.pid(Place::Gateway(1))));
    }

    fn serve_metrics(&mut self) {
        let Some(listener) = self.job.metrics else { return };
        self.scrapes.accept(listener, Asks::Http);
        let (subject, state, board) = (subject(&self.job), &self.job.state, self.job.board);
        let harakiri = self.job.settings.limits.harakiri;
        self.scrapes.serve(|asked| {
            metrics::answer(asked, &subject, self.job.reloads, || {
                health::is_ready(&health::view(state, board), harakiri)
            })
        });
    }

    /// Tells an event to the state and carries out what it says.
    fn take(&mut self, event: Event) {
        let mut events = vec![event];
        while let Some(event) = events.pop() {
            for action in self.job.state.on(event, Instant::now()) {
                match action {
                    Action::Spawn(place) => events.push(self.spawn(place)),
                    Action::Finish(pid) => send(pid, Signal::SIGHUP),
                    Action::Terminate(pid) => send(pid, Signal::SIGTERM),
                    Action::Interrupt(pid) => send(pid, Signal::SIGINT),
                    Action::Kill(pid) => send(pid, Signal::SIGKILL),
                    Action::Warn(pid) => self.warn(pid),
                    Action::Pause(pid) => send(pid, Signal::SIGTSTP),
                    Action::Resume(pid) => send(pid, Signal::SIGCONT),
                    Action::Dismiss(pid) => self.job.daemons.dismiss(pid, false),
                    Action::Retire(pid) => self.job.daemons.dismiss(pid, true),
                    Action::KillGroup(pid) => self.job.daemons.kill(pid),
                    Action::StartAnew(living) => self.start_anew(&living),
                    Action::Report(outcome) => report::tell(outcome),
                    Action::Say(words) => say!("{words}"),
                    Action::End(code) => self.end = Some(code),
                }
            }
        }
    }

    /// Asks a worker to end whose request takes too long.
    fn warn(&self, pid: i32) {
        let number = self.job.settings.limits.harakiri_graceful_signal;
        let signal = i32::try_from(number).ok().and_then(|number| Signal::try_from(number).ok());
        send(pid, signal.unwrap_or(Signal::SIGTERM));
    }

    fn spawn(&mut self, place: Place) -> Event {
        let again = self.job.state.spawns(place) > 0;
        if let Place::Daemon(index) = place {
            return match self.job.daemons.start(index, again) {
                Ok(pid) => Event::Spawned(place, pid),
                Err(error) => {
                    say!("[uwsgi-daemons] cannot start a program: {error}");
                    Event::NotSpawned(place)
                }
            };
        }
        if let Some(worker) = self.shared(place) {
            for flag in [&worker.accepting, &worker.loaded, &worker.worn, &worker.wants_reload] {
                flag.store(false, Ordering::SeqCst);
            }
            worker.delta_requests.store(0, Ordering::Relaxed);
        }
        if let Place::Worker(number) = place {
            // A worker that was killed left its request unfinished.
            for core in self.job.board.cores(number - 1) {
                core.since.store(0, Ordering::SeqCst);
            }
        }
        if let Place::Gateway(number) = place {
            self.job.board.disclaim(number);
        }
        if let Some(worker) = self.shared(place) {
            worker.stopping.store(false, Ordering::SeqCst);
            // Before the fork: the worker looks whether it is the first one.
            worker.spawns.fetch_add(1, Ordering::Relaxed);
        }
        let (live, signals) = (self.job.live, &self.job.signals);
        // What is said to the child before it listens waits until it does: it releases them.
        signals::hold(signals::TO_CHILDREN);
        let forked = fork(self.job.hooks, || {
            signals.forget();
            live(place)
        });
        signals::release(signals::TO_CHILDREN);
        match forked {
            Ok(pid) => {
                self.tell_spawn(place, pid.as_raw(), again);
                Event::Spawned(place, pid.as_raw())
            }
            Err(error) => {
                say!("cannot start a process: {error}");
                Event::NotSpawned(place)
            }
        }
    }

    fn shared(&self, place: Place) -> Option<&'static scoreboard::Worker> {
        match place {
            Place::Worker(number) => self.job.board.workers().get(number - 1),
            Place::Gateway(_) | Place::Daemon(_) => None,
        }
    }

    fn tell_spawn(&self, place: Place, pid: i32, again: bool) {
        if let Some(worker) = self.shared(place) {
            worker.pid.store(pid.unsigned_abs(), Ordering::SeqCst);
            worker.last_spawn.store(scoreboard::now().as_secs(), Ordering::Relaxed);
        }
        let threads = self.job.settings.processes.threads;
        match place {
            Place::Worker(number) if again => {
                say!("Respawned uWSGI worker {number} (new pid: {pid})");
            }
            Place::Worker(1) if self.job.settings.processes.processes == 1 => {
                say!("spawned uWSGI worker 1 (and the only) (pid: {pid}, cores: {threads})");
            }
            Place::Worker(number) => {
                say!("spawned uWSGI worker {number} (pid: {pid}, cores: {threads})");
            }
            Place::Gateway(number) => say!("spawned uWSGI http {number} (pid: {pid})"),
            Place::Daemon(_) => {}
        }
    }

    /// The files of `touch-reload`, whatever the directory of the next image is.
    fn absolute_touch_reload(&self) -> Vec<String> {
        let paths = self.job.settings.reload.touch_reload.iter();
        let paths = paths.filter_map(|said| std::path::absolute(&said.value).ok());
        paths.filter_map(|path| path.into_os_string().into_string().ok()).collect()
    }

    fn start_anew(&mut self, living: &Living) {
        self.job.errands.leave();
        notify::tell(notify::Word::Reloading);
        let sockets = self.job.sockets.iter().map(|(_, listener)| &**listener);
        let listeners = sockets
            .chain(self.job.told_at())
            .map(|listener| Heirloom {
                handed: listener.handed,
                ..Heirloom::new(&listener.said, &listener.socket)
            })
            .collect();
        let (cron_minute, crons) = self.job.crons.legacy();
        let legacy = Legacy {
            cron_minute,
            crons,
            reloads: self.job.reloads + 1,
            listeners,
            gateways: living.gateways.clone(),
            outputs: self.job.outputs.clone(),
            processes: living.processes.clone(),
            daemons: self.job.daemons.legacy(&living.daemons),
            touch_reload: self.absolute_touch_reload(),
            metrics: self.job.metrics.map(|listener| listener.said.clone()),
        };
        say!("chdir() to {}", self.job.program.directory.display());
        // What comes in before the new image listens is heard by it.
        signals::hold(SIGNALS);
        let failed = self.job.program.start_anew(&legacy);
        signals::release(SIGNALS);
        self.told_ready = false;
        report::tell(Outcome::Failed);
        say!("cannot start anew: {failed}; the server goes on as it is");
    }
}

impl Job<'_> {
    /// Where the master itself answers.
    fn told_at(&self) -> impl Iterator<Item = &Listener> {
        self.stats.into_iter().chain(self.http_stats).chain(self.metrics)
    }
}

fn subject<'j>(job: &'j Job<'_>) -> stats::Subject<'j> {
    stats::Subject {
        settings: job.settings,
        board: job.board,
        sockets: &job.sockets,
        daemons: job.daemons.stats(&job.state),
        crons: &job.crons,
        paused: job.state.is_paused(),
    }
}

fn send(pid: i32, signal: Signal) {
    // A process that is gone is buried in a moment.
    let _ = kill(Pid::from_raw(pid), signal);
}

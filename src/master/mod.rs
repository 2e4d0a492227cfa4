//! The master: one thread that waits, asks [`state`] what to do, and does it.
//!
//! Never touches tokio, so that its children may; never parses a request. What a worker is comes
//! as a closure.

pub mod commands;
pub mod state;
pub mod stats;

use std::collections::HashMap;
use std::os::fd::AsFd;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Instant, SystemTime};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

use crate::log::say;
use crate::net::listen::Listener;
use crate::options::settings::Settings;
use crate::process::fork::{ForkHooks, fork};
use crate::process::reexec::{Heirloom, Legacy, Program};
use crate::process::scoreboard::{self, Scoreboard};
use crate::process::signals::{self, Signals};
use state::{Action, End, Event, Place, State};

/// The signals a master listens to.
pub const SIGNALS: &[Signal] = &[
    Signal::SIGHUP,
    Signal::SIGINT,
    Signal::SIGQUIT,
    Signal::SIGTERM,
    Signal::SIGCHLD,
    Signal::SIGUSR1,
    Signal::SIGUSR2,
];

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
    /// Where statistics are told.
    pub stats: Option<&'a Listener>,
    /// Both ends of the channel from the gateway to the workers, for a next image.
    pub channel: Vec<Heirloom>,
    /// How the program starts anew.
    pub program: Program,
    /// How often it did.
    pub reloads: u32,
    /// What an interpreter wants done around a fork.
    pub hooks: &'a dyn ForkHooks,
    /// Lives as the process of a place; runs in the child.
    pub live: &'a dyn Fn(Place) -> u8,
    /// Watched since the program began.
    pub signals: Signals,
}

/// Runs until the end; gives the exit code.
pub fn run(job: Job<'_>) -> u8 {
    let touched =
        Touched::new(job.settings.reload.touch_reload.iter().map(|said| said.value.clone()));
    let mut master = Master { job, touched, clients: stats::Clients::default(), end: None };
    say!("spawned uWSGI master process (pid: {})", std::process::id());
    master.take(Event::Started);
    let mut looked = Instant::now();
    loop {
        if let Some(code) = master.end {
            say!("goodbye to uWSGI.");
            return code;
        }
        master.wait();
        master.hear_signals();
        master.hear_workers();
        master.serve_stats();
        if looked.elapsed().as_millis() >= 1000 {
            looked = Instant::now();
            master.look();
        }
        master.take(Event::Tick);
    }
}

struct Master<'a> {
    job: Job<'a>,
    touched: Touched,
    clients: stats::Clients,
    end: Option<u8>,
}

impl Master<'_> {
    /// Waits for a signal, a statistics client, or the time to look.
    fn wait(&self) {
        let now = Instant::now();
        let mut watched = vec![PollFd::new(self.job.signals.as_fd(), PollFlags::POLLIN)];
        if let Some(stats) = self.job.stats {
            watched.push(PollFd::new(stats.socket.as_fd(), PollFlags::POLLIN));
        }
        for (client, reads) in self.clients.waiting() {
            let flags = if reads { PollFlags::POLLIN } else { PollFlags::POLLOUT };
            watched.push(PollFd::new(client, flags));
        }
        let millis = u16::try_from(self.job.state.next_look(now).as_millis()).unwrap_or(1000);
        // An interrupted wait is as good as one that is over.
        let _ = poll(&mut watched, PollTimeout::from(millis.max(1)));
    }

    fn hear_signals(&mut self) {
        for signal in self.job.signals.take() {
            match signal {
                Signal::SIGCHLD => self.reap(),
                Signal::SIGHUP => self.reload(),
                Signal::SIGTERM if self.job.settings.processes.die_on_term == Some(false) => {
                    self.reload();
                }
                Signal::SIGTERM => {
                    for worker in self.job.board.workers() {
                        worker.stopping.store(true, Ordering::SeqCst);
                    }
                    self.take(Event::Stop);
                }
                Signal::SIGINT | Signal::SIGQUIT => self.take(Event::StopNow),
                Signal::SIGUSR1 => self.tell_statistics(),
                other => say!("{other} is ignored"),
            }
        }
    }

    fn reload(&mut self) {
        if self.job.settings.processes.exit_on_reload {
            self.take(Event::Stop);
        } else {
            say!("...gracefully killing workers...");
            self.take(Event::Reload);
        }
    }

    fn tell_statistics(&self) {
        for (index, worker) in self.job.board.workers().iter().enumerate() {
            let read = |value: &std::sync::atomic::AtomicU64| value.load(Ordering::Relaxed);
            let cores = self.job.board.cores(index).iter();
            say!(
                "worker {}: pid {}, {} requests, {} exceptions, {} bytes sent",
                index + 1,
                worker.pid.load(Ordering::Relaxed),
                cores.clone().map(|core| read(&core.requests)).sum::<u64>(),
                cores.map(|core| read(&core.exceptions)).sum::<u64>(),
                read(&worker.sent),
            );
        }
    }

    /// Buries every child that ended, also those that others left behind.
    fn reap(&mut self) {
        loop {
            let (pid, end) = match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
                Ok(WaitStatus::Exited(pid, code)) => (pid, End::Code(code)),
                Ok(WaitStatus::Signaled(pid, signal, _)) => (pid, End::Signal(signal as i32)),
                Ok(WaitStatus::StillAlive) | Err(_) => return,
                Ok(_) => continue,
            };
            self.take(Event::Ended(pid.as_raw(), end));
        }
    }

    /// Looks at the shared memory for words of workers.
    fn hear_workers(&mut self) {
        let unready: Vec<_> = self.job.state.unready().collect();
        for place in unready {
            let ready = match place {
                Place::Worker(number) => self
                    .job
                    .board
                    .workers()
                    .get(number - 1)
                    .is_some_and(|worker| worker.accepting.load(Ordering::SeqCst)),
                Place::Gateway => true,
            };
            if ready {
                self.take(Event::Ready(place));
            }
        }
        let workers = self.job.board.workers().iter();
        if workers.filter(|worker| worker.wants_reload.swap(false, Ordering::SeqCst)).count() > 0 {
            self.reload();
        }
    }

    /// What is looked at once a second: files that are touched, requests that take too long.
    fn look(&mut self) {
        if let Some(path) = self.touched.changed() {
            say!("*** {} has been touched... grace them all !!! ***", path.display());
            self.reload();
        }
        let harakiri = self.job.settings.limits.harakiri.saturating_mul(1_000_000);
        if harakiri == 0 {
            return;
        }
        // The worker answers the client first.
        let limit = harakiri.saturating_add(500_000);
        let now = scoreboard::now_micros();
        for (index, worker) in self.job.board.workers().iter().enumerate() {
            let mut cores = self.job.board.cores(index).iter().enumerate();
            let late = cores.find(|(_, core)| {
                let since = core.since.load(Ordering::SeqCst);
                since > 0 && now.saturating_sub(since) > limit
            });
            let Some((core, stuck)) = late else { continue };
            let number = index + 1;
            let pid = worker.pid.load(Ordering::SeqCst);
            let since = stuck.since.load(Ordering::SeqCst) / 1_000_000;
            say!("*** HARAKIRI ON WORKER {number} (pid: {pid}, try: 1, graceful: no) ***");
            say!("HARAKIRI [core {core}] {} since {since}", stuck.subject.text());
            say!("*** HARAKIRI triggered by worker {number} core {core} !!! ***");
            worker.harakiris.fetch_add(1, Ordering::Relaxed);
            self.take(Event::Overdue(number));
        }
    }

    fn serve_stats(&mut self) {
        let Some(listener) = self.job.stats else { return };
        let subject = stats::Subject {
            settings: self.job.settings,
            board: self.job.board,
            sockets: &self.job.sockets,
        };
        let text = || stats::text(&subject);
        self.clients.accept(listener, self.job.settings.statistics.stats_http, text);
        self.clients.serve(text);
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
                    Action::StartAnew(processes) => self.start_anew(processes),
                    Action::Say(words) => say!("{words}"),
                    Action::End(code) => self.end = Some(code),
                }
            }
        }
    }

    fn spawn(&mut self, place: Place) -> Event {
        let again = self.job.state.spawns(place) > 0;
        if let Some(worker) = self.shared(place) {
            for flag in [&worker.accepting, &worker.wants_reload] {
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
        if let Some(worker) = self.shared(place) {
            worker.stopping.store(false, Ordering::SeqCst);
        }
        let (live, signals) = (self.job.live, &self.job.signals);
        let forked = fork(self.job.hooks, || {
            signals.forget();
            live(place)
        });
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
            Place::Gateway => None,
        }
    }

    fn tell_spawn(&self, place: Place, pid: i32, again: bool) {
        if let Some(worker) = self.shared(place) {
            worker.pid.store(pid.unsigned_abs(), Ordering::SeqCst);
            worker.last_spawn.store(scoreboard::now().as_secs(), Ordering::Relaxed);
            worker.spawns.fetch_add(1, Ordering::Relaxed);
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
            Place::Gateway => say!("spawned uWSGI http 1 (pid: {pid})"),
        }
    }

    fn start_anew(&mut self, processes: Vec<i32>) {
        let sockets = self.job.sockets.iter().map(|(_, listener)| &**listener);
        let listeners = sockets
            .chain(self.job.stats)
            .map(|listener| Heirloom { address: listener.said.clone(), fd: listener.fd() })
            .collect();
        let channel = self.job.channel.clone();
        let legacy = Legacy { reloads: self.job.reloads + 1, listeners, channel, processes };
        say!("chdir() to {}", self.job.program.directory.display());
        // What comes in before the new image listens is heard by it.
        signals::hold(SIGNALS);
        let failed = self.job.program.start_anew(&legacy);
        signals::release(SIGNALS);
        say!("cannot start anew: {failed}; the server goes on as it is");
    }
}

fn send(pid: i32, signal: Signal) {
    // A process that is gone is buried in a moment.
    let _ = kill(Pid::from_raw(pid), signal);
}

/// Files and when they were changed last.
struct Touched(HashMap<PathBuf, Option<SystemTime>>);

impl Touched {
    fn new(paths: impl Iterator<Item = String>) -> Self {
        Self(paths.map(|path| (PathBuf::from(&path), changed_at(&PathBuf::from(path)))).collect())
    }

    /// A file that changed, appeared or went since the last call.
    fn changed(&mut self) -> Option<PathBuf> {
        let mut changed = None;
        for (path, last) in &mut self.0 {
            let now = changed_at(path);
            if *last != now {
                *last = now;
                changed = Some(path.clone());
            }
        }
        changed
    }
}

fn changed_at(path: &std::path::Path) -> Option<SystemTime> {
    path.metadata().ok()?.modified().ok()
}

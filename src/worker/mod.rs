//! A worker from fork to exit: accepts, reads, asks the application, writes.
//!
//! Each of its threads is a reactor of its own and calls the application itself: [`reactor`].
//! [`single`] and [`http`] read the protocols, [`exchange`] is what they share, [`line`](mod@line) carries replies. Knows the
//! application only as [`App`].

mod batch;
mod crew;
mod exchange;
mod house;
mod http;
mod line;
mod load;
mod obey;
mod overdue;
mod reactor;
mod single;

use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

use nix::sys::signal::{Signal, kill};
use nix::unistd::{getpid, pause};
use tokio::sync::watch;

use self::house::WORDS;
use crate::app::{App, held};
use crate::log::request::RequestLog;
use crate::log::say;
use crate::net::listen::Listener;
use crate::net::tls::Tls;
use crate::options::settings::Settings;
use crate::options::table::beyond;
use crate::process::scoreboard::{Scoreboard, Worker, now_roughly};
use crate::process::signals::{self, Signals, StartGuard};
use crate::process::watchdog::{Rules, Watchdog};
use crate::process::{fork, inspect};
use crate::route::static_files::Files;

/// What is spoken on a source of connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wire {
    /// The uwsgi protocol.
    Uwsgi,
    /// HTTP, a request per connection.
    Http,
    /// HTTP with keep-alive.
    Http11,
    /// From the gateway: a uwsgi packet in, frames out.
    Gateway,
    /// SCGI or FastCGI.
    Cgi {
        /// Which of them.
        protocol: Cgi,
        /// Whether replies begin with a status line of HTTP instead of a header `Status`.
        nph: bool,
    },
}

/// Protocols that look like CGI to the front end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cgi {
    /// The variables as one netstring.
    Scgi,
    /// Everything in records.
    FastCgi,
}

/// Where connections come from.
pub struct Source {
    /// What is spoken there.
    pub wire: Wire,
    /// The socket.
    pub inlet: Inlet,
    /// Set where TLS is spoken.
    pub tls: Option<Tls>,
}

/// A socket that gives connections.
pub enum Inlet {
    /// A listening socket.
    Listener(Arc<Listener>),
    /// The channel from the gateway.
    Channel(Arc<OwnedFd>),
}

/// What a worker is made of.
pub struct Job {
    /// Its number, from 1.
    pub number: usize,
    /// The options.
    pub settings: Arc<Settings>,
    /// Where connections come from.
    pub sources: Vec<Source>,
    /// What it shares with the master.
    pub board: &'static Scoreboard,
    /// How requests are logged.
    pub requests: RequestLog,
    /// Gives the application; in the worker, so that it may be loaded here.
    pub app: Box<dyn FnOnce() -> Result<Arc<dyn App>, u8>>,
}

/// How far a worker has to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Serving,
    /// Takes nothing new until it is told to go on.
    Paused,
    /// Takes nothing new and ends when all is answered.
    Draining,
}

/// What all threads of a worker share.
struct Shared {
    number: usize,
    pid: u32,
    settings: Arc<Settings>,
    sources: Vec<Source>,
    board: &'static Scoreboard,
    worker: &'static Worker,
    requests: RequestLog,
    app: Arc<dyn App>,
    phase: watch::Sender<Phase>,
    server_name: Arc<str>,
    started: Instant,
    /// What masters say.
    signals: Signals,
    /// Keeps the limits that hold within a call.
    watchdog: Arc<Watchdog>,
    /// What is served without the application.
    files: Files,
    /// Requests that each of several applications answered, by its number.
    asked: Vec<AtomicU64>,
    /// Requests after which this worker goes.
    most_requests: u64,
    /// Whether the worker has asked for a successor.
    worn: AtomicBool,
    /// When its memory was looked at, milliseconds since 1970.
    looked: AtomicU64,
}

/// The memory of a worker is looked at so many milliseconds after the last time, at the earliest.
const BETWEEN_LOOKS: u64 = 100;

impl Shared {
    /// Counts a request that an application answered; gives how many it answered in this worker.
    fn count(&self, number: usize) -> u64 {
        if self.settings.python.mount.is_empty() {
            // The scoreboard knows those of the processes before this one, too.
            let cores = self.board.cores(self.number - 1).iter();
            return cores.map(|core| core.requests.load(Ordering::Relaxed)).sum();
        }
        self.asked.get(number).map_or(0, |asked| asked.fetch_add(1, Ordering::Relaxed) + 1)
    }

    /// Whether the memory was not looked at for a while: asking the kernel takes longer than a short
    /// request.
    fn is_time_to_look(&self) -> bool {
        let now = u64::try_from(now_roughly().as_millis()).unwrap_or(u64::MAX);
        let last = self.looked.load(Ordering::Relaxed);
        let is_time = now.saturating_sub(last) >= BETWEEN_LOOKS;
        if is_time {
            self.looked.store(now, Ordering::Relaxed);
        }
        is_time
    }

    /// Nothing is to be said to the client of a thread's request but what this thread says. One that got its answer
    /// already waits for nothing else: the master is about to kill this process.
    fn settle(&self, core: usize) {
        if self.watchdog.settle(core) {
            await_end();
        }
    }

    /// Takes nothing new for a while, or goes on; one that is on its way out stays there.
    fn pause(&self, phase: Phase) {
        self.phase.send_if_modified(|now| {
            let changes = *now != Phase::Draining && *now != phase;
            if changes {
                *now = phase;
            }
            changes
        });
    }

    /// Lets the application do once what it does at its end; `false` where it is about that already.
    fn end(&self) -> bool {
        let is_first = self.watchdog.begin_end();
        if is_first && !self.settings.processes.skip_atexit {
            self.app.end();
        }
        is_first
    }

    /// Asks for a successor. The worker serves on until the master has one, and lets it go.
    fn wear(&self, why: &str) {
        if !self.worn.swap(true, Ordering::Relaxed) {
            say!("worker {} goes: {why}", self.number);
            self.worker.worn.store(true, Ordering::SeqCst);
            // A master that is gone takes its workers along.
            let _ = kill(fork::parent(), signals::LOOK);
        }
    }

    /// Lets the worker go once it answered what it has.
    fn drain(&self) {
        // Said before: the process may end at once.
        if *self.phase.borrow() != Phase::Draining && self.worn.load(Ordering::Relaxed) {
            say!("...The work of process {} is done. Seeya!", std::process::id());
        }
        self.phase.send_replace(Phase::Draining);
    }
}

/// Waits for the end of the process, which others bring about; other threads go on until then.
fn await_end() -> ! {
    held::let_go();
    loop {
        pause();
    }
}

/// Lives as a worker; gives the exit code of its process.
#[must_use]
pub fn run(job: Job) -> u8 {
    let Some(worker) = job.board.workers().get(job.number - 1) else { return 1 };
    // Masters stop with INT at once and let finish with HUP; process managers send TERM to all.
    let loading = StartGuard::new(WORDS.at_once);
    let Ok(signals) = Signals::watch(&house::signals()) else { return 1 };
    signals::release(signals::TO_CHILDREN);
    signals::on_parent_end(Signal::SIGHUP);
    let app = match (job.app)() {
        Ok(app) => app,
        Err(code) => return code,
    };
    let rules = rules(job.number, &job.settings, &job.sources);
    let cores = job.board.cores(job.number - 1);
    let watchdog = match Watchdog::start(rules, cores, &WORDS) {
        Ok(watchdog) => watchdog,
        Err(error) => {
            say!("a worker cannot watch itself: {error}");
            return 1;
        }
    };
    drop(loading);
    let (limit, delta) = (job.settings.reload.max_requests, job.settings.reload.max_requests_delta);
    let most_requests = match limit {
        0 => u64::MAX,
        limit => limit.saturating_add(beyond(limit, delta, job.number, getpid().as_raw())),
    };
    let mounts = job.settings.python.mount.len();
    let loaded = (0..mounts).map(Some).chain([None]).any(|mount| app.number(mount).is_some());
    worker.loaded.store(loaded, Ordering::SeqCst);
    let shared = Arc::new(Shared {
        number: job.number,
        pid: std::process::id(),
        sources: job.sources,
        board: job.board,
        worker,
        requests: job.requests,
        app: Arc::clone(&app),
        phase: watch::Sender::new(Phase::Serving),
        server_name: nix::unistd::gethostname()
            .map(|name| name.to_string_lossy().into())
            .unwrap_or_default(),
        started: Instant::now(),
        signals,
        watchdog,
        files: Files::new(&job.settings),
        asked: (0..=job.settings.python.mount.len()).map(|_| AtomicU64::new(0)).collect(),
        most_requests,
        worn: AtomicBool::new(false),
        looked: AtomicU64::new(0),
        settings: job.settings,
    });
    serve(&shared);
    let _ = shared.end();
    0
}

/// Runs all threads until the last request is answered.
fn serve(shared: &Arc<Shared>) {
    let threads = usize::try_from(shared.settings.processes.threads).unwrap_or(1);
    house::watch_files(shared);
    let others: Vec<_> = (1..threads)
        .filter_map(|core| {
            let shared = Arc::clone(shared);
            let stack = usize::try_from(shared.settings.processes.thread_stacksize << 10);
            let stack = stack.ok().filter(|stack| *stack > 0);
            spawn(&format!("core {core}"), stack, move || run_core(&shared, core))
        })
        .collect();
    shared.worker.accepting.store(true, Ordering::SeqCst);
    run_core(shared, 0);
    for thread in others {
        // A thread that panicked has said so.
        let _ = thread.join();
    }
    shared.worker.accepting.store(false, Ordering::SeqCst);
}

/// Starts a thread, where wanted with a stack of so many bytes.
fn spawn(
    name: &str,
    stack: Option<usize>,
    work: impl FnOnce() + Send + 'static,
) -> Option<std::thread::JoinHandle<()>> {
    let thread = std::thread::Builder::new().name(name.to_owned());
    let thread = match stack {
        Some(stack) => thread.stack_size(stack),
        None => thread,
    };
    let thread = thread.spawn(work);
    thread.inspect_err(|error| say!("cannot start the thread {name}: {error}")).ok()
}

fn run_core(shared: &Arc<Shared>, core: usize) {
    let name = format!("uWSGIWorker{}Core{core}", shared.number);
    shared.app.on_thread(&name, &mut || reactor::run(shared, core));
}

/// What a worker is to be watched for.
fn rules(number: usize, settings: &Settings, sources: &[Source]) -> Rules {
    let limits = &settings.limits;
    // A worker that is asked to end before it is killed has that time, too.
    let seconds = match (limits.harakiri, limits.harakiri_graceful_timeout) {
        (0, _) => 0,
        (seconds, grace) => seconds.saturating_add(grace),
    };
    let listeners = sources.iter().filter_map(|source| match &source.inlet {
        Inlet::Listener(listener) => Some(listener.socket.as_fd()),
        Inlet::Channel(_) => None,
    });
    let asked = listeners.filter(|_| limits.harakiri_queue_threshold > 0);
    Rules {
        limit: seconds.saturating_mul(1_000_000),
        threshold: limits.harakiri_queue_threshold,
        // A socket that cannot be asked is as good as one that does not tell.
        queues: asked.filter_map(|socket| socket.try_clone_to_owned().ok()).collect(),
        answer: overdue::answer,
        master: fork::parent(),
        mercy: settings.reload.worker_reload_mercy.saturating_mul(1_000_000),
        alone: format!("worker {number} is alone and did not finish in time\n"),
    }
}

/// Checks the limits that are looked at after a request.
fn check_limits(shared: &Shared, requests: u64) {
    let settings = &shared.settings.reload;
    let (most_space, most_resident) = (settings.reload_on_as, settings.reload_on_rss);
    let is_worn = requests >= shared.most_requests;
    let looks = (most_space > 0 || most_resident > 0) && shared.is_time_to_look();
    if !(is_worn || looks) || shared.started.elapsed().as_secs() < settings.min_worker_lifetime {
        return;
    }
    if is_worn {
        shared.wear(&format!("{requests} requests"));
    }
    if looks {
        let (space, resident) = inspect::memory();
        let (space, resident) = (space >> 20, resident >> 20);
        if most_resident > 0 && resident >= most_resident {
            shared.wear(&format!("{resident} MB resident"));
        }
        if most_space > 0 && space >= most_space {
            shared.wear(&format!("{space} MB of address space"));
        }
    }
}

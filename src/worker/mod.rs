//! A worker from fork to exit: accepts, reads, asks the application, writes.
//!
//! Each of its threads is a reactor of its own and calls the application itself: [`reactor`].
//! [`single`] and [`http`] read the protocols, [`exchange`] is what they share, [`line`](mod@line) carries replies. Knows the
//! application only as [`App`].

mod batch;
mod crew;
mod exchange;
mod http;
mod line;
mod load;
mod obey;
mod reactor;
mod single;

use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, getpid, getppid};
use tokio::sync::watch;

use self::line::Framing;
use crate::app::{App, Reply};
use crate::log::request::{RequestLog, write_waiting};
use crate::log::say;
use crate::net::listen::{self, Listener};
use crate::net::tls::Tls;
use crate::options::settings::Settings;
use crate::options::table::beyond;
use crate::process::fork::exit_now;
use crate::process::inspect;
use crate::process::scoreboard::{Scoreboard, Worker, now_micros, now_roughly};
use crate::process::signals::{self, Signals, StartGuard};
use crate::protocol::reply;
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

/// A client that waits for the application.
struct Client {
    wire: Wire,
    /// What its reply travels in.
    framing: Framing,
    /// Its connection, only to be used when the thread that serves it is stuck.
    connection: Arc<OwnedFd>,
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
    server_name: String,
    started: Instant,
    /// The clients whose requests are in the application, by thread.
    clients: Vec<Mutex<Option<Client>>>,
    /// What is served without the application.
    files: Files,
    /// Requests that each of several applications answered, by its number.
    asked: Vec<AtomicU64>,
    /// Requests after which this worker goes.
    most_requests: u64,
    /// Whether the worker has asked for a successor.
    worn: AtomicBool,
    /// Whether the application has begun to do what it does at its end.
    ends: AtomicBool,
    /// When its memory was looked at, milliseconds since 1970.
    looked: AtomicU64,
    /// Its parent.
    master: Pid,
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

    /// Keeps who waits for the application in a thread.
    fn wait_for_client(&self, core: usize, client: Option<Client>) {
        if let Some(Ok(mut waiting)) = self.clients.get(core).map(|place| place.lock()) {
            *waiting = client;
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

    /// Lets the application do once what it does at its end.
    fn end(&self) {
        if !self.ends.swap(true, Ordering::SeqCst) && !self.settings.processes.skip_atexit {
            self.app.end();
        }
    }

    /// Asks for a successor. The worker serves on until the master has one, and lets it go.
    fn wear(&self, why: &str) {
        if !self.worn.swap(true, Ordering::Relaxed) {
            say!("worker {} goes: {why}", self.number);
            self.worker.worn.store(true, Ordering::SeqCst);
            // A master that is gone takes its workers along.
            let _ = kill(self.master, signals::LOOK);
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

/// The signals with which masters let finish, pause and go on.
const SIGNALS: &[Signal] = &[Signal::SIGTERM, Signal::SIGHUP, Signal::SIGTSTP, Signal::SIGCONT];

/// Those with which they stop at once.
const AT_ONCE: &[Signal] = &[Signal::SIGINT, Signal::SIGQUIT];

/// Lives as a worker; gives the exit code of its process.
#[must_use]
pub fn run(job: Job) -> u8 {
    let Some(worker) = job.board.workers().get(job.number - 1) else { return 1 };
    // Masters stop with INT at once and let finish with HUP; process managers send TERM to all.
    let loading = StartGuard::new(AT_ONCE);
    let Ok(signals) = Signals::watch(&[SIGNALS, AT_ONCE].concat()) else { return 1 };
    signals::release(signals::TO_CHILDREN);
    signals::on_parent_end(Signal::SIGHUP);
    let master = getppid();
    let app = match (job.app)() {
        Ok(app) => app,
        Err(code) => return code,
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
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default(),
        started: Instant::now(),
        clients: (0..job.settings.processes.threads).map(|_| Mutex::new(None)).collect(),
        files: Files::new(&job.settings),
        asked: (0..=job.settings.python.mount.len()).map(|_| AtomicU64::new(0)).collect(),
        most_requests,
        worn: AtomicBool::new(false),
        ends: AtomicBool::new(false),
        looked: AtomicU64::new(0),
        master,
        settings: job.settings,
    });
    serve(&shared, signals);
    shared.end();
    0
}

/// Runs all threads until the last request is answered.
fn serve(shared: &Arc<Shared>, signals: Signals) {
    let threads = usize::try_from(shared.settings.processes.threads).unwrap_or(1);
    let keeper = Arc::clone(shared);
    spawn("keeper", None, move || keep_house(&keeper, signals));
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

/// Watches signals, limits and files while the threads serve.
fn keep_house(shared: &Arc<Shared>, mut signals: Signals) {
    let harakiri = harakiri(shared);
    let autoreload = Duration::from_secs(shared.settings.reload.py_autoreload);
    let mut files = sources_of(shared, autoreload);
    let mut looked = Instant::now();
    let mercy = Duration::from_secs(shared.settings.reload.worker_reload_mercy);
    let mut told = None;
    let mut orphaned: Option<Instant> = None;
    loop {
        let timeout = PollTimeout::from(if harakiri > 0 || told.is_some() || orphaned.is_some() {
            200_u16
        } else {
            1000
        });
        let mut ready = [PollFd::new(std::os::fd::AsFd::as_fd(&signals), PollFlags::POLLIN)];
        // An interrupted wait is as good as one that is over.
        let _ = poll(&mut ready, timeout);
        let came = signals.take();
        if came.iter().any(|signal| AT_ONCE.contains(signal)) {
            leave(shared);
        }
        for signal in came {
            told = told.or((signal == Signal::SIGTERM).then(Instant::now));
            match signal {
                Signal::SIGHUP => shared.drain(),
                Signal::SIGTSTP => shared.pause(Phase::Paused),
                Signal::SIGCONT => shared.pause(Phase::Serving),
                _ => {}
            }
        }
        // A thread that is in the application cannot write them itself.
        shared.board.cores(shared.number - 1).iter().for_each(|core| write_waiting(&core.lines));
        if told.is_some_and(|since| finishes_on_term(shared, since)) {
            shared.drain();
        }
        if orphaned.is_none() && getppid() != shared.master {
            // Nobody is left to kill who does not end.
            orphaned = Some(Instant::now());
            shared.drain();
        }
        if orphaned.is_some_and(|since| since.elapsed() >= mercy) {
            say!("worker {} is alone and did not finish in time", shared.number);
            exit_now(1);
        }
        if harakiri > 0 && is_queued(shared) {
            answer_overdue(shared, harakiri);
        }
        if !autoreload.is_zero() && looked.elapsed() >= autoreload {
            looked = Instant::now();
            let now = sources_of(shared, autoreload);
            let changed = files.iter().find(|(path, time)| {
                now.iter().any(|(known, changed)| known == path && changed != time)
            });
            if let Some((path, _)) = changed {
                say!("[uwsgi-python-reloader] module {} changed", path.display());
                shared.worker.wants_reload.store(true, Ordering::SeqCst);
            }
            files = now;
        }
    }
}

/// Ends the process: at once if it is in a request or ends already, else when the application has done what
/// it does at its end.
fn leave(shared: &Arc<Shared>) {
    let cores = shared.board.cores(shared.number - 1);
    let is_busy = cores.iter().any(|core| core.since.load(Ordering::SeqCst) != 0);
    shared.pause(Phase::Paused);
    let ends = !is_busy && !shared.ends.load(Ordering::SeqCst);
    let ending = Arc::clone(shared);
    let ending = ends.then(|| {
        spawn("end", None, move || {
            ending.end();
            exit_now(0)
        })
    });
    if ending.flatten().is_none() {
        for core in cores {
            write_waiting(&core.lines);
        }
        exit_now(0);
    }
}

/// Whether a worker that got TERM finishes by itself. One that a gateway feeds does not, while the
/// server stops: the master says when the gateway is done. Process managers send TERM to all.
fn finishes_on_term(shared: &Shared, since: Instant) -> bool {
    let fed = shared.sources.iter().any(|source| source.wire == Wire::Gateway);
    let stopping = shared.worker.stopping.load(Ordering::SeqCst);
    !fed || (!stopping && since.elapsed() > Duration::from_secs(1))
}

/// How long a request may take until its client is answered, microseconds; 0 is for ever. A worker
/// that is asked to end before it is killed has that time, too.
fn harakiri(shared: &Shared) -> u64 {
    let limits = &shared.settings.limits;
    let seconds = match (limits.harakiri, limits.harakiri_graceful_timeout) {
        (0, _) => 0,
        (seconds, grace) => seconds.saturating_add(grace),
    };
    seconds.saturating_mul(1_000_000)
}

/// Whether so many clients wait that a slow request is ended for them, where that was asked for;
/// also where the kernel does not tell how many wait.
fn is_queued(shared: &Shared) -> bool {
    let listeners = shared.sources.iter().filter_map(|source| match &source.inlet {
        Inlet::Listener(listener) => Some(&**listener),
        Inlet::Channel(_) => None,
    });
    let threshold = shared.settings.limits.harakiri_queue_threshold;
    threshold == 0 || listen::queue(listeners).is_none_or(|waiting| waiting > threshold)
}

/// A master that watches has killed a worker so many microseconds after its client was answered.
const LEFT_ALONE: u64 = 5_000_000;

/// Answers the clients of requests that take too long; the master is about to kill this process.
fn answer_overdue(shared: &Shared, limit: u64) {
    let now = now_micros();
    for (core, client) in shared.board.cores(shared.number - 1).iter().zip(&shared.clients) {
        let since = core.since.load(Ordering::SeqCst);
        if since == 0 || now.saturating_sub(since) <= limit {
            continue;
        }
        // A thread that panicked with the lock has no client any more.
        let client = client.lock().map(|mut client| client.take()).ok().flatten();
        if let Some(client) = client {
            shared.app.tell_where();
            let reply = timeout_reply(&client);
            // A client that is gone needs no answer.
            let _ = nix::unistd::write(&client.connection, &reply);
        } else if now.saturating_sub(since) > limit.saturating_add(LEFT_ALONE) {
            // The master of an earlier image watched this process; none does now.
            say!("worker {} is left alone with a request that takes too long", shared.number);
            let _ = kill(getpid(), Signal::SIGKILL);
        }
    }
}

fn timeout_reply(client: &Client) -> Vec<u8> {
    let text = "Gateway Timeout\n";
    let mut reply = Reply::plain("504 Gateway Timeout", text);
    reply.headers.push("Connection", "close");
    reply.headers.push("Content-Length", text.len().to_string());
    let mut head = match client.wire {
        Wire::Cgi { nph: false, .. } => reply::cgi_head(&reply),
        _ => reply::head(&reply, b"HTTP/1.1"),
    };
    head.extend_from_slice(b"\r\n");
    client.framing.wrap(&head, text.as_bytes())
}

type Sources = Vec<(std::path::PathBuf, std::time::SystemTime)>;

fn sources_of(shared: &Shared, interval: Duration) -> Sources {
    if interval.is_zero() {
        return Vec::new();
    }
    let files = shared.app.sources().into_iter();
    files.filter_map(|path| Some((path.clone(), path.metadata().ok()?.modified().ok()?))).collect()
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

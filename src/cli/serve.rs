//! A server from its settings to its end: [`serve`] tells it in order.

use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::Said;
use super::application::{Loaded, facts, lacks_needed, load, load_unless_lazy, setup};
use super::files::{Leftovers, Pidfile};
use super::logs;
use super::sockets::{Early, Sockets};
use crate::app::App;
use crate::error::{Exit, Failure};
use crate::gateway;
use crate::log::pipe::Pipe;
use crate::log::plan::Plan;
use crate::log::request::RequestLog;
use crate::log::{say, target, time::now};
use crate::master::state::{Place, Rules, State};
use crate::master::{self, SIGNALS};
use crate::net::listen::Listener;
use crate::options::directive::Said as Named;
use crate::options::settings::Settings;
use crate::options::sockets::{MapSocket, Protocol};
use crate::process::daemon::{self, Launcher};
use crate::process::fork::NoHooks;
use crate::process::reexec::{Heirloom, Legacy, Program};
use crate::process::scoreboard::Scoreboard;
use crate::process::signals::{self, Signals, StartGuard};
use crate::process::{channel, environment, identity};
use crate::python::{self, Facts, Wsgi};
use crate::worker::{self, Cgi, Inlet, Source, Wire};

/// Serves until the end; gives the exit code.
///
/// A later image that cannot start goes on with the workers of the one before.
pub(super) fn serve(
    settings: Result<(Settings, Said), Failure>,
    legacy: Option<Legacy>,
) -> Result<u8, Failure> {
    let program = Program::current().map_err(|error| failed("find this program", &error))?;
    let spare = legacy.as_ref().map(|legacy| (legacy.clone(), Spare::of(legacy)));
    let started = settings
        .and_then(|(settings, said)| start_in_place(settings, said, program.clone(), legacy));
    match (started, spare) {
        (Err(failure), Some((legacy, spare))) if !legacy.processes.is_empty() => {
            say!("{failure}");
            say!("*** the reload failed: the old workers go on as they are ***");
            carry_on(program, &legacy, spare)
        }
        (started, _) => started,
    }
}

/// Further descriptors of what an image before left, in case this one fails.
struct Spare {
    listeners: Vec<(&'static str, Arc<Listener>)>,
    channel: Vec<(String, OwnedFd)>,
    outputs: Vec<(String, OwnedFd)>,
}

impl Spare {
    fn of(legacy: &Legacy) -> Self {
        let listeners = legacy.listeners.iter().filter_map(|heirloom| {
            let listener = Listener::adopt(&heirloom.address, heirloom.again().ok()?)?;
            Some(("inherited", Arc::new(listener)))
        });
        let again = |heirlooms: &[Heirloom]| {
            let copy =
                |heirloom: &Heirloom| Some((heirloom.address.clone(), heirloom.again().ok()?));
            heirlooms.iter().filter_map(copy).collect()
        };
        Self {
            listeners: listeners.collect(),
            channel: again(&legacy.channel),
            outputs: again(&legacy.outputs),
        }
    }
}

const GIVES: &str = "gives";
const TAKES: &str = "takes";

/// The channel from the gateway to the workers: inherited, so that what an old gateway still hands
/// over is taken, or new.
fn open_channel(heirlooms: Vec<Heirloom>) -> Result<(Arc<OwnedFd>, Arc<OwnedFd>), Failure> {
    let (mut gives, mut takes) = (None, None);
    for heirloom in heirlooms {
        match heirloom.address.as_str() {
            GIVES => gives = Some(heirloom.into_fd()),
            _ => takes = Some(heirloom.into_fd()),
        }
    }
    let (gives, takes) = match (gives, takes) {
        (Some(gives), Some(takes)) => (gives, takes),
        _ => channel::pair().map_err(|error| failed("make a channel", &error.into()))?,
    };
    Ok((Arc::new(gives), Arc::new(takes)))
}

/// Watches over processes of an image before, until they are gone or the next reload succeeds.
fn carry_on(program: Program, legacy: &Legacy, spare: Spare) -> Result<u8, Failure> {
    let settings = Settings::default();
    let (guard, signals) = watch_signals()?;
    drop(guard);
    let rules = Rules { workers: 0, gateway: false, ..rules(&settings, false) };
    Ok(master::run(master::Job {
        settings: &settings,
        state: State::new(rules, &legacy.processes, Instant::now()),
        board: make_board(&settings)?,
        sockets: spare.listeners,
        stats: None,
        channel: spare.channel.iter().map(|(name, fd)| Heirloom::new(name, fd)).collect(),
        log: None,
        outputs: spare.outputs.iter().map(|(name, fd)| Heirloom::new(name, fd)).collect(),
        program,
        reloads: legacy.reloads,
        hooks: &NoHooks,
        live: &|_| 1,
        signals,
    }))
}

fn start_in_place(
    settings: Settings,
    said: Said,
    program: Program,
    legacy: Option<Legacy>,
) -> Result<u8, Failure> {
    if let Some(failure) = settings.without_socket() {
        return Err(failure);
    }
    let plan = logs::plan(&settings, legacy.is_some())?;
    let launcher = go_to_background(&settings, &plan, legacy.is_some())?;
    let mut waiting = Waiting { launcher };
    let served = start(settings, said, program, plan, legacy, &mut waiting);
    if let (Err(failure), Some(launcher)) = (&served, waiting.launcher.take()) {
        launcher.failed(&failure.to_string());
    }
    served
}

/// A launching process that waits, if there is one.
struct Waiting {
    launcher: Option<Launcher>,
}

impl Waiting {
    fn started(&mut self) {
        if let Some(launcher) = self.launcher.take() {
            launcher.started();
        }
    }
}

/// Starts the log, and then all the rest.
fn start(
    settings: Settings,
    said: Said,
    program: Program,
    plan: Plan,
    mut legacy: Option<Legacy>,
    waiting: &mut Waiting,
) -> Result<u8, Failure> {
    let outputs = legacy.as_mut().map(|legacy| std::mem::take(&mut legacy.outputs));
    let mut log = logs::start(&settings, plan, outputs)?;
    let served = start_server(settings, said, program, legacy, log.as_mut(), waiting);
    if let (Err(failure), Some(log)) = (&served, &log)
        && log.has_loggers()
    {
        // It is told on the terminal, too.
        say!("{failure}");
    }
    served
}

fn start_server(
    settings: Settings,
    said: Said,
    program: Program,
    legacy: Option<Legacy>,
    mut log: Option<&mut Pipe>,
    waiting: &mut Waiting,
) -> Result<u8, Failure> {
    let began = Instant::now();
    let (guard, signals) = watch_signals()?;
    greet(&settings, &said);
    prepare_environment(&settings, legacy.as_ref())?;
    let mut leftovers = Leftovers::new(&settings);
    let is_later = legacy.is_some();
    let pidfile = Pidfile::open(settings.processes.pidfile.as_ref(), is_later, &mut leftovers)?;
    let Legacy { processes: elders, reloads, listeners: heirlooms, channel, .. } =
        legacy.unwrap_or_default();
    let early = Early::open(&settings, heirlooms)?;
    take_identity(&settings)?;
    change_directory(settings.processes.chdir.as_ref())?;
    let pidfile2 = Pidfile::open(settings.processes.pidfile2.as_ref(), is_later, &mut leftovers)?;
    if let (Some(file), None) = (settings.logging.late_file(), &log) {
        logs::open(Path::new(&file.value), &logs::plan(&settings, is_later)?)?;
    }
    let sockets = Sockets::open(&settings, early, &mut leftovers)?;
    [pidfile, pidfile2].into_iter().flatten().try_for_each(Pidfile::write)?;
    if settings.processes.daemonize2.is_none() {
        waiting.started();
    }
    let settings = Arc::new(settings);
    let board = make_board(&settings)?;
    python::start(&setup(&settings))?;
    let facts = facts(&settings, said, reloads);
    let loaded = load_unless_lazy(&settings, facts.clone(), !elders.is_empty())?;
    change_directory(settings.processes.chdir2.as_ref())?;
    let (loaded, rules) = match loaded {
        Loaded::Failed(failure) => return Err(failure),
        Loaded::App(app) => (Some(app), rules(&settings, sockets.has_gateway())),
        Loaded::Later => (None, rules(&settings, sockets.has_gateway())),
    };
    if settings.no_server {
        say!("*** no-server: the configuration is fine, nothing is started ***");
        return Ok(0);
    }
    say!("*** Operational MODE: {} ***", mode(&settings));
    if elders.is_empty() {
        say!("*** ready to serve after {:.2} seconds ***", began.elapsed().as_secs_f32());
    }
    let (gives, takes) = open_channel(channel)?;
    let requests = logs::requests(&settings, log.as_deref());
    let live = |place: Place| match place {
        Place::Worker(number) => {
            name_process(&settings, &format!("uWSGI worker {number}"));
            let loaded = loaded.as_ref();
            let job = worker_job(number, &settings, &sockets, &takes, board, loaded, &facts);
            worker::run(worker::Job { requests: requests.clone(), ..job })
        }
        Place::Gateway => {
            name_process(&settings, "uWSGI http 1");
            gateway_job(&settings, &sockets, &gives).map_or(1, gateway::run)
        }
    };
    name_process(&settings, "uWSGI master");
    waiting.started();
    drop(guard);
    if let Some(log) = &mut log {
        log.settle().map_err(|error| failed("keep standard error", &error))?;
    }
    let outputs = logs::bequeath(log.as_deref());
    let code = master::run(master::Job {
        settings: &settings,
        state: State::new(rules, &elders, Instant::now()),
        board,
        sockets: sockets.named(),
        stats: sockets.stats.as_ref(),
        log,
        outputs,
        channel: vec![Heirloom::new(GIVES, &*gives), Heirloom::new(TAKES, &*takes)],
        program,
        reloads,
        hooks: &python::Hooks,
        live: &live,
        signals,
    });
    leftovers.remove();
    Ok(code)
}

fn failed(what: &str, error: &std::io::Error) -> Failure {
    Failure::new(format!("cannot {what}: {error}"))
}

/// Goes to the background where that was asked for, and opens the log.
fn go_to_background(
    settings: &Settings,
    plan: &Plan,
    again: bool,
) -> Result<Option<Launcher>, Failure> {
    let log = settings.processes.daemonize.as_ref().or(settings.processes.daemonize2.as_ref());
    let launcher = match log {
        // Later images are there already.
        Some(_) if again => None,
        Some(log) => {
            // Said on the terminal, while there is one.
            target::append_to(Path::new(&log.value), &plan.rules).map_err(|error| {
                Failure::new(format!("{}: cannot write the log {}: {error}", log.origin, log.value))
            })?;
            let launcher = daemon::detach();
            let launcher = launcher.map_err(|error| failed("go to the background", &error))?;
            logs::open(Path::new(&log.value), plan)?;
            target::close_input().map_err(|error| failed("open /dev/null", &error))?;
            Some(launcher)
        }
        None => None,
    };
    if let (Some(log), false) = (settings.logging.file(), again) {
        logs::open(Path::new(&log.value), plan)?;
    }
    Ok(launcher)
}

/// Until the master listens, INT and TERM end the start at once; afterwards nothing is missed.
fn watch_signals() -> Result<(StartGuard, Signals), Failure> {
    let guard = StartGuard::new(&[Signal::SIGINT, Signal::SIGQUIT, Signal::SIGTERM]);
    let signals = Signals::watch(SIGNALS).map_err(|error| failed("watch signals", &error))?;
    signals::release(SIGNALS);
    Ok((guard, signals))
}

fn greet(settings: &Settings, said: &Said) {
    for (file, format) in &settings.files {
        say!("[uWSGI] getting {} configuration from {file}", format.name());
    }
    for text in &settings.prints {
        say!("{}", text.value);
    }
    if settings.show_config {
        say!("\n;uWSGI instance configuration\n[uwsgi]");
        for (name, value) in said {
            say!("{name} = {}", value.as_deref().unwrap_or_default());
        }
        say!(";end of configuration\n");
    }
    say!("*** Starting uWSGI {} ({}bit) on [{}] ***", crate::version::UWSGI, usize::BITS, now(),);
    say!("this is ruwsgi {}", env!("CARGO_PKG_VERSION"));
    for warning in &settings.warnings {
        say!("{warning}");
    }
}

fn prepare_environment(settings: &Settings, legacy: Option<&Legacy>) -> Result<(), Failure> {
    for pair in &settings.processes.env {
        let parsed = crate::options::values::parse_environment(&pair.value);
        let (name, value) =
            parsed.map_err(|why| Failure::new(format!("{}: {why}", pair.origin)))?;
        environment::set(name, value);
    }
    environment::set("UWSGI_RELOADS", &legacy.map_or(0, |legacy| legacy.reloads).to_string());
    let name = std::env::args().next().unwrap_or_default();
    environment::set("UWSGI_ORIGINAL_PROC_NAME", &name);
    if let Some(mask) = settings.privileges.umask {
        nix::sys::stat::umask(nix::sys::stat::Mode::from_bits_truncate(mask));
    }
    Ok(())
}

fn take_identity(settings: &Settings) -> Result<(), Failure> {
    let (uid, gid) = (settings.privileges.uid.as_ref(), settings.privileges.gid.as_ref());
    let origin = uid.or(gid).map(|said| said.origin.to_string()).unwrap_or_default();
    let name = |said: &'_ Named| said.value.clone();
    identity::become_them(uid.map(name).as_deref(), gid.map(name).as_deref())
        .map_err(|error| Failure::new(format!("{origin}: {error}")))?;
    if nix::unistd::getuid().is_root() && uid.is_none() {
        say!("*** WARNING: you are running ruwsgi as root !!! (use the --uid flag) ***");
    }
    Ok(())
}

fn change_directory(directory: Option<&Named>) -> Result<(), Failure> {
    let Some(directory) = directory else { return Ok(()) };
    say!("chdir() to {}", directory.value);
    environment::change_directory(Path::new(&directory.value)).map_err(|error| {
        Failure::new(format!(
            "{}: cannot change to the directory {}: {error}",
            directory.origin, directory.value
        ))
    })
}

static BOARD: OnceLock<Scoreboard> = OnceLock::new();
static MASTER: OnceLock<u32> = OnceLock::new();

/// Requests of all workers.
pub(super) fn total_requests() -> u64 {
    BOARD.get().map_or(0, Scoreboard::total_requests)
}

fn make_board(settings: &Settings) -> Result<&'static Scoreboard, Failure> {
    let workers = usize::try_from(settings.processes.processes).unwrap_or(1);
    let threads = usize::try_from(settings.processes.threads).unwrap_or(1);
    let board = Scoreboard::new(workers, threads)
        .map_err(|error| failed("share memory between processes", &error.into()))?;
    MASTER.get_or_init(std::process::id);
    Ok(BOARD.get_or_init(|| board))
}

pub(super) fn tell_master(signal: Signal) {
    if let Some(pid) = MASTER.get().and_then(|pid| i32::try_from(*pid).ok()) {
        // A master that is gone takes its workers along.
        let _ = kill(Pid::from_raw(pid), signal);
    }
}

fn rules(settings: &Settings, gateway: bool) -> Rules {
    let seconds = std::time::Duration::from_secs;
    Rules {
        workers: usize::try_from(settings.processes.processes).unwrap_or(1),
        gateway,
        mercy: seconds(settings.reload.worker_reload_mercy.min(settings.reload.reload_mercy)),
        breath: seconds(2),
        need_app: settings.python.need_app,
    }
}

fn mode(settings: &Settings) -> &'static str {
    match (settings.processes.processes > 1, settings.processes.threads > 1) {
        (false, false) => "single process",
        (true, false) => "preforking",
        (false, true) => "threaded",
        (true, true) => "preforking+threaded",
    }
}

fn name_process(settings: &Settings, name: &str) {
    let prefix = settings.processes.procname_prefix.as_ref().map(|said| format!("{} ", said.value));
    let name = prefix.unwrap_or_default() + name;
    // The kernel keeps 15 bytes: what is told apart comes last, so the front is cut.
    let name = name.replace("uWSGI ", "");
    if settings.processes.auto_procname
        && let Ok(name) = std::ffi::CString::new(name)
    {
        // A name is a convenience.
        let _ = nix::sys::prctl::set_name(&name);
    }
}

fn worker_job(
    number: usize,
    settings: &Arc<Settings>,
    sockets: &Sockets,
    channel: &Arc<OwnedFd>,
    board: &'static Scoreboard,
    loaded: Option<&Arc<Wsgi>>,
    facts: &Facts,
) -> worker::Job {
    let listeners = sockets.requests.iter().enumerate().filter_map(|(index, socket)| {
        let wire = match socket.protocol {
            Protocol::Uwsgi => Wire::Uwsgi,
            Protocol::Http => Wire::Http,
            Protocol::Http11 => Wire::Http11,
            Protocol::Scgi => Wire::Cgi { protocol: Cgi::Scgi, nph: false },
            Protocol::ScgiNph => Wire::Cgi { protocol: Cgi::Scgi, nph: true },
            Protocol::FastCgi => Wire::Cgi { protocol: Cgi::FastCgi, nph: false },
            Protocol::FastCgiNph => Wire::Cgi { protocol: Cgi::FastCgi, nph: true },
            Protocol::Gateway | Protocol::ToHttps => return None,
        };
        let inlet = Inlet::Listener(Arc::clone(&socket.listener));
        takes(&settings.sockets.map_socket, index, number).then(|| Source {
            wire,
            inlet,
            tls: socket.tls.clone(),
        })
    });
    let gateway = sockets
        .has_gateway()
        .then(|| Inlet::Channel(Arc::clone(channel)))
        .map(|inlet| Source { wire: Wire::Gateway, inlet, tls: None });
    let (loaded, facts) = (loaded.cloned(), facts.clone());
    let for_load = Arc::clone(settings);
    let app = move || -> Result<Arc<dyn App>, u8> {
        let app = match loaded {
            Some(app) => app,
            None => match load(&for_load, facts) {
                Ok((app, Some(failure))) if lacks_needed(&for_load, &app) => {
                    say!("{failure}");
                    return Err(failure.exit as u8);
                }
                Ok((app, _)) => Arc::new(app),
                Err(failure) => {
                    say!("{failure}");
                    return Err(Exit::NoApp as u8);
                }
            },
        };
        Wsgi::enter_worker(number);
        Ok(app)
    };
    worker::Job {
        number,
        settings: Arc::clone(settings),
        sources: listeners.chain(gateway).collect(),
        board,
        requests: RequestLog::default(),
        app: Box::new(app),
    }
}

fn gateway_job(
    settings: &Arc<Settings>,
    sockets: &Sockets,
    channel: &OwnedFd,
) -> Option<gateway::Job> {
    let sockets = sockets.requests.iter().filter(|socket| socket.protocol.is_of_gateway());
    let entrances = sockets.map(|socket| gateway::Entrance {
        listener: Arc::clone(&socket.listener),
        tls: socket.tls.clone(),
        to_https: socket.protocol == Protocol::ToHttps,
    });
    Some(gateway::Job {
        settings: Arc::clone(settings),
        entrances: entrances.collect(),
        channel: channel.try_clone().ok()?,
    })
}

/// Whether a worker takes connections of a socket: all do, unless `map-socket` names some.
fn takes(maps: &[MapSocket], socket: usize, worker: usize) -> bool {
    let mut named = maps.iter().filter(|map| map.socket == socket).peekable();
    named.peek().is_none() || named.any(|map| map.workers.contains(&worker))
}

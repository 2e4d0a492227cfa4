//! A server from its settings to its end: [`serve`] tells it in order.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::Said;
use crate::app::App;
use crate::error::{Exit, Failure};
use crate::gateway;
use crate::log::{request::now, say, target};
use crate::master::state::{Place, Rules, State};
use crate::master::{self, SIGNALS};
use crate::net::address::Address;
use crate::net::listen::{self, Listener};
use crate::options::directive::Said as Named;
use crate::options::settings::{Protocol, Settings};
use crate::process::daemon::{self, Launcher};
use crate::process::reexec::{self, Heirloom, Legacy, Program};
use crate::process::scoreboard::Scoreboard;
use crate::process::signals::{self, Signals, StartGuard};
use crate::process::{channel, environment, identity};
use crate::python::{self, Facts, Target, Wsgi};
use crate::worker::{self, Inlet, Source, Wire};

/// Serves until the end; gives the exit code.
pub(super) fn serve(settings: Settings, said: Said) -> Result<u8, Failure> {
    if settings.sockets.is_empty() && !settings.no_server {
        return Err(Failure::new("The -s/--socket option is missing and stdin is not a socket.")
            .hint("say where to listen: --http :8000, --http-socket :8000 or --socket site.sock"));
    }
    let program = Program::current().map_err(|error| failed("find this program", &error))?;
    let legacy = reexec::inherited();
    let launcher = go_to_background(&settings, legacy.is_some())?;
    let mut waiting = Waiting { launcher };
    let served = start(settings, said, program, legacy, &mut waiting);
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

fn start(
    settings: Settings,
    said: Said,
    program: Program,
    legacy: Option<Legacy>,
    waiting: &mut Waiting,
) -> Result<u8, Failure> {
    let began = Instant::now();
    let (guard, signals) = watch_signals()?;
    greet(&settings);
    prepare_environment(&settings, legacy.as_ref())?;
    let mut leftovers = Leftovers::new(&settings);
    let is_later = legacy.is_some();
    let pidfile = Pidfile::open(settings.pidfile.as_ref(), is_later, &mut leftovers)?;
    take_identity(&settings)?;
    change_directory(settings.chdir.as_ref())?;
    let pidfile2 = Pidfile::open(settings.pidfile2.as_ref(), is_later, &mut leftovers)?;
    if let Some(log) = settings.logto2.as_ref() {
        open_log(&log.value)?;
    }
    let (elders, reloads, heirlooms) = match legacy {
        Some(legacy) => (legacy.processes, legacy.reloads, legacy.listeners),
        None => (Vec::new(), 0, Vec::new()),
    };
    let sockets = Sockets::open(&settings, heirlooms, &mut leftovers)?;
    [pidfile, pidfile2].into_iter().flatten().try_for_each(Pidfile::write)?;
    if settings.daemonize2.is_none() {
        waiting.started();
    }
    let settings = Arc::new(settings);
    let board = make_board(&settings)?;
    python::start(&setup(&settings))?;
    let facts = facts(&settings, said, reloads);
    let loaded = load_unless_lazy(&settings, facts.clone(), !elders.is_empty())?;
    change_directory(settings.chdir2.as_ref())?;
    let (loaded, rules) = match loaded {
        Loaded::Failed(failure) if !elders.is_empty() => {
            say!("{failure}");
            say!("*** the new code does not load: the old workers go on with the old code ***");
            (None, Rules { workers: 0, gateway: false, ..rules(&settings, &sockets) })
        }
        Loaded::Failed(failure) => return Err(failure),
        Loaded::App(app) => (Some(app), rules(&settings, &sockets)),
        Loaded::Later => (None, rules(&settings, &sockets)),
    };
    if settings.no_server {
        say!("*** no-server: the configuration is fine, nothing is started ***");
        return Ok(0);
    }
    say!("*** Operational MODE: {} ***", mode(&settings));
    if elders.is_empty() {
        say!("*** ready to serve after {:.2} seconds ***", began.elapsed().as_secs_f32());
    }
    let (gives, takes) =
        channel::pair().map_err(|error| failed("make a channel", &error.into()))?;
    let (gives, takes) = (Arc::new(gives), Arc::new(takes));
    let live = |place: Place| match place {
        Place::Worker(number) => {
            name_process(&settings, &format!("uWSGI worker {number}"));
            worker::run(worker_job(
                number,
                &settings,
                &sockets,
                &takes,
                board,
                loaded.as_ref(),
                &facts,
            ))
        }
        Place::Gateway => {
            name_process(&settings, "uWSGI http 1");
            gateway_job(&settings, &sockets, &gives).map_or(1, gateway::run)
        }
    };
    name_process(&settings, "uWSGI master");
    waiting.started();
    drop(guard);
    let code = master::run(master::Job {
        settings: &settings,
        state: State::new(rules, &elders, Instant::now()),
        board,
        sockets: sockets.named(),
        stats: sockets.stats.as_ref(),
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
fn go_to_background(settings: &Settings, again: bool) -> Result<Option<Launcher>, Failure> {
    let log = settings.daemonize.as_ref().or(settings.daemonize2.as_ref());
    let launcher = match log {
        // Later images are there already.
        Some(_) if again => None,
        Some(log) => {
            // Said on the terminal, while there is one.
            target::check(&log.value).map_err(|error| {
                Failure::new(format!("{}: cannot write the log {}: {error}", log.origin, log.value))
            })?;
            let launcher = daemon::detach();
            let launcher = launcher.map_err(|error| failed("go to the background", &error))?;
            open_log(&log.value)?;
            target::close_input().map_err(|error| failed("open /dev/null", &error))?;
            Some(launcher)
        }
        None => None,
    };
    if let (Some(log), false) = (&settings.logto, again) {
        open_log(&log.value)?;
    }
    Ok(launcher)
}

fn open_log(path: &str) -> Result<(), Failure> {
    target::open(path)
        .map_err(|error| Failure::new(format!("cannot write the log {path}: {error}")))
}

/// Until the master listens, INT and TERM end the start at once; afterwards nothing is missed.
fn watch_signals() -> Result<(StartGuard, Signals), Failure> {
    let guard = StartGuard::new(&[Signal::SIGINT, Signal::SIGQUIT, Signal::SIGTERM]);
    let signals = Signals::watch(SIGNALS).map_err(|error| failed("watch signals", &error))?;
    signals::release(SIGNALS);
    Ok((guard, signals))
}

fn greet(settings: &Settings) {
    for file in &settings.files {
        say!("[uWSGI] getting INI configuration from {file}");
    }
    say!("*** Starting uWSGI {} ({}bit) on [{}] ***", crate::version::UWSGI, usize::BITS, now(),);
    say!("this is ruwsgi {}", env!("CARGO_PKG_VERSION"));
    for warning in &settings.warnings {
        say!("{warning}");
    }
}

fn prepare_environment(settings: &Settings, legacy: Option<&Legacy>) -> Result<(), Failure> {
    for pair in &settings.env {
        let parsed = crate::options::settings::parse_environment(&pair.value);
        let (name, value) =
            parsed.map_err(|why| Failure::new(format!("{}: {why}", pair.origin)))?;
        environment::set(name, value);
    }
    environment::set("UWSGI_RELOADS", &legacy.map_or(0, |legacy| legacy.reloads).to_string());
    let name = std::env::args().next().unwrap_or_default();
    environment::set("UWSGI_ORIGINAL_PROC_NAME", &name);
    if let Some(mask) = settings.umask {
        nix::sys::stat::umask(nix::sys::stat::Mode::from_bits_truncate(mask));
    }
    Ok(())
}

/// Files that are removed at the end under `vacuum`.
struct Leftovers {
    paths: Vec<PathBuf>,
    wanted: bool,
}

impl Leftovers {
    fn new(settings: &Settings) -> Self {
        Self { paths: Vec::new(), wanted: settings.vacuum }
    }

    fn add(&mut self, path: &Path) {
        self.paths.push(absolute(path));
    }

    fn remove(self) {
        for path in self.paths.iter().filter(|_| self.wanted) {
            match std::fs::remove_file(path) {
                Ok(()) => say!("VACUUM: {} removed.", path.display()),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => say!("VACUUM: cannot remove {}: {error}", path.display()),
            }
        }
    }
}

/// A pidfile: opened early, while this process may, and written once the server is sure to start.
struct Pidfile {
    path: PathBuf,
    file: std::fs::File,
    is_new: bool,
}

impl Pidfile {
    /// `None` where there is no pidfile, or it is right already: a later image is the same process.
    fn open(
        pidfile: Option<&Named>,
        is_later: bool,
        leftovers: &mut Leftovers,
    ) -> Result<Option<Self>, Failure> {
        let Some(pidfile) = pidfile else { return Ok(None) };
        let path = absolute(Path::new(&pidfile.value));
        leftovers.add(&path);
        if is_later {
            return Ok(None);
        }
        let is_new = !path.exists();
        let mut options = std::fs::OpenOptions::new();
        let file = options.write(true).create(true).truncate(false).open(&path);
        let file = file.map_err(|error| {
            Failure::new(format!(
                "{}: cannot write the pidfile {}: {error}",
                pidfile.origin, pidfile.value
            ))
        })?;
        Ok(Some(Self { path, file, is_new }))
    }

    fn write(mut self) -> Result<(), Failure> {
        use std::io::Write;
        say!("writing pidfile to {}", self.path.display());
        let written = self.file.set_len(0);
        let written = written.and_then(|()| writeln!(self.file, "{}", std::process::id()));
        self.is_new = false;
        written.map_err(|error| {
            Failure::new(format!("cannot write the pidfile {}: {error}", self.path.display()))
        })
    }
}

/// A start that failed leaves no file behind.
impl Drop for Pidfile {
    fn drop(&mut self) {
        if self.is_new {
            // The directory may be closed to this user by now.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// A path that stays the same when the directory changes.
fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

fn take_identity(settings: &Settings) -> Result<(), Failure> {
    let (uid, gid) = (settings.uid.as_ref(), settings.gid.as_ref());
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

/// All listening sockets.
struct Sockets {
    requests: Vec<(Protocol, Arc<Listener>)>,
    stats: Option<Listener>,
}

impl Sockets {
    fn open(
        settings: &Settings,
        mut heirlooms: Vec<Heirloom>,
        leftovers: &mut Leftovers,
    ) -> Result<Self, Failure> {
        let options = listen_options(settings)?;
        let mut open = |said: &Named| -> Result<Listener, Failure> {
            let inherited = heirlooms.iter().position(|heirloom| heirloom.address == said.value);
            let inherited = inherited.map(|index| heirlooms.swap_remove(index));
            let adopted =
                inherited.and_then(|heirloom| Listener::adopt(&said.value, heirloom.into_fd()));
            let listener = match adopted {
                Some(listener) => listener,
                None => Listener::open(&said.value, &options)
                    .map_err(|error| Failure::new(format!("{}: {error}", said.origin)))?,
            };
            if let Address::Unix(path) = &listener.address {
                leftovers.add(path);
            }
            Ok(listener)
        };
        let mut requests = Vec::new();
        for (index, socket) in settings.sockets.iter().enumerate() {
            let listener = open(&socket.address)?;
            let family = if listener.port().is_some() { "TCP" } else { "UNIX" };
            say!(
                "uwsgi socket {index} bound to {family} address {} fd {}",
                listener.address,
                listener.fd(),
            );
            if socket.protocol == Protocol::Uwsgi && listener.address.is_open() {
                say!(
                    "[warning] {}: the uwsgi protocol on {} is open to other machines; whoever \
                     reaches it can pose as any client",
                    socket.address.origin,
                    listener.address,
                );
            }
            requests.push((socket.protocol, Arc::new(listener)));
        }
        let stats = settings.stats.as_ref().map(&mut open).transpose()?;
        if let Some(stats) = &stats {
            say!("*** Stats server enabled on {} fd: {} ***", stats.address, stats.fd());
        }
        for heirloom in heirlooms {
            // No longer wanted: closed.
            drop(heirloom.into_fd());
        }
        Ok(Self { requests, stats })
    }

    fn named(&self) -> Vec<(&'static str, Arc<Listener>)> {
        let name = |protocol| match protocol {
            Protocol::Uwsgi => "uwsgi",
            Protocol::Http | Protocol::Http11 | Protocol::Gateway => "http",
        };
        let sockets = self.requests.iter();
        sockets.map(|(protocol, listener)| (name(*protocol), Arc::clone(listener))).collect()
    }

    fn has_gateway(&self) -> bool {
        self.requests.iter().any(|(protocol, _)| *protocol == Protocol::Gateway)
    }
}

fn listen_options(settings: &Settings) -> Result<listen::Options, Failure> {
    let largest = listen::largest_backlog();
    if let Some(largest) = largest.filter(|largest| *largest < settings.listen) {
        return Err(Failure::new(format!(
            "listen = {} is more than the kernel allows ({largest})",
            settings.listen
        ))
        .hint("raise net.core.somaxconn, or lower listen"));
    }
    let owner = settings.chown_socket.as_ref().map(|owner| {
        let uid = identity::user(&owner.user)?;
        let gid = owner.group.as_deref().map(identity::group).transpose()?;
        Ok::<_, identity::IdentityError>((uid, gid))
    });
    let owner =
        owner.transpose().map_err(|error| Failure::new(format!("chown-socket: {error}")))?;
    // uWSGI's daemons have no umask, and front ends of other users depend on it.
    let daemon = settings.daemonize.is_some() || settings.daemonize2.is_some();
    Ok(listen::Options {
        backlog: i32::try_from(settings.listen).unwrap_or(i32::MAX),
        mode: settings.chmod_socket.or(daemon.then_some(0o777)),
        owner,
    })
}

fn setup(settings: &Settings) -> python::Setup {
    let extra = settings.pyargv.as_ref().map(|said| said.value.as_str()).unwrap_or_default();
    let arguments = std::iter::once("uwsgi").chain(extra.split_whitespace());
    python::Setup {
        home: settings.home.as_ref().map(|said| PathBuf::from(&said.value)),
        path: settings.pythonpath.iter().map(|said| PathBuf::from(&said.value)).collect(),
        arguments: arguments.map(str::to_owned).collect(),
        optimize: i32::try_from(settings.optimize).unwrap_or(0),
    }
}

static BOARD: OnceLock<Scoreboard> = OnceLock::new();
static MASTER: OnceLock<u32> = OnceLock::new();

fn make_board(settings: &Settings) -> Result<&'static Scoreboard, Failure> {
    let workers = usize::try_from(settings.processes).unwrap_or(1);
    let threads = usize::try_from(settings.threads).unwrap_or(1);
    let board = Scoreboard::new(workers, threads)
        .map_err(|error| failed("share memory between processes", &error.into()))?;
    MASTER.get_or_init(std::process::id);
    Ok(BOARD.get_or_init(|| board))
}

fn tell_master(signal: Signal) {
    if let Some(pid) = MASTER.get().and_then(|pid| i32::try_from(*pid).ok()) {
        // A master that is gone takes its workers along.
        let _ = kill(Pid::from_raw(pid), signal);
    }
}

fn facts(settings: &Settings, said: Said, reloads: u32) -> Facts {
    Facts {
        processes: settings.processes,
        threads: settings.threads,
        buffer_size: settings.buffer_size,
        is_a_reload: reloads > 0,
        started_on: crate::process::scoreboard::now().as_secs(),
        options: said,
        master: std::process::id(),
        total_requests: || BOARD.get().map_or(0, Scoreboard::total_requests),
        reload: || tell_master(Signal::SIGHUP),
        stop: || tell_master(Signal::SIGINT),
    }
}

/// What became of the application before the fork.
enum Loaded {
    App(Arc<Wsgi>),
    Failed(Failure),
    /// The workers load it.
    Later,
}

/// Loads the application now, unless the workers do. Without it a server that needs one fails, and
/// so does a successor whose elders still have one.
fn load_unless_lazy(
    settings: &Settings,
    facts: Facts,
    has_elders: bool,
) -> Result<Loaded, Failure> {
    if settings.lazy_apps {
        return Ok(Loaded::Later);
    }
    let (app, error) = load(settings, facts)?;
    Ok(match error {
        Some(failure) if settings.need_app || has_elders => Loaded::Failed(failure),
        _ => Loaded::App(Arc::new(app)),
    })
}

/// Loads the application, and says how that went.
fn load(settings: &Settings, facts: Facts) -> Result<(Wsgi, Option<Failure>), Failure> {
    let began = Instant::now();
    let module = settings.module.as_ref().map(|said| (Target::Module(said.value.clone()), said));
    let file = settings.wsgi_file.as_ref().map(|said| (Target::File((&said.value).into()), said));
    let target = module.or(file);
    let callable = settings.callable.as_ref().map(|said| said.value.as_str());
    let (app, error) = Wsgi::load(target.as_ref().map(|(target, _)| target), callable, facts)
        .map_err(Failure::new)?;
    let failure = match (error, &target) {
        (Some(error), Some((_, said))) => {
            say!("unable to load app 0 (mountpoint='') (callable not found or import error)");
            Some(Failure::new(format!("{}: {error}", said.origin)).exit(Exit::NoApp))
        }
        (Some(error), None) => Some(Failure::new(error.to_string()).exit(Exit::NoApp)),
        (None, None) => Some(
            Failure::new("no application is named")
                .exit(Exit::NoApp)
                .hint("name one with module = mysite.wsgi or wsgi-file = app.py"),
        ),
        (None, Some(_)) => None,
    };
    match &failure {
        None => say!(
            "WSGI app 0 (mountpoint='') ready in {} seconds pid: {} (default app)",
            began.elapsed().as_secs(),
            std::process::id(),
        ),
        // Said where the server ends because of it.
        Some(_) if settings.need_app => {}
        Some(failure) => {
            say!("{failure}");
            say!("*** no app loaded. going in full dynamic mode ***");
        }
    }
    Ok((app, failure))
}

fn rules(settings: &Settings, sockets: &Sockets) -> Rules {
    let seconds = std::time::Duration::from_secs;
    Rules {
        workers: usize::try_from(settings.processes).unwrap_or(1),
        gateway: sockets.has_gateway(),
        mercy: seconds(settings.worker_reload_mercy.min(settings.reload_mercy)),
        breath: seconds(2),
        need_app: settings.need_app,
    }
}

fn mode(settings: &Settings) -> &'static str {
    match (settings.processes > 1, settings.threads > 1) {
        (false, false) => "single process",
        (true, false) => "preforking",
        (false, true) => "threaded",
        (true, true) => "preforking+threaded",
    }
}

fn name_process(settings: &Settings, name: &str) {
    let prefix = settings.procname_prefix.as_ref().map(|said| format!("{} ", said.value));
    let name = prefix.unwrap_or_default() + name;
    // The kernel keeps 15 bytes: what is told apart comes last, so the front is cut.
    let name = name.replace("uWSGI ", "");
    if settings.auto_procname
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
    channel: &Arc<std::os::fd::OwnedFd>,
    board: &'static Scoreboard,
    loaded: Option<&Arc<Wsgi>>,
    facts: &Facts,
) -> worker::Job {
    let listeners = sockets.requests.iter().filter_map(|(protocol, listener)| {
        let wire = match protocol {
            Protocol::Uwsgi => Wire::Uwsgi,
            Protocol::Http => Wire::Http,
            Protocol::Http11 => Wire::Http11,
            Protocol::Gateway => return None,
        };
        Some(Source { wire, inlet: Inlet::Listener(Arc::clone(listener)) })
    });
    let gateway = sockets
        .has_gateway()
        .then(|| Source { wire: Wire::Gateway, inlet: Inlet::Channel(Arc::clone(channel)) });
    let (loaded, facts) = (loaded.cloned(), facts.clone());
    let for_load = Arc::clone(settings);
    let app = move || -> Result<Arc<dyn App>, u8> {
        let app = match loaded {
            Some(app) => app,
            None => match load(&for_load, facts) {
                Ok((_, Some(failure))) if for_load.need_app => {
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
        app: Box::new(app),
    }
}

fn gateway_job(
    settings: &Arc<Settings>,
    sockets: &Sockets,
    channel: &std::os::fd::OwnedFd,
) -> Option<gateway::Job> {
    let listeners = sockets.requests.iter();
    let listeners = listeners.filter(|(protocol, _)| *protocol == Protocol::Gateway);
    Some(gateway::Job {
        settings: Arc::clone(settings),
        listeners: listeners.map(|(_, listener)| Arc::clone(listener)).collect(),
        channel: channel.try_clone().ok()?,
    })
}

//! A server from its settings to its end: [`serve`] tells it in order.

use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::Said;
use super::activation;
use super::application::facts;
use super::files::{Leftovers, Pidfile, absolute};
use super::hooks::{self, Errands, NoErrands};
use super::jobs::{self, gateway_job, is_first, worker_job};
use super::logs;
use super::prepare::{
    choose_processors, go_to_background, greet, name_process, prepare_environment, take_identity,
    take_identity_of_gateway,
};
use super::settle::{Drops, Settled, load_applications, settle};
use super::sockets::Sockets;
use crate::error::{Exit, Failure};
use crate::gateway;
use crate::log::pipe::Pipe;
use crate::log::plan::Plan;
use crate::log::say;
use crate::master::cron::Crons;
use crate::master::daemons::Daemons;
use crate::master::event::{Life, Living, Outcome, Place, Rules, Tie};
use crate::master::fifo::Fifo;
use crate::master::state::State;
use crate::master::{self, SIGNALS, report};
use crate::net::listen::Listener;
use crate::options::cgroup::Share;
use crate::options::directive::{Origin, Said as Named};
use crate::options::hooks::{HookAction, Moment};
use crate::options::settings::Settings;
use crate::process::channel::Channel;
use crate::process::daemon::Launcher;
use crate::process::fork::NoHooks;
use crate::process::reexec::{Heirloom, Legacy, Program};
use crate::process::scoreboard::Scoreboard;
use crate::process::signals::{self, Signals, StartGuard};
use crate::python;
use crate::worker;

/// Serves until the end; gives the exit code.
///
/// A later image that cannot start goes on with the workers of the one before.
pub(super) fn serve(
    settings: Result<(Settings, Said), Failure>,
    legacy: Option<Legacy>,
) -> Result<u8, Failure> {
    let mut program = Program::current().map_err(|error| failed("find this program", &error))?;
    let wanted =
        settings.as_ref().ok().and_then(|(settings, _)| settings.processes.force_cwd.as_ref());
    if let Some(directory) = wanted {
        program.directory = absolute(directory.value.as_ref());
    }
    let spare = legacy.as_ref().map(|legacy| (legacy.clone(), Spare::of(legacy)));
    let mut signals = None;
    let started = settings.and_then(|(settings, said)| {
        start_in_place(settings, said, program.clone(), legacy, &mut signals)
    });
    match (started, spare) {
        (Err(failure), Some((legacy, spare))) if !legacy.processes.is_empty() => {
            say!("{failure}");
            say!("*** the reload failed: the old workers go on as they are ***");
            report::tell(Outcome::Failed);
            carry_on(program, &legacy, spare, signals)
        }
        (started, _) => started,
    }
}

/// Further descriptors of what an image before left, in case this one fails.
struct Spare {
    listeners: Vec<(&'static str, Arc<Listener>)>,
    outputs: Vec<(String, OwnedFd)>,
}

impl Spare {
    fn of(legacy: &Legacy) -> Self {
        let listeners = legacy.listeners.iter().filter_map(|heirloom| {
            let listener =
                Listener::adopt(&heirloom.address, heirloom.again().ok()?, heirloom.handed)?;
            Some(("inherited", Arc::new(listener)))
        });
        let again = |heirlooms: &[Heirloom]| {
            let copy =
                |heirloom: &Heirloom| Some((heirloom.address.clone(), heirloom.again().ok()?));
            heirlooms.iter().filter_map(copy).collect()
        };
        Self { listeners: listeners.collect(), outputs: again(&legacy.outputs) }
    }

    /// The listener for metrics among all.
    fn metrics(&mut self, said: Option<&str>) -> Option<Listener> {
        let index = self.listeners.iter().position(|(_, it)| said == Some(it.said.as_str()))?;
        let (_, listener) = self.listeners.remove(index);
        Arc::into_inner(listener)
    }
}

/// Watches over processes of an image before, until they are gone or the next reload succeeds. What it was
/// told while it tried to start is heard now.
fn carry_on(
    program: Program,
    legacy: &Legacy,
    mut spare: Spare,
    signals: Option<Signals>,
) -> Result<u8, Failure> {
    let mut settings = Settings::default();
    let origin = || Origin::Environment("of the image before".to_owned());
    let touch_reload = legacy.touch_reload.iter().cloned();
    settings.reload.touch_reload =
        touch_reload.map(|value| Named { value, origin: origin() }).collect();
    let signals = match signals {
        Some(signals) => signals,
        None => watch_signals(&settings)?,
    };
    let rules = Rules { workers: 0, initial: 0, ..rules(&settings, 0, Vec::new()) };
    let daemons = Daemons::new(&settings, &legacy.daemons);
    let metrics = spare.metrics(legacy.metrics.as_deref());
    let (processes, gateways) = (legacy.processes.clone(), legacy.gateways.clone());
    let elders = Living { processes, gateways, daemons: daemons.attendants(&legacy.daemons) };
    Ok(master::run(master::Job {
        settings: &settings,
        state: State::new(rules, &elders, Instant::now()),
        board: make_board(&settings)?,
        sockets: spare.listeners,
        doors: Vec::new(),
        channels: Vec::new(),
        stats: None,
        http_stats: None,
        metrics: metrics.as_ref(),
        fifo: None,
        daemons,
        crons: crons(&settings, Some(legacy)),
        log: None,
        outputs: spare.outputs.iter().map(|(name, fd)| Heirloom::new(name, fd)).collect(),
        program,
        reloads: legacy.reloads,
        hooks: &NoHooks,
        errands: &NoErrands,
        live: &|_| 1,
        signals: &signals,
    }))
}

fn start_in_place(
    mut settings: Settings,
    said: Said,
    program: Program,
    mut legacy: Option<Legacy>,
    signals: &mut Option<Signals>,
) -> Result<u8, Failure> {
    let heirlooms = activation::inherit(&mut settings, legacy.as_mut());
    if let Some(failure) = settings.without_socket() {
        return Err(failure);
    }
    let plan = logs::plan(&settings, legacy.is_some())?;
    let launcher = go_to_background(&settings, &plan, legacy.is_some())?;
    let mut waiting = Waiting { launcher };
    let from = Start { program, legacy, heirlooms, signals };
    let served = start(settings, said, from, plan, &mut waiting);
    if let (Err(failure), Some(launcher)) = (&served, waiting.launcher.take()) {
        launcher.failed(&failure.to_string());
    }
    served
}

/// What an image has before it starts.
struct Start<'a> {
    program: Program,
    legacy: Option<Legacy>,
    /// Listening sockets, of the image before or handed over.
    heirlooms: Vec<Heirloom>,
    /// Where those are to be found that came during the start.
    signals: &'a mut Option<Signals>,
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
    mut from: Start<'_>,
    plan: Plan,
    waiting: &mut Waiting,
) -> Result<u8, Failure> {
    let outputs = from.legacy.as_mut().map(|legacy| std::mem::take(&mut legacy.outputs));
    let mut log = logs::start(&settings, plan, outputs)?;
    let served = start_server(settings, said, from, log.as_mut(), waiting);
    if let (Err(failure), Some(log)) = (&served, &log)
        && log.has_loggers()
    {
        // It is told on the terminal, too.
        say!("{failure}");
    }
    served
}

#[expect(clippy::too_many_lines, reason = "a start, told in order")]
fn start_server(
    settings: Settings,
    said: Said,
    from: Start<'_>,
    mut log: Option<&mut Pipe>,
    waiting: &mut Waiting,
) -> Result<u8, Failure> {
    let Start { program, legacy, heirlooms, signals } = from;
    let began = Instant::now();
    // Until the master listens, these end the start at once.
    let guard = StartGuard::new(&[Signal::SIGINT, Signal::SIGQUIT, Signal::SIGTERM]);
    let signals = signals.insert(watch_signals(&settings)?);
    greet(&settings, &said);
    prepare_environment(&settings, legacy.as_ref())?;
    let mut leftovers = Leftovers::new(&settings);
    let drops = Drops::of(&settings);
    let is_later = legacy.is_some();
    let crons = crons(&settings, legacy.as_ref());
    let Legacy { processes, gateways, daemons: beside, reloads, .. } = legacy.unwrap_or_default();
    let Settled { pidfiles, early } =
        settle(&settings, drops, is_later, heirlooms, &mut leftovers)?;
    if let (Some(file), None) = (settings.logging.late_file(), &log) {
        logs::open(Path::new(&file.value), &logs::plan(&settings, is_later)?)?;
    }
    if settings.no_server {
        return rehearse(&Arc::new(settings), said, drops);
    }
    let daemons = Daemons::new(&settings, &beside);
    let elders = Living { processes, gateways, daemons: daemons.attendants(&beside) };
    let sockets = Sockets::open(&settings, early, &mut leftovers)?;
    pidfiles.new.into_iter().try_for_each(Pidfile::write)?;
    if settings.processes.daemonize2.is_none() {
        waiting.started();
    }
    let settings = Arc::new(settings);
    let board = make_board(&settings)?;
    let facts = facts(&settings, said, reloads);
    let loaded = load_applications(&settings, &facts, drops, !elders.processes.is_empty())?;
    say!("*** Operational MODE: {} ***", mode(&settings));
    if settings.processes.is_auto {
        let Share { cores, memory } = Share::of_this_process();
        let memory = memory.map_or("all memory".to_owned(), |bytes| format!("{} MB", bytes >> 20));
        say!(
            "*** processes = auto: {} for {cores} cores and {memory} ***",
            settings.processes.processes
        );
    }
    if elders.processes.is_empty() {
        say!("*** ready to serve after {:.2} seconds ***", began.elapsed().as_secs_f32());
    }
    let gateways = if sockets.has_gateway() { gateway_processes(&settings) } else { 0 };
    let rules = rules(&settings, gateways, daemons.ties());
    let channels = (0..gateways).map(|_| Channel::new()).collect::<nix::Result<Vec<_>>>();
    let channels = channels.map_err(|error| failed("make a channel", &error.into()))?;
    let succeeds = !elders.processes.is_empty();
    let requests = logs::requests(&settings, log.as_deref());
    let live = |place: Place| {
        if drops == Drops::InChildren
            && let Err(failure) = take_identity(&settings)
        {
            say!("{failure}");
            return Exit::Wrong as u8;
        }
        match place {
            Place::Worker(number) => {
                name_process(&settings, &format!("uWSGI worker {number}"), false);
                choose_processors(&settings, number);
                // Once, and not as root.
                let alone = drops == Drops::InChildren && number == 1 && is_first(board, 1);
                let moments = [alone.then_some(Moment::AsUser), Some(Moment::PostFork)];
                let moments: Vec<_> = moments.into_iter().flatten().collect();
                if let Err(code) = jobs::run_hooks(&settings, &moments) {
                    return code;
                }
                let loaded = loaded.as_ref();
                let (sockets, channels) = (&sockets, &channels);
                let job = worker_job(
                    number, &settings, sockets, channels, board, loaded, &facts, succeeds,
                );
                worker::run(worker::Job { requests: requests.clone(), ..job })
            }
            Place::Gateway(number) => {
                name_process(&settings, &format!("uWSGI http {number}"), false);
                if let Err(failure) = take_identity_of_gateway(&settings) {
                    say!("{failure}");
                    return Exit::Wrong as u8;
                }
                if let Err(code) = jobs::run_hooks(&settings, &[Moment::AsGateway]) {
                    return code;
                }
                gateway_job(number, &settings, &sockets, &channels, board).map_or(1, gateway::run)
            }
            // Started by the master itself.
            Place::Daemon(_) => Exit::Wrong as u8,
        }
    };
    name_process(&settings, "uWSGI master", true);
    hooks::run(&settings, Moment::MasterStart)?;
    let fifo = Fifo::open(&settings.processes.master_fifo)?;
    waiting.started();
    drop(guard);
    if let Some(log) = &mut log {
        log.settle().map_err(|error| failed("keep standard error", &error))?;
    }
    let outputs = logs::bequeath(log.as_deref());
    let errands = Errands { settings: &settings, pidfiles: pidfiles.all };
    let code = master::run(master::Job {
        settings: &settings,
        state: State::new(rules, &elders, Instant::now()),
        board,
        doors: sockets.doors().collect(),
        channels: channels.iter().map(|channel| &*channel.gives).collect(),
        sockets: sockets.named(),
        stats: sockets.stats.as_ref(),
        http_stats: sockets.http_stats.as_ref(),
        metrics: sockets.metrics.as_ref(),
        fifo,
        daemons,
        crons,
        log,
        outputs,
        program,
        reloads,
        hooks: &python::Hooks,
        errands: &errands,
        live: &live,
        signals,
    });
    master::Errands::leave(&errands);
    leftovers.remove();
    Ok(code)
}

/// A start without a server, as uWSGI does it: no socket is bound, and with `lazy-apps` nothing is loaded.
fn rehearse(settings: &Arc<Settings>, said: Said, drops: Drops) -> Result<u8, Failure> {
    make_board(settings)?;
    load_applications(settings, &facts(settings, said, 0), drops, false)?;
    say!("*** no-server: the configuration is fine, nothing is started ***");
    Ok(0)
}

pub(super) fn failed(what: &str, error: &std::io::Error) -> Failure {
    Failure::new(format!("cannot {what}: {error}"))
}

/// From here on nothing is missed.
fn watch_signals(settings: &Settings) -> Result<Signals, Failure> {
    let hooked = settings.hooks.hooks.iter().filter_map(|hook| match hook.action {
        HookAction::UnixSignal { number, .. } => Signal::try_from(number).ok(),
        _ => None,
    });
    let mut watched = SIGNALS.to_vec();
    for signal in hooked {
        if !watched.contains(&signal) {
            watched.push(signal);
        }
    }
    let signals = Signals::watch(&watched).map_err(|error| failed("watch signals", &error))?;
    signals::release(SIGNALS);
    Ok(signals)
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
    // One more, which stands in where workers are replaced one by one.
    let board = Scoreboard::new(workers + 1, threads, gateway_processes(settings))
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

/// More than this are of no use to anybody.
const MOST_GATEWAYS: usize = 64;

/// How many gateways there are where there is one.
fn gateway_processes(settings: &Settings) -> usize {
    usize::try_from(settings.http.http_processes).unwrap_or(1).clamp(1, MOST_GATEWAYS)
}

fn rules(settings: &Settings, gateways: usize, daemons: Vec<Tie>) -> Rules {
    let seconds = Duration::from_secs;
    let number = |number: u64| usize::try_from(number).unwrap_or(1);
    let grace = settings.limits.harakiri_graceful_timeout;
    Rules {
        workers: number(settings.processes.processes),
        initial: number(settings.cheaper.cheaper_initial),
        cheap: settings.cheaper.cheap,
        gateways,
        daemons,
        mercy: seconds(settings.reload.worker_reload_mercy.min(settings.reload.reload_mercy)),
        // The worker answers the client before it is killed.
        grace: (grace > 0).then(|| seconds(grace) + Duration::from_millis(500)),
        breath: seconds(settings.processes.forkbomb_delay),
        need_app: settings.python.need_app,
        life: life(settings),
    }
}

/// The commands that run at times, and those that an earlier image left running.
fn crons(settings: &Settings, legacy: Option<&Legacy>) -> Crons {
    let left = legacy.map(|legacy| (legacy.cron_minute, legacy.crons.clone()));
    let (looked, running) = left.unwrap_or_default();
    Crons::new(settings.daemons.crons.clone(), settings.daemons.cron_harakiri, looked, running)
}

fn life(settings: &Settings) -> Life {
    let said = &settings.reload;
    let most = said.max_worker_lifetime;
    Life {
        // As uWSGI: no worker goes before.
        most: (most > 0).then(|| Duration::from_secs(most.max(said.min_worker_lifetime))),
        delta: Duration::from_secs(said.max_worker_lifetime_delta),
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

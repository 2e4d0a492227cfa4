//! Carries out what concerns programs beside the server: starting, signalling, burying them.
//!
//! Those without a pidfile have a place, and [`state`](super::state) decides about them. Those with
//! one live on their own: they are started when their pidfile says that they do not run, and left
//! alone by reloads and stops, as in uWSGI.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::io;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, getgid, getuid};

use super::event::{Attendant, End, Place, Tie};
use super::state::State;
use super::stats::DaemonStats;
use crate::log::say;
use crate::options::daemons::Daemon;
use crate::options::settings::Settings;
use crate::process::identity;
use crate::process::reexec::Beside;
use crate::process::shell::{self, Program};

/// The programs beside a server.
#[derive(Debug, Default)]
pub struct Daemons {
    /// Those that have a place, by its index.
    seated: Vec<Daemon>,
    smart: Vec<Smart>,
    reads: bool,
    /// Those that were started and not buried, by pid.
    living: HashMap<i32, Beside>,
    /// Those whose first process ended while others of its group live.
    lingering: Vec<(i32, End)>,
    /// Those that were killed.
    killed: HashSet<i32>,
}

#[derive(Debug)]
struct Smart {
    daemon: Daemon,
    looked: Option<Instant>,
    /// The process that was started and has not gone to the background.
    child: Option<i32>,
    /// The process that the pidfile named last.
    named: Option<i32>,
}

impl Daemons {
    /// What the options name, and what an earlier image left.
    #[must_use]
    pub fn new(settings: &Settings, inherited: &[Beside]) -> Self {
        if !settings.daemons.attached.is_empty() {
            shell::adopt_orphans();
        }
        let all = settings.daemons.attached.iter().cloned();
        let (smart, seated): (Vec<_>, Vec<_>) = all.partition(|daemon| daemon.pidfile.is_some());
        let smart = smart.into_iter().map(|daemon| Smart {
            daemon,
            looked: None,
            child: None,
            named: None,
        });
        Self {
            seated,
            smart: smart.collect(),
            reads: settings.daemons.daemons_honour_stdin,
            living: inherited.iter().map(|beside| (beside.pid, beside.clone())).collect(),
            lingering: Vec::new(),
            killed: HashSet::new(),
        }
    }

    /// What the end of each that has a place means.
    #[must_use]
    pub fn ties(&self) -> Vec<Tie> {
        let tie = |daemon: &Daemon| if daemon.control { Tie::Controls } else { Tie::Restarts };
        self.seated.iter().map(tie).collect()
    }

    /// The place of the daemon with this command.
    #[must_use]
    pub fn place_of(&self, command: &str) -> Option<usize> {
        self.seated.iter().position(|daemon| daemon.command == command)
    }

    /// Starts the one of a place; gives its pid.
    pub fn start(&mut self, index: usize, again: bool) -> io::Result<i32> {
        let daemon = self.seated.get(index).ok_or(io::ErrorKind::NotFound)?;
        let pid = start(daemon, self.reads, again)?;
        let Daemon { command, stop_signal, reload_signal, .. } = daemon.clone();
        self.living.insert(pid, Beside { command, pid, stop_signal, reload_signal });
        Ok(pid)
    }

    /// Asks one to end, with the signal that it wants for a reload or for a stop.
    pub fn dismiss(&self, pid: i32, for_reload: bool) {
        if let Some(daemon) = self.living.get(&pid) {
            say!("[uwsgi-daemons] stopping daemon (pid: {pid})");
            let number = if for_reload { daemon.reload_signal } else { daemon.stop_signal };
            shell::signal(pid, number);
        }
    }

    /// Kills one with all its processes.
    pub fn kill(&mut self, pid: i32) {
        shell::signal(pid, Signal::SIGKILL as i32);
        self.killed.insert(pid);
    }

    /// Takes the end of a process; `None` when it is a daemon whose other processes live on.
    pub fn bury(&mut self, pid: i32, end: End) -> Option<(i32, End)> {
        let killed = self.killed.remove(&pid);
        if !killed && self.living.contains_key(&pid) && shell::is_there(pid) {
            self.lingering.push((pid, end));
            return None;
        }
        self.living.remove(&pid);
        Some((pid, end))
    }

    /// Those whose last process is gone now, or was killed: the dead may wait for a parent that
    /// does not bury them.
    pub fn gone(&mut self) -> Vec<(i32, End)> {
        let killed = &self.killed;
        let (here, gone): (Vec<_>, Vec<_>) = self
            .lingering
            .drain(..)
            .partition(|(pid, _)| shell::is_there(*pid) && !killed.contains(pid));
        self.lingering = here;
        for (pid, _) in &gone {
            self.living.remove(pid);
            self.killed.remove(pid);
        }
        gone
    }

    /// Whether some end is still to be seen.
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        !self.lingering.is_empty()
    }

    /// What a later image needs to know of these.
    #[must_use]
    pub fn legacy(&self, attendants: &[Attendant]) -> Vec<Beside> {
        attendants.iter().filter_map(|it| self.living.get(&it.pid).cloned()).collect()
    }

    /// What an earlier image left, with the place that each has here. Each place is given once.
    #[must_use]
    pub fn attendants(&self, inherited: &[Beside]) -> Vec<Attendant> {
        let mut free: Vec<_> = self.seated.iter().map(|it| Some(&it.command)).collect();
        let mut place = |command: &String| {
            let index = free.iter().position(|known| *known == Some(command))?;
            free.get_mut(index)?.take();
            Some(index)
        };
        let attend = |it: &Beside| Attendant { pid: it.pid, index: place(&it.command) };
        inherited.iter().map(attend).collect()
    }

    /// What the statistics tell of those that have a place.
    #[must_use]
    pub fn stats(&self, state: &State) -> Vec<DaemonStats<'_>> {
        let told = self.seated.iter().enumerate().map(|(index, daemon)| {
            let place = Place::Daemon(index);
            DaemonStats {
                cmd: &daemon.command,
                pid: state.pid(place).unwrap_or(0),
                respawns: state.spawns(place).saturating_sub(1),
            }
        });
        told.collect()
    }

    /// Finds those whose first process was buried by an earlier image.
    pub fn find_orphans(&mut self) {
        let orphaned = self.living.keys().copied().filter(|pid| {
            let gone = !is_alive(*pid) || !shell::is_there(*pid);
            gone && !self.lingering.iter().any(|(lingering, _)| lingering == pid)
        });
        let orphaned: Vec<_> = orphaned.map(|pid| (pid, End::Code(0))).collect();
        self.lingering.extend(orphaned);
    }

    /// Looks after those with pidfiles. True when one is gone that the server ends with.
    pub fn look(&mut self, now: Instant) -> bool {
        let reads = self.reads;
        // Each is looked at, whatever the others say.
        self.smart.iter_mut().map(|smart| smart.look(now, reads)).filter(|gone| *gone).count() > 0
    }

    /// Stops the one with a pidfile and this command; it is started again at the next look.
    pub fn renew_smart(&mut self, command: &str) {
        for smart in self.smart.iter_mut().filter(|smart| smart.daemon.command == command) {
            if let Some(pid) = smart.named.filter(|pid| is_alive(*pid)) {
                say!("[uwsgi-daemons] stopping daemon (pid: {pid})");
                if let Ok(signal) = Signal::try_from(smart.daemon.stop_signal) {
                    // One that is gone is what is wanted.
                    let _ = kill(Pid::from_raw(pid), signal);
                }
            }
            smart.looked = None;
        }
    }
}

impl Smart {
    fn look(&mut self, now: Instant, reads: bool) -> bool {
        let interval = Duration::from_secs(self.daemon.freq);
        if self.looked.is_some_and(|looked| now.duration_since(looked) < interval) {
            return false;
        }
        self.looked = Some(now);
        let pidfile = self.daemon.pidfile.as_deref().unwrap_or_default();
        let named = fs::read_to_string(pidfile).ok().and_then(|text| text.trim().parse().ok());
        let named = named.filter(|pid| *pid > 1 && is_alive(*pid));
        if let Some(pid) = named {
            if self.named != named {
                let command = &self.daemon.command;
                say!("[uwsgi-daemons] found valid/active pidfile for \"{command}\" (pid: {pid})");
                self.named = named;
            }
            return false;
        }
        if self.child.is_some_and(is_alive) {
            return false;
        }
        if self.daemon.control && self.named.is_some() {
            return true;
        }
        match start(&self.daemon, reads, self.child.is_some()) {
            Ok(pid) => self.child = (!self.daemon.daemonizes).then_some(pid),
            Err(error) => say!("{error}"),
        }
        false
    }
}

fn start(daemon: &Daemon, reads: bool, again: bool) -> io::Result<i32> {
    let known = |error: identity::IdentityError| io::Error::other(error.to_string());
    let uid = daemon.uid.as_deref().map(identity::user).transpose().map_err(known)?;
    let gid = daemon.gid.as_deref().map(identity::group).transpose().map_err(known)?;
    say!(
        "[uwsgi-daemons] {} \"{}\" (uid: {} gid: {})",
        if again { "respawning" } else { "spawning" },
        daemon.command,
        uid.unwrap_or_else(getuid),
        gid.unwrap_or_else(getgid),
    );
    shell::start(&Program { command: &daemon.command, uid, gid, reads })
}

fn is_alive(pid: i32) -> bool {
    kill(Pid::from_raw(pid), None) != Err(nix::Error::ESRCH)
}

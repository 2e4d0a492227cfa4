//! What a thread does beside its requests: hears what the master says, looks at the clock, and whether files have changed.
//!
//! Between requests only. What may not wait until a call is over is for the [`watchdog`](crate::process::watchdog).

use std::io;
use std::os::fd::AsFd;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant, SystemTime};

use nix::sys::signal::Signal;
use tokio::io::Interest;

use super::reactor::Reactor;
use super::{Phase, Shared, Wire, spawn};
use crate::log::request::write_waiting;
use crate::log::say;
use crate::net::stream::watch;
use crate::process::fork::exit_now;
use crate::process::watchdog::Words;

/// What masters say, and process managers to all processes.
pub(super) const WORDS: Words<'static> = Words {
    at_once: &[Signal::SIGINT, Signal::SIGQUIT],
    when_done: &[Signal::SIGHUP, Signal::SIGTERM],
};

/// The same, with what lets a worker pause and go on.
pub(super) fn signals() -> Vec<Signal> {
    [WORDS.at_once, WORDS.when_done, &[Signal::SIGTSTP, Signal::SIGCONT]].concat()
}

/// Keeps house as long as the thread serves.
pub(super) async fn keep(reactor: Rc<Reactor>) {
    if let Err(error) = hear(&reactor).await {
        say!("a worker cannot hear its master: {error}");
    }
}

/// All threads of a worker listen; the first one that is free takes what comes.
async fn hear(reactor: &Reactor) -> io::Result<()> {
    let shared = &reactor.shared;
    let ear = watch(shared.signals.as_fd().try_clone_to_owned()?, Interest::READABLE)?;
    let mut terminated = None;
    loop {
        tokio::select! {
            ready = ear.readable() => ready?.clear_ready(),
            () = reactor.clock.notified() => {}
        }
        for signal in shared.signals.take() {
            match signal {
                Signal::SIGHUP => shared.drain(),
                Signal::SIGTERM => terminated = terminated.or_else(|| Some(Instant::now())),
                Signal::SIGTSTP => shared.pause(Phase::Paused),
                Signal::SIGCONT => shared.pause(Phase::Serving),
                _ => leave(shared),
            }
        }
        if terminated.is_some_and(|since| finishes_on_term(shared, since)) {
            shared.drain();
        }
        if shared.watchdog.is_orphan() {
            // Nobody is left to kill who does not end.
            shared.drain();
        }
        write_waiting(&reactor.counters.lines);
    }
}

/// Ends the process when the application has done what it does at its end, unless it is about that already.
fn leave(shared: &Shared) {
    shared.pause(Phase::Paused);
    if shared.end() {
        shared.board.cores(shared.number - 1).iter().for_each(|core| write_waiting(&core.lines));
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

/// Looks after the application's files where that is wanted, by a thread: they are edited while a request hangs.
pub(super) fn watch_files(shared: &Arc<Shared>) {
    let interval = Duration::from_secs(shared.settings.reload.py_autoreload);
    if interval.is_zero() {
        return;
    }
    let shared = Arc::clone(shared);
    spawn("reloader", None, move || {
        let mut files = sources(&shared);
        loop {
            std::thread::sleep(interval);
            let now = sources(&shared);
            let changed = files.iter().find(|(path, time)| {
                now.iter().any(|(known, changed)| known == path && changed != time)
            });
            if let Some((path, _)) = changed {
                say!("[uwsgi-python-reloader] module {} changed", path.display());
                shared.worker.wants_reload.store(true, Ordering::SeqCst);
            }
            files = now;
        }
    });
}

fn sources(shared: &Shared) -> Vec<(std::path::PathBuf, SystemTime)> {
    let files = shared.app.sources().into_iter();
    files.filter_map(|path| Some((path.clone(), path.metadata().ok()?.modified().ok()?))).collect()
}

//! What a worker and a gateway are made of.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use nix::sys::signal::Signal;

use super::application::{lacks_needed, load};
use super::hooks;
use super::serve::tell_master;
use super::sockets::Sockets;
use crate::app::App;
use crate::error::Exit;
use crate::gateway;
use crate::log::request::RequestLog;
use crate::log::say;
use crate::options::hooks::Moment;
use crate::options::settings::Settings;
use crate::options::sockets::{MapSocket, Protocol};
use crate::process::channel::Channel;
use crate::process::scoreboard::Scoreboard;
use crate::python::{Facts, Wsgi};
use crate::worker::{self, Cgi, Inlet, Source, Wire};

/// `succeeds` where workers of an earlier image go on until these serve.
#[expect(clippy::too_many_arguments, reason = "what a worker is made of, in one place")]
pub(super) fn worker_job(
    number: usize,
    settings: &Arc<Settings>,
    sockets: &Sockets,
    channels: &[Channel],
    board: &'static Scoreboard,
    loaded: Option<&Arc<Wsgi>>,
    facts: &Facts,
    succeeds: bool,
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
    let gateways = channels.iter().map(|channel| Source {
        wire: Wire::Gateway,
        inlet: Inlet::Channel(Arc::clone(&channel.gives)),
        tls: None,
    });
    let (loaded, facts) = (loaded.cloned(), facts.clone());
    let for_load = Arc::clone(settings);
    // Where others serve as long as this one does not, no application is worse than no worker.
    let stands_in = number as u64 > settings.processes.processes;
    let replaces = stands_in || (succeeds && is_first(board, number));
    let app = move || -> Result<Arc<dyn App>, u8> {
        let app = match loaded {
            Some(app) => app,
            None => match load(&for_load, facts) {
                Ok((app, Some(failure))) if replaces || lacks_needed(&for_load, &app) => {
                    if lacks_needed(&for_load, &app) {
                        say!("{failure}");
                    }
                    return Err(Exit::NoApp as u8);
                }
                Ok((app, _)) => Arc::new(app),
                Err(failure) => {
                    say!("{failure}");
                    return Err(Exit::NoApp as u8);
                }
            },
        };
        Wsgi::enter_worker(number);
        run_hooks(&for_load, &accepting(number, is_first(board, number)))?;
        Ok(app)
    };
    worker::Job {
        number,
        settings: Arc::clone(settings),
        sources: listeners.chain(gateways).collect(),
        board,
        requests: RequestLog::default(),
        app: Box::new(app),
    }
}

pub(super) fn gateway_job(
    number: usize,
    settings: &Arc<Settings>,
    sockets: &Sockets,
    channels: &[Channel],
    board: &'static Scoreboard,
) -> Option<gateway::Job> {
    let sockets = sockets.requests.iter().filter(|socket| socket.protocol.is_of_gateway());
    let entrances = sockets.map(|socket| gateway::Entrance {
        listener: Arc::clone(&socket.listener),
        tls: socket.tls.clone(),
        to_https: socket.protocol == Protocol::ToHttps,
    });
    let others = channels.iter().enumerate().filter(|(index, _)| index + 1 != number);
    Some(gateway::Job {
        number,
        settings: Arc::clone(settings),
        entrances: entrances.collect(),
        channel: channels.get(number - 1)?.takes.try_clone().ok()?,
        others: others.map(|(index, channel)| (index + 1, Arc::clone(&channel.gives))).collect(),
        board,
    })
}

/// Whether a worker takes connections of a socket: all do, unless `map-socket` names some.
fn takes(maps: &[MapSocket], socket: usize, worker: usize) -> bool {
    let mut named = maps.iter().filter(|map| map.socket == socket).peekable();
    named.peek().is_none() || named.any(|map| map.workers.contains(&worker))
}

/// Whether this is the first process of a worker's number.
pub(super) fn is_first(board: &Scoreboard, number: usize) -> bool {
    let spawns = board.workers().get(number - 1).map(|worker| &worker.spawns);
    spawns.is_none_or(|spawns| spawns.load(Ordering::Relaxed) <= 1)
}

/// The moments of a worker that is about to take requests.
fn accepting(number: usize, first: bool) -> Vec<Moment> {
    let mut moments = vec![Moment::Accepting];
    moments.extend(first.then_some(Moment::AcceptingOnce));
    moments.extend((number == 1).then_some(Moment::Accepting1));
    moments.extend((number == 1 && first).then_some(Moment::Accepting1Once));
    moments
}

/// Runs the hooks of a worker. One that fails ends the server, as in uWSGI; the worker's exit code
/// is given.
pub(super) fn run_hooks(settings: &Settings, moments: &[Moment]) -> Result<(), u8> {
    for moment in moments {
        if let Err(failure) = hooks::run(settings, *moment) {
            say!("{failure}");
            tell_master(Signal::SIGINT);
            return Err(Exit::Wrong as u8);
        }
    }
    Ok(())
}

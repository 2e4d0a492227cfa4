//! One thread of a worker: a current-thread runtime that accepts, reads, calls and writes.
//!
//! The application is called on this very thread, one request at a time: the slot. While the
//! slot is taken nothing new is accepted here, so the kernel hands connections to idle threads.

use std::future::poll_fn;
use std::io;
use std::os::fd::OwnedFd;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::Poll;
use std::time::Duration;

use tokio::sync::{Notify, Semaphore, watch};
use tokio::task::LocalSet;

use super::batch::Batch;
use super::crew::{Crew, Job};
use super::exchange::Exchange;
use super::line::{Lent, Line};
use super::load::Load;
use super::{Inlet, Phase, Shared, Source, Wire, house, single};
use crate::app::held;
use crate::app::{Outlet, Output, Request};
use crate::log::request::{Pace, write_waiting};
use crate::log::say;
use crate::net::acceptor::Acceptor;
use crate::net::ending::{Ending, Stage};
use crate::net::http::{PATIENCE, keep_time, let_others_go};
use crate::net::listen::Listener;
use crate::net::stream::{Preface, Stream};
use crate::process::channel::{self, Note};
use crate::process::scoreboard::Core;

/// After an error of `accept` (no descriptors left) nothing is accepted for so long.
const BREATH: Duration = Duration::from_millis(100);

/// How long a new connection may take to send its request before the next one is accepted. Front
/// ends send at once; a slow client costs the others this much and no more.
const MANNERS: Duration = Duration::from_millis(5);

/// How long a client may take over a reply before the thread, which is free, asks for other requests.
const OVERLONG: Duration = Duration::from_millis(50);

/// What all connections of a thread share.
pub(super) struct Reactor {
    pub(super) shared: Arc<Shared>,
    /// The number of the thread, from 0.
    pub(super) core: usize,
    pub(super) counters: &'static Core,
    /// The one place in the application that this thread has.
    pub(super) slot: Semaphore,
    /// Whether the slot is taken.
    pub(super) busy: watch::Sender<bool>,
    /// Held by every connection; all of them back means that the thread is done.
    connections: Arc<Semaphore>,
    /// Who serves its connections.
    pub(super) crew: Crew,
    /// The calls of this turn.
    pub(super) batch: Rc<Batch>,
    /// Told that there may be news before the thread waits.
    pub(super) look: Notify,
    /// Rings once a second.
    pub(super) clock: Notify,
    /// When connections end that serve nothing.
    pub(super) ending: Ending,
}

impl Reactor {
    /// The line of a connection.
    pub(super) fn line(&self, stream: Stream, wire: Wire) -> Box<Line> {
        let settings = &self.shared.settings;
        let silence = match wire {
            // The gateway waits for its client.
            Wire::Gateway => settings.http.http_timeout,
            _ => settings.sockets.socket_timeout,
        };
        let silence = Duration::from_secs(silence);
        Box::new(Line::new(stream, Arc::clone(&self.shared), self.core, wire, silence))
    }

    /// Answers a request on a line; gives the line back where the reply went out. `overlong` is told
    /// where a client takes its time over a reply that the application has done with.
    pub(super) async fn answer(
        self: &Rc<Self>,
        request: Request,
        line: Box<Line>,
        lent: &Arc<Lent>,
        overlong: Option<&Notify>,
    ) -> Option<Box<Line>> {
        let client = line.client(self.shared.settings.limits.harakiri > 0);
        let is_kept = line.is_one_of_many();
        lent.lend(line);
        let mut exchange = Exchange::new(self, request);
        let outlet = Arc::clone(lent) as Arc<dyn Outlet>;
        let reply = exchange.answer(&outlet, client, is_kept).await;
        if self.shared.settings.processes.threads > 1 && held::is_held() {
            self.look.notify_one();
        }
        let mut line = lent.take()?;
        let mut company = exchange.take_company();
        line.waits_for_others = company.is_some();
        let is_done = matches!(reply.body, Output::Full(_));
        let mut is_overlong = false;
        let replied = {
            let mut replied = pin!(line.reply(reply, &mut exchange));
            let at_once = poll_fn(|context| Poll::Ready(replied.as_mut().poll(context))).await;
            if at_once.is_pending() {
                // A client that takes its time keeps no place among the calls.
                company = None;
            }
            match (at_once, overlong.filter(|_| is_done)) {
                (Poll::Ready(replied), _) => replied,
                (Poll::Pending, None) => replied.await,
                (Poll::Pending, Some(overlong)) => {
                    let in_time = tokio::time::timeout(OVERLONG, &mut replied).await;
                    if let Ok(replied) = in_time {
                        replied
                    } else {
                        is_overlong = true;
                        overlong.notify_one();
                        replied.await
                    }
                }
            }
        };
        if replied.is_err() {
            exchange.not_taken();
            return None;
        }
        if is_overlong {
            line.forget();
        }
        drop(exchange);
        if company.is_some() {
            let_others_go().await;
        }
        if line.waits_for_others {
            line.stream.push();
        }
        Some(line)
    }

    /// Who this thread is, for the gateway.
    fn note(&self) -> Note {
        let number = |number: usize| u32::try_from(number).unwrap_or(0);
        let both = u64::from(number(self.shared.number)) << 32 | u64::from(number(self.core));
        both.to_be_bytes()
    }

    /// Tells its connections when the worker drains. Clients that may be about to send a further request are given
    /// time, unless the server stops.
    async fn tell_ending(&self) {
        let mut phase = self.shared.phase.subscribe();
        // The sender lives as long as the worker.
        let _ = phase.wait_for(|phase| *phase == Phase::Draining).await;
        self.ending.tell(Stage::Near);
        if !self.stops() {
            tokio::time::sleep(PATIENCE).await;
        }
        self.ending.tell(Stage::Here);
    }

    /// How many connections wait at a socket that nobody else will look after: the server stops.
    fn left_behind(&self, listener: &Listener) -> u64 {
        if !self.stops() {
            return 0;
        }
        // Who would come now, nobody would answer: it is better to say so.
        listener.turn_away();
        listener.queue().map_or(0, |queue| queue.waiting)
    }

    /// Whether the whole server stops.
    fn stops(&self) -> bool {
        self.shared.worker.stopping.load(Ordering::SeqCst)
    }

    /// What comes before the first request of a source's connections.
    fn preface(&self, source: &Source) -> Preface {
        let settings = &self.shared.settings;
        let is_http = matches!(source.wire, Wire::Http | Wire::Http11);
        Preface {
            proxy: is_http && settings.sockets.enable_proxy_protocol,
            tls: source.tls.clone(),
            verbose: settings.http.ssl_verbose,
            wait: Duration::from_secs(settings.sockets.socket_timeout),
        }
    }
}

const MOST_CONNECTIONS: u32 = 1 << 20;

/// Serves until the worker drains and the last connection is done.
pub(super) fn run(shared: &Arc<Shared>, core: usize) {
    let cores = shared.board.cores(shared.number - 1);
    let Some(counters) = cores.get(core) else { return };
    let pace = Pace::default();
    let load = Arc::new(Load::new());
    let (waiting, going_on) = (Arc::clone(&load), Arc::clone(&load));
    #[expect(clippy::disallowed_methods, reason = "a worker's thread is a reactor")]
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        // It is about to wait for the kernel's news.
        .on_thread_park(move || {
            held::let_go();
            pace.write(&counters.lines);
            waiting.wait();
        })
        .on_thread_unpark(move || going_on.go_on())
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => return say!("cannot start a reactor: {error}"),
    };
    let reactor = Rc::new(Reactor {
        shared: Arc::clone(shared),
        core,
        counters,
        slot: Semaphore::new(1),
        busy: watch::Sender::new(false),
        connections: Arc::new(Semaphore::new(MOST_CONNECTIONS as usize)),
        crew: Crew::default(),
        batch: Rc::new(Batch::new(load)),
        look: Notify::new(),
        clock: Notify::new(),
        ending: Ending::default(),
    });
    // As a task: what is awaited here itself is asked at each turn of the reactor.
    let served = LocalSet::new()
        .block_on(&runtime, async { tokio::task::spawn_local(serve(reactor)).await });
    if let Err(error) = served {
        say!("a reactor ended before its time: {error}");
    }
    write_waiting(&counters.lines);
}

async fn serve(reactor: Rc<Reactor>) {
    let clock = Rc::clone(&reactor);
    tokio::task::spawn_local(keep_time(move || clock.clock.notify_waiters()));
    tokio::task::spawn_local(look_first(Rc::clone(&reactor)));
    tokio::task::spawn_local(house::keep(Rc::clone(&reactor)));
    let ends = Rc::clone(&reactor);
    tokio::task::spawn_local(async move { ends.tell_ending().await });
    let mut acceptors = tokio::task::JoinSet::new();
    for source in &reactor.shared.sources {
        let reactor = Rc::clone(&reactor);
        match &source.inlet {
            Inlet::Channel(channel) => {
                acceptors.spawn_local(serve_gateway(reactor, Arc::clone(channel)));
            }
            Inlet::Listener(listener) => match Acceptor::new(listener) {
                Ok(acceptor) => {
                    let acceptor = match source.wire {
                        // A thread that answers the next request of another connection first would keep
                        // this one from those that are idle.
                        Wire::Http11 => acceptor,
                        _ => acceptor.by_turns(),
                    };
                    let preface = reactor.preface(source);
                    let door = (acceptor, Arc::clone(listener));
                    acceptors.spawn_local(accept(reactor, door, source.wire, preface));
                }
                Err(error) => say!("cannot wait for connections: {error}"),
            },
        }
    }
    while acceptors.join_next().await.is_some() {}
    // All acceptors have ended: the worker drains. Every connection gives its permit back.
    let _ = reactor.connections.acquire_many(MOST_CONNECTIONS).await;
}

/// Looks whether there is something to do before the thread waits, and lets go of what another thread would only
/// take to give it back: handing over costs more than a look.
async fn look_first(reactor: Rc<Reactor>) {
    loop {
        reactor.look.notified().await;
        tokio::task::yield_now().await;
    }
}

/// Connects to the gateway and serves its requests; again where it went away.
async fn serve_gateway(reactor: Rc<Reactor>, channel: Arc<OwnedFd>) {
    let mut phase = reactor.shared.phase.subscribe();
    loop {
        // The sender lives as long as the worker.
        let serves = phase.wait_for(|phase| *phase != Phase::Paused).await;
        if serves.is_ok_and(|phase| *phase == Phase::Draining) {
            return;
        }
        let connected = channel::connection().map_err(io::Error::from);
        let connected = connected.and_then(|(mine, theirs)| {
            channel::give(&channel, &theirs, &reactor.note()).map(|()| mine)
        });
        match connected {
            Ok(mine) => {
                let permit = Arc::clone(&reactor.connections).acquire_owned().await;
                let (reactor, overlong) = (Rc::clone(&reactor), Rc::new(Notify::new()));
                let stream = Stream::new(mine, None, None);
                let serving = single::serve_gateway(reactor, stream, Rc::clone(&overlong));
                let serving = tokio::task::spawn_local(async move {
                    serving.await;
                    drop(permit);
                });
                tokio::select! {
                    _ = serving => {}
                    () = overlong.notified() => {}
                }
            }
            // Many threads come at once, or the gateway of another image is gone for good.
            Err(_) => {
                tokio::select! {
                    _ = phase.changed() => {}
                    () = tokio::time::sleep(BREATH) => {}
                }
            }
        }
    }
}

async fn accept(
    reactor: Rc<Reactor>,
    (door, listener): (Acceptor, Arc<Listener>),
    wire: Wire,
    preface: Preface,
) {
    let preface = Rc::new(preface);
    let processes = &reactor.shared.settings.processes;
    let is_alone = processes.processes * processes.threads == 1;
    let mut phase = reactor.shared.phase.subscribe();
    let (mut paused, mut serving) = (phase.clone(), phase.clone());
    let (mut busy, mut taken) = (reactor.busy.subscribe(), reactor.busy.subscribe());
    let mut idle = busy.clone();
    let mut left = None;
    loop {
        // The senders live as long as the reactor.
        if *phase.borrow() == Phase::Paused {
            door.skip();
        }
        let _ = serving.wait_for(|phase| *phase != Phase::Paused).await;
        if left.is_none() && *phase.borrow() == Phase::Draining {
            // This thread may be the one that was woken for a connection, at the same time.
            left = Some(reactor.left_behind(&listener).max(1));
        }
        let may_take = *phase.borrow() == Phase::Serving && !*reactor.busy.borrow();
        // Who is there already need not be waited for.
        let at_once = may_take.then(|| door.try_accept()).flatten();
        let next = async {
            if *busy.borrow() {
                door.skip();
            }
            let _ = busy.wait_for(|busy| !*busy).await;
            door.accept().await
        };
        let accepted = if let Some(accepted) = at_once {
            accepted
        } else {
            tokio::select! {
                biased;
                _ = phase.wait_for(|phase| *phase == Phase::Draining), if left.is_none() => continue,
                left = take_left(&door, &mut left, &mut idle), if left.is_some() => match left {
                    Some(accepted) => accepted,
                    None => return,
                },
                // A stream took the slot while nobody came: who comes now is for another thread.
                _ = taken.wait_for(|busy| *busy), if !*reactor.busy.borrow() => continue,
                accepted = next => accepted,
                _ = paused.wait_for(|phase| *phase == Phase::Paused) => continue,
                () = reactor.clock.notified() => {
                    // Another thread may have been woken for a connection that began with something else:
                    // who takes part anew is told of those that wait.
                    door.skip();
                    continue;
                }
            }
        };
        match accepted {
            Ok(stream) => {
                // The semaphore is never closed.
                let permit = Arc::clone(&reactor.connections).acquire_owned().await.ok();
                let arrived = Rc::new(Notify::new());
                let (preface, told) = (Rc::clone(&preface), Rc::clone(&arrived));
                let job = Job { connection: stream, preface, wire, arrived: told, permit };
                Crew::serve(&reactor, job);
                let_others_go().await;
                if !is_alone {
                    // Its request comes before the next connection is accepted: that one is for
                    // another thread, if one is idle.
                    let mut has_arrived = pin!(arrived.notified());
                    if !has_arrived.as_mut().enable() {
                        door.skip();
                        let _ = tokio::time::timeout(MANNERS, has_arrived).await;
                    }
                }
            }
            Err(error) => {
                // Another worker may have turned clients away already.
                if !reactor.stops() {
                    say!("cannot accept a connection: {error}");
                }
                door.skip();
                tokio::time::sleep(BREATH).await;
            }
        }
    }
}

/// Takes the next of so many connections that wait, when the thread is idle; `None` when nobody waits
/// any more.
async fn take_left(
    door: &Acceptor,
    left: &mut Option<u64>,
    busy: &mut watch::Receiver<bool>,
) -> Option<io::Result<Stream>> {
    let rest = left.unwrap_or(0).checked_sub(1)?;
    // The sender lives as long as the reactor.
    let _ = busy.wait_for(|busy| !*busy).await;
    *left = Some(rest);
    tokio::time::timeout(MANNERS, door.accept()).await.ok()
}

//! One thread of a worker: a current-thread runtime that accepts, reads, calls and writes.
//!
//! The application is called on this very thread, one request at a time: the slot. While the
//! slot is taken nothing new is accepted here, so the kernel hands connections to idle threads.

use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::io::Interest;
use tokio::net::UnixStream;
use tokio::sync::{Notify, Semaphore, watch};
use tokio::task::LocalSet;

use super::writer::Framing;
use super::{Client, Inlet, Phase, Shared, Source, Wire, http, single};
use crate::log::say;
use crate::net::http::PATIENCE;
use crate::net::listen::Listener;
use crate::net::stream::{Acceptor, Preface, Stream};
use crate::process::channel;
use crate::process::scoreboard::Core;

/// After an error of `accept` (no descriptors left) nothing is accepted for so long.
const BREATH: Duration = Duration::from_millis(100);

/// How long a new connection may take to send its request before the next one is accepted. Front
/// ends send at once; a slow client costs the others this much and no more.
const MANNERS: Duration = Duration::from_millis(5);

/// The same for connections of the gateway: its requests are complete and on their way, however busy
/// the machine is. A second one taken meanwhile would wait behind the first.
const MANNERS_OF_GATEWAY: Duration = Duration::from_secs(1);

/// What all connections of a thread share.
pub(super) struct Reactor {
    pub(super) shared: Arc<Shared>,
    /// The number of the thread, from 0.
    pub(super) core: usize,
    pub(super) counters: &'static Core,
    /// The one place in the application that this thread has.
    pub(super) slot: Arc<Semaphore>,
    /// Whether the slot is taken.
    pub(super) busy: watch::Sender<bool>,
    /// Held by every connection; all of them back means that the thread is done.
    connections: Arc<Semaphore>,
}

impl Reactor {
    /// A copy of a connection where requests may take too long.
    pub(super) fn client(&self, stream: &Stream, wire: Wire, framing: Framing) -> Option<Client> {
        let wanted = self.shared.settings.limits.harakiri > 0;
        let connection = wanted.then(|| stream.duplicate().ok()).flatten()?;
        Some(Client { wire, framing, connection })
    }

    /// Over when a connection that serves nothing is to be closed. Clients that may be about to send
    /// a further request are given time, unless the server stops.
    pub(super) async fn drained(&self, is_kept: bool) {
        let mut phase = self.shared.phase.subscribe();
        // The sender lives as long as the worker.
        let _ = phase.wait_for(|phase| *phase == Phase::Draining).await;
        if is_kept && !self.shared.worker.stopping.load(Ordering::SeqCst) {
            tokio::time::sleep(PATIENCE).await;
        }
    }

    /// How many connections wait at a door that nobody else will open: the server stops.
    fn left_behind(&self, door: &Door) -> u64 {
        match door {
            Door::Listener(_, listener) if self.shared.worker.stopping.load(Ordering::SeqCst) => {
                listener.queue().map_or(0, |queue| queue.waiting)
            }
            _ => 0,
        }
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
    #[expect(clippy::disallowed_methods, reason = "a worker's thread is a reactor")]
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => return say!("cannot start a reactor: {error}"),
    };
    let reactor = Rc::new(Reactor {
        shared: Arc::clone(shared),
        core,
        counters,
        slot: Arc::new(Semaphore::new(1)),
        busy: watch::Sender::new(false),
        connections: Arc::new(Semaphore::new(MOST_CONNECTIONS as usize)),
    });
    LocalSet::new().block_on(&runtime, serve(reactor));
}

async fn serve(reactor: Rc<Reactor>) {
    let mut acceptors = tokio::task::JoinSet::new();
    for source in &reactor.shared.sources {
        match Door::new(&source.inlet) {
            Ok(door) => {
                let preface = reactor.preface(source);
                acceptors.spawn_local(accept(Rc::clone(&reactor), door, source.wire, preface));
            }
            Err(error) => say!("cannot wait for connections: {error}"),
        }
    }
    while acceptors.join_next().await.is_some() {}
    // All acceptors have ended: the worker drains. Every connection gives its permit back.
    let _ = reactor.connections.acquire_many(MOST_CONNECTIONS).await;
}

async fn accept(reactor: Rc<Reactor>, door: Door, wire: Wire, preface: Preface) {
    let preface = Rc::new(preface);
    let manners = if wire == Wire::Gateway { MANNERS_OF_GATEWAY } else { MANNERS };
    let mut phase = reactor.shared.phase.subscribe();
    let (mut paused, mut serving) = (phase.clone(), phase.clone());
    let (mut busy, mut taken) = (reactor.busy.subscribe(), reactor.busy.subscribe());
    let mut idle = busy.clone();
    let mut left = None;
    loop {
        // The senders live as long as the reactor.
        let _ = serving.wait_for(|phase| *phase != Phase::Paused).await;
        if left.is_none() && *phase.borrow() == Phase::Draining {
            left = Some(reactor.left_behind(&door));
        }
        let next = async {
            let _ = busy.wait_for(|busy| !*busy).await;
            door.accept().await
        };
        let accepted = tokio::select! {
            biased;
            _ = phase.wait_for(|phase| *phase == Phase::Draining), if left.is_none() => continue,
            left = door.take_left(&mut left, &mut idle), if left.is_some() => match left {
                Some(accepted) => accepted,
                None => return,
            },
            _ = paused.wait_for(|phase| *phase == Phase::Paused) => continue,
            // A stream took the slot while nobody came: who comes now is for another thread.
            _ = taken.wait_for(|busy| *busy), if !*reactor.busy.borrow() => continue,
            accepted = next => accepted,
        };
        match accepted {
            Ok(stream) => {
                let permit = Arc::clone(&reactor.connections).acquire_owned().await;
                let arrived = Rc::new(Notify::new());
                let (reactor, told) = (Rc::clone(&reactor), Rc::clone(&arrived));
                let preface = Rc::clone(&preface);
                tokio::task::spawn_local(async move {
                    if let Some(stream) = stream.begin(&preface).await {
                        serve_connection(&reactor, stream, wire, &told).await;
                    }
                    told.notify_one();
                    drop(permit);
                });
                // Its request comes before the next connection is accepted: that one is for
                // another thread, if one is idle.
                tokio::task::yield_now().await;
                let _ = tokio::time::timeout(manners, arrived.notified()).await;
            }
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return,
            Err(error) => {
                say!("cannot accept a connection: {error}");
                tokio::time::sleep(BREATH).await;
            }
        }
    }
}

async fn serve_connection(reactor: &Rc<Reactor>, stream: Stream, wire: Wire, arrived: &Notify) {
    match wire {
        Wire::Uwsgi | Wire::Gateway | Wire::Cgi { .. } => {
            single::serve(reactor, stream, wire, arrived).await;
        }
        Wire::Http | Wire::Http11 => http::serve(reactor, stream, wire, arrived).await,
    }
}

/// An [`Inlet`] within a reactor.
enum Door {
    Listener(Acceptor, Arc<Listener>),
    Channel(UnixStream),
}

impl Door {
    fn new(inlet: &Inlet) -> io::Result<Self> {
        Ok(match inlet {
            Inlet::Listener(listener) => {
                Self::Listener(Acceptor::new(listener)?, Arc::clone(listener))
            }
            Inlet::Channel(channel) => {
                Self::Channel(UnixStream::from_std(channel.try_clone()?.into())?)
            }
        })
    }

    /// Takes the next of so many connections that wait, when the thread is idle; `None` when nobody
    /// waits any more.
    async fn take_left(
        &self,
        left: &mut Option<u64>,
        busy: &mut watch::Receiver<bool>,
    ) -> Option<io::Result<Stream>> {
        let rest = left.unwrap_or(0).checked_sub(1)?;
        // The sender lives as long as the reactor.
        let _ = busy.wait_for(|busy| !*busy).await;
        *left = Some(rest);
        tokio::time::timeout(MANNERS, self.accept()).await.ok()
    }

    async fn accept(&self) -> io::Result<Stream> {
        match self {
            Self::Listener(acceptor, _) => acceptor.accept().await,
            Self::Channel(channel) => {
                let taken = channel.async_io(Interest::READABLE, || channel::take(channel)).await?;
                Ok(Stream::unix(UnixStream::from_std(taken)?))
            }
        }
    }
}

//! `--http`: a process of its own that holds the clients' connections.
//!
//! Reads complete requests and hands each one to a thread of a worker that is idle ([`pool`],
//! [`forward`]). Runs no Python and knows nothing of the application.

mod connection;
mod elsewhere;
mod forward;
mod pool;
mod tunnel;
mod turns;

use std::os::fd::OwnedFd;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use nix::sys::signal::Signal;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{Semaphore, watch};
use tokio::task::{JoinSet, LocalSet};

use self::connection::Connection;
use self::elsewhere::Elsewhere;
use crate::log::say;
use crate::net::acceptor::Acceptor;
use crate::net::ending::{Ending, Stage};
use crate::net::http::{PATIENCE, Rules, keep_time};
use crate::net::listen::Listener;
use crate::net::stream::Preface;
use crate::net::tls::Tls;
use crate::options::settings::Settings;
use crate::process::scoreboard::Scoreboard;
use crate::process::signals;

const MOST_CONNECTIONS: u32 = 1 << 20;
/// After an error of `accept` (no descriptors left) nothing is accepted for so long.
const BREATH: Duration = Duration::from_millis(100);

/// What a gateway is made of.
pub struct Job {
    /// Its number, from 1.
    pub number: usize,
    /// The options.
    pub settings: Arc<Settings>,
    /// Where clients come.
    pub entrances: Vec<Entrance>,
    /// Where threads of workers come.
    pub channel: OwnedFd,
    /// The other gateways, by their numbers: what wakes them.
    pub others: Vec<(usize, Arc<OwnedFd>)>,
    /// What is shared with workers and the master.
    pub board: &'static Scoreboard,
}

/// Where clients come.
#[derive(Clone)]
pub struct Entrance {
    /// The socket.
    pub listener: Arc<Listener>,
    /// Set where TLS is spoken.
    pub tls: Option<Tls>,
    /// Whether clients are only told to come over HTTPS.
    pub to_https: bool,
}

/// Whether the gateway goes, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Leaving {
    No,
    /// Another one takes its place: clients are given time.
    Patiently,
    /// The server stops.
    Soon,
}

/// What all connections share.
struct Gateway {
    settings: Arc<Settings>,
    pool: pool::Pool,
    /// Where requests go that are not for this server's workers.
    elsewhere: Elsewhere,
    server_name: Arc<str>,
    /// How connections are served.
    rules: Rules,
    /// How long a request may wait for a thread.
    patience: Duration,
    leaving: watch::Sender<Leaving>,
    /// When connections end that serve nothing.
    ending: Ending,
    /// Held by every connection; all of them back means that the gateway is done.
    connections: Arc<Semaphore>,
}

/// Lives as a gateway; gives the exit code of its process.
#[must_use]
pub fn run(job: Job) -> u8 {
    signals::end_at_once(&[Signal::SIGINT, Signal::SIGQUIT]);
    signals::on_parent_end(Signal::SIGHUP);
    #[expect(clippy::disallowed_methods, reason = "the gateway is a reactor")]
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    // As a task: what is awaited here itself is asked at each turn of the reactor.
    let served = runtime.and_then(|runtime| {
        LocalSet::new().block_on(&runtime, async { tokio::task::spawn_local(serve(job)).await? })
    });
    match served {
        Ok(()) => 0,
        Err(error) => {
            say!("the http gateway cannot run: {error}");
            1
        }
    }
}

async fn serve(job: Job) -> std::io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hangup = signal(SignalKind::hangup())?;
    signals::release(signals::TO_CHILDREN);
    let most = usize::try_from(job.settings.http.http_queue).unwrap_or(usize::MAX);
    let rules = rules(&job.settings);
    let gateway = Rc::new(Gateway {
        pool: pool::Pool::new((job.number, job.channel), job.others, job.board, most)?,
        elsewhere: Elsewhere::new(job.settings.http.http_to.iter().map(|said| said.value.as_str())),
        server_name: nix::unistd::gethostname()
            .map(|name| name.to_string_lossy().into())
            .unwrap_or_default(),
        patience: or_else(job.settings.http.http_connect_timeout, rules.silence),
        rules,
        leaving: watch::Sender::new(Leaving::No),
        ending: Ending::default(),
        connections: Arc::new(Semaphore::new(MOST_CONNECTIONS as usize)),
        settings: job.settings,
    });
    let clock = Rc::clone(&gateway);
    tokio::task::spawn_local(keep_time(move || clock.pool.turns.look_after()));
    let takes_in = Rc::clone(&gateway);
    tokio::task::spawn_local(async move { takes_in.pool.take_in().await });
    let ends = Rc::clone(&gateway);
    tokio::task::spawn_local(async move { tell_ending(&ends).await });
    let mut acceptors = JoinSet::new();
    for entrance in job.entrances {
        acceptors.spawn_local(accept(Rc::clone(&gateway), entrance));
    }
    tokio::select! {
        _ = terminate.recv() => {
            gateway.leaving.send_replace(Leaving::Soon);
        }
        _ = hangup.recv() => {
            gateway.leaving.send_replace(Leaving::Patiently);
        }
    }
    // Nothing is accepted any more once the acceptors ended; then every connection gives its permit
    // back.
    while acceptors.join_next().await.is_some() {}
    let all_done = gateway.connections.acquire_many(MOST_CONNECTIONS);
    tokio::pin!(all_done);
    tokio::select! {
        _ = all_done.as_mut() => return Ok(()),
        _ = terminate.recv() => {
            gateway.leaving.send_replace(Leaving::Soon);
        }
    }
    let _ = all_done.await;
    Ok(())
}

async fn accept(gateway: Rc<Gateway>, entrance: Entrance) {
    let acceptor = match Acceptor::new(&entrance.listener) {
        Ok(acceptor) => acceptor,
        Err(error) => return say!("cannot listen on {}: {error}", entrance.listener.address),
    };
    let preface = Rc::new(Preface {
        proxy: gateway.settings.http.http_enable_proxy_protocol,
        tls: entrance.tls.clone(),
        verbose: gateway.settings.http.ssl_verbose,
        wait: gateway.rules.silence,
    });
    let to_https = entrance.to_https;
    let mut leaving = gateway.leaving.subscribe();
    let mut left = None;
    loop {
        let accepted = match &mut left {
            None => tokio::select! {
                biased;
                leaving = leaving.wait_for(|leaving| *leaving > Leaving::No) => {
                    // Whoever waits when the server stops is still served; later ones are for a
                    // gateway to come.
                    let soon = leaving.is_ok_and(|leaving| *leaving == Leaving::Soon);
                    let queue = entrance.listener.queue().filter(|_| soon);
                    left = Some(queue.map_or(0, |queue| queue.waiting));
                    continue;
                }
                accepted = acceptor.accept() => accepted,
            },
            Some(0) => return,
            Some(left) => {
                *left -= 1;
                match tokio::time::timeout(BREATH, acceptor.accept()).await {
                    Ok(accepted) => accepted,
                    Err(_) => return,
                }
            }
        };
        let stream = match accepted {
            Ok(stream) => stream,
            Err(error) => {
                say!("the http gateway cannot accept a connection: {error}");
                tokio::time::sleep(BREATH).await;
                continue;
            }
        };
        let permit = Arc::clone(&gateway.connections).acquire_owned().await;
        let (gateway, preface) = (Rc::clone(&gateway), Rc::clone(&preface));
        // In a box: it is large, and handed on several times until it runs.
        tokio::task::spawn_local(Box::pin(async move {
            let begun = tokio::select! {
                biased;
                begun = stream.begin(&preface) => begun,
                () = out_of_patience(&gateway) => None,
            };
            let told = gateway.pool.told;
            let count = |change: i64| {
                if let Some(told) = told {
                    told.connections.fetch_add(change.cast_unsigned(), Ordering::Relaxed);
                }
            };
            count(1);
            if let Some(stream) = begun {
                let mut connection = Connection::new(&gateway, stream, to_https);
                if connection.serve().await.is_ok() {
                    Box::pin(connection.end()).await;
                }
            }
            count(-1);
            drop(permit);
        }));
    }
}

/// Tells connections when the gateway goes, and when it has been going for a while.
async fn tell_ending(gateway: &Gateway) {
    let mut leaving = gateway.leaving.subscribe();
    // The sender lives as long as the gateway.
    let _ = leaving.wait_for(|leaving| *leaving > Leaving::No).await;
    gateway.ending.tell(Stage::Near);
    let soon = leaving.wait_for(|leaving| *leaving == Leaving::Soon);
    let _ = tokio::time::timeout(PATIENCE, soon).await;
    gateway.ending.tell(Stage::Here);
}

/// Over when the gateway has been going for a while.
async fn out_of_patience(gateway: &Gateway) {
    gateway.ending.reach(Stage::Near).await;
    tokio::time::sleep(PATIENCE).await;
}

/// How connections are served.
fn rules(settings: &Settings) -> Rules {
    let silence = Duration::from_secs(settings.http.http_timeout);
    Rules {
        head: settings.limits.buffer_size,
        // As uWSGI 2.0.31 does: the limit of silence holds where there is none of its own.
        wait: settings.http.http_keepalive.map_or(silence, Duration::from_secs),
        speaks: or_else(settings.http.http_headers_timeout, silence),
        silence,
        keep_alive: true,
        in_memory: settings.limits.post_buffering,
        body: settings.limits.limit_post,
    }
}

/// A time in seconds, or another one where none was said.
fn or_else(seconds: u64, unless_said: Duration) -> Duration {
    if seconds == 0 { unless_said } else { Duration::from_secs(seconds) }
}

//! What the statistics server tells: one JSON object in uWSGI's form.
//!
//! [`metrics`](super::metrics) tells the same numbers to Prometheus; [`clients`](super::clients) carries both.

use std::sync::atomic::{AtomicU64, Ordering};

use serde::Serialize;

use super::cron::{Crons, Running};
use crate::net::listen::Listener;
use crate::options::cron::Cron;
use crate::options::settings::Settings;
use crate::process::scoreboard::{Gateway, Scoreboard};

#[derive(Serialize)]
pub(super) struct CronStats<'a> {
    minute: i64,
    hour: i64,
    day: i64,
    month: i64,
    week: i64,
    command: &'a str,
    unique: u64,
    legion: &'static str,
    pid: i32,
    started_at: u64,
}

fn cron_stats<'c>((cron, running): (&'c Cron, Option<&Running>)) -> CronStats<'c> {
    CronStats {
        minute: cron.minute,
        hour: cron.hour,
        day: cron.day,
        month: cron.month,
        week: cron.week,
        command: &cron.command,
        unique: cron.unique.into(),
        legion: "",
        pid: running.map_or(-1, |running| running.pid),
        started_at: running.map_or(0, |running| running.started),
    }
}

/// What comes before the statistics with `stats-http`.
pub const HEAD: &str = "HTTP/1.0 200 OK\r\nConnection: close\r\nAccess-Control-Allow-Origin: *\r\n\
    Content-Type: application/json\r\n\r\n";

/// What the statistics tell of.
pub struct Subject<'a> {
    /// The options.
    pub settings: &'a Settings,
    /// The shared memory.
    pub board: &'a Scoreboard,
    /// The sockets and their protocols.
    pub sockets: &'a [(&'static str, std::sync::Arc<Listener>)],
    /// The programs beside the server.
    pub daemons: Vec<DaemonStats<'a>>,
    /// The commands that run at times.
    pub crons: &'a Crons,
    /// Whether the workers take no requests for a while.
    pub paused: bool,
}

/// What is told of the gateways: uWSGI's names, then our own.
#[derive(Serialize)]
struct GatewayStats<'a> {
    version: &'a str,
    pid: i32,
    uid: u32,
    gid: u32,
    cwd: String,
    active_sessions: u64,
    http: Vec<&'a str>,
    cheap: u64,
    processes: usize,
    waiting: u64,
    refused: u64,
}

/// What is told of a program beside the server.
#[derive(Serialize)]
pub struct DaemonStats<'a> {
    /// What a shell was told.
    pub cmd: &'a str,
    /// 0 while it does not run.
    pub pid: i32,
    /// How often it was started, without the first time.
    pub respawns: usize,
}

#[derive(Serialize)]
pub(super) struct Stats<'a> {
    pub(super) version: &'a str,
    pub(super) listen_queue: u64,
    pub(super) listen_queue_errors: u64,
    pub(super) signal_queue: u64,
    pub(super) load: u64,
    pub(super) pid: u32,
    pub(super) uid: u32,
    pub(super) gid: u32,
    pub(super) cwd: String,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub(super) daemons: &'a [DaemonStats<'a>],
    pub(super) locks: [Lock; 2],
    pub(super) sockets: Vec<SocketStats>,
    pub(super) workers: Vec<WorkerStats>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) crons: Vec<CronStats<'a>>,
}

#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Lock {
    User {
        #[serde(rename = "user 0")]
        held: u64,
    },
    Signal {
        signal: u64,
    },
}

#[derive(Serialize)]
pub(super) struct SocketStats {
    pub(super) name: String,
    pub(super) proto: &'static str,
    pub(super) queue: u64,
    pub(super) max_queue: u64,
    pub(super) shared: u64,
    pub(super) can_offload: u64,
}

#[derive(Serialize)]
pub(super) struct WorkerStats {
    pub(super) id: usize,
    pub(super) pid: u32,
    pub(super) accepting: u64,
    pub(super) requests: u64,
    pub(super) delta_requests: u64,
    pub(super) exceptions: u64,
    pub(super) harakiri_count: u64,
    pub(super) signals: u64,
    pub(super) signal_queue: u64,
    pub(super) status: &'static str,
    pub(super) rss: u64,
    pub(super) vsz: u64,
    pub(super) running_time: u64,
    pub(super) last_spawn: u64,
    pub(super) respawn_count: u64,
    pub(super) tx: u64,
    pub(super) avg_rt: u64,
    pub(super) apps: [AppStats; 1],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) cores: Vec<CoreStats>,
}

#[derive(Serialize)]
pub(super) struct AppStats {
    pub(super) id: u64,
    pub(super) modifier1: u64,
    pub(super) mountpoint: &'static str,
    pub(super) startup_time: u64,
    pub(super) requests: u64,
    pub(super) exceptions: u64,
    pub(super) chdir: &'static str,
}

#[derive(Serialize)]
pub(super) struct CoreStats {
    pub(super) id: usize,
    pub(super) requests: u64,
    pub(super) static_requests: u64,
    pub(super) routed_requests: u64,
    pub(super) offloaded_requests: u64,
    pub(super) write_errors: u64,
    pub(super) read_errors: u64,
    pub(super) in_request: u64,
    pub(super) vars: [(); 0],
    pub(super) req_info: RequestInfo,
}

#[derive(Serialize)]
pub(super) struct RequestInfo {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) request_start: Option<u64>,
}

/// The statistics as text.
#[must_use]
pub fn text(subject: &Subject<'_>) -> Vec<u8> {
    json(&gather(subject), subject.settings.statistics.stats_minified)
}

/// The statistics of the gateways as text; `pid` is the process of the first one.
#[must_use]
pub fn text_of_gateways(subject: &Subject<'_>, pid: Option<i32>) -> Vec<u8> {
    let gateways = subject.board.gateways().iter();
    let sum = |part: fn(&Gateway) -> &AtomicU64| {
        gateways.clone().map(|it| part(it).load(Ordering::Relaxed)).sum()
    };
    let asked = subject.settings.sockets.asked.iter();
    let entrances = asked.filter(|socket| socket.protocol.is_of_gateway());
    let stats = GatewayStats {
        version: crate::version::UWSGI,
        pid: pid.unwrap_or(0),
        uid: nix::unistd::getuid().as_raw(),
        gid: nix::unistd::getgid().as_raw(),
        cwd: directory(),
        active_sessions: sum(|it| &it.connections),
        http: entrances.map(|socket| socket.address.value.as_str()).collect(),
        cheap: 0,
        processes: subject.board.gateways().len(),
        waiting: sum(|it| &it.queued),
        refused: sum(|it| &it.refused),
    };
    json(&stats, subject.settings.statistics.stats_minified)
}

fn directory() -> String {
    std::env::current_dir().map(|path| path.display().to_string()).unwrap_or_default()
}

fn json(stats: &impl Serialize, is_minified: bool) -> Vec<u8> {
    let mut text = Vec::new();
    let written = if is_minified {
        serde_json::to_writer(&mut text, &stats)
    } else {
        let tabs = serde_json::ser::PrettyFormatter::with_indent(b"\t");
        stats.serialize(&mut serde_json::Serializer::with_formatter(&mut text, tabs))
    };
    if let Err(error) = written {
        crate::log::say!("cannot write statistics: {error}");
    }
    text
}

/// The numbers of this moment.
pub(super) fn gather<'s>(subject: &'s Subject<'_>) -> Stats<'s> {
    let regular = usize::try_from(subject.settings.processes.processes).unwrap_or(usize::MAX);
    let mut workers: Vec<_> = (0..subject.board.workers().len())
        .filter_map(|index| worker_stats(subject, index))
        // One that only stands in while others are replaced is told of while it is there.
        .filter(|worker| worker.id <= regular || worker.pid > 0)
        .collect();
    let sockets: Vec<_> = subject
        .sockets
        .iter()
        .map(|(proto, listener)| SocketStats {
            name: listener.address.to_string(),
            proto,
            queue: listener.queue().map_or(0, |queue| queue.waiting),
            max_queue: listener.queue().map_or(subject.settings.sockets.listen, |queue| queue.most),
            shared: 0,
            can_offload: 0,
        })
        .collect();
    if subject.settings.statistics.stats_no_cores {
        for worker in &mut workers {
            worker.cores.clear();
        }
    }
    let waiting = sockets.iter().map(|socket| socket.queue).sum();
    Stats {
        version: crate::version::UWSGI,
        listen_queue: waiting,
        listen_queue_errors: 0,
        signal_queue: 0,
        // As uWSGI 2.0.31 has it.
        load: waiting,
        pid: std::process::id(),
        uid: nix::unistd::getuid().as_raw(),
        gid: nix::unistd::getgid().as_raw(),
        cwd: directory(),
        daemons: &subject.daemons,
        locks: [Lock::User { held: 0 }, Lock::Signal { signal: 0 }],
        sockets,
        workers,
        crons: subject.crons.told().map(cron_stats).collect(),
    }
}

fn worker_stats(subject: &Subject<'_>, index: usize) -> Option<WorkerStats> {
    let board = subject.board;
    let worker = board.workers().get(index)?;
    let read = |value: &std::sync::atomic::AtomicU64| value.load(Ordering::Relaxed);
    let cores: Vec<_> = board
        .cores(index)
        .iter()
        .enumerate()
        .map(|(id, core)| {
            let since = read(&core.since);
            CoreStats {
                id,
                requests: read(&core.requests),
                static_requests: read(&core.static_requests),
                routed_requests: 0,
                offloaded_requests: 0,
                write_errors: read(&core.write_errors),
                read_errors: read(&core.read_errors),
                in_request: u64::from(since > 0),
                vars: [],
                req_info: RequestInfo { request_start: (since > 0).then_some(since / 1_000_000) },
            }
        })
        .collect();
    let requests = cores.iter().map(|core| core.requests + core.static_requests).sum();
    let exceptions = board.cores(index).iter().map(|core| read(&core.exceptions)).sum();
    let pid = worker.pid.load(Ordering::Relaxed);
    let busy = cores.iter().any(|core| core.in_request > 0);
    let started = read(&worker.last_spawn);
    Some(WorkerStats {
        id: index + 1,
        pid,
        accepting: worker.accepting.load(Ordering::Relaxed).into(),
        requests,
        delta_requests: read(&worker.delta_requests),
        exceptions,
        harakiri_count: read(&worker.harakiris),
        signals: 0,
        signal_queue: 0,
        status: match (pid, busy) {
            (0, _) => "cheap",
            (_, true) => "busy",
            (_, false) if subject.paused => "pause",
            (_, false) => "idle",
        },
        rss: read(&worker.rss),
        vsz: read(&worker.vsz),
        running_time: read(&worker.running_time),
        last_spawn: started,
        respawn_count: read(&worker.spawns),
        tx: read(&worker.sent),
        avg_rt: read(&worker.average),
        apps: [AppStats {
            id: 0,
            modifier1: 0,
            mountpoint: "",
            startup_time: 0,
            requests,
            exceptions,
            chdir: "",
        }],
        cores,
    })
}

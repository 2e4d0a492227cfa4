//! The statistics server: one JSON object per connection, in uWSGI's form.

use std::io::{ErrorKind, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use serde::Serialize;
use socket2::Socket;

use crate::net::listen::Listener;
use crate::options::settings::Settings;
use crate::process::scoreboard::Scoreboard;

/// A client that does not take its answer is dropped after this.
const PATIENCE: Duration = Duration::from_secs(4);
/// So many clients are answered at a time.
const MOST_CLIENTS: usize = 64;

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
struct Stats<'a> {
    version: &'a str,
    listen_queue: u64,
    listen_queue_errors: u64,
    signal_queue: u64,
    load: u64,
    pid: u32,
    uid: u32,
    gid: u32,
    cwd: String,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    daemons: &'a [DaemonStats<'a>],
    locks: [Lock; 2],
    sockets: Vec<SocketStats>,
    workers: Vec<WorkerStats>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Lock {
    User {
        #[serde(rename = "user 0")]
        held: u64,
    },
    Signal {
        signal: u64,
    },
}

#[derive(Serialize)]
struct SocketStats {
    name: String,
    proto: &'static str,
    queue: u64,
    max_queue: u64,
    shared: u64,
    can_offload: u64,
}

#[derive(Serialize)]
struct WorkerStats {
    id: usize,
    pid: u32,
    accepting: u64,
    requests: u64,
    delta_requests: u64,
    exceptions: u64,
    harakiri_count: u64,
    signals: u64,
    signal_queue: u64,
    status: &'static str,
    rss: u64,
    vsz: u64,
    running_time: u64,
    last_spawn: u64,
    respawn_count: u64,
    tx: u64,
    avg_rt: u64,
    apps: [AppStats; 1],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    cores: Vec<CoreStats>,
}

#[derive(Serialize)]
struct AppStats {
    id: u64,
    modifier1: u64,
    mountpoint: &'static str,
    startup_time: u64,
    requests: u64,
    exceptions: u64,
    chdir: &'static str,
}

#[derive(Serialize)]
struct CoreStats {
    id: usize,
    requests: u64,
    static_requests: u64,
    routed_requests: u64,
    offloaded_requests: u64,
    write_errors: u64,
    read_errors: u64,
    in_request: u64,
    vars: [(); 0],
    req_info: RequestInfo,
}

#[derive(Serialize)]
struct RequestInfo {
    #[serde(skip_serializing_if = "Option::is_none")]
    request_start: Option<u64>,
}

/// The statistics as text.
#[must_use]
pub fn text(subject: &Subject<'_>) -> Vec<u8> {
    let regular = usize::try_from(subject.settings.processes.processes).unwrap_or(usize::MAX);
    let mut workers: Vec<_> = (0..subject.board.workers().len())
        .filter_map(|index| worker_stats(subject.board, index))
        // One that only stands in while others are replaced is told of while it is there.
        .filter(|worker| worker.id <= regular || worker.pid > 0)
        .collect();
    let sockets: Vec<_> = subject
        .sockets
        .iter()
        .map(|(proto, listener)| SocketStats {
            name: listener.address.to_string(),
            proto,
            queue: listener.waiting(),
            max_queue: subject.settings.sockets.listen,
            shared: 0,
            can_offload: 0,
        })
        .collect();
    if subject.settings.statistics.stats_no_cores {
        for worker in &mut workers {
            worker.cores.clear();
        }
    }
    let stats = Stats {
        version: crate::version::UWSGI,
        listen_queue: sockets.iter().map(|socket| socket.queue).sum(),
        listen_queue_errors: 0,
        signal_queue: 0,
        load: workers.iter().filter(|worker| worker.status == "busy").count() as u64,
        pid: std::process::id(),
        uid: nix::unistd::getuid().as_raw(),
        gid: nix::unistd::getgid().as_raw(),
        cwd: std::env::current_dir().map(|cwd| cwd.display().to_string()).unwrap_or_default(),
        daemons: &subject.daemons,
        locks: [Lock::User { held: 0 }, Lock::Signal { signal: 0 }],
        sockets,
        workers,
    };
    let mut text = Vec::new();
    let written = if subject.settings.statistics.stats_minified {
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

fn worker_stats(board: &Scoreboard, index: usize) -> Option<WorkerStats> {
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

/// Clients that are being answered; none of them can hold up the master.
#[derive(Default)]
pub struct Clients(Vec<Client>);

struct Client {
    socket: Socket,
    /// What is still to be sent; `None` while the client has not asked.
    answer: Option<Vec<u8>>,
    sent: usize,
    since: Instant,
}

impl Clients {
    /// Takes new clients from a listener. With `ask_first` (HTTP) a client speaks first.
    pub fn accept(&mut self, listener: &Listener, ask_first: bool, text: impl Fn() -> Vec<u8>) {
        while let Ok((socket, _)) = listener.socket.accept() {
            if self.0.len() >= MOST_CLIENTS || socket.set_nonblocking(true).is_err() {
                continue;
            }
            let answer = (!ask_first).then(&text);
            self.0.push(Client { socket, answer, sent: 0, since: Instant::now() });
        }
    }

    /// Goes on with every client as far as it lets us.
    pub fn serve(&mut self, text: impl Fn() -> Vec<u8>) {
        self.0.retain_mut(|client| {
            if client.since.elapsed() > PATIENCE {
                return false;
            }
            if client.answer.is_none() {
                let mut asked = [0; 4096];
                match client.socket.read(&mut asked) {
                    Ok(0) => return false,
                    Ok(_) => {
                        let head = b"HTTP/1.0 200 OK\r\nConnection: close\r\n\
                            Access-Control-Allow-Origin: *\r\nContent-Type: application/json\r\n\r\n";
                        client.answer = Some([&head[..], &text()].concat());
                    }
                    Err(error) => return error.kind() == ErrorKind::WouldBlock,
                }
            }
            client.go_on()
        });
    }

    /// The descriptors to wait on, with whether each waits for reading.
    pub fn waiting(&self) -> impl Iterator<Item = (BorrowedFd<'_>, bool)> {
        self.0.iter().map(|client| (client.socket.as_fd(), client.answer.is_none()))
    }
}

impl Client {
    /// Sends what the socket takes; `false` when all is said.
    fn go_on(&mut self) -> bool {
        let Some(answer) = &self.answer else { return true };
        while let Some(rest) = answer.get(self.sent..).filter(|rest| !rest.is_empty()) {
            match self.socket.write(rest) {
                Ok(0) => return false,
                Ok(length) => self.sent += length,
                Err(error) => return error.kind() == ErrorKind::WouldBlock,
            }
        }
        false
    }
}

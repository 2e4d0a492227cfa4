//! The words between the master and its [`state`](super::state): what happened, what is to be done.

use std::time::Duration;

/// A place for a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// A worker, by its number from 1. The one behind the last number stands in for others while
    /// they are replaced one by one.
    Worker(usize),
    /// An HTTP gateway, by its number from 1.
    Gateway(usize),
    /// A program that runs beside the server, by its index.
    Daemon(usize),
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// With an exit code.
    Code(i32),
    /// By a signal.
    Signal(i32),
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// The server begins, or goes on in a new image.
    Started,
    /// A process was started in a place.
    Spawned(Place, i32),
    /// A process could not be started.
    NotSpawned(Place),
    /// A process says that it serves.
    Ready(Place),
    /// A process ended.
    Ended(i32, End),
    /// Stop when all requests are answered.
    Stop,
    /// Stop at once.
    StopNow,
    /// Start anew without losing a request.
    Reload,
    /// Replace every worker when its requests are answered.
    ReloadWorkers,
    /// Replace every worker at once.
    ReloadWorkersNow,
    /// Replace the workers one by one, so that as many as ever serve all the time.
    ChainReload,
    /// A worker is in a request for too long.
    Overdue(usize),
    /// A worker uses more memory than it may.
    Oversized(usize),
    /// A worker has reached a limit of its own and wants a successor.
    Worn(usize),
    /// Have so many workers more.
    Grow(usize),
    /// Do without this worker.
    Shrink(usize),
    /// Do without workers until a client comes.
    GoCheap,
    /// A client came where there are no workers.
    Wake,
    /// Take no requests for a while; the next time, go on.
    Pause,
    /// Stop the process of a place and start another one.
    Renew(Place),
    /// Time has passed.
    Tick,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Start a process.
    Spawn(Place),
    /// Let a process finish.
    Finish(i32),
    /// Let a process finish without waiting for clients that are silent.
    Terminate(i32),
    /// Stop a process at once.
    Interrupt(i32),
    /// Tell a process that its request takes too long.
    Warn(i32),
    /// Kill a process that does not listen.
    Kill(i32),
    /// Let a process take nothing new.
    Pause(i32),
    /// Let a process that was paused go on.
    Resume(i32),
    /// Stop a daemon, as the server stops.
    Dismiss(i32),
    /// Stop a daemon, as the server starts anew.
    Retire(i32),
    /// Kill a daemon with all its processes.
    KillGroup(i32),
    /// Start the program anew in this process; what lives goes on meanwhile.
    StartAnew(Living),
    /// Tell who asked for the reload how it went.
    Report(Outcome),
    /// Say something.
    Say(String),
    /// End with this exit code.
    End(u8),
}

/// How a reload went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The new workers serve.
    Done,
    /// The old workers go on.
    Failed,
    /// The server ends instead, as it was told to.
    Ends,
}

/// The processes of a server, by pid.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Living {
    /// Workers and gateways.
    pub processes: Vec<i32>,
    /// The gateways among them.
    pub gateways: Vec<i32>,
    /// Programs that run beside them.
    pub daemons: Vec<Attendant>,
}

/// A program that runs beside a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attendant {
    /// Its pid.
    pub pid: i32,
    /// The index of its place; `None` where its server has none for it any more.
    pub index: Option<usize>,
}

/// What the end of a daemon means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tie {
    /// It is started again.
    Restarts,
    /// The server ends with it.
    Controls,
}

/// The numbers that decide.
#[derive(Clone, Debug)]
pub struct Rules {
    /// How many workers there are at most.
    pub workers: usize,
    /// How many there are at first.
    pub initial: usize,
    /// Whether the first worker waits for the first client.
    pub cheap: bool,
    /// How many gateways there are.
    pub gateways: usize,
    /// The programs that run beside them.
    pub daemons: Vec<Tie>,
    /// How long a process may take to finish.
    pub mercy: Duration,
    /// How long a worker that was warned of its request may take.
    pub grace: Option<Duration>,
    /// How long to wait before a place is filled again where processes end as soon as they start.
    pub breath: Duration,
    /// How long workers live.
    pub life: Life,
    /// Whether a worker without an application ends the server.
    pub need_app: bool,
}

/// How long workers live.
#[derive(Clone, Copy, Debug, Default)]
pub struct Life {
    /// When a worker is replaced; `None` is never.
    pub most: Option<Duration>,
    /// How much longer each worker lives than the one before it.
    pub delta: Duration,
}

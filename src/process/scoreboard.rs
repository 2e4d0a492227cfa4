//! Memory that the master and its workers share: who does what, and how often it was done.
//!
//! Atomics only, no locks, so that a process may die at any point. Each counter has one writer,
//! the thread or worker it belongs to, except where said.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::histogram::Histogram;
use super::lines::Lines;

/// What a thread of a worker tells.
#[derive(Default)]
#[repr(C, align(64))]
pub struct Core {
    /// When the request in hand began, microseconds since 1970; 0 while there is none.
    pub since: AtomicU64,
    /// Requests answered by the application.
    pub requests: AtomicU64,
    /// Requests answered from files.
    pub static_requests: AtomicU64,
    /// Requests in which the application failed.
    pub exceptions: AtomicU64,
    /// Replies that could not be written to their end.
    pub write_errors: AtomicU64,
    /// Requests that could not be read.
    pub read_errors: AtomicU64,
    /// First bytes of method and path of the request in hand, for the log of a harakiri.
    pub subject: Subject,
    /// How long requests took.
    pub durations: Histogram,
    /// How long they waited until the application was called.
    pub waits: Histogram,
    /// Lines of requests that are not written yet.
    pub lines: Lines,
    /// Which gateway has given the thread a request, in the upper half, and over which of its
    /// connections; 0 is none. Written by gateways.
    pub claim: AtomicU64,
}

impl Core {
    /// Takes back the claim of a gateway.
    pub fn disclaim(&self, gateway: usize) {
        let claim = self.claim.load(Ordering::SeqCst);
        if claim >> 32 == gateway as u64 {
            // Unless another one was quicker.
            let _ = self.claim.compare_exchange(claim, 0, Ordering::SeqCst, Ordering::SeqCst);
        }
    }
}

/// A short text in shared memory; torn reads are possible and harmless.
#[repr(C)]
pub struct Subject([AtomicU64; Subject::WORDS]);

impl Default for Subject {
    fn default() -> Self {
        Self([const { AtomicU64::new(0) }; Self::WORDS])
    }
}

impl Subject {
    const WORDS: usize = 24;

    /// Keeps the first bytes of a text, which comes in parts.
    pub fn set(&self, parts: &[&[u8]]) {
        let mut bytes = [0; Self::WORDS * size_of::<u64>()];
        let mut room = &mut bytes[..];
        for part in parts {
            let (taken, left) = room.split_at_mut(part.len().min(room.len()));
            taken.copy_from_slice(part.get(..taken.len()).unwrap_or_default());
            room = left;
        }
        let used = size_of::<Self>() - room.len();
        let (words, _) = bytes.as_chunks();
        // A byte behind them says where they end.
        for (word, letters) in self.0.iter().zip(words).take(used / size_of::<u64>() + 1) {
            word.store(u64::from_ne_bytes(*letters), Ordering::Relaxed);
        }
    }

    /// The text.
    #[must_use]
    pub fn text(&self) -> String {
        let bytes: Vec<u8> =
            self.0.iter().flat_map(|word| word.load(Ordering::Relaxed).to_ne_bytes()).collect();
        let text = bytes.split(|&byte| byte == 0).next().unwrap_or_default();
        text.escape_ascii().to_string()
    }
}

/// What a worker tells, and the master about it.
#[derive(Default)]
#[repr(C, align(64))]
pub struct Worker {
    /// The process, 0 while there is none. Written by the master.
    pub pid: AtomicU32,
    /// Whether the server stops and will say when the worker is to finish. Written by the master.
    pub stopping: AtomicBool,
    /// Whether the worker takes requests.
    pub accepting: AtomicBool,
    /// Whether the worker has an application.
    pub loaded: AtomicBool,
    /// Set by the worker when it has reached a limit of its own.
    pub worn: AtomicBool,
    /// Set by the worker when the application's files have changed.
    pub wants_reload: AtomicBool,
    /// When it was started, seconds since 1970. Written by the master.
    pub last_spawn: AtomicU64,
    /// How often it was started, this time included. Written by the master.
    pub spawns: AtomicU64,
    /// How often it was killed for a request that took too long. Written by the master.
    pub harakiris: AtomicU64,
    /// Requests of this process since it was started.
    pub delta_requests: AtomicU64,
    /// Time spent on requests, microseconds, of all processes of this number.
    pub running_time: AtomicU64,
    /// Bytes sent, of all processes of this number.
    pub sent: AtomicU64,
    /// Resident memory in bytes, told after a request.
    pub rss: AtomicU64,
    /// Address space in bytes, told after a request.
    pub vsz: AtomicU64,
    /// The mean time of a request, microseconds.
    pub average: AtomicU64,
}

/// What an HTTP gateway tells.
#[derive(Default)]
#[repr(C, align(64))]
pub struct Gateway {
    /// Requests that wait for a worker.
    pub queued: AtomicU64,
    /// Requests that were refused because too many waited.
    pub refused: AtomicU64,
    /// Connections of clients.
    pub connections: AtomicU64,
}

/// The shared memory.
pub struct Scoreboard {
    gateways: &'static [Gateway],
    workers: &'static [Worker],
    cores: &'static [Core],
    per_worker: usize,
}

impl Scoreboard {
    /// Room for so many workers with so many threads each, and for gateways. It lives as long as the
    /// process.
    pub fn new(workers: usize, per_worker: usize, gateways: usize) -> nix::Result<Self> {
        Ok(Self {
            // The metrics tell of one at least.
            gateways: share_slice(gateways.max(1))?,
            workers: share_slice(workers)?,
            cores: share_slice(workers * per_worker)?,
            per_worker,
        })
    }

    /// The HTTP gateways, the first one being number 1.
    #[must_use]
    pub fn gateways(&self) -> &'static [Gateway] {
        self.gateways
    }

    /// Takes back what a gateway claimed that is gone.
    pub fn disclaim(&self, gateway: usize) {
        self.cores.iter().for_each(|core| core.disclaim(gateway));
    }

    /// All workers, the first one being number 1.
    #[must_use]
    pub fn workers(&self) -> &'static [Worker] {
        self.workers
    }

    /// The threads of a worker by its index, from 0.
    #[must_use]
    pub fn cores(&self, worker: usize) -> &'static [Core] {
        let start = worker * self.per_worker;
        self.cores.get(start..start + self.per_worker).unwrap_or_default()
    }

    /// The threads of all workers.
    #[must_use]
    pub fn all_cores(&self) -> &'static [Core] {
        self.cores
    }

    /// Requests of all workers.
    #[must_use]
    pub fn total_requests(&self) -> u64 {
        let counts = self.cores.iter().map(|core| {
            core.requests.load(Ordering::Relaxed) + core.static_requests.load(Ordering::Relaxed)
        });
        counts.sum()
    }
}

/// Zeroed memory that stays shared over forks. Zero is a valid value of each of its types.
fn share_slice<T: AllZero>(length: usize) -> nix::Result<&'static [T]> {
    use nix::sys::mman::{MapFlags, ProtFlags, mmap_anonymous};
    let size = NonZeroUsize::new(length * size_of::<T>()).ok_or(nix::Error::EINVAL)?;
    let protection = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
    #[expect(unsafe_code, reason = "maps shared memory")]
    // SAFETY: a new anonymous mapping at a place of the kernel's choice touches no other memory.
    let memory = unsafe { mmap_anonymous(None, size, protection, MapFlags::MAP_SHARED)? };
    #[expect(unsafe_code, reason = "gives the mapping its type")]
    // SAFETY: the mapping is page-aligned, zeroed, large enough, and is never unmapped; `AllZero`
    // says that zeroes are a value and that changes may come from many sides.
    Ok(unsafe { std::slice::from_raw_parts(memory.as_ptr().cast::<T>(), length) })
}

/// Types that many may change at once, for which all bits zero is a value.
trait AllZero: Sync {}
impl AllZero for Worker {}
impl AllZero for Core {}
impl AllZero for Gateway {}

/// Time since 1970.
#[must_use]
pub fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// The same as the kernel's last tick left it, some milliseconds ago: it is read in a tenth of the time.
#[must_use]
pub fn now_roughly() -> Duration {
    use nix::time::{ClockId, clock_gettime};
    clock_gettime(ClockId::CLOCK_REALTIME_COARSE).map_or_else(|_| now(), Duration::from)
}

/// The same in microseconds.
#[must_use]
pub fn now_micros() -> u64 {
    u64::try_from(now().as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workers_and_cores_start_at_zero() {
        let board = Scoreboard::new(2, 3, 1).expect("memory");
        assert_eq!(board.workers().len(), 2);
        assert_eq!(board.cores(1).len(), 3);
        assert_eq!(board.total_requests(), 0);
        board.cores(1)[2].requests.fetch_add(4, Ordering::Relaxed);
        assert_eq!(board.total_requests(), 4);
    }

    #[test]
    fn a_subject_keeps_what_fits() {
        fn check(text: &str, expected: &str) {
            let subject = Subject::default();
            subject.set(&[b"an earlier and longer text"]);
            let (first, second) = text.as_bytes().split_at(text.len() / 3);
            subject.set(&[first, second]);
            assert_eq!(subject.text(), expected);
        }
        check("GET /", "GET /");
        check("GET /1234", "GET /1234");
        check("12345678", "12345678");
        check(&"x".repeat(400), &"x".repeat(192));
    }
}

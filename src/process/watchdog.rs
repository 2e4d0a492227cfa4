//! Limits of a worker that hold while the application keeps its threads busy: a timer interrupts one of them, and
//! what is due is done within the signal's handler.
//!
//! Not by a thread that waits: the C library leaves out atomic operations in a process with one thread, and a
//! database that an application asks takes locks by the thousand.
//!
//! A handler may have interrupted anything, so nothing here allocates or takes a lock (signal-safety(7)).

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd, RawFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU64, Ordering};
use std::time::Duration;

use nix::libc;
use nix::sys::signal::{SigEvent, SigevNotify, Signal, raise};
use nix::sys::time::TimeSpec;
use nix::unistd::{Pid, getpid, getppid, write};
use signal_hook::low_level::{emulate_default_handler, register};

use super::fork::exit_now;
use super::queue;
use super::scoreboard::{Core, now_micros};
use super::signals::TELL_WHERE;

/// What the timer interrupts with: a signal that nothing on Linux sends.
const INTERRUPT: Signal = Signal::SIGSTKFLT;

/// A worker whose client was answered is killed by its master, but by none if that is a later image: then it ends
/// itself after so many microseconds.
const LEFT_ALONE: u64 = 5_000_000;

/// The timer rings so long after a request is due, microseconds, and is left alone for requests that begin within that
/// time after it was set. So where there is one thread it never rings while that has time, whose wait in C it would cut
/// short (signal(7)). The master kills only later.
const LATE: u64 = 50_000;

/// So soon it is looked again whether a queue has become long, microseconds.
const SOON: u64 = 200_000;

/// Who ends has so many microseconds, at least, before a word to end at once cuts that short: a terminal says it to all
/// processes, and the master says it as well.
const SAME_WORD: u64 = 1_000_000;

/// Room for an answer.
pub const ROOM: usize = 512;

/// Puts into `room` what a client gets whose request takes too long, and gives its length. It says by a number what the
/// client understands, see [`Client`]. Called in a handler: it may neither allocate nor take a lock.
pub type Answer = fn(number: u32, room: &mut [u8; ROOM]) -> usize;

/// A client that waits for the application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Client {
    /// Its connection, which does not block, and stays open until [`Watchdog::settle`].
    pub connection: RawFd,
    /// What it understands, for [`Answer`].
    pub number: u32,
}

impl Client {
    /// Both in one, which is none of the states of a [`Place`].
    fn pack(self) -> u64 {
        (u64::from(self.connection.cast_unsigned()) + 1) << 32 | u64::from(self.number)
    }

    fn unpack(packed: u64) -> Option<Self> {
        let connection = u32::try_from((packed >> 32).checked_sub(1)?).ok()?;
        let number = u32::try_from(packed & u64::from(u32::MAX)).ok()?;
        Some(Self { connection: connection.cast_signed(), number })
    }
}

/// Who waits for the call of a thread: a client, packed, or one of these.
#[derive(Default)]
struct Place(AtomicU64);

const NOBODY: u64 = 0;
/// Somebody is writing the answer.
const ANSWERING: u64 = 1;
const ANSWERED: u64 = 2;

impl Place {
    /// Forgets the client; whether it has got its answer.
    fn settle(&self) -> bool {
        loop {
            match self.0.load(Ordering::SeqCst) {
                NOBODY => return false,
                ANSWERED => return true,
                // By a handler in another thread, which takes one write.
                ANSWERING => std::hint::spin_loop(),
                client => {
                    let order = Ordering::SeqCst;
                    if self.0.compare_exchange(client, NOBODY, order, order).is_ok() {
                        return false;
                    }
                }
            }
        }
    }

    /// Answers the client, if there is one that has got no answer; whether there was.
    fn answer(&self, answer: Answer) -> bool {
        let (waiting, order) = (self.0.load(Ordering::SeqCst), Ordering::SeqCst);
        let Some(client) = Client::unpack(waiting) else { return false };
        if self.0.compare_exchange(waiting, ANSWERING, order, order).is_err() {
            return false;
        }
        let mut room = [0; ROOM];
        let length = answer(client.number, &mut room);
        #[expect(unsafe_code, reason = "the number of a descriptor comes out of an atomic")]
        // SAFETY: the connection is open until `settle`, which waits while the place says `ANSWERING`.
        let connection = unsafe { BorrowedFd::borrow_raw(client.connection) };
        // A client that is gone needs no answer.
        let _ = write(connection, room.get(..length).unwrap_or_default());
        self.0.store(ANSWERED, Ordering::SeqCst);
        true
    }
}

/// What a worker is to be watched for.
pub struct Rules {
    /// How long a request may take until its client is answered, microseconds; 0 is for ever.
    pub limit: u64,
    /// Requests may take longer while no more clients than this wait at `queues`; 0 is never.
    pub threshold: u64,
    /// The sockets at which clients wait.
    pub queues: Vec<OwnedFd>,
    /// What clients get whose requests take too long.
    pub answer: Answer,
    /// The process that forked this one.
    pub master: Pid,
    /// How long a worker may go on that has lost its master, microseconds.
    pub mercy: u64,
    /// The line for the log of one that did not end within that.
    pub alone: String,
}

/// The signals with which a worker is told to end.
pub struct Words<'a> {
    /// At once, whatever it is doing.
    pub at_once: &'a [Signal],
    /// When it has done what it has to do. The first one also comes when the master is gone.
    pub when_done: &'a [Signal],
}

/// Watches one worker.
pub struct Watchdog {
    rules: Rules,
    pid: Pid,
    cores: &'static [Core],
    /// By thread, as `cores`.
    places: Vec<Place>,
    timer: AtomicPtr<libc::c_void>,
    /// When the timer was set for a request, microseconds since 1970; 0 while it is not.
    set: AtomicU64,
    /// Whether the worker was told to end at once.
    is_told: AtomicBool,
    /// Since when the application does what it does at its end; 0 while it does not.
    ending: AtomicU64,
    /// When the worker ends, whatever it does; 0 is never.
    ends: AtomicU64,
}

impl Watchdog {
    /// Watches this process, whose threads tell what they do in `cores`.
    pub fn start(rules: Rules, cores: &'static [Core], words: &Words<'_>) -> io::Result<Arc<Self>> {
        let watchdog = Arc::new(Self {
            rules,
            pid: getpid(),
            cores,
            places: cores.iter().map(|_| Place::default()).collect(),
            timer: AtomicPtr::new(new_timer()?),
            set: AtomicU64::new(0),
            is_told: AtomicBool::new(false),
            ending: AtomicU64::new(0),
            ends: AtomicU64::new(0),
        });
        watchdog.on(&[INTERRUPT], Self::look)?;
        watchdog.on(words.at_once, Self::leave)?;
        watchdog.on(words.when_done, Self::find_orphan)?;
        Ok(watchdog)
    }

    /// Has something done within the handlers of signals. Processes that the application forks have the handlers as
    /// well; there the signals do what they do by themselves.
    fn on(self: &Arc<Self>, signals: &[Signal], work: fn(&Self)) -> io::Result<()> {
        for &signal in signals {
            let watchdog = Arc::clone(self);
            let action = move || {
                if getpid() == watchdog.pid {
                    work(&watchdog);
                } else {
                    // It knows all of them.
                    let _ = emulate_default_handler(signal as i32);
                }
            };
            #[expect(unsafe_code, reason = "what is done within a handler must be fit for it")]
            // SAFETY: `work` is one of this module's, which do with atomics and calls of the kernel.
            unsafe {
                register(signal as i32, action)?;
            }
        }
        Ok(())
    }

    /// A request goes into the application, in a thread and at a time in microseconds since 1970; its client may get
    /// an answer from here until [`settle`](Self::settle). `false` where the process is about to end.
    #[must_use]
    pub fn begin(&self, core: usize, since: u64, client: Option<Client>) -> bool {
        let (Some(place), Some(counters)) = (self.places.get(core), self.cores.get(core)) else {
            return true;
        };
        if let Some(client) = client {
            place.0.store(client.pack(), Ordering::Relaxed);
        }
        // A handler that does not see this any more has said so by then: see `look` and `leave`.
        counters.since.store(since, Ordering::SeqCst);
        let limit = self.rules.limit;
        if limit > 0 && since.saturating_sub(self.set.load(Ordering::SeqCst)) > LATE {
            self.set_timer(since);
        }
        let is_told = self.is_told.load(Ordering::SeqCst);
        if is_told {
            if self.ending.load(Ordering::SeqCst) == 0 {
                exit_now(0);
            }
            // What the application does at its end is not cut short for a request that does not begin.
            counters.since.store(0, Ordering::SeqCst);
        }
        !is_told
    }

    /// From now on the client of a thread's request gets its answer from nobody else; whether it has got one already.
    #[must_use]
    pub fn settle(&self, core: usize) -> bool {
        self.places.get(core).is_some_and(Place::settle)
    }

    /// The application is about to do what it does at its end; `false` where it does so already.
    #[must_use]
    pub fn begin_end(&self) -> bool {
        let order = Ordering::SeqCst;
        self.ending.compare_exchange(0, now_micros(), order, order).is_ok()
    }

    /// Whether the master is gone. The worker has its time from the first look on, and from the signal that says so.
    #[must_use]
    pub fn is_orphan(&self) -> bool {
        self.find_orphan();
        self.ends.load(Ordering::SeqCst) > 0
    }

    /// Ends the process if it is in a request, or has been at its end for long. Otherwise it is for who watches the
    /// signal as well.
    fn leave(&self) {
        self.is_told.store(true, Ordering::SeqCst);
        let is_busy = self.cores.iter().any(|core| core.since.load(Ordering::SeqCst) > 0);
        let ending = self.ending.load(Ordering::SeqCst);
        if is_busy || (ending > 0 && now_micros().saturating_sub(ending) > SAME_WORD) {
            // The master writes the lines that wait.
            exit_now(0);
        }
    }

    fn find_orphan(&self) {
        if getppid() != self.rules.master {
            let (now, order) = (now_micros(), Ordering::SeqCst);
            let ends = now.saturating_add(self.rules.mercy).max(1);
            if self.ends.compare_exchange(0, ends, order, order).is_ok() {
                self.set_timer(now);
            }
        }
    }

    /// Does what is due.
    fn look(&self) {
        // Before anything is looked at: a request that begins from now on sets it again.
        self.set.store(0, Ordering::SeqCst);
        let now = now_micros();
        let ends = self.ends.load(Ordering::SeqCst);
        if ends > 0 && ends <= now {
            self.give_up();
        }
        let mut is_queued = None;
        for (core, place) in self.cores.iter().zip(&self.places) {
            let Some(late) = self.due(core).and_then(|due| now.checked_sub(due)) else { continue };
            if !*is_queued.get_or_insert_with(|| self.is_queued()) {
                break;
            }
            if place.answer(self.rules.answer) {
                // Python's fault handler writes without allocating, too.
                let _ = raise(TELL_WHERE);
            } else if late > LEFT_ALONE {
                self.give_up();
            }
        }
        self.set_timer(now);
    }

    /// When the request of a thread has taken too long, if it is in one.
    fn due(&self, core: &Core) -> Option<u64> {
        let since = core.since.load(Ordering::SeqCst);
        (since > 0 && self.rules.limit > 0).then(|| since.saturating_add(self.rules.limit))
    }

    /// Whether so many clients wait that a slow request is ended for them, where that was asked for; also where the
    /// kernel does not tell how many wait.
    fn is_queued(&self) -> bool {
        let Rules { threshold, queues, .. } = &self.rules;
        *threshold == 0
            || queue::waiting(queues.iter().map(AsFd::as_fd)).is_none_or(|all| all > *threshold)
    }

    /// Sets the timer for what is due next.
    fn set_timer(&self, now: u64) {
        // What is late already is looked at again: its queue may have become long.
        let dues = self.cores.iter().filter_map(|core| self.due(core));
        let dues = dues
            .map(|due| if due > now { due.saturating_add(LATE) } else { now.saturating_add(SOON) });
        let due = dues.min();
        if due.is_some() {
            self.set.store(now, Ordering::SeqCst);
        }
        let ends = Some(self.ends.load(Ordering::SeqCst)).filter(|&ends| ends > 0);
        let Some(next) = due.into_iter().chain(ends).min() else { return };
        ring(self.timer.load(Ordering::Relaxed), Duration::from_micros(next.saturating_sub(now)));
    }

    /// Ends the process. Nobody is left to write its lines, or to kill it.
    fn give_up(&self) -> ! {
        let log = std::io::stderr();
        for core in self.cores {
            core.lines.try_drain(|lines| {
                // A log that cannot be written has nowhere to say so.
                let _ = write(&log, lines);
            });
        }
        let _ = write(&log, self.rules.alone.as_bytes());
        exit_now(1)
    }
}

fn new_timer() -> io::Result<*mut libc::c_void> {
    let notify = SigevNotify::SigevSignal { signal: INTERRUPT, si_value: 0 };
    let (mut event, mut timer) = (SigEvent::new(notify).sigevent(), std::ptr::null_mut());
    #[expect(unsafe_code, reason = "nix's timers cannot be set within a handler")]
    // SAFETY: the kernel reads `event` and writes `timer`.
    let failed =
        unsafe { libc::timer_create(libc::CLOCK_MONOTONIC, &raw mut event, &raw mut timer) };
    if failed == 0 { Ok(timer) } else { Err(io::Error::last_os_error()) }
}

/// Has a timer ring after so long, and not before.
fn ring(timer: *mut libc::c_void, after: Duration) {
    // No time at all would stop it.
    let after = *TimeSpec::from(after.max(Duration::from_millis(1))).as_ref();
    let once = *TimeSpec::from(Duration::ZERO).as_ref();
    let rings = libc::itimerspec { it_interval: once, it_value: after };
    #[expect(unsafe_code, reason = "nix's timers cannot be set within a handler")]
    // SAFETY: the kernel reads `rings`; the timer is never deleted.
    unsafe {
        libc::timer_settime(timer, 0, &raw const rings, std::ptr::null_mut());
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::os::fd::AsRawFd;
    use std::os::unix::net::UnixStream;
    use std::sync::atomic::AtomicBool;
    use std::time::Instant;

    use super::super::scoreboard::Scoreboard;
    use super::*;

    fn answer(number: u32, room: &mut [u8; ROOM]) -> usize {
        room[0] = u8::try_from(number).expect("small");
        1
    }

    fn rules(limit: u64) -> Rules {
        Rules {
            limit,
            threshold: 0,
            queues: Vec::new(),
            answer,
            master: getppid(),
            mercy: 0,
            alone: String::new(),
        }
    }

    /// Of this process, with one thread.
    fn start(limit: u64) -> (Arc<Watchdog>, &'static Core) {
        // Where no fault handler is there, nothing happens.
        let told = Arc::new(AtomicBool::new(false));
        signal_hook::flag::register(TELL_WHERE as i32, told).expect("a handler");
        let cores = Scoreboard::new(1, 1, 1).expect("memory").cores(0);
        let words = Words { at_once: &[Signal::SIGINT], when_done: &[Signal::SIGHUP] };
        let watchdog = Watchdog::start(rules(limit), cores, &words).expect("a watchdog");
        (watchdog, &cores[0])
    }

    fn connection(number: u32) -> (Client, UnixStream, UnixStream) {
        let (mine, theirs) = UnixStream::pair().expect("a connection");
        theirs.set_read_timeout(Some(Duration::from_millis(400))).expect("a limit");
        (Client { connection: mine.as_raw_fd(), number }, mine, theirs)
    }

    #[test]
    fn a_client_is_packed_and_unpacked() {
        for client in [
            Client { connection: 0, number: 0 },
            Client { connection: i32::MAX, number: u32::MAX },
            Client { connection: 7, number: 0xfffe_0004 },
        ] {
            assert!(client.pack() > ANSWERED);
            assert_eq!(Client::unpack(client.pack()), Some(client));
        }
        for state in [NOBODY, ANSWERING, ANSWERED] {
            assert_eq!(Client::unpack(state), None);
        }
    }

    #[test]
    fn who_waits_too_long_is_answered_in_time_and_once() {
        let limit = Duration::from_millis(300);
        let (watchdog, _) = start(300_000);
        let (client, _mine, mut theirs) = connection(7);
        let began = Instant::now();
        assert!(watchdog.begin(0, now_micros(), Some(client)));
        let mut byte = [0; 2];
        assert_eq!(theirs.read(&mut byte).expect("an answer"), 1);
        assert_eq!(byte[0], 7);
        let took = began.elapsed();
        assert!(took >= limit && took < 2 * limit, "{took:?}");
        assert!(watchdog.settle(0));
        theirs.read(&mut byte).expect_err("there is one answer only");
    }

    #[test]
    fn who_is_done_in_time_is_not_answered() {
        let (watchdog, core) = start(100_000);
        let (client, _mine, mut theirs) = connection(7);
        // Longer than the limit altogether, each of them shorter.
        for _ in 0..8 {
            assert!(watchdog.begin(0, now_micros(), Some(client)));
            std::thread::sleep(Duration::from_millis(50));
            assert!(!watchdog.settle(0));
            core.since.store(0, Ordering::SeqCst);
        }
        theirs.read(&mut [0; 2]).expect_err("nothing was to be said");
    }

    #[test]
    fn an_idle_process_is_left_to_who_listens() {
        let (watchdog, _) = start(0);
        raise(Signal::SIGINT).expect("a signal");
        assert!(watchdog.begin_end());
        // The same word comes twice.
        raise(Signal::SIGINT).expect("a signal");
        assert!(!watchdog.begin_end());
        assert!(!watchdog.begin(0, now_micros(), None), "nothing begins behind the end");
        raise(Signal::SIGHUP).expect("a signal");
        assert!(!watchdog.is_orphan());
    }
}

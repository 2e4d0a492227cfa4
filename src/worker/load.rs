//! Whether a thread has more to do than it can: it has hardly waited for anything lately.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// It is looked at so often.
const WINDOW: Duration = Duration::from_millis(100);

/// A thread that waits for less than such a part of the time has too much to do.
const IDLE_PART: u64 = 16;

/// What a thread does with its time. Only the thread itself changes it; times are microseconds since it was made.
pub(super) struct Load {
    made: Instant,
    /// When the thread began to wait.
    waits_since: AtomicU64,
    /// When it was looked at.
    looked: AtomicU64,
    /// How long it has waited since then.
    waited: AtomicU64,
    is_full: AtomicBool,
}

impl Load {
    /// Of a thread that has done nothing yet.
    pub(super) fn new() -> Self {
        Self {
            made: Instant::now(),
            waits_since: AtomicU64::new(0),
            looked: AtomicU64::new(0),
            waited: AtomicU64::new(0),
            is_full: AtomicBool::new(false),
        }
    }

    /// Whether the thread has more to do than it can. Also of one that never waits.
    pub(super) fn is_full(&self) -> bool {
        self.look(self.now(), 0);
        self.is_full.load(Ordering::Relaxed)
    }

    /// The thread waits from now on.
    pub(super) fn wait(&self) {
        self.waits_since.store(self.now(), Ordering::Relaxed);
    }

    /// The thread waits no more.
    pub(super) fn go_on(&self) {
        let now = self.now();
        self.look(now, now.saturating_sub(self.waits_since.load(Ordering::Relaxed)));
    }

    fn now(&self) -> u64 {
        u64::try_from(self.made.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    /// Counts what was waited, and looks at the window where that is over.
    fn look(&self, now: u64, waited: u64) {
        let waited = self.waited.load(Ordering::Relaxed) + waited;
        let window = now.saturating_sub(self.looked.load(Ordering::Relaxed));
        if u128::from(window) < WINDOW.as_micros() {
            return self.waited.store(waited, Ordering::Relaxed);
        }
        self.is_full.store(waited < window / IDLE_PART, Ordering::Relaxed);
        self.looked.store(now, Ordering::Relaxed);
        self.waited.store(0, Ordering::Relaxed);
    }
}

#[cfg(test)]
impl Load {
    /// Of a thread of which it is known.
    pub(super) fn known(is_full: bool) -> Self {
        Self { is_full: AtomicBool::new(is_full), ..Self::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Works and waits by turns, for so many microseconds each, and tells whether that was too much in the end.
    fn after(turns: u64, works: u64, waits: u64) -> bool {
        let load = Load::new();
        for turn in 0..turns {
            load.look((turn + 1) * (works + waits), waits);
        }
        load.is_full()
    }

    #[test]
    fn who_hardly_waits_has_too_much_to_do() {
        assert!(after(1_000, 1_000, 10));
        assert!(after(10, 30_000, 200));
    }

    #[test]
    fn who_never_waits_has_too_much_to_do() {
        let made = Instant::now().checked_sub(2 * WINDOW).expect("the machine has run for a while");
        let load = Load { made, ..Load::new() };
        assert!(load.is_full());
    }

    #[test]
    fn who_waits_has_not() {
        assert!(!after(1_000, 1_000, 100));
        assert!(!after(10, 30_000, 30_000));
    }

    #[test]
    fn nothing_is_said_before_there_is_something_to_look_at() {
        assert!(!after(5, 1_000, 10));
    }

    #[test]
    fn a_pause_ends_it_at_once() {
        let load = Load::known(true);
        load.look(2_000_000, 1_900_000);
        assert!(!load.is_full());
    }
}

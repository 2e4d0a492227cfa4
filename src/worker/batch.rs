//! Replies to quick requests go out together.
//!
//! A reply wakes its client, and the way through the kernel empties the processor's caches of what the application
//! needs; replies that go out together share that. So one waits until the others of this turn of the reactor have been
//! called, too. It waits for a few only, and not where calls have taken long lately. The first long call behind many
//! short ones is waited for, and what waits is lost if a call ends the process.

use std::cell::Cell;
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};

use crate::net::http::let_others_go;

/// So many replies wait for each other at the most.
const MOST: usize = 16;

/// Calls of this length are not waited for.
const LONG: Duration = Duration::from_micros(50);

/// A long call is remembered over some thousand short ones: by such a part less after each.
const FORGOTTEN: u32 = 256;

/// What is expected of calls of which nothing is known.
const UNKNOWN: Duration = Duration::from_millis(1);

/// The calls of a turn.
pub(super) struct Batch {
    places: Semaphore,
    /// How long the next call may take: as long as the longest did, less with each that was shorter.
    expected: Cell<Duration>,
}

impl Default for Batch {
    fn default() -> Self {
        Self { places: Semaphore::new(MOST), expected: Cell::new(UNKNOWN) }
    }
}

/// A place among the calls whose replies may wait.
pub(super) struct Place<'b> {
    batch: &'b Batch,
    /// Given back at the end.
    _permit: Option<SemaphorePermit<'b>>,
}

impl Batch {
    /// Waits for a place, which is to be had before a call.
    pub(super) async fn enter(&self) -> Place<'_> {
        // The semaphore is never closed.
        Place { batch: self, _permit: self.places.acquire().await.ok() }
    }

    /// Knows of a call that took so long.
    fn count(&self, call: Duration) {
        let expected = self.expected.get();
        self.expected.set(call.max(expected.saturating_sub(expected / FORGOTTEN)));
    }
}

impl Place<'_> {
    /// Counts a call that took so long; `None` where there is more to come, of which nothing is known. Waits with its
    /// reply, if it may, and if others do not take long.
    pub(super) async fn leave(self, call: Option<Duration>, may_wait: bool) {
        self.batch.count(call.unwrap_or(UNKNOWN));
        if may_wait && self.batch.expected.get() < LONG {
            let_others_go().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::rc::Rc;

    use super::*;

    const SHORT: Duration = Duration::from_micros(5);

    /// In which order so many requests that came at once are called and answered (negative).
    fn order(requests: usize, expected: Duration) -> Vec<isize> {
        let (batch, order) = (Rc::new(Batch::default()), Rc::new(RefCell::new(Vec::new())));
        batch.expected.set(expected);
        #[expect(clippy::disallowed_methods, reason = "a test needs a reactor")]
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        let set = tokio::task::LocalSet::new();
        for number in 1..=isize::try_from(requests).expect("few") {
            let (batch, order) = (Rc::clone(&batch), Rc::clone(&order));
            set.spawn_local(async move {
                let place = batch.enter().await;
                order.borrow_mut().push(number);
                place.leave(Some(SHORT), true).await;
                order.borrow_mut().push(-number);
            });
        }
        runtime.expect("a runtime").block_on(set);
        order.take()
    }

    #[test]
    fn quick_calls_are_answered_together() {
        assert_eq!(order(3, SHORT), [1, 2, 3, -1, -2, -3]);
    }

    #[test]
    fn who_may_be_followed_by_a_long_call_is_answered_at_once() {
        assert_eq!(order(3, 2 * LONG), [1, -1, 2, -2, 3, -3]);
    }

    #[test]
    fn nobody_waits_for_what_has_more_to_come() {
        let batch = Batch::default();
        batch.expected.set(SHORT);
        #[expect(clippy::disallowed_methods, reason = "a test needs a reactor")]
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        runtime
            .expect("a runtime")
            .block_on(async { batch.enter().await.leave(None, false).await });
        assert!(batch.expected.get() >= LONG, "{:?}", batch.expected);
    }

    #[test]
    fn few_wait_for_each_other() {
        let most = isize::try_from(MOST).expect("few");
        let order = order(3 * MOST, SHORT);
        let first = order.iter().position(|&number| number == -1);
        assert_eq!(first, Some(MOST), "{order:?}");
        let (mut waiting, mut longest) = (0, 0);
        for number in &order {
            waiting += number.signum();
            longest = longest.max(waiting);
        }
        assert_eq!(longest, most, "{order:?}");
        assert!(order.iter().filter(|&&number| number > 0).is_sorted(), "{order:?}");
    }

    #[test]
    fn a_long_call_is_forgotten_after_many_short_ones() {
        let batch = Batch::default();
        batch.count(Duration::from_millis(50));
        let short = (0..).take_while(|_| {
            batch.count(SHORT);
            batch.expected.get() >= LONG
        });
        let short = short.count();
        assert!((1_000..3_000).contains(&short), "{short}");
    }
}

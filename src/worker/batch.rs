//! Replies go out together.
//!
//! A reply wakes its client, and the way through the kernel empties the processor's caches of what the application
//! needs; replies that go out together share that. So one waits until others of this turn of the reactor have been
//! called, too: a few, and for a time that nobody notices.
//!
//! Replies to quick calls wait here; they are lost if a call ends the process. A thread that has more to do than it can
//! does the same with calls that take longer: there, every client waits for what others ask anyway, and all are served
//! sooner. Such replies wait in the kernel: it sends them if this process ends, and when a call takes longer than was
//! expected (a fifth of a second, tcp(7), `TCP_CORK`).

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::load::Load;
use crate::net::http::let_others_go;

/// So many replies wait for each other at the most.
const MOST: u32 = 16;

/// Who takes more of the places than that is alone in them.
const COMPANY: u32 = MOST / 2;

/// Calls of this length are not quick.
const LONG: Duration = Duration::from_micros(50);

/// A long call is remembered over some thousand quick ones: by such a part less after each.
const FORGOTTEN: u32 = 256;

/// What is expected of calls of which nothing is known.
const UNKNOWN: Duration = Duration::from_millis(1);

/// So long calls that are not quick may take, all for which a reply waits.
const PATIENCE: Duration = Duration::from_millis(100);

/// For these, a longer call is remembered over some hundred shorter ones.
const FORGOTTEN_SOON: u32 = 64;

/// The calls of a turn.
pub(super) struct Batch {
    places: Arc<Semaphore>,
    /// How long the next call may take: as long as the longest did, less with each that was shorter.
    longest: Cell<Duration>,
    /// The same, sooner forgotten.
    lately: Cell<Duration>,
    load: Arc<Load>,
}

/// A place among the calls whose replies may wait.
pub(super) struct Place {
    batch: Rc<Batch>,
    /// Given back at the end.
    _permit: Option<OwnedSemaphorePermit>,
}

impl Batch {
    /// The calls of a thread that works so hard.
    pub(super) fn new(load: Arc<Load>) -> Self {
        let places = Arc::new(Semaphore::new(MOST as usize));
        Self { places, longest: Cell::new(UNKNOWN), lately: Cell::new(UNKNOWN), load }
    }

    /// Waits for a place, which is to be had before a call.
    pub(super) async fn enter(self: &Rc<Self>) -> Place {
        let places = Arc::clone(&self.places);
        // The semaphore is never closed.
        Place {
            batch: Rc::clone(self),
            _permit: places.acquire_many_owned(self.share()).await.ok(),
        }
    }

    /// How much of all places the next call takes, so that all in them take no longer than a reply may wait.
    fn share(&self) -> u32 {
        let share = (self.lately.get() * MOST).as_nanos().div_ceil(PATIENCE.as_nanos());
        u32::try_from(share).unwrap_or(MOST).clamp(1, MOST)
    }

    /// Knows of a call that took so long; `None` where there is more to come, of which nothing is known.
    fn count(&self, call: Option<Duration>) {
        for (longest, forgotten) in [(&self.longest, FORGOTTEN), (&self.lately, FORGOTTEN_SOON)] {
            let faded = longest.get().saturating_sub(longest.get() / forgotten);
            longest.set(call.unwrap_or(UNKNOWN).max(faded));
        }
    }
}

impl Place {
    /// Counts a call that took so long; `None` where there is more to come, of which nothing is known. Where its reply
    /// may wait it does so, if all are quick. The place is given back where the reply is to be sent now and to wait in
    /// the kernel, as long as the place is held.
    pub(super) async fn leave(self, call: Option<Duration>, may_wait: bool) -> Option<Self> {
        self.batch.count(call);
        if may_wait && self.batch.longest.get() < LONG {
            let_others_go().await;
            return None;
        }
        let is_long = call.is_some_and(|call| call >= LONG);
        let may_wait = may_wait && is_long && self.batch.load.is_full();
        (may_wait && self.batch.share() <= COMPANY).then_some(self)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    const SHORT: Duration = Duration::from_micros(5);

    fn batch(expected: Duration, is_full: bool) -> Rc<Batch> {
        let batch = Batch::new(Arc::new(Load::known(is_full)));
        batch.longest.set(expected);
        batch.lately.set(expected);
        Rc::new(batch)
    }

    /// In which order so many requests that came at once are called and answered (negative), if each takes as long as
    /// is expected.
    fn order(requests: usize, expected: Duration, is_full: bool) -> Vec<isize> {
        let (batch, order) = (batch(expected, is_full), Rc::new(RefCell::new(Vec::new())));
        #[expect(clippy::disallowed_methods, reason = "a test needs a reactor")]
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        let set = tokio::task::LocalSet::new();
        for number in 1..=isize::try_from(requests).expect("few") {
            let (batch, order) = (Rc::clone(&batch), Rc::clone(&order));
            set.spawn_local(async move {
                let place = batch.enter().await;
                order.borrow_mut().push(number);
                let place = place.leave(Some(expected), true).await;
                if place.is_some() {
                    // It has been sent to where it waits.
                    let_others_go().await;
                }
                order.borrow_mut().push(-number);
            });
        }
        runtime.expect("a runtime").block_on(set);
        order.take()
    }

    /// How many replies wait for each other at the most.
    fn longest(order: &[isize]) -> isize {
        let (mut waiting, mut longest) = (0, 0);
        for number in order {
            waiting += number.signum();
            longest = longest.max(waiting);
        }
        longest
    }

    #[test]
    fn quick_calls_are_answered_together() {
        assert_eq!(order(3, SHORT, false), [1, 2, 3, -1, -2, -3]);
        assert_eq!(order(3, SHORT, true), [1, 2, 3, -1, -2, -3]);
    }

    #[test]
    fn who_may_be_followed_by_a_long_call_is_answered_at_once() {
        assert_eq!(order(3, 2 * LONG, false), [1, -1, 2, -2, 3, -3]);
        assert_eq!(order(3, PATIENCE, true), [1, -1, 2, -2, 3, -3]);
    }

    #[test]
    fn a_thread_with_too_much_to_do_answers_together_what_takes_longer() {
        assert_eq!(order(3, Duration::from_millis(2), true), [1, 2, 3, -1, -2, -3]);
    }

    #[test]
    fn nobody_waits_longer_than_it_may() {
        for part in [1, 2, 3, 5, 9, 16, 40, 1000] {
            let call = PATIENCE / part;
            let order = order(40, call, true);
            let longest = u32::try_from(longest(&order)).expect("few");
            assert!(longest == 1 || call * longest <= PATIENCE, "{call:?}: {order:?}");
            assert!(longest <= MOST, "{call:?}: {order:?}");
        }
    }

    #[test]
    fn a_quick_call_among_long_ones_is_answered_at_once() {
        let batch = batch(2 * LONG, true);
        #[expect(clippy::disallowed_methods, reason = "a test needs a reactor")]
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        let left = async { batch.enter().await.leave(Some(SHORT), true).await.is_some() };
        assert!(!runtime.expect("a runtime").block_on(left));
    }

    #[test]
    fn nobody_waits_where_a_call_took_too_long_lately() {
        let batch = batch(2 * LONG, true);
        batch.count(Some(Duration::from_millis(300)));
        #[expect(clippy::disallowed_methods, reason = "a test needs a reactor")]
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        let left = async { batch.enter().await.leave(Some(2 * LONG), true).await.is_some() };
        assert!(!runtime.expect("a runtime").block_on(left));
    }

    #[test]
    fn nobody_waits_for_what_has_more_to_come() {
        let batch = batch(SHORT, false);
        #[expect(clippy::disallowed_methods, reason = "a test needs a reactor")]
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        let left = async { batch.enter().await.leave(None, false).await.is_some() };
        assert!(!runtime.expect("a runtime").block_on(left));
        assert!(batch.longest.get() >= LONG, "{:?}", batch.longest);
    }

    #[test]
    fn few_wait_for_each_other() {
        let most = isize::try_from(MOST).expect("few");
        let order = order(3 * 16, SHORT, false);
        let first = order.iter().position(|&number| number == -1);
        assert_eq!(first, Some(16), "{order:?}");
        assert_eq!(longest(&order), most, "{order:?}");
        assert!(order.iter().filter(|&&number| number > 0).is_sorted(), "{order:?}");
    }

    #[test]
    fn a_long_call_is_forgotten_after_many_short_ones() {
        let batch = batch(SHORT, false);
        batch.count(Some(Duration::from_millis(50)));
        let short = (0..).take_while(|_| {
            batch.count(Some(SHORT));
            batch.longest.get() >= LONG
        });
        let short = short.count();
        assert!((1_000..3_000).contains(&short), "{short}");
    }
}

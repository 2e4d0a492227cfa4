//! Waits with an end, one after another, by one timer.
//!
//! The timer is left alone while the end moves on, and looks again when it rings: setting one for each wait
//! costs more than most waits take. So does asking it, where there are thousands: it is not asked before it can have rung.

use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep_until};

/// A wait, and those behind it.
#[derive(Default)]
pub struct Waiting {
    until: Option<Instant>,
    timer: Option<Pin<Box<Sleep>>>,
    /// When the timer rings, and whom it wakes then.
    rings: Option<(Instant, Waker)>,
    /// Whether it need not be asked yet: it will ring within this wait.
    is_set: bool,
}

impl Waiting {
    /// Begins a wait of at most so long.
    pub fn begin(&mut self, patience: Duration) {
        let now = Instant::now();
        let until = now + patience;
        self.until = Some(until);
        let rings = self.rings.as_ref().map(|(rings, _)| *rings);
        self.is_set = rings.is_some_and(|rings| now < rings && rings <= until);
        // One that rings much later would be too late for this one.
        if rings.is_some_and(|rings| rings > until) {
            (self.timer, self.rings) = (None, None);
        }
    }

    /// Has the wait end after so long, unless it ends before.
    pub fn shorten(&mut self, patience: Duration) {
        if self.until.is_none_or(|until| Instant::now() + patience < until) {
            self.begin(patience);
        }
    }

    /// Whether the wait is over; has the task woken when it is.
    pub fn poll_over(&mut self, context: &mut Context<'_>) -> bool {
        let Some(until) = self.until else { return false };
        let is_set = std::mem::take(&mut self.is_set);
        let wakes = |(_, waker): &(Instant, Waker)| waker.will_wake(context.waker());
        let is_known = self.rings.as_ref().is_some_and(wakes);
        if is_set && is_known {
            return false;
        }
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(until)));
        while timer.as_mut().poll(context).is_ready() {
            if timer.deadline() >= until {
                return true;
            }
            timer.as_mut().reset(until);
        }
        match &mut self.rings {
            Some((rings, _)) if is_known => *rings = timer.deadline(),
            rings => *rings = Some((timer.deadline(), context.waker().clone())),
        }
        false
    }

    /// Waits for something, at most so long.
    pub async fn wait<F: Future>(&mut self, patience: Duration, what: F) -> Option<F::Output> {
        self.begin(patience);
        let mut what = pin!(what);
        std::future::poll_fn(|context| match what.as_mut().poll(context) {
            Poll::Ready(done) => Poll::Ready(Some(done)),
            Poll::Pending if self.poll_over(context) => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHORT: Duration = Duration::from_millis(20);
    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn each_wait_has_its_own_end() {
        #[expect(clippy::disallowed_methods, reason = "a reactor for timers")]
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
        runtime.expect("a reactor").block_on(async {
            let mut waiting = Waiting::default();
            let began = Instant::now();
            let never = std::future::pending::<()>;
            assert_eq!(waiting.wait(SHORT, never()).await, None);
            assert_eq!(waiting.wait(LONG, std::future::ready(1)).await, Some(1));
            assert_eq!(waiting.wait(LONG, tokio::time::sleep(SHORT)).await, Some(()));
            // The timer of the long one does not hold up the short one.
            assert_eq!(waiting.wait(SHORT, never()).await, None);
            assert_eq!(waiting.wait(SHORT, never()).await, None);
            assert!(began.elapsed() >= 4 * SHORT && began.elapsed() < LONG);
            // One that begins while the timer is set for the last one has all its time, and no more.
            assert_eq!(waiting.wait(SHORT, tokio::time::sleep(SHORT / 4)).await, Some(()));
            let began = Instant::now();
            assert_eq!(waiting.wait(SHORT, never()).await, None);
            assert!(began.elapsed() >= SHORT && began.elapsed() < LONG);
        });
    }
}

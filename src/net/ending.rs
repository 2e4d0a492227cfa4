//! The end of a process, as those who wait for their clients hear of it.
//!
//! Each of thousands of connections is to be woken once, at the end; until then, knowing of it costs none of them
//! anything.

use std::cell::Cell;
use std::pin::Pin;
use std::task::Context;

use tokio::sync::Notify;
use tokio::sync::futures::Notified;

/// How near the end is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Nobody knows of one.
    #[default]
    Far,
    /// Requests that come are answered, with the word that their connection ends.
    Near,
    /// Who says nothing by now is left.
    Here,
}

/// The end of a process, or of one of its threads.
#[derive(Debug, Default)]
pub struct Ending {
    stage: Cell<Stage>,
    told: Notify,
}

/// Wakes a task at the next stage, unless it is dropped.
pub type Word<'e> = Pin<Box<Notified<'e>>>;

impl Ending {
    /// How near it is.
    #[must_use]
    pub fn stage(&self) -> Stage {
        self.stage.get()
    }

    /// Tells everybody how near it is.
    pub fn tell(&self, stage: Stage) {
        self.stage.set(stage);
        self.told.notify_waiters();
    }

    /// Has a task woken at the next stage.
    pub fn hear(&self, context: &mut Context<'_>) -> Word<'_> {
        let mut word = Box::pin(self.told.notified());
        // It is not over: it has just begun.
        let _ = word.as_mut().poll(context);
        word
    }

    /// Waits until it is as near as this.
    pub async fn reach(&self, stage: Stage) {
        while self.stage() < stage {
            self.told.notified().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;
    use std::task::Poll;

    use tokio::task::{LocalSet, spawn_local, yield_now};

    use super::*;

    #[test]
    fn who_waits_is_woken_once_for_each_stage() {
        #[expect(clippy::disallowed_methods, reason = "a reactor for two tasks")]
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a reactor");
        let ending = Rc::new(Ending::default());
        let heard = LocalSet::new().block_on(&runtime, async {
            let (hears, reaches) = (Rc::clone(&ending), Rc::clone(&ending));
            let hearer = spawn_local(async move {
                let (mut stages, mut word) = (Vec::new(), None);
                std::future::poll_fn(|context| {
                    stages.push(hears.stage());
                    word = Some(hears.hear(context));
                    if hears.stage() == Stage::Here { Poll::Ready(()) } else { Poll::Pending }
                })
                .await;
                stages
            });
            let reaches = spawn_local(async move { reaches.reach(Stage::Here).await });
            for stage in [Stage::Near, Stage::Here] {
                yield_now().await;
                yield_now().await;
                assert!(!reaches.is_finished(), "{stage:?}");
                ending.tell(stage);
            }
            reaches.await.expect("it is here");
            hearer.await.expect("it is here")
        });
        assert_eq!(heard, [Stage::Far, Stage::Near, Stage::Here]);
    }
}

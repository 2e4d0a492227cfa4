//! Whether the server is ready for requests: at least one worker has the application and is not stuck.

use std::sync::atomic::Ordering;
use std::time::Duration;

use super::state::State;
use crate::process::scoreboard::{Scoreboard, now_micros};

/// Without `harakiri` a thread that is in one request for longer counts as stuck.
const STUCK: Duration = Duration::from_secs(60);

/// What the master sees.
#[derive(Clone, Debug, Default)]
pub(super) struct View {
    /// The server is on its way to the end.
    pub(super) stopping: bool,
    /// There are no workers until a client comes.
    pub(super) cheap: bool,
    /// Workers of an earlier image serve until the new ones do.
    pub(super) elders: usize,
    /// For each worker with an application, how long each of its threads has been in its request.
    pub(super) workers: Vec<Vec<Duration>>,
}

pub(super) fn view(state: &State, board: &Scoreboard) -> View {
    let now = now_micros();
    let busy_for = |since: u64| match since {
        0 => Duration::ZERO,
        since => Duration::from_micros(now.saturating_sub(since)),
    };
    let workers = board.workers().iter().enumerate().filter(|(_, worker)| {
        let is = |flag: &std::sync::atomic::AtomicBool| flag.load(Ordering::SeqCst);
        is(&worker.accepting) && is(&worker.loaded)
    });
    let threads = |index| {
        let cores = board.cores(index).iter();
        cores.map(|core| busy_for(core.since.load(Ordering::SeqCst))).collect()
    };
    View {
        stopping: state.is_stopping(),
        cheap: state.is_cheap(),
        elders: state.elders(),
        workers: workers.map(|(index, _)| threads(index)).collect(),
    }
}

/// Whether requests are answered, with `harakiri` in seconds.
pub(super) fn is_ready(view: &View, harakiri: u64) -> bool {
    let limit = if harakiri > 0 { Duration::from_secs(harakiri) } else { STUCK };
    let moves = |threads: &Vec<Duration>| threads.iter().any(|busy| *busy <= limit);
    !view.stopping && (view.cheap || view.elders > 0 || view.workers.iter().any(moves))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_thread_that_moves_is_enough() {
        fn check(view: &View, expected: bool) {
            assert_eq!(is_ready(view, 10), expected, "{view:?}");
        }
        let seconds = |threads: &[u64]| threads.iter().copied().map(Duration::from_secs).collect();
        let with = |workers: Vec<Vec<Duration>>| View { workers, ..View::default() };
        check(&with(vec![]), false);
        check(&with(vec![seconds(&[0])]), true);
        check(&with(vec![seconds(&[10])]), true);
        check(&with(vec![seconds(&[11])]), false);
        check(&with(vec![seconds(&[11, 11]), seconds(&[11, 2])]), true);
        check(&View { stopping: true, ..with(vec![seconds(&[0])]) }, false);
        check(&View { cheap: true, ..View::default() }, true);
        check(&View { elders: 1, ..View::default() }, true);
        assert!(is_ready(&with(vec![seconds(&[59])]), 0));
        assert!(!is_ready(&with(vec![seconds(&[61])]), 0));
    }
}

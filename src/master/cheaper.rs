//! Decides how many workers a load needs: uWSGI's `cheaper` algorithms.
//!
//! Pure: is told once a second what the workers do, and says what to change. The seats are
//! [`state`](super::state)'s.

/// Which rule decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// More when nobody is idle, fewer when more than the minimum is.
    Spare,
    /// As many idle ones as the minimum, at once; fewer when more have been idle for long.
    Spare2,
    /// More when clients wait in the queue of a socket.
    Backlog,
    /// By the share of time that the workers spend on requests.
    Busyness,
    /// Only the master FIFO decides.
    Manual,
}

/// The numbers that decide. Times are in looks, of which there is one a second.
#[derive(Clone, Debug)]
pub struct Rules {
    /// Which rule.
    pub algorithm: Algorithm,
    /// There are never fewer workers.
    pub least: usize,
    /// There are never more workers.
    pub most: usize,
    /// How many come at a time.
    pub step: usize,
    /// How many looks in a row must say the same; for `Backlog` the clients that may wait.
    pub overload: u64,
    /// How many looks in a row more must be idle than are wanted, for `Spare2`.
    pub patience: u64,
    /// Above this sum of resident memory in bytes none comes; 0 is no limit.
    pub soft_memory: u64,
    /// Above this one goes; 0 is no limit.
    pub hard_memory: u64,
    /// What only `Busyness` needs.
    pub busyness: Busyness,
}

/// The numbers of [`Algorithm::Busyness`].
#[derive(Clone, Debug)]
pub struct Busyness {
    /// Above this percentage more workers come.
    pub max: u64,
    /// Below this percentage one may go.
    pub min: u64,
    /// For so many windows it must be below.
    pub multiplier: u64,
    /// So many windows more when one that went was missed soon.
    pub penalty: u64,
    /// More waiting clients than this need workers at once.
    pub backlog_alert: u64,
    /// How many come then.
    pub backlog_step: usize,
    /// As `multiplier`, while there are such.
    pub backlog_multiplier: u64,
    /// Clients that wait in each of so many looks need workers, too.
    pub backlog_nonzero: u64,
    /// Whether each window is told.
    pub verbose: bool,
}

/// What a worker did, as far as it stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Worker {
    /// Its number, from 1.
    pub number: usize,
    /// Whether it serves already.
    pub ready: bool,
    /// Whether none of its threads is idle.
    pub busy: bool,
    /// Time that its threads have spent on requests, microseconds.
    pub worked: u64,
    /// Resident memory in bytes.
    pub memory: u64,
}

/// What the master sees.
#[derive(Clone, Debug, Default)]
pub struct View {
    /// The workers that stay.
    pub workers: Vec<Worker>,
    /// Threads of each.
    pub threads: u64,
    /// Clients that wait in the queues of the sockets.
    pub waiting: u64,
}

/// What to change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Nothing.
    None,
    /// So many workers more.
    Grow(usize),
    /// This worker goes.
    Shrink(usize),
}

/// What is remembered from look to look.
#[derive(Debug)]
pub struct Cheaper {
    rules: Rules,
    /// Looks in a row that ask for more workers.
    short: u64,
    /// Looks in a row that ask for fewer workers.
    calm: u64,
    /// Looks in a row with waiting clients.
    queued: u64,
    /// Looks of this window.
    looks: u64,
    /// What the workers had worked when the window began.
    worked: u64,
    /// How many windows it takes now to let one go.
    multiplier: u64,
    /// Windows since one went.
    since_shrink: Option<u64>,
    /// Workers that came because clients waited.
    emergency: usize,
    /// What to tell.
    words: Option<String>,
}

impl Cheaper {
    /// Remembers nothing yet.
    #[must_use]
    pub fn new(rules: Rules) -> Self {
        Self {
            multiplier: rules.busyness.multiplier,
            rules,
            short: 0,
            calm: 0,
            queued: 0,
            looks: 0,
            worked: 0,
            since_shrink: None,
            emergency: 0,
            words: None,
        }
    }

    /// A sentence about the last look, if there is one.
    pub fn words(&mut self) -> Option<String> {
        self.words.take()
    }

    /// What to change after a second more.
    pub fn look(&mut self, view: &View) -> Change {
        let memory: u64 = view.workers.iter().map(|worker| worker.memory).sum();
        if self.rules.hard_memory > 0 && memory > self.rules.hard_memory {
            return self.bounded(Change::Shrink(last(view)), view);
        }
        let change = match self.rules.algorithm {
            Algorithm::Spare => self.spare(view),
            Algorithm::Spare2 => self.spare2(view),
            Algorithm::Backlog => self.backlog(view),
            Algorithm::Busyness => self.busyness(view),
            Algorithm::Manual => Change::None,
        };
        match change {
            Change::Grow(_) if self.rules.soft_memory > 0 && memory > self.rules.soft_memory => {
                Change::None
            }
            change => self.bounded(change, view),
        }
    }

    fn bounded(&self, change: Change, view: &View) -> Change {
        let active = view.workers.len();
        match change {
            Change::Grow(count) => match count.min(self.rules.most.saturating_sub(active)) {
                0 => Change::None,
                count => Change::Grow(count),
            },
            Change::Shrink(_) if active <= self.rules.least => Change::None,
            change => change,
        }
    }

    fn spare(&mut self, view: &View) -> Change {
        // Who is only coming will help in a moment.
        let coming = view.workers.iter().any(|worker| !worker.ready);
        let idle = view.workers.iter().filter(|worker| worker.ready && !worker.busy).count();
        self.short = if idle == 0 && !coming { self.short + 1 } else { 0 };
        self.calm = if idle > self.rules.least { self.calm + 1 } else { 0 };
        self.decide(view)
    }

    fn spare2(&mut self, view: &View) -> Change {
        // Who is only coming will be idle in a moment.
        let idle = view.workers.iter().filter(|worker| !worker.ready || !worker.busy).count();
        if idle < self.rules.least {
            self.calm = 0;
            return Change::Grow(self.rules.step.min(self.rules.least - idle));
        }
        self.calm = if idle > self.rules.least { self.calm + 1 } else { 0 };
        if self.calm < self.rules.patience.max(1) {
            return Change::None;
        }
        self.calm = 0;
        self.shrink_idle(view)
    }

    fn backlog(&mut self, view: &View) -> Change {
        if view.waiting > self.rules.overload {
            return Change::Grow(self.rules.step);
        }
        if view.waiting == 0 { self.shrink_idle(view) } else { Change::None }
    }

    fn decide(&mut self, view: &View) -> Change {
        let enough = self.rules.overload.max(1);
        if self.short >= enough {
            self.short = 0;
            Change::Grow(self.rules.step)
        } else if self.calm >= enough {
            self.calm = 0;
            self.shrink_idle(view)
        } else {
            Change::None
        }
    }

    #[expect(clippy::unused_self, reason = "reads as the others do")]
    fn shrink_idle(&self, view: &View) -> Change {
        let idle = view.workers.iter().rev().find(|worker| worker.ready && !worker.busy);
        idle.map_or(Change::None, |worker| Change::Shrink(worker.number))
    }

    fn busyness(&mut self, view: &View) -> Change {
        self.queued = if view.waiting > 0 { self.queued + 1 } else { 0 };
        let numbers = self.rules.busyness.clone();
        let nonzero = numbers.backlog_nonzero > 0 && self.queued > numbers.backlog_nonzero;
        let coming = view.workers.iter().any(|worker| !worker.ready);
        if (view.waiting > numbers.backlog_alert || nonzero) && !coming {
            self.queued = 0;
            let count = if nonzero { 1 } else { numbers.backlog_step };
            self.emergency += count;
            return Change::Grow(count);
        }
        self.looks += 1;
        if self.looks < self.rules.overload.max(1) {
            return Change::None;
        }
        let worked: u64 = view.workers.iter().map(|worker| worker.worked).sum();
        let window = std::mem::take(&mut self.looks) * 1_000_000;
        let whole = window * (view.workers.len() as u64).max(1) * view.threads.max(1);
        let spent = worked.saturating_sub(std::mem::replace(&mut self.worked, worked));
        let share = (spent * 100 / whole.max(1)).min(100);
        if numbers.verbose {
            self.words = Some(format!(
                "[busyness] {share}% average busyness of {} worker(s), {} waiting",
                view.workers.len(),
                view.waiting,
            ));
        }
        self.judge(share, view, &numbers)
    }

    /// Decides at the end of a window with this percentage of busyness.
    fn judge(&mut self, share: u64, view: &View, numbers: &Busyness) -> Change {
        let since = self.since_shrink.map(|windows| windows + 1);
        self.since_shrink = since;
        if share > numbers.max {
            self.calm = 0;
            if since.is_some_and(|windows| windows <= self.multiplier) {
                // The one that went is missed already: be slower to let the next one go.
                self.multiplier += numbers.penalty;
                self.since_shrink = None;
            }
            return Change::Grow(self.rules.step);
        }
        if share >= numbers.min {
            self.calm = 0;
            return Change::None;
        }
        self.calm += 1;
        let patience =
            if self.emergency > 0 { numbers.backlog_multiplier } else { self.multiplier };
        if self.calm < patience.max(1) {
            return Change::None;
        }
        self.calm = 0;
        if self.emergency > 0 {
            self.emergency -= 1;
        } else if since.is_some_and(|windows| windows > 2 * self.multiplier) {
            self.multiplier = numbers.multiplier;
        }
        self.since_shrink = Some(0);
        self.shrink_idle(view)
    }
}

fn last(view: &View) -> usize {
    view.workers.last().map_or(0, |worker| worker.number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(algorithm: Algorithm) -> Rules {
        Rules {
            algorithm,
            least: 1,
            most: 4,
            step: 2,
            overload: 3,
            patience: 2,
            soft_memory: 0,
            hard_memory: 0,
            busyness: Busyness {
                max: 50,
                min: 25,
                multiplier: 2,
                penalty: 1,
                backlog_alert: 5,
                backlog_step: 1,
                backlog_multiplier: 1,
                backlog_nonzero: 2,
                verbose: false,
            },
        }
    }

    fn view(busy: &[bool]) -> View {
        let workers = busy.iter().enumerate().map(|(index, &busy)| Worker {
            number: index + 1,
            ready: true,
            busy,
            worked: 0,
            memory: 100,
        });
        View { workers: workers.collect(), threads: 1, waiting: 0 }
    }

    #[test]
    fn spare_grows_after_some_looks_without_an_idle_worker() {
        let mut cheaper = Cheaper::new(rules(Algorithm::Spare));
        for _ in 0..2 {
            assert_eq!(cheaper.look(&view(&[true])), Change::None);
        }
        assert_eq!(cheaper.look(&view(&[true])), Change::Grow(2));
        assert_eq!(cheaper.look(&view(&[true, false])), Change::None);
        for _ in 0..2 {
            assert_eq!(cheaper.look(&view(&[true, true, true])), Change::None);
        }
        assert_eq!(cheaper.look(&view(&[true, true, true])), Change::Grow(1), "never above most");
        for _ in 0..4 {
            assert_eq!(cheaper.look(&view(&[true; 4])), Change::None);
        }
    }

    #[test]
    fn spare_lets_an_idle_worker_go_that_is_too_many() {
        let mut cheaper = Cheaper::new(rules(Algorithm::Spare));
        let calm = view(&[false, false, true]);
        assert_eq!(cheaper.look(&calm), Change::None);
        assert_eq!(cheaper.look(&calm), Change::None);
        assert_eq!(cheaper.look(&calm), Change::Shrink(2));
        for _ in 0..5 {
            assert_eq!(cheaper.look(&view(&[false])), Change::None, "never below least");
        }
    }

    #[test]
    fn who_is_coming_counts_as_help() {
        let mut cheaper = Cheaper::new(rules(Algorithm::Spare));
        let mut coming = view(&[true, false]);
        coming.workers[1].ready = false;
        for _ in 0..5 {
            assert_eq!(cheaper.look(&coming), Change::None);
        }
    }

    #[test]
    fn spare2_keeps_some_idle_and_is_slow_to_let_go() {
        let rules = Rules { least: 2, most: 8, ..rules(Algorithm::Spare2) };
        let mut cheaper = Cheaper::new(rules);
        assert_eq!(cheaper.look(&view(&[false, false])), Change::None);
        assert_eq!(
            cheaper.look(&view(&[true, false])),
            Change::Grow(1),
            "no more than are missing"
        );
        assert_eq!(cheaper.look(&view(&[true; 3])), Change::Grow(2));
        let mut coming = view(&[true, true, false, false]);
        coming.workers[3].ready = false;
        assert_eq!(cheaper.look(&coming), Change::None);
        let calm = view(&[true, false, false, false]);
        assert_eq!(cheaper.look(&calm), Change::None);
        assert_eq!(cheaper.look(&calm), Change::Shrink(4));
        assert_eq!(cheaper.look(&calm), Change::None, "one after the other");
        assert_eq!(cheaper.look(&view(&[false, false])), Change::None);
    }

    #[test]
    fn backlog_follows_the_queue() {
        let mut cheaper = Cheaper::new(rules(Algorithm::Backlog));
        let waiting = |waiting, busy: &[bool]| View { waiting, ..view(busy) };
        assert_eq!(cheaper.look(&waiting(4, &[true])), Change::Grow(2));
        assert_eq!(cheaper.look(&waiting(3, &[true; 3])), Change::None);
        assert_eq!(cheaper.look(&waiting(0, &[true, false, true])), Change::Shrink(2));
        assert_eq!(cheaper.look(&waiting(0, &[false])), Change::None);
    }

    #[test]
    fn memory_limits_the_number() {
        let limited = |soft_memory, hard_memory| {
            Cheaper::new(Rules { soft_memory, hard_memory, overload: 1, ..rules(Algorithm::Spare) })
        };
        assert_eq!(limited(0, 0).look(&view(&[true, true])), Change::Grow(2));
        assert_eq!(limited(199, 0).look(&view(&[true, true])), Change::None);
        assert_eq!(limited(0, 199).look(&view(&[true, true])), Change::Shrink(2));
        assert_eq!(limited(0, 1).look(&view(&[true])), Change::None);
    }

    /// One window of three seconds in which the workers worked this percentage of the time.
    fn window(cheaper: &mut Cheaper, workers: usize, percent: u64, total: &mut u64) -> Change {
        *total += 3_000_000 * workers as u64 * percent / 100;
        let mut seen = view(&vec![false; workers]);
        seen.workers[0].worked = *total;
        assert_eq!(cheaper.look(&seen), Change::None);
        assert_eq!(cheaper.look(&seen), Change::None);
        cheaper.look(&seen)
    }

    #[test]
    fn busyness_grows_above_max_and_shrinks_after_calm_windows() {
        let mut cheaper = Cheaper::new(rules(Algorithm::Busyness));
        let mut total = 0;
        assert_eq!(window(&mut cheaper, 1, 51, &mut total), Change::Grow(2));
        assert_eq!(window(&mut cheaper, 3, 30, &mut total), Change::None);
        assert_eq!(window(&mut cheaper, 3, 10, &mut total), Change::None);
        assert_eq!(window(&mut cheaper, 3, 10, &mut total), Change::Shrink(3));
        // It was missed at once: the next one goes a window later.
        assert_eq!(window(&mut cheaper, 2, 90, &mut total), Change::Grow(2));
        for _ in 0..2 {
            assert_eq!(window(&mut cheaper, 4, 10, &mut total), Change::None);
        }
        assert_eq!(window(&mut cheaper, 4, 10, &mut total), Change::Shrink(4));
    }

    #[test]
    fn busyness_sends_help_where_clients_wait() {
        let mut cheaper = Cheaper::new(rules(Algorithm::Busyness));
        let waiting = |waiting| View { waiting, ..view(&[true]) };
        assert_eq!(cheaper.look(&waiting(6)), Change::Grow(1));
        assert_eq!(cheaper.look(&waiting(1)), Change::None);
        assert_eq!(cheaper.look(&waiting(1)), Change::None);
        assert_eq!(cheaper.look(&waiting(1)), Change::Grow(1));
    }

    #[test]
    fn manual_changes_nothing() {
        let mut cheaper = Cheaper::new(rules(Algorithm::Manual));
        for _ in 0..9 {
            assert_eq!(cheaper.look(&view(&[true])), Change::None);
        }
    }
}

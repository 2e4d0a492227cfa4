//! Decides when processes start, stop and restart.
//!
//! Pure: takes events and the time, gives actions. [`run`](super::run) carries them out.

use std::time::{Duration, Instant};

use crate::error::{Exit, WORKER_RELOAD};

const NO_APP: u8 = Exit::NoApp as u8;

/// A place for a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// A worker, by its number from 1.
    Worker(usize),
    /// The HTTP gateway.
    Gateway,
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
    /// A worker is in a request for too long.
    Overdue(usize),
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
    /// Kill a process that does not listen.
    Kill(i32),
    /// Start the program anew in this process; these go on serving meanwhile.
    StartAnew(Vec<i32>),
    /// Say something.
    Say(String),
    /// End with this exit code.
    End(u8),
}

/// The numbers that decide.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// How many workers there are.
    pub workers: usize,
    /// Whether there is a gateway.
    pub gateway: bool,
    /// How long a process may take to finish.
    pub mercy: Duration,
    /// How long to wait before a place is filled again where processes end as soon as they start.
    pub breath: Duration,
    /// Whether a worker without an application ends the server.
    pub need_app: bool,
}

/// A process that lives shorter than this makes the next one wait.
const SHORT_LIFE: Duration = Duration::from_secs(1);

#[derive(Debug)]
struct Seat {
    place: Place,
    process: Option<Process>,
    /// When to fill it, while it is empty.
    due: Option<Instant>,
    /// How often it was filled.
    spawns: usize,
}

#[derive(Debug)]
struct Process {
    pid: i32,
    since: Instant,
    ready: bool,
    /// When it is killed if it is still there; it was asked to go.
    going: Option<Instant>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Running,
    /// On the way to the end with this exit code, since then.
    Stopping(u8, Instant),
}

/// The state of the server.
#[derive(Debug)]
pub struct State {
    rules: Rules,
    seats: Vec<Seat>,
    phase: Phase,
    /// Processes of an earlier image, which go when their successors serve.
    elders: Vec<Process>,
    /// Whether the elders were asked to go.
    succeeded: bool,
    /// Whether the workers of a server that stops were asked to go: after those that hand requests
    /// to them.
    dismissed: bool,
}

impl State {
    /// A server with these rules, and processes that an earlier image left.
    #[must_use]
    pub fn new(rules: Rules, elders: &[i32], now: Instant) -> Self {
        let workers = (1..=rules.workers).map(Place::Worker);
        let places = workers.chain(rules.gateway.then_some(Place::Gateway));
        let seat = |place| Seat { place, process: None, due: None, spawns: 0 };
        let elder = |&pid| Process { pid, since: now, ready: true, going: None };
        Self {
            rules,
            seats: places.map(seat).collect(),
            phase: Phase::Running,
            elders: elders.iter().map(elder).collect(),
            succeeded: elders.is_empty(),
            dismissed: false,
        }
    }

    /// What to do about an event.
    pub fn on(&mut self, event: Event, now: Instant) -> Vec<Action> {
        let mut actions = Vec::new();
        match event {
            Event::Started => {
                actions.extend(self.seats.iter().map(|seat| Action::Spawn(seat.place)));
            }
            Event::Spawned(place, pid) => self.fill(place, pid, now),
            Event::NotSpawned(place) => {
                if let Some(seat) = self.seats.iter_mut().find(|seat| seat.place == place) {
                    seat.due = Some(now + self.rules.breath);
                }
            }
            Event::Ready(place) => {
                let seats = self.seats.iter_mut().filter(|seat| seat.place == place);
                for process in seats.filter_map(|seat| seat.process.as_mut()) {
                    process.ready = true;
                }
                self.succeed(now, &mut actions);
            }
            Event::Ended(pid, end) => self.bury(pid, end, now, &mut actions),
            Event::Stop => self.stop(false, 0, now, &mut actions),
            Event::StopNow => self.stop(true, 0, now, &mut actions),
            Event::Reload => {
                if self.phase == Phase::Running {
                    actions.push(Action::StartAnew(self.living().collect()));
                }
            }
            Event::Overdue(number) => {
                let seat = self.seats.iter().find(|seat| seat.place == Place::Worker(number));
                if let Some(process) = seat.and_then(|seat| seat.process.as_ref()) {
                    actions.push(Action::Kill(process.pid));
                }
            }
            Event::Tick => self.tick(now, &mut actions),
        }
        actions
    }

    fn fill(&mut self, place: Place, pid: i32, now: Instant) {
        if let Some(seat) = self.seats.iter_mut().find(|seat| seat.place == place) {
            seat.process = Some(Process { pid, since: now, ready: false, going: None });
            seat.due = None;
            seat.spawns += 1;
        }
    }

    /// Lets the elders go once every seat has a process that serves.
    fn succeed(&mut self, now: Instant, actions: &mut Vec<Action>) {
        let ready = |seat: &Seat| seat.process.as_ref().is_some_and(|process| process.ready);
        if !self.succeeded && self.seats.iter().all(ready) {
            self.succeeded = true;
            for elder in &mut self.elders {
                elder.going = Some(now + self.rules.mercy);
                actions.push(Action::Finish(elder.pid));
            }
        }
    }

    fn bury(&mut self, pid: i32, end: End, now: Instant, actions: &mut Vec<Action>) {
        self.elders.retain(|elder| elder.pid != pid);
        let stopping = self.phase != Phase::Running;
        if self.seats.is_empty() && self.elders.is_empty() && !stopping {
            // The new code did not load, and now the last worker with the old code is gone.
            self.phase = Phase::Stopping(NO_APP, now);
        }
        let seat = self
            .seats
            .iter_mut()
            .find(|seat| seat.process.as_ref().is_some_and(|process| process.pid == pid));
        if let Some(seat) = seat
            && let Some(process) = seat.process.take()
        {
            let stopped_for = match self.phase {
                Phase::Stopping(_, since) => Some(now.duration_since(since)),
                Phase::Running => None,
            };
            actions.push(Action::Say(obituary(seat.place, pid, end, stopped_for)));
            let no_app = end == End::Code(NO_APP.into());
            if no_app && self.rules.need_app && self.succeeded && !stopping && !process.ready {
                return self.stop(true, NO_APP, now, actions);
            } else if !stopping {
                let planned = end == End::Code(WORKER_RELOAD.into());
                let short = !planned && now.duration_since(process.since) < SHORT_LIFE;
                let wait = if short { self.rules.breath } else { Duration::ZERO };
                seat.due = Some(now + wait);
            }
        }
        self.tick(now, actions);
    }

    fn stop(&mut self, at_once: bool, code: u8, now: Instant, actions: &mut Vec<Action>) {
        let again = self.phase != Phase::Running;
        if !again {
            self.phase = Phase::Stopping(code, now);
            actions.push(Action::Say("SIGINT/SIGTERM received...killing workers...".to_owned()));
        }
        if at_once || again {
            self.dismissed = true;
            let processes = self.seats.iter_mut().filter_map(|seat| seat.process.as_mut());
            for process in processes.chain(&mut self.elders) {
                process.going = Some(now + Duration::from_secs(1));
                actions.push(Action::Interrupt(process.pid));
            }
        } else {
            let end = now + self.rules.mercy;
            let gateways = self.seats.iter_mut().filter(|seat| seat.place == Place::Gateway);
            let gateways = gateways.filter_map(|seat| seat.process.as_mut());
            for process in gateways.chain(&mut self.elders) {
                process.going = Some(end);
                actions.push(Action::Terminate(process.pid));
            }
        }
        self.tick(now, actions);
    }

    /// Lets the workers of a server that stops go, once nobody hands requests to them any more.
    fn dismiss(&mut self, now: Instant, actions: &mut Vec<Action>) {
        let gateway = self.seats.iter().find(|seat| seat.place == Place::Gateway);
        let fed = gateway.is_some_and(|seat| seat.process.is_some()) || !self.elders.is_empty();
        if self.dismissed || fed {
            return;
        }
        self.dismissed = true;
        for process in self.seats.iter_mut().filter_map(|seat| seat.process.as_mut()) {
            process.going = Some(now + self.rules.mercy);
            actions.push(Action::Finish(process.pid));
        }
    }

    fn tick(&mut self, now: Instant, actions: &mut Vec<Action>) {
        if let Phase::Stopping(code, _) = self.phase {
            self.dismiss(now, actions);
            if self.living().next().is_none() {
                actions.push(Action::End(code));
            }
        } else {
            for seat in &mut self.seats {
                if seat.due.is_some_and(|due| due <= now) {
                    seat.due = None;
                    actions.push(Action::Spawn(seat.place));
                }
            }
        }
        let processes = self.seats.iter_mut().filter_map(|seat| seat.process.as_mut());
        for process in processes.chain(&mut self.elders) {
            if process.going.is_some_and(|end| end <= now) {
                // Once more after a while, should the kernel need it.
                process.going = Some(now + Duration::from_secs(1));
                actions.push(Action::Say(format!(
                    "process {} did not finish in time and is killed",
                    process.pid
                )));
                actions.push(Action::Kill(process.pid));
            }
        }
    }

    fn living(&self) -> impl Iterator<Item = i32> {
        let seated = self.seats.iter().filter_map(|seat| seat.process.as_ref());
        seated.chain(&self.elders).map(|process| process.pid)
    }

    /// The process in a place.
    #[must_use]
    pub fn pid(&self, place: Place) -> Option<i32> {
        let seat = self.seats.iter().find(|seat| seat.place == place)?;
        seat.process.as_ref().map(|process| process.pid)
    }

    /// How often a place was filled.
    #[must_use]
    pub fn spawns(&self, place: Place) -> usize {
        let seat = self.seats.iter().find(|seat| seat.place == place);
        seat.map_or(0, |seat| seat.spawns)
    }

    /// Places whose process has not said yet that it serves.
    pub fn unready(&self) -> impl Iterator<Item = Place> {
        let waiting = |seat: &&Seat| seat.process.as_ref().is_some_and(|process| !process.ready);
        self.seats.iter().filter(waiting).map(|seat| seat.place)
    }

    /// When to look again at the latest.
    #[must_use]
    pub fn next_look(&self, now: Instant) -> Duration {
        let soon = Duration::from_millis(20);
        let usual = Duration::from_secs(1);
        if self.unready().next().is_some() {
            return soon;
        }
        let dues = self.seats.iter().filter_map(|seat| seat.due);
        let ends = self.elders.iter().filter_map(|elder| elder.going);
        let next = dues.chain(ends).map(|due| due.saturating_duration_since(now)).min();
        next.unwrap_or(usual).clamp(Duration::from_millis(1), usual)
    }
}

/// What is said of a process that ended, in uWSGI's words; `stopped_for` is how long the server has
/// been stopping.
fn obituary(place: Place, pid: i32, end: End, stopped_for: Option<Duration>) -> String {
    match (place, end) {
        (Place::Worker(number), _) if stopped_for.is_some() => {
            let time = stopped_for.unwrap_or_default().as_secs();
            format!("worker {number} buried after {time} seconds")
        }
        (Place::Gateway, _) if stopped_for.is_some() => {
            "gateway \"uWSGI http 1\" has been buried".to_owned()
        }
        (Place::Worker(number), End::Signal(signal)) => format!(
            "DAMN ! worker {number} (pid: {pid}) died, killed by signal {signal} :( trying respawn ..."
        ),
        (Place::Gateway, _) => {
            format!("DAMN ! gateway \"uWSGI http 1\" (pid: {pid}) died :( trying respawn ...")
        }
        (Place::Worker(number), End::Code(code)) if code == i32::from(WORKER_RELOAD) => {
            format!("worker {number} (pid: {pid}) is gone; a new one takes its place")
        }
        (Place::Worker(number), End::Code(code)) => format!(
            "DAMN ! worker {number} (pid: {pid}) died with exit code {code} :( trying respawn ..."
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: Rules = Rules {
        workers: 2,
        gateway: false,
        mercy: Duration::from_secs(60),
        breath: Duration::from_secs(2),
        need_app: true,
    };

    /// A server whose workers 1 and 2 have the pids 101 and 102 and serve.
    fn running(now: Instant) -> State {
        let mut state = State::new(RULES, &[], now);
        let actions = state.on(Event::Started, now);
        assert_eq!(actions, [Action::Spawn(Place::Worker(1)), Action::Spawn(Place::Worker(2))]);
        for number in 1..=2 {
            let pid = 100 + i32::try_from(number).expect("small");
            assert_eq!(state.on(Event::Spawned(Place::Worker(number), pid), now), []);
            assert_eq!(state.on(Event::Ready(Place::Worker(number)), now), []);
        }
        state
    }

    fn without_words(actions: Vec<Action>) -> Vec<Action> {
        actions.into_iter().filter(|action| !matches!(action, Action::Say(_))).collect()
    }

    #[test]
    fn a_dead_worker_is_replaced_at_once_unless_it_just_came() {
        let start = Instant::now();
        let mut state = running(start);
        let later = start + Duration::from_secs(10);
        let actions = without_words(state.on(Event::Ended(101, End::Signal(9)), later));
        assert_eq!(actions, [Action::Spawn(Place::Worker(1))]);
        state.on(Event::Spawned(Place::Worker(1), 103), later);
        let gone = Event::Ended(103, End::Code(WORKER_RELOAD.into()));
        assert_eq!(without_words(state.on(gone, later)), [Action::Spawn(Place::Worker(1))]);
        state.on(Event::Spawned(Place::Worker(1), 103), later);
        let actions = without_words(state.on(Event::Ended(103, End::Code(1)), later));
        assert_eq!(actions, []);
        let patient = later + RULES.breath;
        assert_eq!(state.on(Event::Tick, patient), [Action::Spawn(Place::Worker(1))]);
    }

    #[test]
    fn a_stop_lets_finish_and_a_second_one_does_not() {
        let now = Instant::now();
        let mut state = running(now);
        let actions = without_words(state.on(Event::Stop, now));
        assert_eq!(actions, [Action::Finish(101), Action::Finish(102)]);
        let actions = without_words(state.on(Event::Stop, now));
        assert_eq!(actions, [Action::Interrupt(101), Action::Interrupt(102)]);
        assert_eq!(without_words(state.on(Event::Ended(101, End::Code(0)), now)), []);
        let actions = without_words(state.on(Event::Ended(102, End::Code(0)), now));
        assert_eq!(actions, [Action::End(0)]);
    }

    #[test]
    fn workers_go_after_the_gateway_that_feeds_them() {
        let now = Instant::now();
        let mut state = State::new(Rules { gateway: true, workers: 1, ..RULES }, &[], now);
        state.on(Event::Started, now);
        state.on(Event::Spawned(Place::Worker(1), 101), now);
        state.on(Event::Spawned(Place::Gateway, 100), now);
        assert_eq!(without_words(state.on(Event::Stop, now)), [Action::Terminate(100)]);
        assert_eq!(without_words(state.on(Event::Tick, now)), []);
        let gone = Event::Ended(100, End::Code(0));
        assert_eq!(without_words(state.on(gone, now)), [Action::Finish(101)]);
        let gone = Event::Ended(101, End::Code(0));
        assert_eq!(without_words(state.on(gone, now)), [Action::End(0)]);
    }

    #[test]
    fn who_does_not_finish_is_killed() {
        let now = Instant::now();
        let mut state = running(now);
        state.on(Event::Stop, now);
        let late = now + RULES.mercy;
        let actions = without_words(state.on(Event::Tick, late));
        assert_eq!(actions, [Action::Kill(101), Action::Kill(102)]);
    }

    #[test]
    fn elders_go_when_all_successors_serve() {
        let now = Instant::now();
        let mut state = State::new(RULES, &[7, 8], now);
        state.on(Event::Started, now);
        state.on(Event::Spawned(Place::Worker(1), 101), now);
        state.on(Event::Spawned(Place::Worker(2), 102), now);
        assert_eq!(state.on(Event::Ready(Place::Worker(1)), now), []);
        let actions = state.on(Event::Ready(Place::Worker(2)), now);
        assert_eq!(actions, [Action::Finish(7), Action::Finish(8)]);
    }

    #[test]
    fn elders_stay_when_the_new_code_does_not_load() {
        let now = Instant::now();
        let mut state = State::new(RULES, &[7, 8], now);
        state.on(Event::Started, now);
        state.on(Event::Spawned(Place::Worker(1), 101), now);
        let end = End::Code(NO_APP.into());
        assert_eq!(without_words(state.on(Event::Ended(101, end), now)), []);
    }

    #[test]
    fn elders_serve_alone_until_the_last_one_is_gone() {
        let now = Instant::now();
        let mut state = State::new(Rules { workers: 0, ..RULES }, &[7, 8], now);
        assert_eq!(state.on(Event::Started, now), []);
        assert_eq!(state.on(Event::Reload, now), [Action::StartAnew(vec![7, 8])]);
        assert_eq!(state.on(Event::Ended(7, End::Signal(9)), now), []);
        assert_eq!(state.on(Event::Ended(8, End::Signal(9)), now), [Action::End(NO_APP)]);
    }

    #[test]
    fn a_worker_without_an_application_ends_the_server() {
        let now = Instant::now();
        let mut state = State::new(RULES, &[], now);
        state.on(Event::Started, now);
        state.on(Event::Spawned(Place::Worker(1), 101), now);
        let end = End::Code(NO_APP.into());
        let actions = without_words(state.on(Event::Ended(101, end), now));
        assert_eq!(actions, [Action::End(NO_APP)]);
    }

    #[test]
    fn a_reload_takes_all_processes_along() {
        let now = Instant::now();
        let mut state = running(now);
        assert_eq!(state.on(Event::Reload, now), [Action::StartAnew(vec![101, 102])]);
        state.on(Event::StopNow, now);
        assert_eq!(state.on(Event::Reload, now), []);
    }

    #[test]
    fn only_the_overdue_worker_is_killed() {
        let now = Instant::now();
        let mut state = running(now);
        assert_eq!(state.on(Event::Overdue(2), now), [Action::Kill(102)]);
    }
}

//! Decides when processes start, stop and restart.
//!
//! Pure: takes events and the time, gives actions. [`run`](super::run) carries them out.

mod recycle;
mod seat;
mod stop;
#[cfg(test)]
mod tests;
mod workers;

use std::time::{Duration, Instant};

use super::event::{Action, Attendant, End, Event, Living, Outcome, Place, Rules, Tie};
use crate::error::Exit;
use recycle::Chain;
use seat::{Process, Seat, obituary};

const NO_APP: u8 = Exit::NoApp as u8;

/// A daemon that lives shorter than this makes the next one wait, as does a worker that never served;
/// longer each time.
const SHORT_SERVICE: Duration = Duration::from_secs(3);
const LONGEST_BREATH: Duration = Duration::from_secs(30);
/// What was killed is killed again after this, should the kernel need it.
const AGAIN: Duration = Duration::from_secs(1);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Running,
    /// On the way to the end with this exit code, since then.
    Stopping(u8, Instant),
}

/// The state of the server.
#[expect(clippy::struct_excessive_bools, reason = "they change independently of each other")]
#[derive(Debug)]
pub struct State {
    rules: Rules,
    seats: Vec<Seat>,
    phase: Phase,
    /// Processes of an earlier image, which go when their successors serve.
    elders: Vec<Process>,
    /// Daemons of an earlier image, which go then, too, with the index of the place whose next
    /// process waits for that; without one, all wait.
    retired: Vec<(Option<usize>, Process)>,
    /// The gateways among them: they go first, and need the others for that.
    elder_gateways: Vec<i32>,
    /// Whether the elders were asked to go.
    succeeded: bool,
    /// Whether the workers of a server that stops were asked to go: after those that hand requests
    /// to them.
    dismissed: bool,
    /// Workers that are being replaced one by one.
    chain: Option<Chain>,
    /// Until when no chain begins, as the last one could not replace anybody.
    rest: Option<Instant>,
    /// Whether it was told that the new code does not load.
    told_failure: bool,
    paused: bool,
    /// Whether there are no workers until a client comes.
    cheap: bool,
}

impl State {
    /// A server with these rules, and what an earlier image left running.
    #[must_use]
    pub fn new(rules: Rules, elders: &Living, now: Instant) -> Self {
        let first = if rules.cheap && elders.processes.is_empty() { 0 } else { rules.initial };
        // The last one stands in where workers are replaced one by one.
        let spare = (rules.workers > 0).then_some(rules.workers + 1);
        let workers = (1..=rules.workers)
            .chain(spare)
            .map(|number| Seat::new(Place::Worker(number), number <= first.min(rules.workers)));
        let gateways = (1..=rules.gateways).map(|number| Seat::new(Place::Gateway(number), true));
        let daemons = (0..rules.daemons.len()).map(|index| Seat::new(Place::Daemon(index), true));
        let elder = |&pid: &i32| Process { ready: true, ..Process::new(pid, now) };
        Self {
            seats: workers.chain(gateways).chain(daemons).collect(),
            phase: Phase::Running,
            elders: elders.processes.iter().map(elder).collect(),
            elder_gateways: elders.gateways.clone(),
            retired: elders.daemons.iter().map(|it| (it.index, elder(&it.pid))).collect(),
            succeeded: elders.processes.is_empty(),
            dismissed: false,
            chain: None,
            rest: None,
            told_failure: false,
            paused: false,
            cheap: rules.workers > 0 && first == 0,
            rules,
        }
    }

    /// What to do about an event.
    pub fn on(&mut self, event: Event, now: Instant) -> Vec<Action> {
        let mut actions = Vec::new();
        match event {
            Event::Started => self.begin(now, &mut actions),
            Event::Spawned(place, pid) => self.fill(place, pid, now, &mut actions),
            Event::NotSpawned(place) => {
                if let Some(seat) = self.seats.iter_mut().find(|seat| seat.place == place) {
                    seat.due = Some(now + self.rules.breath);
                }
            }
            Event::Ready(place) => {
                if let Some(process) = self.process_mut(place) {
                    process.ready = true;
                }
                self.succeed(now, &mut actions);
                self.go_on_with_the_chain(now, &mut actions);
            }
            Event::Ended(pid, end) => {
                self.bury(pid, end, now, &mut actions);
                self.tick(now, &mut actions);
            }
            Event::Stop | Event::StopNow => {
                self.stop(event == Event::StopNow, 0, now, &mut actions);
                self.tick(now, &mut actions);
            }
            Event::Tick => self.tick(now, &mut actions),
            Event::Overdue(number) => self.warn_or_kill(number, now, &mut actions),
            _ if self.phase != Phase::Running => {}
            Event::Reload => actions.push(Action::StartAnew(self.all_living())),
            Event::ReloadWorkers => self.each_worker(now, &mut actions, Action::Finish),
            Event::ReloadWorkersNow => self.each_worker(now, &mut actions, Action::Interrupt),
            Event::ChainReload => self.chain_reload(&mut actions),
            Event::Worn(number) => self.wear(number, now, &mut actions),
            Event::Oversized(number) => {
                let process = self.process_mut(Place::Worker(number));
                actions.extend(process.map(|process| Action::Kill(process.pid)));
            }
            Event::Grow(count) => self.grow(count, &mut actions),
            Event::Shrink(number) => {
                // Without any worker nobody would wake the server.
                if self.staying().count() > 1 {
                    self.shrink(number, now, &mut actions);
                }
            }
            Event::GoCheap => self.go_cheap(now, &mut actions),
            Event::Wake => {
                if self.cheap {
                    self.grow(self.rules.initial, &mut actions);
                }
            }
            Event::Pause => self.pause(&mut actions),
            Event::Renew(place) => {
                let end = now + self.rules.mercy;
                if let Some(process) = self.process_mut(place).filter(|it| it.going.is_none()) {
                    process.going = Some(end);
                    actions.push(Action::Dismiss(process.pid));
                }
            }
        }
        actions
    }

    fn begin(&mut self, now: Instant, actions: &mut Vec<Action>) {
        let wanted = self.seats.iter().filter(|seat| seat.wanted && !seat.is_daemon());
        actions.extend(wanted.map(|seat| Action::Spawn(seat.place)));
        if self.cheap {
            actions.push(Action::Say(CHEAP.to_owned()));
        }
        if self.succeeded {
            self.retire(now, actions);
        }
    }

    fn fill(&mut self, place: Place, pid: i32, now: Instant, actions: &mut Vec<Action>) {
        let paused = self.paused;
        if let Some(seat) = self.seats.iter_mut().find(|seat| seat.place == place) {
            seat.process = Some(Process::new(pid, now));
            seat.due = None;
            seat.spawns += 1;
            if paused && seat.number().is_some() {
                actions.push(Action::Pause(pid));
            }
        }
    }

    /// Lets the elders go once every seat has a process that serves.
    fn succeed(&mut self, now: Instant, actions: &mut Vec<Action>) {
        if !self.succeeded && self.seats.iter().all(Seat::is_settled) {
            self.succeeded = true;
            self.dismiss_elders(now, actions);
            self.retire(now, actions);
            actions.push(Action::Report(Outcome::Done));
        }
    }

    /// Lets the elders go that nobody needs any more: workers only behind the gateways that hand
    /// requests to them.
    fn dismiss_elders(&mut self, now: Instant, actions: &mut Vec<Action>) {
        let Self { elders, elder_gateways, .. } = self;
        let may_go = |pid: &i32| elder_gateways.is_empty() || elder_gateways.contains(pid);
        for elder in elders.iter_mut().filter(|it| it.going.is_none() && may_go(&it.pid)) {
            elder.going = Some(now + self.rules.mercy);
            actions.push(Action::Finish(elder.pid));
        }
    }

    /// Lets the daemons of an earlier image go, or starts daemons where there are none. An image
    /// that could not start has no seats and leaves them alone.
    fn retire(&mut self, now: Instant, actions: &mut Vec<Action>) {
        if self.seats.is_empty() {
            return;
        }
        for (_, daemon) in self.retired.iter_mut().filter(|(_, daemon)| daemon.going.is_none()) {
            daemon.going = Some(now + self.rules.mercy);
            actions.push(Action::Retire(daemon.pid));
        }
        for seat in &mut self.seats {
            let Place::Daemon(own) = seat.place else { continue };
            let waits = self.retired.iter().any(|(index, _)| index.is_none_or(|it| it == own));
            if !seat.asked && !waits {
                seat.asked = true;
                actions.push(Action::Spawn(seat.place));
            }
        }
    }

    fn bury(&mut self, pid: i32, end: End, now: Instant, actions: &mut Vec<Action>) {
        self.elders.retain(|elder| elder.pid != pid);
        self.elder_gateways.retain(|gateway| *gateway != pid);
        let stopping = self.phase != Phase::Running;
        if self.succeeded && !stopping {
            self.dismiss_elders(now, actions);
        }
        if self.retired.iter().any(|(_, daemon)| daemon.pid == pid) {
            self.retired.retain(|(_, daemon)| daemon.pid != pid);
            if self.succeeded && !stopping {
                self.retire(now, actions);
            }
        }
        if self.seats.is_empty() && self.elders.is_empty() && !stopping {
            // The new code did not load, and now the last worker with the old code is gone.
            self.stop(true, NO_APP, now, actions);
            return;
        }
        let sat = |seat: &&mut Seat| seat.process.as_ref().is_some_and(|it| it.pid == pid);
        if let Some(seat) = self.seats.iter_mut().find(sat)
            && let Some(process) = seat.process.take()
        {
            let stopped_for = match self.phase {
                Phase::Stopping(_, since) => Some(now.duration_since(since)),
                Phase::Running => None,
            };
            actions.push(Action::Say(obituary(seat, &process, end, stopped_for)));
            if !stopping {
                let served = process.ready || process.going.is_some();
                let no_app = end == End::Code(NO_APP.into()) && !served;
                seat.refill(&process, &self.rules, now);
                let place = seat.place;
                self.mourn(place, served, no_app, now, actions);
            }
        }
    }

    /// What the end of a process means for others.
    fn mourn(
        &mut self,
        place: Place,
        served: bool,
        no_app: bool,
        now: Instant,
        actions: &mut Vec<Action>,
    ) {
        match place {
            Place::Worker(number) if !served && number > self.rules.workers => {
                self.break_the_chain(now, actions);
            }
            Place::Worker(_) if !served && !self.succeeded && !self.told_failure => {
                self.told_failure = true;
                actions.push(Action::Say(FAILED.to_owned()));
                actions.push(Action::Report(Outcome::Failed));
            }
            Place::Worker(_) if no_app && self.succeeded && self.rules.need_app => {
                self.stop(true, NO_APP, now, actions);
            }
            Place::Daemon(index) if self.rules.daemons.get(index) == Some(&Tie::Controls) => {
                self.stop(false, 0, now, actions);
            }
            _ => {}
        }
    }

    fn tick(&mut self, now: Instant, actions: &mut Vec<Action>) {
        if let Phase::Stopping(code, _) = self.phase {
            self.dismiss(now, actions);
            if self.living().next().is_none() {
                actions.push(Action::End(code));
            }
        } else {
            for seat in self.seats.iter_mut().filter(|seat| seat.wanted) {
                if seat.due.is_some_and(|due| due <= now) {
                    seat.due = None;
                    actions.push(Action::Spawn(seat.place));
                }
            }
            self.recycle(now, actions);
        }
        let seated = self.seats.iter_mut().filter_map(|seat| {
            let is_daemon = seat.is_daemon();
            seat.process.as_mut().map(|process| (is_daemon, process))
        });
        let elders = self.elders.iter_mut().map(|elder| (false, elder));
        let retired = self.retired.iter_mut().map(|(_, daemon)| (true, daemon));
        for (is_daemon, process) in seated.chain(elders).chain(retired) {
            if process.going.is_some_and(|end| end <= now) {
                process.going = Some(now + AGAIN);
                let pid = process.pid;
                actions.push(Action::Say(format!(
                    "process {pid} did not finish in time and is killed"
                )));
                actions.push(if is_daemon { Action::KillGroup(pid) } else { Action::Kill(pid) });
            }
        }
    }

    fn process_mut(&mut self, place: Place) -> Option<&mut Process> {
        let seat = self.seats.iter_mut().find(|seat| seat.place == place)?;
        seat.process.as_mut()
    }

    fn living(&self) -> impl Iterator<Item = i32> {
        let seated = self.seats.iter().filter_map(|seat| seat.process.as_ref());
        let retired = self.retired.iter().map(|(_, daemon)| daemon);
        seated.chain(&self.elders).chain(retired).map(|process| process.pid)
    }

    fn all_living(&self) -> Living {
        let mut living = Living::default();
        for seat in &self.seats {
            match (&seat.process, seat.place) {
                (None, _) => {}
                (Some(daemon), Place::Daemon(index)) => {
                    living.daemons.push(Attendant { pid: daemon.pid, index: Some(index) });
                }
                (Some(process), place) => {
                    living.processes.push(process.pid);
                    let is_gateway = matches!(place, Place::Gateway(_));
                    living.gateways.extend(is_gateway.then_some(process.pid));
                }
            }
        }
        living.gateways.extend(&self.elder_gateways);
        living.processes.extend(self.elders.iter().map(|elder| elder.pid));
        let retired = self.retired.iter();
        living
            .daemons
            .extend(retired.map(|(index, daemon)| Attendant { pid: daemon.pid, index: *index }));
        living
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
        self.seats.iter().filter(|seat| !seat.is_daemon()).filter(waiting).map(|seat| seat.place)
    }

    /// Whether a worker was asked to go.
    #[must_use]
    pub fn is_going(&self, number: usize) -> bool {
        let seat = self.seats.iter().find(|seat| seat.number() == Some(number));
        let process = seat.and_then(|seat| seat.process.as_ref());
        process.is_some_and(|process| process.going.is_some())
    }

    /// Whether the server is on its way to the end.
    #[must_use]
    pub fn is_stopping(&self) -> bool {
        self.phase != Phase::Running
    }

    /// Whether the workers take no requests for a while.
    #[must_use]
    pub fn is_paused(&self) -> bool {
        self.paused
    }

    /// How many processes of an earlier image there are.
    #[must_use]
    pub fn elders(&self) -> usize {
        self.elders.len()
    }

    /// Whether there are no workers until a client comes.
    #[must_use]
    pub fn is_cheap(&self) -> bool {
        self.cheap && self.phase == Phase::Running
    }

    /// The workers that stay: those that are there, or come, and were not asked to go.
    pub fn staying(&self) -> impl Iterator<Item = usize> {
        let stays = |seat: &&Seat| {
            seat.wanted && seat.process.as_ref().is_none_or(|process| process.going.is_none())
        };
        let workers = self.rules.workers;
        let numbers = self.seats.iter().filter(stays).filter_map(Seat::number);
        numbers.filter(move |number| *number <= workers)
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
        let seated = self.seats.iter().filter_map(|seat| seat.process.as_ref());
        let retired = self.retired.iter().map(|(_, daemon)| daemon);
        let ends = seated.chain(&self.elders).chain(retired);
        let ends = ends.filter_map(|process| process.going);
        let next = dues.chain(ends).map(|due| due.saturating_duration_since(now)).min();
        next.unwrap_or(usual).clamp(Duration::from_millis(1), usual)
    }
}

const FAILED: &str = "*** the reload failed: the old workers go on as they are ***";
const CHEAP: &str = "cheap mode enabled: waiting for socket connection...";

impl Seat {
    /// Says when the next process comes after one that ended.
    fn refill(&mut self, process: &Process, rules: &Rules, now: Instant) {
        let asked = process.going.is_some();
        let was_of_use = match self.is_daemon() {
            true => asked || now.duration_since(process.since) >= SHORT_SERVICE,
            false => asked || process.ready,
        };
        self.short_lives = if was_of_use { 0 } else { self.short_lives + 1 };
        let breath = if self.is_daemon() { Duration::from_secs(1) } else { rules.breath };
        let wait = breath.saturating_mul(self.short_lives).min(LONGEST_BREATH);
        self.due = self.wanted.then_some(now + wait);
    }
}

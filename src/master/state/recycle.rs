//! Workers that are replaced one by one: one worker more stands in for each, so that as many as ever
//! serve all the time, and no two are missing together.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::super::event::{Action, Life, Place};
use super::State;
use super::seat::Seat;
use crate::options::table::beyond;

/// After a chain that could not replace anybody the next one waits for so long.
const REST: Duration = Duration::from_secs(30);

/// Workers that are being replaced.
#[derive(Debug, Default)]
pub(super) struct Chain {
    /// Those that are still to be replaced, with their processes of then.
    waiting: VecDeque<(usize, i32)>,
    /// Whether somebody asked for it; otherwise a worker had reached a limit.
    asked: bool,
}

impl State {
    /// Replaces every worker.
    pub(super) fn chain_reload(&mut self, actions: &mut Vec<Action>) {
        let workers = self.staying().collect();
        self.replace(workers, true, actions);
    }

    /// Marks a worker that is to be replaced.
    pub(super) fn wear(&mut self, number: usize, now: Instant, actions: &mut Vec<Action>) {
        if let Some(process) = self.process_mut(Place::Worker(number)) {
            process.worn = true;
            self.recycle(now, actions);
        }
    }

    /// Replaces workers that have reached a limit or their age.
    pub(super) fn recycle(&mut self, now: Instant, actions: &mut Vec<Action>) {
        let life = self.rules.life;
        if self.rest.is_some_and(|rest| now < rest) {
            return;
        }
        let mut worn = Vec::new();
        for seat in self.seats.iter_mut().filter(|seat| seat.wanted) {
            let (Some(number), Some(process)) = (seat.number(), &mut seat.process) else {
                continue;
            };
            let age = now.duration_since(process.since);
            if !process.worn && process.ready && life.is_over(number, process.pid, age) {
                process.worn = true;
                let seconds = age.as_secs();
                actions.push(Action::Say(format!("worker {number} goes: {seconds} seconds old")));
            }
            if process.worn && process.going.is_none() {
                worn.push(number);
            }
        }
        self.replace(worn, false, actions);
    }

    /// Puts workers into the chain, and starts the one that stands in.
    fn replace(&mut self, numbers: Vec<usize>, asked: bool, actions: &mut Vec<Action>) {
        let pids = numbers.into_iter().filter_map(|number| {
            let process = self.process_mut(Place::Worker(number))?;
            process.going.is_none().then_some((number, process.pid))
        });
        let victims: Vec<_> = pids.collect();
        let spare = Place::Worker(self.rules.workers + 1);
        let Some(seat) = self.seats.iter_mut().find(|seat| seat.place == spare) else { return };
        if victims.is_empty() {
            return;
        }
        let chain = self.chain.get_or_insert_default();
        chain.asked |= asked;
        for victim in victims {
            if !chain.waiting.contains(&victim) {
                chain.waiting.push_back(victim);
            }
        }
        // One that is finishing is followed when it is gone.
        if !std::mem::replace(&mut seat.wanted, true) && seat.process.is_none() {
            actions.push(Action::Spawn(spare));
        }
    }

    /// Replaces the next worker, once the one before serves.
    pub(super) fn go_on_with_the_chain(&mut self, now: Instant, actions: &mut Vec<Action>) {
        let Some(chain) = &mut self.chain else { return };
        if !self.seats.iter().all(Seat::is_settled) {
            return;
        }
        let mercy = self.rules.mercy;
        // Who has gone meanwhile has a successor already.
        while let Some((number, pid)) = chain.waiting.pop_front() {
            if number > self.rules.workers && chain.waiting.is_empty() {
                // The one that stands in goes anyway.
                break;
            }
            let seat = self.seats.iter_mut().find(|seat| seat.number() == Some(number));
            let Some(seat) = seat.filter(|seat| seat.wanted) else { continue };
            if let Some(process) = seat.process.as_mut().filter(|process| process.pid == pid) {
                process.going = Some(now + mercy);
                if chain.asked {
                    actions.push(Action::Say(format!("chain next victim is worker {number}")));
                }
                actions.push(Action::Finish(pid));
                return;
            }
        }
        if chain.asked {
            actions.push(Action::Say("*** the chain reload is done ***".to_owned()));
        }
        self.end_the_chain(now, actions);
    }

    /// Leaves all workers as they are: who should stand in did not load.
    pub(super) fn break_the_chain(&mut self, now: Instant, actions: &mut Vec<Action>) {
        let what = match self.chain.as_ref().is_some_and(|chain| chain.asked) {
            true => "the chain reload failed: the old workers go on as they are",
            false => "a worker that was to be replaced goes on: its successor does not load",
        };
        actions.push(Action::Say(format!("*** {what} ***")));
        self.rest = Some(now + REST);
        self.end_the_chain(now, actions);
    }

    fn end_the_chain(&mut self, now: Instant, actions: &mut Vec<Action>) {
        self.chain = None;
        self.shrink(self.rules.workers + 1, now, actions);
    }

    /// Whether workers are being replaced one by one.
    pub(super) fn is_replacing(&self) -> bool {
        self.chain.is_some()
    }
}

impl Life {
    fn is_over(&self, number: usize, pid: i32, age: Duration) -> bool {
        let Some(most) = self.most else { return false };
        let (seconds, delta) = (most.as_secs(), self.delta.as_secs());
        age >= most.saturating_add(Duration::from_secs(beyond(seconds, delta, number, pid)))
    }
}

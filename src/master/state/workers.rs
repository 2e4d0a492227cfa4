//! How many workers there are, and how they are replaced while the server runs.

use std::time::Instant;

use super::super::event::{Action, Place};
use super::seat::{Process, Seat};
use super::{CHEAP, State};

impl State {
    /// Sends a word to every worker, which is replaced when it is gone.
    pub(super) fn each_worker(
        &mut self,
        now: Instant,
        actions: &mut Vec<Action>,
        word: fn(i32) -> Action,
    ) {
        let workers = self.seats.iter_mut().filter(|seat| seat.number().is_some());
        for process in workers.filter_map(|seat| seat.process.as_mut()) {
            process.going = Some(now + self.rules.mercy);
            actions.push(word(process.pid));
        }
    }

    /// Kills a worker whose request takes too long, after a warning where one is wanted.
    pub(super) fn warn_or_kill(&mut self, number: usize, now: Instant, actions: &mut Vec<Action>) {
        let grace = self.rules.grace;
        let Some(process) = self.process_mut(Place::Worker(number)) else { return };
        match grace {
            None => actions.push(Action::Kill(process.pid)),
            Some(_) if process.going.is_some() => {}
            Some(grace) => {
                process.going = Some(now + grace);
                actions.push(Action::Warn(process.pid));
            }
        }
    }

    pub(super) fn grow(&mut self, count: usize, actions: &mut Vec<Action>) {
        self.cheap = false;
        let most = self.rules.workers;
        let regular = |seat: &&mut Seat| seat.number().is_some_and(|number| number <= most);
        let free = self.seats.iter_mut().filter(regular).filter(|seat| !seat.wanted);
        for seat in free.take(count) {
            seat.wanted = true;
            // One that is still finishing is replaced when it is gone.
            if seat.process.is_none() {
                actions.push(Action::Spawn(seat.place));
            }
        }
    }

    pub(super) fn shrink(&mut self, number: usize, now: Instant, actions: &mut Vec<Action>) {
        let mercy = self.rules.mercy;
        let seat = self.seats.iter_mut().find(|seat| seat.number() == Some(number));
        let Some(seat) = seat.filter(|seat| seat.wanted) else { return };
        seat.wanted = false;
        seat.due = None;
        if let Some(process) = &mut seat.process {
            process.ready = true;
            process.going = Some(now + mercy);
            actions.push(Action::Finish(process.pid));
        }
    }

    pub(super) fn go_cheap(&mut self, now: Instant, actions: &mut Vec<Action>) {
        let staying: Vec<_> = self.staying().collect();
        if self.cheap || self.is_replacing() {
            return;
        }
        for number in staying {
            self.shrink(number, now, actions);
        }
        self.cheap = true;
        actions.push(Action::Say(CHEAP.to_owned()));
    }

    pub(super) fn pause(&mut self, actions: &mut Vec<Action>) {
        self.paused = !self.paused;
        let word = if self.paused { Action::Pause } else { Action::Resume };
        let what = if self.paused { "paused" } else { "resumed" };
        actions.push(Action::Say(format!("*** the workers are {what} ***")));
        let workers = self.seats.iter().filter(|seat| seat.number().is_some());
        let workers = workers.filter_map(|seat| seat.process.as_ref());
        actions.extend(workers.chain(&self.elders).map(|Process { pid, .. }| word(*pid)));
    }
}

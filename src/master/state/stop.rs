//! The end of a server: the gateways go first, then the workers, then the daemons.

use std::time::Instant;

use super::super::event::Action;
use super::seat::Seat;
use super::{AGAIN, Phase, State};

impl State {
    pub(super) fn stop(
        &mut self,
        at_once: bool,
        code: u8,
        now: Instant,
        actions: &mut Vec<Action>,
    ) {
        let again = self.phase != Phase::Running;
        if !again {
            self.phase = Phase::Stopping(code, now);
            actions.push(Action::Say("SIGINT/SIGTERM received...killing workers...".to_owned()));
        }
        if self.paused {
            self.pause(actions);
        }
        let end = now + self.rules.mercy;
        if at_once || again {
            self.dismissed = true;
            let served = self.seats.iter_mut().filter(|seat| !seat.is_daemon());
            let served = served.filter_map(|seat| seat.process.as_mut());
            for process in served.chain(&mut self.elders) {
                process.going = Some(if again { now + AGAIN } else { end });
                actions.push(Action::Interrupt(process.pid));
            }
            let daemons = self.seats.iter_mut().filter(|seat| seat.is_daemon());
            let daemons = daemons.filter_map(|seat| seat.process.as_mut());
            for daemon in daemons.chain(self.retired.iter_mut().map(|(_, daemon)| daemon)) {
                // Who asks a second time does not wait any more.
                daemon.going = Some(if again { now } else { daemon.going.unwrap_or(end) });
                actions.push(Action::Dismiss(daemon.pid));
            }
        } else {
            let gateways = self.seats.iter_mut().filter(|seat| seat.is_gateway());
            let gateways = gateways.filter_map(|seat| seat.process.as_mut());
            for process in gateways.chain(&mut self.elders) {
                process.going = Some(end);
                actions.push(Action::Terminate(process.pid));
            }
        }
    }

    /// Lets the workers of a server that stops go, once nobody hands requests to them any more, and
    /// the daemons once no request can need them.
    pub(super) fn dismiss(&mut self, now: Instant, actions: &mut Vec<Action>) {
        let end = now + self.rules.mercy;
        let lives = |seat: &Seat| seat.process.is_some();
        let feeds = |seat: &Seat| seat.is_gateway() && lives(seat);
        let fed = self.seats.iter().any(feeds) || !self.elders.is_empty();
        if !self.dismissed && !fed {
            self.dismissed = true;
            let workers = self.seats.iter_mut().filter(|seat| seat.number().is_some());
            for process in workers.filter_map(|seat| seat.process.as_mut()) {
                process.going = Some(end);
                actions.push(Action::Finish(process.pid));
            }
        }
        let serving = self.seats.iter().any(|seat| !seat.is_daemon() && lives(seat));
        if self.dismissed && !serving && self.elders.is_empty() {
            let daemons = self.seats.iter_mut().filter_map(|seat| seat.process.as_mut());
            let retired = self.retired.iter_mut().map(|(_, daemon)| daemon);
            for daemon in daemons.chain(retired).filter(|it| it.going.is_none()) {
                daemon.going = Some(end);
                actions.push(Action::Dismiss(daemon.pid));
            }
        }
    }
}

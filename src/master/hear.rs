//! What the master hears: signals, letters of the FIFO, the ends and the words of its children.

use std::sync::atomic::Ordering;
use std::time::Instant;

use nix::sys::signal::Signal;
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};

use super::Master;
use super::event::{End, Event, Outcome, Place};
use super::fifo::{Command, Fifo};
use super::report;
use crate::log::request::write_left;
use crate::log::say;
use crate::options::hooks::{HookAction, SignalTo};
use crate::process::notify;
use crate::process::{scoreboard, signals};

impl Master<'_> {
    pub(super) fn hear_signals(&mut self) {
        for signal in self.job.signals.take() {
            match (signal, self.hooked(signal)) {
                (Signal::SIGCHLD, _) => self.reap(),
                // What there is to see is looked at in each round.
                (signals::LOOK, None) => {}
                (_, Some(SignalTo::Stop)) => self.stop(),
                (_, Some(SignalTo::StopNow)) | (Signal::SIGINT | Signal::SIGQUIT, None) => {
                    self.stop_now();
                }
                (_, Some(SignalTo::Reload)) | (Signal::SIGHUP, None) => self.reload(),
                (_, Some(SignalTo::Statistics)) | (Signal::SIGUSR1, None) => self.tell_statistics(),
                (Signal::SIGTERM, None) => match self.job.settings.processes.die_on_term {
                    Some(false) => self.reload(),
                    _ => self.stop(),
                },
                (Signal::SIGTSTP, None) => self.take(Event::Pause),
                (other, None) => say!("{other} is ignored"),
            }
        }
    }

    /// What a hook made of a signal.
    fn hooked(&self, signal: Signal) -> Option<SignalTo> {
        let hooks = self.job.settings.hooks.hooks.iter().rev();
        hooks.into_iter().find_map(|hook| match hook.action {
            HookAction::UnixSignal { number, to } if number == signal as i32 => Some(to),
            _ => None,
        })
    }

    pub(super) fn hear_fifo(&mut self) {
        let commands = self.job.fifo.as_mut().map(Fifo::commands).unwrap_or_default();
        for command in commands {
            match command {
                Command::Stop => self.stop(),
                Command::StopNow => self.stop_now(),
                Command::Reload => self.reload(),
                Command::ReloadWorkers => self.take(Event::ReloadWorkers),
                Command::ReloadWorkersNow => self.take(Event::ReloadWorkersNow),
                Command::ChainReload => self.take(Event::ChainReload),
                Command::Pause => self.take(Event::Pause),
                Command::Statistics => self.tell_statistics(),
                Command::Grow => self.take(Event::Grow(1)),
                Command::Shrink => {
                    let last = self.job.state.staying().last();
                    if let Some(number) = last {
                        self.take(Event::Shrink(number));
                    }
                }
                Command::GoCheap => self.take(Event::GoCheap),
                Command::WritePidfiles => self.job.errands.write_pidfiles(),
                Command::ReopenLogs => self.job.log.iter().for_each(|log| log.reopen()),
                Command::RotateLogs => self.job.log.iter().for_each(|log| log.rotate()),
                Command::Switch(number) => {
                    if let Some(fifo) = &mut self.job.fifo {
                        fifo.switch(number);
                    }
                }
                Command::Later(letter) => {
                    say!("the command {letter} of the master FIFO has no effect here yet");
                }
            }
        }
    }

    pub(super) fn stop(&mut self) {
        for worker in self.job.board.workers() {
            worker.stopping.store(true, Ordering::SeqCst);
        }
        notify::tell(notify::Word::Stopping);
        self.take(Event::Stop);
    }

    fn stop_now(&mut self) {
        notify::tell(notify::Word::Stopping);
        self.take(Event::StopNow);
    }

    pub(super) fn reload(&mut self) {
        if self.job.settings.processes.exit_on_reload {
            report::tell(Outcome::Ends);
            self.stop();
        } else {
            say!("...gracefully killing workers...");
            self.take(Event::Reload);
        }
    }

    fn tell_statistics(&self) {
        for (index, worker) in self.job.board.workers().iter().enumerate() {
            let read = |value: &std::sync::atomic::AtomicU64| value.load(Ordering::Relaxed);
            let cores = self.job.board.cores(index).iter();
            say!(
                "worker {}: pid {}, {} requests, {} exceptions, {} bytes sent",
                index + 1,
                worker.pid.load(Ordering::Relaxed),
                cores.clone().map(|core| read(&core.requests)).sum::<u64>(),
                cores.map(|core| read(&core.exceptions)).sum::<u64>(),
                read(&worker.sent),
            );
        }
    }

    /// Buries every child that ended, also those that others left behind.
    fn reap(&mut self) {
        loop {
            let (pid, end) = match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
                Ok(WaitStatus::Exited(pid, code)) => (pid, End::Code(code)),
                Ok(WaitStatus::Signaled(pid, signal, _)) => (pid, End::Signal(signal as i32)),
                Ok(WaitStatus::StillAlive) | Err(_) => return,
                Ok(_) => continue,
            };
            let pid = pid.as_raw();
            if let Some(log) = &mut self.job.log {
                log.bury(pid);
            }
            let workers = self.job.board.workers().iter();
            let own = |worker: &&scoreboard::Worker| {
                worker.pid.load(Ordering::SeqCst) == pid.unsigned_abs()
            };
            let workers = workers.enumerate();
            if let Some((index, worker)) = workers.into_iter().find(|(_, worker)| own(worker)) {
                // It may have served between two looks.
                if worker.accepting.load(Ordering::SeqCst) {
                    self.take(Event::Ready(Place::Worker(index + 1)));
                }
                worker.pid.store(0, Ordering::SeqCst);
                self.job.board.cores(index).iter().for_each(|core| write_left(&core.lines));
                worker.accepting.store(false, Ordering::SeqCst);
            }
            if let Some((command, took)) = self.job.crons.bury(pid, Instant::now()) {
                let seconds = took.as_secs();
                say!(
                    "[uwsgi-cron] command \"{command}\" running with pid {pid} exited after \
                     {seconds} second(s)"
                );
            }
            if let Some((pid, end)) = self.job.daemons.bury(pid, end) {
                self.take(Event::Ended(pid, end));
            }
        }
    }

    /// Hears of daemons whose last process has ended.
    pub(super) fn hear_daemons(&mut self) {
        for (pid, end) in self.job.daemons.gone() {
            self.take(Event::Ended(pid, end));
        }
    }

    /// Looks at the shared memory for words of workers.
    pub(super) fn hear_workers(&mut self) {
        let unready: Vec<_> = self.job.state.unready().collect();
        for place in &unready {
            let ready = match place {
                Place::Worker(number) => self
                    .job
                    .board
                    .workers()
                    .get(number - 1)
                    .is_some_and(|worker| worker.accepting.load(Ordering::SeqCst)),
                Place::Gateway(_) | Place::Daemon(_) => true,
            };
            if ready {
                self.take(Event::Ready(*place));
            }
        }
        if unready.is_empty() && !self.told_ready {
            self.told_ready = true;
            notify::tell(notify::Word::Ready);
        }
        for (index, worker) in self.job.board.workers().iter().enumerate() {
            if worker.worn.swap(false, Ordering::SeqCst) {
                self.take(Event::Worn(index + 1));
            }
        }
        let workers = self.job.board.workers().iter();
        if workers.filter(|worker| worker.wants_reload.swap(false, Ordering::SeqCst)).count() > 0 {
            self.reload();
        }
    }
}

//! Whose request is read next: a few are read before a thread is free for them, others are left with the kernel.
//!
//! What was read long ago is far from the processor when its turn comes. So is all that belongs to a connection: one
//! whose client has sent something is put in line where the reactor hears of it, by a [`Seat`], and its task is woken when
//! its turn comes, and not before.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

use crate::net::http::Heard;
use crate::net::stream::Stream;
use crate::process::ahead;
use crate::process::scoreboard::Gateway as Told;

/// So many requests are read before a thread is free for them.
const READ_AHEAD: usize = 32;

/// So many before its turn, what belongs to a client is fetched into the processor's caches; what tells where that is, at
/// twice as many.
const FETCHED: usize = 2;

/// What of a task is used when it is woken, in bytes.
const TASK: usize = 128;

/// Who waits for so long is asked whether it is still there.
const LONG: Duration = Duration::from_secs(1);

/// What a request has that is to be read.
pub(super) struct Turn {
    /// Its place among those that were read; to be given back when it has a thread.
    pub(super) place: Option<Place>,
    /// How long it may wait for a thread.
    pub(super) patience: Duration,
    /// How long it has been waiting.
    pub(super) waited: Duration,
}

impl Turn {
    /// Of one that has not waited, and may do so for so long.
    pub(super) fn at_once(patience: Duration) -> Self {
        Self { place: None, patience, waited: Duration::ZERO }
    }
}

/// A place among requests that were read; given back at its end.
pub(super) struct Place(Arc<Turns>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.give_back();
    }
}

/// Places, and who waits for one.
pub(super) struct Turns {
    /// Requests that may wait, read or not.
    limit: usize,
    /// What is told to the master and the other gateways.
    told: Option<&'static Told>,
    line: Mutex<Line>,
}

struct Line {
    /// Places that are free.
    free: usize,
    /// Who waits for a place; also some who do so no longer, until they are looked after.
    seats: VecDeque<Arc<Seat>>,
    /// How many wait for a place.
    unread: usize,
    /// How many have been read, and wait for a thread.
    read: usize,
}

impl Turns {
    /// All places are free.
    pub(super) fn new(limit: usize, told: Option<&'static Told>) -> Arc<Self> {
        let line = Line { free: READ_AHEAD, seats: VecDeque::new(), unread: 0, read: 0 };
        Arc::new(Self { limit, told, line: Mutex::new(line) })
    }

    /// The turn of a request, where it can be read without a wait.
    pub(super) fn free_turn(self: &Arc<Self>, patience: Duration) -> Option<Turn> {
        let mut line = self.line();
        line.free = line.free.checked_sub(1)?;
        Some(Turn { place: Some(Place(Arc::clone(self))), ..Turn::at_once(patience) })
    }

    /// Whether no more requests may wait.
    pub(super) fn is_overloaded(&self) -> bool {
        self.line().length() >= self.limit
    }

    /// Knows, and tells, that so many wait for a thread.
    pub(super) fn count_read(&self, read: usize) {
        let mut line = self.line();
        line.read = read;
        self.tell(&line);
    }

    /// Forgets those who wait no longer, and asks those who do so for long whether they are still there. To be called
    /// now and then.
    pub(super) fn look_after(&self) {
        let mut old = Vec::new();
        self.line().seats.retain(|seat| {
            if seat.has_waited(LONG) {
                old.push(Arc::clone(seat));
            }
            seat.has_waited(Duration::ZERO)
        });
        // None is woken with the line locked.
        for seat in old {
            seat.task.wake_by_ref();
        }
    }

    /// Gives a place to whoever waits longest.
    fn give_back(&self) {
        let mut line = self.line();
        while let Some(seat) = line.seats.pop_front() {
            let mut state = seat.state();
            if let State::Waits(since) = *state {
                *state = State::Called(Some(since));
                drop(state);
                line.unread -= 1;
                line.fetch();
                self.tell(&line);
                drop(line);
                return seat.task.wake_by_ref();
            }
        }
        line.free += 1;
    }

    fn tell(&self, line: &Line) {
        if let Some(told) = self.told {
            told.queued.store(line.length() as u64, Ordering::SeqCst);
        }
    }

    fn line(&self) -> MutexGuard<'_, Line> {
        // It is right after each change.
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Line {
    /// How many wait.
    fn length(&self) -> usize {
        self.read + self.unread
    }

    /// Has the processor fetch what belongs to those whose turn is soon.
    fn fetch(&self) {
        if let Some(seat) = self.seats.get(2 * FETCHED - 1) {
            ahead::fetch(&ahead::addresses(&**seat));
        }
        if let Some(seat) = self.seats.get(FETCHED - 1) {
            ahead::fetch(&seat.connection);
            let task = seat.task.data().addr();
            ahead::fetch(&(task..task + TASK));
        }
    }
}

/// How far the next request of a client is.
#[derive(Clone, Copy)]
enum State {
    /// Nothing is known of it.
    Silent,
    /// It is there, and waits since then.
    Waits(Instant),
    /// It has a place, for which it waited since then.
    Called(Option<Instant>),
    /// It is to be read without a place, because too many wait.
    Refused,
}

/// A client, to the reactor: what is woken when there is news of it.
struct Seat {
    turns: Arc<Turns>,
    task: Waker,
    /// Where its connection is kept.
    connection: Range<usize>,
    state: Mutex<State>,
}

impl Wake for Seat {
    fn wake(self: Arc<Self>) {
        if self.queue_up() {
            self.task.wake_by_ref();
        }
    }
}

impl Seat {
    /// Puts the client in line, unless it is; whether it is to be served now.
    fn queue_up(self: &Arc<Self>) -> bool {
        let mut line = self.turns.line();
        let mut state = self.state();
        if !matches!(*state, State::Silent) {
            return false;
        }
        if let Some(free) = line.free.checked_sub(1) {
            line.free = free;
            *state = State::Called(None);
        } else if line.length() >= self.turns.limit {
            *state = State::Refused;
        } else {
            *state = State::Waits(Instant::now());
            line.seats.push_back(Arc::clone(self));
            line.unread += 1;
            self.turns.tell(&line);
            return false;
        }
        true
    }

    /// Its turn, where that has come.
    fn take_turn(&self, patience: Duration) -> Option<Turn> {
        let mut state = self.state();
        let place = match *state {
            State::Silent | State::Waits(_) => return None,
            State::Called(since) => Some((Place(Arc::clone(&self.turns)), since)),
            State::Refused => None,
        };
        *state = State::Silent;
        let Some((place, since)) = place else { return Some(Turn::at_once(patience)) };
        let waited = since.map_or(Duration::ZERO, |since| since.elapsed());
        Some(Turn { place: Some(place), patience: patience.saturating_sub(waited), waited })
    }

    /// Waits no longer; how long it did.
    fn leave(&self) -> Duration {
        let mut line = self.turns.line();
        let mut state = self.state();
        let State::Waits(since) = *state else { return Duration::ZERO };
        *state = State::Silent;
        line.unread -= 1;
        self.turns.tell(&line);
        since.elapsed()
    }

    /// Whether it waits, and has done so for so long.
    fn has_waited(&self, patience: Duration) -> bool {
        matches!(*self.state(), State::Waits(since) if since.elapsed() >= patience)
    }

    /// Its state. Who locks the line, too, does so before.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a connection waits with for the turn of its next request.
pub(super) struct Waiter {
    turns: Arc<Turns>,
    seated: Option<Seated>,
}

/// The seat of a task that waits.
struct Seated {
    seat: Arc<Seat>,
    /// What wakes it.
    waker: Waker,
}

impl Waiter {
    /// Of a connection that has not waited yet.
    pub(super) fn new(turns: &Arc<Turns>) -> Self {
        Self { turns: Arc::clone(turns), seated: None }
    }

    /// The turn of the next request of a connection, which is kept at these addresses, once there is one, which may wait for so long. Also where there is only the end, or
    /// nobody knows what there is.
    pub(super) fn poll_turn(
        &mut self,
        context: &mut Context<'_>,
        connection: &Range<usize>,
        stream: &mut Stream,
        patience: Duration,
    ) -> Heard<Turn> {
        let Seated { seat, waker } = self.seated(context, connection);
        if let Some(turn) = seat.take_turn(patience) {
            return Heard::Done(turn);
        }
        match stream.poll_readable(&mut Context::from_waker(waker)) {
            Poll::Pending => return Heard::Nothing,
            Poll::Ready(true) => {}
            Poll::Ready(false) => {
                seat.leave();
                return Heard::Done(Turn::at_once(patience));
            }
        }
        if seat.queue_up() {
            return seat.take_turn(patience).map_or(Heard::Waits, Heard::Done);
        }
        if !seat.has_waited(patience) {
            return Heard::Waits;
        }
        Heard::Done(Turn { place: None, patience: Duration::ZERO, waited: seat.leave() })
    }

    fn seated(&mut self, context: &Context<'_>, connection: &Range<usize>) -> &Seated {
        let task = context.waker();
        let known = self.seated.take().filter(|known| known.seat.task.will_wake(task));
        self.seated.insert(known.unwrap_or_else(|| {
            let (turns, task) = (Arc::clone(&self.turns), task.clone());
            let (connection, state) = (connection.clone(), Mutex::new(State::Silent));
            let seat = Arc::new(Seat { turns, task, connection, state });
            Seated { waker: Waker::from(Arc::clone(&seat)), seat }
        }))
    }
}

impl Drop for Seated {
    fn drop(&mut self) {
        self.seat.leave();
        // A place that it was given goes back.
        drop(self.seat.take_turn(Duration::ZERO));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(60);

    /// A task that counts how often it is woken.
    #[derive(Default)]
    struct Task(AtomicUsize);

    impl Wake for Task {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    impl Task {
        fn woken(&self) -> usize {
            self.0.load(Ordering::Relaxed)
        }
    }

    /// All places of a gateway in which so many requests may wait.
    fn taken(limit: usize) -> (Arc<Turns>, Vec<Turn>) {
        let turns = Turns::new(limit, None);
        let taken = (0..READ_AHEAD).map(|_| turns.free_turn(PATIENCE).expect("a place"));
        let taken = taken.collect();
        assert!(turns.free_turn(PATIENCE).is_none());
        (turns, taken)
    }

    fn client(turns: &Arc<Turns>) -> (Arc<Task>, Arc<Seat>) {
        let task = Arc::new(Task::default());
        let (turns, state) = (Arc::clone(turns), Mutex::new(State::Silent));
        let seat = Seat { turns, task: Waker::from(Arc::clone(&task)), connection: 0..0, state };
        (task, Arc::new(seat))
    }

    #[test]
    fn who_finds_a_place_is_woken_at_once() {
        let turns = Turns::new(100, None);
        let (task, seat) = client(&turns);
        assert!(seat.take_turn(PATIENCE).is_none());
        Arc::clone(&seat).wake();
        Arc::clone(&seat).wake();
        assert_eq!(task.woken(), 1);
        let turn = seat.take_turn(PATIENCE).expect("its turn");
        assert_eq!((turn.place.is_some(), turn.waited), (true, Duration::ZERO));
        assert_eq!(turns.line().free, READ_AHEAD - 1);
        drop(turn);
        assert_eq!(turns.line().free, READ_AHEAD);
    }

    #[test]
    fn others_are_woken_when_their_turn_comes() {
        let (turns, mut taken) = taken(100);
        let clients: Vec<_> = (0..3).map(|_| client(&turns)).collect();
        let woken = || clients.iter().map(|(task, _)| task.woken()).collect::<Vec<_>>();
        for (_, seat) in &clients {
            Arc::clone(seat).wake();
        }
        assert_eq!((turns.line().length(), woken()), (3, vec![0, 0, 0]));
        taken.pop();
        assert_eq!((turns.line().length(), woken()), (2, vec![1, 0, 0]));
        // The second one is gone before its turn.
        clients[1].1.leave();
        taken.pop();
        assert_eq!((turns.line().length(), woken()), (0, vec![1, 0, 1]));
        assert!(clients[1].1.take_turn(PATIENCE).is_none());
        let turn = clients[2].1.take_turn(PATIENCE).expect("its turn");
        assert!(turn.waited > Duration::ZERO && turn.patience < PATIENCE);
        assert_eq!(turns.line().free, 0);
    }

    #[test]
    fn one_too_many_is_read_to_be_refused() {
        let (turns, _taken) = taken(2);
        turns.count_read(1);
        let (patient, refused) = (client(&turns), client(&turns));
        patient.1.wake();
        assert!(turns.is_overloaded());
        Arc::clone(&refused.1).wake();
        assert_eq!((patient.0.woken(), refused.0.woken()), (0, 1));
        let turn = refused.1.take_turn(PATIENCE).expect("its turn");
        assert!(turn.place.is_none());
    }

    #[test]
    fn a_place_of_who_is_gone_is_for_the_next() {
        let (turns, mut taken) = taken(100);
        let (gone, next) = (client(&turns), client(&turns));
        let seated = Seated { waker: Waker::from(Arc::clone(&gone.1)), seat: gone.1 };
        seated.waker.wake_by_ref();
        Arc::clone(&next.1).wake();
        taken.pop();
        assert_eq!((gone.0.woken(), next.0.woken()), (1, 0));
        drop(seated);
        assert_eq!(next.0.woken(), 1);
    }

    #[test]
    fn who_waits_no_longer_is_forgotten() {
        let (turns, _taken) = taken(100);
        let (gone, there) = (client(&turns), client(&turns));
        Arc::clone(&gone.1).wake();
        Arc::clone(&there.1).wake();
        gone.1.leave();
        turns.look_after();
        assert!(turns.line().seats.iter().map(Arc::as_ptr).eq([Arc::as_ptr(&there.1)]));
    }

    #[test]
    fn who_waits_for_long_is_asked_whether_it_is_there() {
        let (turns, _taken) = taken(100);
        let (old, new) = (client(&turns), client(&turns));
        Arc::clone(&old.1).wake();
        Arc::clone(&new.1).wake();
        let since = Instant::now().checked_sub(LONG).expect("the machine has run for a second");
        *old.1.state() = State::Waits(since);
        turns.look_after();
        assert_eq!((old.0.woken(), new.0.woken()), (1, 0));
        assert_eq!(turns.line().length(), 2);
    }
}

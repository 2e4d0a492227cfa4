//! The threads of workers: which are idle, and who waits for one.
//!
//! Each thread connects to the gateway and answers one request at a time on its connection. So a
//! request waits here, in line, for the thread that is free first, and never behind another request.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use bytes::BytesMut;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::sync::oneshot;

use super::forward::hand_over;
use super::turns::Turns;
use crate::app::Body;
use crate::log::say;
use crate::net::stream::{Stream, watch};
use crate::net::waiting::Waiting;
use crate::process::channel::{self, Note};
use crate::process::scoreboard::{Core, Gateway as Told, Scoreboard};
use crate::process::socket;
use crate::protocol::reply::frame::{Event, Reader};

/// A thread of a worker, as far as it is this gateway's: a connection to it.
pub(super) struct Thread {
    stream: Stream,
    reader: Reader,
    buffer: BytesMut,
    waiting: Waiting,
    /// What it tells of itself; nothing where it belongs to another image of the server.
    core: Option<&'static Core>,
    /// What stands in [`Core::claim`] while it is in a request of this connection; 0 where there is no
    /// other gateway.
    claim: u64,
}

/// Why a request got no reply.
#[derive(Debug, thiserror::Error)]
pub(super) enum Lost {
    /// The worker did not take it: another one may.
    #[error("the worker took no more requests")]
    NotTaken,
    /// There is no word of the worker for too long.
    #[error("no word of the worker for too long")]
    TimedOut,
    /// The worker died, or the body cannot be read.
    #[error("a worker went away before it answered: {0}")]
    Died(#[from] io::Error),
}

/// All threads that are not in a request of this gateway.
pub(super) struct Pool {
    channel: AsyncFd<OwnedFd>,
    board: &'static Scoreboard,
    /// The number of the gateway, from 1.
    number: usize,
    /// What this gateway tells.
    pub(super) told: Option<&'static Told>,
    /// The other ones, by their numbers, and what wakes them. Threads are shared with them.
    others: Vec<(usize, Arc<OwnedFd>)>,
    /// Whose request is read next.
    pub(super) turns: Arc<Turns>,
    line: RefCell<Line>,
}

#[derive(Default)]
struct Line {
    #[expect(clippy::vec_box, reason = "they go from hand to hand")]
    idle: Vec<Box<Thread>>,
    waiting: VecDeque<oneshot::Sender<Box<Thread>>>,
    /// When workers were wanted last.
    wanted: Option<Instant>,
    /// Connections so far.
    connections: u32,
    /// Whether the last thread that became free while others waited, too, was for them.
    was_for_others: bool,
}

impl Line {
    /// A thread that is idle: the last one that came, whose memory is warm. One that is in a request of
    /// another socket only where all are.
    fn take_idle(&mut self) -> Option<Box<Thread>> {
        let free = self.idle.iter().rposition(|thread| !thread.is_busy() && thread.claim());
        let place = free.or_else(|| self.idle.iter().rposition(|thread| thread.claim()))?;
        Some(self.idle.remove(place))
    }

    /// Gives idle threads to who waits.
    fn match_up(&mut self) {
        while !self.waiting.is_empty() {
            let Some(thread) = self.take_idle() else { return };
            self.hand_on(thread);
        }
    }

    /// Gives a thread, which is claimed, to whoever waits longest.
    fn hand_on(&mut self, thread: Box<Thread>) {
        let mut free = Some(thread);
        while let Some(thread) = free.take() {
            let Some(next) = self.waiting.pop_front() else {
                thread.release();
                self.idle.push(thread);
                return;
            };
            // Who waits no longer sends it back.
            free = next.send(thread).err();
        }
    }
}

impl Pool {
    /// No threads yet; they come by the channel of the gateway with this number.
    pub(super) fn new(
        (number, channel): (usize, OwnedFd),
        others: Vec<(usize, Arc<OwnedFd>)>,
        board: &'static Scoreboard,
        limit: usize,
    ) -> io::Result<Self> {
        let channel = watch(channel, Interest::READABLE)?;
        let told = board.gateways().get(number - 1);
        let turns = Turns::new(limit, told);
        Ok(Self { channel, board, number, others, told, turns, line: RefCell::default() })
    }

    /// Takes threads in, for ever.
    pub(super) async fn take_in(&self) {
        loop {
            match self.channel.async_io(Interest::READABLE, channel::take).await {
                Ok(Some((connection, note))) => self.welcome(connection, note),
                // Another gateway let a thread go while somebody waited here.
                Ok(None) => {
                    let mut line = self.line.borrow_mut();
                    line.match_up();
                    self.tell(&line);
                    if line.waiting.is_empty() {
                        self.ring();
                    }
                }
                Err(error) => {
                    say!("the http gateway cannot hear of workers: {error}");
                    tokio::time::sleep(super::BREATH).await;
                }
            }
        }
    }

    fn welcome(&self, connection: OwnedFd, note: Note) {
        let core = self.core(note);
        let mut line = self.line.borrow_mut();
        // Whoever comes anew may have left a connection behind.
        line.idle.retain(|thread| thread.is_there());
        line.connections = line.connections.wrapping_add(1);
        let claim = match self.others.is_empty() {
            true => 0,
            false => (self.number as u64) << 32 | u64::from(line.connections),
        };
        // It would not come if it were still in a request of this gateway.
        if let Some(core) = core.filter(|_| claim != 0) {
            core.disclaim(self.number);
        }
        let stream = Stream::new(connection, None, None);
        let (reader, waiting) = (Reader::default(), Waiting::default());
        let thread = Thread { stream, reader, buffer: BytesMut::new(), waiting, core, claim };
        line.idle.push(Box::new(thread));
        line.match_up();
        self.tell(&line);
    }

    fn core(&self, note: Note) -> Option<&'static Core> {
        let (worker, core) = worker_and_core(note);
        self.board.cores(worker.checked_sub(1)?).get(core)
    }

    /// A thread that is idle, once there is one.
    pub(super) async fn thread(
        &self,
        patience: Duration,
        waiting: &mut Waiting,
    ) -> Result<Box<Thread>, Refusal> {
        let receiver = {
            let mut line = self.line.borrow_mut();
            if let Some(thread) = line.take_idle() {
                return Ok(thread);
            }
            if self.turns.is_overloaded() {
                if let Some(told) = self.told {
                    told.refused.fetch_add(1, Ordering::Relaxed);
                }
                return Err(Refusal::Overloaded);
            }
            if line.waiting.is_empty() {
                self.want(&mut line);
            }
            let (sender, receiver) = oneshot::channel();
            line.waiting.push_back(sender);
            self.tell(&line);
            if !self.others.is_empty() {
                // One may have let a thread go before it could see that somebody waits here.
                line.match_up();
            }
            receiver
        };
        match waiting.wait(patience, receiver).await {
            Some(Ok(thread)) => Ok(thread),
            _ => Err(Refusal::TooLate),
        }
    }

    /// Gives a thread that is idle again to whoever waits longest, here or in another gateway by turns.
    pub(super) fn give_back(&self, thread: Box<Thread>) {
        let mut line = self.line.borrow_mut();
        let is_for_others = !line.was_for_others && self.do_others_wait();
        line.was_for_others = is_for_others;
        if is_for_others {
            thread.release();
            line.idle.push(thread);
        } else {
            line.hand_on(thread);
        }
        self.ring();
        self.tell(&line);
    }

    fn do_others_wait(&self) -> bool {
        self.waiting_others().next().is_some()
    }

    fn waiting_others(&self) -> impl Iterator<Item = &Arc<OwnedFd>> {
        let waits = |number: usize| {
            let told = self.board.gateways().get(number - 1);
            told.is_some_and(|told| told.queued.load(Ordering::SeqCst) > 0)
        };
        self.others.iter().filter(move |(number, _)| waits(*number)).map(|(_, gives)| gives)
    }

    /// Wakes the other gateways where somebody waits.
    fn ring(&self) {
        self.waiting_others().for_each(channel::ring);
    }

    /// Lets the master start workers, where there are none; now and then is enough.
    fn want(&self, line: &mut Line) {
        let is_old = |last: &Instant| last.elapsed() >= Duration::from_secs(1);
        if line.wanted.as_ref().is_none_or(is_old) {
            line.wanted = Some(Instant::now());
            channel::want(&self.channel);
        }
    }

    /// Tells the master and the other gateways how many wait.
    fn tell(&self, line: &Line) {
        self.turns.count_read(line.waiting.len());
    }
}

/// Why a request gets no thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// Too many wait already.
    Overloaded,
    /// None was free in time.
    TooLate,
}

/// Number of the worker and number of its thread, as a thread says them.
fn worker_and_core(note: Note) -> (usize, usize) {
    let number = |bytes: Option<&[u8; 4]>| bytes.map_or(0, |bytes| u32::from_be_bytes(*bytes));
    (number(note.first_chunk()) as usize, number(note.last_chunk()) as usize)
}

impl Thread {
    /// Makes it this connection's, unless another gateway has given it a request.
    fn claim(&self) -> bool {
        let Some(core) = self.core.filter(|_| self.claim != 0) else { return true };
        let was = core.claim.compare_exchange(0, self.claim, Ordering::SeqCst, Ordering::SeqCst);
        was.is_ok()
    }

    /// Lets other gateways have it.
    fn release(&self) {
        if let Some(core) = self.core.filter(|_| self.claim != 0) {
            let (claim, order) = (self.claim, Ordering::SeqCst);
            // It may be somebody else's by now.
            let _ = core.claim.compare_exchange(claim, 0, order, order);
        }
    }

    /// Whether it is in a request of somebody else.
    fn is_busy(&self) -> bool {
        self.core.is_some_and(|core| core.since.load(Ordering::Relaxed) != 0)
    }

    /// Whether it did not go away.
    fn is_there(&self) -> bool {
        !self.stream.socket().is_some_and(socket::has_ended)
    }

    /// Hands a request over, and waits for the first word of the reply.
    pub(super) async fn ask(
        &mut self,
        packet: &[u8],
        body: &mut Body,
        silence: Duration,
    ) -> Result<Event, Lost> {
        // A worker that is not there to take all of a request does not give it to the application.
        let handed = hand_over(&mut self.stream, packet, body, silence).await;
        handed.map_err(|_| Lost::NotTaken)?;
        match self.next(silence).await {
            Ok(Event::Gone) => Err(Lost::NotTaken),
            // The kernel's word for an end that was closed before it read all it was sent.
            Err(Lost::Died(error)) if error.kind() == io::ErrorKind::ConnectionReset => {
                Err(Lost::NotTaken)
            }
            event => event,
        }
    }

    /// What it says next, where that is here already.
    pub(super) fn try_next(&mut self) -> Result<Option<Event>, Lost> {
        Ok(self.reader.take(&mut self.buffer).map_err(io::Error::other)?)
    }

    /// Sends bytes as they are, within a request that is no HTTP any more.
    pub(super) async fn pass(&mut self, bytes: &[u8], silence: Duration) -> io::Result<()> {
        self.stream.send(&mut [IoSlice::new(bytes)], silence).await
    }

    /// What it says next, however long that takes; `None` where it goes away. May be given up and asked
    /// again.
    pub(super) async fn next_event(&mut self) -> io::Result<Option<Event>> {
        next_event(&mut self.stream, &mut self.reader, &mut self.buffer).await
    }

    /// What it says next.
    pub(super) async fn next(&mut self, silence: Duration) -> Result<Event, Lost> {
        let Self { stream, reader, buffer, waiting, .. } = self;
        let event = waiting.wait(silence, next_event(stream, reader, buffer)).await;
        event.ok_or(Lost::TimedOut)??.ok_or(Lost::Died(io::ErrorKind::UnexpectedEof.into()))
    }
}

async fn next_event(
    stream: &mut Stream,
    reader: &mut Reader,
    buffer: &mut BytesMut,
) -> io::Result<Option<Event>> {
    loop {
        if let Some(event) = reader.take(buffer).map_err(io::Error::other)? {
            return Ok(Some(event));
        }
        if stream.receive(buffer).await? == 0 {
            return Ok(None);
        }
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        self.release();
    }
}

//! The threads of workers: which are idle, and who waits for one.
//!
//! Each thread connects to the gateway and answers one request at a time on its connection. So a
//! request waits here, in line, for the thread that is free first, and never behind another request.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io;
use std::os::fd::OwnedFd;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use bytes::BytesMut;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::forward::hand_over;
use crate::app::Body;
use crate::log::say;
use crate::net::stream::{Stream, watch};
use crate::process::channel::{self, Note};
use crate::process::scoreboard::{Core, Scoreboard};
use crate::process::socket;
use crate::protocol::reply::frame::{Event, Reader};

/// A thread of a worker.
pub(super) struct Thread {
    stream: Stream,
    reader: Reader,
    buffer: BytesMut,
    /// What it tells of itself; nothing where it belongs to another image of the server.
    core: Option<&'static Core>,
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

/// All threads that are not in a request.
pub(super) struct Pool {
    channel: AsyncFd<OwnedFd>,
    board: &'static Scoreboard,
    /// Requests that may wait.
    limit: usize,
    line: RefCell<Line>,
}

#[derive(Default)]
struct Line {
    idle: Vec<Thread>,
    waiting: VecDeque<oneshot::Sender<Thread>>,
    /// When workers were wanted last.
    wanted: Option<Instant>,
}

impl Pool {
    /// No threads yet; they come by the channel.
    pub(super) fn new(
        channel: OwnedFd,
        board: &'static Scoreboard,
        limit: usize,
    ) -> io::Result<Self> {
        let channel = watch(channel, Interest::READABLE)?;
        Ok(Self { channel, board, limit, line: RefCell::default() })
    }

    /// Takes threads in, for ever.
    pub(super) async fn take_in(&self) {
        loop {
            match self.channel.async_io(Interest::READABLE, channel::take).await {
                Ok((connection, note)) => {
                    // Whoever comes anew may have left a connection behind.
                    self.line.borrow_mut().idle.retain(Thread::is_there);
                    self.give_back(Thread::new(connection, self.core(note)));
                }
                Err(error) => {
                    say!("the http gateway cannot hear of workers: {error}");
                    tokio::time::sleep(super::BREATH).await;
                }
            }
        }
    }

    fn core(&self, note: Note) -> Option<&'static Core> {
        let (worker, core) = worker_and_core(note);
        self.board.cores(worker.checked_sub(1)?).get(core)
    }

    /// A thread that is idle, once there is one.
    pub(super) async fn thread(&self, patience: Duration) -> Result<Thread, Refusal> {
        let receiver = {
            let mut line = self.line.borrow_mut();
            // The last one that came is the one whose memory is warm.
            let idle = line.idle.iter().rposition(|thread| !thread.is_busy());
            if let Some(thread) = idle.or(line.idle.len().checked_sub(1)) {
                return Ok(line.idle.remove(thread));
            }
            if line.waiting.len() >= self.limit {
                self.board.gateway().refused.fetch_add(1, Ordering::Relaxed);
                return Err(Refusal::Overloaded);
            }
            if line.waiting.is_empty() {
                self.want(&mut line);
            }
            let (sender, receiver) = oneshot::channel();
            line.waiting.push_back(sender);
            self.tell(&line);
            receiver
        };
        match timeout(patience, receiver).await {
            Ok(Ok(thread)) => Ok(thread),
            _ => Err(Refusal::TooLate),
        }
    }

    /// Gives a thread that is idle again to whoever waits longest.
    pub(super) fn give_back(&self, thread: Thread) {
        let mut line = self.line.borrow_mut();
        let mut free = Some(thread);
        while let Some(thread) = free.take() {
            let Some(next) = line.waiting.pop_front() else {
                line.idle.push(thread);
                break;
            };
            // Who waits no longer sends it back.
            free = next.send(thread).err();
        }
        self.tell(&line);
    }

    /// Lets the master start workers, where there are none; now and then is enough.
    fn want(&self, line: &mut Line) {
        let is_old = |last: &Instant| last.elapsed() >= Duration::from_secs(1);
        if line.wanted.as_ref().is_none_or(is_old) {
            line.wanted = Some(Instant::now());
            channel::want(&self.channel);
        }
    }

    /// Tells the master how many wait.
    fn tell(&self, line: &Line) {
        self.board.gateway().queued.store(line.waiting.len() as u64, Ordering::Relaxed);
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
    fn new(connection: OwnedFd, core: Option<&'static Core>) -> Self {
        let stream = Stream::new(connection, None, None);
        Self { stream, reader: Reader::default(), buffer: BytesMut::new(), core }
    }

    /// Whether it is in a request of somebody else.
    fn is_busy(&self) -> bool {
        self.core.is_some_and(|core| core.since.load(Ordering::Relaxed) != 0)
    }

    /// Whether it did not go away.
    fn is_there(&self) -> bool {
        !self.stream.socket().is_some_and(|socket| socket::has_ended(&socket))
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

    /// What it says next.
    pub(super) async fn next(&mut self, silence: Duration) -> Result<Event, Lost> {
        loop {
            if let Some(event) = self.try_next()? {
                return Ok(event);
            }
            let received = timeout(silence, self.stream.receive(&mut self.buffer)).await;
            if received.map_err(|_| Lost::TimedOut)?? == 0 {
                return Err(Lost::Died(io::ErrorKind::UnexpectedEof.into()));
            }
        }
    }
}

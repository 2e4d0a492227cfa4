//! The tasks of a thread that serve its connections.
//!
//! A task is large, and a connection of one request short: who has served one waits a while for the next.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use bytes::BytesMut;
use tokio::sync::{Notify, OwnedSemaphorePermit};

use super::reactor::Reactor;
use super::{Wire, http, single};
use crate::net::stream::{Preface, Stream};

/// So many wait at the most.
const MOST_IDLE: usize = 16;

/// What a task keeps of the room in which it reads.
const MOST_ROOM: usize = 64 << 10;

/// A connection that is to be served.
pub(super) struct Job {
    pub(super) connection: Stream,
    pub(super) preface: Rc<Preface>,
    pub(super) wire: Wire,
    /// Told when its first request is complete, or will not be.
    pub(super) arrived: Rc<Notify>,
    /// Given back when it has been served.
    pub(super) permit: Option<OwnedSemaphorePermit>,
}

/// Who waits for a connection.
#[derive(Default)]
pub(super) struct Crew {
    idle: Cell<usize>,
    jobs: RefCell<Vec<Job>>,
    called: Notify,
}

impl Crew {
    /// Has a connection served, by a task that waits if there is one.
    pub(super) fn serve(reactor: &Rc<Reactor>, job: Job) {
        let crew = &reactor.crew;
        match crew.idle.get().checked_sub(1) {
            Some(idle) => {
                crew.idle.set(idle);
                crew.jobs.borrow_mut().push(job);
                crew.called.notify_one();
            }
            // In a box: it would be handed on several times until it runs.
            None => drop(tokio::task::spawn_local(Box::pin(work(Rc::clone(reactor), job)))),
        }
    }

    /// The next connection; `None` where enough others wait.
    async fn next(&self) -> Option<Job> {
        let idle = self.idle.get() + 1;
        if idle > MOST_IDLE {
            return None;
        }
        self.idle.set(idle);
        self.called.notified().await;
        self.jobs.borrow_mut().pop()
    }
}

async fn work(reactor: Rc<Reactor>, job: Job) {
    let mut room = BytesMut::new();
    let mut next = Some(job);
    while let Some(job) = next {
        if let Some(stream) = job.connection.begin(&job.preface).await {
            match job.wire {
                Wire::Uwsgi | Wire::Gateway | Wire::Cgi { .. } => {
                    single::serve(&reactor, stream, job.wire, &job.arrived, &mut room).await;
                }
                Wire::Http | Wire::Http11 => {
                    http::serve(&reactor, stream, job.wire, &job.arrived).await;
                }
            }
        }
        job.arrived.notify_one();
        drop(job.permit);
        room.clear();
        if room.capacity() > MOST_ROOM {
            room = BytesMut::new();
        }
        next = reactor.crew.next().await;
    }
}

//! Listening sockets within a reactor.

use std::io;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;

use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use super::listen::Listener;
use super::stream::{Stream, watch};
use crate::process::socket;
use crate::process::turns::Turns;

/// A listening socket within a reactor.
pub struct Acceptor {
    socket: AsyncFd<OwnedFd>,
    /// Set where one thread wakes for a connection, and not all.
    turns: Option<Turns>,
    port: Option<u16>,
}

impl Acceptor {
    /// A further descriptor of a listening socket, within the reactor that runs.
    pub fn new(listener: &Listener) -> io::Result<Self> {
        let fd = OwnedFd::from(listener.socket.try_clone()?);
        let socket = watch(fd, Interest::READABLE)?;
        Ok(Self { socket, turns: None, port: listener.port() })
    }

    /// Has one of all who wait for this socket by turns wake for a connection. That one must accept it; who
    /// waits for something else is to [`skip`](Self::skip) meanwhile.
    #[must_use]
    pub fn by_turns(mut self) -> Self {
        self.turns = Some(Turns::new(self.socket.get_ref()));
        self
    }

    /// The next connection; errors are the listener's, not those of a connection that failed.
    pub async fn accept(&self) -> io::Result<Stream> {
        if let Some(turns) = &self.turns {
            turns.take();
        }
        loop {
            let mut guard = self.socket.readable().await?;
            let is_closed = guard.ready().is_read_closed();
            match guard.try_io(socket::accept) {
                Err(_) if is_closed => {
                    // Clients are turned away: nobody comes any more.
                    std::future::pending::<()>().await;
                }
                Err(_) => {}
                Ok(Err(error)) if is_of_connection(&error) => {}
                Ok(accepted) => return Ok(self.stream(accepted?)),
            }
        }
    }

    /// Leaves connections to others until [`Self::accept`] is called again.
    pub fn skip(&self) {
        if let Some(turns) = &self.turns {
            turns.skip();
        }
    }

    /// The next connection, where one is there already.
    pub fn try_accept(&self) -> Option<io::Result<Stream>> {
        match self.socket.try_io(Interest::READABLE, socket::accept) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => None,
            Err(error) if is_of_connection(&error) => None,
            accepted => Some(accepted.map(|accepted| self.stream(accepted))),
        }
    }

    fn stream(&self, (connection, client): (OwnedFd, Option<SocketAddr>)) -> Stream {
        Stream::new(connection, client, self.port)
    }
}

/// Errors that belong to the connection that was to be accepted, not to the listener.
fn is_of_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}

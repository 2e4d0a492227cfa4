//! Clients of the master's own listeners, each answered once; none of them can hold up the master.
//!
//! What is answered is for [`stats`](super::stats) and [`metrics`](super::metrics).

use std::io::{ErrorKind, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, Instant};

use socket2::Socket;

use crate::net::listen::Listener;

/// A client that does not ask, or does not take its answer, is dropped after this.
const PATIENCE: Duration = Duration::from_secs(4);
/// So many clients are answered at a time.
const MOST_CLIENTS: usize = 64;
/// No question is longer.
const LONGEST: usize = 8 << 10;

/// What clients say before they are answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asks {
    /// Nothing: they are answered at once.
    Nothing,
    /// Anything.
    Anything,
    /// A head of HTTP.
    Http,
}

/// Clients that are being answered.
#[derive(Default)]
pub struct Clients(Vec<Client>);

struct Client {
    socket: Socket,
    asks: Asks,
    asked: Vec<u8>,
    /// What is to be sent, once it was asked for.
    answer: Option<Vec<u8>>,
    sent: usize,
    since: Instant,
}

impl Clients {
    /// Takes new clients from a listener.
    pub fn accept(&mut self, listener: &Listener, asks: Asks) {
        while let Ok((socket, _)) = listener.socket.accept() {
            if self.0.len() >= MOST_CLIENTS || socket.set_nonblocking(true).is_err() {
                continue;
            }
            let (asked, since) = (Vec::new(), Instant::now());
            self.0.push(Client { socket, asks, asked, answer: None, sent: 0, since });
        }
    }

    /// Goes on with every client as far as it lets us; `answer` gets what it asked.
    pub fn serve(&mut self, answer: impl Fn(&[u8]) -> Vec<u8>) {
        self.0.retain_mut(|client| {
            client.since.elapsed() <= PATIENCE && client.listen() && client.go_on(&answer)
        });
    }

    /// The descriptors to wait on, with whether each waits for reading.
    pub fn waiting(&self) -> impl Iterator<Item = (BorrowedFd<'_>, bool)> {
        self.0.iter().map(|client| (client.socket.as_fd(), client.answer.is_none()))
    }
}

impl Client {
    /// Reads as much of the question as is there; `false` when there will be none.
    fn listen(&mut self) -> bool {
        let mut piece = [0; 4096];
        while self.answer.is_none() && !self.has_asked() {
            match self.socket.read(&mut piece) {
                Ok(0) => return false,
                Ok(length) => self.asked.extend(piece.iter().take(length)),
                Err(error) => return error.kind() == ErrorKind::WouldBlock,
            }
        }
        true
    }

    fn has_asked(&self) -> bool {
        match self.asks {
            Asks::Nothing => true,
            Asks::Anything => !self.asked.is_empty(),
            Asks::Http => {
                let ends = |end: &[u8]| self.asked.windows(end.len()).any(|part| part == end);
                ends(b"\r\n\r\n") || ends(b"\n\n") || self.asked.len() >= LONGEST
            }
        }
    }

    /// Sends what the socket takes; `false` when all is said.
    fn go_on(&mut self, answer: impl Fn(&[u8]) -> Vec<u8>) -> bool {
        if !self.has_asked() {
            return true;
        }
        let asked = &self.asked;
        let answer = self.answer.get_or_insert_with(|| answer(asked));
        while let Some(rest) = answer.get(self.sent..).filter(|rest| !rest.is_empty()) {
            match self.socket.write(rest) {
                Ok(0) => return false,
                Ok(length) => self.sent += length,
                Err(error) => return error.kind() == ErrorKind::WouldBlock,
            }
        }
        false
    }
}

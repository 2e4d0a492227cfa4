//! The port between the server and the application: [`App`], [`Request`], [`Reply`].
//!
//! Knows no Python and no sockets. The server makes a request and carries a reply away; what an
//! application is, is for the one who implements [`App`].

pub mod body;
pub mod file;
pub mod headers;
pub mod held;
pub mod vars;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

pub use body::Body;
pub use file::FilePart;
pub use headers::Headers;
pub use vars::Vars;

/// A request that was read completely.
#[derive(Debug)]
pub struct Request {
    /// The variables of the request, in the order in which they came.
    pub vars: Vars,
    /// The body, to its end.
    pub body: Body,
    /// Whether the client speaks TLS, as far as it may be believed.
    pub https: bool,
    /// Whether the body came without a length, so that reading to its end is the only way.
    pub input_terminated: bool,
    /// The number of the thread in its worker, from 0.
    pub core: usize,
    /// The number of the application that is asked, as [`App::number`] gave it.
    pub app: usize,
}

/// What an application answered.
pub struct Reply {
    /// Status code and reason, `200 OK`.
    pub status: Vec<u8>,
    /// What stands before the body.
    pub headers: Headers,
    /// What follows the headers; where the head was sent already, what follows what was sent.
    pub body: Output,
    /// How many pieces the application gave so far.
    pub pieces: usize,
    /// Whether the application failed.
    pub failed: bool,
    /// What the application said for the log.
    pub noted: Noted,
}

/// What an application says for the log of its request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Noted {
    /// Whether the request is to be logged where requests are not.
    pub wanted: bool,
    /// Names and values for a format of one's own.
    pub values: Vec<(Vec<u8>, Vec<u8>)>,
}

/// The body of a reply.
pub enum Output {
    /// All of it.
    Full(Bytes),
    /// A part of a file.
    File(FilePart),
    /// A first piece, and where more comes from.
    Stream(Bytes, Box<dyn Pieces>),
}

/// The rest of a reply, piece by piece. Dropping it lets the application go (`close()`).
pub trait Pieces {
    /// Runs the application until it gives a piece or ends.
    fn next(&mut self) -> Piece;
}

/// One step of a reply.
#[derive(Debug)]
pub enum Piece {
    /// Some bytes, not none.
    Bytes(Bytes),
    /// The end.
    End,
    /// The application failed; the reply stays incomplete.
    Broken,
}

/// The way to the client of a request, for what an application sends before it returns (`write()` of
/// PEP 3333).
pub trait Outlet: Send + Sync {
    /// Sends bytes, before the first of them the head, and waits until they are on their way.
    /// Fails where the client is gone or takes nothing; with `NotConnected` once the application has
    /// returned, and what it gives must go the usual way.
    fn send(&self, status: &[u8], headers: &Headers, bytes: &[u8]) -> std::io::Result<()>;

    /// Sends a head of HTTP, status 101, and with it hands the connection over: what is passed on and
    /// received from now on is the application's own affair (RFC 9110 §7.8).
    fn upgrade(&self, head: &[u8]) -> std::io::Result<()> {
        let _ = head;
        Err(std::io::ErrorKind::Unsupported.into())
    }

    /// Sends bytes as they are, once the connection was handed over.
    fn pass(&self, bytes: &[u8]) -> std::io::Result<()> {
        let _ = bytes;
        Err(std::io::ErrorKind::Unsupported.into())
    }

    /// Waits for bytes, once the connection was handed over; `WouldBlock` where none come for so
    /// long, 0 at the end.
    fn receive(&self, room: &mut [u8], patience: Duration) -> std::io::Result<usize> {
        let _ = (room, patience);
        Err(std::io::ErrorKind::Unsupported.into())
    }
}

/// An application, called by many threads.
pub trait App: Send + Sync {
    /// Answers a request; takes its body, and leaves its variables. Never fails: an application that
    /// fails answers with a 500.
    fn call(&self, request: &mut Request, outlet: &Arc<dyn Outlet>) -> Reply;

    /// The number of the loaded application that a mount means, or of the one for everything else;
    /// `None` where there is none.
    fn number(&self, mount: Option<usize>) -> Option<usize>;

    /// Runs `work` with this thread made ready to call the application, under a name of its own.
    fn on_thread(&self, name: &str, work: &mut (dyn FnMut() + Send));

    /// The application's source files as they are loaded now.
    fn sources(&self) -> Vec<std::path::PathBuf>;

    /// Says to the application that the process ends.
    fn end(&self);
}

impl Reply {
    /// A plain text answer of the server itself.
    #[must_use]
    pub fn plain(status: &str, text: &'static str) -> Self {
        let mut headers = Headers::default();
        headers.push("Content-Type", "text/plain");
        Self {
            status: status.as_bytes().to_vec(),
            headers,
            body: Output::Full(Bytes::from_static(text.as_bytes())),
            pieces: 0,
            failed: false,
            noted: Noted::default(),
        }
    }

    /// The answer where the application failed.
    #[must_use]
    pub fn failure() -> Self {
        let mut reply = Self::plain("500 Internal Server Error", "Internal Server Error");
        reply.failed = true;
        reply
    }

    /// The status code, 500 where there is none.
    #[must_use]
    pub fn code(&self) -> u16 {
        let digits =
            self.status.first_chunk::<3>().filter(|code| code.iter().all(u8::is_ascii_digit));
        digits.map_or(500, |code| {
            code.iter().fold(0, |sum, digit| sum * 10 + u16::from(digit - b'0'))
        })
    }
}

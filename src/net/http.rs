//! The requests of a connection of HTTP/1.1, from the first to the last: what workers and the
//! gateway share.
//!
//! What a request is, and what is none, is for [`http1`](crate::protocol::http1).

use std::cell::RefCell;
use std::io::IoSlice;
use std::task::{Context, Poll};
use std::time::{Duration, SystemTime};

use bytes::BytesMut;
use http::StatusCode;
use tokio::io::AsyncWriteExt;
use tokio::time::{Instant, timeout, timeout_at};

use super::ending::{Ending, Stage, Word};
use super::stream::Stream;
use super::waiting::Waiting;
use crate::app::Body;
use crate::app::body::{BodyBuffer, BodyError};
use crate::log::say;
use crate::process::scoreboard::now_roughly;
use crate::protocol::http1::{Event, Head, MOST_HEADERS, Reader, Refused};

/// How long a client of a process that goes may be silent between two requests: closing at once
/// would meet a request that is on its way. Requests that come are answered, with the word that
/// the connection ends.
pub const PATIENCE: Duration = Duration::from_secs(2);

/// How long a client may go on sending what nobody reads, once it is answered. Closing at once would
/// reset the connection, and the answer could be lost (RFC 9112 §9.6).
const LINGER: Duration = Duration::from_secs(2);

/// The word to a client that waits for one before it sends its body (RFC 9110 §15.2.1).
const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

/// How a connection is served.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// Largest head of a request (`buffer-size`), in bytes.
    pub head: u64,
    /// Longest wait for a request to begin, also between two of them.
    pub wait: Duration,
    /// Longest time for a head from its first byte.
    pub speaks: Duration,
    /// Longest time in which a client neither sends more of a body nor takes more of a reply.
    pub silence: Duration,
    /// Whether more than one request may come.
    pub keep_alive: bool,
    /// Bytes of a body that are kept in memory (`post-buffering`).
    pub in_memory: u64,
    /// Largest body (`limit-post`), in bytes; 0 is no limit.
    pub body: u64,
}

/// A request that was read completely, or the status with which it is to be refused; that is the
/// last one of its connection.
pub type Arrived = Result<(Head, Body), StatusCode>;

/// What is heard of a request that is waited for.
pub enum Heard<T> {
    /// Nothing yet.
    Nothing,
    /// There is something that has to wait: for it, there is no end of the wait for its client.
    Waits,
    /// What was waited for.
    Done(T),
}

impl<T> Heard<T> {
    fn map<U>(self, change: impl FnOnce(T) -> U) -> Heard<U> {
        match self {
            Self::Nothing => Heard::Nothing,
            Self::Waits => Heard::Waits,
            Self::Done(done) => Heard::Done(change(done)),
        }
    }
}

impl<T> From<Poll<T>> for Heard<T> {
    fn from(poll: Poll<T>) -> Self {
        match poll {
            Poll::Ready(done) => Self::Done(done),
            Poll::Pending => Self::Nothing,
        }
    }
}

/// The requests of a connection.
pub struct Requests<'r> {
    rules: &'r Rules,
    buffer: BytesMut,
    reader: Reader,
    /// Waits for the client, and between two requests for what a request waits for.
    pub waiting: Waiting,
    ending: &'r Ending,
    /// What the ending is heard by, once it was waited for a client.
    word: Option<(Stage, Word<'r>)>,
    /// Whether a request came already: a client that just connected is about to speak.
    is_used: bool,
}

impl<'r> Requests<'r> {
    /// Of a connection that is new, in a process that ends: the first one is waited for.
    #[must_use]
    pub fn new(rules: &'r Rules, ending: &'r Ending) -> Self {
        let head = usize::try_from(rules.head).unwrap_or(usize::MAX);
        Self {
            rules,
            buffer: BytesMut::new(),
            reader: Reader::new(head),
            waiting: Waiting::default(),
            ending,
            word: None,
            is_used: false,
        }
    }

    /// Whether something of the next request has been read already.
    #[must_use]
    pub fn has_begun(&self) -> bool {
        !self.buffer.is_empty()
    }

    /// Waits until something is heard of a request of which nothing was read, without room to read in; `None` where none
    /// comes any more.
    pub async fn wait<T>(
        &mut self,
        mut hear: impl FnMut(&mut Context<'_>) -> Heard<T>,
    ) -> Option<T> {
        self.waiting.begin(self.rules.wait);
        self.poll(|context, buffer| {
            let heard = hear(context);
            if !matches!(heard, Heard::Done(_)) {
                *buffer = BytesMut::new();
            }
            heard.map(Some)
        })
        .await
    }

    /// Reads what a client that just connected has said already; whether that is anything, if only the end.
    pub async fn has_spoken(&mut self, stream: &mut Stream) -> bool {
        let heard = std::future::poll_fn(|context| {
            Poll::Ready(stream.poll_receive(context, &mut self.buffer).is_ready())
        });
        heard.await
    }

    /// The next request; `None` where none comes any more.
    pub async fn next(&mut self, stream: &mut Stream) -> Option<Arrived> {
        self.waiting.begin(self.rules.wait);
        let mut is_silent = true;
        let head = loop {
            match self.reader.take(&mut self.buffer) {
                Ok(Some(Event::Head(head))) => break head,
                // Nothing else comes before a head.
                Ok(Some(_)) => {}
                Ok(None) => {
                    if is_silent && !self.buffer.is_empty() {
                        is_silent = false;
                        self.waiting.begin(self.rules.speaks);
                    }
                    if self.more_of_head(stream).await? == 0 {
                        return None;
                    }
                }
                Err(Refused(status)) => {
                    self.tell_too_large(status);
                    return Some(Err(status));
                }
            }
        };
        self.is_used = true;
        let body = self.body(stream, &head).await;
        Some(body.map(|body| (head, body)))
    }

    /// Reads more of a head; `None` where it is waited for no longer.
    async fn more_of_head(&mut self, stream: &mut Stream) -> Option<usize> {
        let is_used = self.is_used;
        self.poll(|context, buffer| {
            let received = stream.poll_receive(context, buffer);
            // Who connects and says nothing needs no room.
            if received.is_pending() && !is_used && buffer.is_empty() {
                *buffer = BytesMut::new();
            }
            // Errors are the client's, and there is nobody to answer.
            received.map(Result::ok).into()
        })
        .await
    }

    /// Waits for something of a head; `None` where it is waited for no longer.
    async fn poll<T>(
        &mut self,
        mut what: impl FnMut(&mut Context<'_>, &mut BytesMut) -> Heard<Option<T>>,
    ) -> Option<T> {
        let Self { buffer, waiting, ending, word, is_used, .. } = self;
        // A client that has begun to speak is heard out.
        let is_idle = buffer.is_empty();
        std::future::poll_fn(|context| {
            match what(context, buffer) {
                Heard::Done(done) => return Poll::Ready(done),
                Heard::Waits => return Poll::Pending,
                Heard::Nothing => {}
            }
            let stage = ending.stage();
            if word.as_ref().is_none_or(|(heard, _)| *heard != stage) {
                *word = Some((stage, ending.hear(context)));
            }
            if stage > Stage::Far && is_idle && !*is_used {
                waiting.shorten(PATIENCE);
            }
            let is_over = stage == Stage::Here && is_idle && *is_used;
            if is_over || waiting.poll_over(context) { Poll::Ready(None) } else { Poll::Pending }
        })
        .await
    }

    /// Reads the body behind a head.
    async fn body(&mut self, stream: &mut Stream, head: &Head) -> Result<Body, StatusCode> {
        let limit = self.rules.body;
        if limit > 0 && head.length().is_some_and(|length| length > limit) {
            return Err(StatusCode::PAYLOAD_TOO_LARGE);
        }
        let mut body = BodyBuffer::new(self.rules.in_memory, limit);
        let must_say_continue = head.expects_continue() && self.buffer.is_empty();
        if !self.take_body(&mut body)? {
            // In a box: most requests have all they have by now.
            Box::pin(self.rest_of_body(stream, &mut body, must_say_continue)).await?;
        }
        Ok(body.finish(&mut self.buffer))
    }

    async fn rest_of_body(
        &mut self,
        stream: &mut Stream,
        body: &mut BodyBuffer,
        must_say_continue: bool,
    ) -> Result<(), StatusCode> {
        let silence = self.rules.silence;
        if must_say_continue {
            let sent = stream.send(&mut [IoSlice::new(CONTINUE)], silence).await;
            sent.map_err(|_| StatusCode::BAD_REQUEST)?;
        }
        loop {
            let received = timeout(silence, stream.receive(&mut self.buffer)).await;
            match received.map_err(|_| StatusCode::REQUEST_TIMEOUT)? {
                Ok(1..) => {}
                Ok(0) | Err(_) => return Err(StatusCode::BAD_REQUEST),
            }
            if self.take_body(body)? {
                return Ok(());
            }
        }
    }

    /// Takes what was read of a body; whether that is the rest of it.
    fn take_body(&mut self, body: &mut BodyBuffer) -> Result<bool, StatusCode> {
        loop {
            body.make_room(&mut self.buffer, self.reader.missing());
            match self.reader.take(&mut self.buffer) {
                Ok(Some(Event::Body(piece))) => body.push(piece).map_err(|error| match error {
                    BodyError::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
                    BodyError::Io(_) => {
                        say!("{error}");
                        StatusCode::INSUFFICIENT_STORAGE
                    }
                })?,
                Ok(Some(_)) => return Ok(true),
                Ok(None) => return Ok(false),
                Err(Refused(status)) => return Err(status),
            }
        }
    }

    /// Whether a further request may come behind this one.
    #[must_use]
    pub fn may_go_on(&self, head: &Head) -> bool {
        self.rules.keep_alive && head.is_persistent()
    }

    /// Whether the client has said nothing that was not answered.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.is_used && self.reader.is_between() && self.buffer.is_empty()
    }

    /// Ends the connection so that the client gets all of what it was sent.
    pub async fn end(mut self, mut stream: Stream) {
        // A client that is gone needs no end.
        let _ = stream.shutdown().await;
        if self.is_over() {
            return;
        }
        let over = Instant::now() + LINGER;
        loop {
            self.buffer.clear();
            match timeout_at(over, stream.receive(&mut self.buffer)).await {
                Ok(Ok(1..)) => {}
                _ => return,
            }
        }
    }

    /// Tells of a head that was too large, and which option says so.
    fn tell_too_large(&self, status: StatusCode) {
        if matches!(status, StatusCode::URI_TOO_LONG | StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE)
        {
            say!(
                "[warning] the head of a request is larger than {} bytes (buffer-size) or has more \
                 than {MOST_HEADERS} headers: {}",
                self.rules.head,
                status.as_u16()
            );
        }
    }
}

/// Has a reactor's clock ring once a second, for ever, and does what is to be done then. Setting a timer
/// that rings before all others costs a word from the reactor to itself, and another turn; with this, waits
/// for clients never do.
pub async fn keep_time(ring: impl Fn()) {
    loop {
        tokio::time::sleep(Duration::from_secs(1)).await;
        ring();
        #[cfg(counting)]
        crate::process::counting::write();
    }
}

/// Lets the other tasks of a reactor run first, without asking the kernel for news in between.
pub async fn let_others_go() {
    let mut has_waited = false;
    std::future::poll_fn(|context| {
        if std::mem::replace(&mut has_waited, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// A plain text reply of the server itself, with the lines of further headers.
#[must_use]
pub fn plain(status: StatusCode, more: &str, close: bool) -> Vec<u8> {
    let text = status.canonical_reason().unwrap_or("Error");
    let connection = if close { "Connection: close\r\n" } else { "" };
    let (code, length) = (status.as_u16(), text.len());
    let mut reply = format!(
        "HTTP/1.1 {code} {text}\r\nContent-Type: text/plain\r\nContent-Length: {length}\r\n{more}\
         {connection}",
    )
    .into_bytes();
    add_date(&mut reply);
    reply.extend_from_slice(b"\r\n");
    reply.extend_from_slice(text.as_bytes());
    reply
}

/// Adds the header that tells when the server answered (RFC 9110 §6.6.1), worked out once a second.
pub fn add_date(head: &mut Vec<u8>) {
    thread_local!(static LAST: RefCell<(u64, String)> = const { RefCell::new((0, String::new())) });
    let second = now_roughly().as_secs();
    LAST.with_borrow_mut(|(last, text)| {
        if *last != second {
            *last = second;
            let now = SystemTime::UNIX_EPOCH + Duration::from_secs(second);
            *text = format!("Date: {}\r\n", httpdate::fmt_http_date(now));
        }
        head.extend_from_slice(text.as_bytes());
    });
}

//! The way back to a client: the reply, in what its protocol wants around the bytes.
//!
//! Sends what was announced and no more, whoever gives the bytes: the application while it runs
//! ([`Lent`]), what it returned, or a file.

use std::borrow::Cow;
use std::io::{self, IoSlice};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::BufMut;

use super::exchange::Exchange;
use super::obey::{Allowed, change_headers, obey_http};
use super::{Shared, Wire, overdue};
use crate::app::held;
use crate::app::{FilePart, Headers, Noted, Outlet, Output, Piece, Pieces, Reply};
use crate::log::say;
use crate::net::http::add_date;
use crate::net::stream::Stream;
use crate::process::watchdog::Client;
use crate::protocol::fastcgi;
use crate::protocol::reply::{self, frame};

/// Bytes that are cheaper to copy than to send as a piece of their own.
const SMALL: usize = 16 << 10;
/// Bytes of a file that are sent before others of the thread get a turn.
const FILE_PIECE: usize = 1 << 20;

/// What the bytes of a reply travel in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    /// As they are: their length was announced, or the end of the connection is their end.
    None,
    /// Chunks of HTTP/1.1.
    Chunks,
    /// Frames, to the gateway.
    Frames,
    /// Records of FastCGI.
    Records {
        /// The number of the request.
        id: u16,
        /// Whether the front end keeps the connection for another one.
        keep: bool,
    },
}

impl Framing {
    /// Most bytes of a part.
    fn largest(self) -> usize {
        match self {
            Self::None | Self::Chunks => usize::MAX,
            Self::Frames => frame::LARGEST,
            Self::Records { .. } => fastcgi::LARGEST,
        }
    }

    /// What stands before a part of this length.
    fn open(self, out: &mut impl BufMut, length: usize) {
        match self {
            Self::None => {}
            Self::Chunks => out.put_slice(format!("{length:x}\r\n").as_bytes()),
            Self::Frames => out.put_slice(&frame::prefix(length)),
            Self::Records { id, .. } => fastcgi::open_output(out, id, length),
        }
    }

    /// What stands behind a part.
    fn close(self, out: &mut impl BufMut) {
        if self == Self::Chunks {
            out.put_slice(b"\r\n");
        }
    }

    /// What stands behind the last part. Without it the reply is known to be incomplete.
    fn end(self, out: &mut impl BufMut) {
        match self {
            Self::None => {}
            Self::Chunks => out.put_slice(b"0\r\n\r\n"),
            Self::Frames => out.put_slice(&frame::prefix(0)),
            Self::Records { id, .. } => fastcgi::put_end(out, id),
        }
    }

    /// Appends a short reply as a whole; allocates nothing, but for chunks.
    pub(super) fn wrap(self, out: &mut impl BufMut, head: &[u8], body: &[u8]) {
        for part in [head, body] {
            self.open(out, part.len());
            out.put_slice(part);
            self.close(out);
        }
        self.end(out);
    }
}

/// What a request asks of its reply.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked {
    /// What the reply travels in.
    pub(super) framing: Framing,
    /// Whether the client knows HTTP/1.1.
    pub(super) is_http11: bool,
    /// Whether only a head is wanted.
    pub(super) head_only: bool,
    /// Whether a further request may come.
    pub(super) may_go_on: bool,
}

/// A connection and how far the reply to its request is.
pub(super) struct Line {
    /// The connection.
    pub(super) stream: Stream,
    shared: Arc<Shared>,
    core: usize,
    wire: Wire,
    silence: Duration,
    asked: Asked,
    /// Whether the reply is to wait in the kernel until it is pushed.
    pub(super) waits_for_others: bool,
    /// The target, for the log.
    uri: Vec<u8>,
    /// What may follow the head, once that was sent.
    allowed: Option<Allowed>,
    /// Bytes of body that the application sent while it ran.
    sent: u64,
    /// Whether the client did not take them.
    is_broken: bool,
}

impl Line {
    /// The line of a connection; a client may take nothing for so long.
    pub(super) fn new(
        stream: Stream,
        shared: Arc<Shared>,
        core: usize,
        wire: Wire,
        silence: Duration,
    ) -> Self {
        let asked =
            Asked { framing: Framing::None, is_http11: false, head_only: false, may_go_on: false };
        Self {
            stream,
            shared,
            core,
            wire,
            silence,
            asked,
            waits_for_others: false,
            uri: Vec::new(),
            allowed: None,
            sent: 0,
            is_broken: false,
        }
    }

    /// Knows of no request any more.
    pub(super) fn forget(&mut self) {
        self.asked.may_go_on = false;
    }

    /// Makes ready for the reply to a request of this target.
    pub(super) fn prepare(&mut self, asked: Asked, uri: &[u8]) {
        self.asked = asked;
        self.uri.clear();
        self.uri.extend_from_slice(uri);
        self.allowed = None;
        self.sent = 0;
        self.is_broken = false;
    }

    fn uri(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.uri)
    }

    /// Makes of a reply what may be sent, and its head, in what it travels in.
    fn begin(&mut self, reply: &mut Reply) -> Vec<u8> {
        let allowed = obey_http(reply, self.asked.head_only, &self.uri);
        let version = if self.asked.is_http11 { &b"HTTP/1.1"[..] } else { b"HTTP/1.0" };
        let mut head = match self.wire {
            Wire::Cgi { nph: false, .. } => reply::cgi_head(reply),
            Wire::Http | Wire::Http11 => reply::head(reply, b"HTTP/1.1"),
            _ => reply::head(reply, version),
        };
        let is_http = matches!(self.wire, Wire::Http | Wire::Http11 | Wire::Gateway);
        if is_http && reply.headers.get("date").is_none() {
            add_date(&mut head);
        }
        if let Wire::Http | Wire::Http11 = self.wire {
            self.add_headers(&allowed, &mut head);
        }
        head.extend_from_slice(b"\r\n");
        self.allowed = Some(allowed);
        match self.asked.framing {
            // The head stands before the first chunk.
            Framing::None | Framing::Chunks => head,
            Framing::Frames => {
                let has_open_end = allowed.has_body && allowed.length.is_none();
                let flag = if has_open_end { frame::OPEN_END } else { 0 };
                let length = u32::try_from(head.len()).unwrap_or(0);
                [&(length | flag).to_be_bytes()[..], &head].concat()
            }
            framing @ Framing::Records { .. } => {
                let mut framed = Vec::with_capacity(head.len() + 64);
                for part in head.chunks(framing.largest()) {
                    framing.open(&mut framed, part.len());
                    framed.extend_from_slice(part);
                }
                framed
            }
        }
    }

    /// Adds what a client needs to know of the connection: where the body ends, and whether it goes
    /// on.
    fn add_headers(&mut self, allowed: &Allowed, head: &mut Vec<u8>) {
        let Asked { framing, is_http11, may_go_on, .. } = &mut self.asked;
        if allowed.has_body && allowed.length.is_none() {
            if *is_http11 {
                *framing = Framing::Chunks;
                head.extend_from_slice(b"Transfer-Encoding: chunked\r\n");
            } else {
                *may_go_on = false;
            }
        }
        match (*may_go_on, *is_http11) {
            (false, _) => head.extend_from_slice(b"Connection: close\r\n"),
            (true, false) => head.extend_from_slice(b"Connection: keep-alive\r\n"),
            (true, true) => {}
        }
    }

    /// Who waits at its end while the application runs, where that is `wanted` and somebody else
    /// can say something to them.
    pub(super) fn client(&self, wanted: bool) -> Option<Client> {
        let connection = wanted.then(|| self.stream.socket()).flatten()?;
        Some(overdue::client(connection, self.wire, self.asked.framing))
    }

    /// Whether a further request may come behind the reply that was sent.
    pub(super) fn may_go_on(&self) -> bool {
        self.asked.may_go_on
    }

    /// Whether the thread keeps connections like this one: the gateway has one with each.
    pub(super) fn is_one_of_many(&self) -> bool {
        self.asked.may_go_on && self.wire != Wire::Gateway
    }

    /// Whether the client knows by what it got that the reply is complete: closing the connection is
    /// enough then, whoever else may hold it open.
    pub(super) fn is_over(&self) -> bool {
        let is_told = self.allowed.as_ref().is_some_and(|allowed| allowed.length == Some(0));
        is_told && self.stream.socket().is_some()
    }

    /// Sends a reply.
    pub(super) async fn reply(
        &mut self,
        mut reply: Reply,
        exchange: &mut Exchange,
    ) -> io::Result<()> {
        exchange.sent(self.sent);
        if self.allowed.is_some() && (self.is_broken || reply.failed) {
            // What was sent must not be taken for whole.
            self.asked.may_go_on = false;
            return if self.is_broken { Err(io::ErrorKind::BrokenPipe.into()) } else { Ok(()) };
        }
        let head = if self.allowed.is_some() { Vec::new() } else { self.begin(&mut reply) };
        let has_body = self.allowed.as_ref().is_none_or(|allowed| allowed.has_body);
        // Dropping a body lets the application go.
        let body = if has_body { reply.body } else { Output::Full(bytes::Bytes::new()) };
        let is_complete = match body {
            Output::Full(body) => {
                let body = self.cut(&body);
                let is_complete = self.is_complete();
                self.send(head, body, is_complete).await?;
                exchange.sent(body.len() as u64);
                is_complete
            }
            Output::File(part) => self.send_file(head, part, exchange).await?,
            Output::Stream(first, rest) => self.send_stream(head, &first, rest, exchange).await?,
        };
        self.asked.may_go_on &= is_complete;
        Ok(())
    }

    async fn send_stream(
        &mut self,
        head: Vec<u8>,
        first: &[u8],
        mut rest: Box<dyn Pieces>,
        exchange: &mut Exchange,
    ) -> io::Result<bool> {
        let first = self.cut(first);
        self.send(head, first, false).await?;
        exchange.sent(first.len() as u64);
        loop {
            let next = rest.next();
            held::let_go();
            match next {
                Piece::Bytes(piece) => {
                    exchange.pulled();
                    let allowed = self.cut(&piece);
                    self.send(Vec::new(), allowed, false).await?;
                    exchange.sent(allowed.len() as u64);
                    if allowed.len() < piece.len() {
                        break;
                    }
                    // Others of the thread get a turn.
                    tokio::task::consume_budget().await;
                }
                Piece::End if self.is_complete() => break,
                Piece::End | Piece::Broken => return Ok(false),
            }
        }
        self.send(Vec::new(), b"", true).await?;
        Ok(true)
    }

    /// Sends a part of a file, past this process where nothing but a socket is between.
    async fn send_file(
        &mut self,
        head: Vec<u8>,
        mut part: FilePart,
        exchange: &mut Exchange,
    ) -> io::Result<bool> {
        let is_plain = matches!(self.asked.framing, Framing::None | Framing::Frames);
        if !is_plain || self.stream.socket().is_none() {
            return self.send_stream(head, b"", Box::new(part), exchange).await;
        }
        held::let_go();
        let mut out = head;
        if let Some(left) = self.allowed.as_ref().and_then(|allowed| allowed.length) {
            part.left = part.left.min(left);
        }
        while part.left > 0 {
            let piece = usize::try_from(part.left).unwrap_or(usize::MAX).min(FILE_PIECE);
            self.asked.framing.open(&mut out, piece);
            self.stream.send(&mut [IoSlice::new(&out)], self.silence).await?;
            out.clear();
            let mut unsent = piece;
            while unsent > 0 {
                match self.stream.send_file(&part.file, unsent, self.silence).await? {
                    0 => {
                        say!("[warning] the file of a reply to {:?} became shorter", self.uri());
                        return Ok(false);
                    }
                    sent => {
                        unsent -= sent;
                        exchange.sent(sent as u64);
                    }
                }
            }
            part.left -= piece as u64;
            self.count(piece);
            tokio::task::consume_budget().await;
        }
        let is_complete = self.is_complete();
        self.send(out, b"", is_complete).await?;
        Ok(is_complete)
    }

    /// As many of these bytes as were announced. What is more is cut off (PEP 3333, "Handling the
    /// `Content-Length` Header").
    fn cut<'b>(&mut self, bytes: &'b [u8]) -> &'b [u8] {
        let Some(length) = self.allowed.as_ref().and_then(|allowed| allowed.length) else {
            return bytes;
        };
        let left = usize::try_from(length).unwrap_or(usize::MAX);
        let allowed = bytes.get(..left).unwrap_or(bytes);
        if allowed.len() < bytes.len() {
            say!(
                "[warning] the body of a reply to {:?} is longer than its Content-Length; the rest \
                 is cut off",
                self.uri(),
            );
        }
        self.count(allowed.len());
        allowed
    }

    /// Counts bytes of the body against what was announced.
    fn count(&mut self, sent: usize) {
        if let Some(length) = self.allowed.as_mut().and_then(|allowed| allowed.length.as_mut()) {
            *length = length.saturating_sub(sent as u64);
        }
    }

    /// Whether all that was announced was sent. What is too short must not be taken for whole.
    fn is_complete(&self) -> bool {
        let missing = self.allowed.as_ref().and_then(|allowed| allowed.length).unwrap_or(0);
        if missing > 0 {
            say!(
                "[warning] the body of a reply to {:?} is {missing} bytes shorter than its \
                 Content-Length; the connection is closed",
                self.uri(),
            );
        }
        missing == 0
    }

    /// Puts bytes of a body into what they travel in, behind what is in `out` already. Gives the
    /// part that is too large to be copied there, with all that stands before it in `out`.
    fn pack<'b>(&self, out: &mut Vec<u8>, rest: &mut &'b [u8], end: bool) -> Option<&'b [u8]> {
        let framing = self.asked.framing;
        while !rest.is_empty() {
            let (part, behind) = rest.split_at(rest.len().min(framing.largest()));
            *rest = behind;
            framing.open(out, part.len());
            if part.len() > SMALL && !matches!(framing, Framing::Records { .. }) {
                return Some(part);
            }
            out.extend_from_slice(part);
            framing.close(out);
        }
        if end {
            framing.end(out);
        }
        None
    }

    /// Sends bytes of a body, in one piece with what is in `out`.
    async fn send(&mut self, mut out: Vec<u8>, body: &[u8], end: bool) -> io::Result<()> {
        let mut rest = body;
        while let Some(part) = self.pack(&mut out, &mut rest, end) {
            let mut pieces = [IoSlice::new(&out), IoSlice::new(part)];
            self.stream.send(&mut pieces, self.silence).await?;
            out.clear();
            self.asked.framing.close(&mut out);
        }
        let pieces = &mut [IoSlice::new(&out)];
        match (end, self.asked.may_go_on) {
            (true, false) => self.stream.send_last(pieces, self.silence).await,
            (true, true) if self.waits_for_others => {
                self.stream.send_unpushed(pieces, self.silence).await
            }
            _ => self.stream.send(pieces, self.silence).await,
        }
    }

    /// The same while the application runs.
    fn send_now(&mut self, mut out: Vec<u8>, body: &[u8]) -> io::Result<()> {
        let mut rest = body;
        while let Some(part) = self.pack(&mut out, &mut rest, false) {
            self.stream.send_now(&mut [IoSlice::new(&out), IoSlice::new(part)], self.silence)?;
            out.clear();
            self.asked.framing.close(&mut out);
        }
        self.stream.send_now(&mut [IoSlice::new(&out)], self.silence)
    }

    /// Hands the connection over to the application.
    fn upgrade(&mut self, head: &[u8]) -> io::Result<()> {
        let knows_it = matches!(self.wire, Wire::Http | Wire::Http11 | Wire::Gateway);
        if !knows_it || !self.asked.is_http11 || self.allowed.is_some() {
            return Err(io::Error::other("the connection cannot be anything else"));
        }
        self.begin_now()?;
        self.allowed = Some(Allowed { has_body: true, length: None });
        self.asked.may_go_on = false;
        let mut out = Vec::with_capacity(head.len() + 4);
        if self.asked.framing == Framing::Frames {
            let length = u32::try_from(head.len()).map_err(io::Error::other)?;
            out.extend_from_slice(&(length | frame::OPEN_END).to_be_bytes());
        }
        out.extend_from_slice(head);
        self.stream.send_now(&mut [IoSlice::new(&out)], self.silence)
    }

    /// Something is sent while the application runs: there is nothing else to say to the client from here on.
    fn begin_now(&self) -> io::Result<()> {
        match self.shared.watchdog.settle(self.core) {
            true => Err(io::ErrorKind::BrokenPipe.into()),
            false => Ok(()),
        }
    }

    /// Sends what the application gives before it returns.
    fn write(&mut self, status: &[u8], headers: &Headers, bytes: &[u8]) -> io::Result<()> {
        let mut out = Vec::new();
        if self.allowed.is_none() {
            self.begin_now()?;
            let mut reply = Reply {
                status: status.to_vec(),
                headers: headers.clone(),
                body: Output::Stream(bytes::Bytes::new(), Box::new(Nothing)),
                pieces: 0,
                failed: false,
                noted: Noted::default(),
            };
            change_headers(&self.shared.settings.headers, &mut reply);
            out = self.begin(&mut reply);
        }
        let has_body = self.allowed.as_ref().is_none_or(|allowed| allowed.has_body);
        let body = if has_body { self.cut(bytes) } else { b"" };
        self.sent += body.len() as u64;
        self.send_now(out, body)
    }
}

/// No bytes.
struct Nothing;

impl Pieces for Nothing {
    fn next(&mut self) -> Piece {
        Piece::End
    }
}

/// A place for the line while the application runs.
#[derive(Default)]
pub(super) struct Lent(Mutex<Option<Box<Line>>>);

impl Lent {
    fn place(&self) -> MutexGuard<'_, Option<Box<Line>>> {
        // A line that was left in the middle of a reply cannot be used, which its end tells.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives the line away for a while.
    pub(super) fn lend(&self, line: Box<Line>) {
        self.place().replace(line);
    }

    /// Takes it back.
    pub(super) fn take(&self) -> Option<Box<Line>> {
        self.place().take()
    }
}

impl Outlet for Lent {
    fn send(&self, status: &[u8], headers: &Headers, bytes: &[u8]) -> io::Result<()> {
        match self.place().as_mut() {
            Some(line) if line.is_broken => Err(io::ErrorKind::BrokenPipe.into()),
            Some(line) => line.write(status, headers, bytes).inspect_err(|_| line.is_broken = true),
            None => Err(io::ErrorKind::NotConnected.into()),
        }
    }

    fn upgrade(&self, head: &[u8]) -> io::Result<()> {
        let mut place = self.place();
        let line = place.as_mut().ok_or(io::ErrorKind::NotConnected)?;
        line.upgrade(head)
    }

    fn pass(&self, bytes: &[u8]) -> io::Result<()> {
        let mut place = self.place();
        let line = place.as_mut().ok_or(io::ErrorKind::NotConnected)?;
        line.sent += bytes.len() as u64;
        line.send_now(Vec::new(), bytes)
    }

    fn receive(&self, room: &mut [u8], patience: Duration) -> io::Result<usize> {
        let mut place = self.place();
        let line = place.as_mut().ok_or(io::ErrorKind::NotConnected)?;
        line.stream.receive_now(room, patience)
    }
}

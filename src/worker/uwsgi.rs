//! Serves a connection of the uwsgi protocol: a packet, a body, a reply, the end.
//!
//! The gateway speaks the same and gets its reply in frames, so that it can tell a complete one.

use std::io;
use std::rc::Rc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::Notify;
use tokio::time::timeout;

use super::Wire;
use super::exchange::{Exchange, is_https, is_trusted};
use super::reactor::Reactor;
use crate::app::body::{BodyBuffer, BodyError};
use crate::app::{Body, Output, Piece, Request, Vars};
use crate::log::say;
use crate::net::stream::Stream;
use crate::protocol::reply::{self, frame};
use crate::protocol::uwsgi::{self, PacketError};

/// Why a request did not become complete.
#[derive(Debug, thiserror::Error)]
enum ReadError {
    #[error("{0}...skip")]
    Packet(#[from] PacketError),
    #[error("the request ends after {got} of {expected} bytes")]
    Short { got: u64, expected: u64 },
    #[error("no bytes for {0} seconds")]
    Slow(u64),
    #[error(transparent)]
    Body(#[from] BodyError),
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Serves one connection; `arrived` is told when its request is complete.
pub(super) async fn serve(reactor: &Rc<Reactor>, mut stream: Stream, wire: Wire, arrived: &Notify) {
    let request = match read_request(reactor, &mut stream, wire).await {
        Ok(Some(request)) => request,
        Ok(None) => return,
        Err(error) => {
            reactor.counters.read_errors.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            return say!("[warning] a {wire:?} request cannot be read: {error}");
        }
    };
    arrived.notify_one();
    let protocol = request.vars.get(b"SERVER_PROTOCOL").unwrap_or_default().to_vec();
    let client = reactor.client(&stream, wire);
    let (mut exchange, reply) = Exchange::answer(reactor, request, client).await;
    let head = reply::head(&reply, &protocol);
    let silence = Duration::from_secs(match wire {
        // The gateway waits for its client.
        Wire::Gateway => reactor.shared.settings.http.http_timeout,
        _ => reactor.shared.settings.sockets.socket_timeout,
    });
    let mut writer = Writer { stream, framed: wire == Wire::Gateway, silence };
    if writer.write(head, reply.body, &mut exchange).await.is_err() {
        exchange.not_taken();
    }
}

/// Reads a packet and its body; `None` where the client went away without a word.
async fn read_request(
    reactor: &Reactor,
    stream: &mut Stream,
    wire: Wire,
) -> Result<Option<Request>, ReadError> {
    let settings = &reactor.shared.settings;
    let limit = usize::try_from(settings.limits.buffer_size).unwrap_or(usize::MAX);
    let mut reader = Reader { stream, silence: settings.sockets.socket_timeout };
    let mut buffer = BytesMut::with_capacity(4096);
    let vars = loop {
        // What the gateway sends was measured there.
        let limit = if wire == Wire::Gateway { usize::MAX } else { limit };
        if let Some(vars) = uwsgi::take(&mut buffer, limit)? {
            break vars;
        }
        if reader.read(&mut buffer).await? == 0 {
            return match buffer.len() {
                0 => Ok(None),
                got => Err(ReadError::Short { got: got as u64, expected: 4 }),
            };
        }
    };
    let body = read_body(&mut reader, buffer, &vars, settings).await?;
    let trusted = is_trusted(reactor, &vars, wire, true);
    let https = is_https(&vars, trusted);
    let input_terminated = wire == Wire::Gateway && vars.get(b"HTTP_TRANSFER_ENCODING").is_some();
    Ok(Some(Request { vars, body, https, input_terminated, core: reactor.core, app: 0 }))
}

async fn read_body(
    reader: &mut Reader<'_>,
    mut buffer: BytesMut,
    vars: &Vars,
    settings: &crate::options::settings::Settings,
) -> Result<Body, ReadError> {
    let length = vars.get(b"CONTENT_LENGTH").unwrap_or_default();
    // As uWSGI: what is no number is no body.
    let expected: u64 =
        std::str::from_utf8(length).ok().and_then(|length| length.parse().ok()).unwrap_or(0);
    if settings.limits.limit_post > 0 && expected > settings.limits.limit_post {
        return Err(BodyError::TooLarge(settings.limits.limit_post).into());
    }
    let mut body = BodyBuffer::new(settings.limits.post_buffering, 0);
    while body.len() < expected {
        if buffer.is_empty() && reader.read(&mut buffer).await? == 0 {
            return Err(ReadError::Short { got: body.len(), expected });
        }
        let missing = usize::try_from(expected - body.len()).unwrap_or(usize::MAX);
        let piece = buffer.split_to(buffer.len().min(missing));
        body.push(&piece)?;
    }
    Ok(body.finish())
}

/// Reads with a limit on silence.
struct Reader<'a> {
    stream: &'a mut Stream,
    /// Seconds.
    silence: u64,
}

impl Reader<'_> {
    async fn read(&mut self, buffer: &mut BytesMut) -> Result<usize, ReadError> {
        buffer.reserve(16 << 10);
        match timeout(Duration::from_secs(self.silence), self.stream.read_buf(buffer)).await {
            Ok(read) => Ok(read?),
            Err(_) => Err(ReadError::Slow(self.silence)),
        }
    }
}

/// Writes a reply with a limit on a client that takes nothing.
struct Writer {
    stream: Stream,
    framed: bool,
    silence: Duration,
}

impl Writer {
    async fn write(
        &mut self,
        head: Vec<u8>,
        body: Output,
        exchange: &mut Exchange,
    ) -> io::Result<()> {
        match body {
            Output::Full(body) => {
                self.send(&[&head, &body], true).await?;
                exchange.sent(body.len());
            }
            Output::Stream(first, mut rest) => {
                self.send(&[&head, &first], false).await?;
                exchange.sent(first.len());
                loop {
                    match rest.next() {
                        Piece::Bytes(piece) => {
                            exchange.pulled();
                            self.send(&[&piece], false).await?;
                            exchange.sent(piece.len());
                        }
                        Piece::End => break self.send(&[], true).await?,
                        // Without the last frame the gateway knows that the reply is incomplete.
                        Piece::Broken => return Ok(()),
                    }
                }
            }
        }
        self.stream.shutdown().await
    }

    /// Sends pieces in one write, each one a frame where frames are wanted.
    async fn send(&mut self, pieces: &[&[u8]], end: bool) -> io::Result<()> {
        let mut bytes = BytesMut::new();
        for piece in pieces.iter().filter(|piece| !piece.is_empty()) {
            for part in piece.chunks(if self.framed { frame::LARGEST } else { usize::MAX }) {
                if self.framed {
                    bytes.extend_from_slice(&frame::prefix(part.len()));
                }
                bytes.extend_from_slice(part);
            }
        }
        if self.framed && end {
            bytes.extend_from_slice(&frame::prefix(0));
        }
        self.write_all(bytes.freeze()).await
    }

    async fn write_all(&mut self, mut bytes: Bytes) -> io::Result<()> {
        while !bytes.is_empty() {
            let written = timeout(self.silence, self.stream.write_buf(&mut bytes)).await;
            if written.map_err(io::Error::from)?? == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
        }
        Ok(())
    }
}

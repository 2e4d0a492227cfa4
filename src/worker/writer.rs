//! Writes the reply of a connection of one request, in what its protocol wants around the bytes.

use std::io;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::io::AsyncWriteExt;
use tokio::time::timeout;

use super::exchange::Exchange;
use crate::app::{Output, Piece};
use crate::net::stream::Stream;
use crate::protocol::fastcgi;
use crate::protocol::reply::frame;

/// What the bytes of a reply travel in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    /// As they are; the end of the connection is their end.
    None,
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
    /// Whether another request may come on the connection.
    pub(super) fn keeps_connection(self) -> bool {
        matches!(self, Self::Records { keep: true, .. })
    }

    /// Puts bytes, and the end where this is it, into what they travel in.
    pub(super) fn wrap(self, pieces: &[&[u8]], end: bool) -> Bytes {
        let mut bytes = BytesMut::new();
        let largest = match self {
            Self::None => usize::MAX,
            Self::Frames => frame::LARGEST,
            Self::Records { .. } => fastcgi::LARGEST,
        };
        for part in pieces.iter().flat_map(|piece| piece.chunks(largest)) {
            match self {
                Self::None => bytes.extend_from_slice(part),
                Self::Frames => {
                    bytes.extend_from_slice(&frame::prefix(part.len()));
                    bytes.extend_from_slice(part);
                }
                Self::Records { id, .. } => fastcgi::put_output(&mut bytes, id, part),
            }
        }
        match self {
            Self::Frames if end => bytes.extend_from_slice(&frame::prefix(0)),
            Self::Records { id, .. } if end => fastcgi::put_end(&mut bytes, id),
            _ => {}
        }
        bytes.freeze()
    }
}

/// Writes a reply with a limit on a client that takes nothing.
pub(super) struct Writer<'s> {
    stream: &'s mut Stream,
    framing: Framing,
    silence: Duration,
}

impl<'s> Writer<'s> {
    pub(super) fn new(stream: &'s mut Stream, framing: Framing, silence: Duration) -> Self {
        Self { stream, framing, silence }
    }

    /// Writes a reply; whether it is complete, so that another one could follow.
    pub(super) async fn write(
        &mut self,
        head: Vec<u8>,
        body: Output,
        exchange: &mut Exchange,
    ) -> io::Result<bool> {
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
                        // Without the last frame or record it is known that the reply is incomplete.
                        Piece::Broken => return Ok(false),
                    }
                }
            }
        }
        Ok(true)
    }

    /// Sends pieces in one write.
    async fn send(&mut self, pieces: &[&[u8]], end: bool) -> io::Result<()> {
        self.write_all(self.framing.wrap(pieces, end)).await
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

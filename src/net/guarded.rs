//! A connection of HTTP/1.1 whose ambiguous requests never reach hyper as they are.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::protocol::guard::Guard;

/// What hyper reads in the place of an ambiguous request: no request at all, so that it answers
/// with 400 and closes.
const NO_REQUEST: &[u8] = b"\0\r\n\r\n";

/// A connection that is followed by a [`Guard`].
pub struct Guarded<Io> {
    io: Io,
    guard: Guard,
    /// Whether an ambiguous request was found; nothing is read behind it.
    is_over: bool,
}

impl<Io> Guarded<Io> {
    /// Wraps a connection from its first byte.
    pub fn new(io: Io) -> Self {
        Self { io, guard: Guard::default(), is_over: false }
    }
}

impl<Io: AsyncRead + Unpin> AsyncRead for Guarded<Io> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.is_over {
            return Poll::Ready(Ok(()));
        }
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.io).poll_read(context, buffer))?;
        let read = buffer.filled().get(before..).unwrap_or_default();
        if let Err(ambiguous) = self.guard.follow(read) {
            self.is_over = true;
            buffer.set_filled(before + ambiguous.at);
            let room = buffer.remaining().min(NO_REQUEST.len());
            buffer.put_slice(NO_REQUEST.get(..room).unwrap_or_default());
        }
        Poll::Ready(Ok(()))
    }
}

impl<Io: AsyncWrite + Unpin> AsyncWrite for Guarded<Io> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(context)
    }
}

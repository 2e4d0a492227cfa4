//! A connection of HTTP/1 of which only what a [`Guard`] lets pass reaches hyper.

use std::io;
use std::mem::MaybeUninit;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

use crate::protocol::guard::{Guard, Refused, refused_request};

/// Bytes that are read at once, at least.
const ROOM: usize = 8192;

/// How long a client may go on sending what nobody reads, once it is answered. Closing at once would
/// reset the connection, and the answer could be lost (RFC 9112 §9.6).
const LINGER: Duration = Duration::from_secs(2);

/// A connection that is followed by a [`Guard`].
pub struct Guarded<Io> {
    io: Io,
    guard: Guard,
    /// What was read and has not passed yet.
    read: BytesMut,
    /// What has passed.
    passed: BytesMut,
    /// Whether nothing is read any more.
    is_over: bool,
    /// Whether the end was told to the client.
    is_shut: bool,
    /// Runs while a client is waited for that was answered before it said everything.
    lingering: Option<Pin<Box<Sleep>>>,
}

impl<Io> Guarded<Io> {
    /// Wraps a connection from its first byte; its heads may have so many bytes.
    pub fn new(io: Io, limit: usize) -> Self {
        let (read, passed) = (BytesMut::new(), BytesMut::new());
        let guard = Guard::new(limit);
        Self { io, guard, read, passed, is_over: false, is_shut: false, lingering: None }
    }
}

impl<Io: AsyncRead + Unpin> AsyncRead for Guarded<Io> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        while this.passed.is_empty() && !this.is_over {
            match this.guard.take(&mut this.read) {
                Ok(Some(bytes)) => this.passed = bytes,
                Ok(None) if this.read.is_empty() => {
                    // Nothing is kept for a client that may be silent for long.
                    (this.read, this.passed) = (BytesMut::new(), BytesMut::new());
                    let mut room = [MaybeUninit::uninit(); ROOM];
                    let mut piece = ReadBuf::uninit(&mut room);
                    ready!(Pin::new(&mut this.io).poll_read(context, &mut piece))?;
                    this.is_over = piece.filled().is_empty();
                    this.read.extend_from_slice(piece.filled());
                }
                Ok(None) => {
                    this.read.reserve(ROOM);
                    let read = pin!(this.io.read_buf(&mut this.read));
                    this.is_over = ready!(read.poll(context))? == 0;
                }
                Err(refused) => {
                    this.is_over = true;
                    // A body that ends too early is one that hyper refuses.
                    if let Refused::Head(status) = refused {
                        this.passed = refused_request(status);
                    }
                }
            }
        }
        let length = this.passed.len().min(buffer.remaining());
        buffer.put_slice(&this.passed.split_to(length));
        Poll::Ready(Ok(()))
    }
}

impl<Io: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Guarded<Io> {
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

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if !this.is_shut {
            ready!(Pin::new(&mut this.io).poll_shutdown(context))?;
            this.is_shut = true;
        }
        if this.guard.is_satisfied() {
            return Poll::Ready(Ok(()));
        }
        let lingering = this.lingering.get_or_insert_with(|| Box::pin(sleep(LINGER)));
        while lingering.as_mut().poll(context).is_pending() {
            this.read.clear();
            this.read.reserve(ROOM);
            let read = pin!(this.io.read_buf(&mut this.read));
            if !matches!(ready!(read.poll(context)), Ok(1..)) {
                break;
            }
        }
        Poll::Ready(Ok(()))
    }
}

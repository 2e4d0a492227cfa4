//! A connection whose other end must take what is written, within a time.
//!
//! A client that stops reading would hold a thread's place in the application for ever.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

/// A connection that fails with `TimedOut` where nothing can be written for so long.
pub struct Patient<Io> {
    io: Io,
    silence: Duration,
    /// Runs while nothing can be written.
    waiting: Option<Pin<Box<Sleep>>>,
}

impl<Io> Patient<Io> {
    /// Wraps a connection.
    pub fn new(io: Io, silence: Duration) -> Self {
        Self { io, silence, waiting: None }
    }

    /// Passes on what a write gave, and keeps the time while it gives nothing.
    fn keep_time<T>(
        &mut self,
        written: Poll<io::Result<T>>,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.waiting = None;
            return written;
        }
        let silence = self.silence;
        let waiting = self.waiting.get_or_insert_with(|| Box::pin(sleep(silence)));
        ready!(waiting.as_mut().poll(context));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<Io: AsyncRead + Unpin> AsyncRead for Patient<Io> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(context, buffer)
    }
}

impl<Io: AsyncWrite + Unpin> AsyncWrite for Patient<Io> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.io).poll_write(context, bytes);
        self.keep_time(written, context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.io).poll_write_vectored(context, slices);
        self.keep_time(written, context)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.io).poll_flush(context);
        self.keep_time(flushed, context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let shut = Pin::new(&mut self.io).poll_shutdown(context);
        self.keep_time(shut, context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    #[test]
    #[expect(clippy::disallowed_methods, reason = "a reactor for the test")]
    fn who_takes_nothing_is_given_up_and_who_takes_slowly_is_not() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a reactor").block_on(async {
            let (near, mut far) = tokio::io::duplex(4);
            let mut near = Patient::new(near, Duration::from_millis(200));
            let slow = async {
                let mut byte = [0];
                for _ in 0..8 {
                    sleep(Duration::from_millis(50)).await;
                    far.read_exact(&mut byte).await.expect("a byte");
                }
            };
            let (written, ()) = tokio::join!(near.write_all(b"12345678"), slow);
            written.expect("taken slowly");
            let refused = near.write_all(b"123456789").await.expect_err("not taken");
            assert_eq!(refused.kind(), io::ErrorKind::TimedOut);
        });
    }
}

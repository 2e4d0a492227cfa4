//! Connections of either kind, within a reactor.
//!
//! A connection is tried before the reactor is asked to watch it: one whose request is there
//! already, and whose client takes the reply, is never registered.

#[cfg(test)]
mod tests;

use std::io::{self, IoSlice};
use std::net::SocketAddr;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use bytes::{Buf, BufMut, BytesMut};
use tokio::io::unix::AsyncFd;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, Interest, ReadBuf};
use tokio::time::{sleep, timeout};
use tokio_rustls::server::TlsStream;

use super::tls::Tls;
use crate::app::held;
use crate::log::say;
use crate::process::socket;
use crate::protocol::certificate::ClientCertificate;
use crate::protocol::proxy;

/// Bytes that are read at once, at least.
const ROOM: usize = 8192;

/// A connection, whatever it runs over.
pub struct Stream {
    transport: Transport,
    /// The client, where it has an address.
    client: Option<SocketAddr>,
    /// The port the client came to; 80 where there is none, as uWSGI says.
    port: u16,
    /// Whether a proxy told who the client is.
    is_proxied: bool,
    /// What was read of the connection before it was known what it is.
    early: BytesMut,
}

enum Transport {
    Plain(Socket),
    Tls(Box<TlsStream<Stream>>),
}

/// A socket, which the reactor watches once there is something to wait for.
struct Socket {
    fd: Arc<OwnedFd>,
    watched: Option<AsyncFd<Arc<OwnedFd>>>,
    /// What is watched for: room to send only once there was none. There is news of it whenever the other
    /// end of a Unix socket reads, which wakes the reactor for nothing.
    interest: Interest,
}

impl Socket {
    fn new(fd: OwnedFd) -> Self {
        Self { fd: Arc::new(fd), watched: None, interest: Interest::READABLE }
    }

    fn watched(&mut self) -> io::Result<&AsyncFd<Arc<OwnedFd>>> {
        let watched = match self.watched.take() {
            Some(watched) => watched,
            None => watch(Arc::clone(&self.fd), self.interest)?,
        };
        Ok(self.watched.insert(watched))
    }

    /// Is over when there may be room to send.
    fn poll_room(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.interest.is_writable() {
            self.interest |= Interest::WRITABLE;
            if self.watched.take().is_some() {
                // Who waits for something to read as well does so anew.
                context.waker().wake_by_ref();
            }
        }
        ready!(self.watched()?.poll_write_ready(context))?.clear_ready();
        Poll::Ready(Ok(()))
    }

    fn poll_receive(
        &mut self,
        context: &mut Context<'_>,
        buffer: &mut impl BufMut,
    ) -> Poll<io::Result<usize>> {
        if self.watched.is_none() {
            match socket::receive(&self.fd, buffer) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                received => return Poll::Ready(received),
            }
        }
        let room = buffer.chunk_mut().len();
        let watched = self.watched()?;
        loop {
            let mut guard = ready!(watched.poll_read_ready(context))?;
            match socket::receive(watched, buffer) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => guard.clear_ready(),
                // What left room was all there is: the next read would be for nothing.
                Ok(received @ 1..) if received < room => {
                    guard.clear_ready();
                    return Poll::Ready(Ok(received));
                }
                received => return Poll::Ready(received),
            }
        }
    }

    /// Tries to send; waits for room where there is none.
    fn poll_sending(
        &mut self,
        context: &mut Context<'_>,
        mut send: impl FnMut(&OwnedFd) -> io::Result<usize>,
    ) -> Poll<io::Result<usize>> {
        loop {
            match send(&self.fd) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    ready!(self.poll_room(context))?;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                tried => return Poll::Ready(tried),
            }
        }
    }
}

/// Has the reactor watch a descriptor.
#[expect(deprecated, reason = "sound for descriptors that are owned: they stay what they are")]
pub fn watch<Fd: AsRawFd + AsFd>(fd: Fd, interest: Interest) -> io::Result<AsyncFd<Fd>> {
    AsyncFd::with_interest(fd, interest)
}

/// What comes before the first request on a connection.
#[derive(Clone)]
pub struct Preface {
    /// Whether a header of the PROXY protocol is believed.
    pub proxy: bool,
    /// Set where TLS is spoken.
    pub tls: Option<Tls>,
    /// Whether handshakes that fail are told.
    pub verbose: bool,
    /// Longest time for all of it.
    pub wait: Duration,
}

/// The first byte of every handshake of TLS (RFC 8446 §5.1).
const HANDSHAKE: u8 = 22;

/// What a client gets that speaks HTTP where TLS is spoken.
const NOT_TLS: &[u8] = b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\n\
    Connection: close\r\nContent-Length: 22\r\n\r\nHTTPS is spoken here.\n";

/// The port that uWSGI names where there is none.
const NO_PORT: u16 = 80;

impl Stream {
    /// A connection, which does not block, to this port.
    #[must_use]
    pub fn new(fd: OwnedFd, client: Option<SocketAddr>, port: Option<u16>) -> Self {
        Self::of(Transport::Plain(Socket::new(fd)), client, port.unwrap_or(NO_PORT))
    }

    fn of(transport: Transport, client: Option<SocketAddr>, port: u16) -> Self {
        Self { transport, client, port, is_proxied: false, early: BytesMut::new() }
    }

    /// The connection's socket, where nothing but it stands between this process and the client;
    /// none where TLS is spoken.
    #[must_use]
    pub fn socket(&self) -> Option<&OwnedFd> {
        match &self.transport {
            Transport::Plain(socket) => Some(&socket.fd),
            Transport::Tls(_) => None,
        }
    }

    /// The port the client came to; 80 where there is none, as uWSGI says.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The client, where it has an address.
    #[must_use]
    pub fn client(&self) -> Option<SocketAddr> {
        self.client
    }

    /// Whether a proxy told who the client is.
    #[must_use]
    pub fn is_proxied(&self) -> bool {
        self.is_proxied
    }

    /// Whether TLS is spoken.
    #[must_use]
    pub fn is_tls(&self) -> bool {
        matches!(self.transport, Transport::Tls(_))
    }

    /// The certificate that the client showed in a handshake, where one was asked for.
    #[must_use]
    pub fn certificate(&self) -> Option<ClientCertificate> {
        let Transport::Tls(stream) = &self.transport else { return None };
        let (_, session) = stream.get_ref();
        ClientCertificate::read(session.peer_certificates()?.first()?)
    }

    /// Gets over what comes before the first request; `None` where the connection is over.
    pub async fn begin(self, preface: &Preface) -> Option<Self> {
        if !preface.proxy && preface.tls.is_none() {
            return Some(self);
        }
        let client = self.client;
        // In a box: most connections need nothing of it.
        let begun = Box::pin(timeout(preface.wait, self.get_over(preface))).await;
        match begun.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())) {
            Ok(stream) => stream,
            Err(error) => {
                if preface.verbose || error.kind() == io::ErrorKind::InvalidInput {
                    let client = client.map(|client| client.to_string()).unwrap_or_default();
                    say!("[warning] a connection of {client} cannot begin: {error}");
                }
                None
            }
        }
    }

    async fn get_over(mut self, preface: &Preface) -> io::Result<Option<Self>> {
        if preface.proxy {
            self.take_proxy_header().await?;
        }
        let Some(tls) = &preface.tls else { return Ok(Some(self)) };
        if self.early.is_empty() && self.read_early().await? == 0 {
            return Ok(None);
        }
        if self.early.first() != Some(&HANDSHAKE) {
            self.write_all(NOT_TLS).await?;
            self.shutdown().await?;
            return Ok(None);
        }
        let (client, port, is_proxied) = (self.client, self.port, self.is_proxied);
        held::let_go();
        let secured = tls.accept(self).await?;
        let mut stream = Self::of(Transport::Tls(Box::new(secured)), client, port);
        stream.is_proxied = is_proxied;
        Ok(Some(stream))
    }

    /// Takes a header of the PROXY protocol, where there is one.
    async fn take_proxy_header(&mut self) -> io::Result<()> {
        loop {
            let start = proxy::read(&self.early);
            let start =
                start.map_err(|broken| io::Error::new(io::ErrorKind::InvalidInput, broken))?;
            match start {
                proxy::Start::Other => return Ok(()),
                proxy::Start::Header(length, client) => {
                    self.early.advance(length);
                    self.is_proxied = client.is_some();
                    self.client = client.or(self.client);
                    return Ok(());
                }
                proxy::Start::Incomplete if self.read_early().await? == 0 => return Ok(()),
                proxy::Start::Incomplete => {}
            }
        }
    }

    /// Reads more of what is not known yet.
    async fn read_early(&mut self) -> io::Result<usize> {
        let mut early = std::mem::take(&mut self.early);
        let read = self.receive(&mut early).await;
        self.early = early;
        read
    }

    /// Reads what is there, at least a byte, into a buffer that grows; 0 at the end.
    pub async fn receive(&mut self, buffer: &mut BytesMut) -> io::Result<usize> {
        std::future::poll_fn(|context| self.poll_receive(context, buffer)).await
    }

    /// The same for who has other things to wait for.
    pub fn poll_receive(
        &mut self,
        context: &mut Context<'_>,
        buffer: &mut BytesMut,
    ) -> Poll<io::Result<usize>> {
        if buffer.capacity() - buffer.len() < ROOM / 2 {
            buffer.reserve(ROOM);
        }
        if !self.early.is_empty() {
            let early = std::mem::take(&mut self.early);
            buffer.extend_from_slice(&early);
            return Poll::Ready(Ok(early.len()));
        }
        match &mut self.transport {
            Transport::Plain(socket) => socket.poll_receive(context, buffer),
            Transport::Tls(stream) => std::pin::pin!(stream.read_buf(buffer)).poll(context),
        }
    }

    /// Is over when there may be something to read, which is left where it is; whether that is known to be more than the
    /// end. Of TLS it is not known.
    pub fn poll_readable(&mut self, context: &mut Context<'_>) -> Poll<bool> {
        match &mut self.transport {
            Transport::Plain(socket) if self.early.is_empty() => {
                let Ok(watched) = socket.watched() else { return Poll::Ready(false) };
                let ready = ready!(watched.poll_read_ready(context));
                Poll::Ready(ready.is_ok_and(|guard| !guard.ready().is_read_closed()))
            }
            _ => Poll::Ready(false),
        }
    }

    /// Sends all of the pieces in their order; `TimedOut` where the client takes nothing for so
    /// long.
    pub async fn send(&mut self, pieces: &mut [IoSlice<'_>], patience: Duration) -> io::Result<()> {
        let mut pieces = without_empty_ends(pieces);
        while !pieces.is_empty() {
            let sent = within(patience, |context| {
                Pin::new(&mut *self).poll_write_vectored(context, pieces)
            });
            match sent.await? {
                0 => return Err(io::ErrorKind::WriteZero.into()),
                sent => IoSlice::advance_slices(&mut pieces, sent),
            }
        }
        within(patience, |context| Pin::new(&mut *self).poll_flush(context)).await
    }

    /// Sends all of the pieces, and the end where a client is at the other one: in the same packet, if there
    /// is room.
    pub async fn send_last(
        &mut self,
        pieces: &mut [IoSlice<'_>],
        patience: Duration,
    ) -> io::Result<()> {
        self.send_unpushed(pieces, patience).await?;
        match self.keeps_unpushed() {
            true => self.shutdown().await,
            false => Ok(()),
        }
    }

    /// Sends all of the pieces. Over TCP the kernel keeps them until [`Self::push`] or the end, for a fifth of a second
    /// at most.
    pub async fn send_unpushed(
        &mut self,
        pieces: &mut [IoSlice<'_>],
        patience: Duration,
    ) -> io::Result<()> {
        if !self.keeps_unpushed() {
            return self.send(pieces, patience).await;
        }
        let socket = self.plain();
        let mut pieces = without_empty_ends(pieces);
        while !pieces.is_empty() {
            let more = |fd: &OwnedFd| socket::send_before_more(fd, pieces);
            match within(patience, |context| socket.poll_sending(context, more)).await? {
                0 => return Err(io::ErrorKind::WriteZero.into()),
                sent => IoSlice::advance_slices(&mut pieces, sent),
            }
        }
        Ok(())
    }

    /// Lets go what [`Self::send_unpushed`] left with the kernel.
    pub fn push(&mut self) {
        if self.keeps_unpushed() {
            // Who has gone needs nothing.
            let _ = socket::push(&self.plain().fd);
        }
    }

    /// Whether there is a client at the other end of a plain connection.
    fn keeps_unpushed(&self) -> bool {
        matches!(self.transport, Transport::Plain(_)) && self.client.is_some()
    }

    /// Sends some of at most `length` bytes of a file from its position, which moves on, past this
    /// process; 0 at the end of the file. Only where there is a [`Self::socket`].
    pub async fn send_file(
        &mut self,
        file: &std::fs::File,
        length: usize,
        patience: Duration,
    ) -> io::Result<usize> {
        let Transport::Plain(socket) = &mut self.transport else {
            return Err(io::ErrorKind::Unsupported.into());
        };
        let send = |fd: &OwnedFd| socket::send_file(fd, file, length);
        within(patience, |context| socket.poll_sending(context, send)).await
    }

    /// Receives bytes, for a thread whose reactor stands still meanwhile; `WouldBlock` where none come for
    /// so long, 0 at the end.
    pub fn receive_now(&mut self, room: &mut [u8], patience: Duration) -> io::Result<usize> {
        let until = Instant::now() + patience;
        let mut context = Context::from_waker(std::task::Waker::noop());
        loop {
            // Who is not watched is tried.
            self.plain().watched = None;
            let mut buffer = ReadBuf::new(room);
            match Pin::new(&mut *self).poll_read(&mut context, &mut buffer) {
                Poll::Ready(received) => return received.map(|()| buffer.filled().len()),
                Poll::Pending => {
                    let left = until.saturating_duration_since(Instant::now());
                    socket::wait_readable(&self.as_fd(), left).map_err(|error| {
                        match error.kind() {
                            io::ErrorKind::TimedOut => io::ErrorKind::WouldBlock.into(),
                            _ => error,
                        }
                    })?;
                }
            }
        }
    }

    /// The socket at the bottom.
    fn plain(&mut self) -> &mut Socket {
        match &mut self.transport {
            Transport::Plain(socket) => socket,
            Transport::Tls(stream) => stream.get_mut().0.plain(),
        }
    }

    /// Sends all of the pieces while the thread waits, for who is not within the reactor.
    pub fn send_now(&mut self, pieces: &mut [IoSlice<'_>], patience: Duration) -> io::Result<()> {
        let mut pieces = without_empty_ends(pieces);
        let mut context = Context::from_waker(std::task::Waker::noop());
        while !pieces.is_empty() {
            // The socket is tried each time, whatever the reactor knows of it.
            match Pin::new(&mut *self).poll_write_vectored(&mut context, pieces) {
                Poll::Ready(Ok(0)) => return Err(io::ErrorKind::WriteZero.into()),
                Poll::Ready(sent) => IoSlice::advance_slices(&mut pieces, sent?),
                Poll::Pending => socket::wait_writable(&self.as_fd(), patience)?,
            }
        }
        loop {
            match Pin::new(&mut *self).poll_flush(&mut context) {
                Poll::Ready(flushed) => return flushed,
                Poll::Pending => socket::wait_writable(&self.as_fd(), patience)?,
            }
        }
    }
}

/// The pieces without those at either end that hold nothing: one piece costs the kernel less than two.
fn without_empty_ends<'p, 'b>(mut pieces: &'p mut [IoSlice<'b>]) -> &'p mut [IoSlice<'b>] {
    IoSlice::advance_slices(&mut pieces, 0);
    let used = pieces.iter().rposition(|piece| !piece.is_empty()).map_or(0, |last| last + 1);
    pieces.get_mut(..used).unwrap_or_default()
}

/// Polls for so long.
async fn within<T>(
    patience: Duration,
    mut poll: impl FnMut(&mut Context<'_>) -> Poll<io::Result<T>>,
) -> io::Result<T> {
    // A timer for what does not have to wait would cost more than that itself.
    let mut over = std::pin::pin!(None);
    std::future::poll_fn(|context| {
        if let Poll::Ready(polled) = poll(context) {
            return Poll::Ready(polled);
        }
        if over.is_none() {
            over.set(Some(sleep(patience)));
        }
        let over = over.as_mut().as_pin_mut().map_or(Poll::Pending, |over| over.poll(context));
        over.map(|()| Err(io::ErrorKind::TimedOut.into()))
    })
    .await
}

impl AsFd for Stream {
    fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
        match &self.transport {
            Transport::Plain(socket) => socket.fd.as_fd(),
            Transport::Tls(stream) => stream.get_ref().0.as_fd(),
        }
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if !this.early.is_empty() {
            let length = this.early.len().min(buffer.remaining());
            buffer.put_slice(&this.early.split_to(length));
            return Poll::Ready(Ok(()));
        }
        match &mut this.transport {
            Transport::Plain(socket) => socket.poll_receive(context, buffer).map_ok(drop),
            Transport::Tls(stream) => Pin::new(stream).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(context, &[IoSlice::new(bytes)])
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().transport {
            Transport::Plain(_) => Poll::Ready(Ok(())),
            Transport::Tls(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().transport {
            Transport::Plain(socket) => {
                let ended = nix::sys::socket::shutdown(
                    socket.fd.as_raw_fd(),
                    nix::sys::socket::Shutdown::Write,
                );
                Poll::Ready(ended.map_err(Into::into))
            }
            Transport::Tls(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match &mut self.get_mut().transport {
            Transport::Plain(socket) => socket.poll_sending(context, |fd| socket::send(fd, slices)),
            Transport::Tls(stream) => Pin::new(stream).poll_write_vectored(context, slices),
        }
    }

    fn is_write_vectored(&self) -> bool {
        true
    }
}

//! Connections and listeners of either kind, within a reactor.

use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, OwnedFd};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio::time::timeout;
use tokio_rustls::server::TlsStream;

use super::address::Address;
use super::listen::Listener;
use super::tls::Tls;
use crate::log::say;
use crate::protocol::certificate::ClientCertificate;
use crate::protocol::proxy;

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
    Tcp(TcpStream),
    Unix(UnixStream),
    Tls(Box<TlsStream<Stream>>),
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

impl Stream {
    /// A connection over TCP.
    #[must_use]
    pub fn tcp(stream: TcpStream, client: SocketAddr) -> Self {
        let port = stream.local_addr().map_or(80, |local| local.port());
        Self::of(Transport::Tcp(stream), Some(client), port)
    }

    /// A connection over a unix socket.
    #[must_use]
    pub fn unix(stream: UnixStream) -> Self {
        Self::of(Transport::Unix(stream), None, 80)
    }

    fn of(transport: Transport, client: Option<SocketAddr>, port: u16) -> Self {
        Self { transport, client, port, is_proxied: false, early: BytesMut::new() }
    }

    /// A copy of the connection's descriptor; none of one that speaks TLS, where nobody else can
    /// say anything.
    pub fn duplicate(&self) -> io::Result<OwnedFd> {
        match &self.transport {
            Transport::Tcp(stream) => stream.as_fd().try_clone_to_owned(),
            Transport::Unix(stream) => stream.as_fd().try_clone_to_owned(),
            Transport::Tls(_) => Err(io::ErrorKind::Unsupported.into()),
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
        let begun = timeout(preface.wait, self.get_over(preface)).await;
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
        let read = self.read_buf(&mut early).await;
        self.early = early;
        read
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
            Transport::Tcp(stream) => Pin::new(stream).poll_read(context, buffer),
            Transport::Unix(stream) => Pin::new(stream).poll_read(context, buffer),
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
        match &mut self.get_mut().transport {
            Transport::Tcp(stream) => Pin::new(stream).poll_write(context, bytes),
            Transport::Unix(stream) => Pin::new(stream).poll_write(context, bytes),
            Transport::Tls(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().transport {
            Transport::Tcp(stream) => Pin::new(stream).poll_flush(context),
            Transport::Unix(stream) => Pin::new(stream).poll_flush(context),
            Transport::Tls(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().transport {
            Transport::Tcp(stream) => Pin::new(stream).poll_shutdown(context),
            Transport::Unix(stream) => Pin::new(stream).poll_shutdown(context),
            Transport::Tls(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match &mut self.get_mut().transport {
            Transport::Tcp(stream) => Pin::new(stream).poll_write_vectored(context, slices),
            Transport::Unix(stream) => Pin::new(stream).poll_write_vectored(context, slices),
            Transport::Tls(stream) => Pin::new(stream).poll_write_vectored(context, slices),
        }
    }

    fn is_write_vectored(&self) -> bool {
        true
    }
}

/// A listener.
pub enum Acceptor {
    /// For TCP.
    Tcp(TcpListener),
    /// For unix sockets.
    Unix(UnixListener),
}

impl Acceptor {
    /// A further descriptor of a listening socket, within the reactor that runs.
    pub fn new(listener: &Listener) -> io::Result<Self> {
        let fd = OwnedFd::from(listener.socket.try_clone()?);
        Ok(match listener.address {
            Address::Tcp(_) => Self::Tcp(TcpListener::from_std(fd.into())?),
            _ => Self::Unix(UnixListener::from_std(fd.into())?),
        })
    }

    /// The next connection; errors are the listener's, not those of a connection that failed.
    pub async fn accept(&self) -> io::Result<Stream> {
        loop {
            match self.accept_once().await {
                Err(error) if is_of_connection(&error) => {}
                accepted => return accepted,
            }
        }
    }

    async fn accept_once(&self) -> io::Result<Stream> {
        match self {
            Self::Tcp(listener) => {
                let (stream, client) = listener.accept().await?;
                stream.set_nodelay(true)?;
                Ok(Stream::tcp(stream, client))
            }
            Self::Unix(listener) => Ok(Stream::unix(listener.accept().await?.0)),
        }
    }
}

/// Errors that belong to the connection that was to be accepted, not to the listener.
fn is_of_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}

//! Connections and listeners of either kind, within a reactor.

use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, OwnedFd};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};

use super::address::Address;
use super::listen::Listener;

/// A TCP or unix connection.
pub enum Stream {
    /// With the client's address.
    Tcp(TcpStream, SocketAddr),
    /// Without an address.
    Unix(UnixStream),
}

impl Stream {
    /// A copy of the connection's descriptor.
    pub fn duplicate(&self) -> io::Result<OwnedFd> {
        match self {
            Self::Tcp(stream, _) => stream.as_fd().try_clone_to_owned(),
            Self::Unix(stream) => stream.as_fd().try_clone_to_owned(),
        }
    }

    /// The port the client came to; 80 where there is none, as uWSGI says.
    pub fn port(&self) -> u16 {
        match self {
            Self::Tcp(stream, _) => stream.local_addr().map_or(80, |local| local.port()),
            Self::Unix(_) => 80,
        }
    }

    /// The client, where it has an address.
    pub fn client(&self) -> Option<SocketAddr> {
        match self {
            Self::Tcp(_, client) => Some(*client),
            Self::Unix(_) => None,
        }
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream, _) => Pin::new(stream).poll_read(context, buffer),
            Self::Unix(stream) => Pin::new(stream).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Tcp(stream, _) => Pin::new(stream).poll_write(context, bytes),
            Self::Unix(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream, _) => Pin::new(stream).poll_flush(context),
            Self::Unix(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream, _) => Pin::new(stream).poll_shutdown(context),
            Self::Unix(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Tcp(stream, _) => Pin::new(stream).poll_write_vectored(context, slices),
            Self::Unix(stream) => Pin::new(stream).poll_write_vectored(context, slices),
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
                Ok(Stream::Tcp(stream, client))
            }
            Self::Unix(listener) => Ok(Stream::Unix(listener.accept().await?.0)),
        }
    }
}

/// Errors that belong to the connection that was to be accepted, not to the listener.
fn is_of_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}

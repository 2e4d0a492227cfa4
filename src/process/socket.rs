//! Bytes over a socket that does not block: what the standard library has no safe call for.
//!
//! When to try, and how long to wait, is for the caller.

use std::fs::File;
use std::io::{self, IoSlice};
use std::net::SocketAddr;
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};
use std::time::Duration;

use bytes::BufMut;
use nix::libc;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{MsgFlags, SockaddrIn, SockaddrIn6, SockaddrLike, SockaddrStorage};
use rustix::net::{RecvFlags, SendAncillaryBuffer, SendFlags, sendmsg};

/// The next connection of a listening socket, which does not block, and its client where that has
/// an address; `WouldBlock` where there is none.
pub fn accept(listener: &impl AsFd) -> io::Result<(OwnedFd, Option<SocketAddr>)> {
    let mut storage = std::mem::MaybeUninit::<libc::sockaddr_storage>::zeroed();
    let room = libc::socklen_t::try_from(size_of::<libc::sockaddr_storage>());
    let mut length = room.map_err(io::Error::other)?;
    let flags = libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK;
    #[expect(unsafe_code, reason = "takes the connection, its address and its flags in one call")]
    // SAFETY: `storage` has room for any address, and `length` says how much; the descriptor is
    // borrowed for the call.
    let number = unsafe {
        libc::accept4(
            listener.as_fd().as_raw_fd(),
            storage.as_mut_ptr().cast(),
            &raw mut length,
            flags,
        )
    };
    if number < 0 {
        return Err(io::Error::last_os_error());
    }
    #[expect(unsafe_code, reason = "the kernel hands out descriptors as numbers")]
    // SAFETY: the kernel made this descriptor for this process in the call above, and nobody else
    // knows its number.
    let connection = unsafe { OwnedFd::from_raw_fd(number) };
    #[expect(unsafe_code, reason = "reads the address that the kernel wrote")]
    // SAFETY: the kernel wrote `length` bytes of an address there, and the rest is zero.
    let address = unsafe { SockaddrStorage::from_raw(storage.as_ptr().cast(), Some(length)) };
    Ok((connection, address.as_ref().and_then(internet)))
}

fn internet(address: &SockaddrStorage) -> Option<SocketAddr> {
    let v4 = address.as_sockaddr_in().map(|v4: &SockaddrIn| SocketAddr::V4((*v4).into()));
    v4.or_else(|| address.as_sockaddr_in6().map(|v6: &SockaddrIn6| SocketAddr::V6((*v6).into())))
}

/// Has the kernel hand over connections of a listening TCP socket once their clients have spoken, or
/// after so long, in whole seconds (`TCP_DEFER_ACCEPT`).
pub fn defer(listener: &impl AsFd, patience: Duration) -> io::Result<()> {
    let seconds = libc::c_int::try_from(patience.as_secs()).unwrap_or(libc::c_int::MAX);
    let length = libc::socklen_t::try_from(size_of_val(&seconds)).map_err(io::Error::other)?;
    #[expect(unsafe_code, reason = "an option that no library has a safe call for")]
    // SAFETY: the kernel reads `length` bytes of `seconds`; the descriptor is borrowed for the call.
    let set = unsafe {
        libc::setsockopt(
            listener.as_fd().as_raw_fd(),
            libc::IPPROTO_TCP,
            libc::TCP_DEFER_ACCEPT,
            (&raw const seconds).cast(),
            length,
        )
    };
    if set == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Appends what is there to a buffer, as much as it has room for; 0 at the end of the connection.
pub fn receive(socket: &impl AsFd, buffer: &mut impl BufMut) -> io::Result<usize> {
    #[expect(unsafe_code, reason = "reads into memory that need not be cleared before")]
    // SAFETY: nothing is written there but what the kernel read.
    let room = unsafe { buffer.chunk_mut().as_uninit_slice_mut() };
    let (_, got) = rustix::net::recv(socket, room, RecvFlags::empty())?;
    #[expect(unsafe_code, reason = "says how much was written")]
    // SAFETY: the kernel has just written so many bytes there.
    unsafe {
        buffer.advance_mut(got);
    }
    Ok(got)
}

/// Whether the other end has closed the connection, or said something where nothing was asked.
pub fn has_ended(socket: &impl AsFd) -> bool {
    let flags = MsgFlags::MSG_PEEK | MsgFlags::MSG_DONTWAIT;
    nix::sys::socket::recv(socket.as_fd().as_raw_fd(), &mut [0], flags) != Err(nix::Error::EAGAIN)
}

/// Sends the pieces in their order, as far as there is room; how many bytes went.
pub fn send(socket: &impl AsFd, pieces: &[IoSlice<'_>]) -> io::Result<usize> {
    send_by(socket, pieces, SendFlags::NOSIGNAL)
}

/// The same, and the kernel keeps it until there is more, the end, a [`push`], or a fifth of a second over.
pub fn send_before_more(socket: &impl AsFd, pieces: &[IoSlice<'_>]) -> io::Result<usize> {
    send_by(socket, pieces, SendFlags::NOSIGNAL | SendFlags::MORE)
}

/// Sends what the kernel keeps; an error for what is no TCP socket.
pub fn push(socket: &impl AsFd) -> io::Result<()> {
    // It is so already: to say so again is what sends.
    Ok(nix::sys::socket::setsockopt(&socket.as_fd(), nix::sys::socket::sockopt::TcpNoDelay, &true)?)
}

fn send_by(socket: &impl AsFd, pieces: &[IoSlice<'_>], flags: SendFlags) -> io::Result<usize> {
    Ok(match pieces {
        // Less for the kernel to look at.
        [piece] => rustix::net::send(socket, piece, flags)?,
        pieces => sendmsg(socket, pieces, &mut SendAncillaryBuffer::default(), flags)?,
    })
}

/// Sends at most `length` bytes of a file from its position, which moves on, without copying them
/// through this process; 0 at the end of the file.
pub fn send_file(socket: &impl AsFd, file: &File, length: usize) -> io::Result<usize> {
    Ok(nix::sys::sendfile::sendfile(socket.as_fd(), file.as_fd(), None, length)?)
}

/// Waits until something can be sent; `TimedOut` where it cannot for so long.
pub fn wait_writable(socket: &impl AsFd, patience: Duration) -> io::Result<()> {
    wait(socket, PollFlags::POLLOUT, patience)
}

/// Waits until something can be received; `TimedOut` where it cannot for so long.
pub fn wait_readable(socket: &impl AsFd, patience: Duration) -> io::Result<()> {
    wait(socket, PollFlags::POLLIN, patience)
}

fn wait(socket: &impl AsFd, news: PollFlags, patience: Duration) -> io::Result<()> {
    let timeout = PollTimeout::try_from(patience).unwrap_or(PollTimeout::MAX);
    loop {
        let mut waiting = [PollFd::new(socket.as_fd(), news)];
        match poll(&mut waiting, timeout) {
            Ok(0) => return Err(io::ErrorKind::TimedOut.into()),
            Ok(_) => return Ok(()),
            // The patience begins anew; signals are rare.
            Err(nix::Error::EINTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::BytesMut;
    use std::io::{Seek, SeekFrom, Write};
    use std::net::{TcpListener, TcpStream};

    #[test]
    fn a_connection_is_accepted_with_its_client() {
        for address in ["127.0.0.1:0", "[::1]:0"] {
            let listener = TcpListener::bind(address).expect("a port");
            listener.set_nonblocking(true).expect("an option");
            assert_eq!(accept(&listener).expect_err("none").kind(), io::ErrorKind::WouldBlock);
            let client = TcpStream::connect(listener.local_addr().expect("one")).expect("heard");
            let (connection, from) = accept(&listener).expect("a connection");
            assert_eq!(from, client.local_addr().ok());
            let mut buffer = BytesMut::with_capacity(8);
            let nothing = receive(&connection, &mut buffer).expect_err("nothing was said");
            assert_eq!(nothing.kind(), io::ErrorKind::WouldBlock);
        }
    }

    #[test]
    fn what_goes_right_before_the_end_waits_for_it() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let client = TcpStream::connect(listener.local_addr().expect("one")).expect("heard");
        client.set_nonblocking(true).expect("an option");
        let (server, _) = listener.accept().expect("a connection");
        let mut buffer = BytesMut::with_capacity(8);
        send_before_more(&server, &[IoSlice::new(b"last")]).expect("room");
        let nothing = receive(&client, &mut buffer).expect_err("nothing is on its way");
        assert_eq!(nothing.kind(), io::ErrorKind::WouldBlock);
        server.shutdown(std::net::Shutdown::Write).expect("the end");
        wait_readable(&client, Duration::from_secs(5)).expect("news");
        assert_eq!(receive(&client, &mut buffer).expect("all"), 4);
        assert_eq!(receive(&client, &mut buffer).expect("with the end"), 0);
    }

    #[test]
    fn what_is_kept_goes_out_when_it_is_pushed() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let client = TcpStream::connect(listener.local_addr().expect("one")).expect("heard");
        client.set_nonblocking(true).expect("an option");
        let (server, _) = listener.accept().expect("a connection");
        server.set_nodelay(true).expect("an option");
        let mut buffer = BytesMut::with_capacity(8);
        send_before_more(&server, &[IoSlice::new(b"kept")]).expect("room");
        let nothing = receive(&client, &mut buffer).expect_err("nothing is on its way");
        assert_eq!(nothing.kind(), io::ErrorKind::WouldBlock);
        push(&server).expect("a connection");
        wait_readable(&client, Duration::from_secs(5)).expect("news");
        assert_eq!(receive(&client, &mut buffer).expect("all"), 4);
    }

    #[test]
    fn who_has_not_spoken_is_not_handed_over() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.set_nonblocking(true).expect("an option");
        defer(&listener, Duration::from_secs(60)).expect("an option");
        let mut client = TcpStream::connect(listener.local_addr().expect("one")).expect("heard");
        let silent = accept(&listener).expect_err("nothing was said");
        assert_eq!(silent.kind(), io::ErrorKind::WouldBlock);
        client.write_all(b"x").expect("room");
        accept(&listener).expect("the client has spoken");
    }

    #[test]
    fn bytes_and_files_are_carried() {
        let (near, far) = std::os::unix::net::UnixStream::pair().expect("a pair");
        let sent = send(&near, &[IoSlice::new(b"ab"), IoSlice::new(b"c")]).expect("room");
        assert_eq!(sent, 3);
        let mut file = tempfile::tempfile().expect("a file");
        file.write_all(b"0123456789").expect("room");
        file.seek(SeekFrom::Start(2)).expect("a place");
        assert_eq!(send_file(&near, &file, 4).expect("room"), 4);
        assert_eq!(send_file(&near, &file, 100).expect("room"), 4);
        assert_eq!(send_file(&near, &file, 100).expect("the end"), 0);
        drop(near);
        let mut buffer = BytesMut::with_capacity(64);
        while receive(&far, &mut buffer).expect("bytes") > 0 {}
        assert_eq!(&buffer[..], b"abc23456789");
    }

    #[test]
    fn who_takes_nothing_is_waited_for_and_no_longer() {
        let (near, _far) = std::os::unix::net::UnixStream::pair().expect("a pair");
        near.set_nonblocking(true).expect("an option");
        wait_writable(&near, Duration::from_millis(10)).expect("room");
        while send(&near, &[IoSlice::new(&[0; 4096])]).is_ok() {}
        let waited = wait_writable(&near, Duration::from_millis(10)).expect_err("no room");
        assert_eq!(waited.kind(), io::ErrorKind::TimedOut);
    }
}

//! A queue of connections between processes: one side hands sockets over, many sides take them.
//!
//! Works like a listening socket without a name: whoever is idle takes the next connection, and
//! what nobody took yet outlives any of them.

use std::io::{self, IoSlice, IoSliceMut};
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::net::UnixStream;

use nix::cmsg_space;
use nix::sys::socket::{
    AddressFamily, ControlMessage, ControlMessageOwned, MsgFlags, SockFlag, SockType, recvmsg,
    sendmsg, socketpair,
};

/// The end that gives and the end that takes, both not blocking.
pub fn pair() -> nix::Result<(OwnedFd, OwnedFd)> {
    let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
    socketpair(AddressFamily::Unix, SockType::SeqPacket, None, flags)
}

/// A connection whose one end is to be handed over; both ends do not block.
pub fn connection() -> io::Result<(UnixStream, UnixStream)> {
    let (mine, theirs) = UnixStream::pair()?;
    mine.set_nonblocking(true)?;
    theirs.set_nonblocking(true)?;
    Ok((mine, theirs))
}

/// Hands one end of a connection over; `WouldBlock` where too many wait already.
pub fn give(channel: &impl AsFd, theirs: &UnixStream) -> io::Result<()> {
    let fds = [theirs.as_raw_fd()];
    let message = [ControlMessage::ScmRights(&fds)];
    let flags = MsgFlags::MSG_NOSIGNAL;
    sendmsg::<()>(channel.as_fd().as_raw_fd(), &[IoSlice::new(b"c")], &message, flags, None)?;
    Ok(())
}

/// Takes the next connection; `WouldBlock` where there is none.
pub fn take(channel: &impl AsFd) -> io::Result<UnixStream> {
    let mut byte = [0];
    let mut space = cmsg_space!(i32);
    let mut bytes = [IoSliceMut::new(&mut byte)];
    let flags = MsgFlags::MSG_CMSG_CLOEXEC;
    let message = recvmsg::<()>(channel.as_fd().as_raw_fd(), &mut bytes, Some(&mut space), flags)?;
    if message.bytes == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let passed = message.cmsgs()?.find_map(|control| match control {
        ControlMessageOwned::ScmRights(fds) => fds.first().copied(),
        _ => None,
    });
    let number = passed.ok_or_else(|| io::Error::other("a connection came without a socket"))?;
    #[expect(unsafe_code, reason = "the kernel hands out descriptors as numbers")]
    // SAFETY: the kernel made this descriptor for this process in the call above, and nobody else
    // knows its number.
    let fd = unsafe { OwnedFd::from_raw_fd(number) };
    Ok(UnixStream::from(fd))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};

    #[test]
    fn a_connection_is_handed_over() {
        let (gives, takes) = pair().expect("a channel");
        assert_eq!(take(&takes).expect_err("none yet").kind(), io::ErrorKind::WouldBlock);
        let (mut mine, theirs) = connection().expect("a connection");
        give(&gives, &theirs).expect("room");
        drop(theirs);
        let mut theirs = take(&takes).expect("a connection");
        mine.write_all(b"hello").expect("room");
        let mut read = [0; 5];
        theirs.read_exact(&mut read).expect("bytes");
        assert_eq!(&read, b"hello");
        drop(gives);
        assert_eq!(take(&takes).expect_err("over").kind(), io::ErrorKind::UnexpectedEof);
    }
}

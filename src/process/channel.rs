//! A queue of connections between processes: many sides hand sockets over, one side takes them.
//!
//! Works like a listening socket without a name, with a short note beside each connection.

use std::io::{self, IoSlice, IoSliceMut};
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};
use std::sync::Arc;

use nix::cmsg_space;
use nix::sys::socket::{
    AddressFamily, ControlMessage, ControlMessageOwned, MsgFlags, SockFlag, SockType, recvmsg,
    sendmsg, socketpair,
};

const FLAGS: SockFlag = SockFlag::SOCK_CLOEXEC.union(SockFlag::SOCK_NONBLOCK);

/// What is said beside a connection: who is at its other end.
pub type Note = [u8; 8];

/// Both ends of a channel, not blocking.
#[derive(Debug)]
pub struct Channel {
    /// The end that takes.
    pub takes: OwnedFd,
    /// The end that gives, for many.
    pub gives: Arc<OwnedFd>,
}

impl Channel {
    /// A new one.
    pub fn new() -> nix::Result<Self> {
        let (takes, gives) = socketpair(AddressFamily::Unix, SockType::SeqPacket, None, FLAGS)?;
        Ok(Self { takes, gives: Arc::new(gives) })
    }
}

/// Both ends of a connection, of which one is to be handed over; neither blocks.
pub fn connection() -> nix::Result<(OwnedFd, OwnedFd)> {
    socketpair(AddressFamily::Unix, SockType::Stream, None, FLAGS)
}

/// Hands one end of a connection over; `WouldBlock` where too many wait already.
pub fn give(channel: &impl AsFd, theirs: &impl AsFd, note: &Note) -> io::Result<()> {
    let fds = [theirs.as_fd().as_raw_fd()];
    let message = [ControlMessage::ScmRights(&fds)];
    let flags = MsgFlags::MSG_NOSIGNAL;
    sendmsg::<()>(channel.as_fd().as_raw_fd(), &[IoSlice::new(note)], &message, flags, None)?;
    Ok(())
}

/// Wakes who takes, without a connection. One that is not heard because others wait already is not
/// needed.
pub fn ring(channel: &impl AsFd) {
    let (socket, note) = (channel.as_fd().as_raw_fd(), Note::default());
    let _ = sendmsg::<()>(socket, &[IoSlice::new(&note)], &[], MsgFlags::MSG_NOSIGNAL, None);
}

/// Takes the next connection, or `None` where somebody rang; `WouldBlock` where there is neither.
pub fn take(channel: &impl AsFd) -> io::Result<Option<(OwnedFd, Note)>> {
    let mut note = Note::default();
    let mut space = cmsg_space!(i32);
    let mut bytes = [IoSliceMut::new(&mut note)];
    let flags = MsgFlags::MSG_CMSG_CLOEXEC;
    let message = recvmsg::<()>(channel.as_fd().as_raw_fd(), &mut bytes, Some(&mut space), flags)?;
    if message.bytes == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let passed = message.cmsgs()?.find_map(|control| match control {
        ControlMessageOwned::ScmRights(fds) => fds.first().copied(),
        _ => None,
    });
    let Some(number) = passed else { return Ok(None) };
    #[expect(unsafe_code, reason = "the kernel hands out descriptors as numbers")]
    // SAFETY: the kernel made this descriptor for this process in the call above, and nobody else
    // knows its number.
    let fd = unsafe { OwnedFd::from_raw_fd(number) };
    Ok(Some((fd, note)))
}

/// Says to whoever watches the giving end that connections are wanted.
pub fn want(channel: &impl AsFd) {
    // Who does not look has been told enough.
    let _ = sendmsg::<()>(
        channel.as_fd().as_raw_fd(),
        &[IoSlice::new(b"w")],
        &[],
        MsgFlags::MSG_NOSIGNAL,
        None,
    );
}

/// Whether connections were wanted since the last call.
pub fn is_wanted(channel: &impl AsFd) -> bool {
    let mut is_wanted = false;
    while let Ok(1..) = nix::unistd::read(channel, &mut [0; 8]) {
        is_wanted = true;
    }
    is_wanted
}

#[cfg(test)]
mod tests {
    use super::*;
    use nix::unistd::{read, write};

    #[test]
    fn a_connection_is_handed_over() {
        let Channel { takes, gives } = Channel::new().expect("a channel");
        assert_eq!(take(&takes).expect_err("none yet").kind(), io::ErrorKind::WouldBlock);
        let (mine, theirs) = connection().expect("a connection");
        give(&gives, &theirs, b"worker 1").expect("room");
        drop(theirs);
        let (theirs, note) = take(&takes).expect("a message").expect("a connection");
        assert_eq!(&note, b"worker 1");
        write(&mine, b"hello").expect("room");
        let mut bytes = [0; 5];
        read(&theirs, &mut bytes).expect("bytes");
        assert_eq!(&bytes, b"hello");
        ring(&gives);
        assert!(take(&takes).expect("a message").is_none());
        drop(gives);
        assert_eq!(take(&takes).expect_err("over").kind(), io::ErrorKind::UnexpectedEof);
    }

    #[test]
    fn who_gives_can_be_told_to() {
        let Channel { takes, gives } = Channel::new().expect("a channel");
        assert!(!is_wanted(&gives));
        want(&takes);
        want(&takes);
        assert!(is_wanted(&gives));
        assert!(!is_wanted(&gives));
    }
}

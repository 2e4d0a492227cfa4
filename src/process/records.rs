//! A way for many processes to write records to one: each write is one record, and the kernel says
//! whose it is.
//!
//! What a process writes to its standard error goes this way, so the writing end is a plain
//! descriptor.

use std::io::{self, IoSliceMut};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use nix::cmsg_space;
use nix::sys::socket::{
    AddressFamily, ControlMessageOwned, MsgFlags, SockFlag, SockType, UnixCredentials, recvmsg,
    send, setsockopt, socketpair, sockopt,
};

/// What waits to be taken, in bytes, where the system allows it.
const ROOM: usize = 1 << 20;
/// No record is longer, in bytes: the kernel takes no more in one write.
const LONGEST: usize = 2 << 20;

/// The end that takes records.
pub struct Records {
    socket: OwnedFd,
}

/// What came.
#[derive(Debug, PartialEq, Eq)]
pub enum Record {
    /// A process wrote this.
    From(i32, Vec<u8>),
    /// Nobody is left who could write.
    End,
}

/// The end to write to, which blocks while there is no room, and the end that takes.
pub fn pair() -> io::Result<(OwnedFd, Records)> {
    let (writes, takes) =
        socketpair(AddressFamily::Unix, SockType::SeqPacket, None, SockFlag::SOCK_CLOEXEC)?;
    setsockopt(&takes, sockopt::PassCred, &true)?;
    // A hint: the system's own limit holds.
    let _ = setsockopt(&writes, sockopt::SndBuf, &ROOM);
    Ok((writes, Records { socket: takes }))
}

/// Writes a record if there is room for it; `WouldBlock` where there is none.
pub fn write_now(end: &impl AsFd, record: &[u8]) -> io::Result<()> {
    let flags = MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_NOSIGNAL;
    send(end.as_fd().as_raw_fd(), record, flags)?;
    Ok(())
}

impl Records {
    /// The next record; `WouldBlock` where there is none.
    pub fn take(&self, space: &mut Vec<u8>) -> io::Result<Record> {
        space.resize(LONGEST, 0);
        let mut control = cmsg_space!(UnixCredentials);
        let mut bytes = [IoSliceMut::new(space)];
        let flags = MsgFlags::MSG_DONTWAIT;
        let message =
            recvmsg::<()>(self.socket.as_raw_fd(), &mut bytes, Some(&mut control), flags)?;
        let writer = message.cmsgs()?.find_map(|control| match control {
            ControlMessageOwned::ScmCredentials(writer) => Some(writer.pid()),
            _ => None,
        });
        let length = message.bytes;
        // An empty record has a writer, the end has none.
        if writer.is_none() && length == 0 {
            return Ok(Record::End);
        }
        let bytes = space.get(..length).unwrap_or_default().to_vec();
        Ok(Record::From(writer.unwrap_or_default(), bytes))
    }
}

impl AsFd for Records {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_keep_their_bounds_and_their_writer() {
        let (writes, takes) = pair().expect("a way");
        let mut space = Vec::new();
        assert_eq!(takes.take(&mut space).expect_err("none yet").kind(), io::ErrorKind::WouldBlock);
        let me = std::process::id().cast_signed();
        for text in ["one", "", "two\nthree"] {
            nix::unistd::write(&writes, text.as_bytes()).expect("room");
        }
        for text in ["one", "", "two\nthree"] {
            let record = takes.take(&mut space).expect("a record");
            assert_eq!(record, Record::From(me, text.into()));
        }
        drop(writes);
        assert_eq!(takes.take(&mut space).expect("the end"), Record::End);
    }

    #[test]
    fn nobody_waits_for_room() {
        let (writes, takes) = pair().expect("a way");
        let line = [b'x'; 100];
        let full = (0..1_000_000).find_map(|_| write_now(&writes, &line).err()).expect("no room");
        assert_eq!(full.kind(), io::ErrorKind::WouldBlock);
        let record = takes.take(&mut Vec::new()).expect("the first");
        assert_eq!(record, Record::From(std::process::id().cast_signed(), line.into()));
        write_now(&writes, &line).expect("room again");
    }
}

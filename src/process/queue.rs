//! How many connections wait at a listening socket, as the kernel counts them.
//!
//! TCP sockets tell it themselves; of unix sockets only the kernel's socket monitor knows
//! (`sock_diag(7)`), which `ss -l` asks, too. Nothing is allocated: it is also asked within handlers of signals.

use std::os::fd::{AsFd, AsRawFd, BorrowedFd};

use bytes::BufMut;
use nix::libc;
use nix::sys::socket::{
    AddressFamily, MsgFlags, NetlinkAddr, SockFlag, SockProtocol, SockType, recv, sendto, socket,
};
use nix::sys::stat::fstat;

/// The queue of a listening socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Queue {
    /// Connections that wait.
    pub waiting: u64,
    /// How many may.
    pub most: u64,
}

/// The queue of this socket, where the kernel tells.
#[must_use]
pub fn of(listener: BorrowedFd<'_>) -> Option<Queue> {
    tcp(listener).or_else(|| unix(listener))
}

/// Connections that wait at all of these sockets, where the kernel tells of one at least.
pub fn waiting<'s>(listeners: impl Iterator<Item = BorrowedFd<'s>>) -> Option<u64> {
    listeners.filter_map(of).map(|queue| queue.waiting).reduce(|all, one| all + one)
}

/// Of a socket that listens TCP's numbers are those of its queue (`tcp_get_info` of the kernel).
fn tcp(listener: BorrowedFd<'_>) -> Option<Queue> {
    const LISTENING: u8 = 10;
    #[expect(unsafe_code, reason = "a C structure of numbers")]
    // SAFETY: all bits zero is a value of it.
    let mut info: libc::tcp_info = unsafe { std::mem::zeroed() };
    let mut length = libc::socklen_t::try_from(size_of::<libc::tcp_info>()).ok()?;
    #[expect(unsafe_code, reason = "a socket option that nix does not know")]
    // SAFETY: the kernel writes at most `length` bytes into `info`, which has them.
    let failed = unsafe {
        libc::getsockopt(
            listener.as_raw_fd(),
            libc::IPPROTO_TCP,
            libc::TCP_INFO,
            (&raw mut info).cast(),
            &raw mut length,
        )
    };
    let listens = failed == 0 && info.tcpi_state == LISTENING;
    listens.then(|| Queue { waiting: info.tcpi_unacked.into(), most: info.tcpi_sacked.into() })
}

/// Asks the socket monitor for one unix socket by its inode.
fn unix(listener: BorrowedFd<'_>) -> Option<Queue> {
    let inode = u32::try_from(fstat(listener).ok()?.st_ino).ok()?;
    let monitor = socket(
        AddressFamily::Netlink,
        SockType::Raw,
        SockFlag::SOCK_CLOEXEC,
        SockProtocol::NetlinkSockDiag,
    )
    .ok()?;
    let (kernel, flags) = (NetlinkAddr::new(0, 0), MsgFlags::empty());
    sendto(monitor.as_raw_fd(), &question(inode), &kernel, flags).ok()?;
    let mut answer = [0; 1024];
    let length = recv(monitor.as_fd().as_raw_fd(), &mut answer, MsgFlags::MSG_DONTWAIT).ok()?;
    queue_of(answer.get(..length)?)
}

/// `SOCK_DIAG_BY_FAMILY` of `linux/sock_diag.h`.
const BY_FAMILY: u16 = 20;
/// `UDIAG_SHOW_RQLEN` of `linux/unix_diag.h`: tell the lengths of the queues.
const SHOW_LENGTHS: u32 = 0x10;
/// `UNIX_DIAG_RQLEN` of `linux/unix_diag.h`: the attribute that has them.
const LENGTHS: u16 = 4;
/// The sizes of `nlmsghdr`, `unix_diag_req` and `unix_diag_msg`.
const HEADER: usize = 16;
const REQUEST: usize = 24;
const MESSAGE: usize = 16;
/// The first two of them.
const LENGTH: u32 = 40;

/// A request of netlink: its header, and a `unix_diag_req`.
fn question(inode: u32) -> [u8; HEADER + REQUEST] {
    const IS_REQUEST: u16 = 1;
    const ANY_STATE: u32 = u32::MAX;
    const ANY_COOKIE: u32 = u32::MAX;
    let mut bytes = [0; HEADER + REQUEST];
    let mut room = &mut bytes[..];
    room.put_u32_ne(LENGTH);
    room.put_u16_ne(BY_FAMILY);
    room.put_u16_ne(IS_REQUEST);
    // Neither a sequence number nor a port is needed for one question.
    room.put_u64_ne(0);
    room.put_slice(&[AddressFamily::Unix as u8, 0, 0, 0]);
    for field in [ANY_STATE, inode, SHOW_LENGTHS, ANY_COOKIE, ANY_COOKIE] {
        room.put_u32_ne(field);
    }
    bytes
}

/// The lengths of the queues out of an answer: its header, a `unix_diag_msg`, attributes.
fn queue_of(answer: &[u8]) -> Option<Queue> {
    let short = |at: usize| Some(u16::from_ne_bytes(answer.get(at..at + 2)?.try_into().ok()?));
    let long = |at: usize| Some(u32::from_ne_bytes(answer.get(at..at + 4)?.try_into().ok()?));
    if short(4)? != BY_FAMILY {
        return None;
    }
    let mut at = HEADER + MESSAGE;
    loop {
        let (length, kind) = (usize::from(short(at)?), short(at + 2)?);
        if kind == LENGTHS {
            return Some(Queue { waiting: long(at + 4)?.into(), most: long(at + 8)?.into() });
        }
        at += length.max(4).next_multiple_of(4);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{TcpListener, TcpStream};
    use std::os::unix::net::{UnixListener, UnixStream};

    #[test]
    fn a_tcp_socket_tells_who_waits() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("its address");
        assert_eq!(of(listener.as_fd()).expect("a queue").waiting, 0);
        let _clients = [(); 3].map(|()| TcpStream::connect(address).expect("a connection"));
        let queue = of(listener.as_fd()).expect("a queue");
        assert_eq!(queue.waiting, 3);
        assert!(queue.most >= 3, "{queue:?}");
        let _taken = listener.accept().expect("a client");
        assert_eq!(of(listener.as_fd()).expect("a queue").waiting, 2);
    }

    #[test]
    fn a_unix_socket_tells_who_waits() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.sock");
        let listener = UnixListener::bind(&path).expect("a socket");
        let Some(queue) = of(listener.as_fd()) else {
            // A kernel without the socket monitor tells nothing.
            return;
        };
        assert_eq!(queue.waiting, 0);
        let _clients = [(); 3].map(|()| UnixStream::connect(&path).expect("a connection"));
        let queue = of(listener.as_fd()).expect("a queue");
        assert_eq!(queue.waiting, 3);
        assert!(queue.most >= 3, "{queue:?}");
    }

    #[test]
    fn what_is_no_answer_is_none() {
        assert_eq!(queue_of(b""), None);
        assert_eq!(queue_of(&[0; 64]), None);
        let mut endless = [0; 64];
        endless[4] = 20;
        assert_eq!(queue_of(&endless), None);
    }
}

//! How a reload went, told to who asked for it: `--reload` waits and ends with it.
//!
//! They meet at a socket with a name that only the two know, as they have nothing else in common. Who
//! asked opens it before the signal is sent; where nobody did, nobody is told.

use std::io::{self, IoSliceMut};
use std::os::fd::AsRawFd;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::Duration;

use nix::sys::socket::{ControlMessageOwned, MsgFlags, recvmsg, setsockopt, sockopt};

use super::event::Outcome;

/// So many may wait for the reload of one server at a time.
const LISTENERS: usize = 8;

const WORDS: &[(Outcome, &[u8])] =
    &[(Outcome::Done, b"done"), (Outcome::Failed, b"failed"), (Outcome::Ends, b"ends")];

/// Tells all who wait for a reload of this server.
pub fn tell(outcome: Outcome) {
    let word = WORDS.iter().find(|(known, _)| *known == outcome);
    let pid = std::process::id().cast_signed();
    let Ok(socket) = UnixDatagram::unbound() else { return };
    // Nobody waits for the slow.
    let _ = socket.set_nonblocking(true);
    for place in 0..LISTENERS {
        if let (Ok(address), Some((_, word))) = (address(pid, place), word) {
            let _ = socket.send_to_addr(word, &address);
        }
    }
}

/// Who waits for a reload.
pub struct Ear {
    socket: UnixDatagram,
    master: i32,
}

impl Ear {
    /// Listens to the master with this pid.
    pub fn open(master: i32) -> io::Result<Self> {
        let mut places = 0..LISTENERS;
        let socket =
            places.find_map(|place| UnixDatagram::bind_addr(&address(master, place).ok()?).ok());
        let socket = socket.ok_or(io::ErrorKind::AddrInUse)?;
        setsockopt(&socket, sockopt::PassCred, &true)?;
        Ok(Self { socket, master })
    }

    /// What the master has said within a time, if anything. Others are not listened to.
    pub fn hear(&self, wait: Duration) -> Option<Outcome> {
        self.socket.set_read_timeout(Some(wait)).ok()?;
        let mut bytes = [0; 16];
        let mut space = nix::cmsg_space!(nix::sys::socket::UnixCredentials);
        let mut slices = [IoSliceMut::new(&mut bytes)];
        let flags = MsgFlags::empty();
        let message =
            recvmsg::<()>(self.socket.as_raw_fd(), &mut slices, Some(&mut space), flags).ok()?;
        let is_master = message.cmsgs().ok()?.any(|control| match control {
            ControlMessageOwned::ScmCredentials(who) => who.pid() == self.master,
            _ => false,
        });
        let length = message.bytes;
        let said = bytes.get(..length).filter(|_| is_master)?;
        WORDS.iter().find(|(_, word)| *word == said).map(|(outcome, _)| *outcome)
    }
}

fn address(master: i32, place: usize) -> io::Result<SocketAddr> {
    SocketAddr::from_abstract_name(format!("ruwsgi/reload/{master}/{place}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_who_wait_for_a_reload_hear_of_it_and_nobody_else_is_listened_to() {
        let own = std::process::id().cast_signed();
        let ears = [Ear::open(own).expect("a place"), Ear::open(own).expect("another")];
        tell(Outcome::Failed);
        for ear in &ears {
            assert_eq!(ear.hear(Duration::from_secs(5)), Some(Outcome::Failed));
            assert_eq!(ear.hear(Duration::from_millis(1)), None);
        }
        let of_another = Ear::open(1).expect("a place");
        let stranger = UnixDatagram::unbound().expect("a socket");
        let place = (0..LISTENERS).filter_map(|place| address(1, place).ok());
        for address in place {
            // Only one of them listens.
            let _ = stranger.send_to_addr(b"done", &address);
        }
        assert_eq!(of_another.hear(Duration::from_millis(50)), None);
    }
}

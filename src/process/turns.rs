//! One thread per connection: has the kernel wake one of the threads that wait for a listening socket, not
//! all of them (`EPOLLEXCLUSIVE`).
//!
//! Reactors do not know of this. So the way a reactor watches the socket is looked up where the kernel tells
//! it, and changed. Where it does not tell, all threads wake, and one of them is quick.

use std::cell::Cell;
use std::fs;
use std::os::fd::{AsFd, AsRawFd, RawFd};

use nix::libc;

/// Takes part in being woken for the connections of a listening socket.
pub struct Turns {
    socket: RawFd,
    /// The reactor's instance of epoll(7), and what it calls the socket.
    watch: Option<(RawFd, u64)>,
    takes: Cell<bool>,
}

impl Turns {
    /// For a socket that a reactor watches which outlives this; nobody else may watch the same descriptor.
    pub fn new(socket: &impl AsFd) -> Self {
        let socket = socket.as_fd().as_raw_fd();
        let turns = Self { socket, watch: find(socket), takes: Cell::new(true) };
        // The reactor's own way.
        turns.skip();
        turns.take();
        turns
    }

    /// Is woken from now on; also for who waits already.
    pub fn take(&self) {
        if let Some((epoll, name)) = self.watch
            && !self.takes.replace(true)
        {
            let events = libc::EPOLLIN | libc::EPOLLET | libc::EPOLLEXCLUSIVE;
            let mut event = libc::epoll_event { events: events.cast_unsigned(), u64: name };
            control(epoll, libc::EPOLL_CTL_ADD, self.socket, &mut event);
        }
    }

    /// Is not woken any more: others are instead. For a thread that waits for something else.
    pub fn skip(&self) {
        if let Some((epoll, _)) = self.watch
            && self.takes.replace(false)
        {
            let mut event = libc::epoll_event { events: 0, u64: 0 };
            control(epoll, libc::EPOLL_CTL_DEL, self.socket, &mut event);
        }
    }
}

fn control(epoll: RawFd, what: libc::c_int, socket: RawFd, event: &mut libc::epoll_event) {
    #[expect(unsafe_code, reason = "changes a watch that belongs to a reactor")]
    // SAFETY: both descriptors are open, and the kernel reads one event.
    unsafe {
        libc::epoll_ctl(epoll, what, socket, event);
    }
}

/// Who watches a descriptor, and under which name (proc(5), `/proc/pid/fdinfo`).
fn find(socket: RawFd) -> Option<(RawFd, u64)> {
    let wanted = socket.to_string();
    fs::read_dir("/proc/self/fd").ok()?.flatten().find_map(|entry| {
        let is_epoll = fs::read_link(entry.path()).ok()?.as_os_str() == "anon_inode:[eventpoll]";
        let number = entry.file_name().into_string().ok().filter(|_| is_epoll)?;
        let told = fs::read_to_string(format!("/proc/self/fdinfo/{number}")).ok()?;
        told.lines().find_map(|line| {
            let mut words = line.split_ascii_whitespace();
            let is_it = words.next() == Some("tfd:") && words.next() == Some(&wanted);
            let name = words.skip_while(|word| *word != "data:").nth(1).filter(|_| is_it)?;
            Some((number.parse().ok()?, u64::from_str_radix(name, 16).ok()?))
        })
    })
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::{UnixListener, UnixStream};

    use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags};

    use super::*;

    /// As a reactor does it, with this name.
    fn watch(socket: &impl AsFd, name: u64) -> Epoll {
        let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC).expect("an instance");
        let events = EpollFlags::EPOLLIN | EpollFlags::EPOLLET | EpollFlags::EPOLLRDHUP;
        epoll.add(socket, EpollEvent::new(events, name)).expect("a watch");
        epoll
    }

    /// The names of those that something happened to within so many milliseconds.
    fn happened(epoll: &Epoll, milliseconds: u16) -> Vec<u64> {
        let mut events = [EpollEvent::empty(); 4];
        let number = epoll.wait(&mut events, milliseconds).expect("a wait");
        events.iter().take(number).map(EpollEvent::data).collect()
    }

    #[test]
    fn one_of_those_who_wait_wakes() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("socket");
        let listener = UnixListener::bind(&path).expect("a socket");
        let waiters = [1, 2, 3].map(|name| {
            let socket = listener.try_clone().expect("a descriptor");
            let epoll = watch(&socket, name);
            Turns::new(&socket);
            (epoll, socket)
        });
        let woken = std::thread::scope(|scope| {
            let waiters =
                waiters.each_ref().map(|(epoll, _)| scope.spawn(|| happened(epoll, 1000)));
            // All of them wait.
            std::thread::sleep(std::time::Duration::from_millis(300));
            let _client = UnixStream::connect(&path).expect("a connection");
            waiters.map(|waiter| waiter.join().expect("an end"))
        });
        assert_eq!(woken.iter().flatten().count(), 1, "{woken:?}");
    }

    #[test]
    fn who_takes_part_again_is_told_of_those_that_wait() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("socket");
        let listener = UnixListener::bind(&path).expect("a socket");
        let epoll = watch(&listener, 7);
        let turns = Turns::new(&listener);
        turns.skip();
        let _client = UnixStream::connect(&path).expect("a connection");
        assert!(happened(&epoll, 50).is_empty());
        turns.take();
        assert_eq!(happened(&epoll, 1000), [7]);
    }
}

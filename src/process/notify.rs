//! Telling systemd how a service of `Type=notify` is (`sd_notify(3)`).

use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};

/// What is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    /// The server serves.
    Ready,
    /// The server starts anew.
    Reloading,
    /// The server ends.
    Stopping,
}

/// Tells it, where somebody asked to be told by `NOTIFY_SOCKET`.
pub fn tell(word: Word) {
    let Some(path) = std::env::var_os("NOTIFY_SOCKET") else { return };
    let address = match path.as_bytes().strip_prefix(b"@") {
        Some(name) => SocketAddr::from_abstract_name(name),
        None => SocketAddr::from_pathname(&path),
    };
    let text = match word {
        Word::Ready => "READY=1\nSTATUS=uWSGI is ready\n".to_owned(),
        Word::Reloading => format!("RELOADING=1\nMONOTONIC_USEC={}\nSTATUS=reloading\n", micros()),
        Word::Stopping => "STOPPING=1\nSTATUS=stopping\n".to_owned(),
    };
    let sent = address.and_then(|address| {
        let socket = UnixDatagram::unbound()?;
        socket.set_nonblocking(true)?;
        socket.send_to_addr(text.as_bytes(), &address)
    });
    // A service manager that does not listen is no reason to do anything else.
    let _ = sent;
}

/// The kernel's monotonic clock, which systemd compares with its own.
fn micros() -> u128 {
    let now = nix::time::clock_gettime(nix::time::ClockId::CLOCK_MONOTONIC);
    now.map_or(0, |now| std::time::Duration::from(now).as_micros())
}

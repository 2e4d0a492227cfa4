//! Telling systemd how a service of `Type=notify` is (`sd_notify(3)`).

use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::Duration;

/// What is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    /// The server serves.
    Ready,
    /// The server starts anew.
    Reloading,
    /// The server ends.
    Stopping,
    /// The server lives, which a watchdog wants to hear.
    Alive,
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
        Word::Alive => "WATCHDOG=1\n".to_owned(),
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

/// How often this process has to say that it lives (`sd_watchdog_enabled(3)`), if it has to.
#[must_use]
pub fn watchdog() -> Option<Duration> {
    let number = |name| std::env::var(name).ok()?.parse::<u64>().ok();
    let of_another = number("WATCHDOG_PID").is_some_and(|pid| pid != u64::from(std::process::id()));
    let interval = number("WATCHDOG_USEC").filter(|micros| *micros > 0 && !of_another);
    interval.map(Duration::from_micros)
}

/// The kernel's monotonic clock, which systemd compares with its own.
fn micros() -> u128 {
    let now = nix::time::clock_gettime(nix::time::ClockId::CLOCK_MONOTONIC);
    now.map_or(0, |now| Duration::from(now).as_micros())
}

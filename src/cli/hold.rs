//! `ruwsgi hold`: keeps sockets open for servers that come and go, such as containers that are replaced.
//!
//! What connects while there is no server waits in the kernel's queue, as it does over a reload. Servers get
//! the sockets by `ruwsgi take`, and keep the connection over which they got them: its end says that they are gone.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::time::{Duration, Instant};

use clap::Args;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::Signal;

use crate::error::Failure;
use crate::log::say;
use crate::net::listen::{self, Listener};
use crate::process::channel;
use crate::process::signals::Signals;
use crate::process::socket::accept;

/// More servers at a time are not given the sockets.
const MOST: usize = 256;

/// Which sockets, and where they are asked for.
#[derive(Args)]
pub(super) struct Arguments {
    /// The unix socket at which `ruwsgi take` asks; it is for this user alone
    control: String,
    /// Where to listen: host:port, or the path of a unix socket
    #[arg(required = true, value_name = "ADDRESS")]
    addresses: Vec<String>,
    /// Connections that may wait at each; by default as many as the kernel allows
    #[arg(long, value_name = "CONNECTIONS")]
    listen: Option<i32>,
    /// Permissions of unix sockets, in octal
    #[arg(long, value_name = "MODE", default_value = "660", value_parser = permissions)]
    chmod_socket: u32,
    /// How long connections wait while no server has the sockets, in seconds; after that they are closed
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    patience: u64,
}

fn permissions(text: &str) -> Result<u32, String> {
    let mode = u32::from_str_radix(text, 8).ok().filter(|mode| *mode <= 0o777);
    mode.ok_or_else(|| "permissions are up to three octal digits, such as 660".to_owned())
}

/// Holds the sockets until it is told to stop. Their files stay: servers that have them go on.
pub(super) fn run(arguments: &Arguments) -> Result<u8, Failure> {
    let wrong = |error: io::Error| Failure::new(format!("cannot wait for signals: {error}"));
    let signals = Signals::watch(&[Signal::SIGTERM, Signal::SIGINT]).map_err(wrong)?;
    let mut holder = Holder::open(arguments)?;
    for socket in &holder.sockets {
        say!("holding {} for servers that ask at {}", socket.address, arguments.control);
    }
    loop {
        holder.wait(&signals).map_err(wrong)?;
        if !signals.take().is_empty() {
            say!("no longer holding the sockets");
            return Ok(0);
        }
        holder.look();
    }
}

struct Holder {
    control: Listener,
    sockets: Vec<Listener>,
    /// The connections of servers that have the sockets.
    servers: Vec<OwnedFd>,
    patience: Duration,
    /// Since when no server has them.
    alone: Option<Instant>,
}

impl Holder {
    fn open(arguments: &Arguments) -> Result<Self, Failure> {
        let most = listen::largest_backlog().and_then(|most| i32::try_from(most).ok());
        let backlog = arguments.listen.or(most).unwrap_or(1024);
        let open = |said: &String, mode: u32| {
            let options = listen::Options { backlog, mode: Some(mode), ..Default::default() };
            Listener::open(said, &options).map_err(|error| Failure::new(error.to_string()))
        };
        let sockets = arguments.addresses.iter().map(|said| open(said, arguments.chmod_socket));
        Ok(Self {
            sockets: sockets.collect::<Result<_, _>>()?,
            // Last: who finds it finds the sockets.
            control: open(&arguments.control, 0o600)?,
            servers: Vec::new(),
            patience: Duration::from_secs(arguments.patience),
            alone: Some(Instant::now()),
        })
    }

    fn is_refusing(&self) -> bool {
        self.alone.is_some_and(|since| since.elapsed() >= self.patience)
    }

    /// Waits for a signal, for servers that come or go, and for clients when they are refused.
    fn wait(&self, signals: &Signals) -> io::Result<()> {
        let watched = |fd| PollFd::new(fd, PollFlags::POLLIN);
        let mut all = vec![watched(signals.as_fd()), watched(self.control.socket.as_fd())];
        all.extend(self.servers.iter().map(|server| watched(server.as_fd())));
        let mut timeout = PollTimeout::NONE;
        if self.is_refusing() {
            all.extend(self.sockets.iter().map(|socket| watched(socket.socket.as_fd())));
        } else if let Some(since) = self.alone {
            // A little more than what is left, so that it is over then.
            let left = self.patience.saturating_sub(since.elapsed()) + Duration::from_millis(1);
            timeout = PollTimeout::try_from(left).unwrap_or(PollTimeout::MAX);
        }
        match poll(&mut all, timeout) {
            Ok(_) | Err(nix::Error::EINTR) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    fn look(&mut self) {
        self.servers.retain(is_there);
        while let Ok((server, _)) = accept(&self.control.socket) {
            match self.give(&server) {
                Ok(()) => self.servers.push(server),
                Err(error) => say!("[warning] a server could not be given the sockets: {error}"),
            }
        }
        let since = self.alone.unwrap_or_else(Instant::now);
        self.alone = self.servers.is_empty().then_some(since);
        if self.is_refusing() {
            let mut refused = 0;
            for socket in &self.sockets {
                while accept(&socket.socket).is_ok() {
                    refused += 1;
                }
            }
            if refused > 0 {
                let patience = self.patience.as_secs();
                say!(
                    "[warning] no server has taken the sockets for {patience} s: {refused} connections closed"
                );
            }
        }
    }

    /// Gives a server all sockets, each with the number of those that follow.
    fn give(&self, server: &OwnedFd) -> io::Result<()> {
        if self.servers.len() >= MOST {
            return Err(io::Error::other(format!("{MOST} servers have them already")));
        }
        for (follow, socket) in (0..self.sockets.len() as u64).rev().zip(&self.sockets) {
            channel::give(server, &socket.socket, &follow.to_le_bytes())?;
        }
        Ok(())
    }
}

/// Whether the other end of a connection is open; what it says is of no interest.
fn is_there(server: &OwnedFd) -> bool {
    let again = [nix::Error::EAGAIN, nix::Error::EINTR];
    match nix::unistd::read(server, &mut [0; 64]) {
        Ok(length) => length > 0,
        Err(error) => again.contains(&error),
    }
}

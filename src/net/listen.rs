//! Opens listening sockets, or takes over those of an earlier image.

use std::fs;
use std::io;
use std::net::{Shutdown, SocketAddr};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::Path;
use std::time::Duration;

use socket2::{Domain, SockAddr, SockRef, Socket, Type};

use super::address::Address;
use crate::process::inspect;
use crate::process::queue::{self, Queue};
use crate::process::socket;

/// A listening socket.
#[derive(Debug)]
pub struct Listener {
    /// The address as it was written in the configuration.
    pub said: String,
    /// Where it really listens: port 0 is resolved.
    pub address: Address,
    /// The socket, not blocking.
    pub socket: Socket,
    /// Whether a service manager opened it.
    pub handed: bool,
}

/// How a socket is to be opened.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Connections that the kernel may queue.
    pub backlog: i32,
    /// Permissions of a unix socket's file.
    pub mode: Option<u32>,
    /// Owner of a unix socket's file.
    pub owner: Option<(nix::unistd::Uid, Option<nix::unistd::Gid>)>,
    /// Whether other servers may bind the same port.
    pub reuse_port: bool,
    /// Whether an address may be bound that the machine does not have.
    pub freebind: bool,
    /// Whether idle connections are probed.
    pub keepalive: bool,
    /// Size of the send buffer in bytes, where it is not the kernel's choice.
    pub send_buffer: Option<usize>,
    /// Size of the receive buffer in bytes, where it is not the kernel's choice.
    pub receive_buffer: Option<usize>,
}

/// Why there is no socket.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// The address cannot be read.
    #[error("cannot listen on {said}: {why}")]
    Address {
        /// The address as it was written.
        said: String,
        /// What is wrong with it.
        why: String,
    },
    /// Another process listens there.
    #[error("cannot bind {address}: address in use by {holder}")]
    InUse {
        /// Where it should listen.
        address: Address,
        /// Who listens there.
        holder: String,
    },
    /// The kernel refuses.
    #[error("cannot bind {address}: {error}")]
    Refused {
        /// Where it should listen.
        address: Address,
        /// The kernel's answer.
        error: io::Error,
    },
}

impl Listener {
    /// Opens a socket for an address as it was written.
    pub fn open(said: &str, options: &Options) -> Result<Self, ListenError> {
        let address = Address::parse(said)
            .map_err(|why| ListenError::Address { said: said.to_owned(), why })?;
        let opened = match &address {
            Address::Tcp(tcp) => open_tcp(*tcp, options),
            Address::Unix(path) => open_unix(path, options),
            Address::Abstract(name) => open_abstract(name, options),
        };
        match opened {
            Ok(socket) => Ok(Self::of(said, address, socket)),
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
                let holder = match &address {
                    Address::Tcp(tcp) => inspect::tcp_holder(*tcp),
                    Address::Unix(_) | Address::Abstract(_) => None,
                };
                Err(ListenError::InUse { address, holder: describe(holder) })
            }
            Err(error) => Err(ListenError::Refused { address, error }),
        }
    }

    /// Takes over a socket that an earlier image or, `handed`, a service manager opened for these
    /// words.
    #[must_use]
    pub fn adopt(said: &str, fd: OwnedFd, handed: bool) -> Option<Self> {
        let address = Address::parse(said).ok()?;
        let socket = Socket::from(fd);
        socket.set_nonblocking(true).ok()?;
        Some(Self { handed, ..Self::of(said, address, socket) })
    }

    /// The same socket once more.
    pub fn again(&self) -> io::Result<Self> {
        let socket = self.socket.try_clone()?;
        let (said, address) = (self.said.clone(), self.address.clone());
        Ok(Self { said, address, socket, handed: self.handed })
    }

    fn of(said: &str, address: Address, socket: Socket) -> Self {
        let address = match socket.local_addr().ok().and_then(|local| local.as_socket()) {
            Some(local) => Address::Tcp(local),
            None => address,
        };
        Self { said: said.to_owned(), address, socket, handed: false }
    }

    /// Has the kernel keep a TCP connection until its client speaks, or for so long: a worker that gets
    /// it then need not wait, and who never speaks costs it nothing. No time is at once.
    pub fn defer(&self, patience: Duration) -> io::Result<()> {
        match self.address {
            Address::Tcp(_) => socket::defer(&self.socket, patience),
            Address::Unix(_) | Address::Abstract(_) => Ok(()),
        }
    }

    /// Refuses connections from now on; those that wait are still accepted. The kernel can do that for unix
    /// sockets only, and those of a service manager are not ours to end.
    pub fn turn_away(&self) {
        let is_unix = matches!(self.address, Address::Unix(_) | Address::Abstract(_));
        if is_unix && !self.handed {
            // One that is closed refuses as well.
            let _ = self.socket.shutdown(Shutdown::Read);
        }
    }

    /// The port, where there is one.
    #[must_use]
    pub fn port(&self) -> Option<u16> {
        match &self.address {
            Address::Tcp(address) => Some(address.port()),
            _ => None,
        }
    }

    /// Connections that wait, and how many may, where the kernel tells.
    #[must_use]
    pub fn queue(&self) -> Option<Queue> {
        queue::of(self.socket.as_fd())
    }

    /// The number of the descriptor.
    #[must_use]
    pub fn fd(&self) -> i32 {
        self.socket.as_raw_fd()
    }
}

/// Where a socket listens that somebody else opened; else why it is none of ours.
pub fn address_of(fd: &OwnedFd) -> Result<Address, String> {
    let socket = SockRef::from(fd);
    let is_stream = socket.r#type().is_ok_and(|kind| kind == Type::STREAM);
    if !is_stream || !socket.is_listener().unwrap_or(false) {
        return Err("it is no stream socket that listens".to_owned());
    }
    let local = socket.local_addr().map_err(|error| error.to_string())?;
    let name = || {
        let name = std::str::from_utf8(local.as_abstract_namespace()?).ok()?;
        Some(Address::Abstract(name.to_owned()))
    };
    let tcp = local.as_socket().map(Address::Tcp);
    tcp.or_else(|| Some(Address::Unix(local.as_pathname()?.to_owned())))
        .or_else(name)
        .ok_or_else(|| "it has no address".to_owned())
}

/// Connections that wait at all of these, where the kernel tells of one at least.
pub fn queue<'a>(listeners: impl Iterator<Item = &'a Listener>) -> Option<u64> {
    queue::waiting(listeners.map(|listener| listener.socket.as_fd()))
}

fn describe(holder: Option<u32>) -> String {
    match holder {
        Some(pid) => format!("pid {pid} ({})", inspect::name(pid).unwrap_or_default()),
        None => "another process".to_owned(),
    }
}

fn open_tcp(address: SocketAddr, options: &Options) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    socket.set_reuse_address(true)?;
    if options.reuse_port {
        socket.set_reuse_port(true)?;
    }
    match (address.is_ipv6(), options.freebind) {
        (true, true) => socket.set_freebind_v6(true)?,
        (false, true) => socket.set_freebind_v4(true)?,
        _ => {}
    }
    if address.is_ipv6() {
        socket.set_only_v6(false)?;
    }
    // Connections inherit it.
    socket.set_keepalive(options.keepalive)?;
    socket.bind(&address.into())?;
    socket.set_tcp_nodelay(true)?;
    listen(socket, options)
}

fn open_abstract(name: &str, options: &Options) -> io::Result<Socket> {
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    socket.bind(&SockAddr::unix(format!("\0{name}"))?)?;
    listen(socket, options)
}

fn open_unix(path: &Path, options: &Options) -> io::Result<Socket> {
    if let Some(pid) = inspect::unix_holder(path) {
        let name = inspect::name(pid).unwrap_or_default();
        crate::log::say!(
            "[warning] {} is in use by pid {pid} ({name}); new connections come here from now on",
            path.display(),
        );
    }
    // Only a socket is ever removed: a path that names a file by mistake stays whole.
    if fs::symlink_metadata(path).is_ok_and(|found| found.file_type().is_socket()) {
        fs::remove_file(path)?;
    }
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    socket.bind(&SockAddr::unix(path)?)?;
    if let Some(mode) = options.mode {
        fs::set_permissions(path, fs::Permissions::from_mode(mode))?;
    }
    if let Some((uid, gid)) = options.owner {
        std::os::unix::fs::chown(path, Some(uid.as_raw()), gid.map(nix::unistd::Gid::as_raw))?;
    }
    listen(socket, options)
}

fn listen(socket: Socket, options: &Options) -> io::Result<Socket> {
    if let Some(size) = options.send_buffer {
        socket.set_send_buffer_size(size)?;
    }
    if let Some(size) = options.receive_buffer {
        socket.set_recv_buffer_size(size)?;
    }
    socket.listen(options.backlog)?;
    socket.set_nonblocking(true)?;
    Ok(socket)
}

/// The longest queue the kernel allows.
#[must_use]
pub fn largest_backlog() -> Option<u64> {
    fs::read_to_string("/proc/sys/net/core/somaxconn").ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options() -> Options {
        Options { backlog: 10, mode: Some(0o660), ..Options::default() }
    }

    #[test]
    fn sockets_are_as_they_were_asked_for() {
        let plain = Listener::open("127.0.0.1:0", &options()).expect("a port");
        assert!(!plain.socket.keepalive().expect("an option"));
        assert!(!plain.socket.reuse_port().expect("an option"));
        let options = Options {
            keepalive: true,
            reuse_port: true,
            freebind: true,
            send_buffer: Some(8192),
            receive_buffer: Some(16384),
            ..options()
        };
        let asked = Listener::open("192.0.2.1:0", &options).expect("an address of nobody");
        assert!(asked.socket.keepalive().expect("an option"));
        assert!(asked.socket.reuse_port().expect("an option"));
        // The kernel doubles what is asked for.
        assert_eq!(asked.socket.send_buffer_size().expect("an option"), 16384);
        assert_eq!(asked.socket.recv_buffer_size().expect("an option"), 32768);
    }

    #[test]
    fn who_waits_is_accepted_when_others_are_turned_away() {
        use std::os::unix::net::UnixStream;
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.sock");
        let listener = Listener::open(&path.display().to_string(), &options()).expect("a socket");
        let _waits = UnixStream::connect(&path).expect("heard");
        listener.turn_away();
        let refused = UnixStream::connect(&path).expect_err("refused");
        assert_eq!(refused.kind(), io::ErrorKind::ConnectionRefused);
        assert_eq!(listener.queue().map(|queue| queue.waiting), Some(1));
        listener.socket.accept().expect("who waited");
    }

    #[test]
    fn a_taken_port_names_its_holder() {
        let first = Listener::open("127.0.0.1:0", &options()).expect("a port");
        let second = Listener::open(&first.address.to_string(), &options()).expect_err("taken");
        let message = second.to_string();
        assert!(message.contains(&format!("in use by pid {}", std::process::id())), "{message}");
    }

    #[test]
    fn a_stale_socket_is_replaced_and_a_file_is_not() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.sock");
        let said = path.display().to_string();
        drop(Listener::open(&said, &options()).expect("a socket"));
        assert!(path.exists());
        let again = Listener::open(&said, &options()).expect("a socket again");
        let mode = fs::metadata(&path).expect("a file").permissions().mode();
        assert_eq!(mode & 0o777, 0o660);
        drop(again);
        fs::remove_file(&path).expect("a file to remove");
        fs::write(&path, "precious").expect("a file");
        assert!(Listener::open(&said, &options()).is_err());
        assert_eq!(fs::read_to_string(&path).expect("still there"), "precious");
    }
}

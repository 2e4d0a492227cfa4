//! A place that records are written to: a file, a descriptor, a socket, a system's log.
//!
//! Nothing here waits for a network: a datagram that cannot be sent is lost.

use std::fs::File;
use std::io::{self, Write};
use std::net::{ToSocketAddrs, UdpSocket};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::plan::{FileRules, Target};
use super::target::append_to;
use super::time::{now, strftime};

/// Where the system's own log listens.
const SYSTEM_LOG: &str = "/dev/log";
/// The port of RFC 3164.
const SYSLOG_PORT: &str = ":514";
/// A record in a datagram is cut beyond this, in bytes.
const LONGEST_DATAGRAM: usize = 60_000;

/// An open place.
pub(super) enum Sink {
    File(LogFile),
    Descriptor(OwnedFd),
    /// A socket, and what stands before each record.
    Datagrams(Socket, String),
    /// A socket, its priority, and who speaks.
    Syslog(Socket, u32, String),
}

pub(super) enum Socket {
    Udp(UdpSocket),
    Unix(UnixDatagram, PathBuf),
}

/// A file that is kept below a size.
pub(super) struct LogFile {
    path: PathBuf,
    file: File,
    rules: FileRules,
}

impl Sink {
    /// Opens what a logger names. `outputs` are standard output and error as this server got them.
    pub(super) fn open(target: &Target, output: &impl AsFd) -> io::Result<Self> {
        Ok(match target {
            Target::File(path, rules) => Self::File(LogFile::open(path, rules)?),
            Target::Standard => Self::Descriptor(output.as_fd().try_clone_to_owned()?),
            Target::Descriptor(number) => {
                // Opened by its name: nobody gave it to this process as its own.
                let path = format!("/proc/self/fd/{number}");
                let file = File::options().append(true).open(&path);
                Self::Descriptor(file?.into())
            }
            Target::Socket(address, prefix) => {
                Self::Datagrams(Socket::connect(address)?, prefix.clone())
            }
            Target::Syslog { identity, priority } => {
                let socket = Socket::Unix(unix_socket()?, PathBuf::from(SYSTEM_LOG));
                Self::Syslog(socket, *priority, identity.clone())
            }
            Target::RemoteSyslog { address, identity, priority } => {
                let address = match address.contains(':') {
                    true => address.clone(),
                    false => format!("{address}{SYSLOG_PORT}"),
                };
                let speaker = identity.clone().unwrap_or_else(|| {
                    let host = nix::unistd::gethostname().unwrap_or_default();
                    format!("{} uwsgi", host.to_string_lossy())
                });
                Self::Syslog(Socket::connect(&address)?, *priority, speaker)
            }
        })
    }

    /// Writes a record. What cannot be written has nowhere to go.
    pub(super) fn write(&mut self, record: &[u8]) {
        let _ = match self {
            Self::File(log) => log.file.write_all(record),
            Self::Descriptor(fd) => write_all(fd, record),
            Self::Datagrams(socket, prefix) => socket.send(&[prefix.as_bytes(), record].concat()),
            Self::Syslog(socket, priority, speaker) => {
                let date = strftime("%b %e %H:%M:%S", SystemTime::now());
                let line = record.strip_suffix(b"\n").unwrap_or(record);
                let head = format!("<{priority}>{date} {speaker}: ");
                socket.send(&[head.as_bytes(), line].concat())
            }
        };
    }

    /// Renames a file that is too large, or any file where `now` is true, and goes on with a new
    /// one; says what went wrong.
    pub(super) fn rotate(&mut self, now: bool) -> Option<String> {
        let Self::File(log) = self else { return None };
        log.rotate(now)
    }

    /// Opens a file anew, which may have been moved away; says what went wrong.
    pub(super) fn reopen(&mut self) -> Option<String> {
        let Self::File(log) = self else { return None };
        match append_to(&log.path, &log.rules) {
            Ok(file) => {
                log.say(&format!("[{}] logsize: {}, triggering log-reopen...", unix(), log.size()));
                log.file = file;
                log.say(&format!("[{}] {} reopened.", unix(), log.path.display()));
                None
            }
            Err(error) => Some(format!("cannot open the log {} anew: {error}", log.path.display())),
        }
    }
}

impl LogFile {
    pub(super) fn open(path: &Path, rules: &FileRules) -> io::Result<Self> {
        let path = std::path::absolute(path)?;
        let file = append_to(&path, rules)?;
        Ok(Self { path, file, rules: rules.clone() })
    }

    /// A file whose path cannot be opened by this process any more.
    pub(super) fn inherited(path: &Path, file: OwnedFd, rules: &FileRules) -> Self {
        Self { path: path.to_owned(), file: File::from(file), rules: rules.clone() }
    }

    fn size(&self) -> u64 {
        self.file.metadata().map_or(0, |facts| facts.len())
    }

    fn say(&mut self, text: &str) {
        let _ = self.file.write_all(format!("{text}\n").as_bytes());
    }

    fn rotate(&mut self, wanted: bool) -> Option<String> {
        let size = self.size();
        let large = self.rules.max_size > 0 && size > self.rules.max_size;
        // What is no file has no name of its own to be renamed.
        let is_file = self.file.metadata().is_ok_and(|facts| facts.is_file());
        if !(is_file && (wanted || large)) {
            return None;
        }
        let backup = self.rules.backup.clone().unwrap_or_else(|| {
            let mut name = self.path.clone().into_os_string();
            name.push(format!(".{}", unix()));
            PathBuf::from(name)
        });
        let shown = backup.display();
        let renamed = std::fs::rename(&self.path, &backup);
        let opened = renamed.and_then(|()| append_to(&self.path, &self.rules));
        match opened {
            Ok(file) => {
                self.say(&format!(
                    "{} - logsize: {size}, triggering rotation to {shown}...",
                    now()
                ));
                self.file = file;
                None
            }
            Err(error) => {
                // Said once, and not once a second.
                self.rules.max_size = 0;
                Some(format!("cannot rotate the log {} to {shown}: {error}", self.path.display()))
            }
        }
    }
}

impl Socket {
    /// `host:port` for UDP, else the path of a unix socket.
    fn connect(address: &str) -> io::Result<Self> {
        if address.contains('/') || !address.contains(':') {
            return Ok(Self::Unix(unix_socket()?, PathBuf::from(address)));
        }
        let to = address.to_socket_addrs()?.next().ok_or(io::ErrorKind::AddrNotAvailable)?;
        let from = if to.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
        let socket = UdpSocket::bind(from)?;
        socket.set_nonblocking(true)?;
        socket.connect(to)?;
        Ok(Self::Udp(socket))
    }

    fn send(&self, datagram: &[u8]) -> io::Result<()> {
        let datagram = datagram.get(..LONGEST_DATAGRAM).unwrap_or(datagram);
        match self {
            Self::Udp(socket) => socket.send(datagram)?,
            // Who listens there may have been started anew since.
            Self::Unix(socket, path) => socket.send_to(datagram, path)?,
        };
        Ok(())
    }
}

fn unix_socket() -> io::Result<UnixDatagram> {
    let socket = UnixDatagram::unbound()?;
    socket.set_nonblocking(true)?;
    Ok(socket)
}

fn write_all(fd: &OwnedFd, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match nix::unistd::write(fd, bytes) {
            Ok(written) => bytes = bytes.get(written..).unwrap_or_default(),
            Err(nix::Error::EINTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Seconds since 1970.
fn unix() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn read(path: &Path) -> String {
        std::fs::read_to_string(path).unwrap_or_default()
    }

    #[test]
    fn a_file_that_grew_is_renamed() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("x.log");
        let backup = Some(folder.path().join("old.log"));
        let rules = FileRules { max_size: 10, backup, ..FileRules::default() };
        let mut sink = Sink::File(LogFile::open(&path, &rules).expect("a file"));
        sink.write(b"1234567890");
        assert_eq!(sink.rotate(false), None);
        assert_eq!(read(&path), "1234567890");
        sink.write(b"\n");
        assert_eq!(sink.rotate(false), None);
        sink.write(b"new\n");
        assert_eq!(read(&path), "new\n");
        let old = read(&folder.path().join("old.log"));
        assert!(old.starts_with("1234567890\n"), "{old}");
        assert!(old.contains("logsize: 11, triggering rotation to "), "{old}");
    }

    #[test]
    fn a_file_that_was_moved_is_opened_anew() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("x.log");
        let rules = FileRules { mode: Some(0o604), ..FileRules::default() };
        let mut sink = Sink::File(LogFile::open(&path, &rules).expect("a file"));
        sink.write(b"one\n");
        std::fs::rename(&path, folder.path().join("y.log")).expect("moved");
        sink.write(b"two\n");
        assert_eq!(sink.reopen(), None);
        assert!(read(&folder.path().join("y.log")).starts_with("one\ntwo\n["));
        assert!(read(&path).ends_with("x.log reopened.\n"));
        let mode = path.metadata().expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o604);
    }

    #[test]
    fn syslog_gets_datagrams() {
        let listener = UdpSocket::bind("127.0.0.1:0").expect("a port");
        let target = Target::RemoteSyslog {
            address: listener.local_addr().expect("bound").to_string(),
            identity: Some("me".to_owned()),
            priority: 29,
        };
        let mut sink = Sink::open(&target, &io::stderr()).expect("a socket");
        sink.write(b"hello\n");
        let mut bytes = [0; 100];
        let length = listener.recv(&mut bytes).expect("a datagram");
        let text = String::from_utf8_lossy(&bytes[..length]);
        assert!(text.starts_with("<29>") && text.ends_with(" me: hello"), "{text}");
    }
}

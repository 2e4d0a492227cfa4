//! Raw clients: HTTP by the byte, and uwsgi packets.

use std::fmt::{self, Write as _};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_secs(20);

/// Where a server listens.
#[derive(Clone, Debug)]
pub enum Address {
    Port(u16),
    Socket(PathBuf),
}

impl Address {
    /// A Unix socket in a site.
    pub fn socket(path: impl AsRef<Path>) -> Self {
        Self::Socket(path.as_ref().to_owned())
    }
}

impl fmt::Display for Address {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Port(port) => write!(out, "127.0.0.1:{port}"),
            Self::Socket(path) => write!(out, "{}", path.display()),
        }
    }
}

/// A connection that is spoken on byte by byte.
pub enum Connection {
    Tcp(TcpStream),
    Unix(UnixStream),
}

impl Connection {
    pub fn try_open(address: &Address) -> Option<Self> {
        let connection = match address {
            Address::Port(port) => Self::Tcp(TcpStream::connect(("127.0.0.1", *port)).ok()?),
            Address::Socket(path) => Self::Unix(UnixStream::connect(path).ok()?),
        };
        match &connection {
            Self::Tcp(stream) => {
                stream.set_read_timeout(Some(TIMEOUT)).ok()?;
                stream.set_write_timeout(Some(TIMEOUT)).ok()?;
                stream.set_nodelay(true).ok()?;
            }
            Self::Unix(stream) => {
                stream.set_read_timeout(Some(TIMEOUT)).ok()?;
                stream.set_write_timeout(Some(TIMEOUT)).ok()?;
            }
        }
        Some(connection)
    }

    pub fn open(address: &Address) -> Self {
        Self::try_open(address).unwrap_or_else(|| panic!("nobody listens at {address}"))
    }

    /// A read that waits no longer than this fails.
    pub fn set_timeout(&self, timeout: Duration) {
        match self {
            Self::Tcp(stream) => stream.set_read_timeout(Some(timeout)),
            Self::Unix(stream) => stream.set_read_timeout(Some(timeout)),
        }
        .expect("a timeout");
    }

    /// Does nothing come, not even the end, for so long?
    pub fn is_silent_for(&self, time: Duration) -> bool {
        use std::os::fd::AsFd;
        let fd = match self {
            Self::Tcp(stream) => stream.as_fd(),
            Self::Unix(stream) => stream.as_fd(),
        };
        let mut fds = [nix::poll::PollFd::new(fd, nix::poll::PollFlags::POLLIN)];
        let millis = u16::try_from(time.as_millis()).expect("a short time");
        nix::poll::poll(&mut fds, nix::poll::PollTimeout::from(millis)) == Ok(0)
    }

    pub fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.write_all(bytes.as_ref()).expect("the server reads");
    }

    /// Says that nothing more will be sent; what comes can still be read.
    pub fn end_requests(&self) {
        // The other side may be gone already.
        let _ = match self {
            Self::Tcp(stream) => stream.shutdown(std::net::Shutdown::Write),
            Self::Unix(stream) => stream.shutdown(std::net::Shutdown::Write),
        };
    }

    /// Everything until the server closes. A reset ends it as well.
    pub fn read_all(&mut self) -> Vec<u8> {
        let mut all = Vec::new();
        let mut piece = vec![0; 65536];
        loop {
            match self.read(&mut piece) {
                Ok(0) => return all,
                Ok(length) => all.extend_from_slice(&piece[..length]),
                Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => return all,
                Err(error) => panic!("{error} after {:?}", String::from_utf8_lossy(&all)),
            }
        }
    }

    /// Exactly up to and with these bytes.
    pub fn read_to(&mut self, end: &[u8]) -> Vec<u8> {
        let mut all = Vec::new();
        let mut byte = [0];
        while !all.ends_with(end) {
            match self.read(&mut byte) {
                Ok(1) => all.push(byte[0]),
                other => panic!("{other:?} after {:?}", String::from_utf8_lossy(&all)),
            }
        }
        all
    }

    /// One reply of a connection that may stay open: its length tells where it ends.
    pub fn read_reply(&mut self) -> Reply {
        let head = self.read_to(b"\r\n\r\n");
        let mut reply = Reply::parse(&head);
        if let Some(length) = reply.header("content-length") {
            let mut body = vec![0; length.parse().expect("a length")];
            self.read_exact(&mut body).expect("the whole body");
            reply.body = body;
        } else if reply.header("transfer-encoding").is_some_and(|value| value == "chunked") {
            loop {
                let line = String::from_utf8(self.read_to(b"\r\n")).expect("a size");
                let size = usize::from_str_radix(line.trim(), 16).expect("a size");
                let mut chunk = vec![0; size + 2];
                self.read_exact(&mut chunk).expect("the whole chunk");
                assert!(chunk.ends_with(b"\r\n"), "the end of a chunk");
                if size == 0 {
                    break;
                }
                reply.body.extend_from_slice(&chunk[..size]);
            }
        } else {
            reply.body = self.read_all();
        }
        reply
    }
}

impl Read for Connection {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.read(buffer),
            Self::Unix(stream) => stream.read(buffer),
        }
    }
}

impl Write for Connection {
    fn write(&mut self, buffer: &[u8]) -> std::io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.write(buffer),
            Self::Unix(stream) => stream.write(buffer),
        }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// An HTTP request, kept simple: one connection, `Connection: close` unless told otherwise.
#[derive(Clone)]
pub struct Request {
    method: String,
    target: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Request {
    pub fn new(method: &str, target: &str) -> Self {
        Self {
            method: method.to_owned(),
            target: target.to_owned(),
            headers: vec![
                ("Host".to_owned(), "example.org".to_owned()),
                ("Connection".to_owned(), "close".to_owned()),
            ],
            body: Vec::new(),
        }
    }

    pub fn get(target: &str) -> Self {
        Self::new("GET", target)
    }

    pub fn post(target: &str, body: impl Into<Vec<u8>>) -> Self {
        let body = body.into();
        let length = body.len().to_string();
        let mut request = Self::new("POST", target).header("Content-Length", &length);
        request.body = body;
        request
    }

    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(have, _)| !have.eq_ignore_ascii_case(name));
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn bytes(&self) -> Vec<u8> {
        let mut text = format!("{} {} HTTP/1.1\r\n", self.method, self.target);
        for (name, value) in &self.headers {
            let _ = write!(text, "{name}: {value}\r\n");
        }
        text.push_str("\r\n");
        [text.as_bytes(), &self.body].concat()
    }

    /// Sends it on a connection of its own and reads until the end.
    pub fn send(&self, address: &Address) -> Reply {
        let mut connection = Connection::open(address);
        // A server may answer and close before it has read everything.
        let _ = connection.write_all(&self.bytes());
        let all = connection.read_all();
        assert!(!all.is_empty(), "{} {}: no reply at all", self.method, self.target);
        Reply::parse(&all)
    }
}

/// What came back, taken apart; a chunked body is put together.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The whole first line, without its end.
    pub line: String,
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Reply {
    pub fn parse(bytes: &[u8]) -> Self {
        let end = bytes
            .windows(4)
            .position(|four| four == b"\r\n\r\n")
            .unwrap_or_else(|| panic!("no head in {:?}", String::from_utf8_lossy(bytes)));
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let mut lines = head.split("\r\n");
        let line = lines.next().unwrap_or_default().to_owned();
        let status = line
            .split(' ')
            .nth(1)
            .and_then(|word| word.parse().ok())
            .unwrap_or_else(|| panic!("no status in {line:?}"));
        let headers: Vec<(String, String)> = lines
            .map(|line| {
                let (name, value) = line.split_once(':').expect("a header");
                (name.to_owned(), value.trim().to_owned())
            })
            .collect();
        let mut reply = Self { line, status, headers, body: bytes[end + 4..].to_vec() };
        if reply.header("transfer-encoding").is_some_and(|value| value == "chunked")
            && !reply.body.is_empty()
        {
            reply.body = join_chunks(&reply.body);
        }
        reply
    }

    /// The first header of this name, whatever its case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.headers
            .iter()
            .filter(move |(have, _)| have.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error} in {:?} {}", self.line, self.text()))
    }
}

/// A chunked body put together, as far as it came.
pub fn join_chunks(mut rest: &[u8]) -> Vec<u8> {
    let mut whole = Vec::new();
    loop {
        let Some(end) = rest.windows(2).position(|two| two == b"\r\n") else { return whole };
        let size = usize::from_str_radix(&String::from_utf8_lossy(&rest[..end]), 16).unwrap_or(0);
        if size == 0 || rest.len() < end + 2 + size {
            return whole;
        }
        whole.extend_from_slice(&rest[end + 2..end + 2 + size]);
        rest = &rest[(end + 4 + size).min(rest.len())..];
    }
}

/// A uwsgi packet with these variables, followed by a body.
pub fn packet(variables: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut block = Vec::new();
    for (name, value) in variables {
        for text in [name, value] {
            block.extend_from_slice(&u16::try_from(text.len()).expect("a short one").to_le_bytes());
            block.extend_from_slice(text.as_bytes());
        }
    }
    let size = u16::try_from(block.len()).expect("a packet of less than 64k").to_le_bytes();
    [&[0, size[0], size[1], 0], block.as_slice(), body].concat()
}

/// The variables that nginx sends for a simple GET.
pub fn variables<'v>(method: &'v str, path: &'v str) -> Vec<(&'v str, &'v str)> {
    vec![
        ("QUERY_STRING", ""),
        ("REQUEST_METHOD", method),
        ("CONTENT_TYPE", ""),
        ("CONTENT_LENGTH", ""),
        ("REQUEST_URI", path),
        ("PATH_INFO", path),
        ("DOCUMENT_ROOT", "/srv"),
        ("SERVER_PROTOCOL", "HTTP/1.1"),
        ("REQUEST_SCHEME", "http"),
        ("REMOTE_ADDR", "127.0.0.1"),
        ("REMOTE_PORT", "4711"),
        ("SERVER_PORT", "80"),
        ("SERVER_NAME", "example.org"),
        ("HTTP_HOST", "example.org"),
    ]
}

/// A GET over the uwsgi protocol.
pub fn get_uwsgi(address: &Address, path: &str) -> Reply {
    let mut connection = Connection::open(address);
    connection.send(packet(&variables("GET", path), b""));
    let all = connection.read_all();
    assert!(!all.is_empty(), "{path}: no reply at all");
    Reply::parse(&all)
}

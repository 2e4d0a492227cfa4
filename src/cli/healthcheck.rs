//! `ruwsgi healthcheck`: one request, told by its exit code. For containers without curl.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use clap::{Args, ValueEnum};

use crate::app::Vars;
use crate::error::Failure;
use crate::net::address::Address;
use crate::protocol::uwsgi;

/// An answer's head is not read beyond this, in bytes.
const LONGEST: u64 = 64 << 10;

/// What to ask, and where.
#[derive(Args)]
pub(super) struct Arguments {
    /// Where the server listens: host:port, or the path of a unix socket. Without a path below, the
    /// address of its metrics
    #[arg(default_value = "127.0.0.1:9117")]
    address: String,
    /// The page to ask for; /-/ready and /-/live are those of the metrics
    #[arg(long, default_value = "/-/ready")]
    path: String,
    /// The name of the site, as Django's `ALLOWED_HOSTS` has it
    #[arg(long, default_value = "localhost")]
    host: String,
    /// What the server speaks there
    #[arg(long, value_enum, default_value_t = Protocol::Http)]
    protocol: Protocol,
    /// The longest wait, in seconds
    #[arg(long, default_value_t = 3)]
    timeout: u64,
}

#[derive(Clone, Copy, ValueEnum)]
enum Protocol {
    /// metrics, http-socket or http
    Http,
    /// socket
    Uwsgi,
}

/// Asks once; an answer below 400 is health.
pub(super) fn run(arguments: &Arguments) -> Result<u8, Failure> {
    let address = Address::parse(&arguments.address)
        .map_err(|why| Failure::new(format!("cannot read {}: {why}", arguments.address)))?;
    let asked = ask(&address, arguments);
    let status = asked.map_err(|error| {
        Failure::new(format!("no answer from {address} for {}: {error}", arguments.path))
    })?;
    match status {
        100..=399 => Ok(0),
        _ => Err(Failure::new(format!("{address} answers {} with {status}", arguments.path))),
    }
}

fn ask(address: &Address, arguments: &Arguments) -> std::io::Result<u16> {
    let patience = Duration::from_secs(arguments.timeout.max(1));
    let request = match arguments.protocol {
        Protocol::Http => http_request(arguments),
        Protocol::Uwsgi => uwsgi_request(arguments).ok_or(std::io::ErrorKind::InvalidInput)?,
    };
    match address {
        Address::Tcp(tcp) => {
            let stream = TcpStream::connect_timeout(tcp, patience)?;
            stream.set_read_timeout(Some(patience))?;
            exchange(stream, &request)
        }
        Address::Unix(path) => {
            let stream = UnixStream::connect(path)?;
            stream.set_read_timeout(Some(patience))?;
            exchange(stream, &request)
        }
        Address::Abstract(_) => Err(std::io::ErrorKind::Unsupported.into()),
    }
}

fn http_request(arguments: &Arguments) -> Vec<u8> {
    let Arguments { path, host, .. } = arguments;
    format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").into_bytes()
}

fn uwsgi_request(arguments: &Arguments) -> Option<Vec<u8>> {
    let (path, query) = arguments.path.split_once('?').unwrap_or((&arguments.path, ""));
    let mut vars = Vars::default();
    for (name, value) in [
        ("REQUEST_METHOD", "GET"),
        ("REQUEST_URI", &arguments.path),
        ("PATH_INFO", path),
        ("QUERY_STRING", query),
        ("SERVER_PROTOCOL", "HTTP/1.1"),
        ("SCRIPT_NAME", ""),
        ("SERVER_NAME", &arguments.host),
        ("SERVER_PORT", "80"),
        ("REMOTE_ADDR", "127.0.0.1"),
        ("HTTP_HOST", &arguments.host),
    ] {
        vars.push(name.as_bytes(), value.as_bytes()).ok()?;
    }
    uwsgi::encode(vars)
}

/// Sends a request and reads the status of the answer.
fn exchange(mut stream: impl Read + Write, request: &[u8]) -> std::io::Result<u16> {
    stream.write_all(request)?;
    let mut answer = Vec::new();
    let mut limited = stream.take(LONGEST);
    let mut piece = [0; 4096];
    while !answer.windows(2).any(|end| end == b"\r\n") {
        match limited.read(&mut piece)? {
            0 => break,
            length => answer.extend(piece.iter().take(length)),
        }
    }
    let line = String::from_utf8_lossy(&answer);
    let code = line.split_whitespace().nth(1).and_then(|code| code.parse().ok());
    code.ok_or_else(|| std::io::Error::other("the answer has no status line"))
}

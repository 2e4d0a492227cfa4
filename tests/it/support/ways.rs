//! The ways in: the same request in every protocol, and the reply out of what its protocol puts around it.

use std::io::Write as _;

use super::client::{Request, packet};
use super::{Address, Connection, Site, unused_port};

/// A protocol that a server listens for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    HttpSocket,
    Http11Socket,
    /// HTTP through the gateway.
    Http,
    Uwsgi,
    Scgi,
    FastCgi,
}

impl Way {
    pub const ALL: [Self; 6] =
        [Self::HttpSocket, Self::Http11Socket, Self::Http, Self::Uwsgi, Self::Scgi, Self::FastCgi];

    /// The option that opens it.
    pub fn option(self) -> &'static str {
        match self {
            Self::HttpSocket => "--http-socket",
            Self::Http11Socket => "--http11-socket",
            Self::Http => "--http",
            Self::Uwsgi => "--socket",
            Self::Scgi => "--scgi-socket",
            Self::FastCgi => "--fastcgi-socket",
        }
    }

    pub fn is_http(self) -> bool {
        matches!(self, Self::HttpSocket | Self::Http11Socket | Self::Http)
    }

    /// A place for it: a unix socket, but a port for the gateway, which has only those under uWSGI.
    pub fn address(self, site: &Site) -> Address {
        match self {
            Self::Http => Address::Port(unused_port()),
            _ => Address::socket(site.join("app.sock")),
        }
    }

    /// The bytes of a request on a connection of its own.
    pub fn request(self, method: &str, path: &str, body: &[u8]) -> Vec<u8> {
        if self.is_http() {
            return match body {
                b"" => Request::new(method, path).bytes(),
                body => Request::post(path, body).bytes(),
            };
        }
        let length = if body.is_empty() { String::new() } else { body.len().to_string() };
        let variables = [
            ("CONTENT_LENGTH", length.as_str()),
            ("SCGI", "1"),
            ("REQUEST_METHOD", method),
            ("REQUEST_URI", path),
            ("PATH_INFO", path),
            ("QUERY_STRING", ""),
            ("CONTENT_TYPE", ""),
            ("SCRIPT_NAME", ""),
            ("SERVER_PROTOCOL", "HTTP/1.1"),
            ("SERVER_NAME", "example.org"),
            ("SERVER_PORT", "80"),
            ("REMOTE_ADDR", "127.0.0.1"),
            ("HTTP_HOST", "example.org"),
        ];
        match self {
            Self::Scgi => scgi(&variables, body),
            Self::FastCgi => fastcgi(&variables, body),
            _ => packet(&variables, body),
        }
    }

    /// Sends a request on a connection of its own and takes what comes until its end.
    pub fn exchange(self, address: &Address, request: &[u8]) -> Vec<u8> {
        let Some(mut connection) = Connection::try_open(address) else { return Vec::new() };
        // A server may answer and close before it has read everything.
        let _ = connection.write_all(request);
        if self == Self::Http11Socket {
            // The real uWSGI waits for another request whatever a header says.
            connection.end_requests();
        }
        connection.read_all()
    }

    /// What the application said, out of what came; and whether the protocol says that this is all
    /// of it, where it does.
    pub fn reply(self, bytes: &[u8]) -> (Vec<u8>, Option<bool>) {
        match self {
            Self::FastCgi => {
                let (output, ended) = output_of(bytes);
                (output, Some(ended))
            }
            _ => (bytes.to_vec(), None),
        }
    }
}

/// A request of SCGI.
pub fn scgi(variables: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let block: String =
        variables.iter().flat_map(|(name, value)| [name, "\0", value, "\0"]).collect();
    [format!("{}:{block},", block.len()).as_bytes(), body].concat()
}

pub fn record(kind: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).expect("short").to_be_bytes();
    [&[1, kind, 0, 5, length[0], length[1], 0, 0], content].concat()
}

/// A request of FastCGI with the number 5.
pub fn fastcgi(variables: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut params = Vec::new();
    for (name, value) in variables {
        params.extend([name, value].map(|text| u8::try_from(text.len()).expect("short")));
        params.extend_from_slice(name.as_bytes());
        params.extend_from_slice(value.as_bytes());
    }
    let mut bytes = record(1, &[0, 1, 0, 0, 0, 0, 0, 0]);
    bytes.extend(record(4, &params));
    bytes.extend(record(4, b""));
    for piece in body.chunks(40_000) {
        bytes.extend(record(5, piece));
    }
    bytes.extend(record(5, b""));
    bytes
}

/// The output in records of FastCGI with the number 5, and whether its end was told.
pub fn output_of(mut rest: &[u8]) -> (Vec<u8>, bool) {
    let (mut output, mut ended) = (Vec::new(), false);
    while let [1, kind, 0, 5, high, low, padding, _, ..] = *rest {
        let length = usize::from(u16::from_be_bytes([high, low]));
        match kind {
            6 => output.extend_from_slice(&rest[8..8 + length]),
            3 => {
                assert_eq!(rest[8..16], [0; 8]);
                ended = true;
            }
            kind => panic!("a record of type {kind}"),
        }
        rest = &rest[8 + length + usize::from(padding)..];
    }
    assert!(rest.is_empty(), "{} bytes behind the records", rest.len());
    (output, ended)
}

//! Addresses as configurations write them.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, ToSocketAddrs};
use std::path::PathBuf;

/// Where a socket listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// A host and a port.
    Tcp(SocketAddr),
    /// A unix socket with a path.
    Unix(PathBuf),
    /// A unix socket with a name in Linux's abstract name space.
    Abstract(String),
}

impl Address {
    /// Reads `host:port`, `:port`, `[v6]:port`, `@name` or a path.
    pub fn parse(text: &str) -> Result<Self, String> {
        if let Some(name) = text.strip_prefix('@') {
            return Ok(Self::Abstract(name.to_owned()));
        }
        let text = text.strip_prefix("unix:").unwrap_or(text);
        let Some((host, port)) = text.rsplit_once(':').filter(|(host, _)| !host.contains('/'))
        else {
            return Ok(Self::Unix(PathBuf::from(text)));
        };
        // uWSGI reads the number in front and lets the rest be.
        let digits = port.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(port.len());
        let port: u16 = port
            .get(..digits)
            .and_then(|digits| digits.parse().ok())
            .ok_or_else(|| format!("`{port}` is not a port number"))?;
        let host = host.trim_start_matches('[').trim_end_matches(']');
        match host {
            "" | "*" => Ok(Self::Tcp(SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), port))),
            host => match host.parse::<IpAddr>() {
                Ok(ip) => Ok(Self::Tcp(SocketAddr::new(ip, port))),
                Err(_) => (host, port)
                    .to_socket_addrs()
                    .ok()
                    .and_then(|mut found| found.next())
                    .map(Self::Tcp)
                    .ok_or_else(|| format!("there is no host {host}")),
            },
        }
    }

    /// Whether clients of other machines can reach it.
    #[must_use]
    pub fn is_open(&self) -> bool {
        matches!(self, Self::Tcp(address) if !address.ip().is_loopback())
    }
}

impl fmt::Display for Address {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => write!(out, "{address}"),
            Self::Unix(path) => write!(out, "{}", path.display()),
            Self::Abstract(name) => write!(out, "@{name}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_forms_are_read() {
        fn check(text: &str, expected: &str) {
            let read = Address::parse(text).map(|address| format!("{address:?}"));
            assert_eq!(read.unwrap_or_else(|why| why), expected, "{text}");
        }
        check(":8000", "Tcp(0.0.0.0:8000)");
        check("127.0.0.1:0", "Tcp(127.0.0.1:0)");
        check("[::1]:80", "Tcp([::1]:80)");
        check("*:80", "Tcp(0.0.0.0:80)");
        check("127.0.0.1:80 # x", "Tcp(127.0.0.1:80)");
        check("/run/a.sock", "Unix(\"/run/a.sock\")");
        check("a.sock", "Unix(\"a.sock\")");
        check("unix:/run/a.sock", "Unix(\"/run/a.sock\")");
        check("/run/a:1", "Unix(\"/run/a:1\")");
        check("@name", "Abstract(\"name\")");
        check("127.0.0.1:http", "`http` is not a port number");
        check("127.0.0.1:99999", "`99999` is not a port number");
        check("no.such.host.invalid:80", "there is no host no.such.host.invalid");
    }
}

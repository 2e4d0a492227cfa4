//! What is said about sockets: addresses, what is spoken there, certificates.
//!
//! Binding them is for others.

use super::directive::{Origin, Said};
use super::settings::Settings;
use super::table::Refusal;
use crate::error::Failure;

/// How requests are spoken on a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// The uwsgi protocol, in the workers.
    Uwsgi,
    /// HTTP in the workers, a connection per request.
    Http,
    /// HTTP in the workers, with keep-alive.
    Http11,
    /// SCGI, in the workers.
    Scgi,
    /// SCGI with a status line of HTTP in replies.
    ScgiNph,
    /// FastCGI, in the workers.
    FastCgi,
    /// FastCGI with a status line of HTTP in replies.
    FastCgiNph,
    /// HTTP in the gateway.
    Gateway,
    /// HTTP in the gateway, which sends every client to HTTPS.
    ToHttps,
}

impl Protocol {
    /// The value of `protocol`.
    pub(super) fn parse(name: &str) -> Result<Self, Refusal> {
        match name {
            "uwsgi" => Ok(Self::Uwsgi),
            "http" => Ok(Self::Http),
            "http11" => Ok(Self::Http11),
            "scgi" => Ok(Self::Scgi),
            "scgi-nph" => Ok(Self::ScgiNph),
            "fastcgi" => Ok(Self::FastCgi),
            "fastcgi-nph" => Ok(Self::FastCgiNph),
            _ => Err("uwsgi, http, http11, scgi and fastcgi are spoken here".to_owned()),
        }
    }

    /// What it is called in statistics and messages.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Uwsgi => "uwsgi",
            Self::Http | Self::Http11 | Self::Gateway | Self::ToHttps => "http",
            Self::Scgi | Self::ScgiNph => "scgi",
            Self::FastCgi | Self::FastCgiNph => "fastcgi",
        }
    }

    /// Whether whoever reaches the socket can pose as any client: it is for front ends only.
    #[must_use]
    pub fn is_for_front_ends(self) -> bool {
        self.name() != "http"
    }

    /// Whether the gateway serves it.
    #[must_use]
    pub fn is_of_gateway(self) -> bool {
        matches!(self, Self::Gateway | Self::ToHttps)
    }
}

/// The files of a socket that speaks TLS.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TlsFiles {
    /// The chain of certificates, PEM.
    pub certificate: String,
    /// The private key, PEM.
    pub key: String,
    /// Certificates of those who sign for clients, PEM.
    pub client_ca: Option<String>,
    /// Whether a client without a certificate is refused.
    pub client_required: bool,
}

/// A socket that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Socket {
    /// What is spoken there.
    pub protocol: Protocol,
    /// The address as it was written; that of a shared socket where one was named.
    pub address: Said,
    /// Set where it speaks TLS.
    pub tls: Option<TlsFiles>,
}

/// Which workers take connections of a socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MapSocket {
    /// The number of the socket, from 0.
    pub socket: usize,
    /// Numbers of workers, from 1.
    pub workers: Vec<usize>,
}

/// `0:1,2`.
pub(super) fn parse_map_socket(value: &str) -> Result<MapSocket, Refusal> {
    let parsed = value.split_once(':').and_then(|(socket, workers)| {
        let workers = workers.split(',').map(|worker| worker.trim().parse().ok());
        Some(MapSocket {
            socket: socket.trim().parse().ok()?,
            workers: workers.collect::<Option<_>>()?,
        })
    });
    parsed.ok_or_else(|| "it needs SOCKET:WORKER,WORKER, such as 0:1,2".to_owned())
}

const TLS_FORM: &str = "it needs ADDRESS,CERTIFICATE,KEY";

/// `address,certificate,key[,ciphers[,client CA]]`; the address, and the rest. Ciphers are not
/// chosen here: rustls has none that are weak.
fn parse_tls(value: &str) -> Result<(&str, TlsFiles), Refusal> {
    let mut parts = value.trim_matches('"').split(',').map(str::trim);
    let mut next = || parts.next().filter(|part| !part.is_empty());
    let (Some(address), Some(certificate), Some(key)) = (next(), next(), next()) else {
        return Err(TLS_FORM.to_owned());
    };
    let _ciphers = next();
    let mut files = TlsFiles {
        certificate: certificate.to_owned(),
        key: key.to_owned(),
        ..TlsFiles::default()
    };
    set_client_ca(&mut files, next());
    Ok((address, files))
}

/// `host certificate,key[,ciphers]`: a certificate for one host name.
pub(super) fn parse_sni(value: &str) -> Result<(String, TlsFiles), Refusal> {
    let form = "it needs HOST CERTIFICATE,KEY";
    let (host, files) = value.trim().split_once([' ', '\t']).ok_or(form)?;
    let parts: Vec<_> = files.split(',').map(str::trim).collect();
    let [certificate, key, rest @ ..] = parts.as_slice() else { return Err(form.to_owned()) };
    if rest.get(1).is_some_and(|ca| !ca.is_empty()) {
        return Err("a client CA is one of the socket: name it in https".to_owned());
    }
    let (certificate, key) = ((*certificate).to_owned(), (*key).to_owned());
    Ok((host.to_owned(), TlsFiles { certificate, key, ..TlsFiles::default() }))
}

fn set_client_ca(files: &mut TlsFiles, said: Option<&str>) {
    files.client_required = said.is_some_and(|said| said.starts_with('!'));
    files.client_ca = said.map(|said| said.trim_start_matches('!').to_owned());
}

/// `addr=…,cert=…,key=…`, as `https2` has it.
fn parse_tls_pairs(value: &str) -> Result<(&str, TlsFiles), Refusal> {
    let mut files = TlsFiles::default();
    let mut address = None;
    for pair in value.split(',') {
        let (name, value) = pair.split_once('=').ok_or("it needs NAME=VALUE,NAME=VALUE")?;
        match name.trim() {
            "addr" => address = Some(value),
            "cert" | "crt" => value.clone_into(&mut files.certificate),
            "key" => value.clone_into(&mut files.key),
            "client_ca" | "clientca" => set_client_ca(&mut files, Some(value)),
            "ciphers" | "spdy" => {}
            name => return Err(format!("there is no {name} in it")),
        }
    }
    match address {
        Some(address) if !files.certificate.is_empty() && !files.key.is_empty() => {
            Ok((address, files))
        }
        _ => Err("it needs addr=ADDRESS,cert=CERTIFICATE,key=KEY".to_owned()),
    }
}

impl Settings {
    /// Adds a socket; a bare number is a port.
    pub(super) fn add_socket(
        &mut self,
        protocol: Protocol,
        address: &str,
        origin: &Origin,
    ) -> Result<(), Refusal> {
        self.push_socket(protocol, address, None, origin)
    }

    /// Adds a socket that speaks TLS: `address,certificate,key[,ciphers[,client CA]]`.
    pub(super) fn add_tls_socket(
        &mut self,
        protocol: Protocol,
        value: &str,
        origin: &Origin,
    ) -> Result<(), Refusal> {
        let (address, files) = parse_tls(value)?;
        self.push_socket(protocol, address, Some(files), origin)
    }

    /// Adds a socket that speaks TLS: `addr=…,cert=…,key=…`.
    pub(super) fn add_tls_socket_of_pairs(
        &mut self,
        protocol: Protocol,
        value: &str,
        origin: &Origin,
    ) -> Result<(), Refusal> {
        let (address, files) = parse_tls_pairs(value)?;
        self.push_socket(protocol, address, Some(files), origin)
    }

    fn push_socket(
        &mut self,
        protocol: Protocol,
        address: &str,
        tls: Option<TlsFiles>,
        origin: &Origin,
    ) -> Result<(), Refusal> {
        let address = address.trim();
        if address.is_empty() {
            return Err("it needs an address: host:port, :port, or a path".to_owned());
        }
        let value = if address.parse::<u16>().is_ok() {
            self.warn(origin, format!("{address} is read as the port :{address}"));
            format!(":{address}")
        } else {
            address.trim_matches('"').to_owned()
        };
        let address = Said { value, origin: origin.clone() };
        self.sockets.asked.push(Socket { protocol, address, tls });
        Ok(())
    }

    /// Brings together what was said in several places: `protocol`, `=0`, `abstract-socket`.
    pub(super) fn settle_sockets(&mut self) -> Result<(), Failure> {
        let sockets = &mut self.sockets;
        if let Some(protocol) = sockets.protocol {
            for index in &sockets.plain {
                if let Some(socket) = sockets.asked.get_mut(*index) {
                    socket.protocol = protocol;
                }
            }
        }
        for Socket { address, .. } in &mut sockets.asked {
            if let Some(number) = address.value.strip_prefix('=') {
                let shared = number.parse().ok();
                let shared = shared.and_then(|number: usize| sockets.shared_socket.get(number));
                let Some(shared) = shared else {
                    return Err(Failure::new(format!(
                        "{}: there is no shared-socket with the number {number}",
                        address.origin
                    ))
                    .hint("shared sockets are counted from 0, in the order they are said"));
                };
                address.value.clone_from(&shared.value);
            } else if sockets.abstract_socket && !address.value.contains(':') {
                address.value = format!("@{}", address.value.trim_start_matches('@'));
            }
        }
        let is_own = |to: &Said| {
            self.sockets.asked.iter().any(|socket| is_same(&socket.address.value, &to.value))
        };
        let own = self.http.http_to.iter().find(|to| is_own(to));
        let other = self.http.http_to.iter().find(|to| !is_own(to));
        if let (Some(own), Some(other)) = (own, other) {
            return Err(Failure::new(format!(
                "{}: http-to = {} is another server, and http-to = {} is a socket of this one",
                other.origin, other.value, own.value
            ))
            .hint("requests go to this server's workers, without http-to, or all to others"));
        }
        if own.is_some() {
            // The own workers need no socket.
            self.http.http_to.clear();
        }
        Ok(())
    }
}

/// Whether two addresses mean the same socket: the same words, or the same port.
fn is_same(one: &str, other: &str) -> bool {
    fn port(address: &str) -> Option<u16> {
        address.rsplit_once(':').and_then(|(_, port)| port.parse().ok())
    }
    one == other || (port(one).is_some() && port(one) == port(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_of_tls_are_read() {
        fn check(value: &str, expected: &str) {
            let read = parse_tls(value).map(|(address, files)| {
                let TlsFiles { certificate, key, client_ca, client_required } = files;
                format!("{address} {certificate} {key} {client_ca:?} {client_required}")
            });
            assert_eq!(read.unwrap_or_else(|why| why), expected, "{value}");
        }
        check(":443,a.crt,a.key", ":443 a.crt a.key None false");
        check("=1,a.crt,a.key,HIGH", "=1 a.crt a.key None false");
        check(":443,a.crt,a.key,HIGH,ca.crt", ":443 a.crt a.key Some(\"ca.crt\") false");
        check(":443,a.crt,a.key,HIGH,!ca.crt", ":443 a.crt a.key Some(\"ca.crt\") true");
        check(":443,a.crt", TLS_FORM);
    }

    #[test]
    fn certificates_of_names_are_read() {
        let (host, files) = parse_sni("a.org a.crt,a.key,HIGH").expect("whole");
        assert_eq!((host.as_str(), files.certificate.as_str()), ("a.org", "a.crt"));
        assert_eq!(files.key, "a.key");
        assert!(parse_sni("a.org a.crt").is_err());
        assert!(parse_sni("a.crt,a.key").is_err());
        assert!(parse_sni("a.org a.crt,a.key,HIGH,ca.crt").is_err());
    }

    #[test]
    fn the_pairs_of_tls_are_read() {
        let read = parse_tls_pairs("addr=:443,cert=a.crt,key=a.key,client_ca=!c").expect("whole");
        assert_eq!(read.0, ":443");
        assert_eq!(read.1.key, "a.key");
        assert!(read.1.client_required);
        assert!(parse_tls_pairs("addr=:443,cert=a.crt").is_err());
    }

    #[test]
    fn the_same_socket_is_known_by_its_port() {
        assert!(is_same("127.0.0.1:3031", ":3031"));
        assert!(is_same("/tmp/a.sock", "/tmp/a.sock"));
        assert!(!is_same("/tmp/a.sock", "/tmp/b.sock"));
        assert!(!is_same(":1", ":2"));
    }

    #[test]
    fn sockets_are_mapped_to_workers() {
        let map = parse_map_socket("1:2,3").expect("a map");
        assert_eq!(map, MapSocket { socket: 1, workers: vec![2, 3] });
        assert!(parse_map_socket("1").is_err());
        assert!(parse_map_socket("1:x").is_err());
    }
}

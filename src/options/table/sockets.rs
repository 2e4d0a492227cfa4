//! Rows about where requests come in.

use super::super::directive::Said;
use super::super::settings::Owner;
use super::super::sockets::{MapSocket, Protocol, Socket, parse_map_socket};
use super::super::values::{only_wsgi, parse_mode, parse_owner};
use super::{Argument, Effect, Row};

/// Settings of this chapter. A field has the name of its option.
#[expect(missing_docs, reason = "the table says what each option does")]
#[expect(clippy::struct_excessive_bools, reason = "options are flags")]
#[derive(Clone, Debug)]
pub struct Sockets {
    pub asked: Vec<Socket>,
    /// Which of `asked` came from `socket`, whose protocol `protocol` decides.
    pub plain: Vec<usize>,
    pub protocol: Option<Protocol>,
    pub shared_socket: Vec<Said>,
    /// Which of `shared_socket` give their connections at once.
    pub undeferred_shared_socket: Vec<usize>,
    pub no_defer_accept: bool,
    pub abstract_socket: bool,
    pub chmod_socket: Option<u32>,
    pub chown_socket: Option<Owner>,
    pub listen: u64,
    pub socket_timeout: u64,
    pub freebind: bool,
    pub reuse_port: bool,
    pub map_socket: Vec<MapSocket>,
    pub so_keepalive: bool,
    pub socket_sndbuf: u64,
    pub socket_rcvbuf: u64,
    pub enable_proxy_protocol: bool,
}

impl Default for Sockets {
    fn default() -> Self {
        Self {
            asked: Vec::new(),
            plain: Vec::new(),
            protocol: None,
            shared_socket: Vec::new(),
            undeferred_shared_socket: Vec::new(),
            no_defer_accept: false,
            abstract_socket: false,
            chmod_socket: None,
            chown_socket: None,
            listen: 100,
            socket_timeout: 4,
            freebind: false,
            reuse_port: false,
            map_socket: Vec::new(),
            so_keepalive: false,
            socket_sndbuf: 0,
            socket_rcvbuf: 0,
            enable_proxy_protocol: false,
        }
    }
}

const OTHER_PROTOCOL: &str = "nobody could use the socket; say socket (nginx: uwsgi_pass) or http-socket (nginx: proxy_pass)";

/// A row for the modifier of a protocol that always carries WSGI requests.
const fn modifier(name: &'static str, help: &'static str) -> Row {
    Row::parsed(name, "N", |_, number, _| only_wsgi(number), help)
}

pub(super) static ROWS: &[Row] = &[
    Row::parsed(
        "socket",
        "ADDRESS",
        |settings, address, origin| {
            settings.sockets.plain.push(settings.sockets.asked.len());
            settings.add_socket(Protocol::Uwsgi, address, origin)
        },
        "listen for the uwsgi protocol (nginx: uwsgi_pass) on host:port, :port or a path",
    )
    .short('s')
    .repeats(),
    Row::parsed(
        "uwsgi-socket",
        "ADDRESS",
        |settings, address, origin| settings.add_socket(Protocol::Uwsgi, address, origin),
        "listen for the uwsgi protocol, whatever protocol says",
    )
    .repeats(),
    Row::parsed(
        "http-socket",
        "ADDRESS",
        |settings, address, origin| settings.add_socket(Protocol::Http, address, origin),
        "listen for HTTP in the workers (nginx: proxy_pass); a connection per request",
    )
    .repeats(),
    Row::parsed(
        "http11-socket",
        "ADDRESS",
        |settings, address, origin| settings.add_socket(Protocol::Http11, address, origin),
        "listen for HTTP in the workers, with keep-alive",
    )
    .repeats(),
    Row::parsed(
        "https-socket",
        "ADDRESS,CERT,KEY[,CIPHERS[,CA]]",
        |settings, value, origin| settings.add_tls_socket(Protocol::Http, value, origin),
        "listen for HTTP over TLS in the workers; !CA wants a certificate of every client",
    )
    .repeats(),
    Row::new(
        "chmod-socket",
        Argument::Optional("MODE"),
        Effect::Parsed(|settings, mode, _| {
            settings.sockets.chmod_socket = Some(parse_mode(mode)?);
            Ok(())
        }),
        "permissions of unix sockets, three octal digits; 666 when bare",
    )
    .short('C')
    .aliases(&["chmod"]),
    Row::parsed(
        "chown-socket",
        "USER[:GROUP]",
        |settings, owner, _| {
            settings.sockets.chown_socket = Some(parse_owner(owner)?);
            Ok(())
        },
        "owner of unix sockets",
    ),
    Row::number(
        "listen",
        "N",
        |s| &mut s.sockets.listen,
        "connections the kernel may queue per socket",
    )
    .short('l'),
    Row::number(
        "socket-timeout",
        "SECONDS",
        |s| &mut s.sockets.socket_timeout,
        "longest wait for the next bytes of a request or for a client to take bytes",
    )
    .short('z'),
    Row::parsed(
        "protocol",
        "uwsgi|http|http11|fastcgi|scgi",
        |settings, name, _| {
            settings.sockets.protocol = Some(Protocol::parse(name)?);
            Ok(())
        },
        "what is spoken on the addresses of socket",
    )
    .aliases(&["socket-protocol"]),
    Row::words(
        "shared-socket",
        "ADDRESS",
        |s| &mut s.sockets.shared_socket,
        "bind before dropping privileges; other sockets name it by its number, as in http = =0",
    ),
    Row::parsed(
        "undeferred-shared-socket",
        "ADDRESS",
        |settings, address, origin| {
            let sockets = &mut settings.sockets;
            sockets.undeferred_shared_socket.push(sockets.shared_socket.len());
            sockets.shared_socket.push(Said { value: address.to_owned(), origin: origin.clone() });
            Ok(())
        },
        "bind like shared-socket, and take connections before their data is there",
    )
    .repeats(),
    Row::flag(
        "abstract-socket",
        |s| &mut s.sockets.abstract_socket,
        "make unix sockets names of the abstract name space instead of files",
    )
    .short('a'),
    Row::parsed(
        "map-socket",
        "SOCKET:WORKER[,WORKER…]",
        |settings, value, _| {
            settings.sockets.map_socket.push(parse_map_socket(value)?);
            Ok(())
        },
        "let only these workers (from 1) take connections of a socket (from 0)",
    )
    .repeats(),
    Row::flag(
        "reuse-port",
        |s| &mut s.sockets.reuse_port,
        "let other servers bind the same TCP port (SO_REUSEPORT)",
    ),
    Row::flag(
        "freebind",
        |s| &mut s.sockets.freebind,
        "bind addresses that the machine does not have yet (IP_FREEBIND)",
    ),
    Row::flag(
        "so-keepalive",
        |s| &mut s.sockets.so_keepalive,
        "have the kernel probe idle TCP connections",
    ),
    Row::size(
        "socket-sndbuf",
        |s| &mut s.sockets.socket_sndbuf,
        "size of the kernel's send buffer per connection",
    ),
    Row::size(
        "socket-rcvbuf",
        |s| &mut s.sockets.socket_rcvbuf,
        "size of the kernel's receive buffer per connection",
    ),
    Row::inert(
        "tcp-fast-open",
        Argument::Required("N"),
        "take data with the first packet of a TCP connection",
        "it saves a round trip where client and network allow it, and few do",
    )
    .aliases(&["tcp-fastopen"]),
    Row::flag(
        "enable-proxy-protocol",
        |s| &mut s.sockets.enable_proxy_protocol,
        "believe the header of the PROXY protocol (versions 1 and 2) on HTTP sockets of workers",
    ),
    Row::flag(
        "no-defer-accept",
        |s| &mut s.sockets.no_defer_accept,
        "take TCP connections before their data is there",
    ),
    Row::inert(
        "tcp-nodelay",
        Argument::None,
        "send small packets at once",
        "TCP_NODELAY is always set",
    ),
    Row::inert(
        "so-send-timeout",
        Argument::None,
        "limit how long the kernel waits in a write",
        "writes never block; socket-timeout limits a client that takes nothing",
    )
    .aliases(&["socket-send-timeout", "so-write-timeout", "socket-write-timeout"]),
    Row::inert(
        "safe-fd",
        Argument::Required("FD"),
        "keep a descriptor open",
        "descriptors of others are never closed",
    )
    .aliases(&["fd-safe"])
    .repeats(),
    Row::inert(
        "shutdown-sockets",
        Argument::None,
        "shut listening sockets down at the end",
        "listening sockets close with the last process",
    ),
    Row::inert(
        "close-on-exec2",
        Argument::None,
        "close the request's connection in programs the application runs",
        "connections are never passed on to programs the application runs",
    ),
    Row::inert(
        "tcp-fast-open-client",
        Argument::None,
        "send data with the first packet of own connections",
        "the server makes no TCP connections of its own",
    )
    .aliases(&["tcp-fastopen-client"]),
    modifier("http-socket-modifier1", "kind of request on http-socket; 0 is WSGI"),
    modifier("http-socket-modifier2", "detail of http-socket-modifier1"),
    modifier("https-socket-modifier1", "kind of request on https-socket; 0 is WSGI"),
    modifier("https-socket-modifier2", "detail of https-socket-modifier1"),
    Row::refused(
        "suwsgi-socket",
        Argument::Required("ADDRESS,CERT,KEY"),
        "listen for the uwsgi protocol over TLS",
        "no front end but uWSGI speaks it; say https-socket, or socket in a private network",
    )
    .aliases(&["ssl-socket"])
    .repeats(),
    Row::parsed(
        "fastcgi-socket",
        "ADDRESS",
        |settings, address, origin| settings.add_socket(Protocol::FastCgi, address, origin),
        "listen for FastCGI (nginx: fastcgi_pass)",
    )
    .repeats(),
    Row::parsed(
        "fastcgi-nph-socket",
        "ADDRESS",
        |settings, address, origin| settings.add_socket(Protocol::FastCgiNph, address, origin),
        "listen for FastCGI and answer with a status line",
    )
    .repeats(),
    modifier("fastcgi-modifier1", "kind of request on fastcgi-socket; 0 is WSGI"),
    modifier("fastcgi-modifier2", "detail of fastcgi-modifier1"),
    Row::parsed(
        "scgi-socket",
        "ADDRESS",
        |settings, address, origin| settings.add_socket(Protocol::Scgi, address, origin),
        "listen for SCGI (nginx: scgi_pass)",
    )
    .repeats(),
    Row::parsed(
        "scgi-nph-socket",
        "ADDRESS",
        |settings, address, origin| settings.add_socket(Protocol::ScgiNph, address, origin),
        "listen for SCGI and answer with a status line",
    )
    .repeats(),
    modifier("scgi-modifier1", "kind of request on scgi-socket; 0 is WSGI"),
    modifier("scgi-modifier2", "detail of scgi-modifier1"),
    Row::refused(
        "raw-socket",
        Argument::Required("ADDRESS"),
        "hand connections to the application as they are",
        OTHER_PROTOCOL,
    )
    .repeats(),
    modifier("raw-modifier1", "kind of request on raw-socket; 0 is WSGI"),
    modifier("raw-modifier2", "detail of raw-modifier1"),
    Row::refused(
        "puwsgi-socket",
        Argument::Required("ADDRESS"),
        "listen for the uwsgi protocol on connections that stay open",
        OTHER_PROTOCOL,
    )
    .repeats(),
];

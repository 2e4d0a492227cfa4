//! Rows about where requests come in.

use super::super::settings::{Owner, Protocol, Socket};
use super::super::values::{parse_mode, parse_owner};
use super::{Argument, Effect, Row};

/// Settings of this chapter. A field has the name of its option.
#[expect(missing_docs, reason = "the table says what each option does")]
#[derive(Clone, Debug)]
pub struct Sockets {
    pub asked: Vec<Socket>,
    pub chmod_socket: Option<u32>,
    pub chown_socket: Option<Owner>,
    pub listen: u64,
    pub socket_timeout: u64,
}

impl Default for Sockets {
    fn default() -> Self {
        Self {
            asked: Vec::new(),
            chmod_socket: None,
            chown_socket: None,
            listen: 100,
            socket_timeout: 4,
        }
    }
}

pub(super) static ROWS: &[Row] = &[
    Row::parsed(
        "socket",
        "ADDRESS",
        |settings, address, origin| settings.add_socket(Protocol::Uwsgi, address, origin),
        "listen for the uwsgi protocol (nginx: uwsgi_pass) on host:port, :port or a path",
    )
    .short('s')
    .aliases(&["uwsgi-socket"])
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
    Row::planned("suwsgi-socket", Argument::Required("VALUE"), "")
        .aliases(&["ssl-socket"])
        .repeats(),
    Row::planned("http-socket-modifier1", Argument::Required("N"), ""),
    Row::planned("http-socket-modifier2", Argument::Required("N"), ""),
    Row::planned("https-socket", Argument::Required("VALUE"), "").repeats(),
    Row::planned("https-socket-modifier1", Argument::Required("N"), ""),
    Row::planned("https-socket-modifier2", Argument::Required("N"), ""),
    Row::planned("fastcgi-socket", Argument::Required("ADDRESS"), "").repeats(),
    Row::planned("fastcgi-nph-socket", Argument::Required("ADDRESS"), "").repeats(),
    Row::planned("fastcgi-modifier1", Argument::Required("N"), ""),
    Row::planned("fastcgi-modifier2", Argument::Required("N"), ""),
    Row::planned("scgi-socket", Argument::Required("ADDRESS"), "").repeats(),
    Row::planned("scgi-nph-socket", Argument::Required("ADDRESS"), "").repeats(),
    Row::planned("scgi-modifier1", Argument::Required("N"), ""),
    Row::planned("scgi-modifier2", Argument::Required("N"), ""),
    Row::planned("raw-socket", Argument::Required("ADDRESS"), "").repeats(),
    Row::planned("raw-modifier1", Argument::Required("N"), ""),
    Row::planned("raw-modifier2", Argument::Required("N"), ""),
    Row::planned("puwsgi-socket", Argument::Required("ADDRESS"), "").repeats(),
    Row::planned("protocol", Argument::Required("VALUE"), "").aliases(&["socket-protocol"]),
    Row::planned("shared-socket", Argument::Required("ADDRESS"), "").repeats(),
    Row::planned("undeferred-shared-socket", Argument::Required("ADDRESS"), "").repeats(),
    Row::planned("abstract-socket", Argument::None, "").short('a'),
    Row::planned("freebind", Argument::None, ""),
    Row::planned("map-socket", Argument::Required("VALUE"), "").repeats(),
    Row::planned("safe-fd", Argument::Required("VALUE"), "").aliases(&["fd-safe"]).repeats(),
    Row::planned("no-defer-accept", Argument::None, ""),
    Row::planned("tcp-nodelay", Argument::None, ""),
    Row::planned("so-keepalive", Argument::None, ""),
    Row::planned("so-send-timeout", Argument::None, "").aliases(&[
        "socket-send-timeout",
        "so-write-timeout",
        "socket-write-timeout",
    ]),
    Row::planned("socket-sndbuf", Argument::Required("N"), ""),
    Row::planned("socket-rcvbuf", Argument::Required("N"), ""),
    Row::planned("shutdown-sockets", Argument::None, ""),
    Row::planned("close-on-exec2", Argument::None, ""),
    Row::planned("enable-proxy-protocol", Argument::None, ""),
    Row::planned("reuse-port", Argument::None, ""),
    Row::planned("tcp-fast-open", Argument::Required("N"), "").aliases(&["tcp-fastopen"]),
    Row::planned("tcp-fast-open-client", Argument::None, "").aliases(&["tcp-fastopen-client"]),
];

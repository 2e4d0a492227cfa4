//! Rows about where requests come in.

use super::super::settings::Protocol;
use super::super::values::{parse_mode, parse_owner};
use super::{Argument, Effect, Row};

pub(super) static ROWS: &[Row] = &[
    Row::parsed(
        "socket",
        "ADDRESS",
        |settings, address, origin| settings.add_socket(Protocol::Uwsgi, address, origin),
        "listen for the uwsgi protocol (nginx: uwsgi_pass) on host:port, :port or a path",
    )
    .short('s')
    .aliases(&["uwsgi-socket"]),
    Row::parsed(
        "http-socket",
        "ADDRESS",
        |settings, address, origin| settings.add_socket(Protocol::Http, address, origin),
        "listen for HTTP in the workers (nginx: proxy_pass); a connection per request",
    ),
    Row::parsed(
        "http11-socket",
        "ADDRESS",
        |settings, address, origin| settings.add_socket(Protocol::Http11, address, origin),
        "listen for HTTP in the workers, with keep-alive",
    ),
    Row::new(
        "chmod-socket",
        Argument::Optional("MODE"),
        Effect::Parsed(|settings, mode, _| {
            settings.chmod_socket = Some(parse_mode(mode)?);
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
            settings.chown_socket = Some(parse_owner(owner)?);
            Ok(())
        },
        "owner of unix sockets",
    ),
    Row::number("listen", "N", |s| &mut s.listen, "connections the kernel may queue per socket")
        .short('l'),
    Row::number(
        "socket-timeout",
        "SECONDS",
        |s| &mut s.socket_timeout,
        "longest wait for the next bytes of a request or for a client to take bytes",
    )
    .short('z'),
];

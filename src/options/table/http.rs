//! Rows about the HTTP gateway.

use super::super::settings::Protocol;
use super::{Argument, Effect, Row};

const HTTP_1_1: &str = "HTTP/1.1 is spoken as RFC 9112 has it, without being asked";

pub(super) static ROWS: &[Row] = &[
    Row::parsed(
        "http",
        "ADDRESS",
        |settings, address, origin| settings.add_socket(Protocol::Gateway, address, origin),
        "listen for HTTP in a process of its own that hands requests to idle workers",
    )
    .aliases(&["httprouter"]),
    Row::number(
        "http-timeout",
        "SECONDS",
        |s| &mut s.http_timeout,
        "longest silence of a client or a worker on a gateway connection",
    ),
    Row::new(
        "http-keepalive",
        Argument::Optional("SECONDS"),
        Effect::Parsed(|settings, seconds, _| {
            // A bare name, 0 and 1 only switch it on, which it is.
            if let Ok(seconds @ 2..) = seconds.parse() {
                settings.http_keepalive = seconds;
            }
            Ok(())
        }),
        "how long an idle connection is kept",
    ),
    Row::inert("http-auto-chunked", Argument::None, "answer in chunks", HTTP_1_1),
    Row::inert("http-chunked-input", Argument::None, "accept chunked bodies", HTTP_1_1),
    Row::inert("http-manage-expect", Argument::Optional("BYTES"), "answer Expect", HTTP_1_1),
    Row::inert("http-raw-body", Argument::None, "pass bodies on", HTTP_1_1),
    Row::flag(
        "http-allow-underscores",
        |s| &mut s.http_allow_underscores,
        "(ours) keep header names with an underscore on HTTP listeners",
    ),
    Row::words(
        "forwarded-allow-ips",
        "ADDRESS",
        |s| &mut s.forwarded_allow_ips,
        "(ours) address whose X-Forwarded-Proto is believed on HTTP listeners, beside loopback",
    ),
];

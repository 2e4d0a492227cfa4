//! Rows about the HTTP gateway.

use super::super::directive::Said;
use super::super::settings::Protocol;
use super::{Argument, Effect, Row};

const HTTP_1_1: &str = "HTTP/1.1 is spoken as RFC 9112 has it, without being asked";

/// Settings of this chapter. A field has the name of its option.
#[expect(missing_docs, reason = "the table says what each option does")]
#[derive(Clone, Debug)]
pub struct Http {
    pub http_timeout: u64,
    pub http_keepalive: u64,
    pub http_allow_underscores: bool,
    pub forwarded_allow_ips: Vec<Said>,
}

impl Default for Http {
    fn default() -> Self {
        Self {
            http_timeout: 60,
            http_keepalive: 60,
            http_allow_underscores: false,
            forwarded_allow_ips: Vec::new(),
        }
    }
}

pub(super) static ROWS: &[Row] = &[
    Row::parsed(
        "http",
        "ADDRESS",
        |settings, address, origin| settings.add_socket(Protocol::Gateway, address, origin),
        "listen for HTTP in a process of its own that hands requests to idle workers",
    )
    .aliases(&["httprouter"])
    .repeats(),
    Row::number(
        "http-timeout",
        "SECONDS",
        |s| &mut s.http.http_timeout,
        "longest silence of a client or a worker on a gateway connection",
    ),
    Row::new(
        "http-keepalive",
        Argument::Optional("SECONDS"),
        Effect::Parsed(|settings, seconds, _| {
            // A bare name, 0 and 1 only switch it on, which it is.
            if let Ok(seconds @ 2..) = seconds.parse() {
                settings.http.http_keepalive = seconds;
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
        |s| &mut s.http.http_allow_underscores,
        "(ours) keep header names with an underscore on HTTP listeners",
    ),
    Row::words(
        "forwarded-allow-ips",
        "ADDRESS",
        |s| &mut s.http.forwarded_allow_ips,
        "(ours) address whose X-Forwarded-Proto is believed on HTTP listeners, beside loopback",
    ),
    Row::planned("websockets-ping-freq", Argument::Required("N"), "")
        .aliases(&["websocket-ping-freq"]),
    Row::planned("websockets-pong-tolerance", Argument::Required("N"), "")
        .aliases(&["websocket-pong-tolerance"]),
    Row::planned("websockets-max-size", Argument::Required("N"), "")
        .aliases(&["websocket-max-size"]),
    Row::planned("https", Argument::Required("VALUE"), "").repeats(),
    Row::planned("https2", Argument::Required("VALUE"), "").repeats(),
    Row::planned("https-export-cert", Argument::None, ""),
    Row::planned("https-session-context", Argument::Required("VALUE"), ""),
    Row::planned("http-to-https", Argument::Required("ADDRESS"), "").repeats(),
    Row::planned("http-processes", Argument::Required("N"), "").aliases(&["http-workers"]),
    Row::planned("http-var", Argument::Required("VALUE"), "").repeats(),
    Row::planned("http-to", Argument::Required("VALUE"), "").repeats(),
    Row::planned("http-zerg", Argument::Required("ADDRESS"), "").repeats(),
    Row::planned("http-fallback", Argument::Required("VALUE"), "").repeats(),
    Row::planned("http-modifier1", Argument::Required("N"), ""),
    Row::planned("http-modifier2", Argument::Required("N"), ""),
    Row::planned("http-use-cache", Argument::Optional("VALUE"), ""),
    Row::planned("http-use-pattern", Argument::Required("VALUE"), ""),
    Row::planned("http-use-base", Argument::Required("VALUE"), ""),
    Row::planned("http-events", Argument::Required("N"), ""),
    Row::planned("http-subscription-server", Argument::Required("ADDRESS"), "").repeats(),
    Row::planned("http-subscription-fallback-key", Argument::Required("VALUE"), ""),
    Row::planned("http-auto-gzip", Argument::None, ""),
    Row::planned("http-websockets", Argument::None, ""),
    Row::planned("http-use-code-string", Argument::Required("VALUE"), ""),
    Row::planned("http-use-socket", Argument::Optional("ADDRESS"), ""),
    Row::planned("http-gracetime", Argument::Required("N"), ""),
    Row::planned("http-quiet", Argument::Required("VALUE"), ""),
    Row::planned("http-cheap", Argument::None, ""),
    Row::planned("http-stats", Argument::Required("VALUE"), "")
        .aliases(&["http-stats-server", "http-ss"]),
    Row::planned("http-harakiri", Argument::Required("N"), ""),
    Row::planned("http-stud-prefix", Argument::Required("VALUE"), "").repeats(),
    Row::planned("http-uid", Argument::Required("USER"), ""),
    Row::planned("http-gid", Argument::Required("GROUP"), ""),
    Row::planned("http-resubscribe", Argument::Required("VALUE"), "").repeats(),
    Row::planned("http-buffer-size", Argument::Required("N"), ""),
    Row::planned("http-server-name-as-http-host", Argument::Required("VALUE"), ""),
    Row::planned("http-headers-timeout", Argument::Required("N"), ""),
    Row::planned("http-connect-timeout", Argument::Required("N"), ""),
    Row::planned("http-manage-source", Argument::None, ""),
    Row::planned("http-manage-rtsp", Argument::None, ""),
    Row::planned("http-enable-proxy-protocol", Argument::Optional("VALUE"), ""),
];

//! Rows about the HTTP gateway.

use super::super::directive::Said;
use super::super::sockets::{Protocol, TlsFiles};
use super::super::values::{only_wsgi, parse_environment};
use super::{Argument, Effect, Row};

const HTTP_1_1: &str = "HTTP/1.1 is spoken as RFC 9112 has it, without being asked";

/// Settings of this chapter. A field has the name of its option.
#[expect(missing_docs, reason = "the table says what each option does")]
#[expect(clippy::struct_excessive_bools, reason = "options are flags")]
#[derive(Clone, Debug)]
pub struct Http {
    pub http_timeout: u64,
    pub http_keepalive: Option<u64>,
    pub http_websockets: bool,
    pub websockets_ping_freq: u64,
    pub websockets_pong_tolerance: u64,
    pub websockets_max_size: u64,
    pub http_processes: u64,
    pub http_stats: Option<Said>,
    pub http_queue: u64,
    pub http_headers_timeout: u64,
    pub http_connect_timeout: u64,
    pub http_uid: Option<Said>,
    pub http_gid: Option<Said>,
    pub http_allow_underscores: bool,
    pub forwarded_allow_ips: Vec<Said>,
    pub http_enable_proxy_protocol: bool,
    pub http_server_name_as_http_host: bool,
    pub http_var: Vec<(String, String)>,
    pub http_to: Vec<Said>,
    pub ssl_verbose: bool,
    pub sni: Vec<(String, TlsFiles)>,
    pub sni_dir: Option<Said>,
    pub https_export_cert: bool,
}

impl Default for Http {
    fn default() -> Self {
        Self {
            http_timeout: 60,
            http_keepalive: None,
            http_websockets: false,
            websockets_ping_freq: 30,
            websockets_pong_tolerance: 3,
            websockets_max_size: 1024,
            http_processes: 1,
            http_stats: None,
            http_queue: 10_000,
            http_headers_timeout: 0,
            http_connect_timeout: 0,
            http_uid: None,
            http_gid: None,
            http_allow_underscores: false,
            forwarded_allow_ips: Vec::new(),
            http_enable_proxy_protocol: false,
            http_server_name_as_http_host: false,
            http_var: Vec::new(),
            http_to: Vec::new(),
            ssl_verbose: false,
            sni: Vec::new(),
            sni_dir: None,
            https_export_cert: false,
        }
    }
}

/// A row for a modifier of the gateway's requests.
const fn modifier(name: &'static str, help: &'static str) -> Row {
    Row::parsed(name, "N", |_, number, _| only_wsgi(number), help)
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
            // A bare name, 0 and 1 only switch it on, which it is: with the time of http-timeout.
            if let Ok(seconds @ 2..) = seconds.parse() {
                settings.http.http_keepalive = Some(seconds);
            }
            Ok(())
        }),
        "how long an idle connection is kept",
    ),
    Row::number(
        "http-queue",
        "REQUESTS",
        |s| &mut s.http.http_queue,
        "(ours) requests that may wait for a worker; more are answered with 503",
    ),
    Row::inert("http-auto-chunked", Argument::None, "answer in chunks", HTTP_1_1),
    Row::inert("http-chunked-input", Argument::None, "accept chunked bodies", HTTP_1_1),
    Row::inert("http-manage-expect", Argument::Optional("BYTES"), "answer Expect", HTTP_1_1),
    Row::flag(
        "http-raw-body",
        |s| &mut s.http.http_websockets,
        "let websockets through the gateway; bodies are always passed on whole",
    ),
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
    Row::parsed(
        "https",
        "ADDRESS,CERT,KEY[,CIPHERS[,CA]]",
        |settings, value, origin| settings.add_tls_socket(Protocol::Gateway, value, origin),
        "listen for HTTP over TLS in the gateway; !CA wants a certificate of every client",
    )
    .repeats(),
    Row::parsed(
        "https2",
        "addr=ADDRESS,cert=CERT,key=KEY[,client_ca=CA]",
        |settings, value, origin| {
            settings.add_tls_socket_of_pairs(Protocol::Gateway, value, origin)
        },
        "listen for HTTP over TLS in the gateway, told in pairs",
    )
    .repeats(),
    Row::flag(
        "https-export-cert",
        |s| &mut s.http.https_export_cert,
        "give all of a client's certificate to the application, beside the name in HTTPS_DN",
    ),
    Row::parsed(
        "http-to-https",
        "ADDRESS",
        |settings, address, origin| settings.add_socket(Protocol::ToHttps, address, origin),
        "listen for HTTP and send every client to the same address over https",
    )
    .repeats(),
    Row::new(
        "http-enable-proxy-protocol",
        Argument::Optional("BOOLEAN"),
        Effect::Flag(|s| &mut s.http.http_enable_proxy_protocol),
        "believe the header of the PROXY protocol (versions 1 and 2) on gateway sockets",
    ),
    Row::new(
        "http-var",
        Argument::Required("NAME=VALUE"),
        Effect::ParsedLine(|settings, pair, _| {
            let (name, value) = parse_environment(pair)?;
            settings.http.http_var.push((name.to_owned(), value.to_owned()));
            Ok(())
        }),
        "add a variable to every request of the gateway",
    )
    .repeats(),
    Row::new(
        "http-server-name-as-http-host",
        Argument::Required("BOOLEAN"),
        Effect::Flag(|s| &mut s.http.http_server_name_as_http_host),
        "make SERVER_NAME what the Host header says",
    ),
    Row::words(
        "http-to",
        "ADDRESS",
        |s| &mut s.http.http_to,
        "uwsgi socket of another server that gets the gateway's requests; several take turns",
    ),
    Row::number(
        "http-processes",
        "N",
        |s| &mut s.http.http_processes,
        "number of gateway processes; more than one is of use where TLS keeps one busy",
    )
    .aliases(&["http-workers"]),
    Row::number(
        "http-connect-timeout",
        "SECONDS",
        |s| &mut s.http.http_connect_timeout,
        "how long a request may wait for a worker; as long as http-timeout unless said",
    ),
    Row::number(
        "http-headers-timeout",
        "SECONDS",
        |s| &mut s.http.http_headers_timeout,
        "how long a head may take from its first byte; as long as http-timeout unless said",
    ),
    Row::inert(
        "http-use-socket",
        Argument::Optional("N"),
        "which of the sockets gets the gateway's requests",
        "requests reach the workers without a socket",
    ),
    Row::inert(
        "http-events",
        Argument::Required("N"),
        "events that are taken at once",
        "the reactor decides",
    ),
    Row::inert(
        "http-buffer-size",
        Argument::Required("BYTES"),
        "size of the gateway's buffers",
        "buffers grow with what they hold; buffer-size limits heads",
    ),
    Row::inert(
        "http-manage-source",
        Argument::None,
        "take the method SOURCE",
        "every method is passed on",
    ),
    Row::inert(
        "https-session-context",
        Argument::Required("NAME"),
        "tell TLS sessions of several servers apart",
        "sessions are never shared between servers",
    ),
    Row::inert(
        "http-cheap",
        Argument::None,
        "run no gateway without workers",
        "it stays and waits",
    ),
    Row::inert(
        "http-quiet",
        Argument::Required("N"),
        "tell less in the gateway's log",
        "the gateway tells errors only",
    ),
    modifier("http-modifier1", "kind of request that the gateway asks for; 0 is WSGI"),
    modifier("http-modifier2", "detail of http-modifier1"),
    Row::number(
        "websockets-ping-freq",
        "SECONDS",
        |s| &mut s.http.websockets_ping_freq,
        "how often silent clients of websockets are asked whether they are there",
    )
    .aliases(&["websocket-ping-freq"]),
    Row::number(
        "websockets-pong-tolerance",
        "SECONDS",
        |s| &mut s.http.websockets_pong_tolerance,
        "how long clients of websockets may take to answer that they are there",
    )
    .aliases(&["websocket-pong-tolerance"]),
    Row::number(
        "websockets-max-size",
        "KILOBYTES",
        |s| &mut s.http.websockets_max_size,
        "largest message of a websocket",
    )
    .aliases(&["websocket-max-size"]),
    Row::flag(
        "http-websockets",
        |s| &mut s.http.http_websockets,
        "let websockets through the gateway",
    ),
    Row::planned("http-auto-gzip", Argument::None, "compress replies that ask for it"),
    Row::planned("http-manage-rtsp", Argument::None, "take requests of RTSP"),
    Row::planned("http-zerg", Argument::Required("ADDRESS"), "zerg server of the gateway")
        .repeats(),
    Row::planned(
        "http-fallback",
        Argument::Required("ADDRESS"),
        "uwsgi socket for requests that nobody else takes",
    )
    .repeats(),
    Row::planned(
        "http-use-cache",
        Argument::Optional("CACHE"),
        "look uwsgi sockets up in a cache by host",
    ),
    Row::planned(
        "http-use-pattern",
        Argument::Required("PATTERN"),
        "name of the uwsgi socket of a host, with %s for the host",
    ),
    Row::planned(
        "http-use-base",
        Argument::Required("DIRECTORY"),
        "directory of uwsgi sockets that are called like their hosts",
    ),
    Row::planned(
        "http-use-code-string",
        Argument::Required("FUNCTION"),
        "function that names the uwsgi socket of a host",
    ),
    Row::planned(
        "http-subscription-server",
        Argument::Required("ADDRESS"),
        "where servers announce themselves to the gateway",
    )
    .repeats(),
    Row::planned(
        "http-subscription-fallback-key",
        Argument::Required("KEY"),
        "announced name that takes requests of hosts nobody announced",
    ),
    Row::planned(
        "http-resubscribe",
        Argument::Required("ADDRESS"),
        "where announcements to the gateway are passed on",
    )
    .repeats(),
    Row::planned(
        "http-gracetime",
        Argument::Required("SECONDS"),
        "how long a server that announced itself may be unreachable",
    ),
    Row::word(
        "http-stats",
        "ADDRESS",
        |s| &mut s.http.http_stats,
        "serve statistics of the gateways as JSON on an address",
    )
    .aliases(&["http-stats-server", "http-ss"]),
    Row::planned("http-harakiri", Argument::Required("SECONDS"), "restart a gateway that hangs"),
    Row::planned(
        "http-stud-prefix",
        Argument::Required("ADDRESS"),
        "address of a stud that puts the client's address before requests",
    )
    .repeats(),
    Row::word("http-uid", "USER", |s| &mut s.http.http_uid, "user that the gateway becomes"),
    Row::word("http-gid", "GROUP", |s| &mut s.http.http_gid, "group that the gateway becomes"),
];

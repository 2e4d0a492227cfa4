//! Rows about routers other than HTTP.

use super::{Argument, Row};

/// Why the slots of subscriptions are inert.
const NO_SLOTS: &str = "uWSGI does nothing with it either";

pub(super) static ROWS: &[Row] = &[
    Row::planned("zerg", Argument::Required("ADDRESS"), "take the sockets from a zerg server")
        .repeats(),
    Row::planned(
        "zerg-fallback",
        Argument::None,
        "bind the sockets where the zerg server does not answer",
    ),
    Row::planned(
        "zerg-server",
        Argument::Required("ADDRESS"),
        "hand the sockets to servers that ask on an address",
    ),
    Row::planned(
        "zergpool",
        Argument::Required("ADDRESS:ADDRESSES"),
        "hand sockets of other addresses to servers that ask",
    )
    .aliases(&["zerg-pool"])
    .repeats(),
    Row::planned(
        "fastrouter",
        Argument::Required("ADDRESS"),
        "route uwsgi requests to other servers by the host asked for",
    )
    .repeats(),
    Row::planned(
        "fastrouter-processes",
        Argument::Required("COUNT"),
        "run this many processes of the fast router",
    )
    .aliases(&["fastrouter-workers"]),
    Row::planned(
        "fastrouter-to",
        Argument::Required("ADDRESS"),
        "send what comes to the fast router to this server",
    )
    .repeats(),
    Row::planned(
        "fastrouter-use-socket",
        Argument::Optional("ADDRESS"),
        "send what comes to the fast router to a socket of this server",
    ),
    Row::planned(
        "fastrouter-use-base",
        Argument::Required("PREFIX"),
        "find the server of the fast router at a prefix followed by the name asked for",
    ),
    Row::planned(
        "fastrouter-use-pattern",
        Argument::Required("PATTERN"),
        "find the server of the fast router at a pattern with the name asked for",
    ),
    Row::planned(
        "fastrouter-use-cache",
        Argument::Optional("CACHE"),
        "find the server of the fast router in a cache by the name asked for",
    ),
    Row::planned(
        "fastrouter-use-code-string",
        Argument::Required("CODE"),
        "find the server of the fast router with a function",
    ),
    Row::planned(
        "fastrouter-subscription-server",
        Argument::Required("ADDRESS"),
        "let servers subscribe to the fast router",
    )
    .repeats(),
    Row::planned(
        "fastrouter-subscription-fallback-key",
        Argument::Required("KEY"),
        "let the fast router use this subscription for names that nobody has",
    ),
    Row::inert(
        "fastrouter-subscription-slot",
        Argument::Required("SLOT"),
        "put the subscriptions of the fast router into a slot",
        NO_SLOTS,
    )
    .repeats(),
    Row::planned(
        "fastrouter-resubscribe",
        Argument::Required("ADDRESS"),
        "tell the subscriptions of the fast router to another router",
    )
    .repeats(),
    Row::planned(
        "fastrouter-resubscribe-bind",
        Argument::Required("ADDRESS"),
        "tell them to the other router of the fast router from this address",
    ),
    Row::planned(
        "fastrouter-fallback",
        Argument::Required("ADDRESS"),
        "let the fast router try this server when another one fails",
    )
    .repeats(),
    Row::planned(
        "fastrouter-fallback-on-no-key",
        Argument::None,
        "let the fast router use its fallback where no server is found, too",
    ),
    Row::planned(
        "fastrouter-gracetime",
        Argument::Required("SECONDS"),
        "let the fast router leave a dead server alone for this long",
    ),
    Row::planned(
        "fastrouter-timeout",
        Argument::Required("SECONDS"),
        "let the fast router drop a connection that is silent for longer",
    ),
    Row::planned(
        "fastrouter-harakiri",
        Argument::Required("SECONDS"),
        "kill a fast router that is stuck for longer",
    ),
    Row::planned(
        "fastrouter-events",
        Argument::Required("COUNT"),
        "let the fast router take this many events at a time",
    ),
    Row::planned(
        "fastrouter-buffer-size",
        Argument::Required("BYTES"),
        "let the fast router read this much at a time",
    ),
    Row::planned(
        "fastrouter-post-buffering",
        Argument::Required("BYTES"),
        "let the fast router keep larger bodies on disk",
    ),
    Row::planned(
        "fastrouter-post-buffering-dir",
        Argument::Required("DIRECTORY"),
        "where the fast router keeps bodies on disk",
    ),
    Row::planned(
        "fastrouter-quiet",
        Argument::Required("N"),
        "do not log servers that the fast router cannot reach",
    ),
    Row::planned(
        "fastrouter-cheap",
        Argument::None,
        "let the fast router accept only while it knows a server",
    ),
    Row::planned(
        "fastrouter-stats",
        Argument::Required("ADDRESS"),
        "serve the statistics of the fast router as JSON",
    )
    .aliases(&["fastrouter-stats-server", "fastrouter-ss"]),
    Row::planned(
        "fastrouter-zerg",
        Argument::Required("ADDRESS"),
        "take the sockets of the fast router from a zerg server",
    )
    .repeats(),
    Row::planned("fastrouter-uid", Argument::Required("USER"), "run the fast router as this user"),
    Row::planned(
        "fastrouter-gid",
        Argument::Required("GROUP"),
        "run the fast router as this group",
    ),
    Row::planned(
        "rawrouter",
        Argument::Required("ADDRESS"),
        "route connections to other servers byte by byte",
    )
    .repeats(),
    Row::planned(
        "rawrouter-processes",
        Argument::Required("COUNT"),
        "run this many processes of the raw router",
    )
    .aliases(&["rawrouter-workers"]),
    Row::planned(
        "rawrouter-to",
        Argument::Required("ADDRESS"),
        "send what comes to the raw router to this server",
    )
    .repeats(),
    Row::planned(
        "rawrouter-use-socket",
        Argument::Optional("ADDRESS"),
        "send what comes to the raw router to a socket of this server",
    ),
    Row::planned(
        "rawrouter-use-base",
        Argument::Required("PREFIX"),
        "find the server of the raw router at a prefix followed by the name asked for",
    ),
    Row::planned(
        "rawrouter-use-pattern",
        Argument::Required("PATTERN"),
        "find the server of the raw router at a pattern with the name asked for",
    ),
    Row::planned(
        "rawrouter-use-cache",
        Argument::Optional("CACHE"),
        "find the server of the raw router in a cache by the name asked for",
    ),
    Row::planned(
        "rawrouter-use-code-string",
        Argument::Required("CODE"),
        "find the server of the raw router with a function",
    ),
    Row::planned(
        "rawrouter-subscription-server",
        Argument::Required("ADDRESS"),
        "let servers subscribe to the raw router",
    )
    .repeats(),
    Row::inert(
        "rawrouter-subscription-slot",
        Argument::Required("SLOT"),
        "put the subscriptions of the raw router into a slot",
        NO_SLOTS,
    )
    .repeats(),
    Row::planned(
        "rawrouter-fallback",
        Argument::Required("ADDRESS"),
        "let the raw router try this server when another one fails",
    )
    .repeats(),
    Row::planned(
        "rawrouter-gracetime",
        Argument::Required("SECONDS"),
        "let the raw router leave a dead server alone for this long",
    ),
    Row::planned(
        "rawrouter-max-retries",
        Argument::Required("COUNT"),
        "let the raw router try this many other servers",
    ),
    Row::planned(
        "rawrouter-timeout",
        Argument::Required("SECONDS"),
        "let the raw router drop a connection that is silent for longer",
    ),
    Row::planned(
        "rawrouter-harakiri",
        Argument::Required("SECONDS"),
        "kill a raw router that is stuck for longer",
    ),
    Row::planned(
        "rawrouter-events",
        Argument::Required("COUNT"),
        "let the raw router take this many events at a time",
    ),
    Row::planned(
        "rawrouter-buffer-size",
        Argument::Required("BYTES"),
        "let the raw router read this much at a time",
    ),
    Row::planned(
        "rawrouter-quiet",
        Argument::Required("N"),
        "do not log servers that the raw router cannot reach",
    ),
    Row::planned(
        "rawrouter-cheap",
        Argument::None,
        "let the raw router accept only while it knows a server",
    ),
    Row::planned(
        "rawrouter-stats",
        Argument::Required("ADDRESS"),
        "serve the statistics of the raw router as JSON",
    )
    .aliases(&["rawrouter-stats-server", "rawrouter-ss"]),
    Row::planned(
        "rawrouter-zerg",
        Argument::Required("ADDRESS"),
        "take the sockets of the raw router from a zerg server",
    )
    .repeats(),
    Row::planned(
        "rawrouter-xclient",
        Argument::None,
        "let the raw router tell mail servers the client's address",
    ),
    Row::planned(
        "sslrouter",
        Argument::Required("ADDRESS,CERTIFICATE,KEY"),
        "end TLS and route what is inside to other servers",
    )
    .repeats(),
    Row::planned(
        "sslrouter2",
        Argument::Required("KEY=VALUE,…"),
        "as sslrouter, with keys for how",
    )
    .repeats(),
    Row::planned(
        "sslrouter-processes",
        Argument::Required("COUNT"),
        "run this many processes of the TLS router",
    )
    .aliases(&["sslrouter-workers"]),
    Row::planned(
        "sslrouter-to",
        Argument::Required("ADDRESS"),
        "send what comes to the TLS router to this server",
    )
    .repeats(),
    Row::planned(
        "sslrouter-use-socket",
        Argument::Optional("ADDRESS"),
        "send what comes to the TLS router to a socket of this server",
    ),
    Row::planned(
        "sslrouter-use-base",
        Argument::Required("PREFIX"),
        "find the server of the TLS router at a prefix followed by the name asked for",
    ),
    Row::planned(
        "sslrouter-use-pattern",
        Argument::Required("PATTERN"),
        "find the server of the TLS router at a pattern with the name asked for",
    ),
    Row::planned(
        "sslrouter-use-cache",
        Argument::Optional("CACHE"),
        "find the server of the TLS router in a cache by the name asked for",
    ),
    Row::planned(
        "sslrouter-use-code-string",
        Argument::Required("CODE"),
        "find the server of the TLS router with a function",
    ),
    Row::planned(
        "sslrouter-subscription-server",
        Argument::Required("ADDRESS"),
        "let servers subscribe to the TLS router",
    )
    .repeats(),
    Row::planned(
        "sslrouter-fallback",
        Argument::Required("ADDRESS"),
        "let the TLS router try this server when another one fails",
    )
    .repeats(),
    Row::planned(
        "sslrouter-gracetime",
        Argument::Required("SECONDS"),
        "let the TLS router leave a dead server alone for this long",
    ),
    Row::planned(
        "sslrouter-max-retries",
        Argument::Required("COUNT"),
        "let the TLS router try this many other servers",
    ),
    Row::planned(
        "sslrouter-timeout",
        Argument::Required("SECONDS"),
        "let the TLS router drop a connection that is silent for longer",
    ),
    Row::planned(
        "sslrouter-harakiri",
        Argument::Required("SECONDS"),
        "kill a TLS router that is stuck for longer",
    ),
    Row::planned(
        "sslrouter-events",
        Argument::Required("COUNT"),
        "let the TLS router take this many events at a time",
    ),
    Row::planned(
        "sslrouter-buffer-size",
        Argument::Required("BYTES"),
        "let the TLS router read this much at a time",
    ),
    Row::planned(
        "sslrouter-quiet",
        Argument::Required("N"),
        "do not log servers that the TLS router cannot reach",
    ),
    Row::planned(
        "sslrouter-cheap",
        Argument::None,
        "let the TLS router accept only while it knows a server",
    ),
    Row::planned(
        "sslrouter-stats",
        Argument::Required("ADDRESS"),
        "serve the statistics of the TLS router as JSON",
    )
    .aliases(&["sslrouter-stats-server", "sslrouter-ss"]),
    Row::planned(
        "sslrouter-zerg",
        Argument::Required("ADDRESS"),
        "take the sockets of the TLS router from a zerg server",
    )
    .repeats(),
    Row::planned(
        "sslrouter-session-context",
        Argument::Required("NAME"),
        "keep TLS sessions of the TLS router under a name",
    ),
    Row::planned(
        "sslrouter-sni",
        Argument::None,
        "let the TLS router go by the name that the client asks TLS for",
    ),
];

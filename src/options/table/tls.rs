//! Rows about TLS.

use super::{Argument, Row};

pub(super) static ROWS: &[Row] = &[
    Row::planned("ssl-verbose", Argument::None, ""),
    Row::planned("ssl-verify-depth", Argument::Optional("N"), ""),
    Row::planned("sni", Argument::Required("VALUE"), "").repeats(),
    Row::planned("sni-dir", Argument::Required("VALUE"), ""),
    Row::planned("sni-dir-ciphers", Argument::Required("VALUE"), ""),
    Row::planned("ssl-enable3", Argument::None, "").aliases(&["ssl-enable-sslv3"]),
    Row::planned("ssl-enable-tlsv1", Argument::None, ""),
    Row::planned("ssl-option", Argument::None, "").repeats(),
    Row::planned("ssl-tmp-dir", Argument::Required("VALUE"), ""),
    Row::planned("ssl-sessions-use-cache", Argument::Optional("VALUE"), "")
        .aliases(&["ssl-session-use-cache"]),
    Row::planned("ssl-sessions-timeout", Argument::Required("N"), "")
        .aliases(&["ssl-session-timeout"]),
    Row::planned("sni-regexp", Argument::Required("VALUE"), "").repeats(),
];

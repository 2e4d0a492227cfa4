//! Rows about TLS: sockets that speak it are in the chapters of their protocols.

use super::super::sockets::parse_sni;
use super::{Argument, Row};

const ONLY_SOUND_VERSIONS: &str =
    "TLS 1.2 and 1.3 are spoken with the suites that rustls holds to be sound, and nothing older";
const TICKETS: &str = "each process resumes the sessions it began itself";

pub(super) static ROWS: &[Row] = &[
    Row::flag(
        "ssl-verbose",
        |s| &mut s.http.ssl_verbose,
        "tell in the log why a TLS connection cannot begin",
    ),
    Row::inert(
        "ssl-verify-depth",
        Argument::Optional("N"),
        "longest chain of certificates of a client",
        "chains are checked to the client CA with a bound of their own",
    ),
    Row::parsed(
        "sni",
        "HOST CERT,KEY",
        |settings, value, _| {
            settings.http.sni.push(parse_sni(value)?);
            Ok(())
        },
        "certificate for clients that ask for one host",
    )
    .repeats(),
    Row::word(
        "sni-dir",
        "DIRECTORY",
        |s| &mut s.http.sni_dir,
        "directory of HOST.crt and HOST.key, read at the start",
    ),
    Row::inert(
        "sni-dir-ciphers",
        Argument::Required("CIPHERS"),
        "ciphers for the certificates of sni-dir",
        ONLY_SOUND_VERSIONS,
    ),
    Row::inert("ssl-enable3", Argument::None, "speak SSL 3", ONLY_SOUND_VERSIONS)
        .aliases(&["ssl-enable-sslv3"]),
    Row::inert("ssl-enable-tlsv1", Argument::None, "speak TLS 1.0", ONLY_SOUND_VERSIONS),
    Row::inert("ssl-option", Argument::None, "set a flag of OpenSSL", "OpenSSL is not in use")
        .repeats(),
    Row::inert(
        "ssl-tmp-dir",
        Argument::Required("DIRECTORY"),
        "where certificates that come in variables are kept",
        "certificates are read from the files that are named",
    ),
    Row::inert(
        "ssl-sessions-use-cache",
        Argument::Optional("CACHE"),
        "keep TLS sessions in a cache of the server",
        TICKETS,
    )
    .aliases(&["ssl-session-use-cache"]),
    Row::inert(
        "ssl-sessions-timeout",
        Argument::Required("SECONDS"),
        "how long a TLS session can be resumed",
        TICKETS,
    )
    .aliases(&["ssl-session-timeout"]),
    Row::planned(
        "sni-regexp",
        Argument::Required("REGEXP CERT,KEY"),
        "certificate for host names that match",
    )
    .repeats(),
];

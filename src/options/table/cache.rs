//! Rows about the caching framework.

use super::{Argument, Row};

pub(super) static ROWS: &[Row] = &[
    Row::planned("cache", Argument::Required("N"), ""),
    Row::planned("cache-blocksize", Argument::Required("N"), ""),
    Row::planned("cache-store", Argument::Required("VALUE"), ""),
    Row::planned("cache-store-sync", Argument::Required("N"), ""),
    Row::planned("cache-no-expire", Argument::None, ""),
    Row::planned("cache-expire-freq", Argument::Required("N"), ""),
    Row::planned("cache-report-freed-items", Argument::None, ""),
    Row::planned("cache-udp-server", Argument::Required("VALUE"), "").repeats(),
    Row::planned("cache-udp-node", Argument::Required("VALUE"), "").repeats(),
    Row::planned("cache-sync", Argument::Required("VALUE"), ""),
    Row::planned("cache-use-last-modified", Argument::None, ""),
    Row::planned("add-cache-item", Argument::Required("VALUE"), "").repeats(),
    Row::planned("load-file-in-cache", Argument::Required("VALUE"), "").repeats(),
    Row::planned("load-file-in-cache-gzip", Argument::Required("VALUE"), "").repeats(),
    Row::planned("cache2", Argument::Required("VALUE"), "").repeats(),
    Row::planned("queue", Argument::Required("N"), ""),
    Row::planned("queue-blocksize", Argument::Required("N"), ""),
    Row::planned("queue-store", Argument::Required("VALUE"), ""),
    Row::planned("queue-store-sync", Argument::Required("N"), ""),
    Row::planned("check-cache", Argument::Optional("VALUE"), ""),
];

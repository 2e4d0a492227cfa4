//! Rows about the caching framework.

use super::{Argument, Row};

pub(super) static ROWS: &[Row] = &[
    Row::planned(
        "cache2",
        Argument::Required("KEY=VALUE,…"),
        "make a cache with a name that all processes share",
    )
    .repeats(),
    Row::planned(
        "cache",
        Argument::Required("ITEMS"),
        "make the default cache with room for this many items",
    ),
    Row::planned(
        "cache-blocksize",
        Argument::Required("BYTES"),
        "size of a block of the default cache",
    ),
    Row::planned("cache-store", Argument::Required("FILE"), "keep the default cache in a file"),
    Row::planned(
        "cache-store-sync",
        Argument::Required("SECONDS"),
        "write the file of the default cache this often",
    ),
    Row::planned(
        "cache-no-expire",
        Argument::None,
        "leave items of caches in place when their time is over",
    ),
    Row::planned(
        "cache-expire-freq",
        Argument::Required("SECONDS"),
        "look for items to expire this often",
    ),
    Row::planned("cache-report-freed-items", Argument::None, "log each item that expires"),
    Row::planned(
        "cache-use-last-modified",
        Argument::None,
        "note when an item of a cache was last written",
    ),
    Row::planned(
        "cache-udp-server",
        Argument::Required("ADDRESS"),
        "take changes of caches from other servers by UDP",
    )
    .repeats(),
    Row::planned(
        "cache-udp-node",
        Argument::Required("ADDRESS"),
        "send changes of caches to another server by UDP",
    )
    .repeats(),
    Row::planned(
        "cache-sync",
        Argument::Required("ADDRESS"),
        "copy the cache of another server at the start",
    ),
    Row::planned(
        "add-cache-item",
        Argument::Required("[CACHE ]KEY=VALUE"),
        "put an item into a cache at the start",
    )
    .repeats(),
    Row::planned(
        "load-file-in-cache",
        Argument::Required("[CACHE ]FILE"),
        "put a file into a cache at the start",
    )
    .repeats(),
    Row::planned(
        "load-file-in-cache-gzip",
        Argument::Required("[CACHE ]FILE"),
        "put a file into a cache at the start, compressed",
    )
    .repeats(),
    Row::planned(
        "check-cache",
        Argument::Optional("CACHE"),
        "answer requests from a cache by their path",
    ),
    Row::planned("queue", Argument::Required("BLOCKS"), "make a queue that all processes share"),
    Row::planned("queue-blocksize", Argument::Required("BYTES"), "size of a block of the queue"),
    Row::planned("queue-store", Argument::Required("FILE"), "keep the queue in a file"),
    Row::planned(
        "queue-store-sync",
        Argument::Required("SECONDS"),
        "write the file of the queue this often",
    ),
];

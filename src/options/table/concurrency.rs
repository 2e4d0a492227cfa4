//! Rows about asynchronous loops.

use super::{Argument, Row};

/// Why options of coroutine engines are inert.
pub(super) const THREADS: &str = "each request has a thread of its own, which needs no coroutines";

pub(super) static ROWS: &[Row] = &[
    Row::planned(
        "async",
        Argument::Required("CORES"),
        "serve this many requests in turn in each process",
    ),
    Row::planned("loop", Argument::Required("NAME"), "choose the loop that waits for requests"),
    Row::planned("loop-list", Argument::None, "show the loops and go on").aliases(&["loops-list"]),
    Row::planned(
        "gevent",
        Argument::Required("CORES"),
        "serve requests in this many greenlets of gevent",
    ),
    Row::planned(
        "gevent-monkey-patch",
        Argument::None,
        "let gevent replace blocking functions before the application is loaded",
    ),
    Row::planned(
        "gevent-early-monkey-patch",
        Argument::None,
        "let gevent replace blocking functions as soon as Python runs",
    ),
    Row::planned(
        "gevent-wait-for-hub",
        Argument::None,
        "wait for gevent's hub to end, not only for its greenlets",
    ),
    Row::inert("ugreen", Argument::None, "switch between requests with uGreen", THREADS),
    Row::inert(
        "ugreen-stacksize",
        Argument::Required("PAGES"),
        "stack of each uGreen coroutine",
        THREADS,
    ),
];

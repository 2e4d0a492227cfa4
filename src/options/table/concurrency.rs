//! Rows about asynchronous loops.

use super::{Argument, Row};

pub(super) static ROWS: &[Row] = &[
    Row::planned("async", Argument::Required("N"), ""),
    Row::planned("loop", Argument::Required("VALUE"), ""),
    Row::planned("loop-list", Argument::None, "").aliases(&["loops-list"]),
    Row::planned("gevent", Argument::Required("N"), ""),
    Row::planned("gevent-monkey-patch", Argument::None, ""),
    Row::planned("gevent-early-monkey-patch", Argument::None, ""),
    Row::planned("gevent-wait-for-hub", Argument::None, ""),
    Row::planned("ugreen", Argument::None, ""),
    Row::planned("ugreen-stacksize", Argument::Required("N"), ""),
];

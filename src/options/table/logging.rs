//! Rows about logs and statistics.

use super::{Argument, Row};

pub(super) static ROWS: &[Row] = &[
    Row::flag("disable-logging", |s| &mut s.disable_logging, "do not log requests").short('L'),
    Row::flag("log-4xx", |s| &mut s.log_4xx, "log requests answered with 4xx all the same"),
    Row::flag("log-5xx", |s| &mut s.log_5xx, "log requests answered with 5xx all the same"),
    Row::number(
        "log-slow",
        "MILLISECONDS",
        |s| &mut s.log_slow,
        "log requests that take longer all the same; 0 is never",
    ),
    Row::flag("log-micros", |s| &mut s.log_micros, "log times in microseconds"),
    Row::flag(
        "log-x-forwarded-for",
        |s| &mut s.log_x_forwarded_for,
        "log the address of X-Forwarded-For",
    ),
    Row::flag("memory-report", |s| &mut s.memory_report, "log the memory of the worker"),
    Row::word("logto", "FILE", |s| &mut s.logto, "log to a file, opened before dropping"),
    Row::word("logto2", "FILE", |s| &mut s.logto2, "log to a file, opened after dropping"),
    Row::inert(
        "log-master",
        Argument::None,
        "log through the master",
        "every line is one write to the same file, so lines never mix",
    ),
    Row::word("stats", "ADDRESS", |s| &mut s.stats, "serve statistics as JSON on an address")
        .aliases(&["stats-server"]),
    Row::flag("stats-http", |s| &mut s.stats_http, "put an HTTP head before the statistics"),
    Row::flag("stats-minified", |s| &mut s.stats_minified, "statistics on one line")
        .aliases(&["stats-min"]),
];

//! Rows about logs and statistics.

use super::super::directive::Said;
use super::{Argument, Row};

/// Settings of this chapter. A field has the name of its option.
#[expect(missing_docs, reason = "the table says what each option does")]
#[expect(clippy::struct_excessive_bools, reason = "options are flags")]
#[derive(Clone, Debug, Default)]
pub struct Logging {
    pub disable_logging: bool,
    pub log_slow: u64,
    pub log_4xx: bool,
    pub log_5xx: bool,
    pub log_micros: bool,
    pub log_x_forwarded_for: bool,
    pub memory_report: bool,
    pub logto: Option<Said>,
    pub logto2: Option<Said>,
}

pub(super) static ROWS: &[Row] = &[
    Row::flag("disable-logging", |s| &mut s.logging.disable_logging, "do not log requests")
        .short('L'),
    Row::flag("log-4xx", |s| &mut s.logging.log_4xx, "log requests answered with 4xx all the same"),
    Row::flag("log-5xx", |s| &mut s.logging.log_5xx, "log requests answered with 5xx all the same"),
    Row::number(
        "log-slow",
        "MILLISECONDS",
        |s| &mut s.logging.log_slow,
        "log requests that take longer all the same; 0 is never",
    ),
    Row::flag("log-micros", |s| &mut s.logging.log_micros, "log times in microseconds"),
    Row::flag(
        "log-x-forwarded-for",
        |s| &mut s.logging.log_x_forwarded_for,
        "log the address of X-Forwarded-For",
    ),
    Row::flag("memory-report", |s| &mut s.logging.memory_report, "log the memory of the worker")
        .short('m'),
    Row::word("logto", "FILE", |s| &mut s.logging.logto, "log to a file, opened before dropping"),
    Row::word("logto2", "FILE", |s| &mut s.logging.logto2, "log to a file, opened after dropping"),
    Row::inert(
        "log-master",
        Argument::None,
        "log through the master",
        "every line is one write to the same file, so lines never mix",
    ),
    Row::planned("touch-logrotate", Argument::Required("VALUE"), "").repeats(),
    Row::planned("touch-logreopen", Argument::Required("VALUE"), "").repeats(),
    Row::planned("log-format", Argument::Required("VALUE"), "").aliases(&["logformat"]),
    Row::planned("logformat-strftime", Argument::None, "").aliases(&["log-format-strftime"]),
    Row::planned("logfile-chown", Argument::None, ""),
    Row::planned("logfile-chmod", Argument::Required("VALUE"), ""),
    Row::planned("log-syslog", Argument::Optional("LOGGER"), "").repeats(),
    Row::planned("log-socket", Argument::Required("LOGGER"), "").repeats(),
    Row::planned("req-logger", Argument::Required("LOGGER"), "").aliases(&["logger-req"]).repeats(),
    Row::planned("logger", Argument::Required("LOGGER"), "").repeats(),
    Row::planned("logger-list", Argument::None, "").aliases(&["loggers-list"]),
    Row::planned("threaded-logger", Argument::None, ""),
    Row::planned("log-encoder", Argument::Required("VALUE"), "").repeats(),
    Row::planned("log-req-encoder", Argument::Required("VALUE"), "").repeats(),
    Row::planned("alarm", Argument::Required("VALUE"), "").repeats(),
    Row::planned("alarm-cheap", Argument::Required("VALUE"), ""),
    Row::planned("alarm-freq", Argument::Required("N"), ""),
    Row::planned("alarm-fd", Argument::Required("VALUE"), "").repeats(),
    Row::planned("alarm-segfault", Argument::Required("VALUE"), "")
        .aliases(&["segfault-alarm"])
        .repeats(),
    Row::planned("alarm-backlog", Argument::Required("VALUE"), "")
        .aliases(&[
            "backlog-alarm",
            "lq-alarm",
            "alarm-lq",
            "alarm-listen-queue",
            "listen-queue-alarm",
        ])
        .repeats(),
    Row::planned("alarm-list", Argument::None, "").aliases(&["alarms-list"]),
    Row::planned("alarm-msg-size", Argument::Required("N"), ""),
    Row::planned("log-master-bufsize", Argument::Required("N"), ""),
    Row::planned("log-master-stream", Argument::None, ""),
    Row::planned("log-master-req-stream", Argument::None, ""),
    Row::planned("log-reopen", Argument::None, ""),
    Row::planned("log-truncate", Argument::None, ""),
    Row::planned("log-maxsize", Argument::Required("N"), ""),
    Row::planned("log-backupname", Argument::Required("VALUE"), ""),
    Row::planned("logdate", Argument::Optional("VALUE"), "").aliases(&["log-date"]),
    Row::planned("log-prefix", Argument::Optional("VALUE"), ""),
    Row::planned("log-zero", Argument::None, ""),
    Row::planned("log-big", Argument::Required("N"), ""),
    Row::planned("log-sendfile", Argument::Required("VALUE"), ""),
    Row::planned("log-ioerror", Argument::Required("VALUE"), ""),
    Row::planned("rsyslog-packet-size", Argument::Required("N"), ""),
    Row::planned("rsyslog-split-messages", Argument::None, ""),
    Row::planned("log-drain", Argument::Required("VALUE"), "").repeats(),
    Row::planned("log-filter", Argument::Required("VALUE"), "").repeats(),
    Row::planned("log-route", Argument::Required("VALUE"), "").repeats(),
    Row::planned("log-req-route", Argument::Required("VALUE"), "").repeats(),
    Row::planned("log-alarm", Argument::Required("VALUE"), "").aliases(&["alarm-log"]).repeats(),
    Row::planned("not-log-alarm", Argument::Required("VALUE"), "")
        .aliases(&["not-alarm-log"])
        .repeats(),
];

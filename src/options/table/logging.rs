//! Rows about logs.

use std::path::PathBuf;

use super::super::directive::Said;
use super::super::values::{parse_mode, truth};
use super::{Argument, Effect, Row};
use crate::error::Failure;
use crate::log::encoder::Encoder;
use crate::log::plan::{FileRules, Logger, Plan, Route, Stream, Unusable, parse_pattern};

/// Settings of this chapter. A field has the name of its option.
#[expect(missing_docs, reason = "the table says what each option does")]
#[expect(clippy::struct_excessive_bools, reason = "options are flags")]
#[derive(Clone, Debug, Default)]
pub struct Logging {
    pub disable_logging: bool,
    pub log_slow: u64,
    pub log_big: u64,
    pub log_zero: bool,
    pub log_4xx: bool,
    pub log_5xx: bool,
    pub log_sendfile: bool,
    pub log_ioerror: bool,
    pub log_micros: bool,
    pub log_x_forwarded_for: bool,
    pub log_format: Option<Said>,
    pub log_json: bool,
    pub logformat_strftime: bool,
    pub logdate: Option<Said>,
    pub log_prefix: Option<Said>,
    pub memory_report: bool,
    pub logto: Option<Said>,
    pub logto2: Option<Said>,
    pub log_reopen: bool,
    pub log_truncate: bool,
    pub logfile_chown: bool,
    pub logfile_chmod: Option<u32>,
    pub log_maxsize: u64,
    pub log_backupname: Option<Said>,
    pub touch_logrotate: Vec<Said>,
    pub touch_logreopen: Vec<Said>,
    pub logger_list: bool,
    pub logger: Vec<Said>,
    pub req_logger: Vec<Said>,
    pub log_syslog: Vec<Said>,
    pub log_socket: Vec<Said>,
    pub log_encoder: Vec<Said>,
    pub log_req_encoder: Vec<Said>,
    pub log_route: Vec<Said>,
    pub log_req_route: Vec<Said>,
    pub log_drain: Vec<Said>,
    pub log_filter: Vec<Said>,
}

impl Logging {
    /// Where lines go, and doubts about it with what was said.
    pub fn plan(&self) -> Result<(Plan, Vec<(Said, String)>), Failure> {
        let mut doubts = Vec::new();
        let mut server = Vec::new();
        for (option, plugin, values) in [
            ("logger", "", &self.logger),
            ("log-syslog", "syslog:", &self.log_syslog),
            ("log-socket", "socket:", &self.log_socket),
        ] {
            let logger = |value: &str| Logger::parse(&format!("{plugin}{value}"));
            server.extend(known(option, values, logger, &mut doubts)?);
        }
        server.extend(self.logto.iter().chain(&self.logto2).filter_map(datagrams));
        let requests = known("req-logger", &self.req_logger, Logger::parse, &mut doubts)?;
        let mut encoders = |option, values| known(option, values, Encoder::parse, &mut doubts);
        let server_encoders = encoders("log-encoder", &self.log_encoder)?;
        let request_encoders = encoders("log-req-encoder", &self.log_req_encoder)?;
        let paths =
            |values: &[Said]| values.iter().map(|said| PathBuf::from(&said.value)).collect();
        let plan = Plan {
            server: Stream {
                loggers: server,
                encoders: server_encoders,
                routes: parsed("log-route", &self.log_route, Route::parse)?,
            },
            requests: Stream {
                loggers: requests,
                encoders: request_encoders,
                routes: parsed("log-req-route", &self.log_req_route, Route::parse)?,
            },
            drains: parsed("log-drain", &self.log_drain, parse_pattern)?,
            filters: parsed("log-filter", &self.log_filter, parse_pattern)?,
            rules: FileRules {
                max_size: self.log_maxsize,
                backup: self.log_backupname.as_ref().map(|said| PathBuf::from(&said.value)),
                mode: self.logfile_chmod,
                ..FileRules::default()
            },
            rotate_on: paths(&self.touch_logrotate),
            reopen_on: paths(&self.touch_logreopen),
            ..Plan::default()
        };
        for said in self.log_route.iter().chain(&self.log_req_route) {
            if plan.lost_routes().any(|name| said.value.starts_with(&format!("{name} "))) {
                doubts.push((said.clone(), "there is no logger of this name".to_owned()));
            }
        }
        Ok((plan, doubts))
    }

    /// The file that the log is, opened before privileges are dropped.
    #[must_use]
    pub fn file(&self) -> Option<&Said> {
        self.logto.as_ref().filter(|said| datagrams(said).is_none())
    }

    /// The same, opened afterwards.
    #[must_use]
    pub fn late_file(&self) -> Option<&Said> {
        self.logto2.as_ref().filter(|said| datagrams(said).is_none())
    }

    /// What stands before each line of the server: nothing, a date as `ctime` writes it, or a form
    /// of `strftime`'s.
    #[must_use]
    pub fn prefix(&self) -> Option<Option<&str>> {
        let said = self.logdate.as_ref().or(self.log_prefix.as_ref())?;
        match said.value.as_str() {
            "" => Some(None),
            yes if ["true", "on", "yes", "1"].iter().any(|word| yes.eq_ignore_ascii_case(word)) => {
                Some(None)
            }
            value => truth(value).then_some(Some(value)),
        }
    }
}

/// Reads all values of an option.
fn parsed<T>(
    option: &str,
    values: &[Said],
    parse: impl Fn(&str) -> Result<T, String>,
) -> Result<Vec<T>, Failure> {
    let read = |said: &Said| {
        parse(&said.value).map_err(|why| {
            Failure::new(format!("{}: cannot use {option} = {}: {why}", said.origin, said.value))
        })
    };
    values.iter().map(read).collect()
}

/// `logto = host:port` is no file.
fn datagrams(said: &Said) -> Option<Logger> {
    let address = &said.value;
    let is_one = address.contains(':') && !address.contains('/');
    is_one.then(|| Logger::parse(&format!("socket:{address}")).ok()).flatten()
}

/// Reads all values of an option; what is not here yet is a doubt.
fn known<T>(
    option: &str,
    values: &[Said],
    parse: impl Fn(&str) -> Result<T, Unusable>,
    doubts: &mut Vec<(Said, String)>,
) -> Result<Vec<T>, Failure> {
    let read = |value: &str| match parse(value) {
        Ok(known) => Ok(Ok(known)),
        Err(Unusable::NotYet(name)) => Ok(Err(name)),
        Err(Unusable::Wrong(why)) => Err(why),
    };
    let mut all = Vec::new();
    for (said, read) in values.iter().zip(parsed(option, values, read)?) {
        match read {
            Ok(known) => all.push(known),
            Err(name) => {
                doubts.push((said.clone(), format!("{option} {name} of uWSGI is not here yet")));
            }
        }
    }
    Ok(all)
}

/// Why options about the master's part in the log are inert.
const NO_MASTER: &str = "a process of its own writes what loggers get, however long a line is";

pub(super) static ROWS: &[Row] = &[
    Row::word("logto", "FILE", |s| &mut s.logging.logto, "log to a file, opened before dropping"),
    Row::word("logto2", "FILE", |s| &mut s.logging.logto2, "log to a file, opened after dropping"),
    Row::size(
        "log-maxsize",
        |s| &mut s.logging.log_maxsize,
        "rename the log when it is larger than this",
    ),
    Row::word(
        "log-backupname",
        "FILE",
        |s| &mut s.logging.log_backupname,
        "name of the log that was renamed; else the time is added",
    ),
    Row::words(
        "touch-logrotate",
        "FILE",
        |s| &mut s.logging.touch_logrotate,
        "rename the logs when a file is touched",
    ),
    Row::words(
        "touch-logreopen",
        "FILE",
        |s| &mut s.logging.touch_logreopen,
        "open the logs anew when a file is touched",
    ),
    Row::flag("log-reopen", |s| &mut s.logging.log_reopen, "open the log anew at each reload"),
    Row::flag("log-truncate", |s| &mut s.logging.log_truncate, "empty the log at the start"),
    Row::flag(
        "logfile-chown",
        |s| &mut s.logging.logfile_chown,
        "give the log to the user and group of the server",
    ),
    Row::parsed(
        "logfile-chmod",
        "MODE",
        |s, mode, _| parse_mode(mode).map(|mode| s.logging.logfile_chmod = Some(mode)),
        "mode of the log, in octal digits",
    ),
    Row::new(
        "logdate",
        Argument::Optional("FORMAT"),
        Effect::Line(|s| &mut s.logging.logdate),
        "put the date before each line of the server",
    )
    .aliases(&["log-date"]),
    Row::new(
        "log-prefix",
        Argument::Optional("TEXT"),
        Effect::Line(|s| &mut s.logging.log_prefix),
        "put a text before each line of the server",
    ),
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
    Row::size("log-big", |s| &mut s.logging.log_big, "log larger replies all the same"),
    Row::flag("log-zero", |s| &mut s.logging.log_zero, "log replies without a body all the same"),
    Row::new(
        "log-sendfile",
        Argument::Required("true"),
        Effect::Flag(|s| &mut s.logging.log_sendfile),
        "log replies from a file all the same",
    ),
    Row::new(
        "log-ioerror",
        Argument::Required("true"),
        Effect::Flag(|s| &mut s.logging.log_ioerror),
        "log requests whose client went away all the same",
    ),
    Row::new(
        "log-format",
        Argument::Required("FORMAT"),
        Effect::Line(|s| &mut s.logging.log_format),
        "the line of a request, with names such as %(uri) and %(status)",
    )
    .aliases(&["logformat"]),
    Row::flag(
        "log-json",
        |s| &mut s.logging.log_json,
        "(ours) log each request as one JSON object",
    ),
    Row::flag(
        "logformat-strftime",
        |s| &mut s.logging.logformat_strftime,
        "write %(ftime) in the form of log-date",
    )
    .aliases(&["log-format-strftime"]),
    Row::flag("log-micros", |s| &mut s.logging.log_micros, "log times in microseconds"),
    Row::flag(
        "log-x-forwarded-for",
        |s| &mut s.logging.log_x_forwarded_for,
        "log the address of X-Forwarded-For",
    ),
    Row::flag("memory-report", |s| &mut s.logging.memory_report, "log the memory of the worker")
        .short('m'),
    Row::words(
        "logger",
        "[NAME ]LOGGER",
        |s| &mut s.logging.logger,
        "log to file:PATH, stdio, fd:N, socket:ADDRESS, syslog or rsyslog:HOST:PORT",
    ),
    Row::words(
        "req-logger",
        "[NAME ]LOGGER",
        |s| &mut s.logging.req_logger,
        "log requests to a logger of their own",
    )
    .aliases(&["logger-req"]),
    Row::new(
        "log-syslog",
        Argument::Optional("NAME,FACILITY"),
        Effect::Words(|s| &mut s.logging.log_syslog),
        "log to the system's log",
    ),
    Row::words("log-socket", "ADDRESS", |s| &mut s.logging.log_socket, "log to a datagram socket"),
    Row::flag("logger-list", |s| &mut s.logging.logger_list, "show the loggers and go on")
        .aliases(&["loggers-list"]),
    Row::new(
        "log-encoder",
        Argument::Required("ENCODER[:LOGGER] TEXT"),
        Effect::Lines(|s| &mut s.logging.log_encoder),
        "change each line with prefix, suffix, nl, format or json",
    ),
    Row::new(
        "log-req-encoder",
        Argument::Required("ENCODER[:LOGGER] TEXT"),
        Effect::Lines(|s| &mut s.logging.log_req_encoder),
        "change each line of a request with an encoder",
    ),
    Row::new(
        "log-route",
        Argument::Required("LOGGER PATTERN"),
        Effect::Lines(|s| &mut s.logging.log_route),
        "send matching lines to the logger of this name",
    ),
    Row::new(
        "log-req-route",
        Argument::Required("LOGGER PATTERN"),
        Effect::Lines(|s| &mut s.logging.log_req_route),
        "send matching lines of requests to the logger of this name",
    ),
    Row::new(
        "log-filter",
        Argument::Required("PATTERN"),
        Effect::Lines(|s| &mut s.logging.log_filter),
        "log only lines that match",
    ),
    Row::new(
        "log-drain",
        Argument::Required("PATTERN"),
        Effect::Lines(|s| &mut s.logging.log_drain),
        "do not log lines that match",
    ),
    Row::inert(
        "log-master",
        Argument::None,
        "log through the master",
        "every line is one write to the same file, so lines never mix",
    ),
    Row::inert(
        "log-master-bufsize",
        Argument::Required("BYTES"),
        "cut lines that go through the master",
        NO_MASTER,
    ),
    Row::inert(
        "log-master-stream",
        Argument::None,
        "send lines to the master over a stream",
        NO_MASTER,
    ),
    Row::inert(
        "log-master-req-stream",
        Argument::None,
        "send lines of requests to the master over a stream",
        NO_MASTER,
    ),
    Row::inert(
        "threaded-logger",
        Argument::None,
        "let a thread of the master write the log",
        NO_MASTER,
    ),
    Row::inert(
        "rsyslog-packet-size",
        Argument::Required("BYTES"),
        "cut lines to a remote system's log",
        "a line is sent whole",
    ),
    Row::inert(
        "rsyslog-split-messages",
        Argument::None,
        "split long lines to a remote system's log",
        "a line is sent whole and needs no splitting",
    ),
    Row::planned("alarm", Argument::Required("NAME PLUGIN:ARGUMENT"), "define an alarm").repeats(),
    Row::planned(
        "log-alarm",
        Argument::Required("ALARM PATTERN"),
        "raise an alarm when a line of the log matches",
    )
    .aliases(&["alarm-log"])
    .repeats(),
    Row::planned(
        "not-log-alarm",
        Argument::Required("PATTERN"),
        "raise no alarm when a line of the log matches",
    )
    .aliases(&["not-alarm-log"])
    .repeats(),
    Row::planned(
        "alarm-backlog",
        Argument::Required("ALARM"),
        "raise an alarm when too many connections wait",
    )
    .aliases(&["backlog-alarm", "lq-alarm", "alarm-lq", "alarm-listen-queue", "listen-queue-alarm"])
    .repeats(),
    Row::planned(
        "alarm-fd",
        Argument::Required("ALARM FD[:BYTES[ TEXT]]"),
        "raise an alarm when a descriptor can be read",
    )
    .repeats(),
    Row::planned(
        "alarm-segfault",
        Argument::Required("ALARM"),
        "raise an alarm when a process crashes",
    )
    .aliases(&["segfault-alarm"])
    .repeats(),
    Row::planned("alarm-freq", Argument::Required("SECONDS"), "raise the same alarm this seldom"),
    Row::planned("alarm-msg-size", Argument::Required("BYTES"), "cut the text of alarms"),
    Row::planned("alarm-cheap", Argument::Required("true"), "raise all alarms from one thread"),
    Row::planned("alarm-list", Argument::None, "show the alarms and go on")
        .aliases(&["alarms-list"]),
];

#[cfg(test)]
mod tests {
    use super::super::super::directive::Origin;
    use super::*;

    fn said(value: &str) -> Said {
        Said { value: value.to_owned(), origin: Origin::CommandLine }
    }

    fn check(logging: &Logging, doubt: &str) {
        let (_, doubts) = logging.plan().expect(doubt);
        let doubts: Vec<_> = doubts.into_iter().map(|(_, doubt)| doubt).collect();
        assert_eq!(doubts, [doubt]);
    }

    #[test]
    fn what_is_not_here_yet_is_a_doubt() {
        let logger = vec![said("redislog:h:1"), said("file:x.log")];
        check(
            &Logging { logger, ..Logging::default() },
            "logger redislog of uWSGI is not here yet",
        );
        let log_route = vec![said("other .")];
        check(&Logging { log_route, ..Logging::default() }, "there is no logger of this name");
    }

    #[test]
    fn what_is_wrong_is_refused() {
        for value in ["foo:bar", "file:", "fd:x", "syslog:a,b"] {
            let failure = Logging { logger: vec![said(value)], ..Logging::default() }.plan();
            let message = failure.expect_err(value).to_string();
            assert!(message.contains(&format!("cannot use logger = {value}: ")), "{message}");
        }
    }

    #[test]
    fn only_addresses_take_the_log_away_from_files() {
        for (value, is_file) in [("x.log", true), ("/a:b/x.log", true), ("10.0.0.1:514", false)] {
            let logging = Logging { logto: Some(said(value)), ..Logging::default() };
            assert_eq!(logging.file().is_some(), is_file, "{value}");
            let (plan, _) = logging.plan().expect(value);
            assert_eq!(plan.takes_server(), !is_file, "{value}");
        }
    }

    #[test]
    fn a_date_may_have_a_form() {
        for (value, expected) in [
            ("", Some(None)),
            ("True", Some(None)),
            ("1", Some(None)),
            ("false", None),
            ("%Y", Some(Some("%Y"))),
        ] {
            let logging = Logging { logdate: Some(said(value)), ..Logging::default() };
            assert_eq!(logging.prefix(), expected, "{value}");
        }
    }
}

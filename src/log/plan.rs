//! What the configuration says about where lines go: loggers, encoders, routes. Pure; opening is
//! for [`sink`](super::sink).

use std::path::PathBuf;

use fancy_regex::Regex;

use super::encoder::Encoder;

/// All of it.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// What becomes of lines of the server and the application.
    pub server: Stream,
    /// What becomes of lines of requests, where they go another way.
    pub requests: Stream,
    /// Lines that match one of them are dropped.
    pub drains: Vec<Regex>,
    /// Where there are any, a line that matches none of them is dropped.
    pub filters: Vec<Regex>,
    /// The file in the place of standard error, opened before privileges are dropped.
    pub file: Option<PathBuf>,
    /// The same, opened afterwards, relative to the directory of the application.
    pub late_file: Option<PathBuf>,
    /// How that file is kept.
    pub rules: FileRules,
    /// A change of one of these files renames the log.
    pub rotate_on: Vec<PathBuf>,
    /// A change of one of these files opens the logs anew.
    pub reopen_on: Vec<PathBuf>,
    /// Whether the master may be told to do so at any time.
    pub on_demand: bool,
}

/// How a file is created and when it is renamed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileRules {
    /// Renamed when it is larger, in bytes; 0 is never.
    pub max_size: u64,
    /// The new name; else the old one with the time behind.
    pub backup: Option<PathBuf>,
    /// Emptied when the server starts.
    pub truncate: bool,
    /// Set whatever the umask is; created with 640 otherwise.
    pub mode: Option<u32>,
    /// User and group that it is given to.
    pub owner: Option<(Option<u32>, Option<u32>)>,
}

/// One way of lines.
#[derive(Clone, Debug, Default)]
pub struct Stream {
    /// Where they go; nowhere said is where standard error went.
    pub loggers: Vec<Logger>,
    /// What becomes of them before.
    pub encoders: Vec<Encoder>,
    /// Which of them go to named loggers instead.
    pub routes: Vec<Route>,
}

impl Stream {
    /// Whether anything is said about it.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.loggers.is_empty() && self.encoders.is_empty() && self.routes.is_empty()
    }
}

impl Plan {
    /// Whether standard error has to go through the writer.
    #[must_use]
    pub fn takes_server(&self) -> bool {
        !(self.server.is_plain()
            && self.drains.is_empty()
            && self.filters.is_empty()
            && self.rules.max_size == 0
            && self.rotate_on.is_empty()
            && self.reopen_on.is_empty()
            && !self.on_demand)
    }

    /// Whether lines of requests have a way of their own.
    #[must_use]
    pub fn takes_requests(&self) -> bool {
        !self.requests.is_plain()
    }

    /// Routes that name loggers which are not there.
    pub fn lost_routes(&self) -> impl Iterator<Item = &str> {
        [&self.server, &self.requests].into_iter().flat_map(|stream| {
            let known = |name: &str| stream.loggers.iter().any(|logger| logger.is(Some(name)));
            stream.routes.iter().map(|route| route.logger.as_str()).filter(move |name| !known(name))
        })
    }
}

/// Lines that match go to a named logger.
#[derive(Clone, Debug)]
pub struct Route {
    /// The name of the logger.
    pub logger: String,
    /// What lines match.
    pub pattern: Regex,
}

impl Route {
    /// Reads `NAME PATTERN`.
    pub fn parse(value: &str) -> Result<Self, String> {
        let (logger, pattern) = value.split_once(' ').ok_or(
            "it needs the name of a logger and a regular expression, with a space between",
        )?;
        Ok(Self { logger: logger.to_owned(), pattern: parse_pattern(pattern)? })
    }
}

/// A regular expression as Perl has them.
pub fn parse_pattern(pattern: &str) -> Result<Regex, String> {
    Regex::new(pattern).map_err(|error| format!("it is no regular expression: {error}"))
}

/// A place for lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logger {
    /// As it was written, without the name.
    pub said: String,
    /// A logger with a name gets only what is routed to it.
    pub name: Option<String>,
    /// The place.
    pub target: Target,
}

/// What a logger writes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A file that is appended to.
    File(PathBuf, FileRules),
    /// Standard output.
    Standard,
    /// A descriptor that this process was started with.
    Descriptor(i32),
    /// Datagrams to an address of UDP (`host:port`) or to a unix socket, with a text in front.
    Socket(String, String),
    /// The system's log.
    Syslog {
        /// In front of each line.
        identity: String,
        /// Facility and severity in one number (RFC 3164 §4.1.1).
        priority: u32,
    },
    /// Another system's log, over UDP.
    RemoteSyslog {
        /// `host[:port]`.
        address: String,
        /// In front of each line; else the name of this machine and `uwsgi`.
        identity: Option<String>,
        /// As above.
        priority: u32,
    },
}

/// Severity "informational" of RFC 3164.
const INFO: u32 = 6;
/// What uWSGI sends where nothing is said: facility "daemon", severity "notice".
const REMOTE_PRIORITY: u32 = 29;
/// Facilities by their number (RFC 3164 §4.1.1).
const FACILITIES: &[(&str, u32)] = &[
    ("kern", 0),
    ("user", 1),
    ("mail", 2),
    ("daemon", 3),
    ("auth", 4),
    ("syslog", 5),
    ("lpr", 6),
    ("news", 7),
    ("uucp", 8),
    ("cron", 9),
    ("authpriv", 10),
    ("ftp", 11),
    ("local0", 16),
    ("local1", 17),
    ("local2", 18),
    ("local3", 19),
    ("local4", 20),
    ("local5", 21),
    ("local6", 22),
    ("local7", 23),
];

/// The loggers that there are, as `logger-list` shows them.
pub const LOGGERS: &[&str] = &["file", "stdio", "fd", "socket", "syslog", "rsyslog"];
/// Loggers of uWSGI that are not here yet.
const NOT_YET: &[&str] =
    &["redislog", "mongodblog", "zeromq", "python", "pipe", "systemd", "crypto", "graylog2"];

/// Why a logger or an encoder cannot be used.
#[derive(Debug, PartialEq, Eq)]
pub enum Unusable {
    /// uWSGI has one of this name, and it is not here yet.
    NotYet(String),
    /// It is wrong.
    Wrong(String),
}

impl Logger {
    /// Reads `[NAME ]PLUGIN[:ARGUMENT]`.
    pub fn parse(value: &str) -> Result<Self, Unusable> {
        let is_name = |word: &str| {
            word.chars().all(|letter| letter.is_ascii_alphanumeric() || "_-.".contains(letter))
        };
        let (name, value) = match value.split_once(' ') {
            Some((name, value)) if is_name(name) => (Some(name.to_owned()), value.trim_start()),
            _ => (None, value),
        };
        let (plugin, argument) = value.split_once(':').unwrap_or((value, ""));
        let target = Target::parse(plugin, argument)?;
        Ok(Self { said: value.to_owned(), name, target })
    }

    /// Whether this is its name.
    #[must_use]
    pub fn is(&self, name: Option<&str>) -> bool {
        self.name.as_deref() == name
    }
}

impl Target {
    fn parse(plugin: &str, argument: &str) -> Result<Self, Unusable> {
        let wrong = |why: String| Err(Unusable::Wrong(why));
        let mut words = argument.split(',');
        let first = words.next().unwrap_or_default();
        let second = words.next();
        Ok(match plugin {
            "file" if argument.is_empty() => return wrong("file: needs a path".to_owned()),
            "file" => parse_file(argument),
            "stdio" => Self::Standard,
            "fd" => match first.parse() {
                Ok(number) => Self::Descriptor(number),
                Err(_) => return wrong(format!("fd:{first}: that is no number")),
            },
            "socket" if first.is_empty() => return wrong("socket: needs an address".to_owned()),
            "socket" => {
                Self::Socket(first.to_owned(), second.map_or_else(String::new, str::to_owned))
            }
            "syslog" => Self::Syslog {
                identity: if first.is_empty() { "uwsgi" } else { first }.to_owned(),
                priority: match second.unwrap_or("daemon").trim() {
                    known if known.parse::<u32>().is_ok() => known.parse().unwrap_or(3),
                    named => match FACILITIES.iter().find(|(name, _)| *name == named) {
                        Some((_, number)) => *number,
                        None => return wrong(format!("syslog has no facility {named}")),
                    },
                } * 8
                    + INFO,
            },
            "rsyslog" if first.is_empty() => {
                return wrong("rsyslog: needs host:port".to_owned());
            }
            "rsyslog" => Self::RemoteSyslog {
                address: first.to_owned(),
                identity: second.map(str::to_owned),
                priority: words
                    .next()
                    .and_then(|number| number.parse().ok())
                    .unwrap_or(REMOTE_PRIORITY),
            },
            other if NOT_YET.contains(&other) => {
                return Err(Unusable::NotYet(other.to_owned()));
            }
            other => {
                return wrong(format!(
                    "unable to find logger {other}; there are {}",
                    LOGGERS.join(", ")
                ));
            }
        })
    }
}

/// A path, or `logfile=PATH,maxsize=BYTES,backupname=PATH`.
fn parse_file(argument: &str) -> Target {
    let mut rules = FileRules::default();
    if !argument.contains('=') {
        return Target::File(PathBuf::from(argument), rules);
    }
    let mut path = PathBuf::new();
    for (key, value) in argument.split(',').filter_map(|pair| pair.split_once('=')) {
        match key {
            "logfile" => path = PathBuf::from(value),
            "maxsize" => rules.max_size = value.parse().unwrap_or(0),
            "backupname" => rules.backup = Some(PathBuf::from(value)),
            _ => {}
        }
    }
    Target::File(path, rules)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(value: &str, name: Option<&str>, target: Target) {
        let logger = Logger::parse(value).expect(value);
        assert_eq!((logger.name.as_deref(), logger.target), (name, target), "{value}");
    }

    #[test]
    fn loggers_are_read() {
        let plain = FileRules::default();
        check("file:/a b.log", None, Target::File("/a b.log".into(), plain.clone()));
        check("app file:/a.log", Some("app"), Target::File("/a.log".into(), plain));
        let rules =
            FileRules { max_size: 2000, backup: Some("b.log".into()), ..FileRules::default() };
        let value = "file:logfile=a.log,maxsize=2000,backupname=b.log";
        check(value, None, Target::File("a.log".into(), rules));
        check("stdio", None, Target::Standard);
        check("stdio:", None, Target::Standard);
        check("fd:2", None, Target::Descriptor(2));
        check("socket:1.2.3.4:5,x", None, Target::Socket("1.2.3.4:5".into(), "x".into()));
        let syslog =
            |identity: &str, priority| Target::Syslog { identity: identity.into(), priority };
        check("syslog", None, syslog("uwsgi", 30));
        check("syslog:me,local3", None, syslog("me", 158));
        let remote = |identity: Option<&str>, priority| Target::RemoteSyslog {
            address: "h:514".into(),
            identity: identity.map(str::to_owned),
            priority,
        };
        check("rsyslog:h:514", None, remote(None, 29));
        check("x rsyslog:h:514,me,30", Some("x"), remote(Some("me"), 30));
    }

    #[test]
    fn unknown_loggers_are_told_apart() {
        let not_yet = Unusable::NotYet("redislog".to_owned());
        assert_eq!(Logger::parse("redislog:1:2").expect_err("not yet"), not_yet);
        let Err(Unusable::Wrong(why)) = Logger::parse("foo:bar") else { panic!("wrong") };
        assert!(why.contains("unable to find logger foo"), "{why}");
    }

    #[test]
    fn routes_know_what_they_look_for() {
        let route = Route::parse("app ^((?!\\{).)*$").expect("a pattern");
        assert_eq!(route.logger, "app");
        assert!(route.pattern.is_match("no brace").expect("short"));
        assert!(!route.pattern.is_match("a { brace").expect("short"));
        assert!(Route::parse("app").is_err());
        assert!(Route::parse("app (").is_err());
    }
}

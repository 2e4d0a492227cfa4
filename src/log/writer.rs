//! The process that writes the log where it takes more than appending to one descriptor: loggers,
//! encoders, routes, rotation.
//!
//! All others write to it by their standard error ([`records`](crate::process::records)). It ends
//! when nobody is left who could write, so it outlives the server by the lines that wait, and over
//! a reload it serves the old workers to their end.

use std::collections::HashMap;
use std::io::{self, stdout};
use std::os::fd::{AsFd, OwnedFd};
use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime};

use fancy_regex::Regex;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::Signal;

use super::plan::{Logger, Plan, Stream};
use super::sink::{LogFile, Sink};
use crate::process::records::{Record, Records};
use crate::process::signals::{Signals, release};

/// Asks for files to be opened anew.
pub(super) const REOPEN: Signal = Signal::SIGUSR1;
/// Asks for files to be renamed.
pub(super) const ROTATE: Signal = Signal::SIGUSR2;
/// Those two, and what process managers and terminals send to all processes of a server.
const SIGNALS: &[Signal] =
    &[REOPEN, ROTATE, Signal::SIGHUP, Signal::SIGINT, Signal::SIGQUIT, Signal::SIGTERM];
/// How long a line may stay without its end before it is written all the same.
const PATIENCE: Duration = Duration::from_secs(1);
/// After so many records of one way it looks at all else.
const MOST_AT_A_TIME: usize = 1000;
/// A line is written in pieces beyond this, in bytes.
const LONGEST: usize = 1 << 20;

/// Takes records until nobody can write any more. Standard output and error are what the server
/// got; `enter` takes the identity and the directory in which files are opened.
pub(super) fn run(plan: &Plan, ways: &[Way<'_>], enter: &dyn Fn()) -> io::Result<()> {
    // What ends the server must not end its log.
    let signals = Signals::watch(SIGNALS)?;
    release(SIGNALS);
    let rest = open_rest(plan, enter)?;
    let mut writer = Writer {
        plan,
        rest,
        server: open_loggers(&plan.server),
        requests: open_loggers(&plan.requests),
        unfinished: HashMap::new(),
        rotate_on: watch(&plan.rotate_on),
        reopen_on: watch(&plan.reopen_on),
    };
    let mut open: Vec<&Way<'_>> = ways.iter().collect();
    let mut looked = Instant::now();
    let mut space = Vec::new();
    while !open.is_empty() {
        let mut ready: Vec<_> =
            open.iter().map(|way| PollFd::new(way.records.as_fd(), PollFlags::POLLIN)).collect();
        ready.push(PollFd::new(signals.as_fd(), PollFlags::POLLIN));
        // An interrupted wait is as good as one that is over.
        let _ = poll(&mut ready, PollTimeout::from(1000_u16));
        open.retain(|way| writer.take(way, &mut space));
        if looked.elapsed() >= PATIENCE {
            looked = Instant::now();
            writer.look();
        }
        let told = signals.take();
        if told.contains(&REOPEN) || told.contains(&ROTATE) {
            writer.renew(told.contains(&ROTATE), told.contains(&REOPEN));
        }
    }
    writer.finish_lines(Duration::ZERO);
    Ok(())
}

/// A way on which records come.
pub(super) struct Way<'a> {
    pub(super) kind: Kind,
    pub(super) records: &'a Records,
}

/// Whose records come on a way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    Server,
    Requests,
}

type Loggers = Vec<(Logger, Sink)>;

struct Writer<'a> {
    plan: &'a Plan,
    /// What no logger takes.
    rest: Sink,
    server: Loggers,
    requests: Loggers,
    /// Lines without an end, by who writes them.
    unfinished: HashMap<(Kind, i32), (Vec<u8>, Instant)>,
    rotate_on: Vec<(PathBuf, Option<SystemTime>)>,
    reopen_on: Vec<(PathBuf, Option<SystemTime>)>,
}

/// Opens the file in the place of standard error: the early one with the rights of the start.
fn open_rest(plan: &Plan, enter: &dyn Fn()) -> io::Result<Sink> {
    let inherited = io::stderr().as_fd().try_clone_to_owned()?;
    let early = plan.file.as_ref().map(|path| (path, LogFile::open(path, &plan.rules)));
    enter();
    let late = plan.late_file.as_ref().map(|path| (path, LogFile::open(path, &plan.rules)));
    Ok(match late.or(early) {
        Some((_, Ok(file))) => Sink::File(file),
        // Opened by an image before, with rights that are gone.
        Some((path, Err(_))) => Sink::File(LogFile::inherited(path, inherited, &plan.rules)),
        None => Sink::Descriptor(inherited),
    })
}

fn open_loggers(stream: &Stream) -> Loggers {
    let opened = stream.loggers.iter().map(|logger| {
        let sink = Sink::open(&logger.target, &stdout()).or_else(|error| {
            tell(&format!(
                "cannot write to the logger {}: {error}; its lines go to standard error",
                logger.said
            ));
            let inherited: OwnedFd = io::stderr().as_fd().try_clone_to_owned()?;
            io::Result::Ok(Sink::File(LogFile::inherited(
                &PathBuf::from("/dev/stderr"),
                inherited,
                &super::plan::FileRules::default(),
            )))
        });
        Some((logger.clone(), sink.ok()?))
    });
    opened.flatten().collect()
}

/// Says something of the writer itself, where the server's standard error was.
fn tell(text: &str) {
    super::write_line(format_args!("{text}"));
}

impl Writer<'_> {
    /// Takes what waits, within reason; false where nobody can write any more.
    fn take(&mut self, way: &Way<'_>, space: &mut Vec<u8>) -> bool {
        for _ in 0..MOST_AT_A_TIME {
            match way.records.take(space) {
                Ok(Record::From(writer, bytes)) => self.add(way.kind, writer, bytes),
                Ok(Record::End) => return false,
                Err(error) => {
                    let passing = [io::ErrorKind::WouldBlock, io::ErrorKind::Interrupted];
                    return passing.contains(&error.kind());
                }
            }
        }
        true
    }

    /// A write that does not end a line waits for the next one of the same process.
    fn add(&mut self, kind: Kind, writer: i32, bytes: Vec<u8>) {
        let key = (kind, writer);
        let record = match self.unfinished.remove(&key) {
            Some((mut begun, _)) => {
                begun.extend_from_slice(&bytes);
                begun
            }
            None => bytes,
        };
        if record.ends_with(b"\n") || record.len() > LONGEST {
            self.write(kind, &record);
        } else if !record.is_empty() {
            self.unfinished.insert(key, (record, Instant::now()));
        }
    }

    fn finish_lines(&mut self, patience: Duration) {
        let waiting = self.unfinished.iter();
        let late = waiting.filter(|(_, (_, since))| since.elapsed() >= patience);
        for key in late.map(|(key, _)| *key).collect::<Vec<_>>() {
            if let Some((mut record, _)) = self.unfinished.remove(&key) {
                record.push(b'\n');
                self.write(key.0, &record);
            }
        }
    }

    /// Sends a record on its way: dropped, to the loggers it is routed to, or to all without a
    /// name, and where there is none to where standard error went.
    fn write(&mut self, kind: Kind, record: &[u8]) {
        let (stream, loggers) = match kind {
            Kind::Server => (&self.plan.server, &mut self.server),
            Kind::Requests => (&self.plan.requests, &mut self.requests),
        };
        let text = String::from_utf8_lossy(record.strip_suffix(b"\n").unwrap_or(record));
        if kind == Kind::Server {
            let Plan { drains, filters, .. } = self.plan;
            let any = |patterns: &[Regex]| patterns.iter().any(|pattern| fits(pattern, &text));
            if any(drains) || !(filters.is_empty() || any(filters)) {
                return;
            }
        }
        let mut written = false;
        for route in stream.routes.iter().filter(|route| fits(&route.pattern, &text)) {
            for (logger, sink) in &mut *loggers {
                if logger.is(Some(&route.logger)) {
                    sink.write(&encode(stream, Some(logger), record));
                    written = true;
                }
            }
        }
        if written {
            return;
        }
        for (logger, sink) in &mut *loggers {
            if logger.is(None) {
                sink.write(&encode(stream, Some(logger), record));
                written = true;
            }
        }
        if !written {
            self.rest.write(&encode(stream, None, record));
        }
    }

    /// What is looked at once a second: lines without an end, sizes, files that are touched.
    fn look(&mut self) {
        self.finish_lines(PATIENCE);
        let (rotate, reopen) = (changed(&mut self.rotate_on), changed(&mut self.reopen_on));
        self.renew(rotate, reopen);
    }

    /// Renames files that are too large, or all, and opens all anew, as asked.
    fn renew(&mut self, rotate: bool, reopen: bool) {
        let mut told = Vec::new();
        told.extend(self.rest.rotate(rotate));
        if reopen {
            told.extend(self.rest.reopen());
        }
        for (_, sink) in self.server.iter_mut().chain(&mut self.requests) {
            told.extend(sink.rotate(rotate));
            if reopen {
                told.extend(sink.reopen());
            }
        }
        for text in told {
            self.write(Kind::Server, format!("{text}\n").as_bytes());
        }
    }
}

/// A pattern that takes too long fits nothing.
fn fits(pattern: &Regex, text: &str) -> bool {
    pattern.is_match(text).unwrap_or(false)
}

fn encode(stream: &Stream, logger: Option<&Logger>, record: &[u8]) -> Vec<u8> {
    let name = logger.and_then(|logger| logger.name.as_deref());
    let encoders = stream.encoders.iter();
    let meant =
        encoders.filter(|encoder| encoder.logger.is_none() || encoder.logger.as_deref() == name);
    meant.fold(record.to_vec(), |record, encoder| encoder.encode(&record))
}

fn watch(paths: &[PathBuf]) -> Vec<(PathBuf, Option<SystemTime>)> {
    paths.iter().map(|path| (path.clone(), changed_at(path))).collect()
}

/// Whether one of the files was written, made or removed since the last call.
fn changed(files: &mut [(PathBuf, Option<SystemTime>)]) -> bool {
    let mut any = false;
    for (path, last) in files {
        let now = changed_at(path);
        any |= *last != now;
        *last = now;
    }
    any
}

fn changed_at(path: &std::path::Path) -> Option<SystemTime> {
    path.metadata().ok()?.modified().ok()
}

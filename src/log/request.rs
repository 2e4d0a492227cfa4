//! The line of a request, byte for byte in uWSGI's form.
//!
//! `[pid: 1|app: 0|req: 1/2] 10.0.0.1 () {24 vars in 246 bytes} [Sat Nov 21 01:05:10 2026] GET /
//! => generated 6 bytes in 0 msecs (HTTP/1.1 200) 2 headers in 53 bytes (1 switches on core 0)`

use std::borrow::Cow;
use std::cell::Cell;
use std::io::{self, Write as _};
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use nix::libc;
use nix::sys::stat::{SFlag, fstat};

use super::format::Format;
use super::json;
use super::time::add_now;
use crate::app::headers::is_plain;
use crate::app::{Vars, held};
use crate::process::lines::Lines;
use crate::process::records;
use crate::process::scoreboard::now_roughly;

/// How lines of requests are made and where they go.
#[derive(Clone, Debug, Default)]
pub struct RequestLog {
    /// What the line looks like.
    pub form: Form,
    /// Whether a client is who X-Forwarded-For says.
    pub x_forwarded_for: bool,
    /// The way to loggers, where each line is a record; else standard error.
    pub records: Option<Arc<OwnedFd>>,
}

/// What the line of a request looks like.
#[derive(Clone, Debug, Default)]
pub enum Form {
    /// As uWSGI's.
    #[default]
    Usual,
    /// A form of one's own.
    Own(Format),
    /// A JSON object.
    Json,
}

impl RequestLog {
    /// Writes the line of a request, in one piece, or keeps it among those that wait until
    /// [`write_waiting`].
    pub fn write(&self, subject: Subject<'_>, outcome: &Outcome, waiting: &Lines) {
        thread_local!(static ROOM: Cell<Vec<u8>> = const { Cell::new(Vec::new()) });
        let subject = Told::new(subject, self.x_forwarded_for);
        let mut text = ROOM.take();
        text.clear();
        match &self.form {
            Form::Usual => line(&subject, outcome, &mut text),
            Form::Own(format) => text.extend_from_slice(format.line(&subject, outcome).as_bytes()),
            Form::Json => text.extend_from_slice(json::line(&subject, outcome).as_bytes()),
        }
        text.push(b'\n');
        self.keep_or_write(&text, waiting);
        ROOM.set(text);
    }

    /// A thread that goes on with the next request does not write: it would let go of the application's lock for
    /// that, and others would take it after each request.
    fn keep_or_write(&self, text: &[u8], waiting: &Lines) {
        if let Some(records) = &self.records {
            let is_full = records::write_now(records, text)
                .is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock);
            if is_full {
                held::let_go();
                // A log that cannot be written has nowhere to say so.
                let _ = nix::unistd::write(records, text);
            }
            return;
        }
        if waiting.keep(text) {
            return;
        }
        write_waiting(waiting);
        if !waiting.keep(text) {
            write(text);
        }
    }
}

/// Writes the lines that wait: to be called before a thread waits for requests, and now and then by
/// somebody else.
pub fn write_waiting(lines: &Lines) {
    thread_local!(static ROOM: Cell<Vec<u8>> = const { Cell::new(Vec::new()) });
    let mut text = ROOM.take();
    text.clear();
    lines.take(&mut text);
    write(&text);
    ROOM.set(text);
}

/// How often a thread writes the lines that wait: whenever it is about to wait itself, but no more than
/// some times within a tick of the kernel's clock (some milliseconds). Where requests come faster than
/// that, a write for each costs as much as a short request.
#[derive(Debug, Default)]
pub struct Pace {
    tick: AtomicU64,
    writes: AtomicU64,
}

impl Pace {
    /// Writes within a tick.
    const MOST: u64 = 4;

    /// Writes the lines that wait, unless that was done often just now: then the next time or somebody
    /// else does.
    pub fn write(&self, lines: &Lines) {
        if lines.is_empty() {
            return;
        }
        let tick = u64::try_from(now_roughly().as_millis()).unwrap_or(u64::MAX);
        let is_new = self.tick.swap(tick, Ordering::Relaxed) != tick;
        let writes = if is_new { 0 } else { self.writes.load(Ordering::Relaxed) };
        self.writes.store(writes + 1, Ordering::Relaxed);
        if writes < Self::MOST {
            write_waiting(lines);
        }
    }
}

/// Writes the lines of a thread that is busy with something else, maybe in another process.
pub fn write_stuck(lines: &Lines) {
    let mut text = Vec::new();
    lines.try_drain(|lines| text.extend_from_slice(lines));
    write(&text);
}

/// Writes the lines that a process left which has ended.
pub fn write_left(lines: &Lines) {
    lines.release();
    write_waiting(lines);
}

/// Writes lines to standard error: in one piece to a file, and as many as other processes cannot write into elsewhere.
fn write(text: &[u8]) {
    if text.is_empty() {
        return;
    }
    held::let_go();
    let mut error = io::stderr().lock();
    let is_file = fstat(&error).is_ok_and(|file| {
        SFlag::from_bits_truncate(file.st_mode).intersection(SFlag::S_IFMT) == SFlag::S_IFREG
    });
    for piece in pieces(text, if is_file { usize::MAX } else { libc::PIPE_BUF }) {
        // A log that cannot be written has nowhere to say so.
        let _ = error.write_all(piece);
    }
}

/// Lines in pieces of so many bytes at the most; one that is longer is a piece by itself.
fn pieces(mut text: &[u8], most: usize) -> impl Iterator<Item = &[u8]> {
    let is_end = |byte: &u8| *byte == b'\n';
    std::iter::from_fn(move || {
        let length = match text.get(..most) {
            None => text.len(),
            Some(start) => {
                let last = start.iter().rposition(is_end).or_else(|| text.iter().position(is_end));
                last.map_or(text.len(), |last| last + 1)
            }
        };
        let piece;
        (piece, text) = text.split_at(length);
        (!piece.is_empty()).then_some(piece)
    })
}

/// What is said about a request that was answered.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'r> {
    /// Its variables.
    pub vars: &'r Vars,
    /// What the application added for the log, by name.
    pub own: &'r [(Vec<u8>, Vec<u8>)],
}

/// A [`Subject`] as the log tells it: nothing in it can break a line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Told<'r> {
    subject: Subject<'r>,
    /// Whether a client is who X-Forwarded-For says.
    x_forwarded_for: bool,
}

impl<'r> Told<'r> {
    /// What is told of a request.
    pub(super) fn new(subject: Subject<'r>, x_forwarded_for: bool) -> Self {
        Self { subject, x_forwarded_for }
    }

    /// A variable, `None` where it is not there.
    pub(super) fn variable(&self, name: &[u8]) -> Option<Cow<'r, str>> {
        self.subject.vars.named(name).map(printable)
    }

    /// A variable, empty where it is not there.
    pub(super) fn text(&self, name: &str) -> Cow<'r, str> {
        self.variable(name.as_bytes()).unwrap_or_default()
    }

    /// The same where the line is made of bytes: there is less to look at.
    fn bytes<const LENGTH: usize>(&self, name: &[u8; LENGTH]) -> Cow<'r, [u8]> {
        match self.subject.vars.get(name).unwrap_or_default() {
            plain if is_plain(plain) => Cow::Borrowed(plain),
            other => Cow::Owned(printable(other).into_owned().into_bytes()),
        }
    }

    /// The client, as `REMOTE_ADDR` names it.
    pub(super) fn client(&self) -> Cow<'r, str> {
        let forwarded = self.x_forwarded_for.then(|| self.variable(b"HTTP_X_FORWARDED_FOR"));
        forwarded.flatten().unwrap_or_else(|| self.text("REMOTE_ADDR"))
    }

    /// `CONTENT_LENGTH`, 0 where it is no number.
    pub(super) fn content_length(&self) -> u64 {
        self.text("CONTENT_LENGTH").parse().unwrap_or(0)
    }

    /// What the application added, by name.
    pub(super) fn own(&self) -> impl DoubleEndedIterator<Item = (Cow<'r, str>, Cow<'r, str>)> {
        self.subject.own.iter().map(|(name, value)| (printable(name), printable(value)))
    }

    /// How many variables came, and how many bytes they took.
    pub(super) fn sizes(&self) -> (usize, usize) {
        (self.subject.vars.len(), self.subject.vars.packet_size())
    }
}

/// Text that cannot break a line: control characters and bytes that are not UTF-8 are escaped.
#[must_use]
pub fn printable(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) if is_plain(bytes) || !text.contains(char::is_control) => Cow::Borrowed(text),
        _ => Cow::Owned(bytes.escape_ascii().to_string()),
    }
}

/// How a request was answered.
#[derive(Clone, Copy, Debug, Default)]
pub struct Outcome {
    /// The process that answered.
    pub pid: u32,
    /// The number of its worker.
    pub worker: usize,
    /// Requests this worker gave to the application; `None` where the application was not asked.
    pub worker_requests: Option<u64>,
    /// The number of that application.
    pub app: usize,
    /// Requests of all workers.
    pub total_requests: u64,
    /// Bytes of body.
    pub body_size: u64,
    /// From the complete request to the end of the reply.
    pub took: Duration,
    /// Status code.
    pub status: u16,
    /// Number of headers.
    pub headers: usize,
    /// Bytes of status line and headers.
    pub head_size: usize,
    /// Pieces that the application gave.
    pub pieces: usize,
    /// The thread.
    pub core: usize,
    /// Whether the body came from a file.
    pub from_file: bool,
    /// Whether the client did not take all of it.
    pub not_taken: bool,
    /// Address space and resident memory in bytes, where they are to be told.
    pub memory: Option<(u64, u64)>,
    /// Whether times are told in microseconds.
    pub micros: bool,
}

/// The line, without its end.
fn line(subject: &Told<'_>, outcome: &Outcome, text: &mut Vec<u8>) {
    text.reserve(384);
    let mut line = Line(text);
    let (vars, vars_size) = subject.sizes();
    if let Some((space, resident)) = outcome.memory {
        line.memory("address space usage", space).memory("rss usage", resident);
    }
    line.text("[pid: ").number(outcome.pid);
    match outcome.worker_requests {
        Some(requests) => {
            line.text("|app: ").number(outcome.app as u64).text("|req: ").number(requests)
        }
        None => line.text("|app: -1|req: -1"),
    };
    line.text("/").number(outcome.total_requests);
    match subject.x_forwarded_for {
        true => line.text("] ").text(&*subject.client()),
        false => line.text("] ").text(subject.bytes(b"REMOTE_ADDR")),
    };
    line.text(" (").text(subject.bytes(b"REMOTE_USER"));
    // uWSGI counts names and values.
    line.text(") {").number(vars as u64 * 2).text(" vars in ").number(vars_size as u64);
    line.text(" bytes} [");
    add_now(line.0);
    line.text("] ").text(subject.bytes(b"REQUEST_METHOD"));
    line.text(" ").text(subject.bytes(b"REQUEST_URI")).text(" => generated ");
    line.number(outcome.body_size).text(" bytes in ");
    let (took, unit) = match outcome.micros {
        true => (outcome.took.as_micros(), " micros"),
        false => (outcome.took.as_millis(), " msecs"),
    };
    line.number(u64::try_from(took).unwrap_or(u64::MAX)).text(unit);
    line.text(if outcome.from_file { " via sendfile() (" } else { " (" });
    line.text(subject.bytes(b"SERVER_PROTOCOL")).text(" ").number(outcome.status).text(") ");
    line.number(outcome.headers as u64).text(" headers in ").number(outcome.head_size as u64);
    line.text(" bytes (").number(outcome.pieces as u64).text(" switches on core ");
    line.number(outcome.core as u64).text(")");
}

/// A line that grows. By hand, because one is written for each request: with the formatter of the
/// standard library it takes four times as many instructions.
struct Line<'t>(&'t mut Vec<u8>);

impl Line<'_> {
    fn text(&mut self, text: impl AsRef<[u8]>) -> &mut Self {
        self.0.extend_from_slice(text.as_ref());
        self
    }

    fn number(&mut self, number: impl Into<u64>) -> &mut Self {
        self.text(itoa::Buffer::new().format(number.into()))
    }

    fn memory(&mut self, what: &str, bytes: u64) -> &mut Self {
        self.text("{").text(what).text(": ").number(bytes).text(" bytes/");
        self.number(bytes >> 20).text("MB} ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(outcome: Outcome, expected: &str) {
        let mut vars = Vars::default();
        for (name, value) in [
            ("REQUEST_METHOD", "GET"),
            ("REQUEST_URI", "/x\n?y"),
            ("SERVER_PROTOCOL", "HTTP/1.1"),
            ("REMOTE_ADDR", "10.0.0.9"),
            ("HTTP_X_FORWARDED_FOR", "1.2.3.4"),
        ] {
            vars.push(name.as_bytes(), value.as_bytes()).expect("short");
        }
        let subject = Subject { vars: &vars, own: &[] };
        let mut text = Vec::new();
        line(&Told::new(subject, false), &outcome, &mut text);
        let line = String::from_utf8(text).expect("text");
        let date = line.find('[').and_then(|at| line[at + 1..].find('[').map(|b| at + 1 + b));
        let date = date.expect("a date");
        let (before, rest) = line.split_at(date);
        assert_eq!(format!("{before}{}", &rest[26..]), expected);
    }

    #[test]
    fn the_line_has_uwsgis_form() {
        let outcome = Outcome {
            pid: 7,
            worker_requests: Some(3),
            total_requests: 5,
            body_size: 6,
            took: Duration::from_millis(12),
            status: 200,
            headers: 2,
            head_size: 53,
            pieces: 1,
            ..Outcome::default()
        };
        let tail = "{10 vars in 122 bytes}  GET /x\\n?y => generated 6 bytes in";
        check(
            outcome,
            &format!(
                "[pid: 7|app: 0|req: 3/5] 10.0.0.9 () {tail} 12 msecs (HTTP/1.1 200) 2 headers in 53 \
             bytes (1 switches on core 0)"
            ),
        );
        let file = Outcome { worker_requests: None, from_file: true, micros: true, ..outcome };
        check(
            file,
            &format!(
                "[pid: 7|app: -1|req: -1/5] 10.0.0.9 () {tail} 12000 micros via sendfile() (HTTP/1.1 \
             200) 2 headers in 53 bytes (1 switches on core 0)"
            ),
        );
    }

    #[test]
    fn pieces_end_with_a_line() {
        let cut = |most| pieces(b"one\ntwo\nthree\nfour\n", most).collect::<Vec<_>>();
        assert_eq!(cut(usize::MAX), [&b"one\ntwo\nthree\nfour\n"[..]]);
        assert_eq!(cut(8), [&b"one\ntwo\n"[..], b"three\n", b"four\n"]);
        assert_eq!(cut(7), [&b"one\n"[..], b"two\n", b"three\n", b"four\n"]);
        assert_eq!(cut(4), [&b"one\n"[..], b"two\n", b"three\n", b"four\n"]);
        assert_eq!(pieces(b"one", 2).collect::<Vec<_>>(), [b"one"]);
        assert_eq!(pieces(b"", 2).count(), 0);
    }

    #[test]
    fn a_line_waits_however_long_its_request_took() {
        let (vars, waiting) = (Vars::default(), Lines::default());
        let outcome = Outcome { took: Duration::from_secs(5), ..Outcome::default() };
        RequestLog::default().write(Subject { vars: &vars, own: &[] }, &outcome, &waiting);
        let mut line = Vec::new();
        waiting.take(&mut line);
        assert!(line.ends_with(b"core 0)\n"), "{}", line.escape_ascii());
    }
}

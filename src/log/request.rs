//! The line of a request, byte for byte in uWSGI's form.
//!
//! `[pid: 1|app: 0|req: 1/2] 10.0.0.1 () {24 vars in 246 bytes} [Sat Nov 21 01:05:10 2026] GET /
//! => generated 6 bytes in 0 msecs (HTTP/1.1 200) 2 headers in 53 bytes (1 switches on core 0)`

use std::cell::RefCell;
use std::fmt::Write;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::app::Vars;

/// What is said about a request that was answered.
#[derive(Clone, Debug, Default)]
pub struct Subject {
    /// Client, as `REMOTE_ADDR` names it, and user.
    pub client: String,
    /// `REMOTE_USER`.
    pub user: String,
    /// `REQUEST_METHOD`.
    pub method: String,
    /// `REQUEST_URI`.
    pub uri: String,
    /// `SERVER_PROTOCOL`.
    pub protocol: String,
    /// How many variables came.
    pub vars: usize,
    /// How many bytes they took.
    pub vars_size: usize,
}

impl Subject {
    /// What the variables of a request tell.
    #[must_use]
    pub fn of(vars: &Vars, x_forwarded_for: bool) -> Self {
        let forwarded = vars.get(b"HTTP_X_FORWARDED_FOR").filter(|_| x_forwarded_for);
        let client = forwarded.or_else(|| vars.get(b"REMOTE_ADDR")).unwrap_or_default();
        Self {
            client: printable(client),
            user: printable(vars.get(b"REMOTE_USER").unwrap_or_default()),
            method: printable(vars.get(b"REQUEST_METHOD").unwrap_or_default()),
            uri: printable(vars.get(b"REQUEST_URI").unwrap_or_default()),
            protocol: printable(vars.get(b"SERVER_PROTOCOL").unwrap_or_default()),
            vars: vars.len(),
            vars_size: vars.packet_size(),
        }
    }
}

/// Text that cannot break a line: control characters and bytes that are not UTF-8 are escaped.
fn printable(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.contains(char::is_control) => text.to_owned(),
        _ => bytes.escape_ascii().to_string(),
    }
}

/// How a request was answered.
#[derive(Clone, Copy, Debug, Default)]
pub struct Outcome {
    /// The process that answered.
    pub pid: u32,
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
    /// Address space and resident memory in bytes, where they are to be told.
    pub memory: Option<(u64, u64)>,
    /// Whether times are told in microseconds.
    pub micros: bool,
}

/// The line, without its end.
#[must_use]
pub fn line(subject: &Subject, outcome: &Outcome) -> String {
    let mut line = String::with_capacity(256);
    // Writing to a String cannot fail.
    if let Some((space, resident)) = outcome.memory {
        let _ = write!(
            line,
            "{{address space usage: {space} bytes/{}MB}} {{rss usage: {resident} bytes/{}MB}} ",
            space >> 20,
            resident >> 20,
        );
    }
    let (app, requests) = match outcome.worker_requests {
        Some(requests) => (outcome.app as i128, i128::from(requests)),
        None => (-1, -1),
    };
    let (took, unit) = match outcome.micros {
        true => (outcome.took.as_micros(), "micros"),
        false => (outcome.took.as_millis(), "msecs"),
    };
    let _ = write!(
        line,
        "[pid: {}|app: {app}|req: {requests}/{}] {} ({}) {{{} vars in {} bytes}} [{}] {} {} => \
         generated {} bytes in {took} {unit}{} ({} {}) {} headers in {} bytes ({} switches on core \
         {})",
        outcome.pid,
        outcome.total_requests,
        subject.client,
        subject.user,
        // uWSGI counts names and values.
        subject.vars * 2,
        subject.vars_size,
        now(),
        subject.method,
        subject.uri,
        outcome.body_size,
        if outcome.from_file { " via sendfile()" } else { "" },
        subject.protocol,
        outcome.status,
        outcome.headers,
        outcome.head_size,
        outcome.pieces,
        outcome.core,
    );
    line
}

/// The local time as `ctime` writes it, worked out once a second.
#[must_use]
pub fn now() -> String {
    thread_local!(static LAST: RefCell<(u64, String)> = const { RefCell::new((0, String::new())) });
    let second = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    LAST.with_borrow_mut(|(last, text)| {
        if *last != second {
            *last = second;
            *text = jiff::Zoned::now().strftime("%a %b %e %H:%M:%S %Y").to_string();
        }
        text.clone()
    })
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
        let line = line(&Subject::of(&vars, false), &outcome);
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
}

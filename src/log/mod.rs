//! The server's log: lines in uWSGI's form, one write each, on standard error.
//!
//! Not `tracing`, because the form is uWSGI's and tools parse it. [`request`], [`mod@format`] and [`json`]
//! make the line of a request. Where standard error goes is decided at the start: as it is, to a
//! file ([`target`]), or through a process that knows loggers and rotation ([`pipe`], [`writer`])
//! as a [`plan`] says.

pub mod encoder;
pub mod format;
mod json;
pub mod pipe;
pub mod plan;
pub mod request;
mod sink;
pub mod target;
pub mod time;
mod writer;

use std::fmt;
use std::io::Write;
use std::sync::OnceLock;
use std::time::SystemTime;

/// What stands before each line of the server, a form of `strftime`'s; set once at the start.
static PREFIX: OnceLock<String> = OnceLock::new();

/// Puts a date before each line that the server says from here on (`log-date`), `None` being the
/// form of `ctime`.
pub fn prefix_with(form: Option<&str>) {
    // A second time would be a second server.
    let _ = PREFIX.set(form.unwrap_or(time::CTIME).to_owned());
}

/// Writes one line to the log in one piece, so that lines of several processes never mix.
pub fn write_line(message: fmt::Arguments<'_>) {
    let line = match PREFIX.get() {
        Some(form) => format!("{} - {message}\n", time::strftime(form, SystemTime::now())),
        None => format!("{message}\n"),
    };
    // A log that cannot be written has nowhere to say so.
    let _ = std::io::stderr().lock().write_all(line.as_bytes());
}

/// Writes one line to the log.
macro_rules! say {
    ($($message:tt)*) => { $crate::log::write_line(format_args!($($message)*)) };
}
pub(crate) use say;

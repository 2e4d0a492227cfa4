//! The server's log: lines in uWSGI's form, one write each, on standard error.
//!
//! Not `tracing`, because the form is uWSGI's and tools parse it. [`request`] makes the line of a
//! request; where the lines go is decided once by [`target`].

pub mod request;
pub mod target;

use std::fmt;
use std::io::Write;

/// Writes one line to the log in one piece, so that lines of several processes never mix.
pub fn write_line(message: fmt::Arguments<'_>) {
    let line = format!("{message}\n");
    // A log that cannot be written has nowhere to say so.
    let _ = std::io::stderr().lock().write_all(line.as_bytes());
}

/// Writes one line to the log.
macro_rules! say {
    ($($message:tt)*) => { $crate::log::write_line(format_args!($($message)*)) };
}
pub(crate) use say;

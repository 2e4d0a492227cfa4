//! How the program ends: exit codes, and errors that carry a hint.
//!
//! What went wrong is said where it is known; this file only decides how it is shown.

use std::fmt;

/// Exit codes, as uWSGI 2.0.31 uses them (seen by running it).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// All went well.
    Done = 0,
    /// A wrong configuration, a taken address, a missing file.
    Wrong = 1,
    /// `need-app` was given and no application could be loaded.
    NoApp = 22,
    /// A signal could not be delivered to the process of a pidfile.
    NoProcess = 255,
}

/// An error that ends the program: what was being done, to what, and what to do about it.
#[derive(Debug)]
pub struct Failure {
    /// The exit code of the program.
    pub exit: Exit,
    /// One sentence, lower case, no full stop.
    pub message: String,
    /// What to do about it, where that is known.
    pub hint: Option<String>,
}

impl Failure {
    /// A failure with exit code 1.
    pub fn new(message: impl Into<String>) -> Self {
        Self { exit: Exit::Wrong, message: message.into(), hint: None }
    }

    /// The same, with a way out.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same, with another exit code.
    #[must_use]
    pub fn exit(mut self, exit: Exit) -> Self {
        self.exit = exit;
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "ruwsgi: error: {}", self.message)?;
        match &self.hint {
            Some(hint) => write!(out, "\n  hint: {hint}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Failure {}

impl From<Failure> for std::process::ExitCode {
    fn from(failure: Failure) -> Self {
        Self::from(failure.exit as u8)
    }
}

//! One thing that was said: a name, a value, and where it was said.
//!
//! Knows nothing of what the name means; that is the table's business.

use std::fmt;
use std::sync::Arc;

/// Where a directive was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// On the command line.
    CommandLine,
    /// In an environment variable of this name.
    Environment(String),
    /// In a file, on a line (counted from 1).
    File(Arc<str>, usize),
}

impl fmt::Display for Origin {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CommandLine => write!(out, "command line"),
            Self::Environment(name) => write!(out, "environment {name}"),
            Self::File(file, line) => write!(out, "{file}:{line}"),
        }
    }
}

/// A name with its value, in the order in which it was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directive {
    /// The name as it was written, without dashes in front.
    pub name: String,
    /// The value; `None` for a bare name.
    pub value: Option<String>,
    /// Where it stands.
    pub origin: Origin,
    /// Whether it only is a placeholder (`set-placeholder`), never an option.
    pub placeholder: bool,
}

impl Directive {
    /// A directive as it was said.
    #[must_use]
    pub fn new(name: impl Into<String>, value: Option<String>, origin: Origin) -> Self {
        Self { name: name.into(), value, origin, placeholder: false }
    }
}

/// A value that is kept together with the place it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// The value.
    pub value: String,
    /// Where it stands.
    pub origin: Origin,
}

/// Something worth telling about the configuration that does not stop the start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// Where it stands.
    pub origin: Origin,
    /// One sentence, lower case.
    pub message: String,
}

impl fmt::Display for Warning {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "[warning] {}: {}", self.origin, self.message)
    }
}

//! What can be said to the server, in every place it can be said.
//!
//! Two stages. First *what was said*: [`argv`] and [`formats`] turn words and lines into
//! [`directive::Directive`]s and [`gather`] puts them in order, each with its origin. Then *what
//! is used*: [`settings::Settings`], typed and checked once. [`table`] is the one place that knows
//! the options.

pub mod advice;
pub mod apply;
pub mod argv;
pub mod cgroup;
pub mod cron;
pub mod daemons;
pub mod directive;
pub mod files;
pub mod formats;
pub mod gather;
pub mod hooks;
pub mod logic;
mod macros;
pub mod magic;
pub mod mounts;
pub mod reference;
pub mod settings;
pub mod sockets;
pub mod source;
pub mod table;
pub mod values;

//! What can be said to the server, in every place it can be said.
//!
//! Two stages. First *what was said*: [`argv`] and [`ini`] turn words and lines into
//! [`directive::Directive`]s and [`gather`] puts them in order, each with its origin. Then *what
//! is used*: [`settings::Settings`], typed and checked once. [`table`] is the one place that knows
//! the options.

pub mod argv;
pub mod daemons;
pub mod directive;
pub mod gather;
pub mod hooks;
pub mod ini;
pub mod logic;
pub mod magic;
pub mod reference;
pub mod settings;
pub mod table;
pub mod values;
